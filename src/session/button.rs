//! The buttons of a notification: what a person can say to the session as it stands.

use super::{Command, Session, State};

/// A button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The swap is done.
    Swapped,
    /// Yes, to a question.
    Yes,
    /// No, to a question.
    No,
    /// Go on after a question or a pause.
    GoOn,
    /// Whatever was told is seen.
    Seen,
    /// Hold the clock.
    Pause,
    /// Five minutes more.
    More,
    /// One more round.
    Round,
    /// End the session.
    Stop,
}

impl Button {
    const ALL: [Button; 9] = [
        Button::Swapped,
        Button::Yes,
        Button::No,
        Button::GoOn,
        Button::Seen,
        Button::Pause,
        Button::More,
        Button::Round,
        Button::Stop,
    ];

    /// The word by which the notification server names it.
    pub fn key(self) -> &'static str {
        match self {
            Button::Swapped => "swapped",
            Button::Yes => "yes",
            Button::No => "no",
            Button::GoOn => "go-on",
            Button::Seen => "seen",
            Button::Pause => "pause",
            Button::More => "more",
            Button::Round => "round",
            Button::Stop => "stop",
        }
    }

    /// The button of that word.
    pub fn named(key: &str) -> Option<Button> {
        Button::ALL.into_iter().find(|button| button.key() == key)
    }

    /// What stands on it.
    pub fn label(self) -> &'static str {
        match self {
            Button::Swapped => "Swapped",
            Button::Yes => "Yes",
            Button::No => "No",
            Button::GoOn => "Resume",
            Button::Seen => "I am here",
            Button::Pause => "Pause",
            Button::More => "+5 min",
            Button::Round => "One more round",
            Button::Stop => "Stop",
        }
    }
}

impl Session {
    /// The buttons that fit the session now.
    pub(super) fn buttons(&self) -> Vec<Button> {
        let more = Some(Button::More).filter(|_| self.may_have_five_minutes_more());
        let swapped = Some(Button::Swapped).filter(|_| self.is_unconfirmed());
        let buttons = match self.state() {
            State::CutOff => [None, None, None, None],
            State::Ended => {
                let seen = Some(Button::Seen).filter(|_| self.unanswered_end().is_some());
                let round = Some(Button::Round).filter(|_| self.says_yes_to(Command::More(1)));
                [seen, round, None, None]
            }
            State::Asking if self.open_offer().is_some() => {
                [Some(Button::Yes), Some(Button::No), Some(Button::Stop), None]
            }
            State::Asking | State::Paused => [Some(Button::GoOn), Some(Button::Stop), None, None],
            State::Overdue => [Some(Button::Swapped), more, Some(Button::Stop), None],
            State::Running if self.unchecked_for().is_some() => {
                [Some(Button::Seen), Some(Button::Pause), Some(Button::Stop), None]
            }
            State::Running => [swapped, Some(Button::Pause), more, Some(Button::Stop)],
        };
        buttons.into_iter().flatten().collect()
    }

    pub(super) fn may_have_five_minutes_more(&self) -> bool {
        self.says_yes_to(Command::FIVE_MORE)
    }

    fn says_yes_to(&self, command: Command) -> bool {
        self.answer(command).is_ok()
    }

    /// What a button says to the session as it stands; it may have moved on since the button was shown.
    pub fn said_by(&self, button: Button) -> Command {
        match button {
            Button::Swapped | Button::Yes => Command::Next,
            Button::No => Command::Skip,
            Button::GoOn if self.is_up() => Command::Next,
            Button::GoOn => Command::Resume,
            Button::Seen => Command::Answer,
            Button::Pause => Command::Pause,
            Button::More => Command::FIVE_MORE,
            Button::Round => Command::More(1),
            Button::Stop => Command::Stop { pain: None, why: None },
        }
    }
}
