//! Finds a protocol: built in, in the person's folder, or in a file that was named.

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

/// How a protocol's file ends.
const FILE_EXTENSION: &str = "toml";

/// The protocol that was meant: a name, or a path, which has a `/` in it or ends in `.toml`.
///
/// # Errors
/// There is none, or its file cannot be read or has mistakes (exit code 2).
pub(crate) fn find_protocol(word: &str, folder: &Path) -> Result<Protocol> {
    match resolve_protocol_path(word, folder) {
        None => Protocol::find_built_in(word),
        Some(path) if is_path(word) || path.symlink_metadata().is_ok() => read_protocol(&path, folder),
        Some(_) => Err(unknown_protocol_error(word, folder)),
    }
}

/// The file that is meant; none for a built-in protocol.
fn resolve_protocol_path(word: &str, folder: &Path) -> Option<PathBuf> {
    match () {
        () if is_path(word) => Some(word.into()),
        () if is_built_in(word) => None,
        // What is no name is in no file: it could lead out of the folder.
        () if check_protocol_name(word).is_err() => Some(PathBuf::new()),
        () => Some(user_protocol_path(word, folder)),
    }
}

fn is_path(word: &str) -> bool {
    word.contains('/') || Path::new(word).extension() == Some(OsStr::new(FILE_EXTENSION))
}

/// Where a protocol of that name lies.
pub(crate) fn user_protocol_path(name: &str, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.{FILE_EXTENSION}"))
}

/// Reads a protocol's file; in the person's folder it has to be called what it says that it is.
pub(crate) fn read_protocol(path: &Path, folder: &Path) -> Result<Protocol> {
    let bytes = read_limited_bytes(path).map_err(|why| {
        let failed =
            Error::from_io("read", path, &why).with_default_hint("`easeback protocols` lists the protocols");
        Error { exit_code: ErrorCode::Usage, ..failed }
    })?;
    let called = path.file_stem().and_then(OsStr::to_str).filter(|_| is_in_dir(path, folder));
    let shown = path.display().to_string();
    Protocol::parse_user_protocol(&shown, &bytes, called).map_err(|wrong| match wrong.snippet {
        None => wrong,
        Some(_) => wrong.with_hint(format!(
            "correct the file, then type `easeback protocols check {}`",
            format_path_argument(path, called)
        )),
    })
}

/// How a file is called on the command line.
fn format_path_argument(path: &Path, called: Option<&str>) -> String {
    let name = called.filter(|name| check_protocol_name(name).is_ok() && !is_built_in(name));
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    match (name, path.display().to_string()) {
        (Some(name), _) => name.into(),
        (None, path) if path.chars().all(plain) => path,
        (None, path) => format!("'{path}'"),
    }
}

fn is_in_dir(path: &Path, folder: &Path) -> bool {
    let parent = path.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
    let real = |path: &Path| fs::canonicalize(path).ok();
    parent == Some(folder) || parent.and_then(real).is_some_and(|parent| Some(parent) == real(folder))
}

/// A byte more than may be there, at most. Never waits.
fn read_limited_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_to_read(path)?.take(MAX_PROTOCOL_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files of the person's own protocols, by name. A folder that is not there has none.
///
/// # Errors
/// The folder cannot be read (exit code 1).
pub(crate) fn list_user_protocol_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|why| Error::from_io("read", folder, &why))?,
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension() == Some(OsStr::new(FILE_EXTENSION))).collect();
    files.sort();
    Ok(files)
}

fn unknown_protocol_error(word: &str, folder: &Path) -> Error {
    let own = list_user_protocol_files(folder).unwrap_or_default();
    let own = own
        .iter()
        .filter_map(|path| path.file_stem()?.to_str())
        .filter(|name| check_protocol_name(name).is_ok());
    let names: Vec<&str> = BUILT_IN_PROTOCOLS.iter().map(|(name, _)| *name).chain(own).collect();
    let hint = match find_closest_match(word, names.iter().copied()) {
        Some(meant) => format!("did you mean {meant}? `easeback protocols` lists them all"),
        None => "`easeback protocols` says what each one does".into(),
    };
    Error::invalid("protocol", word, &join_or(&names)).with_hint(hint)
}
