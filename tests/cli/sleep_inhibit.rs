//! Whether the computer may fall asleep: kept from it while a phase runs, and what a missing or broken logind costs.

use crate::{
    bus::{Bus, bus_or_skip},
    home::{Home, Output},
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;
use std::{
    fs, future,
    io::{self, PipeReader},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixListener,
    },
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};
use zbus::{
    block_on,
    connection::{Builder, Connection},
    interface,
};

/// Where the program looks for logind.
const SYSTEM_BUS: &str = "DBUS_SYSTEM_BUS_ADDRESS";
/// Heat and cold, two seconds in all.
const SHORT: [&str; 9] = ["start", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--plain", "--no-notify"];

#[test]
fn sleep_is_inhibited_from_the_first_phase_to_the_last() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = Logind::on(&bus, Answers::AtOnce);
    let home = Home::new().env(SYSTEM_BUS, &bus.address);

    let session = home.spawn(SHORT);
    home.until("the inhibitor", || logind.held() == [true]);
    assert_completed(&home, &session.finish());

    home.until("the computer to be let go", || logind.held() == [false]);
    let asked = logind.asked();
    let [request] = &asked[..] else { panic!("expected one request for two phases, saw {asked:#?}") };
    assert_eq!((request.what.as_str(), request.mode.as_str()), ("idle:sleep", "block"));
    assert_eq!(request.who, "easeback");
    assert!(request.why.contains("heat or cold"), "{request:?}");
}

#[test]
fn stop_releases_the_sleep_inhibitor() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = Logind::on(&bus, Answers::AtOnce);
    let home = detached(&bus, &logind);

    say(&home, "stop");
    home.until("the computer to be let go", || logind.held() == [false]);
}

#[test]
fn killed_timer_releases_the_sleep_inhibitor() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = Logind::on(&bus, Answers::AtOnce);
    let home = detached(&bus, &logind);

    home.kill_timer();
    home.until("the computer to be let go", || logind.held() == [false]);
}

#[test]
fn pause_releases_the_sleep_inhibitor_until_resume() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = Logind::on(&bus, Answers::AtOnce);
    let home = detached(&bus, &logind);

    say(&home, "pause");
    home.until("the computer to be let go", || logind.held() == [false]);
    say(&home, "resume");
    home.until("the computer to be kept awake again", || logind.held() == [false, true]);
    say(&home, "stop");
    home.until("the computer to be let go again", || logind.held() == [false, false]);
}

#[test]
fn late_inhibitor_reply_is_dropped() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = Logind::on(&bus, Answers::FirstAfterSecond);
    let home = Home::new().env(SYSTEM_BUS, &bus.address);

    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    home.until("the first request", || logind.asked().len() == 1);
    // A timer that is slow to wake sees nothing of a pause that is over already.
    home.until("a request after a pause", || {
        say(&home, "pause");
        say(&home, "resume");
        logind.asked().len() > 1
    });
    home.until("every request to be answered, and one inhibitor to be held", || {
        let held = logind.held();
        held.len() == logind.asked().len() && held.iter().filter(|held| **held).count() == 1
    });
}

#[test]
fn missing_system_bus_is_harmless() {
    let home = Home::new();
    let nowhere = format!("unix:path={}", home.folder().join("no-system-bus").display());
    let home = home.env(SYSTEM_BUS, nowhere);
    assert_completed(&home, &home.run(SHORT));
}

#[test]
fn system_bus_without_logind_is_harmless() {
    let Some(bus) = bus_or_skip() else { return };
    let home = Home::new().env(SYSTEM_BUS, &bus.address);
    assert_completed(&home, &home.run(SHORT));
}

#[test]
fn hanging_logind_is_harmless_and_called_once() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = Logind::on(&bus, Answers::Never);
    let home = Home::new().env(SYSTEM_BUS, &bus.address);

    assert_completed(&home, &home.run(SHORT));
    assert_eq!(logind.asked().len(), 1);
}

#[test]
fn system_bus_without_a_handshake_is_harmless() {
    let home = Home::new();
    let path = home.folder().join("mute-bus");
    // The kernel accepts for it, and nobody reads.
    let mute = UnixListener::bind(&path).unwrap();
    let home = home.env(SYSTEM_BUS, format!("unix:path={}", path.display()));

    assert_completed(&home, &home.run(SHORT));
    mute.set_nonblocking(true).unwrap();
    assert!(mute.accept().is_ok(), "expected the timer to have tried");
    drop(mute);
}

#[test]
fn hanging_inhibit_request_times_out() {
    let home = Home::new();
    let path = home.folder().join("mute-bus");
    let mute = UnixListener::bind(&path).unwrap();
    let home = home.env(SYSTEM_BUS, format!("unix:path={}", path.display()));

    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    let (bus, _) = mute.accept().unwrap();
    home.until("the connection to be closed", || is_closed(&bus));
    home.until("its threads to end", || !is_asking(&home));
}

/// A home in which a session runs that nobody looks at, and keeps the computer awake.
fn detached(bus: &Bus, logind: &Logind) -> Home {
    let home = Home::new().env(SYSTEM_BUS, &bus.address);
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    home.until("the inhibitor", || logind.held() == [true]);
    // Neither the request nor the wait for its end needs a thread or a connection any longer.
    home.until("the thread that asked to end", || !is_asking(&home));
    home
}

fn say(home: &Home, command: &str) {
    let said = home.run([command]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

/// Whether the timer has a thread that asks, or one of zbus.
fn is_asking(home: &Home) -> bool {
    let journal = home.journal().unwrap();
    let timer = journal.iter().rfind(|line| line["fact"] == "timer").unwrap();
    let threads = fs::read_dir(format!("/proc/{}/task", timer["pid"])).unwrap();
    // A thread may end while it is looked at.
    let names = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.into_iter().any(|name| name.starts_with("awake") || name.starts_with("zruntime"))
}

/// The session is recorded, each phase at its planned length, and nothing was complained about.
fn assert_completed(home: &Home, session: &Output) {
    assert_eq!(session.code, Some(0), "{session:?}");
    assert!(!session.stderr.contains("warning:"), "{session:?}");
    home.until("the record", || !home.history().is_empty());
    let history = home.history();
    let [record] = &history[..] else { panic!("expected one record, saw {history:#?}") };
    assert_eq!(record["outcome"], "completed");
    let lengths: Vec<&Value> =
        record["phases"].as_array().unwrap().iter().map(|phase| &phase["actual_s"]).collect();
    assert_eq!(lengths, [1, 1]);
    assert!(record["overdue_s"].as_u64().is_none_or(|late| late == 0), "{record:#}");
}

/// The part of logind that hands out inhibitors. It sees when each is let go.
#[must_use]
struct Logind {
    seen: Arc<Mutex<Seen>>,
    _connection: Connection,
}

#[derive(Default)]
struct Seen {
    asked: Vec<Request>,
    /// The ends of the inhibitors that logind keeps, in the order they were handed out.
    handed_out: Vec<PipeReader>,
    /// Whoever waits for the second request.
    waits: Option<Waker>,
}

#[derive(Clone, Debug)]
struct Request {
    what: String,
    who: String,
    why: String,
    mode: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    AtOnce,
    /// The first request is answered only when the second has been.
    FirstAfterSecond,
    Never,
}

impl Logind {
    fn on(bus: &Bus, answers: Answers) -> Logind {
        let seen = Arc::default();
        let manager = Manager { seen: Arc::clone(&seen), answers };
        let service = Builder::address(bus.address.as_str())
            .serve_at("/org/freedesktop/login1", manager)
            .name("org.freedesktop.login1");
        Logind { seen, _connection: block_on(service.build()).unwrap() }
    }

    fn asked(&self) -> Vec<Request> {
        self.seen.lock().unwrap().asked.clone()
    }

    /// For each inhibitor, in the order they were handed out, whether somebody holds it.
    fn held(&self) -> Vec<bool> {
        self.seen.lock().unwrap().handed_out.iter().map(|end| !is_closed(end)).collect()
    }
}

struct Manager {
    seen: Arc<Mutex<Seen>>,
    answers: Answers,
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    async fn inhibit(&self, what: String, who: String, why: String, mode: String) -> zbus::OwnedFd {
        let first = {
            let mut seen = self.seen.lock().unwrap();
            seen.asked.push(Request { what, who, why, mode });
            seen.asked.len() == 1
        };
        match self.answers {
            Answers::Never => future::pending().await,
            Answers::FirstAfterSecond if first => self.second().await,
            _ => {}
        }
        let (end, inhibitor) = io::pipe().unwrap();
        let mut seen = self.seen.lock().unwrap();
        seen.handed_out.push(end);
        if let Some(waiting) = seen.waits.take() {
            waiting.wake();
        }
        OwnedFd::from(inhibitor).into()
    }
}

impl Manager {
    /// Comes back when an inhibitor was handed out.
    async fn second(&self) {
        future::poll_fn(|context| {
            let mut seen = self.seen.lock().unwrap();
            if seen.handed_out.is_empty() {
                seen.waits = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }
}

/// Whether nobody holds the other end.
fn is_closed(end: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(end, PollFlags::empty())];
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap();
    polled[0].revents().contains(PollFlags::HUP)
}
