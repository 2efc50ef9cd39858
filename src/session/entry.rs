//! The entries of the journal: everything that is written about a session while it runs.

use super::{Alert, MAX_REHEARSAL_SPEED};
use crate::{
    protocol::Plan,
    time::{Stamp, WallTime},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use uuid::Uuid;

/// The newest journal version that this program understands.
pub const JOURNAL_VERSION: u32 = 1;

/// One line of the journal: an event and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When the entry was written.
    pub at: Stamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// The entries for events of the same moment, in order.
    pub(crate) fn from_events(at: &Stamp, events: impl IntoIterator<Item = Event>) -> Vec<Entry> {
        events.into_iter().map(|event| Entry { at: at.clone(), event }).collect()
    }
}

/// Why a journal's entries cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// The first line does not start a session.
    MissingHeader,
    /// A newer easeback wrote it, with this journal version.
    NewerVersion(u32),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::MissingHeader => f.write_str("its first line does not begin a session"),
            ReplayError::NewerVersion(v) => write!(f, "a newer version of easeback wrote it (v {v})"),
        }
    }
}

/// A process, as a journal names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProcessId {
    /// The process id, valid only in its namespace.
    pub(crate) pid: i32,
    /// The inode number of the PID namespace; a container has its own. `None` in a journal from before this was
    /// written.
    pub(crate) namespace: Option<u64>,
}

/// An event of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Event {
    /// The session and its first phase start. Always the first entry.
    #[serde(rename = "begun")]
    Started(Box<Header>),
    /// A timer has acquired the lease.
    #[serde(rename = "timer")]
    TimerStarted {
        /// The process id.
        pid: i32,
        /// See [`ProcessId`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<u64>,
    },
    /// A viewer was opened.
    #[serde(rename = "viewer")]
    ViewerOpened {
        /// The process id.
        pid: i32,
        /// See [`ProcessId`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<u64>,
    },
    /// The timer is still running.
    #[serde(rename = "alive")]
    TimerAlive,
    /// An alert was sent to the person.
    #[serde(rename = "told")]
    AlertSent {
        /// Which alert.
        alert: Alert,
    },
    /// A phase whose time is up was ended for the next.
    #[serde(rename = "next")]
    PhaseFinished {
        /// The phase that ends, from 0. An entry that names another phase than the current one changes nothing.
        #[serde(rename = "leaving")]
        from_phase: usize,
        /// Who ended it.
        by: Actor,
    },
    /// A phase was cut short.
    #[serde(rename = "skipped")]
    PhaseSkipped {
        /// The phase that ends, from 0.
        #[serde(rename = "leaving")]
        from_phase: usize,
    },
    /// The person declined the phase after this one.
    #[serde(rename = "declined")]
    StepDeclined {
        /// The phase that ends, from 0.
        #[serde(rename = "leaving")]
        from_phase: usize,
    },
    /// The computer woke up: no alert was possible meanwhile, and the person is asked before the session goes on.
    #[serde(rename = "slept")]
    ComputerSlept {
        /// How long it slept, in seconds.
        slept_s: u64,
    },
    /// The person has seen the last alert.
    Answered,
    /// Nobody answered for hours, and the session was closed.
    #[serde(rename = "given_up")]
    Abandoned,
    /// The clock was stopped.
    Paused,
    /// The clock runs again after a pause or a question.
    Resumed,
    /// A phase got more time.
    #[serde(rename = "extended")]
    PhaseExtended {
        /// The phase, from 0.
        phase: usize,
        /// By how much, in seconds.
        by_s: u64,
    },
    /// Rounds were added at the end.
    #[serde(rename = "more")]
    RoundsAdded {
        /// The number of added rounds.
        rounds: u32,
    },
    /// The person rated the pain.
    #[serde(rename = "rated")]
    PainRated {
        /// 0 to 10 (NRS-11).
        score: u8,
    },
    /// The person added a note.
    #[serde(rename = "noted")]
    NoteAdded {
        /// The note in the person's words.
        text: String,
    },
    /// The person asked to hear the last alert again.
    #[serde(rename = "repeat")]
    RepeatRequested,
    /// Something around the session failed; viewers show it.
    #[serde(rename = "complaint")]
    Warning {
        /// The warning on one line.
        text: String,
    },
    /// The person stopped the session.
    Stopped {
        /// The reason in the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// No timer was found: the time since the entry before is unknown.
    CutOff,
    /// The timer ended on SIGTERM; the time until then is known.
    #[serde(rename = "left")]
    TimerTerminated,
    /// The session is closed, and its record goes into the history.
    #[serde(rename = "settled")]
    Finalized {
        /// The time in the record.
        record_at: WallTime,
    },
    /// The record with that time is in the history.
    Recorded {
        /// The time in the record.
        record_at: WallTime,
    },
    /// An event of a newer version.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// Whether it shows that the person has seen the session; reading it does not.
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

/// Who ended a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The timer, at the deadline.
    Timer,
    /// The person, with a command, key or button.
    Person,
}

/// How one phase follows another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapMode {
    /// Automatically at the deadline.
    #[default]
    Auto,
    /// Once the person confirms the swap.
    Ask,
}

impl SwapMode {
    /// The word in flags and records.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SwapMode::Auto => "auto",
            SwapMode::Ask => "ask",
        }
    }
}

/// The first entry: the plan, the settings and what is known before the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The journal version; see [`JOURNAL_VERSION`].
    #[serde(rename = "v")]
    pub version: u32,
    /// The id of the session.
    pub id: Uuid,
    /// The machine id of the computer that started it.
    pub machine: String,
    /// What the session will do.
    pub plan: Plan,
    /// The settings of the session.
    pub settings: SessionSettings,
    /// What the person said before the session.
    #[serde(rename = "facts")]
    pub intake: Intake,
}

/// The settings of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionSettings {
    /// How one phase follows another.
    pub swap: SwapMode,
    /// Whether the limits on heat and cold are lifted.
    pub allow_long: bool,
    /// How many times as fast as real time a rehearsal runs; it leaves no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "rehearse")]
    pub rehearsal_speed: Option<u32>,
    /// Whether to send notifications; on if the journal does not say.
    #[serde(default = "default_true")]
    pub notify: bool,
    /// Whether to play sounds; on if the journal does not say.
    #[serde(default = "default_true")]
    pub sound: bool,
    /// Whether to speak; off if the journal does not say, as such a journal is from before speech existed.
    #[serde(default)]
    pub speak: bool,
}

fn default_true() -> bool {
    true
}

impl SessionSettings {
    /// How many times as fast as real time it runs: 1 unless it is a rehearsal.
    pub(crate) fn speed_factor(&self) -> u32 {
        self.rehearsal_speed.unwrap_or(1).clamp(1, MAX_REHEARSAL_SPEED)
    }

    pub(crate) fn is_rehearsal(&self) -> bool {
        self.rehearsal_speed.is_some()
    }
}

/// What the person said before the session, for its record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intake {
    /// The time zone, as an IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tz: Option<String>,
    /// Pain before the session, 0 to 10 (NRS-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pain: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) side: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trigger: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) onset: Option<WallTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// The answers to the questions about warning signs; see [`sign_answers`](crate::record::sign_answers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answers: Option<Value>,
}
