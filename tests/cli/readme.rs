//! The README is true: every line that it tells people to type works.

use crate::home::Home;

#[test]
fn every_line_that_people_are_told_to_type_works() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines: Vec<&str> = readme.lines().filter(|line| line.starts_with("$ easeback")).collect();
    assert!(lines.len() >= 4, "{lines:?}");
    for line in lines {
        let home = Home::new();
        // A session would take its time, and a bubble would tell the tester to fetch a cold pack.
        let quietly = if line.contains(" start") { " --detach --no-notify" } else { "" };
        let typed = line.replacen("$ easeback", "\"$EASEBACK\"", 1) + quietly;
        let ran = home.shell(&typed);
        assert_eq!(ran.code, Some(0), "{line}: {ran:?}");
    }
}
