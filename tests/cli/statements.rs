//! Every statement of the documents is shown somewhere. The table is data; docs/statements.md is generated from it.

use crate::home::{Home, env_var};
use easeback::limits::{self, LimitRow};
use std::{collections::BTreeMap, fmt::Write, fs, path::Path, thread};

const TABLE: &str = include_str!("../data/statements.txt");

/// The start of the page in `docs/`: the sources, and the head of the table.
const INTRODUCTION: &str = "\
# What the sources say, and where the program says it

A test makes this page from `tests/data/statements.txt` and the table of limits, and looks for each statement where the
page says that it is.

## Sources

| code | source |
| --- | --- |
| D0 | a massage therapist's instructions: heat 20 min, covered cold pack 10 min, as needed |
| D1 | a chiropractor's (Dr. Hanson): breathe, lie down, walk after about an hour |
| D2 | a doctor-reviewed article: \"My Back Went Out. What Do I Do?\", April 2023 |
| X1 | MPFT NHS leaflets on cold and heat treatment |
| X2 | Healthwise, on heat and cold for sore joints and backs |
| X3 | US FDA and CPSC on burns by heating pads (1995, 1997) |
| X4 | warning-sign cards for cauda equina, used by NHS services |
| X5 | Massachusetts Chiropractic Society: heat over a lidocaine patch |
| P | our choice: this program's own, nobody's advice |

## Statements

| row | source | statement | where the program says it |
| --- | --- | --- | --- |
";

/// A statement, with its number in the table of the documents.
struct Statement {
    number: usize,
    source: &'static str,
    statement: &'static str,
    shown: Vec<Place>,
}

/// Where a statement is shown: the command, and the words to find in its output.
struct Place {
    situation: &'static str,
    command: &'static str,
    place: &'static str,
    words: Vec<&'static str>,
}

fn parse_table() -> (BTreeMap<&'static str, &'static str>, Vec<Statement>) {
    let (mut situations, mut rows) = (BTreeMap::new(), Vec::<Statement>::new());
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = line.trim().split(" | ").collect();
        if let Some(situation) = line.strip_prefix("situation ") {
            let (name, script) = situation.split_once(':').unwrap();
            situations.insert(name, script.trim());
        } else if let [situation, command, place, words] = parts[..] {
            let words = words.split("; ").collect();
            rows.last_mut().unwrap().shown.push(Place { situation, command, place, words });
        } else {
            let [number, source, statement] = parts[..] else { panic!("{line}") };
            rows.push(Statement { number: number.parse().unwrap(), source, statement, shown: Vec::new() });
        }
    }
    (situations, rows)
}

/// The words with single spaces: line breaks do not matter.
fn join_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words that are missing at this place.
fn find_missing(place: &Place, script: &str) -> Option<String> {
    let home = Home::new();
    if !script.is_empty() {
        let before = home.run_shell(script);
        assert_eq!(before.code, Some(0), "{script}: {before:?}");
    }
    let output = home.run(place.command.split(' '));
    let text = join_words(&(output.stdout + &output.stderr));
    let missing: Vec<_> = place.words.iter().filter(|words| !text.contains(*words)).collect();
    (!missing.is_empty())
        .then(|| format!("`easeback {}` ({}) lacks {missing:?}: {text}", place.command, place.situation))
}

#[test]
fn every_statement_is_shown_somewhere() {
    let (situations, rows) = parse_table();
    let numbers: Vec<usize> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=25).collect::<Vec<_>>());
    let missing: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            assert!(!row.shown.is_empty(), "row {} is nowhere", row.number);
            thread::scope(|scope| {
                let checks: Vec<_> = row
                    .shown
                    .iter()
                    .map(|place| (place, situations[place.situation]))
                    .map(|(place, script)| scope.spawn(move || find_missing(place, script)))
                    .collect();
                checks.into_iter().filter_map(|check| check.join().unwrap()).collect::<Vec<_>>()
            })
        })
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n\n"));
}

#[test]
fn docs_table_is_generated_from_this_table() {
    let mut made = INTRODUCTION.to_owned();
    for row in parse_table().1 {
        let places: Vec<&str> = row.shown.iter().map(|place| place.place).collect();
        let Statement { number, source, statement, .. } = row;
        writeln!(made, "| {number} | {source} | {statement} | {} |", places.join("; ")).unwrap();
    }
    made.push_str("\n## Limits\n\n| limit | value | source | what happens |\n| --- | --- | --- | --- |\n");
    for LimitRow { subject: what, value, citation: source, consequence: then, .. } in limits::list_limits() {
        writeln!(made, "| {what} | {value} | {source} | {then} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/statements.md");
    if fs::read_to_string(&path).unwrap_or_default() != made {
        let writes = env_var("INSTA_UPDATE").is_some_and(|how| how == "always");
        assert!(writes, "docs/statements.md differs from the table: INSTA_UPDATE=always writes it again");
        fs::write(&path, made).unwrap();
    }
}
