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

/// The bars of each digit.
const BARS: [u8; 10] = [
    !MIDDLE,
    UPPER_RIGHT | LOWER_RIGHT,
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

    /// Whether that place of the letter is filled.
    fn is_full(&self, letter: char, column: usize, row: usize) -> bool {
        let Shape { width, height, upright, level, .. } = *self;
        let middle = (height - level) / 2;
        let is_middle = (middle..middle + level).contains(&row);
        let (is_top, is_bottom) = (row < level, row >= height - level);
        match letter {
            ':' => [height / 3, height * 2 / 3].iter().any(|dot| (*dot..dot + level).contains(&row)),
            '?' => {
                let stem = ((width - upright) / 2..(width + upright) / 2).contains(&column);
                let bow = column >= width - upright && row < middle + level;
                let neck = column >= (width - upright) / 2 && is_middle;
                let stem = stem && (is_bottom || row >= middle && row + 2 * level < height);
                is_top || bow || neck || stem
            }
            _ => {
                let bars = letter.to_digit(10).map_or(0, |digit| BARS[digit as usize]);
                let left = column < upright;
                let right = column >= width - upright;
                let (upper, lower) = (row < middle + level, row >= middle);
                let places = [
                    (TOP, is_top),
                    (MIDDLE, is_middle),
                    (BOTTOM, is_bottom),
                    (UPPER_LEFT, left && upper),
                    (UPPER_RIGHT, right && upper),
                    (LOWER_LEFT, left && lower),
                    (LOWER_RIGHT, right && lower),
                ];
                places.iter().any(|(bar, is_there)| *is_there && bars & bar != 0)
            }
        }
    }
}

/// Digits, colons and question marks within so many columns and rows, drawn with `full`; nothing where they would
/// be too small to be read.
pub fn digits(text: &str, columns: usize, rows: usize, full: char) -> Option<Vec<String>> {
    let widest = (rows * 2).min(columns);
    let fits = |shape: &Shape| shape.columns(text) <= columns;
    let shape = (LEAST.0..=widest).rev().map(|width| Shape::of(width, rows)).find(fits)?;
    (rows >= LEAST.1).then(|| (0..shape.height).map(|row| drawn(text, &shape, row, full)).collect())
}

fn drawn(text: &str, shape: &Shape, row: usize, full: char) -> String {
    let mut line = String::with_capacity(shape.columns(text) * full.len_utf8());
    for (index, letter) in text.chars().enumerate() {
        let width = if letter == ':' { shape.upright } else { shape.width };
        let before = if index == 0 { 0 } else { shape.gap };
        line.extend(std::iter::repeat_n(' ', before));
        line.extend((0..width).map(|column| if shape.is_full(letter, column, row) { full } else { ' ' }));
    }
    line.truncate(line.trim_end().len());
    line
}
