//! The question about heat and cold just before, where the history does not tell.

use super::{PreflightOutcome, PromptMode, require_answer};
use crate::{
    error::Result,
    view::{PromptResult, Signals, prompt_for_key, prompt_for_line},
};

const QUESTION: &str = "Heat or cold in the last 30 minutes? y/n";

/// Asks, if somebody can be asked; nothing where nobody can be.
pub(crate) fn ask_recent_exposure(
    asked: PromptMode,
    signals: &Signals,
) -> Result<PreflightOutcome<Option<bool>>> {
    let choice = match asked {
        PromptMode::Disabled => PromptResult::Answered(None),
        PromptMode::SingleKey => {
            let of_key = |key: Option<char>| key.and_then(|key| parse_answer(&key.to_string()));
            prompt_for_key(signals, "", &[QUESTION], of_key)?
        }
        PromptMode::TypedLine => {
            let question = format!("{QUESTION} Type y or n, then Enter:");
            prompt_for_line(signals, "", &question, "y or n?", parse_answer)?
        }
    };
    Ok(require_answer(choice))
}

/// A key or a line.
fn parse_answer(typed: &str) -> Option<Option<bool>> {
    match typed.to_lowercase().as_str() {
        "y" | "yes" => Some(Some(true)),
        "n" | "no" => Some(Some(false)),
        _ => None,
    }
}
