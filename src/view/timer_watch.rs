//! Whether the session is timed, for one who looks on: heard at once where the timer's death can be heard, else asked
//! of the lease now and then. The lease is the truth: a number of a process may mean another one here.

use crate::{
    clock,
    journal::{Journal, ProcessState, watch_process},
    session::ProcessId,
};
use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

/// How often the lease is asked about a timer that cannot be watched.
const LEASE_POLL_INTERVAL: Duration = Duration::from_secs(10);

/// What a viewer knows of the timer.
pub(crate) struct TimerWatch<'a> {
    journal: &'a Journal,
    timer: Option<OwnedFd>,
    /// When to ask next, on the clock that runs on in sleep.
    next_lease_check: Option<Duration>,
    /// Whether nobody times it.
    pub(crate) is_over: bool,
}

impl<'a> TimerWatch<'a> {
    /// Before any timer is known.
    pub(crate) fn new(journal: &'a Journal) -> TimerWatch<'a> {
        TimerWatch { journal, timer: None, next_lease_check: None, is_over: false }
    }

    /// Takes in that this is the timer from now on.
    pub(crate) fn set_timer(&mut self, timer: ProcessId) {
        (self.timer, self.next_lease_check, self.is_over) = (None, None, false);
        match watch_process(timer) {
            ProcessState::Alive(handle) => self.timer = Some(handle),
            ProcessState::Gone => self.on_process_exit(),
            ProcessState::CannotBeWatched => self.check_lease(),
        }
    }

    /// Takes in that the timer's process is gone. Another may have the lease already, and will name itself.
    pub(crate) fn on_process_exit(&mut self) {
        self.timer = None;
        self.set_over(self.journal.has_timer() != Some(true));
    }

    /// Asks the lease, if it is time for that. Says whether nobody times it, as of now.
    pub(crate) fn check_lease_if_due(&mut self) -> bool {
        let is_due = self.next_lease_check.is_some_and(|at| at <= clock::now().boottime);
        if is_due {
            self.check_lease();
        }
        is_due && self.is_over
    }

    /// What to wait on for the timer's death.
    pub(crate) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.timer.as_ref().map(AsFd::as_fd)
    }

    /// Until when to wait at most.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.next_lease_check
    }

    fn check_lease(&mut self) {
        self.set_over(self.journal.has_timer() == Some(false));
    }

    fn set_over(&mut self, is_over: bool) {
        self.is_over = is_over;
        self.next_lease_check = (!is_over).then(|| clock::now().boottime + LEASE_POLL_INTERVAL);
    }
}
