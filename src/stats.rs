//! Statistics, episodes and advice from session records.
//!
//! Pure: it knows no files and no clock. Sessions are added one by one, so memory depends on the number of days and
//! weeks kept, not on the size of the history. A session counts for the local day on which it started. Unknown values
//! are None and count in no mean; each mean has its count. Nothing here claims that anything 'worked'.

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

/// The version of the JSON document of [`Statistics`].
pub(crate) const STATS_VERSION: u32 = 1;
/// How many of the newest days with a session are kept.
pub(crate) const MAX_DAYS: usize = 366;
/// How many of the newest weeks with a session are kept: twenty years.
pub(crate) const MAX_WEEKS: usize = 1040;
/// How many of the newest episodes are kept.
pub(crate) const MAX_EPISODES: usize = 500;

const SECONDS_PER_DAY: i64 = 86_400;

/// Computes [`Statistics`] from sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsBuilder {
    query: Query,
    now: WallTime,
    /// The day number of the last session and its totals so far, since consecutive sessions often share a day.
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
    /// For the sessions that match `query` (its limit is ignored), as of `now`.
    pub fn new(query: &Query, now: WallTime) -> StatsBuilder {
        StatsBuilder {
            query: query.clone(),
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
            episodes: EpisodesBuilder::new(query, MAX_EPISODES),
        }
    }

    /// # Errors
    /// The session started long before others added earlier: begin again with all sessions, oldest first.
    pub fn add(&mut self, session: Brief) -> Result<(), OutOfOrder> {
        if self.query.covers(&session.started) {
            self.count_session(&session);
        }
        self.episodes.add(session)
    }

    fn count_session(&mut self, session: &Brief) {
        let local_second = session.started.local_unix_seconds();
        let day = local_second.div_euclid(SECONDS_PER_DAY);
        if self.open_day.as_ref().is_none_or(|(open, _)| *open != day) {
            self.close_day();
            self.open_day = Some((day, Totals::default()));
        }
        if let Some((_, totals)) = &mut self.open_day {
            totals.add(session);
        }
        match self.protocols.get_mut(&session.protocol) {
            Some(totals) => totals.add(session),
            None => self.protocols.entry(session.protocol.clone()).or_default().add(session),
        }
        match self.regions.get_mut(&session.region) {
            Some(totals) => totals.add(session),
            None => self.regions.entry(session.region.clone()).or_default().add(session),
        }
        self.hours[(local_second.rem_euclid(SECONDS_PER_DAY) / 3600) as usize] += 1;
        self.outcomes.add(&session.outcome);
        self.overruns.add(session);
        self.first = self.first.into_iter().chain([session.started]).min();
        self.last = self.last.into_iter().chain([session.started]).max();
    }

    /// Adds the open day to the totals of all days and weeks.
    fn close_day(&mut self) {
        let Some((day, totals)) = self.open_day.take() else { return };
        self.total.merge(&totals);
        merge_and_drop_oldest(&mut self.days, day, &totals, MAX_DAYS);
        merge_and_drop_oldest(&mut self.weeks, monday_before(day), &totals, MAX_WEEKS);
    }

    /// The statistics of all added sessions.
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
                .map(|(day, totals)| DayTotals { day: date_from_day_number(day), totals })
                .collect(),
            by_week: self
                .weeks
                .into_iter()
                .map(|(day, totals)| WeekTotals { monday: date_from_day_number(day), totals })
                .collect(),
            by_protocol: self
                .protocols
                .into_iter()
                .map(|(protocol, totals)| ProtocolTotals { protocol, totals })
                .collect(),
            by_region: self
                .regions
                .into_iter()
                .map(|(region, totals)| RegionTotals { region, totals })
                .collect(),
            by_hour: self.hours,
            episodes,
            episodes_in_all,
            since_onset_s: onset.map(|onset| self.now.since(&onset).as_secs()),
        }
    }
}

/// Adds to a period, then keeps the newest `max_kept`. A dropped period is never kept again: it would be the oldest.
fn merge_and_drop_oldest(kept: &mut BTreeMap<i64, Totals>, day: i64, totals: &Totals, max_kept: usize) {
    kept.entry(day).or_default().merge(totals);
    if kept.len() > max_kept {
        kept.pop_first();
    }
}

/// Day numbers count from 1 January 1970, a Thursday.
fn monday_before(day: i64) -> i64 {
    day - (day + 3).rem_euclid(7)
}

fn date_from_day_number(day: i64) -> Date {
    let span = Span::new().try_days(day).ok();
    span.and_then(|span| Date::constant(1970, 1, 1).checked_add(span).ok()).unwrap_or(Date::MAX)
}

/// The statistics of a history: a stable JSON document, described by `docs/stats.schema.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// [`STATS_VERSION`].
    pub(crate) v: u32,
    /// The time of the query.
    pub(crate) now: WallTime,
    /// Only sessions that started at or after this time count.
    pub(crate) since: Option<WallTime>,
    /// Only sessions that started at or before this time count.
    pub(crate) until: Option<WallTime>,
    /// The local day of `now`.
    pub today: DayTotals,
    /// When the first counted session started.
    pub(crate) first: Option<WallTime>,
    /// When the last counted session started.
    pub(crate) last: Option<WallTime>,
    /// The totals of all counted sessions.
    pub total: Totals,
    pub(crate) outcomes: OutcomeCounts,
    /// Overdue time and unconfirmed swaps.
    pub overruns: Overruns,
    /// The newest [`MAX_DAYS`] days with a session, oldest first.
    pub by_day: Vec<DayTotals>,
    /// The newest [`MAX_WEEKS`] weeks with a session, oldest first.
    pub by_week: Vec<WeekTotals>,
    /// Sorted by name.
    pub(crate) by_protocol: Vec<ProtocolTotals>,
    /// Sorted by name, unknown region first.
    pub(crate) by_region: Vec<RegionTotals>,
    /// Sessions by the local hour of their start.
    pub by_hour: [u64; 24],
    /// The newest [`MAX_EPISODES`] with a counted session, oldest first. Their totals include all of their sessions.
    pub episodes: Vec<Episode>,
    /// The number of all episodes, including those that do not match the query.
    pub episodes_in_all: u64,
    /// Seconds from the onset of the newest episode to `now`, if the onset is known.
    pub since_onset_s: Option<u64>,
}

/// The totals of a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DayTotals {
    /// The local date.
    pub day: Date,
    /// The totals of its sessions.
    #[serde(flatten)]
    pub totals: Totals,
}

/// The totals of a week.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeekTotals {
    /// The week's first day.
    pub monday: Date,
    #[serde(flatten)]
    pub(crate) totals: Totals,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ProtocolTotals {
    pub(crate) protocol: String,
    #[serde(flatten)]
    pub(crate) totals: Totals,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RegionTotals {
    /// None if unknown.
    pub(crate) region: Option<String>,
    #[serde(flatten)]
    pub(crate) totals: Totals,
}

/// Sessions by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OutcomeCounts {
    pub(crate) completed: u64,
    pub(crate) stopped: u64,
    /// Cut off, or not answered.
    pub(crate) interrupted: u64,
    /// Outcomes that this version does not know.
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

/// Overdue and untimed time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overruns {
    /// Sessions that passed a deadline before anyone said to swap.
    pub(crate) sessions_overdue: u64,
    /// Their total time overdue, in seconds.
    pub(crate) overdue_s: u64,
    /// Automatic swaps that nobody confirmed.
    pub swaps_not_confirmed: u64,
    /// Total time without a running timer, in seconds.
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
