//! What any number of lines, in any order, add up to.

use super::{Amendment, Brief, DiaryEntry, HistoryLine, IMMUTABLE_FIELDS, Outcome, SessionRecord};
use crate::time::WallTime;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap};
use uuid::Uuid;

/// Which sessions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// No more than this many, the newest.
    pub limit: Option<usize>,
    /// None that started before.
    pub since: Option<WallTime>,
    /// None that started after.
    pub until: Option<WallTime>,
    /// Only those of this protocol.
    pub protocol: Option<String>,
    /// Only those of this part of the back.
    pub region: Option<String>,
    /// Only those that ended like this, in the word of the log.
    pub outcome: Option<String>,
}

impl Query {
    /// Whether this moment is asked for. Moments count, not how a clock showed them.
    pub(crate) fn covers(&self, moment: &WallTime) -> bool {
        let moment = moment.timestamp();
        self.since.is_none_or(|since| moment >= since.timestamp())
            && self.until.is_none_or(|until| moment <= until.timestamp())
    }

    fn includes(&self, session: &SessionRecord) -> bool {
        self.fits(&session.started, &session.protocol, session.region.as_deref(), &session.outcome)
    }

    /// Whether this session is asked for.
    pub(crate) fn includes_summary(&self, session: &Brief) -> bool {
        self.fits(&session.started, &session.protocol, session.region.as_deref(), &session.outcome)
    }

    fn fits(&self, started: &WallTime, protocol: &str, region: Option<&str>, outcome: &Outcome) -> bool {
        let fits = |asked: &Option<String>, there: Option<&str>| {
            asked.as_ref().is_none_or(|asked| there == Some(asked.as_str()))
        };
        self.covers(started)
            && fits(&self.protocol, Some(protocol))
            && fits(&self.region, region)
            && fits(&self.outcome, Some(outcome.as_str()))
    }

    /// Whether only some of the sessions in that time are asked for.
    pub(crate) fn is_choosy(&self) -> bool {
        self.protocol.is_some() || self.region.is_some() || self.outcome.is_some()
    }
}

/// The fold of any number of lines, in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    sessions: BTreeMap<Uuid, SessionRecord>,
    amendments: BTreeMap<Uuid, Amendment>,
    entries: BTreeMap<Uuid, DiaryEntry>,
}

/// A session or a diary entry, with everything that was said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// How it reads now: a session or an entry.
    pub line: HistoryLine,
    /// Whether it is deleted.
    pub(crate) deleted: bool,
    /// Its corrections, in the order in which they count.
    pub corrections: Vec<Amendment>,
}

impl Reading {
    /// When the last word on it was written.
    pub(crate) fn last_word(&self) -> WallTime {
        self.corrections.iter().map(|correction| correction.at).fold(self.line.written_at(), WallTime::max)
    }
}

impl History {
    /// Adds a line. One that is known already, or older than the one known, changes nothing.
    pub fn add(&mut self, line: HistoryLine) {
        match line {
            HistoryLine::Session(new) => keep_later(&mut self.sessions, new.id, new, |session| session.at),
            HistoryLine::Amendment(new) => {
                keep_later(&mut self.amendments, new.id, new, |amendment| amendment.at);
            }
            HistoryLine::DiaryEntry(new) => keep_later(&mut self.entries, new.id, new, |entry| entry.at),
        }
    }

    /// The sessions as they read after every correction, the deleted ones left out, newest first.
    pub fn sessions(&self) -> Vec<SessionRecord> {
        self.select(&Query::default())
    }

    /// The sessions that were asked for, newest first.
    pub fn select(&self, query: &Query) -> Vec<SessionRecord> {
        let mut sessions = self.selected(query);
        sessions.truncate(query.limit.unwrap_or(usize::MAX));
        sessions.into_iter().map(Cow::into_owned).collect()
    }

    fn selected(&self, query: &Query) -> Vec<Cow<'_, SessionRecord>> {
        let corrections = self.corrections();
        let mut sessions: Vec<Cow<SessionRecord>> = self
            .sessions
            .values()
            .filter_map(|session| match corrections.get(&session.id) {
                None => Some(Cow::Borrowed(session)),
                Some(amendments) => amended(session, amendments).map(Cow::Owned),
            })
            .filter(|session| query.includes(session))
            .collect();
        sessions.sort_by_key(|session| Reverse((session.started, session.id)));
        sessions
    }

    /// The moment before which no further line was written that could change what [`select`](Self::select)
    /// answers, given that a session is written down after it started, and a correction after its session.
    pub(crate) fn horizon(&self, query: &Query) -> Timestamp {
        let found = self.selected(query);
        let last = query.limit.and_then(|limit| found.get(limit.checked_sub(1)?));
        let oldest = match (last, query.limit) {
            (_, Some(0)) => None,
            (Some(last), _) => Some(last.started),
            (None, _) => query.since,
        };
        let oldest = oldest.map_or(Timestamp::MIN, |oldest| oldest.timestamp());
        // A session that a correction moves here was written down, and perhaps corrected, where it was before.
        let moved =
            self.amendments.values().filter(|amendment| amendment.changed_fields.contains_key("started"));
        let before = moved.map(|amendment| match self.sessions.get(&amendment.target_id) {
            Some(session) => session.started.timestamp(),
            None => Timestamp::MIN,
        });
        before.fold(oldest, Timestamp::min)
    }

    /// The diary entries of the time that was asked for, as they read after every correction, newest first.
    pub fn entries(&self, query: &Query) -> Vec<DiaryEntry> {
        let corrections = self.corrections();
        let mut entries: Vec<DiaryEntry> = self
            .entries
            .values()
            .filter(|entry| query.covers(&entry.occurred_at()))
            .filter_map(|entry| match corrections.get(&entry.id) {
                None => Some(entry.clone()),
                Some(amendments) => amended(entry, amendments),
            })
            .collect();
        entries.sort_by_key(|entry| Reverse((entry.occurred_at(), entry.id)));
        entries
    }

    /// The sessions and the entries, deleted ones too, whose ids begin like this (in lower case).
    pub(crate) fn readings(&self, prefix: &str) -> Vec<Reading> {
        let begins = |id: &Uuid| prefix.is_empty() || id.to_string().starts_with(prefix);
        let mut corrections = self.corrections();
        let mut corrected = |id: &Uuid| corrections.remove(id).unwrap_or_default();
        let mut readings = Vec::new();
        for (id, session) in self.sessions.iter().filter(|(id, _)| begins(id)) {
            let corrections = corrected(id);
            let (session, deleted) = reads(session, &corrections);
            let corrections = corrections.into_iter().cloned().collect();
            readings.push(Reading { line: HistoryLine::Session(session), deleted, corrections });
        }
        for (id, entry) in self.entries.iter().filter(|(id, _)| begins(id)) {
            let corrections = corrected(id);
            let (entry, deleted) = reads(entry, &corrections);
            let corrections = corrections.into_iter().cloned().collect();
            readings.push(Reading { line: HistoryLine::DiaryEntry(entry), deleted, corrections });
        }
        readings
    }

    /// How many corrections wait for what they correct: it stands in a file that is not here.
    pub fn orphans(&self) -> usize {
        let is_known = |of: &Uuid| self.sessions.contains_key(of) || self.entries.contains_key(of);
        self.amendments.values().filter(|amendment| !is_known(&amendment.target_id)).count()
    }

    /// How many sessions, corrections and entries there are, deleted ones too.
    pub fn counts(&self) -> [usize; 3] {
        [self.sessions.len(), self.amendments.len(), self.entries.len()]
    }

    /// The corrections of each session and each entry, in the order in which they count.
    fn corrections(&self) -> BTreeMap<Uuid, Vec<&Amendment>> {
        let mut corrections: BTreeMap<Uuid, Vec<&Amendment>> = BTreeMap::new();
        for amendment in self.amendments.values() {
            corrections.entry(amendment.target_id).or_default().push(amendment);
        }
        for amendments in corrections.values_mut() {
            amendments.sort_by_key(|amendment| (amendment.at, amendment.id));
        }
        corrections
    }
}

/// Keeps the line that was written later; of two written at once, the one whose text sorts last.
pub(super) fn keep_later<T: Serialize>(
    known: &mut BTreeMap<Uuid, T>,
    id: Uuid,
    new: T,
    at: impl Fn(&T) -> WallTime,
) {
    let text = |line: &T| serde_json::to_string(line).unwrap_or_default();
    match known.get(&id) {
        Some(old) if at(old) > at(&new) => {}
        Some(old) if at(old) == at(&new) && text(old) >= text(&new) => {}
        _ => {
            known.insert(id, new);
        }
    }
}

/// The line with its corrections; none if it is deleted.
pub(super) fn amended<T: Serialize + DeserializeOwned + Clone>(
    line: &T,
    amendments: &[&Amendment],
) -> Option<T> {
    let (line, deleted) = reads(line, amendments);
    (!deleted).then_some(line)
}

/// The line with its corrections, and whether it is deleted. A correction that makes no sense counts for nothing.
fn reads<T: Serialize + DeserializeOwned + Clone>(line: &T, amendments: &[&Amendment]) -> (T, bool) {
    let mut reads = line.clone();
    let mut deleted = false;
    for amendment in amendments {
        deleted = amendment.changed_fields.get("deleted").and_then(Value::as_bool).unwrap_or(deleted);
        let mut set = amendment.changed_fields.clone();
        set.retain(|name, _| name != "deleted" && !IMMUTABLE_FIELDS.contains(&name.as_str()));
        if set.is_empty() {
            continue;
        }
        if let Ok(Value::Object(mut fields)) = serde_json::to_value(&reads) {
            fields.extend(set);
            reads = serde_json::from_value(Value::Object(fields)).unwrap_or(reads);
        }
    }
    (reads, deleted)
}
