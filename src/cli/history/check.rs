//! `easeback history check`: reads all files, names what cannot be read, and proves that the order of reading does not
//! matter.

use super::{HistoryOutput, format_count};
use crate::{
    error::Result,
    history::{CheckedFile, HistoryCheck, HistoryFolder},
    record::Query,
    report::{OutputFormat, sanitize, wrap},
};

pub(crate) fn run(history: &HistoryFolder, format: &OutputFormat) -> Result<HistoryOutput> {
    let checked = history.check()?;
    let kept = history.count_sessions(&Query::default()).ok().flatten();
    let mut lines: Vec<String> = checked.files.iter().flat_map(format_file_result).collect();
    lines.extend(checked.gaps.logs.iter().map(ToString::to_string));
    lines.extend(checked.ignored_files.iter().map(|path| format!("{}: not a log, skipped", path.display())));
    lines.extend(format_check_totals(&checked, kept));
    let stdout = lines.iter().map(|line| wrap(&sanitize(line), format.width, "", "  ") + "\n").collect();
    let mut warnings = Vec::new();
    if checked.files.iter().any(|file| !file.problems.is_empty()) {
        warnings.push("a line that cannot be read stays in its file; everything else was read".to_owned());
    }
    let hint = checked.gaps.hint_or_default().map(str::to_owned);
    Ok(HistoryOutput { stdout, warnings, hint, has_failures: !checked.has_no_problems() })
}

fn format_file_result(file: &CheckedFile) -> Vec<String> {
    let path = file.path.display();
    let link = file.link_target.as_ref().map(|target| format!(", a link to {}", target.display()));
    let unreadable = match file.problems.len() {
        0 => String::new(),
        count => format!(", {count} unreadable"),
    };
    let line_count = format_count(file.readable_lines, "line", "lines");
    let mut lines = vec![format!("{path}: {line_count}{unreadable}{}", link.unwrap_or_default())];
    let problems = file.problems.iter();
    lines.extend(
        problems.map(|problem| format!("{path}:{}: cannot be read: {}", problem.line, problem.reason)),
    );
    lines.extend(file.out_of_order_lines.iter().map(|line| {
        format!("{path}:{line}: older than the line above it: the newest sessions may not be found there")
    }));
    lines
}

fn format_check_totals(checked: &HistoryCheck, kept: Option<usize>) -> Vec<String> {
    let [sessions, corrections, entries] = checked.counts;
    let deleted = match kept.map_or(0, |kept| sessions.saturating_sub(kept)) {
        0 => String::new(),
        deleted => format!(" ({deleted} deleted)"),
    };
    let mut lines = vec![format!(
        "{}{deleted}, {}, {}",
        format_count(sessions, "session", "sessions"),
        format_count(corrections, "correction", "corrections"),
        format_count(entries, "diary entry", "diary entries")
    )];
    if checked.orphan_count > 0 {
        let orphans = format_count(checked.orphan_count, "correction", "corrections");
        lines.push(format!("{orphans} of sessions that are not here; they count once their file is"));
    }
    if !checked.gaps.logs.is_empty() {
        lines.push("NOT SURE: a file that cannot be read may hold more sessions".to_owned());
        return lines;
    }
    lines.push(if checked.is_order_independent {
        "read in any order, the files give the same history".to_owned()
    } else {
        "NOT SURE: the history depends on the order in which the files are read".to_owned()
    });
    if !checked.can_find_newest {
        lines.push("NOT SURE: the list of the newest sessions may lack some".to_owned());
    }
    lines
}
