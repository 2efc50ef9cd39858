//! Formats statistics: as tables with bars for a terminal, and as one JSON document.
//!
//! In a narrow window the bars are left out first, then the last columns, then lines are wrapped. Where only ASCII
//! characters can be shown, the bars are drawn with them.

mod number_format;

use super::{
    format_seconds, measure_columns,
    output_format::{OutputFormat, pad, styled, wrap},
    sanitize, truncate_to_chars,
};
use crate::{
    record::{Dose, sanitize_json},
    stats::{Advice, Episode, MeanValue, PainStats, Statistics, Totals, is_recurrent},
};
use anstyle::Style;
use number_format::{format_count, format_day, format_days_or_hours, format_rounded, format_whole_minutes};
use std::time::Duration;

/// Only the newest days, weeks and episodes are shown; the JSON document has all.
const MAX_DAYS_SHOWN: usize = 14;
const MAX_WEEKS_SHOWN: usize = 8;
const MAX_EPISODES_SHOWN: usize = 8;
/// Of protocols and of regions.
const MAX_GROUPS_SHOWN: usize = 12;
const MAX_BAR_WIDTH: usize = 24;
const MIN_BAR_WIDTH: usize = 6;
const LEGEND_WIDTH: usize = 14;
const MAX_LABEL_WIDTH: usize = 16;
/// From this width on, names have a column of their own, and dates have a year.
const MIN_WIDE_LAYOUT: usize = 40;
const NAME_COLUMN_WIDTH: usize = 11;
/// From this width on, columns have long headings.
const MIN_LONG_HEADERS: usize = 64;
/// The width where there is no terminal.
const DEFAULT_WIDTH: usize = 80;
/// Wider rows are hard to follow.
const MAX_WIDTH: usize = 100;

/// The statistics as one JSON document.
pub fn stats_to_json(figures: &Statistics) -> String {
    // Serializing fails only with keys that are not strings or with a failing writer: there are neither.
    sanitize_json(&format!("{}\n", serde_json::to_string_pretty(figures).unwrap_or_default()))
}

/// The statistics as text, today first.
pub fn format_stats(figures: &Statistics, format: OutputFormat) -> String {
    let width = format.width.unwrap_or(DEFAULT_WIDTH).min(MAX_WIDTH);
    let renderer = StatsRenderer {
        format,
        width,
        symbols: if format.ascii_only { &ASCII_SYMBOLS } else { &UNICODE_SYMBOLS },
    };
    let parts = [
        renderer.format_overview(figures),
        renderer.render_pain_sparkline(figures),
        renderer.render_days_table(figures),
        renderer.render_weeks_table(figures),
        renderer.render_groups_table(
            "PROTOCOL",
            figures.by_protocol.iter().map(|row| (sanitize(&row.protocol), &row.totals)),
        ),
        renderer.render_groups_table(
            "REGION",
            figures.by_region.iter().map(|row| {
                (row.region.as_ref().map_or("not given".into(), |region| sanitize(region)), &row.totals)
            }),
        ),
        renderer.render_hours_table(figures),
        renderer.render_episodes_table(figures),
        renderer.format_repeat_advice(figures),
    ];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    if format.ascii_only { text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect() } else { text }
}

struct ChartSymbols {
    arrow: &'static str,
    unknown: &'static str,
    at_most: &'static str,
    heat: char,
    cold: char,
    /// From no pain to the worst pain.
    pain_levels: &'static [char],
    pain_unknown: char,
}

const UNICODE_SYMBOLS: ChartSymbols = ChartSymbols {
    arrow: "→",
    unknown: super::UNKNOWN,
    at_most: "≤",
    heat: '█',
    cold: '░',
    pain_levels: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    pain_unknown: '·',
};
const ASCII_SYMBOLS: ChartSymbols = ChartSymbols {
    arrow: "->",
    unknown: "-",
    at_most: "<=",
    heat: '#',
    cold: '-',
    pain_levels: &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'X'],
    pain_unknown: '.',
};

struct StatsRenderer {
    format: OutputFormat,
    width: usize,
    symbols: &'static ChartSymbols,
}

/// A row of a table, with the two values of its bar.
struct StatsRow<const N: usize> {
    cells: [String; N],
    heat_bar: u64,
    cold_bar: u64,
}

impl StatsRenderer {
    fn format_overview(&self, figures: &Statistics) -> String {
        let total = &figures.total;
        let mut fields = vec![("today", self.format_today(&figures.today.totals))];
        if total.sessions > 0 {
            fields.push(("total", self.format_total(figures)));
            fields.push(("heat", self.format_amount(total, total.heat)));
            fields.push(("cold", self.format_amount(total, total.cold)));
            fields.push(("pain", self.format_mean_pain(&total.pain)));
            fields.push(("change", self.format_pain_change(&total.pain)));
            fields.push(("late", format_overruns(figures)));
        }
        if let Some(newest) = figures.episodes.last() {
            fields.push(("this time", self.format_latest_episode(newest, figures)));
        }
        fields.iter().map(|(name, text)| self.format_field(name, text)).collect()
    }

    fn format_field(&self, name: &str, text: &str) -> String {
        let style = self.format.palette.kind(name);
        let (first_indent, indent) = if self.width >= MIN_WIDE_LAYOUT {
            (pad(name, NAME_COLUMN_WIDTH, style, false), " ".repeat(NAME_COLUMN_WIDTH))
        } else {
            (styled(&format!("{name}: "), style), "  ".into())
        };
        self.wrap_text(text, &first_indent, &indent)
    }

    fn wrap_text(&self, text: &str, first_indent: &str, indent: &str) -> String {
        wrap(text, Some(self.width), first_indent, indent) + "\n"
    }

    fn format_today(&self, totals: &Totals) -> String {
        if totals.sessions == 0 {
            return "no session".into();
        }
        let pain = format!("pain {}", self.format_pain_before_after(&totals.pain));
        let (heat, cold) = (self.format_amount(totals, totals.heat), self.format_amount(totals, totals.cold));
        format!("{}; heat {heat}; cold {cold}; {pain}", format_count(totals.sessions, "session"))
    }

    fn format_total(&self, figures: &Statistics) -> String {
        let (Some(first), Some(last)) = (&figures.first, &figures.last) else { return String::new() };
        let outcomes = &figures.outcomes;
        let outcomes = [
            (outcomes.completed, "completed"),
            (outcomes.stopped, "stopped"),
            (outcomes.interrupted, "interrupted"),
            (outcomes.other, "other"),
        ];
        let outcomes = outcomes.into_iter().filter(|(count, _)| *count > 0);
        let outcomes: Vec<String> = outcomes.map(|(count, word)| format!("{count} {word}")).collect();
        let sessions = format_count(figures.total.sessions, "session");
        format!("{sessions} from {} to {}: {}", format_day(first), format_day(last), outcomes.join(", "))
    }

    fn format_amount(&self, totals: &Totals, amount: Dose) -> String {
        if !totals.has_known_phases() {
            return self.symbols.unknown.into();
        }
        let sample = if totals.sessions_with_phases < totals.sessions {
            format!(" (of {} whose phases are known)", format_count(totals.sessions_with_phases, "session"))
        } else {
            String::new()
        };
        if amount.planned_s == amount.done_s {
            return format!("{}{sample}", format_whole_minutes(amount.done_s));
        }
        format!(
            "{} of {} planned{sample}",
            format_whole_minutes(amount.done_s),
            format_whole_minutes(amount.planned_s)
        )
    }

    fn format_mean_pain(&self, pain: &PainStats) -> String {
        let describe = |mean: &MeanValue, when: &str| match mean.mean() {
            None => format!("not known {when}"),
            Some(score) => format!("{} {when} (mean of {})", format_rounded(score), mean.count),
        };
        format!("{}, {}", describe(&pain.before, "before"), describe(&pain.after, "after"))
    }

    fn format_pain_change(&self, pain: &PainStats) -> String {
        let Some(mean) = pain.change.mean() else {
            return format!("{} (no session has a score both before and after)", self.symbols.unknown);
        };
        let changed = &pain.changed_by_2_or_more;
        let change = match format_rounded(mean.abs()) {
            none if none == "0" => "none".to_owned(),
            by if mean < 0.0 => format!("{by} lower"),
            by => format!("{by} higher"),
        };
        format!(
            "{change} on average in {} with both scores; lower by 2 or more in {}, higher by 2 or more in {}",
            format_count(pain.change.count, "session"),
            changed.lower,
            changed.higher
        )
    }

    fn format_latest_episode(&self, newest: &Episode, figures: &Statistics) -> String {
        let onset = match (&newest.onset, figures.since_onset_s) {
            (Some(onset), Some(seconds_ago)) => {
                format!(
                    "went out {}, {} ago",
                    onset.format_date_time(),
                    format_days_or_hours(Duration::from_secs(seconds_ago))
                )
            }
            _ => format!("since the first session, {}", newest.started.format_date_time()),
        };
        let eased = match newest.time_until_eased() {
            Some(duration) => format!("pain was 3 or less after {}", format_days_or_hours(duration)),
            None => "pain has not been 3 or less yet".into(),
        };
        format!(
            "no. {}, {onset}; {}; {eased}",
            newest.number,
            format_count(newest.totals.sessions, "session")
        )
    }

    /// One character for each day, for the mean pain after its sessions.
    fn render_pain_sparkline(&self, figures: &Statistics) -> String {
        let max_days = self.width.min(60);
        let days = &figures.by_day[figures.by_day.len().saturating_sub(max_days)..];
        let days_with_pain = days.iter().filter(|day| day.totals.pain.after.count > 0).count();
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return String::new() };
        if days_with_pain < 2 {
            return String::new();
        }
        let sparkline: String = days.iter().map(|day| self.pain_symbol(&day.totals.pain.after)).collect();
        let text = format!("Mean pain after sessions, day by day, {} to {}:", first.day, last.day);
        format!("{}{sparkline}\n", self.wrap_text(&text, "", ""))
    }

    fn pain_symbol(&self, pain: &MeanValue) -> char {
        let Some(mean) = pain.mean() else { return self.symbols.pain_unknown };
        let highest = self.symbols.pain_levels.len() - 1;
        let level = (mean / 10.0 * highest as f64).round() as usize;
        self.symbols.pain_levels[level.min(highest)]
    }

    fn render_days_table(&self, figures: &Statistics) -> String {
        let newest = figures.by_day.iter().rev().take(MAX_DAYS_SHOWN);
        self.render_totals_table("DAY", newest.map(|row| (self.format_date(row.day), &row.totals)))
    }

    fn render_weeks_table(&self, figures: &Statistics) -> String {
        // A single day needs no table of weeks.
        if figures.by_day.len() < 2 {
            return String::new();
        }
        let newest = figures.by_week.iter().rev().take(MAX_WEEKS_SHOWN);
        self.render_totals_table("WEEK OF", newest.map(|row| (self.format_date(row.monday), &row.totals)))
    }

    fn render_groups_table<'a>(
        &self,
        heading: &str,
        groups: impl Iterator<Item = (String, &'a Totals)>,
    ) -> String {
        let mut groups: Vec<_> = groups.collect();
        groups.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.sessions));
        groups.truncate(MAX_GROUPS_SHOWN);
        self.render_totals_table(heading, groups.into_iter())
    }

    fn format_date(&self, day: jiff::civil::Date) -> String {
        let date = day.to_string();
        if self.width >= MIN_WIDE_LAYOUT { date } else { date.get(5..).unwrap_or_default().into() }
    }

    /// One row with the label and the totals of each group.
    fn render_totals_table<'a>(
        &self,
        heading: &str,
        groups: impl Iterator<Item = (String, &'a Totals)>,
    ) -> String {
        let build_row = |(label, totals): (String, &Totals)| {
            let format_minutes = |amount: Dose| {
                if totals.has_known_phases() {
                    (amount.done_s / 60).to_string()
                } else {
                    self.symbols.unknown.into()
                }
            };
            let label = truncate_to_chars(&label, MAX_LABEL_WIDTH.min(self.width / 2));
            StatsRow {
                cells: [
                    label,
                    totals.sessions.to_string(),
                    self.format_pain_before_after(&totals.pain),
                    format_minutes(totals.heat),
                    format_minutes(totals.cold),
                ],
                heat_bar: totals.heat.done_s,
                cold_bar: totals.cold.done_s,
            }
        };
        let headings = if self.width >= MIN_LONG_HEADERS {
            [heading, "SESSIONS", "MEAN PAIN", "HEAT min", "COLD min"]
        } else {
            [heading, "NO", "PAIN", "HEAT", "COLD"]
        };
        self.render_table(headings, true, groups.map(build_row).collect())
    }

    fn render_hours_table(&self, figures: &Statistics) -> String {
        let build_row = |(label, hours): (&str, std::ops::Range<usize>)| {
            let sessions: u64 = figures.by_hour[hours].iter().sum();
            StatsRow { cells: [label.into(), sessions.to_string()], heat_bar: sessions, cold_bar: 0 }
        };
        if figures.total.sessions == 0 {
            return String::new();
        }
        let parts_of_day =
            [("00:00-06:00", 0..6), ("06:00-12:00", 6..12), ("12:00-18:00", 12..18), ("18:00-24:00", 18..24)];
        self.render_table(
            ["TIME OF DAY", if self.width >= MIN_WIDE_LAYOUT { "SESSIONS" } else { "NO" }],
            false,
            parts_of_day.into_iter().map(build_row).collect(),
        )
    }

    fn render_episodes_table(&self, figures: &Statistics) -> String {
        if figures.episodes.len() < 2 {
            return String::new();
        }
        let eased_heading = format!("PAIN {} 3 AFTER", self.symbols.at_most);
        let build_row = |episode: &Episode| {
            let format_score =
                |pain: Option<u8>| pain.map_or(self.symbols.unknown.into(), |score| score.to_string());
            let counted_from = if episode.onset.is_some() { "it went out" } else { "1st session" };
            StatsRow {
                cells: [
                    format!("{}", episode.number),
                    self.format_date(episode.onset_or_start().date()),
                    episode.totals.sessions.to_string(),
                    format!(
                        "{} {} {}",
                        format_score(episode.pain_first),
                        self.symbols.arrow,
                        format_score(episode.pain_last)
                    ),
                    episode.time_until_eased().map_or(self.symbols.unknown.into(), format_days_or_hours),
                    counted_from.into(),
                ],
                heat_bar: 0,
                cold_bar: 0,
            }
        };
        let first_and_last = format!("FIRST {} LAST", self.symbols.arrow);
        let (number, sessions, pain) = match self.width {
            MIN_LONG_HEADERS.. => ("NO.", "SESSIONS", format!("{first_and_last} PAIN")),
            MIN_WIDE_LAYOUT.. => ("NO.", "SESSIONS", first_and_last),
            _ => ("NO", "N", "PAIN".to_owned()),
        };
        let headings = [number, "SINCE", sessions, &pain, &eased_heading, "COUNTED FROM"];
        self.render_table(
            headings,
            false,
            figures.episodes.iter().rev().take(MAX_EPISODES_SHOWN).map(build_row).collect(),
        )
    }

    /// Advice on movement after more than one episode within a year (PROTOCOLS, row 6).
    fn format_repeat_advice(&self, figures: &Statistics) -> String {
        if !is_recurrent(&figures.episodes, &figures.now) {
            return String::new();
        }
        self.wrap_text(super::format_advice(Advice::Movement), "", "")
    }

    /// A table with a bar at the end of each row, where there is room for it. `has_packs`: columns and bars are heat
    /// and cold, and have their colors.
    fn render_table<const N: usize>(
        &self,
        headings: [&str; N],
        has_packs: bool,
        rows: Vec<StatsRow<N>>,
    ) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let max_total = rows.iter().map(|row| row.heat_bar.saturating_add(row.cold_bar)).max().unwrap_or(0);
        let cells: Vec<[String; N]> = std::iter::once(headings.map(String::from))
            .chain(rows.iter().map(|row| row.cells.clone()))
            .collect();
        let widths = measure_columns(&cells);
        let table_width = |columns: usize| widths[..columns].iter().map(|width| width + 2).sum::<usize>() - 2;
        let shown_columns = (1..=N).rev().find(|columns| table_width(*columns) <= self.width).unwrap_or(1);
        let room = self.width.saturating_sub(table_width(shown_columns) + 2).min(MAX_BAR_WIDTH);
        let has_bars = max_total > 0 && shown_columns == N && room >= MIN_BAR_WIDTH;
        let bar_width = if has_bars { room } else { 0 };
        let palette = self.format.palette;
        let styles = if has_packs { [palette.heat, palette.cold] } else { [Style::new(); 2] };
        let column_style = |column: usize| match headings[column] {
            heading if heading.starts_with("HEAT") => styles[0],
            heading if heading.starts_with("COLD") => styles[1],
            _ => Style::new(),
        };
        let render_line = |cells: &[String; N], style: &dyn Fn(usize) -> Style, bar: &str| {
            let cells: Vec<String> = (0..shown_columns)
                .map(|column| align_cell(&cells[column], widths[column], column, style(column)))
                .collect();
            format!("{}\n", format!("{}  {bar}", cells.join("  ")).trim_end())
        };
        let has_legend = has_packs && bar_width >= LEGEND_WIDTH;
        let legend = if has_legend { self.render_legend(styles) } else { String::new() };
        let mut text = render_line(&cells[0], &|_| self.format.palette.heading, &legend);
        for (row, cells) in rows.iter().zip(&cells[1..]) {
            let bar = self.render_bar(row, max_total, bar_width, styles);
            text += &render_line(cells, &column_style, &bar);
        }
        text
    }

    fn render_legend(&self, styles: [Style; 2]) -> String {
        let heat = styled(&format!("{} heat", self.symbols.heat), styles[0]);
        let cold = styled(&format!("{} cold", self.symbols.cold), styles[1]);
        format!("{heat}  {cold}")
    }

    fn render_bar<const N: usize>(
        &self,
        row: &StatsRow<N>,
        max_total: u64,
        width: usize,
        styles: [Style; 2],
    ) -> String {
        let to_columns =
            |value: u64| (value as f64 / max_total.max(1) as f64 * width as f64).round() as usize;
        let heat_columns = to_columns(row.heat_bar);
        let cold_columns = to_columns(row.heat_bar.saturating_add(row.cold_bar)).saturating_sub(heat_columns);
        let render_part = |symbol: char, columns: usize, style: Style| match columns {
            0 => String::new(),
            _ => styled(&symbol.to_string().repeat(columns), style),
        };
        render_part(self.symbols.heat, heat_columns, styles[0])
            + &render_part(self.symbols.cold, cold_columns, styles[1])
    }

    fn format_pain_before_after(&self, pain: &PainStats) -> String {
        let format_score = |mean: &MeanValue| mean.mean().map_or(self.symbols.unknown.into(), format_rounded);
        if pain.before.count == 0 && pain.after.count == 0 {
            return self.symbols.unknown.into();
        }
        format!("{} {} {}", format_score(&pain.before), self.symbols.arrow, format_score(&pain.after))
    }
}

/// Names are aligned to the left, numbers to the right.
fn align_cell(cell: &str, width: usize, column: usize, style: Style) -> String {
    let is_number = column > 0 && cell.bytes().all(|byte| byte.is_ascii_digit());
    pad(cell, width, style, is_number)
}

fn format_overruns(figures: &Statistics) -> String {
    let overruns = &figures.overruns;
    let mut parts = Vec::new();
    if overruns.sessions_overdue > 0 {
        let sessions = format_count(overruns.sessions_overdue, "session");
        parts.push(format!("{} past the time to swap, in {sessions}", format_seconds(overruns.overdue_s)));
    }
    if overruns.swaps_not_confirmed > 0 {
        parts.push(format!("unconfirmed swaps: {}", overruns.swaps_not_confirmed));
    }
    if overruns.unknown_s > 0 {
        parts.push(format!("timer not running: {}", format_seconds(overruns.unknown_s)));
    }
    if parts.is_empty() { "none".into() } else { parts.join("; ") }
}
