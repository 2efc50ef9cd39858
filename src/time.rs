//! Moments and durations: types, parsing and formatting.
//!
//! Pure: nothing here reads a clock, the caller passes a [`Stamp`] in. A stamp holds two monotonic clocks, one that
//! stops while the computer sleeps and one that does not, so that sleep can be told from time awake.

mod date_time;
mod duration;
mod rfc3339;

pub use date_time::parse_date_time;
pub(crate) use duration::format_countdown;
pub use duration::{format_duration, format_hms, parse_duration};

use jiff::{
    Timestamp, ZonedDateTime,
    civil::{Date, DateTime},
    fmt::temporal::Pieces,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr, time::Duration};

/// One moment, as all clocks of the computer show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The boot that the next two clocks count from; empty if it could not be read.
    #[serde(rename = "boot")]
    pub boot_id: String,
    /// Time since boot including sleep (`CLOCK_BOOTTIME`), in nanoseconds.
    #[serde(rename = "boottime_ns", with = "nanos")]
    pub boottime: Duration,
    /// Time since boot without sleep (`CLOCK_MONOTONIC`), in nanoseconds.
    #[serde(rename = "monotonic_ns", with = "nanos")]
    pub monotonic: Duration,
    /// The wall clock; it may have been set since.
    pub wall: WallTime,
}

/// The time between two stamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// The whole span, including sleep; never negative.
    pub total: Duration,
    /// How much of `total` the computer slept.
    pub slept: Duration,
    /// Whether the computer was restarted in between: then `total` comes from the wall clock alone.
    pub has_rebooted: bool,
}

impl Stamp {
    /// Measures from an earlier stamp to this one. A clock that ran backwards counts as zero.
    pub fn since(&self, earlier: &Stamp) -> Elapsed {
        if !self.is_same_boot(earlier) {
            return Elapsed {
                total: self.wall.since(&earlier.wall),
                slept: Duration::ZERO,
                has_rebooted: true,
            };
        }
        let total = self.boottime.saturating_sub(earlier.boottime);
        let awake = self.monotonic.saturating_sub(earlier.monotonic);
        let slept = total.saturating_sub(awake);
        // The two clocks are read one after the other, so they differ by microseconds even without sleep.
        let slept = if slept < Duration::from_millis(10) { Duration::ZERO } else { slept };
        Elapsed { total, slept, has_rebooted: false }
    }

    /// This stamp plus `later`, if the computer stays awake.
    #[must_use]
    pub fn plus(&self, later: Duration) -> Stamp {
        Stamp {
            boot_id: self.boot_id.clone(),
            boottime: self.boottime.saturating_add(later),
            monotonic: self.monotonic.saturating_add(later),
            wall: self.wall.plus(later),
        }
    }

    /// This moment on the clocks that `other` was read from. If they are another computer's, only the wall clock says
    /// how far they have come.
    #[must_use]
    pub(crate) fn on_clocks_of(&self, other: &Stamp) -> Stamp {
        if self.is_same_boot(other) {
            return self.clone();
        }
        Stamp { wall: self.wall, ..other.plus(self.wall.since(&other.wall)) }
    }

    /// Whether both stamps are from the same boot and `other` is not earlier.
    pub fn is_before_or_at(&self, other: &Stamp) -> bool {
        self.is_same_boot(other) && self.boottime <= other.boottime
    }

    /// A boot id that could not be read counts as the same boot.
    fn is_same_boot(&self, other: &Stamp) -> bool {
        self.boot_id == other.boot_id || self.boot_id.is_empty() || other.boot_id.is_empty()
    }

    /// The same stamp, with the earlier stamp's boot id if its own could not be read, so that a later restart is
    /// noticed.
    #[must_use]
    pub(crate) fn with_boot_id_from(&self, earlier: &Stamp) -> Stamp {
        let boot_id = if self.boot_id.is_empty() { &earlier.boot_id } else { &self.boot_id };
        Stamp { boot_id: boot_id.clone(), ..self.clone() }
    }
}

/// A moment on the wall clock with its UTC offset. Reads and writes RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime {
    at: Timestamp,
    offset: Offset,
}

impl WallTime {
    /// The moment `at`, shown with this UTC offset.
    pub fn new(at: Timestamp, offset: Offset) -> WallTime {
        WallTime { at, offset }
    }

    /// The same moment, shown in another time zone.
    #[must_use]
    pub(crate) fn in_zone(&self, zone: &TimeZone) -> WallTime {
        WallTime { offset: zone.to_offset(self.at), ..*self }
    }

    /// The same moment, shown with the UTC offset of `other`.
    #[must_use]
    pub(crate) fn with_offset_of(&self, other: &WallTime) -> WallTime {
        WallTime { offset: other.offset, ..*self }
    }

    /// The instant, without its UTC offset.
    pub fn timestamp(&self) -> Timestamp {
        self.at
    }

    /// Seconds since 1970 in local time, where every day has 86,400 seconds.
    pub(crate) fn local_unix_seconds(&self) -> i64 {
        self.at.as_second() + i64::from(self.offset.seconds())
    }

    /// The same moment without fractions of a second.
    #[must_use]
    pub(crate) fn truncate_to_seconds(&self) -> WallTime {
        WallTime { at: Timestamp::from_second(self.at.as_second()).unwrap_or(self.at), ..*self }
    }

    /// The same moment without fractions of a millisecond.
    #[must_use]
    pub(crate) fn truncate_to_millis(&self) -> WallTime {
        WallTime { at: Timestamp::from_millisecond(self.at.as_millisecond()).unwrap_or(self.at), ..*self }
    }

    /// This moment plus `later`, at most the latest moment that can be stored.
    #[must_use]
    pub fn plus(&self, later: Duration) -> WallTime {
        WallTime { at: self.at.saturating_add(later).unwrap_or(Timestamp::MAX), ..*self }
    }

    /// This moment minus `earlier`, at least the earliest moment that can be stored.
    #[must_use]
    pub fn minus(&self, earlier: Duration) -> WallTime {
        WallTime { at: self.at.saturating_sub(earlier).unwrap_or(Timestamp::MIN), ..*self }
    }

    /// Time since an earlier moment; zero if that is not earlier.
    pub fn since(&self, earlier: &WallTime) -> Duration {
        Duration::try_from(self.at.duration_since(earlier.at)).unwrap_or_default()
    }

    /// A suffix for a moment next to one with another UTC offset, as in ` (+05:30)`; empty if the offsets are the same.
    pub(crate) fn format_offset_if_different(&self, other: &WallTime) -> String {
        if self.offset == other.offset { String::new() } else { format!(" ({})", self.offset) }
    }

    /// Formats the time of day, as in `19:42`.
    pub(crate) fn format_hour_minute(&self) -> String {
        let time = self.civil_datetime();
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// Formats the time of day with seconds, as in `19:42:07`.
    pub fn format_hour_minute_second(&self) -> String {
        let time = self.civil_datetime();
        format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    }

    /// Formats the date and the time, as in `2026-11-20 18:02`.
    pub(crate) fn format_date_time(&self) -> String {
        self.civil_datetime().strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The local date.
    pub(crate) fn date(&self) -> Date {
        self.civil_datetime().date()
    }

    fn civil_datetime(&self) -> DateTime {
        self.offset.to_datetime(self.at)
    }
}

impl From<&ZonedDateTime> for WallTime {
    fn from(moment: &ZonedDateTime) -> WallTime {
        WallTime { at: moment.timestamp(), offset: moment.offset() }
    }
}

/// Ordered by instant; the UTC offset only breaks ties.
impl Ord for WallTime {
    fn cmp(&self, other: &WallTime) -> std::cmp::Ordering {
        self.at.cmp(&other.at).then(self.offset.seconds().cmp(&other.offset.seconds()))
    }
}

impl PartialOrd for WallTime {
    fn partial_cmp(&self, other: &WallTime) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.display_with_offset(self.offset).fmt(f)
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WallTime, D::Error> {
        // Not `Cow`: serde would copy text that could be borrowed.
        deserializer.deserialize_str(WallTimeVisitor)
    }
}

struct WallTimeVisitor;

impl serde::de::Visitor<'_> for WallTimeVisitor {
    type Value = WallTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a moment with its offset, as in 2026-11-20T18:02:11+01:00")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<WallTime, E> {
        text.parse().map_err(E::custom)
    }
}

impl FromStr for WallTime {
    type Err = String;

    fn from_str(text: &str) -> Result<WallTime, String> {
        if let Some((at, offset)) = rfc3339::parse_rfc3339(text) {
            return Ok(WallTime { at, offset });
        }
        let pieces = Pieces::parse(text).map_err(|error| error.to_string())?;
        let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset()) else {
            return Err("a moment has a date, a time and an offset".into());
        };
        let at = offset.to_timestamp(pieces.date().to_datetime(time)).map_err(|error| error.to_string())?;
        Ok(WallTime { at, offset })
    }
}

mod nanos {
    use super::Duration;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_nanos)
    }
}
