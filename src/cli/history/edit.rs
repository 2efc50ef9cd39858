//! `easeback history edit`: corrects the fields of a session, from flags or, without flags, from questions.
//!
//! The corrections are appended as one amendment; changed times and phases change what depends on them.

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
use jiff::ZonedDateTime;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The fields that `--clear` takes.
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
    /// When it began: 'yesterday 18:00'; the whole session shifts
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
    /// When your back went out
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    onset: Option<String>,
    /// A note; replaces the current one
    #[arg(long, value_name = "TEXT", value_parser = flags::parse_text, allow_hyphen_values = true)]
    note: Option<String>,
    /// Why it was stopped
    #[arg(long, value_name = "TEXT", value_parser = flags::parse_text, allow_hyphen_values = true)]
    why: Option<String>,
    /// What lay between skin and pack: towel, shirt, none or other words
    #[arg(long, value_name = "WHAT", value_parser = flags::parse_text, allow_hyphen_values = true)]
    cover: Option<String>,
    /// How you lay: back, side, belly, sitting or other words
    #[arg(long, value_name = "HOW", value_parser = flags::parse_text, allow_hyphen_values = true)]
    posture: Option<String>,
    /// The skin afterward: normal, red, blistered, numb or other words
    #[arg(long, value_name = "HOW", value_parser = flags::parse_text, allow_hyphen_values = true)]
    skin: Option<String>,
    /// Erase a value: ended, pain-before, pain-after, region, side, trigger, onset, note, why, cover, posture or skin; may be repeated
    #[arg(long, value_name = "FIELD", value_parser = PossibleValuesParser::new(CLEARABLE_FIELDS), hide_possible_values = true)]
    clear: Vec<String>,
}

pub(crate) fn run(args: &EditArgs, history: &HistoryFolder, now: &ZonedDateTime) -> Result<HistoryOutput> {
    let mut changes = args.collect_changes(now)?;
    let durations =
        [("heat", args.heat), ("cold", args.cold)].map(|(kind, duration)| Some((kind, duration?)));
    let is_empty = changes.is_empty() && durations == [None; 2];
    if is_empty && !is_interactive() {
        return Err(Error::usage(
            "no correction given: expected a flag such as --region low",
            "type, for example, `easeback history edit last --region low --side left`",
        ));
    }
    let lookup = find_not_deleted(history, &args.id.id)?;
    let HistoryLine::Session(session) = lookup.reading.line.clone() else {
        let changes = to_diary_entry_fields(&changes, durations == [None; 2])?;
        return append_correction(
            history,
            &lookup,
            changes.iter().map(|(name, value)| (name.as_str(), value.clone())),
            now,
        );
    };
    if is_empty {
        changes = prompt_corrections(&session, now);
    }
    for (kind, duration) in durations.into_iter().flatten() {
        set_phase_duration(&session, &mut changes, kind, duration)?;
    }
    if changes.is_empty() {
        return Ok(HistoryOutput::from_warning("nothing was changed").with_unread(&lookup.unread));
    }
    shift_times(&session, &mut changes);
    check_time_order(&session, &changes, &WallTime::from(now))?;
    append_correction(
        history,
        &lookup,
        changes.iter().map(|(name, value)| (name.as_str(), value.clone())),
        now,
    )
}

/// Renames a session's fields to those of a diary entry, which has a pain score and a text only.
fn to_diary_entry_fields(changes: &Map<String, Value>, has_no_durations: bool) -> Result<Map<String, Value>> {
    let diary_field = |session_field: &str| match session_field {
        "pain_after" => Some("pain"),
        "note" => Some("text"),
        _ => None,
    };
    let fields: Option<Map<String, Value>> =
        changes.iter().map(|(field, value)| Some((diary_field(field)?.to_owned(), value.clone()))).collect();
    fields.filter(|fields| !fields.is_empty() && has_no_durations).ok_or_else(|| {
        Error::usage(
            "a diary entry has only a pain score and a text",
            "type --pain-after 4 or --note \"a few words\"",
        )
    })
}

impl EditArgs {
    /// The flags' values, by the fields' names in the history.
    fn collect_changes(&self, now: &ZonedDateTime) -> Result<Map<String, Value>> {
        let parse_time = |flag: &str, typed: &Option<String>| {
            typed.as_deref().map(|typed| flags::parse_past_time(flag, typed, now)).transpose()
        };
        let onset = self.onset.as_deref().map(|typed| flags::parse_onset(typed, now)).transpose()?;
        let fields = [
            ("started", json!(parse_time("--started", &self.started)?)),
            ("ended", json!(parse_time("--ended", &self.ended)?)),
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
        let typed = fields.into_iter().filter(|(_, value)| !value.is_null());
        let mut changes: Map<String, Value> = typed.map(|(name, value)| (name.to_owned(), value)).collect();
        for flag in &self.clear {
            if changes.insert(flag.replace('-', "_"), Value::Null).is_some_and(|value| !value.is_null()) {
                let message = format!("--clear {flag} cannot go with --{flag}");
                return Err(Error::usage(message, format!("type --clear {flag} or --{flag}, not both")));
            }
        }
        Ok(changes)
    }
}

/// Sets the actual duration of all phases of a kind that began. The planned one stays, except in a logged session,
/// which had no plan.
fn set_phase_duration(
    session: &SessionRecord,
    changes: &mut Map<String, Value>,
    kind: &str,
    duration: Duration,
) -> Result<()> {
    let mut phases = corrected_phases(session, changes);
    let is_affected = |phase: &&mut PhaseRecord| phase.kind == kind && phase.outcome != Outcome::NotBegun;
    let mut affected: Vec<&mut PhaseRecord> = phases.iter_mut().filter(is_affected).collect();
    if affected.is_empty() {
        return Err(Error::usage(format!("the session has no {kind} phase"), format!("leave --{kind} out")));
    }
    let is_logged = session.origin.as_deref() == Some(ORIGIN_LOGGED);
    for phase in &mut affected {
        phase.actual_s = duration.as_secs();
        if is_logged {
            phase.planned_s = phase.actual_s;
        }
    }
    let sum = |seconds: fn(&PhaseRecord) -> u64| phases.iter().map(seconds).fold(0, u64::saturating_add);
    changes.insert("active_s".into(), json!(sum(|phase| phase.actual_s)));
    if is_logged {
        changes.insert("planned_s".into(), json!(sum(|phase| phase.planned_s)));
    }
    changes.insert("phases".into(), json!(phases));
    Ok(())
}

/// The phases after the changes so far.
fn corrected_phases(session: &SessionRecord, changes: &Map<String, Value>) -> Vec<PhaseRecord> {
    let phases = changes.get("phases").and_then(|phases| serde_json::from_value(phases.clone()).ok());
    phases.unwrap_or_else(|| session.phases.clone())
}

/// With a new start, shifts the phases and ratings by the same time, and the end too unless it was changed itself.
fn shift_times(session: &SessionRecord, changes: &mut Map<String, Value>) {
    let Some(started) = get_time_field(changes, "started") else { return };
    let old_start = session.started;
    let shift = |time: WallTime| {
        if time >= old_start {
            started.plus(time.since(&old_start))
        } else {
            started.minus(old_start.since(&time))
        }
    };
    if let Some(ended) = session.ended.filter(|_| !changes.contains_key("ended")) {
        changes.insert("ended".into(), json!(shift(ended)));
    }
    let old_phases = corrected_phases(session, changes);
    let mut phases = old_phases.clone();
    for phase in &mut phases {
        phase.started = phase.started.map(shift);
    }
    if phases != old_phases {
        changes.insert("phases".into(), json!(phases));
    }
    let mut ratings = session.ratings.clone();
    for rating in &mut ratings {
        rating.at = shift(rating.at);
    }
    if ratings != session.ratings {
        changes.insert("ratings".into(), json!(ratings));
    }
}

/// Refuses an end before the start or in the future, and an onset after the end.
fn check_time_order(session: &SessionRecord, changes: &Map<String, Value>, now: &WallTime) -> Result<()> {
    let has = |name: &str| changes.contains_key(name);
    let changed_or =
        |name: &str, old: Option<WallTime>| if has(name) { get_time_field(changes, name) } else { old };
    let started = get_time_field(changes, "started").unwrap_or(session.started);
    let ended = changed_or("ended", session.ended);
    let is_time_changed = has("started") || has("ended");
    if let Some(ended) = ended.filter(|ended| is_time_changed && *ended < started) {
        return Err(Error::usage(
            format!(
                "invalid end {}: expected a time after the start ({})",
                ended.format_date_time(),
                started.format_date_time()
            ),
            "type both --started and --ended",
        ));
    }
    if let Some(ended) = ended.filter(|ended| is_time_changed && ended > now) {
        let message = format!("invalid end {}: expected a time in the past", ended.format_date_time());
        return Err(Error::usage(message, "type an earlier --started, or --ended too"));
    }
    let onset = changed_or("onset", session.onset);
    flags::check_onset(onset.filter(|_| is_time_changed || has("onset")), ended.unwrap_or(started))
}

fn get_time_field(changes: &Map<String, Value>, name: &str) -> Option<WallTime> {
    serde_json::from_value(changes.get(name)?.clone()).ok()
}
