//! Every session in full, and the diary.

use super::{
    Case, Dossier,
    facts::{
        ColdGap, answers, cold_gaps, count, dose, fact, known, minutes, missing, moment, pain, roughly, score,
    },
};
use crate::{
    record::{Dose, LOGGED, Outcome, PhaseRecord, SessionRecord, short_id},
    report::{harmless, say_seconds},
    stats::WORTH_A_MENTION,
};
use maud::{Markup, html};

/// As many phases of a session are told; a built-in protocol has 36 at most.
const MOST_PHASES: usize = 48;

/// The sessions, oldest first.
pub fn all(dossier: &Dossier, case: &Case) -> Markup {
    let number = case.episode.number;
    let (gaps, _) = cold_gaps(case);
    html! {
        section.sessions aria-labelledby={ "e" (number) "-sessions" } {
            h2 id={ "e" (number) "-sessions" } tabindex="-1" { "Sessions" }
            @for (at, (session, gap)) in case.sessions.iter().zip(gaps).enumerate() {
                (one(dossier, case, at, session, gap))
            }
        }
    }
}

fn one(dossier: &Dossier, case: &Case, at: usize, session: &SessionRecord, gap: ColdGap) -> Markup {
    let id = format!("e{}-s{}", case.episode.number, at + 1);
    html! {
        article aria-labelledby=(id) {
            h3 id=(id) { (at + 1) ". " (moment(&session.started)) (until(session)) }
            p.kind { (kind(session)) @if !dossier.anonymous { " " span.id { (short_id(session)) } } }
            (phases(session))
            dl.facts {
                (fact("Pain", &pain_of(session)))
                (fact("Since the last cold", &known(gap.say())))
                (fact("After the onset", &after_onset(case, session)))
                (fact("Where", &place(session)))
                (fact("Trigger", &said(session.trigger.as_deref())))
                (fact("Cover", &said(session.cover.as_deref())))
                (fact("Posture", &said(session.posture.as_deref())))
                (fact("Skin afterwards", &said(session.skin.as_deref())))
                (besides(session))
            }
        }
    }
}

fn until(session: &SessionRecord) -> Markup {
    html! {
        @match &session.ended {
            None => (", end not recorded"),
            Some(ended) if ended.date() == session.started.date() => { " to " (ended.hour_minute()) },
            Some(ended) => { " to " (moment(ended)) },
        }
    }
}

fn short_id(session: &SessionRecord) -> String {
    short_id::shorten(session.id, short_id::SHORTEST)
}

fn kind(session: &SessionRecord) -> Markup {
    let ended = match &session.outcome {
        Outcome::Stopped => "stopped early".to_owned(),
        Outcome::Interrupted => "cut off, or nobody answered".to_owned(),
        other => harmless(other.say()),
    };
    let swaps = match session.swap.as_deref() {
        Some("auto") => Some("swaps by itself".to_owned()),
        Some("ask") => Some("swaps when told to".to_owned()),
        other => other.map(harmless),
    };
    html! {
        bdi { (harmless(&session.protocol)) } ", " strong { (ended) }
        @if let Some(swaps) = swaps { ", " (swaps) }
        @if session.origin.as_deref() == Some(LOGGED) { ", done without the program and written down afterwards" }
        @if session.allow_long { ", with the limits lifted" }
    }
}

fn phases(session: &SessionRecord) -> Markup {
    let more = session.phases.len().saturating_sub(MOST_PHASES);
    html! {
        @if session.phases.is_empty() { p { "Phases: " (missing()) } }
        @else {
            ol.phases aria-label="Phases, in order" {
                @for phase in session.phases.iter().take(MOST_PHASES) { (done(phase)) }
                @if more > 0 { li { "and " (count(more, "phase", "phases")) " more" } }
            }
        }
    }
}

fn done(phase: &PhaseRecord) -> Markup {
    let class = match phase.kind.as_str() {
        "heat" => "heat",
        "cold" => "cold",
        _ => "other",
    };
    let length = Dose { planned_s: phase.planned_s, done_s: phase.actual_s };
    let ended = match &phase.outcome {
        Outcome::Completed => None,
        other => Some(harmless(other.say())),
    };
    html! {
        li class=(class) {
            bdi { (harmless(&phase.kind)) }
            @if phase.outcome == Outcome::NotBegun { ", " (minutes(phase.planned_s)) " min planned" }
            @else { " " (dose(length)) }
            @if let Some(ended) = ended { ", " (ended) }
            @if phase.overdue_s > 0 { ", " (say_seconds(phase.overdue_s)) " over" }
        }
    }
}

fn pain_of(session: &SessionRecord) -> Markup {
    let change = match (score(session.pain_before), score(session.pain_after)) {
        (Some(before), Some(after)) => Some(i64::from(after) - i64::from(before)),
        _ => None,
    };
    html! {
        (known(pain(session.pain_before, session.pain_after)))
        @if change.is_some_and(|change| change.abs() >= WORTH_A_MENTION) { " (changed by 2 or more)" }
    }
}

fn after_onset(case: &Case, session: &SessionRecord) -> Markup {
    known(case.episode.onset.map(|onset| roughly(session.started.since(&onset))))
}

fn place(session: &SessionRecord) -> Markup {
    html! {
        (said(session.region.as_deref()))
        @if let Some(side) = &session.side { ", " bdi { (harmless(side)) } }
    }
}

/// A text of the person's, line by line.
fn said(text: Option<&str>) -> Markup {
    let lines: Vec<String> = text.into_iter().flat_map(str::lines).map(harmless).collect();
    html! {
        @if lines.is_empty() { (missing()) }
        @for (at, line) in lines.iter().enumerate() {
            @if at > 0 { br; }
            bdi { (line) }
        }
    }
}

/// What only some sessions have.
fn besides(session: &SessionRecord) -> Markup {
    let lengths = [
        ("Over time", session.overdue_s),
        ("Paused", session.paused_s),
        ("Extended", session.extended_s),
        ("Waiting for an answer", session.asking_s),
        ("Nobody was timing", session.unknown_s),
        ("The computer slept", session.slept_s),
    ];
    html! {
        @for (name, length) in lengths {
            @if length > 0 { (fact(name, &html! { (say_seconds(length)) })) }
        }
        @if session.answers.is_some() {
            div.wide {
                dt { "Red-flag answers" }
                dd {
                    @for (question, answer) in answers(session.answers.as_ref()) { p { bdi { (question) } ": " bdi { (answer) } } }
                }
            }
        }
        @if session.outcome != Outcome::Completed || session.why.is_some() {
            div.wide { dt { "Why it ended" } dd { (said(session.why.as_deref())) } }
        }
        @if session.note.is_some() { div.wide { dt { "Note" } dd { (said(session.note.as_deref())) } } }
    }
}

/// The entries, oldest first.
pub fn diary(case: &Case) -> Markup {
    let number = case.episode.number;
    html! {
        section.diary aria-labelledby={ "e" (number) "-diary" } {
            h2 id={ "e" (number) "-diary" } tabindex="-1" { "Diary" }
            @if case.entries.is_empty() { p { "No entry in this time." } }
            @else {
                table {
                    caption { "What was written down beside the sessions; pain from 0 to 10" }
                    thead { tr { th scope="col" { "When" } th.number scope="col" { "Pain" } th scope="col" { "Entry" } } }
                    tbody {
                        @for entry in &case.entries {
                            tr {
                                th scope="row" { (moment(&entry.moment())) }
                                td.number { (score(entry.pain).map_or("–".to_owned(), |pain| pain.to_string())) }
                                td {
                                    @if entry.text.is_some() { (said(entry.text.as_deref())) } @else { "–" }
                                    @if let Some(written) = entry.written_later() {
                                        " " span.note { "(written later: " (moment(&written)) ")" }
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
