//! Errors as the person reads them.
//!
//! Every failure that reaches the person is one [`Error`]: what is wrong and where, one hint with something to type,
//! and the exit code from DESIGN's table. The parts shared by all TOML files that people write are here too: they
//! report every mistake of a file at once, each with its position.

mod diagnostics;
mod file_owner;
mod sanitize;
mod system;
mod toml_file;

pub(crate) use diagnostics::{Diagnostics, find_closest_match};
pub(crate) use file_owner::{explain_permission, explain_root_refusal};
pub use sanitize::is_control_or_bidi;
pub(crate) use sanitize::sanitize;
pub(crate) use system::plain_words;
pub(crate) use toml_file::{
    InvalidValue, TomlDocument, TomlTable, describe_value_type, parse_bool_value, parse_choice_value,
    parse_text_value,
};

use std::{error, fmt, io, path::Path};

/// The hint of a system failure without a better one.
const DEBUG_HINT: &str = "EASEBACK_LOG=debug before the command shows what the system said";

/// The program's exit codes other than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Failed or refused.
    Failed = 1,
    /// Wrong usage, including flags beyond a limit.
    Usage = 2,
    /// No session is running.
    NoSession = 3,
    /// A session is running already.
    SessionRunning = 4,
}

/// A failure as the person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong and where, in lower case, on one line.
    pub message: String,
    /// What to type or do instead, on one line.
    pub hint: Option<String>,
    /// The place in a file, drawn over several lines, without control or bidi characters.
    pub snippet: Option<String>,
    /// The exit code of the program.
    pub exit_code: ErrorCode,
}

/// A result whose error a person can read.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure or a refusal (exit code 1).
    pub(crate) fn failed(message: impl Into<String>) -> Error {
        Error { message: message.into(), hint: None, snippet: None, exit_code: ErrorCode::Failed }
    }

    /// Wrong usage (exit code 2).
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Error {
        Error { message: message.into(), hint: Some(hint.into()), snippet: None, exit_code: ErrorCode::Usage }
    }

    /// An invalid value (exit code 2): "invalid `noun` '`typed`': expected `expected`". Without a hint from the
    /// caller, the command line adds one that names the command's help.
    pub(crate) fn invalid(noun: &str, typed: &str, expected: &str) -> Error {
        let message = format!("invalid {noun} '{}': expected {expected}", typed.escape_debug());
        Error { exit_code: ErrorCode::Usage, ..Error::failed(message) }
    }

    /// A failure of the operating system (exit code 1): "cannot `action`: cause", as in "cannot `start the timer`".
    /// The cause is in plain words; the debug log has the system's own.
    pub(crate) fn system(action: &str, cause: &io::Error) -> Error {
        log::debug!("cannot {action}: {cause}");
        let hint = match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on that disk",
            _ => DEBUG_HINT,
        };
        Error::failed(format!("cannot {action}: {}", system::describe_io_error(cause))).with_hint(hint)
    }

    /// A file or a folder could not be used (exit code 1): "cannot `verb` PATH: cause". Without permission, the
    /// message names the owner, and the hint a command that helps.
    pub(crate) fn from_io(verb: &str, path: &Path, cause: &io::Error) -> Error {
        let action = format!("{verb} {}", path.display());
        let error = Error::system(&action, cause);
        let Some((reason, hint)) = explain_permission(path, cause) else { return error };
        Error { hint: hint.or(error.hint), ..Error::failed(format!("cannot {action}: {reason}")) }
    }

    /// Sets the hint.
    #[must_use]
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Error {
        Error { hint: Some(hint.into()), ..self }
    }

    /// Sets the hint unless there is a better one.
    #[must_use]
    pub(crate) fn with_default_hint(self, hint: impl Into<String>) -> Error {
        match self.hint.as_deref() {
            None | Some(DEBUG_HINT) => self.with_hint(hint),
            Some(_) => self,
        }
    }
}

/// Joins words as in "low, mid, upper or hips".
pub(crate) fn join_or<W: AsRef<str>>(words: &[W]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match &words[..] {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {}
