//! The config file: each key of `config.toml` works, all errors in it are reported at once, and a broken file stops
//! no running session.

use crate::{
    home::{Home, Output},
    schemas::schema_error,
    terminal::Terminal,
};
use easeback::{
    config::{LoadedConfig, PathBase, UserSettings},
    error::ErrorCode,
};
use insta::assert_snapshot;
use proptest::{collection::vec, prelude::*};
use serde_json::Value;
use std::{fs, os::unix::fs::symlink, path::Path, time::Duration};

/// Every key, each with a value other than its default.
const ALL_KEYS: &str = r#"
[start]
protocol = "ice"
heat = "15m"
cold = 12
rounds = 2
first = "cold"
swap = "ask"
region = "low"
side = "left"
detach = true
plain = true
quiet = true
skip_questions = true
[output]
color = "never"
[tell]
notify = false
sound = false
speak = false
[sound]
volume = 80
heat = "/sounds/heat.wav"
cold = "cold.wav"
end = "~/end.wav"
nag = "a \"b\" c.wav"
player = ["play", "--quiet", "{file}"]
[speech]
command = ["say", "-v", "", "{text}"]
breathing = true
[hooks]
start = ["a"]
warn = "b | c"
swap = ["d", "{e}"]
overdue = ["f"]
pause = ["g"]
resume = ["h"]
end = ["i", "j k"]
limit = "1m 30s"
shell = true
"#;

/// Errors of many kinds. What each is about is marked by bars, which are removed first.
const INVALID_CONFIG: &str = r#"[start]
protocol = |"My Back"|
|haet| = "15m"
cold = |"10M"|
rounds = |13|
first = |"warm"|
swap = |"aks"|
detach = |"yes"|
|pain| = 3

[|tel|]
notify = false

[sound]
volume = |101|
heat = |"~anna/x.wav"|
player = |["pw-play"]|

[speech]
command = ["say", "{text}", |7|]

[hooks]
end = |"lamp on"|
limit = |"10m"|
swap||
"#;

/// Commands that control a session or show the past, and work whatever the config says.
const UNAFFECTED_COMMANDS: &[&[&str]] = &[
    &["status"],
    &["status", "--json"],
    &["pause"],
    &["resume"],
    &["next"],
    &["skip"],
    &["extend", "1"],
    &["more"],
    &["pain", "3"],
    &["note", "x"],
    &["log", "--pain", "3", "x"],
    &["history"],
    &["history", "check"],
    &["guide"],
    &["protocols"],
    &["config", "path"],
    &["stop"],
    &["stats"],
    &["report", "-o", "report.html"],
];

/// A home with this config.
fn home_with_config(text: impl AsRef<[u8]>) -> Home {
    let home = Home::new();
    write_config(&home, text);
    home
}

fn write_config(home: &Home, text: impl AsRef<[u8]>) {
    fs::create_dir_all(home.config()).unwrap();
    fs::write(home.config().join("config.toml"), text).unwrap();
}

fn plan_json(home: &Home, args: &[&str]) -> Value {
    let plan = home.run(["plan", "--json"].iter().chain(args));
    assert_eq!(plan.code, Some(0), "{args:?}: {plan:?}");
    serde_json::from_str(&plan.stdout).unwrap()
}

/// The phases in minutes: "heat 20, cold 10".
fn format_phases(home: &Home, args: &[&str]) -> String {
    let plan = plan_json(home, args);
    let phase = |phase: &Value| {
        format!("{} {}", phase["kind"].as_str().unwrap(), phase["planned_s"].as_u64().unwrap() / 60)
    };
    plan["phases"].as_array().unwrap().iter().map(phase).collect::<Vec<_>>().join(", ")
}

fn parse_config(bytes: &[u8]) -> easeback::error::Result<LoadedConfig> {
    let base = PathBase { folder: Path::new("/config"), home: Some(Path::new("/home/me")) };
    LoadedConfig::parse("config.toml", bytes, base)
}

fn run_refused(home: &Home, args: &[&str]) -> Output {
    let refused = home.run(args);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{args:?}: {refused:?}");
    refused
}

/// The text with the path of this run's folders masked.
fn mask_home_path(home: &Home, text: &str) -> String {
    text.replace(home.folder().to_str().unwrap(), "HOME")
}

#[test]
fn config_without_a_file_shows_defaults_and_writes_nothing() {
    let home = Home::new();
    let before = home.files();
    let show = home.run(["config", "show"]);
    assert_eq!((show.code, show.stderr.as_str()), (Some(0), ""));
    assert_eq!(home.run(["config"]).stdout, show.stdout);
    assert_snapshot!("config_defaults", mask_home_path(&home, &show.stdout));
    let path = home.run(["config", "path"]);
    assert_eq!(path.stdout, format!("{}\n", home.config().join("config.toml").display()));
    assert_eq!(home.files(), before);
}

#[test]
fn config_show_prints_an_equivalent_file() {
    let home = home_with_config(ALL_KEYS);
    let show = home.run(["config", "show"]).stdout;
    assert_snapshot!("config_all", mask_home_path(&home, &show));
    write_config(&home, &show);
    assert_eq!(home.run(["config", "show"]).stdout, show);
}

#[test]
fn config_init_writes_a_no_op_file_and_never_overwrites() {
    let home = Home::new();
    let defaults = home.run(["config"]).stdout;
    let init = home.run(["config", "init"]);
    let file = home.config().join("config.toml");
    assert_eq!((init.code, init.stdout), (Some(0), format!("Wrote {}\n", file.display())));
    assert_snapshot!(init.stderr, @r"
    Nothing is set yet: open it in a text editor and remove the # before what you want to set.
    Then type `easeback config show`.
    ");
    let text = fs::read_to_string(&file).unwrap();
    assert_snapshot!("config_init", text);
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    let files = home.files();
    assert_eq!((files[&home.config()].mode, files[&file].mode), (0o700, 0o600));
    let schema = fs::read(home.config().join("config.schema.json")).unwrap();
    assert_eq!(schema, fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/config.schema.json")).unwrap());

    assert_eq!(parse_config(text.as_bytes()).unwrap(), LoadedConfig::default());
    let now = home.run(["config"]).stdout;
    assert_eq!(now.lines().skip(1).collect::<Vec<_>>(), defaults.lines().skip(1).collect::<Vec<_>>());

    let second = home.run(["config", "init"]);
    assert_eq!((second.code, second.stdout.as_str()), (Some(1), ""));
    assert_snapshot!(mask_home_path(&home, &second.stderr), @r"
    error: HOME/config/config.toml exists already
    hint: open it in a text editor; for a new one, move it away and type `easeback config init` again
    ");
    assert_eq!(home.files(), files);
}

#[test]
fn config_init_file_lists_every_key_with_its_default() {
    let home = Home::new();
    let defaults = home.run(["config"]).stdout;
    home.run(["config", "init"]);
    let text = fs::read_to_string(home.config().join("config.toml")).unwrap();
    // A commented-out setting has a key and a value.
    let is_set = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(setting) if is_set(setting) => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    let set: String = text.lines().map(uncomment).collect();
    write_config(&home, &set);
    let show = home.run(["config"]);
    assert_eq!(show.code, Some(0), "{}", show.stderr);
    assert_eq!(show.stdout.matches("  # file").count(), 33, "{}", show.stdout);
    assert!(!show.stdout.contains("default") && !show.stdout.contains("not set"), "{}", show.stdout);
    for line in defaults.lines().filter_map(|line| line.strip_suffix("  # default")) {
        assert!(show.stdout.contains(&format!("\n{line}  # file\n")), "{line}: {}", show.stdout);
    }
    assert_eq!(schema_error("config", &toml::from_str(&set).unwrap()), None);
}

#[test]
fn every_config_key_is_read() {
    let LoadedConfig { settings, is_shell_allowed: shell, keys } = parse_config(ALL_KEYS.as_bytes()).unwrap();
    assert!(shell);
    assert_eq!(keys.len(), 33);
    let UserSettings { sound, speech, hooks, .. } = settings;
    let path = |path: &str| Some(Path::new(path).to_owned());
    assert_eq!((sound.volume, sound.heat), (80, path("/sounds/heat.wav")));
    assert_eq!((sound.cold, sound.end), (path("/config/cold.wav"), path("/home/me/end.wav")));
    assert_eq!(sound.nag, path("/config/a \"b\" c.wav"));
    let strings = |strings: &[&str]| Some(strings.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(sound.player, strings(&["play", "--quiet", "{file}"]));
    assert_eq!((speech.command, speech.breathing), (strings(&["say", "-v", "", "{text}"]), true));
    assert_eq!((hooks.start, hooks.warn), (strings(&["a"]), strings(&["sh", "-c", "b | c"])));
    assert_eq!((hooks.end, hooks.limit), (strings(&["i", "j k"]), Duration::from_secs(90)));
    assert_eq!(schema_error("config", &toml::from_str(ALL_KEYS).unwrap()), None);
}

#[test]
fn plan_defaults_apply_unless_a_flag_is_given() {
    let home = home_with_config("[start]\nheat = '15m'\ncold = 12\nrounds = 2\nfirst = 'cold'\n");
    assert_eq!(format_phases(&home, &[]), "cold 12, heat 15, cold 12, heat 15");
    assert_eq!(format_phases(&home, &["--heat", "10", "--rounds", "1"]), "cold 12, heat 10");
    assert_eq!(format_phases(&home, &["--first", "heat", "--cold", "5", "--rounds", "1"]), "heat 15, cold 5");
    write_config(&home, "[start]\nrounds = 'as-needed'");
    assert_eq!(plan_json(&home, &[])["as_needed"], true);
    assert_eq!(plan_json(&home, &["--rounds", "3"])["as_needed"], Value::Null);
    write_config(&home, "[start]\nprotocol = 'heat'");
    assert_eq!(plan_json(&home, &[])["protocol"], "heat");
    assert_eq!(plan_json(&home, &["ice"])["protocol"], "ice");
    // A path is relative to the config folder, wherever the command is typed.
    let own = "name = 'mine'\ntitle = 'x'\nsource = 'x'\nrounds = 1\n[[cycle]]\nkind = 'rest'\nduration = 7\nsay = 'x'\n";
    fs::write(home.config().join("own.toml"), own).unwrap();
    write_config(&home, "[start]\nprotocol = 'own.toml'");
    assert_eq!(format_phases(&home, &[]), "rest 7");
}

#[test]
fn defaults_that_a_protocol_lacks_are_ignored() {
    let home = home_with_config("[start]\nheat = 15\ncold = 12\nrounds = 5\nfirst = 'cold'\n");
    assert_eq!(format_phases(&home, &["ice"]), "cold 12");
    assert_eq!(format_phases(&home, &["heat"]), "heat 15");
    assert_eq!(format_phases(&home, &["settle-walk"]), "breathe 5, cold 12, rest 43, move 10");
    assert_eq!(plan_json(&home, &["stiff-day"])["rounds"], 5);
    // A typed flag is still checked.
    run_refused(&home, &["plan", "ice", "--heat", "10"]);
    run_refused(&home, &["plan", "ice", "--rounds", "2"]);
}

#[test]
fn limits_apply_to_the_config_and_errors_name_the_file() {
    let home = home_with_config("[start]\nheat = '25m'\n");
    let file = home.config().join("config.toml");
    for args in [&["plan"][..], &["start", "--detach", "--no-notify"]] {
        let refused = run_refused(&home, args);
        assert!(refused.stderr.contains("a heat phase of 25 min is over the limit"), "{refused:?}");
        assert!(refused.stderr.contains(&format!("; the value is set in {}", file.display())), "{refused:?}");
    }
    assert_eq!(format_phases(&home, &["--allow-long", "--rounds", "1"]), "heat 25, cold 10");
    assert_eq!(format_phases(&home, &["--heat", "10", "--rounds", "1"]), "heat 10, cold 10");
    let from_flag = run_refused(&home, &["plan", "--heat", "30"]);
    assert!(!from_flag.stderr.contains("config.toml"), "{from_flag:?}");
    write_config(&home, "[start]\nprotocol = 'alternat'\n");
    let refused = run_refused(&home, &["plan"]);
    assert!(refused.stderr.contains("did you mean alternate?"), "{refused:?}");
    assert!(refused.stderr.contains("config.toml"), "{refused:?}");
}

#[test]
fn again_overrides_the_config() {
    let home = Home::new();
    let start = home.run(["start", "--heat=11", "--cold=7", "--rounds=1", "--detach", "--no-notify"]);
    assert_eq!(start.code, Some(0), "{start:?}");
    assert_eq!(home.run(["stop"]).code, Some(0));
    write_config(
        &home,
        "[start]\nprotocol = 'ice'\nheat = 15\ncold = 12\nrounds = 2\nfirst = 'cold'\nswap = 'ask'\nregion = 'low'\n",
    );
    assert_eq!(format_phases(&home, &["--again", "--allow-long"]), "heat 11, cold 7");
    assert_eq!(format_phases(&home, &["--again", "--cold", "6", "--allow-long"]), "heat 11, cold 6");
    let start = home.run(["start", "--again", "--allow-long", "--detach", "--no-notify"]);
    assert_eq!(start.code, Some(0), "{start:?}");
    let first = &home.journal().unwrap()[0];
    assert_eq!((&first["settings"]["swap"], &first["facts"]["region"]), (&"auto".into(), &"low".into()));
}

#[test]
fn start_uses_and_records_config_values() {
    let file = "[start]\nswap = 'ask'\nregion = 'mid'\nside = 'both'\ndetach = true\nquiet = true\n\
        skip_questions = true\n[tell]\nnotify = false\nsound = false\n";
    let home = home_with_config(file);
    let start = home.run(["start", "--side", "left"]);
    assert_eq!((start.code, start.stdout.as_str(), start.stderr.as_str()), (Some(0), "", ""));
    let first = &home.journal().unwrap()[0];
    assert_eq!(first["settings"]["swap"], "ask");
    assert_eq!((&first["settings"]["notify"], &first["settings"]["sound"]), (&false.into(), &false.into()));
    assert_eq!((&first["facts"]["region"], &first["facts"]["side"]), (&"mid".into(), &"left".into()));
    // The timer finds the same config, whatever its working folder.
    let environment = fs::read(format!("/proc/{}/environ", home.timer_pid())).unwrap();
    let folder = format!("EASEBACK_CONFIG_DIR={}", home.config().display());
    assert!(environment.split(|byte| *byte == 0).any(|each| each == folder.as_bytes()));
    assert_eq!(home.run(["stop"]).code, Some(0));

    write_config(&home, "[start]\nswap = 'ask'\n[tell]\nnotify = false\n");
    assert_eq!(home.run(["start", "--swap", "auto", "--detach", "--rehearse=1"]).code, Some(0));
    let first = &home.journal().unwrap()[0];
    assert_eq!((&first["settings"]["swap"], &first["settings"]["sound"]), (&"auto".into(), &true.into()));
}

#[test]
fn color_flag_overrides_environment_overrides_config() {
    let coloured = |home: &Home, args: &[&str]| {
        let guide = home.run(["guide", "why"].iter().chain(args));
        assert_eq!((guide.code, guide.stderr.as_str()), (Some(0), ""));
        guide.stdout.contains('\u{1b}')
    };
    let home = home_with_config("[output]\ncolor = \"always\"\n").remove_env("NO_COLOR");
    assert!(coloured(&home, &[]) && !coloured(&home, &["--color", "never"]));
    assert!(!coloured(&home, &["--color", "auto"]), "no terminal has it");
    let home = home.env("NO_COLOR", "1");
    assert!(!coloured(&home, &[]) && coloured(&home, &["--color", "always"]));
    write_config(&home, "[output]\ncolor = 3\n");
    assert!(!coloured(&home.remove_env("NO_COLOR"), &[]), "a broken file has no say");
}

#[test]
fn attach_uses_the_configured_display() {
    let home =
        home_with_config("[start]\nplain = true\nquiet = true\ndetach = true\n[tell]\nnotify = false\n");
    let Some(terminal) = Terminal::open(&home) else { return };
    assert_eq!(home.run(["start"]).code, Some(0));
    terminal.type_line("clear; $EASEBACK attach");
    home.wait_until("plain lines", || terminal.screen().contains("heat"));
    let plain = terminal.screen();
    assert!(!plain.contains("keys: ?"), "no keys are shown at its foot:\n{plain}");
}

#[test]
fn all_config_errors_are_reported_at_once_with_positions() {
    let (mut text, mut places) = (String::new(), Vec::new());
    for (index, part) in INVALID_CONFIG.split('|').enumerate() {
        if index % 2 == 1 {
            let line = text.rsplit('\n').next().unwrap();
            places.push(format!("{}:{}", text.matches('\n').count() + 1, line.chars().count() + 1));
        }
        text += part;
    }
    let home = home_with_config(&text);
    let before = home.files();
    let refused = run_refused(&home, &["config", "show"]);
    let arrow = format!("--> {}:", home.config().join("config.toml").display());
    let errors = refused.stderr.lines().filter_map(|line| line.trim_start().strip_prefix(&arrow));
    assert_eq!(errors.collect::<Vec<_>>(), places, "{}", refused.stderr);
    assert_snapshot!("config_mistakes", mask_home_path(&home, &refused.stderr));
    for args in [&["plan"][..], &["start"], &["config"], &["start", "--rehearse"], &["plan", "--again"]] {
        assert_eq!(run_refused(&home, args).stderr, refused.stderr, "{args:?}");
    }
    assert_eq!(home.files(), before);
}

#[test]
fn every_rule_has_its_own_error_message() {
    for (text, expected) in [
        ("[strat]\nheat = 1", "did you mean 'start'?"),
        ("heat = 15", "it belongs below [start] or [sound]"),
        ("speak = false", "it belongs below [tell]"),
        ("[start]\nvolume = 20", "it belongs below [sound]"),
        ("[output]\ncolor = 'blue'", "invalid color: expected auto, always or never"),
        ("quite = true", "the keys here are start, output, tell, sound, speech, hooks"),
        ("start = 15", "write [start], and its keys below it"),
        ("[[start]]\nheat = 1", "invalid start: expected a table, not a list"),
        ("[start]\nallow_long = true", "it is for one session only: type `easeback start --allow-long`"),
        ("[start]\npain = 3", "it is for one session only: type `easeback start --pain`"),
        ("[start]\nonset = '3h'", "unknown key 'onset'"),
        ("[start]\nheat = 0", "expected 1s or more"),
        ("[start]\nheat = 1.5", "it has a fraction"),
        ("[start]\nheat = '15m'\nheat = '15m'", "given twice"),
        ("[start]\nrounds = 'as needed'", "did you mean \"as-needed\"?"),
        ("[start]\nrounds = 0", "from 1 to 12, or \"as-needed\""),
        ("[start]\nfirst = 'rest'", "write \"heat\" or \"cold\""),
        ("[start]\nregion = 'uper'", "did you mean \"upper\"?"),
        ("[start]\nregion = 7", "expected a word, not a number"),
        ("[start]\nside = 'front'", "write \"left\" or \"right\" or \"both\""),
        ("[start]\nprotocol = ''", "expected a few words"),
        ("[start]\nprotocol = '-x'", "expected a letter or digit first, not a hyphen"),
        ("[start]\nprotocol = '~anna/x.toml'", "write the whole path, from / on"),
        ("[start]\nquiet = 1", "expected true or false, not a number"),
        ("[sound]\nvolume = -1", "expected 0 to 100"),
        ("[sound]\nvolume = '50'", "expected a number, not text"),
        ("[sound]\nvolume = 99999999999999999999", "expected 0 to 100"),
        ("[sound]\nend = 7", "expected text, not a number"),
        ("[sound]\nend = \"a\\u001b[2J\"", "invisible character (U+001B)"),
        ("[sound]\nplayer = 'pw-play {file}'", "write [\"pw-play\", \"{file}\"]"),
        ("[sound]\nplayer = []", "expected the name of a program first"),
        ("[sound]\nplayer = ['', '{file}']", "expected the name of a program first"),
        ("[speech]\ncommand = ['say']", "missing {text}"),
        ("[speech]\ncommand = ['say', '{text}', true]", "expected text, not true or false"),
        ("[hooks]\nwarn = 'x'", "or add shell = true"),
        ("[hooks]\nshell = true\nwarn = ''", "expected a few words"),
        ("[hooks]\nshell = true\nwarn = 7", "or a line in quotes"),
        ("[hooks]\nlimit = 0", "write \"1s\" to \"5m\""),
        ("[hooks]\nlimit = '6m'", "write \"1s\" to \"5m\""),
        ("[hooks]\nstop = ['x']", "the keys here are start, warn, swap"),
        ("[start]\nprotocol = mine", "missing quotes"),
        ("[start]\nprotocol = ice", "put text in quotes"),
    ] {
        let error = parse_config(text.as_bytes()).unwrap_err();
        let error_text = format!("{}\n{}", error.message, error.snippet.unwrap_or_default());
        assert_eq!(error.exit_code, ErrorCode::Usage);
        assert!(error_text.contains(expected), "{text}: {error_text}");
        assert!(
            error_text.starts_with("config.toml cannot be used: one mistake, on line "),
            "{text}: {error_text}"
        );
        let as_json: Option<Value> = toml::from_str(text).ok();
        // A schema cannot express what `~` means and how long a duration is.
        let beyond = [
            "expected a letter or digit first, not a hyphen",
            "write the whole path, from / on",
            "expected 1s or more",
            "write \"1s\" to \"5m\"",
            "it has a fraction",
        ];
        if let Some(json) = as_json.filter(|_| !beyond.contains(&expected)) {
            assert!(schema_error("config", &json).is_some(), "{text} fits the schema");
        }
    }
}

#[test]
fn broken_config_does_not_stop_a_running_session() {
    let home = Home::new();
    assert_eq!(home.run(["start", "--detach", "--no-notify", "--skip-questions"]).code, Some(0));
    write_config(&home, "[start]\nheat = 'hot'\n");
    let before = fs::read(home.config().join("config.toml")).unwrap();
    for args in UNAFFECTED_COMMANDS {
        let output = home.run(*args);
        assert_eq!(output.code, Some(0), "{args:?}: {output:?}");
        assert!(!output.stderr.contains("config.toml"), "{args:?}: {output:?}");
    }
    assert_eq!(home.history().iter().filter(|line| line["kind"] == "session").count(), 1);
    for args in [&["start"][..], &["plan"], &["config", "show"], &["config"]] {
        run_refused(&home, args);
    }
    assert_eq!(home.run(["config", "init"]).code, Some(1));
    assert_eq!(fs::read(home.config().join("config.toml")).unwrap(), before);
}

#[test]
fn cut_off_session_resumes_with_a_broken_config() {
    let home = Home::new();
    assert_eq!(home.run(["start", "--detach", "--no-notify", "--skip-questions"]).code, Some(0));
    home.kill_timer();
    write_config(&home, "[");
    let resumed = home.run(["resume"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_snapshot!(mask_home_path(&home, resumed.stderr.lines().next().unwrap()), @"warning: HOME/config/config.toml cannot be used: one mistake, on line 1, column 2; none of it is used: type `easeback config` to see why");
    assert_eq!(resumed.stderr.matches("config.toml").count(), 1, "{resumed:?}");
    assert!(home.run(["status"]).code == Some(0) && home.run(["stop"]).code == Some(0));
}

#[test]
fn attach_warns_about_a_broken_config_and_shows_the_session() {
    let home = Home::new();
    assert_eq!(home.run(["start", "--detach", "--no-notify", "--skip-questions"]).code, Some(0));
    write_config(&home, "[start]\nheat = 'hot'\n");
    let attached = home.spawn(["attach"]);
    attached.wait_until_it_watches();
    assert_eq!(home.run(["stop"]).code, Some(0));
    let attached = attached.finish();
    assert_eq!(attached.code, Some(0), "{attached:?}");
    let warnings: Vec<&str> = attached.stderr.lines().filter(|line| line.contains("config")).collect();
    assert!(warnings.len() == 1 && warnings[0].starts_with("warning: "), "{attached:?}");
}

#[test]
fn default_command_rejects_a_broken_config_only_to_start() {
    let home = home_with_config("[start]\nheat = 'hot'\n");
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("clear; $EASEBACK; echo code $?");
    home.wait_until("the refusal", || terminal.screen().contains("code 2"));
    assert!(terminal.screen().contains("cannot be used: one mistake"), "{}", terminal.screen());
    fs::remove_file(home.config().join("config.toml")).unwrap();
    assert_eq!(home.run(["start", "--detach", "--no-notify", "--skip-questions"]).code, Some(0));
    write_config(&home, "[");
    terminal.type_line("clear; $EASEBACK");
    home.wait_until("the session", || terminal.screen().contains("q q stop"));
    terminal.type_line("d");
    home.wait_until("the shell", || terminal.screen().contains("the session goes on"));
}

#[test]
fn non_regular_config_file_is_rejected_immediately() {
    for make in ["mkdir", "mkfifo", "ln -s /dev/zero"] {
        let home = Home::new();
        fs::create_dir(home.config()).unwrap();
        assert_eq!(home.run_shell(&format!("{make} config/config.toml")).code, Some(0));
        for args in [&["plan"][..], &["start"], &["config"]] {
            let refused = run_refused(&home, args);
            assert!(refused.stderr.contains("cannot read"), "{make}: {refused:?}");
            assert!(refused.stderr.contains("not a regular file"), "{make}: {refused:?}");
        }
        assert_eq!(home.run(["config", "init"]).code, Some(1));
    }
    let home = home_with_config(vec![b'#'; 64 * 1024]);
    assert_eq!(home.run(["plan"]).code, Some(0));
    write_config(&home, vec![b'#'; 64 * 1024 + 1]);
    assert!(run_refused(&home, &["plan"]).stderr.contains("over 64 KiB"));
    // A dangling link is not a config, and nothing is written through it.
    let home = Home::new();
    fs::create_dir(home.config()).unwrap();
    symlink("nowhere", home.config().join("config.toml")).unwrap();
    assert_eq!(home.run(["plan"]).code, Some(0));
    assert_eq!(home.run(["config", "init"]).code, Some(1));
    assert!(!home.config().join("nowhere").exists());
}

/// Valid and invalid parts of files, for files that are nearly valid.
fn config_line() -> impl Strategy<Value = String> {
    let known = ALL_KEYS.lines().map(|line| format!("{line}\n")).collect::<Vec<_>>();
    prop_oneof![
        3 => prop::sample::select(known),
        1 => "\\PC{0,20}\n",
        1 => prop::sample::select(vec!["[", "]", "=", "\"", "'", "\n", "\u{1b}[2J", "\u{202e}", "= [\n", "\0", "\"\"\""])
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(crate::properties::property_config(256))]

    #[test]
    fn arbitrary_bytes_are_parsed_or_rejected_safely(bytes in vec(any::<u8>(), 0..300)) {
        check_parsing(&bytes)?;
    }

    #[test]
    fn arbitrary_config_lines_are_parsed_or_rejected_safely(pieces in vec(config_line(), 0..20)) {
        check_parsing(pieces.concat().as_bytes())?;
    }
}

/// Every error has a position, and its message cannot send terminal escapes.
fn check_parsing(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Err(error) = parse_config(bytes) else { return Ok(()) };
    prop_assert_eq!(error.exit_code, ErrorCode::Usage);
    let snippet = error.snippet.unwrap_or_default();
    prop_assert!(error.message.starts_with("config.toml cannot be used: "));
    prop_assert!(snippet.contains("--> config.toml:"));
    let is_control_or_bidi = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    prop_assert!(!snippet.chars().any(is_control_or_bidi), "{:?}", snippet);
    Ok(())
}
