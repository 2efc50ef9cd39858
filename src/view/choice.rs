//! One answer on the terminal, by a single key or by a line, and the terminal as it was before.
//!
//! Nothing is shown here: whoever asks shows the question, once what was typed before it no longer counts.

use super::{
    Signals,
    mode::{Terminal, Typing},
};
use crate::{
    clock::{self, Alarm},
    error::{Error, Result},
};
use rustix::termios::{QueueSelector, tcflush};
use signal_hook::consts::{SIGHUP, SIGTSTP};
use std::{
    io,
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
    show: impl Fn(),
    answer: impl Fn(Option<char>) -> Option<T>,
) -> Result<Choice<T>> {
    let alarm = alarm()?;
    let gone = Ok(Choice::Signal(SIGHUP));
    let Some(mut terminal) = Terminal::of_input(Typing::Keys) else { return gone };
    // What was typed before the question is no answer to it.
    if !terminal.listen() {
        return gone;
    }
    show();
    let mut was_away = false;
    loop {
        if !terminal.listen() {
            return gone;
        }
        if was_away && terminal.hears() {
            was_away = false;
            show();
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
                [key] if key.is_ascii_graphic() => Some(char::from(key)),
                _ => None,
            };
            if let Some(made) = answer(key) {
                return Ok(Choice::Made(made));
            }
        }
    }
}

/// Shows a question and waits for a line of which `answer` makes something; after any other one it says that it is
/// `none`, and asks again, as it does after Ctrl-Z. The spaces around it do not count.
///
/// # Errors
/// The system has no file descriptor left.
pub fn choose_line<T>(
    signals: &Signals,
    show: impl Fn(),
    none: impl Fn(),
    answer: impl Fn(&str) -> Option<T>,
) -> Result<Choice<T>> {
    let alarm = alarm()?;
    let input = io::stdin();
    let _ = tcflush(&input, QueueSelector::IFlush);
    show();
    loop {
        let typed = alarm.wait(None, &[signals.source(), input.as_fd()]).get(1) == Some(&true);
        match signals.caught() {
            None => {}
            Some(SIGTSTP) => {
                signals.stop_here();
                show();
                continue;
            }
            Some(signal) => return Ok(Choice::Signal(signal)),
        }
        if typed {
            let mut line = String::new();
            match input.read_line(&mut line) {
                Ok(0) => return Ok(Choice::End),
                Ok(_) => match answer(line.trim()) {
                    Some(made) => return Ok(Choice::Made(made)),
                    None => {
                        none();
                        show();
                    }
                },
                Err(_) => return Ok(Choice::Signal(SIGHUP)),
            }
        }
    }
}

fn alarm() -> Result<Alarm> {
    Alarm::new().map_err(|why| Error::failed(why.to_string()))
}
