//! What earlier sessions leave behind: unbroken exposure that still counts, and the heat and cold of the last hours.

use super::{MAX_COLD, MAX_HEAT, MAX_UNKNOWN_TIME_COUNTED};
use crate::{
    protocol::{Exposure, ExposureLimit, PhaseKind},
    record::{PhaseRecord, SessionRecord},
    time::WallTime,
};
use std::time::Duration;
use uuid::Uuid;

/// A phase of an earlier session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PastPhase {
    pub(crate) began: WallTime,
    /// When the next phase began, or the session ended.
    pub(crate) ended: WallTime,
    /// How long it lasted at least; for heat and cold, how long the pack was on.
    pub(crate) min_duration: Duration,
}

/// Assumed sessions for an unknown past: as much heat and as much cold as is allowed without a break, both ending at
/// `until`.
pub(crate) fn assumed_sessions(until: &WallTime) -> [SessionRecord; 2] {
    [(PhaseKind::Heat, MAX_HEAT), (PhaseKind::Cold, MAX_COLD)].map(|(kind, limit)| {
        let (kind, seconds, began) = (kind.as_str(), limit.value.as_secs(), until.minus(limit.value));
        let phase = PhaseRecord { started: Some(began), ..PhaseRecord::new(kind, 1, seconds, seconds) };
        SessionRecord { ended: Some(*until), ..SessionRecord::new(Uuid::nil(), began, kind, vec![phase]) }
    })
}

/// The exposure to the counted kinds up to the last break.
pub(crate) fn carry_over(
    past: &[SessionRecord],
    limit: &ExposureLimit,
    now: &WallTime,
    is_counted: impl Fn(PhaseKind) -> bool,
) -> Exposure {
    let mut exposure = Exposure::default();
    let mut next_start = *now;
    for phase in past_phases(past, &is_counted, now) {
        let gap = next_start.since(&phase.ended);
        if gap >= limit.min_break {
            break;
        }
        if exposure.unbroken.is_zero() {
            exposure.ended_ago = gap;
        }
        exposure.unbroken = exposure.unbroken.saturating_add(phase.min_duration);
        next_start = phase.began;
    }
    exposure
}

/// The phases of the counted kinds, newest first. Phases in the future have a wrong date and are left out.
pub(crate) fn past_phases(
    past: &[SessionRecord],
    is_counted: impl Fn(PhaseKind) -> bool,
    now: &WallTime,
) -> impl Iterator<Item = PastPhase> {
    past.iter()
        .flat_map(move |session| session_phases(session, &is_counted))
        .filter(|phase| phase.began <= *now)
}

fn session_phases(session: &SessionRecord, is_counted_kind: impl Fn(PhaseKind) -> bool) -> Vec<PastPhase> {
    let phases = &session.phases;
    let is_counted_name =
        |name: &str| PhaseKind::ALL.into_iter().any(|kind| kind.as_str() == name && is_counted_kind(kind));
    let mut past_phases: Vec<PastPhase> = (0..phases.len())
        .filter(|index| is_counted_name(&phases[*index].kind))
        .filter_map(|index| {
            let phase = &phases[index];
            let began = phase.started?;
            let unknown_s = Some(phase.unknown_s)
                .filter(|unknown_s| *unknown_s < MAX_UNKNOWN_TIME_COUNTED.value.as_secs());
            let min_duration =
                phase.actual_s.saturating_add(phase.overdue_s).saturating_add(unknown_s.unwrap_or(0));
            let min_duration = Duration::from_secs(min_duration);
            let ended = phases.get(index + 1).and_then(|next| next.started).or(session.ended);
            // The end is unknown, but it was not before this much time had passed.
            let min_elapsed = min_duration.saturating_add(Duration::from_secs(session.paused_s));
            Some(PastPhase { began, ended: ended.unwrap_or_else(|| began.plus(min_elapsed)), min_duration })
        })
        .collect();
    past_phases.reverse();
    past_phases
}
