//! The questions about signs that a timer is the wrong tool (PROTOCOLS, section 4).
//!
//! They prompt and never diagnose. Whoever has a sign gets advice and no reassurance.

use super::{Asked, Before, by_signal};
use crate::{
    cli::{Desk, complain, log, say},
    clock,
    error::Result,
    record::answers,
    view::{Choice, Signals, choose, choose_line},
};
use serde_json::{Map, Value};
use std::process::ExitCode;

const SIGNS: &str = include_str!("signs.txt");
const ADVICE: &str = include_str!("advice.txt");
/// The last word to whoever has a sign.
const CALL: &str =
    "Call 112 or your local emergency number now if you have one of the signs under 'Call 112'.";

/// What the person said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    No,
    Yes,
    Skip,
}

impl Answer {
    /// A key or a line. A capital S begins a session where there is a sign, and means nothing here.
    fn of(typed: &str) -> Option<Answer> {
        match typed.to_lowercase().as_str() {
            _ if typed == "S" => None,
            "n" | "no" | "none" => Some(Answer::No),
            "y" | "yes" => Some(Answer::Yes),
            "s" | "skip" => Some(Answer::Skip),
            _ => None,
        }
    }
}

/// Asks, if somebody can be asked. A session begins with what was answered; with a sign, only if the person wants
/// it all the same.
pub fn ask(desk: &Desk, asked: Asked, signals: &Signals, pain: Option<u8>) -> Result<Before<Value>> {
    let begin = |answers| Ok(Before::Begin(answers));
    if asked == Asked::Not {
        return begin(answers::to_both(answers::NOT_ASKED));
    }
    match signs(asked, signals)? {
        Choice::Made(Answer::No) => begin(answers::to_both(answers::NONE)),
        Choice::Made(Answer::Skip) => begin(answers::to_both(answers::NOT_ASKED)),
        Choice::Made(Answer::Yes) => match wants_it_all_the_same(asked, signals)? {
            Choice::Made(true) => begin(answers::to_either(answers::STARTED_ANYWAY)),
            other => Ok(Before::Leave(leave(desk, pain, &other))),
        },
        Choice::End => {
            say("no answer, no session; `easeback start --skip-questions` does not ask");
            Ok(Before::Leave(ExitCode::FAILURE))
        }
        Choice::Signal(signal) => Ok(Before::Leave(by_signal(signal))),
    }
}

fn signs(asked: Asked, signals: &Signals) -> Result<Choice<Answer>> {
    let text = format!("{SIGNS}\n");
    if asked == Asked::ByKeys {
        let keys = ["n none of these", "y one or more", "s skip the question"];
        let of = |key: Option<char>| key.and_then(|key| Answer::of(&key.to_string()));
        return choose(signals, &text, &keys, of);
    }
    let question = "Type n (none of these), y (one or more) or s (skip the question), then Enter:";
    choose_line(signals, &text, question, "n, y or s?", Answer::of)
}

/// Says where to turn. Only a capital S begins a session then: no key that was meant for something else.
fn wants_it_all_the_same(asked: Asked, signals: &Signals) -> Result<Choice<bool>> {
    let text = format!("{ADVICE}\n");
    if asked == Asked::ByKeys {
        let keys = ["S (capital) starts one all the same. Any other key leaves."];
        return choose(signals, &text, &keys, |key| Some(key == Some('S')));
    }
    let question = "S (capital) and Enter start one all the same. Enter leaves.";
    choose_line(signals, &text, question, "", |line| Some(line == "S"))
}

/// Writes down that the person has a sign and that no session began.
fn leave(desk: &Desk, pain: Option<u8>, why: &Choice<bool>) -> ExitCode {
    let text = "Asked about warning signs before a session: one or more. \
                Told to call 112 or a doctor. No session was started.";
    let answers = answers::to_either(answers::NOT_STARTED);
    let rest = Map::from_iter([("answers".to_owned(), answers)]);
    match log::write_entry(&desk.logs, &clock::now().wall, None, pain, Some(text.into()), rest) {
        Ok(()) => {
            say("No session was started. The answer is in the diary: `easeback history list --entries`");
        }
        Err(why) => complain(&why),
    }
    say(CALL);
    match why {
        Choice::Signal(signal) => by_signal(*signal),
        _ => ExitCode::FAILURE,
    }
}
