//! `easeback config`: what need not be typed each time.

mod init;
mod show;

use super::{AppContext, print_stderr, print_stdout};
use crate::error::{Result, sanitize};
use clap::{Args, Subcommand};
use std::process::ExitCode;

const NOTES: &str = "\
Flags win over the file, and the file over a protocol's own values.

Examples:
  easeback config init
  easeback config show";

/// Show your settings, or write a file for them
#[derive(Args)]
#[command(after_help = NOTES)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Show every setting, and where it comes from (same as `easeback config`)
    #[command(after_help = "Example:\n  easeback config show")]
    Show,
    /// Print the path of the file
    #[command(after_help = "Example:\n  easeback config path")]
    Path,
    /// Write the file: every setting, its meaning and its default
    #[command(after_help = "Example:\n  easeback config init")]
    Init,
}

pub(crate) fn run(args: &ConfigArgs, desk: &AppContext) -> Result<ExitCode> {
    let file = &desk.config.config_file;
    match args.command {
        None | Some(ConfigCommand::Show) => {
            print_stdout(&show::format_config(file, &desk.load_config()?, &desk.output_format()))?;
        }
        Some(ConfigCommand::Path) => print_stdout(&format!("{}\n", sanitize(&file.display().to_string())))?,
        Some(ConfigCommand::Init) => {
            desk.config.require_config_writable()?;
            let talk = init::run(file)?;
            print_stdout(&format!("{}\n", sanitize(&file.display().to_string())))?;
            talk.iter().for_each(|line| print_stderr(line));
        }
    }
    Ok(ExitCode::SUCCESS)
}
