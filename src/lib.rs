//! The rooms of easeback, a heat and cold timer for people whose back has just gone out.
//!
//! A session is a journal: lines are appended, and the state at any moment is a pure fold over them and the
//! clock. `watch`, `protocol`, `record`, `limits`, `session`, `stats` and `report` are pure; `history` and `journal` are
//! files; `clock`, `config`, `alert`, `timer` and `view` are the world; `cli` ties them together.

pub mod alert;
pub mod cli;
pub mod clock;
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
pub mod timer;
pub mod view;
