//! Protocols: what somebody advises, as steps, and the [`Plan`] that a session runs.
//!
//! Pure. A protocol is a TOML text; the built-in ones are embedded files of the same form as anybody's own.
//! A plan is the flat list of its phases with every choice made: what `plan` prints is what `start` runs.

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

/// The built-in protocols by name; the first is the default.
pub const BUILT_IN_PROTOCOLS: &[(&str, &str)] = &[
    ("alternate", include_str!("protocol/alternate.toml")),
    ("ice", include_str!("protocol/ice.toml")),
    ("heat", include_str!("protocol/heat.toml")),
    ("settle-walk", include_str!("protocol/settle-walk.toml")),
    ("stiff-day", include_str!("protocol/stiff-day.toml")),
];

/// The protocol that runs when none is named.
pub(crate) const DEFAULT_PROTOCOL: &str = "alternate";

/// What a phase does.
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
    /// All of them.
    pub(crate) const ALL: [PhaseKind; 5] =
        [PhaseKind::Heat, PhaseKind::Cold, PhaseKind::Rest, PhaseKind::Move, PhaseKind::Breathe];

    /// The word for it, in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            PhaseKind::Heat => "heat",
            PhaseKind::Cold => "cold",
            PhaseKind::Rest => "rest",
            PhaseKind::Move => "move",
            PhaseKind::Breathe => "breathe",
        }
    }

    /// Whether something lies on the skin that has to come off again.
    pub fn has_pack(self) -> bool {
        matches!(self, PhaseKind::Heat | PhaseKind::Cold)
    }

    /// Whether the person lies down for it.
    pub(crate) fn is_lying_down(self) -> bool {
        self != PhaseKind::Move
    }

    /// What is said with every phase of the kind, whoever wrote the protocol, and who says so.
    pub(crate) fn safety_notice(self) -> Option<(&'static str, &'static str)> {
        let heat = "The pad is covered, on low or medium, on top of you and never under you. Stay awake.";
        (self == PhaseKind::Heat).then_some((heat, "D2, X3"))
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
    /// So many times.
    Fixed(u32),
    /// Once; then one more is offered, and never started unasked (D0).
    AsNeeded,
}

impl Rounds {
    /// The word for it, in files and on the command line.
    pub(crate) const AS_NEEDED: &str = "as-needed";

    /// How many are planned.
    pub(crate) fn planned_count(self) -> u32 {
        match self {
            Rounds::Fixed(number) => number,
            Rounds::AsNeeded => 1,
        }
    }
}

/// What somebody advises: steps, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    /// The name to call it by.
    pub name: String,
    /// What it is, on one line.
    pub(crate) title: String,
    /// Who advises it.
    pub(crate) citation: String,
    /// How many times the cycle runs.
    pub(crate) rounds: Rounds,
    /// What to do and to have at hand before the first clock starts.
    pub(crate) preparation: Option<String>,
    /// What others advise instead, a sentence each with its source.
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
    /// What it does.
    pub kind: PhaseKind,
    /// What it is called, where the kind does not say enough: `walk`.
    pub(crate) name: Option<String>,
    /// How long it lasts.
    pub(crate) duration: StepDuration,
    /// What the person is told to do.
    pub(crate) instruction: String,
    /// Who advises this step, where it differs from the protocol's source.
    pub(crate) citation: Option<String>,
    /// It asks first, and only a yes begins it.
    pub(crate) optional: Option<OptionalStep>,
    /// One question in its middle that anything answers: is somebody there?
    pub(crate) presence_check: Option<String>,
}

/// How long a step lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepDuration {
    /// So long.
    Fixed(Duration),
    /// Until this long after the onset where that is known, else after the session's start.
    UntilAfterOnset(Duration),
}

impl Protocol {
    /// Finds a built-in protocol.
    ///
    /// # Errors
    /// An unknown name is refused with the names there are (exit code 2).
    pub fn find_built_in(name: &str) -> Result<Protocol> {
        let Some((_, text)) = BUILT_IN_PROTOCOLS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = BUILT_IN_PROTOCOLS.iter().map(|(name, _)| *name).collect();
            return Err(Error::invalid("protocol", name, &join_or(&known))
                .with_hint("`easeback protocols` says what each one does"));
        };
        Protocol::parse(text)
    }

    /// All steps, in order, those of one round once.
    pub(crate) fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.before.iter().chain(&self.cycle).chain(&self.after)
    }
}
