//! Asks the questions before a session, in the way that this terminal allows.

use super::super::{AppContext, flags::Interaction, is_interactive, print_stderr};
use crate::{
    error::{Error, Result},
    view::{PromptResult, Signals, prompt_for_key, prompt_for_line},
};
use std::process::ExitCode;

/// Why no session starts.
pub(crate) enum Stop {
    /// The person left; the program ends with this exit code.
    Left(ExitCode),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

/// An answer, or that no session starts.
pub(crate) type Answer<T> = std::result::Result<T, Stop>;

/// How questions are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PromptMode {
    Disabled,
    SingleKey,
    /// For terminals that cannot read single keys, and for screen readers.
    TypedLine,
}

/// One question, for a single key and for a typed line.
#[derive(Default)]
pub(crate) struct Question<'q> {
    pub(crate) text: &'q str,
    /// The last line, for single keys.
    pub(crate) keys: &'q [&'q str],
    /// The last line, for a typed line.
    pub(crate) line: &'q str,
    /// What is printed after a line that is no answer.
    pub(crate) expected: &'q str,
}

pub(crate) struct Prompter<'s> {
    mode: PromptMode,
    signals: &'s Signals,
}

impl<'s> Prompter<'s> {
    pub(crate) fn new(context: &AppContext, interaction: Interaction, signals: &'s Signals) -> Prompter<'s> {
        let mode = match interaction {
            Interaction { skip_questions: true, .. } => PromptMode::Disabled,
            _ if !is_interactive() => PromptMode::Disabled,
            Interaction { plain: true, .. } => PromptMode::TypedLine,
            _ if context.environment.is_dumb_terminal => PromptMode::TypedLine,
            _ => PromptMode::SingleKey,
        };
        Prompter { mode, signals }
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.mode == PromptMode::Disabled
    }

    /// Asks until `parse` accepts a key or a line; `None` if nobody can be asked. Enter alone is an empty text.
    pub(crate) fn prompt<T>(
        &self,
        question: &Question,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<PromptResult<T>>> {
        let Question { text, keys, line, expected } = question;
        let parse_key = |key: Option<char>| match key {
            Some('\n') => parse(""),
            // A key without a letter is one that no text begins with.
            key => parse(key.unwrap_or_default().encode_utf8(&mut [0; 4])),
        };
        match self.mode {
            PromptMode::Disabled => Ok(None),
            PromptMode::SingleKey => prompt_for_key(self.signals, text, keys, parse_key).map(Some),
            PromptMode::TypedLine => prompt_for_line(self.signals, text, line, expected, &parse).map(Some),
        }
    }

    /// As [`Prompter::prompt`], but no session starts at the end of input or after a signal.
    pub(crate) fn ask<T>(&self, question: &Question, parse: impl Fn(&str) -> Option<T>) -> Answer<Option<T>> {
        match self.prompt(question, parse)? {
            None => Ok(None),
            Some(PromptResult::Answered(answer)) => Ok(Some(answer)),
            Some(PromptResult::EndOfInput) => {
                print_stderr("no answer, no session; `easeback start --skip-questions` does not ask");
                Err(Stop::Left(ExitCode::FAILURE))
            }
            Some(PromptResult::Signal(signal)) => Err(Stop::Left(exit_code(signal))),
        }
    }
}

/// The exit code of a program that a signal ends: 128 plus its number.
pub(crate) fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(128 + u8::try_from(signal).unwrap_or_default())
}
