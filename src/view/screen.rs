//! The terminal's alternate screen: entered while the session is shown, and left on every way out, also on a panic.
//!
//! What is printed meanwhile is kept and printed on the normal screen afterwards, where it can be scrolled back to.
//! Only rows that changed are sent, as a synchronized update, which terminals that support it show at once.

use super::{
    frame::{ScreenRow, WindowSize},
    paint::{ColorDepth, paint_row},
    text_width::display_width,
};
use std::{
    io::{self, Write},
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

/// The alternate screen, with cursor and line wrap off.
const ENTER_ALTERNATE_SCREEN: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE_ALTERNATE_SCREEN: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const BEGIN_SYNCHRONIZED_UPDATE: &str = "\x1b[?2026h";
const END_SYNCHRONIZED_UPDATE: &str = "\x1b[?2026l";
/// Saves the window's title.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b]2;\x1b\\\x1b[23;2t";
const CLEAR_TASKBAR_PROGRESS: &str = "\x1b]9;4;0;0\x1b\\";

/// Static, because the panic hook has to know it: a process has one terminal.
static IS_ALTERNATE_SCREEN_ACTIVE: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: Once = Once::new();

/// What the terminal supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TerminalFeatures {
    pub(crate) color_depth: ColorDepth,
    /// Whether its title can be set.
    pub(crate) has_title: bool,
    /// Whether it shows progress in the taskbar (OSC 9;4).
    pub(crate) has_taskbar_progress: bool,
}

/// The session's progress in percent, as the taskbar shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskbarProgress {
    None,
    Running(u8),
    Paused(u8),
    /// The person has to act.
    AttentionNeeded(u8),
}

/// Output that is printed once the alternate screen is left.
enum DeferredOutput {
    Text(String),
    Warning(String),
}

/// The alternate screen, entered or not. Dropping it leaves the screen.
pub(crate) struct AlternateScreen {
    features: TerminalFeatures,
    is_active: bool,
    size: WindowSize,
    shown_rows: Vec<ScreenRow>,
    title: String,
    taskbar_progress: TaskbarProgress,
    deferred_output: Vec<DeferredOutput>,
}

impl AlternateScreen {
    /// The screen is entered with the first rows.
    pub(crate) fn new(features: TerminalFeatures) -> AlternateScreen {
        AlternateScreen {
            features,
            is_active: false,
            size: WindowSize { columns: 0, rows: 0 },
            shown_rows: Vec::new(),
            title: String::new(),
            taskbar_progress: TaskbarProgress::None,
            deferred_output: Vec::new(),
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.is_active
    }

    /// Shows rows for a window of this size, and enters the screen first if necessary.
    ///
    /// # Errors
    /// The output is closed.
    pub(crate) fn show_rows(
        &mut self,
        rows: Vec<ScreenRow>,
        size: WindowSize,
        title: &str,
        progress: TaskbarProgress,
    ) -> io::Result<()> {
        let mut text = String::new();
        if !self.is_active {
            install_panic_hook();
            self.is_active = true;
            self.title = String::new();
            self.taskbar_progress = TaskbarProgress::None;
            IS_ALTERNATE_SCREEN_ACTIVE.store(true, Ordering::Relaxed);
            self.force_redraw();
            text.push_str(if self.features.has_title { PUSH_TITLE } else { "" });
            text.push_str(ENTER_ALTERNATE_SCREEN);
        }
        let changes = self.diff_rows(&rows, size);
        if !changes.is_empty() {
            text.push_str(BEGIN_SYNCHRONIZED_UPDATE);
            text.push_str(&changes);
            text.push_str(END_SYNCHRONIZED_UPDATE);
        }
        self.shown_rows = rows;
        self.size = size;
        self.update_title_and_progress(title, progress, &mut text);
        write_to_stdout(&text)
    }

    /// The escape sequences that turn the shown rows into these: in most seconds few rows change.
    fn diff_rows(&self, rows: &[ScreenRow], size: WindowSize) -> String {
        let mut text = String::new();
        let blank = ScreenRow::default();
        for index in 0..size.rows.max(rows.len()) {
            let row = rows.get(index).unwrap_or(&blank);
            let shown = self.shown_rows.get(index).unwrap_or(&blank);
            if shown != row || size != self.size {
                let line = paint_row(row, self.features.color_depth);
                // After a full line the cursor is still on its last character, which must not be cleared.
                let clear = if display_width(&row.plain_text()) < size.columns { "\x1b[K" } else { "" };
                text.push_str(&format!("\x1b[{};1H{line}{clear}", index + 1));
            }
        }
        text
    }

    fn update_title_and_progress(&mut self, title: &str, progress: TaskbarProgress, text: &mut String) {
        if self.features.has_title && self.title != title {
            text.push_str(&format!("\x1b]2;{title}\x1b\\"));
            title.clone_into(&mut self.title);
        }
        if self.features.has_taskbar_progress && self.taskbar_progress != progress {
            let (state, percent) = match progress {
                TaskbarProgress::None => (0, 0),
                TaskbarProgress::Running(percent) => (1, percent),
                TaskbarProgress::AttentionNeeded(percent) => (2, percent),
                TaskbarProgress::Paused(percent) => (4, percent),
            };
            text.push_str(&format!("\x1b]9;4;{state};{percent}\x1b\\"));
            self.taskbar_progress = progress;
        }
    }

    /// The next `show_rows` sends all rows.
    pub(crate) fn force_redraw(&mut self) {
        self.size = WindowSize { columns: 0, rows: 0 };
    }

    pub(crate) fn ring_bell(&self) {
        // A closed output is noticed with the next rows.
        let _ = write_to_stdout("\x07");
    }

    /// Prints on the normal screen: at once if that is showing, else after the alternate screen is left.
    ///
    /// # Errors
    /// The output is closed.
    pub(crate) fn print_text(&mut self, text: String) -> io::Result<()> {
        if self.is_active {
            self.deferred_output.push(DeferredOutput::Text(text));
            return Ok(());
        }
        write_to_stdout(&text)
    }

    /// Prints a warning on stderr: after the alternate screen is left if that is active and stderr is a terminal.
    pub(crate) fn print_warning(&mut self, text: String, is_stderr_terminal: bool) {
        if self.is_active && is_stderr_terminal {
            self.deferred_output.push(DeferredOutput::Warning(text));
        } else {
            write_warning(&text);
        }
    }

    /// Returns to the normal screen, if necessary, and prints the deferred output.
    pub(crate) fn leave_screen(&mut self) {
        if !std::mem::take(&mut self.is_active) {
            return;
        }
        let mut text = String::new();
        if self.taskbar_progress != TaskbarProgress::None {
            text.push_str(CLEAR_TASKBAR_PROGRESS);
        }
        if IS_ALTERNATE_SCREEN_ACTIVE.swap(false, Ordering::Relaxed) {
            text.push_str(LEAVE_ALTERNATE_SCREEN);
        }
        text.push_str(if self.features.has_title { POP_TITLE } else { "" });
        let _ = write_to_stdout(&text);
        for output in self.deferred_output.drain(..) {
            match output {
                DeferredOutput::Text(text) => _ = write_to_stdout(&text),
                DeferredOutput::Warning(text) => write_warning(&text),
            }
        }
    }
}

impl Drop for AlternateScreen {
    fn drop(&mut self) {
        self.leave_screen();
    }
}

/// A panic leaves the alternate screen before it prints its message, which would be lost with that screen.
fn install_panic_hook() {
    PANIC_HOOK.call_once(|| {
        let previous_hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic_info| {
            if IS_ALTERNATE_SCREEN_ACTIVE.swap(false, Ordering::Relaxed) {
                let _ = write_to_stdout(LEAVE_ALTERNATE_SCREEN);
            }
            previous_hook(panic_info);
        }));
    });
}

fn write_to_stdout(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints to stderr; a closed stderr is ignored.
fn write_warning(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
