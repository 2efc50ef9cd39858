//! A line of a person's own, with names in braces: parsed once, filled in as often as the session changes.
//!
//! Pure. [`FIELDS`] is all that can be named; `status --help` says what each name means.

use crate::{
    error::{Error, Result, nearest},
    report::harmless,
    session::{Snapshot, State},
    time::{clock_face, countdown},
};
use std::time::Duration;

const BRACES: &str = "--format: write names in braces, as in {phase}; write a brace itself as {{ or }}";

/// Something that a template can name.
#[derive(Debug)]
struct Field {
    name: &'static str,
    /// Whether time alone changes it.
    moves: bool,
    /// Empty where there is nothing to show.
    value: fn(&Snapshot) -> String,
}

const fn still(name: &'static str, value: fn(&Snapshot) -> String) -> Field {
    Field { name, moves: false, value }
}

const fn moving(name: &'static str, value: fn(&Snapshot) -> String) -> Field {
    Field { name, moves: true, value }
}

/// Clock times are known only while nothing holds the session up.
static FIELDS: [Field; 15] = [
    still("state", |now| now.state.as_str().into()),
    still("phase", |now| now.phase.name.clone()),
    moving("remaining", |now| countdown(now.phase.remaining)),
    moving("elapsed", |now| clock_face(now.phase.elapsed)),
    still("planned", |now| clock_face(now.phase.planned)),
    moving("overdue", |now| unless_zero(now.phase.overdue)),
    still("round", |now| now.round.to_string()),
    still("rounds", |now| now.rounds.to_string()),
    still("next", |now| now.next.as_ref().map(|next| next.name().to_owned()).unwrap_or_default()),
    still("next_at", |now| match (now.state, &now.next) {
        (State::Running, Some(_)) => now.phase.ends_at.hour_minute(),
        _ => String::new(),
    }),
    still("ends_at", |now| match now.state {
        State::Running | State::Ended => now.ends_at.hour_minute(),
        _ => String::new(),
    }),
    moving("percent", |now| now.percentage.to_string()),
    still("protocol", |now| harmless(&now.protocol)),
    still("session", |now| now.id.to_string()),
    still("rehearsal", |now| if now.rehearsal { "REHEARSAL".into() } else { String::new() }),
];

fn unless_zero(length: Duration) -> String {
    if length < Duration::from_secs(1) { String::new() } else { clock_face(length) }
}

/// A template, parsed.
#[derive(Clone, Debug)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Field(&'static Field),
}

impl Template {
    /// Parses a template as it is typed.
    ///
    /// # Errors
    /// A name that is none, and a brace that is not closed or closes nothing, are refused (exit code 2).
    pub fn parse(typed: &str) -> Result<Template> {
        pieces(typed)
            .map(|pieces| Template { pieces })
            .map_err(|Wrong { expected, hint }| Error::invalid("template", typed, expected).hint(hint))
    }
    /// Fills it in.
    pub fn render(&self, now: &Snapshot) -> String {
        let filled = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(field) => (field.value)(now),
        });
        filled.collect()
    }

    /// Whether time alone changes what it shows, from one second to the next.
    pub fn moves(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Field(field) if field.moves))
    }
}

/// Why a template is none: what was expected, and a hint.
struct Wrong {
    expected: &'static str,
    hint: String,
}

impl Wrong {
    fn new(expected: &'static str) -> Wrong {
        Wrong { expected, hint: BRACES.into() }
    }
}

fn pieces(typed: &str) -> std::result::Result<Vec<Piece>, Wrong> {
    let mut pieces = Vec::new();
    let mut rest = typed;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, tail) = rest.split_at(at);
        pieces.push(Piece::Text(text.into()));
        if let Some(braces) = ["{{", "}}"].into_iter().find(|braces| tail.starts_with(braces)) {
            pieces.push(Piece::Text(braces[1..].into()));
            rest = &tail[2..];
        } else {
            let (name, after) = name(tail)?;
            pieces.push(Piece::Field(field(name)?));
            rest = after;
        }
    }
    pieces.push(Piece::Text(rest.into()));
    Ok(pieces)
}

/// The name in the braces that the text begins with, and what follows them.
fn name(text: &str) -> std::result::Result<(&str, &str), Wrong> {
    let inside = text.strip_prefix('{').ok_or_else(|| Wrong::new("a { before each }"))?;
    match inside.find(['{', '}']) {
        Some(end) if inside[end..].starts_with('}') => Ok((&inside[..end], &inside[end + 1..])),
        _ => Err(Wrong::new("a } after each {")),
    }
}

fn field(name: &str) -> std::result::Result<&'static Field, Wrong> {
    FIELDS.iter().find(|field| field.name == name).ok_or_else(|| {
        let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let meant = nearest(name, names.iter().copied());
        let meant = meant.map(|meant| format!(" (did you mean {{{meant}}}?)")).unwrap_or_default();
        let name = name.escape_debug();
        let hint = format!("--format: unknown name {{{name}}}{meant}; the names are {}", names.join(", "));
        Wrong { expected: "names such as {phase}", hint }
    })
}
