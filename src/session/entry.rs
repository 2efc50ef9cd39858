//! The journal's lines: everything that is ever written about a session while it lives.

use super::{Alert, MAX_REHEARSAL_SPEED};
use crate::{
    protocol::Plan,
    time::{Stamp, WallTime},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The newest version of a journal that this program understands.
pub const JOURNAL_VERSION: u32 = 1;

/// One line: a fact, and when it was one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was written.
    pub at: Stamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// Lines of one moment, in order.
    pub(crate) fn from_events(at: &Stamp, facts: impl IntoIterator<Item = Event>) -> Vec<Entry> {
        facts.into_iter().map(|fact| Entry { at: at.clone(), event: fact }).collect()
    }
}

/// A process, as a journal names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProcessId {
    /// Its number where it runs: elsewhere it is another's, or nobody's.
    pub(crate) pid: i32,
    /// Where that is, by the system's number for such a place: a container has its own. A journal from before
    /// this was written down does not say.
    pub(crate) namespace: Option<u64>,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Event {
    /// The session begins, and with it the first phase. Always the first line.
    #[serde(rename = "begun")]
    Started(Box<Header>),
    /// A timer has taken the seat.
    #[serde(rename = "timer")]
    TimerStarted {
        /// Its process id.
        pid: i32,
        /// See [`ProcessId`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<u64>,
    },
    /// Somebody looks on.
    #[serde(rename = "viewer")]
    ViewerOpened {
        /// Its process id.
        pid: i32,
        /// See [`ProcessId`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<u64>,
    },
    /// The timer is still there.
    #[serde(rename = "alive")]
    TimerAlive,
    /// The person is told something.
    #[serde(rename = "told")]
    AlertSent {
        /// What.
        alert: Alert,
    },
    /// A phase whose time is up is left for the next.
    #[serde(rename = "next")]
    PhaseFinished {
        /// The phase that is left, from 0. A line that names another one than the current changes nothing.
        #[serde(rename = "leaving")]
        from_phase: usize,
        /// Who says so.
        by: Actor,
    },
    /// A phase is cut short.
    #[serde(rename = "skipped")]
    PhaseSkipped {
        /// The phase that is left, from 0.
        #[serde(rename = "leaving")]
        from_phase: usize,
    },
    /// The person said no to the phase after this one.
    #[serde(rename = "declined")]
    StepDeclined {
        /// The phase that is left, from 0.
        #[serde(rename = "leaving")]
        from_phase: usize,
    },
    /// The computer woke up: nobody can have been told anything, and the person is asked before the session goes on.
    #[serde(rename = "slept")]
    ComputerSlept {
        /// How long it slept, in seconds.
        slept_s: u64,
    },
    /// The person has seen what was told.
    Answered,
    /// Nobody answered for hours.
    #[serde(rename = "given_up")]
    Abandoned,
    /// The clock is held.
    Paused,
    /// The clock runs again, or a question is answered.
    Resumed,
    /// A phase gets more time.
    #[serde(rename = "extended")]
    PhaseExtended {
        /// The phase, from 0.
        phase: usize,
        /// How much, in seconds.
        by_s: u64,
    },
    /// More rounds are added at the end.
    #[serde(rename = "more")]
    RoundsAdded {
        /// How many.
        rounds: u32,
    },
    /// A pain score.
    #[serde(rename = "rated")]
    PainRated {
        /// 0 to 10 (NRS-11).
        score: u8,
    },
    /// A note.
    #[serde(rename = "noted")]
    NoteAdded {
        /// In the person's words.
        text: String,
    },
    /// The person wants to hear again what was told last.
    #[serde(rename = "repeat")]
    RepeatRequested,
    /// Something around the session failed; whoever looks at it is shown this.
    #[serde(rename = "complaint")]
    Warning {
        /// What, on one line.
        text: String,
    },
    /// The person ends the session.
    Stopped {
        /// Why, in the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// Somebody found that nobody is timing the session: what was since the line before, nobody knows.
    CutOff,
    /// The timer was told to go, and went; until then all is known.
    #[serde(rename = "left")]
    TimerTerminated,
    /// The record goes into the history.
    #[serde(rename = "settled")]
    Finalized {
        /// The moment that the record gives for its writing.
        record_at: WallTime,
    },
    /// The record that was settled for that moment stands in the history.
    Recorded {
        /// The moment that the record gives for its writing.
        record_at: WallTime,
    },
    /// Something that a newer version wrote.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// Whether a person wrote it who is looking at the session: reading never answers.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            Event::PhaseFinished { by, .. } => *by == Actor::Person,
            Event::Answered
            | Event::PhaseSkipped { .. }
            | Event::StepDeclined { .. }
            | Event::Paused
            | Event::Resumed
            | Event::PhaseExtended { .. }
            | Event::RoundsAdded { .. }
            | Event::PainRated { .. }
            | Event::NoteAdded { .. }
            | Event::Stopped { .. } => true,
            _ => false,
        }
    }
}

/// Who moved a session on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The timer, at the deadline.
    Timer,
    /// The person.
    Person,
}

/// How phases follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapMode {
    /// By themselves, at the deadline.
    #[default]
    Auto,
    /// When the person says so.
    Ask,
}

impl SwapMode {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SwapMode::Auto => "auto",
            SwapMode::Ask => "ask",
        }
    }
}

/// The first line: what is going to happen, and what is known before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the journal; see [`JOURNAL_VERSION`].
    #[serde(rename = "v")]
    pub version: u32,
    /// The session.
    pub id: Uuid,
    /// The computer that times it.
    pub machine: String,
    /// What it is going to do.
    pub plan: Plan,
    /// How it runs.
    pub settings: SessionSettings,
    /// What the person said of themselves.
    #[serde(rename = "facts")]
    pub intake: Intake,
}

/// How a session runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionSettings {
    /// How phases follow each other.
    pub swap: SwapMode,
    /// Whether the limits are lifted.
    pub allow_long: bool,
    /// A rehearsal runs this many times as fast, and leaves no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "rehearse")]
    pub rehearsal_speed: Option<u32>,
    /// Whether to notify. A journal that does not say so mutes nothing.
    #[serde(default = "default_true")]
    pub notify: bool,
    /// Whether to make a sound. The same.
    #[serde(default = "default_true")]
    pub sound: bool,
    /// Whether to speak. A journal that does not say so is of a time when nothing was spoken.
    #[serde(default)]
    pub speak: bool,
}

fn default_true() -> bool {
    true
}

impl SessionSettings {
    /// How many times as fast as the clock it runs: once, but for a rehearsal.
    pub(crate) fn speed_factor(&self) -> u32 {
        self.rehearsal_speed.unwrap_or(1).clamp(1, MAX_REHEARSAL_SPEED)
    }

    /// Whether it is a rehearsal, which leaves no record.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.rehearsal_speed.is_some()
    }
}

/// What goes into the record beside the times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intake {
    /// The time zone, by its IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tz: Option<String>,
    /// Pain before it begins, 0 to 10 (NRS-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pain: Option<u8>,
    /// What part of the back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    /// Which side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) side: Option<String>,
    /// What set it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trigger: Option<String>,
    /// When the back went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) onset: Option<WallTime>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// What was answered to the questions about warning signs; see [`sign_answers`](crate::record::sign_answers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answers: Option<Value>,
}
