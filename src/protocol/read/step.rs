//! A step as it was written, with the places that the rules speak of.

use super::{MOST_LINE, MOST_TEXT};
use crate::{
    error::{Mistakes, Table, Wrong, flag, join_or, nearest, text},
    protocol::{Kind, Lasts, Offer, Step},
    time,
};
use std::time::Duration;
use toml::{Spanned, de::DeValue};

const KEYS: &[&str] =
    &["kind", "duration", "until", "say", "name", "source", "optional", "ask", "again", "check"];
/// The longest name of a step: it stands in tables.
const MOST_NAME: usize = 20;

/// A step as far as it could be read.
pub struct Written {
    pub kind: Option<Kind>,
    pub optional: Option<Spanned<bool>>,
    pub until: Option<Spanned<Duration>>,
    pub again: Option<Spanned<Duration>>,
    duration: Option<Duration>,
    say: Option<String>,
    name: Option<String>,
    source: Option<String>,
    ask: Option<String>,
    check: Option<String>,
}

impl Written {
    /// Reads a step, and notes what is wrong with it by itself.
    pub fn read(mut table: Table, mistakes: &mut Mistakes) -> Written {
        table.check_keys(KEYS, mistakes);
        let long = |value: &DeValue| text(value, MOST_TEXT);
        let step = Written {
            kind: inner(table.need("kind", "kind = \"heat\"", mistakes, kind)),
            optional: table.get("optional", mistakes, flag),
            until: table.get("until", mistakes, read_length),
            again: table.get("again", mistakes, read_length),
            duration: inner(table.get("duration", mistakes, read_length)),
            say: inner(table.need("say", "say = \"Lie on your side.\"", mistakes, long)),
            name: inner(table.get("name", mistakes, |value| text(value, MOST_NAME))),
            source: inner(table.get("source", mistakes, |value| text(value, MOST_LINE))),
            ask: inner(table.get("ask", mistakes, long)),
            check: inner(table.get("check", mistakes, long)),
        };
        match (table.has("duration"), table.has("until")) {
            (false, false) => table.missing("duration", "duration = \"20m\"", mistakes),
            (true, true) => {
                let at = table.key_at("until");
                mistakes.wrong(at, "a step has either duration or until, not both", "leave one of them out");
            }
            _ => {}
        }
        let is_optional = step.optional.as_ref().is_some_and(|optional| *optional.get_ref());
        let is_unclear = table.has("optional") && step.optional.is_none();
        for key in ["ask", "again"].into_iter().filter(|key| table.has(key) && !is_optional && !is_unclear) {
            let what = format!("'{key}' is for a step that may be left out");
            mistakes.wrong(table.key_at(key), what, "add optional = true, or leave it out");
        }
        step
    }

    /// The step, if nothing that it needs is missing.
    pub fn step(self) -> Option<Step> {
        let kind = self.kind?;
        let lasts = match self.until {
            Some(until) => Lasts::Until(until.into_inner()),
            None => Lasts::For(self.duration?),
        };
        let name = self.name.as_deref().unwrap_or(kind.as_str());
        let ask = self.ask.unwrap_or_else(|| format!("Next comes: {name}. Begin it?"));
        let offer = Offer { ask, again_s: self.again.map(|again| again.get_ref().as_secs()) };
        Some(Step {
            kind,
            lasts,
            say: self.say?,
            source: self.source,
            offer: self.optional.is_some_and(Spanned::into_inner).then_some(offer),
            check: self.check,
            name: self.name,
        })
    }
}

fn inner<T>(value: Option<Spanned<T>>) -> Option<T> {
    value.map(Spanned::into_inner)
}

fn kind(value: &DeValue) -> Result<Kind, Wrong> {
    let words = Kind::ALL.map(Kind::as_str);
    let all = || format!("write one of {}", words.map(|word| format!("\"{word}\"")).join(", "));
    let expected = || format!("expected {}", join_or(&words));
    let Some(word) = value.as_str() else {
        return Err(Wrong::new(expected(), all()));
    };
    let known = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| {
        let right = nearest(word, words).map_or_else(all, |meant| format!("did you mean \"{meant}\"?"));
        Wrong::new(expected(), right)
    })
}

/// A length as people type it, in quotes; a bare number is minutes here too.
///
/// # Errors
/// It is none.
pub fn read_length(value: &DeValue) -> Result<Duration, Wrong> {
    let right = "write minutes, or \"20m\", \"90s\", \"1h 5m\"";
    let typed = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        _ => return Err(Wrong::new("expected a duration such as 20m", right)),
    };
    time::parse_length(&typed).map_err(|why| {
        let (_, expected) = why.what.rsplit_once(": ").unwrap_or(("", &why.what));
        // The reason, as in "(M could mean minutes or months)".
        let reason = why.hint.as_deref().and_then(|hint| Some(&hint[hint.find(" (")?..]));
        Wrong::new(expected, format!("{right}{}", reason.unwrap_or_default()))
    })
}
