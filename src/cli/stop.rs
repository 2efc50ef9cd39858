//! `easeback stop`: ends the session and records what was done.

use super::{
    Desk, flags,
    running::{Ended, end, say_what_was_done},
    say,
};
use crate::error::Result;
use clap::Args;
use std::process::ExitCode;

/// End the session and record what was done
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback stop\n  easeback stop --pain 3 --why \"had to leave\"")]
pub struct StopArgs {
    /// Pain now, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = flags::pain, allow_hyphen_values = true)]
    pain: Option<u8>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", value_parser = flags::text, allow_hyphen_values = true)]
    why: Option<String>,
}

pub fn run(args: StopArgs, desk: &Desk) -> Result<ExitCode> {
    match end(desk, None, args.pain, args.why)? {
        Ended::Now(session) => say_what_was_done(desk, &session),
        Ended::Already(session) => {
            say("the session was over already");
            say_what_was_done(desk, &session);
        }
        Ended::Gone => say("the session was over already; it is recorded"),
    }
    Ok(ExitCode::SUCCESS)
}
