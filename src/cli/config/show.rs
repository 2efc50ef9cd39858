//! `easeback config show`: what holds, as a file that would say the same.

use crate::{
    alert::{Hooks, Sound, Speech},
    config::{Output, Settings, Start, Tell, Written},
    error::harmless,
    protocol::{DEFAULT, Rounds},
    report::{Look, styled, wrap},
    time::say,
};
use anstream::ColorChoice;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use unicode_width::UnicodeWidthStr;

/// What a value is where none is set.
const OWN: &str = "the protocol's own";
const NONE: &str = "none";
const FOUND: &str = "the first one found";

/// A value as TOML, or what holds where there is none.
type Value = Result<String, &'static str>;

/// Every key with its value, and where that comes from.
pub fn text(file: &Path, written: &Written, look: &Look) -> String {
    let is_there = file.symlink_metadata().is_ok();
    let note = if is_there { "" } else { " is not there: `easeback config init` writes it" };
    let mut text = comment(&harmless(&format!("{}{note}", file.display())), look);
    for (table, values) in tables(written) {
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

fn comment(text: &str, look: &Look) -> String {
    let mark = "# ";
    styled(&wrap(text, look.width, mark, mark), look.palette.dimmed) + "\n"
}

/// A key, its value and where that comes from. Where a line has no room for all of it, the last stands above, and each
/// item of a list has a line of its own.
fn setting(key: &str, value: &str, origin: &str, look: &Look) -> String {
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
            let words: String = words.iter().map(|word| format!("    {},\n", quoted(word))).collect();
            format!("{note}\n{key} = [\n{words}]\n")
        }
        _ => format!("{note}\n{line}\n"),
    }
}

fn tables(written: &Written) -> [(&'static str, Vec<(&'static str, Value)>); 6] {
    let Settings { start, output, tell, sound, speech, hooks } = &written.settings;
    [
        ("start", of_start(start)),
        ("output", of_output(output)),
        ("tell", of_tell(tell)),
        ("sound", of_sound(sound)),
        ("speech", of_speech(speech)),
        ("hooks", of_hooks(hooks, written.shell)),
    ]
}

fn of_start(start: &Start) -> Vec<(&'static str, Value)> {
    let rounds = start.rounds.map(|rounds| match rounds {
        Rounds::Number(number) => number.to_string(),
        Rounds::AsNeeded => quoted(Rounds::AS_NEEDED),
    });
    vec![
        ("protocol", Ok(quoted(start.protocol.as_deref().unwrap_or(DEFAULT)))),
        ("heat", start.heat.map(length).ok_or(OWN)),
        ("cold", start.cold.map(length).ok_or(OWN)),
        ("rounds", rounds.ok_or(OWN)),
        ("first", start.first.map(|kind| quoted(kind.as_str())).ok_or(OWN)),
        ("swap", Ok(quoted(start.swap.unwrap_or_default().as_str()))),
        ("region", start.region.as_deref().map(quoted).ok_or(NONE)),
        ("side", start.side.as_deref().map(quoted).ok_or(NONE)),
        ("detach", Ok(start.detach.to_string())),
        ("plain", Ok(start.plain.to_string())),
        ("quiet", Ok(start.quiet.to_string())),
        ("skip_questions", Ok(start.skip_questions.to_string())),
    ]
}

fn of_output(output: &Output) -> Vec<(&'static str, Value)> {
    let color = match output.color {
        ColorChoice::Never => "never",
        ColorChoice::Always | ColorChoice::AlwaysAnsi => "always",
        ColorChoice::Auto => "auto",
    };
    vec![("color", Ok(quoted(color)))]
}

fn of_tell(tell: &Tell) -> Vec<(&'static str, Value)> {
    vec![
        ("notify", Ok(tell.notify.to_string())),
        ("sound", Ok(tell.sound.to_string())),
        ("speak", Ok(tell.speak.to_string())),
    ]
}

fn of_sound(sound: &Sound) -> Vec<(&'static str, Value)> {
    let file = |path: &Option<PathBuf>| {
        path.as_ref().map(|path| quoted(&path.to_string_lossy())).ok_or("the program's own")
    };
    vec![
        ("volume", Ok(sound.volume.to_string())),
        ("heat", file(&sound.heat)),
        ("cold", file(&sound.cold)),
        ("end", file(&sound.end)),
        ("nag", file(&sound.nag)),
        ("player", command(sound.player.as_ref(), FOUND)),
    ]
}

fn of_speech(speech: &Speech) -> Vec<(&'static str, Value)> {
    vec![
        ("command", command(speech.command.as_ref(), FOUND)),
        ("breathing", Ok(speech.breathing.to_string())),
    ]
}

fn of_hooks(hooks: &Hooks, shell: bool) -> Vec<(&'static str, Value)> {
    let Hooks { start, warn, swap, overdue, pause, resume, end, limit } = hooks;
    let each = [
        ("start", start),
        ("warn", warn),
        ("swap", swap),
        ("overdue", overdue),
        ("pause", pause),
        ("resume", resume),
        ("end", end),
    ];
    let each = each.map(|(key, hook)| (key, command(hook.as_ref(), NONE)));
    each.into_iter().chain([("limit", Ok(length(*limit))), ("shell", Ok(shell.to_string()))]).collect()
}

fn command(words: Option<&Vec<String>>, otherwise: &'static str) -> Value {
    let list = |words: &Vec<String>| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
    words.map(|words| format!("[{}]", list(words))).ok_or(otherwise)
}

/// What is said is also what can be typed.
fn length(length: Duration) -> String {
    quoted(&say(length))
}

/// A text as TOML has it. JSON's way of writing one is TOML's too: what the two differ in is not in a text that
/// was read, nor in a path that was made harmless.
fn quoted(text: &str) -> String {
    serde_json::Value::from(harmless(text)).to_string()
}
