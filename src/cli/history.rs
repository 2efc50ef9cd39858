//! `easeback history`: the sessions of the past.

use super::flags;
use crate::{
    error::{Error, Result},
    history::{Found, Logs},
    record::Query,
    report,
    time::parse_when,
};
use clap::{Args, Subcommand};
use jiff::Zoned;

/// The width of the list, whatever the terminal's: a report that is copied looks the same everywhere.
const WIDTH: usize = 80;

/// Shows past sessions, newest first.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HistoryArgs {
    #[command(subcommand)]
    command: Option<HistoryCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Subcommand, Clone, Debug)]
enum HistoryCommand {
    /// Lists the sessions, newest first; the same as 'history' alone
    List(ListArgs),
    /// Shows one session in full
    Show(ShowArgs),
    /// Prints the folder of the logs
    Path,
}

#[derive(Args, Clone, Debug)]
struct ListArgs {
    /// How many, the newest
    #[arg(long, value_name = "N", default_value = "20", value_parser = how_many, allow_hyphen_values = true)]
    limit: usize,
    /// All of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// From this moment or day on: yesterday, 7d (ago)
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Up to this moment, or the end of this day
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// As a JSON array, in the form of the log
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone, Debug)]
struct ShowArgs {
    /// 'last', or as much of an id as tells it from the others
    #[arg(value_name = "ID")]
    id: String,
}

/// What there is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for: goes to standard output as it is.
    pub stdout: String,
    /// What the person should know besides, each on one line: for standard error.
    pub warnings: Vec<String>,
}

/// Looks up in the logs what was asked for, by somebody who looks at the clock `now`.
///
/// # Errors
/// A date or an id makes no sense (exit code 2); there is no such session, or the logs cannot be read (exit
/// code 1).
pub fn run(args: &HistoryArgs, logs: &Logs, now: &Zoned) -> Result<Answer> {
    let stdout = match &args.command {
        None => return list(&args.list, logs, now),
        Some(HistoryCommand::List(args)) => return list(args, logs, now),
        Some(HistoryCommand::Show(args)) => report::session(&logs.find(&args.id)?),
        Some(HistoryCommand::Path) => format!("{}\n", logs.folder().display()),
    };
    Ok(Answer { stdout, warnings: Vec::new() })
}

fn list(args: &ListArgs, logs: &Logs, now: &Zoned) -> Result<Answer> {
    let query = args.query(now)?;
    let Found { sessions, unread } = logs.newest(&query)?;
    let mut warnings: Vec<String> =
        unread.iter().map(|unread| report::harmless(&unread.to_string())).collect();
    if args.json {
        return Ok(Answer { stdout: report::json(&sessions), warnings });
    }
    if sessions.is_empty() {
        let asked = args.since.is_some() || args.until.is_some();
        let none =
            if asked { "no session in that time" } else { "no session yet: easeback start begins one" };
        warnings.push(none.into());
    }
    Ok(Answer { stdout: report::list(&sessions, WIDTH), warnings })
}

fn how_many(text: &str) -> Result<usize> {
    match flags::whole_number(text)? {
        0 => Err(Error::usage("0 sessions are none", "type --limit 1 or more, or --all")),
        number => Ok(number as usize),
    }
}

impl ListArgs {
    fn query(&self, now: &Zoned) -> Result<Query> {
        let when = |typed: &Option<String>| typed.as_deref().map(|text| parse_when(text, now)).transpose();
        let since = when(&self.since)?.map(|when| when.first);
        let until = when(&self.until)?.map(|when| when.last);
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            let what = format!("{} is after {}", since.day_and_time(), until.day_and_time());
            return Err(Error::usage(what, "--since takes the earlier one, --until the later"));
        }
        Ok(Query { limit: (!self.all).then_some(self.limit), since, until })
    }
}
