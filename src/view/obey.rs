//! What a viewer is told becomes a line of the journal, like any other command.

use super::keys::Key;
use crate::{
    clock,
    error::Result,
    journal::{Journal, Written, this_process},
    session::{Command, Fact, Line, Process, Reply, Standing, State},
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

/// What to show of the session's answer.
#[derive(Debug, Default)]
pub struct Said {
    /// The answer.
    pub text: String,
    /// Where the session stands then.
    pub standing: Option<Standing>,
    /// Whether the answer is out of date when it stands elsewhere.
    pub is_of_it: bool,
}

/// Says to this session and to no other what is meant as it stands now.
///
/// # Errors
/// Somebody holds the lock, or the journal cannot be read or written; then nothing changed.
pub fn obey(journal: &Journal, shown: Uuid, meant: impl FnOnce(State) -> Option<Command>) -> Result<Said> {
    let held = journal.lock_within(PATIENCE)?;
    let session = held.read()?.ours()?.filter(|session| session.begun().id == shown);
    let Some(mut session) = session else {
        return Ok(Said { text: "the session is over already".into(), ..Said::default() });
    };
    let now = clock::now();
    let Some(command) = meant(session.snapshot(&now).state) else { return Ok(Said::default()) };
    // What was noted stays so, and so does the number of rounds.
    let is_of_it = !matches!(command, Command::Pain(_) | Command::Note(_) | Command::More(_));
    let (reply, lines) = session.handle(command, &now);
    let mut text = match reply {
        Reply::Done(said) | Reply::Already(said) => said,
        Reply::Refused(why) => format!("refused: {why}"),
    };
    // Once written it counts, flushed or not.
    if !lines.is_empty()
        && let Err(why) = held.append(&lines)?.flush()
    {
        text = format!("{text} (a power cut would forget it: {why})");
    }
    lines.iter().for_each(|line| session.apply(line));
    Ok(Said { text, standing: Some(session.snapshot(&now).standing()), is_of_it })
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
