//! The question about pain before a session (NRS-11), so that the record shows what the session changed.

use super::{PreflightOutcome, PromptMode, require_answer};
use crate::{
    cli::flags::parse_pain_score,
    error::Result,
    view::{PromptResult, Signals, prompt_for_key, prompt_for_line},
};

/// Asks for the pain now; `None` if it is skipped or nobody can be asked.
pub(crate) fn prompt_pain(
    prompt_mode: PromptMode,
    signals: &Signals,
) -> Result<PreflightOutcome<Option<u8>>> {
    let answer = match prompt_mode {
        PromptMode::Disabled => PromptResult::Answered(None),
        PromptMode::SingleKey => prompt_for_key(
            signals,
            "",
            &["Pain now? 0 (none) to 9, t for ten (the worst), Enter skips"],
            parse_pain_key,
        )?,
        PromptMode::TypedLine => {
            let question = "Pain now? Type 0 (none) to 10 (the worst), then Enter. Enter alone skips:";
            prompt_for_line(signals, "", question, "a number from 0 to 10, or nothing?", parse_pain_line)?
        }
    };
    Ok(require_answer(answer))
}

/// Parses a single key; `t` is ten.
fn parse_pain_key(key: Option<char>) -> Option<Option<u8>> {
    match key? {
        '\n' => Some(None),
        't' | 'T' => Some(Some(10)),
        digit => digit.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).map(Some),
    }
}

fn parse_pain_line(line: &str) -> Option<Option<u8>> {
    match line {
        "" => Some(None),
        _ => parse_pain_score(line).ok().map(Some),
    }
}
