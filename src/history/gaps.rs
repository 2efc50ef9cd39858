//! Unreadable parts of the history, of two kinds.
//!
//! Unreadable lines are reported, and the rest of the history is used. With an unreadable log the whole history is
//! unknown, so commands that show or change the past fail.

use crate::error::{Error, Result, explain_permission, plain_words};
use jiff::Timestamp;
use rustix::io::Errno;
use std::{
    fmt,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

/// The unreadable lines of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableLines {
    pub(crate) file: PathBuf,
    /// The number of unreadable lines.
    pub line_count: usize,
    /// The start of the last one, in bytes of the file.
    pub last_offset: u64,
    /// Why the last one is unreadable.
    pub(crate) reason: String,
}

/// A log, or the folder of all logs, that cannot be opened or read to its end. Everything with a log's name counts as a
/// log: if it is not a regular file, something is wrong, such as a mount that made a folder, or a link to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableLog {
    /// The path of the log or folder.
    pub path: PathBuf,
    /// In plain words.
    pub(crate) reason: String,
    /// What to type, if known.
    pub(crate) hint: Option<String>,
}

/// Everything that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    pub(crate) lines: Vec<UnreadableLines>,
    /// Logs that cannot be read.
    pub logs: Vec<UnreadableLog>,
    /// The unreadable part that changed last, which may contain recent heat and cold.
    pub(crate) latest: Option<LatestChange>,
}

/// An unreadable log or last line, and when it was last changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LatestChange {
    /// What is unreadable, in words.
    pub(crate) what: String,
    /// It was not written after this; [`Timestamp::MAX`] if unknown.
    pub(crate) until: Timestamp,
    /// What to do to make it readable.
    pub(crate) remedy: String,
}

/// The remedy for a log without a better hint.
const MAKE_READABLE_HINT: &str = "make it readable, or move it out of the history's folder";

impl fmt::Display for UnreadableLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnreadableLines { file, line_count, last_offset, reason } = self;
        let file = file.display();
        match line_count {
            1 => write!(f, "cannot read a line of {file}, at byte {last_offset}: {reason}"),
            _ => write!(
                f,
                "cannot read {line_count} lines of {file}, the last at byte {last_offset}: {reason}"
            ),
        }
    }
}

impl fmt::Display for UnreadableLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {}: {}", self.path.display(), self.reason)
    }
}

impl Gaps {
    pub(super) fn add_unopened_log(&mut self, log: &Path, why: &io::Error) {
        let is_gone = why.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(log).is_err();
        if is_gone {
            return; // Removed since the folder was listed.
        }
        self.add_unreadable_log(log, why, last_modified(log));
    }

    /// A log could not be read to its end; the unread rest was not written after `until`.
    pub(super) fn add_unreadable_log(&mut self, path: &Path, why: &io::Error, until: Timestamp) {
        self.add(path, why, until, hint_for_error(why));
    }

    /// The folder could not be listed completely. Its own time says nothing about the files in it.
    pub(super) fn add_unlisted_folder(&mut self, folder: &Path, why: &io::Error) {
        self.add(folder, why, Timestamp::MAX, hint_for_error(why).or(Some("make that folder readable")));
    }

    fn add(&mut self, path: &Path, why: &io::Error, until: Timestamp, hint: Option<&str>) {
        let permission = explain_permission(path, why);
        let (reason, hint) = permission.unwrap_or_else(|| (plain_reason(path, why), hint.map(str::to_owned)));
        let remedy = hint.clone().unwrap_or_else(|| MAKE_READABLE_HINT.into());
        self.update_latest_change(LatestChange { what: path.display().to_string(), until, remedy });
        self.logs.push(UnreadableLog { path: path.into(), reason, hint });
    }

    /// Only a last line can be the latest change: other unreadable lines are older than the lines after them.
    pub(super) fn add_unreadable_last_line(&mut self, log: &Path, until: Timestamp) {
        let what = format!("the last line of {}", log.display());
        self.update_latest_change(LatestChange { what, until, remedy: "mend that line or delete it".into() });
    }

    fn update_latest_change(&mut self, other: LatestChange) {
        if self.latest.as_ref().is_none_or(|latest| latest.until < other.until) {
            self.latest = Some(other);
        }
    }

    /// The unreadable lines.
    ///
    /// # Errors
    /// There are unreadable logs.
    pub(super) fn into_lines_or_error(self) -> Result<Vec<UnreadableLines>> {
        let Some(message) = summarize_logs(&self.logs) else { return Ok(self.lines) };
        let default_hint = format!("{MAKE_READABLE_HINT}; `easeback history check` names each");
        Err(Error::failed(message).with_hint(self.hint().unwrap_or(&default_hint)))
    }

    /// What to do to make the logs readable. None if all are.
    pub(crate) fn hint_or_default(&self) -> Option<&str> {
        if self.logs.is_empty() { None } else { Some(self.hint().unwrap_or(MAKE_READABLE_HINT)) }
    }

    /// What to type to make a log readable, if known.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.logs.iter().find_map(|log| log.hint.as_deref())
    }

    /// The messages for the person: one for logs and one for lines, where there are any.
    pub(crate) fn to_messages(&self) -> Vec<String> {
        [summarize_logs(&self.logs), summarize_lines(&self.lines)].into_iter().flatten().collect()
    }
}

/// One message about the unreadable lines, if there are any.
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
    let UnreadableLog { path, reason, .. } = first;
    Some(match unreadable.len() {
        1 => first.to_string(),
        many => format!("cannot read {many} logs of the history, such as {}: {reason}", path.display()),
    })
}

/// The last modification of a log that cannot be opened; of the link itself if it is dangling.
fn last_modified(log: &Path) -> Timestamp {
    let metadata = fs::metadata(log)
        .or_else(|why| if is_dangling_link(&why) { fs::symlink_metadata(log) } else { Err(why) });
    metadata.map_or(Timestamp::MAX, |metadata| modified_at(&metadata))
}

/// The last modification of a file; [`Timestamp::MAX`] if unknown.
pub(crate) fn modified_at(metadata: &Metadata) -> Timestamp {
    let changed = metadata.modified().ok().and_then(|changed| Timestamp::try_from(changed).ok());
    changed.unwrap_or(Timestamp::MAX)
}

/// Why a log is unreadable, in plain words.
fn plain_reason(path: &Path, why: &io::Error) -> String {
    if why.kind() == io::ErrorKind::NotFound
        && let Ok(target) = fs::read_link(path)
    {
        return format!("it is a link to {}, which is not there", target.display());
    }
    if why.kind() == io::ErrorKind::UnexpectedEof {
        return "it became shorter while it was read".into();
    }
    plain_words(why)
}

/// A hint for causes outside the log itself.
fn hint_for_error(why: &io::Error) -> Option<&'static str> {
    match Errno::from_io_error(why)? {
        Errno::MFILE => {
            Some("type: ulimit -n 65536 (more files open at once; an administrator may have to allow it)")
        }
        Errno::NFILE => Some("too many programs have files open: close some, and try again"),
        _ => None,
    }
}

/// Whether the error, of a path that is a symbolic link, means that its target is missing.
fn is_dangling_link(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || Errno::from_io_error(why) == Some(Errno::LOOP)
}

/// Refuses a folder that is a dangling link or is inside one: that is not an empty history.
pub(crate) fn check_folder_link(folder: &Path) -> Result<()> {
    for path in folder.ancestors() {
        let Err(why) = fs::metadata(path) else { return Ok(()) };
        if let Ok(target) = fs::read_link(path)
            && is_dangling_link(&why)
        {
            let (path, target) = (path.display(), target.display());
            let message =
                format!("the history is not there: {path} is a link to {target}, which leads nowhere");
            return Err(Error::failed(message).with_hint(
                "mount that drive or make that folder; EASEBACK_DATA_DIR=FOLDER keeps the history in another",
            ));
        }
    }
    Ok(())
}
