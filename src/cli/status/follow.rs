//! `easeback status --follow`: prints a line for a status bar whenever the line changes.
//!
//! It sleeps until the journal changes, the timer dies, the reader closes the pipe, or passing time changes the line,
//! and reads the journal only when it may have changed. It reads only: it records nothing and handles no signals.

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

/// The shortest time between two lines that only time changes, and the polling interval where nothing can be watched.
const SECOND: Duration = Duration::from_secs(1);

/// Follows the running session and all later ones until the reader closes the pipe.
pub(crate) fn run(args: &StatusArgs, context: &AppContext) -> Result<ExitCode> {
    let alarm = DeadlineTimer::new().map_err(|error| Error::system("set a timer", &error))?;
    let stdout = io::stdout();
    let output_pipe = detect_stdout_pipe(stdout.as_fd());
    let mut watch = context.journal.watch_folder();
    let mut printer = StatusLinePrinter { args, context, timer: None, last_error: None, last_line: None };
    let mut observed = printer.observe_session();
    loop {
        let now = clock::now();
        let until_change = match printer.refresh_line(&observed, &now) {
            Ok(until_change) => until_change,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            Err(error) => return Err(Error::system("write the output", &error)),
        };
        let must_poll = observed.needs_polling || watch.fd().is_none();
        let wait = until_change.into_iter().chain(must_poll.then_some(SECOND)).min();
        let folder_watch = watch.fd();
        let timer_process = printer.timer.as_ref().map(|timer| timer.pidfd.as_fd());
        let inputs: Vec<BorrowedFd> =
            [output_pipe, folder_watch, timer_process].into_iter().flatten().collect();
        // One flag for each input, in their order.
        let mut ready_flags =
            alarm.wait_for_deadline_or_input(wait.map(|wait| now.boottime + wait), &inputs).into_iter();
        let mut is_ready = |input: Option<BorrowedFd>| input.is_some() && ready_flags.next() == Some(true);
        let reader_left = is_ready(output_pipe);
        let folder_changed = is_ready(folder_watch);
        let timer_died = is_ready(timer_process);
        if reader_left {
            return Ok(ExitCode::SUCCESS);
        }
        if timer_died {
            printer.timer = None;
        }
        if folder_changed || timer_died || must_poll {
            // A missing folder cannot be watched. With a session the folder exists, and its watch stays valid.
            match observed.session {
                None => watch = context.journal.watch_folder(),
                Some(_) => watch.drain_events(),
            }
            observed = printer.observe_session();
        }
    }
}

/// Stdout, if it is the writing end of a pipe: poll reports when its last reader closes it.
fn detect_stdout_pipe(stdout: BorrowedFd) -> Option<BorrowedFd> {
    let is_pipe = fstat(stdout).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
    let is_write_only = fcntl_getfl(stdout).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::WRONLY);
    (is_pipe && is_write_only).then_some(stdout)
}

/// What the last reading of the journal found.
struct ObservedSession {
    session: Option<Session>,
    /// Whether a timer runs the session; `None` if unknown.
    has_timer: Option<bool>,
    /// Whether it counts as timed; another computer's session does where that is unknown.
    is_timed: bool,
    /// Whether it may change without an event that can be watched.
    needs_polling: bool,
}

/// The timer process, with a pidfd that reports its death: killed with SIGKILL, it changes no file.
struct TimerProcess {
    process: ProcessId,
    pidfd: OwnedFd,
}

struct StatusLinePrinter<'a> {
    args: &'a StatusArgs,
    context: &'a AppContext,
    timer: Option<TimerProcess>,
    /// The journal's error, so that it is printed only once.
    last_error: Option<Error>,
    last_line: Option<String>,
}

impl StatusLinePrinter<'_> {
    /// Reads the journal. An unreadable one counts as no session, and its error is printed.
    fn observe_session(&mut self) -> ObservedSession {
        let (session, error, is_unreadable) = match self.context.journal.replay() {
            Ok(JournalState::NoSession) => (None, None, false),
            Ok(JournalState::Session(session)) => (Some(*session), None, false),
            Ok(JournalState::OtherMachine(session, error)) => (Some(*session), Some(error), false),
            Ok(JournalState::NewerVersion(error) | JournalState::Damaged(error)) => {
                (None, Some(error), false)
            }
            Err(error) => (None, Some(error), true),
        };
        let has_timer = session.as_ref().and_then(|session| self.check_timer(session));
        // Another computer's session without a timer can be taken over here, which is no error.
        let can_be_ours = session.is_some() && has_timer == Some(false);
        if let Some(new_error) = &error
            && error != self.last_error
            && !can_be_ours
        {
            print_error(new_error);
        }
        let is_timed = has_timer.unwrap_or(error.is_some());
        self.last_error = error;
        let Some(session) = session else {
            self.timer = None;
            return ObservedSession {
                session: None,
                has_timer: None,
                is_timed: false,
                needs_polling: is_unreadable,
            };
        };
        let needs_polling = has_timer != Some(false) && self.timer.is_none();
        let session = if has_timer == Some(false) { mark_cut_off(session) } else { session };
        ObservedSession { session: Some(session), has_timer, is_timed, needs_polling }
    }

    /// Whether a timer runs the session (`None`: unknown). While its known process lives, no lock is tried.
    fn check_timer(&mut self, session: &Session) -> Option<bool> {
        if self.timer.as_ref().is_some_and(|timer| session.timer_pid() == Some(timer.process)) {
            return Some(true);
        }
        // Watch the process before trying its lease: a death in between is then still reported.
        let timer = session.timer_pid().and_then(|process| match watch_process(process) {
            ProcessState::Alive(pidfd) => Some(TimerProcess { process, pidfd }),
            ProcessState::Gone | ProcessState::CannotBeWatched => None,
        });
        let has_timer = self.context.journal.has_timer();
        self.timer = timer.filter(|_| has_timer == Some(true));
        has_timer
    }

    /// Prints the line if it differs from the last; returns when passing time may change it.
    fn refresh_line(&mut self, observed: &ObservedSession, now: &Stamp) -> io::Result<Option<Duration>> {
        let Some(session) = &observed.session else {
            return self.print_if_changed(self.args.format_line(None)).map(|()| None);
        };
        let snapshot = if observed.is_timed { session.timed_snapshot(now) } else { session.snapshot(now) };
        let snapshot = snapshot.in_zone(&clock::time_zone());
        if let (Some(pending_for), Some(_)) = (snapshot.phase.swap_pending_for, &self.last_line) {
            return Ok(Some(pending_for));
        }
        self.print_if_changed(self.args.format_line(Some((&snapshot, observed.has_timer))))?;
        Ok(self.time_until_change(&snapshot, now))
    }

    /// How long the line stays the same if the session gets no command; `None` if for good.
    fn time_until_change(&self, snapshot: &Snapshot, now: &Stamp) -> Option<Duration> {
        let phase = &snapshot.phase;
        let is_time_dependent = self.args.is_time_dependent();
        let until_phase_end = phase.ends_at.since(&now.wall);
        match snapshot.state {
            State::Running if is_time_dependent && snapshot.is_rehearsal => Some(until_phase_end.min(SECOND)),
            State::Running if is_time_dependent => {
                Some(until_phase_end.min(time_until_whole_second(phase.remaining)))
            }
            State::Running => Some(until_phase_end),
            State::Overdue if is_time_dependent && snapshot.is_rehearsal => Some(SECOND),
            State::Overdue if is_time_dependent => Some(SECOND - subsecond_part(phase.overdue)),
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

/// The time until `remaining`, which counts down, is a whole number of seconds.
fn time_until_whole_second(remaining: Duration) -> Duration {
    match subsecond_part(remaining) {
        Duration::ZERO => SECOND,
        part => part,
    }
}

fn subsecond_part(duration: Duration) -> Duration {
    Duration::from_nanos(duration.subsec_nanos().into())
}
