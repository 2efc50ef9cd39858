//! The question about heat and cold in the last half hour, for a history that cannot be read in full.

use super::{PreflightOutcome, PromptMode, require_answer};
use crate::{
    error::Result,
    view::{PromptResult, Signals, prompt_for_key, prompt_for_line},
};

const QUESTION: &str = "Heat or cold in the last 30 minutes? y/n";

/// Asks; `None` if nobody can be asked.
pub(crate) fn ask_recent_exposure(
    prompt_mode: PromptMode,
    signals: &Signals,
) -> Result<PreflightOutcome<Option<bool>>> {
    let answer = match prompt_mode {
        PromptMode::Disabled => PromptResult::Answered(None),
        PromptMode::SingleKey => {
            let parse_key = |key: Option<char>| key.and_then(|key| parse_answer(&key.to_string()));
            prompt_for_key(signals, "", &[QUESTION], parse_key)?
        }
        PromptMode::TypedLine => {
            let question = format!("{QUESTION} Type y or n, then Enter:");
            prompt_for_line(signals, "", &question, "y or n?", parse_answer)?
        }
    };
    Ok(require_answer(answer))
}

/// Parses a key or a typed line.
fn parse_answer(typed: &str) -> Option<Option<bool>> {
    match typed.to_lowercase().as_str() {
        "y" | "yes" => Some(Some(true)),
        "n" | "no" => Some(Some(false)),
        _ => None,
    }
}
