//! What was shown once, and when: `seen.json`, beside the journal.
//!
//! It is nothing but a convenience. Lost, damaged or written by another version, it counts as empty, and things are
//! shown once more; no start ever fails because of it.

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

/// The version of the file.
const SEEN_VERSION: u32 = 1;
/// A handful of names and moments are never longer.
const MAX_SEEN_BYTES: u64 = 16 * 1024;

/// The moments at which things were shown last, by their names.
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
    /// Whether it was shown, as the clock has it: not if that lies in the future.
    pub(crate) fn has_seen(&self, what: &str, now: &WallTime) -> bool {
        self.seen.get(what).is_some_and(|shown| shown.timestamp() <= now.timestamp())
    }

    /// Whether it was shown at this moment or after it.
    pub(crate) fn has_seen_since(&self, what: &str, since: &WallTime, now: &WallTime) -> bool {
        let shown = self.seen.get(what).filter(|_| self.has_seen(what, now));
        shown.is_some_and(|shown| shown.timestamp() >= since.timestamp())
    }

    /// Takes down that it was shown.
    pub(crate) fn mark_seen(&mut self, what: &str, now: &WallTime) {
        self.seen.insert(what.to_owned(), *now);
    }
}

impl Journal {
    /// What was shown so far, as far as it can be read.
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

    /// Remembers what was shown. Not flushed to the disk: what a power cut takes is shown once more.
    ///
    /// # Errors
    /// It cannot be written; then the file is as it was.
    pub(crate) fn save_seen(&self, seen: &SeenNotices) -> Result<()> {
        self.create_folder()?;
        let path = self.folder.join("seen.json");
        let write = || {
            let private = Permissions::from_mode(0o600);
            let mut file = Builder::new().prefix("seen.").permissions(private).tempfile_in(&self.folder)?;
            file.write_all(serde_json::to_string(seen)?.as_bytes())?;
            file.write_all(b"\n")?;
            file.persist(&path).map_err(|why| why.error)
        };
        write().map(|_| ()).map_err(|why: io::Error| Error::from_io("write", &path, &why))
    }
}
