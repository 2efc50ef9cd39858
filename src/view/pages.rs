//! A text in a window that is too small for it: page by page, and nothing counts as an answer before the last one.
//!
//! [`pages`] is pure: a text and a size give the pages. [`Reader`] is where somebody is who reads them.

use super::{Size, fit};
use std::{borrow::Cow, mem::take};
use textwrap::{Options, WordSplitter, wrap};

/// What begins an item of a list.
const ITEM: &str = "- ";
/// Narrower than this there is no room to indent.
const ROOM_TO_INDENT: usize = 8;
/// From so many columns on, a page's foot is said in words.
const ROOM_FOR_WORDS: usize = 45;
/// The longest foot below that.
const LONGEST_FOOT: &str = "100/100 Enter first";
/// Between keys that stand on one line.
const BETWEEN: &str = "   ";

/// Lines that stay on one page, if it can hold them.
struct Unit {
    /// Whether an empty line stands before it.
    gap: bool,
    lines: Vec<String>,
}

/// The pages of a text, each at most as large as that. No word is broken that fits a line; items of a list, which
/// begin with a dash, keep their indent; what stands above a list stays with its first item.
pub fn pages(text: &str, size: Size) -> Vec<String> {
    let rows = size.rows.max(1);
    let (mut pages, mut page) = (Vec::new(), Vec::new());
    for Unit { gap, lines } in units(text, size.columns.max(1)) {
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
fn letters(pages: &[String]) -> usize {
    pages.iter().flat_map(|page| page.chars()).filter(|letter| !letter.is_whitespace()).count()
}

fn units(text: &str, columns: usize) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let (mut gap, mut goes_on) = (false, false);
    for line in text.lines() {
        if line.trim().is_empty() {
            (gap, goes_on) = (true, false);
            continue;
        }
        let is_item = line.starts_with(ITEM);
        let indent = if is_item && columns >= ROOM_TO_INDENT { "  " } else { "" };
        let options = Options::new(columns).subsequent_indent(indent);
        let lines = wrap(line, options.word_splitter(WordSplitter::NoHyphenation)).into_iter();
        let lines = lines.map(Cow::into_owned);
        match units.last_mut() {
            Some(unit) if goes_on => unit.lines.extend(lines),
            _ => units.push(Unit { gap, lines: lines.collect() }),
        }
        (gap, goes_on) = (false, !is_item);
    }
    units
}

/// What a key does to whoever reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Another page is to be shown.
    Turned,
    /// It comes too early: there is more to read.
    Early,
    /// All could be read, so it may be an answer.
    Answers,
}

/// Somebody who reads a text, and below it which keys answer.
pub struct Reader<'a> {
    text: &'a str,
    /// Each key and what it means; they share a line where there is room.
    keys: &'a [&'a str],
    size: Size,
    pages: Vec<String>,
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the first page in such a window.
    pub fn new(text: &'a str, keys: &'a [&'a str], size: Size) -> Reader<'a> {
        let mut reader = Reader { text, keys, size, pages: Vec::new(), at: 0 };
        reader.pages = reader.paged();
        reader
    }

    /// The window may have another size. Whether another page is to be shown: the one where this one began.
    pub fn resize(&mut self, size: Size) -> bool {
        if size == self.size {
            return false;
        }
        let read = letters(&self.pages[..self.at]);
        self.size = size;
        let before = take(&mut self.pages);
        self.pages = self.paged();
        let begins_by_then = |at: &usize| letters(&self.pages[..*at]) <= read;
        self.at = (0..self.pages.len()).rev().find(begins_by_then).unwrap_or(0);
        // What is whole stays whole: a terminal breaks its lines anew.
        self.pages != before && self.pages.len() + before.len() > 2
    }

    /// Turns the page, if the key means that.
    pub fn turn(&mut self, key: Option<char>) -> Turn {
        match key {
            Some('b' | 'B') if self.at > 0 => {
                self.at -= 1;
                Turn::Turned
            }
            _ if self.at + 1 == self.pages.len() => Turn::Answers,
            Some('\n' | ' ') => {
                self.at += 1;
                Turn::Turned
            }
            _ => Turn::Early,
        }
    }

    /// The page, and below it how to turn it.
    pub fn page(&self) -> String {
        let (this, all) = (self.at + 1, self.pages.len());
        if all == 1 {
            let whole = &self.pages[0];
            return if whole.lines().count() < self.rows() { format!("\n{whole}") } else { whole.clone() };
        }
        let (on, back) = (this < all, this > 1);
        let said = |is_so: bool, what: &'static str| if is_so { what } else { "" };
        self.footed(&match self.size.columns {
            ROOM_FOR_WORDS.. => {
                let (on, back) = (said(on, "   Enter goes on"), said(back, "   b goes back"));
                format!("page {this} of {all}{on}{back}")
            }
            _ => format!("{this}/{all}{}{}", said(on, " Enter"), said(back, " b")),
        })
    }

    /// The same for somebody who answered too early.
    pub fn page_first(&self) -> String {
        let (this, all) = (self.at + 1, self.pages.len());
        self.footed(&match self.size.columns {
            ROOM_FOR_WORDS.. => format!("page {this} of {all}   read on first: Enter goes on"),
            _ => format!("{this}/{all} Enter first"),
        })
    }

    /// Which keys answer.
    pub fn keys(&self) -> String {
        let one = self.keys.join(BETWEEN);
        if fit::columns(&one) <= self.size.columns { one } else { self.keys.join("\n") }
    }

    /// As many as can be seen at once: in the last one stands the cursor.
    fn rows(&self) -> usize {
        self.size.rows.saturating_sub(1)
    }

    /// How many of them a foot takes.
    fn foot(&self) -> usize {
        let rows = match self.size.columns {
            ROOM_FOR_WORDS.. => 1,
            narrow => wrap(LONGEST_FOOT, narrow.max(1)).len(),
        };
        if rows < self.rows() { rows } else { 0 }
    }

    fn footed(&self, foot: &str) -> String {
        let foot = wrap(foot, self.size.columns.max(1)).into_iter().take(self.foot());
        foot.fold(self.pages[self.at].clone(), |page, line| page + "\n" + &line)
    }

    fn paged(&self) -> Vec<String> {
        let text = format!("{}{}", self.text, self.keys());
        let whole = pages(&text, Size { rows: self.rows(), ..self.size });
        if whole.len() == 1 {
            return whole;
        }
        pages(&text, Size { rows: self.rows() - self.foot(), ..self.size })
    }
}
