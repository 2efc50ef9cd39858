//! Sounds: each made here or the person's own, and played by whatever player the computer has.
//!
//! One at a time: a newer one cuts off what is being played. Where no player is found nothing is said: the
//! notification asks for a sound, and a viewer rings the bell.

use super::{
    AlertConfig, SoundSettings, WarningWriter,
    program::{Choice, Ended, Program},
    synth,
};
use crate::{error::plain_words, session::SoundCue};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender},
    time::Duration,
};

/// How long a player may play one of the program's own sounds, and one of the person's.
const LIMIT: Duration = Duration::from_secs(5);
const LIMIT_OF_OWN: Duration = Duration::from_secs(30);
const PLAYERS: &[&[&str]] = &[
    &["pw-play"],
    &["paplay"],
    &["aplay", "-q"],
    &["ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"],
    &["afplay"],
];

/// What the thread of sounds hears.
pub(super) enum Heard {
    Play(SoundCue),
    Ended(Ended),
    /// Nothing more comes.
    Finish,
    /// Enough.
    Stop,
}

/// The player that would be taken, and those that are not there after it.
pub(super) fn players(ways: &AlertConfig) -> Choice {
    Choice::of(ways.sound.player.as_ref(), PLAYERS, "{file}", &ways.program_search_path)
}

pub(super) struct Player {
    ways: AlertConfig,
    players: Choice,
    complaints: WarningWriter,
    inbox: Sender<Heard>,
    playing: Option<(Program, Sounding)>,
}

/// What is played.
pub(super) struct Sounding {
    pub(crate) file: PathBuf,
    /// Whether the program made it, and knows how long it is.
    is_made: bool,
}

impl Player {
    pub(super) fn new(
        ways: AlertConfig,
        players: Choice,
        complaints: WarningWriter,
        inbox: Sender<Heard>,
    ) -> Player {
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

    fn signal(&mut self, signal: SoundCue) {
        self.playing = None;
        let (own, _) = asked(&self.ways.sound, signal);
        if let Some(own) = own.filter(|own| !own.is_file()) {
            self.complaints.warn_once(&format!("sound {} not found", own.display()));
        }
        match sounding(&self.ways, signal) {
            Ok(sounding) => self.play(sounding),
            Err(why) => self.complaints.warn_once(&format!("no sounds here: {}", plain_words(&why))),
        }
    }

    fn play(&mut self, sounding: Sounding) {
        let inbox = self.inbox.clone();
        let words = self.players.about(&sounding.file.to_string_lossy());
        let ended = move |ended| _ = inbox.send(Heard::Ended(ended));
        let limit = if sounding.is_made { LIMIT } else { LIMIT_OF_OWN };
        match Program::start(&words, &[], limit, ended) {
            Ok(program) => self.playing = Some((program, sounding)),
            Err(why) => self.failed(sounding, &why),
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Some((program, sounding)) = self.playing.take_if(|(program, _)| program.is(ended)) else {
            return;
        };
        match program.close(ended) {
            Ok(()) => {}
            // It was heard for as long as that: another player would begin it anew.
            Err(_) if !ended.in_time && !sounding.is_made => {
                let (file, limit) = (sounding.file.display(), crate::time::format_duration(LIMIT_OF_OWN));
                self.complaints.warn_once(&format!("the sound {file} is cut off after {limit}"));
            }
            Err(why) => self.failed(sounding, &why),
        }
    }

    /// The next player tries; the last one's failure is told.
    fn failed(&mut self, sounding: Sounding, why: &str) {
        let name = self.players.name().unwrap_or_default();
        match self.players.turn() {
            true => self.play(sounding),
            false => self.complaints.warn_once(&format!("no sounds here: {name} failed ({why})")),
        }
    }
}

/// The person's own sound for a signal, and the name of the program's.
fn asked(sound: &SoundSettings, signal: SoundCue) -> (Option<&PathBuf>, String) {
    match signal {
        SoundCue::HeatStart => (sound.heat.as_ref(), "heat".into()),
        SoundCue::ColdStart => (sound.cold.as_ref(), "cold".into()),
        SoundCue::PackOff => (sound.end.as_ref(), "end".into()),
        SoundCue::AnswerNeeded { nth } => (sound.nag.as_ref(), format!("nag{}", nth.clamp(1, 4))),
    }
}

/// What a signal sounds like: the person's own file, or else the program's, which is made where it is not there.
pub(super) fn sounding(ways: &AlertConfig, signal: SoundCue) -> io::Result<Sounding> {
    let (own, name) = asked(&ways.sound, signal);
    if let Some(own) = own.filter(|own| own.is_file()) {
        return Ok(Sounding { file: own.clone(), is_made: false });
    }
    let bytes = synth::encode_wav(&synth::synthesize_samples(signal, ways.sound.volume));
    let file = made(&ways.sound_folder.join("sounds"), &format!("{name}.wav"), &bytes)?;
    Ok(Sounding { file, is_made: true })
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
