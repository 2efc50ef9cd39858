//! Shows the running session: on a terminal a live screen, elsewhere a line for each thing that is told and
//! for each milestone of the time. Beside the screen keys are heard, beside lines typed lines.
//!
//! A viewer folds the journal like everybody else and never moves the session on by itself: a key becomes a line
//! like any other command. Closing it ends nothing, and leaves the terminal as it was.
//! [`frame()`] is pure: a snapshot and a size give the screen. It is drawn by hand: a page of text and seven bars a
//! digit need no library, and rows that are compared need no second buffer.

mod asked;
mod blank;
mod choice;
mod face;
mod fit;
mod frame;
mod input;
mod keys;
mod line;
mod mode;
mod obey;
mod pages;
mod paint;
mod screen;
mod signals;
mod timing;
mod typed;
mod words;

pub use choice::{Choice, choose, choose_line};
pub use fit::between_words;
pub use frame::{Beside, Look, Row, Size, frame};
pub use pages::{Reader, Turn, pages};
pub use paint::{Colours, style_of};
pub use screen::Gifts;
pub use signals::Signals;
pub use typed::is_ten;

use crate::{
    clock::{self, Alarm},
    error::{Error, Result},
    journal::{self, Journal},
    session::{Alert, Fact, Line, Lost, Milestones, Session, Snapshot, State},
    time::Stamp,
};
use blank::Blank;
use face::Face;
use input::Input;
use mode::Typing;
use signal_hook::consts::SIGTSTP;
use std::{
    fs::{self, File},
    io::{self, IsTerminal},
    mem,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{FileExt, MetadataExt},
    },
    time::Duration,
};
use timing::Timing;
use words::Asks;

/// A screen that nobody times rings so often.
const RINGS: Duration = Duration::from_mins(1);
/// How often to look, where the system has no watch left to give.
const BLIND: Duration = Duration::from_millis(500);

/// How a viewer shows things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Show the live screen; else only lines that stay.
    pub live: bool,
    /// Print nothing but complaints.
    pub quiet: bool,
    /// Ring the terminal's bell when there is something to do.
    pub bell: bool,
    /// Draw nothing beyond ASCII.
    pub letters_only: bool,
    /// What the terminal can do beside.
    pub gifts: Gifts,
}

/// When a viewer was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened<'a> {
    /// With the session; what was said before it began.
    AtStart(&'a [String]),
    /// Later.
    Later,
}

/// Why a viewer closed.
#[derive(Debug)]
pub enum Closed {
    /// The session is over; this is how its last line left it.
    Over(Box<Session>),
    /// Somebody removed the journal of a session that was not over.
    Vanished,
    /// Nobody times the session any more.
    Unwatched(Box<Session>),
    /// A signal asks to go.
    Signal(i32, Box<Session>),
    /// The person asks to end the session.
    Stop(Box<Session>),
    /// The person asks to go; the session goes on.
    Detached,
    /// Nobody reads the output any more: the session goes on without a viewer.
    Unread,
}

/// Shows the session until it is closed or cut off, a signal comes, or nobody reads; without a live screen, until it
/// is over. A viewer that comes later shows of what was told before only the last.
///
/// # Errors
/// The journal cannot be read.
pub fn run(journal: &Journal, style: Style, signals: &Signals, opened: Opened) -> Result<Closed> {
    let file = match journal.open() {
        Err(_) if !journal.is_there()? => return Ok(Closed::Vanished),
        file => file?,
    };
    let input = match style.live {
        true => Input::of_terminal(Typing::Keys),
        // Nobody types where no answer is seen.
        false if style.quiet || !io::stderr().is_terminal() => Input::none(Typing::Lines),
        false => Input::of_terminal(Typing::Lines),
    };
    if style.live || input.is_there() {
        obey::look_on(journal);
    }
    let mut viewer = Viewer {
        journal,
        style,
        file,
        known: 0,
        removed: false,
        session: None,
        timers: 0,
        face: Face::new(style, if let Opened::AtStart(said) = opened { said } else { &[] }),
        input,
        blank: Blank::default(),
        has_said: false,
        stops_until: None,
        told: None,
        milestones: Milestones::default(),
        prompted: None,
        alone: None,
    };
    let closed = viewer.begin(matches!(opened, Opened::AtStart(_))).and_then(|()| viewer.watch(signals));
    viewer.face.leave();
    closed
}

/// Up to when nothing changes on the screen, on the clock that runs on in sleep, or why there is nothing more to show.
type Shown = std::result::Result<Option<Duration>, Closed>;

struct Viewer<'a> {
    journal: &'a Journal,
    style: Style,
    /// Kept open: it has the last lines even after the journal was removed.
    file: File,
    /// How many of its bytes are folded.
    known: u64,
    /// Whether the journal was removed, as of the last look at the files.
    removed: bool,
    session: Option<Session>,
    /// How many timers the session has had.
    timers: usize,
    /// What is shown.
    face: Face,
    /// What the person types.
    input: Input,
    /// What keeps the desktop's screen from going dark.
    blank: Blank,
    /// Something was said to the session, and the journal not read since.
    has_said: bool,
    /// Until then, `q` means it.
    stops_until: Option<Duration>,
    /// What was told last.
    told: Option<Alert>,
    /// What was said of the time where no screen shows it.
    milestones: Milestones,
    /// What was last said there of what can be typed.
    prompted: Option<Asks>,
    /// Nobody times the session any more; when that rings next.
    alone: Option<Duration>,
}

impl Viewer<'_> {
    /// Passes over what was told before, but for the last.
    fn begin(&mut self, from_start: bool) -> Result<()> {
        if from_start {
            return Ok(());
        }
        let lines = self.new_lines()?;
        lines.iter().for_each(|line| self.fold(line));
        if let Some(told) = lines.iter().rfind(|line| matches!(line.fact, Fact::Told { .. })) {
            // Whether anybody reads is found out with the next line.
            let _ = self.show(told);
        }
        Ok(())
    }

    fn watch(&mut self, signals: &Signals) -> Result<Closed> {
        let watch = self.journal.watch();
        let alarm = Alarm::new().map_err(|why| Error::system("set a timer", &why))?;
        let (mut timing, mut timers) = (Timing::new(self.journal), 0);
        // In most seconds nothing changes but the time.
        let mut changed = true;
        loop {
            self.input.listen();
            let read = if changed || watch.source().is_none() {
                watch.drain();
                self.read()?
            } else {
                Ok(())
            };
            let redraw = match self.look(read, timing.is_over, watch.source().is_none())? {
                Ok(redraw) => redraw,
                Err(closed) => return Ok(closed),
            };
            if timers != self.timers
                && let Some(timer) = self.session.as_ref().and_then(Session::timer)
            {
                timers = self.timers;
                timing.begins(timer);
                // Killed with -9 it changes no file. Then once more round: its last lines.
                changed = timing.is_over;
                if self.alone.take().is_some() {
                    self.face.timed_again();
                    continue;
                }
                if timing.is_over {
                    continue;
                }
            }
            let typed = self.input.source();
            let (heard, life) = (watch.source(), timing.source());
            let sources: Vec<_> =
                [Some(signals.source()), typed, heard, life].into_iter().flatten().collect();
            let deadlines = [redraw, self.input.deadline(), self.face.deadline(), timing.deadline()];
            let until = deadlines.into_iter().flatten().min();
            let mut woken = alarm.wait(until, &sources).into_iter().skip(1);
            let mut has_news = |source: Option<BorrowedFd>| source.is_some() && woken.next() == Some(true);
            let (keys, news, died) = (has_news(typed), has_news(heard), has_news(life));
            match signals.caught() {
                None => {}
                Some(SIGTSTP) => self.stop_here(signals),
                Some(signal) => return Ok(self.closed(|session| Closed::Signal(signal, session))),
            }
            changed = news || died;
            if died {
                timing.dies();
            }
            if died || timing.ask_if_due() {
                changed = true;
                continue;
            }
            if let Some(closed) = self.hear(keys) {
                return Ok(closed);
            }
            // What was just said to the session is read before anything is drawn: the answer is of what comes then.
            changed |= mem::take(&mut self.has_said);
        }
    }

    /// Takes in and shows what was written since the last time. The answer within is whether it could be shown.
    fn read(&mut self) -> Result<io::Result<()>> {
        self.removed = self.is_removed();
        let lines = self.new_lines()?;
        Ok(lines.iter().try_for_each(|line| {
            self.fold(line);
            self.show(line)
        }))
    }

    /// Shows how it stands now. Says up to when that is all there is to see, or why there will be nothing more.
    fn look(&mut self, read: io::Result<()>, dead: bool, blind: bool) -> Result<Shown> {
        let removed = self.removed;
        let Some(session) = &self.session else {
            return self.journal.read()?.ours().and(Ok(Err(Closed::Unread)));
        };
        if session.is_over() && (removed || !self.style.live && !self.input.hears()) {
            return Ok(Err(self.closed(Closed::Over)));
        }
        if removed {
            return Ok(Err(Closed::Vanished));
        }
        let now = clock::now();
        // What is over was told, and needs no timer.
        if dead && (session.is_over() || !self.face.is_on()) {
            return Ok(Err(self.closed(Closed::Unwatched)));
        }
        if dead {
            return Ok(self.show_alone(&now, blind));
        }
        let snapshot = session.snapshot(&now).in_zone(&clock::zone());
        let shown = match snapshot.phase.turn {
            Some(_) if self.face.is_on() => read,
            _ => read.and_then(|()| self.draw(&snapshot, &now)),
        };
        if shown.is_err() {
            return Ok(Err(Closed::Unread));
        }
        // Nobody must miss that it is not timed any more.
        let rests = matches!(snapshot.state, State::Paused | State::Ended);
        let is_seen = self.face.is_on() || !self.style.live && self.input.hears();
        self.blank.hold_off(is_seen && !rests);
        Ok(Ok(self.pause(&snapshot, blind).map(|pause| now.boottime + pause)))
    }

    /// Nobody times the session any more. Whoever lies on a pack must be able to see that: it stands there until a
    /// key is pressed.
    fn show_alone(&mut self, now: &Stamp, blind: bool) -> Shown {
        let Some(mut session) = self.session.clone() else { return Err(Closed::Unread) };
        session.apply(&Line { at: now.clone(), fact: Fact::CutOff });
        let rings = self.alone.filter(|rings| now.boottime < *rings);
        let told = match rings {
            Some(_) => Ok(()),
            None => self.face.tell_alone(&now.wall, session.nobody_times(Lost::Timer)),
        };
        let rings = rings.unwrap_or(now.boottime + RINGS);
        self.alone = Some(rings);
        self.blank.hold_off(true);
        match told.and_then(|()| self.draw(&session.snapshot(now).in_zone(&clock::zone()), now)) {
            Ok(()) if blind => Ok(Some(rings.min(now.boottime + BLIND))),
            Ok(()) => Ok(Some(rings)),
            Err(_) => Err(Closed::Unread),
        }
    }

    fn closed(&self, why: impl FnOnce(Box<Session>) -> Closed) -> Closed {
        self.session.clone().map_or(Closed::Unread, |session| why(Box::new(session)))
    }

    /// Stops as Ctrl-Z would have, the terminal as it was before.
    fn stop_here(&mut self, signals: &Signals) {
        self.face.leave();
        self.blank.hold_off(false);
        self.input.restore();
        signals.stop_here();
    }

    fn is_removed(&self) -> bool {
        let inode = |data: io::Result<fs::Metadata>| data.map(|data| data.ino()).ok();
        inode(fs::metadata(self.journal.path())) != inode(self.file.metadata())
    }

    /// The lines that were written since the last look. A torn one is read when it is whole.
    fn new_lines(&mut self) -> Result<Vec<Line>> {
        let read = || {
            let length = self.file.metadata()?.len().saturating_sub(self.known);
            let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
            self.file.read_exact_at(&mut bytes, self.known)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|why| Error::file("read", &self.journal.path(), &why))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        self.known += whole as u64;
        Ok(journal::lines(&bytes[..whole]).collect())
    }

    fn fold(&mut self, line: &Line) {
        self.timers += usize::from(matches!(line.fact, Fact::Timer { .. }));
        match &mut self.session {
            Some(session) => session.apply(line),
            None => self.session = Session::fold([line.clone()]).ok(),
        }
    }

    fn show(&mut self, line: &Line) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        match &line.fact {
            Fact::Told { alert } if !self.style.quiet => {
                self.milestones.tell();
                self.told = Some(*alert);
                let mut message = session.message(*alert);
                if !self.style.live && self.input.hears() {
                    // What to type is said as well.
                    message.answer.clear();
                }
                self.face.tell(&line.at.wall, message)
            }
            Fact::Complaint { text } => {
                self.face.warn(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn draw(&mut self, snapshot: &Snapshot, now: &Stamp) -> io::Result<()> {
        if !self.style.live {
            let Some(session) = self.session.as_ref().filter(|_| !self.style.quiet) else { return Ok(()) };
            let reached = self.milestones.reached(session, snapshot, now);
            let line = |left: &Duration| words::milestone(snapshot, *left);
            reached.iter().map(line).try_for_each(|line| self.face.say(&now.wall, &line))?;
            if self.input.hears() && session.due(now).is_empty() {
                self.prompt(snapshot);
            }
            return Ok(());
        }
        // In the background the screen is where somebody types to the shell.
        if self.is_in_background() {
            self.face.leave();
            return Ok(());
        }
        if snapshot.state == State::Ended && self.stops_until.take().is_some() {
            // There is nothing left to end: the question is over.
            self.face.seen();
        }
        let told = self.session.as_ref().zip(self.told);
        self.face.tell_instead(told.and_then(|(session, told)| session.told_instead(told, now)));
        self.face.draw(snapshot, self.input.is_there())
    }

    /// Says what can be typed, when that is something else than before.
    fn prompt(&mut self, snapshot: &Snapshot) {
        let asks = words::asks(snapshot);
        let before = self.prompted.replace(asks);
        if before != Some(asks) && (before.is_none() || asks != Asks::Nothing) {
            self.answer(words::prompt(snapshot));
        }
    }

    fn is_in_background(&self) -> bool {
        match self.input.is_there() {
            true => !self.input.hears(),
            false => mode::is_in_front(io::stdout()) == Ok(false),
        }
    }

    /// How long nothing changes on the screen: a live one changes with each second.
    fn pause(&self, snapshot: &Snapshot, blind: bool) -> Option<Duration> {
        let second = Duration::from_secs(1);
        let tick = match snapshot.state {
            _ if snapshot.phase.turn.is_some() => snapshot.phase.turn,
            State::Running if snapshot.rehearsal => Some(second / 4),
            State::Running => Some(Duration::from_nanos(snapshot.phase.remaining.subsec_nanos().into())),
            State::Overdue => Some(second),
            State::Asking | State::Paused | State::CutOff | State::Ended => None,
        };
        // The keys mean something else once an alarm does not ring any more.
        let tick = tick.into_iter().chain(snapshot.rings).min();
        let live = tick.filter(|_| self.style.live).map(|tick| if tick.is_zero() { second } else { tick });
        // Nobody tells of coming to the foreground.
        let look = self.is_in_background().then_some(second);
        let plain = self.session.as_ref().filter(|_| !self.style.live && !self.style.quiet);
        let milestone = plain.and_then(|session| Milestones::until_next(session, snapshot));
        live.into_iter().chain(milestone).chain(look).chain(blind.then_some(BLIND)).min()
    }
}

/// The width of that window; the usual one where nobody knows it.
pub fn width_of(window: impl AsFd) -> usize {
    face::size_of(window).columns
}
