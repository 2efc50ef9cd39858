//! How much of a kind there was without a break, and the guard that keeps a plan inside its limit.
//!
//! The guards travel with the plan, so that a running session can refuse what would break a limit, whichever way
//! it comes: an extension, another round, a phase cut short.

use super::PhaseKind;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much of a kind there was without a break, and how long ago that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// How much.
    #[serde(rename = "unbroken_s", with = "seconds")]
    pub unbroken: Duration,
    /// How long ago it ended.
    #[serde(rename = "since_s", with = "seconds")]
    pub(crate) ended_ago: Duration,
}

/// The limit of a kind without a break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposureLimit {
    /// The kind that is limited.
    pub kind: PhaseKind,
    /// The most of it without a break.
    #[serde(rename = "most_s", with = "seconds")]
    pub max_unbroken: Duration,
    /// The shortest time without it that counts as a break.
    #[serde(rename = "break_s", with = "seconds")]
    pub min_break: Duration,
    /// Who says so.
    #[serde(rename = "source")]
    pub citation: String,
    /// What earlier sessions leave.
    #[serde(default, skip_serializing_if = "has_no_exposure")]
    #[serde(rename = "carried")]
    pub carry_over: Exposure,
}

impl ExposureLimit {
    /// The exposure after a phase, this kind's or another's.
    pub(crate) fn exposure_after(&self, exposure: Exposure, kind: PhaseKind, length: Duration) -> Exposure {
        if length.is_zero() {
            return exposure;
        }
        if kind != self.kind {
            return Exposure { ended_ago: exposure.ended_ago.saturating_add(length), ..exposure };
        }
        let before = if self.has_had_break(exposure) { Duration::ZERO } else { exposure.unbroken };
        Exposure { unbroken: before.saturating_add(length), ended_ago: Duration::ZERO }
    }

    /// Whether there was a break.
    pub(crate) fn has_had_break(&self, exposure: Exposure) -> bool {
        exposure.ended_ago >= self.min_break
    }

    /// How much more of the kind there may be at once after these phases.
    pub(crate) fn remaining_after(
        &self,
        phases: impl IntoIterator<Item = (PhaseKind, Duration)>,
    ) -> Duration {
        let exposure = phases
            .into_iter()
            .fold(self.carry_over, |exposure, (kind, length)| self.exposure_after(exposure, kind, length));
        let unbroken = if self.has_had_break(exposure) { Duration::ZERO } else { exposure.unbroken };
        self.max_unbroken.saturating_sub(unbroken)
    }

    /// The most of the kind without a break that these phases come to, if it is over the limit.
    pub(crate) fn find_exposure_over_limit(
        &self,
        phases: impl IntoIterator<Item = (PhaseKind, Duration)>,
    ) -> Option<Duration> {
        let exposures = phases.into_iter().scan(self.carry_over, |exposure, (kind, length)| {
            *exposure = self.exposure_after(*exposure, kind, length);
            Some(exposure.unbroken)
        });
        exposures.max().filter(|most| *most > self.max_unbroken)
    }
}

fn has_no_exposure(exposure: &Exposure) -> bool {
    exposure.unbroken.is_zero()
}

mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(crate) fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(length.as_secs())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
