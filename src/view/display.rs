//! The viewer's output: printed lines or the live screen, with the last message and the reply to the last key.
//!
//! It keeps what is on display and for how long. It reads no journal and no keys.

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

/// Aligns a message's body with its title, which follows the time.
const MESSAGE_INDENT: &str = "          ";
/// How long the reply to a key is shown.
const REPLY_TIMEOUT: Duration = Duration::from_secs(20);
/// How long it stays after an urgent message.
const SHORT_REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything on display.
pub(crate) struct Display {
    options: DisplayOptions,
    screen: AlternateScreen,
    last_message: Option<Message>,
    /// Shown in place of the last message once that is out of date.
    replacement_message: Option<Message>,
    /// Shown in place of both while no timer runs.
    timer_gone_message: Option<Message>,
    /// What was printed before the session began; shown until the second message.
    start_notices: Vec<String>,
    /// The reply to the last key.
    key_reply: Option<TimedReply>,
    /// Shown until the next key.
    warning: Option<String>,
}

/// The reply to a key, and for how long it is shown.
struct TimedReply {
    text: String,
    until: Duration,
    /// The reply is out of date once the session leaves this position.
    valid_at: Option<SessionPosition>,
}

impl Display {
    pub(crate) fn new(options: DisplayOptions, start_notices: &[String]) -> Display {
        Display {
            options,
            screen: AlternateScreen::new(options.terminal_features),
            last_message: None,
            replacement_message: None,
            timer_gone_message: None,
            start_notices: start_notices.to_vec(),
            key_reply: None,
            warning: None,
        }
    }

    /// Whether the live screen is showing.
    pub(crate) fn is_screen_active(&self) -> bool {
        self.screen.is_active()
    }

    /// Shows a message of this time, and rings if it is urgent.
    ///
    /// # Errors
    /// The output is closed.
    pub(crate) fn show_message(&mut self, at: &WallTime, message: Message) -> io::Result<()> {
        let printed = self.print_message(at, &message);
        if self.last_message.replace(message).is_some() {
            self.start_notices.clear();
        }
        printed
    }

    /// Shows this in place of the last message; none shows the last message again.
    pub(crate) fn replace_message(&mut self, message: Option<Message>) {
        self.replacement_message = message;
    }

    /// Shows that no timer runs, in place of every other message, and rings. A second call with the same message only
    /// rings.
    ///
    /// # Errors
    /// The output is closed.
    pub(crate) fn show_timer_gone(&mut self, at: &WallTime, message: Message) -> io::Result<()> {
        if self.timer_gone_message.as_ref() == Some(&message) {
            if self.options.has_bell {
                self.screen.ring_bell();
            }
            return Ok(());
        }
        let printed = self.print_message(at, &message);
        self.timer_gone_message = Some(message);
        printed
    }

    /// Shows the earlier messages again: a timer runs.
    pub(crate) fn clear_timer_gone(&mut self) {
        self.timer_gone_message = None;
    }

    fn print_message(&mut self, at: &WallTime, message: &Message) -> io::Result<()> {
        let rings = self.options.has_bell && message.is_urgent;
        let bell = if rings && !self.is_screen_active() { "\x07" } else { "" };
        if rings && self.is_screen_active() {
            self.screen.ring_bell();
        }
        let time = at.in_zone(&clock::time_zone()).format_hour_minute_second();
        let title = wrap_to_terminal(io::stdout(), &format!("{time}  {}", message.title), "", MESSAGE_INDENT);
        let body =
            wrap_to_terminal(io::stdout(), &message.body_and_how_to_answer(), MESSAGE_INDENT, MESSAGE_INDENT);
        // In a low window a reply may take the rows of an urgent message.
        if let Some(reply) = self.key_reply.as_mut().filter(|_| message.is_urgent) {
            reply.until = clock::now().boottime.saturating_add(SHORT_REPLY_TIMEOUT).min(reply.until);
        }
        self.screen.print_text(format!("{bell}{title}\n{body}\n"))
    }

    /// Prints a line with its time.
    ///
    /// # Errors
    /// The output is closed.
    pub(crate) fn print_line(&mut self, at: &WallTime, text: &str) -> io::Result<()> {
        let time = at.in_zone(&clock::time_zone()).format_hour_minute_second();
        self.screen.print_text(format!("{time}  {text}\n"))
    }

    pub(crate) fn show_warning(&mut self, text: &str) {
        let warning = wrap_to_terminal(io::stderr(), &format!("warning: {text}"), "", "");
        self.screen.print_warning(warning, io::stderr().is_terminal());
        self.warning = Some(text.to_owned());
    }

    /// Shows the reply to a key or a typed line: on the live screen for a while, else as a printed line.
    pub(crate) fn show_reply(&mut self, text: impl Into<String>, now: Duration) {
        self.show_reply_until(text, now + REPLY_TIMEOUT);
    }

    /// Shows a reply until this time of the clock that includes sleep.
    pub(crate) fn show_reply_until(&mut self, text: impl Into<String>, until: Duration) {
        let text: String = text.into();
        if self.options.has_live_screen {
            self.key_reply = (!text.is_empty()).then_some(TimedReply { text, until, valid_at: None });
        } else if !text.is_empty() {
            let _ = writeln!(io::stderr(), "{}", wrap_to_terminal(io::stderr(), &text, "", ""));
        }
    }

    /// Removes the present reply once the session leaves this position.
    pub(crate) fn expire_reply_after(&mut self, position: Option<SessionPosition>) {
        if let Some(reply) = &mut self.key_reply {
            reply.valid_at = position;
        }
    }

    /// Removes what was shown before a key was pressed.
    pub(crate) fn clear_reply_and_warning(&mut self) {
        self.key_reply = None;
        self.warning = None;
    }

    /// Shows the last message again as a reply, and redraws the whole screen.
    pub(crate) fn repeat_last_message(&mut self, now: Duration, position: SessionPosition) {
        self.screen.force_redraw();
        let Some(message) = &self.last_message else { return };
        if self.options.has_bell {
            self.screen.ring_bell();
        }
        let text = if !self.options.has_live_screen {
            format!("{}\n{}", message.title, message.body_and_how_to_answer())
        } else if message.body.is_empty() {
            message.title.clone()
        } else {
            format!("{} · {}", message.title, message.body)
        };
        self.show_reply(text, now);
        self.expire_reply_after(Some(position));
    }

    /// When the display changes although nothing happens.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.key_reply.as_ref().map(|reply| reply.until)
    }

    /// Draws the live screen. `has_keys`: keys are read, so name them.
    ///
    /// # Errors
    /// The output is closed.
    pub(crate) fn draw_screen(&mut self, snapshot: &Snapshot, has_keys: bool) -> io::Result<()> {
        let now = clock::now().boottime;
        let position = snapshot.position();
        self.key_reply.take_if(|reply| {
            now >= reply.until || reply.valid_at.is_some_and(|valid_at| valid_at != position)
        });
        let size = terminal_size(io::stdout());
        let message = self
            .timer_gone_message
            .as_ref()
            .or(self.replacement_message.as_ref())
            .or(self.last_message.as_ref());
        let overlay = Overlay {
            message,
            start_notices: &self.start_notices,
            key_reply: self.key_reply.as_ref().map(|reply| reply.text.as_str()),
            warning: self.warning.as_deref(),
            has_keys,
            ascii_only: self.options.ascii_only,
        };
        let title = labels::window_title(snapshot);
        let title = sanitize_for_display(&title, self.options.ascii_only);
        let rows = render_frame(snapshot, size, &overlay);
        self.screen.show_rows(rows, size, &title, taskbar_progress(snapshot))
    }

    /// Returns to the normal screen and prints the messages shown meanwhile.
    pub(crate) fn leave_screen(&mut self) {
        self.screen.leave_screen();
    }
}

/// Wraps between words to the terminal's width; where there is no terminal, lines stay as they are.
fn wrap_to_terminal(terminal: impl AsFd, text: &str, first_indent: &str, indent: &str) -> String {
    let width = query_terminal_size(terminal).map_or(usize::MAX, |size| size.columns);
    textwrap::fill(text, wrap_options(width).initial_indent(first_indent).subsequent_indent(indent))
}

fn taskbar_progress(snapshot: &Snapshot) -> TaskbarProgress {
    let percent = if snapshot.state == State::Ended { 100 } else { snapshot.session_percentage };
    match snapshot.state {
        _ if labels::is_attention_needed(snapshot) => TaskbarProgress::AttentionNeeded(percent),
        State::Running => TaskbarProgress::Running(percent),
        State::Paused => TaskbarProgress::Paused(percent),
        _ => TaskbarProgress::None,
    }
}

/// The terminal's size, 80 by 24 where it is not known.
pub(crate) fn terminal_size(terminal: impl AsFd) -> WindowSize {
    query_terminal_size(terminal).unwrap_or(WindowSize { columns: 80, rows: 24 })
}

/// The terminal's width in columns, 80 where it is not known.
pub(crate) fn terminal_width(terminal: impl AsFd) -> usize {
    terminal_size(terminal).columns
}

fn query_terminal_size(terminal: impl AsFd) -> Option<WindowSize> {
    let size = tcgetwinsize(terminal).ok()?;
    let size = WindowSize { columns: size.ws_col.into(), rows: size.ws_row.into() };
    (size.columns > 0 && size.rows > 0).then_some(size)
}
