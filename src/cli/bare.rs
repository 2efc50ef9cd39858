//! Bare `easeback`: for somebody who can type one word.

use super::{
    Desk, ask, before, can_ask,
    drive::{self, Drive},
    past::past,
    plan, print,
    running::{found_alone, seen_now},
    say, start, status,
};
use crate::{
    clock,
    error::Result,
    limits::cautions,
    session::{Facts, Session},
    time::Wall,
};
use std::process::ExitCode;

/// Shows the running session; offers to go on with one that was cut off; else shows the plan, and starts it on
/// Enter. Without a terminal it is `status`.
pub fn run(desk: &Desk) -> Result<ExitCode> {
    if !can_ask() {
        return status::run(&status::StatusArgs::default(), desk);
    }
    let (found, watched) = desk.look_tidied()?;
    match found.ours()? {
        Some(_) if watched != Some(false) => start::attach(desk, false),
        Some(session) if !session.is_over() && !session.is_rehearsal() => cut_off(desk, session),
        _ => offer(desk),
    }
}

fn cut_off(desk: &Desk, session: Session) -> Result<ExitCode> {
    let found = seen_now(&found_alone(session));
    say(&format!("{}. The pack may have been on since: look at the skin.", found.in_one_line()));
    match ask("Enter goes on with it, n begins a new one, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y") => {
            drive::run(Drive::Resume, desk)?;
            start::attach(desk, false)
        }
        Some("n" | "N") => start::run(&start::StartArgs::untyped(desk)?, desk),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn offer(desk: &Desk) -> Result<ExitCode> {
    let args = start::StartArgs::untyped(desk)?;
    let now = Wall::from(&clock::local());
    let settings = args.flags.settings();
    let past = past(desk, &settings)?;
    past.warn();
    // What nobody can read is asked for when it starts.
    let past = past.sessions;
    let plan = args.flags.plan(&Facts::default(), &past, &now)?;
    before::advise(desk, &plan.protocol)?;
    print(&plan::table(&plan, &cautions(&plan, &past, &now), &settings, &now, &desk.look()))?;
    match ask("\nEnter starts it, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y" | "yes") => start::run(&args, desk),
        _ => Ok(ExitCode::SUCCESS),
    }
}
