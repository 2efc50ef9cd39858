//! The terminal's input mode: for keys without line editing and echo, for lines unchanged.
//!
//! Dropping [`TerminalInput`] restores the mode, also on a panic. In the background the mode is not changed and nothing
//! is read: the terminal belongs to the shell, and the system would stop the process.

use rustix::{
    fs::{Mode, OFlags, open},
    io::Errno,
    process::Pid,
    termios::{
        LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcgetpgrp,
        tcsetattr,
    },
};
use std::{
    fs,
    io::{self, IsTerminal},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

const CANONICAL_AND_ECHO: LocalModes = LocalModes::ICANON.union(LocalModes::ECHO);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputMode {
    /// Each key is read at once, without echo.
    Keys,
    /// A line is read at its end; the terminal echoes and edits it.
    Lines,
}

/// Standard input, where that is a terminal.
pub(crate) struct TerminalInput {
    input: OwnedFd,
    mode: InputMode,
    /// This process's group, none if it is hidden. It does not change: a shell sets it before it starts a program.
    process_group: Option<Pid>,
    /// The mode to restore, if it was changed.
    saved_mode: Option<Termios>,
    is_reading: bool,
}

impl TerminalInput {
    /// Standard input with its mode unchanged; none where it is not a terminal.
    pub(crate) fn from_stdin(mode: InputMode) -> Option<TerminalInput> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        // Opened again, because the shell shares the open file, which must not become non-blocking for it. Where that
        // is not permitted (after `su`), the shell's file is used: then Ctrl-Z may lose a key between wait and read.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let reopened = open("/proc/self/fd/0", flags, Mode::empty()).ok();
        let input = reopened.or_else(|| stdin.as_fd().try_clone_to_owned().ok())?;
        Some(TerminalInput {
            input,
            mode,
            process_group: own_process_group(),
            saved_mode: None,
            is_reading: false,
        })
    }

    /// Whether input is read: only in the foreground.
    pub(crate) fn is_reading(&self) -> bool {
        self.is_reading
    }

    /// Reads from now on if this process is in the foreground. False if the terminal is gone.
    ///
    /// To be called at each wake-up: no event announces that the shell gives the terminal or takes it back.
    pub(crate) fn start_reading(&mut self) -> bool {
        let in_foreground = self.is_in_foreground();
        if in_foreground == Ok(true) && !self.is_reading {
            // What was typed before was not meant for this program.
            let _ = tcflush(&self.input, QueueSelector::IFlush);
        }
        let entered = match self.mode {
            InputMode::Keys if in_foreground == Ok(true) => self.enter_raw_mode(),
            InputMode::Keys | InputMode::Lines => in_foreground.map(|_| ()),
        };
        self.is_reading = in_foreground == Ok(true) && entered.is_ok();
        entered.is_ok()
    }

    fn enter_raw_mode(&mut self) -> rustix::io::Result<()> {
        let current = tcgetattr(&self.input)?;
        if current.local_modes.intersects(CANONICAL_AND_ECHO) {
            let mut raw = current.clone();
            raw.local_modes -= CANONICAL_AND_ECHO;
            raw.special_codes[SpecialCodeIndex::VMIN] = 1;
            raw.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(&self.input, OptionalActions::Now, &raw)?;
            self.saved_mode = Some(current);
        }
        Ok(())
    }

    pub(crate) fn restore_mode(&mut self) {
        let was_reading = std::mem::take(&mut self.is_reading);
        if self.is_in_foreground() != Ok(true) {
            return;
        }
        let saved_mode = self.saved_mode.take();
        if was_reading || saved_mode.is_some() {
            // Unread input must not reach the shell. Flushed separately: a `tcsetattr` with `Flush` also waits for the
            // output, for ever if that is stopped.
            let _ = tcflush(&self.input, QueueSelector::IFlush);
        }
        if let Some(saved_mode) = saved_mode {
            let _ = tcsetattr(&self.input, OptionalActions::Now, &saved_mode);
        }
    }

    fn is_in_foreground(&self) -> rustix::io::Result<bool> {
        is_foreground_group(&self.input, self.process_group)
    }

    /// The bytes typed so far, possibly none. `None` if the terminal is gone.
    pub(crate) fn read_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 4096];
        match rustix::io::read(&self.input, &mut bytes) {
            Ok(0) => None,
            Ok(read) => Some(bytes[..read].to_vec()),
            Err(Errno::AGAIN | Errno::INTR) => Some(Vec::new()),
            Err(_) => None,
        }
    }

    /// Becomes readable when something is typed; none in the background.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.is_reading.then_some(self.input.as_fd())
    }
}

/// Whether this process is in the terminal's foreground.
pub(crate) fn is_in_foreground(terminal: impl AsFd) -> rustix::io::Result<bool> {
    is_foreground_group(terminal, own_process_group())
}

/// This process's group; none in a container that was entered without a group of its own. There the kernel reports 0,
/// which rustix's `getpgrp` does not expect.
fn own_process_group() -> Option<Pid> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the program's name, which may contain spaces: state, parent, group.
    let (_, after_name) = stat.rsplit_once(')')?;
    Pid::from_raw(after_name.split_whitespace().nth(2)?.parse().ok()?)
}

fn is_foreground_group(terminal: impl AsFd, own_group: Option<Pid>) -> rustix::io::Result<bool> {
    match tcgetpgrp(terminal) {
        Ok(group) => Ok(Some(group) == own_group),
        // Not the controlling terminal of this process's session: no shell uses it.
        Err(Errno::NOTTY) => Ok(true),
        // The foreground group belongs to a container that this process cannot see.
        Err(Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Drop for TerminalInput {
    fn drop(&mut self) {
        self.restore_mode();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        ColorDepth, TerminalFeatures, WindowSize,
        screen::{AlternateScreen, TaskbarProgress},
    };
    use std::{env::current_exe, panic::catch_unwind, path::Path, process::Command};

    #[test]
    fn a_panic_restores_the_terminal() {
        if !Path::new("/usr/bin/script").exists() {
            eprintln!("skipped: there is no script to make a terminal with");
            return;
        }
        let test_binary = current_exe().unwrap();
        let arguments = "--ignored --exact --nocapture view::raw_mode::tests::panics_in_a_terminal";
        let mut script = Command::new("/usr/bin/script");
        script.args(["-qec", &format!("'{}' {arguments}", test_binary.display()), "/dev/null"]);
        let output = script.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("restored after the panic"), "{text}");
        let [entered, left, panic_message] =
            ["\x1b[?1049h", "\x1b[?1049l", "on purpose"].map(|part| text.find(part).unwrap());
        assert!(
            entered < left && left < panic_message,
            "what it says is read on the normal screen: {text:?}"
        );
        assert_eq!(text.matches("\x1b[?1049l").count(), 1, "{text:?}");
    }

    #[test]
    #[ignore = "needs a terminal; the test above runs it in one"]
    fn panics_in_a_terminal() {
        let mode = || tcgetattr(io::stdin()).map(|mode| format!("{mode:?}"));
        let Ok(before) = mode() else { return };
        let panicked = catch_unwind(|| {
            let mut terminal = TerminalInput::from_stdin(InputMode::Keys).unwrap();
            let mut screen = AlternateScreen::new(TerminalFeatures {
                color_depth: ColorDepth::Monochrome,
                has_title: true,
                has_taskbar_progress: true,
            });
            screen
                .show_rows(
                    Vec::new(),
                    WindowSize { columns: 80, rows: 24 },
                    "title",
                    TaskbarProgress::Running(1),
                )
                .unwrap();
            assert!(terminal.start_reading() && terminal.is_reading());
            assert!(!tcgetattr(io::stdin()).unwrap().local_modes.intersects(CANONICAL_AND_ECHO));
            panic!("on purpose");
        });
        let panic_message = panicked.unwrap_err();
        assert_eq!(panic_message.downcast_ref(), Some(&"on purpose"));
        assert_eq!(mode().unwrap(), before);
        println!("restored after the panic");
    }
}
