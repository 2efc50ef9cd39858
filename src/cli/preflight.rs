//! What `easeback start` prints and asks before a session.
//!
//! In this order: recent heat or cold, if the history cannot be read in full; who should ask a clinician first (once);
//! warning signs (once an episode, before the first session that the program times); pain; advice for this stage of the
//! episode (each once an episode); and always the emergency signs. Before a rehearsal nothing is asked, and no notice
//! counts as seen.

mod prompter;
mod warning_signs;

pub(crate) use prompter::{Stop, exit_code};

use super::{
    AppContext,
    flags::{Resolved, parse_pain_score},
    known_past::KnownPast,
    print_stderr,
};
use crate::{
    clock,
    journal::SeenNotices,
    record::sign_answers,
    report::format_advice,
    stats::{Advice, EpisodeProgress, STRETCH_PROTOCOL, select_advice},
    time::WallTime,
    view::{self, PromptResult, Signals},
};
use prompter::{Answer, Prompter, Question};
use std::io::{self, IsTerminal};
use textwrap::fill;

const CLINICIAN_NOTICE: &str = include_str!("preflight/who.txt");
/// Printed at every start (PROTOCOLS, section 4).
const EMERGENCY_NOTICE: &str = "Call 112 or your local emergency number if you lose control of bladder or bowel, go numb \
    around the genitals or buttocks, or get weak or numb in both legs. More: `easeback guide help`, \
    `easeback guide who`";
const QUESTIONS_SKIPPED_NOTICE: &str =
    "the questions about warning signs were not asked; `easeback guide help` has them";

/// Prints and asks what comes before a session, and takes the answers into the past and the intake.
///
/// # Errors
/// No session starts: it is too soon, or the person left.
pub(crate) fn run_preflight(
    context: &AppContext,
    resolved: &mut Resolved,
    past: &mut KnownPast,
    signals: &Signals,
) -> Answer<()> {
    let prompter = Prompter::new(context, resolved.interaction, signals);
    ask_unknown_past(&prompter, past)?;
    let now = clock::now().wall;
    past.fit(resolved, &now)?;
    let Resolved { request, intake, interaction, .. } = resolved;
    let is_quiet = interaction.quiet;
    if let Some(mut progress) = past.episode_progress(intake, &now) {
        if !is_quiet {
            show_clinician_notice_once(context, &prompter, &now)?;
        }
        if !progress.has_sign_answers {
            intake.answers = Some(warning_signs::prompt_warning_signs(context, &prompter, intake.pain)?);
            if prompter.is_disabled() && !is_quiet {
                print_stderr(QUESTIONS_SKIPPED_NOTICE);
            }
        }
        if intake.pain.is_none() && !is_quiet {
            intake.pain = ask_pain(&prompter)?;
            progress.last_pain = intake.pain.or(progress.last_pain);
        }
        if !is_quiet {
            let started_anyway = sign_answers::answer_unknown_list(sign_answers::SIGNS_STARTED_ANYWAY);
            let has_warning_sign = intake.answers == Some(started_anyway);
            print_unseen_advice(context, &progress, &request.protocol.name, has_warning_sign);
        }
    }
    if !is_quiet {
        print_stderr(EMERGENCY_NOTICE);
    }
    Ok(())
}

/// Asks whether the unreadable part of the history holds recent heat and cold. Without an answer it counts as if it
/// did.
fn ask_unknown_past(prompter: &Prompter, past: &mut KnownPast) -> Answer<()> {
    let Some(unknown) = past.unknown.take() else { return Ok(()) };
    let question = "Heat or cold in the last 30 minutes? y/n";
    let question = Question {
        keys: &[question],
        line: &format!("{question} Type y or n, then Enter:"),
        expected: "y or n?",
        ..Question::default()
    };
    let answer = prompter.ask(&question, |typed| match typed.to_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    });
    let counted = match answer? {
        Some(false) => return Ok(()),
        Some(true) => unknown.confirm_exposure(clock::now().wall),
        None => unknown,
    };
    counted.print_assumption();
    past.unknown = Some(counted);
    Ok(())
}

/// Asks for the pain now (NRS-11), so that the record shows what the session changed; `None` if it is skipped or nobody
/// can be asked.
fn ask_pain(prompter: &Prompter) -> Answer<Option<u8>> {
    let question = Question {
        keys: &["Pain now? 0 (none) to 9, t for ten (the worst), Enter skips"],
        line: "Pain now? Type 0 (none) to 10 (the worst), then Enter. Enter alone skips:",
        expected: "a number from 0 to 10, or nothing?",
        ..Question::default()
    };
    let answer = prompter.ask(&question, |typed| match typed {
        "" => Some(None),
        _ => parse_pain_score(typed).ok().map(Some),
    });
    Ok(answer?.flatten())
}

/// Prints the advice for this stage of the episode, for a person who has not decided to start a session yet.
pub(crate) fn print_advice(context: &AppContext, resolved: &Resolved, past: &mut KnownPast) {
    if let Some(progress) = past.episode_progress(&resolved.intake, &clock::now().wall) {
        print_unseen_advice(context, &progress, &resolved.request.protocol.name, false);
    }
}

/// Shows who should ask a clinician first, unless it was shown before.
fn show_clinician_notice_once(context: &AppContext, prompter: &Prompter, now: &WallTime) -> Answer<()> {
    let mut seen = context.journal.load_seen();
    if seen.has_seen("who", now) {
        return Ok(());
    }
    let notice = Question {
        text: CLINICIAN_NOTICE,
        keys: &["Any key goes on."],
        line: "Enter goes on.",
        ..Question::default()
    };
    match prompter.prompt(&notice, |_| Some(()))? {
        None => print_wrapped_text(CLINICIAN_NOTICE),
        Some(PromptResult::Signal(signal)) => return Err(Stop::Left(exit_code(signal))),
        Some(_) => {}
    }
    seen.mark_seen("who", now);
    save_seen_notices(context, &seen);
    Ok(())
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
