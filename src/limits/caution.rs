//! What deserves a word before a session, and stops nobody.

use super::{AGAIN, HEAT, HEAT_IN_A_DAY, LYING, Limit, SHORT_COLD, past::done};
use crate::{
    protocol::{Kind, Phase, Plan},
    record::SessionRecord,
    time::{Wall, say},
};
use serde::Serialize;
use std::time::Duration;

/// A word of caution, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caution {
    /// The word, a sentence or two.
    pub text: String,
    /// Who says so, by the tags of `PROTOCOLS.md`.
    pub source: &'static str,
}

/// What a plan gives cause to say, after what was done before (newest first, a day of it at least).
pub fn cautions(plan: &Plan, past: &[SessionRecord], now: &Wall) -> Vec<Caution> {
    let said = [
        lifted(plan),
        short_cold(plan),
        cold_again(plan, past, now),
        heat_today(plan, past, now),
        lying(plan),
    ];
    said.into_iter().flatten().collect()
}

fn caution<T>(limit: Limit<T>, text: String) -> Option<Caution> {
    Some(Caution { text, source: limit.source })
}

fn lifted(plan: &Plan) -> Option<Caution> {
    let text = "The limits on heat and cold are lifted, as you asked: only if a clinician told you so.";
    plan.guards.is_empty().then(|| Caution { text: text.into(), source: HEAT.source })
}

fn of_kind(plan: &Plan, kind: Kind) -> impl Iterator<Item = &Phase> {
    plan.phases.iter().filter(move |phase| phase.kind == kind)
}

fn short_cold(plan: &Plan) -> Option<Caution> {
    let shortest = of_kind(plan, Kind::Cold).map(Phase::planned).min()?;
    let is_short = shortest < SHORT_COLD.value;
    let text = || {
        let (length, limit) = (say(shortest), say(SHORT_COLD.value));
        format!("Cold for {length} is short: at least {limit} is what is advised, 20 min at most.")
    };
    if is_short { caution(SHORT_COLD, text()) } else { None }
}

fn cold_again(plan: &Plan, past: &[SessionRecord], now: &Wall) -> Option<Caution> {
    let before = plan.phases.iter().take_while(|phase| phase.kind != Kind::Cold);
    let begins = now.plus(before.map(Phase::planned).sum());
    of_kind(plan, Kind::Cold).next()?;
    let last = done(past, |kind| kind == Kind::Cold, now).find(|phase| !phase.on.is_zero())?;
    let since = begins.since(&last.ended);
    if since >= AGAIN.value {
        return None;
    }
    let ended = last.ended.in_zone_of(now).hour_minute();
    let since = say(Duration::from_secs(since.as_secs() / 60 * 60));
    let text = format!(
        "The last cold ended at {ended}: this one begins {since} after it, where 2 to 3 h are advised and the skin is to be as it was before. D0 repeats sooner."
    );
    caution(AGAIN, text)
}

fn heat_today(plan: &Plan, past: &[SessionRecord], now: &Wall) -> Option<Caution> {
    let planned: Duration = of_kind(plan, Kind::Heat).map(Phase::planned).sum();
    let today = done(past, |kind| kind == Kind::Heat, now)
        .filter(|phase| phase.began.in_zone_of(now).date() == now.date());
    let before: Duration = today.map(|phase| phase.on).sum();
    let all = planned + before;
    if planned.is_zero() || all <= HEAT_IN_A_DAY.value {
        return None;
    }
    let (all, most) = (say(Duration::from_secs(all.as_secs() / 60 * 60)), say(HEAT_IN_A_DAY.value));
    let text = format!(
        "With this session it is {all} of heat today, more than {most}: heat again and again can leave marks like a net on the skin."
    );
    caution(HEAT_IN_A_DAY, text)
}

fn lying(plan: &Plan) -> Option<Caution> {
    let guard = plan.lying.as_ref()?;
    let one_kind = |kind: Kind| if kind.is_lying() { guard.kind } else { kind };
    let lain = guard.breach(plan.phases.iter().map(|phase| (one_kind(phase.kind), phase.planned())))?;
    let text = format!(
        "That is {} of lying without a break. You will be reminded after {} to get up for a moment.",
        say(Duration::from_secs(lain.as_secs() / 60 * 60)),
        say(LYING.value)
    );
    caution(LYING, text)
}
