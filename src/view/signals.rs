//! The signals that close a viewer, and the one that tells of a window's new size.

use rustix::{
    io::ioctl_fionbio,
    process::{Signal, getpid, kill_process},
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    flag,
    low_level::pipe,
};
use std::{
    io::{self, PipeReader, Read},
    os::fd::{AsFd, BorrowedFd},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Ctrl-C, Ctrl-\, a polite kill, a terminal that was closed, and Ctrl-Z, caught from now on.
pub(crate) struct Signals {
    last_signal: Arc<AtomicUsize>,
    wake_pipe: PipeReader,
}

impl Signals {
    /// Catches them.
    ///
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn register_handlers() -> io::Result<Signals> {
        let last = Arc::new(AtomicUsize::new(0));
        let (wake, woken) = io::pipe()?;
        ioctl_fionbio(&wake, true)?;
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] {
            // First the number, then the wake-up: handlers run in the order they were registered in.
            flag::register_usize(signal, Arc::clone(&last), usize::try_from(signal).unwrap_or_default())?;
            pipe::register(signal, woken.try_clone()?)?;
        }
        // It only wakes: whoever draws looks at the window's size each time, and no other signal is forgotten for it.
        pipe::register(SIGWINCH, woken)?;
        Ok(Signals { last_signal: last, wake_pipe: wake })
    }

    /// The signal that came, if any did. Until the next one, there is nothing to wake for.
    pub(crate) fn received_signal(&self) -> Option<i32> {
        // First this, then the number: one that comes between the two wakes once more.
        while (&self.wake_pipe).read(&mut [0; 16]).is_ok_and(|read| read > 0) {}
        i32::try_from(self.last_signal.load(Ordering::Relaxed)).ok().filter(|signal| *signal > 0)
    }

    /// Stops this process, as Ctrl-Z would have, until somebody wants it to go on.
    pub(crate) fn suspend_process(&self) {
        self.last_signal.store(0, Ordering::Relaxed);
        // Fails only for a process that is not there.
        let _ = kill_process(getpid(), Signal::STOP);
    }

    /// What to wait on.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.wake_pipe.as_fd()
    }
}
