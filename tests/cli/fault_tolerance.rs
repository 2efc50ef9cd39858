//! What a session survives: a frozen timer, a torn line, a crash between two steps.

use crate::home::Home;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use std::fs;

fn status(home: &Home) -> Value {
    serde_json::from_str(&home.run(["status", "--json"]).stdout).unwrap()
}

fn start_session(home: &Home, flags: &[&str]) {
    let start = home.run(["start", "--detach", "--no-notify"].iter().chain(flags));
    assert_eq!(start.code, Some(0), "{start:?}");
    home.wait_until("the first alert", || home.journal().is_some_and(|lines| lines.len() > 2));
}

#[test]
fn frozen_timer_leaves_the_phase_overdue_and_swaps_when_it_continues() {
    let home = Home::new();
    start_session(&home, &["--heat", "1s", "--cold", "5"]);
    let pid = home.timer_pid();
    // Frozen while only this test holds the lock: otherwise nothing could check the lease.
    let lock = fs::File::open(home.state().join("lock")).unwrap();
    lock.lock().unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    drop(lock);
    home.wait_until("the phase to be three seconds over", || {
        status(&home)["phase"]["overdue_s"].as_u64().is_some_and(|over| over >= 3)
    });
    let frozen = status(&home);
    assert_eq!((&frozen["state"], &frozen["watched"]), (&json!("overdue"), &json!(true)));
    assert_eq!(frozen["phase"]["kind"], "heat", "no round is invented");

    kill_process(pid, Signal::CONT).unwrap();
    home.wait_until("the swap", || status(&home)["phase"]["kind"] == "cold");
    assert!(status(&home)["phase"]["elapsed_s"].as_u64().unwrap() < 3, "the cold begins when it is told");
    assert_eq!(home.run(["stop"]).code, Some(0));
    let record = &home.history()[0];
    assert_eq!(record["phases"][0]["actual_s"], 1);
    assert!(record["phases"][0]["overdue_s"].as_u64().unwrap() >= 3, "{record}");
}

#[test]
fn torn_line_is_terminated_by_the_next_and_loses_nothing_else() {
    let home = Home::new();
    start_session(&home, &[]);
    let journal = home.state().join("session.jsonl");
    let torn = fs::read_to_string(&journal).unwrap() + r#"{"at":{"boot":"#;
    fs::write(&journal, &torn).unwrap();
    assert_eq!(home.run(["pause"]).code, Some(0));
    assert_eq!(status(&home)["state"], "paused");
    let text = fs::read_to_string(&journal).unwrap();
    assert!(text.starts_with(&(torn + "\n")), "what was there stays there");
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history().len(), 1);
}

#[test]
fn crash_between_record_and_journal_removal_records_once() {
    let home = Home::new();
    start_session(&home, &[]);
    let journal = home.state().join("session.jsonl");
    // A hard link keeps the content of the first file.
    let kept = home.folder().join("kept.jsonl");
    fs::hard_link(&journal, &kept).unwrap();
    assert_eq!(home.run(["stop", "--pain", "2"]).code, Some(0));
    let recorded = home.history();
    for _ in 0..2 {
        fs::copy(&kept, &journal).unwrap();
        assert_eq!(home.run(["history"]).code, Some(0));
        assert!(!journal.exists());
        assert_eq!(home.history(), recorded);
    }
}

#[test]
fn session_is_known_until_sigterm_to_the_timer_and_can_resume() {
    let home = Home::new();
    start_session(&home, &[]);
    kill_process(home.timer_pid(), Signal::TERM).unwrap();
    home.wait_until("the timer's last entry", || {
        home.journal().unwrap().iter().any(|line| line["fact"] == "left")
    });
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    assert_eq!(status(&home)["state"], "cut_off");
    assert_eq!(home.run(["resume"]).code, Some(0));
    assert_eq!(status(&home)["state"], "running");
}

#[test]
fn setting_the_clock_changes_no_duration() {
    let home = Home::new();
    start_session(&home, &["--heat", "1s", "--cold", "1s", "--rounds", "1", "--swap", "ask"]);
    // As if the wall clock had been a day ahead until now.
    let journal = home.state().join("session.jsonl");
    home.wait_until("the end of the heat", || status(&home)["state"] == "overdue");
    let mut lines = home.journal().unwrap();
    for line in &mut lines {
        let wall: jiff::Timestamp = line["at"]["wall"].as_str().unwrap().parse().unwrap();
        line["at"]["wall"] = json!((wall + jiff::SignedDuration::from_hours(24)).to_string());
    }
    fs::write(&journal, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert_eq!(home.run(["next"]).code, Some(0));
    home.wait_until("the end of the cold", || status(&home)["state"] == "overdue");
    assert_eq!(home.run(["next"]).code, Some(0));
    home.wait_until("the record", || !home.history().is_empty());
    let record = &home.history()[0];
    assert_eq!((&record["active_s"], &record["unknown_s"]), (&json!(2), &Value::Null));
    assert!(record["at"].as_str() >= record["started"].as_str(), "written after it began: {record}");
}

#[test]
fn session_is_recorded_when_its_folder_is_gone() {
    let home = Home::new();
    start_session(&home, &[]);
    fs::rename(home.state(), home.folder().join("gone")).unwrap();
    home.wait_until("the timer's record", || home.history().len() == 1);
    assert_eq!(home.history()[0]["outcome"], "interrupted");
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    assert_eq!(home.run(["status"]).code, Some(3));
}

#[test]
fn reused_pid_is_not_taken_for_the_timer() {
    let home = Home::new();
    start_session(&home, &[]);
    let pid = home.timer_pid().as_raw_nonzero().get();
    home.kill_timer();
    let journal = home.state().join("session.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let ours = std::process::id();
    fs::write(&journal, text.replace(&format!("\"pid\":{pid}"), &format!("\"pid\":{ours}"))).unwrap();
    let attached = home.run(["attach"]);
    assert_eq!(attached.code, Some(1), "{attached:?}");
    assert!(attached.stderr.contains("easeback resume"), "{}", attached.stderr);
}

#[test]
fn untimed_time_counts_towards_the_next_sessions_limit() {
    let home = Home::new();
    start_session(&home, &[]);
    home.kill_timer();
    // As if it had been killed ten minutes ago: started in the past, and unknown since.
    let journal = home.state().join("session.jsonl");
    let mut lines = home.journal().unwrap();
    let shift_ns = 600_000_000_000_u64;
    let mut cut_off = lines.last().unwrap().clone();
    cut_off.as_object_mut().unwrap().remove("alert");
    cut_off["fact"] = json!("cut_off");
    for clock in ["boottime_ns", "monotonic_ns"] {
        cut_off["at"][clock] = json!(cut_off["at"][clock].as_u64().unwrap() + shift_ns);
    }
    lines.push(cut_off);
    fs::write(&journal, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["phases"][0]["unknown_s"], 600);
    let plan = home.run(["plan", "--rounds", "1"]);
    assert!(
        plan.stdout.contains("heat only 10 min so soon after your last session, cold 10 min, 1 round"),
        "{plan:?}"
    );
}

#[test]
fn journal_without_speech_and_sound_settings_runs_to_its_end() {
    let home = Home::new().with_program("espeak-ng", r#"echo spoken >>"$HOME/spoken""#);
    let start =
        home.run(["start", "--detach", "--no-notify", "--heat", "2s", "--cold", "1s", "--rounds", "1"]);
    assert_eq!(start.code, Some(0), "{start:?}");
    home.kill_timer();
    let _ = fs::remove_file(home.folder().join("home/spoken"));
    let journal = home.state().join("session.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let old = text.replacen(",\"sound\":true,\"speak\":true", "", 1);
    assert_ne!(old, text, "the first line said both");
    fs::write(&journal, old).unwrap();
    assert_eq!(home.run(["resume"]).code, Some(0));
    home.wait_until("the end", || home.has_alert("end"));
    assert_eq!(home.run(["stop"]).code, Some(0));
    home.wait_until("the timer to exit", || home.processes().is_empty());
    let history = home.history();
    assert_eq!((history.len(), &history[0]["outcome"]), (1, &"completed".into()), "{history:?}");
    assert!(!home.folder().join("home/spoken").exists(), "nothing was spoken at its time");
}
