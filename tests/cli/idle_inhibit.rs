//! Whether the screen may blank: it stays on while the live screen shows a running session.

use crate::{
    bus::{Bus, bus_or_skip},
    home::Home,
    keys::viewer_pid,
    terminal::{KEYS_FOOTER, Terminal},
};
use rustix::process::{Signal, kill_process};
use std::{
    collections::HashMap,
    fs, future,
    os::unix::net::UnixListener,
    sync::{Arc, Mutex},
};
use zbus::{
    Connection, ObjectPath, OwnedObjectPath, OwnedVariant, block_on, connection::Builder, interface,
    message::Header,
};

const SESSION_BUS: &str = "DBUS_SESSION_BUS_ADDRESS";
const START: &str = "$EASEBACK start --skip-questions --no-notify; echo code $?";

#[test]
fn screen_stays_on_while_a_viewer_shows_a_running_session() {
    for api in [InhibitApi::Portal, InhibitApi::ScreenSaver] {
        let Some(bus) = bus_or_skip() else { return };
        let desktop = FakeDesktop::serve_on(&bus, api, DesktopReply::Immediate);
        let home = Home::new().env(SESSION_BUS, &bus.address);
        let Some(terminal) = Terminal::open(&home) else { return };
        terminal.type_line(START);
        home.wait_until("the screen to stay on", || desktop.callers_still_connected() == [true]);
        terminal.wait_for_raw_mode();
        terminal.press_keys("Space");
        home.wait_until("a pause to release it", || desktop.callers_still_connected() == [false]);
        terminal.press_keys("Space");
        home.wait_until("the screen to stay on again", || desktop.callers_still_connected() == [false, true]);
        terminal.press_keys("d");
        terminal.wait_for_text("code 0");
        home.wait_until("leaving to release it", || desktop.callers_still_connected() == [false, false]);
        assert_eq!(home.run(["status"]).code, Some(0), "the session goes on");
        let [first, _] = &desktop.calls()[..] else { panic!("two requests: {:?}", desktop.calls()) };
        assert_eq!(first.api, api);
        assert!(first.reason.contains("heat or cold"), "{first:?}");
    }
}

#[test]
fn only_the_portal_is_called_when_it_grants() {
    let Some(bus) = bus_or_skip() else { return };
    let portal = FakeDesktop::serve_on(&bus, InhibitApi::Portal, DesktopReply::Immediate);
    let screen_saver = FakeDesktop::serve_on(&bus, InhibitApi::ScreenSaver, DesktopReply::Immediate);
    let home = Home::new().env(SESSION_BUS, &bus.address);
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    home.wait_until("the screen to stay on", || portal.callers_still_connected() == [true]);
    home.wait_until("the request thread to end", || !has_request_thread(&home));
    assert_eq!(
        (portal.callers_still_connected(), screen_saver.callers_still_connected()),
        (vec![true], vec![])
    );
}

#[test]
fn screen_saver_is_used_when_the_portal_refuses_or_hangs() {
    for reply in [DesktopReply::Refused, DesktopReply::Never] {
        let Some(bus) = bus_or_skip() else { return };
        let portal = FakeDesktop::serve_on(&bus, InhibitApi::Portal, reply);
        let screen_saver = FakeDesktop::serve_on(&bus, InhibitApi::ScreenSaver, DesktopReply::Immediate);
        let home = Home::new().env(SESSION_BUS, &bus.address);
        let Some(terminal) = Terminal::open(&home) else { return };
        terminal.type_line(START);
        home.wait_until("the screen to stay on", || screen_saver.callers_still_connected() == [true]);
        home.wait_until("nothing to be wanted from the portal", || {
            portal.callers_still_connected() == [false]
        });
    }
}

#[test]
fn session_end_allows_blanking_while_the_viewer_stays() {
    let Some(bus) = bus_or_skip() else { return };
    let desktop = FakeDesktop::serve_on(&bus, InhibitApi::Portal, DesktopReply::Immediate);
    let home = Home::new().env(SESSION_BUS, &bus.address);
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal
        .type_line("$EASEBACK start --skip-questions --heat 2s --cold 1s --rounds 1 --no-notify --swap ask");
    home.wait_until("the screen to stay on", || desktop.callers_still_connected() == [true]);
    home.wait_until("the time to be up", || home.has_alert("up"));
    assert_eq!(desktop.callers_still_connected(), [true], "who has to come needs a screen to look at");
    terminal.press_keys("n");
    home.wait_until("the cold's time to be up", || home.count_alerts("up") == 2);
    terminal.press_keys("n");
    home.wait_until("the end to release it", || desktop.callers_still_connected() == [false]);
    home.wait_until("the record", || home.history().len() == 1);
    assert!(terminal.is_on_alternate_screen(), "{}", terminal.screen());
}

#[test]
fn killed_or_suspended_viewer_allows_blanking() {
    let Some(bus) = bus_or_skip() else { return };
    let desktop = FakeDesktop::serve_on(&bus, InhibitApi::Portal, DesktopReply::Immediate);
    let home = Home::new().env(SESSION_BUS, &bus.address);
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.type_line(START);
    home.wait_until("the screen to stay on", || desktop.callers_still_connected() == [true]);
    home.wait_until("the request thread to end", || !has_request_thread(&home));
    terminal.wait_for_raw_mode();
    terminal.press_keys("C-z");
    home.wait_until("Ctrl-Z to release it", || desktop.callers_still_connected() == [false]);
    terminal.wait_for_text("Stopped");
    terminal.type_line("fg");
    home.wait_until("the screen to stay on again", || desktop.callers_still_connected() == [false, true]);
    kill_process(viewer_pid(&home), Signal::KILL).unwrap();
    home.wait_until("kill -9 to release it", || desktop.callers_still_connected() == [false, false]);
}

#[test]
fn plain_lines_keep_the_screen_on_only_in_a_terminal() {
    let Some(bus) = bus_or_skip() else { return };
    let desktop = FakeDesktop::serve_on(&bus, InhibitApi::Portal, DesktopReply::Immediate);
    let short = ["--skip-questions", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--no-notify"];
    let home = Home::new().env(SESSION_BUS, &bus.address);
    assert_eq!(home.run(["start"].into_iter().chain(short)).code, Some(0));
    let Some(terminal) = Terminal::open(&home) else { return };
    assert!(desktop.calls().is_empty(), "{:?}", desktop.calls());
    terminal.type_line(&format!("$EASEBACK start {} --plain; echo code $?", short.join(" ")));
    terminal.wait_for_text("Pain now?");
    assert_eq!(desktop.calls().len(), 1);
    terminal.type_line("");
    terminal.wait_for_text("code 0");
}

#[test]
fn hanging_desktop_delays_nothing() {
    let Some(bus) = bus_or_skip() else { return };
    let desktops = [InhibitApi::Portal, InhibitApi::ScreenSaver]
        .map(|api| FakeDesktop::serve_on(&bus, api, DesktopReply::Never));
    let home = Home::new().env(SESSION_BUS, &bus.address);
    assert_viewer_works_as_usual(&home, || home.wait_until("the request", || desktops[0].calls().len() == 1));
}

#[test]
fn missing_or_silent_bus_delays_nothing() {
    let home = Home::new();
    let path = home.folder().join("mute-bus");
    // The kernel accepts the connection, but nothing reads it.
    let silent_socket = UnixListener::bind(&path).unwrap();
    let home = home.env(SESSION_BUS, format!("unix:path={}", path.display()));
    assert_viewer_works_as_usual(&home, || _ = silent_socket.accept().unwrap());
    assert_viewer_works_as_usual(&Home::new(), || {});
}

/// Views, pauses and stops a session while the desktop is being called.
fn assert_viewer_works_as_usual(home: &Home, while_calling: impl Fn()) {
    let Some(terminal) = Terminal::open(home) else { return };
    terminal.type_line(START);
    terminal.wait_for_text(KEYS_FOOTER);
    while_calling();
    terminal.wait_for_raw_mode();
    terminal.press_keys("Space");
    terminal.wait_for_text("paused: heat");
    terminal.press_q_twice();
    terminal.wait_for_text("code 0");
    let screen = terminal.screen();
    assert!(screen.contains("stopped: ") && !screen.contains("warning:"), "{screen}");
}

/// Whether the viewer has a thread with an open request.
fn has_request_thread(home: &Home) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", viewer_pid(home))).unwrap();
    // A thread may end in the meantime.
    let mut names = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.any(|name| name.starts_with("blank"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InhibitApi {
    Portal,
    ScreenSaver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DesktopReply {
    Immediate,
    /// The portal replies, then reports a failure.
    Refused,
    Never,
}

#[derive(Clone, Debug)]
struct InhibitCall {
    api: InhibitApi,
    reason: String,
    /// The connection that called. While it is on the bus, the screen stays on.
    sender: String,
}

/// The part of a desktop that keeps the screen on.
#[must_use]
struct FakeDesktop {
    calls: Arc<Mutex<Vec<InhibitCall>>>,
    connection: Connection,
}

impl FakeDesktop {
    fn serve_on(bus: &Bus, api: InhibitApi, desktop_reply: DesktopReply) -> FakeDesktop {
        let received: Arc<Mutex<Vec<InhibitCall>>> = Arc::default();
        let service = Builder::address(bus.address.as_str());
        let service = match api {
            InhibitApi::Portal => service
                .serve_at(
                    "/org/freedesktop/portal/desktop",
                    FakePortal { calls: Arc::clone(&received), reply: desktop_reply },
                )
                .name("org.freedesktop.portal.Desktop"),
            InhibitApi::ScreenSaver => service
                .serve_at(
                    "/org/freedesktop/ScreenSaver",
                    FakeScreenSaver { calls: Arc::clone(&received), reply: desktop_reply },
                )
                .name("org.freedesktop.ScreenSaver"),
        };
        FakeDesktop { calls: received, connection: block_on(service.build()).unwrap() }
    }

    fn calls(&self) -> Vec<InhibitCall> {
        self.calls.lock().unwrap().clone()
    }

    /// For each call, whether its sender is still on the bus.
    fn callers_still_connected(&self) -> Vec<bool> {
        self.calls().into_iter().map(|asked| self.has_owner(&asked.sender)).collect()
    }

    fn has_owner(&self, name: &str) -> bool {
        let (to, path, interface) = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
        let reply = self.connection.call_method(Some(to), path, Some(interface), "NameHasOwner", &name);
        block_on(reply).unwrap().body().deserialize().unwrap()
    }
}

struct FakePortal {
    calls: Arc<Mutex<Vec<InhibitCall>>>,
    reply: DesktopReply,
}

#[interface(name = "org.freedesktop.portal.Inhibit")]
impl FakePortal {
    async fn inhibit(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
        window: String,
        flags: u32,
        options: HashMap<String, OwnedVariant>,
    ) -> OwnedObjectPath {
        assert_eq!((window.as_str(), flags), ("", 8), "idle, and no window");
        let given_reason = <&str>::try_from(&options["reason"]).unwrap().to_owned();
        let sender_name = header.sender().unwrap().to_string();
        self.calls.lock().unwrap().push(InhibitCall {
            api: InhibitApi::Portal,
            reason: given_reason,
            sender: sender_name.clone(),
        });
        reply_or_hang(self.reply).await;
        let path = "/org/freedesktop/portal/desktop/request/1";
        // Sent even before the reply: the order is not guaranteed.
        let verdict = (
            if self.reply == DesktopReply::Refused { 2_u32 } else { 0 },
            HashMap::<String, OwnedVariant>::new(),
        );
        let interface = "org.freedesktop.portal.Request";
        connection
            .emit_signal(Some(sender_name.as_str()), path, interface, "Response", &verdict)
            .await
            .unwrap();
        ObjectPath::try_from(path).unwrap().into()
    }
}

struct FakeScreenSaver {
    calls: Arc<Mutex<Vec<InhibitCall>>>,
    reply: DesktopReply,
}

#[interface(name = "org.freedesktop.ScreenSaver")]
impl FakeScreenSaver {
    async fn inhibit(&self, #[zbus(header)] header: Header<'_>, app: String, why: String) -> u32 {
        assert_eq!(app, "easeback");
        let sender_name = header.sender().unwrap().to_string();
        self.calls.lock().unwrap().push(InhibitCall {
            api: InhibitApi::ScreenSaver,
            reason: why,
            sender: sender_name,
        });
        reply_or_hang(self.reply).await;
        7
    }
}

/// Returns immediately, or never.
async fn reply_or_hang(reply: DesktopReply) {
    if reply == DesktopReply::Never {
        future::pending::<()>().await;
    }
}
