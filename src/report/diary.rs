//! Diary entries, as people read them.

use super::{
    UNKNOWN, answers, harmless, known,
    look::{Cell, Column, Look, Room, table},
    moment, said, score,
};
use crate::record::{
    Entry, Line, harmless_json,
    short_id::{distinct_length, shorten},
};
use anstyle::Style;

const COLUMNS: [Column; 4] = [
    Column::fixed("ID"),
    Column::fixed("WHEN"),
    Column::fixed("PAIN"),
    Column { room: Room::Wrapped(16), ..Column::fixed("TEXT") },
];
/// What is left out first where there is little room: pain.
const LEAST_NEEDED: [usize; 1] = [2];

/// A table of entries in the order given. Without a terminal the text is on one line, as long as it is.
pub fn entries(entries: &[Entry], look: &Look) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let id = distinct_length(entries.iter().map(|entry| entry.id));
    let row = |entry: &Entry| {
        let words: Vec<String> = entry.text.iter().flat_map(|text| text.lines()).map(harmless).collect();
        let mut words = if words.is_empty() { UNKNOWN.to_owned() } else { words.join(" / ") };
        if let Some(written) = entry.written_later() {
            words += &format!(" (written later: {})", written.day_and_time());
        }
        let (id, pain) = (shorten(entry.id, id), score(entry.pain));
        vec![Cell::new(id), moment(&entry.moment()), Cell::new(pain), Cell::new(words)]
    };
    let rows: Vec<Vec<Cell>> = entries.iter().map(row).collect();
    table(&COLUMNS, &rows, &LEAST_NEEDED, look, usize::MAX)
}

/// One entry in full.
pub fn entry(entry: &Entry, look: &Look) -> String {
    let facts = [
        ("diary", Some(entry.id.to_string())),
        ("when", entry.when.map(|_| entry.moment().day_and_time())),
        ("recorded", Some(entry.at.day_and_time())),
        ("pain", Some(score(entry.pain))),
        ("answers", answers(entry.rest.get("answers"))),
        ("text", entry.text.clone()),
    ];
    said(facts.into_iter().filter_map(known).map(|(name, text)| (name, text, Style::new())), look)
}

/// The entries as a JSON array, each on one line in the form that it has in the log.
pub fn entries_json(entries: &[Entry]) -> String {
    let lines: Vec<String> = entries.iter().map(line).collect();
    if lines.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// The entries, each on a line as it would stand in the log.
pub fn entries_jsonl(entries: &[Entry]) -> String {
    entries.iter().map(|entry| format!("{}\n", line(entry))).collect()
}

fn line(entry: &Entry) -> String {
    harmless_json(&Line::Entry(entry.clone()).to_json())
}
