//! `easeback status`: the running session.

mod follow;
mod template;

use self::template::Template;
use super::{
    Desk, print,
    running::{found_alone, none_running, seen_now, seen_timed},
};
use crate::{
    error::{Code, Result},
    journal::Found,
    report::{Look, styled, wrap},
    session::{Snapshot, State},
    time::say,
};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

const NAMES: &str = "\
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
#[command(after_help = NAMES)]
pub struct StatusArgs {
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
type Now<'a> = (&'a Snapshot, Option<bool>);

pub fn run(args: &StatusArgs, desk: &Desk) -> Result<ExitCode> {
    if args.follow {
        desk.tidy();
        return follow::run(args, desk);
    }
    let (found, watched) = desk.look_tidied()?;
    let (session, foreign) = match found {
        Found::Nothing => return idle(args),
        Found::Session(session) => (*session, None),
        Found::Foreign(session, why) => (*session, Some(why)),
        Found::Newer(why) | Found::Broken(why) => return Err(why),
    };
    let session = if watched == Some(false) { found_alone(session) } else { session };
    // Where that cannot be told, another computer's counts as timed, as its refusal says.
    let timed = watched.unwrap_or(foreign.is_some());
    let now = if timed { seen_timed(&session) } else { seen_now(&session) };
    print(&match args {
        StatusArgs { json: true, .. } => format!("{:#}\n", in_json(Some((&now, watched)))),
        StatusArgs { format: None, .. } => drawn(&now, &desk.look()),
        _ => args.line(Some((&now, watched))) + "\n",
    })?;
    foreign.map_or(Ok(ExitCode::SUCCESS), Err)
}

fn idle(args: &StatusArgs) -> Result<ExitCode> {
    print(&match args {
        StatusArgs { json: true, .. } => format!("{:#}\n", in_json(None)),
        StatusArgs { format: None, .. } => return Err(none_running()),
        _ => args.line(None) + "\n",
    })?;
    Ok(ExitCode::from(Code::NoSession as u8))
}

impl StatusArgs {
    /// One line for a bar; empty while no session is running, JSON apart.
    fn line(&self, now: Option<Now>) -> String {
        match (now, &self.format) {
            _ if self.json => in_json(now).to_string(),
            (None, _) => String::new(),
            (Some((now, _)), Some(template)) => template.render(now),
            (Some((now, _)), None) => now.in_one_line(),
        }
    }

    /// Whether time alone changes that line, from one second to the next.
    fn moves(&self) -> bool {
        self.format.as_ref().is_none_or(Template::moves)
    }
}

/// The state, then what comes next, a line each.
fn for_people(snapshot: &Snapshot) -> [String; 2] {
    let next = match (snapshot.state, &snapshot.next) {
        (State::Running, Some(next)) if next.offer.is_some() => format!(
            "at {} you are asked whether to start: {}, {}",
            snapshot.phase.ends_at.hour_minute(),
            next.name(),
            say(next.planned())
        ),
        (State::Running, Some(next)) => format!(
            "{} for {} at {}; ends about {}",
            next.name(),
            say(next.planned()),
            snapshot.phase.ends_at.hour_minute(),
            snapshot.ends_at.hour_minute()
        ),
        (State::Running, None) => format!("ends at {}", snapshot.ends_at.hour_minute()),
        (State::CutOff, _) if snapshot.rehearsal => {
            "a rehearsal is not recorded; `easeback start` starts a new session".into()
        }
        (State::CutOff, _) => {
            "the pack may have been on until now: look at your skin; `easeback stop` records what is known"
                .into()
        }
        _ => String::new(),
    };
    [snapshot.in_one_line(), next]
}

/// The same on a terminal: it fits, and each phase has its color.
fn drawn(snapshot: &Snapshot, look: &Look) -> String {
    let [state, next] = for_people(snapshot);
    let colored =
        |line: String, name: &str, kind: &str| line.replacen(name, &styled(name, look.palette.kind(kind)), 1);
    let state = colored(state, &snapshot.phase.name, snapshot.phase.kind.as_str());
    let next = match &snapshot.next {
        Some(phase) => colored(next, phase.name(), phase.kind.as_str()),
        None => next,
    };
    let lines = [state, next].into_iter().filter(|line| !line.is_empty());
    lines.map(|line| wrap(&line, look.width, "", "") + "\n").collect()
}

/// DESIGN's form; the last four are what waybar reads.
fn in_json(now: Option<Now>) -> Value {
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
        "rehearsal": snapshot.rehearsal,
        "question": snapshot.question,
        "phase": {
            "kind": phase.kind,
            "name": phase.name,
            "planned_s": known(phase.planned),
            "elapsed_s": known(phase.elapsed),
            "remaining_s": known(phase.remaining),
            "overdue_s": known(phase.overdue),
            "ends_at": (snapshot.state == State::Running).then(|| phase.ends_at.whole_seconds().to_string()),
        },
        "watched": watched,
        "text": snapshot.in_one_line(),
        "tooltip": for_people(snapshot).join("\n").trim_end(),
        "class": snapshot.state.as_str(),
        "percentage": snapshot.percentage,
    })
}
