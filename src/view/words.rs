//! The words of the screen: what stands on it beside what was told.

use super::{
    fit::columns,
    keys::{
        self, AFTER, AFTER_ALL, ALONE, ANY_SILENCES, ASKED, EXTEND, HELD, KEYS, RUNNING, SILENCE_IN_SHORT,
        SILENCES, UP,
    },
};
use crate::{
    session::{Breath, Pace, Snapshot, State},
    time::{clock_face, countdown, say},
};
use std::time::Duration;

/// As many steps has the bar of the live line that grows and shrinks with the breath.
const STEPS: usize = 6;
/// Pain is asked for so long before a round's end (P).
const PAIN: Duration = Duration::from_mins(1);

/// What is on, and for how long still.
pub fn now(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    let name = &phase.name;
    match snapshot.state {
        State::Overdue => format!("{name} is over by {}", clock_face(phase.overdue)),
        State::Asking if snapshot.question.is_some() => format!("{name} is over"),
        State::Asking => format!("held: {name} {} left", clock_face(phase.remaining)),
        State::Paused => format!("paused: {name} {} left", clock_face(phase.remaining)),
        State::Ended => format!("over since {}", snapshot.ends_at.hour_minute()),
        State::CutOff => "nobody is timing this session".into(),
        State::Running => format!("{name} {} left", countdown(phase.remaining)),
    }
}

/// The same without the phase's name, which stands above.
pub fn left(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    match snapshot.state {
        State::Running => format!("{} left", countdown(phase.remaining)),
        State::Paused => format!("{} left", clock_face(phase.remaining)),
        State::Asking if snapshot.question.is_none() => format!("{} left", clock_face(phase.remaining)),
        State::Overdue => format!("over by {}", clock_face(phase.overdue)),
        State::Asking | State::Ended | State::CutOff => now(snapshot),
    }
}

/// What is left of it, said at a milestone.
pub fn milestone(snapshot: &Snapshot, left: Duration) -> String {
    snapshot.marked(format!("{}: {} left", snapshot.phase.name, say(left)))
}

/// How to breathe now.
pub fn breath(pace: Pace) -> &'static str {
    match pace.breath {
        Breath::In => "breathe in",
        Breath::Out => "breathe out",
    }
}

/// How full the lungs are, 0 to 1.
pub fn fullness(pace: Pace) -> f64 {
    match pace.breath {
        Breath::In => pace.done(),
        Breath::Out => 1.0 - pace.done(),
    }
}

/// The same with a bar that is full at the end of a breath in and empty at the end of one out.
pub fn paced(pace: Pace) -> String {
    let full = ((STEPS as f64 * fullness(pace)).round() as usize).min(STEPS);
    format!("{:<11} {}{}", breath(pace), "#".repeat(full), "-".repeat(STEPS - full))
}

/// Whether somebody has to come.
pub fn calls(snapshot: &Snapshot) -> bool {
    match snapshot.state {
        State::Overdue | State::Asking | State::CutOff => true,
        State::Ended => !snapshot.answered,
        State::Running | State::Paused => false,
    }
}

/// Whether a pack has to come off, and nothing else matters as much.
fn must_come_off(snapshot: &Snapshot) -> bool {
    calls(snapshot) && snapshot.state != State::Asking && snapshot.phase.pack.is_some()
}

/// The heading: what to do at once, the phase, or what keeps it from running, to be seen from afar.
pub fn heading(snapshot: &Snapshot) -> String {
    let name = &snapshot.phase.name;
    let text = match snapshot.state {
        _ if must_come_off(snapshot) => format!("{} off", snapshot.phase.pack.unwrap_or_default()),
        State::Overdue => format!("{name} is over"),
        State::Asking if snapshot.question.is_some() => "yes or no?".into(),
        State::Asking => format!("held: {name}"),
        State::Paused => format!("paused: {name}"),
        State::Ended => "over".into(),
        State::CutOff => "nobody is timing this".into(),
        State::Running => snapshot.phase.pace.map_or_else(|| name.clone(), |pace| breath(pace).to_owned()),
    };
    text.to_uppercase()
}

/// The same in one word, where the heading is too long to be drawn large.
pub fn word(snapshot: &Snapshot) -> String {
    let word = match snapshot.state {
        _ if must_come_off(snapshot) => "off",
        State::Overdue => "over",
        State::Asking if snapshot.question.is_some() => "y or n?",
        State::Asking => "held",
        State::Paused => "paused",
        State::Ended => "over",
        State::CutOff => "no timer",
        State::Running => match snapshot.phase.pace.map(|pace| pace.breath) {
            Some(Breath::In) => "in",
            Some(Breath::Out) => "out",
            None => &snapshot.phase.name,
        },
    };
    word.to_uppercase()
}

/// The large digits; none where there is nothing to wait for. What is over counts up, and has a sign before it.
pub fn digits(snapshot: &Snapshot) -> Option<String> {
    let phase = &snapshot.phase;
    match snapshot.state {
        State::Running => Some(countdown(phase.remaining)),
        State::Overdue => Some(format!("+{}", clock_face(phase.overdue))),
        State::Asking if snapshot.question.is_some() => None,
        State::Asking | State::Paused => Some(clock_face(phase.remaining)),
        State::Ended | State::CutOff => None,
    }
}

/// What comes after this phase, and when, where that is known: from the longest way to say it on.
pub fn next(snapshot: &Snapshot) -> Option<[String; 3]> {
    if snapshot.question.is_some() || matches!(snapshot.state, State::Ended | State::CutOff) {
        return None;
    }
    let at = match snapshot.state {
        State::Running => format!(" at {}", snapshot.phase.ends_at.hour_minute()),
        _ => String::new(),
    };
    let (what, more) = match &snapshot.next {
        Some(next) if next.offer.is_some() => {
            ("a question", format!(" · {} {}", next.name(), say(next.planned())))
        }
        Some(next) => (next.name(), format!(" · {}", say(next.planned()))),
        None => ("done", String::new()),
    };
    Some([format!("next: {what}{at}{more}"), format!("next: {what}{at}"), format!("{what}{at}")])
}

/// How far the whole session is.
pub fn whole(snapshot: &Snapshot) -> String {
    let end = match snapshot.state {
        State::Running => format!(" · ends {}", snapshot.ends_at.hour_minute()),
        State::Ended => format!(" · over since {}", snapshot.ends_at.hour_minute()),
        _ => String::new(),
    };
    format!("{} % of the whole ({}){end}", snapshot.percentage, snapshot.protocol)
}

/// Asks for a pain score at the end of each round but the last, which has its own question.
pub fn asks_for_pain(snapshot: &Snapshot) -> bool {
    let ends_round = snapshot.next.as_ref().is_some_and(|next| next.round > snapshot.round);
    let phase = &snapshot.phase;
    let is_near = phase.remaining <= PAIN.min(phase.planned / 2);
    ends_round && is_near && matches!(snapshot.state, State::Running | State::Overdue)
}

/// All keys that mean something now.
pub fn keys(snapshot: &Snapshot) -> Vec<&'static str> {
    let all: &[&str] = match snapshot.state {
        State::Ended if snapshot.may_go_on => &AFTER,
        State::Ended => &AFTER_ALL,
        _ if snapshot.question.is_some() => &ASKED,
        State::Overdue => &UP,
        State::Asking if snapshot.phase.remaining.is_zero() => &UP,
        State::Asking | State::Paused => &HELD,
        State::Running => &RUNNING,
        State::CutOff => &ALONE,
    };
    if rings(snapshot) {
        let asked_for = all.first().copied().filter(|_| waits(snapshot));
        return asked_for.into_iter().chain([keys::PAIN, SILENCES]).collect();
    }
    all.iter().copied().filter(|key| *key != EXTEND || snapshot.may_extend).collect()
}

/// The keys in a few words, where all of them do not fit: what is waited for goes before the way to the others.
pub fn few_keys(snapshot: &Snapshot, width: usize) -> String {
    let others = if rings(snapshot) { SILENCE_IN_SHORT } else { KEYS };
    let first = keys(snapshot).first().filter(|_| waits(snapshot)).map(|first| format!("{first} · {others}"));
    first.filter(|few| columns(few) <= width).unwrap_or_else(|| least_keys(snapshot).to_owned())
}

/// The one that matters most.
pub fn least_keys(snapshot: &Snapshot) -> &'static str {
    match keys(snapshot).first() {
        Some(first) if rings(snapshot) && waits(snapshot) => first,
        _ if rings(snapshot) => ANY_SILENCES,
        _ => KEYS,
    }
}

/// Whether the next key only silences an alarm, unless the alarm asks for it. At the end any key does.
fn rings(snapshot: &Snapshot) -> bool {
    snapshot.rings.is_some() && snapshot.state != State::Ended
}

/// Whether the session goes on only with a key.
fn waits(snapshot: &Snapshot) -> bool {
    matches!(snapshot.state, State::Overdue | State::Asking | State::Paused)
}

/// The same in one line, for whoever asks for them. What belongs together is not broken.
pub fn all_keys(snapshot: &Snapshot) -> String {
    let together: Vec<String> = keys(snapshot).iter().map(|key| key.replace(' ', "\u{a0}")).collect();
    together.join(" · ")
}

/// What waits for a typed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing in particular.
    Nothing,
    /// A question before a phase.
    YesOrNo,
    /// That the swap is done, or that it goes on after a sleep.
    GoOn,
    /// That it goes on after a pause.
    Resume,
    /// Pain, near a round's end.
    Pain,
    /// Pain, and what comes after the end.
    AfterTheEnd,
}

/// What waits for a typed line now.
pub fn asks(snapshot: &Snapshot) -> Asks {
    match snapshot.state {
        State::Ended => Asks::AfterTheEnd,
        _ if snapshot.question.is_some() => Asks::YesOrNo,
        State::Overdue | State::Asking => Asks::GoOn,
        State::Paused => Asks::Resume,
        _ if asks_for_pain(snapshot) => Asks::Pain,
        _ => Asks::Nothing,
    }
}

/// Says what to type.
pub fn prompt(snapshot: &Snapshot) -> String {
    const PAIN: &str = "Pain now? Type a number, 0 to 10, and Enter.";
    match asks(snapshot) {
        Asks::Nothing => "Type a word and Enter; ? and Enter lists the words.".into(),
        Asks::YesOrNo => "Type y or n, and Enter.".into(),
        Asks::GoOn => "To go on type next, and Enter.".into(),
        Asks::Resume => "To go on type resume, and Enter.".into(),
        Asks::Pain => PAIN.into(),
        Asks::AfterTheEnd => {
            let is_off = if snapshot.phase.pack.is_some() { "says that it is off, and " } else { "" };
            let more = if snapshot.may_go_on { " For one more round type more." } else { "" };
            format!("{PAIN}{more} Enter alone {is_off}closes this.")
        }
    }
}

/// How an alarm at the end is answered.
pub fn any_key(snapshot: &Snapshot) -> &'static str {
    if snapshot.phase.pack.is_some() { "any key: it is off" } else { "any key: seen" }
}

/// The window's title. It changes once a minute, and tells the rest in words.
pub fn title(snapshot: &Snapshot) -> String {
    let phase = &snapshot.phase;
    let name = &phase.name;
    let mark = if snapshot.rehearsal { "REHEARSAL " } else { "" };
    let minutes = phase.remaining.as_secs().div_ceil(60);
    let now = match snapshot.state {
        State::Running if minutes > 1 => format!("{name} {}", say(Duration::from_mins(minutes))),
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
