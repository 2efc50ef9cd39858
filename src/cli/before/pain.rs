//! The question about pain, from which a record knows what a session changed (NRS-11).

use super::{Asked, Before, answered};
use crate::{
    cli::flags::pain,
    error::Result,
    view::{Choice, Signals, choose, choose_line},
};

/// Asks, if somebody can be asked. A session begins without a score where none is given.
pub fn ask(asked: Asked, signals: &Signals) -> Result<Before<Option<u8>>> {
    let choice = match asked {
        Asked::Not => Choice::Made(None),
        Asked::ByKeys => {
            choose(signals, "", &["Pain now? 0 (none) to 9, t for ten (the worst), Enter skips"], of_key)?
        }
        Asked::ByLines => {
            let question = "Pain now? Type 0 (none) to 10 (the worst), then Enter. Enter alone skips:";
            choose_line(signals, "", question, "a number from 0 to 10, or nothing?", of_line)?
        }
    };
    Ok(answered(choice))
}

/// One key says it, so ten has a letter of its own.
fn of_key(key: Option<char>) -> Option<Option<u8>> {
    match key? {
        '\n' => Some(None),
        't' | 'T' => Some(Some(10)),
        digit => digit.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).map(Some),
    }
}

fn of_line(line: &str) -> Option<Option<u8>> {
    match line {
        "" => Some(None),
        _ => pain(line).ok().map(Some),
    }
}
