//! A session in brief: what its figures take, read from a line without holding the rest of it.
//!
//! [`Brief::read`] is the fast way into a history of any size. It understands what this program writes itself
//! and gives up on everything else; whoever asks then takes [`Line::parse`](super::Line::parse), which alone decides what a line
//! says. Where both answer, they answer the same; a property in the tests holds that.

use super::{MOST_PAIN, Outcome, PhaseRecord, SessionRecord, VERSION};
use crate::time::Wall;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
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
        serde_json::from_slice::<SessionLine>(line).ok()?.brief()
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

/// Reads an object whose fields stand in this order, any of them left out, and no others. Looking for each name
/// only where it can stand halves the time that a history takes; what stands otherwise is refused, and then read
/// by [`Line::parse`](super::Line::parse).
macro_rules! in_order {
    ($(#[$about:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Default)]
        #[allow(dead_code, reason = "what is not used has to be readable all the same")]
        struct $name<'a> {
            $($field: Option<$type>,)*
            lives: PhantomData<&'a ()>,
        }

        impl<'a> Deserialize<'a> for $name<'a> {
            fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<$name<'a>, D::Error> {
                struct Fields;
                impl<'a> Visitor<'a> for Fields {
                    type Value = $name<'a>;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(stringify!($name))
                    }
                    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<$name<'a>, A::Error> {
                        let mut line = $name::default();
                        let mut key: Option<&'a str> = map.next_key()?;
                        $(if key == Some(stringify!($field)) {
                            line.$field = Some(map.next_value()?);
                            key = map.next_key()?;
                        })*
                        match key {
                            None => Ok(line),
                            Some(_) => Err(A::Error::custom("not as this program writes it")),
                        }
                    }
                }
                deserializer.deserialize_map(Fields)
            }
        }
    };
}

in_order! {
    /// [`SessionRecord`] as it stands in a line. Every field has to be here, in its order, with a type that
    /// refuses what the record's own refuses.
    SessionLine {
        v: u32,
        kind: Kind,
        id: Id,
        at: Wall,
        started: Wall,
        tz: Option<Checked>,
        ended: Option<Wall>,
        outcome: Text<'a>,
        protocol: Text<'a>,
        swap: Option<Text<'a>>,
        planned_s: u64,
        active_s: u64,
        paused_s: u64,
        overdue_s: u64,
        asking_s: u64,
        unknown_s: u64,
        slept_s: u64,
        extended_s: u64,
        allow_long: bool,
        as_needed: bool,
        pain_before: Option<u8>,
        pain_after: Option<u8>,
        ratings: Ratings,
        region: Option<Text<'a>>,
        side: Option<Checked>,
        trigger: Option<Checked>,
        onset: Option<Wall>,
        note: Option<Checked>,
        why: Option<Checked>,
        origin: Option<Checked>,
        cover: Option<Checked>,
        posture: Option<Checked>,
        skin: Option<Checked>,
        phases: Phases,
    }
}

in_order! {
    /// [`PhaseRecord`] as it stands in a line.
    PhaseLine {
        kind: Text<'a>,
        round: u32,
        planned_s: u64,
        actual_s: u64,
        overdue_s: u64,
        unknown_s: u64,
        slept_s: u64,
        answered_after_s: Option<u64>,
        started: Option<Wall>,
        outcome: Text<'a>,
        source: Option<Checked>,
    }
}

in_order! {
    /// [`Rating`](super::Rating) as it stands in a line.
    RatingLine {
        at: Wall,
        score: u8,
    }
}

impl SessionLine<'_> {
    /// None where something is missing, or written by a newer version.
    fn brief(self) -> Option<Brief> {
        self.v.filter(|v| *v <= VERSION)?;
        self.kind?;
        self.planned_s.and(self.active_s)?;
        let phases = self.phases?;
        Some(Brief {
            id: self.id?.0,
            at: self.at?,
            started: self.started?,
            ended: self.ended.flatten(),
            onset: self.onset.flatten(),
            outcome: outcome(&self.outcome?.0),
            done: phases.done(),
            pain_before: score(self.pain_before.flatten()),
            pain_after: score(self.pain_after.flatten()),
            overdue_s: self.overdue_s.unwrap_or_default(),
            unknown_s: self.unknown_s.unwrap_or_default(),
            unconfirmed: phases.unconfirmed(self.swap.flatten().as_ref().map(|swap| &*swap.0)),
            protocol: self.protocol?.0.into_owned(),
            region: self.region.flatten().map(|region| region.0.into_owned()),
        })
    }
}

impl PhaseLine<'_> {
    /// None where something is missing.
    fn brief(&self) -> Option<PhaseBrief<'_>> {
        self.round?;
        Some(PhaseBrief {
            kind: &self.kind.as_ref()?.0,
            dose: Dose { planned_s: self.planned_s?, done_s: self.actual_s? },
            overdue_s: self.overdue_s.unwrap_or_default(),
            answered: self.answered_after_s.flatten().is_some(),
            begun: self.started.flatten().is_some(),
            completed: self.outcome.as_ref()?.0 == "completed",
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Session,
}

/// An id in its usual form.
struct Id(Uuid);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        Uuid::try_parse(text).map(Id).map_err(D::Error::custom)
    }
}

/// A text, borrowed where it stands as it reads.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'de>, D::Error> {
        struct Letters;
        impl<'de> Visitor<'de> for Letters {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(text.into()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(text.to_owned().into()))
            }
        }
        deserializer.deserialize_str(Letters)
    }
}

/// A text of which only the form matters.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Checked, D::Error> {
        struct Letters;
        impl Visitor<'_> for Letters {
            type Value = Checked;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E>(self, _: &str) -> Result<Checked, E> {
                Ok(Checked)
            }
        }
        deserializer.deserialize_str(Letters)
    }
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
                    sum.add(&phase.brief().ok_or_else(|| A::Error::custom("something is missing"))?);
                }
                Ok(sum)
            }
        }
        deserializer.deserialize_seq(Sum)
    }
}

/// Ratings, of which only the form matters.
struct Ratings;

impl<'de> Deserialize<'de> for Ratings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ratings, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Ratings;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("ratings")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut ratings: A) -> Result<Ratings, A::Error> {
                while let Some(rating) = ratings.next_element::<RatingLine>()? {
                    rating.at.and(rating.score).ok_or_else(|| A::Error::custom("something is missing"))?;
                }
                Ok(Ratings)
            }
        }
        deserializer.deserialize_seq(Each)
    }
}
