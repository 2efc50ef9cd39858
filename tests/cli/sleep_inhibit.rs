//! Whether the computer may suspend: not while a phase runs, and a missing or broken logind does no harm.

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

/// The variable with the address of the bus that logind is on.
const SYSTEM_BUS: &str = "DBUS_SYSTEM_BUS_ADDRESS";
/// Heat and cold, two seconds in total.
const SHORT_SESSION: [&str; 9] =
    ["start", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--plain", "--no-notify"];

#[test]
fn sleep_is_inhibited_from_the_first_phase_to_the_last() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = FakeLogind::serve_on(&bus, LogindReply::Immediate);
    let home = Home::new().env(SYSTEM_BUS, &bus.address);

    let session = home.spawn(SHORT_SESSION);
    home.wait_until("the inhibitor", || logind.held_inhibitors() == [true]);
    assert_completed(&home, &session.finish());

    home.wait_until("the inhibitor to be released", || logind.held_inhibitors() == [false]);
    let requests = logind.requests();
    let [request] = &requests[..] else { panic!("expected one request for two phases, saw {requests:#?}") };
    assert_eq!((request.what.as_str(), request.mode.as_str()), ("idle:sleep", "block"));
    assert_eq!(request.who, "easeback");
    assert!(request.why.contains("heat or cold"), "{request:?}");
}

#[test]
fn stop_releases_the_sleep_inhibitor() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = FakeLogind::serve_on(&bus, LogindReply::Immediate);
    let home = start_detached_session(&bus, &logind);

    run_command(&home, "stop");
    home.wait_until("the inhibitor to be released", || logind.held_inhibitors() == [false]);
}

#[test]
fn killed_timer_releases_the_sleep_inhibitor() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = FakeLogind::serve_on(&bus, LogindReply::Immediate);
    let home = start_detached_session(&bus, &logind);

    home.kill_timer();
    home.wait_until("the inhibitor to be released", || logind.held_inhibitors() == [false]);
}

#[test]
fn pause_releases_the_sleep_inhibitor_until_resume() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = FakeLogind::serve_on(&bus, LogindReply::Immediate);
    let home = start_detached_session(&bus, &logind);

    run_command(&home, "pause");
    home.wait_until("the inhibitor to be released", || logind.held_inhibitors() == [false]);
    run_command(&home, "resume");
    home.wait_until("the inhibitor to be taken again", || logind.held_inhibitors() == [false, true]);
    run_command(&home, "stop");
    home.wait_until("the inhibitor to be released again", || logind.held_inhibitors() == [false, false]);
}

#[test]
fn late_inhibitor_reply_is_dropped() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = FakeLogind::serve_on(&bus, LogindReply::FirstAfterSecond);
    let home = Home::new().env(SYSTEM_BUS, &bus.address);

    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    home.wait_until("the first request", || logind.requests().len() == 1);
    // A timer that wakes late misses a pause that is already over.
    home.wait_until("a request after a pause", || {
        run_command(&home, "pause");
        run_command(&home, "resume");
        logind.requests().len() > 1
    });
    home.wait_until("every request to be answered, and one inhibitor to be held", || {
        let held = logind.held_inhibitors();
        held.len() == logind.requests().len() && held.iter().filter(|held| **held).count() == 1
    });
}

#[test]
fn missing_system_bus_is_harmless() {
    let home = Home::new();
    let nowhere = format!("unix:path={}", home.folder().join("no-system-bus").display());
    let home = home.env(SYSTEM_BUS, nowhere);
    assert_completed(&home, &home.run(SHORT_SESSION));
}

#[test]
fn system_bus_without_logind_is_harmless() {
    let Some(bus) = bus_or_skip() else { return };
    let home = Home::new().env(SYSTEM_BUS, &bus.address);
    assert_completed(&home, &home.run(SHORT_SESSION));
}

#[test]
fn hanging_logind_is_harmless_and_called_once() {
    let Some(bus) = bus_or_skip() else { return };
    let logind = FakeLogind::serve_on(&bus, LogindReply::Never);
    let home = Home::new().env(SYSTEM_BUS, &bus.address);

    assert_completed(&home, &home.run(SHORT_SESSION));
    assert_eq!(logind.requests().len(), 1);
}

#[test]
fn system_bus_without_a_handshake_is_harmless() {
    let home = Home::new();
    let path = home.folder().join("mute-bus");
    // The kernel accepts the connection, but nothing reads it.
    let silent_socket = UnixListener::bind(&path).unwrap();
    let home = home.env(SYSTEM_BUS, format!("unix:path={}", path.display()));

    assert_completed(&home, &home.run(SHORT_SESSION));
    silent_socket.set_nonblocking(true).unwrap();
    assert!(silent_socket.accept().is_ok(), "expected the timer to have tried");
    drop(silent_socket);
}

#[test]
fn hanging_inhibit_request_times_out() {
    let home = Home::new();
    let path = home.folder().join("mute-bus");
    let silent_socket = UnixListener::bind(&path).unwrap();
    let home = home.env(SYSTEM_BUS, format!("unix:path={}", path.display()));

    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    let (bus, _) = silent_socket.accept().unwrap();
    home.wait_until("the connection to be closed", || is_closed(&bus));
    home.wait_until("its threads to end", || !has_request_thread(&home));
}

/// A home with a background session without viewers that keeps the computer awake.
fn start_detached_session(bus: &Bus, logind: &FakeLogind) -> Home {
    let home = Home::new().env(SYSTEM_BUS, &bus.address);
    assert_eq!(home.run(["start", "--detach", "--no-notify"]).code, Some(0));
    home.wait_until("the inhibitor", || logind.held_inhibitors() == [true]);
    // Neither the request nor the wait for its end needs a thread or a connection any more.
    home.wait_until("the request thread to end", || !has_request_thread(&home));
    home
}

fn run_command(home: &Home, command: &str) {
    let output = home.run([command]);
    assert_eq!(output.code, Some(0), "{output:?}");
}

/// Whether the timer has a thread with an open request, or one of zbus.
fn has_request_thread(home: &Home) -> bool {
    let journal = home.journal().unwrap();
    let timer = journal.iter().rfind(|line| line["fact"] == "timer").unwrap();
    let threads = fs::read_dir(format!("/proc/{}/task", timer["pid"])).unwrap();
    // A thread may end in the meantime.
    let names = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.into_iter().any(|name| name.starts_with("awake") || name.starts_with("zruntime"))
}

/// The session is recorded, each phase at its planned length, without warnings.
fn assert_completed(home: &Home, session: &Output) {
    assert_eq!(session.code, Some(0), "{session:?}");
    assert!(!session.stderr.contains("warning:"), "{session:?}");
    home.wait_until("the record", || !home.history().is_empty());
    let history = home.history();
    let [record] = &history[..] else { panic!("expected one record, saw {history:#?}") };
    assert_eq!(record["outcome"], "completed");
    let lengths: Vec<&Value> =
        record["phases"].as_array().unwrap().iter().map(|phase| &phase["actual_s"]).collect();
    assert_eq!(lengths, [1, 1]);
    assert!(record["overdue_s"].as_u64().is_none_or(|late| late == 0), "{record:#}");
}

/// The part of logind that hands out inhibitors. It sees when each is released.
#[must_use]
struct FakeLogind {
    calls: Arc<Mutex<LogindCalls>>,
    _connection: Connection,
}

#[derive(Default)]
struct LogindCalls {
    requests: Vec<InhibitRequest>,
    /// Logind's ends of the inhibitors, in the order in which they were handed out.
    inhibitors: Vec<PipeReader>,
    /// The task that waits for the second request.
    waker: Option<Waker>,
}

#[derive(Clone, Debug)]
struct InhibitRequest {
    what: String,
    who: String,
    why: String,
    mode: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LogindReply {
    Immediate,
    /// The first request is answered after the second one.
    FirstAfterSecond,
    Never,
}

impl FakeLogind {
    fn serve_on(bus: &Bus, logind_reply: LogindReply) -> FakeLogind {
        let received = Arc::default();
        let manager = LogindManager { calls: Arc::clone(&received), reply: logind_reply };
        let service = Builder::address(bus.address.as_str())
            .serve_at("/org/freedesktop/login1", manager)
            .name("org.freedesktop.login1");
        FakeLogind { calls: received, _connection: block_on(service.build()).unwrap() }
    }

    fn requests(&self) -> Vec<InhibitRequest> {
        self.calls.lock().unwrap().requests.clone()
    }

    /// For each inhibitor, in the order in which they were handed out, whether it is held.
    fn held_inhibitors(&self) -> Vec<bool> {
        self.calls.lock().unwrap().inhibitors.iter().map(|end| !is_closed(end)).collect()
    }
}

struct LogindManager {
    calls: Arc<Mutex<LogindCalls>>,
    reply: LogindReply,
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl LogindManager {
    async fn inhibit(&self, what: String, who: String, why: String, mode: String) -> zbus::OwnedFd {
        let first = {
            let mut calls = self.calls.lock().unwrap();
            calls.requests.push(InhibitRequest { what, who, why, mode });
            calls.requests.len() == 1
        };
        match self.reply {
            LogindReply::Never => future::pending().await,
            LogindReply::FirstAfterSecond if first => self.wait_for_second_request().await,
            _ => {}
        }
        let (end, inhibitor) = io::pipe().unwrap();
        let mut calls = self.calls.lock().unwrap();
        calls.inhibitors.push(end);
        if let Some(waiting) = calls.waker.take() {
            waiting.wake();
        }
        OwnedFd::from(inhibitor).into()
    }
}

impl LogindManager {
    /// Returns when an inhibitor was handed out.
    async fn wait_for_second_request(&self) {
        future::poll_fn(|context| {
            let mut calls = self.calls.lock().unwrap();
            if calls.inhibitors.is_empty() {
                calls.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }
}

/// Whether the other end is closed.
fn is_closed(end: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(end, PollFlags::empty())];
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap();
    polled[0].revents().contains(PollFlags::HUP)
}
