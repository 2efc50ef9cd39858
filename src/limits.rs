//! The limits, each with its source, and what they say to a plan.
//!
//! Pure. One table (`PROTOCOLS.md` section 3); [`plan`] is the only way to a plan that may run, so that no
//! flag and no protocol file gets round it. What is too much is refused; what is only worth a word is one of the
//! [`cautions`]. The past comes in as records: a new session soon after another is no break.

mod caution;
mod past;
mod table;

pub use caution::{Caution, cautions};
pub use past::unknown;
pub use table::{Row, table};

use crate::{
    error::{Code, Error, Result},
    protocol::{Exposure, Guard, Kind, Lasts, Overrides, Phase, Plan, Protocol, Rounds},
    record::{SessionRecord, name_sources},
    time::{Wall, say},
};
use past::carried;
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
/// Heat and cold of the last so long that cannot be read are asked for, or count as if they had been.
pub const RECENT: Limit<Duration> = Limit { value: Duration::from_mins(30), source: "P" };
/// The most rounds.
pub const ROUNDS: Limit<u32> = Limit { value: 12, source: "P" };
/// The most rounds of nothing but cold or nothing but heat: again after [`AGAIN`].
pub const ONCE: Limit<u32> = Limit { value: 1, source: "X1, P" };
/// The most rounds where a step lasts until some time: that comes only once.
pub const UNTIL: Limit<u32> = Limit { value: 1, source: "P" };
/// Cold this soon after another session's deserves a word.
pub const AGAIN: Limit<Duration> = Limit { value: Duration::from_hours(2), source: "X1" };
/// Cold for less than this deserves a word.
pub const SHORT_COLD: Limit<Duration> = Limit { value: Duration::from_mins(10), source: "D0, D2" };
/// More heat than this in one day deserves a word.
pub const HEAT_IN_A_DAY: Limit<Duration> = Limit { value: Duration::from_hours(2), source: "P" };
/// After so long without getting up the person is reminded to.
pub const LYING: Limit<Duration> =
    Limit { value: Duration::from_hours(3), source: "D2: a few hours; the 3 is P" };
/// A heat phase of this length or more asks in its middle whether the person is awake.
pub const AWAKE: Limit<Duration> = Limit { value: Duration::from_mins(15), source: "D2, X3; the 15 is P" };
/// With a pack on and the clock held for so long, the person is told again to take it off.
pub const PAUSED: Limit<Duration> = Limit { value: Duration::from_mins(10), source: "P" };
/// So long after cold, nothing heavy is to be lifted.
pub const HEAVY: Limit<Duration> = Limit { value: Duration::from_mins(30), source: "X1" };

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
    let most = most_rounds(protocol);
    // Before anything is laid out: a plan of four billion rounds would not fit anywhere.
    check_rounds(protocol, overrides.rounds, most)?;
    let mut plan = protocol.plan(overrides)?;
    check_shortest(&plan)?;
    plan.most_rounds = Some(most.value);
    plan.rounds_source = Some(most.source.into());
    plan.lying = Some(lying(past, now));
    ask_whether_awake(&mut plan);
    if allow_long {
        return Ok(plan);
    }
    let mut guards = [guard(Kind::Heat, HEAT), guard(Kind::Cold, COLD)];
    for guard in &guards {
        check_unbroken(&plan, guard)?;
    }
    for guard in &mut guards {
        guard.carried = carried(past, guard, now, |kind| kind == guard.kind);
        give_way(&mut plan, guard)?;
        give_caps(&mut plan, guard);
    }
    plan.guards = guards.into();
    Ok(plan)
}

/// How many rounds there may be: of nothing but cold or nothing but heat, and up to some time, only one.
pub fn most_rounds(protocol: &Protocol) -> Limit<u32> {
    let Some(first) = protocol.cycle.first() else { return ROUNDS };
    let is_one_pack = first.kind.is_pack() && protocol.cycle.iter().all(|step| step.kind == first.kind);
    let ends_some_time = protocol.cycle.iter().any(|step| matches!(step.lasts, Lasts::Until(_)));
    match () {
        () if is_one_pack => ONCE,
        () if ends_some_time => UNTIL,
        () => ROUNDS,
    }
}

/// Nobody may fall asleep on a heating pad. What neighbouring phases come to counts, and so does what is added later.
fn ask_whether_awake(plan: &mut Plan) {
    let guard = guard(Kind::Heat, HEAT);
    let mut heat = Exposure::default();
    for phase in &mut plan.phases {
        heat = guard.after(heat, phase.kind, phase.counted_for(Kind::Heat));
        if phase.kind == Kind::Heat && phase.check.is_none() {
            phase.check = Some("Still awake?".into());
            phase.check_from_s = Some(AWAKE.value.as_secs()).filter(|_| heat.unbroken < AWAKE.value);
        }
    }
}

/// What reminds the person to get up. Everything that is done lying down counts as one kind.
fn lying(past: &[SessionRecord], now: &Wall) -> Guard {
    let guard = guard(Kind::Rest, LYING);
    Guard { carried: carried(past, &guard, now, Kind::is_lying), ..guard }
}

/// Shortens the first phase of a kind by what was done of it just before, if enough is left of it.
fn give_way(plan: &mut Plan, guard: &Guard) -> Result<()> {
    let Err(refused) = check_unbroken(plan, guard) else { return Ok(()) };
    let over = guard.breach(lengths(plan, guard)).unwrap_or_default().saturating_sub(guard.most);
    let first = plan.phases.iter_mut().find(|phase| phase.kind == guard.kind);
    let left = first.as_ref().map(|phase| phase.planned().saturating_sub(over).as_secs());
    match (first, left) {
        (Some(first), Some(left)) if left >= WORTH_IT.value.as_secs() => {
            first.planned_s = left;
            first.is_shortened = true;
            plan.sum_up();
            Ok(())
        }
        _ => Err(because_of_the_past(refused, guard.kind)),
    }
}

fn guard(kind: Kind, limit: Limit<Duration>) -> Guard {
    let carried = Exposure::default();
    Guard { kind, most: limit.value, rest: BREAK.value, source: limit.source.into(), carried }
}

fn check_rounds(protocol: &Protocol, typed: Option<Rounds>, limit: Limit<u32>) -> Result<()> {
    let (most, source) = (limit.value, name_sources(limit.source));
    let asked = typed.unwrap_or(protocol.rounds);
    let rounds = asked.planned();
    let instead = match (typed, most) {
        (None, _) => format!("write rounds = {} in its file", if most == 1 { "1" } else { "1 to 12" }),
        (Some(_), 1) => "leave --rounds out".into(),
        (Some(_), _) => format!("type --rounds 1 to --rounds {most}"),
    };
    let is_pack = protocol.cycle.iter().all(|step| step.kind.is_pack());
    let hint = match most {
        1 if is_pack => format!("{instead}, and begin again {} later at the earliest", say(AGAIN.value)),
        _ => instead,
    };
    let name = &protocol.name;
    match rounds {
        0 => {
            let expected = if most == 1 { "1".into() } else { format!("1 to {most}") };
            Err(Error::invalid("rounds", "0", &expected).hint(hint))
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

fn check_shortest(plan: &Plan) -> Result<()> {
    let is_short = |phase: &&Phase| phase.planned() < SHORTEST.value && phase.until_s.is_none();
    match plan.phases.iter().find(is_short) {
        None => Ok(()),
        Some(phase) => Err(Error::usage(
            format!(
                "a {} phase of less than {} is too short ({})",
                phase.kind,
                say(SHORTEST.value),
                name_sources(SHORTEST.source)
            ),
            "type 1s or more",
        )),
    }
}

fn check_unbroken(plan: &Plan, guard: &Guard) -> Result<()> {
    match guard.breach(lengths(plan, guard)) {
        None => Ok(()),
        Some(unbroken) => Err(too_long(plan, guard, unbroken)),
    }
}

/// The phases as they count for that guard.
fn lengths(plan: &Plan, guard: &Guard) -> impl Iterator<Item = (Kind, Duration)> {
    plan.phases.iter().map(|phase| (phase.kind, phase.counted_for(guard.kind)))
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
        exposure = guard.after(exposure, phase.kind, phase.counted_for(guard.kind));
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
    let Guard { kind, most, rest, .. } = guard;
    let source = name_sources(&guard.source);
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
        name_sources(BREAK.source)
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
        ..refused
    }
}
