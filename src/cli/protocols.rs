//! `easeback protocols`: lists, shows, writes and checks session plans. It starts no session.

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

/// In columns, for output that is not a terminal.
const DEFAULT_WIDTH: usize = 80;

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
    /// List the protocols (same as `easeback protocols`)
    #[command(after_help = "Example:\n  easeback protocols list")]
    List,
    /// Show a protocol in full: steps, sources, limits, other advice
    #[command(after_help = "Examples:\n  easeback protocols show ice\n  easeback protocols show ./mine.toml")]
    Show {
        /// A protocol's name, or a protocol file
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Write a file for your own protocol
    #[command(after_help = "Example:\n  easeback protocols new my-back")]
    New {
        /// Its name: lowercase letters, digits and hyphens, up to 40
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Check a protocol file, and list every mistake in it
    #[command(after_help = "Example:\n  easeback protocols check my-back")]
    Check {
        /// A protocol file, or the name of your protocol
        #[arg(value_name = "FILE")]
        file: String,
    },
}

/// What a `protocols` command prints.
#[derive(Default)]
struct ProtocolsOutput {
    stdout: String,
    /// For stderr, a line each.
    messages: Vec<String>,
}

pub(crate) fn run(args: &ProtocolsArgs, context: &AppContext) -> Result<ExitCode> {
    let folder = &context.environment.protocols_folder;
    let output = match &args.command {
        None | Some(ProtocolsCommand::List) => list::run(folder, &context.output_format())?,
        Some(ProtocolsCommand::Show { name }) => show::run(name, folder, &context.output_format())?,
        Some(ProtocolsCommand::New { name }) => {
            context.environment.require_config_writable()?;
            new::run(name, folder)?
        }
        Some(ProtocolsCommand::Check { file }) => check::run(file, folder, &context.output_format())?,
    };
    print_stdout(&output.stdout)?;
    for message in &output.messages {
        print_stderr(message);
    }
    Ok(ExitCode::SUCCESS)
}
