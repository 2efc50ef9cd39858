//! Episodes: each time that the back went out.

use super::Sums;
use crate::{
    record::{Brief, OutOfOrder, Query, SessionRecord, Window},
    time::Wall,
};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::{collections::VecDeque, time::Duration};
use uuid::Uuid;

/// After this long without a session, the next one begins an episode.
pub const GAP: Duration = Duration::from_secs(14 * 86_400);
/// Pain that is no higher has eased.
pub const EASED: u8 = 3;

/// Whether a session begins an episode, after the one that started `last`: if no other was in the 14 days before it,
/// or if its onset is given and lies after that one: an onset from before that is the same episode's, told once more.
pub fn begins_episode(started: &Wall, onset: Option<&Wall>, last: Option<&Wall>) -> bool {
    last.is_none_or(|last| {
        let told_anew = onset.is_some_and(|onset| onset.timestamp() > last.timestamp());
        told_anew || started.since(last) >= GAP
    })
}

/// One time that the back went out, with all of its sessions; see [`begins_episode`].
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Counted from the first that there was, from 1.
    pub number: u64,
    /// When the back went out, where it was told; of several, the first that was told.
    pub onset: Option<Wall>,
    /// When the first session started.
    pub started: Wall,
    /// When the last session started.
    pub last: Wall,
    /// What its sessions add up to.
    pub sums: Sums,
    /// The first score known.
    pub pain_first: Option<u8>,
    /// The last score known.
    pub pain_last: Option<u8>,
    /// When pain was [`EASED`] for the first time, where that is known.
    pub eased: Option<Wall>,
}

impl Episode {
    fn begin(number: u64, session: &Brief) -> Episode {
        Episode {
            number,
            onset: None,
            started: session.started,
            last: session.started,
            sums: Sums::default(),
            pain_first: None,
            pain_last: None,
            eased: None,
        }
    }

    fn add(&mut self, session: &Brief) {
        self.onset = self.onset.or(session.onset);
        self.last = session.started;
        self.sums.add(session);
        self.pain_first = self.pain_first.or(session.pain_before).or(session.pain_after);
        self.pain_last = session.pain_after.or(session.pain_before).or(self.pain_last);
        let eased = |pain: Option<u8>| pain.is_some_and(|score| score <= EASED);
        self.eased = self.eased.or_else(|| match session {
            _ if eased(session.pain_before) => Some(session.started),
            _ if eased(session.pain_after) => Some(session.ended.unwrap_or(session.started)),
            _ => None,
        });
    }

    /// From when its time counts: from the onset where it was told, else from the first session.
    pub fn since(&self) -> Wall {
        self.onset.unwrap_or(self.started)
    }

    /// How long it took until pain was [`EASED`], where that is known.
    pub fn eased_after(&self) -> Option<Duration> {
        self.eased.map(|eased| eased.since(&self.since()))
    }
}

impl Serialize for Episode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Episode", 9)?;
        fields.serialize_field("number", &self.number)?;
        fields.serialize_field("onset", &self.onset)?;
        fields.serialize_field("started", &self.started)?;
        fields.serialize_field("last", &self.last)?;
        fields.serialize_field("sums", &self.sums)?;
        fields.serialize_field("pain_first", &self.pain_first)?;
        fields.serialize_field("pain_last", &self.pain_last)?;
        fields.serialize_field("eased", &self.eased)?;
        let after = self.eased_after().map(|after| after.as_secs());
        fields.serialize_field("eased_after_s", &after)?;
        fields.end()
    }
}

/// The episodes that these sessions are of, oldest first, numbered from 1.
pub fn episodes(sessions: &[SessionRecord]) -> Vec<Episode> {
    let mut briefs: Vec<Brief> = sessions.iter().map(Brief::of).collect();
    briefs.sort_by_key(|session| (session.started, session.id));
    let mut episodes = Episodes::new(&Query::default(), usize::MAX);
    briefs.iter().for_each(|session| episodes.follow(session));
    episodes.finish().0
}

/// Episodes in the making.
#[derive(Clone, Debug, PartialEq)]
pub struct Episodes {
    asked: Query,
    most: usize,
    waiting: Window<(Wall, Uuid), Brief>,
    open: Option<Episode>,
    /// The newest that are over.
    over: VecDeque<Episode>,
}

impl Episodes {
    /// None yet; of those that will come, the newest `most` of which a session is asked for are kept.
    pub fn new(asked: &Query, most: usize) -> Episodes {
        Episodes {
            asked: Query { limit: None, ..asked.clone() },
            most,
            waiting: Window::default(),
            open: None,
            over: VecDeque::new(),
        }
    }

    /// Adds a session.
    ///
    /// # Errors
    /// It started before others that have been dealt with.
    pub fn add(&mut self, session: Brief) -> Result<(), OutOfOrder> {
        if let Some(next) = self.waiting.push((session.started, session.id), session)? {
            self.follow(&next);
        }
        Ok(())
    }

    /// Adds the session that follows.
    fn follow(&mut self, session: &Brief) {
        let last = self.open.as_ref().map(|open| &open.last);
        if begins_episode(&session.started, session.onset.as_ref(), last) {
            let number = self.open.as_ref().map_or(1, |open| open.number + 1);
            self.close();
            self.open = Some(Episode::begin(number, session));
        }
        if let Some(open) = &mut self.open {
            open.add(session);
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let ends_too_soon = self.asked.since.is_some_and(|since| open.last.timestamp() < since.timestamp());
        let begins_too_late =
            self.asked.until.is_some_and(|until| open.started.timestamp() > until.timestamp());
        if !ends_too_soon && !begins_too_late {
            self.over.push_back(open);
        }
        if self.over.len() > self.most {
            self.over.pop_front();
        }
    }

    /// Those that were asked for, oldest first, and how many there are in all.
    pub fn finish(mut self) -> (Vec<Episode>, u64) {
        while let Some(next) = self.waiting.pop() {
            self.follow(&next);
        }
        let number = self.open.as_ref().map_or(0, |open| open.number);
        self.close();
        (self.over.into(), number)
    }
}
