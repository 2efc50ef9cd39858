//! Speech, by whatever voice the computer has. Never two at once.
//!
//! A newer message takes the place of one that waits; one that asks for something now cuts off what is being said.
//! What is left, and paced breathing, are said only where nothing else is.

use super::{
    AlertConfig, WarningWriter,
    program::{Choice, Ended, Program},
};
use crate::session::{BreathDirection, BreathProgress};
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    time::Duration,
};

/// How long a voice may take: so long, or so long for each word, whichever is more.
const LIMIT: Duration = Duration::from_secs(20);
const A_WORD: Duration = Duration::from_millis(500);
/// Nobody listens for longer: the rest can be read.
const MOST_WORDS: usize = 80;
/// How long a voice may take to be told to stop.
const STOP: Duration = Duration::from_secs(1);
const VOICES: &[&[&str]] =
    &[&["spd-say", "--wait", "--"], &["espeak-ng", "--"], &["espeak", "--"], &["say", "--"]];
/// Waits for a server to speak: when it is killed, the server speaks on.
const OF_A_SERVER: &str = "spd-say";

/// What the thread of speech hears.
pub(super) enum Heard {
    Say {
        text: String,
        /// Whether it cuts off what is being said.
        at_once: bool,
    },
    /// Said only where nothing else is: later it would be wrong.
    Aside(String),
    Breath(BreathDirection),
    Ended(Ended),
    /// Nothing more comes.
    Finish,
    /// Enough.
    Stop,
}

/// What is said, or waits for it.
struct Words {
    text: String,
    at_once: bool,
    breath: bool,
}

/// The voice that would be taken, and those that are not there after it.
pub(super) fn voices(ways: &AlertConfig) -> Choice {
    Choice::of(ways.speech.command.as_ref(), VOICES, "{text}", &ways.program_search_path)
}

pub(super) struct Voice {
    voices: Choice,
    complaints: WarningWriter,
    inbox: Sender<Heard>,
    speaking: Option<(Program, Words)>,
    waiting: Option<Words>,
}

impl Voice {
    pub(super) fn new(voices: Choice, complaints: WarningWriter, inbox: Sender<Heard>) -> Voice {
        Voice { voices, complaints, inbox, speaking: None, waiting: None }
    }

    pub(super) fn serve(mut self, heard: &Receiver<Heard>) {
        let mut finishes = false;
        while !(finishes && self.speaking.is_none()) {
            match heard.recv() {
                Ok(Heard::Say { text, at_once }) => self.take_in(Words { text, at_once, breath: false }),
                Ok(Heard::Aside(text)) if self.speaking.as_ref().is_none_or(|(_, said)| said.breath) => {
                    self.take_in(Words { text, at_once: false, breath: false });
                }
                Ok(Heard::Aside(_)) => {}
                Ok(Heard::Breath(breath)) if self.speaking.is_none() => {
                    self.say(Words { text: breath.as_str().into(), at_once: false, breath: true });
                }
                Ok(Heard::Breath(_)) => {}
                Ok(Heard::Ended(ended)) => self.ended(ended),
                Ok(Heard::Finish) => finishes = true,
                Ok(Heard::Stop) => return self.cut_off(),
                Err(_) => return,
            }
        }
    }

    fn take_in(&mut self, words: Words) {
        let cuts_off = self.speaking.as_ref().is_some_and(|(_, said)| words.at_once || said.breath);
        // What must be said at once is not lost to what comes for information.
        if words.at_once || !self.waiting.as_ref().is_some_and(|waiting| waiting.at_once) {
            self.waiting = Some(words);
        }
        if cuts_off {
            self.cut_off();
        }
        self.go_on();
    }

    fn go_on(&mut self) {
        if self.speaking.is_none()
            && let Some(words) = self.waiting.take()
        {
            self.say(words);
        }
    }

    fn say(&mut self, words: Words) {
        let inbox = self.inbox.clone();
        let ended = move |ended| _ = inbox.send(Heard::Ended(ended));
        let text = at_most(&words.text, MOST_WORDS);
        let limit = LIMIT.max(A_WORD * text.split(' ').count().try_into().unwrap_or(u32::MAX));
        match Program::start(&self.voices.about(text), &[], limit, ended) {
            Ok(program) => self.speaking = Some((program, words)),
            Err(why) => self.failed(words, &why),
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Some((program, words)) = self.speaking.take_if(|(program, _)| program.is(ended)) else { return };
        match program.close(ended) {
            Ok(()) => {}
            // It may have been heard: it is not said again.
            Err(why) if !ended.in_time => {
                self.silence_server();
                self.complain(&why);
            }
            Err(why) => self.failed(words, &why),
        }
        self.go_on();
    }

    /// The next voice tries; the last one's failure is told.
    fn failed(&mut self, words: Words, why: &str) {
        let name = self.voices.name().unwrap_or_default();
        if !self.voices.turn() {
            self.complaints.warn_once(&format!("nothing is spoken here: {name} failed ({why})"));
        } else if self.waiting.is_none() {
            self.say(words);
        }
    }

    fn complain(&mut self, why: &str) {
        let name = self.voices.name().unwrap_or_default();
        self.complaints.warn_once(&format!("what is spoken may be missing: {name} failed ({why})"));
    }

    fn cut_off(&mut self) {
        self.speaking = None;
        self.silence_server();
    }

    fn silence_server(&mut self) {
        let command = self.voices.about("");
        let Some(program) = command.first().filter(|program| program.ends_with(OF_A_SERVER)) else { return };
        let (done, stopped) = std::sync::mpsc::channel();
        let stop = [program.clone(), "--stop".to_owned()];
        if let Ok(_stopping) = Program::start(&stop, &[], STOP, move |ended| _ = done.send(ended)) {
            let _ = stopped.recv();
        }
    }
}

/// The text up to the last sentence that ends within so many words.
fn at_most(text: &str, words: usize) -> &str {
    let Some((end, _)) = text.match_indices(' ').nth(words - 1) else { return text };
    let short = &text[..end];
    short.rfind(['.', '?', '!']).map_or(short, |stop| &short[..=stop])
}

/// Says each breath as it begins, from the moment it is told how the person breathes until it is told to stop. The
/// clock of its waits is enough: a few milliseconds in five minutes.
pub(super) fn breathe(orders: &Receiver<Option<BreathProgress>>, voice: &Sender<Heard>) {
    let mut pace: Option<BreathProgress> = None;
    loop {
        let order = match pace {
            None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(pace) => orders.recv_timeout(pace.time_left()),
        };
        pace = match order {
            // One that has begun already is not said.
            Ok(order) => order.inspect(|pace| say_at_its_beginning(*pace, voice)),
            Err(RecvTimeoutError::Timeout) => {
                pace.map(|pace| pace.next_breath()).inspect(|pace| say_at_its_beginning(*pace, voice))
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

fn say_at_its_beginning(pace: BreathProgress, voice: &Sender<Heard>) {
    if pace.elapsed < Duration::from_secs(1) {
        let _ = voice.send(Heard::Breath(pace.direction));
    }
}
