//! The limits, each with its source, and what they say to a plan.
//!
//! Pure. One table (`PROTOCOLS.md` section 3); [`build_plan`] is the only way to a build_plan that may run, so that no
//! flag and no protocol file gets round it. What is too much is refused; what is only worth a word is one of the
//! [`find_cautions`]. The past comes in as records: a new session soon after another is no break.

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
use std::time::Duration;

/// A limit: how much, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CitedLimit<T> {
    /// How much.
    pub(crate) value: T,
    /// Who says so, by the tags of `PROTOCOLS.md`.
    pub(crate) citation: &'static str,
}

/// The longest heat without a break.
pub(crate) const MAX_HEAT: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(20), citation: "D0, X2, X3" };
/// The longest cold without a break.
pub(crate) const MAX_COLD: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(20), citation: "D2, X1, X2" };
/// The shortest time without a kind that counts as a break from it.
pub(crate) const MIN_BREAK: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(5), citation: "P" };
/// The shortest phase.
pub(crate) const MIN_PHASE: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_secs(1), citation: "P" };
/// The shortest phase that is left when one gives way to what was done just before.
pub(crate) const MIN_SHORTENED_PHASE: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(5), citation: "P" };
/// Time that nobody timed counts as time with the pack on, unless there was so much of it that nobody can
/// have lain on it all the while.
pub(crate) const MAX_UNKNOWN_TIME_COUNTED: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(30), citation: "P" };
/// Heat and cold of the last so long that cannot be read are asked for, or count as if they had been.
pub(crate) const UNKNOWN_PAST_COUNTS_FOR: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(30), citation: "P" };
/// The most rounds.
pub(crate) const MAX_ROUNDS: CitedLimit<u32> = CitedLimit { value: 12, citation: "P" };
/// The most rounds of nothing but cold or nothing but heat: again after [`MIN_TIME_BETWEEN_COLD`].
pub(crate) const MAX_ROUNDS_OF_ONE_KIND: CitedLimit<u32> = CitedLimit { value: 1, citation: "X1, P" };
/// The most rounds where a step lasts until some time: that comes only once.
pub(crate) const MAX_ROUNDS_WITH_UNTIL: CitedLimit<u32> = CitedLimit { value: 1, citation: "P" };
/// Cold this soon after another session's deserves a word.
pub(crate) const MIN_TIME_BETWEEN_COLD: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_hours(2), citation: "X1" };
/// Cold for less than this deserves a word.
pub(crate) const ADVISED_MIN_COLD: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(10), citation: "D0, D2" };
/// More heat than this in one day deserves a word.
pub(crate) const MAX_HEAT_PER_DAY: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_hours(2), citation: "P" };
/// After so long without getting up the person is reminded to.
pub(crate) const MAX_LYING: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_hours(3), citation: "D2: a few hours; the 3 is P" };
/// A heat phase of this length or more asks in its middle whether the person is awake.
pub(crate) const PRESENCE_CHECK_MIN_HEAT: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(15), citation: "D2, X3; the 15 is P" };
/// With a pack on and the clock held for so long, the person is told again to take it off.
pub(crate) const PAUSE_REMINDER_AFTER: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(10), citation: "P" };
/// So long after cold, nothing heavy is to be lifted.
pub(crate) const NO_LIFTING_AFTER_COLD: CitedLimit<Duration> =
    CitedLimit { value: Duration::from_mins(30), citation: "X1" };

/// Lays out a protocol inside the limits and gives each phase its cap. `past` is what was done before, newest
/// first: the first phase of a kind gives way to what was done of it without a break. `allow_long` lifts the
/// limits on heat and cold, not the others.
///
/// # Errors
/// What the flags alone ask too much of is wrong usage (exit code 2); what is too much only because of the
/// past is refused (exit code 1).
pub fn build_plan(
    protocol: &Protocol,
    overrides: &Overrides,
    past: &[SessionRecord],
    now: &WallTime,
    allow_long: bool,
) -> Result<Plan> {
    let most = max_rounds(protocol);
    // Before anything is laid out: a plan of four billion rounds would not fit anywhere.
    check_rounds(protocol, overrides.rounds, most)?;
    let mut plan = protocol.to_plan(overrides)?;
    check_min_duration(&plan)?;
    plan.max_rounds = Some(most.value);
    plan.rounds_citation = Some(most.citation.into());
    plan.lying_limit = Some(lying_limit(past, now));
    add_presence_checks(&mut plan);
    if allow_long {
        return Ok(plan);
    }
    let mut guards = [exposure_limit(PhaseKind::Heat, MAX_HEAT), exposure_limit(PhaseKind::Cold, MAX_COLD)];
    for guard in &guards {
        check_exposure(&plan, guard)?;
    }
    for guard in &mut guards {
        guard.carry_over = carry_over(past, guard, now, |kind| kind == guard.kind);
        shorten_first(&mut plan, guard)?;
        set_phase_caps(&mut plan, guard);
    }
    plan.exposure_limits = guards.into();
    Ok(plan)
}

/// How many rounds there may be: of nothing but cold or nothing but heat, and up to some time, only one.
pub(crate) fn max_rounds(protocol: &Protocol) -> CitedLimit<u32> {
    let Some(first) = protocol.cycle.first() else { return MAX_ROUNDS };
    let is_one_pack = first.kind.has_pack() && protocol.cycle.iter().all(|step| step.kind == first.kind);
    let ends_some_time =
        protocol.cycle.iter().any(|step| matches!(step.duration, StepDuration::UntilAfterOnset(_)));
    match () {
        () if is_one_pack => MAX_ROUNDS_OF_ONE_KIND,
        () if ends_some_time => MAX_ROUNDS_WITH_UNTIL,
        () => MAX_ROUNDS,
    }
}

/// Nobody may fall asleep on a heating pad. What neighbouring phases come to counts, and so does what is added later.
fn add_presence_checks(plan: &mut Plan) {
    let guard = exposure_limit(PhaseKind::Heat, MAX_HEAT);
    let mut heat = Exposure::default();
    for phase in &mut plan.phases {
        heat = guard.exposure_after(heat, phase.kind, phase.duration_counted_for(PhaseKind::Heat));
        if phase.kind == PhaseKind::Heat && phase.presence_check.is_none() {
            phase.presence_check = Some("Still awake?".into());
            phase.presence_check_min_phase_s = Some(PRESENCE_CHECK_MIN_HEAT.value.as_secs())
                .filter(|_| heat.unbroken < PRESENCE_CHECK_MIN_HEAT.value);
        }
    }
}

/// What reminds the person to get up. Everything that is done lying down counts as one kind.
fn lying_limit(past: &[SessionRecord], now: &WallTime) -> ExposureLimit {
    let guard = exposure_limit(PhaseKind::Rest, MAX_LYING);
    ExposureLimit { carry_over: carry_over(past, &guard, now, PhaseKind::is_lying_down), ..guard }
}

/// Shortens the first phase of a kind by what was done of it just before, if enough is left of it.
fn shorten_first(plan: &mut Plan, guard: &ExposureLimit) -> Result<()> {
    let Err(refused) = check_exposure(plan, guard) else { return Ok(()) };
    let over = guard
        .find_exposure_over_limit(counted_durations(plan, guard))
        .unwrap_or_default()
        .saturating_sub(guard.max_unbroken);
    let first = plan.phases.iter_mut().find(|phase| phase.kind == guard.kind);
    let left = first.as_ref().map(|phase| phase.planned_duration().saturating_sub(over).as_secs());
    match (first, left) {
        (Some(first), Some(left)) if left >= MIN_SHORTENED_PHASE.value.as_secs() => {
            first.planned_s = left;
            first.is_shortened = true;
            plan.update_total();
            Ok(())
        }
        _ => Err(too_soon_error(refused, guard.kind)),
    }
}

fn exposure_limit(kind: PhaseKind, limit: CitedLimit<Duration>) -> ExposureLimit {
    let carried = Exposure::default();
    ExposureLimit {
        kind,
        max_unbroken: limit.value,
        min_break: MIN_BREAK.value,
        citation: limit.citation.into(),
        carry_over: carried,
    }
}

fn check_rounds(protocol: &Protocol, typed: Option<Rounds>, limit: CitedLimit<u32>) -> Result<()> {
    let (most, source) = (limit.value, name_sources(limit.citation));
    let asked = typed.unwrap_or(protocol.rounds);
    let rounds = asked.planned_count();
    let instead = match (typed, most) {
        (None, _) => format!("write rounds = {} in its file", if most == 1 { "1" } else { "1 to 12" }),
        (Some(_), 1) => "leave --rounds out".into(),
        (Some(_), _) => format!("type --rounds 1 to --rounds {most}"),
    };
    let is_pack = protocol.cycle.iter().all(|step| step.kind.has_pack());
    let hint = match most {
        1 if is_pack => format!(
            "{instead}, and begin again {} later at the earliest",
            format_duration(MIN_TIME_BETWEEN_COLD.value)
        ),
        _ => instead,
    };
    let name = &protocol.name;
    match rounds {
        0 => {
            let expected = if most == 1 { "1".into() } else { format!("1 to {most}") };
            Err(Error::invalid("rounds", "0", &expected).with_hint(hint))
        }
        _ if most == 1 && asked == Rounds::AsNeeded => {
            Err(Error::usage(format!("'{name}' is done once, not as needed ({source})"), hint))
        }
        _ if rounds > most && most == 1 => {
            Err(Error::usage(format!("'{name}' is done once, not {rounds} times ({source})"), hint))
        }
        _ if rounds > most => {
            Err(Error::usage(format!("{rounds} rounds are over the limit of {most} ({source})"), hint))
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
            "type 1s or more",
        )),
    }
}

fn check_exposure(plan: &Plan, guard: &ExposureLimit) -> Result<()> {
    match guard.find_exposure_over_limit(counted_durations(plan, guard)) {
        None => Ok(()),
        Some(unbroken) => Err(over_limit_error(plan, guard, unbroken)),
    }
}

/// The phases as they count for that guard.
fn counted_durations(plan: &Plan, guard: &ExposureLimit) -> impl Iterator<Item = (PhaseKind, Duration)> {
    plan.phases.iter().map(|phase| (phase.kind, phase.duration_counted_for(guard.kind)))
}

/// Gives each phase of the guarded kind what its neighbours leave of the limit.
fn set_phase_caps(plan: &mut Plan, guard: &ExposureLimit) {
    let mut exposure = guard.carry_over;
    let mut run: Vec<usize> = Vec::new();
    for index in 0..plan.phases.len() {
        let phase = &plan.phases[index];
        let same_kind = phase.kind == guard.kind;
        if same_kind && guard.has_had_break(exposure) {
            run.clear();
        }
        exposure = guard.exposure_after(exposure, phase.kind, phase.duration_counted_for(guard.kind));
        if same_kind {
            run.push(index);
            let left = guard.max_unbroken.saturating_sub(exposure.unbroken).as_secs();
            for member in &run {
                let phase = &mut plan.phases[*member];
                phase.cap_s = Some(phase.planned_s + left);
            }
        }
    }
}

fn over_limit_error(plan: &Plan, guard: &ExposureLimit, unbroken: Duration) -> Error {
    let ExposureLimit { kind, max_unbroken: most, min_break: rest, .. } = guard;
    let source = name_sources(&guard.citation);
    let (limit, pause) = (format_duration(*most), format_duration(*rest));
    let hint = "--allow-long if a clinician told you so";
    let longest = plan.phases.iter().filter(|phase| phase.kind == *kind).map(Phase::planned_duration).max();
    if let Some(phase) = longest.filter(|phase| phase > most) {
        let what =
            format!("a {kind} phase of {} is over the limit of {limit} ({source})", format_duration(phase));
        return Error::usage(what, format!("type --{kind} {} or less; {hint}", most.as_secs() / 60));
    }
    let what = format!(
        "{} of {kind} without a break of {pause} is over the limit of {limit} ({source}; break: {})",
        format_duration(unbroken),
        name_sources(MIN_BREAK.citation)
    );
    Error::usage(what, format!("make the phases between at least {pause} long; {hint}"))
}

fn too_soon_error(refused: Error, kind: PhaseKind) -> Error {
    let other = if kind == PhaseKind::Heat { PhaseKind::Cold } else { PhaseKind::Heat };
    Error {
        message: format!("too soon after your last session: {}", refused.message),
        hint: Some(format!(
            "rest for {}, or begin with --first {other}; --allow-long if a clinician told you so",
            format_duration(MIN_BREAK.value)
        )),
        exit_code: ErrorCode::Failed,
        ..refused
    }
}
