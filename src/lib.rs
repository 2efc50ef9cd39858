//! The library behind the `easeback` program: a heat and cold timer for people whose back has just gone out.
//!
//! A session is a journal: entries are appended, and the state at any moment is replayed from them and the clock.
//! `time`, `protocol`, `record`, `limits`, `session`, `stats` and `report` are pure; `history` and `journal` read and
//! write files; `clock`, `config`, `alert`, `timer` and `view` use the operating system; `cli` ties them together.
//!
//! It is not an interface for other programs: an item is `pub` only where `main.rs`, a test, a benchmark, an example or
//! a fuzz target uses it. Everything else is `pub(crate)`, so that the compiler reports what is no longer used.

pub mod alert;
pub mod cli;
mod clock;
pub mod config;
pub mod error;
pub mod history;
pub mod journal;
pub mod limits;
pub mod protocol;
pub mod record;
pub mod report;
pub mod session;
pub mod stats;
pub mod time;
mod timer;
pub mod view;
