//! The history's lines and what they add up to.
//!
//! Pure. [`History`] merges [`HistoryLine`]s from any number of files and computers. Their order never matters, nor
//! does a line that comes twice: the later `at` wins. What this version does not know stays as it was written.

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

/// The newest version of a line that this program understands.
pub(crate) const HISTORY_VERSION: u32 = 1;

/// The regions of the back, for `--region`.
pub(crate) const REGIONS: &[&str] = &["low", "mid", "upper", "hips"];
pub(crate) const SIDES: &[&str] = &["left", "right", "both"];
/// What set it off, for `--trigger` (D1, D2).
pub(crate) const TRIGGERS: &[&str] =
    &["lifting", "twisting", "sneezing", "furniture", "shovelling", "bending", "other"];
/// How a session may have ended, for `--outcome`.
pub(crate) const OUTCOMES: &[&str] = &["completed", "stopped", "interrupted"];
/// The `origin` of a session that was done without the program, and told to it afterwards.
pub(crate) const ORIGIN_LOGGED: &str = "logged";
/// The highest score of the numeric rating scale (NRS-11).
pub(crate) const MAX_PAIN: u8 = 10;

/// A note is a few words, of at most so many bytes; the journal has room for many of them.
pub(crate) const MAX_NOTE_BYTES: usize = 2000;

/// One line of a history file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a session, and few are held at once")]
pub enum HistoryLine {
    /// A session.
    Session(SessionRecord),
    /// A correction of a session.
    Amendment(Amendment),
    /// A diary entry.
    #[serde(rename = "entry")]
    DiaryEntry(DiaryEntry),
}

/// How a session or a phase ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It went as planned.
    Completed,
    /// A session that the person stopped.
    Stopped,
    /// A session that was cut off, or that nobody answered.
    Interrupted,
    /// A phase that ended before its time.
    CutShort,
    /// A phase that never began.
    NotBegun,
    /// A phase that nobody timed to its end.
    Unknown,
    /// Something that a newer version knows.
    #[serde(untagged)]
    Other(String),
}

impl Outcome {
    /// The word for it, as the log has it.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Outcome::CutShort => "cut_short",
            Outcome::NotBegun => "not_begun",
            other => other.label(),
        }
    }

    /// The word for it, as people read it.
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

/// A finished session. Durations are whole seconds, rounded down; what is absent is not known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The session.
    pub id: Uuid,
    /// When this line was written.
    pub at: WallTime,
    /// When the first phase began.
    pub started: WallTime,
    /// The time zone then, by its IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<WallTime>,
    /// How it ended.
    pub outcome: Outcome,
    /// The protocol's name.
    pub protocol: String,
    /// `auto` or `ask`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<String>,
    /// All phases as planned, in seconds.
    /// Seconds in the plan.
    pub planned_s: u64,
    /// Time in a phase, before its deadline.
    pub active_s: u64,
    /// Time paused.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub paused_s: u64,
    /// Time past a phase's deadline while nobody had said to swap.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overdue_s: u64,
    /// Time in a question before going on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asking_s: u64,
    /// Time when nobody was timing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown_s: u64,
    /// Time that the computer slept; it lies within the others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub slept_s: u64,
    /// Time added to phases while they ran.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extended_s: u64,
    /// Whether the limits were lifted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_long: bool,
    /// Whether one round was planned, and each further one offered.
    #[serde(default, skip_serializing_if = "is_false")]
    pub as_needed: bool,
    /// Pain before it began, 0 to 10 (NRS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pain_before: Option<u8>,
    /// Pain after it ended, 0 to 10 (NRS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pain_after: Option<u8>,
    /// Each pain score given, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<PainRating>,
    /// What part of the back; see [`REGIONS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Which side; see [`SIDES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// What set it off; see [`TRIGGERS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// When the back went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<WallTime>,
    /// Notes, one a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it was stopped, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "why")]
    pub stop_reason: Option<String>,
    /// [`ORIGIN_LOGGED`] if it was done without the program; absent where the program timed it.
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
    /// What was answered to the questions about warning signs: an object, the questions by name; see [`sign_answers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Value>,
    /// The phases, in order.
    pub phases: Vec<PhaseRecord>,
    /// What another version wrote, and this one does not know.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_line_fields")]
    pub unknown_fields: Map<String, Value>,
}

impl SessionRecord {
    /// A session that went as planned, and of which no more is known than this. Written down when it began.
    pub fn new(id: Uuid, started: WallTime, protocol: &str, phases: Vec<PhaseRecord>) -> SessionRecord {
        let sum = |of: fn(&PhaseRecord) -> u64| phases.iter().map(of).fold(0, u64::saturating_add);
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
    /// What it is called, where the kind does not say enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The round that it belongs to, from 1.
    pub round: u32,
    /// Seconds in the plan.
    pub planned_s: u64,
    /// How long it ran, overruns and pauses left out.
    pub actual_s: u64,
    /// Time past its deadline.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overdue_s: u64,
    /// Time when nobody was timing it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown_s: u64,
    /// Time that the computer slept in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub slept_s: u64,
    /// How long after an automatic swap somebody confirmed it; absent if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_after_s: Option<u64>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<WallTime>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who advises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "source")]
    pub citation: Option<String>,
    /// What another version wrote, and this one does not know.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_unique_fields")]
    pub unknown_fields: Map<String, Value>,
}

impl PhaseRecord {
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }

    /// A phase that ran to its end, and of which no more is known than this.
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

/// A pain score, 0 to 10 (NRS-11), and when it was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PainRating {
    /// When.
    pub at: WallTime,
    /// 0 to 10.
    pub score: u8,
}

/// A correction: fields of a session's record, or of a diary entry, that are to read otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    /// The amendment's own id.
    pub id: Uuid,
    /// The session, or the diary entry, that it corrects.
    #[serde(rename = "of")]
    pub target_id: Uuid,
    /// When this line was written.
    pub at: WallTime,
    /// The fields, by their names in [`SessionRecord`] or [`DiaryEntry`]; null makes one unknown; `deleted` hides the
    /// whole or brings it back. [`IMMUTABLE_FIELDS`] ones cannot be set.
    #[serde(deserialize_with = "unknown_fields::deserialize_unique_fields")]
    #[serde(rename = "set")]
    pub changed_fields: Map<String, Value>,
    /// What another version wrote, and this one does not know.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_line_fields")]
    pub unknown_fields: Map<String, Value>,
}

/// What says which line it is, and when it was written: no correction reaches it.
pub(crate) const IMMUTABLE_FIELDS: &[&str] = &["v", "kind", "id", "at", "of"];

/// A diary entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiaryEntry {
    /// The entry's id.
    pub id: Uuid,
    /// When this line was written.
    pub at: WallTime,
    /// The moment that it tells of, where that is another: it was written down later, or the clock had been in the
    /// future before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<WallTime>,
    /// Pain then, 0 to 10 (NRS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pain: Option<u8>,
    /// What there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What another version wrote, and this one does not know.
    #[serde(flatten, deserialize_with = "unknown_fields::deserialize_line_fields")]
    pub unknown_fields: Map<String, Value>,
}

impl DiaryEntry {
    /// The moment that it tells of; never later than it was written.
    pub(crate) fn occurred_at(&self) -> WallTime {
        self.when.map_or(self.at, |when| when.min(self.at))
    }

    /// When it was written down, if that was later than the moment that it tells of. A minute is not later: people
    /// type no seconds.
    pub(crate) fn written_later(&self) -> Option<WallTime> {
        let when = self.when?;
        // `at` is later too where the clock had been in the future: then the id tells when the entry was made.
        let made = self.id.get_timestamp().and_then(|made| i64::try_from(made.to_unix().0).ok());
        let made = made.and_then(|second| Timestamp::from_second(second).ok());
        let made = made.map_or(self.at, |made| WallTime::new(made, Offset::UTC).with_offset_of(&self.at));
        let written = made.min(self.at);
        (written.since(&when) > Duration::from_mins(1)).then_some(written)
    }
}

impl HistoryLine {
    /// Reads a line of a log.
    ///
    /// # Errors
    /// Why the line cannot be read.
    pub fn parse(text: &str) -> Result<HistoryLine, String> {
        if !text.trim_start().starts_with('{') {
            return Err("it is not a JSON object".into());
        }
        // What this program writes says its version and its kind first, and takes no look ahead.
        if text.starts_with(OWN_SESSION_PREFIX)
            && let Ok(session) = serde_json::from_str(text)
        {
            return Ok(HistoryLine::Session(session));
        }
        let head: LineEnvelope = serde_json::from_str(text).map_err(|why| why.to_string())?;
        match head.v {
            None => return Err("it does not say its version".into()),
            Some(v) if v > u64::from(HISTORY_VERSION) => {
                return Err(format!(
                    "written by a newer version (v {v}; this program reads up to v {HISTORY_VERSION})"
                ));
            }
            Some(_) => {}
        }
        let read = match head.kind.as_deref() {
            // A session that another program wrote may leave out when it was written down.
            Some("session") if head.at.is_none() && head.ended.is_some() => parse_undated_session(text),
            Some("session") => serde_json::from_str(text).map(HistoryLine::Session),
            Some("amendment") => serde_json::from_str(text).map(HistoryLine::Amendment),
            Some("entry") => serde_json::from_str(text).map(HistoryLine::DiaryEntry),
            Some(kind) => return Err(format!("this program knows no lines of the kind '{kind}'")),
            None => return Err("it does not say its kind".into()),
        };
        read.map_err(|why| why.to_string())
    }

    /// Writes the line as it stands in a log, without its newline.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct VersionedLine<'a> {
            v: u32,
            #[serde(flatten)]
            line: &'a HistoryLine,
        }
        // Only maps with other keys than strings, or a failing writer, can make this fail: there are none.
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

    /// The moment that the line tells of: when a session started, when a diary entry was so.
    pub(crate) fn occurred_at(&self) -> WallTime {
        match self {
            HistoryLine::Session(session) => session.started,
            HistoryLine::Amendment(amendment) => amendment.at,
            HistoryLine::DiaryEntry(entry) => entry.occurred_at(),
        }
    }
}

/// How this program begins a session's line.
const OWN_SESSION_PREFIX: &str = "{\"v\":1,\"kind\":\"session\",";

/// What tells how the rest of a line is to be read.
#[derive(Deserialize)]
struct LineEnvelope<'a> {
    v: Option<u64>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    at: Option<IgnoredAny>,
    ended: Option<IgnoredAny>,
}

/// A session that was written down when it ended.
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
