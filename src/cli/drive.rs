//! The commands that drive the running session from any shell: `pause`, `resume`, `next`, `skip`, `extend`,
//! `more`, `pain`, `note`. Each says what it did, or why it changes nothing.

use super::{
    Desk, flags,
    history::rate_last_within_an_hour,
    running::{none_running, seen_now, timer_command},
    say,
};
use crate::{
    clock,
    error::{Code, Error, Result},
    journal::Held,
    session::{self, Fact, Line, Reply, Session},
    time::parse_length,
    timer,
};
use clap::Subcommand;
use std::{process::ExitCode, time::Duration};

/// What a person says to the running session.
#[derive(Subcommand)]
pub enum Drive {
    /// Pause the session: take the pack off
    #[command(after_help = "Example:\n  easeback pause")]
    Pause,
    /// Go on after a pause, or after the timer was killed
    #[command(after_help = "Example:\n  easeback resume")]
    Resume,
    /// Confirm the swap: the new pack is on
    #[command(after_help = "Example:\n  easeback next")]
    Next,
    /// End this phase early
    #[command(after_help = "Example:\n  easeback skip")]
    Skip,
    /// Give this phase more time
    #[command(after_help = "Examples:\n  easeback extend\n  easeback extend 90s")]
    Extend {
        /// How much: 5 (minutes), 90s
        #[arg(value_name = "DUR", default_value = "5", value_parser = parse_length, allow_negative_numbers = true)]
        by: Duration,
    },
    /// Add rounds at the end
    #[command(after_help = "Examples:\n  easeback more\n  easeback more 2")]
    More {
        /// How many rounds
        #[arg(value_name = "N", default_value = "1", value_parser = rounds, allow_negative_numbers = true)]
        rounds: u32,
    },
    /// Note how much it hurts, 0 to 10
    #[command(after_help = "Example:\n  easeback pain 4")]
    Pain {
        /// 0 (none) to 10 (the worst you can think of)
        #[arg(value_name = "SCORE", value_parser = flags::pain, allow_negative_numbers = true)]
        score: u8,
    },
    /// Add a note to the record
    #[command(after_help = "Example:\n  easeback note \"the dog came in\"")]
    Note {
        /// A few words in quotes
        #[arg(value_name = "TEXT", value_parser = flags::words, allow_hyphen_values = true)]
        text: String,
    },
}

fn rounds(text: &str) -> Result<u32> {
    flags::whole_number("rounds", "a number such as 2", text)
}

impl From<Drive> for session::Command {
    fn from(typed: Drive) -> session::Command {
        match typed {
            Drive::Pause => session::Command::Pause,
            Drive::Resume => session::Command::Resume,
            Drive::Next => session::Command::Next,
            Drive::Skip => session::Command::Skip,
            Drive::Extend { by } => session::Command::Extend(by),
            Drive::More { rounds } => session::Command::More(rounds),
            Drive::Pain { score } => session::Command::Pain(score),
            Drive::Note { text } => session::Command::Note(text),
        }
    }
}

pub fn run(typed: Drive, desk: &Desk) -> Result<ExitCode> {
    let score = if let Drive::Pain { score } = typed { Some(score) } else { None };
    match (drive(typed, desk), score) {
        (Err(Error { code: Code::NoSession, .. }), Some(score)) => rate_the_last(score, desk),
        (done, _) => done,
    }
}

/// How it hurts after a session that is over belongs to that session, for an hour.
fn rate_the_last(score: u8, desk: &Desk) -> Result<ExitCode> {
    let last = rate_last_within_an_hour(&desk.logs, score, &clock::now().wall)?.ok_or_else(none_running)?;
    say(&format!("pain {score} noted for the session of {}", last.started.day_and_time()));
    Ok(ExitCode::SUCCESS)
}

fn drive(typed: Drive, desk: &Desk) -> Result<ExitCode> {
    // Where nothing ever ran, there is no folder for a lock.
    if !desk.journal.is_there()? {
        return Err(none_running());
    }
    let held = desk.journal.lock()?;
    let seat = held.seat()?;
    let mut session = held.read()?.take_over_if(seat.is_some()).ours()?.ok_or_else(none_running)?;
    if seat.is_some() && session.is_over() {
        return close(&held, session, typed);
    }
    let mut lines = Vec::new();
    if seat.is_some() && session.is_watched() {
        // Nobody wrote it down yet that nobody times the session: what is said now is no time of treatment.
        lines.push(Line { at: clock::now(), fact: Fact::CutOff });
        session.apply(&lines[0]);
    }
    if let (Drive::Resume, Some(seat)) = (&typed, &seat) {
        desk.journal.may_be_timed()?;
        write(&held, &lines)?;
        drop(held);
        // The timer goes by them: here somebody hears that they cannot be used.
        desk.settings();
        timer::spawn(timer_command(desk)?, seat)?;
        if !session.is_rehearsal() {
            // It may have begun on another computer: room for its record is set aside here too, if there is any.
            let _ = desk.logs.reserve();
        }
        say(&timed_again(&session));
        return Ok(ExitCode::SUCCESS);
    }
    let (reply, said) = session.handle(typed.into(), &clock::now());
    if !said.is_empty() {
        lines.extend(said);
        write(&held, &lines)?;
    }
    match reply {
        Reply::Done(text) | Reply::Already(text) => say(&text),
        Reply::Refused(why) if seat.is_some() => {
            let hint = "`easeback resume` goes on with it, `easeback stop` records what is known";
            return Err(Error::failed(why).hint(hint));
        }
        Reply::Refused(why) => {
            return Err(Error::failed(why).hint("`easeback status` shows the running session"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Closes a session that is over and whose timer is gone. What is said of it still counts.
fn close(held: &Held, mut session: Session, typed: Drive) -> Result<ExitCode> {
    let counts = matches!(typed, Drive::Pain { .. } | Drive::Note { .. });
    let (reply, lines) = session.handle(typed.into(), &clock::now());
    if counts {
        write(held, &lines)?;
        lines.iter().for_each(|line| session.apply(line));
    }
    held.settle(&session, &clock::now())?;
    match reply {
        Reply::Done(text) if counts => say(&text),
        _ => return Err(none_running()),
    }
    Ok(ExitCode::SUCCESS)
}

fn write(held: &Held, lines: &[Line]) -> Result<()> {
    if lines.is_empty() { Ok(()) } else { held.append(lines)?.flush() }
}

fn timed_again(session: &Session) -> String {
    let snapshot = seen_now(session);
    let held = if session.is_paused() { ", still paused" } else { "" };
    let skin = match snapshot.phase.pack {
        Some(pack) => format!(". Look at the skin: the {pack} may have been on all the time"),
        None => String::new(),
    };
    format!(
        "timing again{held}: {}, {} left{skin}",
        snapshot.phase.name,
        crate::time::say(snapshot.phase.remaining)
    )
}
