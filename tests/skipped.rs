//! Says at the end of `cargo test` which tests could not run, and what they need.
//!
//! Cargo runs this after the tests in `tests/cli`, which list here what they skipped.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    os::unix::process::parent_id,
    path::Path,
};

#[test]
fn skipped_tests_are_counted() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{}", parent_id()));
    let Ok(list) = fs::read_to_string(&path) else { return };
    fs::remove_file(&path).unwrap();
    let skipped: BTreeSet<(&str, &str)> =
        list.lines().filter_map(|line| line.split_once(" needs ")).collect();
    let mut tests_by_need: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, need) in &skipped {
        *tests_by_need.entry(need).or_default() += 1;
    }
    let tests: BTreeSet<&str> = skipped.iter().map(|(test, _)| *test).collect();
    let mut summary = format!("{} tests were skipped, though they say \"ok\":\n", tests.len());
    for (need, count) in tests_by_need {
        summary += &format!("  {count} need {need}\n");
    }
    // The harness swallows what a passed test prints with `eprintln!`.
    io::stderr().write_all(summary.as_bytes()).unwrap();
}
