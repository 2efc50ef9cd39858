//! Bare `easeback`: for somebody who can type one word.

use super::{
    AppContext,
    control::{self, ControlCommand},
    is_interactive,
    known_past::load_past,
    live::{mark_cut_off, snapshot_now},
    plan, preflight, print_stderr, print_stdout, prompt_line, start, status,
};
use crate::{
    clock,
    error::Result,
    limits::find_cautions,
    session::{Intake, Session},
    time::WallTime,
};
use std::process::ExitCode;

/// Shows the running session; offers to go on with one that was cut off; else shows the plan, and starts it on
/// Enter. Without a terminal it is `status`.
pub(crate) fn run(desk: &AppContext) -> Result<ExitCode> {
    if !is_interactive() {
        return status::run(&status::StatusArgs::default(), desk);
    }
    let (found, watched) = desk.read_journal_and_timer()?;
    match found.into_own_session()? {
        Some(_) if watched != Some(false) => start::attach_to_session(desk, false),
        Some(session) if !session.is_over() && !session.is_rehearsal() => prompt_to_resume(desk, session),
        _ => prompt_to_start(desk),
    }
}

fn prompt_to_resume(desk: &AppContext, session: Session) -> Result<ExitCode> {
    let found = snapshot_now(&mark_cut_off(session));
    print_stderr(&format!("{}. The pack may have been on since: look at the skin.", found.to_status_line()));
    match prompt_line("Enter goes on with it, n begins a new one, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y") => {
            control::run(ControlCommand::Resume, desk)?;
            start::attach_to_session(desk, false)
        }
        Some("n" | "N") => start::run(&start::StartArgs::from_defaults(desk)?, desk),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn prompt_to_start(desk: &AppContext) -> Result<ExitCode> {
    let args = start::StartArgs::from_defaults(desk)?;
    let now = WallTime::from(&clock::local_time());
    let settings = args.flags.session_settings();
    let past = load_past(desk, &settings)?;
    past.warn_of_gaps();
    // What nobody can read is asked for when it starts.
    let past = past.sessions;
    let plan = args.flags.build_plan(&Intake::default(), &past, &now)?;
    preflight::print_advice_for_protocol(desk, &plan.protocol)?;
    print_stdout(&plan::format_plan_table(
        &plan,
        &find_cautions(&plan, &past, &now),
        &settings,
        &now,
        &desk.output_format(),
    ))?;
    match prompt_line("\nEnter starts it, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y" | "yes") => start::run(&args, desk),
        _ => Ok(ExitCode::SUCCESS),
    }
}
