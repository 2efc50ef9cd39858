//! The page's footer: the sources of its figures and limits.

use super::{ReportInput, ReportLimit, formatting::shorten_text};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Label, value and source of the limits that are not in the limit table.
const EXTRA_LIMITS: &[(&str, &str, &str)] = &[
    ("Pain score", "numeric rating scale, whole numbers from 0 to 10 (NRS-11)", "the person's own"),
    ("Change of pain that is mentioned", "2 or more; it is no proof of anything", "Farrar 2001; Childs 2005"),
    ("Episode", "begins with an onset that was given, or after 14 days without a session", "P"),
];

/// Codes of the sources, and what they stand for.
const CITATION_CODES: &[(&str, &str)] = &[
    ("D0", "a massage therapist: heat 20 min, covered cold pack 10 min, as needed"),
    ("D1", "Dr. Hanson, a chiropractor"),
    ("D2", "“My Back Went Out. What Do I Do?”, medically reviewed, 12 April 2023"),
    ("X1", "MPFT NHS, safe use of cold treatment and of heat treatment"),
    ("X2", "Healthwise, heat and cold for sore joints and backs"),
    ("X3", "US FDA and CPSC on electric heating pads (1995, 1997)"),
    ("P", "a choice of the program, nobody's advice"),
];

/// Shown of the sources that the sessions' plans name.
const MAX_PLAN_CITATIONS: usize = 8;

/// Whether this is one of the published sources, and not a name that the person wrote.
pub(crate) fn is_known_citation(citation: &str) -> bool {
    CITATION_CODES.iter().any(|(code, _)| {
        citation.strip_prefix(code).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

/// The sources that the sessions' plans name.
fn list_plan_citations(input: &ReportInput) -> Vec<ReportLimit> {
    let phases =
        input.episodes.iter().flat_map(|report| &report.sessions).flat_map(|session| &session.phases);
    let citations: BTreeSet<(&str, &str)> =
        phases.filter_map(|phase| Some((&*phase.kind, phase.citation.as_deref()?))).collect();
    let rows = citations.into_iter().map(|(kind, citation)| ReportLimit {
        label: format!("Planned minutes of {}", shorten_text(kind)),
        value: "with each session".into(),
        citation: shorten_text(citation),
    });
    rows.take(MAX_PLAN_CITATIONS).collect()
}

pub(crate) fn render_footer(input: &ReportInput) -> Markup {
    let extra_limits = EXTRA_LIMITS.iter().map(|(label, value, citation)| ReportLimit {
        label: (*label).into(),
        value: (*value).into(),
        citation: (*citation).into(),
    });
    let rows: Vec<ReportLimit> = list_plan_citations(input)
        .into_iter()
        .chain(input.limits.iter().cloned())
        .chain(extra_limits)
        .collect();
    html! {
        footer {
            h2 #sources tabindex="-1" { "Sources and limits" }
            table {
                caption { "What the program held the sessions to, and what the words of this report mean" }
                thead { tr { th scope="col" { "What" } th scope="col" { "How much" } th scope="col" { "Source" } } }
                tbody {
                    @for row in &rows { tr { th scope="row" { bdi { (row.label) } } td { (row.value) } td { bdi { (row.citation) } } } }
                }
            }
            dl.tags {
                @for (code, source) in CITATION_CODES { div { dt { (code) } dd { (source) } } }
            }
            p {
                "Times are those that the person's clock showed. ‘Not recorded’ means that nobody wrote it down: nothing "
                "was filled in. What ends in … on a sheet stands in full with the sessions. Minutes done leave out pauses and time past the end of a phase. Whether heat or cold "
                "changed anything cannot be told from these figures. "
                strong { "This report is not a diagnosis and no medical advice." }
            }
        }
    }
}
