//! `easeback history rate`, `note`, `delete` and `restore`: each appends one line.

use super::HistoryOutput;
use crate::{
    cli::{flags, is_interactive, prompt_line},
    error::{Error, Result},
    history::{HistoryFolder, LookupResult, LookupTarget},
    record::{HistoryLine, Outcome, Reading, SessionRecord},
    report::sanitize,
    time::WallTime,
};
use clap::Args;
use jiff::Zoned;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long after a session its pain may be told without saying which session is meant.
const RECENT_SESSION_WINDOW: Duration = Duration::from_hours(1);

#[derive(Args, Clone, Debug)]
pub(crate) struct RecordIdArg {
    /// 'last', or enough of an id to tell it from the others
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RateArgs {
    #[command(flatten)]
    id: RecordIdArg,
    /// How much it hurt afterwards: 0 (none) to 10 (the worst you can think of)
    #[arg(value_name = "SCORE", value_parser = flags::parse_pain_score, allow_negative_numbers = true)]
    score: u8,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct NoteArgs {
    #[command(flatten)]
    id: RecordIdArg,
    /// A few words in quotes; `history edit --note` replaces the present note
    #[arg(value_name = "TEXT", value_parser = flags::words, allow_hyphen_values = true)]
    text: String,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    id: RecordIdArg,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

pub(crate) fn rate_record(args: &RateArgs, logs: &HistoryFolder, now: &Zoned) -> Result<HistoryOutput> {
    let sought = find_not_deleted(logs, &args.id.id)?;
    let field = if matches!(sought.reading.line, HistoryLine::Session(_)) { "pain_after" } else { "pain" };
    append_correction(logs, &sought, [(field, json!(args.score))], now)
}

pub(crate) fn add_note(args: &NoteArgs, logs: &HistoryFolder, now: &Zoned) -> Result<HistoryOutput> {
    let sought = find_not_deleted(logs, &args.id.id)?;
    let (field, was) = match &sought.reading.line {
        HistoryLine::Session(session) => ("note", session.note.as_deref()),
        HistoryLine::DiaryEntry(entry) => ("text", entry.text.as_deref()),
        HistoryLine::Amendment(_) => ("note", None),
    };
    let notes: Vec<&str> = was.into_iter().chain([args.text.as_str()]).collect();
    append_correction(logs, &sought, [(field, json!(notes.join("\n")))], now)
}

pub(crate) fn delete_record(args: &DeleteArgs, logs: &HistoryFolder, now: &Zoned) -> Result<HistoryOutput> {
    let sought = logs.find_by_id(&args.id.id, LookupTarget::Existing)?;
    let what = describe_reading(logs, &sought.reading);
    let id = logs.short_id(sought.reading.line.id());
    if sought.reading.deleted {
        return Ok(
            HistoryOutput::from_warning(format!("{what}: already deleted")).with_unread(&sought.unread)
        );
    }
    if !args.yes {
        if !is_interactive() {
            return Err(Error::usage(
                "refusing to delete without confirmation: add --yes",
                format!(
                    "type `easeback history delete {id} --yes`; `easeback history restore {id}` undoes it"
                ),
            ));
        }
        let answer = prompt_line(&format!("Delete {what}? It can be brought back. [y/N]"));
        if !answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_lowercase().as_str())) {
            return Ok(HistoryOutput::from_warning("nothing was deleted"));
        }
    }
    logs.append_amendment(&sought.reading, to_json_map([("deleted", json!(true))]), &WallTime::from(now))?;
    let back = format!("`easeback history restore {id}` brings it back");
    Ok(HistoryOutput::from_warning(format!("{what}: deleted; {back}")).with_unread(&sought.unread))
}

pub(crate) fn restore_record(args: &RecordIdArg, logs: &HistoryFolder, now: &Zoned) -> Result<HistoryOutput> {
    let sought = logs.find_by_id(&args.id, LookupTarget::Deleted)?;
    let what = describe_reading(logs, &sought.reading);
    if !sought.reading.deleted {
        return Ok(HistoryOutput::from_warning(format!("{what}: not deleted")).with_unread(&sought.unread));
    }
    logs.append_amendment(&sought.reading, to_json_map([("deleted", json!(false))]), &WallTime::from(now))?;
    Ok(HistoryOutput::from_warning(format!("{what}: brought back")).with_unread(&sought.unread))
}

/// Takes a pain score for the session that came to its normal end within the last hour; gives the session as it
/// reads now. None if there is no such session: then nothing is written.
///
/// # Errors
/// The history cannot be read or written.
pub fn rate_session_within_hour(
    logs: &HistoryFolder,
    score: u8,
    now: &WallTime,
) -> Result<Option<SessionRecord>> {
    let Some(LookupResult { reading, .. }) = logs.find_newest_session()? else { return Ok(None) };
    let HistoryLine::Session(last) = &reading.line else { return Ok(None) };
    // A clock that was set back a little is no reason to lose the score.
    let is_meant = |ended: WallTime| {
        now.since(&ended) <= RECENT_SESSION_WINDOW && ended.since(now) <= RECENT_SESSION_WINDOW
    };
    if last.outcome != Outcome::Completed || !last.ended.is_some_and(is_meant) {
        return Ok(None);
    }
    logs.append_amendment(&reading, to_json_map([("pain_after", json!(score))]), now)?;
    Ok(Some(SessionRecord { pain_after: Some(score), ..last.clone() }))
}

/// What is to be corrected: a session, or a diary entry where no session has such an id.
pub(crate) fn find_not_deleted(logs: &HistoryFolder, id: &str) -> Result<LookupResult> {
    let sought = logs.find_by_id(id, LookupTarget::Session)?;
    if sought.reading.deleted {
        return Err(Error::failed(format!("{} is deleted", describe_reading(logs, &sought.reading)))
            .with_hint(format!(
                "`easeback history restore {}` brings it back",
                logs.short_id(sought.reading.line.id())
            )));
    }
    Ok(sought)
}

/// Appends what is to read otherwise; nothing, if all of it reads so already.
pub(crate) fn append_correction<'a>(
    logs: &HistoryFolder,
    sought: &LookupResult,
    set: impl IntoIterator<Item = (&'a str, Value)>,
    now: &Zoned,
) -> Result<HistoryOutput> {
    let reads = match &sought.reading.line {
        HistoryLine::Session(session) => serde_json::to_value(session).unwrap_or_default(),
        HistoryLine::DiaryEntry(entry) => serde_json::to_value(entry).unwrap_or_default(),
        HistoryLine::Amendment(_) => Value::Null,
    };
    let mut set = to_json_map(set);
    set.retain(|name, value| reads[name.as_str()] != *value);
    let what = describe_reading(logs, &sought.reading);
    if set.is_empty() {
        return Ok(
            HistoryOutput::from_warning(format!("{what}: it already says so")).with_unread(&sought.unread)
        );
    }
    let changes: Vec<String> =
        set.iter().map(|(name, value)| format_change(name, &reads[name], value)).collect();
    logs.append_amendment(&sought.reading, set, &WallTime::from(now))?;
    Ok(HistoryOutput::from_warning(format!("{what}: {}", changes.join(", "))).with_unread(&sought.unread))
}

fn format_change(name: &str, was: &Value, is: &Value) -> String {
    let shown = |value: &Value| match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => format!("'{}'", sanitize(text)),
        other => other.to_string(),
    };
    let name = name.replace('_', " ");
    if is.is_array() {
        return format!("its {name} as well");
    }
    // What was said before may be long.
    if was.is_null() || ["note", "text"].contains(&name.as_str()) {
        return format!("{name} {}", shown(is));
    }
    format!("{name} {} (was {})", shown(is), shown(was))
}

/// What is meant, for people: "the session of 2026-11-20 18:02 (0193abcd)".
pub(crate) fn describe_reading(logs: &HistoryFolder, reading: &Reading) -> String {
    let what = if matches!(reading.line, HistoryLine::Session(_)) { "session" } else { "diary entry" };
    let id = logs.short_id(reading.line.id());
    format!("the {what} of {} ({id})", reading.line.occurred_at().format_date_time())
}

fn to_json_map<'a>(set: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
