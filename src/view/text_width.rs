//! Text that fits: how many columns it takes, where it is cut or broken, and what stands for letters that cannot be
//! drawn.

use crate::error::sanitize;
use std::{borrow::Cow, cell::RefCell};
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// So many texts are kept broken; a screen has fewer.
const WRAP_CACHE_SIZE: usize = 16;

/// A text, and the lines of at most that width that it was broken into.
struct WrappedText {
    text: String,
    width: usize,
    lines: Vec<String>,
}

thread_local! {
    /// The last texts that were broken, the newest first.
    static WRAP_CACHE: RefCell<Vec<WrappedText>> = const { RefCell::new(Vec::new()) };
}

/// How many columns the text takes. Terminals do not agree on letters that melt together: the most counts.
pub(crate) fn display_width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.width().max(text.chars().map(|letter| letter.width().unwrap_or(0)).sum())
}

/// Broken between words alone, unless one is longer than a line.
pub(crate) fn wrap_options<'a>(width: usize) -> Options<'a> {
    Options::new(width).word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation)
}

/// As much of it as fits.
pub(crate) fn truncate_to_width(text: &str, width: usize) -> &str {
    if display_width(text) <= width {
        return text;
    }
    let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let fits = ends.take_while(|end| display_width(&text[..*end]) <= width);
    &text[..fits.last().unwrap_or(0)]
}

/// The same, and whoever reads it sees that there was more.
pub(crate) fn truncate_with_ellipsis(text: &str, width: usize, more: &str) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(display_width(more));
    format!("{}{}", truncate_to_width(text, room).trim_end(), truncate_to_width(more, width))
}

/// Broken into lines that fit, a word that is too long in two. A screen shows the same texts each second, and to break
/// them anew would be a fifth of what that costs: so it is looked up where it can be.
pub(crate) fn wrap_text(text: &str, width: usize) -> Vec<String> {
    WRAP_CACHE.with_borrow_mut(|kept| {
        if let Some(known) = kept.iter().find(|known| known.width == width && known.text == text) {
            return known.lines.clone();
        }
        let lines = textwrap::wrap(text, width.max(1));
        let lines: Vec<String> = lines.iter().map(|line| truncate_to_width(line, width).to_owned()).collect();
        kept.truncate(WRAP_CACHE_SIZE - 1);
        kept.insert(0, WrappedText { text: text.to_owned(), width, lines: lines.clone() });
        lines
    })
}

/// What belongs together stays on one line; what is too long for any is cut.
pub(crate) fn wrap_items(parts: &[&str], between: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if display_width(line) + display_width(between) + display_width(part) <= width => {
                line.push_str(between);
                line.push_str(part);
            }
            _ => lines.push(truncate_to_width(part, width).to_owned()),
        }
    }
    lines
}

/// What can be drawn of a text of anybody's: nothing that steers the terminal, and no letter that it does not have.
pub(crate) fn sanitize_for_display(text: &str, letters_only: bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Cow::Borrowed(text);
    }
    let text = sanitize(text);
    Cow::Owned(if letters_only { text.chars().map(to_ascii_char).collect() } else { text })
}

fn to_ascii_char(drawn: char) -> char {
    match drawn {
        _ if drawn.is_ascii() => drawn,
        '\u{a0}' => ' ',
        '·' | '–' | '—' | '−' => '-',
        '’' | '‘' => '\'',
        '“' | '”' | '„' => '"',
        _ => '?',
    }
}
