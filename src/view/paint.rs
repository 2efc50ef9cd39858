//! Looks as escape sequences.
//!
//! Each colour reads on black and on white (the contrast is at least 3 to 1, as large text needs), and heat and cold
//! differ for every kind of colour blindness: orange or red from blue.

use super::frame::{Look, Row};
use crate::session::Kind;
use anstyle::{Ansi256Color, AnsiColor, Color, Style};

/// The colours that a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None at all; bold letters and inverse ones are no colours.
    None,
    /// The sixteen that every terminal has.
    Sixteen,
    /// 256.
    Many,
}

/// The row as it is sent to the terminal.
pub fn painted(row: &Row, colours: Colours) -> String {
    let mut text = String::new();
    for (look, piece) in &row.0 {
        let style = style(*look, colours);
        text.push_str(&format!("{}{piece}{}", style.render(), style.render_reset()));
    }
    text
}

fn style(look: Look, colours: Colours) -> Style {
    let style = Style::new();
    match look {
        Look::Plain => style,
        Look::Strong => style.bold(),
        Look::Loud => style.bold().invert(),
        Look::Of(kind) => style.fg_color(colour(kind, colours)),
        Look::Heading(kind) => style.bold().invert().fg_color(colour(kind, colours)),
    }
}

/// How a text about that kind looks.
pub fn style_of(kind: Kind, colours: Colours) -> Style {
    style(Look::Of(kind), colours)
}

/// A kind's colour; none for rest, which has the terminal's own.
fn colour(kind: Kind, colours: Colours) -> Option<Color> {
    let (basic, fine) = match kind {
        Kind::Heat => (AnsiColor::BrightRed, 166),
        Kind::Cold => (AnsiColor::BrightBlue, 32),
        Kind::Move => (AnsiColor::Magenta, 133),
        Kind::Breathe => (AnsiColor::BrightMagenta, 29),
        Kind::Rest => return None,
    };
    match colours {
        Colours::Many => Some(Ansi256Color(fine).into()),
        Colours::Sixteen => Some(basic.into()),
        Colours::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The luminance of one of the 216 colours of the cube.
    fn luminance(index: u8) -> f64 {
        let index = u32::from(index) - 16;
        let steps = [index / 36, index / 6 % 6, index % 6];
        let linear = steps.map(|step| match step {
            0 => 0.0,
            step => ((f64::from(55 + 40 * step) / 255.0 + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    #[test]
    fn every_colour_reads_on_black_and_on_white() {
        for kind in Kind::ALL {
            let Some(Color::Ansi256(Ansi256Color(index))) = colour(kind, Colours::Many) else { continue };
            let light = luminance(index);
            let (on_black, on_white) = ((light + 0.05) / 0.05, 1.05 / (light + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{kind}: {on_black:.1} and {on_white:.1}");
        }
    }

    #[test]
    fn heat_and_cold_differ_in_what_every_eye_sees() {
        // Without red or green, an eye still tells blue from what has none.
        let blue = |kind| match colour(kind, Colours::Many) {
            Some(Color::Ansi256(Ansi256Color(index))) => (index - 16) % 6,
            _ => 0,
        };
        assert_eq!((blue(Kind::Heat), blue(Kind::Cold)), (0, 4));
    }

    #[test]
    fn without_colours_letters_are_still_bold_and_inverse() {
        let row = Row(vec![(Look::Heading(Kind::Heat), " HEAT ".into()), (Look::Strong, "round".into())]);
        assert_eq!(painted(&row, Colours::None), "\x1b[1m\x1b[7m HEAT \x1b[0m\x1b[1mround\x1b[0m");
        assert!(painted(&row, Colours::Sixteen).contains("\x1b[91m HEAT \x1b[0m"));
    }
}
