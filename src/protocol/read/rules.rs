//! What the steps of a protocol have to keep to among themselves.

use super::step::Written;
use crate::{error::Mistakes, protocol::Kind, time::say};
use std::time::Duration;

/// Notes what the steps, each right by itself, do wrong together.
pub fn check(before: &[Written], cycle: &[Written], after: &[Written], mistakes: &mut Mistakes) {
    let all: Vec<&Written> = before.iter().chain(cycle).chain(after).collect();
    begins_unasked(&all, mistakes);
    for step in &all {
        until_is_for_what_has_no_end(step, mistakes);
    }
    until_grows(&all, mistakes);
    // Each with the steps that it may follow: the first of a round also follows the last of the one before, and what
    // came after all rounds where one more is asked for then.
    for pair in all.windows(2) {
        can_go_on_after_a_no(pair[1], pair[0], mistakes);
    }
    if let Some(first) = cycle.first() {
        for last in cycle.last().into_iter().chain(after.last()) {
            can_go_on_after_a_no(first, last, mistakes);
        }
    }
}

/// There is nothing yet that a no could go on with.
fn begins_unasked(all: &[&Written], mistakes: &mut Mistakes) {
    let optional = all.first().and_then(|first| first.optional.as_ref());
    if let Some(optional) = optional.filter(|optional| *optional.get_ref()) {
        let right = "leave 'optional' out here, or put another step before it";
        mistakes.wrong(optional.span(), "the first step cannot be optional", right);
    }
}

/// A pack has a limit, whatever the time.
fn until_is_for_what_has_no_end(step: &Written, mistakes: &mut Mistakes) {
    if let (Some(until), Some(kind)) = (&step.until, step.kind.filter(|kind| kind.is_pack())) {
        let what = format!("{kind} needs a duration");
        mistakes.wrong(until.span(), what, "write duration = \"20m\" in place of until");
    }
}

/// They count from the same moment: a later step that ends earlier would have no length.
fn until_grows(all: &[&Written], mistakes: &mut Mistakes) {
    let mut latest = Duration::ZERO;
    for until in all.iter().filter_map(|step| step.until.as_ref()) {
        if *until.get_ref() <= latest {
            let what = format!("a step before this one lasts until {}", say(latest));
            mistakes.wrong(until.span(), what, "write a later time; both count from the start");
        }
        latest = latest.max(*until.get_ref());
    }
}

/// After a no the step before goes on until it is asked again: it has to have run, and nobody may lie on a pack for
/// that long.
fn can_go_on_after_a_no(step: &Written, previous: &Written, mistakes: &mut Mistakes) {
    let is_optional = |step: &Written| step.optional.as_ref().is_some_and(|optional| *optional.get_ref());
    let Some(again) = step.again.as_ref().filter(|_| is_optional(step)) else { return };
    let pack = previous.kind.filter(|kind: &Kind| kind.is_pack());
    if let Some(kind) = pack {
        let what = format!("after a no the {kind} before it would go on until it is asked again");
        mistakes.wrong(again.span(), what, "leave 'again' out, or put a rest between");
    } else if is_optional(previous) && previous.again.is_none() {
        let what = "after a no the step before it goes on, and that one may have been left out";
        mistakes.wrong(again.span(), what, "leave 'again' out, or put a rest between");
    }
}
