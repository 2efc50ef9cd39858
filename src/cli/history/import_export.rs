//! `easeback history import` and `export`: moves the history between computers and programs.
//!
//! It opens the files and words the results; `crate::history` reads and merges the lines.

use super::{HistoryOutput, format_count};
use crate::{
    cli::output_file,
    error::{Error, Result},
    history::{ExportResult, HistoryFolder, ImportInput, ImportResult, open_to_read},
    record::Query,
    report::{self, sanitize},
    time::WallTime,
};
use clap::{Args, ValueEnum};
use jiff::ZonedDateTime;
use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// More unreadable lines are only counted.
const MAX_REASONS_SHOWN: usize = 20;

const IMPORT_NOTES: &str = "\
A CSV table needs the column 'started', and 'heat_min' or 'cold_min'. It may
have 'ended', 'pain_before', 'pain_after', 'region', 'note' and other fields of
the history. Sessions you already have are skipped. Lines that cannot be read
are reported and skipped; the exit code is then 1.

Examples:
  easeback history import history.jsonl
  easeback history import sessions.csv";

#[derive(Args, Clone, Debug)]
#[command(after_help = IMPORT_NOTES)]
pub(crate) struct ImportArgs {
    /// JSON Lines, JSON, or CSV with a header; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ExportArgs {
    /// json, jsonl: everything; csv: sessions
    #[arg(long, value_name = "AS", default_value = "jsonl", hide_possible_values = true)]
    format: ExportFormat,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    Json,
    Jsonl,
    Csv,
}

pub(crate) fn import_files(
    args: &ImportArgs,
    history: &HistoryFolder,
    now: &ZonedDateTime,
) -> Result<HistoryOutput> {
    let inputs = args.files.iter().map(|path| open_input(path)).collect::<Result<Vec<_>>>()?;
    let result = history.import(inputs, now.time_zone(), &WallTime::from(now))?;
    Ok(format_import_result(&result))
}

fn open_input(path: &Path) -> Result<ImportInput<'static>> {
    if path == Path::new("-") {
        return Ok(ImportInput { name: "standard input".into(), reader: Box::new(io::stdin()) });
    }
    let file = open_to_read(path).map_err(|error| {
        Error::from_io("read", path, &error).with_hint("nothing was imported; check the path")
    })?;
    Ok(ImportInput { name: path.display().to_string(), reader: Box::new(file) })
}

fn format_import_result(result: &ImportResult) -> HistoryOutput {
    let ImportResult { new_lines, known_lines, unreadable_lines, .. } = result;
    let mut warnings: Vec<String> = result.remarks.iter().map(|remark| sanitize(remark)).collect();
    for (name, line, reason) in result.unreadable_reasons.iter().take(MAX_REASONS_SHOWN) {
        warnings.push(sanitize(&format!("{name}:{line}: cannot be read: {reason}")));
    }
    if *unreadable_lines > MAX_REASONS_SHOWN {
        let more = format_count(unreadable_lines - MAX_REASONS_SHOWN, "line", "lines");
        warnings.push(format!("and {more} more that cannot be read"));
    }
    let file = result.file.as_ref().map(|file| sanitize(&format!(", into {}", file.display())));
    warnings.push(format!(
        "{new_lines} new{}; {known_lines} known; {unreadable_lines} unreadable",
        file.unwrap_or_default()
    ));
    HistoryOutput { warnings, has_failures: *unreadable_lines > 0, ..HistoryOutput::default() }
}

pub(crate) fn export_history(args: &ExportArgs, history: &HistoryFolder) -> Result<HistoryOutput> {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let Some(path) = output else {
        let fill = |out: &mut dyn Write| write_export(args.format, history, &mut BufWriter::new(out));
        let (mut buffer, result) = output_file::write_to_buffer(export_write_error, fill)?;
        let mut stdout = io::stdout().lock();
        return match io::copy(&mut buffer, &mut stdout).and_then(|_| stdout.flush()) {
            Ok(()) => Ok(format_export_result(&result, args.format, "standard output")),
            // A closed pipe is no error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(HistoryOutput::default()),
            Err(error) => Err(export_write_error(error)),
        };
    };
    output_file::check_output_path(path, args.yes, history.folder())?;
    let map_write_error = |error: io::Error| {
        Error::from_io("write", path, &error).with_hint("type -o and a file in a folder of yours")
    };
    let result = output_file::write_output_file(path, args.yes, map_write_error, |file| {
        write_export(args.format, history, &mut BufWriter::new(file))
    })?;
    Ok(format_export_result(&result, args.format, &path.display().to_string()))
}

fn export_write_error(error: io::Error) -> Error {
    Error::system("write the export", &error)
}

fn write_export(format: ExportFormat, history: &HistoryFolder, out: &mut impl Write) -> Result<ExportResult> {
    let result = match format {
        ExportFormat::Csv => {
            let found = history.find_newest(&Query::default())?;
            out.write_all(report::sessions_to_csv(&found.sessions).as_bytes()).map_err(export_write_error)?;
            ExportResult { line_count: found.sessions.len(), unread: found.unread }
        }
        ExportFormat::Jsonl => history.export(|line| writeln!(out, "{line}"))?,
        ExportFormat::Json => {
            let mut separator = "[\n";
            let result = history.export(|line| {
                let written = write!(out, "{separator}{line}");
                separator = ",\n";
                written
            })?;
            let end = if result.line_count == 0 { "[]\n" } else { "\n]\n" };
            out.write_all(end.as_bytes()).map_err(export_write_error)?;
            result
        }
    };
    out.flush().map_err(export_write_error)?;
    Ok(result)
}

fn format_export_result(result: &ExportResult, format: ExportFormat, destination: &str) -> HistoryOutput {
    let content = match format {
        ExportFormat::Csv => {
            let sessions = format_count(result.line_count, "session as it reads", "sessions as they read");
            format!("{sessions}, without the deleted ones and the diary")
        }
        ExportFormat::Json | ExportFormat::Jsonl => {
            let one = "line: a session, a correction or a diary entry";
            format_count(result.line_count, one, "lines: sessions, corrections, diary entries")
        }
    };
    let mut output = HistoryOutput::from_warning(sanitize(&format!("{content}; to {destination}")))
        .with_unread(&result.unread);
    if !result.unread.is_empty() {
        output.warnings.push("what cannot be read was left out; `easeback history check` names it".into());
    }
    output
}
