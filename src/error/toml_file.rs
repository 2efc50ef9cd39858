//! The tables of a TOML file that people write, read key by key so that every mistake is found.

use super::{Diagnostics, find_closest_match, is_control_or_bidi, join_or};
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Why a value is none, and what would be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidValue {
    /// What is wrong with it.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) suggestion: String,
}

impl InvalidValue {
    /// Both.
    pub(crate) fn new(what: impl Into<String>, right: impl Into<String>) -> InvalidValue {
        InvalidValue { message: what.into(), suggestion: right.into() }
    }

    /// What was expected, where that is what is wrong.
    pub(crate) fn expected(&self) -> &str {
        self.message.strip_prefix("expected ").unwrap_or(&self.message)
    }
}

/// A file, as far as it can be read.
#[derive(Debug)]
pub(crate) struct TomlDocument<'t> {
    root: Spanned<DeTable<'t>>,
}

impl<'t> TomlDocument<'t> {
    /// Reads as much as there is to be read, and notes where the form is broken.
    pub(crate) fn parse(text: &'t str, mistakes: &mut Diagnostics<'t>) -> TomlDocument<'t> {
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let at = error.span().unwrap_or(0..0);
            let (what, right) = reword_parser_message(error.message());
            mistakes.add_syntax_error(at, what, right);
        }
        TomlDocument { root }
    }

    /// The file's own keys.
    pub(crate) fn root_table(&self) -> TomlTable<'_> {
        TomlTable { entries: self.root.get_ref(), span: 0..0, misspelled_keys: Vec::new() }
    }
}

/// The parser's message as what is wrong and what would be right.
fn reword_parser_message(message: &str) -> (&str, String) {
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    match what {
        "string values must be quoted" => ("text has to be in quotes", "put it between \" and \"".into()),
        "invalid basic string" if expected.starts_with("`\"`") => {
            ("this text does not end", "put \" at its end".into())
        }
        "duplicate key" => ("this key is given twice", "leave one of the two out".into()),
        "key with no value" => ("there is no value", "go on with = and a value".into()),
        "missing escaped value" => ("\\ has a special meaning in text", "write \\\\ for a \\".into()),
        "unexpected key or value" => {
            ("unexpected text here", "begin a new line, or put # before a note".into())
        }
        // A word that begins like `inf` is one to the parser.
        _ if what == "invalid float"
            || what.starts_with("invalid boolean")
            || what.starts_with("invalid ") && what.ends_with("number") =>
        {
            ("invalid value", "put text between \" and \"; a number has digits only".into())
        }
        _ if expected.is_empty() => (what, "mend it, or leave it out".into()),
        _ => (what, format!("expected {expected}")),
    }
}

/// A table of a file: the whole of it, or what follows a header in brackets.
#[derive(Debug)]
pub(crate) struct TomlTable<'t> {
    entries: &'t DeTable<'t>,
    span: Range<usize>,
    /// The keys that unknown ones were most likely meant to be: they are not missing.
    misspelled_keys: Vec<&'static str>,
}

impl<'t> TomlTable<'t> {
    /// Where it begins, in bytes of the file.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Notes the keys that mean nothing.
    pub(crate) fn check_keys(&mut self, known: &[&'static str], mistakes: &mut Diagnostics) {
        self.check_keys_with_suggestions(known, |_| None, mistakes);
    }

    /// The same, where of some that mean nothing here it is known what would be right.
    pub(crate) fn check_keys_with_suggestions(
        &mut self,
        known: &[&'static str],
        right: impl Fn(&str) -> Option<String>,
        mistakes: &mut Diagnostics,
    ) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let right = match (right(name), find_closest_match(name, known.iter().copied())) {
                (Some(right), _) => right,
                (None, Some(meant)) => {
                    self.misspelled_keys.push(meant);
                    format!("did you mean '{meant}'?")
                }
                (None, None) => format!("leave it out; the keys here are {}", known.join(", ")),
            };
            mistakes.add_invalid_value(key.span(), format!("unknown key '{name}'"), right);
        }
    }

    fn find_entry(
        &self,
        key: &str,
    ) -> Option<(&'t Spanned<toml::de::DeString<'t>>, &'t Spanned<DeValue<'t>>)> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key)
    }

    /// A value, if the key is there, read by `read`.
    pub(crate) fn get<T>(
        &self,
        key: &str,
        mistakes: &mut Diagnostics,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, InvalidValue>,
    ) -> Option<Spanned<T>> {
        let (_, value) = self.find_entry(key)?;
        match read(value.get_ref()) {
            Ok(read) => Some(Spanned::new(value.span(), read)),
            Err(InvalidValue { message: what, suggestion: right }) => {
                mistakes.add_invalid_value(value.span(), format!("invalid {key}: {what}"), right);
                None
            }
        }
    }

    /// The same for a key that has to be there.
    pub(crate) fn get_required<T>(
        &self,
        key: &str,
        example: &str,
        mistakes: &mut Diagnostics,
        read: impl FnOnce(&DeValue<'t>) -> Result<T, InvalidValue>,
    ) -> Option<Spanned<T>> {
        if self.find_entry(key).is_none() {
            self.report_missing_key(key, example, mistakes);
        }
        self.get(key, mistakes, read)
    }

    /// Notes that a key is missing, unless it is there under a mistyped name.
    pub(crate) fn report_missing_key(&self, key: &str, example: &str, mistakes: &mut Diagnostics) {
        if !self.misspelled_keys.contains(&key) {
            mistakes.add_missing_key(
                self.span(),
                format!("'{key}' is missing"),
                format!("add a line such as {example}"),
            );
        }
    }

    /// Whether the key is there, whatever its value.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.find_entry(key).is_some()
    }

    /// Where the key stands.
    pub(crate) fn key_span(&self, key: &str) -> Range<usize> {
        self.find_entry(key).map_or_else(|| self.span(), |(key, _)| key.span())
    }

    /// The elements of an array, each read by `read`; none if the key is not there.
    pub(crate) fn get_array<T>(
        &self,
        key: &str,
        mistakes: &mut Diagnostics,
        read: impl Fn(&DeValue<'t>) -> Result<T, InvalidValue>,
    ) -> Vec<T> {
        let Some((_, value)) = self.find_entry(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            mistakes.add_invalid_value(
                value.span(),
                format!("invalid {key}: expected a list, not {}", describe_value_type(value.get_ref())),
                "write [\"…\", \"…\"]",
            );
            return Vec::new();
        };
        let read_one = |element: &'t Spanned<DeValue<'t>>| match read(element.get_ref()) {
            Ok(read) => Some(read),
            Err(InvalidValue { message: what, suggestion: right }) => {
                mistakes.add_invalid_value(element.span(), format!("invalid {key}: {what}"), right);
                None
            }
        };
        array.iter().filter_map(read_one).collect()
    }

    /// The table under a header in brackets; none if there is no such header.
    pub(crate) fn get_table(&self, key: &str, mistakes: &mut Diagnostics) -> Option<TomlTable<'t>> {
        let (name, value) = self.find_entry(key)?;
        let entries = value.get_ref().as_table();
        if entries.is_none() {
            let what =
                format!("invalid {key}: expected a table, not {}", describe_value_type(value.get_ref()));
            mistakes.add_invalid_value(name.span(), what, format!("write [{key}], and its keys below it"));
        }
        Some(TomlTable { entries: entries?, span: value.span(), misspelled_keys: Vec::new() })
    }

    /// The tables under a header in double brackets; none if there is no such header.
    pub(crate) fn get_table_array(&self, key: &str, mistakes: &mut Diagnostics) -> Vec<TomlTable<'t>> {
        let Some((name, value)) = self.find_entry(key) else { return Vec::new() };
        let right = format!("write [[{key}]], and the step's keys below it");
        let Some(array) = value.get_ref().as_array() else {
            let what =
                format!("invalid {key}: expected tables, not {}", describe_value_type(value.get_ref()));
            mistakes.add_invalid_value(name.span(), what, right);
            return Vec::new();
        };
        let table = |element: &'t Spanned<DeValue<'t>>| match element.get_ref().as_table() {
            Some(entries) => Some(TomlTable { entries, span: element.span(), misspelled_keys: Vec::new() }),
            None => {
                let what = format!(
                    "invalid {key}: expected a table, not {}",
                    describe_value_type(element.get_ref())
                );
                mistakes.add_invalid_value(element.span(), what, right.clone());
                None
            }
        };
        array.iter().filter_map(table).collect()
    }
}

/// What a value is, in words.
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

/// A text on one line that is not empty and has at most so many letters.
///
/// # Errors
/// It is none.
pub(crate) fn parse_text_value(value: &DeValue, most: usize) -> Result<String, InvalidValue> {
    let Some(text) = value.as_str() else {
        return Err(InvalidValue::new(
            format!("expected text, not {}", describe_value_type(value)),
            "put it between \" and \"",
        ));
    };
    let letters = text.chars().count();
    let first = text.chars().find(|letter| is_control_or_bidi(*letter));
    match first {
        _ if text.trim().is_empty() => Err(InvalidValue::new("expected a few words", "write a few words")),
        Some('\n' | '\r') => Err(InvalidValue::new("expected one line", "write it on one line")),
        Some(letter) => {
            let what = format!("it has an invisible character (U+{:04X})", u32::from(letter));
            Err(InvalidValue::new(what, "take it out"))
        }
        None if letters > most => Err(InvalidValue::new(
            format!("expected {most} letters or fewer, not {letters}"),
            format!("write {most} at most"),
        )),
        None => Ok(text.to_owned()),
    }
}

/// One of the words there are.
///
/// # Errors
/// It is none of them.
pub(crate) fn parse_choice_value<'w>(value: &DeValue, words: &[&'w str]) -> Result<&'w str, InvalidValue> {
    let all = || {
        format!("write {}", words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or "))
    };
    let Some(typed) = value.as_str() else {
        return Err(InvalidValue::new(format!("expected a word, not {}", describe_value_type(value)), all()));
    };
    words.iter().find(|word| **word == typed).copied().ok_or_else(|| {
        let meant = find_closest_match(typed, words.iter().copied());
        let right = meant.map_or_else(all, |meant| format!("did you mean \"{meant}\"?"));
        InvalidValue::new(format!("expected {}", join_or(words)), right)
    })
}

/// `true` or `false`.
///
/// # Errors
/// It is neither.
pub(crate) fn parse_bool_value(value: &DeValue) -> Result<bool, InvalidValue> {
    value.as_bool().ok_or_else(|| {
        InvalidValue::new(
            format!("expected true or false, not {}", describe_value_type(value)),
            "write true or false, without quotes",
        )
    })
}
