//! What the person types to a viewer: single keys beside the live screen, whole lines beside lines.

use super::{
    keys::{Key, Keys},
    mode::{Terminal, Typing},
};
use std::{os::fd::BorrowedFd, time::Duration};

/// Nobody types a longer line.
const MOST: usize = 4096;

/// What was typed.
#[derive(Debug)]
pub enum Typed {
    /// A key.
    Key(Key),
    /// A line, without its end.
    Line(String),
    /// The end of input: nothing more will come.
    End,
}

/// Where it comes from, if somebody can type. Dropped, the terminal is as it was before.
pub struct Input {
    terminal: Option<Terminal>,
    typing: Typing,
    keys: Keys,
    /// The beginning of a line.
    line: Vec<u8>,
}

impl Input {
    /// What is typed on standard input, if that is a terminal.
    pub fn of_terminal(typing: Typing) -> Input {
        Input { terminal: Terminal::of_input(typing), ..Input::none(typing) }
    }

    /// Nobody types.
    pub fn none(typing: Typing) -> Input {
        Input { terminal: None, typing, keys: Keys::default(), line: Vec::new() }
    }

    /// Whether there is a terminal, in the foreground or not.
    pub fn is_there(&self) -> bool {
        self.terminal.is_some()
    }

    /// Whether somebody can type: with a terminal, in the foreground.
    pub fn hears(&self) -> bool {
        self.terminal.as_ref().is_some_and(Terminal::hears)
    }

    /// Asks for what is typed wherever that is possible now: see [`Terminal::listen`].
    pub fn listen(&mut self) {
        self.terminal.take_if(|terminal| !terminal.listen());
    }

    /// What to wait on.
    pub fn source(&self) -> Option<BorrowedFd<'_>> {
        self.terminal.as_ref().and_then(Terminal::source)
    }

    /// When to ask, if nothing is typed before.
    pub fn deadline(&self) -> Option<Duration> {
        self.keys.deadline()
    }

    /// What was typed by now.
    pub fn hear(&mut self, ready: bool, now: Duration) -> Vec<Typed> {
        let heard = self.terminal.as_ref().filter(|terminal| ready && terminal.hears()).map(Terminal::read);
        let mut typed = Vec::new();
        match (heard, self.typing) {
            (None, _) => {}
            (Some(None), _) => {
                self.terminal = None;
                typed.push(Typed::End);
            }
            (Some(Some(bytes)), Typing::Keys) => self.keys.hear(&bytes, now),
            (Some(Some(bytes)), Typing::Lines) => self.line.extend(bytes),
        }
        while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.line.drain(..=end).collect();
            typed.push(Typed::Line(String::from_utf8_lossy(&line[..end]).into_owned()));
        }
        self.line.truncate(MOST);
        typed.splice(..0, self.keys.pressed(now).into_iter().map(Typed::Key));
        typed
    }

    /// The letter that was heard last begins no word.
    pub fn forget_word(&mut self) {
        self.keys.forget_word();
    }

    /// The terminal as it was before.
    pub fn restore(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.restore();
        }
    }
}
