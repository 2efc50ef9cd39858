//! Turns text styles into terminal escape sequences.
//!
//! Every color can be read on black and on white (a contrast of at least 3 to 1, as large text needs), and heat and
//! cold differ for every kind of color blindness: orange or red against blue.

use super::frame::{ScreenRow, TextStyle};
use crate::session::PhaseKind;
use anstyle::{Ansi256Color, AnsiColor, Color, Style};

/// How many colors a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorDepth {
    /// No colors, but bold and inverse text.
    Monochrome,
    Ansi16,
    Ansi256,
}

/// The row with escape sequences, as it is sent to the terminal.
pub(crate) fn paint_row(row: &ScreenRow, color_depth: ColorDepth) -> String {
    let mut painted = String::new();
    for (text_style, text) in &row.0 {
        let style = ansi_style(*text_style, color_depth);
        painted.push_str(&format!("{}{text}{}", style.render(), style.render_reset()));
    }
    painted
}

fn ansi_style(text_style: TextStyle, color_depth: ColorDepth) -> Style {
    let style = Style::new();
    match text_style {
        TextStyle::Plain => style,
        TextStyle::Bold => style.bold(),
        TextStyle::Highlight => style.bold().invert(),
        TextStyle::PhaseColor(kind) => style.fg_color(phase_color(kind, color_depth)),
        TextStyle::PhaseHeading(kind) => style.bold().invert().fg_color(phase_color(kind, color_depth)),
    }
}

/// The style of text about this kind of phase.
pub(crate) fn style_for_kind(kind: PhaseKind, color_depth: ColorDepth) -> Style {
    ansi_style(TextStyle::PhaseColor(kind), color_depth)
}

/// None for rest, which keeps the terminal's own color.
fn phase_color(kind: PhaseKind, color_depth: ColorDepth) -> Option<Color> {
    let (ansi16, ansi256) = match kind {
        PhaseKind::Heat => (AnsiColor::BrightRed, 166),
        PhaseKind::Cold => (AnsiColor::BrightBlue, 32),
        PhaseKind::Move => (AnsiColor::Magenta, 133),
        PhaseKind::Breathe => (AnsiColor::BrightMagenta, 29),
        PhaseKind::Rest => return None,
    };
    match color_depth {
        ColorDepth::Ansi256 => Some(Ansi256Color(ansi256).into()),
        ColorDepth::Ansi16 => Some(ansi16.into()),
        ColorDepth::Monochrome => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance, 0 to 1, of one of the 216 colors of the color cube.
    fn luminance(index: u8) -> f64 {
        let index = u32::from(index) - 16;
        let levels = [index / 36, index / 6 % 6, index % 6];
        let [red, green, blue] = levels.map(|level| match level {
            0 => 0.0,
            level => ((f64::from(55 + 40 * level) / 255.0 + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn every_color_is_readable_on_black_and_on_white() {
        for kind in PhaseKind::ALL {
            let Some(Color::Ansi256(Ansi256Color(index))) = phase_color(kind, ColorDepth::Ansi256) else {
                continue;
            };
            let color_luminance = luminance(index);
            let (on_black, on_white) = ((color_luminance + 0.05) / 0.05, 1.05 / (color_luminance + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{kind}: {on_black:.1} and {on_white:.1}");
        }
    }

    #[test]
    fn heat_and_cold_differ_for_color_blind_eyes() {
        // An eye that cannot see red or green still tells a color with blue from one without.
        let blue_level = |kind| match phase_color(kind, ColorDepth::Ansi256) {
            Some(Color::Ansi256(Ansi256Color(index))) => (index - 16) % 6,
            _ => 0,
        };
        assert_eq!((blue_level(PhaseKind::Heat), blue_level(PhaseKind::Cold)), (0, 4));
    }

    #[test]
    fn without_colors_text_is_still_bold_and_inverse() {
        let row = ScreenRow(vec![
            (TextStyle::PhaseHeading(PhaseKind::Heat), " HEAT ".into()),
            (TextStyle::Bold, "round".into()),
        ]);
        assert_eq!(paint_row(&row, ColorDepth::Monochrome), "\x1b[1m\x1b[7m HEAT \x1b[0m\x1b[1mround\x1b[0m");
        assert!(paint_row(&row, ColorDepth::Ansi16).contains("\x1b[91m HEAT \x1b[0m"));
    }
}
