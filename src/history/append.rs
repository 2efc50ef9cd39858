//! Appends whole lines to a file that several processes may have open.
//!
//! It knows files and bytes, not what the lines mean; the session's journal uses it too.

use crate::error::{Error, Result};
use rustix::{
    fs::{FallocateFlags, fallocate},
    io::{Errno, retry_on_intr},
};
use std::{
    fs::{File, TryLockError},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
    thread,
    time::Duration,
};

/// [`File::lock`] has no timeout, so `try_lock` is repeated instead.
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(1);

/// Locks a file (advisory) until it is closed. Waits at most for `timeout`.
///
/// # Errors
/// Another process has the lock, or it cannot be taken. A file system without locks is not an error: each append is one
/// write, which is the best protection available there.
pub(crate) fn lock_file(file: &File, path: &Path, timeout: Duration) -> Result<()> {
    for _ in 0..timeout.as_millis() {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_RETRY_INTERVAL),
            Err(TryLockError::Error(why)) if why.kind() == io::ErrorKind::Unsupported => return Ok(()),
            Err(TryLockError::Error(why)) => return Err(Error::from_io("lock", path, &why)),
        }
    }
    let message = format!("cannot lock {}: another easeback holds it", path.display());
    Err(Error::failed(message).with_hint("try again in a moment"))
}

/// Reserves disk space after the end of the file, without changing its length.
///
/// # Errors
/// The disk is full. A file system that cannot reserve space is not an error.
pub(crate) fn reserve_space(file: &File, length: u64) -> io::Result<()> {
    let end = file.metadata()?.len();
    match retry_on_intr(|| fallocate(file, FallocateFlags::KEEP_SIZE, end, length)) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        result => Ok(result?),
    }
}

/// Appends whole lines in one write. First ends a torn last line with a newline, so that it does not spoil the next; if
/// the last byte cannot be read, the newline may only make an empty line.
///
/// # Errors
/// The lines could not be written; the file then has its old length.
pub(crate) fn append_lines(file: &mut File, lines: &[u8]) -> io::Result<()> {
    let end = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(lines.len() + 1);
    if has_torn_last_line(file, end).unwrap_or(true) {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(lines);
    let written = file.write(&bytes)?;
    if written == bytes.len() {
        return Ok(());
    }
    // Writing the rest gives the error of the partial write.
    let result = file.write_all(&bytes[written..]);
    if result.is_err() {
        file.set_len(end)?;
    }
    result
}

fn has_torn_last_line(file: &File, end: u64) -> io::Result<bool> {
    let mut last = [b'\n'];
    if let Some(at) = end.checked_sub(1) {
        file.read_exact_at(&mut last, at)?;
    }
    Ok(last != [b'\n'])
}
