//! The live line, drawn from a snapshot and a width.

use super::keys::HELP;
use crate::{
    session::{Breath, Pace, Snapshot, State},
    time::{clock_face, countdown},
};

/// The keys once the session is over.
const AFTER: &str = "pain now? p and a number · m one more round · q close";
/// The same where there can be no more of it.
const AFTER_ALL: &str = "pain now? p and a number · q close";
/// Until somebody has answered.
const ANY: &str = "any key: it is off";
const SEEN: &str = "any key: seen";
/// All keys of a question.
pub const QUESTION: &str = "it asks you: y yes · n no · + 5 min later · p pain · d detach · q stop";
/// The two that answer it.
const YES_OR_NO: &str = "y yes · n no";

/// Where all the keys do not fit: the one that shows them.
const KEYS: &str = "keys: ?";

/// As many steps has the bar that grows and shrinks with the breath.
const STEPS: usize = 6;

/// The live line: what is on, for how long still, what comes next, and where there are keys, which. Never wider
/// than `width`.
pub fn frame(snapshot: &Snapshot, width: usize, keys: bool) -> String {
    let phase = &snapshot.phase;
    let name = &phase.name;
    let mark = if snapshot.rehearsal { "REHEARSAL  " } else { "" };
    let now = match snapshot.state {
        State::Overdue => format!("{name} is over by {}", clock_face(phase.overdue)),
        State::Asking if let Some(question) = &snapshot.question => {
            return asked(&format!("{mark}{question}"), width, keys);
        }
        State::Asking => format!("held: {name} {} left", clock_face(phase.remaining)),
        State::Paused => format!("paused: {name} {} left", clock_face(phase.remaining)),
        State::Ended => return after(snapshot, mark, width, keys),
        State::CutOff => "nobody is timing this session".into(),
        State::Running if let Some(breath) = phase.pace => {
            format!("{}  {} left", paced(breath), countdown(phase.remaining))
        }
        State::Running => format!("{name} {} left", countdown(phase.remaining)),
    };
    let next = match &snapshot.next {
        Some(next) if next.offer.is_some() => format!("a question at {}", phase.ends_at.hour_minute()),
        Some(next) => format!("{} at {}", next.name(), phase.ends_at.hour_minute()),
        None => format!("done at {}", phase.ends_at.hour_minute()),
    };
    let round = format!("round {}/{}", snapshot.round, snapshot.rounds);
    let end = format!("ends {}", snapshot.ends_at.hour_minute());
    let mut line = format!("{mark}{now}");
    let fits = |line: &str, more: &str| line.chars().count() + more.chars().count() <= width;
    let help = if keys { KEYS } else { "Ctrl-C stops" };
    let room_for_help = format!(" · {help}");
    for (part, room) in [(next, ""), (round, room_for_help.as_str()), (end, room_for_help.as_str())] {
        let longer = format!("{line} · {part}");
        if !fits(&longer, room) {
            break;
        }
        line = longer;
    }
    let whole_help = format!(" · {}", if keys { HELP } else { help });
    if let Some(help) = [whole_help, room_for_help].into_iter().find(|help| fits(&line, help)) {
        line.push_str(&help);
    }
    line.chars().take(width).collect()
}

/// How to breathe now: the word, and a bar that is full at the end of a breath in and empty at the end of one out.
fn paced(pace: Pace) -> String {
    let done = pace.done();
    let (word, full) = match pace.breath {
        Breath::In => ("breathe in ", done),
        Breath::Out => ("breathe out", 1.0 - done),
    };
    let full = ((STEPS as f64 * full).round() as usize).min(STEPS);
    format!("{word} {}{}", "#".repeat(full), "-".repeat(STEPS - full))
}

/// A question, and how to answer it. Rather the answer than all of the question: that stands above the line.
fn asked(question: &str, width: usize, keys: bool) -> String {
    let line = format!("{question} {YES_OR_NO}");
    let lines = [line.as_str(), YES_OR_NO].into_iter().filter(|_| keys);
    let line = lines.into_iter().find(|line| line.chars().count() <= width).unwrap_or(question);
    line.chars().take(width).collect()
}

/// The keys of a session that is over.
pub fn after_keys(snapshot: &Snapshot) -> &'static str {
    if snapshot.may_go_on { AFTER } else { AFTER_ALL }
}

/// The live line of a session that is over.
fn after(snapshot: &Snapshot, mark: &str, width: usize, keys: bool) -> String {
    let over = format!("{mark}over since {}", snapshot.ends_at.hour_minute());
    let any = if snapshot.phase.pack_on { ANY } else { SEEN };
    let helps: &[&str] = if snapshot.answered { &[after_keys(snapshot), KEYS] } else { &[any] };
    let lines = helps.iter().filter(|_| keys).map(|help| format!("{over} · {help}"));
    let line = lines.into_iter().find(|line| line.chars().count() <= width).unwrap_or(over);
    line.chars().take(width).collect()
}
