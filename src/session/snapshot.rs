//! All that a screen, a status line or a template shows of a session at one moment.

use super::{Pace, Parts, Session};
use crate::{
    protocol::{Kind, Phase},
    time::{Stamp, Wall, say},
};
use jiff::tz::TimeZone;
use std::time::Duration;
use uuid::Uuid;

/// What a live timer needs to say that a phase is over.
const TURN: Duration = Duration::from_millis(250);

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A phase runs.
    Running,
    /// A phase's time is up, and nobody has said to go on.
    Overdue,
    /// A question is open before the session goes on.
    Asking,
    /// The clock is held.
    Paused,
    /// The session is over.
    Ended,
    /// Nobody is timing it.
    CutOff,
}

/// A session at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Where it stands.
    pub state: State,
    /// Which session.
    pub id: Uuid,
    /// The protocol's name.
    pub protocol: String,
    /// The round, from 1.
    pub round: u32,
    /// How many rounds.
    pub rounds: u32,
    /// The current phase, the last one if the session is over.
    pub phase: PhaseNow,
    /// The phase after it.
    pub next: Option<Phase>,
    /// The question that is open before that one begins.
    pub question: Option<String>,
    /// Whether it is complete, and there may be another round.
    pub may_go_on: bool,
    /// Whether five minutes more of this phase are within its limit.
    pub may_extend: bool,
    /// Whether that is offered.
    pub offers_more: bool,
    /// The last pain score, 0 to 10 (NRS-11), where one was given.
    pub pain: Option<u8>,
    /// When the last phase ends, if nothing holds it up; the moment it ended, if it is over.
    pub ends_at: Wall,
    /// Whether somebody has answered since the session is over.
    pub answered: bool,
    /// Up to when somebody timed it.
    pub known_until: Wall,
    /// Where the time went so far.
    pub parts: Parts,
    /// How much of the whole plan is done, 0 to 100.
    pub percentage: u8,
    /// Whether it is a rehearsal.
    pub rehearsal: bool,
    /// For how long still an alarm rings, whose first key only silences it.
    pub rings: Option<Duration>,
}

/// A phase at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseNow {
    /// Which one of the plan, from 0.
    pub index: usize,
    /// What it does.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// What is on the skin and has to come off: a pad or a pack.
    pub pack: Option<&'static str>,
    /// Its length, with what was added to it.
    pub planned: Duration,
    /// How long it has run.
    pub elapsed: Duration,
    /// What is left of it.
    pub remaining: Duration,
    /// How long it is past its deadline.
    pub overdue: Duration,
    /// How to breathe now, where that is what it does.
    pub pace: Option<Pace>,
    /// When it ends, if nothing holds it up.
    pub ends_at: Wall,
    /// While its timer is just about to swap: how long to give it, and to show what was shown before.
    pub turn: Option<Duration>,
}

/// What an answer speaks of. When this is another one, the answer is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    state: State,
    phase: usize,
    asks: bool,
    rings: bool,
}

impl Snapshot {
    /// Where it stands, apart from what goes on with time.
    pub fn standing(&self) -> Standing {
        Standing {
            state: self.state,
            phase: self.phase.index,
            asks: self.question.is_some(),
            rings: self.rings.is_some(),
        }
    }

    /// The same, with its moments as a clock in that zone shows them.
    #[must_use]
    pub fn in_zone(mut self, zone: &TimeZone) -> Snapshot {
        for wall in [&mut self.ends_at, &mut self.known_until, &mut self.phase.ends_at] {
            *wall = wall.in_zone(zone);
        }
        self
    }

    /// The state in one line: `heat, round 1 of 3, 18 min 42 s left`.
    pub fn in_one_line(&self) -> String {
        let phase = &self.phase;
        let round = format!("round {} of {}", self.round, self.rounds);
        let name = &phase.name;
        let off = if phase.pack.is_some() { ": take it off" } else { "" };
        let line = match self.state {
            State::Running => format!("{name}, {round}, {} left", say(phase.remaining)),
            State::Overdue => format!("{name}, {round}, ended {} ago{off}", say(phase.overdue)),
            State::Asking if let Some(question) = &self.question => {
                format!("{round}: {question} `easeback next` is yes, `easeback skip` is no")
            }
            State::Asking => {
                format!("waiting in {name}, {round}, {} left: the computer slept", say(phase.remaining))
            }
            State::Paused => format!("paused in {name}, {round}, {} left", say(phase.remaining)),
            State::Ended => {
                let over = format!("over since {}, {round}", self.ends_at.hour_minute());
                match phase.pack.filter(|_| !self.answered) {
                    Some(pack) => format!("{over}: take the {pack} off"),
                    None => over,
                }
            }
            State::CutOff => {
                format!(
                    "interrupted in {name}, {round}: nobody has timed it since {}",
                    self.known_until.day_and_time()
                )
            }
        };
        self.marked(line)
    }

    /// The line, marked where it is a rehearsal's.
    pub fn marked(&self, line: String) -> String {
        if self.rehearsal { format!("REHEARSAL: {line}") } else { line }
    }
}

impl Session {
    /// The session as it stands at `now`.
    pub fn snapshot(&self, now: &Stamp) -> Snapshot {
        let session = self.at(now);
        let plan = session.plan();
        let phase = session.phase_now();
        let may_go_on = session.can_go_on() && session.more(1).is_ok();
        let left = if session.is_over() { Duration::ZERO } else { session.until_the_end() };
        Snapshot {
            state: session.state(),
            id: session.begun.id,
            protocol: plan.protocol.clone(),
            round: session.planned().round,
            rounds: plan.rounds,
            phase,
            question: session.open_offer().map(|offer| offer.ask.clone()),
            offers_more: plan.as_needed && may_go_on,
            may_go_on,
            may_extend: session.may_have_five_minutes_more(),
            pain: session.ratings.last().map(|rating| rating.score).or(session.begun.facts.pain),
            next: plan.phases.get(session.phases.len()).filter(|_| !session.is_over()).cloned(),
            ends_at: session.ending.as_ref().map_or_else(|| session.wall_after(left), |ending| ending.at),
            answered: session.is_over() && session.unanswered_end().is_none(),
            known_until: session.known_until,
            parts: session.parts(),
            percentage: percentage(session.parts().active, left),
            rehearsal: session.is_rehearsal(),
            rings: session.rings_for(now),
        }
    }

    /// The same for one who knows that somebody times it, be it on another computer: no restart lies between.
    pub fn timed_snapshot(&self, now: &Stamp) -> Snapshot {
        self.snapshot(&now.by_clocks_of(&self.clock))
    }

    /// How long the rest of it takes, if nothing holds it up.
    fn until_the_end(&self) -> Duration {
        let begun = self.parts().elapsed();
        let left = self.remaining();
        let to_come = &self.plan().phases[self.phases.len()..];
        to_come.iter().fold(left, |left, phase| match phase.until_s.map(Duration::from_secs) {
            Some(until) => left.max(until.saturating_sub(begun)),
            None => left + phase.planned(),
        })
    }

    fn wall_after(&self, left: Duration) -> Wall {
        self.clock.wall.plus(self.real_time(left))
    }

    fn phase_now(&self) -> PhaseNow {
        let parts = self.phase().parts;
        let remaining = self.remaining();
        PhaseNow {
            index: self.current(),
            kind: self.planned().kind,
            name: self.planned().name().to_owned(),
            pack: self.worn().map(Phase::pack),
            planned: self.length(),
            elapsed: parts.active,
            remaining,
            overdue: parts.overdue,
            pace: (self.planned().kind == Kind::Breathe).then(|| Pace::at(parts.active)),
            ends_at: self.wall_after(remaining),
            turn: self.swaps_now().then(|| TURN.checked_sub(parts.overdue / self.factor())).flatten(),
        }
    }

    pub(super) fn state(&self) -> State {
        if self.is_over() {
            State::Ended
        } else if !self.watched {
            State::CutOff
        } else if self.paused {
            State::Paused
        } else if self.open_offer().is_some() {
            State::Asking
        } else if self.is_up() {
            State::Overdue
        } else if self.asking {
            State::Asking
        } else {
            State::Running
        }
    }
}

fn percentage(done: Duration, left: Duration) -> u8 {
    let all = (done + left).as_millis().max(1);
    u8::try_from(done.as_millis() * 100 / all).unwrap_or(100)
}
