//! What earlier sessions leave: time without a break that counts on, and heat and cold of the last hours.

use super::{COLD, FORGOTTEN, HEAT};
use crate::{
    protocol::{Exposure, Guard, Kind},
    record::{PhaseRecord, SessionRecord},
    time::Wall,
};
use std::time::Duration;
use uuid::Uuid;

/// A phase that was done.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// When it began.
    pub began: Wall,
    /// When what came after it began.
    pub ended: Wall,
    /// How long it went on at least: with the pack on, where there was one.
    pub on: Duration,
}

/// Heat and cold that somebody may have had, though nobody knows: as much of each as may be without a break, both up to
/// then.
pub fn unknown(until: &Wall) -> [SessionRecord; 2] {
    [(Kind::Heat, HEAT), (Kind::Cold, COLD)].map(|(kind, limit)| {
        let (kind, seconds, began) = (kind.as_str(), limit.value.as_secs(), until.minus(limit.value));
        let phase = PhaseRecord { started: Some(began), ..PhaseRecord::new(kind, 1, seconds, seconds) };
        SessionRecord { ended: Some(*until), ..SessionRecord::new(Uuid::nil(), began, kind, vec![phase]) }
    })
}

/// The phases of some kinds, newest first, as long as no break lies between.
pub fn carried(past: &[SessionRecord], guard: &Guard, now: &Wall, counts: impl Fn(Kind) -> bool) -> Exposure {
    let mut carried = Exposure::default();
    let mut edge = *now;
    for phase in done(past, &counts, now) {
        let gap = edge.since(&phase.ended);
        if gap >= guard.rest {
            break;
        }
        if carried.unbroken.is_zero() {
            carried.since = gap;
        }
        carried.unbroken = carried.unbroken.saturating_add(phase.on);
        edge = phase.began;
    }
    carried
}

/// The phases of some kinds, newest first. What comes from the future has a wrong date, and says nothing of the
/// last hours.
pub fn done(past: &[SessionRecord], counts: impl Fn(Kind) -> bool, now: &Wall) -> impl Iterator<Item = Done> {
    past.iter().flat_map(move |session| phases_of(session, &counts)).filter(|phase| phase.began <= *now)
}

fn phases_of(session: &SessionRecord, counts: impl Fn(Kind) -> bool) -> Vec<Done> {
    let phases = &session.phases;
    let is_counted = |name: &str| Kind::ALL.into_iter().any(|kind| kind.as_str() == name && counts(kind));
    let mut found: Vec<Done> = (0..phases.len())
        .filter(|index| is_counted(&phases[*index].kind))
        .filter_map(|index| {
            let phase = &phases[index];
            let began = phase.started?;
            let unknown = Some(phase.unknown_s).filter(|unknown| *unknown < FORGOTTEN.value.as_secs());
            let on = phase.actual_s.saturating_add(phase.overdue_s).saturating_add(unknown.unwrap_or(0));
            let on = Duration::from_secs(on);
            let next = phases.get(index + 1).and_then(|next| next.started).or(session.ended);
            // Nobody saw the end. It was not before this much had passed.
            let seen = on.saturating_add(Duration::from_secs(session.paused_s));
            Some(Done { began, ended: next.unwrap_or_else(|| began.plus(seen)), on })
        })
        .collect();
    found.reverse();
    found
}
