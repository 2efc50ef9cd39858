//! The diary: what can be logged about a moment, its time, and when it was written.

use crate::home::{Home, Output};
use serde_json::{Value, json};
use std::fs;

/// Each flag of `log`, a value, and whether diary entries have such a field.
const FLAGS: [(&str, &str, bool); 11] = [
    ("--at", "yesterday 08:00", true),
    ("--pain", "3", true),
    ("--heat", "15", false),
    ("--cold", "5", false),
    ("--rounds", "2", false),
    ("--pain-before", "7", false),
    ("--region", "low", false),
    ("--side", "left", false),
    ("--trigger", "lifting", false),
    ("--onset", "3d", false),
    ("--note", "slept", false),
];

/// Arguments for a diary entry or a session, and whether they are enough by themselves.
const LOG_ARGUMENTS: [(&[&str], bool); 5] = [
    (&["walked"], true),
    (&["--pain=4"], true),
    (&["walked", "--pain=4"], true),
    (&[], false),
    (&["walked", "--session", "alternate"], false),
];

/// Runs `log` and returns the lines that it wrote; an error has a helpful hint and writes none.
fn lines_of_log(args: &[&str]) -> Vec<Value> {
    let home = Home::new();
    let output = home.run(std::iter::once(&"log").chain(args));
    let lines = home.history();
    if lines.is_empty() {
        assert_eq!((output.code, output.stderr.lines().count()), (Some(2), 2), "{args:?}: {output:?}");
        let hint = output.stderr.lines().last().unwrap();
        assert!(hint.starts_with("hint: ") && !hint.contains("--help"), "{args:?}: {hint}");
    } else {
        assert_eq!((output.code, lines.len()), (Some(0), 1), "{args:?}: {output:?}");
    }
    lines
}

fn run_log(home: &Home, args: &[&str]) {
    let output = home.run(std::iter::once(&"log").chain(args));
    assert_eq!(output.code, Some(0), "{args:?}: {output:?}");
}

fn list_entries(home: &Home, args: &[&str]) -> Output {
    let output = home.run(["history", "list", "--entries"].iter().chain(args));
    assert_eq!(output.code, Some(0), "{output:?}");
    output
}

#[test]
fn every_log_flag_is_stored_in_an_entry_or_rejected() {
    for (arguments, is_enough) in LOG_ARGUMENTS {
        assert_eq!(lines_of_log(arguments).len(), usize::from(is_enough), "{arguments:?}");
        for (flag, value, is_of_an_entry) in FLAGS {
            if arguments.contains(&"--pain=4") && flag == "--pain" {
                continue;
            }
            let lines = lines_of_log(&[arguments, &[flag, value]].concat());
            let counts = is_of_an_entry && (is_enough || (arguments.is_empty() && flag == "--pain"));
            assert_eq!(lines.len(), usize::from(counts), "{arguments:?} {flag}: {lines:?}");
            if counts && flag == "--at" {
                assert!(lines[0]["when"].as_str().unwrap().contains("T08:00:00"), "{lines:?}");
            } else if counts {
                assert_eq!(lines[0]["pain"], 3, "{lines:?}");
            }
        }
    }
}

#[test]
fn every_log_flag_is_stored_in_a_session_with_a_start_time() {
    let session = ["--session", "alternate"];
    assert_eq!(lines_of_log(&session), [Value::Null; 0]);
    let without_flag = lines_of_log(&[&session[..], &["--at", "yesterday 08:00"]].concat());
    for (flag, value, _) in FLAGS {
        let typed = [&session[..], &[flag, value]].concat();
        if flag == "--at" {
            continue;
        }
        assert_eq!(lines_of_log(&typed), [Value::Null; 0], "{flag} without a beginning");
        let lines = lines_of_log(&[&typed[..], &["--at", "yesterday 08:00"]].concat());
        let differs = ["phases", "pain_before", "pain_after", "region", "side", "trigger", "onset", "note"]
            .iter()
            .filter(|field| lines[0][**field] != without_flag[0][**field]);
        assert_eq!(differs.count(), 1, "{flag}: {lines:?}");
    }
}

#[test]
fn log_rejects_invalid_times() {
    for at in ["nonsense", "", "yesterday", "2999-01-01 10:00", "-1h"] {
        for arguments in [&["walked"][..], &["--pain", "3"], &["--session", "ice"]] {
            assert_eq!(
                lines_of_log(&[arguments, &["--at", at]].concat()),
                [Value::Null; 0],
                "{arguments:?} {at}"
            );
        }
    }
}

#[test]
fn entry_keeps_its_given_time_and_is_marked_written_later() {
    let home = Home::new();
    run_log(&home, &["slept badly"]);
    run_log(&home, &["walked", "--at", "yesterday 08:00"]);
    run_log(&home, &["--pain", "6", "--at", "2020-02-29 23:00"]);
    run_log(&home, &["sat", "--at", "0m"]);
    let lines = home.history();
    let written: Vec<&str> = lines.iter().map(|line| line["at"].as_str().unwrap()).collect();
    assert!(written.is_sorted() && written.iter().all(|at| !at.starts_with("2020")), "{lines:?}");
    assert_eq!(lines[2]["when"], "2020-02-29T23:00:00+01:00");

    let diary = list_entries(&home, &[]).stdout;
    let order = ["sat", "slept badly", "walked", "2020-02-29 23:00"].map(|what| diary.find(what));
    let late = |what: &str| {
        let line = diary.lines().find(|line| line.contains(what)).unwrap();
        line.contains(" (written later: 2") && !line.contains("(written later: 2020")
    };
    assert!(diary.lines().next().unwrap().contains(" WHEN ") && !order.contains(&None), "{diary}");
    assert!(late("walked") && late("2020-02-29 23:00"), "{diary}");
    assert!(!late("slept badly") && !late("sat"), "written at once: {diary}");
    assert_eq!(list_entries(&home, &["--since", "today"]).stdout.matches("walked").count(), 0);
    assert_eq!(list_entries(&home, &["--until", "yesterday"]).stdout.matches("walked").count(), 1);
    let oldest: Value = serde_json::from_str(
        &list_entries(&home, &["--since", "2020-02-29", "--until", "2020-02-29", "--json"]).stdout,
    )
    .unwrap();
    assert_eq!((oldest.as_array().unwrap().len(), &oldest[0]["pain"]), (1, &json!(6)));

    let shown = home.run(["history", "show", lines[2]["id"].as_str().unwrap()]).stdout;
    assert!(shown.contains("when        2020-02-29 23:00\n") && shown.contains("\nrecorded    2"), "{shown}");
}

#[test]
fn report_shows_an_entry_on_its_day_marked_written_later() {
    let home = Home::new();
    run_log(&home, &["--session", "ice", "--at", "2026-03-02 10:00"]);
    run_log(&home, &["a bad night", "--pain", "8", "--at", "2026-03-04 07:30"]);
    let report = home.run(["report", "-o", "-"]).stdout;
    assert!(report.contains("1 entry; the last on Wed 4 Mar 2026"), "{report}");
    assert!(report.contains("Wed 4 Mar 2026, 07:30") && report.contains("(written later: "), "{report}");
}

#[test]
fn past_clock_error_does_not_mark_an_entry_written_later() {
    let home = Home::new();
    run_log(&home, &["--session", "ice", "--at", "2h"]);
    let log = fs::read_dir(home.data().join("history")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&log).unwrap();
    let at = home.history()[0]["at"].as_str().unwrap().to_owned();
    fs::write(&log, text.replacen(&at, &at.replacen("20", "21", 1), 1)).unwrap();
    run_log(&home, &["walked"]);
    assert!(home.history()[1]["when"].is_string());
    let report = home.run(["report", "-o", "-"]).stdout;
    assert!(report.contains("walked") && !report.contains("written later"), "{report}");
    run_log(&home, &["slept", "--at", "1h"]);
    let diary = list_entries(&home, &[]).stdout;
    let year = &at[..4];
    assert!(diary.contains(&format!("slept (written later: {year}")), "{diary}");
}
