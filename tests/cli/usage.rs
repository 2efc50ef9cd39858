//! The help of every command, and the errors for unknown words.

use crate::home::Home;
use std::{fs, path::Path};

/// The size of a screen that help must fit in.
const WIDTH: usize = 80;
const HEIGHT: usize = 40;

/// Every command in the help, as typed; the first is the program alone.
fn list_commands(home: &Home) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut at = 0;
    while let Some(command) = all.get(at).cloned() {
        all.extend(list_subcommands(home, &command));
        at += 1;
    }
    all
}

/// The subcommands in the help of a command.
fn list_subcommands(home: &Home, command: &[String]) -> Vec<Vec<String>> {
    let help = home.run(command.iter().map(String::as_str).chain(["--help"])).stdout;
    let heading = if command.is_empty() { "Start and follow:\n" } else { "Commands:\n" };
    let Some((_, list)) = help.split_once(heading) else { return Vec::new() };
    let list = list.split("Options:\n").next().unwrap();
    let line = |line: &str| Some(line.strip_prefix("  ")?.split_once("  ")?.0.to_owned());
    let names = list.lines().filter_map(line).filter(|name| name != "help");
    names.map(|name| command.iter().cloned().chain([name]).collect()).collect()
}

#[test]
fn every_help_has_a_description_and_an_example_and_fits_a_screen() {
    let home = Home::new();
    let commands = list_commands(&home);
    assert!(commands.len() > 35, "{commands:?}");
    for command in commands {
        let called = ["easeback".to_owned()].into_iter().chain(command.clone()).collect::<Vec<_>>().join(" ");
        for flag in ["--help", "-h"] {
            let help = home.run(command.iter().map(String::as_str).chain([flag]));
            assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""), "{called}");
            let text = &help.stdout;
            assert!(text.lines().count() <= HEIGHT, "{called}: {} lines\n{text}", text.lines().count());
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{called}\n{text}");
            let about = text.lines().next().unwrap();
            assert!(about.starts_with(char::is_uppercase) && about.contains(' '), "{called}\n{text}");
            assert!(text.contains(&format!("\nUsage: {called}")), "{called}\n{text}");
            assert!(!text.contains("Print this message"), "{called}\n{text}");
            for part in ["\nOptions:\n", "--color <WHEN>", "-h, --help"] {
                assert!(text.contains(part), "{called}: {part}\n{text}");
            }
            let example = text.lines().rev().find(|line| line.contains("easeback")).unwrap();
            let is_example = example.starts_with("Example: ") || example.starts_with("  easeback ");
            assert!(is_example || command.is_empty(), "{called}\n{text}");
        }
    }
    let help = home.run(["--help"]).stdout;
    for group in
        ["Start and follow", "During a session, from any window", "Look back", "Set up and read", "Options"]
    {
        assert!(help.contains(&format!("\n{group}:\n")), "{group}: {help}");
    }
    assert!(!help.contains("\n  timer"), "the timer is no command for people");
}

#[test]
fn plan_help_shows_only_flags_that_change_a_plan() {
    let home = Home::new();
    let help = home.run(["plan", "--help"]).stdout;
    for shown in ["--heat", "--cold", "--rounds", "--first", "--again", "--allow-long", "--onset", "--json"] {
        assert!(help.contains(shown), "{shown}: {help}");
    }
    for hidden in ["--pain", "--note", "--region", "--plain", "--quiet", "--no-sound", "--skip-questions"] {
        assert!(!help.contains(hidden), "{hidden}: {help}");
    }
    // What `start` takes, `plan` takes too.
    let plan = home.run(["plan", "--pain", "4", "--note", "x", "--region", "low", "--plain", "--no-sound"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
}

#[test]
fn wrong_flag_error_names_the_help_of_its_command() {
    let home = Home::new();
    for command in list_commands(&home) {
        let refused = home.run(command.iter().map(String::as_str).chain(["--bad"]));
        let path = ["easeback".to_owned()].into_iter().chain(command).collect::<Vec<_>>().join(" ");
        let expected = format!("error: unknown flag '--bad'\nhint: `{path} --help` lists the flags\n");
        assert_eq!((refused.code, refused.stdout.as_str(), refused.stderr), (Some(2), "", expected));
    }
}

#[test]
fn usage_errors_share_one_form() {
    let home = Home::new();
    let printed: String = include_str!("../data/usage.txt")
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let refused = home.run_shell(&line.replacen("easeback", "\"$EASEBACK\"", 1));
            assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{line}: {refused:?}");
            assert_eq!(refused.stderr.lines().count(), 2, "{line}: {refused:?}");
            let (what, hint) = refused.stderr.split_once("\nhint: ").unwrap();
            assert!(
                what.starts_with("error: ") && ["`", "--", "type "].iter().any(|text| hint.contains(text)),
                "{line}: {refused:?}"
            );
            format!("$ {line}\n{}", refused.stderr)
        })
        .collect();
    insta::assert_snapshot!("usage_errors", printed);
}

#[test]
fn system_error_text_is_shown_only_in_the_debug_log() {
    let home = Home::new();
    let folder = home.folder().to_owned();
    fs::create_dir_all(folder.join("folder")).unwrap();
    fs::write(folder.join("file"), "").unwrap();
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let at = |name: &str| folder.join(name).display().to_string();
    let (data, config) = (home.data().join("history"), home.config().join("protocols"));
    write(&config, "no folder");
    let assert_plain_error = |args: &[&str], expected: &str| {
        let result = home.run(args);
        let printed = result.stdout.clone() + &result.stderr;
        assert!(printed.contains(expected), "{args:?}: {printed}");
        assert!(!printed.contains("os error") && !printed.contains("debug:"), "{args:?}: {printed}");
        assert!(!printed.contains(".easeback-") && !printed.contains(".tmp"), "{args:?}: {printed}");
    };
    for (args, expected) in [
        (&["history", "import", &at("missing")][..], ": not found"),
        (&["history", "import", &at("folder")], ": it is not a regular file"),
        (&["history", "import", &at("file/below")], ": part of its path is not a folder"),
        (&["history", "export", "-o", &at("folder")], ": it is a folder"),
        (&["history", "export", "-o", &at("missing/file")], ": not found"),
        (&["report", "-o", &at("missing/file")], "error: no session yet"),
        (&["protocols", "check", &at("missing.toml")], ": not found"),
        (&["protocols", "new", "mine"], "cannot read "),
        (&["start", &at("folder/x.toml")], ": not found"),
    ] {
        assert_plain_error(args, expected);
    }
    write(&data.join("a.jsonl/b"), "");
    std::os::unix::fs::symlink("loop.jsonl", data.join("loop.jsonl")).unwrap();
    assert_plain_error(&["history", "check"], "its link leads in a circle");
    let full = home.run_shell("\"$EASEBACK\" config path >/dev/full");
    assert!(full.stderr.contains("cannot write the output: no space left on the disk\nhint: "), "{full:?}");
    let home = home.env("EASEBACK_LOG", "debug");
    let missing = at("missing");
    let output = home.run(["history", "import", missing.as_str()]);
    let cause = format!("debug: cannot read {missing}: No such file or directory (os error 2)\n");
    assert!(output.stderr.starts_with(&cause), "{output:?}");
    assert!(output.stderr.contains(&format!("error: cannot read {missing}: not found\n")), "{output:?}");
}

#[test]
fn alert_warnings_have_no_address_and_no_system_error_text() {
    let warning_of = |home: &Home| {
        fs::create_dir_all(home.config()).unwrap();
        fs::write(home.config().join("config.toml"), "[hooks]\nstart = [\"/no/such/program\"]\n").unwrap();
        let start = home.run(["start", "--detach", "--skip-questions", "--no-sound", "--no-speak"]);
        assert_eq!(start.code, Some(0), "{start:?}");
        let found = || -> Vec<String> {
            let lines = home.journal().unwrap_or_default().into_iter();
            let warning_lines = lines.filter(|line| line["fact"] == "complaint");
            warning_lines.map(|line| line["text"].as_str().unwrap().to_owned()).collect()
        };
        home.wait_until("both warnings", || found().len() == 2);
        let mut found = found();
        found.sort();
        found
    };
    let nowhere = "unix:path=/no/such/bus";
    let plain = warning_of(&Home::new().env("DBUS_SESSION_BUS_ADDRESS", nowhere));
    let [bus, hook] = &plain[..] else { panic!("{plain:?}") };
    assert!(bus.ends_with("keep an eye on this window (no notification server was found)"), "{bus}");
    assert_eq!(hook, "your program for start failed: /no/such/program: not found");
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", nowhere).env("EASEBACK_LOG", "debug");
    let bus = warning_of(&home).swap_remove(0);
    assert!(bus.contains("(no notification server was found: ") && bus.contains("os error 2"), "{bus}");
}
