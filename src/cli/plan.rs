//! `easeback plan`: the schedule that `start` would run.

use super::{
    Desk,
    flags::{Flags, understood},
    print, running,
};
use crate::{
    clock,
    error::Result,
    limits::{Caution, cautions},
    protocol::Plan,
    session::Settings,
    time::{Wall, say},
};
use clap::Args;
use std::{fmt::Write, process::ExitCode, time::Duration};

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
    let known = running::past(desk, &settings)?;
    known.warn();
    known.unknown_until.iter().for_each(running::say_what_counts);
    let unknown_until = known.unknown_until;
    let past = known.with_unknown(unknown_until);
    let plan = flags.plan(&facts, &past, &now)?;
    let cautions = cautions(&plan, &past, &now);
    print(&match args.json {
        true => json(&plan, &cautions, &settings, &now),
        false => table(&plan, &cautions, &settings, &now),
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
pub fn table(plan: &Plan, cautions: &[Caution], settings: &Settings, now: &Wall) -> String {
    let mut text = format!("{} ({})\n\n", plan.title, plan.source);
    let starts = starts(plan, settings, now);
    let names = plan.phases.iter().map(|phase| phase.name().chars().count());
    let widest = names.max().unwrap_or_default().max("phase".len());
    let _ = writeln!(text, "starts  round  {:<widest$}  length", "phase");
    for (phase, starts) in plan.phases.iter().zip(&starts) {
        let asks = if phase.offer.is_some() { ", if you say yes" } else { "" };
        let until =
            phase.until_s.map(|until| format!(", until {} after the start", say(Duration::from_secs(until))));
        let _ = writeln!(
            text,
            "{}   {:>5}  {:<widest$}  {}{asks}{}",
            starts.hour_minute(),
            phase.round,
            phase.name(),
            say(phase.planned()),
            until.unwrap_or_default()
        );
    }
    let _ = writeln!(text, "\n{}", understood(plan, settings, now));
    text += &totals(plan);
    for caution in cautions {
        let _ = writeln!(text, "{}", said(caution));
    }
    text
}

/// A caution as people read it.
pub fn said(caution: &Caution) -> String {
    format!("Note: {} ({})", caution.text, caution.source)
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
    format!("in all: {}, {}\n", parts.join(", "), say(Duration::from_secs(plan.total_s)))
}
