//! All in one line, for a window that is too small for more.

use super::{
    fit::{columns, cut, drawable},
    frame::Beside,
    keys::{KEYS, YES_OR_NO},
    words,
};
use crate::session::{Snapshot, State};

/// The live line: what is on, for how long still, what comes next, and where there are keys, which. Never wider
/// than `width`.
pub fn line(snapshot: &Snapshot, width: usize, beside: &Beside) -> String {
    let mark = if snapshot.rehearsal { "REHEARSAL  " } else { "" };
    let whole = match (snapshot.state, &snapshot.question) {
        (State::Asking, Some(question)) => asked(&format!("{mark}{question}"), width, beside.keys),
        (State::Ended, _) => after(snapshot, mark, width, beside.keys),
        _ => running(snapshot, mark, width, beside.keys),
    };
    cut(&drawable(&whole, beside.letters_only), width).to_owned()
}

fn running(snapshot: &Snapshot, mark: &str, width: usize, keys: bool) -> String {
    let phase = &snapshot.phase;
    let now = match phase.pace.filter(|_| snapshot.state == State::Running) {
        Some(pace) => format!("{}  {}", words::paced(pace), words::left(snapshot)),
        None => words::now(snapshot),
    };
    let mut line = format!("{mark}{now}");
    let next = match &snapshot.next {
        _ if snapshot.state != State::Running => None,
        Some(next) if next.offer.is_some() => Some(format!("a question at {}", phase.ends_at.hour_minute())),
        Some(next) => Some(format!("{} at {}", next.name(), phase.ends_at.hour_minute())),
        None => Some(format!("done at {}", phase.ends_at.hour_minute())),
    };
    let round = format!("round {}/{}", snapshot.round, snapshot.rounds);
    let end = (snapshot.state == State::Running).then(|| format!("ends {}", snapshot.ends_at.hour_minute()));
    let fits = |line: &str, more: &str| columns(line) + columns(more) <= width;
    let help = if keys { words::least_keys(snapshot) } else { "Ctrl-C stops" };
    let room_for_help = format!(" · {help}");
    let parts = [(next, ""), (Some(round), room_for_help.as_str()), (end, room_for_help.as_str())];
    for (part, room) in parts.into_iter().filter_map(|(part, room)| Some((part?, room))) {
        let longer = format!("{line} · {part}");
        if !fits(&longer, room) {
            break;
        }
        line = longer;
    }
    let whole_help = format!(" · {}", if keys { words::keys(snapshot).join(" · ") } else { help.into() });
    if let Some(help) = [whole_help, room_for_help].into_iter().find(|help| fits(&line, help)) {
        line.push_str(&help);
    }
    line
}

/// A question, and how to answer it. Rather the answer than all of the question.
fn asked(question: &str, width: usize, keys: bool) -> String {
    let line = format!("{question} {YES_OR_NO}");
    let lines = [line.as_str(), YES_OR_NO].into_iter().filter(|_| keys);
    lines.into_iter().find(|line| columns(line) <= width).unwrap_or(question).to_owned()
}

/// The live line of a session that is over.
fn after(snapshot: &Snapshot, mark: &str, width: usize, keys: bool) -> String {
    let over = format!("{mark}{}", words::now(snapshot));
    let (any, after) = (words::any_key(snapshot), words::keys(snapshot).join(" · "));
    let helps: &[&str] = if snapshot.answered { &[&after, KEYS] } else { &[any] };
    let lines = helps.iter().filter(|_| keys).map(|help| format!("{over} · {help}"));
    lines.into_iter().find(|line| columns(line) <= width).unwrap_or(over)
}
