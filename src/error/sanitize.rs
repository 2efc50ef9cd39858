//! Makes text from foreign files safe to print on a terminal.
//!
//! Control characters could run terminal commands, and bidirectional formatting could reorder the text.

/// Control characters, line separators and bidirectional formatting characters.
pub fn is_control_or_bidi(c: char) -> bool {
    let is_separator_or_bidi =
        matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_separator_or_bidi
}

/// The text on one line, with U+FFFD for each such character.
pub(crate) fn sanitize(text: &str) -> String {
    text.chars().map(|c| if is_control_or_bidi(c) { '\u{fffd}' } else { c }).collect()
}
