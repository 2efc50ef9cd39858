//! What is told again until somebody answers, and when that is given up.
//!
//! The figures are this program's choice (P): a pack that nobody takes off is worse than a reminder too many.

use super::{Alert, Session, Swap};
use crate::time::Stamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A question that nobody answers, or a deadline past which nobody swaps, is given up after this.
const GIVE_UP: Duration = Duration::from_hours(2);
/// A pause is given up after this.
const GIVE_UP_PAUSED: Duration = Duration::from_hours(4);

/// The question in the middle of a phase is asked no more often: nobody has a pack on for so many minutes.
const MOST_CHECKS: u32 = 60;

/// So long after something was told, the first key says no more than that it was heard.
const RINGS: Duration = Duration::from_mins(1);

/// Why the person is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nag {
    /// Nobody has confirmed an automatic swap.
    Swap,
    /// A phase's time is up, and the swap is the person's to say.
    Overdue,
    /// A question is open.
    Asking,
    /// Nobody has answered the question in the middle of a phase.
    Check,
    /// The session is paused, and a pack may still be on.
    Paused,
    /// The session is complete, and the pack may still be on.
    End,
}

impl Nag {
    /// When it is told for the `nth` time, from 1.
    fn at(self, nth: u32) -> Option<Duration> {
        let minutes = match (self, nth) {
            (Nag::Swap, 1..=3) => 1 << (nth - 1),
            (Nag::Paused, 1) => 10,
            // In the fifth it is closed.
            (Nag::End, 1..=4) => nth,
            // At once, and until the phase is over.
            (Nag::Check, 1..=MOST_CHECKS) => nth - 1,
            (Nag::Overdue | Nag::Asking, 1..=10) => nth,
            // Up to when it is given up.
            (Nag::Overdue | Nag::Asking, 11..=20) => 10 + (nth - 10) * 10,
            _ => return None,
        };
        Some(Duration::from_mins(minutes.into()))
    }

    fn gives_up_after(self) -> Option<Duration> {
        match self {
            Nag::Swap | Nag::Check | Nag::End => None,
            Nag::Overdue | Nag::Asking => Some(GIVE_UP),
            Nag::Paused => Some(GIVE_UP_PAUSED),
        }
    }
}

impl Session {
    /// What there is to be told again, and for how long already.
    pub(super) fn nag(&self) -> Option<(Nag, Duration)> {
        let phase = self.phase();
        match () {
            () if !self.watched => None,
            () if self.is_over() => self.unanswered_end().map(|lasted| (Nag::End, lasted)),
            () if self.paused => Some((Nag::Paused, self.held_for)),
            () if self.asking => Some((Nag::Asking, self.held_for)),
            () if self.open_offer().is_some() => Some((Nag::Asking, phase.late)),
            () if self.is_up() && self.begun.settings.swap == Swap::Ask => {
                Some((Nag::Overdue, phase.parts.overdue))
            }
            () if self.unchecked_for().is_some() => self.unchecked_for().map(|lasted| (Nag::Check, lasted)),
            () if self.is_unconfirmed() && self.moves_a_pack() => Some((Nag::Swap, phase.parts.elapsed())),
            () => None,
        }
    }

    /// For how long the question in the middle of the current phase is open, if it is.
    pub(super) fn unchecked_for(&self) -> Option<Duration> {
        self.phase().parts.active.checked_sub(self.check_at()?)
    }

    /// How long until that question.
    pub(super) fn until_check(&self) -> Option<Duration> {
        self.check_at()?.checked_sub(self.phase().parts.active).filter(|left| !left.is_zero())
    }

    /// How far into the current phase it is asked whether somebody is there; nothing where it is not, or was answered.
    fn check_at(&self) -> Option<Duration> {
        let phase = self.planned();
        let is_asked = phase.check.is_some() && self.is_running() && !self.phase().is_there;
        // Of a phase that got longer, the middle of what makes it long enough: it must not move any more.
        let from = phase.check_from_s.map(Duration::from_secs).unwrap_or_default();
        let middle = self.own_length().max(from) / 2;
        (is_asked && self.length() >= from).then_some(middle)
    }

    /// Whether a pack goes on or comes off with the last swap: only then does it matter that it was heard.
    fn moves_a_pack(&self) -> bool {
        self.planned().kind.is_pack()
            || self.done_before(self.current()).is_some_and(|before| before.kind.is_pack())
    }

    /// Whether an alarm rings, and the first key only silences it.
    pub fn is_ringing(&self, now: &Stamp) -> bool {
        self.rings_for(now).is_some()
    }

    /// For how long still it rings, if it does.
    pub(super) fn rings_for(&self, now: &Stamp) -> Option<Duration> {
        let rung = now.since(self.rang.as_ref()?).total;
        let left = RINGS.checked_sub(rung).filter(|left| !left.is_zero());
        left.filter(|_| self.at(now).nag().is_some())
    }

    /// What is to be told again now: of all the times that have come, only the last counts.
    pub(super) fn again(&self) -> Option<Alert> {
        let (why, lasted) = self.nag()?;
        let nth = (1..).take_while(|nth| why.at(*nth).is_some_and(|at| self.as_real(at) <= lasted)).last()?;
        Some(Alert::Again { why, phase: self.current(), turn: self.holds, nth })
    }

    /// How long until something is to be told again, or given up.
    pub(super) fn until_nag(&self) -> Option<Duration> {
        let (why, lasted) = self.nag()?;
        let times = (1..).map_while(|nth| why.at(nth)).map(|at| self.as_real(at));
        let next = times.filter(|at| *at > lasted).min();
        let limit = why.gives_up_after().map(|limit| self.as_real(limit));
        next.into_iter().chain(limit).map(|at| at.saturating_sub(lasted)).min()
    }

    /// Whether nobody has answered for so long that nobody will.
    pub(super) fn is_given_up(&self) -> bool {
        self.nag().is_some_and(|(why, lasted)| {
            why.gives_up_after().is_some_and(|limit| lasted >= self.as_real(limit))
        })
    }

    /// People are no faster in a rehearsal: what waits for them goes by the clock.
    pub(super) fn as_real(&self, length: Duration) -> Duration {
        length.saturating_mul(self.factor())
    }
}
