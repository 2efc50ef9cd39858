//! Tells the person, in every way there is.
//!
//! Each way works on its own, off the timer's thread: none can hold up the session or another way. What fails
//! is complained about once, through a pipe that the timer's one wait listens to. A way whose turn does not come
//! waits for its inbox and costs nothing.

mod bound;
mod bubble;
mod hooks;
mod notification;
mod program;
mod server;
mod settings;
mod sound;
mod speech;
mod tone;

pub use bound::become_another;
pub use settings::{Hooks, Sound, Speech};

use crate::session::{Button, Event, Pace, Settings, Telling};
use notification::Notifications;
use program::Choice;
use std::{
    ffi::OsString,
    io::{self, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    path::PathBuf,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// How long what is being told may take when the session is closed: `stop` waits for it.
const TO_THE_END: Duration = Duration::from_secs(3);
/// How long it takes to end a program.
const TO_BE_CUT_OFF: Duration = Duration::from_millis(500);

/// What the ways of telling go by, beside the session's own settings.
#[derive(Clone, Debug, Default)]
pub struct Ways {
    /// How it sounds.
    pub sound: Sound,
    /// How it is spoken.
    pub speech: Speech,
    /// The person's own programs.
    pub hooks: Hooks,
    /// The folder where sounds may be kept.
    pub folder: PathBuf,
    /// Where programs are looked for, as in `PATH`.
    pub path: OsString,
}

impl Ways {
    /// By which ways the person will be told, on one line: "notification, sound (pw-play), speech (espeak-ng)"; and
    /// what is missing. `window` says whether one is going to show the session.
    pub fn say(&self, settings: &Settings, window: bool) -> String {
        let (mut told, mut missing) = (Vec::new(), Vec::new());
        if settings.notify {
            told.push("notification".to_owned());
        }
        let mut way =
            |choice: Choice, way: &str, none: &str| match (choice.name(), choice.missing(&self.path)) {
                (Some(name), None) => told.push(format!("{way} ({name})")),
                (_, Some(own)) => missing.push(format!("no program '{own}' for {way}")),
                (None, None) => missing.push(none.to_owned()),
            };
        if self.sounds(settings) {
            way(sound::players(self), "sound", "no player of sounds (such as pw-play)");
        }
        if settings.speak {
            way(speech::voices(self), "speech", "no voice (such as espeak-ng)");
        }
        let events = self.hooks.events(&self.path);
        if !events.is_empty() {
            told.push(format!("hooks ({})", events.join(", ")));
        }
        missing.extend(
            self.hooks.missing(&self.path).into_iter().map(|own| format!("no program '{own}' for hooks")),
        );
        let told = match told.is_empty() {
            false => told.join(", "),
            true if window => "the window alone".into(),
            true => "nothing; only `easeback status` and `easeback attach` show it".into(),
        };
        let missing = missing.join(" and ");
        let missing = if missing.is_empty() { missing } else { format!("; there is {missing}") };
        format!("you will be told by: {told}{missing}")
    }

    fn sounds(&self, settings: &Settings) -> bool {
        settings.sound && self.sound.volume > 0
    }
}

/// All ways of telling that a session uses.
pub struct Teller {
    notifications: Option<Notifications>,
    sound: Option<Sender<sound::Heard>>,
    speech: Option<Sender<speech::Heard>>,
    hooks: Option<(Hooks, Sender<hooks::Heard>)>,
    breathing: Option<Sender<Option<Pace>>>,
    /// The phase whose breaths are spoken.
    breathes: Option<usize>,
    /// Closed when every way but the hooks has told all, and when the hooks have run.
    told: Receiver<()>,
    ran: Receiver<()>,
    /// Closed when nobody is left to complain.
    complaints: Option<PipeReader>,
    /// The buttons that were pressed, a word a line. Closed when no more can come.
    pressed: Option<PipeReader>,
}

impl Teller {
    /// Sets up the ways that the settings ask for. Nothing is told yet, and no server is asked for.
    ///
    /// # Errors
    /// The system has no file descriptor or thread left.
    pub fn new(settings: &Settings, ways: &Ways) -> io::Result<Teller> {
        let (complaints, pipe) = io::pipe()?;
        rustix::io::ioctl_fionbio(&complaints, true)?;
        let (pressed, press) = io::pipe()?;
        rustix::io::ioctl_fionbio(&pressed, true)?;
        let complain = || pipe.try_clone().map(|pipe| Complaints { pipe, complained: false });
        let ((telling, told), (running, ran)) = (mpsc::channel(), mpsc::channel());
        let mut teller = Teller {
            notifications: None,
            sound: None,
            speech: None,
            hooks: None,
            breathing: None,
            breathes: None,
            told,
            ran,
            complaints: Some(complaints),
            pressed: Some(pressed),
        };
        if settings.notify {
            let sounds = ways.sounds(settings).then(|| ways.clone());
            let made = Notifications::new(sounds, complain()?, press, telling.clone())?;
            teller.notifications = Some(made);
        }
        let (players, voices) = (sound::players(ways), speech::voices(ways));
        if ways.sounds(settings) && players.name().is_some() {
            let (inbox, heard) = mpsc::channel();
            let player = sound::Player::new(ways.clone(), players, complain()?, inbox.clone());
            on_its_own("sound", telling.clone(), move || player.serve(&heard))?;
            teller.sound = Some(inbox);
        }
        if settings.speak && voices.name().is_some() {
            let (inbox, heard) = mpsc::channel();
            let voice = speech::Voice::new(voices, complain()?, inbox.clone());
            on_its_own("speech", telling.clone(), move || voice.serve(&heard))?;
            if ways.speech.breathing {
                let ((orders, ordered), voice) = (mpsc::channel(), inbox.clone());
                on_its_own("breathing", telling.clone(), move || speech::breathe(&ordered, &voice))?;
                teller.breathing = Some(orders);
            }
            teller.speech = Some(inbox);
        }
        if !ways.hooks.is_empty() {
            let (inbox, heard) = mpsc::channel();
            let runner = hooks::Runner::new(ways.hooks.clone(), complain()?, inbox.clone());
            on_its_own("hooks", running, move || runner.serve(&heard))?;
            teller.hooks = Some((ways.hooks.clone(), inbox));
        }
        Ok(teller)
    }

    /// Tells the person. Returns at once.
    pub fn tell(&mut self, telling: &Telling) {
        // The ways end only when they are told to finish.
        if let Some(notifications) = &self.notifications {
            notifications.tell(telling);
        }
        if let (Some(sound), Some(signal)) = (&self.sound, telling.signal) {
            let _ = sound.send(sound::Heard::Play(signal));
        }
        // Whoever has just paused or stopped does not need the rest of what was to do.
        let is_over = matches!(telling.event, Some(Event::Pause | Event::Resume | Event::End));
        self.say_aloud(telling.spoken.clone(), telling.message.urgent || is_over);
        if let Some((hooks, inbox)) = &self.hooks
            && let Some(hook) = hooks.hook(telling)
        {
            let _ = inbox.send(hooks::Heard::Run(hook));
        }
    }

    /// Whether there is a voice.
    pub fn speaks(&self) -> bool {
        self.speech.is_some()
    }

    /// Speaks what is left of a phase, unless something else is being said. Returns at once.
    pub fn speak(&self, text: String) {
        if let Some(speech) = &self.speech {
            let _ = speech.send(speech::Heard::Aside(text));
        }
    }

    /// Speaks again what was told, as it is true now. Returns at once.
    pub fn repeat(&self, telling: &Telling) {
        self.say_aloud(telling.spoken.clone(), true);
    }

    fn say_aloud(&self, text: String, at_once: bool) {
        if let Some(speech) = self.speech.as_ref().filter(|_| !text.is_empty()) {
            let _ = speech.send(speech::Heard::Say { text, at_once });
        }
    }

    /// Says how the person breathes now, and in which phase; nothing where that is not what they do. Returns at once.
    pub fn breathe(&mut self, breath: Option<(usize, Pace)>) {
        let phase = breath.map(|(phase, _)| phase);
        if let Some(breathing) = &self.breathing
            && self.breathes != phase
        {
            self.breathes = phase;
            let _ = breathing.send(breath.map(|(_, pace)| pace));
        }
    }

    /// Waits until all is told, for as long as that is allowed to take, and cuts off the rest. Only hooks may still
    /// be at work then.
    pub fn finish(&mut self) {
        let (sound, speech) = (self.sound.take(), self.speech.take());
        (self.notifications, self.breathing) = (None, None);
        sound.iter().for_each(|inbox| _ = inbox.send(sound::Heard::Finish));
        speech.iter().for_each(|inbox| _ = inbox.send(speech::Heard::Finish));
        if let Some((_, hooks)) = &self.hooks {
            let _ = hooks.send(hooks::Heard::Finish);
        }
        if self.told.recv_timeout(TO_THE_END) == Err(RecvTimeoutError::Timeout) {
            sound.iter().for_each(|inbox| _ = inbox.send(sound::Heard::Stop));
            speech.iter().for_each(|inbox| _ = inbox.send(speech::Heard::Stop));
            let _ = self.told.recv_timeout(TO_BE_CUT_OFF);
        }
    }

    /// Waits until the hooks have run, each for as long as it may, once all else is finished. Nobody is kept waiting:
    /// the session is closed already.
    pub fn see_hooks_out(self) {
        if let Some((hooks, _)) = &self.hooks {
            let _ = self.ran.recv_timeout(hooks.at_most());
        }
    }

    /// What to wait on for complaints and for buttons; nothing where no more can come.
    pub fn sources(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.complaints, &self.pressed].into_iter().flatten().map(AsFd::as_fd)
    }

    /// What failed since the last call, a line each.
    pub fn complaints(&mut self) -> Vec<String> {
        lines(&mut self.complaints)
    }

    /// The buttons that were pressed since the last call.
    pub fn pressed(&mut self) -> Vec<Button> {
        lines(&mut self.pressed).iter().filter_map(|key| Button::named(key)).collect()
    }
}

/// What came through a pipe since the last look. One that is closed wakes its reader for ever, and is let go of.
fn lines(pipe: &mut Option<PipeReader>) -> Vec<String> {
    let mut text = String::new();
    // Ends with "would block", having read what there is, or at the end.
    pipe.take_if(|pipe| pipe.read_to_string(&mut text).is_ok());
    text.lines().map(str::to_owned).collect()
}

/// Runs a way on a thread of its own. `told` is dropped at its end.
fn on_its_own(name: &str, told: Sender<()>, way: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        way();
        drop(told);
    };
    thread::Builder::new().name(name.into()).spawn(run).map(drop)
}

/// Where a way of telling complains, once.
struct Complaints {
    pipe: PipeWriter,
    complained: bool,
}

impl Complaints {
    fn once(&mut self, what: &str) {
        if std::mem::replace(&mut self.complained, true) {
            return;
        }
        // It may quote a server or a program, and ends on a terminal.
        let line = what.replace(char::is_control, " ") + "\n";
        // Nobody is left to hear it: then it does not matter.
        let _ = self.pipe.write_all(line.as_bytes());
    }
}
