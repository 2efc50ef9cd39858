//! What earlier sessions leave: time without a break that counts on, and heat and cold of the last hours.

use super::{MAX_COLD, MAX_HEAT, MAX_UNKNOWN_TIME_COUNTED};
use crate::{
    protocol::{Exposure, ExposureLimit, PhaseKind},
    record::{PhaseRecord, SessionRecord},
    time::WallTime,
};
use std::time::Duration;
use uuid::Uuid;

/// A phase that was done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PastPhase {
    /// When it began.
    pub(crate) began: WallTime,
    /// When what came after it began.
    pub(crate) ended: WallTime,
    /// How long it went on at least: with the pack on, where there was one.
    pub(crate) min_duration: Duration,
}

/// Heat and cold that somebody may have had, though nobody knows: as much of each as may be without a break, both up to
/// then.
pub(crate) fn assumed_sessions(until: &WallTime) -> [SessionRecord; 2] {
    [(PhaseKind::Heat, MAX_HEAT), (PhaseKind::Cold, MAX_COLD)].map(|(kind, limit)| {
        let (kind, seconds, began) = (kind.as_str(), limit.value.as_secs(), until.minus(limit.value));
        let phase = PhaseRecord { started: Some(began), ..PhaseRecord::new(kind, 1, seconds, seconds) };
        SessionRecord { ended: Some(*until), ..SessionRecord::new(Uuid::nil(), began, kind, vec![phase]) }
    })
}

/// The phases of some kinds, newest first, as long as no break lies between.
pub(crate) fn carry_over(
    past: &[SessionRecord],
    guard: &ExposureLimit,
    now: &WallTime,
    counts: impl Fn(PhaseKind) -> bool,
) -> Exposure {
    let mut carried = Exposure::default();
    let mut edge = *now;
    for phase in past_phases(past, &counts, now) {
        let gap = edge.since(&phase.ended);
        if gap >= guard.min_break {
            break;
        }
        if carried.unbroken.is_zero() {
            carried.ended_ago = gap;
        }
        carried.unbroken = carried.unbroken.saturating_add(phase.min_duration);
        edge = phase.began;
    }
    carried
}

/// The phases of some kinds, newest first. What comes from the future has a wrong date, and says nothing of the
/// last hours.
pub(crate) fn past_phases(
    past: &[SessionRecord],
    counts: impl Fn(PhaseKind) -> bool,
    now: &WallTime,
) -> impl Iterator<Item = PastPhase> {
    past.iter().flat_map(move |session| session_phases(session, &counts)).filter(|phase| phase.began <= *now)
}

fn session_phases(session: &SessionRecord, counts: impl Fn(PhaseKind) -> bool) -> Vec<PastPhase> {
    let phases = &session.phases;
    let is_counted =
        |name: &str| PhaseKind::ALL.into_iter().any(|kind| kind.as_str() == name && counts(kind));
    let mut found: Vec<PastPhase> = (0..phases.len())
        .filter(|index| is_counted(&phases[*index].kind))
        .filter_map(|index| {
            let phase = &phases[index];
            let began = phase.started?;
            let unknown =
                Some(phase.unknown_s).filter(|unknown| *unknown < MAX_UNKNOWN_TIME_COUNTED.value.as_secs());
            let on = phase.actual_s.saturating_add(phase.overdue_s).saturating_add(unknown.unwrap_or(0));
            let on = Duration::from_secs(on);
            let next = phases.get(index + 1).and_then(|next| next.started).or(session.ended);
            // Nobody saw the end. It was not before this much had passed.
            let seen = on.saturating_add(Duration::from_secs(session.paused_s));
            Some(PastPhase { began, ended: next.unwrap_or_else(|| began.plus(seen)), min_duration: on })
        })
        .collect();
    found.reverse();
    found
}
