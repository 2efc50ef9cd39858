//! Where a report goes: a file that appears as a whole, or standard output.

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

/// As many reports of one day find a name.
const MAX_REPORTS_PER_DAY: u32 = 1000;
/// An opener that has not failed after so long has opened it, or stays with it.
const OPENER_TIMEOUT: Duration = Duration::from_secs(3);
const OPENER_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReportTarget {
    Stdout,
    /// A file that was named, and whether it may be replaced.
    NamedFile(PathBuf, bool),
    /// A file in this folder, named after the day.
    DatedFile(Date),
}

impl ReportTarget {
    /// As it was typed. What is to be opened has to be a file.
    pub(crate) fn from_args(
        output: Option<&Path>,
        replace: bool,
        open: bool,
        today: Date,
    ) -> Result<ReportTarget> {
        match output {
            Some(path) if path == Path::new("-") && open => {
                Err(Error::usage("--open cannot go with -o -", "type -o with a file, or leave -o out"))
            }
            Some(path) if path == Path::new("-") => Ok(ReportTarget::Stdout),
            Some(path) => Ok(ReportTarget::NamedFile(path.to_owned(), replace)),
            None => Ok(ReportTarget::DatedFile(today)),
        }
    }

    /// Refuses, before any work is done, what stands in the way.
    ///
    /// # Errors
    /// The file is there already, lies in the history, or would be root's among another person's.
    pub(crate) fn check_path(&self, history: &Path) -> Result<()> {
        let (path, replace) = match self {
            ReportTarget::Stdout => return Ok(()),
            ReportTarget::DatedFile(_) => return output_file::check_owner(Path::new(".")),
            ReportTarget::NamedFile(path, replace) => (path, replace),
        };
        output_file::check_output_path(path, *replace, history)?;
        if path.is_dir() {
            let path = path.display().to_string();
            return Err(Error::invalid("output file", &path, "a file, not a folder")
                .with_hint("type -o with a file, such as -o report.html"));
        }
        Ok(())
    }

    /// Writes it, and says where it is; none if it is yet to be printed.
    ///
    /// # Errors
    /// It cannot be written, or a file is there already.
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
    let failed = |why: io::Error| match why.kind() {
        io::ErrorKind::AlreadyExists => output_file::file_exists_error(path),
        _ => Error::from_io("write", path, &why).with_hint("type -o with a file in a folder of yours"),
    };
    output_file::write_output_file(path, replace, failed, |file| file.write_all(page).map_err(failed))
}

/// In this folder, under the day's name; the second of a day gets a number.
fn write_dated_file(today: Date, page: &[u8]) -> Result<PathBuf> {
    let hint = "type -o with a file in a folder of yours";
    let here = Path::new("this folder");
    let failed = |why: io::Error| Error::from_io("write into", here, &why).with_hint(hint);
    let fill = |file: &mut dyn Write| file.write_all(page).map_err(failed);
    let (mut file, ()) = output_file::write_temp_file(Path::new("."), failed, fill)?;
    for number in 1..=MAX_REPORTS_PER_DAY {
        let path = PathBuf::from(match number {
            1 => format!("easeback-report-{today}.html"),
            _ => format!("easeback-report-{today}-{number}.html"),
        });
        file = match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(why) if why.error.kind() == io::ErrorKind::AlreadyExists => why.file,
            Err(why) => return Err(Error::from_io("write", &path, &why.error).with_hint(hint)),
        };
    }
    Err(Error::failed(format!("this folder has {MAX_REPORTS_PER_DAY} reports of today"))
        .with_hint("type -o with another name"))
}

/// Opens it with what the desktop opens such files with.
///
/// # Errors
/// There is no opener, or it failed at once. The report is there all the same.
pub(crate) fn open_in_browser(path: &Path) -> Result<()> {
    let failed = |why: String| {
        Error::failed(format!("cannot open the report: {why}"))
            .with_hint(format!("it is written; open {} in a browser", path.display()))
    };
    // A path that begins with a dash would be taken for a flag.
    let path_from_here = if path.is_relative() { Path::new(".").join(path) } else { path.to_owned() };
    let opener = Command::new("xdg-open")
        .arg(path_from_here)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut opener = opener.map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => failed("xdg-open is not installed".into()),
        _ => failed(plain_words(&why)),
    })?;
    let mut waited = Duration::ZERO;
    while waited < OPENER_TIMEOUT {
        match opener.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err(failed("xdg-open found nothing to open it with".into())),
            Ok(None) => {}
            Err(why) => return Err(failed(plain_words(&why))),
        }
        thread::sleep(OPENER_POLL_INTERVAL);
        waited += OPENER_POLL_INTERVAL;
    }
    Ok(())
}
