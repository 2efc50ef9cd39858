//! The milestones of a phase: a line where no screen counts down, and the voice, say now and then what is left.

use super::{Session, Snapshot, State};
use crate::time::Stamp;
use std::time::Duration;

/// What is left of a phase when that is said, beside its half.
const REMAINING_TIME_MILESTONES: [Duration; 3] =
    [Duration::from_mins(5), Duration::from_mins(2), Duration::from_mins(1)];
/// A half that is shorter is no news (P).
const MIN_HALF_MILESTONE: Duration = Duration::from_secs(5);
/// Said later than this, a milestone would be wrong (P).
const MAX_MILESTONE_DELAY: Duration = Duration::from_secs(2);

/// How far whoever says them has come.
#[derive(Debug, Default)]
pub(crate) struct Milestones {
    /// At the last look: which phase, and what was left of it.
    last_phase_and_remaining: Option<(usize, Duration)>,
    /// Whether something was told since then.
    has_alert_since: bool,
}

impl Milestones {
    /// Something was told: what is reached at the same moment need not be said.
    pub(crate) fn note_alert(&mut self) {
        self.has_alert_since = true;
    }

    /// What is left of the phase, for each one that was reached since the last look; at the first there is none.
    pub(crate) fn collect_reached(
        &mut self,
        session: &Session,
        snapshot: &Snapshot,
        now: &Stamp,
    ) -> Vec<Duration> {
        let (current, left) = (session.current_phase_index(), snapshot.phase.remaining);
        let last =
            self.last_phase_and_remaining.replace((current, left)).filter(|(phase, _)| *phase == current);
        let told = std::mem::take(&mut self.has_alert_since);
        let before = last.map_or(left, |(_, left)| left);
        let stale = MAX_MILESTONE_DELAY * session.header().settings.speed_factor();
        let mut reached = upcoming_milestones(snapshot.phase.planned, before);
        reached.retain(|at| at.checked_sub(left).is_some_and(|late| late < stale));
        // The timer may be just about to tell of the same moment.
        if snapshot.state != State::Running
            || reached.is_empty()
            || told
            || !session.due_alerts(now).is_empty()
        {
            return Vec::new();
        }
        reached
    }

    /// How long until the next one, as the clock runs; nothing where none is ahead.
    pub(crate) fn time_until_next(session: &Session, snapshot: &Snapshot) -> Option<Duration> {
        let left = snapshot.phase.remaining;
        let next = *upcoming_milestones(snapshot.phase.planned, left).first()?;
        (snapshot.state == State::Running).then(|| session.session_to_real_time(left - next))
    }
}

/// What will be left at the milestones that are ahead, in their order, in a phase of that length of which so much is
/// left.
fn upcoming_milestones(planned: Duration, left: Duration) -> Vec<Duration> {
    let half = Duration::from_secs(planned.as_secs().div_ceil(2));
    let half = Some(half).filter(|half| *half >= MIN_HALF_MILESTONE);
    let mut ahead: Vec<Duration> = REMAINING_TIME_MILESTONES.into_iter().chain(half).collect();
    ahead.retain(|at| *at < planned && *at < left);
    ahead.sort_unstable_by(|one, other| other.cmp(one));
    ahead.dedup();
    ahead
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(planned: u64, left: u64) -> Vec<u64> {
        let ahead = upcoming_milestones(Duration::from_secs(planned), Duration::from_secs(left));
        ahead.iter().map(Duration::as_secs).collect()
    }

    #[test]
    fn they_come_in_order_and_each_once() {
        assert_eq!(seconds(1200, 1200), [600, 300, 120, 60]);
        assert_eq!(seconds(600, 600), [300, 120, 60], "the half is one of them");
        assert_eq!(seconds(1200, 300), [120, 60], "what is reached is behind");
        assert_eq!(seconds(1200, 299), [120, 60]);
        assert_eq!(seconds(360, 360), [300, 180, 120, 60]);
        assert_eq!(seconds(1200, 0), [0; 0]);
    }

    #[test]
    fn what_is_not_shorter_than_the_phase_is_none() {
        assert_eq!(seconds(300, 300), [150, 120, 60]);
        assert_eq!(seconds(90, 90), [60, 45]);
        assert_eq!(seconds(60, 60), [30]);
        assert_eq!(seconds(15, 15), [8], "in whole seconds");
        assert_eq!(seconds(3, 3), [0; 0], "the half of nothing is no news");
        assert_eq!(seconds(0, 0), [0; 0]);
    }

    #[test]
    fn more_time_brings_those_back_that_it_puts_off() {
        assert_eq!(seconds(1200, 240), [120, 60]);
        assert_eq!(seconds(1500, 540), [300, 120, 60]);
    }
}
