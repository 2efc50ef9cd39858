//! Commands that control the running session from any shell.

use crate::{
    home::Home,
    other_machine::{hold_timer_lease, move_session_elsewhere},
};
use serde_json::{Value, json};

const TABLE: &str = include_str!("../data/commands.txt");

/// A home with a session in this state.
fn home_in_state(state: &str) -> Home {
    let home = Home::new();
    let begin = |flags: &[&str]| {
        let start = home.run(["start", "--detach", "--no-notify"].iter().chain(flags));
        assert_eq!(start.code, Some(0), "{start:?}");
        home.wait_until("the first alert", || home.has_alert("start"));
    };
    match state {
        "idle" => {}
        "overdue" => {
            begin(&["--heat", "1s", "--cold", "5", "--swap", "ask"]);
            home.wait_until("the end of the heat", || home.has_alert("up"));
        }
        "ended" => {
            begin(&["--heat", "1s", "--cold", "1s", "--rounds", "1"]);
            home.wait_until("the end", || home.has_alert("end"));
        }
        "question" | "walk" => {
            let start = home.run(["start", "settle-walk", "--onset", "2h", "--detach", "--no-notify"]);
            assert_eq!(start.code, Some(0), "{start:?}");
            home.wait_until("the first alert", || home.has_alert("start"));
            assert_eq!(home.run(["skip"]).code, Some(0));
            home.wait_until("the question", || home.has_alert("ask"));
            if state == "walk" {
                assert_eq!(home.run(["skip"]).code, Some(0));
                // The rest until an hour after the onset is over before the session starts.
                home.wait_until("the question whether to walk", || home.count_alerts("ask") == 2);
            }
        }
        "awake" => {
            begin(&["--heat", "15", "--rehearse=150"]);
            home.wait_until("the question in the middle", || home.count_alerts("again") == 1);
        }
        "swapped" => {
            begin(&["--heat", "1s", "--cold", "5"]);
            home.wait_until("the swap", || home.has_alert("swap"));
        }
        _ => begin(&[]),
    }
    match state {
        "paused" => {
            assert_eq!(home.run(["pause"]).code, Some(0));
            // By then the timer has written its own entry, and no other follows for minutes.
            home.wait_until("the alert of the pause", || home.has_alert("paused"));
        }
        "cut_off" => home.kill_timer(),
        "cut_off_paused" => {
            home.run(["pause"]);
            home.kill_timer();
        }
        "foreign" | "foreign_held" => {
            home.kill_timer();
            move_session_elsewhere(&home);
        }
        _ => {}
    }
    home
}

#[test]
fn every_command_answers_in_every_state() {
    let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut cells = 0;
    for row in rows {
        let [state, command, code, answer] = row.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let home = home_in_state(state);
        let _held = state.ends_with("_held").then(|| hold_timer_lease(&home));
        let before = home.journal().unwrap_or_default().len();
        // This table is not about notifications.
        let quiet = command.starts_with("start").then_some("--no-notify");
        let output = home.run(command.split(' ').chain(quiet));
        assert_eq!(output.code, Some(code.parse().unwrap()), "{row}: {output:?}");
        assert!((output.stdout.clone() + &output.stderr).contains(answer), "{row}: {output:?}");
        if output.code != Some(0) && !["cut_off", "cut_off_paused", "foreign"].contains(&state) {
            assert_eq!(home.journal().unwrap_or_default().len(), before, "{row}: a refusal writes nothing");
        }
        cells += 1;
    }
    assert!(cells > 70, "{cells} cells");
}

#[test]
fn commands_are_stored_in_the_record() {
    let home = home_in_state("running");
    for args in [
        &["pain", "6"][..],
        &["note", "the dog came in"],
        &["skip"],
        &["extend", "2"],
        &["pause"],
        &["resume"],
    ] {
        assert_eq!(home.run(args).code, Some(0), "{args:?}");
    }
    assert_eq!(home.run(["stop", "--pain", "4"]).code, Some(0));
    let record = &home.history()[0];
    assert_eq!((&record["pain_after"], &record["note"]), (&json!(4), &json!("the dog came in")));
    assert_eq!(record["ratings"].as_array().unwrap().len(), 2);
    assert_eq!((&record["phases"][0]["outcome"], &record["extended_s"]), (&json!("cut_short"), &json!(120)));
}

#[test]
fn resumed_session_runs_to_its_end_and_is_recorded_once() {
    let home = Home::new();
    let flags = ["--heat", "3s", "--cold", "1s", "--rounds", "1"];
    assert_eq!(home.run(["start", "--detach", "--no-notify"].iter().chain(&flags)).code, Some(0));
    home.wait_until("the first alert", || home.has_alert("start"));
    home.kill_timer();
    assert_eq!(home.run(["resume"]).code, Some(0));
    home.wait_until("the record", || !home.history().is_empty());
    assert_eq!(home.run(["stop"]).code, Some(0));
    let [record] = &home.history()[..] else { panic!("one record") };
    assert_eq!((&record["outcome"], &record["active_s"]), (&json!("completed"), &json!(4)));
    home.wait_until("the timer to be gone", || home.processes().is_empty());
}

#[test]
fn timer_applies_a_command_immediately() {
    let home = home_in_state("running");
    assert_eq!(home.run(["skip"]).code, Some(0));
    home.wait_until("the swap that was asked for", || home.has_alert("swap"));
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.wait_until("the pause", || home.has_alert("paused"));
}

#[test]
fn concurrent_commands_are_all_answered_and_keep_the_journal_intact() {
    let home = home_in_state("running");
    let shells: Vec<_> = (0..10)
        .map(|shell| {
            let script = format!(
                "for n in 1 2 3 4 5 6 7 8 9 10; do \"$EASEBACK\" note \"{shell} $n\" || exit 1; done"
            );
            home.spawn_shell(&script)
        })
        .collect();
    for shell in shells {
        let output = shell.finish();
        assert_eq!(output.code, Some(0), "{output:?}");
        assert_eq!(output.stderr.lines().filter(|line| *line == "noted").count(), 10, "{output:?}");
    }
    let notes: Vec<Value> =
        home.journal().unwrap().into_iter().filter(|line| line["fact"] == "noted").collect();
    assert_eq!(notes.len(), 100);
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["note"].as_str().unwrap().lines().count(), 100);
}

#[test]
fn concurrent_next_and_automatic_swap_swap_once() {
    let home = Home::new();
    let flags = ["--heat", "1s", "--cold", "20", "--rounds", "1"];
    assert_eq!(home.run(["start", "--detach", "--no-notify"].iter().chain(&flags)).code, Some(0));
    let script = "for n in $(seq 100); do \"$EASEBACK\" next 2>/dev/null; done";
    assert_eq!(home.run_shell(script).code, Some(0));
    home.wait_until("the swap", || home.has_alert("swap"));
    let swaps = home.journal().unwrap().into_iter().filter(|line| line["fact"] == "next").count();
    assert_eq!(swaps, 1);
    assert_eq!(home.run(["status"]).stdout.split(',').next(), Some("cold"));
}
