//! What the person is told, and when.

use super::{Button, Repeat, Session, State, SwapMode};
use crate::{record::Outcome, time::Stamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Standing up is slow: a swap is announced this long before (P).
pub(super) const SWAP_SOON_LEAD: Duration = Duration::from_mins(2);
/// A phase shorter than this has no warning (P).
const MIN_PHASE_FOR_SWAP_SOON: Duration = Duration::from_mins(5);

/// Something that the person is told, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Alert {
    /// The session begins.
    #[serde(rename = "start")]
    SessionStart,
    /// A swap comes soon.
    #[serde(rename = "warn")]
    SwapSoon {
        /// The phase that is about to end, from 0.
        phase: usize,
    },
    /// A phase's time is up, and the person is asked to swap.
    #[serde(rename = "up")]
    PhaseTimeUp {
        /// The phase whose time is up, from 0.
        phase: usize,
    },
    /// The person is asked whether the next phase is to begin.
    #[serde(rename = "ask")]
    OptionalPrompt {
        /// The phase that would begin, from 0.
        phase: usize,
    },
    /// The person has been lying for hours, and is reminded to get up for a moment.
    GetUp {
        /// The phase that it began in, from 0.
        #[serde(rename = "since")]
        since_phase: usize,
        /// For how many hours.
        hours: u64,
    },
    /// Swap now.
    Swap {
        /// The phase that begins, from 0.
        phase: usize,
    },
    /// The computer slept, and the person is asked before the session goes on.
    #[serde(rename = "woke")]
    ResumePrompt {
        /// The phase that it slept in, from 0.
        phase: usize,
        /// Which hold of the session this is.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
    },
    /// The session is paused.
    Paused {
        /// Which hold of the session this is.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
    },
    /// The session goes on after a pause or a question.
    #[serde(rename = "goes_on")]
    Resumed {
        /// The hold that is over.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
    },
    /// Something is told again.
    #[serde(rename = "again")]
    Repeated {
        /// Why.
        #[serde(rename = "why")]
        reason: Repeat,
        /// The phase, from 0.
        phase: usize,
        /// Which hold of the session this is.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
        /// For the how manieth time, from 1.
        nth: u32,
    },
    /// Nobody answered, and the session is closed.
    #[serde(rename = "given_up")]
    Abandoned,
    /// The session is complete.
    #[serde(rename = "end")]
    Completed,
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
    pub(crate) how_to_answer: String,
    /// Whether it must not be missed.
    pub is_critical: bool,
    /// Whether it asks the person to do something now; the others come for information.
    pub is_urgent: bool,
    /// What the person may say to it with one touch.
    pub(crate) buttons: Vec<Button>,
}

impl Session {
    /// What the person must be told by `now` and was not.
    pub fn due_alerts(&self, now: &Stamp) -> Vec<Alert> {
        let session = self.at(now);
        let phase = session.current_phase_index();
        let state = match session.is_over() {
            true if session.has_ended_as(&Outcome::Completed) => Alert::Completed,
            true if session.has_ended_as(&Outcome::Interrupted) => Alert::Abandoned,
            true => Alert::Stopped,
            false if phase == 0 => Alert::SessionStart,
            false => Alert::Swap { phase },
        };
        // What never ran was no swap.
        let state = Some(state).filter(|_| session.is_over() || !session.base_phase_length().is_zero());
        let warns = session.is_phase_running() && session.time_until_swap_soon() == Some(Duration::ZERO);
        let offers = session.open_optional_step().map(|_| Alert::OptionalPrompt { phase: phase + 1 });
        let waits = session.is_phase_time_up()
            && session.header.settings.swap == SwapMode::Ask
            && !session.has_resume_prompt;
        let alerts = [
            state,
            session.clock_stop_alert(),
            warns.then_some(Alert::SwapSoon { phase }),
            offers.or(waits.then_some(Alert::PhaseTimeUp { phase })),
            session.due_repeat_alert(),
            session.due_get_up_alert(),
        ];
        alerts.into_iter().flatten().filter(|alert| !session.sent_alerts.contains(alert)).collect()
    }

    /// What stands on a screen in place of what was told last, where that is over: of a question that was answered or
    /// an announcement whose swap was put off. It is what is told of the phase when it begins.
    pub(crate) fn replacement_message(&self, last: Alert, now: &Stamp) -> Option<Message> {
        let session = self.at(now);
        let phase = session.current_phase_index();
        let is_over = match last {
            Alert::Repeated { reason: why, .. } => {
                session.active_repeat().is_none_or(|(open, _)| open != why)
            }
            Alert::SwapSoon { phase: warned } => {
                warned == phase && session.phase_remaining() > SWAP_SOON_LEAD
            }
            Alert::PhaseTimeUp { phase: up } => up == phase && !session.is_phase_time_up(),
            Alert::OptionalPrompt { phase: next } => {
                next == phase + 1 && session.open_optional_step().is_none()
            }
            _ => false,
        };
        let begins = if phase == 0 { Alert::SessionStart } else { Alert::Swap { phase } };
        (is_over && session.is_phase_running()).then(|| session.alert_message(begins))
    }

    /// What is told of a pause, of a question after a sleep, and of the end of either.
    fn clock_stop_alert(&self) -> Option<Alert> {
        let (phase, turn) = (self.current_phase_index(), self.clock_stop_count);
        let was_told = [
            Alert::ResumePrompt { phase, clock_stop_number: turn },
            Alert::Paused { clock_stop_number: turn },
        ]
        .iter()
        .any(|told| self.sent_alerts.contains(told));
        match () {
            () if self.is_over() || !self.has_timer => None,
            () if self.has_resume_prompt => Some(Alert::ResumePrompt { phase, clock_stop_number: turn }),
            () if self.is_paused => Some(Alert::Paused { clock_stop_number: turn }),
            () if was_told && self.is_phase_running() => Some(Alert::Resumed { clock_stop_number: turn }),
            () => None,
        }
    }

    /// How long until the coming swap is to be announced; nothing where it is not, or was.
    pub(super) fn time_until_swap_soon(&self) -> Option<Duration> {
        let phase = self.current_phase_index();
        // Only where there is something to fetch or to get up for. A question comes soon enough.
        let next = self.plan().phases.get(phase + 1).filter(|next| next.optional.is_none());
        let takes_time = next.is_some_and(|next| {
            next.kind.has_pack() || self.current_phase().kind.is_lying_down() && !next.kind.is_lying_down()
        });
        let worth = !self.is_over()
            && takes_time
            && self.current_phase().planned_duration() >= MIN_PHASE_FOR_SWAP_SOON;
        let told = self.sent_alerts.contains(&Alert::SwapSoon { phase });
        (worth && !told).then(|| self.phase_remaining().saturating_sub(SWAP_SOON_LEAD))
    }
}

impl Alert {
    /// Whether it is told once the time of that phase is up, and again should it get more time.
    pub fn is_for_phase_end(self, phase: usize) -> bool {
        match self {
            Alert::PhaseTimeUp { phase: up } => up == phase,
            Alert::OptionalPrompt { phase: next } => next == phase + 1,
            Alert::Repeated { reason: Repeat::UnansweredPrompt, phase: asking, .. } => asking == phase,
            _ => false,
        }
    }

    /// Whether it asks for an answer.
    pub(super) fn is_answer_expected(self) -> bool {
        match self {
            Alert::PhaseTimeUp { .. }
            | Alert::OptionalPrompt { .. }
            | Alert::Swap { .. }
            | Alert::ResumePrompt { .. }
            | Alert::Completed => true,
            Alert::Repeated { reason: why, .. } => why != Repeat::Paused,
            Alert::SessionStart
            | Alert::SwapSoon { .. }
            | Alert::GetUp { .. }
            | Alert::Paused { .. }
            | Alert::Resumed { .. }
            | Alert::Abandoned
            | Alert::Stopped => false,
        }
    }
}

impl State {
    /// The word for it, in JSON.
    pub(crate) fn as_str(self) -> &'static str {
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
