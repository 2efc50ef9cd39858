//! The stories of easeback, told by running it: one file for each group of stories.
//!
//! [`home`] gives each story a computer of its own, [`bus`] a desktop that remembers what it was told.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how a failure is told")]

mod advice;
mod alerts;
mod awake;
mod blank;
mod bubbles;
mod bus;
mod buttons;
mod cautions;
mod commands;
mod config;
mod containers;
mod diary;
mod engine;
mod figures;
mod formats;
mod guide;
mod history_commands;
mod history_damage;
mod history_exchange;
mod history_logs;
mod history_merge;
mod home;
mod hooks;
mod house;
mod inheritance;
mod keys;
mod kills;
mod lines;
mod machine_id;
mod many_logs;
mod other_machine;
mod ownership;
mod pages;
mod pain;
mod plans;
mod promises;
mod protocols;
mod questions;
mod readme;
mod record_writer;
mod recorded;
mod refusals;
mod rehearsals;
mod report;
mod schemas;
mod sessions;
mod small_faults;
mod statements;
mod status;
mod storage;
mod survival;
mod terminal;
mod time;
mod timer;
mod typed;
mod unreadable;
mod usage;
mod voices;
mod widths;
