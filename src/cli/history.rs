//! `easeback history`: the past sessions. Each subcommand has a file below with its arguments and action.
//!
//! [`run`] returns what to print, so that tests can call it on a folder. Only questions and an export to standard
//! output are printed here.

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
use jiff::ZonedDateTime;

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
    /// The arguments of `history` without a subcommand.
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
    /// Correct a session; without flags it asks what to change
    Edit(Box<edit::EditArgs>),
    /// Delete a session or diary entry; `easeback history restore` undoes it
    #[command(after_help = "Example:\n  easeback history delete last")]
    Delete(correct::DeleteArgs),
    /// Bring back what was deleted
    #[command(after_help = "Example:\n  easeback history restore last")]
    Restore(correct::RestoreArgs),
    /// Import sessions from JSON Lines, JSON or CSV
    Import(import_export::ImportArgs),
    /// Export everything, for another computer or program
    #[command(
        after_help = "Examples:\n  easeback history export -o history.jsonl\n  easeback history export --format csv -o sessions.csv"
    )]
    Export(import_export::ExportArgs),
    /// Check all files, and list what cannot be read
    #[command(after_help = "Example:\n  easeback history check")]
    Check,
    /// Print where your history is kept
    #[command(after_help = "Example:\n  easeback history path")]
    Path,
}

/// What a history command prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryOutput {
    /// The data, printed to stdout as it is.
    pub stdout: String,
    /// Messages for stderr, a line each.
    pub warnings: Vec<String>,
    /// The text of the `hint:` line.
    pub hint: Option<String>,
    /// Whether a part failed: the rest is done, and the exit code is 1.
    pub has_failures: bool,
}

impl HistoryOutput {
    fn from_stdout(stdout: String) -> HistoryOutput {
        HistoryOutput { stdout, ..HistoryOutput::default() }
    }

    fn from_warning(warning: impl Into<String>) -> HistoryOutput {
        HistoryOutput { warnings: vec![warning.into()], ..HistoryOutput::default() }
    }

    /// Adds how many of how many are shown, if there are more. `total` is `None` if they are too many to count.
    fn with_count(mut self, shown: usize, total: Option<usize>) -> HistoryOutput {
        match total {
            Some(total) if total > shown => {
                self.warnings.push(format!("{shown} of {total}, --all shows the rest"));
            }
            Some(_) => {}
            None => self.warnings.push(format!("the newest {shown}, --all shows all")),
        }
        self
    }

    /// Adds which lines could not be read.
    fn with_unread(mut self, unread: &[UnreadableLines]) -> HistoryOutput {
        self.warnings.extend(summarize_lines(unread).map(|summary| report::sanitize(&summary)));
        self
    }
}

/// A number and its noun in singular or plural.
fn format_count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// Runs a history command at the local time `now`.
///
/// # Errors
/// The arguments make no sense (exit code 2); there is no such session, or the history cannot be read or written (exit
/// code 1).
pub fn run(
    args: &HistoryArgs,
    history: &HistoryFolder,
    now: &ZonedDateTime,
    format: &OutputFormat,
) -> Result<HistoryOutput> {
    match &args.command {
        None => list::run(&args.list, history, now, format),
        Some(HistoryCommand::List(args)) => list::run(args, history, now, format),
        Some(HistoryCommand::Show(args)) => {
            let lookup = history.find_by_id(&args.id, LookupTarget::Existing)?;
            Ok(HistoryOutput::from_stdout(report::format_record(&lookup.reading, format))
                .with_unread(&lookup.unread))
        }
        Some(HistoryCommand::Rate(args)) => correct::rate_record(args, history, now),
        Some(HistoryCommand::Note(args)) => correct::add_note(args, history, now),
        Some(HistoryCommand::Edit(args)) => edit::run(args, history, now),
        Some(HistoryCommand::Delete(args)) => correct::delete_record(args, history, now),
        Some(HistoryCommand::Restore(args)) => correct::restore_record(args, history, now),
        Some(HistoryCommand::Import(args)) => import_export::import_files(args, history, now),
        Some(HistoryCommand::Export(args)) => import_export::export_history(args, history),
        Some(HistoryCommand::Check) => check::run(history, format),
        Some(HistoryCommand::Path) => {
            Ok(HistoryOutput::from_stdout(format!("{}\n", history.folder().display())))
        }
    }
}
