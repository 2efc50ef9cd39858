//! The commands that control the running session from any shell: `pause`, `resume`, `next`, `skip`, `extend`,
//! `more`, `pain`, `note`. Each prints what it did, or why it changed nothing.
//!
//! The session's own rules decide what a command does; this module finds the session, appends the entries and, for
//! `resume`, starts the timer.

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

/// A command to the running session.
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
    #[command(after_help = "Examples:\n  easeback extend\n  easeback extend 10")]
    Extend {
        /// How much: 5 (minutes), 90s
        #[arg(value_name = "DUR", default_value = "5", value_parser = parse_duration, allow_negative_numbers = true)]
        by: Duration,
    },
    /// Add rounds at the end
    #[command(after_help = "Examples:\n  easeback more\n  easeback more 2")]
    More {
        /// How many rounds
        #[arg(value_name = "N", default_value = "1", value_parser = parse_added_rounds, allow_negative_numbers = true)]
        rounds: u32,
    },
    /// Record how much it hurts, 0 to 10
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
        #[arg(value_name = "TEXT", value_parser = flags::parse_positional_text, allow_hyphen_values = true)]
        text: String,
    },
}

fn parse_added_rounds(text: &str) -> Result<u32> {
    flags::parse_whole_number("rounds", "a number such as 2", text)
}

impl From<ControlCommand> for session::Command {
    fn from(command: ControlCommand) -> session::Command {
        match command {
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

pub(crate) fn run(command: ControlCommand, context: &AppContext) -> Result<ExitCode> {
    let score = if let ControlCommand::Pain { score } = command { Some(score) } else { None };
    match (apply_control_command(command, context), score) {
        (Err(Error { exit_code: ErrorCode::NoSession, .. }), Some(score)) => {
            rate_last_session(score, context)
        }
        (result, _) => result,
    }
}

/// `pain` without a running session rates the last one, for an hour after its end.
fn rate_last_session(score: u8, context: &AppContext) -> Result<ExitCode> {
    let last = rate_session_within_hour(&context.history, score, &clock::now().wall)?
        .ok_or_else(no_session_error)?;
    print_stderr(&format!("pain {score} noted for the session of {}", last.started.format_date_time()));
    Ok(ExitCode::SUCCESS)
}

fn apply_control_command(command: ControlCommand, context: &AppContext) -> Result<ExitCode> {
    // Without a journal, the folder for its lock may be missing too.
    if !context.journal.has_file()? {
        return Err(no_session_error());
    }
    let journal = context.journal.lock()?;
    // The lease is free if no timer runs the session.
    let lease = journal.try_acquire_lease()?;
    let mut session = journal
        .replay()?
        .treat_as_ours_if_untimed(lease.is_some())
        .into_own_session()?
        .ok_or_else(no_session_error)?;
    if lease.is_some() && session.is_over() {
        return close_finished_session(&journal, session, command);
    }
    let mut entries = Vec::new();
    if lease.is_some() && session.has_timer() {
        // The journal does not say yet that the timer died: the time since then must not count as treatment.
        entries.push(Entry { at: clock::now(), event: Event::CutOff });
        session.apply(&entries[0]);
    }
    if let (ControlCommand::Resume, Some(lease)) = (&command, &lease) {
        context.journal.require_writable()?;
        append_and_flush(&journal, &entries)?;
        drop(journal);
        // The timer reads the settings without a terminal: warn of mistakes here.
        context.settings_or_default();
        timer::spawn(build_timer_command(context)?, lease)?;
        if !session.is_rehearsal() {
            // The session may have begun on another computer: reserve space for its record here too, if possible.
            let _ = context.history.reserve_space();
        }
        print_stderr(&format_resumed_message(&session));
        return Ok(ExitCode::SUCCESS);
    }
    let (reply, command_entries) = session.handle(command.into(), &clock::now());
    if !command_entries.is_empty() {
        entries.extend(command_entries);
        append_and_flush(&journal, &entries)?;
    }
    match reply {
        Reply::Done(text) | Reply::Already(text) => print_stderr(&text),
        Reply::Refused(reason) if lease.is_some() => {
            let hint = "`easeback resume` goes on with it, `easeback stop` records what is known";
            return Err(Error::failed(reason).with_hint(hint));
        }
        Reply::Refused(reason) => {
            return Err(Error::failed(reason).with_hint("`easeback status` shows the running session"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Records and closes a session that is over and whose timer is gone; `pain` and `note` still count for it.
fn close_finished_session(
    journal: &LockedJournal,
    mut session: Session,
    command: ControlCommand,
) -> Result<ExitCode> {
    let still_counts = matches!(command, ControlCommand::Pain { .. } | ControlCommand::Note { .. });
    let (reply, entries) = session.handle(command.into(), &clock::now());
    if still_counts {
        append_and_flush(journal, &entries)?;
        for entry in &entries {
            session.apply(entry);
        }
    }
    journal.finalize(&session, &clock::now())?;
    match reply {
        Reply::Done(text) if still_counts => print_stderr(&text),
        _ => return Err(no_session_error()),
    }
    Ok(ExitCode::SUCCESS)
}

fn append_and_flush(journal: &LockedJournal, entries: &[Entry]) -> Result<()> {
    if entries.is_empty() { Ok(()) } else { journal.append(entries)?.sync() }
}

fn format_resumed_message(session: &Session) -> String {
    let snapshot = snapshot_now(session);
    let paused = if session.is_paused() { ", still paused" } else { "" };
    let skin = match snapshot.phase.pack_on_skin {
        Some(pack) => format!(". Look at the skin: the {pack} may have been on all the time"),
        None => String::new(),
    };
    format!(
        "timing again{paused}: {}, {} left{skin}",
        snapshot.phase.name,
        crate::time::format_duration(snapshot.phase.remaining)
    )
}
