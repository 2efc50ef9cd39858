//! Desktop notifications, with buttons where the server has them. Each replaces the one before.
//!
//! A server may be missing, die, or accept a message and never answer. So each message is sent by a thread of its
//! own; this room's thread waits for it, at most [`LIMIT`] before it complains, and sends nothing else in the
//! meantime: a server that wakes up gets the newest message only.

use super::{
    Complaints, on_its_own,
    server::{Bubble, Server},
};
use crate::session::Message;
use std::{
    io::{self, PipeWriter},
    sync::{
        atomic::Ordering,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};
use zbus::block_on;

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
        let post = Post { sound, complaints, pressed, bubble: Bubble::default(), server: None };
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
    pressed: PipeWriter,
    /// The notification that the next one replaces.
    bubble: Bubble,
    /// The server, as long as it answers.
    server: Option<Server>,
}

impl Post {
    fn serve(mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            let newest = messages.try_iter().last().unwrap_or(message);
            if let Err(why) = self.send(newest) {
                self.complain(&why);
            }
        }
    }

    fn send(&mut self, message: Message) -> Result<(), String> {
        let (answer, answered) = mpsc::channel();
        let (sound, bubble, known) = (self.sound, Bubble::clone(&self.bubble), self.server.take());
        let pressed = self.pressed.try_clone().map_err(|why| why.to_string())?;
        let sending = async move {
            let server = match known {
                Some(server) => server,
                None => Server::find(Bubble::clone(&bubble), pressed).await?,
            };
            let id = server.show(&message, bubble.load(Ordering::Relaxed), sound).await?;
            bubble.store(id, Ordering::Relaxed);
            Ok::<_, zbus::Error>(server)
        };
        let send = move || _ = answer.send(block_on(sending));
        thread::Builder::new().name("notify".into()).spawn(send).map_err(|why| why.to_string())?;
        let result = answered.recv_timeout(LIMIT).or_else(|why| {
            if why == RecvTimeoutError::Timeout {
                self.complain("the notification server does not answer");
            }
            answered.recv()
        });
        let server = result.map_err(|_| "sending failed".to_owned())?;
        self.server = Some(server.map_err(|why| why.to_string())?);
        Ok(())
    }

    fn complain(&mut self, why: &str) {
        self.complaints.once(&format!("no desktop notifications here: keep an eye on this window ({why})"));
    }
}
