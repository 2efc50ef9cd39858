//! What the history costs at 1,000, 100,000 and 1,000,000 sessions, compared with programs that do the same task alone.
//!
//! `history list` is compared with one that seeks from the end and parses twenty lines; `stats` with one that streams
//! the same lines through typed serde, with `jq | awk`, and with DuckDB where Python has it. Each run is a process of
//! its own, and the two programs take turns; what counts is the median ratio of neighboring runs. The baselines are
//! this program, called with another argument, so that they are built with the same settings.
//!
//! `cargo bench --bench history -- 1000 100000` measures at these sizes only; `EASEBACK_BENCH_PYTHON` names the
//! Python that has DuckDB; `EASEBACK_BENCH_FOLDER` keeps the histories for the next run.

#![allow(clippy::unwrap_used, reason = "a failed step ends the benchmark with its message")]
#![allow(clippy::disallowed_methods, reason = "the bans are for the program's own modules")]

#[path = "../examples/synthetic/history.rs"]
#[allow(dead_code, reason = "shared with the example")]
mod synthetic;

use serde::Deserialize;
use std::{
    borrow::Cow,
    env, fs,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const SIZES: [u64; 3] = [1_000, 100_000, 1_000_000];
const DUCKDB: &str = "
import duckdb, sys, time
begun = time.perf_counter()
duckdb.sql(\"set threads to 2\")
print(duckdb.sql(f\"\"\"
  with sessions as (select * from read_ndjson('{sys.argv[1]}', columns={{kind: 'VARCHAR', protocol: 'VARCHAR',
    pain_before: 'INT', pain_after: 'INT', phases: 'STRUCT(kind VARCHAR, planned_s BIGINT, actual_s BIGINT)[]'}})
    where kind = 'session')
  select count(*), sum(list_sum([p.actual_s for p in phases if p.kind = 'heat'])),
    sum(list_sum([p.actual_s for p in phases if p.kind = 'cold'])),
    sum(pain_after - pain_before) from sessions\"\"\").fetchall(), file=sys.stderr)
print((time.perf_counter() - begun) * 1000)
";
const JQ: &str = "jq -r 'select(.kind == \"session\") | [([.phases[] | select(.kind == \"heat\").actual_s] | add), \
    ([.phases[] | select(.kind == \"cold\").actual_s] | add), .pain_before, .pain_after] | @tsv' \"$0\" | \
    awk -F'\\t' '{ n++; h += $1; c += $2; if ($3 != \"\" && $4 != \"\") d += $4 - $3 } END { print n, h, c, d }'";

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [baseline, file] = args.as_slice() {
        match baseline.as_str() {
            "floor-tail" => return print_newest_sessions(Path::new(file)),
            "floor-totals" => return print_totals::<NeededFields<'_>>(Path::new(file)),
            "floor-record" => return print_totals::<FullRecord>(Path::new(file)),
            _ => {}
        }
    }
    let sizes: Vec<u64> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let temp = tempfile::tempdir()?;
    let folder = env::var_os("EASEBACK_BENCH_FOLDER").map_or(temp.path().to_owned(), PathBuf::from);
    for size in sizes {
        measure(&folder.join(size.to_string()), size)?;
    }
    Ok(())
}

fn measure(folder: &Path, size: u64) -> io::Result<()> {
    let file = folder.join("history/laptop-000001.jsonl");
    if !file.exists() {
        synthetic::write(
            &folder.join("history"),
            &synthetic::Person { seed: 1, sessions: size, plain: true },
        )?;
    }
    println!("\n{size} sessions, {} MB", fs::metadata(&file)?.len() / 1_000_000);
    let easeback = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_easeback"));
        command.args(args).env("EASEBACK_DATA_DIR", folder).env("EASEBACK_STATE_DIR", folder.join("state"));
        command.env("LANG", "C.UTF-8").env("TERM", "xterm").env("TZ", "Europe/Berlin");
        command
    };
    let baseline = |name: &str| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg(name).arg(&file);
        command
    };
    let rounds = if size > 100_000 { 7 } else { 41 };
    let list_ratio =
        compare("history list", || easeback(&["history"]), "seek, 20 lines", || baseline("floor-tail"), 101)?;
    print_goal("goal: at most 1.3 times", list_ratio <= 1.3);
    let stats = || easeback(&["stats"]);
    let stats_ratio = compare("stats", stats, "typed serde", || baseline("floor-totals"), rounds)?;
    print_goal("goal: at most 1.2 times", stats_ratio <= 1.2);
    compare("stats", stats, "serde, all fields", || baseline("floor-record"), rounds)?;
    let peak_kib = peak_memory(stats())?;
    println!("  stats, peak resident                {:.1} MiB", peak_kib as f64 / 1024.0);
    print_goal("goal: at most 8 MiB", peak_kib <= 8 * 1024);
    let jq = || {
        let mut command = Command::new("sh");
        command.args(["-c", JQ]).arg(&file);
        command
    };
    let jq_ratio = compare("stats", stats, "jq | awk", jq, if size > 100_000 { 1 } else { 5 })?;
    print_goal("goal: at most a tenth", jq_ratio <= 0.1);
    compare_with_duckdb(&file, stats)
}

/// Runs both in turns; prints the shortest time of each, and returns the median ratio.
fn compare(
    our_name: &str,
    our_command: impl Fn() -> Command,
    other_name: &str,
    other_command: impl Fn() -> Command,
    rounds: usize,
) -> io::Result<f64> {
    let mut ratios = Vec::new();
    let mut shortest = [Duration::MAX; 2];
    for _ in 0..rounds {
        let pair = [run_timed(our_command())?, run_timed(other_command())?];
        ratios.push(pair[0].as_secs_f64() / pair[1].as_secs_f64());
        shortest = [shortest[0].min(pair[0]), shortest[1].min(pair[1])];
    }
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    let [ours, others] = shortest.map(|time| time.as_secs_f64() * 1000.0);
    println!("  {our_name:<13} {ours:>9.2} ms   {other_name:<18} {others:>9.2} ms   ratio {ratio:.3}");
    Ok(ratio)
}

fn print_goal(goal: &str, is_met: bool) {
    println!("    {goal}: {}", if is_met { "met" } else { "MISSED" });
}

fn run_timed(mut command: Command) -> io::Result<Duration> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    assert!(command.status()?.success(), "{command:?}");
    Ok(start.elapsed())
}

/// The peak resident set size in KiB, as the kernel counted it up to a millisecond before the end.
fn peak_memory(mut command: Command) -> io::Result<u64> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high_water_mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = high_water_mark.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        thread::sleep(Duration::from_micros(200));
    }
    Ok(peak)
}

fn compare_with_duckdb(file: &Path, our_command: impl Fn() -> Command) -> io::Result<()> {
    let python = env::var("EASEBACK_BENCH_PYTHON").unwrap_or("python3".into());
    let has_duckdb = Command::new(&python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
    if !has_duckdb.is_ok_and(|status| status.success()) {
        println!("  no DuckDB in {python}: left out");
        return Ok(());
    }
    let mut ratios = Vec::new();
    let mut shortest_ms = f64::MAX;
    for _ in 0..5 {
        let our_ms = run_timed(our_command())?.as_secs_f64() * 1000.0;
        let output = Command::new(&python).args(["-c", DUCKDB]).arg(file).output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let query_ms: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
        shortest_ms = shortest_ms.min(query_ms);
        ratios.push(our_ms / query_ms);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "  stats                       DuckDB, two threads, its query alone {shortest_ms:>9.2} ms   ratio {:.3}",
        ratios[2]
    );
    print_goal("goal up to 100,000: below 1", ratios[2] < 1.0);
    Ok(())
}

/// The baseline of `history list`: parses and prints the last twenty lines, newest first.
fn print_newest_sessions(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut offset = file.metadata()?.len();
    let mut tail = Vec::new();
    while offset > 0 && tail.iter().filter(|byte| **byte == b'\n').count() <= 20 {
        let size = offset.min(64 * 1024);
        offset -= size;
        file.seek(SeekFrom::Start(offset))?;
        let mut chunk = vec![0; size as usize];
        file.read_exact(&mut chunk)?;
        chunk.append(&mut tail);
        tail = chunk;
    }
    let text = String::from_utf8_lossy(&tail);
    let mut out = String::new();
    for line in text.lines().rev().take(20) {
        let session: NeededFields = serde_json::from_str(line)?;
        let total_s =
            |kind| session.phases.iter().filter(|phase| phase.kind == kind).map(|phase| phase.actual_s).sum();
        let [heat, cold]: [u64; 2] = ["heat", "cold"].map(total_s);
        out += &format!("{} {} {heat} {cold} {:?}\n", session.started, session.protocol, session.pain_after);
    }
    print!("{out}");
    Ok(())
}

/// The baseline of `stats`: parses every line into a type, and prints the totals.
fn print_totals<L>(path: &Path) -> io::Result<()>
where
    L: for<'a> BaselineLine<'a>,
{
    let mut file = BufReader::with_capacity(64 * 1024, File::open(path)?);
    let mut line = Vec::new();
    let mut totals = [0_i64; 5];
    while file.read_until(b'\n', &mut line)? > 0 {
        L::add_line(&line, &mut totals)?;
        line.clear();
    }
    println!("{totals:?}");
    Ok(())
}

trait BaselineLine<'a> {
    /// Parses a line and adds it to the totals.
    fn add_line(line: &'a [u8], totals: &mut [i64; 5]) -> io::Result<()>;
}

/// The fields that the totals need.
#[derive(Deserialize)]
struct NeededFields<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    started: Cow<'a, str>,
    #[serde(borrow)]
    protocol: Cow<'a, str>,
    pain_before: Option<i64>,
    pain_after: Option<i64>,
    #[serde(borrow)]
    phases: Vec<NeededPhaseFields<'a>>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "parsed as part of the measured work")]
struct NeededPhaseFields<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    planned_s: u64,
    actual_s: u64,
}

impl<'a> BaselineLine<'a> for NeededFields<'_> {
    fn add_line(line: &'a [u8], totals: &mut [i64; 5]) -> io::Result<()> {
        let session: NeededFields = serde_json::from_slice(line)?;
        totals[0] += i64::from(session.kind == "session");
        for phase in &session.phases {
            totals[1] += if phase.kind == "heat" { phase.actual_s as i64 } else { 0 };
            totals[2] += if phase.kind == "cold" { phase.actual_s as i64 } else { 0 };
        }
        if let (Some(before), Some(after)) = (session.pain_before, session.pain_after) {
            totals[3] += after - before;
            totals[4] += 1;
        }
        Ok(())
    }
}

/// The library's record: every field is read and checked.
struct FullRecord;

impl<'a> BaselineLine<'a> for FullRecord {
    fn add_line(line: &'a [u8], totals: &mut [i64; 5]) -> io::Result<()> {
        let session: easeback::record::SessionRecord = serde_json::from_slice(line)?;
        totals[0] += 1;
        totals[1] += session.phases.iter().map(|phase| phase.actual_s as i64).sum::<i64>();
        Ok(())
    }
}
