//! All logs, read once from their beginnings to their ends, for what takes every session there is.
//!
//! The files are read side by side, the line that was written first next, so that a session and its later
//! versions and copies lie close together. No answer depends on that: see [`Merge`].

use super::{
    Gaps, HistoryFolder, UnreadableLines,
    log_file::{Content, open_log},
    scan::Scan,
    tail::{parse, shortened, text_of},
};
use crate::{
    error::Result,
    record::{Amendment, Brief, HistoryLine, Merge, OutOfOrder, Query},
    time::WallTime,
};
use jiff::Timestamp;
use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    mem,
    path::{Path, PathBuf},
};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

impl HistoryFolder {
    /// Adds every session to what `begin` makes, as it reads after all corrections, the deleted ones left out.
    /// They come in no order that may be relied on; where `add` answers that it needs one, all begins again, with
    /// the oldest first. Returns the sum, and what could not be read.
    ///
    /// It takes little memory, whatever the size of the history, as long as each log was written in the order of
    /// time and few sessions were corrected. Else it takes as much as the sessions do.
    ///
    /// # Errors
    /// A log, or the folder, cannot be read. Where there is no folder, the history is empty.
    pub fn each<T>(
        &self,
        begin: impl Fn() -> T,
        mut add: impl FnMut(&mut T, Brief) -> std::result::Result<(), OutOfOrder>,
    ) -> Result<(T, Vec<UnreadableLines>)> {
        let mut corrections = Vec::new();
        loop {
            let (mut readers, mut gaps) = self.open_all(Forward::open)?;
            let mut sum = begin();
            let corrected = !corrections.is_empty();
            let merge = Merge::new(mem::take(&mut corrections));
            let mut take = |session| add(&mut sum, session);
            match pass(&mut readers, merge, (!corrected).then_some(&mut corrections), &mut take) {
                Ok(()) if corrections.is_empty() => {
                    readers.into_iter().for_each(|reader| reader.tell(&mut gaps));
                    return Ok((sum, gaps.into_lines_or_error()?));
                }
                Ok(()) => {}
                Err(OutOfOrder) => return self.each_sorted(begin, add),
            }
        }
    }

    /// The same with all sessions in memory.
    fn each_sorted<T>(
        &self,
        begin: impl Fn() -> T,
        mut add: impl FnMut(&mut T, Brief) -> std::result::Result<(), OutOfOrder>,
    ) -> Result<(T, Vec<UnreadableLines>)> {
        let found = self.find_newest(&Query::default())?;
        let mut sum = begin();
        for session in found.sessions.iter().rev() {
            // In order, nothing can be out of order; where two are the same moment, either may be first.
            let _ = add(&mut sum, Brief::of(session));
        }
        Ok((sum, found.unread))
    }
}

/// Reads all lines once. Corrections are collected where they are asked for, and then nothing is added any more
/// from the first one on: it all has to be read again.
fn pass(
    readers: &mut [Forward],
    mut merge: Merge,
    mut corrections: Option<&mut Vec<Amendment>>,
    add: &mut impl FnMut(Brief) -> std::result::Result<(), OutOfOrder>,
) -> std::result::Result<(), OutOfOrder> {
    let mut spoiled = false;
    while let Some(reader) = earliest(readers) {
        match reader.take() {
            Some(Fact::Session(_)) if spoiled => {}
            Some(Fact::Session(session)) => {
                if let Some(done) = merge.add(session, reader.line())? {
                    add(done)?;
                }
            }
            Some(Fact::Amendment(amendment)) => {
                if let Some(corrections) = &mut corrections {
                    corrections.push(amendment);
                    spoiled = true;
                }
            }
            None => {}
        }
    }
    if spoiled {
        return Ok(());
    }
    while let Some(held) = merge.next_held() {
        add(held)?;
    }
    Ok(())
}

/// The reader whose next line was written first.
fn earliest(readers: &mut [Forward]) -> Option<&mut Forward> {
    let unfinished = readers.iter_mut().filter_map(|reader| Some((reader.next_at()?, reader)));
    unfinished.min_by_key(|(at, _)| *at).map(|(_, reader)| reader)
}

/// What the sum takes of a line.
enum Fact {
    Session(Brief),
    Amendment(Amendment),
}

/// A log on its way from its beginning; what is appended after it was opened is not read.
struct Forward {
    path: PathBuf,
    scan: Scan<Box<dyn BufRead>>,
    /// What the line that was read last says, until it is taken.
    next: Option<(WallTime, Fact)>,
    unread: Option<UnreadableLines>,
    failure: Option<io::Error>,
    /// Whether there is nothing more to read.
    over: bool,
}

impl Forward {
    fn open(path: &Path) -> io::Result<Forward> {
        let reader: Box<dyn BufRead> = match open_log(path)?.content {
            Content::Whole(bytes) => Box::new(Cursor::new(bytes)),
            Content::File(file, length) => Box::new(BufReader::with_capacity(CHUNK, file.take(length))),
        };
        Ok(Forward {
            path: path.into(),
            scan: Scan::new(reader),
            next: None,
            unread: None,
            failure: None,
            over: false,
        })
    }

    /// When the next line was written; none at the end.
    fn next_at(&mut self) -> Option<WallTime> {
        while self.next.is_none() && !self.over {
            self.advance();
        }
        self.next.as_ref().map(|(at, _)| *at)
    }

    fn take(&mut self) -> Option<Fact> {
        self.next.take().map(|(_, fact)| fact)
    }

    /// The text of the line that was taken last.
    fn line(&self) -> &str {
        text_of(self.scan.bytes()).unwrap_or_default()
    }

    /// Tells what could not be read.
    fn tell(self, gaps: &mut Gaps) {
        gaps.lines.extend(self.unread);
        if let Some(why) = self.failure {
            gaps.add_unreadable_log(&self.path, &why, Timestamp::MAX);
        }
    }

    /// Reads a line.
    fn advance(&mut self) {
        let offset = self.scan.offset();
        match self.scan.advance() {
            Ok(false) => self.over = true,
            Ok(true) => match self.understand() {
                Ok(next) => self.next = next,
                Err(why) => self.note(offset, &why),
            },
            Err(why) => {
                self.failure = Some(why);
                self.over = true;
            }
        }
    }

    fn understand(&self) -> std::result::Result<Option<(WallTime, Fact)>, String> {
        let bytes = self.scan.bytes();
        if let Some(brief) = bytes.and_then(Brief::read) {
            return Ok(Some((brief.at, Fact::Session(brief))));
        }
        Ok(match parse(bytes)? {
            Some(HistoryLine::Session(session)) => Some((session.at, Fact::Session(Brief::of(&session)))),
            Some(HistoryLine::Amendment(amendment)) => Some((amendment.at, Fact::Amendment(amendment))),
            Some(HistoryLine::DiaryEntry(_)) | None => None,
        })
    }

    /// Counts a line that cannot be read; the last one stands for all.
    fn note(&mut self, offset: u64, why: &str) {
        let lines = self.unread.as_ref().map_or(0, |unread| unread.line_count);
        let file = self.path.clone();
        self.unread = Some(UnreadableLines {
            file,
            line_count: lines + 1,
            last_offset: offset,
            reason: shortened(why),
        });
    }
}
