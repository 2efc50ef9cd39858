//! Watches the session's folder for changes, and the timer and the viewers for their end.
//!
//! Whether a timer runs is decided by the lease alone. A process can be watched only where its id is valid: not from
//! another container.

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

/// A watch on the folder, not on the file: it also sees files that are renamed over the journal, and needs no renewal.
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
        let inotify_fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .and_then(|inotify_fd| inotify::add_watch(&inotify_fd, folder, changes).map(|_| inotify_fd));
        FolderWatch { inotify_fd: inotify_fd.ok() }
    }

    /// The file descriptor to wait on; `None` if the system has no watch left, and the caller must poll.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.inotify_fd.as_ref().map(AsFd::as_fd)
    }

    /// Discards the changes so far. Call this *before* reading the journal: a later write is then either in what was
    /// read, or reported afterwards.
    pub(crate) fn drain_events(&self) {
        let mut buffer = [0; 4096];
        let Some(inotify_fd) = &self.inotify_fd else { return };
        while rustix::io::read(inotify_fd, &mut buffer).is_ok_and(|read| read > 0) {}
    }
}

/// What is known about a process.
pub(crate) enum ProcessState {
    /// It runs; the handle becomes readable when it ends.
    Alive(OwnedFd),
    /// No such process exists.
    Gone,
    /// It cannot be watched: it runs in another container, or the system has no handle left.
    CannotBeWatched,
}

/// Looks up a process that a journal names.
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

/// Whether the id of a process in a journal is valid in this PID namespace.
pub(crate) fn is_in_this_namespace(process: ProcessId) -> bool {
    process.namespace.is_some() && process.namespace == pid_namespace()
}

/// This process, as a journal names it.
pub(crate) fn this_process() -> ProcessId {
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    ProcessId { pid, namespace: pid_namespace() }
}

/// The PID namespace of this process; `None` without `/proc`.
fn pid_namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|metadata| metadata.ino())
}
