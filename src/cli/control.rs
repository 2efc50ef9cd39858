//! The commands that drive the running session from any shell: `pause`, `resume`, `next`, `skip`, `extend`,
//! `more`, `pain`, `note`. Each says what it did, or why it changes nothing.

use super::{
    AppContext, flags,
    history::rate_session_within_hour,
    live::{build_timer_command, no_session_error, snapshot_now},
    print_stderr,
};
use crate::{
    clock,
    error::{Error, ErrorCode, Result},
    journal::LockedJournal,
    session::{self, Entry, Event, Reply, Session},
    time::parse_duration,
    timer,
};
use clap::Subcommand;
use std::{process::ExitCode, time::Duration};

/// What a person says to the running session.
#[derive(Subcommand)]
pub(crate) enum ControlCommand {
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
        #[arg(value_name = "DUR", default_value = "5", value_parser = parse_duration, allow_negative_numbers = true)]
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
        #[arg(value_name = "SCORE", value_parser = flags::parse_pain_score, allow_negative_numbers = true)]
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
    flags::parse_whole_number("rounds", "a number such as 2", text)
}

impl From<ControlCommand> for session::Command {
    fn from(typed: ControlCommand) -> session::Command {
        match typed {
            ControlCommand::Pause => session::Command::Pause,
            ControlCommand::Resume => session::Command::Resume,
            ControlCommand::Next => session::Command::Next,
            ControlCommand::Skip => session::Command::Skip,
            ControlCommand::Extend { by } => session::Command::Extend(by),
            ControlCommand::More { rounds } => session::Command::AddRounds(rounds),
            ControlCommand::Pain { score } => session::Command::RatePain(score),
            ControlCommand::Note { text } => session::Command::AddNote(text),
        }
    }
}

pub(crate) fn run(typed: ControlCommand, desk: &AppContext) -> Result<ExitCode> {
    let score = if let ControlCommand::Pain { score } = typed { Some(score) } else { None };
    match (apply_control_command(typed, desk), score) {
        (Err(Error { exit_code: ErrorCode::NoSession, .. }), Some(score)) => rate_last_session(score, desk),
        (done, _) => done,
    }
}

/// How it hurts after a session that is over belongs to that session, for an hour.
fn rate_last_session(score: u8, desk: &AppContext) -> Result<ExitCode> {
    let last =
        rate_session_within_hour(&desk.logs, score, &clock::now().wall)?.ok_or_else(no_session_error)?;
    print_stderr(&format!("pain {score} noted for the session of {}", last.started.format_date_time()));
    Ok(ExitCode::SUCCESS)
}

fn apply_control_command(typed: ControlCommand, desk: &AppContext) -> Result<ExitCode> {
    // Where nothing ever ran, there is no folder for a lock.
    if !desk.journal.has_file()? {
        return Err(no_session_error());
    }
    let held = desk.journal.lock()?;
    let seat = held.try_acquire_lease()?;
    let mut session = held
        .replay()?
        .treat_as_ours_if_untimed(seat.is_some())
        .into_own_session()?
        .ok_or_else(no_session_error)?;
    if seat.is_some() && session.is_over() {
        return close_finished_session(&held, session, typed);
    }
    let mut lines = Vec::new();
    if seat.is_some() && session.has_timer() {
        // Nobody wrote it down yet that nobody times the session: what is said now is no time of treatment.
        lines.push(Entry { at: clock::now(), event: Event::CutOff });
        session.apply(&lines[0]);
    }
    if let (ControlCommand::Resume, Some(seat)) = (&typed, &seat) {
        desk.journal.require_writable()?;
        append_and_flush(&held, &lines)?;
        drop(held);
        // The timer goes by them: here somebody hears that they cannot be used.
        desk.settings_or_default();
        timer::spawn(build_timer_command(desk)?, seat)?;
        if !session.is_rehearsal() {
            // It may have begun on another computer: room for its record is set aside here too, if there is any.
            let _ = desk.logs.reserve_space();
        }
        print_stderr(&format_resumed_message(&session));
        return Ok(ExitCode::SUCCESS);
    }
    let (reply, said) = session.handle(typed.into(), &clock::now());
    if !said.is_empty() {
        lines.extend(said);
        append_and_flush(&held, &lines)?;
    }
    match reply {
        Reply::Done(text) | Reply::Already(text) => print_stderr(&text),
        Reply::Refused(why) if seat.is_some() => {
            let hint = "`easeback resume` goes on with it, `easeback stop` records what is known";
            return Err(Error::failed(why).with_hint(hint));
        }
        Reply::Refused(why) => {
            return Err(Error::failed(why).with_hint("`easeback status` shows the running session"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Closes a session that is over and whose timer is gone. What is said of it still counts.
fn close_finished_session(
    held: &LockedJournal,
    mut session: Session,
    typed: ControlCommand,
) -> Result<ExitCode> {
    let counts = matches!(typed, ControlCommand::Pain { .. } | ControlCommand::Note { .. });
    let (reply, lines) = session.handle(typed.into(), &clock::now());
    if counts {
        append_and_flush(held, &lines)?;
        lines.iter().for_each(|line| session.apply(line));
    }
    held.finalize(&session, &clock::now())?;
    match reply {
        Reply::Done(text) if counts => print_stderr(&text),
        _ => return Err(no_session_error()),
    }
    Ok(ExitCode::SUCCESS)
}

fn append_and_flush(held: &LockedJournal, lines: &[Entry]) -> Result<()> {
    if lines.is_empty() { Ok(()) } else { held.append(lines)?.sync() }
}

fn format_resumed_message(session: &Session) -> String {
    let snapshot = snapshot_now(session);
    let held = if session.is_paused() { ", still paused" } else { "" };
    let skin = match snapshot.phase.pack_on_skin {
        Some(pack) => format!(". Look at the skin: the {pack} may have been on all the time"),
        None => String::new(),
    };
    format!(
        "timing again{held}: {}, {} left{skin}",
        snapshot.phase.name,
        crate::time::format_duration(snapshot.phase.remaining)
    )
}
