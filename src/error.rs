//! What went wrong, and the way out, for a person in pain.
//!
//! Every failure that reaches the person is one [`Error`]: what is wrong and where, one hint that says
//! what to type instead, and the exit code that DESIGN's table gives it. Files that people write are read here as
//! far as all of them are alike: every mistake of a file is told at once, and shown where it stands.

mod diagnostics;
mod owner;
mod sanitize;
mod system;
mod toml_file;

pub(crate) use diagnostics::{Diagnostics, find_closest_match};
pub(crate) use owner::{closed_to_root, explain_permission};
pub use sanitize::is_control_or_bidi;
pub(crate) use sanitize::sanitize;
pub(crate) use system::plain_words;
pub(crate) use toml_file::{
    InvalidValue, TomlDocument, TomlTable, describe_value_type, parse_bool_value, parse_choice_value,
    parse_text_value,
};

use std::{error, fmt, io, path::Path};

/// The hint of a system failure of which nothing better is known.
const DEBUG_HINT: &str = "EASEBACK_LOG=debug before the command shows what the system said";

/// The exit codes of the program, 0 apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// Failed or refused.
    Failed = 1,
    /// Wrong usage; a limit in the flags is wrong usage too.
    Usage = 2,
    /// No session is running.
    NoSession = 3,
    /// A session is running already.
    SessionRunning = 4,
}

/// A failure: what, a hint, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong and where, in lower case, on one line.
    pub message: String,
    /// What to do instead, on one line.
    pub hint: Option<String>,
    /// Where in a file that is, drawn over several lines; nothing in it steers a terminal.
    pub snippet: Option<String>,
    /// The exit code.
    pub exit_code: ErrorCode,
}

/// A result whose failure a person can read.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Something failed or was refused (exit code 1).
    pub(crate) fn failed(what: impl Into<String>) -> Error {
        Error { message: what.into(), hint: None, snippet: None, exit_code: ErrorCode::Failed }
    }

    /// The call's words are wrong (exit code 2).
    pub(crate) fn usage(what: impl Into<String>, hint: impl Into<String>) -> Error {
        Error { message: what.into(), hint: Some(hint.into()), snippet: None, exit_code: ErrorCode::Usage }
    }

    /// A value that was typed is invalid (exit code 2): "invalid `noun` '`typed`': expected `expected`". Where no
    /// caller gives a hint, the command line names the command's help.
    pub(crate) fn invalid(noun: &str, typed: &str, expected: &str) -> Error {
        let what = format!("invalid {noun} '{}': expected {expected}", typed.escape_debug());
        Error { exit_code: ErrorCode::Usage, ..Error::failed(what) }
    }

    /// The operating system refused something (exit code 1); `doing` is a verb, as in "cannot `start the timer`".
    /// The cause is told in plain words, and logged in the system's own.
    pub(crate) fn system(doing: &str, why: &io::Error) -> Error {
        log::debug!("cannot {doing}: {why}");
        let hint = match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on that disk",
            _ => DEBUG_HINT,
        };
        Error::failed(format!("cannot {doing}: {}", system::words(why))).with_hint(hint)
    }

    /// A file or a folder could not be used (exit code 1); `doing` is a verb, as in "cannot `write` PATH". Where
    /// that is not allowed, it is said whose it is, and what to type.
    pub(crate) fn from_io(doing: &str, path: &Path, why: &io::Error) -> Error {
        let doing = format!("{doing} {}", path.display());
        let failed = Error::system(&doing, why);
        let Some((why, hint)) = explain_permission(path, why) else { return failed };
        Error { hint: hint.or(failed.hint), ..Error::failed(format!("cannot {doing}: {why}")) }
    }

    /// The same failure with a hint.
    #[must_use]
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Error {
        Error { hint: Some(hint.into()), ..self }
    }

    /// The same failure with a hint, where it has no better one.
    #[must_use]
    pub(crate) fn with_default_hint(self, hint: impl Into<String>) -> Error {
        match self.hint.as_deref() {
            None | Some(DEBUG_HINT) => self.with_hint(hint),
            Some(_) => self,
        }
    }
}

/// Words to choose from, as in "low, mid, upper or hips".
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
