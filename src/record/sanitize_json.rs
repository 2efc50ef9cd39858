//! Text from anybody's file, on its way to a terminal.

use crate::error::is_control_or_bidi;

/// The same JSON on one line, what steers a terminal escaped. JSON itself escapes only the oldest of these
/// characters.
pub(crate) fn sanitize_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // They can only be white space between the parts: within a string they have to be escaped.
            '\t' | '\n' | '\r' => safe.push(' '),
            _ if is_control_or_bidi(c) => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => safe.push(c),
        }
    }
    safe
}
