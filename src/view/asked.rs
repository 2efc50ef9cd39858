//! What the person asks for, by a key or by a line, is done.

use super::{
    Closed, Viewer,
    input::Typed,
    keys::{Key, Moment},
    obey,
    typed::{Meaning, WORDS, meaning},
    words,
};
use crate::{
    clock,
    session::{Command, Snapshot, State},
};
use std::time::Duration;

/// So long `q` waits to be pressed once more.
const SURE: Duration = Duration::from_secs(5);
const ARE_YOU_SURE: &str = "end the session? q again ends it, any other key does not";
const ARE_YOU_SURE_IN_LINES: &str = "End the session? q again within five seconds ends it, and so does stop.";
const DEAF: &str = "nothing more can be typed here; Ctrl-C stops";

impl Viewer<'_> {
    /// Does what was typed.
    pub(super) fn hear(&mut self, ready: bool) -> Option<Closed> {
        let typed = self.input.hear(ready, clock::now().boottime);
        typed.into_iter().find_map(|typed| match typed {
            Typed::Key(key) => self.press(key),
            Typed::Line(line) => self.take(&line),
            Typed::End if self.style.live => None,
            Typed::End => {
                self.answer(DEAF);
                None
            }
        })
    }

    fn press(&mut self, key: Key) -> Option<Closed> {
        if self.alone.is_some() {
            return Some(self.closed(Closed::Unwatched));
        }
        let (snapshot, moment) = self.look_now()?;
        let key = key.heard(moment);
        if moment.state == State::Ended && key == Key::Silence {
            self.input.forget_word();
        }
        self.face.seen();
        self.act(key, &snapshot)
    }

    fn take(&mut self, line: &str) -> Option<Closed> {
        let (snapshot, moment) = self.look_now()?;
        let over = moment.state == State::Ended;
        let meaning = meaning(line, words::asks(&snapshot));
        if meaning != Meaning::Key(Key::Stop) {
            self.stops_until = None;
        }
        match meaning {
            Meaning::Enter | Meaning::Stop if over => {
                if !snapshot.answered {
                    self.say(|_| Some(Command::Answer));
                }
                return Some(self.closed(Closed::Over));
            }
            Meaning::Stop => return Some(self.closed(Closed::Stop)),
            Meaning::Enter if moment.rings => return self.act(Key::Silence, &snapshot),
            Meaning::Key(key) => return self.act(key, &snapshot),
            Meaning::Tell(command) => self.say(|_| Some(command)),
            Meaning::Enter | Meaning::Where => self.answer(snapshot.in_zone(&clock::zone()).in_one_line()),
            Meaning::Help => self.answer(WORDS),
            Meaning::Unclear(why) => self.answer(why),
        }
        None
    }

    /// The session as it stands now, and what it waits to be told.
    fn look_now(&self) -> Option<(Snapshot, Moment)> {
        let (session, now) = (self.session.as_ref()?, clock::now());
        let snapshot = session.snapshot(&now);
        let moment = Moment {
            state: snapshot.state,
            asks: snapshot.question.is_some(),
            offers_more: snapshot.offers_more,
            rings: snapshot.rings.is_some(),
        };
        Some((snapshot, moment))
    }

    /// Does what the person asks for.
    fn act(&mut self, key: Key, snapshot: &Snapshot) -> Option<Closed> {
        let (over, now) = (snapshot.state == State::Ended, clock::now());
        let is_sure = self.stops_until.take().is_some_and(|until| now.boottime < until);
        match key {
            Key::Stop | Key::Detach if over => return Some(self.closed(Closed::Over)),
            Key::Stop if is_sure => return Some(self.closed(Closed::Stop)),
            Key::Stop => {
                let until = now.boottime + SURE;
                self.stops_until = Some(until);
                let question = if self.style.live { ARE_YOU_SURE } else { ARE_YOU_SURE_IN_LINES };
                self.face.answer_until(question, until);
            }
            Key::Detach => return Some(Closed::Detached),
            Key::Repeat => {
                // The voice is the timer's.
                self.say(|_| Some(Command::Repeat));
                self.face.repeat(now.boottime, snapshot.standing());
            }
            Key::Help => self.show_keys(snapshot),
            Key::Pause if snapshot.question.is_some() => self.show_keys(snapshot),
            Key::AskPain => self.answer("pain now, from 0 to 10?"),
            Key::Yes | Key::Other => {}
            _ => self.say(|state| obey::command(key, state)),
        }
        None
    }

    /// Says it to the session, and shows its answer.
    fn say(&mut self, meant: impl FnOnce(State) -> Option<Command>) {
        let Some(id) = self.session.as_ref().map(|session| session.begun().id) else { return };
        match obey::obey(self.journal, id, meant) {
            Ok(said) => {
                self.has_said = true;
                self.answer(said.text);
                self.face.answer_holds_for(said.standing.filter(|_| said.is_of_it));
            }
            Err(why) => self.answer(format!("nothing changed: {why}")),
        }
    }

    fn show_keys(&mut self, snapshot: &Snapshot) {
        self.answer(words::all_keys(snapshot));
        self.face.answer_holds_for(Some(snapshot.standing()));
    }

    pub(super) fn answer(&mut self, text: impl Into<String>) {
        self.face.answer(text, clock::now().boottime);
    }
}
