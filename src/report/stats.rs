//! The figures of the past, drawn in the terminal, and as one JSON document.
//!
//! Everything gives way to the width: bars first, then the columns from the last, then lines are broken. Where
//! the terminal has letters only, letters draw.

use super::{
    columns, cut, harmless,
    look::{Look, pad, styled, wrap},
    say_seconds,
};
use crate::{
    record::{Dose, harmless_json},
    stats::{Advice, Episode, Figures, Mean, Pain, Sums, repeats},
    time::Wall,
};
use anstyle::Style;
use std::time::Duration;

/// The days, weeks and episodes that are shown, the newest; the document has more.
const DAYS: usize = 14;
const WEEKS: usize = 8;
const EPISODES: usize = 8;
/// The protocols and the regions that are shown.
const GROUPS: usize = 12;
/// A bar is no longer, and no shorter, than so many letters.
const LONGEST_BAR: usize = 24;
const SHORTEST_BAR: usize = 6;
/// The width of what the two signs of a bar mean.
const LEGEND: usize = 14;
/// The longest label of a row.
const LONGEST_LABEL: usize = 16;
/// From here on there is room for names beside the text, and for whole dates.
const WIDE: usize = 40;
/// The room of a fact's name.
const NAME: usize = 11;
/// From here on there is room for long heads of columns.
const ROOMY: usize = 64;
/// The width where there is no terminal; and the widest, for on a wider one the eye would lose the line.
const WIDTH: usize = 80;
const WIDEST: usize = 100;

/// The figures as one JSON document.
pub fn stats_json(figures: &Figures) -> String {
    // Only maps with other keys than strings, or a failing writer, can make this fail: there are none.
    harmless_json(&format!("{}\n", serde_json::to_string_pretty(figures).unwrap_or_default()))
}

/// The figures as people read them, today first.
pub fn stats(figures: &Figures, look: Look) -> String {
    let width = look.width.unwrap_or(WIDTH).min(WIDEST);
    let draw = Draw { look, width, signs: if look.plain { &PLAIN } else { &FULL } };
    let parts = [
        draw.facts(figures),
        draw.pain_by_day(figures),
        draw.days(figures),
        draw.weeks(figures),
        draw.groups("PROTOCOL", figures.by_protocol.iter().map(|row| (harmless(&row.protocol), &row.sums))),
        draw.groups(
            "REGION",
            figures.by_region.iter().map(|row| {
                (row.region.as_ref().map_or(draw.signs.unknown.into(), |region| harmless(region)), &row.sums)
            }),
        ),
        draw.hours(figures),
        draw.episodes(figures),
        draw.repeated(figures),
    ];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    if look.plain { text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect() } else { text }
}

/// What stands for what.
struct Signs {
    arrow: &'static str,
    unknown: &'static str,
    at_most: &'static str,
    heat: char,
    cold: char,
    /// From no pain to the worst.
    pain: &'static [char],
    no_pain_known: char,
}

const FULL: Signs = Signs {
    arrow: "→",
    unknown: super::UNKNOWN,
    at_most: "≤",
    heat: '█',
    cold: '░',
    pain: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    no_pain_known: '·',
};
const PLAIN: Signs = Signs {
    arrow: "->",
    unknown: "-",
    at_most: "<=",
    heat: '#',
    cold: '-',
    pain: &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'X'],
    no_pain_known: '.',
};

struct Draw {
    look: Look,
    width: usize,
    signs: &'static Signs,
}

/// A row of a table: its cells, and what its bar stands for.
struct Row<const N: usize> {
    cells: [String; N],
    heat: u64,
    cold: u64,
}

impl Draw {
    fn facts(&self, figures: &Figures) -> String {
        let total = &figures.total;
        let mut facts = vec![("today", self.today(&figures.today.sums)), ("total", self.in_all(figures))];
        if total.sessions > 0 {
            facts.push(("heat", self.dose(total, total.heat)));
            facts.push(("cold", self.dose(total, total.cold)));
            facts.push(("pain", self.pain_known(&total.pain)));
            facts.push(("change", self.change(&total.pain)));
            facts.push(("late", overruns(figures)));
        }
        if let Some(newest) = figures.episodes.last() {
            facts.push(("this time", self.episode(newest, figures)));
        }
        facts.iter().map(|(name, text)| self.fact(name, text)).collect()
    }

    fn fact(&self, name: &str, text: &str) -> String {
        let style = self.look.palette.kind(name);
        let (first, then) = if self.width >= WIDE {
            (pad(name, NAME, style, false), " ".repeat(NAME))
        } else {
            (styled(&format!("{name}: "), style), "  ".into())
        };
        self.lines(text, &first, &then)
    }

    fn lines(&self, text: &str, first: &str, then: &str) -> String {
        wrap(text, Some(self.width), first, then) + "\n"
    }

    fn today(&self, sums: &Sums) -> String {
        if sums.sessions == 0 {
            return "no session".into();
        }
        let pain = format!("pain {}", self.before_and_after(&sums.pain));
        let (heat, cold) = (self.dose(sums, sums.heat), self.dose(sums, sums.cold));
        format!("{}; heat {heat}; cold {cold}; {pain}", count(sums.sessions, "session"))
    }

    fn in_all(&self, figures: &Figures) -> String {
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
        let sessions = count(figures.total.sessions, "session");
        format!("{sessions} from {} to {}: {}", day(first), day(last), outcomes.join(", "))
    }

    fn dose(&self, sums: &Sums, dose: Dose) -> String {
        if !sums.is_timed() {
            return self.signs.unknown.into();
        }
        let of = if sums.timed < sums.sessions {
            format!(" (of {} whose phases are known)", count(sums.timed, "session"))
        } else {
            String::new()
        };
        if dose.planned_s == dose.done_s {
            return format!("{}{of}", whole_minutes(dose.done_s));
        }
        format!("{} of {} planned{of}", whole_minutes(dose.done_s), whole_minutes(dose.planned_s))
    }

    fn pain_known(&self, pain: &Pain) -> String {
        let told = |mean: &Mean, when: &str| match mean.mean() {
            None => format!("not known {when}"),
            Some(score) => format!("{} {when} (mean of {})", rounded(score), mean.known),
        };
        format!("{}, {}", told(&pain.before, "before"), told(&pain.after, "after"))
    }

    fn change(&self, pain: &Pain) -> String {
        let Some(mean) = pain.change.mean() else {
            return format!("{} (no session has a score both before and after)", self.signs.unknown);
        };
        let changed = &pain.changed_by_2_or_more;
        format!(
            "{} (mean of {} with both); by 2 or more: {} lower, {} higher",
            signed(mean),
            pain.change.known,
            changed.lower,
            changed.higher
        )
    }

    fn episode(&self, newest: &Episode, figures: &Figures) -> String {
        let onset = match (&newest.onset, figures.since_onset_s) {
            (Some(onset), Some(ago)) => {
                format!("went out {}, {} ago", onset.day_and_time(), days(Duration::from_secs(ago)))
            }
            _ => format!("first session {}", newest.started.day_and_time()),
        };
        let eased = match newest.eased_after() {
            Some(after) => format!("pain 3 or less after {}", days(after)),
            None => "no pain of 3 or less noted yet".into(),
        };
        format!("no. {}, {onset}; {}; {eased}", newest.number, count(newest.sums.sessions, "session"))
    }

    /// Pain after the sessions of each day.
    fn pain_by_day(&self, figures: &Figures) -> String {
        let room = self.width.min(60);
        let days = &figures.by_day[figures.by_day.len().saturating_sub(room)..];
        let known = days.iter().filter(|day| day.sums.pain.after.known > 0).count();
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return String::new() };
        if known < 2 {
            return String::new();
        }
        let line: String = days.iter().map(|day| self.spark(&day.sums.pain.after)).collect();
        let text = format!("Pain after, mean of each day with a session, {} to {}:", first.day, last.day);
        format!("{}{line}\n", self.lines(&text, "", ""))
    }

    fn spark(&self, pain: &Mean) -> char {
        let Some(mean) = pain.mean() else { return self.signs.no_pain_known };
        let highest = self.signs.pain.len() - 1;
        let step = (mean / 10.0 * highest as f64).round() as usize;
        self.signs.pain[step.min(highest)]
    }

    fn days(&self, figures: &Figures) -> String {
        let newest = figures.by_day.iter().rev().take(DAYS);
        self.sums("DAY", newest.map(|row| (self.date(row.day), &row.sums)))
    }

    fn weeks(&self, figures: &Figures) -> String {
        // A week says nothing more than its only day.
        if figures.by_day.len() < 2 {
            return String::new();
        }
        let newest = figures.by_week.iter().rev().take(WEEKS);
        self.sums("WEEK OF", newest.map(|row| (self.date(row.monday), &row.sums)))
    }

    fn groups<'a>(&self, head: &str, groups: impl Iterator<Item = (String, &'a Sums)>) -> String {
        let mut groups: Vec<_> = groups.collect();
        groups.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.sessions));
        groups.truncate(GROUPS);
        self.sums(head, groups.into_iter())
    }

    fn date(&self, day: jiff::civil::Date) -> String {
        let date = day.to_string();
        if self.width >= WIDE { date } else { date.get(5..).unwrap_or_default().into() }
    }

    fn sums<'a>(&self, head: &str, groups: impl Iterator<Item = (String, &'a Sums)>) -> String {
        let row = |(label, sums): (String, &Sums)| {
            let minutes = |dose: Dose| match sums.is_timed() {
                true => (dose.done_s / 60).to_string(),
                false => self.signs.unknown.into(),
            };
            let label = cut(&label, LONGEST_LABEL.min(self.width / 2));
            Row {
                cells: [
                    label,
                    sums.sessions.to_string(),
                    self.before_and_after(&sums.pain),
                    minutes(sums.heat),
                    minutes(sums.cold),
                ],
                heat: sums.heat.done_s,
                cold: sums.cold.done_s,
            }
        };
        let heads = if self.width >= ROOMY {
            [head, "SESSIONS", "PAIN", "HEAT min", "COLD min"]
        } else {
            [head, "NO", "PAIN", "HEAT", "COLD"]
        };
        self.table(heads, true, groups.map(row).collect())
    }

    fn hours(&self, figures: &Figures) -> String {
        let row = |(label, hours): (&str, std::ops::Range<usize>)| {
            let sessions: u64 = figures.by_hour[hours].iter().sum();
            Row { cells: [label.into(), sessions.to_string()], heat: sessions, cold: 0 }
        };
        if figures.total.sessions == 0 {
            return String::new();
        }
        let parts =
            [("00:00-06:00", 0..6), ("06:00-12:00", 6..12), ("12:00-18:00", 12..18), ("18:00-24:00", 18..24)];
        self.table(
            ["STARTED", if self.width >= WIDE { "SESSIONS" } else { "NO" }],
            false,
            parts.into_iter().map(row).collect(),
        )
    }

    fn episodes(&self, figures: &Figures) -> String {
        if figures.episodes.len() < 2 {
            return String::new();
        }
        let eased = format!("PAIN {} 3 AFTER", self.signs.at_most);
        let row = |episode: &Episode| {
            let score = |pain: Option<u8>| pain.map_or(self.signs.unknown.into(), |score| score.to_string());
            let began = self.date(episode.since().date());
            let from = if episode.onset.is_some() { "it went out" } else { "1st session" };
            Row {
                cells: [
                    format!("{}", episode.number),
                    began,
                    episode.sums.sessions.to_string(),
                    format!(
                        "{} {} {}",
                        score(episode.pain_first),
                        self.signs.arrow,
                        score(episode.pain_last)
                    ),
                    episode.eased_after().map_or(self.signs.unknown.into(), days),
                    from.into(),
                ],
                heat: 0,
                cold: 0,
            }
        };
        let sessions = if self.width >= WIDE { "SESSIONS" } else { "NO" };
        let heads = [
            if self.width >= WIDE { "TIME" } else { "NO" },
            "SINCE",
            sessions,
            "PAIN",
            &eased,
            "COUNTED FROM",
        ];
        self.table(heads, false, figures.episodes.iter().rev().take(EPISODES).map(row).collect())
    }

    /// PROTOCOLS, row 6.
    fn repeated(&self, figures: &Figures) -> String {
        if !repeats(&figures.episodes, &figures.now) {
            return String::new();
        }
        self.lines(super::advised(Advice::Movement), "", "")
    }

    /// The rows under their heads, with a bar each where there is room for it. With `packs`, columns and bars are of
    /// heat and cold, and have their colors.
    fn table<const N: usize>(&self, heads: [&str; N], packs: bool, rows: Vec<Row<N>>) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let most = rows.iter().map(|row| row.heat.saturating_add(row.cold)).max().unwrap_or(0);
        let cells: Vec<[String; N]> = std::iter::once(heads.map(String::from))
            .chain(rows.iter().map(|row| row.cells.clone()))
            .collect();
        let widths = columns(&cells);
        let wide = |columns: usize| widths[..columns].iter().map(|width| width + 2).sum::<usize>() - 2;
        let shown = (1..=N).rev().find(|columns| wide(*columns) <= self.width).unwrap_or(1);
        let left = self.width.saturating_sub(wide(shown) + 2).min(LONGEST_BAR);
        let bar = if most > 0 && shown == N && left >= SHORTEST_BAR { left } else { 0 };
        let styles = if packs { [self.look.palette.heat, self.look.palette.cold] } else { [Style::new(); 2] };
        let style = |column: usize| match heads[column] {
            head if head.starts_with("HEAT") => styles[0],
            head if head.starts_with("COLD") => styles[1],
            _ => Style::new(),
        };
        let line = |cells: &[String; N], style: &dyn Fn(usize) -> Style, bar: &str| {
            let cells: Vec<String> = (0..shown)
                .map(|column| align(&cells[column], widths[column], column, style(column)))
                .collect();
            format!("{}\n", format!("{}  {bar}", cells.join("  ")).trim_end())
        };
        let legend = if packs && bar >= LEGEND { self.legend(styles) } else { String::new() };
        let mut text = line(&cells[0], &|_| self.look.palette.heading, &legend);
        for (row, cells) in rows.iter().zip(&cells[1..]) {
            text += &line(cells, &style, &self.bar(row, most, bar, styles));
        }
        text
    }

    fn legend(&self, styles: [Style; 2]) -> String {
        let heat = styled(&format!("{} heat", self.signs.heat), styles[0]);
        let cold = styled(&format!("{} cold", self.signs.cold), styles[1]);
        format!("{heat}  {cold}")
    }

    fn bar<const N: usize>(&self, row: &Row<N>, most: u64, width: usize, styles: [Style; 2]) -> String {
        let letters = |part: u64| (part as f64 / most.max(1) as f64 * width as f64).round() as usize;
        let heats = letters(row.heat);
        let colds = letters(row.heat.saturating_add(row.cold)).saturating_sub(heats);
        let part = |sign: char, count: usize, style: Style| match count {
            0 => String::new(),
            _ => styled(&sign.to_string().repeat(count), style),
        };
        part(self.signs.heat, heats, styles[0]) + &part(self.signs.cold, colds, styles[1])
    }

    fn before_and_after(&self, pain: &Pain) -> String {
        let score = |mean: &Mean| mean.mean().map_or(self.signs.unknown.into(), rounded);
        if pain.before.known == 0 && pain.after.known == 0 {
            return self.signs.unknown.into();
        }
        format!("{} {} {}", score(&pain.before), self.signs.arrow, score(&pain.after))
    }
}

/// Names stand left, numbers right.
fn align(cell: &str, width: usize, column: usize, style: Style) -> String {
    let is_number = column > 0 && cell.bytes().all(|byte| byte.is_ascii_digit());
    pad(cell, width, style, is_number)
}

fn overruns(figures: &Figures) -> String {
    let over = &figures.overruns;
    let mut parts = Vec::new();
    if over.sessions_overdue > 0 {
        let sessions = count(over.sessions_overdue, "session");
        parts.push(format!("{sessions}, {} in total", say_seconds(over.overdue_s)));
    }
    if over.swaps_not_confirmed > 0 {
        parts.push(format!("unconfirmed swaps: {}", over.swaps_not_confirmed));
    }
    if over.unknown_s > 0 {
        parts.push(format!("not timed: {}", say_seconds(over.unknown_s)));
    }
    if parts.is_empty() { "none".into() } else { parts.join("; ") }
}

fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn day(moment: &Wall) -> String {
    moment.date().to_string()
}

/// Sums of many days are told in hours and minutes.
fn whole_minutes(seconds: u64) -> String {
    match seconds {
        0 => "0 min".into(),
        1..60 => "<1 min".into(),
        _ => say_seconds(seconds / 60 * 60),
    }
}

/// To a tenth, and no tenth where it is nought.
fn rounded(score: f64) -> String {
    let text = format!("{score:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn signed(change: f64) -> String {
    match rounded(change).as_str() {
        "0" | "-0" => "0".into(),
        text if change > 0.0 => format!("+{text}"),
        text => text.into(),
    }
}

/// How many days, or hours where it is less than one.
fn days(length: Duration) -> String {
    let hours = length.as_secs() / 3600;
    if hours < 24 {
        return count(hours, "hour");
    }
    let days = rounded(hours as f64 / 24.0);
    if days == "1" { "1 day".into() } else { format!("{days} days") }
}
