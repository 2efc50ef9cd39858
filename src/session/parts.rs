//! Where time went.

use std::time::Duration;

/// Where the time of a phase or a session went. Whatever was slept lies within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// In a phase, before its deadline.
    pub active: Duration,
    /// Paused.
    pub paused: Duration,
    /// Past the deadline, nobody having said to swap.
    pub overdue: Duration,
    /// In a question before going on.
    pub asking: Duration,
    /// Nobody was timing.
    pub unknown: Duration,
}

impl Parts {
    /// All of it.
    pub fn elapsed(&self) -> Duration {
        self.active + self.paused + self.overdue + self.asking + self.unknown
    }

    pub(super) fn plus(self, other: Parts) -> Parts {
        Parts {
            active: self.active + other.active,
            paused: self.paused + other.paused,
            overdue: self.overdue + other.overdue,
            asking: self.asking + other.asking,
            unknown: self.unknown + other.unknown,
        }
    }
}
