//! The environment (folders, machine id, terminal) and the person's settings.
//!
//! The command line reads them once and passes them on as values: no other module reads the environment. The types of
//! the settings belong to the modules that use them. Only commands that need `config.toml` read it, so that a mistake
//! in it cannot stop a running session.

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

/// Overrides the data folder, with the history in it.
pub(crate) const DATA_DIR_VAR: &str = "EASEBACK_DATA_DIR";
/// Overrides the folder of the running session.
pub(crate) const STATE_DIR_VAR: &str = "EASEBACK_STATE_DIR";
/// Overrides the folder of the settings and the person's own protocols.
pub(crate) const CONFIG_DIR_VAR: &str = "EASEBACK_CONFIG_DIR";
/// `EASEBACK_LOG=debug` shows the causes of failures in the system's own words.
const LOG_LEVEL_VAR: &str = "EASEBACK_LOG";

#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
pub(crate) fn wants_debug() -> bool {
    env::var_os(LOG_LEVEL_VAR).is_some_and(|level| level == "debug")
}

/// What the environment says, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The folder of the history's log files.
    pub(crate) history_folder: PathBuf,
    /// The folder of the running session; never synced between computers.
    pub(crate) state_folder: PathBuf,
    /// The path of `config.toml`.
    pub(crate) config_file: PathBuf,
    pub(crate) protocols_folder: PathBuf,
    /// Which of these folders this process may write to.
    pub(crate) writable: WritePermissions,
    /// The value of `PATH`.
    pub(crate) search_path: OsString,
    pub(crate) machine: Machine,
    /// Whether the terminal cannot redraw a line (`TERM` empty or `dumb`).
    pub(crate) is_dumb_terminal: bool,
    /// Whether to draw ASCII only: a dumb terminal, or a locale without UTF-8.
    pub(crate) ascii_only: bool,
    pub(crate) terminal: DetectedTerminal,
}

/// An error for each default folder that belongs to another person while this process is root: that person could not
/// use what root creates there. Folders named in environment variables are always allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WritePermissions {
    /// For the history.
    pub(crate) data: Result<()>,
    /// For files next to the running session.
    pub(crate) state: Result<()>,
    /// For files next to the settings.
    pub(crate) config: Result<()>,
}

impl Environment {
    /// # Errors
    /// This process is root, and the settings folder belongs to another person.
    pub(crate) fn require_config_writable(&self) -> Result<()> {
        self.writable.config.clone()
    }
}

/// Reads the environment. Changes nothing.
///
/// # Errors
/// There is neither a home folder nor the variables that replace it (exit code 1).
#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
pub(crate) fn read_environment() -> Result<Environment> {
    let dirs = ProjectDirs::from("", "", "easeback");
    let dirs = dirs.as_ref();
    let (data, data_writable) = resolve_folder(DATA_DIR_VAR, dirs.map(ProjectDirs::data_dir))?;
    let (state, state_writable) = resolve_folder(
        STATE_DIR_VAR,
        dirs.map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir())),
    )?;
    // Without a home folder, the data folder serves for the settings too.
    let (config, config_writable) = resolve_folder(CONFIG_DIR_VAR, dirs.map(ProjectDirs::config_dir))
        .unwrap_or_else(|_| (data.clone(), data_writable.clone()));
    let is_dumb_terminal = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    Ok(Environment {
        history_folder: data.join("history"),
        config_file: config.join("config.toml"),
        protocols_folder: config.join("protocols"),
        machine: Machine::read(&state, state_writable.is_ok()),
        writable: WritePermissions { data: data_writable, state: state_writable, config: config_writable },
        search_path: env::var_os("PATH").unwrap_or_default(),
        state_folder: state,
        is_dumb_terminal,
        ascii_only: is_dumb_terminal || !has_utf8_locale(),
        terminal: DetectedTerminal::from_variables(|name| env::var(name).ok()),
    })
}

/// Reads the person's settings; the defaults if there is no file.
///
/// # Errors
/// The file cannot be read or has mistakes, all of which are shown (exit code 2).
pub(crate) fn load_config(file: &Path) -> Result<LoadedConfig> {
    let bytes = match read_config_bytes(file) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(LoadedConfig::default()),
        bytes => bytes.map_err(|why| {
            let error = Error::from_io("read", file, &why)
                .with_default_hint("correct that, or move the file away: you can do without it");
            Error { exit_code: ErrorCode::Usage, ..error }
        })?,
    };
    let dirs = BaseDirs::new();
    let home = dirs.as_ref().map(BaseDirs::home_dir);
    let folder = file.parent().unwrap_or(file);
    LoadedConfig::parse(&file.display().to_string(), &bytes, PathBase { folder, home })
}

/// Reads at most one byte more than is allowed, which shows that the file is too long. Does not block on a pipe.
fn read_config_bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_to_read(file)?.take(MAX_CONFIG_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the locale uses UTF-8; the first variable that is set decides.
#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
fn has_utf8_locale() -> bool {
    let non_empty = |name| env::var_os(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(non_empty).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The folder, and whether this process may create files in it.
#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
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
