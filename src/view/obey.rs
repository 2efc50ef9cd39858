//! What a viewer is told becomes a line of the journal, like any other command.

use super::keys::Key;
use crate::{
    clock,
    error::Result,
    journal::{Journal, Written, this_process},
    session::{Command, Fact, Line, Process, Reply, State},
};
use std::time::Duration;
use uuid::Uuid;

/// How long another process may hold the lock: the screen stands still for so long.
const PATIENCE: Duration = Duration::from_millis(500);

/// Writes down that this process looks on. What cannot be written is missed only after the session's end: its
/// journal then waits for nobody.
pub fn look_on(journal: &Journal) {
    let Process { pid, namespace } = this_process();
    let line = Line { at: clock::now(), fact: Fact::Viewer { pid, namespace } };
    if let Ok(held) = journal.lock_within(PATIENCE) {
        let _ = held.append(&[line]).and_then(Written::flush);
    }
}

/// Says to this session and to no other what is meant as it stands now; what to show of its answer.
///
/// # Errors
/// Somebody holds the lock, or the journal cannot be read or written; then nothing changed.
pub fn obey(journal: &Journal, shown: Uuid, meant: impl FnOnce(State) -> Option<Command>) -> Result<String> {
    let held = journal.lock_within(PATIENCE)?;
    let session = held.read()?.ours()?.filter(|session| session.begun().id == shown);
    let Some(session) = session else { return Ok("the session is over already".into()) };
    let now = clock::now();
    let Some(command) = meant(session.snapshot(&now).state) else { return Ok(String::new()) };
    let (reply, lines) = session.handle(command, &now);
    let said = match reply {
        Reply::Done(said) | Reply::Already(said) => said,
        Reply::Refused(why) => format!("refused: {why}"),
    };
    if lines.is_empty() {
        return Ok(said);
    }
    // Once written it counts, flushed or not.
    match held.append(&lines)?.flush() {
        Ok(()) => Ok(said),
        Err(why) => Ok(format!("{said} (a power cut would forget it: {why})")),
    }
}

/// What a key says to a session that stands there.
pub fn command(key: Key, state: State) -> Option<Command> {
    Some(match key {
        Key::Pause if matches!(state, State::Paused | State::Asking) => Command::Resume,
        Key::Pause => Command::Pause,
        Key::Next => Command::Next,
        Key::Skip => Command::Skip,
        Key::Extend => Command::FIVE_MORE,
        Key::More => Command::More(1),
        Key::Pain(score) => Command::Pain(score),
        Key::Silence => Command::Answer,
        Key::Yes | Key::Other | Key::AskPain | Key::Detach | Key::Stop | Key::Repeat | Key::Help => {
            return None;
        }
    })
}
