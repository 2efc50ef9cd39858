//! What went wrong, and the way out, for a person in pain.
//!
//! Every failure that reaches the person is one [`Error`]: what is wrong and where, one hint that says
//! what to type instead, and the exit code that DESIGN's table gives it. Files that people write are read here as
//! far as all of them are alike: every mistake of a file is told at once, and shown where it stands.

mod harmless;
mod mistakes;
mod owner;
mod table;

pub use harmless::{harmless, steers};
pub use mistakes::{Mistake, Mistakes, nearest};
pub use owner::{explain_permission, stranger, user};
pub use table::{Document, Table, Wrong, flag, kind_of, text, word};

use std::{error, fmt, io, path::Path};

/// The exit codes of the program, 0 apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Failed or refused.
    Failed = 1,
    /// Wrong usage; a limit in the flags is wrong usage too.
    Usage = 2,
    /// No session is running.
    NoSession = 3,
    /// A session is running already.
    Running = 4,
}

/// A failure: what, a hint, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong and where, in lower case, on one line.
    pub what: String,
    /// What to do instead, on one line.
    pub hint: Option<String>,
    /// Where in a file that is, drawn over several lines; nothing in it steers a terminal.
    pub picture: Option<String>,
    /// The exit code.
    pub code: Code,
}

/// A result whose failure a person can read.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Something failed or was refused (exit code 1).
    pub fn failed(what: impl Into<String>) -> Error {
        Error { what: what.into(), hint: None, picture: None, code: Code::Failed }
    }

    /// The call's words are wrong (exit code 2).
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Error {
        Error { what: what.into(), hint: Some(hint.into()), picture: None, code: Code::Usage }
    }

    /// A file or a folder could not be used (exit code 1); `doing` is a verb, as in "cannot `write` PATH". Where
    /// that is not allowed, it is said whose it is, and what to type.
    pub fn file(doing: &str, path: &Path, why: &io::Error) -> Error {
        let (why, hint) = explain_permission(path, why).unwrap_or_else(|| (why.to_string(), None));
        Error { hint, ..Error::failed(format!("cannot {doing} {}: {why}", path.display())) }
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Error {
        Error { hint: Some(hint.into()), ..self }
    }

    /// The same failure with a hint, where it has none yet.
    #[must_use]
    pub fn or_hint(self, hint: impl Into<String>) -> Error {
        if self.hint.is_some() { self } else { self.hint(hint) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl error::Error for Error {}
