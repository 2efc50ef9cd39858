//! The buttons of a notification, pressed on a fake notification server.

use crate::{
    bus::{FakeNotificationServer, ReceivedNotification, bus_or_skip},
    home::Home,
};

/// A bus, a notification server, and a home with a session in the background.
fn start_session(args: &[&str]) -> Option<(crate::bus::Bus, FakeNotificationServer, Home)> {
    let bus = bus_or_skip()?;
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    let start = home.run(["start", "--detach"].iter().chain(args));
    assert_eq!(start.code, Some(0), "{start:?}");
    Some((bus, server, home))
}

/// Waits for a notification with this in its title.
fn wait_for_notification(home: &Home, server: &FakeNotificationServer, title: &str) -> ReceivedNotification {
    let is_it = |notification: &ReceivedNotification| notification.summary.contains(title);
    home.wait_until(title, || server.notifications().last().is_some_and(is_it));
    server.notifications().pop().unwrap()
}

fn button_labels(notification: &ReceivedNotification) -> Vec<&str> {
    notification.actions.chunks(2).map(|action| action[1].as_str()).collect()
}

/// Presses a button once and waits for its effect.
fn press_and_wait(
    home: &Home,
    server: &FakeNotificationServer,
    key: &str,
    what: &str,
    is_so: impl FnMut() -> bool,
) {
    server.press_button(key);
    home.wait_until(what, is_so);
}

fn has_event(home: &Home, kind: &str) -> bool {
    home.journal().is_some_and(|lines| lines.iter().any(|line| line["fact"] == kind))
}

#[test]
fn buttons_match_the_session_state_and_take_effect() {
    let Some((_bus, server, home)) = start_session(&["--heat", "10", "--cold", "10"]) else { return };
    assert_eq!(
        button_labels(&wait_for_notification(&home, &server, "Heat now")),
        ["Pause", "+5 min", "Stop"]
    );
    press_and_wait(&home, &server, "pause", "the pause", || home.has_alert("paused"));
    assert_eq!(
        button_labels(&wait_for_notification(&home, &server, "Take the pad off: paused")),
        ["Resume", "Stop"]
    );
    press_and_wait(&home, &server, "go-on", "the end of it", || home.has_alert("goes_on"));
    assert_eq!(
        button_labels(&wait_for_notification(&home, &server, "Heat goes on")),
        ["Pause", "+5 min", "Stop"]
    );
    press_and_wait(&home, &server, "more", "the extension", || has_event(&home, "extended"));
    // A pressed notification is closed: the next one has buttons again.
    assert_eq!(home.run(["pause"]).code, Some(0));
    assert_eq!(
        button_labels(&wait_for_notification(&home, &server, "Take the pad off: paused")),
        ["Resume", "Stop"]
    );
    press_and_wait(&home, &server, "stop", "the record", || home.history().len() == 1);
    assert_eq!(home.history()[0]["outcome"], "stopped");
    assert_eq!(home.history()[0]["extended_s"], 300, "pressed once, five minutes more");
}

#[test]
fn no_extend_button_when_the_cap_is_reached() {
    let Some((_bus, server, home)) = start_session(&[]) else { return };
    assert_eq!(button_labels(&wait_for_notification(&home, &server, "Heat now")), ["Pause", "Stop"]);
}

#[test]
fn button_confirms_a_swap() {
    let Some((_bus, server, home)) = start_session(&["--heat", "1s", "--cold", "10", "--rounds", "1"]) else {
        return;
    };
    assert_eq!(
        button_labels(&wait_for_notification(&home, &server, "cold on")),
        ["Swapped", "Pause", "+5 min", "Stop"]
    );
    press_and_wait(&home, &server, "swapped", "the answer", || has_event(&home, "answered"));
}

#[test]
fn button_answers_a_question() {
    let args = ["settle-walk", "--rehearse=1800"];
    let Some((_bus, server, home)) = start_session(&args) else { return };
    assert_eq!(
        button_labels(&wait_for_notification(&home, &server, "Do you want cold on it")),
        ["Yes", "No", "Stop"]
    );
    press_and_wait(&home, &server, "no", "the cold to be left out", || has_event(&home, "declined"));
    assert_eq!(button_labels(&wait_for_notification(&home, &server, "first wave")), ["Yes", "No", "Stop"]);
    press_and_wait(&home, &server, "yes", "the walk", || home.count_alerts("swap") == 2);
    wait_for_notification(&home, &server, "Walk now, 10 min");
}

#[test]
fn foreign_notifications_and_unknown_buttons_are_ignored() {
    let Some((_bus, server, home)) = start_session(&["--heat", "10"]) else { return };
    let ours = wait_for_notification(&home, &server, "Heat now").id;
    server.press_button_of(ours + 1, "stop");
    server.press_button_of(ours, "default");
    press_and_wait(&home, &server, "pause", "the pause", || home.has_alert("paused"));
    assert!(!has_event(&home, "stopped"), "only the last one was ours and a button");
}

#[test]
fn buttons_answer_the_end_or_add_a_round() {
    let args = ["--heat", "1s", "--cold", "1s", "--rounds", "as-needed"];
    let Some((_bus, server, home)) = start_session(&args) else { return };
    assert_eq!(
        button_labels(&wait_for_notification(&home, &server, "Done")),
        ["I am here", "One more round"]
    );
    press_and_wait(&home, &server, "round", "another round", || has_event(&home, "more"));
    wait_for_notification(&home, &server, "heat on");
    wait_for_notification(&home, &server, "Done");
    press_and_wait(&home, &server, "seen", "the journal to go", || home.journal().is_none());
}

#[test]
fn button_counts_once_after_the_server_was_offline() {
    let Some((_bus, server, home)) = start_session(&["--heat", "5", "--cold", "10"]) else { return };
    wait_for_notification(&home, &server, "Heat now");
    server.go_offline();
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.wait_until("the warning", || has_event(&home, "complaint"));
    server.come_back_online();
    assert_eq!(home.run(["resume"]).code, Some(0));
    let on = wait_for_notification(&home, &server, "Heat goes on");
    assert_eq!(button_labels(&on), ["Pause", "+5 min", "Stop"]);
    server.press_button("more");
    home.wait_until("the extension", || has_event(&home, "extended"));
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["extended_s"], 300, "five minutes, and not ten");
}
