//! The settings in `config.toml`. `Default` is the setting without a file.

use crate::{
    alert::{HookSettings, SoundSettings, SpeechSettings},
    protocol::{PhaseKind, Rounds},
    session::SwapMode,
};
use anstream::ColorChoice;
use std::time::Duration;

/// All settings, one field for each table of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserSettings {
    pub(crate) start: StartDefaults,
    pub(crate) output: OutputSettings,
    /// The table `[tell]`.
    pub(crate) alert_channels: AlertChannels,
    /// Volume, sound files and player.
    pub sound: SoundSettings,
    /// Speech program and breathing cues.
    pub speech: SpeechSettings,
    /// Programs to run at events.
    pub hooks: HookSettings,
}

/// Defaults of `start` and `plan`. What differs each time (pain, onset, trigger, note, lifted limits) has no default.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StartDefaults {
    /// A protocol's name, or the absolute path of its file.
    pub(crate) protocol: Option<String>,
    /// The length of each heat phase; ignored by protocols without heat.
    pub(crate) heat: Option<Duration>,
    /// The length of each cold phase; ignored by protocols without cold.
    pub(crate) cold: Option<Duration>,
    /// Ignored by protocols with one round only.
    pub(crate) rounds: Option<Rounds>,
    /// Heat or cold; ignored by protocols that cannot begin with it.
    pub(crate) first_kind: Option<PhaseKind>,
    pub(crate) swap: Option<SwapMode>,
    /// One of [`REGIONS`](crate::record::REGIONS).
    pub(crate) region: Option<String>,
    /// One of [`SIDES`](crate::record::SIDES).
    pub(crate) side: Option<String>,
    /// Whether to run the timer in the background.
    pub(crate) detach: bool,
    /// Whether to print plain lines instead of a screen that is redrawn.
    pub(crate) plain: bool,
    /// Whether to print problems only.
    pub(crate) quiet: bool,
    /// Whether to skip the questions about warning signs.
    pub(crate) skip_questions: bool,
}

/// The output of every command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutputSettings {
    /// When to use colors, unless a flag or the environment says so.
    pub(crate) color: ColorChoice,
}

/// Which alert channels are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlertChannels {
    /// Desktop notifications.
    pub(crate) notify: bool,
    pub(crate) sound: bool,
    /// Speech, if a speech program is found.
    pub(crate) speak: bool,
}

impl Default for AlertChannels {
    fn default() -> AlertChannels {
        AlertChannels { notify: true, sound: true, speak: true }
    }
}
