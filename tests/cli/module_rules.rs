//! The house rules: which room may use which, what a pure room never sees, how long a file may grow.
//!
//! The sources are read as text, comments and literals left out. Tests inside a room keep its rules too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// DESIGN's arrows: a room, and the rooms that it may use beside [`EVERYWHERE`]. `*` is any room.
const ARROWS: [(&str, &[&str]); 18] = [
    ("main", &["cli"]),
    ("cli", &["*"]),
    ("timer", &["journal", "session", "alert", "clock"]),
    ("view", &["journal", "session", "clock"]),
    ("journal", &["session", "history", "record"]),
    ("alert", &["session"]),
    ("report", &["stats", "record"]),
    ("history", &["record"]),
    ("stats", &["record"]),
    ("session", &["protocol", "record"]),
    ("limits", &["protocol", "record"]),
    ("clock", &[]),
    ("record", &[]),
    ("protocol", &[]),
    ("config", &["alert", "history", "protocol", "record", "session"]),
    ("error", &[]),
    ("time", &[]),
    ("lib", &[]),
];
/// The rooms that every room may use.
const EVERYWHERE: [&str; 2] = ["error", "time"];
/// The room that only the doorbell may use.
const TOP: &str = "cli";

/// The rooms whose answers depend on nothing but what they are handed.
const PURE: [&str; 7] = ["time", "protocol", "record", "limits", "session", "stats", "report"];
/// The modules of `std` that a pure room never names.
const IMPURE_STD: [&str; 5] = ["env", "fs", "net", "process", "thread"];
/// The paths and names that a pure room never writes: clocks, and the crate that asks the system.
const IMPURE: [&str; 6] = ["Instant", "SystemTime", "Zoned::now", "Timestamp::now", "now_v7", "rustix"];

const MOST_LINES: usize = 500;

#[test]
fn modules_use_only_allowed_dependencies() {
    assert_eq!(House::read().broken_rules(), [""; 0]);
}

#[test]
fn no_file_exceeds_the_line_limit() {
    let long: Vec<_> = rust_files(&root().join("src"))
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .collect();
    assert!(long.is_empty(), "files over {MOST_LINES} lines: {long:?}");
}

#[test]
fn readme_contains_its_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    for command in ["cargo run --release -- start", "cargo test"] {
        assert!(readme.contains(command), "expected `{command}` in README.md");
    }
}

/// The code of each room, its submodules included.
struct House {
    rooms: BTreeMap<String, String>,
    /// What is wrong with single files.
    hidden: Vec<String>,
}

impl House {
    fn read() -> House {
        let src = root().join("src");
        let files = rust_files(&src);
        House::of(files.iter().map(|path| {
            let name = path.strip_prefix(&src).unwrap().with_extension("");
            (name.to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        }))
    }

    /// From the files' names, as in `alert` and `alert/sound`, and their texts.
    fn of(files: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> House {
        let mut house = House { rooms: BTreeMap::new(), hidden: Vec::new() };
        for (name, text) in files {
            let (name, code) = (name.as_ref(), code_of(text.as_ref()));
            let room = name.split('/').next().unwrap_or(name);
            house.hidden.extend(hidden_arrow(name, &code));
            house.rooms.entry(room.into()).or_default().push_str(&code);
        }
        house
    }

    fn broken_rules(&self) -> Vec<String> {
        let mut broken: Vec<String> = self.arrows().filter_map(forbidden).collect();
        broken.extend(self.rooms.iter().flat_map(|(room, code)| impurities(room, code)));
        broken.extend(self.hidden.iter().cloned());
        broken.extend(self.circle());
        broken.extend(self.rooms.get("lib").and_then(|code| more_than_a_list(code)));
        broken
    }

    /// Which room uses which other.
    fn arrows(&self) -> impl Iterator<Item = (&str, String)> {
        self.rooms.iter().flat_map(|(room, code)| {
            let used: BTreeSet<String> =
                ["crate", "easeback"].iter().flat_map(|root| names_under(root, code)).collect();
            used.into_iter().filter(move |other| other != room).map(move |other| (room.as_str(), other))
        })
    }

    /// What stays when rooms that use nothing are taken away again and again.
    fn circle(&self) -> Option<String> {
        let mut left: BTreeSet<(&str, String)> = self.arrows().collect();
        loop {
            let users: BTreeSet<&str> = left.iter().map(|(room, _)| *room).collect();
            let kept: BTreeSet<_> =
                left.iter().filter(|(_, used)| users.contains(used.as_str())).cloned().collect();
            if kept.len() == left.len() {
                return (!left.is_empty()).then(|| format!("a circle is among {left:?}"));
            }
            left = kept;
        }
    }
}

fn forbidden((room, used): (&str, String)) -> Option<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
        return Some(format!("{room}: not a room of the table"));
    };
    let known = ARROWS.iter().any(|(name, _)| *name == used);
    let listed = EVERYWHERE.contains(&used.as_str()) || allowed.contains(&used.as_str());
    let any = allowed.contains(&"*") && used != "main" && used != "lib";
    let to_the_top = used == TOP && room != "main";
    let fine = known && !to_the_top && (any || (listed && room != "lib"));
    (!fine).then(|| format!("{room} → {used}: not an arrow of the table"))
}

fn impurities(room: &str, code: &str) -> Vec<String> {
    if !PURE.contains(&room) {
        return Vec::new();
    }
    let modules = names_under("std", code).into_iter().filter(|name| IMPURE_STD.contains(&name.as_str()));
    let modules = modules.map(|name| format!("std::{name}"));
    let names = IMPURE.iter().filter(|name| starts_of(name, code).next().is_some()).map(ToString::to_string);
    modules.chain(names).map(|name| format!("{room} is pure and has `{name}`")).collect()
}

/// A way to another room that would not be seen: it has to be written out as `crate::shrinking`.
fn hidden_arrow(name: &str, code: &str) -> Option<String> {
    let to_the_root = format!("use {}", "super::".repeat(name.split('/').count()));
    let hides = |line: &&str| {
        line.starts_with(&to_the_root) || line.contains("crate as ") || line.contains("crate::*")
    };
    let line = code.lines().find(hides)?;
    Some(format!("{name}: `{line}` hides an arrow; write crate::"))
}

fn more_than_a_list(lib: &str) -> Option<String> {
    let listed = |line: &str| {
        line.is_empty() || line.starts_with("#!") || line.starts_with("mod ") || line.starts_with("pub mod ")
    };
    let line = lib.lines().map(str::trim).find(|line| !listed(line))?;
    Some(format!("lib only lists, and has `{line}`"))
}

/// The first names after `root::`, also in groups: `crate::{a::B, c}` gives `a` and `c`.
fn names_under(root: &str, code: &str) -> BTreeSet<String> {
    let path = format!("{root}::");
    starts_of(&path, code).flat_map(|start| first_names(&code[start + path.len()..])).collect()
}

fn first_names(tail: &str) -> Vec<String> {
    let Some(group) = tail.trim_start().strip_prefix('{') else { return vec![word(tail)] };
    let mut names = vec![word(group)];
    let mut depth = 0;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|letter| is_of_a_word(*letter)).collect()
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Where this name or path stands as a whole, not as a part of a longer one.
fn starts_of<'a>(name: &'a str, code: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(name).map(|(start, _)| start).filter(move |start| {
        let after = &code[start + name.len()..];
        !code[..*start].ends_with(is_of_a_word) && (name.ends_with(':') || !after.starts_with(is_of_a_word))
    })
}

/// The text without comments and without what stands in literals.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| literal(rest));
        if skipped.is_none() {
            code.push(letter);
        }
        rest = &rest[skipped.unwrap_or(letter.len_utf8())..];
    }
    code
}

/// How long the comment at this place is.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.starts_with("/*").then(|| text.find("*/").map_or(text.len(), |end| end + 2))
}

/// How long the string or the character at this place is.
fn literal(text: &str) -> Option<usize> {
    if let Some(tail) = text.strip_prefix('r') {
        let fences = tail.len() - tail.trim_start_matches('#').len();
        if tail[fences..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(fences));
            let inside = 1 + fences + 1;
            return Some(text[inside..].find(&end).map_or(text.len(), |at| inside + at + end.len()));
        }
    }
    if text.starts_with('"') {
        return Some(quoted(text, '"'));
    }
    let mut letters = text.strip_prefix('\'')?.chars();
    let first = letters.next()?;
    (first == '\\' || letters.next() == Some('\'')).then(|| quoted(text, '\''))
}

/// How long it is to the closing quote, an escaped one left out.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rules themselves: each can be broken, and is then named.
mod tests {
    use super::House;

    fn broken<const N: usize>(files: [(&str, &str); N]) -> Vec<String> {
        House::of(files).broken_rules()
    }

    #[test]
    fn forbidden_dependency_is_found() {
        let found = broken([("stats", "use crate::history::read;")]);
        assert_eq!(found, ["stats → history: not an arrow of the table"]);
        assert_eq!(broken([("alert", "fn f() { crate::timer::run() }")]).len(), 1);
        assert_eq!(broken([("alert/sound", "use crate::timer;")]).len(), 1);
        assert_eq!(
            broken([("view", "use crate::{\n    clock::now,\n    record::{Line, Entry},\n};")]).len(),
            1
        );
        assert_eq!(broken([("record", "fn f() { crate::cli::main() }")]).len(), 1);
        assert_eq!(broken([("journal", "use crate::config::Folders;")]).len(), 1);
        assert_eq!(broken([("drawer", "use crate::time::Stamp;")]), ["drawer: not a room of the table"]);
        assert_eq!(broken([("main", "fn main() { easeback::timer::run() }")]).len(), 1);
    }

    #[test]
    fn allowed_dependency_is_accepted() {
        let timer = "use crate::{error::Result, journal, session::Session, time::Stamp};";
        assert_eq!(
            broken([("timer", timer), ("cli", "use crate::timer;"), ("main", "easeback::cli::main()")]),
            [""; 0]
        );
        assert_eq!(
            broken([("stats", "// crate::history\n/// [`crate::cli`]\nconst A: &str = \"crate::cli\";")]),
            [""; 0]
        );
    }

    #[test]
    fn dependency_cycle_is_found() {
        let found = broken([("time", "use crate::error::Error;"), ("error", "use crate::time::Stamp;")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("a circle is among"), "{found:?}");
    }

    #[test]
    fn impure_module_is_found() {
        for impure in [
            "use std::fs;",
            "use std::{fmt, env, io};",
            "fn f() { std::thread::yield_now() }",
            "fn f(at: Instant) {}",
            "fn f() { jiff::Zoned::now(); }",
            "fn f() { Uuid::now_v7(); }",
        ] {
            assert_eq!(broken([("session", impure)]).len(), 1, "{impure}");
            assert_eq!(broken([("clock", impure)]), [""; 0], "{impure}");
        }
        assert_eq!(
            broken([("session", "struct Instantly; // std::fs\nfn f(quote: char) { f('\"') }")]),
            [""; 0]
        );
    }

    #[test]
    fn hidden_dependency_is_found() {
        assert_eq!(broken([("alert", "use super::timer;")]).len(), 1);
        assert_eq!(broken([("alert/sound", "use super::super::timer;")]).len(), 1);
        assert_eq!(broken([("alert/sound", "use super::Alert;")]), [""; 0]);
        assert_eq!(broken([("stats", "use crate as house;")]).len(), 1);
    }

    #[test]
    fn lib_with_more_than_a_module_list_is_found() {
        assert_eq!(broken([("lib", "//! Rooms.\npub mod time;\n")]), [""; 0]);
        assert_eq!(broken([("lib", "pub mod time;\npub use time::Stamp;\n")]).len(), 1);
    }
}
