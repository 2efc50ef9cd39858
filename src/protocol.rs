//! Protocols (the steps that somebody advises) and the [`Plan`] that a session runs.
//!
//! Pure: no clock, no files. It does not check limits; `limits` does. A protocol is a TOML text; the built-in ones are
//! embedded files in the same format as a user's own. A plan is the flat list of its phases with every choice made:
//! what `plan` prints is what `start` runs.

mod exposure;
mod parser;
mod plan;

pub use exposure::{Exposure, ExposureLimit};

pub(crate) use parser::{
    MAX_PROTOCOL_BYTES, check_protocol_name, is_built_in, parse_duration_value, parse_rounds_value,
};
pub use plan::{OptionalStep, Overrides, Phase, Plan, ProtocolPart};

use crate::error::{Error, Result, join_or};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// The built-in protocols, name and TOML text; the first is the default.
pub const BUILT_IN_PROTOCOLS: &[(&str, &str)] = &[
    ("alternate", include_str!("protocol/alternate.toml")),
    ("ice", include_str!("protocol/ice.toml")),
    ("heat", include_str!("protocol/heat.toml")),
    ("settle-walk", include_str!("protocol/settle-walk.toml")),
    ("stiff-day", include_str!("protocol/stiff-day.toml")),
];

/// The protocol that runs if none is named.
pub(crate) const DEFAULT_PROTOCOL: &str = "alternate";

/// What the person does in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhaseKind {
    /// Heat therapy.
    Heat,
    /// Cold therapy.
    Cold,
    /// Lying still.
    Rest,
    /// Walking, stretching, ordinary life.
    Move,
    /// Paced breathing.
    Breathe,
}

impl PhaseKind {
    pub(crate) const ALL: [PhaseKind; 5] =
        [PhaseKind::Heat, PhaseKind::Cold, PhaseKind::Rest, PhaseKind::Move, PhaseKind::Breathe];

    /// The word for it in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            PhaseKind::Heat => "heat",
            PhaseKind::Cold => "cold",
            PhaseKind::Rest => "rest",
            PhaseKind::Move => "move",
            PhaseKind::Breathe => "breathe",
        }
    }

    /// Whether a pad or pack is on the skin, which has to come off again.
    pub fn has_pack(self) -> bool {
        matches!(self, PhaseKind::Heat | PhaseKind::Cold)
    }

    /// Whether the person lies down in it.
    pub(crate) fn is_lying_down(self) -> bool {
        self != PhaseKind::Move
    }

    /// The safety sentence that goes with every phase of this kind in any protocol, and its source.
    pub(crate) fn safety_notice(self) -> Option<(&'static str, &'static str)> {
        let notice = "The pad is covered, on low or medium, on top of you and never under you. Stay awake.";
        (self == PhaseKind::Heat).then_some((notice, "D2, X3"))
    }
}

impl fmt::Display for PhaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How many times a cycle runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// A fixed number of rounds.
    Fixed(u32),
    /// One round; after it one more is offered, and never started unasked (D0).
    AsNeeded,
}

impl Rounds {
    /// The word for it in files and on the command line.
    pub(crate) const AS_NEEDED: &str = "as-needed";
    /// The most rounds of any protocol.
    pub(crate) const MAX: u32 = 12;

    /// The number of rounds in the plan.
    pub(crate) fn planned_count(self) -> u32 {
        match self {
            Rounds::Fixed(number) => number,
            Rounds::AsNeeded => 1,
        }
    }
}

/// Steps that somebody advises, and how many rounds of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// The name on the command line.
    pub name: String,
    /// A title of one line.
    pub(crate) title: String,
    pub(crate) citation: String,
    pub(crate) rounds: Rounds,
    /// What to do and to have ready before the first phase.
    pub(crate) preparation: Option<String>,
    /// What other sources advise instead, a sentence each with its source.
    pub(crate) alternatives: Vec<String>,
    /// The steps before the first round.
    pub(crate) before: Vec<Step>,
    /// The steps of one round, at least one.
    pub cycle: Vec<Step>,
    /// The steps after the last round.
    pub(crate) after: Vec<Step>,
}

/// One step of a protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What the person does in it.
    pub kind: PhaseKind,
    /// The name, if the kind does not say enough: `walk`.
    pub(crate) name: Option<String>,
    pub(crate) duration: StepDuration,
    pub(crate) instruction: String,
    /// The source of this step, if it is not the protocol's.
    pub(crate) citation: Option<String>,
    /// A question before the step; only a yes starts it.
    pub(crate) optional: Option<OptionalStep>,
    /// A question halfway through that checks whether the person is there; any key answers it.
    pub(crate) presence_check: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepDuration {
    /// A fixed length.
    Fixed(Duration),
    /// Until this long after the onset, or after the session's start if the onset is unknown.
    UntilAfterOnset(Duration),
}

impl Protocol {
    /// Finds a built-in protocol by name.
    ///
    /// # Errors
    /// Refuses an unknown name and lists the known ones (exit code 2).
    pub fn find_built_in(name: &str) -> Result<Protocol> {
        let Some((_, text)) = BUILT_IN_PROTOCOLS.iter().find(|(known, _)| *known == name) else {
            let known_names: Vec<&str> = BUILT_IN_PROTOCOLS.iter().map(|(known, _)| *known).collect();
            return Err(Error::invalid("protocol", name, &join_or(&known_names))
                .with_hint("type `easeback protocols` to see what each one does"));
        };
        Protocol::parse(text)
    }

    /// All steps in order; those of a round once.
    pub(crate) fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.before.iter().chain(&self.cycle).chain(&self.after)
    }
}
