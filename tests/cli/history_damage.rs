//! Any bytes at all in the history folder: reported with their position, never lost, never fatal.

use crate::{
    history_folder::{JUNK, LogFolder, bytes, merge_lines, sessions, written_lines},
    home::Home,
};
use easeback::{
    history::{HistoryFolder, LookupTarget},
    record::{HistoryLine, Query},
};
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::Path,
};

fn home_with_logs(files: &[(&str, &[u8])]) -> Home {
    let home = Home::new();
    fs::create_dir_all(home.data().join("history")).unwrap();
    for (name, bytes) in files {
        fs::write(home.data().join("history").join(name), bytes).unwrap();
    }
    home
}

/// Runs every command that reads the whole history; none may fail because of unreadable lines.
fn run_all_readers(home: &Home) -> String {
    let mut output = String::new();
    for args in [
        &["history"][..],
        &["history", "list", "--all", "--json"],
        &["history", "export"],
        &["history", "show", "last"],
    ] {
        let result = home.run(args);
        assert_eq!(result.code, Some(0), "{args:?}: {result:?}");
        assert!(!(result.stdout.clone() + &result.stderr).contains(['\u{1b}', '\0']), "{result:?}");
        output = result.stderr;
    }
    output
}

#[test]
fn check_lists_every_unreadable_line_and_changes_nothing() {
    let good = bytes(&sessions(2));
    let twice = String::from_utf8(bytes(&sessions(1))).unwrap().replacen('{', "{\"v\":1,", 1);
    let lines = [
        &b"\xef\xbb\xbf"[..],
        &good,
        b"\r\n",
        b"\0\0\0\n",
        b"\xff\xfe\n",
        b"{\"v\":2,\"kind\":\"dream\"}\n",
        b"{\"v\":1,\"kind\":\"dream \xc2\x9b2J\"}\r\n",
        &b"[".repeat(100_000),
        b"\n{\"v\":1,\"kind\":\"entry\",\"x\":",
        &b"[".repeat(300),
        &b"]".repeat(300),
        b"}\n",
        twice.as_bytes(),
        b"{\"v\":1,\"kind\":\"sess",
    ]
    .concat();
    let home = home_with_logs(&[
        ("a.jsonl", &lines),
        ("b.jsonl", &good),
        ("notes.txt", b"mine"),
        (".hidden.jsonl", b"?"),
    ]);
    let before = home.files();
    let check = home.run(["history", "check"]);
    assert_eq!(check.code, Some(1), "{check:?}");
    assert_eq!(home.files(), before);
    assert!(!check.stdout.contains(['\u{1b}', '\0']), "{}", check.stdout);
    for expected in [
        "a.jsonl: 2 lines, 8 unreadable\n",
        "a.jsonl:4: cannot be read: ",
        "a.jsonl:5: cannot be read: it is not text in UTF-8\n",
        "a.jsonl:6: cannot be read: written by a newer version (v 2; this program reads up to v 1)\n",
        "a.jsonl:7: cannot be read: this program knows no lines of the kind 'dream \u{fffd}2J'\n",
        "a.jsonl:8: cannot be read: it is not a JSON object\n",
        "a.jsonl:9: cannot be read: recursion limit exceeded",
        "a.jsonl:10: cannot be read: duplicate field `v`",
        "a.jsonl:11: cannot be read: EOF while parsing",
        "b.jsonl: 2 lines\n",
        "notes.txt: not a log, skipped\n",
        ".hidden.jsonl: not a log, skipped\n",
        "2 sessions, 0 corrections, 0 diary entries\n",
        "the files give the same history\n",
    ] {
        assert!(check.stdout.contains(expected), "{expected}: {}", check.stdout);
    }
    assert!(run_all_readers(&home).contains("cannot read 8 lines of"));
    let well = home_with_logs(&[("a.jsonl", &good)]).run(["history", "check"]);
    assert_eq!((well.code, well.stderr.as_str()), (Some(0), ""), "{well:?}");
    assert_eq!(Home::new().run(["history", "check"]).code, Some(0));
}

#[test]
fn check_reports_lines_out_of_order() {
    let mut lines = sessions(30);
    lines.reverse();
    let check = home_with_logs(&[("a.jsonl", &bytes(&lines))]).run(["history", "check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.contains("a.jsonl:2: older than the line above it"), "{}", check.stdout);
}

/// A mount that turns a missing file into a folder, a pipe or a device: a log that cannot be read may be behind it.
#[test]
fn non_regular_files_count_as_unreadable_logs() {
    const KINDS: [&str; 5] = ["a folder", "a pipe", "a socket", "a link to a device", "a link to a folder"];
    for (kind, own) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let home = home_with_logs(&[("a.jsonl", &bytes(&sessions(1)))]);
        fs::write(home.folder().join("backup"), "good").unwrap();
        assert_eq!(home.run(["log", "first"]).code, Some(0));
        let folder = home.data().join("history");
        let mut logs = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let mut path = logs.find(|path| !path.ends_with("a.jsonl")).unwrap();
        match own {
            true => fs::remove_file(&path).unwrap(),
            false => path = folder.join("other.jsonl"),
        }
        let special = |kind| mknodat(CWD, &path, kind, Mode::RUSR | Mode::WUSR, 0).unwrap();
        match kind {
            "a folder" => fs::create_dir(&path).unwrap(),
            "a pipe" => special(FileType::Fifo),
            "a socket" => special(FileType::Socket),
            "a link to a device" => symlink("/dev/null", &path).unwrap(),
            _ => symlink(home.folder(), &path).unwrap(),
        }
        let before = home.files();
        let named = format!("cannot read {}: it is not a regular file\n", path.display());
        for args in [
            "history list --json",
            "history show last",
            "history rate last 3",
            "history export",
            "history export -o backup --yes",
            "stats",
            "report -o -",
        ] {
            let output = home.run(args.split(' '));
            assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{kind}: {args}: {output:?}");
            assert!(
                output.stderr.starts_with(&format!("error: {named}hint: ")),
                "{kind}: {args}: {output:?}"
            );
            assert!(home.files() == before, "{kind}: {args} changed a file");
        }
        let plan = home.run(["plan"]);
        assert!(plan.stderr.contains(&format!("warning: {named}")), "{kind}: {plan:?}");
        // Nothing can be written to it either, if it is this computer's own log.
        for (args, code) in [("log second", 0), ("start --detach --no-notify --allow-long", 0)] {
            let code = if own { 1 } else { code };
            assert_eq!(home.run(args.split(' ')).code, Some(code), "{kind}: {args}");
        }
    }
}

#[test]
fn check_reports_non_regular_files_and_follows_symlinks() {
    let home = home_with_logs(&[("a.jsonl", &bytes(&sessions(1)))]);
    let folder = home.data().join("history");
    let elsewhere = home.folder().join("elsewhere");
    fs::write(&elsewhere, bytes(&sessions(2))).unwrap();
    fs::create_dir(folder.join("folder.jsonl")).unwrap();
    mknodat(CWD, folder.join("pipe.jsonl"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    symlink("/dev/zero", folder.join("zero.jsonl")).unwrap();
    symlink("nowhere", folder.join("gone.jsonl")).unwrap();
    symlink("self.jsonl", folder.join("self.jsonl")).unwrap();
    symlink(&elsewhere, folder.join("link.jsonl")).unwrap();
    let check = home.run(["history", "check"]);
    assert_eq!(check.code, Some(1));
    for expected in [
        "folder.jsonl: it is not a regular file\n",
        "pipe.jsonl: it is not a regular file\n",
        "zero.jsonl: it is not a regular file\n",
        "gone.jsonl: it is a link to nowhere, which is not there\n",
        "self.jsonl: its link leads in a circle\n",
        "\nNOT SURE: a file that cannot be read may hold more sessions\n",
        "link.jsonl: 2 lines, a link to ",
        "2 sessions, ",
    ] {
        assert!(check.stdout.contains(expected), "{expected}: {}", check.stdout);
    }
    fs::remove_dir(folder.join("folder.jsonl")).unwrap();
    for name in ["pipe.jsonl", "zero.jsonl", "gone.jsonl", "self.jsonl"] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    assert_eq!(run_all_readers(&home), "");
    // A correction goes into this computer's own log, never through a link.
    assert_eq!(home.run(["history", "rate", "last", "3"]).code, Some(0));
    assert_eq!(fs::read(elsewhere).unwrap(), bytes(&sessions(2)));
}

/// 100 MB on one line, with a memory limit that they would exceed.
#[test]
fn line_of_100_mb_is_not_kept_in_memory() {
    let good = bytes(&sessions(2));
    let home = home_with_logs(&[("a.jsonl", &good)]);
    let path = home.data().join("history/a.jsonl");
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(b"{\"v\":1,\"kind\":\"session\",\"note\":\"").unwrap();
    let piece = vec![b'x'; 1 << 20];
    (0..100).for_each(|_| file.write_all(&piece).unwrap());
    file.write_all(b"\"}\n").unwrap();
    fs::copy(&path, home.folder().join("big")).unwrap();
    for args in ["check", "list --all", "export", "import big"] {
        let output = home.run_shell(&format!("ulimit -v 80000; \"$EASEBACK\" history {args}"));
        let code = if matches!(args, "check" | "import big") { 1 } else { 0 };
        assert_eq!(output.code, Some(code), "{args}: {output:?}");
        assert!((output.stdout + &output.stderr).contains("it is longer than 1024 KiB"), "{args}");
    }
}

/// A real log with random damage.
fn damaged_log() -> impl Strategy<Value = Vec<u8>> {
    let cut = (any::<u16>(), any::<u16>(), prop::collection::vec(any::<u8>(), 0..9), 0..JUNK.len());
    (written_lines(), prop::collection::vec(cut, 0..6)).prop_map(|(mut lines, cuts)| {
        lines.sort_by_key(HistoryLine::written_at);
        let mut log = bytes(&lines);
        for (at, length, inserted, junk) in cuts {
            let at = usize::from(at) % (log.len() + 1);
            let end = (at + usize::from(length) % 40).min(log.len());
            let inserted = if inserted.is_empty() { JUNK[junk].to_vec() } else { inserted };
            log.splice(at..end, inserted);
        }
        log
    })
}

fn is_unchanged(path: &Path, bytes: &[u8]) -> bool {
    fs::read(path).unwrap() == bytes
}

proptest! {
    #![proptest_config(crate::properties::property_config(128))]

    #[test]
    fn damaged_log_is_read_as_far_as_possible(first in damaged_log(), second in damaged_log()) {
        let folder = LogFolder::with([("a.jsonl", first.clone()), ("b.jsonl", second.clone())]);
        let check = folder.logs.check().unwrap();
        prop_assert!(check.is_order_independent, "{:?}", check);
        // The same lines, checked one by one.
        let all = [first.clone(), b"\n".to_vec(), second.clone()].concat();
        let texts = all.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        let readable = texts.filter_map(|text| HistoryLine::parse(text.trim_start_matches('\u{feff}').trim()).ok());
        let expected = merge_lines(readable).sessions();
        prop_assert_eq!(&folder.logs.find_newest(&Query::default()).unwrap().sessions, &expected);
        let lines: usize = check.files.iter().map(|file| file.readable_lines + file.problems.len()).sum();
        let line_count = all.split(|byte| *byte == b'\n').filter(|line| is_not_blank(line)).count();
        prop_assert_eq!(lines, line_count, "every line is counted");

        if let Ok(found) = folder.logs.find_by_id("last", LookupTarget::Existing) {
            let set = serde_json::Map::from_iter([("pain_after".to_owned(), 1.into())]);
            folder.logs.append_amendment(&found.reading, set, &found.reading.line.written_at()).unwrap();
        }
        prop_assert!(is_unchanged(&folder.logs.folder().join("a.jsonl"), &first));
        prop_assert!(is_unchanged(&folder.logs.folder().join("b.jsonl"), &second));
    }

    #[test]
    fn import_accepts_any_bytes(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200), damaged_log(),
        damaged_log().prop_map(|log| [b"[".to_vec(), log, b"]".to_vec()].concat()),
        damaged_log().prop_map(|log| [b"started,heat_min,note\n".to_vec(), log].concat()),
    ]) {
        let folder = LogFolder::new();
        let first = import(&folder.logs, &bytes);
        let second = import(&folder.logs, &bytes);
        prop_assert_eq!(second.new_lines, 0);
        prop_assert_eq!(first.unreadable_lines, second.unreadable_lines);
        let check = folder.logs.check().unwrap();
        prop_assert!(check.has_no_problems(), "{:?}", check);
    }
}

fn is_not_blank(line: &[u8]) -> bool {
    std::str::from_utf8(line).map_or(true, |text| !text.trim_start_matches('\u{feff}').trim().is_empty())
}

fn import(logs: &HistoryFolder, bytes: &[u8]) -> easeback::history::ImportResult {
    let source = easeback::history::ImportInput { name: "bytes".into(), reader: Box::new(bytes) };
    logs.import(vec![source], &jiff::tz::TimeZone::UTC, &crate::history_folder::minute(5000)).unwrap()
}

#[test]
fn maximum_line_length_is_the_same_for_all_readers() {
    let [first, long, last] = [0, 1, 2].map(|n| sessions(3)[n].to_json());
    for (length, fits) in [(1 << 20, true), ((1 << 20) + 1, false), ((1 << 20) + 2, false)] {
        for end in ["", "\n", "\r\n"] {
            let spaces = " ".repeat(length - long.len() - end.trim_end_matches('\n').len());
            let last = if end.is_empty() { "" } else { &last };
            let folder =
                LogFolder::with([("a.jsonl", format!("{first}\n{long}{spaces}{end}{last}").into_bytes())]);
            let expected_count = 1 + usize::from(fits) + usize::from(!end.is_empty());

            let found = folder.logs.find_newest(&Query::default()).unwrap();
            let (read, unreadable) = folder
                .logs
                .each(
                    || 0,
                    |read, _| {
                        *read += 1;
                        Ok(())
                    },
                )
                .unwrap();
            let check = folder.logs.check().unwrap();
            let case = format!("{length} bytes, then {end:?}");
            assert_eq!(
                [found.sessions.len(), read, check.files[0].readable_lines],
                [expected_count; 3],
                "{case}"
            );
            assert_eq!(found.unread, unreadable, "{case}");
            assert_eq!(unreadable.len(), usize::from(!fits), "{case}");
            let lines: Vec<_> = check.files[0].problems.iter().map(|fault| fault.line).collect();
            assert_eq!(lines, if fits { vec![] } else { vec![2] }, "{case}");
        }
    }
}
