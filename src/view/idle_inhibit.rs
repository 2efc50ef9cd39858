//! Keeps the desktop's screen from going dark and locking while somebody may want to read it from the floor.
//!
//! The portal is asked first, since every desktop of today has one, and then the older interface. Both let go when
//! whoever asked leaves the bus, killed or not. So a connection is kept for this alone, and closed.
//!
//! A bus may be missing, or accept a request and never answer. So a thread of its own asks, each for at most
//! [`BUS_TIMEOUT`], and ends; the connection lies in a channel that nobody reads before it is to be closed. Dropping the
//! channel's other end lets go of an answer still to come. The viewer's one wait knows nothing of all this.
//!
//! What fails is not complained about, and not tried again before it is wanted anew: the screen then goes dark as it
//! always did, and the session is heard all the same.

use crate::clock::with_timeout;
use std::{
    collections::HashMap,
    future::poll_fn,
    pin::Pin,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};
use zbus::{Connection, MessageStream, OwnedObjectPath, Variant, export::futures_core::Stream};

/// How long the bus and the service may take to answer.
const BUS_TIMEOUT: Duration = Duration::from_secs(2);
/// Shown where the desktop lists what keeps the screen on.
const INHIBIT_REASON: &str = "A heat or cold session is on the screen";
/// The portal's flag for "the person is not idle".
const INHIBIT_IDLE_FLAG: u32 = 8;
/// The portal's word for a yes.
const RESPONSE_SUCCESS: u32 = 0;

/// Keeps the screen on for as long as that is wanted.
#[derive(Default)]
pub(crate) struct IdleInhibitor {
    /// Where the connection that asked lies, or will; none while the screen may go dark.
    inhibiting_connection: Option<Receiver<Connection>>,
}

impl IdleInhibitor {
    /// Says whether the screen has to stay on from now on. Waits for no service; said again, it changes nothing.
    pub(crate) fn set_active(&mut self, wanted: bool) {
        if wanted {
            self.inhibiting_connection.get_or_insert_with(request_in_background);
        } else if let Some(bus) = self.inhibiting_connection.take().and_then(|held| held.try_recv().ok()) {
            // Dropped, it would be closed by a thread of zbus, which Ctrl-Z may stop before.
            let _ = with_timeout(BUS_TIMEOUT, bus.close());
        }
    }
}

/// Asks in the background. What comes back stays in the channel, and goes with it.
fn request_in_background() -> Receiver<Connection> {
    let (hand_over, held) = mpsc::channel();
    // Without a thread the screen goes dark, as without a desktop.
    let _ = thread::Builder::new().name("blank".into()).spawn(move || {
        if let Some(bus) = inhibit_via_portal().or_else(inhibit_via_screensaver) {
            // Nobody wants it any longer: then it is dropped here.
            let _ = hand_over.send(bus);
        }
    });
    held
}

/// The portal answers before it has asked the desktop behind it, and says later what became of that. Silence is not
/// a no: the person may have forbidden it, and is not to be gone round.
fn inhibit_via_portal() -> Option<Connection> {
    let (bus, heard, request) = with_timeout(BUS_TIMEOUT, request_portal_inhibit())?.ok()?;
    let refused = with_timeout(BUS_TIMEOUT, is_request_refused(heard, &request)).unwrap_or(false);
    (!refused).then_some(bus)
}

async fn request_portal_inhibit() -> zbus::Result<(Connection, MessageStream, OwnedObjectPath)> {
    let (to, path, face) = (
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Inhibit",
    );
    let bus = Connection::session().await?;
    // From before the question on: nothing said meanwhile is lost.
    let heard = MessageStream::from(&bus);
    let words = ("", INHIBIT_IDLE_FLAG, HashMap::from([("reason", Variant::from(INHIBIT_REASON))]));
    let answer = bus.call_method(Some(to), path, Some(face), "Inhibit", &words).await?;
    let request = answer.body().deserialize()?;
    Ok((bus, heard, request))
}

async fn is_request_refused(mut heard: MessageStream, request: &OwnedObjectPath) -> bool {
    while let Some(Ok(message)) = poll_fn(|cx| Pin::new(&mut heard).poll_next(cx)).await {
        let header = message.header();
        let is_verdict = header.path().is_some_and(|path| path.as_str() == request.as_str())
            && header.member().is_some_and(|member| member.as_str() == "Response");
        if is_verdict {
            let body = message.body();
            let verdict = body.deserialize::<(u32, HashMap<&str, Variant>)>();
            return verdict.is_ok_and(|(verdict, _)| verdict != RESPONSE_SUCCESS);
        }
    }
    // The bus is gone.
    true
}

fn inhibit_via_screensaver() -> Option<Connection> {
    with_timeout(BUS_TIMEOUT, request_screensaver_inhibit())?.ok()
}

async fn request_screensaver_inhibit() -> zbus::Result<Connection> {
    let (to, path, face) =
        ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver");
    let bus = Connection::session().await?;
    bus.call_method(Some(to), path, Some(face), "Inhibit", &("easeback", INHIBIT_REASON)).await?;
    Ok(bus)
}
