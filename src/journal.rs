//! The live session's files: create, append, read, watch, settle.
//!
//! | file | what |
//! | --- | --- |
//! | `session.jsonl` | the journal: one line a fact, only ever appended to |
//! | `lock` | held for the moment of each read–fold–append; never deleted |
//! | `seen.json` | what was shown once; see [`Seen`] |
//! | `machine` | the machine id last used; `history`'s, and no business of this room |
//! | `seat` | held by the one who times, for as long as it lives: kill -9 frees it |
//!
//! There is no server: whoever holds `lock` may fold the journal and append to it, and everybody sees it change.

mod seen;
mod watch;

pub use seen::Seen;
pub use watch::{Life, Watch, life, means_it_here, this_process};

use crate::{
    error::{Error, Result},
    history::{self, Logs},
    record::{self, SessionRecord},
    session::{Fact, FoldError, Line, Session},
    time::{Stamp, Wall},
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
const PATIENCE: Duration = Duration::from_secs(2);
/// Reserved when the journal is created, so that a disk that fills up later cannot stop its lines.
const ROOM: u64 = 64 * 1024;

/// The folder of the live session, and the logs that its record goes into.
#[derive(Clone, Debug)]
pub struct Journal {
    folder: PathBuf,
    machine: String,
    boot: String,
    logs: Logs,
    writable: Result<()>,
}

/// What the journal holds.
#[derive(Debug)]
pub enum Found {
    /// There is no session.
    Nothing,
    /// This computer's session.
    Session(Box<Session>),
    /// Another computer's session, and why it must not be touched while somebody times it.
    Foreign(Box<Session>, Error),
    /// What a newer version wrote: it cannot be read, and is never changed.
    Newer(Error),
    /// Bytes that do not begin a session, and what is wrong with them.
    Broken(Error),
}

impl Found {
    /// This computer's session, if there is one.
    ///
    /// # Errors
    /// Another computer's, a newer version's or an unreadable journal is none of ours.
    pub fn ours(self) -> Result<Option<Session>> {
        match self {
            Found::Nothing => Ok(None),
            Found::Session(session) => Ok(Some(*session)),
            Found::Foreign(_, why) | Found::Newer(why) | Found::Broken(why) => Err(why),
        }
    }

    /// The same for one who knows whether anybody times the session: another computer's that nobody times is taken
    /// over.
    #[must_use]
    pub fn take_over_if(self, nobody_times: bool) -> Found {
        match self {
            Found::Foreign(session, _) if nobody_times => Found::Session(session),
            found => found,
        }
    }

    /// Whether it is a session that is over, whichever computer began it.
    pub fn is_over(&self) -> bool {
        matches!(self, Found::Session(session) | Found::Foreign(session, _) if session.is_over())
    }
}

impl Journal {
    /// The journal in this folder, for the computer `machine` since its start `boot`; its sessions are recorded in
    /// `logs`. Touches nothing.
    pub fn new(folder: PathBuf, machine: String, boot: String, logs: Logs) -> Journal {
        Journal { folder, machine, boot, logs, writable: Ok(()) }
    }

    /// The same journal, in a folder where nothing may be created if `writable` is an error, which says why.
    #[must_use]
    pub fn writable(self, writable: Result<()>) -> Journal {
        Journal { writable, ..self }
    }

    /// Whether a session may begin here, or go on with another timer.
    ///
    /// # Errors
    /// Nothing may be created in the folder, or nothing written to the history.
    pub fn may_be_timed(&self) -> Result<()> {
        self.writable.clone()?;
        self.logs.may_be_written()
    }

    /// The journal's file.
    pub fn path(&self) -> PathBuf {
        self.folder.join("session.jsonl")
    }

    /// Whether there is a journal.
    ///
    /// # Errors
    /// That cannot be told.
    pub fn is_there(&self) -> Result<bool> {
        self.path().try_exists().map_err(|why| Error::file("read", &self.path(), &why))
    }

    /// Reads and folds the journal. Takes no lock: a line that is being written is not there yet.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self) -> Result<Found> {
        let read = || {
            let mut bytes = Vec::new();
            history::open_to_read(&self.path())?.read_to_end(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        match read() {
            Ok(bytes) => Ok(self.found(&bytes)),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            Err(why) => Err(Error::file("read", &self.path(), &why)),
        }
    }

    /// Reads the journal and asks whether somebody times the session, as [`is_watched`](Self::is_watched) does.
    /// Another computer's session that nobody times is ours to take over.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn look(&self) -> Result<(Found, Option<bool>)> {
        let found = self.read()?;
        // Where nothing ever ran, there is no folder for a lock.
        let watched = if matches!(found, Found::Nothing) { Some(false) } else { self.is_watched() };
        Ok((found.take_over_if(watched == Some(false)), watched))
    }

    /// Opens the journal for a reader who wants its last lines even after it was removed.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(&self) -> Result<File> {
        history::open_to_read(&self.path()).map_err(|why| Error::file("read", &self.path(), &why))
    }

    /// Folds bytes that were read from a journal.
    pub fn found(&self, bytes: &[u8]) -> Found {
        let path = self.path().display().to_string();
        if let Some(v) = newer_version(bytes) {
            return Found::Newer(Error::failed(format!("{path}: {}", FoldError::Newer(v))).hint(
                "the newer easeback can end it; if nobody times it, `easeback start` sets the file aside",
            ));
        }
        match Session::fold(lines(bytes)) {
            Ok(session) if self.is_ours(&session) => Found::Session(Box::new(session)),
            Ok(session) => Found::Foreign(
                Box::new(session),
                Error::failed(format!("{path}: another computer runs this session"))
                    .hint("go on with that session where it was begun; it stays as it is"),
            ),
            Err(why) => Found::Broken(
                Error::failed(format!("{path} is damaged: {why}"))
                    .hint("`easeback start` sets the file aside and begins anew"),
            ),
        }
    }

    /// Whether this computer began the session, or has timed it since it was started: an id may be made anew, and a
    /// session that was taken over names the other computer to its end.
    fn is_ours(&self, session: &Session) -> bool {
        // No two computers can be told apart by a boot that nobody knows.
        let timed_here = !self.boot.is_empty() && session.boot() == self.boot;
        timed_here || session.begun().machine == self.machine
    }

    /// Watches the folder for changes.
    pub fn watch(&self) -> Watch {
        Watch::new(&self.folder)
    }

    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make_folder(&self) -> Result<()> {
        self.writable.clone()?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|why| Error::file("make the folder", &self.folder, &why))
    }

    /// Takes the lock, for a moment.
    ///
    /// # Errors
    /// The folder is not there or cannot be written, or somebody holds the lock for longer than two seconds.
    pub fn lock(&self) -> Result<Held<'_>> {
        self.lock_within(PATIENCE)
    }

    /// The same for one who cannot wait so long.
    ///
    /// # Errors
    /// The same, but for the time.
    pub fn lock_within(&self, patience: Duration) -> Result<Held<'_>> {
        let path = self.folder.join("lock");
        let file = self.open_private(&path)?;
        history::lock(&file, &path, patience)?;
        Ok(Held { journal: self, _lock: file })
    }

    /// Records a session whose journal somebody removed, from what its timer remembers.
    ///
    /// # Errors
    /// The history cannot be written.
    pub fn settle_without_journal(&self, session: &Session, now: &Stamp) -> Result<()> {
        let mut session = session.clone();
        let mut writer = self.logs.write()?;
        last_lines(&session, now, writer.last_at()).iter().for_each(|line| session.apply(line));
        writer.append(&record::Line::Session(session.record()))
    }

    fn open_private(&self, path: &Path) -> Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(self.writable.is_ok()).truncate(false).mode(0o600);
        options.open(path).map_err(|why| match &self.writable {
            Err(closed) if why.kind() == io::ErrorKind::NotFound => closed.clone(),
            _ => Error::file("write", path, &why),
        })
    }

    /// Whether somebody times the session; nothing where that cannot be told.
    pub fn is_watched(&self) -> Option<bool> {
        self.lock().and_then(|held| held.seat()).map(|free| free.is_none()).ok()
    }
}

/// The journal, locked.
pub struct Held<'a> {
    journal: &'a Journal,
    _lock: File,
}

impl Held<'_> {
    /// Reads and folds the journal.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self) -> Result<Found> {
        self.journal.read()
    }

    /// Takes the seat of the one who times; nothing if it is taken.
    ///
    /// # Errors
    /// Its file cannot be opened.
    pub fn seat(&self) -> Result<Option<Seat>> {
        let path = self.journal.folder.join("seat");
        let file = self.journal.open_private(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Seat { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(Error::file("lock", &path, &why)),
        }
    }

    /// Creates the journal: written under another name, flushed, and renamed into place.
    ///
    /// # Errors
    /// The folder cannot be written, or has no room; then there is no journal.
    pub fn create(&self, lines: &[Line]) -> Result<()> {
        let path = self.journal.folder.join("session.new");
        let _ = fs::remove_file(&path);
        self.write_new(&path, lines).map_err(|why| {
            for leftover in [path, self.journal.path()] {
                let _ = fs::remove_file(leftover);
            }
            Error::file("write", &self.journal.path(), &why)
        })
    }

    fn write_new(&self, path: &Path, lines: &[Line]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        history::reserve(&file, ROOM)?;
        file.write_all(&to_bytes(lines)?)?;
        file.sync_data()?;
        fs::rename(path, self.journal.path())?;
        File::open(&self.journal.folder)?.sync_all()
    }

    /// Appends lines to the journal in one write.
    ///
    /// # Errors
    /// They could not be written; then none of them is there.
    pub fn append(&self, lines: &[Line]) -> Result<Written> {
        let path = self.journal.path();
        let write = || {
            let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
            history::append(&mut file, &to_bytes(lines)?)?;
            Ok(file)
        };
        match write() {
            Ok(file) => Ok(Written { file, path }),
            Err(why) => Err(Error::file("write", &path, &why)),
        }
    }

    /// Closes the session: it is recorded, then the journal is removed.
    ///
    /// # Errors
    /// The history cannot be written; then the journal stays, and settling can be tried again.
    pub fn settle(&self, session: &Session, now: &Stamp) -> Result<Option<SessionRecord>> {
        let record = self.record(session, now)?;
        self.remove()?;
        Ok(record)
    }

    /// Puts the session's record into the history and flushes it there. A rehearsal leaves none. Done twice (the
    /// first time was cut off), it is the same record, and stands there once.
    ///
    /// # Errors
    /// The history cannot be written; then it can be tried again.
    pub fn record(&self, session: &Session, now: &Stamp) -> Result<Option<SessionRecord>> {
        if session.is_rehearsal() {
            return Ok(None);
        }
        let mut session = session.clone();
        if session.is_settled() && self.journal.logs.has(&record::Line::Session(session.record())) {
            return Ok(Some(session.record()));
        }
        let mut writer = self.journal.logs.write()?;
        if !session.is_settled() {
            let lines = last_lines(&session, now, writer.last_at());
            self.append(&lines)?.flush()?;
            lines.iter().for_each(|line| session.apply(line));
        }
        writer.append(&record::Line::Session(session.record()))?;
        Ok(Some(session.record()))
    }

    /// Whether all that is to be written of a session stands in the history, as the journal has it now: its timer
    /// says so, or it is seen there.
    pub fn is_recorded(&self, session: &Session) -> bool {
        session.is_rehearsal()
            || session.is_recorded()
            || session.is_settled() && self.journal.logs.has(&record::Line::Session(session.record()))
    }

    /// Removes the journal.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self) -> Result<()> {
        let path = self.journal.path();
        fs::remove_file(&path).map_err(|why| Error::file("remove", &path, &why))
    }

    /// Puts a journal that cannot be used beside, as it is, under a name that no other has and that says what it is;
    /// says which.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub fn set_aside(&self, what: &str, now: &Stamp) -> Result<PathBuf> {
        let name = format!("session-{what}-{}.jsonl", now.wall.timestamp().as_millisecond());
        let aside = self.journal.folder.join(name);
        fs::rename(self.journal.path(), &aside)
            .map_err(|why| Error::file("set aside", &self.journal.path(), &why))?;
        Ok(aside)
    }
}

/// Lines that are written, and not yet flushed to the disk: first the person is told.
#[must_use]
pub struct Written {
    file: File,
    path: PathBuf,
}

impl Written {
    /// Flushes them to the disk.
    ///
    /// # Errors
    /// The disk refused.
    pub fn flush(self) -> Result<()> {
        self.file.sync_data().map_err(|why| Error::file("write", &self.path, &why))
    }
}

/// The place of the one who times: an exclusive lock that its process takes along and that dies with it.
pub struct Seat {
    file: File,
}

impl Seat {
    /// The seat as a child's standard input: the child holds it too, and keeps it when this one lets go.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub fn to_stdin(&self) -> Result<Stdio> {
        match self.file.try_clone() {
            Ok(file) => Ok(file.into()),
            Err(why) => Err(Error::system("start the timer", &why)),
        }
    }

    /// The seat that came as this process's standard input; nothing if that is something else.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub fn from_stdin(journal: &Journal) -> io::Result<Option<Seat>> {
        // A high number: a dying process lets go of its files from the highest down, and an inotify takes up to
        // 30 ms; with the seat below it, it would stay taken for so long after kill -9.
        let file = File::from(rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 64)?);
        let (given, there) = (file.metadata()?, fs::metadata(journal.folder.join("seat"))?);
        let same = (given.dev(), given.ino()) == (there.dev(), there.ino());
        Ok((same && file.try_lock().is_ok()).then_some(Seat { file }))
    }
}

/// What closes a session. The moment of writing never decreases within a log, and is not before what it tells
/// of, though the clock may have been set back. It is later than all before: of two records of one session the
/// later counts, and records tell milliseconds apart.
fn last_lines(session: &Session, now: &Stamp, last_at: Option<Wall>) -> Vec<Line> {
    let after = last_at.map_or(now.wall, |last| last.plus(Duration::from_millis(1)));
    let record_at = now.wall.max(session.started()).max(after).in_zone_of(&now.wall);
    let cut_off = (!session.is_over()).then_some(Fact::CutOff);
    Line::all(now, cut_off.into_iter().chain([Fact::Settled { record_at }]))
}

/// The lines that can be read. A torn or damaged one is passed over; it stays in the file.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Line> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

fn newer_version(bytes: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let first = bytes.split(|byte| *byte == b'\n').next()?;
    let Version { v } = serde_json::from_slice(first).ok()?;
    (v > crate::session::VERSION).then_some(v)
}

fn to_bytes(lines: &[Line]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut bytes, line)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}
