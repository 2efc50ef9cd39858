//! The figures of each day, week or month as a table: what the charts draw.

use super::{
    EpisodeReport,
    formatting::{
        check_score, format_amount, format_count, format_mean, format_pain_before_after, render_missing,
    },
    time_axis::{MAX_SLOTS, TimeAxis, TimeSlot},
};
use maud::{Markup, html};

/// The scores of so many sessions stand each on its own; of more, their means.
const MAX_SINGLE_SCORES: usize = 4;

/// The table, with everything that the charts show.
pub(crate) fn render_figures_table(case: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let number = case.episode.number;
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
    let minutes = |which| match slot.sums.sessions {
        0 => html! { "–" },
        _ if !slot.sums.has_known_phases() => render_missing(),
        _ => html! { (format_amount(which)) },
    };
    let diary: Vec<String> = slot
        .diary_entries
        .iter()
        .filter_map(|entry| check_score(entry.pain))
        .take(6)
        .map(|score| score.to_string())
        .collect();
    html! {
        tr {
            th scope="row" { (axis.long_label(slot)) }
            td.number { (slot.sums.sessions) }
            td { (minutes(slot.sums.heat)) }
            td { (minutes(slot.sums.cold)) }
            td { (render_pain_scores(slot)) }
            td {
                @match (slot.diary_entries.len(), diary.is_empty()) {
                    (0, _) => "–",
                    (entries, true) => (format_count(entries, "entry", "entries")),
                    (_, false) => (diary.join(", ")),
                }
            }
        }
    }
}

fn render_pain_scores(slot: &TimeSlot) -> Markup {
    let pain_of = &slot.sums.pain;
    match slot.sessions.len() {
        0 => html! { "–" },
        1..=MAX_SINGLE_SCORES => {
            let each: Vec<String> = slot
                .sessions
                .iter()
                .filter_map(|session| format_pain_before_after(session.pain_before, session.pain_after))
                .collect();
            if each.is_empty() {
                render_missing()
            } else {
                html! { (each.join(", ").replace(" →", "\u{a0}→").replace("→ ", "→\u{a0}")) }
            }
        }
        _ => match (format_mean(&pain_of.before, false), format_mean(&pain_of.after, false)) {
            (None, None) => render_missing(),
            (before, after) => html! {
                "means: before " (before.unwrap_or("–".into())) " (" (pain_of.before.count) "), after "
                (after.unwrap_or("–".into())) " (" (pain_of.after.count) ")"
            },
        },
    }
}

fn capitalize_first(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
