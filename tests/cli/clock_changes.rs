//! Clocks and sessions: sleep, reboots, time zones, daylight saving time, and setting the clock.
//!
//! Durations come from clocks that cannot be set; what those clocks cannot know counts as `unknown`, never as
//! treatment. A time namespace shifts the kernel's clocks: a session started here is looked at with other clocks.

use crate::home::{Home, Output, boottime, skip};
use easeback::{
    protocol::{Overrides, Protocol},
    record::{Outcome, SessionRecord},
    session::{Entry, Event, Header, Intake, JOURNAL_VERSION, Session, SessionSettings, State},
    time::{Stamp, WallTime},
};
use jiff::{SignedDuration, Timestamp, ZonedDateTime, tz::TimeZone};
use serde_json::{Value, json};
use std::{fs, ops::RangeInclusive, time::Duration};
use uuid::Uuid;

/// 34 minutes, in seconds.
const AWAY_SECONDS: u64 = 34 * 60;
/// The computer slept that long: only the boot-time clock advanced.
const CLOCKS_AFTER_SLEEP: &str = "--boottime 2040";
/// The computer was awake that long: both clocks advanced.
const CLOCKS_AFTER_WAKING_TIME: &str = "--boottime 2040 --monotonic 2040";

// The program, with this computer's clocks and with shifted ones.

fn start_session(home: &Home) {
    let start = home.run(["start", "--detach", "--no-notify"]);
    assert_eq!(start.code, Some(0), "{start:?}");
    home.wait_until("the first alert", || home.has_alert("start"));
}

fn status(home: &Home) -> Value {
    serde_json::from_str(&home.run(["status", "--json"]).stdout).unwrap()
}

/// Whether a time namespace can be created. If not, the test is skipped.
fn can_shift_clocks_or_skip(home: &Home) -> bool {
    let probe = home.run_shell("unshare -rT --boottime 1 true");
    if probe.code != Some(0) {
        skip(&format!("time namespaces ({})", probe.stderr.trim()));
    }
    probe.code == Some(0)
}

/// Runs easeback with the clocks shifted by `clocks`.
fn run_with_clocks(home: &Home, clocks: &str, args: &str) -> Output {
    let output = home.run_shell(&format!("exec unshare -rT {clocks} \"$EASEBACK\" {args}"));
    assert_eq!(output.code, Some(0), "{args}: {output:?}");
    output
}

fn status_with_clocks(home: &Home, clocks: &str) -> Value {
    serde_json::from_str(&run_with_clocks(home, clocks, "status --json").stdout).unwrap()
}

fn only_record(home: &Home) -> Value {
    let [record] = &home.history()[..] else { panic!("one record: {:?}", home.history()) };
    record.clone()
}

/// A number of a record or a status; 0 if it is absent.
fn seconds(document: &Value, name: &str) -> u64 {
    document[name].as_u64().unwrap_or_else(|| {
        assert!(document[name].is_null(), "{name} of {document}");
        0
    })
}

fn parse_time(text: &Value) -> Timestamp {
    text.as_str().unwrap_or_else(|| panic!("{text} is no moment")).parse().unwrap()
}

/// The UTC offset as written, such as `+01:00`.
fn utc_offset(text: &Value) -> &str {
    let text = text.as_str().unwrap();
    &text[text.len() - 6..]
}

/// The time from the journal's first entry to its last, in whole seconds: all that was timed.
fn timed_seconds(home: &Home) -> u64 {
    let lines = home.journal().unwrap();
    let at = |line: &Value| line["at"]["boottime_ns"].as_u64().unwrap();
    (at(lines.last().unwrap()) - at(&lines[0])) / 1_000_000_000
}

/// `away`, plus at most the time that this test has taken so far. Rounding may lose a second.
fn within_test_time(away: u64, started_at: Duration) -> RangeInclusive<u64> {
    away.saturating_sub(1)..=away + (boottime() - started_at).as_secs() + 1
}

/// Replaces the journal by one in which every stamp is changed.
fn rewrite_stamps(home: &Home, change: impl Fn(&mut Value)) {
    let mut lines = home.journal().unwrap();
    lines.iter_mut().for_each(|line| change(&mut line["at"]));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let new_journal = home.state().join("beside");
    fs::write(&new_journal, text).unwrap();
    fs::rename(new_journal, home.state().join("session.jsonl")).unwrap();
}

/// Shifts the wall clock of a stamp.
fn shift_wall(at: &mut Value, by: SignedDuration) {
    let wall: ZonedDateTime = format!("{}[Europe/Berlin]", parse_time(&at["wall"])).parse().unwrap();
    at["wall"] = json!(WallTime::from(&(&wall + by)).to_string());
}

#[test]
fn time_since_a_kill_is_unknown_asleep_or_awake() {
    for (clocks, asleep) in [(CLOCKS_AFTER_SLEEP, AWAY_SECONDS), (CLOCKS_AFTER_WAKING_TIME, 0)] {
        let (home, started_at) = (Home::new(), boottime());
        if !can_shift_clocks_or_skip(&home) {
            return;
        }
        start_session(&home);
        home.kill_timer();
        let (timed, journal) = (timed_seconds(&home), home.journal().unwrap());
        let last: ZonedDateTime =
            format!("{}[Europe/Berlin]", parse_time(&journal.last().unwrap()["at"]["wall"])).parse().unwrap();

        let status_json = status_with_clocks(&home, clocks);
        assert_eq!(
            (&status_json["state"], &status_json["watched"]),
            (&json!("cut_off"), &json!(false)),
            "{status_json}"
        );
        assert_eq!(
            (seconds(&status_json["phase"], "elapsed_s"), seconds(&status_json["phase"], "overdue_s")),
            (timed, 0)
        );
        assert_eq!(status_json["phase"]["ends_at"], Value::Null, "nobody knows");
        let status_text = run_with_clocks(&home, clocks, "status").stdout;
        let since = format!("nobody has timed it since {}", last.strftime("%Y-%m-%d %H:%M"));
        assert!(
            status_text.starts_with("interrupted in heat, round 1 of 3: ") && status_text.contains(&since),
            "{status_text}"
        );
        assert!(status_text.contains("look at your skin"), "{status_text}");
        assert_eq!(home.journal().unwrap(), journal, "looking writes nothing");

        let stopped = run_with_clocks(&home, clocks, "stop");
        assert!(stopped.stderr.starts_with("interrupted: heat "), "{}", stopped.stderr);
        assert!(stopped.stderr.contains(" 34 min"), "{}", stopped.stderr);
        let record = only_record(&home);
        assert_eq!((&record["outcome"], &record["ended"]), (&json!("interrupted"), &Value::Null));
        assert_eq!(seconds(&record, "active_s"), timed, "no treatment is invented: {record}");
        assert!(
            within_test_time(AWAY_SECONDS, started_at).contains(&seconds(&record, "unknown_s")),
            "{record}"
        );
        assert!((asleep.saturating_sub(1)..=asleep).contains(&seconds(&record, "slept_s")), "{record}");
        assert_eq!(seconds(&record, "overdue_s") + seconds(&record, "asking_s"), 0, "{record}");
        assert_eq!(record["phases"][0]["outcome"], "unknown");
        assert_eq!(record["phases"][1]["outcome"], "not_begun");
    }
}

#[test]
fn session_resumed_after_sleep_loses_and_gains_no_time() {
    for (clocks, pause) in
        [(CLOCKS_AFTER_SLEEP, false), (CLOCKS_AFTER_WAKING_TIME, false), (CLOCKS_AFTER_SLEEP, true)]
    {
        let (home, started_at) = (Home::new(), boottime());
        if !can_shift_clocks_or_skip(&home) {
            return;
        }
        start_session(&home);
        if pause {
            assert_eq!(home.run(["pause"]).code, Some(0));
        }
        home.kill_timer();

        let resumed = run_with_clocks(&home, clocks, "resume").stderr;
        assert_eq!(resumed.contains("still paused"), pause, "{resumed}");
        assert!(resumed.contains("Look at the skin"), "{resumed}");
        let status_json = status_with_clocks(&home, clocks);
        assert_eq!(status_json["state"], if pause { "paused" } else { "running" }, "{status_json}");
        assert_eq!((&status_json["watched"], &status_json["phase"]["kind"]), (&json!(true), &json!("heat")));
        let (elapsed, remaining) =
            (seconds(&status_json["phase"], "elapsed_s"), seconds(&status_json["phase"], "remaining_s"));
        assert!(
            within_test_time(0, started_at).contains(&elapsed)
                && (1199..=1200).contains(&(elapsed + remaining)),
            "{status_json}"
        );

        run_with_clocks(&home, clocks, "stop");
        let record = only_record(&home);
        assert_eq!(
            (&record["outcome"], &record["phases"][1]["outcome"]),
            (&json!("stopped"), &json!("not_begun"))
        );
        assert!(
            within_test_time(AWAY_SECONDS, started_at).contains(&seconds(&record, "unknown_s")),
            "{record}"
        );
        for known in ["active_s", "paused_s"] {
            assert!(within_test_time(0, started_at).contains(&seconds(&record, known)), "{known}: {record}");
        }
    }
}

#[test]
fn status_before_the_timer_wakes_shows_one_overdue_phase() {
    let (home, started_at) = (Home::new(), boottime());
    if !can_shift_clocks_or_skip(&home) {
        return;
    }
    start_session(&home);
    let status_json = status_with_clocks(&home, CLOCKS_AFTER_SLEEP);
    assert_eq!(
        (&status_json["state"], &status_json["watched"]),
        (&json!("overdue"), &json!(true)),
        "{status_json}"
    );
    assert_eq!(
        (&status_json["phase"]["kind"], &status_json["round"]),
        (&json!("heat"), &json!(1)),
        "no round is invented"
    );
    assert!(
        within_test_time(AWAY_SECONDS - 1200, started_at)
            .contains(&seconds(&status_json["phase"], "overdue_s")),
        "{status_json}"
    );
    // The state of the skin is unknown, all of the time is known: the timer holds the lease.
    run_with_clocks(&home, CLOCKS_AFTER_SLEEP, "stop");
    let record = only_record(&home);
    assert_eq!((&record["outcome"], seconds(&record, "active_s")), (&json!("stopped"), 1200));
    assert!(
        within_test_time(AWAY_SECONDS - 1200, started_at).contains(&seconds(&record, "overdue_s")),
        "{record}"
    );
    assert!((AWAY_SECONDS - 1..=AWAY_SECONDS).contains(&seconds(&record, "slept_s")), "{record}");
    assert_eq!((seconds(&record, "unknown_s"), &record["phases"][1]["outcome"]), (0, &json!("not_begun")));
}

/// Makes it look as if the computer was rebooted since, with the wall clock shifted.
fn simulate_reboot(home: &Home, shift: SignedDuration) {
    home.kill_timer();
    rewrite_stamps(home, |at| {
        at["boot"] = json!("11111111-2222-3333-4444-555555555555");
        // It had been up for longer than it is now: these clocks cannot be compared any more.
        for clock in ["boottime_ns", "monotonic_ns"] {
            at[clock] = json!(at[clock].as_u64().unwrap() + 900_000 * 1_000_000_000);
        }
        shift_wall(at, -shift);
    });
}

#[test]
fn wall_clock_measures_a_reboot_as_unknown_time() {
    let spans = [(3600, 3600), (86_400, 86_400), (-3600, 0), (-315_360_000, 0)];
    for (shift, unknown) in spans {
        let (home, started_at) = (Home::new(), boottime());
        start_session(&home);
        simulate_reboot(&home, SignedDuration::from_secs(shift));
        let timed = timed_seconds(&home);
        let status_json = status(&home);
        assert_eq!(
            (&status_json["state"], &status_json["watched"]),
            (&json!("cut_off"), &json!(false)),
            "{shift}: {status_json}"
        );
        assert_eq!(seconds(&status_json["phase"], "elapsed_s"), timed, "{shift}: {status_json}");

        assert_eq!(home.run(["stop"]).code, Some(0));
        let record = only_record(&home);
        assert_eq!((&record["outcome"], &record["ended"]), (&json!("interrupted"), &Value::Null));
        assert_eq!(
            (seconds(&record, "active_s"), seconds(&record, "slept_s")),
            (timed, 0),
            "{shift}: {record}"
        );
        assert!(
            within_test_time(unknown, started_at).contains(&seconds(&record, "unknown_s")),
            "{shift}: {record}"
        );
        assert!(parse_time(&record["at"]) >= parse_time(&record["started"]), "{shift}: {record}");
    }
}

#[test]
fn session_continues_after_a_reboot_from_its_last_known_time() {
    for (shift, unknown) in [(3600, 3600), (-3600, 0)] {
        let (home, started_at) = (Home::new(), boottime());
        start_session(&home);
        simulate_reboot(&home, SignedDuration::from_secs(shift));
        assert_eq!(home.run(["resume"]).code, Some(0));
        home.wait_until("the session to run", || status(&home)["state"] == "running");
        let status_json = status(&home);
        assert!(
            within_test_time(0, started_at).contains(&seconds(&status_json["phase"], "elapsed_s")),
            "{shift}: {status_json}"
        );
        assert_eq!(home.run(["stop"]).code, Some(0));
        let record = only_record(&home);
        assert!(within_test_time(0, started_at).contains(&seconds(&record, "active_s")), "{shift}: {record}");
        assert!(
            within_test_time(unknown, started_at).contains(&seconds(&record, "unknown_s")),
            "{shift}: {record}"
        );
        assert!(parse_time(&record["at"]) >= parse_time(&record["started"]), "{shift}: {record}");
    }
}

#[test]
fn time_zone_change_affects_only_displayed_times() {
    let started_at = boottime();
    let mut home = Home::new();
    start_session(&home);
    let started = home.journal().unwrap()[0]["at"]["wall"].clone();
    let ends = parse_time(&started) + SignedDuration::from_mins(20);
    for zone in ["America/New_York", "Asia/Kolkata", "Europe/Berlin"] {
        home = home.env("TZ", zone);
        let status_json = status(&home);
        assert_eq!(status_json["state"], "running", "{zone}");
        assert!(
            within_test_time(0, started_at).contains(&seconds(&status_json["phase"], "elapsed_s")),
            "{zone}: {status_json}"
        );
        // In the reader's time zone, but the same instant.
        let shown = &status_json["phase"]["ends_at"];
        let local_end = ends.to_zoned_datetime(TimeZone::get(zone).unwrap());
        assert_eq!(utc_offset(shown), local_end.strftime("%:z").to_string(), "{zone}");
        assert!(
            parse_time(shown).duration_since(ends).abs() <= SignedDuration::from_secs(1),
            "{zone}: {status_json}"
        );
        let at = format!("cold for 10 min at {};", &shown.as_str().unwrap()[11..16]);
        assert!(status_json["tooltip"].as_str().unwrap().contains(&at), "{zone}: {status_json}");
    }
    home = home.env("TZ", "Asia/Kolkata");
    assert_eq!(home.run(["stop"]).code, Some(0));
    let record = only_record(&home);
    assert_eq!(
        (&record["tz"], utc_offset(&record["started"])),
        (&json!("Europe/Berlin"), utc_offset(&started))
    );
    assert_eq!(utc_offset(&record["phases"][0]["started"]), utc_offset(&started));
    assert!(within_test_time(0, started_at).contains(&seconds(&record, "active_s")), "{record}");
    assert_eq!((&record["outcome"], seconds(&record, "unknown_s")), (&json!("stopped"), 0));
    assert!(parse_time(&record["ended"]) >= parse_time(&record["started"]), "{record}");
}

/// A time zone whose summer time ends in so many minutes, in POSIX form.
#[expect(clippy::disallowed_methods, reason = "the ban is for the program's modules")]
fn zone_with_summer_ending_in(minutes: i64) -> String {
    // POSIX states the time in summer time.
    let ends = Timestamp::now() + SignedDuration::from_mins(minutes) + SignedDuration::from_hours(2);
    let day = |at: Timestamp| at.to_zoned_datetime(TimeZone::UTC).day_of_year() - 1;
    let start = ends - SignedDuration::from_hours(24 * 90);
    format!(
        "WIN-1SUM-2,{}/0,{}/{}",
        day(start),
        day(ends),
        ends.to_zoned_datetime(TimeZone::UTC).strftime("%H:%M:%S")
    )
}

#[test]
fn session_over_the_end_of_summer_time_keeps_its_length() {
    let home = Home::new().env("TZ", zone_with_summer_ending_in(15));
    let plan: Value = serde_json::from_str(&home.run(["plan", "--json"]).stdout).unwrap();
    let starts: Vec<Timestamp> =
        plan["phases"].as_array().unwrap().iter().map(|phase| parse_time(&phase["starts"])).collect();
    let minutes =
        |first: &Timestamp| starts.iter().map(|at| at.duration_since(*first).as_mins()).collect::<Vec<_>>();
    assert_eq!(minutes(&starts[0]), [0, 20, 30, 50, 60, 80]);

    start_session(&home);
    let started = parse_time(&home.journal().unwrap()[0]["at"]["wall"]);
    let ends = parse_time(&status(&home)["phase"]["ends_at"]);
    let off = ends.duration_since(started + SignedDuration::from_mins(20)).abs();
    assert!(off <= SignedDuration::from_secs(1), "{started} {ends}");
}

#[test]
fn setting_the_clock_mid_session_affects_only_displayed_times() {
    let (day, years) = (SignedDuration::from_hours(24), SignedDuration::from_hours(24 * 3653));
    for shift in [day, -day, years, -years] {
        let (home, started_at) = (Home::new(), boottime());
        start_session(&home);
        // As if the clock had been set just now.
        rewrite_stamps(&home, |at| shift_wall(at, -shift));
        let status_json = status(&home);
        assert_eq!(
            (&status_json["state"], &status_json["watched"]),
            (&json!("running"), &json!(true)),
            "{shift}: {status_json}"
        );
        assert!(
            within_test_time(0, started_at).contains(&seconds(&status_json["phase"], "elapsed_s")),
            "{shift}: {status_json}"
        );
        assert_eq!(home.run(["stop"]).code, Some(0));
        let first = only_record(&home);
        assert_eq!((&first["outcome"], seconds(&first, "unknown_s")), (&json!("stopped"), 0), "{shift}");
        assert!(within_test_time(0, started_at).contains(&seconds(&first, "active_s")), "{shift}: {first}");
        assert!(parse_time(&first["at"]) >= parse_time(&first["started"]), "{shift}: {first}");

        // The next record is dated after it, never before.
        start_session(&home);
        assert_eq!(home.run(["stop"]).code, Some(0));
        let [_, second] = &home.history()[..] else { panic!("two records") };
        assert!(parse_time(&second["at"]) >= parse_time(&first["at"]), "{shift}: {first} {second}");
    }
}

// The engine, over days that no test can wait for.

/// A computer in a time zone, whose wall clock can be set.
struct FakeZonedClock {
    zone: TimeZone,
    started: Timestamp,
    elapsed: Duration,
    wall_shift: SignedDuration,
}

impl FakeZonedClock {
    fn starting_at(moment: &str) -> FakeZonedClock {
        let moment: ZonedDateTime = moment.parse().unwrap();
        let (zone, started) = (moment.time_zone().clone(), moment.timestamp());
        FakeZonedClock { zone, started, elapsed: Duration::ZERO, wall_shift: SignedDuration::ZERO }
    }

    fn stamp(&self) -> Stamp {
        let up = Duration::from_hours(9) + self.elapsed;
        let shown = self.started + SignedDuration::try_from(self.elapsed).unwrap() + self.wall_shift;
        let wall = WallTime::from(&shown.to_zoned_datetime(self.zone.clone()));
        Stamp { boot_id: "this one".into(), boottime: up, monotonic: up, wall }
    }
}

/// Runs the default session to its end with a timer that wakes each minute, after `at_each_minute` was called.
fn whole_session(
    mut clocks: FakeZonedClock,
    mut at_each_minute: impl FnMut(&mut FakeZonedClock, &Session),
) -> SessionRecord {
    let plan = Protocol::find_built_in("alternate").unwrap().to_plan(&Overrides::default()).unwrap();
    let header = Header {
        version: JOURNAL_VERSION,
        id: Uuid::nil(),
        machine: "m".into(),
        plan,
        settings: SessionSettings::default(),
        intake: Intake::default(),
    };
    let mut lines = Session::begin(header, &clocks.stamp());
    lines.push(Entry { at: clocks.stamp(), event: Event::TimerStarted { pid: 1, namespace: None } });
    let mut session = Session::replay(lines).unwrap();
    while !session.is_over() {
        assert!(clocks.elapsed < Duration::from_hours(3), "it ends");
        at_each_minute(&mut clocks, &session);
        for line in session.automatic_entries(&clocks.stamp()) {
            session.apply(&line);
        }
        clocks.elapsed += Duration::from_mins(1);
    }
    session.to_record()
}

/// All durations of a record.
fn durations(record: &SessionRecord) -> Value {
    let mut document = serde_json::to_value(record).unwrap();
    let phases = document["phases"].take();
    let only = |document: &Value| {
        let fields = document.as_object().unwrap().iter();
        fields
            .filter(|(name, _)| name.ends_with("_s"))
            .map(|(name, value)| json!([name, value]))
            .collect::<Value>()
    };
    json!([only(&document), phases.as_array().unwrap().iter().map(only).collect::<Value>()])
}

#[test]
fn daylight_saving_change_mid_session_moves_no_swap() {
    // When the session starts, and the local times at which each phase starts and the last one ends.
    let nights = [
        (
            "2026-10-25T02:30:00+02:00[Europe/Berlin]",
            ["02:30:00", "02:50:00", "02:00:00", "02:20:00", "02:30:00", "02:50:00", "03:00:00"],
        ),
        (
            "2026-03-29T01:30:00+01:00[Europe/Berlin]",
            ["01:30:00", "01:50:00", "03:00:00", "03:20:00", "03:30:00", "03:50:00", "04:00:00"],
        ),
    ];
    for (start, shown) in nights {
        let clocks = FakeZonedClock::starting_at(start);
        let ends = clocks.started + SignedDuration::from_mins(90);
        let record = whole_session(clocks, |clocks, session| {
            let now = session.snapshot(&clocks.stamp());
            if now.state != State::Overdue {
                assert_eq!(now.ends_at.timestamp(), ends, "at {}", clocks.stamp().wall);
            }
        });
        let starts = record.phases.iter().filter_map(|phase| phase.started);
        let clock: Vec<String> =
            starts.chain(record.ended).map(|wall| wall.format_hour_minute_second()).collect();
        assert_eq!(clock, shown);
        assert_eq!((&record.outcome, record.active_s, record.overdue_s), (&Outcome::Completed, 5400, 0));
        let quiet =
            whole_session(FakeZonedClock::starting_at("2026-11-20T18:00:00+01:00[Europe/Berlin]"), |_, _| ());
        assert_eq!(durations(&record), durations(&quiet));
    }
}

#[test]
fn wall_clock_jump_changes_no_duration_and_no_deadline() {
    let evening = || FakeZonedClock::starting_at("2026-11-20T18:00:00+01:00[Europe/Berlin]");
    let quiet = whole_session(evening(), |_, _| ());
    let (day, years) = (SignedDuration::from_hours(24), SignedDuration::from_hours(24 * 3653));
    for jump in [day, -day, years, -years] {
        // During a phase, and exactly at a swap.
        for minute in [10, 20] {
            let record = whole_session(evening(), |clocks, session| {
                let before = session.snapshot(&clocks.stamp()).phase;
                if clocks.elapsed == Duration::from_mins(minute) {
                    clocks.wall_shift = jump;
                }
                let after = session.snapshot(&clocks.stamp()).phase;
                assert_eq!((before.elapsed, before.remaining), (after.elapsed, after.remaining));
            });
            assert_eq!(durations(&record), durations(&quiet), "{jump} at {minute}");
            assert_eq!(record.outcome, Outcome::Completed);
        }
    }
}

#[test]
fn cut_off_time_is_shown_in_the_readers_time_zone() {
    let home = Home::new();
    start_session(&home);
    home.kill_timer();
    let known = parse_time(&home.journal().unwrap().last().unwrap()["at"]["wall"]);
    for zone in ["America/New_York", "Asia/Kolkata"] {
        let since =
            known.to_zoned_datetime(TimeZone::get(zone).unwrap()).strftime("%Y-%m-%d %H:%M").to_string();
        let status_text = home.run_shell(&format!("TZ={zone} exec \"$EASEBACK\" status")).stdout;
        assert!(status_text.contains(&format!("since {since}")), "{zone}: {since}: {status_text}");
    }
}

#[test]
fn times_after_the_end_of_summer_time_are_winter_time() {
    let zone = zone_with_summer_ending_in(15);
    let home = Home::new().env("TZ", &zone);
    start_session(&home);
    let status_json = status(&home);
    let ends = parse_time(&status_json["phase"]["ends_at"]);
    let local_end = ends.to_zoned_datetime(TimeZone::posix(&zone).unwrap()).strftime("%H:%M").to_string();
    assert!(
        status_json["tooltip"].as_str().unwrap().contains(&format!("at {local_end};")),
        "{local_end}: {status_json}"
    );
    let plan = home.run(["plan"]).stdout;
    let cold_lines: Vec<&str> = plan.lines().filter(|line| line.contains("   1  cold")).collect();
    assert!(cold_lines[0].starts_with(&local_end), "{local_end}: {plan}");
}

#[test]
fn record_shows_offsets_that_differ() {
    let mut home = Home::new();
    start_session(&home);
    home = home.env("TZ", "Asia/Kolkata");
    assert_eq!(home.run(["stop"]).code, Some(0));
    let shown = home.run(["history", "show", "last"]).stdout;
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("started").ends_with("(Europe/Berlin)"), "{shown}");
    assert!(line("ended").ends_with("(+05:30)"), "{shown}");
    assert!(!line("recorded").contains("(+05:30)"), "the timer wrote it, by its own clock: {shown}");
}
