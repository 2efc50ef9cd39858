//! Lines from elsewhere, and lines for elsewhere.
//!
//! What is imported goes into a file of its own, named by its content: the same import makes the same file on
//! every computer, and no name from outside ever becomes a path. Only lines that are new are written, in the order
//! of their writing, so that the newest are still found from the end.

use super::{
    Gaps, Logs, Unread, refused,
    scan::Scan,
    sheet::{Sheet, is_header},
    tail::{LONGEST_LINE, open_to_read, shortened},
};
use crate::{
    error::{Error, Result},
    record::{History, Line, MOST_PAIN, harmless_json},
    time::Wall,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::{Value, value::RawValue};
use std::{
    cell::Cell,
    collections::{BTreeMap, HashSet},
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    path::PathBuf,
    rc::Rc,
};
use uuid::Uuid;

/// How much of a file tells what it is.
const HEAD: u64 = 64 * 1024;
/// How many reasons are kept: a file that is nothing of ours may have more lines than there is memory for them.
const MOST_REASONS: usize = 1000;

/// Another computer's clock may be a little ahead, and it may be in another zone.
const NEXT_DAY: SignedDuration = SignedDuration::from_hours(24);
/// A computer that once believed in a year to come wrote that into every line since: they are a history all the
/// same. Later than this, none could be corrected for the end of time.
const WRONG_CLOCK: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// Where lines come from.
pub struct Source<'a> {
    /// What the person calls it.
    pub name: String,
    /// What is in it.
    pub reader: Box<dyn Read + 'a>,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many lines were new, and are written.
    pub new: usize,
    /// How many were known already.
    pub known: usize,
    /// How many could not be read.
    pub unreadable: usize,
    /// Of these the first: source, line, why.
    pub reasons: Vec<(String, usize, String)>,
    /// What else the person should know.
    pub remarks: Vec<String>,
    /// The file that they were written to; none if there was nothing new.
    pub file: Option<PathBuf>,
}

/// What an export came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many lines were written out.
    pub lines: usize,
    /// What could not be read, and was not.
    pub unread: Vec<Unread>,
}

impl Logs {
    /// Takes over what is new in these sources. Moments of a table that have no offset are meant in `zone`.
    ///
    /// # Errors
    /// A source or the history cannot be read, or the new file cannot be written: then nothing is.
    pub fn import(&self, sources: Vec<Source>, zone: &TimeZone, now: &Wall) -> Result<Imported> {
        let mut incoming = Incoming::new(self.known()?, now);
        for source in sources {
            let name = source.name.clone();
            incoming.name.clone_from(&name);
            incoming
                .take(source, zone)
                .map_err(|why| Error::system(&format!("read {name}"), &why).hint("nothing was imported"))?;
        }
        let Incoming { lines, mut done, ahead, .. } = incoming;
        done.new = lines.len();
        if ahead > 0 {
            done.remarks.push(format!("{ahead} of the lines say that they were written in the future"));
        }
        if !lines.is_empty() {
            let text: String = lines.into_values().map(|line| line + "\n").collect();
            done.file = Some(self.write_apart(&text)?);
        }
        Ok(done)
    }

    /// Hands every line that can be read to `write`, each once, as it stands in its file but for characters that
    /// would steer a terminal: these are escaped, which means the same.
    ///
    /// # Errors
    /// A log cannot be read, or `write` fails. What was handed out by then is no whole history.
    pub fn export(&self, mut write: impl FnMut(&str) -> io::Result<()>) -> Result<Exported> {
        let mut seen = HashSet::new();
        let mut done = Exported::default();
        let failed = |why: io::Error| Error::system("write the export", &why);
        done.unread = self.each_line(|text, _| {
            let text = harmless_json(text);
            if seen.insert(digest(&text)) {
                done.lines += 1;
                write(&text).map_err(failed)?;
            }
            Ok(())
        })?;
        Ok(done)
    }

    /// Every line that can be read, file by file; those that cannot are counted.
    fn each_line(&self, mut each: impl FnMut(&str, Line) -> Result<()>) -> Result<Vec<Unread>> {
        let mut gaps = Gaps::default();
        for path in self.files(&mut gaps)? {
            let mut unread: Option<Unread> = None;
            let mut scan = match open_to_read(&path) {
                Ok(file) => Scan::new(BufReader::new(file)),
                Err(why) => {
                    gaps.not_opened(&path, &why);
                    continue;
                }
            };
            loop {
                let scanned = match scan.next_line() {
                    Ok(Some(scanned)) => scanned,
                    Ok(None) => break,
                    Err(why) => {
                        gaps.not_read(&path, &why, Timestamp::MAX);
                        break;
                    }
                };
                match scanned.text.and_then(|text| Ok((Line::parse(&text)?, text))) {
                    Ok((line, text)) => each(&text, line)?,
                    Err(why) => {
                        let lines = unread.map_or(1, |unread| unread.lines + 1);
                        let (file, offset) = (path.clone(), scanned.offset);
                        unread = Some(Unread { file, lines, offset, why: shortened(&why) });
                    }
                }
            }
            gaps.unread.extend(unread);
        }
        gaps.of_lines()
    }

    fn known(&self) -> Result<Known> {
        let (mut texts, mut history) = (HashSet::new(), History::default());
        self.each_line(|text, line| {
            texts.insert(canonical(text));
            history.add(line);
            Ok(())
        })?;
        let mut ids = HashSet::new();
        for reading in history.readings("") {
            ids.insert(reading.line.id());
            // As `history list --json` shows it.
            texts.insert(canonical(&reading.line.to_json()));
        }
        Ok(Known { texts, ids })
    }

    /// Writes a log of its own, all or nothing.
    fn write_apart(&self, text: &str) -> Result<PathBuf> {
        self.make_folder()?;
        let failed = |why: &io::Error| refused("write a file in", &self.folder, why);
        let mut file = tempfile::Builder::new()
            .prefix(".import-")
            .suffix(".tmp")
            .tempfile_in(&self.folder)
            .map_err(|why| failed(&why))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|why| failed(&why))?;
        let name = digest(text).simple();
        for number in 1.. {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let path = self.folder.join(format!("imported-{name}{suffix}.jsonl"));
            match file.persist_noclobber(&path) {
                Ok(_) => {
                    File::open(&self.folder)
                        .and_then(|folder| folder.sync_all())
                        .map_err(|why| failed(&why))?;
                    return Ok(path);
                }
                // There it was, and somebody changed it: it is kept as it is.
                Err(why) if why.error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {
                    file = why.file;
                }
                Err(why) => return Err(failed(&why.error)),
            }
        }
        Err(failed(&io::ErrorKind::AlreadyExists.into()))
    }
}

/// What is in the history already.
struct Known {
    texts: HashSet<Uuid>,
    ids: HashSet<Uuid>,
}

/// An import on its way.
struct Incoming {
    known: Known,
    now: Wall,
    name: String,
    /// By the order in which they are written: moment, then text.
    lines: BTreeMap<(Wall, String), String>,
    /// How many lines say that they were written later than now.
    ahead: usize,
    done: Imported,
}

impl Incoming {
    fn new(known: Known, now: &Wall) -> Incoming {
        let (name, lines, done) = (String::new(), BTreeMap::new(), Imported::default());
        Incoming { known, now: *now, name, lines, ahead: 0, done }
    }

    fn take(&mut self, source: Source, zone: &TimeZone) -> io::Result<()> {
        let mut reader = source.reader;
        let mut head = Vec::new();
        reader.by_ref().take(HEAD).read_to_end(&mut head)?;
        let text = String::from_utf8_lossy(&head).into_owned();
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let first_line = text.lines().next().unwrap_or_default();
        let after_bracket = text.strip_prefix('[').map(str::trim_start);
        let is_array = after_bracket.is_some_and(|rest| rest.starts_with(['{', ']']));
        let mark = if head.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        let reader = BufReader::new(Cursor::new(head.split_off(mark)).chain(reader));
        if is_array {
            self.take_array(reader)
        } else if !first_line.starts_with('{') && is_header(first_line) {
            self.take_table(reader, first_line, zone);
            Ok(())
        } else {
            self.take_lines(reader)
        }
    }

    fn take_lines(&mut self, reader: impl BufRead) -> io::Result<()> {
        let mut scan = Scan::new(reader);
        while let Some(scanned) = scan.next_line()? {
            match scanned.text {
                Ok(text) => self.take_text(&text, scanned.number),
                Err(why) => self.cannot_read(scanned.number, &why),
            }
        }
        Ok(())
    }

    fn take_array(&mut self, reader: impl BufRead) -> io::Result<()> {
        let line = Rc::new(Cell::new(1));
        let counted = Counted { reader, line: Rc::clone(&line) };
        let mut json = serde_json::Deserializer::from_reader(counted);
        let elements = Elements { line: &line, each: &mut |text, number| self.take_text(text, number) };
        match json.deserialize_seq(elements).and_then(|()| json.end()) {
            Err(why) if why.is_io() => Err(why.into()),
            Err(why) => {
                self.cannot_read(line.get(), &format!("{why}; the rest of the file was not read"));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn take_table(&mut self, reader: impl Read, header: &str, zone: &TimeZone) {
        let mut sheet = match Sheet::new(reader, header, zone.clone()) {
            Ok(sheet) => sheet,
            Err(why) => return self.cannot_read(1, &why),
        };
        let strangers: Vec<&str> = sheet.strangers().collect();
        if !strangers.is_empty() {
            let remark = format!("{}: these columns say nothing here: {}", self.name, strangers.join(", "));
            self.done.remarks.push(remark);
        }
        while let Some(row) = sheet.next_row() {
            match row.session {
                // A table shows a session as it reads after its corrections: it never overrides the log.
                Ok((line, true)) if self.known.ids.contains(&line.id()) => self.done.known += 1,
                // A person's own table says when it was; that cannot be in the future.
                Ok((line, _)) => match lies_ahead(&line, &self.now, NEXT_DAY) {
                    Some(why) => self.cannot_read(row.number, &why),
                    None => self.take_text(&line.to_json(), row.number),
                },
                Err(why) => self.cannot_read(row.number, &why),
            }
        }
    }

    fn take_text(&mut self, text: &str, number: usize) {
        if text.len() > LONGEST_LINE {
            return self.cannot_read(number, &format!("it is longer than {} KiB", LONGEST_LINE / 1024));
        }
        let line = match Line::parse(text).and_then(|line| plausible(&line, &self.now).map(|()| line)) {
            Ok(line) => line,
            Err(why) => return self.cannot_read(number, &why),
        };
        self.ahead += usize::from(lies_ahead(&line, &self.now, NEXT_DAY).is_some());
        if !self.known.texts.insert(canonical(text)) {
            self.done.known += 1;
            return;
        }
        let text = on_one_line(text);
        self.lines.insert((line.at(), text.clone()), text);
    }

    fn cannot_read(&mut self, number: usize, why: &str) {
        self.done.unreadable += 1;
        if self.done.reasons.len() < MOST_REASONS {
            self.done.reasons.push((self.name.clone(), number, shortened(why)));
        }
    }
}

/// What no person can have meant is not taken over.
fn plausible(line: &Line, now: &Wall) -> std::result::Result<(), String> {
    if let Some(why) = lies_ahead(line, now, WRONG_CLOCK) {
        return Err(why);
    }
    let scores: Vec<Option<u64>> = match line {
        Line::Session(session) => {
            let ratings = session.ratings.iter().map(|rating| Some(rating.score));
            ratings
                .chain([session.pain_before, session.pain_after])
                .map(|score| score.map(u64::from))
                .collect()
        }
        Line::Amendment(amendment) => {
            ["pain_before", "pain_after", "pain"].map(|name| amendment.set.get(name)?.as_u64()).into()
        }
        Line::Entry(entry) => vec![entry.pain.map(u64::from)],
    };
    match scores.into_iter().flatten().find(|score| *score > u64::from(MOST_PAIN)) {
        Some(score) => Err(format!("invalid pain score '{score}': expected 0 to {MOST_PAIN}")),
        None => Ok(()),
    }
}

/// Why a line cannot be of its time: it was written so much later than now.
fn lies_ahead(line: &Line, now: &Wall, at_most: SignedDuration) -> Option<String> {
    let latest = now.timestamp().saturating_add(at_most).ok()?;
    (line.at().timestamp() > latest)
        .then(|| format!("it says that it was written in the future, {}", line.at().day_and_time()))
}

/// What tells lines apart that say different things, however they are written.
fn canonical(text: &str) -> Uuid {
    let value: Option<Value> = serde_json::from_str(text).ok();
    digest(&value.map_or_else(|| text.to_owned(), |value| value.to_string()))
}

fn digest(text: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}

/// Between its parts, JSON may have any white space: a line has no room for that.
fn on_one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// Counts lines as they are read. The parser takes one byte after the other, and none ahead.
struct Counted<R> {
    reader: R,
    line: Rc<Cell<usize>>,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let newlines = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + newlines);
        Ok(read)
    }
}

/// An array's elements, one at a time, each with the line that it begins on.
struct Elements<'a> {
    line: &'a Cell<usize>,
    each: &'a mut dyn FnMut(&str, usize),
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> std::result::Result<(), A::Error> {
        while let Some(element) = elements.next_element::<Box<RawValue>>()? {
            let text = element.get().trim();
            let newlines = text.bytes().filter(|byte| *byte == b'\n').count();
            (self.each)(text, self.line.get().saturating_sub(newlines));
        }
        Ok(())
    }
}
