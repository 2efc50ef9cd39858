//! Paced breathing: in slowly, and out for longer. That it is to be slow is D1's; the seconds are P.

use std::time::Duration;

const INHALE_LENGTH: Duration = Duration::from_secs(4);
const EXHALE_LENGTH: Duration = Duration::from_secs(6);

/// Which way the breath goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BreathDirection {
    /// In.
    In,
    /// Out.
    Out,
}

impl BreathDirection {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            BreathDirection::In => "in",
            BreathDirection::Out => "out",
        }
    }
}

/// A moment of a breath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BreathProgress {
    /// Which way it goes.
    pub(crate) direction: BreathDirection,
    /// For how long it has gone that way.
    pub(crate) elapsed: Duration,
    /// For how long it goes that way in all.
    pub(crate) length: Duration,
}

impl BreathProgress {
    /// The breath so long after the phase began.
    pub(crate) fn at_phase_elapsed(elapsed: Duration) -> BreathProgress {
        let whole = (INHALE_LENGTH + EXHALE_LENGTH).as_nanos();
        let at = Duration::from_nanos(u64::try_from(elapsed.as_nanos() % whole).unwrap_or_default());
        match at.checked_sub(INHALE_LENGTH) {
            None => BreathProgress { direction: BreathDirection::In, elapsed: at, length: INHALE_LENGTH },
            Some(out) => {
                BreathProgress { direction: BreathDirection::Out, elapsed: out, length: EXHALE_LENGTH }
            }
        }
    }

    /// For how long it still goes that way.
    pub(crate) fn time_left(&self) -> Duration {
        self.length.saturating_sub(self.elapsed)
    }

    /// What comes after it, from its beginning.
    #[must_use]
    pub(crate) fn next_breath(&self) -> BreathProgress {
        match self.direction {
            BreathDirection::In => BreathProgress::at_phase_elapsed(INHALE_LENGTH),
            BreathDirection::Out => BreathProgress::at_phase_elapsed(Duration::ZERO),
        }
    }

    /// How much of it is done, 0 to 1.
    pub(crate) fn elapsed_fraction(&self) -> f64 {
        self.elapsed.as_secs_f64() / self.length.as_secs_f64()
    }
}
