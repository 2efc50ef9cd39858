//! Advice during an episode: when each piece is shown, and that it is shown once.

use crate::home::Home;
use easeback::{
    record::{DiaryEntry, PhaseRecord, SessionRecord},
    report::format_advice,
    stats::{Advice, DOCTOR_AFTER, EpisodeProgress, STRETCH_FROM, STRETCH_UNTIL, select_advice},
    time::WallTime,
};
use proptest::prelude::*;
use serde_json::Map;
use std::{fs, time::Duration};
use uuid::Uuid;

const DOCTOR_ADVICE: &str = "a doctor-reviewed article says to call a doctor now";
const STRETCH_ADVICE: &str = "easeback start stiff-day";
const MOVEMENT_ADVICE: &str = "easeback guide prevention";

fn hour(hour: u64) -> WallTime {
    let first: WallTime = "2024-11-20T08:00:00+01:00".parse().unwrap();
    first.plus(Duration::from_hours(hour))
}

fn session(at: u64, pain: Option<u8>) -> SessionRecord {
    let id = Uuid::from_u128(u128::from(at) + 1);
    let phases = vec![PhaseRecord::new("cold", 1, 900, 900)];
    SessionRecord { pain_after: pain, ..SessionRecord::new(id, hour(at), "ice", phases) }
}

fn diary(at: u64, pain: u8) -> DiaryEntry {
    let id = Uuid::from_u128(u128::from(at) + 1_000_000);
    DiaryEntry { id, at: hour(at), when: None, pain: Some(pain), text: None, unknown_fields: Map::new() }
}

fn episode_progress(sessions: &[SessionRecord], entries: &[DiaryEntry], now: u64) -> EpisodeProgress {
    EpisodeProgress::new(sessions, entries, None, None, &hour(now))
}

fn due_advice(course: &EpisodeProgress, now: u64) -> Vec<Advice> {
    select_advice(course, &hour(now))
}

#[test]
fn stretches_are_advised_on_day_two_and_a_doctor_after_day_three() {
    let sessions = [session(0, Some(6))];
    for (now, expected) in [
        (1, vec![]),
        (17, vec![]),
        (18, vec![Advice::Stretches]),
        (48, vec![Advice::Stretches]),
        (49, vec![]),
        (72, vec![]),
        (73, vec![Advice::Doctor]),
        (13 * 24, vec![Advice::Doctor]),
        (14 * 24, vec![]),
    ] {
        assert_eq!(due_advice(&episode_progress(&sessions, &[], now), now), expected, "{now} hours after");
    }
    let stretched =
        [session(0, Some(6)), SessionRecord { protocol: "stiff-day".into(), ..session(19, None) }];
    assert_eq!(due_advice(&episode_progress(&stretched, &[], 20), 20), []);
    // The stated onset counts, also that of the session being started.
    let progress = EpisodeProgress::new(&[], &[], Some(hour(0)), Some(5), &hour(80));
    assert_eq!((progress.is_new, select_advice(&progress, &hour(80))), (true, vec![Advice::Doctor]));
    let early = [SessionRecord { onset: Some(hour(0)), ..session(60, Some(1)) }];
    assert_eq!(due_advice(&episode_progress(&early, &[], 73), 73), [Advice::Doctor]);
}

#[test]
fn doctor_is_not_advised_without_pain() {
    let hurts = |sessions: &[SessionRecord], entries: &[DiaryEntry]| {
        due_advice(&episode_progress(sessions, entries, 100), 100).contains(&Advice::Doctor)
    };
    assert!(hurts(&[session(0, Some(6)), session(50, Some(1))], &[]));
    assert!(!hurts(&[session(0, Some(6)), session(50, Some(0))], &[]));
    assert!(!hurts(&[session(0, None)], &[]), "nobody knows");
    assert!(!hurts(&[session(0, Some(6))], &[diary(60, 0)]), "the diary has the last word");
    assert!(hurts(&[session(0, Some(0))], &[diary(60, 2)]));
    assert!(hurts(&[session(0, Some(3)), session(70, None)], &[diary(60, 2)]));
}

#[test]
fn movement_is_advised_only_when_episodes_are_frequent() {
    let year = 365 * 24;
    let often = [session(0, None), session(2000, None)];
    assert!(due_advice(&episode_progress(&often, &[], 2010), 2010).contains(&Advice::Movement));
    assert!(!due_advice(&episode_progress(&often[..1], &[], 10), 10).contains(&Advice::Movement));
    assert!(
        !due_advice(&episode_progress(&often[..1], &[], 2000), 2000).contains(&Advice::Movement),
        "a new episode"
    );
    let seldom = [session(0, None), session(year + 100, None)];
    assert!(!due_advice(&episode_progress(&seldom, &[], year + 110), year + 110).contains(&Advice::Movement));
}

proptest! {
    #![proptest_config(crate::properties::property_config(256))]

    #[test]
    fn advice_is_given_only_in_its_time_window(
        hours in prop::collection::vec((0_u64..3000, prop::option::of(0_u8..=10)), 0..12),
        later in 0_u64..500,
    ) {
        let sessions: Vec<_> = hours.iter().map(|(at, pain)| session(*at, *pain)).collect();
        let now = hours.iter().map(|(at, _)| *at).max().unwrap_or_default() + later;
        let course = episode_progress(&sessions, &[], now);
        let advice = due_advice(&course, now);
        let passed = hour(now).since(&course.onset_or_start);
        prop_assert_eq!(course.is_new, hours.is_empty() || later >= 14 * 24);
        prop_assert_eq!(advice.contains(&Advice::Stretches), (STRETCH_FROM..=STRETCH_UNTIL).contains(&passed));
        prop_assert_eq!(
            advice.contains(&Advice::Doctor),
            passed > DOCTOR_AFTER && course.last_pain.is_some_and(|pain| pain > 0)
        );
        prop_assert!(!advice.contains(&Advice::Movement) || course.episodes_in_year > 1 && !course.is_new);
    }
}

/// Which pieces of advice `start` prints.
fn advice_shown(home: &Home, args: &[&str]) -> [bool; 3] {
    let more = ["--detach", "--no-notify"];
    let start = home.run(["start"].iter().chain(args).chain(&more));
    assert_eq!(start.code, Some(0), "{start:?}");
    assert_eq!(home.run(["stop"]).code, Some(0));
    [DOCTOR_ADVICE, STRETCH_ADVICE, MOVEMENT_ADVICE].map(|what| start.stderr.contains(what))
}

#[test]
fn each_advice_is_given_once_per_episode() {
    let home = Home::new();
    let log = |hours: &str, pain: &str| {
        let logged = ["log", "--session", "ice", "--at", hours, "--pain", pain];
        assert_eq!(home.run(logged).code, Some(0));
    };
    log("2000h", "4");
    log("100h", "0");
    assert_eq!(advice_shown(&home, &["--quiet"]), [false; 3], "said to nobody, it is not spent");
    assert_eq!(advice_shown(&home, &["--rehearse"]), [false; 3]);
    assert_eq!(advice_shown(&home, &[]), [false, false, true]);
    assert_eq!(advice_shown(&home, &["--pain", "3"]), [true, false, false]);
    assert_eq!(advice_shown(&home, &["--pain", "3"]), [false; 3]);
    // As if it had been shown in an earlier episode.
    let seen = home.state().join("seen.json");
    fs::write(&seen, r#"{"v":1,"seen":{"movement":"2020-01-01T00:00:00Z","doctor":"2020-01-01T00:00:00Z"}}"#)
        .unwrap();
    assert_eq!(advice_shown(&home, &["--pain", "3"]), [true, false, true]);
    assert_eq!(advice_shown(&home, &["--pain", "3"]), [false; 3]);
}

#[test]
fn stretches_are_advised_the_next_day_unless_already_done() {
    let home = Home::new();
    assert_eq!(advice_shown(&home, &["stiff-day", "--onset", "20h"]), [false; 3]);
    assert_eq!(advice_shown(&home, &[]), [false; 3], "one who has stretched knows of it");
    let home = Home::new();
    assert_eq!(advice_shown(&home, &["--onset", "20h"]), [false, true, false]);
    assert_eq!(advice_shown(&home, &[]), [false; 3]);
}

#[test]
fn default_command_shows_advice_before_the_plan() {
    use crate::terminal::Terminal;
    let home = Home::new();
    assert_eq!(home.run(["log", "--session", "ice", "--at", "24h"]).code, Some(0));
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK");
    terminal.wait_for_text("Enter starts it");
    let screen = terminal.screen();
    assert!(screen.find(STRETCH_ADVICE) < screen.find("STARTS  ROUND"), "{screen}");
    assert!(screen.contains(STRETCH_ADVICE), "{screen}");
}

#[test]
fn stats_end_with_movement_advice_when_episodes_are_frequent() {
    let home = Home::new();
    assert_eq!(home.run(["log", "--session", "ice", "--at", "2000h"]).code, Some(0));
    assert!(!home.run(["stats"]).stdout.contains("guide prevention"));
    assert_eq!(home.run(["log", "--session", "ice", "--at", "100h"]).code, Some(0));
    for _ in 0..2 {
        let stats = home.run(["stats"]).stdout;
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&stats).ends_with(&words(format_advice(Advice::Movement))), "{stats}");
    }
}
