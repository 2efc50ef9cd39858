//! The terminal's other screen: taken for as long as somebody looks, given back on every way out.
//!
//! What was told meanwhile is kept and printed on the normal screen afterwards, so that nothing is lost from what
//! can be scrolled back to. Of a picture only the rows that changed are sent, between the marks by which a terminal
//! that knows them shows all at once.

use super::{
    fit::columns,
    frame::{Row, Size},
    paint::{Colours, painted},
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
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";
/// The title is put aside, and taken back.
const PUSH_TITLE: &str = "\x1b[22;2t";
const POP_TITLE: &str = "\x1b]2;\x1b\\\x1b[23;2t";
const NO_PROGRESS: &str = "\x1b]9;4;0;0\x1b\\";

/// Whether this process has taken the screen; one process has one.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// What the terminal can do beside letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gifts {
    /// The colours it shows.
    pub colours: Colours,
    /// Whether it takes a title.
    pub title: bool,
    /// Whether it takes a progress for the taskbar.
    pub progress: bool,
}

/// How far it is, for the taskbar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is going on.
    None,
    /// So many percent.
    Running(u8),
    /// Held at so many percent.
    Paused(u8),
    /// Somebody has to come.
    Calls(u8),
}

/// What stays when the screen is given back.
enum Kept {
    Told(String),
    Warned(String),
}

/// The screen, taken or not.
pub struct Screen {
    gifts: Gifts,
    is_on: bool,
    size: Size,
    /// The rows as they stand there.
    shown: Vec<Row>,
    title: String,
    progress: Progress,
    kept: Vec<Kept>,
}

impl Screen {
    /// Not taken yet.
    pub fn new(gifts: Gifts) -> Screen {
        Screen {
            gifts,
            is_on: false,
            size: Size { columns: 0, rows: 0 },
            shown: Vec::new(),
            title: String::new(),
            progress: Progress::None,
            kept: Vec::new(),
        }
    }

    /// Whether it is taken.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Shows a picture of that size, taking the screen first if need be.
    ///
    /// # Errors
    /// Nobody reads.
    pub fn show(&mut self, rows: Vec<Row>, size: Size, title: &str, progress: Progress) -> io::Result<()> {
        let mut text = String::new();
        if !self.is_on {
            leave_on_panic();
            (self.is_on, self.title, self.progress) = (true, String::new(), Progress::None);
            IS_TAKEN.store(true, Ordering::Relaxed);
            self.forget();
            text.push_str(if self.gifts.title { PUSH_TITLE } else { "" });
            text.push_str(ENTER);
        }
        let changes = self.changes(&rows, size);
        if !changes.is_empty() {
            text.push_str(BEGIN);
            text.push_str(&changes);
            text.push_str(END);
        }
        (self.shown, self.size) = (rows, size);
        self.announce(title, progress, &mut text);
        write(&text)
    }

    /// What has to be sent for the rows to stand there. Only what changed is painted: in most seconds little does.
    fn changes(&self, rows: &[Row], size: Size) -> String {
        let (mut text, blank) = (String::new(), Row::default());
        for index in 0..size.rows.max(rows.len()) {
            let row = rows.get(index).unwrap_or(&blank);
            let before = self.shown.get(index).unwrap_or(&blank);
            if before != row || size != self.size {
                let line = painted(row, self.gifts.colours);
                // Behind a line that is full the cursor still stands on its last letter.
                let clear = if columns(&row.text()) < size.columns { "\x1b[K" } else { "" };
                text.push_str(&format!("\x1b[{};1H{line}{clear}", index + 1));
            }
        }
        text
    }

    fn announce(&mut self, title: &str, progress: Progress, text: &mut String) {
        if self.gifts.title && self.title != title {
            text.push_str(&format!("\x1b]2;{title}\x1b\\"));
            title.clone_into(&mut self.title);
        }
        if self.gifts.progress && self.progress != progress {
            let (state, percent) = match progress {
                Progress::None => (0, 0),
                Progress::Running(percent) => (1, percent),
                Progress::Calls(percent) => (2, percent),
                Progress::Paused(percent) => (4, percent),
            };
            text.push_str(&format!("\x1b]9;4;{state};{percent}\x1b\\"));
            self.progress = progress;
        }
    }

    /// Draws all of it anew the next time.
    pub fn forget(&mut self) {
        self.size = Size { columns: 0, rows: 0 };
    }

    /// Rings the bell.
    pub fn ring(&self) {
        // Whether anybody reads is found out with the next picture.
        let _ = write("\x07");
    }

    /// Prints what was told: now where the screen is the normal one, else when it is given back.
    ///
    /// # Errors
    /// Nobody reads.
    pub fn tell(&mut self, text: String) -> io::Result<()> {
        if self.is_on {
            self.kept.push(Kept::Told(text));
            return Ok(());
        }
        write(&text)
    }

    /// The same for a complaint, which goes to stderr.
    pub fn warn(&mut self, text: String, is_seen_here: bool) {
        if self.is_on && is_seen_here {
            self.kept.push(Kept::Warned(text));
        } else {
            warn(&text);
        }
    }

    /// Gives the screen back, and prints what was kept.
    pub fn leave(&mut self) {
        if !std::mem::take(&mut self.is_on) {
            return;
        }
        let mut text = String::new();
        if self.progress != Progress::None {
            text.push_str(NO_PROGRESS);
        }
        if IS_TAKEN.swap(false, Ordering::Relaxed) {
            text.push_str(LEAVE);
        }
        text.push_str(if self.gifts.title { POP_TITLE } else { "" });
        let _ = write(&text);
        for kept in self.kept.drain(..) {
            match kept {
                Kept::Told(text) => _ = write(&text),
                Kept::Warned(text) => warn(&text),
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}

/// What a panic says must not be lost with the other screen.
fn leave_on_panic() {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |why| {
            if IS_TAKEN.swap(false, Ordering::Relaxed) {
                let _ = write(LEAVE);
            }
            before(why);
        }));
    });
}

fn write(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A closed stderr is no reason to stop showing.
fn warn(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
