//! A session that another computer started, or this one under another id: it is taken over if no timer runs.

use crate::{
    home::{Home, Output, has_program_or_skip},
    terminal::Terminal,
};
use serde_json::{Value, json};
use std::fs::{self, File};

const OTHER_BOOT: &str = "11111111-2222-3333-4444-555555555555";

fn start_session(home: &Home, flags: &[&str]) {
    let start = home.run(["start", "--detach", "--no-notify"].iter().chain(flags));
    assert_eq!(start.code, Some(0), "{start:?}");
    home.wait_until("the first alert", || home.has_alert("start"));
}

/// Rewrites the journal with these replacements.
fn rewrite(home: &Home, changes: &[(&str, &str)]) {
    let journal = home.state().join("session.jsonl");
    let mut text = fs::read_to_string(&journal).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "{old} in {text}");
        text = text.replace(old, new);
    }
    fs::write(&journal, text).unwrap();
}

fn change_machine_id(home: &Home) {
    rewrite(home, &[(r#""machine":""#, r#""machine":"0"#)]);
}

/// Makes the session one of another computer: with another id, and without a timer here.
pub fn move_session_elsewhere(home: &Home) {
    let boot = home.journal().unwrap()[0]["at"]["boot"].as_str().unwrap().to_owned();
    rewrite(home, &[(r#""machine":""#, r#""machine":"0"#), (&boot, OTHER_BOOT)]);
}

/// Holds the timer lease, as a timer does.
#[must_use]
pub fn hold_timer_lease(home: &Home) -> File {
    let lease = File::open(home.state().join("seat")).unwrap();
    lease.try_lock().unwrap();
    lease
}

/// A session that another computer started, without a timer.
fn leave_session_elsewhere(home: &Home) {
    start_session(home, &[]);
    home.kill_timer();
    move_session_elsewhere(home);
}

fn status(home: &Home) -> Value {
    serde_json::from_str(&home.run(["status", "--json"]).stdout).unwrap()
}

fn journal_text(home: &Home) -> String {
    fs::read_to_string(home.state().join("session.jsonl")).unwrap()
}

#[test]
fn resumed_session_of_another_computer_is_ours_to_its_end() {
    let home = Home::new();
    leave_session_elsewhere(&home);
    let output = home.run(["status"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("interrupted") && output.stdout.contains("`easeback stop`"), "{output:?}");

    let resumed = home.run(["resume"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(home.journal().unwrap()[0]["machine"].as_str().unwrap().len(), 33, "it names the other");
    assert_eq!((&status(&home)["state"], &status(&home)["watched"]), (&json!("running"), &json!(true)));
    let second = home.run(["start", "--no-notify"]);
    assert_eq!(second.code, Some(4), "{second:?}");
    assert!(second.stderr.contains("a session is running already: heat"), "{second:?}");
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.wait_until("the timer to apply the command", || home.has_alert("paused"));
    let viewer = home.spawn(["attach"]);
    home.wait_until("a viewer's line", || !viewer.stdout_so_far().is_empty());
    assert_eq!(home.run(["resume"]).code, Some(0));
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(viewer.finish().code, Some(0));
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    let [record] = &home.history()[..] else { panic!("one record: {:?}", home.history()) };
    assert_eq!((&record["outcome"], home.journal()), (&json!("stopped"), None));
}

#[test]
fn viewer_keys_work_on_a_session_taken_over() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    leave_session_elsewhere(&home);
    assert_eq!(home.run(["resume"]).code, Some(0));
    terminal.type_line("$EASEBACK attach");
    terminal.wait_for_raw_mode();
    terminal.wait_for_text("heat 19:");
    terminal.press_keys("Space");
    home.wait_until("the key to take effect", || home.has_alert("paused"));
    terminal.press_q_twice();
    terminal.wait_for_text("stopped: ");
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

#[test]
fn start_takes_over_an_untimed_session_of_another_computer() {
    for flags in [&["--first", "cold"][..], &["--rehearse"]] {
        let home = Home::new();
        leave_session_elsewhere(&home);
        let start = home.run(["start", "--detach", "--no-notify"].iter().chain(flags));
        assert_eq!(start.code, Some(0), "{start:?}");
        assert!(start.stderr.contains("is recorded as interrupted"), "{start:?}");
        let history = home.history();
        assert_eq!((history.len(), &history[0]["outcome"]), (1, &json!("interrupted")), "{history:?}");
        assert_eq!(status(&home)["state"], "running");
    }
}

#[test]
fn start_on_a_terminal_asks_before_taking_over() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    leave_session_elsewhere(&home);
    let before = journal_text(&home);
    for answer in ["n", "y"] {
        assert_eq!((journal_text(&home), home.history().len()), (before.clone(), 0));
        terminal.type_line(
            "clear; $EASEBACK start --skip-questions --detach --no-notify --first cold; echo done",
        );
        terminal.wait_for_text("begin a new one? [Y/n]");
        terminal.type_line(answer);
        terminal.wait_for_text("\ndone");
    }
    assert_eq!(home.history()[0]["outcome"], "interrupted");
    assert_eq!(status(&home)["state"], "running");
}

#[test]
fn session_ended_elsewhere_is_recorded_by_the_next_command() {
    for looking in [&["history"][..], &["status"], &["attach"], &["stop"]] {
        let home = Home::new();
        start_session(&home, &["--heat", "1s", "--cold", "1s", "--rounds", "1"]);
        home.wait_until("the record", || home.history().len() == 1);
        let recorded = home.history();
        home.kill_timer();
        move_session_elsewhere(&home);
        let looked = home.run(looking);
        assert!([Some(0), Some(3)].contains(&looked.code), "{looking:?}: {looked:?}");
        assert_eq!((home.journal(), home.history()), (None, recorded), "{looking:?}: {looked:?}");
    }
}

#[test]
fn session_timed_elsewhere_is_left_unchanged() {
    for change in ["another computer", "a newer version"] {
        let home = Home::new();
        leave_session_elsewhere(&home);
        if change == "a newer version" {
            rewrite(&home, &[(r#""v":1"#, r#""v":2"#)]);
        }
        let _lease = hold_timer_lease(&home);
        let before = journal_text(&home);
        let output = home.run(["status"]);
        assert_eq!(output.code, Some(1), "{output:?}");
        for (command, code) in
            [("status", 1), ("attach", 1), ("stop", 1), ("resume", 1), ("start", 4), ("history", 0)]
        {
            let refused = home.run([command]);
            assert_eq!(refused.code, Some(code), "{command}: {refused:?}");
            assert!(code == 0 || refused.stderr.contains(change), "{command}: {refused:?}");
        }
        assert_eq!(home.run(["start", "--rehearse"]).code, Some(4));
        assert_eq!((journal_text(&home), home.history().len()), (before, 0));
    }
}

#[test]
fn session_timed_elsewhere_is_shown_as_running() {
    let home = Home::new();
    leave_session_elsewhere(&home);
    let _lease = hold_timer_lease(&home);
    let output = home.run(["status"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stdout.starts_with("heat, round 1 of 3, "), "{output:?}");
    assert!(!output.stdout.contains("easeback stop"), "it refuses: {output:?}");
    assert!(output.stderr.contains("another computer runs this session"), "{output:?}");
    assert!(output.stderr.contains("go on with that session where it was begun"), "{output:?}");
    assert_eq!((&status(&home)["state"], &status(&home)["watched"]), (&json!("running"), &json!(true)));
    let follower = home.spawn(["status", "--follow", "--format", "{state} {remaining}"]);
    home.wait_until("its time to run", || follower.stdout_so_far().contains("running 19:"));
    assert!(!follower.stdout_so_far().contains("cut_off"), "{}", follower.stdout_so_far());
    // Of another boot, but with our id: while the lease is held it is running as well.
    let ours = journal_text(&home).replace(r#""machine":"0"#, r#""machine":""#);
    fs::write(home.state().join("session.jsonl"), ours).unwrap();
    let second = home.run(["start"]);
    assert!(second.stderr.contains("a session is running already: heat, round 1 of 3, "), "{second:?}");
}

#[test]
fn session_elsewhere_with_an_unknown_timer_is_not_reported_as_cut_off() {
    let home = Home::new();
    leave_session_elsewhere(&home);
    // A folder cannot be locked.
    for file in ["lock", "seat"] {
        fs::remove_file(home.state().join(file)).unwrap();
        fs::create_dir(home.state().join(file)).unwrap();
    }
    let output = home.run(["status", "--json"]);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("another computer runs this session"), "{output:?}");
    let status = status(&home);
    assert_eq!((&status["state"], &status["watched"]), (&json!("running"), &Value::Null));
}

#[test]
fn untimed_journal_of_a_newer_version_is_set_aside_unchanged() {
    for flags in [&["start", "--detach", "--no-notify"][..], &["start", "--rehearse", "--detach"]] {
        let home = Home::new();
        leave_session_elsewhere(&home);
        rewrite(&home, &[(r#""v":1"#, r#""v":2"#)]);
        let before = journal_text(&home);
        for command in ["status", "stop", "resume", "pause"] {
            let refused = home.run([command]);
            assert_eq!(refused.code, Some(1), "{command}: {refused:?}");
            assert!(refused.stderr.contains("`easeback start` sets the file aside"), "{refused:?}");
            assert_eq!(journal_text(&home), before, "{command}");
        }
        let start = home.run(flags);
        assert_eq!(start.code, Some(0), "{start:?}");
        let files = home.files();
        let aside = files.keys().find(|path| path.to_string_lossy().contains("session-newer-")).unwrap();
        assert!(start.stderr.contains(aside.to_str().unwrap()), "{start:?}");
        assert_eq!(fs::read_to_string(aside).unwrap(), before);
        assert_eq!((&status(&home)["state"], home.history().len()), (&json!("running"), 0));
    }
}

#[test]
fn follow_warns_about_another_computer_only_while_it_is_timing() {
    let home = Home::new();
    leave_session_elsewhere(&home);
    let lease = hold_timer_lease(&home);
    let script = "$EASEBACK status --follow --format '{state}' > followed 2> complained &";
    assert_eq!(home.run_shell(script).code, Some(0));
    let read = |name: &str| fs::read_to_string(home.folder().join(name)).unwrap_or_default();
    home.wait_until("the warning", || read("complained").contains("another computer runs this session"));
    home.wait_until("the session as it runs there", || read("followed").ends_with("running\n"));
    lease.unlock().unwrap(); // Closing is not enough: a process that is just being started may hold a copy.
    home.wait_until("the session as left", || read("followed").ends_with("cut_off\n"));
    assert_eq!(home.run(["resume"]).code, Some(0));
    home.wait_until("the session as ours", || read("followed").ends_with("cut_off\nrunning\n"));
    assert_eq!(read("complained").matches("error: ").count(), 1, "{}", read("complained"));
}

#[test]
fn changed_machine_id_mid_session_changes_nothing_else() {
    let home = Home::new();
    start_session(&home, &["--heat", "3s", "--cold", "1s", "--rounds", "2"]);
    let viewer = home.spawn(["attach"]);
    home.wait_until("what it shows", || viewer.stdout_so_far().contains("Heat now"));
    change_machine_id(&home);
    assert_eq!(home.run(["status"]).code, Some(0));
    for command in [&["pause"][..], &["resume"], &["note", "still here"], &["pain", "3"]] {
        assert_eq!(home.run(command).code, Some(0), "{command:?}");
    }
    assert_eq!(home.run(["start", "--no-notify"]).code, Some(4));
    home.wait_until("the timer to swap", || home.has_alert("swap"));
    assert_eq!(viewer.finish().code, Some(0));
    assert_eq!(home.run(["stop"]).code, Some(0));
    let history = home.history();
    assert_eq!((&history[0]["outcome"], &history[0]["note"]), (&json!("completed"), &json!("still here")));
}

#[test]
fn session_cut_off_before_a_reboot_is_ours_by_machine_id() {
    let home = Home::new();
    start_session(&home, &[]);
    home.kill_timer();
    let boot = home.journal().unwrap()[0]["at"]["boot"].as_str().unwrap().to_owned();
    rewrite(&home, &[(&boot, OTHER_BOOT)]);
    // Whether or not the lease is held: it is this computer's own, perhaps in another container.
    let lease = hold_timer_lease(&home);
    assert!(home.run(["start"]).stderr.contains("a session is running already"));
    lease.unlock().unwrap(); // Closing is not enough: a process that is just being started may hold a copy.
    assert_eq!(home.run(["resume"]).code, Some(0));
}

#[test]
fn header_decides_the_owner_without_a_timer_entry() {
    let home = Home::new();
    start_session(&home, &[]);
    home.kill_timer();
    let first = journal_text(&home).lines().next().unwrap().to_owned();
    fs::write(home.state().join("session.jsonl"), first + "\n").unwrap();
    change_machine_id(&home);
    let lease = hold_timer_lease(&home);
    let ours = home.run(["start"]);
    assert!(ours.stderr.contains("a session is running already"), "begun since the same start: {ours:?}");
    move_session_elsewhere(&home);
    let theirs = home.run(["start"]);
    assert!(theirs.stderr.contains("another computer runs this session"), "{theirs:?}");
    lease.unlock().unwrap(); // Closing is not enough: a process that is just being started may hold a copy.
    let resumed = home.run(["resume"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
}

#[test]
fn unknown_boot_id_is_not_ours() {
    let home = Home::new();
    leave_session_elsewhere(&home);
    rewrite(&home, &[(OTHER_BOOT, "")]);
    let _lease = hold_timer_lease(&home);
    let boot_id = "/proc/sys/kernel/random/boot_id";
    let Some(output) = run_with_unreadable_file(&home, boot_id, "EACCES", "start") else { return };
    assert_eq!(output.code, Some(4), "{output:?}");
    assert!(output.stderr.contains("another computer runs this session"), "{output:?}");
}

/// Runs easeback with a file that it cannot open; the processes that it starts can.
pub fn run_with_unreadable_file(home: &Home, path: &str, errno: &str, args: &str) -> Option<Output> {
    if !has_program_or_skip("strace") {
        return None;
    }
    let fault = format!("-e trace=openat -e inject=openat:error={errno} -P {path}");
    Some(home.run_shell(&format!("strace -qq -o $HOME/trace {fault} $EASEBACK {args}")))
}
