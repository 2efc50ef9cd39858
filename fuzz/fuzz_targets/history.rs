//! Any bytes at all in the history folder, and in a file to be imported: no panic, no loss, no lie.
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
    let logs = HistoryFolder::new(temp.path().join("history"), "own");
    fs::create_dir(logs.folder()).unwrap();
    let now = WallTime::new(Timestamp::from_second(1_800_000_000).unwrap(), Offset::UTC);
    let half = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
    let (own, other) = bytes.split_at(half.unwrap_or(bytes.len()));
    fs::write(logs.own_file(), own).unwrap();
    fs::write(logs.folder().join("other.jsonl"), other).unwrap();

    let checked = logs.check().unwrap();
    assert!(checked.is_order_independent, "{checked:?}");
    let before = sessions(&logs);
    for text in [report::format_session_list(&before, &OutputFormat::default()), report::sessions_to_json(&before), report::sessions_to_jsonl(&before)] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    report::sessions_to_csv(&before);
    if let Ok(sought) = logs.find_by_id("last", LookupTarget::Existing) {
        report::format_record(&sought.reading, &OutputFormat::default());
    }

    // What was exported is the same history.
    let mut text = String::new();
    logs.export(|line| {
        HistoryLine::parse(line).unwrap();
        text += &format!("{line}\n");
        Ok(())
    })
    .unwrap();
    let mut history = History::default();
    text.lines().for_each(|line| history.add(HistoryLine::parse(line).unwrap()));
    assert_eq!(history.sessions(), before);

    // An import never panics, and twice is once.
    let import = || {
        let sources = vec![ImportInput { name: "bytes".into(), reader: Box::new(bytes) }];
        logs.import(sources, &TimeZone::UTC, &now).unwrap()
    };
    import();
    assert_eq!(import().new_lines, 0);
    rate_session_within_hour(&logs, 3, &now).unwrap();

    // Nothing that was there is lost.
    assert!(fs::read(logs.own_file()).unwrap().starts_with(own));
    assert_eq!(fs::read(logs.folder().join("other.jsonl")).unwrap(), other);
});

fn sessions(logs: &HistoryFolder) -> Vec<easeback::record::SessionRecord> {
    logs.find_newest(&Query::default()).unwrap().sessions
}
