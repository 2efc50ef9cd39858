//! `easeback config`: what need not be typed each time.

mod init;
mod show;

use super::{Desk, print, say};
use crate::error::{Result, harmless};
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Every command of this one on one screen.
const HELP: &str = "\
{about}

{usage-heading} {usage}

{subcommands}

Without a command it shows what holds. What is typed wins over the file, and
the file over a protocol's own values.
";

/// Show and begin the file of what you need not type each time
#[derive(Args)]
#[command(help_template = HELP)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Shows every setting, and whether it is the file's; the same as 'config' alone
    Show,
    /// Prints where the file is, or would be
    Path,
    /// Writes the file: every setting, with what it means and what holds without it
    Init,
}

pub fn run(args: &ConfigArgs, desk: &Desk) -> Result<ExitCode> {
    let file = &desk.config.settings;
    match args.command {
        None | Some(ConfigCommand::Show) => print(&show::text(file, &desk.written()?))?,
        Some(ConfigCommand::Path) => print(&format!("{}\n", harmless(&file.display().to_string())))?,
        Some(ConfigCommand::Init) => {
            desk.config.may_add_settings()?;
            let talk = init::run(file)?;
            print(&format!("{}\n", harmless(&file.display().to_string())))?;
            talk.iter().for_each(|line| say(line));
        }
    }
    Ok(ExitCode::SUCCESS)
}
