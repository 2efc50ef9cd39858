//! What `easeback start` says and asks before a session.
//!
//! First whether there was heat or cold just before, where the history cannot be read. Then who should ask a clinician
//! first (once), the questions about warning signs (once an episode, before the first session that the program times),
//! how much it hurts, what comes next in the episode's course (each once an episode), and always the emergency signs. A
//! rehearsal is no session: it is asked nothing, and nothing once-only is spent on it.

mod pain;
mod recent_exposure;
mod warning_signs;

use super::{
    AppContext,
    flags::SessionFlags,
    is_interactive,
    known_past::{KnownPast, UnknownPast},
    print_stderr,
};
use crate::{
    clock,
    error::Result,
    journal::SeenNotices,
    record::{Query, sign_answers},
    report::format_advice,
    session::Intake,
    stats::{Advice, EPISODE_GAP, EpisodeProgress, STRETCH_PROTOCOL, YEAR, select_advice},
    time::WallTime,
    view::{self, PromptResult, Signals, prompt_for_key, prompt_for_line},
};
use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};
use textwrap::fill;

const CLINICIAN_NOTICE: &str = include_str!("preflight/who.txt");
/// What is said at every start (PROTOCOLS, section 4).
const EMERGENCY_NOTICE: &str = "Call 112 or your local emergency number if you lose control of bladder or bowel, go numb \
    around the genitals or buttocks, or get weak or numb in both legs (X4). More: `easeback guide help`, \
    `easeback guide who`";
const QUESTIONS_SKIPPED_NOTICE: &str =
    "the questions about warning signs were not asked; `easeback guide help` has them";

/// What comes next.
pub(crate) enum PreflightOutcome<T> {
    /// The session, with what was answered.
    Proceed(T),
    /// None. The exit code says why.
    Exit(ExitCode),
}

/// How somebody can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PromptMode {
    Disabled,
    SingleKey,
    /// Where keys cannot be read one by one, or the screen is read aloud.
    TypedLine,
}

/// Says and asks what has to come before a session of this protocol. It begins with these facts and the answers.
pub(crate) fn run_preflight(
    desk: &AppContext,
    flags: &SessionFlags,
    mut facts: Intake,
    protocol: &str,
    signals: &Signals,
) -> Result<PreflightOutcome<Intake>> {
    if !flags.session_settings().is_rehearsal() {
        let now = clock::now().wall;
        let mut course = load_episode_progress(desk, facts.onset, facts.pain, &now)?;
        let asked = choose_prompt_mode(desk, flags);
        if !flags.quiet
            && let Some(signal) = show_clinician_notice_once(desk, asked, signals, &now)?
        {
            return Ok(PreflightOutcome::Exit(exit_code(signal)));
        }
        if !course.has_sign_answers {
            match warning_signs::prompt_warning_signs(desk, asked, signals, facts.pain)? {
                PreflightOutcome::Proceed(answers) => facts.answers = Some(answers),
                PreflightOutcome::Exit(code) => return Ok(PreflightOutcome::Exit(code)),
            }
            if asked == PromptMode::Disabled && !flags.quiet {
                print_stderr(QUESTIONS_SKIPPED_NOTICE);
            }
        }
        if facts.pain.is_none() && !flags.quiet {
            match pain::prompt_pain(asked, signals)? {
                PreflightOutcome::Proceed(pain) => facts.pain = pain,
                PreflightOutcome::Exit(code) => return Ok(PreflightOutcome::Exit(code)),
            }
            course.last_pain = facts.pain.or(course.last_pain);
        }
        if !flags.quiet {
            let warned =
                facts.answers == Some(sign_answers::answer_unknown_list(sign_answers::SIGNS_STARTED_ANYWAY));
            print_unseen_advice(desk, &course, protocol, warned);
        }
    }
    if !flags.quiet {
        print_stderr(EMERGENCY_NOTICE);
    }
    Ok(PreflightOutcome::Proceed(facts))
}

/// The heat and cold that count though the history does not tell of them: as the person says, else as there may have
/// been.
pub(crate) fn ask_unknown_past(
    desk: &AppContext,
    flags: &SessionFlags,
    past: &KnownPast,
    signals: &Signals,
) -> Result<PreflightOutcome<Option<UnknownPast>>> {
    let Some(unknown) = past.unknown.clone() else { return Ok(PreflightOutcome::Proceed(None)) };
    let counts = match recent_exposure::ask_recent_exposure(choose_prompt_mode(desk, flags), signals)? {
        PreflightOutcome::Proceed(Some(false)) => return Ok(PreflightOutcome::Proceed(None)),
        PreflightOutcome::Proceed(Some(true)) => unknown.assume_exposure(clock::now().wall),
        PreflightOutcome::Proceed(None) => unknown,
        PreflightOutcome::Exit(code) => return Ok(PreflightOutcome::Exit(code)),
    };
    counts.print_assumption();
    Ok(PreflightOutcome::Proceed(Some(counts)))
}

/// Says what comes next in the episode, before a session of this protocol is even wanted.
pub(crate) fn print_advice_for_protocol(desk: &AppContext, protocol: &str) -> Result<()> {
    print_unseen_advice(desk, &load_episode_progress(desk, None, None, &clock::now().wall)?, protocol, false);
    Ok(())
}

fn choose_prompt_mode(desk: &AppContext, flags: &SessionFlags) -> PromptMode {
    match flags {
        SessionFlags { skip_questions: true, .. } => PromptMode::Disabled,
        _ if !is_interactive() => PromptMode::Disabled,
        SessionFlags { plain: true, .. } => PromptMode::TypedLine,
        _ if desk.config.is_dumb_terminal => PromptMode::TypedLine,
        _ => PromptMode::SingleKey,
    }
}

/// The episode that a session would belong to which begins now.
fn load_episode_progress(
    desk: &AppContext,
    onset: Option<WallTime>,
    pain: Option<u8>,
    now: &WallTime,
) -> Result<EpisodeProgress> {
    // An episode that began before the year is one that is told from its first session within it.
    let since = Some(now.minus(YEAR + EPISODE_GAP));
    let (found, _) = desk.logs.find_newest_readable(&Query { since, ..Query::default() })?;
    Ok(EpisodeProgress::new(&found.sessions, &found.diary_entries, onset, pain, now))
}

/// Shows once who should ask a clinician first; the signal, if one came instead of a key.
fn show_clinician_notice_once(
    desk: &AppContext,
    asked: PromptMode,
    signals: &Signals,
    now: &WallTime,
) -> Result<Option<i32>> {
    let mut seen = desk.journal.load_seen();
    if seen.has_seen("who", now) {
        return Ok(None);
    }
    let read = match asked {
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
    if let PromptResult::Signal(signal) = read {
        return Ok(Some(signal));
    }
    seen.mark_seen("who", now);
    save_seen_notices(desk, &seen);
    Ok(None)
}

/// Says what was not said before in this episode. To one who was just told to call for help, nothing else matters.
fn print_unseen_advice(desk: &AppContext, course: &EpisodeProgress, protocol: &str, warned: bool) {
    let now = clock::now().wall;
    let mut seen = desk.journal.load_seen();
    let mut due = select_advice(course, &now);
    due.retain(|advice| match advice {
        Advice::Doctor => true,
        Advice::Stretches => !warned && protocol != advice_key(*advice),
        Advice::Movement => !warned,
    });
    due.retain(|advice| !seen.has_seen_since(advice_key(*advice), &course.onset_or_start, &now));
    for advice in &due {
        print_stderr(format_advice(*advice));
        seen.mark_seen(advice_key(*advice), &now);
    }
    if !due.is_empty() {
        save_seen_notices(desk, &seen);
    }
}

/// What it is remembered by; of stretches, the protocol.
fn advice_key(advice: Advice) -> &'static str {
    match advice {
        Advice::Doctor => "doctor",
        Advice::Stretches => STRETCH_PROTOCOL,
        Advice::Movement => "movement",
    }
}

fn save_seen_notices(desk: &AppContext, seen: &SeenNotices) {
    if let Err(why) = desk.journal.save_seen(seen) {
        print_stderr(&format!("warning: {why}; what is said only once will be said again"));
    }
}

/// A screen of text. Its lines are broken where the terminal is narrower than they are long.
fn print_wrapped_text(text: &str) {
    let width = if io::stderr().is_terminal() { view::terminal_width(io::stderr()) } else { usize::MAX };
    let lines = text.lines().map(|line| {
        let indent = if line.starts_with("- ") { "  " } else { "" };
        fill(line, view::wrap_options(width).subsequent_indent(indent))
    });
    print_stderr(&lines.collect::<Vec<_>>().join("\n"));
}

/// What comes of a question that has to be answered.
fn require_answer<T>(choice: PromptResult<T>) -> PreflightOutcome<T> {
    match choice {
        PromptResult::Answered(answer) => PreflightOutcome::Proceed(answer),
        PromptResult::EndOfInput => {
            print_stderr("no answer, no session; `easeback start --skip-questions` does not ask");
            PreflightOutcome::Exit(ExitCode::FAILURE)
        }
        PromptResult::Signal(signal) => PreflightOutcome::Exit(exit_code(signal)),
    }
}

/// The exit code of whoever leaves because of a signal.
pub(crate) fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(128 + u8::try_from(signal).unwrap_or_default())
}
