//! What the commands share about the running session: its snapshots, its errors, ending and recording it.
//!
//! The rules of a session are in `session`, its file in `journal`; here they meet the clock, the history and the timer
//! process.

use super::{AppContext, print_stderr};
use crate::{
    clock,
    config::{CONFIG_DIR_VAR, DATA_DIR_VAR, Environment, STATE_DIR_VAR},
    error::{Error, ErrorCode, Result},
    journal::{JournalState, is_in_this_namespace, parse_entries},
    report::format_totals_by_kind,
    session::{Command, Entry, Event, ProcessId, Session, Snapshot},
    time::{self, Stamp},
};
use std::{env, io::Read, process, time::Duration};
use uuid::Uuid;

/// How long a timer may take to record and close a session after its end.
const FINALIZE_TIMEOUT: Duration = Duration::from_secs(5);

/// The session's state now, by the clocks of this computer.
pub(crate) fn snapshot_now(session: &Session) -> Snapshot {
    session.snapshot(&clock::now()).in_zone(&clock::time_zone())
}

/// The session's state now, given that a timer runs it, here or on another computer: no restart came between.
pub(crate) fn snapshot_while_timed(session: &Session) -> Snapshot {
    session.timed_snapshot(&clock::now()).in_zone(&clock::time_zone())
}

/// The error for a second session; it shows the state of the first.
pub(crate) fn already_running_error(session: &Session) -> Error {
    let message = format!("a session is running already: {}", snapshot_while_timed(session).to_status_line());
    let hint = "`easeback status` shows it, `easeback stop` ends it, bare `easeback` attaches to it";
    Error { exit_code: ErrorCode::SessionRunning, ..Error::failed(message).with_hint(hint) }
}

pub(crate) fn no_session_error() -> Error {
    let error = Error::failed("no session is running").with_hint("type `easeback start` to start one");
    Error { exit_code: ErrorCode::NoSession, ..error }
}

/// Marks a session that is not over as cut off now, in memory only.
pub(crate) fn mark_cut_off(mut session: Session) -> Session {
    if !session.is_over() {
        session.apply(&Entry { at: clock::now(), event: Event::CutOff });
    }
    session
}

/// Records and closes a finished session that its timer left behind. While a timer holds the lease, only the timer
/// writes the record.
pub(crate) fn finalize_finished_session(context: &AppContext) -> Result<()> {
    // Read without the lock first: there is seldom anything to do. An unreadable journal is reported by the command
    // that comes next.
    if !context.journal.replay().is_ok_and(|state| state.is_over()) {
        return Ok(());
    }
    let journal = context.journal.lock()?;
    let Some(_lease) = journal.try_acquire_lease()? else { return Ok(()) };
    let JournalState::Session(session) = journal.replay()?.treat_as_ours_if_untimed(true) else {
        return Ok(());
    };
    if !session.is_over() {
        return Ok(());
    }
    journal.finalize(&session, &clock::now()).map(|_| ()).map_err(|error| match context.journal.has_file() {
        Ok(false) => error,
        _ => error.with_hint(format!("the session is kept in {}", context.journal.path().display())),
    })
}

/// How [`end_session`] found the session.
pub(crate) enum EndOutcome {
    EndedNow(Box<Session>),
    AlreadyOver(Box<Session>),
    /// It was over, recorded and closed.
    AlreadyFinalized,
}

/// Ends the running session, and returns when it is recorded and closed. With `only`, a session with another id is
/// left alone.
pub(crate) fn end_session(
    context: &AppContext,
    only: Option<Uuid>,
    pain: Option<u8>,
    reason: Option<String>,
) -> Result<EndOutcome> {
    let not_found =
        || if only.is_some() { Ok(EndOutcome::AlreadyFinalized) } else { Err(no_session_error()) };
    // Without a journal, the folder for its lock may be missing too.
    if matches!(context.journal.replay()?, JournalState::NoSession) {
        return not_found();
    }
    let journal = context.journal.lock()?;
    let lease = journal.try_acquire_lease()?;
    let session = journal.replay()?.treat_as_ours_if_untimed(lease.is_some()).into_own_session()?;
    let session = session.filter(|session| only.is_none_or(|id| session.header().id == id));
    let Some(mut session) = session else { return not_found() };
    let now = clock::now();
    let was_over = session.is_over();
    let is_cut_off = lease.is_some() && !was_over;
    let entries = if is_cut_off {
        build_cut_off_entries(pain, reason, &now)
    } else {
        session.handle(Command::Stop { pain, why: reason }, &now).1
    };
    if !entries.is_empty() {
        journal.append(&entries)?.sync()?;
        for entry in &entries {
            session.apply(entry);
        }
    }
    if lease.is_some() {
        journal.finalize(&session, &now)?;
    } else {
        drop(journal);
        wait_for_timer(FinalizeStep::Closed, context, &session)?;
    }
    Ok(if was_over {
        EndOutcome::AlreadyOver(Box::new(session))
    } else {
        EndOutcome::EndedNow(Box::new(session))
    })
}

/// The entries for a session whose timer died, before it is recorded as interrupted.
fn build_cut_off_entries(pain: Option<u8>, reason: Option<String>, now: &Stamp) -> Vec<Entry> {
    let pain = pain.map(|score| Event::PainRated { score });
    let note = reason.map(|text| Event::NoteAdded { text });
    Entry::from_events(now, [Some(Event::CutOff), pain, note].into_iter().flatten())
}

/// The steps that finalize a finished session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinalizeStep {
    /// It is in the history; a rehearsal, which is not recorded, counts as recorded.
    Recorded,
    /// Its journal is removed too.
    Closed,
}

/// Waits until the timer has done this step for a finished session; does it itself if the timer dies.
pub(crate) fn wait_for_timer(step: FinalizeStep, context: &AppContext, session: &Session) -> Result<()> {
    let watch = context.journal.watch_folder();
    let alarm = clock::DeadlineTimer::new().map_err(|error| Error::system("set a timer", &error))?;
    let timeout = clock::now().plus(FINALIZE_TIMEOUT).boottime;
    loop {
        watch.drain_events();
        finalize_finished_session(context)?;
        let session = match context.journal.replay()? {
            // Extra rounds make a finished session go on.
            JournalState::Session(current)
                if current.header().id == session.header().id && current.is_over() =>
            {
                current
            }
            _ => return Ok(()),
        };
        if step == FinalizeStep::Recorded && is_recorded(context, &session)? {
            return Ok(());
        }
        let now = clock::now().boottime;
        if now >= timeout {
            return Err(timer_timeout_error(context, &session)?);
        }
        let next_check = now + Duration::from_millis(100);
        alarm.wait_for_deadline_or_input(Some(timeout.min(next_check)), watch.fd().as_slice());
    }
}

/// Whether a session is in the history. The lock waits for a writer whose record is not on the disk yet.
fn is_recorded(context: &AppContext, session: &Session) -> Result<bool> {
    Ok(context.journal.lock()?.is_recorded(session))
}

/// The error for a timer that did not record or close its session in time.
fn timer_timeout_error(context: &AppContext, session: &Session) -> Result<Error> {
    let missing_step = if is_recorded(context, session)? { "closed" } else { "recorded" };
    let process = session.timer_pid().map(describe_timer).unwrap_or_default();
    let warning = last_warning(context).map(|text| format!(", which complained: {text}")).unwrap_or_default();
    let timeout = time::format_duration(FINALIZE_TIMEOUT);
    let message = format!(
        "the session is over, but is not {missing_step} after {timeout} by its timer{process}{warning}"
    );
    let path = context.journal.path().display().to_string();
    Ok(Error::failed(message).with_hint(format!(
        "`easeback stop` tries again; a timer that hangs has to be ended first. It is kept in {path}"
    )))
}

/// Where the timer process is; empty if its namespace is unknown.
fn describe_timer(timer: ProcessId) -> String {
    match timer.namespace {
        _ if is_in_this_namespace(timer) => format!(" (process {})", timer.pid),
        Some(_) => " (in another container)".into(),
        None => String::new(),
    }
}

/// The last warning that the timer wrote to the journal.
fn last_warning(context: &AppContext) -> Option<String> {
    let mut bytes = Vec::new();
    context.journal.open_file().ok()?.read_to_end(&mut bytes).ok()?;
    let warnings = parse_entries(&bytes).filter_map(|entry| match entry.event {
        Event::Warning { text } => Some(text),
        _ => None,
    });
    warnings.last()
}

/// Prints the totals of an ended session, and where it is recorded.
pub(crate) fn print_session_result(context: &AppContext, session: &Session) {
    let record = session.to_record();
    let destination = if session.is_rehearsal() {
        "a rehearsal: nothing is recorded".to_owned()
    } else {
        // Only the timer knows which file: the computer's id or name may have changed since it started.
        format!("recorded in {}", context.history.folder().display())
    };
    let unknown = match record.unknown_s {
        0 => String::new(),
        seconds => format!(", {} unknown", time::format_duration(Duration::from_secs(seconds))),
    };
    print_stderr(&format!(
        "{}: {}{unknown}; {destination}",
        record.outcome.label(),
        format_totals_by_kind(&record)
    ));
}

/// The command that starts a timer: this program, with the same folders whatever its working directory.
pub(crate) fn build_timer_command(context: &AppContext) -> Result<process::Command> {
    let program = env::current_exe().map_err(|error| Error::system("find this program", &error))?;
    let mut command = process::Command::new(program);
    let Environment { state_folder, history_folder, config_file, .. } = &context.environment;
    command.arg("timer").env(STATE_DIR_VAR, state_folder);
    // The data folder is the history's parent.
    command.envs(history_folder.parent().map(|folder| (DATA_DIR_VAR, folder)));
    command.envs(config_file.parent().map(|folder| (CONFIG_DIR_VAR, folder)));
    Ok(command)
}
