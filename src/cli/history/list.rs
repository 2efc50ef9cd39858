//! `easeback history list`.

use super::HistoryOutput;
use crate::{
    cli::{date_range::DateRange, flags},
    error::{Error, Result},
    history::HistoryFolder,
    record::{OUTCOMES, Query, REGIONS},
    report::{self, OutputFormat},
};
use clap::{Args, builder::PossibleValuesParser};
use jiff::Zoned;

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
    /// Only this part of the back: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true)]
    region: Option<String>,
    /// Only sessions that ended so: completed, stopped or interrupted
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
    logs: &HistoryFolder,
    now: &Zoned,
    look: &OutputFormat,
) -> Result<HistoryOutput> {
    let query = args.to_query(now)?;
    if args.entries {
        return list_diary_entries(args, logs, &query, look);
    }
    let found = logs.find_newest(&query)?;
    let sessions = &found.sessions;
    let mut answer = HistoryOutput::from_stdout(match args {
        ListArgs { json: true, .. } => report::sessions_to_json(sessions),
        ListArgs { jsonl: true, .. } => report::sessions_to_jsonl(sessions),
        ListArgs { csv: true, .. } => report::sessions_to_csv(sessions),
        _ => report::format_session_list(sessions, look),
    })
    .with_unread(&found.unread);
    if args.is_human_readable() {
        if sessions.is_empty() {
            answer.warnings.push(empty_list_message(&query).into());
        }
        if query.limit == Some(sessions.len()) {
            answer = answer.with_count(sessions.len(), logs.count_sessions(&query)?);
        }
        match found.diary_entries.len() {
            _ if query.is_choosy() => {}
            0 => {}
            1 => answer.warnings.push("and 1 diary entry: `easeback history list --entries`".into()),
            many => {
                answer.warnings.push(format!("and {many} diary entries: `easeback history list --entries`"));
            }
        }
    }
    Ok(answer)
}

fn empty_list_message(query: &Query) -> &'static str {
    match query {
        _ if query.is_choosy() => "no such session",
        Query { since: None, until: None, .. } => "no session yet: `easeback start` begins one",
        _ => "no session in that time",
    }
}

fn list_diary_entries(
    args: &ListArgs,
    logs: &HistoryFolder,
    query: &Query,
    look: &OutputFormat,
) -> Result<HistoryOutput> {
    let (entries, unread) = logs.find_diary_entries(query)?;
    let mut answer = HistoryOutput::from_stdout(match args {
        ListArgs { json: true, .. } => report::diary_to_json(&entries),
        ListArgs { jsonl: true, .. } => report::diary_to_jsonl(&entries),
        ListArgs { csv: true, .. } => report::diary_to_csv(&entries),
        _ => report::format_diary_list(&entries, look),
    })
    .with_unread(&unread);
    if entries.is_empty() && args.is_human_readable() {
        answer.warnings.push("no diary entry: `easeback log --pain 5 \"a few words\"` writes one".into());
    }
    if query.limit == Some(entries.len()) && args.is_human_readable() {
        answer = answer.with_count(entries.len(), logs.count_entries(query)?);
    }
    Ok(answer)
}

fn parse_limit(text: &str) -> Result<usize> {
    let wrong = |text: &str| Error::invalid("limit", text, "1 or more").with_hint("type --limit 5, or --all");
    match flags::parse_whole_number("limit", "1 or more", text) {
        Ok(0) | Err(_) => Err(wrong(text)),
        Ok(number) => Ok(number as usize),
    }
}

impl ListArgs {
    fn is_human_readable(&self) -> bool {
        !(self.json || self.jsonl || self.csv)
    }

    fn to_query(&self, now: &Zoned) -> Result<Query> {
        Ok(Query {
            limit: (!self.all).then_some(self.limit),
            protocol: self.protocol.clone(),
            region: self.region.clone(),
            outcome: self.outcome.clone(),
            ..self.date_range.to_query(now)?
        })
    }
}
