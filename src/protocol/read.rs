//! Reads a protocol file: everything that is wrong with it at once, each with its place and what would be right.

mod rules;
mod step;

use super::{BUILT_IN, Protocol, Rounds};
use crate::error::{Document, Error, Mistakes, Result, Table, Wrong, nearest, text};
use step::Written;
pub use step::read_length;
use toml::de::DeValue;

/// The largest file that is read, in bytes: many times what a protocol needs.
pub const MOST_BYTES: usize = 64 * 1024;
/// The longest text of a step, in letters.
const MOST_TEXT: usize = 500;
/// The longest title and source.
const MOST_LINE: usize = 160;
/// The longest name of a protocol.
const MOST_NAME: usize = 40;

const KEYS: &[&str] =
    &["name", "title", "source", "rounds", "prepare", "instead", "before", "cycle", "after"];

impl Protocol {
    /// Reads a protocol's text.
    ///
    /// # Errors
    /// Shows every mistake with its line and its column (exit code 2).
    pub fn parse(text: &str) -> Result<Protocol> {
        Protocol::read("this", text.as_bytes(), |_| None)
    }

    /// Reads a person's own protocol out of the bytes of a file. Where the file is to be found by its name, that is
    /// `called`.
    ///
    /// # Errors
    /// Shows every mistake with its line and its column (exit code 2); a name that is a built-in protocol's, or not
    /// the file's, is one.
    pub fn parse_own(file: &str, bytes: &[u8], called: Option<&str>) -> Result<Protocol> {
        Protocol::read(file, bytes, |name| {
            if is_built_in(name) {
                return Some(Wrong::new("expected a name that no built-in protocol has", "choose another"));
            }
            let called = called.filter(|called| *called != name)?;
            let right = format!("write \"{called}\", or rename the file");
            Some(Wrong::new(format!("expected {called}, as the file is called {called}.toml"), right))
        })
    }

    fn read(file: &str, bytes: &[u8], name_is_wrong: impl Fn(&str) -> Option<Wrong>) -> Result<Protocol> {
        if bytes.len() > MOST_BYTES {
            let what = format!("{file} is not a valid protocol: it is over {} KiB long", MOST_BYTES / 1024);
            return Err(Error::usage(what, "`easeback protocols new my-back` writes a file to begin with"));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut mistakes = Mistakes::new(&text);
        mistakes.check_utf8(bytes);
        let document = Document::read(&text, &mut mistakes);
        let protocol = protocol(document.table(), name_is_wrong, &mut mistakes);
        protocol
            .filter(|_| mistakes.is_empty())
            .ok_or_else(|| mistakes.into_error(file, "is not a valid protocol"))
    }
}

/// Whether a built-in protocol has this name.
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(known, _)| *known == name)
}

/// Checks a name for a protocol.
///
/// # Errors
/// It is none.
pub fn check_name(name: &str) -> std::result::Result<(), Wrong> {
    let letters = name.chars().count();
    let wrong = |what: String| {
        Err(Wrong::new(
            what,
            format!("use a to z, 0 to 9 and -, {MOST_NAME} of them at most, such as my-back"),
        ))
    };
    match name.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        _ if name.is_empty() => wrong("expected a name such as my-back".into()),
        Some(letter) => wrong(format!("expected a to z, 0 to 9 and -, not '{}'", letter.escape_debug())),
        None if letters > MOST_NAME => wrong(format!("expected {MOST_NAME} letters or fewer, not {letters}")),
        None if name.starts_with('-') => wrong("expected a letter or a digit first, not -".into()),
        None => Ok(()),
    }
}

/// The protocol, if enough of it is there; it only counts where there are no mistakes.
fn protocol(
    mut file: Table,
    name_is_wrong: impl Fn(&str) -> Option<Wrong>,
    mistakes: &mut Mistakes,
) -> Option<Protocol> {
    file.check_keys(KEYS, mistakes);
    let name = file.need("name", "name = \"my-back\"", mistakes, |value| {
        let name = text(value, MOST_NAME)?;
        check_name(&name)?;
        name_is_wrong(&name).map_or(Ok(name), Err)
    });
    let title = file.need("title", "title = \"Heat after work\"", mistakes, |value| text(value, MOST_LINE));
    let source =
        file.need("source", "source = \"my physiotherapist\"", mistakes, |value| text(value, MOST_LINE));
    let rounds = file.need("rounds", "rounds = 3", mistakes, read_rounds);
    let prepare = file.get("prepare", mistakes, |value| text(value, MOST_TEXT));
    let instead = file.list("instead", mistakes, |value| text(value, MOST_TEXT));
    let [before, cycle, after] = ["before", "cycle", "after"].map(|part| {
        file.tables(part, mistakes).into_iter().map(|step| Written::read(step, mistakes)).collect::<Vec<_>>()
    });
    if cycle.is_empty() {
        if file.has("cycle") {
            mistakes.wrong(
                file.key_at("cycle"),
                "expected at least one step",
                "write [[cycle]], and a step below it",
            );
        } else {
            file.missing("cycle", "[[cycle]], with a step's keys below it", mistakes);
        }
    }
    rules::check(&before, &cycle, &after, mistakes);
    let steps = |part: Vec<Written>| part.into_iter().map(Written::step).collect::<Option<Vec<_>>>();
    Some(Protocol {
        name: name?.into_inner(),
        title: title?.into_inner(),
        source: source?.into_inner(),
        rounds: rounds?.into_inner(),
        prepare: prepare.map(toml::Spanned::into_inner),
        instead,
        before: steps(before)?,
        cycle: steps(cycle)?,
        after: steps(after)?,
    })
}

/// How many rounds: a number from 1 to 12, or `as-needed`.
///
/// # Errors
/// It is neither.
pub fn read_rounds(value: &DeValue) -> std::result::Result<Rounds, Wrong> {
    let wrong = |what: &str| Err(Wrong::new(what, "write a number from 1 to 12, or \"as-needed\""));
    match value {
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number @ 1..=12) => Ok(Rounds::Number(u32::try_from(number).unwrap_or(1))),
            _ => wrong("expected 1 to 12"),
        },
        DeValue::String(word) if &**word == Rounds::AS_NEEDED => Ok(Rounds::AsNeeded),
        DeValue::String(word) if nearest(word, [Rounds::AS_NEEDED]).is_some() => {
            Err(Wrong::new("expected 1 to 12 or as-needed", "did you mean \"as-needed\"?"))
        }
        DeValue::String(word) if word.parse::<u32>().is_ok() => wrong("expected a number without quotes"),
        _ => wrong("expected 1 to 12 or as-needed"),
    }
}
