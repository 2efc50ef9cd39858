//! The timer: the only loop that advances a session.
//!
//! It waits in one place for a deadline, a change of the journal, a signal, a button or a warning. Then it replays the
//! journal, writes what is due, and alerts the person. It never draws. Its standard input is the lease; its standard
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

/// How long a new timer may take to report that it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait for another process to release the lock: an alarm cannot wait longer.
const LOCK_TIMEOUT: Duration = Duration::from_millis(50);
/// How long to wait before writing again after the lock was busy, and after the disk refused.
const LOCK_RETRY_DELAY: Duration = Duration::from_millis(200);
const DISK_RETRY_DELAY: Duration = Duration::from_secs(5);
/// How long to wait before recording the session again; well within the five seconds that `stop` waits for it.
const RETRY_RECORD_AFTER: Duration = Duration::from_secs(2);
/// How long a journal may be missing before it counts as removed.
const MISSING_JOURNAL_DELAY: Duration = Duration::from_secs(1);
/// How often to poll the journal if the system has no watch left.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Starts a timer with `command` and passes it the lease. Returns when it has reported.
///
/// # Errors
/// It could not be started, or did not report in time; then it has ended, and the caller keeps the lease.
pub(crate) fn spawn(mut command: Command, lease: &TimerLease) -> Result<()> {
    let spawn_error = |error: io::Error| Error::system("start the timer", &error);
    let (ready_reader, ready_writer) = io::pipe().map_err(spawn_error)?;
    command.stdin(lease.to_stdin()?).stdout(ready_writer).stderr(Stdio::null()).current_dir("/");
    let mut child = command.spawn().map_err(spawn_error)?;
    drop(command); // closes its end of the pipe
    if wait_until_ready(ready_reader, &mut child).map_err(spawn_error)? {
        return Ok(());
    }
    // The timer must not start late.
    let _ = child.kill();
    let _ = child.wait();
    Err(Error::failed("the timer did not start")
        .with_hint("try again; if it fails again, restart the computer"))
}

fn wait_until_ready(mut ready_reader: PipeReader, child: &mut Child) -> io::Result<bool> {
    let timer = DeadlineTimer::new()?;
    let deadline = clock::now().plus(READY_TIMEOUT);
    while clock::now().boottime < deadline.boottime {
        if timer.wait_for_deadline_or_input(Some(deadline.boottime), &[ready_reader.as_fd()])[0] {
            return Ok(ready_reader.read(&mut [0; 8])? > 0);
        }
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
    }
    Ok(false)
}

/// Times the session in `journal` to its end. `easeback start` runs this in a process of its own.
///
/// # Errors
/// It was not started with the lease, or the journal cannot be used.
pub(crate) fn run(journal: &Journal, alert_config: &AlertConfig) -> Result<()> {
    let lease = TimerLease::from_stdin(journal).map_err(timer_error)?;
    let lease = lease.ok_or_else(|| Error::failed("the timer is started by `easeback start`"))?;
    let (sigterm_pipe, ready_writer) = detach_from_terminal().map_err(timer_error)?;
    let folder_watch = journal.watch_folder();
    let locked = journal.lock()?;
    // The holder of the lease times it, even a session that another computer started.
    let session = locked.replay()?.treat_as_ours_if_untimed(true).into_own_session()?;
    let session = session.ok_or_else(|| Error::failed("no session to time"))?;
    let is_restart = session.timer_pid().is_some();
    let ProcessId { pid, namespace } = this_process();
    locked.append(&[Entry { at: clock::now(), event: Event::TimerStarted { pid, namespace } }])?.sync()?;
    drop(locked);
    let notifier = Notifier::new(&session.header().settings, alert_config).map_err(timer_error)?;
    let deadline_timer = DeadlineTimer::new().map_err(timer_error)?;
    if is_restart && !session.is_over() {
        notifier.speak_if_free(session.spoken_timer_restart());
    }
    // The process that started the timer may have ended: the session continues all the same.
    let _ = File::from(ready_writer).write_all(b"ready\n");
    TimerLoop {
        journal,
        lease: Some(lease),
        folder_watch,
        alert_config,
        notifier,
        deadline_timer,
        sleep_inhibitor: SleepInhibitor::default(),
        sigterm_pipe,
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

/// Detaches from the terminal and its signals. Returns the pipe that SIGTERM writes to, and the pipe to report on.
fn detach_from_terminal() -> io::Result<(PipeReader, std::os::fd::OwnedFd)> {
    // Fails only if there is nothing to detach from.
    let _ = rustix::process::setsid();
    let (sigterm_reader, sigterm_writer) = io::pipe()?;
    pipe::register(SIGTERM, sigterm_writer)?;
    flag::register(SIGHUP, std::sync::Arc::default())?; // a handler that does nothing
    let ready_writer = rustix::io::fcntl_dupfd_cloexec(io::stdout().as_fd(), 3)?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    stdio::dup2_stdin(&null)?;
    stdio::dup2_stdout(&null)?;
    stdio::dup2_stderr(&null)?;
    Ok((sigterm_reader, ready_writer))
}

fn timer_error(error: io::Error) -> Error {
    Error::system("start the timer", &error)
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
    /// The session as last replayed, with the entries that are not written yet.
    session: Session,
    /// Entries that apply but are not written yet: a full disk must not silence an alarm.
    unwritten_entries: Vec<Entry>,
    /// When to try writing again, on `CLOCK_BOOTTIME`.
    retry_write_at: Option<Duration>,
    /// When to try recording the session again, on `CLOCK_BOOTTIME`: a failed attempt may change the file, and so wake
    /// the timer.
    retry_record_at: Option<Duration>,
    /// The last warning that was written, to avoid repeating it.
    last_warning: Option<String>,
    /// Whether the history has the record of the session as last finalized.
    is_history_current: bool,
    viewers: OpenViewers,
    /// The milestones that were spoken.
    milestones: Milestones,
    /// The last alert that was sent.
    last_alert: Option<Alert>,
    /// The number of repeat requests that were handled.
    repeats_handled: Option<u32>,
}

impl TimerLoop<'_> {
    fn run(mut self) -> Result<()> {
        let result = self.run_until_closed();
        // Hooks may take longer: nobody waits for them once the lease is free.
        drop(self.lease.take());
        self.notifier.wait_for_hooks();
        result
    }

    fn run_until_closed(&mut self) -> Result<()> {
        loop {
            self.folder_watch.drain_events();
            if !self.process_due_work() {
                // An editor that saves the file hides it for a moment.
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

    /// Replays the journal, writes what is due, alerts, then flushes. Returns whether there still is a session.
    fn process_due_work(&mut self) -> bool {
        let now = clock::now();
        for retry_at in [&mut self.retry_write_at, &mut self.retry_record_at] {
            retry_at.take_if(|at| *at <= now.boottime);
        }
        let journal = self.journal;
        let locked = journal.lock_with_timeout(LOCK_TIMEOUT).ok();
        if !self.replay_journal() {
            return false;
        }
        let entries = self.session.automatic_entries(&now);
        self.apply_entries(&entries);
        let pending_sync = self.append_unwritten(locked.as_ref());
        drop(locked);
        for entry in &entries {
            if let Event::AlertSent { alert } = entry.event {
                self.last_alert = Some(alert);
                self.milestones.note_alert();
                self.notifier.announce(&self.session.announcement(alert, &now));
            }
        }
        if let Some(Err(error)) = pending_sync.map(PendingSync::sync) {
            self.warn_once(&error);
        }
        let snapshot = self.session.snapshot(&now);
        let repeats = self.session.alert_repeat_requests();
        if self.repeats_handled.replace(repeats).is_some_and(|handled| handled < repeats)
            && let Some(alert) = self.last_alert
        {
            self.notifier.repeat_spoken(&self.session.announcement(alert, &now));
        }
        if let Some(time_left) = self.milestones.collect_reached(&self.session, &snapshot, &now).last() {
            self.notifier.speak_if_free(self.session.spoken_time_left(*time_left));
        }
        self.notifier.set_breathing(
            snapshot.breath_to_speak().map(|breath| (self.session.current_phase_index(), breath)),
        );
        // Awake also while a phase is overdue: a sleeping computer cannot alert.
        let state = snapshot.state;
        self.sleep_inhibitor.set_active(!matches!(state, State::Paused | State::Ended | State::CutOff));
        true
    }

    /// Replays the journal; returns false if it is gone. If the file cannot be read this time, nothing changes.
    fn replay_journal(&mut self) -> bool {
        match self.journal.replay().map(|state| state.treat_as_ours_if_untimed(true)) {
            Ok(JournalState::Session(session)) if session.header().id == self.session.header().id => {
                self.session = *session;
                self.viewers.add_pids(self.session.viewer_pids());
                for entry in &self.unwritten_entries {
                    self.session.apply(entry);
                }
                true
            }
            Ok(_) => false,
            Err(_) => {
                // A viewer that has closed since would wake the timer again and again.
                self.viewers.add_pids(std::iter::empty());
                true
            }
        }
    }

    fn apply_entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.session.apply(entry);
        }
        self.unwritten_entries.extend_from_slice(entries);
    }

    fn append_unwritten(&mut self, locked: Option<&LockedJournal>) -> Option<PendingSync> {
        if self.unwritten_entries.is_empty() || self.retry_write_at.is_some() {
            return None;
        }
        let now = clock::now().boottime;
        let Some(locked) = locked else {
            self.retry_write_at = Some(now + LOCK_RETRY_DELAY);
            return None;
        };
        match locked.append(&self.unwritten_entries) {
            Ok(pending_sync) => {
                self.unwritten_entries.clear();
                Some(pending_sync)
            }
            Err(error) => {
                self.retry_write_at = Some(now + DISK_RETRY_DELAY);
                self.warn_once(&error);
                None
            }
        }
    }

    /// Writes a warning to the journal, where viewers see it, as soon as that is possible.
    fn warn_once(&mut self, error: &Error) {
        let text = error.to_string();
        if self.last_warning.as_ref() != Some(&text) {
            self.last_warning = Some(text.clone());
            let event = Event::Warning { text };
            self.apply_entries(&[Entry { at: clock::now(), event }]);
        }
    }

    /// Waits for whatever comes first. Returns true on SIGTERM.
    fn wait_for_wakeup(&mut self) -> bool {
        let now = clock::now().boottime;
        let next_poll = self.folder_watch.fd().is_none().then_some(now + POLL_INTERVAL);
        let deadline = self.session.deadline().map(|at| at.boottime);
        let milestone = self.time_until_milestone().map(|time_left| now + time_left);
        let wake_at = [deadline, milestone, self.retry_write_at, self.retry_record_at, next_poll]
            .into_iter()
            .flatten()
            .min();
        let mut inputs = vec![self.sigterm_pipe.as_fd()];
        inputs.extend(self.folder_watch.fd());
        inputs.extend(self.notifier.fds());
        inputs.extend(self.viewers.fds().filter(|_| self.session.is_over()));
        let is_terminated = self.deadline_timer.wait_for_deadline_or_input(wake_at, &inputs)[0];
        self.record_warnings();
        self.handle_buttons();
        is_terminated
    }

    /// How long until the next spoken milestone, if there is a voice.
    fn time_until_milestone(&self) -> Option<Duration> {
        let until_next = || Milestones::time_until_next(&self.session, &self.session.snapshot(&clock::now()));
        self.notifier.has_voice().then(until_next).flatten()
    }

    /// Handles pressed buttons like the commands that they stand for.
    fn handle_buttons(&mut self) {
        let pressed = self.notifier.drain_pressed_buttons();
        if pressed.is_empty() {
            return;
        }
        let journal = self.journal;
        let locked = journal.lock_with_timeout(LOCK_TIMEOUT).ok();
        if !self.replay_journal() {
            return;
        }
        for button in pressed {
            let (_, entries) = self.session.handle(self.session.command_for_button(button), &clock::now());
            self.apply_entries(&entries);
        }
        if let Some(Err(error)) = self.append_unwritten(locked.as_ref()).map(PendingSync::sync) {
            self.warn_once(&error);
        }
    }

    fn record_warnings(&mut self) {
        let warnings: Vec<Event> =
            self.notifier.drain_warnings().into_iter().map(|text| Event::Warning { text }).collect();
        if !warnings.is_empty() {
            // Entries that cannot be written now are kept and tried again.
            let _ = self.append_events(warnings);
        }
    }

    fn append_events(&mut self, events: Vec<Event>) -> Result<()> {
        self.apply_entries(&Entry::from_events(&clock::now(), events));
        let journal = self.journal;
        let locked = journal.lock_with_timeout(LOCK_TIMEOUT).ok();
        self.append_unwritten(locked.as_ref()).map_or(Ok(()), PendingSync::sync)
    }

    /// Whether the session is over and recorded in the history as it is now. If not, records it, and retries as long as
    /// it takes.
    fn ensure_recorded(&mut self) -> bool {
        if !self.session.is_over() || !self.unwritten_entries.is_empty() {
            return false;
        }
        if !self.is_recorded()
            && self.retry_record_at.is_none()
            && let Err(error) = self.record_session()
        {
            self.retry_record_at = Some(clock::now().boottime + RETRY_RECORD_AFTER);
            self.warn_once(&error);
            // Entries that cannot be written now are kept and tried again.
            let _ = self.append_events(Vec::new());
        }
        self.is_recorded()
    }

    fn is_recorded(&self) -> bool {
        self.is_history_current && (self.session.is_finalized() || self.session.is_rehearsal())
    }

    fn record_session(&mut self) -> Result<()> {
        let Ok(locked) = self.journal.lock_with_timeout(LOCK_TIMEOUT) else {
            // A busy lock is not a failure.
            self.retry_record_at = Some(clock::now().boottime + LOCK_RETRY_DELAY);
            return Ok(());
        };
        // The session may have been continued in the meantime.
        if self.replay_journal() && self.session.is_over() {
            if let Some(record) = locked.write_record(&self.session, &clock::now())? {
                // For viewers. If it cannot be written, they may still find it in the history.
                let event = Event::Recorded { record_at: record.at };
                let _ = locked.append(&[Entry { at: clock::now(), event }]);
            }
            self.is_history_current = true;
            self.replay_journal();
        }
        Ok(())
    }

    fn can_close(&self) -> bool {
        self.session.can_remove_journal(&clock::now(), self.viewers.is_any_open())
    }

    /// Sends the last messages, removes the journal and releases the lease; returns false if there is more to do after
    /// all.
    fn close_session(&mut self) -> Result<bool> {
        self.notifier.finish_channels();
        self.record_warnings();
        let locked = self.journal.lock()?;
        // A journal that is gone, or another session's, must not be removed.
        if self.replay_journal() {
            if !(self.is_recorded() && self.can_close()) {
                self.notifier =
                    Notifier::new(&self.session.header().settings, self.alert_config).map_err(timer_error)?;
                return Ok(false);
            }
            locked.remove()?;
        }
        // Under the lock, so that a process that finds no journal finds the lease free.
        drop(self.lease.take());
        Ok(true)
    }

    /// Handles SIGTERM: the session is interrupted from now on, and its time is known until now.
    fn handle_sigterm(&mut self) -> Result<()> {
        self.append_events(vec![Event::TimerTerminated])?;
        if self.session.is_over() {
            self.notifier.finish_channels();
        } else {
            self.announce_untimed(Untimed::TimerKilled);
        }
        Ok(())
    }

    /// Handles a removed journal: records what it contained, from the timer's copy.
    fn handle_removed_journal(&mut self) -> Result<()> {
        if self.session.is_over() {
            self.notifier.finish_channels();
        } else {
            self.announce_untimed(Untimed::JournalRemoved);
        }
        // The folder may be gone too; the history has a lock of its own.
        let locked = self.journal.lock();
        if !self.session.is_rehearsal() && !self.is_recorded() {
            self.journal.finalize_without_file(&self.session, &clock::now())?;
        }
        drop(self.lease.take());
        drop(locked);
        Ok(())
    }

    /// Warns that nobody times the session: nobody may lie on a pack and believe that it is timed.
    fn announce_untimed(&mut self, reason: Untimed) {
        self.notifier.announce(&self.session.untimed_announcement(reason, &clock::now()));
        self.notifier.finish_channels();
    }
}
