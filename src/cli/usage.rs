//! Turns clap's answers into this program's: one `error:` line, one `hint:` line.

use crate::error::Error;
use clap::error::{ContextKind, ErrorKind};
use std::error::Error as _;

/// What is left to do with clap's answer.
pub enum Outcome {
    /// It was help or the version, and is printed.
    Shown,
    /// Something was typed wrongly.
    Wrong(Error),
}

/// Explains clap's answer.
pub fn explain(answer: clap::Error) -> Outcome {
    if !answer.use_stderr() {
        // A reader who went away has seen enough.
        let _ = answer.print();
        return Outcome::Shown;
    }
    Outcome::Wrong(match answer.source().and_then(|source| source.downcast_ref::<Error>()) {
        Some(ours) => {
            let flag = answer.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
            match without_value(&flag) {
                // What stands without a flag has no name that anybody typed.
                "" => ours.clone(),
                flag => Error { what: format!("{flag}: {}", ours.what), ..ours.clone() },
            }
        }
        None => in_two_lines(&answer),
    })
}

/// Clap says it in paragraphs: what is wrong first, then tips, then the usage.
fn in_two_lines(answer: &clap::Error) -> Error {
    if answer.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Error::usage("a command is missing", "`easeback --help` lists them");
    }
    let text = answer.to_string();
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let mut what = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    if answer.kind() == ErrorKind::MissingRequiredArgument {
        what = format!("{what} {}", lines.next().unwrap_or_default());
    }
    let tip = lines.find_map(|line| {
        let values = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        // How to pass a value that looks like a flag is of no use here.
        let tip = line.strip_prefix("tip: ").filter(|tip| !tip.starts_with("to pass"));
        tip.or(values).map(str::to_owned)
    });
    Error::usage(
        what,
        tip.unwrap_or_else(|| "`easeback --help` and `easeback start --help` list what there is".into()),
    )
}

/// `--heat <DUR>` is `--heat` to the person who typed it.
fn without_value(flag: &str) -> &str {
    flag.split([' ', '[', '=']).next().unwrap_or(flag)
}
