//! A desktop without a desktop: a session bus of one's own and a notification server that records.
//!
//! The bus starts nothing by itself: without a [`Recorder`] there is no notification server on it. Needs
//! only `dbus-daemon`, no display.

use crate::home::{boottime, environment};
use std::{
    collections::HashMap,
    fs, future,
    io::{BufRead, BufReader, ErrorKind},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use zbus::{
    OwnedVariant, block_on,
    connection::{Builder, Connection},
    interface,
};

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// Gives the story a bus. Where the computer has no `dbus-daemon`, a person's run says so and goes on; the
/// CI's run (`CI` is set) fails.
pub fn bus_or_skip() -> Option<Bus> {
    let bus = Bus::start();
    if bus.is_none() {
        let missing = "dbus-daemon is not installed (package dbus-daemon)";
        assert!(environment("CI").is_none(), "{missing}");
        println!("skipped: {missing}");
    }
    bus
}

/// A session bus that nobody else knows. It ends with the story.
#[must_use]
pub struct Bus {
    daemon: Child,
    /// What goes into `DBUS_SESSION_BUS_ADDRESS`.
    pub address: String,
    _folder: TempDir,
}

impl Bus {
    fn start() -> Option<Bus> {
        let folder = TempDir::with_prefix("easeback-bus-").unwrap();
        let settings = folder.path().join("bus.conf");
        // No <servicedir>: asking for a notification server does not start one.
        let text = format!(
            r#"<busconfig>
                <type>session</type>
                <listen>unix:dir={}</listen>
                <auth>EXTERNAL</auth>
                <policy context="default">
                    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
                </policy>
            </busconfig>"#,
            folder.path().display()
        );
        fs::write(&settings, text).unwrap();
        let mut daemon = match Command::new("dbus-daemon")
            .arg("--config-file")
            .arg(&settings)
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
        {
            Err(why) if why.kind() == ErrorKind::NotFound => return None,
            daemon => daemon.unwrap(),
        };
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Some(Bus { daemon, address: address.trim().into(), _folder: folder })
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// A notification as it came over the bus.
#[derive(Clone, Debug)]
pub struct Note {
    /// The id that the server gave it.
    pub id: u32,
    /// The program that sent it.
    pub app: String,
    /// The id that it takes the place of; 0 for none.
    pub replaces: u32,
    /// Its first line.
    pub summary: String,
    /// The text below.
    pub body: String,
    /// Keys and labels of its buttons, in turn.
    pub actions: Vec<String>,
    /// 0 low, 1 normal, 2 critical.
    pub urgency: Option<u8>,
    /// The sound that it asks for, by its file or its name.
    pub sound: Option<String>,
    /// Whether it asks for no sound at all.
    pub silent: Option<bool>,
    /// When it goes by itself, in milliseconds; 0 never, -1 as the server likes.
    pub expire: i32,
    /// When it came, on the clock that goes on while the computer sleeps.
    pub arrived: Duration,
}

impl Note {
    /// All that a person reads, in lower case.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.summary, self.body).to_lowercase()
    }
}

/// A notification server that shows nothing and forgets nothing.
#[must_use]
pub struct Recorder {
    notes: Arc<Mutex<Vec<Note>>>,
    connection: Connection,
}

impl Recorder {
    /// A server that answers as it should.
    pub fn on(bus: &Bus) -> Recorder {
        Recorder::serve(bus, true)
    }

    /// A server that accepts every call and never answers one.
    pub fn hanging_on(bus: &Bus) -> Recorder {
        Recorder::serve(bus, false)
    }

    fn serve(bus: &Bus, answers: bool) -> Recorder {
        let notes = Arc::default();
        let server = Server { notes: Arc::clone(&notes), answers, last: 0 };
        let address = bus.address.as_str();
        let service = Builder::address(address).serve_at(PATH, server).name(NAME);
        // From here on a thread of zbus serves the connection for as long as it lives.
        Recorder { notes, connection: block_on(service.build()).unwrap() }
    }

    /// What came so far, in order.
    pub fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap().clone()
    }

    /// Somebody presses the button of that word on our bubble.
    pub fn press(&self, key: &str) {
        let id = self.notes().last().expect("a bubble").id;
        self.press_on(id, key);
    }

    /// Somebody presses a button on any bubble.
    pub fn press_on(&self, id: u32, key: &str) {
        let body = (id, key);
        let signal = self.connection.emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &body);
        block_on(signal).unwrap();
    }

    /// The server takes no more notifications, as one that is busy; the bus is there.
    pub fn takes_a_break(&self) {
        block_on(self.connection.release_name(NAME)).unwrap();
    }

    /// It is back, with the same numbers.
    pub fn is_back(&self) {
        block_on(self.connection.request_name(NAME)).unwrap();
    }

    /// The server is killed: its name leaves the bus.
    pub fn die(self) {
        block_on(self.connection.close()).unwrap();
    }
}

struct Server {
    notes: Arc<Mutex<Vec<Note>>>,
    answers: bool,
    last: u32,
}

/// The calls of the desktop notifications specification, version 1.2.
#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    async fn notify(
        &mut self,
        app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedVariant>,
        expire: i32,
    ) -> u32 {
        let id = if replaces == 0 { self.last + 1 } else { replaces };
        self.last = self.last.max(id);
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
        let sound = hints.get("sound-file").or(hints.get("sound-name"));
        let sound = sound.and_then(|value| <&str>::try_from(value).ok()).map(String::from);
        let silent = hints.get("suppress-sound").and_then(|value| bool::try_from(value).ok());
        let arrived = boottime();
        let note =
            Note { id, app, replaces, summary, body, actions, urgency, sound, silent, expire, arrived };
        self.notes.lock().unwrap().push(note);
        self.answer().await;
        id
    }

    async fn get_capabilities(&self) -> Vec<String> {
        self.answer().await;
        ["actions", "body", "persistence", "sound"].map(String::from).to_vec()
    }

    async fn get_server_information(&self) -> (String, String, String, String) {
        self.answer().await;
        ("recorder".into(), "easeback's tests".into(), "1".into(), "1.2".into())
    }

    async fn close_notification(&self, _id: u32) {
        self.answer().await;
    }
}

impl Server {
    /// Comes back at once, or never where the server hangs.
    async fn answer(&self) {
        if !self.answers {
            future::pending::<()>().await;
        }
    }
}

/// The desktop itself, before any story is told on it.
mod tests {
    use super::*;

    fn has_server(bus: &Bus) -> bool {
        let ask = async {
            let person = Builder::address(bus.address.as_str()).build().await?;
            let (to, path, face) = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
            let reply = person.call_method(Some(to), path, Some(face), "NameHasOwner", &NAME).await?;
            reply.body().deserialize::<bool>()
        };
        block_on(ask).unwrap()
    }

    #[test]
    fn a_server_comes_and_goes() {
        let Some(bus) = bus_or_skip() else { return };
        assert!(!has_server(&bus));
        let desktop = Recorder::on(&bus);
        assert!(has_server(&bus));
        desktop.die();
        assert!(!has_server(&bus));
    }
}
