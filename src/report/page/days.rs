//! The figures of each day, week or month as a table: what the charts draw.

use super::{
    Case,
    axis::{Axis, MOST_SLOTS, Slot},
    facts::{count, dose, mean, missing, pain, score},
};
use maud::{Markup, html};

/// The scores of so many sessions stand each on its own; of more, their means.
const MOST_PAIRS: usize = 4;

/// The table, with everything that the charts show.
pub fn table(case: &Case, axis: &Axis) -> Markup {
    let number = case.episode.number;
    let unit = axis.unit.word();
    html! {
        section.days aria-labelledby={ "e" (number) "-days" } {
            h2 id={ "e" (number) "-days" } tabindex="-1" { "Figures by " (unit) }
            @if axis.is_cut { p.note { "The newest " (MOST_SLOTS) " " (unit) "s; the sums above have all." } }
            table {
                caption {
                    "Minutes done, and planned where that is another number; pain before → after each session, and in the diary (NRS, 0 to 10)"
                }
                thead {
                    tr {
                        th scope="col" { (capital(unit)) }
                        th.number scope="col" { "Sessions" }
                        th scope="col" { "Heat" }
                        th scope="col" { "Cold" }
                        th scope="col" { "Pain" }
                        th scope="col" { "Diary" }
                    }
                }
                tbody { @for slot in &axis.slots { (row(axis, slot)) } }
            }
        }
    }
}

fn row(axis: &Axis, slot: &Slot) -> Markup {
    let minutes = |which| match slot.sums.sessions {
        0 => html! { "–" },
        _ if !slot.sums.is_timed() => missing(),
        _ => html! { (dose(which)) },
    };
    let diary: Vec<String> = slot
        .entries
        .iter()
        .filter_map(|entry| score(entry.pain))
        .take(6)
        .map(|score| score.to_string())
        .collect();
    html! {
        tr {
            th scope="row" { (axis.long(slot)) }
            td.number { (slot.sums.sessions) }
            td { (minutes(slot.sums.heat)) }
            td { (minutes(slot.sums.cold)) }
            td { (scores(slot)) }
            td {
                @match (slot.entries.len(), diary.is_empty()) {
                    (0, _) => "–",
                    (entries, true) => (count(entries, "entry", "entries")),
                    (_, false) => (diary.join(", ")),
                }
            }
        }
    }
}

fn scores(slot: &Slot) -> Markup {
    let pain_of = &slot.sums.pain;
    match slot.sessions.len() {
        0 => html! { "–" },
        1..=MOST_PAIRS => {
            let each: Vec<String> = slot
                .sessions
                .iter()
                .filter_map(|session| pain(session.pain_before, session.pain_after))
                .collect();
            if each.is_empty() {
                missing()
            } else {
                html! { (each.join(", ").replace(" →", "\u{a0}→").replace("→ ", "→\u{a0}")) }
            }
        }
        _ => match (mean(&pain_of.before, false), mean(&pain_of.after, false)) {
            (None, None) => missing(),
            (before, after) => html! {
                "means: before " (before.unwrap_or("–".into())) " (" (pain_of.before.known) "), after "
                (after.unwrap_or("–".into())) " (" (pain_of.after.known) ")"
            },
        },
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
