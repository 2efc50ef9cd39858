//! Writes the files that `history export` and `report` produce: whole, or not at all.
//!
//! They hold health data: only their owner may read them, an existing file is replaced only on request, and none is
//! written into the history's folder. This module knows nothing of their contents.

use crate::error::{Error, Result, explain_root_refusal};
use std::{
    fs::{self, OpenOptions},
    io::{self, Seek, Write},
    path::Path,
};
use tempfile::{NamedTempFile, SpooledTempFile};

/// Larger outputs are buffered in an unnamed temporary file.
const MAX_BUFFERED_BYTES: usize = 8 * 1024 * 1024;

/// Checks a path before the output is produced.
///
/// # Errors
/// It is in the history's folder (exit code 2); a file is there and `replace` is false, or this is root and the file or
/// its folder is another user's (exit code 1).
pub(crate) fn check_output_path(path: &Path, replace: bool, history_folder: &Path) -> Result<()> {
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    let is_in_history = |path: &Path| {
        canonical(path)
            .zip(canonical(history_folder))
            .is_some_and(|(path, history_folder)| path.starts_with(history_folder))
    };
    if is_in_history(path) || is_in_history(parent_dir(path)) {
        let path = path.display().to_string();
        return Err(Error::invalid("output file", &path, "a file outside the history's folder")
            .with_hint("type -o and a file in another folder"));
    }
    if is_not_regular_file(path) {
        // A device or a pipe is written to and never replaced.
        return Ok(());
    }
    check_owner(path)?;
    check_owner(parent_dir(path))?;
    // A dangling symbolic link counts as existing.
    let exists = fs::symlink_metadata(path).is_ok();
    if exists && !replace { Err(file_exists_error(path)) } else { Ok(()) }
}

/// Keeps root from writing into another user's folder or over their file: the owner could not use the result.
///
/// # Errors
/// This is root, and the path is another user's.
pub(crate) fn check_owner(path: &Path) -> Result<()> {
    // A missing file has no owner; its folder is checked as well.
    let Ok(canonical) = fs::canonicalize(path) else { return Ok(()) };
    match explain_root_refusal(&canonical) {
        Some(error) => Err(error.with_hint("run it without sudo; `-o -` prints it instead")),
        None => Ok(()),
    }
}

pub(crate) fn file_exists_error(path: &Path) -> Error {
    Error::failed(format!("{} exists already", path.display()))
        .with_hint("type another name, or --yes to replace it")
}

/// Buffers all that `fill` writes, so that a failure leaves a pipe untouched; returns the rewound buffer and the result
/// of `fill`.
///
/// # Errors
/// The buffer cannot be written (`map_write_error`), or `fill` fails.
pub(crate) fn write_to_buffer<T>(
    map_write_error: impl Fn(io::Error) -> Error,
    fill: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<(SpooledTempFile, T)> {
    let mut buffer = tempfile::spooled_tempfile(MAX_BUFFERED_BYTES);
    let result = fill(&mut buffer)?;
    buffer.rewind().map_err(map_write_error)?;
    Ok((buffer, result))
}

/// Writes all that `fill` writes to a device, or to a temporary file that is then renamed to `path`.
///
/// # Errors
/// The file cannot be written (`map_write_error`), or `fill` fails: then the old file is unchanged.
pub(crate) fn write_output_file<T>(
    path: &Path,
    replace: bool,
    map_write_error: impl Fn(io::Error) -> Error,
    fill: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<T> {
    if is_not_regular_file(path) {
        let (mut buffer, result) = write_to_buffer(&map_write_error, fill)?;
        let device = OpenOptions::new().write(true).open(path);
        device.and_then(|mut device| io::copy(&mut buffer, &mut device)).map_err(map_write_error)?;
        return Ok(result);
    }
    let (file, result) = write_temp_file(parent_dir(path), &map_write_error, fill)?;
    let saved = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    saved.map_err(|error| map_write_error(error.error))?;
    Ok(result)
}

/// Writes a temporary file in this folder, readable by its owner only, and syncs it to the disk; returns it and the
/// result of `fill`.
///
/// # Errors
/// The file cannot be written (`map_write_error`), or `fill` fails: then no file is left.
pub(crate) fn write_temp_file<T>(
    folder: &Path,
    map_write_error: impl Fn(io::Error) -> Error,
    fill: impl FnOnce(&mut dyn Write) -> Result<T>,
) -> Result<(NamedTempFile, T)> {
    let mut file =
        tempfile::Builder::new().prefix(".easeback-").tempfile_in(folder).map_err(&map_write_error)?;
    let result = fill(file.as_file_mut())?;
    file.as_file().sync_all().map_err(map_write_error)?;
    Ok((file, result))
}

/// Whether the path exists and is a device, a pipe or a folder.
fn is_not_regular_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

fn parent_dir(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
