//! Lying without a break: after a few hours the person is reminded to get up for a moment (D2).

use super::{Alert, Session};
use crate::protocol::{Exposure, ExposureLimit, PhaseKind};
use std::time::Duration;

/// It is said again so much later (P).
const GET_UP_INTERVAL: Duration = Duration::from_hours(1);

impl Session {
    /// How long the person has lain without a break, what earlier sessions leave included, and the phase that it
    /// began in. None where the current phase had a break of its own: when in it, is not known any more.
    fn time_lying(&self, guard: &ExposureLimit) -> Option<(Duration, usize)> {
        let current = self.current_phase_index();
        let (mut lain, mut since) = (guard.carry_over, 0);
        for (index, (progress, phase)) in self.phase_progress.iter().zip(&self.plan().phases).enumerate() {
            if guard.has_had_break(lain) {
                (lain, since) = (Exposure { unbroken: Duration::ZERO, ..lain }, index);
            }
            // Whoever pauses may get up, and of what nobody timed nobody knows.
            let up = progress.time_breakdown.paused.saturating_add(progress.time_breakdown.unknown);
            let on = progress.time_breakdown.elapsed().saturating_sub(up);
            if index == current {
                return (up < guard.min_break).then(|| (lain.unbroken.saturating_add(on), since));
            }
            let kind = if phase.kind.is_lying_down() { guard.kind } else { PhaseKind::Move };
            lain = guard.exposure_after(guard.exposure_after(lain, kind, on), PhaseKind::Move, up);
        }
        None
    }

    /// The reminder that is due, if the person is lying now and has been for long.
    pub(super) fn due_get_up_alert(&self) -> Option<Alert> {
        let (lain, most, since) = self.current_lying_spell()?;
        let times = lain.checked_sub(most)?.as_secs() / GET_UP_INTERVAL.as_secs();
        Some(Alert::GetUp {
            since_phase: since,
            hours: (most + GET_UP_INTERVAL * times as u32).as_secs() / 3600,
        })
    }

    /// How long until the next reminder.
    pub(super) fn time_until_get_up_alert(&self) -> Option<Duration> {
        let (lain, most, _) = self.current_lying_spell()?;
        match lain.checked_sub(most) {
            None => Some(most - lain),
            Some(over) => Some(
                GET_UP_INTERVAL - Duration::from_nanos((over.as_nanos() % GET_UP_INTERVAL.as_nanos()) as u64),
            ),
        }
    }

    fn current_lying_spell(&self) -> Option<(Duration, Duration, usize)> {
        let guard = self.plan().lying_limit.as_ref()?;
        if !self.is_phase_running() || !self.current_phase().kind.is_lying_down() {
            return None;
        }
        let (lain, since) = self.time_lying(guard)?;
        Some((lain, guard.max_unbroken, since))
    }
}
