//! Identifies this computer, even when the system's machine id cannot be read for once.
//!
//! The id decides which log this computer writes.

use super::open_to_read;
use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};
use tempfile::Builder;
use uuid::Uuid;

/// The system's machine id. It is secret: only a hash of it is stored or shown.
const SYSTEM_ID_FILE: &str = "/etc/machine-id";
/// The content of that file before the system has made an id.
const UNINITIALIZED: &str = "uninitialized";
/// The length of our ids, in hexadecimal digits.
const ID_DIGITS: usize = 32;

/// This computer, which writes only its own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// A hash, normally of the system's machine id.
    pub(crate) id: String,
    /// `<host>-<6 hex>`: the name of its log, without `.jsonl`.
    pub(crate) log_name: String,
    /// The folder to save the id in. None if it must not be saved.
    save_folder: Option<PathBuf>,
}

impl Machine {
    /// Uses the system's machine id, because computers can share a host name or a home folder. If there is none, uses
    /// the id saved in `state_folder`, or else the host name. Changes nothing on disk; `is_writable` says whether
    /// [`save`](Self::save) may write to that folder.
    pub(crate) fn read(state_folder: &Path, is_writable: bool) -> Machine {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let system_id = read_system_id().map(|secret| derive_id(&secret));
        // A host name is not unique enough to be saved as an id.
        let save_folder = (is_writable && system_id.is_some()).then(|| state_folder.to_owned());
        let id = system_id.or_else(|| read_saved_id(state_folder)).unwrap_or_else(|| derive_id(&host));
        let safe_host: String = host
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
            .take(60)
            .collect();
        let name = if safe_host.is_empty() { "computer" } else { safe_host.as_str() };
        Machine { log_name: format!("{name}-{}", &id[..6]), id, save_folder }
    }

    /// Saves the id for a time when the system's id cannot be read. A failure is only logged, since the id may never be
    /// needed; an id saved earlier stays.
    pub(super) fn save(&self) {
        let Some(folder) = &self.save_folder else { return };
        if read_saved_id(folder).as_ref() == Some(&self.id) {
            return;
        }
        let write = || {
            let private = Permissions::from_mode(0o600);
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let mut file = Builder::new().prefix("machine.").permissions(private).tempfile_in(folder)?;
            writeln!(file, "{}", self.id)?;
            file.as_file().sync_data()?;
            file.persist(saved_id_path(folder)).map_err(|why| why.error)
        };
        if let Err(why) = write() {
            log::debug!("cannot write {}: {why}", saved_id_path(folder).display());
        }
    }
}

fn saved_id_path(state_folder: &Path) -> PathBuf {
    state_folder.join("machine")
}

/// None if the file is missing, unreadable or not initialized.
fn read_system_id() -> Option<String> {
    let id = fs::read_to_string(SYSTEM_ID_FILE).ok()?.trim().to_owned();
    (!id.is_empty() && id != UNINITIALIZED).then_some(id)
}

fn derive_id(secret: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("easeback {secret}").as_bytes()).simple().to_string()
}

/// None if there is no saved id, or the file does not contain one.
fn read_saved_id(state_folder: &Path) -> Option<String> {
    let read = |file: File| {
        let mut text = String::new();
        file.take(ID_DIGITS as u64 + 2).read_to_string(&mut text).map(|_| text)
    };
    let text = open_to_read(&saved_id_path(state_folder)).and_then(read).ok()?;
    let id = text.strip_suffix('\n').unwrap_or(&text);
    let is_valid = id.len() == ID_DIGITS && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_valid.then(|| id.to_owned())
}
