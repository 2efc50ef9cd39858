//! What the person types to a viewer: single keys beside the live screen, whole lines beside lines.

use super::{
    keys::{KeyAction, KeyDecoder},
    raw_mode::{InputMode, TerminalInput},
};
use std::{os::fd::BorrowedFd, time::Duration};

/// Nobody types a longer line.
const MAX_LINE_BYTES: usize = 4096;

/// What was typed.
#[derive(Debug)]
pub(crate) enum TypedInput {
    /// A key.
    Key(KeyAction),
    /// A line, without its end.
    Line(String),
    /// The end of input: nothing more will come.
    EndOfInput,
}

/// Where it comes from, if somebody can type. Dropped, the terminal is as it was before.
pub(crate) struct InputReader {
    terminal: Option<TerminalInput>,
    mode: InputMode,
    key_decoder: KeyDecoder,
    /// The beginning of a line.
    partial_line: Vec<u8>,
}

impl InputReader {
    /// What is typed on standard input, if that is a terminal.
    pub(crate) fn from_terminal(typing: InputMode) -> InputReader {
        InputReader { terminal: TerminalInput::from_stdin(typing), ..InputReader::without_terminal(typing) }
    }

    /// Nobody types.
    pub(crate) fn without_terminal(typing: InputMode) -> InputReader {
        InputReader {
            terminal: None,
            mode: typing,
            key_decoder: KeyDecoder::default(),
            partial_line: Vec::new(),
        }
    }

    /// Whether there is a terminal, in the foreground or not.
    pub(crate) fn has_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Whether somebody can type: with a terminal, in the foreground.
    pub(crate) fn is_reading(&self) -> bool {
        self.terminal.as_ref().is_some_and(TerminalInput::is_reading)
    }

    /// Asks for what is typed wherever that is possible now: see [`TerminalInput::start_reading`].
    pub(crate) fn start_reading(&mut self) {
        self.terminal.take_if(|terminal| !terminal.start_reading());
    }

    /// What to wait on.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.terminal.as_ref().and_then(TerminalInput::fd)
    }

    /// When to ask, if nothing is typed before.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.key_decoder.deadline()
    }

    /// What was typed by now.
    pub(crate) fn read_input(&mut self, ready: bool, now: Duration) -> Vec<TypedInput> {
        let heard = self
            .terminal
            .as_ref()
            .filter(|terminal| ready && terminal.is_reading())
            .map(TerminalInput::read_bytes);
        let mut typed = Vec::new();
        match (heard, self.mode) {
            (None, _) => {}
            (Some(None), _) => {
                self.terminal = None;
                typed.push(TypedInput::EndOfInput);
            }
            (Some(Some(bytes)), InputMode::Keys) => self.key_decoder.push_bytes(&bytes, now),
            (Some(Some(bytes)), InputMode::Lines) => self.partial_line.extend(bytes),
        }
        while let Some(end) = self.partial_line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial_line.drain(..=end).collect();
            typed.push(TypedInput::Line(String::from_utf8_lossy(&line[..end]).into_owned()));
        }
        self.partial_line.truncate(MAX_LINE_BYTES);
        typed.splice(..0, self.key_decoder.decode_pressed(now).into_iter().map(TypedInput::Key));
        typed
    }

    /// The letter that was heard last begins no word.
    pub(crate) fn cancel_typed_word(&mut self) {
        self.key_decoder.cancel_typed_word();
    }

    /// The terminal as it was before.
    pub(crate) fn restore_terminal(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.restore_mode();
        }
    }
}
