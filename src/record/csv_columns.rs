//! A session as a row of a table.

/// How a column's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// Words.
    Text,
    /// A whole number.
    Number,
    /// A moment, in RFC 3339.
    Timestamp,
    /// `true` or `false`.
    Bool,
    /// A part of the log's line, as JSON.
    Json,
}

/// The columns of a table of sessions, by the names of the log's fields.
pub(crate) const CSV_COLUMNS: &[(&str, ColumnType)] = &[
    ("id", ColumnType::Text),
    ("started", ColumnType::Timestamp),
    ("ended", ColumnType::Timestamp),
    ("tz", ColumnType::Text),
    ("outcome", ColumnType::Text),
    ("protocol", ColumnType::Text),
    ("pain_before", ColumnType::Number),
    ("pain_after", ColumnType::Number),
    ("region", ColumnType::Text),
    ("side", ColumnType::Text),
    ("trigger", ColumnType::Text),
    ("onset", ColumnType::Timestamp),
    ("note", ColumnType::Text),
    ("why", ColumnType::Text),
    ("cover", ColumnType::Text),
    ("posture", ColumnType::Text),
    ("skin", ColumnType::Text),
    ("answers", ColumnType::Json),
    ("origin", ColumnType::Text),
    ("swap", ColumnType::Text),
    ("planned_s", ColumnType::Number),
    ("active_s", ColumnType::Number),
    ("paused_s", ColumnType::Number),
    ("overdue_s", ColumnType::Number),
    ("asking_s", ColumnType::Number),
    ("unknown_s", ColumnType::Number),
    ("slept_s", ColumnType::Number),
    ("extended_s", ColumnType::Number),
    ("allow_long", ColumnType::Bool),
    ("as_needed", ColumnType::Bool),
    ("at", ColumnType::Timestamp),
    ("ratings", ColumnType::Json),
    ("phases", ColumnType::Json),
];
