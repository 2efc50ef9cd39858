//! The plan: a protocol with every choice made, as the flat list of its phases.

use super::{Guard, Kind, Lasts, Protocol, Rounds, Step};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a person changes in a protocol, and what it goes by.
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
    /// How long ago the back went out, where that was told: a step that lasts until some time counts from then.
    pub onset_ago: Option<Duration>,
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
    /// How many there may be, with those added later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_rounds: Option<u32>,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds_source: Option<String>,
    /// The limits that hold while it runs; none where they are lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// After how long without getting up the person is reminded to; its kind stands for everything that is done
    /// lying down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lying: Option<Guard>,
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
    /// What it is called, where the kind does not say enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The round it belongs to, from 1.
    pub round: u32,
    /// Whether it is one of the round's steps, or comes before or after all rounds.
    #[serde(default, skip_serializing_if = "Part::is_cycle")]
    pub part: Part,
    /// Its length in seconds.
    pub planned_s: u64,
    /// It ends so many seconds after the session's start, whatever its length is then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_s: Option<u64>,
    /// It asks first, and only a yes begins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// One question in its middle that anything answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The question is only asked if the phase lasts at least so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_from_s: Option<u64>,
    /// The most that it may be extended to, in seconds; absent where no limit holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_s: Option<u64>,
    /// Whether it is shorter than it would be, because of what was done just before. Only said before a session.
    #[serde(skip)]
    pub is_shortened: bool,
    /// What the person is told to do.
    pub say: String,
    /// Who advises it.
    pub source: String,
}

/// A question before a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The question, to be answered with yes or no.
    pub ask: String,
    /// After a no it is asked again so many seconds later, and the phase before goes on until then; absent where
    /// a no leaves the phase out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_s: Option<u64>,
}

/// The part of a protocol that a phase comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Before the first round.
    Before,
    /// In each round.
    #[default]
    Cycle,
    /// After the last round.
    After,
}

impl Part {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_cycle(&self) -> bool {
        *self == Part::Cycle
    }
}

impl Phase {
    /// Its length.
    pub fn planned(&self) -> Duration {
        Duration::from_secs(self.planned_s)
    }

    /// What lies on the skin in it is called, if anything does.
    pub fn pack(&self) -> &'static str {
        if self.kind == Kind::Heat { "pad" } else { "pack" }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.kind.as_str())
    }

    /// Whether it may go on for as long as a question after it is answered with no: it is no pack, and ran at all.
    fn can_go_on(&self) -> bool {
        !self.kind.is_pack() && self.offer.as_ref().is_none_or(|offer| offer.again_s.is_some())
    }

    /// How long it is for a limit on that kind: what may be left out, or come out shorter, is no break from it.
    pub fn counted_for(&self, kind: Kind) -> Duration {
        let is_sure = self.offer.is_none() && self.until_s.is_none();
        if self.kind == kind || is_sure { self.planned() } else { Duration::ZERO }
    }
}

impl Plan {
    /// Adds rounds: behind the last one, or behind everything if what follows the rounds has begun. `begun` is how
    /// many phases have.
    pub fn add_rounds(&mut self, rounds: impl IntoIterator<Item = u32>, begun: usize) {
        // The first round may have given way to the session before.
        let is_last = |phase: &&Phase| phase.round == self.rounds && phase.part == Part::Cycle;
        let cycle: Vec<Phase> = self.phases.iter().filter(is_last).cloned().collect();
        let end = self.phases.iter().position(|phase| phase.part == Part::After);
        let mut at = end.filter(|end| *end >= begun).unwrap_or(self.phases.len());
        for round in rounds {
            let more = cycle.iter().cloned().map(|phase| Phase { round, ..phase });
            self.phases.splice(at..at, more);
            at += cycle.len();
            self.rounds = round;
        }
        self.phases[at..].iter_mut().for_each(|phase| phase.round = self.rounds);
        self.sum_up();
    }

    /// Takes over into the sum what was changed in the phases.
    pub fn sum_up(&mut self) {
        self.total_s = self.phases.iter().map(|phase| phase.planned_s).sum();
    }

    /// The question before the phase after `current`, if there is one.
    pub fn offer_after(&self, current: usize) -> Option<&Offer> {
        self.phases.get(current + 1)?.offer.as_ref()
    }
}

impl Protocol {
    /// Lays the protocol out as a plan. Limits are not looked at here: `limits::plan` is the way to a plan
    /// that may run.
    ///
    /// # Errors
    /// Refuses a change to a kind of step that the protocol does not have (exit code 2).
    pub fn plan(&self, overrides: &Overrides) -> Result<Plan> {
        let asked = overrides.rounds.unwrap_or(self.rounds);
        let rounds = asked.planned();
        let [before, mut cycle, after] = self.with_lengths(overrides)?;
        if let Some(kind) = overrides.first {
            let position = cycle.iter().position(|step| step.kind == kind);
            let missing = || self.has_no(kind, &format!("--first {kind}"));
            cycle.rotate_left(position.ok_or_else(missing)?);
        }
        let phases = |steps: &[Step], round, part| -> Vec<Phase> {
            steps.iter().map(|step| self.phase(step, round, part, overrides.onset_ago)).collect()
        };
        let mut all = phases(&before, 1, Part::Before);
        all.extend((1..=rounds).flat_map(|round| phases(&cycle, round, Part::Cycle)));
        all.extend(phases(&after, rounds, Part::After));
        self.check_questions(&all)?;
        estimate(&mut all);
        let mut plan = Plan {
            protocol: self.name.clone(),
            title: self.title.clone(),
            source: self.source.clone(),
            prepare: self.prepare.clone(),
            rounds,
            as_needed: asked == Rounds::AsNeeded,
            most_rounds: None,
            rounds_source: None,
            guards: Vec::new(),
            lying: None,
            total_s: 0,
            phases: all,
        };
        plan.sum_up();
        Ok(plan)
    }

    /// Refuses what only another first kind can bring about.
    fn check_questions(&self, phases: &[Phase]) -> Result<()> {
        let asks_again = |phase: &Phase| phase.offer.as_ref().is_some_and(|offer| offer.again_s.is_some());
        let wrong = match phases {
            [first, ..] if first.offer.is_some() => "would begin with a step that asks first",
            _ if phases.windows(2).any(|pair| !pair[0].can_go_on() && asks_again(&pair[1])) => {
                "would ask again after a step that cannot go on until then"
            }
            _ => return Ok(()),
        };
        Err(Error::usage(format!("'{}' {wrong}", self.name), "leave --first out, or begin with another kind"))
    }

    /// The steps before, in and after a round, in the lengths that the person asked for.
    fn with_lengths(&self, overrides: &Overrides) -> Result<[Vec<Step>; 3]> {
        let mut parts = [&self.before, &self.cycle, &self.after].map(Clone::clone);
        for (kind, length) in [(Kind::Heat, overrides.heat), (Kind::Cold, overrides.cold)] {
            let Some(length) = length else { continue };
            let mut steps = parts.iter_mut().flatten().filter(|step| step.kind == kind).peekable();
            if steps.peek().is_none() {
                return Err(self.has_no(kind, &format!("--{kind}")));
            }
            steps.for_each(|step| step.lasts = Lasts::For(length));
        }
        Ok(parts)
    }

    fn has_no(&self, kind: Kind, flag: &str) -> Error {
        Error::usage(format!("'{}' has no {kind} phase", self.name), format!("leave {flag} out"))
    }

    fn phase(&self, step: &Step, round: u32, part: Part, onset_ago: Option<Duration>) -> Phase {
        let (planned_s, until_s) = match step.lasts {
            Lasts::For(length) => (length.as_secs(), None),
            Lasts::Until(time) => (0, Some(time.saturating_sub(onset_ago.unwrap_or_default()).as_secs())),
        };
        let source = step.source.as_ref().unwrap_or(&self.source);
        let (say, source) = match step.kind.care() {
            Some((care, says_so)) => (format!("{} {care}", step.say), format!("{source}; {says_so}")),
            None => (step.say.clone(), source.clone()),
        };
        Phase {
            kind: step.kind,
            name: step.name.clone(),
            round,
            part,
            planned_s,
            until_s,
            offer: step.offer.clone(),
            check: step.check.clone(),
            check_from_s: None,
            cap_s: None,
            is_shortened: false,
            say,
            source,
        }
    }
}

/// Gives phases that last until some time the length that is left for them if nothing holds the others up.
fn estimate(phases: &mut [Phase]) {
    let mut begins = 0;
    for phase in phases {
        if let Some(until) = phase.until_s {
            phase.planned_s = until.saturating_sub(begins);
        }
        begins += phase.planned_s;
    }
}
