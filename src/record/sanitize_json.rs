//! Makes JSON from foreign files safe to print on a terminal.

use crate::error::is_control_or_bidi;

/// The same JSON on one line, with control and bidi characters escaped. JSON itself only escapes ASCII controls.
pub(crate) fn sanitize_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // White space between tokens: inside a JSON string these are always escaped.
            '\t' | '\n' | '\r' => safe.push(' '),
            _ if is_control_or_bidi(c) => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => safe.push(c),
        }
    }
    safe
}
