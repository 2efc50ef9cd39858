//! Where the time of a phase or a session went.

use super::Session;
use std::time::Duration;

/// How the time of a phase or a session divides up. Sleep of the computer is included in the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeBreakdown {
    /// In a phase before its deadline.
    pub active: Duration,
    /// While paused.
    pub paused: Duration,
    /// Past the deadline, without a swap.
    pub overdue: Duration,
    /// While a question was open before going on.
    pub asking: Duration,
    /// While no timer ran.
    pub unknown: Duration,
}

impl TimeBreakdown {
    /// All parts together.
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
    /// How the time so far divides up.
    pub fn time_breakdown(&self) -> TimeBreakdown {
        self.phase_progress
            .iter()
            .map(|phase| phase.time_breakdown)
            .fold(TimeBreakdown::default(), TimeBreakdown::plus)
    }
}
