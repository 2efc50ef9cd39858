//! `easeback start`: plans a session, asks what has to be asked, starts its timer process, and shows it in a viewer.
//!
//! Also the attaching to a running session, and what is printed when a viewer closes. The session itself runs in the
//! timer process and goes on without a viewer.

use super::{
    AppContext,
    flags::{Interaction, Resolved, SessionFlags, format_plan_summary},
    is_interactive,
    known_past::{KnownPast, UnknownPast},
    live::{
        EndOutcome, FinalizeStep, already_running_error, build_timer_command, end_session, mark_cut_off,
        no_session_error, print_session_result, snapshot_now, wait_for_timer,
    },
    plan::format_caution,
    preflight::{self, Stop},
    print_stderr, prompt_line,
};
use crate::{
    clock,
    config::{DetectedTerminal, UserSettings},
    error::{Error, ErrorCode, Result},
    history::new_line_id,
    journal::{JournalState, LockedJournal},
    limits::Caution,
    protocol::Plan,
    record::{Outcome, name_sources},
    session::{Header, JOURNAL_VERSION, Session},
    time::WallTime,
    timer,
    view::{self, CloseReason, DisplayOptions, OpenedBy, Signals, TerminalFeatures},
};
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

/// Start a session
#[derive(Args, Default)]
#[command(after_help = "Example: easeback start ice --pain 6")]
pub(crate) struct StartArgs {
    #[command(flatten)]
    flags: SessionFlags,
    /// Start in the background
    #[arg(long)]
    detach: bool,
}

pub(crate) fn run(args: &StartArgs, context: &AppContext) -> Result<ExitCode> {
    let config = context.load_config()?.settings;
    // Mistakes in the flags alone are reported before anything is changed.
    let resolved = args.flags.resolve(&config, context)?;
    start_session(resolved, args.detach || config.start.detach, context)
}

/// Asks what has to be asked, begins the session, and shows it.
pub(crate) fn start_session(mut resolved: Resolved, detach: bool, context: &AppContext) -> Result<ExitCode> {
    let is_real = !resolved.settings.is_rehearsal();
    let Interaction { plain, quiet, .. } = resolved.interaction;
    context.journal.require_writable()?;
    if !clear_previous(context, is_real)? {
        return Ok(ExitCode::SUCCESS);
    }
    let mut past = KnownPast::read(context, &resolved.settings)?;
    past.warn_of_gaps();
    let signals =
        Signals::register_handlers().map_err(|error| Error::system("listen for signals", &error))?;
    match preflight::run_preflight(context, &mut resolved, &mut past, &signals) {
        Ok(()) => {}
        Err(Stop::Left(code)) => return Ok(code),
        Err(Stop::Failed(error)) => return Err(error),
    }
    if is_real {
        context.history.reserve_space()?;
    }
    context.journal.create_folder()?;
    let (plan, cautions, now) = begin_session(context, &resolved, past.unknown)?;
    let mut messages = Vec::new();
    if !quiet {
        print_stderr(&format_plan_summary(&plan, &resolved.settings, &now));
        messages.push(context.alert_config().describe_channels(&resolved.settings, !detach));
        messages.extend(cautions.iter().map(format_caution));
        messages.extend(
            plan.preparation.iter().map(|prepare| format!("Before you begin: {}", name_sources(prepare))),
        );
        messages.iter().for_each(|message| print_stderr(message));
    }
    if detach {
        if !quiet {
            print_stderr("the session runs by itself; `easeback status` shows it, `easeback stop` ends it");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let options = build_display_options(context, plain, quiet, resolved.settings.sound);
    open_viewer(context, &signals, options, OpenedBy::Start(&messages))
}

/// Attaches to the running session; `plain` overrides the settings.
pub(crate) fn attach_to_session(context: &AppContext, plain: bool) -> Result<ExitCode> {
    let (state, has_timer) = context.journal.read_with_timer_state()?;
    let session = state.into_own_session()?.ok_or_else(no_session_error)?;
    let UserSettings { start, alert_channels, .. } = context.settings_or_default();
    let options = build_display_options(context, plain || start.plain, false, alert_channels.sound);
    if has_timer == Some(false) {
        return handle_dead_timer(context, &session, options);
    }
    let signals =
        Signals::register_handlers().map_err(|error| Error::system("listen for signals", &error))?;
    open_viewer(context, &signals, options, OpenedBy::Attach)
}

/// Clears an earlier session's journal away: one whose timer is dead, one that is over, and a rehearsal if the new
/// session is real. Returns false if the person keeps it.
///
/// # Errors
/// A session is running.
fn clear_previous(context: &AppContext, is_real: bool) -> Result<bool> {
    let (state, has_timer) = context.journal.read_with_timer_state()?;
    let is_untimed = has_timer == Some(false);
    match state {
        JournalState::NoSession => return Ok(true),
        JournalState::OtherMachine(..) => return Err(already_started_error(state)),
        JournalState::NewerVersion(_) if !is_untimed => return Err(already_started_error(state)),
        JournalState::NewerVersion(_) | JournalState::Damaged(_) => {}
        JournalState::Session(session) if !is_untimed => {
            // A finished session only waits for its last answer, and can be closed.
            if !(session.is_over() || is_real && session.is_rehearsal()) {
                return Err(already_running_error(&session));
            }
            end_session(context, Some(session.header().id), None, None)?;
            return Ok(true);
        }
        JournalState::Session(session) => {
            let can_be_resumed = !session.is_over() && !session.is_rehearsal();
            if can_be_resumed && is_interactive() && !confirm_record_interrupted(*session) {
                return Ok(false);
            }
        }
    }
    let journal = context.journal.lock()?;
    match journal.try_acquire_lease()? {
        Some(_lease) => finalize_abandoned(&journal).map(|()| true),
        None => Err(already_started_error(journal.replay()?)),
    }
}

/// Asks whether to record a session that was cut off as interrupted.
fn confirm_record_interrupted(session: Session) -> bool {
    let snapshot = snapshot_now(&mark_cut_off(session));
    print_stderr(&format!(
        "A session was interrupted at {}, in round {} of {}. The pack may have been on since: look at the skin.",
        snapshot.timed_until.format_date_time(),
        snapshot.round,
        snapshot.rounds
    ));
    let is_confirmed = loop {
        let answer = prompt_line("Record it as interrupted and begin a new one? [Y/n]")
            .map(|answer| answer.to_lowercase());
        match answer.as_deref() {
            Some("" | "y" | "yes") => break true,
            None | Some("n" | "no") => break false,
            // Recording cannot be undone: ask again.
            Some(_) => print_stderr("y or n?"),
        }
    };
    if !is_confirmed {
        print_stderr("It is left as it is: `easeback resume` goes on with it.");
    }
    is_confirmed
}

/// The error if another session holds the journal or the timer's lease.
fn already_started_error(state: JournalState) -> Error {
    match state {
        JournalState::Session(session) => already_running_error(&session),
        JournalState::OtherMachine(_, error) | JournalState::NewerVersion(error) => {
            Error { exit_code: ErrorCode::SessionRunning, ..error }
        }
        JournalState::NoSession | JournalState::Damaged(_) => Error {
            exit_code: ErrorCode::SessionRunning,
            ..Error::failed("another session is just beginning")
        },
    }
}

/// Records a session whose timer is dead, and removes its journal. A journal that cannot be read is renamed, never
/// deleted.
fn finalize_abandoned(journal: &LockedJournal) -> Result<()> {
    let now = clock::now();
    let set_aside = |label, error| {
        let path = journal.set_aside(label, &now)?;
        print_stderr(&format!("warning: {error}; it is now {}", path.display()));
        Ok(())
    };
    match journal.replay()?.treat_as_ours_if_untimed(true) {
        JournalState::NoSession => Ok(()),
        state @ JournalState::OtherMachine(..) => Err(already_started_error(state)),
        JournalState::NewerVersion(error) => set_aside("newer", error),
        JournalState::Damaged(error) => set_aside("damaged", error),
        JournalState::Session(session) => {
            if let Some(record) = journal.finalize(&session, &now)?
                && record.outcome == Outcome::Interrupted
            {
                let started = record.started.format_date_time();
                print_stderr(&format!("the session of {started} is recorded as interrupted"));
            }
            Ok(())
        }
    }
}

/// Begins the session: acquires the timer's lease, writes the journal, and starts the timer process. Returns the plan,
/// the cautions for it, and when it began.
fn begin_session(
    context: &AppContext,
    resolved: &Resolved,
    unknown: Option<UnknownPast>,
) -> Result<(Plan, Vec<Caution>, WallTime)> {
    let timer_command = build_timer_command(context)?;
    let journal = context.journal.lock()?;
    let lease = journal.try_acquire_lease()?;
    let lease = match (journal.replay()?, lease) {
        (JournalState::NoSession, Some(lease)) => lease,
        (state, _) => return Err(already_started_error(state)),
    };
    // The answers took time: the plan is checked again, with what was recorded meanwhile.
    let mut past = KnownPast::read(context, &resolved.settings)?;
    past.unknown = unknown;
    let now = clock::now();
    let (plan, cautions) = past.fit(resolved, &now.wall)?;
    let header = Header {
        version: JOURNAL_VERSION,
        id: new_line_id(&now.wall),
        machine: context.environment.machine.id.clone(),
        plan: plan.clone(),
        settings: resolved.settings.clone(),
        intake: resolved.intake.clone(),
    };
    journal.create(&Session::begin(header, &now))?;
    drop(journal);
    timer::spawn(timer_command, &lease).inspect_err(|_| {
        // Without a timer there is no session.
        if let Ok(journal) = context.journal.lock() {
            let _ = journal.remove();
        }
    })?;
    Ok((plan, cautions, now.wall))
}

fn build_display_options(context: &AppContext, plain: bool, is_quiet: bool, sound: bool) -> DisplayOptions {
    let is_terminal = io::stdout().is_terminal();
    let DetectedTerminal { has_title, has_progress: has_taskbar_progress, .. } = context.environment.terminal;
    DisplayOptions {
        has_live_screen: is_terminal && !plain && !is_quiet && !context.environment.is_dumb_terminal,
        is_quiet,
        has_bell: is_terminal && sound,
        ascii_only: context.environment.ascii_only,
        terminal_features: TerminalFeatures {
            color_depth: context.color_depth(),
            has_title,
            has_taskbar_progress,
        },
    }
}

/// Shows the session in a viewer, and ends, records or leaves it as the reason for closing asks.
fn open_viewer(
    context: &AppContext,
    signals: &Signals,
    options: DisplayOptions,
    opened_by: OpenedBy,
) -> Result<ExitCode> {
    let is_start = matches!(opened_by, OpenedBy::Start(_));
    match view::run(&context.journal, options, signals, opened_by)? {
        CloseReason::SessionOver(session) => finalize_and_print_result(context, &session, options),
        CloseReason::TimerGone(session) => handle_dead_timer(context, &session, options),
        CloseReason::StopRequested(session) => {
            end_and_print_result(context, session, options).map(|()| ExitCode::SUCCESS)
        }
        CloseReason::Signal(signal, session) if is_start && [SIGINT, SIGTERM].contains(&signal) => {
            let was_over = session.is_over();
            end_and_print_result(context, session, options)?;
            Ok(if was_over { ExitCode::SUCCESS } else { preflight::exit_code(signal) })
        }
        CloseReason::JournalRemoved => Err(Error::failed(
            "the session's file was removed: nobody is timing it",
        )
        .with_hint("take the pack off; `easeback history` has what was done, `easeback start` begins anew")),
        CloseReason::Signal(SIGHUP, _) | CloseReason::OutputClosed => Ok(ExitCode::SUCCESS),
        CloseReason::Signal(_, session) if session.is_over() => {
            finalize_and_print_result(context, &session, options)
        }
        CloseReason::Signal(_, session) if context.journal.has_timer() == Some(false) => {
            handle_dead_timer(context, &session, options)
        }
        CloseReason::Signal(..) | CloseReason::Detached => {
            print_stderr("the session goes on; `easeback stop` ends it, `easeback` shows it again");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Ends the session of the viewer, and prints its result.
fn end_and_print_result(context: &AppContext, session: Box<Session>, options: DisplayOptions) -> Result<()> {
    let ended = match end_session(context, Some(session.header().id), None, None)? {
        EndOutcome::EndedNow(ended) | EndOutcome::AlreadyOver(ended) => ended,
        EndOutcome::AlreadyFinalized => session,
    };
    if !options.is_quiet {
        print_session_result(context, &ended);
    }
    Ok(())
}

/// Waits until a finished session is recorded, and prints its result.
fn finalize_and_print_result(
    context: &AppContext,
    session: &Session,
    options: DisplayOptions,
) -> Result<ExitCode> {
    wait_for_timer(FinalizeStep::Recorded, context, session)?;
    if !options.is_quiet {
        print_session_result(context, session);
    }
    Ok(ExitCode::SUCCESS)
}

/// The timer died and left the journal: records a finished session, and fails for one that is not over.
fn handle_dead_timer(context: &AppContext, session: &Session, options: DisplayOptions) -> Result<ExitCode> {
    if session.is_over() {
        return finalize_and_print_result(context, session, options);
    }
    if options.has_bell && !options.has_live_screen {
        // No timer is left to alert the person, and only a live screen has rung already.
        let _ = write!(io::stderr(), "\x07");
    }
    let record = if session.is_rehearsal() { "" } else { "; `easeback stop` records what was done" };
    Err(Error::failed("the timer was killed: nobody is timing this session")
        .with_hint(format!("take the pack off, or go on with `easeback resume`{record}")))
}
