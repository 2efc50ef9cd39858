//! What the commands share about the running session: finding it, telling its state, ending it.

use super::{AppContext, print_stderr};
use crate::{
    clock,
    config::{CONFIG_DIR_VAR, DATA_DIR_VAR, STATE_DIR_VAR},
    error::{Error, ErrorCode, Result},
    journal::{self, JournalState, is_in_this_namespace},
    report::format_totals_by_kind,
    session::{Command, Entry, Event, ProcessId, Session, Snapshot},
    time::{self, Stamp},
};
use std::{env, io::Read, process, time::Duration};
use uuid::Uuid;

/// How long a session may take to be settled after it was stopped.
const FINALIZE_TIMEOUT: Duration = Duration::from_secs(5);

/// The session as it stands now, by the clock here.
pub(crate) fn snapshot_now(session: &Session) -> Snapshot {
    session.snapshot(&clock::now()).in_zone(&clock::time_zone())
}

/// The same where somebody times it, here or elsewhere.
pub(crate) fn snapshot_while_timed(session: &Session) -> Snapshot {
    session.timed_snapshot(&clock::now()).in_zone(&clock::time_zone())
}

/// The refusal of a second session, with the state of the first.
pub(crate) fn already_running_error(session: &Session) -> Error {
    let what = format!("a session is running already: {}", snapshot_while_timed(session).to_status_line());
    let hint = "`easeback status` shows it, `easeback stop` ends it, bare `easeback` attaches to it";
    Error { exit_code: ErrorCode::SessionRunning, ..Error::failed(what).with_hint(hint) }
}

/// No session is running.
pub(crate) fn no_session_error() -> Error {
    let failed = Error::failed("no session is running").with_hint("`easeback start` begins one");
    Error { exit_code: ErrorCode::NoSession, ..failed }
}

/// The session as whoever finds nobody timing it sees it.
pub(crate) fn mark_cut_off(mut session: Session) -> Session {
    if !session.is_over() {
        session.apply(&Entry { at: clock::now(), event: Event::CutOff });
    }
    session
}

/// Records a session that is over, if that was not done yet, and closes it: if nobody times it any more. While the seat
/// is held, whoever holds it writes the record, and nobody else.
pub(crate) fn finalize_finished_session(desk: &AppContext) -> Result<()> {
    // Without the lock first: mostly there is nothing to do.
    // One that cannot be read is the next command's to complain about.
    if !desk.journal.replay().is_ok_and(|found| found.is_over()) {
        return Ok(());
    }
    let held = desk.journal.lock()?;
    let Some(_seat) = held.try_acquire_lease()? else { return Ok(()) };
    let JournalState::Session(session) = held.replay()?.treat_as_ours_if_untimed(true) else { return Ok(()) };
    if !session.is_over() {
        return Ok(());
    }
    held.finalize(&session, &clock::now()).map(|_| ()).map_err(|why| match desk.journal.has_file() {
        Ok(false) => why,
        _ => why.with_hint(format!("the session is kept in {}", desk.journal.path().display())),
    })
}

/// How a session was ended.
pub(crate) enum EndOutcome {
    /// By this command.
    EndedNow(Box<Session>),
    /// It was over before.
    AlreadyOver(Box<Session>),
    /// It was over before, and closed.
    AlreadyFinalized,
}

/// Ends the running session, and returns when it is recorded. With `only`, another session is left alone.
pub(crate) fn end_session(
    desk: &AppContext,
    only: Option<Uuid>,
    pain: Option<u8>,
    why: Option<String>,
) -> Result<EndOutcome> {
    let none = || if only.is_some() { Ok(EndOutcome::AlreadyFinalized) } else { Err(no_session_error()) };
    // Where nothing ever ran, there is no folder for a lock.
    if matches!(desk.journal.replay()?, JournalState::NoSession) {
        return none();
    }
    let held = desk.journal.lock()?;
    let seat = held.try_acquire_lease()?;
    let session = held.replay()?.treat_as_ours_if_untimed(seat.is_some()).into_own_session()?;
    let session = session.filter(|session| only.is_none_or(|id| session.header().id == id));
    let Some(mut session) = session else { return none() };
    let now = clock::now();
    let nobody_times = seat.is_some() && !session.is_over();
    let was_over = session.is_over();
    let lines = match nobody_times {
        true => build_cut_off_entries(pain, why, &now),
        false => session.handle(Command::Stop { pain, why }, &now).1,
    };
    if !lines.is_empty() {
        held.append(&lines)?.sync()?;
        lines.iter().for_each(|line| session.apply(line));
    }
    if seat.is_some() {
        held.finalize(&session, &now)?;
    } else {
        drop(held);
        wait_for_timer(FinalizeStep::Closed, desk, &session)?;
    }
    Ok(if was_over {
        EndOutcome::AlreadyOver(Box::new(session))
    } else {
        EndOutcome::EndedNow(Box::new(session))
    })
}

/// What is added to a session that nobody timed before it is recorded as interrupted.
fn build_cut_off_entries(pain: Option<u8>, why: Option<String>, now: &Stamp) -> Vec<Entry> {
    let rated = pain.map(|score| Event::PainRated { score });
    let noted = why.map(|text| Event::NoteAdded { text });
    Entry::from_events(now, [Some(Event::CutOff), rated, noted].into_iter().flatten())
}

/// How far a session that is over has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FinalizeStep {
    /// It stands in the history; a rehearsal has nothing to be written there.
    Recorded,
    /// Its journal is gone, too.
    Closed,
}

/// Waits until the timer has done so much with a session that is over; does it, should the timer die.
pub(crate) fn wait_for_timer(done: FinalizeStep, desk: &AppContext, session: &Session) -> Result<()> {
    let watch = desk.journal.watch_folder();
    let alarm = clock::DeadlineTimer::new().map_err(|why| Error::system("set a timer", &why))?;
    let end = clock::now().plus(FINALIZE_TIMEOUT).boottime;
    loop {
        watch.drain_events();
        finalize_finished_session(desk)?;
        let session = match desk.journal.replay()? {
            // With one more round it goes on.
            JournalState::Session(found) if found.header().id == session.header().id && found.is_over() => {
                found
            }
            _ => return Ok(()),
        };
        if done == FinalizeStep::Recorded && is_recorded(desk, &session)? {
            return Ok(());
        }
        let now = clock::now().boottime;
        if now >= end {
            return Err(timer_timeout_error(desk, &session)?);
        }
        let look = now + Duration::from_millis(100);
        alarm.wait_for_deadline_or_input(Some(end.min(look)), watch.fd().as_slice());
    }
}

/// Whether a session stands in the history. Whoever records it holds the lock until it is on the disk.
fn is_recorded(desk: &AppContext, session: &Session) -> Result<bool> {
    Ok(desk.journal.lock()?.is_recorded(session))
}

/// The timer did not do in time what is its own to do, and is named.
fn timer_timeout_error(desk: &AppContext, session: &Session) -> Result<Error> {
    let done = if is_recorded(desk, session)? { "closed" } else { "recorded" };
    let process = session.timer_pid().map(describe_timer).unwrap_or_default();
    let complaint = last_warning(desk).map(|text| format!(", which complained: {text}")).unwrap_or_default();
    let waited = time::format_duration(FINALIZE_TIMEOUT);
    let what =
        format!("the session is over, but is not {done} after {waited} by its timer{process}{complaint}");
    let kept = desk.journal.path().display().to_string();
    Ok(Error::failed(what).with_hint(format!(
        "`easeback stop` tries again; a timer that hangs has to be ended first. It is kept in {kept}"
    )))
}

/// Where to look for a timer; nothing where nobody wrote that down.
fn describe_timer(timer: ProcessId) -> String {
    match timer.namespace {
        _ if is_in_this_namespace(timer) => format!(" (process {})", timer.pid),
        Some(_) => " (in another container)".into(),
        None => String::new(),
    }
}

/// What the timer complained of last.
fn last_warning(desk: &AppContext) -> Option<String> {
    let mut bytes = Vec::new();
    desk.journal.open_file().ok()?.read_to_end(&mut bytes).ok()?;
    let complaints = journal::parse_entries(&bytes).filter_map(|line| match line.event {
        Event::Warning { text } => Some(text),
        _ => None,
    });
    complaints.last()
}

/// Says what an ended session came to.
pub(crate) fn print_session_result(desk: &AppContext, session: &Session) {
    let record = session.to_record();
    let kept = match session.is_rehearsal() {
        true => "a rehearsal: nothing is recorded".to_owned(),
        // Which file it is there is its timer's to say: ids and names of computers change.
        false => format!("recorded in {}", desk.logs.folder().display()),
    };
    let unknown = match record.unknown_s {
        0 => String::new(),
        seconds => format!(", {} unknown", time::format_duration(Duration::from_secs(seconds))),
    };
    print_stderr(&format!("{}: {}{unknown}; {kept}", record.outcome.label(), format_totals_by_kind(&record)));
}

/// How to start a timer: this program, on the same folders wherever it runs.
pub(crate) fn build_timer_command(desk: &AppContext) -> Result<process::Command> {
    let program = env::current_exe().map_err(|why| Error::system("find this program", &why))?;
    let mut command = process::Command::new(program);
    command.arg("timer").env(STATE_DIR_VAR, &desk.config.state_folder);
    // The data folder is the history's parent.
    command.envs(desk.config.history_folder.parent().map(|data| (DATA_DIR_VAR, data)));
    command.envs(desk.config.config_file.parent().map(|config| (CONFIG_DIR_VAR, config)));
    Ok(command)
}
