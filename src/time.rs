//! Moments and durations.
//!
//! Pure: nothing here asks a clock. A [`Stamp`] is handed in by whoever holds one, because two clocks
//! are needed to be honest: the one that stops while the computer sleeps and the one that does not.

mod date_time;
mod duration;
mod rfc3339;

pub use date_time::parse_date_time;
pub(crate) use duration::format_countdown;
pub use duration::{format_duration, format_hms, parse_duration};

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime},
    fmt::temporal::Pieces,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr, time::Duration};

/// A moment, read from every clock that the computer has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Which start of the computer the next two count from; empty if that could not be read.
    #[serde(rename = "boot")]
    pub boot_id: String,
    /// Time since the computer was started, its sleep included (`CLOCK_BOOTTIME`), in nanoseconds.
    #[serde(rename = "boottime_ns", with = "nanos")]
    pub boottime: Duration,
    /// Time since the computer was started, its sleep left out (`CLOCK_MONOTONIC`), in nanoseconds.
    #[serde(rename = "monotonic_ns", with = "nanos")]
    pub monotonic: Duration,
    /// What the clock on the wall said; it may have been set since.
    pub wall: WallTime,
}

/// How long it was between two stamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// All of it; never negative.
    pub total: Duration,
    /// The part of it that the computer slept.
    pub slept: Duration,
    /// Whether a restart lies between: then `total` is what the wall clock says, and nobody can know more.
    pub has_rebooted: bool,
}

impl Stamp {
    /// Measures from an earlier stamp to this one. Clocks that ran backwards count as no time at all.
    pub fn since(&self, earlier: &Stamp) -> Elapsed {
        if !self.is_of_one_boot(earlier) {
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

    /// The moment `later` than this one, if the computer stays awake.
    #[must_use]
    pub fn plus(&self, later: Duration) -> Stamp {
        Stamp {
            boot_id: self.boot_id.clone(),
            boottime: self.boottime.saturating_add(later),
            monotonic: self.monotonic.saturating_add(later),
            wall: self.wall.plus(later),
        }
    }

    /// This moment by the clocks that `other` was read from, where another computer's may be: from here only the
    /// wall clock tells how far they have come.
    #[must_use]
    pub(crate) fn on_clocks_of(&self, other: &Stamp) -> Stamp {
        if self.is_of_one_boot(other) {
            return self.clone();
        }
        Stamp { wall: self.wall, ..other.plus(self.wall.since(&other.wall)) }
    }

    /// Whether `other` is from the same start of the computer and no earlier.
    pub fn is_before_or_at(&self, other: &Stamp) -> bool {
        self.is_of_one_boot(other) && self.boottime <= other.boottime
    }

    /// A boot that could not be read for once is no restart.
    fn is_of_one_boot(&self, other: &Stamp) -> bool {
        self.boot_id == other.boot_id || self.boot_id.is_empty() || other.boot_id.is_empty()
    }

    /// The same stamp, with the boot of the one before it if its own could not be read: the next restart is seen.
    #[must_use]
    pub(crate) fn following(&self, earlier: &Stamp) -> Stamp {
        let boot = if self.boot_id.is_empty() { &earlier.boot_id } else { &self.boot_id };
        Stamp { boot_id: boot.clone(), ..self.clone() }
    }
}

/// A moment on the wall clock, with the offset that was in force. Reads and writes RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime {
    at: Timestamp,
    offset: Offset,
}

impl WallTime {
    /// The moment `at`, as a clock with this offset shows it.
    pub fn new(at: Timestamp, offset: Offset) -> WallTime {
        WallTime { at, offset }
    }

    /// The same moment, as a clock in that zone shows it.
    #[must_use]
    pub(crate) fn in_zone(&self, zone: &TimeZone) -> WallTime {
        WallTime { offset: zone.to_offset(self.at), ..*self }
    }

    /// The same moment, as the clock that showed `other` shows it.
    #[must_use]
    pub(crate) fn with_offset_of(&self, other: &WallTime) -> WallTime {
        WallTime { offset: other.offset, ..*self }
    }

    /// The instant, without its offset.
    pub fn timestamp(&self) -> Timestamp {
        self.at
    }

    /// Seconds since 1970 as the clock on that wall counted them: a day of it has 86,400, always.
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

    /// The moment `later` than this one; the end of time where that is past it.
    #[must_use]
    pub fn plus(&self, later: Duration) -> WallTime {
        WallTime { at: self.at.saturating_add(later).unwrap_or(Timestamp::MAX), ..*self }
    }

    /// The moment `earlier` than this one; the beginning of time where that is before it.
    #[must_use]
    pub fn minus(&self, earlier: Duration) -> WallTime {
        WallTime { at: self.at.saturating_sub(earlier).unwrap_or(Timestamp::MIN), ..*self }
    }

    /// Time from an earlier moment to this one, or zero.
    pub fn since(&self, earlier: &WallTime) -> Duration {
        Duration::try_from(self.at.duration_since(earlier.at)).unwrap_or_default()
    }

    /// What to add where this moment stands beside one that another clock showed: ` (+05:30)`, or nothing.
    pub(crate) fn format_offset_if_different(&self, other: &WallTime) -> String {
        if self.offset == other.offset { String::new() } else { format!(" ({})", self.offset) }
    }

    /// The hour and the minute, as in `19:42`.
    pub(crate) fn format_hour_minute(&self) -> String {
        let time = self.civil_datetime();
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// The hour, the minute and the second, as in `19:42:07`.
    pub fn format_hour_minute_second(&self) -> String {
        let time = self.civil_datetime();
        format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    }

    /// The day and the time, as in `2026-11-20 18:02`.
    pub(crate) fn format_date_time(&self) -> String {
        self.civil_datetime().strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The day that the clock showed.
    pub(crate) fn date(&self) -> Date {
        self.civil_datetime().date()
    }

    fn civil_datetime(&self) -> DateTime {
        self.offset.to_datetime(self.at)
    }
}

impl From<&Zoned> for WallTime {
    fn from(moment: &Zoned) -> WallTime {
        WallTime { at: moment.timestamp(), offset: moment.offset() }
    }
}

/// Moments are ordered by when they were, wherever they were.
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
        // Not `Cow`: serde would copy the text even where it could be borrowed.
        deserializer.deserialize_str(WallTimeVisitor)
    }
}

/// The text of a moment.
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
        let pieces = Pieces::parse(text).map_err(|why| why.to_string())?;
        let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset()) else {
            return Err("a moment has a date, a time and an offset".into());
        };
        let at = offset.to_timestamp(pieces.date().to_datetime(time)).map_err(|why| why.to_string())?;
        Ok(WallTime { at, offset })
    }
}

mod nanos {
    use super::Duration;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_nanos)
    }
}
