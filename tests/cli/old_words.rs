//! Names and phrases that were replaced by plain English do not come back: `tests/data/old_words.txt` lists them.
//!
//! A name is looked for as a whole identifier in the code of `src` and `tests`; a phrase in all text that people
//! read, comments included, whatever its line breaks.

use crate::module_rules::{crate_root, find_whole_name, rust_files, strip_comments_and_literals};
use std::{fs, path::PathBuf};

/// Files that are about to be replaced as a whole, in the words that they have.
const KEPT_AS_THEY_ARE: [&str; 11] = [
    "src/record/brief.rs",
    "src/record/cursor.rs",
    "src/record/window.rs",
    "src/record/fold.rs",
    "src/history/tail.rs",
    "src/history/forward.rs",
    "src/history/scan.rs",
    "src/alert/program.rs",
    "src/alert/sound.rs",
    "src/alert/speech.rs",
    "src/alert/hooks.rs",
];

#[test]
fn replaced_names_do_not_come_back() {
    let names = listed("name");
    let mut found = Vec::new();
    for (path, text) in
        read_files(&[rust_files(&crate_root().join("src")), rust_files(&crate_root().join("tests"))])
    {
        let code = strip_comments_and_literals(&text);
        let old = names.iter().filter(|name| find_whole_name(name, &code).next().is_some());
        found.extend(old.map(|name| format!("{path}: {name}")));
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn replaced_phrases_do_not_come_back() {
    let phrases = listed("phrase");
    let mut found = Vec::new();
    let built_in = list_files("src/protocol", "toml");
    for (path, text) in read_files(&[rust_files(&crate_root().join("src")), built_in, read_elsewhere()]) {
        let text = join_lines(&text);
        let old = phrases.iter().filter(|phrase| text.contains(phrase.as_str()));
        found.extend(old.map(|phrase| format!("{path}: {phrase}")));
    }
    assert_eq!(found, [""; 0]);
}

/// The rules themselves: an old name in code and an old phrase across lines are found.
#[test]
fn old_words_are_found_where_they_stand() {
    let is_name_in =
        |text: &str| find_whole_name("Teller", &strip_comments_and_literals(text)).next().is_some();
    assert!(is_name_in("struct Teller;"));
    assert!(!is_name_in("struct Storyteller; // Teller\nconst A: &str = \"Teller\";"));
    assert!(join_lines("/// To one who\n    /// is there").contains("to one who is there"));
    assert!(join_lines("\"to one \\\n        who\"").contains("to one who"));
}

/// The words of this kind in the list, in lower case where they are phrases.
fn listed(kind: &str) -> Vec<String> {
    let list = fs::read_to_string(crate_root().join("tests/data/old_words.txt")).unwrap();
    let rows = list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    let words: Vec<String> = rows.filter(|(of, _)| *of == kind).map(|(_, word)| word.to_owned()).collect();
    assert!(words.len() > 10, "the list of each {kind} is read");
    words
}

/// What people read besides the program: every page of the project.
fn read_elsewhere() -> Vec<PathBuf> {
    let mut pages = list_files("docs", "md");
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|page| crate_root().join(page)));
    pages
}

fn list_files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(crate_root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|ending| ending == extension)).collect()
}

/// Each file's path in the project and its text.
fn read_files(lists: &[Vec<PathBuf>]) -> Vec<(String, String)> {
    let relative = |path: &PathBuf| path.strip_prefix(crate_root()).unwrap().to_str().unwrap().to_owned();
    let files = lists.iter().flatten().map(|path| (relative(path), fs::read_to_string(path).unwrap()));
    files.filter(|(path, _)| !KEPT_AS_THEY_ARE.contains(&path.as_str())).collect()
}

/// The text on one line, in lower case, without comment markers and continued strings' backslashes.
fn join_lines(text: &str) -> String {
    let marks = |line: &str| {
        line.trim().trim_start_matches(['/', '!', '#', '*']).trim_end_matches('\\').to_lowercase()
    };
    text.lines().map(marks).collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}
