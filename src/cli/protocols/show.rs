//! `easeback protocols show`: one protocol in full.

use super::{Answer, WIDTH, find, list::takes};
use crate::{
    clock,
    error::{Result, harmless},
    limits,
    protocol::{Kind, Lasts, Offer, Overrides, Protocol, Rounds, Step},
    record::name_sources,
    report::{Look, pad, styled, wrap},
    time::{Wall, say},
};
use anstyle::Style;
use std::{path::Path, time::Duration};

/// The column that the words begin in.
const INDENT: usize = 12;

pub fn run(name: &str, folder: &Path, look: &Look) -> Result<Answer> {
    let protocol = find(name, folder)?;
    let now = Wall::from(&clock::local());
    let plan = limits::plan(&protocol, &Overrides::default(), &[], &now, false);
    let mut lines = vec![
        ("protocol", protocol.name.clone()),
        ("title", protocol.title.clone()),
        ("source", name_sources(&protocol.source)),
        ("rounds", rounds(&protocol)),
    ];
    lines.extend(protocol.prepare.iter().map(|prepare| ("prepare", name_sources(prepare))));
    let heading = |head: &str| format!("\n{}\n", styled(head, look.palette.heading));
    let mut stdout = said(lines, look);
    for (head, steps) in parts(&protocol) {
        stdout += &heading(head);
        for part in steps {
            stdout += &format!("\n{}", said(step(part), look));
        }
    }
    stdout += &format!("{}\n", heading("limits"));
    if let Err(refused) = &plan {
        stdout += &said(vec![("", format!("refused as it is: {}", refused.what))], look);
    }
    stdout += &said(held(&protocol).into_iter().map(|limit| ("", limit)).collect(), look);
    if !protocol.instead.is_empty() {
        stdout += &format!("{}\n", heading("what others advise instead"));
        stdout += &said(protocol.instead.iter().map(|other| ("", name_sources(other))).collect(), look);
    }
    Ok(Answer { stdout, ..Answer::default() })
}

/// Facts under each other, each with its name.
fn said(facts: Vec<(&str, String)>, look: &Look) -> String {
    let fact = |(name, text): (&str, String)| {
        let head = format!("{}  ", pad(name, INDENT - 2, look.palette.kind(name), false));
        let style = if name.trim() == "source" { look.palette.dimmed } else { Style::new() };
        let text = styled(&harmless(&text), style);
        wrap(&text, Some(look.width.unwrap_or(WIDTH)), &head, &" ".repeat(INDENT)) + "\n"
    };
    facts.into_iter().map(fact).collect()
}

fn rounds(protocol: &Protocol) -> String {
    let takes = takes(protocol);
    match protocol.rounds {
        Rounds::Number(1) => format!("1, {takes}"),
        Rounds::Number(number) => format!("{number}, {takes} in all"),
        Rounds::AsNeeded => format!("as needed: one, then another is offered; {takes}"),
    }
}

/// The parts that have steps.
fn parts(protocol: &Protocol) -> impl Iterator<Item = (&str, &[Step])> {
    let is_alone = protocol.before.is_empty() && protocol.after.is_empty();
    let round = if is_alone { "steps" } else { "in each round" };
    let parts: [(&str, &[Step]); 3] = [
        ("before the rounds", &protocol.before),
        (round, &protocol.cycle),
        ("after the rounds", &protocol.after),
    ];
    parts.into_iter().filter(|(_, steps)| !steps.is_empty())
}

fn step(step: &Step) -> Vec<(&str, String)> {
    let length = match step.lasts {
        Lasts::For(length) => say(length),
        Lasts::Until(time) => {
            format!("until {} after your back went out (if you said when), else after the start", say(time))
        }
    };
    let mut lines = match &step.name {
        Some(name) => vec![(name.as_str(), format!("{}, {length}", step.kind))],
        None => vec![(step.kind.as_str(), length)],
    };
    if let Some(Offer { ask, again_s }) = &step.offer {
        let again = match again_s {
            Some(after) => format!("after a no it asks again {} later", say(Duration::from_secs(*after))),
            None => "after a no it is left out".into(),
        };
        lines.push(("  asks", format!("{ask} ({again})")));
    }
    lines.push(("  says", step.say.clone()));
    if let Some((care, source)) = step.kind.care() {
        lines.push(("", format!("{care} ({})", name_sources(source))));
    }
    lines.extend(step.check.clone().map(|check| ("  checks", format!("{check} (halfway)"))));
    lines.extend(step.source.iter().map(|source| ("  source", name_sources(source))));
    lines
}

/// The limits that hold while it runs.
fn held(protocol: &Protocol) -> Vec<String> {
    let has = |kinds: &[Kind]| protocol.steps().any(|step| kinds.contains(&step.kind));
    let rows = limits::table().into_iter().filter(|row| has(row.about));
    rows.map(|row| format!("{}: {} ({}); {}", row.what, row.value, name_sources(row.source), row.then))
        .collect()
}
