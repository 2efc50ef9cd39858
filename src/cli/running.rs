//! What the commands share about the running session: finding it, telling its state, ending it, and bare
//! `easeback`.

use super::{Desk, ask, can_ask, plan, say, start, status};
use crate::{
    clock,
    error::{Code, Error, Result},
    journal::Found,
    record::{Query, SessionRecord},
    report::done,
    session::{Command, Fact, Line, Reply, Session, Settings},
    time::{self, Wall},
};
use std::{process::ExitCode, time::Duration};

/// How long a session may take to be settled after it was stopped.
const SETTLES: Duration = Duration::from_secs(5);

/// What was done before, newest first, as far as it can matter to a plan. A rehearsal has no past.
pub fn past(desk: &Desk, settings: &Settings) -> Result<Vec<SessionRecord>> {
    if settings.is_rehearsal() {
        return Ok(Vec::new());
    }
    Ok(desk.logs.newest(&Query { limit: Some(12), ..Query::default() })?.sessions)
}

/// Bare `easeback`: the running session, else the plan and a start on Enter. Without a terminal, `status`.
pub fn bare(desk: &Desk) -> Result<ExitCode> {
    let args = status::StatusArgs::default();
    if !can_ask() {
        return status::run(&args, desk);
    }
    desk.tidy();
    let running = desk.journal.read()?.ours()?;
    if running.is_some() && desk.journal.is_watched() != Some(false) {
        return start::attach(desk);
    }
    let args = start::StartArgs::default();
    let now = Wall::from(&clock::local());
    let settings = args.flags.settings();
    super::print(&plan::table(&args.flags.plan(&past(desk, &settings)?, &now)?, &settings, &now));
    match ask("\nEnter starts it, Ctrl-C leaves.") {
        Some(_) => start::run(&args, desk),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The refusal of a second session, with the state of the first.
pub fn running_already(session: &Session) -> Error {
    Error {
        what: format!(
            "a session is running already: {}",
            status::in_one_line(&session.snapshot(&clock::now()))
        ),
        hint: Some(
            "`easeback status` shows it, `easeback stop` ends it, bare `easeback` attaches to it".into(),
        ),
        code: Code::Running,
    }
}

/// No session is running.
pub fn none_running() -> Error {
    Error {
        what: "no session is running".into(),
        hint: Some("`easeback start` begins one".into()),
        code: Code::NoSession,
    }
}

/// The session as whoever finds nobody timing it sees it.
pub fn found_alone(mut session: Session) -> Session {
    if !session.is_over() {
        session.apply(&Line { at: clock::now(), fact: Fact::CutOff });
    }
    session
}

/// Records a session that is over and that nobody times any more.
pub fn settle_what_is_over(desk: &Desk) -> Result<()> {
    let is_over = |found| matches!(found, Found::Session(session) if session.is_over());
    // Without the lock first: mostly there is nothing to do.
    if !is_over(desk.journal.read()?) {
        return Ok(());
    }
    let held = desk.journal.lock()?;
    let (Found::Session(session), Some(_seat)) = (held.read()?, held.seat()?) else { return Ok(()) };
    if session.is_over() {
        held.settle(&session, &clock::now())
            .map_err(|why| why.hint(format!("the session is kept in {}", desk.journal.path().display())))?;
    }
    Ok(())
}

/// How a session was ended.
pub enum Ended {
    /// By this command.
    Now(Box<Session>),
    /// It had been stopped before, and was just being recorded.
    Already,
}

/// Ends the running session, and returns when it is recorded.
pub fn end(desk: &Desk, pain: Option<u8>, why: Option<String>) -> Result<Ended> {
    let held = desk.journal.lock()?;
    let mut session = held.read()?.ours()?.ok_or_else(none_running)?;
    let now = clock::now();
    let seat = held.seat()?;
    if seat.is_some() && !session.is_over() {
        // Nobody timed it: it is recorded as interrupted, with what is known.
        let rated = pain.map(|score| Line { at: now.clone(), fact: Fact::Rated { score } });
        let lines: Vec<Line> =
            std::iter::once(Line { at: now.clone(), fact: Fact::CutOff }).chain(rated).collect();
        held.append(&lines)?.flush()?;
        lines.iter().for_each(|line| session.apply(line));
    } else {
        let (reply, lines) = session.handle(Command::Stop { pain, why }, &now);
        if !lines.is_empty() {
            held.append(&lines)?.flush()?;
        }
        lines.iter().for_each(|line| session.apply(line));
        if seat.is_none() {
            drop(held);
            wait_until_settled(desk, &session)?;
            return Ok(if matches!(reply, Reply::Done(_)) {
                Ended::Now(Box::new(session))
            } else {
                Ended::Already
            });
        }
    }
    held.settle(&session, &now)?;
    Ok(Ended::Now(Box::new(session)))
}

/// Waits until the timer has recorded the session and removed its journal; or does it, should the timer die.
fn wait_until_settled(desk: &Desk, session: &Session) -> Result<()> {
    let watch = desk.journal.watch();
    let alarm = clock::Alarm::new().map_err(|why| Error::failed(why.to_string()))?;
    let end = clock::now().plus(SETTLES).boottime;
    loop {
        watch.drain();
        let is_there =
            matches!(desk.journal.read()?, Found::Session(found) if found.begun().id == session.begun().id);
        if !is_there {
            return Ok(());
        }
        settle_what_is_over(desk)?;
        let now = clock::now().boottime;
        if now >= end {
            return Err(Error::failed(format!(
                "the session was stopped, but is not recorded after {}",
                time::say(SETTLES)
            ))
            .hint(format!("it is kept in {}; the next command tries again", desk.journal.path().display())));
        }
        let look = now + Duration::from_millis(100);
        alarm.wait(Some(end.min(look)), watch.source().as_slice());
    }
}

/// Says what an ended session came to.
pub fn say_what_was_done(desk: &Desk, session: &Session) {
    let record = session.record();
    let kept = match session.is_rehearsal() {
        true => "a rehearsal: nothing is recorded".to_owned(),
        false => format!("recorded in {}", desk.logs.own().display()),
    };
    say(&format!("{}: {}; {kept}", record.outcome.say(), done(&record)));
}
