//! The screen, in a real terminal (tmux).

use crate::home::{Home, environment};
use std::path::Path;

/// A terminal of one window, with easeback's home as its environment.
pub struct Terminal<'a> {
    home: &'a Home,
    name: &'static str,
}

impl Terminal<'_> {
    /// Opens one that runs a shell; none where there is no tmux, and says why.
    pub fn open(home: &Home) -> Option<Terminal<'_>> {
        Terminal::open_beside(home, "tmux")
    }

    /// The same, beside another.
    pub fn open_beside<'a>(home: &'a Home, name: &'static str) -> Option<Terminal<'a>> {
        if !["/usr/bin/tmux", "/usr/local/bin/tmux", "/bin/tmux"].iter().any(|path| Path::new(path).exists())
        {
            assert!(environment("CI").is_none(), "CI must have tmux");
            eprintln!("skipped: there is no tmux to make a terminal with");
            return None;
        }
        let terminal = Terminal { home, name };
        terminal.tmux("new-session -d -x 80 -y 24 'PS1=\"shell> \" exec sh'");
        terminal.until("shell>");
        Some(terminal)
    }

    /// Asks tmux for something.
    pub fn tmux(&self, words: &str) -> String {
        let answer = self.home.shell(&format!("tmux -S \"$HOME/{}\" -f /dev/null {words}", self.name));
        assert_eq!(answer.code, Some(0), "tmux {words}: {}", answer.stderr);
        answer.stdout
    }

    /// Types a line.
    pub fn types(&self, text: &str) {
        self.tmux(&format!("send-keys '{text}' Enter"));
    }

    /// Presses keys, by tmux's names for them.
    pub fn presses(&self, key: &str) {
        self.tmux(&format!("send-keys {key}"));
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.tmux("capture-pane -p").trim_end().to_owned()
    }

    /// Waits until that stands on the screen.
    pub fn until(&self, text: &str) {
        self.home.until(text, || self.screen().contains(text));
    }

    /// The terminal's mode, as stty tells it.
    pub fn mode(&self) -> String {
        let tty = self.tmux("display -p \"#{pane_tty}\"");
        self.home.shell(&format!("stty -a < {}", tty.trim())).stdout
    }

    /// Waits until keys are read one by one, and not echoed.
    pub fn until_it_hears_keys(&self) {
        self.home.until("a mode for keys", || {
            let mode = self.mode();
            mode.contains(" -icanon") && mode.contains(" -echo ") && !mode.contains("-isig")
        });
    }

    /// Waits until the live line was drawn anew, twice.
    pub fn until_it_ticks(&self) {
        let live = || {
            let screen = self.screen();
            screen.lines().rfind(|line| line.contains(" left")).map(str::to_owned)
        };
        for _ in 0..2 {
            let before = live();
            self.home.until("the live line to change", || live().is_some_and(|now| before != Some(now)));
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.home.shell(&format!("tmux -S \"$HOME/{}\" kill-server", self.name));
    }
}

#[test]
fn a_live_line_is_redrawn_in_place_below_what_was_told() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal
        .types("$EASEBACK start --skip-questions --heat 3s --cold 2s --rounds 1 --no-notify; echo code $?");
    terminal.until("heat 00:03 left");
    terminal.until("heat 00:02 left");
    let screen = terminal.screen();
    assert_eq!(screen.matches(" left").count(), 1, "one live line:\n{screen}");
    assert!(screen.contains("round 1/1") && screen.contains("Heat now, 3 s"), "{screen}");
    terminal.until("any key: it is off");
    home.until("the record, which waits for no answer", || home.history().len() == 1);
    assert!(terminal.screen().contains("Done. Take the pack off."), "{}", terminal.screen());
    terminal.presses("Enter");
    terminal.until("pain now? p and a number · m one more round · q close");
    terminal.presses("q");
    terminal.until("code 0");
    let screen = terminal.screen();
    assert!(screen.contains("completed: heat 3 s") && screen.contains("recorded in "), "{screen}");
    assert!(!screen.contains(" left") && !screen.contains("q close"), "the live line is gone:\n{screen}");
    home.until("the timer to be gone", || home.processes().is_empty());
    assert_eq!(home.journal(), None);
}

#[test]
fn after_the_end_keys_rate_it_and_go_on_with_it() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(
        "$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds as-needed --no-notify; echo code $?",
    );
    terminal.until("Another round?");
    // The key that the end itself asks for.
    terminal.presses("m");
    terminal.until("2 rounds now");
    home.until("the second end", || home.journal().is_some_and(|lines| ends(&lines) == 2));
    terminal.presses("p 4");
    terminal.until("pain 4 noted");
    home.until("the pain in the record", || home.history().iter().any(|line| line["pain_after"] == 4));
    terminal.presses("m");
    terminal.until("3 rounds now");
    home.until("the third end", || home.journal().is_some_and(|lines| ends(&lines) == 3));
    terminal.until("Done. Take the pack off.\n");
    home.until("the whole session's record", || home.history().iter().any(|line| line["active_s"] == 6));
    terminal.presses("q");
    home.until("an answer", || {
        home.journal().is_some_and(|lines| lines.iter().rfind(|line| line["fact"] == "answered").is_some())
    });
    assert!(home.journal().is_some(), "an alarm's first key only silences it");
    terminal.presses("q");
    terminal.until("code 0");
    let list: Vec<serde_json::Value> = serde_json::from_str(&home.run(["history", "--json"]).stdout).unwrap();
    let [record] = &list[..] else { panic!("one session: {list:?}") };
    assert_eq!((&record["pain_after"], record["phases"].as_array().unwrap().len()), (&4.into(), 6));
}

fn ends(lines: &[serde_json::Value]) -> usize {
    lines.iter().filter(|line| line["alert"]["what"] == "end").count()
}

#[test]
fn ctrl_c_after_the_end_closes_at_once_and_stops_nothing() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal
        .types("$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds 1 --no-notify; echo code $?");
    terminal.until("any key: it is off");
    let Some(other) = Terminal::open_beside(&home, "other") else { return };
    other.types("$EASEBACK attach; echo code $?");
    other.until("any key: it is off");
    other.presses("C-c");
    other.until("code 0");
    assert!(other.screen().contains("completed: heat 1 s"), "{}", other.screen());
    assert!(home.journal().is_some(), "whoever came later only closes");
    terminal.presses("C-c");
    terminal.until("code 0");
    assert_eq!(home.history()[0]["outcome"], "completed");
    assert_eq!(home.journal(), None);
}

#[test]
fn the_bell_rings_when_there_is_something_to_do() {
    for (flag, rings) in [("", 2), ("--no-sound", 0)] {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        terminal.types(&format!(
            "script -qec \"$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds 1 --no-notify {flag}\" $HOME/typed; echo code $?"
        ));
        terminal.until("any key: it is off");
        terminal.presses("C-c");
        terminal.until("code 0");
        let typed = std::fs::read_to_string(home.folder().join("home/typed")).unwrap();
        assert_eq!(typed.matches('\u{7}').count(), rings, "at the swap and at the end: {typed:?}");
    }
}

#[test]
fn ctrl_c_stops_and_says_what_was_recorded() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types("$EASEBACK start --skip-questions --no-notify; echo code $?");
    terminal.until("keys: ?");
    terminal.presses("C-c");
    terminal.until("code 130");
    let screen = terminal.screen();
    assert!(screen.contains("stopped: ") && screen.contains("recorded in "), "{screen}");
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

#[test]
fn ctrl_z_holds_the_viewer_and_not_the_session() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal
        .types("$EASEBACK start --skip-questions --heat 4s --cold 1s --rounds 1 --no-notify; echo code $?");
    terminal.until("keys: ?");
    terminal.presses("C-z");
    terminal.until("Stopped");
    home.until("the session to end without its viewer", || home.told("end"));
    terminal.types("fg");
    terminal.until("Done. Take the pack off.");
    assert_eq!(home.history()[0]["outcome"], "completed");
}

#[test]
fn a_closed_window_leaves_the_session_running_and_bare_easeback_attaches() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types("$EASEBACK start --skip-questions --no-notify");
    terminal.until("keys: ?");
    drop(terminal);
    assert_eq!(home.run(["status"]).code, Some(0));

    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types("$EASEBACK; echo code $?");
    terminal.until("heat 19:");
    terminal.presses("C-c");
    terminal.until("code 0");
    assert_eq!(home.run(["status"]).code, Some(0), "a viewer that came later only closes");
}

#[test]
fn bare_easeback_shows_the_plan_and_starts_on_enter() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types("$EASEBACK");
    terminal.until("Enter starts it");
    assert!(terminal.screen().contains("heat 20 min, cold 10 min, 3 rounds, ends about"));
    assert_eq!(home.journal(), None);
    terminal.presses("Enter");
    terminal.until("Any key goes on.");
    terminal.until_it_hears_keys();
    terminal.presses("Enter");
    terminal.until("n none of these");
    terminal.until_it_hears_keys();
    terminal.presses("n");
    terminal.until("heat 19:");
}

#[test]
fn bare_easeback_goes_on_with_a_session_that_was_cut_off() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    home.kill_timer();
    terminal.types("$EASEBACK");
    terminal.until("Enter goes on with it");
    terminal.presses("Enter");
    terminal.until("timing again: heat");
    terminal.until("heat 19:");
    assert_eq!(home.history().len(), 0);
}

#[test]
fn a_cut_off_session_is_asked_about_on_a_terminal() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types("$EASEBACK start --skip-questions --detach --no-notify --quiet");
    home.until("the first thing told", || home.told("start"));
    // It has reported by then, and the shell is waiting again.
    terminal.tmux("send-keys 'echo sum $((40+2))' Enter");
    terminal.until("sum 42");
    home.kill_timer();
    terminal.types("clear; $EASEBACK start --skip-questions --detach --no-notify");
    terminal.until("begin a new one? [Y/n]");
    assert!(terminal.screen().contains("was cut off at"));
    let before = home.journal();
    terminal.types("n");
    terminal.until("shell>");
    assert_eq!((home.journal(), home.history().len()), (before, 0), "n changes nothing");
    terminal.types("clear; $EASEBACK start --skip-questions --detach --no-notify");
    terminal.until("[Y/n]");
    terminal.presses("Enter");
    home.until("the record", || home.history().len() == 1);
    assert_eq!(home.history()[0]["outcome"], "interrupted");
}

#[test]
fn a_dumb_terminal_and_plain_get_lines_and_no_escapes() {
    for setting in ["TERM=dumb", "EASEBACK_NOTHING=1"] {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        let plain = if setting.starts_with("TERM") { "" } else { "--plain" };
        terminal.types(&format!(
            "{setting} script -qec \"$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds 1 --no-notify --no-sound {plain}\" $HOME/typed; echo code $?"
        ));
        terminal.until("code 0");
        let typed = std::fs::read_to_string(home.folder().join("home/typed")).unwrap();
        let session = typed.lines().filter(|line| !line.starts_with("Script")).collect::<Vec<_>>().join("\n");
        assert!(session.contains("Heat now, 1 s") && !session.contains('\u{1b}'), "{session:?}");
        assert!(!session.contains(" left"), "no live line: {session:?}");
    }
}
