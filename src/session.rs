//! The session: the state that the journal's entries replay to.
//!
//! Pure. [`Session::replay`] turns entries into a state. A stamp turns a state into what to show
//! ([`Session::snapshot`]), which alerts are due ([`Session::due_alerts`]) and what to write
//! ([`Session::automatic_entries`], [`Session::handle`]). Time is counted in one place, `Session::advance_to`: every
//! span between two stamps goes to exactly one part of the current phase, so that the parts always add up to the
//! elapsed time.
//!
//! A phase ends only once the person was alerted: a deadline that passes does not start the next phase, the phase is
//! overdue until an entry says `next`. If the timer writes that entry at once, the next phase counts from the deadline.

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

/// Re-exported for readers of a snapshot.
pub(crate) use crate::protocol::PhaseKind;
pub use alerts::{Alert, Message};

pub(crate) use announcement::{Announcement, HookEvent, SoundCue};
pub(crate) use breathing::{BreathDirection, BreathProgress};
pub(crate) use button::Button;
pub use command::{Command, Reply};

pub(crate) use entry::ProcessId;
pub use entry::{
    Actor, Entry, Event, Header, Intake, JOURNAL_VERSION, ReplayError, SessionSettings, SwapMode,
};
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
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// A `next` that the timer writes within this much of the deadline takes effect at the deadline.
const AUTO_SWAP_GRACE: Duration = Duration::from_secs(2);
/// The highest speed of a rehearsal, in multiples of real time.
pub(crate) const MAX_REHEARSAL_SPEED: u32 = 3600;
/// No phase is longer and no session has more rounds, so that a damaged line cannot overflow a sum or fill the memory.
const MAX_PHASE_LENGTH: Duration = Duration::from_hours(24);
const MAX_ROUNDS: u32 = 1000;

/// A session as its journal describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Shared, because a snapshot is taken every second and the header rarely changes.
    header: Arc<Header>,
    started: WallTime,
    /// Up to here all time is assigned to a part of a phase.
    accounted_until: Stamp,
    /// The phases that have started; the last one is the current phase.
    phase_progress: Vec<PhaseProgress>,
    ending: Option<Ending>,
    /// Up to here a timer ran.
    timed_until: WallTime,
    is_paused: bool,
    /// Whether the person must answer before the session goes on.
    has_resume_prompt: bool,
    /// How often the clock was stopped, by a pause or a question.
    clock_stop_count: u32,
    /// How long it has been stopped this time.
    clock_stopped_for: Duration,
    has_timer: bool,
    timer_pid: Option<ProcessId>,
    /// The boot id of the computer at the start of the latest timer.
    timer_boot_id: String,
    /// All viewers that ever opened.
    viewer_pids: BTreeSet<ProcessId>,
    /// How often the person asked to hear the last alert again.
    alert_repeat_requests: u32,
    sent_alerts: BTreeSet<Alert>,
    /// When the last alert that expects an answer was sent, until it is answered.
    ringing_since: Option<Stamp>,
    ratings: Vec<PainRating>,
    notes: Arc<Vec<String>>,
    stop_reason: Option<String>,
    finalized_at: Option<WallTime>,
    recorded_at: Option<WallTime>,
}

impl Session {
    /// The entries that start a session.
    pub fn begin(header: Header, now: &Stamp) -> Vec<Entry> {
        vec![Entry { at: now.clone(), event: Event::Started(Box::new(header)) }]
    }

    /// Replays a journal.
    ///
    /// # Errors
    /// The entries do not start a session, or a newer version wrote them.
    pub fn replay(entries: impl IntoIterator<Item = Entry>) -> Result<Session, ReplayError> {
        let mut entries = entries.into_iter();
        let Some(Entry { at, event: Event::Started(header) }) = entries.next() else {
            return Err(ReplayError::MissingHeader);
        };
        if header.version > JOURNAL_VERSION {
            return Err(ReplayError::NewerVersion(header.version));
        }
        let is_valid = header.plan.phases.iter().all(|phase| phase.planned_duration() <= MAX_PHASE_LENGTH);
        if header.plan.phases.is_empty() || !is_valid {
            return Err(ReplayError::MissingHeader);
        }
        let mut session = Session {
            header: Arc::new(*header),
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
            alert_repeat_requests: 0,
            sent_alerts: BTreeSet::new(),
            ringing_since: None,
            ratings: Vec::new(),
            notes: Arc::default(),
            stop_reason: None,
            finalized_at: None,
            recorded_at: None,
        };
        for entry in entries {
            session.apply(&entry);
        }
        Ok(session)
    }

    /// Applies an entry. An entry that does not fit the state changes nothing.
    pub fn apply(&mut self, entry: &Entry) {
        // A second timer, or `CutOff`: the time before it was not timed.
        let is_new_timer = matches!(entry.event, Event::TimerStarted { .. }) && self.timer_pid.is_some();
        if is_new_timer || entry.event == Event::CutOff {
            self.has_timer = false;
        }
        self.advance_to(&entry.at);
        if entry.event.is_answer() {
            self.record_answer();
        }
        self.apply_in_any_state(entry);
        if self.is_over() {
            self.apply_after_end(entry);
        } else {
            self.apply_before_end(entry);
        }
    }

    /// Records that the person is there and has seen the last alert.
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

    /// Applies the events that count at any time.
    fn apply_in_any_state(&mut self, entry: &Entry) {
        match &entry.event {
            Event::TimerStarted { pid, namespace } => {
                if self.timer_pid.is_some() {
                    self.reset_phase_end_alerts();
                }
                self.has_timer = true;
                self.timer_pid = Some(ProcessId { pid: *pid, namespace: *namespace });
                self.timer_boot_id.clone_from(&self.accounted_until.boot_id);
            }
            Event::TimerTerminated => self.has_timer = false,
            Event::RepeatRequested => self.alert_repeat_requests += 1,
            Event::ViewerOpened { pid, namespace } => {
                self.viewer_pids.insert(ProcessId { pid: *pid, namespace: *namespace });
            }
            Event::AlertSent { alert } => {
                self.sent_alerts.insert(*alert);
                if alert.is_answer_expected() {
                    self.ringing_since = Some(entry.at.clone());
                }
            }
            Event::PainRated { score } => {
                self.ratings.push(PainRating { at: entry.at.wall.truncate_to_seconds(), score: *score });
                self.finalized_at = None;
            }
            Event::NoteAdded { text } => {
                Arc::make_mut(&mut self.notes).push(text.clone());
                self.finalized_at = None;
            }
            Event::Finalized { record_at } => self.finalized_at = Some(*record_at),
            Event::Recorded { record_at } => self.recorded_at = Some(*record_at),
            _ => {}
        }
    }

    /// Applies the events that move a session before its end.
    fn apply_before_end(&mut self, entry: &Entry) {
        match &entry.event {
            Event::PhaseFinished { from_phase, by } if *from_phase == self.current_phase_index() => {
                self.finish_due_phase(&entry.at, *by);
            }
            Event::PhaseSkipped { from_phase } if *from_phase == self.current_phase_index() => {
                self.skip_phase(entry.at.wall);
            }
            Event::StepDeclined { from_phase } if *from_phase == self.current_phase_index() => {
                self.decline_optional_step(entry.at.wall);
            }
            Event::ComputerSlept { .. } if !self.is_paused => self.stop_clock(false),
            Event::Paused => self.stop_clock(true),
            Event::Resumed => {
                self.start_clock();
                self.reset_phase_end_alerts();
            }
            Event::Abandoned => self.end_session(Outcome::Interrupted, entry.at.wall),
            Event::PhaseExtended { phase, by_s } if *phase == self.current_phase_index() => {
                let extension = Duration::from_secs(*by_s).min(MAX_PHASE_LENGTH);
                // The new deadline gets its alerts as well, and so does the question there.
                self.reset_phase_end_alerts();
                let phase = self.current_progress_mut();
                phase.extended_by = phase.extended_by.saturating_add(extension);
                phase.late_by = Duration::ZERO;
                phase.has_slept_past_deadline = false;
            }
            Event::RoundsAdded { rounds } => self.add_rounds(*rounds),
            Event::Stopped { why } => {
                self.stop_reason.clone_from(why);
                self.end_session(Outcome::Stopped, entry.at.wall);
            }
            _ => {}
        }
    }

    /// Advances time. The only place where time is counted: each span goes to one part of the current phase.
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
        let is_timed = self.has_timer;
        if is_timed {
            self.timed_until = now.wall;
        }
        if is_timed && self.is_clock_stopped() {
            self.clock_stopped_for = self.clock_stopped_for.saturating_add(span.total);
        }
        let (is_paused, has_prompt) = (self.is_paused, self.has_resume_prompt);
        let remaining = self.phase_remaining();
        // While a question is open, the time counts as asking, unless a pack may still be on.
        let is_question_next = self.next_optional_step().is_some() && !has_prompt && !self.has_pack_on();
        let phase = self.current_progress_mut();
        phase.slept += span.slept;
        if !is_timed {
            phase.time_breakdown.unknown += span.total;
        } else if is_paused {
            phase.time_breakdown.paused += span.total;
        } else if has_prompt && !remaining.is_zero() {
            phase.time_breakdown.asking += span.total;
        } else {
            let past_deadline = span.total.saturating_sub(remaining);
            phase.time_breakdown.active += span.total - past_deadline;
            if is_question_next {
                phase.time_breakdown.asking += past_deadline;
            } else {
                phase.time_breakdown.overdue += past_deadline;
            }
            phase.late_by += past_deadline;
            phase.has_slept_past_deadline |= !past_deadline.is_zero() && !span.slept.is_zero();
        }
    }

    /// Leaves a phase whose time is up. The timer's `next` counts from the deadline if it came at once.
    fn finish_due_phase(&mut self, at: &Stamp, by: Actor) {
        if !self.is_phase_time_up() {
            return;
        }
        let late_by = self.current_progress().late_by;
        let is_in_time = by == Actor::Timer
            && late_by <= AUTO_SWAP_GRACE * self.speed_factor()
            && !self.current_progress().has_slept_past_deadline;
        if !is_in_time {
            return self.end_phase(at.wall, by);
        }
        self.current_progress_mut().time_breakdown.overdue -= late_by;
        self.end_phase(at.wall.minus(late_by / self.speed_factor()), by);
        if let Some(ending) = &mut self.ending {
            ending.time_since_end.overdue = late_by;
            return;
        }
        let active = late_by.min(self.phase_remaining());
        let phase = self.current_progress_mut();
        phase.time_breakdown =
            TimeBreakdown { active, overdue: late_by - active, ..TimeBreakdown::default() };
        phase.late_by = late_by - active;
    }

    /// Ends the current phase; the next one starts at `at`, or the session is complete.
    fn end_phase(&mut self, at: WallTime, by: Actor) {
        // A pause that ends with a swap needs no alert of its own.
        if self.is_clock_stopped() {
            self.clock_stop_count += 1;
        }
        self.start_clock();
        if self.phase_progress.len() == self.plan().phases.len() {
            self.end_session(Outcome::Completed, at);
            if by == Actor::Person {
                self.record_answer();
            }
            return;
        }
        self.current_progress_mut().has_ended = true;
        self.phase_progress.push(PhaseProgress::new(at, Some(by)));
        let elapsed = self.time_breakdown().elapsed();
        let ends_after = self.current_phase().ends_after_s.map(Duration::from_secs);
        self.current_progress_mut().length_at_start =
            ends_after.map(|ends_after| ends_after.saturating_sub(elapsed));
        self.current_progress_mut().shortened_by =
            self.phase_length().saturating_sub(self.allowed_phase_length());
    }

    fn is_clock_stopped(&self) -> bool {
        self.is_paused || self.has_resume_prompt
    }

    /// Stops the clock for a pause, or else for a question. Time past the deadline is then not the timer's lateness.
    fn stop_clock(&mut self, is_pause: bool) {
        self.is_paused = is_pause;
        self.has_resume_prompt = !is_pause;
        self.clock_stop_count += 1;
        self.clock_stopped_for = Duration::ZERO;
        self.current_progress_mut().late_by = Duration::ZERO;
    }

    /// Lets the clock run again after a pause or a question.
    fn start_clock(&mut self) {
        self.is_paused = false;
        self.has_resume_prompt = false;
    }

    fn end_session(&mut self, outcome: Outcome, at: WallTime) {
        self.current_progress_mut().has_ended = true;
        self.ending = Some(Ending::new(outcome, at));
    }

    /// Lets the alerts at the end of the current phase be sent once more.
    fn reset_phase_end_alerts(&mut self) {
        let current = self.current_phase_index();
        self.sent_alerts.retain(|alert| !alert.is_for_phase_end(current));
    }

    fn add_rounds(&mut self, count: u32) {
        let plan = &mut Arc::make_mut(&mut self.header).plan;
        let new_rounds = plan.rounds.saturating_add(1)..=plan.rounds.saturating_add(count).min(MAX_ROUNDS);
        plan.add_rounds(new_rounds, self.phase_progress.len());
    }

    /// Converts a span of real time to session time, which runs faster in a rehearsal.
    fn span_to_session_time(&self, span: Elapsed) -> Elapsed {
        let factor = self.speed_factor();
        Elapsed { total: span.total.saturating_mul(factor), slept: span.slept.saturating_mul(factor), ..span }
    }

    fn speed_factor(&self) -> u32 {
        self.header.settings.speed_factor()
    }

    /// The index of the current phase, from 0; the last one if the session is over.
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

    /// The phase whose pack is on the skin and must come off. A phase that was left out takes no pack off.
    fn current_pack(&self) -> Option<&Phase> {
        let last =
            self.phases_not_left_out().take_while(|(index, _)| *index <= self.current_phase_index()).last();
        last.map(|(_, phase)| phase)
            .filter(|phase| phase.kind.has_pack() && !self.current_progress().is_declined)
    }

    fn has_pack_on(&self) -> bool {
        self.current_pack().is_some()
    }

    /// The word for what is on the skin.
    fn current_pack_name(&self) -> &'static str {
        self.current_pack().map_or("pack", Phase::pack_name)
    }

    /// Whether the session has ended; its journal may still exist.
    pub fn is_over(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether a timer runs, according to the journal.
    pub fn has_timer(&self) -> bool {
        self.has_timer
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    pub(crate) fn is_rehearsal(&self) -> bool {
        self.header.settings.is_rehearsal()
    }

    /// The plan: all phases with their lengths.
    pub fn plan(&self) -> &Plan {
        &self.header.plan
    }

    /// The header: id, computer, plan and settings.
    pub fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn started(&self) -> WallTime {
        self.started
    }

    /// The process id of the timer, according to the journal.
    pub(crate) fn timer_pid(&self) -> Option<ProcessId> {
        self.timer_pid
    }

    /// The boot id of the computer when the latest timer started; without a timer, when the session started.
    pub(crate) fn timer_boot_id(&self) -> &str {
        &self.timer_boot_id
    }

    /// The process ids of all viewers that the journal names; most of them have ended.
    pub(crate) fn viewer_pids(&self) -> impl Iterator<Item = ProcessId> {
        self.viewer_pids.iter().copied()
    }
}
