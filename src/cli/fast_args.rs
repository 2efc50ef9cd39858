//! A fast parser for the commands of a running session and for `history list`: building the full parser takes longer
//! than these commands run.
//!
//! It may only accept what the full parser reads as the same command. Everything else, mistakes and `--help` included,
//! is left to the full parser.

use super::{
    Cli, CliCommand, GlobalArgs,
    control::ControlCommand,
    history::{HistoryArgs, ListArgs},
    status::StatusArgs,
};
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use std::ffi::OsString;

/// Parses the arguments after the program's name; `None` if the full parser has to.
pub(crate) fn parse(args: &[OsString]) -> Option<Cli> {
    let (name, rest) = args.split_first()?;
    let (matches, command) = match name.to_str()? {
        "status" => {
            let matches = match_args(StatusArgs::augment_args(base_command()), rest)?;
            let command = StatusArgs::from_arg_matches(&matches).map(CliCommand::Status);
            (matches, command)
        }
        "history" => {
            let rest = rest.strip_prefix(&[OsString::from("list")]).unwrap_or(rest);
            let matches = match_args(ListArgs::augment_args(base_command()), rest)?;
            let list = |args| CliCommand::History(Box::new(HistoryArgs::from_list_args(args)));
            let command = ListArgs::from_arg_matches(&matches).map(list);
            (matches, command)
        }
        name if ControlCommand::has_subcommand(name) => {
            let matches = match_args(ControlCommand::augment_subcommands(base_command()), args)?;
            let command = ControlCommand::from_arg_matches(&matches).map(CliCommand::Control);
            (matches, command)
        }
        _ => return None,
    };
    let global_args = GlobalArgs::from_arg_matches(&matches).ok()?;
    Some(Cli { command: Some(command.ok()?), global_args })
}

fn base_command() -> clap::Command {
    GlobalArgs::augment_args(clap::Command::new("easeback")).no_binary_name(true)
}

fn match_args(command: clap::Command, args: &[OsString]) -> Option<ArgMatches> {
    command.try_get_matches_from(args).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};
    use std::mem::discriminant;

    fn split_args(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_full_parser_reads_the_same_command() {
        for line in [
            "status",
            "status --json --follow",
            "status --format {phase}",
            "history",
            "history list",
            "history --limit 3 --color always",
            "history list --limit 3 --csv",
            "history --all --since yesterday",
            "pause",
            "resume",
            "next",
            "skip",
            "extend",
            "extend 5 --color never",
            "more 2",
            "pain 3",
            "note hello",
        ] {
            let fast = parse(&split_args(line)).unwrap_or_else(|| panic!("{line}"));
            let Ok(full) = Cli::try_parse_from(split_args(&format!("easeback {line}"))) else {
                panic!("{line}")
            };
            let kind = |cli: &Cli| cli.command.as_ref().map(discriminant);
            assert_eq!(kind(&fast), kind(&full), "{line}");
            assert_eq!(fast.global_args.color, full.global_args.color, "{line}");
        }
    }

    #[test]
    fn other_arguments_are_left_to_the_full_parser() {
        for line in [
            "",
            "status --help",
            "history show last",
            "history list list",
            "pain",
            "pain 11",
            "start",
            "--version",
            "histori",
        ] {
            assert!(parse(&split_args(line)).is_none(), "{line}");
        }
        // `history` itself takes no flag that `history list` lacks.
        let full = Cli::command();
        let history = full.find_subcommand("history").into_iter().flat_map(clap::Command::get_arguments);
        let list = ListArgs::augment_args(clap::Command::new("list"));
        let list_ids: Vec<_> = list.get_arguments().map(clap::Arg::get_id).collect();
        assert!(history.map(clap::Arg::get_id).all(|id| list_ids.contains(&id)));
    }
}
