//! Hears when the session's folder changes, and when its timer dies.

use rustix::{
    fs::inotify::{self, CreateFlags, WatchFlags},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
};
use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

/// A watch on the folder, not on the file: files renamed over it are seen, and nothing has to be set up anew.
pub struct Watch {
    events: Option<OwnedFd>,
}

impl Watch {
    pub(super) fn new(folder: &Path) -> Watch {
        let changes = WatchFlags::MODIFY
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .and_then(|events| inotify::add_watch(&events, folder, changes).map(|_| events));
        Watch { events: events.ok() }
    }

    /// What to wait on; nothing where the system has no watch left, and the caller has to look now and then.
    pub fn source(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().map(AsFd::as_fd)
    }

    /// Forgets the changes so far. Called *before* the journal is read: a later write is then either in what is
    /// read, or still to be heard of.
    pub fn drain(&self) {
        let mut buffer = [0; 4096];
        let Some(events) = &self.events else { return };
        while rustix::io::read(events, &mut buffer).is_ok_and(|read| read > 0) {}
    }
}

/// A handle on a timer that tells when it dies: killed with -9, it changes no file.
///
/// # Errors
/// There is no such process (`ESRCH`), or the system has no handle to give.
pub fn process(pid: i32) -> rustix::io::Result<OwnedFd> {
    pidfd_open(Pid::from_raw(pid).ok_or(Errno::SRCH)?, PidfdFlags::empty())
}
