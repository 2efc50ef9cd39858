//! Plans and their limits: whatever the flags and the past sessions, no exposure exceeds its limit without a break.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is how a failure is reported")]

use crate::home::Home;
use easeback::{
    error::ErrorCode,
    limits,
    protocol::{Overrides, Phase, PhaseKind, Plan, Protocol, Rounds},
    record::{Outcome, PhaseRecord, SessionRecord},
    time::WallTime,
};
use insta::assert_snapshot;
use jiff::{Timestamp, tz::Offset};
use proptest::{collection::vec, option, prelude::*};
use std::{fmt::Write, time::Duration};
use uuid::Uuid;

const MAX_EXPOSURE: u64 = 20 * 60;
const MIN_BREAK: u64 = 5 * 60;

pub fn six_pm() -> WallTime {
    WallTime::new(Timestamp::from_second(1_795_194_000).unwrap(), Offset::constant(1))
}

fn alternate() -> Protocol {
    Protocol::find_built_in("alternate").unwrap()
}

fn plan(overrides: &Overrides) -> easeback::error::Result<Plan> {
    limits::build_plan(&alternate(), overrides, &[], &six_pm(), false)
}

fn minutes(minutes: u64) -> Option<Duration> {
    Some(Duration::from_mins(minutes))
}

fn rounds(rounds: u32) -> Overrides {
    Overrides { rounds: Some(Rounds::Fixed(rounds)), ..Overrides::default() }
}

/// A plan as text, one line for each phase.
fn format_plan(plan: &Plan) -> String {
    let most = plan.max_rounds.map_or("any number".into(), |most| most.to_string());
    let head = format!("{}: {} of {most} rounds, {} s\n", plan.protocol, plan.rounds, plan.total_s);
    plan.phases.iter().fold(head, |mut text, phase| {
        let cap = phase.cap_s.map_or("none".into(), |cap| cap.to_string());
        writeln!(
            text,
            "{} {} {} s, cap {cap} ({})",
            phase.round, phase.kind, phase.planned_s, phase.citation
        )
        .unwrap();
        text
    })
}

/// A refusal as people read it.
fn refusal_text(overrides: &Overrides) -> String {
    format_error(&plan(overrides).unwrap_err())
}

fn format_error(error: &easeback::error::Error) -> String {
    format!("{} | {} | {:?}", error.message, error.hint.as_deref().unwrap_or("no hint"), error.exit_code)
}

// Past sessions: each is its phases of (kind, seconds on, seconds overdue), ended so long ago.

pub fn session(ended_ago: u64, phases: &[(&str, u64, u64)]) -> SessionRecord {
    let all: u64 = phases.iter().map(|(_, on, overdue)| on + overdue).sum();
    let ended = six_pm().minus(Duration::from_secs(ended_ago));
    let started = ended.minus(Duration::from_secs(all));
    let mut start = started;
    let phases = phases.iter().map(|(kind, on, overdue)| {
        let phase = phase_record(kind, start, *on, *overdue);
        start = start.plus(Duration::from_secs(on + overdue));
        phase
    });
    session_record(started, ended, phases.collect())
}

fn phase_record(kind: &str, start: WallTime, actual_s: u64, overdue_s: u64) -> PhaseRecord {
    PhaseRecord {
        overdue_s,
        started: Some(start),
        unknown_fields: serde_json::Map::new(),
        ..PhaseRecord::new(kind, 1, actual_s, actual_s)
    }
}

fn session_record(started: WallTime, ended: WallTime, phases: Vec<PhaseRecord>) -> SessionRecord {
    let line = serde_json::json!({
        "id": Uuid::from_u128(7), "at": ended, "started": started, "ended": ended, "outcome": "completed",
        "protocol": "alternate", "planned_s": 0, "active_s": 0, "phases": [],
    });
    SessionRecord { phases, ..serde_json::from_value(line).unwrap() }
}

/// The longest exposure to a kind without a break, from segments of (is on, seconds).
pub fn longest_exposure(segments: &[(bool, u64)]) -> u64 {
    let (mut longest, mut run, mut off) = (0, 0, MIN_BREAK);
    for (on, seconds) in segments {
        if !on {
            off += seconds;
            continue;
        }
        run = if off >= MIN_BREAK { *seconds } else { run + seconds };
        off = 0;
        longest = longest.max(run);
    }
    longest
}

fn segments(plan: &Plan, kind: PhaseKind) -> Vec<(bool, u64)> {
    plan.phases.iter().map(|phase| (phase.kind == kind, phase.planned_s)).collect()
}

/// The same if the person skips whatever would be a break, and every phase that lasts until some time is over.
fn worst_case_segments(plan: &Plan, kind: PhaseKind) -> Vec<(bool, u64)> {
    let is_sure = |phase: &Phase| phase.optional.is_none() && phase.ends_after_s.is_none();
    let phases = plan.phases.iter().filter(|phase| phase.kind == kind || is_sure(phase));
    phases.map(|phase| (phase.kind == kind, phase.planned_s)).collect()
}

/// The same with the past sessions before it, oldest first, including the time between them.
fn segments_with_past(past: &[SessionRecord], plan: &Plan, kind: PhaseKind) -> Vec<(bool, u64)> {
    let mut all = Vec::new();
    let mut last_end: Option<WallTime> = None;
    for session in past.iter().rev() {
        let gap = last_end.map_or(MIN_BREAK, |last_end| session.started.since(&last_end).as_secs());
        all.push((false, gap));
        let phases = session.phases.iter();
        all.extend(phases.map(|phase| (phase.kind == kind.as_str(), phase.actual_s + phase.overdue_s)));
        last_end = session.ended;
    }
    all.push((false, last_end.map_or(MIN_BREAK, |last_end| six_pm().since(&last_end).as_secs())));
    all.extend(segments(plan, kind));
    all
}

fn lengths() -> impl Strategy<Value = Option<Duration>> {
    let seconds = prop_oneof![1..10u64, 1..=1500u64, Just(300u64), Just(299u64), Just(600u64), Just(1200u64)];
    option::of(seconds.prop_map(Duration::from_secs))
}

fn overrides() -> impl Strategy<Value = Overrides> {
    let first = option::of(prop_oneof![Just(PhaseKind::Heat), Just(PhaseKind::Cold)]);
    (lengths(), lengths(), option::of(1..=12u32), first).prop_map(|(heat, cold, rounds, first)| Overrides {
        heat,
        cold,
        rounds: rounds.map(Rounds::Fixed),
        first_kind: first,
        onset: None,
    })
}

/// Up to four past sessions, newest first, without overlaps.
fn past_sessions() -> impl Strategy<Value = Vec<SessionRecord>> {
    let kind = prop_oneof![Just("heat"), Just("cold"), Just("rest")];
    let phase = (kind, 1..1200u64, prop_oneof![4 => Just(0u64), 1 => 1..600u64]);
    vec((0..900u64, vec(phase, 1..5)), 0..4).prop_map(|sessions| {
        let mut ago = 0;
        let mut past = Vec::new();
        for (gap, phases) in sessions {
            past.push(session(ago + gap, &phases));
            ago += gap + phases.iter().map(|(_, on, overdue)| on + overdue).sum::<u64>();
        }
        past
    })
}

/// A protocol with steps before, in and after its rounds, some of which are optional or last until some time, written
/// as TOML.
pub fn protocols() -> impl Strategy<Value = Protocol> {
    let kind = prop_oneof![
        3 => Just("heat"), 3 => Just("cold"), 2 => Just("rest"), 1 => Just("move"), 1 => Just("breathe"),
    ];
    let seconds = prop_oneof![1..=1300u64, Just(300u64), Just(600u64)];
    let form = prop_oneof![4 => Just("for"), 1 => Just("optional"), 1 => Just("until")];
    let step = (kind, seconds, form);
    (vec(step.clone(), 0..2), vec(step.clone(), 1..=4), vec(step, 0..2)).prop_filter_map(
        "no protocol",
        |(before, cycle, after)| {
            let head = "name = 'x'\ntitle = 'X'\nsource = 'P'\nrounds = 2\n".to_owned();
            let (mut text, mut until) = (head, 0);
            for (part, steps) in [("before", before), ("cycle", cycle), ("after", after)] {
                for (kind, s, form) in steps {
                    text += &format!("[[{part}]]\nkind = '{kind}'\nsay = 'x'\n");
                    until += s;
                    text += &match form {
                        "until" if !["heat", "cold"].contains(&kind) => format!("until = '{until}s'\n"),
                        "optional" => format!("duration = '{s}s'\noptional = true\n"),
                        _ => format!("duration = '{s}s'\n"),
                    };
                }
            }
            Protocol::parse(&text).ok()
        },
    )
}

/// A protocol of one to five steps with fixed durations.
fn plain_protocols() -> impl Strategy<Value = Protocol> {
    let kind = prop_oneof![
        3 => Just("heat"), 3 => Just("cold"), 1 => Just("rest"), 1 => Just("move"), 1 => Just("breathe"),
    ];
    let seconds = prop_oneof![1..=1300u64, Just(300u64), Just(600u64)];
    vec((kind, seconds), 1..=5).prop_map(|steps| {
        let head = "name = 'x'\ntitle = 'X'\nsource = 'P'\nrounds = 2\n".to_owned();
        let text = steps.iter().fold(head, |text, (kind, s)| {
            text + &format!("[[cycle]]\nkind = '{kind}'\nduration = '{s}s'\nsay = 'x'\n")
        });
        Protocol::parse(&text).unwrap()
    })
}

proptest! {
    #![proptest_config(crate::properties::property_config(512))]

    #[test]
    fn no_plan_exceeds_the_exposure_limit_without_a_break(
        protocol in prop_oneof![Just(alternate()), protocols()], mut given in overrides(), past in past_sessions(),
    ) {
        given.first_kind = None;
        if let Ok(plan) = limits::build_plan(&protocol, &given, &past, &six_pm(), false) {
            for kind in [PhaseKind::Heat, PhaseKind::Cold] {
                prop_assert!(longest_exposure(&segments(&plan, kind)) <= MAX_EXPOSURE);
                prop_assert!(longest_exposure(&worst_case_segments(&plan, kind)) <= MAX_EXPOSURE);
                let before = longest_exposure(&segments_with_past(&past, &Plan { phases: vec![], ..plan.clone() }, kind));
                prop_assert!(longest_exposure(&segments_with_past(&past, &plan, kind)) <= MAX_EXPOSURE.max(before));
            }
        }
    }

    #[test]
    fn single_phase_can_be_extended_to_its_cap(
        protocol in prop_oneof![Just(alternate()), protocols()], given in overrides(), past in past_sessions(),
    ) {
        let Ok(plan) = limits::build_plan(&protocol, &given, &past, &six_pm(), false) else { return Ok(()) };
        for index in 0..plan.phases.len() {
            let mut longer = plan.clone();
            let phase = &mut longer.phases[index];
            let Some(cap) = phase.cap_s else {
                prop_assert!(!matches!(phase.kind, PhaseKind::Heat | PhaseKind::Cold));
                continue;
            };
            prop_assert!(cap >= phase.planned_s);
            phase.planned_s = cap;
            let kind = phase.kind;
            prop_assert!(longest_exposure(&segments(&longer, kind)) <= MAX_EXPOSURE);
            let before = longest_exposure(&segments_with_past(&past, &Plan { phases: vec![], ..plan.clone() }, kind));
            prop_assert!(longest_exposure(&segments_with_past(&past, &longer, kind)) <= MAX_EXPOSURE.max(before));
        }
    }

    #[test]
    fn plan_within_the_limits_is_accepted(protocol in plain_protocols(), given in overrides()) {
        let Ok(laid_out) = protocol.to_plan(&given) else { return Ok(()) };
        let first = protocol.cycle[0].kind;
        let is_one_pack = first.has_pack() && protocol.cycle.iter().all(|step| step.kind == first);
        prop_assume!(!is_one_pack || laid_out.rounds == 1);
        let fits = [PhaseKind::Heat, PhaseKind::Cold].iter().all(|kind| longest_exposure(&segments(&laid_out, *kind)) <= MAX_EXPOSURE);
        prop_assert_eq!(limits::build_plan(&protocol, &given, &[], &six_pm(), false).is_ok(), fits);
    }

    #[test]
    fn refusal_names_the_problem_and_a_fix(given in overrides(), past in past_sessions()) {
        let alone = plan(&given);
        let after = limits::build_plan(&alternate(), &given, &past, &six_pm(), false);
        if let Err(error) = &after {
            prop_assert!(!error.message.is_empty() && !error.message.contains('\n'));
            prop_assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("--allow-long")));
            prop_assert_eq!(error.exit_code, if alone.is_err() { ErrorCode::Usage } else { ErrorCode::Failed });
        }
        prop_assert!(alone.is_ok() || after.is_err());
    }

    #[test]
    fn allow_long_lifts_the_limits_on_heat_and_cold(given in overrides(), past in past_sessions()) {
        let long = limits::build_plan(&alternate(), &given, &past, &six_pm(), true).unwrap();
        prop_assert!(long.phases.iter().all(|phase| phase.cap_s.is_none()));
        if let Ok(plan) = plan(&given) {
            let kinds_and_durations = |plan: Plan| plan.phases.into_iter().map(|phase| (phase.kind, phase.planned_s)).collect::<Vec<_>>();
            prop_assert_eq!(kinds_and_durations(plan), kinds_and_durations(long));
        }
    }

    #[test]
    fn plan_round_trips_through_json(given in overrides()) {
        if let Ok(plan) = plan(&given) {
            let json = serde_json::to_string(&plan).unwrap();
            prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
        }
    }

    #[test]
    fn protocol_parser_never_panics_on_any_text(bytes in vec(any::<u8>(), 0..200), text in ".{0,200}") {
        let _ = Protocol::parse(&String::from_utf8_lossy(&bytes));
        let _ = Protocol::parse(&text);
        let _ = Protocol::find_built_in(&text);
    }

    #[test]
    fn protocol_parser_never_panics_on_a_changed_protocol(
        at in any::<prop::sample::Index>(), length in 0..20usize, text in "[ -~\n]{0,10}",
    ) {
        let good = include_str!("../../src/protocol/alternate.toml");
        let from = at.index(good.len());
        let (Some(head), Some(tail)) = (good.get(..from), good.get((from + length).min(good.len())..)) else {
            return Ok(());
        };
        if let Err(error) = Protocol::parse(&format!("{head}{text}{tail}")) {
            prop_assert!(error.exit_code == ErrorCode::Usage && error.hint.is_some());
        }
    }
}

#[test]
fn default_plan_matches_snapshot() {
    assert_snapshot!(format_plan(&plan(&Overrides::default()).unwrap()), @"
    alternate: 3 of 12 rounds, 5400 s
    1 heat 1200 s, cap 1200 (D0; D2, X3)
    1 cold 600 s, cap 1200 (D0; D2)
    2 heat 1200 s, cap 1200 (D0; D2, X3)
    2 cold 600 s, cap 1200 (D0; D2)
    3 heat 1200 s, cap 1200 (D0; D2, X3)
    3 cold 600 s, cap 1200 (D0; D2)
    ");
}

/// The text with its times masked, as they are never the same.
fn mask_times(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("\"starts\":"));
    let masked = lines.map(|line| {
        let digits =
            |at: usize| line.get(at..at + 2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_digit()));
        let clock =
            line.match_indices(':').map(|(at, _)| at).find(|at| *at >= 2 && digits(at - 2) && digits(at + 1));
        match clock {
            Some(at) => format!("{}--:--{}", &line[..at - 2], &line[at + 3..]),
            None => line.to_owned(),
        }
    });
    masked.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn plan_of_each_protocol_matches_snapshot() {
    let home = Home::new();
    for name in ["alternate", "ice", "heat", "settle-walk", "stiff-day"] {
        let plan = |flag: &[&str]| {
            let printed = home.run(["plan", name].iter().chain(flag));
            assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
            mask_times(&printed.stdout)
        };
        insta::assert_snapshot!(format!("plan_{name}"), plan(&[]));
        insta::assert_snapshot!(format!("plan_{name}_json"), plan(&["--json"]));
    }
}

#[test]
fn custom_plan_matches_snapshot() {
    let given = Overrides {
        heat: minutes(15),
        cold: minutes(12),
        rounds: Some(Rounds::Fixed(2)),
        first_kind: Some(PhaseKind::Cold),
        onset: None,
    };
    assert_snapshot!(format_plan(&plan(&given).unwrap()), @"
    alternate: 2 of 12 rounds, 3240 s
    1 cold 720 s, cap 1200 (D0; D2)
    1 heat 900 s, cap 1200 (D0; D2, X3)
    2 cold 720 s, cap 1200 (D0; D2)
    2 heat 900 s, cap 1200 (D0; D2, X3)
    ");
}

#[test]
fn phases_with_short_gaps_share_one_cap() {
    let given = Overrides {
        heat: minutes(8),
        cold: minutes(3),
        rounds: Some(Rounds::Fixed(2)),
        ..Overrides::default()
    };
    assert_snapshot!(format_plan(&plan(&given).unwrap()), @"
    alternate: 2 of 12 rounds, 1320 s
    1 heat 480 s, cap 720 (D0; D2, X3)
    1 cold 180 s, cap 1200 (D0; D2)
    2 heat 480 s, cap 720 (D0; D2, X3)
    2 cold 180 s, cap 1200 (D0; D2)
    ");
}

#[test]
fn allow_long_plan_has_no_caps() {
    let given = Overrides { heat: minutes(45), rounds: Some(Rounds::Fixed(1)), ..Overrides::default() };
    let long = limits::build_plan(&alternate(), &given, &[], &six_pm(), true).unwrap();
    assert_snapshot!(format_plan(&long), @"
    alternate: 1 of 12 rounds, 3300 s
    1 heat 2700 s, cap none (D0; D2, X3)
    1 cold 600 s, cap none (D0; D2)
    ");
}

#[test]
fn each_refusal_has_its_message() {
    let base = Overrides::default;
    let refusals = [
        rounds(0),
        rounds(13),
        rounds(u32::MAX),
        Overrides { heat: minutes(21), ..base() },
        Overrides { cold: minutes(45), ..base() },
        Overrides { cold: minutes(4), ..base() },
        Overrides { heat: minutes(4), cold: minutes(15), ..base() },
        Overrides { heat: Some(Duration::ZERO), ..base() },
        Overrides { cold: Some(Duration::from_millis(999)), ..base() },
        Overrides { first_kind: Some(PhaseKind::Rest), ..base() },
    ];
    let words = refusals.iter().map(refusal_text).collect::<Vec<_>>().join("\n");
    assert_snapshot!(words, @"
    invalid rounds '0': expected 1 to 12 or as-needed | type --rounds and a number from 1 to 12, such as --rounds 3 | Usage
    13 rounds are over the limit of 12 (our choice) | type --rounds and a number from 1 to 12, such as --rounds 3 | Usage
    4294967295 rounds are over the limit of 12 (our choice) | type --rounds and a number from 1 to 12, such as --rounds 3 | Usage
    a heat phase of 21 min is over the limit of 20 min (a massage therapist, Healthwise, US FDA) | type --heat 20 or less; --allow-long only if your doctor or physiotherapist told you to | Usage
    a cold phase of 45 min is over the limit of 20 min (a doctor-reviewed article, NHS, Healthwise) | type --cold 20 or less; --allow-long only if your doctor or physiotherapist told you to | Usage
    4 min of cold is too short a break from heat: 1 h of heat without a break of 5 min is over the limit of 20 min (a massage therapist, Healthwise, US FDA; break: our choice) | type --cold 5 or more; --allow-long only if your doctor or physiotherapist told you to | Usage
    4 min of heat is too short a break from cold: 45 min of cold without a break of 5 min is over the limit of 20 min (a doctor-reviewed article, NHS, Healthwise; break: our choice) | type --heat 5 or more; --allow-long only if your doctor or physiotherapist told you to | Usage
    a heat phase of less than 1 s is too short (our choice) | type 1s or more | Usage
    a cold phase of less than 1 s is too short (our choice) | type 1s or more | Usage
    'alternate' has no rest phase | leave --first rest out | Usage
    ");
}

#[test]
fn rounds_range_from_one_to_twelve() {
    for number in [1, 12] {
        assert_eq!(plan(&rounds(number)).unwrap().rounds, number);
    }
    assert!(limits::build_plan(&alternate(), &rounds(13), &[], &six_pm(), true).is_err());
}

#[test]
fn plan_too_soon_after_the_last_session_is_refused() {
    let past = [session(120, &[("cold", 600, 0), ("heat", 1200, 0)])];
    let error = limits::build_plan(&alternate(), &Overrides::default(), &past, &six_pm(), false).unwrap_err();
    assert_snapshot!(format_error(&error), @"too soon after your last session: 40 min of heat without a break of 5 min is over the limit of 20 min (a massage therapist, Healthwise, US FDA; break: our choice) | rest for 5 min, or begin with --first cold; --allow-long only if your doctor or physiotherapist told you to | Failed");
    // What the refusal suggests is possible.
    let cold_first = Overrides { first_kind: Some(PhaseKind::Cold), ..Overrides::default() };
    assert!(limits::build_plan(&alternate(), &cold_first, &past, &six_pm(), false).is_ok());
    assert!(limits::build_plan(&alternate(), &Overrides::default(), &past, &six_pm(), true).is_ok());
}

#[test]
fn break_lasts_at_least_five_minutes() {
    for (ago, fits) in [(299, false), (300, true)] {
        let past = [session(ago, &[("heat", 1200, 0)])];
        let plan = limits::build_plan(&alternate(), &Overrides::default(), &past, &six_pm(), false);
        assert_eq!(plan.is_ok(), fits, "{ago} s ago");
    }
}

#[test]
fn earlier_heat_lowers_the_first_cap() {
    let past = [session(60, &[("heat", 400, 200)])];
    let given = Overrides { heat: minutes(8), ..Overrides::default() };
    let plan = limits::build_plan(&alternate(), &given, &past, &six_pm(), false).unwrap();
    // Ten minutes were used, the overdue part included, so ten are left; the later rounds have all twenty.
    assert_eq!((plan.phases[0].cap_s, plan.phases[2].cap_s), (Some(600), Some(1200)));
}

#[test]
fn invalid_protocol_error_names_the_position() {
    let head = "name = 'x'\ntitle = 'X'\nsource = 'P'\nrounds = 1\n";
    let step =
        |kind: &str, duration: &str| format!("[[cycle]]\nkind = {kind}\nduration = {duration}\nsay = 'x'\n");
    let broken = [
        ("name = ".to_owned(), "this:1:8\n"),
        (format!("{head}colour = 'red'\n"), "this:5:1\n"),
        (format!("{head}{}", step("'ice'", "'20m'")), "this:6:8\n"),
        (format!("{head}{}", step("'heat'", "'20M'")), "this:7:12\n"),
        (format!("{head}{}", step("'heat'", "-20")), "this:7:12\n"),
        (format!("{head}{}", step("'heat'", "'0'")), "this:7:12\n"),
        (head.replace("rounds = 1", "rounds = -1"), "this:4:10\n"),
    ];
    for (text, place) in broken {
        let error = Protocol::parse(&text).unwrap_err();
        let snippet = error.snippet.unwrap_or_default();
        assert!(snippet.contains(place), "{place} in: {snippet}");
        assert!(error.exit_code == ErrorCode::Usage && error.hint.is_some());
    }
}

#[test]
fn unknown_protocol_error_lists_the_known_ones() {
    for name in ["alternat", "", "../alternate", "ALTERNATE", "\u{1b}[31m\n"] {
        let error = Protocol::find_built_in(name).unwrap_err();
        assert!(!error.message.chars().any(char::is_control), "{:?}", error.message);
        assert!(
            error.message.ends_with(": expected alternate, ice, heat, settle-walk or stiff-day"),
            "{}",
            error.message
        );
        assert_eq!(error.hint.as_deref(), Some("type `easeback protocols` to see what each one does"));
    }
}

#[test]
fn flags_over_the_limit_are_a_usage_error_whatever_the_past() {
    // 30 min of cold with one second of heat between.
    let given = Overrides { heat: Some(Duration::from_secs(1)), ..Overrides::default() };
    let past = [session(0, &[("heat", 1200, 0)])];
    for past in [&past[..0], &past[..]] {
        let error = limits::build_plan(&alternate(), &given, past, &six_pm(), false).unwrap_err();
        assert_eq!(error.exit_code, ErrorCode::Usage, "{}", error.message);
    }
}

#[test]
fn cut_off_session_counts_until_it_was_last_timed() {
    // Heat from 17:39 to 17:59 with a pause of ten minutes, then the computer failed.
    let mut cut_off = session(60, &[("heat", 1200, 0)]);
    cut_off.phases[0].actual_s = 600;
    (cut_off.paused_s, cut_off.ended, cut_off.outcome) = (600, None, Outcome::Interrupted);
    let given = Overrides { heat: minutes(15), ..Overrides::default() };
    let plan = limits::build_plan(&alternate(), &given, &[cut_off], &six_pm(), false).unwrap();
    assert_eq!(plan.phases[0].planned_s, 600, "the first heat gives way to the ten minutes before");
}

#[test]
fn error_for_a_protocol_without_steps_names_the_line() {
    for text in [
        "name = 'x'\ntitle = 'X'\nsource = 'P'\nrounds = 1\ncycle = []\n",
        "name = 'x'\ntitle = 'X'\nsource = 'P'\nrounds = 1\n",
    ] {
        let error = Protocol::parse(text).unwrap_err();
        assert!(error.message.contains("line "), "{}", error.message);
    }
}
