//! The commands of the person, and the entries that the timer writes by itself.
//!
//! Every command has an answer in every state: it is carried out, or changes nothing and says why.

use super::{Actor, Entry, Event, MAX_ROUNDS, Session, SwapMode, TimeBreakdown};
use crate::{
    protocol::{Phase, PhaseKind},
    record::{MAX_NOTE_BYTES, MAX_PAIN, Outcome, name_sources},
    time::{Stamp, format_duration},
};
use std::time::Duration;

/// A `next` this soon after an automatic swap means that swap (P).
const JUST_SWAPPED_LIMIT: Duration = Duration::from_mins(1);
/// A shorter sleep of the computer needs no question (P).
const MIN_SLEEP_TO_PROMPT: Duration = Duration::from_secs(5);
/// The longest time between two entries of a running timer.
const ALIVE_INTERVAL: Duration = Duration::from_mins(1);

/// A command for a running session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop the clock.
    Pause,
    /// Let the clock run again.
    Resume,
    /// The swap is done: go to the next phase.
    Next,
    /// End the current phase early.
    Skip,
    /// Give the current phase this much more time.
    Extend(Duration),
    /// Add this many rounds.
    AddRounds(u32),
    /// The last alert was seen; nothing else changes.
    Acknowledge,
    /// Speak the last alert again.
    RepeatLastAlert,
    /// Record a pain score, 0 to 10 (NRS-11).
    RatePain(u8),
    /// Record a note.
    AddNote(String),
    /// Stop the session.
    Stop {
        /// The pain now, 0 to 10 (NRS-11).
        pain: Option<u8>,
        /// The reason in the person's words.
        why: Option<String>,
    },
}

impl Command {
    /// Five minutes more: the default of the key, the button and the command.
    pub(crate) const EXTEND_FIVE_MINUTES: Command = Command::Extend(Duration::from_mins(5));
}

/// The answer to a command, as text for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The command was carried out.
    Done(String),
    /// The session was in that state already; nothing changed.
    Already(String),
    /// The command is not possible; nothing changed.
    Refused(String),
}

impl Session {
    /// Handles a command: returns the reply and the entries to write.
    pub fn handle(&self, command: Command, now: &Stamp) -> (Reply, Vec<Entry>) {
        let session = self.at(now);
        match session.try_command(command) {
            Ok((message, events)) => (Reply::Done(message), Entry::from_events(now, events)),
            Err(reply) => (reply, Vec::new()),
        }
    }

    pub(super) fn try_command(&self, command: Command) -> Result<(String, Vec<Event>), Reply> {
        match command {
            Command::RatePain(score) if score > MAX_PAIN => {
                Err(Reply::Refused("pain is a number from 0 to 10".into()))
            }
            Command::RatePain(score) => Ok((format!("pain {score} noted"), vec![Event::PainRated { score }])),
            Command::AddNote(text) if text.len() > MAX_NOTE_BYTES => {
                Err(Reply::Refused(format!("a note has at most {MAX_NOTE_BYTES} letters")))
            }
            Command::AddNote(text) => Ok(("noted".into(), vec![Event::NoteAdded { text }])),
            Command::RepeatLastAlert => Ok((String::new(), vec![Event::RepeatRequested])),
            Command::Stop { pain, .. } if self.has_ended_as(&Outcome::Stopped) => {
                let message = "the session is stopped already";
                match pain.filter(|pain| self.ratings.last().is_none_or(|last| last.score != *pain)) {
                    Some(score) => {
                        Ok((format!("{message}; pain {score} noted"), vec![Event::PainRated { score }]))
                    }
                    None => Err(Reply::Already(message.into())),
                }
            }
            _ if self.is_over() => self.try_command_after_end(command),
            Command::Stop { pain, why } => {
                let rating_event = pain.map(|score| Event::PainRated { score });
                Ok(("stopped".into(), rating_event.into_iter().chain([Event::Stopped { why }]).collect()))
            }
            Command::Acknowledge => Ok(("Alarm silenced.".into(), vec![Event::Answered])),
            _ if !self.has_timer => Err(Reply::Refused("nobody is timing this session".into())),
            _ if let Some(result) = self.try_at_optional_step(&command) => result,
            Command::Resume | Command::Next
                if self.has_resume_prompt && !self.phase_remaining().is_zero() =>
            {
                Ok((
                    format!("going on: {} left", format_duration(self.phase_remaining())),
                    vec![Event::Resumed],
                ))
            }
            Command::Resume if self.has_resume_prompt => {
                Err(Reply::Refused("this phase is over: `easeback next` goes on".into()))
            }
            Command::Pause if self.is_paused => Err(Reply::Already("already paused".into())),
            Command::Pause if self.has_pack_on() => {
                Ok((format!("paused: take the {} off", self.current_pack_name()), vec![Event::Paused]))
            }
            Command::Pause => Ok(("paused".into(), vec![Event::Paused])),
            Command::Resume if self.is_paused => Ok(("going on".into(), vec![Event::Resumed])),
            Command::Resume => Err(Reply::Already("already running".into())),
            Command::Next => self.try_next(),
            Command::Skip => {
                self.check_limits(&self.plan().phases, Duration::ZERO)?;
                let follows = self
                    .next_optional_step()
                    .map_or_else(|| self.describe_next_phase(), |offer| offer.question.clone());
                Ok((follows, vec![Event::PhaseSkipped { from_phase: self.current_phase_index() }]))
            }
            Command::Extend(more) => self.try_extend(more),
            Command::AddRounds(rounds) => self.try_add_rounds(rounds),
        }
    }

    /// Handles `next`, which only ends a phase whose time is up.
    fn try_next(&self) -> Result<(String, Vec<Event>), Reply> {
        if self.is_phase_time_up() {
            let event = Event::PhaseFinished { from_phase: self.current_phase_index(), by: Actor::Person };
            return Ok((self.describe_next_phase(), vec![event]));
        }
        if self.is_paused && self.phase_remaining().is_zero() {
            return Err(Reply::Refused("the session is paused: resume it first".into()));
        }
        let remaining = format_duration(self.phase_remaining());
        if self.presence_check_open_for().is_some() {
            return Ok((format!("noted; {remaining} left"), vec![Event::Answered]));
        }
        if self.is_swap_unconfirmed() {
            return Ok((format!("already swapped: {remaining} left"), vec![Event::Answered]));
        }
        if self.has_just_auto_swapped() {
            return Err(Reply::Already("already swapped".into()));
        }
        Err(Reply::Already(format!("this phase has {remaining} to go; only `skip` cuts it short")))
    }

    fn try_extend(&self, extension: Duration) -> Result<(String, Vec<Event>), Reply> {
        if extension < Duration::from_secs(1) {
            return Err(Reply::Refused("invalid duration: expected 1s or more".into()));
        }
        let length = self.phase_length().saturating_add(extension);
        if let Some(cap) = self.current_phase().cap_s.map(Duration::from_secs).filter(|cap| length > *cap) {
            return Err(Reply::Refused(format!(
                "{} of {} is over what is left of the limit, {}",
                format_duration(length),
                self.current_phase().kind,
                format_duration(cap)
            )));
        }
        self.check_limits(&self.plan().phases, self.phase_remaining().saturating_add(extension))?;
        let event = Event::PhaseExtended { phase: self.current_phase_index(), by_s: extension.as_secs() };
        Ok((format!("{} more: {} in all", format_duration(extension), format_duration(length)), vec![event]))
    }

    pub(super) fn try_add_rounds(&self, rounds: u32) -> Result<(String, Vec<Event>), Reply> {
        if rounds == 0 {
            return Err(Reply::Refused("invalid rounds '0': expected 1 or more".into()));
        }
        let total_rounds = self.plan().rounds.saturating_add(rounds);
        let max_rounds = self.plan().max_rounds.unwrap_or(MAX_ROUNDS);
        if total_rounds > max_rounds {
            let sources = name_sources(self.plan().rounds_citation.as_deref().unwrap_or("P"));
            return Err(Reply::Refused(match max_rounds {
                1 => format!("'{}' is done once in a session ({sources})", self.plan().protocol),
                _ => format!("{total_rounds} rounds are over the limit of {max_rounds} ({sources})"),
            }));
        }
        let mut extended = self.clone();
        if self.is_over() {
            extended.continue_after_end(rounds, self.accounted_until.wall);
        } else {
            extended.add_rounds(rounds);
        }
        // The new phase counts at full length, although it would start shortened.
        let remaining =
            if self.is_over() { extended.base_phase_length() } else { extended.phase_remaining() };
        extended.check_limits(&extended.plan().phases, remaining)?;
        Ok((format!("{total_rounds} rounds now"), vec![Event::RoundsAdded { rounds }]))
    }

    /// Refuses whatever would exceed a limit: the time so far, the current phase for `remaining` longer, and the phases
    /// after it as planned.
    pub(super) fn check_limits(&self, phases: &[Phase], remaining: Duration) -> Result<(), Reply> {
        let current_kind = self.current_phase().kind;
        let upcoming = phases.get(self.phase_progress.len()..).unwrap_or_default();
        for limit in &self.plan().exposure_limits {
            let planned = upcoming.iter().map(|phase| (phase.kind, phase.duration_counted_for(limit.kind)));
            if let Some(unbroken) = limit.find_exposure_over_limit(
                self.exposure_so_far(limit.kind).chain([(current_kind, remaining)]).chain(planned),
            ) {
                return Err(Reply::Refused(format!(
                    "that would come to {} of {} without a break of {}, over the limit of {} ({})",
                    format_duration(unbroken),
                    limit.kind,
                    format_duration(limit.min_break),
                    format_duration(limit.max_unbroken),
                    name_sources(&limit.citation)
                )));
            }
        }
        Ok(())
    }

    /// The time so far, as it counts for a limit on `kind`. Time past a deadline and untimed time count as exposure. A
    /// pause in a phase of another kind is a break; a pause in a phase of this kind counts for nothing. A phase that
    /// was left out takes no pack off.
    fn exposure_so_far(&self, kind: PhaseKind) -> impl Iterator<Item = (PhaseKind, Duration)> {
        let mut current_kind = kind;
        self.phase_progress.iter().zip(&self.plan().phases).map(move |(progress, phase)| {
            let TimeBreakdown { active, overdue, unknown, .. } = progress.time_breakdown;
            if progress.is_declined || !progress.is_left_out() {
                current_kind = phase.kind;
            }
            if current_kind != kind {
                (current_kind, progress.time_breakdown.elapsed())
            } else if progress.is_declined {
                (PhaseKind::Move, progress.time_breakdown.elapsed())
            } else {
                (kind, active.saturating_add(overdue).saturating_add(unknown))
            }
        })
    }

    /// The longest that the current phase may be after what was done before it.
    pub(super) fn allowed_phase_length(&self) -> Duration {
        let Some(limit) =
            self.plan().exposure_limits.iter().find(|limit| limit.kind == self.current_phase().kind)
        else {
            return Duration::MAX;
        };
        limit.remaining_after(self.exposure_so_far(limit.kind))
    }

    fn describe_next_phase(&self) -> String {
        match self.plan().phases.get(self.phase_progress.len()) {
            Some(next) => format!("{} now, {}", next.name(), format_duration(next.planned_duration())),
            None => "that was the last phase".into(),
        }
    }

    /// The entries that the timer writes at `now`, in order. Each alert among them must be announced once it is
    /// written. After applying these entries, asking again at the same moment gives none.
    pub fn automatic_entries(&self, now: &Stamp) -> Vec<Entry> {
        let mut session = self.at(now);
        let mut entries = Vec::new();
        let mut write = |session: &mut Session, event: Event| {
            let entry = Entry { at: now.clone(), event };
            session.apply(&entry);
            entries.push(entry);
        };
        let time_slept = now.since(&self.accounted_until).slept;
        if time_slept >= MIN_SLEEP_TO_PROMPT && session.has_timer && !session.is_paused && !session.is_over()
        {
            write(&mut session, Event::ComputerSlept { slept_s: time_slept.as_secs() });
        }
        if session.is_abandon_due() {
            write(&mut session, Event::Abandoned);
        }
        loop {
            for alert in session.due_alerts(now) {
                write(&mut session, Event::AlertSent { alert });
            }
            if !session.is_auto_swap_due() {
                break;
            }
            let from_phase = session.current_phase_index();
            write(&mut session, Event::PhaseFinished { from_phase, by: Actor::Timer });
        }
        let is_alive_due = if self.is_over() {
            self.wait_left_after_end() != session.wait_left_after_end()
                && session.wait_left_after_end() == Some(Duration::ZERO)
        } else {
            now.since(&self.accounted_until).total >= ALIVE_INTERVAL
        };
        if entries.is_empty() && is_alive_due {
            entries.push(Entry { at: now.clone(), event: Event::TimerAlive });
        }
        entries
    }

    /// When the timer must act next, if no entry is written before.
    pub fn deadline(&self) -> Option<Stamp> {
        if self.is_over() {
            let times = [self.time_until_repeat(), self.wait_left_after_end().filter(|left| !left.is_zero())];
            let next = times.into_iter().flatten().min()?;
            return Some(self.accounted_until.plus(self.session_to_real_time(next)));
        }
        if self.is_auto_swap_due() {
            return Some(self.accounted_until.clone());
        }
        let is_running = self.is_phase_running();
        let phase_times = [
            Some(self.phase_remaining()),
            self.time_until_swap_soon(),
            self.time_until_presence_check(),
            self.time_until_get_up_alert(),
        ];
        let times = phase_times.into_iter().flatten().filter(|_| is_running).chain(self.time_until_repeat());
        let real_times = times.map(|time| self.session_to_real_time(time));
        real_times.chain([ALIVE_INTERVAL]).min().map(|time| self.accounted_until.plus(time))
    }

    /// Whether the timer must swap now.
    pub(super) fn is_auto_swap_due(&self) -> bool {
        self.header.settings.swap == SwapMode::Auto
            && self.is_phase_time_up()
            && !self.has_resume_prompt
            && self.next_optional_step().is_none()
    }

    /// Whether the clock of the current phase runs.
    pub(super) fn is_phase_running(&self) -> bool {
        self.has_timer && !self.is_clock_stopped() && !self.is_over() && !self.phase_remaining().is_zero()
    }

    /// Whether the timer swapped and the person has not confirmed it.
    pub(super) fn is_swap_unconfirmed(&self) -> bool {
        self.current_progress().started_by == Some(Actor::Timer)
            && self.current_progress().answered_after.is_none()
    }

    /// Whether the timer swapped so recently that `next` can only mean that swap.
    fn has_just_auto_swapped(&self) -> bool {
        let elapsed = self.current_progress().time_breakdown.elapsed();
        self.current_progress().started_by == Some(Actor::Timer)
            && elapsed < JUST_SWAPPED_LIMIT.min(self.phase_length() / 2)
    }

    /// Converts session time to real time, rounded up.
    pub(super) fn session_to_real_time(&self, session_time: Duration) -> Duration {
        let factor = self.speed_factor();
        let real_time = session_time / factor;
        if real_time.saturating_mul(factor) < session_time {
            real_time + Duration::from_nanos(1)
        } else {
            real_time
        }
    }

    /// The session as it is at `now`, if nothing was written since.
    pub(super) fn at(&self, now: &Stamp) -> Session {
        let mut session = self.clone();
        session.advance_to(now);
        session
    }
}
