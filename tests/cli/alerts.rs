//! Notifications during a session, and a missing or broken notification server: one warning and nothing worse.

use crate::{
    bus::{Bus, FakeNotificationServer, ReceivedNotification, bus_or_skip},
    home::{Home, Output, boottime},
};
use serde_json::Value;

/// Heat, cold, heat, cold: six seconds, with every kind of swap.
const SHORT_SESSION: [&str; 8] = ["start", "--heat", "2s", "--cold", "1s", "--rounds", "2", "--plain"];

/// What each heat text must say (D2, X3), in lower case.
const SAFE_HEAT: [&str; 4] = ["low or medium", "cover", "side", "never under"];
/// What each swap must ask about the skin (X1, X2).
const SKIN_CHECK: [&str; 3] = ["red", "blister", "numb"];

const CRITICAL: u8 = 2;
/// The expiry time of a notification that stays until it is closed.
const NEVER_EXPIRES: i32 = 0;

#[test]
fn session_notifies_each_swap_and_its_end() {
    let Some(bus) = bus_or_skip() else { return };
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);

    let session = home.run(SHORT_SESSION);
    assert_eq!(session.code, Some(0), "{session:?}");
    assert_eq!(notification_warnings(&session), [""; 0]);
    let notifications = notifications_after_the_end(&home, &server, 5);

    let [start, to_cold, to_heat, to_cold_again, end] = &notifications[..] else {
        panic!("expected 5, saw {notifications:#?}")
    };
    for (notification, kind) in
        [(start, "heat"), (to_cold, "cold"), (to_heat, "heat"), (to_cold_again, "cold")]
    {
        assert!(
            notification.summary.to_lowercase().contains(kind),
            "expected a summary with '{kind}': {notification:?}"
        );
    }
    for heat in [start, to_heat] {
        assert_contains_words(heat, &SAFE_HEAT);
    }
    for swap in [to_cold, to_heat, to_cold_again] {
        assert_contains_words(swap, &SKIN_CHECK);
    }
    assert_contains_words(end, &["off"]);
    assert_one_notification_that_ends_critical(&notifications);
    assert_logged_in_full(&home);
}

#[test]
fn swap_warning_two_minutes_before_names_what_to_prepare() {
    let Some(bus) = bus_or_skip() else { return };
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);

    // Thirty minutes in three seconds.
    let rehearsal = ["start", "--rehearse=600", "--heat", "20", "--cold", "10", "--rounds", "1", "--plain"];
    let session = home.run(rehearsal);
    assert_eq!(session.code, Some(0), "{session:?}");
    let notifications = notifications_after_the_end(&home, &server, 5);

    let [start, check, warning, swap, end] = &notifications[..] else {
        panic!("expected 5, saw {notifications:#?}")
    };
    assert_contains_words(start, &SAFE_HEAT);
    assert_contains_words(check, &["awake"]);
    assert_contains_words(warning, &["2 min", "cold pack"]);
    assert_contains_words(swap, &SKIN_CHECK);
    for notification in [start, check, warning, swap, end] {
        assert_contains_words(notification, &["rehears"]);
    }
    assert_one_notification_that_ends_critical(&notifications);
    assert_eq!(home.history(), [Value::Null; 0], "a rehearsal leaves no record");
}

#[test]
fn missing_bus_causes_one_warning() {
    let home = Home::new();
    assert_one_warning(&home, &home.run(SHORT_SESSION));
}

#[test]
fn bus_without_a_server_causes_one_warning() {
    let Some(bus) = bus_or_skip() else { return };
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    assert_one_warning(&home, &home.run(SHORT_SESSION));
}

#[test]
fn hanging_server_causes_one_warning() {
    let Some(bus) = bus_or_skip() else { return };
    let server = FakeNotificationServer::serve_hanging_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    assert_one_warning(&home, &home.run(SHORT_SESSION));
    drop(server);
}

#[test]
fn server_killed_mid_session_causes_one_warning() {
    let Some(bus) = bus_or_skip() else { return };
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);

    let session = home.spawn(SHORT_SESSION);
    home.wait_until("the first notification", || !server.notifications().is_empty());
    server.disconnect();
    assert_one_warning(&home, &session.finish());
}

#[test]
fn no_notify_sends_no_notifications() {
    let Some(bus) = bus_or_skip() else { return };
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);

    let session = home.run(SHORT_SESSION.into_iter().chain(["--no-notify"]));
    assert_eq!(session.code, Some(0), "{session:?}");
    assert_eq!(notification_warnings(&session), [""; 0]);
    assert_eq!(notifications_after_the_end(&home, &server, 0).len(), 0);
    assert_logged_in_full(&home);
}

#[test]
fn notification_requests_the_sound_of_its_alert() {
    let Some(bus) = bus_or_skip() else { return };
    let notifications = notifications_of_a_short_session(&bus, &[]);
    let sounds: Vec<&str> =
        notifications.iter().map(|notification| notification.sound.as_deref().unwrap_or("none")).collect();
    let names: Vec<&str> = sounds.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["heat.wav", "cold.wav", "end.wav"], "{notifications:#?}");
    assert!(notifications.iter().all(|notification| notification.silent != Some(true)), "{notifications:#?}");
}

#[test]
fn informational_notifications_and_volume_zero_are_silent() {
    let Some(bus) = bus_or_skip() else { return };
    let server = FakeNotificationServer::serve_on(&bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    assert_eq!(home.run(["start", "--detach"]).code, Some(0));
    home.wait_until("the start", || server.notifications().len() == 1);
    assert_eq!(home.run(["pause"]).code, Some(0));
    home.wait_until("the pause", || server.notifications().len() == 2);
    assert_eq!(server.notifications()[1].silent, Some(true), "{:?}", server.notifications());
    assert_eq!(home.run(["stop"]).code, Some(0));

    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    std::fs::create_dir_all(home.config()).unwrap();
    std::fs::write(home.config().join("config.toml"), "[sound]\nvolume = 0\n").unwrap();
    let before = server.notifications().len();
    assert_eq!(home.run(["start", "--detach"]).code, Some(0));
    home.wait_until("the start", || server.notifications().len() > before);
    assert_eq!(server.notifications()[before].silent, Some(true), "0 is mute: {:?}", server.notifications());
}

#[test]
fn no_sound_makes_notifications_silent() {
    let Some(bus) = bus_or_skip() else { return };
    for notification in notifications_of_a_short_session(&bus, &["--no-sound"]) {
        assert_eq!(notification.silent, Some(true), "expected suppress-sound: {notification:?}");
        assert_eq!(notification.sound, None, "{notification:?}");
    }
}

/// The notifications of a session of two seconds.
fn notifications_of_a_short_session(bus: &Bus, flags: &[&str]) -> Vec<ReceivedNotification> {
    let server = FakeNotificationServer::serve_on(bus);
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    let moment = ["start", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--plain"];
    let session = home.run(moment.iter().chain(flags));
    assert_eq!(session.code, Some(0), "{session:?}");
    let notifications = notifications_after_the_end(&home, &server, 3);
    assert_eq!(notifications.len(), 3, "{notifications:#?}");
    notifications
}

/// All notifications of a session, read after its end was answered and its timer has exited.
fn notifications_after_the_end(
    home: &Home,
    server: &FakeNotificationServer,
    at_least: usize,
) -> Vec<ReceivedNotification> {
    home.wait_until("every notification", || server.notifications().len() >= at_least);
    answer_the_end(home);
    server.notifications()
}

/// Answers the end as a person would. The session may be closed already.
fn answer_the_end(home: &Home) {
    let stop = home.run(["stop"]);
    assert!(matches!(stop.code, Some(0 | 3)), "{stop:?}");
    home.wait_until("the timer to exit", || home.processes().is_empty());
    assert_eq!(home.journal(), None);
}

fn assert_contains_words(notification: &ReceivedNotification, words: &[&str]) {
    let missing: Vec<_> = words.iter().filter(|word| !notification.text().contains(**word)).collect();
    assert!(missing.is_empty(), "expected the words {missing:?} in {notification:?}");
}

/// Each notification replaces the one before; only the last is critical, and it stays.
fn assert_one_notification_that_ends_critical(notifications: &[ReceivedNotification]) {
    let apps: Vec<_> = notifications.iter().map(|notification| notification.app.as_str()).collect();
    assert_eq!(apps, vec!["easeback"; notifications.len()]);

    let replaced: Vec<_> = notifications.iter().map(|notification| notification.replaces).collect();
    let mut expected = vec![notifications[0].id; notifications.len()];
    expected[0] = 0;
    assert_eq!(replaced, expected);

    assert!(notifications.is_sorted_by_key(|notification| notification.arrived), "{notifications:#?}");
    let paired = |notification: &ReceivedNotification| notification.actions.len().is_multiple_of(2);
    assert!(
        notifications.iter().all(paired),
        "expected a key and a label for each button: {notifications:#?}"
    );

    let critical: Vec<_> =
        notifications.iter().map(|notification| notification.urgency == Some(CRITICAL)).collect();
    let mut expected = vec![false; notifications.len()];
    expected[notifications.len() - 1] = true;
    assert_eq!(critical, expected);
    assert_eq!(notifications[notifications.len() - 1].expire, NEVER_EXPIRES);
}

/// The warnings on stderr that are about notifications.
fn notification_warnings(session: &Output) -> Vec<&str> {
    let lines = session.stderr.lines().filter(|line| !line.starts_with("Alerts: "));
    lines.filter(|line| line.to_lowercase().contains("notification")).collect()
}

/// The session ran normally, with exactly one warning about the desktop.
fn assert_one_warning(home: &Home, session: &Output) {
    assert_eq!(session.code, Some(0), "{session:?}");
    assert_eq!(notification_warnings(session).len(), 1, "{session:?}");
    answer_the_end(home);
    assert_logged_in_full(home);
}

/// The history has the short session once, with every phase at its planned length.
fn assert_logged_in_full(home: &Home) {
    let history = home.history();
    let [record] = &history[..] else { panic!("expected one record, saw {history:#?}") };
    assert_eq!(record["kind"], "session");
    assert_eq!(record["outcome"], "completed");
    let phases: Vec<_> = record["phases"].as_array().unwrap().iter().map(summarize_phase).collect();
    let expected = [("heat", 2, 2), ("cold", 1, 1), ("heat", 2, 2), ("cold", 1, 1)];
    assert_eq!(phases, expected.map(|(kind, planned, actual)| (kind.into(), planned, actual)));
    assert_eq!((&record["planned_s"], &record["active_s"]), (&6.into(), &6.into()));
    assert!(record["overdue_s"].as_u64().is_none_or(|late| late == 0), "{record:#}");
}

fn summarize_phase(phase: &Value) -> (String, u64, u64) {
    let seconds = |name| phase[name].as_u64().unwrap();
    (phase["kind"].as_str().unwrap().into(), seconds("planned_s"), seconds("actual_s"))
}

/// How often the timer has woken up so far.
fn count_wake_ups(home: &Home) -> u64 {
    let journal = home.journal().unwrap();
    let timer = journal.iter().find(|line| line["fact"] == "timer").unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", timer["pid"])).unwrap();
    let count = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    count("voluntary_ctxt_switches") + count("nonvoluntary_ctxt_switches")
}

#[test]
fn timer_sleeps_again_after_a_warning() {
    let home = Home::new();
    assert_eq!(home.run(["start", "--detach"]).code, Some(0));
    let complained = |home: &Home| home.journal().unwrap().iter().any(|line| line["fact"] == "complaint");
    home.wait_until("the warning", || complained(&home));
    // The timer may not be asleep yet; one that is busy never gets there.
    let mut before = count_wake_ups(&home);
    home.wait_until("the timer to sleep for 300 ms on end", || {
        let end = boottime() + std::time::Duration::from_millis(300);
        while boottime() < end {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let after = count_wake_ups(&home);
        std::mem::replace(&mut before, after) == after
    });
}
