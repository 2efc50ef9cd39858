//! Our bubble on the desktop: which server shows it, and under which number.
//!
//! All that comes over the connection comes by here, in its order: so what closed before an answer is told from what
//! closed after it, and no number outlives its bubble or its server (a server may never show what replaces a closed
//! bubble, and the next server gives the number to another program). Anybody on the bus may send anything: only the
//! server that shows the bubble is believed, by the unique name that the bus itself puts on each message. A match rule
//! is not enough: it may name a service, which `zbus` cannot check, and what is sent to us alone passes by all rules.

use crate::session::Button;
use zbus::{
    Message,
    message::{Header, Type},
    names::{OwnedUniqueName, UniqueName},
};

/// The server's name and interface, and where it is to be found.
pub(super) const NOTIFICATIONS_NAME: &str = "org.freedesktop.Notifications";
pub(super) const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";
/// The bus itself, by its name and its interface.
pub(super) const BUS_NAME: &str = "org.freedesktop.DBus";

/// A bubble that can be replaced.
#[derive(Clone, Debug)]
pub(super) struct ShownBubble {
    /// The connection of the server that shows it, and no other one's.
    pub(crate) server: OwnedUniqueName,
    /// That server's number for it.
    pub(crate) number: u32,
}

/// A button that was pressed.
#[derive(Debug)]
pub(super) struct ButtonPress {
    /// Which one.
    pub(crate) button: Button,
    /// The bubble that has done its work; none where another message is about to take its place.
    pub(crate) closed_bubble: Option<ShownBubble>,
}

/// Our bubble, over one connection to the bus.
#[derive(Debug, Default)]
pub(super) struct Bubble {
    shown: Option<ShownBubble>,
    /// Who owns the server's name, once that has changed. Empty for nobody.
    server_owner: Option<String>,
    /// Whether a message is on its way to take its place.
    is_being_replaced: bool,
    /// The bubble that closed while it was being replaced.
    closed_early: Option<u32>,
    /// Whether the last answer was for nobody to see.
    was_closed_while_replaced: bool,
}

impl Bubble {
    /// What the message that is sent now replaces.
    pub(crate) fn begin_replacement(&mut self) -> Option<ShownBubble> {
        (self.is_being_replaced, self.closed_early, self.was_closed_while_replaced) = (true, None, false);
        self.shown.clone()
    }

    /// Whether the last message that was answered may not be seen: what it replaced had closed by then, or its
    /// server is not the desktop's any more.
    pub(crate) fn was_closed_while_replaced(&self) -> bool {
        self.was_closed_while_replaced
    }

    /// Takes note of what came over the bus; a button of ours, if that was pressed.
    pub(crate) fn handle_message(&mut self, message: &Message) -> Option<ButtonPress> {
        let (header, body) = (message.header(), message.body());
        let sender = header.sender()?;
        match header.message_type() {
            // Of all that is asked over this connection, only a message is answered with a number.
            Type::MethodReturn => self.record_shown(sender, body.deserialize().ok()?),
            // What was to be replaced is not there, or its server.
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
                let (number, _reason): (u32, u32) = body.deserialize().ok()?;
                self.forget_if_closed(number);
            }
            Type::Signal
                if is_from_server(&header, self.shown.as_ref()) && has_member(&header, "ActionInvoked") =>
            {
                let (number, key): (u32, &str) = body.deserialize().ok()?;
                return self.accept_press(number, key);
            }
            Type::Signal | Type::MethodCall => {}
        }
        None
    }

    fn record_shown(&mut self, server: &UniqueName, number: u32) {
        let is_owner = self.server_owner.as_ref().is_none_or(|owner| server == owner.as_str());
        self.was_closed_while_replaced = !is_owner || self.closed_early == Some(number);
        self.is_being_replaced = false;
        self.shown = Some(ShownBubble { server: server.to_owned().into(), number })
            .filter(|_| !self.was_closed_while_replaced);
    }

    fn set_server_owner(&mut self, owner: &str) {
        self.server_owner = Some(owner.to_owned());
        self.shown.take_if(|shown| shown.server != owner);
    }

    fn forget_if_closed(&mut self, number: u32) {
        if self.shown.take_if(|shown| shown.number == number).is_some() && self.is_being_replaced {
            self.closed_early = Some(number);
        }
    }

    fn accept_press(&mut self, number: u32, key: &str) -> Option<ButtonPress> {
        let shown = self.shown.as_ref().filter(|shown| shown.number == number)?.clone();
        let button = Button::from_action_key(key)?;
        if self.is_being_replaced {
            return Some(ButtonPress { button, closed_bubble: None });
        }
        self.shown = None;
        Some(ButtonPress { button, closed_bubble: Some(shown) })
    }
}

fn has_member(header: &Header, member: &str) -> bool {
    header.member().is_some_and(|name| name == member)
}

/// Whether it comes from the server that shows the bubble, and as such a server says it.
fn is_from_server(header: &Header, shown: Option<&ShownBubble>) -> bool {
    shown.is_some_and(|shown| header.sender() == Some(&*shown.server))
        && header.path().is_some_and(|path| path == NOTIFICATIONS_PATH)
        && header.interface().is_some_and(|interface| interface == NOTIFICATIONS_NAME)
}
