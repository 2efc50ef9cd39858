//! A line's text, read once from its beginning to its end.
//!
//! Only what this program writes is understood, with or without spaces between; whatever is not gives none, and says
//! nothing about the line. What is understood is exactly what serde would make of it.

use crate::time::WallTime;
use std::borrow::Cow;
use uuid::Uuid;

/// How far a text was read.
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

/// What can be read where a value stands.
pub(crate) trait Read<'a>: Sized {
    /// Reads it, and moves behind it.
    fn read(cursor: &mut Cursor<'a>) -> Option<Self>;
}

impl<'a> Cursor<'a> {
    /// Begins at the beginning.
    pub(crate) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { rest: text }
    }

    /// Moves behind these letters, if they come next.
    #[inline(always)]
    pub(crate) fn skip(&mut self, letters: &str) -> bool {
        match self.rest.strip_prefix(letters) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads a value, and spaces before it.
    #[inline(always)]
    pub(crate) fn value<T: Read<'a>>(&mut self) -> Option<T> {
        self.space();
        T::read(self)
    }

    /// Moves into an object or an array. Returns whether there is anything in it.
    pub(crate) fn open(&mut self, open: &str, close: &str) -> Option<bool> {
        if !self.skip(open) {
            return None;
        }
        self.space();
        Some(!self.skip(close))
    }

    /// Moves on to the next of an object or an array, or out of it. Returns whether there is a next.
    #[inline(always)]
    pub(crate) fn more(&mut self, close: &str) -> Option<bool> {
        self.space();
        if self.skip(",") {
            self.space();
            return Some(true);
        }
        self.skip(close).then_some(false)
    }

    /// Whether there is nothing more.
    pub(crate) fn end(&mut self) -> Option<()> {
        self.space();
        self.rest.is_empty().then_some(())
    }

    /// Moves behind spaces.
    pub(crate) fn space(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', ..] = self.rest.as_bytes() {
            self.rest = &self.rest[1..];
        }
    }

    /// Moves on by so many bytes; returns what is in between.
    fn take(&mut self, bytes: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(taken)
    }
}

/// Without escapes it is borrowed; one with escapes is left to serde.
impl<'a> Read<'a> for Cow<'a, str> {
    fn read(cursor: &mut Cursor<'a>) -> Option<Cow<'a, str>> {
        let quoted = cursor.rest;
        if !cursor.skip("\"") {
            return None;
        }
        let text = cursor.take(plain(cursor.rest.as_bytes()))?;
        if cursor.skip("\"") {
            return Some(Cow::Borrowed(text));
        }
        while !cursor.skip("\"") {
            if cursor.skip("\\") {
                cursor.take(1)?;
            } else if cursor.take(plain(cursor.rest.as_bytes()))?.is_empty() {
                return None;
            }
        }
        let quoted = &quoted[..quoted.len() - cursor.rest.len()];
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    }
}

/// How many letters come before the first that is a quote, a backslash, or none at all; eight at once.
fn plain(text: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (eights, rest) = text.as_chunks();
    for (number, eight) in eights.iter().enumerate() {
        let letters = u64::from_le_bytes(*eight);
        // The highest bit of each byte that is below a limit of at most 80 hexadecimal; above the first such byte
        // the carry may set others.
        let below = |letters: u64, limit: u64| letters.wrapping_sub(limit * EACH) & !letters & (0x80 * EACH);
        let is = |letter: u8| below(letters ^ (u64::from(letter) * EACH), 1);
        let found = is(b'"') | is(b'\\') | below(letters, 0x20);
        if found != 0 {
            return number * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let odd = rest.iter().position(|letter| matches!(letter, b'"' | b'\\' | 0..0x20));
    text.len() - rest.len() + odd.unwrap_or(rest.len())
}

impl<'a> Read<'a> for u64 {
    fn read(cursor: &mut Cursor<'a>) -> Option<u64> {
        let text = cursor.rest.as_bytes();
        let mut number: u64 = 0;
        let mut length = 0;
        while let Some(digit @ b'0'..=b'9') = text.get(length) {
            number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            length += 1;
        }
        if length == 0 || (length > 1 && text[0] == b'0') {
            return None;
        }
        cursor.take(length)?;
        Some(number)
    }
}

impl<'a> Read<'a> for u32 {
    fn read(cursor: &mut Cursor<'a>) -> Option<u32> {
        u64::read(cursor)?.try_into().ok()
    }
}

impl<'a> Read<'a> for u8 {
    fn read(cursor: &mut Cursor<'a>) -> Option<u8> {
        u64::read(cursor)?.try_into().ok()
    }
}

impl<'a> Read<'a> for bool {
    fn read(cursor: &mut Cursor<'a>) -> Option<bool> {
        if cursor.skip("true") { Some(true) } else { cursor.skip("false").then_some(false) }
    }
}

impl<'a> Read<'a> for WallTime {
    fn read(cursor: &mut Cursor<'a>) -> Option<WallTime> {
        Cow::read(cursor)?.parse().ok()
    }
}

impl<'a> Read<'a> for Uuid {
    fn read(cursor: &mut Cursor<'a>) -> Option<Uuid> {
        Uuid::try_parse(&Cow::read(cursor)?).ok()
    }
}

impl<'a, T: Read<'a>> Read<'a> for Option<T> {
    fn read(cursor: &mut Cursor<'a>) -> Option<Option<T>> {
        if cursor.skip("null") { Some(None) } else { T::read(cursor).map(Some) }
    }
}
