//! The sheet of one episode. Everything on it is counted or cut, so that it stays one sheet.

use super::{
    Case, Dossier,
    axis::Axis,
    chart,
    facts::{
        ColdGap, Tally, answers, cold_gaps, count, day, fact, known, mean, minutes, missing, moment, order,
        roughly, score, short,
    },
};
use crate::{
    record::{Brief, Dose, Outcome, Query, SessionRecord},
    report::say_seconds,
    stats::{EASED, Figures, Mean, Stats, Sums},
};
use maud::{Markup, html};
use std::time::Duration;

/// Cold again sooner than this after another session's is worth a mention (X1).
const SOON: Duration = Duration::from_secs(2 * 3600);
/// As many sessions that were stopped are told; all of them stand with the sessions.
const MOST_STOPPED: usize = 3;

/// The sheet.
pub fn sheet(dossier: &Dossier, case: &Case, axis: &Axis) -> Markup {
    let number = case.episode.number;
    let figures = figures(dossier, case);
    html! {
        section.sheet aria-labelledby={ "e" (number) } {
            h2 id={ "e" (number) } tabindex="-1" {
                "Episode " (number) " of " (dossier.episodes_in_all)
            }
            p.when { (when(case)) }
            dl.tiles {
                (tile("Sessions", &html! { (figures.total.sessions) }, &outcomes(&figures)))
                (dose_tile("Heat done", &figures.total, figures.total.heat))
                (dose_tile("Cold done", &figures.total, figures.total.cold))
                (change_tile(&figures))
            }
            dl.facts { (facts(dossier, case)) }
            div.charts {
                (chart::doses(case, axis))
                (chart::pains(case, axis))
            }
            dl.facts.below {
                (fact("Pain before and after", &pain(case, &figures)))
                (fact("Stopped early, and why", &stopped(case)))
                (fact("Over time", &overruns(&figures)))
                (fact("Diary", &diary(case)))
            }
            p.disclaimer {
                "Recorded by the person themselves; not a diagnosis. "
                @for limit in dossier.limits.iter().take(2) { (limit.what) ": at most " (limit.value) " (" (limit.source) "). " }
                a href="#sources" { "Sources and limits" } " are at the end."
            }
        }
    }
}

/// The figures of the sessions that are told, which need not be all of the episode's.
fn figures(dossier: &Dossier, case: &Case) -> Figures {
    let mut stats = Stats::new(&Query::default(), dossier.now);
    for session in &case.sessions {
        // They come in order.
        let _ = stats.add(Brief::of(session));
    }
    stats.figures()
}

fn when(case: &Case) -> Markup {
    let days = || case.sessions.iter().map(|session| session.started.date());
    let mut different: Vec<_> = days().collect();
    different.dedup();
    html! {
        @if let (Some(first), Some(last)) = (days().min(), days().max()) {
            (day(first))
            @if first != last { " to " (day(last)) }
            ", " (count(case.sessions.len(), "session", "sessions")) " on " (count(different.len(), "day", "days"))
        }
    }
}

fn tile(name: &str, figure: &Markup, below: &Markup) -> Markup {
    html! { div { dt { (name) } dd { span.figure { (figure) } " " span.below { (below) } } } }
}

fn outcomes(figures: &Figures) -> Markup {
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

fn dose_tile(name: &str, sums: &Sums, dose: Dose) -> Markup {
    if !sums.is_timed() {
        return tile(name, &html! { "–" }, &missing());
    }
    let unknown = sums.sessions - sums.timed;
    let below = html! {
        "of " (minutes(dose.planned_s)) " planned"
        @if unknown > 0 { ", not recorded in " (unknown) }
    };
    tile(name, &html! { (minutes(dose.done_s)) " " small { "min" } }, &below)
}

fn change_tile(figures: &Figures) -> Markup {
    let change = &figures.total.pain.change;
    match mean(change, true) {
        None => tile("Change of pain", &html! { "–" }, &missing()),
        Some(mean) => {
            let pairs = count(change.known as usize, "pair", "pairs");
            tile("Change of pain", &html! { (mean) }, &html! { "mean of " (pairs) ", after − before" })
        }
    }
}

fn facts(dossier: &Dossier, case: &Case) -> Markup {
    let tally = |of: fn(&SessionRecord) -> Option<&str>| Tally::of(case.sessions.iter().map(of)).say();
    let orders: Vec<Option<String>> = case.sessions.iter().map(order).collect();
    html! {
        (fact("Onset", &known(case.episode.onset.as_ref().map(moment))))
        (fact("Time since onset", &since_onset(dossier, case)))
        (fact("Trigger", &tally(|session| session.trigger.as_deref())))
        (fact("Region", &tally(|session| session.region.as_deref())))
        (fact("Side", &tally(|session| session.side.as_deref())))
        (fact("Order in a round", &Tally::of(orders.iter().map(Option::as_deref)).say()))
        (fact("Barrier (cover)", &tally(|session| session.cover.as_deref())))
        (fact("Posture", &tally(|session| session.posture.as_deref())))
        (fact("Skin afterwards", &tally(|session| session.skin.as_deref())))
        (fact("Gap since the last cold", &gaps(case)))
        (fact(&format!("Pain {EASED} or less"), &eased(case)))
        (fact("Last known cold ended", &last_cold(dossier, case)))
        div.wide { dt { "Red-flag answers" } dd { (red_flags(case)) } }
    }
}

fn since_onset(dossier: &Dossier, case: &Case) -> Markup {
    let now = &dossier.now;
    html! {
        @if let Some(onset) = case.episode.onset {
            (roughly(now.since(&onset))) ", when this was written"
        } @else {
            (missing())
            span.aside { "; " (roughly(now.since(&case.episode.started))) " since the first session" }
        }
    }
}

fn gaps(case: &Case) -> Markup {
    let (gaps, last) = cold_gaps(case);
    let known: Vec<Duration> = gaps
        .iter()
        .filter_map(|gap| match gap {
            ColdGap::After(gap) => Some(*gap),
            _ => None,
        })
        .collect();
    let soon = known.iter().filter(|gap| **gap < SOON).count();
    html! {
        @match known.iter().min() {
            None if last.is_none() => (missing()),
            None => "only one session with cold is known",
            Some(shortest) => {
                "shortest " (roughly(*shortest)) ", of " (known.len()) " known; under 2 h: " (soon)
            }
        }
    }
}

fn last_cold(dossier: &Dossier, case: &Case) -> Markup {
    known(
        cold_gaps(case)
            .1
            .map(|last| format!("{} before this was written", roughly(dossier.now.since(&last)))),
    )
}

fn red_flags(case: &Case) -> Markup {
    let answered = case.sessions.iter().rev().find(|session| !answers(session.answers.as_ref()).is_empty());
    html! {
        @match answered {
            None => (missing()),
            Some(session) => {
                @for (at, (question, answer)) in answers(session.answers.as_ref()).iter().enumerate() {
                    @if at > 0 { ", " }
                    bdi { (question) } ": " strong { bdi { (answer) } }
                }
                span.aside { " (" (day(session.started.date())) ")" }
            }
        }
    }
}

fn eased(case: &Case) -> Markup {
    let episode = &case.episode;
    let from = if episode.onset.is_some() { "after the onset" } else { "after the first session began" };
    html! {
        @match episode.eased_after() {
            None => span.missing { "not recorded so far" },
            Some(after) => { "first " (roughly(after)) " " (from) },
        }
    }
}

fn pain(case: &Case, figures: &Figures) -> Markup {
    let pain = &figures.total.pain;
    let said = |scores: &Mean| match mean(scores, false) {
        None => missing(),
        Some(mean) => html! { (mean) " (" (count(scores.known as usize, "score", "scores")) ")" },
    };
    let changed = &pain.changed_by_2_or_more;
    let scores = |session: &SessionRecord| [score(session.pain_before), score(session.pain_after)];
    let mut known = case.sessions.iter().flat_map(scores).flatten();
    let (first, last) = (known.next(), known.next_back());
    html! {
        "Mean before " (said(&pain.before)) ", after " (said(&pain.after)) ". "
        @if pain.change.known > 0 {
            "Of " (count(pain.change.known as usize, "pair", "pairs")) ", changed by 2 or more: "
            (changed.lower) " lower, " (changed.higher) " higher. "
        } @else { "No session with both. " }
        @if let (Some(first), Some(last)) = (first, last) {
            "First score " (first) ", last " (last) "."
        }
    }
}

fn stopped(case: &Case) -> Markup {
    let stopped: Vec<&SessionRecord> =
        case.sessions.iter().filter(|session| session.outcome != Outcome::Completed).collect();
    let more = stopped.len().saturating_sub(MOST_STOPPED);
    html! {
        @if stopped.is_empty() { "none of " (count(case.sessions.len(), "session", "sessions")) }
        @else {
            (stopped.len()) " of " (count(case.sessions.len(), "session", "sessions")) ": "
            @for (at, session) in stopped.iter().rev().take(MOST_STOPPED).enumerate() {
                @if at > 0 { "; " }
                (session.started.date().strftime("%-d %b").to_string()) " "
                (reason(session))
            }
            @if more > 0 { "; " (more) " more, with the sessions" }
        }
    }
}

fn reason(session: &SessionRecord) -> Markup {
    html! {
        @match session.why.as_deref().map(short).filter(|why| !why.is_empty()) {
            Some(why) => { "“" bdi { (why) } "”" }
            None if session.outcome == Outcome::Interrupted => "cut off, or nobody answered",
            None => span.missing { "reason not recorded" },
        }
    }
}

fn overruns(figures: &Figures) -> Markup {
    let over = &figures.overruns;
    let none = over.sessions_overdue == 0 && over.swaps_not_confirmed == 0 && over.unknown_s == 0;
    html! {
        @if none { "nothing past its time, all swaps confirmed or not asked for" }
        @if over.sessions_overdue > 0 {
            (count(over.sessions_overdue as usize, "session", "sessions")) " past the end of a phase, "
            (say_seconds(over.overdue_s)) " in all. "
        }
        @if over.swaps_not_confirmed > 0 {
            (count(over.swaps_not_confirmed as usize, "swap", "swaps")) " not confirmed. "
        }
        @if over.unknown_s > 0 { (say_seconds(over.unknown_s)) " nobody was timing." }
    }
}

fn diary(case: &Case) -> Markup {
    html! {
        @match case.entries.last() {
            None => "no entry",
            Some(last) => {
                (count(case.entries.len(), "entry", "entries")) "; the last on " (day(last.moment().date()))
                @if let Some(text) = last.text.as_deref().map(short) { ": “" bdi { (text) } "”" }
            }
        }
    }
}
