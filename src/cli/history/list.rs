//! `easeback history list`.

use super::Answer;
use crate::{
    cli::{flags, period::Period},
    error::{Error, Result},
    history::Logs,
    record::{OUTCOMES, Query, REGIONS},
    report::{self, Look},
};
use clap::{Args, builder::PossibleValuesParser};
use jiff::Zoned;

const EXAMPLES: &str = "\
Examples:
  easeback history list --since 7d
  easeback history list --region low --csv";

#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// How many sessions to list
    #[arg(long, value_name = "N", default_value = "20", value_parser = how_many, allow_hyphen_values = true)]
    limit: usize,
    /// List all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    #[command(flatten)]
    period: Period,
    /// Only sessions of this protocol
    #[arg(long, value_name = "NAME", value_parser = flags::text)]
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

pub fn run(args: &ListArgs, logs: &Logs, now: &Zoned, look: &Look) -> Result<Answer> {
    let query = args.query(now)?;
    if args.entries {
        return entries(args, logs, &query, look);
    }
    let found = logs.newest(&query)?;
    let sessions = &found.sessions;
    let mut answer = Answer::printed(match args {
        ListArgs { json: true, .. } => report::json(sessions),
        ListArgs { jsonl: true, .. } => report::jsonl(sessions),
        ListArgs { csv: true, .. } => report::csv(sessions),
        _ => report::list(sessions, look),
    })
    .with(&found.unread);
    if args.is_for_people() {
        if sessions.is_empty() {
            answer.warnings.push(none(&query).into());
        }
        if query.limit == Some(sessions.len()) {
            answer = answer.of(sessions.len(), logs.count(&query)?);
        }
        match found.entries.len() {
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

fn none(query: &Query) -> &'static str {
    match query {
        _ if query.is_choosy() => "no such session",
        Query { since: None, until: None, .. } => "no session yet: `easeback start` begins one",
        _ => "no session in that time",
    }
}

fn entries(args: &ListArgs, logs: &Logs, query: &Query, look: &Look) -> Result<Answer> {
    let (entries, unread) = logs.entries(query)?;
    let mut answer = Answer::printed(match args {
        ListArgs { json: true, .. } => report::entries_json(&entries),
        ListArgs { jsonl: true, .. } => report::entries_jsonl(&entries),
        ListArgs { csv: true, .. } => report::entries_csv(&entries),
        _ => report::entries(&entries, look),
    })
    .with(&unread);
    if entries.is_empty() && args.is_for_people() {
        answer.warnings.push("no diary entry: `easeback log --pain 5 \"a few words\"` writes one".into());
    }
    if query.limit == Some(entries.len()) && args.is_for_people() {
        answer = answer.of(entries.len(), logs.count_entries(query)?);
    }
    Ok(answer)
}

fn how_many(text: &str) -> Result<usize> {
    let wrong = |text: &str| Error::invalid("limit", text, "1 or more").hint("type --limit 5, or --all");
    match flags::whole_number("limit", "1 or more", text) {
        Ok(0) | Err(_) => Err(wrong(text)),
        Ok(number) => Ok(number as usize),
    }
}

impl ListArgs {
    fn is_for_people(&self) -> bool {
        !(self.json || self.jsonl || self.csv)
    }

    fn query(&self, now: &Zoned) -> Result<Query> {
        Ok(Query {
            limit: (!self.all).then_some(self.limit),
            protocol: self.protocol.clone(),
            region: self.region.clone(),
            outcome: self.outcome.clone(),
            ..self.period.query(now)?
        })
    }
}
