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

mod append;
mod check;
mod correct;
mod exchange;
mod forward;
mod machine;
mod open;
mod scan;
mod sheet;
mod tail;
mod unread;

pub use append::{append, lock, reserve};
pub use check::{Checked, CheckedFile, Fault};
pub use correct::{Sought, Wanted, new_id};
pub use exchange::{Exported, Imported, Source};
pub use machine::Machine;
pub use scan::{Scan, Scanned};
pub use tail::open_to_read;
pub use unread::{Gaps, Latest, Unread, Unreadable, sum_up};

use crate::{
    error::{Error, Result},
    record::{Entry, History, Line, Query, SessionRecord},
    time::Wall,
};
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
use unread::leads_somewhere;

/// How long another process may hold the log.
const PATIENCE: Duration = Duration::from_secs(2);
/// Set aside for a session's record before the session begins; one of a hundred phases takes a third of it.
const ROOM: u64 = 64 * 1024;

/// A history of so many bytes is counted through while somebody waits for its list; a larger one is not.
const MOST_COUNTED: u64 = 1024 * 1024;

/// A folder of logs, and this computer's own log in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    folder: PathBuf,
    own: PathBuf,
    writable: Result<()>,
    machine: Option<Machine>,
}

/// What was found in the logs.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The sessions, newest first.
    pub sessions: Vec<SessionRecord>,
    /// The diary entries of the same time, newest first.
    pub entries: Vec<Entry>,
    /// What could not be read on the way.
    pub unread: Vec<Unread>,
}

impl Logs {
    /// The logs in `folder`; this computer's own is `own`.jsonl. Touches nothing.
    pub fn new(folder: PathBuf, own: &str) -> Logs {
        let own = folder.join(format!("{own}.jsonl"));
        Logs { folder, own, writable: Ok(()), machine: None }
    }

    /// The same logs, only to be read if `writable` is an error, which says why.
    #[must_use]
    pub fn writable(self, writable: Result<()>) -> Logs {
        Logs { writable, ..self }
    }

    /// The same logs of this computer, whose id is kept whenever they are written.
    #[must_use]
    pub fn keeping(self, machine: Machine) -> Logs {
        Logs { machine: Some(machine), ..self }
    }

    /// Whether anything may be written.
    ///
    /// # Errors
    /// They are only to be read.
    pub fn may_be_written(&self) -> Result<()> {
        self.writable.clone()
    }

    /// The folder of all logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// This computer's own log.
    pub fn own(&self) -> &Path {
        &self.own
    }

    /// Makes sure, before a session begins, that its record can be written when it ends: the folder and this
    /// computer's log exist, may be written, and have room for it where the file system can promise that.
    ///
    /// # Errors
    /// They cannot be written, or the disk is full.
    pub fn reserve(&self) -> Result<()> {
        let file = self.open_own()?;
        append::reserve(&file, ROOM).map_err(|why| refused("write", &self.own, &why))
    }

    /// Opens this computer's log, and keeps other processes from writing to it until the writer is dropped.
    ///
    /// # Errors
    /// It cannot be written, or another process has held it for two seconds.
    pub fn write(&self) -> Result<Writer> {
        let file = self.open_own()?;
        append::lock(&file, &self.own, PATIENCE)?;
        Ok(Writer { logs: self.clone(), file })
    }

    /// Whether this computer's log is seen to have this line. Reads back to the moment when it was written; where
    /// it cannot be read, nobody sees it. The same line twice does no harm, a missing one does.
    pub fn has(&self, line: &Line) -> bool {
        let Ok(mut tail) = Tail::open(&self.own) else { return false };
        let older = std::iter::from_fn(|| tail.previous());
        older.take_while(|older| older.at() >= line.at()).any(|older| older == *line)
    }

    /// Finds the sessions that were asked for, newest first, and reads no more than that takes.
    ///
    /// # Errors
    /// A log, or the folder, cannot be read. Where there is no folder, the history is empty; a line that cannot be
    /// read is no error, but [`Found::unread`].
    pub fn newest(&self, query: &Query) -> Result<Found> {
        let (found, gaps) = self.newest_readable(query)?;
        gaps.of_lines().map(|_| found)
    }

    /// The same for one who has to go on without the logs that cannot be read, and says so.
    ///
    /// # Errors
    /// The folder is a link to nowhere.
    pub fn newest_readable(&self, query: &Query) -> Result<(Found, Gaps)> {
        let (history, gaps) = self.folded_back(query.limit, |history| history.horizon(query))?;
        Ok((found(&history, query, &gaps), gaps))
    }

    /// How many sessions were asked for, whatever the limit; none where the history is too large to count them
    /// while somebody waits.
    ///
    /// # Errors
    /// As [`newest`](Self::newest).
    pub fn count(&self, query: &Query) -> Result<Option<usize>> {
        if !self.is_quickly_counted()? {
            return Ok(None);
        }
        let add = |count: &mut usize, session| {
            *count += usize::from(query.includes_brief(&session));
            Ok(())
        };
        self.each(|| 0, add).map(|(count, _)| Some(count))
    }

    /// How many diary entries were asked for, in the same way.
    ///
    /// # Errors
    /// As [`newest`](Self::newest).
    pub fn count_entries(&self, query: &Query) -> Result<Option<usize>> {
        if !self.is_quickly_counted()? {
            return Ok(None);
        }
        let all = Query { limit: None, ..query.clone() };
        self.entries(&all).map(|(entries, _)| Some(entries.len()))
    }

    fn is_quickly_counted(&self) -> Result<bool> {
        let (files, _) = self.listed()?;
        let sizes = files.iter().filter_map(|file| fs::metadata(file).ok()).map(|facts| facts.len());
        Ok(sizes.sum::<u64>() <= MOST_COUNTED)
    }

    /// Finds the diary entries of the time that was asked for, newest first, and reads no more than that takes.
    ///
    /// # Errors
    /// As [`newest`](Self::newest).
    pub fn entries(&self, query: &Query) -> Result<(Vec<Entry>, Vec<Unread>)> {
        let (history, gaps) = self.folded_back(query.limit, |history| {
            let entries = history.entries(query);
            let last = query.limit.and_then(|limit| entries.get(limit.checked_sub(1)?));
            let oldest = last.map(Entry::moment).or(query.since);
            oldest.map_or(Timestamp::MIN, |oldest| oldest.timestamp())
        })?;
        let mut entries = history.entries(query);
        entries.truncate(query.limit.unwrap_or(usize::MAX));
        Ok((entries, gaps.of_lines()?))
    }

    /// Folds the logs from their ends back to the horizon, which lies at most so many lines further than it has to.
    fn folded_back(
        &self,
        limit: Option<usize>,
        horizon: impl Fn(&History) -> Timestamp,
    ) -> Result<(History, Gaps)> {
        let (mut tails, mut gaps) = self.open_all(Tail::open)?;
        let history = fold_back(&mut tails, limit, horizon);
        tails.into_iter().for_each(|tail| tail.tell(&mut gaps));
        Ok((history, gaps))
    }

    /// Every log, by its name; and what kept the folder from being listed to its end.
    ///
    /// # Errors
    /// The folder is a link to nowhere. Where it is not there at all, there is no log.
    fn listed(&self) -> Result<(Vec<PathBuf>, Option<io::Error>)> {
        let mut files = Vec::new();
        let failed = list_logs(&self.folder, &mut files).err();
        if failed.is_some() {
            leads_somewhere(&self.folder)?;
        }
        files.sort();
        Ok((files, failed.filter(|why| why.kind() != io::ErrorKind::NotFound)))
    }

    /// Every log that can be opened, and those that cannot.
    fn open_all<T>(&self, open: impl Fn(&Path) -> io::Result<T>) -> Result<(Vec<T>, Gaps)> {
        let (mut opened, mut gaps) = (Vec::new(), Gaps::default());
        for file in self.files(&mut gaps)? {
            match open(&file) {
                Ok(log) => opened.push(log),
                Err(why) => gaps.not_opened(&file, &why),
            }
        }
        Ok((opened, gaps))
    }

    /// Every log, by its name. What else may be in a folder that could not be listed is a gap.
    fn files(&self, gaps: &mut Gaps) -> Result<Vec<PathBuf>> {
        let (files, failed) = self.listed()?;
        if let Some(why) = failed {
            gaps.not_listed(&self.folder, &why);
        }
        Ok(files)
    }

    fn make_folder(&self) -> Result<()> {
        self.may_be_written()?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.or_else(|why| {
            leads_somewhere(&self.folder)?;
            Err(refused("make the folder", &self.folder, &why))
        })?;
        // Whatever is written comes by here.
        self.machine.iter().for_each(Machine::keep);
        Ok(())
    }

    fn open_own(&self) -> Result<File> {
        self.make_folder()?;
        let mut how = OpenOptions::new();
        // Nobody waits for one who reads, should it be a pipe.
        how.append(true).create(true).mode(0o600).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        // An append looks at the last byte, if it may: to write is enough.
        let file = how.clone().read(true).open(&self.own).or_else(|why| how.open(&self.own).map_err(|_| why));
        file.and_then(tail::only_a_file).map_err(|why| refused("write", &self.own, &why))
    }
}

/// This computer's log, held against every other writer until this is dropped.
#[derive(Debug)]
pub struct Writer {
    logs: Logs,
    file: File,
}

impl Writer {
    /// When the last line that can be read was written; the next one may not be earlier. None in a log that cannot
    /// be read: what is written goes by the clock alone.
    pub fn last_at(&self) -> Option<Wall> {
        Some(Tail::open(&self.logs.own).ok()?.previous()?.at())
    }

    /// Appends a line in one write and flushes it to the disk. A torn last line is closed first, and kept.
    ///
    /// # Errors
    /// It cannot be written, then nothing is; or not flushed, then it may be there. Trying again does no
    /// harm: the same line twice is the same history.
    pub fn append(&mut self, line: &Line) -> Result<()> {
        self.append_flushed(line).map_err(|why| refused("write", &self.logs.own, &why))
    }

    fn append_flushed(&mut self, line: &Line) -> io::Result<()> {
        let is_new = self.file.metadata()?.len() == 0;
        append::append(&mut self.file, format!("{}\n", line.to_json()).as_bytes())?;
        self.file.sync_data()?;
        if !is_new {
            return Ok(());
        }
        // That the file exists is a fact of its folder, which is flushed apart.
        match File::open(&self.logs.folder) {
            Ok(folder) => folder.sync_all(),
            // Whoever may not list it may still have written in it.
            Err(_) => Ok(syncfs(&self.file)?),
        }
    }
}

/// Folds the lines from the newest back, until no older one can change the answer.
fn fold_back(
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
            && let Some(line) = previous(tails, horizon)
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
fn previous(tails: &mut [Tail], horizon: Timestamp) -> Option<Line> {
    loop {
        let unfinished = tails.iter_mut().filter(|tail| tail.reached().is_some_and(|at| at >= horizon));
        if let Some(line) = unfinished.max_by_key(|tail| tail.reached())?.previous() {
            return Some(line);
        }
    }
}

fn found(history: &History, query: &Query, gaps: &Gaps) -> Found {
    let horizon = history.horizon(query);
    let mut entries = history.entries(query);
    entries.retain(|entry| entry.moment().timestamp() >= horizon);
    Found { sessions: history.select(query), entries, unread: gaps.unread.clone() }
}

/// Lists what a shell means by `*.jsonl`: hidden files are some other program's own.
fn list_logs(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_some_and(|extension| extension == "jsonl") && !is_hidden {
            files.push(path);
        }
    }
    Ok(())
}

fn refused(doing: &str, path: &Path, why: &io::Error) -> Error {
    Error::file(doing, path, why).or_hint("EASEBACK_DATA_DIR=FOLDER keeps the history in another folder")
}
