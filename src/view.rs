//! Shows the running session: on a terminal a live screen with keys, elsewhere one line for each alert and milestone,
//! with typed lines as input.
//!
//! A viewer replays the journal like every other reader and never advances the session by itself: a key becomes a
//! journal entry like any other command. Closing a viewer does not end the session, and restores the terminal.
//! [`render_frame()`] is pure: a snapshot and a window size give the screen's rows. No terminal library is used: text
//! and seven-segment digits do not need one, and comparing rows replaces a second buffer.

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

pub(crate) use display::terminal_width;
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
        fd::BorrowedFd,
        unix::fs::{FileExt, MetadataExt},
    },
    time::Duration,
};
use timer_watch::TimerWatch;

/// How often the bell rings while no timer is running.
const TIMER_GONE_RING_INTERVAL: Duration = Duration::from_mins(1);
/// How often to read the journal where the system has no file watch left.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// How a viewer displays the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DisplayOptions {
    /// Draw the live screen; else print lines only.
    pub(crate) has_live_screen: bool,
    /// Print warnings only.
    pub(crate) is_quiet: bool,
    /// Ring the terminal's bell when the person has to act.
    pub(crate) has_bell: bool,
    pub(crate) ascii_only: bool,
    pub(crate) terminal_features: TerminalFeatures,
}

/// What opened a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenedBy<'a> {
    /// The start of the session, with the notices printed before it.
    Start(&'a [String]),
    /// A later command, for a session that is already running.
    Attach,
}

/// Why a viewer closed.
#[derive(Debug)]
pub(crate) enum CloseReason {
    /// The session is over, in this final state.
    SessionOver(Box<Session>),
    /// The journal was removed before the session was over.
    JournalRemoved,
    /// The timer process no longer runs.
    TimerGone(Box<Session>),
    /// This signal asked the viewer to exit.
    Signal(i32, Box<Session>),
    /// The person asked to end the session.
    StopRequested(Box<Session>),
    /// The person closed the viewer; the session continues.
    Detached,
    /// The output was closed; the session continues without a viewer.
    OutputClosed,
}

/// Shows the session until the viewer is closed, the timer is gone, a signal arrives or the output is closed; without
/// a live screen also until the session is over. A viewer that attaches shows only the last of the earlier alerts.
///
/// # Errors
/// The journal cannot be read.
pub(crate) fn run(
    journal: &Journal,
    options: DisplayOptions,
    signals: &Signals,
    opened_by: OpenedBy,
) -> Result<CloseReason> {
    let journal_file = match journal.open_file() {
        Err(_) if !journal.has_file()? => return Ok(CloseReason::JournalRemoved),
        file => file?,
    };
    let input = if options.has_live_screen {
        InputReader::from_terminal(InputMode::Keys)
    } else if options.is_quiet || !io::stderr().is_terminal() {
        // Nothing is read where the reply could not be seen.
        InputReader::without_terminal(InputMode::Lines)
    } else {
        InputReader::from_terminal(InputMode::Lines)
    };
    if options.has_live_screen || input.has_terminal() {
        send::record_viewer(journal);
    }
    let start_notices = if let OpenedBy::Start(notices) = opened_by { notices } else { &[] };
    let mut viewer = Viewer {
        journal,
        options,
        journal_file,
        bytes_replayed: 0,
        is_journal_removed: false,
        session: None,
        timers_started: 0,
        display: Display::new(options, start_notices),
        input,
        idle_inhibitor: IdleInhibitor::default(),
        has_sent_command: false,
        confirm_stop_until: None,
        last_alert: None,
        milestones: Milestones::default(),
        last_prompt: None,
        next_timer_gone_ring: None,
    };
    let caught_up = match opened_by {
        OpenedBy::Start(_) => Ok(()),
        OpenedBy::Attach => viewer.show_last_alert(),
    };
    let close_reason = caught_up.and_then(|()| viewer.run_until_closed(signals));
    viewer.display.leave_screen();
    close_reason
}

/// What follows after the display was refreshed.
enum AfterRefresh {
    /// Wait for news, but at most until then, on the clock that includes sleep.
    Wait(Option<Duration>),
    Close(CloseReason),
}

struct Viewer<'a> {
    journal: &'a Journal,
    options: DisplayOptions,
    /// Kept open, so that the last entries can be read even after the journal was removed.
    journal_file: File,
    bytes_replayed: u64,
    /// As of the last read.
    is_journal_removed: bool,
    session: Option<Session>,
    /// How many timers the session has had.
    timers_started: usize,
    display: Display,
    input: InputReader,
    idle_inhibitor: IdleInhibitor,
    /// Whether a command was sent after the journal was last read.
    has_sent_command: bool,
    /// Until when a second `q` ends the session.
    confirm_stop_until: Option<Duration>,
    last_alert: Option<Alert>,
    /// The milestones printed so far where there is no live screen.
    milestones: Milestones,
    /// The prompt printed last where there is no live screen.
    last_prompt: Option<Prompt>,
    /// When the bell rings next; none while the timer runs.
    next_timer_gone_ring: Option<Duration>,
}

impl Viewer<'_> {
    /// Replays the journal so far and shows only its last alert.
    fn show_last_alert(&mut self) -> Result<()> {
        let entries = self.read_new_entries()?;
        for entry in &entries {
            self.apply_entry(entry);
        }
        if let Some(alert) = entries.iter().rfind(|entry| matches!(entry.event, Event::AlertSent { .. })) {
            // A closed output is noticed with the next line.
            let _ = self.show_entry(alert);
        }
        Ok(())
    }

    fn run_until_closed(&mut self, signals: &Signals) -> Result<CloseReason> {
        let journal_watch = self.journal.watch_folder();
        let deadline_timer = DeadlineTimer::new().map_err(|error| Error::system("set a timer", &error))?;
        let mut timer_watch = TimerWatch::new(self.journal);
        let mut timers_seen = 0;
        // In most seconds only the time changes, and the journal need not be read.
        let mut has_changed = true;
        loop {
            self.input.start_reading();
            let is_polling = journal_watch.fd().is_none();
            let can_print = if has_changed || is_polling {
                journal_watch.drain_events();
                self.show_new_entries()?
            } else {
                true
            };
            let redraw_at = match self.refresh_display(can_print, timer_watch.is_timer_gone, is_polling)? {
                AfterRefresh::Wait(until) => until,
                AfterRefresh::Close(reason) => return Ok(reason),
            };
            if timers_seen != self.timers_started
                && let Some(timer) = self.session.as_ref().and_then(Session::timer_pid)
            {
                timers_seen = self.timers_started;
                timer_watch.set_timer(timer);
                // A timer killed with SIGKILL changes no file: read its last entries in another pass.
                has_changed = timer_watch.is_timer_gone;
                if self.next_timer_gone_ring.take().is_some() {
                    self.display.clear_timer_gone();
                    continue;
                }
                if timer_watch.is_timer_gone {
                    continue;
                }
            }
            let deadlines =
                [redraw_at, self.input.deadline(), self.display.deadline(), timer_watch.deadline()];
            let until = deadlines.into_iter().flatten().min();
            let fds = [Some(signals.fd()), self.input.fd(), journal_watch.fd(), timer_watch.fd()];
            let [_, has_input, has_news, has_timer_exited] = wait_for_any(&deadline_timer, until, fds);
            match signals.received_signal() {
                None => {}
                Some(SIGTSTP) => self.suspend_viewer(signals),
                Some(signal) => return Ok(self.close_on_signal(signal)),
            }
            has_changed = has_news || has_timer_exited;
            if has_timer_exited {
                timer_watch.on_process_exit();
            }
            if has_timer_exited || timer_watch.check_lease_if_due() {
                has_changed = true;
                continue;
            }
            if let Some(reason) = self.handle_input(has_input) {
                return Ok(reason);
            }
            // Read the entries of a command before drawing: its reply is about the state that follows.
            has_changed |= mem::take(&mut self.has_sent_command);
        }
    }

    /// Replays and shows the entries written since the last time. False if the output is closed.
    fn show_new_entries(&mut self) -> Result<bool> {
        self.is_journal_removed = self.is_journal_removed();
        for entry in self.read_new_entries()? {
            self.apply_entry(&entry);
            if self.show_entry(&entry).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Shows the present state. `is_polling`: the journal cannot be watched, and is read at intervals.
    fn refresh_display(
        &mut self,
        can_print: bool,
        is_timer_gone: bool,
        is_polling: bool,
    ) -> Result<AfterRefresh> {
        let Some(session) = &self.session else {
            self.journal.replay()?.into_own_session()?;
            return Ok(AfterRefresh::Close(CloseReason::OutputClosed));
        };
        let can_close = self.is_journal_removed || !self.options.has_live_screen && !self.input.is_reading();
        if session.is_over() && can_close {
            return Ok(AfterRefresh::Close(self.close_with_session(CloseReason::SessionOver)));
        }
        if self.is_journal_removed {
            return Ok(AfterRefresh::Close(CloseReason::JournalRemoved));
        }
        let now = clock::now();
        // A session that is over needs no timer.
        if is_timer_gone && (session.is_over() || !self.display.is_screen_active()) {
            return Ok(AfterRefresh::Close(self.close_with_session(CloseReason::TimerGone)));
        }
        if is_timer_gone {
            return Ok(self.show_timer_gone(&now, is_polling));
        }
        let snapshot = session.snapshot(&now).in_zone(&clock::time_zone());
        let is_swap_pending = snapshot.phase.swap_pending_for.is_some() && self.display.is_screen_active();
        if !can_print || !is_swap_pending && self.draw_snapshot(&snapshot, &now).is_err() {
            return Ok(AfterRefresh::Close(CloseReason::OutputClosed));
        }
        // Where the session is cut off, the screen stays on: the person must not miss that no timer runs.
        let is_resting = matches!(snapshot.state, State::Paused | State::Ended);
        let is_seen =
            self.display.is_screen_active() || !self.options.has_live_screen && self.input.is_reading();
        self.idle_inhibitor.set_active(is_seen && !is_resting);
        let redraw_at = self.time_until_redraw(&snapshot, is_polling).map(|pause| now.boottime + pause);
        Ok(AfterRefresh::Wait(redraw_at))
    }

    /// Shows until a key is pressed that no timer runs: a person who lies on a pack must be able to see that.
    fn show_timer_gone(&mut self, now: &Stamp, is_polling: bool) -> AfterRefresh {
        let Some(mut session) = self.session.clone() else {
            return AfterRefresh::Close(CloseReason::OutputClosed);
        };
        session.apply(&Entry { at: now.clone(), event: Event::CutOff });
        let pending_ring = self.next_timer_gone_ring.filter(|ring| now.boottime < *ring);
        let shown = match pending_ring {
            Some(_) => Ok(()),
            None => self.display.show_timer_gone(&now.wall, session.untimed_message(Untimed::TimerKilled)),
        };
        let next_ring = pending_ring.unwrap_or(now.boottime + TIMER_GONE_RING_INTERVAL);
        self.next_timer_gone_ring = Some(next_ring);
        self.idle_inhibitor.set_active(true);
        let snapshot = session.snapshot(now).in_zone(&clock::time_zone());
        if shown.and_then(|()| self.draw_snapshot(&snapshot, now)).is_err() {
            return AfterRefresh::Close(CloseReason::OutputClosed);
        }
        let redraw_at = if is_polling { next_ring.min(now.boottime + POLL_INTERVAL) } else { next_ring };
        AfterRefresh::Wait(Some(redraw_at))
    }

    fn close_with_session(&self, reason: impl FnOnce(Box<Session>) -> CloseReason) -> CloseReason {
        self.session.clone().map_or(CloseReason::OutputClosed, |session| reason(Box::new(session)))
    }

    fn close_on_signal(&self, signal: i32) -> CloseReason {
        self.close_with_session(|session| CloseReason::Signal(signal, session))
    }

    /// Restores the terminal, then stops this process as Ctrl-Z would.
    fn suspend_viewer(&mut self, signals: &Signals) {
        self.display.leave_screen();
        self.idle_inhibitor.set_active(false);
        self.input.restore_terminal();
        signals.suspend_process();
    }

    fn is_journal_removed(&self) -> bool {
        let inode = |metadata: io::Result<fs::Metadata>| metadata.map(|metadata| metadata.ino()).ok();
        inode(fs::metadata(self.journal.path())) != inode(self.journal_file.metadata())
    }

    /// The entries written since the last read. An incomplete line is left for the next time.
    fn read_new_entries(&mut self) -> Result<Vec<Entry>> {
        let read = || {
            let length = self.journal_file.metadata()?.len().saturating_sub(self.bytes_replayed);
            let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
            self.journal_file.read_exact_at(&mut bytes, self.bytes_replayed)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|error| Error::from_io("read", &self.journal.path(), &error))?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        self.bytes_replayed += complete as u64;
        Ok(journal::parse_entries(&bytes[..complete]).collect())
    }

    fn apply_entry(&mut self, entry: &Entry) {
        self.timers_started += usize::from(matches!(entry.event, Event::TimerStarted { .. }));
        match &mut self.session {
            Some(session) => session.apply(entry),
            None => self.session = Session::replay([entry.clone()]).ok(),
        }
    }

    fn show_entry(&mut self, entry: &Entry) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        match &entry.event {
            Event::AlertSent { alert } if !self.options.is_quiet => {
                self.milestones.note_alert();
                self.last_alert = Some(*alert);
                let mut message = session.alert_message(*alert);
                if !self.options.has_live_screen && self.input.is_reading() {
                    // `show_prompt` says what to type.
                    message.how_to_answer.clear();
                }
                self.display.show_message(&entry.at.wall, message)
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
            for remaining in &reached {
                self.display.print_line(&now.wall, &labels::milestone_label(snapshot, *remaining))?;
            }
            if self.input.is_reading() && session.due_alerts(now).is_empty() {
                self.show_prompt(snapshot);
            }
            return Ok(());
        }
        // In the background the screen belongs to the shell.
        if self.is_in_background() {
            self.display.leave_screen();
            return Ok(());
        }
        if snapshot.state == State::Ended && self.confirm_stop_until.take().is_some() {
            // Nothing is left to end: withdraw the question.
            self.display.clear_reply_and_warning();
        }
        let replacement = self
            .session
            .as_ref()
            .zip(self.last_alert)
            .and_then(|(session, alert)| session.replacement_message(alert, now));
        self.display.replace_message(replacement);
        self.display.draw_screen(snapshot, self.input.has_terminal())
    }

    /// Prints what can be typed, if that has changed.
    fn show_prompt(&mut self, snapshot: &Snapshot) {
        let prompt = labels::current_prompt(snapshot);
        let previous = self.last_prompt.replace(prompt);
        if previous != Some(prompt) && (previous.is_none() || prompt != Prompt::None) {
            self.show_reply(labels::prompt_label(snapshot));
        }
    }

    fn is_in_background(&self) -> bool {
        if self.input.has_terminal() {
            !self.input.is_reading()
        } else {
            raw_mode::is_in_foreground(io::stdout()) == Ok(false)
        }
    }

    /// How long the display stays as it is: a live screen changes every second.
    fn time_until_redraw(&self, snapshot: &Snapshot, is_polling: bool) -> Option<Duration> {
        let second = Duration::from_secs(1);
        let tick = match snapshot.state {
            _ if snapshot.phase.swap_pending_for.is_some() => snapshot.phase.swap_pending_for,
            State::Running if snapshot.is_rehearsal => Some(second / 4),
            State::Running => Some(Duration::from_nanos(snapshot.phase.remaining.subsec_nanos().into())),
            State::Overdue => Some(second),
            State::Asking | State::Paused | State::CutOff | State::Ended => None,
        };
        // The keys change their meaning once the alarm stops ringing.
        let tick = tick.into_iter().chain(snapshot.ringing_left).min();
        let live_tick = tick
            .filter(|_| self.options.has_live_screen)
            .map(|tick| if tick.is_zero() { second } else { tick });
        // No event announces the return to the foreground.
        let foreground_poll = self.is_in_background().then_some(second);
        let prints_milestones = !self.options.has_live_screen && !self.options.is_quiet;
        let milestone = self
            .session
            .as_ref()
            .filter(|_| prints_milestones)
            .and_then(|session| Milestones::time_until_next(session, snapshot));
        let journal_poll = is_polling.then_some(POLL_INTERVAL);
        [live_tick, milestone, foreground_poll, journal_poll].into_iter().flatten().min()
    }
}

/// Waits for the deadline or for input on one of the file descriptors. Says for each whether it has input.
fn wait_for_any<const N: usize>(
    deadline_timer: &DeadlineTimer,
    until: Option<Duration>,
    fds: [Option<BorrowedFd>; N],
) -> [bool; N] {
    let present: Vec<_> = fds.iter().flatten().copied().collect();
    let mut ready = deadline_timer.wait_for_deadline_or_input(until, &present).into_iter();
    fds.map(|fd| fd.is_some() && ready.next() == Some(true))
}
