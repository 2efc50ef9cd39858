//! Keeps the computer from falling asleep while a phase runs.
//!
//! logind hands out a file descriptor, and refuses to suspend while somebody holds it; the lid still does. There
//! is nothing to give back: when it is dropped, or its holder killed, logind lets go.
//!
//! A system bus may be missing, or accept a request and never answer. So a thread of its own asks, at most for
//! [`BUS_TIMEOUT`], and ends; its answer lies in a channel that nobody reads. Dropping the channel's other end lets go of
//! what lies in it, and of an answer still to come. The timer's one wait knows nothing of all this.
//!
//! What fails is not complained about, and not tried again before it is wanted anew: without logind the computer
//! sleeps as it always did, and the session knows how to wake up.

use crate::clock::with_timeout;
use std::{
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};
use zbus::{Connection, OwnedFd};

/// How long the bus and logind may take to answer.
const BUS_TIMEOUT: Duration = Duration::from_secs(2);
/// What logind is asked to hold back. `idle` alone does not do it: GNOME asks nobody but its own session manager
/// whether the person is idle, and then asks logind to suspend, which only `sleep` refuses. KDE looks at both. An
/// old logind lets a desktop override the `sleep` of its own user.
const INHIBIT_WHAT: &str = "idle:sleep";
/// Shown where the system lists what keeps it awake.
const INHIBIT_REASON: &str = "A heat or cold phase is being timed";

/// Keeps the computer awake for as long as that is wanted.
#[derive(Default)]
pub(super) struct SleepInhibitor {
    /// Where logind's word lies, or will; none while the computer may sleep.
    inhibitor_fd: Option<Receiver<OwnedFd>>,
}

impl SleepInhibitor {
    /// Says whether the computer has to stay awake from now on. Returns at once; said again, it changes nothing.
    pub(super) fn set_active(&mut self, wanted: bool) {
        match wanted {
            true => _ = self.inhibitor_fd.get_or_insert_with(request_in_background),
            false => self.inhibitor_fd = None,
        }
    }
}

/// Asks in the background. What comes back stays in the channel, and goes with it.
fn request_in_background() -> Receiver<OwnedFd> {
    let (hand_over, held) = mpsc::channel();
    // Without a thread there is no inhibitor, as without logind.
    let _ = thread::Builder::new().name("awake".into()).spawn(move || {
        if let Some(Ok(inhibitor)) = with_timeout(BUS_TIMEOUT, inhibit_sleep()) {
            // Nobody wants it any longer: then it is dropped here.
            let _ = hand_over.send(inhibitor);
        }
    });
    held
}

async fn inhibit_sleep() -> zbus::Result<OwnedFd> {
    let (to, path, face) =
        ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    let bus = Connection::system().await?;
    let words = (INHIBIT_WHAT, "easeback", INHIBIT_REASON, "block");
    bus.call_method(Some(to), path, Some(face), "Inhibit", &words).await?.body().deserialize()
}
