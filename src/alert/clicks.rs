//! Buttons that were pressed on the desktop.
//!
//! A thread of its own listens on the session bus from before the first button is shown, so that no click is lost,
//! and sleeps until one comes. It knows which bubble is ours now, passes the button's word on through a pipe, and
//! closes the bubble: not every server does that. Where there is no bus, it ends; buttons then do nothing, and
//! nothing else depends on them.

use std::{
    future::poll_fn,
    io::{PipeWriter, Write},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Sender},
    },
    thread,
};
use zbus::{Connection, MatchRule, MessageStream, block_on, export::futures_core::Stream, message::Type};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// Our bubble, by the server's number for it; 0 while there is none.
pub(super) type Bubble = Arc<AtomicU32>;

/// Listens from now on. Waits until it does; false if there is nothing to listen to.
pub(super) fn listen(bubble: &Bubble, mut pressed: PipeWriter) -> bool {
    let (ready, is_ready) = mpsc::channel();
    let bubble = Arc::clone(bubble);
    let listening = thread::Builder::new().name("clicks".into()).spawn(move || {
        // It ends with the bus, or with the timer.
        let _ = block_on(pass_on(&bubble, &mut pressed, &ready));
    });
    listening.is_ok() && is_ready.recv().is_ok()
}

async fn pass_on(bubble: &Bubble, pressed: &mut PipeWriter, ready: &Sender<()>) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let rule = MatchRule::builder().msg_type(Type::Signal).interface(NAME).member("ActionInvoked").build()?;
    let mut clicks = MessageStream::for_match_rule(rule, &bus, None).await?;
    // Nobody waits any more: then it was too slow, and goes on all the same.
    let _ = ready.send(());
    while let Some(click) = poll_fn(|cx| Pin::new(&mut clicks).poll_next(cx)).await {
        let body = click?.body();
        let Ok((id, key)) = body.deserialize::<(u32, &str)>() else { continue };
        if id != bubble.load(Ordering::Relaxed) {
            continue;
        }
        if writeln!(pressed, "{key}").is_err() {
            break;
        }
        // Whoever closed it already has done the same.
        let _ = bus.call_method(Some(NAME), PATH, Some(NAME), "CloseNotification", &id).await;
    }
    Ok(())
}
