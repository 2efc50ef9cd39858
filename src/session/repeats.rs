//! Alerts that are repeated until the person answers, and when the session gives up.
//!
//! The figures are this program's own choice (P): a pack that stays on is worse than a reminder too many.

use super::{Alert, Session, SwapMode};
use crate::{limits::PAUSE_REMINDER_AFTER, time::Stamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an unanswered question, or a deadline without a swap, may last before the session is closed.
const ABANDON_AFTER: Duration = Duration::from_hours(2);
/// How long a pause may last before the session is closed.
const ABANDON_PAUSED_AFTER: Duration = Duration::from_hours(4);

/// The most presence checks in a phase: nobody has a pack on for so many minutes.
const MAX_PRESENCE_CHECKS: u32 = 60;

/// For this long after an alert, the first key only silences it.
const RINGING_LENGTH: Duration = Duration::from_mins(1);

/// Why an alert is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// The person has not confirmed an automatic swap.
    #[serde(rename = "swap")]
    UnconfirmedSwap,
    /// A phase's time is up, and the person must confirm the swap.
    Overdue,
    /// A question is open.
    #[serde(rename = "asking")]
    UnansweredPrompt,
    /// The presence check is not answered.
    #[serde(rename = "check")]
    PresenceCheck,
    /// The session is paused, and a pack may still be on.
    Paused,
    /// The session is complete, and the pack may still be on.
    #[serde(rename = "end")]
    UnansweredEnd,
}

impl Repeat {
    /// After how long the `nth` repeat comes, from 1.
    fn nth_repeat_after(self, nth: u32) -> Option<Duration> {
        let minutes = match (self, nth) {
            (Repeat::UnconfirmedSwap, 1..=3) => 1 << (nth - 1),
            (Repeat::Paused, 1) => return Some(PAUSE_REMINDER_AFTER.value),
            // At five minutes the session is closed.
            (Repeat::UnansweredEnd, 1..=4) => nth,
            // At once, and then until the phase is over.
            (Repeat::PresenceCheck, 1..=MAX_PRESENCE_CHECKS) => nth - 1,
            (Repeat::Overdue | Repeat::UnansweredPrompt, 1..=10) => nth,
            // Up to the end of the wait.
            (Repeat::Overdue | Repeat::UnansweredPrompt, 11..=20) => 10 + (nth - 10) * 10,
            _ => return None,
        };
        Some(Duration::from_mins(minutes.into()))
    }

    fn abandon_after(self) -> Option<Duration> {
        match self {
            Repeat::UnconfirmedSwap | Repeat::PresenceCheck | Repeat::UnansweredEnd => None,
            Repeat::Overdue | Repeat::UnansweredPrompt => Some(ABANDON_AFTER),
            Repeat::Paused => Some(ABANDON_PAUSED_AFTER),
        }
    }
}

impl Session {
    /// How often the person asked to hear the last alert again.
    pub(crate) fn alert_repeat_requests(&self) -> u32 {
        self.alert_repeat_requests
    }

    /// The reason for repeating an alert now, and how long it has lasted.
    pub(super) fn active_repeat(&self) -> Option<(Repeat, Duration)> {
        if !self.has_timer {
            return None;
        }
        if self.is_over() {
            return self.time_since_unanswered_end().map(|duration| (Repeat::UnansweredEnd, duration));
        }
        if self.is_paused {
            return Some((Repeat::Paused, self.clock_stopped_for));
        }
        if self.has_resume_prompt {
            return Some((Repeat::UnansweredPrompt, self.clock_stopped_for));
        }
        let progress = self.current_progress();
        if self.open_optional_step().is_some() {
            return Some((Repeat::UnansweredPrompt, progress.late_by));
        }
        if self.is_phase_time_up() && self.header.settings.swap == SwapMode::Ask {
            return Some((Repeat::Overdue, progress.time_breakdown.overdue));
        }
        if let Some(duration) = self.presence_check_open_for() {
            return Some((Repeat::PresenceCheck, duration));
        }
        if self.is_swap_unconfirmed() && self.has_swap_moved_pack() {
            return Some((Repeat::UnconfirmedSwap, progress.time_breakdown.elapsed()));
        }
        None
    }

    /// How long the presence check of the current phase has been open, if it is.
    pub(super) fn presence_check_open_for(&self) -> Option<Duration> {
        self.current_progress().time_breakdown.active.checked_sub(self.presence_check_offset()?)
    }

    /// How long until the presence check.
    pub(super) fn time_until_presence_check(&self) -> Option<Duration> {
        self.presence_check_offset()?
            .checked_sub(self.current_progress().time_breakdown.active)
            .filter(|left| !left.is_zero())
    }

    /// How far into the current phase the presence check comes; `None` if there is none, or it was answered.
    fn presence_check_offset(&self) -> Option<Duration> {
        let phase = self.current_phase();
        let is_asked = phase.presence_check.is_some()
            && self.is_phase_running()
            && !self.current_progress().has_answered_check;
        // For an extended phase, the middle of the shortest length with a check: the check must not move any more.
        let min_length = phase.presence_check_min_phase_s.map(Duration::from_secs).unwrap_or_default();
        let middle = self.base_phase_length().max(min_length) / 2;
        (is_asked && self.phase_length() >= min_length).then_some(middle)
    }

    /// Whether the last swap put a pack on or took one off: only then must it be confirmed.
    fn has_swap_moved_pack(&self) -> bool {
        self.current_phase().kind.has_pack()
            || self.phase_run_before(self.current_phase_index()).is_some_and(|before| before.kind.has_pack())
    }

    /// Whether an alarm rings, so that the first key only silences it.
    pub fn is_ringing(&self, now: &Stamp) -> bool {
        self.ringing_time_left(now).is_some()
    }

    /// How much longer the alarm rings, if it does.
    pub(super) fn ringing_time_left(&self, now: &Stamp) -> Option<Duration> {
        let ringing_time = now.since(self.ringing_since.as_ref()?).total;
        let time_left = RINGING_LENGTH.checked_sub(ringing_time).filter(|time_left| !time_left.is_zero());
        time_left.filter(|_| self.at(now).active_repeat().is_some())
    }

    /// The repeat that is due now: of all whose time has come, only the last counts.
    pub(super) fn due_repeat_alert(&self) -> Option<Alert> {
        let (reason, duration) = self.active_repeat()?;
        let nth = (1..)
            .take_while(|nth| {
                reason
                    .nth_repeat_after(*nth)
                    .is_some_and(|after| self.real_to_session_time(after) <= duration)
            })
            .last()?;
        Some(Alert::Repeated {
            reason,
            phase: self.current_phase_index(),
            clock_stop_number: self.clock_stop_count,
            nth,
        })
    }

    /// How long until the next repeat, or until the session is closed.
    pub(super) fn time_until_repeat(&self) -> Option<Duration> {
        let (reason, duration) = self.active_repeat()?;
        let repeats =
            (1..).map_while(|nth| reason.nth_repeat_after(nth)).map(|after| self.real_to_session_time(after));
        let next_repeat = repeats.filter(|after| *after > duration).min();
        let abandon = reason.abandon_after().map(|after| self.real_to_session_time(after));
        next_repeat.into_iter().chain(abandon).map(|after| after.saturating_sub(duration)).min()
    }

    /// Whether there was no answer for so long that the session is closed.
    pub(super) fn is_abandon_due(&self) -> bool {
        self.active_repeat().is_some_and(|(reason, duration)| {
            reason.abandon_after().is_some_and(|after| duration >= self.real_to_session_time(after))
        })
    }

    /// Converts real time to session time: people are not faster in a rehearsal.
    pub(super) fn real_to_session_time(&self, real_time: Duration) -> Duration {
        real_time.saturating_mul(self.speed_factor())
    }
}
