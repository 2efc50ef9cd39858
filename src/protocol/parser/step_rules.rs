//! What the steps of a protocol have to keep to among themselves.

use super::raw_step::RawStep;
use crate::{error::Diagnostics, protocol::PhaseKind, time::format_duration};
use std::time::Duration;

/// Notes what the steps, each right by itself, do wrong together.
pub(crate) fn check_steps(
    before: &[RawStep],
    cycle: &[RawStep],
    after: &[RawStep],
    mistakes: &mut Diagnostics,
) {
    let all: Vec<&RawStep> = before.iter().chain(cycle).chain(after).collect();
    check_first_step_not_optional(&all, mistakes);
    for step in &all {
        check_no_until_on_packs(step, mistakes);
    }
    check_until_times_increase(&all, mistakes);
    // Each with the steps that it may follow: the first of a round also follows the last of the one before, and what
    // came after all rounds where one more is asked for then.
    for pair in all.windows(2) {
        check_previous_step_can_be_prolonged(pair[1], pair[0], mistakes);
    }
    if let Some(first) = cycle.first() {
        for last in cycle.last().into_iter().chain(after.last()) {
            check_previous_step_can_be_prolonged(first, last, mistakes);
        }
    }
}

/// There is nothing yet that a no could go on with.
fn check_first_step_not_optional(all: &[&RawStep], mistakes: &mut Diagnostics) {
    let optional = all.first().and_then(|first| first.optional.as_ref());
    if let Some(optional) = optional.filter(|optional| *optional.get_ref()) {
        let right = "leave 'optional' out here, or put another step before it";
        mistakes.add_invalid_value(optional.span(), "the first step cannot be optional", right);
    }
}

/// A pack has a limit, whatever the time.
fn check_no_until_on_packs(step: &RawStep, mistakes: &mut Diagnostics) {
    if let (Some(until), Some(kind)) = (&step.until, step.kind.filter(|kind| kind.has_pack())) {
        let what = format!("{kind} needs a duration");
        mistakes.add_invalid_value(until.span(), what, "write duration = \"20m\" in place of until");
    }
}

/// They count from the same moment: a later step that ends earlier would have no length.
fn check_until_times_increase(all: &[&RawStep], mistakes: &mut Diagnostics) {
    let mut latest = Duration::ZERO;
    for until in all.iter().filter_map(|step| step.until.as_ref()) {
        if *until.get_ref() <= latest {
            let what = format!("a step before this one lasts until {}", format_duration(latest));
            mistakes.add_invalid_value(until.span(), what, "write a later time; both count from the start");
        }
        latest = latest.max(*until.get_ref());
    }
}

/// After a no the step before goes on until it is asked again: it has to have run, and nobody may lie on a pack for
/// that long.
fn check_previous_step_can_be_prolonged(step: &RawStep, previous: &RawStep, mistakes: &mut Diagnostics) {
    let is_optional = |step: &RawStep| step.optional.as_ref().is_some_and(|optional| *optional.get_ref());
    let Some(again) = step.ask_again_after.as_ref().filter(|_| is_optional(step)) else { return };
    let pack = previous.kind.filter(|kind: &PhaseKind| kind.has_pack());
    if let Some(kind) = pack {
        let what = format!("after a no the {kind} before it would go on until it is asked again");
        mistakes.add_invalid_value(again.span(), what, "leave 'again' out, or put a rest between");
    } else if is_optional(previous) && previous.ask_again_after.is_none() {
        let what = "after a no the step before it goes on, and that one may have been left out";
        mistakes.add_invalid_value(again.span(), what, "leave 'again' out, or put a rest between");
    }
}
