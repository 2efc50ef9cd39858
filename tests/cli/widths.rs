//! Output for people: it fits the terminal, has colors only there, and names its sources.

use crate::{
    history_folder::{bytes, session},
    home::Home,
    terminal::Terminal,
};
use easeback::record::{HistoryLine, Outcome, SessionRecord};
use insta::assert_snapshot;
use serde_json::Value;
use std::{collections::BTreeSet, fs};

/// The 256-color escapes of heat and of cold.
const HEAT: &str = "\u{1b}[38;5;166m";
const COLD: &str = "\u{1b}[38;5;32m";

/// Commands whose output people read in a terminal.
const COMMANDS: [&str; 15] = [
    "history",
    "history list --entries",
    "history show last",
    "history check",
    "stats",
    "plan",
    "plan settle-walk",
    "status",
    "protocols",
    "protocols show alternate",
    "protocols show settle-walk",
    "protocols check mine",
    "config show",
    "guide",
    "guide help",
];

/// A home with 26 sessions, three diary entries, a config, a protocol, and a running session.
fn home_with_history() -> Home {
    let home = Home::new();
    fs::create_dir_all(home.data().join("history")).unwrap();
    fs::create_dir_all(home.config().join("protocols")).unwrap();
    let lines: Vec<HistoryLine> = (1..=26).map(|number| HistoryLine::Session(past_session(number))).collect();
    fs::write(home.data().join("history/a.jsonl"), bytes(&lines)).unwrap();
    fs::write(
        home.config().join("config.toml"),
        "[sound]\nplayer = ['a-player-of-sounds', '--volume', '50 %', '--device', 'the one at the bed', '{file}']\n",
    )
    .unwrap();
    assert_eq!(home.run(["protocols", "new", "mine"]).code, Some(0));
    for text in
        ["slept badly, and woke up at four; walked to the shop and back, which took half an hour", "sat"]
    {
        assert_eq!(home.run(["log", "--pain", "5", text]).code, Some(0));
    }
    assert_eq!(home.run(["start", "--detach", "--no-notify", "--heat", "19"]).code, Some(0));
    home
}

fn past_session(number: u32) -> SessionRecord {
    let started = (i64::from(number) - 60) * 1440;
    let mut record = session(number << 16, started, started + 60);
    record.protocol = if number.is_multiple_of(3) { "my-own-long-protocol".into() } else { record.protocol };
    record.outcome = if number.is_multiple_of(4) { Outcome::Stopped } else { Outcome::Completed };
    record.pain_after = Some(3);
    record.note = Some("the pad slipped off twice, so that it took a while until it was warm again".into());
    record.phases[0].citation = Some("D0; D2, X3".into());
    record.phases[1].citation = Some("D0: massage therapist".into());
    record.phases[1].overdue_s = 90;
    record.phases[1].slept_s = 61;
    record
}

/// The output of a command in a terminal of that width.
fn run_in_width(home: &Home, terminal: &Terminal, width: usize, command: &str) -> String {
    terminal.tmux(&format!("resize-window -x {width} -y 200"));
    home.wait_until("the new width", || terminal.mode().contains(&format!("columns {width};")));
    // The line tells this command's end from that of the command before.
    terminal.type_line(&format!("clear; $EASEBACK {command}; echo {width} {command}: code $?"));
    home.wait_until(command, || terminal.screen().ends_with(&format!("{width} {command}: code 0\nshell>")));
    // Lines that the terminal itself wrapped are joined here.
    let whole = terminal.tmux("capture-pane -p -J");
    let lines: Vec<&str> = whole.trim_end().lines().map(str::trim_end).collect();
    assert_eq!(lines.join("\n"), terminal.screen(), "`{command}` is wider than {width}");
    lines[..lines.len() - 2].join("\n")
}

#[test]
fn output_fits_the_terminal_and_breaks_no_word() {
    let home = home_with_history();
    let Some(terminal) = Terminal::open(&home) else { return };
    for command in COMMANDS {
        let piped = home.run(command.split(' '));
        let piped_words = format!("{} {}", piped.stdout, piped.stderr);
        let piped_words: BTreeSet<&str> = piped_words.split_whitespace().collect();
        // A word of the piped output, the day of such a date, or a name in full or shortened.
        let is_known =
            |word: &str, piped_words: &str| match (word.strip_suffix('…'), piped_words.strip_suffix('…'))
            {
                _ if word == piped_words => true,
                (Some(begin), _) => piped_words.starts_with(begin),
                (None, Some(begin)) => word.starts_with(begin),
                (None, None) => piped_words.starts_with("20") && piped_words.ends_with(word),
            };
        let is_whole =
            |word: &str| word == "NAME" || piped_words.iter().any(|piped_words| is_known(word, piped_words));
        for width in [60, 80, 120] {
            let text = run_in_width(&home, &terminal, width, command);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}: {text}");
            // Statistics have other headings where there is more room; the plan and the status have the time.
            if !["stats", "plan", "plan settle-walk", "status", "config show"].contains(&command) {
                let broken: Vec<&str> = text.split_whitespace().filter(|word| !is_whole(word)).collect();
                assert_eq!(broken, [""; 0], "`{command}` at {width}:\n{text}");
            }
            if ["history", "history show last", "protocols show settle-walk"].contains(&command) {
                assert_snapshot!(format!("{command} {width}").replace(' ', "_"), text);
            }
        }
    }
}

#[test]
fn list_shows_the_total_count() {
    let home = home_with_history();
    let list = home.run(["history"]);
    assert_eq!(
        list.stderr,
        "20 of 26, --all shows the rest\nand 2 diary entries: `easeback history list --entries`\n\
         9/10: 9 min done, 10 planned\n"
    );
    assert_eq!(list.stdout.lines().count(), 21);
    let stderr_of = |args: &[&str]| home.run(["history"].iter().chain(args)).stderr;
    assert!(!stderr_of(&["--all"]).contains(" of ") && !stderr_of(&["--limit", "26"]).contains(" of "));
    assert!(stderr_of(&["--limit", "1"]).starts_with("1 of 26, --all shows the rest\n"));
    assert_eq!(
        stderr_of(&["--protocol", "alternate", "--limit", "3"]),
        "3 of 18, --all shows the rest\n9/10: 9 min done, 10 planned\n"
    );
    assert_eq!(stderr_of(&["--outcome", "stopped", "--limit", "6"]), "9/10: 9 min done, 10 planned\n");
    assert_eq!(stderr_of(&["list", "--entries", "--limit", "1"]), "1 of 2, --all shows the rest\n");
    for format_flag in ["--json", "--jsonl", "--csv"] {
        assert_eq!(stderr_of(&[format_flag]), "", "{format_flag}");
    }
}

#[test]
fn replies_use_the_short_id_of_the_list() {
    let home = home_with_history();
    let list = home.run(["history", "--limit", "1"]).stdout;
    let id = list.lines().nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert_eq!(id.len(), 8, "{list}");
    for (args, expected) in [
        (vec!["rate", &id, "2"], format!("({id}): pain after 2")),
        (vec!["note", &id, "better"], format!("({id}): note")),
        (vec!["delete", &id, "--yes"], format!("`easeback history restore {id}`")),
        (vec!["restore", &id], format!("({id}): brought back")),
    ] {
        let reply = home.run(["history"].iter().chain(&args));
        assert!(reply.stderr.contains(&expected), "{expected}: {reply:?}");
    }
    // Sessions of the same minute are distinguished.
    let logged = |at: &str| home.run(["log", "--session", "heat", "--at", at]).stderr;
    let replies = ["yesterday 18:00", "yesterday 20:00"].map(|at| {
        let reply = logged(at);
        reply.trim_end().strip_suffix(')').unwrap().rsplit_once('(').unwrap().1.to_owned()
    });
    for twin in &replies[1..] {
        assert_eq!(home.run(["history", "show", twin]).code, Some(0), "{replies:?}");
    }
    assert!(logged("yesterday 20:00").contains(&replies[1]));
}

#[test]
fn sources_are_names_in_text_and_codes_in_json() {
    let home = home_with_history();
    let code = |word: &str| {
        let word = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        ["D0", "D1", "D2", "P"].contains(&word)
            || word.strip_prefix('X').is_some_and(|rest| rest.parse::<u8>().is_ok())
    };
    // The guide has its own table.
    for command in COMMANDS.iter().filter(|command| !command.starts_with("guide")) {
        let output = home.run(command.split(' '));
        let text = output.stdout + &output.stderr;
        let codes: Vec<&str> = text.split_whitespace().filter(|word| code(word)).collect();
        assert_eq!(codes, [""; 0], "`{command}`: {text}");
    }
    for words in [&["start", "--heat", "25"][..], &["plan", "ice", "--rounds", "2"], &["extend", "9m"]] {
        let refused = home.run(words).stderr;
        assert!(refused.starts_with("error: ") && !refused.split_whitespace().any(code), "{refused}");
    }
    let plan: Value = serde_json::from_str(&home.run(["plan", "--json"]).stdout).unwrap();
    assert_eq!(plan["source"], "D0: massage therapist");
    let sessions: Value = serde_json::from_str(&home.run(["history", "--json"]).stdout).unwrap();
    assert_eq!(sessions[0]["phases"][0]["source"], "D0; D2, X3");
}

#[test]
fn colors_only_repeat_the_text() {
    let home = home_with_history().remove_env("NO_COLOR");
    for command in COMMANDS {
        let plain = home.run(command.split(' ')).stdout;
        assert!(!plain.contains('\u{1b}'), "`{command}` has colors without a terminal: {plain:?}");
        let colored = home.run(command.split(' ').chain(["--color", "always"])).stdout;
        if !["plan", "plan settle-walk", "status"].contains(&command) {
            assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain, "`{command}`");
        }
        if ["history", "history show last", "stats", "plan", "status", "protocols show alternate"]
            .contains(&command)
        {
            assert!(colored.contains(HEAT) && colored.contains(COLD), "`{command}`: {colored:?}");
        }
    }
    for args in [
        &["history", "--json"][..],
        &["history", "--csv"],
        &["stats", "--json"],
        &["plan", "--json"],
        &["status", "--json"],
    ] {
        let machine = home.run(args.iter().chain(&["--color", "always"]));
        assert!(machine.code == Some(0) && !machine.stdout.contains('\u{1b}'), "{machine:?}");
    }
}
