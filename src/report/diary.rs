//! Formats diary entries for people, and as JSON.

use super::{
    UNKNOWN, build_date_time_cell, format_answers, format_fields, format_score, keep_if_known,
    output_format::{Cell, Column, ColumnShrinking, OutputFormat, render_table},
    sanitize,
};
use crate::record::{
    DiaryEntry, HistoryLine, sanitize_json,
    short_id::{distinct_length, shorten},
};
use anstyle::Style;

const COLUMNS: [Column; 4] = [
    Column::fixed("ID"),
    Column::fixed("WHEN"),
    Column::fixed("PAIN"),
    Column { shrinking: ColumnShrinking::Wrapped(16), ..Column::fixed("TEXT") },
];
/// The column that is left out in a narrow window: pain.
const DROP_ORDER: [usize; 1] = [2];

/// A table of the entries, in the order given. Without a terminal each entry is on one line.
pub(crate) fn format_diary_list(entries: &[DiaryEntry], format: &OutputFormat) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let id_length = distinct_length(entries.iter().map(|entry| entry.id));
    let build_row = |entry: &DiaryEntry| {
        let lines: Vec<String> = entry.text.iter().flat_map(|text| text.lines()).map(sanitize).collect();
        let mut text = if lines.is_empty() { UNKNOWN.to_owned() } else { lines.join(" / ") };
        if let Some(written) = entry.written_later() {
            text += &format!(" (written later: {})", written.format_date_time());
        }
        vec![
            Cell::new(shorten(entry.id, id_length)),
            build_date_time_cell(&entry.occurred_at()),
            Cell::new(format_score(entry.pain)),
            Cell::new(text),
        ]
    };
    let rows: Vec<Vec<Cell>> = entries.iter().map(build_row).collect();
    render_table(&COLUMNS, &rows, &DROP_ORDER, format, usize::MAX)
}

pub(super) fn format_diary_entry(
    entry: &DiaryEntry,
    corrected: Option<String>,
    format: &OutputFormat,
) -> String {
    let fields = [
        ("diary", Some(entry.id.to_string())),
        ("when", entry.when.map(|_| entry.occurred_at().format_date_time())),
        ("recorded", Some(entry.at.format_date_time())),
        ("corrected", corrected),
        ("pain", Some(format_score(entry.pain))),
        ("answers", format_answers(entry.unknown_fields.get("answers"))),
        ("text", entry.text.clone()),
    ];
    format_fields(
        fields.into_iter().filter_map(keep_if_known).map(|(name, text)| (name, text, Style::new())),
        format,
    )
}

/// The entries as a JSON array, each on one line as it is in the history file.
pub(crate) fn diary_to_json(entries: &[DiaryEntry]) -> String {
    let lines: Vec<String> = entries.iter().map(diary_entry_to_json_line).collect();
    if lines.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// The entries as JSON Lines, as in the history file.
pub(crate) fn diary_to_jsonl(entries: &[DiaryEntry]) -> String {
    entries.iter().map(|entry| format!("{}\n", diary_entry_to_json_line(entry))).collect()
}

fn diary_entry_to_json_line(entry: &DiaryEntry) -> String {
    sanitize_json(&HistoryLine::DiaryEntry(entry.clone()).to_json())
}
