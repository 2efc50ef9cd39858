//! The viewer's keys in a real terminal (tmux), and the terminal's state after every way of leaving.

use crate::{
    home::Home,
    terminal::{KEYS_FOOTER, Terminal},
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};

const START: &str =
    "$EASEBACK start --skip-questions --heat 10m --cold 5m --rounds 2 --no-notify; echo code $?";

/// The journal's events of one kind.
fn events_of_kind(home: &Home, kind: &str) -> Vec<serde_json::Value> {
    home.journal().unwrap_or_default().into_iter().filter(|line| line["fact"] == kind).collect()
}

/// The events that a person caused, by kind.
fn person_events(home: &Home) -> Vec<String> {
    let own = ["begun", "timer", "viewer", "told", "alive", "complaint"];
    let kinds = home.journal().unwrap_or_default().into_iter();
    let kinds = kinds.filter_map(|line| line["fact"].as_str().map(str::to_owned));
    kinds.filter(|kind| !own.contains(&kind.as_str())).collect()
}

/// The process that shows the session.
pub fn viewer_pid(home: &Home) -> Pid {
    let timer = events_of_kind(home, "timer")[0]["pid"].as_i64().unwrap();
    let shown = |pid: &Pid| i64::from(pid.as_raw_nonzero().get()) != timer;
    home.processes().into_iter().find(shown).expect("a viewer")
}

#[test]
fn each_key_acts_and_shows_a_reply() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
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
        let before = person_events(&home);
        terminal.tmux("clear-history");
        terminal.press_keys(keys);
        terminal.wait_for_text(answer);
        let new = person_events(&home).split_off(before.len());
        assert_eq!(new, kind.into_iter().collect::<Vec<_>>(), "{keys}");
    }
    let scores: Vec<_> =
        events_of_kind(&home, "rated").iter().map(|line| line["score"].as_i64().unwrap()).collect();
    assert_eq!(scores, [7, 10, 1]);
    for all in 2..=4 {
        terminal.press_keys("+ +");
        home.wait_until("five minutes more, once", || events_of_kind(&home, "extended").len() == all);
        terminal.wait_for_text(&format!("5 min more: {} min in all", 5 * all));
        terminal.wait_for_two_redraws();
    }
    terminal.press_keys("+");
    terminal.wait_for_text("refused: ");
    assert_eq!(terminal.screen().matches(" left [").count(), 1, "the time, once:\n{}", terminal.screen());
}

#[test]
fn d_detaches_and_q_stops_the_session_in_any_viewer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.press_keys("d");
    terminal.wait_for_text("code 0");
    assert!(terminal.screen().contains("the session goes on"));
    assert_eq!((home.run(["status"]).code, person_events(&home).len()), (Some(0), 0));
    terminal.type_line("clear; $EASEBACK; echo code $?");
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.press_keys("q");
    terminal.wait_for_text("q again ends it");
    terminal.press_keys("+");
    terminal.wait_for_text("5 min more");
    terminal.press_keys("q");
    terminal.wait_for_text("q again ends it");
    assert_eq!(person_events(&home), ["extended"], "one alone ends nothing");
    terminal.press_keys("q");
    terminal.wait_for_text("code 0");
    assert!(terminal.screen().contains("stopped: "), "{}", terminal.screen());
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

/// Kills the timer: the screen reports it until a key is pressed.
fn kill_timer_and_close_viewer(home: &Home, terminal: &Terminal) {
    home.kill_timer();
    terminal.wait_for_text("Take the pad off: nobody is timing it");
    terminal.wait_for_text("any key closes this");
    assert!(terminal.is_on_alternate_screen());
    terminal.press_keys("x");
}

#[test]
fn viewer_of_a_cut_off_session_continues_with_a_new_timer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
    home.kill_timer();
    terminal.wait_for_text("nobody is timing this session");
    assert_eq!(home.run(["resume"]).code, Some(0));
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.wait_for_two_redraws();
    let screen = terminal.screen();
    assert!(screen.contains("Heat now") && !screen.contains("nobody is timing"), "{screen}");
    terminal.press_q_twice();
    terminal.wait_for_text("code 0");
}

#[test]
fn ctrl_c_does_not_claim_that_a_cut_off_session_continues() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    home.run(["start", "--skip-questions", "--detach", "--no-notify"]);
    terminal.type_line("$EASEBACK attach; echo code $?");
    terminal.wait_for_text(KEYS_FOOTER);
    home.kill_timer();
    terminal.wait_for_text("any key closes this");
    terminal.press_keys("C-c");
    terminal.wait_for_text("code 1");
    let screen = terminal.screen();
    assert!(screen.contains("nobody is timing this session") && !screen.contains("goes on;"), "{screen}");
}

#[test]
fn finished_session_needs_no_timer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(
        "$EASEBACK start --skip-questions --no-notify --heat 1s --cold 1s --rounds 1; echo code $?",
    );
    terminal.wait_for_text("any key: it is off");
    home.kill_timer();
    terminal.wait_for_text("code 0");
    let screen = terminal.screen();
    assert!(screen.contains("completed: ") && !screen.contains("nobody is timing"), "{screen}");
    assert!(home.journal().is_none());
}

#[test]
fn terminal_is_restored_after_every_exit() {
    let signal = |home: &Home, signal| kill_process(viewer_pid(home), signal).unwrap();
    type ExitAction<'a> = &'a dyn Fn(&Home, &Terminal);
    let exits: [(&str, ExitAction, &str); 8] = [
        ("d", &|_, terminal| terminal.press_keys("d"), "code 0"),
        ("q", &|_, terminal| terminal.press_q_twice(), "code 0"),
        ("Ctrl-C", &|_, terminal| terminal.press_keys("C-c"), "code 130"),
        ("Ctrl-\\", &|_, terminal| terminal.press_keys("C-\\\\"), "code 0"),
        ("SIGTERM", &|home, _| signal(home, Signal::TERM), "code 143"),
        ("SIGHUP", &|home, _| signal(home, Signal::HUP), "code 0"),
        ("the timer's death", &|home, terminal| kill_timer_and_close_viewer(home, terminal), "code 1"),
        ("the end", &|home, _| assert_eq!(home.run(["stop"]).code, Some(0)), "code 0"),
    ];
    for (name, exit, code) in exits {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        terminal.type_line(START);
        terminal.wait_for_text(KEYS_FOOTER);
        terminal.wait_for_raw_mode();
        assert!(terminal.is_on_alternate_screen());
        exit(&home, &terminal);
        terminal.wait_for_text(code);
        assert_eq!(terminal.mode(), before, "after {name}");
        assert!(!terminal.is_on_alternate_screen(), "after {name}");
        let screen = terminal.screen();
        assert!(
            screen.contains("Heat now, 10 min") && !screen.contains(KEYS_FOOTER),
            "after {name}:\n{screen}"
        );
    }
}

#[test]
fn ctrl_z_restores_the_terminal_and_fg_resumes_the_viewer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
    for _ in 0..2 {
        terminal.wait_for_raw_mode();
        terminal.press_keys("C-z");
        terminal.wait_for_text("Stopped");
        assert_eq!(terminal.mode(), before);
        assert!(!terminal.is_on_alternate_screen());
        terminal.type_line("clear; fg");
        terminal.wait_for_text(KEYS_FOOTER);
    }
    terminal.wait_for_raw_mode();
    terminal.press_keys("Space");
    terminal.wait_for_text("take the pad off");
    terminal.press_keys("d");
    home.wait_until("the viewer to be gone", || home.processes().len() == 1);
    assert_eq!(terminal.mode(), before);
}

#[test]
fn background_viewer_leaves_the_keyboard_to_the_shell() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let before = terminal.mode();
    terminal.type_line("$EASEBACK start --skip-questions --heat 10m --no-notify &");
    terminal.wait_for_text("Heat now");
    assert_eq!(terminal.mode(), before);
    terminal.type_line("clear; echo sum $((40+2)); jobs");
    terminal.wait_for_text("Running");
    let screen = terminal.screen();
    assert!(screen.contains("sum 42") && !screen.contains(" left"), "{screen}");
    // While paused nothing else wakes it: it must notice by itself that it is in the foreground.
    assert_eq!(home.run(["pause"]).code, Some(0));
    terminal.type_line("clear; fg");
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.wait_for_raw_mode();
    terminal.press_keys("C-z");
    terminal.wait_for_text("Stopped");
    terminal.type_line("clear; bg; echo sum $((40+2)); jobs");
    terminal.wait_for_text("Running");
    assert_eq!(terminal.mode(), before);
    assert_eq!(person_events(&home), ["paused"], "what was typed to the shell is no key");
    // In the background it ends without being stopped by the terminal.
    kill_process(viewer_pid(&home), Signal::HUP).unwrap();
    home.wait_until("the viewer to be gone", || home.processes().len() == 1);
    assert_eq!(terminal.mode(), before);
}

#[test]
fn viewer_works_at_any_window_size() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.tmux("resize-window -x 20 -y 5");
    terminal.wait_for_two_redraws();
    terminal.press_keys("Space");
    home.wait_until("a pause at 20x5", || events_of_kind(&home, "paused").len() == 1);
    terminal.tmux("resize-window -x 1 -y 1");
    terminal.press_keys("Space");
    home.wait_until("the session to continue at 1x1", || events_of_kind(&home, "resumed").len() == 1);
    terminal.press_keys("?");
    terminal.tmux("resize-window -x 180 -y 24");
    terminal.wait_for_text("m one more round · p pain · r repeat · d leave it running · q q stop");
    assert!(!terminal.screen().contains("keys: ?"), "they all fit: {}", terminal.screen());
    terminal.press_q_twice();
    terminal.wait_for_text("code 0");
    assert_eq!(home.history()[0]["outcome"], "stopped");

    terminal.tmux("resize-window -x 1 -y 1");
    terminal.type_line(START);
    terminal.wait_for_raw_mode();
    terminal.press_keys("Space");
    home.wait_until("a pause at 1x1 from the start", || events_of_kind(&home, "paused").len() == 1);
}

#[test]
fn random_key_presses_change_nothing() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.wait_for_raw_mode();
    terminal.press_keys(&format!("-l '{}'", "snqd+m p1".repeat(512)));
    terminal.wait_for_two_redraws();
    terminal.press_keys("Up Down Left Right F1 F5 PageUp M-q M-s");
    terminal.wait_for_two_redraws();
    terminal.press_keys("X Y Enter 7 Tab C-d");
    terminal.wait_for_two_redraws();
    assert_eq!(person_events(&home), [""; 0]);
    terminal.press_keys("Space");
    terminal.wait_for_text("take the pad off");
    assert_eq!(person_events(&home), ["paused"]);
}

#[test]
fn busy_lock_is_reported_and_the_viewer_continues() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.wait_for_raw_mode();
    let lock = File::options().write(true).open(home.state().join("lock")).unwrap();
    lock.lock().unwrap();
    terminal.press_keys("Space");
    terminal.wait_for_text("nothing changed: cannot lock");
    drop(lock);
    terminal.press_keys("Space");
    terminal.wait_for_text("take the pad off");
}

#[test]
fn viewer_without_input_continues_without_busy_waiting() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    let other = terminal.tmux("new-window -d -P -F \"#{pane_id} #{pane_tty}\" 'exec cat'");
    let (pane, tty) = other.trim().split_once(' ').unwrap();
    terminal.type_line(
        "$EASEBACK start --skip-questions --detach --quiet --no-notify; $EASEBACK attach < /dev/null; clear",
    );
    terminal.wait_for_text("Ctrl-C stops");
    terminal.wait_for_two_redraws();
    terminal.press_keys("C-c");
    terminal.type_line(&format!("$EASEBACK attach < {tty}; echo code $?"));
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.tmux(&format!("kill-pane -t \"{pane}\""));
    terminal.wait_for_text("Ctrl-C stops");
    let work = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", viewer_pid(&home))).unwrap();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = work();
    terminal.wait_for_two_redraws();
    assert!(work() - before < 20, "ticks of the processor in two seconds: {}", work() - before);
    terminal.press_keys("C-c");
    terminal.wait_for_text("code 0");
}

#[test]
fn plain_and_dumb_viewers_keep_the_terminal_mode() {
    for args in [
        "$EASEBACK start --skip-questions --plain --no-notify",
        "TERM=dumb $EASEBACK start --skip-questions --no-notify",
    ] {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        let before = terminal.mode();
        terminal.type_line(&format!("{args}; echo code $?"));
        terminal.wait_for_text("Heat now");
        assert_eq!(terminal.mode(), before);
        terminal.type_line("q");
        terminal.press_keys("C-c");
        terminal.wait_for_text("code 130");
        assert_eq!(home.history()[0]["outcome"], "stopped");
    }
}

#[test]
fn panics_unwind_in_every_build_profile() {
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    assert!(!manifest.contains("panic ="), "what restores the terminal runs only when a panic unwinds");
}
