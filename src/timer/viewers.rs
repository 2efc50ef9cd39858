//! Who looks on. While a viewer is open, the journal of a complete session stays for its keys.

use crate::journal::process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    collections::BTreeMap,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

/// The viewers that the journal names, each with a handle that tells when it closes.
#[derive(Default)]
pub struct Viewers {
    /// None for one that is closed.
    lives: BTreeMap<i32, Option<OwnedFd>>,
}

impl Viewers {
    /// Takes in the viewers by their process ids. Soon after they came: an id may go to another process later.
    pub fn note(&mut self, pids: impl Iterator<Item = i32>) {
        for pid in pids {
            self.lives.entry(pid).or_insert_with(|| process(pid).ok());
        }
        for life in self.lives.values_mut() {
            life.take_if(|life| is_over(life));
        }
    }

    /// Whether one is open.
    pub fn is_any_open(&self) -> bool {
        self.sources().next().is_some()
    }

    /// What to wait on for them to close.
    pub fn sources(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.lives.values().flatten().map(AsFd::as_fd)
    }
}

fn is_over(life: &OwnedFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(life, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
}
