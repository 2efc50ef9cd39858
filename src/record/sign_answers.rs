//! The words for what was answered to the questions before an episode's first session.

use serde_json::{Value, json};

/// Nobody was asked, or the person did not want to be.
pub(crate) const SIGNS_NOT_ASKED: &str = "not asked";
/// The person has none of the signs.
pub(crate) const NO_SIGNS: &str = "none";
/// The person has one or more of the signs, and was told where to turn; no session began.
pub(crate) const SIGNS_NOT_STARTED: &str = "one or more, not started";
/// The person has one or more of the signs, was told where to turn, and began a session all the same.
pub(crate) const SIGNS_STARTED_ANYWAY: &str = "one or more, started anyway";

/// The same answer to both lists of signs.
pub(crate) fn answer_both_lists(answer: &str) -> Value {
    json!({"emergency signs": answer, "signs for a doctor": answer})
}

/// The answer of one who has a sign, and was not asked of which list.
pub(crate) fn answer_unknown_list(answer: &str) -> Value {
    json!({"warning signs": answer})
}

/// Whether these words are the program's own, and tell nothing else of the person.
pub(crate) fn is_predefined_answer(answer: &str) -> bool {
    [SIGNS_NOT_ASKED, NO_SIGNS, SIGNS_NOT_STARTED, SIGNS_STARTED_ANYWAY].contains(&answer)
}
