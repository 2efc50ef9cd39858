//! The screen at every size and in every state, with a simulated clock.

use super::{protocols::simulate_protocol, *};
use easeback::view::{Overlay, ScreenRow, WindowSize, render_frame};
use unicode_width::UnicodeWidthStr;

const SIZES: [(usize, usize); 5] = [(20, 5), (40, 12), (80, 24), (100, 30), (300, 100)];

/// The message of the last alert.
fn last_alert_message(simulation: &SimulatedSession) -> Option<Message> {
    let last_alert = simulation.entries.iter().rev().find_map(|line| match line.event {
        Event::AlertSent { alert } => Some(alert),
        _ => None,
    });
    last_alert.map(|alert| simulation.session.alert_message(alert))
}

fn draw_rows(simulation: &SimulatedSession, size: WindowSize, overlay: &Overlay) -> Vec<ScreenRow> {
    render_frame(&simulation.session.snapshot(&simulation.now()), size, overlay)
}

/// The text of the screen with its right edge marked, without trailing spaces.
fn text(rows: &[ScreenRow]) -> String {
    rows.iter().map(|row| format!("|{}\n", row.plain_text().trim_end())).collect()
}

/// Sessions in all states that look different.
fn sample_states() -> Vec<(&'static str, SimulatedSession)> {
    let at = |protocol: &str, time: Duration| {
        let mut simulation = simulate_protocol(protocol, &Overrides::default());
        simulation.tick();
        run_second_by_second(&mut simulation, time);
        simulation
    };
    let mut moments = vec![
        ("heat", at("alternate", 5 * MINUTE)),
        ("cold", at("alternate", 22 * MINUTE)),
        ("round", at("alternate", 29 * MINUTE + MINUTE / 2)),
        ("breathing", at("settle-walk", 2 * SECOND)),
        ("question", at("settle-walk", 5 * MINUTE + SECOND)),
    ];
    let mut paused = at("alternate", 7 * MINUTE);
    paused.send(Command::Pause);
    run_second_by_second(&mut paused, MINUTE);
    moments.push(("paused", paused));
    let plan = alternate(&Overrides::default());
    let mut overdue = SimulatedSession::from_plan(plan.clone(), SwapMode::Ask, None);
    overdue.tick();
    run_second_by_second(&mut overdue, 23 * MINUTE);
    moments.push(("overdue", overdue));
    let mut asking = at("alternate", 5 * MINUTE);
    asking.clocks.sleep(10 * MINUTE);
    asking.tick();
    moments.push(("asking", asking));
    moments.push(("ended", at("ice", 16 * MINUTE)));
    let mut answered = at("ice", 16 * MINUTE);
    answered.send(Command::RatePain(4));
    moments.push(("answered", answered));
    let mut rehearsal = SimulatedSession::from_plan(plan, SwapMode::Auto, Some(60));
    rehearsal.tick();
    rehearsal.run(5 * SECOND);
    moments.push(("rehearsal", rehearsal));
    moments
}

/// Lets time pass second by second, with a timer that wakes each time.
fn run_second_by_second(simulation: &mut SimulatedSession, time: Duration) {
    for _ in 0..time.as_secs() {
        simulation.run(SECOND);
        simulation.tick();
    }
}

#[test]
fn screen_at_every_size_matches_snapshot() {
    for (name, simulation) in sample_states() {
        let last_alert = last_alert_message(&simulation);
        let mut page = String::new();
        for (columns, rows) in SIZES {
            for ascii_only in [false, true] {
                if ascii_only && columns > 80 {
                    continue;
                }
                let size = WindowSize { columns, rows };
                let overlay = Overlay {
                    message: last_alert.as_ref(),
                    has_keys: true,
                    ascii_only,
                    ..Overlay::default()
                };
                let screen = draw_rows(&simulation, size, &overlay);
                assert!(!ascii_only || screen.iter().all(|row| row.plain_text().is_ascii()), "{name}");
                let letters = if ascii_only { ", ASCII" } else { "" };
                page.push_str(&format!("{columns}x{rows}{letters}\n{}\n", text(&screen)));
            }
        }
        assert_snapshot!(format!("screen_{name}"), page);
    }
}

#[test]
fn digits_fill_a_third_of_the_window() {
    let is_digit = |row: &&ScreenRow| {
        let text = row.plain_text();
        text.contains('█') && text.chars().all(|letter| letter == '█' || letter == ' ')
    };
    for (name, simulation) in sample_states() {
        let overlay = Overlay { has_keys: true, ..Overlay::default() };
        for (columns, rows) in [(100, 30), (80, 24), (300, 100)] {
            let screen = draw_rows(&simulation, WindowSize { columns, rows }, &overlay);
            let high = screen.iter().filter(is_digit).count();
            let has_time = !["question", "ended", "answered"].contains(&name);
            assert!(high * 3 >= rows || !has_time, "{name}: {high} of {rows}\n{}", text(&screen));
        }
    }
}

#[test]
fn window_below_minimum_size_shows_one_line() {
    for (name, simulation) in sample_states() {
        for (columns, rows) in [(19, 100), (300, 4), (1, 1)] {
            let overlay = Overlay { has_keys: true, ..Overlay::default() };
            let screen = draw_rows(&simulation, WindowSize { columns, rows }, &overlay);
            assert_eq!(screen.len(), 1, "{name}");
            let noted = Overlay { key_reply: Some("5 min more"), ..overlay };
            let drawn = text(&draw_rows(&simulation, WindowSize { columns, rows }, &noted));
            assert!(drawn.contains("5"), "{name} at {columns}x{rows}: {drawn}");
        }
    }
}

#[test]
fn reply_and_warning_are_shown_at_every_size() {
    for (name, simulation) in sample_states() {
        let last_alert = last_alert_message(&simulation);
        for (columns, rows) in SIZES {
            let overlay = Overlay {
                message: last_alert.as_ref(),
                key_reply: Some("5 min more"),
                warning: Some("no bus"),
                has_keys: true,
                ..Overlay::default()
            };
            let screen = text(&draw_rows(&simulation, WindowSize { columns, rows }, &overlay));
            assert!(screen.contains("5 min more"), "{name}:\n{screen}");
            assert!(rows == 5 || screen.contains("warning: no bus"), "{name}:\n{screen}");
        }
    }
}

#[test]
fn awaited_action_is_shown_on_small_and_keyless_screens() {
    let (low, usual) = (WindowSize { columns: 40, rows: 12 }, WindowSize { columns: 80, rows: 24 });
    for (name, key, others, command) in [
        ("overdue", "n swapped: go on", "other: silence", "`easeback next`"),
        ("paused", "space resume", "keys: ?", "`easeback resume`"),
        ("asking", "space resume", "other: silence", "`easeback resume`"),
    ] {
        let (_, simulation) = sample_states().into_iter().find(|(moment, _)| *moment == name).unwrap();
        let last_alert = last_alert_message(&simulation);
        let with_keys = Overlay { message: last_alert.as_ref(), has_keys: true, ..Overlay::default() };
        let screen = text(&draw_rows(&simulation, low, &with_keys));
        assert!(screen.contains(key) && screen.contains(others), "{name}:\n{screen}");
        let screen = text(&draw_rows(&simulation, usual, &Overlay { has_keys: false, ..with_keys }));
        assert!(screen.replace("\n|", " ").contains(command), "{name}:\n{screen}");
    }
}

#[test]
fn footer_shows_the_next_key_during_an_alarm_and_all_keys_afterwards() {
    for (name, asked_for) in [
        ("cold", ""),
        ("overdue", "n swapped: go on · "),
        ("asking", "space resume · "),
        ("question", "y yes · n no · "),
    ] {
        let (_, mut simulation) = sample_states().into_iter().find(|(moment, _)| *moment == name).unwrap();
        let last_alert = last_alert_message(&simulation);
        let overlay = Overlay { message: last_alert.as_ref(), has_keys: true, ..Overlay::default() };
        let footer = |simulation: &SimulatedSession, columns, rows| {
            let screen = text(&draw_rows(simulation, WindowSize { columns, rows }, &overlay));
            screen.lines().rfind(|line| line.len() > 1).unwrap().to_owned()
        };
        let rings = format!("|{asked_for}p pain · any other key silences the alarm");
        assert_eq!(footer(&simulation, 80, 24), rings, "{name}");
        for (columns, rows) in SIZES {
            let footer = footer(&simulation, columns, rows);
            assert!(
                !footer.contains("stop") && !footer.contains("keys: ?"),
                "{name}, {columns}x{rows}: {footer}"
            );
        }
        let rings_for = simulation.session.snapshot(&simulation.now()).ringing_left.unwrap();
        simulation.run(rings_for);
        let footer = footer(&simulation, 80, 24);
        assert!(footer.ends_with("q q stop"), "{name}: {footer}");
    }
}

#[test]
fn question_is_never_shown_without_its_answers() {
    let moments = sample_states();
    let (_, simulation) = moments.iter().find(|(name, _)| *name == "question").unwrap();
    for columns in 20..=120 {
        for rows in 5..=40 {
            let last_alert = last_alert_message(simulation);
            let overlay = Overlay { message: last_alert.as_ref(), has_keys: true, ..Overlay::default() };
            let screen = text(&draw_rows(simulation, WindowSize { columns, rows }, &overlay));
            assert!(screen.contains("y yes · n no"), "{columns}x{rows}:\n{screen}");
        }
    }
}

proptest! {
    #![proptest_config(crate::properties::property_config(100))]

    #[test]
    fn no_screen_is_larger_than_its_window(
        steps in steps(),
        plan in plans(),
        sizes in vec((1..=400usize, 1..=200usize), 1..4),
        swap in swap_modes(),
        rehearse in rehearsal_speeds(),
        note in proptest::option::of("\\PC{0,200}|[ -~]{0,300}"),
        warning in proptest::option::of("\\PC{0,200}"),
        opening in vec("\\PC{0,200}", 0..3),
        keys: bool,
        ascii_only: bool,
    ) {
        let mut simulation = SimulatedSession::from_plan(plan, swap, rehearse);
        for step in &steps {
            simulation.apply_step(step);
            let last_alert = last_alert_message(&simulation);
            for (columns, rows) in &sizes {
                let size = WindowSize { columns: *columns, rows: *rows };
                let (note, warning) = (note.as_deref(), warning.as_deref());
                let last_alert = last_alert.as_ref();
                let overlay = Overlay { message: last_alert, start_notices: &opening, key_reply: note, warning, has_keys: keys, ascii_only };
                let screen = draw_rows(&simulation, size, &overlay);
                prop_assert!(screen.len() <= *rows, "{} rows in {size:?}", screen.len());
                for row in screen {
                    let text = row.plain_text();
                    prop_assert!(text.width() <= *columns, "{text:?} in {size:?}");
                    prop_assert!(!text.chars().any(char::is_control));
                    prop_assert!(!ascii_only || text.is_ascii(), "{text:?}");
                }
            }
        }
    }
}
