//! Protocols: what somebody advises, as steps, and the [`Plan`] that a session runs.
//!
//! Pure. A protocol is a TOML text; the built-in ones are embedded files of the same form as anybody's own.
//! A plan is the flat list of its phases with every choice made: what `plan` prints is what `start` runs.

mod exposure;

pub use exposure::{Exposure, Guard};

use crate::{
    error::{Error, Result},
    time,
};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, time::Duration};

/// The built-in protocols by name; the first is the default.
const BUILT_IN: &[(&str, &str)] = &[("alternate", include_str!("protocol/alternate.toml"))];

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

impl<'de> Deserialize<'de> for Rounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Rounds, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "rounds are a number, or \"as-needed\"")]
        enum Written {
            Number(u32),
            Word(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Ok(Rounds::Number(number)),
            Written::Word(word) if word == Rounds::AS_NEEDED => Ok(Rounds::AsNeeded),
            Written::Word(_) => Err(de::Error::custom("rounds are a number, or \"as-needed\"")),
        }
    }
}

/// What somebody advises: steps, and how often.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// The steps of one round, at least one.
    #[serde(deserialize_with = "some_steps")]
    pub cycle: Vec<Step>,
}

/// One step of a protocol.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it does.
    pub kind: Kind,
    /// How long, as people type it: `20m`.
    #[serde(deserialize_with = "length")]
    pub duration: Duration,
    /// What the person is told to do.
    pub say: String,
    /// Who advises this step, where it differs from the protocol's source.
    pub source: Option<String>,
}

/// What a person changes in a protocol.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// The length of each heat phase.
    pub heat: Option<Duration>,
    /// The length of each cold phase.
    pub cold: Option<Duration>,
    /// How many times the cycle runs.
    pub rounds: Option<Rounds>,
    /// The kind that each round begins with.
    pub first: Option<Kind>,
}

/// Everything that a session is going to do: the flat list of its phases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The protocol's name.
    pub protocol: String,
    /// What it is, on one line.
    pub title: String,
    /// Who advises it.
    pub source: String,
    /// What to do before the first clock starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepare: Option<String>,
    /// How many rounds there are.
    pub rounds: u32,
    /// Whether another one is offered at the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_needed: bool,
    /// How many there may be, with those added later; absent where no limit holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_rounds: Option<u32>,
    /// The limits that hold while it runs; none where they are lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// All phases together, in seconds.
    pub total_s: u64,
    /// The phases, in order.
    pub phases: Vec<Phase>,
}

/// One phase of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// What it does.
    pub kind: Kind,
    /// The round it belongs to, from 1.
    pub round: u32,
    /// Its length in seconds.
    pub planned_s: u64,
    /// The most that it may be extended to, in seconds; absent where no limit holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_s: Option<u64>,
    /// What the person is told to do.
    pub say: String,
    /// Who advises it.
    pub source: String,
}

impl Phase {
    /// Its length.
    pub fn planned(&self) -> Duration {
        Duration::from_secs(self.planned_s)
    }
}

impl Protocol {
    /// Finds a built-in protocol.
    ///
    /// # Errors
    /// An unknown name is refused with the names there are (exit code 2).
    pub fn named(name: &str) -> Result<Protocol> {
        let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            return Err(Error::usage(
                format!("there is no protocol '{}'", name.escape_debug()),
                format!("the protocols are: {}; `easeback start --help` lists the flags", known.join(", ")),
            ));
        };
        Protocol::parse(text)
    }

    /// Reads a protocol file.
    ///
    /// # Errors
    /// Says the line and the column, and shows the text there (exit code 2).
    pub fn parse(text: &str) -> Result<Protocol> {
        let wrong = |why: String| Error::usage(format!("this is no protocol: {why}"), "mend the file there");
        toml::from_str(text).map_err(|why| wrong(why.to_string()))
    }

    /// Lays the protocol out as a plan. Limits are not looked at here: `limits::plan` is the way to a plan
    /// that may run.
    ///
    /// # Errors
    /// Refuses a change to a kind of step that the protocol does not have (exit code 2).
    pub fn plan(&self, overrides: &Overrides) -> Result<Plan> {
        let cycle = self.customised(overrides)?;
        let asked = overrides.rounds.unwrap_or(self.rounds);
        let rounds = asked.planned();
        let phases: Vec<Phase> =
            (1..=rounds).flat_map(|round| cycle.iter().map(move |step| self.phase(step, round))).collect();
        Ok(Plan {
            protocol: self.name.clone(),
            title: self.title.clone(),
            source: self.source.clone(),
            prepare: self.prepare.clone(),
            rounds,
            as_needed: asked == Rounds::AsNeeded,
            most_rounds: None,
            guards: Vec::new(),
            total_s: phases.iter().map(|phase| phase.planned_s).sum(),
            phases,
        })
    }

    /// The steps of one round, in the order and the lengths that the person asked for.
    fn customised(&self, overrides: &Overrides) -> Result<Vec<Step>> {
        let mut cycle = self.cycle.clone();
        for (kind, length) in [(Kind::Heat, overrides.heat), (Kind::Cold, overrides.cold)] {
            let Some(length) = length else { continue };
            self.position(kind, &format!("--{kind}"))?;
            cycle.iter_mut().filter(|step| step.kind == kind).for_each(|step| step.duration = length);
        }
        if let Some(kind) = overrides.first {
            cycle.rotate_left(self.position(kind, &format!("--first {kind}"))?);
        }
        Ok(cycle)
    }

    fn position(&self, kind: Kind, flag: &str) -> Result<usize> {
        self.cycle.iter().position(|step| step.kind == kind).ok_or_else(|| {
            Error::usage(format!("'{}' has no {kind} phase", self.name), format!("leave {flag} out"))
        })
    }

    fn phase(&self, step: &Step, round: u32) -> Phase {
        Phase {
            kind: step.kind,
            round,
            planned_s: step.duration.as_secs(),
            cap_s: None,
            say: step.say.clone(),
            source: step.source.clone().unwrap_or_else(|| self.source.clone()),
        }
    }
}

fn some_steps<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<Step>, D::Error> {
    let steps = Vec::deserialize(deserializer)?;
    if steps.is_empty() { Err(de::Error::custom("a protocol has at least one step")) } else { Ok(steps) }
}

fn length<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Duration, D::Error> {
    let typed = String::deserialize(deserializer)?;
    time::parse_length(&typed).map_err(de::Error::custom)
}
