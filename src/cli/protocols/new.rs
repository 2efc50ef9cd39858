//! `easeback protocols new`: writes a template for a protocol of the user's own.

use super::{
    ProtocolsOutput,
    find::{list_user_protocol_files, user_protocol_path},
};
use crate::{
    error::{Error, Result, plain_words, sanitize},
    protocol::{check_protocol_name, is_built_in},
};
use std::{
    fs::DirBuilder,
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::Path,
};
use tempfile::NamedTempFile;

/// A valid protocol as it is.
const TEMPLATE: &str = include_str!("new.toml");
/// The protocol's name in the template.
const PLACEHOLDER_NAME: &str = "my-back";
/// For editors: the first line of the template refers to it.
const SCHEMA: &str = include_str!("../../../docs/protocol.schema.json");
const SCHEMA_FILE: &str = "protocol.schema.json";

pub(crate) fn run(name: &str, folder: &Path) -> Result<ProtocolsOutput> {
    check_protocol_name(name).map_err(|invalid| {
        Error::invalid("protocol name", name, invalid.expected())
            .with_hint("type, for example, `easeback protocols new my-back`")
    })?;
    if is_built_in(name) {
        return Err(Error::invalid("protocol name", name, "a name that no built-in protocol has")
            .with_hint(format!("type, for example, `easeback protocols new my-{name}`")));
    }
    list_user_protocol_files(folder)?;
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.map_err(|error| Error::from_io("make", folder, &error))?;
    let path = user_protocol_path(name, folder);
    match write_new_file(&path, folder, &TEMPLATE.replace(PLACEHOLDER_NAME, name)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let hint = format!(
                "open it in an editor, or type another name; `easeback protocols show {name}` shows it"
            );
            return Err(Error::failed(format!("{} exists already", path.display())).with_hint(hint));
        }
        result => result.map_err(|error| Error::from_io("write", &path, &error))?,
    }
    let mut messages = Vec::new();
    match write_new_file(&folder.join(SCHEMA_FILE), folder, SCHEMA) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            messages.push(format!(
                "warning: {SCHEMA_FILE}, which helps editors, cannot be written: {}",
                plain_words(&error)
            ));
        }
        _ => {}
    }
    messages
        .push("It works as it is. Change it in a text editor: notes in it say what each line means.".into());
    messages.push(format!("Then type `easeback protocols check {name}`, and `easeback start {name}`."));
    Ok(ProtocolsOutput { stdout: format!("Wrote {}\n", sanitize(&path.display().to_string())), messages })
}

/// Writes a file whole or not at all, and never over an existing one.
pub(crate) fn write_new_file(path: &Path, folder: &Path, text: &str) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}
