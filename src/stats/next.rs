//! What advice comes next, as an episode goes on.

use super::{Episode, begins_episode, episodes};
use crate::{
    record::{Entry, LOGGED, SessionRecord},
    time::Wall,
};
use std::time::Duration;

/// About a day after the onset, when a stiff back may be stretched gently (D0; the hours are P).
pub const STIFF_FROM: Duration = Duration::from_hours(18);
/// The end of that time (P).
pub const STIFF_UNTIL: Duration = Duration::from_hours(48);
/// Pain that goes on for longer is a doctor's (D2).
pub const DOCTOR_AFTER: Duration = Duration::from_hours(72);
/// Two episodes within so long are a back that goes out often (P).
pub const YEAR: Duration = Duration::from_hours(365 * 24);

/// The protocol with the gentle stretches.
pub const STRETCHES: &str = "stiff-day";

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
pub struct Course {
    /// Whether no session of it is over yet.
    pub is_new: bool,
    /// Whether a session of it that was begun here carries answers to the questions about warning signs, be it that
    /// they were skipped. One that was only told afterwards asked nobody anything.
    pub was_asked: bool,
    /// Whether a session of it was one of [`STRETCHES`].
    pub has_stretched: bool,
    /// From the onset where it was told, else from the first session.
    pub since: Wall,
    /// The last pain score known of it.
    pub pain: Option<u8>,
    /// How many episodes began in the year before, this one included.
    pub in_a_year: usize,
}

impl Course {
    /// The episode that a session belongs to which begins now, after these sessions and diary entries of the year
    /// before; `onset` and `pain` are what was told of it.
    pub fn of(
        sessions: &[SessionRecord],
        entries: &[Entry],
        onset: Option<Wall>,
        pain: Option<u8>,
        now: &Wall,
    ) -> Course {
        let episodes = episodes(sessions);
        let open = episodes.last().filter(|open| !begins_episode(now, onset.as_ref(), Some(&open.last)));
        let began = open.map_or(*now, |open| open.started);
        let since = open.and_then(|open| open.onset).or(onset).unwrap_or(began);
        let of_it = |session: &&SessionRecord| open.is_some_and(|open| session.started >= open.started);
        let its = || sessions.iter().filter(of_it);
        let asked =
            |session: &SessionRecord| session.origin.as_deref() != Some(LOGGED) && session.answers.is_some();
        Course {
            is_new: open.is_none(),
            was_asked: its().any(asked),
            has_stretched: its().any(|session| session.protocol == STRETCHES),
            since,
            pain: pain.or_else(|| last_score(sessions, entries, &since)),
            in_a_year: begun_in_a_year(&episodes, now) + usize::from(open.is_none()),
        }
    }
}

/// What is worth advising now, the weightiest first. Whether it was said before, others remember.
///
/// Movement is none of an episode's first session's business: a back that has just gone out needs rest from advice (P).
pub fn advice(course: &Course, now: &Wall) -> Vec<Advice> {
    let passed = now.since(&course.since);
    let due = [
        (Advice::Doctor, passed > DOCTOR_AFTER && course.pain.is_some_and(|pain| pain > 0)),
        (Advice::Stretches, !course.has_stretched && (STIFF_FROM..=STIFF_UNTIL).contains(&passed)),
        (Advice::Movement, !course.is_new && course.in_a_year > 1),
    ];
    due.into_iter().filter(|(_, due)| *due).map(|(advice, _)| advice).collect()
}

/// Whether the back goes out often: of these episodes two or more began in the year before now.
pub fn repeats(episodes: &[Episode], now: &Wall) -> bool {
    begun_in_a_year(episodes, now) > 1
}

fn begun_in_a_year(episodes: &[Episode], now: &Wall) -> usize {
    episodes.iter().filter(|episode| now.since(&episode.started) <= YEAR).count()
}

/// The last score of the sessions and the diary since then.
fn last_score(sessions: &[SessionRecord], entries: &[Entry], since: &Wall) -> Option<u8> {
    let of_sessions = sessions.iter().filter_map(|session| match session.pain_after {
        Some(after) => Some((session.ended.unwrap_or(session.started), after)),
        None => Some((session.started, session.pain_before?)),
    });
    let of_diary = entries.iter().filter_map(|entry| Some((entry.moment(), entry.pain?)));
    let scores = of_sessions.chain(of_diary).filter(|(at, _)| at.timestamp() >= since.timestamp());
    scores.max_by_key(|(at, _)| at.timestamp()).map(|(_, score)| score)
}
