//! Tells the person, in every way there is.
//!
//! Each way works on its own, off the timer's thread: none can hold up the session or another way. What fails
//! is complained about once, through a pipe that the timer's one wait listens to. A way whose turn does not come
//! waits for its inbox and costs nothing.

mod bubble;
mod die_with_parent;
mod hooks;
mod notification;
mod notification_server;
mod program;
mod settings;
mod sound;
mod speech;
mod synth;

pub(crate) use die_with_parent::exec_if_requested;
pub(crate) use settings::{HookSettings, SoundSettings, SpeechSettings};

use crate::session::{Announcement, BreathProgress, Button, HookEvent, SessionSettings};
use notification::NotificationChannel;
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
const FINISH_TIMEOUT: Duration = Duration::from_secs(3);
/// How long it takes to end a program.
const KILL_TIMEOUT: Duration = Duration::from_millis(500);

/// What the ways of telling go by, beside the session's own settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertConfig {
    /// How it sounds.
    pub(crate) sound: SoundSettings,
    /// How it is spoken.
    pub(crate) speech: SpeechSettings,
    /// The person's own programs.
    pub(crate) hooks: HookSettings,
    /// The folder where sounds may be kept.
    pub(crate) sound_folder: PathBuf,
    /// Where programs are looked for, as in `PATH`.
    pub(crate) program_search_path: OsString,
}

impl AlertConfig {
    /// By which ways the person will be told, on one line: "notification, sound (pw-play), speech (espeak-ng)"; and
    /// what is missing. `window` says whether one is going to show the session.
    pub(crate) fn describe_channels(&self, settings: &SessionSettings, window: bool) -> String {
        let (mut told, mut missing) = (Vec::new(), Vec::new());
        if settings.notify {
            told.push("notification".to_owned());
        }
        let mut way = |choice: Choice, way: &str, none: &str| match (
            choice.name(),
            choice.missing(&self.program_search_path),
        ) {
            (Some(name), None) => told.push(format!("{way} ({name})")),
            (_, Some(own)) => missing.push(format!("no program '{own}' for {way}")),
            (None, None) => missing.push(none.to_owned()),
        };
        if self.is_sound_on(settings) {
            way(sound::players(self), "sound", "no player of sounds (such as pw-play)");
        }
        if settings.speak {
            way(speech::voices(self), "speech", "no voice (such as espeak-ng)");
        }
        let events = self.hooks.events(&self.program_search_path);
        if !events.is_empty() {
            told.push(format!("hooks ({})", events.join(", ")));
        }
        missing.extend(
            self.hooks
                .missing(&self.program_search_path)
                .into_iter()
                .map(|own| format!("no program '{own}' for hooks")),
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

    fn is_sound_on(&self, settings: &SessionSettings) -> bool {
        settings.sound && self.sound.volume > 0
    }
}

/// All ways of telling that a session uses.
pub(crate) struct Notifier {
    notifications: Option<NotificationChannel>,
    sound: Option<Sender<sound::Heard>>,
    speech: Option<Sender<speech::Heard>>,
    hooks: Option<(HookSettings, Sender<hooks::Heard>)>,
    breathing: Option<Sender<Option<BreathProgress>>>,
    /// The phase whose breaths are spoken.
    breathing_phase: Option<usize>,
    /// Closed when every way but the hooks has told all, and when the hooks have run.
    channels_finished: Receiver<()>,
    hooks_finished: Receiver<()>,
    /// Closed when nobody is left to complain.
    warning_pipe: Option<PipeReader>,
    /// The buttons that were pressed, a word a line. Closed when no more can come.
    button_pipe: Option<PipeReader>,
}

impl Notifier {
    /// Sets up the ways that the settings ask for. Nothing is told yet, and no server is asked for.
    ///
    /// # Errors
    /// The system has no file descriptor or thread left.
    pub(crate) fn new(settings: &SessionSettings, ways: &AlertConfig) -> io::Result<Notifier> {
        let (complaints, pipe) = io::pipe()?;
        rustix::io::ioctl_fionbio(&complaints, true)?;
        let (pressed, press) = io::pipe()?;
        rustix::io::ioctl_fionbio(&pressed, true)?;
        let complain = || pipe.try_clone().map(|pipe| WarningWriter { pipe, has_warned: false });
        let ((telling, told), (running, ran)) = (mpsc::channel(), mpsc::channel());
        let mut teller = Notifier {
            notifications: None,
            sound: None,
            speech: None,
            hooks: None,
            breathing: None,
            breathing_phase: None,
            channels_finished: told,
            hooks_finished: ran,
            warning_pipe: Some(complaints),
            button_pipe: Some(pressed),
        };
        if settings.notify {
            let sounds = ways.is_sound_on(settings).then(|| ways.clone());
            let made = NotificationChannel::new(sounds, complain()?, press, telling.clone())?;
            teller.notifications = Some(made);
        }
        let (players, voices) = (sound::players(ways), speech::voices(ways));
        if ways.is_sound_on(settings) && players.name().is_some() {
            let (inbox, heard) = mpsc::channel();
            let player = sound::Player::new(ways.clone(), players, complain()?, inbox.clone());
            spawn_channel_thread("sound", telling.clone(), move || player.serve(&heard))?;
            teller.sound = Some(inbox);
        }
        if settings.speak && voices.name().is_some() {
            let (inbox, heard) = mpsc::channel();
            let voice = speech::Voice::new(voices, complain()?, inbox.clone());
            spawn_channel_thread("speech", telling.clone(), move || voice.serve(&heard))?;
            if ways.speech.breathing {
                let ((orders, ordered), voice) = (mpsc::channel(), inbox.clone());
                spawn_channel_thread("breathing", telling.clone(), move || {
                    speech::breathe(&ordered, &voice);
                })?;
                teller.breathing = Some(orders);
            }
            teller.speech = Some(inbox);
        }
        if !ways.hooks.is_empty() {
            let (inbox, heard) = mpsc::channel();
            let runner = hooks::Runner::new(ways.hooks.clone(), complain()?, inbox.clone());
            spawn_channel_thread("hooks", running, move || runner.serve(&heard))?;
            teller.hooks = Some((ways.hooks.clone(), inbox));
        }
        Ok(teller)
    }

    /// Tells the person. Returns at once.
    pub(crate) fn announce(&mut self, telling: &Announcement) {
        // The ways end only when they are told to finish.
        if let Some(notifications) = &self.notifications {
            notifications.queue_announcement(telling);
        }
        if let (Some(sound), Some(signal)) = (&self.sound, telling.sound_cue) {
            let _ = sound.send(sound::Heard::Play(signal));
        }
        // Whoever has just paused or stopped does not need the rest of what was to do.
        let is_over =
            matches!(telling.hook_event, Some(HookEvent::Pause | HookEvent::Resume | HookEvent::End));
        self.speak_alert(telling.spoken_text.clone(), telling.message.is_urgent || is_over);
        if let Some((hooks, inbox)) = &self.hooks
            && let Some(hook) = hooks.hook(telling)
        {
            let _ = inbox.send(hooks::Heard::Run(hook));
        }
    }

    /// Whether there is a voice.
    pub(crate) fn has_voice(&self) -> bool {
        self.speech.is_some()
    }

    /// Speaks what is left of a phase, unless something else is being said. Returns at once.
    pub(crate) fn speak_if_free(&self, text: String) {
        if let Some(speech) = &self.speech {
            let _ = speech.send(speech::Heard::Aside(text));
        }
    }

    /// Speaks again what was told, as it is true now. Returns at once.
    pub(crate) fn repeat_spoken(&self, telling: &Announcement) {
        self.speak_alert(telling.spoken_text.clone(), true);
    }

    fn speak_alert(&self, text: String, at_once: bool) {
        if let Some(speech) = self.speech.as_ref().filter(|_| !text.is_empty()) {
            let _ = speech.send(speech::Heard::Say { text, at_once });
        }
    }

    /// Says how the person breathes now, and in which phase; nothing where that is not what they do. Returns at once.
    pub(crate) fn set_breathing(&mut self, breath: Option<(usize, BreathProgress)>) {
        let phase = breath.map(|(phase, _)| phase);
        if let Some(breathing) = &self.breathing
            && self.breathing_phase != phase
        {
            self.breathing_phase = phase;
            let _ = breathing.send(breath.map(|(_, pace)| pace));
        }
    }

    /// Waits until all is told, for as long as that is allowed to take, and cuts off the rest. Only hooks may still
    /// be at work then.
    pub(crate) fn finish_channels(&mut self) {
        let (sound, speech) = (self.sound.take(), self.speech.take());
        (self.notifications, self.breathing) = (None, None);
        sound.iter().for_each(|inbox| _ = inbox.send(sound::Heard::Finish));
        speech.iter().for_each(|inbox| _ = inbox.send(speech::Heard::Finish));
        if let Some((_, hooks)) = &self.hooks {
            let _ = hooks.send(hooks::Heard::Finish);
        }
        if self.channels_finished.recv_timeout(FINISH_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            sound.iter().for_each(|inbox| _ = inbox.send(sound::Heard::Stop));
            speech.iter().for_each(|inbox| _ = inbox.send(speech::Heard::Stop));
            let _ = self.channels_finished.recv_timeout(KILL_TIMEOUT);
        }
    }

    /// Waits until the hooks have run, each for as long as it may, once all else is finished. Nobody is kept waiting:
    /// the session is closed already.
    pub(crate) fn wait_for_hooks(self) {
        if let Some((hooks, _)) = &self.hooks {
            let _ = self.hooks_finished.recv_timeout(hooks.at_most());
        }
    }

    /// What to wait on for complaints and for buttons; nothing where no more can come.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.warning_pipe, &self.button_pipe].into_iter().flatten().map(AsFd::as_fd)
    }

    /// What failed since the last call, a line each.
    pub(crate) fn drain_warnings(&mut self) -> Vec<String> {
        drain_lines(&mut self.warning_pipe)
    }

    /// The buttons that were pressed since the last call.
    pub(crate) fn drain_pressed_buttons(&mut self) -> Vec<Button> {
        drain_lines(&mut self.button_pipe).iter().filter_map(|key| Button::from_action_key(key)).collect()
    }
}

/// What came through a pipe since the last look. One that is closed wakes its reader for ever, and is let go of.
fn drain_lines(pipe: &mut Option<PipeReader>) -> Vec<String> {
    let mut text = String::new();
    // Ends with "would block", having read what there is, or at the end.
    pipe.take_if(|pipe| pipe.read_to_string(&mut text).is_ok());
    text.lines().map(str::to_owned).collect()
}

/// Runs a way on a thread of its own. `told` is dropped at its end.
fn spawn_channel_thread(name: &str, told: Sender<()>, way: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        way();
        drop(told);
    };
    thread::Builder::new().name(name.into()).spawn(run).map(drop)
}

/// Where a way of telling complains, once.
struct WarningWriter {
    pipe: PipeWriter,
    has_warned: bool,
}

impl WarningWriter {
    fn warn_once(&mut self, what: &str) {
        if std::mem::replace(&mut self.has_warned, true) {
            return;
        }
        // It may quote a server or a program, and ends on a terminal.
        let line = what.replace(char::is_control, " ") + "\n";
        // Nobody is left to hear it: then it does not matter.
        let _ = self.pipe.write_all(line.as_bytes());
    }
}
