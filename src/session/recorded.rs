//! What a session leaves in the history. The lines alone decide: settled twice, it is the same record.

use super::{By, Progress, Session};
use crate::{
    protocol::Phase,
    record::{Outcome, PhaseRecord, Rating, SessionRecord},
};
use serde_json::Map;
use std::time::Duration;

impl Session {
    /// Whether its record is decided on, and at most not yet written.
    pub fn is_settled(&self) -> bool {
        self.settled.is_some()
    }

    /// Whether that record is written, by the word of whoever wrote it.
    pub fn is_recorded(&self) -> bool {
        self.settled.is_some_and(|at| self.recorded == Some(at.whole_millis()))
    }

    /// The record, as far as the lines go. Nobody having ended it, it was interrupted; its end is known only
    /// if somebody was there.
    pub fn record(&self) -> SessionRecord {
        let parts = self.parts();
        let facts = &self.begun.facts;
        let seconds = |length: Duration| length.as_secs();
        let sum = |of: fn(&Progress) -> Duration| self.phases.iter().map(of).sum::<Duration>().as_secs();
        SessionRecord {
            id: self.begun.id,
            at: self.settled.unwrap_or(self.clock.wall).whole_millis(),
            started: self.started.whole_seconds(),
            tz: facts.tz.clone(),
            ended: self.ending.as_ref().map(|ending| ending.at.whole_seconds()),
            outcome: self.ending.as_ref().map_or(Outcome::Interrupted, |ending| ending.outcome.clone()),
            protocol: self.plan().protocol.clone(),
            swap: Some(self.begun.settings.swap.as_str().into()),
            planned_s: self.plan().total_s,
            active_s: seconds(parts.active),
            paused_s: seconds(parts.paused),
            overdue_s: seconds(parts.overdue),
            asking_s: seconds(parts.asking),
            unknown_s: seconds(parts.unknown),
            slept_s: sum(|phase| phase.slept),
            extended_s: sum(|phase| phase.extended),
            allow_long: self.begun.settings.allow_long,
            as_needed: self.plan().as_needed,
            pain_before: facts.pain,
            pain_after: self.ratings.last().map(|rating| rating.score),
            ratings: self.all_ratings(),
            region: facts.region.clone(),
            side: facts.side.clone(),
            trigger: facts.trigger.clone(),
            onset: facts.onset,
            note: self.all_notes(),
            why: self.why.clone(),
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
            rest: Map::new(),
        }
    }

    fn all_ratings(&self) -> Vec<Rating> {
        let before = self.begun.facts.pain.map(|score| Rating { at: self.started.whole_seconds(), score });
        before.into_iter().chain(self.ratings.iter().cloned()).collect()
    }

    fn all_notes(&self) -> Option<String> {
        let notes: Vec<&str> =
            self.begun.facts.note.iter().chain(self.notes.iter()).map(String::as_str).collect();
        (!notes.is_empty()).then(|| notes.join("\n"))
    }

    fn phase_record(&self, index: usize, plan: &Phase) -> PhaseRecord {
        let progress = self.phases.get(index).filter(|progress| !progress.declined);
        let parts = progress.map(|progress| progress.parts).unwrap_or_default();
        let is_done = progress.is_some_and(|progress| {
            let length = progress.length.unwrap_or(plan.planned()) + progress.extended;
            progress.cut.is_zero() && parts.active >= length
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
                .filter(|progress| progress.begun_by == Some(By::Timer))
                .and_then(|progress| progress.answered_after)
                .map(|after| after.as_secs()),
            started: progress.map(|progress| progress.began.whole_seconds()),
            outcome: match progress {
                None => Outcome::NotBegun,
                _ if is_done => Outcome::Completed,
                Some(progress) if progress.left => Outcome::CutShort,
                Some(_) => Outcome::Unknown,
            },
            source: Some(plan.source.clone()),
            rest: Map::new(),
        }
    }
}
