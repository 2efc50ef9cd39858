//! The questions about signs for which a timer is the wrong tool (PROTOCOLS, section 4).
//!
//! They give no diagnosis. A person who has a sign gets advice and no reassurance, and starts only with Shift+S.

use super::prompter::{Answer, Prompter, Question, Stop, exit_code};
use crate::{
    cli::{AppContext, manual_entry::write_diary_entry, print_error, print_stderr},
    clock,
    record::sign_answers,
    view::PromptResult,
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
    prompter: &Prompter,
    pain: Option<u8>,
) -> Answer<Value> {
    let signs = Question {
        text: &format!("{WARNING_SIGNS}\n"),
        keys: &["n none of these", "y one or more", "s skip the question"],
        line: "Type n (none of these), y (one or more) or s (skip the question), then Enter:",
        expected: "n, y or s?",
    };
    match prompter.ask(&signs, WarningSignAnswer::parse)? {
        Some(WarningSignAnswer::No) => return Ok(sign_answers::answer_both_lists(sign_answers::NO_SIGNS)),
        None | Some(WarningSignAnswer::Skip) => {
            return Ok(sign_answers::answer_both_lists(sign_answers::SIGNS_NOT_ASKED));
        }
        Some(WarningSignAnswer::Yes) => {}
    }
    // Shows where to get help. Only a capital S starts the session, so that no slip of a finger can.
    let advice = Question {
        text: &format!("{WARNING_SIGN_ADVICE}\n"),
        keys: &["Shift+S starts anyway. Any other key leaves."],
        line: "Shift+S, then Enter, starts anyway. Enter alone leaves.",
        ..Question::default()
    };
    match prompter.prompt(&advice, |typed| Some(typed == "S"))? {
        Some(PromptResult::Answered(true)) => {
            Ok(sign_answers::answer_unknown_list(sign_answers::SIGNS_STARTED_ANYWAY))
        }
        other => {
            record_session_not_started(context, pain);
            Err(Stop::Left(match other {
                Some(PromptResult::Signal(signal)) => exit_code(signal),
                _ => ExitCode::FAILURE,
            }))
        }
    }
}

/// Notes in the diary that the person has a sign and that no session was started.
fn record_session_not_started(context: &AppContext, pain: Option<u8>) {
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
}
