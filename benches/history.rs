//! What the history costs at 1,000, 100,000 and 1,000,000 sessions, beside programs that do only that.
//!
//! `history list` beside one that seeks from the end and parses twenty lines; `stats` beside one that streams the
//! same lines through typed serde, beside `jq | awk`, and beside DuckDB where Python has it. All in turns, in the
//! same minute, each a process of its own; what counts is the median of the ratios of neighbours. The floors are
//! this program, called by another name, so that they are built with the same settings.
//!
//! `cargo bench --bench history -- 1000 100000` measures at these sizes only; `EASEBACK_BENCH_PYTHON` names the
//! Python that has DuckDB; `EASEBACK_BENCH_FOLDER` keeps the histories for the next run.

#![allow(clippy::unwrap_used, reason = "what cannot go on has failed, and says so")]
#![allow(clippy::disallowed_methods, reason = "the bans are for the program's modules")]

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
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [floor, log] = words.as_slice() {
        match floor.as_str() {
            "floor-tail" => return tail(Path::new(log)),
            "floor-totals" => return totals::<Needed<'_>>(Path::new(log)),
            "floor-record" => return totals::<Whole>(Path::new(log)),
            _ => {}
        }
    }
    let sizes: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let temp = tempfile::tempdir()?;
    let kept = env::var_os("EASEBACK_BENCH_FOLDER").map_or(temp.path().to_owned(), PathBuf::from);
    for size in sizes {
        measure(&kept.join(size.to_string()), size)?;
    }
    Ok(())
}

fn measure(folder: &Path, size: u64) -> io::Result<()> {
    let log = folder.join("history/laptop-000001.jsonl");
    if !log.exists() {
        synthetic::write(
            &folder.join("history"),
            &synthetic::Person { seed: 1, sessions: size, plain: true },
        )?;
    }
    println!("\n{size} sessions, {} MB", fs::metadata(&log)?.len() / 1_000_000);
    let easeback = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_easeback"));
        command.args(words).env("EASEBACK_DATA_DIR", folder).env("EASEBACK_STATE_DIR", folder.join("state"));
        command.env("LANG", "C.UTF-8").env("TERM", "xterm").env("TZ", "Europe/Berlin");
        command
    };
    let floor = |name: &str| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg(name).arg(&log);
        command
    };
    let rounds = if size > 100_000 { 7 } else { 41 };
    let list =
        compare("history list", || easeback(&["history"]), "seek, 20 lines", || floor("floor-tail"), 101)?;
    say("goal: at most 1.3 times", list <= 1.3);
    let stats = compare("stats", || easeback(&["stats"]), "typed serde", || floor("floor-totals"), rounds)?;
    say("goal: at most 1.2 times", stats <= 1.2);
    compare("stats", || easeback(&["stats"]), "serde, all fields", || floor("floor-record"), rounds)?;
    let peak = peak(easeback(&["stats"]))?;
    println!("  stats, peak resident                {:.1} MiB", peak as f64 / 1024.0);
    say("goal: at most 8 MiB", peak <= 8 * 1024);
    let jq = || {
        let mut command = Command::new("sh");
        command.args(["-c", JQ]).arg(&log);
        command
    };
    let ratio =
        compare("stats", || easeback(&["stats"]), "jq | awk", jq, if size > 100_000 { 1 } else { 5 })?;
    say("goal: at most a tenth", ratio <= 0.1);
    duckdb(&log, || easeback(&["stats"]))
}

/// Runs both in turns; prints the shortest times of each, and returns the median ratio.
fn compare(
    ours: &str,
    our: impl Fn() -> Command,
    others: &str,
    other: impl Fn() -> Command,
    rounds: usize,
) -> io::Result<f64> {
    let (mut ratios, mut times) = (Vec::new(), [Duration::MAX; 2]);
    for _ in 0..rounds {
        let pair = [time(our())?, time(other())?];
        ratios.push(pair[0].as_secs_f64() / pair[1].as_secs_f64());
        times = [times[0].min(pair[0]), times[1].min(pair[1])];
    }
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    let [mine, theirs] = times.map(|time| time.as_secs_f64() * 1000.0);
    println!("  {ours:<13} {mine:>9.2} ms   {others:<18} {theirs:>9.2} ms   ratio {ratio:.3}");
    Ok(ratio)
}

fn say(goal: &str, met: bool) {
    println!("    {goal}: {}", if met { "met" } else { "MISSED" });
}

fn time(mut command: Command) -> io::Result<Duration> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    assert!(command.status()?.success(), "{command:?}");
    Ok(begun.elapsed())
}

/// The most that was resident, in KiB, as the kernel counted it up to a millisecond before the end.
fn peak(mut command: Command) -> io::Result<u64> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut most = 0;
    while child.try_wait()?.is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let found = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = found.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        most = most.max(found.unwrap_or(0));
        thread::sleep(Duration::from_micros(200));
    }
    Ok(most)
}

fn duckdb(log: &Path, our: impl Fn() -> Command) -> io::Result<()> {
    let python = env::var("EASEBACK_BENCH_PYTHON").unwrap_or("python3".into());
    let has_it = Command::new(&python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        println!("  no DuckDB in {python}: left out");
        return Ok(());
    }
    let (mut ratios, mut least) = (Vec::new(), f64::MAX);
    for _ in 0..5 {
        let mine = time(our())?.as_secs_f64() * 1000.0;
        let ran = Command::new(&python).args(["-c", DUCKDB]).arg(log).output()?;
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let query: f64 = String::from_utf8_lossy(&ran.stdout).trim().parse().unwrap();
        least = least.min(query);
        ratios.push(mine / query);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "  stats                       DuckDB, two threads, its query alone {least:>9.2} ms   ratio {:.3}",
        ratios[2]
    );
    say("goal up to 100,000: below 1", ratios[2] < 1.0);
    Ok(())
}

/// The floor of `history list`: the last twenty lines, parsed, newest first.
fn tail(log: &Path) -> io::Result<()> {
    let mut file = File::open(log)?;
    let (mut at, mut held) = (file.metadata()?.len(), Vec::new());
    while at > 0 && held.iter().filter(|byte| **byte == b'\n').count() <= 20 {
        let size = at.min(64 * 1024);
        at -= size;
        file.seek(SeekFrom::Start(at))?;
        let mut chunk = vec![0; size as usize];
        file.read_exact(&mut chunk)?;
        chunk.append(&mut held);
        held = chunk;
    }
    let text = String::from_utf8_lossy(&held);
    let mut out = String::new();
    for line in text.lines().rev().take(20) {
        let session: Needed = serde_json::from_str(line)?;
        let dose =
            |kind| session.phases.iter().filter(|phase| phase.kind == kind).map(|phase| phase.actual_s).sum();
        let [heat, cold]: [u64; 2] = ["heat", "cold"].map(dose);
        out += &format!("{} {} {heat} {cold} {:?}\n", session.started, session.protocol, session.pain_after);
    }
    print!("{out}");
    Ok(())
}

/// The floor of `stats`: every line, typed, and the sums.
fn totals<L>(log: &Path) -> io::Result<()>
where
    L: for<'a> Floor<'a>,
{
    let mut file = BufReader::with_capacity(64 * 1024, File::open(log)?);
    let (mut line, mut sums) = (Vec::new(), [0_i64; 5]);
    while file.read_until(b'\n', &mut line)? > 0 {
        L::add(&line, &mut sums)?;
        line.clear();
    }
    println!("{sums:?}");
    Ok(())
}

trait Floor<'a> {
    fn add(line: &'a [u8], sums: &mut [i64; 5]) -> io::Result<()>;
}

/// What the sums take.
#[derive(Deserialize)]
struct Needed<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    started: Cow<'a, str>,
    #[serde(borrow)]
    protocol: Cow<'a, str>,
    pain_before: Option<i64>,
    pain_after: Option<i64>,
    #[serde(borrow)]
    phases: Vec<NeededPhase<'a>>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read, as the goal has it")]
struct NeededPhase<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    planned_s: u64,
    actual_s: u64,
}

impl<'a> Floor<'a> for Needed<'_> {
    fn add(line: &'a [u8], sums: &mut [i64; 5]) -> io::Result<()> {
        let session: Needed = serde_json::from_slice(line)?;
        sums[0] += i64::from(session.kind == "session");
        for phase in &session.phases {
            sums[1] += if phase.kind == "heat" { phase.actual_s as i64 } else { 0 };
            sums[2] += if phase.kind == "cold" { phase.actual_s as i64 } else { 0 };
        }
        if let (Some(before), Some(after)) = (session.pain_before, session.pain_after) {
            sums[3] += after - before;
            sums[4] += 1;
        }
        Ok(())
    }
}

/// The record as the library has it, every field read and checked.
struct Whole;

impl<'a> Floor<'a> for Whole {
    fn add(line: &'a [u8], sums: &mut [i64; 5]) -> io::Result<()> {
        let session: easeback::record::SessionRecord = serde_json::from_slice(line)?;
        sums[0] += 1;
        sums[1] += session.phases.iter().map(|phase| phase.actual_s as i64).sum::<i64>();
        Ok(())
    }
}
