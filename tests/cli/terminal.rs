//! The screen, in a real terminal (tmux).

use crate::home::{Home, has_program_or_skip};

/// A terminal with one window, in the environment of a home.
pub struct Terminal<'a> {
    home: &'a Home,
    name: &'static str,
}

impl Terminal<'_> {
    /// Opens a terminal that runs a shell; `None` with a message if tmux is not installed.
    pub fn open(home: &Home) -> Option<Terminal<'_>> {
        Terminal::open_second(home, "tmux")
    }

    /// The same, next to another one.
    pub fn open_second<'a>(home: &'a Home, name: &'static str) -> Option<Terminal<'a>> {
        if !has_program_or_skip("tmux") {
            return None;
        }
        let terminal = Terminal { home, name };
        terminal.tmux("new-session -d -x 80 -y 24 'PS1=\"shell> \" exec sh'");
        terminal.wait_for_text("shell>");
        Some(terminal)
    }

    /// Runs a tmux command and returns its output.
    pub fn tmux(&self, args: &str) -> String {
        let answer =
            self.home.run_shell(&format!("exec tmux -S \"$HOME/{}\" -f /dev/null {args}", self.name));
        assert_eq!(answer.code, Some(0), "tmux {args}: {}", answer.stderr);
        answer.stdout
    }

    pub fn type_line(&self, text: &str) {
        self.tmux(&format!("send-keys '{text}' Enter"));
    }

    /// Presses keys by their tmux names.
    pub fn press_keys(&self, key: &str) {
        self.tmux(&format!("send-keys {key}"));
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        self.tmux("capture-pane -p").trim_end().to_owned()
    }

    pub fn wait_for_text(&self, text: &str) {
        self.home.wait_until(text, || self.screen().contains(text));
    }

    /// The terminal's mode as printed by stty.
    pub fn mode(&self) -> String {
        let tty = self.tmux("display -p \"#{pane_tty}\"");
        self.home.run_shell(&format!("stty -a < {}", tty.trim())).stdout
    }

    pub fn is_on_alternate_screen(&self) -> bool {
        self.tmux("display -p \"#{alternate_on}\"").trim() == "1"
    }

    /// Presses `q` twice, the second time when the screen asks for it.
    pub fn press_q_twice(&self) {
        self.press_keys("q");
        self.wait_for_text("q again ends it");
        self.press_keys("q");
    }

    /// Waits until keys are read one by one and not echoed.
    pub fn wait_for_raw_mode(&self) {
        self.home.wait_until("raw mode", || {
            let mode = self.mode();
            mode.contains(" -icanon") && mode.contains(" -echo ") && !mode.contains("-isig")
        });
    }

    /// Waits until the remaining time was redrawn twice.
    pub fn wait_for_two_redraws(&self) {
        let live = || {
            let screen = self.screen();
            screen.lines().find(|line| line.contains(" left")).map(str::to_owned)
        };
        for _ in 0..2 {
            let before = live();
            self.home.wait_until("the time to change", || live().is_some_and(|now| before != Some(now)));
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.home.run_shell(&format!("tmux -S \"$HOME/{}\" kill-server", self.name));
    }
}

/// What the footer of every screen with keys contains.
pub const KEYS_FOOTER: &str = "q q stop";

#[test]
fn screen_is_redrawn_in_place_and_messages_stay() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(
        "$EASEBACK start --skip-questions --heat 3s --cold 2s --rounds 1 --no-notify; echo code $?",
    );
    terminal.wait_for_text("heat 00:03 left");
    terminal.wait_for_text("heat 00:02 left");
    let screen = terminal.screen();
    assert_eq!(screen.matches(" left").count(), 1, "the time stands there once:\n{screen}");
    assert!(screen.contains("round 1/1") && screen.contains("Heat now, 3 s"), "{screen}");
    assert!(screen.contains("██") && !screen.contains("shell>"), "large digits, and nothing else:\n{screen}");
    terminal.wait_for_text("any key: it is off");
    home.wait_until("the record, which waits for no answer", || home.history().len() == 1);
    assert!(terminal.screen().contains("Done. Take the pack off."), "{}", terminal.screen());
    terminal.press_keys("Enter");
    terminal.wait_for_text("pain now? p and a number · m one more round · r repeat · q close");
    terminal.press_keys("q");
    terminal.wait_for_text("code 0");
    let screen = terminal.screen();
    assert!(screen.contains("completed: heat 3 s") && screen.contains("recorded in"), "{screen}");
    assert!(!screen.contains(" left") && !screen.contains("q close"), "the screen is gone:\n{screen}");
    let message = ["Heat now, 3 s", "Heat off, cold on: 2 s", "Done. Take the pack off.", "completed: "];
    let places: Vec<_> = message.iter().map(|message| screen.find(message)).collect();
    assert!(places.is_sorted() && !places.contains(&None), "what was told stays, in order:\n{screen}");
    home.wait_until("the timer to be gone", || home.processes().is_empty());
    assert_eq!(home.journal(), None);
}

#[test]
fn resizing_the_window_leaves_nothing_of_the_old_screen() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --heat 20m --rounds 3 --no-notify; echo code $?");
    terminal.wait_for_text(KEYS_FOOTER);
    // While paused, only the resize signal causes a redraw.
    terminal.wait_for_raw_mode();
    terminal.press_keys("Space");
    terminal.wait_for_text("paused: heat");
    terminal.wait_for_text("Take the pad off: paused");
    let stamp = |screen: &str| screen.split_once(" left").map(|(time, _)| time[time.len() - 5..].to_owned());
    let first_time = stamp(&terminal.screen());
    for (columns, rows) in [(20, 5), (300, 100), (40, 12), (100, 30), (19, 4), (100, 30), (80, 24)] {
        terminal.tmux(&format!("resize-window -x {columns} -y {rows}"));
        let there = || {
            let screen = terminal.screen();
            let lines: Vec<_> = screen.lines().collect();
            // The footer is on the last row, the heading on the first, and the time occurs once.
            let footer =
                lines.len() == rows && (lines[rows - 1].contains("keys: ?") || screen.contains(KEYS_FOOTER));
            let heading = if rows < 24 { " PAUSED: HEAT" } else { "   " };
            let whole = footer && lines[0].starts_with(heading) && stamp(&screen) == first_time;
            let one = rows == 4 && lines.len() <= 4 && lines[0].starts_with("paused: heat");
            one || whole && screen.matches(" left").count() == 1
        };
        home.wait_until(&format!("a whole screen of {columns}x{rows}"), there);
        let is_digit =
            |line: &&str| !line.is_empty() && line.chars().all(|letter| letter == '█' || letter == ' ');
        let digits = terminal.screen().lines().filter(is_digit).count();
        assert!(rows != 30 || digits >= 10, "a third of the window:\n{}", terminal.screen());
    }
    terminal.press_q_twice();
    terminal.wait_for_text("code 0");
    assert!(!terminal.screen().contains("paused: heat"), "{}", terminal.screen());
}

#[test]
fn preflight_messages_are_on_the_screen_too() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.tmux("resize-window -x 100 -y 40");
    terminal.type_line("$EASEBACK start --skip-questions --no-notify");
    terminal.wait_for_text(KEYS_FOOTER);
    let prepare = "Do not stretch your back or press your fingers into it.";
    let screen = terminal.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(terminal.is_on_alternate_screen() && screen.contains(prepare), "{screen}");
    terminal.press_keys("C-c");
}

#[test]
fn screen_is_ascii_without_utf8() {
    let home = Home::new().env("LANG", "C");
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --no-notify; echo code $?");
    terminal.wait_for_text(KEYS_FOOTER);
    let screen = terminal.screen();
    assert!(screen.is_ascii() && screen.contains("###"), "{screen}");
    terminal.press_keys("C-c");
    terminal.wait_for_text("code 130");
}

#[test]
fn terminal_escapes_are_undone_on_exit() {
    for (settings, colour, progress) in [
        ("", false, false),
        ("NO_COLOR= TERM=xterm WT_SESSION=1", true, true),
        ("NO_COLOR= COLORTERM=truecolor TERM_PROGRAM=ghostty TERM=xterm", true, true),
    ] {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        let args = "start --skip-questions --heat 1s --cold 1s --rounds 1 --no-notify --no-sound";
        terminal.type_line(&format!("{settings} script -qec \"$EASEBACK {args}\" $HOME/typed; echo code $?"));
        terminal.wait_for_text("any key: it is off");
        terminal.press_keys("C-c");
        terminal.wait_for_text("code 0");
        let typed = std::fs::read_to_string(home.folder().join("home/typed")).unwrap();
        let pairs = [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[?25l", "\x1b[?25h"),
            ("\x1b[?7l", "\x1b[?7h"),
            ("\x1b[22;2t", "\x1b[23;2t"),
            ("\x1b[?2026h", "\x1b[?2026l"),
        ];
        for (set, reset) in pairs {
            let (set, reset) = (typed.matches(set).count(), typed.matches(reset).count());
            assert!(set == reset && set > 0, "{set} and {reset} of {pairs:?}");
        }
        assert!(typed.contains("\x1b]2;heat, the last minute · easeback\x1b\\"), "{typed:?}");
        let coloured = ["\x1b[31m", "\x1b[94m", "38;5;"].iter().any(|code| typed.contains(code));
        assert_eq!(coloured, colour, "{settings}");
        let last = typed.rfind("\x1b]9;4;").map(|at| typed[at..].starts_with("\x1b]9;4;0;0\x1b\\"));
        assert_eq!(last, progress.then_some(true), "{settings}");
        assert_eq!(typed.contains("\x1b]9;4;1;"), progress, "{settings}");
    }
}

#[test]
fn keys_after_the_end_rate_and_extend_the_session() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(
        "$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds as-needed --no-notify; echo code $?",
    );
    terminal.wait_for_text("Another round?");
    // The key that the end screen asks for.
    terminal.press_keys("m");
    terminal.wait_for_text("2 rounds now");
    home.wait_until("the second end", || home.journal().is_some_and(|lines| count_end_alerts(&lines) == 2));
    terminal.press_keys("p 4");
    terminal.wait_for_text("pain 4 noted");
    home.wait_until("the pain in the record", || home.history().iter().any(|line| line["pain_after"] == 4));
    terminal.press_keys("m");
    terminal.wait_for_text("3 rounds now");
    home.wait_until("the third end", || home.journal().is_some_and(|lines| count_end_alerts(&lines) == 3));
    terminal.wait_for_text("Done. Take the pack off.\n");
    home.wait_until("the whole session's record", || home.history().iter().any(|line| line["active_s"] == 6));
    terminal.press_keys("q");
    home.wait_until("an answer", || {
        home.journal().is_some_and(|lines| lines.iter().rfind(|line| line["fact"] == "answered").is_some())
    });
    assert!(home.journal().is_some(), "an alarm's first key only silences it");
    terminal.press_keys("q");
    terminal.wait_for_text("code 0");
    let list: Vec<serde_json::Value> = serde_json::from_str(&home.run(["history", "--json"]).stdout).unwrap();
    let [record] = &list[..] else { panic!("one session: {list:?}") };
    assert_eq!((&record["pain_after"], record["phases"].as_array().unwrap().len()), (&4.into(), 6));
}

fn count_end_alerts(lines: &[serde_json::Value]) -> usize {
    lines.iter().filter(|line| line["alert"]["what"] == "end").count()
}

#[test]
fn ctrl_c_after_the_end_only_closes_the_viewer() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(
        "$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds 1 --no-notify; echo code $?",
    );
    terminal.wait_for_text("any key: it is off");
    let Some(other) = Terminal::open_second(&home, "other") else { return };
    other.type_line("$EASEBACK attach; echo code $?");
    other.wait_for_text("any key: it is off");
    other.press_keys("C-c");
    other.wait_for_text("code 0");
    assert!(other.screen().contains("completed: heat 1 s"), "{}", other.screen());
    assert!(home.journal().is_some(), "whoever came later only closes");
    terminal.press_keys("C-c");
    terminal.wait_for_text("code 0");
    assert_eq!(home.history()[0]["outcome"], "completed");
    assert_eq!(home.journal(), None);
}

#[test]
fn bell_rings_when_an_action_is_due() {
    for (flag, bells) in [("", 2), ("--no-sound", 0)] {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        terminal.type_line(&format!(
            "script -qec \"$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds 1 --no-notify {flag}\" $HOME/typed; echo code $?"
        ));
        terminal.wait_for_text("any key: it is off");
        terminal.press_keys("C-c");
        terminal.wait_for_text("code 0");
        let typed = std::fs::read_to_string(home.folder().join("home/typed")).unwrap();
        assert_eq!(typed.matches('\u{7}').count(), bells, "at the swap and at the end: {typed:?}");
    }
}

#[test]
fn ctrl_c_stops_and_prints_what_was_recorded() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --no-notify; echo code $?");
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.press_keys("C-c");
    terminal.wait_for_text("code 130");
    let screen = terminal.screen();
    assert!(screen.contains("stopped: ") && screen.contains("recorded in"), "{screen}");
    assert_eq!(home.history()[0]["outcome"], "stopped");
}

#[test]
fn ctrl_z_suspends_the_viewer_and_not_the_session() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(
        "$EASEBACK start --skip-questions --heat 4s --cold 1s --rounds 1 --no-notify; echo code $?",
    );
    terminal.wait_for_text(KEYS_FOOTER);
    terminal.press_keys("C-z");
    terminal.wait_for_text("Stopped");
    home.wait_until("the session to end without its viewer", || home.has_alert("end"));
    terminal.type_line("fg");
    terminal.wait_for_text("Done. Take the pack off.");
    home.wait_until("the record", || !home.history().is_empty());
    assert_eq!(home.history()[0]["outcome"], "completed");
}

#[test]
fn session_survives_a_closed_window_and_default_command_attaches() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --no-notify");
    terminal.wait_for_text(KEYS_FOOTER);
    drop(terminal);
    assert_eq!(home.run(["status"]).code, Some(0));

    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK; echo code $?");
    terminal.wait_for_text("heat 19:");
    terminal.press_keys("C-c");
    terminal.wait_for_text("code 0");
    assert_eq!(home.run(["status"]).code, Some(0), "a viewer that came later only closes");
}

#[test]
fn default_command_shows_the_plan_and_starts_on_enter() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK");
    terminal.wait_for_text("Enter starts it");
    assert!(terminal.screen().contains("heat 20 min, cold 10 min, 3 rounds, ends about"));
    assert_eq!(home.journal(), None);
    terminal.press_keys("Enter");
    terminal.wait_for_text("Any key goes on.");
    terminal.wait_for_raw_mode();
    terminal.press_keys("Enter");
    terminal.wait_for_text("n none of these");
    terminal.wait_for_raw_mode();
    terminal.press_keys("n");
    terminal.wait_for_text("Pain now?");
    terminal.wait_for_raw_mode();
    terminal.press_keys("Enter");
    terminal.wait_for_text("heat 19:");
}

#[test]
fn default_command_resumes_a_cut_off_session() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    home.kill_timer();
    terminal.type_line("$EASEBACK");
    terminal.wait_for_text("Enter goes on with it");
    terminal.press_keys("Enter");
    terminal.wait_for_text("heat 19:");
    assert_eq!(home.history().len(), 0);
    terminal.press_keys("C-c");
    terminal.wait_for_text("timing again: heat");
}

#[test]
fn start_on_a_terminal_asks_about_a_cut_off_session() {
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK start --skip-questions --detach --no-notify --quiet");
    home.wait_until("the first alert", || home.has_alert("start"));
    // By then it has reported, and the shell is waiting again.
    terminal.tmux("send-keys 'echo sum $((40+2))' Enter");
    terminal.wait_for_text("sum 42");
    home.kill_timer();
    terminal.type_line("clear; $EASEBACK start --skip-questions --detach --no-notify");
    terminal.wait_for_text("begin a new one? [Y/n]");
    assert!(terminal.screen().contains("was interrupted at"));
    let before = home.journal();
    terminal.type_line("n");
    terminal.wait_for_text("shell>");
    assert_eq!((home.journal(), home.history().len()), (before, 0), "n changes nothing");
    terminal.type_line("clear; $EASEBACK start --skip-questions --detach --no-notify");
    terminal.wait_for_text("[Y/n]");
    terminal.press_keys("Enter");
    home.wait_until("the record", || home.history().len() == 1);
    assert_eq!(home.history()[0]["outcome"], "interrupted");
}

#[test]
fn plain_and_dumb_terminals_get_lines_without_escapes() {
    for setting in ["TERM=dumb", "EASEBACK_NOTHING=1"] {
        let home = Home::new();
        let Some(terminal) = Terminal::open(&home) else { return };
        let plain = if setting.starts_with("TERM") { "" } else { "--plain" };
        terminal.type_line(&format!(
            "{setting} script -qec \"$EASEBACK start --skip-questions --heat 1s --cold 1s --rounds 1 --no-notify --no-sound {plain}\" $HOME/typed; echo code $?"
        ));
        terminal.wait_for_text("Pain now?");
        terminal.type_line("4");
        terminal.wait_for_text("pain 4 noted");
        terminal.type_line("");
        terminal.wait_for_text("code 0");
        let typed = std::fs::read_to_string(home.folder().join("home/typed")).unwrap();
        let session = typed.lines().filter(|line| !line.starts_with("Script")).collect::<Vec<_>>().join("\n");
        assert!(session.contains("Heat now, 1 s") && !session.contains('\u{1b}'), "{session:?}");
        assert!(!session.contains(" left"), "no live screen: {session:?}");
    }
}
