//! Formats counts, days and durations for the statistics.

use crate::{report::format_seconds, time::WallTime};
use std::time::Duration;

pub(super) fn format_count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

pub(super) fn format_day(wall: &WallTime) -> String {
    wall.date().to_string()
}

/// Whole minutes, as hours and minutes from an hour on.
pub(super) fn format_whole_minutes(seconds: u64) -> String {
    match seconds {
        0 => "0 min".into(),
        1..60 => "<1 min".into(),
        _ => format_seconds(seconds / 60 * 60),
    }
}

/// Rounded to a tenth, which is left out where it is 0.
pub(super) fn format_rounded(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Days to a tenth, or whole hours below one day.
pub(super) fn format_days_or_hours(duration: Duration) -> String {
    let hours = duration.as_secs() / 3600;
    if hours < 24 {
        return format_count(hours, "hour");
    }
    let days = format_rounded(hours as f64 / 24.0);
    if days == "1" { "1 day".into() } else { format!("{days} days") }
}
