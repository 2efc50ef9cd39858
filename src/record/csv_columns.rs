//! The columns of a session in a CSV table. Import and export share them, so that an export can be imported again.

/// How the text of a cell is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    Text,
    /// A whole number, not negative.
    Number,
    /// RFC 3339; import also takes local time.
    Timestamp,
    Bool,
    /// A nested value of the history line, as JSON.
    Json,
}

/// Column names (those of the history's JSON fields) and types, in export order.
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
