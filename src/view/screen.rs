//! The terminal's other screen: taken for as long as somebody looks, given back on every way out.
//!
//! What was told meanwhile is kept and printed on the normal screen afterwards, so that nothing is lost from what
//! can be scrolled back to. Of a picture only the rows that changed are sent, between the marks by which a terminal
//! that knows them shows all at once.

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

/// The other screen, without a cursor, and without lines that run on in the next.
const ENTER_ALTERNATE_SCREEN: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE_ALTERNATE_SCREEN: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const BEGIN_SYNCHRONIZED_UPDATE: &str = "\x1b[?2026h";
const END_SYNCHRONIZED_UPDATE: &str = "\x1b[?2026l";
/// The title is put aside, and taken back.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b]2;\x1b\\\x1b[23;2t";
const CLEAR_TASKBAR_PROGRESS: &str = "\x1b]9;4;0;0\x1b\\";

/// Whether this process has taken the screen; one process has one.
static IS_ALTERNATE_SCREEN_ACTIVE: AtomicBool = AtomicBool::new(false);
static PANIC_HOOK: Once = Once::new();

/// What the terminal can do beside letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TerminalFeatures {
    /// The colours it shows.
    pub(crate) color_depth: ColorDepth,
    /// Whether it takes a title.
    pub(crate) has_title: bool,
    /// Whether it takes a progress for the taskbar.
    pub(crate) has_taskbar_progress: bool,
}

/// How far it is, for the taskbar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskbarProgress {
    /// Nothing is going on.
    None,
    /// So many percent.
    Running(u8),
    /// Held at so many percent.
    Paused(u8),
    /// Somebody has to come.
    AttentionNeeded(u8),
}

/// What stays when the screen is given back.
enum DeferredOutput {
    Text(String),
    Warning(String),
}

/// The screen, taken or not.
pub(crate) struct AlternateScreen {
    features: TerminalFeatures,
    is_active: bool,
    size: WindowSize,
    /// The rows as they stand there.
    shown_rows: Vec<ScreenRow>,
    title: String,
    taskbar_progress: TaskbarProgress,
    deferred_output: Vec<DeferredOutput>,
}

impl AlternateScreen {
    /// Not taken yet.
    pub(crate) fn new(gifts: TerminalFeatures) -> AlternateScreen {
        AlternateScreen {
            features: gifts,
            is_active: false,
            size: WindowSize { columns: 0, rows: 0 },
            shown_rows: Vec::new(),
            title: String::new(),
            taskbar_progress: TaskbarProgress::None,
            deferred_output: Vec::new(),
        }
    }

    /// Whether it is taken.
    pub(crate) fn is_active(&self) -> bool {
        self.is_active
    }

    /// Shows a picture of that size, taking the screen first if need be.
    ///
    /// # Errors
    /// Nobody reads.
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
            (self.is_active, self.title, self.taskbar_progress) =
                (true, String::new(), TaskbarProgress::None);
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
        (self.shown_rows, self.size) = (rows, size);
        self.update_title_and_progress(title, progress, &mut text);
        write_to_stdout(&text)
    }

    /// What has to be sent for the rows to stand there. Only what changed is painted: in most seconds little does.
    fn diff_rows(&self, rows: &[ScreenRow], size: WindowSize) -> String {
        let (mut text, blank) = (String::new(), ScreenRow::default());
        for index in 0..size.rows.max(rows.len()) {
            let row = rows.get(index).unwrap_or(&blank);
            let before = self.shown_rows.get(index).unwrap_or(&blank);
            if before != row || size != self.size {
                let line = paint_row(row, self.features.color_depth);
                // Behind a line that is full the cursor still stands on its last letter.
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

    /// Draws all of it anew the next time.
    pub(crate) fn force_redraw(&mut self) {
        self.size = WindowSize { columns: 0, rows: 0 };
    }

    /// Rings the bell.
    pub(crate) fn ring_bell(&self) {
        // Whether anybody reads is found out with the next picture.
        let _ = write_to_stdout("\x07");
    }

    /// Prints what was told: now where the screen is the normal one, else when it is given back.
    ///
    /// # Errors
    /// Nobody reads.
    pub(crate) fn print_text(&mut self, text: String) -> io::Result<()> {
        if self.is_active {
            self.deferred_output.push(DeferredOutput::Text(text));
            return Ok(());
        }
        write_to_stdout(&text)
    }

    /// The same for a complaint, which goes to stderr.
    pub(crate) fn print_warning(&mut self, text: String, is_seen_here: bool) {
        if self.is_active && is_seen_here {
            self.deferred_output.push(DeferredOutput::Warning(text));
        } else {
            write_warning(&text);
        }
    }

    /// Gives the screen back, and prints what was kept.
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
        for kept in self.deferred_output.drain(..) {
            match kept {
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

/// What a panic says must not be lost with the other screen.
fn install_panic_hook() {
    PANIC_HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |why| {
            if IS_ALTERNATE_SCREEN_ACTIVE.swap(false, Ordering::Relaxed) {
                let _ = write_to_stdout(LEAVE_ALTERNATE_SCREEN);
            }
            before(why);
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

/// A closed stderr is no reason to stop showing.
fn write_warning(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
