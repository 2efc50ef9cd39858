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
pub(super) const NAME: &str = "org.freedesktop.Notifications";
pub(super) const PATH: &str = "/org/freedesktop/Notifications";
/// The bus itself, by its name and its interface.
pub(super) const BUS: &str = "org.freedesktop.DBus";

/// A bubble that can be replaced.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The connection of the server that shows it, and no other one's.
    pub server: OwnedUniqueName,
    /// That server's number for it.
    pub number: u32,
}

/// A button that was pressed.
#[derive(Debug)]
pub(super) struct Press {
    /// Which one.
    pub button: Button,
    /// The bubble that has done its work; none where another message is about to take its place.
    pub done: Option<Shown>,
}

/// Our bubble, over one connection to the bus.
#[derive(Debug, Default)]
pub(super) struct Bubble {
    shown: Option<Shown>,
    /// Who owns the server's name, once that has changed. Empty for nobody.
    owner: Option<String>,
    /// Whether a message is on its way to take its place.
    is_being_replaced: bool,
    /// The bubble that closed while it was being replaced.
    closed: Option<u32>,
    /// Whether the last answer was for nobody to see.
    is_lost: bool,
}

impl Bubble {
    /// What the message that is sent now replaces.
    pub fn replace(&mut self) -> Option<Shown> {
        (self.is_being_replaced, self.closed, self.is_lost) = (true, None, false);
        self.shown.clone()
    }

    /// Whether the last message that was answered may not be seen: what it replaced had closed by then, or its
    /// server is not the desktop's any more.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Takes note of what came over the bus; a button of ours, if that was pressed.
    pub fn hear(&mut self, message: &Message) -> Option<Press> {
        let (header, body) = (message.header(), message.body());
        let sender = header.sender()?;
        match header.message_type() {
            // Of all that is asked over this connection, only a message is answered with a number.
            Type::MethodReturn => self.answered(sender, body.deserialize().ok()?),
            // What was to be replaced is not there, or its server.
            Type::Error => self.shown = None,
            Type::Signal if sender == BUS && is(&header, "NameOwnerChanged") => {
                let (name, _, owner): (&str, &str, &str) = body.deserialize().ok()?;
                if name == NAME {
                    self.owned_by(owner);
                }
            }
            Type::Signal if is_from(&header, self.shown.as_ref()) && is(&header, "NotificationClosed") => {
                let (number, _reason): (u32, u32) = body.deserialize().ok()?;
                self.close(number);
            }
            Type::Signal if is_from(&header, self.shown.as_ref()) && is(&header, "ActionInvoked") => {
                let (number, key): (u32, &str) = body.deserialize().ok()?;
                return self.press(number, key);
            }
            Type::Signal | Type::MethodCall => {}
        }
        None
    }

    fn answered(&mut self, server: &UniqueName, number: u32) {
        let is_owner = self.owner.as_ref().is_none_or(|owner| server == owner.as_str());
        self.is_lost = !is_owner || self.closed == Some(number);
        self.is_being_replaced = false;
        self.shown = Some(Shown { server: server.to_owned().into(), number }).filter(|_| !self.is_lost);
    }

    fn owned_by(&mut self, owner: &str) {
        self.owner = Some(owner.to_owned());
        self.shown.take_if(|shown| shown.server != owner);
    }

    fn close(&mut self, number: u32) {
        if self.shown.take_if(|shown| shown.number == number).is_some() && self.is_being_replaced {
            self.closed = Some(number);
        }
    }

    fn press(&mut self, number: u32, key: &str) -> Option<Press> {
        let shown = self.shown.as_ref().filter(|shown| shown.number == number)?.clone();
        let button = Button::named(key)?;
        if self.is_being_replaced {
            return Some(Press { button, done: None });
        }
        self.shown = None;
        Some(Press { button, done: Some(shown) })
    }
}

fn is(header: &Header, member: &str) -> bool {
    header.member().is_some_and(|name| name == member)
}

/// Whether it comes from the server that shows the bubble, and as such a server says it.
fn is_from(header: &Header, shown: Option<&Shown>) -> bool {
    shown.is_some_and(|shown| header.sender() == Some(&*shown.server))
        && header.path().is_some_and(|path| path == PATH)
        && header.interface().is_some_and(|interface| interface == NAME)
}
