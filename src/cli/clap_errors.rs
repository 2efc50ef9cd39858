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
use std::{error::Error as _, ffi::OsString, io::Write};

/// clap's description of the `help` command of a command group, and this program's own.
const CLAP_HELP_COMMAND: &str = "Print this message or the help of the given subcommand(s)";
const HELP_COMMAND: &str = "Show the help of a command";
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
        let help = clap_error.render().ansi().to_string().replace(CLAP_HELP_COMMAND, HELP_COMMAND);
        let _ = anstream::stdout().write_all(help.as_bytes());
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
                let missing: Vec<String> = context_texts(clap_error, ContextKind::InvalidArg)
                    .map(|argument| value_noun("", argument))
                    .collect();
                Error::usage(format!("missing {}", missing.join(" and ")), self.example_hint())
            }
            ErrorKind::ArgumentConflict => self.conflict_error(clap_error),
            ErrorKind::TooManyValues => {
                let flag = typed_flag(clap_error);
                Error::usage(
                    format!("unexpected value '{}' for {flag}", value.escape_debug()),
                    format!("type {flag} alone"),
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
            // The reason, as in "(a number is missing)", is about the value.
            (Some(hint), "") if hint.contains(" (") => {
                format!("{} {}", self.example_hint(), &hint[hint.find('(').unwrap_or_default()..])
            }
            (Some(hint), "") if !hint.contains('`') => self.example_hint(),
            (Some(hint), flag) if hint.contains(flag) => hint.clone(),
            (Some(hint), flag) => format!("{flag}: {hint}"),
            (None, "") => self.example_hint(),
            (None, flag) => self.flag_example_hint(flag),
        };
        parser_error.clone().with_hint(hint)
    }

    fn invalid_value_error(&self, clap_error: &clap::Error, value: &str) -> Error {
        let flag = typed_flag(clap_error);
        let possible_values: Vec<&str> = context_texts(clap_error, ContextKind::ValidValue).collect();
        if possible_values.is_empty() {
            return Error::usage(format!("missing value for {flag}"), self.flag_example_hint(&flag));
        }
        let argument = context_text(clap_error, ContextKind::InvalidArg);
        let error = Error::invalid(&value_noun(&flag, &argument), value, &join_or(&possible_values));
        let suggestion = context_text(clap_error, ContextKind::SuggestedValue);
        error.with_hint(match (flag.as_str(), suggestion.as_str()) {
            ("", "") => self.example_hint(),
            ("", suggestion) => format!("did you mean `{} {suggestion}`?", self.path),
            (flag, "") => self.flag_example_hint(flag),
            (flag, suggestion) => format!("did you mean {flag} {suggestion}?"),
        })
    }

    fn unknown_argument_error(&self, clap_error: &clap::Error) -> Error {
        let typed = context_text(clap_error, ContextKind::InvalidArg);
        if !typed.starts_with('-') {
            let message = format!("unexpected argument '{}'", typed.escape_debug());
            if self.command.get_positionals().any(|argument| argument.get_id() == "protocol") {
                let message = format!("{message}: only one protocol at a time");
                return Error::usage(message, format!("type, for example, `{} ice`", self.path));
            }
            if self.command.get_positionals().next().is_some() {
                return Error::usage(message, self.example_hint());
            }
            return Error::usage(message, format!("type, for example, `{}`", self.path));
        }
        let suggestion = context_text(clap_error, ContextKind::SuggestedArg);
        self.unknown_flag_error(&typed, strip_value_name(&suggestion))
    }

    fn unknown_flag_error(&self, typed: &str, suggestion: &str) -> Error {
        let message = format!("unknown flag '{}'", typed.escape_debug());
        let hint = if suggestion.is_empty() {
            self.list_hint("flags")
        } else {
            format!("did you mean {suggestion}?")
        };
        Error::usage(message, hint)
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
        Error::usage(message, format!("did you mean {}?", join_or(&suggestions)))
    }

    /// Complete commands that may have been meant: a subcommand of this command, else of any other, a guide topic or a
    /// protocol. Several only where each of them ends in the word itself.
    fn suggest_commands(&self, typed: &str) -> Vec<String> {
        let mut candidates = Vec::new();
        collect_command_paths(&self.command, &self.path, &mut candidates);
        if self.path.contains(' ') {
            let own = find_most_similar(typed, candidates);
            if !own.is_empty() {
                return own;
            }
            let mut root = Cli::command();
            root.build();
            candidates = Vec::new();
            collect_command_paths(&root, root.get_name(), &mut candidates);
        }
        candidates.extend(BUILT_IN_PROTOCOLS.iter().map(|(name, _)| format!("easeback start {name}")));
        find_most_similar(typed, candidates)
    }

    fn conflict_error(&self, clap_error: &clap::Error) -> Error {
        let invalid_arg = context_text(clap_error, ContextKind::InvalidArg);
        // Without an argument, a flag before the subcommand is in conflict with the subcommand.
        let first = if invalid_arg.is_empty() { self.command.get_name().to_owned() } else { invalid_arg };
        match context_texts(clap_error, ContextKind::PriorArg).next() {
            Some(other) if other == first => {
                let name = strip_brackets(&first);
                Error::usage(format!("{name} is given twice"), format!("type {name} once"))
            }
            Some(other) => {
                let (name, other) = (strip_brackets(&first), strip_brackets(other));
                let hint = if first.starts_with('-') {
                    format!("type {name} or {other}, not both")
                } else {
                    format!("type `{}` without {other}", self.path)
                };
                Error::usage(format!("{name} cannot go with {other}"), hint)
            }
            None => Error::usage("these arguments do not go together", self.help_hint()),
        }
    }

    fn help_hint(&self) -> String {
        format!("`{} --help` says more", self.path)
    }

    fn list_hint(&self, items: &str) -> String {
        format!("`{} --help` lists the {items}", self.path)
    }

    /// An example from the command's help, one with an argument if there is such a one.
    fn example_hint(&self) -> String {
        let help = self.command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = || help.lines().map(|line| line.trim().trim_start_matches("Example: "));
        let with_argument = lines().find(|line| line.starts_with(&format!("{} ", self.path)));
        match with_argument.or_else(|| lines().find(|line| line.starts_with(&self.path))) {
            Some(example) => format!("type, for example, `{example}`"),
            None => self.help_hint(),
        }
    }

    /// The flag with a value that it takes.
    fn flag_example_hint(&self, flag: &str) -> String {
        let name = flag.trim_start_matches('-');
        let argument = self.command.get_arguments().find(|argument| argument.get_long() == Some(name));
        let Some(argument) = argument else { return self.help_hint() };
        let possible_values = argument.get_possible_values();
        let value_name = argument.get_value_names().and_then(|names| names.first());
        let value = match (name, possible_values.first(), value_name.map_or("", |name| name.as_str())) {
            (_, Some(first), _) => first.get_name(),
            ("cover", ..) => "towel",
            ("posture", ..) => "side",
            ("skin", ..) => "normal",
            ("rehearse", ..) => return format!("type {flag} or {flag}=20"),
            (_, _, "0..10") => "4",
            (_, _, "DUR") => "20",
            (_, _, "N") => "3",
            (_, _, "WHEN") => "3h",
            (_, _, "TEXT") => "\"a few words\"",
            (_, _, "TEMPLATE") => "'{phase} {remaining}'",
            (_, _, "FILE") => "report.html",
            (_, _, "NAME" | "PROTOCOL") => "alternate",
            _ => return self.help_hint(),
        };
        format!("type, for example, {flag} {value}")
    }
}

/// The command most similar to what was typed, if one is similar enough; all of those that end in the word itself.
fn find_most_similar(typed: &str, candidates: Vec<String>) -> Vec<String> {
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
    suggestions.truncate(if has_exact { MAX_SUGGESTIONS } else { 1 });
    suggestions
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
        "" => match strip_brackets(argument) {
            "SCORE" => "pain score".into(),
            "TEXT" => "note".into(),
            "DUR" => "duration".into(),
            "N" => "number of rounds".into(),
            "NAME" => "protocol name".into(),
            name => name.to_lowercase(),
        },
        "--first" => "first phase".into(),
        "--swap" => "swap mode".into(),
        "--clear" => "field".into(),
        _ => flag.trim_start_matches('-').replace('-', " "),
    }
}
