//! Lays out the live screen from a snapshot and a window size.
//!
//! Pure: a snapshot goes in, rows of styled text come out. From the top: the phase in large letters, the time in large
//! digits, a progress bar, what to do, what comes next, the session's progress, and the keys. Their sizes depend on the
//! window alone, so that no message shifts them.

mod banner;
mod digits;

use super::{
    keys::{SHOW_KEYS_HINT, YES_NO_KEYS},
    labels,
    one_line::format_live_line,
    text_width::{
        display_width, sanitize_for_display, truncate_to_width, truncate_with_ellipsis, wrap_items, wrap_text,
    },
};
use crate::session::{Message, PhaseKind, Snapshot, State};
use banner::render_banner;
use digits::render_digits;
use std::time::Duration;

/// A smaller window shows the live line instead.
const MIN_FRAME_SIZE: WindowSize = WindowSize { columns: 20, rows: 5 };
const MIN_ROWS_FOR_DIGITS: usize = 11;
const MIN_ROWS_FOR_BANNER: usize = 24;
const MIN_ROWS_FOR_SPACING: usize = 20;
const MIN_ROWS_FOR_BANNER_SPACING: usize = 28;
/// How long after a phase began an urgent message is highlighted.
const NEW_MESSAGE_AGE: Duration = Duration::from_mins(1);
/// Longer lines are hard to read.
const MAX_LINE_WIDTH: usize = 72;
/// From the longest to the shortest.
const PAIN_PROMPTS: [&str; 2] = ["pain now? p and a number, 0 to 10", "pain? p, 0 to 10"];

/// The size of a terminal window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSize {
    /// Width in character cells.
    pub columns: usize,
    /// Height in lines.
    pub rows: usize,
}

/// What the live screen shows in addition to the session's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlay<'a> {
    /// The message of the last alert.
    pub message: Option<&'a Message>,
    /// What was printed before the session began.
    pub start_notices: &'a [String],
    /// The reply to the last key.
    pub key_reply: Option<&'a str>,
    /// A failure that does not stop the session.
    pub warning: Option<&'a str>,
    /// Whether keys are read.
    pub has_keys: bool,
    /// Whether only ASCII characters can be shown.
    pub ascii_only: bool,
}

/// The style of a piece of text. What a color says is also said in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextStyle {
    Plain,
    Bold,
    /// Bold and inverse.
    Highlight,
    /// In the color of this kind of phase.
    PhaseColor(PhaseKind),
    /// Bold and inverse, in the color of this kind of phase.
    PhaseHeading(PhaseKind),
}

/// One line of the screen, as consecutive pieces of styled text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenRow(pub(crate) Vec<(TextStyle, String)>);

impl ScreenRow {
    fn new(style: TextStyle, text: impl Into<String>) -> ScreenRow {
        ScreenRow(vec![(style, text.into())])
    }

    /// The row's text without styles.
    pub fn plain_text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// The live screen's rows from the top: never more or wider than the window.
pub fn render_frame(snapshot: &Snapshot, size: WindowSize, overlay: &Overlay) -> Vec<ScreenRow> {
    if size.columns < MIN_FRAME_SIZE.columns || size.rows < MIN_FRAME_SIZE.rows {
        return render_small_frame(snapshot, size, overlay);
    }
    let frame = FullFrame { snapshot, size, overlay };
    let top = frame.top_rows();
    let footer = frame.footer_rows(size.rows - top.len());
    let message = frame.message_rows(size.rows - top.len() - footer.len());
    let used = top.len() + message.len() + footer.len();
    let blank_rows = std::iter::repeat_n(ScreenRow::default(), size.rows.saturating_sub(used));
    top.into_iter().chain(message).chain(blank_rows).chain(footer).collect()
}

/// The live line, and below it, where there is room, the last reply or warning.
fn render_small_frame(snapshot: &Snapshot, size: WindowSize, overlay: &Overlay) -> Vec<ScreenRow> {
    let note =
        overlay.key_reply.or(overlay.warning).map(|note| sanitize_for_display(note, overlay.ascii_only));
    let note: Vec<String> = note.map_or_else(Vec::new, |note| wrap_text(&note, size.columns));
    let live = ScreenRow::new(TextStyle::Plain, format_live_line(snapshot, size.columns, overlay));
    let note = note.into_iter().map(|text| ScreenRow::new(TextStyle::Bold, text));
    match size.rows {
        // The only row goes to the reply.
        1 => note.take(1).next().map_or_else(|| vec![live], |note| vec![note]),
        rows => [live].into_iter().chain(note).take(rows).collect(),
    }
}

struct FullFrame<'a> {
    snapshot: &'a Snapshot,
    size: WindowSize,
    overlay: &'a Overlay<'a>,
}

impl FullFrame<'_> {
    fn sanitize_text(&self, text: &str) -> String {
        sanitize_for_display(text, self.overlay.ascii_only).into_owned()
    }

    fn has_spacing(&self) -> bool {
        self.size.rows >= MIN_ROWS_FOR_SPACING
    }

    fn has_digits(&self) -> bool {
        self.size.rows >= MIN_ROWS_FOR_DIGITS
    }

    fn phase_kind(&self) -> PhaseKind {
        self.snapshot.phase.kind
    }

    fn filled_char(&self) -> char {
        if self.overlay.ascii_only { '#' } else { '█' }
    }

    /// Wraps the text to lines of a readable length.
    fn wrapped_rows(&self, style: TextStyle, text: &str) -> Vec<ScreenRow> {
        let lines = wrap_text(&self.sanitize_text(text), self.size.columns.min(MAX_LINE_WIDTH));
        lines.into_iter().filter(|line| !line.is_empty()).map(|line| ScreenRow::new(style, line)).collect()
    }

    /// One row with the first text that fits, else with the last one truncated.
    fn first_fitting_row(&self, style: TextStyle, texts: &[impl AsRef<str>]) -> ScreenRow {
        let ellipsis = if self.overlay.ascii_only { "..." } else { "…" };
        let texts: Vec<String> = texts.iter().map(|text| self.sanitize_text(text.as_ref())).collect();
        let fits = texts.iter().find(|text| display_width(text) <= self.size.columns);
        let text = fits.or(texts.last()).map_or("", String::as_str);
        ScreenRow::new(style, truncate_with_ellipsis(text, self.size.columns, ellipsis))
    }

    /// The phase and the time left.
    fn top_rows(&self) -> Vec<ScreenRow> {
        let banner = self.banner_rows();
        let has_spacing =
            self.has_spacing() && (banner.is_none() || self.size.rows >= MIN_ROWS_FOR_BANNER_SPACING);
        let spacing = has_spacing.then(ScreenRow::default);
        let mut rows = vec![self.heading_row(banner.is_none())];
        rows.extend(banner.into_iter().flatten());
        if let Some(digits) = self.digit_rows() {
            rows.extend(spacing.clone());
            rows.extend(digits);
            rows.extend(spacing.clone());
        }
        rows.extend(self.breath_rows());
        rows.push(self.progress_bar_row());
        rows.extend(spacing);
        rows
    }

    /// The heading in large letters; inverse over the whole width where the person has to act.
    fn banner_rows(&self) -> Option<Vec<ScreenRow>> {
        let WindowSize { columns: width, rows } = self.size;
        if rows < MIN_ROWS_FOR_BANNER || self.overlay.ascii_only {
            return None;
        }
        let texts = [labels::heading_label(self.snapshot), labels::short_heading_label(self.snapshot)];
        let lines = texts.iter().find_map(|text| render_banner(&self.sanitize_text(text), width, rows))?;
        let is_attention_needed = labels::is_attention_needed(self.snapshot);
        let style = if is_attention_needed {
            TextStyle::PhaseHeading(self.phase_kind())
        } else {
            TextStyle::PhaseColor(self.phase_kind())
        };
        let fill_line = |line: String| if is_attention_needed { format!("{line:width$}") } else { line };
        Some(lines.into_iter().map(|line| ScreenRow::new(style, fill_line(line))).collect())
    }

    /// The round, and the heading in words unless the banner shows it.
    fn heading_row(&self, has_heading: bool) -> ScreenRow {
        let width = self.size.columns;
        let round = format!("{}/{}", self.snapshot.round, self.snapshot.rounds);
        let mark = if self.snapshot.is_rehearsal { " REHEARSAL " } else { "" };
        let room = width.saturating_sub(mark.len());
        let heading = if has_heading { self.heading_text(room) } else { String::new() };
        let left_width = display_width(mark) + display_width(&heading);
        let mut row = ScreenRow(vec![
            (TextStyle::Highlight, mark.into()),
            (TextStyle::PhaseHeading(self.phase_kind()), heading),
        ]);
        row.0.retain(|(_, text)| !text.is_empty());
        let rounds = [format!("round {round}"), round];
        if let Some(round) = rounds.into_iter().find(|round| left_width + 1 + display_width(round) <= width) {
            row.0.push((TextStyle::Plain, " ".repeat(width - left_width - display_width(&round))));
            row.0.push((TextStyle::Bold, round));
        }
        row
    }

    /// The longest heading that fits into `room` columns.
    fn heading_text(&self, room: usize) -> String {
        let headings = [labels::heading_label(self.snapshot), labels::short_heading_label(self.snapshot)];
        let [long, short] = headings.map(|heading| format!(" {} ", self.sanitize_text(&heading)));
        if display_width(&long) <= room { long } else { truncate_to_width(&short, room).to_owned() }
    }

    /// The time in digits of at most two fifths of the window's height.
    fn digit_rows(&self) -> Option<Vec<ScreenRow>> {
        let rows = (self.size.rows * 2 / 5).max(5);
        let text = labels::clock_digits(self.snapshot).filter(|_| self.has_digits())?;
        let lines = render_digits(&text, self.size.columns, rows, self.filled_char())?;
        // A clock that is stopped has no color.
        let is_running = matches!(self.snapshot.state, State::Running | State::Overdue);
        let style = if is_running { TextStyle::PhaseColor(self.phase_kind()) } else { TextStyle::Plain };
        Some(lines.into_iter().map(|line| ScreenRow::new(style, line)).collect())
    }

    /// A bar that grows to the window's width with the breath in and shrinks with the breath out.
    fn breath_rows(&self) -> Vec<ScreenRow> {
        let breath = self.snapshot.phase.breath.filter(|_| self.snapshot.state == State::Running);
        let Some(breath) = breath.filter(|_| self.has_digits()) else { return Vec::new() };
        let width = self.size.columns;
        let filled = ((width as f64 * labels::lung_fullness(breath)).round() as usize).min(width);
        let margin = (width - filled) / 2;
        let row = ScreenRow(vec![
            (TextStyle::Plain, " ".repeat(margin)),
            (TextStyle::PhaseColor(self.phase_kind()), self.filled_char().to_string().repeat(filled)),
        ]);
        vec![row; (self.size.rows / 10).max(1)]
    }

    /// The time left in words, and the phase's progress as a bar.
    fn progress_bar_row(&self) -> ScreenRow {
        let phase = &self.snapshot.phase;
        let width = self.size.columns;
        let mut row = self.first_fitting_row(
            TextStyle::Bold,
            &[labels::status_label(self.snapshot), labels::time_left_label(self.snapshot)],
        );
        let room = width.saturating_sub(display_width(&row.plain_text()) + 3);
        let is_in_phase = matches!(self.snapshot.state, State::Running | State::Paused | State::Asking);
        if !is_in_phase || room < 5 || phase.planned.is_zero() {
            return row;
        }
        let breath = phase.breath.filter(|_| self.snapshot.state == State::Running && !self.has_digits());
        let progress = phase.elapsed.as_secs_f64() / phase.planned.as_secs_f64();
        // In a low window this bar shows the breath.
        let fraction = breath.map_or(progress, labels::lung_fullness);
        let filled_columns = ((room as f64 * fraction) as usize).min(room);
        let (filled, empty) = if self.overlay.ascii_only { ("#", "-") } else { ("█", "░") };
        row.0.push((TextStyle::Plain, " [".into()));
        row.0.push((
            TextStyle::PhaseColor(self.phase_kind()),
            format!("{}{}", filled.repeat(filled_columns), empty.repeat(room - filled_columns)),
        ));
        row.0.push((TextStyle::Plain, "]".into()));
        row
    }

    /// The open question, the message and the start notices, in at most `room` rows.
    fn message_rows(&self, room: usize) -> Vec<ScreenRow> {
        let mut rows = Vec::new();
        let question = self.open_question();
        if let Some(question) = question {
            rows.extend(self.wrapped_rows(TextStyle::Highlight, question));
        }
        if let Some(message) = self.overlay.message {
            let is_new =
                self.snapshot.state != State::Running || self.snapshot.phase.elapsed < NEW_MESSAGE_AGE;
            let style = if message.is_urgent && is_new { TextStyle::Highlight } else { TextStyle::Bold };
            if question.is_none_or(|question| !message.title.ends_with(question)) {
                rows.extend(self.wrapped_rows(style, &message.title));
            }
            let body =
                if self.overlay.has_keys { message.body.clone() } else { message.body_and_how_to_answer() };
            rows.extend(self.wrapped_rows(TextStyle::Plain, &body));
        }
        for notice in self.overlay.start_notices {
            rows.extend(self.has_spacing().then(ScreenRow::default));
            rows.extend(self.wrapped_rows(TextStyle::Plain, notice));
        }
        if rows.len() > room {
            rows.retain(|row| !row.0.is_empty());
        }
        self.truncate_rows(rows, room)
    }

    /// The first `room` rows; an ellipsis marks that there were more.
    fn truncate_rows(&self, mut rows: Vec<ScreenRow>, room: usize) -> Vec<ScreenRow> {
        if rows.len() <= room {
            return rows;
        }
        rows.truncate(room);
        if let Some((_, text)) = rows.last_mut().and_then(|ScreenRow(last)| last.last_mut()) {
            let ellipsis = if self.overlay.ascii_only { " ..." } else { " …" };
            let kept = truncate_to_width(text, self.size.columns.saturating_sub(display_width(ellipsis)));
            let is_whole = kept.len() == text.len();
            // Ends between words.
            let words = kept.rsplit_once(' ').filter(|_| !is_whole).map_or(kept, |(words, _)| words);
            *text = words.trim_end().to_owned() + ellipsis;
        }
        rows
    }

    /// The next phase, the session's progress, the warning, the reply and the keys. Where not all fit, the keys have
    /// priority, then the reply, the warning, the next phase and the progress.
    fn footer_rows(&self, room: usize) -> Vec<ScreenRow> {
        let keys = self.key_rows();
        let mut free_rows = room.saturating_sub(keys.len());
        let mut fit_rows = |rows: Vec<ScreenRow>, reserved: usize| {
            let rows = self.truncate_rows(rows, free_rows.saturating_sub(reserved));
            free_rows -= rows.len();
            rows
        };
        let next_phase = labels::next_phase_labels(self.snapshot)
            .map(|texts| self.first_fitting_row(TextStyle::Bold, &texts));
        let progress = (room > 5).then(|| {
            self.first_fitting_row(TextStyle::Plain, &[labels::session_progress_label(self.snapshot)])
        });
        // One row is reserved for the message.
        let reply = fit_rows(self.reply_rows(), 0);
        let warning = fit_rows(self.warning_rows(), 1);
        let next_phase = fit_rows(Vec::from_iter(next_phase), 1);
        let progress = fit_rows(Vec::from_iter(progress), 1);
        [next_phase, progress, warning, reply, keys].concat()
    }

    fn open_question(&self) -> Option<&str> {
        self.snapshot.question.as_deref()
    }

    /// The reply to a key, or the prompt for pain.
    fn reply_rows(&self) -> Vec<ScreenRow> {
        let asks_for_pain = self.overlay.has_keys && labels::is_pain_prompt_due(self.snapshot);
        match self.overlay.key_reply {
            Some(reply) => self.wrapped_rows(TextStyle::Highlight, reply),
            None if asks_for_pain => vec![self.first_fitting_row(TextStyle::Bold, &PAIN_PROMPTS)],
            None => Vec::new(),
        }
    }

    /// The warning in one row, without the reason in brackets: it is printed in full on the normal screen.
    fn warning_rows(&self) -> Vec<ScreenRow> {
        let Some(warning) = self.overlay.warning else { return Vec::new() };
        let summary = warning.split_once(" (").map_or(warning, |(summary, _)| summary);
        vec![self.first_fitting_row(TextStyle::Bold, &[format!("warning: {summary}")])]
    }

    /// The keys, and the last pain score.
    fn key_rows(&self) -> Vec<ScreenRow> {
        let pain = self.snapshot.last_pain.map(|score| format!("pain {score}"));
        let acknowledge_key = [labels::any_key_label(self.snapshot)];
        let all_keys = labels::available_keys(self.snapshot);
        let width = self.size.columns;
        let short_line = labels::short_key_line(self.snapshot, width);
        let (style, keys, short_line): (TextStyle, &[&str], &str) = match self.snapshot.state {
            _ if !self.overlay.has_keys => (TextStyle::Plain, &["Ctrl-C stops"], "Ctrl-C stops"),
            State::Ended if self.snapshot.is_end_answered => (TextStyle::Plain, &all_keys, SHOW_KEYS_HINT),
            State::Ended => (TextStyle::Highlight, &acknowledge_key, acknowledge_key[0]),
            _ if self.open_question().is_some() => (TextStyle::Highlight, &all_keys, YES_NO_KEYS),
            _ => (TextStyle::Plain, &all_keys, &short_line),
        };
        let max_rows = if self.has_spacing() { 3 } else { 1 };
        let mut lines = wrap_items(&[keys, &Vec::from_iter(pain.as_deref())].concat(), " · ", width);
        if lines.len() > max_rows {
            lines = wrap_items(&[&[short_line][..], &Vec::from_iter(pain.as_deref())].concat(), " · ", width);
            lines.truncate(1);
        }
        lines.into_iter().map(|line| ScreenRow::new(style, self.sanitize_text(&line))).collect()
    }
}
