//! `easeback protocols`: what there is to choose from, and how to write one's own.

mod check;
mod find;
mod list;
mod new;
mod show;

pub(crate) use find::find_protocol;
pub(crate) use new::write_new_file;

use super::{AppContext, print_stderr, print_stdout};
use crate::error::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// The width where there is no terminal.
const WIDTH: usize = 80;

const EXAMPLES: &str = "\
Examples:
  easeback protocols
  easeback protocols new my-back
  easeback start my-back";

/// List, show or write session plans
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ProtocolsArgs {
    #[command(subcommand)]
    command: Option<ProtocolsCommand>,
}

#[derive(Subcommand)]
enum ProtocolsCommand {
    /// List them (same as `easeback protocols`)
    #[command(after_help = "Example:\n  easeback protocols list")]
    List,
    /// Show one in full: steps, sources, limits, other advice
    #[command(after_help = "Examples:\n  easeback protocols show ice\n  easeback protocols show ./mine.toml")]
    Show {
        /// Its name, or a file
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Write a file for a protocol of your own
    #[command(after_help = "Example:\n  easeback protocols new my-back")]
    New {
        /// The name of the new protocol: a to z, 0 to 9 and -
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Check a file, and name every mistake in it
    #[command(after_help = "Example:\n  easeback protocols check my-back")]
    Check {
        /// The file, or its name
        #[arg(value_name = "FILE")]
        file: String,
    },
}

/// What a command has to say.
#[derive(Default)]
struct ProtocolsOutput {
    /// What was asked for.
    stdout: String,
    /// What to know besides, a line each.
    messages: Vec<String>,
}

pub(crate) fn run(args: &ProtocolsArgs, desk: &AppContext) -> Result<ExitCode> {
    let folder = &desk.config.protocols_folder;
    let answer = match &args.command {
        None | Some(ProtocolsCommand::List) => list::run(folder, &desk.output_format())?,
        Some(ProtocolsCommand::Show { name }) => show::run(name, folder, &desk.output_format())?,
        Some(ProtocolsCommand::New { name }) => {
            desk.config.require_config_writable()?;
            new::run(name, folder)?
        }
        Some(ProtocolsCommand::Check { file }) => check::run(file, folder, &desk.output_format())?,
    };
    print_stdout(&answer.stdout)?;
    answer.messages.iter().for_each(|line| print_stderr(line));
    Ok(ExitCode::SUCCESS)
}
