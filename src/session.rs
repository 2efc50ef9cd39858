//! The session: a fold over the journal's lines.
//!
//! Pure. [`Session::replay`] turns lines into a state, and a stamp turns a state into what to show
//! ([`Session::snapshot`]), what to tell ([`Session::due_alerts`]) and what to write ([`Session::automatic_entries`],
//! [`Session::handle`]). Time is counted in one place, `Session::advance_to`: every span between two stamps goes
//! to exactly one part of the current phase, so that the parts always add up to what has elapsed.
//!
//! A phase ends when somebody was told. A deadline that passes does not start the next phase: the phase is
//! overdue until a line says `next`. The live timer's `next`, written at once, counts from the deadline.

mod alerts;
mod announcement;
mod breathing;
mod button;
mod command;
mod ending;
mod entry;
mod get_up;
mod messages;
mod milestones;
mod optional_step;
mod phase_progress;
mod repeats;
mod session_record;
mod snapshot;
mod spoken_text;
mod time_breakdown;

/// What a phase does: a word of the protocols that a snapshot's reader needs.
pub(crate) use crate::protocol::PhaseKind;
pub use alerts::{Alert, Message};

pub(crate) use announcement::{Announcement, HookEvent, SoundCue};
pub(crate) use breathing::{BreathDirection, BreathProgress};
pub(crate) use button::Button;
pub use command::{Command, Reply};

pub(crate) use entry::ProcessId;
pub use entry::{Actor, Entry, Event, Header, Intake, JOURNAL_VERSION, SessionSettings, SwapMode};
pub use messages::Untimed;
pub(crate) use milestones::Milestones;
pub use repeats::Repeat;
pub use snapshot::State;
pub(crate) use snapshot::{SessionPosition, Snapshot};
pub use time_breakdown::TimeBreakdown;

use ending::Ending;
use phase_progress::PhaseProgress;

use crate::{
    protocol::{Phase, Plan},
    record::{Outcome, PainRating},
    time::{Elapsed, Stamp, WallTime},
};
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

/// A `next` written by the timer within this much of the deadline takes effect at the deadline.
const AUTO_SWAP_GRACE: Duration = Duration::from_secs(2);
/// A rehearsal runs at most this many times as fast.
pub(crate) const MAX_REHEARSAL_SPEED: u32 = 3600;
/// A damaged line must neither overflow a sum nor fill the memory: no phase is longer, no session has more rounds.
const MAX_PHASE_LENGTH: Duration = Duration::from_hours(24);
const MAX_ROUNDS: u32 = 1000;

/// A session, as far as its journal tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Shared: a snapshot is drawn each second, and nothing in here changes with time.
    header: Arc<Header>,
    started: WallTime,
    /// Up to here time is accounted for.
    accounted_until: Stamp,
    /// The phases that have begun; the last one is the current.
    phase_progress: Vec<PhaseProgress>,
    ending: Option<Ending>,
    /// Up to here somebody timed it.
    timed_until: WallTime,
    is_paused: bool,
    /// A question is open before the session goes on.
    has_resume_prompt: bool,
    /// How often the session was held, by a pause or a question, and for how long this time.
    clock_stop_count: u32,
    clock_stopped_for: Duration,
    has_timer: bool,
    timer_pid: Option<ProcessId>,
    /// Which start of the computer its timer began in, the last one if there were several.
    timer_boot_id: String,
    /// Who looked on, from the first to the last.
    viewer_pids: BTreeSet<ProcessId>,
    /// How often the person wanted to hear something again.
    repeat_requests: u32,
    sent_alerts: BTreeSet<Alert>,
    /// When something was told last that asks for an answer, while there is none.
    ringing_since: Option<Stamp>,
    ratings: Vec<PainRating>,
    notes: Arc<Vec<String>>,
    stop_reason: Option<String>,
    finalized_at: Option<WallTime>,
    recorded: Option<WallTime>,
}

/// Why a journal's entries cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// The first line does not begin one.
    MissingHeader,
    /// A newer version began it.
    NewerVersion(u32),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::MissingHeader => f.write_str("its first line does not begin a session"),
            ReplayError::NewerVersion(v) => write!(f, "a newer version of easeback wrote it (v {v})"),
        }
    }
}

impl Session {
    /// The entries that begin a session.
    pub fn begin(begun: Header, now: &Stamp) -> Vec<Entry> {
        vec![Entry { at: now.clone(), event: Event::Started(Box::new(begun)) }]
    }

    /// Folds a journal.
    ///
    /// # Errors
    /// Lines that do not begin a session, or that a newer version wrote, are none.
    pub fn replay(lines: impl IntoIterator<Item = Entry>) -> Result<Session, ReplayError> {
        let mut lines = lines.into_iter();
        let Some(Entry { at, event: Event::Started(begun) }) = lines.next() else {
            return Err(ReplayError::MissingHeader);
        };
        if begun.version > JOURNAL_VERSION {
            return Err(ReplayError::NewerVersion(begun.version));
        }
        let sound = begun.plan.phases.iter().all(|phase| phase.planned_duration() <= MAX_PHASE_LENGTH);
        if begun.plan.phases.is_empty() || !sound {
            return Err(ReplayError::MissingHeader);
        }
        let mut session = Session {
            header: Arc::new(*begun),
            started: at.wall,
            phase_progress: vec![PhaseProgress::new(at.wall, None)],
            ending: None,
            timed_until: at.wall,
            timer_boot_id: at.boot_id.clone(),
            accounted_until: at,
            is_paused: false,
            has_resume_prompt: false,
            clock_stop_count: 0,
            clock_stopped_for: Duration::ZERO,
            has_timer: true,
            timer_pid: None,
            viewer_pids: BTreeSet::new(),
            repeat_requests: 0,
            sent_alerts: BTreeSet::new(),
            ringing_since: None,
            ratings: Vec::new(),
            notes: Arc::default(),
            stop_reason: None,
            finalized_at: None,
            recorded: None,
        };
        lines.for_each(|line| session.apply(&line));
        Ok(session)
    }

    /// Takes in a line: what was written counts. A line that does not fit the state changes nothing.
    pub fn apply(&mut self, line: &Entry) {
        // A second timer, or somebody who found no timer: what lies before, nobody timed.
        let found_alone = matches!(line.event, Event::TimerStarted { .. }) && self.timer_pid.is_some();
        if found_alone || line.event == Event::CutOff {
            self.has_timer = false;
        }
        self.advance_to(&line.at);
        if line.event.is_answer() {
            self.record_answer();
        }
        self.apply_in_any_state(line);
        match self.is_over() {
            true => self.apply_after_end(line),
            false => self.apply_before_end(line),
        }
    }

    /// Somebody is there, and has seen what was told.
    fn record_answer(&mut self) {
        self.ringing_since = None;
        if self.presence_check_open_for().is_some() {
            self.current_progress_mut().has_answered_check = true;
        }
        if let Some(ending) = &mut self.ending {
            ending.is_answered = true;
        } else if self.is_swap_unconfirmed() {
            self.current_progress_mut().answered_after =
                Some(self.current_progress().time_breakdown.elapsed());
        }
    }

    /// The lines that count at any time.
    fn apply_in_any_state(&mut self, line: &Entry) {
        match &line.event {
            Event::TimerStarted { pid, namespace } => {
                if self.timer_pid.is_some() {
                    self.reset_phase_end_alerts();
                }
                (self.has_timer, self.timer_pid) =
                    (true, Some(ProcessId { pid: *pid, namespace: *namespace }));
                self.timer_boot_id.clone_from(&self.accounted_until.boot_id);
            }
            Event::TimerTerminated => self.has_timer = false,
            Event::RepeatRequested => self.repeat_requests += 1,
            Event::ViewerOpened { pid, namespace } => {
                self.viewer_pids.insert(ProcessId { pid: *pid, namespace: *namespace });
            }
            Event::AlertSent { alert } => {
                self.sent_alerts.insert(*alert);
                if alert.is_answer_expected() {
                    self.ringing_since = Some(line.at.clone());
                }
            }
            Event::PainRated { score } => {
                self.ratings.push(PainRating { at: line.at.wall.truncate_to_seconds(), score: *score });
                self.finalized_at = None;
            }
            Event::NoteAdded { text } => {
                Arc::make_mut(&mut self.notes).push(text.clone());
                self.finalized_at = None;
            }
            Event::Finalized { record_at } => self.finalized_at = Some(*record_at),
            Event::Recorded { record_at } => self.recorded = Some(*record_at),
            _ => {}
        }
    }

    /// The lines that move a session which is not over.
    fn apply_before_end(&mut self, line: &Entry) {
        match &line.event {
            Event::PhaseFinished { from_phase: leaving, by } if *leaving == self.current_phase_index() => {
                self.finish_due_phase(&line.at, *by);
            }
            Event::PhaseSkipped { from_phase: leaving } if *leaving == self.current_phase_index() => {
                self.skip_phase(line.at.wall);
            }
            Event::StepDeclined { from_phase: leaving } if *leaving == self.current_phase_index() => {
                self.decline_optional_step(line.at.wall);
            }
            Event::ComputerSlept { .. } if !self.is_paused => self.stop_clock(false),
            Event::Paused => self.stop_clock(true),
            Event::Resumed => {
                (self.is_paused, self.has_resume_prompt) = (false, false);
                self.reset_phase_end_alerts();
            }
            Event::Abandoned => self.end_session(Outcome::Interrupted, line.at.wall),
            Event::PhaseExtended { phase, by_s } if *phase == self.current_phase_index() => {
                let more = Duration::from_secs(*by_s).min(MAX_PHASE_LENGTH);
                // The deadline to come is told as well, and so is the question there.
                self.reset_phase_end_alerts();
                let phase = self.current_progress_mut();
                phase.extended_by = phase.extended_by.saturating_add(more);
                (phase.late_by, phase.has_slept_past_deadline) = (Duration::ZERO, false);
            }
            Event::RoundsAdded { rounds } => self.add_rounds(*rounds),
            Event::Stopped { why } => {
                self.stop_reason.clone_from(why);
                self.end_session(Outcome::Stopped, line.at.wall);
            }
            _ => {}
        }
    }

    /// Lets time pass. The only place where time is counted: each span goes to one part of the current phase.
    fn advance_to(&mut self, now: &Stamp) {
        if now.is_before_or_at(&self.accounted_until) {
            return;
        }
        let span = self.span_to_session_time(now.since(&self.accounted_until));
        self.accounted_until = now.with_boot_id_from(&self.accounted_until);
        self.has_timer &= !span.has_rebooted;
        if let Some(ending) = &mut self.ending {
            return ending.add_time(span.total, self.has_timer);
        }
        let (paused, asking, watched) = (self.is_paused, self.has_resume_prompt, self.has_timer);
        if watched && self.is_clock_stopped() {
            self.clock_stopped_for = self.clock_stopped_for.saturating_add(span.total);
        }
        if watched {
            self.timed_until = now.wall;
        }
        let left = self.phase_remaining();
        // While a question is open, a pack may still be on; else the time is the question's.
        let waits = self.next_optional_step().is_some() && !asking && !self.has_pack_on();
        let phase = self.current_progress_mut();
        phase.slept += span.slept;
        match () {
            () if !watched => phase.time_breakdown.unknown += span.total,
            () if paused => phase.time_breakdown.paused += span.total,
            () if asking && !left.is_zero() => phase.time_breakdown.asking += span.total,
            () => {
                let overdue = span.total.saturating_sub(left);
                phase.time_breakdown.active += span.total - overdue;
                *(if waits {
                    &mut phase.time_breakdown.asking
                } else {
                    &mut phase.time_breakdown.overdue
                }) += overdue;
                phase.late_by += overdue;
                phase.has_slept_past_deadline |= !overdue.is_zero() && !span.slept.is_zero();
            }
        }
    }

    /// Leaves a phase whose time is up. The timer's word counts from the deadline, if it came at once.
    fn finish_due_phase(&mut self, at: &Stamp, by: Actor) {
        if !self.is_phase_time_up() {
            return;
        }
        let late = self.current_progress().late_by;
        let at_once = by == Actor::Timer
            && late <= AUTO_SWAP_GRACE * self.speed_factor()
            && !self.current_progress().has_slept_past_deadline;
        if !at_once {
            return self.end_phase(at.wall, by);
        }
        self.current_progress_mut().time_breakdown.overdue -= late;
        self.end_phase(at.wall.minus(late / self.speed_factor()), by);
        if let Some(ending) = &mut self.ending {
            ending.time_since_end.overdue = late;
            return;
        }
        let active = late.min(self.phase_remaining());
        let phase = self.current_progress_mut();
        phase.time_breakdown = TimeBreakdown { active, overdue: late - active, ..TimeBreakdown::default() };
        phase.late_by = late - active;
    }

    /// Ends the current phase; the next begins at `at`, or the session is complete.
    fn end_phase(&mut self, at: WallTime, by: Actor) {
        // A pause that ends with a swap needs no word of its own.
        (self.is_paused, self.has_resume_prompt, self.clock_stop_count) =
            (false, false, self.clock_stop_count + u32::from(self.is_clock_stopped()));
        if self.phase_progress.len() == self.plan().phases.len() {
            self.end_session(Outcome::Completed, at);
            if by == Actor::Person {
                self.record_answer();
            }
            return;
        }
        self.current_progress_mut().has_ended = true;
        self.phase_progress.push(PhaseProgress::new(at, Some(by)));
        let so_far = self.time_breakdown().elapsed();
        let until = self.current_phase().ends_after_s.map(Duration::from_secs);
        self.current_progress_mut().length_at_start = until.map(|until| until.saturating_sub(so_far));
        self.current_progress_mut().shortened_by =
            self.phase_length().saturating_sub(self.allowed_phase_length());
    }

    fn is_clock_stopped(&self) -> bool {
        self.is_paused || self.has_resume_prompt
    }

    /// Holds the session, by a pause or else by a question. Time past the deadline is no lateness of the timer then.
    fn stop_clock(&mut self, paused: bool) {
        (self.is_paused, self.has_resume_prompt) = (paused, !paused);
        (self.clock_stop_count, self.clock_stopped_for) = (self.clock_stop_count + 1, Duration::ZERO);
        self.current_progress_mut().late_by = Duration::ZERO;
    }

    fn end_session(&mut self, outcome: Outcome, at: WallTime) {
        self.current_progress_mut().has_ended = true;
        self.ending = Some(Ending::new(outcome, at));
    }

    /// What is told at the end of the current phase is told once more.
    fn reset_phase_end_alerts(&mut self) {
        let current = self.current_phase_index();
        self.sent_alerts.retain(|alert| !alert.is_for_phase_end(current));
    }

    fn add_rounds(&mut self, more: u32) {
        let plan = &mut Arc::make_mut(&mut self.header).plan;
        let rounds = plan.rounds.saturating_add(1)..=plan.rounds.saturating_add(more).min(MAX_ROUNDS);
        plan.add_rounds(rounds, self.phase_progress.len());
    }

    /// A rehearsal's time runs faster than the clock's.
    fn span_to_session_time(&self, span: Elapsed) -> Elapsed {
        let factor = self.speed_factor();
        Elapsed { total: span.total.saturating_mul(factor), slept: span.slept.saturating_mul(factor), ..span }
    }

    fn speed_factor(&self) -> u32 {
        self.header.settings.speed_factor()
    }

    /// The number of the current phase, from 0; the last one if it is over.
    pub fn current_phase_index(&self) -> usize {
        self.phase_progress.len() - 1
    }

    fn current_progress(&self) -> &PhaseProgress {
        &self.phase_progress[self.current_phase_index()]
    }

    fn current_progress_mut(&mut self) -> &mut PhaseProgress {
        let current = self.current_phase_index();
        &mut self.phase_progress[current]
    }

    fn current_phase(&self) -> &Phase {
        &self.plan().phases[self.current_phase_index()]
    }

    /// Whose pack is on the skin, and has to come off. A phase for which no time was left takes none off.
    fn current_pack(&self) -> Option<&Phase> {
        let last =
            self.phases_not_left_out().take_while(|(index, _)| *index <= self.current_phase_index()).last();
        last.map(|(_, phase)| phase)
            .filter(|phase| phase.kind.has_pack() && !self.current_progress().is_declined)
    }

    fn has_pack_on(&self) -> bool {
        self.current_pack().is_some()
    }

    /// What is on the skin is called.
    fn current_pack_name(&self) -> &'static str {
        self.current_pack().map_or("pack", Phase::pack_name)
    }

    /// The current phase's length, with what was added to it.
    fn phase_length(&self) -> Duration {
        self.base_phase_length()
            .saturating_add(self.current_progress().extended_by)
            .saturating_sub(self.current_progress().shortened_by)
    }

    /// The current phase's length, before anything was added to it.
    fn base_phase_length(&self) -> Duration {
        let phase = self.current_progress();
        if phase.is_declined {
            Duration::ZERO
        } else {
            phase.length_at_start.unwrap_or(self.current_phase().planned_duration())
        }
    }

    fn phase_remaining(&self) -> Duration {
        self.phase_length().saturating_sub(self.current_progress().time_breakdown.active)
    }

    /// Whether the session has ended; its journal may still be there.
    pub fn is_over(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether somebody times it, as far as the journal knows.
    pub fn has_timer(&self) -> bool {
        self.has_timer
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    pub(crate) fn is_rehearsal(&self) -> bool {
        self.header.settings.is_rehearsal()
    }

    /// The phases that were planned, with their lengths.
    pub fn plan(&self) -> &Plan {
        &self.header.plan
    }

    /// The first line: its id, its computer, its settings.
    pub fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn started(&self) -> WallTime {
        self.started
    }

    /// The process that times it, as far as the journal knows.
    pub(crate) fn timer_pid(&self) -> Option<ProcessId> {
        self.timer_pid
    }

    /// Which start of the computer its last timer began in; without a timer, the session itself.
    pub(crate) fn timer_boot_id(&self) -> &str {
        &self.timer_boot_id
    }

    /// The processes that looked on, as far as the journal knows; most of them are gone.
    pub(crate) fn viewer_pids(&self) -> impl Iterator<Item = ProcessId> {
        self.viewer_pids.iter().copied()
    }
}
