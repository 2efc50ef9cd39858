//! A question before a phase: only a yes begins it. A no leaves it out, or lets the phase before go on for a while.

use super::{Actor, Command, Event, Reply, Session};
use crate::{
    protocol::{OptionalStep, Phase},
    time::{WallTime, format_duration},
};
use std::time::Duration;

impl Session {
    /// The question that comes with the end of the current phase, if one does.
    pub(super) fn next_optional_step(&self) -> Option<&OptionalStep> {
        self.plan().optional_step_after(self.current_phase_index()).filter(|_| !self.is_over())
    }

    /// The question that is open now: the current phase's time is up, and the next one asks first.
    pub(super) fn open_optional_step(&self) -> Option<&OptionalStep> {
        self.next_optional_step().filter(|_| self.is_phase_time_up() && !self.has_resume_prompt)
    }

    /// Cuts the current phase short. A question that comes with its end is asked.
    pub(super) fn skip_phase(&mut self, at: WallTime) {
        if self.next_optional_step().is_none() {
            return self.end_phase(at, Actor::Person);
        }
        (self.is_paused, self.has_resume_prompt) = (false, false);
        let left = self.phase_remaining();
        self.current_progress_mut().shortened_by += left;
    }

    /// Leaves the next phase out. What follows it begins, unless it asks as well.
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

    /// The answer to what a person says while the question is open; none where it is answered like anything else.
    pub(super) fn try_at_optional_step(
        &self,
        command: &Command,
    ) -> Option<Result<(String, Vec<Event>), Reply>> {
        // The computer slept past the end of a phase: first that, then the question.
        if let (Some(offer), true) =
            (self.next_optional_step(), self.has_resume_prompt && self.is_phase_time_up())
        {
            let goes_on = matches!(command, Command::Next | Command::Resume);
            return goes_on.then(|| Ok((offer.question.clone(), vec![Event::Resumed])));
        }
        let offer = self.open_optional_step()?;
        match command {
            Command::Skip => Some(self.try_decline(offer)),
            Command::Resume => Some(Err(Reply::Already(format!(
                "it asks you: {} `easeback next` is yes, `easeback skip` is no",
                offer.question
            )))),
            Command::Extend(_) if self.current_progress().is_declined => {
                Some(Err(Reply::Refused("no phase runs that could be longer".into())))
            }
            _ => None,
        }
    }

    fn try_decline(&self, offer: &OptionalStep) -> Result<(String, Vec<Event>), Reply> {
        let leaving = self.current_phase_index();
        if let Some(by_s) = offer.ask_again_after_s.filter(|_| !self.current_progress().is_declined) {
            let again =
                format!("not yet: you are asked again in {}", format_duration(Duration::from_secs(by_s)));
            return Ok((again, vec![Event::PhaseExtended { phase: leaving, by_s }]));
        }
        let mut without = self.clone();
        without.decline_optional_step(self.accounted_until.wall);
        if !without.is_over() {
            without.check_limits(&self.plan().phases, without.phase_remaining())?;
        }
        let left_out = self.plan().phases.get(leaving + 1).map_or("it", Phase::name);
        let follows = match without.is_over() {
            true => "that was the last phase".into(),
            false => match without.open_optional_step() {
                Some(offer) => offer.question.clone(),
                None => format!(
                    "{} now, {}",
                    without.current_phase().name(),
                    format_duration(without.phase_length())
                ),
            },
        };
        Ok((format!("{left_out} is left out: {follows}"), vec![Event::StepDeclined { from_phase: leaving }]))
    }
}
