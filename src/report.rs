//! What people read of the past: the list of sessions, one session in full, figures, the clinician's page, JSON.
//!
//! Pure: records in, text out. Records come from files that anybody may have written, so no text of theirs
//! reaches a terminal before it was made [`harmless`].

mod advice;
mod csv;
mod diary;
mod look;
mod page;
mod stats;

pub use crate::error::harmless;
pub use advice::advised;
pub use csv::{csv, entries_csv};
pub use diary::{entries, entries_json, entries_jsonl, entry};
pub use look::{Cell, Column, Look, Palette, Room, pad, styled, table, wrap};
pub use page::{Case, Dossier, Limit, page};
pub use stats::{stats, stats_json};

use crate::{
    record::{
        Amendment, LOGGED, Line, PhaseRecord, Rating, Reading, SessionRecord, harmless_json, name_sources,
        short_id::{distinct_length, shorten},
    },
    time::{Wall, say},
};
use anstyle::Style;
use serde_json::Value;
use std::{collections::BTreeSet, iter, time::Duration};

/// What is shown for what is not known.
const UNKNOWN: &str = "–";
/// The longest outcome that this version writes is 'interrupted'.
const LONGEST_OUTCOME: usize = 11;
/// What a moment leaves out where there is little room.
const YEAR: &str = "2026-";

/// The list's columns, and which are left out first where there is little room: protocol, outcome, cold, heat.
const LIST: [Column; 7] = [
    Column::fixed("ID"),
    Column::fixed("STARTED"),
    Column { head: ["PROTOCOL", "NAME"], room: Room::Shortened(5), ..Column::fixed("") },
    Column::fixed("OUTCOME"),
    Column { head: ["HEAT min", "HEAT"], ..Column::fixed("") },
    Column { head: ["COLD min", "COLD"], ..Column::fixed("") },
    Column::fixed("PAIN"),
];
const LIST_LEAST_NEEDED: [usize; 4] = [2, 3, 5, 4];
/// The list's width where there is no terminal: a copy looks the same everywhere.
const LIST_WIDTH: usize = 80;

/// The columns of a session's phases, and which are left out first: when it began, what was planned.
const PHASES: [Column; 6] = [
    Column::fixed("ROUND"),
    Column::fixed("PHASE"),
    Column::fixed("BEGAN"),
    Column::fixed("DONE"),
    Column::fixed("PLANNED"),
    Column { room: Room::Wrapped(12), ..Column::fixed("OUTCOME") },
];
const PHASES_LEAST_NEEDED: [usize; 2] = [2, 4];

/// A table of sessions in the order given. No sessions make an empty text.
pub fn list(sessions: &[SessionRecord], look: &Look) -> String {
    if sessions.is_empty() {
        return String::new();
    }
    let id = distinct_length(sessions.iter().map(|session| session.id));
    let rows: Vec<Vec<Cell>> = sessions.iter().map(|session| row(session, id, &look.palette)).collect();
    table(&LIST, &rows, &LIST_LEAST_NEEDED, look, LIST_WIDTH)
}

/// One session in full.
pub fn session(record: &SessionRecord, look: &Look) -> String {
    let facts = said(facts(record, &look.palette), look);
    if record.phases.is_empty() {
        return facts;
    }
    let phases: Vec<Vec<Cell>> =
        record.phases.iter().map(|part| phase(part, &record.started, &look.palette)).collect();
    format!("{facts}\n{}", table(&PHASES, &phases, &PHASES_LEAST_NEEDED, look, usize::MAX))
}

/// A session or a diary entry in full, and when what of it was corrected.
pub fn reading(reading: &Reading, look: &Look) -> String {
    let full = match &reading.line {
        Line::Session(record) => session(&with_corrected_pain(record, &reading.corrections), look),
        Line::Entry(there) => entry(there, look),
        Line::Amendment(_) => String::new(),
    };
    let corrections = reading.corrections.iter().map(|correction| {
        let fields: Vec<&str> = correction.set.keys().map(String::as_str).collect();
        format!("{}: {}", correction.at.day_and_time(), fields.join(", "))
    });
    let corrections: Vec<String> = corrections.collect();
    let deleted = reading.deleted.then(|| "yes; `easeback history restore` brings it back".to_owned());
    let corrected = (!corrections.is_empty()).then(|| corrections.join("\n"));
    let notes = [("deleted", deleted), ("corrected", corrected)];
    let words =
        said(notes.into_iter().filter_map(known).map(|(name, text)| (name, text, Style::new())), look);
    if words.is_empty() { full } else { format!("{words}\n{full}") }
}

/// The session without the ratings whose score was corrected since: the corrected score stands.
fn with_corrected_pain(record: &SessionRecord, corrections: &[Amendment]) -> SessionRecord {
    let mut record = record.clone();
    let is_corrected = |field: &str| corrections.iter().any(|correction| correction.set.contains_key(field));
    // The score before the session is the one that has its moment.
    let has_before = record.pain_before.is_some() || is_corrected("pain_before");
    let first = record.ratings.first().filter(|first| has_before && first.at == record.started);
    let first = first.map(|first| first.score);
    let is_outdated = first.is_some() && first != record.pain_before;
    let scores_after = record.ratings.len() - usize::from(first.is_some());
    if scores_after > 0 && is_corrected("pain_after") {
        record.ratings.pop_if(|last| Some(last.score) != record.pain_after);
    }
    if is_outdated && is_corrected("pain_before") {
        record.ratings.remove(0);
    }
    record
}

fn known<T>((name, text): (&'static str, Option<T>)) -> Option<(&'static str, T)> {
    text.map(|text| (name, text))
}

/// Facts under each other, each with its name.
fn said(facts: impl IntoIterator<Item = (&'static str, String, Style)>, look: &Look) -> String {
    let lines = facts.into_iter().flat_map(|(name, text, style)| {
        let names = iter::once(name).chain(iter::repeat(""));
        let lines: Vec<String> = text.lines().map(|line| styled(&harmless(line), style)).collect();
        let indented = |(name, line): (&str, String)| {
            wrap(&line, look.width, &format!("{name:<12}"), &" ".repeat(12)) + "\n"
        };
        names.zip(lines).map(indented).collect::<Vec<_>>()
    });
    lines.collect()
}

/// How much of each kind was done: "heat 1 h, cold 30 min". Of heat and cold even that it was none.
pub fn done(record: &SessionRecord) -> String {
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for phase in &record.phases {
        match sums.iter_mut().find(|(name, _)| *name == phase.name()) {
            Some((_, sum)) => *sum = sum.saturating_add(phase.actual_s),
            None => sums.push((phase.name(), phase.actual_s)),
        }
    }
    let place = |kind: &str| ["heat", "cold"].iter().position(|pack| *pack == kind);
    sums.sort_by_key(|(kind, _)| place(kind).unwrap_or(usize::MAX));
    if sums.iter().any(|(kind, sum)| place(kind).is_some() || *sum > 0) {
        sums.retain(|(kind, sum)| place(kind).is_some() || *sum > 0);
    } else {
        sums.truncate(1);
    }
    let said = sums.iter().map(|(kind, sum)| format!("{} {}", harmless(kind), say_seconds(*sum)));
    said.collect::<Vec<_>>().join(", ")
}

/// The sessions as a JSON array, each on one line in exactly the form that it has in the log.
pub fn json(sessions: &[SessionRecord]) -> String {
    let lines: Vec<String> = sessions.iter().map(line).collect();
    if lines.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// The sessions, each on a line as it would stand in the log.
pub fn jsonl(sessions: &[SessionRecord]) -> String {
    sessions.iter().map(|session| format!("{}\n", line(session))).collect()
}

fn line(session: &SessionRecord) -> String {
    harmless_json(&Line::Session(session.clone()).to_json())
}

fn row(session: &SessionRecord, id: usize, palette: &Palette) -> Vec<Cell> {
    let pain = match (session.pain_before, session.pain_after) {
        (None, None) => UNKNOWN.into(),
        (before, after) => format!("{} → {}", score(before), score(after)),
    };
    let outcome = cut(&harmless(session.outcome.say()), LONGEST_OUTCOME);
    vec![
        Cell::new(shorten(session.id, id)),
        moment(&session.started),
        Cell::new(harmless(&session.protocol)),
        Cell::new(outcome).styled(palette.outcome(&session.outcome)),
        Cell::new(minutes_of(session, "heat")).styled(palette.heat),
        Cell::new(minutes_of(session, "cold")).styled(palette.cold),
        Cell::new(pain),
    ]
}

/// A day and a time; without the year where there is little room.
fn moment(moment: &Wall) -> Cell {
    let full = moment.day_and_time();
    let short = full.get(YEAR.len()..).unwrap_or(&full).to_owned();
    Cell::new(full).or(short)
}

/// Minutes done in the phases of a kind, and how many were planned if that is another number: `40/60`.
fn minutes_of(session: &SessionRecord, kind: &str) -> String {
    let (mut actual, mut planned, mut phases) = (0_u64, 0_u64, 0);
    for phase in session.phases.iter().filter(|phase| phase.kind == kind) {
        actual = actual.saturating_add(phase.actual_s);
        planned = planned.saturating_add(phase.planned_s);
        phases += 1;
    }
    match (minutes(actual), minutes(planned)) {
        _ if phases == 0 => UNKNOWN.into(),
        (actual, planned) if actual == planned => actual,
        (actual, planned) => format!("{actual}/{planned}"),
    }
}

fn minutes(seconds: u64) -> String {
    match seconds {
        0 => "0".into(),
        1..60 => "<1".into(),
        _ => (seconds / 60).to_string(),
    }
}

fn score(pain: Option<u8>) -> String {
    pain.map_or(UNKNOWN.into(), |score| score.to_string())
}

/// What is known of a session apart from its phases, each with its name.
fn facts(record: &SessionRecord, palette: &Palette) -> Vec<(&'static str, String, Style)> {
    let some = |length: u64| (length > 0).then(|| say_seconds(length));
    let swap = record.swap.as_deref().map(|swap| match swap {
        "auto" => "automatic".into(),
        "ask" => "when you said so".into(),
        other => other.to_owned(),
    });
    let origin = record.origin.as_deref().map(|origin| match origin {
        LOGGED => "not timed, logged afterwards".into(),
        other => other.to_owned(),
    });
    let overdue = some(record.overdue_s).map(|length| format!("{length}, past the time to swap"));
    let facts = [
        ("session", Some(record.id.to_string())),
        ("started", Some(started(record))),
        ("ended", record.ended.map(|ended| ended.day_and_time() + &ended.offset_beside(&record.started))),
        ("recorded", Some(record.at.day_and_time() + &record.at.offset_beside(&record.started))),
        ("outcome", Some(record.outcome.say().to_owned())),
        ("why", record.why.clone()),
        ("protocol", Some(record.protocol.clone())),
        ("origin", origin),
        ("swaps", swap),
        ("planned", Some(say_seconds(record.planned_s))),
        ("done", Some(say_seconds(record.active_s))),
        ("extended", some(record.extended_s)),
        ("limits", record.allow_long.then(|| "lifted (--allow-long)".into())),
        ("paused", some(record.paused_s)),
        ("late", overdue),
        ("waited", some(record.asking_s).map(|length| format!("{length}, for your answer"))),
        ("not timed", some(record.unknown_s).map(|length| format!("{length}, the timer was not running"))),
        ("slept", some(record.slept_s).map(|length| format!("{length}, the computer; included above"))),
        ("pain", Some(format!("{} → {}", score(record.pain_before), score(record.pain_after)))),
        ("ratings", ratings(record)),
        ("region", record.region.clone()),
        ("side", record.side.clone()),
        ("trigger", record.trigger.clone()),
        ("went out", record.onset.as_ref().map(Wall::day_and_time)),
        ("cover", record.cover.clone()),
        ("posture", record.posture.clone()),
        ("skin", record.skin.clone()),
        ("answers", answers(record.answers.as_ref())),
        ("note", record.note.clone()),
        ("sources", sources(record)),
    ];
    let style = |name: &str| match name {
        "outcome" => palette.outcome(&record.outcome),
        "sources" => palette.dimmed,
        _ => Style::new(),
    };
    facts.into_iter().filter_map(known).map(|(name, text)| (name, text, style(name))).collect()
}

/// What was answered to the questions about warning signs, on one line.
fn answers(answered: Option<&Value>) -> Option<String> {
    let pairs = page::answers(answered);
    let said: Vec<String> = pairs.iter().map(|(question, answer)| format!("{question}: {answer}")).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn started(record: &SessionRecord) -> String {
    let started = record.started.day_and_time();
    record.tz.as_ref().map_or_else(|| started.clone(), |tz| format!("{started} ({tz})"))
}

fn ratings(record: &SessionRecord) -> Option<String> {
    let ratings = record.ratings.iter().map(|Rating { at, score }| {
        format!("{score} at {}{}", at.hour_minute(), at.offset_beside(&record.started))
    });
    let ratings: Vec<String> = ratings.collect();
    (!ratings.is_empty()).then(|| ratings.join(", "))
}

fn sources(record: &SessionRecord) -> Option<String> {
    let sources = record.phases.iter().filter_map(|phase| {
        let source = name_sources(phase.source.as_deref()?);
        Some(format!("{}: {source}", phase.kind))
    });
    let sources: BTreeSet<String> = sources.collect();
    (!sources.is_empty()).then(|| sources.into_iter().collect::<Vec<_>>().join("\n"))
}

fn phase(phase: &PhaseRecord, session: &Wall, palette: &Palette) -> Vec<Cell> {
    let mut outcome = harmless(phase.outcome.say());
    if phase.overdue_s > 0 {
        outcome += &format!(", {} late", say_seconds(phase.overdue_s));
    }
    if phase.slept_s > 0 {
        outcome += &format!(", the computer slept {}", say_seconds(phase.slept_s));
    }
    let began =
        phase.started.map_or(UNKNOWN.into(), |began| began.hour_minute() + &began.offset_beside(session));
    vec![
        Cell::new(phase.round.to_string()),
        Cell::new(harmless(phase.name())).styled(palette.kind(&phase.kind)),
        Cell::new(began),
        Cell::new(say_seconds(phase.actual_s)),
        Cell::new(say_seconds(phase.planned_s)),
        Cell::new(outcome).styled(palette.outcome(&phase.outcome)),
    ]
}

fn say_seconds(seconds: u64) -> String {
    say(Duration::from_secs(seconds))
}

fn columns<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
}

/// The text, shortened to `width` letters if it is longer.
fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.into(),
        Some(_) => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}
