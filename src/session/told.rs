//! What the person is told, when, and in which words.

use super::{Nag, Session, State, Swap};
use crate::{
    protocol::Kind,
    record::Outcome,
    time::{Stamp, say},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Standing up is slow: a swap is announced this long before (P).
const WARNING: Duration = Duration::from_mins(2);
/// A phase shorter than this has no warning (P).
const WORTH_A_WARNING: Duration = Duration::from_mins(5);

const SKIN: &str = "Look at the skin: red, blistered or numb? Then stop.";

/// Something that the person is told, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Alert {
    /// The session begins.
    Start,
    /// A swap comes soon.
    Warn {
        /// The phase that is about to end, from 0.
        phase: usize,
    },
    /// A phase's time is up, and the person is asked to swap.
    Up {
        /// The phase whose time is up, from 0.
        phase: usize,
    },
    /// Swap now.
    Swap {
        /// The phase that begins, from 0.
        phase: usize,
    },
    /// The computer slept, and the person is asked before the session goes on.
    Woke {
        /// The phase that it slept in, from 0.
        phase: usize,
        /// Which hold of the session this is.
        turn: u32,
    },
    /// The session is paused.
    Paused {
        /// Which hold of the session this is.
        turn: u32,
    },
    /// The session goes on after a pause or a question.
    GoesOn {
        /// The hold that is over.
        turn: u32,
    },
    /// Something is told again.
    Again {
        /// Why.
        why: Nag,
        /// The phase, from 0.
        phase: usize,
        /// Which hold of the session this is.
        turn: u32,
        /// For the how manieth time, from 1.
        nth: u32,
    },
    /// Nobody answered, and the session is closed.
    GivenUp,
    /// The session is complete.
    End,
    /// The session was stopped.
    Stopped,
}

/// An alert in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The heading.
    pub title: String,
    /// What to do.
    pub body: String,
    /// Whether it must not be missed.
    pub critical: bool,
    /// Whether it asks the person to do something now; the others come for information.
    pub urgent: bool,
}

impl Session {
    /// What the person must be told by `now` and was not.
    pub fn due(&self, now: &Stamp) -> Vec<Alert> {
        let session = self.at(now);
        let phase = session.current();
        let state = match session.is_over() {
            true if session.ended_as(&Outcome::Completed) => Alert::End,
            true if session.ended_as(&Outcome::Interrupted) => Alert::GivenUp,
            true => Alert::Stopped,
            false if phase == 0 => Alert::Start,
            false => Alert::Swap { phase },
        };
        let warns = session.is_running() && session.until_warning() == Some(Duration::ZERO);
        let asks = session.is_up() && session.begun.settings.swap == Swap::Ask && !session.asking;
        let alerts = [
            Some(state),
            session.hold_alert(),
            warns.then_some(Alert::Warn { phase }),
            asks.then_some(Alert::Up { phase }),
            session.again(),
        ];
        alerts.into_iter().flatten().filter(|alert| !session.told.contains(alert)).collect()
    }

    /// What is told of a pause, of a question after a sleep, and of the end of either.
    fn hold_alert(&self) -> Option<Alert> {
        let (phase, turn) = (self.current(), self.holds);
        let was_told =
            [Alert::Woke { phase, turn }, Alert::Paused { turn }].iter().any(|told| self.told.contains(told));
        match () {
            () if self.is_over() || !self.watched => None,
            () if self.asking => Some(Alert::Woke { phase, turn }),
            () if self.paused => Some(Alert::Paused { turn }),
            () if was_told && self.is_running() => Some(Alert::GoesOn { turn }),
            () => None,
        }
    }

    /// How long until the coming swap is to be announced; nothing where it is not, or was.
    pub(super) fn until_warning(&self) -> Option<Duration> {
        let phase = self.current();
        let next = self.plan().phases.get(phase + 1);
        let worth = !self.is_over() && next.is_some() && self.planned().planned() >= WORTH_A_WARNING;
        let told = self.told.contains(&Alert::Warn { phase });
        (worth && !told).then(|| self.remaining().saturating_sub(WARNING))
    }

    /// The words for an alert.
    pub fn message(&self, alert: Alert) -> Message {
        let mut message = match alert {
            Alert::Start => self.start_words(),
            Alert::Warn { phase } => self.warning_words(phase),
            Alert::Up { phase } => self.up_words(phase),
            Alert::Swap { phase } => self.swap_words(phase),
            Alert::Woke { phase, .. } => self.woke_words(phase),
            Alert::Paused { .. } => Message {
                title: "Paused: take the pack off".into(),
                body: "Space in its window goes on, or `easeback resume` in another.".into(),
                critical: false,
                urgent: false,
            },
            Alert::GoesOn { .. } => Message {
                title: format!("{} goes on: {} left", capital(self.planned().kind), say(self.remaining())),
                body: self.planned().say.clone(),
                critical: false,
                urgent: false,
            },
            Alert::Again { why, phase, .. } => self.again_words(why, phase),
            Alert::GivenUp => Message {
                title: "Nobody answered: the session is closed".into(),
                body: format!("If a pack is still on, take it off. {SKIN} {}", self.kept_words()),
                critical: true,
                urgent: true,
            },
            Alert::End => self.end_words(),
            Alert::Stopped => Message {
                title: "Stopped. Take the pack off.".into(),
                body: self.kept_words().into(),
                critical: false,
                urgent: false,
            },
        };
        if self.is_rehearsal() {
            message.title.insert_str(0, "REHEARSAL: ");
        }
        message
    }

    fn start_words(&self) -> Message {
        let first = &self.plan().phases[0];
        Message {
            title: format!("{} now, {}", capital(first.kind), say(first.planned())),
            body: first.say.clone(),
            critical: false,
            urgent: false,
        }
    }

    fn warning_words(&self, phase: usize) -> Message {
        let next = self.plan().phases.get(phase + 1).map_or(Kind::Rest, |next| next.kind);
        Message {
            title: format!("In {}: {next}", say(self.warned_before(phase))),
            body: match next {
                Kind::Heat => "Have the heating pad ready: cover on, plugged in, on low or medium.".into(),
                Kind::Cold => "Have the cold pack fetched, in its cover.".into(),
                Kind::Rest | Kind::Move | Kind::Breathe => "Get ready.".into(),
            },
            critical: false,
            urgent: true,
        }
    }

    fn up_words(&self, phase: usize) -> Message {
        let kind = self.plan().phases.get(phase).map_or(Kind::Rest, |phase| phase.kind);
        Message {
            title: format!("{} is over: take it off", capital(kind)),
            body: format!(
                "{SKIN} When you have swapped, press n in its window or type `easeback next` in another."
            ),
            critical: false,
            urgent: true,
        }
    }

    fn woke_words(&self, phase: usize) -> Message {
        let kind = self.plan().phases.get(phase).map_or(Kind::Rest, |phase| phase.kind);
        let slept = say(Duration::from_secs(self.phase().slept.as_secs()));
        let (key, command) = if self.remaining().is_zero() { ("n", "next") } else { ("space", "resume") };
        Message {
            title: format!("The computer slept {slept}"),
            body: format!(
                "The {kind} pack may have been on that long. {SKIN} To go on, press {key} in its window or type `easeback {command}` in another."
            ),
            critical: true,
            urgent: true,
        }
    }

    fn again_words(&self, why: Nag, phase: usize) -> Message {
        let told = match why {
            Nag::Swap => self.swap_words(phase),
            Nag::Overdue => self.up_words(phase),
            Nag::Asking => self.woke_words(phase),
            Nag::End => self.end_words(),
            Nag::Paused => Message {
                title: "Still paused: is the pack off?".into(),
                body: format!("{SKIN} Space in its window goes on, or `easeback resume` in another."),
                critical: false,
                urgent: true,
            },
        };
        match why {
            Nag::Swap => Message { title: format!("Swapped? {}", told.title), ..told },
            Nag::Overdue => {
                let over = say(Duration::from_secs(self.phase().parts.overdue.as_secs()));
                Message { title: format!("{}, {over} over", told.title), ..told }
            }
            Nag::Asking | Nag::Paused | Nag::End => told,
        }
    }

    fn end_words(&self) -> Message {
        let cold = self.plan().phases.iter().any(|phase| phase.kind == Kind::Cold);
        let heavy = if cold { " Lift nothing heavy for 30 min (X1)." } else { "" };
        let more = match self.plan().as_needed {
            true => " Another round? Press m in its window, or type `easeback more` in another.",
            false => "",
        };
        Message {
            title: "Done. Take the pack off.".into(),
            body: format!(
                "{SKIN}{more} Move about again as soon as you can (D2).{heavy} {}",
                self.kept_words()
            ),
            critical: true,
            urgent: true,
        }
    }

    fn kept_words(&self) -> &'static str {
        if self.is_rehearsal() { "Nothing was recorded." } else { "What you did is kept." }
    }

    /// How long before the swap the warning comes: two minutes, or what is left when it comes late.
    fn warned_before(&self, phase: usize) -> Duration {
        let left = if phase == self.current() { self.remaining() } else { WARNING };
        // A few milliseconds late is no news, and in a rehearsal they are seconds.
        let no_news = Duration::from_secs(5).max(Duration::from_millis(50) * self.factor());
        if left + no_news > WARNING { WARNING } else { left }
    }

    fn swap_words(&self, phase: usize) -> Message {
        let phases = &self.plan().phases;
        let Some(next) = phases.get(phase) else { return self.start_words() };
        let before = phases[phase.saturating_sub(1)].kind;
        Message {
            title: format!("{} off, {} on: {}", capital(before), next.kind, say(next.planned())),
            body: format!("{} {SKIN}", next.say),
            critical: false,
            urgent: true,
        }
    }
}

impl Alert {
    /// Whether it asks for an answer.
    pub(super) fn rings(self) -> bool {
        match self {
            Alert::Up { .. } | Alert::Swap { .. } | Alert::Woke { .. } | Alert::End => true,
            Alert::Again { why, .. } => why != Nag::Paused,
            Alert::Start
            | Alert::Warn { .. }
            | Alert::Paused { .. }
            | Alert::GoesOn { .. }
            | Alert::GivenUp
            | Alert::Stopped => false,
        }
    }
}

impl State {
    /// The word for it, in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Overdue => "overdue",
            State::Asking => "asking",
            State::Paused => "paused",
            State::Ended => "ended",
            State::CutOff => "cut_off",
        }
    }
}

/// The kind as it begins a sentence.
fn capital(kind: Kind) -> String {
    let word = kind.as_str();
    word[..1].to_uppercase() + &word[1..]
}
