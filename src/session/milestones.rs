//! The milestones of a phase: the moments when a plain line or the voice gives the remaining time.

use super::{Session, Snapshot, State};
use crate::time::Stamp;
use std::time::Duration;

/// The remaining times that are milestones, besides half of the phase.
const REMAINING_TIME_MILESTONES: [Duration; 3] =
    [Duration::from_mins(5), Duration::from_mins(2), Duration::from_mins(1)];
/// A half that is shorter is not a milestone (P).
const MIN_HALF_MILESTONE: Duration = Duration::from_secs(5);
/// A milestone later than this would be wrong (P).
const MAX_MILESTONE_DELAY: Duration = Duration::from_secs(2);

/// Which milestones were already given.
#[derive(Debug, Default)]
pub(crate) struct Milestones {
    /// The phase and its remaining time at the last call.
    last_phase_and_remaining: Option<(usize, Duration)>,
    /// Whether an alert was sent since then.
    has_alert_since: bool,
}

impl Milestones {
    /// Notes that an alert was sent: a milestone at the same moment is not needed.
    pub(crate) fn note_alert(&mut self) {
        self.has_alert_since = true;
    }

    /// The remaining time at each milestone that was reached since the last call; the first call gives none.
    pub(crate) fn collect_reached(
        &mut self,
        session: &Session,
        snapshot: &Snapshot,
        now: &Stamp,
    ) -> Vec<Duration> {
        let (phase, remaining) = (session.current_phase_index(), snapshot.phase.remaining);
        let previous = self.last_phase_and_remaining.replace((phase, remaining));
        let previous_remaining = match previous {
            Some((previous_phase, previous_remaining)) if previous_phase == phase => previous_remaining,
            _ => remaining,
        };
        let had_alert = std::mem::take(&mut self.has_alert_since);
        let max_delay = MAX_MILESTONE_DELAY * session.header().settings.speed_factor();
        let mut reached = upcoming_milestones(snapshot.phase.planned, previous_remaining);
        reached.retain(|milestone| milestone.checked_sub(remaining).is_some_and(|delay| delay < max_delay));
        // The timer may be about to send an alert for the same moment.
        if snapshot.state != State::Running
            || reached.is_empty()
            || had_alert
            || !session.due_alerts(now).is_empty()
        {
            return Vec::new();
        }
        reached
    }

    /// How long until the next milestone in real time; `None` if there is none.
    pub(crate) fn time_until_next(session: &Session, snapshot: &Snapshot) -> Option<Duration> {
        let remaining = snapshot.phase.remaining;
        let next_milestone = *upcoming_milestones(snapshot.phase.planned, remaining).first()?;
        (snapshot.state == State::Running).then(|| session.session_to_real_time(remaining - next_milestone))
    }
}

/// The remaining times of the milestones ahead, in order, for a phase with this length and this much remaining.
fn upcoming_milestones(planned: Duration, remaining: Duration) -> Vec<Duration> {
    let half = Duration::from_secs(planned.as_secs().div_ceil(2));
    let half = Some(half).filter(|half| *half >= MIN_HALF_MILESTONE);
    let mut milestones: Vec<Duration> = REMAINING_TIME_MILESTONES.into_iter().chain(half).collect();
    milestones.retain(|milestone| *milestone < planned && *milestone < remaining);
    milestones.sort_unstable_by(|one, other| other.cmp(one));
    milestones.dedup();
    milestones
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upcoming_seconds(planned: u64, remaining: u64) -> Vec<u64> {
        let milestones = upcoming_milestones(Duration::from_secs(planned), Duration::from_secs(remaining));
        milestones.iter().map(Duration::as_secs).collect()
    }

    #[test]
    fn milestones_are_in_order_and_unique() {
        assert_eq!(upcoming_seconds(1200, 1200), [600, 300, 120, 60]);
        assert_eq!(upcoming_seconds(600, 600), [300, 120, 60], "the half is one of them");
        assert_eq!(upcoming_seconds(1200, 300), [120, 60], "what is reached is behind");
        assert_eq!(upcoming_seconds(1200, 299), [120, 60]);
        assert_eq!(upcoming_seconds(360, 360), [300, 180, 120, 60]);
        assert_eq!(upcoming_seconds(1200, 0), [0; 0]);
    }

    #[test]
    fn milestones_are_shorter_than_the_phase() {
        assert_eq!(upcoming_seconds(300, 300), [150, 120, 60]);
        assert_eq!(upcoming_seconds(90, 90), [60, 45]);
        assert_eq!(upcoming_seconds(60, 60), [30]);
        assert_eq!(upcoming_seconds(15, 15), [8], "in whole seconds");
        assert_eq!(upcoming_seconds(3, 3), [0; 0], "the half of nothing is no news");
        assert_eq!(upcoming_seconds(0, 0), [0; 0]);
    }

    #[test]
    fn an_extension_brings_postponed_milestones_back() {
        assert_eq!(upcoming_seconds(1200, 240), [120, 60]);
        assert_eq!(upcoming_seconds(1500, 540), [300, 120, 60]);
    }
}
