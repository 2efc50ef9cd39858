//! The limits, each with its source, and the checks of a plan against them.
//!
//! Pure. The limits are one table (`PROTOCOLS.md` section 3), made of the constants that the engine reads, here or from
//! its plan. Only [`lay_out`] and then [`fit_to_past`] make a plan that may run, so no flag and no protocol file gets
//! around them. Too much is refused; what only deserves a warning is one of the [`find_cautions`]. Earlier sessions come
//! in as records: starting a new session does not count as a break.

mod cautions;
mod limit_table;
mod past_phases;

pub(crate) use cautions::Caution;
pub use cautions::find_cautions;
pub use limit_table::{LimitRow, list_limits};

pub(crate) use past_phases::assumed_sessions;

use crate::{
    error::{Error, ErrorCode, Result},
    protocol::{Exposure, ExposureLimit, Overrides, Phase, PhaseKind, Plan, Protocol, Rounds, StepDuration},
    record::{SessionRecord, name_sources},
    time::{WallTime, format_duration},
};
use past_phases::carry_over;
use std::{mem, time::Duration};

/// A limit with its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CitedLimit<T> {
    pub(crate) value: T,
    /// The sources, by the tags of `PROTOCOLS.md`.
    pub(crate) citation: &'static str,
}

/// The longest heat without a break.
pub(crate) const MAX_HEAT: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(20), citation: "D0, X2, X3" };
/// The longest cold without a break.
pub(crate) const MAX_COLD: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(20), citation: "D2, X1, X2" };
/// The shortest time without heat, or without cold, that counts as a break from it.
pub(crate) const MIN_BREAK: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(5), citation: "P" };
pub(crate) const MIN_PHASE: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_secs(1), citation: "P" };
/// The shortest phase that may be left when one is shortened because of what was done just before.
pub(crate) const MIN_SHORTENED_PHASE: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(5), citation: "P" };
/// Untimed time counts as time with the pack on, unless it is so long that nobody can have lain on the pack throughout.
pub(crate) const MAX_UNKNOWN_TIME_COUNTED: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(30), citation: "P" };
/// If the history of this last while cannot be read, the person is asked about heat and cold in it, or they are
/// assumed.
pub(crate) const UNKNOWN_PAST_COUNTS_FOR: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(30), citation: "P" };
pub(crate) const MAX_ROUNDS: CitedLimit<u32> = CitedLimit { value: Rounds::MAX, citation: "P" };
/// The most rounds of only cold or only heat: again after [`MIN_TIME_BETWEEN_COLD`].
pub(crate) const MAX_ROUNDS_OF_ONE_KIND: CitedLimit<u32> = CitedLimit { value: 1, citation: "X1, P" };
/// The most rounds if a step lasts until a set time, which comes only once.
pub(crate) const MAX_ROUNDS_WITH_UNTIL: CitedLimit<u32> = CitedLimit { value: 1, citation: "P" };
/// Cold sooner than this after another session's gives a caution.
pub(crate) const MIN_TIME_BETWEEN_COLD: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_hours(2), citation: "X1" };
/// Cold for less than this gives a caution.
pub(crate) const ADVISED_MIN_COLD: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(10), citation: "D0, D2" };
/// More heat than this in one day gives a caution.
pub(crate) const MAX_HEAT_PER_DAY: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_hours(2), citation: "P" };
/// After lying this long without getting up, the person is reminded to.
pub(crate) const MAX_LYING: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_hours(3), citation: "D2: a few hours; 3 h: P" };
/// A heat phase of at least this length asks halfway whether the person is awake.
pub(crate) const PRESENCE_CHECK_MIN_HEAT: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(15), citation: "D2, X3; 15 min: P" };
/// After the clock has been stopped this long with a pack on, the person is reminded to take it off.
pub(crate) const PAUSE_REMINDER_AFTER: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(10), citation: "P" };

/// Who may lift the limits.
pub(crate) const ALLOW_LONG_HINT: &str = "--allow-long only if your doctor or physiotherapist told you to";

/// Builds a plan within the limits and sets the cap of each phase. `past` is the earlier sessions, newest first: the
/// first phase of a kind is shortened by what was done of it without a break. `allow_long` lifts the limits on heat and
/// cold, not the others.
///
/// # Errors
/// Refuses what is too much by the flags alone (exit code 2), and what is too much only because of earlier sessions
/// (exit code 1).
pub fn build_plan(
    protocol: &Protocol,
    overrides: &Overrides,
    past: &[SessionRecord],
    now: &WallTime,
    allow_long: bool,
) -> Result<Plan> {
    fit_to_past(lay_out(protocol, overrides, allow_long)?, overrides.onset, past, now)
}

/// Lays out a plan, and checks what the choices alone decide. It still has to be fitted to the past.
///
/// # Errors
/// Refuses what is too much (exit code 2).
pub(crate) fn lay_out(protocol: &Protocol, overrides: &Overrides, allow_long: bool) -> Result<Plan> {
    let rounds_limit = max_rounds(protocol);
    // Before the plan is built: four billion rounds would not fit into memory.
    check_rounds(protocol, overrides.rounds, rounds_limit)?;
    let mut plan = protocol.to_plan(overrides)?;
    check_min_duration(&plan)?;
    plan.max_rounds = Some(rounds_limit.value);
    plan.rounds_citation = Some(rounds_limit.citation.into());
    // All kinds done lying down count as one.
    plan.lying_limit = Some(exposure_limit(PhaseKind::Rest, MAX_LYING));
    add_presence_checks(&mut plan);
    if !allow_long {
        plan.exposure_limits =
            vec![exposure_limit(PhaseKind::Heat, MAX_HEAT), exposure_limit(PhaseKind::Cold, MAX_COLD)];
    }
    plan.exposure_limits.iter().try_for_each(|limit| check_exposure(&plan, limit))?;
    Ok(plan)
}

/// Fits a plan that was laid out to the moment and to the earlier sessions.
///
/// # Errors
/// Refuses what is too much only because of earlier sessions (exit code 1).
pub(crate) fn fit_to_past(
    mut plan: Plan,
    onset: Option<WallTime>,
    past: &[SessionRecord],
    now: &WallTime,
) -> Result<Plan> {
    // An onset given with an earlier session still holds. It has whole seconds.
    if let Some(onset) = onset.or_else(|| past.iter().find_map(|session| session.onset)) {
        plan.count_from_onset(now.truncate_to_seconds().since(&onset));
    }
    if let Some(limit) = &mut plan.lying_limit {
        limit.carry_over = carry_over(past, limit, now, PhaseKind::is_lying_down);
    }
    let mut exposure_limits = mem::take(&mut plan.exposure_limits);
    for limit in &mut exposure_limits {
        limit.carry_over = carry_over(past, limit, now, |kind| kind == limit.kind);
        shorten_first(&mut plan, limit)?;
        set_phase_caps(&mut plan, limit);
    }
    plan.exposure_limits = exposure_limits;
    Ok(plan)
}

/// The most rounds of a protocol: only one of only cold or only heat, or with a step until a set time.
pub(crate) fn max_rounds(protocol: &Protocol) -> CitedLimit<u32> {
    let Some(first) = protocol.cycle.first() else { return MAX_ROUNDS };
    let is_only_one_pack = first.kind.has_pack() && protocol.cycle.iter().all(|step| step.kind == first.kind);
    let has_end_time =
        protocol.cycle.iter().any(|step| matches!(step.duration, StepDuration::UntilAfterOnset(_)));
    if is_only_one_pack {
        MAX_ROUNDS_OF_ONE_KIND
    } else if has_end_time {
        MAX_ROUNDS_WITH_UNTIL
    } else {
        MAX_ROUNDS
    }
}

/// Adds a check to heat phases: nobody may fall asleep on a heating pad. Neighboring phases count together, and the
/// length is checked again if time is added later.
fn add_presence_checks(plan: &mut Plan) {
    let limit = exposure_limit(PhaseKind::Heat, MAX_HEAT);
    let mut heat_exposure = Exposure::default();
    for phase in &mut plan.phases {
        heat_exposure =
            limit.exposure_after(heat_exposure, phase.kind, phase.duration_counted_for(PhaseKind::Heat));
        if phase.kind == PhaseKind::Heat && phase.presence_check.is_none() {
            phase.presence_check = Some("Still awake?".into());
            phase.presence_check_min_phase_s = Some(PRESENCE_CHECK_MIN_HEAT.value.as_secs())
                .filter(|_| heat_exposure.unbroken < PRESENCE_CHECK_MIN_HEAT.value);
        }
    }
}

/// Shortens the first phase of a kind by what was done of it just before, if enough of it is left.
fn shorten_first(plan: &mut Plan, limit: &ExposureLimit) -> Result<()> {
    let Some(unbroken) = limit.find_exposure_over_limit(counted_durations(plan, limit)) else {
        return Ok(());
    };
    let excess = unbroken.saturating_sub(limit.max_unbroken);
    if let Some(first) = plan.phases.iter_mut().find(|phase| phase.kind == limit.kind) {
        let remaining_s = first.planned_duration().saturating_sub(excess).as_secs();
        if remaining_s >= MIN_SHORTENED_PHASE.value.as_secs() {
            first.planned_s = remaining_s;
            first.is_shortened = true;
            plan.update_total();
            return Ok(());
        }
    }
    Err(too_soon_error(over_limit_error(plan, limit, unbroken), limit.kind))
}

fn exposure_limit(kind: PhaseKind, limit: CitedLimit<Duration>) -> ExposureLimit {
    ExposureLimit {
        kind,
        max_unbroken: limit.value,
        min_break: MIN_BREAK.value,
        citation: limit.citation.into(),
        carry_over: Exposure::default(),
    }
}

fn check_rounds(protocol: &Protocol, rounds_flag: Option<Rounds>, limit: CitedLimit<u32>) -> Result<()> {
    let (max_rounds, sources) = (limit.value, name_sources(limit.citation));
    let requested_rounds = rounds_flag.unwrap_or(protocol.rounds);
    let rounds = requested_rounds.planned_count();
    let expected = if max_rounds == 1 { "1".into() } else { format!("1 to {max_rounds}") };
    let advice = match (rounds_flag, max_rounds) {
        (None, _) => format!("write rounds = {expected} in its file"),
        (Some(_), 1) => "leave --rounds out".into(),
        (Some(_), _) => format!("type --rounds and a number from 1 to {max_rounds}, such as --rounds 3"),
    };
    let is_packs_only = protocol.cycle.iter().all(|step| step.kind.has_pack());
    let hint = match max_rounds {
        1 if is_packs_only => format!(
            "{advice}, and begin again {} later at the earliest",
            format_duration(MIN_TIME_BETWEEN_COLD.value)
        ),
        _ => advice,
    };
    let name = &protocol.name;
    match rounds {
        0 => {
            let expected = if max_rounds == 1 { expected } else { format!("{expected} or as-needed") };
            Err(Error::invalid("rounds", "0", &expected).with_hint(hint))
        }
        _ if max_rounds == 1 && requested_rounds == Rounds::AsNeeded => {
            Err(Error::usage(format!("'{name}' is done once, not as needed ({sources})"), hint))
        }
        _ if rounds > max_rounds && max_rounds == 1 => {
            Err(Error::usage(format!("'{name}' is done once, not {rounds} times ({sources})"), hint))
        }
        _ if rounds > max_rounds => {
            Err(Error::usage(format!("{rounds} rounds are over the limit of {max_rounds} ({sources})"), hint))
        }
        _ => Ok(()),
    }
}

fn check_min_duration(plan: &Plan) -> Result<()> {
    let is_short =
        |phase: &&Phase| phase.planned_duration() < MIN_PHASE.value && phase.ends_after_s.is_none();
    match plan.phases.iter().find(is_short) {
        None => Ok(()),
        Some(phase) => Err(Error::usage(
            format!(
                "a {} phase of less than {} is too short ({})",
                phase.kind,
                format_duration(MIN_PHASE.value),
                name_sources(MIN_PHASE.citation)
            ),
            format!("type {}s or more", MIN_PHASE.value.as_secs()),
        )),
    }
}

fn check_exposure(plan: &Plan, limit: &ExposureLimit) -> Result<()> {
    match limit.find_exposure_over_limit(counted_durations(plan, limit)) {
        None => Ok(()),
        Some(unbroken) => Err(over_limit_error(plan, limit, unbroken)),
    }
}

/// The lengths of the phases as they count for that limit.
fn counted_durations(plan: &Plan, limit: &ExposureLimit) -> impl Iterator<Item = (PhaseKind, Duration)> {
    plan.phases.iter().map(|phase| (phase.kind, phase.duration_counted_for(limit.kind)))
}

/// Sets the cap of each phase of the limited kind: what its neighbors leave of the limit.
fn set_phase_caps(plan: &mut Plan, limit: &ExposureLimit) {
    let mut exposure = limit.carry_over;
    // The indexes of the phases since the last break.
    let mut unbroken_run: Vec<usize> = Vec::new();
    for current in 0..plan.phases.len() {
        let phase = &plan.phases[current];
        let is_limited_kind = phase.kind == limit.kind;
        if is_limited_kind && limit.has_had_break(exposure) {
            unbroken_run.clear();
        }
        exposure = limit.exposure_after(exposure, phase.kind, phase.duration_counted_for(limit.kind));
        if is_limited_kind {
            unbroken_run.push(current);
            let remaining_s = limit.max_unbroken.saturating_sub(exposure.unbroken).as_secs();
            for phase_index in &unbroken_run {
                let phase = &mut plan.phases[*phase_index];
                phase.cap_s = Some(phase.planned_s + remaining_s);
            }
        }
    }
}

fn over_limit_error(plan: &Plan, exposure_limit: &ExposureLimit, unbroken: Duration) -> Error {
    let ExposureLimit { kind, max_unbroken, min_break, .. } = exposure_limit;
    let sources = name_sources(&exposure_limit.citation);
    let (limit, pause) = (format_duration(*max_unbroken), format_duration(*min_break));
    let hint = ALLOW_LONG_HINT;
    let longest = plan.phases.iter().filter(|phase| phase.kind == *kind).map(Phase::planned_duration).max();
    if let Some(phase) = longest.filter(|phase| phase > max_unbroken) {
        let message =
            format!("a {kind} phase of {} is over the limit of {limit} ({sources})", format_duration(phase));
        return Error::usage(
            message,
            format!("type --{kind} {} or less; {hint}", max_unbroken.as_secs() / 60),
        );
    }
    let message = format!(
        "{} of {kind} without a break of {pause} is over the limit of {limit} ({sources}; break: {})",
        format_duration(unbroken),
        name_sources(MIN_BREAK.citation)
    );
    let Some(phase) = find_short_break(plan, exposure_limit) else {
        return Error::usage(message, format!("put a break of at least {pause} between; {hint}"));
    };
    let message = format!("{} is too short a break from {kind}: {message}", format_phase(phase));
    if phase.kind.has_pack() {
        return Error::usage(
            message,
            format!("type --{} {} or more; {hint}", phase.kind, min_break.as_secs() / 60),
        );
    }
    Error::usage(message, format!("make each break at least {pause} long; {hint}"))
}

/// The phase between two of the limited kind that is too short to be a break. None where the exposure may come from an
/// earlier session.
fn find_short_break<'p>(plan: &'p Plan, limit: &ExposureLimit) -> Option<&'p Phase> {
    if limit.carry_over != Exposure::default() {
        return None;
    }
    let is_limited = |phase: &Phase| phase.kind == limit.kind;
    let is_short = |phase: &Phase| phase.duration_counted_for(limit.kind) < limit.min_break;
    let has_short_break = |three: &&[Phase]| {
        is_limited(&three[0]) && !is_limited(&three[1]) && is_limited(&three[2]) && is_short(&three[1])
    };
    plan.phases.windows(3).find(has_short_break).map(|three| &three[1])
}

fn format_phase(phase: &Phase) -> String {
    format!("{} of {}", format_duration(phase.planned_duration()), phase.name())
}

fn too_soon_error(error: Error, kind: PhaseKind) -> Error {
    let other = if kind == PhaseKind::Heat { PhaseKind::Cold } else { PhaseKind::Heat };
    Error {
        message: format!("too soon after your last session: {}", error.message),
        hint: Some(format!(
            "rest for {}, or begin with --first {other}; {ALLOW_LONG_HINT}",
            format_duration(MIN_BREAK.value)
        )),
        exit_code: ErrorCode::Failed,
        ..error
    }
}
