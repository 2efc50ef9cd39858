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

use crate::clock;
use std::{
    pin::pin,
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    task::{Context, Poll, Wake},
    thread::{self, Thread},
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

/// Waits for the future on this thread, and gives it up at the limit. `zbus::block_on` has none, and zbus limits
/// calls only, not the greeting before them.
fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    let end = clock::now().monotonic + limit;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = end.checked_sub(clock::now().monotonic)?;
        thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
