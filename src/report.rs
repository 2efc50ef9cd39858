//! What people read of the past: the list of sessions, one session in full, figures, the clinician's page, JSON.
//!
//! Pure: records in, text out. Records come from files that anybody may have written, so no text of theirs
//! reaches a terminal before it was made [`sanitize`].

mod advice;
mod csv;
mod diary;
mod output_format;
mod page;
mod stats;

pub(crate) use crate::error::sanitize;
pub use advice::format_advice;
pub(crate) use csv::diary_to_csv;
pub use csv::sessions_to_csv;
pub(crate) use diary::{diary_to_json, diary_to_jsonl, format_diary_entry, format_diary_list};
pub use output_format::OutputFormat;
pub(crate) use output_format::{Cell, Column, ColumnShrinking, Palette, pad, styled, table, wrap};
pub use page::{EpisodeReport, ReportInput, ReportLimit, render_page};

pub use stats::{format_stats, stats_to_json};

use crate::{
    record::{
        Amendment, HistoryLine, ORIGIN_LOGGED, PainRating, PhaseRecord, Reading, SessionRecord, name_sources,
        sanitize_json,
        short_id::{distinct_length, shorten},
    },
    time::{WallTime, format_duration},
};
use anstyle::Style;
use serde_json::Value;
use std::{collections::BTreeSet, iter, time::Duration};

/// What is shown for what is not known.
const UNKNOWN: &str = "–";
/// The longest outcome that this version writes is 'interrupted'.
const MAX_OUTCOME_WIDTH: usize = 11;
/// What a moment leaves out where there is little room.
const YEAR: &str = "2026-";

/// The list's columns, and which are left out first where there is little room: protocol, outcome, cold, heat.
const LIST_COLUMNS: [Column; 7] = [
    Column::fixed("ID"),
    Column::fixed("STARTED"),
    Column { head: ["PROTOCOL", "NAME"], shrinking: ColumnShrinking::Shortened(5), ..Column::fixed("") },
    Column::fixed("OUTCOME"),
    Column { head: ["HEAT min", "HEAT"], ..Column::fixed("") },
    Column { head: ["COLD min", "COLD"], ..Column::fixed("") },
    Column::fixed("PAIN"),
];
const LIST_LEAST_NEEDED: [usize; 4] = [2, 3, 5, 4];
/// The list's width where there is no terminal: a copy looks the same everywhere.
const LIST_WIDTH: usize = 80;

/// The columns of a session's phases, and which are left out first: when it began, what was planned.
const PHASE_COLUMNS: [Column; 6] = [
    Column::fixed("ROUND"),
    Column::fixed("PHASE"),
    Column::fixed("BEGAN"),
    Column::fixed("DONE"),
    Column::fixed("PLANNED"),
    Column { shrinking: ColumnShrinking::Wrapped(12), ..Column::fixed("OUTCOME") },
];
const PHASES_LEAST_NEEDED: [usize; 2] = [2, 4];

/// A table of sessions in the order given. No sessions make an empty text.
pub fn format_session_list(sessions: &[SessionRecord], look: &OutputFormat) -> String {
    if sessions.is_empty() {
        return String::new();
    }
    let id = distinct_length(sessions.iter().map(|session| session.id));
    let rows: Vec<Vec<Cell>> =
        sessions.iter().map(|session| build_list_row(session, id, &look.palette)).collect();
    table(&LIST_COLUMNS, &rows, &LIST_LEAST_NEEDED, look, LIST_WIDTH)
}

/// One session in full.
pub(crate) fn format_session(record: &SessionRecord, look: &OutputFormat) -> String {
    let facts = format_fields(collect_session_fields(record, &look.palette), look);
    if record.phases.is_empty() {
        return facts;
    }
    let phases: Vec<Vec<Cell>> =
        record.phases.iter().map(|part| build_phase_row(part, &record.started, &look.palette)).collect();
    format!("{facts}\n{}", table(&PHASE_COLUMNS, &phases, &PHASES_LEAST_NEEDED, look, usize::MAX))
}

/// A session or a diary entry in full, and when what of it was corrected.
pub fn format_record(reading: &Reading, look: &OutputFormat) -> String {
    let full = match &reading.line {
        HistoryLine::Session(record) => {
            format_session(&apply_corrected_pain(record, &reading.corrections), look)
        }
        HistoryLine::DiaryEntry(there) => format_diary_entry(there, look),
        HistoryLine::Amendment(_) => String::new(),
    };
    let corrections = reading.corrections.iter().map(|correction| {
        let fields: Vec<&str> = correction.changed_fields.keys().map(String::as_str).collect();
        format!("{}: {}", correction.at.format_date_time(), fields.join(", "))
    });
    let corrections: Vec<String> = corrections.collect();
    let deleted = reading.deleted.then(|| "yes; `easeback history restore` brings it back".to_owned());
    let corrected = (!corrections.is_empty()).then(|| corrections.join("\n"));
    let notes = [("deleted", deleted), ("corrected", corrected)];
    let words = format_fields(
        notes.into_iter().filter_map(keep_if_known).map(|(name, text)| (name, text, Style::new())),
        look,
    );
    if words.is_empty() { full } else { format!("{words}\n{full}") }
}

/// The session without the ratings whose score was corrected since: the corrected score stands.
fn apply_corrected_pain(record: &SessionRecord, corrections: &[Amendment]) -> SessionRecord {
    let mut record = record.clone();
    let is_corrected =
        |field: &str| corrections.iter().any(|correction| correction.changed_fields.contains_key(field));
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

fn keep_if_known<T>((name, text): (&'static str, Option<T>)) -> Option<(&'static str, T)> {
    text.map(|text| (name, text))
}

/// Facts under each other, each with its name.
fn format_fields(
    facts: impl IntoIterator<Item = (&'static str, String, Style)>,
    look: &OutputFormat,
) -> String {
    let lines = facts.into_iter().flat_map(|(name, text, style)| {
        let names = iter::once(name).chain(iter::repeat(""));
        let lines: Vec<String> = text.lines().map(|line| styled(&sanitize(line), style)).collect();
        let indented = |(name, line): (&str, String)| {
            wrap(&line, look.width, &format!("{name:<12}"), &" ".repeat(12)) + "\n"
        };
        names.zip(lines).map(indented).collect::<Vec<_>>()
    });
    lines.collect()
}

/// How much of each kind was done: "heat 1 h, cold 30 min". Of heat and cold even that it was none.
pub(crate) fn format_totals_by_kind(record: &SessionRecord) -> String {
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
    let said = sums.iter().map(|(kind, sum)| format!("{} {}", sanitize(kind), format_seconds(*sum)));
    said.collect::<Vec<_>>().join(", ")
}

/// The sessions as a JSON array, each on one line in exactly the form that it has in the log.
pub fn sessions_to_json(sessions: &[SessionRecord]) -> String {
    let lines: Vec<String> = sessions.iter().map(session_to_json_line).collect();
    if lines.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// The sessions, each on a line as it would stand in the log.
pub fn sessions_to_jsonl(sessions: &[SessionRecord]) -> String {
    sessions.iter().map(|session| format!("{}\n", session_to_json_line(session))).collect()
}

fn session_to_json_line(session: &SessionRecord) -> String {
    sanitize_json(&HistoryLine::Session(session.clone()).to_json())
}

fn build_list_row(session: &SessionRecord, id: usize, palette: &Palette) -> Vec<Cell> {
    let pain = match (session.pain_before, session.pain_after) {
        (None, None) => UNKNOWN.into(),
        (before, after) => format!("{} → {}", format_score(before), format_score(after)),
    };
    let outcome = truncate_text(&sanitize(session.outcome.label()), MAX_OUTCOME_WIDTH);
    vec![
        Cell::new(shorten(session.id, id)),
        moment(&session.started),
        Cell::new(sanitize(&session.protocol)),
        Cell::new(outcome).styled(palette.outcome(&session.outcome)),
        Cell::new(format_minutes_of_kind(session, "heat")).styled(palette.heat),
        Cell::new(format_minutes_of_kind(session, "cold")).styled(palette.cold),
        Cell::new(pain),
    ]
}

/// A day and a time; without the year where there is little room.
fn moment(moment: &WallTime) -> Cell {
    let full = moment.format_date_time();
    let short = full.get(YEAR.len()..).unwrap_or(&full).to_owned();
    Cell::new(full).with_short_text(short)
}

/// Minutes done in the phases of a kind, and how many were planned if that is another number: `40/60`.
fn format_minutes_of_kind(session: &SessionRecord, kind: &str) -> String {
    let (mut actual, mut planned, mut phases) = (0_u64, 0_u64, 0);
    for phase in session.phases.iter().filter(|phase| phase.kind == kind) {
        actual = actual.saturating_add(phase.actual_s);
        planned = planned.saturating_add(phase.planned_s);
        phases += 1;
    }
    match (format_minutes(actual), format_minutes(planned)) {
        _ if phases == 0 => UNKNOWN.into(),
        (actual, planned) if actual == planned => actual,
        (actual, planned) => format!("{actual}/{planned}"),
    }
}

fn format_minutes(seconds: u64) -> String {
    match seconds {
        0 => "0".into(),
        1..60 => "<1".into(),
        _ => (seconds / 60).to_string(),
    }
}

fn format_score(pain: Option<u8>) -> String {
    pain.map_or(UNKNOWN.into(), |score| score.to_string())
}

/// What is known of a session apart from its phases, each with its name.
fn collect_session_fields(record: &SessionRecord, palette: &Palette) -> Vec<(&'static str, String, Style)> {
    let some = |length: u64| (length > 0).then(|| format_seconds(length));
    let swap = record.swap.as_deref().map(|swap| match swap {
        "auto" => "automatic".into(),
        "ask" => "when you said so".into(),
        other => other.to_owned(),
    });
    let origin = record.origin.as_deref().map(|origin| match origin {
        ORIGIN_LOGGED => "not timed, logged afterwards".into(),
        other => other.to_owned(),
    });
    let overdue = some(record.overdue_s).map(|length| format!("{length}, past the time to swap"));
    let facts = [
        ("session", Some(record.id.to_string())),
        ("started", Some(format_start_time(record))),
        (
            "ended",
            record
                .ended
                .map(|ended| ended.format_date_time() + &ended.format_offset_if_different(&record.started)),
        ),
        (
            "recorded",
            Some(record.at.format_date_time() + &record.at.format_offset_if_different(&record.started)),
        ),
        ("outcome", Some(record.outcome.label().to_owned())),
        ("why", record.stop_reason.clone()),
        ("protocol", Some(record.protocol.clone())),
        ("origin", origin),
        ("swaps", swap),
        ("planned", Some(format_seconds(record.planned_s))),
        ("done", Some(format_seconds(record.active_s))),
        ("extended", some(record.extended_s)),
        ("limits", record.allow_long.then(|| "lifted (--allow-long)".into())),
        ("paused", some(record.paused_s)),
        ("late", overdue),
        ("waited", some(record.asking_s).map(|length| format!("{length}, for your answer"))),
        ("not timed", some(record.unknown_s).map(|length| format!("{length}, the timer was not running"))),
        ("slept", some(record.slept_s).map(|length| format!("{length}, the computer; included above"))),
        ("pain", Some(format!("{} → {}", format_score(record.pain_before), format_score(record.pain_after)))),
        ("ratings", format_ratings(record)),
        ("region", record.region.clone()),
        ("side", record.side.clone()),
        ("trigger", record.trigger.clone()),
        ("went out", record.onset.as_ref().map(WallTime::format_date_time)),
        ("cover", record.cover.clone()),
        ("posture", record.posture.clone()),
        ("skin", record.skin.clone()),
        ("answers", format_answers(record.answers.as_ref())),
        ("note", record.note.clone()),
        ("sources", format_citations(record)),
    ];
    let style = |name: &str| match name {
        "outcome" => palette.outcome(&record.outcome),
        "sources" => palette.dimmed,
        _ => Style::new(),
    };
    facts.into_iter().filter_map(keep_if_known).map(|(name, text)| (name, text, style(name))).collect()
}

/// What was answered to the questions about warning signs, on one line.
fn format_answers(answered: Option<&Value>) -> Option<String> {
    let pairs = page::format_answer_pairs(answered);
    let said: Vec<String> = pairs.iter().map(|(question, answer)| format!("{question}: {answer}")).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn format_start_time(record: &SessionRecord) -> String {
    let started = record.started.format_date_time();
    record.tz.as_ref().map_or_else(|| started.clone(), |tz| format!("{started} ({tz})"))
}

fn format_ratings(record: &SessionRecord) -> Option<String> {
    let ratings = record.ratings.iter().map(|PainRating { at, score }| {
        format!("{score} at {}{}", at.format_hour_minute(), at.format_offset_if_different(&record.started))
    });
    let ratings: Vec<String> = ratings.collect();
    (!ratings.is_empty()).then(|| ratings.join(", "))
}

fn format_citations(record: &SessionRecord) -> Option<String> {
    let sources = record.phases.iter().filter_map(|phase| {
        let source = name_sources(phase.citation.as_deref()?);
        Some(format!("{}: {source}", phase.kind))
    });
    let sources: BTreeSet<String> = sources.collect();
    (!sources.is_empty()).then(|| sources.into_iter().collect::<Vec<_>>().join("\n"))
}

fn build_phase_row(phase: &PhaseRecord, session: &WallTime, palette: &Palette) -> Vec<Cell> {
    let mut outcome = sanitize(phase.outcome.label());
    if phase.overdue_s > 0 {
        outcome += &format!(", {} late", format_seconds(phase.overdue_s));
    }
    if phase.slept_s > 0 {
        outcome += &format!(", the computer slept {}", format_seconds(phase.slept_s));
    }
    let began = phase.started.map_or(UNKNOWN.into(), |began| {
        began.format_hour_minute() + &began.format_offset_if_different(session)
    });
    vec![
        Cell::new(phase.round.to_string()),
        Cell::new(sanitize(phase.name())).styled(palette.kind(&phase.kind)),
        Cell::new(began),
        Cell::new(format_seconds(phase.actual_s)),
        Cell::new(format_seconds(phase.planned_s)),
        Cell::new(outcome).styled(palette.outcome(&phase.outcome)),
    ]
}

fn format_seconds(seconds: u64) -> String {
    format_duration(Duration::from_secs(seconds))
}

fn measure_columns<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
}

/// The text, shortened to `width` letters if it is longer.
fn truncate_text(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.into(),
        Some(_) => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}
