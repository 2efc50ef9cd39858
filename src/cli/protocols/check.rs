//! `easeback protocols check`: everything that is wrong with a file, or that nothing is.

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

pub(crate) fn run(word: &str, folder: &Path, look: &OutputFormat) -> Result<ProtocolsOutput> {
    let protocol = find_protocol(word, folder)?;
    let now = WallTime::from(&clock::local_time());
    // The limits hold for files as they do for flags; the past is another day's.
    let plan = limits::build_plan(&protocol, &Overrides::default(), &[], &now, false).map_err(|refused| {
        let what = format!("protocol '{}' would be refused: {}", word.escape_debug(), refused.message);
        Error::usage(what, "change the steps in the file; `easeback protocols show ice` shows limits")
    })?;
    let rounds = match protocol.rounds.planned_count() {
        1 => "1 round".into(),
        many => format!("{many} rounds"),
    };
    let mut stdout = format!(
        "'{}' is a valid protocol: {}, {rounds}\n",
        protocol.name,
        format_protocol_duration(&protocol)
    );
    for caution in limits::find_cautions(&plan, &[], &now) {
        stdout += &format!("{}\n", wrap(&format_caution(&caution), look.width, "", ""));
    }
    let unused = user_protocol_path(word, folder);
    let is_hidden = is_built_in(word) && unused.symlink_metadata().is_ok();
    let note = format!("{} is never used: a built-in protocol has this name", unused.display());
    Ok(ProtocolsOutput { stdout, messages: is_hidden.then(|| sanitize(&note)).into_iter().collect() })
}
