//! What `easeback start` prints and asks before a session.
//!
//! In this order: recent heat or cold, if the history cannot be read in full; who should ask a clinician first (once);
//! warning signs (once an episode, before the first session that the program times); pain; advice for this stage of the
//! episode (each once an episode); and always the emergency signs. Before a rehearsal nothing is asked, and no notice
//! counts as seen.

mod pain;
mod recent_exposure;
mod warning_signs;

use super::{
    AppContext,
    flags::{Interaction, Resolved},
    is_interactive,
    known_past::KnownPast,
    print_stderr,
};
use crate::{
    clock,
    error::Result,
    journal::SeenNotices,
    record::sign_answers,
    report::format_advice,
    stats::{Advice, EpisodeProgress, STRETCH_PROTOCOL, select_advice},
    time::WallTime,
    view::{self, PromptResult, Signals, prompt_for_key, prompt_for_line},
};
use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};
use textwrap::fill;

const CLINICIAN_NOTICE: &str = include_str!("preflight/who.txt");
/// Printed at every start (PROTOCOLS, section 4).
const EMERGENCY_NOTICE: &str = "Call 112 or your local emergency number if you lose control of bladder or bowel, go numb \
    around the genitals or buttocks, or get weak or numb in both legs. More: `easeback guide help`, \
    `easeback guide who`";
const QUESTIONS_SKIPPED_NOTICE: &str =
    "the questions about warning signs were not asked; `easeback guide help` has them";

/// An answer, or that the session does not start.
enum PreflightOutcome<T> {
    Proceed(T),
    /// The program ends with this exit code.
    Exit(ExitCode),
}

/// How questions are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PromptMode {
    Disabled,
    SingleKey,
    /// For terminals that cannot read single keys, and for screen readers.
    TypedLine,
}

/// Prints and asks what comes before a session, and takes the answers into the intake. Returns the exit code if the
/// session does not start.
pub(crate) fn run_preflight(
    context: &AppContext,
    resolved: &mut Resolved,
    past: &mut KnownPast,
    signals: &Signals,
) -> Result<Option<ExitCode>> {
    let Resolved { request, intake, interaction, .. } = resolved;
    let now = clock::now().wall;
    if let Some(mut progress) = past.episode_progress(intake, &now) {
        let prompt_mode = choose_prompt_mode(context, *interaction);
        if !interaction.quiet
            && let Some(signal) = show_clinician_notice_once(context, prompt_mode, signals, &now)?
        {
            return Ok(Some(exit_code(signal)));
        }
        if !progress.has_sign_answers {
            match warning_signs::prompt_warning_signs(context, prompt_mode, signals, intake.pain)? {
                PreflightOutcome::Proceed(answers) => intake.answers = Some(answers),
                PreflightOutcome::Exit(code) => return Ok(Some(code)),
            }
            if prompt_mode == PromptMode::Disabled && !interaction.quiet {
                print_stderr(QUESTIONS_SKIPPED_NOTICE);
            }
        }
        if intake.pain.is_none() && !interaction.quiet {
            match pain::prompt_pain(prompt_mode, signals)? {
                PreflightOutcome::Proceed(pain) => intake.pain = pain,
                PreflightOutcome::Exit(code) => return Ok(Some(code)),
            }
            progress.last_pain = intake.pain.or(progress.last_pain);
        }
        if !interaction.quiet {
            let started_anyway = sign_answers::answer_unknown_list(sign_answers::SIGNS_STARTED_ANYWAY);
            let has_warning_sign = intake.answers == Some(started_anyway);
            print_unseen_advice(context, &progress, &request.protocol.name, has_warning_sign);
        }
    }
    if !interaction.quiet {
        print_stderr(EMERGENCY_NOTICE);
    }
    Ok(None)
}

/// Asks whether the unreadable part of the history holds recent heat and cold. Without an answer it counts as if it
/// did. Returns the exit code if the session does not start.
pub(crate) fn ask_unknown_past(
    context: &AppContext,
    interaction: Interaction,
    past: &mut KnownPast,
    signals: &Signals,
) -> Result<Option<ExitCode>> {
    let Some(unknown) = past.unknown.take() else { return Ok(None) };
    let prompt_mode = choose_prompt_mode(context, interaction);
    let counted = match recent_exposure::ask_recent_exposure(prompt_mode, signals)? {
        PreflightOutcome::Proceed(Some(false)) => return Ok(None),
        PreflightOutcome::Proceed(Some(true)) => unknown.confirm_exposure(clock::now().wall),
        PreflightOutcome::Proceed(None) => unknown,
        PreflightOutcome::Exit(code) => return Ok(Some(code)),
    };
    counted.print_assumption();
    past.unknown = Some(counted);
    Ok(None)
}

/// Prints the advice for this stage of the episode, for a person who has not decided to start a session yet.
pub(crate) fn print_advice(context: &AppContext, resolved: &Resolved, past: &mut KnownPast) {
    if let Some(progress) = past.episode_progress(&resolved.intake, &clock::now().wall) {
        print_unseen_advice(context, &progress, &resolved.request.protocol.name, false);
    }
}

fn choose_prompt_mode(context: &AppContext, interaction: Interaction) -> PromptMode {
    match interaction {
        Interaction { skip_questions: true, .. } => PromptMode::Disabled,
        _ if !is_interactive() => PromptMode::Disabled,
        Interaction { plain: true, .. } => PromptMode::TypedLine,
        _ if context.environment.is_dumb_terminal => PromptMode::TypedLine,
        _ => PromptMode::SingleKey,
    }
}

/// Shows who should ask a clinician first, unless it was shown before; returns the signal if one came instead of a key.
fn show_clinician_notice_once(
    context: &AppContext,
    prompt_mode: PromptMode,
    signals: &Signals,
    now: &WallTime,
) -> Result<Option<i32>> {
    let mut seen = context.journal.load_seen();
    if seen.has_seen("who", now) {
        return Ok(None);
    }
    let result = match prompt_mode {
        PromptMode::Disabled => {
            print_wrapped_text(CLINICIAN_NOTICE);
            PromptResult::Answered(())
        }
        PromptMode::SingleKey => {
            prompt_for_key(signals, CLINICIAN_NOTICE, &["Any key goes on."], |_| Some(()))?
        }
        PromptMode::TypedLine => {
            prompt_for_line(signals, CLINICIAN_NOTICE, "Enter goes on.", "", |_| Some(()))?
        }
    };
    if let PromptResult::Signal(signal) = result {
        return Ok(Some(signal));
    }
    seen.mark_seen("who", now);
    save_seen_notices(context, &seen);
    Ok(None)
}

/// Prints the advice that was not printed before in this episode; after a warning sign, only that to see a doctor.
fn print_unseen_advice(
    context: &AppContext,
    progress: &EpisodeProgress,
    protocol: &str,
    has_warning_sign: bool,
) {
    let now = clock::now().wall;
    let mut seen = context.journal.load_seen();
    let mut due = select_advice(progress, &now);
    due.retain(|advice| match advice {
        Advice::Doctor => true,
        Advice::Stretches => !has_warning_sign && protocol != advice_key(*advice),
        Advice::Movement => !has_warning_sign,
    });
    due.retain(|advice| !seen.has_seen_since(advice_key(*advice), &progress.onset_or_start, &now));
    for advice in &due {
        print_stderr(format_advice(*advice));
        seen.mark_seen(advice_key(*advice), &now);
    }
    if !due.is_empty() {
        save_seen_notices(context, &seen);
    }
}

/// The advice's key among the seen notices; that of the stretches is their protocol's name.
fn advice_key(advice: Advice) -> &'static str {
    match advice {
        Advice::Doctor => "doctor",
        Advice::Stretches => STRETCH_PROTOCOL,
        Advice::Movement => "movement",
    }
}

fn save_seen_notices(context: &AppContext, seen: &SeenNotices) {
    if let Err(error) = context.journal.save_seen(seen) {
        print_stderr(&format!("warning: {error}; what is said only once will be said again"));
    }
}

/// Prints a text that is broken into lines already, wrapped further on a narrow terminal.
fn print_wrapped_text(text: &str) {
    let width = if io::stderr().is_terminal() { view::terminal_width(io::stderr()) } else { usize::MAX };
    let lines = text.lines().map(|line| {
        let indent = if line.starts_with("- ") { "  " } else { "" };
        fill(line, view::wrap_options(width).subsequent_indent(indent))
    });
    print_stderr(&lines.collect::<Vec<_>>().join("\n"));
}

/// Does not let the session start at the end of input or after a signal.
fn require_answer<T>(result: PromptResult<T>) -> PreflightOutcome<T> {
    match result {
        PromptResult::Answered(answer) => PreflightOutcome::Proceed(answer),
        PromptResult::EndOfInput => {
            print_stderr("no answer, no session; `easeback start --skip-questions` does not ask");
            PreflightOutcome::Exit(ExitCode::FAILURE)
        }
        PromptResult::Signal(signal) => PreflightOutcome::Exit(exit_code(signal)),
    }
}

/// The exit code of a program that a signal ends: 128 plus its number.
pub(crate) fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(128 + u8::try_from(signal).unwrap_or_default())
}
