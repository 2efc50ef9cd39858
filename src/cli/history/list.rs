//! `easeback history list`: the past sessions or diary entries, as a table, JSON, JSON Lines or CSV.

use super::HistoryOutput;
use crate::{
    cli::{date_range::DateRange, flags},
    error::{Error, Result},
    history::HistoryFolder,
    record::{OUTCOMES, Query, REGIONS},
    report::{self, OutputFormat},
};
use clap::{Args, builder::PossibleValuesParser};
use jiff::ZonedDateTime;

const EXAMPLES: &str = "\
Examples:
  easeback history list --since 7d
  easeback history list --region low --csv";

#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    /// How many sessions to list
    #[arg(long, value_name = "N", default_value = "20", value_parser = parse_limit, allow_hyphen_values = true)]
    limit: usize,
    /// List all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    #[command(flatten)]
    date_range: DateRange,
    /// Only sessions of this protocol
    #[arg(long, value_name = "NAME", value_parser = flags::parse_text)]
    protocol: Option<String>,
    /// Only for this part of the back: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true)]
    region: Option<String>,
    /// Only sessions that ended this way: completed, stopped or interrupted
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(OUTCOMES), hide_possible_values = true)]
    outcome: Option<String>,
    /// Diary entries instead of sessions
    #[arg(long, conflicts_with_all = ["protocol", "region", "outcome"])]
    entries: bool,
    /// Print a JSON array
    #[arg(long, conflicts_with_all = ["jsonl", "csv"])]
    json: bool,
    /// Print JSON Lines
    #[arg(long, conflicts_with = "csv")]
    jsonl: bool,
    /// Print CSV with a header, for spreadsheets
    #[arg(long)]
    csv: bool,
}

pub(crate) fn run(
    args: &ListArgs,
    history: &HistoryFolder,
    now: &ZonedDateTime,
    format: &OutputFormat,
) -> Result<HistoryOutput> {
    let query = args.to_query(now)?;
    if args.entries {
        return list_diary_entries(args, history, &query, format);
    }
    let found = history.find_newest(&query)?;
    let sessions = &found.sessions;
    let mut output = HistoryOutput::from_stdout(match args {
        ListArgs { json: true, .. } => report::sessions_to_json(sessions),
        ListArgs { jsonl: true, .. } => report::sessions_to_jsonl(sessions),
        ListArgs { csv: true, .. } => report::sessions_to_csv(sessions),
        _ => report::format_session_list(sessions, format),
    })
    .with_unread(&found.unread);
    if args.is_human_readable() {
        if sessions.is_empty() {
            output.warnings.push(empty_list_message(&query).into());
        }
        if query.limit == Some(sessions.len()) {
            output = output.with_count(sessions.len(), history.count_sessions(&query)?);
        }
        let entry_count = if query.is_choosy() { 0 } else { found.diary_entries.len() };
        match entry_count {
            0 => {}
            1 => output.warnings.push("and 1 diary entry: `easeback history list --entries`".into()),
            count => {
                output.warnings.push(format!("and {count} diary entries: `easeback history list --entries`"));
            }
        }
        if let Some((cell, meaning)) = report::explain_partial_minutes(sessions)
            && output.stdout.contains(&cell)
        {
            output.warnings.push(meaning);
        }
    }
    Ok(output)
}

fn empty_list_message(query: &Query) -> &'static str {
    if query.is_choosy() {
        "no such session"
    } else if query.since.is_none() && query.until.is_none() {
        "no session yet: `easeback start` starts one"
    } else {
        "no session in that time"
    }
}

fn list_diary_entries(
    args: &ListArgs,
    history: &HistoryFolder,
    query: &Query,
    format: &OutputFormat,
) -> Result<HistoryOutput> {
    let (entries, unread) = history.find_diary_entries(query)?;
    let mut output = HistoryOutput::from_stdout(match args {
        ListArgs { json: true, .. } => report::diary_to_json(&entries),
        ListArgs { jsonl: true, .. } => report::diary_to_jsonl(&entries),
        ListArgs { csv: true, .. } => report::diary_to_csv(&entries),
        _ => report::format_diary_list(&entries, format),
    })
    .with_unread(&unread);
    if entries.is_empty() && args.is_human_readable() {
        output.warnings.push("no diary entry: `easeback log --pain 5 \"a few words\"` writes one".into());
    }
    if query.limit == Some(entries.len()) && args.is_human_readable() {
        output = output.with_count(entries.len(), history.count_entries(query)?);
    }
    Ok(output)
}

fn parse_limit(text: &str) -> Result<usize> {
    match flags::parse_whole_number("limit", "1 or more", text) {
        Ok(0) | Err(_) => {
            Err(Error::invalid("limit", text, "1 or more").with_hint("type --limit 5, or --all"))
        }
        Ok(number) => Ok(number as usize),
    }
}

impl ListArgs {
    fn is_human_readable(&self) -> bool {
        !(self.json || self.jsonl || self.csv)
    }

    fn to_query(&self, now: &ZonedDateTime) -> Result<Query> {
        Ok(Query {
            limit: (!self.all).then_some(self.limit),
            protocol: self.protocol.clone(),
            region: self.region.clone(),
            outcome: self.outcome.clone(),
            ..self.date_range.to_query(now)?
        })
    }
}
