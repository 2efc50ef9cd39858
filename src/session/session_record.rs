//! The record of a session for the history. It depends on the entries alone: finalizing twice gives the same record.

use super::{Actor, PhaseProgress, Session};
use crate::{
    protocol::Phase,
    record::{Outcome, PainRating, PhaseRecord, SessionRecord},
};
use serde_json::Map;
use std::time::Duration;

impl Session {
    /// Whether its record is final, though perhaps not written yet.
    pub fn is_finalized(&self) -> bool {
        self.finalized_at.is_some()
    }

    /// Whether that record was written, according to the journal.
    pub(crate) fn is_recorded(&self) -> bool {
        self.finalized_at.is_some_and(|at| self.recorded_at == Some(at.truncate_to_millis()))
    }

    /// The record as far as the journal goes. A session without an end in the journal was interrupted, and its end is
    /// unknown.
    pub fn to_record(&self) -> SessionRecord {
        let time_breakdown = self.time_breakdown();
        let intake = &self.header.intake;
        let to_seconds = |length: Duration| length.as_secs();
        let sum_seconds = |phase_duration: fn(&PhaseProgress) -> Duration| {
            self.phase_progress.iter().map(phase_duration).sum::<Duration>().as_secs()
        };
        SessionRecord {
            id: self.header.id,
            at: self.finalized_at.unwrap_or(self.accounted_until.wall).truncate_to_millis(),
            started: self.started.truncate_to_seconds(),
            tz: intake.tz.clone(),
            ended: self.ending.as_ref().map(|ending| ending.ended_at.truncate_to_seconds()),
            outcome: self.ending.as_ref().map_or(Outcome::Interrupted, |ending| ending.outcome.clone()),
            protocol: self.plan().protocol.clone(),
            swap: Some(self.header.settings.swap.as_str().into()),
            planned_s: self.plan().total_s,
            active_s: to_seconds(time_breakdown.active),
            paused_s: to_seconds(time_breakdown.paused),
            overdue_s: to_seconds(time_breakdown.overdue),
            asking_s: to_seconds(time_breakdown.asking),
            unknown_s: to_seconds(time_breakdown.unknown),
            slept_s: sum_seconds(|phase| phase.slept),
            extended_s: sum_seconds(|phase| phase.extended_by),
            allow_long: self.header.settings.allow_long,
            as_needed: self.plan().as_needed,
            pain_before: intake.pain,
            pain_after: self.ratings.last().map(|rating| rating.score),
            ratings: self.all_pain_ratings(),
            region: intake.region.clone(),
            side: intake.side.clone(),
            trigger: intake.trigger.clone(),
            onset: intake.onset,
            note: self.join_notes(),
            stop_reason: self.stop_reason.clone(),
            origin: None,
            cover: None,
            posture: None,
            skin: None,
            answers: intake.answers.clone(),
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
        let initial_rating =
            self.header.intake.pain.map(|score| PainRating { at: self.started.truncate_to_seconds(), score });
        initial_rating.into_iter().chain(self.ratings.iter().cloned()).collect()
    }

    fn join_notes(&self) -> Option<String> {
        let notes: Vec<&str> =
            self.header.intake.note.iter().chain(self.notes.iter()).map(String::as_str).collect();
        (!notes.is_empty()).then(|| notes.join("\n"))
    }

    fn phase_record(&self, index: usize, plan: &Phase) -> PhaseRecord {
        let progress = self.phase_progress.get(index).filter(|progress| !progress.is_declined);
        let time_breakdown = progress.map(|progress| progress.time_breakdown).unwrap_or_default();
        let is_done = progress.is_some_and(|progress| {
            let length = progress.length_at_start.unwrap_or(plan.planned_duration()) + progress.extended_by;
            progress.shortened_by.is_zero() && time_breakdown.active >= length
        });
        PhaseRecord {
            kind: plan.kind.as_str().into(),
            name: plan.name.clone(),
            round: plan.round,
            planned_s: plan.planned_s,
            actual_s: time_breakdown.active.as_secs(),
            overdue_s: time_breakdown.overdue.as_secs(),
            unknown_s: time_breakdown.unknown.as_secs(),
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
