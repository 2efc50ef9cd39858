//! The question about heat and cold just before, where the history does not tell.

use super::{Asked, Before, answered};
use crate::{
    error::Result,
    view::{Choice, Signals, choose, choose_line},
};

const QUESTION: &str = "Heat or cold in the last 30 minutes? y/n";

/// Asks, if somebody can be asked; nothing where nobody can be.
pub fn ask(asked: Asked, signals: &Signals) -> Result<Before<Option<bool>>> {
    let choice = match asked {
        Asked::Not => Choice::Made(None),
        Asked::ByKeys => {
            let of_key = |key: Option<char>| key.and_then(|key| of(&key.to_string()));
            choose(signals, "", &[QUESTION], of_key)?
        }
        Asked::ByLines => {
            let question = format!("{QUESTION} Type y or n, then Enter:");
            choose_line(signals, "", &question, "y or n?", of)?
        }
    };
    Ok(answered(choice))
}

/// A key or a line.
fn of(typed: &str) -> Option<Option<bool>> {
    match typed.to_lowercase().as_str() {
        "y" | "yes" => Some(Some(true)),
        "n" | "no" => Some(Some(false)),
        _ => None,
    }
}
