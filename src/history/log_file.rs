//! Opening logs, however many there are: a small one is read whole and closed at once.

use super::{gaps::modified_at, tail::open_to_read};
use jiff::Timestamp;
use rustix::{
    io::Errno,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// A log of at most so many bytes is read whole: some fifty sessions.
const MAX_SMALL_LOG_BYTES: u64 = 64 * 1024;

/// A log, as long as it was when it was opened.
pub(crate) struct OpenedLog {
    pub(crate) content: Content,
    /// When it was changed last.
    pub(crate) changed: Timestamp,
}

/// What it says.
pub(crate) enum Content {
    Whole(Vec<u8>),
    /// A file of so many bytes.
    File(File, u64),
}

/// Opens a log; what is appended later is not read.
///
/// # Errors
/// It cannot be opened, or is small and cannot be read.
pub(crate) fn open_log(path: &Path) -> io::Result<OpenedLog> {
    let file = match open_to_read(path) {
        Err(why) if why.raw_os_error() == Some(Errno::MFILE.raw_os_error()) && raise_open_file_limit() => {
            open_to_read(path)?
        }
        file => file?,
    };
    let facts = file.metadata()?;
    let (length, changed) = (facts.len(), modified_at(&facts));
    if length > MAX_SMALL_LOG_BYTES {
        return Ok(OpenedLog { content: Content::File(file, length), changed });
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(OpenedLog { content: Content::Whole(bytes), changed })
}

/// Asks the system for as many open files as it grants to this user; whether those are more.
fn raise_open_file_limit() -> bool {
    let limit = getrlimit(Resource::Nofile);
    let granted = Rlimit { current: limit.maximum, ..limit };
    limit.current != limit.maximum && setrlimit(Resource::Nofile, granted).is_ok()
}
