//! Mistakes in a file that people write: all of them at once, each drawn where it stands.

use super::{Error, harmless, steers};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// As many mistakes are drawn; a file that has more is no file of the kind.
const MOST_SHOWN: usize = 20;
/// As many are kept in mind.
const MOST: usize = 100;
/// Words less alike than that are other words (Jaro's measure, 0 to 1; clap's figure too).
const ALIKE: f64 = 0.7;
/// The width that long lines of a file are cut to.
const WIDTH: usize = 80;

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands, in bytes of the file.
    pub at: Range<usize>,
    /// What is wrong, in lower case, on one line.
    pub what: String,
    /// What would be right, on one line.
    pub right: String,
}

/// The mistakes of a file.
#[derive(Debug)]
pub struct Mistakes<'t> {
    text: &'t str,
    found: Vec<Mistake>,
    /// How many of them break the file's form: what else is wrong in their lines may only follow from them.
    broken: usize,
}

impl<'t> Mistakes<'t> {
    /// None yet, in this text.
    pub fn new(text: &'t str) -> Mistakes<'t> {
        Mistakes { text, found: Vec::new(), broken: 0 }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Notes where the bytes that the text was made of are none: there it has a mark in their place.
    pub fn check_utf8(&mut self, bytes: &[u8]) {
        if let Err(why) = str::from_utf8(bytes) {
            let at = why.valid_up_to();
            let mark = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
            self.broken(mark, "this is not text in UTF-8", "save the file as UTF-8");
        }
    }

    /// One that breaks the file's form. These come before all others.
    pub fn broken(&mut self, at: Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        self.note(at, what, right);
        self.broken = self.found.len();
    }

    /// One of the content. It is left out where the form is broken in its line.
    pub fn wrong(&mut self, at: Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        if !self.is_broken(line_of(self.text, at.start)) {
            self.note(at, what, right);
        }
    }

    /// Something is missing in the part of the file that begins at `at` and goes on to the next line that begins
    /// with a bracket. It is left out where the form of that part is broken: it may be there.
    pub fn missing(&mut self, at: Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        let begin = at.start.min(self.text.len());
        let part = begin..self.text[begin..].find("\n[").map_or(self.text.len(), |end| begin + end);
        if !self.is_broken(part) {
            self.note(at, what, right);
        }
    }

    fn is_broken(&self, part: Range<usize>) -> bool {
        self.found[..self.broken].iter().any(|mistake| {
            let Range { start, end } = mistake.at;
            start <= part.end && end >= part.start
        })
    }

    fn note(&mut self, at: Range<usize>, what: impl Into<String>, right: impl Into<String>) {
        let mistake = Mistake { at, what: what.into(), right: right.into() };
        if self.found.len() < MOST && !self.found.contains(&mistake) {
            self.found.push(mistake);
        }
    }

    /// The mistakes in the order of the file.
    pub fn sorted(mut self) -> Vec<Mistake> {
        self.found.sort_by_key(|mistake| mistake.at.start);
        self.found
    }

    /// The failure that shows them all (exit code 2). `is_none` is what the file should be and is not, as in
    /// `is not a valid protocol`.
    pub fn into_error(self, file: &str, is_none: &str) -> Error {
        let text = self.text;
        let found = self.sorted();
        let place = found.first().map(|first| place(text, first.at.start)).unwrap_or_default();
        let count = match found.len() {
            1 => "one mistake,".into(),
            MOST => format!("{MOST} mistakes or more, the first"),
            many => format!("{many} mistakes, the first"),
        };
        Error {
            picture: Some(picture(file, text, &found)),
            ..Error::usage(
                format!("{file} {is_none}: {count} in line {}, column {}", place.0, place.1),
                "correct them in the file; nothing was begun",
            )
        }
    }
}

/// The line of the text that this byte is in.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    start..text[at..].find('\n').map_or(text.len(), |newline| at + newline)
}

/// The line and the column of a byte, from 1; a column is a letter.
fn place(text: &str, at: usize) -> (usize, usize) {
    let line = line_of(text, at);
    let before = text[..line.start].bytes().filter(|byte| *byte == b'\n').count();
    (before + 1, text[line.start..at.min(line.end)].chars().count() + 1)
}

/// The mistakes, each with the line it stands in.
fn picture(file: &str, text: &str, mistakes: &[Mistake]) -> String {
    let file = harmless(file);
    let drawn = mistakes.iter().take(MOST_SHOWN).map(|mistake| draw(&file, text, mistake));
    let drawn = drawn.collect::<Vec<_>>().join("\n\n");
    match mistakes.len().saturating_sub(MOST_SHOWN) {
        0 => drawn,
        more => format!("{drawn}\n\nand {more} more"),
    }
}

fn draw(file: &str, text: &str, mistake: &Mistake) -> String {
    let (source, at) = drawable(text, &mistake.at);
    let label = harmless(&mistake.right);
    let what = harmless(&mistake.what);
    let place = AnnotationKind::Primary.span(at).label(label);
    let snippet = Snippet::source(source).path(file).annotation(place);
    let title = Level::ERROR.no_name().primary_title(what);
    Renderer::plain().term_width(WIDTH).render(&[title.element(snippet)])
}

/// The text with nothing in it that steers a terminal, and where the bytes are then. A span over several lines
/// ends with its first.
fn drawable(text: &str, at: &Range<usize>) -> (String, Range<usize>) {
    let mut safe = String::with_capacity(text.len());
    let mut moved = None..None;
    let end = at.end.min(line_of(text, at.start).end).max(at.start);
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
            _ if steers(letter) => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    let (start, end) = (moved.start.unwrap_or(safe.len()), moved.end.unwrap_or(safe.len()));
    (safe, start..end)
}

/// The word that was most likely meant.
pub fn nearest<'w>(typed: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let typed = typed.to_lowercase();
    let measured = words.into_iter().map(|word| (strsim::jaro(&typed, word), word));
    measured.filter(|(alike, _)| *alike > ALIKE).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, word)| word)
}
