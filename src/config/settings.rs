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
    pub(crate) start: StartDefaults,
    /// How every command prints.
    pub(crate) output: OutputSettings,
    /// By which ways the person is told.
    pub(crate) alert_channels: AlertChannels,
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
pub(crate) struct StartDefaults {
    /// A protocol's name, or the whole path of its file.
    pub(crate) protocol: Option<String>,
    /// The length of each heat phase, where the protocol has one.
    pub(crate) heat: Option<Duration>,
    /// The length of each cold phase, where the protocol has one.
    pub(crate) cold: Option<Duration>,
    /// How many rounds, where the protocol may have several.
    pub(crate) rounds: Option<Rounds>,
    /// What comes first, where the protocol can begin with it.
    pub(crate) first_kind: Option<PhaseKind>,
    /// How phases follow each other.
    pub(crate) swap: Option<SwapMode>,
    /// What part of the back; one of [`REGIONS`](crate::record::REGIONS).
    pub(crate) region: Option<String>,
    /// Which side; one of [`SIDES`](crate::record::SIDES).
    pub(crate) side: Option<String>,
    /// Whether to give the shell back.
    pub(crate) detach: bool,
    /// Whether to print lines that stay.
    pub(crate) plain: bool,
    /// Whether to print nothing but problems.
    pub(crate) quiet: bool,
    /// Whether not to ask about warning signs.
    pub(crate) skip_questions: bool,
}

/// How every command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutputSettings {
    /// Whether in colours, where neither a flag nor the environment says so.
    pub(crate) color: ColorChoice,
}

/// By which ways the person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlertChannels {
    /// By the desktop's notifications.
    pub(crate) notify: bool,
    /// By sounds.
    pub(crate) sound: bool,
    /// By a voice, where one is found.
    pub(crate) speak: bool,
}

impl Default for AlertChannels {
    fn default() -> AlertChannels {
        AlertChannels { notify: true, sound: true, speak: true }
    }
}
