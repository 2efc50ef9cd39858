//! The progress of one phase.

use super::{Actor, Session, TimeBreakdown};
use crate::time::WallTime;
use std::time::Duration;

/// The progress of a phase that has started.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PhaseProgress {
    pub(crate) started: WallTime,
    pub(crate) time_breakdown: TimeBreakdown,
    pub(crate) slept: Duration,
    /// The computer slept past the deadline: no alert was possible then.
    pub(crate) has_slept_past_deadline: bool,
    pub(crate) extended_by: Duration,
    /// How long the phase is past its deadline, since the last stop of the clock or extension.
    pub(crate) late_by: Duration,
    /// Who started it; `None` for the first phase.
    pub(crate) started_by: Option<Actor>,
    /// How long after its start the person answered.
    pub(crate) answered_after: Option<Duration>,
    /// Whether it has ended, by a swap or by the end of the session.
    pub(crate) has_ended: bool,
    /// Its length, if that is only known when it starts.
    pub(crate) length_at_start: Option<Duration>,
    /// By how much a limit, or a skip before a question, shortened it.
    pub(crate) shortened_by: Duration,
    /// Whether the person declined it: then it never ran.
    pub(crate) is_declined: bool,
    /// Whether the person answered the presence check.
    pub(crate) has_answered_check: bool,
}

impl PhaseProgress {
    pub(crate) fn new(started: WallTime, started_by: Option<Actor>) -> PhaseProgress {
        PhaseProgress {
            started,
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

    /// Whether it never ran: it was declined, or no time was left for it.
    pub(crate) fn is_left_out(&self) -> bool {
        self.is_declined
            || self.length_at_start.is_some_and(|length| length.is_zero()) && self.extended_by.is_zero()
    }
}

impl Session {
    /// Whether the current phase is past its deadline.
    pub(super) fn is_phase_time_up(&self) -> bool {
        !self.is_over() && self.has_timer && !self.is_paused && self.phase_remaining().is_zero()
    }

    /// The length of the current phase, with extensions.
    pub(super) fn phase_length(&self) -> Duration {
        self.base_phase_length()
            .saturating_add(self.current_progress().extended_by)
            .saturating_sub(self.current_progress().shortened_by)
    }

    /// The length of the current phase, without extensions.
    pub(super) fn base_phase_length(&self) -> Duration {
        let progress = self.current_progress();
        if progress.is_declined {
            Duration::ZERO
        } else {
            progress.length_at_start.unwrap_or(self.current_phase().planned_duration())
        }
    }

    pub(super) fn phase_remaining(&self) -> Duration {
        self.phase_length().saturating_sub(self.current_progress().time_breakdown.active)
    }
}
