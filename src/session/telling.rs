//! What the ways of telling go by: an alert's words, its sound, and what kind of event it is.

use super::{Alert, Lost, Message, Nag, Pace, Session, Snapshot, State};
use crate::{protocol::Kind, time::Stamp};
use std::time::Duration;

/// The third time that nobody answers whether they are awake, they are taken to be asleep.
const ASLEEP: u32 = 3;

/// An alert, ready to be told in every way.
#[derive(Clone, Debug)]
pub struct Telling {
    /// To be read.
    pub message: Message,
    /// To be heard.
    pub spoken: String,
    /// What it sounds like; nothing where a sound would only disturb.
    pub signal: Option<Signal>,
    /// Which of the person's own programs it concerns.
    pub event: Option<Event>,
    /// The session at that moment.
    pub now: Snapshot,
}

/// What a sound stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Heat begins.
    Heat,
    /// Cold begins.
    Cold,
    /// The pack comes off, and no other goes on.
    End,
    /// Somebody has to answer.
    Nag {
        /// For the how manieth time, from 1.
        nth: u32,
    },
}

/// What a person's own program may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session begins.
    Start,
    /// A swap comes soon.
    Warn,
    /// A phase begins.
    Swap,
    /// Time is up, or an answer is missing.
    Overdue,
    /// The clock is held.
    Pause,
    /// The clock runs again.
    Resume,
    /// The session is over.
    End,
}

impl Event {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Start => "start",
            Event::Warn => "warn",
            Event::Swap => "swap",
            Event::Overdue => "overdue",
            Event::Pause => "pause",
            Event::Resume => "resume",
            Event::End => "end",
        }
    }
}

impl Session {
    /// All that is to be told of an alert.
    pub fn telling(&self, alert: Alert, now: &Stamp) -> Telling {
        Telling {
            message: self.message(alert),
            spoken: self.spoken(alert),
            signal: self.signal(alert),
            event: alert.event(),
            now: self.snapshot(now),
        }
    }

    /// Nobody may lie on a pack and believe that it is timed.
    pub fn telling_that_nobody_times(&self, lost: Lost, now: &Stamp) -> Telling {
        Telling {
            message: self.nobody_times(lost),
            spoken: self.spoken_that_nobody_times(),
            signal: Some(Signal::End),
            event: Some(Event::End),
            now: self.snapshot(now),
        }
    }

    fn signal(&self, alert: Alert) -> Option<Signal> {
        match alert {
            Alert::Start => self.signal_of(0),
            Alert::Swap { phase } => self.signal_of(phase),
            Alert::End | Alert::GivenUp => Some(Signal::End),
            Alert::Up { .. } | Alert::Ask { .. } | Alert::Woke { .. } => Some(Signal::Nag { nth: 1 }),
            Alert::Again { nth, .. } => Some(Signal::Nag { nth }),
            Alert::Warn { .. }
            | Alert::GetUp { .. }
            | Alert::Paused { .. }
            | Alert::GoesOn { .. }
            | Alert::Stopped => None,
        }
    }

    /// What the beginning of a phase sounds like.
    fn signal_of(&self, phase: usize) -> Option<Signal> {
        let kind = self.plan().phases.get(phase)?.kind;
        let off = self.done_before(phase).is_some_and(|before| before.kind.is_pack());
        match kind {
            Kind::Heat => Some(Signal::Heat),
            Kind::Cold => Some(Signal::Cold),
            Kind::Rest | Kind::Move | Kind::Breathe if off => Some(Signal::End),
            Kind::Rest | Kind::Move | Kind::Breathe => Some(Signal::Nag { nth: 1 }),
        }
    }
}

impl Alert {
    fn event(self) -> Option<Event> {
        match self {
            Alert::Start => Some(Event::Start),
            Alert::Warn { .. } => Some(Event::Warn),
            Alert::Swap { .. } => Some(Event::Swap),
            Alert::Up { .. } | Alert::Ask { .. } | Alert::Woke { .. } => Some(Event::Overdue),
            Alert::Again { why: Nag::Swap | Nag::Overdue | Nag::Asking | Nag::End, .. } => {
                Some(Event::Overdue)
            }
            Alert::Again { why: Nag::Check, nth, .. } if nth >= ASLEEP => Some(Event::Overdue),
            Alert::Again { why: Nag::Check | Nag::Paused, .. } | Alert::GetUp { .. } => None,
            Alert::Paused { .. } => Some(Event::Pause),
            Alert::GoesOn { .. } => Some(Event::Resume),
            Alert::GivenUp | Alert::End | Alert::Stopped => Some(Event::End),
        }
    }
}

impl Snapshot {
    /// The breath to be spoken now, where breathing is what the person does. Nobody breathes faster in a rehearsal.
    pub fn breath(&self) -> Option<Pace> {
        let pace = self.phase.pace.filter(|_| self.state == State::Running)?;
        Some(if self.rehearsal { Pace::at(Duration::ZERO) } else { pace })
    }
}
