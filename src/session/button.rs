//! The buttons of a notification: which ones fit the session, and the command of each.

use super::{Command, Session, State};

/// A button of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    /// The swap is done.
    Swapped,
    /// Yes to a question.
    Yes,
    /// No to a question.
    No,
    /// Go on after a question or a pause.
    Resume,
    /// The alert was seen.
    Acknowledge,
    /// Stop the clock.
    Pause,
    /// Five minutes more.
    ExtendFiveMinutes,
    /// One more round.
    AddRound,
    /// Stop the session.
    Stop,
}

impl Button {
    const ALL: [Button; 9] = [
        Button::Swapped,
        Button::Yes,
        Button::No,
        Button::Resume,
        Button::Acknowledge,
        Button::Pause,
        Button::ExtendFiveMinutes,
        Button::AddRound,
        Button::Stop,
    ];

    /// The key by which the notification server names it.
    pub(crate) fn action_key(self) -> &'static str {
        match self {
            Button::Swapped => "swapped",
            Button::Yes => "yes",
            Button::No => "no",
            Button::Resume => "go-on",
            Button::Acknowledge => "seen",
            Button::Pause => "pause",
            Button::ExtendFiveMinutes => "more",
            Button::AddRound => "round",
            Button::Stop => "stop",
        }
    }

    /// The button with that key.
    pub(crate) fn from_action_key(key: &str) -> Option<Button> {
        Button::ALL.into_iter().find(|button| button.action_key() == key)
    }

    /// The text on the button.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Button::Swapped => "Swapped",
            Button::Yes => "Yes",
            Button::No => "No",
            Button::Resume => "Resume",
            Button::Acknowledge => "I am here",
            Button::Pause => "Pause",
            Button::ExtendFiveMinutes => "+5 min",
            Button::AddRound => "One more round",
            Button::Stop => "Stop",
        }
    }
}

impl Session {
    /// The buttons that fit the session now, in display order.
    pub(super) fn available_buttons(&self) -> Vec<Button> {
        let extend = Some(Button::ExtendFiveMinutes).filter(|_| self.can_extend_five_minutes());
        let swapped = Some(Button::Swapped).filter(|_| self.is_swap_unconfirmed());
        let buttons = match self.state() {
            State::CutOff => [None, None, None, None],
            State::Ended => {
                let acknowledge =
                    Some(Button::Acknowledge).filter(|_| self.time_since_unanswered_end().is_some());
                let add_round =
                    Some(Button::AddRound).filter(|_| self.is_command_accepted(Command::AddRounds(1)));
                [acknowledge, add_round, None, None]
            }
            State::Asking if self.open_optional_step().is_some() => {
                [Some(Button::Yes), Some(Button::No), Some(Button::Stop), None]
            }
            State::Asking | State::Paused => [Some(Button::Resume), Some(Button::Stop), None, None],
            State::Overdue => [Some(Button::Swapped), extend, Some(Button::Stop), None],
            State::Running if self.presence_check_open_for().is_some() => {
                [Some(Button::Acknowledge), Some(Button::Pause), Some(Button::Stop), None]
            }
            State::Running => [swapped, Some(Button::Pause), extend, Some(Button::Stop)],
        };
        buttons.into_iter().flatten().collect()
    }

    pub(super) fn can_extend_five_minutes(&self) -> bool {
        self.is_command_accepted(Command::EXTEND_FIVE_MINUTES)
    }

    fn is_command_accepted(&self, command: Command) -> bool {
        self.try_command(command).is_ok()
    }

    /// The command of a button. The session may have moved on since the button was shown.
    pub(crate) fn command_for_button(&self, button: Button) -> Command {
        match button {
            Button::Swapped | Button::Yes => Command::Next,
            Button::No => Command::Skip,
            Button::Resume if self.is_phase_time_up() => Command::Next,
            Button::Resume => Command::Resume,
            Button::Acknowledge => Command::Acknowledge,
            Button::Pause => Command::Pause,
            Button::ExtendFiveMinutes => Command::EXTEND_FIVE_MINUTES,
            Button::AddRound => Command::AddRounds(1),
            Button::Stop => Command::Stop { pain: None, why: None },
        }
    }
}
