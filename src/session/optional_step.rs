//! A question before an optional phase: only a yes starts it. A no leaves it out, or lets the phase before go on for a
//! while.

use super::{Actor, Command, Event, Reply, Session};
use crate::{
    protocol::{OptionalStep, Phase},
    time::{WallTime, format_duration},
};
use std::time::Duration;

impl Session {
    /// The question at the end of the current phase, if the next one is optional.
    pub(super) fn next_optional_step(&self) -> Option<&OptionalStep> {
        self.plan().optional_step_after(self.current_phase_index()).filter(|_| !self.is_over())
    }

    /// The question that is open now: the current phase's time is up, and the next one is optional.
    pub(super) fn open_optional_step(&self) -> Option<&OptionalStep> {
        self.next_optional_step().filter(|_| self.is_phase_time_up() && !self.has_resume_prompt)
    }

    /// Ends the current phase early. If the next phase is optional, its question is asked.
    pub(super) fn skip_phase(&mut self, at: WallTime) {
        if self.next_optional_step().is_none() {
            return self.end_phase(at, Actor::Person);
        }
        self.start_clock();
        let remaining = self.phase_remaining();
        self.current_progress_mut().shortened_by += remaining;
    }

    /// Leaves the next phase out. The one after it starts, unless it is optional as well.
    pub(super) fn decline_optional_step(&mut self, at: WallTime) {
        if self.open_optional_step().is_none() {
            return;
        }
        self.end_phase(at, Actor::Person);
        self.current_progress_mut().is_declined = true;
        if self.next_optional_step().is_none() {
            self.end_phase(at, Actor::Person);
        }
    }

    /// The result of a command while the question is open; `None` if the command is handled as usual.
    pub(super) fn try_at_optional_step(
        &self,
        command: &Command,
    ) -> Option<Result<(String, Vec<Event>), Reply>> {
        // After a sleep past the end of the phase, the resume prompt comes first, then the question.
        if self.has_resume_prompt
            && self.is_phase_time_up()
            && let Some(step) = self.next_optional_step()
        {
            let is_confirmed = matches!(command, Command::Next | Command::Resume);
            return is_confirmed.then(|| Ok((step.question.clone(), vec![Event::Resumed])));
        }
        let step = self.open_optional_step()?;
        match command {
            Command::Skip => Some(self.try_decline(step)),
            Command::Resume => Some(Err(Reply::Already(format!(
                "it asks you: {} `easeback next` is yes, `easeback skip` is no",
                step.question
            )))),
            Command::Extend(_) if self.current_progress().is_declined => {
                Some(Err(Reply::Refused("no phase runs that could be longer".into())))
            }
            _ => None,
        }
    }

    fn try_decline(&self, step: &OptionalStep) -> Result<(String, Vec<Event>), Reply> {
        let from_phase = self.current_phase_index();
        if let Some(by_s) = step.ask_again_after_s.filter(|_| !self.current_progress().is_declined) {
            let message =
                format!("not yet: you are asked again in {}", format_duration(Duration::from_secs(by_s)));
            return Ok((message, vec![Event::PhaseExtended { phase: from_phase, by_s }]));
        }
        let mut after_decline = self.clone();
        after_decline.decline_optional_step(self.accounted_until.wall);
        if !after_decline.is_over() {
            after_decline.check_limits(&self.plan().phases, after_decline.phase_remaining())?;
        }
        let skipped_name = self.plan().phases.get(from_phase + 1).map_or("it", Phase::name);
        let next = if after_decline.is_over() {
            "that was the last phase".into()
        } else if let Some(step) = after_decline.open_optional_step() {
            step.question.clone()
        } else {
            format!(
                "{} now, {}",
                after_decline.current_phase().name(),
                format_duration(after_decline.phase_length())
            )
        };
        Ok((format!("{skipped_name} is left out: {next}"), vec![Event::StepDeclined { from_phase }]))
    }
}
