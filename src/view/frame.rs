//! The live screen, drawn from a snapshot and a size.
//!
//! Pure: what is to be shown goes in, rows of text with their looks come out. From the top: what is on in large
//! letters, the time in large digits, a bar, what to do, what comes next, how far the whole is, and the keys. Their
//! sizes depend on the window alone, so that nothing jumps when somebody says something.

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

/// A smaller window has but one line.
const MIN_FRAME_SIZE: WindowSize = WindowSize { columns: 20, rows: 5 };
/// From so many rows on, digits are drawn large.
const MIN_ROWS_FOR_DIGITS: usize = 11;
/// From so many rows on, what is on is drawn large as well.
const MIN_ROWS_FOR_BANNER: usize = 24;
/// From so many rows on there is room for what is nice to know, and for space between.
const MIN_ROWS_FOR_SPACING: usize = 20;
const MIN_ROWS_FOR_BANNER_SPACING: usize = 28;
/// So long what is to be done is not to be missed.
const NEW_MESSAGE_AGE: Duration = Duration::from_mins(1);
/// What to do is read more easily in lines that are no longer than this.
const MAX_LINE_WIDTH: usize = 72;
/// The question for pain, from the longest on.
const PAIN_PROMPTS: [&str; 2] = ["pain now? p and a number, 0 to 10", "pain? p, 0 to 10"];

/// The size of a window, in letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSize {
    /// How many letters stand side by side.
    pub columns: usize,
    /// How many lines there are.
    pub rows: usize,
}

/// What a screen shows beside the state of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlay<'a> {
    /// What was told last.
    pub message: Option<&'a Message>,
    /// What was said before the session began.
    pub start_notices: &'a [String],
    /// The answer to a key.
    pub key_reply: Option<&'a str>,
    /// What went wrong around the session.
    pub warning: Option<&'a str>,
    /// Whether keys are read.
    pub has_keys: bool,
    /// Whether nothing beyond ASCII can be drawn.
    pub ascii_only: bool,
}

/// How something looks. Whatever a colour says, words say as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextStyle {
    /// As all text.
    Plain,
    /// To be seen first.
    Bold,
    /// Not to be missed.
    Highlight,
    /// In the colour of what is on.
    PhaseColor(PhaseKind),
    /// The same, as a heading.
    PhaseHeading(PhaseKind),
}

/// One line of the screen: pieces of text, side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenRow(pub(crate) Vec<(TextStyle, String)>);

impl ScreenRow {
    fn new(look: TextStyle, text: impl Into<String>) -> ScreenRow {
        ScreenRow(vec![(look, text.into())])
    }

    /// Its text alone.
    pub fn plain_text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// The screen: at most as many rows as the window has, from the top, none wider than it.
pub fn render_frame(snapshot: &Snapshot, size: WindowSize, beside: &Overlay) -> Vec<ScreenRow> {
    if size.columns < MIN_FRAME_SIZE.columns || size.rows < MIN_FRAME_SIZE.rows {
        return render_small_frame(snapshot, size, beside);
    }
    let page = FullFrame { snapshot, size, overlay: beside };
    let top = page.top_rows();
    let foot = page.footer_rows(size.rows - top.len());
    let middle = page.message_rows(size.rows - top.len() - foot.len());
    let filled = top.len() + middle.len() + foot.len();
    let fill = std::iter::repeat_n(ScreenRow::default(), size.rows.saturating_sub(filled));
    top.into_iter().chain(middle).chain(fill).chain(foot).collect()
}

/// One line; and where there is another, what was said last.
fn render_small_frame(snapshot: &Snapshot, size: WindowSize, beside: &Overlay) -> Vec<ScreenRow> {
    let note = beside.key_reply.or(beside.warning).map(|note| sanitize_for_display(note, beside.ascii_only));
    let note: Vec<String> = note.map_or_else(Vec::new, |note| wrap_text(&note, size.columns));
    let live = ScreenRow::new(TextStyle::Plain, format_live_line(snapshot, size.columns, beside));
    let note = note.into_iter().map(|text| ScreenRow::new(TextStyle::Bold, text));
    match size.rows {
        // What was asked or answered just now goes first.
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

    /// Broken into lines of a readable length.
    fn wrapped_rows(&self, look: TextStyle, text: &str) -> Vec<ScreenRow> {
        let lines = wrap_text(&self.sanitize_text(text), self.size.columns.min(MAX_LINE_WIDTH));
        lines.into_iter().filter(|line| !line.is_empty()).map(|line| ScreenRow::new(look, line)).collect()
    }

    /// One line: the first text that fits, or as much of the last as does.
    fn first_fitting_row(&self, look: TextStyle, texts: &[impl AsRef<str>]) -> ScreenRow {
        let more = if self.overlay.ascii_only { "..." } else { "…" };
        let texts: Vec<String> = texts.iter().map(|text| self.sanitize_text(text.as_ref())).collect();
        let fits = texts.iter().find(|text| display_width(text) <= self.size.columns);
        let text = fits.or(texts.last()).map_or("", String::as_str);
        ScreenRow::new(look, truncate_with_ellipsis(text, self.size.columns, more))
    }

    /// What is on, and for how long.
    fn top_rows(&self) -> Vec<ScreenRow> {
        let banner = self.banner_rows();
        let has_space =
            self.has_spacing() && (banner.is_none() || self.size.rows >= MIN_ROWS_FOR_BANNER_SPACING);
        let space = has_space.then(ScreenRow::default);
        let mut rows = vec![self.heading_row(banner.is_none())];
        rows.extend(banner.into_iter().flatten());
        if let Some(digits) = self.digit_rows() {
            rows.extend(space.clone());
            rows.extend(digits);
            rows.extend(space.clone());
        }
        rows.extend(self.breath_rows());
        rows.push(self.progress_bar_row());
        rows.extend(space);
        rows
    }

    /// What is on, in large letters; cut out of a bar where somebody has to come.
    fn banner_rows(&self) -> Option<Vec<ScreenRow>> {
        let WindowSize { columns: width, rows } = self.size;
        if rows < MIN_ROWS_FOR_BANNER || self.overlay.ascii_only {
            return None;
        }
        let texts = [labels::heading_label(self.snapshot), labels::short_heading_label(self.snapshot)];
        let lines = texts.iter().find_map(|text| render_banner(&self.sanitize_text(text), width, rows))?;
        let calls = labels::is_attention_needed(self.snapshot);
        let look = if calls {
            TextStyle::PhaseHeading(self.phase_kind())
        } else {
            TextStyle::PhaseColor(self.phase_kind())
        };
        let filled = |line: String| if calls { format!("{line:width$}") } else { line };
        Some(lines.into_iter().map(|line| ScreenRow::new(look, filled(line))).collect())
    }

    /// What is on in words, if nothing larger says it, and which round.
    fn heading_row(&self, in_words: bool) -> ScreenRow {
        let width = self.size.columns;
        let round = format!("{}/{}", self.snapshot.round, self.snapshot.rounds);
        let mark = if self.snapshot.is_rehearsal { " REHEARSAL " } else { "" };
        let room = width.saturating_sub(mark.len());
        let words = if in_words { self.heading_text(room) } else { String::new() };
        let left = display_width(mark) + display_width(&words);
        let mut row = ScreenRow(vec![
            (TextStyle::Highlight, mark.into()),
            (TextStyle::PhaseHeading(self.phase_kind()), words),
        ]);
        row.0.retain(|(_, text)| !text.is_empty());
        let rounds = [format!("round {round}"), round];
        if let Some(round) = rounds.into_iter().find(|round| left + 1 + display_width(round) <= width) {
            row.0.push((TextStyle::Plain, " ".repeat(width - left - display_width(&round))));
            row.0.push((TextStyle::Bold, round));
        }
        row
    }

    /// What is on, in as many words as there is room for.
    fn heading_text(&self, room: usize) -> String {
        let words = [labels::heading_label(self.snapshot), labels::short_heading_label(self.snapshot)];
        let [long, short] = words.map(|words| format!(" {} ", self.sanitize_text(&words)));
        if display_width(&long) <= room { long } else { truncate_to_width(&short, room).to_owned() }
    }

    /// The time, as large as two fifths of the window allow.
    fn digit_rows(&self) -> Option<Vec<ScreenRow>> {
        let rows = (self.size.rows * 2 / 5).max(5);
        let text = labels::clock_digits(self.snapshot).filter(|_| self.has_digits())?;
        let lines = render_digits(&text, self.size.columns, rows, self.filled_char())?;
        // What does not run has no colour.
        let runs = matches!(self.snapshot.state, State::Running | State::Overdue);
        let look = if runs { TextStyle::PhaseColor(self.phase_kind()) } else { TextStyle::Plain };
        Some(lines.into_iter().map(|line| ScreenRow::new(look, line)).collect())
    }

    /// A bar as wide as the window that grows with the breath in and shrinks with the breath out.
    fn breath_rows(&self) -> Vec<ScreenRow> {
        let pace = self.snapshot.phase.breath.filter(|_| self.snapshot.state == State::Running);
        let Some(pace) = pace.filter(|_| self.has_digits()) else { return Vec::new() };
        let width = self.size.columns;
        let full = ((width as f64 * labels::lung_fullness(pace)).round() as usize).min(width);
        let margin = (width - full) / 2;
        let row = ScreenRow(vec![
            (TextStyle::Plain, " ".repeat(margin)),
            (TextStyle::PhaseColor(self.phase_kind()), self.filled_char().to_string().repeat(full)),
        ]);
        vec![row; (self.size.rows / 10).max(1)]
    }

    /// What is left in words, and how much of it is done as a bar.
    fn progress_bar_row(&self) -> ScreenRow {
        let phase = &self.snapshot.phase;
        let width = self.size.columns;
        let mut row = self.first_fitting_row(
            TextStyle::Bold,
            &[labels::status_label(self.snapshot), labels::time_left_label(self.snapshot)],
        );
        let room = width.saturating_sub(display_width(&row.plain_text()) + 3);
        let runs = matches!(self.snapshot.state, State::Running | State::Paused | State::Asking);
        if !runs || room < 5 || phase.planned.is_zero() {
            return row;
        }
        let pace = phase.breath.filter(|_| self.snapshot.state == State::Running && !self.has_digits());
        let done = phase.elapsed.as_secs_f64() / phase.planned.as_secs_f64();
        // In a low window it is the breath's.
        let done = pace.map_or(done, labels::lung_fullness);
        let full = ((room as f64 * done) as usize).min(room);
        let (filled, empty) = if self.overlay.ascii_only { ("#", "-") } else { ("█", "░") };
        row.0.push((TextStyle::Plain, " [".into()));
        row.0.push((
            TextStyle::PhaseColor(self.phase_kind()),
            format!("{}{}", filled.repeat(full), empty.repeat(room - full)),
        ));
        row.0.push((TextStyle::Plain, "]".into()));
        row
    }

    /// What to do now.
    fn message_rows(&self, room: usize) -> Vec<ScreenRow> {
        let mut rows = Vec::new();
        let question = self.open_question();
        rows.extend(
            question.map(|question| self.wrapped_rows(TextStyle::Highlight, question)).into_iter().flatten(),
        );
        if let Some(told) = self.overlay.message {
            let is_new =
                self.snapshot.state != State::Running || self.snapshot.phase.elapsed < NEW_MESSAGE_AGE;
            let look = if told.is_urgent && is_new { TextStyle::Highlight } else { TextStyle::Bold };
            if question.is_none_or(|question| !told.title.ends_with(question)) {
                rows.extend(self.wrapped_rows(look, &told.title));
            }
            let text = if self.overlay.has_keys { told.body.clone() } else { told.body_and_how_to_answer() };
            rows.extend(self.wrapped_rows(TextStyle::Plain, &text));
        }
        for said in self.overlay.start_notices {
            rows.extend(self.has_spacing().then(ScreenRow::default));
            rows.extend(self.wrapped_rows(TextStyle::Plain, said));
        }
        if rows.len() > room {
            rows.retain(|row| !row.0.is_empty());
        }
        self.truncate_rows(rows, room)
    }

    /// As many of the rows as there is room for. Whoever reads the last sees that there was more.
    fn truncate_rows(&self, mut rows: Vec<ScreenRow>, room: usize) -> Vec<ScreenRow> {
        if rows.len() <= room {
            return rows;
        }
        rows.truncate(room);
        if let Some((_, text)) = rows.last_mut().and_then(|ScreenRow(last)| last.last_mut()) {
            let more = if self.overlay.ascii_only { " ..." } else { " …" };
            let kept = truncate_to_width(text, self.size.columns.saturating_sub(display_width(more)));
            let is_whole = kept.len() == text.len();
            // No word is torn.
            let words = kept.rsplit_once(' ').filter(|_| !is_whole).map_or(kept, |(words, _)| words);
            *text = words.trim_end().to_owned() + more;
        }
        rows
    }

    /// What comes next, how far the whole is, what was answered, and the keys: as much as there is room for, the
    /// last first.
    fn footer_rows(&self, room: usize) -> Vec<ScreenRow> {
        let keys = self.key_rows();
        let mut left = room.saturating_sub(keys.len());
        let mut fitting = |rows: Vec<ScreenRow>, kept: usize| {
            let rows = self.truncate_rows(rows, left.saturating_sub(kept));
            left -= rows.len();
            rows
        };
        let next = labels::next_phase_labels(self.snapshot)
            .map(|next| self.first_fitting_row(TextStyle::Bold, &next));
        let whole = (room > 5).then(|| {
            self.first_fitting_row(TextStyle::Plain, &[labels::session_progress_label(self.snapshot)])
        });
        // One line is kept for what to do.
        let said = fitting(self.reply_rows(), 0);
        let warned = fitting(self.warning_rows(), 1);
        let next = fitting(Vec::from_iter(next), 1);
        let whole = fitting(Vec::from_iter(whole), 1);
        [next, whole, warned, said, keys].concat()
    }

    /// The question that is open.
    fn open_question(&self) -> Option<&str> {
        self.snapshot.question.as_deref()
    }

    /// The answer to a key, or the question for pain.
    fn reply_rows(&self) -> Vec<ScreenRow> {
        let asks_for_pain = self.overlay.has_keys && labels::is_pain_prompt_due(self.snapshot);
        match self.overlay.key_reply {
            Some(note) => self.wrapped_rows(TextStyle::Highlight, note),
            None if asks_for_pain => vec![self.first_fitting_row(TextStyle::Bold, &PAIN_PROMPTS)],
            None => Vec::new(),
        }
    }

    /// What went wrong, in one line: why can be read where the screen was before.
    fn warning_rows(&self) -> Vec<ScreenRow> {
        let Some(warning) = self.overlay.warning else { return Vec::new() };
        let what = warning.split_once(" (").map_or(warning, |(what, _)| what);
        vec![self.first_fitting_row(TextStyle::Bold, &[format!("warning: {what}")])]
    }

    /// The keys, and the last pain score.
    fn key_rows(&self) -> Vec<ScreenRow> {
        let pain = self.snapshot.last_pain.map(|score| format!("pain {score}"));
        let (any, all) = ([labels::any_key_label(self.snapshot)], labels::available_keys(self.snapshot));
        let width = self.size.columns;
        let few = labels::short_key_line(self.snapshot, width);
        let (look, all, few): (TextStyle, &[&str], &str) = match self.snapshot.state {
            _ if !self.overlay.has_keys => (TextStyle::Plain, &["Ctrl-C stops"], "Ctrl-C stops"),
            State::Ended if self.snapshot.is_end_answered => (TextStyle::Plain, &all, SHOW_KEYS_HINT),
            State::Ended => (TextStyle::Highlight, &any, any[0]),
            _ if self.open_question().is_some() => (TextStyle::Highlight, &all, YES_NO_KEYS),
            _ => (TextStyle::Plain, &all, &few),
        };
        let mut rows = wrap_items(&[all, &Vec::from_iter(pain.as_deref())].concat(), " · ", width);
        if rows.len() > if self.has_spacing() { 3 } else { 1 } {
            rows = wrap_items(&[&[few][..], &Vec::from_iter(pain.as_deref())].concat(), " · ", width);
            rows.truncate(1);
        }
        rows.into_iter().map(|row| ScreenRow::new(look, self.sanitize_text(&row))).collect()
    }
}
