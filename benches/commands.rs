//! How long `status` and the one-line commands take, compared with `/bin/true` and a bare flush in the same run.
//!
//! Right before each run of a command, `/bin/true` is run, and for a command that writes this program appends and
//! flushes a line on the same disk. The goal: less than three times `/bin/true`, without the flush. Judged is the
//! median over all rounds of the excess over the goal; the benchmark fails only if the whole confidence interval of
//! that median is over it, so that noise alone fails seldom. All of it is repeated with a journal that is a thousand
//! lines longer.

#![allow(clippy::unwrap_used, reason = "a failed step ends the benchmark with its message")]

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

/// In a session; few, so that its journal hardly grows.
const ROUNDS: usize = 20;
const SESSIONS: usize = 10;
/// How many times `/bin/true`'s duration a command may take.
const GOAL: i64 = 3;
/// The timer answers an entry with one of its own; by then it sleeps again.
const PAUSE: Duration = Duration::from_millis(10);

/// The commands of a round, in this order, and whether they write.
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
            missed |= print_row(&format!("{}, {lines} lines more", COMMANDS[index].0[0]), runs);
        }
    }
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The durations of a command and of the baselines right before it, in nanoseconds.
struct Run {
    command: i64,
    bin_true: i64,
    flush: i64,
}

impl Run {
    fn excess(&self) -> i64 {
        self.command - self.flush - GOAL * self.bin_true
    }
}

/// Prints a row; returns whether the goal is missed by more than noise.
fn print_row(name: &str, runs: &[Run]) -> bool {
    let median_of = |value: fn(&Run) -> i64| median(runs.iter().map(value));
    let command = median_of(|run| run.command);
    let bin_true = median_of(|run| run.bin_true);
    let flush = median_of(|run| run.flush);
    let (low, high) = median_interval(runs.iter().map(Run::excess));
    println!(
        "{name:<24} {:>9} {:>10} {:>7} {:>15} {:>6.2}   {} ({} to {})",
        command / 1000,
        bin_true / 1000,
        flush / 1000,
        (command - flush) / 1000,
        (command - flush) as f64 / bin_true as f64,
        median_of(Run::excess) / 1000,
        low / 1000,
        high / 1000
    );
    low > 0
}

fn measure(lines: usize) -> io::Result<[Vec<Run>; COMMANDS.len()]> {
    let mut runs: [Vec<Run>; COMMANDS.len()] = std::array::from_fn(|_| Vec::new());
    for _ in 0..SESSIONS {
        let sandbox = Sandbox::new()?;
        sandbox.start_session(lines)?;
        // The first round warms up.
        for round in 0..=ROUNDS {
            for ((args, writes), runs) in COMMANDS.iter().zip(&mut runs) {
                let run = sandbox.measure_run(args, *writes)?;
                if round > 0 {
                    runs.push(run);
                }
            }
        }
        sandbox.run(&["stop"])?;
    }
    Ok(runs)
}

/// The program's folders in a temporary folder on a real disk: in memory a flush costs nothing.
struct Sandbox {
    folder: TempDir,
    baseline_file: File,
}

impl Sandbox {
    fn new() -> io::Result<Sandbox> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let baseline_file = OpenOptions::new().create(true).append(true).open(folder.path().join("floor"))?;
        Ok(Sandbox { folder, baseline_file })
    }

    /// Starts a session, and appends this many more lines to its journal.
    fn start_session(&self, lines: usize) -> io::Result<()> {
        // Alerts would use the processor at the same time.
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

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).env("EASEBACK_STATE_DIR", self.folder.path().join("state"));
        command.env("EASEBACK_DATA_DIR", self.folder.path()).env("EASEBACK_CONFIG_DIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> io::Result<()> {
        let status = self.command(env!("CARGO_BIN_EXE_easeback"), args).status()?;
        assert!(status.success(), "{args:?}: {status}");
        Ok(())
    }

    /// Runs the baselines, then the command.
    fn measure_run(&self, args: &[&str], writes: bool) -> io::Result<Run> {
        let flush = if writes { elapsed_ns(|| self.append_and_flush())? } else { 0 };
        let run_true = || self.command(TRUE, &[]).status().map(|status| assert!(status.success()));
        let bin_true = elapsed_ns(run_true)?;
        let command = elapsed_ns(|| self.run(args))?;
        thread::sleep(PAUSE);
        Ok(Run { command, bin_true, flush })
    }

    /// The least that a command must do: a line as long as a journal's, in one write, and a flush.
    fn append_and_flush(&self) -> io::Result<()> {
        let mut file = &self.baseline_file;
        file.write_all(LINE)?;
        file.sync_data()
    }
}

const TRUE: &str = "/bin/true";
const LINE: &[u8] = &{
    let mut line = [b'x'; 200];
    line[199] = b'\n';
    line
};

fn elapsed_ns(work: impl FnOnce() -> io::Result<()>) -> io::Result<i64> {
    let start = now();
    work()?;
    Ok((now() - start).as_nanos() as i64)
}

fn now() -> Duration {
    clock_gettime(ClockId::Monotonic).try_into().unwrap()
}

fn median(values: impl Iterator<Item = i64>) -> i64 {
    let sorted = sorted(values);
    sorted[sorted.len() / 2]
}

/// A confidence interval of the median from order statistics, which assumes no distribution. The true median is below
/// it in one of a thousand rows, so that ten rows seldom raise a false alarm.
fn median_interval(values: impl Iterator<Item = i64>) -> (i64, i64) {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    let distance = (1.55 * (sorted.len() as f64).sqrt()).ceil() as usize;
    (sorted[middle.saturating_sub(distance)], sorted[(middle + distance).min(sorted.len() - 1)])
}

fn sorted(values: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut sorted: Vec<i64> = values.collect();
    sorted.sort_unstable();
    sorted
}
