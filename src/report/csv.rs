//! Tables for spreadsheets.

use crate::error::is_control_or_bidi;
use crate::record::{CSV_COLUMNS, ColumnType, DiaryEntry, SessionRecord};
use csv::WriterBuilder;
use serde_json::Value;

/// The sessions as CSV with a header, a row each, in the order given.
pub fn sessions_to_csv(sessions: &[SessionRecord]) -> String {
    let head = CSV_COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rows = sessions.iter().map(|session| {
        let fields = serde_json::to_value(session).unwrap_or_default();
        CSV_COLUMNS.iter().map(|(name, form)| format_cell(&fields[name], *form)).collect()
    });
    build_csv(head, rows)
}

/// The diary entries as CSV with a header, a row each, in the order given.
pub(crate) fn diary_to_csv(entries: &[DiaryEntry]) -> String {
    let columns = [
        ("id", ColumnType::Text),
        ("at", ColumnType::Timestamp),
        ("when", ColumnType::Timestamp),
        ("pain", ColumnType::Number),
        ("text", ColumnType::Text),
    ];
    let rows = entries.iter().map(|entry| {
        let fields = serde_json::to_value(entry).unwrap_or_default();
        columns.iter().map(|(name, form)| format_cell(&fields[name], *form)).collect()
    });
    build_csv(columns.iter().map(|(name, _)| (*name).to_owned()).collect(), rows)
}

fn build_csv(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for row in std::iter::once(head).chain(rows) {
        // Writing into memory does not fail, and every row has the header's length.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn format_cell(value: &Value, form: ColumnType) -> String {
    match (value, form) {
        (Value::Null, _) => String::new(),
        (Value::String(text), ColumnType::Text) => escape_formula(text),
        (Value::String(text), _) => sanitize_multiline(text),
        (other, _) => sanitize_multiline(&other.to_string()),
    }
}

/// A spreadsheet runs what begins like a formula: a mark in front makes text of it.
fn escape_formula(text: &str) -> String {
    let text = sanitize_multiline(text);
    if text.starts_with(['=', '+', '-', '@', '\'']) { format!("'{text}") } else { text }
}

/// A cell may have several lines, but nothing else that steers a terminal.
fn sanitize_multiline(text: &str) -> String {
    text.chars().map(|c| if is_control_or_bidi(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}
