//! `easeback config init`: writes a settings file in which every setting is commented out.

use crate::{
    cli::protocols::write_new_file,
    error::{Error, Result, plain_words},
};
use std::{fs::DirBuilder, io, os::unix::fs::DirBuilderExt, path::Path};

const TEMPLATE: &str = include_str!("init.toml");
/// For editors: the first line of the template refers to it.
const SCHEMA: &str = include_str!("../../../docs/config.schema.json");
const SCHEMA_FILE: &str = "config.schema.json";

/// Writes the file, and returns messages for the person, a line each.
///
/// # Errors
/// The file exists already, or cannot be written (exit code 1).
pub(crate) fn run(file: &Path) -> Result<Vec<String>> {
    let folder = file.parent().unwrap_or(file);
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.map_err(|error| Error::from_io("make", folder, &error))?;
    match write_new_file(file, folder, TEMPLATE) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let hint =
                "open it in a text editor; for a new one, move it away and type `easeback config init` again";
            return Err(Error::failed(format!("{} exists already", file.display())).with_hint(hint));
        }
        result => result.map_err(|error| Error::from_io("write", file, &error))?,
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
    messages.push(
        "Nothing is set yet: open it in a text editor and remove the # before what you want to set.".into(),
    );
    messages.push("Then type `easeback config show`.".into());
    Ok(messages)
}
