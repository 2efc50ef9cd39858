//! `easeback protocols list`: what there is to choose from.

use super::{ProtocolsOutput, WIDTH, find};
use crate::{
    clock,
    error::{InvalidValue, Result, sanitize},
    limits,
    protocol::{BUILT_IN_PROTOCOLS, Overrides, Protocol, Rounds, check_protocol_name, is_built_in},
    record::name_sources,
    report::{OutputFormat, styled, wrap},
    time::{WallTime, format_duration},
};
use anstyle::Style;
use std::{path::Path, time::Duration};

/// A longer name has a line of its own.
const MAX_NAME_WIDTH: usize = 16;
/// What stands for the time of a file that cannot be used.
const BROKEN_FILE_LABEL: &str = "broken";

/// A protocol's name, how long it takes, what there is to say of it, a line each, and who advises it.
struct ProtocolRow {
    name: String,
    duration: String,
    details: Vec<String>,
    source: Option<String>,
}

pub(crate) fn run(folder: &Path, look: &OutputFormat) -> Result<ProtocolsOutput> {
    let built_in = BUILT_IN_PROTOCOLS
        .iter()
        .map(|(name, _)| Protocol::find_built_in(name).map(|protocol| build_row(&protocol)));
    let built_in = built_in.collect::<Result<Vec<ProtocolRow>>>()?;
    let own: Vec<ProtocolRow> = find::list_user_protocol_files(folder)?
        .iter()
        .map(|path| build_user_protocol_row(path, folder))
        .collect();
    let head = format!("your own, in {}:", sanitize(&folder.display().to_string()));
    let head = styled(&wrap(&head, look.width, "", ""), look.palette.heading);
    let head = format!("\n{head}\n\n");
    let widest = |column: fn(&ProtocolRow) -> &str| {
        built_in.iter().chain(&own).map(|row| column(row).chars().count()).max().unwrap_or_default()
    };
    let widths = [widest(|row| &row.name).min(MAX_NAME_WIDTH), widest(|row| &row.duration)];
    let table = |rows: &[ProtocolRow]| rows.iter().map(|row| row.render(widths, look)).collect::<String>();
    let stdout = if own.is_empty() { table(&built_in) } else { table(&built_in) + &head + &table(&own) };
    let talk = "`easeback protocols show NAME` shows one in full, `easeback protocols new NAME` starts one of your own";
    Ok(ProtocolsOutput { stdout, messages: vec![talk.into()] })
}

impl ProtocolRow {
    fn render(&self, [name, takes]: [usize; 2], look: &OutputFormat) -> String {
        let (called, mut text) = (sanitize(&self.name), String::new());
        let is_long = called.chars().count() > name;
        if is_long {
            text += &format!("{}\n", styled(&called, look.palette.heading));
        }
        let width = Some(look.width.unwrap_or(WIDTH));
        let head = format!("{:<name$}  {:<takes$}  ", if is_long { "" } else { &called }, self.duration);
        let rest = " ".repeat(name + takes + 4);
        let plain = self.details.iter().map(|line| (line, Style::new()));
        let lines = plain.chain(self.source.iter().map(|source| (source, look.palette.dimmed)));
        for (index, (line, style)) in lines.enumerate() {
            let first = if index == 0 { &head } else { &rest };
            text += &format!("{}\n", wrap(&styled(&sanitize(line), style), width, first, &rest));
        }
        text
    }
}

fn build_row(protocol: &Protocol) -> ProtocolRow {
    ProtocolRow {
        name: protocol.name.clone(),
        duration: format_protocol_duration(protocol),
        details: vec![protocol.title.clone()],
        source: Some(name_sources(&protocol.citation)),
    }
}

/// A file that is none is named too: somebody means to use it.
fn build_user_protocol_row(path: &Path, folder: &Path) -> ProtocolRow {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if let Err(why) = check_user_protocol_name(&stem) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return ProtocolRow {
            name,
            duration: BROKEN_FILE_LABEL.into(),
            details: vec![why.message, format!("rename the file: {}", why.suggestion)],
            source: None,
        };
    }
    let now = WallTime::from(&clock::local_time());
    let plan = |protocol: &Protocol| {
        limits::build_plan(protocol, &Overrides::default(), &[], &now, false).map(|_| ())
    };
    match find::read_protocol(path, folder)
        .and_then(|protocol| plan(&protocol).map(|()| build_row(&protocol)))
    {
        Ok(row) => row,
        Err(why) => {
            let what = why.message.replace(&format!("{} ", path.display()), "");
            let check = format!("`easeback protocols check {stem}`");
            ProtocolRow {
                name: stem.into_owned(),
                duration: BROKEN_FILE_LABEL.into(),
                details: vec![what, check],
                source: None,
            }
        }
    }
}

fn check_user_protocol_name(name: &str) -> std::result::Result<(), InvalidValue> {
    check_protocol_name(name)?;
    let taken = || InvalidValue::new("a built-in protocol has this name, and wins", "choose another");
    if is_built_in(name) { Err(taken()) } else { Ok(()) }
}

/// How long a protocol takes, in words.
pub(crate) fn format_protocol_duration(protocol: &Protocol) -> String {
    // Nothing is asked for that it does not have, so that it can always be laid out.
    let total = protocol.to_plan(&Overrides::default()).map_or(0, |plan| plan.total_s);
    let length = match total {
        0 => "no time".into(),
        _ => format_duration(Duration::from_secs(total)),
    };
    let most = if protocol.all_steps().any(|step| step.optional.is_some()) { "up to " } else { "" };
    let each = if protocol.rounds == Rounds::AsNeeded { " a round" } else { "" };
    format!("{most}{length}{each}")
}
