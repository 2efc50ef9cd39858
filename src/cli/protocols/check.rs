//! `easeback protocols check`: everything that is wrong with a file, or that nothing is.

use super::{Answer, find, find::file_of, list::takes};
use crate::{
    cli::plan::said,
    clock,
    error::{Error, Result, harmless},
    limits,
    protocol::{Overrides, is_built_in},
    report::{Look, wrap},
    time::Wall,
};
use std::path::Path;

pub fn run(word: &str, folder: &Path, look: &Look) -> Result<Answer> {
    let protocol = find(word, folder)?;
    let now = Wall::from(&clock::local());
    // The limits hold for files as they do for flags; the past is another day's.
    let plan = limits::plan(&protocol, &Overrides::default(), &[], &now, false).map_err(|refused| {
        let what = format!("protocol '{}' would be refused: {}", word.escape_debug(), refused.what);
        Error::usage(what, "change the steps in the file; `easeback protocols show ice` shows limits")
    })?;
    let rounds = match protocol.rounds.planned() {
        1 => "1 round".into(),
        many => format!("{many} rounds"),
    };
    let mut stdout = format!("'{}' is a valid protocol: {}, {rounds}\n", protocol.name, takes(&protocol));
    for caution in limits::cautions(&plan, &[], &now) {
        stdout += &format!("{}\n", wrap(&said(&caution), look.width, "", ""));
    }
    let unused = file_of(word, folder);
    let is_hidden = is_built_in(word) && unused.symlink_metadata().is_ok();
    let note = format!("{} is never used: a built-in protocol has this name", unused.display());
    Ok(Answer { stdout, talk: is_hidden.then(|| harmless(&note)).into_iter().collect() })
}
