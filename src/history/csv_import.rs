//! Reads sessions from a CSV table with a header, exported by this program or kept by a person.
//!
//! Only `started` is required. The phases come from `phases`, or from `heat_s` and `cold_s` (seconds) or `heat_min` and
//! `cold_min`. A row without an id gets one from its text, so that a second import gives the same session.

use crate::{
    error::{join_or, plain_words},
    record::{CSV_COLUMNS, ColumnType, HistoryLine, ORIGIN_LOGGED, OUTCOMES, SessionRecord},
};
use csv::{Reader, ReaderBuilder, StringRecord};
use jiff::{Timestamp, ZonedDateTime, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value, json};
use std::io::{self, Read};
use uuid::Uuid;

/// Columns that may replace `phases`: name, kind, seconds per unit.
const DURATION_COLUMNS: [(&str, &str, u64); 4] =
    [("heat_s", "heat", 1), ("heat_min", "heat", 60), ("cold_s", "cold", 1), ("cold_min", "cold", 60)];

/// Reads a table row by row.
pub(crate) struct CsvSessionReader<R> {
    rows: Reader<NewlineNormalizer<R>>,
    columns: Vec<String>,
    zone: TimeZone,
    is_finished: bool,
}

pub(crate) struct CsvRow {
    /// From 1, with the header.
    pub(crate) line_number: usize,
    /// The session, and whether the row has an id; or why the row is invalid.
    pub(crate) session: Result<(HistoryLine, bool), String>,
}

impl<R: Read> CsvSessionReader<R> {
    /// Reads the header. Times without an offset are in `zone`.
    ///
    /// # Errors
    /// The header cannot be read or has a column twice.
    pub(crate) fn new(reader: R, header: &str, zone: TimeZone) -> Result<CsvSessionReader<R>, String> {
        let separator = [b';', b'\t', b',']
            .into_iter()
            .max_by_key(|separator| header.bytes().filter(|byte| byte == separator).count());
        let mut rows = ReaderBuilder::new()
            .flexible(true)
            .delimiter(separator.unwrap_or(b','))
            .from_reader(NewlineNormalizer { reader, has_added_newline: false, is_at_end: false });
        let header = rows.headers().map_err(describe_csv_error)?;
        let columns: Vec<String> = header.iter().map(normalize_column_name).collect();
        let duplicate =
            columns.iter().enumerate().find(|(at, name)| !name.is_empty() && columns[..*at].contains(name));
        if let Some((_, name)) = duplicate {
            return Err(format!("its header names the column '{name}' twice"));
        }
        Ok(CsvSessionReader { rows, columns, zone, is_finished: false })
    }

    /// Columns that the import ignores.
    pub(crate) fn unknown_columns(&self) -> impl Iterator<Item = &str> {
        let is_known = |name: &str| {
            CSV_COLUMNS.iter().any(|(known, _)| *known == name)
                || DURATION_COLUMNS.iter().any(|(known, ..)| *known == name)
                || ["v", "kind"].contains(&name)
        };
        self.columns.iter().map(String::as_str).filter(move |name| !is_known(name))
    }

    /// None at the end of the table.
    pub(crate) fn next_row(&mut self) -> Option<CsvRow> {
        if self.is_finished {
            return None;
        }
        let mut record = StringRecord::new();
        let start_line = self.rows.position().line();
        let result = self.rows.read_record(&mut record);
        let line_number = record.position().map_or(start_line, csv::Position::line);
        let line_number = usize::try_from(line_number).unwrap_or(usize::MAX);
        match result {
            Ok(false) => None,
            // An open quotation mark has swallowed all rows after it.
            Ok(true) if self.rows.get_ref().is_at_end => {
                Some(CsvRow { line_number, session: Err("its quotation mark is never closed".into()) })
            }
            Ok(true) => Some(CsvRow { line_number, session: self.parse_session(&record) }),
            Err(why) => {
                self.is_finished = why.is_io_error();
                Some(CsvRow { line_number, session: Err(describe_csv_error(why)) })
            }
        }
    }

    fn parse_session(&self, row: &StringRecord) -> Result<(HistoryLine, bool), String> {
        if row.len() > self.columns.len() {
            return Err(format!("it has {} columns, the header {}", row.len(), self.columns.len()));
        }
        let mut fields = Map::new();
        for (name, column_type) in CSV_COLUMNS {
            if let Some(text) = self.cell_text(row, name) {
                let value =
                    parse_cell(text, *column_type, &self.zone).map_err(|why| format!("{name}: {why}"))?;
                fields.insert((*name).into(), value);
            }
        }
        let has_id = fields.contains_key("id");
        self.fill_missing_fields(row, &mut fields)?;
        let session: SessionRecord =
            serde_json::from_value(Value::Object(fields)).map_err(|why| why.to_string())?;
        if !OUTCOMES.contains(&session.outcome.as_str()) {
            return Err(format!("invalid outcome: expected {}", join_or(OUTCOMES)));
        }
        if session.ended.is_some_and(|ended| ended < session.started) {
            return Err("it ended before it started".into());
        }
        Ok((HistoryLine::Session(session), has_id))
    }

    /// Adds the fields that follow from others, and the defaults.
    fn fill_missing_fields(&self, row: &StringRecord, fields: &mut Map<String, Value>) -> Result<(), String> {
        let started = fields.get("started").cloned().ok_or("it does not say when it started")?;
        if !fields.contains_key("phases") {
            fields.insert("phases".into(), self.parse_phases(row)?);
        }
        let sum = |field: &str| -> u64 {
            let phases = fields.get("phases").and_then(Value::as_array).into_iter().flatten();
            phases.fold(0, |sum, phase| sum.saturating_add(phase[field].as_u64().unwrap_or(0)))
        };
        let (planned, active) = (sum("planned_s"), sum("actual_s"));
        let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let text = names.iter().zip(row).map(|(name, cell)| format!("{name}={cell}\n")).collect::<String>();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("easeback row\n{text}").as_bytes());
        let at = fields.get("ended").cloned().unwrap_or(started);
        for (name, value) in [
            ("planned_s", json!(planned)),
            ("active_s", json!(active)),
            ("outcome", json!("completed")),
            ("protocol", json!("alternate")),
            ("id", json!(id)),
            ("at", at),
        ] {
            fields.entry(name).or_insert(value);
        }
        if self.cell_text(row, "id").is_none() {
            fields.entry("origin").or_insert(json!(ORIGIN_LOGGED));
        }
        Ok(())
    }

    fn parse_phases(&self, row: &StringRecord) -> Result<Value, String> {
        let mut phases = Vec::new();
        for (name, kind, unit_seconds) in DURATION_COLUMNS {
            let Some(text) = self.cell_text(row, name) else { continue };
            let length: u64 =
                text.parse().map_err(|_| format!("invalid {name} '{text}': expected a whole number"))?;
            let length = length.saturating_mul(unit_seconds);
            if length > 0 {
                phases.push(json!({
                    "kind": kind, "round": 1, "planned_s": length, "actual_s": length, "outcome": "completed",
                }));
            }
        }
        if phases.is_empty() {
            return Err("it has neither phases nor heat_min nor cold_min".into());
        }
        Ok(Value::Array(phases))
    }

    /// The trimmed text of a cell; None if it is empty or the column is missing.
    fn cell_text<'a>(&self, row: &'a StringRecord, name: &str) -> Option<&'a str> {
        let index = self.columns.iter().position(|column| column == name)?;
        row.get(index).map(str::trim).filter(|text| !text.is_empty())
    }
}

/// Removes carriage returns, which would spoil the line numbers, and adds a newline at the end, so that only an open
/// quotation mark makes the CSV parser read on to the real end.
struct NewlineNormalizer<R> {
    reader: R,
    has_added_newline: bool,
    is_at_end: bool,
}

impl<R: Read> Read for NewlineNormalizer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.reader.read(buffer)?;
            if read == 0 && !buffer.is_empty() {
                self.is_at_end = self.has_added_newline;
                self.has_added_newline = true;
                buffer[0] = b'\n';
                return Ok(usize::from(!self.is_at_end));
            }
            let mut kept = 0;
            for at in 0..read {
                if buffer[at] != b'\r' {
                    buffer[kept] = buffer[at];
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

fn describe_csv_error(why: csv::Error) -> String {
    let text = why.to_string();
    match why.into_kind() {
        csv::ErrorKind::Io(why) => plain_words(&why),
        _ => text,
    }
}

/// Whether a line looks like the header of a table of sessions.
pub(crate) fn is_csv_header(line: &str) -> bool {
    line.split([',', ';', '\t']).any(|column| normalize_column_name(column) == "started")
}

fn normalize_column_name(column: &str) -> String {
    column.trim_start_matches('\u{feff}').trim().trim_matches('"').to_lowercase()
}

fn parse_cell(text: &str, column_type: ColumnType, zone: &TimeZone) -> Result<Value, String> {
    match column_type {
        ColumnType::Text => Ok(json!(strip_formula_quote(text))),
        ColumnType::Number => text
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| format!("invalid number '{text}': expected a whole number")),
        ColumnType::Timestamp => parse_cell_timestamp(text, zone).map(Value::from),
        ColumnType::Bool => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(json!(true)),
            "false" | "no" | "0" => Ok(json!(false)),
            _ => Err(format!("invalid value '{text}': expected true or false")),
        },
        ColumnType::Json => serde_json::from_str(text).map_err(|why| why.to_string()),
    }
}

/// Removes the quote that keeps spreadsheets from evaluating a formula.
fn strip_formula_quote(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(formula) if formula.starts_with(['=', '+', '-', '@', '\'']) => formula,
        _ => text,
    }
}

fn parse_cell_timestamp(text: &str, zone: &TimeZone) -> Result<String, String> {
    if text.parse::<Timestamp>().is_ok() {
        return Ok(text.into());
    }
    let local = text.parse::<DateTime>().ok().filter(|_| text.contains(':'));
    let zoned: Option<ZonedDateTime> = local.and_then(|local| local.to_zoned_datetime(zone.clone()).ok());
    let zoned =
        zoned.ok_or_else(|| format!("invalid time '{text}': expected one such as 2026-11-20 18:00"))?;
    Ok(zoned.timestamp().display_with_offset(zoned.offset()).to_string())
}
