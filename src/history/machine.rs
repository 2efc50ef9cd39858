//! This computer, told apart from all others, also where the system's word for it cannot be had for once.

use super::open_to_read;
use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{Read, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};
use tempfile::Builder;
use uuid::Uuid;

/// The system's own id. It is given away to nobody.
const SYSTEM_ID_FILE: &str = "/etc/machine-id";
/// What stands there until the system has made one.
const UNINITIALIZED: &str = "uninitialized";
/// How long an id of ours is, in hexadecimal digits.
const ID_DIGITS: usize = 32;

/// A computer, so that each one writes only its own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Tells it apart from all others; made from the system's own id, which it does not give away.
    pub(crate) id: String,
    /// `<host>-<6 hex>`: the name of its log.
    pub(crate) log: String,
    /// The folder to keep its id in; none for an id that is not to be kept.
    keeps_in: Option<PathBuf>,
}

impl Machine {
    /// Goes by the system's id: many computers have the same name, and two may share a home. Where it cannot be
    /// read or there is none, by the id last used in the folder `state`, and only without that by the host's name.
    /// Touches nothing. Whether anything may be written to that folder is `writable`.
    pub(crate) fn read(state: &Path, writable: bool) -> Machine {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let system = read_system_id().map(|secret| derive_id(&secret));
        // A host's name says too little to be kept as an id.
        let keeps_in = (writable && system.is_some()).then(|| state.to_owned());
        let id = system.or_else(|| read_saved_id(state)).unwrap_or_else(|| derive_id(&host));
        let safe: String = host
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
            .take(60)
            .collect();
        let name = if safe.is_empty() { "computer" } else { safe.as_str() };
        Machine { log: format!("{name}-{}", &id[..6]), id, keeps_in }
    }

    /// Keeps the system's id for the day when it cannot be read. Only on that day it matters that it could not be
    /// kept: nothing fails because of it, and what was kept before is still there.
    pub(super) fn save(&self) {
        let Some(state) = &self.keeps_in else { return };
        if read_saved_id(state).as_ref() == Some(&self.id) {
            return;
        }
        let write = || {
            let private = Permissions::from_mode(0o600);
            DirBuilder::new().recursive(true).mode(0o700).create(state)?;
            let mut file = Builder::new().prefix("machine.").permissions(private).tempfile_in(state)?;
            writeln!(file, "{}", self.id)?;
            file.as_file().sync_data()?;
            file.persist(path(state)).map_err(|why| why.error)
        };
        if let Err(why) = write() {
            log::debug!("cannot write {}: {why}", path(state).display());
        }
    }
}

fn path(state: &Path) -> PathBuf {
    state.join("machine")
}

/// None where it cannot be read, is missing, or is no id yet.
fn read_system_id() -> Option<String> {
    let system = fs::read_to_string(SYSTEM_ID_FILE).ok()?.trim().to_owned();
    (!system.is_empty() && system != UNINITIALIZED).then_some(system)
}

fn derive_id(secret: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("easeback {secret}").as_bytes()).simple().to_string()
}

/// None where none was kept, or what is there is no id of ours.
fn read_saved_id(state: &Path) -> Option<String> {
    let read = |file: File| {
        let mut text = String::new();
        file.take(ID_DIGITS as u64 + 2).read_to_string(&mut text).map(|_| text)
    };
    let text = open_to_read(&path(state)).and_then(read).ok()?;
    let id = text.strip_suffix('\n').unwrap_or(&text);
    let is_ours = id.len() == ID_DIGITS && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_ours.then(|| id.to_owned())
}
