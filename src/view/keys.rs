//! Decodes keys and says what they mean. Pure: bytes and times go in, key actions come out; no terminal is used.
//!
//! Bytes are decoded after a short pause in the input. So a paste, a cat and a repeating key are recognized, and an
//! arrow key's sequence is complete.

use crate::session::State;
use std::time::Duration;

pub(crate) const PAIN_KEY: &str = "p pain";
const REPEAT_KEY: &str = "r repeat";
const DETACH_KEY: &str = "d leave it running";
const STOP_KEY: &str = "q q stop";
const ADD_ROUND_KEY: &str = "m one more round";
/// Offered where the exposure limit allows it.
pub(crate) const EXTEND_KEY: &str = "+ 5 min";
/// The keys in the footer, by the session's state.
pub(crate) const RUNNING_KEYS: [&str; 8] = [
    "space pause",
    EXTEND_KEY,
    "s end this phase",
    ADD_ROUND_KEY,
    PAIN_KEY,
    REPEAT_KEY,
    DETACH_KEY,
    STOP_KEY,
];
pub(crate) const OVERDUE_KEYS: [&str; 8] = [
    "n swapped: go on",
    "space pause",
    EXTEND_KEY,
    ADD_ROUND_KEY,
    PAIN_KEY,
    REPEAT_KEY,
    DETACH_KEY,
    STOP_KEY,
];
pub(crate) const PAUSED_KEYS: [&str; 6] =
    ["space resume", "s end this phase", PAIN_KEY, REPEAT_KEY, DETACH_KEY, STOP_KEY];
pub(crate) const ENDED_KEYS: [&str; 4] = ["pain now? p and a number", ADD_ROUND_KEY, REPEAT_KEY, "q close"];
pub(crate) const ENDED_KEYS_NO_MORE_ROUNDS: [&str; 3] = ["pain now? p and a number", REPEAT_KEY, "q close"];
pub(crate) const YES_NO_KEYS: &str = "y yes · n no";
pub(crate) const QUESTION_KEYS: [&str; 6] =
    [YES_NO_KEYS, EXTEND_KEY, PAIN_KEY, REPEAT_KEY, DETACH_KEY, STOP_KEY];
pub(crate) const TIMER_GONE_KEYS: [&str; 1] = ["any key closes this"];
/// While an alarm rings that waits for one key, every other key silences it.
pub(crate) const SILENCE_KEYS: &str = "any other key silences the alarm";
pub(crate) const SHORT_SILENCE_KEYS: &str = "other: silence";
/// While an alarm rings that waits for no key.
pub(crate) const ANY_KEY_SILENCES_HINT: &str = "any key: silence";
/// Shown where not all the keys fit.
pub(crate) const SHOW_KEYS_HINT: &str = "keys: ?";

/// A pause this long ends a burst of bytes.
const BURST_GAP: Duration = Duration::from_millis(100);
/// A longer burst was not typed key by key, and is ignored.
const MAX_BURST_BYTES: usize = 16;
/// How long a score of `1` may still become 10.
const SCORE_TEN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long after a letter the next one belongs to the same word: shorter than a person's pause, so that a stray letter
/// does not swallow the next key.
const WORD_TIMEOUT: Duration = Duration::from_millis(500);
/// The longest time before a held key begins to repeat.
const KEY_REPEAT_LIMIT: Duration = Duration::from_millis(1200);
const ESCAPE: u8 = 0x1b;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyAction {
    PauseOrResume,
    /// The swap is done.
    Next,
    /// The answer to a yes-or-no question; elsewhere it has no meaning.
    Yes,
    /// End this phase early.
    Skip,
    /// Add five minutes.
    Extend,
    AddRound,
    /// A pain score follows.
    StartPainScore,
    /// 0 to 10 (NRS-11).
    PainScore(u8),
    /// Close the viewer.
    Detach,
    /// End the session, once it is pressed twice.
    Stop,
    RepeatLastAlert,
    /// Show the keys.
    Help,
    /// Any other key.
    Other,
    /// Acknowledge the alerts so far, and nothing else.
    SilenceAlarm,
}

/// What decides the meaning of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputContext {
    pub(crate) state: State,
    /// Whether a yes-or-no question is open.
    pub(crate) has_question: bool,
    /// Whether another round is offered.
    pub(crate) is_round_offered: bool,
    /// Whether an alarm rings.
    pub(crate) is_ringing: bool,
}

impl KeyAction {
    /// The key's meaning in this context. `y` and `n` answer a question. While an alarm rings, every key only silences
    /// it, except those for pain and the one that the alarm waits for.
    pub(crate) fn resolve_in_context(self, context: InputContext) -> KeyAction {
        let key = match self {
            KeyAction::Yes if context.has_question => return KeyAction::Next,
            KeyAction::Next if context.has_question => return KeyAction::Skip,
            KeyAction::Yes => KeyAction::Other,
            key => key,
        };
        let keeps_meaning = match key {
            KeyAction::StartPainScore | KeyAction::PainScore(_) | KeyAction::Next => true,
            KeyAction::PauseOrResume => context.state == State::Asking && !context.has_question,
            KeyAction::AddRound => context.is_round_offered,
            // A question has keys of its own, which help must be able to list.
            KeyAction::Help => context.has_question,
            _ => false,
        };
        if context.is_ringing && !keeps_meaning { KeyAction::SilenceAlarm } else { key }
    }
}

/// A pain score that is being typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PainScoreInput {
    #[default]
    Inactive,
    AwaitingDigit,
    /// `1` was typed, and may become 10 until this time.
    OneAwaitingZero(Duration),
}

/// Turns typed bytes into key actions. All its times are of one clock, whichever that is.
#[derive(Debug, Default)]
pub(crate) struct KeyDecoder {
    /// The bytes since the last pause, at most one more than a valid burst has.
    burst: Vec<u8>,
    /// When the burst ends if nothing more is typed.
    burst_ends_at: Duration,
    score_input: PainScoreInput,
    /// Letters belong to a typed word, not to keys, until Enter or this time.
    typing_word_until: Option<Duration>,
    /// With the time it was typed.
    last_byte: Option<(u8, Duration)>,
}

impl KeyDecoder {
    pub(crate) fn push_bytes(&mut self, bytes: &[u8], now: Duration) {
        if !bytes.is_empty() {
            let room = (MAX_BURST_BYTES + 1).saturating_sub(self.burst.len()).min(bytes.len());
            self.burst.extend(&bytes[..room]);
            self.burst_ends_at = now + BURST_GAP;
        }
    }

    /// When to decode although nothing more is typed.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self.score_input {
            _ if !self.burst.is_empty() => Some(self.burst_ends_at),
            PainScoreInput::OneAwaitingZero(until) => Some(until),
            PainScoreInput::Inactive | PainScoreInput::AwaitingDigit => None,
        }
    }

    /// The keys pressed by now, each once.
    pub(crate) fn decode_pressed(&mut self, now: Duration) -> Vec<KeyAction> {
        let mut keys = Vec::new();
        if !self.burst.is_empty() && now < self.burst_ends_at {
            return keys;
        }
        let burst = std::mem::take(&mut self.burst);
        let is_repeat = self.is_key_repeat(&burst, now);
        self.last_byte = burst.last().map(|byte| (*byte, now)).or(self.last_byte);
        if burst.len() <= MAX_BURST_BYTES && !is_repeat {
            for byte in collapse_key_bytes(&burst) {
                keys.extend(self.decode_byte(byte, now));
            }
        }
        if let PainScoreInput::OneAwaitingZero(until) = self.score_input
            && now >= until
        {
            self.score_input = PainScoreInput::Inactive;
            keys.push(KeyAction::PainScore(1));
        }
        keys
    }

    /// The next letters are keys, not the rest of a word.
    pub(crate) fn cancel_typed_word(&mut self) {
        self.typing_word_until = None;
    }

    /// Whether the burst repeats the key before it: keyboards pause before a held key repeats.
    fn is_key_repeat(&self, burst: &[u8], now: Duration) -> bool {
        let [first, _, ..] = burst else { return false };
        let is_one_key = burst.iter().all(|byte| byte == first);
        is_one_key && self.last_byte.is_some_and(|(byte, at)| byte == *first && now < at + KEY_REPEAT_LIMIT)
    }

    fn decode_byte(&mut self, byte: u8, now: Duration) -> Vec<KeyAction> {
        // `easeback next` typed here is a command, not thirteen keys.
        let is_enter = matches!(byte, b'\n' | b'\r');
        if self.typing_word_until.take_if(|until| now >= *until || is_enter).is_some() && is_enter {
            return vec![KeyAction::Help];
        }
        if self.typing_word_until.is_some() {
            self.typing_word_until = Some(now + WORD_TIMEOUT);
            return Vec::new();
        }
        let key = match (std::mem::take(&mut self.score_input), byte) {
            (PainScoreInput::AwaitingDigit, b'1') => {
                self.score_input = PainScoreInput::OneAwaitingZero(now + SCORE_TEN_TIMEOUT);
                None
            }
            // `t` is ten here as in the questions before a session.
            (PainScoreInput::AwaitingDigit, b't' | b'T') => Some(KeyAction::PainScore(10)),
            (PainScoreInput::AwaitingDigit, b'0' | b'2'..=b'9') => Some(KeyAction::PainScore(byte - b'0')),
            (PainScoreInput::OneAwaitingZero(_), b'0') => Some(KeyAction::PainScore(10)),
            (PainScoreInput::OneAwaitingZero(_), _) => {
                return [KeyAction::PainScore(1)].into_iter().chain(self.decode_byte(byte, now)).collect();
            }
            (_, b' ') => Some(KeyAction::PauseOrResume),
            (_, b'n') => Some(KeyAction::Next),
            (_, b'y') => Some(KeyAction::Yes),
            (_, b's') => Some(KeyAction::Skip),
            (_, b'+') => Some(KeyAction::Extend),
            (_, b'm') => Some(KeyAction::AddRound),
            (_, b'd') => Some(KeyAction::Detach),
            (_, b'q') => Some(KeyAction::Stop),
            (_, b'r') => Some(KeyAction::RepeatLastAlert),
            (_, b'?') => Some(KeyAction::Help),
            (_, b'p') => {
                self.score_input = PainScoreInput::AwaitingDigit;
                Some(KeyAction::StartPainScore)
            }
            (_, byte) => {
                self.typing_word_until = byte.is_ascii_alphabetic().then_some(now + WORD_TIMEOUT);
                Some(KeyAction::Other)
            }
        };
        key.into_iter().collect()
    }
}

/// One byte for each key: an escape sequence is reduced to its first byte, a repeated key to one.
fn collapse_key_bytes(burst: &[u8]) -> Vec<u8> {
    let mut keys = Vec::new();
    let mut rest = burst;
    while let Some((byte, tail)) = rest.split_first() {
        keys.push(*byte);
        rest = match (byte, tail) {
            (&ESCAPE, [b'[', sequence @ ..]) => {
                let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte));
                &sequence[end.map_or(sequence.len(), |end| end + 1)..]
            }
            (&ESCAPE, [b'O', _, tail @ ..] | [_, tail @ ..]) => tail,
            _ => tail,
        };
    }
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> Vec<KeyAction> {
        let mut keys = KeyDecoder::default();
        keys.push_bytes(bytes, Duration::ZERO);
        let mut pressed = keys.decode_pressed(Duration::from_secs(5));
        pressed.retain(|key| *key != KeyAction::Other);
        pressed
    }

    #[test]
    fn while_an_alarm_rings_most_keys_only_silence_it() {
        let without_alarm = InputContext {
            state: State::Running,
            has_question: false,
            is_round_offered: false,
            is_ringing: false,
        };
        let resolve_while_ringing =
            |key: KeyAction| key.resolve_in_context(InputContext { is_ringing: true, ..without_alarm });
        for key in [
            KeyAction::PauseOrResume,
            KeyAction::Skip,
            KeyAction::Extend,
            KeyAction::AddRound,
            KeyAction::Detach,
            KeyAction::Stop,
            KeyAction::Other,
        ] {
            assert_eq!(resolve_while_ringing(key), KeyAction::SilenceAlarm);
            assert_eq!(key.resolve_in_context(without_alarm), key);
        }
        assert_eq!(
            [KeyAction::StartPainScore, KeyAction::PainScore(3), KeyAction::Next].map(resolve_while_ringing),
            [KeyAction::StartPainScore, KeyAction::PainScore(3), KeyAction::Next]
        );
        let asking = InputContext { state: State::Asking, is_ringing: true, ..without_alarm };
        assert_eq!(
            KeyAction::PauseOrResume.resolve_in_context(asking),
            KeyAction::PauseOrResume,
            "it asks for that one"
        );
        let session_over =
            InputContext { state: State::Ended, is_round_offered: true, is_ringing: true, ..without_alarm };
        assert_eq!(
            KeyAction::AddRound.resolve_in_context(session_over),
            KeyAction::AddRound,
            "and for that one"
        );
    }

    #[test]
    fn a_question_is_answered_with_y_and_n() {
        let question = InputContext {
            state: State::Asking,
            has_question: true,
            is_round_offered: false,
            is_ringing: true,
        };
        assert_eq!(
            [KeyAction::Yes, KeyAction::Next].map(|key| key.resolve_in_context(question)),
            [KeyAction::Next, KeyAction::Skip]
        );
        assert_eq!(
            KeyAction::PauseOrResume.resolve_in_context(question),
            KeyAction::SilenceAlarm,
            "it is no answer to yes or no"
        );
        let without_question =
            InputContext { state: State::Running, has_question: false, is_ringing: false, ..question };
        assert_eq!(
            [KeyAction::Yes, KeyAction::Next].map(|key| key.resolve_in_context(without_question)),
            [KeyAction::Other, KeyAction::Next]
        );
        assert_eq!(decode(b"yes"), [KeyAction::Yes], "the rest of the word is no key");
    }

    #[test]
    fn an_unknown_key_is_other_and_a_long_burst_is_ignored() {
        let mut keys = KeyDecoder::default();
        keys.push_bytes(b"\r", Duration::ZERO);
        assert_eq!(keys.decode_pressed(BURST_GAP), [KeyAction::Other]);
        keys.push_bytes(&b"xyz".repeat(100), Duration::from_secs(3));
        assert_eq!(keys.decode_pressed(Duration::from_secs(4)), []);
    }

    #[test]
    fn each_key_has_one_meaning() {
        let expected = [
            KeyAction::PauseOrResume,
            KeyAction::Next,
            KeyAction::Skip,
            KeyAction::Extend,
            KeyAction::AddRound,
            KeyAction::RepeatLastAlert,
        ];
        assert_eq!(decode(b" ns+mr"), expected);
        assert_eq!(decode(b"dq?"), [KeyAction::Detach, KeyAction::Stop, KeyAction::Help]);
        assert_eq!(decode("xXN0\u{e9}".as_bytes()), []);
    }

    #[test]
    fn a_score_is_one_digit_or_ten() {
        assert_eq!(
            decode(b"p0p9"),
            [
                KeyAction::StartPainScore,
                KeyAction::PainScore(0),
                KeyAction::StartPainScore,
                KeyAction::PainScore(9)
            ]
        );
        assert_eq!(decode(b"p10"), [KeyAction::StartPainScore, KeyAction::PainScore(10)]);
        assert_eq!(decode(b"pt"), [KeyAction::StartPainScore, KeyAction::PainScore(10)]);
        assert_eq!(decode(b"pT"), [KeyAction::StartPainScore, KeyAction::PainScore(10)]);
        assert_eq!(decode(b"p1n"), [KeyAction::StartPainScore, KeyAction::PainScore(1), KeyAction::Next]);
        assert_eq!(decode(b"pn5"), [KeyAction::StartPainScore, KeyAction::Next]);
    }

    #[test]
    fn a_one_waits_a_second_for_a_zero() {
        let mut keys = KeyDecoder::default();
        let at = Duration::from_millis;
        keys.push_bytes(b"p1", at(0));
        assert_eq!((keys.decode_pressed(at(50)), keys.deadline()), (vec![], Some(BURST_GAP)));
        assert_eq!(keys.decode_pressed(at(100)), [KeyAction::StartPainScore]);
        assert_eq!(keys.deadline(), Some(at(1100)));
        assert_eq!(keys.decode_pressed(at(1099)), []);
        assert_eq!((keys.decode_pressed(at(1100)), keys.deadline()), (vec![KeyAction::PainScore(1)], None));
    }

    #[test]
    fn an_arrow_key_in_pieces_is_one_unknown_key() {
        assert_eq!(decode(b"\x1b[1;5s\x1bOs\x1bq\x1b[3~"), []);
        let mut keys = KeyDecoder::default();
        keys.push_bytes(b"\x1b", Duration::ZERO);
        keys.push_bytes(b"[s", BURST_GAP / 2);
        assert_eq!(keys.decode_pressed(BURST_GAP * 2), [KeyAction::Other]);
        assert_eq!(decode(b"\x1b[An"), [KeyAction::Next]);
    }

    #[test]
    fn a_typed_command_is_not_taken_for_keys() {
        let mut keys = KeyDecoder::default();
        let mut pressed = Vec::new();
        for (byte, nth) in b"easeback resume\nn".iter().zip(0..) {
            let now = Duration::from_millis(200 * nth);
            keys.push_bytes(&[*byte], now);
            pressed.extend(
                keys.decode_pressed(now + BURST_GAP).into_iter().filter(|key| *key != KeyAction::Other),
            );
        }
        assert_eq!(pressed, [KeyAction::Help, KeyAction::Next]);
        keys.push_bytes(b"x", Duration::from_secs(10));
        assert_eq!(keys.decode_pressed(Duration::from_secs(11)), [KeyAction::Other]);
        keys.push_bytes(b"n", Duration::from_secs(13));
        assert_eq!(
            keys.decode_pressed(Duration::from_secs(14)),
            [KeyAction::Next],
            "a word that is not ended is forgotten"
        );
    }

    #[test]
    fn a_stray_letter_does_not_swallow_the_next_key() {
        let mut keys = KeyDecoder::default();
        keys.push_bytes(b"j", Duration::ZERO);
        assert_eq!(keys.decode_pressed(BURST_GAP), [KeyAction::Other]);
        keys.push_bytes(b"n", WORD_TIMEOUT + BURST_GAP);
        assert_eq!(keys.decode_pressed(WORD_TIMEOUT + BURST_GAP * 2), [KeyAction::Next]);
    }

    #[test]
    fn a_held_key_counts_once_despite_the_pause_before_repeats() {
        let mut keys = KeyDecoder::default();
        let at = Duration::from_millis;
        keys.push_bytes(b" ", at(0));
        assert_eq!(keys.decode_pressed(at(100)), [KeyAction::PauseOrResume]);
        for nth in 0..8 {
            keys.push_bytes(b" ", at(500 + 20 * nth));
        }
        assert_eq!(keys.decode_pressed(at(800)), []);
        keys.push_bytes(b" ", at(3000));
        assert_eq!(keys.decode_pressed(at(3100)), [KeyAction::PauseOrResume]);
    }

    #[test]
    fn a_long_burst_is_ignored_and_a_repeated_key_counts_once() {
        assert_eq!(decode(&b"snq ".repeat(1024)), []);
        assert_eq!(decode(b"ssssssss"), [KeyAction::Skip]);
        let mut keys = KeyDecoder::default();
        for nth in 0..4096 {
            keys.push_bytes(b"s", BURST_GAP * nth / 2);
        }
        assert!(keys.burst.len() <= MAX_BURST_BYTES + 1 && keys.decode_pressed(BURST_GAP * 4096).is_empty());
        keys.push_bytes(b"s", BURST_GAP * 5000);
        assert_eq!(keys.decode_pressed(BURST_GAP * 5001), [KeyAction::Skip], "and then it hears again");
    }
}
