//! What comes after the last phase: the session is complete and recorded, and its journal stays for a while, so
//! that the person can be told until they answer, say how it feels, or go on for another round.

use super::{Actor, Alert, Command, Entry, Event, Reply, Session, TimeBreakdown};
use crate::{
    record::Outcome,
    time::{Stamp, WallTime},
};
use std::time::Duration;

/// The journal of a complete session stays for so long at most (P).
const MAX_WAIT_AFTER_END: Duration = Duration::from_mins(5);

/// How a session ended, and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ending {
    pub(crate) outcome: Outcome,
    pub(crate) ended_at: WallTime,
    /// Whether somebody has said since that they saw it.
    pub(crate) is_answered: bool,
    /// Whether nobody wants to go on with it.
    is_dismissed: bool,
    /// Where the time went since: it belongs to the last phase if the session goes on after all.
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

    /// Until somebody answers, the pack may be on.
    pub(crate) fn add_time(&mut self, total: Duration, watched: bool) {
        let part = match () {
            () if !watched => &mut self.time_since_end.unknown,
            () if self.is_answered => &mut self.time_since_end.paused,
            () => &mut self.time_since_end.overdue,
        };
        *part = part.saturating_add(total);
    }
}

impl Session {
    pub(super) fn has_ended_as(&self, outcome: &Outcome) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.outcome == *outcome)
    }

    /// The lines that matter once the session is over.
    pub(super) fn apply_after_end(&mut self, line: &Entry) {
        match &line.event {
            Event::RoundsAdded { rounds } => self.continue_after_end(*rounds, line.at.wall),
            Event::Stopped { why } => {
                if why.is_some() {
                    (self.stop_reason, self.finalized_at) = (why.clone(), None);
                }
                if let Some(ending) = &mut self.ending {
                    ending.is_dismissed = true;
                }
            }
            _ => {}
        }
    }

    /// Goes on with a session that was complete.
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
        // Where the round begins with a question, that is asked first.
        if self.next_optional_step().is_none() {
            self.end_phase(at, Actor::Person);
        }
    }

    /// Whether it is complete, and nobody has said that this is all.
    pub(super) fn can_continue_after_end(&self) -> bool {
        self.has_ended_as(&Outcome::Completed)
            && self.ending.as_ref().is_some_and(|ending| !ending.is_dismissed)
    }

    /// For how long it is complete and nobody has answered.
    pub(super) fn end_unanswered_for(&self) -> Option<Duration> {
        let ending =
            self.ending.as_ref().filter(|ending| !ending.is_answered && self.can_continue_after_end())?;
        Some(ending.time_since_end.overdue)
    }

    /// How long a session that is complete may still wait.
    pub(super) fn wait_left_after_end(&self) -> Option<Duration> {
        let ending = self.ending.as_ref().filter(|_| self.can_continue_after_end())?;
        Some(self.real_to_session_time(MAX_WAIT_AFTER_END).saturating_sub(ending.time_since_end.elapsed()))
    }

    /// Whether a session that is over has nothing more to wait for, and its journal may go. A complete one waits
    /// until somebody has answered and nobody looks on, five minutes at most.
    pub fn can_remove_journal(&self, now: &Stamp, looked_at: bool) -> bool {
        let session = self.at(now);
        let Some(ending) = &session.ending else { return false };
        let waits = session.wait_left_after_end().is_some_and(|left| !left.is_zero());
        !waits || ending.is_answered && !looked_at
    }

    /// The answer to a command once the session is over. Whatever it is, somebody is there.
    pub(super) fn try_command_after_end(&self, command: Command) -> Result<(String, Vec<Event>), Reply> {
        let over = || "the session is over already".to_owned();
        match command {
            _ if !self.can_continue_after_end() => Err(Reply::Already(over())),
            Command::AddRounds(rounds) => self.try_add_rounds(rounds),
            Command::Stop { pain, why } => {
                let rated = pain.map(|score| Event::PainRated { score });
                Ok((over(), rated.into_iter().chain([Event::Stopped { why }]).collect()))
            }
            Command::Acknowledge if self.end_unanswered_for().is_some() => {
                let off = self
                    .current_pack()
                    .map_or(String::new(), |worn| format!("the {} is off, and ", worn.pack_name()));
                Ok((format!("noted: {off}the session is over"), vec![Event::Answered]))
            }
            _ if self.end_unanswered_for().is_some() => {
                let off = self
                    .current_pack()
                    .map_or(String::new(), |worn| format!(": take the {} off", worn.pack_name()));
                Ok((format!("{}{off}. It does not ring again", over()), vec![Event::Answered]))
            }
            _ => Err(Reply::Already(over())),
        }
    }
}
