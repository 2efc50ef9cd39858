//! Text that fits: how many columns it takes, where it is cut or broken, and what stands for letters that cannot be
//! drawn.

use crate::error::harmless;
use std::{borrow::Cow, cell::RefCell};
use textwrap::{Options, WordSeparator, WordSplitter};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// So many texts are kept broken; a screen has fewer.
const KEPT: usize = 16;

/// A text, and the lines of at most that width that it was broken into.
struct Broken {
    text: String,
    width: usize,
    lines: Vec<String>,
}

thread_local! {
    /// The last texts that were broken, the newest first.
    static BROKEN: RefCell<Vec<Broken>> = const { RefCell::new(Vec::new()) };
}

/// How many columns the text takes. Terminals do not agree on letters that melt together: the most counts.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.width().max(text.chars().map(|letter| letter.width().unwrap_or(0)).sum())
}

/// Broken between words alone, unless one is longer than a line.
pub fn between_words<'a>(width: usize) -> Options<'a> {
    Options::new(width).word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation)
}

/// As much of it as fits.
pub fn cut(text: &str, width: usize) -> &str {
    if columns(text) <= width {
        return text;
    }
    let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let fits = ends.take_while(|end| columns(&text[..*end]) <= width);
    &text[..fits.last().unwrap_or(0)]
}

/// The same, and whoever reads it sees that there was more.
pub fn shortened(text: &str, width: usize, more: &str) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(columns(more));
    format!("{}{}", cut(text, room).trim_end(), cut(more, width))
}

/// Broken into lines that fit, a word that is too long in two. A screen shows the same texts each second, and to break
/// them anew would be a fifth of what that costs: so it is looked up where it can be.
pub fn broken(text: &str, width: usize) -> Vec<String> {
    BROKEN.with_borrow_mut(|kept| {
        if let Some(known) = kept.iter().find(|known| known.width == width && known.text == text) {
            return known.lines.clone();
        }
        let lines = textwrap::wrap(text, width.max(1));
        let lines: Vec<String> = lines.iter().map(|line| cut(line, width).to_owned()).collect();
        kept.truncate(KEPT - 1);
        kept.insert(0, Broken { text: text.to_owned(), width, lines: lines.clone() });
        lines
    })
}

/// What belongs together stays on one line; what is too long for any is cut.
pub fn listed(parts: &[&str], between: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if columns(line) + columns(between) + columns(part) <= width => {
                line.push_str(between);
                line.push_str(part);
            }
            _ => lines.push(cut(part, width).to_owned()),
        }
    }
    lines
}

/// What can be drawn of a text of anybody's: nothing that steers the terminal, and no letter that it does not have.
pub fn drawable(text: &str, letters_only: bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Cow::Borrowed(text);
    }
    let text = harmless(text);
    Cow::Owned(if letters_only { text.chars().map(letter).collect() } else { text })
}

fn letter(drawn: char) -> char {
    match drawn {
        _ if drawn.is_ascii() => drawn,
        '\u{a0}' => ' ',
        '·' | '–' | '—' | '−' => '-',
        '’' | '‘' => '\'',
        '“' | '”' | '„' => '"',
        _ => '?',
    }
}
