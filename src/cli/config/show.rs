//! `easeback config show`: what holds, as a file that would say the same.

use crate::{
    alert::{HookSettings, SoundSettings, SpeechSettings},
    config::{AlertChannels, LoadedConfig, OutputSettings, StartDefaults, UserSettings},
    error::sanitize,
    protocol::{DEFAULT_PROTOCOL, Rounds},
    report::{OutputFormat, styled, wrap},
    time::format_duration,
};
use anstream::ColorChoice;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use unicode_width::UnicodeWidthStr;

/// What a value is where none is set.
const PROTOCOL_DEFAULT: &str = "the protocol's own";
const NO_DEFAULT: &str = "none";
const AUTO_DETECTED: &str = "the first one found";

/// A value as TOML, or what holds where there is none.
type ConfigValue = Result<String, &'static str>;

/// Every key with its value, and where that comes from.
pub(crate) fn format_config(file: &Path, written: &LoadedConfig, look: &OutputFormat) -> String {
    let is_there = file.symlink_metadata().is_ok();
    let note = if is_there { "" } else { " is not there: `easeback config init` writes it" };
    let mut text = comment(&sanitize(&format!("{}{note}", file.display())), look);
    for (table, values) in list_config_tables(written) {
        text += &format!("\n{}\n", styled(&format!("[{table}]"), look.palette.heading));
        for (key, value) in values {
            let origin = if written.keys.contains(&format!("{table}.{key}")) { "file" } else { "default" };
            text += &match value {
                Ok(value) => setting(key, &value, origin, look),
                Err(otherwise) => comment(&format!("{key} is not set: {otherwise}"), look),
            };
        }
    }
    text
}

fn comment(text: &str, look: &OutputFormat) -> String {
    let mark = "# ";
    styled(&wrap(text, look.width, mark, mark), look.palette.dimmed) + "\n"
}

/// A key, its value and where that comes from. Where a line has no room for all of it, the last stands above, and each
/// item of a list has a line of its own.
fn setting(key: &str, value: &str, origin: &str, look: &OutputFormat) -> String {
    let note = format!("# {origin}");
    let width = look.width.unwrap_or(usize::MAX);
    let line = format!("{key} = {value}");
    let fits = line.width() + 2 + note.width() <= width;
    let note = styled(&note, look.palette.dimmed);
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

fn list_config_tables(written: &LoadedConfig) -> [(&'static str, Vec<(&'static str, ConfigValue)>); 6] {
    let UserSettings { start, output, alert_channels: tell, sound, speech, hooks } = &written.settings;
    [
        ("start", list_start_values(start)),
        ("output", list_output_values(output)),
        ("tell", list_alert_channel_values(tell)),
        ("sound", list_sound_values(sound)),
        ("speech", list_speech_values(speech)),
        ("hooks", list_hook_values(hooks, written.is_shell_allowed)),
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
        ("region", start.region.as_deref().map(quote_toml).ok_or(NO_DEFAULT)),
        ("side", start.side.as_deref().map(quote_toml).ok_or(NO_DEFAULT)),
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

fn list_alert_channel_values(tell: &AlertChannels) -> Vec<(&'static str, ConfigValue)> {
    vec![
        ("notify", Ok(tell.notify.to_string())),
        ("sound", Ok(tell.sound.to_string())),
        ("speak", Ok(tell.speak.to_string())),
    ]
}

fn list_sound_values(sound: &SoundSettings) -> Vec<(&'static str, ConfigValue)> {
    let file = |path: &Option<PathBuf>| {
        path.as_ref().map(|path| quote_toml(&path.to_string_lossy())).ok_or("the program's own")
    };
    vec![
        ("volume", Ok(sound.volume.to_string())),
        ("heat", file(&sound.heat)),
        ("cold", file(&sound.cold)),
        ("end", file(&sound.end)),
        ("nag", file(&sound.nag)),
        ("player", format_command(sound.player.as_ref(), AUTO_DETECTED)),
    ]
}

fn list_speech_values(speech: &SpeechSettings) -> Vec<(&'static str, ConfigValue)> {
    vec![
        ("command", format_command(speech.command.as_ref(), AUTO_DETECTED)),
        ("breathing", Ok(speech.breathing.to_string())),
    ]
}

fn list_hook_values(hooks: &HookSettings, shell: bool) -> Vec<(&'static str, ConfigValue)> {
    let HookSettings { start, warn, swap, overdue, pause, resume, end, limit } = hooks;
    let each = [
        ("start", start),
        ("warn", warn),
        ("swap", swap),
        ("overdue", overdue),
        ("pause", pause),
        ("resume", resume),
        ("end", end),
    ];
    let each = each.map(|(key, hook)| (key, format_command(hook.as_ref(), NO_DEFAULT)));
    each.into_iter()
        .chain([("limit", Ok(format_duration_value(*limit))), ("shell", Ok(shell.to_string()))])
        .collect()
}

fn format_command(words: Option<&Vec<String>>, otherwise: &'static str) -> ConfigValue {
    let list = |words: &Vec<String>| words.iter().map(|word| quote_toml(word)).collect::<Vec<_>>().join(", ");
    words.map(|words| format!("[{}]", list(words))).ok_or(otherwise)
}

/// What is said is also what can be typed.
fn format_duration_value(length: Duration) -> String {
    quote_toml(&format_duration(length))
}

/// A text as TOML has it. JSON's way of writing one is TOML's too: what the two differ in is not in a text that
/// was read, nor in a path that was made harmless.
fn quote_toml(text: &str) -> String {
    serde_json::Value::from(sanitize(text)).to_string()
}
