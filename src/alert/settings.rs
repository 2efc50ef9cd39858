//! Settings of sound, speech and hooks. Plain values: `config` reads them from the file.

use std::{path::PathBuf, time::Duration};

/// The table `[sound]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundSettings {
    /// 0 (mute) to 100.
    pub volume: u8,
    /// The person's own sound file for the start of heat; None: the built-in sound.
    pub heat: Option<PathBuf>,
    /// As `heat`, for the start of cold.
    pub cold: Option<PathBuf>,
    /// As `heat`, for the end of a session.
    pub end: Option<PathBuf>,
    /// As `heat`, for repeated alerts that nobody answered.
    pub nag: Option<PathBuf>,
    /// The player and its arguments, not empty; `{file}` is replaced by the sound's path. None: the first player found.
    pub player: Option<Vec<String>>,
}

impl Default for SoundSettings {
    fn default() -> SoundSettings {
        SoundSettings { volume: 50, heat: None, cold: None, end: None, nag: None, player: None }
    }
}

/// The table `[speech]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpeechSettings {
    /// The speech program and its arguments, not empty; `{text}` is replaced by the text. None: the first one found.
    pub command: Option<Vec<String>>,
    /// Whether to speak each breath of paced breathing.
    pub breathing: bool,
}

/// The table `[hooks]`: for each event a program with its arguments, not empty, or None.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSettings {
    /// Runs when a session begins.
    pub start: Option<Vec<String>>,
    /// Runs shortly before a swap.
    pub warn: Option<Vec<String>>,
    pub(crate) swap: Option<Vec<String>>,
    /// Runs when a phase is over, and again with repeated alerts.
    pub(crate) overdue: Option<Vec<String>>,
    pub(crate) pause: Option<Vec<String>>,
    pub(crate) resume: Option<Vec<String>>,
    /// Runs when a session ends.
    pub end: Option<Vec<String>>,
    /// How long each program may run before it is killed: 1 s to 5 min.
    pub limit: Duration,
}

impl Default for HookSettings {
    fn default() -> HookSettings {
        HookSettings {
            start: None,
            warn: None,
            swap: None,
            overdue: None,
            pause: None,
            resume: None,
            end: None,
            limit: Duration::from_secs(10),
        }
    }
}
