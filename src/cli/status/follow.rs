//! `easeback status --follow`: a line for a status bar whenever what it says changes.
//!
//! It sleeps until the journal changes, the timer dies, the reader goes, or time alone changes the line; it
//! reads the journal only when that may have changed. It only looks: it settles nothing and takes no signal.

use super::{StatusArgs, mark_cut_off};
use crate::{
    cli::{AppContext, print_error},
    clock::{self, DeadlineTimer},
    error::{Error, Result},
    journal::{JournalState, ProcessState, watch_process},
    session::{ProcessId, Session, Snapshot, State},
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
pub(crate) fn run(args: &StatusArgs, desk: &AppContext) -> Result<ExitCode> {
    let alarm = DeadlineTimer::new().map_err(|why| Error::system("set a timer", &why))?;
    let stdout = io::stdout();
    let reader = detect_stdout_pipe(stdout.as_fd());
    let mut watch = desk.journal.watch_folder();
    let mut bar = StatusLinePrinter { args, context: desk, timer: None, last_error: None, last_line: None };
    let mut seen = bar.observe_session();
    loop {
        let now = clock::now();
        let wait = match bar.refresh_line(&seen, &now) {
            Ok(wait) => wait,
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            Err(why) => return Err(Error::system("write the output", &why)),
        };
        let blind = seen.needs_polling || watch.fd().is_none();
        let until = wait.into_iter().chain(blind.then_some(SECOND)).min();
        let (heard, life) = (watch.fd(), bar.timer.as_ref().map(|timer| timer.pidfd.as_fd()));
        let sources: Vec<BorrowedFd> = [reader, heard, life].into_iter().flatten().collect();
        let mut woken =
            alarm.wait_for_deadline_or_input(until.map(|wait| now.boottime + wait), &sources).into_iter();
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
                None => watch = desk.journal.watch_folder(),
                Some(_) => watch.drain_events(),
            }
            seen = bar.observe_session();
        }
    }
}

/// The pipe that stdout is, if it is one: it wakes the wait when its last reader closes it.
fn detect_stdout_pipe(stdout: BorrowedFd) -> Option<BorrowedFd> {
    let is_pipe = fstat(stdout).is_ok_and(|facts| FileType::from_raw_mode(facts.st_mode) == FileType::Fifo);
    let only_written = fcntl_getfl(stdout).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::WRONLY);
    (is_pipe && only_written).then_some(stdout)
}

/// What was found in the journal.
struct ObservedSession {
    session: Option<Session>,
    watched: Option<bool>,
    /// Whether it counts as timed; another computer's does, where that cannot be told.
    timed: bool,
    /// Whether it may change without a sound.
    needs_polling: bool,
}

/// The timer, and a handle that tells when it dies: killed with -9, it changes no file.
struct TimerProcess {
    process: ProcessId,
    pidfd: OwnedFd,
}

struct StatusLinePrinter<'a> {
    args: &'a StatusArgs,
    context: &'a AppContext,
    timer: Option<TimerProcess>,
    /// What is wrong with the journal, said once.
    last_error: Option<Error>,
    last_line: Option<String>,
}

impl StatusLinePrinter<'_> {
    /// Reads the journal. One that cannot be read is no session, and a complaint.
    fn observe_session(&mut self) -> ObservedSession {
        let (session, wrong, unsure) = match self.context.journal.replay() {
            Ok(JournalState::NoSession) => (None, None, false),
            Ok(JournalState::Session(session)) => (Some(*session), None, false),
            Ok(JournalState::OtherMachine(session, why)) => (Some(*session), Some(why), false),
            Ok(JournalState::NewerVersion(why) | JournalState::Damaged(why)) => (None, Some(why), false),
            Err(why) => (None, Some(why), true),
        };
        let watched = session.as_ref().and_then(|session| self.is_timer_alive(session));
        // Another computer's session that nobody times is there to be taken over, which takes a moment.
        let is_ours = session.is_some() && watched == Some(false);
        if let Some(why) = wrong.iter().find(|_| wrong != self.last_error && !is_ours) {
            print_error(why);
        }
        let timed = watched.unwrap_or(wrong.is_some());
        self.last_error = wrong;
        let Some(session) = session else {
            self.timer = None;
            return ObservedSession { session, watched: None, timed: false, needs_polling: unsure };
        };
        let unsure = watched != Some(false) && self.timer.is_none();
        let session = if watched == Some(false) { mark_cut_off(session) } else { session };
        ObservedSession { session: Some(session), watched, timed, needs_polling: unsure }
    }

    /// Whether somebody times the session. While its timer is known to live, nobody's lock is asked.
    fn is_timer_alive(&mut self, session: &Session) -> Option<bool> {
        if self.timer.as_ref().is_some_and(|timer| session.timer_pid() == Some(timer.process)) {
            return Some(true);
        }
        // Opened before the seat is looked at: whoever dies in between is heard of.
        let timer = session.timer_pid().and_then(|process| match watch_process(process) {
            ProcessState::Alive(life) => Some(TimerProcess { process, pidfd: life }),
            ProcessState::Gone | ProcessState::CannotBeWatched => None,
        });
        let watched = self.context.journal.has_timer();
        self.timer = timer.filter(|_| watched == Some(true));
        watched
    }

    /// Prints the line, if it is another than the last; says when time alone may change it.
    fn refresh_line(&mut self, seen: &ObservedSession, now: &Stamp) -> io::Result<Option<Duration>> {
        let Some(session) = &seen.session else {
            return self.print_if_changed(self.args.format_line(None)).map(|()| None);
        };
        let snapshot = if seen.timed { session.timed_snapshot(now) } else { session.snapshot(now) };
        let snapshot = snapshot.in_zone(&clock::time_zone());
        if let (Some(turn), Some(_)) = (snapshot.phase.swap_pending_for, &self.last_line) {
            return Ok(Some(turn));
        }
        self.print_if_changed(self.args.format_line(Some((&snapshot, seen.watched))))?;
        Ok(self.time_until_change(&snapshot, now))
    }

    /// How long the line stays as it is, if nobody does anything.
    fn time_until_change(&self, snapshot: &Snapshot, now: &Stamp) -> Option<Duration> {
        let (phase, moves) = (&snapshot.phase, self.args.is_time_dependent());
        let end = phase.ends_at.since(&now.wall);
        match snapshot.state {
            State::Running if moves && snapshot.is_rehearsal => Some(end.min(SECOND)),
            State::Running if moves => Some(end.min(time_until_whole_second(phase.remaining))),
            State::Running => Some(end),
            State::Overdue if moves && snapshot.is_rehearsal => Some(SECOND),
            State::Overdue if moves => Some(SECOND - subsecond_part(phase.overdue)),
            _ => None,
        }
    }

    fn print_if_changed(&mut self, line: String) -> io::Result<()> {
        if self.last_line.as_ref() == Some(&line) {
            return Ok(());
        }
        let mut out = anstream::stdout().lock();
        out.write_all(format!("{line}\n").as_bytes())?;
        self.last_line = Some(line);
        out.flush()
    }
}

/// Until what is left is whole seconds again: then the next one begins.
fn time_until_whole_second(left: Duration) -> Duration {
    match subsecond_part(left) {
        Duration::ZERO => SECOND,
        part => part,
    }
}

fn subsecond_part(length: Duration) -> Duration {
    Duration::from_nanos(length.subsec_nanos().into())
}
