//! The timer: the only loop that moves a session on.
//!
//! It waits in one place, for the deadline, a change of the journal, a signal or a complaint; folds the journal;
//! writes what is due, and then tells the person. It never draws. Its standard input is the seat; its standard
//! output is the pipe on which it reports that it is ready.

mod awake;
mod viewers;

use crate::{
    alert::{Teller, Ways},
    clock::{self, Alarm},
    error::{Error, Result},
    journal::{Found, Held, Journal, Seat, Watch, Written, this_process},
    session::{Alert, Fact, Line, Lost, Milestones, Process, Session, State},
};
use awake::Awake;
use rustix::stdio;
use signal_hook::{
    consts::{SIGHUP, SIGTERM},
    flag,
    low_level::pipe,
};
use std::{
    fs::{File, OpenOptions},
    io::{self, PipeReader, Read, Write},
    os::fd::AsFd,
    process::{Child, Command, Stdio},
    time::Duration,
};
use viewers::Viewers;

/// How long a new timer may take to report.
const READY: Duration = Duration::from_secs(2);
/// How long another process may hold the lock: an alarm cannot wait for it.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long until what could not be written is tried again, after a busy lock and after a refusal of the disk.
const RETRY_LOCK: Duration = Duration::from_millis(200);
const RETRY_DISK: Duration = Duration::from_secs(5);
/// How long until it is tried again to record the session: well within the five seconds that `stop` waits for that.
const RETRY_RECORD: Duration = Duration::from_secs(2);
/// How long a journal may be away before it counts as removed.
const SECOND_LOOK: Duration = Duration::from_secs(1);
/// How often to look, where the system has no watch left to give.
const BLIND: Duration = Duration::from_millis(500);

/// Starts a timer with `command` and hands it the seat. Returns when it has reported.
///
/// # Errors
/// It could not be started, or did not report in time; then it is dead, and the seat is the caller's.
pub fn spawn(mut command: Command, seat: &Seat) -> Result<()> {
    let failed = |why: io::Error| Error::system("start the timer", &why);
    let (ready, report) = io::pipe().map_err(failed)?;
    command.stdin(seat.to_stdin()?).stdout(report).stderr(Stdio::null()).current_dir("/");
    let mut child = command.spawn().map_err(failed)?;
    drop(command); // its end of the pipe
    if reported(ready, &mut child).map_err(failed)? {
        return Ok(());
    }
    // It must not come late.
    let _ = child.kill();
    let _ = child.wait();
    Err(Error::failed("the timer did not start").hint("try again; if it fails again, restart the computer"))
}

fn reported(mut ready: PipeReader, child: &mut Child) -> io::Result<bool> {
    let alarm = Alarm::new()?;
    let end = clock::now().plus(READY);
    while clock::now().boottime < end.boottime {
        if alarm.wait(Some(end.boottime), &[ready.as_fd()])[0] {
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
pub fn run(journal: &Journal, ways: &Ways) -> Result<()> {
    let seat = Seat::from_stdin(journal).map_err(failed)?;
    let seat = seat.ok_or_else(|| Error::failed("the timer is started by `easeback start`"))?;
    let (signals, report) = detach().map_err(failed)?;
    let watch = journal.watch();
    let held = journal.lock()?;
    // Whoever has the seat times it, whichever computer began it.
    let session = held.read()?.take_over_if(true).ours()?;
    let session = session.ok_or_else(|| Error::failed("no session to time"))?;
    let goes_on = session.timer().is_some();
    let Process { pid, namespace } = this_process();
    held.append(&[Line { at: clock::now(), fact: Fact::Timer { pid, namespace } }])?.flush()?;
    drop(held);
    let teller = Teller::new(&session.begun().settings, ways).map_err(failed)?;
    let alarm = Alarm::new().map_err(failed)?;
    if goes_on && !session.is_over() {
        teller.speak(session.timed_again_aloud());
    }
    // Whoever asked may be gone: the session goes on all the same.
    let _ = File::from(report).write_all(b"ready\n");
    Timer {
        journal,
        seat: Some(seat),
        watch,
        ways,
        teller,
        alarm,
        awake: Awake::default(),
        signals,
        session,
        unwritten: Vec::new(),
        retry: None,
        look_again: None,
        complained: None,
        recorded: false,
        viewers: Viewers::default(),
        milestones: Milestones::default(),
        told: None,
        repeats: None,
    }
    .drive()
}

/// Leaves the terminal and its signals behind. Gives the pipe that SIGTERM writes to, and the one to report on.
fn detach() -> io::Result<(PipeReader, std::os::fd::OwnedFd)> {
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

fn failed(why: io::Error) -> Error {
    Error::system("start the timer", &why)
}

struct Timer<'a> {
    journal: &'a Journal,
    seat: Option<Seat>,
    watch: Watch,
    ways: &'a Ways,
    teller: Teller,
    alarm: Alarm,
    awake: Awake,
    signals: PipeReader,
    /// The session as last seen, with what could not be written yet.
    session: Session,
    /// What is so, but could not be written: a full disk mutes no alarm.
    unwritten: Vec<Line>,
    /// Not before this moment of `CLOCK_BOOTTIME` is it tried again.
    retry: Option<Duration>,
    /// Not before this moment is it tried again to record the session: a try that fails may change the file, and
    /// so wake the timer.
    look_again: Option<Duration>,
    /// What was complained of last.
    complained: Option<String>,
    /// Whether the record of the session, as it was when it was settled last, is in the history.
    recorded: bool,
    viewers: Viewers,
    /// What was spoken of the time.
    milestones: Milestones,
    /// What was told last.
    told: Option<Alert>,
    /// How often something was to be heard again, at the last look.
    repeats: Option<u32>,
}

impl Timer<'_> {
    fn drive(mut self) -> Result<()> {
        let done = self.time();
        // Nobody waits for them: the seat is free.
        drop(self.seat.take());
        self.teller.see_hooks_out();
        done
    }

    fn time(&mut self) -> Result<()> {
        loop {
            self.watch.drain();
            if !self.step() {
                // An editor that saves hides the file for a moment.
                self.alarm.wait(Some(clock::now().plus(SECOND_LOOK).boottime), &[]);
                if !self.step() {
                    return self.gone();
                }
            }
            if self.is_recorded() && self.may_close() {
                if self.close()? {
                    return Ok(());
                }
            } else if self.wait() {
                return self.leave();
            }
        }
    }

    /// Folds, writes, tells, flushes. Says whether there is still a session.
    fn step(&mut self) -> bool {
        let now = clock::now();
        for again in [&mut self.retry, &mut self.look_again] {
            again.take_if(|again| *again <= now.boottime);
        }
        let journal = self.journal;
        let held = journal.lock_within(PATIENCE).ok();
        if !self.fold() {
            return false;
        }
        let lines = self.session.tick(&now);
        self.take_in(&lines);
        let written = self.write_out(held.as_ref());
        drop(held);
        for line in &lines {
            if let Fact::Told { alert } = line.fact {
                self.told = Some(alert);
                self.milestones.tell();
                self.teller.tell(&self.session.telling(alert, &now));
            }
        }
        if let Some(Err(why)) = written.map(Written::flush) {
            self.complain_once(&why);
        }
        // An overdue phase has not ended: whoever sleeps cannot be told.
        let snapshot = self.session.snapshot(&now);
        let repeats = self.session.repeats();
        if self.repeats.replace(repeats).is_some_and(|before| before < repeats)
            && let Some(alert) = self.told
        {
            self.teller.repeat(&self.session.telling(alert, &now));
        }
        if let Some(left) = self.milestones.reached(&self.session, &snapshot, &now).last() {
            self.teller.speak(self.session.left_aloud(*left));
        }
        self.teller.breathe(snapshot.breath().map(|pace| (self.session.current(), pace)));
        let state = snapshot.state;
        self.awake.keep(!matches!(state, State::Paused | State::Ended | State::CutOff));
        true
    }

    /// Folds the journal anew; false if it is gone. A file that cannot be read for once changes nothing.
    fn fold(&mut self) -> bool {
        match self.journal.read().map(|found| found.take_over_if(true)) {
            Ok(Found::Session(session)) if session.begun().id == self.session.begun().id => {
                self.session = *session;
                self.viewers.note(self.session.viewers());
                self.unwritten.iter().for_each(|line| self.session.apply(line));
                true
            }
            Ok(_) => false,
            Err(_) => {
                // One that has closed since would wake the timer for ever.
                self.viewers.note(std::iter::empty());
                true
            }
        }
    }

    fn take_in(&mut self, lines: &[Line]) {
        lines.iter().for_each(|line| self.session.apply(line));
        self.unwritten.extend_from_slice(lines);
    }

    fn write_out(&mut self, held: Option<&Held>) -> Option<Written> {
        if self.unwritten.is_empty() || self.retry.is_some() {
            return None;
        }
        let now = clock::now().boottime;
        let Some(held) = held else {
            self.retry = Some(now + RETRY_LOCK);
            return None;
        };
        match held.append(&self.unwritten) {
            Ok(written) => {
                self.unwritten.clear();
                Some(written)
            }
            Err(why) => {
                self.retry = Some(now + RETRY_DISK);
                self.complain_once(&why);
                None
            }
        }
    }

    /// Complains in the journal, where viewers see it, as soon as that can be written.
    fn complain_once(&mut self, why: &Error) {
        let text = why.to_string();
        if self.complained.as_ref() != Some(&text) {
            self.complained = Some(text.clone());
            let fact = Fact::Complaint { text };
            self.take_in(&[Line { at: clock::now(), fact }]);
        }
    }

    /// Waits for whatever comes first. True if the timer is told to go.
    fn wait(&mut self) -> bool {
        let now = clock::now().boottime;
        let look = self.watch.source().is_none().then_some(now + BLIND);
        let deadline = self.session.deadline().map(|at| at.boottime);
        let milestone = self.until_milestone().map(|left| now + left);
        let until = [deadline, milestone, self.retry, self.look_again, look].into_iter().flatten().min();
        let mut sources = vec![self.signals.as_fd()];
        sources.extend(self.watch.source());
        sources.extend(self.teller.sources());
        sources.extend(self.viewers.sources().filter(|_| self.session.is_over()));
        let told_to_go = self.alarm.wait(until, &sources)[0];
        self.hear_complaints();
        self.hear_buttons();
        told_to_go
    }

    /// How long until there is something to speak of the time, where somebody speaks.
    fn until_milestone(&self) -> Option<Duration> {
        let until_next = || Milestones::until_next(&self.session, &self.session.snapshot(&clock::now()));
        self.teller.speaks().then(until_next).flatten()
    }

    /// A button says to the session what a command would.
    fn hear_buttons(&mut self) {
        let pressed = self.teller.pressed();
        if pressed.is_empty() {
            return;
        }
        let journal = self.journal;
        let held = journal.lock_within(PATIENCE).ok();
        if !self.fold() {
            return;
        }
        for button in pressed {
            let (_, lines) = self.session.handle(self.session.said_by(button), &clock::now());
            self.take_in(&lines);
        }
        if let Some(Err(why)) = self.write_out(held.as_ref()).map(Written::flush) {
            self.complain_once(&why);
        }
    }

    fn hear_complaints(&mut self) {
        let facts: Vec<Fact> =
            self.teller.complaints().into_iter().map(|text| Fact::Complaint { text }).collect();
        if !facts.is_empty() {
            // What cannot be written now is kept and tried again.
            let _ = self.write(facts);
        }
    }

    fn write(&mut self, facts: Vec<Fact>) -> Result<()> {
        self.take_in(&Line::all(&clock::now(), facts));
        let journal = self.journal;
        let held = journal.lock_within(PATIENCE).ok();
        self.write_out(held.as_ref()).map_or(Ok(()), Written::flush)
    }

    /// Whether the session is over and stands in the history as it is now. If not, that is tried, and tried again
    /// for as long as it takes.
    fn is_recorded(&mut self) -> bool {
        if !self.session.is_over() || !self.unwritten.is_empty() {
            return false;
        }
        if !self.stands_recorded()
            && self.look_again.is_none()
            && let Err(why) = self.record()
        {
            self.look_again = Some(clock::now().boottime + RETRY_RECORD);
            self.complain_once(&why);
            // What cannot be written now is kept and tried again.
            let _ = self.write(Vec::new());
        }
        self.stands_recorded()
    }

    fn stands_recorded(&self) -> bool {
        self.recorded && (self.session.is_settled() || self.session.is_rehearsal())
    }

    fn record(&mut self) -> Result<()> {
        let Ok(held) = self.journal.lock_within(PATIENCE) else {
            // Somebody is busy with it, which is no failure.
            self.look_again = Some(clock::now().boottime + RETRY_LOCK);
            return Ok(());
        };
        // What was written in the meantime counts: it may go on.
        if self.fold() && self.session.is_over() {
            if let Some(record) = held.record(&self.session, &clock::now())? {
                // For those who look on. Where it cannot be written, they may still see it in the history.
                let fact = Fact::Recorded { record_at: record.at };
                let _ = held.append(&[Line { at: clock::now(), fact }]);
            }
            self.recorded = true;
            self.fold();
        }
        Ok(())
    }

    fn may_close(&self) -> bool {
        self.session.is_finished(&clock::now(), self.viewers.is_any_open())
    }

    /// The last message goes out, the journal goes, the seat is free; false if there is more to do after all.
    fn close(&mut self) -> Result<bool> {
        self.teller.finish();
        self.hear_complaints();
        let held = self.journal.lock()?;
        // One that is gone, or another's, is nothing to remove.
        if self.fold() {
            if !(self.stands_recorded() && self.may_close()) {
                self.teller = Teller::new(&self.session.begun().settings, self.ways).map_err(failed)?;
                return Ok(false);
            }
            held.remove()?;
        }
        // Under the lock, so that whoever finds no journal finds the seat free.
        drop(self.seat.take());
        Ok(true)
    }

    /// Told to go: the session is cut off from now on, and known until now.
    fn leave(&mut self) -> Result<()> {
        self.write(vec![Fact::Left])?;
        if self.session.is_over() {
            self.teller.finish();
        } else {
            self.tell_that_nobody_times(Lost::Timer);
        }
        Ok(())
    }

    /// Somebody removed the journal. What it held is recorded as far as it is remembered.
    fn gone(&mut self) -> Result<()> {
        if self.session.is_over() {
            self.teller.finish();
        } else {
            self.tell_that_nobody_times(Lost::File);
        }
        // The folder may be gone too; the log has a lock of its own.
        let held = self.journal.lock();
        if !self.session.is_rehearsal() && !self.stands_recorded() {
            self.journal.settle_without_journal(&self.session, &clock::now())?;
        }
        drop(self.seat.take());
        drop(held);
        Ok(())
    }

    /// Nobody may lie on a pack and believe that it is timed.
    fn tell_that_nobody_times(&mut self, lost: Lost) {
        self.teller.tell(&self.session.telling_that_nobody_times(lost, &clock::now()));
        self.teller.finish();
    }
}
