//! A session from its start to its record, used as a person uses it.

use crate::home::{Home, Output};
use rustix::process::Signal;
use serde_json::{Value, json};

const SHORT_SESSION: [&str; 7] = ["start", "--heat", "2s", "--cold", "1s", "--rounds", "2"];

/// Starts a session that runs by itself for an hour and a half.
fn start_long_session(home: &Home) {
    let start = home.run(["start", "--detach", "--no-notify"]);
    assert_eq!(start.code, Some(0), "{start:?}");
}

fn status(home: &Home) -> (Option<i32>, Value) {
    let Output { code, stdout, .. } = home.run(["status", "--json"]);
    (code, serde_json::from_str(&stdout).unwrap())
}

#[test]
fn session_is_printed_line_by_line_and_recorded() {
    let home = Home::new();
    let output = home.run(SHORT_SESSION.iter().chain(&[
        "--no-notify",
        "--pain",
        "7",
        "--region",
        "low",
        "--side",
        "left",
    ]));
    assert_eq!(output.code, Some(0), "{output:?}");
    let titles: Vec<&str> = output
        .stdout
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.get(10..))
        .collect();
    let heat = "Cold off, heat on: 2 s";
    let cold = "Heat off, cold on: 1 s";
    assert_eq!(titles, ["Heat now, 2 s", cold, heat, cold, "Done. Take the pack off."]);
    assert!(output.stderr.contains("heat 2 s, cold 1 s, 2 rounds, ends about "), "{}", output.stderr);

    let [record] = &home.history()[..] else { panic!("one record: {:?}", home.history()) };
    for (field, value) in [
        ("v", json!(1)),
        ("kind", json!("session")),
        ("outcome", json!("completed")),
        ("protocol", json!("alternate")),
        ("tz", json!("Europe/Berlin")),
        ("planned_s", json!(6)),
        ("active_s", json!(6)),
        ("pain_before", json!(7)),
        ("region", json!("low")),
        ("side", json!("left")),
    ] {
        assert_eq!(record[field], value, "{field} of {record}");
    }
    assert!(record["started"].as_str().unwrap().contains('+'), "the offset is there: {record}");
}

#[test]
fn start_journals_the_plan_that_plan_prints() {
    let home = Home::new();
    let flags = ["--heat", "15", "--cold", "8m", "--rounds", "4", "--first", "cold"];
    let printed = home.run(["plan", "--json"].iter().chain(&flags));
    let mut printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert_eq!(printed.as_object_mut().unwrap().remove("cautions").unwrap()[0]["source"], "D0, D2");
    for phase in printed["phases"].as_array_mut().unwrap() {
        assert!(phase.as_object_mut().unwrap().remove("starts").is_some());
    }
    assert_eq!(home.run(["start", "--detach", "--no-notify"].iter().chain(&flags)).code, Some(0));
    assert_eq!(home.journal().unwrap()[0]["plan"], printed);
}

#[test]
fn second_start_is_refused_with_the_state_of_the_first() {
    let home = Home::new();
    start_long_session(&home);
    let before = home.journal();
    let second = home.run(["start", "--no-notify"]);
    assert_eq!((second.code, second.stdout.as_str()), (Some(4), ""));
    assert!(second.stderr.contains("a session is running already: heat, round 1 of 3"), "{}", second.stderr);
    assert_eq!(home.journal(), before);
}

#[test]
fn status_shows_the_session_as_text_and_json() {
    let home = Home::new();
    assert_eq!(status(&home), (Some(3), idle_status()));
    let idle = home.run(["status"]);
    assert_eq!((idle.code, idle.stdout.as_str()), (Some(3), ""));

    start_long_session(&home);
    let (code, document) = status(&home);
    assert_eq!(code, Some(0));
    for (field, value) in [
        ("state", json!("running")),
        ("protocol", json!("alternate")),
        ("round", json!(1)),
        ("rounds", json!(3)),
        ("watched", json!(true)),
        ("class", json!("running")),
        ("percentage", json!(0)),
    ] {
        assert_eq!(document[field], value, "{field} of {document}");
    }
    assert_eq!(document["phase"]["kind"], "heat");
    assert_eq!(document["phase"]["planned_s"], 1200);
    let people = home.run(["status"]).stdout;
    assert!(people.starts_with("heat, round 1 of 3, ") && people.contains("cold for 10 min at "), "{people}");
}

fn idle_status() -> Value {
    json!({"state": "idle", "text": "", "tooltip": "no session is running", "class": "idle", "percentage": 0})
}

#[test]
fn stop_returns_when_the_session_is_recorded_as_stopped() {
    let home = Home::new();
    start_long_session(&home);
    let stopped = home.run(["stop", "--pain", "4", "--why", "the phone rang"]);
    assert_eq!((stopped.code, stopped.stdout.as_str()), (Some(0), ""), "{stopped:?}");
    let [record] = &home.history()[..] else { panic!("one record") };
    assert_eq!(record["outcome"], "stopped");
    assert_eq!(record["why"], "the phone rang");
    assert_eq!(record["pain_after"], 4);
    let outcomes: Vec<&Value> =
        record["phases"].as_array().unwrap().iter().map(|phase| &phase["outcome"]).collect();
    assert_eq!(outcomes[..2], ["cut_short", "not_begun"]);
    assert_eq!(home.journal(), None);
    assert_eq!(home.run(["stop"]).code, Some(3));
}

#[test]
fn ctrl_c_and_sigterm_stop_and_record_the_session() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let home = Home::new();
        let session = home.spawn(["start", "--no-notify"]);
        home.wait_until("the first alert", || home.has_alert("start"));
        session.signal(signal);
        assert_eq!(session.finish().code, Some(code));
        assert_eq!(home.history()[0]["outcome"], "stopped");
        assert_eq!(home.journal(), None);
    }
}

#[test]
fn closed_terminal_ends_the_viewer_but_not_the_session() {
    let home = Home::new();
    let viewer = home.spawn(["start", "--no-notify"]);
    home.wait_until("the first alert", || home.has_alert("start"));
    viewer.signal(Signal::HUP);
    assert_eq!(viewer.finish().code, Some(0));
    assert_eq!(status(&home).1["state"], "running");
}

#[test]
fn session_cut_off_by_kill_9_is_finalized_by_the_next_start() {
    let home = Home::new();
    start_long_session(&home);
    let first = home.journal().unwrap()[0]["id"].clone();
    home.kill_timer();
    let (code, document) = status(&home);
    assert_eq!((code, &document["state"], &document["watched"]), (Some(0), &json!("cut_off"), &json!(false)));

    start_long_session(&home);
    let [record] = &home.history()[..] else { panic!("one record") };
    assert_eq!((&record["id"], &record["outcome"]), (&first, &json!("interrupted")));
    assert_eq!(record["phases"][0]["outcome"], "unknown");
    assert_ne!(home.journal().unwrap()[0]["id"], first);
    assert_eq!(status(&home).1["state"], "running");
}

#[test]
fn session_cut_off_by_a_reboot_claims_no_time_since() {
    let home = Home::new();
    start_long_session(&home);
    home.kill_timer();
    let journal = home.state().join("session.jsonl");
    let boot = home.journal().unwrap()[0]["at"]["boot"].as_str().unwrap().to_owned();
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replace(&boot, "11111111-2222-3333-4444-555555555555")).unwrap();
    let stopped = home.run(["stop"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let [record] = &home.history()[..] else { panic!("one record") };
    assert_eq!((&record["outcome"], &record["active_s"]), (&json!("interrupted"), &json!(0)));
}

#[test]
fn viewer_reports_a_killed_timer() {
    let home = Home::new();
    let viewer = home.spawn(["start", "--no-notify"]);
    home.wait_until("the first alert", || home.has_alert("start"));
    home.kill_timer();
    let output = viewer.finish();
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("nobody is timing this session"), "{}", output.stderr);
    assert!(home.journal().is_some(), "the journal stays for the next command");
}

#[test]
fn rehearsal_leaves_no_trace_and_is_replaced_by_a_real_start() {
    let home = Home::new();
    let output = home.run(["start", "--rehearse=900", "--rounds", "1", "--no-notify"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output.stdout.lines().filter(|line| !line.starts_with(' ')).all(|line| line.contains("REHEARSAL"))
    );
    assert!(
        output.stdout.contains("In 2 min: cold") && output.stdout.contains("Nothing was recorded"),
        "{}",
        output.stdout
    );
    assert!(!home.data().exists(), "nothing of the history was touched");

    assert_eq!(home.run(["start", "--rehearse", "--detach", "--no-notify"]).code, Some(0));
    assert_eq!(home.run(["start", "--rehearse", "--detach", "--no-notify"]).code, Some(4));
    start_long_session(&home);
    assert_eq!(home.journal().unwrap()[0]["settings"]["rehearse"], Value::Null);
    assert_eq!(home.history(), Vec::<Value>::new());
}

#[test]
fn quiet_prints_nothing() {
    let home = Home::new();
    let output =
        home.run(["start", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--quiet", "--no-notify"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", ""));
    assert_eq!(home.history().len(), 1);
}

#[test]
fn starting_right_after_a_session_is_not_a_break() {
    let home = Home::new();
    start_long_session(&home);
    home.kill_timer();
    // As if the timer had been killed after eighteen minutes of heat.
    let mut alive = home.journal().unwrap().pop().unwrap();
    for clock in ["boottime_ns", "monotonic_ns"] {
        let then = alive["at"][clock].as_u64().unwrap();
        alive["at"][clock] = json!(then + 18 * 60 * 1_000_000_000);
    }
    alive["fact"] = json!("alive");
    let journal = home.state().join("session.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("{text}{alive}\n")).unwrap();

    let refused = home.run(["start", "--detach", "--no-notify"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("too soon after your last session"), "{}", refused.stderr);
    assert_eq!(home.run(["start", "--detach", "--no-notify", "--first", "cold"]).code, Some(0));
}

#[test]
fn restarting_gives_only_the_remaining_heat() {
    let home = Home::new();
    let start = home.run([
        "start",
        "--heat",
        "2s",
        "--cold",
        "1s",
        "--rounds",
        "1",
        "--no-notify",
        "--first",
        "cold",
    ]);
    assert_eq!(start.code, Some(0), "{start:?}");
    let second = home.run(["start", "--detach", "--no-notify"]);
    assert_eq!(second.code, Some(0), "{second:?}");
    let expected = "the first heat only 19 min 58 s so soon after your last session";
    assert!(second.stderr.contains(expected), "{}", second.stderr);
    assert_eq!(home.journal().unwrap()[0]["plan"]["phases"][0]["planned_s"], 1198);
}

#[test]
fn timer_records_a_removed_journal_and_the_viewer_reports_it() {
    let home = Home::new();
    let viewer = home.spawn(["start", "--no-notify"]);
    home.wait_until("the first alert", || home.has_alert("start"));
    std::fs::remove_file(home.state().join("session.jsonl")).unwrap();
    let output = viewer.finish();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("was removed"), "{}", output.stderr);
    home.wait_until("the timer's record", || home.history().len() == 1);
    assert_eq!(home.history()[0]["outcome"], "interrupted");
    home.wait_until("the timer to be gone", || home.processes().is_empty());
}

#[test]
fn old_viewer_does_not_stop_a_newer_session() {
    let home = Home::new();
    let old = home.spawn(["start", "--rehearse=1800", "--no-notify"]);
    // It has given up the lease only once it shows something.
    home.wait_until("the rehearsal", || old.stdout_so_far().contains("REHEARSAL"));
    old.signal(Signal::STOP);
    home.wait_until("the rehearsal's end", || home.has_alert("end"));
    start_long_session(&home);
    old.signal(Signal::INT);
    old.signal(Signal::CONT);
    assert_eq!(old.finish().code, Some(130));
    assert_eq!(status(&home).1["state"], "running");
}

#[test]
fn full_disk_is_an_error_and_a_closed_pipe_is_not() {
    let home = Home::new();
    let full = home.run_shell("$EASEBACK plan > /dev/full");
    assert_eq!(full.code, Some(1), "{full:?}");
    assert!(full.stderr.contains("cannot write the output"), "{}", full.stderr);
    assert_eq!(home.run_shell("$EASEBACK plan | head -1").stderr, "");
}

#[test]
fn fifo_in_place_of_the_journal_blocks_nothing() {
    let home = Home::new();
    assert_eq!(
        home.run_shell("mkdir -p $EASEBACK_STATE_DIR && mkfifo $EASEBACK_STATE_DIR/session.jsonl").code,
        Some(0)
    );
    assert_eq!(home.run(["status"]).code, Some(1));
    assert_eq!(home.run(["start", "--no-notify"]).code, Some(1));
    std::fs::remove_file(home.state().join("session.jsonl")).unwrap();
}

#[test]
fn busy_lock_does_not_delay_a_swap() {
    let home = Home::new();
    let session = home.spawn(["start", "--heat", "2s", "--cold", "2s", "--rounds", "1", "--no-notify"]);
    home.wait_until("the first alert", || home.has_alert("start"));
    let lock = std::fs::File::open(home.state().join("lock")).unwrap();
    lock.lock().unwrap();
    // The lock is held past the swap, which cannot be written until it is released.
    let started_ns = home.journal().unwrap()[0]["at"]["boottime_ns"].as_u64().unwrap();
    let swap = std::time::Duration::from_nanos(started_ns) + std::time::Duration::from_millis(2500);
    home.wait_until("the swap to be past", || crate::home::boottime() > swap);
    drop(lock);
    assert_eq!(session.finish().code, Some(0));
    let record = &home.history()[0];
    assert_eq!((&record["outcome"], &record["overdue_s"]), (&json!("completed"), &Value::Null));
    assert_eq!(record["phases"][1]["actual_s"], 2);
}

#[test]
fn again_repeats_the_last_session_except_for_given_flags() {
    let home = Home::new();
    let nothing = home.run(["start", "--again", "--detach", "--no-notify"]);
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    let flags = ["--heat", "12", "--cold", "8", "--rounds", "2", "--first", "cold", "--swap", "ask"];
    assert_eq!(home.run(["start", "--detach", "--no-notify"].iter().chain(&flags)).code, Some(0));
    assert_eq!(home.run(["stop"]).code, Some(0));
    let again = home.run(["start", "--again", "--rounds", "1", "--detach", "--no-notify"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stderr.contains("cold 8 min, heat 12 min, 1 round"), "{}", again.stderr);
    assert_eq!(home.journal().unwrap()[0]["settings"]["swap"], "ask");
}

#[test]
fn one_of_two_simultaneous_starts_wins() {
    let times = crate::properties::repetitions(25, 1000);
    let home = Home::new();
    for _ in 0..times {
        let start = ["start", "--rehearse=1", "--detach", "--no-notify", "--quiet"];
        let (one, other) = (home.spawn(start), home.spawn(start));
        let mut codes = [one.finish().code, other.finish().code];
        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(4)]);
        assert_eq!(home.run(["stop"]).code, Some(0));
    }
}
