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
    report,
};
use clap::{Args, Subcommand};
use jiff::Zoned;

/// The list's own flags are shown by its own help: all on one screen would be too much for one.
const HELP: &str = "\
{about}

{usage-heading} {usage}

{subcommands}

Without a command it lists; `easeback history list --help` shows how to choose.
ID is 'last', or as much of an id as tells it from the others.
A correction is one more line: nothing that was written is ever changed.
";

/// Shows past sessions, newest first, corrects them, and exchanges them.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, help_template = HELP)]
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
    /// Lists the sessions, newest first; the same as 'history' alone
    List(list::ListArgs),
    /// Shows one session, or one diary entry, in full
    Show(correct::Id),
    /// Says how much it hurt after a session
    Rate(correct::RateArgs),
    /// Adds a note to a session
    Note(correct::NoteArgs),
    /// Corrects a session; without flags it asks, on a terminal
    Edit(Box<edit::EditArgs>),
    /// Hides a session or a diary entry
    Delete(correct::DeleteArgs),
    /// Brings a deleted one back
    Restore(correct::Id),
    /// Takes over what is new in files: JSON Lines, JSON, CSV
    Import(exchange::ImportArgs),
    /// Writes everything out, for another computer or program
    Export(exchange::ExportArgs),
    /// Looks through everything, names what cannot be read
    Check,
    /// Prints the folder of the logs
    Path,
}

/// What there is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for: goes to standard output as it is.
    pub stdout: String,
    /// What the person should know besides, each on one line: for standard error.
    pub warnings: Vec<String>,
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

    /// The same answer, and what could not be read on the way.
    fn with(mut self, unread: &[Unread]) -> Answer {
        self.warnings.extend(sum_up(unread).iter().map(|what| report::harmless(what)));
        self
    }
}

/// Does with the logs what was asked for, by somebody who looks at the clock `now`.
///
/// # Errors
/// What was typed makes no sense (exit code 2); there is no such session, or the logs cannot be read or written
/// (exit code 1).
pub fn run(args: &HistoryArgs, logs: &Logs, now: &Zoned) -> Result<Answer> {
    match &args.command {
        None => list::run(&args.list, logs, now),
        Some(HistoryCommand::List(args)) => list::run(args, logs, now),
        Some(HistoryCommand::Show(args)) => {
            let sought = logs.look_up(&args.id, Wanted::There)?;
            Ok(Answer::printed(report::reading(&sought.reading)).with(&sought.unread))
        }
        Some(HistoryCommand::Rate(args)) => correct::rate(args, logs, now),
        Some(HistoryCommand::Note(args)) => correct::note(args, logs, now),
        Some(HistoryCommand::Edit(args)) => edit::run(args, logs, now),
        Some(HistoryCommand::Delete(args)) => correct::delete(args, logs, now),
        Some(HistoryCommand::Restore(args)) => correct::restore(args, logs, now),
        Some(HistoryCommand::Import(args)) => exchange::import(args, logs, now),
        Some(HistoryCommand::Export(args)) => exchange::export(args, logs),
        Some(HistoryCommand::Check) => check::run(logs),
        Some(HistoryCommand::Path) => Ok(Answer::printed(format!("{}\n", logs.folder().display()))),
    }
}
