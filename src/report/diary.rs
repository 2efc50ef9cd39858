//! Diary entries, as people read them.

use super::{UNKNOWN, answers, harmless, known, said, score, unambiguous};
use crate::record::{Entry, Line, harmless_json};

/// A table of entries in the order given: the text is the last column, on one line, as long as it is.
pub fn entries(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let id = unambiguous(entries.iter().map(|entry| entry.id));
    let mut table = format!("{:<id$}  {:<16}  PAIN  TEXT\n", "ID", "WHEN");
    for entry in entries {
        let short: String = entry.id.to_string().chars().take(id).collect();
        let words: Vec<String> = entry.text.iter().flat_map(|text| text.lines()).map(harmless).collect();
        let mut words = if words.is_empty() { UNKNOWN.to_owned() } else { words.join(" / ") };
        if let Some(written) = entry.written_later() {
            words += &format!(" (written later: {})", written.day_and_time());
        }
        table += &format!("{short}  {}  {:<4}  {words}\n", entry.moment().day_and_time(), score(entry.pain));
    }
    table
}

/// One entry in full.
pub fn entry(entry: &Entry) -> String {
    let facts = [
        ("diary", Some(entry.id.to_string())),
        ("when", entry.when.map(|_| entry.moment().day_and_time())),
        ("written", Some(entry.at.day_and_time())),
        ("pain", Some(score(entry.pain))),
        ("answers", answers(entry.rest.get("answers"))),
        ("text", entry.text.clone()),
    ];
    said(facts.into_iter().filter_map(known))
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
