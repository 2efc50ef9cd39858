//! What a session costs while nothing happens: wake-ups, processor time, memory.
//!
//! A detached timer and viewers beside C programs that wake once a second, all in the same seconds: one that does
//! nothing else, and one that writes a line as long as a viewer's to a terminal, which is what a viewer cannot do
//! without. Of each but the timer there are five, and the median counts. The figures are the kernel's own
//! (`status`, `schedstat`, `smaps_rollup` in `/proc`). Run again with a journal of a thousand lines.
//!
//! Nothing is set, so that the person is told in every way that this computer has; what the start has to say is
//! said before anything is measured, and then the ways have nothing to do.

use serde_json::Value;
use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

const LASTS: Duration = Duration::from_secs(20);
const COPIES: usize = 5;
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
    let easeback = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_easeback"));
        command.args(words).env("EASEBACK_STATE_DIR", &state).env("EASEBACK_DATA_DIR", folder.path());
        command.env("EASEBACK_CONFIG_DIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let start = easeback(&["start", "--detach"]).stderr(Stdio::piped()).output()?;
    assert!(start.status.success());
    String::from_utf8_lossy(&start.stderr)
        .lines()
        .filter(|line| line.contains("told by"))
        .for_each(|line| println!("{line}"));
    for _ in 0..lines {
        assert!(easeback(&["note", "a line more"]).status()?.success());
    }
    let timer = timer(&state)?;
    let on_a_terminal = |program: &str| -> io::Result<Killed> {
        let mut terminal = Command::new("script");
        terminal.args(["-qfec", program, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::null());
        terminal.env("EASEBACK_STATE_DIR", &state).env("EASEBACK_DATA_DIR", folder.path());
        terminal.env("EASEBACK_CONFIG_DIR", folder.path());
        terminal.env("TERM", "xterm").spawn().map(Killed)
    };
    let sleeper = compile(folder.path(), "sleeper", SLEEPER)?;
    let writer = compile(folder.path(), "writer", WRITER)?;
    let attach = format!("{} attach", env!("CARGO_BIN_EXE_easeback"));
    let sleepers: Vec<Killed> =
        (0..COPIES).map(|_| Command::new(&sleeper).spawn().map(Killed)).collect::<io::Result<_>>()?;
    let writers: Vec<Killed> = (0..COPIES).map(|_| on_a_terminal(&writer)).collect::<io::Result<_>>()?;
    let viewers: Vec<Killed> = (0..COPIES).map(|_| on_a_terminal(&attach)).collect::<io::Result<_>>()?;
    // All have begun by then, and the start's notification is sent.
    thread::sleep(Duration::from_secs(4));
    // A voice is a program that the timer runs, and so is a player of sounds.
    while !children(timer)?.is_empty() {
        thread::sleep(Duration::from_secs(1));
    }
    let below = |terminals: &[Killed]| -> io::Result<Vec<u32>> {
        terminals.iter().map(|terminal| child_of(terminal.0.id())).collect()
    };
    let groups = [
        ("C, once a second", sleepers.iter().map(|sleeper| sleeper.0.id()).collect()),
        ("C, a line once a second", below(&writers)?),
        ("timer", vec![timer]),
        ("viewer", below(&viewers)?),
    ];
    let costs = || -> io::Result<Vec<Vec<Cost>>> {
        groups.iter().map(|(_, pids)| pids.iter().map(|pid| Cost::of(*pid)).collect()).collect()
    };
    let before = costs()?;
    thread::sleep(LASTS);
    let after = costs()?;
    let mut base = 1;
    for (((name, pids), before), after) in groups.iter().zip(&before).zip(&after) {
        let spent = |of: fn(&Cost) -> u64| {
            median(after.iter().zip(before).map(|(after, before)| of(after) - of(before)).collect())
        };
        let (woken, nanoseconds) = (spent(|cost| cost.wake_ups), spent(|cost| cost.nanoseconds));
        if *name == "C, once a second" {
            base = nanoseconds.max(1);
        }
        println!(
            "{:<34} {:>10.2} {:>9} µs {:>8.2} {:>5.1} MiB",
            format!("{name}, {lines} lines more"),
            woken as f64 / LASTS.as_secs_f64(),
            nanoseconds / 1000,
            nanoseconds as f64 / base as f64,
            pss(pids[0])? as f64 / 1024.0
        );
    }
    assert!(easeback(&["stop"]).status()?.success());
    Ok(())
}

fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures[figures.len() / 2]
}

/// Killed when it is no longer needed.
struct Killed(Child);

impl Drop for Killed {
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

fn timer(state: &Path) -> io::Result<u32> {
    let text = fs::read_to_string(state.join("session.jsonl"))?;
    let pid = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|line| line["pid"].as_u64());
    Ok(u32::try_from(pid.expect("a timer has the seat")).expect("a process id"))
}

fn child_of(pid: u32) -> io::Result<u32> {
    let shell = *children(pid)?.first().expect("a child");
    // The shell that `script` starts may stay, or become the program.
    Ok(children(shell)?.first().copied().unwrap_or(shell))
}

/// Of all threads of a process.
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
