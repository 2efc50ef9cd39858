//! Import and export of histories.

use crate::home::{Home, Output};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

fn home_with_everything() -> Home {
    let home = Home::new();
    for args in [
        &[
            "log",
            "--session",
            "alternate",
            "--at",
            "2026-11-19 18:00",
            "--pain-before=7",
            "--note",
            "a \u{9b}2J\"b\"",
        ][..],
        &["log", "--session", "alternate", "--at", "2026-11-20 18:00", "--rounds", "1", "--heat", "15"],
        &["log", "--pain", "5", "walked"],
        &["history", "rate", "last", "3"],
        &["history", "edit", "last", "--side", "left"],
        &["history", "delete", "last", "--yes"],
    ] {
        assert_eq!(home.run(args).code, Some(0), "{args:?}");
    }
    home
}

fn imported_files(home: &Home) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(home.data().join("history")) else { return Vec::new() };
    let files = folder.map(|entry| entry.unwrap().path());
    files.filter(|path| path.to_str().unwrap().contains("/imported-")).collect()
}

/// Imports a text from a file with that name.
fn import(home: &Home, name: &str, text: impl AsRef<[u8]>) -> Output {
    fs::write(home.folder().join(name), text).unwrap();
    home.run(["history", "import", name])
}

fn read_sessions_and_entries(home: &Home) -> (String, String) {
    let list = |args: &[&str]| home.run(["history", "list", "--json", "--all"].iter().chain(args)).stdout;
    (list(&[]), list(&["--entries"]))
}

/// A session as a JSON line; `more` is appended to its fields.
fn session_line(number: u32, more: &str) -> String {
    format!(
        "{{\"v\":1,\"kind\":\"session\",\"id\":\"{number:08}-0000-7000-8000-000000000000\",\"at\":\"2026-11-0{}T10:00:00Z\",\
         \"started\":\"2026-11-0{}T09:00:00Z\",\"outcome\":\"completed\",\"protocol\":\"alternate\",\"planned_s\":60,\
         \"active_s\":60,\"phases\":[]{more}}}",
        number % 9 + 1,
        number % 9 + 1
    )
}

#[test]
fn counts_of_one_are_singular() {
    let home = Home::new();
    assert_eq!(home.run(["log", "--session", "ice", "--at", "3h"]).code, Some(0));
    for (format, expected) in [
        ("jsonl", "1 line: a session, a correction or a diary entry; to standard output\n"),
        ("csv", "1 session as it reads, without the deleted ones and the diary; to standard output\n"),
    ] {
        assert_eq!(home.run(["history", "export", "--format", format]).stderr, expected);
    }
    assert!(
        import(&home, "junk", "junk\n".repeat(21)).stderr.contains("and 1 line more that cannot be read\n")
    );
}

#[test]
fn exported_history_imports_unchanged() {
    for format in ["jsonl", "json"] {
        let (from, to) = (home_with_everything(), Home::new());
        let out = from.run(["history", "export", "--format", format]);
        assert_eq!(out.code, Some(0), "{out:?}");
        assert!(!out.stdout.contains('\u{9b}'), "{}", out.stdout);
        assert!(out.stderr.starts_with("6 lines: "), "{}", out.stderr);

        let output = import(&to, "../surprise\u{1b}.txt".trim_start_matches("../"), &out.stdout);
        assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output:?}");
        assert!(
            output.stderr.contains("6 new, into ") && output.stderr.ends_with("0 known; 0 unreadable\n"),
            "{output:?}"
        );
        assert_eq!(read_sessions_and_entries(&to), read_sessions_and_entries(&from));
        let [file] = &imported_files(&to)[..] else { panic!("one file") };
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(to.data().join("history")).unwrap().permissions().mode() & 0o777, 0o700);

        // Importing twice adds nothing, also under another name and from standard input.
        let before = fs::read(file).unwrap();
        assert!(import(&to, "again", &out.stdout).stderr.starts_with("0 new; 6 known; 0 unreadable"));
        fs::write(to.folder().join("x"), &out.stdout).unwrap();
        let piped = to.run_shell("\"$EASEBACK\" history import - < x");
        assert_eq!(piped.stderr, "0 new; 6 known; 0 unreadable\n");
        assert_eq!((imported_files(&to).len(), fs::read(file).unwrap()), (1, before));
        assert_eq!(to.run(["history", "check"]).code, Some(0));
        // A session restored on one computer is restored on the other.
        assert_eq!(to.run(["history", "restore", "last"]).code, Some(0));
    }
}

#[test]
fn list_output_imports_as_known_here_and_new_elsewhere() {
    let home = home_with_everything();
    for format_flag in ["--json", "--jsonl", "--csv"] {
        let listed = home.run(["history", "list", "--all", format_flag]).stdout;
        let second = import(&home, "list", &listed);
        assert_eq!(second.stderr, "0 new; 1 known; 0 unreadable\n", "{format_flag}");
        let other = Home::new();
        assert!(import(&other, "list", &listed).stderr.starts_with("1 new, into "), "{format_flag}");
        let sessions =
            |home: &Home| -> Vec<Value> { serde_json::from_str(&read_sessions_and_entries(home).0).unwrap() };
        let (mut other_sessions, mut own_sessions) = (sessions(&other), sessions(&home));
        if format_flag == "--csv" {
            // A table on a screen has no control characters.
            own_sessions[0]["note"] = json!("a \u{fffd}2J\"b\"");
        }
        assert_eq!(other_sessions.remove(0), own_sessions.remove(0), "{format_flag}");
    }
}

#[test]
fn csv_written_by_hand_is_imported() {
    let home = Home::new();
    let table = "\u{feff}Started;heat_min;cold_min;Pain_After;note;weather\r\n\
                 2026-11-18 18:00;20;10;4;\"one;\ntwo\";rain\r\n\
                 2026-11-19T18:00+01:00;15;;;'=1;\r\n\
                 yesterday;20;10;;;\r\n\
                 2026-11-17 18:00;x;10;;;\r\n\
                 2026-11-16 18:00;20;10;12;;\r\n\
                 2026-11-15 18:00;;;;;\r\n\
                 2999-11-15 18:00;20;;;;\r\n";
    let output = import(&home, "mine.csv", table);
    assert_eq!(output.code, Some(1), "not all of it could be read: {output:?}");
    for expected in [
        "mine.csv: these columns say nothing here: weather",
        "mine.csv:5: cannot be read: started: invalid time 'yesterday': expected one such as 2026-11-20 18:00",
        "mine.csv:6: cannot be read: invalid heat_min 'x': expected a whole number",
        "mine.csv:7: cannot be read: invalid pain score '12': expected 0 to 10",
        "mine.csv:8: cannot be read: it has neither phases nor heat_min nor cold_min",
        "mine.csv:9: cannot be read: it says that it was written in the future",
        "2 new, into ",
        "; 0 known; 5 unreadable",
    ] {
        assert!(output.stderr.contains(expected), "{expected}: {}", output.stderr);
    }
    let sessions: Vec<Value> = serde_json::from_str(&read_sessions_and_entries(&home).0).unwrap();
    assert_eq!((&sessions[0]["note"], &sessions[0]["active_s"]), (&json!("=1"), &json!(900)));
    assert_eq!((&sessions[1]["note"], &sessions[1]["pain_after"]), (&json!("one;\ntwo"), &json!(4)));
    assert_eq!(
        (&sessions[1]["started"], &sessions[1]["origin"]),
        (&json!("2026-11-18T18:00:00+01:00"), &json!("logged"))
    );
    let second = import(&home, "same.csv", table);
    assert!(second.stderr.contains("0 new; 2 known; 5 unreadable"), "{}", second.stderr);
}

#[test]
fn damaged_file_imports_its_readable_lines() {
    let home = Home::new();
    let newer = session_line(3, "").replace("\"v\":1", "\"v\":2");
    let twice = session_line(4, ",\"note\":\"a\",\"note\":\"b\"");
    let deep = "[".repeat(300) + &"]".repeat(300);
    let deep = session_line(5, &format!(",\"x\":{deep}"));
    let long = session_line(6, &format!(",\"note\":\"{}\"", "x".repeat(2 << 20)));
    let esc = "{\"v\":1,\"kind\":\"\u{9b}31m\\u001b[2J\"}";
    let text = [
        &session_line(2, ""),
        "",
        "junk \u{1b}[2J",
        &newer,
        &twice,
        &deep,
        &long,
        esc,
        &session_line(1, ""),
        "{\"v\":1,\"ki",
    ];
    let output = import(&home, "x", text.join("\r\n"));
    assert_eq!(output.code, Some(1));
    assert!(!output.stderr.contains(['\u{1b}', '\u{9b}']), "{}", output.stderr);
    for expected in [
        "x:3: cannot be read: it is not a JSON object",
        "x:4: cannot be read: written by a newer version (v 2; this program reads up to v 1)",
        "x:5: cannot be read: duplicate field `note`",
        "x:6: cannot be read: recursion limit",
        "x:7: cannot be read: it is longer than 1024 KiB",
        "x:8: cannot be read: this program knows no lines of the kind",
        "x:10: cannot be read: EOF",
        "2 new, into ",
        "; 0 known; 7 unreadable",
    ] {
        assert!(output.stderr.contains(expected), "{expected}: {}", output.stderr);
    }
    // In the order of writing, so that the newest are found from the end.
    let file = fs::read_to_string(&imported_files(&home)[0]).unwrap();
    assert_eq!(file, format!("{}\n{}\n", session_line(1, ""), session_line(2, "")));
    assert_eq!(home.run(["history", "check"]).code, Some(0));

    let array = format!(
        "[\n{},\n7,\n{},\n{}",
        session_line(7, ""),
        session_line(8, "").replace("60", "\"x\""),
        session_line(0, "")
    );
    let output = import(&home, "y", format!("{array},\n nonsense"));
    for expected in [
        "y:3: cannot be read",
        "y:4: cannot be read",
        "y:6: cannot be read: ",
        "the rest of the file was not read",
        "2 new",
    ] {
        assert!(output.stderr.contains(expected), "{expected}: {}", output.stderr);
    }
}

#[test]
fn failed_import_leaves_nothing() {
    let home = Home::new();
    fs::write(home.folder().join("good"), session_line(1, "")).unwrap();
    let before = home.files();
    let refused = home.run(["history", "import", "good", "missing"]);
    assert_eq!((refused.code, home.files()), (Some(1), before), "{refused:?}");
    assert!(refused.stderr.contains("nothing was imported"), "{}", refused.stderr);
    // An empty file is valid and creates no log.
    assert!(import(&home, "empty", "").stderr.starts_with("0 new; 0 known; 0 unreadable"));
    assert!(imported_files(&home).is_empty());
    // A file that was changed afterwards is not overwritten.
    assert_eq!(home.run(["history", "import", "good"]).code, Some(0));
    let first = imported_files(&home).remove(0);
    fs::write(&first, "damaged\n").unwrap();
    assert_eq!(home.run(["history", "import", "good"]).code, Some(0));
    assert_eq!((imported_files(&home).len(), fs::read_to_string(first).unwrap().as_str()), (2, "damaged\n"));
}

#[test]
fn export_never_overwrites_a_file_unasked() {
    let home = home_with_everything();
    let out = |args: &[&str]| home.run(["history", "export"].iter().chain(args));
    assert_eq!(out(&["-o", "all.jsonl"]).code, Some(0));
    let file = home.folder().join("all.jsonl");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&file).unwrap(), out(&[]).stdout);
    let refused = out(&["-o", "all.jsonl", "--format", "csv"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("all.jsonl exists already\nhint: "), "{}", refused.stderr);
    assert_eq!(out(&["-o", "all.jsonl", "--format", "csv", "--yes"]).code, Some(0));
    assert!(fs::read_to_string(&file).unwrap().starts_with("id,started,"));
    assert_eq!(out(&["-o", "/dev/null"]).code, Some(0), "a device is no file to be replaced");
    assert_eq!(out(&["-o", "missing/x"]).code, Some(1));

    let own = imported_files(&home).into_iter().next().unwrap_or_else(|| {
        fs::read_dir(home.data().join("history")).unwrap().next().unwrap().unwrap().path()
    });
    let before = home.files();
    for into in [own.to_str().unwrap(), "data/history/new.jsonl"] {
        assert_eq!(out(&["-o", into, "--yes"]).code, Some(2), "{into}");
    }
    std::os::unix::fs::symlink(&own, home.folder().join("link")).unwrap();
    assert_eq!(out(&["-o", "link", "--yes"]).code, Some(2));
    fs::remove_file(home.folder().join("link")).unwrap();
    assert_eq!(home.files(), before);
    assert_eq!(Home::new().run(["history", "export", "--format", "json"]).stdout, "[]\n");
    // A reader may close the pipe early.
    let piped = home.run_shell("(\"$EASEBACK\" history export; echo $? > code) | true; cat code");
    assert_eq!(piped.stdout, "0\n");
}

#[test]
fn unclosed_csv_quote_is_reported() {
    let home = Home::new();
    let table = "started,heat_min,note\n2026-11-09 18:05,20,5\" pad\n2026-11-10 18:05,20,\"open\n\
                 2026-11-11 18:05,20,gone\n";
    let output = import(&home, "open.csv", table);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output.stderr.contains("open.csv:3: cannot be read: its quotation mark is never closed"),
        "{output:?}"
    );
    for (name, end) in
        [("a.csv", "\"x\""), ("b.csv", "\"x\n\"\n"), ("c.csv", "5\" pad\n"), ("d.csv", "\"\"\"x\"")]
    {
        let output = import(&home, name, format!("started,heat_min,note\n2026-11-12 18:05,20,{end}"));
        assert_eq!(output.code, Some(0), "{name}: {output:?}");
    }
}

#[test]
fn history_with_a_future_timestamp_imports_completely() {
    let home = home_with_everything();
    let (lines, _) = read_sessions_and_entries(&home);
    let folder = home.data().join("history");
    let log = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&log).unwrap();
    let (at, rest) = text.split_once("\"at\":\"").unwrap();
    fs::write(&log, format!("{at}\"at\":\"2036{}", &rest[4..])).unwrap();
    assert_eq!(home.run(["history", "rate", "last", "9"]).code, Some(0));
    let exported = home.run(["history", "export"]).stdout;
    let other = Home::new();
    let output = import(&other, "all.jsonl", &exported);
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stderr.contains("2 of the lines say that they were written in the future"), "{output:?}");
    assert_eq!(read_sessions_and_entries(&other), read_sessions_and_entries(&home));
    assert_ne!(read_sessions_and_entries(&other).0, lines);
    let never = exported.replace("\"at\":\"2036", "\"at\":\"9036");
    assert_eq!(import(&Home::new(), "never.jsonl", never).code, Some(1));
}

#[test]
fn dangling_symlink_counts_as_an_existing_file() {
    let home = home_with_everything();
    std::os::unix::fs::symlink("nowhere", home.folder().join("link")).unwrap();
    let before = home.files();
    for args in [&["report"][..], &["history", "export"]] {
        let refused = home.run([args, &["-o", "link"]].concat());
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{args:?}");
        assert!(refused.stderr.contains("link exists already\nhint: "), "{}", refused.stderr);
        assert_eq!(home.files(), before, "{args:?}");
        assert_eq!(home.run([args, &["-o", "link", "--yes"]].concat()).code, Some(0), "{args:?}");
        fs::remove_file(home.folder().join("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", home.folder().join("link")).unwrap();
    }
}
