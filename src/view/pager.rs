//! A text in a window that is too small for it: page by page, and nothing counts as an answer before the last one.
//!
//! [`paginate`] is pure: a text and a size give the pages. [`Pager`] is where somebody is who reads them.

use super::{WindowSize, text_width};
use std::{borrow::Cow, mem::take};
use textwrap::{Options, WordSplitter, wrap};

/// What begins an item of a list.
const BULLET: &str = "- ";
/// Narrower than this there is no room to indent.
const MIN_WIDTH_TO_INDENT: usize = 8;
/// From so many columns on, a page's foot is said in words.
const MIN_WIDTH_FOR_WORDS: usize = 45;
/// The longest foot below that.
const LONGEST_FOOT: &str = "100/100 Enter first";
/// Between keys that stand on one line.
const KEY_SEPARATOR: &str = "   ";

/// Lines that stay on one page, if it can hold them.
struct Block {
    /// Whether an empty line stands before it.
    has_blank_before: bool,
    lines: Vec<String>,
}

/// The pages of a text, each at most as large as that. No word is broken that fits a line; items of a list, which
/// begin with a dash, keep their indent; what stands above a list stays with its first item.
pub fn paginate(text: &str, size: WindowSize) -> Vec<String> {
    let rows = size.rows.max(1);
    let (mut pages, mut page) = (Vec::new(), Vec::new());
    for Block { has_blank_before: gap, lines } in wrap_blocks(text, size.columns.max(1)) {
        let gap = gap && !page.is_empty();
        let fits = page.len() + usize::from(gap) + lines.len() <= rows;
        if !fits && !page.is_empty() {
            pages.push(take(&mut page));
        } else if gap {
            page.push(String::new());
        }
        for line in lines {
            if page.len() == rows {
                pages.push(take(&mut page));
            }
            page.push(line);
        }
    }
    pages.push(page);
    pages.into_iter().map(|lines| lines.join("\n")).collect()
}

/// How many letters stand on the pages, which are as many in windows of all sizes: where a narrow one breaks a word,
/// words are not.
fn count_letters(pages: &[String]) -> usize {
    pages.iter().flat_map(|page| page.chars()).filter(|letter| !letter.is_whitespace()).count()
}

fn wrap_blocks(text: &str, columns: usize) -> Vec<Block> {
    let mut units: Vec<Block> = Vec::new();
    let (mut gap, mut goes_on) = (false, false);
    for line in text.lines() {
        if line.trim().is_empty() {
            (gap, goes_on) = (true, false);
            continue;
        }
        let is_item = line.starts_with(BULLET);
        let indent = if is_item && columns >= MIN_WIDTH_TO_INDENT { "  " } else { "" };
        let options = Options::new(columns).subsequent_indent(indent);
        let lines = wrap(line, options.word_splitter(WordSplitter::NoHyphenation)).into_iter();
        let lines = lines.map(Cow::into_owned);
        match units.last_mut() {
            Some(unit) if goes_on => unit.lines.extend(lines),
            _ => units.push(Block { has_blank_before: gap, lines: lines.collect() }),
        }
        (gap, goes_on) = (false, !is_item);
    }
    units
}

/// What a key does to whoever reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEffect {
    /// Another page is to be shown.
    PageTurned,
    /// It comes too early: there is more to read.
    NotYetRead,
    /// All could be read, so it may be an answer.
    MayAnswer,
}

/// Somebody who reads a text, and below it which keys answer.
pub struct Pager<'a> {
    text: &'a str,
    /// Each key and what it means; they share a line where there is room.
    keys: &'a [&'a str],
    size: WindowSize,
    pages: Vec<String>,
    current: usize,
}

impl<'a> Pager<'a> {
    /// At the first page in such a window.
    pub fn new(text: &'a str, keys: &'a [&'a str], size: WindowSize) -> Pager<'a> {
        let mut reader = Pager { text, keys, size, pages: Vec::new(), current: 0 };
        reader.pages = reader.make_pages();
        reader
    }

    /// The window may have another size. Whether another page is to be shown: the one where this one began.
    pub fn resize(&mut self, size: WindowSize) -> bool {
        if size == self.size {
            return false;
        }
        let read = count_letters(&self.pages[..self.current]);
        self.size = size;
        let before = take(&mut self.pages);
        self.pages = self.make_pages();
        let begins_by_then = |at: &usize| count_letters(&self.pages[..*at]) <= read;
        self.current = (0..self.pages.len()).rev().find(begins_by_then).unwrap_or(0);
        // What is whole stays whole: a terminal breaks its lines anew.
        self.pages != before && self.pages.len() + before.len() > 2
    }

    /// Turns the page, if the key means that.
    pub fn handle_key(&mut self, key: Option<char>) -> KeyEffect {
        match key {
            Some('b' | 'B') if self.current > 0 => {
                self.current -= 1;
                KeyEffect::PageTurned
            }
            _ if self.current + 1 == self.pages.len() => KeyEffect::MayAnswer,
            Some('\n' | ' ') => {
                self.current += 1;
                KeyEffect::PageTurned
            }
            _ => KeyEffect::NotYetRead,
        }
    }

    /// The page, and below it how to turn it.
    pub fn current_page(&self) -> String {
        let (this, all) = (self.current + 1, self.pages.len());
        if all == 1 {
            let whole = &self.pages[0];
            return if whole.lines().count() < self.rows_for_text() {
                format!("\n{whole}")
            } else {
                whole.clone()
            };
        }
        let (on, back) = (this < all, this > 1);
        let said = |is_so: bool, what: &'static str| if is_so { what } else { "" };
        self.with_foot(&match self.size.columns {
            MIN_WIDTH_FOR_WORDS.. => {
                let (on, back) = (said(on, "   Enter goes on"), said(back, "   b goes back"));
                format!("page {this} of {all}{on}{back}")
            }
            _ => format!("{this}/{all}{}{}", said(on, " Enter"), said(back, " b")),
        })
    }

    /// The same for somebody who answered too early.
    pub(crate) fn read_on_message(&self) -> String {
        let (this, all) = (self.current + 1, self.pages.len());
        self.with_foot(&match self.size.columns {
            MIN_WIDTH_FOR_WORDS.. => format!("page {this} of {all}   read on first: Enter goes on"),
            _ => format!("{this}/{all} Enter first"),
        })
    }

    /// Which keys answer.
    pub(crate) fn key_line(&self) -> String {
        let one = self.keys.join(KEY_SEPARATOR);
        if text_width::display_width(&one) <= self.size.columns { one } else { self.keys.join("\n") }
    }

    /// As many as can be seen at once: in the last one stands the cursor.
    fn rows_for_text(&self) -> usize {
        self.size.rows.saturating_sub(1)
    }

    /// How many of them a foot takes.
    fn foot_rows(&self) -> usize {
        let rows = match self.size.columns {
            MIN_WIDTH_FOR_WORDS.. => 1,
            narrow => wrap(LONGEST_FOOT, narrow.max(1)).len(),
        };
        if rows < self.rows_for_text() { rows } else { 0 }
    }

    fn with_foot(&self, foot: &str) -> String {
        let foot = wrap(foot, self.size.columns.max(1)).into_iter().take(self.foot_rows());
        foot.fold(self.pages[self.current].clone(), |page, line| page + "\n" + &line)
    }

    fn make_pages(&self) -> Vec<String> {
        let text = format!("{}{}", self.text, self.key_line());
        let whole = paginate(&text, WindowSize { rows: self.rows_for_text(), ..self.size });
        if whole.len() == 1 {
            return whole;
        }
        paginate(&text, WindowSize { rows: self.rows_for_text() - self.foot_rows(), ..self.size })
    }
}
