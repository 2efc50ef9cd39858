//! `easeback` without a command: the whole program for a person in pain who can type one word.
//!
//! It asks one question at most and hands over to `start`, `attach`, `resume` or `status`.

use super::{
    AppContext,
    control::{self, ControlCommand},
    flags::SessionFlags,
    is_interactive,
    known_past::KnownPast,
    live::{mark_cut_off, snapshot_now},
    plan, preflight, print_stderr, print_stdout, prompt_line, start, status,
};
use crate::{clock, error::Result, session::Session, time::WallTime};
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
        Some("n" | "N") => start::run(&start::StartArgs::default(), context),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn prompt_to_start(context: &AppContext) -> Result<ExitCode> {
    let config = context.load_config()?.settings;
    let resolved = SessionFlags::default().resolve(&config, context)?;
    let mut past = KnownPast::read(context, &resolved.settings)?;
    past.warn_of_gaps();
    // `start` asks about heat and cold that the unreadable part may hold.
    past.unknown = None;
    let now = WallTime::from(&clock::local_time());
    let (plan, cautions) = past.fit(&resolved, &now)?;
    preflight::print_advice(context, &resolved, &mut past);
    print_stdout(&plan::format_plan_table(
        &plan,
        &cautions,
        &resolved.settings,
        &now,
        &context.output_format(),
    ))?;
    match prompt_line("\nEnter starts it, Ctrl-C leaves.").as_deref() {
        Some("" | "y" | "Y" | "yes") => start::start_session(resolved, config.start.detach, context),
        _ => Ok(ExitCode::SUCCESS),
    }
}
