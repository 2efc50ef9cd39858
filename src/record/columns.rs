//! A session as a row of a table.

/// How a column's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Words.
    Text,
    /// A whole number.
    Number,
    /// A moment, in RFC 3339.
    Moment,
    /// `true` or `false`.
    Flag,
    /// A part of the log's line, as JSON.
    Json,
}

/// The columns of a table of sessions, by the names of the log's fields.
pub const COLUMNS: &[(&str, Form)] = &[
    ("id", Form::Text),
    ("started", Form::Moment),
    ("ended", Form::Moment),
    ("tz", Form::Text),
    ("outcome", Form::Text),
    ("protocol", Form::Text),
    ("pain_before", Form::Number),
    ("pain_after", Form::Number),
    ("region", Form::Text),
    ("side", Form::Text),
    ("trigger", Form::Text),
    ("onset", Form::Moment),
    ("note", Form::Text),
    ("why", Form::Text),
    ("cover", Form::Text),
    ("posture", Form::Text),
    ("skin", Form::Text),
    ("answers", Form::Json),
    ("origin", Form::Text),
    ("swap", Form::Text),
    ("planned_s", Form::Number),
    ("active_s", Form::Number),
    ("paused_s", Form::Number),
    ("overdue_s", Form::Number),
    ("asking_s", Form::Number),
    ("unknown_s", Form::Number),
    ("slept_s", Form::Number),
    ("extended_s", Form::Number),
    ("allow_long", Form::Flag),
    ("as_needed", Form::Flag),
    ("at", Form::Moment),
    ("ratings", Form::Json),
    ("phases", Form::Json),
];
