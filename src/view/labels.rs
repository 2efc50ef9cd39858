//! The words of the screen: what stands on it beside what was told.

use super::{
    keys::{
        self, ANY_KEY_SILENCES, ENDED_KEYS, ENDED_KEYS_NO_MORE_ROUNDS, EXTEND_KEY, OVERDUE_KEYS, PAUSED_KEYS,
        QUESTION_KEYS, RUNNING_KEYS, SHORT_SILENCE_KEYS, SHOW_KEYS_HINT, SILENCE_KEYS, UNTIMED_KEYS,
    },
    text_width::display_width,
};
use crate::{
    session::{BreathDirection, BreathProgress, Snapshot, State},
    time::{format_countdown, format_duration, format_hms},
};
use std::time::Duration;

/// As many steps has the bar of the live line that grows and shrinks with the breath.
const BREATH_BAR_STEPS: usize = 6;
/// Pain is asked for so long before a round's end (P).
const PAIN_PROMPT_LEAD: Duration = Duration::from_mins(1);

/// What is on, and for how long still.
pub(crate) fn status_label(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    let name = &phase.name;
    match snapshot.state {
        State::Overdue => format!("{name} is over by {}", format_hms(phase.overdue)),
        State::Asking if snapshot.question.is_some() => format!("{name} is over"),
        State::Asking => format!("held: {name} {} left", format_hms(phase.remaining)),
        State::Paused => format!("paused: {name} {} left", format_hms(phase.remaining)),
        State::Ended => format!("over since {}", snapshot.ends_at.format_hour_minute()),
        State::CutOff => "nobody is timing this session".into(),
        State::Running => format!("{name} {} left", format_countdown(phase.remaining)),
    }
}

/// The same without the phase's name, which stands above.
pub(crate) fn time_left_label(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    match snapshot.state {
        State::Running => format!("{} left", format_countdown(phase.remaining)),
        State::Paused => format!("{} left", format_hms(phase.remaining)),
        State::Asking if snapshot.question.is_none() => format!("{} left", format_hms(phase.remaining)),
        State::Overdue => format!("over by {}", format_hms(phase.overdue)),
        State::Asking | State::Ended | State::CutOff => status_label(snapshot),
    }
}

/// What is left of it, said at a milestone.
pub(crate) fn milestone_label(snapshot: &Snapshot, left: Duration) -> String {
    snapshot.mark_rehearsal(format!("{}: {} left", snapshot.phase.name, format_duration(left)))
}

/// How to breathe now.
pub(crate) fn breath_label(pace: BreathProgress) -> &'static str {
    match pace.direction {
        BreathDirection::In => "breathe in",
        BreathDirection::Out => "breathe out",
    }
}

/// How full the lungs are, 0 to 1.
pub(crate) fn lung_fullness(pace: BreathProgress) -> f64 {
    match pace.direction {
        BreathDirection::In => pace.elapsed_fraction(),
        BreathDirection::Out => 1.0 - pace.elapsed_fraction(),
    }
}

/// The same with a bar that is full at the end of a breath in and empty at the end of one out.
pub(crate) fn breath_bar(pace: BreathProgress) -> String {
    let full = ((BREATH_BAR_STEPS as f64 * lung_fullness(pace)).round() as usize).min(BREATH_BAR_STEPS);
    format!("{:<11} {}{}", breath_label(pace), "#".repeat(full), "-".repeat(BREATH_BAR_STEPS - full))
}

/// Whether somebody has to come.
pub(crate) fn is_attention_needed(snapshot: &Snapshot) -> bool {
    match snapshot.state {
        State::Overdue | State::Asking | State::CutOff => true,
        State::Ended => !snapshot.is_end_answered,
        State::Running | State::Paused => false,
    }
}

/// Whether a pack has to come off, and nothing else matters as much.
fn is_pack_removal_urgent(snapshot: &Snapshot) -> bool {
    is_attention_needed(snapshot) && snapshot.state != State::Asking && snapshot.phase.pack_on_skin.is_some()
}

/// The heading: what to do at once, the phase, or what keeps it from running, to be seen from afar.
pub(crate) fn heading_label(snapshot: &Snapshot) -> String {
    let name = &snapshot.phase.name;
    let text = match snapshot.state {
        _ if is_pack_removal_urgent(snapshot) => {
            format!("{} off", snapshot.phase.pack_on_skin.unwrap_or_default())
        }
        State::Overdue => format!("{name} is over"),
        State::Asking if snapshot.question.is_some() => "yes or no?".into(),
        State::Asking => format!("held: {name}"),
        State::Paused => format!("paused: {name}"),
        State::Ended => "over".into(),
        State::CutOff => "nobody is timing this".into(),
        State::Running => {
            snapshot.phase.breath.map_or_else(|| name.clone(), |pace| breath_label(pace).to_owned())
        }
    };
    text.to_uppercase()
}

/// The same in one word, where the heading is too long to be drawn large.
pub(crate) fn short_heading_label(snapshot: &Snapshot) -> String {
    let word = match snapshot.state {
        _ if is_pack_removal_urgent(snapshot) => "off",
        State::Overdue => "over",
        State::Asking if snapshot.question.is_some() => "y or n?",
        State::Asking => "held",
        State::Paused => "paused",
        State::Ended => "over",
        State::CutOff => "no timer",
        State::Running => match snapshot.phase.breath.map(|pace| pace.direction) {
            Some(BreathDirection::In) => "in",
            Some(BreathDirection::Out) => "out",
            None => &snapshot.phase.name,
        },
    };
    word.to_uppercase()
}

/// The large digits; none where there is nothing to wait for. What is over counts up, and has a sign before it.
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

/// What comes after this phase, and when, where that is known: from the longest way to say it on.
pub(crate) fn next_phase_labels(snapshot: &Snapshot) -> Option<[String; 3]> {
    if snapshot.question.is_some() || matches!(snapshot.state, State::Ended | State::CutOff) {
        return None;
    }
    let at = match snapshot.state {
        State::Running => format!(" at {}", snapshot.phase.ends_at.format_hour_minute()),
        _ => String::new(),
    };
    let (what, more) = match &snapshot.next_phase {
        Some(next) if next.optional.is_some() => {
            ("a question", format!(" · {} {}", next.name(), format_duration(next.planned_duration())))
        }
        Some(next) => (next.name(), format!(" · {}", format_duration(next.planned_duration()))),
        None => ("done", String::new()),
    };
    Some([format!("next: {what}{at}{more}"), format!("next: {what}{at}"), format!("{what}{at}")])
}

/// How far the whole session is.
pub(crate) fn session_progress_label(snapshot: &Snapshot) -> String {
    let end = match snapshot.state {
        State::Running => format!(" · ends {}", snapshot.ends_at.format_hour_minute()),
        State::Ended => format!(" · over since {}", snapshot.ends_at.format_hour_minute()),
        _ => String::new(),
    };
    format!("{} % of the whole ({}){end}", snapshot.session_percentage, snapshot.protocol)
}

/// Asks for a pain score at the end of each round but the last, which has its own question.
pub(crate) fn is_pain_prompt_due(snapshot: &Snapshot) -> bool {
    let ends_round = snapshot.next_phase.as_ref().is_some_and(|next| next.round > snapshot.round);
    let phase = &snapshot.phase;
    let is_near = phase.remaining <= PAIN_PROMPT_LEAD.min(phase.planned / 2);
    ends_round && is_near && matches!(snapshot.state, State::Running | State::Overdue)
}

/// All keys that mean something now.
pub(crate) fn available_keys(snapshot: &Snapshot) -> Vec<&'static str> {
    let all: &[&str] = match snapshot.state {
        State::Ended if snapshot.can_add_round => &ENDED_KEYS,
        State::Ended => &ENDED_KEYS_NO_MORE_ROUNDS,
        _ if snapshot.question.is_some() => &QUESTION_KEYS,
        State::Overdue => &OVERDUE_KEYS,
        State::Asking if snapshot.phase.remaining.is_zero() => &OVERDUE_KEYS,
        State::Asking | State::Paused => &PAUSED_KEYS,
        State::Running => &RUNNING_KEYS,
        State::CutOff => &UNTIMED_KEYS,
    };
    if is_ringing(snapshot) {
        let asked_for = all.first().copied().filter(|_| is_waiting(snapshot));
        return asked_for.into_iter().chain([keys::PAIN_KEY, SILENCE_KEYS]).collect();
    }
    all.iter().copied().filter(|key| *key != EXTEND_KEY || snapshot.can_extend).collect()
}

/// The keys in a few words, where all of them do not fit: what is waited for goes before the way to the others.
pub(crate) fn short_key_line(snapshot: &Snapshot, width: usize) -> String {
    let others = if is_ringing(snapshot) { SHORT_SILENCE_KEYS } else { SHOW_KEYS_HINT };
    let first = available_keys(snapshot)
        .first()
        .filter(|_| is_waiting(snapshot))
        .map(|first| format!("{first} · {others}"));
    first.filter(|few| display_width(few) <= width).unwrap_or_else(|| shortest_key_line(snapshot).to_owned())
}

/// The one that matters most.
pub(crate) fn shortest_key_line(snapshot: &Snapshot) -> &'static str {
    match available_keys(snapshot).first() {
        Some(first) if is_ringing(snapshot) && is_waiting(snapshot) => first,
        _ if is_ringing(snapshot) => ANY_KEY_SILENCES,
        _ => SHOW_KEYS_HINT,
    }
}

/// Whether the next key only silences an alarm, unless the alarm asks for it. At the end any key does.
fn is_ringing(snapshot: &Snapshot) -> bool {
    snapshot.ringing_left.is_some() && snapshot.state != State::Ended
}

/// Whether the session goes on only with a key.
fn is_waiting(snapshot: &Snapshot) -> bool {
    matches!(snapshot.state, State::Overdue | State::Asking | State::Paused)
}

/// The same in one line, for whoever asks for them. What belongs together is not broken.
pub(crate) fn available_keys_line(snapshot: &Snapshot) -> String {
    let together: Vec<String> =
        available_keys(snapshot).iter().map(|key| key.replace(' ', "\u{a0}")).collect();
    together.join(" · ")
}

/// What waits for a typed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Nothing in particular.
    None,
    /// A question before a phase.
    YesOrNo,
    /// That the swap is done, or that it goes on after a sleep.
    Continue,
    /// That it goes on after a pause.
    Resume,
    /// Pain, near a round's end.
    Pain,
    /// Pain, and what comes after the end.
    SessionEnded,
}

/// What waits for a typed line now.
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

/// Says what to type.
pub(crate) fn prompt_label(snapshot: &Snapshot) -> String {
    const PAIN: &str = "Pain now? Type a number, 0 to 10, and Enter.";
    match current_prompt(snapshot) {
        Prompt::None => "Type a word and Enter; ? and Enter lists the words.".into(),
        Prompt::YesOrNo => "Type y or n, and Enter.".into(),
        Prompt::Continue => "To go on type next, and Enter.".into(),
        Prompt::Resume => "To go on type resume, and Enter.".into(),
        Prompt::Pain => PAIN.into(),
        Prompt::SessionEnded => {
            let is_off = if snapshot.phase.pack_on_skin.is_some() { "says that it is off, and " } else { "" };
            let more = if snapshot.can_add_round { " For one more round type more." } else { "" };
            format!("{PAIN}{more} Enter alone {is_off}closes this.")
        }
    }
}

/// How an alarm at the end is answered.
pub(crate) fn any_key_label(snapshot: &Snapshot) -> &'static str {
    if snapshot.phase.pack_on_skin.is_some() { "any key: it is off" } else { "any key: seen" }
}

/// The window's title. It changes once a minute, and tells the rest in words.
pub(crate) fn window_title(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    let name = &phase.name;
    let mark = if snapshot.is_rehearsal { "REHEARSAL " } else { "" };
    let minutes = phase.remaining.as_secs().div_ceil(60);
    let now = match snapshot.state {
        State::Running if minutes > 1 => format!("{name} {}", format_duration(Duration::from_mins(minutes))),
        State::Running => format!("{name}, the last minute"),
        State::Overdue => format!("{name} is over"),
        State::Asking if snapshot.question.is_some() => "yes or no?".into(),
        State::Asking => format!("{name}, held"),
        State::Paused => format!("{name}, paused"),
        State::Ended => "over".into(),
        State::CutOff => "nobody is timing".into(),
    };
    format!("{mark}{now} · easeback")
}
