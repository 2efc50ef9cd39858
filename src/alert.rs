//! Alerts the person: desktop notifications, sound, speech and hooks.
//!
//! Each channel runs on its own thread, so it cannot delay the timer or another channel. A channel reports its first
//! failure as a warning, through a pipe that the timer polls. An idle channel blocks on its inbox. The module gets
//! finished [`Announcement`]s: it does not know when or why something is announced.

mod die_with_parent;
mod hooks;
mod notification;
mod notification_server;
mod notification_state;
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

/// How long announcements in progress may take after the session: `stop` waits for them.
const FINISH_TIMEOUT: Duration = Duration::from_secs(3);
/// How long killing a program may take.
const KILL_TIMEOUT: Duration = Duration::from_millis(500);

/// The configuration of the alert channels; the session's settings say which of them are on.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertConfig {
    pub(crate) sound: SoundSettings,
    pub(crate) speech: SpeechSettings,
    pub(crate) hooks: HookSettings,
    /// The folder for generated sound files.
    pub(crate) sound_folder: PathBuf,
    /// Folders as in `PATH`.
    pub(crate) program_search_path: OsString,
}

impl AlertConfig {
    /// One line with the channels of a session, "notification, sound (pw-play), speech (espeak-ng)", and what is
    /// missing. `has_window` says whether a window will show the session.
    pub(crate) fn describe_channels(&self, settings: &SessionSettings, has_window: bool) -> String {
        let (mut channels, mut missing) = (Vec::new(), Vec::new());
        if settings.notify {
            channels.push("notification".to_owned());
        }
        let mut add_channel = |choice: Choice, channel: &str, wanted: &str| match (
            choice.name(),
            choice.missing(&self.program_search_path),
        ) {
            (Some(name), None) => channels.push(format!("{channel} ({name})")),
            (_, Some(own)) => missing.push(format!("Program '{own}' for {channel} not found.")),
            (None, None) => missing.push(format!("No {wanted} found.")),
        };
        if self.is_sound_on(settings) {
            add_channel(sound::players(self), "sound", "sound player (such as pw-play)");
        }
        if settings.speak {
            add_channel(speech::voices(self), "speech", "voice (such as espeak-ng)");
        }
        let hook_names = self.hooks.events(&self.program_search_path);
        if !hook_names.is_empty() {
            channels.push(format!("your programs ({})", hook_names.join(", ")));
        }
        for own in self.hooks.missing(&self.program_search_path) {
            missing.push(format!("Your program '{own}' not found."));
        }
        let channels = if !channels.is_empty() {
            channels.join(", ")
        } else if has_window {
            "this window only".into()
        } else {
            "none. `easeback status` and `easeback attach` show the session".into()
        };
        missing.insert(0, format!("Alerts: {channels}."));
        missing.join(" ")
    }

    fn is_sound_on(&self, settings: &SessionSettings) -> bool {
        settings.sound && self.sound.volume > 0
    }
}

/// The alert channels of a session.
pub(crate) struct Notifier {
    notifications: Option<NotificationChannel>,
    sound: Option<Sender<sound::Heard>>,
    speech: Option<Sender<speech::Heard>>,
    hooks: Option<(HookSettings, Sender<hooks::Heard>)>,
    breathing: Option<Sender<Option<BreathProgress>>>,
    /// The phase with spoken breathing cues.
    breathing_phase: Option<usize>,
    /// Disconnected when all channels except the hooks have finished.
    channels_finished: Receiver<()>,
    /// Disconnected when the hooks have finished.
    hooks_finished: Receiver<()>,
    /// None once it is closed: no channel is left.
    warning_pipe: Option<PipeReader>,
    /// Action keys of pressed buttons, one per line. None once it is closed.
    button_pipe: Option<PipeReader>,
}

impl Notifier {
    /// Sets up the channels that the settings ask for. Announces nothing and contacts no server yet.
    ///
    /// # Errors
    /// The system has no file descriptor or thread left.
    pub(crate) fn new(settings: &SessionSettings, config: &AlertConfig) -> io::Result<Notifier> {
        let (warning_reader, warning_writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&warning_reader, true)?;
        let (button_reader, button_writer) = io::pipe()?;
        rustix::io::ioctl_fionbio(&button_reader, true)?;
        let new_warning_writer =
            || warning_writer.try_clone().map(|pipe| WarningWriter { pipe, has_warned: false });
        let (channel_running, channels_finished) = mpsc::channel();
        let (hooks_running, hooks_finished) = mpsc::channel();
        let mut notifier = Notifier {
            notifications: None,
            sound: None,
            speech: None,
            hooks: None,
            breathing: None,
            breathing_phase: None,
            channels_finished,
            hooks_finished,
            warning_pipe: Some(warning_reader),
            button_pipe: Some(button_reader),
        };
        if settings.notify {
            let sound_config = config.is_sound_on(settings).then(|| config.clone());
            let channel = NotificationChannel::new(
                sound_config,
                new_warning_writer()?,
                button_writer,
                channel_running.clone(),
            )?;
            notifier.notifications = Some(channel);
        }
        let (players, voices) = (sound::players(config), speech::voices(config));
        if config.is_sound_on(settings) && players.name().is_some() {
            let (inbox, messages) = mpsc::channel();
            let player = sound::Player::new(config.clone(), players, new_warning_writer()?, inbox.clone());
            spawn_channel_thread("sound", channel_running.clone(), move || player.serve(&messages))?;
            notifier.sound = Some(inbox);
        }
        if settings.speak && voices.name().is_some() {
            let (inbox, messages) = mpsc::channel();
            let voice = speech::Voice::new(voices, new_warning_writer()?, inbox.clone());
            spawn_channel_thread("speech", channel_running.clone(), move || voice.serve(&messages))?;
            if config.speech.breathing {
                let (breath_sender, breaths) = mpsc::channel();
                let voice_inbox = inbox.clone();
                spawn_channel_thread("breathing", channel_running.clone(), move || {
                    speech::breathe(&breaths, &voice_inbox);
                })?;
                notifier.breathing = Some(breath_sender);
            }
            notifier.speech = Some(inbox);
        }
        if !config.hooks.is_empty() {
            let (inbox, messages) = mpsc::channel();
            let runner = hooks::Runner::new(config.hooks.clone(), new_warning_writer()?, inbox.clone());
            spawn_channel_thread("hooks", hooks_running, move || runner.serve(&messages))?;
            notifier.hooks = Some((config.hooks.clone(), inbox));
        }
        Ok(notifier)
    }

    /// Announces on all channels. Returns at once.
    pub(crate) fn announce(&mut self, announcement: &Announcement) {
        // Sending cannot fail: channels end only after `Finish`.
        if let Some(notifications) = &self.notifications {
            notifications.queue_announcement(announcement);
        }
        if let (Some(sound), Some(cue)) = (&self.sound, announcement.sound_cue) {
            let _ = sound.send(sound::Heard::Play(cue));
        }
        // After a pause or a stop, the rest of an earlier instruction is obsolete.
        let interrupts =
            matches!(announcement.hook_event, Some(HookEvent::Pause | HookEvent::Resume | HookEvent::End));
        self.speak_alert(announcement.spoken_text.clone(), announcement.message.is_urgent || interrupts);
        if let Some((hooks, inbox)) = &self.hooks
            && let Some(hook) = hooks.hook(announcement)
        {
            let _ = inbox.send(hooks::Heard::Run(hook));
        }
    }

    /// Whether speech is on and a speech program was found.
    pub(crate) fn has_voice(&self) -> bool {
        self.speech.is_some()
    }

    /// Speaks the time left, unless something else is being spoken. Returns at once.
    pub(crate) fn speak_if_free(&self, text: String) {
        if let Some(speech) = &self.speech {
            let _ = speech.send(speech::Heard::Aside(text));
        }
    }

    /// Speaks an announcement again, with the present times in it. Returns at once.
    pub(crate) fn repeat_spoken(&self, announcement: &Announcement) {
        self.speak_alert(announcement.spoken_text.clone(), true);
    }

    fn speak_alert(&self, text: String, at_once: bool) {
        if let Some(speech) = self.speech.as_ref().filter(|_| !text.is_empty()) {
            let _ = speech.send(speech::Heard::Say { text, at_once });
        }
    }

    /// Starts or stops the breathing cues: the phase and the state of its breathing, or None. Returns at once.
    pub(crate) fn set_breathing(&mut self, breath: Option<(usize, BreathProgress)>) {
        let phase = breath.map(|(phase, _)| phase);
        if let Some(breathing) = &self.breathing
            && self.breathing_phase != phase
        {
            self.breathing_phase = phase;
            let _ = breathing.send(breath.map(|(_, pace)| pace));
        }
    }

    /// Waits until all channels except the hooks have finished, at most [`FINISH_TIMEOUT`], then stops them.
    pub(crate) fn finish_channels(&mut self) {
        let sound = self.sound.take();
        let speech = self.speech.take();
        self.notifications = None;
        self.breathing = None;
        if let Some(inbox) = &sound {
            let _ = inbox.send(sound::Heard::Finish);
        }
        if let Some(inbox) = &speech {
            let _ = inbox.send(speech::Heard::Finish);
        }
        if let Some((_, hooks)) = &self.hooks {
            let _ = hooks.send(hooks::Heard::Finish);
        }
        if self.channels_finished.recv_timeout(FINISH_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            if let Some(inbox) = &sound {
                let _ = inbox.send(sound::Heard::Stop);
            }
            if let Some(inbox) = &speech {
                let _ = inbox.send(speech::Heard::Stop);
            }
            let _ = self.channels_finished.recv_timeout(KILL_TIMEOUT);
        }
    }

    /// Waits for the hooks, each up to its limit. Call it last: the session is closed by then, so no command waits.
    pub(crate) fn wait_for_hooks(self) {
        if let Some((hooks, _)) = &self.hooks {
            let _ = self.hooks_finished.recv_timeout(hooks.at_most());
        }
    }

    /// File descriptors to poll for warnings and pressed buttons.
    pub(crate) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.warning_pipe, &self.button_pipe].into_iter().flatten().map(AsFd::as_fd)
    }

    /// Failures since the last call, one line each.
    pub(crate) fn drain_warnings(&mut self) -> Vec<String> {
        drain_lines(&mut self.warning_pipe)
    }

    /// Buttons pressed since the last call.
    pub(crate) fn drain_pressed_buttons(&mut self) -> Vec<Button> {
        drain_lines(&mut self.button_pipe).iter().filter_map(|key| Button::from_action_key(key)).collect()
    }
}

/// Reads the lines in the pipe. Drops a pipe at its end, because polling it would return at once forever.
fn drain_lines(pipe: &mut Option<PipeReader>) -> Vec<String> {
    let mut text = String::new();
    // An error is "would block" after all available text; success means the end of the pipe.
    pipe.take_if(|pipe| pipe.read_to_string(&mut text).is_ok());
    text.lines().map(str::to_owned).collect()
}

/// Runs a channel on its own thread, and drops `running` at its end.
fn spawn_channel_thread(
    name: &str,
    running: Sender<()>,
    channel: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let run = move || {
        channel();
        drop(running);
    };
    thread::Builder::new().name(name.into()).spawn(run).map(drop)
}

/// Sends a channel's first failure to the timer.
struct WarningWriter {
    pipe: PipeWriter,
    has_warned: bool,
}

impl WarningWriter {
    fn warn_once(&mut self, message: &str) {
        if std::mem::replace(&mut self.has_warned, true) {
            return;
        }
        // It may quote a server or a program, and is printed on a terminal.
        let line = message.replace(char::is_control, " ") + "\n";
        // An error means that the timer is gone.
        let _ = self.pipe.write_all(line.as_bytes());
    }
}
