//! Reads `config.toml`: everything that is wrong with it at once, each with its place and what would be right.

use super::{AlertChannels, OutputSettings, StartDefaults, UserSettings};
use crate::{
    alert::{HookSettings, SoundSettings, SpeechSettings},
    error::{
        Diagnostics, Error, InvalidValue, Result, TomlDocument, TomlTable, describe_value_type,
        parse_bool_value, parse_choice_value, parse_text_value,
    },
    protocol::{PhaseKind, check_protocol_name, parse_duration_value, parse_rounds_value},
    record::{REGIONS, SIDES},
    session::SwapMode,
    time::format_duration,
};
use anstream::ColorChoice;
use std::{
    collections::BTreeSet,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};
use toml::{Spanned, de::DeValue};

/// The largest file that is read, in bytes: many times what the settings need.
pub(crate) const MAX_CONFIG_BYTES: usize = 64 * 1024;
/// The longest path, and the longest word of a command.
const MAX_TEXT_CHARS: usize = 1000;
/// How long a hook may be allowed to run.
const HOOK_TIMEOUT_RANGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);

const TABLE_NAMES: &[&str] = &["start", "output", "tell", "sound", "speech", "hooks"];
const START_KEYS: &[&str] = &[
    "protocol",
    "heat",
    "cold",
    "rounds",
    "first",
    "swap",
    "region",
    "side",
    "detach",
    "plain",
    "quiet",
    "skip_questions",
];
/// The flags of `start` that nobody wants each time.
const ONE_SESSION_FLAGS: &[&str] = &["pain", "note", "onset", "trigger", "allow-long", "again", "rehearse"];
const OUTPUT_KEYS: &[&str] = &["color"];
const ALERT_CHANNEL_KEYS: &[&str] = &["notify", "sound", "speak"];
const SOUND_KEYS: &[&str] = &["volume", "heat", "cold", "end", "nag", "player"];
const SPEECH_KEYS: &[&str] = &["command", "breathing"];
const HOOK_KEYS: &[&str] = &["start", "warn", "swap", "overdue", "pause", "resume", "end", "limit", "shell"];

/// The settings of a file, and what of them it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedConfig {
    /// The settings, defaults where the file says nothing.
    pub settings: UserSettings,
    /// Whether hooks may be written as a line for a shell.
    pub is_shell_allowed: bool,
    /// The keys that the file has, as in `start.heat`.
    pub keys: BTreeSet<String>,
}

/// What the paths in a file begin at.
#[derive(Clone, Copy, Debug)]
pub struct PathBase<'p> {
    /// The file's folder, for a path that does not begin with `/`.
    pub folder: &'p Path,
    /// The person's home, for `~/`.
    pub home: Option<&'p Path>,
}

impl LoadedConfig {
    /// Reads the bytes of a file that is called `file`. Touches no other.
    ///
    /// # Errors
    /// Shows every mistake with its line and its column (exit code 2).
    pub fn parse(file: &str, bytes: &[u8], base: PathBase) -> Result<LoadedConfig> {
        if bytes.len() > MAX_CONFIG_BYTES {
            let what = format!("{file} cannot be used: it is over {} KiB long", MAX_CONFIG_BYTES / 1024);
            return Err(Error::usage(what, "move it away; `easeback config init` writes a new one"));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut mistakes = Diagnostics::new(&text);
        mistakes.check_utf8(bytes);
        let document = TomlDocument::parse(&text, &mut mistakes);
        let written = parse_config(document.root_table(), base, &mut mistakes);
        if mistakes.is_empty() {
            return Ok(written);
        }
        let hint = "correct the file, then type `easeback config show`";
        Err(mistakes.into_error(file, "cannot be used").with_hint(hint))
    }
}

/// What would be right for a key that is known elsewhere: below another header, or only as a flag.
fn suggest_correct_table(key: &str) -> Option<String> {
    let flag = key.replace('_', "-");
    if ONE_SESSION_FLAGS.contains(&flag.as_str()) {
        return Some(format!("it is for one session only: type --{flag}"));
    }
    let keys = [START_KEYS, OUTPUT_KEYS, ALERT_CHANNEL_KEYS, SOUND_KEYS, SPEECH_KEYS, HOOK_KEYS];
    let headers = TABLE_NAMES.iter().zip(keys).filter(|(_, keys)| keys.contains(&key));
    let headers: Vec<String> = headers.map(|(header, _)| format!("[{header}]")).collect();
    (!headers.is_empty()).then(|| format!("it belongs below {}", headers.join(" or ")))
}

/// What could be read; it only counts where there are no mistakes.
fn parse_config(mut file: TomlTable, base: PathBase, mistakes: &mut Diagnostics) -> LoadedConfig {
    file.check_keys_with_suggestions(TABLE_NAMES, suggest_correct_table, mistakes);
    let mut keys = BTreeSet::new();
    let mut table = |name: &str, known: &[&'static str], mistakes: &mut Diagnostics| {
        let mut table = file.get_table(name, mistakes)?;
        table.check_keys_with_suggestions(known, suggest_correct_table, mistakes);
        keys.extend(known.iter().filter(|key| table.has_key(key)).map(|key| format!("{name}.{key}")));
        Some(table)
    };
    let mut settings = UserSettings::default();
    let mut shell = false;
    if let Some(table) = table("start", START_KEYS, mistakes) {
        settings.start = parse_start(&table, base, mistakes);
    }
    if let Some(table) = table("output", OUTPUT_KEYS, mistakes) {
        settings.output = OutputSettings {
            color: strip_span(table.get("color", mistakes, parse_color_choice)).unwrap_or_default(),
        };
    }
    if let Some(table) = table("tell", ALERT_CHANNEL_KEYS, mistakes) {
        settings.alert_channels = parse_alert_channels(&table, mistakes);
    }
    if let Some(table) = table("sound", SOUND_KEYS, mistakes) {
        settings.sound = parse_sound(&table, base, mistakes);
    }
    if let Some(table) = table("speech", SPEECH_KEYS, mistakes) {
        settings.speech = parse_speech(&table, mistakes);
    }
    if let Some(table) = table("hooks", HOOK_KEYS, mistakes) {
        shell = get_bool_or(&table, "shell", false, mistakes);
        settings.hooks = parse_hooks(&table, shell, mistakes);
    }
    LoadedConfig { settings, is_shell_allowed: shell, keys }
}

fn parse_start(table: &TomlTable, base: PathBase, mistakes: &mut Diagnostics) -> StartDefaults {
    StartDefaults {
        protocol: strip_span(
            table.get("protocol", mistakes, |value| parse_protocol_name_or_path(value, base)),
        ),
        heat: strip_span(table.get("heat", mistakes, parse_duration_value)),
        cold: strip_span(table.get("cold", mistakes, parse_duration_value)),
        rounds: strip_span(table.get("rounds", mistakes, parse_rounds_value)),
        first_kind: strip_span(table.get("first", mistakes, parse_first_kind)),
        swap: strip_span(table.get("swap", mistakes, parse_swap)),
        region: strip_span(
            table.get("region", mistakes, |value| Ok(parse_choice_value(value, REGIONS)?.into())),
        ),
        side: strip_span(table.get("side", mistakes, |value| Ok(parse_choice_value(value, SIDES)?.into()))),
        detach: get_bool_or(table, "detach", false, mistakes),
        plain: get_bool_or(table, "plain", false, mistakes),
        quiet: get_bool_or(table, "quiet", false, mistakes),
        skip_questions: get_bool_or(table, "skip_questions", false, mistakes),
    }
}

fn parse_alert_channels(table: &TomlTable, mistakes: &mut Diagnostics) -> AlertChannels {
    AlertChannels {
        notify: get_bool_or(table, "notify", true, mistakes),
        sound: get_bool_or(table, "sound", true, mistakes),
        speak: get_bool_or(table, "speak", true, mistakes),
    }
}

fn parse_sound(table: &TomlTable, base: PathBase, mistakes: &mut Diagnostics) -> SoundSettings {
    let volume =
        strip_span(table.get("volume", mistakes, parse_volume)).unwrap_or(SoundSettings::default().volume);
    let player =
        parse_command(table, "player", &CommandFormat::with_placeholder("{file}", "pw-play"), mistakes);
    let mut file = |key| strip_span(table.get(key, mistakes, |value| parse_path(value, base)));
    SoundSettings {
        volume,
        heat: file("heat"),
        cold: file("cold"),
        end: file("end"),
        nag: file("nag"),
        player,
    }
}

fn parse_speech(table: &TomlTable, mistakes: &mut Diagnostics) -> SpeechSettings {
    SpeechSettings {
        command: parse_command(
            table,
            "command",
            &CommandFormat::with_placeholder("{text}", "espeak-ng"),
            mistakes,
        ),
        breathing: get_bool_or(table, "breathing", false, mistakes),
    }
}

fn parse_hooks(table: &TomlTable, shell: bool, mistakes: &mut Diagnostics) -> HookSettings {
    let limit =
        strip_span(table.get("limit", mistakes, parse_hook_timeout)).unwrap_or(HookSettings::default().limit);
    let shape = CommandFormat::for_hook(shell);
    let mut hook = |key| parse_command(table, key, &shape, mistakes);
    HookSettings {
        start: hook("start"),
        warn: hook("warn"),
        swap: hook("swap"),
        overdue: hook("overdue"),
        pause: hook("pause"),
        resume: hook("resume"),
        end: hook("end"),
        limit,
    }
}

fn strip_span<T>(value: Option<Spanned<T>>) -> Option<T> {
    value.map(Spanned::into_inner)
}

fn get_bool_or(table: &TomlTable, key: &str, default: bool, mistakes: &mut Diagnostics) -> bool {
    strip_span(table.get(key, mistakes, parse_bool_value)).unwrap_or(default)
}

/// A name, or a path as on the command line: with a `/` in it, or ending in `.toml`.
fn parse_protocol_name_or_path(value: &DeValue, base: PathBase) -> std::result::Result<String, InvalidValue> {
    let typed = parse_text_value(value, MAX_TEXT_CHARS)?;
    if typed.contains('/') || Path::new(&typed).extension().is_some_and(|ending| ending == "toml") {
        return Ok(resolve_path(&typed, base)?.to_string_lossy().into_owned());
    }
    check_protocol_name(&typed).map(|()| typed)
}

fn parse_color_choice(value: &DeValue) -> std::result::Result<ColorChoice, InvalidValue> {
    Ok(match parse_choice_value(value, &["auto", "always", "never"])? {
        "always" => ColorChoice::Always,
        "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    })
}

fn parse_path(value: &DeValue, base: PathBase) -> std::result::Result<PathBuf, InvalidValue> {
    resolve_path(&parse_text_value(value, MAX_TEXT_CHARS)?, base)
}

fn resolve_path(typed: &str, base: PathBase) -> std::result::Result<PathBuf, InvalidValue> {
    match (typed.strip_prefix("~/"), base.home) {
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (None, _) if !typed.starts_with('~') => Ok(base.folder.join(typed)),
        _ => Err(InvalidValue::new("expected a path from / or ~/", "write the path from / on")),
    }
}

fn parse_first_kind(value: &DeValue) -> std::result::Result<PhaseKind, InvalidValue> {
    let [heat, cold] = [PhaseKind::Heat, PhaseKind::Cold];
    parse_choice_value(value, &[heat.as_str(), cold.as_str()])
        .map(|word| if word == heat.as_str() { heat } else { cold })
}

fn parse_swap(value: &DeValue) -> std::result::Result<SwapMode, InvalidValue> {
    let [auto, ask] = [SwapMode::Auto, SwapMode::Ask];
    parse_choice_value(value, &[auto.as_str(), ask.as_str()])
        .map(|word| if word == ask.as_str() { ask } else { auto })
}

fn parse_volume(value: &DeValue) -> std::result::Result<u8, InvalidValue> {
    let right = "write a number from 0 (mute) to 100";
    let DeValue::Integer(number) = value else {
        return Err(InvalidValue::new(
            format!("expected a number, not {}", describe_value_type(value)),
            right,
        ));
    };
    match i64::from_str_radix(number.as_str(), number.radix()).map(u8::try_from) {
        Ok(Ok(volume @ 0..=100)) => Ok(volume),
        _ => Err(InvalidValue::new("expected 0 to 100", right)),
    }
}

fn parse_hook_timeout(value: &DeValue) -> std::result::Result<Duration, InvalidValue> {
    let wrong = |what: String| InvalidValue::new(what, "write \"1s\" to \"5m\"");
    let limit = parse_duration_value(value).map_err(|why| wrong(why.message))?;
    match HOOK_TIMEOUT_RANGE.contains(&limit) {
        true => Ok(limit),
        false => Err(wrong(format!("expected 1s to 5m, not {}", format_duration(limit)))),
    }
}

/// What a command has to look like.
struct CommandFormat {
    /// What has to stand in one of its words.
    placeholder: Option<&'static str>,
    /// Whether it may be a line for a shell.
    is_shell_allowed: bool,
    /// What would be right.
    suggestion: String,
}

impl CommandFormat {
    fn with_placeholder(placeholder: &'static str, program: &str) -> CommandFormat {
        let right = format!("write [\"{program}\", \"{placeholder}\"]");
        CommandFormat { placeholder: Some(placeholder), is_shell_allowed: false, suggestion: right }
    }

    fn for_hook(shell: bool) -> CommandFormat {
        let or = if shell { "or a line in quotes" } else { "or add shell = true" };
        CommandFormat {
            placeholder: None,
            is_shell_allowed: shell,
            suggestion: format!("write [\"program\", \"argument\"], {or}"),
        }
    }
}

/// A program and its arguments.
fn parse_command(
    table: &TomlTable,
    key: &str,
    shape: &CommandFormat,
    mistakes: &mut Diagnostics,
) -> Option<Vec<String>> {
    let line = table.get(key, mistakes, |value| parse_shell_line(value, shape))?.into_inner();
    if let Some(line) = line {
        return Some(vec!["sh".into(), "-c".into(), line]);
    }
    Some(table.get_array(key, mistakes, parse_argument))
}

/// Checks a command as a whole; the line, if it is one for a shell. What its words are is looked at one by one.
fn parse_shell_line(
    value: &DeValue,
    shape: &CommandFormat,
) -> std::result::Result<Option<String>, InvalidValue> {
    let wrong = |what: String| Err(InvalidValue::new(what, &shape.suggestion));
    if shape.is_shell_allowed && value.is_str() {
        return parse_text_value(value, MAX_TEXT_CHARS).map(Some);
    }
    let Some(words) = value.as_array() else {
        return wrong(format!("expected a list of words, not {}", describe_value_type(value)));
    };
    let texts: Option<Vec<&str>> = words.iter().map(|word| word.get_ref().as_str()).collect();
    let has = |part| texts.as_ref().is_none_or(|texts| texts.iter().any(|text| text.contains(part)));
    match (&texts, shape.placeholder) {
        (Some(texts), _) if texts.first().is_none_or(|program| program.trim().is_empty()) => {
            wrong("expected the name of a program first".into())
        }
        (_, Some(part)) if !has(part) => wrong(format!("expected {part} in one of its words")),
        _ => Ok(None),
    }
}

/// A word of a command; it may be empty.
fn parse_argument(value: &DeValue) -> std::result::Result<String, InvalidValue> {
    if value.as_str() == Some("") { Ok(String::new()) } else { parse_text_value(value, MAX_TEXT_CHARS) }
}
