//! What the viewer shows: lines that stay, or the screen, with what was told last and the answer to the last key.

use super::{
    Style,
    fit::{between_words, drawable},
    frame::{Beside, Size, frame},
    screen::{Progress, Screen},
    words,
};
use crate::{
    clock,
    session::{Message, Snapshot, Standing, State},
    time::Wall,
};
use rustix::termios::tcgetwinsize;
use std::{
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    time::Duration,
};

/// Below the title, right of the time.
const INDENT: &str = "          ";
/// So long the answer to a key stands there, if nothing else is said.
const NOTE: Duration = Duration::from_secs(20);
/// And so long, if something is.
const SHORT_NOTE: Duration = Duration::from_secs(5);

/// What stands before the person.
pub struct Face {
    style: Style,
    screen: Screen,
    /// What was told last.
    told: Option<Message>,
    /// What stands there once that is over.
    instead: Option<Message>,
    /// That nobody times the session any more, for as long as that is so.
    alone: Option<Message>,
    /// What was said before the session began; it stands there until something else is told.
    opening: Vec<String>,
    /// The answer to the last key.
    note: Option<Note>,
    /// What went wrong, until the next key.
    warning: Option<String>,
}

/// The answer to a key.
struct Note {
    text: String,
    /// Until when it stands there.
    until: Duration,
    /// What it speaks of, if that may be over before.
    of: Option<Standing>,
}

impl Face {
    /// Nothing is shown yet.
    pub fn new(style: Style, opening: &[String]) -> Face {
        let screen = Screen::new(style.gifts);
        Face {
            style,
            screen,
            told: None,
            instead: None,
            alone: None,
            opening: opening.to_vec(),
            note: None,
            warning: None,
        }
    }

    /// Whether the live screen stands there.
    pub fn is_on(&self) -> bool {
        self.screen.is_on()
    }

    /// Shows what was told at that moment, and rings.
    ///
    /// # Errors
    /// Nobody reads.
    pub fn tell(&mut self, at: &Wall, message: Message) -> io::Result<()> {
        let printed = self.print(at, &message);
        if self.told.replace(message).is_some() {
            self.opening.clear();
        }
        printed
    }

    /// What was told last is over, and this stands there in its place; if nothing does, it is not.
    pub fn tell_instead(&mut self, message: Option<Message>) {
        self.instead = message;
    }

    /// Shows that nobody times the session any more, in place of what was told, and rings. Said again it only rings.
    ///
    /// # Errors
    /// Nobody reads.
    pub fn tell_alone(&mut self, at: &Wall, message: Message) -> io::Result<()> {
        if self.alone.as_ref() == Some(&message) {
            if self.style.bell {
                self.screen.ring();
            }
            return Ok(());
        }
        let printed = self.print(at, &message);
        self.alone = Some(message);
        printed
    }

    /// Somebody times it again: what was told before stands there anew.
    pub fn timed_again(&mut self) {
        self.alone = None;
    }

    fn print(&mut self, at: &Wall, message: &Message) -> io::Result<()> {
        let rings = self.style.bell && message.urgent;
        let bell = if rings && !self.is_on() { "\x07" } else { "" };
        if rings && self.is_on() {
            self.screen.ring();
        }
        let time = at.in_zone(&clock::zone()).hour_minute_second();
        let title = wrapped(io::stdout(), &format!("{time}  {}", message.title), "", INDENT);
        let body = wrapped(io::stdout(), &message.text(), INDENT, INDENT);
        // In a low window the answer to a key may stand where the call belongs.
        if let Some(note) = self.note.as_mut().filter(|_| message.urgent) {
            note.until = clock::now().boottime.saturating_add(SHORT_NOTE).min(note.until);
        }
        self.screen.tell(format!("{bell}{title}\n{body}\n"))
    }

    /// Shows a line that stays, of that moment.
    ///
    /// # Errors
    /// Nobody reads.
    pub fn say(&mut self, at: &Wall, text: &str) -> io::Result<()> {
        let time = at.in_zone(&clock::zone()).hour_minute_second();
        self.screen.tell(format!("{time}  {text}\n"))
    }

    /// Shows a complaint.
    pub fn warn(&mut self, text: &str) {
        let warning = wrapped(io::stderr(), &format!("warning: {text}"), "", "");
        self.screen.warn(warning, io::stderr().is_terminal());
        self.warning = Some(text.to_owned());
    }

    /// Shows the answer to a key, for a while; beside lines it stays.
    pub fn answer(&mut self, text: impl Into<String>, now: Duration) {
        self.answer_until(text, now + NOTE);
    }

    /// The same, until then.
    pub fn answer_until(&mut self, text: impl Into<String>, until: Duration) {
        let text: String = text.into();
        match self.style.live {
            true => self.note = Some(Note { text, until, of: None }).filter(|note| !note.text.is_empty()),
            false if text.is_empty() => {}
            false => _ = writeln!(io::stderr(), "{}", wrapped(io::stderr(), &text, "", "")),
        }
    }

    /// The answer that stands there is out of date as soon as the session stands elsewhere.
    pub fn answer_holds_for(&mut self, standing: Option<Standing>) {
        if let Some(note) = &mut self.note {
            note.of = standing;
        }
    }

    /// The next key is pressed: what was shown before it has been seen.
    pub fn seen(&mut self) {
        (self.note, self.warning) = (None, None);
    }

    /// Says again what was told last, on a screen that is drawn anew.
    pub fn repeat(&mut self, now: Duration, standing: Standing) {
        self.screen.forget();
        if let Some(told) = &self.told {
            if self.style.bell {
                self.screen.ring();
            }
            let text = match self.style.live {
                true if told.body.is_empty() => told.title.clone(),
                true => format!("{} · {}", told.title, told.body),
                false => format!("{}\n{}", told.title, told.text()),
            };
            self.answer(text, now);
            self.answer_holds_for(Some(standing));
        }
    }

    /// When what is shown changes without anything having happened.
    pub fn deadline(&self) -> Option<Duration> {
        self.note.as_ref().map(|note| note.until)
    }

    /// Draws the live screen.
    ///
    /// # Errors
    /// Nobody reads.
    pub fn draw(&mut self, snapshot: &Snapshot, keys: bool) -> io::Result<()> {
        let now = clock::now().boottime;
        let standing = snapshot.standing();
        self.note.take_if(|note| now >= note.until || note.of.is_some_and(|of| of != standing));
        let size = size();
        let beside = Beside {
            told: self.alone.as_ref().or(self.instead.as_ref()).or(self.told.as_ref()),
            opening: &self.opening,
            note: self.note.as_ref().map(|note| note.text.as_str()),
            warning: self.warning.as_deref(),
            keys,
            letters_only: self.style.letters_only,
        };
        let title = words::title(snapshot);
        let title = drawable(&title, self.style.letters_only);
        self.screen.show(frame(snapshot, size, &beside), size, &title, progress(snapshot))
    }

    /// Gives the screen back, with what was told on the normal one.
    pub fn leave(&mut self) {
        self.screen.leave();
    }
}

/// Broken into lines that fit that window, between words; without a window, a line is a line.
fn wrapped(window: impl AsFd, text: &str, first: &str, rest: &str) -> String {
    let width = known_size(window).map_or(usize::MAX, |size| size.columns);
    textwrap::fill(text, between_words(width).initial_indent(first).subsequent_indent(rest))
}

fn progress(snapshot: &Snapshot) -> Progress {
    let done = if snapshot.state == State::Ended { 100 } else { snapshot.percentage };
    match snapshot.state {
        _ if words::calls(snapshot) => Progress::Calls(done),
        State::Running => Progress::Running(done),
        State::Paused => Progress::Paused(done),
        _ => Progress::None,
    }
}

/// The size of the window; the usual one where nobody knows it.
pub fn size() -> Size {
    size_of(io::stdout())
}

/// The size of that window; the usual one where nobody knows it.
pub fn size_of(window: impl AsFd) -> Size {
    known_size(window).unwrap_or(Size { columns: 80, rows: 24 })
}

fn known_size(window: impl AsFd) -> Option<Size> {
    let size = tcgetwinsize(window).ok()?;
    let size = Size { columns: size.ws_col.into(), rows: size.ws_row.into() };
    (size.columns > 0 && size.rows > 0).then_some(size)
}
