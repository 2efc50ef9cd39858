//! `easeback status`: shows the running session: for people, as a line for a status bar, or as JSON. It changes nothing
//! but to record a finished session that its timer left behind.

mod follow;
mod template;

use self::template::Template;
use super::{
    AppContext,
    live::{mark_cut_off, no_session_error, snapshot_now, snapshot_while_timed},
    print_stdout,
};
use crate::{
    error::{ErrorCode, Result},
    journal::JournalState,
    report::{OutputFormat, styled, wrap},
    session::{Snapshot, State},
    time::format_duration,
};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

const TEMPLATE_HELP: &str = "\
Names for --format. What has nothing to show is left empty:
  {state}                running; overdue: time is up; asking: waiting for your
                         answer; paused; ended; cut_off: the timer was killed
  {phase} {next}         this phase and the next: heat, cold, rest, walk …
  {remaining} {elapsed}  minutes and seconds of this phase, as in 04:07
  {planned} {overdue}    its length, and how long ago it ended
  {round} {rounds}       this round, and how many there are
  {next_at} {ends_at}    when the next phase starts, and when the session ends
  {percent}              how much of the session is done, 0 to 100
  {protocol} {session}   the protocol's name, the session's id
  {rehearsal}            REHEARSAL in a rehearsal
To print a brace, type {{ or }}. If no session is running, --format prints an
empty line. The exit code is then 3.

For waybar, type --json --follow.
For polybar, type --follow, and set tail = true there.

Example: easeback status --format '{phase} {remaining}'";

/// Show the running session
#[derive(Args, Default)]
#[command(after_help = TEMPLATE_HELP)]
pub(crate) struct StatusArgs {
    /// Print JSON, ready for waybar
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Print a line: '{phase} {remaining} {round}/{rounds}'
    #[arg(long, value_name = "TEMPLATE", value_parser = Template::parse, allow_hyphen_values = true)]
    format: Option<Template>,
    /// Keep running, and print a line at each change
    #[arg(long)]
    follow: bool,
}

/// A snapshot, and whether a timer runs the session (`None`: unknown).
type SnapshotWithTimer<'a> = (&'a Snapshot, Option<bool>);

pub(crate) fn run(args: &StatusArgs, context: &AppContext) -> Result<ExitCode> {
    if args.follow {
        context.retry_finalize();
        return follow::run(args, context);
    }
    let (state, has_timer) = context.read_journal_and_timer()?;
    let (session, other_machine_error) = match state {
        JournalState::NoSession => return print_idle_status(args),
        JournalState::Session(session) => (*session, None),
        JournalState::OtherMachine(session, error) => (*session, Some(error)),
        JournalState::NewerVersion(error) | JournalState::Damaged(error) => return Err(error),
    };
    let session = if has_timer == Some(false) { mark_cut_off(session) } else { session };
    // Where it is unknown, another computer's session counts as timed: its error says so too.
    let is_timed = has_timer.unwrap_or(other_machine_error.is_some());
    let snapshot = if is_timed { snapshot_while_timed(&session) } else { snapshot_now(&session) };
    print_stdout(&match args {
        StatusArgs { json: true, .. } => format!("{:#}\n", status_to_json(Some((&snapshot, has_timer)))),
        StatusArgs { format: None, .. } => format_for_terminal(&snapshot, &context.output_format()),
        _ => args.format_line(Some((&snapshot, has_timer))) + "\n",
    })?;
    other_machine_error.map_or(Ok(ExitCode::SUCCESS), Err)
}

fn print_idle_status(args: &StatusArgs) -> Result<ExitCode> {
    print_stdout(&match args {
        StatusArgs { json: true, .. } => format!("{:#}\n", status_to_json(None)),
        StatusArgs { format: None, .. } => return Err(no_session_error()),
        _ => args.format_line(None) + "\n",
    })?;
    Ok(ExitCode::from(ErrorCode::NoSession as u8))
}

impl StatusArgs {
    /// One line for a status bar. Without a session it is empty, or JSON's idle state.
    fn format_line(&self, status: Option<SnapshotWithTimer>) -> String {
        if self.json {
            return status_to_json(status).to_string();
        }
        match (status, &self.format) {
            (None, _) => String::new(),
            (Some((snapshot, _)), Some(template)) => template.render(snapshot),
            (Some((snapshot, _)), None) => snapshot.to_status_line(),
        }
    }

    /// Whether that line may change every second.
    fn is_time_dependent(&self) -> bool {
        self.format.as_ref().is_none_or(Template::is_time_dependent)
    }
}

/// The state, and what comes next or to do; the second line may be empty.
fn format_for_people(snapshot: &Snapshot) -> [String; 2] {
    let next = match (snapshot.state, &snapshot.next_phase) {
        (State::Running, Some(next)) if next.optional.is_some() => format!(
            "at {} you are asked whether to start: {}, {}",
            snapshot.phase.ends_at.format_hour_minute(),
            next.name(),
            format_duration(next.planned_duration())
        ),
        (State::Running, Some(next)) => format!(
            "{} for {} at {}; ends about {}",
            next.name(),
            format_duration(next.planned_duration()),
            snapshot.phase.ends_at.format_hour_minute(),
            snapshot.ends_at.format_hour_minute()
        ),
        (State::Running, None) => format!("ends at {}", snapshot.ends_at.format_hour_minute()),
        (State::CutOff, _) if snapshot.is_rehearsal => {
            "a rehearsal is not recorded; `easeback start` starts a new session".into()
        }
        (State::CutOff, _) => {
            "the pack may have been on until now: look at your skin; `easeback stop` records what is known"
                .into()
        }
        _ => String::new(),
    };
    [snapshot.to_status_line(), next]
}

/// [`format_for_people`], wrapped, with the phases in their colors.
fn format_for_terminal(snapshot: &Snapshot, format: &OutputFormat) -> String {
    let [state, next] = format_for_people(snapshot);
    let color_name = |line: String, name: &str, kind: &str| {
        line.replacen(name, &styled(name, format.palette.kind(kind)), 1)
    };
    let state = color_name(state, &snapshot.phase.name, snapshot.phase.kind.as_str());
    let next = match &snapshot.next_phase {
        Some(phase) => color_name(next, phase.name(), phase.kind.as_str()),
        None => next,
    };
    let lines = [state, next].into_iter().filter(|line| !line.is_empty());
    lines.map(|line| wrap(&line, format.width, "", "") + "\n").collect()
}

/// DESIGN's JSON form; the last four fields are those that waybar reads.
fn status_to_json(status: Option<SnapshotWithTimer>) -> Value {
    let Some((snapshot, has_timer)) = status else {
        return json!({
            "state": "idle",
            "text": "",
            "tooltip": "no session is running",
            "class": "idle",
            "percentage": 0,
        });
    };
    let phase = &snapshot.phase;
    json!({
        "state": snapshot.state.as_str(),
        "session": snapshot.id,
        "protocol": snapshot.protocol,
        "round": snapshot.round,
        "rounds": snapshot.rounds,
        "rehearsal": snapshot.is_rehearsal,
        "question": snapshot.question,
        "phase": {
            "kind": phase.kind,
            "name": phase.name,
            "planned_s": phase.planned.as_secs(),
            "elapsed_s": phase.elapsed.as_secs(),
            "remaining_s": phase.remaining.as_secs(),
            "overdue_s": phase.overdue.as_secs(),
            "ends_at": (snapshot.state == State::Running).then(|| phase.ends_at.truncate_to_seconds().to_string()),
        },
        "watched": has_timer,
        "text": snapshot.to_status_line(),
        "tooltip": format_for_people(snapshot).join("\n").trim_end(),
        "class": snapshot.state.as_str(),
        "percentage": snapshot.session_percentage,
    })
}
