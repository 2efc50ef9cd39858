//! Paced breathing: in slowly, and out for longer. That it is to be slow is D1's; the seconds are P.

use std::time::Duration;

const IN: Duration = Duration::from_secs(4);
const OUT: Duration = Duration::from_secs(6);

/// Which way the breath goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breath {
    /// In.
    In,
    /// Out.
    Out,
}

impl Breath {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Breath::In => "in",
            Breath::Out => "out",
        }
    }
}

/// A moment of a breath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Which way it goes.
    pub breath: Breath,
    /// For how long it has gone that way.
    pub elapsed: Duration,
    /// For how long it goes that way in all.
    pub length: Duration,
}

impl Pace {
    /// The breath so long after the phase began.
    pub fn at(elapsed: Duration) -> Pace {
        let whole = (IN + OUT).as_nanos();
        let at = Duration::from_nanos(u64::try_from(elapsed.as_nanos() % whole).unwrap_or_default());
        match at.checked_sub(IN) {
            None => Pace { breath: Breath::In, elapsed: at, length: IN },
            Some(out) => Pace { breath: Breath::Out, elapsed: out, length: OUT },
        }
    }

    /// For how long it still goes that way.
    pub fn left(&self) -> Duration {
        self.length.saturating_sub(self.elapsed)
    }

    /// What comes after it, from its beginning.
    #[must_use]
    pub fn next(&self) -> Pace {
        match self.breath {
            Breath::In => Pace::at(IN),
            Breath::Out => Pace::at(Duration::ZERO),
        }
    }

    /// How much of it is done, 0 to 1.
    pub fn done(&self) -> f64 {
        self.elapsed.as_secs_f64() / self.length.as_secs_f64()
    }
}
