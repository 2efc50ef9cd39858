//! The clinician's page: one HTML file about one or more episodes, on paper and on a screen.
//!
//! It needs nothing else: no network, no script, no other file. For each episode there is one sheet of A4, which
//! stays one sheet whatever the history holds, because everything on it is counted or cut; the sheets behind it
//! have every session in full. What is missing is said to be missing. Texts of records may be anybody's: maud
//! escapes each, and what would turn the direction of reading is made [`harmless`](super::harmless) before.

mod axis;
mod chart;
mod days;
mod facts;
mod sessions;
mod sources;
mod summary;

pub(super) use facts::answers;

use crate::{
    record::{Entry, SessionRecord, answers},
    stats::Episode,
    time::Wall,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Map, Value};

const HEADING: &str = "Back pain: heat and cold sessions";
const STYLE: &str = include_str!("page/style.css");
/// Nothing is loaded, nothing runs, nothing is sent.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/// What stands where a text was.
const LEFT_OUT: &str = "left out of this report";

/// What the page tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct Dossier {
    /// What the clock says.
    pub now: Wall,
    /// Sessions before it were not asked for.
    pub since: Option<Wall>,
    /// Sessions after it were not asked for.
    pub until: Option<Wall>,
    /// Whether nobody may be recognised by their own words: no notes, no reasons, no texts of the diary, no ids.
    pub anonymous: bool,
    /// How many lines of the history could not be read; a file that could not be read at all counts as one.
    pub unread: usize,
    /// How many episodes there are in the history.
    pub episodes_in_all: u64,
    /// The limits that the sessions were held to.
    pub limits: Vec<Limit>,
    /// The episodes, in the order in which they are told.
    pub cases: Vec<Case>,
}

/// A limit, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Of what.
    pub what: String,
    /// How much.
    pub value: String,
    /// Who says so.
    pub source: String,
}

/// An episode, with what is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// As a whole.
    pub episode: Episode,
    /// Its sessions that were asked for, oldest first.
    pub sessions: Vec<SessionRecord>,
    /// The diary entries of its time, oldest first.
    pub entries: Vec<Entry>,
    /// The sessions in the two weeks before those, oldest first: a cold pack may have lain on shortly before.
    pub before: Vec<SessionRecord>,
}

/// The page, as the text of an HTML file.
pub fn page(dossier: &Dossier) -> String {
    let stripped;
    let dossier = if dossier.anonymous {
        stripped = without_words(dossier.clone());
        &stripped
    } else {
        dossier
    };
    let title = title(dossier);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#report" { "Skip to the report" }
                (head(dossier))
                main #report tabindex="-1" {
                    @for case in &dossier.cases { (told(dossier, case)) }
                }
                (sources::foot(dossier))
            }
        }
    };
    let mut page = page.into_string();
    page.push('\n');
    page
}

fn told(dossier: &Dossier, case: &Case) -> Markup {
    let axis = axis::Axis::of(case);
    html! {
        (summary::sheet(dossier, case, &axis))
        (days::table(case, &axis))
        (sessions::all(dossier, case))
        (sessions::diary(case))
    }
}

fn title(dossier: &Dossier) -> String {
    format!("{HEADING}, {}", facts::day(dossier.now.date()))
}

fn head(dossier: &Dossier) -> Markup {
    let numbers = || dossier.cases.iter().map(|case| case.episode.number);
    let asked = match (dossier.since, dossier.until) {
        (None, None) => None,
        (Some(since), None) => Some(format!("Only sessions since {}.", since.day_and_time())),
        (None, Some(until)) => Some(format!("Only sessions until {}.", until.day_and_time())),
        (Some(since), Some(until)) => {
            Some(format!("Only sessions from {} to {}.", since.day_and_time(), until.day_and_time()))
        }
    };
    html! {
        header.top {
            h1 { (HEADING) }
            p {
                "Recorded by the person themselves with the timer easeback; written "
                (facts::day(dossier.now.date())) ", " (dossier.now.hour_minute()) ". "
                @if let Some(asked) = asked { (asked) " " }
                @if dossier.anonymous { "Anonymous: notes, reasons and the diary's texts are left out. " }
                @if dossier.unread > 0 {
                    strong { (facts::count(dossier.unread, "line", "lines")) " of the history could not be read." }
                    " "
                }
                strong { "This is not a diagnosis." }
            }
            nav aria-label="On this page" {
                ul {
                    @for number in numbers() {
                        @let of = if dossier.cases.len() > 1 { format!(" of episode {number}") } else { String::new() };
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
fn without_words(mut dossier: Dossier) -> Dossier {
    let left_out = |text: &mut Option<String>| {
        if let Some(text) = text {
            *text = LEFT_OUT.into();
        }
    };
    for case in &mut dossier.cases {
        for session in &mut case.sessions {
            left_out(&mut session.note);
            left_out(&mut session.why);
            for phase in &mut session.phases {
                phase.source = phase.source.take().filter(|source| sources::is_public(source));
            }
            session.answers = session.answers.take().map(plain);
            session.rest.clear();
        }
        case.entries.iter_mut().for_each(|entry| left_out(&mut entry.text));
    }
    dossier
}

/// Answers, of which words other than yes, no and the program's own are left out.
fn plain(answers: Value) -> Value {
    match answers {
        Value::String(word) if !answers::is_own(&word) && !["yes", "no", "skipped"].contains(&&*word) => {
            LEFT_OUT.into()
        }
        Value::Array(each) => each.into_iter().map(plain).collect(),
        Value::Object(each) => {
            Value::Object(each.into_iter().map(|(key, value)| (key, plain(value))).collect::<Map<_, _>>())
        }
        known => known,
    }
}
