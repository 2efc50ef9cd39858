//! The signals that close a viewer.

use rustix::io::ioctl_fionbio;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
    low_level::pipe,
};
use std::{
    io::{self, PipeReader},
    os::fd::{AsFd, BorrowedFd},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Ctrl-C, a polite kill, and a terminal that was closed, caught from now on.
pub struct Signals {
    last: Arc<AtomicUsize>,
    wake: PipeReader,
}

impl Signals {
    /// Catches them.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub fn catch() -> io::Result<Signals> {
        let last = Arc::new(AtomicUsize::new(0));
        let (wake, woken) = io::pipe()?;
        ioctl_fionbio(&wake, true)?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // First the number, then the wake-up: handlers run in the order they were registered in.
            flag::register_usize(signal, Arc::clone(&last), usize::try_from(signal).unwrap_or_default())?;
            pipe::register(signal, woken.try_clone()?)?;
        }
        Ok(Signals { last, wake })
    }

    /// The signal that came, if any did.
    pub fn caught(&self) -> Option<i32> {
        i32::try_from(self.last.load(Ordering::Relaxed)).ok().filter(|signal| *signal > 0)
    }

    /// What to wait on.
    pub fn source(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
