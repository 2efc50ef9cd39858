//! `easeback config`: shows the settings, and writes a file for them.

mod init;
mod show;

use super::{AppContext, print_stderr, print_stdout};
use crate::error::{Result, sanitize};
use clap::{Args, Subcommand};
use std::process::ExitCode;

const NOTES: &str = "\
What you type wins over the file, the file over the protocol.

Examples:
  easeback config init
  easeback config show";

/// Show your settings, or write a settings file
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
    /// Print where the settings file is
    #[command(after_help = "Example:\n  easeback config path")]
    Path,
    /// Write a settings file: every setting, its meaning and its default
    #[command(after_help = "Example:\n  easeback config init")]
    Init,
}

pub(crate) fn run(args: &ConfigArgs, context: &AppContext) -> Result<ExitCode> {
    let file = &context.environment.config_file;
    match args.command {
        None | Some(ConfigCommand::Show) => {
            print_stdout(&show::format_config(file, &context.load_config()?, &context.output_format()))?;
        }
        Some(ConfigCommand::Path) => print_stdout(&format!("{}\n", sanitize(&file.display().to_string())))?,
        Some(ConfigCommand::Init) => {
            context.environment.require_config_writable()?;
            let messages = init::run(file)?;
            print_stdout(&format!("Wrote {}\n", sanitize(&file.display().to_string())))?;
            for message in &messages {
                print_stderr(message);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
