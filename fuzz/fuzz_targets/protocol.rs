//! Random bytes as a user's protocol file: no panic, and no control or bidi character in the error's snippet.
//!
//! `cargo +nightly fuzz run protocol`; the built-in ones in `src/protocol` are good seeds.

#![no_main]

use easeback::{
    error::is_control_or_bidi,
    limits,
    protocol::{Overrides, Protocol},
    time::WallTime,
};
use jiff::{Timestamp, tz::Offset};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Protocol::parse_user_protocol("a file", bytes, None) {
        Ok(protocol) => {
            let now = WallTime::new(Timestamp::from_second(1_800_000_000).unwrap(), Offset::UTC);
            let _ = limits::build_plan(&protocol, &Overrides::default(), &[], &now, false);
        }
        Err(error) => {
            let snippet = error.snippet.unwrap_or_default();
            assert!(!snippet.chars().any(|c| is_control_or_bidi(c) && c != '\n'), "{snippet:?}");
        }
    }
});
