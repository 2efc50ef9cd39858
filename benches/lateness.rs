//! How late a swap comes, beside a bare `timerfd` loop in the same run.
//!
//! Real sessions of 24 short phases, five of them, so 120 swaps; at the same time a thread that only waits for a
//! timer of the same period. Printed are medians and their ratio: single figures mean little on a shared machine.
//! A swap that came early is a fault, and fails the run.

use rustix::{
    event::{PollFd, PollFlags, poll},
    time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
        timerfd_create, timerfd_settime,
    },
};
use serde_json::Value;
use std::{fs, io, os::fd::AsFd, path::Path, process::Command, thread, time::Duration};

const SESSIONS: usize = 5;
const FACTOR: u64 = 20;
const PHASES: u32 = 24;
/// A phase of one second, in a rehearsal.
const PERIOD: Duration = Duration::from_millis(1000 / FACTOR);

fn main() -> io::Result<()> {
    let (mut session, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..SESSIONS {
        let floor = thread::spawn(bare_loop);
        session.extend(session_lateness()?);
        bare.extend(floor.join().expect("the bare loop ends")?);
    }
    let early = session.iter().filter(|late| **late < 0).count();
    let (mine, floor) = (median(&mut session), median(&mut bare));
    println!("swaps: {}, early: {early}", session.len());
    println!("median lateness: session {mine} µs, bare timerfd {floor} µs");
    println!("ratio: {:.1}, difference: {} µs", mine as f64 / floor.max(1) as f64, mine - floor);
    println!(
        "first tenth of a session {} µs, last tenth {} µs",
        session_edge(&session, 0),
        session_edge(&session, 9)
    );
    assert_eq!(early, 0, "a swap is never early");
    Ok(())
}

/// Microseconds from each deadline to the moment its `next` was stamped.
fn session_lateness() -> io::Result<Vec<i64>> {
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("state");
    let easeback = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_easeback"))
            .args(words)
            .env("EASEBACK_STATE_DIR", &state)
            .env("EASEBACK_DATA_DIR", folder.path())
            .status()
    };
    let rehearse = format!("--rehearse={FACTOR}");
    let short = ["--heat", "1s", "--cold", "1s", "--rounds", "12", "--no-notify", "--quiet"];
    assert!(easeback(&[&["start", "--detach", &rehearse], &short[..]].concat())?.success());
    // A second name keeps the journal's lines after the session has removed it.
    let kept = folder.path().join("kept.jsonl");
    fs::hard_link(state.join("session.jsonl"), &kept)?;
    while state.join("session.jsonl").exists() {
        thread::sleep(PERIOD);
    }
    lateness(&kept)
}

fn lateness(journal: &Path) -> io::Result<Vec<i64>> {
    let text = fs::read_to_string(journal)?;
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let stamp = |line: &Value| line["at"]["boottime_ns"].as_i64().expect("a stamp");
    let begun = stamp(&lines[0]);
    let period = i64::try_from(PERIOD.as_nanos()).expect("a short period");
    let swaps = lines.iter().filter(|line| line["fact"] == "next");
    Ok(swaps.zip(1..).map(|(line, nth)| (stamp(line) - begun - nth * period) / 1000).collect())
}

/// The yardstick: a timer of the same period, and nothing else.
fn bare_loop() -> io::Result<Vec<i64>> {
    let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?;
    let mut deadline = boottime();
    let mut late = Vec::new();
    for _ in 0..PHASES {
        deadline += PERIOD;
        let moment = Timespec { tv_sec: deadline.as_secs() as i64, tv_nsec: deadline.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: moment };
        timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &once)?;
        poll(&mut [PollFd::from_borrowed_fd(timer.as_fd(), PollFlags::IN)], None)?;
        late.push((boottime() - deadline).as_micros() as i64);
    }
    Ok(late)
}

fn boottime() -> Duration {
    clock_gettime(ClockId::Boottime).try_into().expect("time since the start is not negative")
}

fn median(figures: &mut [i64]) -> i64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// The median of one tenth of the phases, over all sessions: were anything to build up, the last would be later.
fn session_edge(lateness: &[i64], tenth: usize) -> i64 {
    let phases = PHASES as usize;
    let part = phases * tenth / 10..phases * (tenth + 1) / 10;
    let mut chosen: Vec<i64> = lateness
        .chunks(phases)
        .flat_map(|session| session.get(part.clone()).unwrap_or_default())
        .copied()
        .collect();
    median(&mut chosen)
}
