//! Corrections and the diary: each appends one line, and nothing that was there changes.

use crate::{home::Home, terminal::Terminal};
use easeback::{
    cli::history::rate_session_within_hour,
    history::{HistoryFolder, LookupTarget},
    record::HistoryLine,
    time::WallTime,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

const LOG_SESSION: [&str; 8] =
    ["log", "--session", "alternate", "--at", "yesterday 18:00", "--heat", "20", "--cold=10"];

/// A home with one session from yesterday.
fn home_with_a_session() -> Home {
    let home = Home::new();
    let logged =
        home.run(LOG_SESSION.iter().chain(&["--pain-before", "7", "--pain", "4", "--region", "low"]));
    assert_eq!((logged.code, logged.stdout.as_str()), (Some(0), ""), "{logged:?}");
    home
}

fn read_log_files(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let Ok(folder) = fs::read_dir(home.data().join("history")) else { return BTreeMap::new() };
    let files = folder.map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Runs a command and returns the lines that it appended; earlier lines must not change.
fn run_and_diff(home: &Home, args: &[&str], code: i32) -> Vec<Value> {
    let before = read_log_files(home);
    let output = home.run(args);
    assert_eq!((output.code, output.stdout.as_str()), (Some(code), ""), "{args:?}: {output:?}");
    let mut lines = Vec::new();
    for (path, bytes) in read_log_files(home) {
        let old = before.get(&path).map(Vec::as_slice).unwrap_or_default();
        let new = bytes.strip_prefix(old).unwrap_or_else(|| panic!("{args:?} rewrote {path:?}"));
        lines.extend(new.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
    }
    lines.iter().map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn list_sessions(home: &Home, args: &[&str]) -> Vec<Value> {
    let list = home.run(["history", "list", "--json"].iter().chain(args));
    assert_eq!(list.code, Some(0), "{list:?}");
    serde_json::from_str(&list.stdout).unwrap()
}

#[test]
fn every_correction_appends_one_line() {
    let home = home_with_a_session();
    let id = list_sessions(&home, &[])[0]["id"].as_str().unwrap().to_owned();
    for (args, set) in [
        (&["rate", "last", "3"][..], json!({"pain_after": 3})),
        (&["note", &id[..9], "the dog came in"], json!({"note": "the dog came in"})),
        (&["note", "last", "and went"], json!({"note": "the dog came in\nand went"})),
        (&["edit", "last", "--note", "a dog"], json!({"note": "a dog"})),
        (
            &["edit", "last", "--started", "yesterday 17:00", "--ended", "yesterday 19:10"],
            json!({"started": true, "ended": true, "phases": "moved", "ratings": "moved"}),
        ),
        (
            &["edit", "last", "--outcome", "stopped", "--why", "-x"],
            json!({"outcome": "stopped", "why": "-x"}),
        ),
        (
            &["edit", "last", "--protocol", "mine", "--pain-before=8", "--pain-after=2"],
            json!({"protocol": "mine", "pain_before": 8, "pain_after": 2}),
        ),
        (
            &["edit", "last", "--region=mid", "--side=both", "--trigger=lifting", "--onset", "3d"],
            json!({"region": "mid", "side": "both", "trigger": "lifting", "onset": true}),
        ),
        (
            &["edit", "last", "--cover=towel", "--posture=side", "--skin=red"],
            json!({"cover": "towel", "posture": "side", "skin": "red"}),
        ),
        (
            &["edit", "last", "--clear=skin", "--clear", "pain-after", "--clear=onset"],
            json!({"skin": null, "pain_after": null, "onset": null}),
        ),
        (&["delete", "last", "--yes"], json!({"deleted": true})),
        (&["restore", "last"], json!({"deleted": false})),
    ] {
        let lines = run_and_diff(&home, &[&["history"], args].concat(), 0);
        let [line] = &lines[..] else { panic!("{args:?} added {lines:?}") };
        assert_eq!((&line["kind"], &line["of"]), (&json!("amendment"), &json!(id)), "{args:?}");
        let mut found = line["set"].clone();
        for name in ["phases", "ratings"].iter().filter(|name| set[**name] == json!("moved")) {
            assert!(found[*name].is_array(), "{args:?}: {found}");
            found[*name] = json!("moved");
        }
        for (name, value) in set.as_object().unwrap() {
            // Times are parsed from what was typed.
            if *value == json!(true) && name != "deleted" {
                assert!(found[name].is_string(), "{args:?}: {found}");
                found[name] = json!(true);
            }
        }
        assert_eq!(found, set, "{args:?}");
    }
    let session = &list_sessions(&home, &[])[0];
    for (name, value) in [
        ("note", json!("a dog")),
        ("outcome", json!("stopped")),
        ("protocol", json!("mine")),
        ("pain_before", json!(8)),
        ("pain_after", Value::Null),
        ("cover", json!("towel")),
        ("skin", Value::Null),
        ("onset", Value::Null),
        ("deleted", Value::Null),
        ("origin", json!("logged")),
    ] {
        assert_eq!(session[name], value, "{name}: {session:#}");
    }
    let shown = home.run(["history", "show", "last"]).stdout;
    assert!(shown.contains("posture     side") && shown.contains("corrected"), "{shown}");
}

#[test]
fn unchanged_values_append_nothing() {
    let home = home_with_a_session();
    for args in [
        &["history", "rate", "last", "4"][..],
        &["history", "edit", "last", "--region", "low", "--clear", "skin"],
        &["history", "restore", &list_sessions(&home, &[])[0]["id"].as_str().unwrap()[..9]],
        &LOG_SESSION,
    ] {
        assert_eq!(run_and_diff(&home, args, 0), [Value::Null; 0], "{args:?}");
    }
    assert_eq!(run_and_diff(&home, &["history", "delete", "last", "--yes"], 0).len(), 1);
    let id = home.history()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(run_and_diff(&home, &["history", "delete", &id, "--yes"], 0), [Value::Null; 0]);
    assert_eq!(run_and_diff(&home, &["history", "rate", &id, "3"], 1), [Value::Null; 0]);
    assert_eq!(list_sessions(&home, &[]), [Value::Null; 0]);
    let shown = home.run(["history", "show", &id]).stdout;
    assert!(shown.starts_with("deleted     yes"), "{shown}");
}

#[test]
fn invalid_history_commands_are_refused_and_change_nothing() {
    let home = home_with_a_session();
    let before = home.files();
    for (args, code) in [
        (&["history", "rate", "last", "11"][..], 2),
        (&["history", "rate", "last"], 2),
        (&["history", "rate", "ffff", "3"], 1),
        (&["history", "note", "last", ""], 2),
        (&["history", "edit", "last"], 2),
        (&["history", "edit", "last", "--started", "2999-01-01 10:00"], 2),
        (&["history", "edit", "last", "--started", "yesterday"], 2),
        (&["history", "edit", "last", "--started", "3m"], 2),
        (&["history", "edit", "last", "--ended", "7d"], 2),
        (&["history", "edit", "last", "--outcome", "unknown"], 2),
        (&["history", "edit", "last", "--side", "up"], 2),
        (&["history", "edit", "last", "--onset", "2999-01-01"], 2),
        (&["history", "edit", "last", "--clear", "id"], 2),
        (&["history", "edit", "last", "--clear", "started"], 2),
        (&["history", "edit", "last", "--skin", "red", "--clear", "skin"], 2),
        (&["history", "edit", "last", "--at", "1h"], 2),
        (&["history", "delete", "last"], 2),
        (&["history", "restore", "last"], 1),
        (&["history", "list", "--json", "--csv"], 2),
        (&["history", "list", "--region", "head"], 2),
        (&["history", "import"], 2),
        (&["history", "import", "/no/such/file"], 1),
        (&["history", "import", "/tmp"], 1),
        (&["history", "export", "--format", "xml"], 2),
        (&["log"], 2),
        (&["log", ""], 2),
        (&["log", "--pain", "11"], 2),
        (&["log", "--at", "1h"], 2),
        (&["log", "--heat", "20"], 2),
        (&["log", "--session", "alternate"], 2),
        (&["log", "--session", "alternate", "--at", "yesterday"], 2),
        (&["log", "--session", "alternate", "--at", "2999-01-01 10:00"], 2),
        (&["log", "--session", "alternate", "--at", "1m"], 2),
        (&["log", "--session", "nonsense", "--at", "yesterday 18:00"], 2),
        (&["log", "--session", "alternate", "--at", "yesterday 18:00", "--rounds", "0"], 2),
        (&["log", "--session", "alternate", "--at", "yesterday 18:00", "--rounds", "4000000000"], 2),
        (&["log", "--session", "alternate", "--at", "yesterday 18:00", "--heat", "0"], 2),
        (&["log", "--session", "alternate", "--at", "yesterday 18:00", "a", "b"], 2),
        (&["log", "--session", "alternate", "--at", "yesterday 18:00", "--onset", "2999-01-01"], 2),
        (&["log", "\u{1b}[2J", "--session", "\u{1b}[2J", "--at", "yesterday 18:00"], 2),
    ] {
        let refused = home.run(args);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(code), ""), "{args:?}: {refused:?}");
        assert!(refused.stderr.starts_with("error: ") && refused.stderr.contains("\nhint: "), "{refused:?}");
        assert!(!refused.stderr.contains('\u{1b}'), "{refused:?}");
        assert_eq!(home.files(), before, "{args:?}");
    }
}

#[test]
fn untimed_session_is_marked_as_logged() {
    let home = home_with_a_session();
    let [session] = &list_sessions(&home, &[])[..] else { panic!("one session") };
    for (name, value) in [
        ("origin", json!("logged")),
        ("protocol", json!("alternate")),
        ("outcome", json!("completed")),
        ("planned_s", json!(1800)),
        ("active_s", json!(1800)),
        ("pain_before", json!(7)),
        ("pain_after", json!(4)),
        ("region", json!("low")),
        ("tz", json!("Europe/Berlin")),
    ] {
        assert_eq!(session[name], value, "{name}");
    }
    assert!(session["started"].as_str().unwrap().contains("T18:00:00+0"), "{session:#}");
    assert!(session["ended"].as_str().unwrap().contains("T18:30:00+0"), "{session:#}");
    let lengths: Vec<&Value> =
        session["phases"].as_array().unwrap().iter().map(|phase| &phase["actual_s"]).collect();
    assert_eq!(lengths, [1200, 600], "one round, where no more is said");
    // A logged session over the limits is stored all the same.
    let long =
        ["log", "--session", "alternate", "--at", "2d", "--heat", "45", "--rounds", "1", "--note", "slept"];
    assert_eq!(run_and_diff(&home, &long, 0)[0]["phases"][0]["actual_s"], 2700);
    assert_eq!(home.run(["history", "check"]).code, Some(0));
}

#[test]
fn diary_entries_are_listed_and_corrected() {
    let home = home_with_a_session();
    assert_eq!(run_and_diff(&home, &["log", "--pain", "5", "walked to\nthe \u{1b}[31mshop"], 0).len(), 1);
    assert_eq!(run_and_diff(&home, &["log", "slept badly"], 0)[0]["pain"], Value::Null);
    assert_eq!(run_and_diff(&home, &["log", "--pain", "2"], 0)[0]["text"], Value::Null);
    let list = home.run(["history"]);
    assert_eq!(list.stdout.lines().count(), 2);
    assert_eq!(list.stderr, "and 3 diary entries: `easeback history list --entries`\n");
    let diary = home.run(["history", "list", "--entries"]).stdout;
    assert!(diary.contains("5     walked to / the \u{fffd}[31mshop\n"), "{diary}");
    assert!(diary.contains("–     slept badly\n"), "{diary}");
    let entries = list_sessions(&home, &["--entries", "--limit", "2"]);
    assert_eq!((entries.len(), &entries[1]["text"]), (2, &json!("slept badly")));

    let id = entries[0]["id"].as_str().unwrap();
    assert!(home.run(["history", "show", id]).stdout.contains("pain        2\n"));
    for (args, set) in [
        (&["rate", id, "3"][..], json!({"pain": 3})),
        (&["note", id, "tyop"], json!({"text": "tyop"})),
        (&["edit", id, "--note", "typo", "--pain-after", "4"], json!({"text": "typo", "pain": 4})),
        (&["edit", id, "--clear", "pain-after"], json!({"pain": null})),
    ] {
        assert_eq!(run_and_diff(&home, &[&["history"], args].concat(), 0)[0]["set"], set, "{args:?}");
    }
    assert_eq!(run_and_diff(&home, &["history", "edit", id, "--region", "low"], 2), [Value::Null; 0]);
    assert_eq!(run_and_diff(&home, &["history", "delete", id, "--yes"], 0).len(), 1);
    assert_eq!(list_sessions(&home, &["--entries"]).len(), 2);
    assert_eq!(run_and_diff(&home, &["history", "restore", "last"], 0).len(), 1);
    assert_eq!(list_sessions(&home, &["--entries"]).len(), 3);
}

#[test]
fn list_is_filtered_and_printed_in_every_format() {
    let home = home_with_a_session();
    assert_eq!(
        run_and_diff(&home, &["log", "--session=alternate", "--at=3d", "--region=mid", "--note", "=1+1"], 0)
            .len(),
        1
    );
    assert_eq!(run_and_diff(&home, &["history", "edit", "last", "--outcome", "stopped"], 0).len(), 1);
    let count = |args: &[&str]| list_sessions(&home, args).len();
    assert_eq!(count(&["--region", "mid"]), 1);
    assert_eq!(count(&["--region", "low", "--limit", "1"]), 1);
    assert_eq!(count(&["--outcome", "stopped"]), 1);
    assert_eq!(count(&["--outcome", "completed", "--region", "low"]), 0);
    assert_eq!(count(&["--protocol", "alternate", "--since", "2d"]), 1);
    assert_eq!(count(&["--protocol", "other", "--all"]), 0);
    assert_eq!(home.run(["history", "--outcome", "interrupted"]).stderr, "no such session\n");

    let lines = home.run(["history", "list", "--jsonl"]).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, list_sessions(&home, &[]));
    let table = home.run(["history", "list", "--csv"]).stdout;
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = rows.deserialize().map(Result::unwrap).collect();
    assert_eq!((rows.len(), rows[1]["note"].as_str(), rows[0]["note"].as_str()), (2, "'=1+1", ""));
    assert_eq!((rows[0]["pain_after"].as_str(), rows[0]["outcome"].as_str()), ("4", "stopped"));
}

#[test]
fn unknown_fields_stay_in_the_output() {
    let home = home_with_a_session();
    let (path, bytes) = read_log_files(&home).pop_first().unwrap();
    let mut line: Value = serde_json::from_slice(&bytes).unwrap();
    line["tens"] = json!({"hz": 80});
    line["phases"][0]["watts"] = json!(40);
    fs::write(&path, format!("{line}\n")).unwrap();
    assert_eq!(run_and_diff(&home, &["history", "rate", "last", "1"], 0).len(), 1);
    let session = &list_sessions(&home, &[])[0];
    assert_eq!((&session["tens"], &session["phases"][0]["watts"]), (&json!({"hz": 80}), &json!(40)));
    assert_eq!(session["pain_after"], 1);
}

#[test]
fn corrections_cannot_change_identity_fields() {
    let home = home_with_a_session();
    let (path, _) = read_log_files(&home).pop_first().unwrap();
    let session = list_sessions(&home, &[]).remove(0);
    let amendment = json!({
        "v": 1, "kind": "amendment", "id": "01a1ff4c-7b0f-7390-ac1a-48deb9d51300", "of": session["id"],
        "at": "2026-11-22T00:00:00Z",
        "set": {"id": "01a1ff4c-7b0f-7390-ac1a-48deb9d51399", "at": "2020-01-01T00:00:00Z", "v": 7, "kind": "entry"},
    });
    fs::write(path.with_file_name("other.jsonl"), format!("{amendment}\n")).unwrap();
    assert_eq!(list_sessions(&home, &[]), [session]);
}

#[test]
fn latest_correction_wins_after_the_clock_was_set_back() {
    let home = home_with_a_session();
    let (path, bytes) = read_log_files(&home).pop_first().unwrap();
    let id = serde_json::from_slice::<Value>(&bytes).unwrap()["id"].clone();
    let ahead = json!({
        "v": 1, "kind": "amendment", "id": "01a1ff4c-7b0f-7390-ac1a-48deb9d51300", "of": id,
        "at": "2098-01-01T00:00:00Z", "set": {"pain_after": 9},
    });
    fs::write(path.with_file_name("ahead.jsonl"), format!("{ahead}\n")).unwrap();
    assert_eq!(list_sessions(&home, &[])[0]["pain_after"], 9);
    for score in [1, 2] {
        assert_eq!(run_and_diff(&home, &["history", "rate", "last", &score.to_string()], 0).len(), 1);
        assert_eq!(list_sessions(&home, &[])[0]["pain_after"], score);
    }
    assert_eq!(run_and_diff(&home, &["log", "--pain", "1"], 0).len(), 1);
    // Times never decrease within the file.
    let check = home.run(["history", "check"]);
    assert_eq!(check.code, Some(0), "{check:?}");
}

#[test]
fn pain_within_an_hour_of_the_end_rates_the_last_session() {
    let home = home_with_a_session();
    let history = HistoryFolder::new(home.data().join("history"), "own-00c0de");
    let reads = || match history.find_by_id("last", LookupTarget::Existing).unwrap().reading.line {
        HistoryLine::Session(session) => session,
        other => panic!("{other:?}"),
    };
    let ended = reads().ended.unwrap();
    let after = |minutes: u64| ended.plus(Duration::from_secs(60 * minutes));
    let rate = |score, now: WallTime| rate_session_within_hour(&history, score, &now).unwrap();
    assert_eq!(rate(1, after(61)), None);
    assert!(!history.own_file().exists(), "nothing is written where no session is meant");
    assert_eq!(rate(2, after(60)).unwrap(), reads());
    assert_eq!(reads().pain_after, Some(2));
    assert_eq!(rate(3, ended.minus(Duration::from_secs(300))).unwrap().pain_after, Some(3));
    assert_eq!(reads().pain_after, Some(3));
    // A stopped session did not reach its normal end.
    assert_eq!(run_and_diff(&home, &["history", "edit", "last", "--outcome", "stopped"], 0).len(), 1);
    assert_eq!(rate(4, after(1)), None);
    let empty = Home::new();
    assert_eq!(
        rate_session_within_hour(&HistoryFolder::new(empty.data(), "own"), 1, &after(1)).unwrap(),
        None
    );
}

#[test]
fn edit_on_a_terminal_asks_for_missing_fields() {
    let home = home_with_a_session();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("\"$EASEBACK\" history edit last; echo code $?");
    for (question, answer) in [
        ("When did your back go out?", "sometime"),
        ("invalid date or time 'sometime'", "3d"),
        ("Where? low, mid, upper, hips [low]", ""),
        // tmux would press the key of that name instead of typing it.
        ("Which side?", "both"),
        ("What set it off?", ""),
        ("between skin and pack?", "towel"),
        ("How did you lie?", "side"),
        ("The skin afterward?", ""),
    ] {
        terminal.wait_for_text(question);
        terminal.type_line(answer);
    }
    terminal.wait_for_text("code 0");
    let session = &list_sessions(&home, &[])[0];
    assert_eq!((&session["side"], &session["region"]), (&json!("both"), &json!("low")));
    assert_eq!(
        (&session["cover"], &session["posture"], &session["skin"]),
        (&json!("towel"), &json!("side"), &Value::Null)
    );
    assert!(session["onset"].is_string());
    assert_eq!(home.history().len(), 2, "one line more");

    terminal.type_line("clear; \"$EASEBACK\" history delete last; echo code $?");
    terminal.wait_for_text("[y/N]");
    terminal.type_line("");
    terminal.wait_for_text("nothing was deleted");
    assert_eq!(home.history().len(), 2);
    terminal.type_line("clear; \"$EASEBACK\" history delete last; echo code $?");
    terminal.wait_for_text("[y/N]");
    terminal.type_line("y");
    terminal.wait_for_text("brings it back");
    assert_eq!(list_sessions(&home, &[]), [Value::Null; 0]);
}

#[test]
fn moving_a_session_moves_all_its_times() {
    let home = home_with_a_session();
    let was = list_sessions(&home, &[]).remove(0);
    run_and_diff(&home, &["history", "edit", "last", "--started", "2026-11-01 10:00"], 0);
    let moved = list_sessions(&home, &[]).remove(0);
    let time = |moment: &Value| moment.as_str().unwrap()[..19].to_owned();
    assert_eq!(time(&moved["started"]), "2026-11-01T10:00:00");
    assert_eq!(time(&moved["ended"]), "2026-11-01T10:30:00");
    assert_eq!(time(&moved["phases"][1]["started"]), "2026-11-01T10:20:00");
    assert_eq!(time(&moved["ratings"][1]["at"]), "2026-11-01T10:30:00");
    assert_eq!((&moved["active_s"], &moved["id"]), (&was["active_s"], &was["id"]));
    let too_late = home.run(["history", "edit", "last", "--started", "5m"]);
    assert_eq!(too_late.code, Some(2), "{too_late:?}");
}

#[test]
fn onset_must_be_before_the_session() {
    let home = home_with_a_session();
    assert_eq!(run_and_diff(&home, &["history", "edit", "last", "--onset", "today"], 2), [Value::Null; 0]);
    let onset = ["--onset", "today"];
    let log = ["log", "--session", "alternate", "--at", "yesterday 12:00"];
    assert_eq!(run_and_diff(&home, &[&log[..], &onset].concat(), 2), [Value::Null; 0]);
    assert_eq!(run_and_diff(&home, &["history", "edit", "last", "--onset", "yesterday"], 0).len(), 1);
}

#[test]
fn logging_a_session_twice_reports_changed_values() {
    let home = home_with_a_session();
    assert_eq!(run_and_diff(&home, &LOG_SESSION, 0), [Value::Null; 0]);
    let second = home.run(LOG_SESSION.iter().chain(&["--pain", "2", "--side", "left"]));
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains("other values for: pain after, side\n"), "{}", second.stderr);
    assert!(second.stderr.contains("--pain-after … --side …"), "{}", second.stderr);
}

#[test]
fn listed_id_finds_the_session_despite_a_similar_entry_id() {
    let line = |kind: &str, id: u32, rest: &str| {
        format!(
            "{{\"v\":1,\"kind\":\"{kind}\",\"id\":\"0193abcd-0000-7000-8000-00000000000{id}\",\
             \"at\":\"2026-11-20T18:00:0{id}+01:00\"{rest}}}\n"
        )
    };
    let session = ",\"started\":\"2026-11-20T17:00:00+01:00\",\"outcome\":\"completed\",\
                   \"protocol\":\"alternate\",\"planned_s\":60,\"active_s\":60,\"phases\":[]";
    let home = Home::new();
    let folder = home.data().join("history");
    fs::create_dir_all(&folder).unwrap();
    let text = line("session", 1, session) + &line("entry", 2, ",\"pain\":5");
    fs::write(folder.join("a.jsonl"), text).unwrap();
    let shown = home.run(["history"]).stdout;
    let id = shown.lines().nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(run_and_diff(&home, &["history", "rate", id, "3"], 0)[0]["set"], json!({"pain_after": 3}));
    let error = home.run(["history", "delete", id, "--yes"]);
    assert_eq!(error.code, Some(1));
    for fits in ["000000000001 (2026-11-20 17:00)", "000000000002 (the diary, 2026-11-20 18:00)"] {
        assert!(error.stderr.contains(fits), "{}", error.stderr);
    }
}

#[test]
fn session_minutes_can_be_corrected() {
    let home = home_with_a_session();
    let corrected = run_and_diff(&home, &["history", "edit", "last", "--heat", "12", "--cold", "7m"], 0);
    assert_eq!(corrected.len(), 1, "one line");
    let [session] = &list_sessions(&home, &[])[..] else { panic!("one session") };
    let phase =
        |index: usize| (&session["phases"][index]["actual_s"], &session["phases"][index]["planned_s"]);
    assert_eq!(
        (phase(0), phase(1)),
        ((&json!(720), &json!(720)), (&json!(420), &json!(420))),
        "it had no plan"
    );
    assert_eq!((&session["active_s"], &session["planned_s"]), (&json!(1140), &json!(1140)));
    let moved =
        run_and_diff(&home, &["history", "edit", "last", "--heat", "10", "--started", "yesterday 10:00"], 0);
    assert_eq!(moved[0]["set"]["phases"][0]["actual_s"], 600);
    assert!(moved[0]["set"]["phases"][0]["started"].as_str().unwrap().contains("T10:00:00"), "{moved:?}");
    assert_eq!(home.run(["history", "edit", "last", "--heat", "0"]).code, Some(2));
}

#[test]
fn entry_has_its_own_day_after_a_past_clock_error() {
    let home = Home::new();
    assert_eq!(home.run(["log", "the clock was wrong"]).code, Some(0));
    let log = home.run(["history", "path"]).stdout;
    let file = std::fs::read_dir(log.trim()).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    let at = home.history()[0]["at"].as_str().unwrap().to_owned();
    std::fs::write(&file, text.replace(&at, &at.replacen("20", "21", 1))).unwrap();

    assert_eq!(home.run(["log", "walked"]).code, Some(0));
    let entry = &home.history()[1];
    assert!(entry["at"].as_str().unwrap().starts_with("21"), "no line is older than the one before: {entry}");
    let today = &at[..10];
    let diary = home.run(["history", "list", "--entries"]).stdout;
    let walked = diary.lines().find(|line| line.contains("walked")).unwrap();
    assert!(walked.contains(today), "{diary}");
    assert!(diary.lines().nth(1).unwrap().contains("the clock was wrong"), "the newest first: {diary}");
}

#[test]
fn entry_is_named_by_its_day_after_a_past_clock_error() {
    let home = Home::new();
    home.run(["log", "the clock was wrong"]);
    let (log, written) = read_log_files(&home).pop_first().unwrap();
    let at = home.history()[0]["at"].as_str().unwrap().to_owned();
    fs::write(&log, String::from_utf8(written).unwrap().replace(&at, &at.replacen("20", "21", 1))).unwrap();
    home.run(LOG_SESSION);
    home.run(["log", "walked"]);
    let (today, id) = (&at[..10], home.history()[2]["id"].as_str().unwrap().to_owned());

    let several = home.run(["history", "show", "0"]);
    assert_eq!(several.code, Some(1));
    let place = |what: &str| several.stderr.find(what).unwrap_or_else(|| panic!("{what}: {several:?}"));
    let newest_first = [place("(the diary, 21"), place(&format!("(the diary, {today}")), place(" 18:00)")];
    assert!(newest_first.is_sorted(), "{several:?}");
    let shown = |word: &str| word.len() < id.len() && id.starts_with(word);
    assert!(several.stderr.split_whitespace().any(shown), "{several:?}");

    let report = home.run(["report", "-o", "-"]).stdout;
    let day: jiff::civil::Date = today.parse().unwrap();
    let last = day.strftime("1 entry; the last on %a %-d %b %Y").to_string();
    assert!(report.contains(&last), "{last}: {report}");

    let deleted = home.run(["history", "delete", &id, "--yes"]);
    assert!(deleted.stderr.contains(&format!("the diary entry of {today}")), "{deleted:?}");
}

#[test]
fn optional_steps_are_logged_only_with_a_given_length() {
    let home = Home::new();
    let log = |args: &[&str]| home.run(["log", "--session", "settle-walk"].iter().chain(args));
    assert_eq!(log(&["--at", "5h"]).code, Some(0));
    assert_eq!(log(&["--at", "2d", "--cold", "10"]).code, Some(0));
    let steps = |line: &Value| {
        let format_phase =
            |phase: &Value| format!("{} {}", phase["kind"].as_str().unwrap(), phase["actual_s"]);
        line["phases"].as_array().unwrap().iter().map(format_phase).collect::<Vec<_>>()
    };
    let history = home.history();
    assert_eq!(steps(&history[0]), ["breathe 300", "rest 3300"]);
    assert_eq!(steps(&history[1]), ["breathe 300", "cold 600", "rest 2700"]);

    for (args, hint) in [
        (&["--at", "2d", "--cold", "0"][..], "leave the flag out"),
        (&["--at", "2d", "--cold", "60"], "shorter lengths: --cold, --rounds\n"),
        (&["--at", "1m"], "how long it really was: --rounds\n"),
        (&["--at", "2d", "--heat", "20"], "leave --heat out"),
    ] {
        let refused = log(args);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    }
    assert_eq!(home.history().len(), 2);
}

#[test]
fn check_says_how_many_sessions_are_deleted() {
    let home = Home::new();
    for hours in ["5h", "9h"] {
        assert_eq!(home.run(["log", "--session", "ice", "--at", hours]).code, Some(0));
    }
    let check = || home.run(["history", "check"]).stdout;
    assert!(check().contains("\n2 sessions, 0 corrections"), "{}", check());
    assert_eq!(home.run(["history", "delete", "last", "--yes"]).code, Some(0));
    assert!(check().contains("\n2 sessions (1 deleted), 1 correction,"), "{}", check());
}
