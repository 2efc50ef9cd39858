//! The commands that are typed while a session runs, and the list of past ones, without the parser of all the
//! others: to build that takes longer than all they do.
//!
//! What this does not understand, mistakes and calls for help included, is left to the whole parser.

use super::{
    Cli, CliCommand, GlobalArgs,
    control::ControlCommand,
    history::{HistoryArgs, ListArgs},
    status::StatusArgs,
};
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use std::ffi::OsString;

/// Reads the words after the program's name.
pub(crate) fn parse(words: &[OsString]) -> Option<Cli> {
    let (name, rest) = words.split_first()?;
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
            let matches = match_args(ControlCommand::augment_subcommands(base_command()), words)?;
            let command = ControlCommand::from_arg_matches(&matches).map(CliCommand::Control);
            (matches, command)
        }
        _ => return None,
    };
    let everywhere = GlobalArgs::from_arg_matches(&matches).ok()?;
    Some(Cli { command: Some(command.ok()?), global_args: everywhere })
}

fn base_command() -> clap::Command {
    GlobalArgs::augment_args(clap::Command::new("easeback")).no_binary_name(true)
}

fn match_args(command: clap::Command, words: &[OsString]) -> Option<ArgMatches> {
    command.try_get_matches_from(words).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};
    use std::mem::discriminant;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn what_it_reads_the_whole_parser_reads_as_the_same_command() {
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
            let quick = parse(&words(line)).unwrap_or_else(|| panic!("{line}"));
            let Ok(whole) = Cli::try_parse_from(words(&format!("easeback {line}"))) else { panic!("{line}") };
            let kind = |cli: &Cli| cli.command.as_ref().map(discriminant);
            assert_eq!(kind(&quick), kind(&whole), "{line}");
            assert_eq!(quick.global_args.color, whole.global_args.color, "{line}");
        }
    }

    #[test]
    fn what_it_does_not_understand_is_the_whole_parsers() {
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
            assert!(parse(&words(line)).is_none(), "{line}");
        }
        // Every flag of the list is the history's own: nothing else can stand where it stands.
        let whole = Cli::command();
        let history = whole.find_subcommand("history").into_iter().flat_map(clap::Command::get_arguments);
        let list = ListArgs::augment_args(clap::Command::new("list"));
        let known: Vec<_> = list.get_arguments().map(clap::Arg::get_id).collect();
        assert!(history.map(clap::Arg::get_id).all(|id| known.contains(&id)));
    }
}
