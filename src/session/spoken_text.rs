//! The text of each alert, as it is spoken: short sentences, without source tags, commands or clock times, and with
//! numbers as words.

use super::{Alert, Repeat, Session};
use crate::protocol::{Phase, PhaseKind};
use std::time::Duration;

const SPOKEN_SKIN_CHECK: &str = "Is the skin red, blistered or numb? Then stop.";
/// Symbols that a voice would spell, or stumble over.
const UNSPOKEN_SYMBOLS: &str =
    "\"#$*+<=>@\\^_{|}~\u{b0}\u{b7}\u{2022}\u{2026}\u{2190}\u{2192}\u{21d2}\u{2264}\u{2265}";
const NUMBER_WORDS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS_WORDS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

impl Session {
    /// The spoken text of an alert.
    pub(super) fn spoken_text(&self, alert: Alert) -> String {
        let text = match alert {
            Alert::SessionStart => self.spoken_phase_start(0),
            Alert::SwapSoon { phase } => {
                let message = self.alert_message(alert);
                let soon = spell_duration(self.swap_soon_lead(phase));
                format!("In {soon}: {}. {}", self.spoken_phase_name(phase + 1), message.body)
            }
            Alert::PhaseTimeUp { phase } => {
                format!(
                    "{}{}",
                    self.spoken_phase_end(phase),
                    self.key_hint_if_viewed(" To go on, press the n key.")
                )
            }
            Alert::OptionalPrompt { phase } => self.spoken_optional_prompt(phase),
            Alert::Swap { phase } => self.spoken_swap(phase),
            Alert::ResumePrompt { .. } => self.spoken_resume_prompt(),
            Alert::GetUp { hours, .. } => format!(
                "You have been lying for {}. Get up for a moment, if you can. {} {}",
                spell_duration(Duration::from_hours(hours)),
                self.spoken_take_pack_off(),
                "Roll on your side, and push yourself up with your arms."
            ),
            Alert::Paused { .. } => format!("Paused. {}", self.spoken_take_pack_off()),
            Alert::Resumed { .. } => {
                format!(
                    "{} goes on. {} left.",
                    phase_name_in_sentence(self.current_phase()),
                    spell_duration(self.phase_remaining())
                )
            }
            Alert::Repeated { reason, phase, nth, .. } => self.spoken_repeat(reason, phase, nth),
            // The speech may be cut off soon: the important part comes first.
            Alert::Abandoned => {
                format!(
                    "If a pack is still on, take it off. Nobody answered, so the session is closed. {SPOKEN_SKIN_CHECK}"
                )
            }
            Alert::Completed => self.spoken_session_end(),
            Alert::Stopped => format!("Stopped. {}", self.spoken_take_pack_off()),
        };
        to_speakable_text(&self.mark_rehearsal("Rehearsal. ", &text))
    }

    /// The spoken text when nobody times the session any more.
    pub(super) fn spoken_untimed_text(&self) -> String {
        let text = if self.has_pack_on() {
            format!("{} Nobody is timing it.", self.spoken_take_pack_off())
        } else {
            "Nobody is timing the session any more.".into()
        };
        to_speakable_text(&self.mark_rehearsal("Rehearsal. ", &text))
    }

    /// As in "Timing again. Heat: five minutes left."
    pub(crate) fn spoken_timer_restart(&self) -> String {
        let text = format!(
            "Timing again. {}: {} left.",
            phase_name_in_sentence(self.current_phase()),
            spell_duration(self.phase_remaining())
        );
        to_speakable_text(&self.mark_rehearsal("Rehearsal. ", &text))
    }

    /// As in "Heat: five minutes left."
    pub fn spoken_time_left(&self, remaining: Duration) -> String {
        to_speakable_text(&self.mark_rehearsal(
            "Rehearsal. ",
            &format!("{}: {} left.", phase_name_in_sentence(self.current_phase()), spell_duration(remaining)),
        ))
    }

    /// As in "Heat is done. Take the pad off. Cold now, ten minutes."
    fn spoken_swap(&self, phase: usize) -> String {
        let phase_start = self.spoken_phase_start(phase);
        match self.phase_run_before(phase).filter(|previous| previous.kind.has_pack()) {
            Some(previous) => format!("{} {phase_start}", pack_finished_sentence(previous)),
            None => phase_start,
        }
    }

    fn spoken_phase_start(&self, phase: usize) -> String {
        let Some(next) = self.plan().phases.get(phase) else { return String::new() };
        format!(
            "{} now, {}. {}",
            phase_name_in_sentence(next),
            spell_duration(self.length_of_phase(phase, next)),
            next.instruction
        )
    }

    fn spoken_phase_end(&self, phase: usize) -> String {
        match self.plan().phases.get(phase) {
            Some(ended_phase) if ended_phase.kind.has_pack() => pack_finished_sentence(ended_phase),
            Some(ended_phase) => format!("{} is done.", phase_name_in_sentence(ended_phase)),
            None => String::new(),
        }
    }

    fn spoken_optional_prompt(&self, phase: usize) -> String {
        let optional_step = self.plan().phases.get(phase).and_then(|next| next.optional.as_ref());
        let question =
            optional_step.map_or("Shall it go on?", |optional_step| optional_step.question.as_str());
        let key_hint = self.key_hint_if_viewed(" Press y or n.");
        match self.current_pack() {
            Some(pack) => format!("{} {question}{key_hint}", pack_finished_sentence(pack)),
            None => format!("{question}{key_hint}"),
        }
    }

    fn spoken_resume_prompt(&self) -> String {
        let time_slept = spell_duration(self.current_progress().slept);
        let pack_warning = match self.current_pack() {
            Some(pack) => {
                format!("The {} may have been on that long. {SPOKEN_SKIN_CHECK} ", pack.pack_name())
            }
            None => String::new(),
        };
        let key = if self.phase_remaining().is_zero() { "the n key" } else { "space" };
        format!(
            "The computer slept for {time_slept}. {pack_warning}{}",
            self.key_hint_if_viewed(&format!("To go on, press {key}."))
        )
    }

    fn spoken_repeat(&self, reason: Repeat, phase: usize, nth: u32) -> String {
        match reason {
            Repeat::UnconfirmedSwap => {
                format!("Have you swapped? It is {} now.", self.spoken_phase_name(phase))
            }
            Repeat::Overdue => {
                let overdue_for = spell_duration(self.current_progress().time_breakdown.overdue);
                format!(
                    "{} over. {}{}",
                    overdue_for,
                    self.spoken_phase_end(phase),
                    self.key_hint_if_viewed(" To go on, press the n key.")
                )
            }
            Repeat::UnansweredPrompt if self.has_resume_prompt => self.spoken_resume_prompt(),
            Repeat::UnansweredPrompt => self.spoken_optional_prompt(phase + 1),
            Repeat::PresenceCheck if nth > 2 && self.has_pack_on() => {
                format!("Nobody answers. {} {SPOKEN_SKIN_CHECK}", self.spoken_take_pack_off())
            }
            Repeat::PresenceCheck => {
                let phase = self.plan().phases.get(phase);
                let check = phase.and_then(|phase| phase.presence_check.as_deref()).unwrap_or("Still there?");
                format!("{check}{}", self.key_hint_if_viewed(" Press any key."))
            }
            Repeat::UnansweredEnd => self.spoken_session_end(),
            Repeat::Paused => match self.current_pack() {
                Some(pack) => format!("Still paused. Is the {} off? {SPOKEN_SKIN_CHECK}", pack.pack_name()),
                None => "Still paused.".into(),
            },
        }
    }

    fn spoken_session_end(&self) -> String {
        let skin_check = if self.spoken_take_pack_off().is_empty() { "" } else { SPOKEN_SKIN_CHECK };
        format!("Done. {} {skin_check} Move as much as the pain allows.", self.spoken_take_pack_off())
    }

    /// The sentence about the pack that must come off; empty if none is on.
    fn spoken_take_pack_off(&self) -> String {
        self.current_pack().map_or_else(String::new, take_pack_off_sentence)
    }

    fn spoken_phase_name(&self, phase: usize) -> &str {
        self.plan().phases.get(phase).map_or("rest", phase_name_in_sentence)
    }

    /// The key hint, if there ever was a window to press a key in: the timer itself reads no keys.
    fn key_hint_if_viewed<'a>(&self, hint: &'a str) -> &'a str {
        if self.viewer_pids().next().is_some() { hint } else { "" }
    }
}

/// The name of a phase in a sentence.
fn phase_name_in_sentence(phase: &Phase) -> &str {
    match phase.name() {
        name if phase.kind == PhaseKind::Breathe && name == phase.kind.as_str() => "breathing",
        name => name,
    }
}

/// As in "Heat is done. Take the pad off.", and what to look for.
fn pack_finished_sentence(pack: &Phase) -> String {
    format!("{} is done. {} {SPOKEN_SKIN_CHECK}", phase_name_in_sentence(pack), take_pack_off_sentence(pack))
}

fn take_pack_off_sentence(phase: &Phase) -> String {
    format!("Take the {} off.", phase.pack_name())
}

/// A duration in words, in whole seconds below two minutes, else in whole minutes.
fn spell_duration(duration: Duration) -> String {
    let seconds = (duration + Duration::from_millis(500)).as_secs();
    let seconds = if seconds < 120 { seconds } else { (seconds + 30) / 60 * 60 };
    let units = [(seconds / 3600, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second")];
    let parts = units.into_iter().filter(|(number, _)| *number > 0).map(|(number, unit)| {
        format!("{} {unit}{}", spell_number(number), if number == 1 { "" } else { "s" })
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "zero seconds".into() } else { parts.join(" ") }
}

fn spell_number(number: u64) -> String {
    match usize::try_from(number) {
        Ok(number) if number < 20 => NUMBER_WORDS[number].into(),
        Ok(number) if number < 100 && number % 10 == 0 => TENS_WORDS[number / 10].into(),
        Ok(number) if number < 100 => format!("{} {}", TENS_WORDS[number / 10], NUMBER_WORDS[number % 10]),
        _ => number.to_string(),
    }
}

/// Removes what is only for reading: sources and other asides in brackets, commands in back-quotes, symbols, control
/// characters. Each sentence starts with a capital letter, and the first character is one that no program takes for a
/// flag.
fn to_speakable_text(text: &str) -> String {
    let (mut bracket_depth, mut is_quoted) = (0_u32, false);
    let mut output = String::new();
    for (index, letter) in text.char_indices() {
        // A bracket or quote that never closes is a typing mistake: nothing is removed for it.
        let is_closed_by = |closing: char| text[index + 1..].contains(closing);
        match letter {
            '`' => is_quoted = !is_quoted && is_closed_by('`'),
            '(' => bracket_depth += u32::from(is_closed_by(')')),
            '[' => bracket_depth += u32::from(is_closed_by(']')),
            ')' | ']' => bracket_depth = bracket_depth.saturating_sub(1),
            _ if is_quoted || bracket_depth > 0 => {}
            '&' => output.push_str(" and "),
            '%' => output.push_str(" percent "),
            '/' => output.push_str(" or "),
            '\u{2013}' | '\u{2014}' => output.push_str(", "),
            _ if letter.is_control() || UNSPOKEN_SYMBOLS.contains(letter) => output.push(' '),
            _ => output.push(letter),
        }
    }
    let words: Vec<String> = output.split_whitespace().map(to_speakable_word).collect();
    let text = words.join(" ").replace(" .", ".").replace(" ,", ",");
    let mut is_sentence_start = true;
    let capitalized =
        text.trim_start_matches(|letter: char| !letter.is_alphanumeric()).chars().map(|letter| {
            let is_first = is_sentence_start;
            is_sentence_start = ".?!".contains(letter) || is_sentence_start && letter == ' ';
            if is_first { letter.to_uppercase().next().unwrap_or(letter) } else { letter }
        });
    capitalized.collect()
}

/// A word as it is spoken: short units in full, small numbers as words.
fn to_speakable_word(written: &str) -> String {
    let (word, punctuation) = match written.find(|letter: char| !letter.is_alphanumeric()) {
        Some(end) if end > 0 => written.split_at(end),
        _ => (written, ""),
    };
    let (number, unit) = word.split_at(word.bytes().take_while(u8::is_ascii_digit).count());
    if let (Ok(number), "s" | "m" | "min" | "h") = (number.parse(), unit) {
        let unit = if unit == "m" { "min" } else { unit };
        return format!("{} {}", spell_number(number), to_speakable_word(&format!("{unit}{punctuation}")));
    }
    let is_punctuation_only = punctuation.chars().all(|letter| !letter.is_alphanumeric());
    match word {
        "min" => format!("minutes{punctuation}"),
        "h" => format!("hours{punctuation}"),
        "s" => format!("seconds{punctuation}"),
        _ if is_punctuation_only && word.bytes().all(|byte| byte.is_ascii_digit()) => match word.parse() {
            Ok(number) => format!("{}{punctuation}", spell_number(number)),
            Err(_) => written.to_owned(),
        },
        _ => written.to_owned(),
    }
}
