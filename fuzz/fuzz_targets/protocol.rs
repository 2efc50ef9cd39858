//! Any bytes at all as a person's own protocol: no panic, and nothing in what is said of them steers a terminal.
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
            let picture = error.snippet.unwrap_or_default();
            assert!(!picture.chars().any(|c| is_control_or_bidi(c) && c != '\n'), "{picture:?}");
        }
    }
});
