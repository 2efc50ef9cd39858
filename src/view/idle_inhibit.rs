//! Keeps the desktop's screen on and unlocked, so that a person on the floor can read it.
//!
//! The desktop portal is asked first, then the older screen saver interface. Both end the inhibition when the D-Bus
//! connection that requested it is closed, also by a crash, so one connection is kept for this alone.
//!
//! The bus may be missing or never answer. So a short-lived thread makes the requests, each limited to [`BUS_TIMEOUT`],
//! and sends the connection through a channel that is read only to close it. Dropping the receiver drops a connection
//! that is still to come.
//!
//! Failures are silent, and not retried before the next activation: the screen turns off as usual, and the alerts can
//! still be heard.

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

/// For one answer of the bus or of the service.
const BUS_TIMEOUT: Duration = Duration::from_secs(2);
/// Shown where the desktop lists what keeps the screen on.
const INHIBIT_REASON: &str = "A heat or cold session is on the screen";
/// The portal's flag for inhibiting "idle".
const INHIBIT_IDLE_FLAG: u32 = 8;
/// The portal's response code for success.
const RESPONSE_SUCCESS: u32 = 0;

/// Keeps the screen on while it is active.
#[derive(Default)]
pub(crate) struct IdleInhibitor {
    /// Delivers the connection that holds the inhibition; none while inactive.
    inhibiting_connection: Option<Receiver<Connection>>,
}

impl IdleInhibitor {
    /// Starts or ends the inhibition, if that changes anything. Does not wait for the request.
    pub(crate) fn set_active(&mut self, is_active: bool) {
        if is_active {
            self.inhibiting_connection.get_or_insert_with(request_in_background);
        } else if let Some(bus) =
            self.inhibiting_connection.take().and_then(|receiver| receiver.try_recv().ok())
        {
            // Not just dropped: then a thread of zbus would close it, which Ctrl-Z may stop first.
            let _ = with_timeout(BUS_TIMEOUT, bus.close());
        }
    }
}

fn request_in_background() -> Receiver<Connection> {
    let (sender, receiver) = mpsc::channel();
    // Without a thread the screen turns off, as without a desktop.
    let _ = thread::Builder::new().name("blank".into()).spawn(move || {
        if let Some(bus) = inhibit_via_portal().or_else(inhibit_via_screensaver) {
            // Fails if the inhibition was ended meanwhile: then the connection is dropped here.
            let _ = sender.send(bus);
        }
    });
    receiver
}

/// The portal replies at once, and sends the desktop's response later. A missing response does not count as a refusal:
/// the person may have forbidden the inhibition, and the older interface must not get around that.
fn inhibit_via_portal() -> Option<Connection> {
    let (bus, messages, request) = with_timeout(BUS_TIMEOUT, request_portal_inhibit())?.ok()?;
    let is_refused = with_timeout(BUS_TIMEOUT, is_request_refused(messages, &request)).unwrap_or(false);
    (!is_refused).then_some(bus)
}

async fn request_portal_inhibit() -> zbus::Result<(Connection, MessageStream, OwnedObjectPath)> {
    let destination = "org.freedesktop.portal.Desktop";
    let path = "/org/freedesktop/portal/desktop";
    let interface = "org.freedesktop.portal.Inhibit";
    let bus = Connection::session().await?;
    // Before the call, so that an early response is not lost.
    let messages = MessageStream::from(&bus);
    let arguments = ("", INHIBIT_IDLE_FLAG, HashMap::from([("reason", Variant::from(INHIBIT_REASON))]));
    let reply = bus.call_method(Some(destination), path, Some(interface), "Inhibit", &arguments).await?;
    let request = reply.body().deserialize()?;
    Ok((bus, messages, request))
}

async fn is_request_refused(mut messages: MessageStream, request: &OwnedObjectPath) -> bool {
    while let Some(Ok(message)) = poll_fn(|cx| Pin::new(&mut messages).poll_next(cx)).await {
        let header = message.header();
        let is_response = header.path().is_some_and(|path| path.as_str() == request.as_str())
            && header.member().is_some_and(|member| member.as_str() == "Response");
        if is_response {
            let body = message.body();
            let response = body.deserialize::<(u32, HashMap<&str, Variant>)>();
            return response.is_ok_and(|(code, _)| code != RESPONSE_SUCCESS);
        }
    }
    // The bus is gone.
    true
}

fn inhibit_via_screensaver() -> Option<Connection> {
    with_timeout(BUS_TIMEOUT, request_screensaver_inhibit())?.ok()
}

async fn request_screensaver_inhibit() -> zbus::Result<Connection> {
    let destination = "org.freedesktop.ScreenSaver";
    let path = "/org/freedesktop/ScreenSaver";
    let interface = "org.freedesktop.ScreenSaver";
    let arguments = ("easeback", INHIBIT_REASON);
    let bus = Connection::session().await?;
    bus.call_method(Some(destination), path, Some(interface), "Inhibit", &arguments).await?;
    Ok(bus)
}
