//! Opens any number of logs at once: a small one is read whole and closed.
//!
//! The limit of open files is raised when it is reached.

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

/// A log up to this size is read whole: some fifty sessions.
const MAX_SMALL_LOG_BYTES: u64 = 64 * 1024;

/// A log with its length at the time of opening.
pub(crate) struct OpenedLog {
    pub(crate) content: Content,
    /// The time of its last modification.
    pub(crate) changed: Timestamp,
}

pub(crate) enum Content {
    Whole(Vec<u8>),
    /// A large log and its length in bytes.
    File(File, u64),
}

/// Opens a log. Lines appended later are not read.
///
/// # Errors
/// The log cannot be opened, or it is small and cannot be read.
pub(crate) fn open_log(path: &Path) -> io::Result<OpenedLog> {
    let file = match open_to_read(path) {
        Err(why) if why.raw_os_error() == Some(Errno::MFILE.raw_os_error()) && raise_open_file_limit() => {
            open_to_read(path)?
        }
        file => file?,
    };
    let metadata = file.metadata()?;
    let (length, changed) = (metadata.len(), modified_at(&metadata));
    if length > MAX_SMALL_LOG_BYTES {
        return Ok(OpenedLog { content: Content::File(file, length), changed });
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(OpenedLog { content: Content::Whole(bytes), changed })
}

/// Raises the soft limit of open files to the hard limit. Returns whether that changed it.
fn raise_open_file_limit() -> bool {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    limit.current != limit.maximum && setrlimit(Resource::Nofile, raised).is_ok()
}
