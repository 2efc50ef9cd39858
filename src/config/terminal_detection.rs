//! What the terminal can do, as far as the environment tells.

/// Terminals that take a title, by the beginning of their names.
const TERMINALS_WITH_TITLE: [&str; 14] = [
    "xterm",
    "rxvt",
    "tmux",
    "screen",
    "alacritty",
    "foot",
    "kitty",
    "wezterm",
    "ghostty",
    "konsole",
    "gnome",
    "vte",
    "st-",
    "contour",
];
/// Those of them that show 256 colours, and whose names do not say so.
const TERMINALS_WITH_256_COLORS: [&str; 6] =
    ["alacritty", "foot", "kitty", "wezterm", "xterm-ghostty", "xterm-kitty"];
/// The programs that take a progress for the taskbar.
const PROGRAMS_WITH_PROGRESS: [&str; 2] = ["ghostty", "WezTerm"];

/// What a terminal can do beside letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DetectedTerminal {
    /// Whether it takes a title.
    pub(crate) has_title: bool,
    /// Whether it takes a progress for the taskbar.
    pub(crate) has_progress: bool,
    /// Whether it shows 256 colours; else sixteen.
    pub(crate) has_256_colors: bool,
    /// Whether the environment says if colours are wanted.
    pub(crate) has_color_preference: bool,
}

impl DetectedTerminal {
    /// By the variables of an environment.
    pub(super) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> DetectedTerminal {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let name = variable("TERM").unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
        // In tmux and screen, the variables are of the terminal around it, and the progress would not reach it.
        let inside = is_one_of(&["tmux", "screen"]);
        let by_program = variable("TERM_PROGRAM")
            .is_some_and(|program| PROGRAMS_WITH_PROGRESS.contains(&program.as_str()));
        let conemu = variable("ConEmuANSI").is_some_and(|on| on == "ON");
        DetectedTerminal {
            has_title: is_one_of(&TERMINALS_WITH_TITLE),
            has_progress: !inside
                && (by_program || conemu || is_set("WT_SESSION") || name == "xterm-ghostty"),
            has_256_colors: name.contains("256")
                || is_set("COLORTERM")
                || is_one_of(&TERMINALS_WITH_256_COLORS),
            has_color_preference: ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].into_iter().any(is_set),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> [bool; 3] {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let DetectedTerminal {
            has_title: title, has_progress: progress, has_256_colors: many_colours, ..
        } = DetectedTerminal::from_variables(value);
        [title, progress, many_colours]
    }

    #[test]
    fn a_terminal_is_known_by_its_environment() {
        assert_eq!(of(&[]), [false; 3]);
        assert_eq!(of(&[("TERM", "linux")]), [false; 3]);
        assert_eq!(of(&[("TERM", "xterm")]), [true, false, false]);
        assert_eq!(of(&[("TERM", "xterm-256color")]), [true, false, true]);
        assert_eq!(of(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]), [true, false, true]);
        assert_eq!(of(&[("TERM", "xterm-ghostty")]), [true; 3]);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("WT_SESSION", "1")]), [true; 3]);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("ConEmuANSI", "OFF")]), [true, false, true]);
        assert_eq!(of(&[("TERM", "tmux-256color"), ("WT_SESSION", "1")]), [true, false, true]);
    }
}
