//! Desktop notifications, with buttons where the server has them. Each replaces the one before, while that is open.
//!
//! A server may be missing, die, or accept a message and never answer. So each message is sent by a thread of its
//! own; this room's thread waits for it, at most [`NOTIFICATION_TIMEOUT`] before it complains, and sends nothing else in the
//! meantime: a server that wakes up gets the newest message only.

use super::{
    AlertConfig, WarningWriter,
    notification_server::{NotificationServer, SoundHint},
    sound, spawn_channel_thread,
};
use crate::{
    error::plain_words,
    session::{Announcement, Message},
};
use std::{
    io::{self, PipeWriter},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// How long a server may take to answer.
const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) struct NotificationChannel {
    inbox: Sender<Announcement>,
}

impl NotificationChannel {
    /// Works until it is dropped and all is sent; `told` is dropped then. The buttons go to `pressed`. Silent without
    /// ways to sound.
    pub(super) fn new(
        sounds: Option<AlertConfig>,
        complaints: WarningWriter,
        pressed: PipeWriter,
        told: Sender<()>,
    ) -> io::Result<NotificationChannel> {
        let (inbox, messages) = mpsc::channel();
        let post = NotificationWorker {
            sound_config: sounds,
            warning_writer: complaints,
            button_pipe: pressed,
            server: None,
        };
        spawn_channel_thread("notifications", told, move || post.send_queued(&messages))?;
        Ok(NotificationChannel { inbox })
    }

    pub(super) fn queue_announcement(&self, telling: &Announcement) {
        // The thread ends only when this inbox is dropped.
        let _ = self.inbox.send(telling.clone());
    }
}

/// Sends one message at a time.
struct NotificationWorker {
    sound_config: Option<AlertConfig>,
    warning_writer: WarningWriter,
    button_pipe: PipeWriter,
    /// The server and our bubble on it, as long as the bus is there.
    server: Option<NotificationServer>,
}

impl NotificationWorker {
    fn send_queued(mut self, messages: &Receiver<Announcement>) {
        while let Ok(message) = messages.recv() {
            let newest = messages.try_iter().last().unwrap_or(message);
            if let Err(why) = self.send_notification(newest) {
                self.warn_not_sent(&why);
            }
        }
    }

    fn send_notification(&mut self, telling: Announcement) -> Result<(), String> {
        let (answer, answered) = mpsc::channel();
        let pressed = self.button_pipe.try_clone().map_err(|why| plain_words(&why))?;
        let (sounds, mut server) = (self.sound_config.clone(), self.server.take());
        let sending = move || {
            let hint = choose_sound_hint(sounds.as_ref(), &telling);
            let mut shown = show(&mut server, &pressed, &telling.message, &hint);
            // A bus or a server that is gone may be back: the message that finds it gone is not lost.
            if shown.is_err() {
                shown = show(&mut server, &pressed, &telling.message, &hint);
            }
            _ = answer.send((server, shown));
        };
        thread::Builder::new().name("notify".into()).spawn(sending).map_err(|why| plain_words(&why))?;
        let result = answered.recv_timeout(NOTIFICATION_TIMEOUT).or_else(|why| {
            if why == RecvTimeoutError::Timeout {
                self.warn_not_sent("the notification server does not answer");
            }
            answered.recv()
        });
        let (server, shown) = result.map_err(|_| "sending failed".to_owned())?;
        self.server = server;
        shown.map_err(|why| reason(&why))
    }

    fn warn_not_sent(&mut self, why: &str) {
        self.warning_writer
            .warn_once(&format!("no desktop notifications here: keep an eye on this window ({why})"));
    }
}

/// Shows it on the server, which is found first where there is none. A connection that broke is let go of.
fn show(
    server: &mut Option<NotificationServer>,
    pressed: &PipeWriter,
    message: &Message,
    hint: &SoundHint,
) -> zbus::Result<()> {
    let mut known = match server.take() {
        Some(known) => known,
        None => NotificationServer::connect_to_server(pressed.try_clone()?)?,
    };
    let shown = known.show_notification(message, hint);
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
fn choose_sound_hint(sounds: Option<&AlertConfig>, telling: &Announcement) -> SoundHint {
    let (Some(ways), Some(signal)) = (sounds, telling.sound_cue) else { return SoundHint::Silent };
    let sounding = sound::sounding(ways, signal).ok();
    sounding
        .and_then(|sounding| Some(SoundHint::File(sounding.file.to_str()?.to_owned())))
        .unwrap_or(SoundHint::Alarm)
}
