//! A program of the computer's that is run for a while: without a shell, in a process group of its own, never longer
//! than its limit, and no longer than the timer lives.

use super::die_with_parent;
use crate::error::plain_words;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
};
use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// Of what it complains, so many bytes are quoted.
const QUOTED: u64 = 200;
/// How long its complaint may take to arrive when it has ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A program that runs. Dropped, it is killed with all that it started, and leaves no zombie.
pub(super) struct Program {
    child: Child,
    limit: Duration,
    stderr: Receiver<String>,
    is_reaped: bool,
}

/// That a program has ended, or has had its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Its process.
    pub(crate) id: u32,
    /// Whether it ended by itself.
    pub(crate) in_time: bool,
}

impl Program {
    /// Starts it. `ended` is called once, on another thread, when it has ended or is out of time.
    pub(super) fn start(
        words: &[String],
        variables: &[(&str, String)],
        limit: Duration,
        ended: impl FnOnce(Ended) + Send + 'static,
    ) -> Result<Program, String> {
        let [program, arguments @ ..] = words else { return Err("no program is named".into()) };
        let failed = |why: io::Error| format!("{program}: {}", plain_words(&why));
        let spawn = |mut command: Command| {
            command.args(arguments).envs(variables.iter().map(|(name, value)| (name, value)));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0).spawn()
        };
        // Where there is no /proc, it may outlive a killed timer.
        let child = spawn(die_with_parent::die_with_parent_command(program))
            .or_else(|_| spawn(Command::new(program)));
        let mut child = child.map_err(failed)?;
        let (id, stderr) = (child.id(), child.stderr.take());
        // From here on it is killed should anything fail.
        let mut program = Program { child, limit, stderr: mpsc::channel().1, is_reaped: false };
        if let Some(stderr) = stderr {
            program.stderr = first_line(stderr).map_err(failed)?;
        }
        let handle =
            pidfd_open(program.pid(), PidfdFlags::empty()).map_err(|why| failed(io::Error::from(why)))?;
        thread::Builder::new()
            .name("watch".into())
            .spawn(move || ended(Ended { id, in_time: ends_within(limit, &handle) }))
            .map_err(failed)?;
        Ok(program)
    }

    /// Whether this is about it, and not about one that was cut off before.
    pub(super) fn is(&self, ended: Ended) -> bool {
        self.child.id() == ended.id
    }

    /// Why it failed, if it did, once it has ended or is out of time.
    pub(super) fn close(mut self, ended: Ended) -> Result<(), String> {
        if !ended.in_time {
            return Err(format!("it did not end within {}", crate::time::format_duration(self.limit)));
        }
        self.is_reaped = true;
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => match self.stderr.recv_timeout(LAST_WORDS) {
                Ok(line) if !line.is_empty() => Err(line),
                _ => Err(status.to_string()),
            },
            Err(why) => Err(plain_words(&why)),
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.is_reaped {
            // Nobody else has taken the number: it has not been waited for.
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn ends_within(limit: Duration, handle: &OwnedFd) -> bool {
    let (seconds, rest) = (limit.as_secs(), limit.subsec_nanos());
    let limit = Timespec { tv_sec: seconds.try_into().unwrap_or(i64::MAX), tv_nsec: rest.into() };
    loop {
        match poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&limit)) {
            Err(Errno::INTR) => {}
            Ok(0) => return false,
            // One that cannot be waited for is not left running.
            ended => return ended.is_ok(),
        }
    }
}

/// Reads what it says, so that it never waits for a reader. The first line is kept.
fn first_line(stderr: ChildStderr) -> io::Result<Receiver<String>> {
    let (hand_over, line) = mpsc::channel();
    thread::Builder::new().name("stderr".into()).spawn(move || {
        let mut stderr = BufReader::new(stderr);
        let mut line = Vec::new();
        let _ = stderr.by_ref().take(QUOTED).read_until(b'\n', &mut line);
        let _ = hand_over.send(String::from_utf8_lossy(&line).trim().to_owned());
        let _ = io::copy(&mut stderr, &mut io::sink());
    })?;
    Ok(line)
}

/// Programs that do the same, the best first. One that fails gives way to the next.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    commands: Vec<Vec<String>>,
    placeholder: &'static str,
    at: usize,
}

impl Choice {
    /// The person's own command, or else those of the known ones that are on the path.
    pub(super) fn of(
        own: Option<&Vec<String>>,
        known: &[&[&str]],
        placeholder: &'static str,
        path: &OsStr,
    ) -> Choice {
        let found = |words: &&[&str]| {
            let program = find(words.first()?, path)?.to_str()?.to_owned();
            Some(std::iter::once(program).chain(words[1..].iter().map(ToString::to_string)).collect())
        };
        let commands = match own {
            Some(own) => vec![own.clone()],
            None => known.iter().filter_map(found).collect(),
        };
        Choice { commands, placeholder, at: 0 }
    }

    /// The name of the program that is tried first.
    pub(super) fn name(&self) -> Option<String> {
        let program = self.commands.get(self.at)?.first()?;
        Some(Path::new(program).file_name()?.to_string_lossy().into_owned())
    }

    /// The first word of the command that is tried first, where no such program is there.
    pub(super) fn missing(&self, path: &OsStr) -> Option<&str> {
        let program = self.commands.get(self.at)?.first()?;
        is_missing(program, path).then_some(program)
    }

    /// The command with what it is about filled in; added at the end where no word asks for it.
    pub(super) fn about(&self, what: &str) -> Vec<String> {
        let Some(words) = self.commands.get(self.at) else { return Vec::new() };
        let asked = words.iter().any(|word| word.contains(self.placeholder));
        let filled = words.iter().map(|word| word.replace(self.placeholder, what));
        filled.chain((!asked).then(|| what.to_owned())).collect()
    }

    /// Turns to the next; false, and back at the first, where there is none.
    pub(super) fn turn(&mut self) -> bool {
        self.at = (self.at + 1) % self.commands.len().max(1);
        self.at != 0
    }
}

/// Whether there is no such program. One with a `/` in it is a path, which the timer follows from `/` on.
pub(super) fn is_missing(program: &str, path: &OsStr) -> bool {
    match program.contains('/') {
        true => !is_program(&Path::new("/").join(program)),
        false => find(program, path).is_none(),
    }
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| is_program(file))
}
