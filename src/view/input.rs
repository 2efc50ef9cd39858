//! Reads what the person types into a viewer: single keys on the live screen, else whole lines.

use super::{
    keys::{KeyAction, KeyDecoder},
    raw_mode::{InputMode, TerminalInput},
};
use std::{os::fd::BorrowedFd, time::Duration};

/// No person types a longer line.
const MAX_LINE_BYTES: usize = 4096;

#[derive(Debug)]
pub(crate) enum TypedInput {
    Key(KeyAction),
    /// A line, without its line feed.
    Line(String),
    EndOfInput,
}

/// Reads keys or lines from the terminal, if there is one. Dropping it restores the terminal.
pub(crate) struct InputReader {
    terminal: Option<TerminalInput>,
    mode: InputMode,
    key_decoder: KeyDecoder,
    partial_line: Vec<u8>,
}

impl InputReader {
    /// Reads standard input, if that is a terminal.
    pub(crate) fn from_terminal(mode: InputMode) -> InputReader {
        InputReader { terminal: TerminalInput::from_stdin(mode), ..InputReader::without_terminal(mode) }
    }

    pub(crate) fn without_terminal(mode: InputMode) -> InputReader {
        InputReader { terminal: None, mode, key_decoder: KeyDecoder::default(), partial_line: Vec::new() }
    }

    /// Whether there is a terminal, in the foreground or not.
    pub(crate) fn has_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Whether there is a terminal and this process is in its foreground.
    pub(crate) fn is_reading(&self) -> bool {
        self.terminal.as_ref().is_some_and(TerminalInput::is_reading)
    }

    /// Reads from now on if this process is in the foreground: see [`TerminalInput::start_reading`].
    pub(crate) fn start_reading(&mut self) {
        self.terminal.take_if(|terminal| !terminal.start_reading());
    }

    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.terminal.as_ref().and_then(TerminalInput::fd)
    }

    /// When to call `read_input` although nothing more is typed.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.key_decoder.deadline()
    }

    /// The keys or lines that are complete by now. `is_ready`: the terminal has input to read.
    pub(crate) fn read_input(&mut self, is_ready: bool, now: Duration) -> Vec<TypedInput> {
        let mut typed = Vec::new();
        if let Some(terminal) = self.terminal.as_ref().filter(|terminal| is_ready && terminal.is_reading()) {
            match (terminal.read_bytes(), self.mode) {
                (None, _) => {
                    self.terminal = None;
                    typed.push(TypedInput::EndOfInput);
                }
                (Some(bytes), InputMode::Keys) => self.key_decoder.push_bytes(&bytes, now),
                (Some(bytes), InputMode::Lines) => self.partial_line.extend(bytes),
            }
        }
        while let Some(end) = self.partial_line.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial_line.drain(..=end).collect();
            typed.push(TypedInput::Line(String::from_utf8_lossy(&line[..end]).into_owned()));
        }
        self.partial_line.truncate(MAX_LINE_BYTES);
        typed.splice(..0, self.key_decoder.decode_pressed(now).into_iter().map(TypedInput::Key));
        typed
    }

    /// The next letters are keys, not the rest of a word.
    pub(crate) fn cancel_typed_word(&mut self) {
        self.key_decoder.cancel_typed_word();
    }

    pub(crate) fn restore_terminal(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.restore_mode();
        }
    }
}
