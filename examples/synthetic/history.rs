//! The history of one made-up person, in the library's own lines: the same for the same seed.
//!
//! Used by the example's `main.rs`, by a benchmark and by a test.

use easeback::{
    record::{Amendment, DiaryEntry, HistoryLine, Outcome, PainRating, PhaseRecord, SessionRecord},
    time::WallTime,
};
use jiff::{Timestamp, tz::Offset};
use serde_json::{Map, json};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    time::Duration,
};
use uuid::{Builder, Uuid};

/// Unix seconds. Every history's last session begins a few hours before: long ago, so that none is in the future.
pub const END: i64 = 1_763_664_000; // 2025-11-20T18:40:00Z
/// The gaps between sessions are scaled down so that no history is longer, however many sessions it has.
const MAX_HISTORY_S: u64 = 50 * 365 * 86_400;
/// More than the longest session takes, with the lines that follow it.
const MAX_SESSION_S: f64 = 4.0 * HOUR_S as f64;
const HOUR_S: u64 = 3600;

/// What a made-up history is generated from.
pub struct Person {
    /// Of all random numbers.
    pub seed: u64,
    /// The number of sessions.
    pub sessions: u64,
    /// Whether the history holds sessions only, each once.
    pub plain: bool,
}

impl Person {
    fn sessions_per_episode(&self) -> u64 {
        6 + self.seed % 10
    }
}

/// Writes a history into a folder.
pub fn write(folder: &Path, person: &Person) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = format!("laptop-{:06x}", person.seed & 0xff_ffff);
    let path = folder.join(format!("{name}.jsonl"));
    let mut log = BufWriter::with_capacity(1 << 20, File::create(&path)?);
    let mut rng = Rng(person.seed);
    let mut last_at = WallTime::new(Timestamp::MIN, Offset::UTC);
    for session in sessions(person) {
        for mut line in lines(session, person.plain, &mut rng) {
            last_at = last_at.max(line.written_at());
            set_at(&mut line, last_at);
            writeln!(log, "{}", line.to_json())?;
        }
        if !person.plain && rng.below(200) == 0 {
            log.write_all(b"{\"v\":1,\"kind\":\"session\",\"id\":\"0193\n")?;
        }
    }
    log.flush()?;
    if !person.plain && person.seed.is_multiple_of(4) {
        fs::copy(&path, folder.join(format!("{name}.sync-conflict-20251120-180000.jsonl")))?;
    }
    Ok(())
}

/// The sessions of a person, oldest first.
pub fn sessions(person: &Person) -> impl Iterator<Item = SessionRecord> {
    let mut rng = Rng(person.seed.wrapping_mul(0x9e37_79b9));
    let episode = person.sessions_per_episode();
    let hours: u64 = hours_before_each(person).sum();
    let scale = (MAX_HISTORY_S as f64 / (hours * HOUR_S).max(1) as f64).min(1.0);
    let to_seconds = move |hours: u64| ((hours * HOUR_S) as f64 * scale).max(60.0);
    let mut started_s = END as f64 - MAX_SESSION_S - hours_before_each(person).map(to_seconds).sum::<f64>();
    let mut pain = 0;
    hours_before_each(person).enumerate().map(move |(number, hours)| {
        let begins_episode = (number as u64).is_multiple_of(episode);
        started_s += to_seconds(hours);
        pain = if begins_episode { 6 + rng.below(4) } else { pain };
        let record = session(started_s as i64, pain, begins_episode, &mut rng);
        pain = u64::from(record.pain_after.unwrap_or(pain as u8));
        record
    })
}

/// The hours before each session: about three months between two episodes, a few hours within one.
fn hours_before_each(person: &Person) -> impl Iterator<Item = u64> + use<> {
    let mut rng = Rng(person.seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let episode = person.sessions_per_episode();
    (0..person.sessions).map(move |number| match number % episode {
        0 => 24 * (60 + rng.below(60)),
        _ => 2 + rng.below(6),
    })
}

fn session(started_s: i64, pain: u64, begins_episode: bool, rng: &mut Rng) -> SessionRecord {
    let offset = Offset::constant(1);
    let started = WallTime::new(Timestamp::from_second(started_s).unwrap_or_default(), offset);
    let stopped = rng.below(8) == 0;
    let (protocol, planned) = choose_protocol(rng);
    let mut phase_start = started;
    let mut phases = Vec::new();
    // The phase that was cut short; past the end if all were completed.
    let last_index = if stopped { rng.below(planned.len() as u64) as usize } else { planned.len() };
    for (index, (kind, minutes)) in planned.iter().enumerate() {
        let planned_s = minutes * 60;
        let actual_s = if index < last_index {
            planned_s
        } else if index == last_index {
            rng.below(planned_s)
        } else {
            0
        };
        phases.push(PhaseRecord {
            answered_after_s: (index > 0 && index <= last_index && rng.below(10) > 0).then(|| rng.below(60)),
            started: (index <= last_index).then_some(phase_start),
            outcome: match index {
                _ if index < last_index => Outcome::Completed,
                _ if index == last_index => Outcome::CutShort,
                _ => Outcome::NotBegun,
            },
            citation: Some(if minutes % 10 == 0 { "D0" } else { "D2" }.into()),
            ..PhaseRecord::new(kind, index as u32 / 2 + 1, planned_s, actual_s)
        });
        phase_start = phase_start.plus(Duration::from_secs(actual_s));
    }
    let overdue_s = if rng.below(12) == 0 { 30 + rng.below(600) } else { 0 };
    if let Some(phase) = phases.first_mut().filter(|_| last_index > 0) {
        phase.overdue_s = overdue_s;
    }
    let ended = phase_start.plus(Duration::from_secs(overdue_s));
    let before = (rng.below(10) > 0).then_some(pain as u8);
    let after = (rng.below(5) > 0).then(|| pain.saturating_sub(rng.below(3)) as u8);
    let rating = |at, score: Option<u8>| score.map(|score| PainRating { at, score });
    SessionRecord {
        at: ended.plus(Duration::from_secs(2)),
        tz: Some("Europe/Berlin".into()),
        ended: Some(ended),
        outcome: if stopped { Outcome::Stopped } else { Outcome::Completed },
        swap: Some(if rng.below(5) == 0 { "ask" } else { "auto" }.into()),
        planned_s: phases.iter().map(|phase| phase.planned_s).sum(),
        active_s: phases.iter().map(|phase| phase.actual_s).sum(),
        overdue_s: if last_index > 0 { overdue_s } else { 0 },
        pain_before: before,
        pain_after: after,
        ratings: rating(started, before).into_iter().chain(rating(ended, after)).collect(),
        region: (rng.below(6) > 0).then(|| rng.pick(&["low", "low", "low", "mid", "upper", "hips"]).into()),
        side: (rng.below(2) > 0).then(|| rng.pick(&["left", "right", "both"]).into()),
        trigger: begins_episode.then(|| rng.pick(&["lifting", "twisting", "sneezing", "bending"]).into()),
        onset: (begins_episode && rng.below(4) > 0)
            .then(|| started.minus(Duration::from_secs(HOUR_S / 60 * (1 + rng.below(20))))),
        note: (rng.below(10) == 0).then(|| "\"on the floor\", feet on a chair – wärmer".into()),
        stop_reason: stopped.then(|| "the phone rang".into()),
        ..SessionRecord::new(new_id(started_s, rng), started, protocol, phases)
    }
}

/// A protocol's name, and its phases with their minutes.
fn choose_protocol(rng: &mut Rng) -> (&'static str, Vec<(&'static str, u64)>) {
    match rng.below(10) {
        0 => ("ice", vec![("cold", 15)]),
        1 => ("heat", vec![("heat", 20)]),
        2 => ("settle-walk", vec![("breathe", 5), ("cold", 15), ("rest", 40), ("move", 10)]),
        _ => ("alternate", [("heat", 20), ("cold", 10)].repeat(3)),
    }
}

/// The lines of a session in a history file: itself and, unless `plain`, at times one about it.
fn lines(session: SessionRecord, plain: bool, rng: &mut Rng) -> Vec<HistoryLine> {
    let mut lines = vec![HistoryLine::Session(session.clone())];
    if plain {
        return lines;
    }
    let later = session.at.plus(Duration::from_secs(60));
    let amendment = |changed_fields: serde_json::Value, rng: &mut Rng| {
        let changed_fields = changed_fields.as_object().cloned().unwrap_or_default();
        HistoryLine::Amendment(Amendment {
            id: new_id(later.timestamp().as_second(), rng),
            target_id: session.id,
            at: later,
            changed_fields,
            unknown_fields: Map::new(),
        })
    };
    match rng.below(20) {
        0 => {
            let mut newer_version = session.clone();
            newer_version.at = later;
            newer_version.phases.extend(session.phases.first().cloned());
            lines.push(HistoryLine::Session(newer_version));
        }
        1 | 2 => lines.push(amendment(json!({ "pain_after": rng.below(8) }), rng)),
        3 => lines.push(amendment(json!({ "region": "hips", "note": "it was the hip" }), rng)),
        4 => lines.push(amendment(json!({ "deleted": true }), rng)),
        5 => lines.push(HistoryLine::DiaryEntry(DiaryEntry {
            id: new_id(later.timestamp().as_second(), rng),
            when: None,
            at: later,
            pain: Some(rng.below(8) as u8),
            text: Some("walked to the shop".into()),
            unknown_fields: Map::new(),
        })),
        _ => {}
    }
    lines
}

fn set_at(line: &mut HistoryLine, at: WallTime) {
    match line {
        HistoryLine::Session(session) => session.at = at,
        HistoryLine::Amendment(amendment) => amendment.at = at,
        HistoryLine::DiaryEntry(entry) => entry.at = at,
    }
}

fn new_id(unix_s: i64, rng: &mut Rng) -> Uuid {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&rng.next().to_be_bytes());
    Builder::from_unix_timestamp_millis(unix_s.unsigned_abs() * 1000, &random).into_uuid()
}

/// A pseudorandom number generator (SplitMix64), the same for the same seed.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }
}
