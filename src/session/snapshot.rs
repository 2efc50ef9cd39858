//! Everything that a screen, a status line or a template shows of a session at one moment.

use super::{BreathProgress, Session, TimeBreakdown};
use crate::{
    protocol::{Phase, PhaseKind},
    time::{Stamp, WallTime, format_duration},
};
use jiff::tz::TimeZone;
use std::time::Duration;
use uuid::Uuid;

/// How long a running timer may need to write that a phase is over.
const MAX_AUTOMATIC_SWAP_DELAY: Duration = Duration::from_millis(250);

/// The state of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The clock of a phase runs.
    Running,
    /// A phase's time is up, without a swap.
    Overdue,
    /// A question is open before the session goes on.
    Asking,
    /// The clock is stopped by a pause.
    Paused,
    /// The session is over.
    Ended,
    /// No timer runs: the session was interrupted.
    CutOff,
}

/// A session at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The state of the session.
    pub state: State,
    pub(crate) id: Uuid,
    /// The protocol's name.
    pub(crate) protocol: String,
    /// The current round, from 1.
    pub round: u32,
    /// The number of rounds, with those added.
    pub rounds: u32,
    /// The current phase; the last one if the session is over.
    pub phase: PhaseSnapshot,
    pub(crate) next_phase: Option<Phase>,
    /// The open question before the next phase, if it is optional.
    pub question: Option<String>,
    /// Whether the session is complete and another round is allowed.
    pub(crate) can_add_round: bool,
    /// Whether the current phase may last five minutes longer.
    pub(crate) can_extend: bool,
    /// Whether another round is offered.
    pub(crate) is_round_offered: bool,
    /// The last pain score, 0 to 10 (NRS-11), if any.
    pub(crate) last_pain: Option<u8>,
    /// When the last phase ends, if nothing delays it; if the session is over, when it ended.
    pub ends_at: WallTime,
    /// Whether the person has answered since the session is over.
    pub(crate) is_end_answered: bool,
    /// Up to when a timer ran.
    pub(crate) timed_until: WallTime,
    /// How the time so far divides up.
    pub time_breakdown: TimeBreakdown,
    /// How much of the session is done, 0 to 100.
    pub session_percentage: u8,
    pub(crate) is_rehearsal: bool,
    /// How much longer an alarm rings; the first key only silences it.
    pub ringing_left: Option<Duration>,
}

/// A phase at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseSnapshot {
    /// The index in the plan, from 0.
    pub(crate) index: usize,
    /// What the person does in it.
    pub kind: PhaseKind,
    /// The name for screens.
    pub(crate) name: String,
    /// What is on the skin and must come off: "pad" or "pack".
    pub pack_on_skin: Option<&'static str>,
    /// Its length, with extensions.
    pub planned: Duration,
    /// How long its clock has run.
    pub elapsed: Duration,
    /// The time left of it.
    pub remaining: Duration,
    /// How long it is past its deadline.
    pub overdue: Duration,
    /// The breath now, if the phase is for breathing.
    pub(crate) breath: Option<BreathProgress>,
    /// When it ends, if nothing delays it.
    pub(crate) ends_at: WallTime,
    /// If the timer is about to swap: how long to wait for it, while showing the screen from before.
    pub(crate) swap_pending_for: Option<Duration>,
}

/// The part of a snapshot that a reply refers to. If it has changed, the reply is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionPosition {
    state: State,
    phase: usize,
    has_question: bool,
    is_ringing: bool,
}

impl Snapshot {
    /// The position of the session: its state without the passing time.
    pub(crate) fn position(&self) -> SessionPosition {
        SessionPosition {
            state: self.state,
            phase: self.phase.index,
            has_question: self.question.is_some(),
            is_ringing: self.ringing_left.is_some(),
        }
    }

    /// The same snapshot with its times shown in `zone`.
    #[must_use]
    pub(crate) fn in_zone(mut self, zone: &TimeZone) -> Snapshot {
        for wall in [&mut self.ends_at, &mut self.timed_until, &mut self.phase.ends_at] {
            *wall = wall.in_zone(zone);
        }
        self
    }

    /// Formats the state in one line: `heat, round 1 of 3, 18 min 42 s left`.
    pub(crate) fn to_status_line(&self) -> String {
        let phase = &self.phase;
        let round_text = format!("round {} of {}", self.round, self.rounds);
        let name = &phase.name;
        let take_off = if phase.pack_on_skin.is_some() { ": take it off" } else { "" };
        let line = match self.state {
            State::Running => format!("{name}, {round_text}, {} left", format_duration(phase.remaining)),
            State::Overdue => {
                format!("{name}, {round_text}, ended {} ago{take_off}", format_duration(phase.overdue))
            }
            State::Asking if let Some(question) = &self.question => {
                format!("{round_text}: {question} `easeback next` is yes, `easeback skip` is no")
            }
            State::Asking => {
                format!(
                    "waiting in {name}, {round_text}, {} left: the computer slept",
                    format_duration(phase.remaining)
                )
            }
            State::Paused => {
                format!("paused in {name}, {round_text}, {} left", format_duration(phase.remaining))
            }
            State::Ended => {
                let ended_text = format!("over since {}, {round_text}", self.ends_at.format_hour_minute());
                match phase.pack_on_skin.filter(|_| !self.is_end_answered) {
                    Some(pack) => format!("{ended_text}: take the {pack} off"),
                    None => ended_text,
                }
            }
            State::CutOff => {
                format!(
                    "interrupted in {name}, {round_text}: nobody has timed it since {}",
                    self.timed_until.format_date_time()
                )
            }
        };
        self.mark_rehearsal(line)
    }

    /// The line, marked if it is a rehearsal.
    pub(crate) fn mark_rehearsal(&self, line: String) -> String {
        if self.is_rehearsal { format!("REHEARSAL: {line}") } else { line }
    }
}

impl Session {
    /// The state of the session at `now`, for display.
    pub fn snapshot(&self, now: &Stamp) -> Snapshot {
        let session = self.at(now);
        let plan = session.plan();
        let phase_snapshot = session.phase_snapshot();
        let can_add_round = session.can_continue_after_end() && session.try_add_rounds(1).is_ok();
        let time_left = if session.is_over() { Duration::ZERO } else { session.time_until_session_end() };
        Snapshot {
            state: session.state(),
            id: session.header.id,
            protocol: plan.protocol.clone(),
            round: session.current_phase().round,
            rounds: plan.rounds,
            phase: phase_snapshot,
            question: session.open_optional_step().map(|step| step.question.clone()),
            is_round_offered: plan.as_needed && can_add_round,
            can_add_round,
            can_extend: session.can_extend_five_minutes(),
            last_pain: session.ratings.last().map(|rating| rating.score).or(session.header.intake.pain),
            next_phase: plan.phases.get(session.phase_progress.len()).filter(|_| !session.is_over()).cloned(),
            ends_at: session
                .ending
                .as_ref()
                .map_or_else(|| session.wall_time_after(time_left), |ending| ending.ended_at),
            is_end_answered: session.is_over() && session.time_since_unanswered_end().is_none(),
            timed_until: session.timed_until,
            time_breakdown: session.time_breakdown(),
            session_percentage: completed_percentage(session.time_breakdown().active, time_left),
            is_rehearsal: session.is_rehearsal(),
            ringing_left: session.ringing_time_left(now),
        }
    }

    /// The snapshot if it is known that a timer runs, even on another computer: no restart is in between.
    pub(crate) fn timed_snapshot(&self, now: &Stamp) -> Snapshot {
        self.snapshot(&now.on_clocks_of(&self.accounted_until))
    }

    /// How long until the session ends, if nothing delays it.
    fn time_until_session_end(&self) -> Duration {
        let elapsed = self.time_breakdown().elapsed();
        let time_left = self.phase_remaining();
        let upcoming = &self.plan().phases[self.phase_progress.len()..];
        upcoming.iter().fold(time_left, |time_left, phase| {
            match phase.ends_after_s.map(Duration::from_secs) {
                Some(ends_after) => time_left.max(ends_after.saturating_sub(elapsed)),
                None => time_left + phase.planned_duration(),
            }
        })
    }

    fn wall_time_after(&self, session_time: Duration) -> WallTime {
        self.accounted_until.wall.plus(self.session_to_real_time(session_time))
    }

    fn phase_snapshot(&self) -> PhaseSnapshot {
        let time_breakdown = self.current_progress().time_breakdown;
        let remaining = self.phase_remaining();
        PhaseSnapshot {
            index: self.current_phase_index(),
            kind: self.current_phase().kind,
            name: self.current_phase().name().to_owned(),
            pack_on_skin: self.current_pack().map(Phase::pack_name),
            planned: self.phase_length(),
            elapsed: time_breakdown.active,
            remaining,
            overdue: time_breakdown.overdue,
            breath: (self.current_phase().kind == PhaseKind::Breathe)
                .then(|| BreathProgress::at_phase_elapsed(time_breakdown.active)),
            ends_at: self.wall_time_after(remaining),
            swap_pending_for: self
                .is_auto_swap_due()
                .then(|| MAX_AUTOMATIC_SWAP_DELAY.checked_sub(time_breakdown.overdue / self.speed_factor()))
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

fn completed_percentage(done: Duration, remaining: Duration) -> u8 {
    let total_ms = (done + remaining).as_millis().max(1);
    u8::try_from(done.as_millis() * 100 / total_ms).unwrap_or(100)
}
