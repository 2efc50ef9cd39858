//! The lines of the history: sessions, corrections and diary entries.
//!
//! Pure: it knows no files and no clock. [`History`] merges [`HistoryLine`]s from any number of files and computers.
//! Their order does not matter, nor do duplicates: the later `at` wins. Unknown fields are kept as they were written.

mod brief;
mod csv_columns;
mod cursor;
mod fold;
mod sanitize_json;
pub(crate) mod short_id;
pub(crate) mod sign_answers;
mod sources;
mod unknown_fields;
mod window;

pub use crate::error::is_control_or_bidi;
pub use brief::Brief;
pub(crate) use brief::Dose;
pub(crate) use csv_columns::{CSV_COLUMNS, ColumnType};
pub(crate) use fold::Reading;
pub use fold::{History, Query};
pub(crate) use sanitize_json::sanitize_json;
pub(crate) use sources::name_sources;
pub(crate) use window::{Merge, OutOfOrder, Window};

use crate::time::WallTime;
use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Map, Value};
use std::{borrow::Cow, time::Duration};
use uuid::Uuid;

/// The newest version of a line that this program reads.
pub(crate) const HISTORY_VERSION: u32 = 1;

/// The values of `--region`.
pub(crate) const REGIONS: &[&str] = &["low", "mid", "upper", "hips"];
pub(crate) const SIDES: &[&str] = &["left", "right", "both"];
/// What set it off, for `--trigger` (D1, D2).
pub(crate) const TRIGGERS: &[&str] =
    &["lifting", "twisting", "sneezing", "furniture", "shovelling", "bending", "other"];
/// The values of `--outcome`.
pub(crate) const OUTCOMES: &[&str] = &["completed", "stopped", "interrupted"];
/// The `origin` of a session that was recorded afterwards, not timed.
pub(crate) const ORIGIN_LOGGED: &str = "logged";
/// The highest score of the numeric rating scale (NRS-11).
pub(crate) const MAX_PAIN: u8 = 10;

/// The longest note, in bytes. The journal has room for many of them.
pub(crate) const MAX_NOTE_BYTES: usize = 2000;

/// One line of a history file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a session, and few are held at once")]
pub enum HistoryLine {
    /// A finished session.
    Session(SessionRecord),
    /// A correction of a session or a diary entry.
    Amendment(Amendment),
    /// A pain score or a note without a session.
    #[serde(rename = "entry")]
    DiaryEntry(DiaryEntry),
}

/// How a session or a phase ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Ended as planned.
    Completed,
    /// A session stopped by the person.
    Stopped,
    /// A session that was cut off or that nobody answered.
    Interrupted,
    /// A phase that ended early.
    CutShort,
    /// A phase that did not begin.
    NotBegun,
    /// A phase that was not timed to its end.
    Unknown,
    /// A word of another version.
    #[serde(untagged)]
    Other(String),
}

impl Outcome {
    /// The word in the history file.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Outcome::CutShort => "cut_short",
            Outcome::NotBegun => "not_begun",
            other => other.label(),
        }
    }

    /// The word that people read.
    pub fn label(&self) -> &str {
        match self {
            Outcome::Completed => "completed",
            Outcome::Stopped => "stopped",
            Outcome::Interrupted => "interrupted",
            Outcome::CutShort => "cut short",
            Outcome::NotBegun => "not begun",
            Outcome::Unknown => "unknown",
            Outcome::Other(word) => word,
        }
    }
}

/// A finished session. Durations are whole seconds, rounded down; an absent value is unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The session's UUID.
    pub id: Uuid,
    /// When this line was written.
    pub at: WallTime,
    /// When the first phase began.
    pub started: WallTime,
    /// The IANA name of the time zone at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
    /// When the session ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<WallTime>,
    /// How the session ended.
    pub outcome: Outcome,
    /// The protocol's name.
    pub protocol: String,
    /// `auto` or `ask`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<String>,
    /// The sum of all planned phases.
    pub planned_s: u64,
    /// Time in phases before their deadlines.
    pub active_s: u64,
    /// Time paused.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub paused_s: u64,
    /// Time past deadlines before anyone said to swap.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overdue_s: u64,
    /// Time waiting for the answer to a question between phases.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asking_s: u64,
    /// Time without a running timer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown_s: u64,
    /// Time the computer slept; included in the other durations.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub slept_s: u64,
    /// Time added to phases while they ran.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extended_s: u64,
    /// Whether `--allow-long` lifted the limits.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_long: bool,
    /// Whether one round was planned and each further one was optional.
    #[serde(default, skip_serializing_if = "is_false")]
    pub as_needed: bool,
    /// Pain before the session, 0 to 10 (NRS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pain_before: Option<u8>,
    /// Pain after the session, 0 to 10 (NRS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pain_after: Option<u8>,
    /// All pain scores, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<PainRating>,
    /// The part of the back; see [`REGIONS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The side of the back; see [`SIDES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// What set it off; see [`TRIGGERS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// When the back went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<WallTime>,
    /// Notes, one per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The person's reason for stopping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "why")]
    pub stop_reason: Option<String>,
    /// [`ORIGIN_LOGGED`], or absent if the program timed the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What lay between the skin and the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<String>,
    /// How the person lay or sat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posture: Option<String>,
    /// How the skin looked and felt afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skin: Option<String>,
    /// Answers to the warning-sign questions, an object with the questions as keys; see [`sign_answers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Value>,
    /// The phases, in order.
    pub phases: Vec<PhaseRecord>,
    /// Fields of another version, kept as written.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_line_fields")]
    pub unknown_fields: Map<String, Value>,
}

impl SessionRecord {
    /// A completed session with these phases; all optional fields are empty and `at` is `started`.
    pub fn new(id: Uuid, started: WallTime, protocol: &str, phases: Vec<PhaseRecord>) -> SessionRecord {
        let sum = |seconds: fn(&PhaseRecord) -> u64| phases.iter().map(seconds).fold(0, u64::saturating_add);
        SessionRecord {
            id,
            at: started,
            started,
            tz: None,
            ended: None,
            outcome: Outcome::Completed,
            protocol: protocol.into(),
            swap: None,
            planned_s: sum(|phase| phase.planned_s),
            active_s: sum(|phase| phase.actual_s),
            paused_s: 0,
            overdue_s: 0,
            asking_s: 0,
            unknown_s: 0,
            slept_s: 0,
            extended_s: 0,
            allow_long: false,
            as_needed: false,
            pain_before: None,
            pain_after: None,
            ratings: Vec::new(),
            region: None,
            side: None,
            trigger: None,
            onset: None,
            note: None,
            stop_reason: None,
            origin: None,
            cover: None,
            posture: None,
            skin: None,
            answers: None,
            phases,
            unknown_fields: Map::new(),
        }
    }
}

/// A phase of a finished session. Durations are whole seconds, rounded down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// `heat`, `cold`, or another kind of step.
    pub kind: String,
    /// The label, where the kind does not say enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The round, from 1.
    pub round: u32,
    /// Seconds in the plan.
    pub planned_s: u64,
    /// Time run, without overruns and pauses.
    pub actual_s: u64,
    /// Time past the deadline.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overdue_s: u64,
    /// Time without a running timer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown_s: u64,
    /// Time the computer slept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub slept_s: u64,
    /// Time from an automatic swap to its confirmation; absent if it was not confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_after_s: Option<u64>,
    /// When the phase began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<WallTime>,
    /// How the phase ended.
    pub outcome: Outcome,
    /// Source codes of `PROTOCOLS.md`, such as `D0, X3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "source")]
    pub citation: Option<String>,
    /// Fields of another version, kept as written.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_unique_fields")]
    pub unknown_fields: Map<String, Value>,
}

impl PhaseRecord {
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }

    /// A completed phase; all optional fields are empty.
    pub fn new(kind: &str, round: u32, planned_s: u64, actual_s: u64) -> PhaseRecord {
        PhaseRecord {
            kind: kind.into(),
            name: None,
            round,
            planned_s,
            actual_s,
            overdue_s: 0,
            unknown_s: 0,
            slept_s: 0,
            answered_after_s: None,
            started: None,
            outcome: Outcome::Completed,
            citation: None,
            unknown_fields: Map::new(),
        }
    }
}

/// A pain score with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PainRating {
    /// When the score was given.
    pub at: WallTime,
    /// 0 to 10 (NRS-11).
    pub score: u8,
}

/// A correction of a session or a diary entry: new values for some of its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    /// The correction's own id.
    pub id: Uuid,
    /// The id of the corrected session or diary entry.
    #[serde(rename = "of")]
    pub target_id: Uuid,
    /// When this line was written.
    pub at: WallTime,
    /// New values by field name; null makes a field unknown, `deleted` hides or restores the whole record.
    /// [`IMMUTABLE_FIELDS`] cannot be set.
    #[serde(deserialize_with = "unknown_fields::deserialize_unique_fields")]
    #[serde(rename = "set")]
    pub changed_fields: Map<String, Value>,
    /// Fields of another version, kept as written.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_line_fields")]
    pub unknown_fields: Map<String, Value>,
}

/// Fields that identify a line and its time; a correction cannot change them.
pub(crate) const IMMUTABLE_FIELDS: &[&str] = &["v", "kind", "id", "at", "of"];

/// A diary entry: pain, a note, or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiaryEntry {
    /// The entry's id.
    pub id: Uuid,
    /// When this line was written.
    pub at: WallTime,
    /// The time of the event where it differs from `at`: written down later, or after a clock that ran ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<WallTime>,
    /// Pain at that time, 0 to 10 (NRS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pain: Option<u8>,
    /// The note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Fields of another version, kept as written.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_line_fields")]
    pub unknown_fields: Map<String, Value>,
}

impl DiaryEntry {
    /// The time of the event, never later than `at`.
    pub(crate) fn occurred_at(&self) -> WallTime {
        self.when.map_or(self.at, |when| when.min(self.at))
    }

    /// When the entry was made, if that was more than a minute after the event (people type no seconds).
    pub(crate) fn written_later(&self) -> Option<WallTime> {
        let when = self.when?;
        // `at` can also be later because the clock ran ahead before: the id has the real time.
        let id_second = self.id.get_timestamp().and_then(|made| i64::try_from(made.to_unix().0).ok());
        let id_time = id_second.and_then(|second| Timestamp::from_second(second).ok());
        let made = id_time.map_or(self.at, |time| WallTime::new(time, Offset::UTC).with_offset_of(&self.at));
        let written = made.min(self.at);
        (written.since(&when) > Duration::from_mins(1)).then_some(written)
    }
}

impl HistoryLine {
    /// Parses a line of a history file.
    ///
    /// # Errors
    /// The reason why the line cannot be read.
    pub fn parse(text: &str) -> Result<HistoryLine, String> {
        if !text.trim_start().starts_with('{') {
            return Err("it is not a JSON object".into());
        }
        // Fast path: a line that begins like our own needs no separate parse of its version and kind.
        if text.starts_with(OWN_SESSION_PREFIX)
            && let Ok(session) = serde_json::from_str(text)
        {
            return Ok(HistoryLine::Session(session));
        }
        let envelope: LineEnvelope = serde_json::from_str(text).map_err(|why| why.to_string())?;
        match envelope.v {
            None => return Err("it does not say its version".into()),
            Some(v) if v > u64::from(HISTORY_VERSION) => {
                return Err(format!(
                    "written by a newer version (v {v}; this program reads up to v {HISTORY_VERSION})"
                ));
            }
            Some(_) => {}
        }
        let parsed = match envelope.kind.as_deref() {
            // Other programs may leave out `at`.
            Some("session") if envelope.at.is_none() && envelope.ended.is_some() => {
                parse_undated_session(text)
            }
            Some("session") => serde_json::from_str(text).map(HistoryLine::Session),
            Some("amendment") => serde_json::from_str(text).map(HistoryLine::Amendment),
            Some("entry") => serde_json::from_str(text).map(HistoryLine::DiaryEntry),
            Some(kind) => return Err(format!("this program knows no lines of the kind '{kind}'")),
            None => return Err("it does not say its kind".into()),
        };
        parsed.map_err(|why| why.to_string())
    }

    /// The line as it is written to a history file, without the newline.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct VersionedLine<'a> {
            v: u32,
            #[serde(flatten)]
            line: &'a HistoryLine,
        }
        // Cannot fail: all map keys are strings and the writer is memory.
        serde_json::to_string(&VersionedLine { v: HISTORY_VERSION, line: self }).unwrap_or_default()
    }

    pub(crate) fn id(&self) -> Uuid {
        match self {
            HistoryLine::Session(session) => session.id,
            HistoryLine::Amendment(amendment) => amendment.id,
            HistoryLine::DiaryEntry(entry) => entry.id,
        }
    }

    /// When the line was written.
    pub fn written_at(&self) -> WallTime {
        match self {
            HistoryLine::Session(session) => session.at,
            HistoryLine::Amendment(amendment) => amendment.at,
            HistoryLine::DiaryEntry(entry) => entry.at,
        }
    }

    /// The time of the event: a session's start, a diary entry's time, a correction's writing.
    pub(crate) fn occurred_at(&self) -> WallTime {
        match self {
            HistoryLine::Session(session) => session.started,
            HistoryLine::Amendment(amendment) => amendment.at,
            HistoryLine::DiaryEntry(entry) => entry.occurred_at(),
        }
    }
}

/// How a session line written by this program begins.
const OWN_SESSION_PREFIX: &str = "{\"v\":1,\"kind\":\"session\",";

/// The fields that decide how a line is parsed.
#[derive(Deserialize)]
struct LineEnvelope<'a> {
    v: Option<u64>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    at: Option<IgnoredAny>,
    ended: Option<IgnoredAny>,
}

/// Parses a session without `at`, which then defaults to `ended`.
fn parse_undated_session(text: &str) -> serde_json::Result<HistoryLine> {
    let mut fields: Map<String, Value> = serde_json::from_str(text)?;
    if let Some(ended) = fields.get("ended").cloned() {
        fields.insert("at".into(), ended);
    }
    serde_json::from_value(Value::Object(fields)).map(HistoryLine::Session)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(flag: &bool) -> bool {
    !*flag
}
