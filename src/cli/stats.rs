//! `easeback stats`: what the past adds up to.

use super::{Desk, period::Period, print, say, say_unread};
use crate::{
    clock,
    error::Result,
    report::{self, Look},
    stats::Stats,
    time::Wall,
    view,
};
use clap::Args;
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
#[command(after_help = "Examples:\n  easeback stats\n  easeback stats --since 30d")]
pub struct StatsArgs {
    #[command(flatten)]
    period: Period,
    /// Print JSON
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
    say_unread(&unread);
    if figures.total.sessions == 0 && !args.json {
        let filtered = asked.since.is_some() || asked.until.is_some();
        say(if filtered { "no session in that time" } else { "no session yet: `easeback start` begins one" });
    }
    Ok(ExitCode::SUCCESS)
}

fn look(desk: &Desk) -> Look {
    let width = if io::stdout().is_terminal() { view::width().min(WIDEST) } else { WIDTH };
    Look { width, plain: desk.config.letters_only }
}
