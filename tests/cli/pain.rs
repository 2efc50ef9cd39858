//! What a start asks of the pain, and what becomes of the answer.

use crate::{
    home::Home,
    questions::{ASKED, PAIN, both, elsewhere, home, session, types_anew},
    terminal::Terminal,
};
use serde_json::{Value, json};

/// A home whose episode was asked about its signs already.
fn asked_before() -> Home {
    let home = home();
    elsewhere(&home, 5, Some(both("none")));
    home
}

/// Stops the session. The score before it, as it was recorded.
fn pain_before(home: &Home) -> Value {
    home.until("the session", || home.journal().is_some());
    let id = home.journal().unwrap()[0]["id"].clone();
    assert_eq!(home.run(["stop"]).code, Some(0));
    home.history().iter().find(|line| line["id"] == id).expect("its record")["pain_before"].clone()
}

#[test]
fn key_answers_the_pain_question() {
    for (key, pain) in [("7", json!(7)), ("0", json!(0)), ("t", json!(10)), ("Enter", Value::Null)] {
        let home = asked_before();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        types_anew(&terminal, &home, "$EASEBACK start --detach --no-notify; echo code $?");
        terminal.until(PAIN);
        terminal.until_it_hears_keys();
        assert!(!terminal.screen().contains(ASKED), "{}", terminal.screen());
        for nothing in ["x", "-", "Space", "Up", "-l 10", "C-d"] {
            terminal.presses(nothing);
        }
        assert_eq!(home.journal(), None);
        terminal.presses(key);
        terminal.until("code 0");
        assert_eq!((terminal.mode(), pain_before(&home)), (before, pain), "{key}");
    }
}

#[test]
fn pain_is_asked_after_the_signs_and_by_the_default_command() {
    let home = home();
    let Some(terminal) = Terminal::open(&home) else { return };
    types_anew(&terminal, &home, "$EASEBACK");
    terminal.until("Enter starts it");
    terminal.presses("Enter");
    terminal.until(ASKED);
    terminal.until_it_hears_keys();
    assert!(!terminal.screen().contains(PAIN), "{}", terminal.screen());
    terminal.presses("n");
    terminal.until(PAIN);
    terminal.until_it_hears_keys();
    terminal.presses("4");
    home.until("the session", || home.journal().is_some());
    let facts = &home.journal().unwrap()[0]["facts"];
    assert_eq!((&facts["pain"], &facts["answers"]), (&json!(4), &both("none")));
}

#[test]
fn typed_line_answers_the_pain_question() {
    for (words, flag) in [("", "--plain"), ("TERM=dumb ", "")] {
        let home = asked_before();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        let start = format!("{words}$EASEBACK start --detach --no-notify {flag}; echo code $?");
        types_anew(&terminal, &home, &start);
        terminal.until(PAIN);
        assert_eq!(terminal.mode(), before);
        for (index, nothing) in ["11", "minus one", "much", "7.5"].into_iter().enumerate() {
            terminal.types(nothing);
            home.until("the question again", || terminal.screen().matches(PAIN).count() == index + 2);
        }
        assert_eq!(home.journal(), None);
        terminal.types(if flag.is_empty() { "10" } else { "ten" });
        terminal.until("code 0");
        assert_eq!(pain_before(&home), 10);
        types_anew(&terminal, &home, &start);
        terminal.until(PAIN);
        terminal.types("");
        terminal.until("code 0");
        home.until("the session", || home.journal().is_some());
        assert_eq!(home.journal().unwrap()[0]["facts"]["pain"], Value::Null);
    }
}

#[test]
fn ctrl_c_at_the_pain_question_starts_nothing() {
    for flag in ["", "--plain"] {
        let home = asked_before();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        types_anew(&terminal, &home, &format!("$EASEBACK start --no-notify {flag}; echo code $?"));
        terminal.until(PAIN);
        if flag.is_empty() {
            terminal.until_it_hears_keys();
        }
        terminal.presses("C-c");
        terminal.until("code 130");
        assert_eq!((terminal.mode(), home.journal(), home.history().len()), (before, None, 1));
    }
}

#[test]
fn pain_is_not_asked_when_given_or_suppressed() {
    for (words, pain) in [("--pain 3", json!(3)), ("--skip-questions", Value::Null), ("--quiet", Value::Null)]
    {
        let home = asked_before();
        let Some(terminal) = Terminal::open(&home) else { return };
        types_anew(&terminal, &home, &format!("$EASEBACK start --detach --no-notify {words}; echo code $?"));
        terminal.until("code 0");
        assert!(!terminal.screen().contains(PAIN), "{}", terminal.screen());
        assert_eq!(pain_before(&home), pain, "{words}");
    }
    let home = asked_before();
    assert!(!session(&home, &[]).stderr.contains(PAIN), "nobody is there to answer");
}
