//! `easeback history`: the sessions of the past. Each command's arguments and action live in one file below.

mod ask;
mod check;
mod correct;
mod edit;
mod exchange;
mod list;

pub use correct::rate_last_within_an_hour;
pub(super) use list::ListArgs;

use crate::{
    error::Result,
    history::{Logs, Unread, Wanted, sum_up},
    report::{self, Look},
};
use clap::{Args, Subcommand};
use jiff::Zoned;

const NOTES: &str = "\
Examples:
  easeback history --since 7d
  easeback history show last";

/// List, show, correct, import and export past sessions
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = NOTES)]
pub struct HistoryArgs {
    #[command(subcommand)]
    command: Option<HistoryCommand>,
    #[command(flatten)]
    list: list::ListArgs,
}

impl HistoryArgs {
    /// Without a command.
    pub fn listing(list: list::ListArgs) -> HistoryArgs {
        HistoryArgs { command: None, list }
    }
}

#[derive(Subcommand, Clone, Debug)]
enum HistoryCommand {
    /// List the sessions, newest first (same as `easeback history`)
    List(list::ListArgs),
    /// Show one session, or one diary entry, in full
    #[command(after_help = "Example:\n  easeback history show last")]
    Show(correct::Id),
    /// Record how much it hurt after a session
    #[command(after_help = "Example:\n  easeback history rate last 3")]
    Rate(correct::RateArgs),
    /// Add a note to a session
    #[command(after_help = "Example:\n  easeback history note last \"slept well after it\"")]
    Note(correct::NoteArgs),
    /// Correct a session; without flags it asks
    Edit(Box<edit::EditArgs>),
    /// Delete a session or a diary entry; `restore` brings it back
    #[command(after_help = "Example:\n  easeback history delete last")]
    Delete(correct::DeleteArgs),
    /// Bring back what was deleted
    #[command(after_help = "Example:\n  easeback history restore last")]
    Restore(correct::Id),
    /// Import sessions from JSON Lines, JSON or CSV
    Import(exchange::ImportArgs),
    /// Export everything, for another computer or program
    #[command(
        after_help = "Examples:\n  easeback history export -o history.jsonl\n  easeback history export --format csv -o sessions.csv"
    )]
    Export(exchange::ExportArgs),
    /// Check all files, and name what cannot be read
    #[command(after_help = "Example:\n  easeback history check")]
    Check,
    /// Print the folder of the history
    #[command(after_help = "Example:\n  easeback history path")]
    Path,
}

/// What there is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for: goes to standard output as it is.
    pub stdout: String,
    /// What the person should know besides, each on one line: for standard error.
    pub warnings: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether not all is well (exit code 1), though it was done as far as could be.
    pub failed: bool,
}

impl Answer {
    fn printed(stdout: String) -> Answer {
        Answer { stdout, ..Answer::default() }
    }

    fn said(what: impl Into<String>) -> Answer {
        Answer { warnings: vec![what.into()], ..Answer::default() }
    }

    /// The same answer, and how many of how many it shows, where there are more. Without a number there are too many
    /// to count.
    fn of(mut self, shown: usize, all: Option<usize>) -> Answer {
        match all {
            Some(all) if all > shown => self.warnings.push(format!("{shown} of {all}, --all shows the rest")),
            Some(_) => {}
            None => self.warnings.push(format!("the newest {shown}, --all shows all")),
        }
        self
    }

    /// The same answer, and which lines could not be read on the way.
    fn with(mut self, unread: &[Unread]) -> Answer {
        self.warnings.extend(sum_up(unread).map(|what| report::harmless(&what)));
        self
    }
}

/// A number of things, in words.
fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Does with the logs what was asked for, by somebody who looks at the clock `now`.
///
/// # Errors
/// What was typed makes no sense (exit code 2); there is no such session, or the logs cannot be read or written
/// (exit code 1).
pub fn run(args: &HistoryArgs, logs: &Logs, now: &Zoned, look: &Look) -> Result<Answer> {
    match &args.command {
        None => list::run(&args.list, logs, now, look),
        Some(HistoryCommand::List(args)) => list::run(args, logs, now, look),
        Some(HistoryCommand::Show(args)) => {
            let sought = logs.look_up(&args.id, Wanted::There)?;
            Ok(Answer::printed(report::reading(&sought.reading, look)).with(&sought.unread))
        }
        Some(HistoryCommand::Rate(args)) => correct::rate(args, logs, now),
        Some(HistoryCommand::Note(args)) => correct::note(args, logs, now),
        Some(HistoryCommand::Edit(args)) => edit::run(args, logs, now),
        Some(HistoryCommand::Delete(args)) => correct::delete(args, logs, now),
        Some(HistoryCommand::Restore(args)) => correct::restore(args, logs, now),
        Some(HistoryCommand::Import(args)) => exchange::import(args, logs, now),
        Some(HistoryCommand::Export(args)) => exchange::export(args, logs),
        Some(HistoryCommand::Check) => check::run(logs, look),
        Some(HistoryCommand::Path) => Ok(Answer::printed(format!("{}\n", logs.folder().display()))),
    }
}
