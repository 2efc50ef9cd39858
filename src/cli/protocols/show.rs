//! `easeback protocols show`: one protocol in full.

use super::{Answer, WIDTH, find, list::takes};
use crate::{
    clock,
    error::{Result, harmless},
    limits,
    protocol::{Kind, Lasts, Offer, Overrides, Protocol, Rounds, Step},
    time::{Wall, say},
};
use std::{path::Path, time::Duration};
use textwrap::{Options, fill};

/// The column that the words begin in.
const INDENT: usize = 12;

pub fn run(name: &str, folder: &Path) -> Result<Answer> {
    let protocol = find(name, folder)?;
    let now = Wall::from(&clock::local());
    let plan = limits::plan(&protocol, &Overrides::default(), &[], &now, false);
    let mut lines = vec![
        ("protocol", protocol.name.clone()),
        ("title", protocol.title.clone()),
        ("source", protocol.source.clone()),
        ("rounds", rounds(&protocol)),
    ];
    lines.extend(protocol.prepare.clone().map(|prepare| ("prepare", prepare)));
    let mut stdout = said(lines);
    for (head, steps) in parts(&protocol) {
        stdout += &format!("\n{head}\n");
        for part in steps {
            stdout += &format!("\n{}", said(step(part)));
        }
    }
    stdout += "\nlimits\n\n";
    if let Err(refused) = &plan {
        stdout += &said(vec![("", format!("as it stands it is refused: {}", refused.what))]);
    }
    stdout += &said(held(&protocol).into_iter().map(|limit| ("", limit)).collect());
    if !protocol.instead.is_empty() {
        stdout += "\nwhat others advise instead\n\n";
        stdout += &said(protocol.instead.iter().map(|other| ("", other.clone())).collect());
    }
    Ok(Answer { stdout, ..Answer::default() })
}

/// Facts under each other, each with its name.
fn said(facts: Vec<(&str, String)>) -> String {
    let fact = |(name, text): (&str, String)| {
        let head = format!("{name:<0$}  ", INDENT - 2);
        let rest = " ".repeat(INDENT);
        let options = Options::new(WIDTH).initial_indent(&head).subsequent_indent(&rest);
        format!("{}\n", fill(&harmless(&text), options))
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
            format!("until {} after the onset if it was told, else after the start", say(time))
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
        lines.push(("", format!("{care} ({source})")));
    }
    lines.extend(step.check.clone().map(|check| ("  checks", format!("{check} (in the middle)"))));
    lines.extend(step.source.clone().map(|source| ("  source", source)));
    lines
}

/// The limits that hold while it runs.
fn held(protocol: &Protocol) -> Vec<String> {
    let has = |kinds: &[Kind]| protocol.steps().any(|step| kinds.contains(&step.kind));
    let rows = limits::table().into_iter().filter(|row| has(row.about));
    rows.map(|row| format!("{}: {} ({}); {}", row.what, row.value, row.source, row.then)).collect()
}
