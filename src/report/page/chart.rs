//! The charts, as SVG within the page.
//!
//! Across, everything is in percent of the width, and down in `em`: so a chart fills a phone as it fills a sheet of
//! paper, its letters stay as large as the page's, and nothing needs a script. Heat and cold differ in place and in
//! form, not in colour alone.

use super::{
    EpisodeReport,
    formatting::{check_score, format_amount, format_mean, format_minutes, format_pain_before_after},
    time_axis::{TimeAxis, TimeSlot},
};
use crate::record::{Dose, MAX_PAIN};
use maud::{Markup, html};

/// Where the first slot begins and how far all reach, in percent.
const PLOT_LEFT: f64 = 7.0;
const PLOT_WIDTH: f64 = 91.0;
/// The plot's highest and lowest line, the dates' line, and the height of it all, in em.
const PLOT_TOP: f64 = 0.9;
const PLOT_BOTTOM: f64 = 8.2;
const DATE_LABELS_Y: f64 = 9.6;
const CHART_HEIGHT: f64 = 10.2;
/// A bar is no wider than so many percent.
const MAX_BAR_WIDTH: f64 = 4.0;
/// More scores than so many would lie on each other: their means are drawn.
const MAX_DOTS: usize = 48;
/// So many slots are told one by one in a chart's description.
const MAX_DESCRIBED_SLOTS: usize = 14;
/// So many dates stand below a chart.
const MAX_DATE_LABELS: usize = 5;

/// Minutes of heat and of cold, done and planned.
pub(crate) fn render_minutes_chart(case: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let highest = axis.slots.iter().flat_map(|slot| [slot.sums.heat, slot.sums.cold]);
    let highest = highest.map(|dose| dose.done_s.max(dose.planned_s)).max().unwrap_or(0);
    let top = round_up_axis_maximum(highest);
    let title = format!("Heat and cold by {}, in minutes", axis.unit.as_str());
    let told = axis.slots.iter().filter(|slot| slot.sums.sessions > 0).map(|slot| {
        let said = if slot.sums.has_known_phases() {
            format!("heat {}, cold {}", format_amount(slot.sums.heat), format_amount(slot.sums.cold))
        } else {
            "minutes not recorded".into()
        };
        format!("{}: {said}.", axis.short_label(slot))
    });
    let y = |seconds: u64| PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * (seconds as f64 / top as f64).min(1.0);
    let lines =
        [(y(top), format_minutes(top)), (y(top / 2), format_minutes(top / 2)), (PLOT_BOTTOM, "0".to_owned())];
    let plot = html! {
        @for (at, slot) in axis.slots.iter().enumerate() {
            @if slot.sums.sessions > 0 && !slot.sums.has_known_phases() {
                text x=(format_percent(slot_center_x(axis, at))) y=(format_em(PLOT_BOTTOM - 0.3)) text-anchor="middle" { "?" }
            }
            (render_bar("heat", left_bar_x(axis, at), bar_width(axis), slot.sums.heat, &y))
            (render_bar("cold", left_bar_x(axis, at) + bar_width(axis) * 1.12, bar_width(axis), slot.sums.cold, &y))
        }
    };
    let legend = html! {
        li { (render_legend_symbol("heat")) "heat done" }
        li { (render_legend_symbol("cold")) "cold done" }
        li { (render_legend_symbol("plan")) "planned" }
    };
    render_figure(
        case,
        axis,
        "doses",
        &title,
        &build_chart_description(told.collect(), axis),
        &lines,
        &plot,
        &legend,
    )
}

/// Pain before and after sessions, and in the diary.
pub(crate) fn render_pain_chart(case: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let each = axis.slots.iter().map(|slot| collect_dots(slot).len()).sum::<usize>() <= MAX_DOTS;
    let unit = axis.unit.as_str();
    let what = if each {
        "Pain before and after each session".to_owned()
    } else {
        format!("Mean pain before and after sessions, by {unit}")
    };
    let title = format!("{what}, 0 to 10");
    let told = axis
        .slots
        .iter()
        .filter_map(|slot| Some(format!("{}: {}.", axis.short_label(slot), describe_slot_pain(slot, each)?)));
    let lines = [
        (score_to_y(10.0), "10".to_owned()),
        (score_to_y(5.0), "5".to_owned()),
        (PLOT_BOTTOM, "0".to_owned()),
    ];
    let plot = html! {
        @for (at, slot) in axis.slots.iter().enumerate() {
            @let dots = if each { collect_dots(slot) } else { collect_mean_dots(slot) };
            @for (place, dot) in dots.iter().enumerate() { (render_dot(dot, axis, at, place, dots.len())) }
        }
    };
    let diary = case.diary_entries.iter().any(|entry| check_score(entry.pain).is_some());
    let legend = html! {
        li { (render_legend_symbol("before")) "before" }
        li { (render_legend_symbol("after")) "after" }
        @if diary && each { li { (render_legend_symbol("diary")) "diary" } }
    };
    render_figure(
        case,
        axis,
        "pains",
        &title,
        &build_chart_description(told.collect(), axis),
        &lines,
        &plot,
        &legend,
    )
}

fn describe_slot_pain(slot: &TimeSlot, each: bool) -> Option<String> {
    if !each {
        let before = format_mean(&slot.sums.pain.before, false);
        let after = format_mean(&slot.sums.pain.after, false);
        (before.is_some() || after.is_some()).then_some(())?;
        let said = |mean: Option<String>| mean.unwrap_or("not recorded".into());
        return Some(format!("before {}, after {}", said(before), said(after)));
    }
    let sessions = slot
        .sessions
        .iter()
        .filter_map(|session| format_pain_before_after(session.pain_before, session.pain_after));
    let entries =
        slot.diary_entries.iter().filter_map(|entry| Some(format!("diary {}", check_score(entry.pain)?)));
    let said: Vec<String> = sessions.chain(entries).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// What a chart says to those who do not see it.
fn build_chart_description(told: Vec<String>, axis: &TimeAxis) -> String {
    let unit = axis.unit.as_str();
    match told.len() {
        0 => "Nothing recorded.".into(),
        1..=MAX_DESCRIBED_SLOTS => told.join(" "),
        many => format!(
            "{} … {} Values of {many} {unit}s; the table 'Figures by {unit}' has them all.",
            told[0],
            told[many - 1]
        ),
    }
}

#[expect(clippy::too_many_arguments, reason = "what a chart is made of")]
fn render_figure(
    case: &EpisodeReport,
    axis: &TimeAxis,
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
            svg.chart role="img" width="100%" height=(format_em(CHART_HEIGHT)) focusable="false"
                aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-text" } {
                title id={ (id) "-title" } { (title) }
                desc id={ (id) "-text" } { (description) }
                @for (y, label) in lines {
                    line.grid x1=(format_percent(PLOT_LEFT)) x2=(format_percent(PLOT_LEFT + PLOT_WIDTH)) y1=(format_em(*y)) y2=(format_em(*y)) {}
                    text x=(format_percent(PLOT_LEFT - 1.0)) y=(format_em(*y + 0.33)) text-anchor="end" { (label) }
                }
                (plot)
                @for at in choose_dated_slots(axis.slots.len()) {
                    text x=(format_percent(slot_center_x(axis, at))) y=(format_em(DATE_LABELS_Y)) text-anchor="middle" { (axis.short_label(&axis.slots[at])) }
                }
            }
            p.table-link { a href={ "#e" (case.episode.number) "-days" } { "These figures as a table" } }
        }
    }
}

/// Which slots have their dates below them: the first, the last, and some at equal distances.
fn choose_dated_slots(slots: usize) -> Vec<usize> {
    let step = slots.saturating_sub(1).div_ceil(MAX_DATE_LABELS - 1).max(1);
    (0..slots).step_by(step).collect()
}

fn render_bar(class: &str, x: f64, width: f64, dose: Dose, y: &impl Fn(u64) -> f64) -> Markup {
    let (done, planned) = (y(dose.done_s), y(dose.planned_s));
    html! {
        @if dose.done_s > 0 {
            rect class=(class) x=(format_percent(x)) width=(format_percent(width)) y=(format_em(done)) height=(format_em(PLOT_BOTTOM - done)) {}
        }
        @if dose.planned_s > 0 {
            line.plan x1=(format_percent(x - width * 0.06)) x2=(format_percent(x + width * 1.06)) y1=(format_em(planned)) y2=(format_em(planned)) {}
        }
    }
}

fn slot_width(axis: &TimeAxis) -> f64 {
    PLOT_WIDTH / axis.slots.len().max(1) as f64
}

fn slot_center_x(axis: &TimeAxis, at: usize) -> f64 {
    PLOT_LEFT + slot_width(axis) * (at as f64 + 0.5)
}

fn bar_width(axis: &TimeAxis) -> f64 {
    (slot_width(axis) * 0.36).min(MAX_BAR_WIDTH)
}

fn left_bar_x(axis: &TimeAxis, at: usize) -> f64 {
    slot_center_x(axis, at) - bar_width(axis) * 1.06
}

/// A score, or two that belong together.
enum PainDot {
    Session(Option<f64>, Option<f64>),
    Diary(f64),
}

/// The scores of a slot, in the order of time.
fn collect_dots(slot: &TimeSlot) -> Vec<PainDot> {
    let whole = |pain| check_score(pain).map(f64::from);
    let sessions = slot.sessions.iter().filter_map(|session| {
        let (before, after) = (whole(session.pain_before), whole(session.pain_after));
        (before.is_some() || after.is_some()).then_some((session.started, PainDot::Session(before, after)))
    });
    let entries = slot
        .diary_entries
        .iter()
        .filter_map(|entry| Some((entry.occurred_at(), PainDot::Diary(whole(entry.pain)?))));
    let mut dots: Vec<_> = sessions.chain(entries).collect();
    dots.sort_by_key(|(at, _)| *at);
    dots.into_iter().map(|(_, dot)| dot).collect()
}

fn collect_mean_dots(slot: &TimeSlot) -> Vec<PainDot> {
    let pain = &slot.sums.pain;
    let dot = PainDot::Session(pain.before.mean(), pain.after.mean());
    if matches!(dot, PainDot::Session(None, None)) { Vec::new() } else { vec![dot] }
}

fn score_to_y(score: f64) -> f64 {
    PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * score / f64::from(MAX_PAIN)
}

fn render_dot(dot: &PainDot, axis: &TimeAxis, at: usize, place: usize, of: usize) -> Markup {
    let step = slot_width(axis) / of.max(1) as f64;
    let x = slot_center_x(axis, at) - slot_width(axis) / 2.0 + step * (place as f64 + 0.5);
    let aside = (step * 0.26).min(1.4);
    html! {
        @match dot {
            PainDot::Diary(score) => {
                rect.diary x=(format_percent(x)) y=(format_em(score_to_y(*score))) width="8" height="8" transform="translate(-4 -4)" {}
            }
            PainDot::Session(before, after) => {
                @if let (Some(before), Some(after)) = (before, after) {
                    line.change x1=(format_percent(x - aside)) x2=(format_percent(x + aside)) y1=(format_em(score_to_y(*before))) y2=(format_em(score_to_y(*after))) {}
                }
                @if let Some(before) = before { circle.before cx=(format_percent(x - aside)) cy=(format_em(score_to_y(*before))) r="4" {} }
                @if let Some(after) = after { circle.after cx=(format_percent(x + aside)) cy=(format_em(score_to_y(*after))) r="4.5" {} }
            }
        }
    }
}

/// The sign in front of a word of the legend.
fn render_legend_symbol(class: &str) -> Markup {
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
fn round_up_axis_maximum(seconds: u64) -> u64 {
    let steps =
        [10, 20, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1440].map(|minutes: u64| minutes * 60);
    steps.into_iter().find(|step| *step >= seconds).unwrap_or(seconds)
}

fn format_percent(x: f64) -> String {
    format!("{x:.2}%")
}

fn format_em(y: f64) -> String {
    format!("{y:.2}em")
}
