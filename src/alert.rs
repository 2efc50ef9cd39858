//! Tells the person, in every way there is.
//!
//! Each way works on its own, off the timer's thread: none can hold up the session or another way. What fails
//! is complained about once, through a pipe that the timer's one wait listens to.

mod clicks;
mod notification;
mod settings;

pub use settings::{Hooks, Sound, Speech};

use crate::session::{Button, Message, Settings};
use notification::Notifications;
use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, BorrowedFd},
};

/// All ways of telling that a session uses.
pub struct Teller {
    notifications: Option<Notifications>,
    /// Closed when nobody is left to complain.
    complaints: Option<PipeReader>,
    /// The buttons that were pressed, a word a line. Closed when no more can come.
    pressed: Option<PipeReader>,
}

impl Teller {
    /// Sets up the ways that the settings ask for. Nothing is told yet, and no server is asked for.
    ///
    /// # Errors
    /// The system has no file descriptor or thread left.
    pub fn new(settings: &Settings) -> io::Result<Teller> {
        let (complaints, complain) = io::pipe()?;
        rustix::io::ioctl_fionbio(&complaints, true)?;
        let (pressed, press) = io::pipe()?;
        rustix::io::ioctl_fionbio(&pressed, true)?;
        let notifications = match settings.notify {
            true => Some(Notifications::new(settings.sound, Complaints(complain), press)?),
            false => None,
        };
        Ok(Teller { notifications, complaints: Some(complaints), pressed: Some(pressed) })
    }

    /// Tells the person. Returns at once.
    pub fn tell(&self, message: &Message) {
        if let Some(notifications) = &self.notifications {
            notifications.tell(message.clone());
        }
    }

    /// Waits until all is told, for as long as that is allowed to take.
    pub fn finish(&mut self) {
        if let Some(notifications) = self.notifications.take() {
            notifications.finish();
        }
    }

    /// What to wait on for complaints and for buttons; nothing where no more can come.
    pub fn sources(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.complaints, &self.pressed].into_iter().flatten().map(AsFd::as_fd)
    }

    /// What failed since the last call, a line each.
    pub fn complaints(&mut self) -> Vec<String> {
        lines(&mut self.complaints)
    }

    /// The buttons that were pressed since the last call.
    pub fn pressed(&mut self) -> Vec<Button> {
        lines(&mut self.pressed).iter().filter_map(|key| Button::named(key)).collect()
    }
}

/// What came through a pipe since the last look. One that is closed wakes its reader for ever, and is let go of.
fn lines(pipe: &mut Option<PipeReader>) -> Vec<String> {
    let mut text = String::new();
    // Ends with "would block", having read what there is, or at the end.
    pipe.take_if(|pipe| pipe.read_to_string(&mut text).is_ok());
    text.lines().map(str::to_owned).collect()
}

/// Where a way of telling complains.
struct Complaints(PipeWriter);

impl Complaints {
    fn say(&mut self, what: &str) {
        // It may quote a server, and ends on a terminal.
        let line = what.replace(char::is_control, " ") + "\n";
        // Nobody is left to hear it: then it does not matter.
        let _ = self.0.write_all(line.as_bytes());
    }
}
