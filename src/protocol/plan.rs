//! The plan: a protocol with every choice made, as the flat list of its phases.

use super::{ExposureLimit, PhaseKind, Protocol, Rounds, Step, StepDuration};
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
    pub first_kind: Option<PhaseKind>,
    /// How long ago the back went out, where that was told: a step that lasts until some time counts from then.
    pub time_since_onset: Option<Duration>,
}

/// Everything that a session is going to do: the flat list of its phases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The protocol's name.
    pub protocol: String,
    /// What it is, on one line.
    pub title: String,
    /// Who advises it.
    #[serde(rename = "source")]
    pub citation: String,
    /// What to do before the first clock starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "prepare")]
    pub preparation: Option<String>,
    /// How many rounds there are.
    pub rounds: u32,
    /// Whether another one is offered at the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_needed: bool,
    /// How many there may be, with those added later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "most_rounds")]
    pub max_rounds: Option<u32>,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "rounds_source")]
    pub rounds_citation: Option<String>,
    /// The limits that hold while it runs; none where they are lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "guards")]
    pub exposure_limits: Vec<ExposureLimit>,
    /// After how long without getting up the person is reminded to; its kind stands for everything that is done
    /// lying down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "lying")]
    pub lying_limit: Option<ExposureLimit>,
    /// All phases together, in seconds.
    pub total_s: u64,
    /// The phases, in order.
    pub phases: Vec<Phase>,
}

/// One phase of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// What it does.
    pub kind: PhaseKind,
    /// What it is called, where the kind does not say enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The round it belongs to, from 1.
    pub round: u32,
    /// Whether it is one of the round's steps, or comes before or after all rounds.
    #[serde(default, skip_serializing_if = "ProtocolPart::is_cycle")]
    pub part: ProtocolPart,
    /// Its length in seconds.
    pub planned_s: u64,
    /// It ends so many seconds after the session's start, whatever its length is then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "until_s")]
    pub ends_after_s: Option<u64>,
    /// It asks first, and only a yes begins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "offer")]
    pub optional: Option<OptionalStep>,
    /// One question in its middle that anything answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "check")]
    pub presence_check: Option<String>,
    /// The question is only asked if the phase lasts at least so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "check_from_s")]
    pub presence_check_min_phase_s: Option<u64>,
    /// The most that it may be extended to, in seconds; absent where no limit holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_s: Option<u64>,
    /// Whether it is shorter than it would be, because of what was done just before. Only said before a session.
    #[serde(skip)]
    pub is_shortened: bool,
    /// What the person is told to do.
    #[serde(rename = "say")]
    pub instruction: String,
    /// Who advises it.
    #[serde(rename = "source")]
    pub citation: String,
}

/// A question before a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionalStep {
    /// The question, to be answered with yes or no.
    #[serde(rename = "ask")]
    pub question: String,
    /// After a no it is asked again so many seconds later, and the phase before goes on until then; absent where
    /// a no leaves the phase out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "again_s")]
    pub ask_again_after_s: Option<u64>,
}

/// The part of a protocol that a phase comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProtocolPart {
    /// Before the first round.
    Before,
    /// In each round.
    #[default]
    Cycle,
    /// After the last round.
    After,
}

impl ProtocolPart {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_cycle(&self) -> bool {
        *self == ProtocolPart::Cycle
    }
}

impl Phase {
    /// Its length.
    pub fn planned_duration(&self) -> Duration {
        Duration::from_secs(self.planned_s)
    }

    /// What lies on the skin in it is called, if anything does.
    pub(crate) fn pack_name(&self) -> &'static str {
        if self.kind == PhaseKind::Heat { "pad" } else { "pack" }
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.kind.as_str())
    }

    /// Whether it may go on for as long as a question after it is answered with no: it is no pack, and ran at all.
    fn can_be_prolonged(&self) -> bool {
        !self.kind.has_pack() && self.optional.as_ref().is_none_or(|offer| offer.ask_again_after_s.is_some())
    }

    /// How long it is for a limit on that kind: what may be left out, or come out shorter, is no break from it.
    pub(crate) fn duration_counted_for(&self, kind: PhaseKind) -> Duration {
        let is_sure = self.optional.is_none() && self.ends_after_s.is_none();
        if self.kind == kind || is_sure { self.planned_duration() } else { Duration::ZERO }
    }
}

impl Plan {
    /// Adds rounds: behind the last one, or behind everything if what follows the rounds has begun. `begun` is how
    /// many phases have.
    pub(crate) fn add_rounds(&mut self, rounds: impl IntoIterator<Item = u32>, begun: usize) {
        // The first round may have given way to the session before.
        let is_last = |phase: &&Phase| phase.round == self.rounds && phase.part == ProtocolPart::Cycle;
        let cycle: Vec<Phase> = self.phases.iter().filter(is_last).cloned().collect();
        let end = self.phases.iter().position(|phase| phase.part == ProtocolPart::After);
        let mut at = end.filter(|end| *end >= begun).unwrap_or(self.phases.len());
        for round in rounds {
            let more = cycle.iter().cloned().map(|phase| Phase { round, ..phase });
            self.phases.splice(at..at, more);
            at += cycle.len();
            self.rounds = round;
        }
        self.phases[at..].iter_mut().for_each(|phase| phase.round = self.rounds);
        self.update_total();
    }

    /// Takes over into the sum what was changed in the phases.
    pub(crate) fn update_total(&mut self) {
        self.total_s = self.phases.iter().map(|phase| phase.planned_s).sum();
    }

    /// The question before the phase after `current`, if there is one.
    pub fn optional_step_after(&self, current: usize) -> Option<&OptionalStep> {
        self.phases.get(current + 1)?.optional.as_ref()
    }
}

impl Protocol {
    /// Lays the protocol out as a plan. Limits are not looked at here: `limits::plan` is the way to a plan
    /// that may run.
    ///
    /// # Errors
    /// Refuses a change to a kind of step that the protocol does not have (exit code 2).
    pub fn to_plan(&self, overrides: &Overrides) -> Result<Plan> {
        let asked = overrides.rounds.unwrap_or(self.rounds);
        let rounds = asked.planned_count();
        let [before, mut cycle, after] = self.apply_duration_overrides(overrides)?;
        if let Some(kind) = overrides.first_kind {
            let position = cycle.iter().position(|step| step.kind == kind);
            let missing = || self.missing_kind_error(kind, &format!("--first {kind}"));
            cycle.rotate_left(position.ok_or_else(missing)?);
        }
        let phases = |steps: &[Step], round, part| -> Vec<Phase> {
            steps.iter().map(|step| self.build_phase(step, round, part, overrides.time_since_onset)).collect()
        };
        let mut all = phases(&before, 1, ProtocolPart::Before);
        all.extend((1..=rounds).flat_map(|round| phases(&cycle, round, ProtocolPart::Cycle)));
        all.extend(phases(&after, rounds, ProtocolPart::After));
        self.check_optional_steps(&all)?;
        estimate_open_durations(&mut all);
        let mut plan = Plan {
            protocol: self.name.clone(),
            title: self.title.clone(),
            citation: self.citation.clone(),
            preparation: self.preparation.clone(),
            rounds,
            as_needed: asked == Rounds::AsNeeded,
            max_rounds: None,
            rounds_citation: None,
            exposure_limits: Vec::new(),
            lying_limit: None,
            total_s: 0,
            phases: all,
        };
        plan.update_total();
        Ok(plan)
    }

    /// Refuses what only another first kind can bring about.
    fn check_optional_steps(&self, phases: &[Phase]) -> Result<()> {
        let asks_again =
            |phase: &Phase| phase.optional.as_ref().is_some_and(|offer| offer.ask_again_after_s.is_some());
        let wrong = match phases {
            [first, ..] if first.optional.is_some() => "would begin with a step that asks first",
            _ if phases.windows(2).any(|pair| !pair[0].can_be_prolonged() && asks_again(&pair[1])) => {
                "would ask again after a step that cannot go on until then"
            }
            _ => return Ok(()),
        };
        Err(Error::usage(format!("'{}' {wrong}", self.name), "leave --first out, or begin with another kind"))
    }

    /// The steps before, in and after a round, in the lengths that the person asked for.
    fn apply_duration_overrides(&self, overrides: &Overrides) -> Result<[Vec<Step>; 3]> {
        let mut parts = [&self.before, &self.cycle, &self.after].map(Clone::clone);
        for (kind, length) in [(PhaseKind::Heat, overrides.heat), (PhaseKind::Cold, overrides.cold)] {
            let Some(length) = length else { continue };
            let mut steps = parts.iter_mut().flatten().filter(|step| step.kind == kind).peekable();
            if steps.peek().is_none() {
                return Err(self.missing_kind_error(kind, &format!("--{kind}")));
            }
            steps.for_each(|step| step.duration = StepDuration::Fixed(length));
        }
        Ok(parts)
    }

    fn missing_kind_error(&self, kind: PhaseKind, flag: &str) -> Error {
        Error::usage(format!("'{}' has no {kind} phase", self.name), format!("leave {flag} out"))
    }

    fn build_phase(&self, step: &Step, round: u32, part: ProtocolPart, onset_ago: Option<Duration>) -> Phase {
        let (planned_s, until_s) = match step.duration {
            StepDuration::Fixed(length) => (length.as_secs(), None),
            StepDuration::UntilAfterOnset(time) => {
                (0, Some(time.saturating_sub(onset_ago.unwrap_or_default()).as_secs()))
            }
        };
        let source = step.citation.as_ref().unwrap_or(&self.citation);
        let (say, source) = match step.kind.safety_notice() {
            Some((care, says_so)) => (format!("{} {care}", step.instruction), format!("{source}; {says_so}")),
            None => (step.instruction.clone(), source.clone()),
        };
        Phase {
            kind: step.kind,
            name: step.name.clone(),
            round,
            part,
            planned_s,
            ends_after_s: until_s,
            optional: step.optional.clone(),
            presence_check: step.presence_check.clone(),
            presence_check_min_phase_s: None,
            cap_s: None,
            is_shortened: false,
            instruction: say,
            citation: source,
        }
    }
}

/// Gives phases that last until some time the length that is left for them if nothing holds the others up.
fn estimate_open_durations(phases: &mut [Phase]) {
    let mut begins = 0;
    for phase in phases {
        if let Some(until) = phase.ends_after_s {
            phase.planned_s = until.saturating_sub(begins);
        }
        begins += phase.planned_s;
    }
}
