//! Mistakes in a file that people write: all of them at once, each drawn at its position.
//!
//! It knows byte ranges and texts, not the format of the file.

use super::{Error, is_control_or_bidi, sanitize};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// More mistakes than this mean that it is probably the wrong file.
const MAX_DIAGNOSTICS_SHOWN: usize = 20;
const MAX_DIAGNOSTICS: usize = 100;
/// The least similarity of a suggestion (Jaro, 0 to 1; the same threshold as clap's).
const MIN_SIMILARITY: f64 = 0.7;
/// In columns; longer lines are cut.
const SNIPPET_WIDTH: usize = 80;

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// The position, in bytes of the file.
    pub(crate) span: Range<usize>,
    /// What is wrong, in lower case, on one line.
    pub(crate) message: String,
    /// How to correct it, on one line.
    pub(crate) suggestion: String,
}

/// Collects the mistakes of a file.
#[derive(Debug)]
pub(crate) struct Diagnostics<'t> {
    source_text: &'t str,
    diagnostics: Vec<Diagnostic>,
    /// How many of the first diagnostics are syntax errors.
    syntax_error_count: usize,
}

impl<'t> Diagnostics<'t> {
    pub(crate) fn new(text: &'t str) -> Diagnostics<'t> {
        Diagnostics { source_text: text, diagnostics: Vec::new(), syntax_error_count: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Reports the first invalid UTF-8 of the bytes; the text has a replacement character there.
    pub(crate) fn check_utf8(&mut self, bytes: &[u8]) {
        if let Err(why) = str::from_utf8(bytes) {
            let offset = why.valid_up_to();
            let span = offset..offset + char::REPLACEMENT_CHARACTER.len_utf8();
            self.add_syntax_error(span, "this is not text in UTF-8", "save the file as UTF-8");
        }
    }

    /// Call this before the other `add_` methods: they leave out what a syntax error may have caused.
    pub(crate) fn add_syntax_error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        self.add_diagnostic(span, message, suggestion);
        self.syntax_error_count = self.diagnostics.len();
    }

    /// Ignored if its line has a syntax error.
    pub(crate) fn add_invalid_value(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        if !self.has_syntax_error_in(line_range_at(self.source_text, span.start)) {
            self.add_diagnostic(span, message, suggestion);
        }
    }

    /// Reports something missing in the table that begins at `span` and ends before the next line with a bracket.
    /// Ignored if that table has a syntax error, since the key may be there.
    pub(crate) fn add_missing_key(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        let start = span.start.min(self.source_text.len());
        let table =
            start..self.source_text[start..].find("\n[").map_or(self.source_text.len(), |end| start + end);
        if !self.has_syntax_error_in(table) {
            self.add_diagnostic(span, message, suggestion);
        }
    }

    fn has_syntax_error_in(&self, range: Range<usize>) -> bool {
        self.diagnostics[..self.syntax_error_count].iter().any(|mistake| {
            let Range { start, end } = mistake.span;
            start <= range.end && end >= range.start
        })
    }

    fn add_diagnostic(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        let diagnostic = Diagnostic { span, message: message.into(), suggestion: suggestion.into() };
        if self.diagnostics.len() < MAX_DIAGNOSTICS && !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Sorted by position.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|mistake| mistake.span.start);
        self.diagnostics
    }

    /// One error that shows all mistakes (exit code 2): "`file` `problem`: …", with a problem such as
    /// `is not a valid protocol`.
    pub(crate) fn into_error(self, file: &str, problem: &str) -> Error {
        let text = self.source_text;
        let diagnostics = self.into_sorted();
        let position =
            diagnostics.first().map(|first| line_and_column(text, first.span.start)).unwrap_or_default();
        let count = match diagnostics.len() {
            1 => "one mistake,".into(),
            MAX_DIAGNOSTICS => format!("{MAX_DIAGNOSTICS} mistakes or more; the first is"),
            many => format!("{many} mistakes; the first is"),
        };
        Error {
            snippet: Some(render_snippets(file, text, &diagnostics)),
            ..Error::usage(
                format!("{file} {problem}: {count} on line {}, column {}", position.0, position.1),
                "correct the file; nothing was started",
            )
        }
    }
}

/// The byte range of the line around this byte.
fn line_range_at(text: &str, offset: usize) -> Range<usize> {
    let offset = offset.min(text.len());
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    start..text[offset..].find('\n').map_or(text.len(), |newline| offset + newline)
}

/// The line and the column of a byte, both from 1; columns count characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let line = line_range_at(text, offset);
    let before = text[..line.start].bytes().filter(|byte| *byte == b'\n').count();
    (before + 1, text[line.start..offset.min(line.end)].chars().count() + 1)
}

fn render_snippets(path: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let path = sanitize(path);
    let snippets = diagnostics
        .iter()
        .take(MAX_DIAGNOSTICS_SHOWN)
        .map(|diagnostic| render_snippet(&path, text, diagnostic));
    let snippets = snippets.collect::<Vec<_>>().join("\n\n");
    match diagnostics.len().saturating_sub(MAX_DIAGNOSTICS_SHOWN) {
        0 => snippets,
        more => format!("{snippets}\n\nand {more} more"),
    }
}

fn render_snippet(file: &str, text: &str, diagnostic: &Diagnostic) -> String {
    let (source, span) = sanitize_source(text, &diagnostic.span);
    let label = sanitize(&diagnostic.suggestion);
    let message = sanitize(&diagnostic.message);
    let annotation = AnnotationKind::Primary.span(span).label(label);
    let snippet = Snippet::source(source).path(file).annotation(annotation);
    let title = Level::ERROR.no_name().primary_title(message);
    Renderer::plain().term_width(SNIPPET_WIDTH).render(&[title.element(snippet)])
}

/// The text without control or bidi characters, and the span moved accordingly. A span over several lines is cut
/// to its first line.
fn sanitize_source(text: &str, span: &Range<usize>) -> (String, Range<usize>) {
    let mut safe = String::with_capacity(text.len());
    let mut moved = None..None;
    let end = span.end.min(line_range_at(text, span.start).end).max(span.start);
    let mut chars = text.char_indices().peekable();
    while let Some((from, c)) = chars.next() {
        if from >= span.start {
            moved.start.get_or_insert(safe.len());
        }
        if from >= end {
            moved.end.get_or_insert(safe.len());
        }
        match c {
            '\r' if chars.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\n' => safe.push('\n'),
            '\t' => safe.push(' '),
            _ if is_control_or_bidi(c) => safe.push('\u{fffd}'),
            _ => safe.push(c),
        }
    }
    let (start, end) = (moved.start.unwrap_or(safe.len()), moved.end.unwrap_or(safe.len()));
    (safe, start..end)
}

/// The word most similar to the typed one, if any is similar enough.
pub(crate) fn find_closest_match<'w>(
    typed: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let typed = typed.to_lowercase();
    let scored = words.into_iter().map(|word| (strsim::jaro(&typed, word), word));
    scored
        .filter(|(similarity, _)| *similarity > MIN_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}
