//! What could not be read, of two kinds. A line is a hole in the history, and is said. A log is a history of which
//! nobody knows what it says: that is an error for whoever would show or change the past.

use crate::error::{Error, Result, explain_permission, plain_words};
use jiff::Timestamp;
use rustix::io::Errno;
use std::{
    fmt,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

/// Lines of a log that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableLines {
    /// The log.
    pub(crate) file: PathBuf,
    /// How many of them.
    pub line_count: usize,
    /// Where in the file the last of them begins, in bytes.
    pub last_offset: u64,
    /// Why the last of them could not be read.
    pub(crate) reason: String,
}

/// A log, or the folder of all logs, that cannot be opened, or not be read through. Whatever has a log's name is
/// one, and is no file only where something is wrong: a mount that makes a folder of a missing file, a link to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableLog {
    /// Where it is.
    pub path: PathBuf,
    /// Why, in plain words.
    pub(crate) reason: String,
    /// What to type, where that is known.
    pub(crate) hint: Option<String>,
}

/// All that could not be read on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Lines.
    pub(crate) lines: Vec<UnreadableLines>,
    /// Logs.
    pub logs: Vec<UnreadableLog>,
    /// What was changed last of what may tell of heat and cold just now.
    pub(crate) latest: Option<LatestChange>,
}

/// A log that cannot be read, or not in its last line, and when it was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LatestChange {
    /// What cannot be read, in words.
    pub(crate) what: String,
    /// It was not written later; the end of time where nobody knows.
    pub(crate) until: Timestamp,
    /// What to do so that it can be read.
    pub(crate) way_out: String,
}

/// What to do about a log of which nothing better is known.
const MAKE_READABLE_HINT: &str = "make it readable, or move it out of the history's folder";

impl fmt::Display for UnreadableLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnreadableLines { file, line_count: lines, last_offset: offset, reason: why } = self;
        let file = file.display();
        match lines {
            1 => write!(f, "cannot read a line of {file}, at byte {offset}: {why}"),
            _ => write!(f, "cannot read {lines} lines of {file}, the last at byte {offset}: {why}"),
        }
    }
}

impl fmt::Display for UnreadableLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}: {}", self.path.display(), self.reason)
    }
}

impl Gaps {
    /// A log of the folder could not be opened.
    pub(super) fn add_unopened_log(&mut self, log: &Path, why: &io::Error) {
        let is_gone = why.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(log).is_err();
        if is_gone {
            return; // Somebody took it away since the folder was listed.
        }
        self.add_unreadable_log(log, why, last_modified(log));
    }

    /// A log could not be read through; what was not read was not written after `until`.
    pub(super) fn add_unreadable_log(&mut self, path: &Path, why: &io::Error, until: Timestamp) {
        self.add(path, why, until, hint_for(why));
    }

    /// The folder could not be listed to its end. Its own time says nothing of the files in it.
    pub(super) fn add_unlisted_folder(&mut self, folder: &Path, why: &io::Error) {
        self.add(folder, why, Timestamp::MAX, hint_for(why).or(Some("make that folder readable")));
    }

    fn add(&mut self, path: &Path, why: &io::Error, until: Timestamp, hint: Option<&str>) {
        let told = explain_permission(path, why);
        let (why, hint) = told.unwrap_or_else(|| (plain_reason(path, why), hint.map(str::to_owned)));
        let way_out = hint.clone().unwrap_or_else(|| MAKE_READABLE_HINT.into());
        self.update_latest_change(LatestChange { what: path.display().to_string(), until, way_out });
        self.logs.push(UnreadableLog { path: path.into(), reason: why, hint });
    }

    /// The last line of a log could not be read. Those before it are older than the lines behind them.
    pub(super) fn add_unreadable_last_line(&mut self, log: &Path, until: Timestamp) {
        let what = format!("the last line of {}", log.display());
        self.update_latest_change(LatestChange {
            what,
            until,
            way_out: "mend that line or delete it".into(),
        });
    }

    fn update_latest_change(&mut self, other: LatestChange) {
        if self.latest.as_ref().is_none_or(|latest| latest.until < other.until) {
            self.latest = Some(other);
        }
    }

    /// The lines that could not be read, for whom a log that cannot be read is an error.
    pub(super) fn into_lines_or_error(self) -> Result<Vec<UnreadableLines>> {
        let Some(what) = summarize_logs(&self.logs) else { return Ok(self.lines) };
        let mend = format!("{MAKE_READABLE_HINT}; `easeback history check` names each");
        Err(Error::failed(what).with_hint(self.hint().unwrap_or(&mend)))
    }

    /// What to do so that the logs can be read; nothing where all can be.
    pub(crate) fn hint_or_default(&self) -> Option<&str> {
        if self.logs.is_empty() { None } else { Some(self.hint().unwrap_or(MAKE_READABLE_HINT)) }
    }

    /// What to type so that the log can be read, where that is known.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.logs.iter().find_map(|log| log.hint.as_deref())
    }

    /// What is to be said of it, in one line for each kind.
    pub(crate) fn to_messages(&self) -> Vec<String> {
        [summarize_logs(&self.logs), summarize_lines(&self.lines)].into_iter().flatten().collect()
    }
}

/// What is to be said of the lines that are left out, in one line.
pub(crate) fn summarize_lines(unread: &[UnreadableLines]) -> Option<String> {
    let first = unread.first()?.to_string();
    let lines: usize = unread.iter().map(|unread| unread.line_count).sum();
    Some(match unread.len() {
        1 => first,
        logs => {
            let example = first.trim_start_matches("cannot read ");
            format!("cannot read {lines} lines of {logs} logs, such as {example}")
        }
    })
}

fn summarize_logs(unreadable: &[UnreadableLog]) -> Option<String> {
    let first = unreadable.first()?;
    let UnreadableLog { path, reason: why, .. } = first;
    Some(match unreadable.len() {
        1 => first.to_string(),
        many => format!("cannot read {many} logs of the history, such as {}: {why}", path.display()),
    })
}

/// When a log was changed last that cannot be opened. Of a link to nowhere only the link's own time is known.
fn last_modified(log: &Path) -> Timestamp {
    let facts = fs::metadata(log).or_else(|why| match is_dangling_link(&why) {
        true => fs::symlink_metadata(log),
        false => Err(why),
    });
    facts.map_or(Timestamp::MAX, |facts| modified_at(&facts))
}

/// When a file was changed last; the end of time where the system does not know.
pub(crate) fn modified_at(facts: &Metadata) -> Timestamp {
    let changed = facts.modified().ok().and_then(|changed| Timestamp::try_from(changed).ok());
    changed.unwrap_or(Timestamp::MAX)
}

/// What went wrong with a log, in plain words.
fn plain_reason(path: &Path, why: &io::Error) -> String {
    let leads_to = fs::read_link(path).ok().filter(|_| why.kind() == io::ErrorKind::NotFound);
    if let Some(target) = leads_to {
        return format!("it is a link to {}, which is not there", target.display());
    }
    if why.kind() == io::ErrorKind::UnexpectedEof {
        return "it became shorter while it was read".into();
    }
    plain_words(why)
}

/// What to type, where it is not the log that has to be mended.
fn hint_for(why: &io::Error) -> Option<&'static str> {
    match Errno::from_io_error(why)? {
        Errno::MFILE => {
            Some("type: ulimit -n 65536 (more files open at once; an administrator may have to allow it)")
        }
        Errno::NFILE => Some("too many programs have files open: close some, and try again"),
        _ => None,
    }
}

/// Whether a path leads nowhere.
fn is_dangling_link(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || Errno::from_io_error(why) == Some(Errno::LOOP)
}

/// Refuses a folder that is a link to nowhere, or lies in one: it is no empty history.
pub(crate) fn check_folder_link(folder: &Path) -> Result<()> {
    for path in folder.ancestors() {
        let Err(why) = fs::metadata(path) else { return Ok(()) };
        if let Ok(target) = fs::read_link(path)
            && is_dangling_link(&why)
        {
            let (path, target) = (path.display(), target.display());
            let what = format!("the history is not there: {path} is a link to {target}, which leads nowhere");
            return Err(Error::failed(what).with_hint(
                "mount that drive or make that folder; EASEBACK_DATA_DIR=FOLDER keeps the history in another",
            ));
        }
    }
    Ok(())
}
