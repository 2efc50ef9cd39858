//! Where a report goes: a file that appears as a whole, or standard output.
//!
//! It is about somebody's health: only they may read the file, and no other file ever gives way to it unasked.

use crate::error::{Error, Result};
use jiff::civil::Date;
use std::{
    fs::{self, OpenOptions},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use tempfile::NamedTempFile;

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
            Some(path) if path == Path::new("-") && open => Err(Error::usage(
                "--open: standard output cannot be opened",
                "type -o with a file, or leave -o out",
            )),
            Some(path) if path == Path::new("-") => Ok(Target::Stdout),
            Some(path) => Ok(Target::Named(path.to_owned(), replace)),
            None if open || io::stdout().is_terminal() => Ok(Target::Today(today)),
            None => Ok(Target::Stdout),
        }
    }

    /// Refuses, before any work is done, what stands in the way.
    ///
    /// # Errors
    /// The file is there already, or lies in the history.
    pub fn check(&self, history: &Path) -> Result<()> {
        let Target::Named(path, replace) = self else { return Ok(()) };
        let real = |path: &Path| fs::canonicalize(path).ok();
        let within = |path: &Path| {
            real(path).zip(real(history)).is_some_and(|(path, history)| path.starts_with(history))
        };
        if within(path) || within(folder_of(path)) {
            let what = format!("{} is in the history itself", path.display());
            return Err(Error::usage(what, "type -o with a file in another folder"));
        }
        match fs::metadata(path) {
            Ok(facts) if facts.is_dir() => {
                let what = format!("{} is a folder", path.display());
                Err(Error::usage(what, "type -o with a file, such as -o report.html"))
            }
            Ok(facts) if facts.is_file() && !replace => Err(is_there(path)),
            _ => Ok(()),
        }
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

fn is_there(path: &Path) -> Error {
    Error::failed(format!("{} is there already", path.display()))
        .hint("type another name, or --yes to replace it")
}

fn write_named(path: &Path, replace: bool, page: &[u8]) -> Result<()> {
    let failed = |why: io::Error| match why.kind() {
        io::ErrorKind::AlreadyExists => is_there(path),
        // What stands behind the kind names a file that nobody asked for.
        kind => Error::file("write", path, &kind.into()).hint("type -o with a file in a folder of yours"),
    };
    // A device is written to; everything else appears as a whole, or not at all.
    if fs::metadata(path).is_ok_and(|facts| !facts.is_file()) {
        return OpenOptions::new()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(page))
            .map_err(failed);
    }
    let file = written(folder_of(path), page).map_err(failed)?;
    let placed = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    placed.map(|_| ()).map_err(|why| failed(why.error))
}

/// In this folder, under the day's name; the second of a day gets a number.
fn write_today(today: Date, page: &[u8]) -> Result<PathBuf> {
    let hint = "type -o with a file in a folder of yours";
    let mut file = written(Path::new("."), page)
        .map_err(|why| Error::file("write into", Path::new("this folder"), &why).hint(hint))?;
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

/// A file under a name of its own, readable by its owner alone, with all of it on the disk.
fn written(folder: &Path, page: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".easeback-").tempfile_in(folder)?;
    file.write_all(page)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
        io::ErrorKind::NotFound => failed("there is no xdg-open".into()),
        _ => failed(why.to_string()),
    })?;
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        match opener.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(_)) => return Err(failed("xdg-open found nothing to open it with".into())),
            Ok(None) => {}
            Err(why) => return Err(failed(why.to_string())),
        }
        thread::sleep(NAP);
        waited += NAP;
    }
    Ok(())
}
