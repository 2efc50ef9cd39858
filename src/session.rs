//! The session: a fold over the journal's lines.
//!
//! Pure. [`Session::fold`] turns lines into a state, and a stamp turns a state into what to show
//! ([`Session::snapshot`]), what to tell ([`Session::due`]) and what to write ([`Session::tick`],
//! [`Session::handle`]). Time is counted in one place, `Session::pass`: every span between two stamps goes
//! to exactly one part of the current phase, so that the parts always add up to what has elapsed.
//!
//! A phase ends when somebody was told. A deadline that passes does not start the next phase: the phase is
//! overdue until a line says `next`. The live timer's `next`, written at once, counts from the deadline.

mod button;
mod command;
mod ending;
mod line;
mod lying;
mod milestones;
mod nag;
mod offer;
mod pace;
mod parts;
mod progress;
mod recorded;
mod snapshot;
mod spoken;
mod telling;
mod told;
mod words;

/// What a phase does: a word of the protocols that a snapshot's reader needs.
pub use crate::protocol::Kind;
pub use button::Button;
pub use command::{Command, Reply};
pub use line::{Begun, By, Fact, Facts, Line, Process, Settings, Swap, VERSION};
pub use milestones::Milestones;
pub use nag::Nag;
pub use pace::{Breath, Pace};
pub use parts::Parts;
pub use snapshot::{PhaseNow, Snapshot, Standing, State};
pub use telling::{Event, Signal, Telling};
pub use told::{Alert, Message};
pub use words::Lost;

use ending::Ending;
use progress::Progress;

use crate::{
    protocol::{Phase, Plan},
    record::{Outcome, Rating},
    time::{Span, Stamp, Wall},
};
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

/// A `next` written by the timer within this much of the deadline takes effect at the deadline.
const GRACE: Duration = Duration::from_secs(2);
/// A rehearsal runs at most this many times as fast.
pub const FASTEST: u32 = 3600;
/// A damaged line must neither overflow a sum nor fill the memory: no phase is longer, no session has more rounds.
const LONGEST: Duration = Duration::from_hours(24);
const MOST_ROUNDS: u32 = 1000;

/// A session, as far as its journal tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Shared: a snapshot is drawn each second, and nothing in here changes with time.
    begun: Arc<Begun>,
    started: Wall,
    /// Up to here time is accounted for.
    clock: Stamp,
    /// The phases that have begun; the last one is the current.
    phases: Vec<Progress>,
    ending: Option<Ending>,
    /// Up to here somebody timed it.
    known_until: Wall,
    paused: bool,
    /// A question is open before the session goes on.
    asking: bool,
    /// How often the session was held, by a pause or a question, and for how long this time.
    holds: u32,
    held_for: Duration,
    watched: bool,
    timer: Option<Process>,
    /// Which start of the computer its timer began in, the last one if there were several.
    boot: String,
    /// Who looked on, from the first to the last.
    viewers: BTreeSet<Process>,
    /// How often the person wanted to hear something again.
    repeats: u32,
    told: BTreeSet<Alert>,
    /// When something was told last that asks for an answer, while there is none.
    rang: Option<Stamp>,
    ratings: Vec<Rating>,
    notes: Arc<Vec<String>>,
    why: Option<String>,
    settled: Option<Wall>,
    recorded: Option<Wall>,
}

/// Why lines are no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldError {
    /// The first line does not begin one.
    NoBeginning,
    /// A newer version began it.
    Newer(u32),
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FoldError::NoBeginning => f.write_str("its first line does not begin a session"),
            FoldError::Newer(v) => write!(f, "a newer version of easeback wrote it (v {v})"),
        }
    }
}

impl Session {
    /// The lines that begin a session.
    pub fn begin(begun: Begun, now: &Stamp) -> Vec<Line> {
        vec![Line { at: now.clone(), fact: Fact::Begun(Box::new(begun)) }]
    }

    /// Folds a journal.
    ///
    /// # Errors
    /// Lines that do not begin a session, or that a newer version wrote, are none.
    pub fn fold(lines: impl IntoIterator<Item = Line>) -> Result<Session, FoldError> {
        let mut lines = lines.into_iter();
        let Some(Line { at, fact: Fact::Begun(begun) }) = lines.next() else {
            return Err(FoldError::NoBeginning);
        };
        if begun.v > VERSION {
            return Err(FoldError::Newer(begun.v));
        }
        let sound = begun.plan.phases.iter().all(|phase| phase.planned() <= LONGEST);
        if begun.plan.phases.is_empty() || !sound {
            return Err(FoldError::NoBeginning);
        }
        let mut session = Session {
            begun: Arc::new(*begun),
            started: at.wall,
            phases: vec![Progress::beginning(at.wall, None)],
            ending: None,
            known_until: at.wall,
            boot: at.boot.clone(),
            clock: at,
            paused: false,
            asking: false,
            holds: 0,
            held_for: Duration::ZERO,
            watched: true,
            timer: None,
            viewers: BTreeSet::new(),
            repeats: 0,
            told: BTreeSet::new(),
            rang: None,
            ratings: Vec::new(),
            notes: Arc::default(),
            why: None,
            settled: None,
            recorded: None,
        };
        lines.for_each(|line| session.apply(&line));
        Ok(session)
    }

    /// Takes in a line: what was written counts. A line that does not fit the state changes nothing.
    pub fn apply(&mut self, line: &Line) {
        // A second timer, or somebody who found no timer: what lies before, nobody timed.
        let found_alone = matches!(line.fact, Fact::Timer { .. }) && self.timer.is_some();
        if found_alone || line.fact == Fact::CutOff {
            self.watched = false;
        }
        self.pass(&line.at);
        if line.fact.is_answer() {
            self.take_answer();
        }
        self.remember(line);
        match self.is_over() {
            true => self.steer_after_the_end(line),
            false => self.steer(line),
        }
    }

    /// Somebody is there, and has seen what was told.
    fn take_answer(&mut self) {
        self.rang = None;
        if self.unchecked_for().is_some() {
            self.phase_mut().is_there = true;
        }
        if let Some(ending) = &mut self.ending {
            ending.answered = true;
        } else if self.is_unconfirmed() {
            self.phase_mut().answered_after = Some(self.phase().parts.elapsed());
        }
    }

    /// The lines that count at any time.
    fn remember(&mut self, line: &Line) {
        match &line.fact {
            Fact::Timer { pid, namespace } => {
                if self.timer.is_some() {
                    self.ask_anew();
                }
                (self.watched, self.timer) = (true, Some(Process { pid: *pid, namespace: *namespace }));
                self.boot.clone_from(&self.clock.boot);
            }
            Fact::Left => self.watched = false,
            Fact::Repeat => self.repeats += 1,
            Fact::Viewer { pid, namespace } => {
                self.viewers.insert(Process { pid: *pid, namespace: *namespace });
            }
            Fact::Told { alert } => {
                self.told.insert(*alert);
                if alert.rings() {
                    self.rang = Some(line.at.clone());
                }
            }
            Fact::Rated { score } => {
                self.ratings.push(Rating { at: line.at.wall.whole_seconds(), score: *score });
                self.settled = None;
            }
            Fact::Noted { text } => {
                Arc::make_mut(&mut self.notes).push(text.clone());
                self.settled = None;
            }
            Fact::Settled { record_at } => self.settled = Some(*record_at),
            Fact::Recorded { record_at } => self.recorded = Some(*record_at),
            _ => {}
        }
    }

    /// The lines that move a session which is not over.
    fn steer(&mut self, line: &Line) {
        match &line.fact {
            Fact::Next { leaving, by } if *leaving == self.current() => self.next(&line.at, *by),
            Fact::Skipped { leaving } if *leaving == self.current() => self.skip(line.at.wall),
            Fact::Declined { leaving } if *leaving == self.current() => self.decline(line.at.wall),
            Fact::Slept { .. } if !self.paused => self.hold(false),
            Fact::Paused => self.hold(true),
            Fact::Resumed => {
                (self.paused, self.asking) = (false, false);
                self.ask_anew();
            }
            Fact::GivenUp => self.end(Outcome::Interrupted, line.at.wall),
            Fact::Extended { phase, by_s } if *phase == self.current() => {
                let more = Duration::from_secs(*by_s).min(LONGEST);
                // The deadline to come is told as well, and so is the question there.
                self.ask_anew();
                let phase = self.phase_mut();
                phase.extended = phase.extended.saturating_add(more);
                (phase.late, phase.slept_past) = (Duration::ZERO, false);
            }
            Fact::More { rounds } => self.add_rounds(*rounds),
            Fact::Stopped { why } => {
                self.why.clone_from(why);
                self.end(Outcome::Stopped, line.at.wall);
            }
            _ => {}
        }
    }

    /// Lets time pass. The only place where time is counted: each span goes to one part of the current phase.
    fn pass(&mut self, now: &Stamp) {
        if now.is_before_or_at(&self.clock) {
            return;
        }
        let span = self.session_time(now.since(&self.clock));
        self.clock = now.following(&self.clock);
        self.watched &= !span.rebooted;
        if let Some(ending) = &mut self.ending {
            return ending.pass(span.total, self.watched);
        }
        let (paused, asking, watched) = (self.paused, self.asking, self.watched);
        if watched && self.is_held() {
            self.held_for = self.held_for.saturating_add(span.total);
        }
        if watched {
            self.known_until = now.wall;
        }
        let left = self.remaining();
        // While a question is open, a pack may still be on; else the time is the question's.
        let waits = self.offer().is_some() && !asking && !self.has_pack_on();
        let phase = self.phase_mut();
        phase.slept += span.slept;
        match () {
            () if !watched => phase.parts.unknown += span.total,
            () if paused => phase.parts.paused += span.total,
            () if asking && !left.is_zero() => phase.parts.asking += span.total,
            () => {
                let overdue = span.total.saturating_sub(left);
                phase.parts.active += span.total - overdue;
                *(if waits { &mut phase.parts.asking } else { &mut phase.parts.overdue }) += overdue;
                phase.late += overdue;
                phase.slept_past |= !overdue.is_zero() && !span.slept.is_zero();
            }
        }
    }

    /// Leaves a phase whose time is up. The timer's word counts from the deadline, if it came at once.
    fn next(&mut self, at: &Stamp, by: By) {
        if !self.is_up() {
            return;
        }
        let late = self.phase().late;
        let at_once = by == By::Timer && late <= GRACE * self.factor() && !self.phase().slept_past;
        if !at_once {
            return self.leave(at.wall, by);
        }
        self.phase_mut().parts.overdue -= late;
        self.leave(at.wall.minus(late / self.factor()), by);
        if let Some(ending) = &mut self.ending {
            ending.since.overdue = late;
            return;
        }
        let active = late.min(self.remaining());
        let phase = self.phase_mut();
        phase.parts = Parts { active, overdue: late - active, ..Parts::default() };
        phase.late = late - active;
    }

    /// Ends the current phase; the next begins at `at`, or the session is complete.
    fn leave(&mut self, at: Wall, by: By) {
        // A pause that ends with a swap needs no word of its own.
        (self.paused, self.asking, self.holds) = (false, false, self.holds + u32::from(self.is_held()));
        if self.phases.len() == self.plan().phases.len() {
            self.end(Outcome::Completed, at);
            // Whoever ended it is there.
            if by == By::Person {
                self.take_answer();
            }
            return;
        }
        self.phase_mut().left = true;
        self.phases.push(Progress::beginning(at, Some(by)));
        let so_far = self.parts().elapsed();
        let until = self.planned().until_s.map(Duration::from_secs);
        self.phase_mut().length = until.map(|until| until.saturating_sub(so_far));
        self.phase_mut().cut = self.length().saturating_sub(self.allowed());
    }

    fn is_held(&self) -> bool {
        self.paused || self.asking
    }

    /// Holds the session, by a pause or else by a question. Time past the deadline is no lateness of the timer then.
    fn hold(&mut self, paused: bool) {
        (self.paused, self.asking) = (paused, !paused);
        (self.holds, self.held_for) = (self.holds + 1, Duration::ZERO);
        self.phase_mut().late = Duration::ZERO;
    }

    fn end(&mut self, outcome: Outcome, at: Wall) {
        self.phase_mut().left = true;
        self.ending = Some(Ending::new(outcome, at));
    }

    /// What is told at the end of the current phase is told once more.
    fn ask_anew(&mut self) {
        let current = self.current();
        self.told.retain(|alert| !alert.is_of_the_end_of(current));
    }

    fn add_rounds(&mut self, more: u32) {
        let plan = &mut Arc::make_mut(&mut self.begun).plan;
        let rounds = plan.rounds.saturating_add(1)..=plan.rounds.saturating_add(more).min(MOST_ROUNDS);
        plan.add_rounds(rounds, self.phases.len());
    }

    /// A rehearsal's time runs faster than the clock's.
    fn session_time(&self, span: Span) -> Span {
        let factor = self.factor();
        Span { total: span.total.saturating_mul(factor), slept: span.slept.saturating_mul(factor), ..span }
    }

    fn factor(&self) -> u32 {
        self.begun.settings.factor()
    }

    /// The number of the current phase, from 0; the last one if it is over.
    pub fn current(&self) -> usize {
        self.phases.len() - 1
    }

    fn phase(&self) -> &Progress {
        &self.phases[self.current()]
    }

    fn phase_mut(&mut self) -> &mut Progress {
        let current = self.current();
        &mut self.phases[current]
    }

    fn planned(&self) -> &Phase {
        &self.plan().phases[self.current()]
    }

    /// Whose pack is on the skin, and has to come off. A phase for which no time was left takes none off.
    fn worn(&self) -> Option<&Phase> {
        let last = self.ran().take_while(|(index, _)| *index <= self.current()).last();
        last.map(|(_, phase)| phase).filter(|phase| phase.kind.is_pack() && !self.phase().declined)
    }

    fn has_pack_on(&self) -> bool {
        self.worn().is_some()
    }

    /// What is on the skin is called.
    fn worn_name(&self) -> &'static str {
        self.worn().map_or("pack", Phase::pack)
    }

    /// The current phase's length, with what was added to it.
    fn length(&self) -> Duration {
        self.own_length().saturating_add(self.phase().extended).saturating_sub(self.phase().cut)
    }

    /// The current phase's length, before anything was added to it.
    fn own_length(&self) -> Duration {
        let phase = self.phase();
        if phase.declined { Duration::ZERO } else { phase.length.unwrap_or(self.planned().planned()) }
    }

    fn remaining(&self) -> Duration {
        self.length().saturating_sub(self.phase().parts.active)
    }

    /// Whether the current phase's deadline has passed.
    fn is_up(&self) -> bool {
        !self.is_over() && self.watched && !self.paused && self.remaining().is_zero()
    }

    /// Whether the session has ended; its journal may still be there.
    pub fn is_over(&self) -> bool {
        self.ending.is_some()
    }

    fn ended_as(&self, outcome: &Outcome) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.outcome == *outcome)
    }

    /// Whether somebody times it, as far as the journal knows.
    pub fn is_watched(&self) -> bool {
        self.watched
    }

    /// Whether the clock is held.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether it is a rehearsal, which leaves no record.
    pub fn is_rehearsal(&self) -> bool {
        self.begun.settings.is_rehearsal()
    }

    /// What it is going to do.
    pub fn plan(&self) -> &Plan {
        &self.begun.plan
    }

    /// The first line: its id, its computer, its settings.
    pub fn begun(&self) -> &Begun {
        &self.begun
    }

    /// When the first phase began.
    pub fn started(&self) -> Wall {
        self.started
    }

    /// The process that times it, as far as the journal knows.
    pub fn timer(&self) -> Option<Process> {
        self.timer
    }

    /// Which start of the computer its last timer began in; without a timer, the session itself.
    pub fn boot(&self) -> &str {
        &self.boot
    }

    /// How often the person wanted to hear again what was told last.
    pub fn repeats(&self) -> u32 {
        self.repeats
    }

    /// The processes that looked on, as far as the journal knows; most of them are gone.
    pub fn viewers(&self) -> impl Iterator<Item = Process> {
        self.viewers.iter().copied()
    }

    /// Where the time went so far.
    pub fn parts(&self) -> Parts {
        self.phases.iter().map(|phase| phase.parts).fold(Parts::default(), Parts::plus)
    }
}
