//! Journals and histories of version 1 can be read forever: each line keeps its meaning and is written as it was.

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
fn journal_lines_of_version_1_round_trip_byte_for_byte() {
    for text in JOURNAL_LINES.lines() {
        let line = journal::parse_entries(text.as_bytes()).next().unwrap();
        assert_ne!(line.event, Event::Unknown);
        assert_eq!(serde_json::to_string(&line).unwrap(), text);
    }
}

#[test]
fn journal_of_version_1_gives_the_same_record() {
    let session = Session::replay(journal::parse_entries(JOURNAL.as_bytes())).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&session.to_record()).unwrap());
}

#[test]
fn history_lines_of_version_1_round_trip_byte_for_byte() {
    for text in HISTORY.lines() {
        assert_eq!(record::HistoryLine::parse(text).unwrap().to_json(), text);
    }
}

#[test]
fn history_of_version_1_gives_the_same_sessions_and_entries() {
    let mut history = History::default();
    HISTORY.lines().for_each(|line| history.add(record::HistoryLine::parse(line).unwrap()));
    let query = Query::default();
    let found = (history.select(&query), history.entries(&query));
    assert_snapshot!(serde_json::to_string_pretty(&found).unwrap());
}
