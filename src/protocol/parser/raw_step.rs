//! A step as it was written, with the places that the rules speak of.

use super::{MAX_LINE_CHARS, MAX_TEXT_CHARS};
use crate::{
    error::{
        Diagnostics, InvalidValue, TomlTable, find_closest_match, join_or, parse_bool_value, parse_text_value,
    },
    protocol::{OptionalStep, PhaseKind, Step, StepDuration},
    time,
};
use std::time::Duration;
use toml::{Spanned, de::DeValue};

const STEP_KEYS: &[&str] =
    &["kind", "duration", "until", "say", "name", "source", "optional", "ask", "again", "check"];
/// The longest name of a step: it stands in tables.
const MAX_STEP_NAME_CHARS: usize = 20;

/// A step as far as it could be read.
pub(crate) struct RawStep {
    pub(crate) kind: Option<PhaseKind>,
    pub(crate) optional: Option<Spanned<bool>>,
    pub(crate) until: Option<Spanned<Duration>>,
    pub(crate) ask_again_after: Option<Spanned<Duration>>,
    duration: Option<Duration>,
    instruction: Option<String>,
    name: Option<String>,
    citation: Option<String>,
    question: Option<String>,
    presence_check: Option<String>,
}

impl RawStep {
    /// Reads a step, and notes what is wrong with it by itself.
    pub(crate) fn parse(mut table: TomlTable, mistakes: &mut Diagnostics) -> RawStep {
        table.check_keys(STEP_KEYS, mistakes);
        let long = |value: &DeValue| parse_text_value(value, MAX_TEXT_CHARS);
        let step = RawStep {
            kind: strip_span(table.get_required("kind", "kind = \"heat\"", mistakes, parse_kind_value)),
            optional: table.get("optional", mistakes, parse_bool_value),
            until: table.get("until", mistakes, parse_duration_value),
            ask_again_after: table.get("again", mistakes, parse_duration_value),
            duration: strip_span(table.get("duration", mistakes, parse_duration_value)),
            instruction: strip_span(table.get_required("say", "say = \"Lie on your side.\"", mistakes, long)),
            name: strip_span(
                table.get("name", mistakes, |value| parse_text_value(value, MAX_STEP_NAME_CHARS)),
            ),
            citation: strip_span(
                table.get("source", mistakes, |value| parse_text_value(value, MAX_LINE_CHARS)),
            ),
            question: strip_span(table.get("ask", mistakes, long)),
            presence_check: strip_span(table.get("check", mistakes, long)),
        };
        match (table.has_key("duration"), table.has_key("until")) {
            (false, false) => table.report_missing_key("duration", "duration = \"20m\"", mistakes),
            (true, true) => {
                let at = table.key_span("until");
                mistakes.add_invalid_value(
                    at,
                    "a step has either duration or until, not both",
                    "leave one of them out",
                );
            }
            _ => {}
        }
        let is_optional = step.optional.as_ref().is_some_and(|optional| *optional.get_ref());
        let is_unclear = table.has_key("optional") && step.optional.is_none();
        for key in
            ["ask", "again"].into_iter().filter(|key| table.has_key(key) && !is_optional && !is_unclear)
        {
            let what = format!("'{key}' is for a step that may be left out");
            mistakes.add_invalid_value(table.key_span(key), what, "add optional = true, or leave it out");
        }
        step
    }

    /// The step, if nothing that it needs is missing.
    pub(crate) fn into_step(self) -> Option<Step> {
        let kind = self.kind?;
        let lasts = match self.until {
            Some(until) => StepDuration::UntilAfterOnset(until.into_inner()),
            None => StepDuration::Fixed(self.duration?),
        };
        let name = self.name.as_deref().unwrap_or(kind.as_str());
        let ask = self.question.unwrap_or_else(|| format!("Next comes: {name}. Begin it?"));
        let offer = OptionalStep {
            question: ask,
            ask_again_after_s: self.ask_again_after.map(|again| again.get_ref().as_secs()),
        };
        Some(Step {
            kind,
            duration: lasts,
            instruction: self.instruction?,
            citation: self.citation,
            optional: self.optional.is_some_and(Spanned::into_inner).then_some(offer),
            presence_check: self.presence_check,
            name: self.name,
        })
    }
}

fn strip_span<T>(value: Option<Spanned<T>>) -> Option<T> {
    value.map(Spanned::into_inner)
}

fn parse_kind_value(value: &DeValue) -> Result<PhaseKind, InvalidValue> {
    let words = PhaseKind::ALL.map(PhaseKind::as_str);
    let all = || format!("write one of {}", words.map(|word| format!("\"{word}\"")).join(", "));
    let expected = || format!("expected {}", join_or(&words));
    let Some(word) = value.as_str() else {
        return Err(InvalidValue::new(expected(), all()));
    };
    let known = PhaseKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| {
        let right =
            find_closest_match(word, words).map_or_else(all, |meant| format!("did you mean \"{meant}\"?"));
        InvalidValue::new(expected(), right)
    })
}

/// A length as people type it, in quotes; a bare number is minutes here too.
///
/// # Errors
/// It is none.
pub(crate) fn parse_duration_value(value: &DeValue) -> Result<Duration, InvalidValue> {
    let right = "write minutes, or \"20m\", \"90s\", \"1h 5m\"";
    let typed = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        _ => return Err(InvalidValue::new("expected a duration such as 20m", right)),
    };
    time::parse_duration(&typed).map_err(|why| {
        let (_, expected) = why.message.rsplit_once(": ").unwrap_or(("", &why.message));
        // The reason, as in "(M could mean minutes or months)".
        let reason = why.hint.as_deref().and_then(|hint| Some(&hint[hint.find(" (")?..]));
        InvalidValue::new(expected, format!("{right}{}", reason.unwrap_or_default()))
    })
}
