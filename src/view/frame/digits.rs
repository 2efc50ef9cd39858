//! Digits as large as there is room, made of seven bars each: they are read from across a room, and can be drawn
//! with any letter and at any size.

/// Smaller ones cannot be told apart.
const MIN_DIGIT_SIZE: (usize, usize) = (3, 5);

const SEGMENT_TOP: u8 = 1;
const SEGMENT_MIDDLE: u8 = 2;
const SEGMENT_BOTTOM: u8 = 4;
const SEGMENT_UPPER_LEFT: u8 = 8;
const SEGMENT_UPPER_RIGHT: u8 = 16;
const SEGMENT_LOWER_LEFT: u8 = 32;
const SEGMENT_LOWER_RIGHT: u8 = 64;

/// The bars of each digit, but for the one, which stands in the middle.
const DIGIT_SEGMENTS: [u8; 10] = [
    !SEGMENT_MIDDLE,
    0,
    !(SEGMENT_UPPER_LEFT | SEGMENT_LOWER_RIGHT),
    !(SEGMENT_UPPER_LEFT | SEGMENT_LOWER_LEFT),
    SEGMENT_MIDDLE | SEGMENT_UPPER_LEFT | SEGMENT_UPPER_RIGHT | SEGMENT_LOWER_RIGHT,
    !(SEGMENT_UPPER_RIGHT | SEGMENT_LOWER_LEFT),
    !SEGMENT_UPPER_RIGHT,
    SEGMENT_TOP | SEGMENT_UPPER_RIGHT | SEGMENT_LOWER_RIGHT,
    !0,
    !SEGMENT_LOWER_LEFT,
];

/// The size of one digit, and of its bars.
#[derive(Clone, Copy)]
struct DigitShape {
    width: usize,
    height: usize,
    /// How wide its upright bars are, and a colon.
    vertical_width: usize,
    /// How high its level bars are.
    horizontal_height: usize,
    /// The space between two.
    gap: usize,
}

impl DigitShape {
    fn new(width: usize, height: usize) -> DigitShape {
        // A letter is about twice as high as wide: neither fat nor thin.
        let height = height.min((width * 3 / 2).max(MIN_DIGIT_SIZE.1));
        let upright = ((width + 2) / 5).max(1);
        DigitShape {
            width,
            height,
            vertical_width: upright,
            horizontal_height: ((height + 3) / 7).max(1),
            gap: (width / 6).max(1),
        }
    }

    fn text_columns(&self, text: &str) -> usize {
        let letters = text.chars().map(|letter| if letter == ':' { self.vertical_width } else { self.width });
        letters.sum::<usize>() + self.gap * text.len().saturating_sub(1)
    }

    /// That row of the letter, from the left: so many columns, and whether they are filled.
    fn row_spans(&self, letter: char, row: usize) -> [(usize, bool); 4] {
        let DigitShape { width, height, vertical_width: upright, horizontal_height: level, .. } = *self;
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
                let bars = letter.to_digit(10).map_or(0, |digit| DIGIT_SEGMENTS[digit as usize]);
                let has = |bar, is_there| is_there && bars & bar != 0;
                let across = has(SEGMENT_TOP, is_top)
                    || has(SEGMENT_MIDDLE, is_middle)
                    || has(SEGMENT_BOTTOM, is_bottom);
                let left = across || has(SEGMENT_UPPER_LEFT, upper) || has(SEGMENT_LOWER_LEFT, lower);
                let right = across || has(SEGMENT_UPPER_RIGHT, upper) || has(SEGMENT_LOWER_RIGHT, lower);
                [(upright, left), (width - 2 * upright, across), (upright, right), (0, false)]
            }
        }
    }
}

/// Digits, colons and plus signs in the middle of so many columns, within so many rows, drawn with `full`; nothing
/// where they would be too small to be read.
pub(crate) fn render_digits(text: &str, columns: usize, rows: usize, full: char) -> Option<Vec<String>> {
    let widest = (rows * 2).min(columns);
    let fits = |shape: &DigitShape| shape.text_columns(text) <= columns;
    let shape = (MIN_DIGIT_SIZE.0..=widest).rev().map(|width| DigitShape::new(width, rows)).find(fits)?;
    let margin = (columns - shape.text_columns(text)) / 2;
    (rows >= MIN_DIGIT_SIZE.1)
        .then(|| (0..shape.height).map(|row| render_digit_row(text, &shape, row, margin, full)).collect())
}

fn render_digit_row(text: &str, shape: &DigitShape, row: usize, margin: usize, full: char) -> String {
    let mut line = String::with_capacity(margin + shape.text_columns(text) * full.len_utf8());
    let mut draw = |letter, columns| line.extend(std::iter::repeat_n(letter, columns));
    for (index, letter) in text.chars().enumerate() {
        draw(' ', if index == 0 { margin } else { shape.gap });
        for (columns, is_full) in shape.row_spans(letter, row) {
            draw(if is_full { full } else { ' ' }, columns);
        }
    }
    line.truncate(line.trim_end().len());
    line
}
