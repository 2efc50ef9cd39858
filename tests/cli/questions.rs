//! Questions before an episode's first session, and where the answers are stored.

use crate::{
    home::{Home, Output},
    schemas::assert_fits,
    terminal::Terminal,
};
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt};

const SHORT_SESSION: [&str; 7] = ["--heat", "1s", "--cold", "1s", "--rounds", "1", "--no-notify"];
const START: &str = "$EASEBACK start --pain 6 --detach --no-notify; echo code $?";
pub const SIGNS_PROMPT: &str = "n none of these";
pub const PAIN_PROMPT: &str = "Pain now?";
const NOT_ASKED_NOTICE: &str =
    "the questions about warning signs were not asked; `easeback guide help` has them";
const EMERGENCY_NOTICE: &str = "Call 112 or your local emergency number if you lose control of bladder";
const CONTRAINDICATIONS_TITLE: &str = "Not for everybody.";
const EMERGENCY_ADVICE: &str = "call 112 or your local emergency number now";

/// A home in which the list of contraindications was shown.
pub fn home_after_contraindications() -> Home {
    let home = Home::new();
    fs::create_dir(home.state()).unwrap();
    fs::write(home.state().join("seen.json"), r#"{"v":1,"seen":{"who":"2020-01-01T00:00:00Z"}}"#).unwrap();
    home
}

/// Types a command on a cleared screen.
pub fn type_on_cleared_screen(terminal: &Terminal, home: &Home, command: &str) {
    terminal.type_line("clear");
    home.wait_until("a cleared screen", || terminal.screen() == "shell>");
    terminal.type_line(command);
}

/// The screen from these words on.
fn screen_from(terminal: &Terminal, first: &str) -> String {
    let screen = terminal.screen();
    screen[screen.find(first).expect("all of it fits")..].to_owned()
}

/// Runs a short session, from its start to its answered end.
pub fn run_short_session(home: &Home, more: &[&str]) -> Output {
    let output = home.run(["start"].iter().chain(&SHORT_SESSION).chain(more));
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(home.run(["stop"]).code, Some(0), "it has ended, and nobody has answered");
    output
}

/// Logs a session from so many hours ago.
fn log_session_hours_ago(home: &Home, hours: u32) {
    let logged = home.run(["log", "--session", "ice", "--at", &format!("{hours}h")]);
    assert_eq!(logged.code, Some(0), "{logged:?}");
}

/// Adds a session that another computer timed so many hours ago, with these answers.
pub fn log_session_elsewhere(home: &Home, hours: u32, answers: Option<Value>) {
    log_session_hours_ago(home, hours);
    let folder = home.data().join("history");
    let own = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let mut line: Value = serde_json::from_str(&fs::read_to_string(&own).unwrap()).unwrap();
    line.as_object_mut().unwrap().remove("origin");
    if let Some(answers) = answers {
        line["answers"] = answers;
    }
    fs::write(folder.join("laptop-abcdef.jsonl"), format!("{line}\n")).unwrap();
    fs::remove_file(own).unwrap();
}

pub fn same_answer_to_both(answer: &str) -> Value {
    json!({"emergency signs": answer, "signs for a doctor": answer})
}

/// The answers in the journal of the running session.
fn journaled_answers(home: &Home) -> Value {
    home.wait_until("the session", || home.journal().is_some());
    home.journal().unwrap()[0]["facts"]["answers"].clone()
}

#[test]
fn no_terminal_means_no_questions_and_that_is_shown_and_recorded() {
    let home = Home::new();
    let first = run_short_session(&home, &[]);
    let count = |output: &Output, text: &str| output.stderr.matches(text).count();
    assert_eq!(
        [CONTRAINDICATIONS_TITLE, NOT_ASKED_NOTICE, EMERGENCY_NOTICE].map(|text| count(&first, text)),
        [1, 1, 1],
        "{}",
        first.stderr
    );
    let order = [CONTRAINDICATIONS_TITLE, NOT_ASKED_NOTICE, EMERGENCY_NOTICE, "heat 1 s, cold 1 s"]
        .map(|text| first.stderr.find(text));
    assert!(order.is_sorted(), "{}", first.stderr);
    let second = run_short_session(&home, &[]);
    assert_eq!(
        [CONTRAINDICATIONS_TITLE, NOT_ASKED_NOTICE, EMERGENCY_NOTICE].map(|text| count(&second, text)),
        [0, 0, 1],
        "{}",
        second.stderr
    );
    let history = home.history();
    assert_eq!(
        (&history[0]["answers"], &history[1]["answers"]),
        (&same_answer_to_both("not asked"), &Value::Null)
    );
    history.iter().for_each(|line| assert_fits("history", line));
    let shown = |id: &Value| home.run(["history", "show", id.as_str().unwrap()]).stdout;
    let answered = "\nanswers     emergency signs: not asked; signs for a doctor: not asked\n";
    assert!(shown(&history[0]["id"]).contains(answered), "{}", shown(&history[0]["id"]));
    assert!(!shown(&history[1]["id"]).contains("\nanswers "), "{}", shown(&history[1]["id"]));
    let mode = fs::metadata(home.state().join("seen.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn quiet_prints_nothing_and_uses_up_no_one_time_notice() {
    let home = Home::new();
    assert_eq!(run_short_session(&home, &["--quiet"]).stderr, "");
    assert!(!home.state().join("seen.json").exists());
    assert_eq!(home.history()[0]["answers"], same_answer_to_both("not asked"));
}

#[test]
fn rehearsal_asks_nothing_and_uses_up_no_one_time_notice() {
    let home = Home::new();
    let rehearsed = run_short_session(&home, &["--rehearse"]);
    assert!(
        !rehearsed.stderr.contains(CONTRAINDICATIONS_TITLE) && !rehearsed.stderr.contains(NOT_ASKED_NOTICE),
        "{rehearsed:?}"
    );
    assert!(!home.state().join("seen.json").exists() && !home.data().exists());
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --rehearse --detach --no-notify; echo code $?");
    terminal.wait_for_text("code 0");
    let screen = terminal.screen();
    assert!(!screen.contains(SIGNS_PROMPT) && !screen.contains(PAIN_PROMPT), "{screen}");
}

#[test]
fn contraindications_and_warning_signs_have_a_screen_each() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    type_on_cleared_screen(&terminal, &home, START);
    terminal.wait_for_text("Any key goes on.");
    terminal.wait_for_raw_mode();
    assert_snapshot!("who_screen", screen_from(&terminal, CONTRAINDICATIONS_TITLE));
    terminal.press_keys("x");
    terminal.wait_for_text(SIGNS_PROMPT);
    let signs = screen_from(&terminal, "Warning signs");
    assert_snapshot!("signs_screen", signs);
    assert!(signs.lines().count() < 23, "and the empty line before it");
    assert!(terminal.screen().contains("\n\nWarning signs\n"), "{}", terminal.screen());
    assert_eq!((home.journal(), home.history().len()), (None, 0));

    terminal.wait_for_raw_mode();
    terminal.press_keys("n");
    terminal.wait_for_text("code 0");
    assert_eq!((terminal.mode(), journaled_answers(&home)), (before, same_answer_to_both("none")));
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["answers"], same_answer_to_both("none"));

    // The same episode, and everything was shown.
    type_on_cleared_screen(&terminal, &home, START);
    terminal.wait_for_text("code 0");
    let screen = terminal.screen();
    assert!(
        screen.contains(EMERGENCY_NOTICE)
            && !screen.contains(SIGNS_PROMPT)
            && !screen.contains(CONTRAINDICATIONS_TITLE),
        "{screen}"
    );
    assert_eq!(journaled_answers(&home), Value::Null);
}

#[test]
fn only_n_y_and_s_answer() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    type_on_cleared_screen(&terminal, &home, START);
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    for keys in ["Enter", "Space", "q", "S", "C-d", "Up", "F4", "M-y", "-l ynsyns"] {
        terminal.press_keys(keys);
    }
    // All of them were read before this one.
    terminal.press_keys("C-z");
    terminal.wait_for_text("Stopped");
    assert_eq!(terminal.mode(), before);
    terminal.type_line("clear; fg; echo code $?");
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    assert_eq!((home.journal(), home.history().len()), (None, 0));
    terminal.press_keys("s");
    terminal.wait_for_text("code 0");
    assert_eq!((terminal.mode(), journaled_answers(&home)), (before, same_answer_to_both("not asked")));
}

#[test]
fn uppercase_n_and_y_answer_too() {
    for (key, leads_to) in [("N", "code 0"), ("Y", EMERGENCY_ADVICE)] {
        let home = home_after_contraindications();
        let Some(terminal) = Terminal::open(&home) else { return };
        type_on_cleared_screen(&terminal, &home, START);
        terminal.wait_for_text(SIGNS_PROMPT);
        terminal.wait_for_raw_mode();
        terminal.press_keys(key);
        terminal.wait_for_text(leads_to);
    }
}

#[test]
fn input_typed_before_the_question_does_not_answer_it() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("mkfifo $HOME/gate; clear; read line < $HOME/gate; $EASEBACK start --pain 6 --detach");
    home.wait_until("a cleared screen", || terminal.screen().is_empty());
    terminal.press_keys("n n Enter n");
    terminal.wait_for_text("n\nn");
    assert_eq!(home.run_shell("echo > $HOME/gate").code, Some(0));
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    terminal.press_keys("s");
    assert_eq!(journaled_answers(&home), same_answer_to_both("not asked"));
}

#[test]
fn closed_window_at_a_question_leaves_no_trace() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_on_cleared_screen(&terminal, &home, START);
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    drop(terminal);
    home.wait_until("it to be gone", || home.processes().is_empty());
    assert_eq!((home.journal(), home.history().len()), (None, 0));
}

#[test]
fn ctrl_c_at_a_question_leaves_no_trace() {
    for key in ["", "y"] {
        let home = home_after_contraindications();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = (terminal.mode(), home.files());
        type_on_cleared_screen(&terminal, &home, START);
        terminal.wait_for_text(SIGNS_PROMPT);
        terminal.wait_for_raw_mode();
        if !key.is_empty() {
            terminal.press_keys(key);
            terminal.wait_for_text(EMERGENCY_ADVICE);
            terminal.wait_for_raw_mode();
        }
        terminal.press_keys("C-c");
        terminal.wait_for_text("code 130");
        assert_eq!(terminal.mode(), before.0);
        let entries = home.history();
        assert_eq!((entries.len(), home.journal()), (key.len(), None), "what was answered is kept");
        if key.is_empty() {
            assert_eq!(home.files(), before.1);
        }
    }
}

#[test]
fn warning_sign_shows_where_to_get_help_and_starts_nothing() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    type_on_cleared_screen(&terminal, &home, "$EASEBACK start --pain 8; echo code $?");
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    terminal.press_keys("y");
    terminal.wait_for_text(EMERGENCY_ADVICE);
    terminal.wait_for_text("call a doctor before you use heat or cold");
    terminal.wait_for_raw_mode();
    terminal.press_keys("s");
    terminal.wait_for_text("code 1");
    terminal.wait_for_text("No session was started. The answer is in the diary");
    let last =
        "Call 112 or your local emergency number now if you have one of the signs under 'Call 112'. code 1";
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&terminal.screen()).contains(&format!("--entries` {last}")), "{}", terminal.screen());
    assert_eq!((terminal.mode(), home.journal()), (before, None));
    let [entry] = &home.history()[..] else { panic!("one entry: {:?}", home.history()) };
    assert_eq!((&entry["kind"], &entry["pain"]), (&json!("entry"), &json!(8)));
    assert_eq!(entry["answers"], json!({"warning signs": "one or more, not started"}));
    assert!(entry["text"].as_str().unwrap().contains("one or more"), "{entry}");
    assert_fits("history", entry);
    let shown = home.run(["history", "show", entry["id"].as_str().unwrap()]).stdout;
    assert!(shown.contains("\nanswers     warning signs: one or more, not started\n"), "{shown}");
    let mut files: Vec<_> =
        fs::read_dir(home.state()).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["machine", "seen.json"], "nothing else was made");

    // It is still the first session of the episode.
    type_on_cleared_screen(&terminal, &home, START);
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    terminal.press_keys("y");
    terminal.wait_for_text(EMERGENCY_ADVICE);
    terminal.wait_for_raw_mode();
    terminal.press_keys("S");
    terminal.wait_for_text("code 0");
    assert_eq!(journaled_answers(&home), json!({"warning signs": "one or more, started anyway"}));
    assert_eq!(home.run(["stop"]).code, Some(0));
    let record = home.history().pop().unwrap();
    assert_eq!(record["answers"], json!({"warning signs": "one or more, started anyway"}));
    assert_fits("history", &record);
}

#[test]
fn plain_and_dumb_terminals_ask_for_a_typed_line() {
    for (variable, flag) in [("", "--plain"), ("TERM=dumb ", "")] {
        let home = home_after_contraindications();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        let start = format!("{variable}$EASEBACK start --pain 6 --detach --no-notify {flag}; echo code $?");
        type_on_cleared_screen(&terminal, &home, &start);
        terminal.wait_for_text("Type n (none of these)");
        assert_eq!(terminal.mode(), before);
        terminal.type_line("");
        home.wait_until("the question again", || {
            terminal.screen().matches("Type n (none of these)").count() == 2
        });
        terminal.type_line("maybe");
        home.wait_until("and again", || terminal.screen().matches("Type n (none of these)").count() == 3);
        terminal.type_line("S");
        home.wait_until("and again", || terminal.screen().matches("n, y or s?").count() == 3);
        terminal.press_keys("C-z");
        terminal.wait_for_text("Stopped");
        type_on_cleared_screen(&terminal, &home, "fg; echo code $?");
        terminal.wait_for_text("Type n (none of these)");
        terminal.type_line("Yes");
        terminal.wait_for_text("Shift+S, then Enter");
        terminal.type_line("");
        terminal.wait_for_text("code 1");
        assert_eq!((home.journal(), home.history().len()), (None, 1));
        type_on_cleared_screen(&terminal, &home, &start);
        terminal.wait_for_text("Type n (none of these)");
        terminal.press_keys("C-c");
        terminal.wait_for_text("code 130");
        type_on_cleared_screen(&terminal, &home, &start);
        terminal.wait_for_text("Type n (none of these)");
        terminal.type_line("none");
        terminal.wait_for_text("code 0");
        assert_eq!(journaled_answers(&home), same_answer_to_both("none"));
    }
}

#[test]
fn two_weeks_without_a_session_on_any_computer_start_an_episode() {
    for (hours, onset, is_asked) in [
        (13 * 24, "", false),
        (15 * 24, "", true),
        (13 * 24, "--onset 2h", true),
        (13 * 24, "--onset 400h", false),
    ] {
        let home = home_after_contraindications();
        log_session_elsewhere(&home, hours, Some(same_answer_to_both("none")));
        let output = run_short_session(&home, &onset.split_whitespace().collect::<Vec<_>>());
        assert_eq!(output.stderr.contains(NOT_ASKED_NOTICE), is_asked, "{hours} {onset}: {}", output.stderr);
    }
}

#[test]
fn only_a_session_with_answers_suppresses_the_questions() {
    let has_questions = |home: &Home| run_short_session(home, &[]).stderr.contains(NOT_ASKED_NOTICE);
    let informed_home = home_after_contraindications();
    log_session_hours_ago(&informed_home, 5);
    assert!(has_questions(&informed_home), "told afterwards, it asked nobody");
    log_session_hours_ago(&informed_home, 1);
    assert!(!has_questions(&informed_home), "nor does one take anything back");

    let older = home_after_contraindications();
    log_session_elsewhere(&older, 5, None);
    assert!(has_questions(&older), "timed by a version that did not ask");

    let brought = home_after_contraindications();
    let table = brought.folder().join("mine.csv");
    fs::write(&table, "started,cold_min,answers\n2020-01-01 10:00,15,\n").unwrap();
    assert_eq!(brought.run(["history", "import", table.to_str().unwrap()]).code, Some(0));
    let id = brought.history()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(brought.run(["history", "edit", &id, "--started", "5h"]).code, Some(0));
    assert!(has_questions(&brought));
}

#[test]
fn answers_from_elsewhere_cannot_send_terminal_escapes() {
    let home = home_after_contraindications();
    log_session_elsewhere(&home, 5, Some(json!({"fever\u{1b}[31m": ["ye\ns", "\u{7}"]})));
    let id = home.history()[0]["id"].as_str().unwrap().to_owned();
    let shown = home.run(["history", "show", &id]).stdout;
    assert!(shown.contains("\nanswers     fever\u{fffd}[31m: ye s, \u{fffd}\n"), "{shown}");
}

#[test]
fn skip_questions_asks_nothing_and_prints_that() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --detach --no-notify --skip-questions; echo code $?");
    terminal.wait_for_text("code 0");
    let screen = terminal.screen();
    assert!(screen.contains("were not asked") && screen.contains("guide who"), "{screen}");
    assert!(!screen.contains(PAIN_PROMPT), "{screen}");
    assert_eq!(journaled_answers(&home), same_answer_to_both("not asked"));
}

#[test]
fn flags_and_a_running_session_are_checked_before_questions() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_on_cleared_screen(&terminal, &home, "$EASEBACK start --heat 25; echo code $?");
    terminal.wait_for_text("code 2");
    assert!(!terminal.screen().contains(SIGNS_PROMPT), "{}", terminal.screen());
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    type_on_cleared_screen(&terminal, &home, "$EASEBACK start --onset 1h; echo code $?");
    terminal.wait_for_text("code 4");
    assert!(!terminal.screen().contains(SIGNS_PROMPT), "{}", terminal.screen());
}

#[test]
fn narrow_terminal_shows_every_word() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.tmux("resize-window -x 40 -y 60");
    type_on_cleared_screen(&terminal, &home, START);
    terminal.wait_for_text("s skip");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let expected = words(include_str!("../../src/cli/preflight/signs.txt"));
    let screen = words(&terminal.screen());
    assert!(screen.windows(expected.len()).any(|shown| shown == expected), "{}", terminal.screen());
}

#[test]
fn damaged_seen_file_stops_nothing() {
    for damage in
        ["", "{\"v\":1", "[]", "{\"v\":2,\"seen\":{}}", "{\"v\":1,\"seen\":{\"who\":7}}", "\u{0}\u{ff}"]
    {
        let home = home_after_contraindications();
        let seen = home.state().join("seen.json");
        fs::write(&seen, damage).unwrap();
        let output = run_short_session(&home, &[]);
        assert!(
            output.stderr.contains(CONTRAINDICATIONS_TITLE) && !output.stderr.contains("warning: "),
            "{damage}: {}",
            output.stderr
        );
        let text = fs::read_to_string(&seen).unwrap();
        assert!(text.starts_with(r#"{"v":1,"seen":{"who":""#), "{text}");
        assert!(!run_short_session(&home, &[]).stderr.contains(CONTRAINDICATIONS_TITLE), "it is whole again");
    }
    let home = home_after_contraindications();
    fs::remove_file(home.state().join("seen.json")).unwrap();
    fs::create_dir(home.state().join("seen.json")).unwrap();
    let output = run_short_session(&home, &[]);
    assert!(output.stderr.contains(CONTRAINDICATIONS_TITLE), "{}", output.stderr);
    assert_eq!(output.stderr.matches("warning: ").count(), 1, "{}", output.stderr);
    assert_eq!(
        fs::read_dir(home.state()).unwrap().count(),
        4,
        "no leftovers: lock, machine, seat, seen.json"
    );
}
