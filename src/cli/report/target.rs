//! Where a report goes: standard output, or a file that is written whole or not at all, and opened in a browser.

use crate::{
    cli::output_file,
    error::{Error, Result, plain_words},
};
use jiff::civil::Date;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// The highest number that a dated file's name gets.
const MAX_REPORTS_PER_DAY: u32 = 1000;
/// An opener that has not failed by then counts as successful.
const OPENER_TIMEOUT: Duration = Duration::from_secs(3);
const OPENER_POLL_INTERVAL: Duration = Duration::from_millis(20);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReportTarget {
    Stdout,
    /// This file, and whether it may be replaced.
    NamedFile(PathBuf, bool),
    /// A new file in the working folder, named after the date.
    DatedFile(Date),
}

impl ReportTarget {
    /// The target that the flags name.
    ///
    /// # Errors
    /// `--open` is typed with `-o -` (exit code 2).
    pub(crate) fn from_args(
        output: Option<&Path>,
        replace: bool,
        open: bool,
        today: Date,
    ) -> Result<ReportTarget> {
        match output {
            Some(path) if path == Path::new("-") && open => {
                Err(Error::usage("--open cannot go with -o -", "type -o report.html, or leave -o out"))
            }
            Some(path) if path == Path::new("-") => Ok(ReportTarget::Stdout),
            Some(path) => Ok(ReportTarget::NamedFile(path.to_owned(), replace)),
            None if replace => Ok(ReportTarget::NamedFile(dated_file_name(today, 1), true)),
            None => Ok(ReportTarget::DatedFile(today)),
        }
    }

    /// Checks the file's path before the page is produced.
    ///
    /// # Errors
    /// As [`output_file::check_output_path`], or the path is a folder.
    pub(crate) fn check_path(&self, history_folder: &Path) -> Result<()> {
        let (path, replace) = match self {
            ReportTarget::Stdout => return Ok(()),
            ReportTarget::DatedFile(_) => return output_file::check_owner(Path::new(".")),
            ReportTarget::NamedFile(path, replace) => (path, replace),
        };
        output_file::check_output_path(path, *replace, history_folder)?;
        if path.is_dir() {
            let path = path.display().to_string();
            return Err(
                Error::invalid("output file", &path, "a file, not a folder").with_hint("type -o report.html")
            );
        }
        Ok(())
    }

    /// Writes the page and returns its path; `None` for standard output, which is left to the caller.
    ///
    /// # Errors
    /// The file cannot be written, or exists already.
    pub(crate) fn write_page(&self, page: &[u8]) -> Result<Option<PathBuf>> {
        match self {
            ReportTarget::Stdout => Ok(None),
            ReportTarget::NamedFile(path, replace) => {
                write_named_file(path, *replace, page).map(|()| Some(path.clone()))
            }
            ReportTarget::DatedFile(today) => write_dated_file(*today, page).map(Some),
        }
    }
}

fn write_named_file(path: &Path, replace: bool, page: &[u8]) -> Result<()> {
    let map_error = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => output_file::file_exists_error(path),
        _ => Error::from_io("write", path, &error).with_hint("type -o and a file in a folder of yours"),
    };
    output_file::write_output_file(path, replace, map_error, |file| file.write_all(page).map_err(map_error))
}

fn dated_file_name(today: Date, number: u32) -> PathBuf {
    PathBuf::from(match number {
        1 => format!("easeback-report-{today}.html"),
        _ => format!("easeback-report-{today}-{number}.html"),
    })
}

/// Writes into the working folder; the second report of a day gets a number.
fn write_dated_file(today: Date, page: &[u8]) -> Result<PathBuf> {
    let hint = "type -o and a file in a folder of yours";
    let here = Path::new("this folder");
    let map_error = |error: io::Error| Error::from_io("write into", here, &error).with_hint(hint);
    let fill = |file: &mut dyn Write| file.write_all(page).map_err(map_error);
    let (mut file, ()) = output_file::write_temp_file(Path::new("."), map_error, fill)?;
    for number in 1..=MAX_REPORTS_PER_DAY {
        let path = dated_file_name(today, number);
        file = match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => error.file,
            Err(error) => return Err(Error::from_io("write", &path, &error.error).with_hint(hint)),
        };
    }
    Err(Error::failed(format!("this folder has {MAX_REPORTS_PER_DAY} reports of today"))
        .with_hint("type -o and another name"))
}

/// Opens the file with the desktop's program for HTML, through `xdg-open`.
///
/// # Errors
/// `xdg-open` is not installed, or fails within three seconds.
pub(crate) fn open_in_browser(path: &Path) -> Result<()> {
    let open_error = |reason: String| {
        Error::failed(format!("cannot open the report: {reason}"))
            .with_hint(format!("it is written; open {} in a browser", path.display()))
    };
    // `./` keeps a name that begins with a dash from being read as a flag.
    let path_from_here = if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() };
    let opener = Command::new("xdg-open")
        .arg(path_from_here)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut opener = opener.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => open_error("xdg-open is not installed".into()),
        _ => open_error(plain_words(&error)),
    })?;
    let mut waited = Duration::ZERO;
    while waited < OPENER_TIMEOUT {
        match opener.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err(open_error("xdg-open found nothing to open it with".into())),
            Ok(None) => {}
            Err(error) => return Err(open_error(plain_words(&error))),
        }
        thread::sleep(OPENER_POLL_INTERVAL);
        waited += OPENER_POLL_INTERVAL;
    }
    Ok(())
}
