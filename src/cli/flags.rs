//! The flags that `start` and `plan` share, and the parsers of their values.
//!
//! [`SessionFlags::resolve`] merges what was typed with the settings and with `--again`.

mod resolved;

pub(crate) use resolved::{Interaction, Resolved};

use crate::{
    clock,
    error::{Error, Result, sanitize},
    history::HistoryFolder,
    limits,
    protocol::{self, Phase, PhaseKind, Plan, ProtocolPart, Rounds},
    record::{MAX_NOTE_BYTES, MAX_PAIN, Query, REGIONS, SIDES, TRIGGERS},
    session::{MAX_REHEARSAL_SPEED, SessionSettings, SwapMode},
    time::{WallTime, format_duration, parse_date_time, parse_duration},
    view::is_ten,
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::ZonedDateTime;
use std::time::Duration;

// The headings of the flags in `start --help` and `plan --help`.
pub(crate) const PLAN_HEADING: &str = "Plan";
const RECORD_HEADING: &str = "For the record";
const ALERTS_HEADING: &str = "Screen and alerts";

/// The options of a session.
#[derive(Args, Clone, Default)]
pub(crate) struct SessionFlags {
    /// A protocol's name, or a protocol file [default: alternate]
    #[arg(value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// Length of each heat phase: 20 (minutes), 90s, 15m
    #[arg(long, value_name = "DUR", value_parser = parse_phase_duration, allow_hyphen_values = true, help_heading = PLAN_HEADING)]
    heat: Option<Duration>,
    /// Length of each cold phase
    #[arg(long, value_name = "DUR", value_parser = parse_phase_duration, allow_hyphen_values = true, help_heading = PLAN_HEADING)]
    cold: Option<Duration>,
    /// Number of rounds: 1 to 12, or as-needed
    #[arg(long, value_name = "N", value_parser = parse_rounds, allow_hyphen_values = true, help_heading = PLAN_HEADING)]
    rounds: Option<Rounds>,
    /// What comes first: heat or cold
    #[arg(long, value_name = "KIND", value_parser = first_kind_parser(), hide_possible_values = true, help_heading = PLAN_HEADING)]
    first: Option<PhaseKind>,
    /// At a swap: go on by itself (auto), or wait for you (ask)
    #[arg(long, value_name = "HOW", value_parser = swap_mode_parser(), hide_possible_values = true, help_heading = PLAN_HEADING)]
    swap: Option<SwapMode>,
    /// Repeat the last session (other flags still apply)
    #[arg(long, help_heading = PLAN_HEADING)]
    again: bool,
    /// Pain now, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = parse_pain_score, allow_hyphen_values = true, help_heading = RECORD_HEADING)]
    pain: Option<u8>,
    /// Where it hurts: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true, help_heading = RECORD_HEADING)]
    region: Option<String>,
    /// Which side: left, right or both
    #[arg(long, value_name = "SIDE", value_parser = PossibleValuesParser::new(SIDES), hide_possible_values = true, help_heading = RECORD_HEADING)]
    side: Option<String>,
    /// What set it off: lifting, twisting, sneezing, furniture, shovelling, bending or other
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(TRIGGERS), hide_possible_values = true, help_heading = RECORD_HEADING)]
    trigger: Option<String>,
    /// When your back went out: 18:00, or 3h (3 hours ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, help_heading = RECORD_HEADING)]
    onset: Option<String>,
    /// A note for the record
    #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true, help_heading = RECORD_HEADING)]
    note: Option<String>,
    /// Plain lines, for screen readers and logs
    #[arg(long, help_heading = ALERTS_HEADING)]
    plain: bool,
    /// Print only problems
    #[arg(long, help_heading = ALERTS_HEADING)]
    quiet: bool,
    /// Show no desktop notifications
    #[arg(long, help_heading = ALERTS_HEADING)]
    no_notify: bool,
    /// Make no sound
    #[arg(long, help_heading = ALERTS_HEADING)]
    no_sound: bool,
    /// Do not speak
    #[arg(long, help_heading = ALERTS_HEADING)]
    no_speak: bool,
    /// Lift limits, if your doctor or physiotherapist told you to
    #[arg(long, help_heading = PLAN_HEADING)]
    allow_long: bool,
    /// Try it out, 60 times as fast; nothing is recorded
    #[arg(long, value_name = "FACTOR", num_args = 0..=1, require_equals = true, default_missing_value = "60", value_parser = parse_speed_factor)]
    rehearse: Option<u32>,
    /// Do not ask about warning signs or pain
    #[arg(long)]
    skip_questions: bool,
}

impl SessionFlags {
    /// With `--again`: takes from the last session what was not typed. Lifted limits are not taken over.
    ///
    /// # Errors
    /// There is no last session, or its protocol's name is invalid.
    fn fill_from_last_session(&self, history: &HistoryFolder) -> Result<SessionFlags> {
        if !self.again {
            return Ok(self.clone());
        }
        let newest = history.find_newest(&Query { limit: Some(1), ..Query::default() })?.sessions;
        let Some(last) = newest.first() else {
            return Err(Error::usage("no session to repeat yet", "type the command without --again"));
        };
        let rounds = if last.as_needed {
            Some(Rounds::AsNeeded)
        } else {
            last.phases.iter().map(|phase| phase.round).max().map(Rounds::Fixed)
        };
        if self.protocol.is_none()
            && let Err(invalid) = protocol::check_protocol_name(&last.protocol)
        {
            // An imported history may hold anything here; it must not be read as a path.
            return Err(Error::invalid(
                "protocol name in the last session",
                &sanitize(&last.protocol),
                invalid.expected(),
            )
            .with_hint("type the protocol too, as in `easeback start ice --again`"));
        }
        // The last phase of a kind: the first round may have been shortened because of an earlier session.
        let planned = |kind: PhaseKind| {
            let phase = last.phases.iter().rfind(|phase| phase.kind == kind.as_str());
            phase.map(|phase| Duration::from_secs(phase.planned_s))
        };
        // A user's protocol may have phases of one kind with different lengths: those stay as its file says.
        let is_built_in = protocol::is_built_in(&last.protocol);
        let first_kind = last.phases.first().and_then(|phase| parse_first_kind(&phase.kind));
        Ok(SessionFlags {
            protocol: self.protocol.clone().or_else(|| Some(last.protocol.clone())),
            heat: self.heat.or_else(|| planned(PhaseKind::Heat).filter(|_| is_built_in)),
            cold: self.cold.or_else(|| planned(PhaseKind::Cold).filter(|_| is_built_in)),
            rounds: self.rounds.or(rounds),
            first: self.first.or_else(|| first_kind.filter(|_| is_built_in)),
            swap: self.swap.or_else(|| last.swap.as_deref().and_then(parse_swap_mode)),
            ..self.clone()
        })
    }
}

/// Why a phase is shorter than its protocol says.
const TOO_SOON_SUFFIX: &str = " so soon after your last session";

/// A phase and its length; `None` for a phase of no length.
fn format_phase_with_duration(phase: &Phase) -> Option<String> {
    let optional = if phase.optional.is_some() { " if you like" } else { "" };
    let duration = phase.planned_duration();
    let (only, reason) = if phase.is_shortened { ("only ", TOO_SOON_SUFFIX) } else { ("", "") };
    (!duration.is_zero())
        .then(|| format!("{} {only}{}{reason}{optional}", phase.name(), format_duration(duration)))
}

/// The plan in one line: "heat 20 min, cold 10 min, 3 rounds, ends about 19:42".
pub(crate) fn format_plan_summary(plan: &Plan, settings: &SessionSettings, now: &WallTime) -> String {
    let phases_in = |part| plan.phases.iter().filter(move |phase| phase.part == part);
    let round = |number| phases_in(ProtocolPart::Cycle).filter(move |phase| phase.round == number);
    // The last round stands for all: only the first can be shortened.
    let shown =
        phases_in(ProtocolPart::Before).chain(round(plan.rounds)).chain(phases_in(ProtocolPart::After));
    let mut parts: Vec<String> = shown.filter_map(format_phase_with_duration).collect();
    let shortened = round(1).zip(round(plan.rounds)).filter(|(first, last)| first.planned_s < last.planned_s);
    parts.extend(shortened.map(|(first, _)| {
        format!(
            "the first {} only {}{TOO_SOON_SUFFIX}",
            first.name(),
            format_duration(first.planned_duration())
        )
    }));
    parts.push(match plan.rounds {
        _ if plan.as_needed => "1 round (then as needed)".into(),
        1 => "1 round".into(),
        rounds => format!("{rounds} rounds"),
    });
    let duration = Duration::from_secs(plan.total_s) / settings.speed_factor();
    let has_optional = plan.phases.iter().any(|phase| phase.optional.is_some());
    let if_yes = if has_optional { " if you say yes to everything" } else { "" };
    let ends = now.plus(duration).in_zone(&clock::time_zone()).format_hour_minute();
    parts.push(format!("ends about {ends}{if_yes}"));
    match settings.rehearsal_speed {
        None => parts.join(", "),
        Some(factor) => {
            format!("REHEARSAL, {factor} times as fast, nothing is recorded: {}", parts.join(", "))
        }
    }
}

const ONSET_HINT: &str = "type, for example, --onset 3h or --onset 'yesterday 18:00'";

/// The length of a phase to come. No limit allows hours of it.
fn parse_phase_duration(typed: &str) -> Result<Duration> {
    parse_duration(typed).map_err(|wrong| match wrong.message.ends_with("or less") {
        true => wrong.with_hint(format!("type {} or less (minutes)", limits::MAX_HEAT.value.as_secs() / 60)),
        false => wrong,
    })
}

/// Names the flag at the beginning of the error's hint.
pub(crate) fn prefix_hint_with_flag(flag: &str, error: Error) -> Error {
    match &error.hint {
        Some(hint) => error.clone().with_hint(format!("{flag}: {hint}")),
        None => error,
    }
}

/// Parses the value of `--onset`: a date or time in the past, to whole seconds.
pub(crate) fn parse_onset(typed: &str, now: &ZonedDateTime) -> Result<WallTime> {
    let onset = parse_date_time(typed, now).map_err(|error| prefix_hint_with_flag("--onset", error))?;
    if onset.start > WallTime::from(now) {
        return Err(Error::invalid("onset", typed, "a time in the past").with_hint(ONSET_HINT));
    }
    Ok(onset.start.truncate_to_seconds())
}

/// Refuses an onset after the end of the session.
pub(crate) fn check_onset(onset: Option<WallTime>, ended: WallTime) -> Result<()> {
    match onset.filter(|onset| *onset > ended) {
        None => Ok(()),
        Some(onset) => Err(Error::usage(
            format!(
                "invalid onset {}: expected a time before the end of the session ({})",
                onset.format_date_time(),
                ended.format_date_time()
            ),
            ONSET_HINT,
        )),
    }
}

fn parse_rounds(text: &str) -> Result<Rounds> {
    match text {
        Rounds::AS_NEEDED => Ok(Rounds::AsNeeded),
        _ => parse_whole_number("rounds", "1 to 12 or as-needed", text).map(Rounds::Fixed),
    }
}

/// Parses a flag's value as a time in the past, to whole seconds; a day alone is refused.
pub(crate) fn parse_past_time(flag: &str, typed: &str, now: &ZonedDateTime) -> Result<WallTime> {
    let range = parse_date_time(typed, now).map_err(|error| prefix_hint_with_flag(flag, error))?;
    if range.start != range.end {
        let hint = format!("add the time, as in {flag} '{} 18:00'", typed.escape_debug());
        return Err(Error::invalid("time", typed, "a time of day as well").with_hint(hint));
    }
    if range.start > WallTime::from(now) {
        let hint = format!("type a time in the past, such as {flag} 3h or {flag} 'yesterday 18:00'");
        return Err(Error::invalid("time", typed, "a time in the past").with_hint(hint));
    }
    Ok(range.start.truncate_to_seconds())
}

/// Parses a number of the digits 0 to 9 alone; `noun` and `expected` are for the error.
pub(crate) fn parse_whole_number(noun: &str, expected: &str, text: &str) -> Result<u32> {
    parse_digits(text).ok_or_else(|| Error::invalid(noun, text, expected))
}

fn parse_digits(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Parses a pain score, 0 to 10 (NRS-11). As at the one-key questions, `t` is ten.
pub(crate) fn parse_pain_score(text: &str) -> Result<u8> {
    if is_ten(text) {
        return Ok(MAX_PAIN);
    }
    let score = parse_digits(text).and_then(|score| u8::try_from(score).ok());
    score
        .filter(|score| *score <= MAX_PAIN)
        .ok_or_else(|| Error::invalid("pain score", text, &format!("0 to {MAX_PAIN}")))
}

/// Accepts text that is not blank and fits a note.
pub(crate) fn parse_text(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::invalid("text", text, "a few words in quotes"));
    }
    if text.len() > MAX_NOTE_BYTES {
        let letters = text.chars().count();
        let message = format!("invalid text of {letters} letters: expected {MAX_NOTE_BYTES} or fewer");
        return Err(Error::usage(message, "type less, or add the rest with `easeback history note last`"));
    }
    Ok(text.to_owned())
}

/// [`parse_text`] for a positional argument: a single word that begins with `--` is refused as a mistyped flag.
pub(crate) fn parse_positional_text(text: &str) -> Result<String> {
    let is_flag = text.starts_with("--") && !text.contains(char::is_whitespace);
    if is_flag { Err(Error::invalid("text", text, "a few words in quotes")) } else { parse_text(text) }
}

fn parse_first_kind(text: &str) -> Option<PhaseKind> {
    [PhaseKind::Heat, PhaseKind::Cold].into_iter().find(|kind| kind.as_str() == text)
}

fn first_kind_parser() -> impl TypedValueParser<Value = PhaseKind> {
    PossibleValuesParser::new([PhaseKind::Heat, PhaseKind::Cold].map(PhaseKind::as_str))
        .map(|text| parse_first_kind(&text).unwrap_or(PhaseKind::Heat))
}

fn parse_swap_mode(text: &str) -> Option<SwapMode> {
    [SwapMode::Auto, SwapMode::Ask].into_iter().find(|swap| swap.as_str() == text)
}

fn swap_mode_parser() -> impl TypedValueParser<Value = SwapMode> {
    PossibleValuesParser::new([SwapMode::Auto, SwapMode::Ask].map(SwapMode::as_str))
        .map(|text| parse_swap_mode(&text).unwrap_or_default())
}

fn parse_speed_factor(text: &str) -> Result<u32> {
    parse_digits(text).filter(|factor| (1..=MAX_REHEARSAL_SPEED).contains(factor)).ok_or_else(|| {
        Error::invalid("speed", text, &format!("1 to {MAX_REHEARSAL_SPEED}"))
            .with_hint("type --rehearse, or --rehearse=20 to go slower")
    })
}
