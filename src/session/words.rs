//! What the person is told, in words.

use super::{Alert, Message, Nag, Progress, Session, told::WARNING};
use crate::{
    protocol::{Kind, Phase},
    time::say,
};
use std::time::Duration;

const SKIN: &str = "Look at the skin: red, blistered or numb? Then stop.";
const GO_ON: &str = "Space in its window goes on, or `easeback resume` in another.";
const KEY: &str = "Any key answers.";
const NEXT: &str = "press n in its window or type `easeback next` in another.";

/// Comes for information.
fn word(title: impl Into<String>, body: impl Into<String>) -> Message {
    let (title, body) = (title.into(), body.into());
    Message { title, body, answer: String::new(), critical: false, urgent: false, buttons: Vec::new() }
}

/// Asks the person to do something now.
fn call(title: impl Into<String>, body: impl Into<String>) -> Message {
    Message { urgent: true, ..word(title, body) }
}

/// Must not be missed.
fn alarm(title: impl Into<String>, body: impl Into<String>) -> Message {
    Message { critical: true, ..call(title, body) }
}

/// What a session lost that nobody times any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Its timer, which somebody killed: the journal is still there.
    Timer,
    /// Its journal, which somebody removed: what was done is recorded.
    File,
}

impl Message {
    /// The same, and how to answer it.
    fn answered_by(self, how: impl Into<String>) -> Message {
        Message { answer: how.into(), ..self }
    }

    /// All below the title, for whoever has no keys before them.
    pub fn text(&self) -> String {
        format!("{} {}", self.body, self.answer).trim().to_owned()
    }
}

impl Session {
    /// The words for an alert.
    pub fn message(&self, alert: Alert) -> Message {
        let mut message = match alert {
            Alert::Start => self.start_words(),
            Alert::Warn { phase } => self.warning_words(phase),
            Alert::Up { phase } => self.up_words(phase, None),
            Alert::Ask { phase } => self.ask_words(phase),
            Alert::Swap { phase } => self.swap_words(phase),
            Alert::Woke { phase, .. } => self.woke_words(phase),
            Alert::GetUp { hours, .. } => {
                let off = self.worn().map_or(String::new(), |worn| format!("Take the {} off. ", worn.pack()));
                word(
                    format!("{hours} h of lying: get up for a moment"),
                    format!(
                        "{off}Roll on your side, push yourself up with your arms and walk a few steps, if you can. \
                         Lie for no more than a few hours at a time (D2; the 3 is P)."
                    ),
                )
            }
            Alert::Paused { .. } if self.has_pack_on() => {
                word(format!("Take the {} off: paused", self.worn_name()), "").answered_by(GO_ON)
            }
            Alert::Paused { .. } => word("Paused", "").answered_by(GO_ON),
            Alert::GoesOn { .. } => {
                word(format!("{} goes on", capital(self.planned().name())), &self.planned().say)
            }
            Alert::Again { why, phase, nth, .. } => self.again_words(why, phase, nth),
            Alert::GivenUp => alarm(
                "Nobody answered: the session is closed",
                format!("If a pack is still on, take it off. {SKIN} {}", self.kept_words()),
            ),
            Alert::End => self.end_words(),
            Alert::Stopped => word(self.with_off("Stopped."), self.kept_words()),
        };
        message.buttons = self.buttons();
        message.title = self.marked("REHEARSAL: ", &message.title);
        message
    }

    /// The words, with this mark in front of them where it is a rehearsal.
    pub(super) fn marked(&self, mark: &str, words: &str) -> String {
        if self.is_rehearsal() { format!("{mark}{words}") } else { words.to_owned() }
    }

    /// That nobody times the session any more, and why.
    pub fn nobody_times(&self, lost: Lost) -> Message {
        let title = match self.worn() {
            Some(worn) => format!("Take the {} off: nobody is timing it", worn.pack()),
            None => "Nobody is timing the session any more".into(),
        };
        let body = match (lost, self.is_rehearsal()) {
            (Lost::Timer, false) => {
                "The timer was ended from outside. `easeback resume` goes on with it, `easeback stop` records what \
                 was done."
            }
            (Lost::Timer, true) => "The timer was ended from outside. `easeback resume` goes on with it.",
            (Lost::File, false) => {
                "Somebody removed the session's file. `easeback history` has what was done, `easeback start` \
                 begins anew."
            }
            (Lost::File, true) => "Somebody removed the session's file. `easeback start` begins anew.",
        };
        alarm(self.marked("REHEARSAL: ", &title), body)
    }

    fn start_words(&self) -> Message {
        let first = &self.plan().phases[0];
        word(format!("{} now, {}", capital(first.name()), say(first.planned())), &first.say)
    }

    fn warning_words(&self, phase: usize) -> Message {
        let next = self.plan().phases.get(phase + 1);
        let body = match next.map(|next| next.kind) {
            Some(Kind::Heat) => "Have the heating pad ready: cover on, plugged in, on low or medium.",
            Some(Kind::Cold) => "Have the cold pack fetched, in its cover.",
            Some(Kind::Move) => "Get ready to get up, slowly: roll on your side first.",
            Some(Kind::Rest | Kind::Breathe) | None => "Get ready.",
        };
        let name = next.map_or("rest", Phase::name);
        call(format!("In {}: {name}", say(self.warned_before(phase))), body)
    }

    /// A phase's time is up, by so long if it is not new.
    fn up_words(&self, phase: usize, over: Option<Duration>) -> Message {
        let up = self.plan().phases.get(phase);
        let name = up.map_or("rest", Phase::name);
        let by = over.map_or(String::new(), |over| format!(" by {}", say(over)));
        match up.is_some_and(|phase| phase.kind.is_pack()) {
            true => call(format!("Take it off: {name} is over{by}"), SKIN)
                .answered_by(format!("When you have swapped, {NEXT}")),
            false => call(format!("{}: time is up{by}", capital(name)), "")
                .answered_by(format!("To go on, {NEXT}")),
        }
    }

    fn ask_words(&self, phase: usize) -> Message {
        let next = self.plan().phases.get(phase);
        let Some((next, offer)) = next.and_then(|next| Some((next, next.offer.as_ref()?))) else {
            return self.swap_words(phase);
        };
        let what = format!("{}, {}.", capital(next.name()), say(next.planned()));
        let asked = match self.worn() {
            Some(pack) => {
                let off = format!("Take it off: {} is over", pack.name());
                call(off, format!("{SKIN} {} {what}", offer.ask))
            }
            None => call(&offer.ask, what),
        };
        asked.answered_by("Yes: y in its window, or `easeback next` in another. No: n, or `easeback skip`.")
    }

    fn woke_words(&self, phase: usize) -> Message {
        let slept = say(Duration::from_secs(self.phase().slept.as_secs()));
        let slept = format!("the computer slept {slept}");
        let (key, command) = if self.remaining().is_zero() { ("n", "next") } else { ("space", "resume") };
        let how = format!("To go on, press {key} in its window or type `easeback {command}` in another.");
        let pack = self.plan().phases.get(phase).filter(|phase| phase.kind.is_pack());
        let woke = match pack {
            Some(pack) => alarm(
                format!("Take the {} off: {slept}", pack.pack()),
                format!("The {} {} may have been on that long. {SKIN}", pack.kind, pack.pack()),
            ),
            None => alarm(capital(&slept), ""),
        };
        woke.answered_by(how)
    }

    fn again_words(&self, why: Nag, phase: usize, nth: u32) -> Message {
        let is_pack = self.has_pack_on();
        match why {
            Nag::Swap => {
                let told = self.swap_words(phase);
                Message { title: format!("Swapped? {}", told.title), ..told }
            }
            Nag::Overdue => {
                self.up_words(phase, Some(Duration::from_secs(self.phase().parts.overdue.as_secs())))
            }
            Nag::Asking if self.asking => self.woke_words(phase),
            Nag::Asking => self.ask_words(phase + 1),
            Nag::Check => self.check_words(phase, nth),
            Nag::End => self.end_words(),
            Nag::Paused if is_pack => call("Still paused: is the pack off?", SKIN).answered_by(GO_ON),
            Nag::Paused => call("Still paused", "").answered_by(GO_ON),
        }
    }

    /// Asked twice, the second time louder; then whoever has a pack on is taken to be asleep.
    fn check_words(&self, phase: usize, nth: u32) -> Message {
        let phase = self.plan().phases.get(phase);
        let check = phase.and_then(|phase| phase.check.as_deref()).unwrap_or("Still there?");
        let asked = match phase.filter(|phase| phase.kind.is_pack()) {
            _ if nth < 2 => call(check, KEY),
            Some(phase) if nth > 2 => alarm(
                format!("Nobody answers: take the {} off", phase.pack()),
                format!("Sleeping with {} on can hurt your skin. {SKIN} {KEY}", phase.kind),
            ),
            _ => alarm(check, KEY),
        };
        asked.answered_by("In another window: `easeback next`.")
    }

    fn end_words(&self) -> Message {
        let is_pack = self.has_pack_on();
        let heavy = if self.had_cold() { " Lift nothing heavy for 30 min (X1)." } else { "" };
        let (more, how) = match self.plan().as_needed && self.more(1).is_ok() {
            true => (" Another round? m adds it.", "In another window: `easeback more`."),
            false => ("", ""),
        };
        let skin = if is_pack { SKIN } else { "" };
        let body =
            format!("{skin} Move about again as soon as you can (D2).{heavy} {}{more}", self.kept_words());
        alarm(self.with_off("Done."), body.trim_start()).answered_by(how)
    }

    /// The same, and what has to come off.
    fn with_off(&self, said: &str) -> String {
        match self.worn() {
            Some(worn) => format!("{said} Take the {} off.", worn.pack()),
            None => said.into(),
        }
    }

    fn kept_words(&self) -> &'static str {
        if self.is_rehearsal() { "Nothing was recorded." } else { "What you did is kept." }
    }

    /// How long before the swap the warning comes: two minutes, or what is left when it comes late.
    pub(super) fn warned_before(&self, phase: usize) -> Duration {
        let left = if phase == self.current() { self.remaining() } else { WARNING };
        // A few milliseconds late is no news, and in a rehearsal they are seconds.
        let no_news = Duration::from_secs(5).max(Duration::from_millis(50) * self.factor());
        if left + no_news > WARNING { WARNING } else { left }
    }

    fn swap_words(&self, phase: usize) -> Message {
        let Some(next) = self.plan().phases.get(phase) else { return self.start_words() };
        let length = say(Duration::from_secs(self.length_of(phase, next).as_secs()));
        let name = next.name();
        let off = self.done_before(phase).filter(|before| before.kind.is_pack());
        let (title, skin) = match (off, next.kind.is_pack()) {
            (Some(off), true) => (format!("{} off, {name} on: {length}", capital(off.name())), SKIN),
            (Some(off), false) => (format!("{} off, {name} now: {length}", capital(off.name())), SKIN),
            (None, true) => (format!("{} on: {length}", capital(name)), ""),
            (None, false) => (format!("{} now, {length}", capital(name)), ""),
        };
        call(title, format!("{} {skin}", next.say).trim_end())
    }

    /// How long that phase is, which may only be known once it has begun.
    pub(super) fn length_of(&self, phase: usize, planned: &Phase) -> Duration {
        self.phases.get(phase).and_then(|progress| progress.length).unwrap_or(planned.planned())
    }

    /// Whether there was cold in it: then nothing heavy is to be lifted for a while.
    pub(super) fn had_cold(&self) -> bool {
        self.ran().any(|(_, phase)| phase.kind == Kind::Cold)
    }

    /// The last phase before that one that ran at all.
    pub(super) fn done_before(&self, phase: usize) -> Option<&Phase> {
        self.ran().take_while(|(index, _)| *index < phase).last().map(|(_, phase)| phase)
    }

    /// The phases, by their numbers, but for those that were left out.
    pub(super) fn ran(&self) -> impl Iterator<Item = (usize, &Phase)> {
        let phases = self.plan().phases.iter().enumerate();
        phases.filter(move |(index, _)| !self.phases.get(*index).is_some_and(Progress::is_left_out))
    }
}

/// A name as it begins a sentence.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
