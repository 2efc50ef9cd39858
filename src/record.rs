//! The history's lines and what they add up to.
//!
//! Pure. A history is a set of [`Line`]s in any order, from any number of files and computers; [`History`]
//! folds them. Adding a line twice, or in another order, changes nothing: the later `at` wins, and equal
//! ones are told apart by their text. What the program does not know (a newer version's kind of phase or
//! outcome) stays as it was written.

use crate::time::Wall;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The newest version of a line that this program understands.
pub const VERSION: u32 = 1;

/// The regions of the back, for `--region`.
pub const REGIONS: &[&str] = &["low", "mid", "upper", "hips"];
/// The sides, for `--side`.
pub const SIDES: &[&str] = &["left", "right", "both"];
/// What set it off, for `--trigger` (D1, D2).
pub const TRIGGERS: &[&str] =
    &["lifting", "twisting", "sneezing", "furniture", "shovelling", "bending", "other"];
/// The highest score of the numeric rating scale (NRS-11).
pub const MOST_PAIN: u8 = 10;

/// One line of a log: one fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a session, and few are held at once")]
pub enum Line {
    /// A session.
    Session(SessionRecord),
    /// A correction of a session.
    Amendment(Amendment),
    /// A diary entry.
    Entry(Entry),
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
    /// The word for it, as people read it.
    pub fn say(&self) -> &str {
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
    pub at: Wall,
    /// When the first phase began.
    pub started: Wall,
    /// The time zone then, by its IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Wall>,
    /// How it ended.
    pub outcome: Outcome,
    /// The protocol's name.
    pub protocol: String,
    /// `auto` or `ask`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<String>,
    /// All phases as planned, in seconds.
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
    pub ratings: Vec<Rating>,
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
    pub onset: Option<Wall>,
    /// Notes, one a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it was stopped, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The phases, in order.
    pub phases: Vec<PhaseRecord>,
}

/// A phase of a finished session. Durations are whole seconds, rounded down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// `heat`, `cold`, or another kind of step.
    pub kind: String,
    /// The round that it belongs to, from 1.
    pub round: u32,
    /// Its length in the plan.
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
    pub started: Option<Wall>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who advises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A pain score, 0 to 10 (NRS-11), and when it was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// When.
    pub at: Wall,
    /// 0 to 10.
    pub score: u8,
}

/// A correction: fields of a session's record that are to read otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    /// The amendment's own id.
    pub id: Uuid,
    /// The session that it corrects.
    pub of: Uuid,
    /// When this line was written.
    pub at: Wall,
    /// The fields, by their names in [`SessionRecord`]; `deleted` hides the session or brings it back.
    pub set: Map<String, Value>,
}

/// A diary entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry's id.
    pub id: Uuid,
    /// When this line was written.
    pub at: Wall,
    /// Pain then, 0 to 10 (NRS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pain: Option<u8>,
    /// What there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Line {
    /// Reads a line of a log.
    ///
    /// # Errors
    /// Says why a line cannot be read: it is torn, it is no fact that this program knows, or it is newer.
    pub fn parse(text: &str) -> Result<Line, String> {
        let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(|why| why.to_string())?;
        match fields.get("v").and_then(Value::as_u64) {
            None => return Err("it does not say its version".into()),
            Some(v) if v > u64::from(VERSION) => {
                return Err(format!(
                    "written by a newer version (v {v}; this program reads up to v {VERSION})"
                ));
            }
            Some(_) => {}
        }
        // A session that another program wrote may leave out when it was written down.
        if let (false, Some(ended)) = (fields.contains_key("at"), fields.get("ended")) {
            fields.insert("at".into(), ended.clone());
        }
        serde_json::from_value(Value::Object(fields)).map_err(|why| why.to_string())
    }

    /// Writes the line as it stands in a log, without its newline.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Versioned<'a> {
            v: u32,
            #[serde(flatten)]
            line: &'a Line,
        }
        // Only maps with other keys than strings, or a failing writer, can make this fail: there are none.
        serde_json::to_string(&Versioned { v: VERSION, line: self }).unwrap_or_default()
    }

    /// When the line was written.
    pub fn at(&self) -> Wall {
        match self {
            Line::Session(session) => session.at,
            Line::Amendment(amendment) => amendment.at,
            Line::Entry(entry) => entry.at,
        }
    }
}

/// Which sessions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// No more than this many, the newest.
    pub limit: Option<usize>,
    /// None that started before.
    pub since: Option<Wall>,
    /// None that started after.
    pub until: Option<Wall>,
}

impl Query {
    /// Whether a session that started then is asked for. Moments count, not how a clock showed them.
    fn includes(&self, started: &Wall) -> bool {
        let started = started.timestamp();
        self.since.is_none_or(|since| started >= since.timestamp())
            && self.until.is_none_or(|until| started <= until.timestamp())
    }
}

/// The fold of any number of lines, in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    sessions: BTreeMap<Uuid, SessionRecord>,
    amendments: BTreeMap<Uuid, Amendment>,
    entries: BTreeMap<Uuid, Entry>,
}

impl History {
    /// Adds a line. One that is known already, or older than the one known, changes nothing.
    pub fn add(&mut self, line: Line) {
        match line {
            Line::Session(new) => keep_later(&mut self.sessions, new.id, new, |session| session.at),
            Line::Amendment(new) => keep_later(&mut self.amendments, new.id, new, |amendment| amendment.at),
            Line::Entry(new) => keep_later(&mut self.entries, new.id, new, |entry| entry.at),
        }
    }

    /// The sessions as they read after every correction, the deleted ones left out, newest first.
    pub fn sessions(&self) -> Vec<SessionRecord> {
        let mut corrections: BTreeMap<Uuid, Vec<&Amendment>> = BTreeMap::new();
        for amendment in self.amendments.values() {
            corrections.entry(amendment.of).or_default().push(amendment);
        }
        let mut sessions: Vec<SessionRecord> = self
            .sessions
            .values()
            .filter_map(|session| match corrections.get_mut(&session.id) {
                None => Some(session.clone()),
                Some(amendments) => {
                    amendments.sort_by_key(|amendment| (amendment.at, amendment.id));
                    amended(session, amendments)
                }
            })
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse((session.started, session.id)));
        sessions
    }

    /// The sessions that were asked for, newest first.
    pub fn select(&self, query: &Query) -> Vec<SessionRecord> {
        let mut sessions = self.sessions();
        sessions.retain(|session| query.includes(&session.started));
        sessions.truncate(query.limit.unwrap_or(usize::MAX));
        sessions
    }

    /// The moment before which no further line was written that could change what [`select`](Self::select)
    /// answers, given that a session is written down after it started, and a correction after its session.
    pub fn horizon(&self, query: &Query) -> Timestamp {
        let found = self.select(query);
        let oldest = if Some(found.len()) == query.limit {
            found.last().map(|session| session.started)
        } else {
            query.since
        };
        let oldest = oldest.map_or(Timestamp::MIN, |oldest| oldest.timestamp());
        // A session that a correction moves here was written down, and perhaps corrected, where it was before.
        let moved = self.amendments.values().filter(|amendment| amendment.set.contains_key("started"));
        let before = moved.map(|amendment| match self.sessions.get(&amendment.of) {
            Some(session) => session.started.timestamp(),
            None => Timestamp::MIN,
        });
        before.fold(oldest, Timestamp::min)
    }

    /// The diary entries, newest first.
    pub fn entries(&self) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.entries.values().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
        entries
    }
}

/// Keeps the line that was written later; of two written at once, the one whose text sorts last.
fn keep_later<T: Serialize>(known: &mut BTreeMap<Uuid, T>, id: Uuid, new: T, at: impl Fn(&T) -> Wall) {
    let text = |line: &T| serde_json::to_string(line).unwrap_or_default();
    match known.get(&id) {
        Some(old) if (at(old), text(old)) >= (at(&new), text(&new)) => {}
        _ => {
            known.insert(id, new);
        }
    }
}

/// The session with its corrections; none if it is deleted. A correction that makes no sense counts for nothing.
fn amended(session: &SessionRecord, amendments: &[&Amendment]) -> Option<SessionRecord> {
    let mut reads = session.clone();
    let mut deleted = false;
    for amendment in amendments {
        deleted = amendment.set.get("deleted").and_then(Value::as_bool).unwrap_or(deleted);
        if let Ok(Value::Object(mut fields)) = serde_json::to_value(&reads) {
            fields.extend(amendment.set.clone());
            reads = serde_json::from_value(Value::Object(fields)).unwrap_or(reads);
        }
    }
    (!deleted).then_some(reads)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(flag: &bool) -> bool {
    !*flag
}
