//! Shows the running session: on a terminal a live screen, elsewhere a line for each thing that is told and
//! for each milestone of the time. Beside the screen keys are heard, beside lines typed lines.
//!
//! A viewer folds the journal like everybody else and never moves the session on by itself: a key becomes a line
//! like any other command. Closing it ends nothing, and leaves the terminal as it was.
//! [`render_frame()`] is pure: a snapshot and a size give the screen. It is drawn by hand: a page of text and seven bars a
//! digit need no library, and rows that are compared need no second buffer.

mod actions;
mod display;
mod frame;
mod idle_inhibit;
mod input;
mod keys;
mod labels;
mod line_input;
mod one_line;
mod pager;
mod paint;
mod prompt;
mod raw_mode;
mod screen;
mod send;
mod signals;
mod text_width;
mod timer_watch;

pub use frame::{Overlay, ScreenRow, WindowSize, render_frame};
pub(crate) use line_input::is_ten;
pub use pager::{KeyEffect, Pager, paginate};

pub(crate) use paint::{ColorDepth, style_for_kind};
pub(crate) use prompt::{PromptResult, prompt_for_key, prompt_for_line};
pub(crate) use screen::TerminalFeatures;
pub(crate) use signals::Signals;
pub(crate) use text_width::wrap_options;

use crate::{
    clock::{self, DeadlineTimer},
    error::{Error, Result},
    journal::{self, Journal},
    session::{Alert, Entry, Event, Milestones, Session, Snapshot, State, Untimed},
    time::Stamp,
};
use display::Display;
use idle_inhibit::IdleInhibitor;
use input::InputReader;
use labels::Prompt;
use raw_mode::InputMode;
use signal_hook::consts::SIGTSTP;
use std::{
    fs::{self, File},
    io::{self, IsTerminal},
    mem,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{FileExt, MetadataExt},
    },
    time::Duration,
};
use timer_watch::TimerWatch;

/// A screen that nobody times rings so often.
const UNTIMED_RING_INTERVAL: Duration = Duration::from_mins(1);
/// How often to look, where the system has no watch left to give.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// How a viewer shows things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DisplayOptions {
    /// Show the live screen; else only lines that stay.
    pub(crate) has_live_screen: bool,
    /// Print nothing but complaints.
    pub(crate) is_quiet: bool,
    /// Ring the terminal's bell when there is something to do.
    pub(crate) has_bell: bool,
    /// Draw nothing beyond ASCII.
    pub(crate) ascii_only: bool,
    /// What the terminal can do beside.
    pub(crate) terminal_features: TerminalFeatures,
}

/// When a viewer was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenedBy<'a> {
    /// With the session; what was said before it began.
    Start(&'a [String]),
    /// Later.
    Attach,
}

/// Why a viewer closed.
#[derive(Debug)]
pub(crate) enum CloseReason {
    /// The session is over; this is how its last line left it.
    SessionOver(Box<Session>),
    /// Somebody removed the journal of a session that was not over.
    JournalRemoved,
    /// Nobody times the session any more.
    TimerGone(Box<Session>),
    /// A signal asks to go.
    Signal(i32, Box<Session>),
    /// The person asks to end the session.
    StopRequested(Box<Session>),
    /// The person asks to go; the session goes on.
    Detached,
    /// Nobody reads the output any more: the session goes on without a viewer.
    OutputClosed,
}

/// Shows the session until it is closed or cut off, a signal comes, or nobody reads; without a live screen, until it
/// is over. A viewer that comes later shows of what was told before only the last.
///
/// # Errors
/// The journal cannot be read.
pub(crate) fn run(
    journal: &Journal,
    style: DisplayOptions,
    signals: &Signals,
    opened: OpenedBy,
) -> Result<CloseReason> {
    let file = match journal.open_file() {
        Err(_) if !journal.has_file()? => return Ok(CloseReason::JournalRemoved),
        file => file?,
    };
    let input = match style.has_live_screen {
        true => InputReader::from_terminal(InputMode::Keys),
        // Nobody types where no answer is seen.
        false if style.is_quiet || !io::stderr().is_terminal() => {
            InputReader::without_terminal(InputMode::Lines)
        }
        false => InputReader::from_terminal(InputMode::Lines),
    };
    if style.has_live_screen || input.has_terminal() {
        send::record_viewer(journal);
    }
    let mut viewer = Viewer {
        journal,
        options: style,
        journal_file: file,
        bytes_replayed: 0,
        is_journal_removed: false,
        session: None,
        timers: 0,
        display: Display::new(style, if let OpenedBy::Start(said) = opened { said } else { &[] }),
        input,
        idle_inhibitor: IdleInhibitor::default(),
        has_said: false,
        confirm_stop_until: None,
        told: None,
        milestones: Milestones::default(),
        last_prompt: None,
        next_untimed_ring: None,
    };
    let closed = viewer
        .skip_past_alerts(matches!(opened, OpenedBy::Start(_)))
        .and_then(|()| viewer.run_until_closed(signals));
    viewer.display.leave_screen();
    closed
}

/// Up to when nothing changes on the screen, on the clock that runs on in sleep, or why there is nothing more to show.
type RedrawResult = std::result::Result<Option<Duration>, CloseReason>;

struct Viewer<'a> {
    journal: &'a Journal,
    options: DisplayOptions,
    /// Kept open: it has the last lines even after the journal was removed.
    journal_file: File,
    /// How many of its bytes are folded.
    bytes_replayed: u64,
    /// Whether the journal was removed, as of the last look at the files.
    is_journal_removed: bool,
    session: Option<Session>,
    /// How many timers the session has had.
    timers: usize,
    /// What is shown.
    display: Display,
    /// What the person types.
    input: InputReader,
    /// What keeps the desktop's screen from going dark.
    idle_inhibitor: IdleInhibitor,
    /// Something was said to the session, and the journal not read since.
    has_said: bool,
    /// Until then, `q` means it.
    confirm_stop_until: Option<Duration>,
    /// What was told last.
    told: Option<Alert>,
    /// What was said of the time where no screen shows it.
    milestones: Milestones,
    /// What was last said there of what can be typed.
    last_prompt: Option<Prompt>,
    /// Nobody times the session any more; when that rings next.
    next_untimed_ring: Option<Duration>,
}

impl Viewer<'_> {
    /// Passes over what was told before, but for the last.
    fn skip_past_alerts(&mut self, from_start: bool) -> Result<()> {
        if from_start {
            return Ok(());
        }
        let lines = self.read_new_entries()?;
        lines.iter().for_each(|line| self.apply_entry(line));
        if let Some(told) = lines.iter().rfind(|line| matches!(line.event, Event::AlertSent { .. })) {
            // Whether anybody reads is found out with the next line.
            let _ = self.show_entry(told);
        }
        Ok(())
    }

    fn run_until_closed(&mut self, signals: &Signals) -> Result<CloseReason> {
        let watch = self.journal.watch_folder();
        let alarm = DeadlineTimer::new().map_err(|why| Error::system("set a timer", &why))?;
        let (mut timing, mut timers) = (TimerWatch::new(self.journal), 0);
        // In most seconds nothing changes but the time.
        let mut changed = true;
        loop {
            self.input.start_reading();
            let read = if changed || watch.fd().is_none() {
                watch.drain_events();
                self.show_new_entries()?
            } else {
                Ok(())
            };
            let redraw = match self.refresh_display(read, timing.is_over, watch.fd().is_none())? {
                Ok(redraw) => redraw,
                Err(closed) => return Ok(closed),
            };
            if timers != self.timers
                && let Some(timer) = self.session.as_ref().and_then(Session::timer_pid)
            {
                timers = self.timers;
                timing.set_timer(timer);
                // Killed with -9 it changes no file. Then once more round: its last lines.
                changed = timing.is_over;
                if self.next_untimed_ring.take().is_some() {
                    self.display.clear_untimed();
                    continue;
                }
                if timing.is_over {
                    continue;
                }
            }
            let typed = self.input.fd();
            let (heard, life) = (watch.fd(), timing.source());
            let sources: Vec<_> = [Some(signals.fd()), typed, heard, life].into_iter().flatten().collect();
            let deadlines = [redraw, self.input.deadline(), self.display.deadline(), timing.deadline()];
            let until = deadlines.into_iter().flatten().min();
            let mut woken = alarm.wait_for_deadline_or_input(until, &sources).into_iter().skip(1);
            let mut has_news = |source: Option<BorrowedFd>| source.is_some() && woken.next() == Some(true);
            let (keys, news, died) = (has_news(typed), has_news(heard), has_news(life));
            match signals.received_signal() {
                None => {}
                Some(SIGTSTP) => self.suspend_viewer(signals),
                Some(signal) => {
                    return Ok(self.close_with_session(|session| CloseReason::Signal(signal, session)));
                }
            }
            changed = news || died;
            if died {
                timing.on_process_exit();
            }
            if died || timing.check_lease_if_due() {
                changed = true;
                continue;
            }
            if let Some(closed) = self.handle_input(keys) {
                return Ok(closed);
            }
            // What was just said to the session is read before anything is drawn: the answer is of what comes then.
            changed |= mem::take(&mut self.has_said);
        }
    }

    /// Takes in and shows what was written since the last time. The answer within is whether it could be shown.
    fn show_new_entries(&mut self) -> Result<io::Result<()>> {
        self.is_journal_removed = self.is_journal_removed();
        let lines = self.read_new_entries()?;
        Ok(lines.iter().try_for_each(|line| {
            self.apply_entry(line);
            self.show_entry(line)
        }))
    }

    /// Shows how it stands now. Says up to when that is all there is to see, or why there will be nothing more.
    fn refresh_display(&mut self, read: io::Result<()>, dead: bool, blind: bool) -> Result<RedrawResult> {
        let removed = self.is_journal_removed;
        let Some(session) = &self.session else {
            return self.journal.replay()?.into_own_session().and(Ok(Err(CloseReason::OutputClosed)));
        };
        if session.is_over() && (removed || !self.options.has_live_screen && !self.input.is_reading()) {
            return Ok(Err(self.close_with_session(CloseReason::SessionOver)));
        }
        if removed {
            return Ok(Err(CloseReason::JournalRemoved));
        }
        let now = clock::now();
        // What is over was told, and needs no timer.
        if dead && (session.is_over() || !self.display.is_screen_active()) {
            return Ok(Err(self.close_with_session(CloseReason::TimerGone)));
        }
        if dead {
            return Ok(self.show_untimed(&now, blind));
        }
        let snapshot = session.snapshot(&now).in_zone(&clock::time_zone());
        let shown = match snapshot.phase.swap_pending_for {
            Some(_) if self.display.is_screen_active() => read,
            _ => read.and_then(|()| self.draw_snapshot(&snapshot, &now)),
        };
        if shown.is_err() {
            return Ok(Err(CloseReason::OutputClosed));
        }
        // Nobody must miss that it is not timed any more.
        let rests = matches!(snapshot.state, State::Paused | State::Ended);
        let is_seen =
            self.display.is_screen_active() || !self.options.has_live_screen && self.input.is_reading();
        self.idle_inhibitor.set_active(is_seen && !rests);
        Ok(Ok(self.time_until_redraw(&snapshot, blind).map(|pause| now.boottime + pause)))
    }

    /// Nobody times the session any more. Whoever lies on a pack must be able to see that: it stands there until a
    /// key is pressed.
    fn show_untimed(&mut self, now: &Stamp, blind: bool) -> RedrawResult {
        let Some(mut session) = self.session.clone() else { return Err(CloseReason::OutputClosed) };
        session.apply(&Entry { at: now.clone(), event: Event::CutOff });
        let rings = self.next_untimed_ring.filter(|rings| now.boottime < *rings);
        let told = match rings {
            Some(_) => Ok(()),
            None => self.display.show_untimed(&now.wall, session.untimed_message(Untimed::TimerKilled)),
        };
        let rings = rings.unwrap_or(now.boottime + UNTIMED_RING_INTERVAL);
        self.next_untimed_ring = Some(rings);
        self.idle_inhibitor.set_active(true);
        match told.and_then(|()| self.draw_snapshot(&session.snapshot(now).in_zone(&clock::time_zone()), now))
        {
            Ok(()) if blind => Ok(Some(rings.min(now.boottime + POLL_INTERVAL))),
            Ok(()) => Ok(Some(rings)),
            Err(_) => Err(CloseReason::OutputClosed),
        }
    }

    fn close_with_session(&self, why: impl FnOnce(Box<Session>) -> CloseReason) -> CloseReason {
        self.session.clone().map_or(CloseReason::OutputClosed, |session| why(Box::new(session)))
    }

    /// Stops as Ctrl-Z would have, the terminal as it was before.
    fn suspend_viewer(&mut self, signals: &Signals) {
        self.display.leave_screen();
        self.idle_inhibitor.set_active(false);
        self.input.restore_terminal();
        signals.suspend_process();
    }

    fn is_journal_removed(&self) -> bool {
        let inode = |data: io::Result<fs::Metadata>| data.map(|data| data.ino()).ok();
        inode(fs::metadata(self.journal.path())) != inode(self.journal_file.metadata())
    }

    /// The lines that were written since the last look. A torn one is read when it is whole.
    fn read_new_entries(&mut self) -> Result<Vec<Entry>> {
        let read = || {
            let length = self.journal_file.metadata()?.len().saturating_sub(self.bytes_replayed);
            let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
            self.journal_file.read_exact_at(&mut bytes, self.bytes_replayed)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|why| Error::from_io("read", &self.journal.path(), &why))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        self.bytes_replayed += whole as u64;
        Ok(journal::parse_entries(&bytes[..whole]).collect())
    }

    fn apply_entry(&mut self, line: &Entry) {
        self.timers += usize::from(matches!(line.event, Event::TimerStarted { .. }));
        match &mut self.session {
            Some(session) => session.apply(line),
            None => self.session = Session::replay([line.clone()]).ok(),
        }
    }

    fn show_entry(&mut self, line: &Entry) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        match &line.event {
            Event::AlertSent { alert } if !self.options.is_quiet => {
                self.milestones.note_alert();
                self.told = Some(*alert);
                let mut message = session.alert_message(*alert);
                if !self.options.has_live_screen && self.input.is_reading() {
                    // What to type is said as well.
                    message.how_to_answer.clear();
                }
                self.display.show_message(&line.at.wall, message)
            }
            Event::Warning { text } => {
                self.display.show_warning(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn draw_snapshot(&mut self, snapshot: &Snapshot, now: &Stamp) -> io::Result<()> {
        if !self.options.has_live_screen {
            let Some(session) = self.session.as_ref().filter(|_| !self.options.is_quiet) else {
                return Ok(());
            };
            let reached = self.milestones.collect_reached(session, snapshot, now);
            let line = |left: &Duration| labels::milestone_label(snapshot, *left);
            reached.iter().map(line).try_for_each(|line| self.display.print_line(&now.wall, &line))?;
            if self.input.is_reading() && session.due_alerts(now).is_empty() {
                self.show_prompt(snapshot);
            }
            return Ok(());
        }
        // In the background the screen is where somebody types to the shell.
        if self.is_in_background() {
            self.display.leave_screen();
            return Ok(());
        }
        if snapshot.state == State::Ended && self.confirm_stop_until.take().is_some() {
            // There is nothing left to end: the question is over.
            self.display.clear_reply_and_warning();
        }
        let told = self.session.as_ref().zip(self.told);
        self.display.replace_message(told.and_then(|(session, told)| session.replacement_message(told, now)));
        self.display.draw_screen(snapshot, self.input.has_terminal())
    }

    /// Says what can be typed, when that is something else than before.
    fn show_prompt(&mut self, snapshot: &Snapshot) {
        let asks = labels::current_prompt(snapshot);
        let before = self.last_prompt.replace(asks);
        if before != Some(asks) && (before.is_none() || asks != Prompt::None) {
            self.show_reply(labels::prompt_label(snapshot));
        }
    }

    fn is_in_background(&self) -> bool {
        match self.input.has_terminal() {
            true => !self.input.is_reading(),
            false => raw_mode::is_in_foreground(io::stdout()) == Ok(false),
        }
    }

    /// How long nothing changes on the screen: a live one changes with each second.
    fn time_until_redraw(&self, snapshot: &Snapshot, blind: bool) -> Option<Duration> {
        let second = Duration::from_secs(1);
        let tick = match snapshot.state {
            _ if snapshot.phase.swap_pending_for.is_some() => snapshot.phase.swap_pending_for,
            State::Running if snapshot.is_rehearsal => Some(second / 4),
            State::Running => Some(Duration::from_nanos(snapshot.phase.remaining.subsec_nanos().into())),
            State::Overdue => Some(second),
            State::Asking | State::Paused | State::CutOff | State::Ended => None,
        };
        // The keys mean something else once an alarm does not ring any more.
        let tick = tick.into_iter().chain(snapshot.ringing_left).min();
        let live = tick
            .filter(|_| self.options.has_live_screen)
            .map(|tick| if tick.is_zero() { second } else { tick });
        // Nobody tells of coming to the foreground.
        let look = self.is_in_background().then_some(second);
        let plain = self.session.as_ref().filter(|_| !self.options.has_live_screen && !self.options.is_quiet);
        let milestone = plain.and_then(|session| Milestones::time_until_next(session, snapshot));
        live.into_iter().chain(milestone).chain(look).chain(blind.then_some(POLL_INTERVAL)).min()
    }
}

/// The width of that window; the usual one where nobody knows it.
pub(crate) fn window_width(window: impl AsFd) -> usize {
    display::size_of_window(window).columns
}
