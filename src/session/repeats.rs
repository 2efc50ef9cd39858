//! What is told again until somebody answers, and when that is given up.
//!
//! The figures are this program's choice (P): a pack that nobody takes off is worse than a reminder too many.

use super::{Alert, Session, SwapMode};
use crate::time::Stamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A question that nobody answers, or a deadline past which nobody swaps, is given up after this.
const ABANDON_AFTER: Duration = Duration::from_hours(2);
/// A pause is given up after this.
const ABANDON_PAUSED_AFTER: Duration = Duration::from_hours(4);

/// The question in the middle of a phase is asked no more often: nobody has a pack on for so many minutes.
const MAX_PRESENCE_CHECKS: u32 = 60;

/// So long after something was told, the first key says no more than that it was heard.
const RINGING_LENGTH: Duration = Duration::from_mins(1);

/// Why the person is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Nobody has confirmed an automatic swap.
    #[serde(rename = "swap")]
    UnconfirmedSwap,
    /// A phase's time is up, and the swap is the person's to say.
    Overdue,
    /// A question is open.
    #[serde(rename = "asking")]
    UnansweredPrompt,
    /// Nobody has answered the question in the middle of a phase.
    #[serde(rename = "check")]
    PresenceCheck,
    /// The session is paused, and a pack may still be on.
    Paused,
    /// The session is complete, and the pack may still be on.
    #[serde(rename = "end")]
    UnansweredEnd,
}

impl Repeat {
    /// When it is told for the `nth` time, from 1.
    fn nth_repeat_after(self, nth: u32) -> Option<Duration> {
        let minutes = match (self, nth) {
            (Repeat::UnconfirmedSwap, 1..=3) => 1 << (nth - 1),
            (Repeat::Paused, 1) => 10,
            // In the fifth it is closed.
            (Repeat::UnansweredEnd, 1..=4) => nth,
            // At once, and until the phase is over.
            (Repeat::PresenceCheck, 1..=MAX_PRESENCE_CHECKS) => nth - 1,
            (Repeat::Overdue | Repeat::UnansweredPrompt, 1..=10) => nth,
            // Up to when it is given up.
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
    /// How often the person wanted to hear again what was told last.
    pub(crate) fn repeat_requests(&self) -> u32 {
        self.repeat_requests
    }

    /// What there is to be told again, and for how long already.
    pub(super) fn active_repeat(&self) -> Option<(Repeat, Duration)> {
        let phase = self.current_progress();
        match () {
            () if !self.has_timer => None,
            () if self.is_over() => self.end_unanswered_for().map(|lasted| (Repeat::UnansweredEnd, lasted)),
            () if self.is_paused => Some((Repeat::Paused, self.clock_stopped_for)),
            () if self.has_resume_prompt => Some((Repeat::UnansweredPrompt, self.clock_stopped_for)),
            () if self.open_optional_step().is_some() => Some((Repeat::UnansweredPrompt, phase.late_by)),
            () if self.is_phase_time_up() && self.header.settings.swap == SwapMode::Ask => {
                Some((Repeat::Overdue, phase.time_breakdown.overdue))
            }
            () if self.presence_check_open_for().is_some() => {
                self.presence_check_open_for().map(|lasted| (Repeat::PresenceCheck, lasted))
            }
            () if self.is_swap_unconfirmed() && self.has_swap_moved_pack() => {
                Some((Repeat::UnconfirmedSwap, phase.time_breakdown.elapsed()))
            }
            () => None,
        }
    }

    /// For how long the question in the middle of the current phase is open, if it is.
    pub(super) fn presence_check_open_for(&self) -> Option<Duration> {
        self.current_progress().time_breakdown.active.checked_sub(self.presence_check_offset()?)
    }

    /// How long until that question.
    pub(super) fn time_until_presence_check(&self) -> Option<Duration> {
        self.presence_check_offset()?
            .checked_sub(self.current_progress().time_breakdown.active)
            .filter(|left| !left.is_zero())
    }

    /// How far into the current phase it is asked whether somebody is there; nothing where it is not, or was answered.
    fn presence_check_offset(&self) -> Option<Duration> {
        let phase = self.current_phase();
        let is_asked = phase.presence_check.is_some()
            && self.is_phase_running()
            && !self.current_progress().has_answered_check;
        // Of a phase that got longer, the middle of what makes it long enough: it must not move any more.
        let from = phase.presence_check_min_phase_s.map(Duration::from_secs).unwrap_or_default();
        let middle = self.base_phase_length().max(from) / 2;
        (is_asked && self.phase_length() >= from).then_some(middle)
    }

    /// Whether a pack goes on or comes off with the last swap: only then does it matter that it was heard.
    fn has_swap_moved_pack(&self) -> bool {
        self.current_phase().kind.has_pack()
            || self.phase_run_before(self.current_phase_index()).is_some_and(|before| before.kind.has_pack())
    }

    /// Whether an alarm rings, and the first key only silences it.
    pub fn is_ringing(&self, now: &Stamp) -> bool {
        self.rings_for(now).is_some()
    }

    /// For how long still it rings, if it does.
    pub(super) fn rings_for(&self, now: &Stamp) -> Option<Duration> {
        let rung = now.since(self.ringing_since.as_ref()?).total;
        let left = RINGING_LENGTH.checked_sub(rung).filter(|left| !left.is_zero());
        left.filter(|_| self.at(now).active_repeat().is_some())
    }

    /// What is to be told again now: of all the times that have come, only the last counts.
    pub(super) fn due_repeat_alert(&self) -> Option<Alert> {
        let (why, lasted) = self.active_repeat()?;
        let nth = (1..)
            .take_while(|nth| {
                why.nth_repeat_after(*nth).is_some_and(|at| self.real_to_session_time(at) <= lasted)
            })
            .last()?;
        Some(Alert::Repeated {
            reason: why,
            phase: self.current_phase_index(),
            clock_stop_number: self.clock_stop_count,
            nth,
        })
    }

    /// How long until something is to be told again, or given up.
    pub(super) fn time_until_repeat(&self) -> Option<Duration> {
        let (why, lasted) = self.active_repeat()?;
        let times = (1..).map_while(|nth| why.nth_repeat_after(nth)).map(|at| self.real_to_session_time(at));
        let next = times.filter(|at| *at > lasted).min();
        let limit = why.abandon_after().map(|limit| self.real_to_session_time(limit));
        next.into_iter().chain(limit).map(|at| at.saturating_sub(lasted)).min()
    }

    /// Whether nobody has answered for so long that nobody will.
    pub(super) fn is_abandon_due(&self) -> bool {
        self.active_repeat().is_some_and(|(why, lasted)| {
            why.abandon_after().is_some_and(|limit| lasted >= self.real_to_session_time(limit))
        })
    }

    /// People are no faster in a rehearsal: what waits for them goes by the clock.
    pub(super) fn real_to_session_time(&self, length: Duration) -> Duration {
        length.saturating_mul(self.speed_factor())
    }
}
