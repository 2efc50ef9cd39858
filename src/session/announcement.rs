//! Everything the notifier needs for an alert: its text, its speech, its sound and its hook.

use super::{Alert, BreathProgress, Message, Repeat, Session, Snapshot, State, Untimed};
use crate::{protocol::PhaseKind, time::Stamp};
use std::time::Duration;

/// After this many presence checks without an answer the person is taken to be asleep.
const ASLEEP_AFTER_CHECKS: u32 = 3;

/// An alert, ready for every channel.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// The text to be read.
    pub message: Message,
    /// The text to be spoken.
    pub spoken_text: String,
    /// The sound; `None` if a sound would only disturb.
    pub(crate) sound_cue: Option<SoundCue>,
    /// The event that runs a hook, if any.
    pub(crate) hook_event: Option<HookEvent>,
    /// The session at that moment.
    pub(crate) snapshot: Snapshot,
}

/// What a sound means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SoundCue {
    HeatStart,
    ColdStart,
    /// The pack comes off, and no other goes on.
    PackOff,
    /// The person must answer.
    AnswerNeeded {
        /// The number of the repeat, from 1.
        nth: u32,
    },
}

/// The events that can run a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookEvent {
    /// The session starts.
    Start,
    /// A swap is due soon.
    Warn,
    /// A phase starts.
    Swap,
    /// Time is up, or an answer is missing.
    Overdue,
    /// The clock is stopped.
    Pause,
    /// The clock runs again.
    Resume,
    /// The session is over.
    End,
}

impl HookEvent {
    /// The name of the hook.
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
    /// Builds the announcement of an alert.
    pub fn announcement(&self, alert: Alert, now: &Stamp) -> Announcement {
        Announcement {
            message: self.alert_message(alert),
            spoken_text: self.spoken_text(alert),
            sound_cue: self.sound_cue(alert),
            hook_event: alert.hook_event(),
            snapshot: self.snapshot(now),
        }
    }

    /// Builds the announcement that nobody times the session any more: nobody may lie on a pack and believe that it is
    /// timed.
    pub fn untimed_announcement(&self, reason: Untimed, now: &Stamp) -> Announcement {
        Announcement {
            message: self.untimed_message(reason),
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

    /// The sound for the start of a phase.
    fn phase_start_cue(&self, phase: usize) -> Option<SoundCue> {
        let kind = self.plan().phases.get(phase)?.kind;
        let pack_comes_off = self.phase_run_before(phase).is_some_and(|before| before.kind.has_pack());
        match kind {
            PhaseKind::Heat => Some(SoundCue::HeatStart),
            PhaseKind::Cold => Some(SoundCue::ColdStart),
            PhaseKind::Rest | PhaseKind::Move | PhaseKind::Breathe if pack_comes_off => {
                Some(SoundCue::PackOff)
            }
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
    /// The breath to speak now, if the phase is for breathing. Breathing is not faster in a rehearsal.
    pub(crate) fn breath_to_speak(&self) -> Option<BreathProgress> {
        let breath = self.phase.breath.filter(|_| self.state == State::Running)?;
        Some(if self.is_rehearsal { BreathProgress::at_phase_elapsed(Duration::ZERO) } else { breath })
    }
}
