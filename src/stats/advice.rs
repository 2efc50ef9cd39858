//! What advice comes next, as an episode goes on.

use super::{Episode, is_new_episode, split_into_episodes};
use crate::{
    record::{DiaryEntry, ORIGIN_LOGGED, SessionRecord},
    time::WallTime,
};
use std::time::Duration;

/// About a day after the onset, when a stiff back may be stretched gently (D0; the hours are P).
pub const STRETCH_FROM: Duration = Duration::from_hours(18);
/// The end of that time (P).
pub const STRETCH_UNTIL: Duration = Duration::from_hours(48);
/// Pain that goes on for longer is a doctor's (D2).
pub const DOCTOR_AFTER: Duration = Duration::from_hours(72);
/// Two episodes within so long are a back that goes out often (P).
pub(crate) const YEAR: Duration = Duration::from_hours(365 * 24);

/// The protocol with the gentle stretches.
pub(crate) const STRETCH_PROTOCOL: &str = "stiff-day";

/// What may be advised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// To call a doctor: it has hurt for more than three days (D2).
    Doctor,
    /// Gentle stretches, about a day after the onset (D0).
    Stretches,
    /// More movement in daily life, since the back goes out often (D0; D1 doubts that anybody knows).
    Movement,
}

/// An episode as far as it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeProgress {
    /// Whether no session of it is over yet.
    pub is_new: bool,
    /// Whether a session of it that was begun here carries answers to the questions about warning signs, be it that
    /// they were skipped. One that was only told afterwards asked nobody anything.
    pub(crate) has_sign_answers: bool,
    /// Whether a session of it was one of [`STRETCH_PROTOCOL`].
    pub(crate) has_stretched: bool,
    /// From the onset where it was told, else from the first session.
    pub onset_or_start: WallTime,
    /// The last pain score known of it.
    pub last_pain: Option<u8>,
    /// How many episodes began in the year before, this one included.
    pub episodes_in_year: usize,
}

impl EpisodeProgress {
    /// The episode that a session belongs to which begins now, after these sessions and diary entries of the year
    /// before; `onset` and `pain` are what was told of it.
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
        let began = open.map_or(*now, |open| open.started);
        let since = open.and_then(|open| open.onset).or(onset).unwrap_or(began);
        let of_it = |session: &&SessionRecord| open.is_some_and(|open| session.started >= open.started);
        let its = || sessions.iter().filter(of_it);
        let asked = |session: &SessionRecord| {
            session.origin.as_deref() != Some(ORIGIN_LOGGED) && session.answers.is_some()
        };
        EpisodeProgress {
            is_new: open.is_none(),
            has_sign_answers: its().any(asked),
            has_stretched: its().any(|session| session.protocol == STRETCH_PROTOCOL),
            onset_or_start: since,
            last_pain: pain.or_else(|| find_last_pain(sessions, entries, &since)),
            episodes_in_year: count_begun_within_year(&episodes, now) + usize::from(open.is_none()),
        }
    }
}

/// What is worth advising now, the weightiest first. Whether it was said before, others remember.
///
/// Movement is none of an episode's first session's business: a back that has just gone out needs rest from advice (P).
pub fn select_advice(course: &EpisodeProgress, now: &WallTime) -> Vec<Advice> {
    let passed = now.since(&course.onset_or_start);
    let due = [
        (Advice::Doctor, passed > DOCTOR_AFTER && course.last_pain.is_some_and(|pain| pain > 0)),
        (Advice::Stretches, !course.has_stretched && (STRETCH_FROM..=STRETCH_UNTIL).contains(&passed)),
        (Advice::Movement, !course.is_new && course.episodes_in_year > 1),
    ];
    due.into_iter().filter(|(_, due)| *due).map(|(advice, _)| advice).collect()
}

/// Whether the back goes out often: of these episodes two or more began in the year before now.
pub(crate) fn is_recurrent(episodes: &[Episode], now: &WallTime) -> bool {
    count_begun_within_year(episodes, now) > 1
}

fn count_begun_within_year(episodes: &[Episode], now: &WallTime) -> usize {
    episodes.iter().filter(|episode| now.since(&episode.started) <= YEAR).count()
}

/// The last score of the sessions and the diary since then.
fn find_last_pain(sessions: &[SessionRecord], entries: &[DiaryEntry], since: &WallTime) -> Option<u8> {
    let of_sessions = sessions.iter().filter_map(|session| match session.pain_after {
        Some(after) => Some((session.ended.unwrap_or(session.started), after)),
        None => Some((session.started, session.pain_before?)),
    });
    let of_diary = entries.iter().filter_map(|entry| Some((entry.occurred_at(), entry.pain?)));
    let scores = of_sessions.chain(of_diary).filter(|(at, _)| at.timestamp() >= since.timestamp());
    scores.max_by_key(|(at, _)| at.timestamp()).map(|(_, score)| score)
}
