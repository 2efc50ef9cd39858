//! How a text for people is drawn: how wide, with which letters, in which colors; and lines and tables that fit.
//!
//! Colors only repeat what a word says. What was made harmless is colored afterwards, never before.

use crate::record::Outcome;
use anstyle::Style;
use textwrap::{Options, WordSplitter, fill};
use unicode_width::UnicodeWidthStr;

/// What a text is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputFormat {
    /// Its columns; none where there is no terminal: then lines are as long as they are.
    pub width: Option<usize>,
    /// Whether it has no more than the letters of ASCII.
    pub plain: bool,
    /// The colors that it shows.
    pub palette: Palette,
}

/// The colors of texts; by default none at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// Headings.
    pub(crate) heading: Style,
    /// Heat.
    pub(crate) heat: Style,
    /// Cold.
    pub(crate) cold: Style,
    /// What was completed.
    pub(crate) completed: Style,
    /// What was interrupted, or is not known.
    pub(crate) interrupted: Style,
    /// What matters least, such as sources.
    pub(crate) dimmed: Style,
}

impl Palette {
    /// The color of a kind of phase, by its word.
    pub(crate) fn kind(&self, kind: &str) -> Style {
        match kind {
            "heat" => self.heat,
            "cold" => self.cold,
            _ => Style::new(),
        }
    }

    /// The color of how something ended.
    pub(crate) fn outcome(&self, outcome: &Outcome) -> Style {
        match outcome {
            Outcome::Completed => self.completed,
            Outcome::Interrupted | Outcome::Unknown => self.interrupted,
            Outcome::NotBegun => self.dimmed,
            Outcome::Stopped | Outcome::CutShort | Outcome::Other(_) => Style::new(),
        }
    }
}

/// The text in that style.
pub(crate) fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// Broken into lines that fit, between words only. The first line begins with `first`, the others with `rest`.
pub(crate) fn wrap(text: &str, width: Option<usize>, first: &str, rest: &str) -> String {
    let options = Options::new(width.unwrap_or(usize::MAX))
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    fill(text, options)
}

/// What stands under one heading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its heading, and a shorter one.
    pub(crate) head: [&'static str; 2],
    /// What becomes of it where the table is too wide.
    pub(crate) shrinking: ColumnShrinking,
    /// Whether its cells end below each other.
    pub(crate) to_the_right: bool,
}

/// What becomes of a column where the table is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnShrinking {
    /// It keeps its width.
    Fixed,
    /// Its cells are shortened, to so many columns at least.
    Shortened(usize),
    /// Its cells go on in further lines, of so many columns at least. Only the last column can.
    Wrapped(usize),
}

impl Column {
    /// A column that keeps its width.
    pub(crate) const fn fixed(head: &'static str) -> Column {
        Column { head: [head, head], shrinking: ColumnShrinking::Fixed, to_the_right: false }
    }
}

/// A cell of a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    /// What stands there where the table is too wide.
    short: Option<String>,
    style: Style,
}

impl Cell {
    /// A cell without a style.
    pub(crate) fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// The same in that style.
    #[must_use]
    pub(crate) fn styled(self, style: Style) -> Cell {
        Cell { style, ..self }
    }

    /// The same, with other words where the table is too wide.
    #[must_use]
    pub(crate) fn with_short_text(self, short: String) -> Cell {
        Cell { short: Some(short), ..self }
    }
}

/// A table with its heads, two spaces between the columns. On a terminal it fits: columns are shortened, then all
/// heads and cells that can be, then columns are left out in the order of `least_needed`. Elsewhere it is at most
/// `otherwise` wide if shortening columns can make it so.
pub(crate) fn table(
    columns: &[Column],
    rows: &[Vec<Cell>],
    least_needed: &[usize],
    look: &OutputFormat,
    otherwise: usize,
) -> String {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let mut grid = Grid { columns, rows, short: false };
    let Some(width) = look.width else {
        let widths = grid.widths(&shown, otherwise);
        return grid.draw(&shown, &widths, look);
    };
    let mut dropped = least_needed.iter();
    loop {
        let widths = grid.widths(&shown, width);
        if total(&widths) <= width {
            return grid.draw(&shown, &widths, look);
        }
        if !grid.short {
            grid.short = true;
        } else if let Some(column) = dropped.next() {
            shown.retain(|shown| shown != column);
        } else {
            return grid.draw(&shown, &widths, look);
        }
    }
}

/// A table's heads and cells, in full or short.
struct Grid<'a> {
    columns: &'a [Column],
    rows: &'a [Vec<Cell>],
    short: bool,
}

impl Grid<'_> {
    fn head(&self, column: usize) -> &str {
        self.columns[column].head[usize::from(self.short)]
    }

    fn text<'a>(&self, cell: &'a Cell) -> &'a str {
        cell.short.as_deref().filter(|_| self.short).unwrap_or(&cell.text)
    }

    /// The widths of these columns, with what can give way as narrow as the table needs.
    fn widths(&self, shown: &[usize], width: usize) -> Vec<usize> {
        let natural = |column: &usize| {
            let cells = self.rows.iter().map(|row| self.text(&row[*column]).width());
            cells.fold(self.head(*column).width(), usize::max)
        };
        let mut widths: Vec<usize> = shown.iter().map(natural).collect();
        for (place, column) in shown.iter().enumerate() {
            let (ColumnShrinking::Shortened(least) | ColumnShrinking::Wrapped(least)) =
                self.columns[*column].shrinking
            else {
                continue;
            };
            let too_wide = total(&widths).saturating_sub(width);
            widths[place] = widths[place].saturating_sub(too_wide).max(least.min(widths[place]));
        }
        widths
    }

    fn draw(&self, shown: &[usize], widths: &[usize], look: &OutputFormat) -> String {
        let heads: Vec<Cell> =
            shown.iter().map(|column| Cell::new(self.head(*column)).styled(look.palette.heading)).collect();
        let mut text = self.line(shown, widths, &heads.iter().collect::<Vec<_>>());
        for row in self.rows {
            let cells: Vec<&Cell> = shown.iter().map(|column| &row[*column]).collect();
            text += &self.line(shown, widths, &cells);
        }
        text
    }

    fn line(&self, shown: &[usize], widths: &[usize], cells: &[&Cell]) -> String {
        let mut line = String::new();
        for (place, (column, cell)) in shown.iter().zip(cells).enumerate() {
            let (width, text) = (widths[place], self.text(cell));
            let Column { shrinking: room, to_the_right, .. } = self.columns[*column];
            line += if place > 0 { "  " } else { "" };
            let indent = " ".repeat(total(&widths[..place]) + if place > 0 { 2 } else { 0 });
            line += &match room {
                ColumnShrinking::Wrapped(_) => {
                    let lines = wrap(text, Some(width), "", "");
                    let lines: Vec<String> = lines.lines().map(|line| styled(line, cell.style)).collect();
                    lines.join(&format!("\n{indent}"))
                }
                ColumnShrinking::Shortened(_) => {
                    pad(&shortened(text, width), width, cell.style, to_the_right)
                }
                ColumnShrinking::Fixed => pad(text, width, cell.style, to_the_right),
            };
        }
        format!("{}\n", line.trim_end())
    }
}

/// The text in its style, with spaces up to that width.
pub(crate) fn pad(text: &str, width: usize, style: Style, to_the_right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(text.width()));
    let text = styled(text, style);
    if to_the_right { space + &text } else { text + &space }
}

/// The text, with an ellipsis where it is longer than that.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        let longer = format!("{kept}{letter}");
        if longer.width() + 1 > width {
            break;
        }
        kept = longer;
    }
    kept + "…"
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}
