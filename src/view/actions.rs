//! Carries out what the person enters, as a key or as a line: it sends a command to the session, or changes what the
//! viewer shows. What keys and lines mean is decided in `keys` and `line_input`.

use super::{
    CloseReason, Viewer,
    input::TypedInput,
    keys::{InputContext, KeyAction},
    labels,
    line_input::{INPUT_HELP, ParsedInput, parse_line},
    send,
};
use crate::{
    clock,
    session::{Command, Snapshot, State},
};
use std::time::Duration;

/// How long a first `q` waits for the second.
const CONFIRM_STOP_TIMEOUT: Duration = Duration::from_secs(5);
const CONFIRM_STOP_BY_KEY: &str = "end the session? q again ends it, any other key does not";
const CONFIRM_STOP_BY_LINE: &str = "End the session? q again within five seconds ends it, and so does stop.";
const INPUT_CLOSED: &str = "nothing more can be typed here; Ctrl-C stops";

impl Viewer<'_> {
    /// Handles what was typed. `is_ready`: the terminal has input to read.
    pub(super) fn handle_input(&mut self, is_ready: bool) -> Option<CloseReason> {
        let inputs = self.input.read_input(is_ready, clock::now().boottime);
        inputs.into_iter().find_map(|input| match input {
            TypedInput::Key(key) => self.handle_key(key),
            TypedInput::Line(line) => self.handle_line(&line),
            TypedInput::EndOfInput if self.options.has_live_screen => None,
            TypedInput::EndOfInput => {
                self.show_reply(INPUT_CLOSED);
                None
            }
        })
    }

    fn handle_key(&mut self, key: KeyAction) -> Option<CloseReason> {
        if self.next_timer_gone_ring.is_some() {
            return Some(self.close_with_session(CloseReason::TimerGone));
        }
        let (snapshot, context) = self.snapshot_with_context()?;
        let key = key.resolve_in_context(context);
        if context.state == State::Ended && key == KeyAction::SilenceAlarm {
            self.input.cancel_typed_word();
        }
        self.display.clear_reply_and_warning();
        self.perform_action(key, &snapshot)
    }

    fn handle_line(&mut self, line: &str) -> Option<CloseReason> {
        let (snapshot, context) = self.snapshot_with_context()?;
        let is_over = context.state == State::Ended;
        let parsed = parse_line(line, labels::current_prompt(&snapshot));
        if parsed != ParsedInput::Key(KeyAction::Stop) {
            self.confirm_stop_until = None;
        }
        match parsed {
            ParsedInput::Enter | ParsedInput::Stop if is_over => {
                if !snapshot.is_end_answered {
                    self.send_command(|_| Some(Command::Acknowledge));
                }
                return Some(self.close_with_session(CloseReason::SessionOver));
            }
            ParsedInput::Stop => return Some(self.close_with_session(CloseReason::StopRequested)),
            ParsedInput::Enter if context.is_ringing => {
                return self.perform_action(KeyAction::SilenceAlarm, &snapshot);
            }
            ParsedInput::Key(key) => return self.perform_action(key, &snapshot),
            ParsedInput::Command(command) => self.send_command(|_| Some(command)),
            ParsedInput::Enter | ParsedInput::Status => {
                self.show_reply(snapshot.in_zone(&clock::time_zone()).to_status_line());
            }
            ParsedInput::Help => self.show_reply(INPUT_HELP),
            ParsedInput::Invalid(message) => self.show_reply(message),
        }
        None
    }

    fn snapshot_with_context(&self) -> Option<(Snapshot, InputContext)> {
        let snapshot = self.session.as_ref()?.snapshot(&clock::now());
        let context = InputContext {
            state: snapshot.state,
            has_question: snapshot.question.is_some(),
            is_round_offered: snapshot.is_round_offered,
            is_ringing: snapshot.ringing_left.is_some(),
        };
        Some((snapshot, context))
    }

    fn perform_action(&mut self, key: KeyAction, snapshot: &Snapshot) -> Option<CloseReason> {
        let is_over = snapshot.state == State::Ended;
        let now = clock::now();
        let is_confirmed = self.confirm_stop_until.take().is_some_and(|until| now.boottime < until);
        match key {
            KeyAction::Stop | KeyAction::Detach if is_over => {
                return Some(self.close_with_session(CloseReason::SessionOver));
            }
            KeyAction::Stop if is_confirmed => {
                return Some(self.close_with_session(CloseReason::StopRequested));
            }
            KeyAction::Stop => {
                let until = now.boottime + CONFIRM_STOP_TIMEOUT;
                self.confirm_stop_until = Some(until);
                let question =
                    if self.options.has_live_screen { CONFIRM_STOP_BY_KEY } else { CONFIRM_STOP_BY_LINE };
                self.display.show_reply_until(question, until);
            }
            KeyAction::Detach => return Some(CloseReason::Detached),
            KeyAction::RepeatLastAlert => {
                // Only the timer process speaks.
                self.send_command(|_| Some(Command::RepeatLastAlert));
                self.display.repeat_last_message(now.boottime, snapshot.position());
            }
            KeyAction::Help => self.show_keys(snapshot),
            KeyAction::PauseOrResume if snapshot.question.is_some() => self.show_keys(snapshot),
            KeyAction::StartPainScore => self.show_reply("pain now, from 0 to 10?"),
            KeyAction::Yes | KeyAction::Other => {}
            _ => self.send_command(|state| send::command_for_key(key, state)),
        }
        None
    }

    /// Sends the command chosen for the session's state, and shows the reply.
    fn send_command(&mut self, choose_command: impl FnOnce(State) -> Option<Command>) {
        let Some(id) = self.session.as_ref().map(|session| session.header().id) else { return };
        match send::send_command(self.journal, id, choose_command) {
            Ok(result) => {
                self.has_sent_command = true;
                self.show_reply(result.text);
                self.display.expire_reply_after(result.valid_at);
            }
            Err(error) => self.show_reply(format!("nothing changed: {error}")),
        }
    }

    fn show_keys(&mut self, snapshot: &Snapshot) {
        self.show_reply(labels::available_keys_line(snapshot));
        self.display.expire_reply_after(Some(snapshot.position()));
    }

    pub(super) fn show_reply(&mut self, text: impl Into<String>) {
        self.display.show_reply(text, clock::now().boottime);
    }
}
