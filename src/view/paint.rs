//! Looks as escape sequences.
//!
//! Each colour reads on black and on white (the contrast is at least 3 to 1, as large text needs), and heat and cold
//! differ for every kind of colour blindness: orange or red from blue.

use super::frame::{ScreenRow, TextStyle};
use crate::session::PhaseKind;
use anstyle::{Ansi256Color, AnsiColor, Color, Style};

/// The colours that a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorDepth {
    /// None at all; bold letters and inverse ones are no colours.
    Monochrome,
    /// The sixteen that every terminal has.
    Ansi16,
    /// 256.
    Ansi256,
}

/// The row as it is sent to the terminal.
pub(crate) fn paint_row(row: &ScreenRow, colours: ColorDepth) -> String {
    let mut text = String::new();
    for (look, piece) in &row.0 {
        let style = ansi_style(*look, colours);
        text.push_str(&format!("{}{piece}{}", style.render(), style.render_reset()));
    }
    text
}

fn ansi_style(look: TextStyle, colours: ColorDepth) -> Style {
    let style = Style::new();
    match look {
        TextStyle::Plain => style,
        TextStyle::Bold => style.bold(),
        TextStyle::Highlight => style.bold().invert(),
        TextStyle::PhaseColor(kind) => style.fg_color(phase_color(kind, colours)),
        TextStyle::PhaseHeading(kind) => style.bold().invert().fg_color(phase_color(kind, colours)),
    }
}

/// How a text about that kind looks.
pub(crate) fn style_for_kind(kind: PhaseKind, colours: ColorDepth) -> Style {
    ansi_style(TextStyle::PhaseColor(kind), colours)
}

/// A kind's colour; none for rest, which has the terminal's own.
fn phase_color(kind: PhaseKind, colours: ColorDepth) -> Option<Color> {
    let (basic, fine) = match kind {
        PhaseKind::Heat => (AnsiColor::BrightRed, 166),
        PhaseKind::Cold => (AnsiColor::BrightBlue, 32),
        PhaseKind::Move => (AnsiColor::Magenta, 133),
        PhaseKind::Breathe => (AnsiColor::BrightMagenta, 29),
        PhaseKind::Rest => return None,
    };
    match colours {
        ColorDepth::Ansi256 => Some(Ansi256Color(fine).into()),
        ColorDepth::Ansi16 => Some(basic.into()),
        ColorDepth::Monochrome => None,
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
        for kind in PhaseKind::ALL {
            let Some(Color::Ansi256(Ansi256Color(index))) = phase_color(kind, ColorDepth::Ansi256) else {
                continue;
            };
            let light = luminance(index);
            let (on_black, on_white) = ((light + 0.05) / 0.05, 1.05 / (light + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{kind}: {on_black:.1} and {on_white:.1}");
        }
    }

    #[test]
    fn heat_and_cold_differ_in_what_every_eye_sees() {
        // Without red or green, an eye still tells blue from what has none.
        let blue = |kind| match phase_color(kind, ColorDepth::Ansi256) {
            Some(Color::Ansi256(Ansi256Color(index))) => (index - 16) % 6,
            _ => 0,
        };
        assert_eq!((blue(PhaseKind::Heat), blue(PhaseKind::Cold)), (0, 4));
    }

    #[test]
    fn without_colours_letters_are_still_bold_and_inverse() {
        let row = ScreenRow(vec![
            (TextStyle::PhaseHeading(PhaseKind::Heat), " HEAT ".into()),
            (TextStyle::Bold, "round".into()),
        ]);
        assert_eq!(paint_row(&row, ColorDepth::Monochrome), "\x1b[1m\x1b[7m HEAT \x1b[0m\x1b[1mround\x1b[0m");
        assert!(paint_row(&row, ColorDepth::Ansi16).contains("\x1b[91m HEAT \x1b[0m"));
    }
}
