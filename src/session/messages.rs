//! The text of each alert, as it is read on screens and in notifications.

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

/// A message that only informs.
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

/// A message that asks the person to do something now.
fn urgent_message(title: impl Into<String>, body: impl Into<String>) -> Message {
    Message { is_urgent: true, ..info_message(title, body) }
}

/// A message that must not be missed.
fn critical_message(title: impl Into<String>, body: impl Into<String>) -> Message {
    Message { is_critical: true, ..urgent_message(title, body) }
}

/// Why nobody times a session any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimed {
    /// The timer was killed: the journal still exists.
    TimerKilled,
    /// The journal was removed: what was done is recorded.
    JournalRemoved,
}

impl Message {
    /// The same message with a text on how to answer it.
    fn with_how_to_answer(self, how_to_answer: impl Into<String>) -> Message {
        Message { how_to_answer: how_to_answer.into(), ..self }
    }

    /// Everything below the title, for a person without a window.
    pub fn body_and_how_to_answer(&self) -> String {
        format!("{} {}", self.body, self.how_to_answer).trim().to_owned()
    }
}

impl Session {
    /// The message of an alert.
    pub fn alert_message(&self, alert: Alert) -> Message {
        let mut message = match alert {
            Alert::SessionStart => self.start_message(),
            Alert::SwapSoon { phase } => self.swap_soon_message(phase),
            Alert::PhaseTimeUp { phase } => self.phase_time_up_message(phase, None),
            Alert::OptionalPrompt { phase } => self.optional_prompt_message(phase),
            Alert::Swap { phase } => self.swap_message(phase),
            Alert::ResumePrompt { phase, .. } => self.resume_prompt_message(phase),
            Alert::GetUp { hours, .. } => {
                let take_off = self
                    .current_pack()
                    .map_or(String::new(), |pack| format!("Take the {} off. ", pack.pack_name()));
                info_message(
                    format!("{hours} h of lying: get up for a moment"),
                    format!(
                        "{take_off}Roll on your side, push yourself up with your arms and walk a few steps, if you can. \
                         Lie for no more than a few hours at a time."
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
            Alert::Repeated { reason, phase, nth, .. } => self.repeat_message(reason, phase, nth),
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

    /// The text, with `mark` in front of it in a rehearsal.
    pub(super) fn mark_rehearsal(&self, mark: &str, text: &str) -> String {
        if self.is_rehearsal() { format!("{mark}{text}") } else { text.to_owned() }
    }

    /// The message that nobody times the session any more, and why.
    pub(crate) fn untimed_message(&self, reason: Untimed) -> Message {
        let title = match self.current_pack() {
            Some(pack) => format!("Take the {} off: nobody is timing it", pack.pack_name()),
            None => "Nobody is timing the session any more".into(),
        };
        let body = match (reason, self.is_rehearsal()) {
            (Untimed::TimerKilled, false) => {
                "The timer was killed. `easeback resume` goes on with it, `easeback stop` records what you did."
            }
            (Untimed::TimerKilled, true) => "The timer was killed. `easeback resume` goes on with it.",
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
            Some(PhaseKind::Heat) => "Get the heating pad ready: cover on, plugged in, on low or medium.",
            Some(PhaseKind::Cold) => "Get the cold pack ready, in its cover.",
            Some(PhaseKind::Move) => "Get ready to get up, slowly: roll on your side first.",
            Some(PhaseKind::Rest | PhaseKind::Breathe) | None => "Get ready.",
        };
        let name = next.map_or("rest", Phase::name);
        urgent_message(format!("In {}: {name}", format_duration(self.swap_soon_lead(phase))), body)
    }

    /// The message that a phase's time is up; `overdue_for` is how long, if it is a repeat.
    fn phase_time_up_message(&self, phase: usize, overdue_for: Option<Duration>) -> Message {
        let phase_plan = self.plan().phases.get(phase);
        let name = phase_plan.map_or("rest", Phase::name);
        let ended_ago =
            overdue_for.map(|overdue_for| format!("{name} ended {} ago", format_duration(overdue_for)));
        if phase_plan.is_some_and(|phase| phase.kind.has_pack()) {
            let ended = ended_ago.unwrap_or_else(|| format!("{name} is over"));
            urgent_message(format!("Take it off: {ended}"), SKIN_CHECK)
                .with_how_to_answer(format!("When you have swapped, {HOW_TO_CONTINUE}"))
        } else {
            let ended = ended_ago.unwrap_or_else(|| format!("{name}: time is up"));
            urgent_message(capitalize(&ended), "").with_how_to_answer(format!("To go on, {HOW_TO_CONTINUE}"))
        }
    }

    fn optional_prompt_message(&self, phase: usize) -> Message {
        let next = self.plan().phases.get(phase);
        let Some((next, optional_step)) = next.and_then(|next| Some((next, next.optional.as_ref()?))) else {
            return self.swap_message(phase);
        };
        let next_phase =
            format!("{}, {}.", capitalize(next.name()), format_duration(next.planned_duration()));
        let message = match self.current_pack() {
            Some(pack) => {
                let title = format!("Take it off: {} is over", pack.name());
                urgent_message(title, format!("{SKIN_CHECK} {} {next_phase}", optional_step.question))
            }
            None => urgent_message(&optional_step.question, next_phase),
        };
        message.with_how_to_answer(
            "Yes: y in its window, or `easeback next` in another. No: n, or `easeback skip`.",
        )
    }

    fn resume_prompt_message(&self, phase: usize) -> Message {
        let time_slept = format_duration(Duration::from_secs(self.current_progress().slept.as_secs()));
        let time_slept = format!("the computer slept {time_slept}");
        let (key, command) =
            if self.phase_remaining().is_zero() { ("n", "next") } else { ("space", "resume") };
        let how_to_answer =
            format!("To go on, press {key} in its window or type `easeback {command}` in another.");
        let pack = self.plan().phases.get(phase).filter(|phase| phase.kind.has_pack());
        let message = match pack {
            Some(pack) => critical_message(
                format!("Take the {} off: {time_slept}", pack.pack_name()),
                format!("The {} {} may have been on that long. {SKIN_CHECK}", pack.kind, pack.pack_name()),
            ),
            None => critical_message(capitalize(&time_slept), ""),
        };
        message.with_how_to_answer(how_to_answer)
    }

    fn repeat_message(&self, reason: Repeat, phase: usize, nth: u32) -> Message {
        let has_pack_on = self.has_pack_on();
        match reason {
            Repeat::UnconfirmedSwap => {
                let swap_message = self.swap_message(phase);
                Message { title: format!("Swapped? {}", swap_message.title), ..swap_message }
            }
            Repeat::Overdue => self.phase_time_up_message(
                phase,
                Some(Duration::from_secs(self.current_progress().time_breakdown.overdue.as_secs())),
            ),
            Repeat::UnansweredPrompt if self.has_resume_prompt => self.resume_prompt_message(phase),
            Repeat::UnansweredPrompt => self.optional_prompt_message(phase + 1),
            Repeat::PresenceCheck => self.presence_check_message(phase, nth),
            Repeat::UnansweredEnd => self.completed_message(),
            Repeat::Paused if has_pack_on => {
                urgent_message("Still paused: is the pack off?", SKIN_CHECK).with_how_to_answer(HOW_TO_RESUME)
            }
            Repeat::Paused => urgent_message("Still paused", "").with_how_to_answer(HOW_TO_RESUME),
        }
    }

    /// The check is asked twice, the second time louder; then a person with a pack on is taken to be asleep.
    fn presence_check_message(&self, phase: usize, nth: u32) -> Message {
        let phase = self.plan().phases.get(phase);
        let check = phase.and_then(|phase| phase.presence_check.as_deref()).unwrap_or("Still there?");
        let message = match phase.filter(|phase| phase.kind.has_pack()) {
            _ if nth < 2 => urgent_message(check, ANY_KEY_ANSWERS),
            Some(phase) if nth > 2 => critical_message(
                format!("Nobody answers: take the {} off", phase.pack_name()),
                format!("Sleeping with {} on can hurt your skin. {SKIN_CHECK} {ANY_KEY_ANSWERS}", phase.kind),
            ),
            _ => critical_message(check, ANY_KEY_ANSWERS),
        };
        message.with_how_to_answer("In another window: `easeback next`.")
    }

    fn completed_message(&self) -> Message {
        let has_pack_on = self.has_pack_on();
        let (round_offer, how_to_answer) = if self.plan().as_needed && self.try_add_rounds(1).is_ok() {
            (" Another round? m adds it.", "In another window: `easeback more`.")
        } else {
            ("", "")
        };
        let skin_check = if has_pack_on { SKIN_CHECK } else { "" };
        let body =
            format!("{skin_check} Move as much as the pain allows. {}{round_offer}", self.recorded_note());
        critical_message(self.with_take_pack_off("Done."), body.trim_start())
            .with_how_to_answer(how_to_answer)
    }

    /// The text, with a sentence about what must come off.
    fn with_take_pack_off(&self, text: &str) -> String {
        match self.current_pack() {
            Some(pack) => format!("{text} Take the {} off.", pack.pack_name()),
            None => text.into(),
        }
    }

    fn recorded_note(&self) -> &'static str {
        if self.is_rehearsal() { "Nothing was recorded." } else { "What you did is kept." }
    }

    /// How long before the swap it is announced: two minutes, or the remaining time if the announcement is late.
    pub(super) fn swap_soon_lead(&self, phase: usize) -> Duration {
        let lead = if phase == self.current_phase_index() { self.phase_remaining() } else { SWAP_SOON_LEAD };
        // A few milliseconds of delay do not matter, and in a rehearsal they are seconds.
        let max_delay = Duration::from_secs(5).max(Duration::from_millis(50) * self.speed_factor());
        if lead + max_delay > SWAP_SOON_LEAD { SWAP_SOON_LEAD } else { lead }
    }

    fn swap_message(&self, phase: usize) -> Message {
        let Some(next) = self.plan().phases.get(phase) else { return self.start_message() };
        let length = format_duration(Duration::from_secs(self.length_of_phase(phase, next).as_secs()));
        let name = next.name();
        let previous_pack = self.phase_run_before(phase).filter(|before| before.kind.has_pack());
        let (title, skin_check) = match (previous_pack, next.kind.has_pack()) {
            (Some(previous_pack), true) => {
                (format!("{} off, {name} on: {length}", capitalize(previous_pack.name())), SKIN_CHECK)
            }
            (Some(previous_pack), false) => {
                (format!("{} off, {name} now: {length}", capitalize(previous_pack.name())), SKIN_CHECK)
            }
            (None, true) => (format!("{} on: {length}", capitalize(name)), ""),
            (None, false) => (format!("{} now, {length}", capitalize(name)), ""),
        };
        urgent_message(title, format!("{} {skin_check}", next.instruction).trim_end())
    }

    /// How long that phase is, which may be known only once it has started.
    pub(super) fn length_of_phase(&self, phase: usize, planned: &Phase) -> Duration {
        self.phase_progress
            .get(phase)
            .and_then(|progress| progress.length_at_start)
            .unwrap_or(planned.planned_duration())
    }

    /// The last phase before that one that was not left out.
    pub(super) fn phase_run_before(&self, phase: usize) -> Option<&Phase> {
        self.phases_not_left_out().take_while(|(index, _)| *index < phase).last().map(|(_, phase)| phase)
    }

    /// The phases with their indexes, without those that were left out.
    pub(super) fn phases_not_left_out(&self) -> impl Iterator<Item = (usize, &Phase)> {
        let phases = self.plan().phases.iter().enumerate();
        phases.filter(move |(index, _)| {
            !self.phase_progress.get(*index).is_some_and(PhaseProgress::is_left_out)
        })
    }
}

/// The name with a capital letter, to start a sentence.
fn capitalize(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
