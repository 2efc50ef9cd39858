//! `easeback log`: writes down by hand a diary entry, or a session that was not timed.
//!
//! The history is only appended to. A session that is already in it is not written twice.

use super::{AppContext, flags, print_stderr, protocols::find_protocol, warn_of_gaps};
use crate::{
    clock,
    error::{Error, Result},
    history::{HistoryFolder, new_line_id},
    limits::{MAX_ROUNDS, MIN_PHASE},
    protocol::{Overrides, PhaseKind, Plan, Protocol, Rounds},
    record::{
        DiaryEntry, HistoryLine, ORIGIN_LOGGED, PainRating, PhaseRecord, Query, REGIONS, SIDES,
        SessionRecord, TRIGGERS,
    },
    report::format_totals_by_kind,
    time::{WallTime, parse_duration},
};
use clap::{Args, builder::PossibleValuesParser};
use jiff::ZonedDateTime;
use serde_json::{Map, Value};
use std::{path::Path, process::ExitCode, time::Duration};

/// The fields of a logged session beside its times, by their names in the history.
const OPTIONAL_SESSION_FIELDS: &[&str] =
    &["pain_before", "pain_after", "region", "side", "trigger", "onset", "note"];

const EXAMPLES: &str = "\
Examples:
  easeback log --pain 5 \"walked to the store\"
  easeback log --session alternate --at 'yesterday 18:00' --rounds 2";
/// The heading of the flags that go with `--session`.
const SESSION: &str = "A session that was not timed";

/// Add a diary entry, or a session that was not timed
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LogArgs {
    /// A diary entry in quotes; `easeback history list --entries` shows them
    #[arg(value_name = "TEXT", value_parser = flags::parse_positional_text, allow_hyphen_values = true)]
    text: Option<String>,
    /// Pain, 0 to 10: now, or after the session
    #[arg(long, value_name = "0..10", value_parser = flags::parse_pain_score, alias = "pain-after", allow_hyphen_values = true)]
    pain: Option<u8>,
    /// Which protocol you did
    #[arg(long, value_name = "PROTOCOL", help_heading = SESSION)]
    session: Option<String>,
    /// When it happened or began: 18:00, or 3h (3 hours ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
    /// Length of each heat phase: 20 (minutes), 90s, 15m
    #[arg(long, value_name = "DUR", value_parser = parse_logged_duration, allow_hyphen_values = true, help_heading = SESSION)]
    heat: Option<Duration>,
    /// Length of each cold phase
    #[arg(long, value_name = "DUR", value_parser = parse_logged_duration, allow_hyphen_values = true, help_heading = SESSION)]
    cold: Option<Duration>,
    /// How many rounds you did, 1 to 12 [default: 1]
    #[arg(long, value_name = "N", value_parser = parse_logged_rounds, allow_hyphen_values = true, help_heading = SESSION)]
    rounds: Option<u32>,
    /// Pain before the session, 0 to 10
    #[arg(long, value_name = "0..10", value_parser = flags::parse_pain_score, allow_hyphen_values = true, help_heading = SESSION)]
    pain_before: Option<u8>,
    /// Where it hurt: low, mid, upper or hips
    #[arg(long, value_name = "WHERE", value_parser = PossibleValuesParser::new(REGIONS), hide_possible_values = true, help_heading = SESSION)]
    region: Option<String>,
    /// Which side: left, right or both
    #[arg(long, value_name = "SIDE", value_parser = PossibleValuesParser::new(SIDES), hide_possible_values = true, help_heading = SESSION)]
    side: Option<String>,
    /// What set it off: lifting, twisting, sneezing, furniture, shovelling, bending or other
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(TRIGGERS), hide_possible_values = true, help_heading = SESSION)]
    trigger: Option<String>,
    /// When your back went out: 18:00, or 3h (3 hours ago)
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, help_heading = SESSION)]
    onset: Option<String>,
    /// A note for the session's record
    #[arg(long, value_name = "TEXT", value_parser = flags::parse_text, allow_hyphen_values = true, help_heading = SESSION)]
    note: Option<String>,
}

pub(crate) fn run(args: &LogArgs, context: &AppContext) -> Result<ExitCode> {
    let now = clock::local_time();
    print_stderr(&match &args.session {
        Some(protocol) => log_session(args, protocol, context, &now)?,
        None => log_diary_entry(args, &context.history, &now)?,
    });
    Ok(ExitCode::SUCCESS)
}

fn log_diary_entry(args: &LogArgs, history: &HistoryFolder, now: &ZonedDateTime) -> Result<String> {
    args.check_entry()?;
    let when = args.at.as_deref().map(|typed| flags::parse_past_time("--at", typed, now)).transpose()?;
    write_diary_entry(history, &WallTime::from(now), when, args.pain, args.text.clone(), Map::new())?;
    Ok("written down; `easeback history list --entries` shows it".into())
}

/// Writes a diary entry about the time `when`, or about now.
pub(crate) fn write_diary_entry(
    history: &HistoryFolder,
    now: &WallTime,
    when: Option<WallTime>,
    pain: Option<u8>,
    text: Option<String>,
    unknown_fields: Map<String, Value>,
) -> Result<()> {
    let id = new_line_id(now);
    let entry = |at: WallTime| {
        // The file's last line may be dated in the future; this line is then dated after it, and `when` keeps the time.
        let is_late = at.since(now) > Duration::from_secs(1);
        HistoryLine::DiaryEntry(DiaryEntry {
            id,
            at,
            when: when.or(is_late.then_some(*now)),
            pain,
            text,
            unknown_fields,
        })
    };
    history.append_dated_line(now, entry).map(|_| ())
}

fn log_session(args: &LogArgs, protocol: &str, context: &AppContext, now: &ZonedDateTime) -> Result<String> {
    let history = &context.history;
    let now_wall = WallTime::from(now);
    let started = flags::parse_past_time("--at", args.check_session()?, now)?;
    let plan = args.build_plan(protocol, &context.environment.protocols_folder)?;
    let ended = started.plus(Duration::from_secs(plan.total_s));
    if ended > now_wall {
        return Err(Error::usage(
            format!("invalid session: expected an end in the past, not {}", ended.format_date_time()),
            format!(
                "type an earlier --at, or how long it really was: {}--rounds",
                list_duration_flags(&plan)
            ),
        ));
    }
    let onset = args.onset.as_deref().map(|typed| flags::parse_onset(typed, now)).transpose()?;
    let session = SessionRecord { onset, ..args.build_session_record(&plan, started, ended, &now_wall) };
    flags::check_onset(onset, ended)?;
    if let Some(duplicate) = find_duplicate(history, &session)? {
        return report_duplicate(history, &session, &duplicate);
    }
    let totals = format_totals_by_kind(&session);
    let id = session.id;
    history.append_dated_line(&now_wall, |at| HistoryLine::Session(SessionRecord { at, ..session }))?;
    Ok(format!("logged: {}, {totals} ({})", started.format_date_time(), history.short_id(id)))
}

/// The duration flags that apply to the plan, each followed by a comma.
fn list_duration_flags(plan: &Plan) -> String {
    let flags = [(PhaseKind::Heat, "--heat, "), (PhaseKind::Cold, "--cold, ")];
    let has = |kind| plan.phases.iter().any(|phase| phase.kind == kind);
    flags.into_iter().filter(|(kind, _)| has(*kind)).map(|(_, flag)| flag).collect()
}

/// Parses the length of a phase that was done.
fn parse_logged_duration(typed: &str) -> Result<Duration> {
    let is_zero = !typed.is_empty() && typed.bytes().all(|digit| digit == b'0');
    parse_duration(typed).map_err(|error| {
        if is_zero {
            error.with_hint("leave the flag out to log the session without that phase")
        } else {
            error
        }
    })
}

fn parse_logged_rounds(text: &str) -> Result<u32> {
    flags::parse_whole_number("rounds", "1 to 12", text)
}

/// The message for a session that is already in the history.
///
/// # Errors
/// The typed session has other values: `history edit` can change them.
fn report_duplicate(
    history: &HistoryFolder,
    session: &SessionRecord,
    existing: &SessionRecord,
) -> Result<String> {
    let id = history.short_id(existing.id);
    let to_json = |record: &SessionRecord| serde_json::to_value(record).unwrap_or_default();
    let session = to_json(session);
    let existing = to_json(existing);
    let differs = |field: &str| !session[field].is_null() && session[field] != existing[field];
    let differing: Vec<&str> =
        OPTIONAL_SESSION_FIELDS.iter().copied().filter(|field| differs(field)).collect();
    if differing.is_empty() {
        return Ok(format!("it is in the history already: {id}"));
    }
    let names = differing.join(", ").replace('_', " ");
    let flags = differing.iter().map(|field| format!("--{} …", field.replace('_', "-")));
    let flags = flags.collect::<Vec<_>>().join(" ");
    Err(Error::failed(format!("it is in the history already, with other values for: {names}"))
        .with_hint(format!("type `easeback history edit {id} {flags}`")))
}

/// The same session in the readable part of the history. Unreadable files are warned of and do not stop the logging.
fn find_duplicate(history: &HistoryFolder, session: &SessionRecord) -> Result<Option<SessionRecord>> {
    let started = Some(session.started);
    let (found, gaps) =
        history.find_newest_readable(&Query { since: started, until: started, ..Query::default() })?;
    if !gaps.logs.is_empty() {
        warn_of_gaps(&gaps);
    }
    let phase_kinds =
        |record: &SessionRecord| record.phases.iter().map(|phase| phase.kind.clone()).collect::<Vec<_>>();
    let is_duplicate = |existing: &&SessionRecord| {
        existing.protocol == session.protocol
            && existing.planned_s == session.planned_s
            && phase_kinds(existing) == phase_kinds(session)
    };
    Ok(found.sessions.iter().find(is_duplicate).cloned())
}

impl LogArgs {
    /// Refuses a session's flags for a diary entry. Clap's `requires` cannot: it does not hold where the required flag
    /// is in conflict with another argument.
    fn check_entry(&self) -> Result<()> {
        let session_flags = [
            ("--note", self.note.is_some()),
            ("--pain-before", self.pain_before.is_some()),
            ("--heat", self.heat.is_some()),
            ("--cold", self.cold.is_some()),
            ("--rounds", self.rounds.is_some()),
            ("--region", self.region.is_some()),
            ("--side", self.side.is_some()),
            ("--trigger", self.trigger.is_some()),
            ("--onset", self.onset.is_some()),
        ];
        if let Some((flag, _)) = session_flags.into_iter().find(|(_, is_typed)| *is_typed) {
            let hint = match flag {
                "--note" => "type the words without --note: `easeback log \"walked to the store\"`",
                "--pain-before" => "type --pain for how much it hurts, or hurt at the time of --at",
                _ => {
                    "for a session, type `easeback log --session alternate --at 'yesterday 18:00' --heat 20`"
                }
            };
            return Err(Error::usage(format!("{flag} is for a session, and this is a diary entry"), hint));
        }
        if self.text.is_none() && self.pain.is_none() {
            return Err(Error::usage(
                "nothing to log: expected a text, --pain or --session",
                "type, for example, `easeback log --pain 5 \"walked to the store\"`",
            ));
        }
        Ok(())
    }

    /// Refuses a diary text for a session, and returns the value of `--at`, which a session must have.
    fn check_session(&self) -> Result<&str> {
        if self.text.is_some() {
            return Err(Error::usage(
                "unexpected text: with --session, words go into --note",
                "type --note before the words, or leave --session out for a diary entry",
            ));
        }
        self.at.as_deref().ok_or_else(|| {
            Error::usage(
                "missing --at: when the session began",
                "type, for example, --at 'yesterday 18:00' or --at 3h",
            )
        })
    }

    /// The plan of what was done. It need not keep the limits: what was over them is recorded as it was.
    fn build_plan(&self, protocol: &str, protocols_folder: &Path) -> Result<Plan> {
        let rounds = self.rounds.unwrap_or(1);
        if !(1..=MAX_ROUNDS.value).contains(&rounds) {
            let max_rounds = MAX_ROUNDS.value;
            return Err(Error::invalid("rounds", &rounds.to_string(), &format!("1 to {max_rounds}"))
                .with_hint(format!(
                    "type --rounds and a number from 1 to {max_rounds}, such as --rounds 3"
                )));
        }
        let rounds = Some(Rounds::Fixed(rounds));
        let overrides = Overrides { heat: self.heat, cold: self.cold, rounds, ..Overrides::default() };
        let protocol = find_protocol(protocol, protocols_folder)?;
        let plan = self.remove_unconfirmed_steps(protocol).to_plan(&overrides)?;
        if let Some(phase) = plan.phases.iter().find(|phase| phase.planned_duration() < MIN_PHASE.value) {
            return Err(Error::usage(
                format!("no time is left for '{}', which lasts until a set time", phase.name()),
                format!("type shorter lengths: {}--rounds", list_duration_flags(&plan)),
            ));
        }
        Ok(plan)
    }

    /// Leaves out the optional steps, except those with a typed length: nobody said yes to the others.
    fn remove_unconfirmed_steps(&self, mut protocol: Protocol) -> Protocol {
        let was_done = |kind| match kind {
            PhaseKind::Heat => self.heat.is_some(),
            PhaseKind::Cold => self.cold.is_some(),
            _ => false,
        };
        for steps in [&mut protocol.before, &mut protocol.cycle, &mut protocol.after] {
            steps.retain(|step| step.optional.is_none() || was_done(step.kind));
        }
        protocol
    }

    fn build_session_record(
        &self,
        plan: &Plan,
        started: WallTime,
        ended: WallTime,
        now: &WallTime,
    ) -> SessionRecord {
        let mut next_start = started;
        let phases = plan.phases.iter().map(|phase| {
            let started = next_start;
            next_start = started.plus(phase.planned_duration());
            PhaseRecord {
                started: Some(started),
                name: phase.name.clone(),
                citation: Some(phase.citation.clone()),
                ..PhaseRecord::new(phase.kind.as_str(), phase.round, phase.planned_s, phase.planned_s)
            }
        });
        let phases = phases.collect();
        let scores = [(started, self.pain_before), (ended, self.pain)];
        let ratings = scores.into_iter().filter_map(|(at, score)| Some(PainRating { at, score: score? }));
        SessionRecord {
            at: *now,
            tz: clock::time_zone().iana_name().map(str::to_owned),
            ended: Some(ended),
            planned_s: plan.total_s,
            active_s: plan.total_s,
            pain_before: self.pain_before,
            pain_after: self.pain,
            ratings: ratings.collect(),
            region: self.region.clone(),
            side: self.side.clone(),
            trigger: self.trigger.clone(),
            note: self.note.clone(),
            origin: Some(ORIGIN_LOGGED.into()),
            ..SessionRecord::new(new_line_id(now), started, &plan.protocol, phases)
        }
    }
}
