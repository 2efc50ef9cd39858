//! Lying without a break: after a few hours the person is reminded to get up for a moment (D2).

use super::{Alert, Session};
use crate::protocol::{Exposure, Guard, Kind};
use std::time::Duration;

/// It is said again so much later (P).
const AGAIN: Duration = Duration::from_hours(1);

impl Session {
    /// How long the person has lain without a break, what earlier sessions leave included, and the phase that it
    /// began in. None where the current phase had a break of its own: when in it, is not known any more.
    fn lain(&self, guard: &Guard) -> Option<(Duration, usize)> {
        let current = self.current();
        let (mut lain, mut since) = (guard.carried, 0);
        for (index, (progress, phase)) in self.phases.iter().zip(&self.plan().phases).enumerate() {
            if guard.is_broken(lain) {
                (lain, since) = (Exposure { unbroken: Duration::ZERO, ..lain }, index);
            }
            // Whoever pauses may get up, and of what nobody timed nobody knows.
            let up = progress.parts.paused.saturating_add(progress.parts.unknown);
            let on = progress.parts.elapsed().saturating_sub(up);
            if index == current {
                return (up < guard.rest).then(|| (lain.unbroken.saturating_add(on), since));
            }
            let kind = if phase.kind.is_lying() { guard.kind } else { Kind::Move };
            lain = guard.after(guard.after(lain, kind, on), Kind::Move, up);
        }
        None
    }

    /// The reminder that is due, if the person is lying now and has been for long.
    pub(super) fn get_up(&self) -> Option<Alert> {
        let (lain, most, since) = self.lying()?;
        let times = lain.checked_sub(most)?.as_secs() / AGAIN.as_secs();
        Some(Alert::GetUp { since, hours: (most + AGAIN * times as u32).as_secs() / 3600 })
    }

    /// How long until the next reminder.
    pub(super) fn until_get_up(&self) -> Option<Duration> {
        let (lain, most, _) = self.lying()?;
        match lain.checked_sub(most) {
            None => Some(most - lain),
            Some(over) => Some(AGAIN - Duration::from_nanos((over.as_nanos() % AGAIN.as_nanos()) as u64)),
        }
    }

    fn lying(&self) -> Option<(Duration, Duration, usize)> {
        let guard = self.plan().lying.as_ref()?;
        if !self.is_running() || !self.planned().kind.is_lying() {
            return None;
        }
        let (lain, since) = self.lain(guard)?;
        Some((lain, guard.most, since))
    }
}
