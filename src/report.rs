//! Formats the history for people and programs: lists, single sessions, statistics, the clinician's page, CSV and JSON.
//!
//! Pure: records go in, text comes out; no file, clock or terminal is used. Records come from files that anyone may
//! have written, so none of their texts reaches a terminal without [`sanitize`].

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
use diary::format_diary_entry;
pub(crate) use diary::{diary_to_json, diary_to_jsonl, format_diary_list};
pub use output_format::OutputFormat;
pub(crate) use output_format::{Cell, Column, ColumnShrinking, Palette, pad, render_table, styled, wrap};
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

/// Shown for a value that is not known.
const UNKNOWN: &str = "–";
/// Of 'interrupted', the longest outcome that this version writes.
const MAX_OUTCOME_WIDTH: usize = 11;
/// Left out of dates in narrow tables.
const YEAR_PREFIX: &str = "2026-";

const LIST_COLUMNS: [Column; 7] = [
    Column::fixed("ID"),
    Column::fixed("STARTED"),
    Column { headings: ["PROTOCOL", "NAME"], shrinking: ColumnShrinking::Truncated(5), ..Column::fixed("") },
    Column::fixed("OUTCOME"),
    Column { headings: ["HEAT min", "HEAT"], ..Column::fixed("") },
    Column { headings: ["COLD min", "COLD"], ..Column::fixed("") },
    Column::fixed("PAIN"),
];
/// The columns that are left out first in a narrow window: protocol, outcome, cold, heat.
const LIST_DROP_ORDER: [usize; 4] = [2, 3, 5, 4];
/// The list's width where there is no terminal, so that copies look the same everywhere.
const LIST_WIDTH: usize = 80;

const PHASE_COLUMNS: [Column; 6] = [
    Column::fixed("ROUND"),
    Column::fixed("PHASE"),
    Column::fixed("BEGAN"),
    Column::fixed("DONE"),
    Column::fixed("PLANNED"),
    Column { shrinking: ColumnShrinking::Wrapped(12), ..Column::fixed("OUTCOME") },
];
/// The columns that are left out first in a narrow window: the beginning, the planned time.
const PHASE_DROP_ORDER: [usize; 2] = [2, 4];

/// A table of the sessions, in the order given; empty if there are none.
pub fn format_session_list(sessions: &[SessionRecord], format: &OutputFormat) -> String {
    if sessions.is_empty() {
        return String::new();
    }
    let id_length = distinct_length(sessions.iter().map(|session| session.id));
    let rows: Vec<Vec<Cell>> =
        sessions.iter().map(|session| build_list_row(session, id_length, &format.palette)).collect();
    render_table(&LIST_COLUMNS, &rows, &LIST_DROP_ORDER, format, LIST_WIDTH)
}

/// One session in full: its fields and a table of its phases.
fn format_session(record: &SessionRecord, corrected: Option<String>, format: &OutputFormat) -> String {
    let fields = format_fields(collect_session_fields(record, corrected, &format.palette), format);
    if record.phases.is_empty() {
        return fields;
    }
    let phases: Vec<Vec<Cell>> =
        record.phases.iter().map(|phase| build_phase_row(phase, &record.started, &format.palette)).collect();
    format!("{fields}\n{}", render_table(&PHASE_COLUMNS, &phases, &PHASE_DROP_ORDER, format, usize::MAX))
}

/// A session or a diary entry in full: whether it was deleted, and which fields were corrected when.
pub fn format_record(reading: &Reading, format: &OutputFormat) -> String {
    let corrections = reading.corrections.iter().map(|correction| {
        let fields: Vec<&str> = correction.changed_fields.keys().map(String::as_str).collect();
        format!("{}: {}", correction.at.format_date_time(), fields.join(", "))
    });
    let corrections: Vec<String> = corrections.collect();
    let corrected = (!corrections.is_empty()).then(|| corrections.join("\n"));
    let record_text = match &reading.line {
        HistoryLine::Session(record) => {
            format_session(&apply_corrected_pain(record, &reading.corrections), corrected, format)
        }
        HistoryLine::DiaryEntry(entry) => format_diary_entry(entry, corrected, format),
        HistoryLine::Amendment(_) => String::new(),
    };
    if !reading.deleted {
        return record_text;
    }
    let deleted = "yes; `easeback history restore` brings it back".to_owned();
    format!("{}\n{record_text}", format_fields([("deleted", deleted, Style::new())], format))
}

/// The session without the pain ratings that a correction has replaced.
fn apply_corrected_pain(record: &SessionRecord, corrections: &[Amendment]) -> SessionRecord {
    let mut record = record.clone();
    let is_corrected =
        |field: &str| corrections.iter().any(|correction| correction.changed_fields.contains_key(field));
    // The rating before the session has the time of the session's start.
    let has_before = record.pain_before.is_some() || is_corrected("pain_before");
    let rating_before = record.ratings.first().filter(|first| has_before && first.at == record.started);
    let score_before = rating_before.map(|rating| rating.score);
    let is_outdated = score_before.is_some() && score_before != record.pain_before;
    let scores_after = record.ratings.len() - usize::from(score_before.is_some());
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

/// Fields in lines: the name, then the text, wrapped to the width.
fn format_fields(
    fields: impl IntoIterator<Item = (&'static str, String, Style)>,
    format: &OutputFormat,
) -> String {
    let mut text = String::new();
    for (name, value, style) in fields {
        let names = iter::once(name).chain(iter::repeat(""));
        for (name, line) in names.zip(value.lines()) {
            let line = styled(&sanitize(line), style);
            text += &wrap(&line, format.width, &format!("{name:<12}"), &" ".repeat(12));
            text += "\n";
        }
    }
    text
}

/// The time done of each kind, heat and cold first: "heat 1 h, cold 30 min". Of other kinds only what is above 0.
pub(crate) fn format_totals_by_kind(record: &SessionRecord) -> String {
    let mut totals: Vec<(&str, u64)> = Vec::new();
    for phase in &record.phases {
        match totals.iter_mut().find(|(name, _)| *name == phase.name()) {
            Some((_, seconds)) => *seconds = seconds.saturating_add(phase.actual_s),
            None => totals.push((phase.name(), phase.actual_s)),
        }
    }
    let pack_order = |kind: &str| ["heat", "cold"].iter().position(|pack| *pack == kind);
    totals.sort_by_key(|(kind, _)| pack_order(kind).unwrap_or(usize::MAX));
    if totals.iter().any(|(kind, seconds)| pack_order(kind).is_some() || *seconds > 0) {
        totals.retain(|(kind, seconds)| pack_order(kind).is_some() || *seconds > 0);
    } else {
        totals.truncate(1);
    }
    let parts =
        totals.iter().map(|(kind, seconds)| format!("{} {}", sanitize(kind), format_seconds(*seconds)));
    parts.collect::<Vec<_>>().join(", ")
}

/// The sessions as a JSON array, each on one line as it is in the history file.
pub fn sessions_to_json(sessions: &[SessionRecord]) -> String {
    let lines: Vec<String> = sessions.iter().map(session_to_json_line).collect();
    if lines.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// The sessions as JSON Lines, as in the history file.
pub fn sessions_to_jsonl(sessions: &[SessionRecord]) -> String {
    sessions.iter().map(|session| format!("{}\n", session_to_json_line(session))).collect()
}

fn session_to_json_line(session: &SessionRecord) -> String {
    sanitize_json(&HistoryLine::Session(session.clone()).to_json())
}

fn build_list_row(session: &SessionRecord, id_length: usize, palette: &Palette) -> Vec<Cell> {
    let pain = match (session.pain_before, session.pain_after) {
        (None, None) => UNKNOWN.into(),
        (before, after) => format!("{} → {}", format_score(before), format_score(after)),
    };
    let outcome = truncate_to_chars(&sanitize(session.outcome.label()), MAX_OUTCOME_WIDTH);
    vec![
        Cell::new(shorten(session.id, id_length)),
        build_date_time_cell(&session.started),
        Cell::new(sanitize(&session.protocol)),
        Cell::new(outcome).styled(palette.outcome(&session.outcome)),
        Cell::new(format_minutes_of_kind(session, "heat")).styled(palette.heat),
        Cell::new(format_minutes_of_kind(session, "cold")).styled(palette.cold),
        Cell::new(pain),
    ]
}

/// A date and a time, without the year in a narrow table.
fn build_date_time_cell(wall: &WallTime) -> Cell {
    let full = wall.format_date_time();
    let short = full.get(YEAR_PREFIX.len()..).unwrap_or(&full).to_owned();
    Cell::new(full).with_short_text(short)
}

/// The minutes done in phases of this kind, and the planned ones if they differ: `40/60`.
fn format_minutes_of_kind(session: &SessionRecord, kind: &str) -> String {
    let mut actual_s = 0_u64;
    let mut planned_s = 0_u64;
    let mut has_phases = false;
    for phase in session.phases.iter().filter(|phase| phase.kind == kind) {
        actual_s = actual_s.saturating_add(phase.actual_s);
        planned_s = planned_s.saturating_add(phase.planned_s);
        has_phases = true;
    }
    if !has_phases {
        return UNKNOWN.into();
    }
    let (actual, planned) = (format_minutes(actual_s), format_minutes(planned_s));
    if actual == planned { actual } else { format!("{actual}/{planned}") }
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

/// A cell of the list, such as "8/15", and what it means; none where each session has all the minutes planned.
pub(crate) fn explain_partial_minutes(sessions: &[SessionRecord]) -> Option<(String, String)> {
    let cells = |session| ["heat", "cold"].map(|kind| format_minutes_of_kind(session, kind));
    let cell = sessions.iter().flat_map(cells).find(|cell| cell.contains('/'))?;
    let (done, planned) = cell.split_once('/')?;
    let meaning = format!("{cell}: {done} min done, {planned} planned");
    Some((cell, meaning))
}

/// The names, texts and styles of all known fields of a session except its phases.
fn collect_session_fields(
    record: &SessionRecord,
    corrected: Option<String>,
    palette: &Palette,
) -> Vec<(&'static str, String, Style)> {
    let format_if_any = |seconds: u64| (seconds > 0).then(|| format_seconds(seconds));
    let overdue =
        format_if_any(record.overdue_s).map(|duration| format!("{duration}, past the time to swap"));
    let fields = [
        ("session", Some(record.id.to_string())),
        ("started", Some(format_start_time(record))),
        ("ended", record.ended.map(|ended| format_later_time(&ended, record))),
        ("recorded", Some(format_later_time(&record.at, record))),
        ("corrected", corrected),
        ("outcome", Some(record.outcome.label().to_owned())),
        ("why", record.stop_reason.clone()),
        ("protocol", Some(record.protocol.clone())),
        ("origin", record.origin.as_deref().map(format_origin)),
        ("swaps", record.swap.as_deref().map(format_swap_mode)),
        ("planned", Some(format_seconds(record.planned_s))),
        ("done", Some(format_seconds(record.active_s))),
        ("extended", format_if_any(record.extended_s)),
        ("limits", record.allow_long.then(|| "lifted (--allow-long)".into())),
        ("paused", format_if_any(record.paused_s)),
        ("late", overdue),
        ("waited", format_if_any(record.asking_s).map(|duration| format!("{duration}, for your answer"))),
        (
            "not timed",
            format_if_any(record.unknown_s).map(|duration| format!("{duration}, the timer was not running")),
        ),
        (
            "slept",
            format_if_any(record.slept_s).map(|duration| format!("{duration}, the computer; included above")),
        ),
        ("pain", Some(format!("{} → {}", format_score(record.pain_before), format_score(record.pain_after)))),
        ("pain scores", format_ratings(record)),
        ("region", record.region.clone()),
        ("side", record.side.clone()),
        ("trigger", record.trigger.clone()),
        ("went out", record.onset.as_ref().map(WallTime::format_date_time)),
        ("cover", record.cover.clone()),
        ("posture", record.posture.clone()),
        ("skin", record.skin.clone()),
        ("answers", format_answers(record.answers.as_ref())),
        ("note", record.note.clone()),
        ("advised by", format_citations(record)),
    ];
    let style = |name: &str| match name {
        "outcome" => palette.outcome(&record.outcome),
        "advised by" => palette.dimmed,
        _ => Style::new(),
    };
    fields.into_iter().filter_map(keep_if_known).map(|(name, text)| (name, text, style(name))).collect()
}

fn format_swap_mode(swap: &str) -> String {
    match swap {
        "auto" => "by itself".into(),
        "ask" => "waited for you".into(),
        other => other.to_owned(),
    }
}

fn format_origin(origin: &str) -> String {
    match origin {
        ORIGIN_LOGGED => "not timed, logged afterwards".into(),
        other => other.to_owned(),
    }
}

/// The answers to the questions about warning signs, on one line.
fn format_answers(answers: Option<&Value>) -> Option<String> {
    let pairs = page::format_answer_pairs(answers);
    let texts: Vec<String> = pairs.iter().map(|(question, answer)| format!("{question}: {answer}")).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// Has a UTC offset only if that is not the one of the session's start.
fn format_later_time(wall: &WallTime, record: &SessionRecord) -> String {
    wall.format_date_time() + &wall.format_offset_if_different(&record.started)
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
    let citations = record.phases.iter().filter_map(|phase| {
        let citation = name_sources(phase.citation.as_deref()?);
        Some(format!("{}: {citation}", phase.kind))
    });
    let citations: BTreeSet<String> = citations.collect();
    (!citations.is_empty()).then(|| citations.into_iter().collect::<Vec<_>>().join("\n"))
}

fn build_phase_row(phase: &PhaseRecord, session_start: &WallTime, palette: &Palette) -> Vec<Cell> {
    let mut outcome = sanitize(phase.outcome.label());
    if phase.overdue_s > 0 {
        outcome += &format!(", {} late", format_seconds(phase.overdue_s));
    }
    if phase.slept_s > 0 {
        outcome += &format!(", the computer slept {}", format_seconds(phase.slept_s));
    }
    let began = phase.started.map_or(UNKNOWN.into(), |began| {
        began.format_hour_minute() + &began.format_offset_if_different(session_start)
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

/// The width of each column, in characters.
fn measure_columns<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
}

/// Truncates the text to at most `max_chars` characters, the last of them an ellipsis.
fn truncate_to_chars(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.into(),
        Some(_) => text.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect(),
    }
}
