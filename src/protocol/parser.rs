//! Reads a protocol file: everything that is wrong with it at once, each with its place and what would be right.

mod raw_step;
mod step_rules;

use super::{BUILT_IN_PROTOCOLS, Protocol, Rounds};
use crate::error::{
    Diagnostics, Error, InvalidValue, Result, TomlDocument, TomlTable, find_closest_match, parse_text_value,
};
use raw_step::RawStep;
pub(crate) use raw_step::parse_duration_value;
use toml::de::DeValue;

/// The largest file that is read, in bytes: many times what a protocol needs.
pub(crate) const MAX_PROTOCOL_BYTES: usize = 64 * 1024;
/// The longest text of a step, in letters.
const MAX_TEXT_CHARS: usize = 500;
/// The longest title and source.
const MAX_LINE_CHARS: usize = 160;
/// The longest name of a protocol.
const MAX_NAME_CHARS: usize = 40;

const PROTOCOL_KEYS: &[&str] =
    &["name", "title", "source", "rounds", "prepare", "instead", "before", "cycle", "after"];

impl Protocol {
    /// Reads a protocol's text.
    ///
    /// # Errors
    /// Shows every mistake with its line and its column (exit code 2).
    pub fn parse(text: &str) -> Result<Protocol> {
        Protocol::parse_bytes("this", text.as_bytes(), |_| None)
    }

    /// Reads a person's own protocol out of the bytes of a file. Where the file is to be found by its name, that is
    /// `called`.
    ///
    /// # Errors
    /// Shows every mistake with its line and its column (exit code 2); a name that is a built-in protocol's, or not
    /// the file's, is one.
    pub fn parse_user_protocol(file: &str, bytes: &[u8], called: Option<&str>) -> Result<Protocol> {
        Protocol::parse_bytes(file, bytes, |name| {
            if is_built_in(name) {
                return Some(InvalidValue::new(
                    "expected a name that no built-in protocol has",
                    "choose another",
                ));
            }
            let called = called.filter(|called| *called != name)?;
            let right = format!("write \"{called}\", or rename the file");
            Some(InvalidValue::new(format!("expected {called}, as the file is called {called}.toml"), right))
        })
    }

    fn parse_bytes(
        file: &str,
        bytes: &[u8],
        name_is_wrong: impl Fn(&str) -> Option<InvalidValue>,
    ) -> Result<Protocol> {
        if bytes.len() > MAX_PROTOCOL_BYTES {
            let what =
                format!("{file} is not a valid protocol: it is over {} KiB long", MAX_PROTOCOL_BYTES / 1024);
            return Err(Error::usage(what, "`easeback protocols new my-back` writes a file to begin with"));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut mistakes = Diagnostics::new(&text);
        mistakes.check_utf8(bytes);
        let document = TomlDocument::parse(&text, &mut mistakes);
        let protocol = parse_protocol_table(document.root_table(), name_is_wrong, &mut mistakes);
        protocol
            .filter(|_| mistakes.is_empty())
            .ok_or_else(|| mistakes.into_error(file, "is not a valid protocol"))
    }
}

/// Whether a built-in protocol has this name.
pub(crate) fn is_built_in(name: &str) -> bool {
    BUILT_IN_PROTOCOLS.iter().any(|(known, _)| *known == name)
}

/// Checks a name for a protocol.
///
/// # Errors
/// It is none.
pub(crate) fn check_protocol_name(name: &str) -> std::result::Result<(), InvalidValue> {
    let letters = name.chars().count();
    let wrong = |what: String| {
        Err(InvalidValue::new(
            what,
            format!("use a to z, 0 to 9 and -, {MAX_NAME_CHARS} of them at most, such as my-back"),
        ))
    };
    match name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        _ if name.is_empty() => wrong("expected a name such as my-back".into()),
        Some(letter) => wrong(format!("expected a to z, 0 to 9 and -, not '{}'", letter.escape_debug())),
        None if letters > MAX_NAME_CHARS => {
            wrong(format!("expected {MAX_NAME_CHARS} letters or fewer, not {letters}"))
        }
        None if name.starts_with('-') => wrong("expected a letter or a digit first, not -".into()),
        None => Ok(()),
    }
}

/// The protocol, if enough of it is there; it only counts where there are no mistakes.
fn parse_protocol_table(
    mut file: TomlTable,
    name_is_wrong: impl Fn(&str) -> Option<InvalidValue>,
    mistakes: &mut Diagnostics,
) -> Option<Protocol> {
    file.check_keys(PROTOCOL_KEYS, mistakes);
    let name = file.get_required("name", "name = \"my-back\"", mistakes, |value| {
        let name = parse_text_value(value, MAX_NAME_CHARS)?;
        check_protocol_name(&name)?;
        name_is_wrong(&name).map_or(Ok(name), Err)
    });
    let title = file.get_required("title", "title = \"Heat after work\"", mistakes, |value| {
        parse_text_value(value, MAX_LINE_CHARS)
    });
    let source = file.get_required("source", "source = \"my physiotherapist\"", mistakes, |value| {
        parse_text_value(value, MAX_LINE_CHARS)
    });
    let rounds = file.get_required("rounds", "rounds = 3", mistakes, parse_rounds_value);
    let prepare = file.get("prepare", mistakes, |value| parse_text_value(value, MAX_TEXT_CHARS));
    let instead = file.get_array("instead", mistakes, |value| parse_text_value(value, MAX_TEXT_CHARS));
    let [before, cycle, after] = ["before", "cycle", "after"].map(|part| {
        file.get_table_array(part, mistakes)
            .into_iter()
            .map(|step| RawStep::parse(step, mistakes))
            .collect::<Vec<_>>()
    });
    if cycle.is_empty() {
        if file.has_key("cycle") {
            mistakes.add_invalid_value(
                file.key_span("cycle"),
                "expected at least one step",
                "write [[cycle]], and a step below it",
            );
        } else {
            file.report_missing_key("cycle", "[[cycle]], with a step's keys below it", mistakes);
        }
    }
    step_rules::check_steps(&before, &cycle, &after, mistakes);
    let steps = |part: Vec<RawStep>| part.into_iter().map(RawStep::into_step).collect::<Option<Vec<_>>>();
    Some(Protocol {
        name: name?.into_inner(),
        title: title?.into_inner(),
        citation: source?.into_inner(),
        rounds: rounds?.into_inner(),
        preparation: prepare.map(toml::Spanned::into_inner),
        alternatives: instead,
        before: steps(before)?,
        cycle: steps(cycle)?,
        after: steps(after)?,
    })
}

/// How many rounds: a number from 1 to 12, or `as-needed`.
///
/// # Errors
/// It is neither.
pub(crate) fn parse_rounds_value(value: &DeValue) -> std::result::Result<Rounds, InvalidValue> {
    let wrong = |what: &str| Err(InvalidValue::new(what, "write a number from 1 to 12, or \"as-needed\""));
    match value {
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number @ 1..=12) => Ok(Rounds::Fixed(u32::try_from(number).unwrap_or(1))),
            _ => wrong("expected 1 to 12"),
        },
        DeValue::String(word) if &**word == Rounds::AS_NEEDED => Ok(Rounds::AsNeeded),
        DeValue::String(word) if find_closest_match(word, [Rounds::AS_NEEDED]).is_some() => {
            Err(InvalidValue::new("expected 1 to 12 or as-needed", "did you mean \"as-needed\"?"))
        }
        DeValue::String(word) if word.parse::<u32>().is_ok() => wrong("expected a number without quotes"),
        _ => wrong("expected 1 to 12 or as-needed"),
    }
}
