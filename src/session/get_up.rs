//! Lying without a break: after a few hours the person is reminded to get up for a moment (D2).

use super::{Alert, Session};
use crate::protocol::{ExposureLimit, PhaseKind};
use std::time::Duration;

/// The time between two reminders (P).
const GET_UP_INTERVAL: Duration = Duration::from_hours(1);

impl Session {
    /// How long the person has been lying without a break, including earlier sessions, and the index of the phase in
    /// which it began. `None` if the current phase had a break of its own, as it is unknown when in the phase that was.
    fn time_lying(&self, limit: &ExposureLimit) -> Option<(Duration, usize)> {
        let current = self.current_phase_index();
        let (mut exposure, mut since_phase) = (limit.carry_over, 0);
        for (index, (progress, phase)) in self.phase_progress.iter().zip(&self.plan().phases).enumerate() {
            if limit.has_had_break(exposure) {
                exposure.unbroken = Duration::ZERO;
                since_phase = index;
            }
            // The person may get up during a pause or in untimed time.
            let maybe_up = progress.time_breakdown.paused.saturating_add(progress.time_breakdown.unknown);
            let lying = progress.time_breakdown.elapsed().saturating_sub(maybe_up);
            if index == current {
                return (maybe_up < limit.min_break)
                    .then(|| (exposure.unbroken.saturating_add(lying), since_phase));
            }
            let kind = if phase.kind.is_lying_down() { limit.kind } else { PhaseKind::Move };
            exposure =
                limit.exposure_after(limit.exposure_after(exposure, kind, lying), PhaseKind::Move, maybe_up);
        }
        None
    }

    /// The reminder that is due, if the person is lying now and has been for too long.
    pub(super) fn due_get_up_alert(&self) -> Option<Alert> {
        let (time_lying, max_lying, since_phase) = self.current_lying_spell()?;
        let intervals = time_lying.checked_sub(max_lying)?.as_secs() / GET_UP_INTERVAL.as_secs();
        Some(Alert::GetUp {
            since_phase,
            hours: (max_lying + GET_UP_INTERVAL * intervals as u32).as_secs() / 3600,
        })
    }

    /// How long until the next reminder.
    pub(super) fn time_until_get_up_alert(&self) -> Option<Duration> {
        let (time_lying, max_lying, _) = self.current_lying_spell()?;
        match time_lying.checked_sub(max_lying) {
            None => Some(max_lying - time_lying),
            Some(excess) => Some(
                GET_UP_INTERVAL
                    - Duration::from_nanos((excess.as_nanos() % GET_UP_INTERVAL.as_nanos()) as u64),
            ),
        }
    }

    /// The time lying without a break, the longest allowed, and the phase in which it began.
    fn current_lying_spell(&self) -> Option<(Duration, Duration, usize)> {
        let limit = self.plan().lying_limit.as_ref()?;
        if !self.is_phase_running() || !self.current_phase().kind.is_lying_down() {
            return None;
        }
        let (time_lying, since_phase) = self.time_lying(limit)?;
        Some((time_lying, limit.max_unbroken, since_phase))
    }
}
