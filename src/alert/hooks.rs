//! Hooks: the person's own programs, each run at one kind of event, one at a time, in order.
//!
//! What they need to know is in their environment. They get no input, and what they print goes nowhere but for the
//! first line of what they complain about.

use super::{
    HookSettings, WarningWriter,
    program::{Ended, Program, is_missing},
};
use crate::session::{Announcement, HookEvent};
use std::{
    collections::{BTreeSet, VecDeque},
    ffi::OsStr,
    sync::mpsc::{Receiver, Sender},
    time::Duration,
};

/// So many may wait for one that hangs; the oldest give way.
const MOST_WAITING: usize = 8;
/// What it takes to end one, and to begin the next.
const AFTER_ONE: Duration = Duration::from_millis(500);

/// What the thread of hooks hears.
pub(super) enum Heard {
    Run(Box<Hook>),
    Ended(Ended),
    /// Nothing more comes.
    Finish,
}

/// A hook that is due.
pub(super) struct Hook {
    event: HookEvent,
    variables: Vec<(&'static str, String)>,
}

impl HookSettings {
    fn command(&self, event: HookEvent) -> Option<&Vec<String>> {
        match event {
            HookEvent::Start => self.start.as_ref(),
            HookEvent::Warn => self.warn.as_ref(),
            HookEvent::Swap => self.swap.as_ref(),
            HookEvent::Overdue => self.overdue.as_ref(),
            HookEvent::Pause => self.pause.as_ref(),
            HookEvent::Resume => self.resume.as_ref(),
            HookEvent::End => self.end.as_ref(),
        }
    }

    fn set(&self) -> impl Iterator<Item = (HookEvent, &Vec<String>)> {
        use HookEvent::{End, Overdue, Pause, Resume, Start, Swap, Warn};
        let all = [Start, Warn, Swap, Overdue, Pause, Resume, End];
        all.into_iter().filter_map(|event| Some((event, self.command(event)?)))
    }

    /// The words of the events that something is run on, and can be.
    pub(super) fn events(&self, path: &OsStr) -> Vec<&'static str> {
        let can_be = |words: &Vec<String>| words.first().is_some_and(|program| !is_missing(program, path));
        self.set().filter(|(_, words)| can_be(words)).map(|(event, _)| event.as_str()).collect()
    }

    /// The programs that are not there, each once.
    pub(super) fn missing(&self, path: &OsStr) -> BTreeSet<&str> {
        let programs = self.set().filter_map(|(_, words)| words.first());
        programs.map(String::as_str).filter(|program| is_missing(program, path)).collect()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.set().next().is_none()
    }

    /// How long they may take, should all that may wait hang.
    pub(super) fn at_most(&self) -> Duration {
        (self.limit + AFTER_ONE) * (MOST_WAITING as u32 + 1)
    }

    /// The hook for what is told, if there is one.
    pub(super) fn hook(&self, telling: &Announcement) -> Option<Box<Hook>> {
        let event = telling.hook_event.filter(|event| self.command(*event).is_some())?;
        Some(Box::new(Hook { event, variables: variables(event, telling) }))
    }
}

fn variables(event: HookEvent, telling: &Announcement) -> Vec<(&'static str, String)> {
    let (now, message) = (&telling.snapshot, &telling.message);
    let yes_or_no = |yes: bool| String::from(if yes { "1" } else { "0" });
    let remaining = (now.phase.remaining.as_millis() + 500) / 1000;
    let variables = [
        ("EASEBACK_EVENT", event.as_str().to_owned()),
        ("EASEBACK_KIND", now.phase.kind.to_string()),
        ("EASEBACK_PHASE", now.phase.name.clone()),
        ("EASEBACK_ROUND", now.round.to_string()),
        ("EASEBACK_ROUNDS", now.rounds.to_string()),
        ("EASEBACK_REMAINING", remaining.to_string()),
        ("EASEBACK_PROTOCOL", now.protocol.clone()),
        ("EASEBACK_SESSION", now.id.to_string()),
        ("EASEBACK_TITLE", message.title.clone()),
        ("EASEBACK_TEXT", message.body_and_how_to_answer()),
        ("EASEBACK_CRITICAL", yes_or_no(message.is_critical)),
        ("EASEBACK_REHEARSAL", yes_or_no(now.is_rehearsal)),
    ];
    // A byte of zero would keep the program from being run at all.
    variables.map(|(name, value)| (name, value.replace('\0', " "))).to_vec()
}

pub(super) struct Runner {
    hooks: HookSettings,
    complaints: WarningWriter,
    inbox: Sender<Heard>,
    running: Option<(Program, HookEvent)>,
    waiting: VecDeque<Box<Hook>>,
}

impl Runner {
    pub(super) fn new(hooks: HookSettings, complaints: WarningWriter, inbox: Sender<Heard>) -> Runner {
        Runner { hooks, complaints, inbox, running: None, waiting: VecDeque::new() }
    }

    pub(super) fn serve(mut self, heard: &Receiver<Heard>) {
        let mut finishes = false;
        while !(finishes && self.running.is_none()) {
            match heard.recv() {
                Ok(Heard::Run(hook)) => self.take_in(hook),
                Ok(Heard::Ended(ended)) => self.ended(ended),
                Ok(Heard::Finish) => finishes = true,
                Err(_) => return,
            }
            self.go_on();
        }
    }

    fn take_in(&mut self, hook: Box<Hook>) {
        self.waiting.push_back(hook);
        if self.waiting.len() > MOST_WAITING {
            self.waiting.pop_front();
        }
    }

    fn go_on(&mut self) {
        while self.running.is_none()
            && let Some(hook) = self.waiting.pop_front()
        {
            let Some(words) = self.hooks.command(hook.event) else { continue };
            let inbox = self.inbox.clone();
            let ended = move |ended| _ = inbox.send(Heard::Ended(ended));
            match Program::start(words, &hook.variables, self.hooks.limit, ended) {
                Ok(program) => self.running = Some((program, hook.event)),
                Err(why) => self.failed(hook.event, &why),
            }
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Some((program, event)) = self.running.take_if(|(program, _)| program.is(ended)) else { return };
        if let Err(why) = program.close(ended) {
            self.failed(event, &why);
        }
    }

    fn failed(&mut self, event: HookEvent, why: &str) {
        self.complaints.warn_once(&format!("your program for {} failed: {why}", event.as_str()));
    }
}
