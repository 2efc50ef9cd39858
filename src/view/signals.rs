//! The signals that close or suspend a viewer, and the one for a change of the window's size.

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

/// Catches SIGINT, SIGQUIT, SIGTERM, SIGHUP and SIGTSTP instead of their default actions, and SIGWINCH.
pub(crate) struct Signals {
    last_signal: Arc<AtomicUsize>,
    wake_pipe: PipeReader,
}

impl Signals {
    /// # Errors
    /// The system has no file descriptor left.
    pub(crate) fn register_handlers() -> io::Result<Signals> {
        let last_signal = Arc::new(AtomicUsize::new(0));
        let (wake_pipe, writer) = io::pipe()?;
        ioctl_fionbio(&wake_pipe, true)?;
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP] {
            // The number before the wake-up: handlers run in the order of registration.
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&last_signal), number)?;
            pipe::register(signal, writer.try_clone()?)?;
        }
        // SIGWINCH only wakes: the window's size is read at each redraw, and the number of another signal is kept.
        pipe::register(SIGWINCH, writer)?;
        Ok(Signals { last_signal, wake_pipe })
    }

    /// The last signal caught, if there was one. Empties the wake-up pipe.
    pub(crate) fn received_signal(&self) -> Option<i32> {
        // The pipe before the number: a signal that arrives between the two wakes the caller again.
        while (&self.wake_pipe).read(&mut [0; 16]).is_ok_and(|read| read > 0) {}
        i32::try_from(self.last_signal.load(Ordering::Relaxed)).ok().filter(|signal| *signal > 0)
    }

    /// Stops this process until it is continued, as Ctrl-Z would.
    pub(crate) fn suspend_process(&self) {
        self.last_signal.store(0, Ordering::Relaxed);
        // Fails only if the process does not exist.
        let _ = kill_process(getpid(), Signal::STOP);
    }

    /// Becomes readable when a signal arrives.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.wake_pipe.as_fd()
    }
}
