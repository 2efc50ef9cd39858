//! Figures and episodes over records.
//!
//! Pure. Sessions are added one by one, so that a history of any size takes the memory of its newest days and
//! weeks. A day is the day that the person's clock showed when the session started. What is not known is none,
//! and counts in no mean; a mean is told with how many it is of. Nothing here says that anything 'worked'.

mod advice;
mod episode;
mod totals;

pub use advice::{Advice, DOCTOR_AFTER, EpisodeProgress, STRETCH_FROM, STRETCH_UNTIL, select_advice};
pub(crate) use advice::{STRETCH_PROTOCOL, YEAR, is_recurrent};
pub use episode::split_into_episodes;
pub(crate) use episode::{EPISODE_GAP, Episode, MAX_EASED_PAIN, is_new_episode};
pub(crate) use totals::{MIN_RELEVANT_PAIN_CHANGE, MeanValue, PainStats, Totals};

use crate::{
    record::{Brief, OutOfOrder, Outcome, Query},
    time::WallTime,
};
use episode::EpisodesBuilder;
use jiff::{Span, civil::Date};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the document that [`Statistics`] are.
pub(crate) const STATS_VERSION: u32 = 1;
/// As many of the newest days with a session are told apart.
pub(crate) const MAX_DAYS: usize = 366;
/// As many of the newest weeks with a session are told apart: twenty years of them.
pub(crate) const MAX_WEEKS: usize = 1040;
/// As many of the newest episodes are told.
pub(crate) const MAX_EPISODES: usize = 500;

const SECONDS_PER_DAY: i64 = 86_400;

/// Figures in the making.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsBuilder {
    query: Query,
    now: WallTime,
    /// The day of the session added last, by its number, and its sums so far: neighbours share a day.
    open_day: Option<(i64, Totals)>,
    total: Totals,
    days: BTreeMap<i64, Totals>,
    weeks: BTreeMap<i64, Totals>,
    protocols: BTreeMap<String, Totals>,
    regions: BTreeMap<Option<String>, Totals>,
    hours: [u64; 24],
    outcomes: OutcomeCounts,
    overruns: Overruns,
    first: Option<WallTime>,
    last: Option<WallTime>,
    episodes: EpisodesBuilder,
}

impl StatsBuilder {
    /// No sessions yet. Of those that will come, the figures are of the ones that `asked` asks for (but for its
    /// limit), as somebody sees them who looks at the clock `now`.
    pub fn new(asked: &Query, now: WallTime) -> StatsBuilder {
        StatsBuilder {
            query: asked.clone(),
            now,
            open_day: None,
            total: Totals::default(),
            days: BTreeMap::new(),
            weeks: BTreeMap::new(),
            protocols: BTreeMap::new(),
            regions: BTreeMap::new(),
            hours: [0; 24],
            outcomes: OutcomeCounts::default(),
            overruns: Overruns::default(),
            first: None,
            last: None,
            episodes: EpisodesBuilder::new(asked, MAX_EPISODES),
        }
    }

    /// Adds a session.
    ///
    /// # Errors
    /// It started long before others that came before it: add all again, the oldest first.
    pub fn add(&mut self, session: Brief) -> Result<(), OutOfOrder> {
        if self.query.covers(&session.started) {
            self.count_session(&session);
        }
        self.episodes.add(session)
    }

    fn count_session(&mut self, session: &Brief) {
        let second = session.started.local_unix_seconds();
        let day = second.div_euclid(SECONDS_PER_DAY);
        if self.open_day.as_ref().is_none_or(|(open, _)| *open != day) {
            self.close_day();
            self.open_day = Some((day, Totals::default()));
        }
        if let Some((_, sums)) = &mut self.open_day {
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
        self.hours[(second.rem_euclid(SECONDS_PER_DAY) / 3600) as usize] += 1;
        self.outcomes.add(&session.outcome);
        self.overruns.add(session);
        self.first = self.first.into_iter().chain([session.started]).min();
        self.last = self.last.into_iter().chain([session.started]).max();
    }

    /// Carries the open day over into what is kept.
    fn close_day(&mut self) {
        let Some((day, sums)) = self.open_day.take() else { return };
        self.total.merge(&sums);
        merge_and_drop_oldest(&mut self.days, day, &sums, MAX_DAYS);
        merge_and_drop_oldest(&mut self.weeks, monday_before(day), &sums, MAX_WEEKS);
    }

    /// The figures of all that was added.
    pub fn into_statistics(mut self) -> Statistics {
        self.close_day();
        let today = self.now.local_unix_seconds().div_euclid(SECONDS_PER_DAY);
        let (episodes, episodes_in_all) = self.episodes.finish();
        let onset = episodes.last().and_then(|newest| newest.onset);
        Statistics {
            v: STATS_VERSION,
            now: self.now.truncate_to_seconds(),
            since: self.query.since,
            until: self.query.until,
            today: DayTotals {
                day: date_from_day_number(today),
                totals: self.days.get(&today).cloned().unwrap_or_default(),
            },
            first: self.first,
            last: self.last,
            total: self.total,
            outcomes: self.outcomes,
            overruns: self.overruns,
            by_day: self
                .days
                .into_iter()
                .map(|(day, sums)| DayTotals { day: date_from_day_number(day), totals: sums })
                .collect(),
            by_week: self
                .weeks
                .into_iter()
                .map(|(day, sums)| WeekTotals { monday: date_from_day_number(day), totals: sums })
                .collect(),
            by_protocol: self
                .protocols
                .into_iter()
                .map(|(protocol, sums)| ProtocolTotals { protocol, totals: sums })
                .collect(),
            by_region: self
                .regions
                .into_iter()
                .map(|(region, sums)| RegionTotals { region, totals: sums })
                .collect(),
            by_hour: self.hours,
            episodes,
            episodes_in_all,
            since_onset_s: onset.map(|onset| self.now.since(&onset).as_secs()),
        }
    }
}

/// Keeps the newest few: whatever is dropped is older than all that stay, so it could not come back.
fn merge_and_drop_oldest(kept: &mut BTreeMap<i64, Totals>, day: i64, sums: &Totals, most: usize) {
    kept.entry(day).or_default().merge(sums);
    if kept.len() > most {
        kept.pop_first();
    }
}

/// Days are numbered from 1 January 1970, a Thursday.
fn monday_before(day: i64) -> i64 {
    day - (day + 3).rem_euclid(7)
}

fn date_from_day_number(day: i64) -> Date {
    let span = Span::new().try_days(day).ok();
    span.and_then(|span| Date::constant(1970, 1, 1).checked_add(span).ok()).unwrap_or(Date::MAX)
}

/// What the past adds up to: one document, stable, described by `docs/stats.schema.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// The version of this document.
    pub(crate) v: u32,
    /// What the clock said.
    pub(crate) now: WallTime,
    /// None that started before is counted.
    pub(crate) since: Option<WallTime>,
    /// None that started after is counted.
    pub(crate) until: Option<WallTime>,
    /// The day of `now`.
    pub today: DayTotals,
    /// When the first session counted started.
    pub(crate) first: Option<WallTime>,
    /// When the last one started.
    pub(crate) last: Option<WallTime>,
    /// All of them.
    pub total: Totals,
    /// How they ended.
    pub(crate) outcomes: OutcomeCounts,
    /// What went past its time.
    pub overruns: Overruns,
    /// The newest [`MAX_DAYS`] days with a session, oldest first.
    pub by_day: Vec<DayTotals>,
    /// The newest [`MAX_WEEKS`] weeks with a session, oldest first.
    pub by_week: Vec<WeekTotals>,
    /// Sorted by name.
    pub(crate) by_protocol: Vec<ProtocolTotals>,
    /// Sorted by name; first those of which no region is known.
    pub(crate) by_region: Vec<RegionTotals>,
    /// How many started in each hour of the day.
    pub by_hour: [u64; 24],
    /// The newest [`MAX_EPISODES`] of which a session is counted, whole, oldest first.
    pub episodes: Vec<Episode>,
    /// How many episodes there are, the ones outside what was asked for included.
    pub episodes_in_all: u64,
    /// From the onset of the newest of them to now, in seconds, where it was told.
    pub since_onset_s: Option<u64>,
}

/// A day's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DayTotals {
    /// As the person's clock showed it.
    pub day: Date,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub totals: Totals,
}

/// A week's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeekTotals {
    /// Its first day.
    pub monday: Date,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub(crate) totals: Totals,
}

/// A protocol's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ProtocolTotals {
    /// Its name.
    pub(crate) protocol: String,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub(crate) totals: Totals,
}

/// A region's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RegionTotals {
    /// None where it is not known.
    pub(crate) region: Option<String>,
    /// What its sessions add up to.
    #[serde(flatten)]
    pub(crate) totals: Totals,
}

/// How many sessions ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OutcomeCounts {
    /// As planned.
    pub(crate) completed: u64,
    /// Stopped by the person.
    pub(crate) stopped: u64,
    /// Cut off, or nobody answered.
    pub(crate) interrupted: u64,
    /// In a way that this program does not know.
    pub(crate) other: u64,
}

impl OutcomeCounts {
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
    pub(crate) sessions_overdue: u64,
    /// For how long, in seconds.
    pub(crate) overdue_s: u64,
    /// Swaps that went by themselves and that nobody confirmed.
    pub swaps_not_confirmed: u64,
    /// Time when nobody was timing, in seconds.
    pub(crate) unknown_s: u64,
}

impl Overruns {
    fn add(&mut self, session: &Brief) {
        self.sessions_overdue += u64::from(session.overdue_s > 0);
        self.overdue_s = self.overdue_s.saturating_add(session.overdue_s);
        self.unknown_s = self.unknown_s.saturating_add(session.unknown_s);
        self.swaps_not_confirmed += session.unconfirmed;
    }
}
