//! A word in letters that are read from across a room, so that what is on is not told by its colour alone.
//!
//! The letters are 8 points wide and high; of two rows of points one row of the screen is made.

use font8x8::legacy::{BASIC_LEGACY, LATIN_LEGACY};

const GLYPH_SIZE: usize = 8;
/// In a window so high a point is one letter wide; in one twice as high, two.
const WINDOW_ROWS_PER_SCALE: usize = 45;

/// The text within so many columns of a window with so many rows; nothing where it is too long, or has a letter that
/// nobody drew.
pub(crate) fn render_banner(text: &str, columns: usize, rows: usize) -> Option<Vec<String>> {
    let letters: Vec<[u8; GLYPH_SIZE]> = text.chars().map(glyph_bitmap).collect::<Option<_>>()?;
    let fits = |scale: &usize| letters.len() * GLYPH_SIZE * scale <= columns;
    let scale = (1..=1 + rows / WINDOW_ROWS_PER_SCALE).rev().find(fits)?;
    let is_set = |row: usize, column: usize| {
        let (row, column) = (row / scale, column / scale);
        letters[column / GLYPH_SIZE][row] >> (column % GLYPH_SIZE) & 1 == 1
    };
    let drawn = |row: usize| -> String {
        let halves = |column| (is_set(2 * row, column), is_set(2 * row + 1, column));
        let line: String =
            (0..letters.len() * GLYPH_SIZE * scale).map(|column| half_block_char(halves(column))).collect();
        line.trim_end().to_owned()
    };
    Some((0..GLYPH_SIZE * scale / 2).map(drawn).collect())
}

fn half_block_char(points: (bool, bool)) -> char {
    match points {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

fn glyph_bitmap(letter: char) -> Option<[u8; GLYPH_SIZE]> {
    let code = u32::from(letter) as usize;
    let latin = || LATIN_LEGACY.get(code.checked_sub(0xa0)?);
    BASIC_LEGACY.get(code).filter(|_| !letter.is_control()).or_else(latin).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_drawn_as_large_as_there_is_room() {
        insta::assert_snapshot!(render_banner("HEAT", 80, 24).unwrap().join("\n"), @"
        ██  ██  ▀██▀▀▀█  ▄██▄   █▀██▀█
        ██▄▄██   ██▄█   ██  ██    ██
        ██  ██   ██ ▀ ▄ ██▀▀██    ██
        ▀▀  ▀▀  ▀▀▀▀▀▀▀ ▀▀  ▀▀   ▀▀▀▀
        ");
        assert_eq!(render_banner("HEAT", 31, 24), None, "too narrow");
        assert_eq!(render_banner("HEAT", 64, 90).unwrap().len(), 8, "twice as large");
        assert_eq!(render_banner("HEAT", 63, 90).unwrap().len(), 4);
    }

    #[test]
    fn a_letter_that_nobody_drew_leaves_all_to_the_heading() {
        assert!(render_banner("WÄRME", 80, 24).is_some());
        assert_eq!(render_banner("温", 80, 24), None);
        assert_eq!(render_banner("A\u{7}", 80, 24), None);
    }
}
