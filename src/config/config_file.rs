//! Parses `config.toml` and reports all of its mistakes at once, each with its position and a suggestion.
//!
//! It gets the file's content and touches no other file: it does not check whether paths and programs exist.

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

/// Many times what the settings need.
pub(crate) const MAX_CONFIG_BYTES: usize = 64 * 1024;
/// The longest path, and the longest argument of a command.
const MAX_TEXT_CHARS: usize = 1000;
/// The range of the key `hooks.limit`.
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
/// Flags of `start` that are for one session only, so they are no keys.
const ONE_SESSION_FLAGS: &[&str] = &["pain", "note", "onset", "trigger", "allow-long", "again", "rehearse"];
const OUTPUT_KEYS: &[&str] = &["color"];
const ALERT_CHANNEL_KEYS: &[&str] = &["notify", "sound", "speak"];
const SOUND_KEYS: &[&str] = &["volume", "heat", "cold", "end", "nag", "player"];
const SPEECH_KEYS: &[&str] = &["command", "breathing"];
const HOOK_KEYS: &[&str] = &["start", "warn", "swap", "overdue", "pause", "resume", "end", "limit", "shell"];

/// The settings of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedConfig {
    /// The settings, with defaults for missing keys.
    pub settings: UserSettings,
    /// Whether hooks may be shell command lines (`hooks.shell`).
    pub is_shell_allowed: bool,
    /// The keys in the file, such as `start.heat`.
    pub keys: BTreeSet<String>,
}

/// The folders that paths in the file are relative to.
#[derive(Clone, Copy, Debug)]
pub struct PathBase<'p> {
    /// The file's folder, for relative paths.
    pub folder: &'p Path,
    /// The home folder, for `~/`.
    pub home: Option<&'p Path>,
}

impl LoadedConfig {
    /// Parses the content of the file; `file` is its name in errors.
    ///
    /// # Errors
    /// All mistakes, each with its line and column (exit code 2).
    pub fn parse(file: &str, bytes: &[u8], base: PathBase) -> Result<LoadedConfig> {
        if bytes.len() > MAX_CONFIG_BYTES {
            let message = format!("{file} cannot be used: it is over {} KiB long", MAX_CONFIG_BYTES / 1024);
            return Err(Error::usage(
                message,
                "move the file away, then type `easeback config init` for a new one",
            ));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut diagnostics = Diagnostics::new(&text);
        diagnostics.check_utf8(bytes);
        let document = TomlDocument::parse(&text, &mut diagnostics);
        let config = parse_config(document.root_table(), base, &mut diagnostics);
        if diagnostics.is_empty() {
            return Ok(config);
        }
        let hint = "correct the file, then type `easeback config show`";
        Err(diagnostics.into_error(file, "cannot be used").with_hint(hint))
    }
}

/// A suggestion for a key that belongs in another table or is only a flag.
fn suggest_correct_table(key: &str) -> Option<String> {
    let flag = key.replace('_', "-");
    if ONE_SESSION_FLAGS.contains(&flag.as_str()) {
        return Some(format!("it is for one session only: type `easeback start --{flag}`"));
    }
    let keys = [START_KEYS, OUTPUT_KEYS, ALERT_CHANNEL_KEYS, SOUND_KEYS, SPEECH_KEYS, HOOK_KEYS];
    let tables = TABLE_NAMES.iter().zip(keys).filter(|(_, keys)| keys.contains(&key));
    let tables: Vec<String> = tables.map(|(table, _)| format!("[{table}]")).collect();
    (!tables.is_empty()).then(|| format!("it belongs below {}", tables.join(" or ")))
}

/// The result is only valid if no mistake was reported.
fn parse_config(mut root: TomlTable, base: PathBase, diagnostics: &mut Diagnostics) -> LoadedConfig {
    root.check_keys_with_suggestions(TABLE_NAMES, suggest_correct_table, diagnostics);
    let mut keys = BTreeSet::new();
    let mut get_table = |name: &str, known_keys: &[&'static str], diagnostics: &mut Diagnostics| {
        let mut table = root.get_table(name, diagnostics)?;
        table.check_keys_with_suggestions(known_keys, suggest_correct_table, diagnostics);
        keys.extend(known_keys.iter().filter(|key| table.has_key(key)).map(|key| format!("{name}.{key}")));
        Some(table)
    };
    let mut settings = UserSettings::default();
    let mut is_shell_allowed = false;
    if let Some(table) = get_table("start", START_KEYS, diagnostics) {
        settings.start = parse_start(&table, base, diagnostics);
    }
    if let Some(table) = get_table("output", OUTPUT_KEYS, diagnostics) {
        settings.output = OutputSettings {
            color: strip_span(table.get("color", diagnostics, parse_color_choice)).unwrap_or_default(),
        };
    }
    if let Some(table) = get_table("tell", ALERT_CHANNEL_KEYS, diagnostics) {
        settings.alert_channels = parse_alert_channels(&table, diagnostics);
    }
    if let Some(table) = get_table("sound", SOUND_KEYS, diagnostics) {
        settings.sound = parse_sound(&table, base, diagnostics);
    }
    if let Some(table) = get_table("speech", SPEECH_KEYS, diagnostics) {
        settings.speech = parse_speech(&table, diagnostics);
    }
    if let Some(table) = get_table("hooks", HOOK_KEYS, diagnostics) {
        is_shell_allowed = get_bool_or(&table, "shell", false, diagnostics);
        settings.hooks = parse_hooks(&table, is_shell_allowed, diagnostics);
    }
    LoadedConfig { settings, is_shell_allowed, keys }
}

fn parse_start(table: &TomlTable, base: PathBase, diagnostics: &mut Diagnostics) -> StartDefaults {
    StartDefaults {
        protocol: strip_span(
            table.get("protocol", diagnostics, |value| parse_protocol_name_or_path(value, base)),
        ),
        heat: strip_span(table.get("heat", diagnostics, parse_duration_value)),
        cold: strip_span(table.get("cold", diagnostics, parse_duration_value)),
        rounds: strip_span(table.get("rounds", diagnostics, parse_rounds_value)),
        first_kind: strip_span(table.get("first", diagnostics, parse_first_kind)),
        swap: strip_span(table.get("swap", diagnostics, parse_swap)),
        region: strip_span(
            table.get("region", diagnostics, |value| Ok(parse_choice_value(value, REGIONS)?.into())),
        ),
        side: strip_span(
            table.get("side", diagnostics, |value| Ok(parse_choice_value(value, SIDES)?.into())),
        ),
        detach: get_bool_or(table, "detach", false, diagnostics),
        plain: get_bool_or(table, "plain", false, diagnostics),
        quiet: get_bool_or(table, "quiet", false, diagnostics),
        skip_questions: get_bool_or(table, "skip_questions", false, diagnostics),
    }
}

fn parse_alert_channels(table: &TomlTable, diagnostics: &mut Diagnostics) -> AlertChannels {
    AlertChannels {
        notify: get_bool_or(table, "notify", true, diagnostics),
        sound: get_bool_or(table, "sound", true, diagnostics),
        speak: get_bool_or(table, "speak", true, diagnostics),
    }
}

fn parse_sound(table: &TomlTable, base: PathBase, diagnostics: &mut Diagnostics) -> SoundSettings {
    let volume =
        strip_span(table.get("volume", diagnostics, parse_volume)).unwrap_or(SoundSettings::default().volume);
    let player =
        parse_command(table, "player", &CommandFormat::with_placeholder("{file}", "pw-play"), diagnostics);
    let mut file = |key| strip_span(table.get(key, diagnostics, |value| parse_path(value, base)));
    SoundSettings {
        volume,
        heat: file("heat"),
        cold: file("cold"),
        end: file("end"),
        nag: file("nag"),
        player,
    }
}

fn parse_speech(table: &TomlTable, diagnostics: &mut Diagnostics) -> SpeechSettings {
    SpeechSettings {
        command: parse_command(
            table,
            "command",
            &CommandFormat::with_placeholder("{text}", "espeak-ng"),
            diagnostics,
        ),
        breathing: get_bool_or(table, "breathing", false, diagnostics),
    }
}

fn parse_hooks(table: &TomlTable, is_shell_allowed: bool, diagnostics: &mut Diagnostics) -> HookSettings {
    let limit = strip_span(table.get("limit", diagnostics, parse_hook_timeout))
        .unwrap_or(HookSettings::default().limit);
    let format = CommandFormat::for_hook(is_shell_allowed);
    let mut hook = |key| parse_command(table, key, &format, diagnostics);
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

fn get_bool_or(table: &TomlTable, key: &str, default: bool, diagnostics: &mut Diagnostics) -> bool {
    strip_span(table.get(key, diagnostics, parse_bool_value)).unwrap_or(default)
}

/// A path has a `/` in it or ends in `.toml`, as on the command line.
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
        _ => Err(InvalidValue::new(
            "expected a path such as ~/sounds/heat.wav",
            "write the whole path, from / on",
        )),
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
    let suggestion = "write a number from 0 (mute) to 100";
    let DeValue::Integer(number) = value else {
        return Err(InvalidValue::new(
            format!("expected a number, not {}", describe_value_type(value)),
            suggestion,
        ));
    };
    match i64::from_str_radix(number.as_str(), number.radix()).map(u8::try_from) {
        Ok(Ok(volume @ 0..=100)) => Ok(volume),
        _ => Err(InvalidValue::new("expected 0 to 100", suggestion)),
    }
}

fn parse_hook_timeout(value: &DeValue) -> std::result::Result<Duration, InvalidValue> {
    let invalid = |message: String| InvalidValue::new(message, "write \"1s\" to \"5m\"");
    let limit = parse_duration_value(value).map_err(|why| invalid(why.message))?;
    if !HOOK_TIMEOUT_RANGE.contains(&limit) {
        return Err(invalid(format!("expected 1s to 5m, not {}", format_duration(limit))));
    }
    Ok(limit)
}

/// The rules for one command key.
struct CommandFormat {
    /// Must occur in one of the words.
    placeholder: Option<&'static str>,
    /// Whether it may be a shell command line.
    is_shell_allowed: bool,
    suggestion: String,
}

impl CommandFormat {
    fn with_placeholder(placeholder: &'static str, program: &str) -> CommandFormat {
        let suggestion = format!("write [\"{program}\", \"{placeholder}\"]");
        CommandFormat { placeholder: Some(placeholder), is_shell_allowed: false, suggestion }
    }

    fn for_hook(is_shell_allowed: bool) -> CommandFormat {
        let alternative = if is_shell_allowed { "or a line in quotes" } else { "or add shell = true" };
        CommandFormat {
            placeholder: None,
            is_shell_allowed,
            suggestion: format!("write [\"program\", \"argument\"], {alternative}"),
        }
    }
}

/// A program and its arguments; a shell command line becomes `sh -c LINE`.
fn parse_command(
    table: &TomlTable,
    key: &str,
    format: &CommandFormat,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<String>> {
    let line = table.get(key, diagnostics, |value| parse_shell_line(value, format))?.into_inner();
    if let Some(line) = line {
        return Some(vec!["sh".into(), "-c".into(), line]);
    }
    Some(table.get_array(key, diagnostics, parse_argument))
}

/// The line, if it is a shell command line; else checks the list of words, except for each word's own text.
fn parse_shell_line(
    value: &DeValue,
    format: &CommandFormat,
) -> std::result::Result<Option<String>, InvalidValue> {
    let invalid = |message: String| Err(InvalidValue::new(message, &format.suggestion));
    if format.is_shell_allowed && value.is_str() {
        return parse_text_value(value, MAX_TEXT_CHARS).map(Some);
    }
    let Some(words) = value.as_array() else {
        return invalid(format!("expected a list of words, not {}", describe_value_type(value)));
    };
    let texts: Option<Vec<&str>> = words.iter().map(|word| word.get_ref().as_str()).collect();
    let has = |part| texts.as_ref().is_none_or(|texts| texts.iter().any(|text| text.contains(part)));
    match (&texts, format.placeholder) {
        (Some(texts), _) if texts.first().is_none_or(|program| program.trim().is_empty()) => {
            invalid("expected the name of a program first".into())
        }
        (_, Some(part)) if !has(part) => invalid(format!("missing {part}")),
        _ => Ok(None),
    }
}

/// Unlike other texts, an argument may be empty.
fn parse_argument(value: &DeValue) -> std::result::Result<String, InvalidValue> {
    if value.as_str() == Some("") { Ok(String::new()) } else { parse_text_value(value, MAX_TEXT_CHARS) }
}
