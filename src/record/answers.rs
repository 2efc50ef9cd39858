//! The words for what was answered to the questions before an episode's first session.

use serde_json::{Value, json};

/// Nobody was asked, or the person did not want to be.
pub const NOT_ASKED: &str = "not asked";
/// The person has none of the signs.
pub const NONE: &str = "none";
/// The person has one or more of the signs, and was told where to turn; no session began.
pub const NOT_STARTED: &str = "one or more, not started";
/// The person has one or more of the signs, was told where to turn, and began a session all the same.
pub const STARTED_ANYWAY: &str = "one or more, started anyway";

/// The same answer to both lists of signs.
pub fn to_both(answer: &str) -> Value {
    json!({"emergency signs": answer, "signs for a doctor": answer})
}

/// The answer of one who has a sign, and was not asked of which list.
pub fn to_either(answer: &str) -> Value {
    json!({"warning signs": answer})
}

/// Whether these words are the program's own, and tell nothing else of the person.
pub fn is_own(answer: &str) -> bool {
    [NOT_ASKED, NONE, NOT_STARTED, STARTED_ANYWAY].contains(&answer)
}
