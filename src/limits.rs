//! The limits, each with its source, and what they say to a plan.
//!
//! Pure. One table (`PROTOCOLS.md` section 3); [`plan`] is the only way to a plan that may run, so that no
//! flag and no protocol file gets round it. The past comes in as records: a new session soon after another
//! is no break.

use crate::{
    error::{Code, Error, Result},
    protocol::{Exposure, Guard, Kind, Overrides, Phase, Plan, Protocol},
    record::SessionRecord,
    time::{Wall, say},
};
use std::time::Duration;

/// A limit: how much, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit<T> {
    /// How much.
    pub value: T,
    /// Who says so, by the tags of `PROTOCOLS.md`.
    pub source: &'static str,
}

/// The longest heat without a break.
pub const HEAT: Limit<Duration> = Limit { value: Duration::from_mins(20), source: "D0, X2, X3" };
/// The longest cold without a break.
pub const COLD: Limit<Duration> = Limit { value: Duration::from_mins(20), source: "D2, X1, X2" };
/// The shortest time without a kind that counts as a break from it.
pub const BREAK: Limit<Duration> = Limit { value: Duration::from_mins(5), source: "P" };
/// The shortest phase.
pub const SHORTEST: Limit<Duration> = Limit { value: Duration::from_secs(1), source: "P" };
/// The shortest phase that is left when one gives way to what was done just before.
pub const WORTH_IT: Limit<Duration> = Limit { value: Duration::from_mins(5), source: "P" };
/// Time that nobody timed counts as time with the pack on, unless there was so much of it that nobody can
/// have lain on it all the while.
pub const FORGOTTEN: Limit<Duration> = Limit { value: Duration::from_mins(30), source: "P" };
/// The most rounds.
pub const ROUNDS: Limit<u32> = Limit { value: 12, source: "P" };

/// Lays out a protocol inside the limits and gives each phase its cap. `past` is what was done before, newest
/// first: the first phase of a kind gives way to what was done of it without a break. `allow_long` lifts the
/// limits on heat and cold, not the others.
///
/// # Errors
/// What the flags alone ask too much of is wrong usage (exit code 2); what is too much only because of the
/// past is refused (exit code 1).
pub fn plan(
    protocol: &Protocol,
    overrides: &Overrides,
    past: &[SessionRecord],
    now: &Wall,
    allow_long: bool,
) -> Result<Plan> {
    // Before anything is laid out: a plan of four billion rounds would not fit anywhere.
    check_rounds(overrides.rounds.unwrap_or(protocol.rounds).planned())?;
    let mut plan = protocol.plan(overrides)?;
    check_shortest(&plan)?;
    if allow_long {
        return Ok(plan);
    }
    let mut guards = [guard(Kind::Heat, HEAT), guard(Kind::Cold, COLD)];
    for guard in &guards {
        check_unbroken(&plan, guard)?;
    }
    for guard in &mut guards {
        guard.carried = carried(past, guard, now);
        give_way(&mut plan, guard)?;
        give_caps(&mut plan, guard);
    }
    plan.guards = guards.into();
    plan.most_rounds = Some(ROUNDS.value);
    Ok(plan)
}

/// Shortens the first phase of a kind by what was done of it just before, if enough is left of it.
fn give_way(plan: &mut Plan, guard: &Guard) -> Result<()> {
    let Err(refused) = check_unbroken(plan, guard) else { return Ok(()) };
    let lengths = plan.phases.iter().map(|phase| (phase.kind, phase.planned()));
    let over = guard.breach(lengths).unwrap_or_default().saturating_sub(guard.most);
    let first = plan.phases.iter_mut().find(|phase| phase.kind == guard.kind);
    let left = first.as_ref().map(|phase| phase.planned().saturating_sub(over).as_secs());
    match (first, left) {
        (Some(first), Some(left)) if left >= WORTH_IT.value.as_secs() => {
            plan.total_s -= first.planned_s - left;
            first.planned_s = left;
            Ok(())
        }
        _ => Err(because_of_the_past(refused, guard.kind)),
    }
}

fn guard(kind: Kind, limit: Limit<Duration>) -> Guard {
    let carried = Exposure::default();
    Guard { kind, most: limit.value, rest: BREAK.value, source: limit.source.into(), carried }
}

fn check_rounds(rounds: u32) -> Result<()> {
    let Limit { value: most, source } = ROUNDS;
    match rounds {
        0 => Err(Error::usage("0 rounds is no session", format!("type --rounds 1 to --rounds {most}"))),
        _ if rounds > most => Err(Error::usage(
            format!("{rounds} rounds are over the limit of {most} ({source})"),
            format!("type --rounds 1 to --rounds {most}"),
        )),
        _ => Ok(()),
    }
}

fn check_shortest(plan: &Plan) -> Result<()> {
    match plan.phases.iter().find(|phase| phase.planned() < SHORTEST.value) {
        None => Ok(()),
        Some(phase) => Err(Error::usage(
            format!(
                "a {} phase of less than {} is too short ({})",
                phase.kind,
                say(SHORTEST.value),
                SHORTEST.source
            ),
            "type 1s or more",
        )),
    }
}

/// What earlier sessions leave: their phases of this kind, newest first, as long as no break lies between.
fn carried(past: &[SessionRecord], guard: &Guard, now: &Wall) -> Exposure {
    let mut carried = Exposure::default();
    let mut edge = *now;
    let phases = past.iter().flat_map(|session| phases_of(session, guard.kind));
    // What comes from the future has a wrong date, and says nothing of the last minutes.
    for (began, ended, on) in phases.filter(|(began, ..)| began <= now) {
        let gap = edge.since(&ended);
        if gap >= guard.rest {
            break;
        }
        if carried.unbroken.is_zero() {
            carried.since = gap;
        }
        carried.unbroken = carried.unbroken.saturating_add(on);
        edge = began;
    }
    carried
}

/// When each phase of this kind began and ended, newest first, and how long the pack was on at least.
fn phases_of(session: &SessionRecord, kind: Kind) -> Vec<(Wall, Wall, Duration)> {
    let phases = &session.phases;
    let mut found: Vec<_> = (0..phases.len())
        .filter(|index| phases[*index].kind == kind.as_str())
        .filter_map(|index| {
            let phase = &phases[index];
            let began = phase.started?;
            let unknown = Some(phase.unknown_s).filter(|unknown| *unknown < FORGOTTEN.value.as_secs());
            let on = phase.actual_s.saturating_add(phase.overdue_s).saturating_add(unknown.unwrap_or(0));
            let on = Duration::from_secs(on);
            let next = phases.get(index + 1).and_then(|next| next.started).or(session.ended);
            // Nobody saw the end. It was not before this much had passed.
            let seen = on.saturating_add(Duration::from_secs(session.paused_s));
            Some((began, next.unwrap_or_else(|| began.plus(seen)), on))
        })
        .collect();
    found.reverse();
    found
}

fn check_unbroken(plan: &Plan, guard: &Guard) -> Result<()> {
    let lengths = plan.phases.iter().map(|phase| (phase.kind, phase.planned()));
    match guard.breach(lengths) {
        None => Ok(()),
        Some(unbroken) => Err(too_long(plan, guard, unbroken)),
    }
}

/// Gives each phase of the guarded kind what its neighbours leave of the limit.
fn give_caps(plan: &mut Plan, guard: &Guard) {
    let mut exposure = guard.carried;
    let mut run: Vec<usize> = Vec::new();
    for index in 0..plan.phases.len() {
        let phase = &plan.phases[index];
        let same_kind = phase.kind == guard.kind;
        if same_kind && guard.is_broken(exposure) {
            run.clear();
        }
        exposure = guard.after(exposure, phase.kind, phase.planned());
        if same_kind {
            run.push(index);
            let left = guard.most.saturating_sub(exposure.unbroken).as_secs();
            for member in &run {
                let phase = &mut plan.phases[*member];
                phase.cap_s = Some(phase.planned_s + left);
            }
        }
    }
}

fn too_long(plan: &Plan, guard: &Guard, unbroken: Duration) -> Error {
    let Guard { kind, most, rest, source, .. } = guard;
    let (limit, pause) = (say(*most), say(*rest));
    let hint = "--allow-long if a clinician told you so";
    let longest = plan.phases.iter().filter(|phase| phase.kind == *kind).map(Phase::planned).max();
    if let Some(phase) = longest.filter(|phase| phase > most) {
        let what = format!("a {kind} phase of {} is over the limit of {limit} ({source})", say(phase));
        return Error::usage(what, format!("type --{kind} {} or less; {hint}", most.as_secs() / 60));
    }
    let what = format!(
        "{} of {kind} without a break of {pause} is over the limit of {limit} ({source}; break: {})",
        say(unbroken),
        BREAK.source
    );
    Error::usage(what, format!("make the phases between at least {pause} long; {hint}"))
}

fn because_of_the_past(refused: Error, kind: Kind) -> Error {
    let other = if kind == Kind::Heat { Kind::Cold } else { Kind::Heat };
    Error {
        what: format!("too soon after your last session: {}", refused.what),
        hint: Some(format!(
            "rest for {}, or begin with --first {other}; --allow-long if a clinician told you so",
            say(BREAK.value)
        )),
        code: Code::Failed,
    }
}
