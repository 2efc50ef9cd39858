//! The flags that `start` and `plan` share, and what they come to.

use super::protocols::find_protocol;
use crate::{
    clock,
    config::{Environment, StartDefaults, UserSettings as Defaults},
    error::{Error, Result, sanitize},
    history::HistoryFolder,
    limits,
    protocol::{self, Overrides, Phase, PhaseKind, Plan, Protocol, ProtocolPart, Rounds},
    record::{MAX_NOTE_BYTES, MAX_PAIN, Query, REGIONS, SIDES, SessionRecord, TRIGGERS},
    session::{Intake, MAX_REHEARSAL_SPEED, SessionSettings, SwapMode},
    time::{WallTime, format_duration, parse_date_time, parse_duration},
    view::is_ten,
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use jiff::Zoned;
use std::{path::PathBuf, time::Duration};

/// The headings of the flags in `start --help` and `plan --help`.
const PLAN: &str = "Plan";
const RECORD: &str = "For the record";
const ALERTS: &str = "Screen and alerts";

/// What a person may choose about a session.
#[derive(Args, Clone, Default)]
pub(crate) struct SessionFlags {
    /// A protocol's name, or a file of one [default: alternate]
    #[arg(value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// Length of each heat phase: 20 (minutes), 90s, 15m
    #[arg(long, value_name = "DUR", value_parser = parse_duration, allow_hyphen_values = true, help_heading = PLAN)]
    heat: Option<Duration>,
    /// Length of each cold phase
    #[arg(long, value_name = "DUR", value_parser = parse_duration, allow_hyphen_values = true, help_heading = PLAN)]
    cold: Option<Duration>,
    /// Number of rounds: 1 to 12, or as-needed
    #[arg(long, value_name = "N", value_parser = parse_rounds, allow_hyphen_values = true, help_heading = PLAN)]
    rounds: Option<Rounds>,
    /// What comes first: heat or cold
    #[arg(long, value_name = "KIND", value_parser = first_kind(), hide_possible_values = true, help_heading = PLAN)]
    first: Option<PhaseKind>,
    /// Swap by itself (auto), or wait until you press a key (ask)
    #[arg(long, value_name = "HOW", value_parser = swap_mode(), hide_possible_values = true, help_heading = PLAN)]
    swap: Option<SwapMode>,
    /// Repeat the last session (other flags still apply)
    #[arg(long, help_heading = PLAN)]
    again: bool,
    /// Pain now, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = parse_pain_score, allow_hyphen_values = true, help_heading = RECORD)]
    pain: Option<u8>,
    /// Where it hurts: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true, help_heading = RECORD)]
    region: Option<String>,
    /// Which side: left, right or both
    #[arg(long, value_name = "SIDE", value_parser = PossibleValuesParser::new(SIDES), hide_possible_values = true, help_heading = RECORD)]
    side: Option<String>,
    /// What set it off: lifting, twisting, sneezing, furniture, shovelling, bending or other
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(TRIGGERS), hide_possible_values = true, help_heading = RECORD)]
    trigger: Option<String>,
    /// When the back went out: 'yesterday 18:00', 3h (ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, help_heading = RECORD)]
    onset: Option<String>,
    /// A note for the record
    #[arg(long, value_name = "TEXT", value_parser = parse_text, allow_hyphen_values = true, help_heading = RECORD)]
    note: Option<String>,
    /// Plain lines, for screen readers and logs
    #[arg(long, help_heading = ALERTS)]
    pub(crate) plain: bool,
    /// Print only problems
    #[arg(long, help_heading = ALERTS)]
    pub(crate) quiet: bool,
    /// Show no desktop notifications
    #[arg(long, help_heading = ALERTS)]
    no_notify: bool,
    /// Make no sound
    #[arg(long, help_heading = ALERTS)]
    no_sound: bool,
    /// Do not speak
    #[arg(long, help_heading = ALERTS)]
    no_speak: bool,
    /// Lift the limits, if a clinician told you to
    #[arg(long, help_heading = PLAN)]
    allow_long: bool,
    /// Try it out, 60 times as fast; nothing is recorded
    #[arg(long, value_name = "FACTOR", num_args = 0..=1, require_equals = true, default_missing_value = "60", value_parser = parse_speed_factor)]
    rehearse: Option<u32>,
    /// Ask no questions
    #[arg(long)]
    pub(crate) skip_questions: bool,
    /// The folder of the person's own protocols; nothing that is typed.
    #[arg(skip)]
    user_protocols_dir: PathBuf,
    /// What the plan takes from the person's settings where nothing is typed, and their file.
    #[arg(skip)]
    start_defaults: StartDefaults,
    #[arg(skip)]
    config_file: PathBuf,
}

impl SessionFlags {
    /// Takes from the settings what was not typed, and where the person's own protocols are.
    pub(crate) fn apply_defaults(&mut self, defaults: &Defaults, config: &Environment) {
        config.protocols_folder.clone_into(&mut self.user_protocols_dir);
        config.config_file.clone_into(&mut self.config_file);
        let Defaults { start, alert_channels: tell, .. } = defaults;
        self.region = self.region.take().or_else(|| start.region.clone());
        self.side = self.side.take().or_else(|| start.side.clone());
        self.plain |= start.plain;
        self.quiet |= start.quiet;
        self.skip_questions |= start.skip_questions;
        self.no_notify |= !tell.notify;
        self.no_speak |= !tell.speak;
        self.no_sound |= !tell.sound;
        // The last session's plan is a choice too.
        if !self.again {
            self.start_defaults = start.clone();
        }
    }

    /// Fills in what `--again` takes over from the last session. What was typed wins; lifted limits are not taken
    /// over.
    ///
    /// # Errors
    /// There is no last session.
    pub(crate) fn fill_from_last_session(&self, logs: &HistoryFolder) -> Result<SessionFlags> {
        if !self.again {
            return Ok(self.clone());
        }
        let newest = logs.find_newest(&Query { limit: Some(1), ..Query::default() })?.sessions;
        let Some(last) = newest.first() else {
            return Err(Error::usage("no session to repeat yet", "leave --again out"));
        };
        let rounds = match last.as_needed {
            true => Some(Rounds::AsNeeded),
            false => last.phases.iter().map(|phase| phase.round).max().map(Rounds::Fixed),
        };
        if self.protocol.is_none()
            && let Err(wrong) = protocol::check_protocol_name(&last.protocol)
        {
            // A history may come from anywhere: what stands there is a name, and never a path.
            let wrong = Error::invalid(
                "protocol name in the last session",
                &sanitize(&last.protocol),
                wrong.expected(),
            );
            return Err(
                wrong.with_hint("name the protocol beside --again, as in `easeback start ice --again`")
            );
        }
        // The first round may have given way to the session before.
        let length = |kind: PhaseKind| {
            let phase = last.phases.iter().rfind(|phase| phase.kind == kind.as_str());
            phase.map(|phase| Duration::from_secs(phase.planned_s))
        };
        // In a protocol of one's own a kind may stand more than once, each time as long as its file says.
        let is_ours = protocol::is_built_in(&last.protocol);
        let began_with = last.phases.first().and_then(|phase| parse_first_kind(&phase.kind));
        Ok(SessionFlags {
            protocol: self.protocol.clone().or_else(|| Some(last.protocol.clone())),
            heat: self.heat.or_else(|| length(PhaseKind::Heat).filter(|_| is_ours)),
            cold: self.cold.or_else(|| length(PhaseKind::Cold).filter(|_| is_ours)),
            rounds: self.rounds.or(rounds),
            first: self.first.or_else(|| began_with.filter(|_| is_ours)),
            swap: self.swap.or_else(|| last.swap.as_deref().and_then(parse_swap_mode)),
            ..self.clone()
        })
    }

    /// What the session is going to do, after what was done before (newest first).
    ///
    /// # Errors
    /// The flags ask for something unknown, or for too much.
    pub(crate) fn build_plan(&self, facts: &Intake, past: &[SessionRecord], now: &WallTime) -> Result<Plan> {
        // Told once, with an earlier session of the day, it is known. It is told in whole seconds.
        let onset = facts.onset.or_else(|| past.iter().find_map(|session| session.onset));
        let typed = Overrides {
            heat: self.heat,
            cold: self.cold,
            rounds: self.rounds,
            first_kind: self.first,
            time_since_onset: onset.map(|onset| now.truncate_to_seconds().since(&onset)),
        };
        let set = self.protocol.is_none().then_some(self.start_defaults.protocol.as_deref()).flatten();
        let name = self.protocol.as_deref().or(set).unwrap_or(protocol::DEFAULT_PROTOCOL);
        let protocol = find_protocol(name, &self.user_protocols_dir)
            .map_err(|wrong| self.add_config_file_hint(set.is_some(), wrong))?;
        let plan = |overrides| limits::build_plan(&protocol, overrides, past, now, self.allow_long);
        plan(&self.apply_plan_defaults(&typed, &protocol))
            .map_err(|wrong| self.add_config_file_hint(plan(&typed).is_ok(), wrong))
    }

    /// Fills up what was typed with what is set, as far as it is anything to that protocol: the settings are for
    /// all of them.
    fn apply_plan_defaults(&self, typed: &Overrides, protocol: &Protocol) -> Overrides {
        let suits = |overrides: &Overrides| protocol.to_plan(overrides).is_ok();
        let none = Overrides::default();
        let heat = self
            .start_defaults
            .heat
            .filter(|_| suits(&Overrides { heat: self.start_defaults.heat, ..none.clone() }));
        let cold = self
            .start_defaults
            .cold
            .filter(|_| suits(&Overrides { cold: self.start_defaults.cold, ..none.clone() }));
        let first = self
            .start_defaults
            .first_kind
            .filter(|_| suits(&Overrides { first_kind: self.start_defaults.first_kind, ..none.clone() }));
        let rounds = self.start_defaults.rounds.filter(|_| limits::max_rounds(protocol).value > 1);
        Overrides {
            heat: typed.heat.or(heat),
            cold: typed.cold.or(cold),
            rounds: typed.rounds.or(rounds),
            first_kind: typed.first_kind.or(first),
            ..typed.clone()
        }
    }

    /// Says of what the settings brought about where they can be changed.
    fn add_config_file_hint(&self, is_set: bool, wrong: Error) -> Error {
        match &wrong.hint {
            Some(hint) if is_set => {
                let hint = format!("{hint}; it stands in {}", self.config_file.display());
                wrong.with_hint(hint)
            }
            _ => wrong,
        }
    }

    /// How it runs.
    pub(crate) fn session_settings(&self) -> SessionSettings {
        SessionSettings {
            swap: self.swap.or(self.start_defaults.swap).unwrap_or_default(),
            allow_long: self.allow_long,
            rehearsal_speed: self.rehearse,
            notify: !self.no_notify,
            sound: !self.no_sound,
            speak: !self.no_speak,
        }
    }

    /// What goes into the record beside the times.
    ///
    /// # Errors
    /// The onset is no date, or has not come yet.
    pub(crate) fn build_intake(&self, now: &Zoned) -> Result<Intake> {
        let onset = self.onset.as_deref().map(|typed| parse_onset(typed, now)).transpose()?;
        Ok(Intake {
            tz: clock::time_zone().iana_name().map(str::to_owned),
            pain: self.pain,
            region: self.region.clone(),
            side: self.side.clone(),
            trigger: self.trigger.clone(),
            onset,
            note: self.note.clone(),
            answers: None,
        })
    }
}

/// Why a phase is shorter than it would be.
const TOO_SOON_SUFFIX: &str = " so soon after your last session";

/// A phase and its length, where it has one.
fn format_phase_with_duration(phase: &Phase) -> Option<String> {
    let asked = if phase.optional.is_some() { " if you like" } else { "" };
    let length = phase.planned_duration();
    let (only, soon) = if phase.is_shortened { ("only ", TOO_SOON_SUFFIX) } else { ("", "") };
    (!length.is_zero()).then(|| format!("{} {only}{}{soon}{asked}", phase.name(), format_duration(length)))
}

/// What was understood, in one line: "heat 20 min, cold 10 min, 3 rounds, ends about 19:42".
pub(crate) fn format_plan_summary(plan: &Plan, settings: &SessionSettings, now: &WallTime) -> String {
    let of = |part| plan.phases.iter().filter(move |phase| phase.part == part);
    let round = |number| of(ProtocolPart::Cycle).filter(move |phase| phase.round == number);
    let each = of(ProtocolPart::Before).chain(round(plan.rounds)).chain(of(ProtocolPart::After));
    let mut parts: Vec<String> = each.filter_map(format_phase_with_duration).collect();
    let shorter = round(1).zip(round(plan.rounds)).filter(|(first, last)| first.planned_s < last.planned_s);
    parts.extend(shorter.map(|(first, _)| {
        format!(
            "the first {} only {}{TOO_SOON_SUFFIX}",
            first.name(),
            format_duration(first.planned_duration())
        )
    }));
    parts.push(match plan.rounds {
        _ if plan.as_needed => "1 round, then as needed".into(),
        1 => "1 round".into(),
        many => format!("{many} rounds"),
    });
    let length = Duration::from_secs(plan.total_s) / settings.speed_factor();
    let asks = plan.phases.iter().any(|phase| phase.optional.is_some());
    let ends = if asks { "ends, if you say yes to all, about" } else { "ends about" };
    parts.push(format!("{ends} {}", now.plus(length).in_zone(&clock::time_zone()).format_hour_minute()));
    match settings.rehearsal_speed {
        None => parts.join(", "),
        Some(factor) => {
            format!("REHEARSAL, {factor} times as fast, nothing is recorded: {}", parts.join(", "))
        }
    }
}

const ONSET_HINT: &str = "--onset: type when the back went out, such as 'yesterday 18:00' or 3h (ago)";

/// The same failure, with a hint that names the flag.
pub(crate) fn of_flag(flag: &str, wrong: Error) -> Error {
    match &wrong.hint {
        Some(hint) => wrong.clone().with_hint(format!("{flag}: {hint}")),
        None => wrong,
    }
}

/// When the back went out, as typed for `--onset`.
pub(crate) fn parse_onset(typed: &str, now: &Zoned) -> Result<WallTime> {
    let onset = parse_date_time(typed, now).map_err(|wrong| of_flag("--onset", wrong))?;
    if onset.start > WallTime::from(now) {
        return Err(Error::invalid("onset", typed, "a time in the past").with_hint(ONSET_HINT));
    }
    Ok(onset.start.truncate_to_seconds())
}

/// What was treated had gone out before.
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

/// A moment that has been, as typed for a flag.
pub(crate) fn parse_past_time(flag: &str, typed: &str, now: &Zoned) -> Result<WallTime> {
    let when = parse_date_time(typed, now).map_err(|wrong| of_flag(flag, wrong))?;
    if when.start != when.end {
        let hint = format!("add the time, as in {flag} '{} 18:00'", typed.escape_debug());
        return Err(Error::invalid("time", typed, "a time of day as well").with_hint(hint));
    }
    if when.start > WallTime::from(now) {
        let hint = format!("{flag}: type a time in the past, such as 'yesterday 18:00' or 3h (ago)");
        return Err(Error::invalid("time", typed, "a time in the past").with_hint(hint));
    }
    Ok(when.start.truncate_to_seconds())
}

/// A number that is written with the digits 0 to 9 and nothing else; `noun` and `expected` are for the refusal.
pub(crate) fn parse_whole_number(noun: &str, expected: &str, text: &str) -> Result<u32> {
    digits(text).ok_or_else(|| Error::invalid(noun, text, expected))
}

fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A pain score (NRS-11). Where one key asks for it, `t` is ten: so it is everywhere.
pub(crate) fn parse_pain_score(text: &str) -> Result<u8> {
    if is_ten(text) {
        return Ok(MAX_PAIN);
    }
    let wrong = || Error::invalid("pain score", text, &format!("0 to {MAX_PAIN}"));
    let score = digits(text).and_then(|score| u8::try_from(score).ok());
    score.filter(|score| *score <= MAX_PAIN).ok_or_else(wrong)
}

/// Words that are not empty.
pub(crate) fn parse_text(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::invalid("text", text, "a few words in quotes"));
    }
    if text.len() > MAX_NOTE_BYTES {
        let letters = text.chars().count();
        let what = format!("invalid text of {letters} letters: expected {MAX_NOTE_BYTES} or fewer");
        return Err(Error::usage(what, "type less, or add the rest with `easeback history note last`"));
    }
    Ok(text.to_owned())
}

/// The same where no flag stands before them: what looks like a flag is a mistyped one.
pub(crate) fn words(words: &str) -> Result<String> {
    let is_flag = words.starts_with("--") && !words.contains(char::is_whitespace);
    if is_flag { Err(Error::invalid("text", words, "a few words in quotes")) } else { parse_text(words) }
}

fn parse_first_kind(text: &str) -> Option<PhaseKind> {
    [PhaseKind::Heat, PhaseKind::Cold].into_iter().find(|kind| kind.as_str() == text)
}

fn first_kind() -> impl TypedValueParser<Value = PhaseKind> {
    PossibleValuesParser::new([PhaseKind::Heat, PhaseKind::Cold].map(PhaseKind::as_str))
        .map(|text| parse_first_kind(&text).unwrap_or(PhaseKind::Heat))
}

fn parse_swap_mode(text: &str) -> Option<SwapMode> {
    [SwapMode::Auto, SwapMode::Ask].into_iter().find(|swap| swap.as_str() == text)
}

fn swap_mode() -> impl TypedValueParser<Value = SwapMode> {
    PossibleValuesParser::new([SwapMode::Auto, SwapMode::Ask].map(SwapMode::as_str))
        .map(|text| parse_swap_mode(&text).unwrap_or_default())
}

fn parse_speed_factor(text: &str) -> Result<u32> {
    let wrong = || {
        Error::invalid("speed", text, &format!("1 to {MAX_REHEARSAL_SPEED}"))
            .with_hint("type --rehearse, or --rehearse=20 to go slower")
    };
    digits(text).filter(|factor| (1..=MAX_REHEARSAL_SPEED).contains(factor)).ok_or_else(wrong)
}
