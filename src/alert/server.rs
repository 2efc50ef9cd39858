//! The desktop's notification server, over one connection.
//!
//! A server may tell of a pressed button only whoever sent the bubble (dunst does), and a button may be pressed as
//! soon as it is seen. So everything goes over one connection, which is listened to before the first bubble is sent:
//! `notify-rust` opens another one for each, and listens afterwards. Nothing here has a time limit.

use crate::session::Message;
use std::{
    collections::HashMap,
    future::poll_fn,
    io::{PipeWriter, Write},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};
use zbus::{
    Connection, MatchRule, MessageStream, Variant, block_on, export::futures_core::Stream, message::Type,
};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A bubble that stays until it is replaced or dismissed, and one that goes when the server likes.
const STAYS: i32 = 0;
const GOES: i32 = -1;
const NORMAL: u8 = 1;
const CRITICAL: u8 = 2;

/// Our bubble, by the server's number for it; 0 while there is none.
pub(super) type Bubble = Arc<AtomicU32>;

/// What it sounds like.
pub(super) enum Hint {
    Silent,
    /// Plays the file of that path.
    File(String),
    /// Plays what the desktop has for an alarm.
    Alarm,
}

/// A server that can be reached.
pub(super) struct Server {
    bus: Connection,
    has_buttons: bool,
}

impl Server {
    /// Finds the server, and listens for buttons of the bubble from now on: the words of those that are pressed go to
    /// `pressed`, a line each.
    pub async fn find(bubble: Bubble, pressed: PipeWriter) -> zbus::Result<Server> {
        let bus = Connection::session().await?;
        let rule =
            MatchRule::builder().msg_type(Type::Signal).interface(NAME).member("ActionInvoked").build()?;
        let clicks = MessageStream::for_match_rule(rule, &bus, None).await?;
        let answer = bus.call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &()).await?;
        let able: Vec<String> = answer.body().deserialize()?;
        let ours = bus.clone();
        // It ends with the bus, or with the timer.
        let listening = thread::Builder::new()
            .name("buttons".into())
            .spawn(move || block_on(pass_on(clicks, &ours, &bubble, pressed)));
        Ok(Server { bus, has_buttons: listening.is_ok() && able.iter().any(|one| one == "actions") })
    }

    /// Shows the message in place of that bubble, if there is one; its number from now on.
    pub async fn show(&self, message: &Message, bubble: u32, sound: &Hint) -> zbus::Result<u32> {
        let buttons = message.buttons.iter().filter(|_| self.has_buttons);
        let buttons: Vec<&str> = buttons.flat_map(|button| [button.key(), button.label()]).collect();
        let hints = HashMap::from([
            ("urgency", Variant::from(if message.critical { CRITICAL } else { NORMAL })),
            ("category", Variant::from("x-easeback.phase")),
            match sound {
                Hint::File(path) => ("sound-file", Variant::from(&**path)),
                Hint::Alarm => ("sound-name", Variant::from("alarm-clock-elapsed")),
                Hint::Silent => ("suppress-sound", Variant::from(true)),
            },
        ]);
        // What asks for something stays.
        let stays = if message.urgent { STAYS } else { GOES };
        let (icon, body) = ("alarm-symbolic", escaped(&message.text()));
        let what = ("easeback", bubble, icon, &*message.title, &*body, buttons, hints, stays);
        self.bus.call_method(Some(NAME), PATH, Some(NAME), "Notify", &what).await?.body().deserialize()
    }
}

async fn pass_on(mut clicks: MessageStream, bus: &Connection, bubble: &Bubble, mut pressed: PipeWriter) {
    while let Some(Ok(click)) = poll_fn(|cx| Pin::new(&mut clicks).poll_next(cx)).await {
        let body = click.body();
        let Ok((id, key)) = body.deserialize::<(u32, &str)>() else { continue };
        if id != bubble.load(Ordering::Relaxed) {
            continue;
        }
        if writeln!(pressed, "{key}").is_err() {
            break;
        }
        // Not every server closes it. Whoever does has nothing left to close.
        let _ = bus.call_method(Some(NAME), PATH, Some(NAME), "CloseNotification", &id).await;
    }
}

/// Servers read the body as markup.
fn escaped(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
