//! `easeback config show`: prints every setting in effect, as a settings file that would set the same.

use crate::{
    alert::{HookSettings, SoundSettings, SpeechSettings},
    config::{AlertChannels, LoadedConfig, OutputSettings, StartDefaults, UserSettings},
    error::sanitize,
    protocol::{DEFAULT_PROTOCOL, Rounds},
    report::{OutputFormat, styled, wrap},
};
use anstream::ColorChoice;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use unicode_width::UnicodeWidthStr;

// What holds where no value is set.
const PROTOCOL_DEFAULT: &str = "as the protocol says";
const NOT_RECORDED: &str = "not recorded";
const BUILT_IN_SOUND: &str = "the built-in sound";
const NOT_RUN: &str = "nothing is run";
const AUTO_DETECTED: &str = "the first one found";

/// A value as TOML, or what holds where none is set.
type ConfigValue = Result<String, &'static str>;

/// Every key with its value and where it comes from, file or default.
pub(crate) fn format_config(file: &Path, loaded: &LoadedConfig, format: &OutputFormat) -> String {
    let is_there = file.symlink_metadata().is_ok();
    let note = if is_there { "" } else { " is not there: `easeback config init` writes it" };
    let mut text = format_comment(&sanitize(&format!("{}{note}", file.display())), format);
    for (table, values) in list_config_tables(loaded) {
        text += &format!("\n{}\n", styled(&format!("[{table}]"), format.palette.heading));
        for (key, value) in values {
            let origin = if loaded.keys.contains(&format!("{table}.{key}")) { "file" } else { "default" };
            text += &match value {
                Ok(value) => format_setting(key, &value, origin, format),
                Err(default) => format_comment(&format!("{key} is not set: {default}"), format),
            };
        }
    }
    text
}

fn format_comment(text: &str, format: &OutputFormat) -> String {
    let mark = "# ";
    styled(&wrap(text, format.width, mark, mark), format.palette.dimmed) + "\n"
}

/// A key, its value, and its origin in a comment. Where they do not fit one line, the comment comes first, and a list
/// has a line for each item.
fn format_setting(key: &str, value: &str, origin: &str, format: &OutputFormat) -> String {
    let note = format!("# {origin}");
    let width = format.width.unwrap_or(usize::MAX);
    let line = format!("{key} = {value}");
    let fits = line.width() + 2 + note.width() <= width;
    let note = styled(&note, format.palette.dimmed);
    if fits {
        return format!("{line}  {note}\n");
    }
    match serde_json::from_str::<Vec<String>>(value) {
        Ok(words) if line.width() > width => {
            let words: String = words.iter().map(|word| format!("    {},\n", quote_toml(word))).collect();
            format!("{note}\n{key} = [\n{words}]\n")
        }
        _ => format!("{note}\n{line}\n"),
    }
}

fn list_config_tables(loaded: &LoadedConfig) -> [(&'static str, Vec<(&'static str, ConfigValue)>); 6] {
    let UserSettings { start, output, alert_channels, sound, speech, hooks } = &loaded.settings;
    [
        ("start", list_start_values(start)),
        ("output", list_output_values(output)),
        ("tell", list_alert_channel_values(alert_channels)),
        ("sound", list_sound_values(sound)),
        ("speech", list_speech_values(speech)),
        ("hooks", list_hook_values(hooks, loaded.is_shell_allowed)),
    ]
}

fn list_start_values(start: &StartDefaults) -> Vec<(&'static str, ConfigValue)> {
    let rounds = start.rounds.map(|rounds| match rounds {
        Rounds::Fixed(number) => number.to_string(),
        Rounds::AsNeeded => quote_toml(Rounds::AS_NEEDED),
    });
    vec![
        ("protocol", Ok(quote_toml(start.protocol.as_deref().unwrap_or(DEFAULT_PROTOCOL)))),
        ("heat", start.heat.map(format_duration_value).ok_or(PROTOCOL_DEFAULT)),
        ("cold", start.cold.map(format_duration_value).ok_or(PROTOCOL_DEFAULT)),
        ("rounds", rounds.ok_or(PROTOCOL_DEFAULT)),
        ("first", start.first_kind.map(|kind| quote_toml(kind.as_str())).ok_or(PROTOCOL_DEFAULT)),
        ("swap", Ok(quote_toml(start.swap.unwrap_or_default().as_str()))),
        ("region", start.region.as_deref().map(quote_toml).ok_or(NOT_RECORDED)),
        ("side", start.side.as_deref().map(quote_toml).ok_or(NOT_RECORDED)),
        ("detach", Ok(start.detach.to_string())),
        ("plain", Ok(start.plain.to_string())),
        ("quiet", Ok(start.quiet.to_string())),
        ("skip_questions", Ok(start.skip_questions.to_string())),
    ]
}

fn list_output_values(output: &OutputSettings) -> Vec<(&'static str, ConfigValue)> {
    let color = match output.color {
        ColorChoice::Never => "never",
        ColorChoice::Always | ColorChoice::AlwaysAnsi => "always",
        ColorChoice::Auto => "auto",
    };
    vec![("color", Ok(quote_toml(color)))]
}

fn list_alert_channel_values(channels: &AlertChannels) -> Vec<(&'static str, ConfigValue)> {
    vec![
        ("notify", Ok(channels.notify.to_string())),
        ("sound", Ok(channels.sound.to_string())),
        ("speak", Ok(channels.speak.to_string())),
    ]
}

fn list_sound_values(sound: &SoundSettings) -> Vec<(&'static str, ConfigValue)> {
    let format_path = |path: &Option<PathBuf>| {
        path.as_ref().map(|path| quote_toml(&path.to_string_lossy())).ok_or(BUILT_IN_SOUND)
    };
    vec![
        ("volume", Ok(sound.volume.to_string())),
        ("heat", format_path(&sound.heat)),
        ("cold", format_path(&sound.cold)),
        ("end", format_path(&sound.end)),
        ("nag", format_path(&sound.nag)),
        ("player", format_command(sound.player.as_ref(), AUTO_DETECTED)),
    ]
}

fn list_speech_values(speech: &SpeechSettings) -> Vec<(&'static str, ConfigValue)> {
    vec![
        ("command", format_command(speech.command.as_ref(), AUTO_DETECTED)),
        ("breathing", Ok(speech.breathing.to_string())),
    ]
}

fn list_hook_values(hooks: &HookSettings, is_shell_allowed: bool) -> Vec<(&'static str, ConfigValue)> {
    let HookSettings { start, warn, swap, overdue, pause, resume, end, limit } = hooks;
    let commands = [
        ("start", start),
        ("warn", warn),
        ("swap", swap),
        ("overdue", overdue),
        ("pause", pause),
        ("resume", resume),
        ("end", end),
    ];
    let commands = commands.map(|(key, command)| (key, format_command(command.as_ref(), NOT_RUN)));
    commands
        .into_iter()
        .chain([("limit", Ok(format_duration_value(*limit))), ("shell", Ok(is_shell_allowed.to_string()))])
        .collect()
}

fn format_command(words: Option<&Vec<String>>, default: &'static str) -> ConfigValue {
    let words = words.ok_or(default)?;
    let quoted: Vec<String> = words.iter().map(|word| quote_toml(word)).collect();
    Ok(format!("[{}]", quoted.join(", ")))
}

/// A duration as the notes of the settings file write it: "1h 5m".
fn format_duration_value(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let words: Vec<String> = parts.map(|(number, unit)| format!("{number}{unit}")).collect();
    quote_toml(&words.join(" "))
}

/// A TOML string. JSON's quoting is valid TOML for sanitized text.
fn quote_toml(text: &str) -> String {
    serde_json::Value::from(sanitize(text)).to_string()
}
