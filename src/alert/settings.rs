//! How the person wants to be told, beyond whether at all. Plain values: who reads them from where is another
//! room's business.

use std::{path::PathBuf, time::Duration};

/// How it sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundSettings {
    /// How loud, from 0 to 100; 0 is mute.
    pub volume: u8,
    /// The person's own sound for the begin of a heat phase; none: the program's.
    pub heat: Option<PathBuf>,
    /// The same for the begin of a cold phase.
    pub cold: Option<PathBuf>,
    /// The same for the end of a session.
    pub end: Option<PathBuf>,
    /// The same for what is told again because nobody answered.
    pub nag: Option<PathBuf>,
    /// The program that plays a sound, and its arguments, at least one word; in each, `{file}` stands for the
    /// sound's path. None: whichever is found.
    pub player: Option<Vec<String>>,
}

impl Default for SoundSettings {
    fn default() -> SoundSettings {
        SoundSettings { volume: 50, heat: None, cold: None, end: None, nag: None, player: None }
    }
}

/// How it is spoken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpeechSettings {
    /// The program that speaks, and its arguments, at least one word; in each, `{text}` stands for what is to be
    /// said. None: whichever is found.
    pub command: Option<Vec<String>>,
    /// Whether paced breathing is spoken too, each breath of it.
    pub breathing: bool,
}

/// The person's own programs, each with its arguments, at least one word; none: nothing is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSettings {
    /// When a session begins.
    pub start: Option<Vec<String>>,
    /// Shortly before a swap.
    pub warn: Option<Vec<String>>,
    /// At a swap.
    pub(crate) swap: Option<Vec<String>>,
    /// When time is up, or something is told again because nobody answered.
    pub(crate) overdue: Option<Vec<String>>,
    /// When the session is paused.
    pub(crate) pause: Option<Vec<String>>,
    /// When it goes on.
    pub(crate) resume: Option<Vec<String>>,
    /// When it ends.
    pub end: Option<Vec<String>>,
    /// How long each may run before it is ended: 1 s to 5 min.
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
