//! Keeps the computer from falling asleep while a phase runs.
//!
//! logind hands out a file descriptor, and refuses to suspend while somebody holds it; the lid still does. There
//! is nothing to give back: when it is dropped, or its holder killed, logind lets go.
//!
//! A system bus may be missing, or accept a request and never answer. So a thread of its own asks, at most for
//! [`LIMIT`], and ends; its answer lies in a channel that nobody reads. Dropping the channel's other end lets go of
//! what lies in it, and of an answer still to come. The timer's one wait knows nothing of all this.
//!
//! What fails is not complained about, and not tried again before it is wanted anew: without logind the computer
//! sleeps as it always did, and the session knows how to wake up.

use crate::clock::within;
use std::{
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};
use zbus::{Connection, OwnedFd};

/// How long the bus and logind may take to answer.
const LIMIT: Duration = Duration::from_secs(2);
/// What logind is asked to hold back. `idle` alone does not do it: GNOME asks nobody but its own session manager
/// whether the person is idle, and then asks logind to suspend, which only `sleep` refuses. KDE looks at both. An
/// old logind lets a desktop override the `sleep` of its own user.
const WHAT: &str = "idle:sleep";
/// Shown where the system lists what keeps it awake.
const WHY: &str = "A heat or cold phase is being timed";

/// Keeps the computer awake for as long as that is wanted.
#[derive(Default)]
pub(super) struct Awake {
    /// Where logind's word lies, or will; none while the computer may sleep.
    held: Option<Receiver<OwnedFd>>,
}

impl Awake {
    /// Says whether the computer has to stay awake from now on. Returns at once; said again, it changes nothing.
    pub(super) fn keep(&mut self, wanted: bool) {
        match wanted {
            true => _ = self.held.get_or_insert_with(request),
            false => self.held = None,
        }
    }
}

/// Asks in the background. What comes back stays in the channel, and goes with it.
fn request() -> Receiver<OwnedFd> {
    let (hand_over, held) = mpsc::channel();
    // Without a thread there is no inhibitor, as without logind.
    let _ = thread::Builder::new().name("awake".into()).spawn(move || {
        if let Some(Ok(inhibitor)) = within(LIMIT, inhibit()) {
            // Nobody wants it any longer: then it is dropped here.
            let _ = hand_over.send(inhibitor);
        }
    });
    held
}

async fn inhibit() -> zbus::Result<OwnedFd> {
    let (to, path, face) =
        ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    let bus = Connection::system().await?;
    let words = (WHAT, "easeback", WHY, "block");
    bus.call_method(Some(to), path, Some(face), "Inhibit", &words).await?.body().deserialize()
}
