//! Shows the running session: a line for each thing that is told, and on a terminal one live line below them.
//!
//! A viewer folds the journal like everybody else and never moves the session on; closing it ends nothing.
//! [`frame`] is pure: a snapshot and a width give the live line.

mod signals;

pub use signals::Signals;

use crate::{
    clock::{self, Alarm},
    error::Result,
    journal::{self, Journal},
    session::{Fact, Line, Session, Snapshot, State},
    time::{Stamp, clock_face, say},
};
use rustix::{
    process::{Pid, PidfdFlags, pidfd_open},
    termios::tcgetwinsize,
};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::{FileExt, MetadataExt},
    },
    time::Duration,
};

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
    /// Nobody times the session any more.
    Unwatched(Box<Session>),
    /// A signal asks to go.
    Signal(i32),
    /// Nobody reads the output any more: the session goes on without a viewer.
    Unread,
}

/// Shows the session until it is settled or cut off, a signal comes, or nobody reads.
///
/// # Errors
/// The journal cannot be read.
pub fn run(journal: &Journal, style: Style, signals: &Signals) -> Result<Closed> {
    let file = journal.open()?;
    let mut viewer = Viewer { journal, style, file, shown: 0, known: 0, session: None, live: false };
    let closed = viewer.watch(signals);
    viewer.wipe();
    closed
}

struct Viewer<'a> {
    journal: &'a Journal,
    style: Style,
    /// Kept open: it has the last lines even after the journal was removed.
    file: File,
    /// How many lines are shown.
    shown: usize,
    /// How many bytes are folded.
    known: u64,
    session: Option<Session>,
    /// Whether the live line stands there.
    live: bool,
}

impl Viewer<'_> {
    fn watch(&mut self, signals: &Signals) -> Result<Closed> {
        let watch = self.journal.watch();
        let alarm = Alarm::new().map_err(|why| crate::error::Error::failed(why.to_string()))?;
        let mut timer = None;
        let mut dead = false;
        loop {
            watch.drain();
            let removed = self.is_removed();
            let shown = self.show_new_lines()?;
            let Some(session) = self.session.clone() else { return Ok(Closed::Unread) };
            let now = clock::now();
            if removed {
                return Ok(Closed::Settled(Box::new(session)));
            }
            if dead {
                return Ok(Closed::Unwatched(Box::new(session)));
            }
            if shown.and_then(|()| self.draw(&session.snapshot(&now))).is_err() {
                return Ok(Closed::Unread);
            }
            timer = timer.or_else(|| session.timer().and_then(process));
            let mut sources = vec![signals.source()];
            sources.extend(watch.source());
            sources.extend(timer.as_ref().map(AsFd::as_fd));
            let woken = alarm.wait(self.next_look(&session, &now, watch.source().is_none()), &sources);
            // Killed with -9 it changes no file. Then once more round: its last lines.
            dead = timer.is_some() && woken.last() == Some(&true);
            if let Some(signal) = signals.caught() {
                return Ok(Closed::Signal(signal));
            }
        }
    }

    fn is_removed(&self) -> bool {
        let inode = |data: io::Result<fs::Metadata>| data.map(|data| data.ino()).ok();
        inode(fs::metadata(self.journal.path())) != inode(self.file.metadata())
    }

    /// Folds what is new in the journal and prints it. The inner result is the output's.
    fn show_new_lines(&mut self) -> Result<io::Result<()>> {
        let unreadable = |why| crate::error::Error::file("read", &self.journal.path(), &why);
        let length = self.file.metadata().map_err(unreadable)?.len();
        if length == self.known {
            return Ok(Ok(()));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        self.file.read_exact_at(&mut bytes, 0).map_err(unreadable)?;
        self.known = length;
        let lines: Vec<Line> = journal::lines(&bytes).collect();
        let new = lines.get(self.shown..).unwrap_or_default().to_vec();
        self.shown = lines.len();
        self.session = Session::fold(lines).ok();
        Ok(new.iter().try_for_each(|line| self.show(line)))
    }

    fn show(&mut self, line: &Line) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        match &line.fact {
            Fact::Told { alert } if !self.style.quiet => {
                let message = session.message(*alert);
                let bell = if self.style.bell && message.urgent { "\x07" } else { "" };
                let at = line.at.wall.hour_minute_second();
                self.wipe();
                let mut out = anstream::stdout().lock();
                writeln!(out, "{bell}{at}  {}\n          {}", message.title, message.body)?;
                out.flush()
            }
            Fact::Complaint { text } => {
                let text = format!("warning: {text}");
                self.wipe();
                // A closed stderr is no reason to stop showing.
                let _ = writeln!(anstream::stderr(), "{text}");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn draw(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        if !self.style.live {
            return Ok(());
        }
        let width = tcgetwinsize(io::stdout()).map_or(80, |size| usize::from(size.ws_col));
        let mut out = io::stdout().lock();
        // One column is left free: a full line would wrap, and could not be redrawn.
        write!(out, "\r{}\x1b[K", frame(snapshot, width.saturating_sub(1)))?;
        out.flush()?;
        self.live = true;
        Ok(())
    }

    /// Clears the live line away.
    fn wipe(&mut self) {
        if std::mem::take(&mut self.live) {
            let _ = io::stdout().write_all(b"\r\x1b[K");
        }
    }

    /// The moment to look again: on a live screen whenever the seconds change.
    fn next_look(&self, session: &Session, now: &Stamp, blind: bool) -> Option<Duration> {
        let snapshot = session.snapshot(now);
        let second = Duration::from_secs(1);
        let tick = match snapshot.state {
            State::Running if snapshot.rehearsal => Some(second / 4),
            State::Running => Some(Duration::from_nanos(snapshot.phase.remaining.subsec_nanos().into())),
            State::Overdue => Some(second),
            State::Paused | State::CutOff | State::Ended => None,
        };
        let live = tick.filter(|_| self.style.live).map(|tick| if tick.is_zero() { second } else { tick });
        let look = blind.then_some(Duration::from_millis(500));
        [live, look].into_iter().flatten().min().map(|pause| now.boottime + pause)
    }
}

/// A handle on the timer that tells when it dies.
fn process(pid: i32) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()
}

/// The live line: what is on, for how long still, what comes next. Never wider than `width`.
pub fn frame(snapshot: &Snapshot, width: usize) -> String {
    let phase = snapshot.phase;
    let mark = if snapshot.rehearsal { "REHEARSAL  " } else { "" };
    let now = match snapshot.state {
        State::Overdue => format!("{} is over by {}", phase.kind, clock_face(phase.overdue)),
        State::Paused => format!("paused: {} {} left", phase.kind, clock_face(phase.remaining)),
        State::Ended => "over".into(),
        State::CutOff => "nobody is timing this session".into(),
        State::Running => format!("{} {} left", phase.kind, clock_face(ceiling(phase.remaining))),
    };
    let next = match &snapshot.next {
        Some(next) => format!("{} at {}", next.kind, phase.ends_at.hour_minute()),
        None => format!("done at {}", phase.ends_at.hour_minute()),
    };
    let round = format!("round {} of {}", snapshot.round, snapshot.rounds);
    let end = format!("ends about {}", snapshot.ends_at.hour_minute());
    let mut line = format!("{mark}{now}");
    for part in [next, round, end, "Ctrl-C stops".into()] {
        if line.len() + 3 + part.len() > width {
            break;
        }
        line = format!("{line} · {part}");
    }
    line.chars().take(width).collect()
}

/// Counts down as people expect: 20:00 at the start, 00:01 in the last second.
fn ceiling(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

/// The words for a session that is over: what was done.
pub fn closing_words(session: &Session, now: &Stamp) -> String {
    let snapshot = session.snapshot(now);
    let round = format!("round {} of {}", snapshot.round, snapshot.rounds);
    format!("{} in all, {round}", say(snapshot.parts.active))
}
