//! Desktop notifications. Each replaces the one before.
//!
//! A server may be missing, die, or accept a message and never answer, and `show()` then waits without limit.
//! So each message is sent by a thread of its own; this room's thread waits for it, at most [`LIMIT`] before it
//! complains, and sends nothing else in the meantime: a server that wakes up gets the newest message only.

use super::Complaints;
use crate::session::Message;
use notify_rust::{Hint, Notification, Timeout, Urgency};
use std::{
    io,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// How long a server may take to answer.
const LIMIT: Duration = Duration::from_secs(2);

pub(super) struct Notifications {
    inbox: Sender<Message>,
    finished: Receiver<()>,
}

impl Notifications {
    pub(super) fn new(sound: bool, complaints: Complaints) -> io::Result<Notifications> {
        let (inbox, messages) = mpsc::channel();
        let (finish, finished) = mpsc::channel();
        let post = Post { sound, complaints, complained: false, bubble: None };
        thread::Builder::new().name("notifications".into()).spawn(move || {
            post.serve(&messages);
            let _ = finish.send(());
        })?;
        Ok(Notifications { inbox, finished })
    }

    pub(super) fn tell(&self, message: Message) {
        // The thread ends only when this inbox is dropped.
        let _ = self.inbox.send(message);
    }

    pub(super) fn finish(self) {
        drop(self.inbox);
        let _ = self.finished.recv_timeout(LIMIT + Duration::from_millis(500));
    }
}

/// Sends one message at a time.
struct Post {
    sound: bool,
    complaints: Complaints,
    complained: bool,
    /// The notification that the next one replaces.
    bubble: Option<u32>,
}

impl Post {
    fn serve(mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            let newest = messages.try_iter().last().unwrap_or(message);
            self.send(self.notification(&newest));
        }
    }

    fn send(&mut self, notification: Notification) {
        let (answer, answered) = mpsc::channel();
        let sending = thread::Builder::new().name("notify".into()).spawn(move || {
            let _ = answer.send(notification.show().map(|shown| shown.id()));
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
        match result {
            Ok(Ok(id)) => self.bubble = Some(id),
            Ok(Err(why)) => self.complain(&why.to_string()),
            Err(_) => self.complain("sending failed"),
        }
    }

    fn complain(&mut self, why: &str) {
        if !std::mem::replace(&mut self.complained, true) {
            self.complaints
                .say(&format!("no desktop notifications here: keep an eye on this window ({why})"));
        }
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
        if let Some(bubble) = self.bubble {
            notification.id(bubble);
        }
        notification.finalize()
    }
}

/// Servers read the body as markup.
fn escaped(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
