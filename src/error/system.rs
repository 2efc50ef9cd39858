//! What the operating system says of a failure, in plain words.
//!
//! Its own text ("No such file or directory (os error 2)") goes to the debug log alone, as do the names of
//! temporary files, which no person has asked for.

use rustix::io::Errno;
use std::io::{self, ErrorKind};

/// The failure in a few plain words, which fit behind "cannot read FILE: ". The full cause is logged.
pub(crate) fn plain_words(why: &io::Error) -> String {
    log::debug!("{why}");
    words(why)
}

/// The same without a log entry.
pub(super) fn words(why: &io::Error) -> String {
    // Some of this program's own have their words with them.
    let is_ours = matches!(why.kind(), ErrorKind::Other | ErrorKind::InvalidData);
    if let Some(ours) = why.get_ref().filter(|_| is_ours) {
        return ours.to_string();
    }
    of_kind(why.kind()).or_else(|| of_number(why)).unwrap_or("the system refused it").to_owned()
}

fn of_kind(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotFound => "not found",
        ErrorKind::PermissionDenied => "not allowed",
        ErrorKind::AlreadyExists => "it is there already",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "no space left on the disk",
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only",
        ErrorKind::FileTooLarge => "the file is too large",
        ErrorKind::IsADirectory => "it is a folder",
        ErrorKind::NotADirectory => "part of its path is not a folder",
        ErrorKind::InvalidFilename => "the name is not possible here",
        ErrorKind::CrossesDevices => "it is on another disk",
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => "another program is using it",
        ErrorKind::WouldBlock => "the system is too busy",
        ErrorKind::TimedOut => "no answer in time",
        ErrorKind::BrokenPipe => "nobody reads it any more",
        ErrorKind::OutOfMemory => "not enough memory",
        ErrorKind::UnexpectedEof => "it ends too early",
        ErrorKind::WriteZero => "not all of it could be written",
        ErrorKind::InvalidData => "it is not text in UTF-8",
        ErrorKind::ConnectionRefused => "the connection was refused",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::NotConnected => {
            "the connection was lost"
        }
        ErrorKind::NetworkDown
        | ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::StaleNetworkFileHandle => "the network folder cannot be reached",
        ErrorKind::Unsupported => "not possible on this disk",
        _ => return None,
    })
}

/// For what the standard library has no kind for.
fn of_number(why: &io::Error) -> Option<&'static str> {
    Some(match Errno::from_io_error(why)? {
        Errno::IO => "the disk reports an error",
        Errno::LOOP => "its link leads in a circle",
        Errno::MFILE | Errno::NFILE => "too many files are open",
        Errno::NXIO | Errno::NODEV => "the device is not there",
        Errno::NOEXEC => "it is not a program",
        _ => return None,
    })
}
