//! Statistics of past sessions: their values, that every way of reading gives the same, and how they are printed.

use crate::{home::Home, schemas::assert_fits};
use easeback::{
    history::HistoryFolder,
    record::{Amendment, Brief, HistoryLine, Outcome, PainRating, PhaseRecord, Query, SessionRecord},
    report::{self, OutputFormat},
    stats::{Statistics, StatsBuilder, split_into_episodes},
    time::WallTime,
};
use jiff::{Timestamp, fmt::temporal::Pieces, tz::Offset};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::{fs, path::Path};
use uuid::Uuid;

/// So many minutes after 2026-11-20 00:00 in Berlin.
fn minute(minute: i64) -> WallTime {
    let midnight: Timestamp = "2026-11-19T23:00:00Z".parse().unwrap();
    WallTime::new(Timestamp::from_second(midnight.as_second() + 60 * minute).unwrap(), Offset::constant(1))
}

fn hour(hour: i64) -> WallTime {
    minute(hour * 60)
}

fn phase(kind: &str, planned_s: u64, actual_s: u64) -> PhaseRecord {
    PhaseRecord { started: Some(minute(0)), ..PhaseRecord::new(kind, 1, planned_s, actual_s) }
}

/// Twenty minutes of heat, and nine of ten minutes of cold.
fn session(number: u32, started: WallTime, pain: (Option<u8>, Option<u8>)) -> SessionRecord {
    SessionRecord {
        at: started.plus(std::time::Duration::from_secs(1800)),
        ended: Some(started.plus(std::time::Duration::from_secs(1740))),
        swap: Some("auto".into()),
        planned_s: 1800,
        active_s: 1740,
        pain_before: pain.0,
        pain_after: pain.1,
        ..SessionRecord::new(
            Uuid::from_u128((u128::from(number) << 96) | 0x7000_8000_0000_0000_0000),
            started,
            "alternate",
            vec![phase("heat", 1200, 1200), phase("cold", 600, 540)],
        )
    }
}

fn amendment(number: u128, session_id: Uuid, at: WallTime, set: Value) -> HistoryLine {
    let Value::Object(set) = set else { panic!("fields expected, not {set}") };
    HistoryLine::Amendment(Amendment {
        id: Uuid::from_u128(number),
        target_id: session_id,
        at,
        changed_fields: set,
        unknown_fields: Map::new(),
    })
}

fn stats_of(sessions: &[SessionRecord], now: WallTime) -> Statistics {
    let mut stats = StatsBuilder::new(&Query::default(), now);
    sessions.iter().for_each(|session| stats.add(Brief::of(session)).unwrap());
    stats.into_statistics()
}

fn format_stats_in_width(stats: &Statistics, width: usize, plain: bool) -> String {
    report::format_stats(
        stats,
        OutputFormat { width: Some(width), ascii_only: plain, ..OutputFormat::default() },
    )
}

#[test]
fn stats_report_known_values_with_their_counts() {
    let stats = stats_of(
        &[
            session(1, hour(-30), (Some(7), Some(4))),
            session(2, hour(-29), (Some(4), Some(6))),
            session(3, hour(9), (Some(5), Some(4))),
            SessionRecord { phases: Vec::new(), ..session(4, hour(18), (None, Some(11))) },
        ],
        hour(20),
    );
    let total = &stats.total;
    assert_eq!((total.sessions, total.sessions_with_phases), (4, 3));
    assert_eq!((total.heat.planned_s, total.cold.planned_s, total.cold.done_s), (3600, 1800, 1620));
    assert_eq!((total.pain.before.count, total.pain.after.count, total.pain.change.count), (3, 3, 3));
    assert_eq!(total.pain.change.sum, -3 + 2 - 1, "a score off the scale is none");
    assert_eq!((total.pain.changed_by_2_or_more.lower, total.pain.changed_by_2_or_more.higher), (1, 1));
    assert_eq!((stats.today.day.to_string().as_str(), stats.today.totals.sessions), ("2026-11-20", 2));
    assert_eq!(stats.by_day.iter().map(|day| day.totals.sessions).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(stats.by_week.len(), 1);
    assert_eq!(stats.by_week[0].monday.to_string(), "2026-11-16");
    assert_eq!((stats.by_hour[9], stats.by_hour[18], stats.by_hour[19]), (1, 2, 1));
}

#[test]
fn unknown_values_are_never_zero() {
    let unknown = SessionRecord { phases: Vec::new(), ..session(1, hour(9), (None, None)) };
    let stats = stats_of(&[unknown], hour(10));
    let document: Value = serde_json::from_str(&report::stats_to_json(&stats)).unwrap();
    assert_fits("stats", &document);
    assert_eq!(document["today"]["heat"], json!({ "planned_s": null, "done_s": null }));
    assert_eq!(document["total"]["pain"]["change"], json!({ "known": 0, "sum": 0, "mean": null }));
    assert_eq!(document["episodes"][0]["eased_after_s"], Value::Null);
    assert_eq!(document["by_region"][0]["region"], Value::Null);
    let text = format_stats_in_width(&stats, 80, false);
    assert!(text.starts_with("today      1 session; heat –; cold –; pain –\n"), "{text}");
    assert!(text.contains("change     – (no session has a score both before and after)"), "{text}");
    assert!(text.contains("no. 1, since the first session, 2026-11-20 09:00"), "{text}");
}

#[test]
fn unconfirmed_swap_is_counted() {
    let cold_phase = |answered_after_s| PhaseRecord { answered_after_s, ..phase("cold", 600, 600) };
    let overdue = PhaseRecord { overdue_s: 90, ..phase("heat", 1200, 1200) };
    let cut_short = PhaseRecord { outcome: Outcome::CutShort, ..phase("heat", 1200, 100) };
    let session_with = |phases, swap: &str| {
        let record = SessionRecord { phases, swap: Some(swap.into()), ..session(1, hour(0), (None, None)) };
        stats_of(&[record], hour(1)).overruns.swaps_not_confirmed
    };
    assert_eq!(session_with(vec![phase("heat", 1200, 1200), cold_phase(None)], "auto"), 1);
    assert_eq!(session_with(vec![phase("heat", 1200, 1200), cold_phase(Some(4))], "auto"), 0);
    assert_eq!(
        session_with(vec![phase("heat", 1200, 1200), cold_phase(None)], "ask"),
        0,
        "the person said it"
    );
    assert_eq!(session_with(vec![overdue, cold_phase(None)], "auto"), 0, "the person ended the overrun");
    assert_eq!(session_with(vec![cut_short, cold_phase(None)], "auto"), 0, "the person skipped");
}

#[test]
fn episode_starts_at_its_onset_or_after_two_weeks() {
    let with_onset = |onset, session| SessionRecord { onset: Some(onset), ..session };
    let day = |day: i64| hour(24 * day);
    let lines = [
        session(1, day(0), (Some(7), Some(5))),
        session(2, day(13), (Some(5), Some(3))),
        // The same onset once more does not start an episode.
        with_onset(day(12), session(3, day(14), (Some(4), None))),
        session(4, day(28), (None, Some(2))),
        with_onset(hour(24 * 28 + 10), session(5, hour(24 * 28 + 12), (Some(8), Some(6)))),
        with_onset(hour(24 * 28 + 10), session(6, hour(24 * 28 + 15), (Some(6), Some(3)))),
    ];
    let found = split_into_episodes(&lines);
    let episodes: Vec<_> = found.iter().map(|each| (each.number, each.totals.sessions, each.onset)).collect();
    let onset = hour(24 * 28 + 10);
    assert_eq!(episodes, [(1, 3, Some(day(12))), (2, 1, None), (3, 2, Some(onset))]);
    assert_eq!((found[2].pain_first, found[2].pain_last), (Some(8), Some(3)));
    assert_eq!(found[2].time_until_eased().unwrap().as_secs(), 5 * 3600 + 1740);
    assert_eq!(found[1].time_until_eased().unwrap().as_secs(), 1740, "from the first session");

    let statistics = stats_of(&lines, hour(24 * 28 + 20));
    assert_eq!((statistics.episodes_in_all, statistics.since_onset_s), (3, Some(10 * 3600)));
    let mut stats = StatsBuilder::new(&Query { since: Some(day(27)), ..Query::default() }, day(29));
    lines.iter().rev().for_each(|session| stats.add(Brief::of(session)).unwrap());
    let statistics = stats.into_statistics();
    assert_eq!(statistics.episodes, found[1..], "whole, and with their own numbers");
    assert_eq!(statistics.total.sessions, 3);
}

#[test]
fn stats_text_matches_snapshots() {
    let home = Home::new();
    let stats = sample_stats();
    insta::assert_snapshot!("stats_80", format_stats_in_width(&stats, 80, false));
    insta::assert_snapshot!("stats_40", format_stats_in_width(&stats, 40, false));
    insta::assert_snapshot!("stats_20", format_stats_in_width(&stats, 20, false));
    insta::assert_snapshot!("stats_plain", format_stats_in_width(&stats, 80, true));
    for width in [1, 5, 12, 20, 23, 40, 57, 80, 100] {
        for plain in [false, true] {
            let text = format_stats_in_width(&stats, width, plain);
            assert!(!plain || text.is_ascii(), "{text}");
            let fits = |line: &str| line.chars().count() <= width || width < 20;
            assert!(text.lines().all(fits), "{width} columns:\n{text}");
        }
    }
    assert!(!format_stats_in_width(&stats, 80, false).contains("worked"));
    drop(home);
}

/// Three weeks with sessions of every kind.
fn sample_stats() -> Statistics {
    let full = |number: u32| {
        let started = hour(i64::from(number) * 7 - 24 * 20);
        let pain = (!number.is_multiple_of(5)).then_some((9 - number / 8) as u8);
        SessionRecord {
            onset: (number == 40).then(|| hour(40 * 7 - 24 * 20 - 2)),
            region: (!number.is_multiple_of(3)).then(|| ["low", "hips"][number as usize % 2].into()),
            protocol: ["alternate", "my-own-protocol-with-a-name \u{1b}[31m"]
                [usize::from(number.is_multiple_of(9))]
            .into(),
            outcome: [Outcome::Completed, Outcome::Stopped][usize::from(number.is_multiple_of(7))].clone(),
            overdue_s: u64::from(number.is_multiple_of(11)) * 100,
            ..session(number, started, (pain, pain.map(|pain| pain.saturating_sub((number % 4) as u8))))
        }
    };
    stats_of(&(0..70).map(full).collect::<Vec<_>>(), hour(12))
}

#[test]
fn stats_command_counts_recorded_sessions() {
    let home = Home::new();
    let none = home.run(["stats"]);
    assert_eq!((none.code, none.stderr.as_str()), (Some(0), "no session yet: `easeback start` starts one\n"));
    assert!(none.stdout.starts_with("today      no session\n"), "{none:?}");
    let start = ["start", "--detach", "--no-notify", "--pain", "7", "--onset", "2h", "--region", "low"];
    assert_eq!(home.run(start).code, Some(0));
    assert_eq!(home.run(["stop", "--pain", "4"]).code, Some(0));
    let text = home.run(["stats"]).stdout;
    // On a busy machine the session lasts a second or more.
    let heat = text.strip_prefix("today      1 session; heat ").unwrap_or_else(|| panic!("{text}"));
    assert!(heat.starts_with("0 min of 1 h planned") || heat.starts_with("<1 min of 1 h planned"), "{text}");
    assert!(
        text.contains("change     3 lower on average in 1 session with both scores; lower by 2 or more\n"),
        "{text}"
    );
    let document: Value = serde_json::from_str(&home.run(["stats", "--json"]).stdout).unwrap();
    assert_fits("stats", &document);
    assert_eq!(document["outcomes"]["stopped"], 1);
    assert_eq!(document["since_onset_s"].as_u64().unwrap() / 3600, 2);

    let filtered = home.run(["stats", "--until", "yesterday"]);
    assert_eq!((filtered.code, filtered.stderr.as_str()), (Some(0), "no session in that time\n"));
    let wrong = home.run(["stats", "--since", "today", "--until", "yesterday"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
    let plain = Home::new().env("TERM", "dumb").run(["stats"]).stdout;
    assert!(plain.is_ascii());
    assert!(Home::new().remove_env("LANG").run(["stats"]).stdout.is_ascii());
}

#[test]
fn stats_report_unreadable_lines_and_skip_only_those() {
    let home = Home::new();
    let folder = home.data().join("history");
    fs::create_dir_all(&folder).unwrap();
    let line = HistoryLine::Session(session(1, hour(0), (Some(7), None))).to_json();
    let hostile = line.replace("alternate", "\\u001b[31mred").replace("00000001", "00000002");
    fs::write(folder.join("a.jsonl"), format!("\u{feff}{line}\r\n{{torn\n{hostile}\nfoo")).unwrap();
    let run = home.run(["stats"]);
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("cannot read 2 lines of "), "{run:?}");
    assert!(run.stdout.contains("2 sessions") && run.stdout.contains("\u{fffd}[31mred"), "{run:?}");
    let json = home.run(["stats", "--json"]).stdout;
    assert!(!json.contains('\u{1b}'), "{json}");
}

/// The statistics from a stream, and from all lines in memory.
fn streamed_and_in_memory(folder: &Path) -> (Statistics, Statistics) {
    let logs = HistoryFolder::new(folder.into(), "laptop-00c0de");
    let begin = || StatsBuilder::new(&Query { since: Some(minute(-50_000)), ..Query::default() }, hour(30));
    let (streamed, unreadable) = logs.each(begin, StatsBuilder::add).unwrap();
    let found = logs.find_newest(&Query::default()).unwrap();
    let mut in_memory = begin();
    found.sessions.iter().rev().for_each(|session| in_memory.add(Brief::of(session)).unwrap());
    assert_eq!(
        unreadable.iter().map(|unreadable| unreadable.line_count).collect::<Vec<_>>(),
        found.unread.iter().map(|unreadable| unreadable.line_count).collect::<Vec<_>>()
    );
    (streamed.into_statistics(), in_memory.into_statistics())
}

fn to_json_lines(lines: &[HistoryLine]) -> String {
    lines.iter().map(|line| line.to_json() + "\n").collect()
}

#[test]
fn sessions_beyond_the_buffer_add_up_in_any_order() {
    let count = 1300;
    let sessions: Vec<HistoryLine> = (0..count)
        .map(|n| HistoryLine::Session(session(n, minute(i64::from(n) * 60), (Some(5), Some(3)))))
        .collect();
    let first =
        |at, pain| SessionRecord { at, pain_after: Some(pain), ..session(0, minute(0), (Some(5), None)) };
    let late = WallTime::new(minute(100_000).timestamp(), Offset::constant(1));
    let variants: [&[HistoryLine]; 6] = [
        &[],
        &[amendment(1, session(0, hour(0), (None, None)).id, late, json!({ "pain_after": 9 }))],
        &[amendment(1, session(7, hour(0), (None, None)).id, late, json!({ "deleted": true }))],
        &[HistoryLine::Session(first(late, 9))],
        &[HistoryLine::Session(SessionRecord {
            started: minute(-100),
            ..session(count + 1, late, (None, None))
        })],
        &[HistoryLine::Session(session(count + 1, minute(100_100), (None, None))), sessions[5].clone()],
    ];
    for variants in variants {
        for reversed in [false, true] {
            let temp = tempfile::tempdir().unwrap();
            let mut lines = [&sessions[..], variants].concat();
            if reversed {
                lines.reverse();
            }
            fs::write(temp.path().join("a.jsonl"), to_json_lines(&lines)).unwrap();
            fs::write(temp.path().join("b.jsonl"), to_json_lines(&lines[..400])).unwrap();
            let (streamed, in_memory) = streamed_and_in_memory(temp.path());
            assert_eq!(streamed, in_memory, "with {variants:?}, reversed: {reversed}");
        }
    }
}

fn pain() -> impl Strategy<Value = Option<u8>> {
    prop::option::of(0_u8..13)
}

fn records() -> impl Strategy<Value = SessionRecord> {
    let when = (0_u32..12, -60_000_i64..2000, 0_i64..200, prop::option::of(-62_000_i64..2000));
    let what = (pain(), pain(), 0_u64..3, any::<bool>(), "[a-z\"\\\\é]{0,3}");
    (when, what).prop_map(|((number, started, after, onset), (before, score, kind, auto, word))| {
        SessionRecord {
            at: minute(started + after),
            onset: onset.map(minute),
            ended: (after > 20).then(|| minute(started + after)),
            outcome: if kind == 0 { Outcome::Other(word.clone()) } else { Outcome::Stopped },
            protocol: word.clone(),
            region: auto.then(|| word.clone()),
            origin: auto.then(|| "logged".into()),
            as_needed: auto,
            cover: Some(word.clone()),
            posture: auto.then(|| word.clone()),
            skin: Some(word.clone()),
            answers: auto.then(|| json!({"emergency signs": "none", word.clone(): word.clone()})),
            note: Some(word),
            swap: auto.then(|| "auto".into()),
            overdue_s: kind,
            ratings: vec![PainRating { at: minute(started), score: 3 }],
            phases: (0..kind)
                .map(|n| PhaseRecord { overdue_s: n, ..phase("heat", u64::MAX / 2, 600) })
                .collect(),
            ..session(number, minute(started), (before, score))
        }
    })
}

fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let set = prop_oneof![
        pain().prop_map(|pain| json!({ "pain_after": pain })),
        any::<bool>().prop_map(|deleted| json!({ "deleted": deleted })),
        (-60_000_i64..2000).prop_map(|started| json!({ "started": minute(started) })),
        Just(json!({ "phases": [] })),
        Just(json!({ "pain_before": "much" })),
        "[a-z]{0,2}".prop_map(|protocol| json!({ "protocol": protocol, "onset": null })),
    ];
    let amendments = (0_u128..6, 0_u32..12, -60_000_i64..4000, set).prop_map(|(id, number, at, set)| {
        amendment(id, session(number, hour(0), (None, None)).id, minute(at), set)
    });
    prop_oneof![
        6 => records().prop_map(|record| HistoryLine::Session(record).to_json().into_bytes()),
        2 => amendments.prop_map(|line| line.to_json().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..30),
        1 => damaged_line(),
    ]
}

/// A real line with one value changed.
fn damaged_line() -> impl Strategy<Value = Vec<u8>> {
    let values = prop_oneof![
        Just("null"),
        Just("\"\""),
        Just("[]"),
        Just("{}"),
        Just("-1"),
        Just("1.0"),
        Just("1e2"),
        Just("300"),
        Just("\"2026-11-20T24:00:00Z\""),
        Just("\"2026-11-20 18:00:00.5-00:00\""),
        Just("18446744073709551615"),
        Just("\"session\""),
        Just("[{}]"),
        Just("\"\\ud800\""),
        Just("true"),
    ];
    (records(), any::<prop::sample::Index>(), values, 0..4).prop_map(|(record, index, value, variant)| {
        let text = HistoryLine::Session(record).to_json();
        let colons: Vec<usize> = text.match_indices("\":").map(|(at, _)| at + 2).collect();
        let at = colons[index.index(colons.len())];
        let end = text[at..].find([',', '}']).map_or(text.len(), |length| at + length);
        let begin = text[..at - 2].rfind('"').unwrap();
        match variant {
            0 => format!("{}{value}{}", &text[..at], &text[end..]),
            1 => format!("{}\"strange\":{value},{}", &text[..begin], &text[begin..]),
            2 => format!("{}{},{}", &text[..begin], &text[begin..end], &text[begin..]),
            _ => text[..at].to_owned() + &text[end..],
        }
        .into_bytes()
    })
}

proptest! {
    #![proptest_config(crate::properties::property_config(128))]

    #[test]
    fn streamed_stats_equal_in_memory_stats(
        files in prop::collection::vec(prop::collection::vec(any_line(), 0..25), 1..4),
        copied in any::<bool>(),
    ) {
        let temp = tempfile::tempdir().unwrap();
        for (number, lines) in files.iter().enumerate() {
            let bytes = lines.join(&b'\n');
            fs::write(temp.path().join(format!("{number}.jsonl")), &bytes).unwrap();
            if copied {
                fs::write(temp.path().join(format!("{number}.copy.jsonl")), &bytes).unwrap();
            }
        }
        let (streamed, in_memory) = streamed_and_in_memory(temp.path());
        prop_assert_eq!(streamed, in_memory);
    }

    #[test]
    fn parsed_summary_matches_the_full_record(line in any_line()) {
        if let Some(brief) = Brief::read(&line) {
            let whole = HistoryLine::parse(std::str::from_utf8(&line).unwrap());
            let Ok(HistoryLine::Session(whole)) = whole else { panic!("{whole:?}") };
            prop_assert_eq!(brief, Brief::of(&whole));
        }
    }

    #[test]
    fn written_record_parses_as_a_summary(record in records()) {
        let brief = Brief::read(HistoryLine::Session(record.clone()).to_json().as_bytes());
        prop_assert_eq!(brief, Some(Brief::of(&record)));
    }

    #[test]
    fn stats_of_any_records_fit_the_schema(records in prop::collection::vec(records(), 0..20), width in 1_usize..120) {
        let stats = stats_of(&records, hour(30));
        assert_fits("stats", &serde_json::from_str(&report::stats_to_json(&stats)).unwrap());
        format_stats_in_width(&stats, width, width % 2 == 0);
    }

    #[test]
    fn timestamp_parses_as_rfc3339(
        text in "(0|1|2)[0-9]{3}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|[+-][0-2][0-9]:[0-6][0-9])",
    ) {
        let read = serde_json::from_value::<WallTime>(json!(text)).ok();
        let offset = |text: &str| Pieces::parse(text).unwrap().to_numeric_offset().unwrap_or(Offset::UTC);
        let expected = text.parse::<Timestamp>().ok().map(|at| WallTime::new(at, offset(&text)));
        prop_assert_eq!(read, expected);
    }
}
