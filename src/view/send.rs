//! Sends a viewer's commands to the session: they are written to the journal like those of any other process.

use super::keys::KeyAction;
use crate::{
    clock,
    error::Result,
    journal::{Journal, PendingSync, this_process},
    session::{Command, Entry, Event, ProcessId, Reply, SessionPosition, State},
};
use std::time::Duration;
use uuid::Uuid;

/// How long to wait for the journal's lock. The screen is not updated meanwhile.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

/// Records that this process is a viewer. Failure matters only after the session's end: the journal is then removed
/// without waiting for this viewer.
pub(crate) fn record_viewer(journal: &Journal) {
    let ProcessId { pid, namespace } = this_process();
    let entry = Entry { at: clock::now(), event: Event::ViewerOpened { pid, namespace } };
    if let Ok(locked) = journal.lock_with_timeout(LOCK_TIMEOUT) {
        let _ = locked.append(&[entry]).and_then(PendingSync::sync);
    }
}

/// The session's reply to a command, as it is shown.
#[derive(Debug, Default)]
pub(crate) struct CommandResult {
    pub(crate) text: String,
    /// The reply is out of date once the session leaves this position; none if it stays true.
    pub(crate) valid_at: Option<SessionPosition>,
}

/// Sends the command chosen for the session's present state to the session with this id, and to no other.
///
/// # Errors
/// Another process holds the lock, or the journal cannot be read or written; then nothing changed.
pub(crate) fn send_command(
    journal: &Journal,
    session_id: Uuid,
    choose_command: impl FnOnce(State) -> Option<Command>,
) -> Result<CommandResult> {
    let locked = journal.lock_with_timeout(LOCK_TIMEOUT)?;
    let session = locked.replay()?.into_own_session()?.filter(|session| session.header().id == session_id);
    let Some(mut session) = session else {
        return Ok(CommandResult { text: "the session is over already".into(), ..CommandResult::default() });
    };
    let now = clock::now();
    let Some(command) = choose_command(session.snapshot(&now).state) else {
        return Ok(CommandResult::default());
    };
    // A score, a note and the number of rounds stay as recorded, wherever the session goes.
    let stays_true = matches!(command, Command::RatePain(_) | Command::AddNote(_) | Command::AddRounds(_));
    let (reply, entries) = session.handle(command, &now);
    let mut text = match reply {
        Reply::Done(text) | Reply::Already(text) => text,
        Reply::Refused(reason) => format!("refused: {reason}"),
    };
    // Once written an entry counts, synced or not.
    if !entries.is_empty()
        && let Err(error) = locked.append(&entries)?.sync()
    {
        text = format!("{text} (a power cut would forget it: {error})");
    }
    for entry in &entries {
        session.apply(entry);
    }
    let valid_at = (!stays_true).then(|| session.snapshot(&now).position());
    Ok(CommandResult { text, valid_at })
}

/// The command that a key stands for in this state.
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
