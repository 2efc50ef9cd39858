//! Where a report goes: a file that appears as a whole, or standard output.

use crate::{
    cli::output,
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
const MOST_NAMES: u32 = 1000;
/// An opener that has not failed after so long has opened it, or stays with it.
const PATIENCE: Duration = Duration::from_secs(3);
const NAP: Duration = Duration::from_millis(20);

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Stdout,
    /// A file that was named, and whether it may be replaced.
    Named(PathBuf, bool),
    /// A file in this folder, named after the day.
    Today(Date),
}

impl Target {
    /// As it was typed. What is to be opened has to be a file.
    pub fn of(output: Option<&Path>, replace: bool, open: bool, today: Date) -> Result<Target> {
        match output {
            Some(path) if path == Path::new("-") && open => {
                Err(Error::usage("--open cannot go with -o -", "type -o with a file, or leave -o out"))
            }
            Some(path) if path == Path::new("-") => Ok(Target::Stdout),
            Some(path) => Ok(Target::Named(path.to_owned(), replace)),
            None => Ok(Target::Today(today)),
        }
    }

    /// Refuses, before any work is done, what stands in the way.
    ///
    /// # Errors
    /// The file is there already, lies in the history, or would be root's among another person's.
    pub fn check(&self, history: &Path) -> Result<()> {
        let (path, replace) = match self {
            Target::Stdout => return Ok(()),
            Target::Today(_) => return output::check_owner(Path::new(".")),
            Target::Named(path, replace) => (path, replace),
        };
        output::check(path, *replace, history)?;
        if path.is_dir() {
            let path = path.display().to_string();
            return Err(Error::invalid("output file", &path, "a file, not a folder")
                .hint("type -o with a file, such as -o report.html"));
        }
        Ok(())
    }

    /// Writes it, and says where it is; none if it is yet to be printed.
    ///
    /// # Errors
    /// It cannot be written, or a file is there already.
    pub fn write(&self, page: &[u8]) -> Result<Option<PathBuf>> {
        match self {
            Target::Stdout => Ok(None),
            Target::Named(path, replace) => write_named(path, *replace, page).map(|()| Some(path.clone())),
            Target::Today(today) => write_today(*today, page).map(Some),
        }
    }
}

fn write_named(path: &Path, replace: bool, page: &[u8]) -> Result<()> {
    let failed = |why: io::Error| match why.kind() {
        io::ErrorKind::AlreadyExists => output::is_there(path),
        _ => Error::file("write", path, &why).hint("type -o with a file in a folder of yours"),
    };
    output::write(path, replace, failed, |file| file.write_all(page).map_err(failed))
}

/// In this folder, under the day's name; the second of a day gets a number.
fn write_today(today: Date, page: &[u8]) -> Result<PathBuf> {
    let hint = "type -o with a file in a folder of yours";
    let here = Path::new("this folder");
    let failed = |why: io::Error| Error::file("write into", here, &why).hint(hint);
    let fill = |file: &mut dyn Write| file.write_all(page).map_err(failed);
    let (mut file, ()) = output::written(Path::new("."), failed, fill)?;
    for number in 1..=MOST_NAMES {
        let path = PathBuf::from(match number {
            1 => format!("easeback-report-{today}.html"),
            _ => format!("easeback-report-{today}-{number}.html"),
        });
        file = match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(why) if why.error.kind() == io::ErrorKind::AlreadyExists => why.file,
            Err(why) => return Err(Error::file("write", &path, &why.error).hint(hint)),
        };
    }
    Err(Error::failed(format!("this folder has {MOST_NAMES} reports of today"))
        .hint("type -o with another name"))
}

/// Opens it with what the desktop opens such files with.
///
/// # Errors
/// There is no opener, or it failed at once. The report is there all the same.
pub fn open(path: &Path) -> Result<()> {
    let failed = |why: String| {
        Error::failed(format!("cannot open the report: {why}"))
            .hint(format!("it is written; open {} in a browser", path.display()))
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
    while waited < PATIENCE {
        match opener.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err(failed("xdg-open found nothing to open it with".into())),
            Ok(None) => {}
            Err(why) => return Err(failed(plain_words(&why))),
        }
        thread::sleep(NAP);
        waited += NAP;
    }
    Ok(())
}
