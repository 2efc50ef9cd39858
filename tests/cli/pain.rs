//! The pain question of `start`, and where its answer is stored.

use crate::{
    home::Home,
    questions::{
        PAIN_PROMPT, SIGNS_PROMPT, home_after_contraindications, log_session_elsewhere, run_short_session,
        same_answer_to_both, type_on_cleared_screen,
    },
    terminal::Terminal,
};
use serde_json::{Value, json};

/// A home in which the warning signs of this episode were answered.
fn home_with_answered_signs() -> Home {
    let home = home_after_contraindications();
    log_session_elsewhere(&home, 5, Some(same_answer_to_both("none")));
    home
}

/// Stops the session and returns the recorded score from before it.
fn stop_and_read_pain_before(home: &Home) -> Value {
    home.wait_until("the session", || home.journal().is_some());
    let id = home.journal().unwrap()[0]["id"].clone();
    assert_eq!(home.run(["stop"]).code, Some(0));
    home.history().iter().find(|line| line["id"] == id).expect("its record")["pain_before"].clone()
}

#[test]
fn key_answers_the_pain_question() {
    for (key, pain) in [("7", json!(7)), ("0", json!(0)), ("t", json!(10)), ("Enter", Value::Null)] {
        let home = home_with_answered_signs();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        type_on_cleared_screen(&terminal, &home, "$EASEBACK start --detach --no-notify; echo code $?");
        terminal.wait_for_text(PAIN_PROMPT);
        terminal.wait_for_raw_mode();
        assert!(!terminal.screen().contains(SIGNS_PROMPT), "{}", terminal.screen());
        for nothing in ["x", "-", "Space", "Up", "-l 10", "C-d"] {
            terminal.press_keys(nothing);
        }
        assert_eq!(home.journal(), None);
        terminal.press_keys(key);
        terminal.wait_for_text("code 0");
        assert_eq!((terminal.mode(), stop_and_read_pain_before(&home)), (before, pain), "{key}");
    }
}

#[test]
fn pain_is_asked_after_the_signs_and_by_the_default_command() {
    let home = home_after_contraindications();
    let Some(terminal) = Terminal::open(&home) else { return };
    type_on_cleared_screen(&terminal, &home, "$EASEBACK");
    terminal.wait_for_text("Enter starts it");
    terminal.press_keys("Enter");
    terminal.wait_for_text(SIGNS_PROMPT);
    terminal.wait_for_raw_mode();
    assert!(!terminal.screen().contains(PAIN_PROMPT), "{}", terminal.screen());
    terminal.press_keys("n");
    terminal.wait_for_text(PAIN_PROMPT);
    terminal.wait_for_raw_mode();
    terminal.press_keys("4");
    home.wait_until("the session", || home.journal().is_some());
    let intake = &home.journal().unwrap()[0]["facts"];
    assert_eq!((&intake["pain"], &intake["answers"]), (&json!(4), &same_answer_to_both("none")));
}

#[test]
fn typed_line_answers_the_pain_question() {
    for (variable, flag) in [("", "--plain"), ("TERM=dumb ", "")] {
        let home = home_with_answered_signs();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        let start = format!("{variable}$EASEBACK start --detach --no-notify {flag}; echo code $?");
        type_on_cleared_screen(&terminal, &home, &start);
        terminal.wait_for_text(PAIN_PROMPT);
        assert_eq!(terminal.mode(), before);
        for (index, nothing) in ["11", "minus one", "much", "7.5"].into_iter().enumerate() {
            terminal.type_line(nothing);
            home.wait_until("the question again", || {
                terminal.screen().matches(PAIN_PROMPT).count() == index + 2
            });
        }
        assert_eq!(home.journal(), None);
        terminal.type_line(if flag.is_empty() { "10" } else { "ten" });
        terminal.wait_for_text("code 0");
        assert_eq!(stop_and_read_pain_before(&home), 10);
        type_on_cleared_screen(&terminal, &home, &start);
        terminal.wait_for_text(PAIN_PROMPT);
        terminal.type_line("");
        terminal.wait_for_text("code 0");
        home.wait_until("the session", || home.journal().is_some());
        assert_eq!(home.journal().unwrap()[0]["facts"]["pain"], Value::Null);
    }
}

#[test]
fn ctrl_c_at_the_pain_question_starts_nothing() {
    for flag in ["", "--plain"] {
        let home = home_with_answered_signs();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        type_on_cleared_screen(
            &terminal,
            &home,
            &format!("$EASEBACK start --no-notify {flag}; echo code $?"),
        );
        terminal.wait_for_text(PAIN_PROMPT);
        if flag.is_empty() {
            terminal.wait_for_raw_mode();
        }
        terminal.press_keys("C-c");
        terminal.wait_for_text("code 130");
        assert_eq!((terminal.mode(), home.journal(), home.history().len()), (before, None, 1));
    }
}

#[test]
fn pain_is_not_asked_when_given_or_suppressed() {
    for (args, pain) in [("--pain 3", json!(3)), ("--skip-questions", Value::Null), ("--quiet", Value::Null)]
    {
        let home = home_with_answered_signs();
        let Some(terminal) = Terminal::open(&home) else { return };
        type_on_cleared_screen(
            &terminal,
            &home,
            &format!("$EASEBACK start --detach --no-notify {args}; echo code $?"),
        );
        terminal.wait_for_text("code 0");
        assert!(!terminal.screen().contains(PAIN_PROMPT), "{}", terminal.screen());
        assert_eq!(stop_and_read_pain_before(&home), pain, "{args}");
    }
    let home = home_with_answered_signs();
    assert!(!run_short_session(&home, &[]).stderr.contains(PAIN_PROMPT), "nobody is there to answer");
}
