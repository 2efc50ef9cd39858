//! The figures of the past, drawn in the terminal, and as one JSON document.
//!
//! Everything gives way to the width: bars first, then the columns from the last, then lines are broken. Where
//! the terminal has letters only, letters draw.

mod number_format;

use super::{
    format_seconds, measure_columns,
    output_format::{OutputFormat, pad, styled, wrap},
    sanitize, truncate_text,
};
use crate::{
    record::{Dose, sanitize_json},
    stats::{Advice, Episode, MeanValue, PainStats, Statistics, Totals, is_recurrent},
};
use anstyle::Style;
use number_format::{
    format_count, format_day, format_days_or_hours, format_rounded, format_signed, format_whole_minutes,
};
use std::time::Duration;

/// The days, weeks and episodes that are shown, the newest; the document has more.
const MAX_DAYS_SHOWN: usize = 14;
const MAX_WEEKS_SHOWN: usize = 8;
const MAX_EPISODES_SHOWN: usize = 8;
/// The protocols and the regions that are shown.
const MAX_GROUPS_SHOWN: usize = 12;
/// A bar is no longer, and no shorter, than so many letters.
const MAX_BAR_WIDTH: usize = 24;
const MIN_BAR_WIDTH: usize = 6;
/// The width of what the two signs of a bar mean.
const LEGEND: usize = 14;
/// The longest label of a row.
const MAX_LABEL_WIDTH: usize = 16;
/// From here on there is room for names beside the text, and for whole dates.
const MIN_WIDE_LAYOUT: usize = 40;
/// The room of a fact's name.
const NAME_COLUMN_WIDTH: usize = 11;
/// From here on there is room for long heads of columns.
const MIN_LONG_HEADERS: usize = 64;
/// The width where there is no terminal; and the widest, for on a wider one the eye would lose the line.
const WIDTH: usize = 80;
const WIDEST: usize = 100;

/// The figures as one JSON document.
pub fn stats_to_json(figures: &Statistics) -> String {
    // Only maps with other keys than strings, or a failing writer, can make this fail: there are none.
    sanitize_json(&format!("{}\n", serde_json::to_string_pretty(figures).unwrap_or_default()))
}

/// The figures as people read them, today first.
pub fn format_stats(figures: &Statistics, look: OutputFormat) -> String {
    let width = look.width.unwrap_or(WIDTH).min(WIDEST);
    let draw = StatsRenderer {
        options: look,
        width,
        symbols: if look.plain { &ASCII_SYMBOLS } else { &UNICODE_SYMBOLS },
    };
    let parts = [
        draw.format_overview(figures),
        draw.render_pain_sparkline(figures),
        draw.render_days_table(figures),
        draw.render_weeks_table(figures),
        draw.render_groups_table(
            "PROTOCOL",
            figures.by_protocol.iter().map(|row| (sanitize(&row.protocol), &row.totals)),
        ),
        draw.render_groups_table(
            "REGION",
            figures.by_region.iter().map(|row| {
                (
                    row.region.as_ref().map_or(draw.symbols.unknown.into(), |region| sanitize(region)),
                    &row.totals,
                )
            }),
        ),
        draw.render_hours_table(figures),
        draw.render_episodes_table(figures),
        draw.format_repeat_advice(figures),
    ];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    if look.plain { text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect() } else { text }
}

/// What stands for what.
struct ChartSymbols {
    arrow: &'static str,
    unknown: &'static str,
    at_most: &'static str,
    heat: char,
    cold: char,
    /// From no pain to the worst.
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
    options: OutputFormat,
    width: usize,
    symbols: &'static ChartSymbols,
}

/// A row of a table: its cells, and what its bar stands for.
struct StatsRow<const N: usize> {
    cells: [String; N],
    heat_bar: u64,
    cold_bar: u64,
}

impl StatsRenderer {
    fn format_overview(&self, figures: &Statistics) -> String {
        let total = &figures.total;
        let mut facts =
            vec![("today", self.format_today(&figures.today.totals)), ("total", self.format_total(figures))];
        if total.sessions > 0 {
            facts.push(("heat", self.format_amount(total, total.heat)));
            facts.push(("cold", self.format_amount(total, total.cold)));
            facts.push(("pain", self.format_mean_pain(&total.pain)));
            facts.push(("change", self.format_pain_change(&total.pain)));
            facts.push(("late", format_overruns(figures)));
        }
        if let Some(newest) = figures.episodes.last() {
            facts.push(("this time", self.format_latest_episode(newest, figures)));
        }
        facts.iter().map(|(name, text)| self.format_field(name, text)).collect()
    }

    fn format_field(&self, name: &str, text: &str) -> String {
        let style = self.options.palette.kind(name);
        let (first, then) = if self.width >= MIN_WIDE_LAYOUT {
            (pad(name, NAME_COLUMN_WIDTH, style, false), " ".repeat(NAME_COLUMN_WIDTH))
        } else {
            (styled(&format!("{name}: "), style), "  ".into())
        };
        self.wrap_text(text, &first, &then)
    }

    fn wrap_text(&self, text: &str, first: &str, then: &str) -> String {
        wrap(text, Some(self.width), first, then) + "\n"
    }

    fn format_today(&self, sums: &Totals) -> String {
        if sums.sessions == 0 {
            return "no session".into();
        }
        let pain = format!("pain {}", self.format_pain_before_after(&sums.pain));
        let (heat, cold) = (self.format_amount(sums, sums.heat), self.format_amount(sums, sums.cold));
        format!("{}; heat {heat}; cold {cold}; {pain}", format_count(sums.sessions, "session"))
    }

    fn format_total(&self, figures: &Statistics) -> String {
        let (Some(first), Some(last)) = (&figures.first, &figures.last) else { return "no session".into() };
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

    fn format_amount(&self, sums: &Totals, dose: Dose) -> String {
        if !sums.has_known_phases() {
            return self.symbols.unknown.into();
        }
        let of = if sums.sessions_with_phases < sums.sessions {
            format!(" (of {} whose phases are known)", format_count(sums.sessions_with_phases, "session"))
        } else {
            String::new()
        };
        if dose.planned_s == dose.done_s {
            return format!("{}{of}", format_whole_minutes(dose.done_s));
        }
        format!(
            "{} of {} planned{of}",
            format_whole_minutes(dose.done_s),
            format_whole_minutes(dose.planned_s)
        )
    }

    fn format_mean_pain(&self, pain: &PainStats) -> String {
        let told = |mean: &MeanValue, when: &str| match mean.mean() {
            None => format!("not known {when}"),
            Some(score) => format!("{} {when} (mean of {})", format_rounded(score), mean.count),
        };
        format!("{}, {}", told(&pain.before, "before"), told(&pain.after, "after"))
    }

    fn format_pain_change(&self, pain: &PainStats) -> String {
        let Some(mean) = pain.change.mean() else {
            return format!("{} (no session has a score both before and after)", self.symbols.unknown);
        };
        let changed = &pain.changed_by_2_or_more;
        format!(
            "{} (mean of {} with both); by 2 or more: {} lower, {} higher",
            format_signed(mean),
            pain.change.count,
            changed.lower,
            changed.higher
        )
    }

    fn format_latest_episode(&self, newest: &Episode, figures: &Statistics) -> String {
        let onset = match (&newest.onset, figures.since_onset_s) {
            (Some(onset), Some(ago)) => {
                format!(
                    "went out {}, {} ago",
                    onset.format_date_time(),
                    format_days_or_hours(Duration::from_secs(ago))
                )
            }
            _ => format!("first session {}", newest.started.format_date_time()),
        };
        let eased = match newest.time_until_eased() {
            Some(after) => format!("pain 3 or less after {}", format_days_or_hours(after)),
            None => "no pain of 3 or less noted yet".into(),
        };
        format!(
            "no. {}, {onset}; {}; {eased}",
            newest.number,
            format_count(newest.totals.sessions, "session")
        )
    }

    /// Pain after the sessions of each day.
    fn render_pain_sparkline(&self, figures: &Statistics) -> String {
        let room = self.width.min(60);
        let days = &figures.by_day[figures.by_day.len().saturating_sub(room)..];
        let known = days.iter().filter(|day| day.totals.pain.after.count > 0).count();
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return String::new() };
        if known < 2 {
            return String::new();
        }
        let line: String = days.iter().map(|day| self.pain_symbol(&day.totals.pain.after)).collect();
        let text = format!("Pain after, mean of each day with a session, {} to {}:", first.day, last.day);
        format!("{}{line}\n", self.wrap_text(&text, "", ""))
    }

    fn pain_symbol(&self, pain: &MeanValue) -> char {
        let Some(mean) = pain.mean() else { return self.symbols.pain_unknown };
        let highest = self.symbols.pain_levels.len() - 1;
        let step = (mean / 10.0 * highest as f64).round() as usize;
        self.symbols.pain_levels[step.min(highest)]
    }

    fn render_days_table(&self, figures: &Statistics) -> String {
        let newest = figures.by_day.iter().rev().take(MAX_DAYS_SHOWN);
        self.render_sums_table("DAY", newest.map(|row| (self.format_date(row.day), &row.totals)))
    }

    fn render_weeks_table(&self, figures: &Statistics) -> String {
        // A week says nothing more than its only day.
        if figures.by_day.len() < 2 {
            return String::new();
        }
        let newest = figures.by_week.iter().rev().take(MAX_WEEKS_SHOWN);
        self.render_sums_table("WEEK OF", newest.map(|row| (self.format_date(row.monday), &row.totals)))
    }

    fn render_groups_table<'a>(
        &self,
        head: &str,
        groups: impl Iterator<Item = (String, &'a Totals)>,
    ) -> String {
        let mut groups: Vec<_> = groups.collect();
        groups.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.sessions));
        groups.truncate(MAX_GROUPS_SHOWN);
        self.render_sums_table(head, groups.into_iter())
    }

    fn format_date(&self, day: jiff::civil::Date) -> String {
        let date = day.to_string();
        if self.width >= MIN_WIDE_LAYOUT { date } else { date.get(5..).unwrap_or_default().into() }
    }

    fn render_sums_table<'a>(
        &self,
        head: &str,
        groups: impl Iterator<Item = (String, &'a Totals)>,
    ) -> String {
        let row = |(label, sums): (String, &Totals)| {
            let minutes = |dose: Dose| match sums.has_known_phases() {
                true => (dose.done_s / 60).to_string(),
                false => self.symbols.unknown.into(),
            };
            let label = truncate_text(&label, MAX_LABEL_WIDTH.min(self.width / 2));
            StatsRow {
                cells: [
                    label,
                    sums.sessions.to_string(),
                    self.format_pain_before_after(&sums.pain),
                    minutes(sums.heat),
                    minutes(sums.cold),
                ],
                heat_bar: sums.heat.done_s,
                cold_bar: sums.cold.done_s,
            }
        };
        let heads = if self.width >= MIN_LONG_HEADERS {
            [head, "SESSIONS", "PAIN", "HEAT min", "COLD min"]
        } else {
            [head, "NO", "PAIN", "HEAT", "COLD"]
        };
        self.render_table(heads, true, groups.map(row).collect())
    }

    fn render_hours_table(&self, figures: &Statistics) -> String {
        let row = |(label, hours): (&str, std::ops::Range<usize>)| {
            let sessions: u64 = figures.by_hour[hours].iter().sum();
            StatsRow { cells: [label.into(), sessions.to_string()], heat_bar: sessions, cold_bar: 0 }
        };
        if figures.total.sessions == 0 {
            return String::new();
        }
        let parts =
            [("00:00-06:00", 0..6), ("06:00-12:00", 6..12), ("12:00-18:00", 12..18), ("18:00-24:00", 18..24)];
        self.render_table(
            ["STARTED", if self.width >= MIN_WIDE_LAYOUT { "SESSIONS" } else { "NO" }],
            false,
            parts.into_iter().map(row).collect(),
        )
    }

    fn render_episodes_table(&self, figures: &Statistics) -> String {
        if figures.episodes.len() < 2 {
            return String::new();
        }
        let eased = format!("PAIN {} 3 AFTER", self.symbols.at_most);
        let row = |episode: &Episode| {
            let score =
                |pain: Option<u8>| pain.map_or(self.symbols.unknown.into(), |score| score.to_string());
            let began = self.format_date(episode.onset_or_start().date());
            let from = if episode.onset.is_some() { "it went out" } else { "1st session" };
            StatsRow {
                cells: [
                    format!("{}", episode.number),
                    began,
                    episode.totals.sessions.to_string(),
                    format!(
                        "{} {} {}",
                        score(episode.pain_first),
                        self.symbols.arrow,
                        score(episode.pain_last)
                    ),
                    episode.time_until_eased().map_or(self.symbols.unknown.into(), format_days_or_hours),
                    from.into(),
                ],
                heat_bar: 0,
                cold_bar: 0,
            }
        };
        let sessions = if self.width >= MIN_WIDE_LAYOUT { "SESSIONS" } else { "NO" };
        let heads = [
            if self.width >= MIN_WIDE_LAYOUT { "TIME" } else { "NO" },
            "SINCE",
            sessions,
            "PAIN",
            &eased,
            "COUNTED FROM",
        ];
        self.render_table(
            heads,
            false,
            figures.episodes.iter().rev().take(MAX_EPISODES_SHOWN).map(row).collect(),
        )
    }

    /// PROTOCOLS, row 6.
    fn format_repeat_advice(&self, figures: &Statistics) -> String {
        if !is_recurrent(&figures.episodes, &figures.now) {
            return String::new();
        }
        self.wrap_text(super::format_advice(Advice::Movement), "", "")
    }

    /// The rows under their heads, with a bar each where there is room for it. With `packs`, columns and bars are of
    /// heat and cold, and have their colors.
    fn render_table<const N: usize>(&self, heads: [&str; N], packs: bool, rows: Vec<StatsRow<N>>) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let most = rows.iter().map(|row| row.heat_bar.saturating_add(row.cold_bar)).max().unwrap_or(0);
        let cells: Vec<[String; N]> = std::iter::once(heads.map(String::from))
            .chain(rows.iter().map(|row| row.cells.clone()))
            .collect();
        let widths = measure_columns(&cells);
        let wide = |columns: usize| widths[..columns].iter().map(|width| width + 2).sum::<usize>() - 2;
        let shown = (1..=N).rev().find(|columns| wide(*columns) <= self.width).unwrap_or(1);
        let left = self.width.saturating_sub(wide(shown) + 2).min(MAX_BAR_WIDTH);
        let bar = if most > 0 && shown == N && left >= MIN_BAR_WIDTH { left } else { 0 };
        let styles =
            if packs { [self.options.palette.heat, self.options.palette.cold] } else { [Style::new(); 2] };
        let style = |column: usize| match heads[column] {
            head if head.starts_with("HEAT") => styles[0],
            head if head.starts_with("COLD") => styles[1],
            _ => Style::new(),
        };
        let line = |cells: &[String; N], style: &dyn Fn(usize) -> Style, bar: &str| {
            let cells: Vec<String> = (0..shown)
                .map(|column| align_cell(&cells[column], widths[column], column, style(column)))
                .collect();
            format!("{}\n", format!("{}  {bar}", cells.join("  ")).trim_end())
        };
        let legend = if packs && bar >= LEGEND { self.legend(styles) } else { String::new() };
        let mut text = line(&cells[0], &|_| self.options.palette.heading, &legend);
        for (row, cells) in rows.iter().zip(&cells[1..]) {
            text += &line(cells, &style, &self.render_bar(row, most, bar, styles));
        }
        text
    }

    fn legend(&self, styles: [Style; 2]) -> String {
        let heat = styled(&format!("{} heat", self.symbols.heat), styles[0]);
        let cold = styled(&format!("{} cold", self.symbols.cold), styles[1]);
        format!("{heat}  {cold}")
    }

    fn render_bar<const N: usize>(
        &self,
        row: &StatsRow<N>,
        most: u64,
        width: usize,
        styles: [Style; 2],
    ) -> String {
        let letters = |part: u64| (part as f64 / most.max(1) as f64 * width as f64).round() as usize;
        let heats = letters(row.heat_bar);
        let colds = letters(row.heat_bar.saturating_add(row.cold_bar)).saturating_sub(heats);
        let part = |sign: char, count: usize, style: Style| match count {
            0 => String::new(),
            _ => styled(&sign.to_string().repeat(count), style),
        };
        part(self.symbols.heat, heats, styles[0]) + &part(self.symbols.cold, colds, styles[1])
    }

    fn format_pain_before_after(&self, pain: &PainStats) -> String {
        let score = |mean: &MeanValue| mean.mean().map_or(self.symbols.unknown.into(), format_rounded);
        if pain.before.count == 0 && pain.after.count == 0 {
            return self.symbols.unknown.into();
        }
        format!("{} {} {}", score(&pain.before), self.symbols.arrow, score(&pain.after))
    }
}

/// Names stand left, numbers right.
fn align_cell(cell: &str, width: usize, column: usize, style: Style) -> String {
    let is_number = column > 0 && cell.bytes().all(|byte| byte.is_ascii_digit());
    pad(cell, width, style, is_number)
}

fn format_overruns(figures: &Statistics) -> String {
    let over = &figures.overruns;
    let mut parts = Vec::new();
    if over.sessions_overdue > 0 {
        let sessions = format_count(over.sessions_overdue, "session");
        parts.push(format!("{sessions}, {} in total", format_seconds(over.overdue_s)));
    }
    if over.swaps_not_confirmed > 0 {
        parts.push(format!("unconfirmed swaps: {}", over.swaps_not_confirmed));
    }
    if over.unknown_s > 0 {
        parts.push(format!("not timed: {}", format_seconds(over.unknown_s)));
    }
    if parts.is_empty() { "none".into() } else { parts.join("; ") }
}
