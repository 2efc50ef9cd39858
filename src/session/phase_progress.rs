//! How far one phase has come.

use super::{Actor, Session, TimeBreakdown};
use crate::time::WallTime;
use std::time::Duration;

/// How far a phase has come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PhaseProgress {
    pub(crate) started: WallTime,
    pub(crate) time_breakdown: TimeBreakdown,
    pub(crate) slept: Duration,
    /// The computer slept past the deadline: nobody can have been told then.
    pub(crate) has_slept_past_deadline: bool,
    pub(crate) extended_by: Duration,
    /// How long past the deadline, nothing else having happened since.
    pub(crate) late_by: Duration,
    /// Who began it; nobody swapped to the first phase.
    pub(crate) started_by: Option<Actor>,
    /// How long after its beginning somebody answered.
    pub(crate) answered_after: Option<Duration>,
    /// Whether it was left, by a swap or by the session's end.
    pub(crate) has_ended: bool,
    /// Its length, where that is only known once it begins.
    pub(crate) length_at_start: Option<Duration>,
    /// How much was cut off its end, where a question follows.
    pub(crate) shortened_by: Duration,
    /// Whether the person said no to it: then it never ran.
    pub(crate) is_declined: bool,
    /// Whether anybody answered the question in its middle.
    pub(crate) has_answered_check: bool,
}

impl PhaseProgress {
    pub(crate) fn new(began: WallTime, started_by: Option<Actor>) -> PhaseProgress {
        PhaseProgress {
            started: began,
            time_breakdown: TimeBreakdown::default(),
            slept: Duration::ZERO,
            has_slept_past_deadline: false,
            extended_by: Duration::ZERO,
            started_by,
            answered_after: None,
            late_by: Duration::ZERO,
            has_ended: false,
            length_at_start: None,
            shortened_by: Duration::ZERO,
            is_declined: false,
            has_answered_check: false,
        }
    }

    /// Whether it never ran: by a no, or because no time was left for it.
    pub(crate) fn is_left_out(&self) -> bool {
        self.is_declined
            || self.length_at_start.is_some_and(|length| length.is_zero()) && self.extended_by.is_zero()
    }
}

impl Session {
    /// Whether the current phase's deadline has passed.
    pub(super) fn is_phase_time_up(&self) -> bool {
        !self.is_over() && self.has_timer && !self.is_paused && self.phase_remaining().is_zero()
    }
}
