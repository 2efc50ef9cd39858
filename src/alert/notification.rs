//! Desktop notifications, with buttons where the server has them. Each replaces the one before, while that is open.
//!
//! A server may be missing, die, or accept a message and never answer. So each message is sent by a thread of its
//! own; this room's thread waits for it, at most [`LIMIT`] before it complains, and sends nothing else in the
//! meantime: a server that wakes up gets the newest message only.

use super::{
    Complaints, Ways, on_its_own,
    server::{Hint, Server},
    sound,
};
use crate::{
    error::plain_words,
    session::{Message, Telling},
};
use std::{
    io::{self, PipeWriter},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

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
        let post = Post { sounds, complaints, pressed, server: None };
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
    /// The server and our bubble on it, as long as the bus is there.
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
        let pressed = self.pressed.try_clone().map_err(|why| plain_words(&why))?;
        let (sounds, mut server) = (self.sounds.clone(), self.server.take());
        let sending = move || {
            let hint = hint(sounds.as_ref(), &telling);
            let mut shown = show(&mut server, &pressed, &telling.message, &hint);
            // A bus or a server that is gone may be back: the message that finds it gone is not lost.
            if shown.is_err() {
                shown = show(&mut server, &pressed, &telling.message, &hint);
            }
            _ = answer.send((server, shown));
        };
        thread::Builder::new().name("notify".into()).spawn(sending).map_err(|why| plain_words(&why))?;
        let result = answered.recv_timeout(LIMIT).or_else(|why| {
            if why == RecvTimeoutError::Timeout {
                self.complain("the notification server does not answer");
            }
            answered.recv()
        });
        let (server, shown) = result.map_err(|_| "sending failed".to_owned())?;
        self.server = server;
        shown.map_err(|why| reason(&why))
    }

    fn complain(&mut self, why: &str) {
        self.complaints.once(&format!("no desktop notifications here: keep an eye on this window ({why})"));
    }
}

/// Shows it on the server, which is found first where there is none. A connection that broke is let go of.
fn show(
    server: &mut Option<Server>,
    pressed: &PipeWriter,
    message: &Message,
    hint: &Hint,
) -> zbus::Result<()> {
    let mut known = match server.take() {
        Some(known) => known,
        None => Server::find(pressed.try_clone()?)?,
    };
    let shown = known.show(message, hint);
    if !matches!(shown, Err(zbus::Error::InputOutput(_))) {
        *server = Some(known);
    }
    shown
}

/// Why no notification is shown. The bus's own words have addresses in them: they are for the debug log, and this
/// thread's complaint is where that is read.
fn reason(why: &zbus::Error) -> String {
    let plain = match why {
        zbus::Error::MethodError(..) => "the notification server refused it",
        _ => "no notification server was found",
    };
    if log::log_enabled!(log::Level::Debug) { format!("{plain}: {why}") } else { plain.to_owned() }
}

/// What the server is asked to play: what a player would, or else what the desktop has for an alarm.
fn hint(sounds: Option<&Ways>, telling: &Telling) -> Hint {
    let (Some(ways), Some(signal)) = (sounds, telling.signal) else { return Hint::Silent };
    let sounding = sound::sounding(ways, signal).ok();
    sounding.and_then(|sounding| Some(Hint::File(sounding.file.to_str()?.to_owned()))).unwrap_or(Hint::Alarm)
}
