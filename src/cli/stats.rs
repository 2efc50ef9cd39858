//! `easeback stats`: prints the totals of the past sessions, which `crate::stats` computes and `crate::report` formats.

use super::{AppContext, date_range::DateRange, print_stderr, print_stdout, print_unread_warnings};
use crate::{clock, error::Result, report, stats::StatsBuilder, time::WallTime};
use clap::Args;
use std::process::ExitCode;

/// Show totals: sessions, heat and cold, pain
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback stats\n  easeback stats --since 30d")]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    date_range: DateRange,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &StatsArgs, context: &AppContext) -> Result<ExitCode> {
    let now = clock::local_time();
    let query = args.date_range.to_query(&now)?;
    context.retry_finalize();
    let new_builder = || StatsBuilder::new(&query, WallTime::from(&now));
    let (stats, unread) = context.history.each(new_builder, StatsBuilder::add)?;
    let statistics = stats.into_statistics();
    print_stdout(&if args.json {
        report::stats_to_json(&statistics)
    } else {
        report::format_stats(&statistics, context.output_format())
    })?;
    print_unread_warnings(&unread);
    if statistics.total.sessions == 0 && !args.json {
        let has_dates = query.since.is_some() || query.until.is_some();
        print_stderr(if has_dates {
            "no session in that time"
        } else {
            "no session yet: `easeback start` starts one"
        });
    }
    Ok(ExitCode::SUCCESS)
}
