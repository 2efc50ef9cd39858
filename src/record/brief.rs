//! A session in brief: what its figures take, read from a line without holding the rest of it.
//!
//! [`Brief::read`] is the fast way into a history of any size. It understands what this program writes itself
//! and gives up on everything else; whoever asks then takes [`Line::parse`](super::Line::parse), which alone decides what a line
//! says. Where both answer, they answer the same; a property in the tests holds that.

use super::{MOST_PAIN, Outcome, PhaseRecord, SessionRecord, VERSION};
use crate::time::Wall;
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use std::{borrow::Cow, fmt, marker::PhantomData};
use uuid::Uuid;

/// What the figures take of a session. Durations are whole seconds; what is none is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// The session.
    pub id: Uuid,
    /// When its line was written.
    pub at: Wall,
    /// When the first phase began.
    pub started: Wall,
    /// When it ended.
    pub ended: Option<Wall>,
    /// When the back went out.
    pub onset: Option<Wall>,
    /// How it ended.
    pub outcome: Outcome,
    /// The protocol's name.
    pub protocol: String,
    /// What part of the back.
    pub region: Option<String>,
    /// Heat and cold; none where no phase is known.
    pub done: Option<[Dose; 2]>,
    /// Pain before, 0 to 10.
    pub pain_before: Option<u8>,
    /// Pain after, 0 to 10.
    pub pain_after: Option<u8>,
    /// Time past a deadline while nobody had said to swap.
    pub overdue_s: u64,
    /// Time when nobody was timing.
    pub unknown_s: u64,
    /// Swaps that went by themselves and that nobody confirmed.
    pub unconfirmed: u64,
}

/// How much of heat, or of cold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dose {
    /// In the plan, in seconds.
    pub planned_s: u64,
    /// Done, in seconds.
    pub done_s: u64,
}

impl Dose {
    /// More of it. A file may hold any number: past the highest there is, it stays there.
    pub fn add(&mut self, more: Dose) {
        self.planned_s = self.planned_s.saturating_add(more.planned_s);
        self.done_s = self.done_s.saturating_add(more.done_s);
    }
}

impl Brief {
    /// Of a whole record.
    pub fn of(record: &SessionRecord) -> Brief {
        let mut phases = Phases::default();
        record.phases.iter().for_each(|phase| phases.add(&phase.into()));
        Brief {
            id: record.id,
            at: record.at,
            started: record.started,
            ended: record.ended,
            onset: record.onset,
            outcome: record.outcome.clone(),
            protocol: record.protocol.clone(),
            region: record.region.clone(),
            done: phases.done(),
            pain_before: score(record.pain_before),
            pain_after: score(record.pain_after),
            overdue_s: record.overdue_s,
            unknown_s: record.unknown_s,
            unconfirmed: phases.unconfirmed(record.swap.as_deref()),
        }
    }

    /// Reads a line that is a session in the form that this program writes. None says nothing about the line.
    pub fn read(line: &[u8]) -> Option<Brief> {
        let line: SessionLine = serde_json::from_slice(line).ok()?;
        (line.v <= VERSION).then(|| Brief {
            id: line.id,
            at: line.at,
            started: line.started,
            ended: line.ended,
            onset: line.onset,
            outcome: outcome(&line.outcome),
            done: line.phases.done(),
            pain_before: score(line.pain_before),
            pain_after: score(line.pain_after),
            overdue_s: line.overdue_s,
            unknown_s: line.unknown_s,
            unconfirmed: line.phases.unconfirmed(line.swap.as_deref()),
            protocol: line.protocol.into_owned(),
            region: line.region.map(Cow::into_owned),
        })
    }
}

/// A score off the scale is no score.
fn score(pain: Option<u8>) -> Option<u8> {
    pain.filter(|score| *score <= MOST_PAIN)
}

fn outcome(word: &str) -> Outcome {
    match word {
        "completed" => Outcome::Completed,
        "stopped" => Outcome::Stopped,
        "interrupted" => Outcome::Interrupted,
        "cut_short" => Outcome::CutShort,
        "not_begun" => Outcome::NotBegun,
        "unknown" => Outcome::Unknown,
        other => Outcome::Other(other.into()),
    }
}

/// [`SessionRecord`] as it stands in a line. Every field has to be here, with a type that refuses what the
/// record's own refuses. Unknown fields are left to the record's own reading: serde skips them unread.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is not used has to be readable all the same")]
struct SessionLine<'a> {
    v: u32,
    kind: Kind,
    id: Uuid,
    at: Wall,
    started: Wall,
    #[serde(borrow, default)]
    tz: Option<Cow<'a, str>>,
    #[serde(default)]
    ended: Option<Wall>,
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    #[serde(borrow)]
    protocol: Cow<'a, str>,
    #[serde(borrow, default)]
    swap: Option<Cow<'a, str>>,
    planned_s: u64,
    active_s: u64,
    #[serde(default)]
    paused_s: u64,
    #[serde(default)]
    overdue_s: u64,
    #[serde(default)]
    asking_s: u64,
    #[serde(default)]
    unknown_s: u64,
    #[serde(default)]
    slept_s: u64,
    #[serde(default)]
    extended_s: u64,
    #[serde(default)]
    allow_long: bool,
    #[serde(default)]
    pain_before: Option<u8>,
    #[serde(default)]
    pain_after: Option<u8>,
    #[serde(default)]
    ratings: Each<RatingLine>,
    #[serde(borrow, default)]
    region: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    side: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    trigger: Option<Cow<'a, str>>,
    #[serde(default)]
    onset: Option<Wall>,
    #[serde(borrow, default)]
    note: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    why: Option<Cow<'a, str>>,
    phases: Phases,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Session,
}

/// [`Rating`](super::Rating) as it stands in a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is not used has to be readable all the same")]
struct RatingLine {
    at: Wall,
    score: u8,
}

/// [`PhaseRecord`] as it stands in a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is not used has to be readable all the same")]
struct PhaseLine<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    round: u32,
    planned_s: u64,
    actual_s: u64,
    #[serde(default)]
    overdue_s: u64,
    #[serde(default)]
    unknown_s: u64,
    #[serde(default)]
    slept_s: u64,
    #[serde(default)]
    answered_after_s: Option<u64>,
    #[serde(default)]
    started: Option<Wall>,
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    #[serde(borrow, default)]
    source: Option<Cow<'a, str>>,
}

/// What the sums take of a phase.
struct PhaseBrief<'a> {
    kind: &'a str,
    dose: Dose,
    overdue_s: u64,
    answered: bool,
    begun: bool,
    completed: bool,
}

impl<'a> From<&'a PhaseRecord> for PhaseBrief<'a> {
    fn from(phase: &'a PhaseRecord) -> PhaseBrief<'a> {
        PhaseBrief {
            kind: &phase.kind,
            dose: Dose { planned_s: phase.planned_s, done_s: phase.actual_s },
            overdue_s: phase.overdue_s,
            answered: phase.answered_after_s.is_some(),
            begun: phase.started.is_some(),
            completed: phase.outcome == Outcome::Completed,
        }
    }
}

impl<'a> From<&'a PhaseLine<'_>> for PhaseBrief<'a> {
    fn from(phase: &'a PhaseLine) -> PhaseBrief<'a> {
        PhaseBrief {
            kind: &phase.kind,
            dose: Dose { planned_s: phase.planned_s, done_s: phase.actual_s },
            overdue_s: phase.overdue_s,
            answered: phase.answered_after_s.is_some(),
            begun: phase.started.is_some(),
            completed: phase.outcome == "completed",
        }
    }
}

/// The phases so far, added up.
#[derive(Default)]
struct Phases {
    any: bool,
    heat: Dose,
    cold: Dose,
    /// Whether the phase before ran to its deadline and no further: then the next began by itself, or was asked
    /// for with the same second's key.
    ran_out: bool,
    unconfirmed: u64,
}

impl Phases {
    fn add(&mut self, phase: &PhaseBrief) {
        match phase.kind {
            "heat" => self.heat.add(phase.dose),
            "cold" => self.cold.add(phase.dose),
            _ => {}
        }
        self.unconfirmed += u64::from(self.ran_out && phase.begun && !phase.answered);
        self.ran_out = phase.completed && phase.overdue_s == 0;
        self.any = true;
    }

    fn done(&self) -> Option<[Dose; 2]> {
        self.any.then_some([self.heat, self.cold])
    }

    /// Only a session that swaps by itself has swaps to be confirmed.
    fn unconfirmed(&self, swap: Option<&str>) -> u64 {
        if swap == Some("auto") { self.unconfirmed } else { 0 }
    }
}

impl<'de> Deserialize<'de> for Phases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Phases, D::Error> {
        struct Sum;
        impl<'de> Visitor<'de> for Sum {
            type Value = Phases;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("phases")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut phases: A) -> Result<Phases, A::Error> {
                let mut sum = Phases::default();
                while let Some(phase) = phases.next_element::<PhaseLine>()? {
                    sum.add(&(&phase).into());
                }
                Ok(sum)
            }
        }
        deserializer.deserialize_seq(Sum)
    }
}

/// A list of which only the form matters.
struct Each<T>(PhantomData<T>);

impl<T> Default for Each<T> {
    fn default() -> Each<T> {
        Each(PhantomData)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Each<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Each<T>, D::Error> {
        struct Drop<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Drop<T> {
            type Value = Each<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut each: A) -> Result<Each<T>, A::Error> {
                while each.next_element::<T>()?.is_some() {}
                Ok(Each(PhantomData))
            }
        }
        deserializer.deserialize_seq(Drop(PhantomData))
    }
}
