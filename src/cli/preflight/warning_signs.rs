//! The questions about signs that a timer is the wrong tool (PROTOCOLS, section 4).
//!
//! They prompt and never diagnose. Whoever has a sign gets advice and no reassurance.

use super::{PreflightOutcome, PromptMode, exit_code};
use crate::{
    cli::{AppContext, log, print_error, print_stderr},
    clock,
    error::Result,
    record::sign_answers,
    view::{PromptResult, Signals, prompt_for_key, prompt_for_line},
};
use serde_json::{Map, Value};
use std::process::ExitCode;

const WARNING_SIGNS: &str = include_str!("signs.txt");
const WARNING_SIGN_ADVICE: &str = include_str!("advice.txt");
/// The last word to whoever has a sign.
const EMERGENCY_CALL_REMINDER: &str =
    "Call 112 or your local emergency number now if you have one of the signs under 'Call 112'.";

/// What the person said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WarningSignAnswer {
    No,
    Yes,
    Skip,
}

impl WarningSignAnswer {
    /// A key or a line. A capital S begins a session where there is a sign, and means nothing here.
    fn parse(typed: &str) -> Option<WarningSignAnswer> {
        match typed.to_lowercase().as_str() {
            _ if typed == "S" => None,
            "n" | "no" | "none" => Some(WarningSignAnswer::No),
            "y" | "yes" => Some(WarningSignAnswer::Yes),
            "s" | "skip" => Some(WarningSignAnswer::Skip),
            _ => None,
        }
    }
}

/// Asks, if somebody can be asked. A session begins with what was answered; with a sign, only if the person wants
/// it all the same.
pub(crate) fn prompt_warning_signs(
    desk: &AppContext,
    asked: PromptMode,
    signals: &Signals,
    pain: Option<u8>,
) -> Result<PreflightOutcome<Value>> {
    let begin = |answers| Ok(PreflightOutcome::Proceed(answers));
    if asked == PromptMode::Disabled {
        return begin(sign_answers::answer_both_lists(sign_answers::SIGNS_NOT_ASKED));
    }
    match read_warning_sign_answer(asked, signals)? {
        PromptResult::Answered(WarningSignAnswer::No) => {
            begin(sign_answers::answer_both_lists(sign_answers::NO_SIGNS))
        }
        PromptResult::Answered(WarningSignAnswer::Skip) => {
            begin(sign_answers::answer_both_lists(sign_answers::SIGNS_NOT_ASKED))
        }
        PromptResult::Answered(WarningSignAnswer::Yes) => {
            match confirm_start_despite_signs(asked, signals)? {
                PromptResult::Answered(true) => {
                    begin(sign_answers::answer_unknown_list(sign_answers::SIGNS_STARTED_ANYWAY))
                }
                other => Ok(PreflightOutcome::Exit(record_session_not_started(desk, pain, &other))),
            }
        }
        PromptResult::EndOfInput => {
            print_stderr("no answer, no session; `easeback start --skip-questions` does not ask");
            Ok(PreflightOutcome::Exit(ExitCode::FAILURE))
        }
        PromptResult::Signal(signal) => Ok(PreflightOutcome::Exit(exit_code(signal))),
    }
}

fn read_warning_sign_answer(asked: PromptMode, signals: &Signals) -> Result<PromptResult<WarningSignAnswer>> {
    let text = format!("{WARNING_SIGNS}\n");
    if asked == PromptMode::SingleKey {
        let keys = ["n none of these", "y one or more", "s skip the question"];
        let of = |key: Option<char>| key.and_then(|key| WarningSignAnswer::parse(&key.to_string()));
        return prompt_for_key(signals, &text, &keys, of);
    }
    let question = "Type n (none of these), y (one or more) or s (skip the question), then Enter:";
    prompt_for_line(signals, &text, question, "n, y or s?", WarningSignAnswer::parse)
}

/// Says where to turn. Only a capital S begins a session then: no key that was meant for something else.
fn confirm_start_despite_signs(asked: PromptMode, signals: &Signals) -> Result<PromptResult<bool>> {
    let text = format!("{WARNING_SIGN_ADVICE}\n");
    if asked == PromptMode::SingleKey {
        let keys = ["S (capital) starts one all the same. Any other key leaves."];
        return prompt_for_key(signals, &text, &keys, |key| Some(key == Some('S')));
    }
    let question = "S (capital) and Enter start one all the same. Enter leaves.";
    prompt_for_line(signals, &text, question, "", |line| Some(line == "S"))
}

/// Writes down that the person has a sign and that no session began.
fn record_session_not_started(desk: &AppContext, pain: Option<u8>, why: &PromptResult<bool>) -> ExitCode {
    let text = "Asked about warning signs before a session: one or more. \
                Told to call 112 or a doctor. No session was started.";
    let answers = sign_answers::answer_unknown_list(sign_answers::SIGNS_NOT_STARTED);
    let rest = Map::from_iter([("answers".to_owned(), answers)]);
    match log::write_diary_entry(&desk.logs, &clock::now().wall, None, pain, Some(text.into()), rest) {
        Ok(()) => {
            print_stderr(
                "No session was started. The answer is in the diary: `easeback history list --entries`",
            );
        }
        Err(why) => print_error(&why),
    }
    print_stderr(EMERGENCY_CALL_REMINDER);
    match why {
        PromptResult::Signal(signal) => exit_code(*signal),
        _ => ExitCode::FAILURE,
    }
}
