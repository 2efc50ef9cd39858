//! The live session's files: create, append, read, watch, settle.
//!
//! | file | what |
//! | --- | --- |
//! | `session.jsonl` | the journal: one line a fact, only ever appended to |
//! | `lock` | held for the moment of each read–fold–append; never deleted |
//! | `seen.json` | what was shown once; see [`SeenNotices`] |
//! | `machine` | the machine id last used; `history`'s, and no business of this room |
//! | `seat` | held by the one who times, for as long as it lives: kill -9 frees it |
//!
//! There is no server: whoever holds `lock` may fold the journal and append to it, and everybody sees it change.

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

/// How long another process may hold the lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// Reserved when the journal is created, so that a disk that fills up later cannot stop its lines.
const RESERVED_BYTES: u64 = 64 * 1024;

/// The folder of the live session, and the logs that its record goes into.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    machine_id: String,
    boot_id: String,
    history: HistoryFolder,
    writable: Result<()>,
}

/// What the journal holds.
#[derive(Debug)]
pub(crate) enum JournalState {
    /// There is no session.
    NoSession,
    /// This computer's session.
    Session(Box<Session>),
    /// Another computer's session, and why it must not be touched while somebody times it.
    OtherMachine(Box<Session>, Error),
    /// What a newer version wrote: it cannot be read, and is never changed.
    NewerVersion(Error),
    /// Bytes that do not begin a session, and what is wrong with them.
    Damaged(Error),
}

impl JournalState {
    /// This computer's session, if there is one.
    ///
    /// # Errors
    /// Another computer's, a newer version's or an unreadable journal is none of ours.
    pub(crate) fn into_own_session(self) -> Result<Option<Session>> {
        match self {
            JournalState::NoSession => Ok(None),
            JournalState::Session(session) => Ok(Some(*session)),
            JournalState::OtherMachine(_, why)
            | JournalState::NewerVersion(why)
            | JournalState::Damaged(why) => Err(why),
        }
    }

    /// The same for one who knows whether anybody times the session: another computer's that nobody times is taken
    /// over.
    #[must_use]
    pub(crate) fn treat_as_ours_if_untimed(self, nobody_times: bool) -> JournalState {
        match self {
            JournalState::OtherMachine(session, _) if nobody_times => JournalState::Session(session),
            found => found,
        }
    }

    /// Whether it is a session that is over, whichever computer began it.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, JournalState::Session(session) | JournalState::OtherMachine(session, _) if session.is_over())
    }
}

impl Journal {
    /// The journal in this folder, for the computer `machine` since its start `boot`; its sessions are recorded in
    /// `unreadable`. Touches nothing.
    pub(crate) fn new(folder: PathBuf, machine: String, boot: String, logs: HistoryFolder) -> Journal {
        Journal { folder, machine_id: machine, boot_id: boot, history: logs, writable: Ok(()) }
    }

    /// The same journal, in a folder where nothing may be created if `writable` is an error, which says why.
    #[must_use]
    pub(crate) fn with_write_permission(self, writable: Result<()>) -> Journal {
        Journal { writable, ..self }
    }

    /// Whether a session may begin here, or go on with another timer.
    ///
    /// # Errors
    /// Nothing may be created in the folder, or nothing written to the history.
    pub(crate) fn require_writable(&self) -> Result<()> {
        self.writable.clone()?;
        self.history.require_writable()
    }

    /// The journal's file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("session.jsonl")
    }

    /// Whether there is a journal.
    ///
    /// # Errors
    /// That cannot be told.
    pub(crate) fn has_file(&self) -> Result<bool> {
        self.path().try_exists().map_err(|why| Error::from_io("read", &self.path(), &why))
    }

    /// Reads and folds the journal. Takes no lock: a line that is being written is not there yet.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub(crate) fn replay(&self) -> Result<JournalState> {
        let read = || {
            let mut bytes = Vec::new();
            history::open_to_read(&self.path())?.read_to_end(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        match read() {
            Ok(bytes) => Ok(self.replay_bytes(&bytes)),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(JournalState::NoSession),
            Err(why) => Err(Error::from_io("read", &self.path(), &why)),
        }
    }

    /// Reads the journal and asks whether somebody times the session, as [`has_timer`](Self::has_timer) does.
    /// Another computer's session that nobody times is ours to take over.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub(crate) fn read_with_timer_state(&self) -> Result<(JournalState, Option<bool>)> {
        let found = self.replay()?;
        // Where nothing ever ran, there is no folder for a lock.
        let watched = if matches!(found, JournalState::NoSession) { Some(false) } else { self.has_timer() };
        Ok((found.treat_as_ours_if_untimed(watched == Some(false)), watched))
    }

    /// Opens the journal for a reader who wants its last lines even after it was removed.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn open_file(&self) -> Result<File> {
        history::open_to_read(&self.path()).map_err(|why| Error::from_io("read", &self.path(), &why))
    }

    /// Folds bytes that were read from a journal.
    pub(crate) fn replay_bytes(&self, bytes: &[u8]) -> JournalState {
        let path = self.path().display().to_string();
        if let Some(v) = find_newer_version(bytes) {
            return JournalState::NewerVersion(
                Error::failed(format!("{path}: {}", ReplayError::NewerVersion(v))).with_hint(
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

    /// Whether this computer began the session, or has timed it since it was started: an id may be made anew, and a
    /// session that was taken over names the other computer to its end.
    fn is_ours(&self, session: &Session) -> bool {
        // No two computers can be told apart by a boot that nobody knows.
        let timed_here = !self.boot_id.is_empty() && session.timer_boot_id() == self.boot_id;
        timed_here || session.header().machine == self.machine_id
    }

    /// Watches the folder for changes.
    pub(crate) fn watch_folder(&self) -> FolderWatch {
        FolderWatch::new(&self.folder)
    }

    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn create_folder(&self) -> Result<()> {
        self.writable.clone()?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|why| Error::from_io("make the folder", &self.folder, &why))
    }

    /// Takes the lock, for a moment.
    ///
    /// # Errors
    /// The folder is not there or cannot be written, or somebody holds the lock for longer than two seconds.
    pub(crate) fn lock(&self) -> Result<LockedJournal<'_>> {
        self.lock_with_timeout(LOCK_TIMEOUT)
    }

    /// The same for one who cannot wait so long.
    ///
    /// # Errors
    /// The same, but for the time.
    pub(crate) fn lock_with_timeout(&self, patience: Duration) -> Result<LockedJournal<'_>> {
        let path = self.folder.join("lock");
        let file = self.open_private_file(&path)?;
        history::lock_file(&file, &path, patience)?;
        Ok(LockedJournal { journal: self, _lock: file })
    }

    /// Records a session whose journal somebody removed, from what its timer remembers.
    ///
    /// # Errors
    /// The history cannot be written.
    pub(crate) fn finalize_without_file(&self, session: &Session, now: &Stamp) -> Result<()> {
        let mut session = session.clone();
        let mut writer = self.history.open_writer()?;
        closing_entries(&session, now, writer.last_written_at()).iter().for_each(|line| session.apply(line));
        writer.append(&record::HistoryLine::Session(session.to_record()))
    }

    fn open_private_file(&self, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(self.writable.is_ok()).truncate(false).mode(0o600);
        options.open(path).map_err(|why| match &self.writable {
            Err(closed) if why.kind() == io::ErrorKind::NotFound => closed.clone(),
            _ => Error::from_io("write", path, &why),
        })
    }

    /// Whether somebody times the session; nothing where that cannot be told.
    pub(crate) fn has_timer(&self) -> Option<bool> {
        self.lock().and_then(|held| held.try_acquire_lease()).map(|free| free.is_none()).ok()
    }
}

/// The journal, locked.
pub(crate) struct LockedJournal<'a> {
    journal: &'a Journal,
    _lock: File,
}

impl LockedJournal<'_> {
    /// Reads and folds the journal.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub(crate) fn replay(&self) -> Result<JournalState> {
        self.journal.replay()
    }

    /// Takes the seat of the one who times; nothing if it is taken.
    ///
    /// # Errors
    /// Its file cannot be opened.
    pub(crate) fn try_acquire_lease(&self) -> Result<Option<TimerLease>> {
        let path = self.journal.folder.join("seat");
        let file = self.journal.open_private_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(TimerLease { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(Error::from_io("lock", &path, &why)),
        }
    }

    /// Creates the journal: written under another name, flushed, and renamed into place.
    ///
    /// # Errors
    /// The folder cannot be written, or has no room; then there is no journal.
    pub(crate) fn create(&self, lines: &[Entry]) -> Result<()> {
        let path = self.journal.folder.join("session.new");
        let _ = fs::remove_file(&path);
        self.write_and_rename(&path, lines).map_err(|why| {
            for leftover in [path, self.journal.path()] {
                let _ = fs::remove_file(leftover);
            }
            Error::from_io("write", &self.journal.path(), &why)
        })
    }

    fn write_and_rename(&self, path: &Path, lines: &[Entry]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        history::reserve_space(&file, RESERVED_BYTES)?;
        file.write_all(&serialize_entries(lines)?)?;
        file.sync_data()?;
        fs::rename(path, self.journal.path())?;
        File::open(&self.journal.folder)?.sync_all()
    }

    /// Appends lines to the journal in one write.
    ///
    /// # Errors
    /// They could not be written; then none of them is there.
    pub(crate) fn append(&self, lines: &[Entry]) -> Result<PendingSync> {
        let path = self.journal.path();
        let write = || {
            let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
            history::append_lines(&mut file, &serialize_entries(lines)?)?;
            Ok(file)
        };
        match write() {
            Ok(file) => Ok(PendingSync { file, path }),
            Err(why) => Err(Error::from_io("write", &path, &why)),
        }
    }

    /// Closes the session: it is recorded, then the journal is removed.
    ///
    /// # Errors
    /// The history cannot be written; then the journal stays, and settling can be tried again.
    pub(crate) fn finalize(&self, session: &Session, now: &Stamp) -> Result<Option<SessionRecord>> {
        let record = self.write_record(session, now)?;
        self.remove()?;
        Ok(record)
    }

    /// Puts the session's record into the history and flushes it there. A rehearsal leaves none. Done twice (the
    /// first time was cut off), it is the same record, and stands there once.
    ///
    /// # Errors
    /// The history cannot be written; then it can be tried again.
    pub(crate) fn write_record(&self, session: &Session, now: &Stamp) -> Result<Option<SessionRecord>> {
        if session.is_rehearsal() {
            return Ok(None);
        }
        let mut session = session.clone();
        if session.is_settled()
            && self.journal.history.has_line(&record::HistoryLine::Session(session.to_record()))
        {
            return Ok(Some(session.to_record()));
        }
        let mut writer = self.journal.history.open_writer()?;
        if !session.is_settled() {
            let lines = closing_entries(&session, now, writer.last_written_at());
            self.append(&lines)?.sync()?;
            lines.iter().for_each(|line| session.apply(line));
        }
        writer.append(&record::HistoryLine::Session(session.to_record()))?;
        Ok(Some(session.to_record()))
    }

    /// Whether all that is to be written of a session stands in the history, as the journal has it now: its timer
    /// says so, or it is seen there.
    pub(crate) fn is_recorded(&self, session: &Session) -> bool {
        session.is_rehearsal()
            || session.is_recorded()
            || session.is_settled()
                && self.journal.history.has_line(&record::HistoryLine::Session(session.to_record()))
    }

    /// Removes the journal.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(crate) fn remove(&self) -> Result<()> {
        let path = self.journal.path();
        fs::remove_file(&path).map_err(|why| Error::from_io("remove", &path, &why))
    }

    /// Puts a journal that cannot be used beside, as it is, under a name that no other has and that says what it is;
    /// says which.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub(crate) fn set_aside(&self, what: &str, now: &Stamp) -> Result<PathBuf> {
        let name = format!("session-{what}-{}.jsonl", now.wall.timestamp().as_millisecond());
        let aside = self.journal.folder.join(name);
        fs::rename(self.journal.path(), &aside)
            .map_err(|why| Error::from_io("set aside", &self.journal.path(), &why))?;
        Ok(aside)
    }
}

/// Lines that are written, and not yet flushed to the disk: first the person is told.
#[must_use]
pub(crate) struct PendingSync {
    file: File,
    path: PathBuf,
}

impl PendingSync {
    /// Flushes them to the disk.
    ///
    /// # Errors
    /// The disk refused.
    pub(crate) fn sync(self) -> Result<()> {
        self.file.sync_data().map_err(|why| Error::from_io("write", &self.path, &why))
    }
}

/// The place of the one who times: an exclusive lock that its process takes along and that dies with it.
pub(crate) struct TimerLease {
    file: File,
}

impl TimerLease {
    /// The seat as a child's standard input: the child holds it too, and keeps it when this one lets go.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn to_stdin(&self) -> Result<Stdio> {
        match self.file.try_clone() {
            Ok(file) => Ok(file.into()),
            Err(why) => Err(Error::system("start the timer", &why)),
        }
    }

    /// The seat that came as this process's standard input; nothing if that is something else.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn from_stdin(journal: &Journal) -> io::Result<Option<TimerLease>> {
        // A high number: a dying process lets go of its files from the highest down, and an inotify takes up to
        // 30 ms; with the seat below it, it would stay taken for so long after kill -9.
        let file = File::from(rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 64)?);
        let (given, there) = (file.metadata()?, fs::metadata(journal.folder.join("seat"))?);
        let same = (given.dev(), given.ino()) == (there.dev(), there.ino());
        Ok((same && file.try_lock().is_ok()).then_some(TimerLease { file }))
    }
}

/// What closes a session. The moment of writing never decreases within a log, and is not before what it tells
/// of, though the clock may have been set back. It is later than all before: of two records of one session the
/// later counts, and records tell milliseconds apart.
fn closing_entries(session: &Session, now: &Stamp, last_at: Option<WallTime>) -> Vec<Entry> {
    let after = last_at.map_or(now.wall, |last| last.plus(Duration::from_millis(1)));
    let record_at = now.wall.max(session.started()).max(after).with_offset_of(&now.wall);
    let cut_off = (!session.is_over()).then_some(Event::CutOff);
    Entry::from_events(now, cut_off.into_iter().chain([Event::Finalized { record_at }]))
}

/// The lines that can be read. A torn or damaged one is passed over; it stays in the file.
pub fn parse_entries(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

fn find_newer_version(bytes: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct JournalVersion {
        v: u32,
    }
    let first = bytes.split(|byte| *byte == b'\n').next()?;
    let JournalVersion { v } = serde_json::from_slice(first).ok()?;
    (v > crate::session::JOURNAL_VERSION).then_some(v)
}

fn serialize_entries(lines: &[Entry]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, line)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
