//! Imports history lines, JSON arrays and CSV tables, and exports the history's lines.
//!
//! An import goes into a new log file named by a hash of its content: the same import makes the same file on every
//! computer, and no name from outside becomes a path. Only new lines are written, sorted by `at`, so that the newest
//! are still found from the end.

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

/// How much of a file is read to detect its format.
const SNIFF_BYTES: u64 = 64 * 1024;
/// Limits memory for a large file of another format.
const MAX_REASONS: usize = 1000;

/// Allows for another computer's clock and time zone.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(24);
/// A computer whose clock was once years ahead has used that time in every line since, and those lines are still
/// imported. A later `at` would leave no time for corrections.
const MAX_PLAUSIBLE_FUTURE: SignedDuration = SignedDuration::from_hours(100 * 366 * 24);

/// A file or stream to import.
pub struct ImportInput<'a> {
    /// The name in messages.
    pub name: String,
    /// The content.
    pub reader: Box<dyn Read + 'a>,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportResult {
    /// The number of new lines, which were written.
    pub new_lines: usize,
    /// The number of lines already in the history.
    pub known_lines: usize,
    /// The number of unreadable lines.
    pub unreadable_lines: usize,
    /// The first of these: input, line number, reason.
    pub(crate) unreadable_reasons: Vec<(String, usize, String)>,
    /// Other messages for the person.
    pub(crate) remarks: Vec<String>,
    /// The new log file. None if no line was new.
    pub(crate) file: Option<PathBuf>,
}

/// The result of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportResult {
    /// The number of exported lines.
    pub(crate) line_count: usize,
    /// Lines left out because they are unreadable.
    pub(crate) unread: Vec<UnreadableLines>,
}

impl HistoryFolder {
    /// Imports the new lines of all inputs. Times without an offset in a CSV table are in `zone`.
    ///
    /// # Errors
    /// An input or the history cannot be read, or the new file cannot be written; then nothing is imported.
    pub fn import(&self, inputs: Vec<ImportInput>, zone: &TimeZone, now: &WallTime) -> Result<ImportResult> {
        let mut importer = Importer::new(self.load_known_lines()?, now);
        for input in inputs {
            let name = input.name.clone();
            importer.input_name.clone_from(&name);
            importer.import_input(input, zone).map_err(|why| {
                Error::system(&format!("read {name}"), &why).with_hint("nothing was imported")
            })?;
        }
        let Importer { lines, mut result, future_line_count, .. } = importer;
        result.new_lines = lines.len();
        if future_line_count > 0 {
            result
                .remarks
                .push(format!("{future_line_count} of the lines say that they were written in the future"));
        }
        if !lines.is_empty() {
            let text: String = lines.into_values().map(|line| line + "\n").collect();
            result.file = Some(self.write_import_file(&text)?);
        }
        Ok(result)
    }

    /// Passes every readable line once to `write`, as in its file except that control and bidi characters are escaped,
    /// which is the same JSON.
    ///
    /// # Errors
    /// A log cannot be read, or `write` fails. The lines written by then are not a complete history.
    pub fn export(&self, mut write: impl FnMut(&str) -> io::Result<()>) -> Result<ExportResult> {
        let mut seen = HashSet::new();
        let mut result = ExportResult::default();
        let write_error = |why: io::Error| Error::system("write the export", &why);
        result.unread = self.for_each_line(|text, _| {
            let text = sanitize_json(text);
            if seen.insert(digest_text(&text)) {
                result.line_count += 1;
                write(&text).map_err(write_error)?;
            }
            Ok(())
        })?;
        Ok(result)
    }

    /// Passes every readable line to `on_line`, file by file. Returns the unreadable ones.
    fn for_each_line(
        &self,
        mut on_line: impl FnMut(&str, HistoryLine) -> Result<()>,
    ) -> Result<Vec<UnreadableLines>> {
        let mut gaps = Gaps::default();
        for path in self.list_files(&mut gaps)? {
            let mut unread: Option<UnreadableLines> = None;
            let mut reader = match open_to_read(&path) {
                Ok(file) => Scan::new(BufReader::new(file)),
                Err(why) => {
                    gaps.add_unopened_log(&path, &why);
                    continue;
                }
            };
            loop {
                let scanned = match reader.next_line() {
                    Ok(Some(scanned)) => scanned,
                    Ok(None) => break,
                    Err(why) => {
                        gaps.add_unreadable_log(&path, &why, Timestamp::MAX);
                        break;
                    }
                };
                match scanned.text.and_then(|text| Ok((HistoryLine::parse(&text)?, text))) {
                    Ok((line, text)) => on_line(&text, line)?,
                    Err(why) => {
                        unread = Some(UnreadableLines {
                            file: path.clone(),
                            line_count: unread.map_or(1, |unread| unread.line_count + 1),
                            last_offset: scanned.offset,
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
        let (mut digests, mut history) = (HashSet::new(), History::default());
        self.for_each_line(|text, line| {
            digests.insert(canonical_digest(text));
            history.add(line);
            Ok(())
        })?;
        let mut ids = HashSet::new();
        for reading in history.readings("") {
            ids.insert(reading.line.id());
            // The corrected form, as `history list --json` prints it.
            digests.insert(canonical_digest(&reading.line.to_json()));
        }
        Ok(KnownLines { digests, ids })
    }

    /// Writes a new log file atomically. Returns its path.
    fn write_import_file(&self, text: &str) -> Result<PathBuf> {
        self.create_folder()?;
        let write_error = |why: &io::Error| storage_error("write a file in", &self.folder, why);
        let mut file = tempfile::Builder::new()
            .prefix(".import-")
            .suffix(".tmp")
            .tempfile_in(&self.folder)
            .map_err(|why| write_error(&why))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .map_err(|why| write_error(&why))?;
        let name = digest_text(text).simple();
        for number in 1.. {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let path = self.folder.join(format!("imported-{name}{suffix}.jsonl"));
            match file.persist_noclobber(&path) {
                Ok(_) => {
                    File::open(&self.folder)
                        .and_then(|folder| folder.sync_all())
                        .map_err(|why| write_error(&why))?;
                    return Ok(path);
                }
                // An earlier file of this name is kept: it may have been changed since.
                Err(why) if why.error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {
                    file = why.file;
                }
                Err(why) => return Err(write_error(&why.error)),
            }
        }
        Err(write_error(&io::ErrorKind::AlreadyExists.into()))
    }
}

/// The lines already in the history.
struct KnownLines {
    digests: HashSet<Uuid>,
    ids: HashSet<Uuid>,
}

/// The state of an import.
struct Importer {
    known: KnownLines,
    now: WallTime,
    input_name: String,
    /// New lines, in writing order: by `at`, then text.
    lines: BTreeMap<(WallTime, String), String>,
    /// The number of lines with an `at` in the future.
    future_line_count: usize,
    result: ImportResult,
}

impl Importer {
    fn new(known: KnownLines, now: &WallTime) -> Importer {
        Importer {
            known,
            now: *now,
            input_name: String::new(),
            lines: BTreeMap::new(),
            future_line_count: 0,
            result: ImportResult::default(),
        }
    }

    fn import_input(&mut self, input: ImportInput, zone: &TimeZone) -> io::Result<()> {
        let mut reader = input.reader;
        let mut head = Vec::new();
        reader.by_ref().take(SNIFF_BYTES).read_to_end(&mut head)?;
        let text = String::from_utf8_lossy(&head).into_owned();
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let first_line = text.lines().next().unwrap_or_default();
        let after_bracket = text.strip_prefix('[').map(str::trim_start);
        let is_array = after_bracket.is_some_and(|rest| rest.starts_with(['{', ']']));
        let bom_length = if head.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        let reader = BufReader::new(Cursor::new(head.split_off(bom_length)).chain(reader));
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
        let mut lines = Scan::new(reader);
        while let Some(scanned) = lines.next_line()? {
            match scanned.text {
                Ok(text) => self.import_line(&text, scanned.number),
                Err(why) => self.record_unreadable(scanned.number, &why),
            }
        }
        Ok(())
    }

    fn import_json_array(&mut self, reader: impl BufRead) -> io::Result<()> {
        let line_number = Rc::new(Cell::new(1));
        let counting_reader = LineCountingReader { reader, line_number: Rc::clone(&line_number) };
        let mut json = serde_json::Deserializer::from_reader(counting_reader);
        let elements = ArrayElementsVisitor {
            line_number: &line_number,
            on_element: &mut |text, number| self.import_line(text, number),
        };
        match json.deserialize_seq(elements).and_then(|()| json.end()) {
            Err(why) if why.is_io() => Err(why.into()),
            Err(why) => {
                self.record_unreadable(
                    line_number.get(),
                    &format!("{why}; the rest of the file was not read"),
                );
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn import_csv(&mut self, reader: impl Read, header: &str, zone: &TimeZone) {
        let mut table = match CsvSessionReader::new(reader, header, zone.clone()) {
            Ok(table) => table,
            Err(why) => return self.record_unreadable(1, &why),
        };
        let unknown_columns: Vec<&str> = table.unknown_columns().collect();
        if !unknown_columns.is_empty() {
            let remark = format!(
                "{}: these columns say nothing here: {}",
                self.input_name,
                unknown_columns.join(", ")
            );
            self.result.remarks.push(remark);
        }
        while let Some(row) = table.next_row() {
            match row.session {
                // A table has the corrected session, so it must not override the log's line with its corrections.
                Ok((line, true)) if self.known.ids.contains(&line.id()) => self.result.known_lines += 1,
                // In a person's own table, a time in the future is a mistake.
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

/// Refuses lines with impossible values.
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

/// The reason if the line's `at` is more than `tolerance` in the future.
fn describe_future_date(line: &HistoryLine, now: &WallTime, tolerance: SignedDuration) -> Option<String> {
    let latest = now.timestamp().saturating_add(tolerance).ok()?;
    (line.written_at().timestamp() > latest).then(|| {
        format!("it says that it was written in the future, {}", line.written_at().format_date_time())
    })
}

/// A digest that is equal for equal JSON, whatever its white space and order of fields.
fn canonical_digest(text: &str) -> Uuid {
    let value: Option<Value> = serde_json::from_str(text).ok();
    digest_text(&value.map_or_else(|| text.to_owned(), |value| value.to_string()))
}

fn digest_text(text: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}

/// JSON may have newlines between tokens, which a line cannot have.
fn to_single_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// Counts lines while reading. The parser reads single bytes, none ahead.
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

/// Visits the elements of an array one by one, each with the number of its first line.
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
