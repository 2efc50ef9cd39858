//! A fast parser for the RFC 3339 form that this program writes.

use jiff::{Timestamp, tz::Offset};

/// Parses `2026-11-20T18:02:11.123+01:00` or `…Z`, as this program writes it. None for anything else, which may still
/// be valid RFC 3339: the caller then uses jiff, which knows every form and takes ten times as long.
pub(crate) fn parse_rfc3339(text: &str) -> Option<(Timestamp, Offset)> {
    let (date_time, rest) = text.as_bytes().split_at_checked(19)?;
    let year_month = match_digits(date_time.first_chunk()?, b"0000-00-")?;
    let day_time = match_digits(date_time[8..].first_chunk()?, b"00T00:00")?;
    let clock_time = match_digits(date_time.last_chunk()?, b"00:00:00")?;
    let two_digits =
        |digits: [u8; 8], index: usize| i64::from(digits[index]) * 10 + i64::from(digits[index + 1]);
    let (year, month, day) = (
        two_digits(year_month, 0) * 100 + two_digits(year_month, 2),
        two_digits(year_month, 5),
        two_digits(day_time, 0),
    );
    let (hour, minute, second) =
        (two_digits(day_time, 3), two_digits(day_time, 6), two_digits(clock_time, 6));
    let is_valid_date = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    if !is_valid_date || !(1000..9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanosecond, rest) = parse_fraction(rest)?;
    let offset = parse_offset(rest)?;
    let second = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let at = Timestamp::new(second - i64::from(offset), nanosecond).ok()?;
    // Before 1970, fractions count the other way.
    (at.as_second() >= 0).then_some((at, Offset::from_seconds(offset).ok()?))
}

/// Checks eight bytes against `pattern`, where `0` stands for any digit, and returns the digits; all eight at once.
fn match_digits(bytes: &[u8; 8], pattern: &[u8; 8]) -> Option<[u8; 8]> {
    const EVERY_BYTE: u64 = 0x0101_0101_0101_0101;
    let difference = u64::from_le_bytes(*bytes) ^ u64::from_le_bytes(*pattern);
    // In hexadecimal, '0' is 30: XOR with '0' gives 0 to 9 for a digit, and for nothing else.
    let literal_mask = pattern.map(|byte| if byte == b'0' { 0 } else { 0xff });
    let is_match = difference & u64::from_le_bytes(literal_mask) == 0
        && difference & (0x80 * EVERY_BYTE) == 0
        && (difference + 0x76 * EVERY_BYTE) & (0x80 * EVERY_BYTE) == 0;
    is_match.then(|| difference.to_le_bytes())
}

/// The nanoseconds after the decimal point, and the rest of the text.
fn parse_fraction(rest: &[u8]) -> Option<(i32, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let number = digits[..count].iter().fold(0, |number, digit| number * 10 + i32::from(digit - b'0'));
    Some((number * 10_i32.pow(9 - count as u32), &digits[count..]))
}

/// The UTC offset in seconds. `-00:00` is left to jiff: it stands for an unknown offset.
fn parse_offset(text: &[u8]) -> Option<i32> {
    let [sign, h_tens, h_ones, b':', m_tens, m_ones] = text else {
        return (text == b"Z").then_some(0);
    };
    if ![h_tens, h_ones, m_tens, m_ones].iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two_digits = |tens: &u8, ones: &u8| i32::from(tens - b'0') * 10 + i32::from(ones - b'0');
    let (hours, minutes) = (two_digits(h_tens, h_ones), two_digits(m_tens, m_ones));
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(seconds),
        b'-' if seconds > 0 => Some(-seconds),
        _ => None,
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap_year),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Years are counted from March, so that the leap day is the last day of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}
