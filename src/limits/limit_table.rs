//! The limits as people read them: how much, the sources, and the consequence.

use super::{
    ADVISED_MIN_COLD, CitedLimit, MAX_COLD, MAX_HEAT, MAX_HEAT_PER_DAY, MAX_LYING, MAX_ROUNDS,
    MAX_ROUNDS_OF_ONE_KIND, MAX_ROUNDS_WITH_UNTIL, MIN_BREAK, MIN_PHASE, MIN_TIME_BETWEEN_COLD,
    PAUSE_REMINDER_AFTER, PRESENCE_CHECK_MIN_HEAT,
};
use crate::{protocol::PhaseKind, time::format_duration};
use std::time::Duration;

/// One row of the table of limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRow {
    /// What is limited.
    pub subject: &'static str,
    /// The limit as text, with its unit.
    pub value: String,
    /// The sources, by the tags of `PROTOCOLS.md`.
    pub citation: &'static str,
    /// What happens beyond the limit.
    pub consequence: &'static str,
    /// The kinds of phase that it applies to.
    pub(crate) phase_kinds: &'static [PhaseKind],
}

const HEAT: &[PhaseKind] = &[PhaseKind::Heat];
const COLD: &[PhaseKind] = &[PhaseKind::Cold];
const PACK_KINDS: &[PhaseKind] = &[PhaseKind::Heat, PhaseKind::Cold];
const LYING_KINDS: &[PhaseKind] = &[PhaseKind::Heat, PhaseKind::Cold, PhaseKind::Rest, PhaseKind::Breathe];

/// All limits, in the order of the table.
pub fn list_limits() -> Vec<LimitRow> {
    let refused_unless_allowed = "more is refused unless you add --allow-long, which is recorded";
    let allowed_with_note =
        "sooner is allowed, with a warning: wait 2 to 3 h, until the skin is back to normal";
    vec![
        duration_row("heat without a break", MAX_HEAT, refused_unless_allowed, HEAT),
        duration_row("cold without a break", MAX_COLD, refused_unless_allowed, COLD),
        duration_row(
            "a break from heat or from cold",
            MIN_BREAK,
            "a shorter one does not count, even between sessions; cold is a break from heat, and heat from cold",
            PACK_KINDS,
        ),
        duration_row("shortest phase", MIN_PHASE, "less is refused", &PhaseKind::ALL),
        count_row("rounds", format!("1 to {}", MAX_ROUNDS.value), MAX_ROUNDS, &PhaseKind::ALL),
        count_row(
            "rounds of only heat or only cold",
            MAX_ROUNDS_OF_ONE_KIND.value.to_string(),
            MAX_ROUNDS_OF_ONE_KIND,
            PACK_KINDS,
        ),
        count_row(
            "rounds, if a step lasts until a set time",
            MAX_ROUNDS_WITH_UNTIL.value.to_string(),
            MAX_ROUNDS_WITH_UNTIL,
            &PhaseKind::ALL,
        ),
        duration_row("cold after another session's cold", MIN_TIME_BETWEEN_COLD, allowed_with_note, COLD),
        duration_row(
            "shortest cold phase advised",
            ADVISED_MIN_COLD,
            "a shorter one is allowed, with a warning",
            COLD,
        ),
        duration_row("heat in one day", MAX_HEAT_PER_DAY, "more is allowed, with a warning", HEAT),
        duration_row(
            "lying without a break",
            MAX_LYING,
            "then a reminder to get up, and again each hour",
            LYING_KINDS,
        ),
        duration_row(
            "heat phase of at least",
            PRESENCE_CHECK_MIN_HEAT,
            "asks halfway whether you are awake",
            HEAT,
        ),
        duration_row(
            "paused with a pack on",
            PAUSE_REMINDER_AFTER,
            "then you are told again to take it off",
            PACK_KINDS,
        ),
    ]
}

fn duration_row(
    subject: &'static str,
    limit: CitedLimit<Duration>,
    consequence: &'static str,
    phase_kinds: &'static [PhaseKind],
) -> LimitRow {
    LimitRow {
        subject,
        value: format_duration(limit.value),
        citation: limit.citation,
        consequence,
        phase_kinds,
    }
}

fn count_row(
    subject: &'static str,
    value: String,
    limit: CitedLimit<u32>,
    phase_kinds: &'static [PhaseKind],
) -> LimitRow {
    LimitRow { subject, value, citation: limit.citation, consequence: "more is refused", phase_kinds }
}
