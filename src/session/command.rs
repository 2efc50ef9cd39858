//! What a person can say to a session, and what the timer says by itself.
//!
//! Commands are total: each one in each state is done, or changes nothing and says why.

use super::{Actor, Entry, Event, MAX_ROUNDS, Session, SwapMode, TimeBreakdown};
use crate::{
    protocol::{Phase, PhaseKind},
    record::{MAX_NOTE_BYTES, MAX_PAIN, Outcome, name_sources},
    time::{Stamp, format_duration},
};
use std::time::Duration;

/// A `next` so shortly after an automatic swap means that swap (P).
const JUST_SWAPPED_LIMIT: Duration = Duration::from_mins(1);
/// A shorter sleep of the computer changes nothing that matters (P).
const MIN_SLEEP_TO_PROMPT: Duration = Duration::from_secs(5);
/// The timer says that it is there at least this often.
const ALIVE_INTERVAL: Duration = Duration::from_mins(1);

/// What a person says to a running session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Hold the clock.
    Pause,
    /// Let it run again.
    Resume,
    /// The swap is done: go on.
    Next,
    /// Cut this phase short.
    Skip,
    /// Give this phase more time.
    Extend(Duration),
    /// Add rounds.
    AddRounds(u32),
    /// Whatever was told is seen: no more than that.
    Acknowledge,
    /// Say again what was told last.
    RepeatLastAlert,
    /// A pain score, 0 to 10 (NRS-11).
    RatePain(u8),
    /// A note.
    AddNote(String),
    /// End the session.
    Stop {
        /// Pain now.
        pain: Option<u8>,
        /// Why, in the person's words.
        why: Option<String>,
    },
}

impl Command {
    /// Five minutes more: what a key, a button and a bare word ask for.
    pub(crate) const EXTEND_FIVE_MINUTES: Command = Command::Extend(Duration::from_mins(5));
}

/// The answer to a command, in words for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is done.
    Done(String),
    /// It was so already; nothing changes.
    Already(String),
    /// It cannot be; nothing changes.
    Refused(String),
}

impl Session {
    /// Answers a command with what to say and what to write.
    pub fn handle(&self, command: Command, now: &Stamp) -> (Reply, Vec<Entry>) {
        let session = self.at(now);
        match session.try_command(command) {
            Ok((said, facts)) => (Reply::Done(said), Entry::from_events(now, facts)),
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
                let already = "the session is stopped already";
                match pain.filter(|pain| self.ratings.last().is_none_or(|last| last.score != *pain)) {
                    Some(score) => {
                        Ok((format!("{already}; pain {score} noted"), vec![Event::PainRated { score }]))
                    }
                    None => Err(Reply::Already(already.into())),
                }
            }
            _ if self.is_over() => self.try_command_after_end(command),
            Command::Stop { pain, why } => {
                let rated = pain.map(|score| Event::PainRated { score });
                Ok(("stopped".into(), rated.into_iter().chain([Event::Stopped { why }]).collect()))
            }
            Command::Acknowledge => {
                Ok(("quiet; what you press or type next counts".into(), vec![Event::Answered]))
            }
            _ if !self.has_timer => Err(Reply::Refused("nobody is timing this session".into())),
            _ if let Some(answer) = self.try_at_optional_step(&command) => answer,
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

    /// The answer to `next`, which only ever leaves a phase whose time is up.
    fn try_next(&self) -> Result<(String, Vec<Event>), Reply> {
        let left = format_duration(self.phase_remaining());
        match () {
            () if self.is_phase_time_up() => {
                let fact = Event::PhaseFinished { from_phase: self.current_phase_index(), by: Actor::Person };
                Ok((self.describe_next_phase(), vec![fact]))
            }
            () if self.is_paused && self.phase_remaining().is_zero() => {
                Err(Reply::Refused("the session is paused: resume it first".into()))
            }
            () if self.presence_check_open_for().is_some() => {
                Ok((format!("noted; {left} left"), vec![Event::Answered]))
            }
            () if self.is_swap_unconfirmed() => {
                Ok((format!("already swapped: {left} left"), vec![Event::Answered]))
            }
            () if self.has_just_auto_swapped() => Err(Reply::Already("already swapped".into())),
            () => Err(Reply::Already(format!("this phase has {left} to go; only `skip` cuts it short"))),
        }
    }

    fn try_extend(&self, more: Duration) -> Result<(String, Vec<Event>), Reply> {
        if more < Duration::from_secs(1) {
            return Err(Reply::Refused("less than 1 s is nothing to add".into()));
        }
        let length = self.phase_length().saturating_add(more);
        if let Some(cap) = self.current_phase().cap_s.map(Duration::from_secs).filter(|cap| length > *cap) {
            return Err(Reply::Refused(format!(
                "{} of {} is over what is left of the limit, {}",
                format_duration(length),
                self.current_phase().kind,
                format_duration(cap)
            )));
        }
        self.check_limits(&self.plan().phases, self.phase_remaining().saturating_add(more))?;
        let fact = Event::PhaseExtended { phase: self.current_phase_index(), by_s: more.as_secs() };
        Ok((format!("{} more: {} in all", format_duration(more), format_duration(length)), vec![fact]))
    }

    pub(super) fn try_add_rounds(&self, rounds: u32) -> Result<(String, Vec<Event>), Reply> {
        if rounds == 0 {
            return Err(Reply::Refused("0 rounds are nothing to add".into()));
        }
        let all = self.plan().rounds.saturating_add(rounds);
        let most = self.plan().max_rounds.unwrap_or(MAX_ROUNDS);
        if all > most {
            let source = name_sources(self.plan().rounds_citation.as_deref().unwrap_or("P"));
            return Err(Reply::Refused(match most {
                1 => format!("'{}' is done once in a session ({source})", self.plan().protocol),
                _ => format!("{all} rounds are over the limit of {most} ({source})"),
            }));
        }
        let mut longer = self.clone();
        if self.is_over() {
            longer.continue_after_end(rounds, self.accounted_until.wall);
        } else {
            longer.add_rounds(rounds);
        }
        // At full length, though it would begin shorter.
        let left = if self.is_over() { longer.base_phase_length() } else { longer.phase_remaining() };
        longer.check_limits(&longer.plan().phases, left)?;
        Ok((format!("{all} rounds now"), vec![Event::RoundsAdded { rounds }]))
    }

    /// Refuses what would come to more than a limit: what was done so far, the current phase for `left` longer,
    /// and the phases after it as planned.
    pub(super) fn check_limits(&self, phases: &[Phase], left: Duration) -> Result<(), Reply> {
        let current = self.current_phase().kind;
        let ahead = phases.get(self.phase_progress.len()..).unwrap_or_default();
        for guard in &self.plan().exposure_limits {
            let planned = ahead.iter().map(|phase| (phase.kind, phase.duration_counted_for(guard.kind)));
            if let Some(unbroken) = guard.find_exposure_over_limit(
                self.exposure_so_far(guard.kind).chain([(current, left)]).chain(planned),
            ) {
                return Err(Reply::Refused(format!(
                    "that would come to {} of {} without a break of {}, over the limit of {} ({})",
                    format_duration(unbroken),
                    guard.kind,
                    format_duration(guard.min_break),
                    format_duration(guard.max_unbroken),
                    name_sources(&guard.citation)
                )));
            }
        }
        Ok(())
    }

    /// What was done so far, as it counts for a limit on that kind. Time past a deadline counts as done, and so does
    /// what nobody knows. A pause in another phase is a break from this kind too; one in its own phase counts for
    /// nothing. A phase for which no time was left takes no pack off.
    fn exposure_so_far(&self, kind: PhaseKind) -> impl Iterator<Item = (PhaseKind, Duration)> {
        let mut worn = kind;
        self.phase_progress.iter().zip(&self.plan().phases).map(move |(progress, phase)| {
            let TimeBreakdown { active, overdue, unknown, .. } = progress.time_breakdown;
            if progress.is_declined || !progress.is_left_out() {
                worn = phase.kind;
            }
            match worn == kind && !progress.is_declined {
                true => (kind, active.saturating_add(overdue).saturating_add(unknown)),
                false if worn == kind => (PhaseKind::Move, progress.time_breakdown.elapsed()),
                false => (worn, progress.time_breakdown.elapsed()),
            }
        })
    }

    /// How long the current phase may be, by what was done before it.
    pub(super) fn allowed_phase_length(&self) -> Duration {
        let Some(guard) =
            self.plan().exposure_limits.iter().find(|guard| guard.kind == self.current_phase().kind)
        else {
            return Duration::MAX;
        };
        guard.remaining_after(self.exposure_so_far(guard.kind))
    }

    fn describe_next_phase(&self) -> String {
        match self.plan().phases.get(self.phase_progress.len()) {
            Some(next) => format!("{} now, {}", next.name(), format_duration(next.planned_duration())),
            None => "that was the last phase".into(),
        }
    }

    /// What the timer writes at `now`, in order. Each `told` among it is to be told to the person once it is
    /// written. Asked again at the same moment after taking these lines in, it has nothing more to say.
    pub fn automatic_entries(&self, now: &Stamp) -> Vec<Entry> {
        let mut session = self.at(now);
        let mut lines = Vec::new();
        let mut write = |session: &mut Session, fact: Event| {
            let line = Entry { at: now.clone(), event: fact };
            session.apply(&line);
            lines.push(line);
        };
        let slept = now.since(&self.accounted_until).slept;
        if slept >= MIN_SLEEP_TO_PROMPT && session.has_timer && !session.is_paused && !session.is_over() {
            write(&mut session, Event::ComputerSlept { slept_s: slept.as_secs() });
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
            let leaving = session.current_phase_index();
            write(&mut session, Event::PhaseFinished { from_phase: leaving, by: Actor::Timer });
        }
        let alive = match self.is_over() {
            true => {
                self.wait_left_after_end() != session.wait_left_after_end()
                    && session.wait_left_after_end() == Some(Duration::ZERO)
            }
            false => now.since(&self.accounted_until).total >= ALIVE_INTERVAL,
        };
        if lines.is_empty() && alive {
            lines.push(Entry { at: now.clone(), event: Event::TimerAlive });
        }
        lines
    }

    /// When the timer has to look again, if nothing is written before.
    pub fn deadline(&self) -> Option<Stamp> {
        if self.is_over() {
            let ahead = [self.time_until_repeat(), self.wait_left_after_end().filter(|left| !left.is_zero())];
            return ahead
                .into_iter()
                .flatten()
                .min()
                .map(|left| self.accounted_until.plus(self.session_to_real_time(left)));
        }
        if self.is_auto_swap_due() {
            return Some(self.accounted_until.clone());
        }
        let running = self.is_phase_running();
        let marks = [
            Some(self.phase_remaining()),
            self.time_until_swap_soon(),
            self.time_until_presence_check(),
            self.time_until_get_up_alert(),
        ];
        let ahead = marks.into_iter().flatten().filter(|_| running);
        let ahead = ahead.chain(self.time_until_repeat()).map(|left| self.session_to_real_time(left));
        ahead.chain([ALIVE_INTERVAL]).min().map(|left| self.accounted_until.plus(left))
    }

    /// Whether the timer has to swap.
    pub(super) fn is_auto_swap_due(&self) -> bool {
        self.header.settings.swap == SwapMode::Auto
            && self.is_phase_time_up()
            && !self.has_resume_prompt
            && self.next_optional_step().is_none()
    }

    /// Whether the current phase's clock runs down.
    pub(super) fn is_phase_running(&self) -> bool {
        self.has_timer && !self.is_clock_stopped() && !self.is_over() && !self.phase_remaining().is_zero()
    }

    /// Whether the timer swapped, and nobody has said that they saw it.
    pub(super) fn is_swap_unconfirmed(&self) -> bool {
        self.current_progress().started_by == Some(Actor::Timer)
            && self.current_progress().answered_after.is_none()
    }

    /// Whether the timer swapped so short ago that `next` can only mean that swap.
    fn has_just_auto_swapped(&self) -> bool {
        let since = self.current_progress().time_breakdown.elapsed();
        self.current_progress().started_by == Some(Actor::Timer)
            && since < JUST_SWAPPED_LIMIT.min(self.phase_length() / 2)
    }

    /// How long a piece of the session's time takes on the clock; never too short.
    pub(super) fn session_to_real_time(&self, length: Duration) -> Duration {
        let factor = self.speed_factor();
        let whole = length / factor;
        if whole.saturating_mul(factor) < length { whole + Duration::from_nanos(1) } else { whole }
    }

    /// The session as it is at `now`, nothing having been written since.
    pub(super) fn at(&self, now: &Stamp) -> Session {
        let mut session = self.clone();
        session.advance_to(now);
        session
    }
}
