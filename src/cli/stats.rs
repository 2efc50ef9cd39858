//! `easeback stats`: what the past adds up to.

use super::{Desk, print, say};
use crate::{
    clock,
    error::{Error, Result},
    record::Query,
    report::{self, Look, harmless},
    stats::Stats,
    time::{Wall, parse_when},
    view,
};
use clap::Args;
use jiff::Zoned;
use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

/// The width where there is no terminal to ask.
const WIDTH: usize = 80;
/// On a wider terminal, the eye would lose the line.
const WIDEST: usize = 100;

/// Add up the past: sessions, heat and cold, pain, episodes
#[derive(Args)]
#[command(help_template = super::COMMAND_HELP)]
pub struct StatsArgs {
    #[command(flatten)]
    period: Period,
    /// As one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(args: &StatsArgs, desk: &Desk) -> Result<ExitCode> {
    let now = clock::local();
    let asked = args.period.query(&now)?;
    desk.tidy();
    let begin = || Stats::new(&asked, Wall::from(&now));
    let (stats, unread) = desk.logs.each(begin, Stats::add)?;
    let figures = stats.figures();
    print(&if args.json { report::stats_json(&figures) } else { report::stats(&figures, look(desk)) })?;
    unread.iter().for_each(|unread| say(&harmless(&unread.to_string())));
    if figures.total.sessions == 0 && !args.json {
        let filtered = asked.since.is_some() || asked.until.is_some();
        say(if filtered { "no session in that time" } else { "no session yet: easeback start begins one" });
    }
    Ok(ExitCode::SUCCESS)
}

fn look(desk: &Desk) -> Look {
    let width = if io::stdout().is_terminal() { view::width().min(WIDEST) } else { WIDTH };
    Look { width, plain: desk.config.letters_only }
}

/// A stretch of time, as `stats` and `history list` take it.
#[derive(Args, Clone, Debug)]
pub struct Period {
    /// From this moment or day on: yesterday, 7d (ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    since: Option<String>,
    /// Up to this moment, or the end of this day
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    until: Option<String>,
}

impl Period {
    /// All sessions of that time, for somebody who looks at the clock `now`.
    ///
    /// # Errors
    /// They are no moments, or the first is after the second (exit code 2).
    pub fn query(&self, now: &Zoned) -> Result<Query> {
        let when = |typed: &Option<String>| typed.as_deref().map(|text| parse_when(text, now)).transpose();
        let since = when(&self.since)?.map(|when| when.first);
        let until = when(&self.until)?.map(|when| when.last);
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            let what = format!("{} is after {}", since.day_and_time(), until.day_and_time());
            return Err(Error::usage(what, "--since takes the earlier one, --until the later"));
        }
        Ok(Query { since, until, ..Query::default() })
    }
}
