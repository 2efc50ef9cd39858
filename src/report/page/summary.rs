//! The summary of one episode. Everything on it is counted or truncated, so that it stays one A4 sheet.

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

/// Shorter gaps between the cold of two sessions are counted (X1).
const SHORT_COLD_GAP: Duration = Duration::from_secs(2 * 3600);
/// The pages after the summary have all of them.
const MAX_STOPPED_SHOWN: usize = 3;

pub(crate) fn render_summary(input: &ReportInput, report: &EpisodeReport, axis: &TimeAxis) -> Markup {
    let number = report.episode.number;
    let figures = compute_figures(input, report);
    html! {
        section.sheet aria-labelledby={ "e" (number) } {
            h2 id={ "e" (number) } tabindex="-1" {
                "Episode " (number) " of " (input.total_episodes)
            }
            p.when { (render_dates(report)) }
            dl.tiles {
                (render_tile("Sessions", &html! { (figures.total.sessions) }, &render_outcomes(&figures)))
                (render_minutes_tile("Heat done", &figures.total, figures.total.heat))
                (render_minutes_tile("Cold done", &figures.total, figures.total.cold))
                (render_pain_change_tile(&figures))
            }
            dl.facts { (render_episode_fields(input, report)) }
            div.charts {
                (chart::render_minutes_chart(report, axis))
                (chart::render_pain_chart(report, axis))
            }
            dl.facts.below {
                (render_field("Pain before and after", &render_pain(report, &figures)))
                (render_field("Stopped early, and why", &render_stopped_sessions(report)))
                (render_field("Over time", &render_overruns(&figures)))
                (render_field("Diary", &render_diary_summary(report)))
            }
            p.disclaimer {
                "Recorded by the person themselves; not a diagnosis. "
                @for limit in input.limits.iter().take(2) { (limit.label) ": at most " (limit.value) " (" (limit.citation) "). " }
                a href="#sources" { "Sources and limits" } " are at the end."
            }
        }
    }
}

/// The statistics of the report's sessions, which may be fewer than the episode has.
fn compute_figures(input: &ReportInput, report: &EpisodeReport) -> Statistics {
    let mut stats = StatsBuilder::new(&Query::default(), input.now);
    for session in &report.sessions {
        // Fails only for sessions that are out of order; these are not.
        let _ = stats.add(Brief::of(session));
    }
    stats.into_statistics()
}

fn render_dates(report: &EpisodeReport) -> Markup {
    let dates = || report.sessions.iter().map(|session| session.started.date());
    let mut different_dates: Vec<_> = dates().collect();
    different_dates.dedup();
    html! {
        @if let (Some(first), Some(last)) = (dates().min(), dates().max()) {
            (format_date(first))
            @if first != last { " to " (format_date(last)) }
            ", " (format_count(report.sessions.len(), "session", "sessions")) " on " (format_count(different_dates.len(), "day", "days"))
        }
    }
}

fn render_tile(name: &str, figure: &Markup, caption: &Markup) -> Markup {
    html! { div { dt { (name) } dd { span.figure { (figure) } " " span.below { (caption) } } } }
}

fn render_outcomes(figures: &Statistics) -> Markup {
    let outcomes = &figures.outcomes;
    let parts = [
        (outcomes.completed, "completed"),
        (outcomes.stopped, "stopped early"),
        (outcomes.interrupted, "cut off"),
        (outcomes.other, "ended otherwise"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    html! { (parts.join(", ")) }
}

fn render_minutes_tile(name: &str, totals: &Totals, amount: Dose) -> Markup {
    if !totals.has_known_phases() {
        return render_tile(name, &html! { "–" }, &render_missing());
    }
    let unrecorded = totals.sessions - totals.sessions_with_phases;
    let caption = html! {
        "of " (format_minutes(amount.planned_s)) " planned"
        @if unrecorded > 0 { ", not recorded in " (unrecorded) }
    };
    render_tile(name, &html! { (format_minutes(amount.done_s)) " " small { "min" } }, &caption)
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

fn render_episode_fields(input: &ReportInput, report: &EpisodeReport) -> Markup {
    let count_values = |value_of: fn(&SessionRecord) -> Option<&str>| {
        ValueCounts::from_values(report.sessions.iter().map(value_of)).render()
    };
    let orders: Vec<Option<String>> = report.sessions.iter().map(format_phase_order).collect();
    html! {
        (render_field("Onset", &render_or_missing(report.episode.onset.as_ref().map(format_date_time))))
        (render_field("Time since onset", &render_time_since_onset(input, report)))
        (render_field("Trigger", &count_values(|session| session.trigger.as_deref())))
        (render_field("Region", &count_values(|session| session.region.as_deref())))
        (render_field("Side", &count_values(|session| session.side.as_deref())))
        (render_field("Order in a round", &ValueCounts::from_values(orders.iter().map(Option::as_deref)).render()))
        (render_field("Barrier (cover)", &count_values(|session| session.cover.as_deref())))
        (render_field("Posture", &count_values(|session| session.posture.as_deref())))
        (render_field("Skin afterwards", &count_values(|session| session.skin.as_deref())))
        (render_field("Gap since the last cold", &render_cold_gaps(report)))
        (render_field(&format!("Pain {MAX_EASED_PAIN} or less"), &render_time_until_eased(report)))
        (render_field("Last known cold ended", &render_last_cold(input, report)))
        div.wide { dt { "Red-flag answers" } dd { (render_red_flag_answers(report)) } }
    }
}

fn render_time_since_onset(input: &ReportInput, report: &EpisodeReport) -> Markup {
    let now = &input.now;
    html! {
        @if let Some(onset) = report.episode.onset {
            (format_rough_duration(now.since(&onset))) ", when this was written"
        } @else {
            (render_missing())
            span.aside { "; " (format_rough_duration(now.since(&report.episode.started))) " since the first session" }
        }
    }
}

fn render_cold_gaps(report: &EpisodeReport) -> Markup {
    let (gaps, last_cold_end) = compute_cold_gaps(report);
    let known_gaps: Vec<Duration> = gaps
        .iter()
        .filter_map(|gap| match gap {
            ColdGap::After(gap) => Some(*gap),
            _ => None,
        })
        .collect();
    let short_gaps = known_gaps.iter().filter(|gap| **gap < SHORT_COLD_GAP).count();
    html! {
        @match known_gaps.iter().min() {
            None if last_cold_end.is_none() => (render_missing()),
            None => "only one session with cold is known",
            Some(shortest) => {
                "shortest " (format_rough_duration(*shortest)) ", of " (known_gaps.len()) " known; under 2 h: " (short_gaps)
            }
        }
    }
}

fn render_last_cold(input: &ReportInput, report: &EpisodeReport) -> Markup {
    render_or_missing(compute_cold_gaps(report).1.map(|last_cold_end| {
        format!("{} before this was written", format_rough_duration(input.now.since(&last_cold_end)))
    }))
}

fn render_red_flag_answers(report: &EpisodeReport) -> Markup {
    let newest_answered = report
        .sessions
        .iter()
        .rev()
        .find(|session| !format_answer_pairs(session.answers.as_ref()).is_empty());
    html! {
        @match newest_answered {
            None => (render_missing()),
            Some(session) => {
                @for (index, (question, answer)) in format_answer_pairs(session.answers.as_ref()).iter().enumerate() {
                    @if index > 0 { ", " }
                    bdi { (question) } ": " strong { bdi { (answer) } }
                }
                span.aside { " (" (format_date(session.started.date())) ")" }
            }
        }
    }
}

fn render_time_until_eased(report: &EpisodeReport) -> Markup {
    let episode = &report.episode;
    let start = if episode.onset.is_some() { "after the onset" } else { "after the first session began" };
    html! {
        @match episode.time_until_eased() {
            None => span.missing { "not recorded so far" },
            Some(duration) => { "first " (format_rough_duration(duration)) " " (start) },
        }
    }
}

fn render_pain(report: &EpisodeReport, figures: &Statistics) -> Markup {
    let pain = &figures.total.pain;
    let render_mean = |scores: &MeanValue| match format_mean(scores, false) {
        None => render_missing(),
        Some(mean) => html! { (mean) " (" (format_count(scores.count as usize, "score", "scores")) ")" },
    };
    let changed = &pain.changed_by_2_or_more;
    let scores_of =
        |session: &SessionRecord| [check_score(session.pain_before), check_score(session.pain_after)];
    let mut known_scores = report.sessions.iter().flat_map(scores_of).flatten();
    let (first, last) = (known_scores.next(), known_scores.next_back());
    html! {
        "Mean before " (render_mean(&pain.before)) ", after " (render_mean(&pain.after)) ". "
        @if pain.change.count > 0 {
            "Of " (format_count(pain.change.count as usize, "pair", "pairs")) ", changed by 2 or more: "
            (changed.lower) " lower, " (changed.higher) " higher. "
        } @else { "No session with both. " }
        @if let (Some(first), Some(last)) = (first, last) {
            "First score " (first) ", last " (last) "."
        }
    }
}

fn render_stopped_sessions(report: &EpisodeReport) -> Markup {
    let stopped: Vec<&SessionRecord> =
        report.sessions.iter().filter(|session| session.outcome != Outcome::Completed).collect();
    let more = stopped.len().saturating_sub(MAX_STOPPED_SHOWN);
    html! {
        @if stopped.is_empty() { "none of " (format_count(report.sessions.len(), "session", "sessions")) }
        @else {
            (stopped.len()) " of " (format_count(report.sessions.len(), "session", "sessions")) ": "
            @for (index, session) in stopped.iter().rev().take(MAX_STOPPED_SHOWN).enumerate() {
                @if index > 0 { "; " }
                (session.started.date().strftime("%-d %b").to_string()) " "
                (render_stop_reason(session))
            }
            @if more > 0 { "; " (more) " more, with the sessions" }
        }
    }
}

fn render_stop_reason(session: &SessionRecord) -> Markup {
    html! {
        @match session.stop_reason.as_deref().map(shorten_text).filter(|reason| !reason.is_empty()) {
            Some(reason) => { "“" bdi { (reason) } "”" }
            None if session.outcome == Outcome::Interrupted => "cut off, or nobody answered",
            None => span.missing { "reason not recorded" },
        }
    }
}

fn render_overruns(figures: &Statistics) -> Markup {
    let overruns = &figures.overruns;
    let has_no_overruns =
        overruns.sessions_overdue == 0 && overruns.swaps_not_confirmed == 0 && overruns.unknown_s == 0;
    html! {
        @if has_no_overruns { "nothing past its time, all swaps confirmed or not asked for" }
        @if overruns.sessions_overdue > 0 {
            (format_count(overruns.sessions_overdue as usize, "session", "sessions")) " past the end of a phase, "
            (format_seconds(overruns.overdue_s)) " in all. "
        }
        @if overruns.swaps_not_confirmed > 0 {
            (format_count(overruns.swaps_not_confirmed as usize, "swap", "swaps")) " not confirmed. "
        }
        @if overruns.unknown_s > 0 { (format_seconds(overruns.unknown_s)) " nobody was timing." }
    }
}

fn render_diary_summary(report: &EpisodeReport) -> Markup {
    html! {
        @match report.diary_entries.last() {
            None => "no entry",
            Some(last) => {
                (format_count(report.diary_entries.len(), "entry", "entries")) "; the last on " (format_date(last.occurred_at().date()))
                @if let Some(text) = last.text.as_deref().map(shorten_text) { ": “" bdi { (text) } "”" }
            }
        }
    }
}
