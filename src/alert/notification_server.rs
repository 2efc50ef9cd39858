//! A client of the desktop's notification server, over one bus connection.
//!
//! Some servers (dunst) signal a pressed button only to the connection that sent the notification, and a button can be
//! pressed as soon as it is visible. So there is one connection, with a listener that starts before the first
//! notification; `notify-rust` opens one for each, and listens afterwards. Replies come through the listener too, which
//! keeps them in order with the signals. No call here has a timeout.

use super::notification_state::{
    BUS_NAME, NOTIFICATIONS_NAME, NOTIFICATIONS_PATH, NotificationState, OpenNotification,
};
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

/// Subscriptions: the server's signals, and changes of the server's owner.
const MATCH_RULES: [&str; 2] = [
    "type='signal',sender='org.freedesktop.Notifications',interface='org.freedesktop.Notifications',\
     path='/org/freedesktop/Notifications'",
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',\
     arg0='org.freedesktop.Notifications'",
];
/// Stays until it is replaced or dismissed.
const NEVER_EXPIRES: i32 = 0;
/// The server decides.
const DEFAULT_EXPIRY: i32 = -1;
const URGENCY_NORMAL: u8 = 1;
const URGENCY_CRITICAL: u8 = 2;

/// The sound that the server plays.
pub(super) enum SoundHint {
    Silent,
    /// The path of a sound file.
    File(String),
    /// The alarm of the desktop's sound theme.
    Alarm,
}

/// The connection to the notification server.
pub(super) struct NotificationServer {
    bus: Connection,
    /// The listener has a weak reference and ends when this is dropped, so that no button counts twice.
    state: Arc<Mutex<NotificationState>>,
    replies: Receiver<zbus::Message>,
    has_buttons: bool,
}

impl NotificationServer {
    /// Connects to the bus and starts the listener, which writes the action keys of pressed buttons to `button_pipe`,
    /// one per line.
    pub(crate) fn connect_to_server(button_pipe: PipeWriter) -> zbus::Result<NotificationServer> {
        let bus = block_on(Connection::session())?;
        let messages = MessageStream::from(&bus);
        for rule in MATCH_RULES {
            block_on(bus.call_method(
                Some(BUS_NAME),
                "/org/freedesktop/DBus",
                Some(BUS_NAME),
                "AddMatch",
                &rule,
            ))?;
        }
        let (reply_sender, replies) = mpsc::channel();
        let state = Arc::default();
        let (listener_bus, listener_state) = (bus.clone(), Arc::downgrade(&state));
        // It ends with the bus or with the timer.
        thread::Builder::new().name("buttons".into()).spawn(move || {
            block_on(listen(messages, &listener_bus, &listener_state, &reply_sender, button_pipe));
        })?;
        Ok(NotificationServer { bus, state, replies, has_buttons: false })
    }

    /// Shows the message in place of our open notification, or in a new one.
    ///
    /// # Errors
    /// It may be invisible; the next call makes a new notification. After an I/O error the connection is unusable.
    pub(crate) fn show_notification(&mut self, message: &Message, sound: &SoundHint) -> zbus::Result<()> {
        let replaced = lock_state(&self.state).begin_replacement();
        if replaced.is_none() {
            let capabilities: Vec<String> =
                self.call(NOTIFICATIONS_NAME, "GetCapabilities", &())?.body().deserialize()?;
            self.has_buttons = capabilities.iter().any(|capability| capability == "actions");
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
        // A message that asks for something stays open.
        let expiry = if message.is_urgent { NEVER_EXPIRES } else { DEFAULT_EXPIRY };
        let (icon, body) = ("alarm-symbolic", escape_markup(&message.body_and_how_to_answer()));
        // The id is only valid at the server that gave it, even if another one owns the name by now.
        let (server, replaced_id) =
            replaced.as_ref().map_or((NOTIFICATIONS_NAME, 0), |shown| (shown.server.as_str(), shown.id));
        let arguments = ("easeback", replaced_id, icon, &*message.title, &*body, buttons, hints, expiry);
        self.call(server, "Notify", &arguments)?;
        if !lock_state(&self.state).was_closed_while_replaced() {
            return Ok(());
        }
        if let Some(closed) = replaced {
            block_on(close_notification(&self.bus, &closed))?;
        }
        Err(zbus::Error::Failure("the notification closed while it was replaced".into()))
    }

    /// Calls a method and waits until the listener has handled the reply. Must not run inside `block_on`, which may be
    /// what reads the connection.
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
        let Some(reply) = self.replies.iter().find(|reply| reply.header().reply_serial() == serial) else {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        };
        if reply.message_type() == Type::Error { Err(reply.into()) } else { Ok(reply) }
    }
}

/// Forwards replies and pressed buttons until the bus or the [`NotificationServer`] is gone.
async fn listen(
    mut messages: MessageStream,
    bus: &Connection,
    state: &Weak<Mutex<NotificationState>>,
    replies: &Sender<zbus::Message>,
    mut button_pipe: PipeWriter,
) {
    while let Some(Ok(message)) = poll_fn(|cx| Pin::new(&mut messages).poll_next(cx)).await {
        let Some(state) = state.upgrade() else { break };
        let press = lock_state(&state).handle_message(&message);
        if matches!(message.message_type(), Type::MethodReturn | Type::Error) {
            let _ = replies.send(message);
        }
        let Some(press) = press else { continue };
        // Not every server closes the notification after a press; where it did, this does nothing. It comes before
        // anything that the press causes, so it cannot close a later notification.
        if let Some(closed) = press.to_close {
            let _ = close_notification(bus, &closed).await;
        }
        if writeln!(button_pipe, "{}", press.button.action_key()).is_err() {
            break;
        }
    }
}

/// Does not wait for a reply, because the server may hang.
async fn close_notification(bus: &Connection, shown: &OpenNotification) -> zbus::Result<()> {
    let call = zbus::Message::method_call(NOTIFICATIONS_PATH, "CloseNotification")
        .destination(&shown.server)
        .interface(NOTIFICATIONS_NAME)
        .with_flags(Flags::NO_REPLY_EXPECTED)
        .build(&shown.id)?;
    bus.send(&call).await
}

fn lock_state(state: &Mutex<NotificationState>) -> MutexGuard<'_, NotificationState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Servers parse the body as markup.
fn escape_markup(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
