//! Shows the running session: a line for each thing that is told, and on a terminal one live line below them.
//!
//! A viewer folds the journal like everybody else and never moves the session on; closing it ends nothing.
//! [`frame`] is pure: a snapshot and a width give the live line.

mod signals;

pub use signals::Signals;

use crate::{
    clock::{self, Alarm},
    error::{Error, Result},
    journal::{self, Journal},
    session::{Fact, Line, Message, Session, Snapshot, State},
    time::{Wall, clock_face},
};
use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
    termios::tcgetwinsize,
};
use signal_hook::consts::SIGTSTP;
use std::{
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
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
    /// The journal was settled and removed; this is the session as its last line left it.
    Settled(Box<Session>),
    /// Somebody removed the journal of a session that was not settled.
    Vanished(Box<Session>),
    /// Nobody times the session any more.
    Unwatched(Box<Session>),
    /// A signal asks to go.
    Signal(i32, Box<Session>),
    /// Nobody reads the output any more: the session goes on without a viewer.
    Unread,
}

/// Shows the session until it is settled or cut off, a signal comes, or nobody reads. A viewer that comes later
/// (`from_start` is false) shows of what was told before only the last.
///
/// # Errors
/// The journal cannot be read.
pub fn run(journal: &Journal, style: Style, signals: &Signals, from_start: bool) -> Result<Closed> {
    let file = journal.open()?;
    let mut viewer = Viewer { journal, style, file, known: 0, session: None, live: false };
    let closed = viewer.begin(from_start).and_then(|()| viewer.watch(signals));
    viewer.wipe();
    closed
}

struct Viewer<'a> {
    journal: &'a Journal,
    style: Style,
    /// Kept open: it has the last lines even after the journal was removed.
    file: File,
    /// How many of its bytes are folded.
    known: u64,
    session: Option<Session>,
    /// Whether the live line stands there.
    live: bool,
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
        loop {
            watch.drain();
            let removed = self.is_removed();
            let lines = self.new_lines()?;
            let shown = lines.iter().try_for_each(|line| {
                self.fold(line);
                self.show(line)
            });
            let Some(session) = self.session.clone().map(Box::new) else {
                return self.journal.read()?.ours().and(Ok(Closed::Unread));
            };
            if removed {
                let settled = session.is_settled() || session.is_rehearsal() && session.is_over();
                return Ok(if settled { Closed::Settled(session) } else { Closed::Vanished(session) });
            }
            if dead {
                return Ok(Closed::Unwatched(session));
            }
            let now = clock::now();
            let snapshot = session.snapshot(&now);
            if shown.and_then(|()| self.draw(&snapshot)).is_err() {
                return Ok(Closed::Unread);
            }
            if timer.is_none()
                && let Some(pid) = session.timer()
            {
                timer = process(pid).inspect_err(|why| dead = *why == Errno::SRCH).ok();
                if dead {
                    continue;
                }
            }
            let mut sources = vec![signals.source()];
            sources.extend(watch.source());
            sources.extend(timer.as_ref().map(AsFd::as_fd));
            let pause = self.pause(&snapshot, watch.source().is_none());
            let woken = alarm.wait(pause.map(|pause| now.boottime + pause), &sources);
            // Killed with -9 it changes no file. Then once more round: its last lines.
            dead |= timer.is_some() && woken.last() == Some(&true);
            match signals.caught() {
                None => {}
                Some(SIGTSTP) => {
                    self.wipe();
                    signals.stop_here();
                }
                Some(signal) => return Ok(Closed::Signal(signal, session)),
            }
        }
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
                self.wipe();
                let mut out = anstream::stdout().lock();
                out.write_all(text.as_bytes())?;
                out.flush()
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

    /// What was told, as it stays on the screen: when and what, and below it what to do.
    fn told(&self, at: &Wall, message: &Message) -> String {
        let bell = if self.style.bell && message.urgent { "\x07" } else { "" };
        let body = self.wrapped(&message.body, INDENT);
        format!("{bell}{}  {}\n{body}\n", at.hour_minute_second(), message.title)
    }

    /// Broken into lines that fit the screen; without one, a line is a line.
    fn wrapped(&self, text: &str, indent: &str) -> String {
        let width = if self.style.live { width() } else { usize::MAX };
        let options = textwrap::Options::new(width).initial_indent(indent).subsequent_indent(indent);
        textwrap::fill(text, options)
    }

    fn draw(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        if !self.style.live {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        // One column is left free: a full line would wrap, and could not be redrawn.
        write!(out, "\r{}\x1b[K", frame(snapshot, width().saturating_sub(1)))?;
        self.live = true;
        out.flush()
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
            State::Running if snapshot.rehearsal => Some(second / 4),
            State::Running => Some(Duration::from_nanos(snapshot.phase.remaining.subsec_nanos().into())),
            State::Overdue => Some(second),
            State::Asking | State::Paused | State::CutOff | State::Ended => None,
        };
        let live = tick.filter(|_| self.style.live).map(|tick| if tick.is_zero() { second } else { tick });
        live.into_iter().chain(blind.then_some(second / 2)).min()
    }
}

/// The width of the screen.
pub fn width() -> usize {
    let columns = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { 80 } else { columns }
}

/// A handle on the timer that tells when it dies.
fn process(pid: i32) -> rustix::io::Result<OwnedFd> {
    pidfd_open(Pid::from_raw(pid).ok_or(Errno::SRCH)?, PidfdFlags::empty())
}

/// The live line: what is on, for how long still, what comes next. Never wider than `width`.
pub fn frame(snapshot: &Snapshot, width: usize) -> String {
    let phase = snapshot.phase;
    let mark = if snapshot.rehearsal { "REHEARSAL  " } else { "" };
    let now = match snapshot.state {
        State::Overdue => format!("{} is over by {}", phase.kind, clock_face(phase.overdue)),
        State::Asking => format!("held: {} {} left", phase.kind, clock_face(phase.remaining)),
        State::Paused => format!("paused: {} {} left", phase.kind, clock_face(phase.remaining)),
        State::Ended => "over".into(),
        State::CutOff => "nobody is timing this session".into(),
        State::Running => format!("{} {} left", phase.kind, clock_face(ceiling(phase.remaining))),
    };
    let next = match &snapshot.next {
        Some(next) => format!("{} at {}", next.kind, phase.ends_at.hour_minute()),
        None => format!("done at {}", phase.ends_at.hour_minute()),
    };
    let round = format!("round {}/{}", snapshot.round, snapshot.rounds);
    let end = format!("ends {}", snapshot.ends_at.hour_minute());
    let mut line = format!("{mark}{now}");
    for part in [next, round, end, "Ctrl-C stops".into()] {
        let longer = format!("{line} · {part}");
        if longer.chars().count() > width {
            break;
        }
        line = longer;
    }
    line.chars().take(width).collect()
}

/// Counts down as people expect: 20:00 at the start, 00:01 in the last second.
fn ceiling(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}
