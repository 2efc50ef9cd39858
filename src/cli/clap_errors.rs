//! Turns clap's errors into this program's form: one `error:` line, and one `hint:` line that names the help of the
//! command that was typed.
//!
//! It reads the arguments only to find that command; it runs nothing.

use super::Cli;
use crate::{
    error::{Error, join_or},
    protocol::BUILT_IN_PROTOCOLS,
};
use clap::{
    Command, CommandFactory,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{error::Error as _, ffi::OsString};

/// Jaro-Winkler similarity (0 to 1) above which a command is suggested.
const MIN_SIMILARITY: f64 = 0.8;
const MAX_SUGGESTIONS: usize = 3;

/// What clap's error came to.
pub(crate) enum ClapOutcome {
    /// It was help or the version, and is printed.
    HelpPrinted,
    UsageError(Error),
}

/// Converts clap's error about these arguments (without the program's name).
pub(crate) fn convert_clap_error(clap_error: &clap::Error, args: &[OsString]) -> ClapOutcome {
    if !clap_error.use_stderr() {
        // A closed pipe is no error.
        let _ = clap_error.print();
        return ClapOutcome::HelpPrinted;
    }
    ClapOutcome::UsageError(TypedCommand::find(args).to_usage_error(clap_error))
}

/// The command that the arguments name, as far as they name one.
struct TypedCommand {
    /// As in `easeback history show`.
    path: String,
    command: Command,
}

impl TypedCommand {
    fn find(args: &[OsString]) -> TypedCommand {
        let mut command = Cli::command();
        command.build();
        let mut path = command.get_name().to_owned();
        let mut is_flag_value = false;
        for arg in args.iter().map(|arg| arg.to_string_lossy()) {
            if arg == "help" {
                break;
            }
            if let Some(subcommand) = command.find_subcommand(&*arg) {
                path = format!("{path} {}", subcommand.get_name());
                command = subcommand.clone();
            } else if !arg.starts_with('-') && !is_flag_value {
                break;
            }
            is_flag_value = arg == "--color";
        }
        TypedCommand { path, command }
    }

    fn to_usage_error(&self, clap_error: &clap::Error) -> Error {
        let value = context_text(clap_error, ContextKind::InvalidValue);
        if let Some(parser_error) = clap_error.source().and_then(|source| source.downcast_ref::<Error>()) {
            let flag = typed_flag(clap_error);
            let is_mistyped_flag =
                flag.is_empty() && value.starts_with("--") && !value.contains(char::is_whitespace);
            if is_mistyped_flag {
                return self.unknown_flag_error(&value, "");
            }
            return self.add_flag_to_hint(parser_error, &flag);
        }
        match clap_error.kind() {
            ErrorKind::InvalidValue => self.invalid_value_error(clap_error, &value),
            ErrorKind::UnknownArgument
                if !self.is_mistyped_subcommand(&context_text(clap_error, ContextKind::InvalidArg)) =>
            {
                self.unknown_argument_error(clap_error)
            }
            ErrorKind::InvalidSubcommand => {
                self.unknown_command_error(&context_text(clap_error, ContextKind::InvalidSubcommand))
            }
            ErrorKind::MissingRequiredArgument => {
                let missing: Vec<&str> =
                    context_texts(clap_error, ContextKind::InvalidArg).map(strip_brackets).collect();
                let hint = self.example_hint(missing.first().copied());
                Error::usage(format!("missing {}", missing.join(" and ")), hint)
            }
            ErrorKind::ArgumentConflict => self.conflict_error(clap_error),
            ErrorKind::TooManyValues => {
                let flag = typed_flag(clap_error);
                Error::usage(
                    format!("unexpected value '{}' for {flag}", value.escape_debug()),
                    format!("type {flag} alone; {}", self.help_hint()),
                )
            }
            ErrorKind::InvalidUtf8 => Error::usage("an argument is not text in UTF-8", self.help_hint()),
            _ => {
                let text = clap_error.to_string();
                let first_line = text.lines().next().unwrap_or_default();
                Error::usage(first_line.strip_prefix("error: ").unwrap_or(first_line), self.help_hint())
            }
        }
    }

    /// The error of a value parser, with a hint that names the flag; `flag` is empty for a positional argument.
    fn add_flag_to_hint(&self, parser_error: &Error, flag: &str) -> Error {
        let hint = match (&parser_error.hint, flag) {
            (Some(hint), flag) if hint.contains(flag) => hint.clone(),
            (Some(hint), flag) => format!("{flag}: {hint}"),
            (None, "") => self.example_hint(None),
            (None, _) => self.help_hint(),
        };
        parser_error.clone().with_hint(hint)
    }

    fn invalid_value_error(&self, clap_error: &clap::Error, value: &str) -> Error {
        let flag = typed_flag(clap_error);
        let possible_values: Vec<&str> = context_texts(clap_error, ContextKind::ValidValue).collect();
        if possible_values.is_empty() {
            return Error::usage(format!("missing value for {flag}"), self.help_hint());
        }
        let argument = context_text(clap_error, ContextKind::InvalidArg);
        let error = Error::invalid(&value_noun(&flag, &argument), value, &join_or(&possible_values));
        let suggestion = context_text(clap_error, ContextKind::SuggestedValue);
        if suggestion.is_empty() {
            error.with_hint(self.help_hint())
        } else {
            error.with_hint(format!("did you mean {suggestion}? {}", self.help_hint()))
        }
    }

    fn unknown_argument_error(&self, clap_error: &clap::Error) -> Error {
        let typed = context_text(clap_error, ContextKind::InvalidArg);
        if !typed.starts_with('-') {
            let message = format!("unexpected argument '{}'", typed.escape_debug());
            return Error::usage(message, self.example_hint(None));
        }
        let suggestion = context_text(clap_error, ContextKind::SuggestedArg);
        self.unknown_flag_error(&typed, strip_value_name(&suggestion))
    }

    fn unknown_flag_error(&self, typed: &str, suggestion: &str) -> Error {
        let suggestion =
            if suggestion.is_empty() { String::new() } else { format!("did you mean {suggestion}? ") };
        let message = format!("unknown flag '{}'", typed.escape_debug());
        Error::usage(message, format!("{suggestion}{}", self.list_hint("flags")))
    }

    /// Whether an unexpected argument stands where this command takes a subcommand.
    fn is_mistyped_subcommand(&self, arg: &str) -> bool {
        !arg.starts_with('-') && self.command.has_subcommands()
    }

    fn unknown_command_error(&self, typed: &str) -> Error {
        let message = format!("unknown command '{}'", typed.escape_debug());
        let suggestions: Vec<String> =
            self.suggest_commands(typed).into_iter().map(|command| format!("`{command}`")).collect();
        if suggestions.is_empty() {
            return Error::usage(message, self.list_hint("commands"));
        }
        let hint = format!("did you mean {}? {}", join_or(&suggestions), self.list_hint("commands"));
        Error::usage(message, hint)
    }

    /// Complete commands that may have been meant, the most similar first: subcommands of this command, then of all
    /// others, guide topics and protocols. If one is the word itself, only such are named.
    fn suggest_commands(&self, typed: &str) -> Vec<String> {
        let mut candidates = Vec::new();
        collect_command_paths(&self.command, &self.path, &mut candidates);
        if self.path.contains(' ') {
            let mut root = Cli::command();
            root.build();
            collect_command_paths(&root, root.get_name(), &mut candidates);
        }
        candidates.extend(BUILT_IN_PROTOCOLS.iter().map(|(name, _)| format!("easeback start {name}")));
        let typed = typed.to_lowercase();
        let scored = candidates.into_iter().map(|path| {
            let last_word = path.rsplit(' ').next().unwrap_or_default();
            (strsim::jaro_winkler(&typed, last_word), path)
        });
        let mut similar: Vec<(f64, String)> = scored.filter(|(score, _)| *score > MIN_SIMILARITY).collect();
        // A stable sort: this command's own come first among equals.
        similar.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let has_exact = similar.first().is_some_and(|(score, _)| *score >= 1.0);
        similar.retain(|(score, _)| !has_exact || *score >= 1.0);
        let mut suggestions: Vec<String> = similar.into_iter().map(|(_, path)| path).collect();
        suggestions.dedup();
        suggestions.truncate(MAX_SUGGESTIONS);
        suggestions
    }

    fn conflict_error(&self, clap_error: &clap::Error) -> Error {
        let invalid_arg = context_text(clap_error, ContextKind::InvalidArg);
        // Without an argument, a flag before the subcommand is in conflict with the subcommand.
        let first = if invalid_arg.is_empty() { self.command.get_name().to_owned() } else { invalid_arg };
        match context_texts(clap_error, ContextKind::PriorArg).next() {
            Some(other) if other == first => Error::usage(
                format!("{} is given twice", strip_brackets(&first)),
                format!("leave one of the two out; {}", self.help_hint()),
            ),
            Some(other) => Error::usage(
                format!("{} cannot go with {}", strip_brackets(&first), strip_brackets(other)),
                format!("leave one of the two out; {}", self.help_hint()),
            ),
            None => Error::usage("these arguments do not go together", self.help_hint()),
        }
    }

    fn help_hint(&self) -> String {
        format!("`{} --help` says more", self.path)
    }

    fn list_hint(&self, items: &str) -> String {
        format!("`{} --help` lists the {items}", self.path)
    }

    /// An example from the command's help, one that holds `argument` if there is such a one.
    fn example_hint(&self, argument: Option<&str>) -> String {
        let help = self.command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = || help.lines().map(|line| line.trim().trim_start_matches("Example: "));
        let with_argument = lines().find(|line| argument.is_some_and(|argument| line.contains(argument)));
        match with_argument.or_else(|| lines().find(|line| line.starts_with("easeback "))) {
            Some(example) => format!("type, for example, `{example}`; {}", self.help_hint()),
            None => self.help_hint(),
        }
    }
}

/// Adds the visible subcommands, a command's own before those below them, and the possible values of their positional
/// arguments.
fn collect_command_paths(command: &Command, path: &str, paths: &mut Vec<String>) {
    let visible =
        || command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    paths.extend(visible().map(|below| format!("{path} {}", below.get_name())));
    for below in visible() {
        let path = format!("{path} {}", below.get_name());
        for argument in below.get_positionals() {
            let values = argument.get_possible_values();
            paths.extend(values.iter().map(|value| format!("{path} {}", value.get_name())));
        }
        collect_command_paths(below, &path, paths);
    }
}

fn context_texts(clap_error: &clap::Error, kind: ContextKind) -> impl Iterator<Item = &str> {
    let (one, many) = match clap_error.get(kind) {
        Some(ContextValue::String(one)) => (Some(one), &[][..]),
        Some(ContextValue::Strings(many)) => (None, &many[..]),
        _ => (None, &[][..]),
    };
    one.into_iter().chain(many).map(String::as_str)
}

/// The first text that clap gives of this kind; empty without one.
fn context_text(clap_error: &clap::Error, kind: ContextKind) -> String {
    context_texts(clap_error, kind).next().unwrap_or_default().to_owned()
}

/// The flag that the error is about; empty for a positional argument.
fn typed_flag(clap_error: &clap::Error) -> String {
    let argument = context_text(clap_error, ContextKind::InvalidArg);
    if argument.starts_with('-') { strip_value_name(&argument).to_owned() } else { String::new() }
}

/// `--heat` from `--heat <DUR>`.
fn strip_value_name(argument: &str) -> &str {
    argument.split([' ', '[', '=']).next().unwrap_or(argument)
}

/// An argument's name without value name or brackets.
fn strip_brackets(argument: &str) -> &str {
    if argument.starts_with('-') {
        strip_value_name(argument)
    } else {
        argument.trim_matches(['<', '>', '[', ']', '.'])
    }
}

/// What an error message calls an argument's value.
fn value_noun(flag: &str, argument: &str) -> String {
    match flag {
        "" => strip_brackets(argument).to_lowercase(),
        "--first" => "kind".into(),
        "--swap" => "swap mode".into(),
        "--clear" => "field".into(),
        _ => flag.trim_start_matches('-').replace('-', " "),
    }
}
