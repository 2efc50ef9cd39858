//! Folders, this computer's name, what the environment says, and the person's settings. Read once by the command
//! line and handed down as values: no other room looks at the environment.
//!
//! The settings are values of the rooms that go by them, so that each is one type only; and their file is read by
//! those commands alone that cannot do without it, so that a mistake in it never stops what is running.

mod config_file;
mod settings;
mod terminal_detection;

pub(crate) use config_file::MAX_CONFIG_BYTES;
pub use config_file::{LoadedConfig, PathBase};
pub use settings::UserSettings;
pub(crate) use settings::{AlertChannels, OutputSettings, StartDefaults};
pub(crate) use terminal_detection::DetectedTerminal;

use crate::{
    error::{Error, ErrorCode, Result, explain_root_refusal},
    history::{Machine, open_to_read},
};
use directories::{BaseDirs, ProjectDirs};
use std::{
    env,
    ffi::OsString,
    io::{self, Read},
    path::{Path, PathBuf, absolute},
};

/// Moves the history.
pub(crate) const DATA_DIR_VAR: &str = "EASEBACK_DATA_DIR";
/// Moves the running session.
pub(crate) const STATE_DIR_VAR: &str = "EASEBACK_STATE_DIR";

/// Moves the settings and the person's own protocols.
pub(crate) const CONFIG_DIR_VAR: &str = "EASEBACK_CONFIG_DIR";

/// Shows what is only of use to find a fault: `EASEBACK_LOG=debug`.
const LOG: &str = "EASEBACK_LOG";

/// Whether the causes of failures are to be shown as the system tells them.
#[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
pub(crate) fn wants_debug() -> bool {
    env::var_os(LOG).is_some_and(|level| level == "debug")
}

/// Where things are, and whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The folder of logs.
    pub(crate) history_folder: PathBuf,
    /// The folder of the running session: never a synced place.
    pub(crate) state_folder: PathBuf,
    /// The file of the person's settings.
    pub(crate) config_file: PathBuf,
    /// The folder of the person's own protocols.
    pub(crate) protocols_folder: PathBuf,
    /// Which of them are only to be read, and why.
    pub(crate) writable: WritePermissions,
    /// Where programs are looked for.
    pub(crate) search_path: OsString,
    /// This computer.
    pub(crate) machine: Machine,
    /// Whether the terminal can redraw a line.
    pub(crate) is_dumb_terminal: bool,
    /// Whether no letters beyond ASCII can be drawn: a dumb terminal, or a locale without UTF-8.
    pub(crate) ascii_only: bool,
    /// What the terminal can do beside.
    pub(crate) terminal: DetectedTerminal,
}

/// The folders of another person, for root: what it creates there, that person could not use. A folder that was
/// named in the environment is none of them. An error says why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WritePermissions {
    /// Whether anything is written to the history.
    pub(crate) data: Result<()>,
    /// Whether anything is created beside the running session.
    pub(crate) state: Result<()>,
    /// Whether anything is created beside the settings.
    pub(crate) config: Result<()>,
}

impl Environment {
    /// Whether the settings' file, or a protocol, may be created.
    ///
    /// # Errors
    /// This is root, and the folder another person's.
    pub(crate) fn require_config_writable(&self) -> Result<()> {
        self.writable.config.clone()
    }
}

/// Reads the environment. Touches nothing.
///
/// # Errors
/// No home folder and no folder named in its stead (exit code 1).
#[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
pub(crate) fn read_environment() -> Result<Environment> {
    let dirs = ProjectDirs::from("", "", "easeback");
    let dirs = dirs.as_ref();
    let (data, data_writable) = resolve_folder(DATA_DIR_VAR, dirs.map(ProjectDirs::data_dir))?;
    let (state, state_writable) = resolve_folder(
        STATE_DIR_VAR,
        dirs.map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir())),
    )?;
    // Without a home, whoever named the other two folders has none of their own, and needs none.
    let (config, config_writable) = resolve_folder(CONFIG_DIR_VAR, dirs.map(ProjectDirs::config_dir))
        .unwrap_or_else(|_| (data.clone(), data_writable.clone()));
    let dumb_terminal = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    Ok(Environment {
        history_folder: data.join("history"),
        config_file: config.join("config.toml"),
        protocols_folder: config.join("protocols"),
        machine: Machine::read(&state, state_writable.is_ok()),
        writable: WritePermissions { data: data_writable, state: state_writable, config: config_writable },
        search_path: env::var_os("PATH").unwrap_or_default(),
        state_folder: state,
        is_dumb_terminal: dumb_terminal,
        ascii_only: dumb_terminal || !has_utf8_locale(),
        terminal: DetectedTerminal::from_variables(|name| env::var(name).ok()),
    })
}

/// Reads the person's settings. A file that is not there says nothing.
///
/// # Errors
/// It cannot be read, or has mistakes: shows them all (exit code 2).
pub(crate) fn load_config(file: &Path) -> Result<LoadedConfig> {
    let bytes = match read_config_bytes(file) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(LoadedConfig::default()),
        bytes => bytes.map_err(|why| {
            let failed = Error::from_io("read", file, &why)
                .with_default_hint("correct that, or move the file away: you can do without it");
            Error { exit_code: ErrorCode::Usage, ..failed }
        })?,
    };
    let dirs = BaseDirs::new();
    let home = dirs.as_ref().map(BaseDirs::home_dir);
    let folder = file.parent().unwrap_or(file);
    LoadedConfig::parse(&file.display().to_string(), &bytes, PathBase { folder, home })
}

/// A byte more than may be there, at most. Never waits.
fn read_config_bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_to_read(file)?.take(MAX_CONFIG_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the locale is one of UTF-8; the first variable that is set decides.
#[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
fn has_utf8_locale() -> bool {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The folder, and whether anything may be created in it.
#[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
fn resolve_folder(variable: &str, default: Option<&Path>) -> Result<(PathBuf, Result<()>)> {
    let named_path = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    let is_named = named_path.is_some();
    let Some(path) = named_path.or_else(|| default.map(Path::to_owned)) else {
        return Err(Error::failed("no home folder to keep the history in")
            .with_hint(format!("set HOME, or name folders in {DATA_DIR_VAR} and {STATE_DIR_VAR}")));
    };
    let path = absolute(&path).map_err(|why| Error::from_io("find", &path, &why))?;
    if is_named {
        return Ok((path, Ok(())));
    }
    let hint = format!("run it without sudo; {variable}=FOLDER gives root a folder of its own");
    let writable = explain_root_refusal(&path).map_or(Ok(()), |refusal| Err(refusal.with_hint(hint)));
    Ok((path, writable))
}
