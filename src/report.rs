//! What people read of the past: the list of sessions, one session in full, figures, the clinician's page, JSON.
//!
//! Pure: records in, text out. Records come from files that anybody may have written, so no text of theirs
//! reaches a terminal before it was made [`harmless`]. Letters are counted as one column each.

mod advice;
mod csv;
mod diary;
mod page;
mod stats;

pub use crate::error::harmless;
pub use advice::advised;
pub use csv::{csv, entries_csv};
pub use diary::{entries, entries_json, entries_jsonl, entry};
pub use page::{Case, Dossier, Limit, page};
pub use stats::{Look, stats, stats_json};

use crate::{
    record::{Amendment, LOGGED, Line, PhaseRecord, Rating, Reading, SessionRecord, harmless_json},
    time::{Wall, say},
};
use serde_json::Value;
use std::{collections::BTreeSet, iter, time::Duration};
use uuid::Uuid;

/// What is shown for what is not known.
const UNKNOWN: &str = "–";
/// As many letters of an id as the list shows at least.
const SHORTEST_ID: usize = 8;
/// The longest outcome that this version writes is 'interrupted'.
const LONGEST_OUTCOME: usize = 11;
/// The list's column that gives way where the others need the width, and what it keeps.
const PROTOCOL: usize = 2;
const NARROWEST_PROTOCOL: usize = 3;

/// A table of sessions in the order given, no wider than `width` columns where that can be. No sessions make
/// an empty text.
pub fn list(sessions: &[SessionRecord], width: usize) -> String {
    if sessions.is_empty() {
        return String::new();
    }
    let head = ["ID", "STARTED", "PROTOCOL", "OUTCOME", "HEAT min", "COLD min", "PAIN"].map(String::from);
    let id = unambiguous(sessions.iter().map(|session| session.id));
    let mut rows: Vec<[String; 7]> =
        iter::once(head).chain(sessions.iter().map(|session| row(session, id))).collect();
    let too_wide = columns(&rows).iter().map(|column| column + 2).sum::<usize>().saturating_sub(width + 2);
    let protocol = columns(&rows)[PROTOCOL].saturating_sub(too_wide).max(NARROWEST_PROTOCOL);
    for row in &mut rows {
        row[PROTOCOL] = cut(&row[PROTOCOL], protocol);
    }
    table(&rows)
}

/// One session in full.
pub fn session(record: &SessionRecord) -> String {
    let facts = said(facts(record));
    if record.phases.is_empty() {
        return facts;
    }
    let head = ["ROUND", "PHASE", "BEGAN", "DONE", "PLANNED", "OUTCOME"].map(String::from);
    let rows = record.phases.iter().map(|part| phase(part, &record.started));
    let phases: Vec<[String; 6]> = iter::once(head).chain(rows).collect();
    format!("{facts}\n{}", table(&phases))
}

/// A session or a diary entry in full, and when what of it was corrected.
pub fn reading(reading: &Reading) -> String {
    let full = match &reading.line {
        Line::Session(record) => session(&with_corrected_pain(record, &reading.corrections)),
        Line::Entry(there) => entry(there),
        Line::Amendment(_) => String::new(),
    };
    let corrections = reading.corrections.iter().map(|correction| {
        let fields: Vec<&str> = correction.set.keys().map(String::as_str).collect();
        format!("{}: {}", correction.at.day_and_time(), fields.join(", "))
    });
    let corrections: Vec<String> = corrections.collect();
    let deleted = reading.deleted.then(|| "yes; easeback history restore brings it back".to_owned());
    let corrected = (!corrections.is_empty()).then(|| corrections.join("\n"));
    let words: String = said([("deleted", deleted), ("corrected", corrected)].into_iter().filter_map(known));
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
fn said(facts: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let lines = facts.into_iter().flat_map(|(name, text)| {
        let names = iter::once(name).chain(iter::repeat(""));
        let lines: Vec<String> = text.lines().map(harmless).collect();
        names.zip(lines).map(|(name, line)| format!("{name:<12}{line}\n")).collect::<Vec<_>>()
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

/// The fewest letters by which the ids can be told apart.
fn unambiguous(ids: impl Iterator<Item = Uuid>) -> usize {
    let ids: BTreeSet<String> = ids.map(|id| id.to_string()).collect();
    let shared = |(a, b): (&String, &String)| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    // Sorted, those that have most in common are neighbours.
    ids.iter().zip(ids.iter().skip(1)).map(|pair| shared(pair) + 1).fold(SHORTEST_ID, usize::max)
}

fn row(session: &SessionRecord, id: usize) -> [String; 7] {
    let pain = match (session.pain_before, session.pain_after) {
        (None, None) => UNKNOWN.into(),
        (before, after) => format!("{} → {}", score(before), score(after)),
    };
    [
        session.id.to_string().chars().take(id).collect(),
        session.started.day_and_time(),
        harmless(&session.protocol),
        cut(&harmless(session.outcome.say()), LONGEST_OUTCOME),
        minutes_of(session, "heat"),
        minutes_of(session, "cold"),
        pain,
    ]
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
fn facts(record: &SessionRecord) -> Vec<(&'static str, String)> {
    let some = |length: u64| (length > 0).then(|| say_seconds(length));
    let swap = record.swap.as_deref().map(|swap| match swap {
        "auto" => "by itself".into(),
        "ask" => "when told to".into(),
        other => other.to_owned(),
    });
    let origin = record.origin.as_deref().map(|origin| match origin {
        LOGGED => "done without the program, logged afterwards".into(),
        other => other.to_owned(),
    });
    let overdue = some(record.overdue_s).map(|length| format!("{length}, past a deadline before the swap"));
    let facts = [
        ("session", Some(record.id.to_string())),
        ("started", Some(started(record))),
        ("ended", record.ended.map(|ended| ended.day_and_time() + &ended.offset_beside(&record.started))),
        ("written", Some(record.at.day_and_time() + &record.at.offset_beside(&record.started))),
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
        ("overdue", overdue),
        ("asking", some(record.asking_s).map(|length| format!("{length}, waiting for an answer"))),
        ("unknown", some(record.unknown_s).map(|length| format!("{length}, nobody was timing"))),
        ("slept", some(record.slept_s).map(|length| format!("{length}, the computer; within the above"))),
        ("pain", Some(format!("{} → {}", score(record.pain_before), score(record.pain_after)))),
        ("ratings", ratings(record)),
        ("region", record.region.clone()),
        ("side", record.side.clone()),
        ("trigger", record.trigger.clone()),
        ("onset", record.onset.as_ref().map(Wall::day_and_time)),
        ("cover", record.cover.clone()),
        ("posture", record.posture.clone()),
        ("skin", record.skin.clone()),
        ("answers", answers(record.answers.as_ref())),
        ("note", record.note.clone()),
        ("sources", sources(record)),
    ];
    facts.into_iter().filter_map(known).collect()
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
    let sources =
        record.phases.iter().filter_map(|phase| Some(format!("{}: {}", phase.kind, phase.source.as_ref()?)));
    let sources: BTreeSet<String> = sources.collect();
    (!sources.is_empty()).then(|| sources.into_iter().collect::<Vec<_>>().join("\n"))
}

fn phase(phase: &PhaseRecord, session: &Wall) -> [String; 6] {
    let mut outcome = harmless(phase.outcome.say());
    for (length, what) in [(phase.overdue_s, "overdue by"), (phase.slept_s, "the computer slept")] {
        if length > 0 {
            outcome = format!("{outcome}, {what} {}", say_seconds(length));
        }
    }
    [
        phase.round.to_string(),
        harmless(phase.name()),
        phase.started.map_or(UNKNOWN.into(), |began| began.hour_minute() + &began.offset_beside(session)),
        say_seconds(phase.actual_s),
        say_seconds(phase.planned_s),
        outcome,
    ]
}

fn say_seconds(seconds: u64) -> String {
    say(Duration::from_secs(seconds))
}

/// The rows under each other, two spaces between the columns.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths = columns(rows);
    rows.iter()
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            format!("{}\n", cells.join("  ").trim_end())
        })
        .collect()
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
