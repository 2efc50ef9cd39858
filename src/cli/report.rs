//! `easeback report`: writes a page about one or more episodes for a physiotherapist.
//!
//! It collects the page's data from the history; `crate::report` renders them, and `target` saves the page.

mod target;

use super::{AppContext, date_range::DateRange, flags, print_stdout, print_unread_warnings};
use crate::{
    clock,
    error::{Error, Result},
    history::UnreadableLines,
    limits,
    record::{Query, SessionRecord},
    report::{self, EpisodeReport, ReportInput, ReportLimit, sanitize},
    stats::{EPISODE_GAP, Episode, MAX_EPISODES, StatsBuilder},
    time::WallTime,
};
use clap::Args;
use jiff::ZonedDateTime;
use std::{path::PathBuf, process::ExitCode};
use target::ReportTarget;

/// Write a page for your physiotherapist, to print or to send
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback report\n  easeback report --since 30d --output report.html")]
pub(crate) struct ReportArgs {
    /// The file to write, or - for standard output; otherwise easeback-report-DATE.html in this folder
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    yes: bool,
    /// Only one of the times it went out: its number in `easeback stats` [default: the latest]
    #[arg(long, value_name = "N", value_parser = parse_episode_number, allow_hyphen_values = true)]
    episode: Option<u32>,
    #[command(flatten)]
    date_range: DateRange,
    /// Leave out notes, reasons for stopping, diary texts and ids
    #[arg(long)]
    anonymous: bool,
    /// Open the file in the browser
    #[arg(long)]
    open: bool,
}

pub(crate) fn run(args: &ReportArgs, context: &AppContext) -> Result<ExitCode> {
    let now = clock::local_time();
    let query = args.to_query(&now)?;
    let target = ReportTarget::from_args(args.output.as_deref(), args.yes, args.open, now.date())?;
    target.check_path(context.history.folder())?;
    context.retry_finalize();
    let (input, unread) = build_report_input(args, &query, context, &WallTime::from(&now))?;
    let page = report::render_page(&input);
    match target.write_page(page.as_bytes())? {
        None => print_stdout(&page)?,
        Some(path) => {
            print_stdout(&format!("{}\n", sanitize(&path.display().to_string())))?;
            print_unread_warnings(&unread);
            return if args.open {
                target::open_in_browser(&path).map(|()| ExitCode::SUCCESS)
            } else {
                Ok(ExitCode::SUCCESS)
            };
        }
    }
    print_unread_warnings(&unread);
    Ok(ExitCode::SUCCESS)
}

fn parse_episode_number(text: &str) -> Result<u32> {
    flags::parse_whole_number("episode", "a number such as 2", text)
}

impl ReportArgs {
    fn to_query(&self, now: &ZonedDateTime) -> Result<Query> {
        if self.episode == Some(0) {
            return Err(Error::invalid("episode", "0", "1 or more")
                .with_hint("type `easeback stats` to see the numbers"));
        }
        self.date_range.to_query(now)
    }

    /// The episodes to report, the newest first. `total` is the number of all episodes, those outside the dates too.
    ///
    /// # Errors
    /// No episode has the number that was typed, or it is too old to be listed (exit code 2).
    fn choose_episodes(&self, query: &Query, episodes: &[Episode], total: u64) -> Result<Vec<Episode>> {
        let is_unlimited = query.since.is_none() && query.until.is_none();
        let newest_first = || episodes.iter().rev().cloned();
        let Some(number) = self.episode.map(u64::from) else {
            return Ok(newest_first().take(if is_unlimited { 1 } else { MAX_EPISODES }).collect());
        };
        let chosen: Vec<Episode> = newest_first().filter(|episode| episode.number == number).collect();
        if !chosen.is_empty() || total == 0 {
            return Ok(chosen);
        }
        if number > total {
            return Err(Error::usage(
                match total {
                    1 => format!("no episode {number} (there is 1)"),
                    _ => format!("no episode {number} (there are {total})"),
                },
                "type `easeback stats` to see the numbers, or leave --episode out for the latest",
            ));
        }
        if is_unlimited {
            return Err(Error::usage(
                format!("invalid episode '{number}': expected one of the newest {MAX_EPISODES}"),
                "type --since and --until instead",
            ));
        }
        Ok(chosen)
    }
}

fn build_report_input(
    args: &ReportArgs,
    query: &Query,
    context: &AppContext,
    now: &WallTime,
) -> Result<(ReportInput, Vec<UnreadableLines>)> {
    let (stats, unread) = context.history.each(|| StatsBuilder::new(query, *now), StatsBuilder::add)?;
    let statistics = stats.into_statistics();
    let chosen = args.choose_episodes(query, &statistics.episodes, statistics.episodes_in_all)?;
    let mut episode_reports = Vec::new();
    for episode in chosen {
        let find_episode = |number: u64| statistics.episodes.iter().find(|other| other.number == number);
        let start = diary_start(find_episode(episode.number.saturating_sub(1)), &episode);
        let next_start = find_episode(episode.number + 1).map(|next| diary_start(Some(&episode), next));
        let episode_report = build_episode_report(episode, start, next_start, query, context)?;
        episode_reports.extend((!episode_report.sessions.is_empty()).then_some(episode_report));
    }
    if episode_reports.is_empty() {
        print_unread_warnings(&unread);
        return Err(match statistics.episodes_in_all {
            0 => Error::failed("no session yet to report").with_hint(
                "type `easeback start` to start one, or `easeback log` to add one that was not timed",
            ),
            _ => Error::failed("no session in that time")
                .with_hint("type `easeback stats` to see what there is"),
        });
    }
    let input = ReportInput {
        now: *now,
        since: query.since,
        until: query.until,
        is_anonymous: args.anonymous,
        unread_lines: unread.iter().map(|unread| unread.line_count).sum(),
        total_episodes: statistics.episodes_in_all,
        limits: list_report_limits(),
        episodes: episode_reports,
    };
    Ok((input, unread))
}

/// From when on diary entries belong to an episode: from its onset, unless that lies within the previous episode.
fn diary_start(previous: Option<&Episode>, episode: &Episode) -> WallTime {
    let is_in_previous = previous.is_some_and(|previous| episode.onset_or_start() <= previous.last_started);
    if is_in_previous { episode.started } else { episode.onset_or_start() }
}

/// The report of one episode. Its diary entries are those from `start` to before `next_start`.
fn build_episode_report(
    episode: Episode,
    start: WallTime,
    next_start: Option<WallTime>,
    query: &Query,
    context: &AppContext,
) -> Result<EpisodeReport> {
    let first_covered = query.since.map_or(episode.started, |since| since.max(episode.started));
    let since = first_covered.minus(EPISODE_GAP).min(episode.onset_or_start());
    let found =
        context.history.find_newest(&Query { since: Some(since), until: query.until, ..Query::default() })?;
    let is_in_episode = |session: &SessionRecord| {
        let started = session.started.timestamp();
        query.covers(&session.started)
            && started >= episode.started.timestamp()
            && started <= episode.last_started.timestamp()
    };
    let sessions: Vec<SessionRecord> =
        found.sessions.iter().rev().filter(|session| is_in_episode(session)).cloned().collect();
    let first_started = sessions.first().map(|session| session.started);
    let is_earlier = |session: &&SessionRecord| first_started.is_some_and(|first| session.started < first);
    let earlier_sessions = found.sessions.iter().rev().filter(is_earlier).cloned().collect();
    let end = next_start.unwrap_or_else(|| episode.last_started.plus(EPISODE_GAP));
    let is_covered = |at: &WallTime| query.covers(at) && *at >= start && *at < end;
    let diary_entries =
        found.diary_entries.into_iter().rev().filter(|entry| is_covered(&entry.occurred_at())).collect();
    Ok(EpisodeReport { episode, sessions, diary_entries, earlier_sessions })
}

fn list_report_limits() -> Vec<ReportLimit> {
    let rows = limits::list_limits().into_iter();
    rows.map(|row| ReportLimit { label: row.subject.into(), value: row.value, citation: row.citation.into() })
        .collect()
}
