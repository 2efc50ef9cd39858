//! Finds a protocol by name or by path: a built-in one, one in the user's folder, or any file.

use crate::{
    error::{Error, ErrorCode, Result, find_closest_match, join_or},
    history::open_to_read,
    protocol::{BUILT_IN_PROTOCOLS, MAX_PROTOCOL_BYTES, Protocol, check_protocol_name, is_built_in},
};
use std::{
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

const FILE_EXTENSION: &str = "toml";

/// Finds and reads a protocol. `name_or_path` is a path if it holds a `/` or ends in `.toml`.
///
/// # Errors
/// There is no such protocol, or its file cannot be read or has mistakes (exit code 2).
pub(crate) fn find_protocol(name_or_path: &str, folder: &Path) -> Result<Protocol> {
    if is_path(name_or_path) {
        return read_protocol(Path::new(name_or_path), folder);
    }
    let name = name_or_path;
    if is_built_in(name) {
        return Protocol::find_built_in(name);
    }
    // An invalid name is never joined to the folder: it could lead out of it.
    if check_protocol_name(name).is_ok() {
        let path = user_protocol_path(name, folder);
        if path.symlink_metadata().is_ok() {
            return read_protocol(&path, folder);
        }
    }
    Err(unknown_protocol_error(name, folder))
}

fn is_path(name: &str) -> bool {
    name.contains('/') || Path::new(name).extension() == Some(OsStr::new(FILE_EXTENSION))
}

/// The file of a user's protocol of this name, whether or not it exists.
pub(crate) fn user_protocol_path(name: &str, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.{FILE_EXTENSION}"))
}

/// Reads a protocol's file. In the user's folder, its `name` must be that of the file.
pub(crate) fn read_protocol(path: &Path, folder: &Path) -> Result<Protocol> {
    let bytes = read_limited_bytes(path).map_err(|error| {
        let error = Error::from_io("read", path, &error)
            .with_default_hint("check the path, or type `easeback protocols` to list the protocols");
        Error { exit_code: ErrorCode::Usage, ..error }
    })?;
    let file_stem = path.file_stem().and_then(OsStr::to_str).filter(|_| is_in_dir(path, folder));
    let shown_path = path.display().to_string();
    Protocol::parse_user_protocol(&shown_path, &bytes, file_stem).map_err(|error| match error.snippet {
        None => error,
        Some(_) => error.with_hint(format!(
            "correct the file, then type `easeback protocols check {}`",
            format_path_argument(path, file_stem)
        )),
    })
}

/// What to type for a protocol's file: its name, or its path, quoted where the shell needs it.
fn format_path_argument(path: &Path, file_stem: Option<&str>) -> String {
    let name = file_stem.filter(|name| check_protocol_name(name).is_ok() && !is_built_in(name));
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    match (name, path.display().to_string()) {
        (Some(name), _) => name.into(),
        (None, path) if path.chars().all(plain) => path,
        (None, path) => format!("'{path}'"),
    }
}

fn is_in_dir(path: &Path, folder: &Path) -> bool {
    let parent = path.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    parent == Some(folder)
        || parent.and_then(canonical).is_some_and(|parent| Some(parent) == canonical(folder))
}

/// Reads at most one byte more than a protocol may have. Does not block on a pipe.
fn read_limited_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_to_read(path)?.take(MAX_PROTOCOL_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files of the user's own protocols, sorted by name; none if the folder does not exist.
///
/// # Errors
/// The folder cannot be read (exit code 1).
pub(crate) fn list_user_protocol_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        result => result.map_err(|error| Error::from_io("read", folder, &error))?,
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension() == Some(OsStr::new(FILE_EXTENSION))).collect();
    files.sort();
    Ok(files)
}

fn unknown_protocol_error(name: &str, folder: &Path) -> Error {
    let own_files = list_user_protocol_files(folder).unwrap_or_default();
    let own_names = own_files
        .iter()
        .filter_map(|path| path.file_stem()?.to_str())
        .filter(|name| check_protocol_name(name).is_ok());
    let names: Vec<&str> = BUILT_IN_PROTOCOLS.iter().map(|(name, _)| *name).chain(own_names).collect();
    let hint = match find_closest_match(name, names.iter().copied()) {
        Some(suggestion) => format!("did you mean {suggestion}? `easeback protocols` lists all of them"),
        None => "type `easeback protocols` to see what each one does".into(),
    };
    Error::invalid("protocol", name, &join_or(&names)).with_hint(hint)
}
