//! `easeback protocols show`: one protocol in full, with its steps, sources and limits.

use super::{DEFAULT_WIDTH, ProtocolsOutput, find_protocol, list::format_protocol_duration};
use crate::{
    error::{Result, sanitize},
    limits,
    protocol::{OptionalStep, Overrides, PhaseKind, Protocol, Rounds, Step, StepDuration},
    record::name_sources,
    report::{OutputFormat, pad, styled, wrap},
    time::format_duration,
};
use anstyle::Style;
use std::{path::Path, time::Duration};

/// In columns: the width of the labels, where the texts begin.
const INDENT: usize = 12;

pub(crate) fn run(name: &str, folder: &Path, format: &OutputFormat) -> Result<ProtocolsOutput> {
    let protocol = find_protocol(name, folder)?;
    let mut lines = vec![
        ("protocol", protocol.name.clone()),
        ("title", protocol.title.clone()),
        ("source", name_sources(&protocol.citation)),
        ("rounds", format_rounds(&protocol)),
    ];
    lines.extend(protocol.preparation.iter().map(|prepare| ("prepare", name_sources(prepare))));
    let heading = |title: &str| format!("\n{}\n", styled(title, format.palette.heading));
    let mut stdout = format_fields(lines, format);
    for (title, steps) in list_step_groups(&protocol) {
        stdout += &heading(title);
        for step in steps {
            stdout += &format!("\n{}", format_fields(format_step(step), format));
        }
    }
    stdout += &format!("{}\n", heading("limits"));
    if let Err(error) = limits::lay_out(&protocol, &Overrides::default(), false) {
        stdout += &format_fields(vec![("", format!("refused as it is: {}", error.message))], format);
    }
    stdout += &format_fields(format_limits(&protocol).into_iter().map(|limit| ("", limit)).collect(), format);
    if !protocol.alternatives.is_empty() {
        stdout += &format!("{}\n", heading("what others advise instead"));
        stdout += &format_fields(
            protocol.alternatives.iter().map(|other| ("", name_sources(other))).collect(),
            format,
        );
    }
    Ok(ProtocolsOutput { stdout, ..ProtocolsOutput::default() })
}

/// Labels and texts, each pair from a new line.
fn format_fields(fields: Vec<(&str, String)>, format: &OutputFormat) -> String {
    let format_field = |(label, text): (&str, String)| {
        let first_indent = format!("{}  ", pad(label, INDENT - 2, format.palette.kind(label), false));
        let style = if label.trim() == "source" { format.palette.dimmed } else { Style::new() };
        let text = styled(&sanitize(&text), style);
        wrap(&text, Some(format.width.unwrap_or(DEFAULT_WIDTH)), &first_indent, &" ".repeat(INDENT)) + "\n"
    };
    fields.into_iter().map(format_field).collect()
}

fn format_rounds(protocol: &Protocol) -> String {
    let duration = format_protocol_duration(protocol);
    match protocol.rounds {
        Rounds::Fixed(1) => format!("1, {duration}"),
        Rounds::Fixed(number) => format!("{number}, {duration} in all"),
        Rounds::AsNeeded => format!("1, then another if you want; {duration}"),
    }
}

/// The protocol's parts that have steps, with their headings.
fn list_step_groups(protocol: &Protocol) -> impl Iterator<Item = (&str, &[Step])> {
    let has_cycle_only = protocol.before.is_empty() && protocol.after.is_empty();
    let cycle_heading = if has_cycle_only { "steps" } else { "in each round" };
    let groups: [(&str, &[Step]); 3] = [
        ("before the rounds", &protocol.before),
        (cycle_heading, &protocol.cycle),
        ("after the rounds", &protocol.after),
    ];
    groups.into_iter().filter(|(_, steps)| !steps.is_empty())
}

fn format_step(step: &Step) -> Vec<(&str, String)> {
    let duration = match step.duration {
        StepDuration::Fixed(duration) => format_duration(duration),
        StepDuration::UntilAfterOnset(time) => {
            format!(
                "until {} after your back went out, or after the start if you did not say when",
                format_duration(time)
            )
        }
    };
    let mut lines = match &step.name {
        Some(name) => vec![(name.as_str(), format!("{duration} ({})", step.kind))],
        None => vec![(step.kind.as_str(), duration)],
    };
    if let Some(OptionalStep { question, ask_again_after_s }) = &step.optional {
        let after_no = match ask_again_after_s {
            Some(seconds) => {
                format!("if no, it asks again in {}", format_duration(Duration::from_secs(*seconds)))
            }
            None => "if no, it is skipped".into(),
        };
        lines.push(("  asks", format!("{question} ({after_no})")));
    }
    lines.push(("  says", step.instruction.clone()));
    if let Some((notice, source)) = step.kind.safety_notice() {
        lines.push(("", format!("{notice} ({})", name_sources(source))));
    }
    lines.extend(step.presence_check.clone().map(|check| ("  checks", format!("{check} (halfway)"))));
    lines.extend(step.citation.iter().map(|source| ("  source", name_sources(source))));
    lines
}

/// The limits of the protocol's phase kinds, a line each.
fn format_limits(protocol: &Protocol) -> Vec<String> {
    let has = |kinds: &[PhaseKind]| protocol.all_steps().any(|step| kinds.contains(&step.kind));
    let rows = limits::list_limits().into_iter().filter(|row| has(row.phase_kinds));
    rows.map(|row| {
        format!("{}: {} ({}); {}", row.subject, row.value, name_sources(row.citation), row.consequence)
    })
    .collect()
}
