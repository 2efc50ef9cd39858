//! Protocols: what somebody advises, as steps, and the [`Plan`] that a session runs.
//!
//! Pure. A protocol is a TOML text; the built-in ones are embedded files of the same form as anybody's own.
//! A plan is the flat list of its phases with every choice made: what `plan` prints is what `start` runs.

mod exposure;
mod plan;
mod read;

pub use exposure::{Exposure, Guard};
pub use plan::{Offer, Overrides, Part, Phase, Plan};
pub use read::{MOST_BYTES, check_name, is_built_in, read_length, read_rounds};

use crate::error::{Error, Result, join_or};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// The built-in protocols by name; the first is the default.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("alternate", include_str!("protocol/alternate.toml")),
    ("ice", include_str!("protocol/ice.toml")),
    ("heat", include_str!("protocol/heat.toml")),
    ("settle-walk", include_str!("protocol/settle-walk.toml")),
    ("stiff-day", include_str!("protocol/stiff-day.toml")),
];

/// The protocol that runs when none is named.
pub const DEFAULT: &str = "alternate";

/// What a phase does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
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

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Heat, Kind::Cold, Kind::Rest, Kind::Move, Kind::Breathe];

    /// The word for it, in files and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Heat => "heat",
            Kind::Cold => "cold",
            Kind::Rest => "rest",
            Kind::Move => "move",
            Kind::Breathe => "breathe",
        }
    }

    /// Whether something lies on the skin that has to come off again.
    pub fn is_pack(self) -> bool {
        matches!(self, Kind::Heat | Kind::Cold)
    }

    /// Whether the person lies down for it.
    pub fn is_lying(self) -> bool {
        self != Kind::Move
    }

    /// What is said with every phase of the kind, whoever wrote the protocol, and who says so.
    pub fn care(self) -> Option<(&'static str, &'static str)> {
        let heat = "The pad is covered, on low or medium, on top of you and never under you. Stay awake.";
        (self == Kind::Heat).then_some((heat, "D2, X3"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How many times a cycle runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// So many times.
    Number(u32),
    /// Once; then one more is offered, and never started unasked (D0).
    AsNeeded,
}

impl Rounds {
    /// The word for it, in files and on the command line.
    pub const AS_NEEDED: &str = "as-needed";

    /// How many are planned.
    pub fn planned(self) -> u32 {
        match self {
            Rounds::Number(number) => number,
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
    pub title: String,
    /// Who advises it.
    pub source: String,
    /// How many times the cycle runs.
    pub rounds: Rounds,
    /// What to do and to have at hand before the first clock starts.
    pub prepare: Option<String>,
    /// What others advise instead, a sentence each with its source.
    pub instead: Vec<String>,
    /// The steps before the first round.
    pub before: Vec<Step>,
    /// The steps of one round, at least one.
    pub cycle: Vec<Step>,
    /// The steps after the last round.
    pub after: Vec<Step>,
}

/// One step of a protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it does.
    pub kind: Kind,
    /// What it is called, where the kind does not say enough: `walk`.
    pub name: Option<String>,
    /// How long it lasts.
    pub lasts: Lasts,
    /// What the person is told to do.
    pub say: String,
    /// Who advises this step, where it differs from the protocol's source.
    pub source: Option<String>,
    /// It asks first, and only a yes begins it.
    pub offer: Option<Offer>,
    /// One question in its middle that anything answers: is somebody there?
    pub check: Option<String>,
}

/// How long a step lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// So long.
    For(Duration),
    /// Until this long after the onset where that is known, else after the session's start.
    Until(Duration),
}

impl Protocol {
    /// Finds a built-in protocol.
    ///
    /// # Errors
    /// An unknown name is refused with the names there are (exit code 2).
    pub fn named(name: &str) -> Result<Protocol> {
        let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            return Err(Error::invalid("protocol", name, &join_or(&known))
                .hint("`easeback protocols` says what each one does"));
        };
        Protocol::parse(text)
    }

    /// All steps, in order, those of one round once.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.before.iter().chain(&self.cycle).chain(&self.after)
    }
}
