//! The terminal's mode while keys are read: each one at once, and none of them echoed. For lines it stays as it is.
//!
//! Dropping [`TerminalInput`] restores the mode, on a return as on a panic. From the background neither the mode is
//! changed nor a key read: the system would stop the process for it, and the terminal is the shell's then.

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

/// How a person types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputMode {
    /// Each key counts by itself.
    Keys,
    /// A line counts when it is ended; the terminal shows and corrects it.
    Lines,
}

/// The terminal that is this process's standard input.
pub(crate) struct TerminalInput {
    input: OwnedFd,
    mode: InputMode,
    /// This process's group, if it can be seen: whoever starts it sets it before.
    process_group: Option<Pid>,
    /// The mode to restore; none as long as it was not changed.
    saved_mode: Option<Termios>,
    is_reading: bool,
}

impl TerminalInput {
    /// The terminal, its mode still as it was; nothing where standard input is none.
    pub(crate) fn from_stdin(typing: InputMode) -> Option<TerminalInput> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        // Opened anew, so that reading never blocks here and still does in the shell, whose file it is too. Who
        // may not open it (after `su`) shares the shell's: Ctrl-Z may drop a key between the wait and the read.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let own = open("/proc/self/fd/0", flags, Mode::empty()).ok();
        let input = own.or_else(|| stdin.as_fd().try_clone_to_owned().ok())?;
        Some(TerminalInput {
            input,
            mode: typing,
            process_group: own_process_group(),
            saved_mode: None,
            is_reading: false,
        })
    }

    /// Whether it is read: true in the foreground.
    pub(crate) fn is_reading(&self) -> bool {
        self.is_reading
    }

    /// Asks for what is typed wherever that is possible now. False if the terminal is gone.
    ///
    /// Called at each wake-up: a shell that takes the terminal back, or hands it over, sends no word of it.
    pub(crate) fn start_reading(&mut self) -> bool {
        let front = self.is_in_foreground();
        if front == Ok(true) && !self.is_reading {
            // What was typed before was not meant for this program.
            let _ = tcflush(&self.input, QueueSelector::IFlush);
        }
        let entered = match self.mode {
            InputMode::Keys if front == Ok(true) => self.enter_raw_mode(),
            InputMode::Keys | InputMode::Lines => front.map(|_| ()),
        };
        self.is_reading = front == Ok(true) && entered.is_ok();
        entered.is_ok()
    }

    fn enter_raw_mode(&mut self) -> rustix::io::Result<()> {
        let found = tcgetattr(&self.input)?;
        if found.local_modes.intersects(CANONICAL_AND_ECHO) {
            let mut keys = found.clone();
            keys.local_modes -= CANONICAL_AND_ECHO;
            keys.special_codes[SpecialCodeIndex::VMIN] = 1;
            keys.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(&self.input, OptionalActions::Now, &keys)?;
            self.saved_mode = Some(found);
        }
        Ok(())
    }

    /// Restores the mode.
    pub(crate) fn restore_mode(&mut self) {
        let heard = std::mem::take(&mut self.is_reading);
        if self.is_in_foreground() != Ok(true) {
            return;
        }
        let before = self.saved_mode.take();
        if heard || before.is_some() {
            // What nobody read must not become words for the shell. Not with `Flush`, which would wait for ever
            // where the output is held up.
            let _ = tcflush(&self.input, QueueSelector::IFlush);
        }
        if let Some(before) = before {
            let _ = tcsetattr(&self.input, OptionalActions::Now, &before);
        }
    }

    /// Whether this process is in the terminal's foreground.
    fn is_in_foreground(&self) -> rustix::io::Result<bool> {
        is_foreground_group(&self.input, self.process_group)
    }

    /// What was typed, as far as it is there. Nothing at all if the terminal is gone.
    pub(crate) fn read_bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 4096];
        match rustix::io::read(&self.input, &mut bytes) {
            Ok(0) => None,
            Ok(read) => Some(bytes[..read].to_vec()),
            Err(Errno::AGAIN | Errno::INTR) => Some(Vec::new()),
            Err(_) => None,
        }
    }

    /// What to wait on; nothing while it belongs to somebody else.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.is_reading.then_some(self.input.as_fd())
    }
}

/// Whether this process is in the foreground of that terminal.
pub(crate) fn is_in_foreground(terminal: impl AsFd) -> rustix::io::Result<bool> {
    is_foreground_group(terminal, own_process_group())
}

/// This process's group; none in a container that was entered without one of its own. There the system says 0, which
/// rustix's `getpgrp` takes for impossible.
fn own_process_group() -> Option<Pid> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // After the program's name, which may have blanks: its state, its parent, its group.
    let (_, after_name) = stat.rsplit_once(')')?;
    Pid::from_raw(after_name.split_whitespace().nth(2)?.parse().ok()?)
}

fn is_foreground_group(terminal: impl AsFd, own: Option<Pid>) -> rustix::io::Result<bool> {
    match tcgetpgrp(terminal) {
        Ok(group) => Ok(Some(group) == own),
        // Not the terminal of this process's session: no shell shares it out.
        Err(Errno::NOTTY) => Ok(true),
        // The foreground is in a container that this process does not see.
        Err(Errno::OPNOTSUPP) => Ok(false),
        Err(why) => Err(why),
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
        let tests = current_exe().unwrap();
        let words = "--ignored --exact --nocapture view::raw_mode::tests::panics_in_a_terminal";
        let mut script = Command::new("/usr/bin/script");
        script.args(["-qec", &format!("'{}' {words}", tests.display()), "/dev/null"]);
        let output = script.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("restored after the panic"), "{said}");
        let [taken, given, said_why] =
            ["\x1b[?1049h", "\x1b[?1049l", "on purpose"].map(|part| said.find(part).unwrap());
        assert!(taken < given && given < said_why, "what it says is read on the normal screen: {said:?}");
        assert_eq!(said.matches("\x1b[?1049l").count(), 1, "{said:?}");
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
        let why = panicked.unwrap_err();
        assert_eq!(why.downcast_ref(), Some(&"on purpose"));
        assert_eq!(mode().unwrap(), before);
        println!("restored after the panic");
    }
}
