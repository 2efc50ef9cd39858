//! The wording of the advice that is given as an episode goes on.

use crate::stats::Advice;

/// The advice in a few sentences, with the command to type for it.
pub fn format_advice(advice: Advice) -> &'static str {
    match advice {
        Advice::Doctor => {
            "Over 3 days, and it still hurts: a doctor-reviewed article says to call a doctor now, guidelines often \
             after a few weeks. `easeback guide help` says when not to wait."
        }
        Advice::Stretches => {
            "About a day on, a massage therapist adds gentle stretches, if your back is stiff and no longer locks up \
             (the hours are our choice): `easeback start stiff-day`"
        }
        Advice::Movement => {
            "Your back has gone out more than once within a year. A massage therapist advises more movement in daily \
             life, walks and strength training. A chiropractor says that nobody knows how to prevent it. \
             `easeback guide prevention` has both sides."
        }
    }
}
