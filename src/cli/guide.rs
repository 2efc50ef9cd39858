//! `easeback guide`: what the sources advise, to be read while lying down.
//!
//! Each topic is a text in `guide/`, in the program's own words and in ASCII, so that every terminal shows it.
//! Who says it stands at the end of each line; where two disagree, both stand there. A text fits a screen of
//! 80 by 24 with the prompt below it.

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

/// What is printed where no topic was named.
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

/// As many columns are left to the words of a text on a narrow terminal.
const MIN_TEXT_WIDTH: usize = 16;

/// Where a section of a text begins.
const SECTION_PREFIX: &str = "## ";

#[derive(Clone, Copy, Debug)]
struct Topic {
    name: &'static str,
    text: &'static str,
}

/// Read what to do now, when to get help, and more
#[derive(Args)]
#[command(after_help = "Examples:\n  easeback guide now\n  easeback guide massage --region low")]
pub(crate) struct GuideArgs {
    /// now, help, who, massage, recovery, prevention or why
    #[arg(value_name = "TOPIC", value_parser = topics(), hide_possible_values = true)]
    topic: Option<Topic>,
    /// Massage for one part only: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true)]
    region: Option<String>,
}

pub(crate) fn run(args: &GuideArgs, desk: &AppContext) -> Result<ExitCode> {
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
    print_stdout(&format_page(&text, &desk.output_format()))?;
    Ok(ExitCode::SUCCESS)
}

fn topics() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(TOPICS.map(|topic| topic.name))
        .map(|name| TOPICS.into_iter().find(|topic| topic.name == name).unwrap_or(TOPICS[0]))
}

/// Leaves out the sections whose heading names other regions only. One that names none is for everybody.
fn filter_sections_by_region(text: &str, region: &str) -> String {
    let mut kept = true;
    text.split_inclusive('\n')
        .filter(|line| {
            if let Some(heading) = line.strip_prefix(SECTION_PREFIX) {
                let named = find_regions(heading);
                kept = named.is_empty() || named.iter().any(|name| name == region);
            }
            kept
        })
        .collect()
}

fn find_regions(heading: &str) -> Vec<String> {
    let words = heading.split(|letter: char| !letter.is_ascii_alphabetic()).map(str::to_ascii_lowercase);
    words.filter(|word| REGIONS.contains(&word.as_str())).collect()
}

/// The text as it is printed: without the marks of its headings, no line longer than the terminal is wide.
fn format_page(text: &str, look: &OutputFormat) -> String {
    text.lines().map(|line| format_line(line, look) + "\n").collect()
}

fn format_line(line: &str, look: &OutputFormat) -> String {
    match line.strip_prefix("# ").or_else(|| line.strip_prefix(SECTION_PREFIX)) {
        Some(heading) => styled(&wrap_line(heading, look.width), look.palette.heading),
        None => wrap_line(line, look.width),
    }
}

/// What follows the first row of a bullet or of a list's line is indented as its text is.
fn wrap_line(line: &str, width: Option<usize>) -> String {
    let term = line.split_once("  ").map_or("", |(term, _)| term);
    let text = line[term.len()..].trim_start_matches(['-', ' ']);
    let indent = " ".repeat(line.len() - text.len());
    // No indent takes the room that a long word needs.
    let is_narrow = width.is_some_and(|width| width < indent.len() + MIN_TEXT_WIDTH);
    wrap(line, width, "", if is_narrow { "" } else { &indent })
}
