//! The questions of `easeback history edit` without flags. Each can be skipped; nothing is written here.

use crate::{
    cli::{flags, print_stderr, prompt_line},
    error::{Error, Result, join_or},
    record::{REGIONS, SIDES, SessionRecord, TRIGGERS},
    report::sanitize,
    time::WallTime,
};
use jiff::ZonedDateTime;
use serde_json::{Map, Value, json};

struct EditQuestion {
    /// The field's name in the history.
    field: &'static str,
    prompt: &'static str,
    /// All answers for [`AnswerKind::OneOf`], else examples.
    accepted_values: &'static [&'static str],
    answer_kind: AnswerKind,
}

enum AnswerKind {
    DateTime,
    OneOf,
    Text,
}

const QUESTIONS: [EditQuestion; 7] = [
    EditQuestion {
        field: "onset",
        prompt: "When did your back go out?",
        accepted_values: &["yesterday 18:00", "3h (3 hours ago)"],
        answer_kind: AnswerKind::DateTime,
    },
    EditQuestion {
        field: "region",
        prompt: "Where?",
        accepted_values: REGIONS,
        answer_kind: AnswerKind::OneOf,
    },
    EditQuestion {
        field: "side",
        prompt: "Which side?",
        accepted_values: SIDES,
        answer_kind: AnswerKind::OneOf,
    },
    EditQuestion {
        field: "trigger",
        prompt: "What set it off?",
        accepted_values: TRIGGERS,
        answer_kind: AnswerKind::OneOf,
    },
    EditQuestion {
        field: "cover",
        prompt: "What lay between skin and pack?",
        accepted_values: &["towel", "shirt", "none", "…"],
        answer_kind: AnswerKind::Text,
    },
    EditQuestion {
        field: "posture",
        prompt: "How did you lie?",
        accepted_values: &["back", "side", "belly", "sitting", "…"],
        answer_kind: AnswerKind::Text,
    },
    EditQuestion {
        field: "skin",
        prompt: "The skin afterward?",
        accepted_values: &["normal", "red", "blistered", "numb", "…"],
        answer_kind: AnswerKind::Text,
    },
];

/// Asks for the fields that records often lack. Answers given before the end of input count.
pub(crate) fn prompt_corrections(session: &SessionRecord, now: &ZonedDateTime) -> Map<String, Value> {
    print_stderr("Enter leaves it as it is, - makes it unknown, Ctrl-D ends the questions.");
    let record = serde_json::to_value(session).unwrap_or_default();
    let mut changes = Map::new();
    'questions: for question in &QUESTIONS {
        let current = match (&question.answer_kind, &record[question.field]) {
            (_, Value::Null) => "not known".to_owned(),
            (AnswerKind::DateTime, _) => {
                session.onset.as_ref().map(WallTime::format_date_time).unwrap_or_default()
            }
            (_, value) => sanitize(value.as_str().unwrap_or_default()),
        };
        let prompt = format!("{} {} [{current}]", question.prompt, question.accepted_values.join(", "));
        loop {
            let Some(typed) = prompt_line(&prompt) else { break 'questions };
            match question.parse_answer(&typed, session, now) {
                Ok(None) => break,
                Ok(Some(value)) => {
                    changes.insert(question.field.into(), value);
                    break;
                }
                Err(error) => print_stderr(&error.message),
            }
        }
    }
    changes
}

impl EditQuestion {
    /// The answer's JSON value, null to make the field unknown; `None` if the question was skipped.
    fn parse_answer(
        &self,
        typed: &str,
        session: &SessionRecord,
        now: &ZonedDateTime,
    ) -> Result<Option<Value>> {
        let typed = typed.trim();
        Ok(match (typed, &self.answer_kind) {
            ("", _) => None,
            ("-", _) => Some(Value::Null),
            (typed, AnswerKind::DateTime) => {
                let onset = flags::parse_onset(typed, now)?;
                flags::check_onset(Some(onset), session.ended.unwrap_or(session.started))?;
                Some(json!(onset))
            }
            (typed, AnswerKind::OneOf) if self.accepted_values.contains(&typed) => Some(json!(typed)),
            (typed, AnswerKind::OneOf) => {
                return Err(Error::invalid(self.field, typed, &join_or(self.accepted_values)));
            }
            (typed, AnswerKind::Text) => Some(json!(flags::parse_text(typed)?)),
        })
    }
}
