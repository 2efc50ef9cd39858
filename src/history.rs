//! The history's folder of log files: append, read the newest, read everything.
//!
//! Each computer appends to its own file, so that a folder synced by Syncthing, Dropbox or git has no conflicts, and
//! reads all files. Nothing is rewritten in place. An unreadable line is kept, counted and reported, and does not hide
//! the others. An unreadable log is an error, because its sessions would be missing silently; functions named
//! `_readable` go on without it.
//!
//! Reading starts at the ends of the files, because people want the newest sessions and the files grow for years. It
//! may stop early, because `at`, the time of writing, never decreases within a file and is never before `started`.
//!
//! This module knows files and lines; what the lines mean is in [`record`](crate::record).

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

/// How long to wait for another process that has locked the log.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// Reserved for a session's record before the session begins; a session of a hundred phases takes a third of it.
const RESERVED_BYTES: u64 = 64 * 1024;
/// Larger histories are not counted while the person waits for the list.
const MAX_BYTES_TO_COUNT: u64 = 1024 * 1024;

/// The folder of log files, and this computer's own log in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryFolder {
    folder: PathBuf,
    own_file: PathBuf,
    write_permission: Result<()>,
    machine: Option<Machine>,
}

/// The result of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryQueryResult {
    /// The sessions, newest first.
    pub sessions: Vec<SessionRecord>,
    /// The diary entries of the same period, newest first.
    pub(crate) diary_entries: Vec<DiaryEntry>,
    /// Unreadable lines met while reading.
    pub unread: Vec<UnreadableLines>,
}

impl HistoryFolder {
    /// This computer's own log is `own_name`.jsonl in `folder`. Changes nothing on disk.
    pub fn new(folder: PathBuf, own_name: &str) -> HistoryFolder {
        let own_file = folder.join(format!("{own_name}.jsonl"));
        HistoryFolder { folder, own_file, write_permission: Ok(()), machine: None }
    }

    /// An error makes the history read-only and says why.
    #[must_use]
    pub(crate) fn with_write_permission(self, write_permission: Result<()>) -> HistoryFolder {
        HistoryFolder { write_permission, ..self }
    }

    /// Saves the machine's id whenever the history is written.
    #[must_use]
    pub(crate) fn with_machine(self, machine: Machine) -> HistoryFolder {
        HistoryFolder { machine: Some(machine), ..self }
    }

    /// # Errors
    /// The history is read-only.
    pub(crate) fn require_writable(&self) -> Result<()> {
        self.write_permission.clone()
    }

    /// The folder of all log files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of this computer's own log.
    pub fn own_file(&self) -> &Path {
        &self.own_file
    }

    /// Ensures before a session that its record can be written afterwards: creates the folder and this computer's log,
    /// and reserves disk space where the file system supports it.
    ///
    /// # Errors
    /// The log cannot be written, or the disk is full.
    pub fn reserve_space(&self) -> Result<()> {
        let file = self.open_own_file()?;
        append::reserve_space(&file, RESERVED_BYTES)
            .map_err(|why| storage_error("write", &self.own_file, &why))
    }

    /// Opens this computer's log and locks it until the writer is dropped.
    ///
    /// # Errors
    /// The log cannot be written, or another process has had it locked for two seconds.
    pub fn open_writer(&self) -> Result<HistoryWriter> {
        let file = self.open_own_file()?;
        append::lock_file(&file, &self.own_file, LOCK_TIMEOUT)?;
        Ok(HistoryWriter { folder: self.clone(), file })
    }

    /// Whether this computer's log has this line. Reads back to the line's `at`. False if the log cannot be read: a
    /// duplicate line does no harm, a missing one does.
    pub(crate) fn has_line(&self, line: &HistoryLine) -> bool {
        let Ok(mut tail) = Tail::open(&self.own_file) else { return false };
        let older = std::iter::from_fn(|| tail.previous());
        older.take_while(|older| older.written_at() >= line.written_at()).any(|older| older == *line)
    }

    /// Finds the newest sessions that match the query, and reads no more than necessary.
    ///
    /// # Errors
    /// A log or the folder cannot be read. A missing folder is an empty history; unreadable lines are not errors but in
    /// [`HistoryQueryResult::unread`].
    pub fn find_newest(&self, query: &Query) -> Result<HistoryQueryResult> {
        let (result, gaps) = self.find_newest_readable(query)?;
        gaps.into_lines_or_error()?;
        Ok(result)
    }

    /// Like [`find_newest`](Self::find_newest), but goes on without unreadable logs; the caller reports the gaps.
    ///
    /// # Errors
    /// The folder is a dangling link.
    pub fn find_newest_readable(&self, query: &Query) -> Result<(HistoryQueryResult, Gaps)> {
        Ok(self.open_backwards()?.find_newest(query))
    }

    /// Opens all logs, to be read back as far as each query needs.
    ///
    /// # Errors
    /// The folder is a dangling link.
    pub(crate) fn open_backwards(&self) -> Result<BackwardReading> {
        let (tails, gaps) = self.open_all(Tail::open)?;
        Ok(BackwardReading { tails, unopened: gaps, history: History::default() })
    }

    /// The number of sessions that match the query, ignoring its limit. None if the history is too large to count
    /// while the person waits.
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

    /// As [`count_sessions`](Self::count_sessions), for diary entries.
    ///
    /// # Errors
    /// As [`find_newest`](Self::find_newest).
    pub(crate) fn count_entries(&self, query: &Query) -> Result<Option<usize>> {
        if !self.is_quick_to_count()? {
            return Ok(None);
        }
        let unlimited = Query { limit: None, ..query.clone() };
        self.find_diary_entries(&unlimited).map(|(entries, _)| Some(entries.len()))
    }

    fn is_quick_to_count(&self) -> Result<bool> {
        let (files, _) = self.list_log_paths()?;
        let sizes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|metadata| metadata.len());
        Ok(sizes.sum::<u64>() <= MAX_BYTES_TO_COUNT)
    }

    /// Finds the newest diary entries that match the query, and reads no more than necessary.
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

    /// Merges the lines from the ends of the logs back to the horizon: the time before which no line can change the
    /// answer. After `limit` lines, and then twice as many each time, the horizon is computed again.
    fn read_back_to_horizon(
        &self,
        limit: Option<usize>,
        horizon: impl Fn(&History) -> Timestamp,
    ) -> Result<(History, Gaps)> {
        let mut reading = self.open_backwards()?;
        reading.read_to_horizon(limit, horizon);
        let gaps = reading.gaps();
        Ok((reading.history, gaps))
    }

    /// All log files, sorted by name, and the error that ended the listing early, if any.
    ///
    /// # Errors
    /// The folder is a dangling link. A missing folder has no logs.
    fn list_log_paths(&self) -> Result<(Vec<PathBuf>, Option<io::Error>)> {
        let mut files = Vec::new();
        let error = collect_log_paths(&self.folder, &mut files).err();
        if error.is_some() {
            check_folder_link(&self.folder)?;
        }
        files.sort();
        Ok((files, error.filter(|why| why.kind() != io::ErrorKind::NotFound)))
    }

    /// Opens all logs; the ones that fail are in the gaps.
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

    /// All log files, sorted by name. A folder that cannot be listed completely is a gap.
    fn list_files(&self, gaps: &mut Gaps) -> Result<Vec<PathBuf>> {
        let (files, error) = self.list_log_paths()?;
        if let Some(why) = error {
            gaps.add_unlisted_folder(&self.folder, &why);
        }
        Ok(files)
    }

    fn create_folder(&self) -> Result<()> {
        self.require_writable()?;
        if let Err(why) = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder) {
            check_folder_link(&self.folder)?;
            return Err(storage_error("make the folder", &self.folder, &why));
        }
        // Every write to the history comes through here.
        if let Some(machine) = &self.machine {
            machine.save();
        }
        Ok(())
    }

    fn open_own_file(&self) -> Result<File> {
        self.create_folder()?;
        let mut options = OpenOptions::new();
        // NONBLOCK: do not wait for a reader if the path is a pipe.
        options.append(true).create(true).mode(0o600).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        // Read access is only for the last byte, so write access alone is enough.
        let file = options
            .clone()
            .read(true)
            .open(&self.own_file)
            .or_else(|why| options.open(&self.own_file).map_err(|_| why));
        file.and_then(tail::only_a_file).map_err(|why| storage_error("write", &self.own_file, &why))
    }
}

/// This computer's log, locked until this is dropped.
#[derive(Debug)]
pub struct HistoryWriter {
    folder: HistoryFolder,
    file: File,
}

impl HistoryWriter {
    /// The `at` of the last readable line, before which the next one must not be. None if no line can be read.
    pub fn last_written_at(&self) -> Option<WallTime> {
        Some(Tail::open(&self.folder.own_file).ok()?.previous()?.written_at())
    }

    /// Appends a line in one write and syncs it to disk. A torn last line is ended first, and kept.
    ///
    /// # Errors
    /// The line cannot be written, and nothing is; or it cannot be synced, and may be there. A retry is safe: duplicate
    /// lines do not change the history.
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
        // A new file's directory entry has to be synced separately.
        match File::open(&self.folder.folder) {
            Ok(folder) => folder.sync_all(),
            // Without permission to open the folder, sync the whole file system.
            Err(_) => Ok(syncfs(&self.file)?),
        }
    }
}

/// The logs, opened once and read back from their ends as far as was asked. Lines appended meanwhile are not read.
pub(crate) struct BackwardReading {
    tails: Vec<Tail>,
    unopened: Gaps,
    /// What was read so far.
    history: History,
}

impl BackwardReading {
    /// As [`HistoryFolder::find_newest_readable`], with what could not be read up to here.
    pub(crate) fn find_newest(&mut self, query: &Query) -> (HistoryQueryResult, Gaps) {
        self.read_to_horizon(query.limit, |history| history.horizon(query));
        let horizon = self.history.horizon(query);
        let mut diary_entries = self.history.entries(query);
        diary_entries.retain(|entry| entry.occurred_at().timestamp() >= horizon);
        let (sessions, gaps) = (self.history.select(query), self.gaps());
        (HistoryQueryResult { sessions, diary_entries, unread: gaps.lines.clone() }, gaps)
    }

    /// Merges lines, newest first, until no older one can change the answer.
    fn read_to_horizon(&mut self, limit: Option<usize>, horizon_of: impl Fn(&History) -> Timestamp) {
        // The horizon is expensive to compute, so it is only computed again after twice as many lines.
        let mut lines_per_round = limit.unwrap_or(usize::MAX);
        loop {
            let horizon = horizon_of(&self.history);
            let mut added = 0;
            while added < lines_per_round
                && let Some(line) = next_older_line(&mut self.tails, horizon)
            {
                self.history.add(line);
                added += 1;
            }
            if added == 0 {
                return;
            }
            lines_per_round = lines_per_round.saturating_mul(2);
        }
    }

    fn gaps(&self) -> Gaps {
        let mut gaps = self.unopened.clone();
        self.tails.iter().for_each(|tail| tail.tell(&mut gaps));
        gaps
    }
}

/// The next line from the log that has been read back the least. None if all are read back to the horizon.
fn next_older_line(tails: &mut [Tail], horizon: Timestamp) -> Option<HistoryLine> {
    loop {
        let unfinished = tails.iter_mut().filter(|tail| tail.reached().is_some_and(|at| at >= horizon));
        if let Some(line) = unfinished.max_by_key(|tail| tail.reached())?.previous() {
            return Some(line);
        }
    }
}

/// Lists `*.jsonl` as a shell does, without hidden files, which belong to other programs.
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

fn storage_error(verb: &str, path: &Path, why: &io::Error) -> Error {
    Error::from_io(verb, path, why)
        .with_default_hint("EASEBACK_DATA_DIR=FOLDER keeps the history in another folder")
}
