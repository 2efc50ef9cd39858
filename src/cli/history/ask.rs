//! The questions of `easeback history edit` without flags. Each may be skipped.

use crate::{
    cli::{ask, flags, say},
    error::{Error, Result, join_or},
    record::{REGIONS, SIDES, SessionRecord, TRIGGERS},
    report::harmless,
    time::Wall,
};
use jiff::Zoned;
use serde_json::{Map, Value, json};

/// A question: the field's name in the log, what is asked, and what may be answered.
struct Question {
    field: &'static str,
    asks: &'static str,
    words: &'static [&'static str],
    form: Form,
}

enum Form {
    Moment,
    OneOf,
    Text,
}

const QUESTIONS: [Question; 7] = [
    Question {
        field: "onset",
        asks: "When did the back go out?",
        words: &["yesterday 18:00", "3h (ago)"],
        form: Form::Moment,
    },
    Question { field: "region", asks: "Where?", words: REGIONS, form: Form::OneOf },
    Question { field: "side", asks: "Which side?", words: SIDES, form: Form::OneOf },
    Question { field: "trigger", asks: "What set it off?", words: TRIGGERS, form: Form::OneOf },
    Question {
        field: "cover",
        asks: "What lay between skin and pack?",
        words: &["towel", "shirt", "none", "…"],
        form: Form::Text,
    },
    Question {
        field: "posture",
        asks: "How did you lie?",
        words: &["back", "side", "belly", "sitting", "…"],
        form: Form::Text,
    },
    Question {
        field: "skin",
        asks: "The skin afterwards?",
        words: &["normal", "red", "blistered", "numb", "…"],
        form: Form::Text,
    },
];

/// Asks for everything that a session's record is often missing. What was answered before the end of input counts.
pub fn corrections(session: &SessionRecord, now: &Zoned) -> Map<String, Value> {
    say("Enter leaves it as it is, - makes it unknown, Ctrl-D ends the questions.");
    let reads = serde_json::to_value(session).unwrap_or_default();
    let mut set = Map::new();
    'questions: for question in &QUESTIONS {
        let was = match (&question.form, &reads[question.field]) {
            (_, Value::Null) => "not known".to_owned(),
            (Form::Moment, _) => session.onset.as_ref().map(Wall::day_and_time).unwrap_or_default(),
            (_, value) => harmless(value.as_str().unwrap_or_default()),
        };
        let asked = format!("{} {} [{was}]", question.asks, question.words.join(", "));
        loop {
            let Some(typed) = ask(&asked) else { break 'questions };
            match question.answer(&typed, session, now) {
                Ok(None) => break,
                Ok(Some(value)) => {
                    set.insert(question.field.into(), value);
                    break;
                }
                Err(wrong) => {
                    say(&wrong.what);
                }
            }
        }
    }
    set
}

impl Question {
    /// What was answered; nothing if the question was skipped.
    fn answer(&self, typed: &str, session: &SessionRecord, now: &Zoned) -> Result<Option<Value>> {
        let typed = typed.trim();
        Ok(match (typed, &self.form) {
            ("", _) => None,
            ("-", _) => Some(Value::Null),
            (typed, Form::Moment) => {
                let onset = flags::onset(typed, now)?;
                flags::check_onset(Some(onset), session.ended.unwrap_or(session.started))?;
                Some(json!(onset))
            }
            (typed, Form::OneOf) if self.words.contains(&typed) => Some(json!(typed)),
            (typed, Form::OneOf) => return Err(Error::invalid(self.field, typed, &join_or(self.words))),
            (typed, Form::Text) => Some(json!(flags::text(typed)?)),
        })
    }
}
