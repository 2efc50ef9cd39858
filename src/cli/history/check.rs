//! `easeback history check`.

use super::{Answer, counted};
use crate::{
    error::Result,
    history::{Checked, CheckedFile, Logs},
    report::{Look, harmless, wrap},
};

pub fn run(logs: &Logs, look: &Look) -> Result<Answer> {
    let checked = logs.check()?;
    let mut lines: Vec<String> = checked.files.iter().flat_map(of_a_file).collect();
    lines.extend(checked.gaps.unreadable.iter().map(ToString::to_string));
    lines.extend(checked.not_read.iter().map(|path| format!("{}: not a log, skipped", path.display())));
    lines.extend(of_the_whole(&checked));
    let stdout = lines.iter().map(|line| wrap(&harmless(line), look.width, "", "  ") + "\n").collect();
    let mut warnings = Vec::new();
    if checked.files.iter().any(|file| !file.unreadable.is_empty()) {
        warnings.push("a line that cannot be read stays in its file; everything else was read".to_owned());
    }
    let hint = checked.gaps.way_out().map(str::to_owned);
    Ok(Answer { stdout, warnings, hint, failed: !checked.is_well() })
}

fn of_a_file(file: &CheckedFile) -> Vec<String> {
    let path = file.path.display();
    let leads_to = file.leads_to.as_ref().map(|to| format!(", a link to {}", to.display()));
    let unreadable = match file.unreadable.len() {
        0 => String::new(),
        many => format!(", {many} unreadable"),
    };
    let lines = counted(file.lines, "line", "lines");
    let mut said = vec![format!("{path}: {lines}{unreadable}{}", leads_to.unwrap_or_default())];
    let faults = file.unreadable.iter();
    said.extend(faults.map(|fault| format!("{path}:{}: cannot be read: {}", fault.line, fault.why)));
    said.extend(file.out_of_order.iter().map(|line| {
        format!("{path}:{line}: older than the line above it: the newest sessions may not be found there")
    }));
    said
}

fn of_the_whole(checked: &Checked) -> Vec<String> {
    let [sessions, corrections, entries] = checked.counts;
    let mut said = vec![format!(
        "{}, {}, {}",
        counted(sessions, "session", "sessions"),
        counted(corrections, "correction", "corrections"),
        counted(entries, "diary entry", "diary entries")
    )];
    if checked.orphans > 0 {
        let orphans = counted(checked.orphans, "correction", "corrections");
        said.push(format!("{orphans} of sessions that are not here; they count once their file is"));
    }
    if !checked.gaps.unreadable.is_empty() {
        said.push("NOT PROVED: what cannot be read through may hold anything".to_owned());
        return said;
    }
    said.push(match checked.is_proved {
        true => "reading forwards, backwards and twice gives the same history".to_owned(),
        false => "NOT PROVED: reading forwards, backwards and twice gives different histories".to_owned(),
    });
    if !checked.finds_the_newest {
        said.push("NOT FOUND: reading from the end finds other sessions as the newest".to_owned());
    }
    said
}
