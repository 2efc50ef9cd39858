//! What comes after the last phase: the session is complete and recorded, and its journal stays for a while, so
//! that the person can be told until they answer, say how it feels, or go on for another round.

use super::{Alert, By, Command, Fact, Line, Parts, Reply, Session};
use crate::{
    record::Outcome,
    time::{Stamp, Wall},
};
use std::time::Duration;

/// The journal of a complete session stays for so long at most (P).
const LINGERS: Duration = Duration::from_mins(5);

/// How a session ended, and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ending {
    pub outcome: Outcome,
    pub at: Wall,
    /// Whether somebody has said since that they saw it.
    pub answered: bool,
    /// Whether nobody wants to go on with it.
    dismissed: bool,
    /// Where the time went since: it belongs to the last phase if the session goes on after all.
    pub since: Parts,
}

impl Ending {
    pub fn new(outcome: Outcome, at: Wall) -> Ending {
        Ending { outcome, at, answered: false, dismissed: false, since: Parts::default() }
    }

    /// Until somebody answers, the pack may be on.
    pub fn pass(&mut self, total: Duration, watched: bool) {
        let part = match () {
            () if !watched => &mut self.since.unknown,
            () if self.answered => &mut self.since.paused,
            () => &mut self.since.overdue,
        };
        *part = part.saturating_add(total);
    }
}

impl Session {
    /// The lines that matter once the session is over.
    pub(super) fn steer_after_the_end(&mut self, line: &Line) {
        match &line.fact {
            Fact::More { rounds } => self.go_on(*rounds, line.at.wall),
            Fact::Stopped { why } => {
                if why.is_some() {
                    (self.why, self.settled) = (why.clone(), None);
                }
                if let Some(ending) = &mut self.ending {
                    ending.dismissed = true;
                }
            }
            _ => {}
        }
    }

    /// Goes on with a session that was complete.
    pub(super) fn go_on(&mut self, rounds: u32, at: Wall) {
        if !self.can_go_on() {
            return;
        }
        if let Some(ending) = self.ending.take() {
            let phase = self.phase_mut();
            phase.parts = phase.parts.plus(ending.since);
        }
        self.settled = None;
        self.told.remove(&Alert::End);
        self.add_rounds(rounds);
        // Where the round begins with a question, that is asked first.
        if self.offer().is_none() {
            self.leave(at, By::Person);
        }
    }

    /// Whether it is complete, and nobody has said that this is all.
    pub(super) fn can_go_on(&self) -> bool {
        self.ended_as(&Outcome::Completed) && self.ending.as_ref().is_some_and(|ending| !ending.dismissed)
    }

    /// For how long it is complete and nobody has answered.
    pub(super) fn unanswered_end(&self) -> Option<Duration> {
        let ending = self.ending.as_ref().filter(|ending| !ending.answered && self.can_go_on())?;
        Some(ending.since.overdue)
    }

    /// How long a session that is complete may still wait.
    pub(super) fn lingers_for(&self) -> Option<Duration> {
        let ending = self.ending.as_ref().filter(|_| self.can_go_on())?;
        Some(self.as_real(LINGERS).saturating_sub(ending.since.elapsed()))
    }

    /// Whether a session that is over has nothing more to wait for, and its journal may go. A complete one waits
    /// until somebody has answered and nobody looks on, five minutes at most.
    pub fn is_finished(&self, now: &Stamp, looked_at: bool) -> bool {
        let session = self.at(now);
        let Some(ending) = &session.ending else { return false };
        let waits = session.lingers_for().is_some_and(|left| !left.is_zero());
        !waits || ending.answered && !looked_at
    }

    /// The answer to a command once the session is over. Whatever it is, somebody is there.
    pub(super) fn answer_after_the_end(&self, command: Command) -> Result<(String, Vec<Fact>), Reply> {
        let over = || "the session is over already".to_owned();
        match command {
            _ if !self.can_go_on() => Err(Reply::Already(over())),
            Command::More(rounds) => self.more(rounds),
            Command::Stop { pain, why } => {
                let rated = pain.map(|score| Fact::Rated { score });
                Ok((over(), rated.into_iter().chain([Fact::Stopped { why }]).collect()))
            }
            Command::Answer if self.unanswered_end().is_some() => {
                let off =
                    self.worn().map_or(String::new(), |worn| format!("the {} is off, and ", worn.pack()));
                Ok((format!("noted: {off}the session is over"), vec![Fact::Answered]))
            }
            _ if self.unanswered_end().is_some() => {
                let off = self.worn().map_or(String::new(), |worn| format!(": take the {} off", worn.pack()));
                Ok((format!("{}{off}. It does not ring again", over()), vec![Fact::Answered]))
            }
            _ => Err(Reply::Already(over())),
        }
    }
}
