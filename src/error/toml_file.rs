//! Reads the tables of a TOML file key by key, so that every mistake is found.
//!
//! It knows TOML and [`Diagnostics`]; the caller knows which keys there are.

use super::{Diagnostics, find_closest_match, is_control_or_bidi, join_or};
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Why a value is invalid, and how to correct it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidValue {
    pub(crate) message: String,
    pub(crate) suggestion: String,
}

impl InvalidValue {
    pub(crate) fn new(message: impl Into<String>, suggestion: impl Into<String>) -> InvalidValue {
        InvalidValue { message: message.into(), suggestion: suggestion.into() }
    }

    /// The message without a leading "expected".
    pub(crate) fn expected(&self) -> &str {
        self.message.strip_prefix("expected ").unwrap_or(&self.message)
    }
}

/// The parts of a TOML file that could be parsed.
#[derive(Debug)]
pub(crate) struct TomlDocument<'t> {
    root: Spanned<DeTable<'t>>,
}

impl<'t> TomlDocument<'t> {
    /// Parses as much as possible, and reports syntax errors.
    pub(crate) fn parse(text: &'t str, diagnostics: &mut Diagnostics<'t>) -> TomlDocument<'t> {
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let (message, suggestion) = reword_parser_message(error.message());
            diagnostics.add_syntax_error(span, message, suggestion);
        }
        TomlDocument { root }
    }

    /// The top-level keys.
    pub(crate) fn root_table(&self) -> TomlTable<'_> {
        TomlTable { entries: self.root.get_ref(), span: 0..0, misspelled_keys: Vec::new() }
    }
}

/// The parser's message as a message and a suggestion of ours.
fn reword_parser_message(message: &str) -> (&str, String) {
    let (problem, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    match problem {
        "string values must be quoted" => ("missing quotes", "put the text in quotes: \"…\"".into()),
        "invalid basic string" if expected.starts_with("`\"`") => {
            ("missing closing quote", "put \" at the end".into())
        }
        "duplicate key" => ("this key is given twice", "remove one of the two".into()),
        "key with no value" => ("missing value", "write = and a value after the key".into()),
        "missing escaped value" => ("\\ has a special meaning in text", "write \\\\ for a \\".into()),
        "unexpected key or value" => {
            ("unexpected text here", "begin a new line, or put # before a note".into())
        }
        // The parser takes a word that begins like `inf` for a float.
        _ if problem == "invalid float"
            || problem.starts_with("invalid boolean")
            || problem.starts_with("invalid ") && problem.ends_with("number") =>
        {
            ("invalid value", "put text in quotes; write a number with digits only".into())
        }
        _ if expected.is_empty() => (problem, "correct it, or remove it".into()),
        _ => (problem, format!("expected {expected}")),
    }
}

/// The top level of a file, or a table with a header in brackets.
#[derive(Debug)]
pub(crate) struct TomlTable<'t> {
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    /// The closest known keys of unknown ones; these are not reported as missing.
    misspelled_keys: Vec<&'static str>,
}

impl<'t> TomlTable<'t> {
    /// The position, in bytes of the file.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Reports unknown keys.
    pub(crate) fn check_keys(&mut self, known: &[&'static str], diagnostics: &mut Diagnostics) {
        self.check_keys_with_suggestions(known, |_| None, diagnostics);
    }

    /// Reports unknown keys; `suggest` may have a better suggestion than a similar key.
    pub(crate) fn check_keys_with_suggestions(
        &mut self,
        known: &[&'static str],
        suggest: impl Fn(&str) -> Option<String>,
        diagnostics: &mut Diagnostics,
    ) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let suggestion = match (suggest(name), find_closest_match(name, known.iter().copied())) {
                (Some(suggestion), _) => suggestion,
                (None, Some(closest)) => {
                    self.misspelled_keys.push(closest);
                    format!("did you mean '{closest}'?")
                }
                (None, None) => format!("remove it; the keys here are {}", known.join(", ")),
            };
            diagnostics.add_invalid_value(key.span(), format!("unknown key '{name}'"), suggestion);
        }
    }

    fn find_entry(
        &self,
        key: &str,
    ) -> Option<(&'t Spanned<toml::de::DeString<'t>>, &'t Spanned<DeValue<'t>>)> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key)
    }

    /// The parsed value, if the key is there and valid; reports an invalid one.
    pub(crate) fn get<T>(
        &self,
        key: &str,
        diagnostics: &mut Diagnostics,
        parse: impl FnOnce(&DeValue<'t>) -> Result<T, InvalidValue>,
    ) -> Option<Spanned<T>> {
        let (_, value) = self.find_entry(key)?;
        match parse(value.get_ref()) {
            Ok(parsed) => Some(Spanned::new(value.span(), parsed)),
            Err(InvalidValue { message, suggestion }) => {
                diagnostics.add_invalid_value(value.span(), format!("invalid {key}: {message}"), suggestion);
                None
            }
        }
    }

    /// Like [`get`](Self::get), and reports a missing key.
    pub(crate) fn get_required<T>(
        &self,
        key: &str,
        example: &str,
        diagnostics: &mut Diagnostics,
        parse: impl FnOnce(&DeValue<'t>) -> Result<T, InvalidValue>,
    ) -> Option<Spanned<T>> {
        if self.find_entry(key).is_none() {
            self.report_missing_key(key, example, diagnostics);
        }
        self.get(key, diagnostics, parse)
    }

    /// Reports a missing key, unless it is there with a typo.
    pub(crate) fn report_missing_key(&self, key: &str, example: &str, diagnostics: &mut Diagnostics) {
        if !self.misspelled_keys.contains(&key) {
            diagnostics.add_missing_key(
                self.span(),
                format!("'{key}' is missing"),
                format!("add a line such as {example}"),
            );
        }
    }

    /// Whether the key is there, even with an invalid value.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.find_entry(key).is_some()
    }

    /// The position of the key; of the table if the key is missing.
    pub(crate) fn key_span(&self, key: &str) -> Range<usize> {
        self.find_entry(key).map_or_else(|| self.span(), |(key, _)| key.span())
    }

    /// The valid elements of an array, empty if the key is missing; reports invalid ones.
    pub(crate) fn get_array<T>(
        &self,
        key: &str,
        diagnostics: &mut Diagnostics,
        parse: impl Fn(&DeValue<'t>) -> Result<T, InvalidValue>,
    ) -> Vec<T> {
        let Some((_, value)) = self.find_entry(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            diagnostics.add_invalid_value(
                value.span(),
                format!("invalid {key}: expected a list, not {}", describe_value_type(value.get_ref())),
                "write [\"…\", \"…\"]",
            );
            return Vec::new();
        };
        let parse_element = |element: &'t Spanned<DeValue<'t>>| match parse(element.get_ref()) {
            Ok(parsed) => Some(parsed),
            Err(InvalidValue { message, suggestion }) => {
                diagnostics.add_invalid_value(
                    element.span(),
                    format!("invalid {key}: {message}"),
                    suggestion,
                );
                None
            }
        };
        array.iter().filter_map(parse_element).collect()
    }

    /// The table `[key]`, if there is one.
    pub(crate) fn get_table(&self, key: &str, diagnostics: &mut Diagnostics) -> Option<TomlTable<'t>> {
        let (name, value) = self.find_entry(key)?;
        let entries = value.get_ref().as_table();
        if entries.is_none() {
            let message =
                format!("invalid {key}: expected a table, not {}", describe_value_type(value.get_ref()));
            diagnostics.add_invalid_value(
                name.span(),
                message,
                format!("write [{key}], and its keys below it"),
            );
        }
        Some(TomlTable { entries: entries?, span: value.span(), misspelled_keys: Vec::new() })
    }

    /// The tables `[[key]]`, empty if there are none.
    pub(crate) fn get_table_array(&self, key: &str, diagnostics: &mut Diagnostics) -> Vec<TomlTable<'t>> {
        let Some((name, value)) = self.find_entry(key) else { return Vec::new() };
        let suggestion = format!("write [[{key}]], and the step's keys below it");
        let Some(array) = value.get_ref().as_array() else {
            let message =
                format!("invalid {key}: expected tables, not {}", describe_value_type(value.get_ref()));
            diagnostics.add_invalid_value(name.span(), message, suggestion);
            return Vec::new();
        };
        let to_table = |element: &'t Spanned<DeValue<'t>>| match element.get_ref().as_table() {
            Some(entries) => Some(TomlTable { entries, span: element.span(), misspelled_keys: Vec::new() }),
            None => {
                let message = format!(
                    "invalid {key}: expected a table, not {}",
                    describe_value_type(element.get_ref())
                );
                diagnostics.add_invalid_value(element.span(), message, suggestion.clone());
                None
            }
        };
        array.iter().filter_map(to_table).collect()
    }
}

/// The type as people call it.
pub(crate) fn describe_value_type(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Parses a non-empty text on one line.
///
/// # Errors
/// It is not text, empty, longer than `max_chars`, or has control or bidi characters.
pub(crate) fn parse_text_value(value: &DeValue, max_chars: usize) -> Result<String, InvalidValue> {
    let Some(text) = value.as_str() else {
        return Err(InvalidValue::new(
            format!("expected text, not {}", describe_value_type(value)),
            "put it in quotes: \"…\"",
        ));
    };
    let char_count = text.chars().count();
    let invalid_char = text.chars().find(|c| is_control_or_bidi(*c));
    match invalid_char {
        _ if text.trim().is_empty() => Err(InvalidValue::new("expected a few words", "write a few words")),
        Some('\n' | '\r') => Err(InvalidValue::new("expected one line", "write it on one line")),
        Some(c) => {
            let message = format!("it has an invisible character (U+{:04X})", u32::from(c));
            Err(InvalidValue::new(message, "remove it"))
        }
        None if char_count > max_chars => Err(InvalidValue::new(
            format!("expected {max_chars} letters or fewer, not {char_count}"),
            format!("write {max_chars} at most"),
        )),
        None => Ok(text.to_owned()),
    }
}

/// Parses one of several words.
///
/// # Errors
/// It is not one of them.
pub(crate) fn parse_choice_value<'w>(value: &DeValue, words: &[&'w str]) -> Result<&'w str, InvalidValue> {
    let list_all = || {
        format!("write {}", words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or "))
    };
    let Some(typed) = value.as_str() else {
        return Err(InvalidValue::new(
            format!("expected a word, not {}", describe_value_type(value)),
            list_all(),
        ));
    };
    words.iter().find(|word| **word == typed).copied().ok_or_else(|| {
        let closest = find_closest_match(typed, words.iter().copied());
        let suggestion = closest.map_or_else(list_all, |closest| format!("did you mean \"{closest}\"?"));
        InvalidValue::new(format!("expected {}", join_or(words)), suggestion)
    })
}

/// # Errors
/// It is not `true` or `false`.
pub(crate) fn parse_bool_value(value: &DeValue) -> Result<bool, InvalidValue> {
    value.as_bool().ok_or_else(|| {
        InvalidValue::new(
            format!("expected true or false, not {}", describe_value_type(value)),
            "write true or false, without quotes",
        )
    })
}
