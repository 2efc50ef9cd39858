//! Asks one question on the terminal, answered by a single key or by a line, and restores the terminal.
//!
//! Input typed before the question is discarded. Where the window is too small the question is shown page by page, and
//! nothing answers it before its last page.

use super::{
    KeyEffect, Pager, Signals,
    display::terminal_size,
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

/// How often a process in the background checks whether it is in the foreground again: no event announces it.
const FOREGROUND_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How a question ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PromptResult<T> {
    Answered(T),
    EndOfInput,
    /// This signal asked to exit. A lost terminal counts as SIGHUP.
    Signal(i32),
}

/// Shows a question and waits for a key that `parse_answer` accepts; other keys do nothing. Enter is a line feed. Keys
/// that are not printable ASCII, and several keys at once (a paste, a cat), are passed as `None`. After Ctrl-Z the
/// question is shown again.
///
/// # Errors
/// The system has no file descriptor left.
pub(crate) fn prompt_for_key<T>(
    signals: &Signals,
    text: &str,
    keys: &[&str],
    parse_answer: impl Fn(Option<char>) -> Option<T>,
) -> Result<PromptResult<T>> {
    let deadline_timer = new_deadline_timer()?;
    let terminal_gone = Ok(PromptResult::Signal(SIGHUP));
    let Some(mut terminal) = TerminalInput::from_stdin(InputMode::Keys) else { return terminal_gone };
    // Discards what was typed before the question.
    if !terminal.start_reading() {
        return terminal_gone;
    }
    let mut pager = print_first_page(text, keys);
    let mut was_suspended = false;
    loop {
        if !terminal.start_reading() {
            return terminal_gone;
        }
        // In the background the terminal belongs to the shell.
        if terminal.is_reading() && (pager.resize(terminal_size(io::stderr())) || was_suspended) {
            was_suspended = false;
            print_line(&pager.current_page());
        }
        let poll_at = (!terminal.is_reading()).then(|| clock::now().boottime + FOREGROUND_POLL_INTERVAL);
        let fds: Vec<BorrowedFd> = [Some(signals.fd()), terminal.fd()].into_iter().flatten().collect();
        let has_input = deadline_timer.wait_for_deadline_or_input(poll_at, &fds).get(1) == Some(&true);
        match signals.received_signal() {
            None => {}
            Some(SIGTSTP) => {
                terminal.restore_mode();
                signals.suspend_process();
                was_suspended = true;
                continue;
            }
            Some(signal) => return Ok(PromptResult::Signal(signal)),
        }
        if has_input {
            let Some(bytes) = terminal.read_bytes() else { return terminal_gone };
            if bytes.is_empty() {
                continue;
            }
            let key = parse_key(&bytes);
            // The key was meant for the page shown before.
            if pager.resize(terminal_size(io::stderr())) {
                print_line(&pager.current_page());
                continue;
            }
            match pager.handle_key(key) {
                KeyEffect::PageTurned => print_line(&pager.current_page()),
                KeyEffect::NotYetRead => print_line(&pager.read_on_message()),
                KeyEffect::MayAnswer => {
                    if let Some(answer) = parse_answer(key) {
                        return Ok(PromptResult::Answered(answer));
                    }
                }
            }
        }
    }
}

/// Shows a question and waits for a line that `parse_answer` accepts, without the spaces around it. After any other
/// line it prints the `expected` text and asks again, as it does after Ctrl-Z.
///
/// # Errors
/// The system has no file descriptor left.
pub(crate) fn prompt_for_line<T>(
    signals: &Signals,
    text: &str,
    question: &str,
    expected: &str,
    parse_answer: impl Fn(&str) -> Option<T>,
) -> Result<PromptResult<T>> {
    let deadline_timer = new_deadline_timer()?;
    let input = io::stdin();
    let _ = tcflush(&input, QueueSelector::IFlush);
    let keys = [question];
    let mut pager = print_first_page(text, &keys);
    loop {
        let fds = [signals.fd(), input.as_fd()];
        let has_input = deadline_timer.wait_for_deadline_or_input(None, &fds).get(1) == Some(&true);
        match signals.received_signal() {
            None => {}
            Some(SIGTSTP) => {
                signals.suspend_process();
                print_line(&pager.current_page());
                continue;
            }
            Some(signal) => return Ok(PromptResult::Signal(signal)),
        }
        let mut line = String::new();
        if has_input {
            match input.read_line(&mut line) {
                Ok(0) => return Ok(PromptResult::EndOfInput),
                Ok(_) => {}
                Err(_) => return Ok(PromptResult::Signal(SIGHUP)),
            }
        }
        // The line was meant for the page shown before.
        if pager.resize(terminal_size(io::stderr())) {
            print_line(&pager.current_page());
            continue;
        }
        if has_input {
            match pager.handle_key(parse_single_char(line.trim())) {
                KeyEffect::PageTurned => print_line(&pager.current_page()),
                KeyEffect::NotYetRead => print_line(&pager.read_on_message()),
                KeyEffect::MayAnswer => match parse_answer(line.trim()) {
                    Some(answer) => return Ok(PromptResult::Answered(answer)),
                    None => print_line(&format!("{expected}\n{}", pager.key_line())),
                },
            }
        }
    }
}

/// Prints the first page.
fn print_first_page<'a>(text: &'a str, keys: &'a [&'a str]) -> Pager<'a> {
    let pager = Pager::new(text, keys, terminal_size(io::stderr()));
    print_line(&pager.current_page());
    pager
}

/// The key of these bytes, if it is a single one and printable; Enter is a line feed.
fn parse_key(bytes: &[u8]) -> Option<char> {
    match bytes {
        [b'\r' | b'\n'] => Some('\n'),
        [key] if key.is_ascii_graphic() || *key == b' ' => Some(char::from(*key)),
        _ => None,
    }
}

/// The only character of a line; Enter alone is a line feed.
fn parse_single_char(line: &str) -> Option<char> {
    let mut chars = line.chars();
    match (chars.next(), chars.next()) {
        (None, _) => Some('\n'),
        (only, None) => only,
        _ => None,
    }
}

/// Prints to stderr; a closed stderr is ignored.
fn print_line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn new_deadline_timer() -> Result<DeadlineTimer> {
    DeadlineTimer::new().map_err(|error| Error::system("set a timer", &error))
}
