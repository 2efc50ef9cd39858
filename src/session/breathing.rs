//! Paced breathing: in slowly, and out for longer. Slow breathing is from D1; the seconds are P.

use std::time::Duration;

const INHALE_LENGTH: Duration = Duration::from_secs(4);
const EXHALE_LENGTH: Duration = Duration::from_secs(6);

/// The direction of a breath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BreathDirection {
    In,
    Out,
}

impl BreathDirection {
    /// The word that is spoken for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            BreathDirection::In => "in",
            BreathDirection::Out => "out",
        }
    }
}

/// The progress of one breath in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BreathProgress {
    pub(crate) direction: BreathDirection,
    /// How long it has lasted.
    pub(crate) elapsed: Duration,
    /// How long it lasts in all.
    pub(crate) length: Duration,
}

impl BreathProgress {
    /// The breath this long after the start of the phase.
    pub(crate) fn at_phase_elapsed(elapsed: Duration) -> BreathProgress {
        let cycle_nanos = (INHALE_LENGTH + EXHALE_LENGTH).as_nanos();
        let cycle_elapsed =
            Duration::from_nanos(u64::try_from(elapsed.as_nanos() % cycle_nanos).unwrap_or_default());
        match cycle_elapsed.checked_sub(INHALE_LENGTH) {
            None => BreathProgress {
                direction: BreathDirection::In,
                elapsed: cycle_elapsed,
                length: INHALE_LENGTH,
            },
            Some(exhale_elapsed) => BreathProgress {
                direction: BreathDirection::Out,
                elapsed: exhale_elapsed,
                length: EXHALE_LENGTH,
            },
        }
    }

    /// How long it still lasts.
    pub(crate) fn time_left(&self) -> Duration {
        self.length.saturating_sub(self.elapsed)
    }

    /// The start of the breath that follows it.
    #[must_use]
    pub(crate) fn next_breath(&self) -> BreathProgress {
        match self.direction {
            BreathDirection::In => BreathProgress::at_phase_elapsed(INHALE_LENGTH),
            BreathDirection::Out => BreathProgress::at_phase_elapsed(Duration::ZERO),
        }
    }

    /// The fraction of it that is over, 0 to 1.
    pub(crate) fn elapsed_fraction(&self) -> f64 {
        self.elapsed.as_secs_f64() / self.length.as_secs_f64()
    }
}
