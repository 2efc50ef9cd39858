//! Sounds: each made here or the person's own, and played by whatever player the computer has.
//!
//! One at a time: a newer one cuts off what is being played. Where no player is found nothing is said: the
//! notification asks for a sound, and a viewer rings the bell.

use super::{
    Complaints, Ways,
    program::{Choice, Ended, Program},
    tone,
};
use crate::session::Signal;
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender},
    time::Duration,
};

/// How long a player may play.
const LIMIT: Duration = Duration::from_secs(5);
const PLAYERS: &[&[&str]] = &[
    &["pw-play"],
    &["paplay"],
    &["aplay", "-q"],
    &["ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"],
    &["afplay"],
];

/// What the thread of sounds hears.
pub(super) enum Heard {
    Play(Signal),
    Ended(Ended),
    /// Nothing more comes.
    Finish,
    /// Enough.
    Stop,
}

/// The player that would be taken, and those that are not there after it.
pub(super) fn players(ways: &Ways) -> Choice {
    Choice::of(ways.sound.player.as_ref(), PLAYERS, "{file}", &ways.path)
}

pub(super) struct Player {
    ways: Ways,
    players: Choice,
    complaints: Complaints,
    inbox: Sender<Heard>,
    playing: Option<(Program, PathBuf)>,
}

impl Player {
    pub(super) fn new(ways: Ways, players: Choice, complaints: Complaints, inbox: Sender<Heard>) -> Player {
        Player { ways, players, complaints, inbox, playing: None }
    }

    pub(super) fn serve(mut self, heard: &Receiver<Heard>) {
        let mut finishes = false;
        while !(finishes && self.playing.is_none()) {
            match heard.recv() {
                Ok(Heard::Play(signal)) => self.signal(signal),
                Ok(Heard::Ended(ended)) => self.ended(ended),
                Ok(Heard::Finish) => finishes = true,
                Ok(Heard::Stop) | Err(_) => return,
            }
        }
    }

    fn signal(&mut self, signal: Signal) {
        self.playing = None;
        match self.file(signal) {
            Ok(file) => self.play(file),
            Err(why) => self.complaints.once(&format!("no sounds here: {why}")),
        }
    }

    fn play(&mut self, file: PathBuf) {
        let inbox = self.inbox.clone();
        let words = self.players.about(&file.to_string_lossy());
        let ended = move |ended| _ = inbox.send(Heard::Ended(ended));
        match Program::start(&words, &[], LIMIT, ended) {
            Ok(program) => self.playing = Some((program, file)),
            Err(why) => self.failed(file, &why),
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Some((program, file)) = self.playing.take_if(|(program, _)| program.is(ended)) else { return };
        if let Err(why) = program.close(ended) {
            self.failed(file, &why);
        }
    }

    /// The next player tries; the last one's failure is told.
    fn failed(&mut self, file: PathBuf, why: &str) {
        let name = self.players.name().unwrap_or_default();
        match self.players.turn() {
            true => self.play(file),
            false => self.complaints.once(&format!("no sounds here: {name} failed ({why})")),
        }
    }

    fn file(&mut self, signal: Signal) -> io::Result<PathBuf> {
        let sound = &self.ways.sound;
        let (own, name) = match signal {
            Signal::Heat => (&sound.heat, "heat".to_owned()),
            Signal::Cold => (&sound.cold, "cold".to_owned()),
            Signal::End => (&sound.end, "end".to_owned()),
            Signal::Nag { nth } => (&sound.nag, format!("nag{}", nth.clamp(1, 4))),
        };
        match own {
            Some(own) if own.is_file() => return Ok(own.clone()),
            Some(own) => self.complaints.once(&format!("there is no sound {}", own.display())),
            None => {}
        }
        let bytes = tone::wav(&tone::samples(signal, sound.volume));
        made(&self.ways.folder.join("sounds"), &format!("{name}.wav"), &bytes)
    }
}

/// The file with these bytes, made where it is not there. Should the disk be full, an older one serves.
fn made(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let file = folder.join(name);
    if fs::read(&file).is_ok_and(|old| old == bytes) {
        return Ok(file);
    }
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(bytes)?;
        new.persist(&file).map_err(io::Error::from)
    });
    if file.is_file() { Ok(file) } else { written.map(|_| file) }
}
