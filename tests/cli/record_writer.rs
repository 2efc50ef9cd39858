//! Who writes the record of a finished session: its timer, or another process only if there is no timer.

use crate::home::{Home, RunningProcess};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::fs::File;

/// The time zone of the timer, and that of all other processes.
const TIMER_ZONE: &str = "TZ=Asia/Kolkata";
const OTHER_ZONE: &str = "TZ=America/New_York";

fn start_session(home: &Home, flags: &str) {
    let start = home.run_shell(&format!("{TIMER_ZONE} $EASEBACK start --detach --no-notify {flags}"));
    assert_eq!(start.code, Some(0), "{start:?}");
    home.wait_until("the first alert", || home.has_alert("start"));
}

/// Freezes the timer while nothing else needs the lock that it may hold.
fn freeze(home: &Home) -> Pid {
    let lock = File::open(home.state().join("lock")).unwrap();
    lock.lock().unwrap();
    kill_process(home.timer_pid(), Signal::STOP).unwrap();
    home.timer_pid()
}

fn spawn_in_other_zone(home: &Home, args: &str) -> RunningProcess {
    home.spawn_shell(&format!("{OTHER_ZONE} exec $EASEBACK {args}"))
}

fn is_stopped(home: &Home) -> bool {
    home.journal().is_some_and(|lines| lines.iter().any(|line| line["fact"] == "stopped"))
}

#[test]
fn only_the_live_timer_writes_the_record() {
    let home = Home::new();
    start_session(&home, "");
    let viewer = spawn_in_other_zone(&home, "attach");
    home.wait_until("what it shows", || viewer.stdout_so_far().contains("Heat now"));
    let timer = freeze(&home);
    let stop = spawn_in_other_zone(&home, "stop");
    home.wait_until("the stop", || is_stopped(&home));
    let start = spawn_in_other_zone(&home, "start --no-notify");
    for reading in ["status", "history", "stats"] {
        assert_eq!(spawn_in_other_zone(&home, reading).finish().code, Some(0), "{reading}");
    }
    for process in [stop, start, viewer] {
        let output = process.finish();
        assert_eq!(output.code, Some(1), "{output:?}");
        let named = format!("not recorded after 5 s by its timer (process {})", timer.as_raw_nonzero());
        assert!(output.stderr.contains(&named) && output.stderr.contains("kept in"), "{output:?}");
    }
    assert!(home.history().is_empty(), "{:?}", home.history());

    kill_process(timer, Signal::CONT).unwrap();
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    let [record] = &home.history()[..] else { panic!("one record: {:?}", home.history()) };
    assert!(record["at"].as_str().unwrap().ends_with("+05:30"), "{record}");
    assert_eq!((&record["outcome"], home.journal()), (&json!("stopped"), None));
}

#[test]
fn waiting_command_records_the_session_of_a_killed_timer() {
    let home = Home::new();
    start_session(&home, "");
    let timer = freeze(&home);
    let stop = spawn_in_other_zone(&home, "stop");
    home.wait_until("the stop", || is_stopped(&home));
    stop.wait_until_it_watches();
    kill_process(timer, Signal::KILL).unwrap();
    let stopped = stop.finish();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let [record] = &home.history()[..] else { panic!("one record: {:?}", home.history()) };
    assert_eq!((&record["outcome"], home.journal()), (&json!("stopped"), None));
}

#[test]
fn stop_reports_a_timer_that_hangs_after_recording() {
    for (flags, records) in [("--rehearse", 0), ("--heat 1s --cold 1s --rounds 1", 1)] {
        let home = Home::new();
        start_session(&home, flags);
        home.wait_until("the record", || home.history().len() == records);
        let timer = freeze(&home);
        let stopped = spawn_in_other_zone(&home, "stop").finish();
        assert_eq!(stopped.code, Some(1), "{stopped:?}");
        let named = format!("not closed after 5 s by its timer (process {})", timer.as_raw_nonzero());
        assert!(stopped.stderr.contains(&named), "{stopped:?}");
        kill_process(timer, Signal::CONT).unwrap();
        home.wait_until("the timer to be gone", || home.processes().is_empty());
        assert_eq!((home.journal(), home.history().len()), (None, records));
    }
}

#[test]
fn viewer_reports_recorded_once_the_record_exists() {
    let home = Home::new();
    start_session(&home, "--heat 2s --cold 1s --rounds 1");
    let viewer = spawn_in_other_zone(&home, "attach").finish();
    assert_eq!(viewer.code, Some(0), "{viewer:?}");
    assert!(viewer.stderr.contains("completed: ") && viewer.stderr.contains("recorded in"), "{viewer:?}");
    let [record] = &home.history()[..] else { panic!("one record: {:?}", home.history()) };
    assert!(record["at"].as_str().unwrap().ends_with("+05:30"), "{record}");
    assert!(home.journal().is_some(), "it waits for an answer");
}
