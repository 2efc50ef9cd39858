//! Text from anybody's file, on its way to a terminal.

/// Control characters, line separators, and the marks that change the direction of what follows.
pub fn is_control_or_bidi(c: char) -> bool {
    let separates_or_turns =
        matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || separates_or_turns
}

/// The text on one line, without anything that steers a terminal or turns the direction of reading.
pub(crate) fn sanitize(text: &str) -> String {
    text.chars().map(|c| if is_control_or_bidi(c) { '\u{fffd}' } else { c }).collect()
}
