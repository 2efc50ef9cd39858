//! What the commands share about the running session: finding it, telling its state, ending it.

use super::{Desk, say};
use crate::{
    clock,
    config::{CONFIG, DATA, STATE},
    error::{Code, Error, Result},
    journal::{self, Found, means_it_here},
    report::done,
    session::{Command, Fact, Line, Process, Session, Snapshot},
    time::{self, Stamp},
};
use std::{env, io::Read, process, time::Duration};
use uuid::Uuid;

/// How long a session may take to be settled after it was stopped.
const SETTLES: Duration = Duration::from_secs(5);

/// The session as it stands now, by the clock here.
pub fn seen_now(session: &Session) -> Snapshot {
    session.snapshot(&clock::now()).in_zone(&clock::zone())
}

/// The same where somebody times it, here or elsewhere.
pub fn seen_timed(session: &Session) -> Snapshot {
    session.timed_snapshot(&clock::now()).in_zone(&clock::zone())
}

/// The refusal of a second session, with the state of the first.
pub fn running_already(session: &Session) -> Error {
    let what = format!("a session is running already: {}", seen_timed(session).in_one_line());
    let hint = "`easeback status` shows it, `easeback stop` ends it, bare `easeback` attaches to it";
    Error { code: Code::Running, ..Error::failed(what).hint(hint) }
}

/// No session is running.
pub fn none_running() -> Error {
    let failed = Error::failed("no session is running").hint("`easeback start` begins one");
    Error { code: Code::NoSession, ..failed }
}

/// The session as whoever finds nobody timing it sees it.
pub fn found_alone(mut session: Session) -> Session {
    if !session.is_over() {
        session.apply(&Line { at: clock::now(), fact: Fact::CutOff });
    }
    session
}

/// Records a session that is over, if that was not done yet, and closes it: if nobody times it any more. While the seat
/// is held, whoever holds it writes the record, and nobody else.
pub fn settle_what_is_over(desk: &Desk) -> Result<()> {
    // Without the lock first: mostly there is nothing to do.
    // One that cannot be read is the next command's to complain about.
    if !desk.journal.read().is_ok_and(|found| found.is_over()) {
        return Ok(());
    }
    let held = desk.journal.lock()?;
    let Some(_seat) = held.seat()? else { return Ok(()) };
    let Found::Session(session) = held.read()?.take_over_if(true) else { return Ok(()) };
    if !session.is_over() {
        return Ok(());
    }
    held.settle(&session, &clock::now()).map(|_| ()).map_err(|why| match desk.journal.is_there() {
        Ok(false) => why,
        _ => why.hint(format!("the session is kept in {}", desk.journal.path().display())),
    })
}

/// How a session was ended.
pub enum Ended {
    /// By this command.
    Now(Box<Session>),
    /// It was over before.
    Already(Box<Session>),
    /// It was over before, and closed.
    Gone,
}

/// Ends the running session, and returns when it is recorded. With `only`, another session is left alone.
pub fn end(desk: &Desk, only: Option<Uuid>, pain: Option<u8>, why: Option<String>) -> Result<Ended> {
    let none = || if only.is_some() { Ok(Ended::Gone) } else { Err(none_running()) };
    // Where nothing ever ran, there is no folder for a lock.
    if matches!(desk.journal.read()?, Found::Nothing) {
        return none();
    }
    let held = desk.journal.lock()?;
    let seat = held.seat()?;
    let session = held.read()?.take_over_if(seat.is_some()).ours()?;
    let session = session.filter(|session| only.is_none_or(|id| session.begun().id == id));
    let Some(mut session) = session else { return none() };
    let now = clock::now();
    let nobody_times = seat.is_some() && !session.is_over();
    let was_over = session.is_over();
    let lines = match nobody_times {
        true => last_words(pain, why, &now),
        false => session.handle(Command::Stop { pain, why }, &now).1,
    };
    if !lines.is_empty() {
        held.append(&lines)?.flush()?;
        lines.iter().for_each(|line| session.apply(line));
    }
    if seat.is_some() {
        held.settle(&session, &now)?;
    } else {
        drop(held);
        wait_until(Done::Closed, desk, &session)?;
    }
    Ok(if was_over { Ended::Already(Box::new(session)) } else { Ended::Now(Box::new(session)) })
}

/// What is added to a session that nobody timed before it is recorded as interrupted.
fn last_words(pain: Option<u8>, why: Option<String>, now: &Stamp) -> Vec<Line> {
    let rated = pain.map(|score| Fact::Rated { score });
    let noted = why.map(|text| Fact::Noted { text });
    Line::all(now, [Some(Fact::CutOff), rated, noted].into_iter().flatten())
}

/// How far a session that is over has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It stands in the history; a rehearsal has nothing to be written there.
    Recorded,
    /// Its journal is gone, too.
    Closed,
}

/// Waits until the timer has done so much with a session that is over; does it, should the timer die.
pub fn wait_until(done: Done, desk: &Desk, session: &Session) -> Result<()> {
    let watch = desk.journal.watch();
    let alarm = clock::Alarm::new().map_err(|why| Error::system("set a timer", &why))?;
    let end = clock::now().plus(SETTLES).boottime;
    loop {
        watch.drain();
        settle_what_is_over(desk)?;
        let session = match desk.journal.read()? {
            // With one more round it goes on.
            Found::Session(found) if found.begun().id == session.begun().id && found.is_over() => found,
            _ => return Ok(()),
        };
        if done == Done::Recorded && is_recorded(desk, &session)? {
            return Ok(());
        }
        let now = clock::now().boottime;
        if now >= end {
            return Err(not_in_time(desk, &session)?);
        }
        let look = now + Duration::from_millis(100);
        alarm.wait(Some(end.min(look)), watch.source().as_slice());
    }
}

/// Whether a session stands in the history. Whoever records it holds the lock until it is on the disk.
fn is_recorded(desk: &Desk, session: &Session) -> Result<bool> {
    Ok(desk.journal.lock()?.is_recorded(session))
}

/// The timer did not do in time what is its own to do, and is named.
fn not_in_time(desk: &Desk, session: &Session) -> Result<Error> {
    let done = if is_recorded(desk, session)? { "closed" } else { "recorded" };
    let process = session.timer().map(where_it_runs).unwrap_or_default();
    let complaint =
        last_complaint(desk).map(|text| format!(", which complained: {text}")).unwrap_or_default();
    let waited = time::say(SETTLES);
    let what =
        format!("the session is over, but is not {done} after {waited} by its timer{process}{complaint}");
    let kept = desk.journal.path().display().to_string();
    Ok(Error::failed(what).hint(format!(
        "`easeback stop` tries again; a timer that hangs has to be ended first. It is kept in {kept}"
    )))
}

/// Where to look for a timer; nothing where nobody wrote that down.
fn where_it_runs(timer: Process) -> String {
    match timer.namespace {
        _ if means_it_here(timer) => format!(" (process {})", timer.pid),
        Some(_) => " (in another container)".into(),
        None => String::new(),
    }
}

/// What the timer complained of last.
fn last_complaint(desk: &Desk) -> Option<String> {
    let mut bytes = Vec::new();
    desk.journal.open().ok()?.read_to_end(&mut bytes).ok()?;
    let complaints = journal::lines(&bytes).filter_map(|line| match line.fact {
        Fact::Complaint { text } => Some(text),
        _ => None,
    });
    complaints.last()
}

/// Says what an ended session came to.
pub fn say_what_was_done(desk: &Desk, session: &Session) {
    let record = session.record();
    let kept = match session.is_rehearsal() {
        true => "a rehearsal: nothing is recorded".to_owned(),
        // Which file it is there is its timer's to say: ids and names of computers change.
        false => format!("recorded in {}", desk.logs.folder().display()),
    };
    let unknown = match record.unknown_s {
        0 => String::new(),
        seconds => format!(", {} unknown", time::say(Duration::from_secs(seconds))),
    };
    say(&format!("{}: {}{unknown}; {kept}", record.outcome.say(), done(&record)));
}

/// How to start a timer: this program, on the same folders wherever it runs.
pub fn timer_command(desk: &Desk) -> Result<process::Command> {
    let program = env::current_exe().map_err(|why| Error::system("find this program", &why))?;
    let mut command = process::Command::new(program);
    command.arg("timer").env(STATE, &desk.config.state);
    // The data folder is the history's parent.
    command.envs(desk.config.history.parent().map(|data| (DATA, data)));
    command.envs(desk.config.settings.parent().map(|config| (CONFIG, config)));
    Ok(command)
}
