//! Diary entries, as people read them.

use super::{
    UNKNOWN, format_answers, format_fields, format_score, keep_if_known, moment,
    output_format::{Cell, Column, ColumnShrinking, OutputFormat, table},
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
/// What is left out first where there is little room: pain.
const LEAST_NEEDED: [usize; 1] = [2];

/// A table of entries in the order given. Without a terminal the text is on one line, as long as it is.
pub(crate) fn format_diary_list(entries: &[DiaryEntry], look: &OutputFormat) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let id = distinct_length(entries.iter().map(|entry| entry.id));
    let row = |entry: &DiaryEntry| {
        let words: Vec<String> = entry.text.iter().flat_map(|text| text.lines()).map(sanitize).collect();
        let mut words = if words.is_empty() { UNKNOWN.to_owned() } else { words.join(" / ") };
        if let Some(written) = entry.written_later() {
            words += &format!(" (written later: {})", written.format_date_time());
        }
        let (id, pain) = (shorten(entry.id, id), format_score(entry.pain));
        vec![Cell::new(id), moment(&entry.occurred_at()), Cell::new(pain), Cell::new(words)]
    };
    let rows: Vec<Vec<Cell>> = entries.iter().map(row).collect();
    table(&COLUMNS, &rows, &LEAST_NEEDED, look, usize::MAX)
}

/// One entry in full.
pub(crate) fn format_diary_entry(entry: &DiaryEntry, look: &OutputFormat) -> String {
    let facts = [
        ("diary", Some(entry.id.to_string())),
        ("when", entry.when.map(|_| entry.occurred_at().format_date_time())),
        ("recorded", Some(entry.at.format_date_time())),
        ("pain", Some(format_score(entry.pain))),
        ("answers", format_answers(entry.unknown_fields.get("answers"))),
        ("text", entry.text.clone()),
    ];
    format_fields(
        facts.into_iter().filter_map(keep_if_known).map(|(name, text)| (name, text, Style::new())),
        look,
    )
}

/// The entries as a JSON array, each on one line in the form that it has in the log.
pub(crate) fn diary_to_json(entries: &[DiaryEntry]) -> String {
    let lines: Vec<String> = entries.iter().map(diary_entry_to_json_line).collect();
    if lines.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// The entries, each on a line as it would stand in the log.
pub(crate) fn diary_to_jsonl(entries: &[DiaryEntry]) -> String {
    entries.iter().map(|entry| format!("{}\n", diary_entry_to_json_line(entry))).collect()
}

fn diary_entry_to_json_line(entry: &DiaryEntry) -> String {
    sanitize_json(&HistoryLine::DiaryEntry(entry.clone()).to_json())
}
