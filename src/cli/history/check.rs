//! `easeback history check`.

use super::Answer;
use crate::{
    error::Result,
    history::{Checked, CheckedFile, Logs},
    report::harmless,
};

pub fn run(logs: &Logs) -> Result<Answer> {
    let checked = logs.check()?;
    let mut lines: Vec<String> = checked.files.iter().flat_map(of_a_file).collect();
    lines.extend(checked.not_read.iter().map(|path| format!("{}: no log, not read", path.display())));
    lines.extend(of_the_whole(&checked));
    let stdout = lines.iter().map(|line| harmless(line) + "\n").collect();
    let mut warnings = Vec::new();
    if checked.files.iter().any(|file| !file.unreadable.is_empty()) {
        warnings.push("what cannot be read stays where it is, and hides nothing else".to_owned());
    }
    Ok(Answer { stdout, warnings, failed: !checked.is_well() })
}

fn of_a_file(file: &CheckedFile) -> Vec<String> {
    let path = file.path.display();
    let leads_to = file.leads_to.as_ref().map(|to| format!(", a link to {}", to.display()));
    let unreadable = match file.unreadable.iter().filter(|fault| fault.line.is_some()).count() {
        0 => String::new(),
        many => format!(", {many} unreadable"),
    };
    let lines = counted(file.lines, "line", "lines");
    let mut said = vec![format!("{path}: {lines}{unreadable}{}", leads_to.unwrap_or_default())];
    said.extend(file.unreadable.iter().map(|fault| match fault.line {
        Some(line) => format!("{path}:{line}: cannot be read: {}", fault.why),
        None => format!("{path}: cannot be read: {}", fault.why),
    }));
    said.extend(file.out_of_order.iter().map(|line| {
        format!(
            "{path}:{line}: written before the line before it: the newest sessions may not be found there"
        )
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
        said.push(format!("{orphans} of sessions that are not here; should their file come, they count"));
    }
    said.push(match checked.is_proved {
        true => "read forwards, backwards and twice, it is the same history".to_owned(),
        false => "NOT PROVED: read forwards, backwards and twice, it is not the same history".to_owned(),
    });
    if !checked.finds_the_newest {
        said.push("NOT FOUND: read from the end, the newest sessions are others".to_owned());
    }
    said
}

fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
