//! `easeback stop`: ends the running session and records what was done.

use super::{
    AppContext, flags,
    live::{EndOutcome, end_session, print_session_result},
    print_stderr,
};
use crate::error::Result;
use clap::Args;
use std::process::ExitCode;

/// End the session and save what you did
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback stop\n  easeback stop --pain 3 --why \"had to leave\"")]
pub(crate) struct StopArgs {
    /// Pain now, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = flags::parse_pain_score, allow_hyphen_values = true)]
    pain: Option<u8>,
    /// Why you stopped
    #[arg(long, value_name = "TEXT", value_parser = flags::parse_text, allow_hyphen_values = true)]
    why: Option<String>,
}

pub(crate) fn run(args: StopArgs, context: &AppContext) -> Result<ExitCode> {
    match end_session(context, None, args.pain, args.why)? {
        EndOutcome::EndedNow(session) => print_session_result(context, &session),
        EndOutcome::AlreadyOver(session) => {
            print_stderr("the session was over already");
            print_session_result(context, &session);
        }
        EndOutcome::AlreadyFinalized => print_stderr("the session was over already; it is recorded"),
    }
    Ok(ExitCode::SUCCESS)
}
