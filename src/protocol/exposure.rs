//! Exposure to heat or cold without a break, and the limit on it.
//!
//! The limits are stored in the plan, so that a running session can refuse whatever would break one: an extension,
//! another round, a phase cut short.

use super::PhaseKind;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The exposure to one kind without a break, and how long ago it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// How long it lasted without a break.
    #[serde(rename = "unbroken_s", with = "seconds")]
    pub unbroken: Duration,
    /// How long ago it ended.
    #[serde(rename = "since_s", with = "seconds")]
    pub(crate) ended_ago: Duration,
}

/// The limit on one kind without a break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposureLimit {
    /// The kind of phase that is limited.
    pub kind: PhaseKind,
    /// The longest time of it without a break.
    #[serde(rename = "most_s", with = "seconds")]
    pub max_unbroken: Duration,
    /// The shortest time without it that counts as a break.
    #[serde(rename = "break_s", with = "seconds")]
    pub min_break: Duration,
    /// The sources, by the tags of `PROTOCOLS.md`.
    #[serde(rename = "source")]
    pub citation: String,
    /// The exposure that earlier sessions left.
    #[serde(default, skip_serializing_if = "has_no_exposure")]
    #[serde(rename = "carried")]
    pub carry_over: Exposure,
}

impl ExposureLimit {
    /// The exposure after one more phase of any kind.
    pub(crate) fn exposure_after(&self, exposure: Exposure, kind: PhaseKind, duration: Duration) -> Exposure {
        if duration.is_zero() {
            return exposure;
        }
        if kind != self.kind {
            return Exposure { ended_ago: exposure.ended_ago.saturating_add(duration), ..exposure };
        }
        let unbroken = if self.has_had_break(exposure) { Duration::ZERO } else { exposure.unbroken };
        Exposure { unbroken: unbroken.saturating_add(duration), ended_ago: Duration::ZERO }
    }

    /// Whether the time since the exposure ended counts as a break.
    pub(crate) fn has_had_break(&self, exposure: Exposure) -> bool {
        exposure.ended_ago >= self.min_break
    }

    /// How much more of the kind is allowed without a break after these phases.
    pub(crate) fn remaining_after(
        &self,
        phases: impl IntoIterator<Item = (PhaseKind, Duration)>,
    ) -> Duration {
        let exposure = phases.into_iter().fold(self.carry_over, |exposure, (kind, duration)| {
            self.exposure_after(exposure, kind, duration)
        });
        let unbroken = if self.has_had_break(exposure) { Duration::ZERO } else { exposure.unbroken };
        self.max_unbroken.saturating_sub(unbroken)
    }

    /// The longest exposure without a break in these phases, if it is over the limit.
    pub(crate) fn find_exposure_over_limit(
        &self,
        phases: impl IntoIterator<Item = (PhaseKind, Duration)>,
    ) -> Option<Duration> {
        let exposures = phases.into_iter().scan(self.carry_over, |exposure, (kind, duration)| {
            *exposure = self.exposure_after(*exposure, kind, duration);
            Some(exposure.unbroken)
        });
        exposures.max().filter(|longest| *longest > self.max_unbroken)
    }
}

fn has_no_exposure(exposure: &Exposure) -> bool {
    exposure.unbroken.is_zero()
}

mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_secs())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
