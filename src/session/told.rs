//! What the person is told, and when.

use super::{Button, Nag, Session, State, Swap};
use crate::{record::Outcome, time::Stamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Standing up is slow: a swap is announced this long before (P).
pub(super) const WARNING: Duration = Duration::from_mins(2);
/// A phase shorter than this has no warning (P).
const WORTH_A_WARNING: Duration = Duration::from_mins(5);

/// Something that the person is told, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Alert {
    /// The session begins.
    Start,
    /// A swap comes soon.
    Warn {
        /// The phase that is about to end, from 0.
        phase: usize,
    },
    /// A phase's time is up, and the person is asked to swap.
    Up {
        /// The phase whose time is up, from 0.
        phase: usize,
    },
    /// The person is asked whether the next phase is to begin.
    Ask {
        /// The phase that would begin, from 0.
        phase: usize,
    },
    /// The person has been lying for hours, and is reminded to get up for a moment.
    GetUp {
        /// The phase that it began in, from 0.
        since: usize,
        /// For how many hours.
        hours: u64,
    },
    /// Swap now.
    Swap {
        /// The phase that begins, from 0.
        phase: usize,
    },
    /// The computer slept, and the person is asked before the session goes on.
    Woke {
        /// The phase that it slept in, from 0.
        phase: usize,
        /// Which hold of the session this is.
        turn: u32,
    },
    /// The session is paused.
    Paused {
        /// Which hold of the session this is.
        turn: u32,
    },
    /// The session goes on after a pause or a question.
    GoesOn {
        /// The hold that is over.
        turn: u32,
    },
    /// Something is told again.
    Again {
        /// Why.
        why: Nag,
        /// The phase, from 0.
        phase: usize,
        /// Which hold of the session this is.
        turn: u32,
        /// For the how manieth time, from 1.
        nth: u32,
    },
    /// Nobody answered, and the session is closed.
    GivenUp,
    /// The session is complete.
    End,
    /// The session was stopped.
    Stopped,
}

/// An alert in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The heading.
    pub title: String,
    /// What to do.
    pub body: String,
    /// How to answer it, for whoever has no keys before them; empty where nothing asks for one.
    pub answer: String,
    /// Whether it must not be missed.
    pub critical: bool,
    /// Whether it asks the person to do something now; the others come for information.
    pub urgent: bool,
    /// What the person may say to it with one touch.
    pub buttons: Vec<Button>,
}

impl Session {
    /// What the person must be told by `now` and was not.
    pub fn due(&self, now: &Stamp) -> Vec<Alert> {
        let session = self.at(now);
        let phase = session.current();
        let state = match session.is_over() {
            true if session.ended_as(&Outcome::Completed) => Alert::End,
            true if session.ended_as(&Outcome::Interrupted) => Alert::GivenUp,
            true => Alert::Stopped,
            false if phase == 0 => Alert::Start,
            false => Alert::Swap { phase },
        };
        // What never ran was no swap.
        let state = Some(state).filter(|_| session.is_over() || !session.own_length().is_zero());
        let warns = session.is_running() && session.until_warning() == Some(Duration::ZERO);
        let offers = session.open_offer().map(|_| Alert::Ask { phase: phase + 1 });
        let waits = session.is_up() && session.begun.settings.swap == Swap::Ask && !session.asking;
        let alerts = [
            state,
            session.hold_alert(),
            warns.then_some(Alert::Warn { phase }),
            offers.or(waits.then_some(Alert::Up { phase })),
            session.again(),
            session.get_up(),
        ];
        alerts.into_iter().flatten().filter(|alert| !session.told.contains(alert)).collect()
    }

    /// What stands on a screen in place of what was told last, where that is over: of a question that was answered or
    /// an announcement whose swap was put off. It is what is told of the phase when it begins.
    pub fn told_instead(&self, last: Alert, now: &Stamp) -> Option<Message> {
        let session = self.at(now);
        let phase = session.current();
        let is_over = match last {
            Alert::Again { why, .. } => session.nag().is_none_or(|(open, _)| open != why),
            Alert::Warn { phase: warned } => warned == phase && session.remaining() > WARNING,
            Alert::Up { phase: up } => up == phase && !session.is_up(),
            Alert::Ask { phase: next } => next == phase + 1 && session.open_offer().is_none(),
            _ => false,
        };
        let begins = if phase == 0 { Alert::Start } else { Alert::Swap { phase } };
        (is_over && session.is_running()).then(|| session.message(begins))
    }

    /// What is told of a pause, of a question after a sleep, and of the end of either.
    fn hold_alert(&self) -> Option<Alert> {
        let (phase, turn) = (self.current(), self.holds);
        let was_told =
            [Alert::Woke { phase, turn }, Alert::Paused { turn }].iter().any(|told| self.told.contains(told));
        match () {
            () if self.is_over() || !self.watched => None,
            () if self.asking => Some(Alert::Woke { phase, turn }),
            () if self.paused => Some(Alert::Paused { turn }),
            () if was_told && self.is_running() => Some(Alert::GoesOn { turn }),
            () => None,
        }
    }

    /// How long until the coming swap is to be announced; nothing where it is not, or was.
    pub(super) fn until_warning(&self) -> Option<Duration> {
        let phase = self.current();
        // Only where there is something to fetch or to get up for. A question comes soon enough.
        let next = self.plan().phases.get(phase + 1).filter(|next| next.offer.is_none());
        let takes_time = next.is_some_and(|next| {
            next.kind.is_pack() || self.planned().kind.is_lying() && !next.kind.is_lying()
        });
        let worth = !self.is_over() && takes_time && self.planned().planned() >= WORTH_A_WARNING;
        let told = self.told.contains(&Alert::Warn { phase });
        (worth && !told).then(|| self.remaining().saturating_sub(WARNING))
    }
}

impl Alert {
    /// Whether it is told once the time of that phase is up, and again should it get more time.
    pub fn is_of_the_end_of(self, phase: usize) -> bool {
        match self {
            Alert::Up { phase: up } => up == phase,
            Alert::Ask { phase: next } => next == phase + 1,
            Alert::Again { why: Nag::Asking, phase: asking, .. } => asking == phase,
            _ => false,
        }
    }

    /// Whether it asks for an answer.
    pub(super) fn rings(self) -> bool {
        match self {
            Alert::Up { .. } | Alert::Ask { .. } | Alert::Swap { .. } | Alert::Woke { .. } | Alert::End => {
                true
            }
            Alert::Again { why, .. } => why != Nag::Paused,
            Alert::Start
            | Alert::Warn { .. }
            | Alert::GetUp { .. }
            | Alert::Paused { .. }
            | Alert::GoesOn { .. }
            | Alert::GivenUp
            | Alert::Stopped => false,
        }
    }
}

impl State {
    /// The word for it, in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Overdue => "overdue",
            State::Asking => "asking",
            State::Paused => "paused",
            State::Ended => "ended",
            State::CutOff => "cut_off",
        }
    }
}
