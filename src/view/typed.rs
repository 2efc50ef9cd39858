//! What a typed line means: the words of the commands, and the letters of the keys.
//!
//! Whoever types a whole line means it, so nothing of it only silences an alarm, but for an empty one.

use super::{keys::Key, words::Asks};
use crate::{
    error::{harmless, nearest},
    session::Command,
    time::parse_length,
};
/// The words, for whoever asks.
pub const WORDS: &str = "Words: yes and no where it asks, next, skip, pause, resume, extend (or +, five minutes), more (one more round), \
                         a number from 0 to 10 (pain), note and some words, repeat, detach, stop. \
                         Enter alone says where it stands.";
const ALL: [&str; 15] = [
    "yes", "no", "next", "skip", "pause", "resume", "extend", "more", "pain", "note", "status", "repeat",
    "detach", "stop", "help",
];

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// What this key means.
    Key(Key),
    /// This is said to the session.
    Tell(Command),
    /// The session is to be ended.
    Stop,
    /// Nothing but Enter: it was seen; or where does it stand?
    Enter,
    /// Where does it stand?
    Where,
    /// Which words are there?
    Help,
    /// Nothing; this is why.
    Unclear(String),
}

/// What the line means while that is asked.
pub fn meaning(line: &str, asks: Asks) -> Meaning {
    let typed = line.trim();
    let typed = typed.strip_prefix("easeback ").unwrap_or(typed).trim_start();
    let (word, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let (word, rest) = (word.to_lowercase(), rest.trim());
    match (word.as_str(), rest) {
        ("", _) if line.contains(' ') => Meaning::Key(Key::Pause),
        ("", _) => Meaning::Enter,
        ("y" | "yes", "") if matches!(asks, Asks::YesOrNo | Asks::GoOn) => Meaning::Tell(Command::Next),
        ("n" | "no", "") if asks == Asks::YesOrNo => Meaning::Tell(Command::Skip),
        ("y" | "yes" | "no", "") => {
            Meaning::Unclear("that is no question of yes or no; ? lists the words".into())
        }
        ("n" | "next", "") => Meaning::Tell(Command::Next),
        ("s" | "skip", "") => Meaning::Tell(Command::Skip),
        ("pause", "") => Meaning::Tell(Command::Pause),
        ("resume", "") => Meaning::Tell(Command::Resume),
        ("+" | "extend", by) => extend(by),
        ("m" | "more", rounds) => more(rounds),
        ("p" | "pain", "") => Meaning::Key(Key::AskPain),
        ("p" | "pain", score) => pain(score),
        (ten, "") if is_ten(ten) => pain(ten),
        (score, "") if score.parse::<i64>().is_ok() && !score.starts_with('+') => pain(score),
        ("note", "") => Meaning::Unclear("note what? `note`, then a few words".into()),
        ("note", text) => Meaning::Tell(Command::Note(text.into())),
        ("status", "") => Meaning::Where,
        ("r" | "repeat", "") => Meaning::Key(Key::Repeat),
        ("d" | "detach", "") => Meaning::Key(Key::Detach),
        ("q", "") => Meaning::Key(Key::Stop),
        ("stop", "") => Meaning::Stop,
        ("?" | "help", "") => Meaning::Help,
        _ => match word.strip_prefix('+') {
            Some(by) => extend(&format!("{by} {rest}")),
            None => unknown(typed, &word),
        },
    }
}

fn extend(by: &str) -> Meaning {
    match by.trim() {
        "" => Meaning::Tell(Command::FIVE_MORE),
        by => parse_length(by)
            .map_or_else(|why| Meaning::Unclear(why.to_string()), |by| Meaning::Tell(Command::Extend(by))),
    }
}

fn more(rounds: &str) -> Meaning {
    match (rounds, rounds.parse()) {
        ("", _) => Meaning::Tell(Command::More(1)),
        (_, Ok(rounds)) => Meaning::Tell(Command::More(rounds)),
        _ => Meaning::Unclear("more takes a number of rounds, like 1".into()),
    }
}

/// Whether that is the highest score, in a letter or in a word.
pub fn is_ten(typed: &str) -> bool {
    let typed = typed.trim();
    typed.eq_ignore_ascii_case("t") || typed.eq_ignore_ascii_case("ten")
}

fn pain(score: &str) -> Meaning {
    if is_ten(score) {
        return Meaning::Tell(Command::Pain(10));
    }
    // Too high a score is the session's to refuse.
    match score.parse() {
        Ok(score) => Meaning::Tell(Command::Pain(score)),
        Err(_) => Meaning::Unclear("pain is a number from 0 to 10".into()),
    }
}

fn unknown(typed: &str, word: &str) -> Meaning {
    let short: String = harmless(typed).chars().take(40).collect();
    Meaning::Unclear(match nearest(word, ALL) {
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
            assert_eq!(meaning(line, Asks::Nothing), Meaning::Tell(command), "{line:?}");
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
        tell("more", Command::More(1));
        tell("m 2", Command::More(2));
        tell("7", Command::Pain(7));
        tell("pain 0", Command::Pain(0));
        tell("p 10", Command::Pain(10));
        for ten in ["t", "T", "ten", "p t", "pain T", "pain ten"] {
            tell(ten, Command::Pain(10));
        }
        tell("note It eased  a little", Command::Note("It eased  a little".into()));
        for (line, key) in
            [("p", Key::AskPain), ("r", Key::Repeat), ("detach", Key::Detach), ("q", Key::Stop)]
        {
            assert_eq!(meaning(line, Asks::Nothing), Meaning::Key(key));
        }
        assert_eq!(meaning("stop", Asks::Nothing), Meaning::Stop);
        assert_eq!(meaning("?", Asks::YesOrNo), Meaning::Help);
    }

    #[test]
    fn enter_is_no_space() {
        assert_eq!(meaning("", Asks::YesOrNo), Meaning::Enter);
        assert_eq!(meaning(" ", Asks::YesOrNo), Meaning::Key(Key::Pause));
    }

    #[test]
    fn yes_and_no_answer_only_where_it_is_asked() {
        let answers = ["y", "Yes", "n", "no", "next", "skip"].map(|line| meaning(line, Asks::YesOrNo));
        let [yes, no] = [Command::Next, Command::Skip].map(Meaning::Tell);
        assert_eq!(answers, [yes.clone(), yes.clone(), no.clone(), no.clone(), yes.clone(), no]);
        assert_eq!(meaning("yes", Asks::GoOn), yes);
        assert!(matches!(meaning("no", Asks::GoOn), Meaning::Unclear(_)), "a no must not cut a phase short");
        for line in ["y", "no"] {
            assert!(matches!(meaning(line, Asks::Nothing), Meaning::Unclear(_)), "{line}");
        }
    }

    #[test]
    fn what_means_nothing_says_what_to_type() {
        let unclear = |line| match meaning(line, Asks::Nothing) {
            Meaning::Unclear(why) => why,
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
