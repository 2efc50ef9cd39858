//! A simulated computer for each test: its own folders, time zone and environment.
//!
//! Every wait is for a condition and has a generous timeout, so that a hang fails and never blocks.

use rustix::{
    process::{Pid, Signal, kill_process},
    time::{ClockId, clock_gettime},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Read, Write},
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::parent_id,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_easeback");

/// The programs that easeback would play sounds or speak with.
const SOUND_PROGRAMS: [&str; 9] =
    ["pw-play", "paplay", "aplay", "ffplay", "afplay", "spd-say", "espeak-ng", "espeak", "say"];

/// When a wait has failed: far longer than any test takes.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to sleep between two checks of a condition: at first, and at most. Many checks start a program.
const FIRST_POLL_INTERVAL: Duration = Duration::from_millis(2);
const LONGEST_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A temporary folder for everything that the program reads and writes, and the environment it runs in.
///
/// Nothing in here makes a sound or speaks: the tester's programs that would are not on the `PATH`. The session bus
/// is a dead address unless the test sets another: no notification reaches the tester's desktop. On drop, all
/// processes of this home are stopped.
#[must_use]
pub struct Home {
    folder: TempDir,
    environment: BTreeMap<OsString, OsString>,
}

impl Home {
    /// Creates a home in which easeback never ran: its folders do not exist yet.
    pub fn new() -> Home {
        let folder = TempDir::with_prefix("easeback-home-").unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let dead_bus = format!("unix:path={}", folder.path().join("no-bus").display());
        let home = Home { folder, environment: BTreeMap::new() };
        let (data, state, config) = (home.data(), home.state(), home.config());
        let user = home.folder.path().join("home");
        home.env("EASEBACK_DATA_DIR", data)
            .env("EASEBACK_STATE_DIR", state)
            .env("EASEBACK_CONFIG_DIR", config)
            .env("HOME", user)
            .env("PATH", silent_path())
            .env("TZ", "Europe/Berlin")
            .env("LANG", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("TERM", "xterm-256color")
            .env("DBUS_SESSION_BUS_ADDRESS", &dead_bus)
            .env("DBUS_SYSTEM_BUS_ADDRESS", dead_bus)
    }

    /// Sets an environment variable. Of the tester's own, only `PATH` is there.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Home {
        self.environment.insert(name.as_ref().into(), value.as_ref().into());
        self
    }

    /// Adds a program to this home, as a shell script in a folder that is first on the `PATH`.
    pub fn with_program(self, name: &str, script: &str) -> Home {
        let bin = self.folder().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let file = bin.join(name);
        // Written under another name first: a file that is open for writing cannot be run.
        fs::write(bin.join("new"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(bin.join("new"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(bin.join("new"), file).unwrap();
        let mut path = bin.into_os_string();
        path.push(":");
        path.push(silent_path());
        self.env("PATH", path)
    }

    /// The folder that contains all others.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder, with the folder `history` in it.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of the live session.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The folder of the config and the person's own protocols.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Runs easeback with these arguments and waits for its exit.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.spawn(args).finish()
    }

    /// Starts easeback with these arguments and returns immediately.
    pub fn spawn<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> RunningProcess {
        let mut easeback = Command::new(PROGRAM);
        easeback.args(args).env_clear().envs(&self.environment).current_dir(self.folder.path());
        RunningProcess::spawn(easeback)
    }

    /// The same home without this environment variable.
    pub fn remove_env(mut self, name: &str) -> Home {
        self.environment.remove(OsStr::new(name));
        self
    }

    /// Runs a shell script in this environment, with the program as `$EASEBACK`, and waits for its exit.
    pub fn run_shell(&self, script: &str) -> Output {
        self.spawn_shell(script).finish()
    }

    /// Starts a shell script and returns immediately.
    pub fn spawn_shell(&self, script: &str) -> RunningProcess {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).env_clear().envs(&self.environment).env("EASEBACK", PROGRAM);
        shell.current_dir(self.folder());
        RunningProcess::spawn(shell)
    }

    /// Whether the journal has this alert, by its name there.
    pub fn has_alert(&self, alert: &str) -> bool {
        self.journal().is_some_and(|lines| lines.iter().any(|line| line["alert"]["what"] == alert))
    }

    /// How often the journal has this alert.
    pub fn count_alerts(&self, alert: &str) -> usize {
        let lines = self.journal().unwrap_or_default();
        lines.iter().filter(|line| line["alert"]["what"] == alert).count()
    }

    /// The process that times the session.
    pub fn timer_pid(&self) -> Pid {
        let journal = self.journal().unwrap();
        let timer = journal.iter().rfind(|line| line["fact"] == "timer").expect("a timer has the seat");
        Pid::from_raw(timer["pid"].as_i64().unwrap().try_into().unwrap()).unwrap()
    }

    /// Kills the timer as `kill -9` does, and waits until it is gone.
    pub fn kill_timer(&self) {
        let pid = self.timer_pid();
        kill_process(pid, Signal::KILL).unwrap();
        // It holds its files, the lease among them, until all its threads are zombies.
        let tasks = format!("/proc/{pid}/task");
        self.wait_until("the timer to be gone", || {
            let Ok(mut tasks) = fs::read_dir(&tasks) else { return true };
            tasks.all(|task| {
                let stat = task.and_then(|task| fs::read_to_string(task.path().join("stat")));
                stat.map_or(true, |stat| stat.contains(") Z "))
            })
        });
    }

    /// All lines of the history, file by file.
    pub fn history(&self) -> Vec<Value> {
        let Ok(folder) = fs::read_dir(self.data().join("history")) else { return Vec::new() };
        let mut logs: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        logs.retain(|path| path.extension() == Some(OsStr::new("jsonl")));
        logs.sort();
        logs.iter().flat_map(|log| json_lines(&fs::read_to_string(log).unwrap())).collect()
    }

    /// The entries of the live session's journal; `None` without a session.
    pub fn journal(&self) -> Option<Vec<Value>> {
        match fs::read_to_string(self.state().join("session.jsonl")) {
            Ok(text) => Some(json_lines(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => panic!("the journal cannot be read: {error}"),
        }
    }

    /// Every file and folder in this home, to compare before and after.
    pub fn files(&self) -> BTreeMap<PathBuf, FileState> {
        let mut found = BTreeMap::new();
        collect_files(self.folder.path(), &mut found);
        found
    }

    /// Waits until the condition holds; otherwise fails with the description.
    pub fn wait_until(&self, description: &str, condition: impl FnMut() -> bool) {
        let held = poll_until(condition);
        assert!(held, "waited {WAIT_TIMEOUT:?} for {description}; journal: {:?}", self.journal());
    }

    /// All processes of easeback in this home: timers, viewers, commands.
    pub fn processes(&self) -> Vec<Pid> {
        let variable = [b"EASEBACK_STATE_DIR=", self.state().as_os_str().as_encoded_bytes()].concat();
        let numbers =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
        numbers
            .filter_map(|name| Pid::from_raw(name.parse().ok()?))
            .filter(|pid| has_environment_entry(*pid, &variable))
            .collect()
    }
}

impl Drop for Home {
    /// Leaves no timer behind: runs `stop`, then kills what is left.
    fn drop(&mut self) {
        if self.state().join("session.jsonl").exists() {
            self.spawn(["stop"]).wait();
        }
        for pid in self.processes() {
            let _ = kill_process(pid, Signal::KILL);
        }
        poll_until(|| self.processes().is_empty());
    }
}

/// A file or folder in a home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// Its permissions, such as 0o600.
    pub mode: u32,
    /// The content of a file; `None` for a folder.
    pub bytes: Option<Vec<u8>>,
}

/// A started easeback that may still run. It is killed on drop.
#[must_use]
pub struct RunningProcess {
    child: Child,
    command_line: String,
    stdout: Stream,
    stderr: Stream,
}

impl RunningProcess {
    fn spawn(mut easeback: Command) -> RunningProcess {
        let args = format!("{easeback:?}");
        easeback.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = easeback.spawn().unwrap();
        let stdout = Stream::spawn_reader(child.stdout.take().unwrap());
        let stderr = Stream::spawn_reader(child.stderr.take().unwrap());
        RunningProcess { child, command_line: args, stdout, stderr }
    }

    /// Waits until the process watches the session's files.
    pub fn wait_until_it_watches(&self) {
        let open = format!("/proc/{}/fd", self.child.id());
        let watches = || {
            let files = fs::read_dir(&open).unwrap().filter_map(|file| fs::read_link(file.ok()?.path()).ok());
            files.into_iter().any(|file| file.as_os_str() == "anon_inode:inotify")
        };
        assert!(poll_until(watches), "`{}` never waited", self.command_line);
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// What the process has written to stdout so far.
    pub fn stdout_so_far(&self) -> String {
        self.stdout.text()
    }

    /// Waits for its exit and for all of its output.
    pub fn finish(mut self) -> Output {
        let ended = self.wait();
        let (stdout, stderr) = (self.stdout.text(), self.stderr.text());
        assert!(
            ended,
            "`{}` was still running after {WAIT_TIMEOUT:?}\n{stdout}\n{stderr}",
            self.command_line
        );
        let closed = self.stdout.wait_for_close() && self.stderr.wait_for_close();
        assert!(closed, "`{}` ended, but something it started keeps its output open", self.command_line);
        let code = self.child.wait().unwrap().code();
        Output { code, stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    /// Whether it exited in time.
    fn wait(&mut self) -> bool {
        poll_until(|| self.child.try_wait().unwrap().is_some())
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The exit code and output of a process.
#[derive(Debug)]
pub struct Output {
    /// The exit code; `None` if a signal ended the process.
    pub code: Option<i32>,
    /// Its data.
    pub stdout: String,
    /// Its messages.
    pub stderr: String,
}

/// The output of a process, read as it comes so that the process never blocks.
struct Stream {
    buffer: Arc<Mutex<Vec<u8>>>,
    closed: Receiver<()>,
}

impl Stream {
    fn spawn_reader(mut pipe: impl Read + Send + 'static) -> Stream {
        let read = Arc::new(Mutex::new(Vec::new()));
        let (close, closed) = channel::<()>();
        let sink = Arc::clone(&read);
        thread::spawn(move || {
            // Dropped when the pipe is closed.
            let _close = close;
            let mut chunk = [0; 4096];
            while let Ok(size @ 1..) = pipe.read(&mut chunk) {
                sink.lock().unwrap().extend(&chunk[..size]);
            }
        });
        Stream { buffer: read, closed }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer.lock().unwrap()).into_owned()
    }

    /// Whether every writer closed it in time.
    fn wait_for_close(&self) -> bool {
        self.closed.recv_timeout(WAIT_TIMEOUT) == Err(RecvTimeoutError::Disconnected)
    }
}

/// Time since the computer was booted, including sleep.
pub fn boottime() -> Duration {
    clock_gettime(ClockId::Boottime).try_into().unwrap()
}

/// The tester's `PATH` without the programs that make a sound. If there are any, all others are linked in a folder of
/// their own.
fn silent_path() -> OsString {
    static PATH: OnceLock<OsString> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        let path = env_var("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        if !folders.iter().any(|folder| SOUND_PROGRAMS.iter().any(|loud| folder.join(loud).exists())) {
            return path;
        }
        let silent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("silent-path");
        fs::create_dir_all(&silent).unwrap();
        for program in folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten() {
            if !SOUND_PROGRAMS.iter().any(|loud| program.file_name() == *loud) {
                // It may exist already, from an earlier folder or another run.
                let _ = symlink(program.path(), silent.join(program.file_name()));
            }
        }
        silent.into()
    });
    path.clone()
}

/// An environment variable of the tester.
#[expect(clippy::disallowed_methods, reason = "the ban is for the program's modules")]
pub fn env_var(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Says that the running test cannot run here, and what it needs. In CI (`CI` is set) it fails.
///
/// `tests/skipped.rs` counts these tests at the end.
pub fn skip(need: &str) {
    assert!(env_var("CI").is_none(), "CI must have {need}");
    let current = thread::current();
    let line = format!("{} needs {need}\n", current.name().unwrap_or_default());
    // The harness swallows what a passed test prints with `eprintln!`.
    let _ = io::stderr().write_all(format!("skipped: {line}").as_bytes());
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{}", parent_id()));
    fs::OpenOptions::new().create(true).append(true).open(list).unwrap().write_all(line.as_bytes()).unwrap();
}

/// Whether the tests' `PATH` has this program. If not, the running test is skipped.
pub fn has_program_or_skip(name: &str) -> bool {
    let found = env::split_paths(&silent_path()).any(|folder| folder.join(name).exists());
    if !found {
        skip(name);
    }
    found
}

/// Checks the condition repeatedly; false if it did not hold in time.
fn poll_until(mut condition: impl FnMut() -> bool) -> bool {
    let end = boottime() + WAIT_TIMEOUT;
    let mut interval = FIRST_POLL_INTERVAL;
    while !condition() {
        if boottime() > end {
            return false;
        }
        thread::sleep(interval);
        interval = LONGEST_POLL_INTERVAL.min(interval * 3 / 2);
    }
    true
}

/// The processes of easeback whose environment names this state folder.
fn processes_in(state: &Path) -> Vec<Pid> {
    let variable = [b"EASEBACK_STATE_DIR=", state.as_os_str().as_encoded_bytes()].concat();
    let names =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let pids = names.filter_map(|name| Pid::from_raw(name.parse().ok()?));
    pids.filter(|pid| has_environment_entry(*pid, &variable)).collect()
}

/// Whether the process is our program with this variable in its environment. False if it has exited.
fn has_environment_entry(pid: Pid, variable: &[u8]) -> bool {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    fs::read_link(folder.join("exe")).is_ok_and(|exe| exe == Path::new(PROGRAM))
        && fs::read(folder.join("environ"))
            .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|each| each == variable))
}

/// The complete lines: one that is still being written is left out.
fn json_lines(text: &str) -> Vec<Value> {
    let text = text.rfind('\n').map_or("", |end| &text[..end]);
    let read =
        |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in the line `{line}`"));
    text.lines().filter(|line| !line.is_empty()).map(read).collect()
}

fn collect_files(folder: &Path, found: &mut BTreeMap<PathBuf, FileState>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        // A copy of the program is large, and nothing writes to it.
        let is_program = path.file_name() == Some(OsStr::new("easeback"));
        let bytes = (metadata.is_file() && !is_program).then(|| fs::read(&path).unwrap());
        found.insert(path.clone(), FileState { mode, bytes });
        if metadata.is_dir() {
            collect_files(&path, found);
        }
    }
}

/// Tests of the home itself.
mod tests {
    use super::*;

    #[test]
    fn files_detects_changes_in_the_home() {
        let home = Home::new();
        let before = home.files();
        assert_eq!(before, home.files());

        fs::create_dir_all(home.data().join("history")).unwrap();
        let log = home.data().join("history/a.jsonl");
        fs::write(&log, "{\"v\":1}\n").unwrap();
        let written = home.files();
        assert_ne!(before, written);
        assert_eq!(home.history(), [serde_json::json!({"v": 1})]);

        fs::set_permissions(&log, fs::Permissions::from_mode(0o400)).unwrap();
        assert_ne!(written, home.files());
    }

    #[test]
    fn run_captures_exit_code_and_output() {
        let version = Home::new().run(["--version"]);
        assert_eq!((version.code, version.stderr.as_str()), (Some(0), ""));
        assert!(version.stdout.starts_with("easeback "), "{version:?}");
    }

    #[test]
    fn dropping_a_home_ends_its_processes() {
        let home = Home::new();
        let session = home.spawn(["start", "--plain", "--no-notify"]);
        home.wait_until("the session to begin", || home.journal().is_some());
        assert!(!home.processes().is_empty());

        session.signal(Signal::KILL);
        drop(session);
        let state = home.state();
        drop(home);
        let remaining = processes_in(&state);
        assert_eq!(remaining, [], "easebacks that run in a home that is gone");
    }
}
