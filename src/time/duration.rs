//! Durations as people type and read them.

use crate::error::{Error, Result};
use std::time::Duration;

const EXPECTED: &str = "20, 90s or 1h 5m";
const DURATION_HINT: &str = "type minutes, such as 20, or use units: 90s, 20m, 1h 5m";
const MAX_DURATION: Duration = Duration::from_secs(24 * 3600);

/// Parses a duration as people type it: a bare number is minutes; otherwise hours, minutes and seconds,
/// each at most once, as in `1h 5m`, `20 min`, `90s`.
///
/// # Errors
/// Anything else is refused with its own reason (exit code 2): `humantime`, which does the arithmetic, would
/// read `20M` as twenty months and `20m 20m` as forty minutes. So are zero and more than a day.
pub fn parse_duration(text: &str) -> Result<Duration> {
    let wrong =
        |why: &str| Error::invalid("duration", text, EXPECTED).with_hint(format!("{DURATION_HINT} ({why})"));
    let out_of_range = |expected: &str| Error::invalid("duration", text, expected).with_hint(DURATION_HINT);
    let typed = text.trim();
    if typed.is_empty() {
        return Err(wrong("it is empty"));
    }
    if let Some(digit) = typed.chars().find(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return Err(wrong(&format!("'{digit}' is not one of the digits 0 to 9")));
    }
    if typed.starts_with(['-', '+']) {
        return Err(wrong("it has a sign"));
    }
    if typed.contains(['.', ',']) {
        return Err(wrong("it has a fraction"));
    }
    let in_units =
        if typed.bytes().all(|b| b.is_ascii_digit()) { format!("{typed}min") } else { typed.to_owned() };
    check_duration_units(&in_units).map_err(|why| wrong(&why))?;
    match humantime::parse_duration(&in_units) {
        Ok(Duration::ZERO) => Err(out_of_range("1s or more")),
        Ok(length) if length <= MAX_DURATION => Ok(length),
        Ok(_) | Err(humantime::DurationError::NumberOverflow) => Err(out_of_range("24h or less")),
        Err(_) => Err(wrong("it is not a number of hours, minutes or seconds")),
    }
}

/// Only h, m or min, and s, in lower case, each after a number, none twice.
fn check_duration_units(typed: &str) -> std::result::Result<(), String> {
    let mut seen = Vec::new();
    let mut rest = typed;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if number == 0 {
            return Err("a number is missing".into());
        }
        rest = rest[number..].trim_start();
        let unit = &rest[..rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())];
        let name = match unit {
            "h" => "hours",
            "m" | "min" => "minutes",
            "s" => "seconds",
            "" => return Err("a unit is missing".into()),
            "M" => return Err("M could mean minutes or months".into()),
            _ => return Err(format!("'{}' is not a unit of time", unit.escape_debug())),
        };
        if seen.contains(&name) {
            return Err(format!("{name} are given twice"));
        }
        seen.push(name);
        rest = rest[unit.len()..].trim_start();
    }
    Ok(())
}

/// Says a duration in words, in whole seconds: `20 min`, `1 h 30 min`, `45 s`, `1 min 30 s`.
pub fn format_duration(length: Duration) -> String {
    let (hours, minutes, seconds) = split_hms(length);
    let words: Vec<String> = [(hours, "h"), (minutes, "min"), (seconds, "s")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    if words.is_empty() { "0 s".into() } else { words.join(" ") }
}

/// Shows a duration as a clock does, in whole seconds: `19:05`, `1:02:03`.
pub fn format_hms(length: Duration) -> String {
    match split_hms(length) {
        (0, minutes, seconds) => format!("{minutes:02}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Shows what is left as people expect it to count down: `20:00` at the start, `00:01` in the last second.
pub(crate) fn format_countdown(left: Duration) -> String {
    format_hms(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
}

fn split_hms(length: Duration) -> (u64, u64, u64) {
    let seconds = length.as_secs();
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}
