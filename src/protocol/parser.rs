//! Parses a protocol file. Reports all mistakes at once, each with its place and what would be right.

mod raw_step;
mod step_rules;

use super::{BUILT_IN_PROTOCOLS, Protocol, Rounds};
use crate::error::{
    Diagnostics, Error, InvalidValue, Result, TomlDocument, TomlTable, find_closest_match, parse_text_value,
};
use raw_step::RawStep;
pub(crate) use raw_step::parse_duration_value;
use toml::de::DeValue;

/// The largest file that is read, in bytes; many times what a protocol needs.
pub(crate) const MAX_PROTOCOL_BYTES: usize = 64 * 1024;
/// The longest instruction or question of a step, in characters.
const MAX_TEXT_CHARS: usize = 500;
/// The longest title or source, in characters.
const MAX_LINE_CHARS: usize = 160;
/// The longest name of a protocol, in characters.
const MAX_NAME_CHARS: usize = 40;

const PROTOCOL_KEYS: &[&str] =
    &["name", "title", "source", "rounds", "prepare", "instead", "before", "cycle", "after"];

impl Protocol {
    /// Parses a protocol.
    ///
    /// # Errors
    /// Shows every mistake with its line and column (exit code 2).
    pub fn parse(text: &str) -> Result<Protocol> {
        Protocol::parse_bytes("this", text.as_bytes(), |_| None)
    }

    /// Parses a user's own protocol. `expected_name` is the name that the file's name implies, if it does.
    ///
    /// # Errors
    /// Shows every mistake with its line and column (exit code 2). The name of a built-in protocol, or one that is not
    /// `expected_name`, is a mistake.
    pub fn parse_user_protocol(file: &str, bytes: &[u8], expected_name: Option<&str>) -> Result<Protocol> {
        Protocol::parse_bytes(file, bytes, |name| {
            if is_built_in(name) {
                return Some(InvalidValue::new(
                    "expected a name that no built-in protocol has",
                    "choose another",
                ));
            }
            let expected_name = expected_name.filter(|expected_name| *expected_name != name)?;
            let correction = format!("write \"{expected_name}\", or rename the file");
            Some(InvalidValue::new(
                format!("expected {expected_name}, as the file is called {expected_name}.toml"),
                correction,
            ))
        })
    }

    fn parse_bytes(
        file: &str,
        bytes: &[u8],
        check_name: impl Fn(&str) -> Option<InvalidValue>,
    ) -> Result<Protocol> {
        if bytes.len() > MAX_PROTOCOL_BYTES {
            let message =
                format!("{file} is not a valid protocol: it is over {} KiB long", MAX_PROTOCOL_BYTES / 1024);
            return Err(Error::usage(
                message,
                "type `easeback protocols new my-back` for a file to start from",
            ));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut mistakes = Diagnostics::new(&text);
        mistakes.check_utf8(bytes);
        let document = TomlDocument::parse(&text, &mut mistakes);
        let protocol = parse_protocol_table(document.root_table(), check_name, &mut mistakes);
        protocol
            .filter(|_| mistakes.is_empty())
            .ok_or_else(|| mistakes.into_error(file, "is not a valid protocol"))
    }
}

pub(crate) fn is_built_in(name: &str) -> bool {
    BUILT_IN_PROTOCOLS.iter().any(|(known, _)| *known == name)
}

/// Checks a protocol's name.
///
/// # Errors
/// The name is empty, too long, or has other characters than a to z, 0 to 9 and -.
pub(crate) fn check_protocol_name(name: &str) -> std::result::Result<(), InvalidValue> {
    let length = name.chars().count();
    let invalid = |expected: String| {
        Err(InvalidValue::new(
            expected,
            format!("use lowercase letters, digits and hyphens, up to {MAX_NAME_CHARS}, such as my-back"),
        ))
    };
    match name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        _ if name.is_empty() => invalid("expected a name such as my-back".into()),
        Some(letter) => invalid(format!(
            "expected lowercase letters, digits and hyphens, not '{}'",
            letter.escape_debug()
        )),
        None if length > MAX_NAME_CHARS => {
            invalid(format!("expected {MAX_NAME_CHARS} letters or fewer, not {length}"))
        }
        None if name.starts_with('-') => invalid("expected a letter or digit first, not a hyphen".into()),
        None => Ok(()),
    }
}

/// The protocol, if nothing it needs is missing; it must only be used if `mistakes` is empty.
fn parse_protocol_table(
    mut table: TomlTable,
    check_name: impl Fn(&str) -> Option<InvalidValue>,
    mistakes: &mut Diagnostics,
) -> Option<Protocol> {
    table.check_keys(PROTOCOL_KEYS, mistakes);
    let name = table.get_required("name", "name = \"my-back\"", mistakes, |value| {
        let name = parse_text_value(value, MAX_NAME_CHARS)?;
        check_protocol_name(&name)?;
        check_name(&name).map_or(Ok(name), Err)
    });
    let title = table.get_required("title", "title = \"Heat after work\"", mistakes, |value| {
        parse_text_value(value, MAX_LINE_CHARS)
    });
    let citation = table.get_required("source", "source = \"my physiotherapist\"", mistakes, |value| {
        parse_text_value(value, MAX_LINE_CHARS)
    });
    let rounds = table.get_required("rounds", "rounds = 3", mistakes, parse_rounds_value);
    let preparation = table.get("prepare", mistakes, |value| parse_text_value(value, MAX_TEXT_CHARS));
    let alternatives = table.get_array("instead", mistakes, |value| parse_text_value(value, MAX_TEXT_CHARS));
    let [before, cycle, after] = ["before", "cycle", "after"].map(|part| {
        table
            .get_table_array(part, mistakes)
            .into_iter()
            .map(|step| RawStep::parse(step, mistakes))
            .collect::<Vec<_>>()
    });
    if cycle.is_empty() {
        if table.has_key("cycle") {
            mistakes.add_invalid_value(
                table.key_span("cycle"),
                "expected at least one step",
                "write [[cycle]], and a step below it",
            );
        } else {
            table.report_missing_key("cycle", "[[cycle]], with a step's keys below it", mistakes);
        }
    }
    step_rules::check_steps(&before, &cycle, &after, mistakes);
    let into_steps =
        |part: Vec<RawStep>| part.into_iter().map(RawStep::into_step).collect::<Option<Vec<_>>>();
    Some(Protocol {
        name: name?.into_inner(),
        title: title?.into_inner(),
        citation: citation?.into_inner(),
        rounds: rounds?.into_inner(),
        preparation: preparation.map(toml::Spanned::into_inner),
        alternatives,
        before: into_steps(before)?,
        cycle: into_steps(cycle)?,
        after: into_steps(after)?,
    })
}

/// Parses the number of rounds: 1 to [`Rounds::MAX`], or `as-needed`.
///
/// # Errors
/// The value is neither.
pub(crate) fn parse_rounds_value(value: &DeValue) -> std::result::Result<Rounds, InvalidValue> {
    let range = format!("1 to {}", Rounds::MAX);
    let invalid = |expected: &str| {
        Err(InvalidValue::new(expected, format!("write a number from {range}, or \"as-needed\"")))
    };
    match value {
        DeValue::Integer(number) => match u32::from_str_radix(number.as_str(), number.radix()) {
            Ok(number @ 1..=Rounds::MAX) => Ok(Rounds::Fixed(number)),
            _ => invalid(&format!("expected {range} or as-needed")),
        },
        DeValue::String(word) if &**word == Rounds::AS_NEEDED => Ok(Rounds::AsNeeded),
        DeValue::String(word) if find_closest_match(word, [Rounds::AS_NEEDED]).is_some() => {
            Err(InvalidValue::new(format!("expected {range} or as-needed"), "did you mean \"as-needed\"?"))
        }
        DeValue::String(word) if word.parse::<u32>().is_ok() => invalid("expected a number without quotes"),
        _ => invalid(&format!("expected {range} or as-needed")),
    }
}
