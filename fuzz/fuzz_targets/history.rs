//! Random bytes in the history folder and in a file to import: no panic, nothing lost, and the same history whatever
//! the order of reading.
//!
//! `cargo +nightly fuzz run history` runs until it finds something; `-- -max_total_time=600` for ten minutes.

#![no_main]

use easeback::{
    cli::history::rate_session_within_hour,
    history::{HistoryFolder, ImportInput, LookupTarget},
    record::{History, HistoryLine, Query},
    report::{self, OutputFormat},
    time::WallTime,
};
use jiff::{Timestamp, tz::{Offset, TimeZone}};
use libfuzzer_sys::fuzz_target;
use std::{fs, path::Path};

const SEPARATOR: &[u8] = b"\n--8<--\n";

fuzz_target!(|bytes: &[u8]| {
    let temp = tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" }).unwrap();
    let history = HistoryFolder::new(temp.path().join("history"), "own");
    fs::create_dir(history.folder()).unwrap();
    let now = WallTime::new(Timestamp::from_second(1_800_000_000).unwrap(), Offset::UTC);
    let separator_at = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
    let (own, other) = bytes.split_at(separator_at.unwrap_or(bytes.len()));
    fs::write(history.own_file(), own).unwrap();
    fs::write(history.folder().join("other.jsonl"), other).unwrap();

    let check = history.check().unwrap();
    assert!(check.is_order_independent, "{check:?}");
    let sessions_before = sessions(&history);
    for text in [report::format_session_list(&sessions_before, &OutputFormat::default()), report::sessions_to_json(&sessions_before), report::sessions_to_jsonl(&sessions_before)] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    report::sessions_to_csv(&sessions_before);
    if let Ok(lookup) = history.find_by_id("last", LookupTarget::Existing) {
        report::format_record(&lookup.reading, &OutputFormat::default());
    }

    // An export holds the same history.
    let mut text = String::new();
    history.export(|line| {
        HistoryLine::parse(line).unwrap();
        text += &format!("{line}\n");
        Ok(())
    })
    .unwrap();
    let mut exported = History::default();
    for line in text.lines() {
        exported.add(HistoryLine::parse(line).unwrap());
    }
    assert_eq!(exported.sessions(), sessions_before);

    // A second import adds nothing.
    let import = || {
        let inputs = vec![ImportInput { name: "bytes".into(), reader: Box::new(bytes) }];
        history.import(inputs, &TimeZone::UTC, &now).unwrap()
    };
    import();
    assert_eq!(import().new_lines, 0);
    rate_session_within_hour(&history, 3, &now).unwrap();

    // Nothing that was there is lost.
    assert!(fs::read(history.own_file()).unwrap().starts_with(own));
    assert_eq!(fs::read(history.folder().join("other.jsonl")).unwrap(), other);
});

fn sessions(history: &HistoryFolder) -> Vec<easeback::record::SessionRecord> {
    history.find_newest(&Query::default()).unwrap().sessions
}
