//! Every session of an episode in full, and its diary.

use super::{
    EpisodeReport, ReportInput,
    formatting::{
        ColdGap, check_score, compute_cold_gaps, format_amount, format_answer_pairs, format_count,
        format_date_time, format_minutes, format_pain_before_after, format_rough_duration, render_field,
        render_missing, render_or_missing,
    },
};
use crate::{
    record::{Dose, ORIGIN_LOGGED, Outcome, PhaseRecord, SessionRecord, short_id},
    report::{format_seconds, sanitize},
    stats::MIN_RELEVANT_PAIN_CHANGE,
};
use maud::{Markup, html};

/// Shown of one session; a built-in protocol has at most 36.
const MAX_PHASES: usize = 48;

/// The sessions, oldest first.
pub(crate) fn render_sessions(input: &ReportInput, report: &EpisodeReport) -> Markup {
    let number = report.episode.number;
    let (gaps, _) = compute_cold_gaps(report);
    html! {
        section.sessions aria-labelledby={ "e" (number) "-sessions" } {
            h2 id={ "e" (number) "-sessions" } tabindex="-1" { "Sessions" }
            @for (index, (session, gap)) in report.sessions.iter().zip(gaps).enumerate() {
                (render_session(input, report, index, session, gap))
            }
        }
    }
}

fn render_session(
    input: &ReportInput,
    report: &EpisodeReport,
    index: usize,
    session: &SessionRecord,
    gap: ColdGap,
) -> Markup {
    let id = format!("e{}-s{}", report.episode.number, index + 1);
    html! {
        article aria-labelledby=(id) {
            h3 id=(id) { (index + 1) ". " (format_date_time(&session.started)) (render_end_time(session)) }
            p.kind { (render_protocol_and_outcome(session)) @if !input.is_anonymous { " " span.id { (shorten_id(session)) } } }
            (render_phases(session))
            dl.facts {
                (render_field("Pain", &render_pain(session)))
                (render_field("Since the last cold", &render_or_missing(gap.describe())))
                (render_field("After the onset", &render_time_after_onset(report, session)))
                (render_field("Where", &render_region_and_side(session)))
                (render_field("Trigger", &render_text_lines(session.trigger.as_deref())))
                (render_field("Cover", &render_text_lines(session.cover.as_deref())))
                (render_field("Posture", &render_text_lines(session.posture.as_deref())))
                (render_field("Skin afterwards", &render_text_lines(session.skin.as_deref())))
                (render_optional_fields(session))
            }
        }
    }
}

fn render_end_time(session: &SessionRecord) -> Markup {
    html! {
        @match &session.ended {
            None => (", end not recorded"),
            Some(ended) if ended.date() == session.started.date() => { " to " (ended.format_hour_minute()) },
            Some(ended) => { " to " (format_date_time(ended)) },
        }
    }
}

fn shorten_id(session: &SessionRecord) -> String {
    short_id::shorten(session.id, short_id::MIN_SHORT_ID_LENGTH)
}

fn render_protocol_and_outcome(session: &SessionRecord) -> Markup {
    let outcome = match &session.outcome {
        Outcome::Stopped => "stopped early".to_owned(),
        Outcome::Interrupted => "cut off, or nobody answered".to_owned(),
        other => sanitize(other.label()),
    };
    let swaps = match session.swap.as_deref() {
        Some("auto") => Some("swaps by itself".to_owned()),
        Some("ask") => Some("swaps when told to".to_owned()),
        other => other.map(sanitize),
    };
    html! {
        bdi { (sanitize(&session.protocol)) } ", " strong { (outcome) }
        @if let Some(swaps) = swaps { ", " (swaps) }
        @if session.origin.as_deref() == Some(ORIGIN_LOGGED) { ", not timed, written down afterward" }
        @if session.allow_long { ", with the limits lifted" }
    }
}

fn render_phases(session: &SessionRecord) -> Markup {
    let more = session.phases.len().saturating_sub(MAX_PHASES);
    html! {
        @if session.phases.is_empty() { p { "Phases: " (render_missing()) } }
        @else {
            ol.phases aria-label="Phases, in order" {
                @for phase in session.phases.iter().take(MAX_PHASES) { (render_phase(phase)) }
                @if more > 0 { li { "and " (format_count(more, "phase", "phases")) " more" } }
            }
        }
    }
}

fn render_phase(phase: &PhaseRecord) -> Markup {
    let class = match phase.kind.as_str() {
        "heat" => "heat",
        "cold" => "cold",
        _ => "other",
    };
    let amount = Dose { planned_s: phase.planned_s, done_s: phase.actual_s };
    let outcome = match &phase.outcome {
        Outcome::Completed => None,
        other => Some(sanitize(other.label())),
    };
    html! {
        li class=(class) {
            bdi { (sanitize(&phase.kind)) }
            @if phase.outcome == Outcome::NotBegun { ", " (format_minutes(phase.planned_s)) " min planned" }
            @else { " " (format_amount(amount)) }
            @if let Some(outcome) = outcome { ", " (outcome) }
            @if phase.overdue_s > 0 { ", " (format_seconds(phase.overdue_s)) " over" }
        }
    }
}

fn render_pain(session: &SessionRecord) -> Markup {
    let change = match (check_score(session.pain_before), check_score(session.pain_after)) {
        (Some(before), Some(after)) => Some(i64::from(after) - i64::from(before)),
        _ => None,
    };
    html! {
        (render_or_missing(format_pain_before_after(session.pain_before, session.pain_after)))
        @if change.is_some_and(|change| change.abs() >= MIN_RELEVANT_PAIN_CHANGE) { " (changed by 2 or more)" }
    }
}

fn render_time_after_onset(report: &EpisodeReport, session: &SessionRecord) -> Markup {
    render_or_missing(report.episode.onset.map(|onset| format_rough_duration(session.started.since(&onset))))
}

fn render_region_and_side(session: &SessionRecord) -> Markup {
    html! {
        (render_text_lines(session.region.as_deref()))
        @if let Some(side) = &session.side { ", " bdi { (sanitize(side)) } }
    }
}

/// A text that the person wrote, line by line.
fn render_text_lines(text: Option<&str>) -> Markup {
    let lines: Vec<String> = text.into_iter().flat_map(str::lines).map(sanitize).collect();
    html! {
        @if lines.is_empty() { (render_missing()) }
        @for (index, line) in lines.iter().enumerate() {
            @if index > 0 { br; }
            bdi { (line) }
        }
    }
}

/// The fields that only some sessions have.
fn render_optional_fields(session: &SessionRecord) -> Markup {
    let durations = [
        ("Over time", session.overdue_s),
        ("Paused", session.paused_s),
        ("Extended", session.extended_s),
        ("Waiting for an answer", session.asking_s),
        ("Nobody was timing", session.unknown_s),
        ("The computer slept", session.slept_s),
    ];
    html! {
        @for (name, seconds) in durations {
            @if seconds > 0 { (render_field(name, &html! { (format_seconds(seconds)) })) }
        }
        @if session.answers.is_some() {
            div.wide {
                dt { "Red-flag answers" }
                dd {
                    @for (question, answer) in format_answer_pairs(session.answers.as_ref()) { p { bdi { (question) } ": " bdi { (answer) } } }
                }
            }
        }
        @if session.outcome != Outcome::Completed || session.stop_reason.is_some() {
            div.wide { dt { "Why it ended" } dd { (render_text_lines(session.stop_reason.as_deref())) } }
        }
        @if session.note.is_some() { div.wide { dt { "Note" } dd { (render_text_lines(session.note.as_deref())) } } }
    }
}

/// The diary entries, oldest first.
pub(crate) fn render_diary(report: &EpisodeReport) -> Markup {
    let number = report.episode.number;
    html! {
        section.diary aria-labelledby={ "e" (number) "-diary" } {
            h2 id={ "e" (number) "-diary" } tabindex="-1" { "Diary" }
            @if report.diary_entries.is_empty() { p { "No entry in this time." } }
            @else {
                table {
                    caption { "What was written down beside the sessions; pain from 0 to 10" }
                    thead { tr { th scope="col" { "When" } th.number scope="col" { "Pain" } th scope="col" { "Entry" } } }
                    tbody {
                        @for entry in &report.diary_entries {
                            tr {
                                th scope="row" { (format_date_time(&entry.occurred_at())) }
                                td.number { (check_score(entry.pain).map_or("–".to_owned(), |pain| pain.to_string())) }
                                td {
                                    @if entry.text.is_some() { (render_text_lines(entry.text.as_deref())) } @else { "–" }
                                    @if let Some(written) = entry.written_later() {
                                        " " span.note { "(written later: " (format_date_time(&written)) ")" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
