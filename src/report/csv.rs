//! Tables for spreadsheets.

use crate::error::steers;
use crate::record::{COLUMNS, Entry, Form, SessionRecord};
use csv::WriterBuilder;
use serde_json::Value;

/// The sessions as CSV with a header, a row each, in the order given.
pub fn csv(sessions: &[SessionRecord]) -> String {
    let head = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rows = sessions.iter().map(|session| {
        let fields = serde_json::to_value(session).unwrap_or_default();
        COLUMNS.iter().map(|(name, form)| cell(&fields[name], *form)).collect()
    });
    table(head, rows)
}

/// The diary entries as CSV with a header, a row each, in the order given.
pub fn entries_csv(entries: &[Entry]) -> String {
    let columns = [
        ("id", Form::Text),
        ("at", Form::Moment),
        ("when", Form::Moment),
        ("pain", Form::Number),
        ("text", Form::Text),
    ];
    let rows = entries.iter().map(|entry| {
        let fields = serde_json::to_value(entry).unwrap_or_default();
        columns.iter().map(|(name, form)| cell(&fields[name], *form)).collect()
    });
    table(columns.iter().map(|(name, _)| (*name).to_owned()).collect(), rows)
}

fn table(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    for row in std::iter::once(head).chain(rows) {
        // Writing into memory does not fail, and every row has the header's length.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn cell(value: &Value, form: Form) -> String {
    match (value, form) {
        (Value::Null, _) => String::new(),
        (Value::String(text), Form::Text) => harmless_cell(text),
        (Value::String(text), _) => harmless_lines(text),
        (other, _) => harmless_lines(&other.to_string()),
    }
}

/// A spreadsheet runs what begins like a formula: a mark in front makes text of it.
fn harmless_cell(text: &str) -> String {
    let text = harmless_lines(text);
    if text.starts_with(['=', '+', '-', '@', '\'']) { format!("'{text}") } else { text }
}

/// A cell may have several lines, but nothing else that steers a terminal.
fn harmless_lines(text: &str) -> String {
    text.chars().map(|c| if steers(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}
