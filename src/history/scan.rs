//! Lines, read forwards: with their numbers, and never more of them held than one.

use super::tail::{LONGEST_LINE, text_of};
use std::io::{self, BufRead, Read};

/// A reader of lines on its way forwards.
#[derive(Debug)]
pub(crate) struct Scan<R> {
    reader: R,
    /// The line that was read last, as far as lines may be long: its memory serves all of them.
    line: Vec<u8>,
    number: usize,
    offset: u64,
}

/// A line that says something, whatever that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Where it begins, in bytes.
    pub(crate) offset: u64,
    /// Its text, trimmed; or why it is none.
    pub(crate) text: Result<String, String>,
}

impl<R: BufRead> Scan<R> {
    /// Begins at the reader's beginning.
    pub(crate) fn new(reader: R) -> Scan<R> {
        Scan { reader, line: Vec::new(), number: 0, offset: 0 }
    }

    /// The next line that says something; none at the end.
    ///
    /// # Errors
    /// The reader cannot be read.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Scanned>> {
        loop {
            let offset = self.offset;
            if !self.advance()? {
                return Ok(None);
            }
            let text = match text_of(self.bytes()) {
                Ok("") => continue,
                text => text.map(str::to_owned),
            };
            return Ok(Some(Scanned { number: self.number, offset, text }));
        }
    }

    /// Reads the next line, whatever it says. Returns whether there was one.
    ///
    /// # Errors
    /// The reader cannot be read.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        // One byte more tells a line that is too long from one that is not, be that byte its newline.
        let most = LONGEST_LINE as u64 + 1;
        let mut read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        if self.line.pop_if(|last| *last == b'\n').is_none() && self.line.len() > LONGEST_LINE {
            read += self.reader.skip_until(b'\n')?;
        }
        self.number += usize::from(read > 0);
        self.offset += read as u64;
        Ok(read > 0)
    }

    /// The bytes of the line that was read last; none of them if there are too many.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        (self.line.len() <= LONGEST_LINE).then_some(&self.line)
    }

    /// Where the next line begins, in bytes.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
}
