//! How late a swap comes, compared with a bare `timerfd` loop in the same run.
//!
//! Five real sessions of 24 short phases, so 120 swaps; at the same time a thread that only waits for a timer of the
//! same period. A swap's time is that at which its notification reaches the server; by then it is in the journal too.
//! Printed are medians and their ratio: single values mean little on a shared machine. An early swap fails the run.

#![allow(clippy::unwrap_used, reason = "a failed step ends the benchmark with its message")]

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
    let mut session_values = Vec::new();
    let mut baseline_values = Vec::new();
    for _ in 0..SESSIONS {
        let baseline_loop = thread::spawn(baseline_lateness);
        session_values.extend(session_lateness(&bus)?);
        baseline_values.extend(baseline_loop.join().expect("the bare loop ends")?);
    }
    let early = session_values.iter().filter(|late| **late < 0).count();
    let session = median(&session_values);
    let baseline = median(&baseline_values);
    println!("swaps: {}, early: {early}", session_values.len());
    println!("median lateness: session {session} µs, bare timerfd {baseline} µs");
    println!("ratio: {:.1}, difference: {} µs", session as f64 / baseline.max(1) as f64, session - baseline);
    println!(
        "first tenth of a session {} µs, last tenth {} µs",
        median_of_tenth(&session_values, 0),
        median_of_tenth(&session_values, 9)
    );
    assert_eq!(early, 0, "a swap is never early");
    Ok(())
}

/// Microseconds from each swap's deadline to the arrival of its notification.
fn session_lateness(bus: &Bus) -> io::Result<Vec<i64>> {
    let desktop = FakeNotificationServer::serve_on(bus);
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("state");
    let rehearse = format!("--rehearse={FACTOR}");
    let start_args =
        ["start", "--detach", "--quiet", "--heat", "1s", "--cold", "1s", "--rounds", "12", &rehearse];
    let status = Command::new(env!("CARGO_BIN_EXE_easeback"))
        .args(start_args)
        .env("EASEBACK_STATE_DIR", &state)
        .env("EASEBACK_DATA_DIR", folder.path())
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .status()?;
    assert!(status.success());
    let start = session_start(&state.join("session.jsonl"))?;
    while state.join("session.jsonl").exists() {
        thread::sleep(PERIOD);
    }
    // The first is that of the start; each later one ends a phase.
    let notifications = desktop.notifications();
    desktop.disconnect();
    assert_eq!(notifications.len(), PHASES as usize + 1, "each swap is told");
    let lateness =
        |arrived: Duration, nth: u32| arrived.as_micros() as i64 - (start + nth * PERIOD).as_micros() as i64;
    Ok(notifications.iter().skip(1).zip(1..).map(|(note, nth)| lateness(note.arrived, nth)).collect())
}

/// The time since boot of the journal's first entry.
fn session_start(journal: &Path) -> io::Result<Duration> {
    let text = fs::read_to_string(journal)?;
    let header: Value = serde_json::from_str(text.lines().next().unwrap_or_default())?;
    Ok(Duration::from_nanos(header["at"]["boottime_ns"].as_u64().unwrap()))
}

/// Microseconds from each deadline to the wake-up of a loop that only waits for a timer of the same period.
fn baseline_lateness() -> io::Result<Vec<i64>> {
    let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?;
    let mut deadline = boottime();
    let mut lateness = Vec::new();
    for _ in 0..PHASES {
        deadline += PERIOD;
        let at = Timespec { tv_sec: deadline.as_secs() as i64, tv_nsec: deadline.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: at };
        timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &once)?;
        poll(&mut [PollFd::from_borrowed_fd(timer.as_fd(), PollFlags::IN)], None)?;
        lateness.push((boottime() - deadline).as_micros() as i64);
    }
    Ok(lateness)
}

fn median(values: &[i64]) -> i64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// The median of one tenth of the phases, over all sessions: if lateness built up, the last tenth would be later.
fn median_of_tenth(lateness: &[i64], tenth: usize) -> i64 {
    let phases = PHASES as usize;
    let range = phases * tenth / 10..phases * (tenth + 1) / 10;
    let values: Vec<i64> = lateness
        .chunks(phases)
        .flat_map(|session| session.get(range.clone()).unwrap_or_default())
        .copied()
        .collect();
    median(&values)
}
