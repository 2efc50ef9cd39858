//! Figures and episodes over records.
//!
//! Pure. Sessions are added one by one, so that a history of any size takes the memory of its newest days and
//! weeks. A day is the day that the person's clock showed when the session started. What is not known is none,
//! and counts in no mean; a mean is told with how many it is of. Nothing here says that anything 'worked'.

mod episode;
mod next;
mod sums;

pub use episode::{EASED, Episode, GAP, begins_episode, episodes};
pub use next::{Advice, Course, DOCTOR_AFTER, STIFF_FROM, STIFF_UNTIL, STRETCHES, YEAR, advice, repeats};
pub use sums::{Mean, Pain, Sums, WORTH_A_MENTION};

use crate::{
    record::{Brief, OutOfOrder, Outcome, Query},
    time::Wall,
};
use episode::Episodes;
use jiff::{Span, civil::Date};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the document that [`Figures`] are.
pub const VERSION: u32 = 1;
/// As many of the newest days with a session are told apart.
pub const MOST_DAYS: usize = 366;
/// As many of the newest weeks with a session are told apart: twenty years of them.
pub const MOST_WEEKS: usize = 1040;
/// As many of the newest episodes are told.
pub const MOST_EPISODES: usize = 500;

const DAY: i64 = 86_400;

/// Figures in the making.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    asked: Query,
    now: Wall,
    /// The day of the session added last, by its number, and its sums so far: neighbours share a day.
    open: Option<(i64, Sums)>,
    total: Sums,
    days: BTreeMap<i64, Sums>,
    weeks: BTreeMap<i64, Sums>,
    protocols: BTreeMap<String, Sums>,
    regions: BTreeMap<Option<String>, Sums>,
    hours: [u64; 24],
    outcomes: Outcomes,
    overruns: Overruns,
    first: Option<Wall>,
    last: Option<Wall>,
    episodes: Episodes,
}

impl Stats {
    /// No sessions yet. Of those that will come, the figures are of the ones that `asked` asks for (but for its
    /// limit), as somebody sees them who looks at the clock `now`.
    pub fn new(asked: &Query, now: Wall) -> Stats {
        Stats {
            asked: asked.clone(),
            now,
            open: None,
            total: Sums::default(),
            days: BTreeMap::new(),
            weeks: BTreeMap::new(),
            protocols: BTreeMap::new(),
            regions: BTreeMap::new(),
            hours: [0; 24],
            outcomes: Outcomes::default(),
            overruns: Overruns::default(),
            first: None,
            last: None,
            episodes: Episodes::new(asked, MOST_EPISODES),
        }
    }

    /// Adds a session.
    ///
    /// # Errors
    /// It started long before others that came before it: add all again, the oldest first.
    pub fn add(&mut self, session: Brief) -> Result<(), OutOfOrder> {
        if self.asked.covers(&session.started) {
            self.count(&session);
        }
        self.episodes.add(session)
    }

    fn count(&mut self, session: &Brief) {
        let second = session.started.local_second();
        let day = second.div_euclid(DAY);
        if self.open.as_ref().is_none_or(|(open, _)| *open != day) {
            self.close_day();
            self.open = Some((day, Sums::default()));
        }
        if let Some((_, sums)) = &mut self.open {
            sums.add(session);
        }
        match self.protocols.get_mut(&session.protocol) {
            Some(sums) => sums.add(session),
            None => self.protocols.entry(session.protocol.clone()).or_default().add(session),
        }
        match self.regions.get_mut(&session.region) {
            Some(sums) => sums.add(session),
            None => self.regions.entry(session.region.clone()).or_default().add(session),
        }
        self.hours[(second.rem_euclid(DAY) / 3600) as usize] += 1;
        self.outcomes.add(&session.outcome);
        self.overruns.add(session);
        self.first = self.first.into_iter().chain([session.started]).min();
        self.last = self.last.into_iter().chain([session.started]).max();
    }

    /// Carries the open day over into what is kept.
    fn close_day(&mut self) {
        let Some((day, sums)) = self.open.take() else { return };
        self.total.merge(&sums);
        keep(&mut self.days, day, &sums, MOST_DAYS);
        keep(&mut self.weeks, monday_of(day), &sums, MOST_WEEKS);
    }

    /// The figures of all that was added.
    pub fn figures(mut self) -> Figures {
        self.close_day();
        let today = self.now.local_second().div_euclid(DAY);
        let (episodes, episodes_in_all) = self.episodes.finish();
        let onset = episodes.last().and_then(|newest| newest.onset);
        Figures {
            v: VERSION,
            now: self.now.whole_seconds(),
            since: self.asked.since,
            until: self.asked.until,
            today: DaySums { day: date(today), sums: self.days.get(&today).cloned().unwrap_or_default() },
            first: self.first,
            last: self.last,
            total: self.total,
            outcomes: self.outcomes,
            overruns: self.overruns,
            by_day: self.days.into_iter().map(|(day, sums)| DaySums { day: date(day), sums }).collect(),
            by_week: self.weeks.into_iter().map(|(day, sums)| WeekSums { monday: date(day), sums }).collect(),
            by_protocol: self
                .protocols
                .into_iter()
                .map(|(protocol, sums)| ProtocolSums { protocol, sums })
                .collect(),
            by_region: self.regions.into_iter().map(|(region, sums)| RegionSums { region, sums }).collect(),
            by_hour: self.hours,
            episodes,
            episodes_in_all,
            since_onset_s: onset.map(|onset| self.now.since(&onset).as_secs()),
        }
    }
}

/// Keeps the newest few: whatever is dropped is older than all that stay, so it could not come back.
fn keep(kept: &mut BTreeMap<i64, Sums>, day: i64, sums: &Sums, most: usize) {
    kept.entry(day).or_default().merge(sums);
    if kept.len() > most {
        kept.pop_first();
    }
}

/// Days are numbered from 1 January 1970, a Thursday.
fn monday_of(day: i64) -> i64 {
    day - (day + 3).rem_euclid(7)
}

fn date(day: i64) -> Date {
    let span = Span::new().try_days(day).ok();
    span.and_then(|span| Date::constant(1970, 1, 1).checked_add(span).ok()).unwrap_or(Date::MAX)
}

/// What the past adds up to: one document, stable, described by `docs/stats.schema.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// The version of this document.
    pub v: u32,
    /// What the clock said.
    pub now: Wall,
    /// None that started before is counted.
    pub since: Option<Wall>,
    /// None that started after is counted.
    pub until: Option<Wall>,
    /// The day of `now`.
    pub today: DaySums,
    /// When the first session counted started.
    pub first: Option<Wall>,
    /// When the last one started.
    pub last: Option<Wall>,
    /// All of them.
    pub total: Sums,
    /// How they ended.
    pub outcomes: Outcomes,
    /// What went past its time.
    pub overruns: Overruns,
    /// The newest [`MOST_DAYS`] days with a session, oldest first.
    pub by_day: Vec<DaySums>,
    /// The newest [`MOST_WEEKS`] weeks with a session, oldest first.
    pub by_week: Vec<WeekSums>,
    /// Sorted by name.
    pub by_protocol: Vec<ProtocolSums>,
    /// Sorted by name; first those of which no region is known.
    pub by_region: Vec<RegionSums>,
    /// How many started in each hour of the day.
    pub by_hour: [u64; 24],
    /// The newest [`MOST_EPISODES`] of which a session is counted, whole, oldest first.
    pub episodes: Vec<Episode>,
    /// How many episodes there are, the ones outside what was asked for included.
    pub episodes_in_all: u64,
    /// From the onset of the newest of them to now, in seconds, where it was told.
    pub since_onset_s: Option<u64>,
}

/// A day's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DaySums {
    /// As the person's clock showed it.
    pub day: Date,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A week's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeekSums {
    /// Its first day.
    pub monday: Date,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A protocol's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProtocolSums {
    /// Its name.
    pub protocol: String,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// A region's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionSums {
    /// None where it is not known.
    pub region: Option<String>,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// How many sessions ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// As planned.
    pub completed: u64,
    /// Stopped by the person.
    pub stopped: u64,
    /// Cut off, or nobody answered.
    pub interrupted: u64,
    /// In a way that this program does not know.
    pub other: u64,
}

impl Outcomes {
    fn add(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Completed => &mut self.completed,
            Outcome::Stopped => &mut self.stopped,
            Outcome::Interrupted => &mut self.interrupted,
            _ => &mut self.other,
        } += 1;
    }
}

/// What went past its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overruns {
    /// Sessions that went past a deadline while nobody had said to swap.
    pub sessions_overdue: u64,
    /// For how long, in seconds.
    pub overdue_s: u64,
    /// Swaps that went by themselves and that nobody confirmed.
    pub swaps_not_confirmed: u64,
    /// Time when nobody was timing, in seconds.
    pub unknown_s: u64,
}

impl Overruns {
    fn add(&mut self, session: &Brief) {
        self.sessions_overdue += u64::from(session.overdue_s > 0);
        self.overdue_s = self.overdue_s.saturating_add(session.overdue_s);
        self.unknown_s = self.unknown_s.saturating_add(session.unknown_s);
        self.swaps_not_confirmed += session.unconfirmed;
    }
}
