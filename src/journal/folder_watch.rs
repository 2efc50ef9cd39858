//! Hears when the session's folder changes, and when its timer or a viewer dies.
//!
//! Who times is told by the lease alone. A process can only be heard dying where its number means something: not
//! from another container.

use crate::session::ProcessId;
use rustix::{
    fs::inotify::{self, CreateFlags, WatchFlags},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
};
use std::{
    fs,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::Path,
};

/// A watch on the folder, not on the file: files renamed over it are seen, and nothing has to be set up anew.
pub(crate) struct FolderWatch {
    inotify_fd: Option<OwnedFd>,
}

impl FolderWatch {
    pub(super) fn new(folder: &Path) -> FolderWatch {
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
        FolderWatch { inotify_fd: events.ok() }
    }

    /// What to wait on; nothing where the system has no watch left, and the caller has to look now and then.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.inotify_fd.as_ref().map(AsFd::as_fd)
    }

    /// Forgets the changes so far. Called *before* the journal is read: a later write is then either in what is
    /// read, or still to be heard of.
    pub(crate) fn drain_events(&self) {
        let mut buffer = [0; 4096];
        let Some(events) = &self.inotify_fd else { return };
        while rustix::io::read(events, &mut buffer).is_ok_and(|read| read > 0) {}
    }
}

/// What can be known of a process.
pub(crate) enum ProcessState {
    /// It lives; the handle tells when it dies.
    Alive(OwnedFd),
    /// There is no such process.
    Gone,
    /// It cannot be watched: it runs in another container, or the system has no handle to give.
    CannotBeWatched,
}

/// What can be known of a process that a journal names.
pub(crate) fn watch_process(process: ProcessId) -> ProcessState {
    if !is_in_this_namespace(process) {
        return ProcessState::CannotBeWatched;
    }
    let Some(pid) = Pid::from_raw(process.pid) else { return ProcessState::Gone };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => ProcessState::Alive(handle),
        Err(Errno::SRCH) => ProcessState::Gone,
        Err(_) => ProcessState::CannotBeWatched,
    }
}

/// Whether the number of a process that a journal names means it here, too.
pub(crate) fn is_in_this_namespace(process: ProcessId) -> bool {
    process.namespace.is_some() && process.namespace == pid_namespace()
}

/// This process, as a journal names it.
pub(crate) fn this_process() -> ProcessId {
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    ProcessId { pid, namespace: pid_namespace() }
}

/// The place where this process's number means it; nothing without `/proc`.
fn pid_namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|facts| facts.ino())
}
