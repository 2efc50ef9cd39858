//! The session in one line, for a window that is too small for the live screen.

use super::{
    frame::Overlay,
    keys::{SHOW_KEYS_HINT, YES_NO_KEYS},
    labels,
    text_width::{display_width, sanitize_for_display, truncate_to_width},
};
use crate::session::{Snapshot, State};

/// The live line: the phase, the time left, what comes next and the keys, in at most `width` columns.
pub(crate) fn format_live_line(snapshot: &Snapshot, width: usize, overlay: &Overlay) -> String {
    let mark = if snapshot.is_rehearsal { "REHEARSAL  " } else { "" };
    let line = match (snapshot.state, &snapshot.question) {
        (State::Asking, Some(question)) => {
            format_question_line(&format!("{mark}{question}"), width, overlay.has_keys)
        }
        (State::Ended, _) => format_ended_line(snapshot, mark, width, overlay.has_keys),
        _ => format_running_line(snapshot, mark, width, overlay.has_keys),
    };
    truncate_to_width(&sanitize_for_display(&line, overlay.ascii_only), width).to_owned()
}

fn format_running_line(snapshot: &Snapshot, mark: &str, width: usize, has_keys: bool) -> String {
    let phase = &snapshot.phase;
    let status = match phase.breath.filter(|_| snapshot.state == State::Running) {
        Some(breath) => format!("{}  {}", labels::breath_bar(breath), labels::time_left_label(snapshot)),
        None => labels::status_label(snapshot),
    };
    let mut line = format!("{mark}{status}");
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
    let fits = |line: &str, addition: &str| display_width(line) + display_width(addition) <= width;
    let short_help = if has_keys { labels::shortest_key_line(snapshot) } else { "Ctrl-C stops" };
    let short_help = format!(" · {short_help}");
    // The next phase matters more than the keys; the round and the end do not.
    let parts = [(next, ""), (Some(round), short_help.as_str()), (end, short_help.as_str())];
    for (part, reserved) in parts.into_iter().filter_map(|(part, reserved)| Some((part?, reserved))) {
        let longer = format!("{line} · {part}");
        if !fits(&longer, reserved) {
            break;
        }
        line = longer;
    }
    let full_help = if has_keys {
        format!(" · {}", labels::available_keys(snapshot).join(" · "))
    } else {
        short_help.clone()
    };
    if let Some(help) = [full_help, short_help].into_iter().find(|help| fits(&line, help)) {
        line.push_str(&help);
    }
    line
}

/// A question, and how to answer it. Where not both fit, the answer goes first.
fn format_question_line(question: &str, width: usize, has_keys: bool) -> String {
    let line = format!("{question} {YES_NO_KEYS}");
    let lines = [line.as_str(), YES_NO_KEYS].into_iter().filter(|_| has_keys);
    lines.into_iter().find(|line| display_width(line) <= width).unwrap_or(question).to_owned()
}

fn format_ended_line(snapshot: &Snapshot, mark: &str, width: usize, has_keys: bool) -> String {
    let status = format!("{mark}{}", labels::status_label(snapshot));
    let acknowledge_key = labels::any_key_label(snapshot);
    let all_keys = labels::available_keys(snapshot).join(" · ");
    let helps: &[&str] =
        if snapshot.is_end_answered { &[&all_keys, SHOW_KEYS_HINT] } else { &[acknowledge_key] };
    let lines = helps.iter().filter(|_| has_keys).map(|help| format!("{status} · {help}"));
    lines.into_iter().find(|line| display_width(line) <= width).unwrap_or(status)
}
