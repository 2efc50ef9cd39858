//! Parses dates and times as people type them.

use super::WallTime;
use crate::error::{Error, Result};
use jiff::{
    SignedDuration, Span, Timestamp, ToSpan, ZonedDateTime,
    civil::{Date, DateTime, Time},
};

const EXPECTED: &str = "'yesterday 18:00', 3h or 2026-11-20";
const DATE_TIME_HINT: &str = "type, for example, 3h, 7d, 18:00, yesterday, 'yesterday 18:00' or 2026-11-20";

/// A moment or a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTimeRange {
    /// The moment, or the first of the day.
    pub start: WallTime,
    /// The moment, or the last of the day.
    pub end: WallTime,
}

/// Parses `2026-11-20`, `2026-11-20 18:00`, `today`, `yesterday 18:00`, `18:00`, `7d` or `3h` (ago) or RFC 3339,
/// relative to `now` and in its time zone.
///
/// # Errors
/// Refuses everything else (exit code 2).
pub fn parse_date_time(text: &str, now: &ZonedDateTime) -> Result<DateTimeRange> {
    parse_trimmed_date_time(text.trim(), now)
        .ok_or_else(|| Error::invalid("date or time", text, EXPECTED).with_hint(DATE_TIME_HINT))
}

fn parse_trimmed_date_time(text: &str, now: &ZonedDateTime) -> Option<DateTimeRange> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(to_single_moment(&instant.to_zoned_datetime(now.time_zone().clone())));
    }
    if let Some(ago) = parse_time_ago(text, now) {
        return Some(to_single_moment(&ago));
    }
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let (day, time) = if time.is_empty() && day.contains(':') { ("today", day) } else { (day, time) };
    let date = match day {
        "now" if time.is_empty() => return Some(to_single_moment(now)),
        "today" => now.date(),
        "yesterday" => now.date().yesterday().ok()?,
        _ if day.len() == 10 => day.parse::<Date>().ok()?,
        _ => return None,
    };
    let to_zoned = |date_time: DateTime| date_time.to_zoned_datetime(now.time_zone().clone()).ok();
    let time = time.trim_start();
    if !time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':') {
        return None;
    }
    if time.is_empty() {
        let first_moment = to_zoned(date.into())?;
        let last_moment = to_zoned(date.tomorrow().ok()?.into())?.checked_sub(1.millisecond()).ok()?;
        return Some(DateTimeRange {
            start: WallTime::from(&first_moment),
            end: WallTime::from(&last_moment),
        });
    }
    Some(to_single_moment(&to_zoned(date.to_datetime(time.parse::<Time>().ok()?))?))
}

fn parse_time_ago(text: &str, now: &ZonedDateTime) -> Option<ZonedDateTime> {
    let unit_start = text.len().checked_sub(1).filter(|index| text.is_char_boundary(*index))?;
    let (number, unit) = text.split_at(unit_start);
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i32 = number.parse().ok()?;
    match unit {
        "d" => now.checked_sub(Span::new().try_days(number).ok()?).ok(),
        "h" => now.checked_sub(SignedDuration::from_hours(number.into())).ok(),
        "m" => now.checked_sub(SignedDuration::from_mins(number.into())).ok(),
        _ => None,
    }
}

fn to_single_moment(moment: &ZonedDateTime) -> DateTimeRange {
    let moment = WallTime::from(moment);
    DateTimeRange { start: moment, end: moment }
}
