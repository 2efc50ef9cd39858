//! `easeback history edit`: every field that a person may correct.

use super::{
    HistoryOutput,
    correct::{RecordIdArg, append_correction, find_not_deleted},
    edit_questions::prompt_corrections,
};
use crate::{
    cli::{flags, is_interactive},
    error::{Error, Result},
    history::HistoryFolder,
    record::{
        HistoryLine, ORIGIN_LOGGED, OUTCOMES, Outcome, PhaseRecord, REGIONS, SIDES, SessionRecord, TRIGGERS,
    },
    time::{WallTime, parse_duration},
};
use clap::{Args, builder::PossibleValuesParser};
use jiff::Zoned;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What may be made unknown again.
const CLEARABLE_FIELDS: &[&str] = &[
    "ended",
    "pain-before",
    "pain-after",
    "region",
    "side",
    "trigger",
    "onset",
    "note",
    "why",
    "cover",
    "posture",
    "skin",
];

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  easeback history edit last\n  easeback history edit last --region low --side left"
)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    id: RecordIdArg,
    /// When it began: 'yesterday 18:00'; the whole session moves
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    started: Option<String>,
    /// When it ended
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    ended: Option<String>,
    /// How it ended: completed, stopped or interrupted
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(OUTCOMES), hide_possible_values = true)]
    outcome: Option<String>,
    /// The protocol's name
    #[arg(long, value_name = "NAME", value_parser = flags::parse_text, allow_hyphen_values = true)]
    protocol: Option<String>,
    /// How long each heat phase was: 20 (minutes), 90s
    #[arg(long, value_name = "DUR", value_parser = parse_duration, allow_hyphen_values = true)]
    heat: Option<Duration>,
    /// How long each cold phase was
    #[arg(long, value_name = "DUR", value_parser = parse_duration, allow_hyphen_values = true)]
    cold: Option<Duration>,
    /// Pain before it, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = flags::parse_pain_score, allow_hyphen_values = true)]
    pain_before: Option<u8>,
    /// Pain after it, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = flags::parse_pain_score, allow_hyphen_values = true)]
    pain_after: Option<u8>,
    /// Where it hurt: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true)]
    region: Option<String>,
    /// Which side: left, right or both
    #[arg(long, value_name = "SIDE", value_parser = PossibleValuesParser::new(SIDES), hide_possible_values = true)]
    side: Option<String>,
    /// What set it off: lifting, twisting, sneezing, furniture, shovelling, bending or other
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(TRIGGERS), hide_possible_values = true)]
    trigger: Option<String>,
    /// When the back went out
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    onset: Option<String>,
    /// A note; replaces the present one
    #[arg(long, value_name = "TEXT", value_parser = flags::parse_text, allow_hyphen_values = true)]
    note: Option<String>,
    /// Why it was stopped
    #[arg(long, value_name = "TEXT", value_parser = flags::parse_text, allow_hyphen_values = true)]
    why: Option<String>,
    /// What lay between skin and pack: towel, none …
    #[arg(long, value_name = "WHAT", value_parser = flags::parse_text, allow_hyphen_values = true)]
    cover: Option<String>,
    /// How you lay: back, side, sitting …
    #[arg(long, value_name = "HOW", value_parser = flags::parse_text, allow_hyphen_values = true)]
    posture: Option<String>,
    /// The skin afterwards: normal, red, numb …
    #[arg(long, value_name = "HOW", value_parser = flags::parse_text, allow_hyphen_values = true)]
    skin: Option<String>,
    /// Make a field unknown again: ended, pain-before, pain-after, region, side, trigger, onset, note, why, cover, posture or skin; may be repeated
    #[arg(long, value_name = "FIELD", value_parser = PossibleValuesParser::new(CLEARABLE_FIELDS), hide_possible_values = true)]
    clear: Vec<String>,
}

pub(crate) fn run(args: &EditArgs, logs: &HistoryFolder, now: &Zoned) -> Result<HistoryOutput> {
    let mut set = args.collect_changes(now)?;
    let lengths = [("heat", args.heat), ("cold", args.cold)].map(|(kind, length)| Some((kind, length?)));
    let is_empty = set.is_empty() && lengths == [None; 2];
    if is_empty && !is_interactive() {
        return Err(Error::usage(
            "nothing to correct: expected a flag such as --region",
            "type, for example, `easeback history edit last --region low --side left`",
        ));
    }
    let sought = find_not_deleted(logs, &args.id.id)?;
    let HistoryLine::Session(session) = sought.reading.line.clone() else {
        let set = to_diary_entry_fields(&set, lengths == [None; 2])?;
        return append_correction(
            logs,
            &sought,
            set.iter().map(|(name, value)| (name.as_str(), value.clone())),
            now,
        );
    };
    if is_empty {
        set = prompt_corrections(&session, now);
    }
    for (kind, length) in lengths.into_iter().flatten() {
        set_phase_duration(&session, &mut set, kind, length)?;
    }
    if set.is_empty() {
        return Ok(HistoryOutput::from_warning("nothing was changed").with_unread(&sought.unread));
    }
    shift_times(&session, &mut set);
    check_time_order(&session, &set, &WallTime::from(now))?;
    append_correction(logs, &sought, set.iter().map(|(name, value)| (name.as_str(), value.clone())), now)
}

/// A diary entry has a pain score and a text, and nothing else.
fn to_diary_entry_fields(set: &Map<String, Value>, has_no_phases: bool) -> Result<Map<String, Value>> {
    let name = |of_a_session: &str| match of_a_session {
        "pain_after" => Some("pain"),
        "note" => Some("text"),
        _ => None,
    };
    let fields: Option<Map<String, Value>> =
        set.iter().map(|(field, value)| Some((name(field)?.to_owned(), value.clone()))).collect();
    fields.filter(|fields| !fields.is_empty() && has_no_phases).ok_or_else(|| {
        Error::usage(
            "a diary entry has only a pain score and a text",
            "type --pain-after 4 or --note \"a few words\"",
        )
    })
}

impl EditArgs {
    /// What is to read otherwise, by the names of the log.
    fn collect_changes(&self, now: &Zoned) -> Result<Map<String, Value>> {
        let moment = |flag: &str, typed: &Option<String>| {
            typed.as_deref().map(|typed| flags::parse_past_time(flag, typed, now)).transpose()
        };
        let onset = self.onset.as_deref().map(|typed| flags::parse_onset(typed, now)).transpose()?;
        let given = [
            ("started", json!(moment("--started", &self.started)?)),
            ("ended", json!(moment("--ended", &self.ended)?)),
            ("outcome", json!(self.outcome)),
            ("protocol", json!(self.protocol)),
            ("pain_before", json!(self.pain_before)),
            ("pain_after", json!(self.pain_after)),
            ("region", json!(self.region)),
            ("side", json!(self.side)),
            ("trigger", json!(self.trigger)),
            ("onset", json!(onset)),
            ("note", json!(self.note)),
            ("why", json!(self.why)),
            ("cover", json!(self.cover)),
            ("posture", json!(self.posture)),
            ("skin", json!(self.skin)),
        ];
        let given = given.into_iter().filter(|(_, value)| !value.is_null());
        let mut set: Map<String, Value> = given.map(|(name, value)| (name.to_owned(), value)).collect();
        for flag in &self.clear {
            if set.insert(flag.replace('-', "_"), Value::Null).is_some_and(|value| !value.is_null()) {
                let what = format!("--clear {flag} cannot go with --{flag}");
                return Err(Error::usage(what, "leave one of the two out"));
            }
        }
        Ok(set)
    }
}

/// Each phase of a kind that began was so long. What was planned stays, unless the session was logged afterwards:
/// that had no plan.
fn set_phase_duration(
    session: &SessionRecord,
    set: &mut Map<String, Value>,
    kind: &str,
    length: Duration,
) -> Result<()> {
    let mut phases = corrected_phases(session, set);
    let is_meant = |phase: &&mut PhaseRecord| phase.kind == kind && phase.outcome != Outcome::NotBegun;
    let mut meant: Vec<&mut PhaseRecord> = phases.iter_mut().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(Error::usage(format!("the session has no {kind} phase"), format!("leave --{kind} out")));
    }
    let logged = session.origin.as_deref() == Some(ORIGIN_LOGGED);
    for phase in &mut meant {
        phase.actual_s = length.as_secs();
        if logged {
            phase.planned_s = phase.actual_s;
        }
    }
    let sum = |of: fn(&PhaseRecord) -> u64| phases.iter().map(of).fold(0, u64::saturating_add);
    set.insert("active_s".into(), json!(sum(|phase| phase.actual_s)));
    if logged {
        set.insert("planned_s".into(), json!(sum(|phase| phase.planned_s)));
    }
    set.insert("phases".into(), json!(phases));
    Ok(())
}

/// The phases, with what is corrected of them already.
fn corrected_phases(session: &SessionRecord, set: &Map<String, Value>) -> Vec<PhaseRecord> {
    let set = set.get("phases").and_then(|phases| serde_json::from_value(phases.clone()).ok());
    set.unwrap_or_else(|| session.phases.clone())
}

/// Who says when it began says that all of it was then; and as long as it was, if nothing is said of its end.
fn shift_times(session: &SessionRecord, set: &mut Map<String, Value>) {
    let Some(started) = get_time_field(set, "started") else { return };
    let there = session.started;
    let moved = |was: WallTime| match was >= there {
        true => started.plus(was.since(&there)),
        false => started.minus(there.since(&was)),
    };
    if let Some(ended) = session.ended.filter(|_| !set.contains_key("ended")) {
        set.insert("ended".into(), json!(moved(ended)));
    }
    let before = corrected_phases(session, set);
    let mut phases = before.clone();
    phases.iter_mut().for_each(|phase| phase.started = phase.started.map(moved));
    if phases != before {
        set.insert("phases".into(), json!(phases));
    }
    let mut ratings = session.ratings.clone();
    ratings.iter_mut().for_each(|rating| rating.at = moved(rating.at));
    if ratings != session.ratings {
        set.insert("ratings".into(), json!(ratings));
    }
}

/// A session does not end before it begins, nor before the back went out.
fn check_time_order(session: &SessionRecord, set: &Map<String, Value>, now: &WallTime) -> Result<()> {
    let has = |name: &str| set.contains_key(name);
    let reads = |name: &str, was: Option<WallTime>| if has(name) { get_time_field(set, name) } else { was };
    let started = get_time_field(set, "started").unwrap_or(session.started);
    let ended = reads("ended", session.ended);
    let touched = has("started") || has("ended");
    if let Some(ended) = ended.filter(|ended| touched && *ended < started) {
        return Err(Error::usage(
            format!(
                "invalid end {}: expected a time after the start ({})",
                ended.format_date_time(),
                started.format_date_time()
            ),
            "give both --started and --ended",
        ));
    }
    if let Some(ended) = ended.filter(|ended| touched && ended > now) {
        let what = format!("invalid end {}: expected a time in the past", ended.format_date_time());
        return Err(Error::usage(what, "type an earlier --started, or --ended too"));
    }
    let onset = reads("onset", session.onset);
    flags::check_onset(onset.filter(|_| touched || has("onset")), ended.unwrap_or(started))
}

fn get_time_field(set: &Map<String, Value>, name: &str) -> Option<WallTime> {
    serde_json::from_value(set.get(name)?.clone()).ok()
}
