//! `easeback report`: a page for a physiotherapist.

mod file;

use super::{Desk, flags, period::Period, print, say_unread};
use crate::{
    clock,
    error::{Error, Result},
    history::Unread,
    limits,
    record::{Query, SessionRecord},
    report::{self, Case, Dossier, Limit, harmless},
    stats::{Episode, GAP, MOST_EPISODES, Stats},
    time::Wall,
};
use clap::Args;
use file::Target;
use jiff::Zoned;
use std::{path::PathBuf, process::ExitCode};

/// Write a page for your physiotherapist, to print or to send
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback report\n  easeback report --since 30d --output report.html")]
pub struct ReportArgs {
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
    period: Period,
    /// Leave out notes, reasons, diary texts and ids
    #[arg(long)]
    anonymous: bool,
    /// Open the file in the browser
    #[arg(long)]
    open: bool,
}

pub fn run(args: &ReportArgs, desk: &Desk) -> Result<ExitCode> {
    let now = clock::local();
    let asked = args.asked(&now)?;
    let target = Target::of(args.output.as_deref(), args.yes, args.open, now.date())?;
    target.check(desk.logs.folder())?;
    desk.tidy();
    let (dossier, unread) = dossier(args, &asked, desk, &Wall::from(&now))?;
    let page = report::page(&dossier);
    match target.write(page.as_bytes())? {
        None => print(&page)?,
        Some(path) => {
            print(&format!("{}\n", harmless(&path.display().to_string())))?;
            say_unread(&unread);
            return if args.open {
                file::open(&path).map(|()| ExitCode::SUCCESS)
            } else {
                Ok(ExitCode::SUCCESS)
            };
        }
    }
    say_unread(&unread);
    Ok(ExitCode::SUCCESS)
}

fn episode(text: &str) -> Result<u32> {
    flags::whole_number("episode", "a number such as 2", text)
}

impl ReportArgs {
    fn asked(&self, now: &Zoned) -> Result<Query> {
        if self.episode == Some(0) {
            return Err(
                Error::invalid("episode", "0", "1 or more").hint("`easeback stats` shows the numbers")
            );
        }
        self.period.query(now)
    }

    /// Those that are to be told, the newest first.
    fn choose(&self, asked: &Query, episodes: &[Episode], in_all: u64) -> Result<Vec<Episode>> {
        let everything = asked.since.is_none() && asked.until.is_none();
        let newest_first = || episodes.iter().rev().cloned();
        let Some(number) = self.episode.map(u64::from) else {
            return Ok(newest_first().take(if everything { 1 } else { MOST_EPISODES }).collect());
        };
        let found: Vec<Episode> = newest_first().filter(|episode| episode.number == number).collect();
        match found.is_empty() {
            false => Ok(found),
            true if in_all == 0 => Ok(found),
            true if number <= in_all && !everything => Ok(found),
            true if number <= in_all => Err(Error::usage(
                format!("invalid episode '{number}': expected one of the newest {MOST_EPISODES}"),
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

fn dossier(args: &ReportArgs, asked: &Query, desk: &Desk, now: &Wall) -> Result<(Dossier, Vec<Unread>)> {
    let (stats, unread) = desk.logs.each(|| Stats::new(asked, *now), Stats::add)?;
    let figures = stats.figures();
    let chosen = args.choose(asked, &figures.episodes, figures.episodes_in_all)?;
    let mut cases = Vec::new();
    for episode in chosen {
        let beside = |number: u64| figures.episodes.iter().find(|other| other.number == number);
        let from = begin_after(beside(episode.number.saturating_sub(1)), &episode);
        let until = beside(episode.number + 1).map(|next| begin_after(Some(&episode), next));
        let case = case(episode, from, until, asked, desk)?;
        cases.extend((!case.sessions.is_empty()).then_some(case));
    }
    if cases.is_empty() {
        say_unread(&unread);
        return Err(match figures.episodes_in_all {
            0 => Error::failed("no session yet to report")
                .hint("`easeback start` begins one, `easeback log` adds one that was not timed"),
            _ => Error::failed("no session in that time").hint("`easeback stats` shows what there is"),
        });
    }
    let dossier = Dossier {
        now: *now,
        since: asked.since,
        until: asked.until,
        anonymous: args.anonymous,
        unread: unread.iter().map(|unread| unread.lines).sum(),
        episodes_in_all: figures.episodes_in_all,
        limits: limits(),
        cases,
    };
    Ok((dossier, unread))
}

/// When an episode begins. An onset that was told late may lie in the one before, which keeps its own diary.
fn begin_after(before: Option<&Episode>, episode: &Episode) -> Wall {
    let lies_in_it = before.is_some_and(|before| episode.since() <= before.last);
    if lies_in_it { episode.started } else { episode.since() }
}

/// What is told of an episode, which begins at `from`; the one after it begins at `next`.
fn case(episode: Episode, from: Wall, next: Option<Wall>, asked: &Query, desk: &Desk) -> Result<Case> {
    let begin = asked.since.into_iter().chain([episode.started]).max().unwrap_or(episode.started);
    let since = begin.minus(GAP).min(episode.since());
    let found = desk.logs.newest(&Query { since: Some(since), until: asked.until, ..Query::default() })?;
    let belongs = |session: &SessionRecord| {
        let started = session.started.timestamp();
        asked.covers(&session.started)
            && started >= episode.started.timestamp()
            && started <= episode.last.timestamp()
    };
    let sessions: Vec<SessionRecord> =
        found.sessions.iter().rev().filter(|session| belongs(session)).cloned().collect();
    let first = sessions.first().map(|first| first.started);
    let before = |session: &&SessionRecord| first.is_some_and(|first| session.started < first);
    let before = found.sessions.iter().rev().filter(before).cloned().collect();
    let end = next.unwrap_or_else(|| episode.last.plus(GAP));
    let in_time = |at: &Wall| asked.covers(at) && *at >= from && *at < end;
    let entries = found.entries.into_iter().rev().filter(|entry| in_time(&entry.moment())).collect();
    Ok(Case { episode, sessions, entries, before })
}

fn limits() -> Vec<Limit> {
    let rows = limits::table().into_iter();
    rows.map(|row| Limit { what: row.what.into(), value: row.value, source: row.source.into() }).collect()
}
