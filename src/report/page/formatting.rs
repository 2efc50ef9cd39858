//! Short texts about sessions, shared by the page's modules, and the mark for missing values.

use super::EpisodeReport;
use crate::{
    record::{Dose, MAX_PAIN, PhaseRecord, SessionRecord},
    report::{sanitize, truncate_to_chars},
    stats::{EPISODE_GAP, MeanValue},
    time::{WallTime, format_duration},
};
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value;
use std::time::Duration;

/// Of a text on the summary, in characters.
const MAX_TEXT_LENGTH: usize = 32;
/// Shown of one field.
const MAX_DISTINCT_VALUES: usize = 2;
/// Shown of one session.
const MAX_ANSWERS: usize = 6;

/// Marks a value as missing.
pub(crate) fn render_missing() -> Markup {
    html! { span.missing { "not recorded" } }
}

/// The text, or the mark for a missing value.
pub(crate) fn render_or_missing(text: Option<String>) -> Markup {
    text.map_or_else(render_missing, |text| html! { (text) })
}

/// An entry of a description list.
pub(crate) fn render_field(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// "1 line", "3 lines".
pub(crate) fn format_count(number: usize, singular: &str, plural: &str) -> String {
    format!("{number} {}", if number == 1 { singular } else { plural })
}

/// As in "Fri 20 Nov 2026".
pub(crate) fn format_date(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// As in "Fri 20 Nov 2026, 18:02".
pub(crate) fn format_date_time(wall: &WallTime) -> String {
    format!("{}, {}", format_date(wall.date()), wall.format_hour_minute())
}

/// In days and hours from two days on, else in hours and minutes.
pub(crate) fn format_rough_duration(duration: Duration) -> String {
    let hours = duration.as_secs() / 3600;
    match hours {
        0..48 => format_duration(Duration::from_secs(duration.as_secs() / 60 * 60)),
        _ if hours.is_multiple_of(24) => format!("{} days", hours / 24),
        _ => format!("{} days {} h", hours / 24, hours % 24),
    }
}

/// A text of a record on one line, sanitized and truncated.
pub(crate) fn shorten_text(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    truncate_to_chars(&sanitize(&words.join(" ")), MAX_TEXT_LENGTH)
}

/// Minutes, with one decimal where they are not whole.
pub(crate) fn format_minutes(seconds: u64) -> String {
    if seconds.is_multiple_of(60) {
        (seconds / 60).to_string()
    } else {
        format!("{:.1}", seconds as f64 / 60.0)
    }
}

/// "40 of 60 min", or "60 min" where all that was planned was done.
pub(crate) fn format_amount(amount: Dose) -> String {
    match (format_minutes(amount.done_s), format_minutes(amount.planned_s)) {
        (done, planned) if done == planned => format!("{done} min"),
        (done, planned) => format!("{done} of {planned} min"),
    }
}

/// A mean with one decimal, with a minus sign instead of a hyphen, and with a plus sign if `is_signed`.
pub(crate) fn format_mean(mean: &MeanValue, is_signed: bool) -> Option<String> {
    let mean = mean.mean()?;
    let text = if is_signed { format!("{mean:+.1}") } else { format!("{mean:.1}") };
    Some(text.replace('-', "\u{2212}"))
}

/// The score, if it is on the scale from 0 to 10 (NRS-11).
pub(crate) fn check_score(pain: Option<u8>) -> Option<u8> {
    pain.filter(|pain| *pain <= MAX_PAIN)
}

/// Pain before and after: "7 → 4".
pub(crate) fn format_pain_before_after(before: Option<u8>, after: Option<u8>) -> Option<String> {
    let format_score =
        |pain: Option<u8>| check_score(pain).map_or("–".to_owned(), |score| score.to_string());
    (check_score(before).is_some() || check_score(after).is_some())
        .then(|| format!("{} → {}", format_score(before), format_score(after)))
}

/// How often each value of one field occurs in the sessions, and in how many it is missing.
#[derive(Debug, Default)]
pub(crate) struct ValueCounts {
    counts: Vec<(String, usize)>,
    missing: usize,
}

impl ValueCounts {
    pub(crate) fn from_values<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ValueCounts {
        let mut value_counts = ValueCounts::default();
        for value in values {
            let Some(text) = value.map(shorten_text).filter(|text| !text.is_empty()) else {
                value_counts.missing += 1;
                continue;
            };
            match value_counts.counts.iter_mut().find(|(counted, _)| *counted == text) {
                Some((_, count)) => *count += 1,
                None => value_counts.counts.push((text, 1)),
            }
        }
        value_counts.counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        value_counts
    }

    pub(crate) fn render(&self) -> Markup {
        let known: usize = self.counts.iter().map(|(_, count)| count).sum();
        let more = self.counts.len().saturating_sub(MAX_DISTINCT_VALUES);
        html! {
            @match &self.counts[..] {
                [] => (render_missing()),
                [(text, _)] => bdi { (text) },
                _ => @for (index, (text, count)) in self.counts.iter().take(MAX_DISTINCT_VALUES).enumerate() {
                    @if index > 0 { ", " }
                    bdi { (text) } " (" (count) ")"
                },
            }
            @if more > 0 { ", " (more) " more" }
            @if known > 0 && self.missing > 0 {
                span.missing { "; not recorded in " (self.missing) " of " (known + self.missing) }
            }
        }
    }
}

/// The time between the cold of an earlier session and the first cold of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColdGap {
    /// This session had no cold.
    NoCold,
    /// It is not known when this session's cold began.
    Unknown,
    /// No cold is known in the two weeks before.
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

/// The gap of each session, and when the last cold ended.
pub(crate) fn compute_cold_gaps(report: &EpisodeReport) -> (Vec<ColdGap>, Option<WallTime>) {
    let mut last_cold_end: Option<WallTime> = None;
    let mut gaps = Vec::with_capacity(report.sessions.len());
    for session in report.earlier_sessions.iter().chain(&report.sessions) {
        let phases = &session.phases;
        let cold_phases: Vec<usize> =
            (0..phases.len()).filter(|index| is_started_cold_phase(&phases[*index])).collect();
        let cold_start = cold_phases.iter().filter_map(|index| phases[*index].started).min();
        gaps.push(match (cold_start, last_cold_end) {
            _ if phases.is_empty() => ColdGap::Unknown,
            _ if cold_phases.is_empty() => ColdGap::NoCold,
            (None, _) => ColdGap::Unknown,
            (Some(start), Some(end)) if start.since(&end) < EPISODE_GAP => ColdGap::After(start.since(&end)),
            (Some(_), _) => ColdGap::NoEarlierCold,
        });
        let cold_ends = cold_phases.iter().filter_map(|index| estimate_phase_end(phases, *index));
        last_cold_end = cold_ends.chain(last_cold_end).max();
    }
    (gaps.split_off(report.earlier_sessions.len()), last_cold_end)
}

fn is_started_cold_phase(phase: &PhaseRecord) -> bool {
    phase.kind == "cold" && (phase.started.is_some() || phase.actual_s > 0)
}

/// The start of the next phase, since the pack may have stayed on until then; else computed from the phase's times.
fn estimate_phase_end(phases: &[PhaseRecord], index: usize) -> Option<WallTime> {
    let next_start = phases.get(index + 1).and_then(|next| next.started);
    next_start.or_else(|| {
        let phase = phases.get(index)?;
        let seconds = phase.actual_s.saturating_add(phase.overdue_s);
        Some(phase.started?.plus(Duration::from_secs(seconds)))
    })
}

/// The kinds of the first round's phases in order: "heat → cold".
pub(crate) fn format_phase_order(session: &SessionRecord) -> Option<String> {
    let round = session.phases.first()?.round;
    let mut kinds: Vec<&str> =
        session.phases.iter().filter(|phase| phase.round == round).map(|phase| &*phase.kind).collect();
    kinds.dedup();
    Some(kinds.join(" → "))
}

/// The red-flag questions with their answers. Other forms, which a newer version may have recorded, are shown as they
/// are.
pub(crate) fn format_answer_pairs(answers: Option<&Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    match answers {
        None | Some(Value::Null) => {}
        Some(Value::Object(fields)) => {
            pairs.extend(
                fields
                    .iter()
                    .map(|(key, value)| (shorten_text(&key.replace('_', " ")), format_answer(value))),
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
        Value::Array(values) if values.is_empty() => "none".into(),
        Value::Array(values) => {
            shorten_text(&values.iter().map(format_answer).collect::<Vec<_>>().join(", "))
        }
        other => shorten_text(&other.to_string()),
    }
}
