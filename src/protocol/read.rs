//! Reads a protocol file.

use super::{Kind, Lasts, Offer, Protocol, Rounds, Step};
use crate::{
    error::{Error, Result},
    time,
};
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

impl Protocol {
    /// Reads a protocol file.
    ///
    /// # Errors
    /// Says the line and the column, and shows the text there (exit code 2).
    pub fn parse(text: &str) -> Result<Protocol> {
        let wrong = |why: String| Error::usage(format!("this is no protocol: {why}"), "mend the file there");
        let file: File = toml::from_str(text).map_err(|why| wrong(why.to_string()))?;
        Ok(Protocol {
            name: file.name,
            title: file.title,
            source: file.source,
            rounds: file.rounds,
            prepare: file.prepare,
            instead: file.instead,
            before: file.before.into_iter().map(Step::from).collect(),
            cycle: file.cycle.into_iter().map(Step::from).collect(),
            after: file.after.into_iter().map(Step::from).collect(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    source: String,
    rounds: Rounds,
    prepare: Option<String>,
    #[serde(default)]
    instead: Vec<String>,
    #[serde(default)]
    before: Vec<Written>,
    #[serde(deserialize_with = "some_steps")]
    cycle: Vec<Written>,
    #[serde(default)]
    after: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: Kind,
    name: Option<String>,
    #[serde(default, deserialize_with = "length")]
    duration: Option<Duration>,
    #[serde(default, deserialize_with = "length")]
    until: Option<Duration>,
    say: String,
    source: Option<String>,
    #[serde(default)]
    optional: bool,
    ask: Option<String>,
    #[serde(default, deserialize_with = "length")]
    again: Option<Duration>,
    check: Option<String>,
}

impl From<Written> for Step {
    fn from(step: Written) -> Step {
        let lasts = match step.until {
            Some(until) => Lasts::Until(until),
            None => Lasts::For(step.duration.unwrap_or_default()),
        };
        let name = step.name.as_deref().unwrap_or(step.kind.as_str());
        let ask = step.ask.clone().unwrap_or_else(|| format!("Next comes: {name}. Begin it?"));
        let offer = Offer { ask, again_s: step.again.map(|again| again.as_secs()) };
        Step {
            kind: step.kind,
            name: step.name,
            lasts,
            say: step.say,
            source: step.source,
            offer: step.optional.then_some(offer),
            check: step.check,
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

fn some_steps<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<Written>, D::Error> {
    let steps = Vec::deserialize(deserializer)?;
    if steps.is_empty() { Err(de::Error::custom("a protocol has at least one step")) } else { Ok(steps) }
}

fn length<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Duration>, D::Error> {
    let typed = String::deserialize(deserializer)?;
    time::parse_length(&typed).map(Some).map_err(de::Error::custom)
}
