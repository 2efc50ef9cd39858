//! `EASEBACK_LOG=debug`: prints the operating system's own error texts on stderr, one `debug:` line each.
//!
//! It is the logger of the `log` crate. The modules below write to it without knowing where it goes.

use crate::error::sanitize;
use log::{LevelFilter, Log, Metadata, Record};
use std::io::Write;

/// Prints the log lines of this crate; those of other crates are dropped.
struct StderrLogger;

impl Log for StderrLogger {
    fn enabled(&self, metadata: &Metadata) -> bool {
        metadata.target().starts_with(env!("CARGO_PKG_NAME"))
    }

    fn log(&self, record: &Record) {
        if self.enabled(record.metadata()) {
            // A closed stderr is ignored.
            let _ = writeln!(std::io::stderr(), "debug: {}", sanitize(&record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

/// Switches the debug log on for the rest of the process.
pub(crate) fn enable() {
    if log::set_logger(&StderrLogger).is_ok() {
        log::set_max_level(LevelFilter::Debug);
    }
}
