//! Rules for the source code: which module may use which, what a pure module never uses, how long a file may be.
//!
//! The sources are read as text without comments and literals. Tests inside a module follow its rules too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The dependency rule: a module, and the modules that it may use besides [`SHARED_MODULES`]. `*` is any module.
const ALLOWED_DEPENDENCIES: [(&str, &[&str]); 18] = [
    ("main", &["cli"]),
    ("cli", &["*"]),
    ("timer", &["journal", "session", "alert", "clock"]),
    ("view", &["journal", "session", "clock"]),
    ("journal", &["session", "history", "record"]),
    ("alert", &["session"]),
    ("report", &["stats", "record"]),
    ("history", &["record"]),
    ("stats", &["record"]),
    ("session", &["protocol", "record", "limits"]),
    ("limits", &["protocol", "record"]),
    ("clock", &[]),
    ("record", &[]),
    ("protocol", &[]),
    ("config", &["alert", "history", "protocol", "record", "session"]),
    ("error", &[]),
    ("time", &[]),
    ("lib", &[]),
];
/// The modules that every module may use.
const SHARED_MODULES: [&str; 2] = ["error", "time"];
/// The module that only the entry point may use.
const TOP_MODULE: &str = "cli";

/// The modules whose results depend on their arguments only.
const PURE_MODULES: [&str; 7] = ["time", "protocol", "record", "limits", "session", "stats", "report"];
/// The modules of `std` that a pure module never uses.
const IMPURE_STD_MODULES: [&str; 5] = ["env", "fs", "net", "process", "thread"];
/// The paths and names that a pure module never uses: clocks, and the crate of system calls.
const IMPURE_NAMES: [&str; 6] =
    ["Instant", "SystemTime", "ZonedDateTime::now", "Timestamp::now", "now_v7", "rustix"];

const MAX_FILE_LINES: usize = 500;

#[test]
fn modules_use_only_allowed_dependencies() {
    assert_eq!(ModuleGraph::read_sources().find_violations(), [""; 0]);
}

#[test]
fn no_file_exceeds_the_line_limit() {
    let long: Vec<_> = rust_files(&crate_root().join("src"))
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > MAX_FILE_LINES)
        .collect();
    assert!(long.is_empty(), "files over {MAX_FILE_LINES} lines: {long:?}");
}

#[test]
fn readme_contains_its_two_commands() {
    let readme = fs::read_to_string(crate_root().join("README.md")).expect("README.md");
    for command in ["cargo run --release -- start", "cargo test"] {
        assert!(readme.contains(command), "expected `{command}` in README.md");
    }
}

/// The code of each module, including its submodules.
struct ModuleGraph {
    modules: BTreeMap<String, String>,
    /// Violations in single files.
    file_violations: Vec<String>,
}

impl ModuleGraph {
    fn read_sources() -> ModuleGraph {
        let src = crate_root().join("src");
        let files = rust_files(&src);
        ModuleGraph::from_files(files.iter().map(|path| {
            let name = path.strip_prefix(&src).unwrap().with_extension("");
            (name.to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        }))
    }

    /// From file names such as `alert` and `alert/sound`, and their texts.
    fn from_files(files: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> ModuleGraph {
        let mut graph = ModuleGraph { modules: BTreeMap::new(), file_violations: Vec::new() };
        for (name, text) in files {
            let (name, code) = (name.as_ref(), strip_comments_and_literals(text.as_ref()));
            let module = name.split('/').next().unwrap_or(name);
            graph.file_violations.extend(find_hidden_dependency(name, &code));
            graph.modules.entry(module.into()).or_default().push_str(&code);
        }
        graph
    }

    fn find_violations(&self) -> Vec<String> {
        let mut broken: Vec<String> = self.dependencies().filter_map(check_dependency).collect();
        broken.extend(self.modules.iter().flat_map(|(module, code)| find_impurities(module, code)));
        broken.extend(self.file_violations.iter().cloned());
        broken.extend(self.find_cycle());
        broken.extend(self.modules.get("lib").and_then(|code| find_code_in_lib(code)));
        broken
    }

    /// All pairs of a module and a module that it uses.
    fn dependencies(&self) -> impl Iterator<Item = (&str, String)> {
        self.modules.iter().flat_map(|(module, code)| {
            let used: BTreeSet<String> =
                ["crate", "easeback"].iter().flat_map(|root| names_after_root(root, code)).collect();
            used.into_iter().filter(move |other| other != module).map(move |other| (module.as_str(), other))
        })
    }

    /// Removes modules that use nothing until none is left; what remains is a cycle.
    fn find_cycle(&self) -> Option<String> {
        let mut edges: BTreeSet<(&str, String)> = self.dependencies().collect();
        loop {
            let users: BTreeSet<&str> = edges.iter().map(|(module, _)| *module).collect();
            let remaining: BTreeSet<_> =
                edges.iter().filter(|(_, used)| users.contains(used.as_str())).cloned().collect();
            if remaining.len() == edges.len() {
                return (!edges.is_empty()).then(|| format!("a cycle is among {edges:?}"));
            }
            edges = remaining;
        }
    }
}

fn check_dependency((module, used): (&str, String)) -> Option<String> {
    let Some((_, allowed)) = ALLOWED_DEPENDENCIES.iter().find(|(name, _)| *name == module) else {
        return Some(format!("{module}: not a module of the table"));
    };
    let is_known = ALLOWED_DEPENDENCIES.iter().any(|(name, _)| *name == used);
    let is_listed = SHARED_MODULES.contains(&used.as_str()) || allowed.contains(&used.as_str());
    let any = allowed.contains(&"*") && used != "main" && used != "lib";
    let to_the_top = used == TOP_MODULE && module != "main";
    let is_allowed = is_known && !to_the_top && (any || (is_listed && module != "lib"));
    (!is_allowed).then(|| format!("{module} → {used}: not a dependency of the table"))
}

fn find_impurities(module: &str, code: &str) -> Vec<String> {
    if !PURE_MODULES.contains(&module) {
        return Vec::new();
    }
    let modules =
        names_after_root("std", code).into_iter().filter(|name| IMPURE_STD_MODULES.contains(&name.as_str()));
    let modules = modules.map(|name| format!("std::{name}"));
    let names = IMPURE_NAMES
        .iter()
        .filter(|name| find_whole_name(name, code).next().is_some())
        .map(ToString::to_string);
    modules.chain(names).map(|name| format!("{module} is pure and has `{name}`")).collect()
}

/// A dependency that would be missed: it must be written as `crate::module`.
fn find_hidden_dependency(name: &str, code: &str) -> Option<String> {
    let to_the_root = format!("use {}", "super::".repeat(name.split('/').count()));
    let hides = |line: &&str| {
        line.starts_with(&to_the_root) || line.contains("crate as ") || line.contains("crate::*")
    };
    let line = code.lines().find(hides)?;
    Some(format!("{name}: `{line}` hides a dependency; write crate::"))
}

fn find_code_in_lib(lib: &str) -> Option<String> {
    let is_listed = |line: &str| {
        line.is_empty() || line.starts_with("#!") || line.starts_with("mod ") || line.starts_with("pub mod ")
    };
    let line = lib.lines().map(str::trim).find(|line| !is_listed(line))?;
    Some(format!("lib only lists, and has `{line}`"))
}

/// The first names after `root::`, also in groups: `crate::{a::B, c}` gives `a` and `c`.
fn names_after_root(root: &str, code: &str) -> BTreeSet<String> {
    let path = format!("{root}::");
    find_whole_name(&path, code).flat_map(|start| first_path_segments(&code[start + path.len()..])).collect()
}

fn first_path_segments(tail: &str) -> Vec<String> {
    let Some(group) = tail.trim_start().strip_prefix('{') else { return vec![leading_identifier(tail)] };
    let mut names = vec![leading_identifier(group)];
    let mut depth = 0;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(leading_identifier(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn leading_identifier(text: &str) -> String {
    text.trim_start().chars().take_while(|character| is_identifier_char(*character)).collect()
}

fn is_identifier_char(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where this name or path occurs as a whole, not as part of a longer one.
pub fn find_whole_name<'a>(name: &'a str, code: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(name).map(|(start, _)| start).filter(move |start| {
        let after = &code[start + name.len()..];
        !code[..*start].ends_with(is_identifier_char)
            && (name.ends_with(':') || !after.starts_with(is_identifier_char))
    })
}

pub fn strip_comments_and_literals(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let skipped = comment_length(rest).or_else(|| literal_length(rest));
        if skipped.is_none() {
            code.push(character);
        }
        rest = &rest[skipped.unwrap_or(character.len_utf8())..];
    }
    code
}

/// The length of the comment at the start of the text.
fn comment_length(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.starts_with("/*").then(|| text.find("*/").map_or(text.len(), |end| end + 2))
}

/// The length of the string or character literal at the start of the text.
fn literal_length(text: &str) -> Option<usize> {
    if let Some(tail) = text.strip_prefix('r') {
        let fences = tail.len() - tail.trim_start_matches('#').len();
        if tail[fences..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(fences));
            let inside = 1 + fences + 1;
            return Some(text[inside..].find(&end).map_or(text.len(), |at| inside + at + end.len()));
        }
    }
    if text.starts_with('"') {
        return Some(quoted_length(text, '"'));
    }
    let mut characters = text.strip_prefix('\'')?.chars();
    let first = characters.next()?;
    (first == '\\' || characters.next() == Some('\'')).then(|| quoted_length(text, '\''))
}

/// The length up to the closing quote, ignoring escaped ones.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

pub fn crate_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
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

/// Tests of the rules: each violation is found and named.
mod tests {
    use super::ModuleGraph;

    fn violations_of<const N: usize>(files: [(&str, &str); N]) -> Vec<String> {
        ModuleGraph::from_files(files).find_violations()
    }

    #[test]
    fn forbidden_dependency_is_found() {
        let found = violations_of([("stats", "use crate::history::read;")]);
        assert_eq!(found, ["stats → history: not a dependency of the table"]);
        assert_eq!(violations_of([("alert", "fn f() { crate::timer::run() }")]).len(), 1);
        assert_eq!(violations_of([("alert/sound", "use crate::timer;")]).len(), 1);
        assert_eq!(
            violations_of([("view", "use crate::{\n    clock::now,\n    record::{Line, Entry},\n};")]).len(),
            1
        );
        assert_eq!(violations_of([("record", "fn f() { crate::cli::main() }")]).len(), 1);
        assert_eq!(violations_of([("journal", "use crate::config::Folders;")]).len(), 1);
        assert_eq!(
            violations_of([("drawer", "use crate::time::Stamp;")]),
            ["drawer: not a module of the table"]
        );
        assert_eq!(violations_of([("main", "fn main() { easeback::timer::run() }")]).len(), 1);
    }

    #[test]
    fn allowed_dependency_is_accepted() {
        let timer = "use crate::{error::Result, journal, session::Session, time::Stamp};";
        assert_eq!(
            violations_of([
                ("timer", timer),
                ("cli", "use crate::timer;"),
                ("main", "easeback::cli::main()")
            ]),
            [""; 0]
        );
        assert_eq!(
            violations_of([(
                "stats",
                "// crate::history\n/// [`crate::cli`]\nconst A: &str = \"crate::cli\";"
            )]),
            [""; 0]
        );
    }

    #[test]
    fn dependency_cycle_is_found() {
        let found =
            violations_of([("time", "use crate::error::Error;"), ("error", "use crate::time::Stamp;")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("a cycle is among"), "{found:?}");
    }

    #[test]
    fn impure_module_is_found() {
        for impure in [
            "use std::fs;",
            "use std::{fmt, env, io};",
            "fn f() { std::thread::yield_now() }",
            "fn f(at: Instant) {}",
            "fn f() { jiff::ZonedDateTime::now(); }",
            "fn f() { Uuid::now_v7(); }",
        ] {
            assert_eq!(violations_of([("session", impure)]).len(), 1, "{impure}");
            assert_eq!(violations_of([("clock", impure)]), [""; 0], "{impure}");
        }
        assert_eq!(
            violations_of([("session", "struct Instantly; // std::fs\nfn f(quote: char) { f('\"') }")]),
            [""; 0]
        );
    }

    #[test]
    fn hidden_dependency_is_found() {
        assert_eq!(violations_of([("alert", "use super::timer;")]).len(), 1);
        assert_eq!(violations_of([("alert/sound", "use super::super::timer;")]).len(), 1);
        assert_eq!(violations_of([("alert/sound", "use super::Alert;")]), [""; 0]);
        assert_eq!(violations_of([("stats", "use crate as house;")]).len(), 1);
    }

    #[test]
    fn lib_with_more_than_a_module_list_is_found() {
        assert_eq!(violations_of([("lib", "//! Modules.\npub mod time;\n")]), [""; 0]);
        assert_eq!(violations_of([("lib", "pub mod time;\npub use time::Stamp;\n")]).len(), 1);
    }
}
