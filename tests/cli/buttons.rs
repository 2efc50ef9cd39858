//! The buttons of a notification, pressed on a desktop that remembers.

use crate::{
    bus::{Note, Recorder, bus_or_skip},
    home::Home,
};

/// A desktop, and a home on it with a session in the background.
fn session(words: &[&str]) -> Option<(crate::bus::Bus, Recorder, Home)> {
    let bus = bus_or_skip()?;
    let desktop = Recorder::on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    let begun = home.run(["start", "--detach"].iter().chain(words));
    assert_eq!(begun.code, Some(0), "{begun:?}");
    Some((bus, desktop, home))
}

/// Waits for a bubble with these words in it.
fn bubble(home: &Home, desktop: &Recorder, words: &str) -> Note {
    let is_it = |note: &Note| note.summary.contains(words);
    home.until(words, || desktop.notes().last().is_some_and(is_it));
    desktop.notes().pop().unwrap()
}

/// The labels of its buttons.
fn labels(note: &Note) -> Vec<&str> {
    note.actions.chunks(2).map(|action| action[1].as_str()).collect()
}

/// Presses it once, and waits for what comes of it.
fn press(home: &Home, desktop: &Recorder, key: &str, what: &str, is_so: impl FnMut() -> bool) {
    desktop.press(key);
    home.until(what, is_so);
}

fn has(home: &Home, fact: &str) -> bool {
    home.journal().is_some_and(|lines| lines.iter().any(|line| line["fact"] == fact))
}

#[test]
fn buttons_match_the_session_state_and_take_effect() {
    let Some((_bus, desktop, home)) = session(&["--heat", "10", "--cold", "10"]) else { return };
    assert_eq!(labels(&bubble(&home, &desktop, "Heat now")), ["Pause", "+5 min", "Stop"]);
    press(&home, &desktop, "pause", "the pause", || home.told("paused"));
    assert_eq!(labels(&bubble(&home, &desktop, "Take the pad off: paused")), ["Resume", "Stop"]);
    press(&home, &desktop, "go-on", "the end of it", || home.told("goes_on"));
    assert_eq!(labels(&bubble(&home, &desktop, "Heat goes on")), ["Pause", "+5 min", "Stop"]);
    press(&home, &desktop, "more", "the extension", || has(&home, "extended"));
    // What was pressed is closed: the next bubble has buttons again.
    assert_eq!(home.run(["pause"]).code, Some(0));
    assert_eq!(labels(&bubble(&home, &desktop, "Take the pad off: paused")), ["Resume", "Stop"]);
    press(&home, &desktop, "stop", "the record", || home.history().len() == 1);
    assert_eq!(home.history()[0]["outcome"], "stopped");
    assert_eq!(home.history()[0]["extended_s"], 300, "pressed once, five minutes more");
}

#[test]
fn no_extend_button_when_the_cap_is_reached() {
    let Some((_bus, desktop, home)) = session(&[]) else { return };
    assert_eq!(labels(&bubble(&home, &desktop, "Heat now")), ["Pause", "Stop"]);
}

#[test]
fn button_confirms_a_swap() {
    let Some((_bus, desktop, home)) = session(&["--heat", "1s", "--cold", "10", "--rounds", "1"]) else {
        return;
    };
    assert_eq!(labels(&bubble(&home, &desktop, "cold on")), ["Swapped", "Pause", "+5 min", "Stop"]);
    press(&home, &desktop, "swapped", "the answer", || has(&home, "answered"));
}

#[test]
fn button_answers_a_question() {
    let words = ["settle-walk", "--rehearse=1800"];
    let Some((_bus, desktop, home)) = session(&words) else { return };
    assert_eq!(labels(&bubble(&home, &desktop, "cool it")), ["Yes", "No", "Stop"]);
    press(&home, &desktop, "no", "the cold to be left out", || has(&home, "declined"));
    assert_eq!(labels(&bubble(&home, &desktop, "first wave")), ["Yes", "No", "Stop"]);
    press(&home, &desktop, "yes", "the walk", || home.tellings("swap") == 2);
    bubble(&home, &desktop, "Walk now, 10 min");
}

#[test]
fn foreign_notifications_and_unknown_buttons_are_ignored() {
    let Some((_bus, desktop, home)) = session(&["--heat", "10"]) else { return };
    let ours = bubble(&home, &desktop, "Heat now").id;
    desktop.press_on(ours + 1, "stop");
    desktop.press_on(ours, "default");
    press(&home, &desktop, "pause", "the pause", || home.told("paused"));
    assert!(!has(&home, "stopped"), "only the last one was ours and a button");
}

#[test]
fn buttons_answer_the_end_or_add_a_round() {
    let words = ["--heat", "1s", "--cold", "1s", "--rounds", "as-needed"];
    let Some((_bus, desktop, home)) = session(&words) else { return };
    assert_eq!(labels(&bubble(&home, &desktop, "Done")), ["I am here", "One more round"]);
    press(&home, &desktop, "round", "another round", || has(&home, "more"));
    bubble(&home, &desktop, "heat on");
    bubble(&home, &desktop, "Done");
    press(&home, &desktop, "seen", "the journal to go", || home.journal().is_none());
}

#[test]
fn button_counts_once_after_the_server_was_offline() {
    let Some((_bus, desktop, home)) = session(&["--heat", "5", "--cold", "10"]) else { return };
    bubble(&home, &desktop, "Heat now");
    desktop.takes_a_break();
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.until("the complaint", || has(&home, "complaint"));
    desktop.is_back();
    assert_eq!(home.run(["resume"]).code, Some(0));
    let on = bubble(&home, &desktop, "Heat goes on");
    assert_eq!(labels(&on), ["Pause", "+5 min", "Stop"]);
    desktop.press("more");
    home.until("the extension", || has(&home, "extended"));
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["extended_s"], 300, "five minutes, and not ten");
}
