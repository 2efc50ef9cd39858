//! Looking through everything, and changing nothing.
//!
//! The fold is proved by doing it twice: line by line from the first file's beginning, and from the last file's
//! end back; then every line is added once more. All three have to come to the same.

use super::{
    Gaps, Logs,
    scan::Scan,
    tail::{Tail, open_to_read, shortened},
};
use crate::{
    error::Result,
    record::{History, Line, Query},
};
use std::{
    fs,
    io::{self, BufReader},
    path::{Path, PathBuf},
};

/// What looking through everything came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Each log that can be read through.
    pub files: Vec<CheckedFile>,
    /// The logs that cannot. What is below goes without them.
    pub gaps: Gaps,
    /// What else lies there, and is not read.
    pub not_read: Vec<PathBuf>,
    /// How many sessions, corrections and diary entries there are, deleted ones too.
    pub counts: [usize; 3],
    /// How many corrections are of something that is not here.
    pub orphans: usize,
    /// Whether every way of reading comes to the same history.
    pub is_proved: bool,
    /// Whether the quick way to the newest sessions, from the files' ends, finds what is there.
    pub finds_the_newest: bool,
}

/// One log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Where it leads, if it is a link.
    pub leads_to: Option<PathBuf>,
    /// How many lines can be read.
    pub lines: usize,
    /// The lines that cannot be read.
    pub unreadable: Vec<Fault>,
    /// The lines that say they were written before the line before them.
    pub out_of_order: Vec<usize>,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its number, from 1.
    pub line: usize,
    /// Why.
    pub why: String,
}

impl Checked {
    /// Whether there is nothing to complain of.
    pub fn is_well(&self) -> bool {
        let fine = |file: &CheckedFile| file.unreadable.is_empty() && file.out_of_order.is_empty();
        let is_whole = self.gaps.unreadable.is_empty();
        is_whole && self.is_proved && self.finds_the_newest && self.files.iter().all(fine)
    }
}

impl Logs {
    /// Looks through every line of every log. Holds the history twice, and changes nothing.
    ///
    /// # Errors
    /// The folder is a link to nowhere; what cannot be read is in the answer.
    pub fn check(&self) -> Result<Checked> {
        let sizes = || -> Result<Vec<Option<u64>>> {
            let (files, _) = self.listed()?;
            Ok(files.iter().map(|path| fs::metadata(path).ok().map(|facts| facts.len())).collect())
        };
        // What another process appends meanwhile would look like a fault.
        for _ in 0..2 {
            let before = sizes()?;
            let checked = self.check_once()?;
            if checked.is_well() || sizes()? == before {
                return Ok(checked);
            }
        }
        self.check_once()
    }

    fn check_once(&self) -> Result<Checked> {
        let (mut files, mut gaps) = (Vec::new(), Gaps::default());
        let paths = self.files(&mut gaps)?;
        let mut forwards = History::default();
        for path in &paths {
            match read_forwards(path, &mut forwards) {
                Ok(file) => files.push(file),
                Err(why) => gaps.not_opened(path, &why),
            }
        }
        let mut backwards = History::default();
        for path in paths.iter().rev() {
            read_backwards(path, &mut backwards);
        }
        let mut is_proved = forwards == backwards;
        for path in paths.iter().rev() {
            read_backwards(path, &mut forwards);
        }
        is_proved &= forwards == backwards;
        let newest = Query { limit: Some(20), ..Query::default() };
        Ok(Checked {
            files,
            gaps,
            not_read: self.not_read(&paths),
            counts: forwards.counts(),
            orphans: forwards.orphans(),
            is_proved,
            finds_the_newest: self.newest_readable(&newest)?.0.sessions == forwards.select(&newest),
        })
    }

    fn not_read(&self, logs: &[PathBuf]) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut others: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        others.retain(|path| !logs.contains(path));
        others.sort();
        others
    }
}

fn read_forwards(path: &Path, history: &mut History) -> io::Result<CheckedFile> {
    let leads_to = fs::read_link(path).ok();
    let (unreadable, out_of_order) = (Vec::new(), Vec::new());
    let mut file = CheckedFile { path: path.into(), leads_to, lines: 0, unreadable, out_of_order };
    let mut scan = Scan::new(BufReader::new(open_to_read(path)?));
    let mut last = None;
    while let Some(scanned) = scan.next_line()? {
        match scanned.text.and_then(|text| Line::parse(&text)) {
            Ok(line) => {
                file.lines += 1;
                let at = line.at().timestamp();
                if last.is_some_and(|last| at < last) {
                    file.out_of_order.push(scanned.number);
                }
                last = Some(at);
                history.add(line);
            }
            Err(why) => {
                file.unreadable.push(Fault { line: scanned.number, why: shortened(&why) });
            }
        }
    }
    Ok(file)
}

/// What cannot be read was said on the way forwards.
fn read_backwards(path: &Path, history: &mut History) {
    let Ok(mut tail) = Tail::open(path) else { return };
    while let Some(line) = tail.previous() {
        history.add(line);
    }
}
