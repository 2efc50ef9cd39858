//! Looking through everything, and changing nothing.
//!
//! The fold is proved by doing it twice: line by line from the first file's beginning, and from the last file's
//! end back; then every line is added once more. All three have to come to the same.

use super::{
    Gaps, HistoryFolder,
    scan::Scan,
    tail::{Tail, open_to_read, shortened},
};
use crate::{
    error::Result,
    record::{History, HistoryLine, Query},
};
use std::{
    fs,
    io::{self, BufReader},
    path::{Path, PathBuf},
};

/// What looking through everything came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryCheck {
    /// Each log that can be read through.
    pub files: Vec<CheckedFile>,
    /// The logs that cannot. What is below goes without them.
    pub(crate) gaps: Gaps,
    /// What else lies there, and is not read.
    pub(crate) ignored_files: Vec<PathBuf>,
    /// How many sessions, corrections and diary entries there are, deleted ones too.
    pub(crate) counts: [usize; 3],
    /// How many corrections are of something that is not here.
    pub(crate) orphan_count: usize,
    /// Whether every way of reading comes to the same history.
    pub is_order_independent: bool,
    /// Whether the quick way to the newest sessions, from the files' ends, finds what is there.
    pub(crate) can_find_newest: bool,
}

/// One log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Where it leads, if it is a link.
    pub(crate) link_target: Option<PathBuf>,
    /// How many lines can be read.
    pub readable_lines: usize,
    /// The lines that cannot be read.
    pub problems: Vec<ReadProblem>,
    /// The lines that say they were written before the line before them.
    pub(crate) out_of_order_lines: Vec<usize>,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadProblem {
    /// Its number, from 1.
    pub line: usize,
    /// Why.
    pub(crate) reason: String,
}

impl HistoryCheck {
    /// Whether there is nothing to complain of.
    pub fn has_no_problems(&self) -> bool {
        let fine = |file: &CheckedFile| file.problems.is_empty() && file.out_of_order_lines.is_empty();
        let is_whole = self.gaps.logs.is_empty();
        is_whole && self.is_order_independent && self.can_find_newest && self.files.iter().all(fine)
    }
}

impl HistoryFolder {
    /// Looks through every line of every log. Holds the history twice, and changes nothing.
    ///
    /// # Errors
    /// The folder is a link to nowhere; what cannot be read is in the answer.
    pub fn check(&self) -> Result<HistoryCheck> {
        let sizes = || -> Result<Vec<Option<u64>>> {
            let (files, _) = self.list_log_paths()?;
            Ok(files.iter().map(|path| fs::metadata(path).ok().map(|facts| facts.len())).collect())
        };
        // What another process appends meanwhile would look like a fault.
        for _ in 0..2 {
            let before = sizes()?;
            let checked = self.check_once()?;
            if checked.has_no_problems() || sizes()? == before {
                return Ok(checked);
            }
        }
        self.check_once()
    }

    fn check_once(&self) -> Result<HistoryCheck> {
        let (mut files, mut gaps) = (Vec::new(), Gaps::default());
        let paths = self.list_files(&mut gaps)?;
        let mut forwards = History::default();
        for path in &paths {
            match check_forwards(path, &mut forwards) {
                Ok(file) => files.push(file),
                Err(why) => gaps.add_unopened_log(path, &why),
            }
        }
        let mut backwards = History::default();
        for path in paths.iter().rev() {
            add_backwards(path, &mut backwards);
        }
        let mut is_proved = forwards == backwards;
        for path in paths.iter().rev() {
            add_backwards(path, &mut forwards);
        }
        is_proved &= forwards == backwards;
        let newest = Query { limit: Some(20), ..Query::default() };
        Ok(HistoryCheck {
            files,
            gaps,
            ignored_files: self.list_ignored_files(&paths),
            counts: forwards.counts(),
            orphan_count: forwards.orphans(),
            is_order_independent: is_proved,
            can_find_newest: self.find_newest_readable(&newest)?.0.sessions == forwards.select(&newest),
        })
    }

    fn list_ignored_files(&self, logs: &[PathBuf]) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut others: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        others.retain(|path| !logs.contains(path));
        others.sort();
        others
    }
}

fn check_forwards(path: &Path, history: &mut History) -> io::Result<CheckedFile> {
    let leads_to = fs::read_link(path).ok();
    let (unreadable, out_of_order) = (Vec::new(), Vec::new());
    let mut file = CheckedFile {
        path: path.into(),
        link_target: leads_to,
        readable_lines: 0,
        problems: unreadable,
        out_of_order_lines: out_of_order,
    };
    let mut scan = Scan::new(BufReader::new(open_to_read(path)?));
    let mut last = None;
    while let Some(scanned) = scan.next_line()? {
        match scanned.text.and_then(|text| HistoryLine::parse(&text)) {
            Ok(line) => {
                file.readable_lines += 1;
                let at = line.written_at().timestamp();
                if last.is_some_and(|last| at < last) {
                    file.out_of_order_lines.push(scanned.number);
                }
                last = Some(at);
                history.add(line);
            }
            Err(why) => {
                file.problems.push(ReadProblem { line: scanned.number, reason: shortened(&why) });
            }
        }
    }
    Ok(file)
}

/// What cannot be read was said on the way forwards.
fn add_backwards(path: &Path, history: &mut History) {
    let Ok(mut tail) = Tail::open(path) else { return };
    while let Some(line) = tail.previous() {
        history.add(line);
    }
}
