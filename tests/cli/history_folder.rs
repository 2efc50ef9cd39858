//! The folder of logs: what is written stays and is found again, whatever else is in the folder.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is how a failure is reported")]

use clap::Parser;
use easeback::{
    cli::history::{HistoryArgs, HistoryOutput, run},
    error::{ErrorCode, Result},
    history::{HistoryFolder, LookupTarget},
    record::{Amendment, History, HistoryLine, Outcome, PhaseRecord, Query, SessionRecord},
    report::{self, OutputFormat},
    time::WallTime,
};
use jiff::{Timestamp, ZonedDateTime, tz::Offset};
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Map, Value, json};
use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
};
use tempfile::TempDir;
use uuid::Uuid;

pub const JUNK: &[&[u8]] = &[
    b"",
    b"\r",
    b"junk",
    b"{\"v\":1,\"kind\":\"sess",
    b"\0\0\0\0",
    b"\xff\xfe",
    b"{\"v\":2,\"kind\":\"dream\"}",
    b"{\"v\":1,\"kind\":\"dream\"}",
    b"[[[[",
];

#[derive(Parser)]
struct HistoryCli {
    #[command(flatten)]
    history: HistoryArgs,
}

/// A folder of logs that is removed after the test.
pub struct LogFolder {
    _temp: TempDir,
    pub logs: HistoryFolder,
}

impl LogFolder {
    pub fn new() -> LogFolder {
        let temp = tempfile::tempdir().unwrap();
        let logs = HistoryFolder::new(temp.path().join("data/history"), "laptop-00c0de");
        LogFolder { _temp: temp, logs }
    }

    /// A folder with these files, each with its name and its bytes.
    pub fn with<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> LogFolder {
        let folder = LogFolder::new();
        fs::create_dir_all(folder.logs.folder()).unwrap();
        for (name, bytes) in files {
            fs::write(folder.logs.folder().join(name), bytes).unwrap();
        }
        folder
    }

    fn find_newest(&self, limit: usize) -> Vec<SessionRecord> {
        self.logs.find_newest(&Query { limit: Some(limit), ..Query::default() }).unwrap().sessions
    }

    fn find(&self, id: &str) -> Result<SessionRecord> {
        match self.logs.find_by_id(id, LookupTarget::Existing)?.reading.line {
            HistoryLine::Session(session) => Ok(session),
            other => panic!("a session expected, not {other:?}"),
        }
    }

    fn append(&self, session: &SessionRecord) {
        self.logs.open_writer().unwrap().append(&HistoryLine::Session(session.clone())).unwrap();
    }

    fn run_history(&self, history_args: &[&str]) -> Result<HistoryOutput> {
        let args = HistoryCli::try_parse_from([&["history"], history_args].concat()).unwrap().history;
        run(
            &args,
            &self.logs,
            &"2026-11-20T20:00[+01:00]".parse::<ZonedDateTime>().unwrap(),
            &OutputFormat::default(),
        )
    }
}

/// So many minutes after 2026-11-20 00:00 in Berlin.
pub fn minute(minute: i64) -> WallTime {
    let midnight: Timestamp = "2026-11-19T23:00:00Z".parse().unwrap();
    WallTime::new(Timestamp::from_second(midnight.as_second() + 60 * minute).unwrap(), Offset::constant(1))
}

pub fn session(number: u32, started: i64, at: i64) -> SessionRecord {
    let phase = |kind: &str, planned_s, actual_s| PhaseRecord {
        started: Some(minute(started)),
        ..PhaseRecord::new(kind, 1, planned_s, actual_s)
    };
    SessionRecord {
        at: minute(at),
        planned_s: 1800,
        active_s: 1740,
        pain_before: Some(7),
        ..SessionRecord::new(
            Uuid::from_u128((u128::from(number) << 96) | 0x7000_8000_0000_0000_0000),
            minute(started),
            "alternate",
            vec![phase("heat", 1200, 1200), phase("cold", 600, 540)],
        )
    }
}

pub fn amendment(number: u128, session: &SessionRecord, at: i64, set: Value) -> HistoryLine {
    let Value::Object(set) = set else { panic!("fields expected, not {set}") };
    HistoryLine::Amendment(Amendment {
        id: Uuid::from_u128(number),
        target_id: session.id,
        at: minute(at),
        changed_fields: set,
        unknown_fields: Map::new(),
    })
}

pub fn bytes(lines: &[HistoryLine]) -> Vec<u8> {
    lines.iter().flat_map(|line| (line.to_json() + "\n").into_bytes()).collect()
}

pub fn sessions(count: u32) -> Vec<HistoryLine> {
    (0..count).map(|n| HistoryLine::Session(session(n, i64::from(n) * 60, i64::from(n) * 60 + 30))).collect()
}

#[test]
fn missing_folder_is_an_empty_history() {
    let folder = LogFolder::new();
    assert_eq!(folder.find_newest(20), []);
    assert!(!folder.logs.folder().exists(), "reading made the folder");
    let answer = folder.run_history(&[]).unwrap();
    assert_eq!(answer.stdout, "");
    assert_eq!(answer.warnings, ["no session yet: `easeback start` starts one"]);
    assert_eq!(
        folder.run_history(&["--json"]).unwrap(),
        HistoryOutput { stdout: "[]\n".into(), ..HistoryOutput::default() }
    );
    assert_eq!(folder.find("last").unwrap_err().exit_code, ErrorCode::Failed);
}

#[test]
fn written_sessions_are_private_and_found_again() {
    let folder = LogFolder::new();
    folder.logs.reserve_space().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.logs.folder()), 0o700);
    assert_eq!(mode(folder.logs.own_file()), 0o600);
    assert_eq!(fs::metadata(folder.logs.own_file()).unwrap().len(), 0, "room is no content");

    let session = session(1, 0, 90);
    assert_eq!(folder.logs.open_writer().unwrap().last_written_at(), None);
    folder.append(&session);
    assert_eq!(folder.logs.open_writer().unwrap().last_written_at(), Some(session.at));
    assert_eq!(folder.find_newest(20), [session]);
}

#[test]
fn torn_line_is_terminated_and_kept() {
    let torn = br#"{"v":1,"kind":"session","id":"0193"#;
    let folder = LogFolder::with([("laptop-00c0de.jsonl", torn.to_vec())]);
    let session = session(1, 0, 90);
    folder.append(&session);
    let expected = [&torn[..], b"\n", &bytes(&[HistoryLine::Session(session.clone())])].concat();
    assert_eq!(fs::read(folder.logs.own_file()).unwrap(), expected);

    let found = folder.logs.find_newest(&Query::default()).unwrap();
    assert_eq!(found.sessions, [session]);
    assert_eq!((found.unread[0].line_count, found.unread[0].last_offset), (1, 0));
}

#[test]
fn concurrent_writers_wait_for_each_other() {
    let folder = LogFolder::new();
    thread::scope(|scope| {
        for half in 0..2 {
            let folder = &folder;
            scope.spawn(move || (0..20).for_each(|n| folder.append(&session(half * 100 + n, 0, 30))));
        }
    });
    let found = folder.logs.find_newest(&Query::default()).unwrap();
    assert_eq!((found.sessions.len(), found.unread.len()), (40, 0));
}

#[test]
fn unwritable_folder_is_reported_before_the_session() {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("data"), "").unwrap();
    let beneath_a_file = HistoryFolder::new(temp.path().join("data/history"), "laptop-00c0de");
    let error = beneath_a_file.reserve_space().unwrap_err();
    assert!(error.message.contains("data/history: "), "{error}");
    assert!(error.hint.unwrap().contains("EASEBACK_DATA_DIR"));

    let folder = LogFolder::new();
    fs::create_dir_all(folder.logs.own_file()).unwrap();
    assert!(folder.logs.reserve_space().unwrap_err().message.contains("laptop-00c0de.jsonl"));
}

#[test]
fn only_files_with_a_log_name_are_logs() {
    let line = |n| bytes(&[HistoryLine::Session(session(n, 0, 30))]);
    let folder = LogFolder::with([("a.jsonl", line(1)), (".hidden.jsonl", line(2)), ("b.json", line(3))]);
    let path = |name| folder.logs.folder().join(name);
    fs::create_dir(path("folder.json")).unwrap();
    let found = folder.logs.find_newest(&Query::default()).unwrap();
    assert_eq!((found.sessions, found.unread), (vec![session(1, 0, 30)], vec![]));
    fs::create_dir(path("folder.jsonl")).unwrap();
    mknodat(CWD, path("pipe.jsonl"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert!(
        folder.logs.find_newest(&Query::default()).unwrap_err().message.starts_with("cannot read 2 logs of ")
    );
    let (found, gaps) = folder.logs.find_newest_readable(&Query::default()).unwrap();
    assert_eq!((found.sessions, found.unread), (vec![session(1, 0, 30)], vec![]));
    let unreadable: Vec<_> = gaps.logs.into_iter().map(|log| log.path).collect();
    assert_eq!(unreadable, [path("folder.jsonl"), path("pipe.jsonl")]);
}

#[test]
fn byte_order_mark_and_crlf_are_accepted() {
    let lines = sessions(2).iter().map(|line| line.to_json() + "\r\n").collect::<String>();
    let folder = LogFolder::with([("windows.jsonl", format!("\u{feff}{lines}\r\n").into_bytes())]);
    let found = folder.logs.find_newest(&Query::default()).unwrap();
    assert_eq!((found.sessions.len(), found.unread.len()), (2, 0));
}

#[test]
fn session_without_a_write_time_uses_its_end_time() {
    let ended = SessionRecord { ended: Some(minute(80)), ..session(1, 0, 80) };
    let mut fields = serde_json::to_value(HistoryLine::Session(ended.clone())).unwrap();
    fields.as_object_mut().unwrap().remove("at");
    fields["v"] = json!(1);
    let folder = LogFolder::with([("other.jsonl", fields.to_string().into_bytes())]);
    assert_eq!(folder.find_newest(1), [ended]);
}

#[test]
fn lines_across_chunk_borders_are_read_whole() {
    for length in 65_500..65_540 {
        let padding = vec![b' '; length];
        let [old, new] = [0, 1].map(|n| bytes(&sessions(2)[n..=n]));
        let folder = LogFolder::with([("a.jsonl", [old, padding, b"\n".to_vec(), new].concat())]);
        let found = folder.logs.find_newest(&Query::default()).unwrap();
        assert_eq!((found.sessions.len(), found.unread.len()), (2, 0), "{length} spaces");
    }
}

#[test]
fn overlong_line_is_skipped_and_reported() {
    let [old, new] = [0, 1].map(|n| bytes(&sessions(2)[n..=n]));
    for (length, unreadable) in [(900 << 10, 0), (1100 << 10, 1), (20 << 20, 1)] {
        let noted = SessionRecord { note: Some("x".repeat(length)), ..session(9, 30, 60) };
        let folder =
            LogFolder::with([("a.jsonl", [&old[..], &bytes(&[HistoryLine::Session(noted)]), &new].concat())]);
        let found = folder.logs.find_newest(&Query::default()).unwrap();
        assert_eq!(
            (found.sessions.len(), found.unread.len()),
            (3 - unreadable, unreadable),
            "{length} bytes"
        );
        assert!(found.unread.iter().all(|unreadable| unreadable.last_offset == old.len() as u64));
    }
}

#[test]
fn newest_sessions_are_read_without_reading_older_data() {
    let folder = LogFolder::with([]);
    let mut file = File::create(folder.logs.own_file()).unwrap();
    file.seek(SeekFrom::Start(200 << 20)).unwrap();
    file.write_all(b"\n").unwrap();
    file.write_all(&bytes(&sessions(21))).unwrap();
    let before = bytes_read();
    let found = folder.logs.find_newest(&Query { limit: Some(20), ..Query::default() }).unwrap();
    let read = bytes_read() - before;
    assert_eq!((found.sessions.len(), found.unread.len()), (20, 0));
    assert!(read < 256 << 10, "{read} bytes of 200 MiB read");
}

/// How many bytes this thread has read so far, according to the system.
fn bytes_read() -> u64 {
    let counters = fs::read_to_string("/proc/thread-self/io").unwrap();
    counters.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

#[test]
fn sessions_with_equal_times_are_all_considered() {
    let sessions_at_one_time = [2, 1].map(|n| session(n, 10, 10));
    let folder =
        LogFolder::with([("a.jsonl", bytes(&sessions_at_one_time.clone().map(HistoryLine::Session)))]);
    assert_eq!(folder.find_newest(1), sessions_at_one_time[..1]);
}

#[test]
fn session_moved_later_keeps_its_earlier_corrections() {
    let moved = session(1, 0, 10);
    let corrections = [
        amendment(1, &moved, 50, json!({ "pain_after": 2 })),
        HistoryLine::Session(session(2, 80, 85)),
        amendment(2, &moved, 100, json!({ "started": minute(95) })),
    ];
    let folder = LogFolder::with([
        ("a.jsonl", bytes(&[HistoryLine::Session(moved.clone())])),
        ("b.jsonl", bytes(&corrections)),
    ]);
    let found = folder.logs.find_newest(&Query { since: Some(minute(90)), ..Query::default() }).unwrap();
    assert_eq!(found.sessions, [SessionRecord { started: minute(95), pain_after: Some(2), ..moved }]);
}

#[test]
fn ids_are_found_by_prefix() {
    let folder = LogFolder::with([("a.jsonl", bytes(&sessions(18)))]);
    assert_eq!(folder.find("last").unwrap(), session(17, 17 * 60, 17 * 60 + 30));
    assert_eq!(folder.find("0000000A").unwrap().id, session(10, 0, 0).id);
    assert_eq!(folder.find(&session(3, 0, 0).id.to_string()).unwrap().id, session(3, 0, 0).id);
    for (id, code, expected) in [
        ("0000001", ErrorCode::Failed, "2 ids begin with '0000001'"),
        ("ffff", ErrorCode::Failed, "no session has an id that begins with 'ffff'"),
        ("", ErrorCode::Usage, "invalid id '': expected 'last' or the first characters of an id"),
        ("latest", ErrorCode::Usage, "invalid id 'latest': expected 'last' or the first characters of an id"),
        (
            "\u{1b}[2J",
            ErrorCode::Usage,
            "invalid id '\\u{1b}[2J': expected 'last' or the first characters of an id",
        ),
    ] {
        let error = folder.find(id).unwrap_err();
        assert_eq!((error.exit_code, error.message.as_str()), (code, expected));
        assert!(error.hint.is_some());
    }
}

#[test]
fn list_shows_only_what_its_filters_select() {
    let folder = LogFolder::with([("a.jsonl", bytes(&sessions(30)))]);
    let ids = |args: &[&str]| -> Vec<String> {
        let list = folder.run_history(args).unwrap().stdout;
        list.lines().skip(1).map(|line| line[..8].to_owned()).collect()
    };
    assert_eq!(ids(&[]).len(), 20);
    assert_eq!(ids(&["--all"]).len(), 30);
    assert_eq!(ids(&["list", "--limit", "2"]), ["0000001d", "0000001c"]);
    assert_eq!(ids(&["--since", "2026-11-21"]).len(), 6);
    assert_eq!(ids(&["--until", "2026-11-20 01:00"]), ["00000001", "00000000"]);
    assert_eq!(ids(&["list", "--since", "02:00", "--until", "2026-11-20", "--limit", "1"]), ["00000017"]);
    let error = folder.run_history(&["--since", "today", "--until", "yesterday"]).unwrap_err();
    assert_eq!(error.exit_code, ErrorCode::Usage);
    assert_eq!(folder.run_history(&["--since", "soon"]).unwrap_err().exit_code, ErrorCode::Usage);
    assert!(HistoryCli::try_parse_from(["history", "--limit", "0"]).is_err());
    assert!(HistoryCli::try_parse_from(["history", "--all", "--limit", "3"]).is_err());
    assert_eq!(
        folder.run_history(&["path"]).unwrap().stdout,
        format!("{}\n", folder.logs.folder().display())
    );
}

#[test]
fn list_text_matches_snapshot() {
    let stopped = SessionRecord {
        outcome: Outcome::Stopped,
        protocol: "my-own-long-protocol".into(),
        pain_after: Some(4),
        ..session(0xab, 1082, 1172)
    };
    let minimal = SessionRecord { pain_before: None, phases: Vec::new(), ..session(0xaa, 600, 660) };
    assert_eq!(
        report::format_session_list(&[stopped, minimal], &OutputFormat::default()),
        "\
ID        STARTED           PROTOCOL        OUTCOME    HEAT min  COLD min  PAIN
000000ab  2026-11-20 18:02  my-own-long-p…  stopped    20        9/10      7 → 4
000000aa  2026-11-20 10:00  alternate       completed  –         –         –
"
    );
}

#[test]
fn ids_are_shortened_to_a_unique_prefix() {
    let similar_sessions =
        [1, 2].map(|n| SessionRecord { id: Uuid::from_u128(n << 72), ..session(0, 0, 30) });
    let list = report::format_session_list(&similar_sessions, &OutputFormat::default());
    assert!(list.contains("00000000-0000-01  2026"), "{list}");
    assert!(list.contains("00000000-0000-02  2026"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}

#[test]
fn show_prints_one_session_in_full() {
    let mut full = SessionRecord {
        tz: Some("Europe/Berlin".into()),
        ended: Some(minute(1120)),
        outcome: Outcome::Stopped,
        swap: Some("auto".into()),
        paused_s: 61,
        overdue_s: 30,
        slept_s: 20,
        allow_long: true,
        pain_after: Some(4),
        note: Some("better\nthan \u{1b}[31myesterday\u{202e}".into()),
        stop_reason: Some("dinner".into()),
        ..session(0xab, 1082, 1121)
    };
    full.phases[1] = PhaseRecord {
        overdue_s: 30,
        outcome: Outcome::CutShort,
        citation: Some("D2".into()),
        ..full.phases[1].clone()
    };
    let folder = LogFolder::with([("a.jsonl", bytes(&[HistoryLine::Session(full)]))]);
    assert_eq!(
        folder.run_history(&["show", "last"]).unwrap().stdout,
        "\
session     000000ab-0000-7000-8000-000000000000
started     2026-11-20 18:02 (Europe/Berlin)
ended       2026-11-20 18:40
recorded    2026-11-20 18:41
outcome     stopped
why         dinner
protocol    alternate
swaps       by itself
planned     30 min
done        29 min
limits      lifted (--allow-long)
paused      1 min 1 s
late        30 s, past the time to swap
slept       20 s, the computer; included above
pain        7 → 4
note        better
            than \u{fffd}[31myesterday\u{fffd}
advised by  cold: a doctor-reviewed article

ROUND  PHASE  BEGAN  DONE    PLANNED  OUTCOME
1      heat   18:02  20 min  20 min   completed
1      cold   18:02  9 min   10 min   cut short, 30 s late
"
    );
}

#[test]
fn json_output_equals_the_log_without_control_characters() {
    let noted = SessionRecord { note: Some("\u{9b}2J\u{202e} \u{7f}\n".into()), ..session(1, 0, 30) };
    let folder = LogFolder::with([("a.jsonl", bytes(&[HistoryLine::Session(noted), sessions(1).remove(0)]))]);
    let json = folder.run_history(&["--json"]).unwrap().stdout;
    assert!(!json.contains(['\u{9b}', '\u{202e}', '\u{7f}']));
    let shown: Vec<Value> = serde_json::from_str(&json).unwrap();
    let log = fs::read_to_string(folder.logs.folder().join("a.jsonl")).unwrap();
    let logged: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(shown, logged);
}

#[test]
fn unreadable_lines_of_a_file_are_reported_once() {
    let folder = LogFolder::with([("a.jsonl", b"{}\n{}\n".to_vec())]);
    let warnings = folder.run_history(&[]).unwrap().warnings;
    assert!(warnings[0].contains("cannot read 2 lines of"), "{warnings:?}");
    assert!(
        warnings[0].ends_with("a.jsonl, the last at byte 3: it does not say its version"),
        "{warnings:?}"
    );
    let folder = LogFolder::with([("b\u{1b}.jsonl", b"\xff".to_vec())]);
    let warnings = folder.run_history(&[]).unwrap().warnings;
    assert!(warnings[0].ends_with("b\u{fffd}.jsonl, at byte 0: it is not text in UTF-8"), "{warnings:?}");
}

/// Lines as computers write them: a session after its start, a correction after its session.
pub fn written_lines() -> impl Strategy<Value = Vec<HistoryLine>> {
    let correction = (0..50_i64, 0..4_u8, 0..100_i64);
    let written = (0..100_i64, 0..6_i64, prop::bool::weighted(0.2), prop::collection::vec(correction, 0..3));
    prop::collection::vec(written, 0..25).prop_map(|sessions| {
        let mut lines = Vec::new();
        for (number, (started, took, rewritten, corrections)) in (0..).zip(sessions) {
            let at = started + took;
            let first = session(number, started, at);
            if rewritten {
                let more = SessionRecord { at: minute(at + 9), active_s: 9, ..first.clone() };
                lines.push(HistoryLine::Session(more));
            }
            for (after, kind, value) in corrections {
                let set = match kind {
                    0 => json!({ "deleted": true }),
                    1 => json!({ "deleted": false, "pain_after": 2 }),
                    2 => json!({ "started": minute(value.min(at + after)) }),
                    _ => json!({ "pain_after": value % 11 }),
                };
                lines.push(amendment(lines.len() as u128, &first, at + after, set));
            }
            lines.push(HistoryLine::Session(first));
        }
        lines
    })
}

pub fn merge_lines(lines: impl IntoIterator<Item = HistoryLine>) -> History {
    lines.into_iter().fold(History::default(), |mut history, line| {
        history.add(line);
        history
    })
}

/// Spreads lines over three files, each in the order of writing, with junk between them.
fn spread_over_files(mut lines: Vec<HistoryLine>, places: &[(usize, usize)]) -> LogFolder {
    lines.sort_by_key(HistoryLine::written_at);
    let mut files = [const { Vec::new() }; 3];
    for (line, (file, junk)) in lines.iter().zip(places.iter().cycle()) {
        files[file % 3].extend_from_slice(&bytes(std::slice::from_ref(line)));
        if let Some(junk) = JUNK.get(*junk) {
            files[file % 3].extend_from_slice(junk);
            files[file % 3].push(b'\n');
        }
    }
    LogFolder::with(["a.jsonl", "b.jsonl", "c.jsonl"].into_iter().zip(files))
}

proptest! {
    #![proptest_config(crate::properties::property_config(128))]

    #[test]
    fn line_order_and_duplicates_do_not_matter(
        (lines, shuffled) in written_lines().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let once = merge_lines(lines);
        prop_assert_eq!(&merge_lines(shuffled.clone()), &once);
        prop_assert_eq!(merge_lines([shuffled.clone(), shuffled].concat()).sessions(), once.sessions());
    }

    #[test]
    fn reverse_reading_equals_full_reading(
        lines in written_lines(),
        places in prop::collection::vec((0..3_usize, 0..20_usize), 1..40),
        limit in prop::option::of(0..8_usize),
        since in prop::option::of(0..100_i64),
        until in prop::option::of(0..100_i64),
    ) {
        let query = Query { limit, since: since.map(minute), until: until.map(minute), ..Query::default() };
        let everything = merge_lines(lines.clone()).select(&query);
        prop_assert_eq!(spread_over_files(lines, &places).logs.find_newest(&query).unwrap().sessions, everything);
    }

    #[test]
    fn arbitrary_bytes_are_kept_and_hide_no_session(
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            prop::sample::select(JUNK).prop_map(<[u8]>::to_vec),
            Just(b"\n".to_vec()),
            Just(bytes(&sessions(1))),
        ], 0..12),
    ) {
        let old = pieces.concat();
        let folder = LogFolder::with([("laptop-00c0de.jsonl", old.clone())]);
        let appended = session(77, 5000, 5050);
        folder.logs.reserve_space().unwrap();
        folder.append(&appended);
        prop_assert!(fs::read(folder.logs.own_file()).unwrap().starts_with(&old));
        prop_assert_eq!(folder.find_newest(1), [appended]);
        folder.logs.find_newest(&Query::default()).unwrap();
    }
}
