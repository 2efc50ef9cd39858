//! What a viewer is told becomes a line of the journal, like any other command.

use super::keys::KeyAction;
use crate::{
    clock,
    error::Result,
    journal::{Journal, PendingSync, this_process},
    session::{Command, Entry, Event, ProcessId, Reply, SessionPosition, State},
};
use std::time::Duration;
use uuid::Uuid;

/// How long another process may hold the lock: the screen stands still for so long.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

/// Writes down that this process looks on. What cannot be written is missed only after the session's end: its
/// journal then waits for nobody.
pub(crate) fn record_viewer(journal: &Journal) {
    let ProcessId { pid, namespace } = this_process();
    let line = Entry { at: clock::now(), event: Event::ViewerOpened { pid, namespace } };
    if let Ok(held) = journal.lock_with_timeout(LOCK_TIMEOUT) {
        let _ = held.append(&[line]).and_then(PendingSync::sync);
    }
}

/// What to show of the session's answer.
#[derive(Debug, Default)]
pub(crate) struct CommandResult {
    /// The answer.
    pub(crate) text: String,
    /// Where the session stands then.
    pub(crate) standing: Option<SessionPosition>,
    /// Whether the answer is out of date when it stands elsewhere.
    pub(crate) is_of_it: bool,
}

/// Says to this session and to no other what is meant as it stands now.
///
/// # Errors
/// Somebody holds the lock, or the journal cannot be read or written; then nothing changed.
pub(crate) fn send_command(
    journal: &Journal,
    shown: Uuid,
    meant: impl FnOnce(State) -> Option<Command>,
) -> Result<CommandResult> {
    let held = journal.lock_with_timeout(LOCK_TIMEOUT)?;
    let session = held.replay()?.into_own_session()?.filter(|session| session.header().id == shown);
    let Some(mut session) = session else {
        return Ok(CommandResult { text: "the session is over already".into(), ..CommandResult::default() });
    };
    let now = clock::now();
    let Some(command) = meant(session.snapshot(&now).state) else { return Ok(CommandResult::default()) };
    // What was noted stays so, and so does the number of rounds.
    let is_of_it = !matches!(command, Command::RatePain(_) | Command::AddNote(_) | Command::AddRounds(_));
    let (reply, lines) = session.handle(command, &now);
    let mut text = match reply {
        Reply::Done(said) | Reply::Already(said) => said,
        Reply::Refused(why) => format!("refused: {why}"),
    };
    // Once written it counts, flushed or not.
    if !lines.is_empty()
        && let Err(why) = held.append(&lines)?.sync()
    {
        text = format!("{text} (a power cut would forget it: {why})");
    }
    lines.iter().for_each(|line| session.apply(line));
    Ok(CommandResult { text, standing: Some(session.snapshot(&now).position()), is_of_it })
}

/// What a key says to a session that stands there.
pub(crate) fn command_for_key(key: KeyAction, state: State) -> Option<Command> {
    Some(match key {
        KeyAction::PauseOrResume if matches!(state, State::Paused | State::Asking) => Command::Resume,
        KeyAction::PauseOrResume => Command::Pause,
        KeyAction::Next => Command::Next,
        KeyAction::Skip => Command::Skip,
        KeyAction::Extend => Command::EXTEND_FIVE_MINUTES,
        KeyAction::AddRound => Command::AddRounds(1),
        KeyAction::PainScore(score) => Command::RatePain(score),
        KeyAction::SilenceAlarm => Command::Acknowledge,
        KeyAction::Yes
        | KeyAction::Other
        | KeyAction::StartPainScore
        | KeyAction::Detach
        | KeyAction::Stop
        | KeyAction::RepeatLastAlert
        | KeyAction::Help => {
            return None;
        }
    })
}
