//! Tells a viewer whether the session still has a timer.
//!
//! Where the timer's process can be watched, its end is noticed at once; else the timer's lease is polled. The lease
//! decides: a process id may belong to another process here.

use crate::{
    clock,
    journal::{Journal, ProcessState, watch_process},
    session::ProcessId,
};
use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

/// How often the lease is checked for a timer whose process cannot be watched.
const LEASE_POLL_INTERVAL: Duration = Duration::from_secs(10);

/// What a viewer knows of the session's timer.
pub(crate) struct TimerWatch<'a> {
    journal: &'a Journal,
    timer: Option<OwnedFd>,
    /// On the clock that includes sleep.
    next_lease_check: Option<Duration>,
    pub(crate) is_timer_gone: bool,
}

impl<'a> TimerWatch<'a> {
    pub(crate) fn new(journal: &'a Journal) -> TimerWatch<'a> {
        TimerWatch { journal, timer: None, next_lease_check: None, is_timer_gone: false }
    }

    /// Watches this process from now on.
    pub(crate) fn set_timer(&mut self, timer: ProcessId) {
        self.timer = None;
        self.next_lease_check = None;
        self.is_timer_gone = false;
        match watch_process(timer) {
            ProcessState::Alive(handle) => self.timer = Some(handle),
            ProcessState::Gone => self.on_process_exit(),
            ProcessState::CannotBeWatched => self.check_lease(),
        }
    }

    /// The timer's process has ended. Another may have the lease already; the journal will name it.
    pub(crate) fn on_process_exit(&mut self) {
        self.timer = None;
        self.set_timer_gone(self.journal.has_timer() != Some(true));
    }

    /// Checks the lease if that is due. True if this check found no timer.
    pub(crate) fn check_lease_if_due(&mut self) -> bool {
        let is_due = self.next_lease_check.is_some_and(|at| at <= clock::now().boottime);
        if is_due {
            self.check_lease();
        }
        is_due && self.is_timer_gone
    }

    /// Becomes readable when the timer's process ends.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.timer.as_ref().map(AsFd::as_fd)
    }

    /// When the next lease check is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.next_lease_check
    }

    fn check_lease(&mut self) {
        self.set_timer_gone(self.journal.has_timer() == Some(false));
    }

    fn set_timer_gone(&mut self, is_timer_gone: bool) {
        self.is_timer_gone = is_timer_gone;
        self.next_lease_check = (!is_timer_gone).then(|| clock::now().boottime + LEASE_POLL_INTERVAL);
    }
}
