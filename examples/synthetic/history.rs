//! One made-up person's history, the same for the same seed, in the library's own lines.

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

/// The last session of every history begins a few hours before this moment, long past: none lies in the future.
pub const END: i64 = 1_763_664_000; // 2025-11-20T18:40:00Z
/// No history is longer, however many sessions it has: a million are a trial of the program, not a life.
const LONGEST: u64 = 50 * 365 * 86_400;
/// More than the longest session takes, with what is written after it.
const LAST: f64 = 4.0 * HOUR as f64;
const HOUR: u64 = 3600;

/// Whose history it is.
pub struct Person {
    /// Decides everything.
    pub seed: u64,
    /// How many sessions.
    pub sessions: u64,
    /// Whether there is nothing but sessions, each once.
    pub plain: bool,
}

impl Person {
    fn sessions_an_episode(&self) -> u64 {
        6 + self.seed % 10
    }
}

/// Writes a history into a folder.
pub fn write(folder: &Path, person: &Person) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = format!("laptop-{:06x}", person.seed & 0xff_ffff);
    let path = folder.join(format!("{name}.jsonl"));
    let mut log = BufWriter::with_capacity(1 << 20, File::create(&path)?);
    let mut chance = Chance(person.seed);
    let mut last_at = WallTime::new(Timestamp::MIN, Offset::UTC);
    for session in sessions(person) {
        for mut line in lines(session, person.plain, &mut chance) {
            last_at = last_at.max(line.written_at());
            set_at(&mut line, last_at);
            writeln!(log, "{}", line.to_json())?;
        }
        if !person.plain && chance.of(200) == 0 {
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
    let mut chance = Chance(person.seed.wrapping_mul(0x9e37_79b9));
    let episode = person.sessions_an_episode();
    let hours: u64 = gaps(person).sum();
    let squeezed = (LONGEST as f64 / (hours * HOUR).max(1) as f64).min(1.0);
    let in_seconds = move |hours: u64| ((hours * HOUR) as f64 * squeezed).max(60.0);
    let mut second = END as f64 - LAST - gaps(person).map(in_seconds).sum::<f64>();
    let mut pain = 0;
    gaps(person).enumerate().map(move |(number, hours)| {
        let begins = (number as u64).is_multiple_of(episode);
        second += in_seconds(hours);
        pain = if begins { 6 + chance.of(4) } else { pain };
        let record = session(second as i64, pain, begins, &mut chance);
        pain = u64::from(record.pain_after.unwrap_or(pain as u8));
        record
    })
}

/// How many hours lie before each session of a person: three months between two episodes, hours within one.
fn gaps(person: &Person) -> impl Iterator<Item = u64> + use<> {
    let mut chance = Chance(person.seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let episode = person.sessions_an_episode();
    (0..person.sessions).map(move |number| match number % episode {
        0 => 24 * (60 + chance.of(60)),
        _ => 2 + chance.of(6),
    })
}

fn session(second: i64, pain: u64, begins: bool, chance: &mut Chance) -> SessionRecord {
    let offset = Offset::constant(1);
    let started = WallTime::new(Timestamp::from_second(second).unwrap_or_default(), offset);
    let stopped = chance.of(8) == 0;
    let (protocol, plan) = plan(chance);
    let mut began = started;
    let mut phases = Vec::new();
    let last = if stopped { chance.of(plan.len() as u64) as usize } else { plan.len() };
    for (index, (kind, minutes)) in plan.iter().enumerate() {
        let planned_s = minutes * 60;
        let actual_s = if index < last {
            planned_s
        } else if index == last {
            chance.of(planned_s)
        } else {
            0
        };
        phases.push(PhaseRecord {
            answered_after_s: (index > 0 && index <= last && chance.of(10) > 0).then(|| chance.of(60)),
            started: (index <= last).then_some(began),
            outcome: match index {
                _ if index < last => Outcome::Completed,
                _ if index == last => Outcome::CutShort,
                _ => Outcome::NotBegun,
            },
            citation: Some(if minutes % 10 == 0 { "D0" } else { "D2" }.into()),
            ..PhaseRecord::new(kind, index as u32 / 2 + 1, planned_s, actual_s)
        });
        began = began.plus(Duration::from_secs(actual_s));
    }
    let overdue_s = if chance.of(12) == 0 { 30 + chance.of(600) } else { 0 };
    if let Some(phase) = phases.first_mut().filter(|_| last > 0) {
        phase.overdue_s = overdue_s;
    }
    let ended = began.plus(Duration::from_secs(overdue_s));
    let before = (chance.of(10) > 0).then_some(pain as u8);
    let after = (chance.of(5) > 0).then(|| pain.saturating_sub(chance.of(3)) as u8);
    let rating = |at, score: Option<u8>| score.map(|score| PainRating { at, score });
    SessionRecord {
        at: ended.plus(Duration::from_secs(2)),
        tz: Some("Europe/Berlin".into()),
        ended: Some(ended),
        outcome: if stopped { Outcome::Stopped } else { Outcome::Completed },
        swap: Some(if chance.of(5) == 0 { "ask" } else { "auto" }.into()),
        planned_s: phases.iter().map(|phase| phase.planned_s).sum(),
        active_s: phases.iter().map(|phase| phase.actual_s).sum(),
        overdue_s: if last > 0 { overdue_s } else { 0 },
        pain_before: before,
        pain_after: after,
        ratings: rating(started, before).into_iter().chain(rating(ended, after)).collect(),
        region: (chance.of(6) > 0).then(|| chance.one(&["low", "low", "low", "mid", "upper", "hips"]).into()),
        side: (chance.of(2) > 0).then(|| chance.one(&["left", "right", "both"]).into()),
        trigger: begins.then(|| chance.one(&["lifting", "twisting", "sneezing", "bending"]).into()),
        onset: (begins && chance.of(4) > 0)
            .then(|| started.minus(Duration::from_secs(HOUR / 60 * (1 + chance.of(20))))),
        note: (chance.of(10) == 0).then(|| "\"on the floor\", feet on a chair – wärmer".into()),
        stop_reason: stopped.then(|| "the phone rang".into()),
        ..SessionRecord::new(id(second, chance), started, protocol, phases)
    }
}

fn plan(chance: &mut Chance) -> (&'static str, Vec<(&'static str, u64)>) {
    match chance.of(10) {
        0 => ("ice", vec![("cold", 15)]),
        1 => ("heat", vec![("heat", 20)]),
        2 => ("settle-walk", vec![("breathe", 5), ("cold", 15), ("rest", 40), ("move", 10)]),
        _ => ("alternate", [("heat", 20), ("cold", 10)].repeat(3)),
    }
}

/// The lines that a session leaves in a log.
fn lines(session: SessionRecord, plain: bool, chance: &mut Chance) -> Vec<HistoryLine> {
    let mut lines = vec![HistoryLine::Session(session.clone())];
    if plain {
        return lines;
    }
    let later = session.at.plus(Duration::from_secs(60));
    let amendment = |set: serde_json::Value, chance: &mut Chance| {
        let set = set.as_object().cloned().unwrap_or_default();
        HistoryLine::Amendment(Amendment {
            id: id(later.timestamp().as_second(), chance),
            target_id: session.id,
            at: later,
            changed_fields: set,
            unknown_fields: Map::new(),
        })
    };
    match chance.of(20) {
        0 => {
            let mut more = session.clone();
            more.at = later;
            more.phases.extend(session.phases.first().cloned());
            lines.push(HistoryLine::Session(more));
        }
        1 | 2 => lines.push(amendment(json!({ "pain_after": chance.of(8) }), chance)),
        3 => lines.push(amendment(json!({ "region": "hips", "note": "it was the hip" }), chance)),
        4 => lines.push(amendment(json!({ "deleted": true }), chance)),
        5 => lines.push(HistoryLine::DiaryEntry(DiaryEntry {
            id: id(later.timestamp().as_second(), chance),
            when: None,
            at: later,
            pain: Some(chance.of(8) as u8),
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

fn id(second: i64, chance: &mut Chance) -> Uuid {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&chance.next().to_be_bytes());
    Builder::from_unix_timestamp_millis(second.unsigned_abs() * 1000, &random).into_uuid()
}

/// Numbers without a pattern (SplitMix64), the same for the same seed.
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// A number below `limit`.
    pub fn of(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn one<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.of(words.len() as u64) as usize]
    }
}
