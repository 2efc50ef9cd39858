//! What keys mean. It knows no terminal: bytes and moments go in, keys come out.
//!
//! What is typed is taken up after a short silence. So a paste, a cat and a key that is held down are seen as
//! what they are, and an arrow key is whole when it is looked at.

use crate::session::State;
use std::time::Duration;

pub const PAIN: &str = "p pain";
const REPEAT: &str = "r repeat";
const DETACH: &str = "d leave it running";
const STOP: &str = "q q stop";
const MORE: &str = "m one more round";
/// Where the limit leaves room for it.
pub const EXTEND: &str = "+ 5 min";
/// The keys while a phase runs, for the foot of the screen.
pub const RUNNING: [&str; 8] = ["space pause", EXTEND, "s end this phase", MORE, PAIN, REPEAT, DETACH, STOP];
/// The keys once its time is up.
pub const UP: [&str; 8] = ["n swapped: go on", "space pause", EXTEND, MORE, PAIN, REPEAT, DETACH, STOP];
/// The keys while it is held.
pub const HELD: [&str; 6] = ["space go on", "s end this phase", PAIN, REPEAT, DETACH, STOP];
/// The keys once the session is over.
pub const AFTER: [&str; 4] = ["pain now? p and a number", MORE, REPEAT, "q close"];
/// The same where there can be no more of it.
pub const AFTER_ALL: [&str; 3] = ["pain now? p and a number", REPEAT, "q close"];
/// The keys of a question.
pub const YES_OR_NO: &str = "y yes · n no";
/// The same, and the other keys meanwhile.
pub const ASKED: [&str; 6] = [YES_OR_NO, EXTEND, PAIN, REPEAT, DETACH, STOP];
/// The keys where nobody times the session.
pub const ALONE: [&str; 1] = ["any key closes this"];
/// What every other key does while an alarm rings, and the same in fewer words.
pub const SILENCES: &str = "any other key silences the alarm";
pub const SILENCE_IN_SHORT: &str = "other: silence";
/// The same where the alarm asks for none.
pub const ANY_SILENCES: &str = "any key: silence";
/// Where all the keys do not fit: the one that shows them.
pub const KEYS: &str = "keys: ?";

/// So long a silence ends what belongs together.
const SILENCE: Duration = Duration::from_millis(100);
/// More bytes than these without a silence are nobody's keys.
const MOST: usize = 16;
/// After `1` a score waits so long to become 10.
const PATIENCE: Duration = Duration::from_secs(1);
/// After a letter a word waits so long for the next: who types one is quicker, and a stray key must not cost the next.
const WORD: Duration = Duration::from_millis(500);
/// A key that is held down repeats itself at the latest so long after it was first heard.
const REPEATS: Duration = Duration::from_millis(1200);
const ESCAPE: u8 = 0x1b;

/// What a person asks for with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Hold the clock, or let it run again.
    Pause,
    /// The swap is done.
    Next,
    /// Yes, where a question asks for it.
    Yes,
    /// Cut this phase short.
    Skip,
    /// Five minutes more.
    Extend,
    /// One more round.
    More,
    /// A pain score comes next.
    AskPain,
    /// A pain score.
    Pain(u8),
    /// Close the viewer.
    Detach,
    /// End the session; asked for twice.
    Stop,
    /// Say again what was said last.
    Repeat,
    /// Show the keys.
    Help,
    /// Any other key.
    Other,
    /// Whatever was told is heard: an alarm's first key means no more.
    Silence,
}

/// What the session waits to be told while a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Where it stands.
    pub state: State,
    /// Whether a question is open that is answered with yes or no.
    pub asks: bool,
    /// Whether another round is offered.
    pub offers_more: bool,
    /// Whether an alarm rings.
    pub rings: bool,
}

impl Key {
    /// What the key means there. A question is answered by `y` and `n`. While an alarm rings, only pain, and the key
    /// that the alarm itself asks for, mean what they say.
    pub fn heard(self, now: Moment) -> Key {
        let key = match self {
            Key::Yes if now.asks => return Key::Next,
            Key::Next if now.asks => return Key::Skip,
            Key::Yes => Key::Other,
            key => key,
        };
        let is_asked_for = match key {
            Key::AskPain | Key::Pain(_) | Key::Next => true,
            Key::Pause => now.state == State::Asking && !now.asks,
            Key::More => now.offers_more,
            // How else could one know which?
            Key::Help => now.asks,
            _ => false,
        };
        if now.rings && !is_asked_for { Key::Silence } else { key }
    }
}

/// A pain score that is being typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Score {
    #[default]
    No,
    Asked,
    /// `1`, which until then may become 10.
    One(Duration),
}

/// The keyboard's side of a viewer. Moments are of one clock, whichever.
#[derive(Debug, Default)]
pub struct Keys {
    /// What was typed since the last silence, as far as it can matter.
    burst: Vec<u8>,
    /// When it is quiet, if nothing more comes.
    quiet: Duration,
    score: Score,
    /// A word is being typed, and is not keys: until Enter, or until then.
    word: Option<Duration>,
    /// What was pressed last, and when it was heard.
    last: Option<(u8, Duration)>,
}

impl Keys {
    /// Takes in what was typed.
    pub fn hear(&mut self, bytes: &[u8], now: Duration) {
        if !bytes.is_empty() {
            let room = (MOST + 1).saturating_sub(self.burst.len()).min(bytes.len());
            self.burst.extend(&bytes[..room]);
            self.quiet = now + SILENCE;
        }
    }

    /// When to ask for keys, if nothing is typed before.
    pub fn deadline(&self) -> Option<Duration> {
        match self.score {
            _ if !self.burst.is_empty() => Some(self.quiet),
            Score::One(until) => Some(until),
            Score::No | Score::Asked => None,
        }
    }

    /// The keys that were pressed by now, each once.
    pub fn pressed(&mut self, now: Duration) -> Vec<Key> {
        let mut keys = Vec::new();
        if !self.burst.is_empty() && now < self.quiet {
            return keys;
        }
        let burst = std::mem::take(&mut self.burst);
        let held = self.is_held(&burst, now);
        self.last = burst.last().map(|letter| (*letter, now)).or(self.last);
        if burst.len() <= MOST && !held {
            letters(&burst).into_iter().for_each(|letter| keys.extend(self.press(letter, now)));
        }
        if let Score::One(until) = self.score
            && now >= until
        {
            self.score = Score::No;
            keys.push(Key::Pain(1));
        }
        keys
    }

    /// The letter that was heard last begins no word.
    pub fn forget_word(&mut self) {
        self.word = None;
    }

    /// Whether the burst is only the rest of a key that is held down: keyboards wait before they repeat.
    fn is_held(&self, burst: &[u8], now: Duration) -> bool {
        let [first, _, ..] = burst else { return false };
        let same = burst.iter().all(|letter| letter == first);
        same && self.last.is_some_and(|(letter, at)| letter == *first && now < at + REPEATS)
    }

    fn press(&mut self, letter: u8, now: Duration) -> Vec<Key> {
        // Whoever types `easeback next` here means the command, not thirteen keys.
        if self.word.take_if(|until| now >= *until || matches!(letter, b'\n' | b'\r')).is_some()
            && matches!(letter, b'\n' | b'\r')
        {
            return vec![Key::Help];
        }
        if self.word.is_some() {
            self.word = Some(now + WORD);
            return Vec::new();
        }
        let key = match (std::mem::take(&mut self.score), letter) {
            (Score::Asked, b'1') => {
                self.score = Score::One(now + PATIENCE);
                None
            }
            // As before a session.
            (Score::Asked, b't' | b'T') => Some(Key::Pain(10)),
            (Score::Asked, b'0' | b'2'..=b'9') => Some(Key::Pain(letter - b'0')),
            (Score::One(_), b'0') => Some(Key::Pain(10)),
            (Score::One(_), _) => {
                return [Key::Pain(1)].into_iter().chain(self.press(letter, now)).collect();
            }
            (_, b' ') => Some(Key::Pause),
            (_, b'n') => Some(Key::Next),
            (_, b'y') => Some(Key::Yes),
            (_, b's') => Some(Key::Skip),
            (_, b'+') => Some(Key::Extend),
            (_, b'm') => Some(Key::More),
            (_, b'd') => Some(Key::Detach),
            (_, b'q') => Some(Key::Stop),
            (_, b'r') => Some(Key::Repeat),
            (_, b'?') => Some(Key::Help),
            (_, b'p') => {
                self.score = Score::Asked;
                Some(Key::AskPain)
            }
            (_, letter) => {
                self.word = letter.is_ascii_alphabetic().then_some(now + WORD);
                Some(Key::Other)
            }
        };
        key.into_iter().collect()
    }
}

/// The bytes, with an escape sequence as one of them, and a key that is held down pressed once.
fn letters(burst: &[u8]) -> Vec<u8> {
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

    fn typed(bytes: &[u8]) -> Vec<Key> {
        let mut keys = Keys::default();
        keys.hear(bytes, Duration::ZERO);
        let mut pressed = keys.pressed(Duration::from_secs(5));
        pressed.retain(|key| *key != Key::Other);
        pressed
    }

    #[test]
    fn while_an_alarm_rings_a_key_means_no_more_than_that_it_was_heard() {
        let quiet = Moment { state: State::Running, asks: false, offers_more: false, rings: false };
        let heard = |key: Key| key.heard(Moment { rings: true, ..quiet });
        for key in [Key::Pause, Key::Skip, Key::Extend, Key::More, Key::Detach, Key::Stop, Key::Other] {
            assert_eq!(heard(key), Key::Silence);
            assert_eq!(key.heard(quiet), key);
        }
        assert_eq!(
            [Key::AskPain, Key::Pain(3), Key::Next].map(heard),
            [Key::AskPain, Key::Pain(3), Key::Next]
        );
        let asking = Moment { state: State::Asking, rings: true, ..quiet };
        assert_eq!(Key::Pause.heard(asking), Key::Pause, "it asks for that one");
        let ended = Moment { state: State::Ended, offers_more: true, rings: true, ..quiet };
        assert_eq!(Key::More.heard(ended), Key::More, "and for that one");
    }

    #[test]
    fn a_question_is_answered_with_y_and_n() {
        let question = Moment { state: State::Asking, asks: true, offers_more: false, rings: true };
        assert_eq!([Key::Yes, Key::Next].map(|key| key.heard(question)), [Key::Next, Key::Skip]);
        assert_eq!(Key::Pause.heard(question), Key::Silence, "it is no answer to yes or no");
        let none = Moment { state: State::Running, asks: false, rings: false, ..question };
        assert_eq!([Key::Yes, Key::Next].map(|key| key.heard(none)), [Key::Other, Key::Next]);
        assert_eq!(typed(b"yes"), [Key::Yes], "the rest of the word is no key");
    }

    #[test]
    fn any_key_is_heard_and_noise_is_not() {
        let mut keys = Keys::default();
        keys.hear(b"\r", Duration::ZERO);
        assert_eq!(keys.pressed(SILENCE), [Key::Other]);
        keys.hear(&b"xyz".repeat(100), Duration::from_secs(3));
        assert_eq!(keys.pressed(Duration::from_secs(4)), []);
    }

    #[test]
    fn each_key_means_one_thing() {
        let all = [Key::Pause, Key::Next, Key::Skip, Key::Extend, Key::More, Key::Repeat];
        assert_eq!(typed(b" ns+mr"), all);
        assert_eq!(typed(b"dq?"), [Key::Detach, Key::Stop, Key::Help]);
        assert_eq!(typed("xXN0\u{e9}".as_bytes()), []);
    }

    #[test]
    fn a_score_is_one_digit_or_ten() {
        assert_eq!(typed(b"p0p9"), [Key::AskPain, Key::Pain(0), Key::AskPain, Key::Pain(9)]);
        assert_eq!(typed(b"p10"), [Key::AskPain, Key::Pain(10)]);
        assert_eq!(typed(b"pt"), [Key::AskPain, Key::Pain(10)]);
        assert_eq!(typed(b"pT"), [Key::AskPain, Key::Pain(10)]);
        assert_eq!(typed(b"p1n"), [Key::AskPain, Key::Pain(1), Key::Next]);
        assert_eq!(typed(b"pn5"), [Key::AskPain, Key::Next]);
    }

    #[test]
    fn a_one_waits_a_second_for_its_nought() {
        let mut keys = Keys::default();
        let at = Duration::from_millis;
        keys.hear(b"p1", at(0));
        assert_eq!((keys.pressed(at(50)), keys.deadline()), (vec![], Some(SILENCE)));
        assert_eq!(keys.pressed(at(100)), [Key::AskPain]);
        assert_eq!(keys.deadline(), Some(at(1100)));
        assert_eq!(keys.pressed(at(1099)), []);
        assert_eq!((keys.pressed(at(1100)), keys.deadline()), (vec![Key::Pain(1)], None));
    }

    #[test]
    fn an_arrow_is_one_unknown_key_though_it_comes_in_pieces() {
        assert_eq!(typed(b"\x1b[1;5s\x1bOs\x1bq\x1b[3~"), []);
        let mut keys = Keys::default();
        keys.hear(b"\x1b", Duration::ZERO);
        keys.hear(b"[s", SILENCE / 2);
        assert_eq!(keys.pressed(SILENCE * 2), [Key::Other]);
        assert_eq!(typed(b"\x1b[An"), [Key::Next]);
    }

    #[test]
    fn a_command_that_is_typed_is_no_row_of_keys() {
        let mut keys = Keys::default();
        let mut pressed = Vec::new();
        for (letter, at) in b"easeback resume\nn".iter().zip(0..) {
            let now = Duration::from_millis(200 * at);
            keys.hear(&[*letter], now);
            pressed.extend(keys.pressed(now + SILENCE).into_iter().filter(|key| *key != Key::Other));
        }
        assert_eq!(pressed, [Key::Help, Key::Next]);
        keys.hear(b"x", Duration::from_secs(10));
        assert_eq!(keys.pressed(Duration::from_secs(11)), [Key::Other]);
        keys.hear(b"n", Duration::from_secs(13));
        assert_eq!(
            keys.pressed(Duration::from_secs(14)),
            [Key::Next],
            "a word that is not ended is forgotten"
        );
    }

    #[test]
    fn a_stray_letter_costs_no_other_key() {
        let mut keys = Keys::default();
        keys.hear(b"j", Duration::ZERO);
        assert_eq!(keys.pressed(SILENCE), [Key::Other]);
        keys.hear(b"n", WORD + SILENCE);
        assert_eq!(keys.pressed(WORD + SILENCE * 2), [Key::Next]);
    }

    #[test]
    fn a_held_key_is_one_though_the_keyboard_waits_before_it_repeats() {
        let mut keys = Keys::default();
        let at = Duration::from_millis;
        keys.hear(b" ", at(0));
        assert_eq!(keys.pressed(at(100)), [Key::Pause]);
        (0..8).for_each(|nth| keys.hear(b" ", at(500 + 20 * nth)));
        assert_eq!(keys.pressed(at(800)), []);
        keys.hear(b" ", at(3000));
        assert_eq!(keys.pressed(at(3100)), [Key::Pause]);
    }

    #[test]
    fn a_burst_is_noise_and_a_held_key_is_one() {
        assert_eq!(typed(&b"snq ".repeat(1024)), []);
        assert_eq!(typed(b"ssssssss"), [Key::Skip]);
        let mut keys = Keys::default();
        (0..4096).for_each(|at| keys.hear(b"s", SILENCE * at / 2));
        assert!(keys.burst.len() <= MOST + 1 && keys.pressed(SILENCE * 4096).is_empty());
        keys.hear(b"s", SILENCE * 5000);
        assert_eq!(keys.pressed(SILENCE * 5001), [Key::Skip], "and then it hears again");
    }
}
