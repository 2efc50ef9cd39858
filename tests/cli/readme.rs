//! The documentation is true: every command in the README, CONTRIBUTING and `docs/` runs, and exits with the code
//! that the page states.
//!
//! A command is a line `$ …` of a ```` ```console ```` block, or a code span of the text that begins with `easeback`,
//! `cargo`, `bash` or `xvfb-run`. Those of one page run in their order in one [`Home`]. The exit code is 0, unless
//! the line ends in a comment that begins with `# exit code N`. Nothing is skipped: the files named by a command that
//! cannot run here must exist, and an unknown command fails the test.

use crate::home::{Home, PROGRAM};
use rustix::process::Signal;
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    thread,
};

/// The session for a command that needs a running one. Its phases leave room for five more minutes.
const START_SESSION: &str = "easeback start --heat 10 --cold 5 --detach";
/// The commands that need a running session or show one.
const SESSION_COMMANDS: [&str; 11] =
    ["status", "attach", "pause", "resume", "next", "skip", "extend", "more", "pain", "note", "stop"];
/// What exists before a page's first command: a past session, a diary entry, and another person's protocol file.
const SETUP: &str = "easeback log --session ice --at 26h && easeback log --pain 5 'a first entry' &&
    easeback protocols new from-my-physio && mv config/protocols/from-my-physio.toml . && rm -r config";
/// Commands that no test runs, and why.
const UNTESTED_COMMANDS: [(&str, &str); 2] = [
    ("cargo install --path .", "it would build the program a second time, into the tester's own folder"),
    ("cargo bench", "it takes many minutes; its benches are compiled by clippy"),
];
const MAX_README_WORDS: usize = 900;

#[test]
fn documented_commands_exit_as_documented() {
    let failures: Vec<String> = thread::scope(|scope| {
        let runs: Vec<_> = read_pages()
            .into_iter()
            .map(|(name, text)| {
                scope.spawn(move || {
                    let failures = PageRunner::new().run_page(&text);
                    failures.into_iter().map(|why| format!("{name}: {why}")).collect::<Vec<_>>()
                })
            })
            .collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn readme_is_short_and_has_no_source_codes() {
    let readme = fs::read_to_string(crate_root().join("README.md")).unwrap();
    let words = readme.split_whitespace().count();
    assert!(words <= MAX_README_WORDS, "README.md has {words} words");
    for code in ["D0", "D1", "D2", "X1", "X2", "X3", "X4", "X5"] {
        assert!(!readme.contains(code), "README.md has the code {code}");
    }
}

#[test]
fn documentation_links_to_existing_files() {
    for (name, text) in read_pages() {
        let folder = crate_root().join(&name).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            let leads = target.contains("://") || folder.join(file).exists();
            assert!(leads, "{name}: {target} leads nowhere");
        }
    }
}

/// The path and text of each page. The changelog is left out: its old commands may not exist any more.
fn read_pages() -> Vec<(String, String)> {
    let docs = fs::read_dir(crate_root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let top = ["README.md", "CONTRIBUTING.md"].map(|name| crate_root().join(name));
    let mut paths: Vec<PathBuf> =
        docs.chain(top).filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(crate_root()).unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(named).collect()
}

fn crate_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A command of a page, and the exit code that the page states.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct DocumentedCommand {
    command: String,
    code: i32,
}

impl DocumentedCommand {
    fn parse(text: &str) -> DocumentedCommand {
        let (command, comment) = text.split_once(" # exit code ").unwrap_or((text, "0"));
        let digits: String = comment.chars().take_while(char::is_ascii_digit).collect();
        DocumentedCommand { command: command.trim().to_owned(), code: digits.parse().unwrap() }
    }
}

/// The commands of a page in their order, and the lines that hide one.
fn parse_commands(page: &str) -> (Vec<DocumentedCommand>, Vec<String>) {
    let (mut found, mut hidden) = (Vec::new(), Vec::new());
    let mut fence: Option<&str> = None;
    let mut prose = String::new();
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), fence) {
            (Some(language), None) => {
                found.extend(parse_code_spans(&std::mem::take(&mut prose)));
                fence = Some(language);
            }
            (Some(_), Some(_)) => fence = None,
            (None, None) => {
                prose.push_str(line.trim());
                prose.push(' ');
            }
            (None, Some("console")) if line.starts_with("$ ") => {
                found.push(DocumentedCommand::parse(&line[2..]));
            }
            (None, Some(_)) if is_command(line) => {
                hidden.push(format!("`{line}` is not in a console block, or lacks its $"));
            }
            (None, Some(_)) => {}
        }
    }
    found.extend(parse_code_spans(&prose));
    (found, hidden)
}

/// The commands in the code spans of a text.
fn parse_code_spans(prose: &str) -> Vec<DocumentedCommand> {
    prose
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| is_command(span))
        .map(DocumentedCommand::parse)
        .collect()
}

fn is_command(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    ["easeback", "cargo", "bash", "xvfb-run"].contains(&first)
}

/// Runs the commands of a page in a home of its own.
struct PageRunner {
    home: Home,
}

impl PageRunner {
    fn new() -> PageRunner {
        // `--open` shows the report in a browser.
        let home = Home::new().with_program("xdg-open", "exit 0");
        symlink(PROGRAM, home.folder().join("bin/easeback")).unwrap();
        let page = PageRunner { home };
        page.run_successfully(SETUP);
        page
    }

    /// Runs all commands of the page once, and returns those that did not exit as stated.
    fn run_page(&self, text: &str) -> Vec<String> {
        let (documented, mut failures) = parse_commands(text);
        let mut seen = BTreeSet::new();
        for documented in documented {
            if seen.insert(documented.clone()) {
                failures.extend(self.run_command(&documented));
            }
        }
        failures
    }

    fn run_command(&self, documented: &DocumentedCommand) -> Option<String> {
        let command = documented.command.as_str();
        let code = if let Some(args) = command.strip_prefix("cargo run --release -- ") {
            self.run_in_expected_state(&format!("easeback {args}"), documented.code)
        } else if is_easeback(command) {
            self.run_in_expected_state(command, documented.code)
        } else {
            return check_developer_command(command).err().map(|why| format!("`{command}`: {why}"));
        };
        let (code, output) = code;
        (code != Some(documented.code))
            .then(|| format!("`{command}` ended with {code:?}, not {}:\n{output}", documented.code))
    }

    /// Runs a command in the state that it needs, and returns its exit code and output.
    fn run_in_expected_state(&self, command: &str, expected: i32) -> (Option<i32>, String) {
        let subcommand = subcommand(command);
        let starts = subcommand == Some("start");
        let runs = match expected {
            3 => false,
            4 => true,
            _ if starts => false,
            _ if subcommand.is_none_or(|name| SESSION_COMMANDS.contains(&name)) => true,
            _ => self.has_session(),
        };
        if runs != self.has_session() {
            self.run_successfully(if runs { START_SESSION } else { "easeback stop" });
        }
        if starts && !command.contains("--detach") {
            // Without a terminal it would wait for the end of its session.
            return self.run_shell(&format!("{command} --detach"));
        }
        if command.contains("--follow") || subcommand == Some("attach") {
            return self.run_viewer(command);
        }
        self.run_shell(command)
    }

    /// Runs a command that stays until the session is over or it is closed.
    fn run_viewer(&self, command: &str) -> (Option<i32>, String) {
        let watching = self.home.spawn_shell(&format!("exec {command} 2>&1"));
        self.home.wait_until("its first output", || !watching.stdout_so_far().is_empty());
        self.run_successfully("easeback stop");
        if command.contains("--follow") {
            // It waits for the next session. Closing it is not a failure.
            watching.signal(Signal::INT);
            let closed = watching.finish();
            return (closed.code.or(Some(0)), closed.stdout);
        }
        let closed = watching.finish();
        (closed.code, closed.stdout)
    }

    fn has_session(&self) -> bool {
        self.home.journal().is_some()
    }

    fn run_shell(&self, command: &str) -> (Option<i32>, String) {
        let output = self.home.run_shell(command);
        (output.code, output.stdout + &output.stderr)
    }

    fn run_successfully(&self, command: &str) {
        let (code, output) = self.run_shell(command);
        assert_eq!(code, Some(0), "{command}: {output}");
    }
}

fn is_easeback(command: &str) -> bool {
    command.split_whitespace().next() == Some("easeback")
}

fn subcommand(command: &str) -> Option<&str> {
    command.split_whitespace().nth(1).filter(|word| !word.starts_with('-'))
}

/// Whether a developer's command can run: the file that it names exists, or `.ci/run` runs it.
fn check_developer_command(command: &str) -> Result<(), String> {
    let words: Vec<&str> = command.split_whitespace().filter(|word| !word.contains('=')).collect();
    let file = match words[..] {
        ["cargo", "bench", "--bench", name] => format!("benches/{name}.rs"),
        ["cargo", "run", "--example", name, "--", ..] => format!("examples/{name}/main.rs"),
        ["cargo", "+nightly", "fuzz", "run", name] => format!("fuzz/fuzz_targets/{name}.rs"),
        ["cargo", "test", "--test", "cli", topic] => format!("tests/cli/{topic}.rs"),
        ["bash", script, ..] | ["xvfb-run", "-a", "dbus-run-session", "--", "bash", script, ..] => {
            script.to_owned()
        }
        _ => return check_run_elsewhere(command),
    };
    if crate_root().join(&file).is_file() { Ok(()) } else { Err(format!("{file} is not there")) }
}

fn check_run_elsewhere(command: &str) -> Result<(), String> {
    let script = fs::read_to_string(crate_root().join(".ci/run")).unwrap();
    let by_ci = script.lines().any(|line| line == command || line == format!("{command} --locked"));
    let is_known = by_ci || UNTESTED_COMMANDS.iter().any(|(not_run, _)| *not_run == command);
    if is_known { Ok(()) } else { Err("neither this test nor .ci/run runs it".into()) }
}

/// Tests of the runner: it finds what it should.
mod tests {
    use super::*;

    fn failures(page: &str) -> Vec<String> {
        PageRunner::new().run_page(page)
    }

    #[test]
    fn commands_are_found_in_blocks_tables_and_text() {
        let page = "Type `easeback\nplan ice`.\n\n| `easeback stop` | `--json` |\n\n```console\n$ easeback status   # exit code 3: none\nno session\n```\n`cargo test`";
        let (found, hidden) = parse_commands(page);
        let found: Vec<(&str, i32)> =
            found.iter().map(|documented| (documented.command.as_str(), documented.code)).collect();
        assert_eq!(
            found,
            [("easeback plan ice", 0), ("easeback stop", 0), ("easeback status", 3), ("cargo test", 0)]
        );
        assert_eq!(hidden, [""; 0]);
        for hides in
            ["```\neaseback plan\n```", "```sh\neaseback plan\n```", "```console\neaseback plan\n```"]
        {
            assert_eq!(parse_commands(hides).1.len(), 1, "{hides}");
        }
    }

    #[test]
    fn wrong_documented_exit_code_is_detected() {
        for wrong in [
            "`easeback plan --no-such-flag`",
            "`easeback no-such-command`",
            "`easeback start ice --no-such-flag`",
            "`easeback start no-such-protocol`",
            "`easeback extend 20`",
            "`easeback attach --no-such-flag`",
            "```console\n$ easeback plan # exit code 1\n```",
            "```console\n$ easeback plan | grep no-such-words\n```",
            "`cargo run --release -- begin`",
            "`cargo bench --bench no-such-bench`",
            "`cargo no-such-command`",
            "`bash tests/no_such_check.sh`",
        ] {
            assert_eq!(failures(wrong).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn documented_command_gets_the_session_it_needs() {
        let page = "```console\n$ easeback pause\n$ easeback status # exit code 3\n$ easeback start # exit code 4\n$ easeback start ice\n$ easeback more # exit code 1\n```";
        assert_eq!(failures(page), [""; 0]);
    }
}
