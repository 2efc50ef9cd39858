//! `easeback history import` and `export`.

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
use jiff::Zoned;
use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// As many reasons as are said; the rest is counted.
const MAX_REASONS_SHOWN: usize = 20;

const IMPORT_NOTES: &str = "\
A CSV table needs the column 'started', and 'heat_min' or 'cold_min'. It may
have 'ended', 'pain_before', 'pain_after', 'region', 'note' and other fields of
the history. Sessions that are known already are left out. If a line cannot be
read, the exit code is 1; all other lines are imported.

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
    /// jsonl or json: everything; csv: sessions only
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

pub(crate) fn import_files(args: &ImportArgs, logs: &HistoryFolder, now: &Zoned) -> Result<HistoryOutput> {
    let sources = args.files.iter().map(|path| open_input(path)).collect::<Result<Vec<_>>>()?;
    let done = logs.import(sources, now.time_zone(), &WallTime::from(now))?;
    Ok(format_import_result(&done))
}

fn open_input(path: &Path) -> Result<ImportInput<'static>> {
    if path == Path::new("-") {
        return Ok(ImportInput { name: "standard input".into(), reader: Box::new(io::stdin()) });
    }
    let file = open_to_read(path).map_err(|why| {
        Error::from_io("read", path, &why)
            .with_hint("nothing was imported; `easeback history import --help` says more")
    })?;
    Ok(ImportInput { name: path.display().to_string(), reader: Box::new(file) })
}

fn format_import_result(done: &ImportResult) -> HistoryOutput {
    let said = done.unreadable_reasons.iter().take(MAX_REASONS_SHOWN);
    let mut warnings: Vec<String> = done.remarks.iter().map(|remark| sanitize(remark)).collect();
    warnings.extend(said.map(|(name, line, why)| sanitize(&format!("{name}:{line}: cannot be read: {why}"))));
    if done.unreadable_lines > MAX_REASONS_SHOWN {
        let more = format_count(done.unreadable_lines - MAX_REASONS_SHOWN, "line", "lines");
        warnings.push(format!("and {more} more that cannot be read"));
    }
    let into = done.file.as_ref().map(|file| sanitize(&format!(", into {}", file.display())));
    let ImportResult { new_lines: new, known_lines: known, unreadable_lines: unreadable, .. } = done;
    warnings.push(format!("{new} new{}; {known} known; {unreadable} unreadable", into.unwrap_or_default()));
    HistoryOutput { warnings, has_failures: done.unreadable_lines > 0, ..HistoryOutput::default() }
}

pub(crate) fn export_logs(args: &ExportArgs, logs: &HistoryFolder) -> Result<HistoryOutput> {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let Some(path) = output else {
        let fill = |out: &mut dyn Write| write_export(args.format, logs, &mut BufWriter::new(out));
        let (mut whole, done) = output_file::write_only_if_whole(write_error, fill)?;
        let mut out = io::stdout().lock();
        return match io::copy(&mut whole, &mut out).and_then(|_| out.flush()) {
            // A reader who went away has seen enough.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(HistoryOutput::default()),
            printed => printed
                .map_err(write_error)
                .and_then(|()| format_export_result(&done, args.format, "standard output")),
        };
    };
    output_file::check_output_path(path, args.yes, logs.folder())?;
    let failed = |why: io::Error| {
        Error::from_io("write", path, &why).with_hint("type -o with a file in a folder of yours")
    };
    let done = output_file::write_output_file(path, args.yes, failed, |file| {
        write_export(args.format, logs, &mut BufWriter::new(file))
    })?;
    format_export_result(&done, args.format, &path.display().to_string())
}

fn write_error(why: io::Error) -> Error {
    Error::system("write the export", &why)
}

fn write_export(format: ExportFormat, logs: &HistoryFolder, out: &mut impl Write) -> Result<ExportResult> {
    let done = match format {
        ExportFormat::Csv => {
            let found = logs.find_newest(&Query::default())?;
            out.write_all(report::sessions_to_csv(&found.sessions).as_bytes()).map_err(write_error)?;
            ExportResult { line_count: found.sessions.len(), unread: found.unread }
        }
        ExportFormat::Jsonl => logs.export(|line| writeln!(out, "{line}"))?,
        ExportFormat::Json => {
            let mut before = "[\n";
            let done = logs.export(|line| {
                let written = write!(out, "{before}{line}");
                before = ",\n";
                written
            })?;
            let end = if done.line_count == 0 { "[]\n" } else { "\n]\n" };
            out.write_all(end.as_bytes()).map_err(write_error)?;
            done
        }
    };
    out.flush().map_err(write_error)?;
    Ok(done)
}

fn format_export_result(done: &ExportResult, format: ExportFormat, to: &str) -> Result<HistoryOutput> {
    let what = match format {
        ExportFormat::Csv => {
            let sessions = format_count(done.line_count, "session as it reads", "sessions as they read");
            format!("{sessions}, without the deleted ones and the diary")
        }
        ExportFormat::Json | ExportFormat::Jsonl => {
            let one = "line: a session, a correction or a diary entry";
            format_count(done.line_count, one, "lines: sessions, corrections, diary entries")
        }
    };
    let mut answer =
        HistoryOutput::from_warning(sanitize(&format!("{what}; to {to}"))).with_unread(&done.unread);
    if !done.unread.is_empty() {
        answer.warnings.push("what cannot be read was left out; `easeback history check` names it".into());
    }
    Ok(answer)
}
