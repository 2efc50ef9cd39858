//! Parses a typed line: a command's word, or the letter of a key.
//!
//! A whole line is typed on purpose, so only an empty one counts as silencing an alarm.

use super::{keys::KeyAction, labels::Prompt};
use crate::{
    error::{find_closest_match, sanitize},
    session::Command,
    time::parse_duration,
};

pub(crate) const INPUT_HELP: &str = "Words: yes and no where it asks, next, skip, pause, resume, extend (or +, five minutes), more (one more round), \
                         a number from 0 to 10 (pain), note and some words, repeat, detach, stop. \
                         Enter alone shows the session.";
const KNOWN_WORDS: [&str; 15] = [
    "yes", "no", "next", "skip", "pause", "resume", "extend", "more", "pain", "note", "status", "repeat",
    "detach", "stop", "help",
];

/// The meaning of a typed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParsedInput {
    /// The same as this key.
    Key(KeyAction),
    /// A command for the session.
    Command(Command),
    /// End the session.
    Stop,
    /// Enter alone: silences an alarm, else asks for the status.
    Enter,
    Status,
    /// List the words.
    Help,
    /// Not understood, with the message that says why.
    Invalid(String),
}

/// Parses a line typed while this prompt is open.
pub(crate) fn parse_line(line: &str, prompt: Prompt) -> ParsedInput {
    let typed = line.trim();
    let typed = typed.strip_prefix("easeback ").unwrap_or(typed).trim_start();
    let (word, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let (word, rest) = (word.to_lowercase(), rest.trim());
    match (word.as_str(), rest) {
        ("", _) if line.contains(' ') => ParsedInput::Key(KeyAction::PauseOrResume),
        ("", _) => ParsedInput::Enter,
        ("y" | "yes", "") if matches!(prompt, Prompt::YesOrNo | Prompt::Continue) => {
            ParsedInput::Command(Command::Next)
        }
        ("n" | "no", "") if prompt == Prompt::YesOrNo => ParsedInput::Command(Command::Skip),
        ("y" | "yes" | "no", "") => {
            ParsedInput::Invalid("nothing to answer with yes or no now; ? lists the words".into())
        }
        ("n" | "next", "") => ParsedInput::Command(Command::Next),
        ("s" | "skip", "") => ParsedInput::Command(Command::Skip),
        ("pause", "") => ParsedInput::Command(Command::Pause),
        ("resume", "") => ParsedInput::Command(Command::Resume),
        ("+" | "extend", duration) => parse_extend(duration),
        ("m" | "more", rounds) => parse_more(rounds),
        ("p" | "pain", "") => ParsedInput::Key(KeyAction::StartPainScore),
        ("p" | "pain", score) => parse_pain(score),
        (ten, "") if is_ten(ten) => parse_pain(ten),
        (score, "") if score.parse::<i64>().is_ok() && !score.starts_with('+') => parse_pain(score),
        ("note", "") => ParsedInput::Invalid("note what? `note`, then a few words".into()),
        ("note", text) => ParsedInput::Command(Command::AddNote(text.into())),
        ("status", "") => ParsedInput::Status,
        ("r" | "repeat", "") => ParsedInput::Key(KeyAction::RepeatLastAlert),
        ("d" | "detach", "") => ParsedInput::Key(KeyAction::Detach),
        ("q", "") => ParsedInput::Key(KeyAction::Stop),
        ("stop", "") => ParsedInput::Stop,
        ("?" | "help", "") => ParsedInput::Help,
        _ => match word.strip_prefix('+') {
            Some(duration) => parse_extend(&format!("{duration} {rest}")),
            None => invalid_word(typed, &word),
        },
    }
}

fn parse_extend(duration: &str) -> ParsedInput {
    let duration = duration.trim();
    if duration.is_empty() {
        return ParsedInput::Command(Command::EXTEND_FIVE_MINUTES);
    }
    match parse_duration(duration) {
        Ok(duration) => ParsedInput::Command(Command::Extend(duration)),
        Err(error) => ParsedInput::Invalid(error.to_string()),
    }
}

fn parse_more(rounds: &str) -> ParsedInput {
    match (rounds, rounds.parse()) {
        ("", _) => ParsedInput::Command(Command::AddRounds(1)),
        (_, Ok(rounds)) => ParsedInput::Command(Command::AddRounds(rounds)),
        _ => ParsedInput::Invalid("more takes a number of rounds, like 1".into()),
    }
}

/// Whether this is the pain score ten as a letter or a word.
pub(crate) fn is_ten(typed: &str) -> bool {
    let typed = typed.trim();
    typed.eq_ignore_ascii_case("t") || typed.eq_ignore_ascii_case("ten")
}

fn parse_pain(score: &str) -> ParsedInput {
    if is_ten(score) {
        return ParsedInput::Command(Command::RatePain(10));
    }
    // The session refuses a score that is too high.
    match score.parse() {
        Ok(score) => ParsedInput::Command(Command::RatePain(score)),
        Err(_) => ParsedInput::Invalid("pain is a number from 0 to 10".into()),
    }
}

fn invalid_word(typed: &str, word: &str) -> ParsedInput {
    let short: String = sanitize(typed).chars().take(40).collect();
    ParsedInput::Invalid(match find_closest_match(word, KNOWN_WORDS) {
        Some(known) if known != word => format!("unknown word '{short}': did you mean {known}?"),
        _ => format!("unknown word '{short}'; ? lists the words"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_is_parsed_as_a_command_or_a_key() {
        let assert_command = |line: &str, command| {
            assert_eq!(parse_line(line, Prompt::None), ParsedInput::Command(command), "{line:?}");
        };
        let minutes = Duration::from_mins;
        assert_command("next", Command::Next);
        assert_command("  N ", Command::Next);
        assert_command("easeback next", Command::Next);
        assert_command("skip", Command::Skip);
        assert_command("Pause", Command::Pause);
        assert_command("resume", Command::Resume);
        assert_command("+", Command::Extend(minutes(5)));
        assert_command("+5", Command::Extend(minutes(5)));
        assert_command("extend 3 min", Command::Extend(minutes(3)));
        assert_command("+1h 5m", Command::Extend(minutes(65)));
        assert_command("more", Command::AddRounds(1));
        assert_command("m 2", Command::AddRounds(2));
        assert_command("7", Command::RatePain(7));
        assert_command("pain 0", Command::RatePain(0));
        assert_command("p 10", Command::RatePain(10));
        for ten in ["t", "T", "ten", "p t", "pain T", "pain ten"] {
            assert_command(ten, Command::RatePain(10));
        }
        assert_command("note It eased  a little", Command::AddNote("It eased  a little".into()));
        for (line, key) in [
            ("p", KeyAction::StartPainScore),
            ("r", KeyAction::RepeatLastAlert),
            ("detach", KeyAction::Detach),
            ("q", KeyAction::Stop),
        ] {
            assert_eq!(parse_line(line, Prompt::None), ParsedInput::Key(key));
        }
        assert_eq!(parse_line("stop", Prompt::None), ParsedInput::Stop);
        assert_eq!(parse_line("?", Prompt::YesOrNo), ParsedInput::Help);
    }

    #[test]
    fn enter_and_space_differ() {
        assert_eq!(parse_line("", Prompt::YesOrNo), ParsedInput::Enter);
        assert_eq!(parse_line(" ", Prompt::YesOrNo), ParsedInput::Key(KeyAction::PauseOrResume));
    }

    #[test]
    fn yes_and_no_answer_only_an_open_question() {
        let answers = ["y", "Yes", "n", "no", "next", "skip"].map(|line| parse_line(line, Prompt::YesOrNo));
        let [yes, no] = [Command::Next, Command::Skip].map(ParsedInput::Command);
        assert_eq!(answers, [yes.clone(), yes.clone(), no.clone(), no.clone(), yes.clone(), no]);
        assert_eq!(parse_line("yes", Prompt::Continue), yes);
        assert!(
            matches!(parse_line("no", Prompt::Continue), ParsedInput::Invalid(_)),
            "a no must not cut a phase short"
        );
        for line in ["y", "no"] {
            assert!(matches!(parse_line(line, Prompt::None), ParsedInput::Invalid(_)), "{line}");
        }
    }

    #[test]
    fn an_invalid_line_says_what_to_type() {
        let error_message = |line| match parse_line(line, Prompt::None) {
            ParsedInput::Invalid(message) => message,
            parsed => panic!("{line} is {parsed:?}"),
        };
        assert_eq!(error_message("pasue"), "unknown word 'pasue': did you mean pause?");
        assert_eq!(error_message("rm -rf \u{1b}[2J"), "unknown word 'rm -rf \u{fffd}[2J'; ? lists the words");
        assert_eq!(error_message("stop it"), "unknown word 'stop it'; ? lists the words");
        for pain in ["-1", "pain lots", "99999999999"] {
            assert_eq!(error_message(pain), "pain is a number from 0 to 10");
        }
        assert!(error_message("extend soon").contains("soon"));
        assert!(error_message("more pain").contains("rounds"));
        assert!(error_message("note").contains("a few words"));
    }
}
