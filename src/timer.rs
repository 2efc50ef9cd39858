//! The timer: the only loop that moves a session on.
//!
//! It waits in one place, for the deadline, a change of the journal, a signal or a complaint; folds the journal;
//! writes what is due, and then tells the person. It never draws. Its standard input is the seat; its standard
//! output is the pipe on which it reports that it is ready.

mod open_viewers;
mod sleep_inhibit;

use crate::{
    alert::{AlertConfig, Notifier},
    clock::{self, DeadlineTimer},
    error::{Error, Result},
    journal::{FolderWatch, Journal, JournalState, LockedJournal, PendingSync, TimerLease, this_process},
    session::{Alert, Entry, Event, Milestones, ProcessId, Session, State, Untimed},
};
use open_viewers::OpenViewers;
use rustix::stdio;
use signal_hook::{
    consts::{SIGHUP, SIGTERM},
    flag,
    low_level::pipe,
};
use sleep_inhibit::SleepInhibitor;
use std::{
    fs::{File, OpenOptions},
    io::{self, PipeReader, Read, Write},
    os::fd::AsFd,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long a new timer may take to report.
const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long another process may hold the lock: an alarm cannot wait for it.
const LOCK_TIMEOUT: Duration = Duration::from_millis(50);
/// How long until what could not be written is tried again, after a busy lock and after a refusal of the disk.
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(200);
const DISK_RETRY_DELAY: Duration = Duration::from_secs(5);
/// How long until it is tried again to record the session: well within the five seconds that `stop` waits for that.
const RETRY_RECORD_AFTER: Duration = Duration::from_secs(2);
/// How long a journal may be away before it counts as removed.
const MISSING_JOURNAL_DELAY: Duration = Duration::from_secs(1);
/// How often to look, where the system has no watch left to give.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Starts a timer with `command` and hands it the seat. Returns when it has reported.
///
/// # Errors
/// It could not be started, or did not report in time; then it is dead, and the seat is the caller's.
pub(crate) fn spawn(mut command: Command, seat: &TimerLease) -> Result<()> {
    let failed = |why: io::Error| Error::system("start the timer", &why);
    let (ready, report) = io::pipe().map_err(failed)?;
    command.stdin(seat.to_stdin()?).stdout(report).stderr(Stdio::null()).current_dir("/");
    let mut child = command.spawn().map_err(failed)?;
    drop(command); // its end of the pipe
    if wait_until_ready(ready, &mut child).map_err(failed)? {
        return Ok(());
    }
    // It must not come late.
    let _ = child.kill();
    let _ = child.wait();
    Err(Error::failed("the timer did not start")
        .with_hint("try again; if it fails again, restart the computer"))
}

fn wait_until_ready(mut ready: PipeReader, child: &mut Child) -> io::Result<bool> {
    let alarm = DeadlineTimer::new()?;
    let end = clock::now().plus(READY_TIMEOUT);
    while clock::now().boottime < end.boottime {
        if alarm.wait_for_deadline_or_input(Some(end.boottime), &[ready.as_fd()])[0] {
            return Ok(ready.read(&mut [0; 8])? > 0);
        }
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Times the session in `journal` to its end. What `easeback start` runs in a process of its own.
///
/// # Errors
/// It was not started with the seat, or the journal cannot be used.
pub(crate) fn run(journal: &Journal, ways: &AlertConfig) -> Result<()> {
    let seat = TimerLease::from_stdin(journal).map_err(timer_error)?;
    let seat = seat.ok_or_else(|| Error::failed("the timer is started by `easeback start`"))?;
    let (signals, report) = detach_from_terminal().map_err(timer_error)?;
    let watch = journal.watch_folder();
    let held = journal.lock()?;
    // Whoever has the seat times it, whichever computer began it.
    let session = held.replay()?.treat_as_ours_if_untimed(true).into_own_session()?;
    let session = session.ok_or_else(|| Error::failed("no session to time"))?;
    let goes_on = session.timer_pid().is_some();
    let ProcessId { pid, namespace } = this_process();
    held.append(&[Entry { at: clock::now(), event: Event::TimerStarted { pid, namespace } }])?.sync()?;
    drop(held);
    let teller = Notifier::new(&session.header().settings, ways).map_err(timer_error)?;
    let alarm = DeadlineTimer::new().map_err(timer_error)?;
    if goes_on && !session.is_over() {
        teller.speak_if_free(session.spoken_timer_restart());
    }
    // Whoever asked may be gone: the session goes on all the same.
    let _ = File::from(report).write_all(b"ready\n");
    TimerLoop {
        journal,
        lease: Some(seat),
        folder_watch: watch,
        alert_config: ways,
        notifier: teller,
        deadline_timer: alarm,
        sleep_inhibitor: SleepInhibitor::default(),
        sigterm_pipe: signals,
        session,
        unwritten_entries: Vec::new(),
        retry_write_at: None,
        retry_record_at: None,
        last_warning: None,
        is_history_current: false,
        viewers: OpenViewers::default(),
        milestones: Milestones::default(),
        last_alert: None,
        repeats_handled: None,
    }
    .run()
}

/// Leaves the terminal and its signals behind. Gives the pipe that SIGTERM writes to, and the one to report on.
fn detach_from_terminal() -> io::Result<(PipeReader, std::os::fd::OwnedFd)> {
    // Fails only where there is nothing to leave.
    let _ = rustix::process::setsid();
    let (signals, signalled) = io::pipe()?;
    pipe::register(SIGTERM, signalled)?;
    flag::register(SIGHUP, std::sync::Arc::default())?; // a handler that does nothing
    let report = rustix::io::fcntl_dupfd_cloexec(io::stdout().as_fd(), 3)?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    stdio::dup2_stdin(&null)?;
    stdio::dup2_stdout(&null)?;
    stdio::dup2_stderr(&null)?;
    Ok((signals, report))
}

fn timer_error(why: io::Error) -> Error {
    Error::system("start the timer", &why)
}

struct TimerLoop<'a> {
    journal: &'a Journal,
    lease: Option<TimerLease>,
    folder_watch: FolderWatch,
    alert_config: &'a AlertConfig,
    notifier: Notifier,
    deadline_timer: DeadlineTimer,
    sleep_inhibitor: SleepInhibitor,
    sigterm_pipe: PipeReader,
    /// The session as last seen, with what could not be written yet.
    session: Session,
    /// What is so, but could not be written: a full disk mutes no alarm.
    unwritten_entries: Vec<Entry>,
    /// Not before this moment of `CLOCK_BOOTTIME` is it tried again.
    retry_write_at: Option<Duration>,
    /// Not before this moment is it tried again to record the session: a try that fails may change the file, and
    /// so wake the timer.
    retry_record_at: Option<Duration>,
    /// What was complained of last.
    last_warning: Option<String>,
    /// Whether the record of the session, as it was when it was settled last, is in the history.
    is_history_current: bool,
    viewers: OpenViewers,
    /// What was spoken of the time.
    milestones: Milestones,
    /// What was told last.
    last_alert: Option<Alert>,
    /// How often something was to be heard again, at the last look.
    repeats_handled: Option<u32>,
}

impl TimerLoop<'_> {
    fn run(mut self) -> Result<()> {
        let done = self.run_until_closed();
        // Nobody waits for them: the seat is free.
        drop(self.lease.take());
        self.notifier.wait_for_hooks();
        done
    }

    fn run_until_closed(&mut self) -> Result<()> {
        loop {
            self.folder_watch.drain_events();
            if !self.process_due_work() {
                // An editor that saves hides the file for a moment.
                self.deadline_timer
                    .wait_for_deadline_or_input(Some(clock::now().plus(MISSING_JOURNAL_DELAY).boottime), &[]);
                if !self.process_due_work() {
                    return self.handle_removed_journal();
                }
            }
            if self.ensure_recorded() && self.can_close() {
                if self.close_session()? {
                    return Ok(());
                }
            } else if self.wait_for_wakeup() {
                return self.handle_sigterm();
            }
        }
    }

    /// Folds, writes, tells, flushes. Says whether there is still a session.
    fn process_due_work(&mut self) -> bool {
        let now = clock::now();
        for again in [&mut self.retry_write_at, &mut self.retry_record_at] {
            again.take_if(|again| *again <= now.boottime);
        }
        let journal = self.journal;
        let held = journal.lock_with_timeout(LOCK_TIMEOUT).ok();
        if !self.replay_journal() {
            return false;
        }
        let lines = self.session.automatic_entries(&now);
        self.apply_entries(&lines);
        let written = self.append_unwritten(held.as_ref());
        drop(held);
        for line in &lines {
            if let Event::AlertSent { alert } = line.event {
                self.last_alert = Some(alert);
                self.milestones.note_alert();
                self.notifier.announce(&self.session.announcement(alert, &now));
            }
        }
        if let Some(Err(why)) = written.map(PendingSync::sync) {
            self.warn_once(&why);
        }
        // An overdue phase has not ended: whoever sleeps cannot be told.
        let snapshot = self.session.snapshot(&now);
        let repeats = self.session.repeat_requests();
        if self.repeats_handled.replace(repeats).is_some_and(|before| before < repeats)
            && let Some(alert) = self.last_alert
        {
            self.notifier.repeat_spoken(&self.session.announcement(alert, &now));
        }
        if let Some(left) = self.milestones.collect_reached(&self.session, &snapshot, &now).last() {
            self.notifier.speak_if_free(self.session.spoken_time_left(*left));
        }
        self.notifier
            .set_breathing(snapshot.breath_to_speak().map(|pace| (self.session.current_phase_index(), pace)));
        let state = snapshot.state;
        self.sleep_inhibitor.set_active(!matches!(state, State::Paused | State::Ended | State::CutOff));
        true
    }

    /// Folds the journal anew; false if it is gone. A file that cannot be read for once changes nothing.
    fn replay_journal(&mut self) -> bool {
        match self.journal.replay().map(|found| found.treat_as_ours_if_untimed(true)) {
            Ok(JournalState::Session(session)) if session.header().id == self.session.header().id => {
                self.session = *session;
                self.viewers.add_pids(self.session.viewer_pids());
                self.unwritten_entries.iter().for_each(|line| self.session.apply(line));
                true
            }
            Ok(_) => false,
            Err(_) => {
                // One that has closed since would wake the timer for ever.
                self.viewers.add_pids(std::iter::empty());
                true
            }
        }
    }

    fn apply_entries(&mut self, lines: &[Entry]) {
        lines.iter().for_each(|line| self.session.apply(line));
        self.unwritten_entries.extend_from_slice(lines);
    }

    fn append_unwritten(&mut self, held: Option<&LockedJournal>) -> Option<PendingSync> {
        if self.unwritten_entries.is_empty() || self.retry_write_at.is_some() {
            return None;
        }
        let now = clock::now().boottime;
        let Some(held) = held else {
            self.retry_write_at = Some(now + LOCK_RETRY_DELAY);
            return None;
        };
        match held.append(&self.unwritten_entries) {
            Ok(written) => {
                self.unwritten_entries.clear();
                Some(written)
            }
            Err(why) => {
                self.retry_write_at = Some(now + DISK_RETRY_DELAY);
                self.warn_once(&why);
                None
            }
        }
    }

    /// Complains in the journal, where viewers see it, as soon as that can be written.
    fn warn_once(&mut self, why: &Error) {
        let text = why.to_string();
        if self.last_warning.as_ref() != Some(&text) {
            self.last_warning = Some(text.clone());
            let fact = Event::Warning { text };
            self.apply_entries(&[Entry { at: clock::now(), event: fact }]);
        }
    }

    /// Waits for whatever comes first. True if the timer is told to go.
    fn wait_for_wakeup(&mut self) -> bool {
        let now = clock::now().boottime;
        let look = self.folder_watch.fd().is_none().then_some(now + POLL_INTERVAL);
        let deadline = self.session.deadline().map(|at| at.boottime);
        let milestone = self.time_until_milestone().map(|left| now + left);
        let until = [deadline, milestone, self.retry_write_at, self.retry_record_at, look]
            .into_iter()
            .flatten()
            .min();
        let mut sources = vec![self.sigterm_pipe.as_fd()];
        sources.extend(self.folder_watch.fd());
        sources.extend(self.notifier.fds());
        sources.extend(self.viewers.fds().filter(|_| self.session.is_over()));
        let told_to_go = self.deadline_timer.wait_for_deadline_or_input(until, &sources)[0];
        self.record_warnings();
        self.handle_buttons();
        told_to_go
    }

    /// How long until there is something to speak of the time, where somebody speaks.
    fn time_until_milestone(&self) -> Option<Duration> {
        let until_next = || Milestones::time_until_next(&self.session, &self.session.snapshot(&clock::now()));
        self.notifier.has_voice().then(until_next).flatten()
    }

    /// A button says to the session what a command would.
    fn handle_buttons(&mut self) {
        let pressed = self.notifier.drain_pressed_buttons();
        if pressed.is_empty() {
            return;
        }
        let journal = self.journal;
        let held = journal.lock_with_timeout(LOCK_TIMEOUT).ok();
        if !self.replay_journal() {
            return;
        }
        for button in pressed {
            let (_, lines) = self.session.handle(self.session.command_for_button(button), &clock::now());
            self.apply_entries(&lines);
        }
        if let Some(Err(why)) = self.append_unwritten(held.as_ref()).map(PendingSync::sync) {
            self.warn_once(&why);
        }
    }

    fn record_warnings(&mut self) {
        let facts: Vec<Event> =
            self.notifier.drain_warnings().into_iter().map(|text| Event::Warning { text }).collect();
        if !facts.is_empty() {
            // What cannot be written now is kept and tried again.
            let _ = self.append_events(facts);
        }
    }

    fn append_events(&mut self, facts: Vec<Event>) -> Result<()> {
        self.apply_entries(&Entry::from_events(&clock::now(), facts));
        let journal = self.journal;
        let held = journal.lock_with_timeout(LOCK_TIMEOUT).ok();
        self.append_unwritten(held.as_ref()).map_or(Ok(()), PendingSync::sync)
    }

    /// Whether the session is over and stands in the history as it is now. If not, that is tried, and tried again
    /// for as long as it takes.
    fn ensure_recorded(&mut self) -> bool {
        if !self.session.is_over() || !self.unwritten_entries.is_empty() {
            return false;
        }
        if !self.is_recorded()
            && self.retry_record_at.is_none()
            && let Err(why) = self.record_session()
        {
            self.retry_record_at = Some(clock::now().boottime + RETRY_RECORD_AFTER);
            self.warn_once(&why);
            // What cannot be written now is kept and tried again.
            let _ = self.append_events(Vec::new());
        }
        self.is_recorded()
    }

    fn is_recorded(&self) -> bool {
        self.is_history_current && (self.session.is_settled() || self.session.is_rehearsal())
    }

    fn record_session(&mut self) -> Result<()> {
        let Ok(held) = self.journal.lock_with_timeout(LOCK_TIMEOUT) else {
            // Somebody is busy with it, which is no failure.
            self.retry_record_at = Some(clock::now().boottime + LOCK_RETRY_DELAY);
            return Ok(());
        };
        // What was written in the meantime counts: it may go on.
        if self.replay_journal() && self.session.is_over() {
            if let Some(record) = held.write_record(&self.session, &clock::now())? {
                // For those who look on. Where it cannot be written, they may still see it in the history.
                let fact = Event::Recorded { record_at: record.at };
                let _ = held.append(&[Entry { at: clock::now(), event: fact }]);
            }
            self.is_history_current = true;
            self.replay_journal();
        }
        Ok(())
    }

    fn can_close(&self) -> bool {
        self.session.can_remove_journal(&clock::now(), self.viewers.is_any_open())
    }

    /// The last message goes out, the journal goes, the seat is free; false if there is more to do after all.
    fn close_session(&mut self) -> Result<bool> {
        self.notifier.finish_channels();
        self.record_warnings();
        let held = self.journal.lock()?;
        // One that is gone, or another's, is nothing to remove.
        if self.replay_journal() {
            if !(self.is_recorded() && self.can_close()) {
                self.notifier =
                    Notifier::new(&self.session.header().settings, self.alert_config).map_err(timer_error)?;
                return Ok(false);
            }
            held.remove()?;
        }
        // Under the lock, so that whoever finds no journal finds the seat free.
        drop(self.lease.take());
        Ok(true)
    }

    /// Told to go: the session is cut off from now on, and known until now.
    fn handle_sigterm(&mut self) -> Result<()> {
        self.append_events(vec![Event::TimerTerminated])?;
        if self.session.is_over() {
            self.notifier.finish_channels();
        } else {
            self.announce_untimed(Untimed::TimerKilled);
        }
        Ok(())
    }

    /// Somebody removed the journal. What it held is recorded as far as it is remembered.
    fn handle_removed_journal(&mut self) -> Result<()> {
        if self.session.is_over() {
            self.notifier.finish_channels();
        } else {
            self.announce_untimed(Untimed::JournalRemoved);
        }
        // The folder may be gone too; the log has a lock of its own.
        let held = self.journal.lock();
        if !self.session.is_rehearsal() && !self.is_recorded() {
            self.journal.finalize_without_file(&self.session, &clock::now())?;
        }
        drop(self.lease.take());
        drop(held);
        Ok(())
    }

    /// Nobody may lie on a pack and believe that it is timed.
    fn announce_untimed(&mut self, lost: Untimed) {
        self.notifier.announce(&self.session.untimed_announcement(lost, &clock::now()));
        self.notifier.finish_channels();
    }
}
