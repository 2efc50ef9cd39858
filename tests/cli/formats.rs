//! Journals and histories of version 1 are read for ever: each line to the same meaning, and written as it was.

use easeback::{
    journal,
    record::{self, History, Query},
    session::{Event, Session},
};
use insta::assert_snapshot;

const JOURNAL: &str = include_str!("../data/version1/journal.jsonl");
const JOURNAL_LINES: &str = include_str!("../data/version1/journal-lines.jsonl");
const HISTORY: &str = include_str!("../data/version1/history.jsonl");

#[test]
fn every_journal_line_of_version_1_is_written_byte_for_byte_as_it_was_read() {
    for text in JOURNAL_LINES.lines() {
        let line = journal::parse_entries(text.as_bytes()).next().unwrap();
        assert_ne!(line.event, Event::Unknown);
        assert_eq!(serde_json::to_string(&line).unwrap(), text);
    }
}

#[test]
fn a_journal_of_version_1_has_the_record_that_it_had() {
    let session = Session::replay(journal::parse_entries(JOURNAL.as_bytes())).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&session.to_record()).unwrap());
}

#[test]
fn every_history_line_of_version_1_is_written_byte_for_byte_as_it_was_read() {
    for text in HISTORY.lines() {
        assert_eq!(record::HistoryLine::parse(text).unwrap().to_json(), text);
    }
}

#[test]
fn a_history_of_version_1_has_the_sessions_and_entries_that_it_had() {
    let mut history = History::default();
    HISTORY.lines().for_each(|line| history.add(record::HistoryLine::parse(line).unwrap()));
    let query = Query::default();
    let found = (history.select(&query), history.entries(&query));
    assert_snapshot!(serde_json::to_string_pretty(&found).unwrap());
}
