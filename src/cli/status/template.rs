//! A line of a person's own, with names in braces: parsed once, filled in as often as the session changes.
//!
//! Pure. [`FIELDS`] is all that can be named; `status --help` says what each name means.

use crate::{
    error::{Error, Result, find_closest_match},
    report::sanitize,
    session::{Snapshot, State},
    time::{format_countdown, format_hms},
};
use std::time::Duration;

const BRACES_HINT: &str = "--format: write names in braces, as in {phase}; write a brace itself as {{ or }}";

/// Something that a template can name.
#[derive(Debug)]
struct TemplateField {
    name: &'static str,
    /// Whether time alone changes it.
    is_time_dependent: bool,
    /// Empty where there is nothing to show.
    value: fn(&Snapshot) -> String,
}

const fn fixed_field(name: &'static str, value: fn(&Snapshot) -> String) -> TemplateField {
    TemplateField { name, is_time_dependent: false, value }
}

const fn time_dependent_field(name: &'static str, value: fn(&Snapshot) -> String) -> TemplateField {
    TemplateField { name, is_time_dependent: true, value }
}

/// Clock times are known only while nothing holds the session up.
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

/// A template, parsed.
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
    /// Parses a template as it is typed.
    ///
    /// # Errors
    /// A name that is none, and a brace that is not closed or closes nothing, are refused (exit code 2).
    pub(crate) fn parse(typed: &str) -> Result<Template> {
        pieces(typed)
            .map(|pieces| Template { pieces })
            .map_err(|Wrong { expected, hint }| Error::invalid("template", typed, expected).with_hint(hint))
    }
    /// Fills it in.
    pub(crate) fn render(&self, now: &Snapshot) -> String {
        let filled = self.pieces.iter().map(|piece| match piece {
            TemplatePiece::Text(text) => text.clone(),
            TemplatePiece::Field(field) => (field.value)(now),
        });
        filled.collect()
    }

    /// Whether time alone changes what it shows, from one second to the next.
    pub(crate) fn is_time_dependent(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, TemplatePiece::Field(field) if field.is_time_dependent))
    }
}

/// Why a template is none: what was expected, and a hint.
struct Wrong {
    expected: &'static str,
    hint: String,
}

impl Wrong {
    fn new(expected: &'static str) -> Wrong {
        Wrong { expected, hint: BRACES_HINT.into() }
    }
}

fn pieces(typed: &str) -> std::result::Result<Vec<TemplatePiece>, Wrong> {
    let mut pieces = Vec::new();
    let mut rest = typed;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, tail) = rest.split_at(at);
        pieces.push(TemplatePiece::Text(text.into()));
        if let Some(braces) = ["{{", "}}"].into_iter().find(|braces| tail.starts_with(braces)) {
            pieces.push(TemplatePiece::Text(braces[1..].into()));
            rest = &tail[2..];
        } else {
            let (name, after) = parse_braced_name(tail)?;
            pieces.push(TemplatePiece::Field(find_field(name)?));
            rest = after;
        }
    }
    pieces.push(TemplatePiece::Text(rest.into()));
    Ok(pieces)
}

/// The name in the braces that the text begins with, and what follows them.
fn parse_braced_name(text: &str) -> std::result::Result<(&str, &str), Wrong> {
    let inside = text.strip_prefix('{').ok_or_else(|| Wrong::new("a { before each }"))?;
    match inside.find(['{', '}']) {
        Some(end) if inside[end..].starts_with('}') => Ok((&inside[..end], &inside[end + 1..])),
        _ => Err(Wrong::new("a } after each {")),
    }
}

fn find_field(name: &str) -> std::result::Result<&'static TemplateField, Wrong> {
    FIELDS.iter().find(|field| field.name == name).ok_or_else(|| {
        let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let meant = find_closest_match(name, names.iter().copied());
        let meant = meant.map(|meant| format!(" (did you mean {{{meant}}}?)")).unwrap_or_default();
        let name = name.escape_debug();
        let hint = format!("--format: unknown name {{{name}}}{meant}; the names are {}", names.join(", "));
        Wrong { expected: "names such as {phase}", hint }
    })
}
