//! Sorting a stream that is nearly sorted, in little memory.
//!
//! A history is written in the order in which things happen, nearly: computers take turns, a session gets one
//! more round, yesterday's is told today. A [`Window`] holds back the newest few, so that what leaves it leaves
//! in order; what comes too late for that is said, and the whole has then to be sorted in memory. So nothing is
//! ever taken on trust: what leaves in strictly rising order of its keys holds no key twice.

use super::{
    Amendment, Brief, HistoryLine, SessionRecord,
    fold::{amended, keep_later},
};
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// How many are held back: a session of each minute for most of a day.
const ROOM: usize = 1024;

/// Something came after what follows it had left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder;

/// The newest few of a stream, sorted by their keys.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window<K, T> {
    held: VecDeque<(K, T)>,
    /// The key of the last that left.
    left: Option<K>,
}

impl<K: Ord + Copy, T> Default for Window<K, T> {
    fn default() -> Window<K, T> {
        Window { held: VecDeque::with_capacity(ROOM + 1), left: None }
    }
}

impl<K: Ord + Copy, T> Window<K, T> {
    /// Takes one in, behind those with the same key. Returns the first, if there are too many.
    ///
    /// # Errors
    /// It belongs before one that has left.
    pub(crate) fn push(&mut self, key: K, new: T) -> Result<Option<T>, OutOfOrder> {
        if self.left.is_some_and(|left| key < left) {
            return Err(OutOfOrder);
        }
        match self.held.back() {
            Some((last, _)) if *last > key => {
                self.held.insert(self.held.partition_point(|(held, _)| *held <= key), (key, new));
            }
            _ => self.held.push_back((key, new)),
        }
        Ok(self.too_many())
    }

    /// Takes one in; `settle` makes one of it and of the one with the same key.
    fn put(
        &mut self,
        key: K,
        new: T,
        settle: impl FnOnce(&mut T, T) -> Result<(), OutOfOrder>,
    ) -> Result<Option<T>, OutOfOrder> {
        if self.left.is_some_and(|left| key <= left) {
            return Err(OutOfOrder);
        }
        match self.held.back() {
            Some((last, _)) if *last >= key => match self.held.binary_search_by_key(&key, |(key, _)| *key) {
                Ok(place) => settle(&mut self.held[place].1, new)?,
                Err(place) => self.held.insert(place, (key, new)),
            },
            _ => self.held.push_back((key, new)),
        }
        Ok(self.too_many())
    }

    fn too_many(&mut self) -> Option<T> {
        if self.held.len() > ROOM { self.pop() } else { None }
    }

    /// Lets the first go.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let (key, first) = self.held.pop_front()?;
        self.left = Some(key);
        Some(first)
    }
}

/// Sessions as they come out of the logs, folded as [`History`](super::History) folds them, though without
/// holding them all: each version of a record counts once, corrections apply, what is deleted is left out.
#[derive(Debug, Default)]
pub(crate) struct Merge {
    window: Window<Uuid, Version>,
    corrections: BTreeMap<Uuid, Vec<Amendment>>,
}

/// A version of a session's record.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are brief, and few are held at once")]
enum Version {
    /// Of one without corrections.
    Brief(Brief),
    /// Of one with corrections: those may be of any field.
    Whole(Box<SessionRecord>),
}

impl Merge {
    /// With all corrections that there are, in any order and any number of times each.
    pub(crate) fn new(amendments: impl IntoIterator<Item = Amendment>) -> Merge {
        let mut known = BTreeMap::new();
        for new in amendments {
            keep_later(&mut known, new.id, new, |amendment| amendment.at);
        }
        let mut corrections: BTreeMap<Uuid, Vec<Amendment>> = BTreeMap::new();
        for amendment in known.into_values() {
            corrections.entry(amendment.target_id).or_default().push(amendment);
        }
        for amendments in corrections.values_mut() {
            amendments.sort_by_key(|amendment| (amendment.at, amendment.id));
        }
        Merge { window: Window::default(), corrections }
    }

    /// Takes in a session, which stands in `line`; returns one that no further line can change, if there is.
    ///
    /// # Errors
    /// A session comes so late that a version of it may have been returned already.
    pub(crate) fn add(&mut self, new: Brief, line: &str) -> Result<Option<Brief>, OutOfOrder> {
        let id = new.id;
        let new = if self.corrections.contains_key(&id) {
            match HistoryLine::parse(line) {
                Ok(HistoryLine::Session(whole)) => Version::Whole(Box::new(whole)),
                _ => return Err(OutOfOrder),
            }
        } else {
            Version::Brief(new)
        };
        let left = self.window.put(id, new, later)?;
        Ok(left.and_then(|left| self.corrected(left)))
    }

    /// The next of those that are still held back.
    pub(crate) fn next_held(&mut self) -> Option<Brief> {
        while let Some(next) = self.window.pop() {
            if let Some(next) = self.corrected(next) {
                return Some(next);
            }
        }
        None
    }

    fn corrected(&self, version: Version) -> Option<Brief> {
        match version {
            Version::Brief(brief) => Some(brief),
            Version::Whole(whole) => {
                let amendments: Vec<&Amendment> = self.corrections.get(&whole.id)?.iter().collect();
                amended(&whole, &amendments).map(|reads| Brief::of(&reads))
            }
        }
    }
}

/// Keeps the later of two versions. Two that were written at once are told apart by their whole text, which a
/// brief one does not have; as long as they are the same in brief, it does not matter which is kept.
fn later(old: &mut Version, new: Version) -> Result<(), OutOfOrder> {
    match (&mut *old, new) {
        (Version::Brief(old), Version::Brief(new)) if old.at == new.at => {
            if *old == new {
                Ok(())
            } else {
                Err(OutOfOrder)
            }
        }
        (Version::Brief(old), Version::Brief(new)) => {
            if new.at > old.at {
                *old = new;
            }
            Ok(())
        }
        (Version::Whole(old), Version::Whole(new)) => {
            let mut one = BTreeMap::from([(old.id, (**old).clone())]);
            keep_later(&mut one, new.id, *new, |session| session.at);
            if let Some(kept) = one.remove(&old.id) {
                **old = kept;
            }
            Ok(())
        }
        _ => Err(OutOfOrder),
    }
}
