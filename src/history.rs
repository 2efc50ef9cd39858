//! The folder of logs: append, read backwards, and read through.
//!
//! One file for each computer that writes there, so that a folder shared by Syncthing, Dropbox or git never
//! conflicts; each computer reads all of them. Nothing is ever rewritten in place. A line that cannot be read
//! stays as it is, is counted and said, and never hides the others. A log that cannot be read is an error: what it
//! says would be missing without a word. Who has to go on without it asks for that by name.
//!
//! Reading begins at the files' ends, because people ask for the newest and the files grow for years. It may
//! stop early because `at`, the moment of writing, never decreases within a file and is never before the
//! session that it tells of `started`.
//!
//! This room knows files and lines, not what the lines mean: that is [`record`](crate::record).

mod amend;
mod append;
mod check;
mod csv_import;
mod forward;
mod gaps;
mod import_export;
mod log_file;
mod machine;
mod scan;
mod tail;

pub use amend::LookupTarget;
pub(crate) use amend::{LookupResult, new_line_id};
pub(crate) use append::{append_lines, lock_file, reserve_space};
pub(crate) use check::{CheckedFile, HistoryCheck};
pub(crate) use gaps::{Gaps, LatestChange, UnreadableLines, summarize_lines};
pub(crate) use import_export::ExportResult;
pub use import_export::{ImportInput, ImportResult};
pub(crate) use machine::Machine;
pub(crate) use tail::open_to_read;

use crate::{
    error::{Error, Result},
    record::{DiaryEntry, History, HistoryLine, Query, SessionRecord},
    time::WallTime,
};
use gaps::check_folder_link;
use jiff::Timestamp;
use rustix::fs::{OFlags, syncfs};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};
use tail::Tail;

/// How long another process may hold the log.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// Set aside for a session's record before the session begins; one of a hundred phases takes a third of it.
const RESERVED_BYTES: u64 = 64 * 1024;

/// A history of so many bytes is counted through while somebody waits for its list; a larger one is not.
const MAX_BYTES_TO_COUNT: u64 = 1024 * 1024;

/// A folder of logs, and this computer's own log in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryFolder {
    folder: PathBuf,
    own_file: PathBuf,
    writable: Result<()>,
    machine: Option<Machine>,
}

/// What was found in the logs.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryQueryResult {
    /// The sessions, newest first.
    pub sessions: Vec<SessionRecord>,
    /// The diary entries of the same time, newest first.
    pub(crate) diary_entries: Vec<DiaryEntry>,
    /// What could not be read on the way.
    pub unread: Vec<UnreadableLines>,
}

impl HistoryFolder {
    /// The logs in `logs`; this computer's own is `own`.jsonl. Touches nothing.
    pub fn new(folder: PathBuf, own: &str) -> HistoryFolder {
        let own = folder.join(format!("{own}.jsonl"));
        HistoryFolder { folder, own_file: own, writable: Ok(()), machine: None }
    }

    /// The same logs, only to be read if `writable` is an error, which says why.
    #[must_use]
    pub(crate) fn with_write_permission(self, writable: Result<()>) -> HistoryFolder {
        HistoryFolder { writable, ..self }
    }

    /// The same logs of this computer, whose id is kept whenever they are written.
    #[must_use]
    pub(crate) fn with_machine(self, machine: Machine) -> HistoryFolder {
        HistoryFolder { machine: Some(machine), ..self }
    }

    /// Whether anything may be written.
    ///
    /// # Errors
    /// They are only to be read.
    pub(crate) fn require_writable(&self) -> Result<()> {
        self.writable.clone()
    }

    /// The folder of all logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// This computer's own log.
    pub fn own_file(&self) -> &Path {
        &self.own_file
    }

    /// Makes sure, before a session begins, that its record can be written when it ends: the folder and this
    /// computer's log exist, may be written, and have room for it where the file system can promise that.
    ///
    /// # Errors
    /// They cannot be written, or the disk is full.
    pub fn reserve_space(&self) -> Result<()> {
        let file = self.open_own_file()?;
        append::reserve_space(&file, RESERVED_BYTES)
            .map_err(|why| storage_error("write", &self.own_file, &why))
    }

    /// Opens this computer's log, and keeps other processes from writing to it until the writer is dropped.
    ///
    /// # Errors
    /// It cannot be written, or another process has held it for two seconds.
    pub fn open_writer(&self) -> Result<HistoryWriter> {
        let file = self.open_own_file()?;
        append::lock_file(&file, &self.own_file, LOCK_TIMEOUT)?;
        Ok(HistoryWriter { folder: self.clone(), file })
    }

    /// Whether this computer's log is seen to have this line. Reads back to the moment when it was written; where
    /// it cannot be read, nobody sees it. The same line twice does no harm, a missing one does.
    pub(crate) fn has_line(&self, line: &HistoryLine) -> bool {
        let Ok(mut tail) = Tail::open(&self.own_file) else { return false };
        let older = std::iter::from_fn(|| tail.previous());
        older.take_while(|older| older.written_at() >= line.written_at()).any(|older| older == *line)
    }

    /// Finds the sessions that were asked for, newest first, and reads no more than that takes.
    ///
    /// # Errors
    /// A log, or the folder, cannot be read. Where there is no folder, the history is empty; a line that cannot be
    /// read is no error, but [`HistoryQueryResult::unread`].
    pub fn find_newest(&self, query: &Query) -> Result<HistoryQueryResult> {
        let (found, gaps) = self.find_newest_readable(query)?;
        gaps.into_lines_or_error().map(|_| found)
    }

    /// The same for one who has to go on without the logs that cannot be read, and says so.
    ///
    /// # Errors
    /// The folder is a link to nowhere.
    pub fn find_newest_readable(&self, query: &Query) -> Result<(HistoryQueryResult, Gaps)> {
        let (history, gaps) = self.read_back_to_horizon(query.limit, |history| history.horizon(query))?;
        Ok((to_query_result(&history, query, &gaps), gaps))
    }

    /// How many sessions were asked for, whatever the limit; none where the history is too large to count them
    /// while somebody waits.
    ///
    /// # Errors
    /// As [`find_newest`](Self::find_newest).
    pub(crate) fn count_sessions(&self, query: &Query) -> Result<Option<usize>> {
        if !self.is_quick_to_count()? {
            return Ok(None);
        }
        let add = |count: &mut usize, session| {
            *count += usize::from(query.includes_summary(&session));
            Ok(())
        };
        self.each(|| 0, add).map(|(count, _)| Some(count))
    }

    /// How many diary entries were asked for, in the same way.
    ///
    /// # Errors
    /// As [`find_newest`](Self::find_newest).
    pub(crate) fn count_entries(&self, query: &Query) -> Result<Option<usize>> {
        if !self.is_quick_to_count()? {
            return Ok(None);
        }
        let all = Query { limit: None, ..query.clone() };
        self.find_diary_entries(&all).map(|(entries, _)| Some(entries.len()))
    }

    fn is_quick_to_count(&self) -> Result<bool> {
        let (files, _) = self.list_log_paths()?;
        let sizes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|facts| facts.len());
        Ok(sizes.sum::<u64>() <= MAX_BYTES_TO_COUNT)
    }

    /// Finds the diary entries of the time that was asked for, newest first, and reads no more than that takes.
    ///
    /// # Errors
    /// As [`find_newest`](Self::find_newest).
    pub(crate) fn find_diary_entries(
        &self,
        query: &Query,
    ) -> Result<(Vec<DiaryEntry>, Vec<UnreadableLines>)> {
        let (history, gaps) = self.read_back_to_horizon(query.limit, |history| {
            let entries = history.entries(query);
            let last = query.limit.and_then(|limit| entries.get(limit.checked_sub(1)?));
            let oldest = last.map(DiaryEntry::occurred_at).or(query.since);
            oldest.map_or(Timestamp::MIN, |oldest| oldest.timestamp())
        })?;
        let mut entries = history.entries(query);
        entries.truncate(query.limit.unwrap_or(usize::MAX));
        Ok((entries, gaps.into_lines_or_error()?))
    }

    /// Folds the logs from their ends back to the horizon, which lies at most so many lines further than it has to.
    fn read_back_to_horizon(
        &self,
        limit: Option<usize>,
        horizon: impl Fn(&History) -> Timestamp,
    ) -> Result<(History, Gaps)> {
        let (mut tails, mut gaps) = self.open_all(Tail::open)?;
        let history = merge_backwards(&mut tails, limit, horizon);
        tails.into_iter().for_each(|tail| tail.tell(&mut gaps));
        Ok((history, gaps))
    }

    /// Every log, by its name; and what kept the folder from being listed to its end.
    ///
    /// # Errors
    /// The folder is a link to nowhere. Where it is not there at all, there is no log.
    fn list_log_paths(&self) -> Result<(Vec<PathBuf>, Option<io::Error>)> {
        let mut files = Vec::new();
        let failed = collect_log_paths(&self.folder, &mut files).err();
        if failed.is_some() {
            check_folder_link(&self.folder)?;
        }
        files.sort();
        Ok((files, failed.filter(|why| why.kind() != io::ErrorKind::NotFound)))
    }

    /// Every log that can be opened, and those that cannot.
    fn open_all<T>(&self, open: impl Fn(&Path) -> io::Result<T>) -> Result<(Vec<T>, Gaps)> {
        let (mut opened, mut gaps) = (Vec::new(), Gaps::default());
        for file in self.list_files(&mut gaps)? {
            match open(&file) {
                Ok(log) => opened.push(log),
                Err(why) => gaps.add_unopened_log(&file, &why),
            }
        }
        Ok((opened, gaps))
    }

    /// Every log, by its name. What else may be in a folder that could not be listed is a gap.
    fn list_files(&self, gaps: &mut Gaps) -> Result<Vec<PathBuf>> {
        let (files, failed) = self.list_log_paths()?;
        if let Some(why) = failed {
            gaps.add_unlisted_folder(&self.folder, &why);
        }
        Ok(files)
    }

    fn create_folder(&self) -> Result<()> {
        self.require_writable()?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.or_else(|why| {
            check_folder_link(&self.folder)?;
            Err(storage_error("make the folder", &self.folder, &why))
        })?;
        // Whatever is written comes by here.
        self.machine.iter().for_each(Machine::save);
        Ok(())
    }

    fn open_own_file(&self) -> Result<File> {
        self.create_folder()?;
        let mut how = OpenOptions::new();
        // Nobody waits for one who reads, should it be a pipe.
        how.append(true).create(true).mode(0o600).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        // An append looks at the last byte, if it may: to write is enough.
        let file = how
            .clone()
            .read(true)
            .open(&self.own_file)
            .or_else(|why| how.open(&self.own_file).map_err(|_| why));
        file.and_then(tail::only_a_file).map_err(|why| storage_error("write", &self.own_file, &why))
    }
}

/// This computer's log, held against every other writer until this is dropped.
#[derive(Debug)]
pub struct HistoryWriter {
    folder: HistoryFolder,
    file: File,
}

impl HistoryWriter {
    /// When the last line that can be read was written; the next one may not be earlier. None in a log that cannot
    /// be read: what is written goes by the clock alone.
    pub fn last_written_at(&self) -> Option<WallTime> {
        Some(Tail::open(&self.folder.own_file).ok()?.previous()?.written_at())
    }

    /// Appends a line in one write and flushes it to the disk. A torn last line is closed first, and kept.
    ///
    /// # Errors
    /// It cannot be written, then nothing is; or not flushed, then it may be there. Trying again does no
    /// harm: the same line twice is the same history.
    pub fn append(&mut self, line: &HistoryLine) -> Result<()> {
        self.append_and_flush(line).map_err(|why| storage_error("write", &self.folder.own_file, &why))
    }

    fn append_and_flush(&mut self, line: &HistoryLine) -> io::Result<()> {
        let is_new = self.file.metadata()?.len() == 0;
        append::append_lines(&mut self.file, format!("{}\n", line.to_json()).as_bytes())?;
        self.file.sync_data()?;
        if !is_new {
            return Ok(());
        }
        // That the file exists is a fact of its folder, which is flushed apart.
        match File::open(&self.folder.folder) {
            Ok(folder) => folder.sync_all(),
            // Whoever may not list it may still have written in it.
            Err(_) => Ok(syncfs(&self.file)?),
        }
    }
}

/// Folds the lines from the newest back, until no older one can change the answer.
fn merge_backwards(
    tails: &mut [Tail],
    limit: Option<usize>,
    horizon_of: impl Fn(&History) -> Timestamp,
) -> History {
    let mut history = History::default();
    // Where the horizon lies is costly to see, so it is looked for when twice as many lines are known.
    let mut lines_per_look = limit.unwrap_or(usize::MAX);
    loop {
        let horizon = horizon_of(&history);
        let mut seen = 0;
        while seen < lines_per_look
            && let Some(line) = next_older_line(tails, horizon)
        {
            history.add(line);
            seen += 1;
        }
        if seen == 0 {
            return history;
        }
        lines_per_look = lines_per_look.saturating_mul(2);
    }
}

/// The next older line of the log that was read the least far back; none where all are read to the horizon.
fn next_older_line(tails: &mut [Tail], horizon: Timestamp) -> Option<HistoryLine> {
    loop {
        let unfinished = tails.iter_mut().filter(|tail| tail.reached().is_some_and(|at| at >= horizon));
        if let Some(line) = unfinished.max_by_key(|tail| tail.reached())?.previous() {
            return Some(line);
        }
    }
}

fn to_query_result(history: &History, query: &Query, gaps: &Gaps) -> HistoryQueryResult {
    let horizon = history.horizon(query);
    let mut entries = history.entries(query);
    entries.retain(|entry| entry.occurred_at().timestamp() >= horizon);
    HistoryQueryResult { sessions: history.select(query), diary_entries: entries, unread: gaps.lines.clone() }
}

/// Lists what a shell means by `*.jsonl`: hidden files are some other program's own.
fn collect_log_paths(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_some_and(|extension| extension == "jsonl") && !is_hidden {
            files.push(path);
        }
    }
    Ok(())
}

fn storage_error(doing: &str, path: &Path, why: &io::Error) -> Error {
    Error::from_io(doing, path, why)
        .with_default_hint("EASEBACK_DATA_DIR=FOLDER keeps the history in another folder")
}
