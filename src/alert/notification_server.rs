//! The desktop's notification server, over one connection.
//!
//! A server may tell of a pressed button only whoever sent the bubble (dunst does), and a button may be pressed as
//! soon as it is seen. So everything goes over one connection, which is listened to before the first bubble is sent:
//! `notify-rust` opens another one for each, and listens afterwards. Answers come by the listener too, so that they
//! and the signals are heard in their order. Nothing here has a time limit.

use super::bubble::{BUS_NAME, Bubble, NOTIFICATIONS_NAME, NOTIFICATIONS_PATH, ShownBubble};
use crate::session::Message;
use serde::Serialize;
use std::{
    collections::HashMap,
    future::poll_fn,
    io::{self, PipeWriter, Write},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};
use zbus::{
    Connection, DynamicType, MessageStream, Variant, block_on,
    export::futures_core::Stream,
    message::{Flags, Type},
};

/// What the bus passes on to us: the server's signals, and news of whose its name is.
const RULES: [&str; 2] = [
    "type='signal',sender='org.freedesktop.Notifications',interface='org.freedesktop.Notifications',\
     path='/org/freedesktop/Notifications'",
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',\
     arg0='org.freedesktop.Notifications'",
];
/// A bubble that stays until it is replaced or dismissed, and one that goes when the server likes.
const NEVER_EXPIRES: i32 = 0;
const DEFAULT_EXPIRY: i32 = -1;
const URGENCY_NORMAL: u8 = 1;
const URGENCY_CRITICAL: u8 = 2;

/// What it sounds like.
pub(super) enum SoundHint {
    Silent,
    /// Plays the file of that path.
    File(String),
    /// Plays what the desktop has for an alarm.
    Alarm,
}

/// Whichever server there is, over one connection to the bus.
pub(super) struct NotificationServer {
    bus: Connection,
    /// The listener ends when this is gone: nobody hears a button twice.
    bubble: Arc<Mutex<Bubble>>,
    answers: Receiver<zbus::Message>,
    has_buttons: bool,
}

impl NotificationServer {
    /// Connects to the bus, and listens for buttons of our bubble from now on: the words of those that are pressed go
    /// to `pressed`, a line each.
    pub(crate) fn connect_to_server(pressed: PipeWriter) -> zbus::Result<NotificationServer> {
        let bus = block_on(Connection::session())?;
        let messages = MessageStream::from(&bus);
        for rule in RULES {
            block_on(bus.call_method(
                Some(BUS_NAME),
                "/org/freedesktop/DBus",
                Some(BUS_NAME),
                "AddMatch",
                &rule,
            ))?;
        }
        let (answer, answers) = mpsc::channel();
        let bubble = Arc::default();
        let (ours, seen) = (bus.clone(), Arc::downgrade(&bubble));
        // It ends with the bus, or with the timer.
        thread::Builder::new()
            .name("buttons".into())
            .spawn(move || block_on(listen(messages, &ours, &seen, &answer, pressed)))?;
        Ok(NotificationServer { bus, bubble, answers, has_buttons: false })
    }

    /// Shows the message in place of our bubble, or in a new one.
    ///
    /// # Errors
    /// It may not be seen. Shown again, it is a new bubble; an I/O error says that the connection is of no use any
    /// more.
    pub(crate) fn show_notification(&mut self, message: &Message, sound: &SoundHint) -> zbus::Result<()> {
        let replaced = lock(&self.bubble).begin_replacement();
        if replaced.is_none() {
            let able: Vec<String> =
                self.call(NOTIFICATIONS_NAME, "GetCapabilities", &())?.body().deserialize()?;
            self.has_buttons = able.iter().any(|one| one == "actions");
        }
        let buttons = message.buttons.iter().filter(|_| self.has_buttons);
        let buttons: Vec<&str> = buttons.flat_map(|button| [button.action_key(), button.label()]).collect();
        let hints = HashMap::from([
            ("urgency", Variant::from(if message.is_critical { URGENCY_CRITICAL } else { URGENCY_NORMAL })),
            ("category", Variant::from("x-easeback.phase")),
            match sound {
                SoundHint::File(path) => ("sound-file", Variant::from(&**path)),
                SoundHint::Alarm => ("sound-name", Variant::from("alarm-clock-elapsed")),
                SoundHint::Silent => ("suppress-sound", Variant::from(true)),
            },
        ]);
        // What asks for something stays.
        let stays = if message.is_urgent { NEVER_EXPIRES } else { DEFAULT_EXPIRY };
        let (icon, body) = ("alarm-symbolic", escape_markup(&message.body_and_how_to_answer()));
        // A number is nothing to another server: it is sent to its own one, whoever has the name by then.
        let (server, number) =
            replaced.as_ref().map_or((NOTIFICATIONS_NAME, 0), |shown| (shown.server.as_str(), shown.number));
        let what = ("easeback", number, icon, &*message.title, &*body, buttons, hints, stays);
        self.call(server, "Notify", &what)?;
        if !lock(&self.bubble).was_closed_while_replaced() {
            return Ok(());
        }
        if let Some(closed) = replaced {
            block_on(close(&self.bus, &closed))?;
        }
        Err(zbus::Error::Failure("the notification closed while it was replaced".into()))
    }

    /// Asks the server of that name, and waits until the listener has heard the answer. Not within `block_on`: that
    /// may be what the connection is read by.
    fn call<B: Serialize + DynamicType>(
        &mut self,
        server: &str,
        method: &str,
        body: &B,
    ) -> zbus::Result<zbus::Message> {
        let call = zbus::Message::method_call(NOTIFICATIONS_PATH, method)
            .destination(server)
            .interface(NOTIFICATIONS_NAME)
            .build(body)?;
        block_on(self.bus.send(&call))?;
        let serial = Some(call.primary_header().serial_num());
        let Some(answer) = self.answers.iter().find(|answer| answer.header().reply_serial() == serial) else {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        };
        if answer.message_type() == Type::Error { Err(answer.into()) } else { Ok(answer) }
    }
}

/// Passes answers and pressed buttons on, until the bus is gone or the bubble is nobody's any more.
async fn listen(
    mut messages: MessageStream,
    bus: &Connection,
    bubble: &Weak<Mutex<Bubble>>,
    answers: &Sender<zbus::Message>,
    mut pressed: PipeWriter,
) {
    while let Some(Ok(message)) = poll_fn(|cx| Pin::new(&mut messages).poll_next(cx)).await {
        let Some(bubble) = bubble.upgrade() else { break };
        let press = lock(&bubble).handle_message(&message);
        if matches!(message.message_type(), Type::MethodReturn | Type::Error) {
            let _ = answers.send(message);
        }
        let Some(press) = press else { continue };
        // Not every server closes it, and whoever does has nothing left to close. What the press brings about is sent
        // after this: it is not closed in its place.
        if let Some(done) = press.closed_bubble {
            let _ = close(bus, &done).await;
        }
        if writeln!(pressed, "{}", press.button.action_key()).is_err() {
            break;
        }
    }
}

/// Closes a bubble, without waiting for an answer: the server may hang.
async fn close(bus: &Connection, bubble: &ShownBubble) -> zbus::Result<()> {
    let call = zbus::Message::method_call(NOTIFICATIONS_PATH, "CloseNotification")
        .destination(&bubble.server)
        .interface(NOTIFICATIONS_NAME)
        .with_flags(Flags::NO_REPLY_EXPECTED)
        .build(&bubble.number)?;
    bus.send(&call).await
}

fn lock(bubble: &Mutex<Bubble>) -> MutexGuard<'_, Bubble> {
    bubble.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Servers read the body as markup.
fn escape_markup(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
