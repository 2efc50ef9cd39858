//! `easeback config init`: a file in which nothing is set yet.

use crate::{
    cli::protocols::write_new_file,
    error::{Error, Result, plain_words},
};
use std::{fs::DirBuilder, io, os::unix::fs::DirBuilderExt, path::Path};

/// What is written.
const TEMPLATE: &str = include_str!("init.toml");
/// Editors find it by the file's first line.
const SCHEMA: &str = include_str!("../../../docs/config.schema.json");
const SCHEMA_FILE: &str = "config.schema.json";

/// Writes it, and gives what to know besides, a line each.
///
/// # Errors
/// There is one already, or it cannot be written (exit code 1).
pub(crate) fn run(file: &Path) -> Result<Vec<String>> {
    let folder = file.parent().unwrap_or(file);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|why| Error::from_io("make", folder, &why))?;
    match write_new_file(file, folder, TEMPLATE) {
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
            let hint = "open it in an editor; for a new one, move it away first";
            return Err(Error::failed(format!("{} exists already", file.display())).with_hint(hint));
        }
        written => written.map_err(|why| Error::from_io("write", file, &why))?,
    }
    let mut talk = Vec::new();
    match write_new_file(&folder.join(SCHEMA_FILE), folder, SCHEMA) {
        Err(why) if why.kind() != io::ErrorKind::AlreadyExists => {
            talk.push(format!(
                "warning: {SCHEMA_FILE}, which helps editors, cannot be written: {}",
                plain_words(&why)
            ));
        }
        _ => {}
    }
    talk.push(
        "nothing is set yet: open it in any text editor, and remove the # from what you want to set".into(),
    );
    talk.push("then `easeback config show` shows the settings, or what is wrong with them".into());
    Ok(talk)
}
