//! Episodes: each time that the back went out.

use super::Totals;
use crate::{
    record::{Brief, OutOfOrder, Query, SessionRecord, Window},
    time::WallTime,
};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::{collections::VecDeque, time::Duration};
use uuid::Uuid;

/// After this long without a session, the next one begins an episode.
pub(crate) const EPISODE_GAP: Duration = Duration::from_secs(14 * 86_400);
/// Pain that is no higher has eased.
pub(crate) const MAX_EASED_PAIN: u8 = 3;

/// Whether a session begins an episode, after the one that started `last`: if no other was in the 14 days before it,
/// or if its onset is given and lies after that one: an onset from before that is the same episode's, told once more.
pub(crate) fn is_new_episode(started: &WallTime, onset: Option<&WallTime>, last: Option<&WallTime>) -> bool {
    last.is_none_or(|last| {
        let told_anew = onset.is_some_and(|onset| onset.timestamp() > last.timestamp());
        told_anew || started.since(last) >= EPISODE_GAP
    })
}

/// One time that the back went out, with all of its sessions; see [`is_new_episode`].
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Counted from the first that there was, from 1.
    pub number: u64,
    /// When the back went out, where it was told; of several, the first that was told.
    pub onset: Option<WallTime>,
    /// When the first session started.
    pub(crate) started: WallTime,
    /// When the last session started.
    pub(crate) last_started: WallTime,
    /// What its sessions add up to.
    pub totals: Totals,
    /// The first score known.
    pub pain_first: Option<u8>,
    /// The last score known.
    pub pain_last: Option<u8>,
    /// When pain was [`MAX_EASED_PAIN`] for the first time, where that is known.
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
        let eased = |pain: Option<u8>| pain.is_some_and(|score| score <= MAX_EASED_PAIN);
        self.eased_at = self.eased_at.or_else(|| match session {
            _ if eased(session.pain_before) => Some(session.started),
            _ if eased(session.pain_after) => Some(session.ended.unwrap_or(session.started)),
            _ => None,
        });
    }

    /// From when its time counts: from the onset where it was told, else from the first session.
    pub(crate) fn onset_or_start(&self) -> WallTime {
        self.onset.unwrap_or(self.started)
    }

    /// How long it took until pain was [`MAX_EASED_PAIN`], where that is known.
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

/// The episodes that these sessions are of, oldest first, numbered from 1.
pub fn split_into_episodes(sessions: &[SessionRecord]) -> Vec<Episode> {
    let mut briefs: Vec<Brief> = sessions.iter().map(Brief::of).collect();
    briefs.sort_by_key(|session| (session.started, session.id));
    let mut episodes = EpisodesBuilder::new(&Query::default(), usize::MAX);
    briefs.iter().for_each(|session| episodes.add_in_order(session));
    episodes.finish().0
}

/// Episodes in the making.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EpisodesBuilder {
    query: Query,
    max_kept: usize,
    reorder_window: Window<(WallTime, Uuid), Brief>,
    open_episode: Option<Episode>,
    /// The newest that are over.
    finished: VecDeque<Episode>,
}

impl EpisodesBuilder {
    /// None yet; of those that will come, the newest `most` of which a session is asked for are kept.
    pub(crate) fn new(asked: &Query, most: usize) -> EpisodesBuilder {
        EpisodesBuilder {
            query: Query { limit: None, ..asked.clone() },
            max_kept: most,
            reorder_window: Window::default(),
            open_episode: None,
            finished: VecDeque::new(),
        }
    }

    /// Adds a session.
    ///
    /// # Errors
    /// It started before others that have been dealt with.
    pub(crate) fn add(&mut self, session: Brief) -> Result<(), OutOfOrder> {
        if let Some(next) = self.reorder_window.push((session.started, session.id), session)? {
            self.add_in_order(&next);
        }
        Ok(())
    }

    /// Adds the session that follows.
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

    /// Those that were asked for, oldest first, and how many there are in all.
    pub(crate) fn finish(mut self) -> (Vec<Episode>, u64) {
        while let Some(next) = self.reorder_window.pop() {
            self.add_in_order(&next);
        }
        let number = self.open_episode.as_ref().map_or(0, |open| open.number);
        self.close_episode();
        (self.finished.into(), number)
    }
}
