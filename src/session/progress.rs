//! How far one phase has come.

use super::{By, Parts};
use crate::time::Wall;
use std::time::Duration;

/// How far a phase has come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Progress {
    pub began: Wall,
    pub parts: Parts,
    pub slept: Duration,
    /// The computer slept past the deadline: nobody can have been told then.
    pub slept_past: bool,
    pub extended: Duration,
    /// How long past the deadline, nothing else having happened since.
    pub late: Duration,
    /// Who began it; nobody swapped to the first phase.
    pub begun_by: Option<By>,
    /// How long after its beginning somebody answered.
    pub answered_after: Option<Duration>,
    /// Whether it was left, by a swap or by the session's end.
    pub left: bool,
    /// Its length, where that is only known once it begins.
    pub length: Option<Duration>,
    /// How much was cut off its end, where a question follows.
    pub cut: Duration,
    /// Whether the person said no to it: then it never ran.
    pub declined: bool,
    /// Whether anybody answered the question in its middle.
    pub is_there: bool,
}

impl Progress {
    pub fn beginning(began: Wall, begun_by: Option<By>) -> Progress {
        Progress {
            began,
            parts: Parts::default(),
            slept: Duration::ZERO,
            slept_past: false,
            extended: Duration::ZERO,
            begun_by,
            answered_after: None,
            late: Duration::ZERO,
            left: false,
            length: None,
            cut: Duration::ZERO,
            declined: false,
            is_there: false,
        }
    }

    /// Whether it never ran: by a no, or because no time was left for it.
    pub fn is_left_out(&self) -> bool {
        self.declined || self.length.is_some_and(|length| length.is_zero()) && self.extended.is_zero()
    }
}
