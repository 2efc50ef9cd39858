//! The limits as people read them: how much, who says so, and what comes of more.

use super::{
    AGAIN, AWAKE, BREAK, COLD, HEAT, HEAT_IN_A_DAY, HEAVY, LYING, Limit, ONCE, PAUSED, ROUNDS, SHORT_COLD,
    SHORTEST, UNTIL,
};
use crate::{protocol::Kind, time::say};
use std::time::Duration;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is limited.
    pub what: &'static str,
    /// How much of it there may be.
    pub value: String,
    /// Who says so, by the tags of `PROTOCOLS.md`.
    pub source: &'static str,
    /// What comes of it.
    pub then: &'static str,
    /// The kinds of phase that it is about.
    pub about: &'static [Kind],
}

const PACKS: &[Kind] = &[Kind::Heat, Kind::Cold];
const LYING_DOWN: &[Kind] = &[Kind::Heat, Kind::Cold, Kind::Rest, Kind::Breathe];

/// All limits there are.
pub fn table() -> Vec<Row> {
    let refused = "more is refused; --allow-long lifts the limit, and is recorded";
    let again = "sooner is allowed, with a note: 2 to 3 h, once the skin is back to normal";
    vec![
        length("heat without a break", HEAT, refused, &[Kind::Heat]),
        length("cold without a break", COLD, refused, &[Kind::Cold]),
        length("a break", BREAK, "a shorter one does not count, between sessions either", PACKS),
        length("shortest phase", SHORTEST, "less is refused", &Kind::ALL),
        number("rounds", format!("1 to {}", ROUNDS.value), ROUNDS, &Kind::ALL),
        number("rounds of heat alone or cold alone", ONCE.value.to_string(), ONCE, PACKS),
        number("rounds with a step that lasts until a set time", UNTIL.value.to_string(), UNTIL, &Kind::ALL),
        length("cold again after another session", AGAIN, again, &[Kind::Cold]),
        length(
            "shortest cold phase advised",
            SHORT_COLD,
            "a shorter one is allowed, with a note",
            &[Kind::Cold],
        ),
        length("heat in one day", HEAT_IN_A_DAY, "more is allowed, with a note", &[Kind::Heat]),
        length("lying without a break", LYING, "a reminder to get up, again each hour", LYING_DOWN),
        length("heat phase of at least", AWAKE, "asks halfway whether you are awake", &[Kind::Heat]),
        length("paused with a pack on", PAUSED, "then you are told again to take it off", PACKS),
        length("nothing heavy after cold", HEAVY, "said at the end", &[Kind::Cold]),
    ]
}

fn length(what: &'static str, limit: Limit<Duration>, then: &'static str, about: &'static [Kind]) -> Row {
    Row { what, value: say(limit.value), source: limit.source, then, about }
}

fn number(what: &'static str, value: String, limit: Limit<u32>, about: &'static [Kind]) -> Row {
    Row { what, value, source: limit.source, then: "more is refused", about }
}
