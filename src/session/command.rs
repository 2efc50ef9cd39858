//! What a person can say to a session, and what the timer says by itself.
//!
//! Commands are total: each one in each state is done, or changes nothing and says why.

use super::{By, Fact, Line, MOST_ROUNDS, Parts, Session, Swap};
use crate::{
    protocol::{Kind, Phase},
    record::{MOST_PAIN, MOST_TEXT, Outcome, name_sources},
    time::{Stamp, say},
};
use std::time::Duration;

/// A `next` so shortly after an automatic swap means that swap (P).
const JUST_NOW: Duration = Duration::from_mins(1);
/// A shorter sleep of the computer changes nothing that matters (P).
const WORTH_A_QUESTION: Duration = Duration::from_secs(5);
/// The timer says that it is there at least this often.
const ALIVE: Duration = Duration::from_mins(1);

/// What a person says to a running session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Hold the clock.
    Pause,
    /// Let it run again.
    Resume,
    /// The swap is done: go on.
    Next,
    /// Cut this phase short.
    Skip,
    /// Give this phase more time.
    Extend(Duration),
    /// Add rounds.
    More(u32),
    /// Whatever was told is seen: no more than that.
    Answer,
    /// Say again what was told last.
    Repeat,
    /// A pain score, 0 to 10 (NRS-11).
    Pain(u8),
    /// A note.
    Note(String),
    /// End the session.
    Stop {
        /// Pain now.
        pain: Option<u8>,
        /// Why, in the person's words.
        why: Option<String>,
    },
}

impl Command {
    /// Five minutes more: what a key, a button and a bare word ask for.
    pub const FIVE_MORE: Command = Command::Extend(Duration::from_mins(5));
}

/// The answer to a command, in words for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is done.
    Done(String),
    /// It was so already; nothing changes.
    Already(String),
    /// It cannot be; nothing changes.
    Refused(String),
}

impl Session {
    /// Answers a command with what to say and what to write.
    pub fn handle(&self, command: Command, now: &Stamp) -> (Reply, Vec<Line>) {
        let session = self.at(now);
        match session.answer(command) {
            Ok((said, facts)) => (Reply::Done(said), Line::all(now, facts)),
            Err(reply) => (reply, Vec::new()),
        }
    }

    pub(super) fn answer(&self, command: Command) -> Result<(String, Vec<Fact>), Reply> {
        match command {
            Command::Pain(score) if score > MOST_PAIN => {
                Err(Reply::Refused("pain is a number from 0 to 10".into()))
            }
            Command::Pain(score) => Ok((format!("pain {score} noted"), vec![Fact::Rated { score }])),
            Command::Note(text) if text.len() > MOST_TEXT => {
                Err(Reply::Refused(format!("a note has at most {MOST_TEXT} letters")))
            }
            Command::Note(text) => Ok(("noted".into(), vec![Fact::Noted { text }])),
            Command::Repeat => Ok((String::new(), vec![Fact::Repeat])),
            Command::Stop { pain, .. } if self.ended_as(&Outcome::Stopped) => {
                let already = "the session is stopped already";
                match pain.filter(|pain| self.ratings.last().is_none_or(|last| last.score != *pain)) {
                    Some(score) => {
                        Ok((format!("{already}; pain {score} noted"), vec![Fact::Rated { score }]))
                    }
                    None => Err(Reply::Already(already.into())),
                }
            }
            _ if self.is_over() => self.answer_after_the_end(command),
            Command::Stop { pain, why } => {
                let rated = pain.map(|score| Fact::Rated { score });
                Ok(("stopped".into(), rated.into_iter().chain([Fact::Stopped { why }]).collect()))
            }
            Command::Answer => Ok(("quiet; what you press or type next counts".into(), vec![Fact::Answered])),
            _ if !self.watched => Err(Reply::Refused("nobody is timing this session".into())),
            _ if let Some(answer) = self.answer_offer(&command) => answer,
            Command::Resume | Command::Next if self.asking && !self.remaining().is_zero() => {
                Ok((format!("going on: {} left", say(self.remaining())), vec![Fact::Resumed]))
            }
            Command::Resume if self.asking => {
                Err(Reply::Refused("this phase is over: `easeback next` goes on".into()))
            }
            Command::Pause if self.paused => Err(Reply::Already("already paused".into())),
            Command::Pause if self.has_pack_on() => {
                Ok((format!("paused: take the {} off", self.worn_name()), vec![Fact::Paused]))
            }
            Command::Pause => Ok(("paused".into(), vec![Fact::Paused])),
            Command::Resume if self.paused => Ok(("going on".into(), vec![Fact::Resumed])),
            Command::Resume => Err(Reply::Already("already running".into())),
            Command::Next => self.answer_next(),
            Command::Skip => {
                self.check_limits(&self.plan().phases, Duration::ZERO)?;
                let follows = self.offer().map_or_else(|| self.what_follows(), |offer| offer.ask.clone());
                Ok((follows, vec![Fact::Skipped { leaving: self.current() }]))
            }
            Command::Extend(more) => self.extend(more),
            Command::More(rounds) => self.more(rounds),
        }
    }

    /// The answer to `next`, which only ever leaves a phase whose time is up.
    fn answer_next(&self) -> Result<(String, Vec<Fact>), Reply> {
        let left = say(self.remaining());
        match () {
            () if self.is_up() => {
                let fact = Fact::Next { leaving: self.current(), by: By::Person };
                Ok((self.what_follows(), vec![fact]))
            }
            () if self.paused && self.remaining().is_zero() => {
                Err(Reply::Refused("the session is paused: resume it first".into()))
            }
            () if self.unchecked_for().is_some() => Ok((format!("noted; {left} left"), vec![Fact::Answered])),
            () if self.is_unconfirmed() => {
                Ok((format!("already swapped: {left} left"), vec![Fact::Answered]))
            }
            () if self.has_just_swapped() => Err(Reply::Already("already swapped".into())),
            () => Err(Reply::Already(format!("this phase has {left} to go; only `skip` cuts it short"))),
        }
    }

    fn extend(&self, more: Duration) -> Result<(String, Vec<Fact>), Reply> {
        if more < Duration::from_secs(1) {
            return Err(Reply::Refused("less than 1 s is nothing to add".into()));
        }
        let length = self.length().saturating_add(more);
        if let Some(cap) = self.planned().cap_s.map(Duration::from_secs).filter(|cap| length > *cap) {
            return Err(Reply::Refused(format!(
                "{} of {} is over what is left of the limit, {}",
                say(length),
                self.planned().kind,
                say(cap)
            )));
        }
        self.check_limits(&self.plan().phases, self.remaining().saturating_add(more))?;
        let fact = Fact::Extended { phase: self.current(), by_s: more.as_secs() };
        Ok((format!("{} more: {} in all", say(more), say(length)), vec![fact]))
    }

    pub(super) fn more(&self, rounds: u32) -> Result<(String, Vec<Fact>), Reply> {
        if rounds == 0 {
            return Err(Reply::Refused("0 rounds are nothing to add".into()));
        }
        let all = self.plan().rounds.saturating_add(rounds);
        let most = self.plan().most_rounds.unwrap_or(MOST_ROUNDS);
        if all > most {
            let source = name_sources(self.plan().rounds_source.as_deref().unwrap_or("P"));
            return Err(Reply::Refused(match most {
                1 => format!("'{}' is done once in a session ({source})", self.plan().protocol),
                _ => format!("{all} rounds are over the limit of {most} ({source})"),
            }));
        }
        let mut longer = self.clone();
        if self.is_over() {
            longer.go_on(rounds, self.clock.wall);
        } else {
            longer.add_rounds(rounds);
        }
        // At full length, though it would begin shorter.
        let left = if self.is_over() { longer.own_length() } else { longer.remaining() };
        longer.check_limits(&longer.plan().phases, left)?;
        Ok((format!("{all} rounds now"), vec![Fact::More { rounds }]))
    }

    /// Refuses what would come to more than a limit: what was done so far, the current phase for `left` longer,
    /// and the phases after it as planned.
    pub(super) fn check_limits(&self, phases: &[Phase], left: Duration) -> Result<(), Reply> {
        let current = self.planned().kind;
        let ahead = phases.get(self.phases.len()..).unwrap_or_default();
        for guard in &self.plan().guards {
            let planned = ahead.iter().map(|phase| (phase.kind, phase.counted_for(guard.kind)));
            if let Some(unbroken) =
                guard.breach(self.done(guard.kind).chain([(current, left)]).chain(planned))
            {
                return Err(Reply::Refused(format!(
                    "that would come to {} of {} without a break of {}, over the limit of {} ({})",
                    say(unbroken),
                    guard.kind,
                    say(guard.rest),
                    say(guard.most),
                    name_sources(&guard.source)
                )));
            }
        }
        Ok(())
    }

    /// What was done so far, as it counts for a limit on that kind. Time past a deadline counts as done, and so does
    /// what nobody knows. A pause in another phase is a break from this kind too; one in its own phase counts for
    /// nothing. A phase for which no time was left takes no pack off.
    fn done(&self, kind: Kind) -> impl Iterator<Item = (Kind, Duration)> {
        let mut worn = kind;
        self.phases.iter().zip(&self.plan().phases).map(move |(progress, phase)| {
            let Parts { active, overdue, unknown, .. } = progress.parts;
            if progress.declined || !progress.is_left_out() {
                worn = phase.kind;
            }
            match worn == kind && !progress.declined {
                true => (kind, active.saturating_add(overdue).saturating_add(unknown)),
                false if worn == kind => (Kind::Move, progress.parts.elapsed()),
                false => (worn, progress.parts.elapsed()),
            }
        })
    }

    /// How long the current phase may be, by what was done before it.
    pub(super) fn allowed(&self) -> Duration {
        let Some(guard) = self.plan().guards.iter().find(|guard| guard.kind == self.planned().kind) else {
            return Duration::MAX;
        };
        guard.left_after(self.done(guard.kind))
    }

    fn what_follows(&self) -> String {
        match self.plan().phases.get(self.phases.len()) {
            Some(next) => format!("{} now, {}", next.name(), say(next.planned())),
            None => "that was the last phase".into(),
        }
    }

    /// What the timer writes at `now`, in order. Each `told` among it is to be told to the person once it is
    /// written. Asked again at the same moment after taking these lines in, it has nothing more to say.
    pub fn tick(&self, now: &Stamp) -> Vec<Line> {
        let mut session = self.at(now);
        let mut lines = Vec::new();
        let mut write = |session: &mut Session, fact: Fact| {
            let line = Line { at: now.clone(), fact };
            session.apply(&line);
            lines.push(line);
        };
        let slept = now.since(&self.clock).slept;
        if slept >= WORTH_A_QUESTION && session.watched && !session.paused && !session.is_over() {
            write(&mut session, Fact::Slept { slept_s: slept.as_secs() });
        }
        if session.is_given_up() {
            write(&mut session, Fact::GivenUp);
        }
        loop {
            for alert in session.due(now) {
                write(&mut session, Fact::Told { alert });
            }
            if !session.swaps_now() {
                break;
            }
            let leaving = session.current();
            write(&mut session, Fact::Next { leaving, by: By::Timer });
        }
        let alive = match self.is_over() {
            true => {
                self.lingers_for() != session.lingers_for() && session.lingers_for() == Some(Duration::ZERO)
            }
            false => now.since(&self.clock).total >= ALIVE,
        };
        if lines.is_empty() && alive {
            lines.push(Line { at: now.clone(), fact: Fact::Alive });
        }
        lines
    }

    /// When the timer has to look again, if nothing is written before.
    pub fn deadline(&self) -> Option<Stamp> {
        if self.is_over() {
            let ahead = [self.until_nag(), self.lingers_for().filter(|left| !left.is_zero())];
            return ahead.into_iter().flatten().min().map(|left| self.clock.plus(self.real_time(left)));
        }
        if self.swaps_now() {
            return Some(self.clock.clone());
        }
        let running = self.is_running();
        let marks = [Some(self.remaining()), self.until_warning(), self.until_check(), self.until_get_up()];
        let ahead = marks.into_iter().flatten().filter(|_| running);
        let ahead = ahead.chain(self.until_nag()).map(|left| self.real_time(left));
        ahead.chain([ALIVE]).min().map(|left| self.clock.plus(left))
    }

    /// Whether the timer has to swap.
    pub(super) fn swaps_now(&self) -> bool {
        self.begun.settings.swap == Swap::Auto && self.is_up() && !self.asking && self.offer().is_none()
    }

    /// Whether the current phase's clock runs down.
    pub(super) fn is_running(&self) -> bool {
        self.watched && !self.is_held() && !self.is_over() && !self.remaining().is_zero()
    }

    /// Whether the timer swapped, and nobody has said that they saw it.
    pub(super) fn is_unconfirmed(&self) -> bool {
        self.phase().begun_by == Some(By::Timer) && self.phase().answered_after.is_none()
    }

    /// Whether the timer swapped so short ago that `next` can only mean that swap.
    fn has_just_swapped(&self) -> bool {
        let since = self.phase().parts.elapsed();
        self.phase().begun_by == Some(By::Timer) && since < JUST_NOW.min(self.length() / 2)
    }

    /// How long a piece of the session's time takes on the clock; never too short.
    pub(super) fn real_time(&self, length: Duration) -> Duration {
        let factor = self.factor();
        let whole = length / factor;
        if whole.saturating_mul(factor) < length { whole + Duration::from_nanos(1) } else { whole }
    }

    /// The session as it is at `now`, nothing having been written since.
    pub(super) fn at(&self, now: &Stamp) -> Session {
        let mut session = self.clone();
        session.pass(now);
        session
    }
}
