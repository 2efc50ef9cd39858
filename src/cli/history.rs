//! `easeback history`: the sessions of the past. Each command's arguments and action live in one file below.

mod check;
mod correct;
mod edit;
mod edit_questions;
mod import_export;
mod list;

pub use correct::rate_session_within_hour;
pub(super) use list::ListArgs;

use crate::{
    error::Result,
    history::{HistoryFolder, LookupTarget, UnreadableLines, summarize_lines},
    report::{self, OutputFormat},
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
    pub(crate) fn from_list_args(list: list::ListArgs) -> HistoryArgs {
        HistoryArgs { command: None, list }
    }
}

#[derive(Subcommand, Clone, Debug)]
enum HistoryCommand {
    /// List the sessions, newest first (same as `easeback history`)
    List(list::ListArgs),
    /// Show one session, or one diary entry, in full
    #[command(after_help = "Example:\n  easeback history show last")]
    Show(correct::RecordIdArg),
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
    Restore(correct::RecordIdArg),
    /// Import sessions from JSON Lines, JSON or CSV
    Import(import_export::ImportArgs),
    /// Export everything, for another computer or program
    #[command(
        after_help = "Examples:\n  easeback history export -o history.jsonl\n  easeback history export --format csv -o sessions.csv"
    )]
    Export(import_export::ExportArgs),
    /// Check all files, and name what cannot be read
    #[command(after_help = "Example:\n  easeback history check")]
    Check,
    /// Print the folder of the history
    #[command(after_help = "Example:\n  easeback history path")]
    Path,
}

/// What there is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryOutput {
    /// What was asked for: goes to standard output as it is.
    pub stdout: String,
    /// What the person should know besides, each on one line: for standard error.
    pub warnings: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether not all is well (exit code 1), though it was done as far as could be.
    pub has_failures: bool,
}

impl HistoryOutput {
    fn from_stdout(stdout: String) -> HistoryOutput {
        HistoryOutput { stdout, ..HistoryOutput::default() }
    }

    fn from_warning(what: impl Into<String>) -> HistoryOutput {
        HistoryOutput { warnings: vec![what.into()], ..HistoryOutput::default() }
    }

    /// The same answer, and how many of how many it shows, where there are more. Without a number there are too many
    /// to count.
    fn with_count(mut self, shown: usize, all: Option<usize>) -> HistoryOutput {
        match all {
            Some(all) if all > shown => self.warnings.push(format!("{shown} of {all}, --all shows the rest")),
            Some(_) => {}
            None => self.warnings.push(format!("the newest {shown}, --all shows all")),
        }
        self
    }

    /// The same answer, and which lines could not be read on the way.
    fn with_unread(mut self, unread: &[UnreadableLines]) -> HistoryOutput {
        self.warnings.extend(summarize_lines(unread).map(|what| report::sanitize(&what)));
        self
    }
}

/// A number of things, in words.
fn format_count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Does with the logs what was asked for, by somebody who looks at the clock `now`.
///
/// # Errors
/// What was typed makes no sense (exit code 2); there is no such session, or the logs cannot be read or written
/// (exit code 1).
pub fn run(
    args: &HistoryArgs,
    logs: &HistoryFolder,
    now: &Zoned,
    look: &OutputFormat,
) -> Result<HistoryOutput> {
    match &args.command {
        None => list::run(&args.list, logs, now, look),
        Some(HistoryCommand::List(args)) => list::run(args, logs, now, look),
        Some(HistoryCommand::Show(args)) => {
            let sought = logs.find_by_id(&args.id, LookupTarget::Existing)?;
            Ok(HistoryOutput::from_stdout(report::format_record(&sought.reading, look))
                .with_unread(&sought.unread))
        }
        Some(HistoryCommand::Rate(args)) => correct::rate_record(args, logs, now),
        Some(HistoryCommand::Note(args)) => correct::add_note(args, logs, now),
        Some(HistoryCommand::Edit(args)) => edit::run(args, logs, now),
        Some(HistoryCommand::Delete(args)) => correct::delete_record(args, logs, now),
        Some(HistoryCommand::Restore(args)) => correct::restore_record(args, logs, now),
        Some(HistoryCommand::Import(args)) => import_export::import_files(args, logs, now),
        Some(HistoryCommand::Export(args)) => import_export::export_logs(args, logs),
        Some(HistoryCommand::Check) => check::run(logs, look),
        Some(HistoryCommand::Path) => {
            Ok(HistoryOutput::from_stdout(format!("{}\n", logs.folder().display())))
        }
    }
}
