//! The alerts of a session, and when each is due.

use super::{Button, Repeat, Session, State, SwapMode};
use crate::{record::Outcome, time::Stamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long before a swap it is announced: standing up is slow (P).
pub(super) const SWAP_SOON_LEAD: Duration = Duration::from_mins(2);
/// A shorter phase has no announcement before its swap (P).
const MIN_PHASE_FOR_SWAP_SOON: Duration = Duration::from_mins(5);

/// Something the person is alerted to, once each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Alert {
    /// The session starts.
    #[serde(rename = "start")]
    SessionStart,
    /// A swap is due soon.
    #[serde(rename = "warn")]
    SwapSoon {
        /// The phase that is about to end, from 0.
        phase: usize,
    },
    /// A phase's time is up, and the person must swap.
    #[serde(rename = "up")]
    PhaseTimeUp {
        /// The phase whose time is up, from 0.
        phase: usize,
    },
    /// The person is asked whether to start the next phase.
    #[serde(rename = "ask")]
    OptionalPrompt {
        /// The phase that would start, from 0.
        phase: usize,
    },
    /// The person has been lying for hours, and should get up for a moment.
    GetUp {
        /// The phase in which the lying began, from 0.
        #[serde(rename = "since")]
        since_phase: usize,
        /// For how many hours the person has been lying.
        hours: u64,
    },
    /// The swap to the next phase is due now.
    Swap {
        /// The phase that starts, from 0.
        phase: usize,
    },
    /// The computer slept, and the person must answer before the session goes on.
    #[serde(rename = "woke")]
    ResumePrompt {
        /// The phase in which it slept, from 0.
        phase: usize,
        /// How often the clock was stopped so far.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
    },
    /// The session is paused.
    Paused {
        /// How often the clock was stopped so far.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
    },
    /// The session goes on after a pause or a question.
    #[serde(rename = "goes_on")]
    Resumed {
        /// How often the clock was stopped so far.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
    },
    /// An alert is repeated until it is answered.
    #[serde(rename = "again")]
    Repeated {
        /// Why it is repeated.
        #[serde(rename = "why")]
        reason: Repeat,
        /// The phase, from 0.
        phase: usize,
        /// How often the clock was stopped so far.
        #[serde(rename = "turn")]
        clock_stop_number: u32,
        /// The number of the repeat, from 1.
        nth: u32,
    },
    /// Nobody answered, and the session was closed.
    #[serde(rename = "given_up")]
    Abandoned,
    /// The session is complete.
    #[serde(rename = "end")]
    Completed,
    /// The session was stopped.
    Stopped,
}

/// An alert as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The title, one line.
    pub title: String,
    /// What to do, in a few sentences; may be empty.
    pub body: String,
    /// How to answer it for a person without a window; empty if it needs no answer.
    pub(crate) how_to_answer: String,
    /// Whether it must not be missed.
    pub is_critical: bool,
    /// Whether the person must do something now; otherwise it only informs.
    pub is_urgent: bool,
    /// The buttons that answer it.
    pub(crate) buttons: Vec<Button>,
}

impl Session {
    /// The alerts that are due by `now` and not sent yet.
    pub fn due_alerts(&self, now: &Stamp) -> Vec<Alert> {
        let session = self.at(now);
        let phase = session.current_phase_index();
        let state_alert = if session.has_ended_as(&Outcome::Completed) {
            Alert::Completed
        } else if session.has_ended_as(&Outcome::Interrupted) {
            Alert::Abandoned
        } else if session.is_over() {
            Alert::Stopped
        } else if phase == 0 {
            Alert::SessionStart
        } else {
            Alert::Swap { phase }
        };
        // A phase that never ran had no swap.
        let state_alert =
            Some(state_alert).filter(|_| session.is_over() || !session.base_phase_length().is_zero());
        let is_swap_soon =
            session.is_phase_running() && session.time_until_swap_soon() == Some(Duration::ZERO);
        let optional_prompt =
            session.open_optional_step().map(|_| Alert::OptionalPrompt { phase: phase + 1 });
        let must_swap = session.is_phase_time_up()
            && session.header.settings.swap == SwapMode::Ask
            && !session.has_resume_prompt;
        let alerts = [
            state_alert,
            session.clock_stop_alert(),
            is_swap_soon.then_some(Alert::SwapSoon { phase }),
            optional_prompt.or(must_swap.then_some(Alert::PhaseTimeUp { phase })),
            session.due_repeat_alert(),
            session.due_get_up_alert(),
        ];
        alerts.into_iter().flatten().filter(|alert| !session.sent_alerts.contains(alert)).collect()
    }

    /// What a screen shows in place of the last alert once that is out of date: a question that was answered, or an
    /// announcement whose swap was put off. It is the message of the phase's start.
    pub(crate) fn replacement_message(&self, last_alert: Alert, now: &Stamp) -> Option<Message> {
        let session = self.at(now);
        let phase = session.current_phase_index();
        let is_outdated = match last_alert {
            Alert::Repeated { reason, .. } => {
                session.active_repeat().is_none_or(|(active_reason, _)| active_reason != reason)
            }
            Alert::SwapSoon { phase: ending_phase } => {
                ending_phase == phase && session.phase_remaining() > SWAP_SOON_LEAD
            }
            Alert::PhaseTimeUp { phase: ending_phase } => {
                ending_phase == phase && !session.is_phase_time_up()
            }
            Alert::OptionalPrompt { phase: asked_phase } => {
                asked_phase == phase + 1 && session.open_optional_step().is_none()
            }
            _ => false,
        };
        let start_alert = if phase == 0 { Alert::SessionStart } else { Alert::Swap { phase } };
        (is_outdated && session.is_phase_running()).then(|| session.alert_message(start_alert))
    }

    /// The alert for a pause, for a question after a sleep, and for the end of either.
    fn clock_stop_alert(&self) -> Option<Alert> {
        if self.is_over() || !self.has_timer {
            return None;
        }
        let (phase, clock_stop_number) = (self.current_phase_index(), self.clock_stop_count);
        let resume_prompt = Alert::ResumePrompt { phase, clock_stop_number };
        let paused = Alert::Paused { clock_stop_number };
        if self.has_resume_prompt {
            return Some(resume_prompt);
        }
        if self.is_paused {
            return Some(paused);
        }
        let was_announced = self.sent_alerts.contains(&resume_prompt) || self.sent_alerts.contains(&paused);
        (was_announced && self.is_phase_running()).then_some(Alert::Resumed { clock_stop_number })
    }

    /// How long until the coming swap is announced; `None` if it is not, or was already.
    pub(super) fn time_until_swap_soon(&self) -> Option<Duration> {
        let phase = self.current_phase_index();
        // Only if there is something to fetch or to get up for. The question before an optional phase comes early
        // enough.
        let next = self.plan().phases.get(phase + 1).filter(|next| next.optional.is_none());
        let needs_preparation = next.is_some_and(|next| {
            next.kind.has_pack() || self.current_phase().kind.is_lying_down() && !next.kind.is_lying_down()
        });
        let is_announced = !self.is_over()
            && needs_preparation
            && self.current_phase().planned_duration() >= MIN_PHASE_FOR_SWAP_SOON;
        let was_announced = self.sent_alerts.contains(&Alert::SwapSoon { phase });
        (is_announced && !was_announced).then(|| self.phase_remaining().saturating_sub(SWAP_SOON_LEAD))
    }
}

impl Alert {
    /// Whether it is sent when the time of that phase is up, and again if the phase gets more time.
    pub fn is_for_phase_end(self, phase: usize) -> bool {
        match self {
            Alert::PhaseTimeUp { phase: ending_phase } => ending_phase == phase,
            Alert::OptionalPrompt { phase: asked_phase } => asked_phase == phase + 1,
            Alert::Repeated { reason: Repeat::UnansweredPrompt, phase: repeated_phase, .. } => {
                repeated_phase == phase
            }
            _ => false,
        }
    }

    /// Whether it expects an answer.
    pub(super) fn is_answer_expected(self) -> bool {
        match self {
            Alert::PhaseTimeUp { .. }
            | Alert::OptionalPrompt { .. }
            | Alert::Swap { .. }
            | Alert::ResumePrompt { .. }
            | Alert::Completed => true,
            Alert::Repeated { reason, .. } => reason != Repeat::Paused,
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
    /// The word for it in JSON.
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
