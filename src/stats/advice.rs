//! The advice that is due during an episode.
//!
//! Pure. It does not know which advice was already shown, nor its wording.

use super::{Episode, is_new_episode, split_into_episodes};
use crate::{
    record::{DiaryEntry, ORIGIN_LOGGED, SessionRecord},
    time::WallTime,
};
use std::time::Duration;

/// From when a stiff back may be stretched gently: about a day after the onset (D0; the hours are P).
pub const STRETCH_FROM: Duration = Duration::from_hours(18);
/// Until when stretches are advised (P).
pub const STRETCH_UNTIL: Duration = Duration::from_hours(48);
/// See a doctor about pain that lasts longer than this (D2).
pub const DOCTOR_AFTER: Duration = Duration::from_hours(72);
/// Two episodes within this time mean that the back goes out often (P).
pub(crate) const YEAR: Duration = Duration::from_hours(365 * 24);

/// The protocol with the gentle stretches.
pub(crate) const STRETCH_PROTOCOL: &str = "stiff-day";

/// A piece of advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Call a doctor: it has hurt for more than three days (D2).
    Doctor,
    /// Gentle stretches, about a day after the onset (D0).
    Stretches,
    /// More movement in daily life, because the back goes out often (D0; D1 doubts that anybody knows).
    Movement,
}

/// The state of the current episode.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeProgress {
    /// Whether it has no finished session yet.
    pub is_new: bool,
    /// Whether a session timed by this program has answers to the warning-sign questions, including "skipped".
    /// Sessions recorded afterwards do not count: they asked nothing.
    pub(crate) has_sign_answers: bool,
    /// Whether one of its sessions used [`STRETCH_PROTOCOL`].
    pub(crate) has_stretched: bool,
    /// The onset, or the start of the first session if the onset is unknown.
    pub onset_or_start: WallTime,
    /// The last known pain score.
    pub last_pain: Option<u8>,
    /// The number of episodes that began in the last year, including this one.
    pub episodes_in_year: usize,
}

impl EpisodeProgress {
    /// The episode of a session that begins now, with the sessions and diary entries of the last year before it.
    /// `onset` and `pain` are those given for the new session.
    pub fn new(
        sessions: &[SessionRecord],
        entries: &[DiaryEntry],
        onset: Option<WallTime>,
        pain: Option<u8>,
        now: &WallTime,
    ) -> EpisodeProgress {
        let episodes = split_into_episodes(sessions);
        let open =
            episodes.last().filter(|open| !is_new_episode(now, onset.as_ref(), Some(&open.last_started)));
        let started = open.map_or(*now, |open| open.started);
        let onset_or_start = open.and_then(|open| open.onset).or(onset).unwrap_or(started);
        let is_in_episode =
            |session: &&SessionRecord| open.is_some_and(|open| session.started >= open.started);
        let episode_sessions = || sessions.iter().filter(is_in_episode);
        let has_answers = |session: &SessionRecord| {
            session.origin.as_deref() != Some(ORIGIN_LOGGED) && session.answers.is_some()
        };
        EpisodeProgress {
            is_new: open.is_none(),
            has_sign_answers: episode_sessions().any(has_answers),
            has_stretched: episode_sessions().any(|session| session.protocol == STRETCH_PROTOCOL),
            onset_or_start,
            last_pain: pain.or_else(|| find_last_pain(sessions, entries, &onset_or_start)),
            episodes_in_year: count_begun_within_year(&episodes, now) + usize::from(open.is_none()),
        }
    }
}

/// The advice that is due now, most important first, whether or not it was shown before.
///
/// Movement is not advised in the first session of an episode: too early for a back that has just gone out (P).
pub fn select_advice(progress: &EpisodeProgress, now: &WallTime) -> Vec<Advice> {
    let elapsed = now.since(&progress.onset_or_start);
    let candidates = [
        (Advice::Doctor, elapsed > DOCTOR_AFTER && progress.last_pain.is_some_and(|pain| pain > 0)),
        (Advice::Stretches, !progress.has_stretched && (STRETCH_FROM..=STRETCH_UNTIL).contains(&elapsed)),
        (Advice::Movement, !progress.is_new && progress.episodes_in_year > 1),
    ];
    candidates.into_iter().filter(|(_, is_due)| *is_due).map(|(advice, _)| advice).collect()
}

/// Whether two or more of the episodes began in the last year.
pub(crate) fn is_recurrent(episodes: &[Episode], now: &WallTime) -> bool {
    count_begun_within_year(episodes, now) > 1
}

fn count_begun_within_year(episodes: &[Episode], now: &WallTime) -> usize {
    episodes.iter().filter(|episode| now.since(&episode.started) <= YEAR).count()
}

/// The last score in the sessions and the diary since then.
fn find_last_pain(sessions: &[SessionRecord], entries: &[DiaryEntry], since: &WallTime) -> Option<u8> {
    let session_scores = sessions.iter().filter_map(|session| match session.pain_after {
        Some(after) => Some((session.ended.unwrap_or(session.started), after)),
        None => Some((session.started, session.pain_before?)),
    });
    let diary_scores = entries.iter().filter_map(|entry| Some((entry.occurred_at(), entry.pain?)));
    let scores = session_scores.chain(diary_scores).filter(|(at, _)| at.timestamp() >= since.timestamp());
    scores.max_by_key(|(at, _)| at.timestamp()).map(|(_, score)| score)
}
