//! Turns clap's answers into this program's: one `error:` line, one `hint:` line that names that command's help.

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

/// Words less alike than that are other words.
const ALIKE: f64 = 0.8;
/// As many guesses are named.
const MOST_GUESSES: usize = 3;

/// What is left to do with clap's answer.
pub(crate) enum ClapOutcome {
    /// It was help or the version, and is printed.
    HelpPrinted,
    /// Something was typed wrongly.
    UsageError(Error),
}

/// Explains clap's answer to these words, which were typed after the program's name.
pub(crate) fn convert_clap_error(answer: &clap::Error, words: &[OsString]) -> ClapOutcome {
    if !answer.use_stderr() {
        // A reader who went away has seen enough.
        let _ = answer.print();
        return ClapOutcome::HelpPrinted;
    }
    ClapOutcome::UsageError(Typed::read(words).explain(answer))
}

/// The command that was typed, as far as it is one.
struct Typed {
    /// As in `easeback history show`.
    path: String,
    command: Command,
}

impl Typed {
    fn read(words: &[OsString]) -> Typed {
        let mut command = Cli::command();
        command.build();
        let mut path = command.get_name().to_owned();
        let mut is_value = false;
        for word in words.iter().map(|word| word.to_string_lossy()) {
            if word == "help" {
                break;
            }
            if let Some(found) = command.find_subcommand(&*word) {
                path = format!("{path} {}", found.get_name());
                command = found.clone();
            } else if !word.starts_with('-') && !is_value {
                break;
            }
            is_value = word == "--color";
        }
        Typed { path, command }
    }

    fn explain(&self, answer: &clap::Error) -> Error {
        let value = text(answer, ContextKind::InvalidValue);
        if let Some(ours) = answer.source().and_then(|source| source.downcast_ref::<Error>()) {
            let flag = flag_of(answer);
            let is_flag = value.starts_with("--") && !value.contains(char::is_whitespace);
            return if flag.is_empty() && is_flag {
                self.unknown_flag(&value, "")
            } else {
                self.with_flag(ours, &flag)
            };
        }
        match answer.kind() {
            ErrorKind::InvalidValue => self.invalid_value(answer, &value),
            ErrorKind::UnknownArgument if !self.takes(&text(answer, ContextKind::InvalidArg)) => {
                self.unknown_argument(answer)
            }
            ErrorKind::InvalidSubcommand => {
                self.unknown_command(&text(answer, ContextKind::InvalidSubcommand))
            }
            ErrorKind::MissingRequiredArgument => {
                let missing: Vec<&str> = texts(answer, ContextKind::InvalidArg).map(bare).collect();
                let hint = self.example(missing.first().copied());
                Error::usage(format!("missing {}", missing.join(" and ")), hint)
            }
            ErrorKind::ArgumentConflict => self.conflict(answer),
            ErrorKind::TooManyValues => {
                let flag = flag_of(answer);
                Error::usage(
                    format!("unexpected value '{}' for {flag}", value.escape_debug()),
                    format!("type {flag} alone; {}", self.more()),
                )
            }
            ErrorKind::InvalidUtf8 => Error::usage("an argument is not text in UTF-8", self.more()),
            _ => {
                let text = answer.to_string();
                let first = text.lines().next().unwrap_or_default();
                Error::usage(first.strip_prefix("error: ").unwrap_or(first), self.more())
            }
        }
    }

    /// What a reader of values refused. The flag has a name that was typed; what stands without one has none.
    fn with_flag(&self, ours: &Error, flag: &str) -> Error {
        let hint = match (&ours.hint, flag) {
            (Some(hint), flag) if hint.contains(flag) => hint.clone(),
            (Some(hint), flag) => format!("{flag}: {hint}"),
            (None, "") => self.example(None),
            (None, _) => self.more(),
        };
        ours.clone().with_hint(hint)
    }

    fn invalid_value(&self, answer: &clap::Error, value: &str) -> Error {
        let flag = flag_of(answer);
        let known: Vec<&str> = texts(answer, ContextKind::ValidValue).collect();
        if known.is_empty() {
            return Error::usage(format!("missing value for {flag}"), self.more());
        }
        let argument = text(answer, ContextKind::InvalidArg);
        let wrong = Error::invalid(&noun(&flag, &argument), value, &join_or(&known));
        match text(answer, ContextKind::SuggestedValue) {
            none if none.is_empty() => wrong.with_hint(self.more()),
            meant => wrong.with_hint(format!("did you mean {meant}? {}", self.more())),
        }
    }

    fn unknown_argument(&self, answer: &clap::Error) -> Error {
        let typed = text(answer, ContextKind::InvalidArg);
        if !typed.starts_with('-') {
            let what = format!("unexpected argument '{}'", typed.escape_debug());
            return Error::usage(what, self.example(None));
        }
        self.unknown_flag(&typed, strip_value_name(&text(answer, ContextKind::SuggestedArg)))
    }

    fn unknown_flag(&self, typed: &str, meant: &str) -> Error {
        let meant = if meant.is_empty() { String::new() } else { format!("did you mean {meant}? ") };
        let what = format!("unknown flag '{}'", typed.escape_debug());
        Error::usage(what, format!("{meant}{}", self.lists("flags")))
    }

    /// Whether a word may be the name of a command here.
    fn takes(&self, word: &str) -> bool {
        !word.starts_with('-') && self.command.has_subcommands()
    }

    fn unknown_command(&self, typed: &str) -> Error {
        let what = format!("unknown command '{}'", typed.escape_debug());
        let guesses: Vec<String> =
            self.guesses(typed).into_iter().map(|guess| format!("`{guess}`")).collect();
        if guesses.is_empty() {
            return Error::usage(what, self.lists("commands"));
        }
        Error::usage(what, format!("did you mean {}? {}", join_or(&guesses), self.lists("commands")))
    }

    /// What may have been meant, the best first: commands of this command and of all others, topics and protocols.
    fn guesses(&self, typed: &str) -> Vec<String> {
        let mut known = Vec::new();
        collect(&self.command, &self.path, &mut known);
        if self.path.contains(' ') {
            let mut whole = Cli::command();
            whole.build();
            collect(&whole, whole.get_name(), &mut known);
        }
        known.extend(BUILT_IN_PROTOCOLS.iter().map(|(name, _)| format!("easeback start {name}")));
        let typed = typed.to_lowercase();
        let measured = known.into_iter().map(|path| {
            let last = path.rsplit(' ').next().unwrap_or_default();
            (strsim::jaro_winkler(&typed, last), path)
        });
        let mut alike: Vec<(f64, String)> = measured.filter(|(alike, _)| *alike > ALIKE).collect();
        // Of those that are as much alike, the first stays first.
        alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let is_exact = alike.first().is_some_and(|(alike, _)| *alike >= 1.0);
        alike.retain(|(alike, _)| !is_exact || *alike >= 1.0);
        let mut guesses: Vec<String> = alike.into_iter().map(|(_, path)| path).collect();
        guesses.dedup();
        guesses.truncate(MOST_GUESSES);
        guesses
    }

    fn conflict(&self, answer: &clap::Error) -> Error {
        let one = match text(answer, ContextKind::InvalidArg) {
            // A command is what cannot go with a flag before it.
            none if none.is_empty() => self.command.get_name().to_owned(),
            argument => argument,
        };
        let mut others = texts(answer, ContextKind::PriorArg);
        match others.next() {
            Some(other) if other == one => Error::usage(
                format!("{} is given twice", bare(&one)),
                format!("leave one of the two out; {}", self.more()),
            ),
            Some(other) => Error::usage(
                format!("{} cannot go with {}", bare(&one), bare(other)),
                format!("leave one of the two out; {}", self.more()),
            ),
            None => Error::usage("these arguments do not go together", self.more()),
        }
    }

    fn more(&self) -> String {
        format!("`{} --help` says more", self.path)
    }

    fn lists(&self, what: &str) -> String {
        format!("`{} --help` lists the {what}", self.path)
    }

    /// An example of the command's help, with this argument where there is one.
    fn example(&self, with: Option<&str>) -> String {
        let help = self.command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = || help.lines().map(|line| line.trim().trim_start_matches("Example: "));
        let mut examples = lines().filter(|line| line.starts_with("easeback "));
        let fits = lines().find(|line| with.is_some_and(|with| line.contains(with)));
        match fits.or_else(|| examples.next()) {
            Some(example) => format!("type, for example, `{example}`; {}", self.more()),
            None => self.more(),
        }
    }
}

/// The commands below this one that help shows, its own first, and the words that they take.
fn collect(command: &Command, path: &str, known: &mut Vec<String>) {
    let shown =
        || command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    known.extend(shown().map(|below| format!("{path} {}", below.get_name())));
    for below in shown() {
        let path = format!("{path} {}", below.get_name());
        for argument in below.get_positionals() {
            let words = argument.get_possible_values();
            known.extend(words.iter().map(|word| format!("{path} {}", word.get_name())));
        }
        collect(below, &path, known);
    }
}

fn texts(answer: &clap::Error, kind: ContextKind) -> impl Iterator<Item = &str> {
    let (one, many) = match answer.get(kind) {
        Some(ContextValue::String(one)) => (Some(one), &[][..]),
        Some(ContextValue::Strings(many)) => (None, &many[..]),
        _ => (None, &[][..]),
    };
    one.into_iter().chain(many).map(String::as_str)
}

fn text(answer: &clap::Error, kind: ContextKind) -> String {
    texts(answer, kind).next().unwrap_or_default().to_owned()
}

/// The flag as it was typed; nothing for what stands without one.
fn flag_of(answer: &clap::Error) -> String {
    let argument = text(answer, ContextKind::InvalidArg);
    if argument.starts_with('-') { strip_value_name(&argument).to_owned() } else { String::new() }
}

/// `--heat <DUR>` is `--heat` to the person who typed it.
fn strip_value_name(argument: &str) -> &str {
    argument.split([' ', '[', '=']).next().unwrap_or(argument)
}

/// An argument without its brackets.
fn bare(argument: &str) -> &str {
    match argument.starts_with('-') {
        true => strip_value_name(argument),
        false => argument.trim_matches(['<', '>', '[', ']', '.']),
    }
}

/// What a value is called, whose flag does not say it.
fn noun(flag: &str, argument: &str) -> String {
    match flag {
        "" => bare(argument).to_lowercase(),
        "--first" => "kind".into(),
        "--swap" => "swap mode".into(),
        "--clear" => "field".into(),
        _ => flag.trim_start_matches('-').replace('-', " "),
    }
}
