//! Kills a child program when the timer dies, also by kill -9.
//!
//! Only a process itself can ask the system to be killed with its parent. So the timer starts this program again, which
//! asks and then executes the other program. "Parent" here is the thread that started it; the threads of the alert
//! channels live as long as their programs.

use crate::error::plain_words;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use std::{
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    process::{Command, ExitCode, id},
};

/// The first argument of such a start; then follow the timer's process id, the other program and its arguments.
const EXEC_ARGUMENT: &str = "become";
/// This program, even if its file was replaced meanwhile.
const OWN_EXECUTABLE: &str = "/proc/self/exe";
/// The exit code of shells for a program that cannot be run.
const EXIT_CANNOT_EXEC: u8 = 127;

/// A command that runs the program and dies with this process.
pub(super) fn die_with_parent_command(program: &str) -> Command {
    let mut command = Command::new(OWN_EXECUTABLE);
    command.args([EXEC_ARGUMENT, &id().to_string(), program]);
    command
}

/// Executes another program if the arguments of this process ask for it. Returns only if they do not or if it fails.
pub(crate) fn exec_if_requested(arguments: &[OsString]) -> Option<ExitCode> {
    let [first, parent, program, program_arguments @ ..] = arguments else { return None };
    if first != EXEC_ARGUMENT {
        return None;
    }
    // If this fails, the program still runs as if started directly.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    if !is_child_of(parent) {
        return Some(ExitCode::from(EXIT_CANNOT_EXEC));
    }
    let why = Command::new(program).args(program_arguments).exec();
    eprintln!("{}: {}", program.to_string_lossy(), plain_words(&why));
    Some(ExitCode::from(EXIT_CANNOT_EXEC))
}

/// Whether the timer still runs: it may have been killed before the request to the system.
fn is_child_of(parent: &OsStr) -> bool {
    getppid().map(Pid::as_raw_nonzero).is_some_and(|pid| parent.to_str() == Some(&pid.to_string()))
}
