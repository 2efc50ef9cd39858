//! The viewer's keys, in a real terminal (tmux), and the terminal as it was after every way out.

use crate::{
    home::Home,
    terminal::{KEYS, Terminal},
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};

const START: &str =
    "$EASEBACK start --skip-questions --heat 10m --cold 5m --rounds 2 --no-notify; echo code $?";

/// The journal's facts of one kind.
fn facts(home: &Home, kind: &str) -> Vec<serde_json::Value> {
    home.journal().unwrap_or_default().into_iter().filter(|line| line["fact"] == kind).collect()
}

/// What the person said, by kind; the timer's own facts left out.
fn said(home: &Home) -> Vec<String> {
    let own = ["begun", "timer", "viewer", "told", "alive", "complaint"];
    let kinds = home.journal().unwrap_or_default().into_iter();
    let kinds = kinds.filter_map(|line| line["fact"].as_str().map(str::to_owned));
    kinds.filter(|kind| !own.contains(&kind.as_str())).collect()
}

/// The process that shows the session.
pub fn viewer(home: &Home) -> Pid {
    let timer = facts(home, "timer")[0]["pid"].as_i64().unwrap();
    let shown = |pid: &Pid| i64::from(pid.as_raw_nonzero().get()) != timer;
    home.processes().into_iter().find(shown).expect("a viewer")
}

#[test]
fn each_key_acts_and_shows_a_reply() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    terminal.until(KEYS);
    for (keys, answer, kind) in [
        ("Space", "paused: take the pad off", Some("paused")),
        ("Space", "going on", Some("resumed")),
        ("+", "5 min more: 15 min in all", Some("extended")),
        ("m", "3 rounds now", Some("more")),
        ("n", "only `skip` cuts it short", None),
        ("p 7", "pain 7 noted", Some("rated")),
        ("p 1 0", "pain 10 noted", Some("rated")),
        ("p 1", "pain 1 noted", Some("rated")),
        ("?", "s end this phase · m one more round", None),
        ("r", "Heat goes on · Lie on", Some("repeat")),
        ("s", "cold now, 5 min", Some("skipped")),
        ("Up n", "this phase has 4 min", None),
    ] {
        let before = said(&home);
        terminal.tmux("clear-history");
        terminal.presses(keys);
        terminal.until(answer);
        let new = said(&home).split_off(before.len());
        assert_eq!(new, kind.into_iter().collect::<Vec<_>>(), "{keys}");
    }
    let scores: Vec<_> = facts(&home, "rated").iter().map(|line| line["score"].as_i64().unwrap()).collect();
    assert_eq!(scores, [7, 10, 1]);
    for all in 2..=4 {
        terminal.presses("+ +");
        home.until("five minutes more, once", || facts(&home, "extended").len() == all);
        terminal.until(&format!("5 min more: {} min in all", 5 * all));
        terminal.until_it_ticks();
    }
    terminal.presses("+");
    terminal.until("refused: ");
    assert_eq!(terminal.screen().matches(" left [").count(), 1, "the time, once:\n{}", terminal.screen());
}

#[test]
fn d_detaches_and_q_stops_the_session_in_any_viewer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    terminal.until(KEYS);
    terminal.presses("d");
    terminal.until("code 0");
    assert!(terminal.screen().contains("the session goes on"));
    assert_eq!((home.run(["status"]).code, said(&home).len()), (Some(0), 0));
    terminal.types("clear; $EASEBACK; echo code $?");
    terminal.until(KEYS);
    terminal.presses("q");
    terminal.until("q again ends it");
    terminal.presses("+");
    terminal.until("5 min more");
    terminal.presses("q");
    terminal.until("q again ends it");
    assert_eq!(said(&home), ["extended"], "one alone ends nothing");
    terminal.presses("q");
    terminal.until("code 0");
    assert!(terminal.screen().contains("stopped: "), "{}", terminal.screen());
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

/// The timer is killed: the screen says so until a key is pressed.
fn dies(home: &Home, terminal: &Terminal) {
    home.kill_timer();
    terminal.until("Take the pad off: nobody is timing it");
    terminal.until("any key closes this");
    assert!(terminal.has_other_screen());
    terminal.presses("x");
}

#[test]
fn viewer_of_a_cut_off_session_continues_with_a_new_timer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    terminal.until(KEYS);
    home.kill_timer();
    terminal.until("nobody is timing this session");
    assert_eq!(home.run(["resume"]).code, Some(0));
    terminal.until(KEYS);
    terminal.until_it_ticks();
    let screen = terminal.screen();
    assert!(screen.contains("Heat now") && !screen.contains("nobody is timing"), "{screen}");
    terminal.quits();
    terminal.until("code 0");
}

#[test]
fn ctrl_c_does_not_claim_that_a_cut_off_session_continues() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    home.run(["start", "--skip-questions", "--detach", "--no-notify"]);
    terminal.types("$EASEBACK attach; echo code $?");
    terminal.until(KEYS);
    home.kill_timer();
    terminal.until("any key closes this");
    terminal.presses("C-c");
    terminal.until("code 1");
    let screen = terminal.screen();
    assert!(screen.contains("nobody is timing this session") && !screen.contains("goes on;"), "{screen}");
}

#[test]
fn finished_session_needs_no_timer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal
        .types("$EASEBACK start --skip-questions --no-notify --heat 1s --cold 1s --rounds 1; echo code $?");
    terminal.until("any key: it is off");
    home.kill_timer();
    terminal.until("code 0");
    let screen = terminal.screen();
    assert!(screen.contains("completed: ") && !screen.contains("nobody is timing"), "{screen}");
    assert!(home.journal().is_none());
}

#[test]
fn terminal_is_restored_after_every_exit() {
    let signal = |home: &Home, signal| kill_process(viewer(home), signal).unwrap();
    type Way<'a> = &'a dyn Fn(&Home, &Terminal);
    let ways: [(&str, Way, &str); 8] = [
        ("d", &|_, terminal| terminal.presses("d"), "code 0"),
        ("q", &|_, terminal| terminal.quits(), "code 0"),
        ("Ctrl-C", &|_, terminal| terminal.presses("C-c"), "code 130"),
        ("Ctrl-\\", &|_, terminal| terminal.presses("C-\\\\"), "code 0"),
        ("SIGTERM", &|home, _| signal(home, Signal::TERM), "code 143"),
        ("SIGHUP", &|home, _| signal(home, Signal::HUP), "code 0"),
        ("the timer's death", &|home, terminal| dies(home, terminal), "code 1"),
        ("the end", &|home, _| assert_eq!(home.run(["stop"]).code, Some(0)), "code 0"),
    ];
    for (name, leave, code) in ways {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        terminal.types(START);
        terminal.until(KEYS);
        terminal.until_it_hears_keys();
        assert!(terminal.has_other_screen());
        leave(&home, &terminal);
        terminal.until(code);
        assert_eq!(terminal.mode(), before, "after {name}");
        assert!(!terminal.has_other_screen(), "after {name}");
        let screen = terminal.screen();
        assert!(screen.contains("Heat now, 10 min") && !screen.contains(KEYS), "after {name}:\n{screen}");
    }
}

#[test]
fn ctrl_z_restores_the_terminal_and_fg_resumes_the_viewer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    terminal.types(START);
    terminal.until(KEYS);
    for _ in 0..2 {
        terminal.until_it_hears_keys();
        terminal.presses("C-z");
        terminal.until("Stopped");
        assert_eq!(terminal.mode(), before);
        assert!(!terminal.has_other_screen());
        terminal.types("clear; fg");
        terminal.until(KEYS);
    }
    terminal.until_it_hears_keys();
    terminal.presses("Space");
    terminal.until("take the pad off");
    terminal.presses("d");
    home.until("the viewer to be gone", || home.processes().len() == 1);
    assert_eq!(terminal.mode(), before);
}

#[test]
fn background_viewer_leaves_the_keyboard_to_the_shell() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    terminal.types("$EASEBACK start --skip-questions --heat 10m --no-notify &");
    terminal.until("Heat now");
    assert_eq!(terminal.mode(), before);
    terminal.types("clear; echo sum $((40+2)); jobs");
    terminal.until("Running");
    let screen = terminal.screen();
    assert!(screen.contains("sum 42") && !screen.contains(" left"), "{screen}");
    // Paused, nothing else wakes it: it has to notice the foreground by itself.
    assert_eq!(home.run(["pause"]).code, Some(0));
    terminal.types("clear; fg");
    terminal.until(KEYS);
    terminal.until_it_hears_keys();
    terminal.presses("C-z");
    terminal.until("Stopped");
    terminal.types("clear; bg; echo sum $((40+2)); jobs");
    terminal.until("Running");
    assert_eq!(terminal.mode(), before);
    assert_eq!(said(&home), ["paused"], "what was typed to the shell is no key");
    // It ends in the background without being stopped for the terminal's sake.
    kill_process(viewer(&home), Signal::HUP).unwrap();
    home.until("the viewer to be gone", || home.processes().len() == 1);
    assert_eq!(terminal.mode(), before);
}

#[test]
fn viewer_works_at_any_window_size() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    terminal.until(KEYS);
    terminal.tmux("resize-window -x 20 -y 5");
    terminal.until_it_ticks();
    terminal.presses("Space");
    home.until("a pause at 20x5", || facts(&home, "paused").len() == 1);
    terminal.tmux("resize-window -x 1 -y 1");
    terminal.presses("Space");
    home.until("going on at 1x1", || facts(&home, "resumed").len() == 1);
    terminal.presses("?");
    terminal.tmux("resize-window -x 180 -y 24");
    terminal.until("m one more round · p pain · r repeat · d leave it running · q q stop");
    assert!(!terminal.screen().contains("keys: ?"), "they all fit: {}", terminal.screen());
    terminal.quits();
    terminal.until("code 0");
    assert_eq!(home.history()[0]["outcome"], "stopped");

    terminal.tmux("resize-window -x 1 -y 1");
    terminal.types(START);
    terminal.until_it_hears_keys();
    terminal.presses("Space");
    home.until("a pause at 1x1 from the start", || facts(&home, "paused").len() == 1);
}

#[test]
fn random_key_presses_change_nothing() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    terminal.until(KEYS);
    terminal.until_it_hears_keys();
    terminal.presses(&format!("-l '{}'", "snqd+m p1".repeat(512)));
    terminal.until_it_ticks();
    terminal.presses("Up Down Left Right F1 F5 PageUp M-q M-s");
    terminal.until_it_ticks();
    terminal.presses("X Y Enter 7 Tab C-d");
    terminal.until_it_ticks();
    assert_eq!(said(&home), [""; 0]);
    terminal.presses("Space");
    terminal.until("take the pad off");
    assert_eq!(said(&home), ["paused"]);
}

#[test]
fn busy_lock_is_reported_and_the_viewer_continues() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    terminal.until(KEYS);
    terminal.until_it_hears_keys();
    let lock = File::options().write(true).open(home.state().join("lock")).unwrap();
    lock.lock().unwrap();
    terminal.presses("Space");
    terminal.until("nothing changed: cannot lock");
    drop(lock);
    terminal.presses("Space");
    terminal.until("take the pad off");
}

#[test]
fn viewer_without_input_continues_without_busy_waiting() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let other = terminal.tmux("new-window -d -P -F \"#{pane_id} #{pane_tty}\" 'exec cat'");
    let (pane, tty) = other.trim().split_once(' ').unwrap();
    terminal.types(
        "$EASEBACK start --skip-questions --detach --quiet --no-notify; $EASEBACK attach < /dev/null; clear",
    );
    terminal.until("Ctrl-C stops");
    terminal.until_it_ticks();
    terminal.presses("C-c");
    terminal.types(&format!("$EASEBACK attach < {tty}; echo code $?"));
    terminal.until(KEYS);
    terminal.tmux(&format!("kill-pane -t \"{pane}\""));
    terminal.until("Ctrl-C stops");
    let work = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", viewer(&home))).unwrap();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = work();
    terminal.until_it_ticks();
    assert!(work() - before < 20, "ticks of the processor in two seconds: {}", work() - before);
    terminal.presses("C-c");
    terminal.until("code 0");
}

#[test]
fn plain_and_dumb_viewers_keep_the_terminal_mode() {
    for words in [
        "$EASEBACK start --skip-questions --plain --no-notify",
        "TERM=dumb $EASEBACK start --skip-questions --no-notify",
    ] {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        terminal.types(&format!("{words}; echo code $?"));
        terminal.until("Heat now");
        assert_eq!(terminal.mode(), before);
        terminal.types("q");
        terminal.presses("C-c");
        terminal.until("code 130");
        assert_eq!(home.history()[0]["outcome"], "stopped");
    }
}

#[test]
fn panics_unwind_in_every_build_profile() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    assert!(!manifest.contains("panic ="), "what restores the terminal runs only when a panic unwinds");
}
