//! Moments as logs hold them, read without a detour.

use jiff::{Timestamp, tz::Offset};

/// Reads `2026-11-20T18:02:11.123+01:00` or `…Z`, as this program writes it. None for anything else, which may
/// still be a moment: whoever asks then asks jiff, which knows every form and takes ten times as long.
pub(crate) fn parse_rfc3339(text: &str) -> Option<(Timestamp, Offset)> {
    let (date_time, rest) = text.as_bytes().split_at_checked(19)?;
    let first = match_digits(date_time.first_chunk()?, b"0000-00-")?;
    let then = match_digits(date_time[8..].first_chunk()?, b"00T00:00")?;
    let last = match_digits(date_time.last_chunk()?, b"00:00:00")?;
    let two = |digits: [u8; 8], at: usize| i64::from(digits[at]) * 10 + i64::from(digits[at + 1]);
    let (year, month, day) = (two(first, 0) * 100 + two(first, 2), two(first, 5), two(then, 0));
    let (hour, minute, second) = (two(then, 3), two(then, 6), two(last, 6));
    let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    if !exists || !(1000..9999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanosecond, rest) = parse_fraction(rest)?;
    let offset = parse_offset(rest)?;
    let second = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let at = Timestamp::new(second - i64::from(offset), nanosecond).ok()?;
    // Before 1970, a fraction counts the other way.
    (at.as_second() >= 0).then_some((at, Offset::from_seconds(offset).ok()?))
}

/// The digits of eight letters that stand as in `form`, where `0` is any digit; all eight at once.
fn match_digits(letters: &[u8; 8], form: &[u8; 8]) -> Option<[u8; 8]> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let different = u64::from_le_bytes(*letters) ^ u64::from_le_bytes(*form);
    // In hexadecimal, '0' is 30: what is different from it by 0 to 9 is a digit, and nothing else is.
    let is_other = form.map(|letter| if letter == b'0' { 0 } else { 0xff });
    let fits = different & u64::from_le_bytes(is_other) == 0
        && different & (0x80 * EACH) == 0
        && (different + 0x76 * EACH) & (0x80 * EACH) == 0;
    fits.then(|| different.to_le_bytes())
}

/// The nanoseconds behind the point, and what follows.
fn parse_fraction(rest: &[u8]) -> Option<(i32, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let number = digits[..count].iter().fold(0, |number, digit| number * 10 + i32::from(digit - b'0'));
    Some((number * 10_i32.pow(9 - count as u32), &digits[count..]))
}

/// In seconds. `-00:00` is left to jiff: it stands for an offset that is not known.
fn parse_offset(text: &[u8]) -> Option<i32> {
    let [sign, h1, h2, b':', m1, m2] = text else {
        return (text == b"Z").then_some(0);
    };
    if ![h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |tens: &u8, ones: &u8| i32::from(tens - b'0') * 10 + i32::from(ones - b'0');
    let (hours, minutes) = (two(h1, h2), two(m1, m2));
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(seconds),
        b'-' if seconds > 0 => Some(-seconds),
        _ => None,
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Years are counted from March, so that the leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}
