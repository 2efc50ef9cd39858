//! `easeback history check`.

use super::{HistoryOutput, format_count};
use crate::{
    error::Result,
    history::{CheckedFile, HistoryCheck, HistoryFolder},
    report::{OutputFormat, sanitize, wrap},
};

pub(crate) fn run(logs: &HistoryFolder, look: &OutputFormat) -> Result<HistoryOutput> {
    let checked = logs.check()?;
    let mut lines: Vec<String> = checked.files.iter().flat_map(format_file_result).collect();
    lines.extend(checked.gaps.logs.iter().map(ToString::to_string));
    lines.extend(checked.ignored_files.iter().map(|path| format!("{}: not a log, skipped", path.display())));
    lines.extend(format_check_totals(&checked));
    let stdout = lines.iter().map(|line| wrap(&sanitize(line), look.width, "", "  ") + "\n").collect();
    let mut warnings = Vec::new();
    if checked.files.iter().any(|file| !file.problems.is_empty()) {
        warnings.push("a line that cannot be read stays in its file; everything else was read".to_owned());
    }
    let hint = checked.gaps.hint_or_default().map(str::to_owned);
    Ok(HistoryOutput { stdout, warnings, hint, has_failures: !checked.has_no_problems() })
}

fn format_file_result(file: &CheckedFile) -> Vec<String> {
    let path = file.path.display();
    let leads_to = file.link_target.as_ref().map(|to| format!(", a link to {}", to.display()));
    let unreadable = match file.problems.len() {
        0 => String::new(),
        many => format!(", {many} unreadable"),
    };
    let lines = format_count(file.readable_lines, "line", "lines");
    let mut said = vec![format!("{path}: {lines}{unreadable}{}", leads_to.unwrap_or_default())];
    let faults = file.problems.iter();
    said.extend(faults.map(|fault| format!("{path}:{}: cannot be read: {}", fault.line, fault.reason)));
    said.extend(file.out_of_order_lines.iter().map(|line| {
        format!("{path}:{line}: older than the line above it: the newest sessions may not be found there")
    }));
    said
}

fn format_check_totals(checked: &HistoryCheck) -> Vec<String> {
    let [sessions, corrections, entries] = checked.counts;
    let mut said = vec![format!(
        "{}, {}, {}",
        format_count(sessions, "session", "sessions"),
        format_count(corrections, "correction", "corrections"),
        format_count(entries, "diary entry", "diary entries")
    )];
    if checked.orphan_count > 0 {
        let orphans = format_count(checked.orphan_count, "correction", "corrections");
        said.push(format!("{orphans} of sessions that are not here; they count once their file is"));
    }
    if !checked.gaps.logs.is_empty() {
        said.push("NOT PROVED: what cannot be read through may hold anything".to_owned());
        return said;
    }
    said.push(match checked.is_order_independent {
        true => "reading forwards, backwards and twice gives the same history".to_owned(),
        false => "NOT PROVED: reading forwards, backwards and twice gives different histories".to_owned(),
    });
    if !checked.can_find_newest {
        said.push("NOT FOUND: reading from the end finds other sessions as the newest".to_owned());
    }
    said
}
