//! The clinician's page: one HTML file about one or more episodes, on paper and on a screen.
//!
//! It needs nothing else: no network, no script, no other file. For each episode there is one sheet of A4, which
//! stays one sheet whatever the history holds, because everything on it is counted or cut; the sheets behind it
//! have every session in full. What is missing is said to be missing. Texts of records may be anybody's: maud
//! escapes each, and what would turn the direction of reading is made [`sanitize`](crate::error::sanitize) before.

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
/// Nothing is loaded, nothing runs, nothing is sent.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// What stands where a text was.
const REDACTED_TEXT: &str = "left out of this report";

/// What the page tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportInput {
    /// What the clock says.
    pub now: WallTime,
    /// Sessions before it were not asked for.
    pub since: Option<WallTime>,
    /// Sessions after it were not asked for.
    pub until: Option<WallTime>,
    /// Whether nobody may be recognised by their own words: no notes, no reasons, no texts of the diary, no ids.
    pub is_anonymous: bool,
    /// How many lines of the history could not be read; a file that could not be read at all counts as one.
    pub unread_lines: usize,
    /// How many episodes there are in the history.
    pub total_episodes: u64,
    /// The limits that the sessions were held to.
    pub limits: Vec<ReportLimit>,
    /// The episodes, in the order in which they are told.
    pub episodes: Vec<EpisodeReport>,
}

/// A limit, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLimit {
    /// Of what.
    pub label: String,
    /// How much.
    pub value: String,
    /// Who says so.
    pub citation: String,
}

/// An episode, with what is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeReport {
    /// As a whole.
    pub episode: Episode,
    /// Its sessions that were asked for, oldest first.
    pub sessions: Vec<SessionRecord>,
    /// The diary entries of its time, oldest first.
    pub diary_entries: Vec<DiaryEntry>,
    /// The sessions in the two weeks before those, oldest first: a cold pack may have lain on shortly before.
    pub earlier_sessions: Vec<SessionRecord>,
}

/// The page, as the text of an HTML file.
pub fn render_page(dossier: &ReportInput) -> String {
    let stripped;
    let dossier = if dossier.is_anonymous {
        stripped = redact_personal_texts(dossier.clone());
        &stripped
    } else {
        dossier
    };
    let title = format_title(dossier);
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
                (render_header(dossier))
                main #report tabindex="-1" {
                    @for case in &dossier.episodes { (render_episode(dossier, case)) }
                }
                (citations::render_footer(dossier))
            }
        }
    };
    let mut page = page.into_string();
    page.push('\n');
    page
}

fn render_episode(dossier: &ReportInput, case: &EpisodeReport) -> Markup {
    let axis = time_axis::TimeAxis::new(case);
    html! {
        (summary::render_summary(dossier, case, &axis))
        (figures_table::render_figures_table(case, &axis))
        (sessions::render_sessions(dossier, case))
        (sessions::render_diary(case))
    }
}

fn format_title(dossier: &ReportInput) -> String {
    format!("{HEADING}, {}", formatting::format_date(dossier.now.date()))
}

fn render_header(dossier: &ReportInput) -> Markup {
    let numbers = || dossier.episodes.iter().map(|case| case.episode.number);
    let asked = match (dossier.since, dossier.until) {
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
                (formatting::format_date(dossier.now.date())) ", " (dossier.now.format_hour_minute()) ". "
                @if let Some(asked) = asked { (asked) " " }
                @if dossier.is_anonymous { "Anonymous: notes, reasons and the diary's texts are left out. " }
                @if dossier.unread_lines > 0 {
                    strong { (formatting::format_count(dossier.unread_lines, "line", "lines")) " of the history could not be read." }
                    " "
                }
                strong { "This is not a diagnosis." }
            }
            nav aria-label="On this page" {
                ul {
                    @for number in numbers() {
                        @let of = if dossier.episodes.len() > 1 { format!(" of episode {number}") } else { String::new() };
                        li { a href={ "#e" (number) } { "Summary" (of) } }
                        li { a href={ "#e" (number) "-days" } { "Figures by time" (of) } }
                        li { a href={ "#e" (number) "-sessions" } { "Sessions" (of) } }
                        li { a href={ "#e" (number) "-diary" } { "Diary" (of) } }
                    }
                    li { a href="#sources" { "Sources and limits" } }
                }
            }
        }
    }
}

/// The same, with a few words of our own for each text of the person's.
fn redact_personal_texts(mut dossier: ReportInput) -> ReportInput {
    let left_out = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = REDACTED_TEXT.into();
        }
    };
    for case in &mut dossier.episodes {
        for session in &mut case.sessions {
            left_out(&mut session.note);
            left_out(&mut session.stop_reason);
            for phase in &mut session.phases {
                phase.citation = phase.citation.take().filter(|source| citations::is_known_citation(source));
            }
            session.answers = session.answers.take().map(redact_answers);
            session.unknown_fields.clear();
        }
        case.diary_entries.iter_mut().for_each(|entry| left_out(&mut entry.text));
    }
    dossier
}

/// Answers, of which words other than yes, no and the program's own are left out.
fn redact_answers(answers: Value) -> Value {
    match answers {
        Value::String(word)
            if !sign_answers::is_predefined_answer(&word) && !["yes", "no", "skipped"].contains(&&*word) =>
        {
            REDACTED_TEXT.into()
        }
        Value::Array(each) => each.into_iter().map(redact_answers).collect(),
        Value::Object(each) => Value::Object(
            each.into_iter().map(|(key, value)| (key, redact_answers(value))).collect::<Map<_, _>>(),
        ),
        known => known,
    }
}
