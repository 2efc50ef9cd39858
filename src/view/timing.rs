//! Whether the session is timed, for one who looks on: heard at once where the timer's death can be heard, else asked
//! of the lease now and then. The lease is the truth: a number of a process may mean another one here.

use crate::{
    clock,
    journal::{Journal, Life, life},
    session::Process,
};
use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

/// How often the lease is asked about a timer that cannot be watched.
const ASKS: Duration = Duration::from_secs(10);

/// What a viewer knows of the timer.
pub struct Timing<'a> {
    journal: &'a Journal,
    timer: Option<OwnedFd>,
    /// When to ask next, on the clock that runs on in sleep.
    asks: Option<Duration>,
    /// Whether nobody times it.
    pub is_over: bool,
}

impl<'a> Timing<'a> {
    /// Before any timer is known.
    pub fn new(journal: &'a Journal) -> Timing<'a> {
        Timing { journal, timer: None, asks: None, is_over: false }
    }

    /// Takes in that this is the timer from now on.
    pub fn begins(&mut self, timer: Process) {
        (self.timer, self.asks, self.is_over) = (None, None, false);
        match life(timer) {
            Life::Watched(handle) => self.timer = Some(handle),
            Life::Gone => self.dies(),
            Life::Unseen => self.ask(),
        }
    }

    /// Takes in that the timer's process is gone. Another may have the lease already, and will name itself.
    pub fn dies(&mut self) {
        self.timer = None;
        self.settle(self.journal.is_watched() != Some(true));
    }

    /// Asks the lease, if it is time for that. Says whether nobody times it, as of now.
    pub fn ask_if_due(&mut self) -> bool {
        let is_due = self.asks.is_some_and(|at| at <= clock::now().boottime);
        if is_due {
            self.ask();
        }
        is_due && self.is_over
    }

    /// What to wait on for the timer's death.
    pub fn source(&self) -> Option<BorrowedFd<'_>> {
        self.timer.as_ref().map(AsFd::as_fd)
    }

    /// Until when to wait at most.
    pub fn deadline(&self) -> Option<Duration> {
        self.asks
    }

    fn ask(&mut self) {
        self.settle(self.journal.is_watched() == Some(false));
    }

    fn settle(&mut self, is_over: bool) {
        self.is_over = is_over;
        self.asks = (!is_over).then(|| clock::now().boottime + ASKS);
    }
}
