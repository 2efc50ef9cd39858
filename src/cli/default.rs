//! `easeback` without a command: the whole program for a person in pain who can type one word.
//!
//! It asks one question at most and hands over to `start`, `attach`, `resume` or `status`.

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

/// Attaches to the running session; offers to resume one that was cut off; else shows the plan and starts it on
/// Enter. Without a terminal it is `status`.
pub(crate) fn run(context: &AppContext) -> Result<ExitCode> {
    if !is_interactive() {
        return status::run(&status::StatusArgs::default(), context);
    }
    let (journal_state, has_timer) = context.read_journal_and_timer()?;
    match journal_state.into_own_session()? {
        Some(_) if has_timer != Some(false) => start::attach_to_session(context, false),
        Some(session) if !session.is_over() && !session.is_rehearsal() => prompt_to_resume(context, session),
        _ => prompt_to_start(context),
    }
}

fn prompt_to_resume(context: &AppContext, session: Session) -> Result<ExitCode> {
    let snapshot = snapshot_now(&mark_cut_off(session));
    print_stderr(&format!(
        "{}. The pack may have been on since: look at the skin.",
        snapshot.to_status_line()
    ));
    match prompt_line("Enter goes on with it, n begins a new one, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y") => {
            control::run(ControlCommand::Resume, context)?;
            start::attach_to_session(context, false)
        }
        Some("n" | "N") => start::run(&start::StartArgs::from_defaults(context)?, context),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn prompt_to_start(context: &AppContext) -> Result<ExitCode> {
    let args = start::StartArgs::from_defaults(context)?;
    let now = WallTime::from(&clock::local_time());
    let settings = args.flags.session_settings();
    let past = load_past(context, &settings)?;
    past.warn_of_gaps();
    // `start` asks about heat and cold that the unreadable part may hold.
    let past = past.sessions;
    let plan = args.flags.build_plan(&Intake::default(), &past, &now)?;
    preflight::print_advice_for_protocol(context, &plan.protocol)?;
    print_stdout(&plan::format_plan_table(
        &plan,
        &find_cautions(&plan, &past, &now),
        &settings,
        &now,
        &context.output_format(),
    ))?;
    match prompt_line("\nEnter starts it, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y" | "yes") => start::run(&args, context),
        _ => Ok(ExitCode::SUCCESS),
    }
}
