//! `easeback plan`: shows the schedule that `start` would run now, as a table or as JSON. It starts nothing.

use super::{
    AppContext,
    flags::{self, SessionFlags, format_plan_summary},
    known_past::KnownPast,
    print_stdout,
};
use crate::{
    clock,
    error::Result,
    limits::Caution,
    protocol::{Phase, Plan},
    record::name_sources,
    report::{self, Cell, Column, ColumnShrinking, OutputFormat, Palette, styled, wrap},
    session::SessionSettings,
    time::{WallTime, format_duration},
};
use clap::{Arg, Args};
use std::{process::ExitCode, time::Duration};

const COLUMNS: [Column; 4] = [
    Column::fixed("STARTS"),
    Column { is_right_aligned: true, ..Column::fixed("ROUND") },
    Column::fixed("PHASE"),
    Column { shrinking: ColumnShrinking::Wrapped(16), ..Column::fixed("LENGTH") },
];

/// Show what a session would do, with clock times
#[derive(Args)]
#[command(after_help = "Example: easeback plan ice --rounds 2", mut_args = show_only_plan_flags)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    flags: SessionFlags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A plan takes all flags of `start`, so that they can be typed alike. Its help shows those that change it.
fn show_only_plan_flags(flag: Arg) -> Arg {
    match flag.get_id().as_str() {
        "skip_questions" | "pain" | "region" | "side" | "trigger" | "note" | "plain" | "quiet"
        | "no_notify" | "no_sound" | "no_speak" => flag.hide(true),
        "onset" => flag.help_heading(flags::PLAN_HEADING),
        _ => flag,
    }
}

pub(crate) fn run(args: &PlanArgs, context: &AppContext) -> Result<ExitCode> {
    let resolved = args.flags.resolve(&context.load_config()?.settings, context)?;
    let past = KnownPast::read(context, &resolved.settings)?;
    past.warn_of_gaps();
    if let Some(unknown) = &past.unknown {
        unknown.print_assumption();
    }
    let now = WallTime::from(&clock::local_time());
    let (plan, cautions) = past.fit(&resolved, &now)?;
    print_stdout(&if args.json {
        plan_to_json(&plan, &cautions, &resolved.settings, &now)
    } else {
        format_plan_table(&plan, &cautions, &resolved.settings, &now, &context.output_format())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// When each phase starts if the session starts now and nothing holds it up; in a rehearsal, in rehearsal time.
fn compute_phase_starts(plan: &Plan, settings: &SessionSettings, now: &WallTime) -> Vec<WallTime> {
    let time_zone = clock::time_zone();
    let mut elapsed = Duration::ZERO;
    plan.phases
        .iter()
        .map(|phase| {
            let phase_start = now.plus(elapsed / settings.speed_factor()).in_zone(&time_zone);
            elapsed += phase.planned_duration();
            phase_start
        })
        .collect()
}

fn plan_to_json(plan: &Plan, cautions: &[Caution], settings: &SessionSettings, now: &WallTime) -> String {
    let mut document = serde_json::to_value(plan).unwrap_or_default();
    document["cautions"] = serde_json::to_value(cautions).unwrap_or_default();
    let phase_starts = compute_phase_starts(plan, settings, now);
    for (phase, phase_start) in document["phases"].as_array_mut().into_iter().flatten().zip(phase_starts) {
        phase["starts"] = phase_start.truncate_to_seconds().to_string().into();
    }
    format!("{document:#}\n")
}

/// The schedule as a table, then the plan's summary, totals and cautions.
pub(crate) fn format_plan_table(
    plan: &Plan,
    cautions: &[Caution],
    settings: &SessionSettings,
    now: &WallTime,
    format: &OutputFormat,
) -> String {
    let source = styled(&format!("({})", name_sources(&plan.citation)), format.palette.dimmed);
    let title = format!("{} {source}", styled(&plan.title, format.palette.heading));
    let phase_starts = compute_phase_starts(plan, settings, now);
    let rows: Vec<Vec<Cell>> = plan
        .phases
        .iter()
        .zip(&phase_starts)
        .map(|(phase, phase_start)| build_row(phase, phase_start, &format.palette))
        .collect();
    let notes = [format_plan_summary(plan, settings, now), format_plan_totals(plan)];
    let notes: String = notes
        .into_iter()
        .chain(cautions.iter().map(format_caution))
        .map(|line| wrap(&line, format.width, "", "") + "\n")
        .collect();
    let title = wrap(&title, format.width, "", "");
    format!("{title}\n\n{}\n{notes}", report::render_table(&COLUMNS, &rows, &[], format, usize::MAX))
}

fn build_row(phase: &Phase, phase_start: &WallTime, palette: &Palette) -> Vec<Cell> {
    let mut duration = format_duration(phase.planned_duration());
    if phase.optional.is_some() {
        duration += ", if you say yes";
    }
    if let Some(seconds) = phase.ends_after_s {
        duration += &format!(", until {} after the start", format_duration(Duration::from_secs(seconds)));
    }
    vec![
        Cell::new(phase_start.format_hour_minute()),
        Cell::new(phase.round.to_string()),
        Cell::new(phase.name()).styled(palette.kind(phase.kind.as_str())),
        Cell::new(duration),
    ]
}

/// A caution as a line of text, with its sources by name.
pub(crate) fn format_caution(caution: &Caution) -> String {
    name_sources(&format!("Warning: {} ({})", caution.text, caution.citation))
}

/// The planned time in all, and of all phases of one name.
fn format_plan_totals(plan: &Plan) -> String {
    let mut totals: Vec<(&str, Duration)> = Vec::new();
    for phase in &plan.phases {
        match totals.iter_mut().find(|(name, _)| *name == phase.name()) {
            Some((_, total)) => *total += phase.planned_duration(),
            None => totals.push((phase.name(), phase.planned_duration())),
        }
    }
    let parts: Vec<String> =
        totals.iter().map(|(name, total)| format!("{name} {}", format_duration(*total))).collect();
    format!("total {}: {}", format_duration(Duration::from_secs(plan.total_s)), parts.join(", "))
}
