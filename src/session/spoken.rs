//! What the person is told, for the ear: short sentences, without tags, commands or clock times, and with numbers
//! as words.

use super::{Alert, Nag, Session};
use crate::protocol::{Kind, Phase};
use std::time::Duration;

const SKIN: &str = "Is the skin red, blistered or numb? Then stop.";
/// A voice would spell these, or stumble over them.
const SPELLED: &str =
    "\"#$*+<=>@\\^_{|}~\u{b0}\u{b7}\u{2022}\u{2026}\u{2190}\u{2192}\u{21d2}\u{2264}\u{2265}";
const UP_TO_NINETEEN: [&str; 20] = [
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
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

impl Session {
    /// The words for an alert, as they are spoken.
    pub(super) fn spoken(&self, alert: Alert) -> String {
        let words = match alert {
            Alert::Start => self.begins_aloud(0),
            Alert::Warn { phase } => {
                let message = self.message(alert);
                let soon = aloud(self.warned_before(phase));
                format!("In {soon}: {}. {}", self.name_of(phase + 1), message.body)
            }
            Alert::Up { phase } => {
                format!("{}{}", self.done_aloud(phase), self.keys(" To go on, press the n key."))
            }
            Alert::Ask { phase } => self.asks_aloud(phase),
            Alert::Swap { phase } => self.swap_aloud(phase),
            Alert::Woke { .. } => self.woke_aloud(),
            Alert::GetUp { hours, .. } => format!(
                "You have been lying for {}. Get up for a moment, if you can. {} {}",
                aloud(Duration::from_hours(hours)),
                self.off_aloud(),
                "Roll on your side, and push yourself up with your arms."
            ),
            Alert::Paused { .. } => format!("Paused. {}", self.off_aloud()),
            Alert::GoesOn { .. } => {
                format!("{} goes on. {} left.", name(self.planned()), aloud(self.remaining()))
            }
            Alert::Again { why, phase, nth, .. } => self.again_aloud(why, phase, nth),
            // It may be cut off soon: what matters comes first.
            Alert::GivenUp => {
                format!(
                    "If a pack is still on, take it off. Nobody answered, so the session is closed. {SKIN}"
                )
            }
            Alert::End => self.end_aloud(),
            Alert::Stopped => format!("Stopped. {}", self.off_aloud()),
        };
        plain(&self.marked("Rehearsal. ", &words))
    }

    /// The same where the timer goes before the session is over.
    pub(super) fn spoken_that_nobody_times(&self) -> String {
        let words = match self.has_pack_on() {
            true => format!("{} Nobody is timing it.", self.off_aloud()),
            false => "Nobody is timing the session any more.".into(),
        };
        plain(&self.marked("Rehearsal. ", &words))
    }

    /// "Timing again. Heat: five minutes left."
    pub fn timed_again_aloud(&self) -> String {
        let left = format!("Timing again. {}: {} left.", name(self.planned()), aloud(self.remaining()));
        plain(&self.marked("Rehearsal. ", &left))
    }

    /// "Heat: five minutes left."
    pub fn left_aloud(&self, left: Duration) -> String {
        plain(&self.marked("Rehearsal. ", &format!("{}: {} left.", name(self.planned()), aloud(left))))
    }

    /// "Heat is done. Take the pad off. Cold now, ten minutes."
    fn swap_aloud(&self, phase: usize) -> String {
        let begins = self.begins_aloud(phase);
        match self.done_before(phase).filter(|before| before.kind.is_pack()) {
            Some(before) => format!("{} {begins}", done(before)),
            None => begins,
        }
    }

    fn begins_aloud(&self, phase: usize) -> String {
        let Some(next) = self.plan().phases.get(phase) else { return String::new() };
        format!("{} now, {}. {}", name(next), aloud(self.length_of(phase, next)), next.say)
    }

    fn done_aloud(&self, phase: usize) -> String {
        match self.plan().phases.get(phase) {
            Some(over) if over.kind.is_pack() => done(over),
            Some(over) => format!("{} is done.", name(over)),
            None => String::new(),
        }
    }

    fn asks_aloud(&self, phase: usize) -> String {
        let offer = self.plan().phases.get(phase).and_then(|next| next.offer.as_ref());
        let ask = offer.map_or("Shall it go on?", |offer| offer.ask.as_str());
        let keys = self.keys(" Press y or n.");
        match self.worn() {
            Some(worn) => format!("{} {ask}{keys}", done(worn)),
            None => format!("{ask}{keys}"),
        }
    }

    fn woke_aloud(&self) -> String {
        let slept = aloud(self.phase().slept);
        let pack = match self.worn() {
            Some(worn) => format!("The {} may have been on that long. {SKIN} ", worn.pack()),
            None => String::new(),
        };
        let key = if self.remaining().is_zero() { "the n key" } else { "space" };
        format!("The computer slept for {slept}. {pack}{}", self.keys(&format!("To go on, press {key}.")))
    }

    fn again_aloud(&self, why: Nag, phase: usize, nth: u32) -> String {
        match why {
            Nag::Swap => format!("Have you swapped? It is {} now.", self.name_of(phase)),
            Nag::Overdue => {
                let over = aloud(self.phase().parts.overdue);
                format!(
                    "{} over. {}{}",
                    over,
                    self.done_aloud(phase),
                    self.keys(" To go on, press the n key.")
                )
            }
            Nag::Asking if self.asking => self.woke_aloud(),
            Nag::Asking => self.asks_aloud(phase + 1),
            Nag::Check if nth > 2 && self.has_pack_on() => {
                format!("Nobody answers. {} {SKIN}", self.off_aloud())
            }
            Nag::Check => {
                let phase = self.plan().phases.get(phase);
                let check = phase.and_then(|phase| phase.check.as_deref()).unwrap_or("Still there?");
                format!("{check}{}", self.keys(" Press any key."))
            }
            Nag::End => self.end_aloud(),
            Nag::Paused => match self.worn() {
                Some(worn) => format!("Still paused. Is the {} off? {SKIN}", worn.pack()),
                None => "Still paused.".into(),
            },
        }
    }

    fn end_aloud(&self) -> String {
        let skin = if self.off_aloud().is_empty() { "" } else { SKIN };
        let heavy = if self.had_cold() { "Lift nothing heavy for thirty minutes." } else { "" };
        format!("Done. {} {skin} Move about again as soon as you can. {heavy}", self.off_aloud())
    }

    /// What comes off now; nothing where nothing is on.
    fn off_aloud(&self) -> String {
        self.worn().map_or_else(String::new, off)
    }

    fn name_of(&self, phase: usize) -> &str {
        self.plan().phases.get(phase).map_or("rest", name)
    }

    /// What to press, where there ever was a window to press it in. The timer hears nobody: an answer is never asked
    /// for as if it did.
    fn keys<'w>(&self, words: &'w str) -> &'w str {
        if self.viewers().next().is_some() { words } else { "" }
    }
}

/// What a phase is called in a sentence.
fn name(phase: &Phase) -> &str {
    match phase.name() {
        name if phase.kind == Kind::Breathe && name == phase.kind.as_str() => "breathing",
        name => name,
    }
}

/// "Heat is done. Take the pad off." and what to look for.
fn done(pack: &Phase) -> String {
    format!("{} is done. {} {SKIN}", name(pack), off(pack))
}

fn off(phase: &Phase) -> String {
    format!("Take the {} off.", phase.pack())
}

/// A length of time in words, to the second below two minutes.
fn aloud(length: Duration) -> String {
    let seconds = (length + Duration::from_millis(500)).as_secs();
    let seconds = if seconds < 120 { seconds } else { (seconds + 30) / 60 * 60 };
    let parts = [(seconds / 3600, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second")];
    let words = parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, unit)| {
        format!("{} {unit}{}", number_aloud(number), if number == 1 { "" } else { "s" })
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "zero seconds".into() } else { words.join(" ") }
}

fn number_aloud(number: u64) -> String {
    match usize::try_from(number) {
        Ok(number) if number < 20 => UP_TO_NINETEEN[number].into(),
        Ok(number) if number < 100 && number % 10 == 0 => TENS[number / 10].into(),
        Ok(number) if number < 100 => format!("{} {}", TENS[number / 10], UP_TO_NINETEEN[number % 10]),
        _ => number.to_string(),
    }
}

/// Leaves out what only an eye can use: sources and other asides in brackets, commands in back-quotes, symbols, control
/// characters. Each sentence begins with a capital letter, and the first letter is one that no program takes for a
/// flag.
fn plain(text: &str) -> String {
    let (mut depth, mut quoted) = (0_u32, false);
    let mut kept = String::new();
    for (at, letter) in text.char_indices() {
        // What opens and never closes is a slip of who wrote it: nothing is left out for that.
        let closes = |last: char| text[at + 1..].contains(last);
        match letter {
            '`' => quoted = !quoted && closes('`'),
            '(' => depth += u32::from(closes(')')),
            '[' => depth += u32::from(closes(']')),
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if quoted || depth > 0 => {}
            '&' => kept.push_str(" and "),
            '%' => kept.push_str(" percent "),
            '/' => kept.push_str(" or "),
            '\u{2013}' | '\u{2014}' => kept.push_str(", "),
            _ if letter.is_control() || SPELLED.contains(letter) => kept.push(' '),
            _ => kept.push(letter),
        }
    }
    let words: Vec<String> = kept.split_whitespace().map(word).collect();
    let text = words.join(" ").replace(" .", ".").replace(" ,", ",");
    let mut begins = true;
    let capitals = text.trim_start_matches(|letter: char| !letter.is_alphanumeric()).chars().map(|letter| {
        let is_first = begins;
        begins = ".?!".contains(letter) || begins && letter == ' ';
        if is_first { letter.to_uppercase().next().unwrap_or(letter) } else { letter }
    });
    capitals.collect()
}

/// A word as it is spoken: short units in full, small numbers as words.
fn word(written: &str) -> String {
    let (word, stop) = match written.find(|letter: char| !letter.is_alphanumeric()) {
        Some(end) if end > 0 => written.split_at(end),
        _ => (written, ""),
    };
    let (number, unit) = word.split_at(word.bytes().take_while(u8::is_ascii_digit).count());
    if let (Ok(number), "s" | "m" | "min" | "h") = (number.parse(), unit) {
        let unit = if unit == "m" { "min" } else { unit };
        return format!("{} {}", number_aloud(number), self::word(&format!("{unit}{stop}")));
    }
    let only_stops = stop.chars().all(|letter| !letter.is_alphanumeric());
    match word {
        "min" => format!("minutes{stop}"),
        "h" => format!("hours{stop}"),
        "s" => format!("seconds{stop}"),
        _ if only_stops && word.bytes().all(|byte| byte.is_ascii_digit()) => match word.parse() {
            Ok(number) => format!("{}{stop}", number_aloud(number)),
            Err(_) => written.to_owned(),
        },
        _ => written.to_owned(),
    }
}
