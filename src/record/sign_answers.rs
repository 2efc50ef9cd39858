//! Recorded answers to the warning-sign questions before an episode's first session.

use serde_json::{Value, json};

/// The person was not asked, or skipped the questions.
pub(crate) const SIGNS_NOT_ASKED: &str = "not asked";
pub(crate) const NO_SIGNS: &str = "none";
/// The person was told where to get help, and started no session.
pub(crate) const SIGNS_NOT_STARTED: &str = "one or more, not started";
/// The person was told where to get help, and started a session anyway.
pub(crate) const SIGNS_STARTED_ANYWAY: &str = "one or more, started anyway";

/// One answer recorded for both lists of signs.
pub(crate) fn answer_both_lists(answer: &str) -> Value {
    json!({"emergency signs": answer, "signs for a doctor": answer})
}

/// An answer that does not say which list the sign is from.
pub(crate) fn answer_unknown_list(answer: &str) -> Value {
    json!({"warning signs": answer})
}

/// Whether the answer is one of the constants above, so without personal details.
pub(crate) fn is_predefined_answer(answer: &str) -> bool {
    [SIGNS_NOT_ASKED, NO_SIGNS, SIGNS_NOT_STARTED, SIGNS_STARTED_ANYWAY].contains(&answer)
}
