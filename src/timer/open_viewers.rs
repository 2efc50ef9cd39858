//! Who looks on. While a viewer is open, the journal of a complete session stays for its keys.
//!
//! One that cannot be watched, as in another container, counts as open. That ends too: no complete session waits for
//! longer than five minutes, whoever looks on.

use crate::{
    journal::{ProcessState, watch_process},
    session::ProcessId,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    collections::BTreeMap,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// The viewers that the journal names, and what is known of each.
#[derive(Default)]
pub(crate) struct OpenViewers {
    pidfds: BTreeMap<ProcessId, ProcessState>,
}

impl OpenViewers {
    /// Takes in the viewers. Soon after they came: a process id may go to another process later.
    pub(crate) fn add_pids(&mut self, viewers: impl Iterator<Item = ProcessId>) {
        for viewer in viewers {
            self.pidfds.entry(viewer).or_insert_with(|| watch_process(viewer));
        }
        for known in self.pidfds.values_mut() {
            if matches!(known, ProcessState::Alive(handle) if has_exited(handle)) {
                *known = ProcessState::Gone;
            }
        }
    }

    /// Whether one is open.
    pub(crate) fn is_any_open(&self) -> bool {
        self.pidfds.values().any(|life| !matches!(life, ProcessState::Gone))
    }

    /// What to wait on for them to close.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.pidfds.values().filter_map(|life| match life {
            ProcessState::Alive(handle) => Some(handle.as_fd()),
            ProcessState::Gone | ProcessState::CannotBeWatched => None,
        })
    }
}

fn has_exited(life: &OwnedFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(life, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
}
