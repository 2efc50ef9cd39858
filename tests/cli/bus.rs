//! A private session bus and a fake notification server that records what it receives.
//!
//! The bus starts nothing by itself: without a [`FakeNotificationServer`] there is no notification server on it.
//! Needs only `dbus-daemon`, no display.

use crate::home::{boottime, skip};
use std::{
    collections::{HashMap, HashSet},
    fs, future,
    io::{BufRead, BufReader, ErrorKind},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use zbus::{
    OwnedVariant, block_on,
    connection::{Builder, Connection},
    fdo::RequestNameFlags,
    interface,
    message::Header,
};

const SERVER_PATH: &str = "/org/freedesktop/Notifications";
const SERVER_NAME: &str = "org.freedesktop.Notifications";

/// A bus for the test, which is skipped without `dbus-daemon`.
pub fn bus_or_skip() -> Option<Bus> {
    let bus = Bus::start();
    if bus.is_none() {
        skip("dbus-daemon");
    }
    bus
}

/// A private session bus. It ends with the test.
#[must_use]
pub struct Bus {
    daemon: Child,
    /// The value for `DBUS_SESSION_BUS_ADDRESS`.
    pub address: String,
    folder: TempDir,
}

impl Bus {
    fn start() -> Option<Bus> {
        let folder = TempDir::with_prefix("easeback-bus-").unwrap();
        let settings = folder.path().join("bus.conf");
        // No <servicedir>: calling the notification server does not start one.
        let text = format!(
            r#"<busconfig>
                <type>session</type>
                <listen>unix:path={}</listen>
                <auth>EXTERNAL</auth>
                <policy context="default">
                    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
                </policy>
            </busconfig>"#,
            folder.path().join("bus").display()
        );
        fs::write(&settings, text).unwrap();
        let (daemon, address) = start_daemon(&settings)?;
        Some(Bus { daemon, address, folder })
    }

    /// Kills the bus, and every connection with it.
    pub fn stop(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }

    /// Starts a new bus at the same address.
    pub fn restart(&mut self) {
        let (daemon, address) = start_daemon(&self.folder.path().join("bus.conf")).unwrap();
        assert_eq!(address, self.address);
        self.daemon = daemon;
    }
}

/// Starts a daemon and waits until it can be reached; `None` if it is not installed.
fn start_daemon(settings: &Path) -> Option<(Child, String)> {
    let mut daemon = match Command::new("dbus-daemon")
        .arg("--config-file")
        .arg(settings)
        .args(["--nofork", "--nopidfile", "--print-address=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
    {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        daemon => daemon.unwrap(),
    };
    let mut address = String::new();
    BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
    // As a desktop sets it: the address without the guid, which changes with a restart.
    Some((daemon, address.split(',').next().unwrap().into()))
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// A notification as received over the bus.
#[derive(Clone, Debug)]
pub struct ReceivedNotification {
    pub id: u32,
    pub app: String,
    /// The unique name of its connection.
    pub sender: String,
    /// Whether it is visible: like Plasma, the server puts a replacement of a closed notification into the history
    /// only.
    pub is_seen: bool,
    /// The id of the notification that it replaces; 0 for none.
    pub replaces: u32,
    pub summary: String,
    pub body: String,
    /// Keys and labels of its buttons, alternating.
    pub actions: Vec<String>,
    /// 0 low, 1 normal, 2 critical.
    pub urgency: Option<u8>,
    /// The requested sound, as a file or a name.
    pub sound: Option<String>,
    /// Whether it asks for no sound.
    pub silent: Option<bool>,
    /// When it expires, in milliseconds; 0 never, -1 as the server decides.
    pub expire: i32,
    /// When it arrived, on the clock that includes suspend.
    pub arrived: Duration,
}

impl ReceivedNotification {
    /// Summary and body, in lower case.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.summary, self.body).to_lowercase()
    }
}

/// A notification server that displays nothing and records everything.
#[must_use]
pub struct FakeNotificationServer {
    log: Arc<Mutex<ServerLog>>,
    connection: Connection,
}

/// What the server received and closed.
#[derive(Default)]
struct ServerLog {
    notifications: Vec<ReceivedNotification>,
    closed: HashSet<u32>,
    closes_on_replace: bool,
}

impl FakeNotificationServer {
    pub fn serve_on(bus: &Bus) -> FakeNotificationServer {
        FakeNotificationServer::serve(bus, true)
    }

    /// A server that accepts every call and never replies.
    pub fn serve_hanging_on(bus: &Bus) -> FakeNotificationServer {
        FakeNotificationServer::serve(bus, false)
    }

    fn serve(bus: &Bus, answers: bool) -> FakeNotificationServer {
        let record = Arc::default();
        let server = NotificationInterface { log: Arc::clone(&record), is_responsive: answers, last_id: 0 };
        let address = bus.address.as_str();
        // From here on a zbus thread serves the connection for as long as it lives.
        let connection = block_on(Builder::address(address).serve_at(SERVER_PATH, server).build()).unwrap();
        // If another connection owns the name, this one waits until it is released.
        block_on(connection.request_name_with_flags(SERVER_NAME, RequestNameFlags::empty())).unwrap();
        FakeNotificationServer { log: record, connection }
    }

    /// The notifications received so far, in order.
    pub fn notifications(&self) -> Vec<ReceivedNotification> {
        self.log.lock().unwrap().notifications.clone()
    }

    /// The unique name of its connection.
    pub fn name(&self) -> String {
        self.connection.unique_name().unwrap().to_string()
    }

    /// Closes a notification with the specification's reason: 1 expired, 2 dismissed by the person.
    pub fn close(&self, id: u32, reason: u32) {
        self.log.lock().unwrap().closed.insert(id);
        self.emit_notification_signal(SERVER_PATH, "NotificationClosed", &(id, reason));
    }

    /// From now on a notification expires at the moment it is replaced.
    pub fn close_on_replace(&self) {
        self.log.lock().unwrap().closes_on_replace = true;
    }

    /// Waits until the sender of the last notification has received its id. Until then a call blocks the server.
    pub fn wait_for_reply(&self) {
        let answered = async {
            let server =
                self.connection.object_server().interface::<_, NotificationInterface>(SERVER_PATH).await?;
            drop(server.get().await);
            zbus::Result::Ok(())
        };
        block_on(answered).unwrap();
        wait_until_delivered(&self.connection);
    }

    fn emit_notification_signal<B: serde::Serialize + zbus::DynamicType>(
        &self,
        path: &str,
        member: &str,
        body: &B,
    ) {
        self.wait_for_reply();
        block_on(self.connection.emit_signal(None::<&str>, path, SERVER_NAME, member, body)).unwrap();
        wait_until_delivered(&self.connection);
    }

    /// Presses the button with that key on the last notification.
    pub fn press_button(&self, key: &str) {
        let id = self.notifications().last().expect("a bubble").id;
        self.press_button_of(id, key);
    }

    /// Presses a button on any notification.
    pub fn press_button_of(&self, id: u32, key: &str) {
        self.press_button_at(SERVER_PATH, id, key);
    }

    /// Emits a button press at another object path of the server's program.
    pub fn press_button_at(&self, path: &str, id: u32, key: &str) {
        self.emit_notification_signal(path, "ActionInvoked", &(id, key));
    }

    /// Gives up the server's name; the bus stays.
    pub fn go_offline(&self) {
        block_on(self.connection.release_name(SERVER_NAME)).unwrap();
    }

    /// Takes the name again; ids continue.
    pub fn come_back_online(&self) {
        block_on(self.connection.request_name(SERVER_NAME)).unwrap();
    }

    /// Closes the connection: its name leaves the bus.
    pub fn disconnect(self) {
        block_on(self.connection.close()).unwrap();
    }
}

/// Waits until the bus has delivered what was sent: signals of different programs arrive in any order.
fn wait_until_delivered(connection: &Connection) {
    let (to, path, interface) = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
    block_on(connection.call_method(Some(to), path, Some(interface), "GetId", &())).unwrap();
}

/// Another program on the bus.
#[must_use]
pub struct OtherBusClient(Connection);

impl OtherBusClient {
    /// A connection without a well-known name.
    pub fn connect(bus: &Bus) -> OtherBusClient {
        OtherBusClient(block_on(Builder::address(bus.address.as_str()).build()).unwrap())
    }

    /// Shows a notification of its own and returns its id.
    pub fn send_notification(&self) -> u32 {
        let hints: HashMap<&str, OwnedVariant> = HashMap::new();
        let arguments =
            ("stranger", 0_u32, "", "Mail", "Of somebody else", Vec::<&str>::new(), hints, -1_i32);
        let reply = block_on(self.0.call_method(
            Some(SERVER_NAME),
            SERVER_PATH,
            Some(SERVER_NAME),
            "Notify",
            &arguments,
        ));
        reply.unwrap().body().deserialize().unwrap()
    }

    /// Emits a signal that only a server may emit, to everyone or to one connection.
    pub fn send_signal<B: serde::Serialize + zbus::DynamicType>(
        &self,
        to: Option<&str>,
        member: &str,
        body: &B,
    ) {
        block_on(self.0.emit_signal(to, SERVER_PATH, SERVER_NAME, member, body)).unwrap();
        wait_until_delivered(&self.0);
    }

    /// Claims to be the new owner of the server's name, which only the bus may say.
    pub fn send_name_owner_changed(&self, to: &str, old: &str) {
        let (path, interface) = ("/org/freedesktop/DBus", "org.freedesktop.DBus");
        let body = (SERVER_NAME, old, self.0.unique_name().unwrap().as_str());
        block_on(self.0.emit_signal(Some(to), path, interface, "NameOwnerChanged", &body)).unwrap();
        wait_until_delivered(&self.0);
    }
}

struct NotificationInterface {
    log: Arc<Mutex<ServerLog>>,
    is_responsive: bool,
    last_id: u32,
}

/// The calls of the desktop notifications specification, version 1.2.
#[interface(name = "org.freedesktop.Notifications")]
impl NotificationInterface {
    #[expect(clippy::too_many_arguments, reason = "the specification defines them")]
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
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> u32 {
        let sender = header.sender().unwrap().to_string();
        if replaces != 0 && self.log.lock().unwrap().closes_on_replace {
            self.close(replaces, 1, connection).await;
        }
        let is_seen = !self.log.lock().unwrap().closed.contains(&replaces);
        let id = if replaces == 0 { self.last_id + 1 } else { replaces };
        self.last_id = self.last_id.max(id);
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
        let sound = hints.get("sound-file").or(hints.get("sound-name"));
        let sound = sound.and_then(|value| <&str>::try_from(value).ok()).map(String::from);
        let silent = hints.get("suppress-sound").and_then(|value| bool::try_from(value).ok());
        let arrived = boottime();
        #[rustfmt::skip]
        let notification = ReceivedNotification {
            id, app, sender, is_seen, replaces, summary, body, actions, urgency, sound, silent, expire, arrived,
        };
        self.log.lock().unwrap().notifications.push(notification);
        self.reply_or_hang().await;
        id
    }

    async fn get_capabilities(&self) -> Vec<String> {
        self.reply_or_hang().await;
        ["actions", "body", "persistence", "sound"].map(String::from).to_vec()
    }

    async fn get_server_information(&self) -> (String, String, String, String) {
        self.reply_or_hang().await;
        ("recorder".into(), "easeback's tests".into(), "1".into(), "1.2".into())
    }

    async fn close_notification(&self, id: u32, #[zbus(connection)] connection: &Connection) {
        self.close(id, 3, connection).await;
        self.reply_or_hang().await;
    }
}

impl NotificationInterface {
    async fn close(&self, id: u32, reason: u32, connection: &Connection) {
        if self.log.lock().unwrap().closed.insert(id) {
            let body = (id, reason);
            connection
                .emit_signal(None::<&str>, SERVER_PATH, SERVER_NAME, "NotificationClosed", &body)
                .await
                .unwrap();
        }
    }

    /// Returns immediately, or never if the server hangs.
    async fn reply_or_hang(&self) {
        if !self.is_responsive {
            future::pending::<()>().await;
        }
    }
}

/// Tests of the fake server itself.
mod tests {
    use super::*;

    fn has_server(bus: &Bus) -> bool {
        let ask = async {
            let person = Builder::address(bus.address.as_str()).build().await?;
            let (to, path, interface) =
                ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
            let reply =
                person.call_method(Some(to), path, Some(interface), "NameHasOwner", &SERVER_NAME).await?;
            reply.body().deserialize::<bool>()
        };
        block_on(ask).unwrap()
    }

    #[test]
    fn notification_server_appears_and_disappears() {
        let Some(bus) = bus_or_skip() else { return };
        assert!(!has_server(&bus));
        let server = FakeNotificationServer::serve_on(&bus);
        assert!(has_server(&bus));
        server.disconnect();
        assert!(!has_server(&bus));
    }
}
