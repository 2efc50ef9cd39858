//! `easeback history check`: reads everything and changes nothing.
//!
//! It checks that the merge does not depend on order or duplicates: it merges all lines forwards from the first file,
//! backwards from the last file, and then adds every line once more. All three histories must be equal.

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

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryCheck {
    /// The logs that can be read to the end.
    pub files: Vec<CheckedFile>,
    /// The logs that cannot; the fields below leave them out.
    pub(crate) gaps: Gaps,
    /// Other files in the folder, which are not read.
    pub(crate) ignored_files: Vec<PathBuf>,
    /// The numbers of sessions, corrections and diary entries, including deleted ones.
    pub(crate) counts: [usize; 3],
    /// The number of corrections whose session or diary entry is missing.
    pub(crate) orphan_count: usize,
    /// Whether all reading orders give the same history.
    pub is_order_independent: bool,
    /// Whether reading from the ends of the files finds the same newest sessions as reading everything.
    pub(crate) can_find_newest: bool,
}

/// The check of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedFile {
    pub(crate) path: PathBuf,
    /// The target, if the file is a symbolic link.
    pub(crate) link_target: Option<PathBuf>,
    /// The number of readable lines.
    pub readable_lines: usize,
    /// The unreadable lines.
    pub problems: Vec<ReadProblem>,
    /// Numbers of lines with an earlier `at` than the line before them.
    pub(crate) out_of_order_lines: Vec<usize>,
}

/// An unreadable line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadProblem {
    /// The line number, from 1.
    pub line: usize,
    pub(crate) reason: String,
}

impl HistoryCheck {
    /// Whether everything is readable, in order and consistent.
    pub fn has_no_problems(&self) -> bool {
        let has_no_problems =
            |file: &CheckedFile| file.problems.is_empty() && file.out_of_order_lines.is_empty();
        let is_whole = self.gaps.logs.is_empty();
        is_whole
            && self.is_order_independent
            && self.can_find_newest
            && self.files.iter().all(has_no_problems)
    }
}

impl HistoryFolder {
    /// Reads every line of every log, with two copies of the history in memory.
    ///
    /// # Errors
    /// The folder is a dangling link. Everything unreadable is in the result.
    pub fn check(&self) -> Result<HistoryCheck> {
        let read_sizes = || -> Result<Vec<Option<u64>>> {
            let (files, _) = self.list_log_paths()?;
            Ok(files.iter().map(|path| fs::metadata(path).ok().map(|metadata| metadata.len())).collect())
        };
        // Lines that another process appends meanwhile would look like a problem, so check again if a size changed.
        for _ in 0..2 {
            let sizes_before = read_sizes()?;
            let check = self.check_once()?;
            if check.has_no_problems() || read_sizes()? == sizes_before {
                return Ok(check);
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
        let mut is_order_independent = forwards == backwards;
        for path in paths.iter().rev() {
            add_backwards(path, &mut forwards);
        }
        is_order_independent &= forwards == backwards;
        let newest_query = Query { limit: Some(20), ..Query::default() };
        Ok(HistoryCheck {
            files,
            gaps,
            ignored_files: self.list_ignored_files(&paths),
            counts: forwards.counts(),
            orphan_count: forwards.orphans(),
            is_order_independent,
            can_find_newest: self.find_newest_readable(&newest_query)?.0.sessions
                == forwards.select(&newest_query),
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
    let mut file = CheckedFile {
        path: path.into(),
        link_target: fs::read_link(path).ok(),
        readable_lines: 0,
        problems: Vec::new(),
        out_of_order_lines: Vec::new(),
    };
    let mut reader = Scan::new(BufReader::new(open_to_read(path)?));
    let mut last_at = None;
    while let Some(scanned) = reader.next_line()? {
        match scanned.text.and_then(|text| HistoryLine::parse(&text)) {
            Ok(line) => {
                file.readable_lines += 1;
                let at = line.written_at().timestamp();
                if last_at.is_some_and(|last| at < last) {
                    file.out_of_order_lines.push(scanned.number);
                }
                last_at = Some(at);
                history.add(line);
            }
            Err(why) => {
                file.problems.push(ReadProblem { line: scanned.number, reason: shortened(&why) });
            }
        }
    }
    Ok(file)
}

/// Skips unreadable lines: [`check_forwards`] has reported them.
fn add_backwards(path: &Path, history: &mut History) {
    let Ok(mut tail) = Tail::open(path) else { return };
    while let Some(line) = tail.previous() {
        history.add(line);
    }
}
