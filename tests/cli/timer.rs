//! The timer and its viewers as processes: what they hold, how they react to signals, and what a session is without
//! them.

use crate::home::{Home, boottime};
use rustix::process::{Pid, Signal, getsid, kill_process};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

fn start_session(home: &Home, flags: &[&str]) {
    let start = home.run(["start", "--detach", "--no-notify"].iter().chain(flags));
    assert_eq!(start.code, Some(0), "{start:?}");
    home.wait_until("the first alert", || home.has_alert("start"));
}

fn state(home: &Home) -> Value {
    let status: Value = serde_json::from_str(&home.run(["status", "--json"]).stdout).unwrap();
    status["state"].clone()
}

/// Freezes the timer while nothing else needs the lock that it may hold.
fn freeze(home: &Home) -> Pid {
    let lock = fs::File::open(home.state().join("lock")).unwrap();
    lock.lock().unwrap();
    kill_process(home.timer_pid(), Signal::STOP).unwrap();
    home.timer_pid()
}

#[test]
fn timer_holds_the_lease_and_inherits_nothing() {
    let home = Home::new();
    start_session(&home, &[]);
    let timer = home.timer_pid();
    assert_eq!(getsid(Some(timer)).unwrap(), timer, "a session of its own");
    let open = |number: &str| fs::read_link(format!("/proc/{timer}/fd/{number}")).unwrap();
    for number in ["0", "1", "2"] {
        assert_eq!(open(number).to_str(), Some("/dev/null"), "{number}");
    }
    let numbers = fs::read_dir(format!("/proc/{timer}/fd")).unwrap();
    let files: Vec<_> = numbers.filter_map(|number| fs::read_link(number.unwrap().path()).ok()).collect();
    assert!(files.contains(&home.state().join("seat")), "{files:?}");
    assert!(home.state().join("lock").exists());
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert!(home.state().join("lock").exists(), "the lock is never deleted");
}

#[test]
fn timer_ignores_sighup() {
    let home = Home::new();
    start_session(&home, &["--heat", "2s", "--cold", "5"]);
    kill_process(home.timer_pid(), Signal::HUP).unwrap();
    home.wait_until("the swap", || home.has_alert("swap"));
}

#[test]
fn signals_only_close_an_attached_viewer() {
    let home = Home::new();
    start_session(&home, &[]);
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let viewer = home.spawn(["attach"]);
        // It handles signals before it reads the journal and shows it.
        home.wait_until("what it shows", || viewer.stdout_so_far().contains("Heat now"));
        viewer.signal(signal);
        assert_eq!(viewer.finish().code, Some(0), "{signal:?}");
    }
    assert_eq!((state(&home), home.history().len()), (json!("running"), 0));
}

#[test]
fn stop_reports_a_recording_timeout_and_keeps_the_journal() {
    let home = Home::new();
    start_session(&home, &[]);
    let timer = freeze(&home);
    let started_at = boottime();
    let first = home.run(["stop", "--why", "enough"]);
    assert_eq!(first.code, Some(1), "{first:?}");
    assert!(
        first.stderr.contains("not recorded after 5 s") && first.stderr.contains("session.jsonl"),
        "{first:?}"
    );
    let named = format!("process {}", timer.as_raw_nonzero());
    assert!(first.stderr.contains(&named) && first.stderr.contains("hint: `easeback stop`"), "{first:?}");
    assert!(boottime() - started_at >= Duration::from_secs(5));
    assert!(home.history().is_empty(), "the record is the timer's to write");
    assert!(home.journal().is_some(), "the journal stays");
    let second = home.spawn(["stop"]);
    second.wait_until_it_watches();
    kill_process(timer, Signal::CONT).unwrap();
    let second = second.finish();
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.stderr.contains("already"), "{second:?}");
    assert_eq!(home.run(["stop"]).code, Some(3));
    let [record] = &home.history()[..] else { panic!("one record: {:?}", home.history()) };
    assert_eq!((&record["outcome"], &record["why"]), (&json!("stopped"), &json!("enough")));
}

#[test]
fn read_commands_after_the_end_do_not_answer_it() {
    let home = Home::new();
    // Without a terminal it returns while the timer repeats the end alert.
    let output = home.run(["start", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--no-notify"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output.stdout.contains("Done. Take the pack off.") && output.stderr.contains("recorded in"),
        "{output:?}"
    );
    for reading in [&["status"][..], &["status", "--json"], &["history"], &["attach"], &["plan"]] {
        assert_eq!(home.run(reading).code, Some(0), "{reading:?}");
        let entries = home.journal().expect("it waits for an answer");
        assert!(!entries.iter().any(|line| line["fact"] == "answered"), "{reading:?}");
    }
    assert_eq!((state(&home), home.history().len()), (json!("ended"), 1));
    assert_eq!(home.run(["next"]).code, Some(0));
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    assert_eq!((home.journal(), home.history().len()), (None, 1));
}

#[test]
fn timer_that_never_reports_leaves_no_session() {
    let home = Home::new();
    // A program that was replaced while it runs has this name, and starts its timer from there.
    let replaced = home.folder().join("easeback (deleted)");
    fs::write(&replaced, "#!/bin/sh\nexec sleep 60\n").unwrap();
    fs::set_permissions(&replaced, fs::Permissions::from_mode(0o755)).unwrap();
    let started_at = boottime();
    let start = "cp \"$EASEBACK\" easeback; exec 9<easeback; rm easeback; exec /proc/self/fd/9 start --no-notify --quiet";
    let failed = home.run_shell(start);
    assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), ""), "{failed:?}");
    assert!(failed.stderr.contains("the timer did not start"), "{failed:?}");
    assert!(boottime() - started_at >= Duration::from_secs(2), "it was waited for");
    assert_eq!((home.journal(), home.history().len()), (None, 0));

    fs::remove_file(&replaced).unwrap();
    let failed = home.run_shell(start);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("cannot start the timer"), "{failed:?}");
    assert_eq!(home.journal(), None);
    start_session(&home, &[]);
}

#[test]
fn cut_off_rehearsal_is_deleted() {
    let home = Home::new();
    start_session(&home, &["--rehearse=1"]);
    home.kill_timer();
    start_session(&home, &[]);
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history().len(), 1, "the real one alone");

    start_session(&home, &["--rehearse=1"]);
    home.kill_timer();
    let status = home.run(["status"]).stdout;
    assert!(status.contains("REHEARSAL: interrupted") && status.contains("is not recorded"), "{status}");
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!((home.journal(), home.history().len()), (None, 1));
}

#[test]
fn record_is_never_dated_before_the_previous_line() {
    let home = Home::new();
    let logs = home.data().join("history");
    start_session(&home, &[]);
    assert_eq!(home.run(["stop"]).code, Some(0));
    // As if the clock had been set back by years since.
    let log = fs::read_dir(&logs).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&log).unwrap();
    let written = home.history()[0]["at"].as_str().unwrap().to_owned();
    let later = written.replacen("20", "21", 1);
    fs::write(&log, text.replacen(&format!("\"at\":\"{written}\""), &format!("\"at\":\"{later}\""), 1))
        .unwrap();
    start_session(&home, &["--first", "cold"]);
    assert_eq!(home.run(["stop"]).code, Some(0));
    let at = |index: usize| home.history()[index]["at"].as_str().unwrap().to_owned();
    assert!(at(1) > at(0) && at(0) == later, "{} after {}", at(1), at(0));
}

#[test]
fn live_session_is_in_the_platforms_state_folder() {
    let home = Home::new().remove_env("EASEBACK_STATE_DIR");
    let user = home.folder().join("home");
    let start = home.run(["start", "--rehearse=3600", "--rounds", "1", "--no-notify", "--quiet"]);
    assert_eq!(start.code, Some(0), "{start:?}");
    assert!(user.join(".local/state/easeback/lock").exists());
    assert_eq!(home.run(["stop"]).code, Some(0));
}

#[test]
fn pain_within_an_hour_after_the_end_is_recorded() {
    let home = Home::new();
    assert_eq!(home.run(["pain", "3"]).code, Some(3), "there is no session to rate");
    let moment = ["start", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--no-notify", "--pain", "7"];
    assert_eq!(home.run(moment).code, Some(0));
    assert_eq!(home.run(["next"]).code, Some(0));
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    let rated = home.run(["pain", "3"]);
    assert_eq!(rated.code, Some(0), "{rated:?}");
    assert!(rated.stderr.contains("pain 3 noted for the session of "), "{rated:?}");
    let list: Value = serde_json::from_str(&home.run(["history", "--json"]).stdout).unwrap();
    assert_eq!((&list[0]["pain_before"], &list[0]["pain_after"]), (&json!(7), &json!(3)));
}

const SHORT_SESSION: [&str; 7] = ["--heat", "1s", "--cold", "1s", "--rounds", "1", "--quiet"];

#[test]
fn pain_after_the_end_without_a_timer_is_recorded() {
    let home = Home::new();
    start_session(&home, &SHORT_SESSION);
    home.wait_until("the record", || home.history().len() == 1);
    home.kill_timer();
    assert_eq!(home.run(["pain", "3"]).code, Some(0));
    assert_eq!(home.journal(), None);
    let list: Value = serde_json::from_str(&home.run(["history", "--json"]).stdout).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["pain_after"]), (1, &json!(3)));
}

#[test]
fn more_at_the_moment_of_the_end_continues_the_session() {
    let homes: Vec<Home> = (0..8).map(|_| Home::new()).collect();
    let more =
        "until grep -q '\"end\"' $EASEBACK_STATE_DIR/session.jsonl; do :; done; exec \"$EASEBACK\" more";
    for home in &homes {
        start_session(home, &SHORT_SESSION);
    }
    let shells: Vec<_> = homes.iter().map(|home| home.spawn_shell(more)).collect();
    for (home, shell) in homes.iter().zip(shells) {
        let output = shell.finish();
        assert_eq!((output.code, output.stderr.trim()), (Some(0), "2 rounds now"));
        home.wait_until("the second round's end", || {
            home.journal().unwrap().iter().filter(|line| line["alert"]["what"] == "end").count() == 2
        });
        let events: Vec<Value> =
            home.journal().unwrap().into_iter().map(|line| line["fact"].clone()).collect();
        assert!(!events.contains(&json!("cut_off")), "{events:?}");
        assert_eq!(home.run(["stop"]).code, Some(0));
        let list: Value = serde_json::from_str(&home.run(["history", "--json"]).stdout).unwrap();
        assert_eq!((&list[0]["outcome"], &list[0]["active_s"]), (&json!("completed"), &json!(4)));
    }
}

#[test]
fn journal_removed_after_more_is_recorded_with_its_rounds() {
    let home = Home::new();
    start_session(&home, &["--heat", "1s", "--cold", "1s", "--rounds", "1", "--quiet"]);
    home.wait_until("the record", || home.history().len() == 1);
    assert_eq!(home.run(["more"]).code, Some(0));
    home.wait_until("the second round", || home.has_alert("swap"));
    fs::remove_file(home.state().join("session.jsonl")).unwrap();
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    let list: Value = serde_json::from_str(&home.run(["history", "--json"]).stdout).unwrap();
    assert_eq!(list[0]["phases"].as_array().unwrap().len(), 4, "{list}");
}
