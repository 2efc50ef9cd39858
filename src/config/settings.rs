//! What `config.toml` can set. `Default` is what holds without a file.

use crate::{
    alert::{Hooks, Sound, Speech},
    protocol::{Kind, Rounds},
    session::Swap,
};
use anstream::ColorChoice;
use std::time::Duration;

/// All of it, a field for each header of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// What `start` and `plan` take where nothing is typed.
    pub start: Start,
    /// How every command prints.
    pub output: Output,
    /// By which ways the person is told.
    pub tell: Tell,
    /// How it sounds.
    pub sound: Sound,
    /// How it is spoken.
    pub speech: Speech,
    /// Which programs are run.
    pub hooks: Hooks,
}

/// What `start` and `plan` take where nothing is typed. What is of one day (pain, onset, trigger, a note, lifted
/// limits) cannot be set for all days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Start {
    /// A protocol's name, or the whole path of its file.
    pub protocol: Option<String>,
    /// The length of each heat phase, where the protocol has one.
    pub heat: Option<Duration>,
    /// The length of each cold phase, where the protocol has one.
    pub cold: Option<Duration>,
    /// How many rounds, where the protocol may have several.
    pub rounds: Option<Rounds>,
    /// What comes first, where the protocol can begin with it.
    pub first: Option<Kind>,
    /// How phases follow each other.
    pub swap: Option<Swap>,
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
pub struct Output {
    /// Whether in colours, where neither a flag nor the environment says so.
    pub color: ColorChoice,
}

/// By which ways the person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tell {
    /// By the desktop's notifications.
    pub notify: bool,
    /// By sounds.
    pub sound: bool,
    /// By a voice, where one is found.
    pub speak: bool,
}

impl Default for Tell {
    fn default() -> Tell {
        Tell { notify: true, sound: true, speak: true }
    }
}
