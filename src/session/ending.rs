//! The time after the last phase: the session is complete and recorded, and its journal stays for a while, so that the
//! person can be alerted until they answer, rate the pain, or add another round.

use super::{Actor, Alert, Command, Entry, Event, Reply, Session, TimeBreakdown};
use crate::{
    record::Outcome,
    time::{Stamp, WallTime},
};
use std::time::Duration;

/// The longest that the journal of a completed session stays (P).
const MAX_WAIT_AFTER_END: Duration = Duration::from_mins(5);

/// How a session ended, and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ending {
    pub(crate) outcome: Outcome,
    pub(crate) ended_at: WallTime,
    /// Whether the person has answered since.
    pub(crate) is_answered: bool,
    /// Whether the person stopped the session after its end, so that it cannot be continued.
    is_dismissed: bool,
    /// The time since the end: it belongs to the last phase if the session is continued.
    pub(crate) time_since_end: TimeBreakdown,
}

impl Ending {
    pub(crate) fn new(outcome: Outcome, at: WallTime) -> Ending {
        Ending {
            outcome,
            ended_at: at,
            is_answered: false,
            is_dismissed: false,
            time_since_end: TimeBreakdown::default(),
        }
    }

    /// Adds time since the end. Until the person answers, the pack may still be on.
    pub(crate) fn add_time(&mut self, total: Duration, is_timed: bool) {
        let part = if !is_timed {
            &mut self.time_since_end.unknown
        } else if self.is_answered {
            &mut self.time_since_end.paused
        } else {
            &mut self.time_since_end.overdue
        };
        *part = part.saturating_add(total);
    }
}

impl Session {
    pub(super) fn has_ended_as(&self, outcome: &Outcome) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.outcome == *outcome)
    }

    /// Applies the events that count after the end of the session.
    pub(super) fn apply_after_end(&mut self, entry: &Entry) {
        match &entry.event {
            Event::RoundsAdded { rounds } => self.continue_after_end(*rounds, entry.at.wall),
            Event::Stopped { why } => {
                if why.is_some() {
                    self.stop_reason.clone_from(why);
                    self.finalized_at = None;
                }
                if let Some(ending) = &mut self.ending {
                    ending.is_dismissed = true;
                }
            }
            _ => {}
        }
    }

    /// Continues a completed session with more rounds.
    pub(super) fn continue_after_end(&mut self, rounds: u32, at: WallTime) {
        if !self.can_continue_after_end() {
            return;
        }
        if let Some(ending) = self.ending.take() {
            let phase = self.current_progress_mut();
            phase.time_breakdown = phase.time_breakdown.plus(ending.time_since_end);
        }
        self.finalized_at = None;
        self.sent_alerts.remove(&Alert::Completed);
        self.add_rounds(rounds);
        // If the round starts with a question, that is asked first.
        if self.next_optional_step().is_none() {
            self.end_phase(at, Actor::Person);
        }
    }

    /// Whether the session is complete and may be continued.
    pub(super) fn can_continue_after_end(&self) -> bool {
        self.has_ended_as(&Outcome::Completed)
            && self.ending.as_ref().is_some_and(|ending| !ending.is_dismissed)
    }

    /// How long the session has been complete without an answer.
    pub(super) fn time_since_unanswered_end(&self) -> Option<Duration> {
        let ending =
            self.ending.as_ref().filter(|ending| !ending.is_answered && self.can_continue_after_end())?;
        Some(ending.time_since_end.overdue)
    }

    /// How much longer a completed session may wait.
    pub(super) fn wait_left_after_end(&self) -> Option<Duration> {
        let ending = self.ending.as_ref().filter(|_| self.can_continue_after_end())?;
        Some(self.real_to_session_time(MAX_WAIT_AFTER_END).saturating_sub(ending.time_since_end.elapsed()))
    }

    /// Whether the session is over and its journal may be removed. A completed session waits until the person has
    /// answered and no viewer is open, for five minutes at most.
    pub fn can_remove_journal(&self, now: &Stamp, has_viewer: bool) -> bool {
        let session = self.at(now);
        let Some(ending) = &session.ending else { return false };
        let must_wait = session.wait_left_after_end().is_some_and(|left| !left.is_zero());
        !must_wait || ending.is_answered && !has_viewer
    }

    /// Handles a command after the end of the session. Any command shows that the person is there.
    pub(super) fn try_command_after_end(&self, command: Command) -> Result<(String, Vec<Event>), Reply> {
        let already_over = || "the session is over already".to_owned();
        match command {
            _ if !self.can_continue_after_end() => Err(Reply::Already(already_over())),
            Command::AddRounds(rounds) => self.try_add_rounds(rounds),
            Command::Stop { pain, why } => {
                let rating_event = pain.map(|score| Event::PainRated { score });
                Ok((already_over(), rating_event.into_iter().chain([Event::Stopped { why }]).collect()))
            }
            Command::Acknowledge if self.time_since_unanswered_end().is_some() => {
                let pack_note = self
                    .current_pack()
                    .map_or(String::new(), |pack| format!("the {} is off, and ", pack.pack_name()));
                Ok((format!("noted: {pack_note}the session is over"), vec![Event::Answered]))
            }
            _ if self.time_since_unanswered_end().is_some() => {
                let pack_note = self
                    .current_pack()
                    .map_or(String::new(), |pack| format!(": take the {} off", pack.pack_name()));
                Ok((format!("{}{pack_note}. It does not ring again", already_over()), vec![Event::Answered]))
            }
            _ => Err(Reply::Already(already_over())),
        }
    }
}
