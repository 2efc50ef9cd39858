//! The flags that `start` and `plan` share, and what they come to.

use super::protocols::find;
use crate::{
    clock,
    config::{Config, Settings as Defaults, Start},
    error::{Error, Result, harmless},
    history::Logs,
    limits,
    protocol::{self, Kind, Overrides, Part, Phase, Plan, Protocol, Rounds},
    record::{MOST_PAIN, MOST_TEXT, Query, REGIONS, SIDES, SessionRecord, TRIGGERS},
    session::{FASTEST, Facts, Settings, Swap},
    time::{Wall, parse_length, parse_when, say},
};
use clap::Args;
use jiff::Zoned;
use std::{path::PathBuf, time::Duration};

/// What a person may choose about a session.
#[derive(Args, Clone, Default)]
pub struct Flags {
    /// Which protocol, or a file of one: alternate, if none
    #[arg(value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// Length of each heat phase: 20 (minutes), 90s, 15m
    #[arg(long, value_name = "DUR", value_parser = parse_length, allow_hyphen_values = true)]
    heat: Option<Duration>,
    /// Length of each cold phase
    #[arg(long, value_name = "DUR", value_parser = parse_length, allow_hyphen_values = true)]
    cold: Option<Duration>,
    /// How many rounds, 1 to 12, or as-needed
    #[arg(long, value_name = "N", value_parser = rounds, allow_hyphen_values = true)]
    rounds: Option<Rounds>,
    /// What comes first: heat or cold
    #[arg(long, value_name = "KIND", value_parser = first)]
    first: Option<Kind>,
    /// Swap by itself (auto), or when you say so (ask)
    #[arg(long, value_name = "HOW", value_parser = swap)]
    swap: Option<Swap>,
    /// The last session once more, but for what is typed
    #[arg(long)]
    again: bool,
    /// Pain now, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = pain, allow_hyphen_values = true)]
    pain: Option<u8>,
    /// Where: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = |text: &str| one_of(REGIONS, text))]
    region: Option<String>,
    /// Which side: left, right or both
    #[arg(long, value_name = "SIDE", value_parser = |text: &str| one_of(SIDES, text))]
    side: Option<String>,
    /// What set it off: lifting, twisting, sneezing …
    #[arg(long, value_name = "WHAT", value_parser = |text: &str| one_of(TRIGGERS, text))]
    trigger: Option<String>,
    /// When the back went out: 'yesterday 18:00', 3h (ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    onset: Option<String>,
    /// A note for the record
    #[arg(long, value_name = "TEXT", value_parser = text, allow_hyphen_values = true)]
    note: Option<String>,
    /// Lines that stay, for screen readers and logs
    #[arg(long)]
    pub plain: bool,
    /// Print nothing but problems
    #[arg(long)]
    pub quiet: bool,
    /// Show no desktop notifications
    #[arg(long)]
    no_notify: bool,
    /// Make no sound
    #[arg(long)]
    no_sound: bool,
    /// Speak nothing
    #[arg(long)]
    no_speak: bool,
    /// Lift the limits, if a clinician told you so
    #[arg(long)]
    allow_long: bool,
    /// Try it out, 60 times as fast, recording nothing
    #[arg(long, value_name = "FACTOR", num_args = 0..=1, require_equals = true, default_missing_value = "60", value_parser = factor)]
    rehearse: Option<u32>,
    /// Do not ask anything
    #[arg(long)]
    pub skip_questions: bool,
    /// The folder of the person's own protocols; nothing that is typed.
    #[arg(skip)]
    own: PathBuf,
    /// What the plan takes from the person's settings where nothing is typed, and their file.
    #[arg(skip)]
    set: Start,
    #[arg(skip)]
    file: PathBuf,
}

impl Flags {
    /// Takes from the settings what was not typed, and where the person's own protocols are.
    pub fn settle(&mut self, defaults: &Defaults, config: &Config) {
        config.protocols.clone_into(&mut self.own);
        config.settings.clone_into(&mut self.file);
        let Defaults { start, tell, .. } = defaults;
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
            self.set = start.clone();
        }
    }

    /// Fills in what `--again` takes over from the last session. What was typed wins; lifted limits are not taken
    /// over.
    ///
    /// # Errors
    /// There is no last session.
    pub fn filled_in(&self, logs: &Logs) -> Result<Flags> {
        if !self.again {
            return Ok(self.clone());
        }
        let newest = logs.newest(&Query { limit: Some(1), ..Query::default() })?.sessions;
        let Some(last) = newest.first() else {
            return Err(Error::usage("--again: there is no session to repeat yet", "leave --again out"));
        };
        let rounds = match last.as_needed {
            true => Some(Rounds::AsNeeded),
            false => last.phases.iter().map(|phase| phase.round).max().map(Rounds::Number),
        };
        if self.protocol.is_none()
            && let Err(wrong) = protocol::check_name(&last.protocol)
        {
            // A history may come from anywhere: what stands there is a name, and never a path.
            let what =
                format!("--again: '{}' is no protocol's name: {}", harmless(&last.protocol), wrong.what);
            return Err(Error::usage(what, "name the protocol beside --again"));
        }
        // The first round may have given way to the session before.
        let length = |kind: Kind| {
            let phase = last.phases.iter().rfind(|phase| phase.kind == kind.as_str());
            phase.map(|phase| Duration::from_secs(phase.planned_s))
        };
        // In a protocol of one's own a kind may stand more than once, each time as long as its file says.
        let is_ours = protocol::is_built_in(&last.protocol);
        let began_with = last.phases.first().and_then(|phase| first(&phase.kind).ok());
        Ok(Flags {
            protocol: self.protocol.clone().or_else(|| Some(last.protocol.clone())),
            heat: self.heat.or_else(|| length(Kind::Heat).filter(|_| is_ours)),
            cold: self.cold.or_else(|| length(Kind::Cold).filter(|_| is_ours)),
            rounds: self.rounds.or(rounds),
            first: self.first.or_else(|| began_with.filter(|_| is_ours)),
            swap: self.swap.or_else(|| last.swap.as_deref().and_then(|how| swap(how).ok())),
            ..self.clone()
        })
    }

    /// What the session is going to do, after what was done before (newest first).
    ///
    /// # Errors
    /// The flags ask for something unknown, or for too much.
    pub fn plan(&self, facts: &Facts, past: &[SessionRecord], now: &Wall) -> Result<Plan> {
        // Told once, with an earlier session of the day, it is known. It is told in whole seconds.
        let onset = facts.onset.or_else(|| past.iter().find_map(|session| session.onset));
        let typed = Overrides {
            heat: self.heat,
            cold: self.cold,
            rounds: self.rounds,
            first: self.first,
            onset_ago: onset.map(|onset| now.whole_seconds().since(&onset)),
        };
        let set = self.protocol.is_none().then_some(self.set.protocol.as_deref()).flatten();
        let name = self.protocol.as_deref().or(set).unwrap_or(protocol::DEFAULT);
        let protocol = find(name, &self.own).map_err(|wrong| self.or_set(set.is_some(), wrong))?;
        let plan = |overrides| limits::plan(&protocol, overrides, past, now, self.allow_long);
        plan(&self.filled_up(&typed, &protocol)).map_err(|wrong| self.or_set(plan(&typed).is_ok(), wrong))
    }

    /// Fills up what was typed with what is set, as far as it is anything to that protocol: the settings are for
    /// all of them.
    fn filled_up(&self, typed: &Overrides, protocol: &Protocol) -> Overrides {
        let suits = |overrides: &Overrides| protocol.plan(overrides).is_ok();
        let none = Overrides::default();
        let heat = self.set.heat.filter(|_| suits(&Overrides { heat: self.set.heat, ..none.clone() }));
        let cold = self.set.cold.filter(|_| suits(&Overrides { cold: self.set.cold, ..none.clone() }));
        let first = self.set.first.filter(|_| suits(&Overrides { first: self.set.first, ..none.clone() }));
        let rounds = self.set.rounds.filter(|_| limits::most_rounds(protocol).value > 1);
        Overrides {
            heat: typed.heat.or(heat),
            cold: typed.cold.or(cold),
            rounds: typed.rounds.or(rounds),
            first: typed.first.or(first),
            ..typed.clone()
        }
    }

    /// Says of what the settings brought about where they can be changed.
    fn or_set(&self, is_set: bool, wrong: Error) -> Error {
        match &wrong.hint {
            Some(hint) if is_set => {
                let hint = format!("{hint}; it stands in {}", self.file.display());
                wrong.hint(hint)
            }
            _ => wrong,
        }
    }

    /// How it runs.
    pub fn settings(&self) -> Settings {
        Settings {
            swap: self.swap.or(self.set.swap).unwrap_or_default(),
            allow_long: self.allow_long,
            rehearse: self.rehearse,
            notify: !self.no_notify,
            sound: !self.no_sound,
            speak: !self.no_speak,
        }
    }

    /// What goes into the record beside the times.
    ///
    /// # Errors
    /// The onset is no date, or has not come yet.
    pub fn facts(&self, now: &Zoned) -> Result<Facts> {
        let onset = self.onset.as_deref().map(|typed| onset(typed, now)).transpose()?;
        Ok(Facts {
            tz: clock::zone().iana_name().map(str::to_owned),
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

/// A phase and its length, where it has one.
fn with_length(phase: &Phase) -> Option<String> {
    let asked = if phase.offer.is_some() { " if you like" } else { "" };
    let length = phase.planned();
    (!length.is_zero()).then(|| format!("{} {}{asked}", phase.name(), say(length)))
}

/// What was understood, in one line: "heat 20 min, cold 10 min, 3 rounds, ends about 19:42".
pub fn understood(plan: &Plan, settings: &Settings, now: &Wall) -> String {
    let of = |part| plan.phases.iter().filter(move |phase| phase.part == part);
    let round = |number| of(Part::Cycle).filter(move |phase| phase.round == number);
    let each = of(Part::Before).chain(round(plan.rounds)).chain(of(Part::After));
    let mut parts: Vec<String> = each.filter_map(with_length).collect();
    let shorter = round(1).zip(round(plan.rounds)).filter(|(first, last)| first.planned_s < last.planned_s);
    parts.extend(shorter.map(|(first, _)| {
        format!("the first {} only {} so soon after your last session", first.name(), say(first.planned()))
    }));
    parts.push(match plan.rounds {
        _ if plan.as_needed => "1 round, then as needed".into(),
        1 => "1 round".into(),
        many => format!("{many} rounds"),
    });
    let length = Duration::from_secs(plan.total_s) / settings.factor();
    let asks = plan.phases.iter().any(|phase| phase.offer.is_some());
    let ends = if asks { "ends, if you say yes to all, about" } else { "ends about" };
    parts.push(format!("{ends} {}", now.plus(length).in_zone(&clock::zone()).hour_minute()));
    match settings.rehearse {
        None => parts.join(", "),
        Some(factor) => {
            format!("REHEARSAL, {factor} times as fast, nothing is recorded: {}", parts.join(", "))
        }
    }
}

/// When the back went out, as typed for `--onset`.
pub fn onset(typed: &str, now: &Zoned) -> Result<Wall> {
    let onset = parse_when(typed, now)
        .map_err(|wrong| Error { what: format!("--onset: {}", wrong.what), ..wrong })?;
    if onset.first > Wall::from(now) {
        return Err(Error::usage(
            format!("--onset: '{}' has not come yet", typed.escape_debug()),
            "type when the back went out, such as 'yesterday 18:00' or 3h (ago)",
        ));
    }
    Ok(onset.first.whole_seconds())
}

/// What was treated had gone out before.
pub fn check_onset(onset: Option<Wall>, ended: Wall) -> Result<()> {
    match onset.filter(|onset| *onset > ended) {
        None => Ok(()),
        Some(onset) => Err(Error::usage(
            format!("--onset: {} is after the session ({})", onset.day_and_time(), ended.day_and_time()),
            "type when the back went out, such as 'yesterday 18:00' or 3h (ago)",
        )),
    }
}

fn rounds(text: &str) -> Result<Rounds> {
    match text {
        Rounds::AS_NEEDED => Ok(Rounds::AsNeeded),
        _ => whole_number(text).map(Rounds::Number).map_err(|why| match why.hint {
            Some(hint) => Error { hint: Some(format!("{hint}, or as-needed")), ..why },
            None => why,
        }),
    }
}

/// A moment that has been, as typed for a flag.
pub fn past_moment(flag: &str, typed: &str, now: &Zoned) -> Result<Wall> {
    let when =
        parse_when(typed, now).map_err(|wrong| Error { what: format!("{flag}: {}", wrong.what), ..wrong })?;
    let shown = typed.escape_debug();
    if when.first != when.last {
        let what = format!("{flag}: '{shown}' is a whole day");
        return Err(Error::usage(what, format!("add the time, as in {flag} '{shown} 18:00'")));
    }
    if when.first > Wall::from(now) {
        let what = format!("{flag}: '{shown}' has not come yet");
        return Err(Error::usage(what, "type a moment that has been, such as 'yesterday 18:00' or 3h (ago)"));
    }
    Ok(when.first.whole_seconds())
}

/// A number that is written with the digits 0 to 9 and nothing else.
pub fn whole_number(text: &str) -> Result<u32> {
    let wrong =
        |why: &str| Error::usage(format!("'{}' is {why}", text.escape_debug()), "type a number such as 3");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("not a whole number"));
    }
    text.parse().map_err(|_| wrong("far too large a number"))
}

/// A pain score (NRS-11).
pub fn pain(text: &str) -> Result<u8> {
    let score = whole_number(text).ok().and_then(|score| u8::try_from(score).ok());
    score.filter(|score| *score <= MOST_PAIN).ok_or_else(|| {
        Error::usage(
            format!("'{}' is no pain score", text.escape_debug()),
            "type a number from 0 (none) to 10 (the worst you can think of)",
        )
    })
}

/// Words that are not empty.
pub fn text(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::usage("it is empty", "type a few words in quotes, or leave the flag out"));
    }
    if text.len() > MOST_TEXT {
        return Err(Error::usage(
            format!("it is {} letters long", text.chars().count()),
            format!("type at most {MOST_TEXT}"),
        ));
    }
    Ok(text.to_owned())
}

/// One of the words there are.
pub fn one_of(words: &[&str], text: &str) -> Result<String> {
    if words.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(Error::usage(
        format!("'{}' is none of the words for it", text.escape_debug()),
        format!("type {}", words.join(", ")),
    ))
}

fn first(text: &str) -> Result<Kind> {
    match text {
        "heat" => Ok(Kind::Heat),
        "cold" => Ok(Kind::Cold),
        _ => Err(Error::usage(
            format!("'{}' is neither heat nor cold", text.escape_debug()),
            "type heat or cold",
        )),
    }
}

fn swap(text: &str) -> Result<Swap> {
    match text {
        "auto" => Ok(Swap::Auto),
        "ask" => Ok(Swap::Ask),
        _ => Err(Error::usage(format!("'{}' is no way to swap", text.escape_debug()), "type auto or ask")),
    }
}

fn factor(text: &str) -> Result<u32> {
    let factor = whole_number(text)?;
    if (1..=FASTEST).contains(&factor) {
        return Ok(factor);
    }
    Err(Error::usage(
        format!("{factor} times as fast is not possible"),
        format!("type --rehearse=1 to --rehearse={FASTEST}"),
    ))
}
