//! Tells the person, in every way there is.
//!
//! Each way works on its own, off the timer's thread: none can hold up the session or another way. What fails
//! is complained about once, through a pipe that the timer's one wait listens to.

mod notification;
mod settings;

pub use settings::{Hooks, Sound, Speech};

use crate::session::{Message, Settings};
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
}

impl Teller {
    /// Sets up the ways that the settings ask for. Nothing is told yet, and no server is asked for.
    ///
    /// # Errors
    /// The system has no file descriptor or thread left.
    pub fn new(settings: &Settings) -> io::Result<Teller> {
        let (complaints, complain) = io::pipe()?;
        rustix::io::ioctl_fionbio(&complaints, true)?;
        let notifications = match settings.notify {
            true => Some(Notifications::new(settings.sound, Complaints(complain))?),
            false => None,
        };
        Ok(Teller { notifications, complaints: Some(complaints) })
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

    /// What to wait on for complaints; nothing where nobody is left to complain.
    pub fn source(&self) -> Option<BorrowedFd<'_>> {
        self.complaints.as_ref().map(AsFd::as_fd)
    }

    /// What failed since the last call, a line each.
    pub fn complaints(&mut self) -> Vec<String> {
        let mut text = String::new();
        if let Some(complaints) = &mut self.complaints {
            // Ends with "would block", having read what there is, or at the end: a closed pipe wakes its reader
            // for ever.
            let at_end = complaints.read_to_string(&mut text).is_ok();
            self.complaints.take_if(|_| at_end);
        }
        text.lines().map(str::to_owned).collect()
    }
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
