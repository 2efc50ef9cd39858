//! The notices that were shown, and when: `seen.json`, next to the journal.
//!
//! Only a convenience: if the file is lost, damaged or from another version, it counts as empty and the notices are
//! shown once more. No start ever fails because of it.

use super::Journal;
use crate::{
    error::{Error, Result},
    history,
    time::WallTime,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::Permissions,
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
};
use tempfile::Builder;

/// The version of the file format.
const SEEN_VERSION: u32 = 1;
/// The most that is read of the file, in bytes; a handful of names and times is never longer.
const MAX_SEEN_BYTES: u64 = 16 * 1024;

/// When each notice was last shown, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenNotices {
    v: u32,
    seen: BTreeMap<String, WallTime>,
}

impl Default for SeenNotices {
    fn default() -> SeenNotices {
        SeenNotices { v: SEEN_VERSION, seen: BTreeMap::new() }
    }
}

impl SeenNotices {
    /// Whether the notice was shown; a time in the future does not count.
    pub(crate) fn has_seen(&self, notice: &str, now: &WallTime) -> bool {
        self.seen.get(notice).is_some_and(|shown_at| shown_at.timestamp() <= now.timestamp())
    }

    /// Whether the notice was shown at `since` or later.
    pub(crate) fn has_seen_since(&self, notice: &str, since: &WallTime, now: &WallTime) -> bool {
        let shown_at = self.seen.get(notice).filter(|_| self.has_seen(notice, now));
        shown_at.is_some_and(|shown_at| shown_at.timestamp() >= since.timestamp())
    }

    /// Records that the notice was shown now.
    pub(crate) fn mark_seen(&mut self, notice: &str, now: &WallTime) {
        self.seen.insert(notice.to_owned(), *now);
    }
}

impl Journal {
    /// Loads the notices shown so far; empty if they cannot be read.
    pub(crate) fn load_seen(&self) -> SeenNotices {
        let read = || {
            let mut bytes = Vec::new();
            history::open_to_read(&self.folder.join("seen.json"))?
                .take(MAX_SEEN_BYTES)
                .read_to_end(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        let seen = read().ok().and_then(|bytes| serde_json::from_slice::<SeenNotices>(&bytes).ok());
        seen.filter(|seen| seen.v == SEEN_VERSION).unwrap_or_default()
    }

    /// Saves the notices shown. Not flushed to the disk: after a power cut they are shown once more.
    ///
    /// # Errors
    /// The file cannot be written; then it is unchanged.
    pub(crate) fn save_seen(&self, seen: &SeenNotices) -> Result<()> {
        self.create_folder()?;
        let path = self.folder.join("seen.json");
        let write = || {
            let private_mode = Permissions::from_mode(0o600);
            let mut file =
                Builder::new().prefix("seen.").permissions(private_mode).tempfile_in(&self.folder)?;
            file.write_all(serde_json::to_string(seen)?.as_bytes())?;
            file.write_all(b"\n")?;
            file.persist(&path).map_err(|error| error.error)
        };
        write().map(|_| ()).map_err(|error: io::Error| Error::from_io("write", &path, &error))
    }
}
