//! The files of the live session: create, append, read, watch, close.
//!
//! | file | what |
//! | --- | --- |
//! | `session.jsonl` | the journal: one line for each event, append-only |
//! | `lock` | held for each replay and append; never deleted |
//! | `seen.json` | which notices were shown; see [`SeenNotices`] |
//! | `machine` | the machine id last used; belongs to `history` |
//! | `seat` | the timer's lease, held as long as its process lives: kill -9 frees it |
//!
//! There is no server: the holder of `lock` may replay the journal and append to it, and every process sees it change.
//! What the entries mean is `session`'s business; this module only stores them.

mod folder_watch;
mod seen_notices;

pub(crate) use folder_watch::{FolderWatch, ProcessState, is_in_this_namespace, this_process, watch_process};
pub(crate) use seen_notices::SeenNotices;

use crate::{
    error::{Error, Result},
    history::{self, HistoryFolder},
    record::{self, SessionRecord},
    session::{Entry, Event, ReplayError, Session},
    time::{Stamp, WallTime},
};
use serde::Deserialize;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::{
        fd::AsFd,
        unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

/// How long to wait for another process to release the lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// Disk space reserved for the journal, so that a disk that fills up later cannot stop its lines.
const RESERVED_BYTES: u64 = 64 * 1024;

/// The folder of the live session, and the history that its record goes into.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    machine_id: String,
    boot_id: String,
    history: HistoryFolder,
    writable: Result<()>,
}

/// What the journal contains.
#[derive(Debug)]
pub(crate) enum JournalState {
    NoSession,
    /// This computer's session.
    Session(Box<Session>),
    /// Another computer's session, and the error that says why it must not be changed while it is timed.
    OtherMachine(Box<Session>, Error),
    /// Written by a newer version: it cannot be read, and is never changed.
    NewerVersion(Error),
    /// Bytes that do not start with a session, and the error that says so.
    Damaged(Error),
}

impl JournalState {
    /// This computer's session, if any.
    ///
    /// # Errors
    /// The journal is another computer's, a newer version's or damaged.
    pub(crate) fn into_own_session(self) -> Result<Option<Session>> {
        match self {
            JournalState::NoSession => Ok(None),
            JournalState::Session(session) => Ok(Some(*session)),
            JournalState::OtherMachine(_, error)
            | JournalState::NewerVersion(error)
            | JournalState::Damaged(error) => Err(error),
        }
    }

    /// Treats another computer's session as ours if it is known that nobody times it.
    #[must_use]
    pub(crate) fn treat_as_ours_if_untimed(self, is_untimed: bool) -> JournalState {
        match self {
            JournalState::OtherMachine(session, _) if is_untimed => JournalState::Session(session),
            state => state,
        }
    }

    /// Whether it is a finished session, of any computer.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, JournalState::Session(session) | JournalState::OtherMachine(session, _) if session.is_over())
    }
}

impl Journal {
    /// The journal in `folder`, for computer `machine_id` since boot `boot_id`; sessions are recorded in `history`.
    /// Does not touch the disk.
    pub(crate) fn new(
        folder: PathBuf,
        machine_id: String,
        boot_id: String,
        history: HistoryFolder,
    ) -> Journal {
        Journal { folder, machine_id, boot_id, history, writable: Ok(()) }
    }

    /// The same journal; if `writable` is an error, nothing may be created in its folder.
    #[must_use]
    pub(crate) fn with_write_permission(self, writable: Result<()>) -> Journal {
        Journal { writable, ..self }
    }

    /// Checks that a session may start here, or continue with another timer.
    ///
    /// # Errors
    /// The folder or the history is not writable.
    pub(crate) fn require_writable(&self) -> Result<()> {
        self.writable.clone()?;
        self.history.require_writable()
    }

    /// The path of the journal file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("session.jsonl")
    }

    /// Whether the journal file exists.
    ///
    /// # Errors
    /// Whether it exists cannot be determined.
    pub(crate) fn has_file(&self) -> Result<bool> {
        self.path().try_exists().map_err(|error| Error::from_io("read", &self.path(), &error))
    }

    /// Reads and replays the journal without a lock: an incomplete last line is ignored.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub(crate) fn replay(&self) -> Result<JournalState> {
        let read = || {
            let mut bytes = Vec::new();
            history::open_to_read(&self.path())?.read_to_end(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        match read() {
            Ok(bytes) => Ok(self.replay_bytes(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(JournalState::NoSession),
            Err(error) => Err(Error::from_io("read", &self.path(), &error)),
        }
    }

    /// Replays the journal and checks whether it is timed, as [`has_timer`](Self::has_timer) does. Another computer's
    /// session that nobody times is treated as ours.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub(crate) fn read_with_timer_state(&self) -> Result<(JournalState, Option<bool>)> {
        let state = self.replay()?;
        // Before the first session there is no folder for the lock.
        let has_timer = if matches!(state, JournalState::NoSession) { Some(false) } else { self.has_timer() };
        Ok((state.treat_as_ours_if_untimed(has_timer == Some(false)), has_timer))
    }

    /// Opens the journal file, so that its last lines can be read even after it was removed.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn open_file(&self) -> Result<File> {
        history::open_to_read(&self.path()).map_err(|error| Error::from_io("read", &self.path(), &error))
    }

    /// Replays the bytes of a journal.
    pub(crate) fn replay_bytes(&self, bytes: &[u8]) -> JournalState {
        let path = self.path().display().to_string();
        if let Some(version) = find_newer_version(bytes) {
            return JournalState::NewerVersion(
                Error::failed(format!("{path}: {}", ReplayError::NewerVersion(version))).with_hint(
                    "the newer easeback can end it; if nobody times it, `easeback start` sets the file aside",
                ),
            );
        }
        match Session::replay(parse_entries(bytes)) {
            Ok(session) if self.is_ours(&session) => JournalState::Session(Box::new(session)),
            Ok(session) => JournalState::OtherMachine(
                Box::new(session),
                Error::failed(format!("{path}: another computer runs this session"))
                    .with_hint("go on with that session where it was begun; it stays as it is"),
            ),
            Err(why) => JournalState::Damaged(
                Error::failed(format!("{path} is damaged: {why}"))
                    .with_hint("`easeback start` sets the file aside and begins anew"),
            ),
        }
    }

    /// Whether this computer started the session, or timed it since its last boot: the machine id may have been made
    /// anew, and a session that was taken over names the other computer to its end.
    fn is_ours(&self, session: &Session) -> bool {
        // An unknown boot id does not identify a computer.
        let is_timed_here = !self.boot_id.is_empty() && session.timer_boot_id() == self.boot_id;
        is_timed_here || session.header().machine == self.machine_id
    }

    pub(crate) fn watch_folder(&self) -> FolderWatch {
        FolderWatch::new(&self.folder)
    }

    /// Creates the folder if it is missing.
    ///
    /// # Errors
    /// It cannot be created.
    pub(crate) fn create_folder(&self) -> Result<()> {
        self.writable.clone()?;
        let result = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        result.map_err(|error| Error::from_io("make the folder", &self.folder, &error))
    }

    /// Locks the journal.
    ///
    /// # Errors
    /// The folder is missing or not writable, or another process holds the lock for over two seconds.
    pub(crate) fn lock(&self) -> Result<LockedJournal<'_>> {
        self.lock_with_timeout(LOCK_TIMEOUT)
    }

    /// Locks the journal, waiting at most `timeout`.
    ///
    /// # Errors
    /// The folder is missing or not writable, or another process holds the lock for longer.
    pub(crate) fn lock_with_timeout(&self, timeout: Duration) -> Result<LockedJournal<'_>> {
        let path = self.folder.join("lock");
        let file = self.open_private_file(&path)?;
        history::lock_file(&file, &path, timeout)?;
        Ok(LockedJournal { journal: self, _lock: file })
    }

    /// Records a session whose journal file was removed, from the timer's copy.
    ///
    /// # Errors
    /// The history cannot be written.
    pub(crate) fn finalize_without_file(&self, session: &Session, now: &Stamp) -> Result<()> {
        let mut session = session.clone();
        let mut writer = self.history.open_writer()?;
        for entry in closing_entries(&session, now, writer.last_written_at()) {
            session.apply(&entry);
        }
        writer.append(&record::HistoryLine::Session(session.to_record()))
    }

    fn open_private_file(&self, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(self.writable.is_ok()).truncate(false).mode(0o600);
        options.open(path).map_err(|error| match &self.writable {
            Err(not_writable) if error.kind() == io::ErrorKind::NotFound => not_writable.clone(),
            _ => Error::from_io("write", path, &error),
        })
    }

    /// Whether a timer runs; `None` if that is unknown.
    pub(crate) fn has_timer(&self) -> Option<bool> {
        self.lock().and_then(|locked| locked.try_acquire_lease()).map(|lease| lease.is_none()).ok()
    }
}

/// The journal while its lock is held; dropping it unlocks.
pub(crate) struct LockedJournal<'a> {
    journal: &'a Journal,
    _lock: File,
}

impl LockedJournal<'_> {
    /// Reads and replays the journal.
    ///
    /// # Errors
    /// The file exists and cannot be read.
    pub(crate) fn replay(&self) -> Result<JournalState> {
        self.journal.replay()
    }

    /// Acquires the timer's lease; `None` if another process holds it.
    ///
    /// # Errors
    /// Its file cannot be opened or locked.
    pub(crate) fn try_acquire_lease(&self) -> Result<Option<TimerLease>> {
        let path = self.journal.folder.join("seat");
        let file = self.journal.open_private_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(TimerLease { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Error::from_io("lock", &path, &error)),
        }
    }

    /// Creates the journal: writes it under another name, flushes it, and renames it into place.
    ///
    /// # Errors
    /// The folder is not writable or the disk is full; then there is no journal.
    pub(crate) fn create(&self, entries: &[Entry]) -> Result<()> {
        let temporary_path = self.journal.folder.join("session.new");
        let _ = fs::remove_file(&temporary_path);
        self.write_and_rename(&temporary_path, entries).map_err(|error| {
            for leftover in [temporary_path, self.journal.path()] {
                let _ = fs::remove_file(leftover);
            }
            Error::from_io("write", &self.journal.path(), &error)
        })
    }

    fn write_and_rename(&self, temporary_path: &Path, entries: &[Entry]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary_path)?;
        history::reserve_space(&file, RESERVED_BYTES)?;
        file.write_all(&serialize_entries(entries)?)?;
        file.sync_data()?;
        fs::rename(temporary_path, self.journal.path())?;
        File::open(&self.journal.folder)?.sync_all()
    }

    /// Appends entries to the journal in one write.
    ///
    /// # Errors
    /// They cannot be written; then none of them is in the file.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<PendingSync> {
        let path = self.journal.path();
        let write = || {
            let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
            history::append_lines(&mut file, &serialize_entries(entries)?)?;
            Ok(file)
        };
        match write() {
            Ok(file) => Ok(PendingSync { file, path }),
            Err(error) => Err(Error::from_io("write", &path, &error)),
        }
    }

    /// Closes the session: writes its record, then removes the journal.
    ///
    /// # Errors
    /// The history cannot be written; then the journal stays, and this can be tried again.
    pub(crate) fn finalize(&self, session: &Session, now: &Stamp) -> Result<Option<SessionRecord>> {
        let record = self.write_record(session, now)?;
        self.remove()?;
        Ok(record)
    }

    /// Writes the session's record into the history and flushes it. A rehearsal has none. Doing it twice, because the
    /// first time was interrupted, gives the same record, which is in the history once.
    ///
    /// # Errors
    /// The history cannot be written; then this can be tried again.
    pub(crate) fn write_record(&self, session: &Session, now: &Stamp) -> Result<Option<SessionRecord>> {
        if session.is_rehearsal() {
            return Ok(None);
        }
        let mut session = session.clone();
        if session.is_finalized()
            && self.journal.history.has_line(&record::HistoryLine::Session(session.to_record()))
        {
            return Ok(Some(session.to_record()));
        }
        let mut writer = self.journal.history.open_writer()?;
        if !session.is_finalized() {
            let entries = closing_entries(&session, now, writer.last_written_at());
            self.append(&entries)?.sync()?;
            for entry in &entries {
                session.apply(entry);
            }
        }
        writer.append(&record::HistoryLine::Session(session.to_record()))?;
        Ok(Some(session.to_record()))
    }

    /// Whether the history has the session's record as the journal stands: the timer noted it, or it is found there.
    pub(crate) fn is_recorded(&self, session: &Session) -> bool {
        session.is_rehearsal()
            || session.is_recorded()
            || session.is_finalized()
                && self.journal.history.has_line(&record::HistoryLine::Session(session.to_record()))
    }

    /// Removes the journal file.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(crate) fn remove(&self) -> Result<()> {
        let path = self.journal.path();
        fs::remove_file(&path).map_err(|error| Error::from_io("remove", &path, &error))
    }

    /// Renames an unusable journal, unchanged, to a unique name that contains `reason`; returns the new path.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub(crate) fn set_aside(&self, reason: &str, now: &Stamp) -> Result<PathBuf> {
        let new_name = format!("session-{reason}-{}.jsonl", now.wall.timestamp().as_millisecond());
        let new_path = self.journal.folder.join(new_name);
        fs::rename(self.journal.path(), &new_path)
            .map_err(|error| Error::from_io("set aside", &self.journal.path(), &error))?;
        Ok(new_path)
    }
}

/// Entries that are written but not yet flushed to the disk: the person is alerted before that.
#[must_use]
pub(crate) struct PendingSync {
    file: File,
    path: PathBuf,
}

impl PendingSync {
    /// Flushes the entries to the disk.
    ///
    /// # Errors
    /// The system cannot flush them.
    pub(crate) fn sync(self) -> Result<()> {
        self.file.sync_data().map_err(|error| Error::from_io("write", &self.path, &error))
    }
}

/// The right to time the session: an exclusive lock on `seat` that lives as long as its process.
pub(crate) struct TimerLease {
    file: File,
}

impl TimerLease {
    /// The lease as a child's standard input: the child holds it too, and keeps it when this process drops it.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn to_stdin(&self) -> Result<Stdio> {
        match self.file.try_clone() {
            Ok(file) => Ok(file.into()),
            Err(error) => Err(Error::system("start the timer", &error)),
        }
    }

    /// The lease that was passed as this process's standard input; `None` if that is something else.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn from_stdin(journal: &Journal) -> io::Result<Option<TimerLease>> {
        // A high number: a dying process closes its files from the highest down, and closing an inotify takes up to 30
        // ms. With a lower number, the lease would stay taken for that long after kill -9.
        let lease_file = File::from(rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 64)?);
        let (stdin_metadata, seat_metadata) =
            (lease_file.metadata()?, fs::metadata(journal.folder.join("seat"))?);
        let is_same_file =
            (stdin_metadata.dev(), stdin_metadata.ino()) == (seat_metadata.dev(), seat_metadata.ino());
        Ok((is_same_file && lease_file.try_lock().is_ok()).then_some(TimerLease { file: lease_file }))
    }
}

/// The entries that close a session. The time of the record never decreases within a log, and is not before the
/// session's start, though the clock may have been set back. It is later than the last one: of two records of one
/// session the later one counts, and their times are in milliseconds.
fn closing_entries(session: &Session, now: &Stamp, last_at: Option<WallTime>) -> Vec<Entry> {
    let earliest = last_at.map_or(now.wall, |last| last.plus(Duration::from_millis(1)));
    let record_at = now.wall.max(session.started()).max(earliest).with_offset_of(&now.wall);
    let cut_off_event = (!session.is_over()).then_some(Event::CutOff);
    Entry::from_events(now, cut_off_event.into_iter().chain([Event::Finalized { record_at }]))
}

/// The entries that can be read; a torn or damaged line is skipped, and stays in the file.
pub fn parse_entries(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

fn find_newer_version(bytes: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct JournalVersion {
        v: u32,
    }
    let first_line = bytes.split(|byte| *byte == b'\n').next()?;
    let JournalVersion { v } = serde_json::from_slice(first_line).ok()?;
    (v > crate::session::JOURNAL_VERSION).then_some(v)
}

fn serialize_entries(entries: &[Entry]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut bytes, entry)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
