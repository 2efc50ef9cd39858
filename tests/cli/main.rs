//! Tests of easeback that run the program: one file for each topic.
//!
//! [`home`] gives each test a simulated computer, [`bus`] a fake notification server.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how a failure is reported")]

mod advice;
mod alerts;
mod bus;
mod buttons;
mod cautions;
mod clock_changes;
mod commands;
mod config;
mod containers;
mod diary;
mod engine;
mod fault_tolerance;
mod formats;
mod guide;
mod history_commands;
mod history_damage;
mod history_folder;
mod history_import_export;
mod history_merge;
mod home;
mod hooks;
mod idle_inhibit;
mod inherited_files;
mod keys;
mod line_input;
mod machine_id;
mod many_logs;
mod module_rules;
mod notification_lifecycle;
mod old_words;
mod other_machine;
mod ownership;
mod pages;
mod pain;
mod plans;
mod promises;
mod properties;
mod protocols;
mod questions;
mod random_kills;
mod readme;
mod record_detection;
mod record_writer;
mod refusals;
mod regressions;
mod rehearsals;
mod report;
mod schemas;
mod sessions;
mod sleep_inhibit;
mod sound_and_speech;
mod statements;
mod stats;
mod status;
mod storage;
mod terminal;
mod time_parsing;
mod timer;
mod unreadable;
mod usage;
mod widths;
