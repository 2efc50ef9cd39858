//! The template of `status --format`, with field names in braces: parsed once, rendered for each snapshot.
//!
//! Pure. [`FIELDS`] holds all field names; `status --help` explains them.

use crate::{
    error::{Error, Result, find_closest_match},
    report::sanitize,
    session::{Snapshot, State},
    time::{format_countdown, format_hms},
};
use std::time::Duration;

const BRACES_HINT: &str = "--format: type names in braces, as in {phase}; to print a brace, type {{ or }}";

#[derive(Debug)]
struct TemplateField {
    name: &'static str,
    /// Whether the value changes as time passes.
    is_time_dependent: bool,
    /// Renders the value; empty if there is nothing to show.
    value: fn(&Snapshot) -> String,
}

const fn fixed_field(name: &'static str, value: fn(&Snapshot) -> String) -> TemplateField {
    TemplateField { name, is_time_dependent: false, value }
}

const fn time_dependent_field(name: &'static str, value: fn(&Snapshot) -> String) -> TemplateField {
    TemplateField { name, is_time_dependent: true, value }
}

/// `next_at` and `ends_at` are empty while the session's clock is stopped.
static FIELDS: [TemplateField; 15] = [
    fixed_field("state", |now| now.state.as_str().into()),
    fixed_field("phase", |now| now.phase.name.clone()),
    time_dependent_field("remaining", |now| format_countdown(now.phase.remaining)),
    time_dependent_field("elapsed", |now| format_hms(now.phase.elapsed)),
    fixed_field("planned", |now| format_hms(now.phase.planned)),
    time_dependent_field("overdue", |now| format_unless_zero(now.phase.overdue)),
    fixed_field("round", |now| now.round.to_string()),
    fixed_field("rounds", |now| now.rounds.to_string()),
    fixed_field("next", |now| now.next_phase.as_ref().map(|next| next.name().to_owned()).unwrap_or_default()),
    fixed_field("next_at", |now| match (now.state, &now.next_phase) {
        (State::Running, Some(_)) => now.phase.ends_at.format_hour_minute(),
        _ => String::new(),
    }),
    fixed_field("ends_at", |now| match now.state {
        State::Running | State::Ended => now.ends_at.format_hour_minute(),
        _ => String::new(),
    }),
    time_dependent_field("percent", |now| now.session_percentage.to_string()),
    fixed_field("protocol", |now| sanitize(&now.protocol)),
    fixed_field("session", |now| now.id.to_string()),
    fixed_field("rehearsal", |now| if now.is_rehearsal { "REHEARSAL".into() } else { String::new() }),
];

fn format_unless_zero(length: Duration) -> String {
    if length < Duration::from_secs(1) { String::new() } else { format_hms(length) }
}

/// A parsed template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pieces: Vec<TemplatePiece>,
}

#[derive(Clone, Debug)]
enum TemplatePiece {
    Text(String),
    Field(&'static TemplateField),
}

impl Template {
    /// Parses the value of `--format`.
    ///
    /// # Errors
    /// A field name is unknown, or a brace has no partner (exit code 2).
    pub(crate) fn parse(typed: &str) -> Result<Template> {
        match parse_pieces(typed) {
            Ok(pieces) => Ok(Template { pieces }),
            Err(TemplateError { expected, hint }) => {
                Err(Error::invalid("template", typed, expected).with_hint(hint))
            }
        }
    }

    /// Fills the snapshot's values in.
    pub(crate) fn render(&self, snapshot: &Snapshot) -> String {
        let rendered = self.pieces.iter().map(|piece| match piece {
            TemplatePiece::Text(text) => text.clone(),
            TemplatePiece::Field(field) => (field.value)(snapshot),
        });
        rendered.collect()
    }

    /// Whether the rendered line may change every second.
    pub(crate) fn is_time_dependent(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, TemplatePiece::Field(field) if field.is_time_dependent))
    }
}

/// What is wrong with a template.
struct TemplateError {
    expected: &'static str,
    hint: String,
}

impl TemplateError {
    fn new(expected: &'static str) -> TemplateError {
        TemplateError { expected, hint: BRACES_HINT.into() }
    }
}

fn parse_pieces(typed: &str) -> std::result::Result<Vec<TemplatePiece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = typed;
    while let Some(index) = rest.find(['{', '}']) {
        let (text, from_brace) = rest.split_at(index);
        pieces.push(TemplatePiece::Text(text.into()));
        if let Some(escape) = ["{{", "}}"].into_iter().find(|escape| from_brace.starts_with(escape)) {
            pieces.push(TemplatePiece::Text(escape[1..].into()));
            rest = &from_brace[2..];
        } else {
            let (name, after) = parse_braced_name(from_brace)?;
            pieces.push(TemplatePiece::Field(find_field(name)?));
            rest = after;
        }
    }
    pieces.push(TemplatePiece::Text(rest.into()));
    Ok(pieces)
}

/// Splits `{name}rest` into `name` and `rest`.
fn parse_braced_name(text: &str) -> std::result::Result<(&str, &str), TemplateError> {
    let inside = text.strip_prefix('{').ok_or_else(|| TemplateError::new("a { before each }"))?;
    match inside.find(['{', '}']) {
        Some(end) if inside[end..].starts_with('}') => Ok((&inside[..end], &inside[end + 1..])),
        _ => Err(TemplateError::new("a } after each {")),
    }
}

fn find_field(name: &str) -> std::result::Result<&'static TemplateField, TemplateError> {
    FIELDS.iter().find(|field| field.name == name).ok_or_else(|| {
        let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let suggestion = match find_closest_match(name, names.iter().copied()) {
            Some(closest) => format!("did you mean {{{closest}}}?"),
            None => format!("the names are {}", names.join(", ")),
        };
        let name = name.escape_debug();
        let hint = format!("--format: {{{name}}} is not a name; {suggestion}");
        TemplateError { expected: "names such as {phase}", hint }
    })
}
