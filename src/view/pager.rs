//! Shows a text page by page where the window is too small for it; no key counts as an answer before the last page.
//!
//! Pure, without a terminal: [`paginate`] turns a text and a size into pages, and [`Pager`] keeps the current page.

use super::{WindowSize, text_width};
use std::{borrow::Cow, mem::take};
use textwrap::{Options, WordSplitter, wrap};

/// Begins a list item.
const BULLET: &str = "- ";
/// List items are indented from this many columns on.
const MIN_WIDTH_TO_INDENT: usize = 8;
/// The footer has words from this many columns on.
const MIN_WIDTH_FOR_WORDS: usize = 45;
/// The longest footer in a narrower window.
const LONGEST_SHORT_FOOTER: &str = "100/100 Enter first";
const KEY_SEPARATOR: &str = "   ";

/// Lines that are kept on one page where it can hold them.
struct Block {
    has_blank_before: bool,
    lines: Vec<String>,
}

/// Splits a text into pages of at most this size. Words that fit a line are not broken, list items (lines that begin
/// with a dash) keep their indent, and the text above a list stays with the first item.
pub fn paginate(text: &str, size: WindowSize) -> Vec<String> {
    let rows = size.rows.max(1);
    let mut pages = Vec::new();
    let mut page = Vec::new();
    for Block { has_blank_before, lines } in wrap_blocks(text, size.columns.max(1)) {
        let needs_blank = has_blank_before && !page.is_empty();
        let fits = page.len() + usize::from(needs_blank) + lines.len() <= rows;
        if !fits && !page.is_empty() {
            pages.push(take(&mut page));
        } else if needs_blank {
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

/// Counts the visible characters. Unlike the words, which a narrow window breaks, they are the same at every size.
fn count_visible_chars(pages: &[String]) -> usize {
    pages.iter().flat_map(|page| page.chars()).filter(|c| !c.is_whitespace()).count()
}

fn wrap_blocks(text: &str, columns: usize) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut has_blank_before = false;
    let mut continues_block = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            has_blank_before = true;
            continues_block = false;
            continue;
        }
        let is_item = line.starts_with(BULLET);
        let indent = if is_item && columns >= MIN_WIDTH_TO_INDENT { "  " } else { "" };
        let options = Options::new(columns).subsequent_indent(indent);
        let lines = wrap(line, options.word_splitter(WordSplitter::NoHyphenation)).into_iter();
        let lines = lines.map(Cow::into_owned);
        match blocks.last_mut() {
            Some(block) if continues_block => block.lines.extend(lines),
            _ => blocks.push(Block { has_blank_before, lines: lines.collect() }),
        }
        has_blank_before = false;
        continues_block = !is_item;
    }
    blocks
}

/// The effect of a key while a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEffect {
    /// Another page has to be printed.
    PageTurned,
    /// The key is ignored: there are more pages to read first.
    NotYetRead,
    /// The last page is shown, so the key may be an answer.
    MayAnswer,
}

/// The position of a reader in a paginated text, with the keys that answer it below.
pub struct Pager<'a> {
    text: &'a str,
    /// Each key with its meaning; on one line where they fit.
    keys: &'a [&'a str],
    size: WindowSize,
    pages: Vec<String>,
    current: usize,
}

impl<'a> Pager<'a> {
    /// Begins at the first page.
    pub fn new(text: &'a str, keys: &'a [&'a str], size: WindowSize) -> Pager<'a> {
        let mut pager = Pager { text, keys, size, pages: Vec::new(), current: 0 };
        pager.pages = pager.make_pages();
        pager
    }

    /// Paginates again for another window size, and goes to the page where the current one began. True if the page has
    /// to be printed again.
    pub fn resize(&mut self, size: WindowSize) -> bool {
        if size == self.size {
            return false;
        }
        let chars_before = count_visible_chars(&self.pages[..self.current]);
        self.size = size;
        let old_pages = take(&mut self.pages);
        self.pages = self.make_pages();
        let begins_by_then = |page: &usize| count_visible_chars(&self.pages[..*page]) <= chars_before;
        self.current = (0..self.pages.len()).rev().find(begins_by_then).unwrap_or(0);
        // A single page that stays single is not printed again: the terminal wraps its lines itself.
        self.pages != old_pages && self.pages.len() + old_pages.len() > 2
    }

    /// Turns the page if the key asks for that.
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

    /// The current page, with a footer that says how to turn it.
    pub fn current_page(&self) -> String {
        let (page, page_count) = (self.current + 1, self.pages.len());
        if page_count == 1 {
            let only_page = &self.pages[0];
            return if only_page.lines().count() < self.rows_for_text() {
                format!("\n{only_page}")
            } else {
                only_page.clone()
            };
        }
        let has_next = page < page_count;
        let has_previous = page > 1;
        self.with_footer(&if self.has_worded_footer() {
            let next = if has_next { "   Enter goes on" } else { "" };
            let back = if has_previous { "   b goes back" } else { "" };
            format!("page {page} of {page_count}{next}{back}")
        } else {
            let next = if has_next { " Enter" } else { "" };
            let back = if has_previous { " b" } else { "" };
            format!("{page}/{page_count}{next}{back}")
        })
    }

    /// The current page, for a reader who answered too early.
    pub(crate) fn read_on_message(&self) -> String {
        let (page, page_count) = (self.current + 1, self.pages.len());
        self.with_footer(&if self.has_worded_footer() {
            format!("page {page} of {page_count}   read on first: Enter goes on")
        } else {
            format!("{page}/{page_count} Enter first")
        })
    }

    /// The keys that answer, on one line where they fit.
    pub(crate) fn key_line(&self) -> String {
        let line = self.keys.join(KEY_SEPARATOR);
        if text_width::display_width(&line) <= self.size.columns { line } else { self.keys.join("\n") }
    }

    fn has_worded_footer(&self) -> bool {
        self.size.columns >= MIN_WIDTH_FOR_WORDS
    }

    /// One row less than the window has: the cursor takes the last.
    fn rows_for_text(&self) -> usize {
        self.size.rows.saturating_sub(1)
    }

    /// 0 where the window is too low for a footer.
    fn footer_rows(&self) -> usize {
        let rows = if self.has_worded_footer() {
            1
        } else {
            wrap(LONGEST_SHORT_FOOTER, self.size.columns.max(1)).len()
        };
        if rows < self.rows_for_text() { rows } else { 0 }
    }

    fn with_footer(&self, footer: &str) -> String {
        let mut page = self.pages[self.current].clone();
        for line in wrap(footer, self.size.columns.max(1)).iter().take(self.footer_rows()) {
            page.push('\n');
            page.push_str(line);
        }
        page
    }

    fn make_pages(&self) -> Vec<String> {
        let text = format!("{}{}", self.text, self.key_line());
        let pages = paginate(&text, WindowSize { rows: self.rows_for_text(), ..self.size });
        if pages.len() == 1 {
            return pages;
        }
        paginate(&text, WindowSize { rows: self.rows_for_text() - self.footer_rows(), ..self.size })
    }
}
