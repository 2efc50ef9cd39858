//! The table of what the charts draw, by day, week or month.

use super::{
    EpisodeReport,
    formatting::{
        check_score, format_amount, format_count, format_mean, format_pain_before_after, render_missing,
    },
    time_axis::{MAX_SLOTS, TimeAxis, TimeSlot},
};
use maud::{Markup, html};

/// Of more sessions in a slot, only the mean scores are shown.
const MAX_SINGLE_SCORES: usize = 4;

pub(crate) fn render_figures_table(report: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let number = report.episode.number;
    let unit = axis.unit.as_str();
    html! {
        section.days aria-labelledby={ "e" (number) "-days" } {
            h2 id={ "e" (number) "-days" } tabindex="-1" { "Figures by " (unit) }
            @if axis.is_truncated { p.note { "The newest " (MAX_SLOTS) " " (unit) "s; the sums above have all." } }
            table {
                caption {
                    "Minutes done, and planned where that is another number; pain before → after each session, and in the diary (NRS, 0 to 10)"
                }
                thead {
                    tr {
                        th scope="col" { (capitalize_first(unit)) }
                        th.number scope="col" { "Sessions" }
                        th scope="col" { "Heat" }
                        th scope="col" { "Cold" }
                        th scope="col" { "Pain" }
                        th scope="col" { "Diary" }
                    }
                }
                tbody { @for slot in &axis.slots { (render_row(axis, slot)) } }
            }
        }
    }
}

fn render_row(axis: &TimeAxis, slot: &TimeSlot) -> Markup {
    let render_amount = |amount| match slot.totals.sessions {
        0 => html! { "–" },
        _ if !slot.totals.has_known_phases() => render_missing(),
        _ => html! { (format_amount(amount)) },
    };
    let diary_scores: Vec<String> = slot
        .diary_entries
        .iter()
        .filter_map(|entry| check_score(entry.pain))
        .take(6)
        .map(|score| score.to_string())
        .collect();
    html! {
        tr {
            th scope="row" { (axis.long_label(slot)) }
            td.number { (slot.totals.sessions) }
            td { (render_amount(slot.totals.heat)) }
            td { (render_amount(slot.totals.cold)) }
            td { (render_pain_scores(slot)) }
            td {
                @match (slot.diary_entries.len(), diary_scores.is_empty()) {
                    (0, _) => "–",
                    (entries, true) => (format_count(entries, "entry", "entries")),
                    (_, false) => (diary_scores.join(", ")),
                }
            }
        }
    }
}

fn render_pain_scores(slot: &TimeSlot) -> Markup {
    let pain = &slot.totals.pain;
    match slot.sessions.len() {
        0 => html! { "–" },
        1..=MAX_SINGLE_SCORES => {
            let scores: Vec<String> = slot
                .sessions
                .iter()
                .filter_map(|session| format_pain_before_after(session.pain_before, session.pain_after))
                .collect();
            if scores.is_empty() {
                render_missing()
            } else {
                html! { (scores.join(", ").replace(" →", "\u{a0}→").replace("→ ", "→\u{a0}")) }
            }
        }
        _ => match (format_mean(&pain.before, false), format_mean(&pain.after, false)) {
            (None, None) => render_missing(),
            (before, after) => html! {
                "means: before " (before.unwrap_or("–".into())) " (" (pain.before.count) "), after "
                (after.unwrap_or("–".into())) " (" (pain.after.count) ")"
            },
        },
    }
}

fn capitalize_first(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
