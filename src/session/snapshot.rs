//! All that a screen, a status line or a template shows of a session at one moment.

use super::{BreathProgress, Session, TimeBreakdown};
use crate::{
    protocol::{Phase, PhaseKind},
    time::{Stamp, WallTime, format_duration},
};
use jiff::tz::TimeZone;
use std::time::Duration;
use uuid::Uuid;

/// What a live timer needs to say that a phase is over.
const SWAP_PENDING_LIMIT: Duration = Duration::from_millis(250);

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A phase runs.
    Running,
    /// A phase's time is up, and nobody has said to go on.
    Overdue,
    /// A question is open before the session goes on.
    Asking,
    /// The clock is held.
    Paused,
    /// The session is over.
    Ended,
    /// Nobody is timing it.
    CutOff,
}

/// A session at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Where it stands.
    pub state: State,
    /// Which session.
    pub(crate) id: Uuid,
    /// The protocol's name.
    pub(crate) protocol: String,
    /// The round, from 1.
    pub round: u32,
    /// How many rounds.
    pub rounds: u32,
    /// The current phase, the last one if the session is over.
    pub phase: PhaseSnapshot,
    /// The phase after it.
    pub(crate) next_phase: Option<Phase>,
    /// The question that is open before that one begins.
    pub question: Option<String>,
    /// Whether it is complete, and there may be another round.
    pub(crate) can_add_round: bool,
    /// Whether five minutes more of this phase are within its limit.
    pub(crate) can_extend: bool,
    /// Whether that is offered.
    pub(crate) is_round_offered: bool,
    /// The last pain score, 0 to 10 (NRS-11), where one was given.
    pub(crate) last_pain: Option<u8>,
    /// When the last phase ends, if nothing holds it up; the moment it ended, if it is over.
    pub ends_at: WallTime,
    /// Whether somebody has answered since the session is over.
    pub(crate) is_end_answered: bool,
    /// Up to when somebody timed it.
    pub(crate) timed_until: WallTime,
    /// Where the time went so far.
    pub time_breakdown: TimeBreakdown,
    /// How much of the whole plan is done, 0 to 100.
    pub session_percentage: u8,
    /// Whether it is a rehearsal.
    pub(crate) is_rehearsal: bool,
    /// For how long still an alarm rings, whose first key only silences it.
    pub rings: Option<Duration>,
}

/// A phase at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseSnapshot {
    /// Which one of the plan, from 0.
    pub(crate) index: usize,
    /// What it does.
    pub kind: PhaseKind,
    /// What it is called.
    pub(crate) name: String,
    /// What is on the skin and has to come off: a pad or a pack.
    pub pack_on_skin: Option<&'static str>,
    /// Its length, with what was added to it.
    pub planned: Duration,
    /// How long it has run.
    pub elapsed: Duration,
    /// What is left of it.
    pub remaining: Duration,
    /// How long it is past its deadline.
    pub overdue: Duration,
    /// How to breathe now, where that is what it does.
    pub(crate) breath: Option<BreathProgress>,
    /// When it ends, if nothing holds it up.
    pub(crate) ends_at: WallTime,
    /// While its timer is just about to swap: how long to give it, and to show what was shown before.
    pub(crate) swap_pending_for: Option<Duration>,
}

/// What an answer speaks of. When this is another one, the answer is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionPosition {
    state: State,
    phase: usize,
    asks: bool,
    rings: bool,
}

impl Snapshot {
    /// Where it stands, apart from what goes on with time.
    pub(crate) fn standing(&self) -> SessionPosition {
        SessionPosition {
            state: self.state,
            phase: self.phase.index,
            asks: self.question.is_some(),
            rings: self.rings.is_some(),
        }
    }

    /// The same, with its moments as a clock in that zone shows them.
    #[must_use]
    pub(crate) fn in_zone(mut self, zone: &TimeZone) -> Snapshot {
        for wall in [&mut self.ends_at, &mut self.timed_until, &mut self.phase.ends_at] {
            *wall = wall.in_zone(zone);
        }
        self
    }

    /// The state in one line: `heat, round 1 of 3, 18 min 42 s left`.
    pub(crate) fn to_status_line(&self) -> String {
        let phase = &self.phase;
        let round = format!("round {} of {}", self.round, self.rounds);
        let name = &phase.name;
        let off = if phase.pack_on_skin.is_some() { ": take it off" } else { "" };
        let line = match self.state {
            State::Running => format!("{name}, {round}, {} left", format_duration(phase.remaining)),
            State::Overdue => format!("{name}, {round}, ended {} ago{off}", format_duration(phase.overdue)),
            State::Asking if let Some(question) = &self.question => {
                format!("{round}: {question} `easeback next` is yes, `easeback skip` is no")
            }
            State::Asking => {
                format!(
                    "waiting in {name}, {round}, {} left: the computer slept",
                    format_duration(phase.remaining)
                )
            }
            State::Paused => format!("paused in {name}, {round}, {} left", format_duration(phase.remaining)),
            State::Ended => {
                let over = format!("over since {}, {round}", self.ends_at.format_hour_minute());
                match phase.pack_on_skin.filter(|_| !self.is_end_answered) {
                    Some(pack) => format!("{over}: take the {pack} off"),
                    None => over,
                }
            }
            State::CutOff => {
                format!(
                    "interrupted in {name}, {round}: nobody has timed it since {}",
                    self.timed_until.format_date_time()
                )
            }
        };
        self.mark_rehearsal(line)
    }

    /// The line, marked where it is a rehearsal's.
    pub(crate) fn mark_rehearsal(&self, line: String) -> String {
        if self.is_rehearsal { format!("REHEARSAL: {line}") } else { line }
    }
}

impl Session {
    /// The session as it stands at `now`.
    pub fn snapshot(&self, now: &Stamp) -> Snapshot {
        let session = self.at(now);
        let plan = session.plan();
        let phase = session.phase_snapshot();
        let may_go_on = session.can_continue_after_end() && session.try_add_rounds(1).is_ok();
        let left = if session.is_over() { Duration::ZERO } else { session.time_until_session_end() };
        Snapshot {
            state: session.state(),
            id: session.header.id,
            protocol: plan.protocol.clone(),
            round: session.current_phase().round,
            rounds: plan.rounds,
            phase,
            question: session.open_optional_step().map(|offer| offer.question.clone()),
            is_round_offered: plan.as_needed && may_go_on,
            can_add_round: may_go_on,
            can_extend: session.can_extend_five_minutes(),
            last_pain: session.ratings.last().map(|rating| rating.score).or(session.header.intake.pain),
            next_phase: plan.phases.get(session.phase_progress.len()).filter(|_| !session.is_over()).cloned(),
            ends_at: session
                .ending
                .as_ref()
                .map_or_else(|| session.wall_time_after(left), |ending| ending.ended_at),
            is_end_answered: session.is_over() && session.end_unanswered_for().is_none(),
            timed_until: session.timed_until,
            time_breakdown: session.time_breakdown(),
            session_percentage: completed_percentage(session.time_breakdown().active, left),
            is_rehearsal: session.is_rehearsal(),
            rings: session.rings_for(now),
        }
    }

    /// The same for one who knows that somebody times it, be it on another computer: no restart lies between.
    pub(crate) fn timed_snapshot(&self, now: &Stamp) -> Snapshot {
        self.snapshot(&now.on_clocks_of(&self.accounted_until))
    }

    /// How long the rest of it takes, if nothing holds it up.
    fn time_until_session_end(&self) -> Duration {
        let begun = self.time_breakdown().elapsed();
        let left = self.phase_remaining();
        let to_come = &self.plan().phases[self.phase_progress.len()..];
        to_come.iter().fold(left, |left, phase| match phase.ends_after_s.map(Duration::from_secs) {
            Some(until) => left.max(until.saturating_sub(begun)),
            None => left + phase.planned_duration(),
        })
    }

    fn wall_time_after(&self, left: Duration) -> WallTime {
        self.accounted_until.wall.plus(self.session_to_real_time(left))
    }

    fn phase_snapshot(&self) -> PhaseSnapshot {
        let parts = self.current_progress().time_breakdown;
        let remaining = self.phase_remaining();
        PhaseSnapshot {
            index: self.current_phase_index(),
            kind: self.current_phase().kind,
            name: self.current_phase().name().to_owned(),
            pack_on_skin: self.current_pack().map(Phase::pack_name),
            planned: self.phase_length(),
            elapsed: parts.active,
            remaining,
            overdue: parts.overdue,
            breath: (self.current_phase().kind == PhaseKind::Breathe)
                .then(|| BreathProgress::at_phase_elapsed(parts.active)),
            ends_at: self.wall_time_after(remaining),
            swap_pending_for: self
                .is_auto_swap_due()
                .then(|| SWAP_PENDING_LIMIT.checked_sub(parts.overdue / self.speed_factor()))
                .flatten(),
        }
    }

    pub(super) fn state(&self) -> State {
        if self.is_over() {
            State::Ended
        } else if !self.has_timer {
            State::CutOff
        } else if self.is_paused {
            State::Paused
        } else if self.open_optional_step().is_some() {
            State::Asking
        } else if self.is_phase_time_up() {
            State::Overdue
        } else if self.has_resume_prompt {
            State::Asking
        } else {
            State::Running
        }
    }
}

fn completed_percentage(done: Duration, left: Duration) -> u8 {
    let all = (done + left).as_millis().max(1);
    u8::try_from(done.as_millis() * 100 / all).unwrap_or(100)
}
