//! `easeback stats`: what the past adds up to.

use super::{Desk, period::Period, print, say, say_unread};
use crate::{clock, error::Result, report, stats::Stats, time::Wall};
use clap::Args;
use std::process::ExitCode;

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
    print(&if args.json { report::stats_json(&figures) } else { report::stats(&figures, desk.look()) })?;
    say_unread(&unread);
    if figures.total.sessions == 0 && !args.json {
        let filtered = asked.since.is_some() || asked.until.is_some();
        say(if filtered { "no session in that time" } else { "no session yet: `easeback start` begins one" });
    }
    Ok(ExitCode::SUCCESS)
}
