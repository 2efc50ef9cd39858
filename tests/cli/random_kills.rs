//! Kills at random moments: the timer, its viewer, or both. Each session is recorded exactly once.

use crate::{
    home::Home,
    properties::{repetitions, seed},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{collections::BTreeMap, thread, time::Duration};

/// A random number generator; the same seed gives the same numbers.
struct RandomNumbers(u64);

impl RandomNumbers {
    fn next_below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn each_session_is_recorded_once_despite_random_kills() {
    let times = repetitions(10, 200);
    let mut random = RandomNumbers(seed());
    let home = Home::new();
    for number in 0..times {
        let note = format!("session {number}");
        let flags = ["--heat", "1s", "--cold", "1s", "--rounds", "1", "--no-notify", "--note", &note];
        let viewer = home.spawn(std::iter::once(&"start").chain(&flags));
        home.wait_until("the journal of this session", || has_begun(&home, &note));
        thread::sleep(Duration::from_millis(random.next_below(1200)));
        match random.next_below(3) {
            0 => kill_timer(&home),
            1 => viewer.signal(Signal::KILL),
            _ => {
                kill_timer(&home);
                viewer.signal(Signal::KILL);
            }
        }
        drop(viewer);
        // Sometimes a person continues with what is left.
        if random.next_below(4) == 0 {
            home.run(["resume"]);
        }
        home.run(["stop"]);
    }
    home.wait_until("every process to be gone", || home.processes().is_empty());
    assert_eq!(home.journal(), None);
    let mut records: BTreeMap<String, usize> = BTreeMap::new();
    for line in home.history() {
        *records.entry(line["note"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(records.len(), times as usize, "{records:?}");
    assert!(records.values().all(|count| *count == 1), "{records:?}");
}

/// Whether the session with this note has sent an alert or is over: a timer that dies before it reports leaves no
/// session.
fn has_begun(home: &Home, note: &str) -> bool {
    let is_it = |line: &serde_json::Value| line["facts"]["note"] == note || line["note"] == note;
    home.journal().is_some_and(|lines| lines.len() > 2 && lines.iter().any(is_it))
        || home.history().iter().any(is_it)
}

/// Kills the timer, if it is running.
fn kill_timer(home: &Home) {
    let journal = home.journal().unwrap_or_default();
    let pid = journal.iter().rfind(|line| line["fact"] == "timer").and_then(|line| line["pid"].as_i64());
    if let Some(pid) = pid.and_then(|pid| Pid::from_raw(pid.try_into().unwrap())) {
        let _ = kill_process(pid, Signal::KILL);
        let stat = format!("/proc/{pid}/stat");
        home.wait_until("the timer to be gone", || {
            std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
        });
    }
}
