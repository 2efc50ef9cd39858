//! What keys mean. It knows no terminal: bytes and moments go in, keys come out.
//!
//! What is typed is taken up after a short silence. So a paste, a cat and a key that is held down are seen as
//! what they are, and an arrow key is whole when it is looked at.

use crate::session::State;
use std::time::Duration;

pub(crate) const PAIN_KEY: &str = "p pain";
const REPEAT_KEY: &str = "r repeat";
const DETACH_KEY: &str = "d leave it running";
const STOP_KEY: &str = "q q stop";
const ADD_ROUND_KEY: &str = "m one more round";
/// Where the limit leaves room for it.
pub(crate) const EXTEND_KEY: &str = "+ 5 min";
/// The keys while a phase runs, for the foot of the screen.
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
/// The keys once its time is up.
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
/// The keys while it is held.
pub(crate) const PAUSED_KEYS: [&str; 6] =
    ["space go on", "s end this phase", PAIN_KEY, REPEAT_KEY, DETACH_KEY, STOP_KEY];
/// The keys once the session is over.
pub(crate) const ENDED_KEYS: [&str; 4] = ["pain now? p and a number", ADD_ROUND_KEY, REPEAT_KEY, "q close"];
/// The same where there can be no more of it.
pub(crate) const ENDED_KEYS_NO_MORE_ROUNDS: [&str; 3] = ["pain now? p and a number", REPEAT_KEY, "q close"];
/// The keys of a question.
pub(crate) const YES_NO_KEYS: &str = "y yes · n no";
/// The same, and the other keys meanwhile.
pub(crate) const QUESTION_KEYS: [&str; 6] =
    [YES_NO_KEYS, EXTEND_KEY, PAIN_KEY, REPEAT_KEY, DETACH_KEY, STOP_KEY];
/// The keys where nobody times the session.
pub(crate) const UNTIMED_KEYS: [&str; 1] = ["any key closes this"];
/// What every other key does while an alarm rings, and the same in fewer words.
pub(crate) const SILENCE_KEYS: &str = "any other key silences the alarm";
pub(crate) const SHORT_SILENCE_KEYS: &str = "other: silence";
/// The same where the alarm asks for none.
pub(crate) const ANY_KEY_SILENCES: &str = "any key: silence";
/// Where all the keys do not fit: the one that shows them.
pub(crate) const SHOW_KEYS_HINT: &str = "keys: ?";

/// So long a silence ends what belongs together.
const BURST_GAP: Duration = Duration::from_millis(100);
/// More bytes than these without a silence are nobody's keys.
const MAX_BURST_BYTES: usize = 16;
/// After `1` a score waits so long to become 10.
const SCORE_TEN_TIMEOUT: Duration = Duration::from_secs(1);
/// After a letter a word waits so long for the next: who types one is quicker, and a stray key must not cost the next.
const WORD_TIMEOUT: Duration = Duration::from_millis(500);
/// A key that is held down repeats itself at the latest so long after it was first heard.
const KEY_REPEAT_LIMIT: Duration = Duration::from_millis(1200);
const ESCAPE: u8 = 0x1b;

/// What a person asks for with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyAction {
    /// Hold the clock, or let it run again.
    PauseOrResume,
    /// The swap is done.
    Next,
    /// Yes, where a question asks for it.
    Yes,
    /// Cut this phase short.
    Skip,
    /// Five minutes more.
    Extend,
    /// One more round.
    AddRound,
    /// A pain score comes next.
    StartPainScore,
    /// A pain score.
    PainScore(u8),
    /// Close the viewer.
    Detach,
    /// End the session; asked for twice.
    Stop,
    /// Say again what was said last.
    RepeatLastAlert,
    /// Show the keys.
    Help,
    /// Any other key.
    Other,
    /// Whatever was told is heard: an alarm's first key means no more.
    SilenceAlarm,
}

/// What the session waits to be told while a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputContext {
    /// Where it stands.
    pub(crate) state: State,
    /// Whether a question is open that is answered with yes or no.
    pub(crate) has_question: bool,
    /// Whether another round is offered.
    pub(crate) is_round_offered: bool,
    /// Whether an alarm rings.
    pub(crate) is_ringing: bool,
}

impl KeyAction {
    /// What the key means there. A question is answered by `y` and `n`. While an alarm rings, only pain, and the key
    /// that the alarm itself asks for, mean what they say.
    pub(crate) fn resolve_in_context(self, now: InputContext) -> KeyAction {
        let key = match self {
            KeyAction::Yes if now.has_question => return KeyAction::Next,
            KeyAction::Next if now.has_question => return KeyAction::Skip,
            KeyAction::Yes => KeyAction::Other,
            key => key,
        };
        let is_asked_for = match key {
            KeyAction::StartPainScore | KeyAction::PainScore(_) | KeyAction::Next => true,
            KeyAction::PauseOrResume => now.state == State::Asking && !now.has_question,
            KeyAction::AddRound => now.is_round_offered,
            // How else could one know which?
            KeyAction::Help => now.has_question,
            _ => false,
        };
        if now.is_ringing && !is_asked_for { KeyAction::SilenceAlarm } else { key }
    }
}

/// A pain score that is being typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PainScoreInput {
    #[default]
    Inactive,
    AwaitingDigit,
    /// `1`, which until then may become 10.
    OneAwaitingZero(Duration),
}

/// The keyboard's side of a viewer. Moments are of one clock, whichever.
#[derive(Debug, Default)]
pub(crate) struct KeyDecoder {
    /// What was typed since the last silence, as far as it can matter.
    burst: Vec<u8>,
    /// When it is quiet, if nothing more comes.
    burst_ends_at: Duration,
    score_input: PainScoreInput,
    /// A word is being typed, and is not keys: until Enter, or until then.
    typing_word_until: Option<Duration>,
    /// What was pressed last, and when it was heard.
    last_byte: Option<(u8, Duration)>,
}

impl KeyDecoder {
    /// Takes in what was typed.
    pub(crate) fn push_bytes(&mut self, bytes: &[u8], now: Duration) {
        if !bytes.is_empty() {
            let room = (MAX_BURST_BYTES + 1).saturating_sub(self.burst.len()).min(bytes.len());
            self.burst.extend(&bytes[..room]);
            self.burst_ends_at = now + BURST_GAP;
        }
    }

    /// When to ask for keys, if nothing is typed before.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self.score_input {
            _ if !self.burst.is_empty() => Some(self.burst_ends_at),
            PainScoreInput::OneAwaitingZero(until) => Some(until),
            PainScoreInput::Inactive | PainScoreInput::AwaitingDigit => None,
        }
    }

    /// The keys that were pressed by now, each once.
    pub(crate) fn decode_pressed(&mut self, now: Duration) -> Vec<KeyAction> {
        let mut keys = Vec::new();
        if !self.burst.is_empty() && now < self.burst_ends_at {
            return keys;
        }
        let burst = std::mem::take(&mut self.burst);
        let held = self.is_key_repeat(&burst, now);
        self.last_byte = burst.last().map(|letter| (*letter, now)).or(self.last_byte);
        if burst.len() <= MAX_BURST_BYTES && !held {
            collapse_key_bytes(&burst)
                .into_iter()
                .for_each(|letter| keys.extend(self.decode_byte(letter, now)));
        }
        if let PainScoreInput::OneAwaitingZero(until) = self.score_input
            && now >= until
        {
            self.score_input = PainScoreInput::Inactive;
            keys.push(KeyAction::PainScore(1));
        }
        keys
    }

    /// The letter that was heard last begins no word.
    pub(crate) fn cancel_typed_word(&mut self) {
        self.typing_word_until = None;
    }

    /// Whether the burst is only the rest of a key that is held down: keyboards wait before they repeat.
    fn is_key_repeat(&self, burst: &[u8], now: Duration) -> bool {
        let [first, _, ..] = burst else { return false };
        let same = burst.iter().all(|letter| letter == first);
        same && self.last_byte.is_some_and(|(letter, at)| letter == *first && now < at + KEY_REPEAT_LIMIT)
    }

    fn decode_byte(&mut self, letter: u8, now: Duration) -> Vec<KeyAction> {
        // Whoever types `easeback next` here means the command, not thirteen keys.
        if self.typing_word_until.take_if(|until| now >= *until || matches!(letter, b'\n' | b'\r')).is_some()
            && matches!(letter, b'\n' | b'\r')
        {
            return vec![KeyAction::Help];
        }
        if self.typing_word_until.is_some() {
            self.typing_word_until = Some(now + WORD_TIMEOUT);
            return Vec::new();
        }
        let key = match (std::mem::take(&mut self.score_input), letter) {
            (PainScoreInput::AwaitingDigit, b'1') => {
                self.score_input = PainScoreInput::OneAwaitingZero(now + SCORE_TEN_TIMEOUT);
                None
            }
            // As before a session.
            (PainScoreInput::AwaitingDigit, b't' | b'T') => Some(KeyAction::PainScore(10)),
            (PainScoreInput::AwaitingDigit, b'0' | b'2'..=b'9') => Some(KeyAction::PainScore(letter - b'0')),
            (PainScoreInput::OneAwaitingZero(_), b'0') => Some(KeyAction::PainScore(10)),
            (PainScoreInput::OneAwaitingZero(_), _) => {
                return [KeyAction::PainScore(1)].into_iter().chain(self.decode_byte(letter, now)).collect();
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
            (_, letter) => {
                self.typing_word_until = letter.is_ascii_alphabetic().then_some(now + WORD_TIMEOUT);
                Some(KeyAction::Other)
            }
        };
        key.into_iter().collect()
    }
}

/// The bytes, with an escape sequence as one of them, and a key that is held down pressed once.
fn collapse_key_bytes(burst: &[u8]) -> Vec<u8> {
    let mut letters = Vec::new();
    let mut rest = burst;
    while let Some((letter, tail)) = rest.split_first() {
        letters.push(*letter);
        rest = match (letter, tail) {
            (&ESCAPE, [b'[', sequence @ ..]) => {
                let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte));
                &sequence[end.map_or(sequence.len(), |end| end + 1)..]
            }
            (&ESCAPE, [b'O', _, tail @ ..] | [_, tail @ ..]) => tail,
            _ => tail,
        };
    }
    letters.dedup();
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> Vec<KeyAction> {
        let mut keys = KeyDecoder::default();
        keys.push_bytes(bytes, Duration::ZERO);
        let mut pressed = keys.decode_pressed(Duration::from_secs(5));
        pressed.retain(|key| *key != KeyAction::Other);
        pressed
    }

    #[test]
    fn while_an_alarm_rings_a_key_means_no_more_than_that_it_was_heard() {
        let quiet = InputContext {
            state: State::Running,
            has_question: false,
            is_round_offered: false,
            is_ringing: false,
        };
        let heard = |key: KeyAction| key.resolve_in_context(InputContext { is_ringing: true, ..quiet });
        for key in [
            KeyAction::PauseOrResume,
            KeyAction::Skip,
            KeyAction::Extend,
            KeyAction::AddRound,
            KeyAction::Detach,
            KeyAction::Stop,
            KeyAction::Other,
        ] {
            assert_eq!(heard(key), KeyAction::SilenceAlarm);
            assert_eq!(key.resolve_in_context(quiet), key);
        }
        assert_eq!(
            [KeyAction::StartPainScore, KeyAction::PainScore(3), KeyAction::Next].map(heard),
            [KeyAction::StartPainScore, KeyAction::PainScore(3), KeyAction::Next]
        );
        let asking = InputContext { state: State::Asking, is_ringing: true, ..quiet };
        assert_eq!(
            KeyAction::PauseOrResume.resolve_in_context(asking),
            KeyAction::PauseOrResume,
            "it asks for that one"
        );
        let ended = InputContext { state: State::Ended, is_round_offered: true, is_ringing: true, ..quiet };
        assert_eq!(KeyAction::AddRound.resolve_in_context(ended), KeyAction::AddRound, "and for that one");
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
        let none = InputContext { state: State::Running, has_question: false, is_ringing: false, ..question };
        assert_eq!(
            [KeyAction::Yes, KeyAction::Next].map(|key| key.resolve_in_context(none)),
            [KeyAction::Other, KeyAction::Next]
        );
        assert_eq!(typed(b"yes"), [KeyAction::Yes], "the rest of the word is no key");
    }

    #[test]
    fn any_key_is_heard_and_noise_is_not() {
        let mut keys = KeyDecoder::default();
        keys.push_bytes(b"\r", Duration::ZERO);
        assert_eq!(keys.decode_pressed(BURST_GAP), [KeyAction::Other]);
        keys.push_bytes(&b"xyz".repeat(100), Duration::from_secs(3));
        assert_eq!(keys.decode_pressed(Duration::from_secs(4)), []);
    }

    #[test]
    fn each_key_means_one_thing() {
        let all = [
            KeyAction::PauseOrResume,
            KeyAction::Next,
            KeyAction::Skip,
            KeyAction::Extend,
            KeyAction::AddRound,
            KeyAction::RepeatLastAlert,
        ];
        assert_eq!(typed(b" ns+mr"), all);
        assert_eq!(typed(b"dq?"), [KeyAction::Detach, KeyAction::Stop, KeyAction::Help]);
        assert_eq!(typed("xXN0\u{e9}".as_bytes()), []);
    }

    #[test]
    fn a_score_is_one_digit_or_ten() {
        assert_eq!(
            typed(b"p0p9"),
            [
                KeyAction::StartPainScore,
                KeyAction::PainScore(0),
                KeyAction::StartPainScore,
                KeyAction::PainScore(9)
            ]
        );
        assert_eq!(typed(b"p10"), [KeyAction::StartPainScore, KeyAction::PainScore(10)]);
        assert_eq!(typed(b"pt"), [KeyAction::StartPainScore, KeyAction::PainScore(10)]);
        assert_eq!(typed(b"pT"), [KeyAction::StartPainScore, KeyAction::PainScore(10)]);
        assert_eq!(typed(b"p1n"), [KeyAction::StartPainScore, KeyAction::PainScore(1), KeyAction::Next]);
        assert_eq!(typed(b"pn5"), [KeyAction::StartPainScore, KeyAction::Next]);
    }

    #[test]
    fn a_one_waits_a_second_for_its_nought() {
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
    fn an_arrow_is_one_unknown_key_though_it_comes_in_pieces() {
        assert_eq!(typed(b"\x1b[1;5s\x1bOs\x1bq\x1b[3~"), []);
        let mut keys = KeyDecoder::default();
        keys.push_bytes(b"\x1b", Duration::ZERO);
        keys.push_bytes(b"[s", BURST_GAP / 2);
        assert_eq!(keys.decode_pressed(BURST_GAP * 2), [KeyAction::Other]);
        assert_eq!(typed(b"\x1b[An"), [KeyAction::Next]);
    }

    #[test]
    fn a_command_that_is_typed_is_no_row_of_keys() {
        let mut keys = KeyDecoder::default();
        let mut pressed = Vec::new();
        for (letter, at) in b"easeback resume\nn".iter().zip(0..) {
            let now = Duration::from_millis(200 * at);
            keys.push_bytes(&[*letter], now);
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
    fn a_stray_letter_costs_no_other_key() {
        let mut keys = KeyDecoder::default();
        keys.push_bytes(b"j", Duration::ZERO);
        assert_eq!(keys.decode_pressed(BURST_GAP), [KeyAction::Other]);
        keys.push_bytes(b"n", WORD_TIMEOUT + BURST_GAP);
        assert_eq!(keys.decode_pressed(WORD_TIMEOUT + BURST_GAP * 2), [KeyAction::Next]);
    }

    #[test]
    fn a_held_key_is_one_though_the_keyboard_waits_before_it_repeats() {
        let mut keys = KeyDecoder::default();
        let at = Duration::from_millis;
        keys.push_bytes(b" ", at(0));
        assert_eq!(keys.decode_pressed(at(100)), [KeyAction::PauseOrResume]);
        (0..8).for_each(|nth| keys.push_bytes(b" ", at(500 + 20 * nth)));
        assert_eq!(keys.decode_pressed(at(800)), []);
        keys.push_bytes(b" ", at(3000));
        assert_eq!(keys.decode_pressed(at(3100)), [KeyAction::PauseOrResume]);
    }

    #[test]
    fn a_burst_is_noise_and_a_held_key_is_one() {
        assert_eq!(typed(&b"snq ".repeat(1024)), []);
        assert_eq!(typed(b"ssssssss"), [KeyAction::Skip]);
        let mut keys = KeyDecoder::default();
        (0..4096).for_each(|at| keys.push_bytes(b"s", BURST_GAP * at / 2));
        assert!(keys.burst.len() <= MAX_BURST_BYTES + 1 && keys.decode_pressed(BURST_GAP * 4096).is_empty());
        keys.push_bytes(b"s", BURST_GAP * 5000);
        assert_eq!(keys.decode_pressed(BURST_GAP * 5001), [KeyAction::Skip], "and then it hears again");
    }
}
