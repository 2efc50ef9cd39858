//! What a typed line means: the words of the commands, and the letters of the keys.
//!
//! Whoever types a whole line means it, so nothing of it only silences an alarm, but for an empty one.

use super::{keys::KeyAction, labels::Prompt};
use crate::{
    error::{find_closest_match, sanitize},
    session::Command,
    time::parse_duration,
};
/// The words, for whoever asks.
pub(crate) const INPUT_HELP: &str = "Words: yes and no where it asks, next, skip, pause, resume, extend (or +, five minutes), more (one more round), \
                         a number from 0 to 10 (pain), note and some words, repeat, detach, stop. \
                         Enter alone says where it stands.";
const KNOWN_WORDS: [&str; 15] = [
    "yes", "no", "next", "skip", "pause", "resume", "extend", "more", "pain", "note", "status", "repeat",
    "detach", "stop", "help",
];

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParsedInput {
    /// What this key means.
    Key(KeyAction),
    /// This is said to the session.
    Command(Command),
    /// The session is to be ended.
    Stop,
    /// Nothing but Enter: it was seen; or where does it stand?
    Enter,
    /// Where does it stand?
    Status,
    /// Which words are there?
    Help,
    /// Nothing; this is why.
    Invalid(String),
}

/// What the line means while that is asked.
pub(crate) fn parse_line(line: &str, asks: Prompt) -> ParsedInput {
    let typed = line.trim();
    let typed = typed.strip_prefix("easeback ").unwrap_or(typed).trim_start();
    let (word, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let (word, rest) = (word.to_lowercase(), rest.trim());
    match (word.as_str(), rest) {
        ("", _) if line.contains(' ') => ParsedInput::Key(KeyAction::PauseOrResume),
        ("", _) => ParsedInput::Enter,
        ("y" | "yes", "") if matches!(asks, Prompt::YesOrNo | Prompt::Continue) => {
            ParsedInput::Command(Command::Next)
        }
        ("n" | "no", "") if asks == Prompt::YesOrNo => ParsedInput::Command(Command::Skip),
        ("y" | "yes" | "no", "") => {
            ParsedInput::Invalid("that is no question of yes or no; ? lists the words".into())
        }
        ("n" | "next", "") => ParsedInput::Command(Command::Next),
        ("s" | "skip", "") => ParsedInput::Command(Command::Skip),
        ("pause", "") => ParsedInput::Command(Command::Pause),
        ("resume", "") => ParsedInput::Command(Command::Resume),
        ("+" | "extend", by) => parse_extend(by),
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
            Some(by) => parse_extend(&format!("{by} {rest}")),
            None => invalid_word(typed, &word),
        },
    }
}

fn parse_extend(by: &str) -> ParsedInput {
    match by.trim() {
        "" => ParsedInput::Command(Command::EXTEND_FIVE_MINUTES),
        by => parse_duration(by).map_or_else(
            |why| ParsedInput::Invalid(why.to_string()),
            |by| ParsedInput::Command(Command::Extend(by)),
        ),
    }
}

fn parse_more(rounds: &str) -> ParsedInput {
    match (rounds, rounds.parse()) {
        ("", _) => ParsedInput::Command(Command::AddRounds(1)),
        (_, Ok(rounds)) => ParsedInput::Command(Command::AddRounds(rounds)),
        _ => ParsedInput::Invalid("more takes a number of rounds, like 1".into()),
    }
}

/// Whether that is the highest score, in a letter or in a word.
pub(crate) fn is_ten(typed: &str) -> bool {
    let typed = typed.trim();
    typed.eq_ignore_ascii_case("t") || typed.eq_ignore_ascii_case("ten")
}

fn parse_pain(score: &str) -> ParsedInput {
    if is_ten(score) {
        return ParsedInput::Command(Command::RatePain(10));
    }
    // Too high a score is the session's to refuse.
    match score.parse() {
        Ok(score) => ParsedInput::Command(Command::RatePain(score)),
        Err(_) => ParsedInput::Invalid("pain is a number from 0 to 10".into()),
    }
}

fn invalid_word(typed: &str, word: &str) -> ParsedInput {
    let short: String = sanitize(typed).chars().take(40).collect();
    ParsedInput::Invalid(match find_closest_match(word, KNOWN_WORDS) {
        Some(meant) if meant != word => format!("'{short}' is no word here; did you mean {meant}?"),
        _ => format!("'{short}' is no word here; ? lists them"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_is_a_command_or_a_key() {
        let tell = |line: &str, command| {
            assert_eq!(parse_line(line, Prompt::None), ParsedInput::Command(command), "{line:?}");
        };
        let minutes = Duration::from_mins;
        tell("next", Command::Next);
        tell("  N ", Command::Next);
        tell("easeback next", Command::Next);
        tell("skip", Command::Skip);
        tell("Pause", Command::Pause);
        tell("resume", Command::Resume);
        tell("+", Command::Extend(minutes(5)));
        tell("+5", Command::Extend(minutes(5)));
        tell("extend 3 min", Command::Extend(minutes(3)));
        tell("+1h 5m", Command::Extend(minutes(65)));
        tell("more", Command::AddRounds(1));
        tell("m 2", Command::AddRounds(2));
        tell("7", Command::RatePain(7));
        tell("pain 0", Command::RatePain(0));
        tell("p 10", Command::RatePain(10));
        for ten in ["t", "T", "ten", "p t", "pain T", "pain ten"] {
            tell(ten, Command::RatePain(10));
        }
        tell("note It eased  a little", Command::AddNote("It eased  a little".into()));
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
    fn enter_is_no_space() {
        assert_eq!(parse_line("", Prompt::YesOrNo), ParsedInput::Enter);
        assert_eq!(parse_line(" ", Prompt::YesOrNo), ParsedInput::Key(KeyAction::PauseOrResume));
    }

    #[test]
    fn yes_and_no_answer_only_where_it_is_asked() {
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
    fn what_means_nothing_says_what_to_type() {
        let unclear = |line| match parse_line(line, Prompt::None) {
            ParsedInput::Invalid(why) => why,
            meaning => panic!("{line} is {meaning:?}"),
        };
        assert_eq!(unclear("pasue"), "'pasue' is no word here; did you mean pause?");
        assert_eq!(unclear("rm -rf \u{1b}[2J"), "'rm -rf \u{fffd}[2J' is no word here; ? lists them");
        assert_eq!(unclear("stop it"), "'stop it' is no word here; ? lists them");
        for pain in ["-1", "pain lots", "99999999999"] {
            assert_eq!(unclear(pain), "pain is a number from 0 to 10");
        }
        assert!(unclear("extend soon").contains("soon"));
        assert!(unclear("more pain").contains("rounds"));
        assert!(unclear("note").contains("a few words"));
    }
}
