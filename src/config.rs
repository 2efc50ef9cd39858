//! Folders, this computer's name, and what the environment says. Read once by the command line and handed
//! down as values: no other room looks at the environment.

use crate::error::{Error, Result};
use directories::ProjectDirs;
use std::{
    env, fs,
    path::{Path, PathBuf, absolute},
};
use uuid::Uuid;

/// Moves the history.
pub const DATA: &str = "EASEBACK_DATA_DIR";
/// Moves the running session.
pub const STATE: &str = "EASEBACK_STATE_DIR";

/// Moves the settings and the person's own protocols.
pub const CONFIG: &str = "EASEBACK_CONFIG_DIR";

/// Where things are, and whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder of logs.
    pub history: PathBuf,
    /// The folder of the running session: never a synced place.
    pub state: PathBuf,
    /// The folder of the person's own protocols.
    pub protocols: PathBuf,
    /// This computer.
    pub machine: Machine,
    /// Whether the terminal can redraw a line.
    pub dumb_terminal: bool,
    /// Whether no letters beyond ASCII can be drawn: a dumb terminal, or a locale without UTF-8.
    pub letters_only: bool,
}

/// A computer, so that each one writes only its own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Tells it apart from all others; made from the system's own id, which it does not give away.
    pub id: String,
    /// `<host>-<6 hex>`: the name of its log.
    pub log: String,
}

/// Reads the environment. Touches nothing.
///
/// # Errors
/// No home folder and no folder named in its stead (exit code 1).
#[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
pub fn read() -> Result<Config> {
    let dirs = ProjectDirs::from("", "", "easeback");
    let dirs = dirs.as_ref();
    let data = folder(DATA, dirs.map(ProjectDirs::data_dir))?;
    let state = folder(STATE, dirs.map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir())))?;
    // Without a home, whoever named the other two folders has none of their own, and needs none.
    let config = folder(CONFIG, dirs.map(ProjectDirs::config_dir)).unwrap_or_else(|_| data.clone());
    let dumb_terminal = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    Ok(Config {
        history: data.join("history"),
        state,
        protocols: config.join("protocols"),
        machine: machine(),
        dumb_terminal,
        letters_only: dumb_terminal || !has_utf8(),
    })
}

/// Whether the locale is one of UTF-8; the first variable that is set decides.
#[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
fn has_utf8() -> bool {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
fn folder(variable: &str, default: Option<&Path>) -> Result<PathBuf> {
    let named = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    let Some(path) = named.or_else(|| default.map(Path::to_owned)) else {
        return Err(Error::failed("there is no home folder to keep the history in")
            .hint(format!("set HOME, or name folders in {DATA} and {STATE}")));
    };
    absolute(&path).map_err(|why| Error::file("find", &path, &why))
}

/// Goes by the system's id where it has one: many computers have the same name.
fn machine() -> Machine {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let system = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let secret = if system.trim().is_empty() { host.clone() } else { system.trim().to_owned() };
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("easeback {secret}").as_bytes()).simple().to_string();
    let safe: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(60).collect();
    let name = if safe.is_empty() { "computer" } else { safe.as_str() };
    Machine { log: format!("{name}-{}", &id[..6]), id }
}
