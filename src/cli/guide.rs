//! `easeback guide`: the sources' advice, to read while lying down.
//!
//! Each topic is a text file in `guide/`, in the program's own words and in ASCII, so that every terminal shows it.
//! Each line ends with its source; where two sources disagree, both are named. A text and the prompt below it fit a
//! screen of 80 by 24. This module only picks, filters and wraps the texts.

use super::{AppContext, print_stdout};
use crate::{
    error::{Error, Result},
    record::REGIONS,
    report::{OutputFormat, styled, wrap},
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use std::process::ExitCode;

const TOPIC_LIST: &str = include_str!("guide/list.md");

const TOPICS: [Topic; 7] = [
    Topic { name: "now", text: include_str!("guide/now.md") },
    Topic { name: "help", text: include_str!("guide/help.md") },
    Topic { name: "who", text: include_str!("guide/who.md") },
    Topic { name: MASSAGE_TOPIC, text: include_str!("guide/massage.md") },
    Topic { name: "recovery", text: include_str!("guide/recovery.md") },
    Topic { name: "prevention", text: include_str!("guide/prevention.md") },
    Topic { name: "why", text: include_str!("guide/why.md") },
];

/// The one topic whose advice depends on the region.
const MASSAGE_TOPIC: &str = "massage";

/// In columns: where an indent would leave less than this, lines are not indented.
const MIN_TEXT_WIDTH: usize = 16;

/// What a section's heading begins with.
const SECTION_PREFIX: &str = "## ";

const TOPIC_HELP: &str = "\
now         what to do in the first minutes
help        when to call for help, or a doctor
who         who should ask a doctor before using heat or cold
massage     when to get one
recovery    rest, walks and the days after
prevention  whether it can be prevented
why         why your back locks up";

#[derive(Clone, Copy, Debug)]
struct Topic {
    name: &'static str,
    text: &'static str,
}

/// Read what to do now, when to get help, and more
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback guide now\n  easeback guide massage --region low")]
pub(crate) struct GuideArgs {
    #[arg(value_name = "TOPIC", help = TOPIC_HELP, value_parser = topic_parser(), hide_possible_values = true)]
    topic: Option<Topic>,
    /// Massage for one part only: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true)]
    region: Option<String>,
}

pub(crate) fn run(args: &GuideArgs, context: &AppContext) -> Result<ExitCode> {
    let text = match (&args.topic, &args.region) {
        (None, None) => TOPIC_LIST.to_owned(),
        (Some(topic), None) => topic.text.to_owned(),
        (Some(topic), Some(region)) if topic.name == MASSAGE_TOPIC => {
            filter_sections_by_region(topic.text, region)
        }
        (_, Some(region)) => {
            return Err(Error::usage(
                format!("--region goes only with the topic {MASSAGE_TOPIC}"),
                format!("type `easeback guide {MASSAGE_TOPIC} --region {region}`, or leave --region out"),
            ));
        }
    };
    print_stdout(&format_page(&text, &context.output_format()))?;
    Ok(ExitCode::SUCCESS)
}

fn topic_parser() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(TOPICS.map(|topic| topic.name))
        .map(|name| TOPICS.into_iter().find(|topic| topic.name == name).unwrap_or(TOPICS[0]))
}

/// Leaves out the sections whose heading names other regions only. A heading without a region is for all.
fn filter_sections_by_region(text: &str, region: &str) -> String {
    let mut is_kept = true;
    text.split_inclusive('\n')
        .filter(|line| {
            if let Some(heading) = line.strip_prefix(SECTION_PREFIX) {
                let regions = find_regions(heading);
                is_kept = regions.is_empty() || regions.iter().any(|name| name == region);
            }
            is_kept
        })
        .collect()
}

fn find_regions(heading: &str) -> Vec<String> {
    let words = heading.split(|letter: char| !letter.is_ascii_alphabetic()).map(str::to_ascii_lowercase);
    words.filter(|word| REGIONS.contains(&word.as_str())).collect()
}

/// Styles the headings without their `#`, and wraps the lines.
fn format_page(text: &str, format: &OutputFormat) -> String {
    text.lines().map(|line| format_line(line, format) + "\n").collect()
}

fn format_line(line: &str, format: &OutputFormat) -> String {
    match line.strip_prefix("# ").or_else(|| line.strip_prefix(SECTION_PREFIX)) {
        Some(heading) => styled(&wrap_line(heading, format.width), format.palette.heading),
        None => wrap_line(line, format.width),
    }
}

/// Wraps a bullet, or a list's line (a term, two spaces, a text), with a hanging indent.
fn wrap_line(line: &str, width: Option<usize>) -> String {
    let term = line.split_once("  ").map_or("", |(term, _)| term);
    let text = line[term.len()..].trim_start_matches(['-', ' ']);
    let indent = " ".repeat(line.len() - text.len());
    let is_narrow = width.is_some_and(|width| width < indent.len() + MIN_TEXT_WIDTH);
    wrap(line, width, "", if is_narrow { "" } else { &indent })
}
