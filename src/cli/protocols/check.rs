//! `easeback protocols check`: lists every mistake in a protocol's file, or says that it is valid.

use super::{
    ProtocolsOutput,
    find::{find_protocol, user_protocol_path},
    list::format_protocol_duration,
};
use crate::{
    cli::plan::format_caution,
    clock,
    error::{Error, Result, sanitize},
    limits,
    protocol::{Overrides, is_built_in},
    report::{OutputFormat, wrap},
    time::WallTime,
};
use std::path::Path;

pub(crate) fn run(name: &str, folder: &Path, format: &OutputFormat) -> Result<ProtocolsOutput> {
    let protocol = find_protocol(name, folder)?;
    let now = WallTime::from(&clock::local_time());
    // The limits hold for files too. Earlier sessions do not matter here.
    let plan = limits::build_plan(&protocol, &Overrides::default(), &[], &now, false).map_err(|error| {
        let message = format!("protocol '{}' would be refused: {}", name.escape_debug(), error.message);
        Error::usage(
            message,
            "change the steps in the file; `easeback protocols show alternate` shows the limits",
        )
    })?;
    let rounds = match protocol.rounds.planned_count() {
        1 => "1 round".into(),
        count => format!("{count} rounds"),
    };
    let mut stdout = format!(
        "'{}' is a valid protocol: {}, {rounds}\n",
        protocol.name,
        format_protocol_duration(&protocol)
    );
    for caution in limits::find_cautions(&plan, &[], &now) {
        stdout += &format!("{}\n", wrap(&format_caution(&caution), format.width, "", ""));
    }
    let own_file = user_protocol_path(name, folder);
    let is_shadowed = is_built_in(name) && own_file.symlink_metadata().is_ok();
    let note = format!("{} is never used: a built-in protocol has this name", own_file.display());
    Ok(ProtocolsOutput { stdout, messages: is_shadowed.then(|| sanitize(&note)).into_iter().collect() })
}
