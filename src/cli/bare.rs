//! Bare `easeback`: for somebody who can type one word.

use super::{Desk, ask, can_ask, plan, print, running::past, start, status};
use crate::{clock, error::Result, time::Wall};
use std::process::ExitCode;

/// Bare `easeback`: the running session, else the plan and a start on Enter. Without a terminal, `status`.
pub fn run(desk: &Desk) -> Result<ExitCode> {
    let args = status::StatusArgs::default();
    if !can_ask() {
        return status::run(&args, desk);
    }
    desk.tidy();
    let running = desk.journal.read()?.ours()?;
    if running.is_some() && desk.journal.is_watched() != Some(false) {
        return start::attach(desk);
    }
    let args = start::StartArgs::default();
    let now = Wall::from(&clock::local());
    let settings = args.flags.settings();
    print(&plan::table(&args.flags.plan(&past(desk, &settings)?, &now)?, &settings, &now))?;
    match ask("\nEnter starts it, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y" | "yes") => start::run(&args, desk),
        _ => Ok(ExitCode::SUCCESS),
    }
}
