//! One answer on the terminal, by a single key or by a line, and the terminal as it was before.
//!
//! The question is shown once what was typed before it no longer counts, and page by page where the window is too
//! small for it: nothing answers it before all of it could be read.

use super::{
    KeyEffect, Pager, Signals, display,
    raw_mode::{InputMode, TerminalInput},
};
use crate::{
    clock::{self, DeadlineTimer},
    error::{Error, Result},
};
use rustix::termios::{QueueSelector, tcflush};
use signal_hook::consts::{SIGHUP, SIGTSTP};
use std::{
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

/// How often one who is in the background looks whether that has changed: nobody tells.
const FOREGROUND_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PromptResult<T> {
    /// This was answered.
    Answered(T),
    /// The end of input.
    EndOfInput,
    /// A signal asks to go, or the terminal is gone, which is one (SIGHUP).
    Signal(i32),
}

/// Shows a question and waits for a key of which `answer` makes something; every other one does nothing. Enter is a
/// line feed. Any other key that is no letter, and several keys at once, as of a cat or a paste, come as none.
/// Whoever comes back after Ctrl-Z is shown the question again.
///
/// # Errors
/// The system has no file descriptor left.
pub(crate) fn prompt_for_key<T>(
    signals: &Signals,
    text: &str,
    keys: &[&str],
    answer: impl Fn(Option<char>) -> Option<T>,
) -> Result<PromptResult<T>> {
    let alarm = new_deadline_timer()?;
    let gone = Ok(PromptResult::Signal(SIGHUP));
    let Some(mut terminal) = TerminalInput::from_stdin(InputMode::Keys) else { return gone };
    // What was typed before the question is no answer to it.
    if !terminal.start_reading() {
        return gone;
    }
    let mut reader = Pager::new(text, keys, display::size_of_window(io::stderr()));
    print_line(&reader.current_page());
    let mut was_away = false;
    loop {
        if !terminal.start_reading() {
            return gone;
        }
        // In the background the window is the shell's.
        if terminal.is_reading() && (reader.resize(display::size_of_window(io::stderr())) || was_away) {
            was_away = false;
            print_line(&reader.current_page());
        }
        let look = (!terminal.is_reading()).then(|| clock::now().boottime + FOREGROUND_POLL_INTERVAL);
        let sources: Vec<BorrowedFd> = [Some(signals.fd()), terminal.fd()].into_iter().flatten().collect();
        let typed = alarm.wait_for_deadline_or_input(look, &sources).get(1) == Some(&true);
        match signals.received_signal() {
            None => {}
            Some(SIGTSTP) => {
                terminal.restore_mode();
                signals.suspend_process();
                was_away = true;
                continue;
            }
            Some(signal) => return Ok(PromptResult::Signal(signal)),
        }
        if typed {
            let Some(bytes) = terminal.read_bytes() else { return gone };
            let key = match bytes[..] {
                [] => continue,
                [b'\r' | b'\n'] => Some('\n'),
                [key] if key.is_ascii_graphic() || key == b' ' => Some(char::from(key)),
                _ => None,
            };
            // It was meant for what stood there before.
            if reader.resize(display::size_of_window(io::stderr())) {
                print_line(&reader.current_page());
                continue;
            }
            match reader.handle_key(key) {
                KeyEffect::PageTurned => print_line(&reader.current_page()),
                KeyEffect::NotYetRead => print_line(&reader.read_on_message()),
                KeyEffect::MayAnswer => {
                    if let Some(made) = answer(key) {
                        return Ok(PromptResult::Answered(made));
                    }
                }
            }
        }
    }
}

/// Shows a question and waits for a line of which `answer` makes something; after any other one it says what is
/// `wanted`, and asks again, as it does after Ctrl-Z. The spaces around it do not count.
///
/// # Errors
/// The system has no file descriptor left.
pub(crate) fn prompt_for_line<T>(
    signals: &Signals,
    text: &str,
    question: &str,
    wanted: &str,
    answer: impl Fn(&str) -> Option<T>,
) -> Result<PromptResult<T>> {
    let alarm = new_deadline_timer()?;
    let input = io::stdin();
    let _ = tcflush(&input, QueueSelector::IFlush);
    let keys = [question];
    let mut reader = Pager::new(text, &keys, display::size_of_window(io::stderr()));
    print_line(&reader.current_page());
    loop {
        let typed =
            alarm.wait_for_deadline_or_input(None, &[signals.fd(), input.as_fd()]).get(1) == Some(&true);
        match signals.received_signal() {
            None => {}
            Some(SIGTSTP) => {
                signals.suspend_process();
                print_line(&reader.current_page());
                continue;
            }
            Some(signal) => return Ok(PromptResult::Signal(signal)),
        }
        let mut line = String::new();
        if typed {
            match input.read_line(&mut line) {
                Ok(0) => return Ok(PromptResult::EndOfInput),
                Ok(_) => {}
                Err(_) => return Ok(PromptResult::Signal(SIGHUP)),
            }
        }
        // A line that was typed before was meant for what stood there before.
        if reader.resize(display::size_of_window(io::stderr())) {
            print_line(&reader.current_page());
            continue;
        }
        if typed {
            match reader.handle_key(parse_single_letter(line.trim())) {
                KeyEffect::PageTurned => print_line(&reader.current_page()),
                KeyEffect::NotYetRead => print_line(&reader.read_on_message()),
                KeyEffect::MayAnswer => match answer(line.trim()) {
                    Some(made) => return Ok(PromptResult::Answered(made)),
                    None => print_line(&format!("{wanted}\n{}", reader.key_line())),
                },
            }
        }
    }
}

/// The letter that a line has; Enter alone is a line feed.
fn parse_single_letter(line: &str) -> Option<char> {
    let mut letters = line.chars();
    match (letters.next(), letters.next()) {
        (None, _) => Some('\n'),
        (letter, None) => letter,
        _ => None,
    }
}

/// A closed stderr is no reason to stop.
fn print_line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn new_deadline_timer() -> Result<DeadlineTimer> {
    DeadlineTimer::new().map_err(|why| Error::system("set a timer", &why))
}
