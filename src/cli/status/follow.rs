//! `easeback status --follow`: a line for a status bar whenever what it says changes.
//!
//! It sleeps until the journal changes, the timer dies, the reader goes, or time alone changes the line; it
//! reads the journal only when that may have changed. It only looks: it settles nothing and takes no signal.

use super::{StatusArgs, found_alone};
use crate::{
    cli::{Desk, complain},
    clock::{self, Alarm},
    error::{Error, Result},
    journal::{Found, Life, life},
    session::{Process, Session, Snapshot, State},
    time::Stamp,
};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use std::{
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    process::ExitCode,
    time::Duration,
};

/// The shortest time between two lines, changes apart; and how often to look where nothing tells of a change.
const SECOND: Duration = Duration::from_secs(1);

/// Follows the session, and each that comes after it, for as long as somebody reads.
pub fn run(args: &StatusArgs, desk: &Desk) -> Result<ExitCode> {
    let alarm = Alarm::new().map_err(|why| Error::system("set a timer", &why))?;
    let stdout = io::stdout();
    let reader = reader(stdout.as_fd());
    let mut watch = desk.journal.watch();
    let mut bar = Bar { args, desk, timer: None, complaint: None, printed: None };
    let mut seen = bar.look();
    loop {
        let now = clock::now();
        let wait = match bar.show(&seen, &now) {
            Ok(wait) => wait,
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            Err(why) => return Err(Error::system("write the output", &why)),
        };
        let blind = seen.unsure || watch.source().is_none();
        let until = wait.into_iter().chain(blind.then_some(SECOND)).min();
        let (heard, life) = (watch.source(), bar.timer.as_ref().map(|timer| timer.life.as_fd()));
        let sources: Vec<BorrowedFd> = [reader, heard, life].into_iter().flatten().collect();
        let mut woken = alarm.wait(until.map(|wait| now.boottime + wait), &sources).into_iter();
        let mut has_news = |source: Option<BorrowedFd>| source.is_some() && woken.next() == Some(true);
        let (left, changed, died) = (has_news(reader), has_news(heard), has_news(life));
        if left {
            return Ok(ExitCode::SUCCESS);
        }
        if died {
            bar.timer = None;
        }
        if changed || died || blind {
            // A folder that is not there yet, or not any more, has no watch; no session outlives it.
            match seen.session {
                None => watch = desk.journal.watch(),
                Some(_) => watch.drain(),
            }
            seen = bar.look();
        }
    }
}

/// The pipe that stdout is, if it is one: it wakes the wait when its last reader closes it.
fn reader(stdout: BorrowedFd) -> Option<BorrowedFd> {
    let is_pipe = fstat(stdout).is_ok_and(|facts| FileType::from_raw_mode(facts.st_mode) == FileType::Fifo);
    let only_written = fcntl_getfl(stdout).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::WRONLY);
    (is_pipe && only_written).then_some(stdout)
}

/// What was found in the journal.
struct Seen {
    session: Option<Session>,
    watched: Option<bool>,
    /// Whether it counts as timed; another computer's does, where that cannot be told.
    timed: bool,
    /// Whether it may change without a sound.
    unsure: bool,
}

/// The timer, and a handle that tells when it dies: killed with -9, it changes no file.
struct Timer {
    process: Process,
    life: OwnedFd,
}

struct Bar<'a> {
    args: &'a StatusArgs,
    desk: &'a Desk,
    timer: Option<Timer>,
    /// What is wrong with the journal, said once.
    complaint: Option<Error>,
    printed: Option<String>,
}

impl Bar<'_> {
    /// Reads the journal. One that cannot be read is no session, and a complaint.
    fn look(&mut self) -> Seen {
        let (session, wrong, unsure) = match self.desk.journal.read() {
            Ok(Found::Nothing) => (None, None, false),
            Ok(Found::Session(session)) => (Some(*session), None, false),
            Ok(Found::Foreign(session, why)) => (Some(*session), Some(why), false),
            Ok(Found::Newer(why) | Found::Broken(why)) => (None, Some(why), false),
            Err(why) => (None, Some(why), true),
        };
        let watched = session.as_ref().and_then(|session| self.is_timed(session));
        // Another computer's session that nobody times is there to be taken over, which takes a moment.
        let is_ours = session.is_some() && watched == Some(false);
        if let Some(why) = wrong.iter().find(|_| wrong != self.complaint && !is_ours) {
            complain(why);
        }
        let timed = watched.unwrap_or(wrong.is_some());
        self.complaint = wrong;
        let Some(session) = session else {
            self.timer = None;
            return Seen { session, watched: None, timed: false, unsure };
        };
        let unsure = watched != Some(false) && self.timer.is_none();
        let session = if watched == Some(false) { found_alone(session) } else { session };
        Seen { session: Some(session), watched, timed, unsure }
    }

    /// Whether somebody times the session. While its timer is known to live, nobody's lock is asked.
    fn is_timed(&mut self, session: &Session) -> Option<bool> {
        if self.timer.as_ref().is_some_and(|timer| session.timer() == Some(timer.process)) {
            return Some(true);
        }
        // Opened before the seat is looked at: whoever dies in between is heard of.
        let timer = session.timer().and_then(|process| match life(process) {
            Life::Watched(life) => Some(Timer { process, life }),
            Life::Gone | Life::Unseen => None,
        });
        let watched = self.desk.journal.is_watched();
        self.timer = timer.filter(|_| watched == Some(true));
        watched
    }

    /// Prints the line, if it is another than the last; says when time alone may change it.
    fn show(&mut self, seen: &Seen, now: &Stamp) -> io::Result<Option<Duration>> {
        let Some(session) = &seen.session else {
            return self.print(self.args.line(None)).map(|()| None);
        };
        let snapshot = if seen.timed { session.timed_snapshot(now) } else { session.snapshot(now) };
        let snapshot = snapshot.in_zone(&clock::zone());
        if let (Some(turn), Some(_)) = (snapshot.phase.turn, &self.printed) {
            return Ok(Some(turn));
        }
        self.print(self.args.line(Some((&snapshot, seen.watched))))?;
        Ok(self.rest(&snapshot, now))
    }

    /// How long the line stays as it is, if nobody does anything.
    fn rest(&self, snapshot: &Snapshot, now: &Stamp) -> Option<Duration> {
        let (phase, moves) = (&snapshot.phase, self.args.moves());
        let end = phase.ends_at.since(&now.wall);
        match snapshot.state {
            State::Running if moves && snapshot.rehearsal => Some(end.min(SECOND)),
            State::Running if moves => Some(end.min(until_whole(phase.remaining))),
            State::Running => Some(end),
            State::Overdue if moves && snapshot.rehearsal => Some(SECOND),
            State::Overdue if moves => Some(SECOND - fraction(phase.overdue)),
            _ => None,
        }
    }

    fn print(&mut self, line: String) -> io::Result<()> {
        if self.printed.as_ref() == Some(&line) {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        out.write_all(format!("{line}\n").as_bytes())?;
        self.printed = Some(line);
        out.flush()
    }
}

/// Until what is left is whole seconds again: then the next one begins.
fn until_whole(left: Duration) -> Duration {
    match fraction(left) {
        Duration::ZERO => SECOND,
        part => part,
    }
}

fn fraction(length: Duration) -> Duration {
    Duration::from_nanos(length.subsec_nanos().into())
}
