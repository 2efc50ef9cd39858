//! Shows the running session: a line for each thing that is told, and on a terminal one live line below them.
//!
//! A viewer folds the journal like everybody else and never moves the session on by itself: a key becomes a line
//! like any other command. Closing it ends nothing, and leaves the terminal as it was.
//! [`frame()`] is pure: a snapshot and a width give the live line.

mod choice;
mod frame;
mod keys;
mod mode;
mod obey;
mod signals;

pub use choice::{Choice, choose, choose_line};
pub use frame::frame;
pub use signals::Signals;

use crate::{
    clock::{self, Alarm},
    error::{Error, Result},
    journal::{self, Journal},
    session::{Fact, Line, Message, Session, Snapshot, State},
    time::Wall,
};
use keys::{HELP, Key, Keys, Moment};
use mode::Terminal;
use rustix::{io::Errno, termios::tcgetwinsize};
use signal_hook::consts::SIGTSTP;
use std::{
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{FileExt, MetadataExt},
    },
    time::Duration,
};

/// Below the title, right of the time.
const INDENT: &str = "          ";

/// How a viewer shows things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Redraw one live line in place; else only lines that stay.
    pub live: bool,
    /// Print nothing but complaints.
    pub quiet: bool,
    /// Ring the terminal's bell when there is something to do.
    pub bell: bool,
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

/// Shows the session until it is closed or cut off, a signal comes, or nobody reads; without a live line, until it
/// is over. A viewer that comes later (`from_start` is false) shows of what was told before only the last.
///
/// # Errors
/// The journal cannot be read.
pub fn run(journal: &Journal, style: Style, signals: &Signals, from_start: bool) -> Result<Closed> {
    let file = match journal.open() {
        Err(_) if !journal.is_there()? => return Ok(Closed::Vanished),
        file => file?,
    };
    if style.live {
        obey::look_on(journal);
    }
    let terminal = if style.live { Terminal::of_input() } else { None };
    let keys = Keys::default();
    let mut viewer =
        Viewer { journal, style, file, known: 0, removed: false, session: None, live: false, terminal, keys };
    let closed = viewer.begin(from_start).and_then(|()| viewer.watch(signals));
    viewer.wipe();
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
    /// Whether the live line stands there.
    live: bool,
    /// Where keys come from, if they do. Dropped, it is as it was before.
    terminal: Option<Terminal>,
    keys: Keys,
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
        let alarm = Alarm::new().map_err(|why| Error::failed(why.to_string()))?;
        let mut timer = None;
        let mut dead = false;
        // In most seconds nothing changes but the time.
        let mut changed = true;
        loop {
            self.terminal.take_if(|terminal| !terminal.listen());
            let read = if changed || dead || watch.source().is_none() {
                watch.drain();
                self.read()?
            } else {
                Ok(())
            };
            let redraw = match self.look(read, dead, watch.source().is_none())? {
                Ok(redraw) => redraw,
                Err(closed) => return Ok(closed),
            };
            if timer.is_none()
                && let Some(pid) = self.session.as_ref().and_then(Session::timer)
            {
                timer = journal::process(pid).inspect_err(|why| dead = *why == Errno::SRCH).ok();
                if dead {
                    continue;
                }
            }
            let typed = self.terminal.as_ref().and_then(Terminal::source);
            let (heard, life) = (watch.source(), timer.as_ref().map(AsFd::as_fd));
            let sources: Vec<_> =
                [Some(signals.source()), typed, heard, life].into_iter().flatten().collect();
            let until = redraw.into_iter().chain(self.keys.deadline()).min();
            let mut woken = alarm.wait(until, &sources).into_iter().skip(1);
            let mut has_news = |source: Option<BorrowedFd>| source.is_some() && woken.next() == Some(true);
            let (keys, news, died) = (has_news(typed), has_news(heard), has_news(life));
            changed = news;
            // Killed with -9 it changes no file. Then once more round: its last lines.
            dead |= died;
            match signals.caught() {
                None => {}
                Some(SIGTSTP) => self.stop_here(signals),
                Some(signal) => return Ok(self.closed(|session| Closed::Signal(signal, session))),
            }
            if dead {
                continue;
            }
            if let Some(closed) = self.hear(keys) {
                return Ok(closed);
            }
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
        if session.is_over() && (removed || !self.style.live) {
            return Ok(Err(self.closed(Closed::Over)));
        }
        if removed {
            return Ok(Err(Closed::Vanished));
        }
        if dead {
            return Ok(Err(self.closed(Closed::Unwatched)));
        }
        let now = clock::now();
        let snapshot = session.snapshot(&now).in_zone(&clock::zone());
        let shown = match snapshot.phase.turn {
            Some(_) if self.live => read,
            _ => read.and_then(|()| self.draw(&snapshot)),
        };
        if shown.is_err() {
            return Ok(Err(Closed::Unread));
        }
        Ok(Ok(self.pause(&snapshot, blind).map(|pause| now.boottime + pause)))
    }

    fn closed(&self, why: impl FnOnce(Box<Session>) -> Closed) -> Closed {
        self.session.clone().map_or(Closed::Unread, |session| why(Box::new(session)))
    }

    /// Stops as Ctrl-Z would have, the terminal as it was before.
    fn stop_here(&mut self, signals: &Signals) {
        self.wipe();
        if let Some(terminal) = &mut self.terminal {
            terminal.restore();
        }
        signals.stop_here();
    }

    /// Does what was typed.
    fn hear(&mut self, ready: bool) -> Option<Closed> {
        let now = clock::now().boottime;
        if ready && let Some(terminal) = self.terminal.take_if(|terminal| terminal.hears()) {
            // At the end of input it is not put back.
            if let Some(bytes) = terminal.read() {
                self.keys.hear(&bytes, now);
                self.terminal = Some(terminal);
            }
        }
        self.keys.pressed(now).into_iter().find_map(|key| self.press(key))
    }

    fn press(&mut self, key: Key) -> Option<Closed> {
        let session = self.session.as_ref()?;
        let (id, over, now) = (session.begun().id, session.is_over(), clock::now());
        let snapshot = session.snapshot(&now);
        let key = key.heard(Moment {
            state: snapshot.state,
            asks: snapshot.question.is_some(),
            offers_more: snapshot.offers_more,
            rings: session.is_ringing(&now),
        });
        if over && key == Key::Silence {
            self.keys.forget_word();
        }
        let said = match key {
            Key::Stop | Key::Detach if over => return Some(self.closed(Closed::Over)),
            Key::Stop => return Some(self.closed(Closed::Stop)),
            Key::Detach => "the session goes on without this screen".into(),
            Key::Help if over => frame::after_keys(&snapshot).into(),
            Key::Help if snapshot.question.is_some() => frame::QUESTION.into(),
            Key::Pause if snapshot.question.is_some() => frame::QUESTION.into(),
            Key::Help => HELP.into(),
            Key::AskPain => "pain now, from 0 to 10?".into(),
            Key::Yes | Key::Other => return None,
            _ => obey::obey(self.journal, id, key).unwrap_or_else(|why| format!("nothing changed: {why}")),
        };
        let said = format!("{}\n", self.wrapped(&said, ""));
        // Whether anybody reads is found out with the next line.
        let _ = self.print(&said);
        (key == Key::Detach).then_some(Closed::Detached)
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
        match &mut self.session {
            Some(session) => session.apply(line),
            None => self.session = Session::fold([line.clone()]).ok(),
        }
    }

    fn show(&mut self, line: &Line) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        match &line.fact {
            Fact::Told { alert } if !self.style.quiet => {
                let message = session.message(*alert);
                let text = self.told(&line.at.wall, &message);
                self.print(&text)
            }
            Fact::Complaint { text } => {
                self.wipe();
                // A closed stderr is no reason to stop showing.
                let _ = writeln!(anstream::stderr(), "warning: {}", self.wrapped(text, ""));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Prints what stays on the screen, above the live line.
    fn print(&mut self, text: &str) -> io::Result<()> {
        self.wipe();
        // It has no colours; and where colours are off, the bell is not.
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// What was told, as it stays on the screen: when and what, and below it what to do.
    fn told(&self, at: &Wall, message: &Message) -> String {
        let bell = if self.style.bell && message.urgent { "\x07" } else { "" };
        let body = self.wrapped(&message.body, INDENT);
        format!("{bell}{}  {}\n{body}\n", at.in_zone(&clock::zone()).hour_minute_second(), message.title)
    }

    /// Broken into lines that fit the screen; without one, a line is a line.
    fn wrapped(&self, text: &str, indent: &str) -> String {
        let width = if self.style.live { width() } else { usize::MAX };
        let options = textwrap::Options::new(width).initial_indent(indent).subsequent_indent(indent);
        textwrap::fill(text, options)
    }

    fn draw(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        // In the background it would stand where somebody types to the shell.
        if !self.style.live || self.is_in_background() {
            return Ok(());
        }
        let keys = self.terminal.is_some();
        let mut out = io::stdout().lock();
        // One column is left free: a full line would wrap, and could not be redrawn.
        write!(out, "\r{}\x1b[K", frame(snapshot, width().saturating_sub(1), keys))?;
        self.live = true;
        out.flush()
    }

    fn is_in_background(&self) -> bool {
        self.terminal.as_ref().is_some_and(|terminal| !terminal.hears())
    }

    /// Clears the live line away.
    fn wipe(&mut self) {
        if std::mem::take(&mut self.live) {
            let mut out = io::stdout().lock();
            let _ = out.write_all(b"\r\x1b[K").and_then(|()| out.flush());
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
        let live = tick.filter(|_| self.style.live).map(|tick| if tick.is_zero() { second } else { tick });
        // Nobody tells of coming to the foreground.
        let look = self.is_in_background().then_some(second);
        live.into_iter().chain(look).chain(blind.then_some(second / 2)).min()
    }
}

/// The width of the screen.
pub fn width() -> usize {
    let columns = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { 80 } else { columns }
}
