//! What a session costs while nothing happens: wake-ups, processor time, memory.
//!
//! A detached timer and a viewer beside a C program that wakes once a second, all three in the same seconds. The
//! figures are the kernel's own (`status`, `schedstat`, `smaps_rollup` in `/proc`). Run again with a journal of a
//! thousand lines.

use serde_json::Value;
use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

const LASTS: Duration = Duration::from_secs(20);
const C_LOOP: &str = "#include <unistd.h>\nint main(void) { for (;;) sleep(1); }\n";

fn main() -> io::Result<()> {
    println!("{:<28} {:>10} {:>12} {:>8} {:>9}", "", "wake-ups/s", "processor", "ratio", "Pss");
    for lines in [0, 1000] {
        measure(lines)?;
    }
    Ok(())
}

fn measure(lines: usize) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("state");
    let easeback = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_easeback"));
        command.args(words).env("EASEBACK_STATE_DIR", &state).env("EASEBACK_DATA_DIR", folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    assert!(easeback(&["start", "--detach"]).status()?.success());
    for _ in 0..lines {
        assert!(easeback(&["note", "a line more"]).status()?.success());
    }
    let timer = timer(&state)?;
    // A real terminal for the viewer's live line.
    let attach = format!("{} attach", env!("CARGO_BIN_EXE_easeback"));
    let mut terminal = Command::new("script");
    terminal.args(["-qfec", &attach, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::null());
    terminal.env("EASEBACK_STATE_DIR", &state).env("EASEBACK_DATA_DIR", folder.path()).env("TERM", "xterm");
    let _terminal = Killed(terminal.spawn()?);
    let floor = c_loop(folder.path())?;
    // All have begun by then, and the start's notification is sent.
    thread::sleep(Duration::from_secs(4));
    let viewer = child_of(_terminal.0.id())?;
    let pids = [floor.0.id(), timer, viewer];
    let before: Vec<Cost> = pids.iter().map(|pid| Cost::of(*pid)).collect::<io::Result<_>>()?;
    thread::sleep(LASTS);
    let after: Vec<Cost> = pids.iter().map(|pid| Cost::of(*pid)).collect::<io::Result<_>>()?;
    let base = (after[0].nanoseconds - before[0].nanoseconds).max(1);
    for (index, name) in ["C, once a second", "timer", "viewer"].into_iter().enumerate() {
        let woken = (after[index].wake_ups - before[index].wake_ups) as f64 / LASTS.as_secs_f64();
        let spent = after[index].nanoseconds - before[index].nanoseconds;
        println!(
            "{:<28} {woken:>10.2} {:>9} µs {:>8.2} {:>5.1} MiB",
            format!("{name}, {lines} lines more"),
            spent / 1000,
            spent as f64 / base as f64,
            pss(pids[index])? as f64 / 1024.0
        );
    }
    assert!(easeback(&["stop"]).status()?.success());
    Ok(())
}

/// Killed when it is no longer needed.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn c_loop(folder: &Path) -> io::Result<Killed> {
    let (source, program) = (folder.join("loop.c"), folder.join("loop"));
    fs::write(&source, C_LOOP)?;
    assert!(Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(&source).status()?.success());
    Ok(Killed(Command::new(program).spawn()?))
}

fn timer(state: &Path) -> io::Result<u32> {
    let text = fs::read_to_string(state.join("session.jsonl"))?;
    let pid = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|line| line["pid"].as_u64());
    Ok(u32::try_from(pid.expect("a timer has the seat")).expect("a process id"))
}

fn child_of(pid: u32) -> io::Result<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    let shell: u32 = children.split_whitespace().next().and_then(|pid| pid.parse().ok()).expect("a child");
    // The shell that `script` starts may stay, or become the program.
    let below = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"))?;
    Ok(below.split_whitespace().next().and_then(|pid| pid.parse().ok()).unwrap_or(shell))
}

struct Cost {
    wake_ups: u64,
    nanoseconds: u64,
}

impl Cost {
    /// Of all threads of a process.
    fn of(pid: u32) -> io::Result<Cost> {
        let mut cost = Cost { wake_ups: 0, nanoseconds: 0 };
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?.path();
            let status = fs::read_to_string(task.join("status"))?;
            cost.wake_ups += number(&status, "voluntary_ctxt_switches:");
            cost.nanoseconds += number(&fs::read_to_string(task.join("schedstat"))?, "");
        }
        Ok(cost)
    }
}

/// The proportional set size, in KiB.
fn pss(pid: u32) -> io::Result<u64> {
    Ok(number(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?, "Pss:"))
}

/// The number behind the name, at the beginning of a line.
fn number(text: &str, name: &str) -> u64 {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    rest.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}
