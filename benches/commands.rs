//! How long `status` and the one-line commands take, beside `/bin/true` and a bare flush in the same run.
//!
//! Each run of a command has a run of `/bin/true` right before it, and those that write have a line appended and
//! flushed by this program, on the same disk. The goal: less than three times `/bin/true` beyond the flush. What is
//! judged is the median over all rounds of what a round is over the goal; the run fails only if the goal is missed
//! by more than noise, which is to say that the whole interval in which that median lies is over it. Run
//! again with a journal of a thousand lines.

#![allow(clippy::unwrap_used, reason = "what cannot go on has failed, and says so")]

use rustix::time::{ClockId, clock_gettime};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// So many rounds in a session, so that its journal stays about as long as it was; and so many sessions.
const ROUNDS: usize = 20;
const SESSIONS: usize = 10;
const GOAL: i64 = 3;
/// The timer answers a line by one of its own; by then it rests again.
const REST: Duration = Duration::from_millis(10);

/// What is measured, in the order of a round, and whether it writes.
const COMMANDS: [(&[&str], bool); 5] = [
    (&["status"], false),
    (&["pause"], true),
    (&["resume"], true),
    (&["note", "x"], true),
    (&["pain", "3"], true),
];

fn main() -> io::Result<ExitCode> {
    println!(
        "{:<24} {:>9} {:>10} {:>7} {:>15} {:>6}   over the goal by",
        "medians, in µs", "command", "/bin/true", "flush", "beyond flush", "ratio"
    );
    let mut missed = false;
    for lines in [0, 1000] {
        for (index, runs) in measure(lines)?.iter().enumerate() {
            missed |= told(&format!("{}, {lines} lines more", COMMANDS[index].0[0]), runs);
        }
    }
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// One command, and its yardsticks right before it, in nanoseconds.
struct Run {
    command: i64,
    nothing: i64,
    flush: i64,
}

impl Run {
    fn over_the_goal(&self) -> i64 {
        self.command - self.flush - GOAL * self.nothing
    }
}

/// Prints a row; says whether the goal is missed by more than noise.
fn told(name: &str, runs: &[Run]) -> bool {
    let of = |figure: fn(&Run) -> i64| median(runs.iter().map(figure));
    let (command, nothing, flush) = (of(|run| run.command), of(|run| run.nothing), of(|run| run.flush));
    let (low, high) = interval(runs.iter().map(Run::over_the_goal));
    println!(
        "{name:<24} {:>9} {:>10} {:>7} {:>15} {:>6.2}   {} ({} to {})",
        command / 1000,
        nothing / 1000,
        flush / 1000,
        (command - flush) / 1000,
        (command - flush) as f64 / nothing as f64,
        of(Run::over_the_goal) / 1000,
        low / 1000,
        high / 1000
    );
    low > 0
}

fn measure(lines: usize) -> io::Result<[Vec<Run>; COMMANDS.len()]> {
    let mut runs: [Vec<Run>; COMMANDS.len()] = std::array::from_fn(|_| Vec::new());
    for _ in 0..SESSIONS {
        let desk = BenchHome::new()?;
        desk.begin(lines)?;
        // The first round warms up.
        for round in 0..=ROUNDS {
            for ((words, writes), runs) in COMMANDS.iter().zip(&mut runs) {
                let run = desk.time(words, *writes)?;
                if round > 0 {
                    runs.push(run);
                }
            }
        }
        desk.run(&["stop"])?;
    }
    Ok(runs)
}

/// A computer's folders, on a real disk: in memory a flush costs nothing.
struct BenchHome {
    folder: TempDir,
    floor: File,
}

impl BenchHome {
    fn new() -> io::Result<BenchHome> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let floor = OpenOptions::new().create(true).append(true).open(folder.path().join("floor"))?;
        Ok(BenchHome { folder, floor })
    }

    /// Begins a session whose journal has so many lines more than others.
    fn begin(&self, lines: usize) -> io::Result<()> {
        // Telling takes the processor from what is measured.
        self.run(&["start", "--detach", "--no-notify", "--no-sound", "--no-speak"])?;
        self.run(&["note", "a line more"])?;
        let journal = self.journal();
        let text = fs::read_to_string(&journal)?;
        let line = text.lines().rfind(|line| line.contains("a line more")).unwrap();
        OpenOptions::new().append(true).open(journal)?.write_all(format!("{line}\n").repeat(lines).as_bytes())
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("state/session.jsonl")
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).env("EASEBACK_STATE_DIR", self.folder.path().join("state"));
        command.env("EASEBACK_DATA_DIR", self.folder.path()).env("EASEBACK_CONFIG_DIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> io::Result<()> {
        let done = self.command(env!("CARGO_BIN_EXE_easeback"), words).status()?;
        assert!(done.success(), "{words:?}: {done}");
        Ok(())
    }

    /// One command with its yardsticks, one after the other.
    fn time(&self, words: &[&str], writes: bool) -> io::Result<Run> {
        let flush = if writes { timed(|| self.flush())? } else { 0 };
        let nothing = timed(|| self.command(TRUE, &[]).status().map(|done| assert!(done.success())))?;
        let command = timed(|| self.run(words))?;
        thread::sleep(REST);
        Ok(Run { command, nothing, flush })
    }

    /// What a command cannot do without: a line as long as a journal's, in one write, and a flush.
    fn flush(&self) -> io::Result<()> {
        let mut floor = &self.floor;
        floor.write_all(LINE)?;
        floor.sync_data()
    }
}

const TRUE: &str = "/bin/true";
const LINE: &[u8] = &{
    let mut line = [b'x'; 200];
    line[199] = b'\n';
    line
};

fn timed(work: impl FnOnce() -> io::Result<()>) -> io::Result<i64> {
    let began = now();
    work()?;
    Ok((now() - began).as_nanos() as i64)
}

fn now() -> Duration {
    clock_gettime(ClockId::Monotonic).try_into().unwrap()
}

fn median(figures: impl Iterator<Item = i64>) -> i64 {
    let sorted = sorted(figures);
    sorted[sorted.len() / 2]
}

/// Where the median lies, whatever the noise looks like: between two figures that were measured. Over it only once in a
/// thousand rows, so that ten rows seldom raise a false alarm.
fn interval(figures: impl Iterator<Item = i64>) -> (i64, i64) {
    let sorted = sorted(figures);
    let (middle, away) = (sorted.len() / 2, (1.55 * (sorted.len() as f64).sqrt()).ceil() as usize);
    (sorted[middle.saturating_sub(away)], sorted[(middle + away).min(sorted.len() - 1)])
}

fn sorted(figures: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut sorted: Vec<i64> = figures.collect();
    sorted.sort_unstable();
    sorted
}
