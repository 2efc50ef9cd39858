//! Episodes: the sessions of each time the back went out, grouped by onset and by gaps.
//!
//! Sessions may come slightly out of order; a window sorts them.

use super::Totals;
use crate::{
    record::{Brief, OutOfOrder, Query, SessionRecord, Window},
    time::WallTime,
};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::{collections::VecDeque, time::Duration};
use uuid::Uuid;

/// After this long without a session, the next one begins a new episode.
pub(crate) const EPISODE_GAP: Duration = Duration::from_secs(14 * 86_400);
/// Pain has eased at this score or lower.
pub(crate) const MAX_EASED_PAIN: u8 = 3;

/// Whether a session begins a new episode, given the start of the session before it: if there is none within 14 days,
/// or if the session has an onset after it. An earlier onset is that of the same episode, entered again.
pub(crate) fn is_new_episode(
    started: &WallTime,
    onset: Option<&WallTime>,
    previous: Option<&WallTime>,
) -> bool {
    previous.is_none_or(|previous| {
        let has_later_onset = onset.is_some_and(|onset| onset.timestamp() > previous.timestamp());
        has_later_onset || started.since(previous) >= EPISODE_GAP
    })
}

/// One time the back went out, with all of its sessions; see [`is_new_episode`].
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// From 1, over the whole history.
    pub number: u64,
    /// When the back went out; the first onset entered in the episode, if any.
    pub onset: Option<WallTime>,
    /// When the first session started.
    pub(crate) started: WallTime,
    /// When the last session started.
    pub(crate) last_started: WallTime,
    /// The totals of its sessions.
    pub totals: Totals,
    /// The first known pain score.
    pub pain_first: Option<u8>,
    /// The last known pain score.
    pub pain_last: Option<u8>,
    /// When pain first was at most [`MAX_EASED_PAIN`], if known.
    pub(crate) eased_at: Option<WallTime>,
}

impl Episode {
    fn new(number: u64, session: &Brief) -> Episode {
        Episode {
            number,
            onset: None,
            started: session.started,
            last_started: session.started,
            totals: Totals::default(),
            pain_first: None,
            pain_last: None,
            eased_at: None,
        }
    }

    fn add(&mut self, session: &Brief) {
        self.onset = self.onset.or(session.onset);
        self.last_started = session.started;
        self.totals.add(session);
        self.pain_first = self.pain_first.or(session.pain_before).or(session.pain_after);
        self.pain_last = session.pain_after.or(session.pain_before).or(self.pain_last);
        let has_eased = |pain: Option<u8>| pain.is_some_and(|score| score <= MAX_EASED_PAIN);
        if self.eased_at.is_some() {
            return;
        }
        if has_eased(session.pain_before) {
            self.eased_at = Some(session.started);
        } else if has_eased(session.pain_after) {
            self.eased_at = Some(session.ended.unwrap_or(session.started));
        }
    }

    /// The onset, or the start of the first session if the onset is unknown.
    pub(crate) fn onset_or_start(&self) -> WallTime {
        self.onset.unwrap_or(self.started)
    }

    /// The time from onset to pain of at most [`MAX_EASED_PAIN`], if known.
    pub fn time_until_eased(&self) -> Option<Duration> {
        self.eased_at.map(|eased| eased.since(&self.onset_or_start()))
    }
}

impl Serialize for Episode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Episode", 9)?;
        fields.serialize_field("number", &self.number)?;
        fields.serialize_field("onset", &self.onset)?;
        fields.serialize_field("started", &self.started)?;
        fields.serialize_field("last", &self.last_started)?;
        fields.serialize_field("sums", &self.totals)?;
        fields.serialize_field("pain_first", &self.pain_first)?;
        fields.serialize_field("pain_last", &self.pain_last)?;
        fields.serialize_field("eased", &self.eased_at)?;
        let after = self.time_until_eased().map(|after| after.as_secs());
        fields.serialize_field("eased_after_s", &after)?;
        fields.end()
    }
}

/// Groups sessions into episodes, oldest first, numbered from 1.
pub fn split_into_episodes(sessions: &[SessionRecord]) -> Vec<Episode> {
    let mut summaries: Vec<Brief> = sessions.iter().map(Brief::of).collect();
    summaries.sort_by_key(|session| (session.started, session.id));
    let mut episodes = EpisodesBuilder::new(&Query::default(), usize::MAX);
    for session in &summaries {
        episodes.add_in_order(session);
    }
    episodes.finish().0
}

/// Groups a stream of sessions into episodes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EpisodesBuilder {
    query: Query,
    max_kept: usize,
    reorder_window: Window<(WallTime, Uuid), Brief>,
    open_episode: Option<Episode>,
    /// The newest episodes before the open one.
    finished: VecDeque<Episode>,
}

impl EpisodesBuilder {
    /// Keeps the newest `max_kept` episodes with a session in the time of the query.
    pub(crate) fn new(query: &Query, max_kept: usize) -> EpisodesBuilder {
        EpisodesBuilder {
            query: Query { limit: None, ..query.clone() },
            max_kept,
            reorder_window: Window::default(),
            open_episode: None,
            finished: VecDeque::new(),
        }
    }

    /// # Errors
    /// The session started before others that are already in an episode.
    pub(crate) fn add(&mut self, session: Brief) -> Result<(), OutOfOrder> {
        if let Some(next) = self.reorder_window.push((session.started, session.id), session)? {
            self.add_in_order(&next);
        }
        Ok(())
    }

    /// Sessions must come ordered by their start.
    fn add_in_order(&mut self, session: &Brief) {
        let last = self.open_episode.as_ref().map(|open| &open.last_started);
        if is_new_episode(&session.started, session.onset.as_ref(), last) {
            let number = self.open_episode.as_ref().map_or(1, |open| open.number + 1);
            self.close_episode();
            self.open_episode = Some(Episode::new(number, session));
        }
        if let Some(open) = &mut self.open_episode {
            open.add(session);
        }
    }

    fn close_episode(&mut self) {
        let Some(open) = self.open_episode.take() else { return };
        let ends_too_soon =
            self.query.since.is_some_and(|since| open.last_started.timestamp() < since.timestamp());
        let begins_too_late =
            self.query.until.is_some_and(|until| open.started.timestamp() > until.timestamp());
        if !ends_too_soon && !begins_too_late {
            self.finished.push_back(open);
        }
        if self.finished.len() > self.max_kept {
            self.finished.pop_front();
        }
    }

    /// The episodes that match the query, oldest first, and the number of all episodes.
    pub(crate) fn finish(mut self) -> (Vec<Episode>, u64) {
        while let Some(next) = self.reorder_window.pop() {
            self.add_in_order(&next);
        }
        let count = self.open_episode.as_ref().map_or(0, |open| open.number);
        self.close_episode();
        (self.finished.into(), count)
    }
}
