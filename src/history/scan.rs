//! Lines, read forwards: with their numbers, and never more of them held than one.

use super::tail::{LONGEST_LINE, text_of};
use std::io::{self, BufRead};

/// A reader of lines on its way forwards.
#[derive(Debug)]
pub struct Scan<R> {
    reader: R,
    number: usize,
    offset: u64,
}

/// A line that says something, whatever that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Its number, from 1.
    pub number: usize,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// Its text, trimmed; or why it is none.
    pub text: Result<String, String>,
}

impl<R: BufRead> Scan<R> {
    /// Begins at the reader's beginning.
    pub fn new(reader: R) -> Scan<R> {
        Scan { reader, number: 0, offset: 0 }
    }

    /// The next line that says something; none at the end.
    ///
    /// # Errors
    /// The reader cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<Scanned>> {
        loop {
            let offset = self.offset;
            let Some(bytes) = self.next_bytes()? else { return Ok(None) };
            self.number += 1;
            let text = match text_of(bytes.as_deref()) {
                Ok("") => continue,
                text => text.map(str::to_owned),
            };
            return Ok(Some(Scanned { number: self.number, offset, text }));
        }
    }

    /// The next line's bytes, none of them if there are too many; none at the end.
    fn next_bytes(&mut self) -> io::Result<Option<Option<Vec<u8>>>> {
        let begin = self.offset;
        let mut bytes = Some(Vec::new());
        loop {
            let piece = self.reader.fill_buf()?;
            if piece.is_empty() {
                return Ok((self.offset > begin).then_some(bytes));
            }
            let newline = piece.iter().position(|byte| *byte == b'\n');
            let part = &piece[..newline.unwrap_or(piece.len())];
            match &mut bytes {
                Some(held) if held.len() + part.len() <= LONGEST_LINE => held.extend_from_slice(part),
                _ => bytes = None,
            }
            let used = part.len() + usize::from(newline.is_some());
            self.reader.consume(used);
            self.offset += used as u64;
            if newline.is_some() {
                return Ok(Some(bytes));
            }
        }
    }
}
