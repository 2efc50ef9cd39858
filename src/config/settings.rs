//! What `config.toml` can set. `Default` is what holds without a file.

use crate::{
    alert::{HookSettings, SoundSettings, SpeechSettings},
    protocol::{PhaseKind, Rounds},
    session::SwapMode,
};
use anstream::ColorChoice;
use std::time::Duration;

/// All of it, a field for each header of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserSettings {
    /// What `start` and `plan` take where nothing is typed.
    pub start: StartDefaults,
    /// How every command prints.
    pub output: OutputSettings,
    /// By which ways the person is told.
    pub alert_channels: AlertChannels,
    /// How it sounds.
    pub sound: SoundSettings,
    /// How it is spoken.
    pub speech: SpeechSettings,
    /// Which programs are run.
    pub hooks: HookSettings,
}

/// What `start` and `plan` take where nothing is typed. What is of one day (pain, onset, trigger, a note, lifted
/// limits) cannot be set for all days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartDefaults {
    /// A protocol's name, or the whole path of its file.
    pub protocol: Option<String>,
    /// The length of each heat phase, where the protocol has one.
    pub heat: Option<Duration>,
    /// The length of each cold phase, where the protocol has one.
    pub cold: Option<Duration>,
    /// How many rounds, where the protocol may have several.
    pub rounds: Option<Rounds>,
    /// What comes first, where the protocol can begin with it.
    pub first_kind: Option<PhaseKind>,
    /// How phases follow each other.
    pub swap: Option<SwapMode>,
    /// What part of the back; one of [`REGIONS`](crate::record::REGIONS).
    pub region: Option<String>,
    /// Which side; one of [`SIDES`](crate::record::SIDES).
    pub side: Option<String>,
    /// Whether to give the shell back.
    pub detach: bool,
    /// Whether to print lines that stay.
    pub plain: bool,
    /// Whether to print nothing but problems.
    pub quiet: bool,
    /// Whether not to ask about warning signs.
    pub skip_questions: bool,
}

/// How every command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputSettings {
    /// Whether in colours, where neither a flag nor the environment says so.
    pub color: ColorChoice,
}

/// By which ways the person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertChannels {
    /// By the desktop's notifications.
    pub notify: bool,
    /// By sounds.
    pub sound: bool,
    /// By a voice, where one is found.
    pub speak: bool,
}

impl Default for AlertChannels {
    fn default() -> AlertChannels {
        AlertChannels { notify: true, sound: true, speak: true }
    }
}
