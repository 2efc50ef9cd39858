//! Seven-segment digits as large as the space allows, to be read from across a room. They can be drawn at any size and
//! with any character.

/// Columns and rows. Smaller digits cannot be told apart.
const MIN_DIGIT_SIZE: (usize, usize) = (3, 5);

const SEGMENT_TOP: u8 = 1;
const SEGMENT_MIDDLE: u8 = 2;
const SEGMENT_BOTTOM: u8 = 4;
const SEGMENT_UPPER_LEFT: u8 = 8;
const SEGMENT_UPPER_RIGHT: u8 = 16;
const SEGMENT_LOWER_LEFT: u8 = 32;
const SEGMENT_LOWER_RIGHT: u8 = 64;

/// The segments of each digit. The 1 has none: it is drawn in the middle of its cell.
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

/// The size of a digit and of its segments, in columns and rows.
#[derive(Clone, Copy)]
struct DigitShape {
    width: usize,
    height: usize,
    /// Of vertical segments, and of a colon.
    vertical_width: usize,
    /// Of horizontal segments.
    horizontal_height: usize,
    /// Between two digits.
    gap: usize,
}

impl DigitShape {
    fn new(width: usize, height: usize) -> DigitShape {
        // A character cell is about twice as high as wide: this limit keeps digits from looking thin.
        let height = height.min((width * 3 / 2).max(MIN_DIGIT_SIZE.1));
        DigitShape {
            width,
            height,
            vertical_width: ((width + 2) / 5).max(1),
            horizontal_height: ((height + 3) / 7).max(1),
            gap: (width / 6).max(1),
        }
    }

    fn text_columns(&self, text: &str) -> usize {
        let widths = text.chars().map(|c| if c == ':' { self.vertical_width } else { self.width });
        widths.sum::<usize>() + self.gap * text.len().saturating_sub(1)
    }

    /// One row of a character, from the left: spans of columns, and whether they are filled.
    fn row_spans(&self, character: char, row: usize) -> [(usize, bool); 4] {
        let DigitShape { width, height, vertical_width, horizontal_height, .. } = *self;
        let middle = (height - horizontal_height) / 2;
        let is_middle = (middle..middle + horizontal_height).contains(&row);
        let is_top = row < horizontal_height;
        let is_bottom = row >= height - horizontal_height;
        let is_upper_half = row < middle + horizontal_height;
        let is_lower_half = row >= middle;
        match character {
            ':' => {
                let is_dot = [height / 3, height * 2 / 3]
                    .iter()
                    .any(|dot| (*dot..dot + horizontal_height).contains(&row));
                [(vertical_width, is_dot), (0, false), (0, false), (0, false)]
            }
            '1' => {
                let left = (width - vertical_width) / 2;
                [(left, false), (vertical_width, true), (width - left - vertical_width, false), (0, false)]
            }
            '+' => {
                let left = (width - vertical_width) / 2;
                let is_vertical_stroke = row >= height / 5 && row < height - height / 5;
                [
                    (left, is_middle),
                    (vertical_width, is_middle || is_vertical_stroke),
                    (width - left - vertical_width, is_middle),
                    (0, false),
                ]
            }
            _ => {
                let segments = character.to_digit(10).map_or(0, |digit| DIGIT_SEGMENTS[digit as usize]);
                let has = |segment, is_in_row| is_in_row && segments & segment != 0;
                let across = has(SEGMENT_TOP, is_top)
                    || has(SEGMENT_MIDDLE, is_middle)
                    || has(SEGMENT_BOTTOM, is_bottom);
                let left = across
                    || has(SEGMENT_UPPER_LEFT, is_upper_half)
                    || has(SEGMENT_LOWER_LEFT, is_lower_half);
                let right = across
                    || has(SEGMENT_UPPER_RIGHT, is_upper_half)
                    || has(SEGMENT_LOWER_RIGHT, is_lower_half);
                [
                    (vertical_width, left),
                    (width - 2 * vertical_width, across),
                    (vertical_width, right),
                    (0, false),
                ]
            }
        }
    }
}

/// Digits, colons and plus signs, centered in so many columns, at most so many rows high, and drawn with `fill`. None
/// where they would be too small to read.
pub(crate) fn render_digits(text: &str, columns: usize, rows: usize, fill: char) -> Option<Vec<String>> {
    let max_width = (rows * 2).min(columns);
    let fits = |shape: &DigitShape| shape.text_columns(text) <= columns;
    let shape = (MIN_DIGIT_SIZE.0..=max_width).rev().map(|width| DigitShape::new(width, rows)).find(fits)?;
    let margin = (columns - shape.text_columns(text)) / 2;
    (rows >= MIN_DIGIT_SIZE.1)
        .then(|| (0..shape.height).map(|row| render_digit_row(text, &shape, row, margin, fill)).collect())
}

fn render_digit_row(text: &str, shape: &DigitShape, row: usize, margin: usize, fill: char) -> String {
    let mut line = String::with_capacity(margin + shape.text_columns(text) * fill.len_utf8());
    let mut draw = |character, columns| line.extend(std::iter::repeat_n(character, columns));
    for (index, character) in text.chars().enumerate() {
        draw(' ', if index == 0 { margin } else { shape.gap });
        for (columns, is_filled) in shape.row_spans(character, row) {
            draw(if is_filled { fill } else { ' ' }, columns);
        }
    }
    line.truncate(line.trim_end().len());
    line
}
