//! `easeback start`: begins a session, hands it to a timer, and looks on.

use super::{
    AppContext,
    flags::{SessionFlags, format_plan_summary},
    is_interactive,
    known_past::load_past,
    live::{
        EndOutcome, FinalizeStep, already_running_error, build_timer_command, end_session, mark_cut_off,
        no_session_error, print_session_result, snapshot_now, wait_for_timer,
    },
    plan::format_caution,
    preflight::{self, PreflightOutcome},
    print_stderr, prompt_line,
};
use crate::{
    clock,
    config::{DetectedTerminal, UserSettings as Defaults},
    error::{Error, ErrorCode, Result},
    history::new_line_id,
    journal::{JournalState, LockedJournal},
    limits::find_cautions,
    protocol::Plan,
    record::{Outcome, name_sources},
    session::{Header, Intake, JOURNAL_VERSION, Session, SessionSettings},
    timer,
    view::{self, CloseReason, DisplayOptions, Signals, TerminalFeatures},
};
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

/// Begin a session
#[derive(Args, Default)]
#[command(after_help = "Example: easeback start ice --pain 6")]
pub(crate) struct StartArgs {
    #[command(flatten)]
    pub(crate) flags: SessionFlags,
    /// Return to the shell at once; the session goes on
    #[arg(long)]
    detach: bool,
}

impl StartArgs {
    /// Takes from the settings what was not typed.
    pub(crate) fn apply_defaults(&mut self, defaults: &Defaults, desk: &AppContext) {
        self.flags.apply_defaults(defaults, &desk.config);
        self.detach |= defaults.start.detach;
    }

    /// Nothing typed: the settings alone.
    ///
    /// # Errors
    /// They have mistakes.
    pub(crate) fn from_defaults(desk: &AppContext) -> Result<StartArgs> {
        let mut args = StartArgs::default();
        args.apply_defaults(&desk.load_config()?.settings, desk);
        Ok(args)
    }
}

/// A viewer that began the session ends it when it is told to go; one that came later only closes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LaunchedBy<'a> {
    /// With what was said before: the live screen would hide it.
    Start(&'a [String]),
    Attach,
}

pub(crate) fn run(args: &StartArgs, desk: &AppContext) -> Result<ExitCode> {
    // All that the flags alone can get wrong, before anything is touched.
    let flags = args.flags.fill_from_last_session(&desk.logs)?;
    let facts = flags.build_intake(&clock::local_time())?;
    let protocol = flags.build_plan(&facts, &[], &clock::now().wall)?.protocol;
    let settings = flags.session_settings();
    desk.journal.require_writable()?;
    if !clear_previous(desk, !settings.is_rehearsal())? {
        return Ok(ExitCode::SUCCESS);
    }
    let known = load_past(desk, &settings)?;
    known.warn_of_gaps();
    let signals = Signals::register_handlers().map_err(|why| Error::system("listen for signals", &why))?;
    let unknown = match preflight::ask_unknown_past(desk, &flags, &known, &signals)? {
        PreflightOutcome::Proceed(unknown) => unknown,
        PreflightOutcome::Exit(code) => return Ok(code),
    };
    known.plan(&flags, &facts, unknown.as_ref(), &clock::now().wall)?;
    let facts = match preflight::run_preflight(desk, &flags, facts, &protocol, &signals)? {
        PreflightOutcome::Proceed(facts) => facts,
        PreflightOutcome::Exit(code) => return Ok(code),
    };
    // The person took their time to answer.
    let now = clock::now().wall;
    let (plan, past) = load_past(desk, &settings)?.plan(&flags, &facts, unknown.as_ref(), &now)?;
    if !settings.is_rehearsal() {
        desk.logs.reserve_space()?;
    }
    desk.journal.create_folder()?;
    let mut opening = Vec::new();
    if !args.flags.quiet {
        print_stderr(&format_plan_summary(&plan, &settings, &now));
        opening.push(desk.alert_config().describe_channels(&settings, !args.detach));
        opening.extend(find_cautions(&plan, &past, &now).iter().map(format_caution));
        opening.extend(
            plan.preparation.iter().map(|prepare| format!("Before you begin: {}", name_sources(prepare))),
        );
        opening.iter().for_each(|text| print_stderr(text));
    }
    begin_session(desk, plan, settings, facts)?;
    if args.detach {
        if !args.flags.quiet {
            print_stderr("the session runs by itself; `easeback status` shows it, `easeback stop` ends it");
        }
        return Ok(ExitCode::SUCCESS);
    }
    watch_session(desk, &signals, build_view_style(args, desk), LaunchedBy::Start(&opening))
}

/// Attaches to the running session; `plain` where lines are wanted whatever the settings say.
pub(crate) fn attach_to_session(desk: &AppContext, plain: bool) -> Result<ExitCode> {
    let (found, watched) = desk.journal.read_with_timer_state()?;
    let session = found.into_own_session()?.ok_or_else(no_session_error)?;
    let mut args = build_attach_args(desk);
    args.flags.plain |= plain;
    let style = build_view_style(&args, desk);
    if watched == Some(false) {
        return handle_dead_timer(desk, &session, style);
    }
    let signals = Signals::register_handlers().map_err(|why| Error::system("listen for signals", &why))?;
    watch_session(desk, &signals, style, LaunchedBy::Attach)
}

/// How it is looked on at. Who attaches wants to see it, whatever the settings say of that.
fn build_attach_args(desk: &AppContext) -> StartArgs {
    let mut args = StartArgs::default();
    args.apply_defaults(desk.settings_or_default(), desk);
    args.flags.quiet = false;
    args
}

/// Deals with a session that is there already. Only one that nobody times, or a rehearsal, makes way; false if
/// the person would rather keep it.
fn clear_previous(desk: &AppContext, real: bool) -> Result<bool> {
    let (found, watched) = desk.journal.read_with_timer_state()?;
    let nobody_times = watched == Some(false);
    match found {
        JournalState::NoSession => return Ok(true),
        JournalState::OtherMachine(..) => return Err(already_started_error(found)),
        JournalState::NewerVersion(_) if !nobody_times => return Err(already_started_error(found)),
        JournalState::NewerVersion(_) | JournalState::Damaged(_) => {}
        JournalState::Session(session) if !nobody_times => {
            // One that is complete has only waited for an answer.
            if !(session.is_over() || real && session.is_rehearsal()) {
                return Err(already_running_error(&session));
            }
            end_session(desk, Some(session.header().id), None, None)?;
            return Ok(true);
        }
        JournalState::Session(session) => {
            let matters = !session.is_over() && !session.is_rehearsal();
            if matters && is_interactive() && !confirm_record_interrupted(*session) {
                return Ok(false);
            }
        }
    }
    let held = desk.journal.lock()?;
    match held.try_acquire_lease()? {
        Some(_seat) => finalize_abandoned(&held).map(|()| true),
        None => Err(already_started_error(held.replay()?)),
    }
}

/// Asks whether a session that was cut off may be closed.
fn confirm_record_interrupted(session: Session) -> bool {
    let snapshot = snapshot_now(&mark_cut_off(session));
    print_stderr(&format!(
        "A session was cut off at {}, in round {} of {}. The pack may have been on since: look at the skin.",
        snapshot.timed_until.format_date_time(),
        snapshot.round,
        snapshot.rounds
    ));
    let closes = loop {
        let answer = prompt_line("Record it as interrupted and begin a new one? [Y/n]")
            .map(|answer| answer.to_lowercase());
        match answer.as_deref() {
            Some("" | "y" | "yes") => break true,
            None | Some("n" | "no") => break false,
            // It cannot be undone.
            Some(_) => print_stderr("y or n?"),
        }
    };
    if !closes {
        print_stderr("It is left as it is: `easeback resume` goes on with it.");
    }
    closes
}

/// The refusal when the seat is taken.
fn already_started_error(found: JournalState) -> Error {
    match found {
        JournalState::Session(session) => already_running_error(&session),
        JournalState::OtherMachine(_, why) | JournalState::NewerVersion(why) => {
            Error { exit_code: ErrorCode::SessionRunning, ..why }
        }
        JournalState::NoSession | JournalState::Damaged(_) => Error {
            exit_code: ErrorCode::SessionRunning,
            ..Error::failed("another session is just beginning")
        },
    }
}

/// What a session that nobody times leaves: its record. What cannot be read is set aside, never thrown away.
fn finalize_abandoned(held: &LockedJournal) -> Result<()> {
    let now = clock::now();
    let set_aside = |what, why| {
        let aside = held.set_aside(what, &now)?;
        print_stderr(&format!("warning: {why}; it is now {}", aside.display()));
        Ok(())
    };
    match held.replay()?.treat_as_ours_if_untimed(true) {
        JournalState::NoSession => Ok(()),
        found @ JournalState::OtherMachine(..) => Err(already_started_error(found)),
        JournalState::NewerVersion(why) => set_aside("newer", why),
        JournalState::Damaged(why) => set_aside("damaged", why),
        JournalState::Session(session) => {
            if let Some(record) = held.finalize(&session, &now)?
                && record.outcome == Outcome::Interrupted
            {
                let started = record.started.format_date_time();
                print_stderr(&format!("the session of {started} was cut off; it is recorded as interrupted"));
            }
            Ok(())
        }
    }
}

/// Begins the session: takes the seat, writes the journal, starts the timer.
fn begin_session(desk: &AppContext, plan: Plan, settings: SessionSettings, facts: Intake) -> Result<()> {
    let timer = build_timer_command(desk)?;
    let held = desk.journal.lock()?;
    let seat = held.try_acquire_lease()?;
    let seat = match (held.replay()?, seat) {
        (JournalState::NoSession, Some(seat)) => seat,
        (found, _) => return Err(already_started_error(found)),
    };
    let now = clock::now();
    let begun = Header {
        version: JOURNAL_VERSION,
        id: new_line_id(&now.wall),
        machine: desk.config.machine.id.clone(),
        plan,
        settings,
        intake: facts,
    };
    held.create(&Session::begin(begun, &now))?;
    drop(held);
    // If that fails there is no session.
    timer::spawn(timer, &seat).inspect_err(|_| {
        if let Ok(held) = desk.journal.lock() {
            let _ = held.remove();
        }
    })
}

fn build_view_style(args: &StartArgs, desk: &AppContext) -> DisplayOptions {
    let screen = io::stdout().is_terminal();
    let SessionFlags { plain, quiet, .. } = args.flags;
    DisplayOptions {
        has_live_screen: screen && !plain && !quiet && !desk.config.is_dumb_terminal,
        is_quiet: quiet,
        has_bell: screen && args.flags.session_settings().sound,
        ascii_only: desk.config.ascii_only,
        terminal_features: detect_terminal_features(desk),
    }
}

fn detect_terminal_features(desk: &AppContext) -> TerminalFeatures {
    let DetectedTerminal { has_title: title, has_progress: progress, .. } = desk.config.terminal;
    TerminalFeatures { color_depth: desk.color_depth(), has_title: title, has_taskbar_progress: progress }
}

fn watch_session(
    desk: &AppContext,
    signals: &Signals,
    style: DisplayOptions,
    opened: LaunchedBy,
) -> Result<ExitCode> {
    let by_start = matches!(opened, LaunchedBy::Start(_));
    let opened = match opened {
        LaunchedBy::Start(opening) => view::OpenedBy::Start(opening),
        LaunchedBy::Attach => view::OpenedBy::Attach,
    };
    match view::run(&desk.journal, style, signals, opened)? {
        CloseReason::SessionOver(session) => finalize_and_print_result(desk, &session, style),
        CloseReason::TimerGone(session) => handle_dead_timer(desk, &session, style),
        CloseReason::StopRequested(session) => {
            end_and_print_result(desk, session, style).map(|()| ExitCode::SUCCESS)
        }
        CloseReason::Signal(signal, session) if by_start && [SIGINT, SIGTERM].contains(&signal) => {
            let was_over = session.is_over();
            end_and_print_result(desk, session, style)?;
            Ok(if was_over { ExitCode::SUCCESS } else { preflight::exit_code(signal) })
        }
        CloseReason::JournalRemoved => Err(Error::failed(
            "the session's file was removed: nobody is timing it",
        )
        .with_hint("take the pack off; `easeback history` has what was done, `easeback start` begins anew")),
        CloseReason::Signal(SIGHUP, _) | CloseReason::OutputClosed => Ok(ExitCode::SUCCESS),
        CloseReason::Signal(_, session) if session.is_over() => {
            finalize_and_print_result(desk, &session, style)
        }
        CloseReason::Signal(_, session) if desk.journal.has_timer() == Some(false) => {
            handle_dead_timer(desk, &session, style)
        }
        CloseReason::Signal(..) | CloseReason::Detached => {
            print_stderr("the session goes on; `easeback stop` ends it, `easeback` shows it again");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Ends the session that was shown, and says what it came to.
fn end_and_print_result(desk: &AppContext, session: Box<Session>, style: DisplayOptions) -> Result<()> {
    let ended = match end_session(desk, Some(session.header().id), None, None)? {
        EndOutcome::EndedNow(ended) | EndOutcome::AlreadyOver(ended) => ended,
        EndOutcome::AlreadyFinalized => session,
    };
    if !style.is_quiet {
        print_session_result(desk, &ended);
    }
    Ok(())
}

/// The session is over, and nobody looks on any more.
fn finalize_and_print_result(
    desk: &AppContext,
    session: &Session,
    style: DisplayOptions,
) -> Result<ExitCode> {
    wait_for_timer(FinalizeStep::Recorded, desk, session)?;
    if !style.is_quiet {
        print_session_result(desk, session);
    }
    Ok(ExitCode::SUCCESS)
}

/// The timer is gone and the journal is still there.
fn handle_dead_timer(desk: &AppContext, session: &Session, style: DisplayOptions) -> Result<ExitCode> {
    if session.is_over() {
        return finalize_and_print_result(desk, session, style);
    }
    if style.has_bell && !style.has_live_screen {
        // The timer had the voice; the screen has rung already.
        let _ = write!(io::stderr(), "\x07");
    }
    let record = if session.is_rehearsal() { "" } else { "; `easeback stop` records what was done" };
    Err(Error::failed("the timer was killed: nobody is timing this session")
        .with_hint(format!("take the pack off, or go on with `easeback resume`{record}")))
}
