//! Fits text into columns: measures, truncates and wraps it, and replaces characters that the terminal cannot show.

use crate::error::sanitize;
use std::{borrow::Cow, cell::RefCell};
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many wrapped texts are cached; a screen has fewer.
const WRAP_CACHE_SIZE: usize = 16;

/// A text and its lines of at most this width, in columns.
struct WrappedText {
    text: String,
    width: usize,
    lines: Vec<String>,
}

thread_local! {
    /// The texts wrapped last, the newest first.
    static WRAP_CACHE: RefCell<Vec<WrappedText>> = const { RefCell::new(Vec::new()) };
}

/// The text's width in columns. Terminals differ on characters that combine: the larger width counts.
pub(crate) fn display_width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.width().max(text.chars().map(|c| c.width().unwrap_or(0)).sum())
}

/// Wraps between words only, unless one is longer than a line.
pub(crate) fn wrap_options<'a>(width: usize) -> Options<'a> {
    Options::new(width).word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation)
}

/// As much of the text as fits.
pub(crate) fn truncate_to_width(text: &str, width: usize) -> &str {
    if display_width(text) <= width {
        return text;
    }
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let fitting_ends = ends.take_while(|end| display_width(&text[..*end]) <= width);
    &text[..fitting_ends.last().unwrap_or(0)]
}

/// As much of the text as fits, with `ellipsis` at its end where it is truncated.
pub(crate) fn truncate_with_ellipsis(text: &str, width: usize, ellipsis: &str) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(display_width(ellipsis));
    format!("{}{}", truncate_to_width(text, room).trim_end(), truncate_to_width(ellipsis, width))
}

/// Wraps between words; a word longer than a line is broken. The result is cached: a screen shows the same texts each
/// second, and wrapping them anew would be a fifth of the cost of a frame.
pub(crate) fn wrap_text(text: &str, width: usize) -> Vec<String> {
    WRAP_CACHE.with_borrow_mut(|cache| {
        if let Some(cached) = cache.iter().find(|cached| cached.width == width && cached.text == text) {
            return cached.lines.clone();
        }
        let lines = textwrap::wrap(text, width.max(1));
        let lines: Vec<String> = lines.iter().map(|line| truncate_to_width(line, width).to_owned()).collect();
        cache.truncate(WRAP_CACHE_SIZE - 1);
        cache.insert(0, WrappedText { text: text.to_owned(), width, lines: lines.clone() });
        lines
    })
}

/// Joins items into lines and breaks only between items; an item longer than a line is truncated.
pub(crate) fn wrap_items(items: &[&str], separator: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if display_width(line) + display_width(separator) + display_width(item) <= width => {
                line.push_str(separator);
                line.push_str(item);
            }
            _ => lines.push(truncate_to_width(item, width).to_owned()),
        }
    }
    lines
}

/// The text without terminal control characters; with `ascii_only`, also without characters beyond ASCII.
pub(crate) fn sanitize_for_display(text: &str, ascii_only: bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Cow::Borrowed(text);
    }
    let text = sanitize(text);
    Cow::Owned(if ascii_only { text.chars().map(to_ascii_char).collect() } else { text })
}

fn to_ascii_char(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
        '\u{a0}' => ' ',
        '·' | '–' | '—' | '−' => '-',
        '’' | '‘' => '\'',
        '“' | '”' | '„' => '"',
        _ => '?',
    }
}
