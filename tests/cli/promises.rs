//! The design's promises about a running session, each with the tests that check it.

use std::{collections::BTreeSet, fs, path::Path};

const TABLE: &str = include_str!("../data/promises.txt");

/// Adds the names of all tests in a folder.
fn collect_test_names(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_test_names(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let after = text.split("#[test]").skip(1);
            let name = |code: &str| code.split_once("fn ")?.1.split('(').next().map(str::to_owned);
            names.extend(after.filter_map(name));
        }
    }
}

#[test]
fn every_promise_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    collect_test_names(&root.join("tests"), &mut names);
    collect_test_names(&root.join("src"), &mut names);
    let rows: Vec<&str> = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(rows.len() > 60, "{} sentences", rows.len());
    for row in rows {
        let (sentence, tests) = row.split_once(" | ").unwrap_or_else(|| panic!("no test: {row}"));
        assert!(sentence.ends_with('.'), "no sentence: {row}");
        for test in tests.split(", ") {
            assert!(names.contains(test), "there is no test {test}: {sentence}");
        }
    }
}
