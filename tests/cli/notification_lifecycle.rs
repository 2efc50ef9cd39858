//! Our notification while others close it, servers and the bus restart, and other programs send signals.

use crate::{
    bus::{Bus, FakeNotificationServer, OtherBusClient, ReceivedNotification, bus_or_skip},
    home::Home,
};
use serde_json::Value;

/// Why a notification closed, by the specification: expired, dismissed, closed by a call, undefined.
const REASONS: [u32; 4] = [1, 2, 3, 4];

/// A bus, a notification server and a background session that has shown its first notification.
fn start_session(args: &[&str]) -> Option<(Bus, FakeNotificationServer, Home)> {
    let bus = bus_or_skip()?;
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    let start = home.run(["start", "--detach"].iter().chain(args));
    assert_eq!(start.code, Some(0), "{start:?}");
    home.wait_until("the first notification", || server.notifications().len() == 1);
    server.wait_for_reply();
    Some((bus, server, home))
}

/// Our notifications so far, without those of other programs.
fn own_notifications(server: &FakeNotificationServer) -> Vec<ReceivedNotification> {
    let mut notifications = server.notifications();
    notifications.retain(|notification| notification.app == "easeback");
    notifications
}

/// Runs a command and waits until its notification is visible.
fn run_and_wait_for_notification(
    home: &Home,
    server: &FakeNotificationServer,
    command: &str,
) -> ReceivedNotification {
    let before = own_notifications(server).len();
    assert_eq!(home.run([command]).code, Some(0));
    let find_shown =
        || own_notifications(server).into_iter().skip(before).find(|notification| notification.is_seen);
    home.wait_until("a visible notification", || find_shown().is_some());
    server.wait_for_reply();
    find_shown().unwrap()
}

/// Resumes by the button, whose signal comes after all that was sent before.
fn resume_by_button(home: &Home, server: &FakeNotificationServer, paused: &ReceivedNotification) {
    let before = home.count_alerts("goes_on");
    server.press_button_of(paused.id, "go-on");
    home.wait_until("the session to continue", || home.count_alerts("goes_on") > before);
}

fn count_events(home: &Home, kind: &str) -> usize {
    home.journal().unwrap().iter().filter(|line| line["fact"] == kind).count()
}

#[test]
fn closed_notification_is_not_replaced() {
    let Some((_bus, server, home)) = start_session(&["--heat", "10"]) else { return };
    for (reason, command) in REASONS.into_iter().zip(["pause", "resume", "pause", "resume"]) {
        server.close(own_notifications(&server).last().unwrap().id, reason);
        let next = run_and_wait_for_notification(&home, &server, command);
        assert_eq!(next.replaces, 0, "closed for reason {reason}: {next:?}");
    }
    let [.., last] = &own_notifications(&server)[..] else { panic!("no bubble") };
    let again = run_and_wait_for_notification(&home, &server, "pause");
    assert_eq!(again.replaces, last.id, "one that is open is replaced");
}

#[test]
fn swap_and_end_are_shown_after_the_first_notification_expired() {
    let args = ["--heat", "10", "--cold", "10", "--rounds", "1"];
    let Some((_bus, server, home)) = start_session(&args) else { return };
    server.close(own_notifications(&server)[0].id, 1);
    let swap = run_and_wait_for_notification(&home, &server, "skip");
    assert!(swap.summary.contains("cold on"), "{swap:?}");
    let end = run_and_wait_for_notification(&home, &server, "skip");
    assert_eq!((end.urgency, end.replaces), (Some(2), swap.id));
}

#[test]
fn notification_closed_while_replaced_is_shown_again() {
    let Some((_bus, server, home)) = start_session(&["--heat", "10"]) else { return };
    let first = own_notifications(&server)[0].id;
    server.close_on_replace();
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.wait_until("the pause to be seen", || own_notifications(&server).len() == 3);
    let [_, hidden, shown] = &own_notifications(&server)[..] else { panic!("expected 3") };
    assert_eq!((hidden.replaces, hidden.is_seen), (first, false));
    assert_eq!((shown.replaces, shown.is_seen), (0, true));
    assert_eq!(shown.text(), hidden.text());
}

#[test]
fn new_server_gets_a_new_notification_and_foreign_ones_stay() {
    let Some((bus, server, home)) = start_session(&["--heat", "10"]) else { return };
    let number = own_notifications(&server)[0].id;
    server.disconnect();
    let server = FakeNotificationServer::serve_on(&bus);
    assert_eq!(
        OtherBusClient::connect(&bus).send_notification(),
        number,
        "the new server begins to count anew"
    );

    let next = run_and_wait_for_notification(&home, &server, "pause");
    assert_eq!(next.replaces, 0, "{next:?}");
    assert_ne!(next.id, number);
    // The buttons of the other program's notification are not ours.
    server.press_button_of(number, "stop");
    resume_by_button(&home, &server, &next);
    assert_eq!(count_events(&home, "stopped"), 0);
    assert_eq!(count_events(&home, "complaint"), 0, "it was never missed");
}

#[test]
fn signals_of_a_former_server_are_ignored() {
    let Some((bus, old, home)) = start_session(&["--heat", "10"]) else { return };
    let number = own_notifications(&old)[0].id;
    old.go_offline();
    let new = FakeNotificationServer::serve_on(&bus);
    assert_eq!(OtherBusClient::connect(&bus).send_notification(), number);
    let next = run_and_wait_for_notification(&home, &new, "pause");
    assert_eq!(next.replaces, 0);
    old.press_button_of(number, "stop");
    old.press_button_of(next.id, "stop");
    resume_by_button(&home, &new, &next);
    assert_eq!(count_events(&home, "stopped"), 0);
}

#[test]
fn notification_lost_with_its_server_is_sent_to_the_next() {
    let Some(bus) = bus_or_skip() else { return };
    let first_server = FakeNotificationServer::serve_hanging_on(&bus);
    let next = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    assert_eq!(home.run(["start", "--detach", "--heat", "10"]).code, Some(0));
    home.wait_until("it to be missed", || count_events(&home, "complaint") == 1);
    first_server.disconnect();
    home.wait_until("the start", || own_notifications(&next).len() == 1);
    assert!(own_notifications(&next)[0].summary.contains("Heat now"), "{:?}", own_notifications(&next));
}

#[test]
fn swap_during_a_bus_restart_is_sent_on_the_new_bus() {
    let Some((mut bus, server, home)) = start_session(&["--heat", "10", "--cold", "10"]) else { return };
    drop(server);
    for title in ["cold on", "heat on"] {
        bus.stop();
        bus.restart();
        let server = FakeNotificationServer::serve_on(&bus);
        let swap = run_and_wait_for_notification(&home, &server, "skip");
        assert!(swap.summary.contains(title), "{swap:?}");
        assert_eq!(swap.replaces, 0, "{swap:?}");
    }
    assert_eq!(count_events(&home, "complaint"), 0);
}

#[test]
fn button_counts_once_after_a_bus_restart() {
    let Some((mut bus, server, home)) = start_session(&["--heat", "5", "--cold", "10"]) else { return };
    drop(server);
    bus.stop();
    bus.restart();
    let server = FakeNotificationServer::serve_on(&bus);
    run_and_wait_for_notification(&home, &server, "pause");
    let on = run_and_wait_for_notification(&home, &server, "resume");
    server.press_button_of(on.id, "more");
    home.wait_until("the extension", || count_events(&home, "extended") > 0);
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["extended_s"], 300, "five minutes, and not ten");
}

#[test]
fn signals_of_other_bus_clients_are_ignored() {
    let Some((bus, server, home)) = start_session(&["--heat", "10"]) else { return };
    let first = run_and_wait_for_notification(&home, &server, "pause");
    let other_client = OtherBusClient::connect(&bus);
    let old = server.name();
    for to in [None, Some(&*first.sender)] {
        other_client.send_signal(to, "ActionInvoked", &(first.id, "stop"));
        other_client.send_signal(to, "NotificationClosed", &(first.id, 2_u32));
    }
    other_client.send_name_owner_changed(&first.sender, &old);
    // A signal of the server's own program at another object path.
    server.press_button_at("/org/kde/StatusNotifierItem", first.id, "stop");

    let next = run_and_wait_for_notification(&home, &server, "resume");
    assert_eq!(next.replaces, first.id, "it was not closed, and the server is the one of before");
    assert_eq!(count_events(&home, "stopped"), 0);
    // The real press still counts, once.
    server.press_button_of(next.id, "more");
    home.wait_until("the extension", || count_events(&home, "extended") > 0);
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["extended_s"], 300, "once");
    assert_eq!(home.history()[0]["outcome"], Value::from("stopped"));
}

#[test]
fn second_button_press_on_a_notification_is_ignored() {
    let Some((_bus, server, home)) = start_session(&["--heat", "10"]) else { return };
    let first = own_notifications(&server)[0].id;
    for key in ["more", "more", "stop"] {
        server.press_button_of(first, key);
    }
    home.wait_until("the first press", || count_events(&home, "extended") > 0);
    let next = run_and_wait_for_notification(&home, &server, "pause");
    assert_eq!(next.replaces, 0);
    resume_by_button(&home, &server, &next);
    assert_eq!((count_events(&home, "extended"), count_events(&home, "stopped")), (1, 0));
}
