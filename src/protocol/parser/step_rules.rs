//! The rules between the steps of a protocol.

use super::raw_step::RawStep;
use crate::{error::Diagnostics, protocol::PhaseKind, time::format_duration};
use std::time::Duration;

/// Reports steps that are each right alone but do not fit together.
pub(crate) fn check_steps(
    before: &[RawStep],
    cycle: &[RawStep],
    after: &[RawStep],
    mistakes: &mut Diagnostics,
) {
    let steps: Vec<&RawStep> = before.iter().chain(cycle).chain(after).collect();
    check_first_step_not_optional(&steps, mistakes);
    for step in &steps {
        check_no_until_on_packs(step, mistakes);
    }
    check_until_times_increase(&steps, mistakes);
    // Each step with those that it may follow: the first of a round also follows the last of the round before, and the
    // last of `after` if another round is added then.
    for pair in steps.windows(2) {
        check_previous_step_can_be_prolonged(pair[1], pair[0], mistakes);
    }
    if let Some(first) = cycle.first() {
        for last in cycle.last().into_iter().chain(after.last()) {
            check_previous_step_can_be_prolonged(first, last, mistakes);
        }
    }
}

/// After a no to the first step there would be nothing to go on with.
fn check_first_step_not_optional(steps: &[&RawStep], mistakes: &mut Diagnostics) {
    let optional = steps.first().and_then(|first| first.optional.as_ref());
    if let Some(optional) = optional.filter(|optional| *optional.get_ref()) {
        let advice = "remove 'optional' here, or put another step before it";
        mistakes.add_invalid_value(optional.span(), "the first step cannot be optional", advice);
    }
}

/// A pack needs a fixed length: the limit on it holds whatever the time is.
fn check_no_until_on_packs(step: &RawStep, mistakes: &mut Diagnostics) {
    if let (Some(until), Some(kind)) = (&step.until, step.kind.filter(|kind| kind.has_pack())) {
        let message = format!("{kind} needs a duration");
        mistakes.add_invalid_value(until.span(), message, "write duration = \"20m\" instead of until");
    }
}

/// All `until` times count from the same moment: a later step that ends earlier would have no length.
fn check_until_times_increase(steps: &[&RawStep], mistakes: &mut Diagnostics) {
    let mut latest = Duration::ZERO;
    for until in steps.iter().filter_map(|step| step.until.as_ref()) {
        if *until.get_ref() <= latest {
            let message = format!("a step before this one lasts until {}", format_duration(latest));
            mistakes.add_invalid_value(
                until.span(),
                message,
                "write a later time; both count from the start",
            );
        }
        latest = latest.max(*until.get_ref());
    }
}

/// After a no, the step before goes on until the question is asked again: so it must have run, and must not be a pack.
fn check_previous_step_can_be_prolonged(step: &RawStep, previous: &RawStep, mistakes: &mut Diagnostics) {
    let is_optional = |step: &RawStep| step.optional.as_ref().is_some_and(|optional| *optional.get_ref());
    let Some(ask_again_after) = step.ask_again_after.as_ref().filter(|_| is_optional(step)) else { return };
    if let Some(kind) = previous.kind.filter(|kind: &PhaseKind| kind.has_pack()) {
        let message = format!("after a no the {kind} before it would go on until it is asked again");
        mistakes.add_invalid_value(ask_again_after.span(), message, "remove 'again', or put a rest between");
    } else if is_optional(previous) && previous.ask_again_after.is_none() {
        let message = "after a no the step before it goes on, and that one may have been left out";
        mistakes.add_invalid_value(ask_again_after.span(), message, "remove 'again', or put a rest between");
    }
}
