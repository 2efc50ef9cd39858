//! What an idle session costs: wake-ups, processor time and memory.
//!
//! A detached timer and viewers are measured at the same time as C programs that wake once a second: one that does
//! nothing else, and one that writes a line as long as a viewer's to a terminal, the least that a viewer must do. There
//! are five of each but the timer, and the median counts. The numbers are the kernel's (`status`, `schedstat`,
//! `smaps_rollup` in `/proc`). All of it is repeated with a journal that is a thousand lines longer.
//!
//! All alert channels of this computer are on; the start's alerts are over before anything is measured.

use serde_json::Value;
use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// How long the costs are counted.
const MEASURED_FOR: Duration = Duration::from_secs(20);
const COPIES: usize = 5;
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;
const SLEEPER: &str = "#include <unistd.h>\nint main(void) { for (;;) sleep(1); }\n";
const WRITER: &str = "#include <unistd.h>\n\
    static const char line[] = \"\\rheat 19:59 left - cold at 18:42 - round 1/3 - ends 19:52 - keys: ?\\033[K\";\n\
    int main(void) { for (;;) { if (write(1, line, sizeof line - 1) < 0) return 1; sleep(1); } }\n";

fn main() -> io::Result<()> {
    println!("{:<34} {:>10} {:>12} {:>8} {:>9}", "", "wake-ups/s", "processor", "ratio", "Pss");
    for lines in [0, 1000] {
        measure(lines)?;
    }
    Ok(())
}

fn measure(lines: usize) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("state");
    let easeback = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_easeback"));
        command.args(args).env("EASEBACK_STATE_DIR", &state).env("EASEBACK_DATA_DIR", folder.path());
        command.env("EASEBACK_CONFIG_DIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let start = easeback(&["start", "--detach"]).stderr(Stdio::piped()).output()?;
    assert!(start.status.success());
    for line in String::from_utf8_lossy(&start.stderr).lines().filter(|line| line.contains("told by")) {
        println!("{line}");
    }
    for _ in 0..lines {
        assert!(easeback(&["note", "a line more"]).status()?.success());
    }
    let timer = timer_pid(&state)?;
    let spawn_in_terminal = |program: &str, output: &Path| -> io::Result<KillOnDrop> {
        let mut terminal = Command::new("script");
        // Without a window of its own, `script` makes a terminal of 0 columns and 0 rows.
        let in_window = format!("stty columns {COLUMNS} rows {ROWS} && exec {program}");
        terminal.args(["-qfec", &in_window]).arg(output).stdin(Stdio::piped()).stdout(Stdio::null());
        terminal.env("EASEBACK_STATE_DIR", &state).env("EASEBACK_DATA_DIR", folder.path());
        terminal.env("EASEBACK_CONFIG_DIR", folder.path());
        terminal.env("TERM", "xterm").spawn().map(KillOnDrop)
    };
    let sleeper = compile(folder.path(), "sleeper", SLEEPER)?;
    let writer = compile(folder.path(), "writer", WRITER)?;
    let attach = format!("{} attach", env!("CARGO_BIN_EXE_easeback"));
    let sleepers: Vec<KillOnDrop> =
        (0..COPIES).map(|_| Command::new(&sleeper).spawn().map(KillOnDrop)).collect::<io::Result<_>>()?;
    let nowhere = Path::new("/dev/null");
    let writers: Vec<KillOnDrop> =
        (0..COPIES).map(|_| spawn_in_terminal(&writer, nowhere)).collect::<io::Result<_>>()?;
    let drawn = folder.path().join("drawn");
    let viewers: Vec<KillOnDrop> = (0..COPIES)
        .map(|copy| spawn_in_terminal(&attach, if copy == 0 { &drawn } else { nowhere }))
        .collect::<io::Result<_>>()?;
    // By then all have started, and the start's notification is sent.
    thread::sleep(Duration::from_secs(4));
    // Speech and sounds are child processes of the timer.
    while !children(timer)?.is_empty() {
        thread::sleep(Duration::from_secs(1));
    }
    assert_fills_the_window(&fs::read_to_string(&drawn)?);
    let pids_in = |terminals: &[KillOnDrop]| -> io::Result<Vec<u32>> {
        terminals.iter().map(|terminal| program_in_terminal(terminal.0.id())).collect()
    };
    let groups = [
        ("C, once a second", sleepers.iter().map(|sleeper| sleeper.0.id()).collect()),
        ("C, a line once a second", pids_in(&writers)?),
        ("timer", vec![timer]),
        ("viewer", pids_in(&viewers)?),
    ];
    let read_costs = || -> io::Result<Vec<Vec<Cost>>> {
        groups.iter().map(|(_, pids)| pids.iter().map(|pid| Cost::read(*pid)).collect()).collect()
    };
    let before = read_costs()?;
    thread::sleep(MEASURED_FOR);
    let after = read_costs()?;
    let mut baseline = 1;
    for (((name, pids), before), after) in groups.iter().zip(&before).zip(&after) {
        let median_spent = |value: fn(&Cost) -> u64| {
            median(after.iter().zip(before).map(|(after, before)| value(after) - value(before)).collect())
        };
        let wake_ups = median_spent(|cost| cost.wake_ups);
        let nanoseconds = median_spent(|cost| cost.nanoseconds);
        if *name == "C, once a second" {
            baseline = nanoseconds.max(1);
        }
        println!(
            "{:<34} {:>10.2} {:>9} µs {:>8.2} {:>5.1} MiB",
            format!("{name}, {lines} lines more"),
            wake_ups as f64 / MEASURED_FOR.as_secs_f64(),
            nanoseconds / 1000,
            nanoseconds as f64 / baseline as f64,
            proportional_set_size(pids[0])? as f64 / 1024.0
        );
    }
    assert!(easeback(&["stop"]).status()?.success());
    Ok(())
}

/// Fails unless a viewer drew what a person sees in such a window: every row of it, and the large digits.
fn assert_fills_the_window(drawn: &str) {
    let has_row = |row: u16| drawn.contains(&format!("\x1b[{row};1H"));
    let is_full = (1..=ROWS).all(has_row) && !has_row(ROWS + 1) && drawn.contains("██");
    assert!(is_full, "not a screen of {COLUMNS}x{ROWS}: {drawn:?}");
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn compile(folder: &Path, name: &str, text: &str) -> io::Result<String> {
    let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
    fs::write(&source, text)?;
    assert!(Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(&source).status()?.success());
    Ok(program.display().to_string())
}

fn timer_pid(state: &Path) -> io::Result<u32> {
    let text = fs::read_to_string(state.join("session.jsonl"))?;
    let pid = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|line| line["pid"].as_u64());
    Ok(u32::try_from(pid.expect("a timer has the seat")).expect("a process id"))
}

/// The program that a `script` process runs.
fn program_in_terminal(script: u32) -> io::Result<u32> {
    let shell = *children(script)?.first().expect("a child");
    // The shell that `script` starts may run the program as its child, or exec it.
    Ok(children(shell)?.first().copied().unwrap_or(shell))
}

/// The child processes of all threads of a process.
fn children(pid: u32) -> io::Result<Vec<u32>> {
    let mut children = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let pids = fs::read_to_string(task?.path().join("children"))?;
        children.extend(pids.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    Ok(children)
}

struct Cost {
    wake_ups: u64,
    nanoseconds: u64,
}

impl Cost {
    /// Adds up all threads of a process.
    fn read(pid: u32) -> io::Result<Cost> {
        let mut cost = Cost { wake_ups: 0, nanoseconds: 0 };
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?.path();
            let status = fs::read_to_string(task.join("status"))?;
            cost.wake_ups += number_after(&status, "voluntary_ctxt_switches:");
            cost.nanoseconds += number_after(&fs::read_to_string(task.join("schedstat"))?, "");
        }
        Ok(cost)
    }
}

/// In KiB.
fn proportional_set_size(pid: u32) -> io::Result<u64> {
    Ok(number_after(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?, "Pss:"))
}

/// The number after `name` in the first line that begins with it; 0 without one.
fn number_after(text: &str, name: &str) -> u64 {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    rest.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}
