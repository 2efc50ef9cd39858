//! `easeback status`: where the running session stands.

use super::{
    Desk, print,
    running::{found_alone, in_one_line, none_running},
};
use crate::{
    clock,
    error::{Code, Result},
    journal::Found,
    session::{Snapshot, State},
    time::say,
};
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Show where the session stands
#[derive(Args, Default)]
pub struct StatusArgs {
    /// Print it as JSON, in the form that waybar reads
    #[arg(long)]
    json: bool,
}

pub fn run(args: &StatusArgs, desk: &Desk) -> Result<ExitCode> {
    desk.tidy();
    let (session, foreign) = match desk.journal.read()? {
        Found::Nothing => return idle(args),
        Found::Session(session) => (*session, None),
        Found::Foreign(Some(session), why) => (*session, Some(why)),
        Found::Foreign(None, why) | Found::Broken(why) => return Err(why),
    };
    let watched = desk.journal.is_watched();
    let session = if watched == Some(false) { found_alone(session) } else { session };
    let snapshot = session.snapshot(&clock::now());
    print(&if args.json { in_json(&snapshot, watched) } else { for_people(&snapshot) })?;
    foreign.map_or(Ok(ExitCode::SUCCESS), Err)
}

fn idle(args: &StatusArgs) -> Result<ExitCode> {
    if !args.json {
        return Err(none_running());
    }
    print(&format!(
        "{:#}\n",
        json!({"state": "idle", "text": "", "tooltip": "no session is running", "class": "idle", "percentage": 0})
    ))?;
    Ok(ExitCode::from(Code::NoSession as u8))
}

fn for_people(snapshot: &Snapshot) -> String {
    let mut lines = vec![in_one_line(snapshot)];
    match (snapshot.state, &snapshot.next) {
        (State::Running, Some(next)) => lines.push(format!(
            "{} for {} at {}; ends about {}",
            next.kind,
            say(next.planned()),
            snapshot.phase.ends_at.hour_minute(),
            snapshot.ends_at.hour_minute()
        )),
        (State::Running, None) => lines.push(format!("ends at {}", snapshot.ends_at.hour_minute())),
        (State::CutOff, _) => lines.push(
            "the pack may have been on until now: look at the skin; `easeback stop` records what is known"
                .into(),
        ),
        _ => {}
    }
    lines.join("\n") + "\n"
}

/// DESIGN's form; the last four are what waybar reads.
fn in_json(snapshot: &Snapshot, watched: Option<bool>) -> String {
    let phase = snapshot.phase;
    let known = |length: std::time::Duration| Value::from(length.as_secs());
    let document = json!({
        "state": snapshot.state.as_str(),
        "session": snapshot.id,
        "protocol": snapshot.protocol,
        "round": snapshot.round,
        "rounds": snapshot.rounds,
        "rehearsal": snapshot.rehearsal,
        "phase": {
            "kind": phase.kind,
            "planned_s": known(phase.planned),
            "elapsed_s": known(phase.elapsed),
            "remaining_s": known(phase.remaining),
            "overdue_s": known(phase.overdue),
            "ends_at": (snapshot.state == State::Running).then(|| phase.ends_at.whole_seconds().to_string()),
        },
        "watched": watched,
        "text": in_one_line(snapshot),
        "tooltip": for_people(snapshot).trim_end(),
        "class": snapshot.state.as_str(),
        "percentage": snapshot.percentage,
    });
    format!("{document:#}\n")
}
