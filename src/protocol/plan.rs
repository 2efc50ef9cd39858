//! The plan: a protocol with every choice made, as a flat list of phases.

use super::{ExposureLimit, PhaseKind, Protocol, Rounds, Step, StepDuration};
use crate::{
    error::{Error, Result},
    time::WallTime,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the person changes in a protocol, and what they said about the onset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// The length of each heat phase.
    pub heat: Option<Duration>,
    /// The length of each cold phase.
    pub cold: Option<Duration>,
    /// How many rounds.
    pub rounds: Option<Rounds>,
    /// The kind of phase that each round begins with.
    pub first_kind: Option<PhaseKind>,
    /// When the back went out, if known: `until` times count from then.
    pub onset: Option<WallTime>,
}

/// Everything that a session will do, as a flat list of phases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The protocol's name.
    pub protocol: String,
    /// A title of one line.
    pub title: String,
    /// The source of the protocol.
    #[serde(rename = "source")]
    pub citation: String,
    /// What to do and to have ready before the first phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "prepare")]
    pub preparation: Option<String>,
    /// The number of rounds, with those added later.
    pub rounds: u32,
    /// Whether another round is offered at the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_needed: bool,
    /// The most rounds allowed, with those added later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "most_rounds")]
    pub max_rounds: Option<u32>,
    /// The source of that limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "rounds_source")]
    pub rounds_citation: Option<String>,
    /// The limits on heat and cold; empty if they are lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "guards")]
    pub exposure_limits: Vec<ExposureLimit>,
    /// The longest time lying before a reminder to get up; its kind stands for every kind that is done lying down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "lying")]
    pub lying_limit: Option<ExposureLimit>,
    /// The length of all phases, in seconds.
    pub total_s: u64,
    /// The phases in order.
    pub phases: Vec<Phase>,
}

/// One phase of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// What the person does in it.
    pub kind: PhaseKind,
    /// The name, if the kind does not say enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The round, from 1.
    pub round: u32,
    /// Whether it belongs to a round, or comes before or after all rounds.
    #[serde(default, skip_serializing_if = "ProtocolPart::is_cycle")]
    pub part: ProtocolPart,
    /// The planned length in seconds.
    pub planned_s: u64,
    /// It ends this many seconds after the session's start, whatever its length is then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "until_s")]
    pub ends_after_s: Option<u64>,
    /// A question before the phase; only a yes starts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "offer")]
    pub optional: Option<OptionalStep>,
    /// A question halfway through that checks whether the person is there; any key answers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "check")]
    pub presence_check: Option<String>,
    /// The check is only asked if the phase lasts at least this many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "check_from_s")]
    pub presence_check_min_phase_s: Option<u64>,
    /// The longest that it may be extended to, in seconds; absent without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_s: Option<u64>,
    /// Whether it was shortened because of what was done just before. Only shown before a session.
    #[serde(skip)]
    pub is_shortened: bool,
    /// The instruction for the person.
    #[serde(rename = "say")]
    pub instruction: String,
    /// The source of the step.
    #[serde(rename = "source")]
    pub citation: String,
}

/// The question before an optional phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionalStep {
    /// A yes-or-no question.
    #[serde(rename = "ask")]
    pub question: String,
    /// How many seconds after a no it is asked again, while the phase before goes on; absent if a no leaves the phase
    /// out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "again_s")]
    pub ask_again_after_s: Option<u64>,
}

/// Which part of a protocol a phase comes from.
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
    /// The planned length.
    pub fn planned_duration(&self) -> Duration {
        Duration::from_secs(self.planned_s)
    }

    /// The word for what is on the skin in this phase.
    pub(crate) fn pack_name(&self) -> &'static str {
        if self.kind == PhaseKind::Heat { "pad" } else { "pack" }
    }

    /// The name for screens and speech.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.kind.as_str())
    }

    /// Whether it may go on until a declined question is asked again: not a pack, and it surely ran.
    fn can_be_prolonged(&self) -> bool {
        !self.kind.has_pack() && self.optional.as_ref().is_none_or(|step| step.ask_again_after_s.is_some())
    }

    /// Its length as counted for a limit on `kind`. A phase of another kind that may be left out or get shorter does
    /// not count as a break.
    pub(crate) fn duration_counted_for(&self, kind: PhaseKind) -> Duration {
        let is_sure = self.optional.is_none() && self.ends_after_s.is_none();
        if self.kind == kind || is_sure { self.planned_duration() } else { Duration::ZERO }
    }
}

impl Plan {
    /// Adds rounds after the last one, or at the very end if a phase after the rounds has begun. `begun_count` is how
    /// many phases have begun.
    pub(crate) fn add_rounds(&mut self, rounds: impl IntoIterator<Item = u32>, begun_count: usize) {
        // The first round may have been shortened because of the session before.
        let is_last = |phase: &&Phase| phase.round == self.rounds && phase.part == ProtocolPart::Cycle;
        let cycle: Vec<Phase> = self.phases.iter().filter(is_last).cloned().collect();
        let after_start = self.phases.iter().position(|phase| phase.part == ProtocolPart::After);
        let mut insert_at = after_start.filter(|start| *start >= begun_count).unwrap_or(self.phases.len());
        for round in rounds {
            let new_phases = cycle.iter().cloned().map(|phase| Phase { round, ..phase });
            self.phases.splice(insert_at..insert_at, new_phases);
            insert_at += cycle.len();
            self.rounds = round;
        }
        for phase in &mut self.phases[insert_at..] {
            phase.round = self.rounds;
        }
        self.update_total();
    }

    /// Counts the end times from an onset this long before the session's start.
    pub(crate) fn count_from_onset(&mut self, time_since_onset: Duration) {
        for end_s in self.phases.iter_mut().filter_map(|phase| phase.ends_after_s.as_mut()) {
            *end_s = end_s.saturating_sub(time_since_onset.as_secs());
        }
        estimate_open_durations(&mut self.phases);
        self.update_total();
    }

    /// Recomputes the total from the phases.
    pub(crate) fn update_total(&mut self) {
        self.total_s = self.phases.iter().map(|phase| phase.planned_s).sum();
    }

    /// The question before the phase after `current`, if it is optional.
    pub fn optional_step_after(&self, current: usize) -> Option<&OptionalStep> {
        self.phases.get(current + 1)?.optional.as_ref()
    }
}

impl Protocol {
    /// Builds a plan without checking limits: only `limits` gives a plan that may run. `until` times count
    /// from the session's start.
    ///
    /// # Errors
    /// Refuses an override for a kind of step that the protocol does not have (exit code 2).
    pub fn to_plan(&self, overrides: &Overrides) -> Result<Plan> {
        let requested_rounds = overrides.rounds.unwrap_or(self.rounds);
        let rounds = requested_rounds.planned_count();
        let [before_steps, mut cycle_steps, after_steps] = self.apply_duration_overrides(overrides)?;
        if let Some(kind) = overrides.first_kind {
            let position = cycle_steps.iter().position(|step| step.kind == kind);
            let missing_kind = || self.missing_kind_error(kind, &format!("--first {kind}"));
            cycle_steps.rotate_left(position.ok_or_else(missing_kind)?);
        }
        let build_phases = |steps: &[Step], round, part| -> Vec<Phase> {
            steps.iter().map(|step| self.build_phase(step, round, part)).collect()
        };
        let mut phases = build_phases(&before_steps, 1, ProtocolPart::Before);
        phases.extend((1..=rounds).flat_map(|round| build_phases(&cycle_steps, round, ProtocolPart::Cycle)));
        phases.extend(build_phases(&after_steps, rounds, ProtocolPart::After));
        self.check_optional_steps(&phases)?;
        estimate_open_durations(&mut phases);
        let mut plan = Plan {
            protocol: self.name.clone(),
            title: self.title.clone(),
            citation: self.citation.clone(),
            preparation: self.preparation.clone(),
            rounds,
            as_needed: requested_rounds == Rounds::AsNeeded,
            max_rounds: None,
            rounds_citation: None,
            exposure_limits: Vec::new(),
            lying_limit: None,
            total_s: 0,
            phases,
        };
        plan.update_total();
        Ok(plan)
    }

    /// Refuses optional steps that `--first` put into a place where they cannot work.
    fn check_optional_steps(&self, phases: &[Phase]) -> Result<()> {
        let is_asked_again =
            |phase: &Phase| phase.optional.as_ref().is_some_and(|step| step.ask_again_after_s.is_some());
        let problem = match phases {
            [first, ..] if first.optional.is_some() => "would begin with a step that asks first",
            _ if phases.windows(2).any(|pair| !pair[0].can_be_prolonged() && is_asked_again(&pair[1])) => {
                "would ask again after a step that cannot go on until then"
            }
            _ => return Ok(()),
        };
        Err(Error::usage(format!("'{}' {problem}", self.name), "leave --first out, or type another kind"))
    }

    /// The steps before, in and after a round, with the overridden lengths.
    fn apply_duration_overrides(&self, overrides: &Overrides) -> Result<[Vec<Step>; 3]> {
        let mut parts = [&self.before, &self.cycle, &self.after].map(Clone::clone);
        for (kind, duration) in [(PhaseKind::Heat, overrides.heat), (PhaseKind::Cold, overrides.cold)] {
            let Some(duration) = duration else { continue };
            let mut steps = parts.iter_mut().flatten().filter(|step| step.kind == kind).peekable();
            if steps.peek().is_none() {
                return Err(self.missing_kind_error(kind, &format!("--{kind}")));
            }
            for step in steps {
                step.duration = StepDuration::Fixed(duration);
            }
        }
        Ok(parts)
    }

    fn missing_kind_error(&self, kind: PhaseKind, flag: &str) -> Error {
        Error::usage(format!("'{}' has no {kind} phase", self.name), format!("leave {flag} out"))
    }

    fn build_phase(&self, step: &Step, round: u32, part: ProtocolPart) -> Phase {
        let (planned_s, ends_after_s) = match step.duration {
            StepDuration::Fixed(duration) => (duration.as_secs(), None),
            StepDuration::UntilAfterOnset(time_after_onset) => (0, Some(time_after_onset.as_secs())),
        };
        let citation = step.citation.as_ref().unwrap_or(&self.citation);
        let (instruction, citation) = match step.kind.safety_notice() {
            Some((safety_sentence, safety_citation)) => {
                (format!("{} {safety_sentence}", step.instruction), format!("{citation}; {safety_citation}"))
            }
            None => (step.instruction.clone(), citation.clone()),
        };
        Phase {
            kind: step.kind,
            name: step.name.clone(),
            round,
            part,
            planned_s,
            ends_after_s,
            optional: step.optional.clone(),
            presence_check: step.presence_check.clone(),
            presence_check_min_phase_s: None,
            cap_s: None,
            is_shortened: false,
            instruction,
            citation,
        }
    }
}

/// Sets the planned length of each phase with an end time, as if no pause holds up the phases before it.
fn estimate_open_durations(phases: &mut [Phase]) {
    let mut start_s = 0;
    for phase in phases {
        if let Some(end_s) = phase.ends_after_s {
            phase.planned_s = end_s.saturating_sub(start_s);
        }
        start_s += phase.planned_s;
    }
}
