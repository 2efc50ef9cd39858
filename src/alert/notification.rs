//! The alert channel of desktop notifications, with buttons if the server supports them. Each notification replaces
//! the one before while that is open.
//!
//! A server may be missing, die, or never reply. So each message is sent on its own thread. The channel's thread waits
//! for it, warns after [`NOTIFICATION_TIMEOUT`], and sends nothing else meanwhile: a server that recovers gets only the
//! newest message.

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

/// How long a server may take to reply before a warning.
const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) struct NotificationChannel {
    inbox: Sender<Announcement>,
}

impl NotificationChannel {
    /// Runs until this is dropped and all messages are sent, then drops `running`. Pressed buttons go to `button_pipe`.
    /// Without a `sound_config` the notifications are silent.
    pub(super) fn new(
        sound_config: Option<AlertConfig>,
        warning_writer: WarningWriter,
        button_pipe: PipeWriter,
        running: Sender<()>,
    ) -> io::Result<NotificationChannel> {
        let (inbox, messages) = mpsc::channel();
        let worker = NotificationWorker { sound_config, warning_writer, button_pipe, server: None };
        spawn_channel_thread("notifications", running, move || worker.send_queued(&messages))?;
        Ok(NotificationChannel { inbox })
    }

    pub(super) fn queue_announcement(&self, announcement: &Announcement) {
        // Sending cannot fail: the thread ends only when this inbox is dropped.
        let _ = self.inbox.send(announcement.clone());
    }
}

/// Sends one message at a time.
struct NotificationWorker {
    sound_config: Option<AlertConfig>,
    warning_writer: WarningWriter,
    button_pipe: PipeWriter,
    /// None without a bus connection, and while a message is being sent.
    server: Option<NotificationServer>,
}

impl NotificationWorker {
    fn send_queued(mut self, messages: &Receiver<Announcement>) {
        while let Ok(first) = messages.recv() {
            let newest = messages.try_iter().last().unwrap_or(first);
            if let Err(why) = self.send_notification(newest) {
                self.warn_not_sent(&why);
            }
        }
    }

    fn send_notification(&mut self, announcement: Announcement) -> Result<(), String> {
        let (result_sender, results) = mpsc::channel();
        let button_pipe = self.button_pipe.try_clone().map_err(|why| plain_words(&why))?;
        let (sound_config, mut server) = (self.sound_config.clone(), self.server.take());
        let send = move || {
            let hint = choose_sound_hint(sound_config.as_ref(), &announcement);
            let mut shown = connect_and_show(&mut server, &button_pipe, &announcement.message, &hint);
            // A new bus or server may have replaced the one that is gone, so try once more.
            if shown.is_err() {
                shown = connect_and_show(&mut server, &button_pipe, &announcement.message, &hint);
            }
            _ = result_sender.send((server, shown));
        };
        thread::Builder::new().name("notify".into()).spawn(send).map_err(|why| plain_words(&why))?;
        let result = results.recv_timeout(NOTIFICATION_TIMEOUT).or_else(|why| {
            if why == RecvTimeoutError::Timeout {
                self.warn_not_sent("the notification server does not answer");
            }
            results.recv()
        });
        let (server, shown) = result.map_err(|_| "sending failed".to_owned())?;
        self.server = server;
        shown.map_err(|why| describe_bus_error(&why))
    }

    fn warn_not_sent(&mut self, why: &str) {
        self.warning_writer
            .warn_once(&format!("no desktop notifications here: keep an eye on this window ({why})"));
    }
}

/// Shows the message, connecting to the server first if necessary. Drops a broken connection.
fn connect_and_show(
    server: &mut Option<NotificationServer>,
    button_pipe: &PipeWriter,
    message: &Message,
    hint: &SoundHint,
) -> zbus::Result<()> {
    let mut connection = match server.take() {
        Some(connection) => connection,
        None => NotificationServer::connect_to_server(button_pipe.try_clone()?)?,
    };
    let shown = connection.show_notification(message, hint);
    if !matches!(shown, Err(zbus::Error::InputOutput(_))) {
        *server = Some(connection);
    }
    shown
}

/// Why no notification is shown. The bus's own text, which has addresses in it, is added only in debug mode.
fn describe_bus_error(why: &zbus::Error) -> String {
    let plain = match why {
        zbus::Error::MethodError(..) => "the notification server refused it",
        _ => "no notification server was found",
    };
    if log::log_enabled!(log::Level::Debug) { format!("{plain}: {why}") } else { plain.to_owned() }
}

/// The sound file that the sound channel would play, or the desktop's alarm if there is none.
fn choose_sound_hint(sound_config: Option<&AlertConfig>, announcement: &Announcement) -> SoundHint {
    let (Some(config), Some(cue)) = (sound_config, announcement.sound_cue) else { return SoundHint::Silent };
    let sounding = sound::sounding(config, cue).ok();
    sounding
        .and_then(|sounding| Some(SoundHint::File(sounding.file.to_str()?.to_owned())))
        .unwrap_or(SoundHint::Alarm)
}
