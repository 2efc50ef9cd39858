//! Cautions before a session: what deserves a warning but stops nobody.

use super::{
    ADVISED_MIN_COLD, CitedLimit, MAX_HEAT, MAX_HEAT_PER_DAY, MAX_LYING, MIN_TIME_BETWEEN_COLD,
    past_phases::past_phases,
};
use crate::{
    protocol::{Phase, PhaseKind, Plan},
    record::SessionRecord,
    time::{WallTime, format_duration},
};
use serde::Serialize;
use std::time::Duration;

/// A caution with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caution {
    /// The caution, one or two sentences.
    pub text: String,
    /// The sources, by the tags of `PROTOCOLS.md`.
    #[serde(rename = "source")]
    pub citation: &'static str,
}

/// The cautions for a plan. `past` is the earlier sessions, newest first, at least those of the last day.
pub fn find_cautions(plan: &Plan, past: &[SessionRecord], now: &WallTime) -> Vec<Caution> {
    let cautions = [
        caution_limits_lifted(plan),
        caution_short_cold(plan),
        caution_cold_again(plan, past, now),
        caution_heat_per_day(plan, past, now),
        caution_long_lying(plan),
    ];
    cautions.into_iter().flatten().collect()
}

fn new_caution<T>(limit: CitedLimit<T>, text: String) -> Option<Caution> {
    Some(Caution { text, citation: limit.citation })
}

fn caution_limits_lifted(plan: &Plan) -> Option<Caution> {
    let text = "The limits on heat and cold are lifted, as you asked: only if your doctor or physiotherapist told you to.";
    plan.exposure_limits.is_empty().then(|| Caution { text: text.into(), citation: MAX_HEAT.citation })
}

fn phases_of_kind(plan: &Plan, kind: PhaseKind) -> impl Iterator<Item = &Phase> {
    plan.phases.iter().filter(move |phase| phase.kind == kind)
}

fn caution_short_cold(plan: &Plan) -> Option<Caution> {
    let shortest = phases_of_kind(plan, PhaseKind::Cold).map(Phase::planned_duration).min()?;
    let is_short = shortest < ADVISED_MIN_COLD.value;
    let format_text = || {
        let (duration, limit) = (format_duration(shortest), format_duration(ADVISED_MIN_COLD.value));
        format!("Cold for {duration} is short: at least {limit} is what is advised, 20 min at most.")
    };
    if is_short { new_caution(ADVISED_MIN_COLD, format_text()) } else { None }
}

fn caution_cold_again(plan: &Plan, past: &[SessionRecord], now: &WallTime) -> Option<Caution> {
    let phases_before_cold = plan.phases.iter().take_while(|phase| phase.kind != PhaseKind::Cold);
    let cold_start = now.plus(phases_before_cold.map(Phase::planned_duration).sum());
    phases_of_kind(plan, PhaseKind::Cold).next()?;
    let last =
        past_phases(past, |kind| kind == PhaseKind::Cold, now).find(|phase| !phase.min_duration.is_zero())?;
    let time_since = cold_start.since(&last.ended);
    if time_since >= MIN_TIME_BETWEEN_COLD.value {
        return None;
    }
    let ended = last.ended.with_offset_of(now).format_hour_minute();
    let time_since = format_duration(Duration::from_secs(time_since.as_secs() / 60 * 60));
    let text = format!(
        "The last cold ended at {ended}: this one begins {time_since} after it, where 2 to 3 h are advised and the skin is to be as it was before. D0 repeats sooner."
    );
    new_caution(MIN_TIME_BETWEEN_COLD, text)
}

fn caution_heat_per_day(plan: &Plan, past: &[SessionRecord], now: &WallTime) -> Option<Caution> {
    let planned_heat: Duration = phases_of_kind(plan, PhaseKind::Heat).map(Phase::planned_duration).sum();
    let heat_today = past_phases(past, |kind| kind == PhaseKind::Heat, now)
        .filter(|phase| phase.began.with_offset_of(now).date() == now.date());
    let past_heat: Duration = heat_today.map(|phase| phase.min_duration).sum();
    let total_heat = planned_heat + past_heat;
    if planned_heat.is_zero() || total_heat <= MAX_HEAT_PER_DAY.value {
        return None;
    }
    let (total_heat, max_heat) = (
        format_duration(Duration::from_secs(total_heat.as_secs() / 60 * 60)),
        format_duration(MAX_HEAT_PER_DAY.value),
    );
    let text = format!(
        "With this session it is {total_heat} of heat today, more than {max_heat}: heat again and again can leave marks like a net on the skin."
    );
    new_caution(MAX_HEAT_PER_DAY, text)
}

fn caution_long_lying(plan: &Plan) -> Option<Caution> {
    let limit = plan.lying_limit.as_ref()?;
    let counted_kind = |kind: PhaseKind| if kind.is_lying_down() { limit.kind } else { kind };
    let time_lying = limit.find_exposure_over_limit(
        plan.phases.iter().map(|phase| (counted_kind(phase.kind), phase.planned_duration())),
    )?;
    let text = format!(
        "That is {} of lying without a break. You will be reminded after {} to get up for a moment.",
        format_duration(Duration::from_secs(time_lying.as_secs() / 60 * 60)),
        format_duration(MAX_LYING.value)
    );
    new_caution(MAX_LYING, text)
}
