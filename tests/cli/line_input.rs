//! Typed lines and plain output in a real terminal (tmux), for people who listen to the screen.

use crate::{home::Home, terminal::Terminal};
use serde_json::Value;

const START: &str = "$EASEBACK start --skip-questions --plain --no-notify --no-speak --no-sound";
/// The prompt that is printed once lines are read.
const TYPE_PROMPT: &str = "Type a word and Enter";

fn events_of_kind(home: &Home, kind: &str) -> Vec<Value> {
    home.journal().unwrap_or_default().into_iter().filter(|line| line["fact"] == kind).collect()
}

/// All output so far.
fn scrollback(terminal: &Terminal) -> String {
    terminal.tmux("capture-pane -p -J -S -")
}

/// Types a line and waits for its reply.
fn type_and_wait(home: &Home, terminal: &Terminal, line: &str, answer: &str) {
    let before = scrollback(terminal).matches(answer).count();
    terminal.type_line(line);
    home.wait_until(answer, || scrollback(terminal).matches(answer).count() > before);
}

#[test]
fn each_typed_line_acts_and_shows_a_reply() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    terminal.type_line(&format!("{START} --heat 10 --cold 5 --rounds 2"));
    terminal.wait_for_text(TYPE_PROMPT);
    for (line, answer, kind) in [
        ("pause", "paused: take the pad off", Some("paused")),
        ("", "paused in heat, round 1 of 2, 9 min", None),
        ("easeback resume", "going on", Some("resumed")),
        ("+ 3", "3 min more: 13 min in all", Some("extended")),
        ("7", "pain 7 noted", Some("rated")),
        ("11", "pain is a number from 0 to 10", None),
        ("note It eases", "noted", Some("noted")),
        ("pasue", "did you mean pause?", None),
        ("yes", "nothing to answer with yes or no now", None),
        ("?", "Words: yes and no where it asks, next, skip", None),
        ("repeat", "Lie on", None),
        ("skip", "Heat off, cold on", Some("skipped")),
    ] {
        let known = kind.map_or(0, |kind| events_of_kind(&home, kind).len());
        type_and_wait(&home, &terminal, line, answer);
        let new = kind.map_or(0, |kind| events_of_kind(&home, kind).len()) - known;
        assert_eq!(new, usize::from(kind.is_some()), "{line}");
    }
    assert_eq!(terminal.mode(), before, "the terminal itself shows and corrects a line");
    type_and_wait(&home, &terminal, "q", "End the session? q again");
    type_and_wait(&home, &terminal, "pause", "paused: take the pack off");
    type_and_wait(&home, &terminal, "stop", "stopped: ");
    assert_eq!(home.history()[0]["note"], "It eases");
    assert_eq!(terminal.mode(), before);
}

#[test]
fn typed_line_answers_every_question() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(&format!("{START} settle-walk --rehearse=600; echo code $?"));
    terminal.wait_for_text("Type y or n, and Enter.");
    type_and_wait(&home, &terminal, "yes", "Cold on: 15 min");
    home.wait_until("the next question", || scrollback(&terminal).matches("Type y or n").count() == 2);
    type_and_wait(&home, &terminal, "no", "not yet: you are asked again in 15 min");
    home.wait_until("it again", || scrollback(&terminal).matches("Type y or n").count() == 3);
    type_and_wait(&home, &terminal, "y", "walk now, 10 min");
    home.wait_until("the last question", || scrollback(&terminal).contains("Pain now? Type a number"));
    type_and_wait(&home, &terminal, "t", "pain 10 noted");
    terminal.type_line("");
    terminal.wait_for_text("code 0");
}

#[test]
fn viewer_waits_for_a_line_after_the_end() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(&format!("{START} --heat 2s --cold 2s --rounds 1; echo code $?"));
    terminal.wait_for_text("Pain now? Type a number");
    type_and_wait(&home, &terminal, "more", "2 rounds now");
    home.wait_until("pain at the end of a round, and the end", || {
        scrollback(&terminal).matches("For one more round").count() == 2
    });
    type_and_wait(&home, &terminal, "3", "pain 3 noted");
    terminal.type_line("");
    terminal.wait_for_text("code 0");
    let list = home.run(["history", "list", "--json"]).stdout;
    assert_eq!(serde_json::from_str::<Value>(&list).unwrap()[0]["pain_after"], 3);
    terminal.type_line("clear");
    home.wait_until("an empty screen", || !terminal.screen().contains("code 0"));
    terminal.type_line(&format!("{START} --heat 1s --cold 1s --rounds 1; echo code $?"));
    terminal.wait_for_text("Pain now? Type a number");
    terminal.type_line("");
    terminal.wait_for_text("code 0");
    home.wait_until("nothing left of it", || home.journal().is_none());
}

#[test]
fn prompt_names_the_command_that_continues() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(&format!("{START} --swap ask --heat 1s --cold 10 --rounds 1"));
    terminal.wait_for_text("To go on type next, and Enter.");
    type_and_wait(&home, &terminal, "yes", "cold now, 10 min");
    type_and_wait(&home, &terminal, "pause", "To go on type resume, and Enter.");
    home.kill_timer();
    terminal.wait_for_text("nobody is timing this session");
    assert!(scrollback(&terminal).contains("easeback resume"));
}

#[test]
fn pain_is_asked_at_the_end_of_a_round() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(&format!("{START} --rehearse=600 --rounds 2"));
    terminal.wait_for_text("Pain now? Type a number, 0 to 10, and Enter.");
    type_and_wait(&home, &terminal, "4", "pain 4 noted");
    terminal.type_line("stop");
    terminal.wait_for_text("nothing is recorded");
}

#[test]
fn only_a_foreground_viewer_that_is_not_quiet_reads_lines() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(&format!("{START} &"));
    terminal.wait_for_text("Heat now");
    type_and_wait(&home, &terminal, "echo for the $((1 + 1))nd", "for the 2nd");
    assert!(!scrollback(&terminal).contains(TYPE_PROMPT));
    type_and_wait(&home, &terminal, "fg", TYPE_PROMPT);
    type_and_wait(&home, &terminal, "detach", "the session goes on");
    type_and_wait(&home, &terminal, "$EASEBACK stop", "stopped: ");
    terminal.type_line("clear");
    terminal.wait_for_text("shell>");
    terminal.tmux("clear-history");
    terminal.type_line(&format!("{START} --quiet"));
    home.wait_until("a session", || home.journal().is_some());
    terminal.type_line("stop");
    terminal.press_keys("C-c");
    home.wait_until("its end", || home.journal().is_none());
    assert!(!scrollback(&terminal).contains(TYPE_PROMPT));
}

#[test]
fn typed_ahead_lines_never_reach_the_shell() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(TYPE_PROMPT);
    // Both lines are there before the first one is read.
    terminal.tmux("set-buffer 'detach\necho the $((20 + 3))rd\n' \\; paste-buffer");
    terminal.wait_for_text("the session goes on");
    type_and_wait(&home, &terminal, "echo the $((20 + 4))th", "the 24th");
    assert!(!scrollback(&terminal).contains("23rd"), "{}", scrollback(&terminal));
}

#[test]
fn viewer_with_redirected_output_reads_no_lines() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(&format!("{START} --heat 1s --cold 1s --rounds 1 > $HOME/log 2>&1; echo code $?"));
    terminal.wait_for_text("code 0");
    let log = std::fs::read_to_string(home.folder().join("home/log")).unwrap();
    assert!(log.contains("Done. Take the pack off.") && !log.contains(TYPE_PROMPT), "{log}");
}

#[test]
fn viewer_reports_the_end_of_input_and_continues() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(&format!("{START} --heat 5s --cold 1s --rounds 1; echo code $?"));
    terminal.wait_for_text(TYPE_PROMPT);
    terminal.press_keys("C-d");
    terminal.wait_for_text("nothing more can be typed here; Ctrl-C stops");
    terminal.wait_for_text("Done. Take the pack off.");
    terminal.wait_for_text("code 0");
    assert_eq!(home.history()[0]["outcome"], "completed");
}
