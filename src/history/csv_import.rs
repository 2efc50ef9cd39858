//! A table of sessions (CSV with a header), as this program writes it or as a person kept it.
//!
//! Only `started` has to be there. The lengths come from `phases`, else from `heat_s` and `cold_s` (seconds) or
//! `heat_min` and `cold_min`. Without an id, the row's own text makes one: imported twice, it is the same session.

use crate::{
    error::{join_or, plain_words},
    record::{CSV_COLUMNS, ColumnType, HistoryLine, ORIGIN_LOGGED, OUTCOMES, SessionRecord},
};
use csv::{Reader, ReaderBuilder, StringRecord};
use jiff::{Timestamp, Zoned, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value, json};
use std::io::{self, Read};
use uuid::Uuid;

/// The columns that a person's own table may have instead of phases, and how many seconds make one.
const DURATION_COLUMNS: [(&str, &str, u64); 4] =
    [("heat_s", "heat", 1), ("heat_min", "heat", 60), ("cold_s", "cold", 1), ("cold_min", "cold", 60)];

/// A table on its way in.
pub(crate) struct CsvSessionReader<R> {
    rows: Reader<NewlineNormalizer<R>>,
    columns: Vec<String>,
    zone: TimeZone,
    is_finished: bool,
}

/// A row.
pub(crate) struct CsvRow {
    /// Its line, from 1.
    pub(crate) line_number: usize,
    /// The session, and whether the row says which; or why it is none.
    pub(crate) session: Result<(HistoryLine, bool), String>,
}

impl<R: Read> CsvSessionReader<R> {
    /// Reads the header. Moments without an offset are meant in this zone.
    ///
    /// # Errors
    /// It cannot be read, or names one column twice.
    pub(crate) fn new(reader: R, header: &str, zone: TimeZone) -> Result<CsvSessionReader<R>, String> {
        let separator = [b';', b'\t', b',']
            .into_iter()
            .max_by_key(|separator| header.bytes().filter(|byte| byte == separator).count());
        let mut rows = ReaderBuilder::new()
            .flexible(true)
            .delimiter(separator.unwrap_or(b','))
            .from_reader(NewlineNormalizer { reader, has_added_newline: false, is_at_end: false });
        let header = rows.headers().map_err(reason)?;
        let columns: Vec<String> = header.iter().map(normalize_column_name).collect();
        let twice =
            columns.iter().enumerate().find(|(at, name)| !name.is_empty() && columns[..*at].contains(name));
        match twice {
            Some((_, name)) => Err(format!("its header names the column '{name}' twice")),
            None => Ok(CsvSessionReader { rows, columns, zone, is_finished: false }),
        }
    }

    /// The columns that mean nothing here.
    pub(crate) fn unknown_columns(&self) -> impl Iterator<Item = &str> {
        let known = |name: &str| {
            CSV_COLUMNS.iter().any(|(known, _)| *known == name)
                || DURATION_COLUMNS.iter().any(|(known, ..)| *known == name)
                || ["v", "kind"].contains(&name)
        };
        self.columns.iter().map(String::as_str).filter(move |name| !known(name))
    }

    /// The next row; none at the end.
    pub(crate) fn next_row(&mut self) -> Option<CsvRow> {
        if self.is_finished {
            return None;
        }
        let mut record = StringRecord::new();
        let begun = self.rows.position().line();
        let read = self.rows.read_record(&mut record);
        let number = record.position().map_or(begun, csv::Position::line);
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        match read {
            Ok(false) => None,
            // The rows behind an open quotation mark would all be this one's text.
            Ok(true) if self.rows.get_ref().is_at_end => Some(CsvRow {
                line_number: number,
                session: Err("its quotation mark is never closed".into()),
            }),
            Ok(true) => Some(CsvRow { line_number: number, session: self.parse_session(&record) }),
            Err(why) => {
                self.is_finished = why.is_io_error();
                Some(CsvRow { line_number: number, session: Err(reason(why)) })
            }
        }
    }

    fn parse_session(&self, row: &StringRecord) -> Result<(HistoryLine, bool), String> {
        if row.len() > self.columns.len() {
            return Err(format!("it has {} columns, the header {}", row.len(), self.columns.len()));
        }
        let mut fields = Map::new();
        for (name, form) in CSV_COLUMNS {
            if let Some(text) = self.cell_text(row, name) {
                let value = parse_cell(text, *form, &self.zone).map_err(|why| format!("{name}: {why}"))?;
                fields.insert((*name).into(), value);
            }
        }
        let says_which = fields.contains_key("id");
        self.fill_missing_fields(row, &mut fields)?;
        let session: SessionRecord =
            serde_json::from_value(Value::Object(fields)).map_err(|why| why.to_string())?;
        if !OUTCOMES.contains(&session.outcome.as_str()) {
            return Err(format!("invalid outcome: expected {}", join_or(OUTCOMES)));
        }
        if session.ended.is_some_and(|ended| ended < session.started) {
            return Err("it ended before it started".into());
        }
        Ok((HistoryLine::Session(session), says_which))
    }

    /// Puts in what follows from the rest.
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
        for (name, kind, seconds) in DURATION_COLUMNS {
            let Some(text) = self.cell_text(row, name) else { continue };
            let length: u64 =
                text.parse().map_err(|_| format!("invalid {name} '{text}': expected a whole number"))?;
            let length = length.saturating_mul(seconds);
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

    /// What stands in a column; nothing where it is empty.
    fn cell_text<'a>(&self, row: &'a StringRecord, name: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|column| column == name)?;
        row.get(at).map(str::trim).filter(|text| !text.is_empty())
    }
}

/// A table's bytes. Lines that end as on other systems would be counted one short; the last one ends like any other,
/// so that only an open quotation reaches beyond it.
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

/// Why a row cannot be read.
fn reason(why: csv::Error) -> String {
    let text = why.to_string();
    match why.into_kind() {
        csv::ErrorKind::Io(why) => plain_words(&why),
        _ => text,
    }
}

/// Whether a line looks like such a table's header.
pub(crate) fn is_csv_header(line: &str) -> bool {
    line.split([',', ';', '\t']).any(|column| normalize_column_name(column) == "started")
}

fn normalize_column_name(column: &str) -> String {
    column.trim_start_matches('\u{feff}').trim().trim_matches('"').to_lowercase()
}

fn parse_cell(text: &str, form: ColumnType, zone: &TimeZone) -> Result<Value, String> {
    match form {
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

/// The text without the mark that keeps spreadsheets from running it.
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
    let zoned: Option<Zoned> = local.and_then(|local| local.to_zoned(zone.clone()).ok());
    let zoned =
        zoned.ok_or_else(|| format!("invalid time '{text}': expected one such as 2026-11-20 18:00"))?;
    Ok(zoned.timestamp().display_with_offset(zoned.offset()).to_string())
}
