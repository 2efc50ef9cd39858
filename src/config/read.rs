//! Reads `config.toml`: everything that is wrong with it at once, each with its place and what would be right.

use super::{Output, Settings, Start, Tell};
use crate::{
    alert::{Hooks, Sound, Speech},
    error::{Document, Error, Mistakes, Result, Table, Wrong, flag, kind_of, text, word},
    protocol::{Kind, check_name, read_length, read_rounds},
    record::{REGIONS, SIDES},
    session::Swap,
    time::say,
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
pub const MOST_BYTES: usize = 64 * 1024;
/// The longest path, and the longest word of a command.
const MOST_TEXT: usize = 1000;
/// How long a hook may be allowed to run.
const HOOK_LIMIT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);

const TABLES: &[&str] = &["start", "output", "tell", "sound", "speech", "hooks"];
const START: &[&str] = &[
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
const ONE_SESSION: &[&str] = &["pain", "note", "onset", "trigger", "allow-long", "again", "rehearse"];
const OUTPUT: &[&str] = &["color"];
const TELL: &[&str] = &["notify", "sound", "speak"];
const SOUND: &[&str] = &["volume", "heat", "cold", "end", "nag", "player"];
const SPEECH: &[&str] = &["command", "breathing"];
const HOOKS: &[&str] = &["start", "warn", "swap", "overdue", "pause", "resume", "end", "limit", "shell"];

/// The settings of a file, and what of them it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The settings, defaults where the file says nothing.
    pub settings: Settings,
    /// Whether hooks may be written as a line for a shell.
    pub shell: bool,
    /// The keys that the file has, as in `start.heat`.
    pub keys: BTreeSet<String>,
}

/// What the paths in a file begin at.
#[derive(Clone, Copy, Debug)]
pub struct Base<'p> {
    /// The file's folder, for a path that does not begin with `/`.
    pub folder: &'p Path,
    /// The person's home, for `~/`.
    pub home: Option<&'p Path>,
}

impl Written {
    /// Reads the bytes of a file that is called `file`. Touches no other.
    ///
    /// # Errors
    /// Shows every mistake with its line and its column (exit code 2).
    pub fn parse(file: &str, bytes: &[u8], base: Base) -> Result<Written> {
        if bytes.len() > MOST_BYTES {
            let what = format!("{file} cannot be used: it is over {} KiB long", MOST_BYTES / 1024);
            return Err(Error::usage(what, "move it away; `easeback config init` writes a new one"));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut mistakes = Mistakes::new(&text);
        mistakes.check_utf8(bytes);
        let document = Document::read(&text, &mut mistakes);
        let written = written(document.table(), base, &mut mistakes);
        if mistakes.is_empty() {
            return Ok(written);
        }
        let hint = "correct the file, then type `easeback config show`";
        Err(mistakes.into_error(file, "cannot be used").hint(hint))
    }
}

/// What would be right for a key that is known elsewhere: below another header, or only as a flag.
fn elsewhere(key: &str) -> Option<String> {
    let flag = key.replace('_', "-");
    if ONE_SESSION.contains(&flag.as_str()) {
        return Some(format!("it is for one session only: type --{flag}"));
    }
    let keys = [START, OUTPUT, TELL, SOUND, SPEECH, HOOKS];
    let headers = TABLES.iter().zip(keys).filter(|(_, keys)| keys.contains(&key));
    let headers: Vec<String> = headers.map(|(header, _)| format!("[{header}]")).collect();
    (!headers.is_empty()).then(|| format!("it belongs below {}", headers.join(" or ")))
}

/// What could be read; it only counts where there are no mistakes.
fn written(mut file: Table, base: Base, mistakes: &mut Mistakes) -> Written {
    file.check_keys_but(TABLES, elsewhere, mistakes);
    let mut keys = BTreeSet::new();
    let mut table = |name: &str, known: &[&'static str], mistakes: &mut Mistakes| {
        let mut table = file.sub(name, mistakes)?;
        table.check_keys_but(known, elsewhere, mistakes);
        keys.extend(known.iter().filter(|key| table.has(key)).map(|key| format!("{name}.{key}")));
        Some(table)
    };
    let mut settings = Settings::default();
    let mut shell = false;
    if let Some(table) = table("start", START, mistakes) {
        settings.start = start(&table, base, mistakes);
    }
    if let Some(table) = table("output", OUTPUT, mistakes) {
        settings.output = Output { color: inner(table.get("color", mistakes, color)).unwrap_or_default() };
    }
    if let Some(table) = table("tell", TELL, mistakes) {
        settings.tell = tell(&table, mistakes);
    }
    if let Some(table) = table("sound", SOUND, mistakes) {
        settings.sound = sound(&table, base, mistakes);
    }
    if let Some(table) = table("speech", SPEECH, mistakes) {
        settings.speech = speech(&table, mistakes);
    }
    if let Some(table) = table("hooks", HOOKS, mistakes) {
        shell = is_set(&table, "shell", false, mistakes);
        settings.hooks = hooks(&table, shell, mistakes);
    }
    Written { settings, shell, keys }
}

fn start(table: &Table, base: Base, mistakes: &mut Mistakes) -> Start {
    Start {
        protocol: inner(table.get("protocol", mistakes, |value| protocol(value, base))),
        heat: inner(table.get("heat", mistakes, read_length)),
        cold: inner(table.get("cold", mistakes, read_length)),
        rounds: inner(table.get("rounds", mistakes, read_rounds)),
        first: inner(table.get("first", mistakes, first)),
        swap: inner(table.get("swap", mistakes, swap)),
        region: inner(table.get("region", mistakes, |value| Ok(word(value, REGIONS)?.into()))),
        side: inner(table.get("side", mistakes, |value| Ok(word(value, SIDES)?.into()))),
        detach: is_set(table, "detach", false, mistakes),
        plain: is_set(table, "plain", false, mistakes),
        quiet: is_set(table, "quiet", false, mistakes),
        skip_questions: is_set(table, "skip_questions", false, mistakes),
    }
}

fn tell(table: &Table, mistakes: &mut Mistakes) -> Tell {
    Tell {
        notify: is_set(table, "notify", true, mistakes),
        sound: is_set(table, "sound", true, mistakes),
        speak: is_set(table, "speak", true, mistakes),
    }
}

fn sound(table: &Table, base: Base, mistakes: &mut Mistakes) -> Sound {
    let volume = inner(table.get("volume", mistakes, volume)).unwrap_or(Sound::default().volume);
    let player = command(table, "player", &Shape::filled("{file}", "pw-play"), mistakes);
    let mut file = |key| inner(table.get(key, mistakes, |value| path(value, base)));
    Sound { volume, heat: file("heat"), cold: file("cold"), end: file("end"), nag: file("nag"), player }
}

fn speech(table: &Table, mistakes: &mut Mistakes) -> Speech {
    Speech {
        command: command(table, "command", &Shape::filled("{text}", "espeak-ng"), mistakes),
        breathing: is_set(table, "breathing", false, mistakes),
    }
}

fn hooks(table: &Table, shell: bool, mistakes: &mut Mistakes) -> Hooks {
    let limit = inner(table.get("limit", mistakes, hook_limit)).unwrap_or(Hooks::default().limit);
    let shape = Shape::hook(shell);
    let mut hook = |key| command(table, key, &shape, mistakes);
    Hooks {
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

fn inner<T>(value: Option<Spanned<T>>) -> Option<T> {
    value.map(Spanned::into_inner)
}

fn is_set(table: &Table, key: &str, default: bool, mistakes: &mut Mistakes) -> bool {
    inner(table.get(key, mistakes, flag)).unwrap_or(default)
}

/// A name, or a path as on the command line: with a `/` in it, or ending in `.toml`.
fn protocol(value: &DeValue, base: Base) -> std::result::Result<String, Wrong> {
    let typed = text(value, MOST_TEXT)?;
    if typed.contains('/') || Path::new(&typed).extension().is_some_and(|ending| ending == "toml") {
        return Ok(based(&typed, base)?.to_string_lossy().into_owned());
    }
    check_name(&typed).map(|()| typed)
}

fn color(value: &DeValue) -> std::result::Result<ColorChoice, Wrong> {
    Ok(match word(value, &["auto", "always", "never"])? {
        "always" => ColorChoice::Always,
        "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    })
}

fn path(value: &DeValue, base: Base) -> std::result::Result<PathBuf, Wrong> {
    based(&text(value, MOST_TEXT)?, base)
}

fn based(typed: &str, base: Base) -> std::result::Result<PathBuf, Wrong> {
    match (typed.strip_prefix("~/"), base.home) {
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (None, _) if !typed.starts_with('~') => Ok(base.folder.join(typed)),
        _ => Err(Wrong::new("expected a path from / or ~/", "write the path from / on")),
    }
}

fn first(value: &DeValue) -> std::result::Result<Kind, Wrong> {
    let [heat, cold] = [Kind::Heat, Kind::Cold];
    word(value, &[heat.as_str(), cold.as_str()]).map(|word| if word == heat.as_str() { heat } else { cold })
}

fn swap(value: &DeValue) -> std::result::Result<Swap, Wrong> {
    let [auto, ask] = [Swap::Auto, Swap::Ask];
    word(value, &[auto.as_str(), ask.as_str()]).map(|word| if word == ask.as_str() { ask } else { auto })
}

fn volume(value: &DeValue) -> std::result::Result<u8, Wrong> {
    let right = "write a number from 0 (mute) to 100";
    let DeValue::Integer(number) = value else {
        return Err(Wrong::new(format!("expected a number, not {}", kind_of(value)), right));
    };
    match i64::from_str_radix(number.as_str(), number.radix()).map(u8::try_from) {
        Ok(Ok(volume @ 0..=100)) => Ok(volume),
        _ => Err(Wrong::new("expected 0 to 100", right)),
    }
}

fn hook_limit(value: &DeValue) -> std::result::Result<Duration, Wrong> {
    let wrong = |what: String| Wrong::new(what, "write \"1s\" to \"5m\"");
    let limit = read_length(value).map_err(|why| wrong(why.what))?;
    match HOOK_LIMIT.contains(&limit) {
        true => Ok(limit),
        false => Err(wrong(format!("expected 1s to 5m, not {}", say(limit)))),
    }
}

/// What a command has to look like.
struct Shape {
    /// What has to stand in one of its words.
    placeholder: Option<&'static str>,
    /// Whether it may be a line for a shell.
    shell: bool,
    /// What would be right.
    right: String,
}

impl Shape {
    fn filled(placeholder: &'static str, program: &str) -> Shape {
        let right = format!("write [\"{program}\", \"{placeholder}\"]");
        Shape { placeholder: Some(placeholder), shell: false, right }
    }

    fn hook(shell: bool) -> Shape {
        let or = if shell { "or a line in quotes" } else { "or add shell = true" };
        Shape { placeholder: None, shell, right: format!("write [\"program\", \"argument\"], {or}") }
    }
}

/// A program and its arguments.
fn command(table: &Table, key: &str, shape: &Shape, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    let line = table.get(key, mistakes, |value| form(value, shape))?.into_inner();
    if let Some(line) = line {
        return Some(vec!["sh".into(), "-c".into(), line]);
    }
    Some(table.list(key, mistakes, argument))
}

/// Checks a command as a whole; the line, if it is one for a shell. What its words are is looked at one by one.
fn form(value: &DeValue, shape: &Shape) -> std::result::Result<Option<String>, Wrong> {
    let wrong = |what: String| Err(Wrong::new(what, &shape.right));
    if shape.shell && value.is_str() {
        return text(value, MOST_TEXT).map(Some);
    }
    let Some(words) = value.as_array() else {
        return wrong(format!("expected a list of words, not {}", kind_of(value)));
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
fn argument(value: &DeValue) -> std::result::Result<String, Wrong> {
    if value.as_str() == Some("") { Ok(String::new()) } else { text(value, MOST_TEXT) }
}
