//! Desktop notifications, with buttons where the server has them. Each replaces the one before.
//!
//! A server may be missing, die, or accept a message and never answer, and `show()` then waits without limit.
//! So each message is sent by a thread of its own; this room's thread waits for it, at most [`LIMIT`] before it
//! complains, and sends nothing else in the meantime: a server that wakes up gets the newest message only.

use super::{
    Complaints,
    clicks::{Bubble, listen},
    on_its_own,
};
use crate::session::Message;
use notify_rust::{Hint, Notification, Timeout, Urgency, get_capabilities};
use std::{
    io::{self, PipeWriter},
    sync::{
        atomic::Ordering,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

/// How long a server may take to answer.
const LIMIT: Duration = Duration::from_secs(2);

pub(super) struct Notifications {
    inbox: Sender<Message>,
}

impl Notifications {
    /// Works until it is dropped and all is sent; `told` is dropped then. The buttons go to `pressed`.
    pub(super) fn new(
        sound: bool,
        complaints: Complaints,
        pressed: PipeWriter,
        told: Sender<()>,
    ) -> io::Result<Notifications> {
        let (inbox, messages) = mpsc::channel();
        let post = Post { sound, complaints, bubble: Bubble::default(), buttons: Buttons::Untried(pressed) };
        on_its_own("notifications", told, move || post.serve(&messages))?;
        Ok(Notifications { inbox })
    }

    pub(super) fn tell(&self, message: Message) {
        // The thread ends only when this inbox is dropped.
        let _ = self.inbox.send(message);
    }
}

/// Sends one message at a time.
struct Post {
    sound: bool,
    complaints: Complaints,
    /// The notification that the next one replaces.
    bubble: Bubble,
    buttons: Buttons,
}

/// Whether there can be buttons.
enum Buttons {
    /// Nobody has asked the server yet. This is where they will be heard.
    Untried(PipeWriter),
    /// It has them, and they are listened to.
    Heard,
    /// It has none, or they cannot be heard.
    None,
}

impl Buttons {
    /// Asks the server, the first time. It may never answer.
    fn ask(self, bubble: &Bubble) -> Buttons {
        match self {
            Buttons::Untried(pressed) => {
                let has_them = get_capabilities().is_ok_and(|all| all.iter().any(|one| one == "actions"));
                if has_them && listen(bubble, pressed) { Buttons::Heard } else { Buttons::None }
            }
            known => known,
        }
    }
}

impl Post {
    fn serve(mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            let newest = messages.try_iter().last().unwrap_or(message);
            self.send(&newest);
        }
    }

    fn send(&mut self, message: &Message) {
        let (answer, answered) = mpsc::channel();
        let mut notification = self.notification(message);
        let (labels, bubble) = (message.buttons.clone(), Bubble::clone(&self.bubble));
        let buttons = std::mem::replace(&mut self.buttons, Buttons::None);
        let sending = thread::Builder::new().name("notify".into()).spawn(move || {
            let buttons = buttons.ask(&bubble);
            if matches!(buttons, Buttons::Heard) {
                for button in labels {
                    notification.action(button.key(), button.label());
                }
            }
            let _ = answer.send((notification.show().map(|shown| shown.id()), buttons));
        });
        if let Err(why) = sending {
            return self.complain(&why.to_string());
        }
        let result = answered.recv_timeout(LIMIT).or_else(|why| {
            if why == RecvTimeoutError::Timeout {
                self.complain("the notification server does not answer");
            }
            answered.recv()
        });
        let Ok((shown, buttons)) = result else { return self.complain("sending failed") };
        self.buttons = buttons;
        match shown {
            Ok(id) => self.bubble.store(id, Ordering::Relaxed),
            Err(why) => self.complain(&why.to_string()),
        }
    }

    fn complain(&mut self, why: &str) {
        self.complaints.once(&format!("no desktop notifications here: keep an eye on this window ({why})"));
    }

    fn notification(&self, message: &Message) -> Notification {
        let mut notification = Notification::new();
        notification
            .appname("easeback")
            .icon("alarm-symbolic")
            .summary(&message.title)
            .body(&escaped(&message.body))
            .hint(Hint::Category("x-easeback.phase".into()))
            .urgency(if message.critical { Urgency::Critical } else { Urgency::Normal })
            // What asks for something stays until it is replaced or dismissed.
            .timeout(if message.urgent { Timeout::Never } else { Timeout::Default })
            .hint(match self.sound {
                true => Hint::SoundName("alarm-clock-elapsed".into()),
                false => Hint::SuppressSound(true),
            });
        match self.bubble.load(Ordering::Relaxed) {
            0 => {}
            bubble => _ = notification.id(bubble),
        }
        notification.finalize()
    }
}

/// Servers read the body as markup.
fn escaped(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
