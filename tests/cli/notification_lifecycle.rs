//! Our bubble on a desktop where bubbles close, servers and the bus itself start anew, and others speak up.

use crate::{
    bus::{Bus, Note, Recorder, Stranger, bus_or_skip},
    home::Home,
};
use serde_json::Value;

/// Why a bubble closed, by the specification: its time was up, the person closed it, a program did, nobody knows.
const REASONS: [u32; 4] = [1, 2, 3, 4];

/// A bus, a desktop on it and a session in the background that has shown its first bubble.
fn session(words: &[&str]) -> Option<(Bus, Recorder, Home)> {
    let bus = bus_or_skip()?;
    let desktop = Recorder::on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    let begun = home.run(["start", "--detach"].iter().chain(words));
    assert_eq!(begun.code, Some(0), "{begun:?}");
    home.until("the first bubble", || desktop.notes().len() == 1);
    desktop.has_answered();
    Some((bus, desktop, home))
}

/// Our bubbles so far, without those of others.
fn ours(desktop: &Recorder) -> Vec<Note> {
    let mut notes = desktop.notes();
    notes.retain(|note| note.app == "easeback");
    notes
}

/// Runs a command that is told of by a bubble, and waits until somebody sees that.
fn told(home: &Home, desktop: &Recorder, command: &str) -> Note {
    let before = ours(desktop).len();
    assert_eq!(home.run([command]).code, Some(0));
    let seen = || ours(desktop).into_iter().skip(before).find(|note| note.is_seen);
    home.until("a bubble to be seen", || seen().is_some());
    desktop.has_answered();
    seen().unwrap()
}

/// Goes on by the button, which is behind all that was said before.
fn goes_on(home: &Home, desktop: &Recorder, paused: &Note) {
    let before = home.tellings("goes_on");
    desktop.press_on(paused.id, "go-on");
    home.until("it to go on", || home.tellings("goes_on") > before);
}

fn facts(home: &Home, fact: &str) -> usize {
    home.journal().unwrap().iter().filter(|line| line["fact"] == fact).count()
}

#[test]
fn closed_notification_is_not_replaced() {
    let Some((_bus, desktop, home)) = session(&["--heat", "10"]) else { return };
    for (reason, command) in REASONS.into_iter().zip(["pause", "resume", "pause", "resume"]) {
        desktop.close(ours(&desktop).last().unwrap().id, reason);
        let next = told(&home, &desktop, command);
        assert_eq!(next.replaces, 0, "closed for reason {reason}: {next:?}");
    }
    let [.., last] = &ours(&desktop)[..] else { panic!("no bubble") };
    let again = told(&home, &desktop, "pause");
    assert_eq!(again.replaces, last.id, "one that is open is replaced");
}

#[test]
fn swap_and_end_are_shown_after_the_first_notification_expired() {
    let words = ["--heat", "10", "--cold", "10", "--rounds", "1"];
    let Some((_bus, desktop, home)) = session(&words) else { return };
    desktop.close(ours(&desktop)[0].id, 1);
    let swap = told(&home, &desktop, "skip");
    assert!(swap.summary.contains("cold on"), "{swap:?}");
    let end = told(&home, &desktop, "skip");
    assert_eq!((end.urgency, end.replaces), (Some(2), swap.id));
}

#[test]
fn notification_closed_while_replaced_is_shown_again() {
    let Some((_bus, desktop, home)) = session(&["--heat", "10"]) else { return };
    let first = ours(&desktop)[0].id;
    desktop.closes_what_is_replaced();
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.until("the pause to be seen", || ours(&desktop).len() == 3);
    let [_, unseen, seen] = &ours(&desktop)[..] else { panic!("expected 3") };
    assert_eq!((unseen.replaces, unseen.is_seen), (first, false));
    assert_eq!((seen.replaces, seen.is_seen), (0, true));
    assert_eq!(seen.text(), unseen.text());
}

#[test]
fn new_server_gets_a_new_notification_and_foreign_ones_stay() {
    let Some((bus, desktop, home)) = session(&["--heat", "10"]) else { return };
    let number = ours(&desktop)[0].id;
    desktop.die();
    let desktop = Recorder::on(&bus);
    assert_eq!(Stranger::on(&bus).notifies(), number, "the new server begins to count anew");

    let next = told(&home, &desktop, "pause");
    assert_eq!(next.replaces, 0, "{next:?}");
    assert_ne!(next.id, number);
    // The mail's buttons are not ours.
    desktop.press_on(number, "stop");
    goes_on(&home, &desktop, &next);
    assert_eq!(facts(&home, "stopped"), 0);
    assert_eq!(facts(&home, "complaint"), 0, "it was never missed");
}

#[test]
fn signals_of_a_former_server_are_ignored() {
    let Some((bus, old, home)) = session(&["--heat", "10"]) else { return };
    let number = ours(&old)[0].id;
    old.takes_a_break();
    let new = Recorder::on(&bus);
    assert_eq!(Stranger::on(&bus).notifies(), number);
    let next = told(&home, &new, "pause");
    assert_eq!(next.replaces, 0);
    old.press_on(number, "stop");
    old.press_on(next.id, "stop");
    goes_on(&home, &new, &next);
    assert_eq!(facts(&home, "stopped"), 0);
}

#[test]
fn notification_lost_with_its_server_is_sent_to_the_next() {
    let Some(bus) = bus_or_skip() else { return };
    let dying = Recorder::hanging_on(&bus);
    let next = Recorder::on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    assert_eq!(home.run(["start", "--detach", "--heat", "10"]).code, Some(0));
    home.until("it to be missed", || facts(&home, "complaint") == 1);
    dying.die();
    home.until("the start", || ours(&next).len() == 1);
    assert!(ours(&next)[0].summary.contains("Heat now"), "{:?}", ours(&next));
}

#[test]
fn swap_during_a_bus_restart_is_sent_on_the_new_bus() {
    let Some((mut bus, desktop, home)) = session(&["--heat", "10", "--cold", "10"]) else { return };
    drop(desktop);
    for words in ["cold on", "heat on"] {
        bus.die();
        bus.is_back();
        let desktop = Recorder::on(&bus);
        let swap = told(&home, &desktop, "skip");
        assert!(swap.summary.contains(words), "{swap:?}");
        assert_eq!(swap.replaces, 0, "{swap:?}");
    }
    assert_eq!(facts(&home, "complaint"), 0);
}

#[test]
fn button_counts_once_after_a_bus_restart() {
    let Some((mut bus, desktop, home)) = session(&["--heat", "5", "--cold", "10"]) else { return };
    drop(desktop);
    bus.die();
    bus.is_back();
    let desktop = Recorder::on(&bus);
    told(&home, &desktop, "pause");
    let on = told(&home, &desktop, "resume");
    desktop.press_on(on.id, "more");
    home.until("the extension", || facts(&home, "extended") > 0);
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["extended_s"], 300, "five minutes, and not ten");
}

#[test]
fn signals_of_other_bus_clients_are_ignored() {
    let Some((bus, desktop, home)) = session(&["--heat", "10"]) else { return };
    let first = told(&home, &desktop, "pause");
    let stranger = Stranger::on(&bus);
    let old = desktop.name();
    for to in [None, Some(&*first.sender)] {
        stranger.says(to, "ActionInvoked", &(first.id, "stop"));
        stranger.says(to, "NotificationClosed", &(first.id, 2_u32));
    }
    stranger.claims_the_name(&first.sender, &old);
    // The server's own program, of something that is no bubble.
    desktop.press_at("/org/kde/StatusNotifierItem", first.id, "stop");

    let next = told(&home, &desktop, "resume");
    assert_eq!(next.replaces, first.id, "it was not closed, and the server is the one of before");
    assert_eq!(facts(&home, "stopped"), 0);
    // The real one still counts, and once.
    desktop.press_on(next.id, "more");
    home.until("the extension", || facts(&home, "extended") > 0);
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["extended_s"], 300, "once");
    assert_eq!(home.history()[0]["outcome"], Value::from("stopped"));
}

#[test]
fn second_button_press_on_a_notification_is_ignored() {
    let Some((_bus, desktop, home)) = session(&["--heat", "10"]) else { return };
    let first = ours(&desktop)[0].id;
    for key in ["more", "more", "stop"] {
        desktop.press_on(first, key);
    }
    home.until("the first press", || facts(&home, "extended") > 0);
    let next = told(&home, &desktop, "pause");
    assert_eq!(next.replaces, 0);
    goes_on(&home, &desktop, &next);
    assert_eq!((facts(&home, "extended"), facts(&home, "stopped")), (1, 0));
}
