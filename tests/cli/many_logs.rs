//! More logs than the number of files that a process may open.

use crate::{
    history_folder::{bytes, session},
    home::{Home, Output},
};
use easeback::record::{HistoryLine, SessionRecord};
use std::fs;

/// A history of so many logs with one session each, with a note of that length.
fn home_with_logs(logs: u32, note: usize) -> Home {
    let home = Home::new();
    let folder = home.data().join("history");
    fs::create_dir_all(&folder).unwrap();
    let note = Some("x".repeat(note)).filter(|note| !note.is_empty());
    for number in 0..logs {
        let started = i64::from(number);
        let session = SessionRecord { note: note.clone(), ..session(number, started, started) };
        fs::write(folder.join(format!("log-{number:05}.jsonl")), bytes(&[HistoryLine::Session(session)]))
            .unwrap();
    }
    home
}

/// Runs a command with these limits on open files; it may raise the soft one to the hard one.
fn run_with_file_limit(home: &Home, soft: u32, hard: u32, args: &str) -> Output {
    home.run_shell(&format!("ulimit -Sn {soft}; ulimit -Hn {hard}; \"$EASEBACK\" {args}"))
}

/// Runs everything that reads all logs at once, and checks the number of sessions.
fn assert_reads_all_logs(home: &Home, logs: u32, soft: u32, hard: u32) {
    let run = |args: &str| {
        let output = run_with_file_limit(home, soft, hard, args);
        assert_eq!(output.code, Some(0), "{args}: {output:?}");
        output
    };
    let list = run("history list --jsonl --all");
    assert_eq!((list.stdout.lines().count(), list.stderr.as_str()), (logs as usize, ""));
    assert!(run("stats").stdout.contains(&format!("{logs} sessions")));
    assert_eq!(run("history export").stdout.lines().count(), logs as usize);
    assert!(run("history check").stdout.contains(&format!("\n{logs} sessions, ")));
    let newest = format!("{:08x}", logs - 1);
    assert!(run("history show last").stdout.contains(&newest));
    assert!(run("history rate last 3").stderr.contains(&newest));
    assert_eq!(run("plan").stderr, "");
    assert!(run("report -o -").stdout.contains("<html"));
    fs::copy(home.data().join("history/log-00000.jsonl"), home.folder().join("incoming")).unwrap();
    assert!(run("history import incoming").stderr.contains("0 new; 1 known"));
}

#[test]
fn small_logs_are_closed_immediately() {
    assert_reads_all_logs(&home_with_logs(150, 0), 150, 100, 100);
}

#[test]
fn open_file_limit_is_raised_for_large_logs() {
    assert_reads_all_logs(&home_with_logs(36, 70_000), 36, 30, 200);
}

#[test]
fn logs_over_the_open_file_limit_are_an_error() {
    let home = home_with_logs(60, 70_000);
    let before = home.files();
    for args in ["history --json", "stats", "history rate last 3", "history show last"] {
        let output = run_with_file_limit(&home, 30, 30, args);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{args}: {output:?}");
        assert!(
            output.stderr.contains("error: cannot read ")
                && output.stderr.contains(" logs of the history, such as ")
        );
        assert!(output.stderr.contains("too many files are open"), "{output:?}");
        assert!(output.stderr.contains("\nhint: type: ulimit -n 65536 "), "{output:?}");
        assert_eq!(output.stderr.lines().count(), 2, "one complaint and its hint: {output:?}");
    }
    assert!(home.files() == before);
}

#[test]
fn unreadable_files_are_summarized_in_one_line_per_kind() {
    let home = home_with_logs(40, 0);
    let folder = home.data().join("history");
    for number in 0..30 {
        fs::write(folder.join(format!("torn-{number}.jsonl")), "{\n{\n").unwrap();
    }
    for args in [&["stats"][..], &["history"], &["history", "export"]] {
        let output = home.run(args);
        assert_eq!(output.code, Some(0), "{output:?}");
        assert_eq!(output.stderr.matches("cannot read ").count(), 1, "{output:?}");
        assert!(output.stderr.contains("cannot read 60 lines of 30 logs, such as 2 lines of "), "{output:?}");
    }
    for number in 0..30 {
        fs::create_dir(folder.join(format!("folder-{number}.jsonl"))).unwrap();
    }
    let plan = home.run(["plan", "--allow-long"]);
    assert_eq!(plan.stderr.matches("warning: cannot read ").count(), 2, "{plan:?}");
    assert!(plan.stderr.contains("cannot read 60 lines of 30 logs, such as 2 lines of "), "{plan:?}");
    assert!(plan.stderr.contains("cannot read 30 logs of the history, such as "), "{plan:?}");
}
