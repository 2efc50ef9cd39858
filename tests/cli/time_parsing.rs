//! Times and durations as people type them, and how they are formatted.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is how a failure is reported")]

use easeback::{
    error::ErrorCode,
    time::{Stamp, WallTime, format_duration, format_hms, parse_date_time, parse_duration},
};
use insta::assert_snapshot;
use jiff::{
    Timestamp, ZonedDateTime,
    civil::date,
    tz::{Offset, TimeZone},
};
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn accepted_durations_are_parsed() {
    let accepted = [
        ("20", 1200),
        (" 20 ", 1200),
        ("20m", 1200),
        ("20 min", 1200),
        ("20  min", 1200),
        ("020", 1200),
        ("90s", 90),
        ("1s", 1),
        ("1h", 3600),
        ("1h 5m", 3900),
        ("1h5m", 3900),
        ("5m 1h", 3900),
        ("1h 5min 3s", 3903),
        ("0h 1m", 60),
        ("24h", 86_400),
        ("1440", 86_400),
    ];
    for (text, seconds) in accepted {
        assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text:?}");
    }
}

#[test]
fn invalid_durations_are_refused() {
    let refused = [
        "abc",
        "",
        "   ",
        "\t",
        "0",
        "0s",
        "0h 0m",
        "20M",
        "20 Min",
        "20m 20m",
        "5m 5min",
        "-5m",
        "-5",
        "+5",
        "1.5h",
        "1,5h",
        "PT20M",
        "1h 30",
        "30 1h",
        "1y",
        "2d",
        "500ms",
        "20µs",
        "２０",
        "٢٠",
        "२०m",
        "²",
        "½",
        "99999999999999999999h",
        "18446744073709551615m",
        "18446744073709551616",
        "25h",
        "24h 1s",
        "1441",
        "m20",
        "20\0",
        "\0",
        "🔥",
        "20🔥",
        "20\nx",
        "1 0 m",
        "20m;",
        "0x14",
        "1e3",
        "20'",
        "\u{1b}[2J",
        "inf",
        "NaN",
        "−5",
    ];
    let words = refused.map(|text| {
        let error = parse_duration(text).unwrap_err();
        assert_eq!(error.exit_code, ErrorCode::Usage);
        let hint = error.hint.unwrap();
        let reason = hint.strip_prefix("type minutes, such as 20, or add units: 90s, 20m, '1h 5m'");
        error.message + reason.expect("the hint says what to type")
    });
    assert_snapshot!(words.join("\n"), @r"
    invalid duration 'abc': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration '': expected 20, 90s or 1h 5m (it is empty)
    invalid duration '   ': expected 20, 90s or 1h 5m (it is empty)
    invalid duration '\t': expected 20, 90s or 1h 5m (it is empty)
    invalid duration '0': expected 1s or more
    invalid duration '0s': expected 1s or more
    invalid duration '0h 0m': expected 1s or more
    invalid duration '20M': expected 20, 90s or 1h 5m (M could mean minutes or months)
    invalid duration '20 Min': expected 20, 90s or 1h 5m ('Min' is not a unit of time)
    invalid duration '20m 20m': expected 20, 90s or 1h 5m (minutes are given twice)
    invalid duration '5m 5min': expected 20, 90s or 1h 5m (minutes are given twice)
    invalid duration '-5m': expected 20, 90s or 1h 5m (leave out the minus sign)
    invalid duration '-5': expected 20, 90s or 1h 5m (leave out the minus sign)
    invalid duration '+5': expected 20, 90s or 1h 5m (leave out the plus sign)
    invalid duration '1.5h': expected 20, 90s or 1h 5m (it has a fraction)
    invalid duration '1,5h': expected 20, 90s or 1h 5m (it has a fraction)
    invalid duration 'PT20M': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration '1h 30': expected 20, 90s or 1h 5m (a unit is missing)
    invalid duration '30 1h': expected 20, 90s or 1h 5m (a unit is missing)
    invalid duration '1y': expected 20, 90s or 1h 5m ('y' is not a unit of time)
    invalid duration '2d': expected 20, 90s or 1h 5m ('d' is not a unit of time)
    invalid duration '500ms': expected 20, 90s or 1h 5m ('ms' is not a unit of time)
    invalid duration '20µs': expected 20, 90s or 1h 5m ('µs' is not a unit of time)
    invalid duration '２０': expected 20, 90s or 1h 5m ('２' is not one of the digits 0 to 9)
    invalid duration '٢٠': expected 20, 90s or 1h 5m ('٢' is not one of the digits 0 to 9)
    invalid duration '२०m': expected 20, 90s or 1h 5m ('२' is not one of the digits 0 to 9)
    invalid duration '²': expected 20, 90s or 1h 5m ('²' is not one of the digits 0 to 9)
    invalid duration '½': expected 20, 90s or 1h 5m ('½' is not one of the digits 0 to 9)
    invalid duration '99999999999999999999h': expected 24h or less
    invalid duration '18446744073709551615m': expected 24h or less
    invalid duration '18446744073709551616': expected 24h or less
    invalid duration '25h': expected 24h or less
    invalid duration '24h 1s': expected 24h or less
    invalid duration '1441': expected 24h or less
    invalid duration 'm20': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration '20\0': expected 20, 90s or 1h 5m (a unit is missing)
    invalid duration '\0': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration '🔥': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration '20🔥': expected 20, 90s or 1h 5m (a unit is missing)
    invalid duration '20\nx': expected 20, 90s or 1h 5m ('x' is not a unit of time)
    invalid duration '1 0 m': expected 20, 90s or 1h 5m (a unit is missing)
    invalid duration '20m;': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration '0x14': expected 20, 90s or 1h 5m ('x' is not a unit of time)
    invalid duration '1e3': expected 20, 90s or 1h 5m ('e' is not a unit of time)
    invalid duration '20\'': expected 20, 90s or 1h 5m (a unit is missing)
    invalid duration '\u{1b}[2J': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration 'inf': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration 'NaN': expected 20, 90s or 1h 5m (a number is missing)
    invalid duration '−5': expected 20, 90s or 1h 5m (a number is missing)
    ");
}

#[test]
fn durations_are_formatted() {
    let table = [
        (0, "0 s", "00:00"),
        (1, "1 s", "00:01"),
        (59, "59 s", "00:59"),
        (60, "1 min", "01:00"),
        (90, "1 min 30 s", "01:30"),
        (1145, "19 min 5 s", "19:05"),
        (1200, "20 min", "20:00"),
        (3599, "59 min 59 s", "59:59"),
        (3600, "1 h", "1:00:00"),
        (3601, "1 h 1 s", "1:00:01"),
        (3723, "1 h 2 min 3 s", "1:02:03"),
        (5400, "1 h 30 min", "1:30:00"),
        (360_000, "100 h", "100:00:00"),
    ];
    for (seconds, text, hms) in table {
        for nanos in [0, 999_999_999] {
            let length = Duration::new(seconds, nanos);
            assert_eq!((format_duration(length).as_str(), format_hms(length).as_str()), (text, hms));
        }
    }
}

fn berlin(text: &str) -> ZonedDateTime {
    format!("{text}[Europe/Berlin]").parse().unwrap()
}

/// The parsed time, or the first and last moment of a parsed day.
fn describe_parsed_time(text: &str, now: &ZonedDateTime) -> String {
    match parse_date_time(text, now) {
        Ok(when) if when.start == when.end => when.start.to_string(),
        Ok(when) => format!("{} to {}", when.start, when.end),
        Err(error) => error.message,
    }
}

#[test]
fn accepted_times_and_dates_are_parsed() {
    let now = berlin("2026-11-21T15:04:05.678");
    let table = [
        ("2026-11-20", "2026-11-20T00:00:00+01:00 to 2026-11-20T23:59:59.999+01:00"),
        ("today", "2026-11-21T00:00:00+01:00 to 2026-11-21T23:59:59.999+01:00"),
        ("yesterday", "2026-11-20T00:00:00+01:00 to 2026-11-20T23:59:59.999+01:00"),
        ("2026-07-01", "2026-07-01T00:00:00+02:00 to 2026-07-01T23:59:59.999+02:00"),
        ("now", "2026-11-21T15:04:05.678+01:00"),
        ("18:00", "2026-11-21T18:00:00+01:00"),
        ("18:00:30", "2026-11-21T18:00:30+01:00"),
        ("today 18:00", "2026-11-21T18:00:00+01:00"),
        (" yesterday 18:00 ", "2026-11-20T18:00:00+01:00"),
        ("yesterday  18:00", "2026-11-20T18:00:00+01:00"),
        ("2026-11-20 18:00", "2026-11-20T18:00:00+01:00"),
        ("2026-11-20T18:00", "2026-11-20T18:00:00+01:00"),
        ("2026-11-20T18:00+01:00", "2026-11-20T18:00:00+01:00"),
        ("2026-11-20T18:00:00Z", "2026-11-20T19:00:00+01:00"),
        ("2026-11-20T18:00:00-08:00", "2026-11-21T03:00:00+01:00"),
        ("7d", "2026-11-14T15:04:05.678+01:00"),
        ("3h", "2026-11-21T12:04:05.678+01:00"),
        ("0d", "2026-11-21T15:04:05.678+01:00"),
        ("2024-02-29", "2024-02-29T00:00:00+01:00 to 2024-02-29T23:59:59.999+01:00"),
    ];
    for (text, moment) in table {
        assert_eq!(describe_parsed_time(text, &now), moment, "{text:?}");
    }
}

#[test]
fn invalid_dates_are_refused() {
    let now = berlin("2026-11-21T15:04:05");
    let garbage = [
        "",
        " ",
        "soon",
        "tomorow",
        "2026-13-01",
        "2026-02-29",
        "2026-11-31",
        "20.11.2026",
        "11/20/2026",
        "25:00",
        "18:60",
        "yesterday 25:00",
        "yesterday yesterday",
        "18:00 19:00",
        "T18:00",
        ":",
        "7",
        "d",
        "-7d",
        "+7d",
        "7D",
        "7dd",
        "7 days",
        "1.5h",
        "99999999999d",
        "2147483647d",
        "2147483647h",
        "2147483648m",
        "７d",
        "2026-11-2０",
        "é",
        "7é",
        "\0",
        "🔥",
        "2026-11-20T18:00+99:00",
        "2026-W47-5",
    ];
    for text in garbage {
        let error = parse_date_time(text, &now).expect_err(text);
        assert_eq!(
            error.message,
            format!(
                "invalid date or time '{}': expected 'yesterday 18:00', 3h or 2026-11-20",
                text.escape_debug()
            )
        );
        assert!(error.exit_code == ErrorCode::Usage && error.hint.is_some());
    }
}

#[test]
fn dates_are_parsed_on_clock_change_days() {
    let spring = berlin("2026-03-29T12:00");
    assert_eq!(
        describe_parsed_time("today", &spring),
        "2026-03-29T00:00:00+01:00 to 2026-03-29T23:59:59.999+02:00"
    );
    assert_eq!(describe_parsed_time("02:30", &spring), "2026-03-29T03:30:00+02:00");
    assert_eq!(describe_parsed_time("1d", &spring), "2026-03-28T12:00:00+01:00");
    assert_eq!(describe_parsed_time("24h", &spring), "2026-03-28T11:00:00+01:00");
    let autumn = berlin("2026-10-25T12:00");
    assert_eq!(
        describe_parsed_time("today", &autumn),
        "2026-10-25T00:00:00+02:00 to 2026-10-25T23:59:59.999+01:00"
    );
    assert_eq!(describe_parsed_time("02:30", &autumn), "2026-10-25T02:30:00+02:00");
    assert_eq!(describe_parsed_time("1d", &autumn), "2026-10-24T12:00:00+02:00");
    assert_eq!(describe_parsed_time("24h", &autumn), "2026-10-24T13:00:00+02:00");
}

#[test]
fn yesterday_is_parsed_around_midnight() {
    let midnight = berlin("2026-11-21T00:00");
    assert_eq!(
        describe_parsed_time("yesterday", &midnight),
        "2026-11-20T00:00:00+01:00 to 2026-11-20T23:59:59.999+01:00"
    );
    let before = berlin("2026-11-20T23:59:59.999999999");
    assert_eq!(
        describe_parsed_time("yesterday", &before),
        "2026-11-19T00:00:00+01:00 to 2026-11-19T23:59:59.999+01:00"
    );
    let new_year = berlin("2027-01-01T00:00");
    assert_eq!(describe_parsed_time("yesterday 23:59", &new_year), "2026-12-31T23:59:00+01:00");
}

#[test]
fn day_that_begins_at_one_follows_without_a_gap() {
    // In Chile the clocks go from 24:00 to 01:00.
    let now: ZonedDateTime = "2026-09-06T12:00[America/Santiago]".parse().unwrap();
    assert_eq!(
        describe_parsed_time("today", &now),
        "2026-09-06T01:00:00-03:00 to 2026-09-06T23:59:59.999-03:00"
    );
    assert_eq!(
        describe_parsed_time("yesterday", &now),
        "2026-09-05T00:00:00-04:00 to 2026-09-05T23:59:59.999-04:00"
    );
}

#[test]
fn times_are_ordered_across_offsets() {
    let wall = |text: &str| serde_json::from_value::<WallTime>(text.into()).unwrap();
    assert!(wall("2026-11-20T18:00:00+01:00") < wall("2026-11-20T17:30:00Z"));
    assert_eq!(wall("2026-11-20T18:00:00+01:00").since(&wall("2026-11-20T17:30:00Z")), Duration::ZERO);
    assert_eq!(
        wall("2026-11-20T17:30:00Z").since(&wall("2026-11-20T18:00:00+01:00")),
        Duration::from_mins(30)
    );
    for invalid in ["", "2026-11-20", "2026-11-20T18:00:00", "soon"] {
        assert!(serde_json::from_value::<WallTime>(invalid.into()).is_err(), "{invalid:?}");
    }
}

#[test]
fn sleep_is_boottime_minus_monotonic() {
    let at = |boot: &str, boottime: u64, monotonic: u64, wall: i64| Stamp {
        boot_id: boot.into(),
        boottime: Duration::from_millis(boottime),
        monotonic: Duration::from_millis(monotonic),
        wall: WallTime::new(Timestamp::from_second(wall).unwrap(), Offset::UTC),
    };
    let span = |now: &Stamp, then: &Stamp| {
        let span = now.since(then);
        (span.total.as_millis(), span.slept.as_millis(), span.has_rebooted)
    };
    let then = at("a", 5000, 5000, 100);
    assert_eq!(span(&at("a", 8000, 8000, 0), &then), (3000, 0, false));
    assert_eq!(span(&at("a", 8000, 6000, 103), &then), (3000, 2000, false));
    // Reading the clocks one after the other is not sleep.
    assert_eq!(span(&at("a", 8000, 7991, 103), &then), (3000, 0, false));
    assert_eq!(span(&at("a", 8000, 7990, 103), &then), (3000, 10, false));
    assert_eq!(span(&at("a", 4000, 4000, 103), &then), (0, 0, false));
    assert_eq!(span(&at("a", 8000, 9000, 103), &then), (3000, 0, false));
    assert_eq!(span(&at("b", 8000, 8000, 160), &then), (60_000, 0, true));
    assert_eq!(span(&at("b", 8000, 8000, 99), &then), (0, 0, true));
}

prop_compose! {
    fn wall_times()(nanos in -9_000_000_000_000_000_000..9_000_000_000_000_000_000i128, minutes in -1559..=1559i32) -> WallTime {
        WallTime::new(Timestamp::from_nanosecond(nanos).unwrap(), Offset::from_seconds(minutes * 60).unwrap())
    }
}

proptest! {
    #![proptest_config(crate::properties::property_config(512))]

    #[test]
    fn time_parsers_never_panic_on_any_text(
        text in prop_oneof![".{0,30}", "[0-9a-zA-Z :+.,-]{0,20}", "[0-9]{1,30}[hmsd]", "([0-9]{1,3} ?(h|m|min|s) ?){1,4}"],
    ) {
        let now = date(2026, 11, 21).at(15, 4, 5, 0).to_zoned_datetime(TimeZone::UTC).unwrap();
        if let Ok(length) = parse_duration(&text) {
            prop_assert!(length >= Duration::from_secs(1) && length <= Duration::from_hours(24));
            prop_assert_eq!(length.subsec_nanos(), 0);
        }
        if let Ok(when) = parse_date_time(&text, &now) {
            prop_assert!(when.start <= when.end);
        }
        for error in [parse_duration(&text).err(), parse_date_time(&text, &now).err()].into_iter().flatten() {
            prop_assert!(!error.message.chars().any(char::is_control), "{:?}", error.message);
        }
    }

    #[test]
    fn formatted_duration_parses_back(seconds in 1..=86_400u64) {
        let length = Duration::from_secs(seconds);
        prop_assert_eq!(parse_duration(&format_duration(length)), Ok(length));
    }

    #[test]
    fn wall_time_round_trips_through_json(wall in wall_times()) {
        let json = serde_json::to_string(&wall).unwrap();
        prop_assert_eq!(serde_json::from_str::<WallTime>(&json).unwrap(), wall);
        prop_assert_eq!(parse_date_time(&wall.to_string(), &ZonedDateTime::new(wall.timestamp(), TimeZone::UTC)).unwrap().start.timestamp(), wall.timestamp());
    }

    #[test]
    fn stamp_round_trips_through_json(boot in ".{0,40}", up in any::<u64>(), awake in any::<u64>(), wall in wall_times()) {
        let stamp = Stamp { boot_id: boot, boottime: Duration::from_nanos(up), monotonic: Duration::from_nanos(awake), wall };
        let json = serde_json::to_string(&stamp).unwrap();
        prop_assert_eq!(serde_json::from_str::<Stamp>(&json).unwrap(), stamp);
    }

    #[test]
    fn elapsed_times_between_stamps_add_up(up in 0..1_000_000_000_000u64, one in 0..1_000_000_000_000u64, two in any::<u32>(), wall in wall_times()) {
        let up = Duration::from_nanos(up);
        let first = Stamp { boot_id: "b".into(), boottime: up, monotonic: up, wall };
        let second = first.plus(Duration::from_nanos(one));
        let third = second.plus(Duration::from_nanos(two.into()));
        prop_assert_eq!(third.since(&first).total, second.since(&first).total + third.since(&second).total);
        prop_assert_eq!(first.since(&third).total, Duration::ZERO);
        prop_assert!(first.is_before_or_at(&third) && first.is_before_or_at(&first));
    }
}

#[test]
fn text_with_more_than_a_time_is_refused() {
    let now = berlin("2026-11-21T15:04:05");
    for text in ["yesterday 2026-11-19T18:00", "2026-11-20 2026-11-19T18:00", "2026-11-20 18:00[Asia/Tokyo]"]
    {
        assert!(parse_date_time(text, &now).is_err(), "{text} is {}", describe_parsed_time(text, &now));
    }
}
