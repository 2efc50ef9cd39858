//! A session and its viewers in different containers that share a home: a process id of one container means nothing
//! in another.

use crate::{
    home::{Home, RunningProcess, skip},
    terminal::Terminal,
};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;

/// Runs what follows in a container: its own process ids and `/proc`, ended with its first process.
const CONTAINER: &str = "unshare -r --pid --fork --kill-child --mount-proc";

/// A home, if a container can be created. If not, fails in CI and prints elsewhere why the test is skipped.
fn home_with_containers() -> Option<Home> {
    let home = Home::new();
    let probe = home.run_shell(&format!("{CONTAINER} true"));
    if probe.code != Some(0) {
        skip(&format!("process namespaces ({})", probe.stderr.trim()));
        return None;
    }
    Some(home)
}

/// Starts a session in a container that stays.
fn start_in_container(home: &Home, flags: &str) -> RunningProcess {
    let start = format!("\"$EASEBACK\" start --detach --quiet --no-notify {flags}");
    let inside = home.spawn_shell(&format!("exec {CONTAINER} sh -c '{start}; exec sleep 3600'"));
    home.wait_until("the first alert", || home.has_alert("start"));
    inside
}

/// The processes of this home that run this command, by their ids outside the container.
fn processes_of_command(home: &Home, command: &str) -> Vec<Pid> {
    let is_it = |pid: &Pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).nth(1) == Some(command.as_bytes())
    };
    home.processes().into_iter().filter(is_it).collect()
}

fn kill_timer(home: &Home) {
    let timers = processes_of_command(home, "timer");
    let [timer] = timers[..] else { panic!("one timer: {timers:?}") };
    kill_process(timer, Signal::KILL).unwrap();
}

fn assert_reports_untimed(viewer: RunningProcess) {
    let output = viewer.finish();
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("nobody is timing this session"), "{output:?}");
}

#[test]
fn session_in_a_container_is_watched_from_outside() {
    let Some(home) = home_with_containers() else { return };
    let _inside = start_in_container(&home, "--heat 2s --cold 5");
    let viewer = home.spawn(["attach"]);
    home.wait_until("the swap, seen from outside", || viewer.stdout_so_far().contains("cold on"));
    let follower = home.spawn(["status", "--follow", "--format", "{state}"]);
    home.wait_until("its state", || follower.stdout_so_far().contains("running"));
    let status = home.run(["status", "--json"]).stdout;
    assert!(status.contains("\"watched\": true"), "{status}");
    kill_timer(&home);
    assert_reports_untimed(viewer);
    home.wait_until("the end in the status bar", || follower.stdout_so_far().contains("cut_off"));
}

#[test]
fn session_is_watched_from_inside_a_container() {
    let Some(home) = home_with_containers() else { return };
    let start = home.run(["start", "--detach", "--no-notify", "--heat", "2s", "--cold", "5"]);
    assert_eq!(start.code, Some(0), "{start:?}");
    let viewer = home.spawn_shell(&format!("exec {CONTAINER} \"$EASEBACK\" attach"));
    home.wait_until("the swap, seen from inside", || viewer.stdout_so_far().contains("cold on"));
    kill_timer(&home);
    assert_reports_untimed(viewer);
}

#[test]
fn process_with_the_timers_pid_outside_is_not_the_timer() {
    let Some(home) = home_with_containers() else { return };
    let _inside = start_in_container(&home, "--heat 20 --cold 5");
    // Outside, the number is that of another process, which ends; the session continues.
    let other = home.spawn_shell("echo $$; exec sleep 3600");
    home.wait_until("its number", || other.stdout_so_far().ends_with('\n'));
    let journal = home.state().join("session.jsonl");
    let lines = home.journal().unwrap();
    let timer = lines.iter().find(|line| line["fact"] == "timer").unwrap();
    let number = format!("\"pid\":{}", other.stdout_so_far().trim());
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replace(&format!("\"pid\":{}", timer["pid"]), &number)).unwrap();
    let viewer = home.spawn(["attach"]);
    home.wait_until("what it shows", || viewer.stdout_so_far().contains("Heat now"));
    viewer.wait_until_it_watches();
    other.signal(Signal::KILL);
    other.finish();
    assert_eq!(home.run(["pain", "3"]).code, Some(0));
    assert_eq!(home.run(["skip"]).code, Some(0));
    home.wait_until("the swap, seen all the same", || viewer.stdout_so_far().contains("cold on"));
    kill_timer(&home);
    assert_reports_untimed(viewer);
}

#[test]
fn viewer_outside_alarms_only_when_the_inner_timer_is_killed() {
    let Some(home) = home_with_containers() else { return };
    let _inside = start_in_container(&home, "--heat 2s --cold 5");
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK attach; echo code $?");
    home.wait_until("the swap", || home.has_alert("swap"));
    terminal.wait_for_text("cold on");
    assert!(!terminal.screen().contains("nobody is timing"), "{}", terminal.screen());
    kill_timer(&home);
    terminal.wait_for_text("nobody is timing");
    // The same process id as before, in another container.
    let resume = "\"$EASEBACK\" resume && exec sleep 3600";
    let _again = home.spawn_shell(&format!("exec {CONTAINER} sh -c '{resume}'"));
    home.wait_until("the cold, timed again", || !terminal.screen().contains("nobody is timing"));
}

#[test]
fn hanging_timer_in_a_container_is_named_where_its_pid_is_valid() {
    let Some(home) = home_with_containers() else { return };
    let _inside = start_in_container(&home, "");
    let [timer] = processes_of_command(&home, "timer")[..] else { panic!("one timer") };
    // Frozen while nothing else needs the lock that it may hold.
    let lock = fs::File::open(home.state().join("lock")).unwrap();
    lock.lock().unwrap();
    kill_process(timer, Signal::STOP).unwrap();
    drop(lock);
    let stopped = home.run(["stop"]);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let elsewhere = "is not recorded after 5 s by its timer (in another container)";
    assert!(stopped.stderr.contains(elsewhere), "{stopped:?}");
    // A journal of an older version does not have the namespace.
    let journal = home.state().join("session.jsonl");
    let mut lines = home.journal().unwrap();
    lines.iter_mut().for_each(|line| drop(line.as_object_mut().unwrap().remove("namespace")));
    fs::write(&journal, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let stopped = home.run(["stop"]);
    assert!(stopped.stderr.contains("is not recorded after 5 s by its timer\n"), "{stopped:?}");
    kill_process(timer, Signal::KILL).unwrap();
    home.wait_until("no timer", || home.run(["stop"]).code == Some(0));
    assert_eq!(home.history().len(), 1);
}

/// Moves all times in the journal five minutes back.
fn shift_journal_back_five_minutes(home: &Home) {
    let mut lines = home.journal().unwrap();
    for line in &mut lines {
        for clock in ["boottime_ns", "monotonic_ns"] {
            let at = line["at"][clock].as_u64().unwrap();
            line["at"][clock] =
                at.checked_sub(300_000_000_000).expect("a computer that runs for longer").into();
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(home.state().join("session.jsonl"), text).unwrap();
}

#[test]
fn completed_session_waits_a_limited_time_for_an_outer_viewer() {
    let Some(home) = home_with_containers() else { return };
    let _inside = start_in_container(&home, "--rehearse=10 --heat 10s --cold 10s --rounds 1");
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line("$EASEBACK attach; echo code $?");
    terminal.wait_for_text("REHEARSAL");
    home.wait_until("the end", || home.has_alert("end"));
    assert_eq!(home.run(["pain", "2"]).code, Some(0));
    for _ in 0..10 {
        assert_eq!(home.run(["status"]).code, Some(0), "answered, and still looked on at");
    }
    terminal.press_keys("m");
    terminal.wait_for_text("2 rounds now");
    home.wait_until("the second end", || home.count_alerts("end") == 2);
    assert_eq!(home.run(["pain", "3"]).code, Some(0));
    shift_journal_back_five_minutes(&home);
    home.wait_until("the journal to be removed", || home.journal().is_none());
    home.wait_until("the timer to be gone", || processes_of_command(&home, "timer").is_empty());
}
