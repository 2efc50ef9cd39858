//! Who looks on. While a viewer is open, the journal of a complete session stays for its keys.
//!
//! One that cannot be watched, as in another container, counts as open. That ends too: no complete session waits for
//! longer than five minutes, whoever looks on.

use crate::{
    journal::{Life, life},
    session::Process,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    collections::BTreeMap,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// The viewers that the journal names, and what is known of each.
#[derive(Default)]
pub struct Viewers {
    lives: BTreeMap<Process, Life>,
}

impl Viewers {
    /// Takes in the viewers. Soon after they came: a process id may go to another process later.
    pub fn note(&mut self, viewers: impl Iterator<Item = Process>) {
        for viewer in viewers {
            self.lives.entry(viewer).or_insert_with(|| life(viewer));
        }
        for known in self.lives.values_mut() {
            if matches!(known, Life::Watched(handle) if is_over(handle)) {
                *known = Life::Gone;
            }
        }
    }

    /// Whether one is open.
    pub fn is_any_open(&self) -> bool {
        self.lives.values().any(|life| !matches!(life, Life::Gone))
    }

    /// What to wait on for them to close.
    pub fn sources(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.lives.values().filter_map(|life| match life {
            Life::Watched(handle) => Some(handle.as_fd()),
            Life::Gone | Life::Unseen => None,
        })
    }
}

fn is_over(life: &OwnedFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(life, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
}
