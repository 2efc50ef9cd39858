//! Appending whole lines to a file that several processes may hold open.

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

/// [`File::lock`] would wait for ever; instead it is tried again after a nap.
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(1);

/// Locks a file against every other process that locks it, until it is closed. Waits for `patience` at most.
///
/// # Errors
/// Another process holds it, or it cannot be locked. A file system without locks is no error: each append is
/// one write, which is as much as there can be had.
pub(crate) fn lock_file(file: &File, path: &Path, patience: Duration) -> Result<()> {
    for _ in 0..patience.as_millis() {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_RETRY_INTERVAL),
            Err(TryLockError::Error(why)) if why.kind() == io::ErrorKind::Unsupported => return Ok(()),
            Err(TryLockError::Error(why)) => return Err(Error::from_io("lock", path, &why)),
        }
    }
    let held = format!("cannot lock {}: another easeback holds it", path.display());
    Err(Error::failed(held).with_hint("try again in a moment"))
}

/// Sets `room` bytes past the end of the file aside for it; its length stays as it is.
///
/// # Errors
/// The disk is full. A file system that cannot promise anything is no error.
pub(crate) fn reserve_space(file: &File, room: u64) -> io::Result<()> {
    let end = file.metadata()?.len();
    match retry_on_intr(|| fallocate(file, FallocateFlags::KEEP_SIZE, end, room)) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        done => Ok(done?),
    }
}

/// Appends whole lines in one write. A last line that was torn is closed first, so that it spoils no other; where
/// nobody can see it, by a line that may be empty, which says nothing.
///
/// # Errors
/// They could not be written; then none of them is there, and the file is as long as before.
pub(crate) fn append_lines(file: &mut File, lines: &[u8]) -> io::Result<()> {
    let end = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(lines.len() + 1);
    if has_torn_last_line(file, end).unwrap_or(true) {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(lines);
    let begun = file.write(&bytes)?;
    if begun == bytes.len() {
        return Ok(());
    }
    // The rest would meet the same wall, and says which.
    let rest = file.write_all(&bytes[begun..]);
    if rest.is_err() {
        file.set_len(end)?;
    }
    rest
}

fn has_torn_last_line(file: &File, end: u64) -> io::Result<bool> {
    let mut last = [b'\n'];
    if let Some(at) = end.checked_sub(1) {
        file.read_exact_at(&mut last, at)?;
    }
    Ok(last != [b'\n'])
}
