//! The open viewers. While one is open, the journal of a completed session stays for its keys.
//!
//! A viewer that cannot be watched, as in another container, counts as open. Even so no completed session waits for
//! longer than five minutes.

use crate::{
    journal::{ProcessState, watch_process},
    session::ProcessId,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    collections::BTreeMap,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// The viewers that the journal names, and the state of each.
#[derive(Default)]
pub(crate) struct OpenViewers {
    pidfds: BTreeMap<ProcessId, ProcessState>,
}

impl OpenViewers {
    /// Adds viewers. Call this soon after they opened: a process id may be reused later.
    pub(crate) fn add_pids(&mut self, viewers: impl Iterator<Item = ProcessId>) {
        for viewer in viewers {
            self.pidfds.entry(viewer).or_insert_with(|| watch_process(viewer));
        }
        for state in self.pidfds.values_mut() {
            if matches!(state, ProcessState::Alive(handle) if has_exited(handle)) {
                *state = ProcessState::Gone;
            }
        }
    }

    /// Whether any viewer is open.
    pub(crate) fn is_any_open(&self) -> bool {
        self.pidfds.values().any(|state| !matches!(state, ProcessState::Gone))
    }

    /// The file descriptors that become readable when viewers close.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.pidfds.values().filter_map(|state| match state {
            ProcessState::Alive(handle) => Some(handle.as_fd()),
            ProcessState::Gone | ProcessState::CannotBeWatched => None,
        })
    }
}

fn has_exited(pidfd: &OwnedFd) -> bool {
    let no_wait = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&no_wait)).is_ok_and(|ready_count| ready_count > 0)
}
