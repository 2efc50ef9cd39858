//! Desktop notifications, with buttons where the server has them. Each replaces the one before.
//!
//! A server may be missing, die, or accept a message and never answer. So each message is sent by a thread of its
//! own; this room's thread waits for it, at most [`LIMIT`] before it complains, and sends nothing else in the
//! meantime: a server that wakes up gets the newest message only.

use super::{
    Complaints, Ways, on_its_own,
    server::{Bubble, Hint, Server},
    sound,
};
use crate::session::Telling;
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
    inbox: Sender<Telling>,
}

impl Notifications {
    /// Works until it is dropped and all is sent; `told` is dropped then. The buttons go to `pressed`. Silent without
    /// ways to sound.
    pub(super) fn new(
        sounds: Option<Ways>,
        complaints: Complaints,
        pressed: PipeWriter,
        told: Sender<()>,
    ) -> io::Result<Notifications> {
        let (inbox, messages) = mpsc::channel();
        let post = Post { sounds, complaints, pressed, bubble: Bubble::default(), server: None };
        on_its_own("notifications", told, move || post.serve(&messages))?;
        Ok(Notifications { inbox })
    }

    pub(super) fn tell(&self, telling: &Telling) {
        // The thread ends only when this inbox is dropped.
        let _ = self.inbox.send(telling.clone());
    }
}

/// Sends one message at a time.
struct Post {
    sounds: Option<Ways>,
    complaints: Complaints,
    pressed: PipeWriter,
    /// The notification that the next one replaces.
    bubble: Bubble,
    /// The server, as long as it answers.
    server: Option<Server>,
}

impl Post {
    fn serve(mut self, messages: &Receiver<Telling>) {
        while let Ok(message) = messages.recv() {
            let newest = messages.try_iter().last().unwrap_or(message);
            if let Err(why) = self.send(newest) {
                self.complain(&why);
            }
        }
    }

    fn send(&mut self, telling: Telling) -> Result<(), String> {
        let (answer, answered) = mpsc::channel();
        let (sounds, bubble, known) = (self.sounds.clone(), Bubble::clone(&self.bubble), self.server.take());
        let pressed = self.pressed.try_clone().map_err(|why| why.to_string())?;
        let sending = async move {
            let server = match known {
                Some(server) => server,
                None => Server::find(Bubble::clone(&bubble), pressed).await?,
            };
            let hint = hint(sounds.as_ref(), &telling);
            let shown = server.show(&telling.message, bubble.load(Ordering::Relaxed), &hint).await;
            Ok::<_, zbus::Error>((server, shown.map(|id| bubble.store(id, Ordering::Relaxed))))
        };
        let send = move || _ = answer.send(block_on(sending));
        thread::Builder::new().name("notify".into()).spawn(send).map_err(|why| why.to_string())?;
        let result = answered.recv_timeout(LIMIT).or_else(|why| {
            if why == RecvTimeoutError::Timeout {
                self.complain("the notification server does not answer");
            }
            answered.recv()
        });
        let result = result.map_err(|_| "sending failed".to_owned())?;
        let (server, shown) = result.map_err(|why| why.to_string())?;
        // A server that is gone may come back, and who listens for its buttons listens on: a second listener would
        // hear each button twice. A bus that is gone took its listener along.
        let is_bus_gone = matches!(shown, Err(zbus::Error::InputOutput(_)));
        self.server = Some(server).filter(|_| !is_bus_gone);
        shown.map_err(|why| why.to_string())
    }

    fn complain(&mut self, why: &str) {
        self.complaints.once(&format!("no desktop notifications here: keep an eye on this window ({why})"));
    }
}

/// What the server is asked to play: what a player would, or else what the desktop has for an alarm.
fn hint(sounds: Option<&Ways>, telling: &Telling) -> Hint {
    let (Some(ways), Some(signal)) = (sounds, telling.signal) else { return Hint::Silent };
    let sounding = sound::sounding(ways, signal).ok();
    sounding.and_then(|sounding| Some(Hint::File(sounding.file.to_str()?.to_owned()))).unwrap_or(Hint::Alarm)
}
