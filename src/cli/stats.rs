//! `easeback stats`: what the past adds up to.

use super::{AppContext, date_range::DateRange, print_stderr, print_stdout, print_unread_warnings};
use crate::{clock, error::Result, report, stats::StatsBuilder, time::WallTime};
use clap::Args;
use std::process::ExitCode;

/// Add up the past: sessions, heat and cold, pain, episodes
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback stats\n  easeback stats --since 30d")]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    date_range: DateRange,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &StatsArgs, desk: &AppContext) -> Result<ExitCode> {
    let now = clock::local_time();
    let asked = args.date_range.to_query(&now)?;
    desk.retry_finalize();
    let begin = || StatsBuilder::new(&asked, WallTime::from(&now));
    let (stats, unread) = desk.logs.each(begin, StatsBuilder::add)?;
    let figures = stats.into_statistics();
    print_stdout(&if args.json {
        report::stats_to_json(&figures)
    } else {
        report::format_stats(&figures, desk.output_format())
    })?;
    print_unread_warnings(&unread);
    if figures.total.sessions == 0 && !args.json {
        let filtered = asked.since.is_some() || asked.until.is_some();
        print_stderr(if filtered {
            "no session in that time"
        } else {
            "no session yet: `easeback start` begins one"
        });
    }
    Ok(ExitCode::SUCCESS)
}
