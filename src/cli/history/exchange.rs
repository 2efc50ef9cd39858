//! `easeback history import` and `export`.

use super::{Answer, counted};
use crate::{
    cli::output,
    error::{Error, Result},
    history::{Exported, Imported, Logs, Source, open_to_read},
    record::Query,
    report::{self, harmless},
    time::Wall,
};
use clap::{Args, ValueEnum};
use jiff::Zoned;
use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// As many reasons as are said; the rest is counted.
const MOST_SAID: usize = 20;

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
pub struct ImportArgs {
    /// JSON Lines, JSON, or CSV with a header; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// jsonl or json: everything; csv: sessions only
    #[arg(long, value_name = "AS", default_value = "jsonl", hide_possible_values = true)]
    format: Format,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Jsonl,
    Csv,
}

pub fn import(args: &ImportArgs, logs: &Logs, now: &Zoned) -> Result<Answer> {
    let sources = args.files.iter().map(|path| source(path)).collect::<Result<Vec<_>>>()?;
    let done = logs.import(sources, now.time_zone(), &Wall::from(now))?;
    Ok(imported(&done))
}

fn source(path: &Path) -> Result<Source<'static>> {
    if path == Path::new("-") {
        return Ok(Source { name: "standard input".into(), reader: Box::new(io::stdin()) });
    }
    let file = open_to_read(path).map_err(|why| {
        Error::file("read", path, &why)
            .hint("nothing was imported; `easeback history import --help` says more")
    })?;
    Ok(Source { name: path.display().to_string(), reader: Box::new(file) })
}

fn imported(done: &Imported) -> Answer {
    let said = done.reasons.iter().take(MOST_SAID);
    let mut warnings: Vec<String> = done.remarks.iter().map(|remark| harmless(remark)).collect();
    warnings.extend(said.map(|(name, line, why)| harmless(&format!("{name}:{line}: cannot be read: {why}"))));
    if done.unreadable > MOST_SAID {
        let more = counted(done.unreadable - MOST_SAID, "line", "lines");
        warnings.push(format!("and {more} more that cannot be read"));
    }
    let into = done.file.as_ref().map(|file| harmless(&format!(", into {}", file.display())));
    let Imported { new, known, unreadable, .. } = done;
    warnings.push(format!("{new} new{}; {known} known; {unreadable} unreadable", into.unwrap_or_default()));
    Answer { warnings, failed: done.unreadable > 0, ..Answer::default() }
}

pub fn export(args: &ExportArgs, logs: &Logs) -> Result<Answer> {
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let Some(path) = output else {
        let fill = |out: &mut dyn Write| write(args.format, logs, &mut BufWriter::new(out));
        let (mut whole, done) = output::whole(failed, fill)?;
        let mut out = io::stdout().lock();
        return match io::copy(&mut whole, &mut out).and_then(|_| out.flush()) {
            // A reader who went away has seen enough.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(Answer::default()),
            printed => printed.map_err(failed).and_then(|()| exported(&done, args.format, "standard output")),
        };
    };
    output::check(path, args.yes, logs.folder())?;
    let failed =
        |why: io::Error| Error::file("write", path, &why).hint("type -o with a file in a folder of yours");
    let done =
        output::write(path, args.yes, failed, |file| write(args.format, logs, &mut BufWriter::new(file)))?;
    exported(&done, args.format, &path.display().to_string())
}

fn failed(why: io::Error) -> Error {
    Error::system("write the export", &why)
}

fn write(format: Format, logs: &Logs, out: &mut impl Write) -> Result<Exported> {
    let done = match format {
        Format::Csv => {
            let found = logs.newest(&Query::default())?;
            out.write_all(report::csv(&found.sessions).as_bytes()).map_err(failed)?;
            Exported { lines: found.sessions.len(), unread: found.unread }
        }
        Format::Jsonl => logs.export(|line| writeln!(out, "{line}"))?,
        Format::Json => {
            let mut before = "[\n";
            let done = logs.export(|line| {
                let written = write!(out, "{before}{line}");
                before = ",\n";
                written
            })?;
            let end = if done.lines == 0 { "[]\n" } else { "\n]\n" };
            out.write_all(end.as_bytes()).map_err(failed)?;
            done
        }
    };
    out.flush().map_err(failed)?;
    Ok(done)
}

fn exported(done: &Exported, format: Format, to: &str) -> Result<Answer> {
    let what = match format {
        Format::Csv => {
            let sessions = counted(done.lines, "session as it reads", "sessions as they read");
            format!("{sessions}, without the deleted ones and the diary")
        }
        Format::Json | Format::Jsonl => {
            let one = "line: a session, a correction or a diary entry";
            counted(done.lines, one, "lines: sessions, corrections, diary entries")
        }
    };
    let mut answer = Answer::said(harmless(&format!("{what}; to {to}"))).with(&done.unread);
    if !done.unread.is_empty() {
        answer.warnings.push("what cannot be read was left out; `easeback history check` names it".into());
    }
    Ok(answer)
}
