//! Where time went.

use super::Session;
use std::time::Duration;

/// Where the time of a phase or a session went. Whatever was slept lies within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeBreakdown {
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

impl TimeBreakdown {
    /// All of it.
    pub fn elapsed(&self) -> Duration {
        self.active + self.paused + self.overdue + self.asking + self.unknown
    }

    pub(super) fn plus(self, other: TimeBreakdown) -> TimeBreakdown {
        TimeBreakdown {
            active: self.active + other.active,
            paused: self.paused + other.paused,
            overdue: self.overdue + other.overdue,
            asking: self.asking + other.asking,
            unknown: self.unknown + other.unknown,
        }
    }
}

impl Session {
    /// Where the time went so far.
    pub fn time_breakdown(&self) -> TimeBreakdown {
        self.phase_progress
            .iter()
            .map(|phase| phase.time_breakdown)
            .fold(TimeBreakdown::default(), TimeBreakdown::plus)
    }
}
