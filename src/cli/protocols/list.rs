//! `easeback protocols list`: the built-in protocols and the user's own, with length and source.

use super::{DEFAULT_WIDTH, ProtocolsOutput, find};
use crate::{
    error::{InvalidValue, Result, sanitize},
    limits,
    protocol::{BUILT_IN_PROTOCOLS, Overrides, Protocol, Rounds, check_protocol_name, is_built_in},
    record::name_sources,
    report::{OutputFormat, styled, wrap},
    time::format_duration,
};
use anstyle::Style;
use std::{path::Path, time::Duration};

/// In columns; a longer name is printed on a line of its own.
const MAX_NAME_WIDTH: usize = 16;
/// Printed in the column of the length for a file that cannot be used.
const BROKEN_FILE_LABEL: &str = "broken";

struct ProtocolRow {
    name: String,
    duration: String,
    /// A line each.
    details: Vec<String>,
    source: Option<String>,
}

pub(crate) fn run(folder: &Path, format: &OutputFormat) -> Result<ProtocolsOutput> {
    let built_in = BUILT_IN_PROTOCOLS
        .iter()
        .map(|(name, _)| Protocol::find_built_in(name).map(|protocol| build_row(&protocol)));
    let built_in = built_in.collect::<Result<Vec<ProtocolRow>>>()?;
    let own: Vec<ProtocolRow> = find::list_user_protocol_files(folder)?
        .iter()
        .map(|path| build_user_protocol_row(path, folder))
        .collect();
    let heading = format!("Your own, in {}:", sanitize(&folder.display().to_string()));
    let heading = styled(&wrap(&heading, format.width, "", ""), format.palette.heading);
    let heading = format!("\n{heading}\n\n");
    let max_width = |column: fn(&ProtocolRow) -> &str| {
        built_in.iter().chain(&own).map(|row| column(row).chars().count()).max().unwrap_or_default()
    };
    let widths = [max_width(|row| &row.name).min(MAX_NAME_WIDTH), max_width(|row| &row.duration)];
    let table = |rows: &[ProtocolRow]| rows.iter().map(|row| row.render(widths, format)).collect::<String>();
    let stdout = if own.is_empty() { table(&built_in) } else { table(&built_in) + &heading + &table(&own) };
    let hint =
        "`easeback protocols show NAME` shows one in full, `easeback protocols new NAME` writes your own";
    Ok(ProtocolsOutput { stdout, messages: vec![hint.into()] })
}

impl ProtocolRow {
    fn render(&self, [name_width, duration_width]: [usize; 2], format: &OutputFormat) -> String {
        let name = sanitize(&self.name);
        let mut text = String::new();
        let is_long = name.chars().count() > name_width;
        if is_long {
            text += &format!("{}\n", styled(&name, format.palette.heading));
        }
        let width = Some(format.width.unwrap_or(DEFAULT_WIDTH));
        let name = if is_long { "" } else { &name };
        let columns = format!("{name:<name_width$}  {:<duration_width$}  ", self.duration);
        let indent = " ".repeat(name_width + duration_width + 4);
        let details = self.details.iter().map(|line| (line, Style::new()));
        let lines = details.chain(self.source.iter().map(|source| (source, format.palette.dimmed)));
        for (index, (line, style)) in lines.enumerate() {
            let first_indent = if index == 0 { &columns } else { &indent };
            text += &format!("{}\n", wrap(&styled(&sanitize(line), style), width, first_indent, &indent));
        }
        text
    }
}

fn build_row(protocol: &Protocol) -> ProtocolRow {
    ProtocolRow {
        name: protocol.name.clone(),
        duration: format_protocol_duration(protocol),
        details: vec![protocol.title.clone()],
        source: Some(format!("from {}", name_sources(&protocol.citation))),
    }
}

/// The row of a user's file; one that cannot be used is listed with what is wrong with it.
fn build_user_protocol_row(path: &Path, folder: &Path) -> ProtocolRow {
    let broken = |name: String, details| ProtocolRow {
        name,
        duration: BROKEN_FILE_LABEL.into(),
        details,
        source: None,
    };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if let Err(error) = check_user_protocol_name(&stem) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return broken(name, vec![error.message, format!("rename the file: {}", error.suggestion)]);
    }
    let check_limits = |protocol: &Protocol| limits::lay_out(protocol, &Overrides::default(), false);
    match find::read_protocol(path, folder)
        .and_then(|protocol| check_limits(&protocol).map(|_| build_row(&protocol)))
    {
        Ok(row) => row,
        Err(error) => {
            let message = error.message.replace(&format!("{} ", path.display()), "");
            let check = format!("`easeback protocols check {stem}`");
            broken(stem.into_owned(), vec![message, check])
        }
    }
}

fn check_user_protocol_name(name: &str) -> std::result::Result<(), InvalidValue> {
    check_protocol_name(name)?;
    if is_built_in(name) {
        return Err(InvalidValue::new("a built-in protocol has this name, and wins", "choose another"));
    }
    Ok(())
}

/// A protocol's planned time: "1 h 30 min", "up to 1 h 10 min", "51 min a round".
pub(crate) fn format_protocol_duration(protocol: &Protocol) -> String {
    // Without overrides a protocol can always be planned.
    let total_s = protocol.to_plan(&Overrides::default()).map_or(0, |plan| plan.total_s);
    let total = match total_s {
        0 => "no time".into(),
        _ => format_duration(Duration::from_secs(total_s)),
    };
    let up_to = if protocol.all_steps().any(|step| step.optional.is_some()) { "up to " } else { "" };
    let per_round = if protocol.rounds == Rounds::AsNeeded { " a round" } else { "" };
    format!("{up_to}{total}{per_round}")
}
