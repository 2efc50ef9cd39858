//! The live screen, drawn from a snapshot and a size.
//!
//! Pure: what is to be shown goes in, rows of text with their looks come out. From the top: what is on in large
//! letters, the time in large digits, a bar, what to do, what comes next, how far the whole is, and the keys. Their
//! sizes depend on the window alone, so that nothing jumps when somebody says something.

mod banner;
mod digits;

use super::{
    fit::{broken, columns, cut, drawable, listed, shortened},
    keys::{KEYS, YES_OR_NO},
    line::line,
    words,
};
use crate::session::{Kind, Message, Snapshot, State};
use banner::banner;
use digits::digits;
use std::time::Duration;

/// A smaller window has but one line.
const LEAST: Size = Size { columns: 20, rows: 5 };
/// From so many rows on, digits are drawn large.
const DIGITS_FROM: usize = 11;
/// From so many rows on, what is on is drawn large as well.
const BANNER_FROM: usize = 24;
/// From so many rows on there is room for what is nice to know, and for space between.
const ROOMY: usize = 20;
const SPACIOUS: usize = 28;
/// So long what is to be done is not to be missed.
const NEW: Duration = Duration::from_mins(1);
/// What to do is read more easily in lines that are no longer than this.
const LONGEST_LINE: usize = 72;
/// The question for pain, from the longest on.
const PAIN: [&str; 2] = ["pain now? p and a number, 0 to 10", "pain? p, 0 to 10"];

/// The size of a window, in letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many letters stand side by side.
    pub columns: usize,
    /// How many lines there are.
    pub rows: usize,
}

/// What a screen shows beside the state of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside<'a> {
    /// What was told last.
    pub told: Option<&'a Message>,
    /// What was said before the session began.
    pub opening: &'a [String],
    /// The answer to a key.
    pub note: Option<&'a str>,
    /// What went wrong around the session.
    pub warning: Option<&'a str>,
    /// Whether keys are read.
    pub keys: bool,
    /// Whether nothing beyond ASCII can be drawn.
    pub letters_only: bool,
}

/// How something looks. Whatever a colour says, words say as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// As all text.
    Plain,
    /// To be seen first.
    Strong,
    /// Not to be missed.
    Loud,
    /// In the colour of what is on.
    Of(Kind),
    /// The same, as a heading.
    Heading(Kind),
}

/// One line of the screen: pieces of text, side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row(pub Vec<(Look, String)>);

impl Row {
    fn of(look: Look, text: impl Into<String>) -> Row {
        Row(vec![(look, text.into())])
    }

    /// Its text alone.
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// The screen: at most as many rows as the window has, from the top, none wider than it.
pub fn frame(snapshot: &Snapshot, size: Size, beside: &Beside) -> Vec<Row> {
    if size.columns < LEAST.columns || size.rows < LEAST.rows {
        return small(snapshot, size, beside);
    }
    let page = Page { snapshot, size, beside };
    let top = page.top();
    let foot = page.foot(size.rows - top.len());
    let middle = page.middle(size.rows - top.len() - foot.len());
    let filled = top.len() + middle.len() + foot.len();
    let fill = std::iter::repeat_n(Row::default(), size.rows.saturating_sub(filled));
    top.into_iter().chain(middle).chain(fill).chain(foot).collect()
}

/// One line; and where there is another, what was said last.
fn small(snapshot: &Snapshot, size: Size, beside: &Beside) -> Vec<Row> {
    let note = beside.note.or(beside.warning).map(|note| drawable(note, beside.letters_only));
    let note: Vec<String> = note.map_or_else(Vec::new, |note| broken(&note, size.columns));
    let live = Row::of(Look::Plain, line(snapshot, size.columns, beside));
    let note = note.into_iter().map(|text| Row::of(Look::Strong, text));
    match size.rows {
        // What was asked or answered just now goes first.
        1 => note.take(1).next().map_or_else(|| vec![live], |note| vec![note]),
        rows => [live].into_iter().chain(note).take(rows).collect(),
    }
}

struct Page<'a> {
    snapshot: &'a Snapshot,
    size: Size,
    beside: &'a Beside<'a>,
}

impl Page<'_> {
    fn draw(&self, text: &str) -> String {
        drawable(text, self.beside.letters_only).into_owned()
    }

    fn is_roomy(&self) -> bool {
        self.size.rows >= ROOMY
    }

    fn has_digits(&self) -> bool {
        self.size.rows >= DIGITS_FROM
    }

    fn kind(&self) -> Kind {
        self.snapshot.phase.kind
    }

    fn full(&self) -> char {
        if self.beside.letters_only { '#' } else { '█' }
    }

    /// Broken into lines of a readable length.
    fn lines(&self, look: Look, text: &str) -> Vec<Row> {
        let lines = broken(&self.draw(text), self.size.columns.min(LONGEST_LINE));
        lines.into_iter().filter(|line| !line.is_empty()).map(|line| Row::of(look, line)).collect()
    }

    /// One line: the first text that fits, or as much of the last as does.
    fn one(&self, look: Look, texts: &[impl AsRef<str>]) -> Row {
        let more = if self.beside.letters_only { "..." } else { "…" };
        let texts: Vec<String> = texts.iter().map(|text| self.draw(text.as_ref())).collect();
        let fits = texts.iter().find(|text| columns(text) <= self.size.columns);
        let text = fits.or(texts.last()).map_or("", String::as_str);
        Row::of(look, shortened(text, self.size.columns, more))
    }

    /// What is on, and for how long.
    fn top(&self) -> Vec<Row> {
        let banner = self.banner();
        let has_space = self.is_roomy() && (banner.is_none() || self.size.rows >= SPACIOUS);
        let space = has_space.then(Row::default);
        let mut rows = vec![self.heading(banner.is_none())];
        rows.extend(banner.into_iter().flatten());
        if let Some(digits) = self.digits() {
            rows.extend(space.clone());
            rows.extend(digits);
            rows.extend(space.clone());
        }
        rows.extend(self.breath());
        rows.push(self.bar());
        rows.extend(space);
        rows
    }

    /// What is on, in large letters; cut out of a bar where somebody has to come.
    fn banner(&self) -> Option<Vec<Row>> {
        let Size { columns: width, rows } = self.size;
        if rows < BANNER_FROM || self.beside.letters_only {
            return None;
        }
        let texts = [words::heading(self.snapshot), words::word(self.snapshot)];
        let lines = texts.iter().find_map(|text| banner(&self.draw(text), width, rows))?;
        let calls = words::calls(self.snapshot);
        let look = if calls { Look::Heading(self.kind()) } else { Look::Of(self.kind()) };
        let filled = |line: String| if calls { format!("{line:width$}") } else { line };
        Some(lines.into_iter().map(|line| Row::of(look, filled(line))).collect())
    }

    /// What is on in words, if nothing larger says it, and which round.
    fn heading(&self, in_words: bool) -> Row {
        let width = self.size.columns;
        let round = format!("{}/{}", self.snapshot.round, self.snapshot.rounds);
        let mark = if self.snapshot.rehearsal { " REHEARSAL " } else { "" };
        let room = width.saturating_sub(mark.len());
        let words = if in_words { self.words(room) } else { String::new() };
        let left = columns(mark) + columns(&words);
        let mut row = Row(vec![(Look::Loud, mark.into()), (Look::Heading(self.kind()), words)]);
        row.0.retain(|(_, text)| !text.is_empty());
        let rounds = [format!("round {round}"), round];
        if let Some(round) = rounds.into_iter().find(|round| left + 1 + columns(round) <= width) {
            row.0.push((Look::Plain, " ".repeat(width - left - columns(&round))));
            row.0.push((Look::Strong, round));
        }
        row
    }

    /// What is on, in as many words as there is room for.
    fn words(&self, room: usize) -> String {
        let words = [words::heading(self.snapshot), words::word(self.snapshot)];
        let [long, short] = words.map(|words| format!(" {} ", self.draw(&words)));
        if columns(&long) <= room { long } else { cut(&short, room).to_owned() }
    }

    /// The time, as large as two fifths of the window allow.
    fn digits(&self) -> Option<Vec<Row>> {
        let rows = (self.size.rows * 2 / 5).max(5);
        let text = words::digits(self.snapshot).filter(|_| self.has_digits())?;
        let lines = digits(&text, self.size.columns, rows, self.full())?;
        // What does not run has no colour.
        let runs = matches!(self.snapshot.state, State::Running | State::Overdue);
        let look = if runs { Look::Of(self.kind()) } else { Look::Plain };
        Some(lines.into_iter().map(|line| Row::of(look, line)).collect())
    }

    /// A bar as wide as the window that grows with the breath in and shrinks with the breath out.
    fn breath(&self) -> Vec<Row> {
        let pace = self.snapshot.phase.pace.filter(|_| self.snapshot.state == State::Running);
        let Some(pace) = pace.filter(|_| self.has_digits()) else { return Vec::new() };
        let width = self.size.columns;
        let full = ((width as f64 * words::fullness(pace)).round() as usize).min(width);
        let margin = (width - full) / 2;
        let row = Row(vec![
            (Look::Plain, " ".repeat(margin)),
            (Look::Of(self.kind()), self.full().to_string().repeat(full)),
        ]);
        vec![row; (self.size.rows / 10).max(1)]
    }

    /// What is left in words, and how much of it is done as a bar.
    fn bar(&self) -> Row {
        let phase = &self.snapshot.phase;
        let width = self.size.columns;
        let mut row = self.one(Look::Strong, &[words::now(self.snapshot), words::left(self.snapshot)]);
        let room = width.saturating_sub(columns(&row.text()) + 3);
        let runs = matches!(self.snapshot.state, State::Running | State::Paused | State::Asking);
        if !runs || room < 5 || phase.planned.is_zero() {
            return row;
        }
        let pace = phase.pace.filter(|_| self.snapshot.state == State::Running && !self.has_digits());
        let done = phase.elapsed.as_secs_f64() / phase.planned.as_secs_f64();
        // In a low window it is the breath's.
        let done = pace.map_or(done, words::fullness);
        let full = ((room as f64 * done) as usize).min(room);
        let (filled, empty) = if self.beside.letters_only { ("#", "-") } else { ("█", "░") };
        row.0.push((Look::Plain, " [".into()));
        row.0.push((Look::Of(self.kind()), format!("{}{}", filled.repeat(full), empty.repeat(room - full))));
        row.0.push((Look::Plain, "]".into()));
        row
    }

    /// What to do now.
    fn middle(&self, room: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let question = self.question();
        rows.extend(question.map(|question| self.lines(Look::Loud, question)).into_iter().flatten());
        if let Some(told) = self.beside.told {
            let is_new = self.snapshot.state != State::Running || self.snapshot.phase.elapsed < NEW;
            let look = if told.urgent && is_new { Look::Loud } else { Look::Strong };
            if question.is_none_or(|question| !told.title.ends_with(question)) {
                rows.extend(self.lines(look, &told.title));
            }
            let text = if self.beside.keys { told.body.clone() } else { told.text() };
            rows.extend(self.lines(Look::Plain, &text));
        }
        for said in self.beside.opening {
            rows.extend(self.is_roomy().then(Row::default));
            rows.extend(self.lines(Look::Plain, said));
        }
        if rows.len() > room {
            rows.retain(|row| !row.0.is_empty());
        }
        self.as_far_as(rows, room)
    }

    /// As many of the rows as there is room for. Whoever reads the last sees that there was more.
    fn as_far_as(&self, mut rows: Vec<Row>, room: usize) -> Vec<Row> {
        if rows.len() <= room {
            return rows;
        }
        rows.truncate(room);
        if let Some((_, text)) = rows.last_mut().and_then(|Row(last)| last.last_mut()) {
            let more = if self.beside.letters_only { " ..." } else { " …" };
            let kept = cut(text, self.size.columns.saturating_sub(columns(more)));
            let is_whole = kept.len() == text.len();
            // No word is torn.
            let words = kept.rsplit_once(' ').filter(|_| !is_whole).map_or(kept, |(words, _)| words);
            *text = words.trim_end().to_owned() + more;
        }
        rows
    }

    /// What comes next, how far the whole is, what was answered, and the keys: as much as there is room for, the
    /// last first.
    fn foot(&self, room: usize) -> Vec<Row> {
        let keys = self.keys();
        let mut left = room.saturating_sub(keys.len());
        let mut fitting = |rows: Vec<Row>, kept: usize| {
            let rows = self.as_far_as(rows, left.saturating_sub(kept));
            left -= rows.len();
            rows
        };
        let next = words::next(self.snapshot).map(|next| self.one(Look::Strong, &next));
        let whole = (room > 5).then(|| self.one(Look::Plain, &[words::whole(self.snapshot)]));
        // One line is kept for what to do.
        let said = fitting(self.said(), 0);
        let warned = fitting(self.warned(), 1);
        let next = fitting(Vec::from_iter(next), 1);
        let whole = fitting(Vec::from_iter(whole), 1);
        [next, whole, warned, said, keys].concat()
    }

    /// The question that is open.
    fn question(&self) -> Option<&str> {
        self.snapshot.question.as_deref()
    }

    /// The answer to a key, or the question for pain.
    fn said(&self) -> Vec<Row> {
        let asks_for_pain = self.beside.keys && words::asks_for_pain(self.snapshot);
        match self.beside.note {
            Some(note) => self.lines(Look::Loud, note),
            None if asks_for_pain => vec![self.one(Look::Strong, &PAIN)],
            None => Vec::new(),
        }
    }

    /// What went wrong, in one line: why can be read where the screen was before.
    fn warned(&self) -> Vec<Row> {
        let Some(warning) = self.beside.warning else { return Vec::new() };
        let what = warning.split_once(" (").map_or(warning, |(what, _)| what);
        vec![self.one(Look::Strong, &[format!("warning: {what}")])]
    }

    /// The keys, and the last pain score.
    fn keys(&self) -> Vec<Row> {
        let pain = self.snapshot.pain.map(|score| format!("pain {score}"));
        let (any, all) = ([words::any_key(self.snapshot)], words::keys(self.snapshot));
        let width = self.size.columns;
        let few = words::few_keys(self.snapshot, width);
        let (look, all, few): (Look, &[&str], &str) = match self.snapshot.state {
            _ if !self.beside.keys => (Look::Plain, &["Ctrl-C stops"], "Ctrl-C stops"),
            State::Ended if self.snapshot.answered => (Look::Plain, &all, KEYS),
            State::Ended => (Look::Loud, &any, any[0]),
            _ if self.question().is_some() => (Look::Loud, &all, YES_OR_NO),
            _ => (Look::Plain, &all, &few),
        };
        let mut rows = listed(&[all, &Vec::from_iter(pain.as_deref())].concat(), " · ", width);
        if rows.len() > if self.is_roomy() { 3 } else { 1 } {
            rows = listed(&[&[few][..], &Vec::from_iter(pain.as_deref())].concat(), " · ", width);
            rows.truncate(1);
        }
        rows.into_iter().map(|row| Row::of(look, self.draw(&row))).collect()
    }
}
