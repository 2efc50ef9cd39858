//! Finding what is to be shown or corrected, and writing the correction: one line more, nothing rewritten.

use super::{Logs, Unread, Writer, tail::LONGEST_LINE};
use crate::{
    error::{Error, Result},
    record::{
        Amendment, Line, Query, Reading,
        short_id::{SHORTEST, distinct_length, shorten},
    },
    time::Wall,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;
use uuid::Uuid;

const HINT: &str = "`easeback history` shows the ids; 'last' is the newest session";

/// Ids that begin alike were made within this time: their first eight letters tell 65.536 s apart.
const ALIKE: Duration = Duration::from_secs(66);

/// As many are named where an id fits several.
const MOST_NAMED: usize = 4;

/// What is looked for where an id fits both, and what `last` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What is there; `last` is the newest session.
    There,
    /// What is there, a session rather than a diary entry; `last` is the newest.
    Session,
    /// What was deleted; `last` is what was deleted last.
    Deleted,
}

/// What was found under an id.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// The session or the diary entry.
    pub reading: Reading,
    /// What could not be read on the way.
    pub unread: Vec<Unread>,
}

impl Logs {
    /// Finds one session or diary entry: `last`, or the one whose id begins like this. Where none fits that is
    /// there, a deleted one is found, and the other way round.
    ///
    /// # Errors
    /// There is none, or more than one (exit code 1); or this is no beginning of an id (exit code 2).
    pub fn look_up(&self, typed: &str, wanted: Wanted) -> Result<Sought> {
        if typed == "last" {
            let none = || Error::failed("no session yet").hint("`easeback start` begins one");
            return match wanted {
                Wanted::There | Wanted::Session => self.newest_session()?.ok_or_else(none),
                Wanted::Deleted => self.last_deleted(),
            };
        }
        let shown = typed.escape_debug();
        let prefix = typed.to_ascii_lowercase();
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(Error::invalid("id", typed, "'last' or the first letters of an id").hint(HINT));
        }
        let (mut readings, unread) = self.all_readings(&prefix)?;
        let is_wanted = |reading: &Reading| reading.deleted == (wanted == Wanted::Deleted);
        let is_session = |reading: &Reading| is_wanted(reading) && matches!(reading.line, Line::Session(_));
        if wanted == Wanted::Session && readings.iter().any(is_session) {
            readings.retain(is_session);
        } else if readings.iter().any(is_wanted) {
            readings.retain(is_wanted);
        }
        readings.sort_by_key(|reading| std::cmp::Reverse(reading.line.moment()));
        match readings.len() {
            0 => Err(Error::failed(format!("no session has an id that begins with '{shown}'")).hint(HINT)),
            1 => Ok(Sought { reading: readings.remove(0), unread }),
            _ => Err(ambiguous(&shown.to_string(), &readings)),
        }
    }

    /// An id as the list shows it, with more letters where others begin like it. Reads back to when it was made.
    pub fn short_id(&self, id: Uuid) -> String {
        let begins = shorten(id, SHORTEST);
        let made = id.get_timestamp().and_then(|made| {
            let (seconds, _) = made.to_unix();
            Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
        });
        let horizon = made.and_then(|made| made.checked_sub(ALIKE).ok()).unwrap_or(Timestamp::MIN);
        let alike = self.folded_back(None, |_| horizon).map(|(history, _)| history.readings(&begins));
        let ids = alike.unwrap_or_default().into_iter().map(|reading| reading.line.id());
        shorten(id, distinct_length(ids))
    }

    /// Finds the newest session that is not deleted, and reads no more than that takes.
    ///
    /// # Errors
    /// The folder cannot be read. If there is none, there is no session.
    pub fn newest_session(&self) -> Result<Option<Sought>> {
        let query = Query { limit: Some(1), ..Query::default() };
        let (history, gaps) = self.folded_back(query.limit, |history| history.horizon(&query))?;
        let unread = gaps.of_lines()?;
        let newest = history.select(&query).into_iter().next();
        let reading = newest.and_then(|session| history.readings(&session.id.to_string()).pop());
        Ok(reading.map(|reading| Sought { reading, unread }))
    }

    fn last_deleted(&self) -> Result<Sought> {
        let (mut readings, unread) = self.all_readings("")?;
        readings.retain(|reading| reading.deleted);
        let last = readings.into_iter().max_by_key(|reading| (reading.last_word(), reading.line.id()));
        let none = || Error::failed("nothing is deleted").hint(HINT);
        Ok(Sought { reading: last.ok_or_else(none)?, unread })
    }

    fn all_readings(&self, prefix: &str) -> Result<(Vec<Reading>, Vec<Unread>)> {
        let (history, gaps) = self.folded_back(None, |_| jiff::Timestamp::MIN)?;
        Ok((history.readings(prefix), gaps.of_lines()?))
    }

    /// Appends a correction. It is the last word on what it corrects, also where a clock was set back.
    ///
    /// # Errors
    /// It cannot be written, then nothing is.
    pub fn amend(&self, reading: &Reading, set: Map<String, Value>, now: &Wall) -> Result<Amendment> {
        let mut writer = self.write()?;
        let last_word = reading.last_word();
        let at = writer.next_at(now).max(last_word.plus(Duration::from_millis(1)));
        if at <= last_word {
            return Err(Error::failed(
                "the last correction has the latest possible time: no later one can be made",
            )
            .hint("`easeback history check` names the line"));
        }
        let of = reading.line.id();
        let amendment = Amendment { id: new_id(now), of, at, set, rest: Map::new() };
        writer.append_checked(&Line::Amendment(amendment.clone()))?;
        Ok(amendment)
    }

    /// Appends a line that is made for the moment of its writing.
    ///
    /// # Errors
    /// It cannot be written, then nothing is.
    pub fn log(&self, now: &Wall, line: impl FnOnce(Wall) -> Line) -> Result<Line> {
        let mut writer = self.write()?;
        let line = line(writer.next_at(now));
        writer.append_checked(&line)?;
        Ok(line)
    }
}

/// More than one fits: each is named, so that one can be chosen.
fn ambiguous(shown: &str, readings: &[Reading]) -> Error {
    let length = distinct_length(readings.iter().map(|reading| reading.line.id()));
    let named = |Reading { line, .. }: &Reading| {
        let diary = if matches!(line, Line::Session(_)) { "" } else { "the diary, " };
        format!("{} ({diary}{})", shorten(line.id(), length), line.moment().day_and_time())
    };
    let many = readings.len();
    let mut fit: Vec<String> = readings.iter().take(MOST_NAMED).map(named).collect();
    if many > MOST_NAMED {
        fit.push(format!("{} more", many - MOST_NAMED));
    }
    Error::failed(format!("{many} ids begin with '{shown}'"))
        .hint(format!("type more of the id: {}", fit.join(", ")))
}

/// An id that no other line has; they sort by when they were made.
pub fn new_id(now: &Wall) -> Uuid {
    let now = now.timestamp();
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

impl Writer {
    /// When the next line is written: now, but never before the last one.
    fn next_at(&self, now: &Wall) -> Wall {
        let now = now.whole_millis();
        self.last_at().map_or(now, |last| now.max(last))
    }

    /// A line that no reader would read is not written.
    fn append_checked(&mut self, line: &Line) -> Result<()> {
        if line.to_json().len() >= LONGEST_LINE {
            return Err(Error::failed("the notes are too long for the history").hint(
                "`easeback history edit last --note \"a few words\"` replaces all notes by a shorter one",
            ));
        }
        self.append(line)
    }
}
