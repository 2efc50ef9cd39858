//! A heading in large letters, to be read from across a room, so that not only its color says which phase runs.
//!
//! Glyphs are 8 by 8 pixels; half blocks put two rows of pixels into one row of the screen.

use font8x8::legacy::{BASIC_LEGACY, LATIN_LEGACY};

const GLYPH_SIZE: usize = 8;
/// A pixel is one column wide, and one column more for every so many rows of the window.
const WINDOW_ROWS_PER_SCALE: usize = 45;

/// The text in large letters for a window of this size. None where it is too long or a character has no glyph.
pub(crate) fn render_banner(text: &str, columns: usize, rows: usize) -> Option<Vec<String>> {
    let glyphs: Vec<[u8; GLYPH_SIZE]> = text.chars().map(glyph_bitmap).collect::<Option<_>>()?;
    let fits = |scale: &usize| glyphs.len() * GLYPH_SIZE * scale <= columns;
    let scale = (1..=1 + rows / WINDOW_ROWS_PER_SCALE).rev().find(fits)?;
    let is_set = |row: usize, column: usize| {
        let (row, column) = (row / scale, column / scale);
        glyphs[column / GLYPH_SIZE][row] >> (column % GLYPH_SIZE) & 1 == 1
    };
    let render_line = |row: usize| -> String {
        let pixels = |column| (is_set(2 * row, column), is_set(2 * row + 1, column));
        let line: String =
            (0..glyphs.len() * GLYPH_SIZE * scale).map(|column| half_block_char(pixels(column))).collect();
        line.trim_end().to_owned()
    };
    Some((0..GLYPH_SIZE * scale / 2).map(render_line).collect())
}

/// The character for an upper and a lower pixel.
fn half_block_char(pixels: (bool, bool)) -> char {
    match pixels {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

fn glyph_bitmap(character: char) -> Option<[u8; GLYPH_SIZE]> {
    let code = u32::from(character) as usize;
    let latin = || LATIN_LEGACY.get(code.checked_sub(0xa0)?);
    BASIC_LEGACY.get(code).filter(|_| !character.is_control()).or_else(latin).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_large_as_the_window_allows() {
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
    fn text_with_a_character_without_a_glyph_has_no_banner() {
        assert!(render_banner("WÄRME", 80, 24).is_some());
        assert_eq!(render_banner("温", 80, 24), None);
        assert_eq!(render_banner("A\u{7}", 80, 24), None);
    }
}
