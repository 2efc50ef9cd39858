//! Where a file that was asked for goes: it appears as a whole, or not at all.
//!
//! It is about somebody's health: only they may read it, no other file gives way to it unasked, and none ever
//! comes to lie in the history.

use crate::error::{Error, Result, explain_root_refusal};
use std::{
    fs::{self, OpenOptions},
    io::{self, Seek, Write},
    path::Path,
};
use tempfile::{NamedTempFile, SpooledTempFile};

/// So much is held in memory before it is printed; a large history takes a file that has no name.
const MAX_BUFFERED_BYTES: usize = 8 * 1024 * 1024;

/// Refuses, before any work is done, what stands in the way.
///
/// # Errors
/// It lies in the history (exit code 2); a file is there that may not be replaced, or this is root, and it would come
/// to lie among another person's files (exit code 1).
pub(crate) fn check_output_path(path: &Path, replace: bool, history: &Path) -> Result<()> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    let within =
        |path: &Path| real(path).zip(real(history)).is_some_and(|(path, history)| path.starts_with(history));
    if within(path) || within(parent_dir(path)) {
        let path = path.display().to_string();
        return Err(Error::invalid("output file", &path, "a file outside the history's folder")
            .with_hint("type -o with a file in another folder"));
    }
    if is_not_regular_file(path) {
        return Ok(()); // It is only written to.
    }
    check_owner(path)?;
    check_owner(parent_dir(path))?;
    // A link that leads nowhere is there as well.
    let is_taken = fs::symlink_metadata(path).is_ok();
    if is_taken && !replace { Err(file_exists_error(path)) } else { Ok(()) }
}

/// Refuses root what another person could not use: a new file in their folder, and their file as root's.
///
/// # Errors
/// This is root, and it is another person's, or in their folder.
pub(crate) fn check_owner(path: &Path) -> Result<()> {
    // What is not there yet is its folder's owner's.
    let Ok(real) = fs::canonicalize(path) else { return Ok(()) };
    let closed = explain_root_refusal(&real)
        .map(|refusal| refusal.with_hint("run it without sudo; `-o -` prints it instead"));
    closed.map_or(Ok(()), Err)
}

/// A file is there that may not be replaced.
pub(crate) fn file_exists_error(path: &Path) -> Error {
    Error::failed(format!("{} exists already", path.display()))
        .with_hint("type another name, or --yes to replace it")
}

/// What `fill` fills it with, held back until it is whole: what went into a pipe cannot be taken back.
///
/// # Errors
/// As `failed` says it, or `fill`.
pub(crate) fn write_only_if_whole<T>(
    failed: impl Fn(io::Error) -> Error,
    fill: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<(SpooledTempFile, T)> {
    let mut held = tempfile::spooled_tempfile(MAX_BUFFERED_BYTES);
    let done = fill(&mut held)?;
    held.rewind().map_err(failed)?;
    Ok((held, done))
}

/// Writes what `fill` fills it with. A device is written to; everything else is placed.
///
/// # Errors
/// As `failed` says it, or `fill`: then what was there before still is.
pub(crate) fn write_output_file<T>(
    path: &Path,
    replace: bool,
    failed: impl Fn(io::Error) -> Error,
    fill: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<T> {
    if is_not_regular_file(path) {
        let (mut whole, done) = write_only_if_whole(&failed, fill)?;
        let device = OpenOptions::new().write(true).open(path);
        device.and_then(|mut device| io::copy(&mut whole, &mut device)).map_err(failed)?;
        return Ok(done);
    }
    let (file, done) = write_temp_file(parent_dir(path), &failed, fill)?;
    let placed = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    placed.map_err(|why| failed(why.error))?;
    Ok(done)
}

/// A file under a name of its own, readable by its owner alone, with all of it on the disk; and what `fill` gave.
///
/// # Errors
/// As `failed` says it, or `fill`: then there is no such file.
pub(crate) fn write_temp_file<T>(
    folder: &Path,
    failed: impl Fn(io::Error) -> Error,
    fill: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<(NamedTempFile, T)> {
    let mut file = tempfile::Builder::new().prefix(".easeback-").tempfile_in(folder).map_err(&failed)?;
    let done = fill(file.as_file_mut())?;
    file.as_file().sync_all().map_err(failed)?;
    Ok((file, done))
}

/// Whether there is something that cannot be replaced as files are: a device, a pipe, a folder.
fn is_not_regular_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|facts| !facts.is_file())
}

fn parent_dir(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
