//! All in one line, for a window that is too small for more.

use super::{
    frame::Overlay,
    keys::{SHOW_KEYS_HINT, YES_NO_KEYS},
    labels,
    text_width::{display_width, sanitize_for_display, truncate_to_width},
};
use crate::session::{Snapshot, State};

/// The live line: what is on, for how long still, what comes next, and where there are keys, which. Never wider
/// than `width`.
pub(crate) fn format_live_line(snapshot: &Snapshot, width: usize, beside: &Overlay) -> String {
    let mark = if snapshot.is_rehearsal { "REHEARSAL  " } else { "" };
    let whole = match (snapshot.state, &snapshot.question) {
        (State::Asking, Some(question)) => {
            format_question_line(&format!("{mark}{question}"), width, beside.has_keys)
        }
        (State::Ended, _) => format_ended_line(snapshot, mark, width, beside.has_keys),
        _ => format_running_line(snapshot, mark, width, beside.has_keys),
    };
    truncate_to_width(&sanitize_for_display(&whole, beside.ascii_only), width).to_owned()
}

fn format_running_line(snapshot: &Snapshot, mark: &str, width: usize, keys: bool) -> String {
    let phase = &snapshot.phase;
    let now = match phase.breath.filter(|_| snapshot.state == State::Running) {
        Some(pace) => format!("{}  {}", labels::breath_bar(pace), labels::time_left_label(snapshot)),
        None => labels::status_label(snapshot),
    };
    let mut line = format!("{mark}{now}");
    let next = match &snapshot.next_phase {
        _ if snapshot.state != State::Running => None,
        Some(next) if next.optional.is_some() => {
            Some(format!("a question at {}", phase.ends_at.format_hour_minute()))
        }
        Some(next) => Some(format!("{} at {}", next.name(), phase.ends_at.format_hour_minute())),
        None => Some(format!("done at {}", phase.ends_at.format_hour_minute())),
    };
    let round = format!("round {}/{}", snapshot.round, snapshot.rounds);
    let end =
        (snapshot.state == State::Running).then(|| format!("ends {}", snapshot.ends_at.format_hour_minute()));
    let fits = |line: &str, more: &str| display_width(line) + display_width(more) <= width;
    let help = if keys { labels::shortest_key_line(snapshot) } else { "Ctrl-C stops" };
    let room_for_help = format!(" · {help}");
    let parts = [(next, ""), (Some(round), room_for_help.as_str()), (end, room_for_help.as_str())];
    for (part, room) in parts.into_iter().filter_map(|(part, room)| Some((part?, room))) {
        let longer = format!("{line} · {part}");
        if !fits(&longer, room) {
            break;
        }
        line = longer;
    }
    let whole_help =
        format!(" · {}", if keys { labels::available_keys(snapshot).join(" · ") } else { help.into() });
    if let Some(help) = [whole_help, room_for_help].into_iter().find(|help| fits(&line, help)) {
        line.push_str(&help);
    }
    line
}

/// A question, and how to answer it. Rather the answer than all of the question.
fn format_question_line(question: &str, width: usize, keys: bool) -> String {
    let line = format!("{question} {YES_NO_KEYS}");
    let lines = [line.as_str(), YES_NO_KEYS].into_iter().filter(|_| keys);
    lines.into_iter().find(|line| display_width(line) <= width).unwrap_or(question).to_owned()
}

/// The live line of a session that is over.
fn format_ended_line(snapshot: &Snapshot, mark: &str, width: usize, keys: bool) -> String {
    let over = format!("{mark}{}", labels::status_label(snapshot));
    let (any, after) = (labels::any_key_label(snapshot), labels::available_keys(snapshot).join(" · "));
    let helps: &[&str] = if snapshot.is_end_answered { &[&after, SHOW_KEYS_HINT] } else { &[any] };
    let lines = helps.iter().filter(|_| keys).map(|help| format!("{over} · {help}"));
    lines.into_iter().find(|line| display_width(line) <= width).unwrap_or(over)
}
