//! Parses and formats durations as people type and read them.

use crate::error::{Error, Result};
use std::time::Duration;

const EXPECTED: &str = "20, 90s or 1h 5m";
const DURATION_HINT: &str = "type minutes, such as 20, or add units: 90s, 20m, '1h 5m'";
const MAX_DURATION: Duration = Duration::from_secs(24 * 3600);

/// Parses a duration: a bare number is minutes; otherwise hours, minutes and seconds, each at most once, as in `1h 5m`,
/// `20 min`, `90s`.
///
/// # Errors
/// Refuses everything else with the reason (exit code 2), and also zero and more than a day. `humantime`, which does
/// the arithmetic, would read `20M` as twenty months and `20m 20m` as forty minutes.
pub fn parse_duration(text: &str) -> Result<Duration> {
    let invalid = |reason: &str| {
        Error::invalid("duration", text, EXPECTED).with_hint(format!("{DURATION_HINT} ({reason})"))
    };
    let out_of_range = |expected: &str| Error::invalid("duration", text, expected).with_hint(DURATION_HINT);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(invalid("it is empty"));
    }
    if let Some(digit) = trimmed.chars().find(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return Err(invalid(&format!("'{digit}' is not one of the digits 0 to 9")));
    }
    if trimmed.starts_with('-') {
        return Err(invalid("leave out the minus sign"));
    }
    if trimmed.starts_with('+') {
        return Err(invalid("leave out the plus sign"));
    }
    if trimmed.contains(['.', ',']) {
        return Err(invalid("it has a fraction"));
    }
    let with_units = if trimmed.bytes().all(|b| b.is_ascii_digit()) {
        format!("{trimmed}min")
    } else {
        trimmed.to_owned()
    };
    check_duration_units(&with_units).map_err(|reason| invalid(&reason))?;
    match humantime::parse_duration(&with_units) {
        Ok(Duration::ZERO) => Err(out_of_range("1s or more")),
        Ok(duration) if duration <= MAX_DURATION => Ok(duration),
        Ok(_) | Err(humantime::DurationError::NumberOverflow) => Err(out_of_range("24h or less")),
        Err(_) => Err(invalid("it is not a number of hours, minutes or seconds")),
    }
}

/// Allows only h, m or min, and s, in lower case, each after a number and at most once.
fn check_duration_units(text: &str) -> std::result::Result<(), String> {
    let mut seen_units = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            return Err("a number is missing".into());
        }
        rest = rest[digits..].trim_start();
        let unit = &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())];
        let unit_name = match unit {
            "h" => "hours",
            "m" | "min" => "minutes",
            "s" => "seconds",
            "" => return Err("a unit is missing".into()),
            "M" => return Err("M could mean minutes or months".into()),
            _ => return Err(format!("'{}' is not a unit of time", unit.escape_debug())),
        };
        if seen_units.contains(&unit_name) {
            return Err(format!("{unit_name} are given twice"));
        }
        seen_units.push(unit_name);
        rest = rest[unit.len()..].trim_start();
    }
    Ok(())
}

/// Formats a duration in whole seconds with units: `20 min`, `1 h 30 min`, `45 s`, `1 min 30 s`.
pub fn format_duration(duration: Duration) -> String {
    let (hours, minutes, seconds) = split_hms(duration);
    let parts: Vec<String> = [(hours, "h"), (minutes, "min"), (seconds, "s")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    if parts.is_empty() { "0 s".into() } else { parts.join(" ") }
}

/// Formats a duration in whole seconds like a clock: `19:05`, `1:02:03`.
pub fn format_hms(duration: Duration) -> String {
    match split_hms(duration) {
        (0, minutes, seconds) => format!("{minutes:02}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Formats the remaining time rounded up to whole seconds: `20:00` at the start, `00:01` in the last second.
pub(crate) fn format_countdown(remaining: Duration) -> String {
    format_hms(Duration::from_secs(remaining.as_secs() + u64::from(remaining.subsec_nanos() > 0)))
}

fn split_hms(duration: Duration) -> (u64, u64, u64) {
    let seconds = duration.as_secs();
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}
