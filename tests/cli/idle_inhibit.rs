//! Whether the desktop's screen may go dark: kept on while the live screen shows a running session.

use crate::{
    bus::{Bus, bus_or_skip},
    home::Home,
    keys::viewer,
    terminal::{KEYS, Terminal},
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
    for way in [Way::Portal, Way::ScreenSaver] {
        let Some(bus) = bus_or_skip() else { return };
        let desktop = Desktop::on(&bus, way, Answers::AtOnce);
        let home = Home::new().env(SESSION_BUS, &bus.address);
        let Some(terminal) = Terminal::open(&home) else { return };
        terminal.types(START);
        home.until("the screen to be kept on", || desktop.held() == [true]);
        terminal.until_it_hears_keys();
        terminal.presses("Space");
        home.until("a pause to let go", || desktop.held() == [false]);
        terminal.presses("Space");
        home.until("it to be kept on again", || desktop.held() == [false, true]);
        terminal.presses("d");
        terminal.until("code 0");
        home.until("leaving to let go", || desktop.held() == [false, false]);
        assert_eq!(home.run(["status"]).code, Some(0), "the session goes on");
        let [first, _] = &desktop.asked()[..] else { panic!("two requests: {:?}", desktop.asked()) };
        assert_eq!(first.way, way);
        assert!(first.why.contains("heat or cold"), "{first:?}");
    }
}

#[test]
fn only_the_portal_is_called_when_it_grants() {
    let Some(bus) = bus_or_skip() else { return };
    let portal = Desktop::on(&bus, Way::Portal, Answers::AtOnce);
    let screen_saver = Desktop::on(&bus, Way::ScreenSaver, Answers::AtOnce);
    let home = Home::new().env(SESSION_BUS, &bus.address);
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    home.until("the screen to be kept on", || portal.held() == [true]);
    home.until("the thread that asked to end", || !is_asking(&home));
    assert_eq!((portal.held(), screen_saver.held()), (vec![true], vec![]));
}

#[test]
fn screen_saver_is_used_when_the_portal_refuses_or_hangs() {
    for answers in [Answers::No, Answers::Never] {
        let Some(bus) = bus_or_skip() else { return };
        let portal = Desktop::on(&bus, Way::Portal, answers);
        let screen_saver = Desktop::on(&bus, Way::ScreenSaver, Answers::AtOnce);
        let home = Home::new().env(SESSION_BUS, &bus.address);
        let Some(terminal) = Terminal::open(&home) else { return };
        terminal.types(START);
        home.until("the screen to be kept on", || screen_saver.held() == [true]);
        home.until("nothing to be wanted from the portal", || portal.held() == [false]);
    }
}

#[test]
fn session_end_allows_blanking_while_the_viewer_stays() {
    let Some(bus) = bus_or_skip() else { return };
    let desktop = Desktop::on(&bus, Way::Portal, Answers::AtOnce);
    let home = Home::new().env(SESSION_BUS, &bus.address);
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types("$EASEBACK start --skip-questions --heat 2s --cold 1s --rounds 1 --no-notify --swap ask");
    home.until("the screen to be kept on", || desktop.held() == [true]);
    home.until("the time to be up", || home.told("up"));
    assert_eq!(desktop.held(), [true], "who has to come needs a screen to look at");
    terminal.presses("n");
    home.until("the cold's time to be up", || home.tellings("up") == 2);
    terminal.presses("n");
    home.until("the end to let go", || desktop.held() == [false]);
    home.until("the record", || home.history().len() == 1);
    assert!(terminal.has_other_screen(), "{}", terminal.screen());
}

#[test]
fn killed_or_suspended_viewer_allows_blanking() {
    let Some(bus) = bus_or_skip() else { return };
    let desktop = Desktop::on(&bus, Way::Portal, Answers::AtOnce);
    let home = Home::new().env(SESSION_BUS, &bus.address);
    let Some(terminal) = Terminal::open(&home) else { return };
    terminal.types(START);
    home.until("the screen to be kept on", || desktop.held() == [true]);
    home.until("the thread that asked to end", || !is_asking(&home));
    terminal.until_it_hears_keys();
    terminal.presses("C-z");
    home.until("Ctrl-Z to let go", || desktop.held() == [false]);
    terminal.until("Stopped");
    terminal.types("fg");
    home.until("it to be kept on again", || desktop.held() == [false, true]);
    kill_process(viewer(&home), Signal::KILL).unwrap();
    home.until("kill -9 to let go", || desktop.held() == [false, false]);
}

#[test]
fn plain_lines_keep_the_screen_on_only_in_a_terminal() {
    let Some(bus) = bus_or_skip() else { return };
    let desktop = Desktop::on(&bus, Way::Portal, Answers::AtOnce);
    let short = ["--skip-questions", "--heat", "1s", "--cold", "1s", "--rounds", "1", "--no-notify"];
    let home = Home::new().env(SESSION_BUS, &bus.address);
    // No terminal.
    assert_eq!(home.run(["start"].into_iter().chain(short)).code, Some(0));
    let Some(terminal) = Terminal::open(&home) else { return };
    assert!(desktop.asked().is_empty(), "{:?}", desktop.asked());
    terminal.types(&format!("$EASEBACK start {} --plain; echo code $?", short.join(" ")));
    terminal.until("Pain now?");
    assert_eq!(desktop.asked().len(), 1);
    terminal.types("");
    terminal.until("code 0");
}

#[test]
fn hanging_desktop_delays_nothing() {
    let Some(bus) = bus_or_skip() else { return };
    let desktops = [Way::Portal, Way::ScreenSaver].map(|way| Desktop::on(&bus, way, Answers::Never));
    let home = Home::new().env(SESSION_BUS, &bus.address);
    goes_on_as_ever(&home, || home.until("the request", || desktops[0].asked().len() == 1));
}

#[test]
fn missing_or_silent_bus_delays_nothing() {
    let home = Home::new();
    let path = home.folder().join("mute-bus");
    // The kernel accepts for it, and nobody reads.
    let mute = UnixListener::bind(&path).unwrap();
    let home = home.env(SESSION_BUS, format!("unix:path={}", path.display()));
    goes_on_as_ever(&home, || _ = mute.accept().unwrap());
    goes_on_as_ever(&Home::new(), || {});
}

/// Looks, pauses and leaves while the desktop is being asked.
fn goes_on_as_ever(home: &Home, asked: impl Fn()) {
    let Some(terminal) = Terminal::open(home) else { return };
    terminal.types(START);
    terminal.until(KEYS);
    asked();
    terminal.until_it_hears_keys();
    terminal.presses("Space");
    terminal.until("paused: heat");
    terminal.quits();
    terminal.until("code 0");
    let screen = terminal.screen();
    assert!(screen.contains("stopped: ") && !screen.contains("warning:"), "{screen}");
}

/// Whether the viewer has a thread that asks.
fn is_asking(home: &Home) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", viewer(home))).unwrap();
    // A thread may end while it is looked at.
    let mut names = threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).ok());
    names.any(|name| name.starts_with("blank"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Portal,
    ScreenSaver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    AtOnce,
    /// The portal answers, and then says that it was in vain.
    No,
    Never,
}

#[derive(Clone, Debug)]
struct Asked {
    way: Way,
    why: String,
    /// The connection that asked. As long as it is on the bus, the screen stays on.
    by: String,
}

/// The part of a desktop that keeps the screen on.
#[must_use]
struct Desktop {
    asked: Arc<Mutex<Vec<Asked>>>,
    connection: Connection,
}

impl Desktop {
    fn on(bus: &Bus, way: Way, answers: Answers) -> Desktop {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let service = Builder::address(bus.address.as_str());
        let service = match way {
            Way::Portal => service
                .serve_at("/org/freedesktop/portal/desktop", Portal { asked: Arc::clone(&asked), answers })
                .name("org.freedesktop.portal.Desktop"),
            Way::ScreenSaver => service
                .serve_at("/org/freedesktop/ScreenSaver", ScreenSaver { asked: Arc::clone(&asked), answers })
                .name("org.freedesktop.ScreenSaver"),
        };
        Desktop { asked, connection: block_on(service.build()).unwrap() }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// For each request, whether whoever made it is still on the bus.
    fn held(&self) -> Vec<bool> {
        self.asked().into_iter().map(|asked| self.is_there(&asked.by)).collect()
    }

    fn is_there(&self, name: &str) -> bool {
        let (to, path, face) = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
        let reply = self.connection.call_method(Some(to), path, Some(face), "NameHasOwner", &name);
        block_on(reply).unwrap().body().deserialize().unwrap()
    }
}

struct Portal {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Answers,
}

#[interface(name = "org.freedesktop.portal.Inhibit")]
impl Portal {
    async fn inhibit(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
        window: String,
        flags: u32,
        options: HashMap<String, OwnedVariant>,
    ) -> OwnedObjectPath {
        assert_eq!((window.as_str(), flags), ("", 8), "idle, and no window");
        let why = <&str>::try_from(&options["reason"]).unwrap().to_owned();
        let by = header.sender().unwrap().to_string();
        self.asked.lock().unwrap().push(Asked { way: Way::Portal, why, by: by.clone() });
        answer(self.answers).await;
        let path = "/org/freedesktop/portal/desktop/request/1";
        // Before the answer even: nobody may count on the order.
        let verdict =
            (if self.answers == Answers::No { 2_u32 } else { 0 }, HashMap::<String, OwnedVariant>::new());
        let face = "org.freedesktop.portal.Request";
        connection.emit_signal(Some(by.as_str()), path, face, "Response", &verdict).await.unwrap();
        ObjectPath::try_from(path).unwrap().into()
    }
}

struct ScreenSaver {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Answers,
}

#[interface(name = "org.freedesktop.ScreenSaver")]
impl ScreenSaver {
    async fn inhibit(&self, #[zbus(header)] header: Header<'_>, app: String, why: String) -> u32 {
        assert_eq!(app, "easeback");
        let by = header.sender().unwrap().to_string();
        self.asked.lock().unwrap().push(Asked { way: Way::ScreenSaver, why, by });
        answer(self.answers).await;
        7
    }
}

/// Comes back at once, or never.
async fn answer(answers: Answers) {
    if answers == Answers::Never {
        future::pending::<()>().await;
    }
}
