//! One step of a protocol file, with the source positions that `step_rules` reports.

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
/// The longest name of a step, in characters; it must fit into tables.
const MAX_STEP_NAME_CHARS: usize = 20;

/// A step as far as it could be parsed.
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
    /// Parses a step and reports what is wrong with it alone.
    pub(crate) fn parse(mut table: TomlTable, mistakes: &mut Diagnostics) -> RawStep {
        table.check_keys(STEP_KEYS, mistakes);
        let parse_long_text = |value: &DeValue| parse_text_value(value, MAX_TEXT_CHARS);
        let step = RawStep {
            kind: strip_span(table.get_required("kind", "kind = \"heat\"", mistakes, parse_kind_value)),
            optional: table.get("optional", mistakes, parse_bool_value),
            until: table.get("until", mistakes, parse_duration_value),
            ask_again_after: table.get("again", mistakes, parse_duration_value),
            duration: strip_span(table.get("duration", mistakes, parse_duration_value)),
            instruction: strip_span(table.get_required(
                "say",
                "say = \"Lie on your side.\"",
                mistakes,
                parse_long_text,
            )),
            name: strip_span(
                table.get("name", mistakes, |value| parse_text_value(value, MAX_STEP_NAME_CHARS)),
            ),
            citation: strip_span(
                table.get("source", mistakes, |value| parse_text_value(value, MAX_LINE_CHARS)),
            ),
            question: strip_span(table.get("ask", mistakes, parse_long_text)),
            presence_check: strip_span(table.get("check", mistakes, parse_long_text)),
        };
        match (table.has_key("duration"), table.has_key("until")) {
            (false, false) => table.report_missing_key("duration", "duration = \"20m\"", mistakes),
            (true, true) => {
                let key_span = table.key_span("until");
                mistakes.add_invalid_value(
                    key_span,
                    "expected duration or until, not both",
                    "remove one of the two",
                );
            }
            _ => {}
        }
        let is_optional = step.optional.as_ref().is_some_and(|optional| *optional.get_ref());
        let is_unclear = table.has_key("optional") && step.optional.is_none();
        for key in
            ["ask", "again"].into_iter().filter(|key| table.has_key(key) && !is_optional && !is_unclear)
        {
            let message = format!("'{key}' is for optional steps only");
            mistakes.add_invalid_value(
                table.key_span(key),
                message,
                format!("add optional = true, or remove {key}"),
            );
        }
        step
    }

    /// The step, if nothing it needs is missing.
    pub(crate) fn into_step(self) -> Option<Step> {
        let kind = self.kind?;
        let duration = match self.until {
            Some(until) => StepDuration::UntilAfterOnset(until.into_inner()),
            None => StepDuration::Fixed(self.duration?),
        };
        let name = self.name.as_deref().unwrap_or(kind.as_str());
        let question = self.question.unwrap_or_else(|| format!("Next comes: {name}. Start it?"));
        let optional_step = OptionalStep {
            question,
            ask_again_after_s: self.ask_again_after.map(|again| again.get_ref().as_secs()),
        };
        Some(Step {
            kind,
            duration,
            instruction: self.instruction?,
            citation: self.citation,
            optional: self.optional.is_some_and(Spanned::into_inner).then_some(optional_step),
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
    let list_all = || format!("write one of {}", words.map(|word| format!("\"{word}\"")).join(", "));
    let expected = || format!("expected {}", join_or(&words));
    let Some(word) = value.as_str() else {
        return Err(InvalidValue::new(expected(), list_all()));
    };
    let known = PhaseKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| {
        let correction = find_closest_match(word, words)
            .map_or_else(list_all, |closest| format!("did you mean \"{closest}\"?"));
        InvalidValue::new(expected(), correction)
    })
}

/// Parses a duration in quotes as people type it, or a bare number of minutes.
///
/// # Errors
/// The value is not a duration.
pub(crate) fn parse_duration_value(value: &DeValue) -> Result<Duration, InvalidValue> {
    let advice = "write a number of minutes, or \"20m\", \"90s\" or \"1h 5m\"";
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        _ => return Err(InvalidValue::new("expected a duration such as 20m", advice)),
    };
    time::parse_duration(&text).map_err(|error| {
        let (_, expected) = error.message.rsplit_once(": ").unwrap_or(("", &error.message));
        // The reason in the hint, as in "(M could mean minutes or months)".
        let reason = error.hint.as_deref().and_then(|hint| Some(&hint[hint.find(" (")?..]));
        InvalidValue::new(expected, format!("{advice}{}", reason.unwrap_or_default()))
    })
}
