//! Failures of the operating system in plain words.
//!
//! The system's own text ("No such file or directory (os error 2)") and the names of temporary files only go to the
//! debug log.

use rustix::io::Errno;
use std::io::{self, ErrorKind};

/// The failure in a few plain words that fit after "cannot read FILE: ". Logs the full cause.
pub(crate) fn plain_words(cause: &io::Error) -> String {
    log::debug!("{cause}");
    describe_io_error(cause)
}

/// [`plain_words`] without a log entry.
pub(super) fn describe_io_error(cause: &io::Error) -> String {
    // Errors made by this program carry their own text.
    let is_ours = matches!(cause.kind(), ErrorKind::Other | ErrorKind::InvalidData);
    if let Some(own_error) = cause.get_ref().filter(|_| is_ours) {
        return own_error.to_string();
    }
    describe_error_kind(cause.kind())
        .or_else(|| describe_errno(cause))
        .unwrap_or("the system refused it")
        .to_owned()
}

fn describe_error_kind(kind: ErrorKind) -> Option<&'static str> {
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

/// For errors without an [`ErrorKind`].
fn describe_errno(cause: &io::Error) -> Option<&'static str> {
    Some(match Errno::from_io_error(cause)? {
        Errno::IO => "the disk reports an error",
        Errno::LOOP => "its link leads in a circle",
        Errno::MFILE | Errno::NFILE => "too many files are open",
        Errno::NXIO | Errno::NODEV => "the device is not there",
        Errno::NOEXEC => "it is not a program",
        _ => return None,
    })
}
