//! `easeback history rate`, `note`, `delete` and `restore`: each appends one line.

use super::Answer;
use crate::{
    cli::{ask, can_ask, flags},
    error::{Error, Result},
    history::{Logs, Sought, Wanted},
    record::{Line, Outcome, Reading, SessionRecord},
    report::harmless,
    time::Wall,
};
use clap::Args;
use jiff::Zoned;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long after a session its pain may be told without saying which session is meant.
const STILL_MEANT: Duration = Duration::from_hours(1);

#[derive(Args, Clone, Debug)]
pub struct Id {
    /// 'last', or enough of an id to tell it from the others
    #[arg(value_name = "ID")]
    pub id: String,
}

#[derive(Args, Clone, Debug)]
pub struct RateArgs {
    #[command(flatten)]
    id: Id,
    /// How much it hurt afterwards: 0 (none) to 10 (the worst you can think of)
    #[arg(value_name = "SCORE", value_parser = flags::pain, allow_negative_numbers = true)]
    score: u8,
}

#[derive(Args, Clone, Debug)]
pub struct NoteArgs {
    #[command(flatten)]
    id: Id,
    /// A few words in quotes; `history edit --note` replaces the present note
    #[arg(value_name = "TEXT", value_parser = flags::words, allow_hyphen_values = true)]
    text: String,
}

#[derive(Args, Clone, Debug)]
pub struct DeleteArgs {
    #[command(flatten)]
    id: Id,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

pub fn rate(args: &RateArgs, logs: &Logs, now: &Zoned) -> Result<Answer> {
    let sought = there(logs, &args.id.id)?;
    let field = if matches!(sought.reading.line, Line::Session(_)) { "pain_after" } else { "pain" };
    correct(logs, &sought, [(field, json!(args.score))], now)
}

pub fn note(args: &NoteArgs, logs: &Logs, now: &Zoned) -> Result<Answer> {
    let sought = there(logs, &args.id.id)?;
    let (field, was) = match &sought.reading.line {
        Line::Session(session) => ("note", session.note.as_deref()),
        Line::Entry(entry) => ("text", entry.text.as_deref()),
        Line::Amendment(_) => ("note", None),
    };
    let notes: Vec<&str> = was.into_iter().chain([args.text.as_str()]).collect();
    correct(logs, &sought, [(field, json!(notes.join("\n")))], now)
}

pub fn delete(args: &DeleteArgs, logs: &Logs, now: &Zoned) -> Result<Answer> {
    let sought = logs.look_up(&args.id.id, Wanted::There)?;
    let what = named(logs, &sought.reading);
    let id = logs.short_id(sought.reading.line.id());
    if sought.reading.deleted {
        return Ok(Answer::said(format!("{what}: already deleted")).with(&sought.unread));
    }
    if !args.yes {
        if !can_ask() {
            return Err(Error::usage(
                "refusing to delete without confirmation: add --yes",
                format!(
                    "type `easeback history delete {id} --yes`; `easeback history restore {id}` undoes it"
                ),
            ));
        }
        let answer = ask(&format!("Delete {what}? It can be brought back. [y/N]"));
        if !answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_lowercase().as_str())) {
            return Ok(Answer::said("nothing was deleted"));
        }
    }
    logs.amend(&sought.reading, fields([("deleted", json!(true))]), &Wall::from(now))?;
    let back = format!("`easeback history restore {id}` brings it back");
    Ok(Answer::said(format!("{what}: deleted; {back}")).with(&sought.unread))
}

pub fn restore(args: &Id, logs: &Logs, now: &Zoned) -> Result<Answer> {
    let sought = logs.look_up(&args.id, Wanted::Deleted)?;
    let what = named(logs, &sought.reading);
    if !sought.reading.deleted {
        return Ok(Answer::said(format!("{what}: not deleted")).with(&sought.unread));
    }
    logs.amend(&sought.reading, fields([("deleted", json!(false))]), &Wall::from(now))?;
    Ok(Answer::said(format!("{what}: brought back")).with(&sought.unread))
}

/// Takes a pain score for the session that came to its normal end within the last hour; gives the session as it
/// reads now. None if there is no such session: then nothing is written.
///
/// # Errors
/// The history cannot be read or written.
pub fn rate_last_within_an_hour(logs: &Logs, score: u8, now: &Wall) -> Result<Option<SessionRecord>> {
    let Some(Sought { reading, .. }) = logs.newest_session()? else { return Ok(None) };
    let Line::Session(last) = &reading.line else { return Ok(None) };
    // A clock that was set back a little is no reason to lose the score.
    let is_meant = |ended: Wall| now.since(&ended) <= STILL_MEANT && ended.since(now) <= STILL_MEANT;
    if last.outcome != Outcome::Completed || !last.ended.is_some_and(is_meant) {
        return Ok(None);
    }
    logs.amend(&reading, fields([("pain_after", json!(score))]), now)?;
    Ok(Some(SessionRecord { pain_after: Some(score), ..last.clone() }))
}

/// What is to be corrected: a session, or a diary entry where no session has such an id.
pub fn there(logs: &Logs, id: &str) -> Result<Sought> {
    let sought = logs.look_up(id, Wanted::Session)?;
    if sought.reading.deleted {
        return Err(Error::failed(format!("{} is deleted", named(logs, &sought.reading))).hint(format!(
            "`easeback history restore {}` brings it back",
            logs.short_id(sought.reading.line.id())
        )));
    }
    Ok(sought)
}

/// Appends what is to read otherwise; nothing, if all of it reads so already.
pub fn correct<'a>(
    logs: &Logs,
    sought: &Sought,
    set: impl IntoIterator<Item = (&'a str, Value)>,
    now: &Zoned,
) -> Result<Answer> {
    let reads = match &sought.reading.line {
        Line::Session(session) => serde_json::to_value(session).unwrap_or_default(),
        Line::Entry(entry) => serde_json::to_value(entry).unwrap_or_default(),
        Line::Amendment(_) => Value::Null,
    };
    let mut set = fields(set);
    set.retain(|name, value| reads[name.as_str()] != *value);
    let what = named(logs, &sought.reading);
    if set.is_empty() {
        return Ok(Answer::said(format!("{what}: it already says so")).with(&sought.unread));
    }
    let changes: Vec<String> = set.iter().map(|(name, value)| change(name, &reads[name], value)).collect();
    logs.amend(&sought.reading, set, &Wall::from(now))?;
    Ok(Answer::said(format!("{what}: {}", changes.join(", "))).with(&sought.unread))
}

fn change(name: &str, was: &Value, is: &Value) -> String {
    let shown = |value: &Value| match value {
        Value::Null => "unknown".to_owned(),
        Value::String(text) => format!("'{}'", harmless(text)),
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
pub fn named(logs: &Logs, reading: &Reading) -> String {
    let what = if matches!(reading.line, Line::Session(_)) { "session" } else { "diary entry" };
    let id = logs.short_id(reading.line.id());
    format!("the {what} of {} ({id})", reading.line.moment().day_and_time())
}

fn fields<'a>(set: impl IntoIterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
