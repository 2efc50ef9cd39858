//! The table of limits: the figure of each row, as it is printed, is where the engine's answer changes.

use super::{MINUTE, SECOND, SimulatedSession, is_refused};
use crate::{
    home::Home,
    plans::{session, six_pm},
};
use easeback::{
    error::Result,
    limits::{build_plan, find_cautions, list_limits},
    protocol::{Overrides, Plan, Protocol, Rounds},
    record::SessionRecord,
    session::{Alert, Command, Repeat, SwapMode},
    time::parse_duration,
};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

// What is printed.

/// The figure of a row, with its unit.
fn printed_figure(subject: &str) -> String {
    let shown = Home::new().run(["protocols", "show", "alternate"]).stdout;
    let row_start = format!("{subject}: ");
    let row = shown.lines().find_map(|line| line.trim_start().strip_prefix(&row_start));
    row.and_then(|row| row.split_once(" (")).unwrap_or_else(|| panic!("no '{subject}' in {shown}")).0.into()
}

fn printed_duration(subject: &str) -> Duration {
    parse_duration(&printed_figure(subject)).unwrap()
}

/// The number of a row, or the last one of "1 to 12".
fn printed_count(subject: &str) -> u32 {
    printed_figure(subject).split(' ').next_back().unwrap().parse().unwrap()
}

#[test]
fn every_printed_row_has_a_test_and_a_source() {
    for row in list_limits() {
        let is_read = include_str!("limits.rs").contains(&format!("(\"{}\")", row.subject));
        assert!(is_read && !row.citation.is_empty() && !row.consequence.is_empty(), "{row:?}");
    }
}

// What the engine does.

fn heat_of(length: Duration) -> Overrides {
    Overrides { heat: Some(length), ..Overrides::default() }
}

fn cold_of(length: Duration) -> Overrides {
    Overrides { cold: Some(length), ..Overrides::default() }
}

fn rounds_of(count: u32) -> Overrides {
    Overrides { rounds: Some(Rounds::Fixed(count)), ..Overrides::default() }
}

fn plan_after(past: &[SessionRecord], protocol: &str, overrides: &Overrides) -> Result<Plan> {
    build_plan(&Protocol::find_built_in(protocol).unwrap(), overrides, past, &six_pm(), false)
}

fn plan(protocol: &str, overrides: &Overrides) -> Result<Plan> {
    plan_after(&[], protocol, overrides)
}

/// A person's own protocol: one step of this kind, in so many rounds.
fn own_protocol(kind: &str, length: Duration, rounds: u32) -> Result<Protocol> {
    let text = format!(
        "name = 'mine'\ntitle = 'x'\nsource = 'x'\nrounds = {rounds}\n\
         [[cycle]]\nkind = '{kind}'\nduration = '{}s'\nsay = 'x'\n",
        length.as_secs()
    );
    Protocol::parse(&text)
}

fn cautions_after(past: &[SessionRecord], protocol: &str, overrides: &Overrides) -> usize {
    find_cautions(&plan_after(past, protocol, overrides).unwrap(), past, &six_pm()).len()
}

/// A session of that plan, from its start.
fn simulate(plan: Plan) -> SimulatedSession {
    let mut simulation = SimulatedSession::from_plan(plan, SwapMode::Auto, None);
    simulation.tick();
    simulation
}

/// How many of the alerts are repeated for this reason.
fn count_repeats(alerts: &[Alert], expected: Repeat) -> usize {
    let is_expected = |alert: &&Alert| matches!(alert, Alert::Repeated { reason, .. } if *reason == expected);
    alerts.iter().filter(is_expected).count()
}

/// The hours that the reminders to get up name.
fn get_up_hours(alerts: &[Alert]) -> Vec<u64> {
    let hours = |alert: &Alert| if let Alert::GetUp { hours, .. } = alert { Some(*hours) } else { None };
    alerts.iter().filter_map(hours).collect()
}

// Each row.

/// The longest heat or cold is allowed and one second more is refused, before a session and while it runs.
fn assert_longest_exposure(limit: Duration, protocol: &str, overrides: fn(Duration) -> Overrides) {
    assert!(plan(protocol, &overrides(limit)).is_ok());
    assert!(plan(protocol, &overrides(limit + SECOND)).is_err());
    let mut simulation = simulate(plan(protocol, &overrides(limit - MINUTE)).unwrap());
    assert!(is_refused(&simulation.send(Command::Extend(MINUTE + SECOND))));
    assert!(!is_refused(&simulation.send(Command::Extend(MINUTE))));
}

#[test]
fn heat_without_a_break_is_allowed_up_to_the_printed_limit() {
    assert_longest_exposure(printed_duration("heat without a break"), "heat", heat_of);
}

#[test]
fn cold_without_a_break_is_allowed_up_to_the_printed_limit() {
    assert_longest_exposure(printed_duration("cold without a break"), "ice", cold_of);
}

#[test]
fn time_without_heat_is_a_break_from_the_printed_limit_on() {
    let limit = printed_duration("a break from heat or from cold");
    let after =
        |gap: Duration| plan_after(&[session(gap.as_secs(), &[("heat", 2400, 0)])], "heat", &heat_of(MINUTE));
    assert!(after(limit).is_ok());
    assert!(after(limit - SECOND).is_err());
    let two_heats =
        |pause| plan("alternate", &Overrides { rounds: Some(Rounds::Fixed(2)), ..cold_of(pause) });
    assert!(two_heats(limit).is_ok());
    assert!(two_heats(limit - SECOND).is_err());
}

#[test]
fn phase_is_allowed_from_the_printed_limit_on() {
    let limit = printed_duration("shortest phase");
    assert!(plan("heat", &heat_of(limit)).is_ok());
    assert!(plan("heat", &heat_of(limit - SECOND)).is_err());
}

#[test]
fn rounds_are_allowed_up_to_the_printed_limit() {
    let limit = printed_count("rounds");
    assert!(plan("alternate", &rounds_of(limit)).is_ok());
    assert!(plan("alternate", &rounds_of(limit + 1)).is_err());
    assert!(own_protocol("move", MINUTE, limit).is_ok());
    assert!(own_protocol("move", MINUTE, limit + 1).is_err());
    let mut simulation = simulate(plan("alternate", &rounds_of(limit - 1)).unwrap());
    assert!(is_refused(&simulation.send(Command::AddRounds(2))));
    assert!(!is_refused(&simulation.send(Command::AddRounds(1))));
}

/// So many rounds are allowed and one more is refused, before a session and while it runs.
fn assert_most_rounds(limit: u32, protocol: &str, short: &Overrides) {
    let rounds_of = |count| Overrides { rounds: Some(Rounds::Fixed(count)), ..short.clone() };
    assert!(plan(protocol, &rounds_of(limit + 1)).is_err());
    let mut simulation = simulate(plan(protocol, &rounds_of(limit)).unwrap());
    assert!(is_refused(&simulation.send(Command::AddRounds(1))));
}

#[test]
fn rounds_of_one_kind_are_allowed_up_to_the_printed_limit() {
    let limit = printed_count("rounds of only heat or only cold");
    assert_most_rounds(limit, "heat", &heat_of(MINUTE));
    assert_most_rounds(limit, "ice", &cold_of(MINUTE));
}

#[test]
fn rounds_until_a_set_time_are_allowed_up_to_the_printed_limit() {
    let limit = printed_count("rounds, if a step lasts until a set time");
    assert_most_rounds(limit, "settle-walk", &cold_of(MINUTE));
}

#[test]
fn cold_again_is_free_of_a_caution_from_the_printed_limit_on() {
    let limit = printed_duration("cold after another session's cold");
    let cautions = |gap: Duration| {
        cautions_after(&[session(gap.as_secs(), &[("cold", 600, 0)])], "ice", &Overrides::default())
    };
    assert_eq!((cautions(limit), cautions(limit - SECOND)), (0, 1));
}

#[test]
fn cold_is_free_of_a_caution_from_the_printed_limit_on() {
    let limit = printed_duration("shortest cold phase advised");
    let cautions = |length| cautions_after(&[], "ice", &cold_of(length));
    assert_eq!((cautions(limit), cautions(limit - SECOND)), (0, 1));
}

#[test]
fn heat_in_one_day_is_free_of_a_caution_up_to_the_printed_limit() {
    let limit = printed_duration("heat in one day");
    let cautions = |total: Duration| {
        let past = session(600, &[("heat", (total - MINUTE).as_secs(), 0)]);
        cautions_after(&[past], "heat", &heat_of(MINUTE))
    };
    assert_eq!((cautions(limit), cautions(limit + SECOND)), (0, 1));
}

#[test]
fn lying_without_a_break_is_reminded_of_from_the_printed_limit_on() {
    let limit = printed_duration("lying without a break");
    let rest = |length| {
        let protocol = own_protocol("rest", length, 1).unwrap();
        build_plan(&protocol, &Overrides::default(), &[], &six_pm(), false).unwrap()
    };
    let cautions = |length| find_cautions(&rest(length), &[], &six_pm()).len();
    assert_eq!((cautions(limit), cautions(limit + SECOND)), (0, 1));
    let mut simulation = simulate(rest(limit + 2 * HOUR));
    let hours = limit.as_secs() / 3600;
    assert_eq!(get_up_hours(&simulation.run_and_tick(limit - SECOND)), [0; 0]);
    assert_eq!(get_up_hours(&simulation.run_and_tick(SECOND)), [hours]);
    assert!(
        list_limits().iter().any(|row| row.consequence == "then a reminder to get up, and again each hour")
    );
    assert_eq!(get_up_hours(&simulation.run_and_tick(HOUR - SECOND)), [0; 0]);
    assert_eq!(get_up_hours(&simulation.run_and_tick(SECOND)), [hours + 1]);
}

#[test]
fn heat_asks_halfway_from_the_printed_length_on() {
    let limit = printed_duration("heat phase of at least");
    let simulate_heat = |length| simulate(plan("heat", &heat_of(length)).unwrap());
    let checks = |alerts: &[Alert]| count_repeats(alerts, Repeat::PresenceCheck);
    let mut simulation = simulate_heat(limit);
    assert_eq!(checks(&simulation.run_and_tick(limit / 2 - SECOND)), 0);
    assert_eq!(checks(&simulation.run_and_tick(SECOND)), 1);
    let mut shorter = simulate_heat(limit - SECOND);
    assert_eq!(checks(&shorter.run_and_tick(limit / 2)), 0);
    assert_eq!(checks(&shorter.run_and_tick(limit / 2 - 2 * SECOND)), 0);
}

#[test]
fn pause_with_a_pack_on_is_reminded_of_from_the_printed_limit_on() {
    let limit = printed_duration("paused with a pack on");
    let mut simulation = simulate(plan("heat", &Overrides::default()).unwrap());
    simulation.send(Command::Pause);
    assert_eq!(count_repeats(&simulation.run_and_tick(limit - SECOND), Repeat::Paused), 0);
    assert_eq!(count_repeats(&simulation.run_and_tick(SECOND), Repeat::Paused), 1);
}
