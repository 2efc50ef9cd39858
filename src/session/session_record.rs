//! What a session leaves in the history. The lines alone decide: settled twice, it is the same record.

use super::{Actor, PhaseProgress, Session};
use crate::{
    protocol::Phase,
    record::{Outcome, PainRating, PhaseRecord, SessionRecord},
};
use serde_json::Map;
use std::time::Duration;

impl Session {
    /// Whether its record is decided on, and at most not yet written.
    pub fn is_settled(&self) -> bool {
        self.finalized_at.is_some()
    }

    /// Whether that record is written, by the word of whoever wrote it.
    pub(crate) fn is_recorded(&self) -> bool {
        self.finalized_at.is_some_and(|at| self.recorded == Some(at.truncate_to_millis()))
    }

    /// The record, as far as the lines go. Nobody having ended it, it was interrupted; its end is known only
    /// if somebody was there.
    pub fn to_record(&self) -> SessionRecord {
        let parts = self.time_breakdown();
        let facts = &self.header.intake;
        let seconds = |length: Duration| length.as_secs();
        let sum = |of: fn(&PhaseProgress) -> Duration| {
            self.phase_progress.iter().map(of).sum::<Duration>().as_secs()
        };
        SessionRecord {
            id: self.header.id,
            at: self.finalized_at.unwrap_or(self.accounted_until.wall).truncate_to_millis(),
            started: self.started.truncate_to_seconds(),
            tz: facts.tz.clone(),
            ended: self.ending.as_ref().map(|ending| ending.ended_at.truncate_to_seconds()),
            outcome: self.ending.as_ref().map_or(Outcome::Interrupted, |ending| ending.outcome.clone()),
            protocol: self.plan().protocol.clone(),
            swap: Some(self.header.settings.swap.as_str().into()),
            planned_s: self.plan().total_s,
            active_s: seconds(parts.active),
            paused_s: seconds(parts.paused),
            overdue_s: seconds(parts.overdue),
            asking_s: seconds(parts.asking),
            unknown_s: seconds(parts.unknown),
            slept_s: sum(|phase| phase.slept),
            extended_s: sum(|phase| phase.extended_by),
            allow_long: self.header.settings.allow_long,
            as_needed: self.plan().as_needed,
            pain_before: facts.pain,
            pain_after: self.ratings.last().map(|rating| rating.score),
            ratings: self.all_pain_ratings(),
            region: facts.region.clone(),
            side: facts.side.clone(),
            trigger: facts.trigger.clone(),
            onset: facts.onset,
            note: self.join_notes(),
            stop_reason: self.stop_reason.clone(),
            origin: None,
            cover: None,
            posture: None,
            skin: None,
            answers: facts.answers.clone(),
            phases: self
                .plan()
                .phases
                .iter()
                .enumerate()
                .map(|(index, plan)| self.phase_record(index, plan))
                .collect(),
            unknown_fields: Map::new(),
        }
    }

    fn all_pain_ratings(&self) -> Vec<PainRating> {
        let before =
            self.header.intake.pain.map(|score| PainRating { at: self.started.truncate_to_seconds(), score });
        before.into_iter().chain(self.ratings.iter().cloned()).collect()
    }

    fn join_notes(&self) -> Option<String> {
        let notes: Vec<&str> =
            self.header.intake.note.iter().chain(self.notes.iter()).map(String::as_str).collect();
        (!notes.is_empty()).then(|| notes.join("\n"))
    }

    fn phase_record(&self, index: usize, plan: &Phase) -> PhaseRecord {
        let progress = self.phase_progress.get(index).filter(|progress| !progress.is_declined);
        let parts = progress.map(|progress| progress.time_breakdown).unwrap_or_default();
        let is_done = progress.is_some_and(|progress| {
            let length = progress.length_at_start.unwrap_or(plan.planned_duration()) + progress.extended_by;
            progress.shortened_by.is_zero() && parts.active >= length
        });
        PhaseRecord {
            kind: plan.kind.as_str().into(),
            name: plan.name.clone(),
            round: plan.round,
            planned_s: plan.planned_s,
            actual_s: parts.active.as_secs(),
            overdue_s: parts.overdue.as_secs(),
            unknown_s: parts.unknown.as_secs(),
            slept_s: progress.map_or(0, |progress| progress.slept.as_secs()),
            answered_after_s: progress
                .filter(|progress| progress.started_by == Some(Actor::Timer))
                .and_then(|progress| progress.answered_after)
                .map(|after| after.as_secs()),
            started: progress.map(|progress| progress.started.truncate_to_seconds()),
            outcome: match progress {
                None => Outcome::NotBegun,
                _ if is_done => Outcome::Completed,
                Some(progress) if progress.has_ended => Outcome::CutShort,
                Some(_) => Outcome::Unknown,
            },
            citation: Some(plan.citation.clone()),
            unknown_fields: Map::new(),
        }
    }
}
