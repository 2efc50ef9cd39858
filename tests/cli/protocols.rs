//! A person's own protocols: found, shown, started, checked, and every error in them reported at once.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is how a failure is reported")]

use crate::{
    home::{Home, Output, has_program_or_skip},
    schemas::schema_error,
};
use easeback::{
    error::ErrorCode,
    protocol::{BUILT_IN_PROTOCOLS, Protocol},
};
use insta::assert_snapshot;
use proptest::{collection::vec, prelude::*};
use serde_json::Value;
use std::{fs, os::unix::fs::symlink, path::PathBuf};

const VALID_PROTOCOL: &str = "name = 'mine'\ntitle = 'Mine'\nsource = 'me'\nrounds = 2\n\n\
    [[cycle]]\nkind = 'heat'\nduration = '15m'\nsay = 'Pad on.'\n\n\
    [[cycle]]\nkind = 'cold'\nduration = 10\nsay = 'Pack on.'\n";

/// Ten errors of different kinds. What each is about is marked by bars, which are removed first.
const TEN_ERRORS: &str = "name = |\"My Back\"|
title = \"Heat\"
source = |three|
rounds = |13|
|colour| = \"red\"

[[cycle]]
|kidn| = \"heat\"
duration = |\"20M\"|
say = \"Pad on.\"

[[cycle]]
kind = |\"hot\"|
duration = \"10m\"
|until| = \"40m\"
say = |\"\"|
|ask| = \"Now?\"
";

/// The text without its bars, and the line and column of each opening bar.
fn strip_error_marks(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut plain, mut places) = (String::new(), Vec::new());
    for (index, part) in text.split('|').enumerate() {
        if index % 2 == 1 {
            let line = plain.rsplit('\n').next().unwrap();
            places.push((plain.matches('\n').count() + 1, line.chars().count() + 1));
        }
        plain += part;
    }
    (plain, places)
}

fn protocols_folder(home: &Home) -> PathBuf {
    home.config().join("protocols")
}

fn home_with_protocol(name: &str, text: impl AsRef<[u8]>) -> Home {
    let home = Home::new();
    fs::create_dir_all(protocols_folder(&home)).unwrap();
    fs::write(protocols_folder(&home).join(format!("{name}.toml")), text).unwrap();
    home
}

/// The text with the path of this run's folders masked.
fn mask_home_path(home: &Home, text: &str) -> String {
    text.replace(home.folder().to_str().unwrap(), "HOME")
}

fn check_protocol(text: &str) -> Output {
    home_with_protocol("mine", text).run(["protocols", "check", "mine"])
}

fn has_no_control_characters(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n' || "\u{202e}\u{2066}\u{200f}\u{2028}".contains(c))
}

#[test]
fn built_in_protocols_are_listed_and_shown() {
    let home = Home::new();
    let list = home.run(["protocols"]);
    assert_eq!(list.code, Some(0));
    assert_eq!(home.run(["protocols", "list"]).stdout, list.stdout);
    assert_snapshot!("list", list.stdout);
    for (name, _) in BUILT_IN_PROTOCOLS {
        let show = home.run(["protocols", "show", name]);
        assert_eq!((show.code, show.stderr.as_str()), (Some(0), ""));
        assert!(show.stdout.lines().all(|line| line.chars().count() <= 80));
        assert_snapshot!(format!("show_{name}"), show.stdout);
    }
    assert!(!home.config().exists(), "to look changes nothing");
}

#[test]
fn new_protocol_file_is_valid_as_written() {
    let home = Home::new();
    let new = home.run(["protocols", "new", "knee-2"]);
    let file = protocols_folder(&home).join("knee-2.toml");
    assert_eq!((new.code, new.stdout), (Some(0), format!("Wrote {}\n", file.display())));
    assert_snapshot!("new_talk", new.stderr);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("#:schema ./protocol.schema.json\n"));
    assert_snapshot!("new", text);
    let schema = fs::read(protocols_folder(&home).join("protocol.schema.json")).unwrap();
    assert_eq!(schema, fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/protocol.schema.json")).unwrap());
    let files = home.files();
    assert_eq!((files[&home.config()].mode, files[&protocols_folder(&home)].mode), (0o700, 0o700));
    assert_eq!(files[&file].mode, 0o600);

    let check = home.run(["protocols", "check", "knee-2"]);
    assert_eq!((check.code, check.stderr.as_str()), (Some(0), ""));
    assert_snapshot!(check.stdout, @"'knee-2' is a valid protocol: up to 1 h 40 min, 2 rounds");
    for args in [["plan", "knee-2"], ["plan", "config/protocols/knee-2.toml"]] {
        let plan = home.run(args);
        assert_eq!((plan.code, plan.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
    assert_snapshot!("show_new", home.run(["protocols", "show", "knee-2"]).stdout);

    let second = home.run(["protocols", "new", "knee-2"]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert_eq!(home.files(), files, "nothing is written over another");
}

#[test]
fn invalid_name_for_a_new_protocol_changes_nothing() {
    let home = Home::new();
    let before = home.files();
    let long = "a".repeat(41);
    for name in ["ice", "alternate", "", "-x", "My", "a/b", "../x", "a.toml", "ä", "a b", "\u{1b}[2J", &long]
    {
        let refused = home.run(["protocols", "new", name]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{name:?}: {refused:?}");
        assert!(
            has_no_control_characters(&refused.stderr) && refused.stderr.contains("hint: "),
            "{refused:?}"
        );
        assert_eq!(home.files(), before);
    }
    assert!(
        home.run(["protocols", "new", "heat"])
            .stderr
            .contains("expected a name that no built-in protocol has")
    );
}

#[test]
fn ten_protocol_errors_are_reported_at_once_with_positions() {
    let (text, places) = strip_error_marks(TEN_ERRORS);
    assert_eq!(places.len(), 10);
    let home = home_with_protocol("mine", text);
    let before = home.files();
    let refused = home.run(["protocols", "check", "mine"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    let file = protocols_folder(&home).join("mine.toml");
    let arrow = format!("--> {}:", file.display());
    let errors = refused.stderr.lines().filter_map(|line| line.trim_start().strip_prefix(&arrow));
    let expected: Vec<String> = places.iter().map(|(line, column)| format!("{line}:{column}")).collect();
    assert_eq!(errors.collect::<Vec<_>>(), expected, "{}", refused.stderr);
    assert_snapshot!("ten_mistakes", mask_home_path(&home, &refused.stderr));

    for args in [&["start", "mine"][..], &["plan", "mine"], &["protocols", "show", "mine"]] {
        let same = home.run(args);
        assert_eq!((same.code, same.stdout, &same.stderr), (Some(2), String::new(), &refused.stderr));
    }
    let logged = home.run(["log", "--session", "mine", "--at", "2d"]);
    assert_eq!((logged.code, &logged.stderr), (Some(2), &refused.stderr));
    assert_eq!(home.files(), before);
}

#[test]
fn every_rule_has_its_own_error_message() {
    let step = |keys: &str| format!("{VALID_PROTOCOL}[[after]]\n{keys}say = 'x'\n");
    let first = |keys: &str| VALID_PROTOCOL.replacen("kind = 'heat'\nduration = '15m'\n", keys, 1);
    let invalid: &[(String, &str)] = &[
        (first("kind = 'heat'\nduration = '15m'\noptional = true\n"), "the first step cannot be optional"),
        (step("kind = 'cold'\nuntil = '3h'\n"), "cold needs a duration"),
        (step("kind = 'rest'\n"), "'duration' is missing"),
        (step("kind = 'rest'\nduration = 5\nuntil = '3h'\n"), "expected duration or until, not both"),
        (
            step("kind = 'rest'\nuntil = '1h'\nsay = 'x'\n[[after]]\nkind = 'move'\nuntil = '1h'\n"),
            "lasts until 1 h",
        ),
        (
            step("kind = 'move'\nduration = 5\noptional = true\nagain = 5\n"),
            "after a no the cold before it would go on",
        ),
        (step("kind = 'move'\nduration = 5\nagain = 5\n"), "'again' is for optional steps only"),
        (
            step("kind = 'move'\nduration = 5\noptional = false\nask = 'x'\n"),
            "'ask' is for optional steps only",
        ),
        (step("kind = 'rest'\nduration = 0\n"), "expected 1s or more"),
        (step("kind = 'rest'\nduration = -5\n"), "leave out the minus sign"),
        (step("kind = 'rest'\nduration = 1.5\n"), "it has a fraction"),
        (step("kind = 'rest'\nduration = '25h'\n"), "expected 24h or less"),
        (step("kind = 'rest'\nduration = true\n"), "expected a duration such as 20m"),
        (step("kind = 'rest'\nduration = 5\noptional = 'yes'\n"), "expected true or false, not text"),
        (
            step("kind = 7\nduration = 5\n"),
            "write one of \"heat\", \"cold\", \"rest\", \"move\", \"breathe\"",
        ),
        (
            step(&format!("kind = 'rest'\nduration = 5\ncheck = '{}'\n", "x".repeat(501))),
            "expected 500 letters or fewer, not 501",
        ),
        (step("kind = 'rest'\nduration = 5\ncheck = ' '\n"), "invalid check: expected a few words"),
        (step("kind = 'rest'\nduration = 5\ncheck = \"a\\u001b[2J\"\n"), "invisible character (U+001B)"),
        (step("kind = 'rest'\nduration = 5\ncheck = \"a\u{202e}b\"\n"), "invisible character (U+202E)"),
        (step("kind = 'rest'\nduration = 5\ncheck = \"\"\"a\nb\"\"\"\n"), "expected one line"),
        (step("kind = 'rest'\nduration = 5\nname = 'a very long name indeed'\n"), "write 20 at most"),
        (VALID_PROTOCOL.replace("rounds = 2", "rounds = 0"), "from 1 to 12, or \"as-needed\""),
        (VALID_PROTOCOL.replace("rounds = 2", "rounds = 'as needed'"), "did you mean \"as-needed\"?"),
        (VALID_PROTOCOL.replace("rounds = 2", "rounds = '2'"), "without quotes"),
        (VALID_PROTOCOL.replace("rounds = 2", "rounds = 2\nrounds = 3"), "given twice"),
        (VALID_PROTOCOL.replace("'mine'", "'yours'"), "the file is called mine.toml"),
        (VALID_PROTOCOL.replace("'mine'", "'heat'"), "expected a name that no built-in protocol has"),
        (VALID_PROTOCOL.replace("'mine'", "'-mine'"), "expected a letter or digit first, not a hyphen"),
        (VALID_PROTOCOL.replace("name = 'mine'\n", ""), "'name' is missing"),
        (VALID_PROTOCOL.replace("[[cycle]]", "[[before]]"), "'cycle' is missing"),
        (VALID_PROTOCOL.replace("[[cycle]]", "[[cycel]]"), "did you mean 'cycle'?"),
        (
            VALID_PROTOCOL.replace("rounds = 2", "rounds = 2\ninstead = 'x'"),
            "invalid instead: expected a list, not text",
        ),
        (
            VALID_PROTOCOL.replace("rounds = 2", "rounds = 2\ninstead = ['x', 7]"),
            "invalid instead: expected text, not a number",
        ),
        (VALID_PROTOCOL.replace("rounds = 2", "rounds = 2\nbefore = [1]"), "write [[before]]"),
        (
            "name = 'mine'\ntitle = 'x'\nsource = 'x'\nrounds = 1\ncycle = []\n".into(),
            "expected at least one step",
        ),
        (VALID_PROTOCOL.replace("'Mine'", "Mine"), "missing quotes"),
    ];
    for (text, expected) in invalid {
        let refused = check_protocol(text);
        assert_eq!(refused.code, Some(2), "{expected}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{expected}: {}", refused.stderr);
        assert!(
            refused.stderr.contains(" is not a valid protocol: one mistake, on line "),
            "{expected}: {}",
            refused.stderr
        );
    }
    let round = "[[before]]\nkind = 'rest'\nduration = 5\nsay = 'x'\n";
    let round = format!(
        "{}{round}",
        VALID_PROTOCOL.replacen("duration = '15m'\n", "duration = '15m'\noptional = true\nagain = 5\n", 1)
    );
    assert!(check_protocol(&round).stderr.contains("the cold before it"), "a round follows on a round");
    let more = round.replace("kind = 'cold'", "kind = 'rest'")
        + "[[after]]\nkind = 'cold'\nduration = 5\nsay = 'x'\n";
    assert!(
        check_protocol(&more).stderr.contains("the cold before it"),
        "one more round follows on what came after"
    );
    assert_eq!(check_protocol(VALID_PROTOCOL).code, Some(0));
}

#[test]
fn broken_line_is_reported_once() {
    for (line, count) in [("kind = heat", 1), ("kind heat", 1), ("kind = ", 1), ("= 'heat'", 1)] {
        let text = VALID_PROTOCOL.replacen("kind = 'heat'", line, 1);
        let refused = check_protocol(&text);
        assert_eq!(refused.stderr.matches("-->").count(), count, "{line}: {}", refused.stderr);
        assert!(refused.stderr.contains(".toml:7:"), "{line}: {}", refused.stderr);
    }
}

#[test]
fn check_reports_a_protocol_over_the_limits() {
    let long = VALID_PROTOCOL.replace("15m", "45m");
    let refused = check_protocol(&long);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    assert_snapshot!(refused.stderr);
    let home = home_with_protocol("mine", &long);
    assert_eq!(home.run(["plan", "mine"]).code, Some(2));
    assert_eq!(home.run(["plan", "mine", "--allow-long"]).code, Some(0));
    let show = home.run(["protocols", "show", "mine"]).stdout;
    assert!(show.contains("refused as it is: a heat phase of 45 min"), "{show}");
    assert!(show.contains("heat without a break: 20 min (a massage therapist,"), "{show}");
    assert!(home.run(["protocols"]).stdout.contains("`easeback protocols check mine`"));
    // A step that lasts until a time can be there only once.
    let twice = VALID_PROTOCOL.replace("kind = 'cold'\nduration = 10", "kind = 'rest'\nuntil = '40m'");
    let refused = check_protocol(&twice);
    assert!(
        refused.code == Some(2) && refused.stderr.contains("'mine' is done once, not 2 times"),
        "{refused:?}"
    );
    let short = check_protocol(&VALID_PROTOCOL.replace("duration = 10", "duration = 5"));
    assert_eq!(short.code, Some(0));
    assert!(short.stdout.contains("Warning: Cold for 5 min is short"), "{}", short.stdout);
}

#[test]
fn own_protocols_are_found_by_name_and_by_path() {
    let home = home_with_protocol("mine", VALID_PROTOCOL);
    fs::write(home.folder().join("other.toml"), VALID_PROTOCOL.replace("mine", "not-other")).unwrap();
    fs::create_dir(home.folder().join("sub")).unwrap();
    fs::write(home.folder().join("sub/x"), VALID_PROTOCOL).unwrap();
    for (word, name) in
        [("mine", "mine"), ("other.toml", "not-other"), ("./other.toml", "not-other"), ("sub/x", "mine")]
    {
        let plan: Value = serde_json::from_str(&home.run(["plan", word, "--json"]).stdout).unwrap();
        assert_eq!(plan["protocol"], name, "{word}");
        assert_eq!(home.run(["protocols", "check", word]).code, Some(0));
    }
    let start = home.run(["start", "mine", "--detach", "--no-notify"]);
    assert_eq!(start.code, Some(0), "{start:?}");
    assert_eq!(home.run(["stop"]).code, Some(0));
    assert_eq!(home.history()[0]["protocol"], "mine");
    let again: Value =
        serde_json::from_str(&home.run(["plan", "--again", "--json", "--allow-long"]).stdout).unwrap();
    assert_eq!(again["protocol"], "mine");
    let logged = home.run(["log", "--session", "mine", "--at", "2d", "--heat", "20"]);
    assert_eq!(logged.code, Some(0), "{logged:?}");
    assert_eq!(home.history()[1]["phases"][0]["planned_s"], 1200);
}

#[test]
fn unknown_name_error_suggests_the_nearest() {
    let home = home_with_protocol("my-back", VALID_PROTOCOL.replace("mine", "my-back"));
    let before = home.files();
    for (word, meant) in
        [("my-bakc", "my-back"), ("alternat", "alternate"), ("Ice", "ice"), ("settle", "settle-walk")]
    {
        for args in [&["start", word][..], &["plan", word], &["log", "--session", word, "--at", "2d"]] {
            let refused = home.run(args);
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{args:?}");
            let hint = format!("hint: did you mean {meant}? `easeback protocols` lists all of them\n");
            assert!(refused.stderr.ends_with(&hint), "{}", refused.stderr);
        }
    }
    let listed = home.run(["plan", "zzz"]).stderr;
    assert!(listed.contains("alternate, ice, heat, settle-walk, stiff-day or my-back"), "{listed}");
    assert_eq!(home.files(), before);
}

#[test]
fn built_in_name_cannot_be_overridden() {
    let home = home_with_protocol("ice", VALID_PROTOCOL.replace("mine", "ice"));
    assert!(home.run(["plan", "ice"]).stdout.starts_with("Cold, once"));
    let check = home.run(["protocols", "check", "ice"]);
    assert_eq!(check.code, Some(0));
    assert!(check.stderr.contains("ice.toml is never used: a built-in protocol has this name"), "{check:?}");
    let check = home.run(["protocols", "check", "config/protocols/ice.toml"]);
    assert_eq!(check.code, Some(2));
    assert!(check.stderr.contains("expected a name that no built-in protocol has"), "{check:?}");
    assert!(home.run(["protocols"]).stdout.contains("ice.toml"));
}

#[test]
fn non_regular_or_large_file_is_rejected_immediately() {
    let home = Home::new();
    let folder = protocols_folder(&home);
    fs::create_dir_all(folder.join("folder.toml")).unwrap();
    assert_eq!(home.run_shell("mkfifo config/protocols/pipe.toml").code, Some(0));
    symlink("pipe.toml", folder.join("link.toml")).unwrap();
    symlink("/dev/zero", folder.join("zero.toml")).unwrap();
    symlink("nowhere", folder.join("dangling.toml")).unwrap();
    fs::write(folder.join("large.toml"), vec![b'#'; 10 << 20]).unwrap();
    fs::write(folder.join("most.toml"), vec![b'#'; 64 << 10]).unwrap();
    let before = home.files();
    for name in ["folder", "pipe", "link", "zero", "dangling", "large", "most"] {
        for args in [&["start", name][..], &["plan", name], &["protocols", "check", name]] {
            let refused = home.run(args);
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{args:?}: {refused:?}");
            assert!(refused.stderr.contains(&format!("{name}.toml")), "{refused:?}");
        }
    }
    assert!(home.run(["plan", "large"]).stderr.contains("over 64 KiB"));
    let list = home.run(["protocols", "list"]);
    assert_eq!(list.code, Some(0));
    assert_eq!(list.stdout.matches("broken").count(), 7, "{}", list.stdout);
    assert_eq!(home.files(), before);
}

#[test]
fn list_marks_own_protocols_and_names_broken_ones() {
    let home = home_with_protocol("mine", VALID_PROTOCOL);
    let name = "a-name-of-forty-letters-is-as-long-as-it";
    fs::write(
        protocols_folder(&home).join(format!("{name}.toml")),
        VALID_PROTOCOL.replace("'mine'", &format!("'{name}'")),
    )
    .unwrap();
    fs::write(protocols_folder(&home).join("bad.toml"), VALID_PROTOCOL.replace("heat", "hot")).unwrap();
    fs::write(protocols_folder(&home).join("Bad Name.toml"), VALID_PROTOCOL).unwrap();
    fs::write(protocols_folder(&home).join("notes.txt"), "not one").unwrap();
    let list = home.run(["protocols"]);
    assert_eq!(list.code, Some(0));
    let (built_in, own) = list.stdout.split_once("Your own").unwrap();
    assert!(built_in.contains("alternate") && !built_in.contains("mine"));
    for word in ["mine", name, "bad ", "protocols check bad`", "Bad Name.toml", "rename the file"] {
        assert!(own.contains(word), "{word}: {own}");
    }
    assert!(!own.contains("notes"));
    let path = home.folder().to_str().unwrap();
    let too_wide = |line: &&str| line.chars().count() > 80 && !line.contains(path);
    assert_eq!(list.stdout.lines().find(too_wide), None);
    assert_snapshot!("list_own", mask_home_path(&home, own));
}

#[test]
fn protocol_file_cannot_send_terminal_escapes() {
    let control_characters = "\u{1b}[2J\u{202e}\u{2066}\u{9b}31m\u{7}\u{2028}\r";
    let texts = [
        format!("name = \"{control_characters}\"\n"),
        format!(
            "\"{control_characters}\" = 1\n{control_characters} = 2\n[{control_characters}]\n# {control_characters}\n"
        ),
        VALID_PROTOCOL.replace("heat", control_characters),
        VALID_PROTOCOL.replace("Pad on.", &format!("{control_characters}\" \"")),
        VALID_PROTOCOL.replace("'heat'", "\"\\u001b[2J\\u202e\""),
        VALID_PROTOCOL.replace("title", "\"\\u001b[2J\\u202e\""),
    ];
    for text in texts {
        let home = home_with_protocol("mine", &text);
        for args in [
            &["protocols"][..],
            &["protocols", "check", "mine"],
            &["start", "mine"],
            &["protocols", "show", "mine"],
        ] {
            let output = home.run(args);
            assert!(
                has_no_control_characters(&output.stdout) && has_no_control_characters(&output.stderr),
                "{args:?}: {output:?}"
            );
        }
    }
    let home = Home::new();
    let hostile = format!("{}.toml", &control_characters[..4]);
    fs::create_dir_all(protocols_folder(&home)).unwrap();
    fs::write(protocols_folder(&home).join(&hostile), "x").unwrap();
    for args in [vec!["protocols".to_owned()], vec!["plan".into(), format!("config/protocols/{hostile}")]] {
        let output = home.run(args);
        assert!(
            has_no_control_characters(&output.stdout) && has_no_control_characters(&output.stderr),
            "{output:?}"
        );
    }
}

#[test]
fn protocol_name_in_the_history_never_opens_a_file() {
    let home = Home::new();
    fs::write(home.folder().join("evil.toml"), VALID_PROTOCOL).unwrap();
    for name in ["./evil.toml", "evil.toml", "../x", "\u{1b}[2J"] {
        let line = serde_json::json!({"v": 1, "kind": "session", "id": "0193a5a0-0000-7000-8000-000000000001",
            "at": "2026-11-20T19:00:00+01:00", "started": "2026-11-20T18:00:00+01:00", "outcome": "completed",
            "protocol": name, "planned_s": 1200, "active_s": 1200, "paused_s": 0, "phases": []});
        fs::create_dir_all(home.data().join("history")).unwrap();
        fs::write(home.data().join("history/x.jsonl"), format!("{line}\n")).unwrap();
        let refused = home.run(["plan", "--again"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(
            refused.stderr.contains("invalid protocol name in the last session")
                && has_no_control_characters(&refused.stderr),
            "{refused:?}"
        );
    }
}

#[test]
fn encoding_error_names_its_position() {
    let text = VALID_PROTOCOL.replace("Mine", "M\u{fc}ll");
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let home = home_with_protocol("mine", latin);
    let refused = home.run(["protocols", "check", "mine"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("this is not text in UTF-8") && refused.stderr.contains("mine.toml:2:11"),
        "{refused:?}"
    );
    // The line ends and marks of other systems' editors are accepted.
    assert_eq!(check_protocol(&format!("\u{feff}{}", VALID_PROTOCOL.replace('\n', "\r\n"))).code, Some(0));
}

fn json(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

#[test]
fn schema_accepts_only_valid_protocols() {
    for (name, text) in BUILT_IN_PROTOCOLS {
        assert_eq!(schema_error("protocol", &json(text)), None, "{name}");
    }
    let new = include_str!("../../src/cli/protocols/new.toml");
    assert_eq!(schema_error("protocol", &json(new)), None);
    assert_eq!(schema_error("protocol", &json(VALID_PROTOCOL)), None);
    for (right, invalid) in [
        ("'heat'", "'hot'"),
        ("kind = 'heat'", "kidn = 'heat'"),
        ("rounds = 2", "rounds = 13"),
        ("rounds = 2", "rounds = 'often'"),
        ("'15m'", "'20M'"),
        ("'15m'", "0"),
        ("duration = '15m'", "until = '15m'"),
        ("duration = '15m'", "duration = '15m'\nagain = '5m'"),
        ("duration = '15m'\n", ""),
        ("'Mine'", "''"),
        ("'mine'", "'My Back'"),
        ("'Pad on.'", "\"\\u001b\""),
        ("rounds = 2", "rounds = 2\ncolour = 'red'"),
    ] {
        let text = VALID_PROTOCOL.replacen(right, invalid, 1);
        assert!(schema_error("protocol", &json(&text)).is_some(), "{invalid}");
        assert!(Protocol::parse(&text).is_err(), "{invalid}");
    }
}

/// Parses the bytes and checks the result, whatever it is.
fn check_parsing(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Protocol::parse_user_protocol("a file", bytes, Some("mine")) {
        Ok(protocol) => prop_assert!(!protocol.cycle.is_empty() && protocol.name == "mine"),
        Err(error) => {
            prop_assert!(error.exit_code == ErrorCode::Usage && error.hint.is_some());
            let snippet = error.snippet.unwrap_or_default();
            prop_assert!(bytes.len() > 64 << 10 || snippet.contains("a file:"), "{snippet:?}");
            prop_assert!(has_no_control_characters(&snippet), "{snippet:?}");
        }
    }
    Ok(())
}

#[test]
fn protocol_parser_survives_any_depth_and_length() {
    for piece in [
        "[",
        "{",
        "a.",
        "[a.",
        "a={",
        "a=[",
        "'",
        "\"",
        "\"\"\"",
        "=\n",
        "\n",
        "[[cycle]]\n",
        "x\n",
        "a='",
        "\\",
        "#",
        "\0",
    ] {
        for size in [1000, 60_000, 70_000, 10 << 20] {
            let text = piece.repeat(size / piece.len());
            check_parsing(text.as_bytes()).unwrap();
        }
    }
}

/// `start` looks at the past before it asks, and again when it begins: something may have been recorded meanwhile.
#[test]
fn plan_and_start_read_the_protocol_and_the_past_once() {
    let home = home_with_protocol("mine", VALID_PROTOCOL);
    if !has_program_or_skip("strace") {
        return;
    }
    assert_eq!(home.run(["log", "--session", "ice", "--at", "5h"]).code, Some(0));
    for (args, past) in [("plan mine", 1), ("start mine --detach --skip-questions --no-notify", 2)] {
        let run = home.run_shell(&format!("strace -qq -e trace=openat -o trace \"$EASEBACK\" {args}"));
        assert_eq!(run.code, Some(0), "{args}: {run:?}");
        let trace = fs::read_to_string(home.folder().join("trace")).unwrap();
        let count = |file: &str| {
            trace.lines().filter(|line| line.contains(file) && line.contains("O_RDONLY")).count()
        };
        assert_eq!(
            [count("/mine.toml"), count("/config.toml"), count("/history/")],
            [1, 1, past],
            "{args}: {trace}"
        );
    }
}

proptest! {
    #![proptest_config(crate::properties::property_config(256))]

    #[test]
    fn protocol_parser_never_panics_on_any_bytes(bytes in vec(any::<u8>(), 0..300), text in "[a-z=\\[\\]'\"\n #.{}0-9]{0,200}") {
        check_parsing(&bytes)?;
        check_parsing(text.as_bytes())?;
    }

    #[test]
    fn protocol_parser_never_panics_on_changed_pieces(
        which in 0..=BUILT_IN_PROTOCOLS.len(),
        changes in vec((any::<prop::sample::Index>(), 0..30usize, vec(any::<u8>(), 0..4)), 1..6),
    ) {
        let text = BUILT_IN_PROTOCOLS.get(which).map_or(include_str!("../../src/cli/protocols/new.toml"), |(_, text)| text);
        let mut bytes = text.as_bytes().to_vec();
        for (at, length, piece) in changes {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, piece);
        }
        check_parsing(&bytes)?;
        // What the parser accepts, the schema accepts.
        if let Ok(text) = str::from_utf8(&bytes) && Protocol::parse(text).is_ok() {
            prop_assert_eq!(schema_error("protocol", &json(text)), None);
        }
    }
}
