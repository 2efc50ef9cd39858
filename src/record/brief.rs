//! A session in brief: what its figures take, read from a line without holding the rest of it.
//!
//! [`Brief::read`] is the fast way into a history of any size. It understands what this program writes itself
//! and gives up on everything else; whoever asks then takes [`HistoryLine::parse`](super::HistoryLine::parse), which alone decides what a line
//! says. Where both answer, they answer the same; a property in the tests holds that.

use super::{
    HISTORY_VERSION, MAX_PAIN, Outcome, PhaseRecord, SessionRecord,
    cursor::{Cursor, Read},
};
use crate::time::WallTime;
use std::{borrow::Cow, marker::PhantomData, str};
use uuid::Uuid;

/// What the figures take of a session. Durations are whole seconds; what is none is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// The session.
    pub(crate) id: Uuid,
    /// When its line was written.
    pub(crate) at: WallTime,
    /// When the first phase began.
    pub(crate) started: WallTime,
    /// When it ended.
    pub(crate) ended: Option<WallTime>,
    /// When the back went out.
    pub(crate) onset: Option<WallTime>,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// The protocol's name.
    pub(crate) protocol: String,
    /// What part of the back.
    pub(crate) region: Option<String>,
    /// Heat and cold; none where no phase is known.
    pub(crate) done: Option<[Dose; 2]>,
    /// Pain before, 0 to 10.
    pub(crate) pain_before: Option<u8>,
    /// Pain after, 0 to 10.
    pub(crate) pain_after: Option<u8>,
    /// Time past a deadline while nobody had said to swap.
    pub(crate) overdue_s: u64,
    /// Time when nobody was timing.
    pub(crate) unknown_s: u64,
    /// Swaps that went by themselves and that nobody confirmed.
    pub(crate) unconfirmed: u64,
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
    pub(crate) fn add(&mut self, more: Dose) {
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
        let mut cursor = Cursor::new(str::from_utf8(line).ok()?);
        let session: SessionLine = cursor.value()?;
        cursor.end()?;
        session.brief()
    }
}

/// A score off the scale is no score.
fn score(pain: Option<u8>) -> Option<u8> {
    pain.filter(|score| *score <= MAX_PAIN)
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

/// Reads an object whose fields stand in this order, any of them left out, and no others. Each name is looked for
/// only where it can stand, which takes half the time of serde's own way; what stands otherwise is refused, and then
/// read by [`HistoryLine::parse`](super::HistoryLine::parse).
macro_rules! in_order {
    ($(#[$about:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Default)]
        #[allow(dead_code, reason = "what is not used has to be readable all the same")]
        struct $name<'a> {
            $($field: Option<$type>,)*
            lives: PhantomData<&'a ()>,
        }

        impl<'a> Read<'a> for $name<'a> {
            fn read(cursor: &mut Cursor<'a>) -> Option<$name<'a>> {
                let mut line = $name::default();
                let mut more = cursor.open("{", "}")?;
                $(if more && cursor.skip(concat!("\"", stringify!($field), "\":")) {
                    line.$field = Some(cursor.value()?);
                    more = cursor.more("}")?;
                })*
                (!more).then_some(line)
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
        id: Uuid,
        at: WallTime,
        started: WallTime,
        tz: Option<Cow<'a, str>>,
        ended: Option<WallTime>,
        outcome: Cow<'a, str>,
        protocol: Cow<'a, str>,
        swap: Option<Cow<'a, str>>,
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
        region: Option<Cow<'a, str>>,
        side: Option<Cow<'a, str>>,
        trigger: Option<Cow<'a, str>>,
        onset: Option<WallTime>,
        note: Option<Cow<'a, str>>,
        why: Option<Cow<'a, str>>,
        origin: Option<Cow<'a, str>>,
        cover: Option<Cow<'a, str>>,
        posture: Option<Cow<'a, str>>,
        skin: Option<Cow<'a, str>>,
        answers: Option<Answers>,
        phases: Phases,
    }
}

in_order! {
    /// [`PhaseRecord`] as it stands in a line.
    PhaseLine {
        kind: Cow<'a, str>,
        name: Option<Cow<'a, str>>,
        round: u32,
        planned_s: u64,
        actual_s: u64,
        overdue_s: u64,
        unknown_s: u64,
        slept_s: u64,
        answered_after_s: Option<u64>,
        started: Option<WallTime>,
        outcome: Cow<'a, str>,
        source: Option<Cow<'a, str>>,
    }
}

in_order! {
    /// [`PainRating`](super::PainRating) as it stands in a line.
    RatingLine {
        at: WallTime,
        score: u8,
    }
}

impl SessionLine<'_> {
    /// None where something is missing, or written by a newer version.
    fn brief(self) -> Option<Brief> {
        self.v.filter(|v| *v <= HISTORY_VERSION)?;
        self.kind?;
        self.planned_s.and(self.active_s)?;
        let phases = self.phases?;
        Some(Brief {
            id: self.id?,
            at: self.at?,
            started: self.started?,
            ended: self.ended.flatten(),
            onset: self.onset.flatten(),
            outcome: outcome(&self.outcome?),
            done: phases.done(),
            pain_before: score(self.pain_before.flatten()),
            pain_after: score(self.pain_after.flatten()),
            overdue_s: self.overdue_s.unwrap_or_default(),
            unknown_s: self.unknown_s.unwrap_or_default(),
            unconfirmed: phases.unconfirmed(self.swap.flatten().as_deref()),
            protocol: self.protocol?.into_owned(),
            region: self.region.flatten().map(Cow::into_owned),
        })
    }
}

impl PhaseLine<'_> {
    /// None where something is missing.
    fn brief(&self) -> Option<PhaseBrief<'_>> {
        self.round?;
        Some(PhaseBrief {
            kind: self.kind.as_deref()?,
            dose: Dose { planned_s: self.planned_s?, done_s: self.actual_s? },
            overdue_s: self.overdue_s.unwrap_or_default(),
            answered: self.answered_after_s.flatten().is_some(),
            begun: self.started.flatten().is_some(),
            completed: self.outcome.as_deref()? == "completed",
        })
    }
}

/// What says that a line is a session.
struct Kind;

impl<'a> Read<'a> for Kind {
    fn read(cursor: &mut Cursor<'a>) -> Option<Kind> {
        cursor.skip("\"session\"").then_some(Kind)
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

impl<'a> Read<'a> for Phases {
    fn read(cursor: &mut Cursor<'a>) -> Option<Phases> {
        let mut sum = Phases::default();
        let mut more = cursor.open("[", "]")?;
        while more {
            sum.add(&cursor.value::<PhaseLine>()?.brief()?);
            more = cursor.more("]")?;
        }
        Some(sum)
    }
}

/// Answers, of which only the form matters; one that is no text is in no form of ours.
struct Answers;

impl<'a> Read<'a> for Answers {
    fn read(cursor: &mut Cursor<'a>) -> Option<Answers> {
        let mut more = cursor.open("{", "}")?;
        while more {
            cursor.value::<Cow<str>>()?;
            cursor.space();
            if !cursor.skip(":") {
                return None;
            }
            cursor.value::<Cow<str>>()?;
            more = cursor.more("}")?;
        }
        Some(Answers)
    }
}

/// Ratings, of which only the form matters.
struct Ratings;

impl<'a> Read<'a> for Ratings {
    fn read(cursor: &mut Cursor<'a>) -> Option<Ratings> {
        let mut more = cursor.open("[", "]")?;
        while more {
            let rating: RatingLine = cursor.value()?;
            rating.at.and(rating.score)?;
            more = cursor.more("]")?;
        }
        Some(Ratings)
    }
}
