//! Names for the source codes of `PROTOCOLS.md`.
//!
//! Protocols, limits and records contain codes such as D0 or X3. Text for people goes through [`name_sources`];
//! JSON and files keep the codes.

const SOURCE_NAMES: [(&str, &str); 14] = [
    ("D0", "a massage therapist"),
    ("D1", "a chiropractor"),
    ("D2", "a doctor-reviewed article"),
    ("X1", "NHS"),
    ("X2", "Healthwise"),
    ("X3", "US FDA"),
    ("X4", "NHS"),
    ("X5", "chiropractors"),
    ("X6", "NHS"),
    ("X7", "NHS"),
    ("X8", "American College of Physicians"),
    ("X9", "Cochrane"),
    ("X10", "NHS"),
    ("X11", "National Institute on Aging"),
];
/// The code of choices without a source, and its name.
const OUR_CHOICE: (&str, &str) = ("P", "our choice");
/// Descriptions after a code in protocols, dropped because the name already says it.
const DESCRIPTIONS: [&str; 3] =
    [": massage therapist", ": Dr. Hanson, chiropractor", ": medically reviewed article"];

/// Replaces each source code in the text by the name of the source.
pub(crate) fn name_sources(text: &str) -> String {
    let (mut named, mut rest) = (String::new(), text);
    let mut follows_code = false;
    while let Some(start) = rest.find(char::is_alphanumeric) {
        let (before, from_word) = rest.split_at(start);
        let end = from_word.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(from_word.len());
        let (word, after) = from_word.split_at(end);
        named.push_str(before);
        let name = match SOURCE_NAMES.iter().find(|(code, _)| *code == word) {
            Some((_, name)) => Some(*name),
            None if word == OUR_CHOICE.0 && is_code_position(&named, after, follows_code) => {
                Some(OUR_CHOICE.1)
            }
            None => None,
        };
        follows_code = name.is_some();
        let begins_sentence = [". ", "? ", "! "].iter().any(|end| named.ends_with(end));
        match name {
            Some(name) if begins_sentence => named.push_str(&capitalize(name)),
            Some(name) => named.push_str(name),
            None => named.push_str(word),
        }
        let described = DESCRIPTIONS.iter().find_map(|description| after.strip_prefix(description));
        rest = if follows_code { described.unwrap_or(after) } else { after };
    }
    named + rest
}

/// Whether a single letter is a code by its position, not an initial of a name.
fn is_code_position(before: &str, after: &str, follows_code: bool) -> bool {
    let starts_like_code = before.is_empty()
        || ["(", "; ", ": ", " is ", " are "].iter().any(|prefix| before.ends_with(prefix))
        || follows_code && before.ends_with(", ");
    starts_like_code && (after.is_empty() || after.starts_with([')', ';', ',']))
}

fn capitalize(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_replaced_by_names() {
        for (codes, expected) in [
            ("P", "our choice"),
            ("D0, X2, X3", "a massage therapist, Healthwise, US FDA"),
            ("X1, P", "NHS, our choice"),
            ("D2: a few hours; 3 h: P", "a doctor-reviewed article: a few hours; 3 h: our choice"),
            ("D1: Dr. Hanson, chiropractor", "a chiropractor"),
            (
                "D0: massage therapist; D2: medically reviewed article",
                "a massage therapist; a doctor-reviewed article",
            ),
            (
                "D2; 20 min: D0; D2, X3",
                "a doctor-reviewed article; 20 min: a massage therapist; a doctor-reviewed article, US FDA",
            ),
            ("As it was. D0 repeats it sooner.", "As it was. A massage therapist repeats it sooner."),
        ] {
            assert_eq!(name_sources(codes), expected);
        }
    }

    #[test]
    fn other_text_is_unchanged() {
        for text in
            ["", "Dr. P. Miller", "my physio, P", "MD2, 3D0", "P90 and D10", "plan P of 2", "grün – D", "Kp"]
        {
            assert_eq!(name_sources(text), text);
        }
    }
}
