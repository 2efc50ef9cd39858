//! The charts, as SVG within the page.
//!
//! Across, everything is in percent of the width, and down in `em`: so a chart fills a phone as it fills a sheet of
//! paper, its letters stay as large as the page's, and nothing needs a script. Heat and cold differ in place and in
//! form, not in colour alone.

use super::{
    Case,
    axis::{Axis, Slot},
    facts::{dose, mean, minutes, pain, score},
};
use crate::record::{Dose, MOST_PAIN};
use maud::{Markup, html};

/// Where the first slot begins and how far all reach, in percent.
const LEFT: f64 = 7.0;
const WIDTH: f64 = 91.0;
/// The plot's highest and lowest line, the dates' line, and the height of it all, in em.
const TOP: f64 = 0.9;
const FLOOR: f64 = 8.2;
const DATES: f64 = 9.6;
const HEIGHT: f64 = 10.2;
/// A bar is no wider than so many percent.
const WIDEST_BAR: f64 = 4.0;
/// More scores than so many would lie on each other: their means are drawn.
const MOST_DOTS: usize = 48;
/// So many slots are told one by one in a chart's description.
const MOST_TOLD: usize = 14;
/// So many dates stand below a chart.
const MOST_DATES: usize = 5;

/// Minutes of heat and of cold, done and planned.
pub fn doses(case: &Case, axis: &Axis) -> Markup {
    let highest = axis.slots.iter().flat_map(|slot| [slot.sums.heat, slot.sums.cold]);
    let highest = highest.map(|dose| dose.done_s.max(dose.planned_s)).max().unwrap_or(0);
    let top = round_up(highest);
    let title = format!("Heat and cold by {}, in minutes", axis.unit.word());
    let told = axis.slots.iter().filter(|slot| slot.sums.sessions > 0).map(|slot| {
        let said = if slot.sums.is_timed() {
            format!("heat {}, cold {}", dose(slot.sums.heat), dose(slot.sums.cold))
        } else {
            "minutes not recorded".into()
        };
        format!("{}: {said}.", axis.short(slot))
    });
    let y = |seconds: u64| FLOOR - (FLOOR - TOP) * (seconds as f64 / top as f64).min(1.0);
    let lines = [(y(top), minutes(top)), (y(top / 2), minutes(top / 2)), (FLOOR, "0".to_owned())];
    let plot = html! {
        @for (at, slot) in axis.slots.iter().enumerate() {
            @if slot.sums.sessions > 0 && !slot.sums.is_timed() {
                text x=(percent(middle(axis, at))) y=(em(FLOOR - 0.3)) text-anchor="middle" { "?" }
            }
            (bar("heat", left_bar(axis, at), bar_width(axis), slot.sums.heat, &y))
            (bar("cold", left_bar(axis, at) + bar_width(axis) * 1.12, bar_width(axis), slot.sums.cold, &y))
        }
    };
    let legend = html! {
        li { (swatch("heat")) "heat done" }
        li { (swatch("cold")) "cold done" }
        li { (swatch("plan")) "planned" }
    };
    figure(case, axis, "doses", &title, &described(told.collect(), axis), &lines, &plot, &legend)
}

/// Pain before and after sessions, and in the diary.
pub fn pains(case: &Case, axis: &Axis) -> Markup {
    let each = axis.slots.iter().map(|slot| dots_of(slot).len()).sum::<usize>() <= MOST_DOTS;
    let unit = axis.unit.word();
    let what = if each {
        "Pain before and after each session".to_owned()
    } else {
        format!("Mean pain before and after sessions, by {unit}")
    };
    let title = format!("{what}, 0 to 10");
    let told =
        axis.slots.iter().filter_map(|slot| Some(format!("{}: {}.", axis.short(slot), told(slot, each)?)));
    let lines = [(y_of(10.0), "10".to_owned()), (y_of(5.0), "5".to_owned()), (FLOOR, "0".to_owned())];
    let plot = html! {
        @for (at, slot) in axis.slots.iter().enumerate() {
            @let dots = if each { dots_of(slot) } else { means_of(slot) };
            @for (place, dot) in dots.iter().enumerate() { (drawn(dot, axis, at, place, dots.len())) }
        }
    };
    let diary = case.entries.iter().any(|entry| score(entry.pain).is_some());
    let legend = html! {
        li { (swatch("before")) "before" }
        li { (swatch("after")) "after" }
        @if diary && each { li { (swatch("diary")) "diary" } }
    };
    figure(case, axis, "pains", &title, &described(told.collect(), axis), &lines, &plot, &legend)
}

fn told(slot: &Slot, each: bool) -> Option<String> {
    if !each {
        let before = mean(&slot.sums.pain.before, false);
        let after = mean(&slot.sums.pain.after, false);
        (before.is_some() || after.is_some()).then_some(())?;
        let said = |mean: Option<String>| mean.unwrap_or("not recorded".into());
        return Some(format!("before {}, after {}", said(before), said(after)));
    }
    let sessions = slot.sessions.iter().filter_map(|session| pain(session.pain_before, session.pain_after));
    let entries = slot.entries.iter().filter_map(|entry| Some(format!("diary {}", score(entry.pain)?)));
    let said: Vec<String> = sessions.chain(entries).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// What a chart says to those who do not see it.
fn described(told: Vec<String>, axis: &Axis) -> String {
    let unit = axis.unit.word();
    match told.len() {
        0 => "Nothing recorded.".into(),
        1..=MOST_TOLD => told.join(" "),
        many => format!(
            "{} … {} Values of {many} {unit}s; the table 'Figures by {unit}' has them all.",
            told[0],
            told[many - 1]
        ),
    }
}

#[expect(clippy::too_many_arguments, reason = "what a chart is made of")]
fn figure(
    case: &Case,
    axis: &Axis,
    name: &str,
    title: &str,
    description: &str,
    lines: &[(f64, String)],
    plot: &Markup,
    legend: &Markup,
) -> Markup {
    let id = format!("e{}-{name}", case.episode.number);
    html! {
        figure {
            figcaption {
                span.name { (title) }
                ul.legend { (legend) }
            }
            svg.chart role="img" width="100%" height=(em(HEIGHT)) focusable="false"
                aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-text" } {
                title id={ (id) "-title" } { (title) }
                desc id={ (id) "-text" } { (description) }
                @for (y, label) in lines {
                    line.grid x1=(percent(LEFT)) x2=(percent(LEFT + WIDTH)) y1=(em(*y)) y2=(em(*y)) {}
                    text x=(percent(LEFT - 1.0)) y=(em(*y + 0.33)) text-anchor="end" { (label) }
                }
                (plot)
                @for at in dated(axis.slots.len()) {
                    text x=(percent(middle(axis, at))) y=(em(DATES)) text-anchor="middle" { (axis.short(&axis.slots[at])) }
                }
            }
            p.table-link { a href={ "#e" (case.episode.number) "-days" } { "These figures as a table" } }
        }
    }
}

/// Which slots have their dates below them: the first, the last, and some at equal distances.
fn dated(slots: usize) -> Vec<usize> {
    let step = slots.saturating_sub(1).div_ceil(MOST_DATES - 1).max(1);
    (0..slots).step_by(step).collect()
}

fn bar(class: &str, x: f64, width: f64, dose: Dose, y: &impl Fn(u64) -> f64) -> Markup {
    let (done, planned) = (y(dose.done_s), y(dose.planned_s));
    html! {
        @if dose.done_s > 0 {
            rect class=(class) x=(percent(x)) width=(percent(width)) y=(em(done)) height=(em(FLOOR - done)) {}
        }
        @if dose.planned_s > 0 {
            line.plan x1=(percent(x - width * 0.06)) x2=(percent(x + width * 1.06)) y1=(em(planned)) y2=(em(planned)) {}
        }
    }
}

fn slot_width(axis: &Axis) -> f64 {
    WIDTH / axis.slots.len().max(1) as f64
}

fn middle(axis: &Axis, at: usize) -> f64 {
    LEFT + slot_width(axis) * (at as f64 + 0.5)
}

fn bar_width(axis: &Axis) -> f64 {
    (slot_width(axis) * 0.36).min(WIDEST_BAR)
}

fn left_bar(axis: &Axis, at: usize) -> f64 {
    middle(axis, at) - bar_width(axis) * 1.06
}

/// A score, or two that belong together.
enum Dot {
    Session(Option<f64>, Option<f64>),
    Diary(f64),
}

/// The scores of a slot, in the order of time.
fn dots_of(slot: &Slot) -> Vec<Dot> {
    let whole = |pain| score(pain).map(f64::from);
    let sessions = slot.sessions.iter().filter_map(|session| {
        let (before, after) = (whole(session.pain_before), whole(session.pain_after));
        (before.is_some() || after.is_some()).then_some((session.started, Dot::Session(before, after)))
    });
    let entries =
        slot.entries.iter().filter_map(|entry| Some((entry.moment(), Dot::Diary(whole(entry.pain)?))));
    let mut dots: Vec<_> = sessions.chain(entries).collect();
    dots.sort_by_key(|(at, _)| *at);
    dots.into_iter().map(|(_, dot)| dot).collect()
}

fn means_of(slot: &Slot) -> Vec<Dot> {
    let pain = &slot.sums.pain;
    let dot = Dot::Session(pain.before.mean(), pain.after.mean());
    if matches!(dot, Dot::Session(None, None)) { Vec::new() } else { vec![dot] }
}

fn y_of(score: f64) -> f64 {
    FLOOR - (FLOOR - TOP) * score / f64::from(MOST_PAIN)
}

fn drawn(dot: &Dot, axis: &Axis, at: usize, place: usize, of: usize) -> Markup {
    let step = slot_width(axis) / of.max(1) as f64;
    let x = middle(axis, at) - slot_width(axis) / 2.0 + step * (place as f64 + 0.5);
    let aside = (step * 0.26).min(1.4);
    html! {
        @match dot {
            Dot::Diary(score) => {
                rect.diary x=(percent(x)) y=(em(y_of(*score))) width="8" height="8" transform="translate(-4 -4)" {}
            }
            Dot::Session(before, after) => {
                @if let (Some(before), Some(after)) = (before, after) {
                    line.change x1=(percent(x - aside)) x2=(percent(x + aside)) y1=(em(y_of(*before))) y2=(em(y_of(*after))) {}
                }
                @if let Some(before) = before { circle.before cx=(percent(x - aside)) cy=(em(y_of(*before))) r="4" {} }
                @if let Some(after) = after { circle.after cx=(percent(x + aside)) cy=(em(y_of(*after))) r="4.5" {} }
            }
        }
    }
}

/// The sign in front of a word of the legend.
fn swatch(class: &str) -> Markup {
    html! {
        svg.swatch width="14" height="12" aria-hidden="true" focusable="false" {
            @match class {
                "before" => circle.before cx="7" cy="6" r="4" {},
                "after" => circle.after cx="7" cy="6" r="4.5" {},
                "diary" => rect.diary x="3" y="2" width="8" height="8" {},
                "plan" => line.plan x1="1" x2="13" y1="6" y2="6" {},
                _ => rect class=(class) x="2" y="1" width="10" height="10" {},
            }
        }
    }
}

/// The lowest round number of seconds that is no lower.
fn round_up(seconds: u64) -> u64 {
    let steps =
        [10, 20, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1440].map(|minutes: u64| minutes * 60);
    steps.into_iter().find(|step| *step >= seconds).unwrap_or(seconds)
}

fn percent(x: f64) -> String {
    format!("{x:.2}%")
}

fn em(y: f64) -> String {
    format!("{y:.2}em")
}
