//! What `easeback start` says and asks before a session.
//!
//! First whether there was heat or cold just before, where the history cannot be read. Then who should ask a clinician
//! first (once), the questions about warning signs (once an episode, before the first session that the program times),
//! how much it hurts, what comes next in the episode's course (each once an episode), and always the emergency signs. A
//! rehearsal is no session: it is asked nothing, and nothing once-only is spent on it.

mod pain;
mod recent;
mod signs;

use super::{
    Desk, can_ask,
    flags::Flags,
    past::{Past, Unknown},
    say,
};
use crate::{
    clock,
    error::Result,
    journal::Seen,
    record::{Query, answers},
    report::advised,
    session::Facts,
    stats::{Advice, Course, GAP, STRETCHES, YEAR, advice},
    time::Wall,
    view::{self, Choice, Signals, choose, choose_line},
};
use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};
use textwrap::fill;

const WHO: &str = include_str!("before/who.txt");
/// What is said at every start (PROTOCOLS, section 4).
const EMERGENCY: &str = "Call 112 or your local emergency number if you lose control of bladder or bowel, go numb \
    around the genitals or buttocks, or get weak or numb in both legs (X4). More: `easeback guide help`, \
    `easeback guide who`";
const NOT_ASKED: &str = "the questions about warning signs were not asked; `easeback guide help` has them";

/// What comes next.
pub enum Before<T> {
    /// The session, with what was answered.
    Begin(T),
    /// None. The exit code says why.
    Leave(ExitCode),
}

/// How somebody can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Not,
    ByKeys,
    /// Where keys cannot be read one by one, or the screen is read aloud.
    ByLines,
}

/// Says and asks what has to come before a session of this protocol. It begins with these facts and the answers.
pub fn session(
    desk: &Desk,
    flags: &Flags,
    mut facts: Facts,
    protocol: &str,
    signals: &Signals,
) -> Result<Before<Facts>> {
    if !flags.settings().is_rehearsal() {
        let now = clock::now().wall;
        let mut course = course(desk, facts.onset, facts.pain, &now)?;
        let asked = asked(desk, flags);
        if !flags.quiet
            && let Some(signal) = who(desk, asked, signals, &now)?
        {
            return Ok(Before::Leave(by_signal(signal)));
        }
        if !course.was_asked {
            match signs::ask(desk, asked, signals, facts.pain)? {
                Before::Begin(answers) => facts.answers = Some(answers),
                Before::Leave(code) => return Ok(Before::Leave(code)),
            }
            if asked == Asked::Not && !flags.quiet {
                say(NOT_ASKED);
            }
        }
        if facts.pain.is_none() && !flags.quiet {
            match pain::ask(asked, signals)? {
                Before::Begin(pain) => facts.pain = pain,
                Before::Leave(code) => return Ok(Before::Leave(code)),
            }
            course.pain = facts.pain.or(course.pain);
        }
        if !flags.quiet {
            let warned = facts.answers == Some(answers::to_either(answers::STARTED_ANYWAY));
            tell(desk, &course, protocol, warned);
        }
    }
    if !flags.quiet {
        say(EMERGENCY);
    }
    Ok(Before::Begin(facts))
}

/// The heat and cold that count though the history does not tell of them: as the person says, else as there may have
/// been.
pub fn unknown(
    desk: &Desk,
    flags: &Flags,
    past: &Past,
    signals: &Signals,
) -> Result<Before<Option<Unknown>>> {
    let Some(unknown) = past.unknown.clone() else { return Ok(Before::Begin(None)) };
    let counts = match recent::ask(asked(desk, flags), signals)? {
        Before::Begin(Some(false)) => return Ok(Before::Begin(None)),
        Before::Begin(Some(true)) => unknown.said(clock::now().wall),
        Before::Begin(None) => unknown,
        Before::Leave(code) => return Ok(Before::Leave(code)),
    };
    counts.say();
    Ok(Before::Begin(Some(counts)))
}

/// Says what comes next in the episode, before a session of this protocol is even wanted.
pub fn advise(desk: &Desk, protocol: &str) -> Result<()> {
    tell(desk, &course(desk, None, None, &clock::now().wall)?, protocol, false);
    Ok(())
}

fn asked(desk: &Desk, flags: &Flags) -> Asked {
    match flags {
        Flags { skip_questions: true, .. } => Asked::Not,
        _ if !can_ask() => Asked::Not,
        Flags { plain: true, .. } => Asked::ByLines,
        _ if desk.config.dumb_terminal => Asked::ByLines,
        _ => Asked::ByKeys,
    }
}

/// The episode that a session would belong to which begins now.
fn course(desk: &Desk, onset: Option<Wall>, pain: Option<u8>, now: &Wall) -> Result<Course> {
    // An episode that began before the year is one that is told from its first session within it.
    let since = Some(now.minus(YEAR + GAP));
    let (found, _) = desk.logs.newest_readable(&Query { since, ..Query::default() })?;
    Ok(Course::of(&found.sessions, &found.entries, onset, pain, now))
}

/// Shows once who should ask a clinician first; the signal, if one came instead of a key.
fn who(desk: &Desk, asked: Asked, signals: &Signals, now: &Wall) -> Result<Option<i32>> {
    let mut seen = desk.journal.seen();
    if seen.has("who", now) {
        return Ok(None);
    }
    let read = match asked {
        Asked::Not => {
            show(WHO);
            Choice::Made(())
        }
        Asked::ByKeys => choose(signals, WHO, &["Any key goes on."], |_| Some(()))?,
        Asked::ByLines => choose_line(signals, WHO, "Enter goes on.", "", |_| Some(()))?,
    };
    if let Choice::Signal(signal) = read {
        return Ok(Some(signal));
    }
    seen.add("who", now);
    remember(desk, &seen);
    Ok(None)
}

/// Says what was not said before in this episode. To one who was just told to call for help, nothing else matters.
fn tell(desk: &Desk, course: &Course, protocol: &str, warned: bool) {
    let now = clock::now().wall;
    let mut seen = desk.journal.seen();
    let mut due = advice(course, &now);
    due.retain(|advice| match advice {
        Advice::Doctor => true,
        Advice::Stretches => !warned && protocol != name(*advice),
        Advice::Movement => !warned,
    });
    due.retain(|advice| !seen.has_since(name(*advice), &course.since, &now));
    for advice in &due {
        say(advised(*advice));
        seen.add(name(*advice), &now);
    }
    if !due.is_empty() {
        remember(desk, &seen);
    }
}

/// What it is remembered by; of stretches, the protocol.
fn name(advice: Advice) -> &'static str {
    match advice {
        Advice::Doctor => "doctor",
        Advice::Stretches => STRETCHES,
        Advice::Movement => "movement",
    }
}

fn remember(desk: &Desk, seen: &Seen) {
    if let Err(why) = desk.journal.remember(seen) {
        say(&format!("warning: {why}; what is said only once will be said again"));
    }
}

/// A screen of text. Its lines are broken where the terminal is narrower than they are long.
fn show(text: &str) {
    let width = if io::stderr().is_terminal() { view::width_of(io::stderr()) } else { usize::MAX };
    let lines = text.lines().map(|line| {
        let indent = if line.starts_with("- ") { "  " } else { "" };
        fill(line, view::between_words(width).subsequent_indent(indent))
    });
    say(&lines.collect::<Vec<_>>().join("\n"));
}

/// What comes of a question that has to be answered.
fn answered<T>(choice: Choice<T>) -> Before<T> {
    match choice {
        Choice::Made(answer) => Before::Begin(answer),
        Choice::End => {
            say("no answer, no session; `easeback start --skip-questions` does not ask");
            Before::Leave(ExitCode::FAILURE)
        }
        Choice::Signal(signal) => Before::Leave(by_signal(signal)),
    }
}

/// The exit code of whoever leaves because of a signal.
pub fn by_signal(signal: i32) -> ExitCode {
    ExitCode::from(128 + u8::try_from(signal).unwrap_or_default())
}
