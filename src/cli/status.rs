//! `easeback status`: the running session.

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
Names that a template may hold; empty where there is nothing to show:
  {state}                  running overdue asking paused ended cut_off
  {phase} {next}           heat cold rest walk …: this one, the next
  {remaining} {elapsed}    of the phase, as in 18:42
  {planned} {overdue}      its length, and how far it is past that
  {round} {rounds}         from 1
  {next_at} {ends_at}      when the next phase begins and the last one ends
  {percent}                how much of the session is done, 0 to 100
  {protocol} {session}     the protocol's name, the session's id
  {rehearsal}              REHEARSAL in a rehearsal
A brace itself is {{ or }}. With no session the line is empty, the exit code 3.
For waybar: --json --follow; for polybar, with tail = true: --follow.

Example: easeback status --format '{phase} {remaining}'";

/// Show the running session
#[derive(Args, Default)]
#[command(after_help = TEMPLATE_HELP)]
pub(crate) struct StatusArgs {
    /// Print JSON, in the form that waybar reads
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Print a line: '{phase} {remaining} {round}/{rounds}'
    #[arg(long, value_name = "TEMPLATE", value_parser = Template::parse, allow_hyphen_values = true)]
    format: Option<Template>,
    /// Stay, and print a line whenever it changes
    #[arg(long)]
    follow: bool,
}

/// A session at one moment, and whether somebody times it, where that can be told.
type WatchedSnapshot<'a> = (&'a Snapshot, Option<bool>);

pub(crate) fn run(args: &StatusArgs, desk: &AppContext) -> Result<ExitCode> {
    if args.follow {
        desk.retry_finalize();
        return follow::run(args, desk);
    }
    let (found, watched) = desk.read_journal_and_timer()?;
    let (session, foreign) = match found {
        JournalState::NoSession => return print_idle_status(args),
        JournalState::Session(session) => (*session, None),
        JournalState::OtherMachine(session, why) => (*session, Some(why)),
        JournalState::NewerVersion(why) | JournalState::Damaged(why) => return Err(why),
    };
    let session = if watched == Some(false) { mark_cut_off(session) } else { session };
    // Where that cannot be told, another computer's counts as timed, as its refusal says.
    let timed = watched.unwrap_or(foreign.is_some());
    let now = if timed { snapshot_while_timed(&session) } else { snapshot_now(&session) };
    print_stdout(&match args {
        StatusArgs { json: true, .. } => format!("{:#}\n", status_to_json(Some((&now, watched)))),
        StatusArgs { format: None, .. } => drawn(&now, &desk.output_format()),
        _ => args.format_line(Some((&now, watched))) + "\n",
    })?;
    foreign.map_or(Ok(ExitCode::SUCCESS), Err)
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
    /// One line for a bar; empty while no session is running, JSON apart.
    fn format_line(&self, now: Option<WatchedSnapshot>) -> String {
        match (now, &self.format) {
            _ if self.json => status_to_json(now).to_string(),
            (None, _) => String::new(),
            (Some((now, _)), Some(template)) => template.render(now),
            (Some((now, _)), None) => now.to_status_line(),
        }
    }

    /// Whether time alone changes that line, from one second to the next.
    fn is_time_dependent(&self) -> bool {
        self.format.as_ref().is_none_or(Template::is_time_dependent)
    }
}

/// The state, then what comes next, a line each.
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

/// The same on a terminal: it fits, and each phase has its color.
fn drawn(snapshot: &Snapshot, look: &OutputFormat) -> String {
    let [state, next] = format_for_people(snapshot);
    let colored =
        |line: String, name: &str, kind: &str| line.replacen(name, &styled(name, look.palette.kind(kind)), 1);
    let state = colored(state, &snapshot.phase.name, snapshot.phase.kind.as_str());
    let next = match &snapshot.next_phase {
        Some(phase) => colored(next, phase.name(), phase.kind.as_str()),
        None => next,
    };
    let lines = [state, next].into_iter().filter(|line| !line.is_empty());
    lines.map(|line| wrap(&line, look.width, "", "") + "\n").collect()
}

/// DESIGN's form; the last four are what waybar reads.
fn status_to_json(now: Option<WatchedSnapshot>) -> Value {
    let Some((snapshot, watched)) = now else {
        return json!({
            "state": "idle",
            "text": "",
            "tooltip": "no session is running",
            "class": "idle",
            "percentage": 0,
        });
    };
    let phase = &snapshot.phase;
    let known = |length: std::time::Duration| Value::from(length.as_secs());
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
            "planned_s": known(phase.planned),
            "elapsed_s": known(phase.elapsed),
            "remaining_s": known(phase.remaining),
            "overdue_s": known(phase.overdue),
            "ends_at": (snapshot.state == State::Running).then(|| phase.ends_at.truncate_to_seconds().to_string()),
        },
        "watched": watched,
        "text": snapshot.to_status_line(),
        "tooltip": format_for_people(snapshot).join("\n").trim_end(),
        "class": snapshot.state.as_str(),
        "percentage": snapshot.session_percentage,
    })
}
