//! `easeback protocols show`: one protocol in full.

use super::{ProtocolsOutput, WIDTH, find_protocol, list::format_protocol_duration};
use crate::{
    clock,
    error::{Result, sanitize},
    limits,
    protocol::{OptionalStep, Overrides, PhaseKind, Protocol, Rounds, Step, StepDuration},
    record::name_sources,
    report::{OutputFormat, pad, styled, wrap},
    time::{WallTime, format_duration},
};
use anstyle::Style;
use std::{path::Path, time::Duration};

/// The column that the words begin in.
const INDENT: usize = 12;

pub(crate) fn run(name: &str, folder: &Path, look: &OutputFormat) -> Result<ProtocolsOutput> {
    let protocol = find_protocol(name, folder)?;
    let now = WallTime::from(&clock::local_time());
    let plan = limits::build_plan(&protocol, &Overrides::default(), &[], &now, false);
    let mut lines = vec![
        ("protocol", protocol.name.clone()),
        ("title", protocol.title.clone()),
        ("source", name_sources(&protocol.citation)),
        ("rounds", format_rounds(&protocol)),
    ];
    lines.extend(protocol.preparation.iter().map(|prepare| ("prepare", name_sources(prepare))));
    let heading = |head: &str| format!("\n{}\n", styled(head, look.palette.heading));
    let mut stdout = format_facts(lines, look);
    for (head, steps) in list_step_groups(&protocol) {
        stdout += &heading(head);
        for part in steps {
            stdout += &format!("\n{}", format_facts(format_step(part), look));
        }
    }
    stdout += &format!("{}\n", heading("limits"));
    if let Err(refused) = &plan {
        stdout += &format_facts(vec![("", format!("refused as it is: {}", refused.message))], look);
    }
    stdout += &format_facts(format_limits(&protocol).into_iter().map(|limit| ("", limit)).collect(), look);
    if !protocol.alternatives.is_empty() {
        stdout += &format!("{}\n", heading("what others advise instead"));
        stdout += &format_facts(
            protocol.alternatives.iter().map(|other| ("", name_sources(other))).collect(),
            look,
        );
    }
    Ok(ProtocolsOutput { stdout, ..ProtocolsOutput::default() })
}

/// Facts under each other, each with its name.
fn format_facts(facts: Vec<(&str, String)>, look: &OutputFormat) -> String {
    let fact = |(name, text): (&str, String)| {
        let head = format!("{}  ", pad(name, INDENT - 2, look.palette.kind(name), false));
        let style = if name.trim() == "source" { look.palette.dimmed } else { Style::new() };
        let text = styled(&sanitize(&text), style);
        wrap(&text, Some(look.width.unwrap_or(WIDTH)), &head, &" ".repeat(INDENT)) + "\n"
    };
    facts.into_iter().map(fact).collect()
}

fn format_rounds(protocol: &Protocol) -> String {
    let takes = format_protocol_duration(protocol);
    match protocol.rounds {
        Rounds::Fixed(1) => format!("1, {takes}"),
        Rounds::Fixed(number) => format!("{number}, {takes} in all"),
        Rounds::AsNeeded => format!("as needed: one, then another is offered; {takes}"),
    }
}

/// The parts that have steps.
fn list_step_groups(protocol: &Protocol) -> impl Iterator<Item = (&str, &[Step])> {
    let is_alone = protocol.before.is_empty() && protocol.after.is_empty();
    let round = if is_alone { "steps" } else { "in each round" };
    let parts: [(&str, &[Step]); 3] = [
        ("before the rounds", &protocol.before),
        (round, &protocol.cycle),
        ("after the rounds", &protocol.after),
    ];
    parts.into_iter().filter(|(_, steps)| !steps.is_empty())
}

fn format_step(step: &Step) -> Vec<(&str, String)> {
    let length = match step.duration {
        StepDuration::Fixed(length) => format_duration(length),
        StepDuration::UntilAfterOnset(time) => {
            format!(
                "until {} after your back went out (if you said when), else after the start",
                format_duration(time)
            )
        }
    };
    let mut lines = match &step.name {
        Some(name) => vec![(name.as_str(), format!("{}, {length}", step.kind))],
        None => vec![(step.kind.as_str(), length)],
    };
    if let Some(OptionalStep { question: ask, ask_again_after_s: again_s }) = &step.optional {
        let again = match again_s {
            Some(after) => {
                format!("after a no it asks again {} later", format_duration(Duration::from_secs(*after)))
            }
            None => "after a no it is left out".into(),
        };
        lines.push(("  asks", format!("{ask} ({again})")));
    }
    lines.push(("  says", step.instruction.clone()));
    if let Some((care, source)) = step.kind.safety_notice() {
        lines.push(("", format!("{care} ({})", name_sources(source))));
    }
    lines.extend(step.presence_check.clone().map(|check| ("  checks", format!("{check} (halfway)"))));
    lines.extend(step.citation.iter().map(|source| ("  source", name_sources(source))));
    lines
}

/// The limits that hold while it runs.
fn format_limits(protocol: &Protocol) -> Vec<String> {
    let has = |kinds: &[PhaseKind]| protocol.all_steps().any(|step| kinds.contains(&step.kind));
    let rows = limits::list_limits().into_iter().filter(|row| has(row.phase_kinds));
    rows.map(|row| {
        format!("{}: {} ({}); {}", row.subject, row.value, name_sources(row.citation), row.consequence)
    })
    .collect()
}
