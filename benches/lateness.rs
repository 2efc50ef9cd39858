//! How late a swap comes, beside a bare `timerfd` loop in the same run.
//!
//! Real sessions of 24 short phases, five of them, so 120 swaps; at the same time a thread that only waits for a
//! timer of the same period. What counts is when the notification arrives at its server, by then the swap is
//! written down too. Printed are medians and their ratio: single figures mean little on a shared machine. A swap
//! that came early is a fault, and fails the run.

#![allow(clippy::unwrap_used, reason = "what cannot go on has failed, and says so")]

#[path = "../tests/cli/bus.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod bus;
#[path = "../tests/cli/home.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the tests")]
mod home;

use bus::{Bus, FakeNotificationServer, bus_or_skip};
use home::boottime;

use rustix::{
    event::{PollFd, PollFlags, poll},
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
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
    let Some(bus) = bus_or_skip() else { return Ok(()) };
    let (mut session, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..SESSIONS {
        let floor = thread::spawn(bare_loop);
        session.extend(session_lateness(&bus)?);
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

/// Microseconds from each deadline to the arrival of the notification that tells it.
fn session_lateness(bus: &Bus) -> io::Result<Vec<i64>> {
    let desktop = FakeNotificationServer::serve_on(bus);
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("state");
    let rehearse = format!("--rehearse={FACTOR}");
    let short = ["start", "--detach", "--quiet", "--heat", "1s", "--cold", "1s", "--rounds", "12", &rehearse];
    let begun = Command::new(env!("CARGO_BIN_EXE_easeback"))
        .args(short)
        .env("EASEBACK_STATE_DIR", &state)
        .env("EASEBACK_DATA_DIR", folder.path())
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .status()?;
    assert!(begun.success());
    let begun = begun_at(&state.join("session.jsonl"))?;
    while state.join("session.jsonl").exists() {
        thread::sleep(PERIOD);
    }
    // The first tells that it begins; each later one comes after one more phase.
    let told = desktop.notifications();
    desktop.disconnect();
    assert_eq!(told.len(), PHASES as usize + 1, "each swap is told");
    let late =
        |arrived: Duration, nth: u32| arrived.as_micros() as i64 - (begun + nth * PERIOD).as_micros() as i64;
    Ok(told.iter().skip(1).zip(1..).map(|(note, nth)| late(note.arrived, nth)).collect())
}

fn begun_at(journal: &Path) -> io::Result<Duration> {
    let text = fs::read_to_string(journal)?;
    let first: Value = serde_json::from_str(text.lines().next().unwrap_or_default())?;
    Ok(Duration::from_nanos(first["at"]["boottime_ns"].as_u64().unwrap()))
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
