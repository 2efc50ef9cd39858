//! What the ways of telling go by: an alert's words, its sound, and what kind of event it is.

use super::{Alert, BreathProgress, Message, Repeat, Session, Snapshot, State, Untimed};
use crate::{protocol::PhaseKind, time::Stamp};
use std::time::Duration;

/// The third time that nobody answers whether they are awake, they are taken to be asleep.
const ASLEEP_AFTER_CHECKS: u32 = 3;

/// An alert, ready to be told in every way.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// To be read.
    pub message: Message,
    /// To be heard.
    pub spoken_text: String,
    /// What it sounds like; nothing where a sound would only disturb.
    pub(crate) sound_cue: Option<SoundCue>,
    /// Which of the person's own programs it concerns.
    pub(crate) hook_event: Option<HookEvent>,
    /// The session at that moment.
    pub(crate) snapshot: Snapshot,
}

/// What a sound stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SoundCue {
    /// Heat begins.
    HeatStart,
    /// Cold begins.
    ColdStart,
    /// The pack comes off, and no other goes on.
    PackOff,
    /// Somebody has to answer.
    AnswerNeeded {
        /// For the how manieth time, from 1.
        nth: u32,
    },
}

/// What a person's own program may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookEvent {
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

impl HookEvent {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            HookEvent::Start => "start",
            HookEvent::Warn => "warn",
            HookEvent::Swap => "swap",
            HookEvent::Overdue => "overdue",
            HookEvent::Pause => "pause",
            HookEvent::Resume => "resume",
            HookEvent::End => "end",
        }
    }
}

impl Session {
    /// All that is to be told of an alert.
    pub fn announcement(&self, alert: Alert, now: &Stamp) -> Announcement {
        Announcement {
            message: self.alert_message(alert),
            spoken_text: self.spoken_text(alert),
            sound_cue: self.sound_cue(alert),
            hook_event: alert.hook_event(),
            snapshot: self.snapshot(now),
        }
    }

    /// Nobody may lie on a pack and believe that it is timed.
    pub fn untimed_announcement(&self, lost: Untimed, now: &Stamp) -> Announcement {
        Announcement {
            message: self.untimed_message(lost),
            spoken_text: self.spoken_untimed_text(),
            sound_cue: Some(SoundCue::PackOff),
            hook_event: Some(HookEvent::End),
            snapshot: self.snapshot(now),
        }
    }

    fn sound_cue(&self, alert: Alert) -> Option<SoundCue> {
        match alert {
            Alert::SessionStart => self.phase_start_cue(0),
            Alert::Swap { phase } => self.phase_start_cue(phase),
            Alert::Completed | Alert::Abandoned => Some(SoundCue::PackOff),
            Alert::PhaseTimeUp { .. } | Alert::OptionalPrompt { .. } | Alert::ResumePrompt { .. } => {
                Some(SoundCue::AnswerNeeded { nth: 1 })
            }
            Alert::Repeated { nth, .. } => Some(SoundCue::AnswerNeeded { nth }),
            Alert::SwapSoon { .. }
            | Alert::GetUp { .. }
            | Alert::Paused { .. }
            | Alert::Resumed { .. }
            | Alert::Stopped => None,
        }
    }

    /// What the beginning of a phase sounds like.
    fn phase_start_cue(&self, phase: usize) -> Option<SoundCue> {
        let kind = self.plan().phases.get(phase)?.kind;
        let off = self.phase_run_before(phase).is_some_and(|before| before.kind.has_pack());
        match kind {
            PhaseKind::Heat => Some(SoundCue::HeatStart),
            PhaseKind::Cold => Some(SoundCue::ColdStart),
            PhaseKind::Rest | PhaseKind::Move | PhaseKind::Breathe if off => Some(SoundCue::PackOff),
            PhaseKind::Rest | PhaseKind::Move | PhaseKind::Breathe => Some(SoundCue::AnswerNeeded { nth: 1 }),
        }
    }
}

impl Alert {
    fn hook_event(self) -> Option<HookEvent> {
        match self {
            Alert::SessionStart => Some(HookEvent::Start),
            Alert::SwapSoon { .. } => Some(HookEvent::Warn),
            Alert::Swap { .. } => Some(HookEvent::Swap),
            Alert::PhaseTimeUp { .. } | Alert::OptionalPrompt { .. } | Alert::ResumePrompt { .. } => {
                Some(HookEvent::Overdue)
            }
            Alert::Repeated {
                reason:
                    Repeat::UnconfirmedSwap | Repeat::Overdue | Repeat::UnansweredPrompt | Repeat::UnansweredEnd,
                ..
            } => Some(HookEvent::Overdue),
            Alert::Repeated { reason: Repeat::PresenceCheck, nth, .. } if nth >= ASLEEP_AFTER_CHECKS => {
                Some(HookEvent::Overdue)
            }
            Alert::Repeated { reason: Repeat::PresenceCheck | Repeat::Paused, .. } | Alert::GetUp { .. } => {
                None
            }
            Alert::Paused { .. } => Some(HookEvent::Pause),
            Alert::Resumed { .. } => Some(HookEvent::Resume),
            Alert::Abandoned | Alert::Completed | Alert::Stopped => Some(HookEvent::End),
        }
    }
}

impl Snapshot {
    /// The breath to be spoken now, where breathing is what the person does. Nobody breathes faster in a rehearsal.
    pub(crate) fn breath_to_speak(&self) -> Option<BreathProgress> {
        let pace = self.phase.breath.filter(|_| self.state == State::Running)?;
        Some(if self.is_rehearsal { BreathProgress::at_phase_elapsed(Duration::ZERO) } else { pace })
    }
}
