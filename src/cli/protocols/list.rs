//! `easeback protocols list`: what there is to choose from.

use super::{Answer, WIDTH, find};
use crate::{
    clock,
    error::{Result, Wrong, harmless},
    limits,
    protocol::{BUILT_IN, Overrides, Protocol, Rounds, check_name, is_built_in},
    record::name_sources,
    report::{Look, styled, wrap},
    time::{Wall, say},
};
use anstyle::Style;
use std::{path::Path, time::Duration};

/// A longer name has a line of its own.
const WIDEST_NAME: usize = 16;
/// What stands for the time of a file that cannot be used.
const UNUSED: &str = "broken";

/// A protocol's name, how long it takes, what there is to say of it, a line each, and who advises it.
struct Row {
    name: String,
    takes: String,
    lines: Vec<String>,
    source: Option<String>,
}

pub fn run(folder: &Path, look: &Look) -> Result<Answer> {
    let built_in = BUILT_IN.iter().map(|(name, _)| Protocol::named(name).map(|protocol| row(&protocol)));
    let built_in = built_in.collect::<Result<Vec<Row>>>()?;
    let own: Vec<Row> = find::own(folder)?.iter().map(|path| own_row(path, folder)).collect();
    let head = format!("your own, in {}:", harmless(&folder.display().to_string()));
    let head = styled(&wrap(&head, look.width, "", ""), look.palette.heading);
    let head = format!("\n{head}\n\n");
    let widest = |column: fn(&Row) -> &str| {
        built_in.iter().chain(&own).map(|row| column(row).chars().count()).max().unwrap_or_default()
    };
    let widths = [widest(|row| &row.name).min(WIDEST_NAME), widest(|row| &row.takes)];
    let table = |rows: &[Row]| rows.iter().map(|row| row.drawn(widths, look)).collect::<String>();
    let stdout = if own.is_empty() { table(&built_in) } else { table(&built_in) + &head + &table(&own) };
    let talk = "`easeback protocols show NAME` shows one in full, `easeback protocols new NAME` starts one of your own";
    Ok(Answer { stdout, talk: vec![talk.into()] })
}

impl Row {
    fn drawn(&self, [name, takes]: [usize; 2], look: &Look) -> String {
        let (called, mut text) = (harmless(&self.name), String::new());
        let is_long = called.chars().count() > name;
        if is_long {
            text += &format!("{}\n", styled(&called, look.palette.heading));
        }
        let width = Some(look.width.unwrap_or(WIDTH));
        let head = format!("{:<name$}  {:<takes$}  ", if is_long { "" } else { &called }, self.takes);
        let rest = " ".repeat(name + takes + 4);
        let plain = self.lines.iter().map(|line| (line, Style::new()));
        let lines = plain.chain(self.source.iter().map(|source| (source, look.palette.dimmed)));
        for (index, (line, style)) in lines.enumerate() {
            let first = if index == 0 { &head } else { &rest };
            text += &format!("{}\n", wrap(&styled(&harmless(line), style), width, first, &rest));
        }
        text
    }
}

fn row(protocol: &Protocol) -> Row {
    Row {
        name: protocol.name.clone(),
        takes: takes(protocol),
        lines: vec![protocol.title.clone()],
        source: Some(name_sources(&protocol.source)),
    }
}

/// A file that is none is named too: somebody means to use it.
fn own_row(path: &Path, folder: &Path) -> Row {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if let Err(why) = name_of_own(&stem) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Row {
            name,
            takes: UNUSED.into(),
            lines: vec![why.what, format!("rename the file: {}", why.right)],
            source: None,
        };
    }
    let now = Wall::from(&clock::local());
    let plan =
        |protocol: &Protocol| limits::plan(protocol, &Overrides::default(), &[], &now, false).map(|_| ());
    match find::read(path, folder).and_then(|protocol| plan(&protocol).map(|()| row(&protocol))) {
        Ok(row) => row,
        Err(why) => {
            let what = why.what.replace(&format!("{} ", path.display()), "");
            let check = format!("`easeback protocols check {stem}`");
            Row { name: stem.into_owned(), takes: UNUSED.into(), lines: vec![what, check], source: None }
        }
    }
}

fn name_of_own(name: &str) -> std::result::Result<(), Wrong> {
    check_name(name)?;
    let taken = || Wrong::new("a built-in protocol has this name, and wins", "choose another");
    if is_built_in(name) { Err(taken()) } else { Ok(()) }
}

/// How long a protocol takes, in words.
pub fn takes(protocol: &Protocol) -> String {
    // Nothing is asked for that it does not have, so that it can always be laid out.
    let total = protocol.plan(&Overrides::default()).map_or(0, |plan| plan.total_s);
    let length = match total {
        0 => "no time".into(),
        _ => say(Duration::from_secs(total)),
    };
    let most = if protocol.steps().any(|step| step.offer.is_some()) { "up to " } else { "" };
    let each = if protocol.rounds == Rounds::AsNeeded { " a round" } else { "" };
    format!("{most}{length}{each}")
}
