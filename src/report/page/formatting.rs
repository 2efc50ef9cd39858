//! What is said of sessions in a few words, and how what is missing is said.

use super::EpisodeReport;
use crate::{
    record::{Dose, MAX_PAIN, PhaseRecord, SessionRecord},
    report::{sanitize, truncate_text},
    stats::{EPISODE_GAP, MeanValue},
    time::{WallTime, format_duration},
};
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value;
use std::time::Duration;

/// As many letters of a text are shown where there is not the room for all.
const MAX_TEXT_LENGTH: usize = 32;
/// As many different texts are told apart in one fact.
const MAX_DISTINCT_VALUES: usize = 2;
/// As many questions are shown, of the answers that there are.
const MAX_ANSWERS: usize = 6;

/// Stands for what nobody wrote down.
pub(crate) fn render_missing() -> Markup {
    html! { span.missing { "not recorded" } }
}

/// The text, or that it is missing.
pub(crate) fn render_or_missing(text: Option<String>) -> Markup {
    text.map_or_else(render_missing, |text| html! { (text) })
}

/// A name and what is known of it, as a pair of a list.
pub(crate) fn render_field(name: &str, what: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (what) } } }
}

/// "1 line", "3 lines".
pub(crate) fn format_count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// As in "Fri 20 Nov 2026".
pub(crate) fn format_date(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// As in "Fri 20 Nov 2026, 18:02".
pub(crate) fn format_date_time(wall: &WallTime) -> String {
    format!("{}, {}", format_date(wall.date()), wall.format_hour_minute())
}

/// In days and hours from two days on, in hours and minutes below: nobody counts the minutes of a week.
pub(crate) fn format_rough_duration(length: Duration) -> String {
    let hours = length.as_secs() / 3600;
    match hours {
        0..48 => format_duration(Duration::from_secs(length.as_secs() / 60 * 60)),
        _ if hours.is_multiple_of(24) => format!("{} days", hours / 24),
        _ => format!("{} days {} h", hours / 24, hours % 24),
    }
}

/// A text of a record on one line, no longer than there is room for.
pub(crate) fn shorten_text(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    truncate_text(&sanitize(&words.join(" ")), MAX_TEXT_LENGTH)
}

/// Minutes with one digit where they are not whole.
pub(crate) fn format_minutes(seconds: u64) -> String {
    match seconds {
        _ if seconds.is_multiple_of(60) => (seconds / 60).to_string(),
        _ => format!("{:.1}", seconds as f64 / 60.0),
    }
}

/// "40 of 60 min", "60 min" where as much was done as planned.
pub(crate) fn format_amount(dose: Dose) -> String {
    match (format_minutes(dose.done_s), format_minutes(dose.planned_s)) {
        (done, planned) if done == planned => format!("{done} min"),
        (done, planned) => format!("{done} of {planned} min"),
    }
}

/// A mean with one digit, and a true minus.
pub(crate) fn format_mean(mean: &MeanValue, sign: bool) -> Option<String> {
    let mean = mean.mean()?;
    let text = if sign { format!("{mean:+.1}") } else { format!("{mean:.1}") };
    Some(text.replace('-', "\u{2212}"))
}

/// A score that is on the scale.
pub(crate) fn check_score(pain: Option<u8>) -> Option<u8> {
    pain.filter(|pain| *pain <= MAX_PAIN)
}

/// Pain before and after: "7 → 4".
pub(crate) fn format_pain_before_after(before: Option<u8>, after: Option<u8>) -> Option<String> {
    let say = |pain: Option<u8>| check_score(pain).map_or("–".to_owned(), |score| score.to_string());
    (check_score(before).is_some() || check_score(after).is_some())
        .then(|| format!("{} → {}", say(before), say(after)))
}

/// What the sessions say of one thing, how many say the same, and how many say nothing.
#[derive(Debug, Default)]
pub(crate) struct ValueCounts {
    counts: Vec<(String, usize)>,
    missing: usize,
}

impl ValueCounts {
    pub(crate) fn from_values<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ValueCounts {
        let mut tally = ValueCounts::default();
        for value in values {
            let Some(text) = value.map(shorten_text).filter(|text| !text.is_empty()) else {
                tally.missing += 1;
                continue;
            };
            match tally.counts.iter_mut().find(|(told, _)| *told == text) {
                Some((_, count)) => *count += 1,
                None => tally.counts.push((text, 1)),
            }
        }
        tally.counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        tally
    }

    pub(crate) fn render(&self) -> Markup {
        let said: usize = self.counts.iter().map(|(_, count)| count).sum();
        let more = self.counts.len().saturating_sub(MAX_DISTINCT_VALUES);
        html! {
            @match &self.counts[..] {
                [] => (render_missing()),
                [(text, _)] => bdi { (text) },
                _ => @for (at, (text, count)) in self.counts.iter().take(MAX_DISTINCT_VALUES).enumerate() {
                    @if at > 0 { ", " }
                    bdi { (text) } " (" (count) ")"
                },
            }
            @if more > 0 { ", " (more) " more" }
            @if said > 0 && self.missing > 0 {
                span.missing { "; not recorded in " (self.missing) " of " (said + self.missing) }
            }
        }
    }
}

/// How long before a session's first cold another session's cold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColdGap {
    /// It had no cold.
    NoCold,
    /// When its cold began is not known.
    Unknown,
    /// No other cold is known in the two weeks before.
    NoEarlierCold,
    After(Duration),
}

impl ColdGap {
    pub(crate) fn describe(self) -> Option<String> {
        match self {
            ColdGap::NoCold => Some("no cold in this session".into()),
            ColdGap::Unknown => None,
            ColdGap::NoEarlierCold => Some("none known in the 14 days before".into()),
            ColdGap::After(gap) => Some(format_rough_duration(gap)),
        }
    }
}

/// Of each session, and when the last cold ended.
pub(crate) fn compute_cold_gaps(case: &EpisodeReport) -> (Vec<ColdGap>, Option<WallTime>) {
    let mut last: Option<WallTime> = None;
    let mut gaps = Vec::with_capacity(case.sessions.len());
    for session in case.earlier_sessions.iter().chain(&case.sessions) {
        let cold: Vec<usize> =
            (0..session.phases.len()).filter(|at| is_started_cold_phase(&session.phases[*at])).collect();
        let began = cold.iter().filter_map(|at| session.phases[*at].started).min();
        gaps.push(match (cold.is_empty(), began, last) {
            (true, ..) if session.phases.is_empty() => ColdGap::Unknown,
            (true, ..) => ColdGap::NoCold,
            (false, None, _) => ColdGap::Unknown,
            (false, Some(began), Some(last)) if began.since(&last) < EPISODE_GAP => {
                ColdGap::After(began.since(&last))
            }
            (false, Some(_), _) => ColdGap::NoEarlierCold,
        });
        last = cold.iter().filter_map(|at| estimate_phase_end(&session.phases, *at)).chain(last).max();
    }
    (gaps.split_off(case.earlier_sessions.len()), last)
}

fn is_started_cold_phase(phase: &PhaseRecord) -> bool {
    phase.kind == "cold" && (phase.started.is_some() || phase.actual_s > 0)
}

/// The pack may have lain on until the next phase began.
fn estimate_phase_end(phases: &[PhaseRecord], at: usize) -> Option<WallTime> {
    let next = phases.get(at + 1).and_then(|next| next.started);
    next.or_else(|| {
        let phase = phases.get(at)?;
        let length = phase.actual_s.saturating_add(phase.overdue_s);
        Some(phase.started?.plus(Duration::from_secs(length)))
    })
}

/// What came after what in the first round: "heat → cold".
pub(crate) fn format_phase_order(session: &SessionRecord) -> Option<String> {
    let round = session.phases.first()?.round;
    let mut kinds: Vec<&str> =
        session.phases.iter().filter(|phase| phase.round == round).map(|phase| &*phase.kind).collect();
    kinds.dedup();
    Some(kinds.join(" → "))
}

/// The red-flag questions and their answers, where they are known. A newer version may have asked in another form:
/// what there is, is shown.
pub(crate) fn format_answer_pairs(answered: Option<&Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    match answered {
        None | Some(Value::Null) => {}
        Some(Value::Object(each)) => {
            pairs.extend(
                each.iter().map(|(key, value)| (shorten_text(&key.replace('_', " ")), format_answer(value))),
            );
        }
        Some(other) => pairs.push(("answered".into(), format_answer(other))),
    }
    let more = pairs.len().saturating_sub(MAX_ANSWERS);
    pairs.truncate(MAX_ANSWERS);
    if more > 0 {
        pairs.push(("and".into(), format!("{more} more")));
    }
    pairs
}

fn format_answer(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Null => "not answered".into(),
        Value::String(text) => shorten_text(text),
        Value::Array(each) if each.is_empty() => "none".into(),
        Value::Array(each) => shorten_text(&each.iter().map(format_answer).collect::<Vec<_>>().join(", ")),
        other => shorten_text(&other.to_string()),
    }
}
