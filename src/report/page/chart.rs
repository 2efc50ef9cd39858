//! The charts, as SVG in the page.
//!
//! Horizontal positions are in percent of the width, vertical ones in `em`: so a chart fills a phone as well as a sheet
//! of paper, its text has the page's size, and no script is needed. Heat and cold differ in position and shape, not
//! only in color.

use super::{
    EpisodeReport,
    formatting::{check_score, format_amount, format_mean, format_minutes, format_pain_before_after},
    time_axis::{TimeAxis, TimeSlot},
};
use crate::record::{Dose, MAX_PAIN};
use maud::{Markup, html};

/// In percent of the chart's width.
const PLOT_LEFT: f64 = 7.0;
const PLOT_WIDTH: f64 = 91.0;
/// Vertical positions and the height, in em.
const PLOT_TOP: f64 = 0.9;
const PLOT_BOTTOM: f64 = 8.2;
const DATE_LABELS_Y: f64 = 9.6;
const CHART_HEIGHT: f64 = 10.2;
/// In percent of the chart's width.
const MAX_BAR_WIDTH: f64 = 4.0;
/// More dots would overlap: then means are drawn.
const MAX_DOTS: usize = 48;
/// The most slots that a chart's description lists one by one.
const MAX_DESCRIBED_SLOTS: usize = 14;
const MAX_DATE_LABELS: usize = 5;

/// Minutes of heat and of cold, done and planned.
pub(crate) fn render_minutes_chart(report: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let amounts = axis.slots.iter().flat_map(|slot| [slot.totals.heat, slot.totals.cold]);
    let highest = amounts.map(|amount| amount.done_s.max(amount.planned_s)).max().unwrap_or(0);
    let axis_maximum = round_up_axis_maximum(highest);
    let title = format!("Heat and cold by {}, in minutes", axis.unit.as_str());
    let descriptions = axis.slots.iter().filter(|slot| slot.totals.sessions > 0).map(|slot| {
        let minutes = if slot.totals.has_known_phases() {
            format!("heat {}, cold {}", format_amount(slot.totals.heat), format_amount(slot.totals.cold))
        } else {
            "minutes not recorded".into()
        };
        format!("{}: {minutes}.", axis.short_label(slot))
    });
    let to_y = |seconds: u64| {
        PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * (seconds as f64 / axis_maximum as f64).min(1.0)
    };
    let half = axis_maximum / 2;
    let lines = [
        (to_y(axis_maximum), format_minutes(axis_maximum)),
        (to_y(half), format_minutes(half)),
        (PLOT_BOTTOM, "0".to_owned()),
    ];
    let plot = html! {
        @for (index, slot) in axis.slots.iter().enumerate() {
            @if slot.totals.sessions > 0 && !slot.totals.has_known_phases() {
                text x=(format_percent(slot_center_x(axis, index))) y=(format_em(PLOT_BOTTOM - 0.3)) text-anchor="middle" { "?" }
            }
            (render_bar("heat", left_bar_x(axis, index), bar_width(axis), slot.totals.heat, &to_y))
            (render_bar("cold", left_bar_x(axis, index) + bar_width(axis) * 1.12, bar_width(axis), slot.totals.cold, &to_y))
        }
    };
    let legend = html! {
        li { (render_legend_symbol("heat")) "heat done" }
        li { (render_legend_symbol("cold")) "cold done" }
        li { (render_legend_symbol("plan")) "planned" }
    };
    render_figure(
        report,
        axis,
        "doses",
        &title,
        &build_chart_description(descriptions.collect(), axis),
        &lines,
        &plot,
        &legend,
    )
}

/// Pain before and after sessions, and in the diary.
pub(crate) fn render_pain_chart(report: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let has_all_scores = axis.slots.iter().map(|slot| collect_dots(slot).len()).sum::<usize>() <= MAX_DOTS;
    let unit = axis.unit.as_str();
    let subject = if has_all_scores {
        "Pain before and after each session".to_owned()
    } else {
        format!("Mean pain before and after sessions, by {unit}")
    };
    let title = format!("{subject}, 0 to 10");
    let descriptions = axis.slots.iter().filter_map(|slot| {
        Some(format!("{}: {}.", axis.short_label(slot), describe_slot_pain(slot, has_all_scores)?))
    });
    let lines = [
        (score_to_y(10.0), "10".to_owned()),
        (score_to_y(5.0), "5".to_owned()),
        (PLOT_BOTTOM, "0".to_owned()),
    ];
    let plot = html! {
        @for (index, slot) in axis.slots.iter().enumerate() {
            @let dots = if has_all_scores { collect_dots(slot) } else { collect_mean_dots(slot) };
            @for (dot_index, dot) in dots.iter().enumerate() { (render_dot(dot, axis, index, dot_index, dots.len())) }
        }
    };
    let has_diary_scores = report.diary_entries.iter().any(|entry| check_score(entry.pain).is_some());
    let legend = html! {
        li { (render_legend_symbol("before")) "before" }
        li { (render_legend_symbol("after")) "after" }
        @if has_diary_scores && has_all_scores { li { (render_legend_symbol("diary")) "diary" } }
    };
    render_figure(
        report,
        axis,
        "pains",
        &title,
        &build_chart_description(descriptions.collect(), axis),
        &lines,
        &plot,
        &legend,
    )
}

/// The scores of a slot in words, or their means.
fn describe_slot_pain(slot: &TimeSlot, has_all_scores: bool) -> Option<String> {
    if !has_all_scores {
        let before = format_mean(&slot.totals.pain.before, false);
        let after = format_mean(&slot.totals.pain.after, false);
        if before.is_none() && after.is_none() {
            return None;
        }
        let describe = |mean: Option<String>| mean.unwrap_or("not recorded".into());
        return Some(format!("before {}, after {}", describe(before), describe(after)));
    }
    let sessions = slot
        .sessions
        .iter()
        .filter_map(|session| format_pain_before_after(session.pain_before, session.pain_after));
    let entries =
        slot.diary_entries.iter().filter_map(|entry| Some(format!("diary {}", check_score(entry.pain)?)));
    let scores: Vec<String> = sessions.chain(entries).collect();
    (!scores.is_empty()).then(|| scores.join(", "))
}

/// The chart's text for a screen reader.
fn build_chart_description(slot_descriptions: Vec<String>, axis: &TimeAxis) -> String {
    let unit = axis.unit.as_str();
    match slot_descriptions.len() {
        0 => "Nothing recorded.".into(),
        1..=MAX_DESCRIBED_SLOTS => slot_descriptions.join(" "),
        count => format!(
            "{} … {} Values of {count} {unit}s; the table 'Figures by {unit}' has them all.",
            slot_descriptions[0],
            slot_descriptions[count - 1]
        ),
    }
}

#[expect(clippy::too_many_arguments, reason = "what a chart is made of")]
fn render_figure(
    report: &EpisodeReport,
    axis: &TimeAxis,
    name: &str,
    title: &str,
    description: &str,
    lines: &[(f64, String)],
    plot: &Markup,
    legend: &Markup,
) -> Markup {
    let id = format!("e{}-{name}", report.episode.number);
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
                @for index in choose_dated_slots(axis.slots.len()) {
                    text x=(format_percent(slot_center_x(axis, index))) y=(format_em(DATE_LABELS_Y)) text-anchor="middle" { (axis.short_label(&axis.slots[index])) }
                }
            }
            p.table-link { a href={ "#e" (report.episode.number) "-days" } { "These figures as a table" } }
        }
    }
}

/// The indexes of the slots that have their dates below them, at equal distances from the first on.
fn choose_dated_slots(slot_count: usize) -> Vec<usize> {
    let step = slot_count.saturating_sub(1).div_ceil(MAX_DATE_LABELS - 1).max(1);
    (0..slot_count).step_by(step).collect()
}

fn render_bar(class: &str, x: f64, width: f64, amount: Dose, to_y: &impl Fn(u64) -> f64) -> Markup {
    let (done_y, planned_y) = (to_y(amount.done_s), to_y(amount.planned_s));
    html! {
        @if amount.done_s > 0 {
            rect class=(class) x=(format_percent(x)) width=(format_percent(width)) y=(format_em(done_y)) height=(format_em(PLOT_BOTTOM - done_y)) {}
        }
        @if amount.planned_s > 0 {
            line.plan x1=(format_percent(x - width * 0.06)) x2=(format_percent(x + width * 1.06)) y1=(format_em(planned_y)) y2=(format_em(planned_y)) {}
        }
    }
}

fn slot_width(axis: &TimeAxis) -> f64 {
    PLOT_WIDTH / axis.slots.len().max(1) as f64
}

fn slot_center_x(axis: &TimeAxis, index: usize) -> f64 {
    PLOT_LEFT + slot_width(axis) * (index as f64 + 0.5)
}

fn bar_width(axis: &TimeAxis) -> f64 {
    (slot_width(axis) * 0.36).min(MAX_BAR_WIDTH)
}

fn left_bar_x(axis: &TimeAxis, index: usize) -> f64 {
    slot_center_x(axis, index) - bar_width(axis) * 1.06
}

/// A session's or a diary entry's scores.
enum PainDot {
    /// Before and after.
    Session(Option<f64>, Option<f64>),
    Diary(f64),
}

/// The scores of a slot, in the order of time.
fn collect_dots(slot: &TimeSlot) -> Vec<PainDot> {
    let to_score = |pain| check_score(pain).map(f64::from);
    let sessions = slot.sessions.iter().filter_map(|session| {
        let (before, after) = (to_score(session.pain_before), to_score(session.pain_after));
        (before.is_some() || after.is_some()).then_some((session.started, PainDot::Session(before, after)))
    });
    let entries = slot
        .diary_entries
        .iter()
        .filter_map(|entry| Some((entry.occurred_at(), PainDot::Diary(to_score(entry.pain)?))));
    let mut dots: Vec<_> = sessions.chain(entries).collect();
    dots.sort_by_key(|(at, _)| *at);
    dots.into_iter().map(|(_, dot)| dot).collect()
}

fn collect_mean_dots(slot: &TimeSlot) -> Vec<PainDot> {
    let pain = &slot.totals.pain;
    let dot = PainDot::Session(pain.before.mean(), pain.after.mean());
    if matches!(dot, PainDot::Session(None, None)) { Vec::new() } else { vec![dot] }
}

fn score_to_y(score: f64) -> f64 {
    PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * score / f64::from(MAX_PAIN)
}

/// Draws one of the dots of a slot, which are spread over the slot's width.
fn render_dot(
    dot: &PainDot,
    axis: &TimeAxis,
    slot_index: usize,
    dot_index: usize,
    dot_count: usize,
) -> Markup {
    let step = slot_width(axis) / dot_count.max(1) as f64;
    let x = slot_center_x(axis, slot_index) - slot_width(axis) / 2.0 + step * (dot_index as f64 + 0.5);
    let offset = (step * 0.26).min(1.4);
    html! {
        @match dot {
            PainDot::Diary(score) => {
                rect.diary x=(format_percent(x)) y=(format_em(score_to_y(*score))) width="8" height="8" transform="translate(-4 -4)" {}
            }
            PainDot::Session(before, after) => {
                @if let (Some(before), Some(after)) = (before, after) {
                    line.change x1=(format_percent(x - offset)) x2=(format_percent(x + offset)) y1=(format_em(score_to_y(*before))) y2=(format_em(score_to_y(*after))) {}
                }
                @if let Some(before) = before { circle.before cx=(format_percent(x - offset)) cy=(format_em(score_to_y(*before))) r="4" {} }
                @if let Some(after) = after { circle.after cx=(format_percent(x + offset)) cy=(format_em(score_to_y(*after))) r="4.5" {} }
            }
        }
    }
}

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

/// Rounds up to the next of a list of round times, in seconds.
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
