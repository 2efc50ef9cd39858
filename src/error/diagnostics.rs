//! Mistakes in a file that people write: all of them at once, each drawn where it stands.

use super::{Error, is_control_or_bidi, sanitize};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// As many mistakes are drawn; a file that has more is no file of the kind.
const MAX_DIAGNOSTICS_SHOWN: usize = 20;
/// As many are kept in mind.
const MAX_DIAGNOSTICS: usize = 100;
/// Words less alike than that are other words (Jaro's measure, 0 to 1; clap's figure too).
const MIN_SIMILARITY: f64 = 0.7;
/// The width that long lines of a file are cut to.
const SNIPPET_WIDTH: usize = 80;

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// Where it stands, in bytes of the file.
    pub(crate) span: Range<usize>,
    /// What is wrong, in lower case, on one line.
    pub(crate) message: String,
    /// What would be right, on one line.
    pub(crate) suggestion: String,
}

/// The mistakes of a file.
#[derive(Debug)]
pub(crate) struct Diagnostics<'t> {
    source_text: &'t str,
    diagnostics: Vec<Diagnostic>,
    /// How many of them break the file's form: what else is wrong in their lines may only follow from them.
    syntax_error_count: usize,
}

impl<'t> Diagnostics<'t> {
    /// None yet, in this text.
    pub(crate) fn new(text: &'t str) -> Diagnostics<'t> {
        Diagnostics { source_text: text, diagnostics: Vec::new(), syntax_error_count: 0 }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Notes where the bytes that the text was made of are none: there it has a mark in their place.
    pub(crate) fn check_utf8(&mut self, bytes: &[u8]) {
        if let Err(why) = str::from_utf8(bytes) {
            let at = why.valid_up_to();
            let mark = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            self.add_syntax_error(mark, "this is not text in UTF-8", "save the file as UTF-8");
        }
    }

    /// One that breaks the file's form. These come before all others.
    pub(crate) fn add_syntax_error(
        &mut self,
        at: Range<usize>,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        self.add_diagnostic(at, what, right);
        self.syntax_error_count = self.diagnostics.len();
    }

    /// One of the content. It is left out where the form is broken in its line.
    pub(crate) fn add_invalid_value(
        &mut self,
        at: Range<usize>,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        if !self.has_syntax_error_in(line_range_at(self.source_text, at.start)) {
            self.add_diagnostic(at, what, right);
        }
    }

    /// Something is missing in the part of the file that begins at `at` and goes on to the next line that begins
    /// with a bracket. It is left out where the form of that part is broken: it may be there.
    pub(crate) fn add_missing_key(
        &mut self,
        at: Range<usize>,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        let begin = at.start.min(self.source_text.len());
        let part =
            begin..self.source_text[begin..].find("\n[").map_or(self.source_text.len(), |end| begin + end);
        if !self.has_syntax_error_in(part) {
            self.add_diagnostic(at, what, right);
        }
    }

    fn has_syntax_error_in(&self, part: Range<usize>) -> bool {
        self.diagnostics[..self.syntax_error_count].iter().any(|mistake| {
            let Range { start, end } = mistake.span;
            start <= part.end && end >= part.start
        })
    }

    fn add_diagnostic(&mut self, at: Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        let mistake = Diagnostic { span: at, message: what.into(), suggestion: right.into() };
        if self.diagnostics.len() < MAX_DIAGNOSTICS && !self.diagnostics.contains(&mistake) {
            self.diagnostics.push(mistake);
        }
    }

    /// The mistakes in the order of the file.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|mistake| mistake.span.start);
        self.diagnostics
    }

    /// The failure that shows them all (exit code 2). `has_no_exposure` is what the file should be and is not, as in
    /// `is not a valid protocol`.
    pub(crate) fn into_error(self, file: &str, is_none: &str) -> Error {
        let text = self.source_text;
        let found = self.into_sorted();
        let place = found.first().map(|first| line_and_column(text, first.span.start)).unwrap_or_default();
        let count = match found.len() {
            1 => "one mistake,".into(),
            MAX_DIAGNOSTICS => format!("{MAX_DIAGNOSTICS} mistakes or more, the first"),
            many => format!("{many} mistakes, the first"),
        };
        Error {
            snippet: Some(render_snippets(file, text, &found)),
            ..Error::usage(
                format!("{file} {is_none}: {count} in line {}, column {}", place.0, place.1),
                "correct them in the file; nothing was begun",
            )
        }
    }
}

/// The line of the text that this byte is in.
fn line_range_at(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    start..text[at..].find('\n').map_or(text.len(), |newline| at + newline)
}

/// The line and the column of a byte, from 1; a column is a letter.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let line = line_range_at(text, at);
    let before = text[..line.start].bytes().filter(|byte| *byte == b'\n').count();
    (before + 1, text[line.start..at.min(line.end)].chars().count() + 1)
}

/// The mistakes, each with the line it stands in.
fn render_snippets(file: &str, text: &str, mistakes: &[Diagnostic]) -> String {
    let file = sanitize(file);
    let drawn =
        mistakes.iter().take(MAX_DIAGNOSTICS_SHOWN).map(|mistake| render_snippet(&file, text, mistake));
    let drawn = drawn.collect::<Vec<_>>().join("\n\n");
    match mistakes.len().saturating_sub(MAX_DIAGNOSTICS_SHOWN) {
        0 => drawn,
        more => format!("{drawn}\n\nand {more} more"),
    }
}

fn render_snippet(file: &str, text: &str, mistake: &Diagnostic) -> String {
    let (source, at) = sanitize_source(text, &mistake.span);
    let label = sanitize(&mistake.suggestion);
    let what = sanitize(&mistake.message);
    let place = AnnotationKind::Primary.span(at).label(label);
    let snippet = Snippet::source(source).path(file).annotation(place);
    let title = Level::ERROR.no_name().primary_title(what);
    Renderer::plain().term_width(SNIPPET_WIDTH).render(&[title.element(snippet)])
}

/// The text with nothing in it that steers a terminal, and where the bytes are then. A span over several lines
/// ends with its first.
fn sanitize_source(text: &str, at: &Range<usize>) -> (String, Range<usize>) {
    let mut safe = String::with_capacity(text.len());
    let mut moved = None..None;
    let end = at.end.min(line_range_at(text, at.start).end).max(at.start);
    let mut letters = text.char_indices().peekable();
    while let Some((from, letter)) = letters.next() {
        if from >= at.start {
            moved.start.get_or_insert(safe.len());
        }
        if from >= end {
            moved.end.get_or_insert(safe.len());
        }
        match letter {
            '\r' if letters.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\n' => safe.push('\n'),
            '\t' => safe.push(' '),
            _ if is_control_or_bidi(letter) => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    let (start, end) = (moved.start.unwrap_or(safe.len()), moved.end.unwrap_or(safe.len()));
    (safe, start..end)
}

/// The word that was most likely meant.
pub(crate) fn find_closest_match<'w>(
    typed: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let typed = typed.to_lowercase();
    let measured = words.into_iter().map(|word| (strsim::jaro(&typed, word), word));
    measured
        .filter(|(alike, _)| *alike > MIN_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}
