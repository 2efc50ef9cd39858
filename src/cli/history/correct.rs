//! `easeback history rate`, `note`, `delete` and `restore`: each appends one amendment, and changes no line that is
//! there.

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
use jiff::ZonedDateTime;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long after its end a session can be rated without naming it.
const RECENT_SESSION_WINDOW: Duration = Duration::from_hours(1);

#[derive(Args, Clone, Debug)]
pub(crate) struct RecordIdArg {
    /// 'last', or the first characters of an id
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RateArgs {
    #[command(flatten)]
    id: RecordIdArg,
    /// Pain afterward, 0 (none) to 10 (worst)
    #[arg(value_name = "SCORE", value_parser = flags::parse_pain_score, allow_negative_numbers = true)]
    score: u8,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct NoteArgs {
    #[command(flatten)]
    id: RecordIdArg,
    /// A few words in quotes; `easeback history edit last --note` replaces the current note
    #[arg(value_name = "TEXT", value_parser = flags::parse_positional_text, allow_hyphen_values = true)]
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

#[derive(Args, Clone, Debug)]
pub(crate) struct RestoreArgs {
    /// 'last' (what you deleted last), or the first characters of an id
    #[arg(value_name = "ID")]
    id: String,
}

pub(crate) fn rate_record(
    args: &RateArgs,
    history: &HistoryFolder,
    now: &ZonedDateTime,
) -> Result<HistoryOutput> {
    let lookup = find_not_deleted(history, &args.id.id)?;
    let field = if matches!(lookup.reading.line, HistoryLine::Session(_)) { "pain_after" } else { "pain" };
    append_correction(history, &lookup, [(field, json!(args.score))], now)
}

pub(crate) fn add_note(
    args: &NoteArgs,
    history: &HistoryFolder,
    now: &ZonedDateTime,
) -> Result<HistoryOutput> {
    let lookup = find_not_deleted(history, &args.id.id)?;
    let (field, present) = match &lookup.reading.line {
        HistoryLine::Session(session) => ("note", session.note.as_deref()),
        HistoryLine::DiaryEntry(entry) => ("text", entry.text.as_deref()),
        HistoryLine::Amendment(_) => ("note", None),
    };
    let notes: Vec<&str> = present.into_iter().chain([args.text.as_str()]).collect();
    append_correction(history, &lookup, [(field, json!(notes.join("\n")))], now)
}

pub(crate) fn delete_record(
    args: &DeleteArgs,
    history: &HistoryFolder,
    now: &ZonedDateTime,
) -> Result<HistoryOutput> {
    let lookup = history.find_by_id(&args.id.id, LookupTarget::Existing)?;
    let description = describe_reading(history, &lookup.reading);
    let id = history.short_id(lookup.reading.line.id());
    if lookup.reading.deleted {
        return Ok(HistoryOutput::from_warning(format!("{description}: already deleted"))
            .with_unread(&lookup.unread));
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
        let answer = prompt_line(&format!("Delete {description}? It can be brought back. [y/N]"));
        if !answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_lowercase().as_str())) {
            return Ok(HistoryOutput::from_warning("nothing was deleted"));
        }
    }
    history.append_amendment(
        &lookup.reading,
        to_json_map([("deleted", json!(true))]),
        &WallTime::from(now),
    )?;
    let back = format!("`easeback history restore {id}` brings it back");
    Ok(HistoryOutput::from_warning(format!("{description}: deleted; {back}")).with_unread(&lookup.unread))
}

pub(crate) fn restore_record(
    args: &RestoreArgs,
    history: &HistoryFolder,
    now: &ZonedDateTime,
) -> Result<HistoryOutput> {
    let lookup = history.find_by_id(&args.id, LookupTarget::Deleted)?;
    let description = describe_reading(history, &lookup.reading);
    if !lookup.reading.deleted {
        return Ok(
            HistoryOutput::from_warning(format!("{description}: not deleted")).with_unread(&lookup.unread)
        );
    }
    history.append_amendment(
        &lookup.reading,
        to_json_map([("deleted", json!(false))]),
        &WallTime::from(now),
    )?;
    Ok(HistoryOutput::from_warning(format!("{description}: brought back")).with_unread(&lookup.unread))
}

/// Rates the newest session if it was completed within the last hour, and returns it with the new score; `None`, and
/// nothing written, otherwise.
///
/// # Errors
/// The history cannot be read or written.
pub fn rate_session_within_hour(
    history: &HistoryFolder,
    score: u8,
    now: &WallTime,
) -> Result<Option<SessionRecord>> {
    let Some(LookupResult { reading, .. }) = history.find_newest_session()? else { return Ok(None) };
    let HistoryLine::Session(last) = &reading.line else { return Ok(None) };
    // Also an end in the future: the clock may have been set back a little.
    let is_recent = |ended: WallTime| {
        now.since(&ended) <= RECENT_SESSION_WINDOW && ended.since(now) <= RECENT_SESSION_WINDOW
    };
    if last.outcome != Outcome::Completed || !last.ended.is_some_and(is_recent) {
        return Ok(None);
    }
    history.append_amendment(&reading, to_json_map([("pain_after", json!(score))]), now)?;
    Ok(Some(SessionRecord { pain_after: Some(score), ..last.clone() }))
}

/// Finds the record to correct: a session, or a diary entry if no session has such an id.
///
/// # Errors
/// There is none, or it is deleted.
pub(crate) fn find_not_deleted(history: &HistoryFolder, id: &str) -> Result<LookupResult> {
    let lookup = history.find_by_id(id, LookupTarget::Session)?;
    if lookup.reading.deleted {
        return Err(Error::failed(format!("{} is deleted", describe_reading(history, &lookup.reading)))
            .with_hint(format!(
                "`easeback history restore {}` brings it back",
                history.short_id(lookup.reading.line.id())
            )));
    }
    Ok(lookup)
}

/// Appends an amendment with the fields whose values differ; nothing if none does.
pub(crate) fn append_correction<'a>(
    history: &HistoryFolder,
    lookup: &LookupResult,
    changes: impl IntoIterator<Item = (&'a str, Value)>,
    now: &ZonedDateTime,
) -> Result<HistoryOutput> {
    let current = match &lookup.reading.line {
        HistoryLine::Session(session) => serde_json::to_value(session).unwrap_or_default(),
        HistoryLine::DiaryEntry(entry) => serde_json::to_value(entry).unwrap_or_default(),
        HistoryLine::Amendment(_) => Value::Null,
    };
    let mut changes = to_json_map(changes);
    changes.retain(|name, value| current[name.as_str()] != *value);
    let description = describe_reading(history, &lookup.reading);
    if changes.is_empty() {
        return Ok(HistoryOutput::from_warning(format!("{description}: it already says so"))
            .with_unread(&lookup.unread));
    }
    let formatted: Vec<String> =
        changes.iter().map(|(name, value)| format_change(name, &current[name], value)).collect();
    history.append_amendment(&lookup.reading, changes, &WallTime::from(now))?;
    Ok(HistoryOutput::from_warning(format!("{description}: {}", formatted.join(", ")))
        .with_unread(&lookup.unread))
}

fn format_change(name: &str, old: &Value, new: &Value) -> String {
    let format_value = |value: &Value| match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => format!("'{}'", sanitize(text)),
        other => other.to_string(),
    };
    let name = name.replace('_', " ");
    if new.is_array() {
        return format!("its {name} as well");
    }
    // Old texts may be long and are not repeated.
    if old.is_null() || ["note", "text"].contains(&name.as_str()) {
        return format!("{name} {}", format_value(new));
    }
    format!("{name} {} (was {})", format_value(new), format_value(old))
}

/// A record for people: "the session of 2026-11-20 18:02 (0193abcd)".
pub(crate) fn describe_reading(history: &HistoryFolder, reading: &Reading) -> String {
    let kind = if matches!(reading.line, HistoryLine::Session(_)) { "session" } else { "diary entry" };
    let id = history.short_id(reading.line.id());
    format!("the {kind} of {} ({id})", reading.line.occurred_at().format_date_time())
}

fn to_json_map<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
