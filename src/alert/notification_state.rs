//! The state of our notification on the desktop: which server shows it, and its id there.
//!
//! All messages of the bus connection are handled here in order. So a notification that closed before a reply differs
//! from one that closed after it, and no id is used after its notification or server is gone: a server may ignore the
//! replacement of a closed notification, and the next server may give the id to another program. Any client on the bus
//! can send messages, so only the server that shows the notification is trusted, by the unique name that the bus sets
//! as the sender. Match rules are not enough: `zbus` cannot check a service name in a rule, and messages addressed to
//! us pass all rules.

use crate::session::Button;
use zbus::{
    Message,
    message::{Header, Type},
    names::{OwnedUniqueName, UniqueName},
};

/// The server's bus name and its interface.
pub(super) const NOTIFICATIONS_NAME: &str = "org.freedesktop.Notifications";
pub(super) const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
/// The bus's own name and interface.
pub(super) const BUS_NAME: &str = "org.freedesktop.DBus";

/// An open notification, which can be replaced.
#[derive(Clone, Debug)]
pub(super) struct OpenNotification {
    /// The unique bus name of the server that shows it.
    pub(crate) server: OwnedUniqueName,
    /// The server's id for it.
    pub(crate) id: u32,
}

#[derive(Debug)]
pub(super) struct ButtonPress {
    pub(crate) button: Button,
    /// The notification to close; None while it is being replaced.
    pub(crate) to_close: Option<OpenNotification>,
}

/// Our notification on one bus connection.
#[derive(Debug, Default)]
pub(super) struct NotificationState {
    shown: Option<OpenNotification>,
    /// The unique name of the server after a change of owner; empty if there is no server.
    server_owner: Option<String>,
    is_being_replaced: bool,
    /// The id of a notification that closed while it was being replaced.
    closed_early: Option<u32>,
    was_closed_while_replaced: bool,
}

impl NotificationState {
    /// The open notification, which the message sent now replaces.
    pub(crate) fn begin_replacement(&mut self) -> Option<OpenNotification> {
        self.is_being_replaced = true;
        self.closed_early = None;
        self.was_closed_while_replaced = false;
        self.shown.clone()
    }

    /// Whether the last message may be invisible: the one it replaced had closed, or the server had changed.
    pub(crate) fn was_closed_while_replaced(&self) -> bool {
        self.was_closed_while_replaced
    }

    /// Updates the state from a bus message. Returns a press of one of our buttons.
    pub(crate) fn handle_message(&mut self, message: &Message) -> Option<ButtonPress> {
        let (header, body) = (message.header(), message.body());
        let sender = header.sender()?;
        match header.message_type() {
            // Of our calls on this connection, only `Notify` is answered with a number.
            Type::MethodReturn => self.record_shown(sender, body.deserialize().ok()?),
            // The notification to replace, or its server, is gone.
            Type::Error => self.shown = None,
            Type::Signal if sender == BUS_NAME && has_member(&header, "NameOwnerChanged") => {
                let (name, _, owner): (&str, &str, &str) = body.deserialize().ok()?;
                if name == NOTIFICATIONS_NAME {
                    self.set_server_owner(owner);
                }
            }
            Type::Signal
                if is_from_server(&header, self.shown.as_ref())
                    && has_member(&header, "NotificationClosed") =>
            {
                let (id, _reason): (u32, u32) = body.deserialize().ok()?;
                self.forget_if_closed(id);
            }
            Type::Signal
                if is_from_server(&header, self.shown.as_ref()) && has_member(&header, "ActionInvoked") =>
            {
                let (id, key): (u32, &str) = body.deserialize().ok()?;
                return self.accept_press(id, key);
            }
            Type::Signal | Type::MethodCall => {}
        }
        None
    }

    fn record_shown(&mut self, server: &UniqueName, id: u32) {
        let is_owner = self.server_owner.as_ref().is_none_or(|owner| server == owner.as_str());
        self.was_closed_while_replaced = !is_owner || self.closed_early == Some(id);
        self.is_being_replaced = false;
        self.shown = Some(OpenNotification { server: server.to_owned().into(), id })
            .filter(|_| !self.was_closed_while_replaced);
    }

    fn set_server_owner(&mut self, owner: &str) {
        self.server_owner = Some(owner.to_owned());
        self.shown.take_if(|shown| shown.server != owner);
    }

    fn forget_if_closed(&mut self, id: u32) {
        if self.shown.take_if(|shown| shown.id == id).is_some() && self.is_being_replaced {
            self.closed_early = Some(id);
        }
    }

    fn accept_press(&mut self, id: u32, key: &str) -> Option<ButtonPress> {
        let shown = self.shown.as_ref().filter(|shown| shown.id == id)?.clone();
        let button = Button::from_action_key(key)?;
        if self.is_being_replaced {
            return Some(ButtonPress { button, to_close: None });
        }
        self.shown = None;
        Some(ButtonPress { button, to_close: Some(shown) })
    }
}

fn has_member(header: &Header, member: &str) -> bool {
    header.member().is_some_and(|name| name == member)
}

/// Whether the message is from the server that shows the notification, on its path and interface.
fn is_from_server(header: &Header, shown: Option<&OpenNotification>) -> bool {
    shown.is_some_and(|shown| header.sender() == Some(&*shown.server))
        && header.path().is_some_and(|path| path == NOTIFICATIONS_PATH)
        && header.interface().is_some_and(|interface| interface == NOTIFICATIONS_NAME)
}
