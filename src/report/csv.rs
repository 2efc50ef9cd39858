//! Writes sessions and diary entries as CSV for spreadsheets.

use crate::error::is_control_or_bidi;
use crate::record::{CSV_COLUMNS, ColumnType, DiaryEntry, SessionRecord};
use csv::WriterBuilder;
use serde_json::Value;

/// The sessions as CSV with a header line, in the order given.
pub fn sessions_to_csv(sessions: &[SessionRecord]) -> String {
    let header = CSV_COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rows = sessions.iter().map(|session| {
        let fields = serde_json::to_value(session).unwrap_or_default();
        CSV_COLUMNS.iter().map(|(name, column_type)| format_cell(&fields[name], *column_type)).collect()
    });
    build_csv(header, rows)
}

/// The diary entries as CSV with a header line, in the order given.
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
        columns.iter().map(|(name, column_type)| format_cell(&fields[name], *column_type)).collect()
    });
    build_csv(columns.iter().map(|(name, _)| (*name).to_owned()).collect(), rows)
}

fn build_csv(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows) {
        // Writing to memory does not fail, and every row is as long as the header.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn format_cell(value: &Value, column_type: ColumnType) -> String {
    match (value, column_type) {
        (Value::Null, _) => String::new(),
        (Value::String(text), ColumnType::Text) => escape_formula(text),
        (Value::String(text), _) => sanitize_multiline(text),
        (other, _) => sanitize_multiline(&other.to_string()),
    }
}

/// A spreadsheet evaluates text that begins like a formula, unless an apostrophe precedes it.
fn escape_formula(text: &str) -> String {
    let text = sanitize_multiline(text);
    if text.starts_with(['=', '+', '-', '@', '\'']) { format!("'{text}") } else { text }
}

/// Keeps line feeds and replaces other control characters.
fn sanitize_multiline(text: &str) -> String {
    text.chars().map(|c| if is_control_or_bidi(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}
