//! What the viewer shows: lines that stay, or the screen, with what was told last and the answer to the last key.

use super::{
    DisplayOptions,
    frame::{Overlay, WindowSize, render_frame},
    labels,
    screen::{AlternateScreen, TaskbarProgress},
    text_width::{sanitize_for_display, wrap_options},
};
use crate::{
    clock,
    session::{Message, SessionPosition, Snapshot, State},
    time::WallTime,
};
use rustix::termios::tcgetwinsize;
use std::{
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
    time::Duration,
};

/// Below the title, right of the time.
const MESSAGE_INDENT: &str = "          ";
/// So long the answer to a key stands there, if nothing else is said.
const REPLY_TIMEOUT: Duration = Duration::from_secs(20);
/// And so long, if something is.
const SHORT_REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// What stands before the person.
pub(crate) struct Display {
    options: DisplayOptions,
    screen: AlternateScreen,
    /// What was told last.
    last_message: Option<Message>,
    /// What stands there once that is over.
    instead: Option<Message>,
    /// That nobody times the session any more, for as long as that is so.
    untimed_message: Option<Message>,
    /// What was said before the session began; it stands there until something else is told.
    start_notices: Vec<String>,
    /// The answer to the last key.
    key_reply: Option<TimedNote>,
    /// What went wrong, until the next key.
    warning: Option<String>,
}

/// The answer to a key.
struct TimedNote {
    text: String,
    /// Until when it stands there.
    until: Duration,
    /// What it speaks of, if that may be over before.
    of: Option<SessionPosition>,
}

impl Display {
    /// Nothing is shown yet.
    pub(crate) fn new(style: DisplayOptions, opening: &[String]) -> Display {
        let screen = AlternateScreen::new(style.terminal_features);
        Display {
            options: style,
            screen,
            last_message: None,
            instead: None,
            untimed_message: None,
            start_notices: opening.to_vec(),
            key_reply: None,
            warning: None,
        }
    }

    /// Whether the live screen stands there.
    pub(crate) fn is_screen_active(&self) -> bool {
        self.screen.is_active()
    }

    /// Shows what was told at that moment, and rings.
    ///
    /// # Errors
    /// Nobody reads.
    pub(crate) fn show_message(&mut self, at: &WallTime, message: Message) -> io::Result<()> {
        let printed = self.print_message(at, &message);
        if self.last_message.replace(message).is_some() {
            self.start_notices.clear();
        }
        printed
    }

    /// What was told last is over, and this stands there in its place; if nothing does, it is not.
    pub(crate) fn replace_message(&mut self, message: Option<Message>) {
        self.instead = message;
    }

    /// Shows that nobody times the session any more, in place of what was told, and rings. Said again it only rings.
    ///
    /// # Errors
    /// Nobody reads.
    pub(crate) fn show_untimed(&mut self, at: &WallTime, message: Message) -> io::Result<()> {
        if self.untimed_message.as_ref() == Some(&message) {
            if self.options.has_bell {
                self.screen.ring_bell();
            }
            return Ok(());
        }
        let printed = self.print_message(at, &message);
        self.untimed_message = Some(message);
        printed
    }

    /// Somebody times it again: what was told before stands there anew.
    pub(crate) fn clear_untimed(&mut self) {
        self.untimed_message = None;
    }

    fn print_message(&mut self, at: &WallTime, message: &Message) -> io::Result<()> {
        let rings = self.options.has_bell && message.is_urgent;
        let bell = if rings && !self.is_screen_active() { "\x07" } else { "" };
        if rings && self.is_screen_active() {
            self.screen.ring_bell();
        }
        let time = at.in_zone(&clock::time_zone()).format_hour_minute_second();
        let title = wrap_to_window(io::stdout(), &format!("{time}  {}", message.title), "", MESSAGE_INDENT);
        let body =
            wrap_to_window(io::stdout(), &message.body_and_how_to_answer(), MESSAGE_INDENT, MESSAGE_INDENT);
        // In a low window the answer to a key may stand where the call belongs.
        if let Some(note) = self.key_reply.as_mut().filter(|_| message.is_urgent) {
            note.until = clock::now().boottime.saturating_add(SHORT_REPLY_TIMEOUT).min(note.until);
        }
        self.screen.print_text(format!("{bell}{title}\n{body}\n"))
    }

    /// Shows a line that stays, of that moment.
    ///
    /// # Errors
    /// Nobody reads.
    pub(crate) fn print_line(&mut self, at: &WallTime, text: &str) -> io::Result<()> {
        let time = at.in_zone(&clock::time_zone()).format_hour_minute_second();
        self.screen.print_text(format!("{time}  {text}\n"))
    }

    /// Shows a complaint.
    pub(crate) fn show_warning(&mut self, text: &str) {
        let warning = wrap_to_window(io::stderr(), &format!("warning: {text}"), "", "");
        self.screen.print_warning(warning, io::stderr().is_terminal());
        self.warning = Some(text.to_owned());
    }

    /// Shows the answer to a key, for a while; beside lines it stays.
    pub(crate) fn show_reply(&mut self, text: impl Into<String>, now: Duration) {
        self.show_reply_until(text, now + REPLY_TIMEOUT);
    }

    /// The same, until then.
    pub(crate) fn show_reply_until(&mut self, text: impl Into<String>, until: Duration) {
        let text: String = text.into();
        match self.options.has_live_screen {
            true => {
                self.key_reply =
                    Some(TimedNote { text, until, of: None }).filter(|note| !note.text.is_empty());
            }
            false if text.is_empty() => {}
            false => _ = writeln!(io::stderr(), "{}", wrap_to_window(io::stderr(), &text, "", "")),
        }
    }

    /// The answer that stands there is out of date as soon as the session stands elsewhere.
    pub(crate) fn expire_answer(&mut self, standing: Option<SessionPosition>) {
        if let Some(note) = &mut self.key_reply {
            note.of = standing;
        }
    }

    /// The next key is pressed: what was shown before it has been seen.
    pub(crate) fn clear_reply_and_warning(&mut self) {
        (self.key_reply, self.warning) = (None, None);
    }

    /// Says again what was told last, on a screen that is drawn anew.
    pub(crate) fn repeat_last_message(&mut self, now: Duration, standing: SessionPosition) {
        self.screen.force_redraw();
        if let Some(told) = &self.last_message {
            if self.options.has_bell {
                self.screen.ring_bell();
            }
            let text = match self.options.has_live_screen {
                true if told.body.is_empty() => told.title.clone(),
                true => format!("{} · {}", told.title, told.body),
                false => format!("{}\n{}", told.title, told.body_and_how_to_answer()),
            };
            self.show_reply(text, now);
            self.expire_answer(Some(standing));
        }
    }

    /// When what is shown changes without anything having happened.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.key_reply.as_ref().map(|note| note.until)
    }

    /// Draws the live screen.
    ///
    /// # Errors
    /// Nobody reads.
    pub(crate) fn draw_screen(&mut self, snapshot: &Snapshot, keys: bool) -> io::Result<()> {
        let now = clock::now().boottime;
        let standing = snapshot.position();
        self.key_reply.take_if(|note| now >= note.until || note.of.is_some_and(|of| of != standing));
        let size = window_size();
        let beside = Overlay {
            message: self.untimed_message.as_ref().or(self.instead.as_ref()).or(self.last_message.as_ref()),
            start_notices: &self.start_notices,
            key_reply: self.key_reply.as_ref().map(|note| note.text.as_str()),
            warning: self.warning.as_deref(),
            has_keys: keys,
            ascii_only: self.options.ascii_only,
        };
        let title = labels::window_title(snapshot);
        let title = sanitize_for_display(&title, self.options.ascii_only);
        self.screen.show_rows(render_frame(snapshot, size, &beside), size, &title, taskbar_progress(snapshot))
    }

    /// Gives the screen back, with what was told on the normal one.
    pub(crate) fn leave_screen(&mut self) {
        self.screen.leave_screen();
    }
}

/// Broken into lines that fit that window, between words; without a window, a line is a line.
fn wrap_to_window(window: impl AsFd, text: &str, first: &str, rest: &str) -> String {
    let width = query_window_size(window).map_or(usize::MAX, |size| size.columns);
    textwrap::fill(text, wrap_options(width).initial_indent(first).subsequent_indent(rest))
}

fn taskbar_progress(snapshot: &Snapshot) -> TaskbarProgress {
    let done = if snapshot.state == State::Ended { 100 } else { snapshot.session_percentage };
    match snapshot.state {
        _ if labels::is_attention_needed(snapshot) => TaskbarProgress::AttentionNeeded(done),
        State::Running => TaskbarProgress::Running(done),
        State::Paused => TaskbarProgress::Paused(done),
        _ => TaskbarProgress::None,
    }
}

/// The size of the window; the usual one where nobody knows it.
pub(crate) fn window_size() -> WindowSize {
    size_of_window(io::stdout())
}

/// The size of that window; the usual one where nobody knows it.
pub(crate) fn size_of_window(window: impl AsFd) -> WindowSize {
    query_window_size(window).unwrap_or(WindowSize { columns: 80, rows: 24 })
}

fn query_window_size(window: impl AsFd) -> Option<WindowSize> {
    let size = tcgetwinsize(window).ok()?;
    let size = WindowSize { columns: size.ws_col.into(), rows: size.ws_row.into() };
    (size.columns > 0 && size.rows > 0).then_some(size)
}
