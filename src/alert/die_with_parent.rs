//! Binds a program's life to the timer's: kill -9 leaves the timer no time to end what it started.
//!
//! Only a process itself can ask the system to be killed with its parent. So the timer starts this program once more,
//! which asks and then becomes the other one. The system goes by the thread that started it: those of the ways live
//! for as long as what they run.

use crate::error::plain_words;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use std::{
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    process::{Command, ExitCode, id},
};

/// The first word of such a start; the timer's process id, the other program and its arguments follow.
const EXEC_ARGUMENT: &str = "become";
/// This program, also when its file was replaced in the meantime.
const OWN_EXECUTABLE: &str = "/proc/self/exe";
/// As a shell says that a program could not be run.
const EXIT_CANNOT_EXEC: u8 = 127;

/// Starts that program bound to this process.
pub(super) fn die_with_parent_command(program: &str) -> Command {
    let mut command = Command::new(OWN_EXECUTABLE);
    command.args([EXEC_ARGUMENT, &id().to_string(), program]);
    command
}

/// Becomes another program, if that is what the words after the program's name ask for. Returns only if it cannot.
pub(crate) fn exec_if_requested(words: &[OsString]) -> Option<ExitCode> {
    let [word, parent, program, arguments @ ..] = words else { return None };
    if word != EXEC_ARGUMENT {
        return None;
    }
    // Without it the other program is still no worse off than started directly.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    if !is_child_of(parent) {
        return Some(ExitCode::from(EXIT_CANNOT_EXEC));
    }
    let why = Command::new(program).args(arguments).exec();
    eprintln!("{}: {}", program.to_string_lossy(), plain_words(&why));
    Some(ExitCode::from(EXIT_CANNOT_EXEC))
}

/// Whether the timer is still there: it may have been killed before the system was asked.
fn is_child_of(parent: &OsStr) -> bool {
    getppid().map(Pid::as_raw_nonzero).is_some_and(|pid| parent.to_str() == Some(&pid.to_string()))
}
