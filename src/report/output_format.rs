//! The format of text for people: its width, characters and colors, and lines and tables that fit the width.
//!
//! Colors only repeat what words say. Text is sanitized before it is colored, never after.

use crate::record::Outcome;
use anstyle::Style;
use textwrap::{Options, WordSplitter, fill};
use unicode_width::UnicodeWidthStr;

/// What the output supports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputFormat {
    /// The terminal's width in columns; none where there is no terminal, and lines are not wrapped.
    pub width: Option<usize>,
    /// Whether only ASCII characters can be shown.
    pub ascii_only: bool,
    /// The colors of the text.
    pub palette: Palette,
}

/// The colors of text; by default none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    pub(crate) heading: Style,
    pub(crate) heat: Style,
    pub(crate) cold: Style,
    pub(crate) completed: Style,
    /// Also for an unknown outcome.
    pub(crate) interrupted: Style,
    /// For what matters least, such as sources.
    pub(crate) dimmed: Style,
}

impl Palette {
    /// The style of a kind of phase, by its name in the history.
    pub(crate) fn kind(&self, kind: &str) -> Style {
        match kind {
            "heat" => self.heat,
            "cold" => self.cold,
            _ => Style::new(),
        }
    }

    pub(crate) fn outcome(&self, outcome: &Outcome) -> Style {
        match outcome {
            Outcome::Completed => self.completed,
            Outcome::Interrupted | Outcome::Unknown => self.interrupted,
            Outcome::NotBegun => self.dimmed,
            Outcome::Stopped | Outcome::CutShort | Outcome::Other(_) => Style::new(),
        }
    }
}

/// The text with the escape sequences of a style.
pub(crate) fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// Wraps between words only. The first line begins with `first_indent`, the others with `indent`.
pub(crate) fn wrap(text: &str, width: Option<usize>, first_indent: &str, indent: &str) -> String {
    let options = Options::new(width.unwrap_or(usize::MAX))
        .initial_indent(first_indent)
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    fill(text, options)
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The full heading, and a shorter one for a narrow table.
    pub(crate) headings: [&'static str; 2],
    pub(crate) shrinking: ColumnShrinking,
    pub(crate) is_right_aligned: bool,
}

/// How a column shrinks in a table that is too wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnShrinking {
    /// It keeps its width.
    Fixed,
    /// Its cells are truncated, to at least this width.
    Truncated(usize),
    /// Its cells are wrapped, to at least this width. For the last column only.
    Wrapped(usize),
}

impl Column {
    /// A left-aligned column that keeps its width.
    pub(crate) const fn fixed(heading: &'static str) -> Column {
        Column { headings: [heading, heading], shrinking: ColumnShrinking::Fixed, is_right_aligned: false }
    }
}

/// A cell of a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    /// In a table that is too wide.
    short_text: Option<String>,
    style: Style,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    #[must_use]
    pub(crate) fn styled(self, style: Style) -> Cell {
        Cell { style, ..self }
    }

    /// Adds a text for a table that is too wide.
    #[must_use]
    pub(crate) fn with_short_text(self, short_text: String) -> Cell {
        Cell { short_text: Some(short_text), ..self }
    }
}

/// A table with headings and two spaces between the columns. It is fitted to the terminal's width: first columns
/// shrink, then all headings and cells get their short texts, then columns are left out in `drop_order`. Without a
/// terminal, columns only shrink, if possible to a total width of `default_width`.
pub(crate) fn render_table(
    columns: &[Column],
    rows: &[Vec<Cell>],
    drop_order: &[usize],
    format: &OutputFormat,
    default_width: usize,
) -> String {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let mut layout = TableLayout { columns, rows, is_short: false };
    let Some(width) = format.width else {
        let widths = layout.compute_widths(&shown, default_width);
        return layout.render(&shown, &widths, format);
    };
    let mut columns_to_drop = drop_order.iter();
    loop {
        let widths = layout.compute_widths(&shown, width);
        if total_width(&widths) <= width {
            return layout.render(&shown, &widths, format);
        }
        if !layout.is_short {
            layout.is_short = true;
        } else if let Some(dropped) = columns_to_drop.next() {
            shown.retain(|column| column != dropped);
        } else {
            return layout.render(&shown, &widths, format);
        }
    }
}

/// A table's headings and cells. Shown columns are given by their indexes.
struct TableLayout<'a> {
    columns: &'a [Column],
    rows: &'a [Vec<Cell>],
    /// Whether headings and cells have their short texts.
    is_short: bool,
}

impl TableLayout<'_> {
    fn heading(&self, column: usize) -> &str {
        self.columns[column].headings[usize::from(self.is_short)]
    }

    fn cell_text<'a>(&self, cell: &'a Cell) -> &'a str {
        cell.short_text.as_deref().filter(|_| self.is_short).unwrap_or(&cell.text)
    }

    /// The widths of the shown columns, shrunk where possible to the table's width.
    fn compute_widths(&self, shown: &[usize], table_width: usize) -> Vec<usize> {
        let natural_width = |column: &usize| {
            let cells = self.rows.iter().map(|row| self.cell_text(&row[*column]).width());
            cells.fold(self.heading(*column).width(), usize::max)
        };
        let mut widths: Vec<usize> = shown.iter().map(natural_width).collect();
        for (position, column) in shown.iter().enumerate() {
            let (ColumnShrinking::Truncated(min_width) | ColumnShrinking::Wrapped(min_width)) =
                self.columns[*column].shrinking
            else {
                continue;
            };
            let excess = total_width(&widths).saturating_sub(table_width);
            let natural = widths[position];
            widths[position] = natural.saturating_sub(excess).max(min_width.min(natural));
        }
        widths
    }

    fn render(&self, shown: &[usize], widths: &[usize], format: &OutputFormat) -> String {
        let headings: Vec<Cell> = shown
            .iter()
            .map(|column| Cell::new(self.heading(*column)).styled(format.palette.heading))
            .collect();
        let mut text = self.render_line(shown, widths, &headings.iter().collect::<Vec<_>>());
        for row in self.rows {
            let cells: Vec<&Cell> = shown.iter().map(|column| &row[*column]).collect();
            text += &self.render_line(shown, widths, &cells);
        }
        text
    }

    fn render_line(&self, shown: &[usize], widths: &[usize], cells: &[&Cell]) -> String {
        let mut line = String::new();
        for (position, (column, cell)) in shown.iter().zip(cells).enumerate() {
            let (width, text) = (widths[position], self.cell_text(cell));
            let Column { shrinking, is_right_aligned, .. } = self.columns[*column];
            line += if position > 0 { "  " } else { "" };
            let indent = " ".repeat(total_width(&widths[..position]) + if position > 0 { 2 } else { 0 });
            line += &match shrinking {
                ColumnShrinking::Wrapped(_) => {
                    let lines = wrap(text, Some(width), "", "");
                    let lines: Vec<String> = lines.lines().map(|line| styled(line, cell.style)).collect();
                    lines.join(&format!("\n{indent}"))
                }
                ColumnShrinking::Truncated(_) => {
                    pad(&truncate_with_ellipsis(text, width), width, cell.style, is_right_aligned)
                }
                ColumnShrinking::Fixed => pad(text, width, cell.style, is_right_aligned),
            };
        }
        format!("{}\n", line.trim_end())
    }
}

/// The styled text, filled with spaces to this width.
pub(crate) fn pad(text: &str, width: usize, style: Style, is_right_aligned: bool) -> String {
    let space = " ".repeat(width.saturating_sub(text.width()));
    let text = styled(text, style);
    if is_right_aligned { space + &text } else { text + &space }
}

/// As much of the text as fits, with an ellipsis at its end where it is truncated.
fn truncate_with_ellipsis(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        let longer = format!("{kept}{c}");
        if longer.width() + 1 > width {
            break;
        }
        kept = longer;
    }
    kept + "…"
}

/// Of columns with two spaces between them.
fn total_width(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}
