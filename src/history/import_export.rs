//! Lines from elsewhere, and lines for elsewhere.
//!
//! What is imported goes into a file of its own, named by its content: the same import makes the same file on
//! every computer, and no name from outside ever becomes a path. Only lines that are new are written, in the order
//! of their writing, so that the newest are still found from the end.

use super::{
    Gaps, HistoryFolder, UnreadableLines,
    csv_import::{CsvSessionReader, is_csv_header},
    scan::Scan,
    storage_error,
    tail::{LONGEST_LINE, open_to_read, shortened},
};
use crate::{
    error::{Error, Result},
    record::{History, HistoryLine, MAX_PAIN, sanitize_json},
    time::WallTime,
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
const SNIFF_BYTES: u64 = 64 * 1024;
/// How many reasons are kept: a file that is nothing of ours may have more lines than there is memory for them.
const MAX_REASONS: usize = 1000;

/// Another computer's clock may be a little ahead, and it may be in another zone.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(24);
/// A computer that once believed in a year to come wrote that into every line since: they are a history all the
/// same. Later than this, none could be corrected for the end of time.
const MAX_PLAUSIBLE_FUTURE: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// Where lines come from.
pub struct ImportInput<'a> {
    /// What the person calls it.
    pub name: String,
    /// What is in it.
    pub reader: Box<dyn Read + 'a>,
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportResult {
    /// How many lines were new, and are written.
    pub new_lines: usize,
    /// How many were known already.
    pub known_lines: usize,
    /// How many could not be read.
    pub unreadable_lines: usize,
    /// Of these the first: source, line, why.
    pub(crate) unreadable_reasons: Vec<(String, usize, String)>,
    /// What else the person should know.
    pub(crate) remarks: Vec<String>,
    /// The file that they were written to; none if there was nothing new.
    pub(crate) file: Option<PathBuf>,
}

/// What an export came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportResult {
    /// How many lines were written out.
    pub(crate) line_count: usize,
    /// What could not be read, and was not.
    pub(crate) unread: Vec<UnreadableLines>,
}

impl HistoryFolder {
    /// Takes over what is new in these sources. Moments of a table that have no offset are meant in `zone`.
    ///
    /// # Errors
    /// A source or the history cannot be read, or the new file cannot be written: then nothing is.
    pub fn import(&self, sources: Vec<ImportInput>, zone: &TimeZone, now: &WallTime) -> Result<ImportResult> {
        let mut incoming = Importer::new(self.load_known_lines()?, now);
        for source in sources {
            let name = source.name.clone();
            incoming.input_name.clone_from(&name);
            incoming.import_input(source, zone).map_err(|why| {
                Error::system(&format!("read {name}"), &why).with_hint("nothing was imported")
            })?;
        }
        let Importer { lines, result: mut done, future_line_count: ahead, .. } = incoming;
        done.new_lines = lines.len();
        if ahead > 0 {
            done.remarks.push(format!("{ahead} of the lines say that they were written in the future"));
        }
        if !lines.is_empty() {
            let text: String = lines.into_values().map(|line| line + "\n").collect();
            done.file = Some(self.write_import_file(&text)?);
        }
        Ok(done)
    }

    /// Hands every line that can be read to `write`, each once, as it stands in its file but for characters that
    /// would steer a terminal: these are escaped, which means the same.
    ///
    /// # Errors
    /// A log cannot be read, or `write` fails. What was handed out by then is no whole history.
    pub fn export(&self, mut write: impl FnMut(&str) -> io::Result<()>) -> Result<ExportResult> {
        let mut seen = HashSet::new();
        let mut done = ExportResult::default();
        let failed = |why: io::Error| Error::system("write the export", &why);
        done.unread = self.for_each_line(|text, _| {
            let text = sanitize_json(text);
            if seen.insert(digest_text(&text)) {
                done.line_count += 1;
                write(&text).map_err(failed)?;
            }
            Ok(())
        })?;
        Ok(done)
    }

    /// Every line that can be read, file by file; those that cannot are counted.
    fn for_each_line(
        &self,
        mut each: impl FnMut(&str, HistoryLine) -> Result<()>,
    ) -> Result<Vec<UnreadableLines>> {
        let mut gaps = Gaps::default();
        for path in self.list_files(&mut gaps)? {
            let mut unread: Option<UnreadableLines> = None;
            let mut scan = match open_to_read(&path) {
                Ok(file) => Scan::new(BufReader::new(file)),
                Err(why) => {
                    gaps.add_unopened_log(&path, &why);
                    continue;
                }
            };
            loop {
                let scanned = match scan.next_line() {
                    Ok(Some(scanned)) => scanned,
                    Ok(None) => break,
                    Err(why) => {
                        gaps.add_unreadable_log(&path, &why, Timestamp::MAX);
                        break;
                    }
                };
                match scanned.text.and_then(|text| Ok((HistoryLine::parse(&text)?, text))) {
                    Ok((line, text)) => each(&text, line)?,
                    Err(why) => {
                        let lines = unread.map_or(1, |unread| unread.line_count + 1);
                        let (file, offset) = (path.clone(), scanned.offset);
                        unread = Some(UnreadableLines {
                            file,
                            line_count: lines,
                            last_offset: offset,
                            reason: shortened(&why),
                        });
                    }
                }
            }
            gaps.lines.extend(unread);
        }
        gaps.into_lines_or_error()
    }

    fn load_known_lines(&self) -> Result<KnownLines> {
        let (mut texts, mut history) = (HashSet::new(), History::default());
        self.for_each_line(|text, line| {
            texts.insert(canonical_digest(text));
            history.add(line);
            Ok(())
        })?;
        let mut ids = HashSet::new();
        for reading in history.readings("") {
            ids.insert(reading.line.id());
            // As `history list --json` shows it.
            texts.insert(canonical_digest(&reading.line.to_json()));
        }
        Ok(KnownLines { digests: texts, ids })
    }

    /// Writes a log of its own, all or nothing.
    fn write_import_file(&self, text: &str) -> Result<PathBuf> {
        self.create_folder()?;
        let failed = |why: &io::Error| storage_error("write a file in", &self.folder, why);
        let mut file = tempfile::Builder::new()
            .prefix(".import-")
            .suffix(".tmp")
            .tempfile_in(&self.folder)
            .map_err(|why| failed(&why))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|why| failed(&why))?;
        let name = digest_text(text).simple();
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
struct KnownLines {
    digests: HashSet<Uuid>,
    ids: HashSet<Uuid>,
}

/// An import on its way.
struct Importer {
    known: KnownLines,
    now: WallTime,
    input_name: String,
    /// By the order in which they are written: moment, then text.
    lines: BTreeMap<(WallTime, String), String>,
    /// How many lines say that they were written later than now.
    future_line_count: usize,
    result: ImportResult,
}

impl Importer {
    fn new(known: KnownLines, now: &WallTime) -> Importer {
        let (name, lines, done) = (String::new(), BTreeMap::new(), ImportResult::default());
        Importer { known, now: *now, input_name: name, lines, future_line_count: 0, result: done }
    }

    fn import_input(&mut self, source: ImportInput, zone: &TimeZone) -> io::Result<()> {
        let mut reader = source.reader;
        let mut head = Vec::new();
        reader.by_ref().take(SNIFF_BYTES).read_to_end(&mut head)?;
        let text = String::from_utf8_lossy(&head).into_owned();
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let first_line = text.lines().next().unwrap_or_default();
        let after_bracket = text.strip_prefix('[').map(str::trim_start);
        let is_array = after_bracket.is_some_and(|rest| rest.starts_with(['{', ']']));
        let mark = if head.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        let reader = BufReader::new(Cursor::new(head.split_off(mark)).chain(reader));
        if is_array {
            self.import_json_array(reader)
        } else if !first_line.starts_with('{') && is_csv_header(first_line) {
            self.import_csv(reader, first_line, zone);
            Ok(())
        } else {
            self.import_json_lines(reader)
        }
    }

    fn import_json_lines(&mut self, reader: impl BufRead) -> io::Result<()> {
        let mut scan = Scan::new(reader);
        while let Some(scanned) = scan.next_line()? {
            match scanned.text {
                Ok(text) => self.import_line(&text, scanned.number),
                Err(why) => self.record_unreadable(scanned.number, &why),
            }
        }
        Ok(())
    }

    fn import_json_array(&mut self, reader: impl BufRead) -> io::Result<()> {
        let line = Rc::new(Cell::new(1));
        let counted = LineCountingReader { reader, line_number: Rc::clone(&line) };
        let mut json = serde_json::Deserializer::from_reader(counted);
        let elements = ArrayElementsVisitor {
            line_number: &line,
            on_element: &mut |text, number| self.import_line(text, number),
        };
        match json.deserialize_seq(elements).and_then(|()| json.end()) {
            Err(why) if why.is_io() => Err(why.into()),
            Err(why) => {
                self.record_unreadable(line.get(), &format!("{why}; the rest of the file was not read"));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn import_csv(&mut self, reader: impl Read, header: &str, zone: &TimeZone) {
        let mut sheet = match CsvSessionReader::new(reader, header, zone.clone()) {
            Ok(sheet) => sheet,
            Err(why) => return self.record_unreadable(1, &why),
        };
        let strangers: Vec<&str> = sheet.unknown_columns().collect();
        if !strangers.is_empty() {
            let remark =
                format!("{}: these columns say nothing here: {}", self.input_name, strangers.join(", "));
            self.result.remarks.push(remark);
        }
        while let Some(row) = sheet.next_row() {
            match row.session {
                // A table shows a session as it reads after its corrections: it never overrides the log.
                Ok((line, true)) if self.known.ids.contains(&line.id()) => self.result.known_lines += 1,
                // A person's own table says when it was; that cannot be in the future.
                Ok((line, _)) => match describe_future_date(&line, &self.now, MAX_CLOCK_SKEW) {
                    Some(why) => self.record_unreadable(row.line_number, &why),
                    None => self.import_line(&line.to_json(), row.line_number),
                },
                Err(why) => self.record_unreadable(row.line_number, &why),
            }
        }
    }

    fn import_line(&mut self, text: &str, number: usize) {
        if text.len() > LONGEST_LINE {
            return self.record_unreadable(number, &format!("it is longer than {} KiB", LONGEST_LINE / 1024));
        }
        let line = match HistoryLine::parse(text)
            .and_then(|line| check_plausible(&line, &self.now).map(|()| line))
        {
            Ok(line) => line,
            Err(why) => return self.record_unreadable(number, &why),
        };
        self.future_line_count +=
            usize::from(describe_future_date(&line, &self.now, MAX_CLOCK_SKEW).is_some());
        if !self.known.digests.insert(canonical_digest(text)) {
            self.result.known_lines += 1;
            return;
        }
        let text = to_single_line(text);
        self.lines.insert((line.written_at(), text.clone()), text);
    }

    fn record_unreadable(&mut self, number: usize, why: &str) {
        self.result.unreadable_lines += 1;
        if self.result.unreadable_reasons.len() < MAX_REASONS {
            self.result.unreadable_reasons.push((self.input_name.clone(), number, shortened(why)));
        }
    }
}

/// What no person can have meant is not taken over.
fn check_plausible(line: &HistoryLine, now: &WallTime) -> std::result::Result<(), String> {
    if let Some(why) = describe_future_date(line, now, MAX_PLAUSIBLE_FUTURE) {
        return Err(why);
    }
    let scores: Vec<Option<u64>> = match line {
        HistoryLine::Session(session) => {
            let ratings = session.ratings.iter().map(|rating| Some(rating.score));
            ratings
                .chain([session.pain_before, session.pain_after])
                .map(|score| score.map(u64::from))
                .collect()
        }
        HistoryLine::Amendment(amendment) => ["pain_before", "pain_after", "pain"]
            .map(|name| amendment.changed_fields.get(name)?.as_u64())
            .into(),
        HistoryLine::DiaryEntry(entry) => vec![entry.pain.map(u64::from)],
    };
    match scores.into_iter().flatten().find(|score| *score > u64::from(MAX_PAIN)) {
        Some(score) => Err(format!("invalid pain score '{score}': expected 0 to {MAX_PAIN}")),
        None => Ok(()),
    }
}

/// Why a line cannot be of its time: it was written so much later than now.
fn describe_future_date(line: &HistoryLine, now: &WallTime, at_most: SignedDuration) -> Option<String> {
    let latest = now.timestamp().saturating_add(at_most).ok()?;
    (line.written_at().timestamp() > latest).then(|| {
        format!("it says that it was written in the future, {}", line.written_at().format_date_time())
    })
}

/// What tells lines apart that say different things, however they are written.
fn canonical_digest(text: &str) -> Uuid {
    let value: Option<Value> = serde_json::from_str(text).ok();
    digest_text(&value.map_or_else(|| text.to_owned(), |value| value.to_string()))
}

fn digest_text(text: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}

/// Between its parts, JSON may have any white space: a line has no room for that.
fn to_single_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// Counts lines as they are read. The parser takes one byte after the other, and none ahead.
struct LineCountingReader<R> {
    reader: R,
    line_number: Rc<Cell<usize>>,
}

impl<R: BufRead> Read for LineCountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let newlines = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
        self.line_number.set(self.line_number.get() + newlines);
        Ok(read)
    }
}

/// An array's elements, one at a time, each with the line that it begins on.
struct ArrayElementsVisitor<'a> {
    line_number: &'a Cell<usize>,
    on_element: &'a mut dyn FnMut(&str, usize),
}

impl<'de> Visitor<'de> for ArrayElementsVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> std::result::Result<(), A::Error> {
        while let Some(element) = elements.next_element::<Box<RawValue>>()? {
            let text = element.get().trim();
            let newlines = text.bytes().filter(|byte| *byte == b'\n').count();
            (self.on_element)(text, self.line_number.get().saturating_sub(newlines));
        }
        Ok(())
    }
}
