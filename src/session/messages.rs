//! What the person is told, in words.

use super::{Alert, Message, PhaseProgress, Repeat, Session, alerts::SWAP_SOON_LEAD};
use crate::{
    protocol::{Phase, PhaseKind},
    time::format_duration,
};
use std::time::Duration;

const SKIN_CHECK: &str = "Look at the skin: red, blistered or numb? Then stop.";
const HOW_TO_RESUME: &str = "Space in its window goes on, or `easeback resume` in another.";
const ANY_KEY_ANSWERS: &str = "Any key answers.";
const HOW_TO_CONTINUE: &str = "press n in its window or type `easeback next` in another.";

/// Comes for information.
fn info_message(title: impl Into<String>, body: impl Into<String>) -> Message {
    let (title, body) = (title.into(), body.into());
    Message {
        title,
        body,
        how_to_answer: String::new(),
        is_critical: false,
        is_urgent: false,
        buttons: Vec::new(),
    }
}

/// Asks the person to do something now.
fn urgent_message(title: impl Into<String>, body: impl Into<String>) -> Message {
    Message { is_urgent: true, ..info_message(title, body) }
}

/// Must not be missed.
fn critical_message(title: impl Into<String>, body: impl Into<String>) -> Message {
    Message { is_critical: true, ..urgent_message(title, body) }
}

/// What a session lost that nobody times any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimed {
    /// Its timer, which somebody killed: the journal is still there.
    TimerKilled,
    /// Its journal, which somebody removed: what was done is recorded.
    JournalRemoved,
}

impl Message {
    /// The same, and how to answer it.
    fn with_how_to_answer(self, how: impl Into<String>) -> Message {
        Message { how_to_answer: how.into(), ..self }
    }

    /// All below the title, for whoever has no keys before them.
    pub fn body_and_how_to_answer(&self) -> String {
        format!("{} {}", self.body, self.how_to_answer).trim().to_owned()
    }
}

impl Session {
    /// The words for an alert.
    pub fn alert_message(&self, alert: Alert) -> Message {
        let mut message = match alert {
            Alert::SessionStart => self.start_message(),
            Alert::SwapSoon { phase } => self.swap_soon_message(phase),
            Alert::PhaseTimeUp { phase } => self.phase_time_up_message(phase, None),
            Alert::OptionalPrompt { phase } => self.optional_prompt_message(phase),
            Alert::Swap { phase } => self.swap_message(phase),
            Alert::ResumePrompt { phase, .. } => self.resume_prompt_message(phase),
            Alert::GetUp { hours, .. } => {
                let off = self
                    .current_pack()
                    .map_or(String::new(), |worn| format!("Take the {} off. ", worn.pack_name()));
                info_message(
                    format!("{hours} h of lying: get up for a moment"),
                    format!(
                        "{off}Roll on your side, push yourself up with your arms and walk a few steps, if you can. \
                         Lie for no more than a few hours at a time (D2; the 3 is P)."
                    ),
                )
            }
            Alert::Paused { .. } if self.has_pack_on() => {
                info_message(format!("Take the {} off: paused", self.current_pack_name()), "")
                    .with_how_to_answer(HOW_TO_RESUME)
            }
            Alert::Paused { .. } => info_message("Paused", "").with_how_to_answer(HOW_TO_RESUME),
            Alert::Resumed { .. } => info_message(
                format!("{} goes on", capitalize(self.current_phase().name())),
                &self.current_phase().instruction,
            ),
            Alert::Repeated { reason: why, phase, nth, .. } => self.repeat_message(why, phase, nth),
            Alert::Abandoned => critical_message(
                "Nobody answered: the session is closed",
                format!("If a pack is still on, take it off. {SKIN_CHECK} {}", self.recorded_note()),
            ),
            Alert::Completed => self.completed_message(),
            Alert::Stopped => info_message(self.with_take_pack_off("Stopped."), self.recorded_note()),
        };
        message.buttons = self.available_buttons();
        message.title = self.mark_rehearsal("REHEARSAL: ", &message.title);
        message
    }

    /// The words, with this mark in front of them where it is a rehearsal.
    pub(super) fn mark_rehearsal(&self, mark: &str, words: &str) -> String {
        if self.is_rehearsal() { format!("{mark}{words}") } else { words.to_owned() }
    }

    /// That nobody times the session any more, and why.
    pub(crate) fn untimed_message(&self, lost: Untimed) -> Message {
        let title = match self.current_pack() {
            Some(worn) => format!("Take the {} off: nobody is timing it", worn.pack_name()),
            None => "Nobody is timing the session any more".into(),
        };
        let body = match (lost, self.is_rehearsal()) {
            (Untimed::TimerKilled, false) => {
                "The timer was ended from outside. `easeback resume` goes on with it, `easeback stop` records what \
                 was done."
            }
            (Untimed::TimerKilled, true) => {
                "The timer was ended from outside. `easeback resume` goes on with it."
            }
            (Untimed::JournalRemoved, false) => {
                "Somebody removed the session's file. `easeback history` has what was done, `easeback start` \
                 begins anew."
            }
            (Untimed::JournalRemoved, true) => {
                "Somebody removed the session's file. `easeback start` begins anew."
            }
        };
        critical_message(self.mark_rehearsal("REHEARSAL: ", &title), body)
    }

    fn start_message(&self) -> Message {
        let first = &self.plan().phases[0];
        info_message(
            format!("{} now, {}", capitalize(first.name()), format_duration(first.planned_duration())),
            &first.instruction,
        )
    }

    fn swap_soon_message(&self, phase: usize) -> Message {
        let next = self.plan().phases.get(phase + 1);
        let body = match next.map(|next| next.kind) {
            Some(PhaseKind::Heat) => "Have the heating pad ready: cover on, plugged in, on low or medium.",
            Some(PhaseKind::Cold) => "Have the cold pack fetched, in its cover.",
            Some(PhaseKind::Move) => "Get ready to get up, slowly: roll on your side first.",
            Some(PhaseKind::Rest | PhaseKind::Breathe) | None => "Get ready.",
        };
        let name = next.map_or("rest", Phase::name);
        urgent_message(format!("In {}: {name}", format_duration(self.swap_soon_lead(phase))), body)
    }

    /// A phase's time is up, by so long if it is not new.
    fn phase_time_up_message(&self, phase: usize, over: Option<Duration>) -> Message {
        let up = self.plan().phases.get(phase);
        let name = up.map_or("rest", Phase::name);
        let by = over.map_or(String::new(), |over| format!(" by {}", format_duration(over)));
        match up.is_some_and(|phase| phase.kind.has_pack()) {
            true => urgent_message(format!("Take it off: {name} is over{by}"), SKIN_CHECK)
                .with_how_to_answer(format!("When you have swapped, {HOW_TO_CONTINUE}")),
            false => urgent_message(format!("{}: time is up{by}", capitalize(name)), "")
                .with_how_to_answer(format!("To go on, {HOW_TO_CONTINUE}")),
        }
    }

    fn optional_prompt_message(&self, phase: usize) -> Message {
        let next = self.plan().phases.get(phase);
        let Some((next, offer)) = next.and_then(|next| Some((next, next.optional.as_ref()?))) else {
            return self.swap_message(phase);
        };
        let what = format!("{}, {}.", capitalize(next.name()), format_duration(next.planned_duration()));
        let asked = match self.current_pack() {
            Some(pack) => {
                let off = format!("Take it off: {} is over", pack.name());
                urgent_message(off, format!("{SKIN_CHECK} {} {what}", offer.question))
            }
            None => urgent_message(&offer.question, what),
        };
        asked.with_how_to_answer(
            "Yes: y in its window, or `easeback next` in another. No: n, or `easeback skip`.",
        )
    }

    fn resume_prompt_message(&self, phase: usize) -> Message {
        let slept = format_duration(Duration::from_secs(self.current_progress().slept.as_secs()));
        let slept = format!("the computer slept {slept}");
        let (key, command) =
            if self.phase_remaining().is_zero() { ("n", "next") } else { ("space", "resume") };
        let how = format!("To go on, press {key} in its window or type `easeback {command}` in another.");
        let pack = self.plan().phases.get(phase).filter(|phase| phase.kind.has_pack());
        let woke = match pack {
            Some(pack) => critical_message(
                format!("Take the {} off: {slept}", pack.pack_name()),
                format!("The {} {} may have been on that long. {SKIN_CHECK}", pack.kind, pack.pack_name()),
            ),
            None => critical_message(capitalize(&slept), ""),
        };
        woke.with_how_to_answer(how)
    }

    fn repeat_message(&self, why: Repeat, phase: usize, nth: u32) -> Message {
        let is_pack = self.has_pack_on();
        match why {
            Repeat::UnconfirmedSwap => {
                let told = self.swap_message(phase);
                Message { title: format!("Swapped? {}", told.title), ..told }
            }
            Repeat::Overdue => self.phase_time_up_message(
                phase,
                Some(Duration::from_secs(self.current_progress().time_breakdown.overdue.as_secs())),
            ),
            Repeat::UnansweredPrompt if self.has_resume_prompt => self.resume_prompt_message(phase),
            Repeat::UnansweredPrompt => self.optional_prompt_message(phase + 1),
            Repeat::PresenceCheck => self.presence_check_message(phase, nth),
            Repeat::UnansweredEnd => self.completed_message(),
            Repeat::Paused if is_pack => {
                urgent_message("Still paused: is the pack off?", SKIN_CHECK).with_how_to_answer(HOW_TO_RESUME)
            }
            Repeat::Paused => urgent_message("Still paused", "").with_how_to_answer(HOW_TO_RESUME),
        }
    }

    /// Asked twice, the second time louder; then whoever has a pack on is taken to be asleep.
    fn presence_check_message(&self, phase: usize, nth: u32) -> Message {
        let phase = self.plan().phases.get(phase);
        let check = phase.and_then(|phase| phase.presence_check.as_deref()).unwrap_or("Still there?");
        let asked = match phase.filter(|phase| phase.kind.has_pack()) {
            _ if nth < 2 => urgent_message(check, ANY_KEY_ANSWERS),
            Some(phase) if nth > 2 => critical_message(
                format!("Nobody answers: take the {} off", phase.pack_name()),
                format!("Sleeping with {} on can hurt your skin. {SKIN_CHECK} {ANY_KEY_ANSWERS}", phase.kind),
            ),
            _ => critical_message(check, ANY_KEY_ANSWERS),
        };
        asked.with_how_to_answer("In another window: `easeback next`.")
    }

    fn completed_message(&self) -> Message {
        let is_pack = self.has_pack_on();
        let heavy = if self.has_had_cold() { " Lift nothing heavy for 30 min (X1)." } else { "" };
        let (more, how) = match self.plan().as_needed && self.try_add_rounds(1).is_ok() {
            true => (" Another round? m adds it.", "In another window: `easeback more`."),
            false => ("", ""),
        };
        let skin = if is_pack { SKIN_CHECK } else { "" };
        let body =
            format!("{skin} Move about again as soon as you can (D2).{heavy} {}{more}", self.recorded_note());
        critical_message(self.with_take_pack_off("Done."), body.trim_start()).with_how_to_answer(how)
    }

    /// The same, and what has to come off.
    fn with_take_pack_off(&self, said: &str) -> String {
        match self.current_pack() {
            Some(worn) => format!("{said} Take the {} off.", worn.pack_name()),
            None => said.into(),
        }
    }

    fn recorded_note(&self) -> &'static str {
        if self.is_rehearsal() { "Nothing was recorded." } else { "What you did is kept." }
    }

    /// How long before the swap the warning comes: two minutes, or what is left when it comes late.
    pub(super) fn swap_soon_lead(&self, phase: usize) -> Duration {
        let left = if phase == self.current_phase_index() { self.phase_remaining() } else { SWAP_SOON_LEAD };
        // A few milliseconds late is no news, and in a rehearsal they are seconds.
        let no_news = Duration::from_secs(5).max(Duration::from_millis(50) * self.speed_factor());
        if left + no_news > SWAP_SOON_LEAD { SWAP_SOON_LEAD } else { left }
    }

    fn swap_message(&self, phase: usize) -> Message {
        let Some(next) = self.plan().phases.get(phase) else { return self.start_message() };
        let length = format_duration(Duration::from_secs(self.length_of_phase(phase, next).as_secs()));
        let name = next.name();
        let off = self.phase_run_before(phase).filter(|before| before.kind.has_pack());
        let (title, skin) = match (off, next.kind.has_pack()) {
            (Some(off), true) => (format!("{} off, {name} on: {length}", capitalize(off.name())), SKIN_CHECK),
            (Some(off), false) => {
                (format!("{} off, {name} now: {length}", capitalize(off.name())), SKIN_CHECK)
            }
            (None, true) => (format!("{} on: {length}", capitalize(name)), ""),
            (None, false) => (format!("{} now, {length}", capitalize(name)), ""),
        };
        urgent_message(title, format!("{} {skin}", next.instruction).trim_end())
    }

    /// How long that phase is, which may only be known once it has begun.
    pub(super) fn length_of_phase(&self, phase: usize, planned: &Phase) -> Duration {
        self.phase_progress
            .get(phase)
            .and_then(|progress| progress.length_at_start)
            .unwrap_or(planned.planned_duration())
    }

    /// Whether there was cold in it: then nothing heavy is to be lifted for a while.
    pub(super) fn has_had_cold(&self) -> bool {
        self.phases_not_left_out().any(|(_, phase)| phase.kind == PhaseKind::Cold)
    }

    /// The last phase before that one that ran at all.
    pub(super) fn phase_run_before(&self, phase: usize) -> Option<&Phase> {
        self.phases_not_left_out().take_while(|(index, _)| *index < phase).last().map(|(_, phase)| phase)
    }

    /// The phases, by their numbers, but for those that were left out.
    pub(super) fn phases_not_left_out(&self) -> impl Iterator<Item = (usize, &Phase)> {
        let phases = self.plan().phases.iter().enumerate();
        phases.filter(move |(index, _)| {
            !self.phase_progress.get(*index).is_some_and(PhaseProgress::is_left_out)
        })
    }
}

/// A name as it begins a sentence.
fn capitalize(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
