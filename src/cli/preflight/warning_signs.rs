//! The questions about signs for which a timer is the wrong tool (PROTOCOLS, section 4).
//!
//! They give no diagnosis. A person who has a sign gets advice and no reassurance, and starts only with Shift+S.

use super::{PreflightOutcome, PromptMode, exit_code};
use crate::{
    cli::{AppContext, manual_entry::write_diary_entry, print_error, print_stderr},
    clock,
    error::Result,
    record::sign_answers,
    view::{PromptResult, Signals, prompt_for_key, prompt_for_line},
};
use serde_json::{Map, Value};
use std::process::ExitCode;

const WARNING_SIGNS: &str = include_str!("signs.txt");
const WARNING_SIGN_ADVICE: &str = include_str!("advice.txt");
/// The last line for a person who has a sign.
const EMERGENCY_CALL_REMINDER: &str =
    "Call 112 or your local emergency number now if you have one of the signs under 'Call 112'.";

#[derive(Clone, Copy, PartialEq, Eq)]
enum WarningSignAnswer {
    No,
    Yes,
    Skip,
}

impl WarningSignAnswer {
    /// Parses a key or a typed line. A capital S is no answer: at the next question it starts the session.
    fn parse(typed: &str) -> Option<WarningSignAnswer> {
        if typed == "S" {
            return None;
        }
        match typed.to_lowercase().as_str() {
            "n" | "no" | "none" => Some(WarningSignAnswer::No),
            "y" | "yes" => Some(WarningSignAnswer::Yes),
            "s" | "skip" => Some(WarningSignAnswer::Skip),
            _ => None,
        }
    }
}

/// Asks about warning signs and returns the answers for the record. With a sign, the session starts only if the person
/// confirms it; otherwise the diary notes that none was started.
pub(crate) fn prompt_warning_signs(
    context: &AppContext,
    prompt_mode: PromptMode,
    signals: &Signals,
    pain: Option<u8>,
) -> Result<PreflightOutcome<Value>> {
    let proceed = |answers| Ok(PreflightOutcome::Proceed(answers));
    if prompt_mode == PromptMode::Disabled {
        return proceed(sign_answers::answer_both_lists(sign_answers::SIGNS_NOT_ASKED));
    }
    match ask_warning_signs(prompt_mode, signals)? {
        PromptResult::Answered(WarningSignAnswer::No) => {
            proceed(sign_answers::answer_both_lists(sign_answers::NO_SIGNS))
        }
        PromptResult::Answered(WarningSignAnswer::Skip) => {
            proceed(sign_answers::answer_both_lists(sign_answers::SIGNS_NOT_ASKED))
        }
        PromptResult::Answered(WarningSignAnswer::Yes) => {
            match confirm_start_despite_signs(prompt_mode, signals)? {
                PromptResult::Answered(true) => {
                    proceed(sign_answers::answer_unknown_list(sign_answers::SIGNS_STARTED_ANYWAY))
                }
                other => Ok(PreflightOutcome::Exit(record_session_not_started(context, pain, &other))),
            }
        }
        PromptResult::EndOfInput => {
            print_stderr("no answer, no session; `easeback start --skip-questions` does not ask");
            Ok(PreflightOutcome::Exit(ExitCode::FAILURE))
        }
        PromptResult::Signal(signal) => Ok(PreflightOutcome::Exit(exit_code(signal))),
    }
}

fn ask_warning_signs(prompt_mode: PromptMode, signals: &Signals) -> Result<PromptResult<WarningSignAnswer>> {
    let text = format!("{WARNING_SIGNS}\n");
    if prompt_mode == PromptMode::SingleKey {
        let keys = ["n none of these", "y one or more", "s skip the question"];
        let parse_key = |key: Option<char>| key.and_then(|key| WarningSignAnswer::parse(&key.to_string()));
        return prompt_for_key(signals, &text, &keys, parse_key);
    }
    let question = "Type n (none of these), y (one or more) or s (skip the question), then Enter:";
    prompt_for_line(signals, &text, question, "n, y or s?", WarningSignAnswer::parse)
}

/// Shows where to get help, and asks whether to start anyway. Only a capital S does, so that no slip of a finger can.
fn confirm_start_despite_signs(prompt_mode: PromptMode, signals: &Signals) -> Result<PromptResult<bool>> {
    let text = format!("{WARNING_SIGN_ADVICE}\n");
    if prompt_mode == PromptMode::SingleKey {
        let keys = ["Shift+S starts anyway. Any other key leaves."];
        return prompt_for_key(signals, &text, &keys, |key| Some(key == Some('S')));
    }
    let question = "Shift+S, then Enter, starts anyway. Enter alone leaves.";
    prompt_for_line(signals, &text, question, "", |line| Some(line == "S"))
}

/// Notes in the diary that the person has a sign and that no session was started; returns the exit code.
fn record_session_not_started(
    context: &AppContext,
    pain: Option<u8>,
    confirmation: &PromptResult<bool>,
) -> ExitCode {
    let text = "Asked about warning signs before a session: one or more. \
                Told to call 112 or a doctor. No session was started.";
    let answers = sign_answers::answer_unknown_list(sign_answers::SIGNS_NOT_STARTED);
    let unknown_fields = Map::from_iter([("answers".to_owned(), answers)]);
    match write_diary_entry(
        &context.history,
        &clock::now().wall,
        None,
        pain,
        Some(text.into()),
        unknown_fields,
    ) {
        Ok(()) => {
            print_stderr(
                "No session was started. The answer is in the diary: `easeback history list --entries`",
            );
        }
        Err(error) => print_error(&error),
    }
    print_stderr(EMERGENCY_CALL_REMINDER);
    match confirmation {
        PromptResult::Signal(signal) => exit_code(*signal),
        _ => ExitCode::FAILURE,
    }
}
