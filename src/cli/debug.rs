//! `EASEBACK_LOG=debug`: what the system said of a failure, in its own words, a `debug:` line each on stderr.

use crate::error::sanitize;
use log::{LevelFilter, Log, Metadata, Record};
use std::io::Write;

/// Prints this program's own entries.
struct Stderr;

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata) -> bool {
        metadata.target().starts_with(env!("CARGO_PKG_NAME"))
    }

    fn log(&self, record: &Record) {
        if self.enabled(record.metadata()) {
            // A closed stderr is no reason to stop.
            let _ = writeln!(std::io::stderr(), "debug: {}", sanitize(&record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

/// Shows entries of the debug log from now on.
pub(crate) fn show() {
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(LevelFilter::Debug);
    }
}
