//! Keeps the computer from going to sleep while a phase runs.
//!
//! logind hands out a file descriptor, and refuses to suspend while a process holds it; closing the lid still suspends.
//! Nothing has to be given back: when the descriptor is dropped, or its holder killed, logind releases the lock.
//!
//! A system bus may be missing, or accept a request and never answer. So a separate thread asks, for at most
//! [`BUS_TIMEOUT`], and ends; the answer stays in a channel that nobody reads. Dropping the receiver drops the answer,
//! also one still to come. The timer's wait loop is not affected.
//!
//! A failure gives no warning and no retry until the lock is wanted again: without logind the computer sleeps as it
//! always did, and the session can handle that.

use crate::clock::with_timeout;
use std::{
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};
use zbus::{Connection, OwnedFd};

/// How long the bus and logind may take to answer.
const BUS_TIMEOUT: Duration = Duration::from_secs(2);
/// What logind is asked to prevent. `idle` alone is not enough: GNOME asks only its own session manager whether the
/// person is idle, and then asks logind to suspend, which only `sleep` refuses. KDE checks both. An old logind lets a
/// desktop override the `sleep` lock of its own user.
const INHIBIT_WHAT: &str = "idle:sleep";
/// The reason shown where the system lists what keeps it awake.
const INHIBIT_REASON: &str = "A heat or cold phase is being timed";

/// Keeps the computer awake while it is active.
#[derive(Default)]
pub(super) struct SleepInhibitor {
    /// The channel for logind's lock; `None` while the computer may sleep.
    inhibitor_fd: Option<Receiver<OwnedFd>>,
}

impl SleepInhibitor {
    /// Sets whether the computer must stay awake. Returns at once; repeating it changes nothing.
    pub(super) fn set_active(&mut self, wanted: bool) {
        if !wanted {
            self.inhibitor_fd = None;
        } else if self.inhibitor_fd.is_none() {
            self.inhibitor_fd = Some(request_in_background());
        }
    }
}

/// Asks logind in the background. The answer stays in the channel, and is dropped with it.
fn request_in_background() -> Receiver<OwnedFd> {
    let (sender, receiver) = mpsc::channel();
    // Without a thread there is no lock, as without logind.
    let _ = thread::Builder::new().name("awake".into()).spawn(move || {
        if let Some(Ok(inhibitor_fd)) = with_timeout(BUS_TIMEOUT, inhibit_sleep()) {
            // If the lock is no longer wanted, it is dropped here.
            let _ = sender.send(inhibitor_fd);
        }
    });
    receiver
}

async fn inhibit_sleep() -> zbus::Result<OwnedFd> {
    let (service, path, interface) =
        ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    let bus = Connection::system().await?;
    let arguments = (INHIBIT_WHAT, "easeback", INHIBIT_REASON, "block");
    bus.call_method(Some(service), path, Some(interface), "Inhibit", &arguments).await?.body().deserialize()
}
