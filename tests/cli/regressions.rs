//! Small faults in what people read, each tested as a person would see it.

use crate::{
    home::Home,
    terminal::{KEYS_FOOTER, Terminal},
};
use serde_json::Value;
use std::fs;

/// The first screen that shows this, not a later one.
fn first_screen(home: &Home, terminal: &Terminal, shows: &str) -> String {
    let mut first = String::new();
    home.wait_until(shows, || {
        first = terminal.screen();
        first.contains(shows)
    });
    first
}

#[test]
fn show_prints_only_the_corrected_pain() {
    let home = Home::new();
    let log =
        ["log", "--session", "alternate", "--at", "yesterday 18:00", "--pain-before", "7", "--pain", "4"];
    assert_eq!(home.run(log).code, Some(0));
    let shown = |name: &str| {
        let show = home.run(["history", "show", "last"]).stdout;
        let line = show.lines().find_map(|line| line.strip_prefix(name)).map(|line| line.trim().to_owned());
        line.unwrap_or_default()
    };
    let ratings = shown("pain scores");
    let (before, after) = ratings.split_once(", ").unwrap();
    assert!(before.starts_with("7 at 18:00") && after.starts_with("4 at "), "{ratings}");
    home.run(["history", "rate", "last", "3"]);
    assert_eq!((shown("pain"), shown("pain scores").as_str()), ("7 → 3".into(), before));
    home.run(["history", "edit", "last", "--pain-before", "8"]);
    assert_eq!((shown("pain"), shown("pain scores")), ("8 → 3".into(), String::new()));
    home.run(["history", "edit", "last", "--pain-before", "7", "--pain-after", "4"]);
    assert_eq!(
        (shown("pain"), shown("pain scores")),
        ("7 → 4".into(), ratings),
        "what is as it was rated stays"
    );
}

#[test]
fn warnings_wrap_at_whole_words() {
    let home = Home::new().env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let Some(terminal) = Terminal::open(&home) else { return };
    let refused = "$EASEBACK plan --heat 30 --color always";
    let hint = home.run_shell(&refused.replace("always", "never")).stderr;
    assert!(hint.contains("--allow-long"), "{hint}");
    let session = "$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds 1 --no-sound --no-speak";
    for width in [44, 51, 58, 65] {
        terminal.tmux(&format!("resize-window -x {width} -y 60"));
        terminal.type_line(&format!("clear; {refused}; echo code $?"));
        terminal.wait_for_text("code 2");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        assert!(words(&terminal.screen()).contains(&words(&hint)), "{width}:\n{}", terminal.screen());
        terminal.type_line(&format!("clear; {session}; echo code $?"));
        terminal.wait_for_text("any key: it is off");
        let lines = home.journal().unwrap();
        let last_line =
            lines.iter().find(|line| line["fact"] == "complaint").expect("a dead bus costs a complaint");
        let warning = format!("warning: {}", last_line["text"].as_str().unwrap());
        terminal.press_keys("C-c");
        terminal.wait_for_text("code 0");
        assert!(words(&terminal.screen()).contains(&words(&warning)), "{width}:\n{}", terminal.screen());
    }
}

#[test]
fn key_reply_disappears_when_the_state_changes() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --no-notify --no-sound");
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.wait_for_raw_mode();
    terminal.press_keys("Space");
    terminal.wait_for_text("paused: take the pad off");
    terminal.wait_for_text("space resume");
    assert_eq!(home.run(["resume"]).code, Some(0));
    let screen = first_screen(&home, &terminal, "space pause");
    assert!(!screen.contains("paused: take the pad off"), "{screen}");
    terminal.press_keys("p 7");
    terminal.wait_for_text("pain 7 noted");
    assert_eq!(home.run(["pause"]).code, Some(0));
    let screen = first_screen(&home, &terminal, "space resume");
    assert!(screen.contains("pain 7 noted"), "what was noted stays so:\n{screen}");
}

#[test]
fn alert_disappears_when_it_is_over() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal
        .type_line("$EASEBACK start --skip-questions --heat 1s --rounds 1 --swap ask --no-notify --no-sound");
    terminal.wait_for_text("Take it off: heat is over");
    assert_eq!(home.run(["extend", "5"]).code, Some(0));
    let screen = first_screen(&home, &terminal, "space pause");
    assert!(!screen.contains("heat is over") && screen.contains("Heat now"), "{screen}");
    terminal.press_q_twice();
    terminal.wait_for_text("shell>");
    terminal.type_line("clear; $EASEBACK start alternate --rehearse=60 --no-notify --no-sound");
    terminal.wait_for_text("Still awake?");
    terminal.press_keys("x");
    let screen = first_screen(&home, &terminal, "Alarm silenced.");
    assert!(!screen.contains("Still awake?") && screen.contains("Heat now"), "{screen}");
}

#[test]
fn footer_shows_what_the_next_key_does_during_an_alarm() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal
        .type_line("$EASEBACK start --skip-questions --heat 1s --rounds 1 --swap ask --no-notify --no-sound; echo code $?");
    let screen = first_screen(&home, &terminal, "Take it off: heat is over");
    let footer = screen.lines().last().unwrap();
    assert_eq!(footer, "n swapped: go on · p pain · any other key silences the alarm");
    terminal.press_keys("q");
    let screen = first_screen(&home, &terminal, "Alarm silenced.");
    assert!(screen.ends_with(KEYS_FOOTER), "now it is two presses:\n{screen}");
    terminal.press_q_twice();
    terminal.wait_for_text("code 0");
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

#[test]
fn durations_over_an_hour_are_shown_in_hours() {
    let home = Home::new();
    let steps = "[[cycle]]\nkind = \"rest\"\nduration = \"14h\"\nsay = \"Lie down.\"\n";
    let head = "name = \"long\"\ntitle = \"Long\"\nsource = \"me\"\nrounds = 1\n\n";
    fs::write(home.folder().join("long.toml"), format!("{head}{steps}")).unwrap();
    let check = home.run(["protocols", "check", "./long.toml"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    assert!(check.stdout.starts_with("'long' is a valid protocol: 14 h, 1 round\n"), "{check:?}");
    let shown = home.run(["protocols", "show", "./long.toml"]).stdout;
    assert!(shown.contains("14 h") && !shown.contains("840 min"), "{shown}");
    let list = home.run(["protocols", "list"]).stdout;
    assert!(list.contains("1 h 30 min") && !list.contains("90 min"), "{list}");
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start ./long.toml --skip-questions --no-notify --no-sound");
    home.wait_until("the title", || {
        terminal.tmux("display -p \"#{pane_title}\"").contains("rest 14 h · easeback")
    });
}

#[test]
fn t_means_ten_at_every_pain_question() {
    let home = Home::new();
    for ten in ["t", "T", "ten"] {
        let log =
            ["log", "--session", "alternate", "--at", "yesterday 18:00", "--pain-before", ten, "--pain", ten];
        assert_eq!(home.run(log).code, Some(0), "{ten}");
        let last = home.history().pop().unwrap();
        assert_eq!((&last["pain_before"], &last["pain_after"]), (&10.into(), &10.into()), "{ten}");
    }
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --no-notify --no-sound --pain t --skip-questions; echo code $?");
    terminal.wait_for_text(KEYS_FOOTER);
    let scores = || -> Vec<Value> {
        let lines = home.journal().unwrap().into_iter();
        lines.filter(|line| line["fact"] == "rated").map(|line| line["score"].clone()).collect()
    };
    for ten in ["t", "T"] {
        terminal.wait_for_raw_mode();
        let before = scores().len();
        terminal.press_keys(&format!("p {ten}"));
        home.wait_until("the score", || scores().len() == before + 1);
    }
    assert_eq!(home.run(["pain", "ten"]).code, Some(0));
    assert_eq!(scores(), [10, 10, 10]);
    assert_eq!(home.journal().unwrap()[0]["facts"]["pain"], 10);
    terminal.press_keys("d");
    terminal.wait_for_text("code 0");
    terminal.type_line("clear; $EASEBACK attach --plain");
    terminal.wait_for_text("Type a word and Enter");
    for (nth, ten) in ["t", "ten", "p t", "pain ten"].into_iter().enumerate() {
        terminal.type_line(ten);
        home.wait_until(ten, || scores().len() == 4 + nth);
    }
    assert!(scores().iter().all(|score| *score == 10), "{:?}", scores());
}

#[test]
fn shortened_first_phase_is_explained_in_a_single_round_too() {
    let home = Home::new();
    let first = ["start", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--no-notify", "--no-sound"];
    assert_eq!(home.run(first).code, Some(0));
    for (args, expected) in [
        (
            &["plan", "--rounds", "1", "--first", "cold", "--cold", "20"][..],
            "cold only 19 min 59 s so soon after your last session, heat 20 min",
        ),
        (&["plan", "ice", "--cold", "20"], "cold only 19 min 59 s so soon after your last session, 1 round"),
    ] {
        let plan = home.run(args);
        assert!(plan.stdout.contains(expected), "{args:?}: {plan:?}");
    }
    let start = home.run(["start", "ice", "--cold", "20", "--detach", "--no-notify", "--no-sound"]);
    assert!(start.stderr.contains("cold only 19 min 59 s so soon after"), "{start:?}");
}

#[test]
fn each_question_asks_one_thing() {
    let home = Home::new();
    let plan = home.run(["plan", "settle-walk", "--json"]).stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let questions: Vec<&str> = plan["phases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|phase| phase["offer"]["ask"].as_str())
        .collect();
    assert_eq!(questions, ["Do you want cold on it now?", "Has the first wave of pain passed?"]);
}

#[path = "../../examples/synthetic/history.rs"]
#[allow(dead_code, reason = "shared with the example")]
mod synthetic;

#[test]
fn synthetic_sessions_are_never_in_the_future() {
    for (seed, sessions) in (0..60).zip([1, 2, 5, 6, 7, 20, 40].into_iter().cycle()) {
        let person = synthetic::Person { seed, sessions, plain: false };
        let all: Vec<_> = synthetic::sessions(&person).collect();
        assert_eq!(all.len() as u64, sessions);
        let last = all.iter().filter_map(|session| session.ended).max().unwrap();
        let until_end = synthetic::END - last.timestamp().as_second();
        assert!((0..5 * 3600).contains(&until_end), "seed {seed}, {sessions} sessions: {until_end} s");
    }
}
