//! The sheet of one episode. Everything on it is counted or cut, so that it stays one sheet.

use super::{
    EpisodeReport, ReportInput, chart,
    formatting::{
        ColdGap, ValueCounts, check_score, compute_cold_gaps, format_answer_pairs, format_count, format_date,
        format_date_time, format_mean, format_minutes, format_phase_order, format_rough_duration,
        render_field, render_missing, render_or_missing, shorten_text,
    },
    time_axis::TimeAxis,
};
use crate::{
    record::{Brief, Dose, Outcome, Query, SessionRecord},
    report::format_seconds,
    stats::{MAX_EASED_PAIN, MeanValue, Statistics, StatsBuilder, Totals},
};
use maud::{Markup, html};
use std::time::Duration;

/// Cold again sooner than this after another session's is worth a mention (X1).
const SHORT_COLD_GAP: Duration = Duration::from_secs(2 * 3600);
/// As many sessions that were stopped are told; all of them stand with the sessions.
const MAX_STOPPED_SHOWN: usize = 3;

/// The sheet.
pub(crate) fn render_summary(dossier: &ReportInput, case: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let number = case.episode.number;
    let figures = compute_figures(dossier, case);
    html! {
        section.sheet aria-labelledby={ "e" (number) } {
            h2 id={ "e" (number) } tabindex="-1" {
                "Episode " (number) " of " (dossier.total_episodes)
            }
            p.when { (render_dates(case)) }
            dl.tiles {
                (render_tile("Sessions", &html! { (figures.total.sessions) }, &render_outcomes(&figures)))
                (render_minutes_tile("Heat done", &figures.total, figures.total.heat))
                (render_minutes_tile("Cold done", &figures.total, figures.total.cold))
                (render_pain_change_tile(&figures))
            }
            dl.facts { (render_episode_fields(dossier, case)) }
            div.charts {
                (chart::render_minutes_chart(case, axis))
                (chart::render_pain_chart(case, axis))
            }
            dl.facts.below {
                (render_field("Pain before and after", &render_pain(case, &figures)))
                (render_field("Stopped early, and why", &render_stopped_sessions(case)))
                (render_field("Over time", &render_overruns(&figures)))
                (render_field("Diary", &render_diary_summary(case)))
            }
            p.disclaimer {
                "Recorded by the person themselves; not a diagnosis. "
                @for limit in dossier.limits.iter().take(2) { (limit.label) ": at most " (limit.value) " (" (limit.citation) "). " }
                a href="#sources" { "Sources and limits" } " are at the end."
            }
        }
    }
}

/// The figures of the sessions that are told, which need not be all of the episode's.
fn compute_figures(dossier: &ReportInput, case: &EpisodeReport) -> Statistics {
    let mut stats = StatsBuilder::new(&Query::default(), dossier.now);
    for session in &case.sessions {
        // They come in order.
        let _ = stats.add(Brief::of(session));
    }
    stats.into_statistics()
}

fn render_dates(case: &EpisodeReport) -> Markup {
    let days = || case.sessions.iter().map(|session| session.started.date());
    let mut different: Vec<_> = days().collect();
    different.dedup();
    html! {
        @if let (Some(first), Some(last)) = (days().min(), days().max()) {
            (format_date(first))
            @if first != last { " to " (format_date(last)) }
            ", " (format_count(case.sessions.len(), "session", "sessions")) " on " (format_count(different.len(), "day", "days"))
        }
    }
}

fn render_tile(name: &str, figure: &Markup, below: &Markup) -> Markup {
    html! { div { dt { (name) } dd { span.figure { (figure) } " " span.below { (below) } } } }
}

fn render_outcomes(figures: &Statistics) -> Markup {
    let ended = &figures.outcomes;
    let told = [
        (ended.completed, "completed"),
        (ended.stopped, "stopped early"),
        (ended.interrupted, "cut off"),
        (ended.other, "ended otherwise"),
    ];
    let told: Vec<String> = told
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{number} {how}"))
        .collect();
    html! { (told.join(", ")) }
}

fn render_minutes_tile(name: &str, sums: &Totals, dose: Dose) -> Markup {
    if !sums.has_known_phases() {
        return render_tile(name, &html! { "–" }, &render_missing());
    }
    let unknown = sums.sessions - sums.sessions_with_phases;
    let below = html! {
        "of " (format_minutes(dose.planned_s)) " planned"
        @if unknown > 0 { ", not recorded in " (unknown) }
    };
    render_tile(name, &html! { (format_minutes(dose.done_s)) " " small { "min" } }, &below)
}

fn render_pain_change_tile(figures: &Statistics) -> Markup {
    let change = &figures.total.pain.change;
    match format_mean(change, true) {
        None => render_tile("Change of pain", &html! { "–" }, &render_missing()),
        Some(mean) => {
            let pairs = format_count(change.count as usize, "pair", "pairs");
            render_tile("Change of pain", &html! { (mean) }, &html! { "mean of " (pairs) ", after − before" })
        }
    }
}

fn render_episode_fields(dossier: &ReportInput, case: &EpisodeReport) -> Markup {
    let tally = |of: fn(&SessionRecord) -> Option<&str>| {
        ValueCounts::from_values(case.sessions.iter().map(of)).render()
    };
    let orders: Vec<Option<String>> = case.sessions.iter().map(format_phase_order).collect();
    html! {
        (render_field("Onset", &render_or_missing(case.episode.onset.as_ref().map(format_date_time))))
        (render_field("Time since onset", &render_time_since_onset(dossier, case)))
        (render_field("Trigger", &tally(|session| session.trigger.as_deref())))
        (render_field("Region", &tally(|session| session.region.as_deref())))
        (render_field("Side", &tally(|session| session.side.as_deref())))
        (render_field("Order in a round", &ValueCounts::from_values(orders.iter().map(Option::as_deref)).render()))
        (render_field("Barrier (cover)", &tally(|session| session.cover.as_deref())))
        (render_field("Posture", &tally(|session| session.posture.as_deref())))
        (render_field("Skin afterwards", &tally(|session| session.skin.as_deref())))
        (render_field("Gap since the last cold", &render_cold_gaps(case)))
        (render_field(&format!("Pain {MAX_EASED_PAIN} or less"), &render_time_until_eased(case)))
        (render_field("Last known cold ended", &render_last_cold(dossier, case)))
        div.wide { dt { "Red-flag answers" } dd { (render_red_flag_answers(case)) } }
    }
}

fn render_time_since_onset(dossier: &ReportInput, case: &EpisodeReport) -> Markup {
    let now = &dossier.now;
    html! {
        @if let Some(onset) = case.episode.onset {
            (format_rough_duration(now.since(&onset))) ", when this was written"
        } @else {
            (render_missing())
            span.aside { "; " (format_rough_duration(now.since(&case.episode.started))) " since the first session" }
        }
    }
}

fn render_cold_gaps(case: &EpisodeReport) -> Markup {
    let (gaps, last) = compute_cold_gaps(case);
    let known: Vec<Duration> = gaps
        .iter()
        .filter_map(|gap| match gap {
            ColdGap::After(gap) => Some(*gap),
            _ => None,
        })
        .collect();
    let soon = known.iter().filter(|gap| **gap < SHORT_COLD_GAP).count();
    html! {
        @match known.iter().min() {
            None if last.is_none() => (render_missing()),
            None => "only one session with cold is known",
            Some(shortest) => {
                "shortest " (format_rough_duration(*shortest)) ", of " (known.len()) " known; under 2 h: " (soon)
            }
        }
    }
}

fn render_last_cold(dossier: &ReportInput, case: &EpisodeReport) -> Markup {
    render_or_missing(
        compute_cold_gaps(case).1.map(|last| {
            format!("{} before this was written", format_rough_duration(dossier.now.since(&last)))
        }),
    )
}

fn render_red_flag_answers(case: &EpisodeReport) -> Markup {
    let answered =
        case.sessions.iter().rev().find(|session| !format_answer_pairs(session.answers.as_ref()).is_empty());
    html! {
        @match answered {
            None => (render_missing()),
            Some(session) => {
                @for (at, (question, answer)) in format_answer_pairs(session.answers.as_ref()).iter().enumerate() {
                    @if at > 0 { ", " }
                    bdi { (question) } ": " strong { bdi { (answer) } }
                }
                span.aside { " (" (format_date(session.started.date())) ")" }
            }
        }
    }
}

fn render_time_until_eased(case: &EpisodeReport) -> Markup {
    let episode = &case.episode;
    let from = if episode.onset.is_some() { "after the onset" } else { "after the first session began" };
    html! {
        @match episode.time_until_eased() {
            None => span.missing { "not recorded so far" },
            Some(after) => { "first " (format_rough_duration(after)) " " (from) },
        }
    }
}

fn render_pain(case: &EpisodeReport, figures: &Statistics) -> Markup {
    let pain = &figures.total.pain;
    let said = |scores: &MeanValue| match format_mean(scores, false) {
        None => render_missing(),
        Some(mean) => html! { (mean) " (" (format_count(scores.count as usize, "score", "scores")) ")" },
    };
    let changed = &pain.changed_by_2_or_more;
    let scores =
        |session: &SessionRecord| [check_score(session.pain_before), check_score(session.pain_after)];
    let mut known = case.sessions.iter().flat_map(scores).flatten();
    let (first, last) = (known.next(), known.next_back());
    html! {
        "Mean before " (said(&pain.before)) ", after " (said(&pain.after)) ". "
        @if pain.change.count > 0 {
            "Of " (format_count(pain.change.count as usize, "pair", "pairs")) ", changed by 2 or more: "
            (changed.lower) " lower, " (changed.higher) " higher. "
        } @else { "No session with both. " }
        @if let (Some(first), Some(last)) = (first, last) {
            "First score " (first) ", last " (last) "."
        }
    }
}

fn render_stopped_sessions(case: &EpisodeReport) -> Markup {
    let stopped: Vec<&SessionRecord> =
        case.sessions.iter().filter(|session| session.outcome != Outcome::Completed).collect();
    let more = stopped.len().saturating_sub(MAX_STOPPED_SHOWN);
    html! {
        @if stopped.is_empty() { "none of " (format_count(case.sessions.len(), "session", "sessions")) }
        @else {
            (stopped.len()) " of " (format_count(case.sessions.len(), "session", "sessions")) ": "
            @for (at, session) in stopped.iter().rev().take(MAX_STOPPED_SHOWN).enumerate() {
                @if at > 0 { "; " }
                (session.started.date().strftime("%-d %b").to_string()) " "
                (render_stop_reason(session))
            }
            @if more > 0 { "; " (more) " more, with the sessions" }
        }
    }
}

fn render_stop_reason(session: &SessionRecord) -> Markup {
    html! {
        @match session.stop_reason.as_deref().map(shorten_text).filter(|why| !why.is_empty()) {
            Some(why) => { "“" bdi { (why) } "”" }
            None if session.outcome == Outcome::Interrupted => "cut off, or nobody answered",
            None => span.missing { "reason not recorded" },
        }
    }
}

fn render_overruns(figures: &Statistics) -> Markup {
    let over = &figures.overruns;
    let none = over.sessions_overdue == 0 && over.swaps_not_confirmed == 0 && over.unknown_s == 0;
    html! {
        @if none { "nothing past its time, all swaps confirmed or not asked for" }
        @if over.sessions_overdue > 0 {
            (format_count(over.sessions_overdue as usize, "session", "sessions")) " past the end of a phase, "
            (format_seconds(over.overdue_s)) " in all. "
        }
        @if over.swaps_not_confirmed > 0 {
            (format_count(over.swaps_not_confirmed as usize, "swap", "swaps")) " not confirmed. "
        }
        @if over.unknown_s > 0 { (format_seconds(over.unknown_s)) " nobody was timing." }
    }
}

fn render_diary_summary(case: &EpisodeReport) -> Markup {
    html! {
        @match case.diary_entries.last() {
            None => "no entry",
            Some(last) => {
                (format_count(case.diary_entries.len(), "entry", "entries")) "; the last on " (format_date(last.occurred_at().date()))
                @if let Some(text) = last.text.as_deref().map(shorten_text) { ": “" bdi { (text) } "”" }
            }
        }
    }
}
