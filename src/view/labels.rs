//! The screen's texts, apart from messages: headings, times left, keys and prompts. Pure: made from a snapshot alone.

use super::{
    keys::{
        self, ANY_KEY_SILENCES_HINT, ENDED_KEYS, ENDED_KEYS_NO_MORE_ROUNDS, EXTEND_KEY, OVERDUE_KEYS,
        PAUSED_KEYS, QUESTION_KEYS, RUNNING_KEYS, SHORT_SILENCE_KEYS, SHOW_KEYS_HINT, SILENCE_KEYS,
        TIMER_GONE_KEYS,
    },
    text_width::display_width,
};
use crate::{
    session::{BreathDirection, BreathProgress, Snapshot, State},
    time::{format_countdown, format_duration, format_hms},
};
use std::time::Duration;

/// The width of the live line's breath bar, in columns.
const BREATH_BAR_STEPS: usize = 6;
/// How long before a round's end pain is asked for (P).
const PAIN_PROMPT_LEAD: Duration = Duration::from_mins(1);

/// The phase or the state, with the time left.
pub(crate) fn status_label(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    let name = &phase.name;
    match snapshot.state {
        State::Overdue => format!("{name} {}", ended_label(phase.overdue)),
        State::Asking if snapshot.question.is_some() => format!("{name} is over"),
        State::Asking => format!("waiting for you: {name} {} left", format_hms(phase.remaining)),
        State::Paused => format!("paused: {name} {} left", format_hms(phase.remaining)),
        State::Ended => format!("over since {}", snapshot.ends_at.format_hour_minute()),
        State::CutOff => "nobody is timing this session".into(),
        State::Running => format!("{name} {} left", format_countdown(phase.remaining)),
    }
}

/// The time left without the phase's name, which is in the heading.
pub(crate) fn time_left_label(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    match snapshot.state {
        State::Running => format!("{} left", format_countdown(phase.remaining)),
        State::Paused => format!("{} left", format_hms(phase.remaining)),
        State::Asking if snapshot.question.is_none() => format!("{} left", format_hms(phase.remaining)),
        State::Overdue => ended_label(phase.overdue),
        State::Asking | State::Ended | State::CutOff => status_label(snapshot),
    }
}

/// How long ago it ended, in whole minutes once there is one: the digits show the seconds.
fn ended_label(overdue: Duration) -> String {
    let seconds = overdue.as_secs();
    let shown = if seconds < 60 { seconds } else { seconds / 60 * 60 };
    format!("ended {} ago", format_duration(Duration::from_secs(shown)))
}

/// The line printed when this much of the phase is left.
pub(crate) fn milestone_label(snapshot: &Snapshot, remaining: Duration) -> String {
    snapshot.mark_rehearsal(format!("{}: {} left", snapshot.phase.name, format_duration(remaining)))
}

pub(crate) fn breath_label(breath: BreathProgress) -> &'static str {
    match breath.direction {
        BreathDirection::In => "breathe in",
        BreathDirection::Out => "breathe out",
    }
}

/// How full the lungs are, from 0 to 1.
pub(crate) fn lung_fullness(breath: BreathProgress) -> f64 {
    match breath.direction {
        BreathDirection::In => breath.elapsed_fraction(),
        BreathDirection::Out => 1.0 - breath.elapsed_fraction(),
    }
}

/// How to breathe, with a bar as full as the lungs.
pub(crate) fn breath_bar(breath: BreathProgress) -> String {
    let filled = ((BREATH_BAR_STEPS as f64 * lung_fullness(breath)).round() as usize).min(BREATH_BAR_STEPS);
    format!("{:<11} {}{}", breath_label(breath), "#".repeat(filled), "-".repeat(BREATH_BAR_STEPS - filled))
}

/// Whether the person has to act.
pub(crate) fn is_attention_needed(snapshot: &Snapshot) -> bool {
    match snapshot.state {
        State::Overdue | State::Asking | State::CutOff => true,
        State::Ended => !snapshot.is_end_answered,
        State::Running | State::Paused => false,
    }
}

/// Whether a pad or pack has to come off now.
fn is_pack_removal_urgent(snapshot: &Snapshot) -> bool {
    is_attention_needed(snapshot) && snapshot.state != State::Asking && snapshot.phase.pack_on_skin.is_some()
}

/// The heading, read from afar: what to do at once, the phase, or why it does not run.
pub(crate) fn heading_label(snapshot: &Snapshot) -> String {
    let name = &snapshot.phase.name;
    let text = match snapshot.state {
        _ if is_pack_removal_urgent(snapshot) => {
            format!("{} off", snapshot.phase.pack_on_skin.unwrap_or_default())
        }
        State::Overdue => format!("{name} is over"),
        State::Asking if snapshot.question.is_some() => "yes or no?".into(),
        State::Asking => format!("waiting: {name}"),
        State::Paused => format!("paused: {name}"),
        State::Ended => "over".into(),
        State::CutOff => "nobody is timing this".into(),
        State::Running => {
            snapshot.phase.breath.map_or_else(|| name.clone(), |breath| breath_label(breath).to_owned())
        }
    };
    text.to_uppercase()
}

/// The heading in one or two words, where the whole is too long for large letters.
pub(crate) fn short_heading_label(snapshot: &Snapshot) -> String {
    let word = match snapshot.state {
        _ if is_pack_removal_urgent(snapshot) => "off",
        State::Overdue => "over",
        State::Asking if snapshot.question.is_some() => "y or n?",
        State::Asking => "waiting",
        State::Paused => "paused",
        State::Ended => "over",
        State::CutOff => "no timer",
        State::Running => match snapshot.phase.breath.map(|breath| breath.direction) {
            Some(BreathDirection::In) => "in",
            Some(BreathDirection::Out) => "out",
            None => &snapshot.phase.name,
        },
    };
    word.to_uppercase()
}

/// The large digits: the time left, or with a plus sign the time since the phase ended; none where nothing runs.
pub(crate) fn clock_digits(snapshot: &Snapshot) -> Option<String> {
    let phase = &snapshot.phase;
    match snapshot.state {
        State::Running => Some(format_countdown(phase.remaining)),
        State::Overdue => Some(format!("+{}", format_hms(phase.overdue))),
        State::Asking if snapshot.question.is_some() => None,
        State::Asking | State::Paused => Some(format_hms(phase.remaining)),
        State::Ended | State::CutOff => None,
    }
}

/// The phase that follows, and when, in three texts from the longest to the shortest.
pub(crate) fn next_phase_labels(snapshot: &Snapshot) -> Option<[String; 3]> {
    if snapshot.question.is_some() || matches!(snapshot.state, State::Ended | State::CutOff) {
        return None;
    }
    let at = match snapshot.state {
        State::Running => format!(" at {}", snapshot.phase.ends_at.format_hour_minute()),
        _ => String::new(),
    };
    let (what, details) = match &snapshot.next_phase {
        Some(next) if next.optional.is_some() => {
            ("a question", format!(" · {} {}", next.name(), format_duration(next.planned_duration())))
        }
        Some(next) => (next.name(), format!(" · {}", format_duration(next.planned_duration()))),
        None => ("done", String::new()),
    };
    Some([format!("next: {what}{at}{details}"), format!("next: {what}{at}"), format!("{what}{at}")])
}

pub(crate) fn session_progress_label(snapshot: &Snapshot) -> String {
    let end = match snapshot.state {
        State::Running => format!(" · ends {}", snapshot.ends_at.format_hour_minute()),
        State::Ended => format!(" · over since {}", snapshot.ends_at.format_hour_minute()),
        _ => String::new(),
    };
    format!("{} % of the whole ({}){end}", snapshot.session_percentage, snapshot.protocol)
}

/// Whether to ask for a pain score: at the end of each round but the last, which has a question of its own.
pub(crate) fn is_pain_prompt_due(snapshot: &Snapshot) -> bool {
    let ends_round = snapshot.next_phase.as_ref().is_some_and(|next| next.round > snapshot.round);
    let phase = &snapshot.phase;
    let is_near = phase.remaining <= PAIN_PROMPT_LEAD.min(phase.planned / 2);
    ends_round && is_near && matches!(snapshot.state, State::Running | State::Overdue)
}

/// The keys that have a meaning in this state; the first is the one that the session waits for, if it waits.
pub(crate) fn available_keys(snapshot: &Snapshot) -> Vec<&'static str> {
    let keys_of_state: &[&str] = match snapshot.state {
        State::Ended if snapshot.can_add_round => &ENDED_KEYS,
        State::Ended => &ENDED_KEYS_NO_MORE_ROUNDS,
        _ if snapshot.question.is_some() => &QUESTION_KEYS,
        State::Overdue => &OVERDUE_KEYS,
        State::Asking if snapshot.phase.remaining.is_zero() => &OVERDUE_KEYS,
        State::Asking | State::Paused => &PAUSED_KEYS,
        State::Running => &RUNNING_KEYS,
        State::CutOff => &TIMER_GONE_KEYS,
    };
    if is_ringing(snapshot) {
        let awaited_key = keys_of_state.first().copied().filter(|_| is_waiting(snapshot));
        return awaited_key.into_iter().chain([keys::PAIN_KEY, SILENCE_KEYS]).collect();
    }
    keys_of_state.iter().copied().filter(|key| *key != EXTEND_KEY || snapshot.can_extend).collect()
}

/// The key that is waited for and how to see the others, where not all keys fit.
pub(crate) fn short_key_line(snapshot: &Snapshot, width: usize) -> String {
    let others = if is_ringing(snapshot) { SHORT_SILENCE_KEYS } else { SHOW_KEYS_HINT };
    available_keys(snapshot)
        .first()
        .filter(|_| is_waiting(snapshot))
        .map(|awaited_key| format!("{awaited_key} · {others}"))
        .filter(|line| display_width(line) <= width)
        .unwrap_or_else(|| shortest_key_line(snapshot).to_owned())
}

/// The key that matters most.
pub(crate) fn shortest_key_line(snapshot: &Snapshot) -> &'static str {
    match available_keys(snapshot).first() {
        Some(first) if is_ringing(snapshot) && is_waiting(snapshot) => first,
        _ if is_ringing(snapshot) => ANY_KEY_SILENCES_HINT,
        _ => SHOW_KEYS_HINT,
    }
}

/// Whether the next key only silences an alarm, unless the alarm waits for it. At the end every key silences it.
fn is_ringing(snapshot: &Snapshot) -> bool {
    snapshot.ringing_left.is_some() && snapshot.state != State::Ended
}

/// Whether the session continues only after a key.
fn is_waiting(snapshot: &Snapshot) -> bool {
    matches!(snapshot.state, State::Overdue | State::Asking | State::Paused)
}

/// The available keys in one line, without a line break between a key and its meaning.
pub(crate) fn available_keys_line(snapshot: &Snapshot) -> String {
    let keys: Vec<String> = available_keys(snapshot).iter().map(|key| key.replace(' ', "\u{a0}")).collect();
    keys.join(" · ")
}

/// What a typed line is expected to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    None,
    /// A question before a phase.
    YesOrNo,
    /// Is the swap done; or, after the computer slept, go on?
    Continue,
    /// Go on after a pause?
    Resume,
    /// The pain score near a round's end.
    Pain,
    /// The pain score at the end, or another round.
    SessionEnded,
}

pub(crate) fn current_prompt(snapshot: &Snapshot) -> Prompt {
    match snapshot.state {
        State::Ended => Prompt::SessionEnded,
        _ if snapshot.question.is_some() => Prompt::YesOrNo,
        State::Overdue | State::Asking => Prompt::Continue,
        State::Paused => Prompt::Resume,
        _ if is_pain_prompt_due(snapshot) => Prompt::Pain,
        _ => Prompt::None,
    }
}

/// What to type, in words.
pub(crate) fn prompt_label(snapshot: &Snapshot) -> String {
    const PAIN: &str = "Pain now? Type a number, 0 to 10, and Enter.";
    match current_prompt(snapshot) {
        Prompt::None => "Type a word and Enter; ? and Enter lists the words.".into(),
        Prompt::YesOrNo => "Type y or n, and Enter.".into(),
        Prompt::Continue => "To go on type next, and Enter.".into(),
        Prompt::Resume => "To go on type resume, and Enter.".into(),
        Prompt::Pain => PAIN.into(),
        Prompt::SessionEnded => {
            let confirms_off =
                if snapshot.phase.pack_on_skin.is_some() { "says that it is off, and " } else { "" };
            let more = if snapshot.can_add_round { " For one more round type more." } else { "" };
            format!("{PAIN}{more} Enter alone {confirms_off}closes this.")
        }
    }
}

/// What a key means while the alarm at the end rings.
pub(crate) fn any_key_label(snapshot: &Snapshot) -> &'static str {
    if snapshot.phase.pack_on_skin.is_some() { "any key: it is off" } else { "any key: seen" }
}

/// The window's title. It changes at most once a minute: it counts whole minutes, and has no seconds.
pub(crate) fn window_title(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    let name = &phase.name;
    let mark = if snapshot.is_rehearsal { "REHEARSAL " } else { "" };
    let minutes = phase.remaining.as_secs().div_ceil(60);
    let status = match snapshot.state {
        State::Running if minutes > 1 => format!("{name} {}", format_duration(Duration::from_mins(minutes))),
        State::Running => format!("{name}, the last minute"),
        State::Overdue => format!("{name} is over"),
        State::Asking if snapshot.question.is_some() => "yes or no?".into(),
        State::Asking => format!("{name}, waiting for you"),
        State::Paused => format!("{name}, paused"),
        State::Ended => "over".into(),
        State::CutOff => "nobody is timing".into(),
    };
    format!("{mark}{status} · easeback")
}
