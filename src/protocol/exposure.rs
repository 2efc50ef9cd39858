//! How much of a kind there was without a break, and the guard that keeps a plan inside its limit.
//!
//! The guards travel with the plan, so that a running session can refuse what would break a limit, whichever way
//! it comes: an extension, another round, a phase cut short.

use super::Kind;
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
    pub since: Duration,
}

/// The limit of a kind without a break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// The kind that is limited.
    pub kind: Kind,
    /// The most of it without a break.
    #[serde(rename = "most_s", with = "seconds")]
    pub most: Duration,
    /// The shortest time without it that counts as a break.
    #[serde(rename = "break_s", with = "seconds")]
    pub rest: Duration,
    /// Who says so.
    pub source: String,
    /// What earlier sessions leave.
    #[serde(default, skip_serializing_if = "is_none")]
    pub carried: Exposure,
}

impl Guard {
    /// The exposure after a phase, this kind's or another's.
    pub fn after(&self, exposure: Exposure, kind: Kind, length: Duration) -> Exposure {
        if length.is_zero() {
            return exposure;
        }
        if kind != self.kind {
            return Exposure { since: exposure.since.saturating_add(length), ..exposure };
        }
        let before = if self.is_broken(exposure) { Duration::ZERO } else { exposure.unbroken };
        Exposure { unbroken: before.saturating_add(length), since: Duration::ZERO }
    }

    /// Whether there was a break.
    pub fn is_broken(&self, exposure: Exposure) -> bool {
        exposure.since >= self.rest
    }

    /// How much more of the kind there may be at once after these phases.
    pub fn left_after(&self, phases: impl IntoIterator<Item = (Kind, Duration)>) -> Duration {
        let exposure = phases
            .into_iter()
            .fold(self.carried, |exposure, (kind, length)| self.after(exposure, kind, length));
        let unbroken = if self.is_broken(exposure) { Duration::ZERO } else { exposure.unbroken };
        self.most.saturating_sub(unbroken)
    }

    /// The most of the kind without a break that these phases come to, if it is over the limit.
    pub fn breach(&self, phases: impl IntoIterator<Item = (Kind, Duration)>) -> Option<Duration> {
        let exposures = phases.into_iter().scan(self.carried, |exposure, (kind, length)| {
            *exposure = self.after(*exposure, kind, length);
            Some(exposure.unbroken)
        });
        exposures.max().filter(|most| *most > self.most)
    }
}

fn is_none(exposure: &Exposure) -> bool {
    exposure.unbroken.is_zero()
}

mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(length.as_secs())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
