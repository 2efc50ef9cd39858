//! A log, read from its end.

use super::{
    UnreadableLines,
    gaps::Gaps,
    log_file::{Content, open_log},
};
use crate::record::HistoryLine;
use jiff::Timestamp;
use rustix::{fs::OFlags, io::Errno};
use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str,
};

/// How much is read at once: twenty sessions, as a list shows them, take 23 KiB.
const CHUNK: u64 = 32 * 1024;
/// The most bytes that a line may have: a session of a hundred phases takes 20 KiB. Longer ones are damage.
pub(crate) const LONGEST_LINE: usize = 1024 * 1024;
/// The most letters of a reason: it may quote what it complains of.
const LONGEST_REASON: usize = 160;

/// A log on its way back from its end.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    /// None: all of it is held.
    file: Option<File>,
    changed: Timestamp,
    /// Where `held` begins in the file; what is before has not been read yet.
    begin: u64,
    /// What has been read and not handed out.
    held: Vec<u8>,
    /// How many of the last bytes held are known to have no newline among them.
    searched: usize,
    reached: Option<Timestamp>,
    unread: Option<UnreadableLines>,
    /// Whether the last line is one of those.
    is_last_unread: bool,
    /// Why it cannot be read through, and when what is left was written at the latest.
    failure: Option<(io::Error, Timestamp)>,
}

/// A line as it stands in the file.
struct RawLine {
    offset: u64,
    /// None: too long to be held.
    bytes: Option<Vec<u8>>,
}

impl Tail {
    /// Opens a log; what is appended later is not read.
    pub(crate) fn open(path: &Path) -> io::Result<Tail> {
        let opened = open_log(path)?;
        let (file, begin, held) = match opened.content {
            Content::Whole(bytes) => (None, 0, bytes),
            Content::File(file, length) => (Some(file), length, Vec::new()),
        };
        Ok(Tail {
            path: path.into(),
            file,
            changed: opened.changed,
            begin,
            held,
            searched: 0,
            reached: Some(Timestamp::MAX),
            unread: None,
            is_last_unread: false,
            failure: None,
        })
    }

    /// The moment after which no line is left that was written then; none where no line is left at all.
    pub(crate) fn reached(&self) -> Option<Timestamp> {
        self.reached
    }

    /// The next older line that can be read.
    pub(crate) fn previous(&mut self) -> Option<HistoryLine> {
        loop {
            match self.previous_raw() {
                Ok(Some(raw)) => match parse(raw.bytes.as_deref()) {
                    Ok(Some(line)) => {
                        self.reached = Some(line.written_at().timestamp());
                        return Some(line);
                    }
                    Ok(None) => {}
                    Err(why) => self.note(raw.offset, &why),
                },
                Ok(None) => break,
                Err(why) => {
                    let until = self.reached.unwrap_or(Timestamp::MAX).min(self.changed);
                    self.failure = Some((why, until));
                    break;
                }
            }
        }
        self.reached = None;
        None
    }

    /// Tells what could not be read so far.
    pub(crate) fn tell(&self, gaps: &mut Gaps) {
        gaps.lines.extend(self.unread.clone());
        if self.is_last_unread {
            gaps.add_unreadable_last_line(&self.path, self.changed);
        }
        if let Some((why, until)) = &self.failure {
            gaps.add_unreadable_log(&self.path, why, *until);
        }
    }

    fn previous_raw(&mut self) -> io::Result<Option<RawLine>> {
        let mut too_long = false;
        loop {
            let unsearched = &self.held[..self.held.len() - self.searched];
            let start = match unsearched.iter().rposition(|byte| *byte == b'\n') {
                Some(newline) => newline + 1,
                None if self.begin == 0 && self.held.is_empty() => return Ok(None),
                None if self.begin == 0 => 0,
                None => {
                    self.searched = self.held.len();
                    if self.held.len() > LONGEST_LINE {
                        too_long = true;
                        self.held.clear();
                        self.searched = 0;
                    }
                    self.read_chunk()?;
                    continue;
                }
            };
            let bytes = self.held.split_off(start);
            self.held.pop();
            self.searched = 0;
            let offset = self.begin + start as u64;
            too_long |= bytes.len() > LONGEST_LINE;
            return Ok(Some(RawLine { offset, bytes: (!too_long).then_some(bytes) }));
        }
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let size = self.begin.min(CHUNK);
        let mut chunk = vec![0; size as usize];
        file.read_exact_at(&mut chunk, self.begin - size)?;
        self.begin -= size;
        chunk.append(&mut self.held);
        self.held = chunk;
        Ok(())
    }

    /// Counts a line that cannot be read. The reason of the first met, the file's last, stands for all: a
    /// damaged file may have more lines than there is memory for reasons.
    fn note(&mut self, offset: u64, why: &str) {
        match &mut self.unread {
            Some(unread) => unread.line_count += 1,
            None => {
                self.is_last_unread = self.reached == Some(Timestamp::MAX);
                let file = self.path.clone();
                self.unread = Some(UnreadableLines {
                    file,
                    line_count: 1,
                    last_offset: offset,
                    reason: shortened(why),
                });
            }
        }
    }
}

/// A reason, as long as reasons may be.
pub(crate) fn shortened(why: &str) -> String {
    why.chars().take(LONGEST_REASON).collect()
}

/// Opens a file for reading. A pipe of that name would keep its opener waiting for somebody to write: it is
/// refused, like everything that is no ordinary file.
///
/// # Errors
/// It cannot be opened.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    // Nobody opens a socket.
    let is_socket = |why: &io::Error| why.raw_os_error() == Some(Errno::NXIO.raw_os_error());
    only_a_file(opened.map_err(|why| if is_socket(&why) { not_a_file_error() } else { why })?)
}

/// Refuses folders, pipes and devices.
pub(crate) fn only_a_file(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_a_file_error()) }
}

fn not_a_file_error() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// Reads a line; an empty one says nothing. Editors of other systems leave a mark before the first line and a
/// carriage return after each: neither does harm.
pub(crate) fn parse(bytes: Option<&[u8]>) -> Result<Option<HistoryLine>, String> {
    match text_of(bytes)? {
        "" => Ok(None),
        text => HistoryLine::parse(text).map(Some),
    }
}

/// What a line says, without what other systems put around it.
pub(crate) fn text_of(bytes: Option<&[u8]>) -> Result<&str, String> {
    let bytes = bytes.ok_or_else(|| format!("it is longer than {} KiB", LONGEST_LINE / 1024))?;
    let text = str::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())?;
    Ok(text.trim_start_matches('\u{feff}').trim())
}
