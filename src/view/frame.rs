//! The live line, drawn from a snapshot and a width.

use super::keys::HELP;
use crate::{
    session::{Snapshot, State},
    time::{clock_face, countdown},
};

/// The keys once the session is over.
pub const AFTER: &str = "pain now? p and a number · m one more round · q close";
/// Until somebody has answered.
const ANY: &str = "any key: it is off";

/// Where all the keys do not fit: the one that shows them.
const KEYS: &str = "keys: ?";

/// The live line: what is on, for how long still, what comes next, and where there are keys, which. Never wider
/// than `width`.
pub fn frame(snapshot: &Snapshot, width: usize, keys: bool) -> String {
    let phase = snapshot.phase;
    let mark = if snapshot.rehearsal { "REHEARSAL  " } else { "" };
    let now = match snapshot.state {
        State::Overdue => format!("{} is over by {}", phase.kind, clock_face(phase.overdue)),
        State::Asking => format!("held: {} {} left", phase.kind, clock_face(phase.remaining)),
        State::Paused => format!("paused: {} {} left", phase.kind, clock_face(phase.remaining)),
        State::Ended => return after(snapshot, mark, width, keys),
        State::CutOff => "nobody is timing this session".into(),
        State::Running => format!("{} {} left", phase.kind, countdown(phase.remaining)),
    };
    let next = match &snapshot.next {
        Some(next) => format!("{} at {}", next.kind, phase.ends_at.hour_minute()),
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

/// The live line of a session that is over.
fn after(snapshot: &Snapshot, mark: &str, width: usize, keys: bool) -> String {
    let over = format!("{mark}over since {}", snapshot.ends_at.hour_minute());
    let helps: &[&str] = if snapshot.answered { &[AFTER, KEYS] } else { &[ANY] };
    let lines = helps.iter().filter(|_| keys).map(|help| format!("{over} · {help}"));
    let line = lines.into_iter().find(|line| line.chars().count() <= width).unwrap_or(over);
    line.chars().take(width).collect()
}
