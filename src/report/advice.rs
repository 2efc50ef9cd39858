//! What is advised as an episode goes on, in words.

use crate::stats::Advice;

/// The advice, and what to type for it.
pub fn advised(advice: Advice) -> &'static str {
    match advice {
        Advice::Doctor => {
            "Over 3 days, and it still hurts: D2 says to call a doctor now; guidelines often say after a few weeks. \
             `easeback guide help` says when not to wait."
        }
        Advice::Stretches => {
            "About a day on, D0 adds gentle stretches, if your back is stiff and no longer locks up (the hours are P): \
             `easeback start stiff-day`"
        }
        Advice::Movement => {
            "Your back has gone out more than once within a year (P). More movement in daily life, walks and strength \
             training are one way (D0); whether anybody knows how to prevent it is in doubt (D1). \
             `easeback guide prevention` has both sides."
        }
    }
}
