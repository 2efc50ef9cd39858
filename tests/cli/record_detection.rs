//! Only the process that wrote a record reports it as recorded: nothing is inferred from unreadable files.

use crate::home::{Home, has_program_or_skip};
use std::{fs, os::unix::fs::symlink, path::PathBuf};

const SHORT_SESSION: &str =
    "start --plain --skip-questions --no-notify --allow-long --heat 2s --cold 1s --rounds 1";

/// A home with its own log, and the path of that log. Without `strace`, the test is skipped.
fn home_with_log() -> Option<(Home, PathBuf)> {
    let home = Home::new();
    if !has_program_or_skip("strace") {
        return None;
    }
    assert_eq!(home.run(["log", "first"]).code, Some(0));
    let log = fs::read_dir(home.data().join("history")).unwrap().next().unwrap().unwrap().path();
    Some((home, log))
}

#[test]
fn unreadable_log_of_another_computer_does_not_hide_the_missing_record() {
    let Some((home, log)) = home_with_log() else { return };
    symlink("/nowhere/old.jsonl", home.data().join("history/other.jsonl")).unwrap();
    // The disk is full only for the own log.
    let full = format!("strace -qq -f -o /dev/null -P {} -e inject=write:error=ENOSPC", log.display());
    let viewer = home.spawn_shell(&format!("exec {full} \"$EASEBACK\" {SHORT_SESSION} 2> said"));
    home.wait_until("the end", || home.has_alert("end"));
    let stopped = home.run(["stop"]);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    assert!(stopped.stderr.contains("is not recorded after 5 s by its timer (process "), "{stopped:?}");
    assert!(stopped.stderr.contains(", which complained: cannot write "), "{stopped:?}");
    let stderr = || fs::read_to_string(home.folder().join("said")).unwrap_or_default();
    home.wait_until("the viewer's last message", || {
        stderr().contains("hint: ") || stderr().contains("recorded in")
    });
    assert!(stderr().contains("is not recorded after 5 s by its timer (process "), "{}", stderr());
    let text = fs::read_to_string(&log).unwrap();
    assert_eq!(text.lines().count(), 1, "nothing was recorded: {text}");
    // strace waits for the timer.
    home.kill_timer();
    assert_eq!(viewer.finish().code, Some(1));
    assert_eq!(home.run(["status"]).code, Some(3));
    let text = fs::read_to_string(&log).unwrap();
    assert_eq!((text.lines().count(), home.journal()), (2, None), "and then it is: {text}");
}

#[test]
fn record_in_an_unreadable_own_log_is_known_from_the_timer() {
    let Some((home, log)) = home_with_log() else { return };
    let log = log.display();
    let read = format!("strace -qq -f -o /dev/null -P {log} -e inject=read,pread64:error=EIO \"$EASEBACK\"");
    let viewer = home.spawn_shell(&format!("exec {read} {SHORT_SESSION} 2> said"));
    let stderr = || fs::read_to_string(home.folder().join("said")).unwrap_or_default();
    home.wait_until("the viewer's last message", || {
        stderr().contains("hint: ") || stderr().contains("recorded in")
    });
    assert!(stderr().contains("completed: heat 2 s, cold 1 s; recorded in"), "{}", stderr());
    assert_eq!(home.history().len(), 2);
    let lines = home.journal().unwrap();
    assert_eq!(lines.iter().filter(|line| line["fact"] == "recorded").count(), 1, "{lines:?}");
    assert_eq!(home.run(["pain", "2"]).code, Some(0));
    viewer.finish();
    assert_eq!(home.history().last().unwrap()["pain_after"], 2);
}

#[test]
fn unreported_record_is_found_in_the_history() {
    let Some((home, _)) = home_with_log() else { return };
    assert_eq!(home.run_shell(&format!("\"$EASEBACK\" {SHORT_SESSION} --detach")).code, Some(0));
    home.wait_until("the record", || home.history().len() == 2);
    let has_reported = || home.journal().unwrap().iter().any(|line| line["fact"] == "recorded");
    home.wait_until("the timer's entry", has_reported);
    // As an older version left it.
    let journal = home.state().join("session.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let kept: String = text.split_inclusive('\n').filter(|line| !line.contains(r#""recorded""#)).collect();
    fs::write(&journal, kept).unwrap();
    let viewer = home.run(["attach", "--plain"]);
    assert_eq!(viewer.code, Some(0), "{viewer:?}");
    assert!(viewer.stderr.contains("recorded in"), "{viewer:?}");
}
