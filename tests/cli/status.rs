//! The line for a status bar: a template, and a new line whenever it changes.

use crate::{
    home::{Home, Output},
    schemas::assert_fits,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;

const START_DETACHED: [&str; 3] = ["start", "--detach", "--no-notify"];

fn start_session(home: &Home, flags: &[&str]) {
    let start = home.run(START_DETACHED.iter().chain(flags));
    assert_eq!(start.code, Some(0), "{start:?}");
}

fn format_status(home: &Home, template: &str) -> Output {
    home.run(["status", "--format", template])
}

/// A `status --follow` whose lines go to a file, to be read while it runs.
struct FollowProcess<'a> {
    home: &'a Home,
    arguments: &'a str,
}

impl<'a> FollowProcess<'a> {
    fn start(home: &'a Home, args: &'a str) -> FollowProcess<'a> {
        let script = format!("$EASEBACK status --follow {args} > followed 2> complained &");
        assert_eq!(home.run_shell(&script).code, Some(0));
        FollowProcess { home, arguments: args }
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.home.folder().join("followed")).unwrap();
        text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
    }

    /// Waits until the last line is as expected.
    fn wait_for_line(&self, is_expected: impl Fn(&str) -> bool) {
        self.home.wait_until(self.arguments, || self.lines().last().is_some_and(|line| is_expected(line)));
    }

    fn stderr_text(&self) -> String {
        fs::read_to_string(self.home.folder().join("complained")).unwrap()
    }
}

/// Templates that do not change with time, with their output in a session of an hour and a half: running, and cut
/// off.
const TEMPLATES: &[(&str, &str, &str)] = &[
    ("", "", ""),
    ("lying down", "lying down", "lying down"),
    ("{state}", "running", "cut_off"),
    ("{phase} {round}/{rounds}", "heat 1/3", "heat 1/3"),
    ("{planned}<{overdue}>", "20:00<>", "20:00<>"),
    ("{next}", "cold", "cold"),
    ("{percent}%", "0%", "0%"),
    ("{protocol}|{rehearsal}", "alternate|", "alternate|"),
    ("{{phase}}", "{phase}", "{phase}"),
    ("{{{phase}}}", "{heat}", "{heat}"),
    ("}}{{", "}{", "}{"),
    ("❄ {phase}\t°", "❄ heat\t°", "❄ heat\t°"),
];

#[test]
fn template_fields_are_filled_in() {
    let home = Home::new();
    for (template, ..) in TEMPLATES {
        let Output { code, stdout, stderr } = format_status(&home, template);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(3), "\n", ""), "{template}");
    }

    start_session(&home, &[]);
    for (template, running, _) in TEMPLATES {
        let Output { code, stdout, stderr } = format_status(&home, template);
        assert_eq!((code, stdout, stderr.as_str()), (Some(0), format!("{running}\n"), ""), "{template}");
    }
    let document: Value = serde_json::from_str(&home.run(["status", "--json"]).stdout).unwrap();
    let id = document["session"].as_str().unwrap();
    assert_eq!(format_status(&home, "{session}").stdout.trim_end(), id);
    let ends_at = document["phase"]["ends_at"].as_str().unwrap();
    assert_eq!(format_status(&home, "{next_at}").stdout.trim_end(), &ends_at[11..16]);
    let tooltip = document["tooltip"].as_str().unwrap();
    assert!(
        tooltip.ends_with(&format!("ends about {}", format_status(&home, "{ends_at}").stdout.trim_end()))
    );

    home.kill_timer();
    for (template, _, cut_off) in TEMPLATES {
        assert_eq!(format_status(&home, template).stdout, format!("{cut_off}\n"), "{template}");
    }
    assert_eq!(format_status(&home, "<{next_at}{ends_at}>").stdout, "<>\n", "nobody knows when");
}

#[test]
fn elapsed_plus_remaining_is_the_whole_phase() {
    let home = Home::new();
    start_session(&home, &["--rounds", "1", "--first", "cold"]);
    let seconds = |clock: &str| {
        clock.split(':').fold(0, |sum: u32, part| sum * 60 + part.trim().parse::<u32>().unwrap())
    };
    let filled = format_status(&home, "{remaining} {elapsed}").stdout;
    let (remaining, elapsed) = filled.split_once(' ').unwrap();
    assert_eq!(seconds(remaining) + seconds(elapsed), 600, "{filled}");
}

#[test]
fn last_phase_has_no_next() {
    let home = Home::new();
    start_session(&home, &["--heat", "1s", "--cold", "10m", "--rounds", "1"]);
    home.wait_until("the last phase", || format_status(&home, "{phase}").stdout == "cold\n");
    assert_eq!(format_status(&home, "<{next}{next_at}>").stdout, "<>\n");
    assert_ne!(format_status(&home, "{ends_at}").stdout, "\n");
}

#[test]
fn invalid_template_is_refused() {
    let home = Home::new();
    for (template, nearest) in [
        ("{phas}", "{phase}"),
        ("{Phase}", "{phase}"),
        ("{ phase }", "{phase}"),
        ("{remaning}", "{remaining}"),
        ("{nextat}", "{next_at}"),
        ("{percentage}", "{percent}"),
        ("{}", "{"),
        ("{\u{1b}[2J}", "{"),
        ("{", "{{"),
        ("}", "}}"),
        ("{phase", "{{"),
        ("{phase{state}", "{{"),
        ("{{phase}", "}}"),
        ("{{{phase}}", "}}"),
    ] {
        let refused = format_status(&home, template);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{template}: {refused:?}");
        let lines: Vec<&str> = refused.stderr.lines().collect();
        let [what, hint] = lines[..] else { panic!("two lines: {refused:?}") };
        assert!(what.starts_with("error: invalid template ") && hint.starts_with("hint: "), "{refused:?}");
        assert!(hint.contains(nearest), "{template}: {hint}");
        assert!(!refused.stderr.contains('\u{1b}'), "{refused:?}");
    }
    assert_eq!(home.run(["status", "--json", "--format", "{phase}"]).code, Some(2));
}

#[test]
fn help_lists_every_template_field_and_fits_a_screen() {
    let home = Home::new();
    let help = home.run(["status", "--help"]).stdout;
    assert!(help.lines().count() <= 40 && help.lines().all(|line| line.chars().count() <= 80), "{help}");
    let hint = format_status(&home, "{?}").stderr;
    let (_, names) = hint.split_once("the names are ").unwrap();
    let names: Vec<&str> = names.trim().split(", ").collect();
    assert!(names.len() >= 14, "{names:?}");
    for name in names {
        assert!(help.contains(&format!("{{{name}}}")), "{name} in {help}");
        assert_eq!(format_status(&home, &format!("{{{name}}}")).code, Some(3));
    }
}

proptest! {
    #![proptest_config(crate::properties::property_config(32))]

    #[test]
    fn any_template_is_accepted_or_refused(template in "([{}]|phase|next_at|[a-z _]|[^\0]){0,12}") {
        let home = Home::new();
        let Output { code, stdout, stderr } = format_status(&home, &template);
        match code {
            Some(3) => prop_assert_eq!((stdout.as_str(), stderr.as_str()), ("\n", "")),
            _ => {
                prop_assert_eq!((code, stdout.as_str()), (Some(2), ""));
                prop_assert_eq!(stderr.lines().count(), 2, "{}", stderr);
            }
        }
    }
}

#[test]
fn doubled_braces_print_single_braces() {
    let home = Home::new();
    start_session(&home, &[]);
    let mut runner = proptest::test_runner::TestRunner::new(crate::properties::property_config(32));
    let result = runner.run(&r"([{}]|\PC){0,12}", |text| {
        let doubled = text.replace('{', "{{").replace('}', "}}");
        prop_assert_eq!(format_status(&home, &doubled).stdout, format!("{text}\n"));
        Ok(())
    });
    assert_eq!(result, Ok(()));
}

#[test]
fn follow_shows_each_swap_and_waits_for_the_next_session() {
    let home = Home::new();
    let follower = FollowProcess::start(&home, "--format '{phase}'");
    follower.wait_for_line(str::is_empty);
    start_session(&home, &["--heat", "2s", "--cold", "1s", "--rounds", "2"]);
    home.wait_until("the session's end", || home.has_alert("end"));
    assert_eq!(home.run(["stop"]).code, Some(0));
    follower.wait_for_line(str::is_empty);
    let lines = follower.lines();
    assert!(lines.windows(2).all(|pair| pair[0] != pair[1]), "each line says something new: {lines:?}");
    assert!(lines.windows(2).any(|pair| pair == ["heat", "cold"]), "{lines:?}");

    start_session(&home, &[]);
    follower.wait_for_line(|line| line == "heat");
    assert_eq!(home.run(["stop"]).code, Some(0));
    follower.wait_for_line(str::is_empty);
    assert_eq!(follower.stderr_text(), "");
}

#[test]
fn follow_counts_the_seconds() {
    let home = Home::new();
    start_session(&home, &["--rounds", "1"]);
    let plain = FollowProcess::start(&home, "");
    home.wait_until("three lines", || plain.lines().len() >= 3);
    let lines = plain.lines();
    assert!(lines.iter().all(|line| line.starts_with("heat, round 1 of 1, ")), "{lines:?}");
}

#[test]
fn follow_shows_a_killed_timer_and_the_next_session() {
    let home = Home::new();
    start_session(&home, &[]);
    let follower = FollowProcess::start(&home, "--format '{state}'");
    follower.wait_for_line(|line| line == "running");
    home.kill_timer();
    follower.wait_for_line(|line| line == "cut_off");
    start_session(&home, &[]);
    follower.wait_for_line(|line| line == "running");
    let lines = follower.lines();
    assert_eq!(lines.first().map(String::as_str), Some("running"), "{lines:?}");
}

#[test]
fn waybar_gets_one_json_document_per_line() {
    let home = Home::new();
    let is = |line: &str, state: &str| line.contains(&format!("\"state\":\"{state}\""));
    let follower = FollowProcess::start(&home, "--json");
    follower.wait_for_line(|line| is(line, "idle"));
    start_session(&home, &[]);
    follower.wait_for_line(|line| is(line, "running"));
    home.kill_timer();
    follower.wait_for_line(|line| is(line, "cut_off"));
    assert_eq!(home.run(["stop"]).code, Some(0));
    follower.wait_for_line(|line| is(line, "idle"));
    let documents: Vec<Value> = follower
        .lines()
        .iter()
        .map(|line| serde_json::from_str(line).expect("one document a line"))
        .collect();
    documents.iter().for_each(|document| assert_fits("status", document));
    let check_state = |state: &str| {
        documents.iter().rfind(|document| document["state"] == state).map(|document| &document["watched"])
    };
    assert_eq!((check_state("running"), check_state("cut_off")), (Some(&json!(true)), Some(&json!(false))));
}

#[test]
fn follow_ends_quietly_when_its_reader_closes() {
    let home = Home::new();
    for args in ["", "--json", "--format '{phase}'"] {
        // Nothing more will be printed: it must notice by itself that the reader is gone.
        let script = format!("{{ $EASEBACK status --follow {args}; echo $? > code; }} | head -n 1");
        let Output { stdout, stderr, .. } = home.run_shell(&script);
        assert_eq!((stdout.lines().count(), stderr.as_str()), (1, ""), "{args}: {stdout}");
        assert_eq!(fs::read_to_string(home.folder().join("code")).unwrap(), "0\n");
    }
    assert!(!home.state().exists(), "looking leaves nothing behind");
}

#[test]
fn follow_survives_a_damaged_journal_and_warns_once() {
    let home = Home::new();
    fs::create_dir(home.state()).unwrap();
    let journal = home.state().join("session.jsonl");
    fs::write(&journal, "not a journal\n").unwrap();
    let follower = FollowProcess::start(&home, "--format '{phase}'");
    follower.wait_for_line(str::is_empty);
    fs::write(&journal, "still not a journal\n").unwrap();
    start_session(&home, &[]);
    follower.wait_for_line(|line| line == "heat");
    let warnings = follower.stderr_text();
    assert_eq!(warnings.matches("error: ").count(), 1, "{warnings}");
}

#[test]
fn follow_reports_a_full_disk() {
    let home = Home::new();
    let full = home.run_shell("$EASEBACK status --follow > /dev/full");
    assert_eq!(full.code, Some(1), "{full:?}");
    assert!(full.stderr.contains("cannot write the output"), "{}", full.stderr);
}
