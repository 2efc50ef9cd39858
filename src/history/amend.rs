//! Finding what is to be shown or corrected, and writing the correction: one line more, nothing rewritten.

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

const ID_HINT: &str = "`easeback history` shows the ids; 'last' is the newest session";

/// Ids that begin alike were made within this time: their first eight letters tell 65.536 s apart.
const SHORT_ID_COLLISION_SPAN: Duration = Duration::from_secs(66);

/// As many are named where an id fits several.
const MAX_IDS_LISTED: usize = 4;

/// What is looked for where an id fits both, and what `last` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupTarget {
    /// What is there; `last` is the newest session.
    Existing,
    /// What is there, a session rather than a diary entry; `last` is the newest.
    Session,
    /// What was deleted; `last` is what was deleted last.
    Deleted,
}

/// What was found under an id.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupResult {
    /// The session or the diary entry.
    pub reading: Reading,
    /// What could not be read on the way.
    pub(crate) unread: Vec<UnreadableLines>,
}

impl HistoryFolder {
    /// Finds one session or diary entry: `last`, or the one whose id begins like this. Where none fits that is
    /// there, a deleted one is found, and the other way round.
    ///
    /// # Errors
    /// There is none, or more than one (exit code 1); or this is no beginning of an id (exit code 2).
    pub fn find_by_id(&self, typed: &str, wanted: LookupTarget) -> Result<LookupResult> {
        if typed == "last" {
            let none = || Error::failed("no session yet").with_hint("`easeback start` begins one");
            return match wanted {
                LookupTarget::Existing | LookupTarget::Session => {
                    self.find_newest_session()?.ok_or_else(none)
                }
                LookupTarget::Deleted => self.find_last_deleted(),
            };
        }
        let shown = typed.escape_debug();
        let prefix = typed.to_ascii_lowercase();
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(
                Error::invalid("id", typed, "'last' or the first letters of an id").with_hint(ID_HINT)
            );
        }
        let (mut readings, unread) = self.find_all_by_prefix(&prefix)?;
        let is_wanted = |reading: &Reading| reading.deleted == (wanted == LookupTarget::Deleted);
        let is_session =
            |reading: &Reading| is_wanted(reading) && matches!(reading.line, HistoryLine::Session(_));
        if wanted == LookupTarget::Session && readings.iter().any(is_session) {
            readings.retain(is_session);
        } else if readings.iter().any(is_wanted) {
            readings.retain(is_wanted);
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

    /// An id as the list shows it, with more letters where others begin like it. Reads back to when it was made.
    pub(crate) fn short_id(&self, id: Uuid) -> String {
        let begins = shorten(id, MIN_SHORT_ID_LENGTH);
        let made = id.get_timestamp().and_then(|made| {
            let (seconds, _) = made.to_unix();
            Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
        });
        let horizon =
            made.and_then(|made| made.checked_sub(SHORT_ID_COLLISION_SPAN).ok()).unwrap_or(Timestamp::MIN);
        let alike =
            self.read_back_to_horizon(None, |_| horizon).map(|(history, _)| history.readings(&begins));
        let ids = alike.unwrap_or_default().into_iter().map(|reading| reading.line.id());
        shorten(id, distinct_length(ids))
    }

    /// Finds the newest session that is not deleted, and reads no more than that takes.
    ///
    /// # Errors
    /// The folder cannot be read. If there is none, there is no session.
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
        let none = || Error::failed("nothing is deleted").with_hint(ID_HINT);
        Ok(LookupResult { reading: last.ok_or_else(none)?, unread })
    }

    fn find_all_by_prefix(&self, prefix: &str) -> Result<(Vec<Reading>, Vec<UnreadableLines>)> {
        let (history, gaps) = self.read_back_to_horizon(None, |_| jiff::Timestamp::MIN)?;
        Ok((history.readings(prefix), gaps.into_lines_or_error()?))
    }

    /// Appends a correction. It is the last word on what it corrects, also where a clock was set back.
    ///
    /// # Errors
    /// It cannot be written, then nothing is.
    pub fn append_amendment(
        &self,
        reading: &Reading,
        set: Map<String, Value>,
        now: &WallTime,
    ) -> Result<Amendment> {
        let mut writer = self.open_writer()?;
        let last_word = reading.last_word();
        let at = writer.next_written_at(now).max(last_word.plus(Duration::from_millis(1)));
        if at <= last_word {
            return Err(Error::failed(
                "the last correction has the latest possible time: no later one can be made",
            )
            .with_hint("`easeback history check` names the line"));
        }
        let of = reading.line.id();
        let amendment = Amendment {
            id: new_line_id(now),
            target_id: of,
            at,
            changed_fields: set,
            unknown_fields: Map::new(),
        };
        writer.append_within_size_limit(&HistoryLine::Amendment(amendment.clone()))?;
        Ok(amendment)
    }

    /// Appends a line that is made for the moment of its writing.
    ///
    /// # Errors
    /// It cannot be written, then nothing is.
    pub fn append_dated_line(
        &self,
        now: &WallTime,
        line: impl FnOnce(WallTime) -> HistoryLine,
    ) -> Result<HistoryLine> {
        let mut writer = self.open_writer()?;
        let line = line(writer.next_written_at(now));
        writer.append_within_size_limit(&line)?;
        Ok(line)
    }
}

/// More than one fits: each is named, so that one can be chosen.
fn ambiguous_id_error(shown: &str, readings: &[Reading]) -> Error {
    let length = distinct_length(readings.iter().map(|reading| reading.line.id()));
    let named = |Reading { line, .. }: &Reading| {
        let diary = if matches!(line, HistoryLine::Session(_)) { "" } else { "the diary, " };
        format!("{} ({diary}{})", shorten(line.id(), length), line.occurred_at().format_date_time())
    };
    let many = readings.len();
    let mut fit: Vec<String> = readings.iter().take(MAX_IDS_LISTED).map(named).collect();
    if many > MAX_IDS_LISTED {
        fit.push(format!("{} more", many - MAX_IDS_LISTED));
    }
    Error::failed(format!("{many} ids begin with '{shown}'"))
        .with_hint(format!("type more of the id: {}", fit.join(", ")))
}

/// An id that no other line has; they sort by when they were made.
pub(crate) fn new_line_id(now: &WallTime) -> Uuid {
    let now = now.timestamp();
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

impl HistoryWriter {
    /// When the next line is written: now, but never before the last one.
    fn next_written_at(&self, now: &WallTime) -> WallTime {
        let now = now.truncate_to_millis();
        self.last_written_at().map_or(now, |last| now.max(last))
    }

    /// A line that no reader would read is not written.
    fn append_within_size_limit(&mut self, line: &HistoryLine) -> Result<()> {
        if line.to_json().len() >= LONGEST_LINE {
            return Err(Error::failed("the notes are too long for the history").with_hint(
                "`easeback history edit last --note \"a few words\"` replaces all notes by a shorter one",
            ));
        }
        self.append(line)
    }
}
