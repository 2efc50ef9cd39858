//! The journal's lines: everything that is ever written about a session while it lives.

use super::{Alert, FASTEST};
use crate::{
    protocol::Plan,
    time::{Stamp, Wall},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The newest version of a journal that this program understands.
pub const VERSION: u32 = 1;

/// One line: a fact, and when it was one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When it was written.
    pub at: Stamp,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

impl Line {
    /// Lines of one moment, in order.
    pub fn all(at: &Stamp, facts: impl IntoIterator<Item = Fact>) -> Vec<Line> {
        facts.into_iter().map(|fact| Line { at: at.clone(), fact }).collect()
    }
}

/// A process, as a journal names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number where it runs: elsewhere it is another's, or nobody's.
    pub pid: i32,
    /// Where that is, by the system's number for such a place: a container has its own. A journal from before
    /// this was written down does not say.
    pub namespace: Option<u64>,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The session begins, and with it the first phase. Always the first line.
    Begun(Box<Begun>),
    /// A timer has taken the seat.
    Timer {
        /// Its process id.
        pid: i32,
        /// See [`Process`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<u64>,
    },
    /// Somebody looks on.
    Viewer {
        /// Its process id.
        pid: i32,
        /// See [`Process`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<u64>,
    },
    /// The timer is still there.
    Alive,
    /// The person is told something.
    Told {
        /// What.
        alert: Alert,
    },
    /// A phase whose time is up is left for the next.
    Next {
        /// The phase that is left, from 0. A line that names another one than the current changes nothing.
        leaving: usize,
        /// Who says so.
        by: By,
    },
    /// A phase is cut short.
    Skipped {
        /// The phase that is left, from 0.
        leaving: usize,
    },
    /// The person said no to the phase after this one.
    Declined {
        /// The phase that is left, from 0.
        leaving: usize,
    },
    /// The computer woke up: nobody can have been told anything, and the person is asked before the session goes on.
    Slept {
        /// How long it slept, in seconds.
        slept_s: u64,
    },
    /// The person has seen what was told.
    Answered,
    /// Nobody answered for hours.
    GivenUp,
    /// The clock is held.
    Paused,
    /// The clock runs again, or a question is answered.
    Resumed,
    /// A phase gets more time.
    Extended {
        /// The phase, from 0.
        phase: usize,
        /// How much, in seconds.
        by_s: u64,
    },
    /// More rounds are added at the end.
    More {
        /// How many.
        rounds: u32,
    },
    /// A pain score.
    Rated {
        /// 0 to 10 (NRS-11).
        score: u8,
    },
    /// A note.
    Noted {
        /// In the person's words.
        text: String,
    },
    /// The person wants to hear again what was told last.
    Repeat,
    /// Something around the session failed; whoever looks at it is shown this.
    Complaint {
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
    Left,
    /// The record goes into the history.
    Settled {
        /// The moment that the record gives for its writing.
        record_at: Wall,
    },
    /// The record that was settled for that moment stands in the history.
    Recorded {
        /// The moment that the record gives for its writing.
        record_at: Wall,
    },
    /// Something that a newer version wrote.
    #[serde(other)]
    Unknown,
}

impl Fact {
    /// Whether a person wrote it who is looking at the session: reading never answers.
    pub fn is_answer(&self) -> bool {
        match self {
            Fact::Next { by, .. } => *by == By::Person,
            Fact::Answered
            | Fact::Skipped { .. }
            | Fact::Declined { .. }
            | Fact::Paused
            | Fact::Resumed
            | Fact::Extended { .. }
            | Fact::More { .. }
            | Fact::Rated { .. }
            | Fact::Noted { .. }
            | Fact::Stopped { .. } => true,
            _ => false,
        }
    }
}

/// Who moved a session on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The timer, at the deadline.
    Timer,
    /// The person.
    Person,
}

/// How phases follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Swap {
    /// By themselves, at the deadline.
    #[default]
    Auto,
    /// When the person says so.
    Ask,
}

impl Swap {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Swap::Auto => "auto",
            Swap::Ask => "ask",
        }
    }
}

/// The first line: what is going to happen, and what is known before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// The version of the journal; see [`VERSION`].
    pub v: u32,
    /// The session.
    pub id: Uuid,
    /// The computer that times it.
    pub machine: String,
    /// What it is going to do.
    pub plan: Plan,
    /// How it runs.
    pub settings: Settings,
    /// What the person said of themselves.
    pub facts: Facts,
}

/// How a session runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How phases follow each other.
    pub swap: Swap,
    /// Whether the limits are lifted.
    pub allow_long: bool,
    /// A rehearsal runs this many times as fast, and leaves no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearse: Option<u32>,
    /// Whether to notify. A journal that does not say so mutes nothing.
    #[serde(default = "wanted")]
    pub notify: bool,
    /// Whether to make a sound. The same.
    #[serde(default = "wanted")]
    pub sound: bool,
    /// Whether to speak. A journal that does not say so is of a time when nothing was spoken.
    #[serde(default)]
    pub speak: bool,
}

fn wanted() -> bool {
    true
}

impl Settings {
    /// How many times as fast as the clock it runs: once, but for a rehearsal.
    pub fn factor(&self) -> u32 {
        self.rehearse.unwrap_or(1).clamp(1, FASTEST)
    }

    /// Whether it is a rehearsal, which leaves no record.
    pub fn is_rehearsal(&self) -> bool {
        self.rehearse.is_some()
    }
}

/// What goes into the record beside the times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The time zone, by its IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
    /// Pain before it begins, 0 to 10 (NRS-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pain: Option<u8>,
    /// What part of the back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Which side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// What set it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// When the back went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onset: Option<Wall>,
    /// A note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What was answered to the questions about warning signs; see [`answers`](crate::record::answers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Value>,
}
