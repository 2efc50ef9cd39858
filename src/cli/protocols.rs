//! `easeback protocols`: what there is to choose from, and how to write one's own.

mod check;
mod find;
mod list;
mod new;
mod show;

pub use find::find;
pub use new::write_new;

use super::{Desk, print, say};
use crate::error::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// The width that what is shown keeps to.
const WIDTH: usize = 80;

/// Every command of this one on one screen.
const HELP: &str = "\
{about}

{usage-heading} {usage}

{subcommands}

Without a command it lists them. NAME is a name from the list, FILE a name or
a path. `easeback start NAME` and `easeback start ./FILE.toml` begin one.
";

/// Show the protocols there are, and write your own
#[derive(Args)]
#[command(help_template = HELP)]
pub struct ProtocolsArgs {
    #[command(subcommand)]
    command: Option<ProtocolsCommand>,
}

#[derive(Subcommand)]
enum ProtocolsCommand {
    /// Lists them: name, time, title, source; the same as 'protocols' alone
    List,
    /// Shows one in full: steps, sources, limits, what others advise
    Show {
        /// Its name, or a file
        name: String,
    },
    /// Writes a file to begin your own with
    New {
        /// What it is to be called: a to z, 0 to 9 and -
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
    /// Says everything that is wrong with a file, or that it is fine
    Check {
        /// The file, or its name
        file: String,
    },
}

/// What a command has to say.
#[derive(Default)]
struct Answer {
    /// What was asked for.
    stdout: String,
    /// What to know besides, a line each.
    talk: Vec<String>,
}

pub fn run(args: &ProtocolsArgs, desk: &Desk) -> Result<ExitCode> {
    let folder = &desk.config.protocols;
    let answer = match &args.command {
        None | Some(ProtocolsCommand::List) => list::run(folder)?,
        Some(ProtocolsCommand::Show { name }) => show::run(name, folder)?,
        Some(ProtocolsCommand::New { name }) => {
            desk.config.may_add_settings()?;
            new::run(name, folder)?
        }
        Some(ProtocolsCommand::Check { file }) => check::run(file, folder)?,
    };
    print(&answer.stdout)?;
    answer.talk.iter().for_each(|line| say(line));
    Ok(ExitCode::SUCCESS)
}
