//! Digits as large as there is room, made of seven bars each: they are read from across a room, and can be drawn
//! with any letter and at any size.

/// Smaller ones cannot be told apart.
const LEAST: (usize, usize) = (3, 5);

const TOP: u8 = 1;
const MIDDLE: u8 = 2;
const BOTTOM: u8 = 4;
const UPPER_LEFT: u8 = 8;
const UPPER_RIGHT: u8 = 16;
const LOWER_LEFT: u8 = 32;
const LOWER_RIGHT: u8 = 64;

/// The bars of each digit, but for the one, which stands in the middle.
const BARS: [u8; 10] = [
    !MIDDLE,
    0,
    !(UPPER_LEFT | LOWER_RIGHT),
    !(UPPER_LEFT | LOWER_LEFT),
    MIDDLE | UPPER_LEFT | UPPER_RIGHT | LOWER_RIGHT,
    !(UPPER_RIGHT | LOWER_LEFT),
    !UPPER_RIGHT,
    TOP | UPPER_RIGHT | LOWER_RIGHT,
    !0,
    !LOWER_LEFT,
];

/// The size of one digit, and of its bars.
#[derive(Clone, Copy)]
struct Shape {
    width: usize,
    height: usize,
    /// How wide its upright bars are, and a colon.
    upright: usize,
    /// How high its level bars are.
    level: usize,
    /// The space between two.
    gap: usize,
}

impl Shape {
    fn of(width: usize, height: usize) -> Shape {
        // A letter is about twice as high as wide: neither fat nor thin.
        let height = height.min((width * 3 / 2).max(LEAST.1));
        let upright = ((width + 2) / 5).max(1);
        Shape { width, height, upright, level: ((height + 3) / 7).max(1), gap: (width / 6).max(1) }
    }

    fn columns(&self, text: &str) -> usize {
        let letters = text.chars().map(|letter| if letter == ':' { self.upright } else { self.width });
        letters.sum::<usize>() + self.gap * text.len().saturating_sub(1)
    }

    /// That row of the letter, from the left: so many columns, and whether they are filled.
    fn parts(&self, letter: char, row: usize) -> [(usize, bool); 4] {
        let Shape { width, height, upright, level, .. } = *self;
        let middle = (height - level) / 2;
        let is_middle = (middle..middle + level).contains(&row);
        let (is_top, is_bottom) = (row < level, row >= height - level);
        let (upper, lower) = (row < middle + level, row >= middle);
        match letter {
            ':' => {
                let is_dot =
                    [height / 3, height * 2 / 3].iter().any(|dot| (*dot..dot + level).contains(&row));
                [(upright, is_dot), (0, false), (0, false), (0, false)]
            }
            '1' => {
                let before = (width - upright) / 2;
                [(before, false), (upright, true), (width - before - upright, false), (0, false)]
            }
            '+' => {
                let before = (width - upright) / 2;
                let upright_there = row >= height / 5 && row < height - height / 5;
                [
                    (before, is_middle),
                    (upright, is_middle || upright_there),
                    (width - before - upright, is_middle),
                    (0, false),
                ]
            }
            _ => {
                let bars = letter.to_digit(10).map_or(0, |digit| BARS[digit as usize]);
                let has = |bar, is_there| is_there && bars & bar != 0;
                let across = has(TOP, is_top) || has(MIDDLE, is_middle) || has(BOTTOM, is_bottom);
                let left = across || has(UPPER_LEFT, upper) || has(LOWER_LEFT, lower);
                let right = across || has(UPPER_RIGHT, upper) || has(LOWER_RIGHT, lower);
                [(upright, left), (width - 2 * upright, across), (upright, right), (0, false)]
            }
        }
    }
}

/// Digits, colons and plus signs in the middle of so many columns, within so many rows, drawn with `full`; nothing
/// where they would be too small to be read.
pub fn digits(text: &str, columns: usize, rows: usize, full: char) -> Option<Vec<String>> {
    let widest = (rows * 2).min(columns);
    let fits = |shape: &Shape| shape.columns(text) <= columns;
    let shape = (LEAST.0..=widest).rev().map(|width| Shape::of(width, rows)).find(fits)?;
    let margin = (columns - shape.columns(text)) / 2;
    (rows >= LEAST.1).then(|| (0..shape.height).map(|row| drawn(text, &shape, row, margin, full)).collect())
}

fn drawn(text: &str, shape: &Shape, row: usize, margin: usize, full: char) -> String {
    let mut line = String::with_capacity(margin + shape.columns(text) * full.len_utf8());
    let mut draw = |letter, columns| line.extend(std::iter::repeat_n(letter, columns));
    for (index, letter) in text.chars().enumerate() {
        draw(' ', if index == 0 { margin } else { shape.gap });
        for (columns, is_full) in shape.parts(letter, row) {
            draw(if is_full { full } else { ' ' }, columns);
        }
    }
    line.truncate(line.trim_end().len());
    line
}
