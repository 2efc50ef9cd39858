//! `easeback report`: a page for a physiotherapist.

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
use jiff::Zoned;
use std::{path::PathBuf, process::ExitCode};
use target::ReportTarget;

/// Write a page for your physiotherapist, to print or to send
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback report\n  easeback report --since 30d --output report.html")]
pub(crate) struct ReportArgs {
    /// The file to write; - is standard output [default: easeback-report-DATE.html in this folder]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "output")]
    yes: bool,
    /// Only this episode, by its number in `easeback stats` [default: the latest]
    #[arg(long, value_name = "N", value_parser = episode, allow_hyphen_values = true)]
    episode: Option<u32>,
    #[command(flatten)]
    date_range: DateRange,
    /// Leave out notes, reasons, diary texts and ids
    #[arg(long)]
    anonymous: bool,
    /// Open the file in the browser
    #[arg(long)]
    open: bool,
}

pub(crate) fn run(args: &ReportArgs, desk: &AppContext) -> Result<ExitCode> {
    let now = clock::local_time();
    let asked = args.to_query(&now)?;
    let target = ReportTarget::from_args(args.output.as_deref(), args.yes, args.open, now.date())?;
    target.check_path(desk.logs.folder())?;
    desk.retry_finalize();
    let (dossier, unread) = build_report_input(args, &asked, desk, &WallTime::from(&now))?;
    let page = report::render_page(&dossier);
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

fn episode(text: &str) -> Result<u32> {
    flags::parse_whole_number("episode", "a number such as 2", text)
}

impl ReportArgs {
    fn to_query(&self, now: &Zoned) -> Result<Query> {
        if self.episode == Some(0) {
            return Err(
                Error::invalid("episode", "0", "1 or more").with_hint("`easeback stats` shows the numbers")
            );
        }
        self.date_range.to_query(now)
    }

    /// Those that are to be told, the newest first.
    fn choose_episodes(&self, asked: &Query, episodes: &[Episode], in_all: u64) -> Result<Vec<Episode>> {
        let everything = asked.since.is_none() && asked.until.is_none();
        let newest_first = || episodes.iter().rev().cloned();
        let Some(number) = self.episode.map(u64::from) else {
            return Ok(newest_first().take(if everything { 1 } else { MAX_EPISODES }).collect());
        };
        let found: Vec<Episode> = newest_first().filter(|episode| episode.number == number).collect();
        match found.is_empty() {
            false => Ok(found),
            true if in_all == 0 => Ok(found),
            true if number <= in_all && !everything => Ok(found),
            true if number <= in_all => Err(Error::usage(
                format!("invalid episode '{number}': expected one of the newest {MAX_EPISODES}"),
                "type --since and --until instead",
            )),
            true => Err(Error::usage(
                match in_all {
                    1 => format!("no episode {number} (there is 1)"),
                    _ => format!("no episode {number} (there are {in_all})"),
                },
                "`easeback stats` shows the numbers; without --episode it is the latest",
            )),
        }
    }
}

fn build_report_input(
    args: &ReportArgs,
    asked: &Query,
    desk: &AppContext,
    now: &WallTime,
) -> Result<(ReportInput, Vec<UnreadableLines>)> {
    let (stats, unread) = desk.logs.each(|| StatsBuilder::new(asked, *now), StatsBuilder::add)?;
    let figures = stats.into_statistics();
    let chosen = args.choose_episodes(asked, &figures.episodes, figures.episodes_in_all)?;
    let mut cases = Vec::new();
    for episode in chosen {
        let beside = |number: u64| figures.episodes.iter().find(|other| other.number == number);
        let from = episode_start(beside(episode.number.saturating_sub(1)), &episode);
        let until = beside(episode.number + 1).map(|next| episode_start(Some(&episode), next));
        let case = build_episode_report(episode, from, until, asked, desk)?;
        cases.extend((!case.sessions.is_empty()).then_some(case));
    }
    if cases.is_empty() {
        print_unread_warnings(&unread);
        return Err(match figures.episodes_in_all {
            0 => Error::failed("no session yet to report")
                .with_hint("`easeback start` begins one, `easeback log` adds one that was not timed"),
            _ => Error::failed("no session in that time").with_hint("`easeback stats` shows what there is"),
        });
    }
    let dossier = ReportInput {
        now: *now,
        since: asked.since,
        until: asked.until,
        is_anonymous: args.anonymous,
        unread_lines: unread.iter().map(|unread| unread.line_count).sum(),
        total_episodes: figures.episodes_in_all,
        limits: list_report_limits(),
        episodes: cases,
    };
    Ok((dossier, unread))
}

/// When an episode begins. An onset that was told late may lie in the one before, which keeps its own diary.
fn episode_start(before: Option<&Episode>, episode: &Episode) -> WallTime {
    let lies_in_it = before.is_some_and(|before| episode.onset_or_start() <= before.last_started);
    if lies_in_it { episode.started } else { episode.onset_or_start() }
}

/// What is told of an episode, which begins at `from`; the one after it begins at `next`.
fn build_episode_report(
    episode: Episode,
    from: WallTime,
    next: Option<WallTime>,
    asked: &Query,
    desk: &AppContext,
) -> Result<EpisodeReport> {
    let begin = asked.since.into_iter().chain([episode.started]).max().unwrap_or(episode.started);
    let since = begin.minus(EPISODE_GAP).min(episode.onset_or_start());
    let found =
        desk.logs.find_newest(&Query { since: Some(since), until: asked.until, ..Query::default() })?;
    let belongs = |session: &SessionRecord| {
        let started = session.started.timestamp();
        asked.covers(&session.started)
            && started >= episode.started.timestamp()
            && started <= episode.last_started.timestamp()
    };
    let sessions: Vec<SessionRecord> =
        found.sessions.iter().rev().filter(|session| belongs(session)).cloned().collect();
    let first = sessions.first().map(|first| first.started);
    let before = |session: &&SessionRecord| first.is_some_and(|first| session.started < first);
    let before = found.sessions.iter().rev().filter(before).cloned().collect();
    let end = next.unwrap_or_else(|| episode.last_started.plus(EPISODE_GAP));
    let in_time = |at: &WallTime| asked.covers(at) && *at >= from && *at < end;
    let entries =
        found.diary_entries.into_iter().rev().filter(|entry| in_time(&entry.occurred_at())).collect();
    Ok(EpisodeReport { episode, sessions, diary_entries: entries, earlier_sessions: before })
}

fn list_report_limits() -> Vec<ReportLimit> {
    let rows = limits::list_limits().into_iter();
    rows.map(|row| ReportLimit { label: row.subject.into(), value: row.value, citation: row.citation.into() })
        .collect()
}
