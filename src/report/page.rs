//! The clinician's page: one HTML file about one or more episodes, for paper and for a screen.
//!
//! The file is self-contained: no network, no script, no other file. The summary of an episode stays one A4 sheet
//! whatever the history holds, because everything on it is counted or truncated; the sheets after it have every session
//! in full. Missing values are marked as missing. The texts of records are not trusted: maud escapes them, and
//! [`sanitize`](crate::error::sanitize) replaces characters that change the direction of text.

mod chart;
mod citations;
mod figures_table;
mod formatting;
mod sessions;
mod summary;
mod time_axis;

pub(super) use formatting::format_answer_pairs;

use crate::{
    record::{DiaryEntry, SessionRecord, sign_answers},
    stats::Episode,
    time::WallTime,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Map, Value};

const HEADING: &str = "Back pain: heat and cold sessions";
const STYLE: &str = include_str!("page/style.css");
/// Forbids the page to load, run or send anything.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// Replaces a text in an anonymous report.
const REDACTED_TEXT: &str = "left out of this report";

/// Everything that the page is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportInput {
    /// When the report is written.
    pub now: WallTime,
    /// Earlier sessions are excluded.
    pub since: Option<WallTime>,
    /// Later sessions are excluded.
    pub until: Option<WallTime>,
    /// Whether to leave out what could identify the person: notes, reasons, the diary's texts and ids.
    pub is_anonymous: bool,
    /// How many lines of the history could not be read; an unreadable file counts as one.
    pub unread_lines: usize,
    /// How many episodes the whole history has.
    pub total_episodes: u64,
    /// The limits that applied to the sessions.
    pub limits: Vec<ReportLimit>,
    /// The episodes in the order of the page.
    pub episodes: Vec<EpisodeReport>,
}

/// A limit in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLimit {
    /// What is limited.
    pub label: String,
    /// The limit, with its unit.
    pub value: String,
    /// The source of the limit.
    pub citation: String,
}

/// An episode with its sessions and diary entries.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeReport {
    /// The figures of the whole episode.
    pub episode: Episode,
    /// The sessions that are not excluded, oldest first.
    pub sessions: Vec<SessionRecord>,
    /// The diary entries of the same time, oldest first.
    pub diary_entries: Vec<DiaryEntry>,
    /// The sessions of the two weeks before, oldest first: for the gap since the last cold pack.
    pub earlier_sessions: Vec<SessionRecord>,
}

/// The page as the text of an HTML file.
pub fn render_page(input: &ReportInput) -> String {
    let redacted;
    let input = if input.is_anonymous {
        redacted = redact_personal_texts(input.clone());
        &redacted
    } else {
        input
    };
    let title = format_title(input);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(CONTENT_SECURITY_POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#report" { "Skip to the report" }
                (render_header(input))
                main #report tabindex="-1" {
                    @for report in &input.episodes { (render_episode(input, report)) }
                }
                (citations::render_footer(input))
            }
        }
    };
    let mut page = page.into_string();
    page.push('\n');
    page
}

fn render_episode(input: &ReportInput, report: &EpisodeReport) -> Markup {
    let axis = time_axis::TimeAxis::new(report);
    html! {
        (summary::render_summary(input, report, &axis))
        (figures_table::render_figures_table(report, &axis))
        (sessions::render_sessions(input, report))
        (sessions::render_diary(report))
    }
}

fn format_title(input: &ReportInput) -> String {
    format!("{HEADING}, {}", formatting::format_date(input.now.date()))
}

fn render_header(input: &ReportInput) -> Markup {
    let episode_numbers = || input.episodes.iter().map(|report| report.episode.number);
    let range = match (input.since, input.until) {
        (None, None) => None,
        (Some(since), None) => Some(format!("Only sessions since {}.", since.format_date_time())),
        (None, Some(until)) => Some(format!("Only sessions until {}.", until.format_date_time())),
        (Some(since), Some(until)) => {
            Some(format!("Only sessions from {} to {}.", since.format_date_time(), until.format_date_time()))
        }
    };
    html! {
        header.top {
            h1 { (HEADING) }
            p {
                "Recorded by the person themselves with the timer easeback; written "
                (formatting::format_date(input.now.date())) ", " (input.now.format_hour_minute()) ". "
                @if let Some(range) = range { (range) " " }
                @if input.is_anonymous { "Anonymous: notes, reasons and the diary's texts are left out. " }
                @if input.unread_lines > 0 {
                    strong { (formatting::format_count(input.unread_lines, "line", "lines")) " of the history could not be read." }
                    " "
                }
                strong { "This is not a diagnosis." }
            }
            nav aria-label="On this page" {
                ul {
                    @for number in episode_numbers() {
                        @let episode_name = if input.episodes.len() > 1 { format!(" of episode {number}") } else { String::new() };
                        li { a href={ "#e" (number) } { "Summary" (episode_name) } }
                        li { a href={ "#e" (number) "-days" } { "Figures by time" (episode_name) } }
                        li { a href={ "#e" (number) "-sessions" } { "Sessions" (episode_name) } }
                        li { a href={ "#e" (number) "-diary" } { "Diary" (episode_name) } }
                    }
                    li { a href="#sources" { "Sources and limits" } }
                }
            }
        }
    }
}

/// Replaces every text that the person wrote.
fn redact_personal_texts(mut input: ReportInput) -> ReportInput {
    let redact = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = REDACTED_TEXT.into();
        }
    };
    for report in &mut input.episodes {
        for session in &mut report.sessions {
            redact(&mut session.note);
            redact(&mut session.stop_reason);
            for phase in &mut session.phases {
                phase.citation =
                    phase.citation.take().filter(|citation| citations::is_known_citation(citation));
            }
            session.answers = session.answers.take().map(redact_answers);
            session.unknown_fields.clear();
        }
        for entry in &mut report.diary_entries {
            redact(&mut entry.text);
        }
    }
    input
}

/// Replaces every answer other than yes, no and the program's own.
fn redact_answers(answers: Value) -> Value {
    match answers {
        Value::String(word)
            if !sign_answers::is_predefined_answer(&word) && !["yes", "no", "skipped"].contains(&&*word) =>
        {
            REDACTED_TEXT.into()
        }
        Value::Array(values) => values.into_iter().map(redact_answers).collect(),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(key, value)| (key, redact_answers(value))).collect::<Map<_, _>>(),
        ),
        other => other,
    }
}
