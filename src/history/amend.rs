//! Finds a session or diary entry by id, and appends corrections. Existing lines are never rewritten.

use super::{HistoryFolder, HistoryWriter, UnreadableLines, tail::LONGEST_LINE};
use crate::{
    error::{Error, Result},
    record::{
        Amendment, HistoryLine, Query, Reading,
        short_id::{MIN_SHORT_ID_LENGTH, distinct_length, shorten},
    },
    time::WallTime,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;
use uuid::Uuid;

const ID_HINT: &str = "type `easeback history` to see the ids, or 'last' for the newest session";

/// UUIDs (version 7) with the same first eight letters were made within 65.536 s of each other.
const SHORT_ID_COLLISION_SPAN: Duration = Duration::from_secs(66);

/// The limit for the error about an ambiguous id.
const MAX_IDS_LISTED: usize = 4;

/// What to prefer where an id prefix matches several records, and what `last` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupTarget {
    /// A record that is not deleted; `last` is the newest session.
    Existing,
    /// A session that is not deleted, rather than a diary entry; `last` is the newest session.
    Session,
    /// A deleted record; `last` is the one deleted last.
    Deleted,
}

/// The record with the id.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupResult {
    /// The session or diary entry, with its corrections.
    pub reading: Reading,
    /// Unreadable lines met while reading.
    pub(crate) unread: Vec<UnreadableLines>,
}

impl HistoryFolder {
    /// Finds one session or diary entry by `last` or an id prefix. If none of the target matches, any other
    /// record with the prefix does.
    ///
    /// # Errors
    /// No record or several match (exit code 1), or `typed` is not an id prefix (exit code 2).
    pub fn find_by_id(&self, typed: &str, target: LookupTarget) -> Result<LookupResult> {
        if typed == "last" {
            let no_session_error =
                || Error::failed("no session yet").with_hint("type `easeback start` to start one");
            return match target {
                LookupTarget::Existing | LookupTarget::Session => {
                    self.find_newest_session()?.ok_or_else(no_session_error)
                }
                LookupTarget::Deleted => self.find_last_deleted(),
            };
        }
        let shown = typed.escape_debug();
        let prefix = typed.to_ascii_lowercase();
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(
                Error::invalid("id", typed, "'last' or the first characters of an id").with_hint(ID_HINT)
            );
        }
        let (mut readings, unread) = self.find_all_by_prefix(&prefix)?;
        let is_target = |reading: &Reading| reading.deleted == (target == LookupTarget::Deleted);
        let is_target_session =
            |reading: &Reading| is_target(reading) && matches!(reading.line, HistoryLine::Session(_));
        if target == LookupTarget::Session && readings.iter().any(is_target_session) {
            readings.retain(is_target_session);
        } else if readings.iter().any(is_target) {
            readings.retain(is_target);
        }
        readings.sort_by_key(|reading| std::cmp::Reverse(reading.line.occurred_at()));
        match readings.len() {
            0 => {
                Err(Error::failed(format!("no session has an id that begins with '{shown}'"))
                    .with_hint(ID_HINT))
            }
            1 => Ok(LookupResult { reading: readings.remove(0), unread }),
            _ => Err(ambiguous_id_error(&shown.to_string(), &readings)),
        }
    }

    /// The shortest unique prefix of an id, at least [`MIN_SHORT_ID_LENGTH`] letters. Reads back to the id's time.
    pub(crate) fn short_id(&self, id: Uuid) -> String {
        let prefix = shorten(id, MIN_SHORT_ID_LENGTH);
        let made = id.get_timestamp().and_then(|made| {
            let (seconds, _) = made.to_unix();
            Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
        });
        let horizon =
            made.and_then(|made| made.checked_sub(SHORT_ID_COLLISION_SPAN).ok()).unwrap_or(Timestamp::MIN);
        let readings =
            self.read_back_to_horizon(None, |_| horizon).map(|(history, _)| history.readings(&prefix));
        let ids = readings.unwrap_or_default().into_iter().map(|reading| reading.line.id());
        shorten(id, distinct_length(ids))
    }

    /// Finds the newest session that is not deleted, and reads no more than necessary.
    ///
    /// # Errors
    /// A log or the folder cannot be read. A missing folder has no session.
    pub(crate) fn find_newest_session(&self) -> Result<Option<LookupResult>> {
        let query = Query { limit: Some(1), ..Query::default() };
        let (history, gaps) = self.read_back_to_horizon(query.limit, |history| history.horizon(&query))?;
        let unread = gaps.into_lines_or_error()?;
        let newest = history.select(&query).into_iter().next();
        let reading = newest.and_then(|session| history.readings(&session.id.to_string()).pop());
        Ok(reading.map(|reading| LookupResult { reading, unread }))
    }

    fn find_last_deleted(&self) -> Result<LookupResult> {
        let (mut readings, unread) = self.find_all_by_prefix("")?;
        readings.retain(|reading| reading.deleted);
        let last = readings.into_iter().max_by_key(|reading| (reading.last_word(), reading.line.id()));
        let nothing_deleted_error = || Error::failed("nothing is deleted").with_hint(ID_HINT);
        Ok(LookupResult { reading: last.ok_or_else(nothing_deleted_error)?, unread })
    }

    fn find_all_by_prefix(&self, prefix: &str) -> Result<(Vec<Reading>, Vec<UnreadableLines>)> {
        let (history, gaps) = self.read_back_to_horizon(None, |_| Timestamp::MIN)?;
        Ok((history.readings(prefix), gaps.into_lines_or_error()?))
    }

    /// Appends a correction. Even if the clock was set back, its `at` is later than that of all earlier lines about the
    /// record, so that it wins.
    ///
    /// # Errors
    /// It cannot be written; then nothing is.
    pub fn append_amendment(
        &self,
        reading: &Reading,
        changed_fields: Map<String, Value>,
        now: &WallTime,
    ) -> Result<Amendment> {
        let mut writer = self.open_writer()?;
        let last_change = reading.last_word();
        let at = writer.next_written_at(now).max(last_change.plus(Duration::from_millis(1)));
        if at <= last_change {
            return Err(Error::failed(
                "the last correction has the latest possible time: no later one can be made",
            )
            .with_hint("`easeback history check` names the line"));
        }
        let target_id = reading.line.id();
        let amendment =
            Amendment { id: new_line_id(now), target_id, at, changed_fields, unknown_fields: Map::new() };
        writer.append_within_size_limit(&HistoryLine::Amendment(amendment.clone()))?;
        Ok(amendment)
    }

    /// Appends the line that `new_line` makes for the time of writing.
    ///
    /// # Errors
    /// It cannot be written; then nothing is.
    pub fn append_dated_line(
        &self,
        now: &WallTime,
        new_line: impl FnOnce(WallTime) -> HistoryLine,
    ) -> Result<HistoryLine> {
        let mut writer = self.open_writer()?;
        let line = new_line(writer.next_written_at(now));
        writer.append_within_size_limit(&line)?;
        Ok(line)
    }
}

/// Lists the matching records with ids long enough to choose one.
fn ambiguous_id_error(typed: &str, readings: &[Reading]) -> Error {
    let length = distinct_length(readings.iter().map(|reading| reading.line.id()));
    let describe = |Reading { line, .. }: &Reading| {
        let diary = if matches!(line, HistoryLine::Session(_)) { "" } else { "the diary, " };
        format!("{} ({diary}{})", shorten(line.id(), length), line.occurred_at().format_date_time())
    };
    let count = readings.len();
    let mut matches: Vec<String> = readings.iter().take(MAX_IDS_LISTED).map(describe).collect();
    if count > MAX_IDS_LISTED {
        matches.push(format!("{} more", count - MAX_IDS_LISTED));
    }
    Error::failed(format!("{count} ids begin with '{typed}'"))
        .with_hint(format!("type more of the id: {}", matches.join(", ")))
}

/// A new unique id (UUID version 7); ids sort by time.
pub(crate) fn new_line_id(now: &WallTime) -> Uuid {
    let now = now.timestamp();
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

impl HistoryWriter {
    /// The `at` of the next line: now, but never before that of the last line.
    fn next_written_at(&self, now: &WallTime) -> WallTime {
        let now = now.truncate_to_millis();
        self.last_written_at().map_or(now, |last| now.max(last))
    }

    /// Refuses a line that is too long to be read again.
    fn append_within_size_limit(&mut self, line: &HistoryLine) -> Result<()> {
        if line.to_json().len() >= LONGEST_LINE {
            return Err(Error::failed("the notes are too long for the history").with_hint(
                "`easeback history edit last --note \"a few words\"` replaces all notes by a shorter one",
            ));
        }
        self.append(line)
    }
}
