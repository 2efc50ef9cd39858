//! `easeback plan`: the schedule that `start` would run.

use super::{
    Desk,
    flags::{Flags, understood},
    past, print,
};
use crate::{
    clock,
    error::Result,
    limits::{Caution, cautions},
    protocol::{Phase, Plan},
    record::name_sources,
    report::{self, Cell, Column, Look, Palette, Room, styled, wrap},
    session::Settings,
    time::{Wall, say},
};
use clap::Args;
use std::{process::ExitCode, time::Duration};

const COLUMNS: [Column; 4] = [
    Column::fixed("starts"),
    Column { to_the_right: true, ..Column::fixed("round") },
    Column::fixed("phase"),
    Column { room: Room::Wrapped(16), ..Column::fixed("length") },
];

/// Show what a session would do, with clock times
#[derive(Args)]
#[command(after_help = "Example: easeback plan ice --rounds 2")]
pub struct PlanArgs {
    #[command(flatten)]
    pub flags: Flags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &PlanArgs, desk: &Desk) -> Result<ExitCode> {
    let now = clock::local();
    let flags = args.flags.filled_in(&desk.logs)?;
    let facts = flags.facts(&now)?;
    let now = Wall::from(&now);
    let settings = flags.settings();
    let known = past::past(desk, &settings)?;
    known.warn();
    let unknown = known.unknown.clone();
    if let Some(unknown) = &unknown {
        unknown.say();
    }
    let (plan, past) = known.plan(&flags, &facts, unknown.as_ref(), &now)?;
    let cautions = cautions(&plan, &past, &now);
    print(&match args.json {
        true => json(&plan, &cautions, &settings, &now),
        false => table(&plan, &cautions, &settings, &now, &desk.look()),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// When each phase begins.
fn starts(plan: &Plan, settings: &Settings, now: &Wall) -> Vec<Wall> {
    let (mut at, zone) = (Duration::ZERO, clock::zone());
    plan.phases
        .iter()
        .map(|phase| {
            let starts = now.plus(at / settings.factor()).in_zone(&zone);
            at += phase.planned();
            starts
        })
        .collect()
}

fn json(plan: &Plan, cautions: &[Caution], settings: &Settings, now: &Wall) -> String {
    let mut document = serde_json::to_value(plan).unwrap_or_default();
    document["cautions"] = serde_json::to_value(cautions).unwrap_or_default();
    let starts = starts(plan, settings, now);
    for (phase, starts) in document["phases"].as_array_mut().into_iter().flatten().zip(starts) {
        phase["starts"] = starts.whole_seconds().to_string().into();
    }
    format!("{document:#}\n")
}

/// The schedule as a table, and what deserves a word.
pub fn table(plan: &Plan, cautions: &[Caution], settings: &Settings, now: &Wall, look: &Look) -> String {
    let source = styled(&format!("({})", name_sources(&plan.source)), look.palette.dimmed);
    let title = format!("{} {source}", styled(&plan.title, look.palette.heading));
    let starts = starts(plan, settings, now);
    let rows: Vec<Vec<Cell>> =
        plan.phases.iter().zip(&starts).map(|(phase, starts)| row(phase, starts, &look.palette)).collect();
    let notes = [understood(plan, settings, now), totals(plan)];
    let below: String = notes
        .into_iter()
        .chain(cautions.iter().map(said))
        .map(|line| wrap(&line, look.width, "", "") + "\n")
        .collect();
    let title = wrap(&title, look.width, "", "");
    format!("{title}\n\n{}\n{below}", report::table(&COLUMNS, &rows, &[], look, usize::MAX))
}

fn row(phase: &Phase, starts: &Wall, palette: &Palette) -> Vec<Cell> {
    let mut length = say(phase.planned());
    if phase.offer.is_some() {
        length += ", if you say yes";
    }
    if let Some(until) = phase.until_s {
        length += &format!(", until {} after the start", say(Duration::from_secs(until)));
    }
    vec![
        Cell::new(starts.hour_minute()),
        Cell::new(phase.round.to_string()),
        Cell::new(phase.name()).styled(palette.kind(phase.kind.as_str())),
        Cell::new(length),
    ]
}

/// A caution as people read it.
pub fn said(caution: &Caution) -> String {
    name_sources(&format!("Note: {} ({})", caution.text, caution.source))
}

/// How much of everything there is.
fn totals(plan: &Plan) -> String {
    let mut sums: Vec<(&str, Duration)> = Vec::new();
    for phase in &plan.phases {
        match sums.iter_mut().find(|(name, _)| *name == phase.name()) {
            Some((_, sum)) => *sum += phase.planned(),
            None => sums.push((phase.name(), phase.planned())),
        }
    }
    let parts: Vec<String> = sums.iter().map(|(name, sum)| format!("{name} {}", say(*sum))).collect();
    format!("total {}: {}", say(Duration::from_secs(plan.total_s)), parts.join(", "))
}
