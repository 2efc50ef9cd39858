//! One answer on the terminal, by a single key or by a line, and the terminal as it was before.
//!
//! The question is shown once what was typed before it no longer counts, and page by page where the window is too
//! small for it: nothing answers it before all of it could be read.

use super::{
    Reader, Signals, Turn, face,
    mode::{Terminal, Typing},
};
use crate::{
    clock::{self, Alarm},
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
const LOOK: Duration = Duration::from_secs(1);

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<T> {
    /// This was answered.
    Made(T),
    /// The end of input.
    End,
    /// A signal asks to go, or the terminal is gone, which is one (SIGHUP).
    Signal(i32),
}

/// Shows a question and waits for a key of which `answer` makes something; every other one does nothing. Enter is a
/// line feed. Any other key that is no letter, and several keys at once, as of a cat or a paste, come as none.
/// Whoever comes back after Ctrl-Z is shown the question again.
///
/// # Errors
/// The system has no file descriptor left.
pub fn choose<T>(
    signals: &Signals,
    text: &str,
    keys: &[&str],
    answer: impl Fn(Option<char>) -> Option<T>,
) -> Result<Choice<T>> {
    let alarm = alarm()?;
    let gone = Ok(Choice::Signal(SIGHUP));
    let Some(mut terminal) = Terminal::of_input(Typing::Keys) else { return gone };
    // What was typed before the question is no answer to it.
    if !terminal.listen() {
        return gone;
    }
    let mut reader = Reader::new(text, keys, face::size_of(io::stderr()));
    say(&reader.page());
    let mut was_away = false;
    loop {
        if !terminal.listen() {
            return gone;
        }
        // In the background the window is the shell's.
        if terminal.hears() && (reader.resize(face::size_of(io::stderr())) || was_away) {
            was_away = false;
            say(&reader.page());
        }
        let look = (!terminal.hears()).then(|| clock::now().boottime + LOOK);
        let sources: Vec<BorrowedFd> =
            [Some(signals.source()), terminal.source()].into_iter().flatten().collect();
        let typed = alarm.wait(look, &sources).get(1) == Some(&true);
        match signals.caught() {
            None => {}
            Some(SIGTSTP) => {
                terminal.restore();
                signals.stop_here();
                was_away = true;
                continue;
            }
            Some(signal) => return Ok(Choice::Signal(signal)),
        }
        if typed {
            let Some(bytes) = terminal.read() else { return gone };
            let key = match bytes[..] {
                [] => continue,
                [b'\r' | b'\n'] => Some('\n'),
                [key] if key.is_ascii_graphic() || key == b' ' => Some(char::from(key)),
                _ => None,
            };
            // It was meant for what stood there before.
            if reader.resize(face::size_of(io::stderr())) {
                say(&reader.page());
                continue;
            }
            match reader.turn(key) {
                Turn::Turned => say(&reader.page()),
                Turn::Early => say(&reader.page_first()),
                Turn::Answers => {
                    if let Some(made) = answer(key) {
                        return Ok(Choice::Made(made));
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
pub fn choose_line<T>(
    signals: &Signals,
    text: &str,
    question: &str,
    wanted: &str,
    answer: impl Fn(&str) -> Option<T>,
) -> Result<Choice<T>> {
    let alarm = alarm()?;
    let input = io::stdin();
    let _ = tcflush(&input, QueueSelector::IFlush);
    let keys = [question];
    let mut reader = Reader::new(text, &keys, face::size_of(io::stderr()));
    say(&reader.page());
    loop {
        let typed = alarm.wait(None, &[signals.source(), input.as_fd()]).get(1) == Some(&true);
        match signals.caught() {
            None => {}
            Some(SIGTSTP) => {
                signals.stop_here();
                say(&reader.page());
                continue;
            }
            Some(signal) => return Ok(Choice::Signal(signal)),
        }
        let mut line = String::new();
        if typed {
            match input.read_line(&mut line) {
                Ok(0) => return Ok(Choice::End),
                Ok(_) => {}
                Err(_) => return Ok(Choice::Signal(SIGHUP)),
            }
        }
        // A line that was typed before was meant for what stood there before.
        if reader.resize(face::size_of(io::stderr())) {
            say(&reader.page());
            continue;
        }
        if typed {
            match reader.turn(only_letter(line.trim())) {
                Turn::Turned => say(&reader.page()),
                Turn::Early => say(&reader.page_first()),
                Turn::Answers => match answer(line.trim()) {
                    Some(made) => return Ok(Choice::Made(made)),
                    None => say(&format!("{wanted}\n{}", reader.keys())),
                },
            }
        }
    }
}

/// The letter that a line has; Enter alone is a line feed.
fn only_letter(line: &str) -> Option<char> {
    let mut letters = line.chars();
    match (letters.next(), letters.next()) {
        (None, _) => Some('\n'),
        (letter, None) => letter,
        _ => None,
    }
}

/// A closed stderr is no reason to stop.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn alarm() -> Result<Alarm> {
    Alarm::new().map_err(|why| Error::system("set a timer", &why))
}
