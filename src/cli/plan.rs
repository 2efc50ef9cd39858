//! `easeback plan`: the schedule that `start` would run.

use super::{
    AppContext,
    flags::{SessionFlags, format_plan_summary},
    known_past, print_stdout,
};
use crate::{
    clock,
    error::Result,
    limits::{Caution, find_cautions},
    protocol::{Phase, Plan},
    record::name_sources,
    report::{self, Cell, Column, ColumnShrinking, OutputFormat, Palette, styled, wrap},
    session::SessionSettings,
    time::{WallTime, format_duration},
};
use clap::Args;
use std::{process::ExitCode, time::Duration};

const COLUMNS: [Column; 4] = [
    Column::fixed("starts"),
    Column { to_the_right: true, ..Column::fixed("round") },
    Column::fixed("phase"),
    Column { shrinking: ColumnShrinking::Wrapped(16), ..Column::fixed("length") },
];

/// Show what a session would do, with clock times
#[derive(Args)]
#[command(after_help = "Example: easeback plan ice --rounds 2")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) flags: SessionFlags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &PlanArgs, desk: &AppContext) -> Result<ExitCode> {
    let now = clock::local_time();
    let flags = args.flags.fill_from_last_session(&desk.logs)?;
    let facts = flags.build_intake(&now)?;
    let now = WallTime::from(&now);
    let settings = flags.session_settings();
    let known = known_past::load_past(desk, &settings)?;
    known.warn_of_gaps();
    let unknown = known.unknown.clone();
    if let Some(unknown) = &unknown {
        unknown.print_assumption();
    }
    let (plan, past) = known.plan(&flags, &facts, unknown.as_ref(), &now)?;
    let cautions = find_cautions(&plan, &past, &now);
    print_stdout(&match args.json {
        true => plan_to_json(&plan, &cautions, &settings, &now),
        false => format_plan_table(&plan, &cautions, &settings, &now, &desk.output_format()),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// When each phase begins.
fn compute_phase_starts(plan: &Plan, settings: &SessionSettings, now: &WallTime) -> Vec<WallTime> {
    let (mut at, zone) = (Duration::ZERO, clock::time_zone());
    plan.phases
        .iter()
        .map(|phase| {
            let starts = now.plus(at / settings.speed_factor()).in_zone(&zone);
            at += phase.planned_duration();
            starts
        })
        .collect()
}

fn plan_to_json(plan: &Plan, cautions: &[Caution], settings: &SessionSettings, now: &WallTime) -> String {
    let mut document = serde_json::to_value(plan).unwrap_or_default();
    document["cautions"] = serde_json::to_value(cautions).unwrap_or_default();
    let starts = compute_phase_starts(plan, settings, now);
    for (phase, starts) in document["phases"].as_array_mut().into_iter().flatten().zip(starts) {
        phase["starts"] = starts.truncate_to_seconds().to_string().into();
    }
    format!("{document:#}\n")
}

/// The schedule as a table, and what deserves a word.
pub(crate) fn format_plan_table(
    plan: &Plan,
    cautions: &[Caution],
    settings: &SessionSettings,
    now: &WallTime,
    look: &OutputFormat,
) -> String {
    let source = styled(&format!("({})", name_sources(&plan.citation)), look.palette.dimmed);
    let title = format!("{} {source}", styled(&plan.title, look.palette.heading));
    let starts = compute_phase_starts(plan, settings, now);
    let rows: Vec<Vec<Cell>> =
        plan.phases.iter().zip(&starts).map(|(phase, starts)| row(phase, starts, &look.palette)).collect();
    let notes = [format_plan_summary(plan, settings, now), format_plan_totals(plan)];
    let below: String = notes
        .into_iter()
        .chain(cautions.iter().map(format_caution))
        .map(|line| wrap(&line, look.width, "", "") + "\n")
        .collect();
    let title = wrap(&title, look.width, "", "");
    format!("{title}\n\n{}\n{below}", report::table(&COLUMNS, &rows, &[], look, usize::MAX))
}

fn row(phase: &Phase, starts: &WallTime, palette: &Palette) -> Vec<Cell> {
    let mut length = format_duration(phase.planned_duration());
    if phase.optional.is_some() {
        length += ", if you say yes";
    }
    if let Some(until) = phase.ends_after_s {
        length += &format!(", until {} after the start", format_duration(Duration::from_secs(until)));
    }
    vec![
        Cell::new(starts.format_hour_minute()),
        Cell::new(phase.round.to_string()),
        Cell::new(phase.name()).styled(palette.kind(phase.kind.as_str())),
        Cell::new(length),
    ]
}

/// A caution as people read it.
pub(crate) fn format_caution(caution: &Caution) -> String {
    name_sources(&format!("Note: {} ({})", caution.text, caution.citation))
}

/// How much of everything there is.
fn format_plan_totals(plan: &Plan) -> String {
    let mut sums: Vec<(&str, Duration)> = Vec::new();
    for phase in &plan.phases {
        match sums.iter_mut().find(|(name, _)| *name == phase.name()) {
            Some((_, sum)) => *sum += phase.planned_duration(),
            None => sums.push((phase.name(), phase.planned_duration())),
        }
    }
    let parts: Vec<String> =
        sums.iter().map(|(name, sum)| format!("{name} {}", format_duration(*sum))).collect();
    format!("total {}: {}", format_duration(Duration::from_secs(plan.total_s)), parts.join(", "))
}
