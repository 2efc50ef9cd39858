//! Detects what the terminal can do from environment variables.
//!
//! Pure: the caller passes the variables, and the terminal itself is not queried.

/// Prefixes of `TERM` for terminals with a window title.
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
/// Prefixes of `TERM` for terminals with 256 colors and no "256" in the name.
const TERMINALS_WITH_256_COLORS: [&str; 6] =
    ["alacritty", "foot", "kitty", "wezterm", "xterm-ghostty", "xterm-kitty"];
/// Values of `TERM_PROGRAM` for terminals that show progress in the taskbar.
const PROGRAMS_WITH_PROGRESS: [&str; 2] = ["ghostty", "WezTerm"];

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DetectedTerminal {
    pub(crate) has_title: bool,
    /// Whether it shows progress in the taskbar.
    pub(crate) has_progress: bool,
    /// Otherwise it has 16 colors.
    pub(crate) has_256_colors: bool,
    /// Whether `NO_COLOR`, `CLICOLOR` or `CLICOLOR_FORCE` is set.
    pub(crate) has_color_preference: bool,
}

impl DetectedTerminal {
    pub(super) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> DetectedTerminal {
        let is_set = |term| variable(term).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|known| term.starts_with(known));
        // In tmux and screen, the variables describe the outer terminal, which the progress would not reach.
        let is_multiplexer = is_one_of(&["tmux", "screen"]);
        let program_has_progress = variable("TERM_PROGRAM")
            .is_some_and(|program| PROGRAMS_WITH_PROGRESS.contains(&program.as_str()));
        let is_conemu = variable("ConEmuANSI").is_some_and(|on| on == "ON");
        DetectedTerminal {
            has_title: is_one_of(&TERMINALS_WITH_TITLE),
            has_progress: !is_multiplexer
                && (program_has_progress || is_conemu || is_set("WT_SESSION") || term == "xterm-ghostty"),
            has_256_colors: term.contains("256")
                || is_set("COLORTERM")
                || is_one_of(&TERMINALS_WITH_256_COLORS),
            has_color_preference: ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].into_iter().any(is_set),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Title, progress, 256 colors.
    fn detect(variables: &[(&str, &str)]) -> [bool; 3] {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let terminal = DetectedTerminal::from_variables(value);
        [terminal.has_title, terminal.has_progress, terminal.has_256_colors]
    }

    #[test]
    fn terminal_is_detected_from_the_environment() {
        assert_eq!(detect(&[]), [false; 3]);
        assert_eq!(detect(&[("TERM", "linux")]), [false; 3]);
        assert_eq!(detect(&[("TERM", "xterm")]), [true, false, false]);
        assert_eq!(detect(&[("TERM", "xterm-256color")]), [true, false, true]);
        assert_eq!(detect(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]), [true, false, true]);
        assert_eq!(detect(&[("TERM", "xterm-ghostty")]), [true; 3]);
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("WT_SESSION", "1")]), [true; 3]);
        assert_eq!(detect(&[("TERM", "xterm-256color"), ("ConEmuANSI", "OFF")]), [true, false, true]);
        assert_eq!(detect(&[("TERM", "tmux-256color"), ("WT_SESSION", "1")]), [true, false, true]);
    }
}
